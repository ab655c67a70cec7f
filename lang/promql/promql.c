/* The door: parses a whole query, walks its tree, and escapes the values of holes. Must never let a
 * placeholder through that the caller did not announce, nor a value that changes the query. */
#include "lang/promql/grammar.h"

#include <math.h>
#include <stdio.h>

/* Of scan.l. */
struct yy_buffer_state;
int sgr_pqlex_init_extra(struct sgr_pq_state *state, yyscan_t *scanner);
int sgr_pqlex_destroy(yyscan_t scanner);
struct yy_buffer_state *sgr_pq_scan_bytes(const char *bytes, int len, yyscan_t scanner);

void sgr_promql_placeholder(struct sgr_buf *out, size_t index)
{
    sgr_buf_printf(out, "\001%zu\002", index);
}

/* Reads a placeholder at s[at]: its length, or 0. */
static size_t placeholder_length(sgr_str s, size_t at, size_t *index)
{
    size_t i = at + 1;
    *index = 0;
    for (; i < s.len && s.ptr[i] >= '0' && s.ptr[i] <= '9' && i - at < 10; i++) {
        *index = *index * 10 + (size_t)(s.ptr[i] - '0');
    }
    return i > at + 1 && i < s.len && s.ptr[i] == '\002' ? i + 1 - at : 0;
}

bool sgr_promql_piece(sgr_str text, size_t *at, sgr_str *literal, size_t *index)
{
    if (*at > text.len) {
        return false;
    }
    size_t lo = *at, hi = lo, len = 0;
    *index = SIZE_MAX;
    while (hi < text.len && text.ptr[hi] != '\001') {
        hi++;
    }
    if (hi < text.len) {
        len = placeholder_length(text, hi, index);
    }
    *literal = (sgr_str){text.ptr + lo, hi - lo};
    *at = len > 0 ? hi + len : text.len + 1;
    return true;
}

/* Placeholders must be those of 0, 1, 2... in this order, and nothing else may look like one. */
static bool find_holes(struct sgr_pq_state *state)
{
    size_t next = 0;
    for (size_t i = 0; i < state->text.len; i++) {
        char c = state->text.ptr[i];
        if (c != '\001' && c != '\002') {
            continue;
        }
        size_t index = 0, len = c == '\001' ? placeholder_length(state->text, i, &index) : 0;
        struct sgr_pq_span span = {i, i + (len > 0 ? len : 1)};
        if (len == 0 || index != next || index >= state->hole_count) {
            return sgr_pq_fail(state, span, "control characters may not stand in a query");
        }
        state->holes[index].lo = span.lo;
        state->holes[index].hi = span.hi;
        next++;
        i = span.hi - 1;
    }
    if (next != state->hole_count) {
        SGR_BUG("%zu holes announced, %zu found", state->hole_count, next);
    }
    return true;
}

bool sgr_pq_blank(sgr_str text)
{
    bool comment = false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        comment = c == '#' || (comment && c != '\n' && c != '\r');
        if (!comment && c != ' ' && c != '\t' && c != '\n' && c != '\r') {
            return false;
        }
    }
    return true;
}

bool sgr_promql_parse(struct sgr_arena *arena, sgr_str text, struct sgr_promql_hole *holes,
                      size_t n, const struct sgr_promql_expr **out, struct sgr_promql_error *error)
{
    struct sgr_pq_state state = {.arena = arena, .text = text, .holes = holes, .hole_count = n};
    *out = NULL;
    if (text.len > SGR_PROMQL_TEXT_MAX) {
        struct sgr_pq_span span = {SGR_PROMQL_TEXT_MAX, text.len};
        sgr_pq_fail(&state, span, "the query is longer than %d bytes", SGR_PROMQL_TEXT_MAX);
    } else if (find_holes(&state)) {
        yyscan_t scanner = NULL;
        sgr_pqlex_init_extra(&state, &scanner);
        sgr_pq_scan_bytes(text.ptr != NULL ? text.ptr : "", (int)text.len, scanner);
        if (sgr_pqparse(scanner, &state) == 0 && !state.failed) {
            sgr_pq_check(&state, state.root);
        }
        sgr_pqlex_destroy(scanner);
    }
    sgr_vec_release(&state.parens);
    if (state.failed) {
        *error = state.error;
        return false;
    }
    *out = state.root;
    return true;
}

enum sgr_promql_type sgr_promql_type(const struct sgr_promql_expr *expr)
{
    return expr->type;
}

size_t sgr_promql_child_count(const struct sgr_promql_expr *expr)
{
    switch (expr->kind) {
    case SGR_PROMQL_NUMBER:
    case SGR_PROMQL_STRING:
    case SGR_PROMQL_SELECTOR:
    case SGR_PROMQL_DURATION_EXPR:
        return 0;
    case SGR_PROMQL_RANGE:
    case SGR_PROMQL_SUBQUERY:
    case SGR_PROMQL_UNARY:
    case SGR_PROMQL_PAREN:
        return 1;
    case SGR_PROMQL_BINARY:
        return 2;
    case SGR_PROMQL_CALL:
        return expr->as.call.count;
    case SGR_PROMQL_AGGREGATE:
        return expr->as.aggregate.param != NULL ? 2 : 1;
    }
    return 0;
}

const struct sgr_promql_expr *sgr_promql_child(const struct sgr_promql_expr *expr, size_t i)
{
    switch (expr->kind) {
    case SGR_PROMQL_RANGE:
        return expr->as.range.of;
    case SGR_PROMQL_SUBQUERY:
        return expr->as.subquery.of;
    case SGR_PROMQL_UNARY:
        return expr->as.unary.of;
    case SGR_PROMQL_PAREN:
        return expr->as.paren.of;
    case SGR_PROMQL_BINARY:
        return i == 0 ? expr->as.binary.left : expr->as.binary.right;
    case SGR_PROMQL_CALL:
        return expr->as.call.args[i];
    case SGR_PROMQL_AGGREGATE:
        return i == 0 && expr->as.aggregate.param != NULL ? expr->as.aggregate.param
                                                          : expr->as.aggregate.of;
    default:
        return NULL;
    }
}

void sgr_promql_walk(const struct sgr_promql_expr *expr,
                     bool (*visit)(void *context, const struct sgr_promql_expr *expr),
                     void *context)
{
    if (!visit(context, expr)) {
        return;
    }
    for (size_t i = 0, n = sgr_promql_child_count(expr); i < n; i++) {
        sgr_promql_walk(sgr_promql_child(expr, i), visit, context);
    }
}

const struct sgr_promql_expr *sgr_promql_bare(const struct sgr_promql_expr *expr)
{
    while (expr->kind == SGR_PROMQL_PAREN) {
        expr = expr->as.paren.of;
    }
    return expr;
}

const struct sgr_promql_matcher *sgr_promql_find(const struct sgr_promql_expr *selector,
                                                 const char *label)
{
    for (size_t i = 0; i < selector->as.selector.count; i++) {
        if (sgr_str_is(selector->as.selector.matchers[i].name.value, label)) {
            return &selector->as.selector.matchers[i];
        }
    }
    return NULL;
}

sgr_str sgr_promql_metric(const struct sgr_promql_expr *selector)
{
    const struct sgr_promql_text *name = &selector->as.selector.name;
    const struct sgr_promql_matcher *matcher = sgr_promql_find(selector, "__name__");
    if (name->value.len == 0 && name->hole_count == 0 && matcher != NULL &&
        matcher->match == SGR_PROMQL_EQUAL) {
        name = &matcher->value;
    }
    return name->hole_count == 0 ? name->value : SGR_STR("");
}

/* The flag that this node itself needs, or NULL. */
static const char *flag_of(const struct sgr_promql_expr *expr)
{
    static const char functions[] = "promql-experimental-functions";
    static const char durations[] = "promql-duration-expr";
    switch (expr->kind) {
    case SGR_PROMQL_CALL:
        return expr->as.call.function->experimental ? functions : NULL;
    case SGR_PROMQL_AGGREGATE:
        return sgr_promql_aggregation(expr->as.aggregate.op)->experimental ? functions : NULL;
    case SGR_PROMQL_RANGE:
        return expr->as.range.range.expr != NULL ? durations : NULL;
    case SGR_PROMQL_SUBQUERY:
        return expr->as.subquery.range.expr != NULL || expr->as.subquery.step.expr != NULL ||
                       expr->as.subquery.time.offset.expr != NULL
                   ? durations
                   : NULL;
    case SGR_PROMQL_SELECTOR:
        if (expr->as.selector.anchored || expr->as.selector.smoothed) {
            return "promql-extended-range-selectors";
        }
        return expr->as.selector.time.offset.expr != NULL ? durations : NULL;
    case SGR_PROMQL_BINARY:
        return expr->as.binary.fill_left != NULL || expr->as.binary.fill_right != NULL
                   ? "promql-binop-fill-modifiers"
                   : NULL;
    default:
        return NULL;
    }
}

bool sgr_promql_experimental(const struct sgr_promql_expr *expr, const char **flag,
                             struct sgr_promql_error *where)
{
    *flag = flag_of(expr);
    if (*flag != NULL) {
        *where = (struct sgr_promql_error){SGR_STR(""), expr->lo, expr->hi};
        return true;
    }
    for (size_t i = 0, n = sgr_promql_child_count(expr); i < n; i++) {
        if (sgr_promql_experimental(sgr_promql_child(expr, i), flag, where)) {
            return true;
        }
    }
    return false;
}

void sgr_promql_describe_line(sgr_str line, struct sgr_buf *out)
{
    struct sgr_arena *arena = sgr_arena_new();
    const struct sgr_promql_expr *expr = NULL;
    struct sgr_promql_error error = {0};
    if (sgr_promql_parse(arena, line, NULL, 0, &expr, &error)) {
        sgr_promql_print(expr, out);
        sgr_buf_printf(out, "\t%s", sgr_promql_type_name(expr->type));
    } else {
        sgr_buf_printf(out, "error\t%zu-%zu\t%.*s", error.lo, error.hi, SGR_FMT(error.message));
    }
    sgr_arena_free(arena);
}
