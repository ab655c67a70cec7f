/* The grammar of .sgr. The filter has already made newlines into separators; words are tokens of their own
 * and count as names wherever the grammar does not want them. Actions call one builder each. Two parsers are
 * made of it, see parse.c: the careful one as it stands here, and a quick one that does not look ahead for
 * what may be expected. */
%require "3.8"
%define api.pure full
%define api.prefix {sgr_yy}
%define api.token.prefix {T_}
%define api.location.type {sgr_span}
%define api.value.type {union sgr_semantic}
%define parse.error custom
%define parse.lac full
%define lr.default-reduction consistent
%locations
%expect 0
%parse-param {struct sgr_front *front}
%lex-param {struct sgr_front *front}

%code requires {
#include "lang/front.h"
}

%code {
#include "lang/build.h"
#include "lang/syntax.h"

#define YYMALLOC sgr_alloc
#define YYFREE free
#define sgr_yylex    sgr_next_token
#define sgr_quicklex sgr_next_token
static void yyerror(const sgr_span *span, struct sgr_front *front, const char *message);
#define YYLLOC_DEFAULT(current, rhs, n)                                                            \
    ((current) = (n) ? sgr_span_join(YYRHSLOC(rhs, 1), YYRHSLOC(rhs, n))                           \
                     : (sgr_span){YYRHSLOC(rhs, 0).file, YYRHSLOC(rhs, 0).hi, YYRHSLOC(rhs, 0).hi})
#define YYMAXDEPTH 5000
#define NAME(at)       sgr_build_name(front, at)
#define EXPR(kind, at) sgr_build_expr(front, SGR_EXPR_##kind, at)
#define BIN(op, at, op_at, l, r) sgr_build_binary(front, SGR_OP_##op, at, op_at, l, r)
}

%token T_END 0 "the end of the file"
%token '=' '{'
%token SEP "a new line" NEWLINE "a line end" NEVER "nothing"
%token NAME "a name"
%token <integer> INT "a number" DURATION "a duration" MEMORY "an amount of memory"
%token <number> NUMBER "a fraction" PERCENT "a percentage" RATE "a rate" SUFFIX_M "a number with m"
%token STRING_BEGIN "a string" TRIPLE_BEGIN "a string in triple quotes" STRING_END "the end of the string"
%token INTERPOLATION "${" INTERPOLATION_END "`}` of an interpolation"
%token <text> TEXT "text"
%token AND "and" OR "or" NOT "not" IN "in" IF "if" THEN "then" ELSE "else" FOR "for" LET "let" FN "fn"
%token TRUE "true" FALSE "false" UNTIL "until"
%token RANGE ".." DEFAULT "??" EQ "==" NE "!=" LE "<=" GE ">=" ARROW "=>"
%token <word> BLOCK "a declaration" VERB_ONE "a verb" VERB_NONE "a verb without operand"
%token APPROVE "approve" APPLY "apply" AS "as" AT "at" ATTEMPT "attempt" EVERY "every" EXPECT "expect"
%token FAIL "fail" FAULT "fault" FINALLY "finally" GIVEN "given" HOLD "hold" IMPORT "import"
%token INVARIANT "invariant" JOB "job" MANIFESTS "manifests" NOTIFY "notify" OF "of" ON "on"
%token PARALLEL "parallel" PARAM "param" REQUIRE "require" RETRY "retry" ROUTE "route" ROUTINE "routine"
%token RUN "run" SCALE "scale" STEP "step" STEPS "steps" TIMEOUT "timeout" TO "to" UNDO "undo" WAIT "wait"
%token WEBHOOK "webhook" WHERE "where" WHILE "while" WITH "with" WITHIN "within"

%type <items> decls decl_list params param_list args arg_list items entries stmts parts type_list fields field_list else_decls
%type <decl> decl simple_decl
%type <expr> expr postfix primary string plain_chain of_target opt_expr opt_timeout
%type <type> type opt_type
%type <block> block record opt_record opt_with
%type <entry> entry
%type <body> body
%type <stmt> stmt
%type <loop> names
%type <items> arg param field

%precedence LOWEST
%precedence ELSE
%left OR
%left AND
%precedence NOT
%nonassoc EQ NE '<' '>' LE GE
%nonassoc RANGE
%left '+' '-'
%left '*' '/'
%precedence NEGATE
%left DEFAULT

%start file

%%

/* After a separator every error is a new one. */
sep: SEP                    { yyerrok; };

/* What was lost to an error. The second arm is never taken: it makes the parser look at what follows before it
 * goes on, so that what stands before the error stays. */
lost: error | error NEVER;

file:
    %empty                  { }
  | decl_list               { front->tree->decls = (struct sgr_decl **)$1->at; front->tree->decl_count = $1->count; }
  | decl_list sep           { front->tree->decls = (struct sgr_decl **)$1->at; front->tree->decl_count = $1->count; }
  | ARROW expr              { front->expr = $2; }
  | ARROW expr sep          { front->expr = $2; }
  ;

decl_list:
    decl                    { $$ = sgr_items_add(front, NULL, $1); }
  | decl_list sep decl      { $$ = sgr_items_add(front, $1, $3); }
  ;

decls:
    '{' '}'                 { $$ = NULL; }
  | '{' decl_list '}'       { $$ = $2; }
  | '{' decl_list sep '}'   { $$ = $2; }
  ;

decl:
    simple_decl
  | lost                    { $$ = sgr_build_decl(front, SGR_DECL_ERROR, @$); }
  ;

simple_decl:
    IMPORT string           { $$ = sgr_build_decl(front, SGR_DECL_IMPORT, @$); $$->title = $2; }
  | IMPORT string AS name   { $$ = sgr_build_decl(front, SGR_DECL_IMPORT, @$); $$->title = $2; $$->name = NAME(@4); }
  | PARAM name ':' type     { $$ = sgr_build_decl(front, SGR_DECL_PARAM, @$); $$->name = NAME(@2); $$->type = $4; }
  | PARAM name ':' type WHERE expr
                            { $$ = sgr_build_decl(front, SGR_DECL_PARAM, @$); $$->name = NAME(@2); $$->type = $4; $$->where = $6; }
  | PARAM name ':' type '=' expr
                            { $$ = sgr_build_decl(front, SGR_DECL_PARAM, @$); $$->name = NAME(@2); $$->type = $4; $$->value = $6; }
  | PARAM name ':' type '=' expr WHERE expr
                            { $$ = sgr_build_decl(front, SGR_DECL_PARAM, @$); $$->name = NAME(@2); $$->type = $4; $$->value = $6; $$->where = $8; }
  | LET name opt_type '=' expr
                            { $$ = sgr_build_decl(front, SGR_DECL_LET, @$); $$->name = NAME(@2); $$->type = $3; $$->value = $5; }
  | FN name params ':' type '=' expr
                            { $$ = sgr_build_decl(front, SGR_DECL_FN, @$); $$->name = NAME(@2); sgr_set_params(front, $$, $3); $$->type = $5; $$->value = $7; }
  | ROUTINE name params body
                            { $$ = sgr_build_decl(front, SGR_DECL_ROUTINE, @$); $$->name = NAME(@2); sgr_set_params(front, $$, $3); $$->body = $4; }
  | FOR names IN expr decls { $$ = sgr_build_decl(front, SGR_DECL_FOR, @$); $$->loop = $2; $$->value = $4; sgr_set_decls($$, $5, NULL); }
  | IF expr decls else_decls
                            { $$ = sgr_build_decl(front, SGR_DECL_IF, @$); $$->value = $2; sgr_set_decls($$, $3, $4); }
  | BLOCK name block        { $$ = sgr_build_decl(front, SGR_DECL_BLOCK, @$); $$->block_kind = (enum sgr_block_kind)$1; $$->name = NAME(@2); $$->block = $3; }
  | BLOCK string block      { $$ = sgr_build_decl(front, SGR_DECL_BLOCK, @$); $$->block_kind = (enum sgr_block_kind)$1; $$->title = $2; $$->block = $3; }
  | BLOCK block             { $$ = sgr_build_decl(front, SGR_DECL_BLOCK, @$); $$->block_kind = (enum sgr_block_kind)$1; $$->block = $2; }
  | BLOCK name params block { $$ = sgr_build_decl(front, SGR_DECL_BLOCK, @$); $$->block_kind = (enum sgr_block_kind)$1; $$->name = NAME(@2); sgr_set_params(front, $$, $3); $$->block = $4; }
  | BLOCK name OF of_target block
                            { $$ = sgr_build_decl(front, SGR_DECL_BLOCK, @$); $$->block_kind = (enum sgr_block_kind)$1; $$->name = NAME(@2); $$->of = $4; $$->block = $5; }
  | BLOCK string OF of_target block
                            { $$ = sgr_build_decl(front, SGR_DECL_BLOCK, @$); $$->block_kind = (enum sgr_block_kind)$1; $$->title = $2; $$->of = $4; $$->block = $5; }
  | MANIFESTS string        { $$ = sgr_build_decl(front, SGR_DECL_MANIFESTS, @$); $$->title = $2; }
  | INVARIANT string expr   { $$ = sgr_build_decl(front, SGR_DECL_INVARIANT, @$); $$->title = $2; $$->value = $3; }
  ;

of_target:
    name                    { $$ = sgr_build_name_expr(front, @1); }
  | string
  ;

else_decls:
    %empty                  { $$ = NULL; }
  | ELSE decls              { $$ = $2; }
  | ELSE IF expr decls else_decls
                            {
                                struct sgr_decl *nested = sgr_build_decl(front, SGR_DECL_IF, @$);
                                nested->value = $3;
                                sgr_set_decls(nested, $4, $5);
                                $$ = sgr_items_add(front, NULL, nested);
                            }
  ;

opt_type:
    %empty                  { $$ = NULL; }
  | ':' type                { $$ = $2; }
  ;

names:
    name                    { $$ = sgr_build_loop(front, (struct sgr_name){0}, NAME(@1)); }
  | name ',' name           { $$ = sgr_build_loop(front, NAME(@1), NAME(@3)); }
  ;

params:
    '(' ')'                 { $$ = NULL; }
  | '(' param_list ')'      { $$ = $2; }
  | '(' param_list ',' ')'  { $$ = $2; }
  ;

param_list:
    param                   { $$ = sgr_items_add(front, NULL, $1); }
  | param_list ',' param    { $$ = sgr_items_add(front, $1, $3); }
  ;

param:
    name                    { $$ = (struct sgr_items *)sgr_build_param(front, NAME(@1), NULL, NULL); }
  | name ':' type           { $$ = (struct sgr_items *)sgr_build_param(front, NAME(@1), $3, NULL); }
  | name ':' type '=' expr  { $$ = (struct sgr_items *)sgr_build_param(front, NAME(@1), $3, $5); }
  ;

/* ---- types ---- */

type:
    name                    { $$ = sgr_build_type(front, SGR_TYPE_NAME, @$, NULL); $$->name = NAME(@1); }
  | name '.' name           { $$ = sgr_build_type(front, SGR_TYPE_NAME, @$, NULL); $$->module = NAME(@1); $$->name = NAME(@3); }
  | name '<' type_list '>'  { $$ = sgr_build_type(front, SGR_TYPE_NAME, @$, $3); $$->name = NAME(@1); }
  | '{' fields '}'          { $$ = sgr_build_type(front, SGR_TYPE_RECORD, @$, $2); }
  | FN '(' ')' ':' type     { $$ = sgr_build_type(front, SGR_TYPE_FN, @$, sgr_items_add(front, NULL, $5)); }
  | FN '(' type_list ')' ':' type
                            { $$ = sgr_build_type(front, SGR_TYPE_FN, @$, sgr_items_add(front, $3, $6)); }
  ;

type_list:
    type                    { $$ = sgr_items_add(front, NULL, $1); }
  | type_list ',' type      { $$ = sgr_items_add(front, $1, $3); }
  | type_list SEP type      { $$ = sgr_items_add(front, $1, $3); }
  ;

fields:
    %empty                  { $$ = NULL; }
  | field_list
  | field_list SEP          { $$ = $1; }
  ;

field_list:
    field                   { $$ = sgr_items_add(front, NULL, $1); }
  | field_list SEP field    { $$ = sgr_items_add(front, $1, $3); }
  | field_list ',' field    { $$ = sgr_items_add(front, $1, $3); }
  ;

field:
    name ':' type           { $$ = (struct sgr_items *)sgr_build_type_field(front, NAME(@1), $3); }
  ;

/* ---- expressions ---- */

expr:
    postfix
  | '-' expr %prec NEGATE   { $$ = sgr_build_unary(front, SGR_OP_NEG, @$, $2); }
  | NOT expr                { $$ = sgr_build_unary(front, SGR_OP_NOT, @$, $2); }
  | expr DEFAULT expr       { $$ = BIN(DEFAULT, @$, @2, $1, $3); }
  | expr '*' expr           { $$ = BIN(MUL, @$, @2, $1, $3); }
  | expr '/' expr           { $$ = BIN(DIV, @$, @2, $1, $3); }
  | expr '+' expr           { $$ = BIN(ADD, @$, @2, $1, $3); }
  | expr '-' expr           { $$ = BIN(SUB, @$, @2, $1, $3); }
  | expr RANGE expr         { $$ = BIN(RANGE, @$, @2, $1, $3); }
  | expr EQ expr            { $$ = BIN(EQ, @$, @2, $1, $3); }
  | expr NE expr            { $$ = BIN(NE, @$, @2, $1, $3); }
  | expr '<' expr           { $$ = BIN(LT, @$, @2, $1, $3); }
  | expr LE expr            { $$ = BIN(LE, @$, @2, $1, $3); }
  | expr '>' expr           { $$ = BIN(GT, @$, @2, $1, $3); }
  | expr GE expr            { $$ = BIN(GE, @$, @2, $1, $3); }
  | expr AND expr           { $$ = BIN(AND, @$, @2, $1, $3); }
  | expr OR expr            { $$ = BIN(OR, @$, @2, $1, $3); }
  | IF expr THEN expr ELSE expr %prec ELSE
                            { $$ = sgr_build_if(front, @$, $2, $4, $6); }
  | FN params ARROW expr %prec LOWEST
                            { $$ = sgr_build_fn(front, @$, $2, $4); }
  ;

postfix:
    primary
  | postfix '.' name        { $$ = sgr_build_field(front, @$, $1, NAME(@3)); }
  | postfix '.' reserved    { $$ = sgr_build_field(front, @$, $1, NAME(@3)); }
  | postfix '[' expr ']'    { $$ = sgr_build_index(front, @$, $1, $3); }
  | postfix args            { $$ = sgr_build_call(front, @$, $1, $2); }
  ;

args:
    '(' ')'                 { $$ = NULL; }
  | '(' arg_list ')'        { $$ = $2; }
  | '(' arg_list ',' ')'    { $$ = $2; }
  ;

arg_list:
    arg                     { $$ = sgr_items_add(front, NULL, $1); }
  | arg_list ',' arg        { $$ = sgr_items_add(front, $1, $3); }
  ;

arg:
    expr                    { $$ = (struct sgr_items *)sgr_build_arg(front, (struct sgr_name){0}, $1); }
  | name '=' expr           { $$ = (struct sgr_items *)sgr_build_arg(front, NAME(@1), $3); }
  | reserved '=' expr       { $$ = (struct sgr_items *)sgr_build_arg(front, NAME(@1), $3); }
  ;

primary:
    name                    { $$ = sgr_build_name_expr(front, @1); }
  | INT                     { $$ = sgr_build_int(front, SGR_EXPR_INT, @1, $1); }
  | DURATION                { $$ = sgr_build_int(front, SGR_EXPR_DURATION, @1, $1); }
  | MEMORY                  { $$ = sgr_build_int(front, SGR_EXPR_MEMORY, @1, $1); }
  | NUMBER                  { $$ = sgr_build_number(front, SGR_EXPR_NUMBER, @1, $1); }
  | PERCENT                 { $$ = sgr_build_number(front, SGR_EXPR_PERCENT, @1, $1); }
  | RATE                    { $$ = sgr_build_number(front, SGR_EXPR_RATE, @1, $1); }
  | SUFFIX_M                { $$ = sgr_build_number(front, SGR_EXPR_SUFFIX_M, @1, $1); }
  | TRUE                    { $$ = EXPR(BOOL, @1); $$->u.boolean = true; }
  | FALSE                   { $$ = EXPR(BOOL, @1); }
  | string
  | '(' expr ')'            { $$ = $2; $$->parens = true; }
  | '[' ']'                 { $$ = sgr_build_list(front, @$, NULL); }
  | '[' items ']'           { $$ = sgr_build_list(front, @$, $2); }
  | '[' items ',' ']'       { $$ = sgr_build_list(front, @$, $2); }
  | '[' expr FOR names IN expr ']'
                            { $$ = sgr_build_comprehension(front, @$, $2, $4, $6, NULL); }
  | '[' expr FOR names IN expr IF expr ']'
                            { $$ = sgr_build_comprehension(front, @$, $2, $4, $6, $8); }
  | record                  { $$ = sgr_build_record(front, $1); }
  ;

items:
    expr                    { $$ = sgr_items_add(front, NULL, $1); }
  | items ',' expr          { $$ = sgr_items_add(front, $1, $3); }
  ;

string:
    STRING_BEGIN parts STRING_END  { $$ = sgr_build_string(front, @$, false, $2); }
  | TRIPLE_BEGIN parts STRING_END  { $$ = sgr_build_string(front, @$, true, $2); }
  ;

parts:
    %empty                  { $$ = NULL; }
  | parts TEXT              { $$ = sgr_items_add(front, $1, sgr_build_text_part(front, @2, $2)); }
  | parts INTERPOLATION expr INTERPOLATION_END
                            { $$ = sgr_items_add(front, $1, sgr_build_expr_part(front, sgr_span_join(@2, @4), $3)); }
  ;

/* ---- blocks ---- */

record: block;

block:
    '{' '}'                 { $$ = sgr_build_block(front, @$, NULL); }
  | '{' entries '}'         { $$ = sgr_build_block(front, @$, $2); }
  | '{' entries sep '}'     { $$ = sgr_build_block(front, @$, $2); }
  ;

entries:
    entry                   { $$ = sgr_items_add(front, NULL, $1); }
  | entries sep entry       { $$ = sgr_items_add(front, $1, $3); }
  | lost                    { $$ = NULL; }
  | entries sep lost        { $$ = $1; }
  ;

entry:
    entry_name '=' expr     { $$ = sgr_build_entry(front, SGR_ENTRY_ATTR, @$); $$->key = NAME(@1); $$->value = $3; }
  | string '=' expr         { $$ = sgr_build_entry(front, SGR_ENTRY_ATTR, @$); $$->key_expr = $1; $$->value = $3; }
  | block_entry_name block  { $$ = sgr_build_entry(front, SGR_ENTRY_BLOCK, @$); $$->key = NAME(@1); $$->block = $2; }
  | IF expr block           { $$ = sgr_build_entry(front, SGR_ENTRY_IF, @$); $$->value = $2; $$->block = $3; }
  | IF expr block ELSE block
                            { $$ = sgr_build_entry(front, SGR_ENTRY_IF, @$); $$->value = $2; $$->block = $3; $$->otherwise = $5; }
  | IF expr block ELSE entry_if
                            { $$ = sgr_build_entry(front, SGR_ENTRY_IF, @$); $$->value = $2; $$->block = $3; $$->otherwise = $<block>5; }
  | FOR names IN expr block { $$ = sgr_build_entry(front, SGR_ENTRY_FOR, @$); $$->loop = $2; $$->value = $4; $$->block = $5; }
  | REQUIRE expr            { $$ = sgr_build_entry(front, SGR_ENTRY_REQUIRE, @$); $$->value = $2; }
  | REQUIRE expr ELSE name  { $$ = sgr_build_entry(front, SGR_ENTRY_REQUIRE, @$); $$->value = $2; $$->else_no_signal = true; sgr_expect_word(front, NAME(@4), "no_signal"); }
  | REQUIRE expr ELSE string
                            { $$ = sgr_build_entry(front, SGR_ENTRY_REQUIRE, @$); $$->value = $2; $$->target = $4; }
  | STEPS body              { $$ = sgr_build_entry(front, SGR_ENTRY_STEPS, @$); $$->body = $2; }
  | ON name body            { $$ = sgr_build_entry(front, SGR_ENTRY_STEPS, @$); $$->steps_kind = sgr_on_kind(front, NAME(@2)); $$->body = $3; }
  | FINALLY body            { $$ = sgr_build_entry(front, SGR_ENTRY_STEPS, @$); $$->steps_kind = SGR_FINALLY; $$->body = $2; }
  | RUN name opt_with       { $$ = sgr_build_entry(front, SGR_ENTRY_RUN, @$); $$->key = NAME(@2); $$->block = $3; }
  | GIVEN postfix '=' expr  { $$ = sgr_build_entry(front, SGR_ENTRY_GIVEN, @$); $$->target = $2; $$->value = $4; }
  | AT expr block           { $$ = sgr_build_entry(front, SGR_ENTRY_AT, @$); $$->value = $2; $$->block = $3; }
  | FAULT name args         { $$ = sgr_build_entry(front, SGR_ENTRY_FAULT, @$); $$->key = NAME(@2); sgr_set_args(front, $$, $3); }
  | FAULT name args FOR expr
                            { $$ = sgr_build_entry(front, SGR_ENTRY_FAULT, @$); $$->key = NAME(@2); sgr_set_args(front, $$, $3); $$->target = $5; }
  | EXPECT expr             { $$ = sgr_build_entry(front, SGR_ENTRY_EXPECT, @$); $$->value = $2; }
  ;

entry_if:
    IF expr block           {
                                struct sgr_entry *entry = sgr_build_entry(front, SGR_ENTRY_IF, @$);
                                entry->value = $2;
                                entry->block = $3;
                                $<block>$ = sgr_build_block(front, @$, sgr_items_add(front, NULL, entry));
                            }
  | IF expr block ELSE block
                            {
                                struct sgr_entry *entry = sgr_build_entry(front, SGR_ENTRY_IF, @$);
                                entry->value = $2;
                                entry->block = $3;
                                entry->otherwise = $5;
                                $<block>$ = sgr_build_block(front, @$, sgr_items_add(front, NULL, entry));
                            }
  | IF expr block ELSE entry_if
                            {
                                struct sgr_entry *entry = sgr_build_entry(front, SGR_ENTRY_IF, @$);
                                entry->value = $2;
                                entry->block = $3;
                                entry->otherwise = $<block>5;
                                $<block>$ = sgr_build_block(front, @$, sgr_items_add(front, NULL, entry));
                            }
  ;

opt_with:
    %empty                  { $$ = NULL; }
  | WITH block              { $$ = $2; }
  ;

/* ---- statements ---- */

body:
    '{' '}'                 { $$ = sgr_build_body(front, @$, NULL); }
  | '{' stmts '}'           { $$ = sgr_build_body(front, @$, $2); }
  | '{' stmts sep '}'       { $$ = sgr_build_body(front, @$, $2); }
  ;

stmts:
    stmt                    { $$ = sgr_items_add(front, NULL, $1); }
  | stmts sep stmt          { $$ = sgr_items_add(front, $1, $3); }
  | lost                    { $$ = NULL; }
  | stmts sep lost          { $$ = $1; }
  ;

stmt:
    STEP string body        { $$ = sgr_build_stmt(front, SGR_STMT_STEP, @$); $$->value = $2; $$->body = $3; }
  | LET name opt_type '=' expr
                            { $$ = sgr_build_stmt(front, SGR_STMT_LET, @$); $$->name = NAME(@2); $$->type = $3; $$->value = $5; }
  | IF expr body            { $$ = sgr_build_stmt(front, SGR_STMT_IF, @$); $$->value = $2; $$->body = $3; }
  | IF expr body ELSE body  { $$ = sgr_build_stmt(front, SGR_STMT_IF, @$); $$->value = $2; $$->body = $3; $$->otherwise = $5; }
  | IF expr body ELSE stmt_if
                            { $$ = sgr_build_stmt(front, SGR_STMT_IF, @$); $$->value = $2; $$->body = $3; $$->otherwise = $<body>5; }
  | FOR names IN expr body  { $$ = sgr_build_stmt(front, SGR_STMT_FOR, @$); $$->loop = $2; $$->value = $4; $$->body = $5; }
  | PARALLEL body           { $$ = sgr_build_stmt(front, SGR_STMT_PARALLEL, @$); $$->body = $2; }
  | RETRY expr body         { $$ = sgr_build_stmt(front, SGR_STMT_RETRY, @$); $$->value = $2; $$->body = $3; }
  | RETRY expr EVERY expr body
                            { $$ = sgr_build_stmt(front, SGR_STMT_RETRY, @$); $$->value = $2; $$->every = $4; $$->body = $5; }
  | WITHIN expr body        { $$ = sgr_build_stmt(front, SGR_STMT_WITHIN, @$); $$->value = $2; $$->body = $3; }
  | ATTEMPT body ELSE body  { $$ = sgr_build_stmt(front, SGR_STMT_ATTEMPT, @$); $$->body = $2; $$->otherwise = $4; }
  | ATTEMPT body ELSE name body
                            { $$ = sgr_build_stmt(front, SGR_STMT_ATTEMPT, @$); $$->body = $2; $$->name = NAME(@4); $$->otherwise = $5; }
  | VERB_ONE expr           { $$ = sgr_build_verb(front, $1, @$, $2, NULL); }
  | VERB_NONE               { $$ = sgr_build_verb(front, $1, @$, NULL, NULL); }
  | SCALE expr TO expr      { $$ = sgr_build_verb(front, SGR_VERB_SCALE, @$, $2, $4); }
  | WAIT expr               { $$ = sgr_build_verb(front, SGR_VERB_WAIT, @$, $2, NULL); }
  | WAIT UNTIL expr opt_timeout
                            { $$ = sgr_build_verb(front, SGR_VERB_WAIT, @$, $3, NULL); $$->operands.until = true; $$->operands.timeout = $4; }
  | HOLD expr WHILE expr    { $$ = sgr_build_verb(front, SGR_VERB_HOLD, @$, $2, $4); }
  | APPROVE expr opt_timeout
                            { $$ = sgr_build_verb(front, SGR_VERB_APPROVE, @$, $2, NULL); $$->operands.timeout = $3; }
  | UNDO opt_expr           { $$ = sgr_build_verb(front, SGR_VERB_UNDO, @$, $2, NULL); }
  | FAIL opt_expr           { $$ = sgr_build_verb(front, SGR_VERB_FAIL, @$, $2, NULL); }
  | ROUTE name expr         { $$ = sgr_build_verb(front, SGR_VERB_ROUTE, @$, $3, NULL); $$->operands.word = NAME(@2); sgr_expect_word(front, NAME(@2), "header"); }
  | APPLY expr              { $$ = sgr_build_verb(front, SGR_VERB_APPLY, @$, $2, NULL); }
  | APPLY expr AS expr      { $$ = sgr_build_verb(front, SGR_VERB_APPLY, @$, $2, NULL); $$->operands.group = $4; }
  | JOB name block          { $$ = sgr_build_verb(front, SGR_VERB_JOB, @$, NULL, NULL); $$->operands.word = NAME(@2); $$->operands.block = $3; }
  | WEBHOOK expr opt_record { $$ = sgr_build_verb(front, SGR_VERB_WEBHOOK, @$, $2, NULL); $$->operands.block = $3; }
  | NOTIFY postfix string   { $$ = sgr_build_verb(front, SGR_VERB_NOTIFY, @$, $2, $3); }
  | plain_chain             { $$ = sgr_build_stmt(front, SGR_STMT_CALL, @$); $$->value = $1; }
  ;

stmt_if:
    IF expr body            {
                                struct sgr_stmt *stmt = sgr_build_stmt(front, SGR_STMT_IF, @$);
                                stmt->value = $2;
                                stmt->body = $3;
                                $<body>$ = sgr_build_body(front, @$, sgr_items_add(front, NULL, stmt));
                            }
  | IF expr body ELSE body  {
                                struct sgr_stmt *stmt = sgr_build_stmt(front, SGR_STMT_IF, @$);
                                stmt->value = $2;
                                stmt->body = $3;
                                stmt->otherwise = $5;
                                $<body>$ = sgr_build_body(front, @$, sgr_items_add(front, NULL, stmt));
                            }
  | IF expr body ELSE stmt_if
                            {
                                struct sgr_stmt *stmt = sgr_build_stmt(front, SGR_STMT_IF, @$);
                                stmt->value = $2;
                                stmt->body = $3;
                                stmt->otherwise = $<body>5;
                                $<body>$ = sgr_build_body(front, @$, sgr_items_add(front, NULL, stmt));
                            }
  ;

opt_timeout:
    %empty                  { $$ = NULL; }
  | TIMEOUT expr            { $$ = $2; }
  ;

opt_expr:
    %empty                  { $$ = NULL; }
  | expr
  ;

opt_record:
    %empty                  { $$ = NULL; }
  | block
  ;

/* A call as a statement begins with a name that is no verb. */
plain_chain:
    plain_name              { $$ = sgr_build_name_expr(front, @1); }
  | plain_chain '.' name    { $$ = sgr_build_field(front, @$, $1, NAME(@3)); }
  | plain_chain '.' reserved
                            { $$ = sgr_build_field(front, @$, $1, NAME(@3)); }
  | plain_chain '[' expr ']'
                            { $$ = sgr_build_index(front, @$, $1, $3); }
  | plain_chain args        { $$ = sgr_build_call(front, @$, $1, $2); }
  ;

/* ---- names: every word but the reserved ones ---- */

name:
    plain_name | verb_word | STEPS | FINALLY
  ;

/* Before `=`, reserved words are keys too. */
entry_name:
    name | reserved
  ;

block_entry_name:
    NAME | BLOCK | verb_word
  ;

plain_name:
    NAME | BLOCK | AS | AT | EVERY | EXPECT | FAULT | GIVEN | IMPORT | INVARIANT | MANIFESTS | OF | ON
  | PARAM | REQUIRE | ROUTINE | RUN | TIMEOUT | TO | WHERE | WHILE | WITH
  ;

verb_word:
    VERB_ONE | VERB_NONE | SCALE | WAIT | HOLD | APPROVE | UNDO | FAIL | ROUTE | APPLY | JOB | WEBHOOK
  | NOTIFY | STEP | PARALLEL | RETRY | WITHIN | ATTEMPT
  ;

reserved:
    AND | OR | NOT | IN | IF | THEN | ELSE | FOR | LET | FN | TRUE | FALSE | UNTIL
  ;

%%

static int yyreport_syntax_error(const yypcontext_t *context, struct sgr_front *front)
{
    if (!front->careful) {
        front->refused = front->stopped = true;
        return 0;
    }
    yysymbol_kind_t expected[SGR_EXPECTED_MAX];
    yysymbol_kind_t found = yypcontext_token(context);
    const char *names[SGR_EXPECTED_MAX];
    int count = yypcontext_expected_tokens(context, expected, SGR_EXPECTED_MAX);
    for (int i = 0; i < count; i++) {
        names[i] = yysymbol_name(expected[i]);
    }
    sgr_syntax_error(front, *yypcontext_location(context), found == YYSYMBOL_YYUNDEF,
                     yysymbol_name(found), names, count);
    sgr_recover(front, front->previous);
    return 0;
}

static void yyerror(const sgr_span *span, struct sgr_front *front, const char *message)
{
    (void)message; /* the parser's stack is full: the only reason left */
    sgr_diag(front->diags, SGR_E0106, *span, "this is nested too deep");
}
