/* The grammar of PromQL. Actions call one builder each; types are checked afterwards (check.c). The
 * expressions that Prometheus accepts only with a feature flag are part of it. */
%require "3.8"
%define api.pure full
%define api.prefix {sgr_pq}
%define api.token.prefix {TOK_}
%define api.location.type {struct sgr_pq_span}
%define parse.error custom
%define parse.lac full
%locations
%expect 0
%param {yyscan_t scanner}
%parse-param {struct sgr_pq_state *state}

%code requires {
#include "lang/promql/tree.h"
#ifndef YY_TYPEDEF_YY_SCANNER_T
#define YY_TYPEDEF_YY_SCANNER_T
typedef void *yyscan_t;
#endif
}

%code provides {
int sgr_pqlex(SGR_PQSTYPE *value, SGR_PQLTYPE *span, yyscan_t scanner);
}

%code {
#define YYMALLOC sgr_alloc
#define YYFREE free
#define YYLLOC_DEFAULT(current, rhs, n)                                                            \
    do {                                                                                           \
        (current).lo = (n) ? YYRHSLOC(rhs, 1).lo : YYRHSLOC(rhs, 0).hi;                            \
        (current).hi = YYRHSLOC(rhs, n).hi;                                                        \
    } while (0)
#define YYMAXDEPTH 4000
static void sgr_pqerror(SGR_PQLTYPE *span, yyscan_t scanner, struct sgr_pq_state *state,
                        const char *message);
static struct sgr_promql_text name_text(void);
}

%union {
    struct sgr_promql_text text;
    struct sgr_pq_number number;
    struct sgr_promql_expr *expr;
    struct sgr_pq_exprs exprs;
    struct sgr_promql_matcher matcher;
    struct sgr_pq_matchers matchers;
    struct sgr_pq_labels labels;
    struct sgr_pq_by by;
    struct sgr_pq_modifier modifier;
    enum sgr_promql_operator op;
    enum sgr_promql_match match;
    const double *fill;
}

%token <text> IDENTIFIER "a name" METRIC "a metric name" METRIC_HOLE "an interpolated name"
%token <text> STRING "a string" AGGREGATION "an aggregation"
%token <number> NUMBER "a number" DURATION "a duration"
%token LEFT_PAREN "(" RIGHT_PAREN ")" LEFT_BRACE "{" RIGHT_BRACE "}" LEFT_BRACKET "["
%token RIGHT_BRACKET "]" COMMA "," COLON ":" ASSIGN "=" MATCH "=~" NOT_MATCH "!~" AT "@"
%token ADD "+" SUB "-" MUL "*" DIV "/" MOD "%" POW "^" EQL "==" NEQ "!=" LSS "<" LTE "<="
%token GTR ">" GTE ">=" TRIM_UPPER "</" TRIM_LOWER ">/"
%token <text> ATAN2 "atan2" AND "and" OR "or" UNLESS "unless"
%token <text> BOOL "bool" BY "by" WITHOUT "without" ON "on" IGNORING "ignoring"
%token <text> GROUP_LEFT "group_left" GROUP_RIGHT "group_right"
%token <text> FILL "fill" FILL_LEFT "fill_left" FILL_RIGHT "fill_right"
%token <text> OFFSET "offset" ANCHORED "anchored" SMOOTHED "smoothed"
%token <text> START "start" END "end" STEP "step" RANGE "range" MAX_OF "max_of" MIN_OF "min_of"

%type <expr> expr binary selector call aggregate literal duration offset_duration led signed
%type <expr> minmax
%type <exprs> args arg_list
%type <matcher> matcher
%type <matchers> braces matcher_list
%type <match> match_op
%type <labels> labels label_list include
%type <text> label metric callable
%type <by> by
%type <modifier> bool_modifier matching grouping modifier
%type <fill> fill
%type <op> sign
%type <number> time

%precedence LOW
%left OR
%left AND UNLESS
%left EQL GTE GTR LSS LTE NEQ TRIM_UPPER TRIM_LOWER
%left ADD SUB
%left MUL DIV MOD ATAN2
%right POW
%precedence OFFSET AT ANCHORED SMOOTHED
%precedence LEFT_BRACKET
%precedence NO_LABELS
%precedence LEFT_PAREN

%%

start:
    expr { state->root = $1; }
    ;

expr:
    aggregate
    | binary
    | call
    | literal
    | selector
    | STRING { $$ = sgr_pq_string(state, @$, $1); }
    | LEFT_PAREN expr RIGHT_PAREN { $$ = sgr_pq_paren(state, @$, $2); }
    | sign expr %prec MUL { $$ = sgr_pq_unary(state, @$, $1, $2); }
    | expr LEFT_BRACKET duration RIGHT_BRACKET {
        struct sgr_pq_span brackets = {@2.lo, @4.hi};
        $$ = sgr_pq_range(state, @$, brackets, $1, $3);
    }
    | expr LEFT_BRACKET duration COLON duration RIGHT_BRACKET {
        $$ = sgr_pq_subquery(state, @$, $1, $3, $5);
    }
    | expr LEFT_BRACKET duration COLON RIGHT_BRACKET {
        $$ = sgr_pq_subquery(state, @$, $1, $3, NULL);
    }
    | expr OFFSET offset_duration { $$ = sgr_pq_offset(state, @$, $1, $3); }
    | expr ANCHORED { $$ = sgr_pq_extend(state, @$, $1, false); }
    | expr SMOOTHED { $$ = sgr_pq_extend(state, @$, $1, true); }
    | expr AT time {
        $$ = sgr_pq_at(state, @$, $1, SGR_PROMQL_AT_TIME, SGR_PROMQL_OP_ADD, @3, $3);
    }
    | expr AT sign time {
        struct sgr_pq_span span = {@3.lo, @4.hi};
        $$ = sgr_pq_at(state, @$, $1, SGR_PROMQL_AT_TIME, $3, span, $4);
    }
    | expr AT START LEFT_PAREN RIGHT_PAREN {
        struct sgr_pq_number none = {0};
        $$ = sgr_pq_at(state, @$, $1, SGR_PROMQL_AT_START, SGR_PROMQL_OP_ADD, @3, none);
    }
    | expr AT END LEFT_PAREN RIGHT_PAREN {
        struct sgr_pq_number none = {0};
        $$ = sgr_pq_at(state, @$, $1, SGR_PROMQL_AT_END, SGR_PROMQL_OP_ADD, @3, none);
    }
    ;

time: NUMBER | DURATION;

sign:
    ADD { $$ = SGR_PROMQL_OP_ADD; }
    | SUB { $$ = SGR_PROMQL_OP_SUB; }
    ;

literal:
    NUMBER { $$ = sgr_pq_number(state, @$, $1); }
    | DURATION { $$ = sgr_pq_number(state, @$, $1); }
    ;

/* Aggregations. */

aggregate:
    AGGREGATION by args {
        $$ = sgr_pq_aggregate(state, @$, sgr_pq_aggregation_of($1.value), &$2, $3);
    }
    | AGGREGATION args by {
        $$ = sgr_pq_aggregate(state, @$, sgr_pq_aggregation_of($1.value), &$3, $2);
    }
    | AGGREGATION args {
        $$ = sgr_pq_aggregate(state, @$, sgr_pq_aggregation_of($1.value), NULL, $2);
    }
    ;

by:
    BY labels { $$ = (struct sgr_pq_by){false, $2}; }
    | WITHOUT labels { $$ = (struct sgr_pq_by){true, $2}; }
    ;

/* Binary operators: precedence needs one line each. */

binary:
    expr ADD modifier expr { $$ = sgr_pq_binary(state, SGR_PROMQL_OP_ADD, @2, $1, &$3, $4); }
    | expr SUB modifier expr { $$ = sgr_pq_binary(state, SGR_PROMQL_OP_SUB, @2, $1, &$3, $4); }
    | expr MUL modifier expr { $$ = sgr_pq_binary(state, SGR_PROMQL_OP_MUL, @2, $1, &$3, $4); }
    | expr DIV modifier expr { $$ = sgr_pq_binary(state, SGR_PROMQL_OP_DIV, @2, $1, &$3, $4); }
    | expr MOD modifier expr { $$ = sgr_pq_binary(state, SGR_PROMQL_OP_MOD, @2, $1, &$3, $4); }
    | expr POW modifier expr { $$ = sgr_pq_binary(state, SGR_PROMQL_OP_POW, @2, $1, &$3, $4); }
    | expr ATAN2 modifier expr { $$ = sgr_pq_binary(state, SGR_PROMQL_OP_ATAN2, @2, $1, &$3, $4); }
    | expr EQL modifier expr { $$ = sgr_pq_binary(state, SGR_PROMQL_OP_EQL, @2, $1, &$3, $4); }
    | expr NEQ modifier expr { $$ = sgr_pq_binary(state, SGR_PROMQL_OP_NEQ, @2, $1, &$3, $4); }
    | expr LSS modifier expr { $$ = sgr_pq_binary(state, SGR_PROMQL_OP_LSS, @2, $1, &$3, $4); }
    | expr LTE modifier expr { $$ = sgr_pq_binary(state, SGR_PROMQL_OP_LTE, @2, $1, &$3, $4); }
    | expr GTR modifier expr { $$ = sgr_pq_binary(state, SGR_PROMQL_OP_GTR, @2, $1, &$3, $4); }
    | expr GTE modifier expr { $$ = sgr_pq_binary(state, SGR_PROMQL_OP_GTE, @2, $1, &$3, $4); }
    | expr AND modifier expr { $$ = sgr_pq_binary(state, SGR_PROMQL_OP_AND, @2, $1, &$3, $4); }
    | expr OR modifier expr { $$ = sgr_pq_binary(state, SGR_PROMQL_OP_OR, @2, $1, &$3, $4); }
    | expr UNLESS modifier expr {
        $$ = sgr_pq_binary(state, SGR_PROMQL_OP_UNLESS, @2, $1, &$3, $4);
    }
    | expr TRIM_UPPER modifier expr {
        $$ = sgr_pq_binary(state, SGR_PROMQL_OP_TRIM_UPPER, @2, $1, &$3, $4);
    }
    | expr TRIM_LOWER modifier expr {
        $$ = sgr_pq_binary(state, SGR_PROMQL_OP_TRIM_LOWER, @2, $1, &$3, $4);
    }
    ;

bool_modifier:
    %empty { $$ = (struct sgr_pq_modifier){0}; }
    | BOOL { $$ = (struct sgr_pq_modifier){.returns_bool = true}; }
    ;

matching:
    bool_modifier ON labels {
        $$ = $1;
        $$.matching = SGR_PROMQL_MATCH_ON;
        $$.labels = $3;
    }
    | bool_modifier IGNORING labels {
        $$ = $1;
        $$.matching = SGR_PROMQL_MATCH_IGNORING;
        $$.labels = $3;
    }
    ;

grouping:
    bool_modifier
    | matching
    | matching GROUP_LEFT include {
        $$ = $1;
        $$.group = SGR_PROMQL_GROUP_LEFT;
        $$.include = $3;
    }
    | matching GROUP_RIGHT include {
        $$ = $1;
        $$.group = SGR_PROMQL_GROUP_RIGHT;
        $$.include = $3;
    }
    ;

include:
    %empty %prec NO_LABELS { $$ = (struct sgr_pq_labels){0}; }
    | labels
    ;

modifier:
    grouping
    | grouping FILL fill {
        $$ = $1;
        $$.fill_left = $$.fill_right = $3;
    }
    | grouping FILL_LEFT fill {
        $$ = $1;
        $$.fill_left = $3;
    }
    | grouping FILL_RIGHT fill {
        $$ = $1;
        $$.fill_right = $3;
    }
    | grouping FILL_LEFT fill FILL_RIGHT fill {
        $$ = $1;
        $$.fill_left = $3;
        $$.fill_right = $5;
    }
    | grouping FILL_RIGHT fill FILL_LEFT fill {
        $$ = $1;
        $$.fill_left = $5;
        $$.fill_right = $3;
    }
    ;

fill:
    LEFT_PAREN time RIGHT_PAREN { $$ = sgr_pq_fill(state, @2, SGR_PROMQL_OP_ADD, $2); }
    | LEFT_PAREN sign time RIGHT_PAREN { $$ = sgr_pq_fill(state, @3, $2, $3); }
    ;

labels:
    LEFT_PAREN label_list RIGHT_PAREN { $$ = $2; }
    | LEFT_PAREN label_list COMMA RIGHT_PAREN { $$ = $2; }
    | LEFT_PAREN RIGHT_PAREN { $$ = (struct sgr_pq_labels){0}; }
    ;

label_list:
    label {
        struct sgr_pq_labels none = {0};
        $$ = sgr_pq_label_add(state, none, @1, $1);
    }
    | label_list COMMA label { $$ = sgr_pq_label_add(state, $1, @3, $3); }
    ;

/* Words of the language that are also label names. */
label:
    IDENTIFIER | METRIC | STRING | AGGREGATION | ATAN2 | AND | OR | UNLESS | BOOL | BY | ON | IGNORING
    | GROUP_LEFT | GROUP_RIGHT | FILL | FILL_LEFT | FILL_RIGHT | OFFSET | ANCHORED | SMOOTHED
    | START | END | STEP | RANGE | MAX_OF | MIN_OF
    ;

/* Calls. */

call:
    callable args {
        $$ = sgr_pq_call(state, @$, @1, $1.value, $2);
    }
    ;

callable: IDENTIFIER | START | END | STEP | RANGE | MAX_OF | MIN_OF;

args:
    LEFT_PAREN arg_list RIGHT_PAREN { $$ = $2; }
    | LEFT_PAREN RIGHT_PAREN { $$ = (struct sgr_pq_exprs){0}; }
    ;

arg_list:
    expr {
        struct sgr_pq_exprs none = {0};
        $$ = sgr_pq_expr_add(state, none, $1);
    }
    | arg_list COMMA expr { $$ = sgr_pq_expr_add(state, $1, $3); }
    ;

/* Selectors. */

selector:
    metric braces { $$ = sgr_pq_selector(state, @$, $1, $2); }
    | metric {
        struct sgr_pq_matchers none = {0};
        $$ = sgr_pq_selector(state, @$, $1, none);
    }
    | braces {
        struct sgr_promql_text none = {0};
        $$ = sgr_pq_selector(state, @$, none, $1);
    }
    ;

/* Words of the language that are also metric names. The scanner gives fill and its kin as words of
 * the language only before a parenthesis, where no metric name can stand. */
metric:
    IDENTIFIER | METRIC | METRIC_HOLE | AGGREGATION | AND | OR | UNLESS | BY | WITHOUT | OFFSET
    | ANCHORED | SMOOTHED | START | END | STEP | RANGE | MAX_OF | MIN_OF
    ;

braces:
    LEFT_BRACE matcher_list RIGHT_BRACE { $$ = $2; }
    | LEFT_BRACE matcher_list COMMA RIGHT_BRACE { $$ = $2; }
    | LEFT_BRACE RIGHT_BRACE { $$ = (struct sgr_pq_matchers){0}; }
    ;

matcher_list:
    matcher {
        struct sgr_pq_matchers none = {0};
        $$ = sgr_pq_matcher_add(state, none, $1);
    }
    | matcher_list COMMA matcher { $$ = sgr_pq_matcher_add(state, $1, $3); }
    ;

matcher:
    IDENTIFIER match_op STRING { $$ = sgr_pq_matcher(state, @$, $1, $2, @3, $3); }
    | STRING match_op STRING { $$ = sgr_pq_matcher(state, @$, $1, $2, @3, $3); }
    | STRING { $$ = sgr_pq_matcher(state, @$, name_text(), SGR_PROMQL_EQUAL, @1, $1); }
    ;

match_op:
    ASSIGN { $$ = SGR_PROMQL_EQUAL; }
    | NEQ { $$ = SGR_PROMQL_NOT_EQUAL; }
    | MATCH { $$ = SGR_PROMQL_MATCHES; }
    | NOT_MATCH { $$ = SGR_PROMQL_NOT_MATCHES; }
    ;

/* Durations. Behind `offset` a literal ends the duration ("x offset 5m + 1" adds to x), but an opening
 * parenthesis or a second sign begins an expression that goes on as far as it can, as Prometheus reads it. */

duration:
    literal
    | minmax
    | sign duration %prec MUL { $$ = sgr_pq_duration_sign(state, @$, $1, $2); }
    | LEFT_PAREN duration RIGHT_PAREN { $$ = sgr_pq_duration_parens(state, @$, $2); }
    | duration ADD duration {
        $$ = sgr_pq_duration(state, @$, SGR_PROMQL_D_BINARY, SGR_PROMQL_OP_ADD, $1, $3);
    }
    | duration SUB duration {
        $$ = sgr_pq_duration(state, @$, SGR_PROMQL_D_BINARY, SGR_PROMQL_OP_SUB, $1, $3);
    }
    | duration MUL duration {
        $$ = sgr_pq_duration(state, @$, SGR_PROMQL_D_BINARY, SGR_PROMQL_OP_MUL, $1, $3);
    }
    | duration DIV duration {
        $$ = sgr_pq_duration(state, @$, SGR_PROMQL_D_BINARY, SGR_PROMQL_OP_DIV, $1, $3);
    }
    | duration MOD duration {
        $$ = sgr_pq_duration(state, @$, SGR_PROMQL_D_BINARY, SGR_PROMQL_OP_MOD, $1, $3);
    }
    | duration POW duration {
        $$ = sgr_pq_duration(state, @$, SGR_PROMQL_D_BINARY, SGR_PROMQL_OP_POW, $1, $3);
    }
    ;

minmax:
    STEP LEFT_PAREN RIGHT_PAREN {
        $$ = sgr_pq_duration(state, @$, SGR_PROMQL_D_STEP, SGR_PROMQL_OP_NONE, NULL, NULL);
    }
    | RANGE LEFT_PAREN RIGHT_PAREN {
        $$ = sgr_pq_duration(state, @$, SGR_PROMQL_D_RANGE, SGR_PROMQL_OP_NONE, NULL, NULL);
    }
    | MIN_OF LEFT_PAREN duration COMMA duration RIGHT_PAREN {
        $$ = sgr_pq_duration(state, @$, SGR_PROMQL_D_MIN, SGR_PROMQL_OP_NONE, $3, $5);
    }
    | MAX_OF LEFT_PAREN duration COMMA duration RIGHT_PAREN {
        $$ = sgr_pq_duration(state, @$, SGR_PROMQL_D_MAX, SGR_PROMQL_OP_NONE, $3, $5);
    }
    ;

signed: sign duration %prec MUL { $$ = sgr_pq_duration_sign(state, @$, $1, $2); };

offset_duration:
    literal
    | minmax
    | sign literal { $$ = sgr_pq_duration_sign(state, @$, $1, $2); }
    | sign minmax { $$ = sgr_pq_duration_sign(state, @$, $1, $2); }
    | sign LEFT_PAREN duration RIGHT_PAREN {
        struct sgr_pq_span span = {@2.lo, @4.hi};
        $$ = sgr_pq_duration_sign(state, @$, $1, sgr_pq_duration_parens(state, span, $3));
    }
    | led %prec LOW
    ;

led:
    LEFT_PAREN duration RIGHT_PAREN { $$ = sgr_pq_duration_parens(state, @$, $2); }
    | sign signed { $$ = sgr_pq_duration_sign(state, @$, $1, $2); }
    | led ADD duration {
        $$ = sgr_pq_duration(state, @$, SGR_PROMQL_D_BINARY, SGR_PROMQL_OP_ADD, $1, $3);
    }
    | led SUB duration {
        $$ = sgr_pq_duration(state, @$, SGR_PROMQL_D_BINARY, SGR_PROMQL_OP_SUB, $1, $3);
    }
    | led MUL duration {
        $$ = sgr_pq_duration(state, @$, SGR_PROMQL_D_BINARY, SGR_PROMQL_OP_MUL, $1, $3);
    }
    | led DIV duration {
        $$ = sgr_pq_duration(state, @$, SGR_PROMQL_D_BINARY, SGR_PROMQL_OP_DIV, $1, $3);
    }
    | led MOD duration {
        $$ = sgr_pq_duration(state, @$, SGR_PROMQL_D_BINARY, SGR_PROMQL_OP_MOD, $1, $3);
    }
    | led POW duration {
        $$ = sgr_pq_duration(state, @$, SGR_PROMQL_D_BINARY, SGR_PROMQL_OP_POW, $1, $3);
    }
    ;

%%

static struct sgr_promql_text name_text(void)
{
    return (struct sgr_promql_text){.value = SGR_STR("__name__")};
}

static void sgr_pqerror(SGR_PQLTYPE *span, yyscan_t scanner, struct sgr_pq_state *state,
                        const char *message)
{
    (void)scanner;
    /* Only "memory exhausted" comes here: the stack's limit. */
    (void)message;
    sgr_pq_fail(state, *span, "the query is nested too deeply");
}

/* What was found, as the user wrote it. */
static sgr_str found(const struct sgr_pq_state *state, struct sgr_pq_span span)
{
    if (span.lo < state->text.len && state->text.ptr[span.lo] == '\001') {
        return SGR_STR("interpolation");
    }
    size_t len = span.hi - span.lo;
    const char *more = len > 40 ? "..." : "";
    sgr_str head = {state->text.ptr + span.lo, len > 40 ? 40 : len};
    return sgr_arena_printf(state->arena, "%.*s%s", SGR_FMT(head), more);
}

/* What the grammar could go on with, in a user's words; NULL where no short word says it. */
static const char *wanted(const yypcontext_t *context, struct sgr_pq_state *state)
{
    yysymbol_kind_t expected[YYNTOKENS];
    int n = yypcontext_expected_tokens(context, expected, YYNTOKENS);
    bool can[YYNTOKENS] = {false};
    for (int i = 0; i < n; i++) {
        can[expected[i]] = true;
    }
    if (can[YYSYMBOL_LEFT_BRACE] && can[YYSYMBOL_STRING]) {
        return "an expression";
    }
    if (can[YYSYMBOL_DURATION]) {
        return can[YYSYMBOL_STEP]    ? "a duration"
               : can[YYSYMBOL_START] ? "a time in seconds, start() or end()"
                                     : "a number";
    }
    if (can[YYSYMBOL_GROUP_LEFT]) {
        return "a label name";
    }
    if (can[YYSYMBOL_MUL]) {
        return state->parens.len > 0 ? "an operator or )" : "an operator";
    }
    if (n == 0 || n > 5) {
        return NULL;
    }
    sgr_str list = SGR_STR("");
    for (int i = 0; i < n; i++) {
        const char *sep = i == 0 ? "" : i + 1 == n ? " or " : ", ";
        list = sgr_arena_printf(state->arena, "%.*s%s%s", SGR_FMT(list), sep,
                                yysymbol_name(expected[i]));
    }
    return list.ptr;
}

static int yyreport_syntax_error(const yypcontext_t *context, yyscan_t scanner,
                                 struct sgr_pq_state *state)
{
    (void)scanner;
    if (state->failed) {
        return 0;
    }
    struct sgr_pq_span span = *yypcontext_location(context);
    const char *want = wanted(context, state);
    const char *comma = want != NULL ? ", expected " : "";
    want = want != NULL ? want : "";
    sgr_str what = found(state, span);
    if (yypcontext_token(context) == YYSYMBOL_ASSIGN) {
        sgr_pq_fail(state, span, "= stands only in braces; compare values with ==");
    } else if (sgr_pq_blank(state->text)) {
        sgr_pq_fail(state, span, "the query is empty");
    } else if (span.lo >= state->text.len) {
        sgr_pq_fail(state, span, "the query ends too early%s%s", comma, want);
    } else {
        sgr_pq_fail(state, span, "unexpected %.*s%s%s", SGR_FMT(what), comma, want);
    }
    return 0;
}
