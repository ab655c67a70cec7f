/* Types, as Prometheus' parser checks them after the grammar, children first. Reports the first
 * problem only. Changes nothing but what a type decides: matching of operands that are no vectors,
 * and the selector of info(). */
#include "lang/promql/tree.h"

static bool check(struct sgr_pq_state *state, struct sgr_promql_expr *expr);

static struct sgr_pq_span span_of(const struct sgr_promql_expr *expr)
{
    return (struct sgr_pq_span){expr->lo, expr->hi};
}

static bool expect(struct sgr_pq_state *state, const struct sgr_promql_expr *expr,
                   enum sgr_promql_type want, const char *who, const char *what)
{
    if (expr->type == want) {
        return true;
    }
    bool rate = want == SGR_PROMQL_MATRIX && expr->kind == SGR_PROMQL_SELECTOR;
    return sgr_pq_fail(state, span_of(expr), "%s wants %s %s%s, not %s %s%s", who,
                       want == SGR_PROMQL_VECTOR ? "an" : "a", sgr_promql_type_name(want), what,
                       expr->type == SGR_PROMQL_VECTOR ? "an" : "a",
                       sgr_promql_type_name(expr->type), rate ? "; add a range as in [5m]" : "");
}

static bool check_call(struct sgr_pq_state *state, struct sgr_promql_expr *expr)
{
    const struct sgr_promql_function *function = expr->as.call.function;
    size_t count = expr->as.call.count;
    if (count < function->min || (function->max != SGR_PROMQL_ANY && count > function->max)) {
        const char *bound = function->max == SGR_PROMQL_ANY  ? "at least "
                            : function->min == function->max ? ""
                            : count < function->min          ? "at least "
                                                             : "at most ";
        unsigned want = count < function->min ? function->min : function->max;
        return sgr_pq_fail(state, span_of(expr), "%s wants %s%u argument%s, got %zu",
                           function->name, bound, want, want == 1 ? "" : "s", count);
    }
    if (strcmp(function->name, "info") == 0 && count == 2) {
        struct sgr_promql_expr *labels = expr->as.call.args[1];
        if (labels->kind != SGR_PROMQL_SELECTOR || labels->as.selector.name.value.len > 0 ||
            labels->as.selector.name.hole_count > 0) {
            return sgr_pq_fail(state, span_of(labels),
                               "info wants matchers in braces without a "
                               "metric name as its second argument");
        }
        labels->as.selector.may_be_empty = true;
    }
    for (size_t i = 0; i < count; i++) {
        size_t param = i < function->params ? i : function->params - 1u;
        struct sgr_promql_expr *arg = expr->as.call.args[i];
        if (!check(state, arg) || !expect(state, arg, function->param[param], function->name, "")) {
            return false;
        }
    }
    return true;
}

static bool check_aggregate(struct sgr_pq_state *state, struct sgr_promql_expr *expr)
{
    const struct sgr_promql_aggregation_info *info = sgr_promql_aggregation(expr->as.aggregate.op);
    struct sgr_promql_expr *param = expr->as.aggregate.param;
    if (!check(state, expr->as.aggregate.of) ||
        !expect(state, expr->as.aggregate.of, SGR_PROMQL_VECTOR, info->name, "")) {
        return false;
    }
    enum sgr_promql_type want =
        info->param == SGR_PROMQL_PARAM_STRING ? SGR_PROMQL_STRING_TYPE : SGR_PROMQL_SCALAR;
    return param == NULL || (check(state, param) &&
                             expect(state, param, want, info->name, " as its first argument"));
}

static bool check_operand(struct sgr_pq_state *state, const struct sgr_promql_expr *expr,
                          const char *op)
{
    if (expr->type == SGR_PROMQL_SCALAR || expr->type == SGR_PROMQL_VECTOR) {
        return true;
    }
    return sgr_pq_fail(state, span_of(expr), "%s wants scalars or instant vectors, not a %s", op,
                       sgr_promql_type_name(expr->type));
}

/* The rules of `on`, `ignoring`, group_left, fill between two vectors. */
static bool check_matching(struct sgr_pq_state *state, struct sgr_promql_expr *expr,
                           const struct sgr_promql_operator_info *info)
{
    struct sgr_pq_span op = {expr->as.binary.op_lo, expr->as.binary.op_hi};
    const struct sgr_promql_labels *labels = &expr->as.binary.labels;
    const struct sgr_promql_labels *include = &expr->as.binary.include;
    for (size_t i = 0; i < labels->count && expr->as.binary.matching == SGR_PROMQL_MATCH_ON; i++) {
        for (size_t j = 0; j < include->count; j++) {
            if (sgr_str_equal(labels->at[i], include->at[j])) {
                return sgr_pq_fail(state, op,
                                   "label %.*s may not stand in on and in group_left or "
                                   "group_right at once",
                                   SGR_FMT(labels->at[i]));
            }
        }
    }
    bool vectors = expr->as.binary.left->type == SGR_PROMQL_VECTOR &&
                   expr->as.binary.right->type == SGR_PROMQL_VECTOR;
    bool fills = expr->as.binary.fill_left != NULL || expr->as.binary.fill_right != NULL;
    if (!vectors) {
        if (labels->count > 0) {
            return sgr_pq_fail(state, op, "labels are matched only between instant vectors");
        }
        if (fills) {
            return sgr_pq_fail(state, op, "series are filled in only between instant vectors");
        }
        expr->as.binary.matching = SGR_PROMQL_MATCH_ALL;
        expr->as.binary.group = SGR_PROMQL_ONE_TO_ONE;
        expr->as.binary.include = (struct sgr_promql_labels){0};
        return true;
    }
    if (info->class == SGR_PROMQL_SET && expr->as.binary.group != SGR_PROMQL_ONE_TO_ONE) {
        return sgr_pq_fail(state, op, "%s takes no group_left or group_right", info->text);
    }
    if (info->class == SGR_PROMQL_SET && fills) {
        return sgr_pq_fail(state, op, "%s takes no fill", info->text);
    }
    return true;
}

static bool check_binary(struct sgr_pq_state *state, struct sgr_promql_expr *expr)
{
    const struct sgr_promql_operator_info *info = sgr_promql_operator(expr->as.binary.op);
    struct sgr_pq_span op = {expr->as.binary.op_lo, expr->as.binary.op_hi};
    const struct sgr_promql_expr *left = expr->as.binary.left, *right = expr->as.binary.right;
    if (!check(state, expr->as.binary.left) || !check(state, expr->as.binary.right) ||
        !check_operand(state, left, info->text) || !check_operand(state, right, info->text)) {
        return false;
    }
    bool compares = info->class == SGR_PROMQL_COMPARISON;
    if (expr->as.binary.returns_bool && !compares) {
        return sgr_pq_fail(state, op, "bool may stand only behind a comparison");
    }
    if (compares && !expr->as.binary.returns_bool && expr->type == SGR_PROMQL_SCALAR) {
        return sgr_pq_fail(state, op, "a comparison of scalars is written %s bool", info->text);
    }
    if (info->class == SGR_PROMQL_SET &&
        (left->type == SGR_PROMQL_SCALAR || right->type == SGR_PROMQL_SCALAR)) {
        const struct sgr_promql_expr *scalar = left->type == SGR_PROMQL_SCALAR ? left : right;
        return sgr_pq_fail(state, span_of(scalar), "%s wants instant vectors, not a scalar",
                           info->text);
    }
    return check_matching(state, expr, info);
}

static bool matches_empty(const struct sgr_promql_matcher *matcher)
{
    /* A hole in an equality is taken for a value that is not empty. */
    bool blank = matcher->value.value.len == 0 && matcher->value.hole_count == 0;
    switch (matcher->match) {
    case SGR_PROMQL_EQUAL:
        return blank;
    case SGR_PROMQL_NOT_EQUAL:
        return !blank;
    case SGR_PROMQL_MATCHES:
        return matcher->regex.matches_empty;
    case SGR_PROMQL_NOT_MATCHES:
        return !matcher->regex.matches_empty;
    }
    return true;
}

static bool check_selector(struct sgr_pq_state *state, const struct sgr_promql_expr *expr)
{
    const struct sgr_promql_text *name = &expr->as.selector.name;
    bool named = name->value.len > 0 || name->hole_count > 0;
    bool narrow = named || expr->as.selector.may_be_empty;
    for (size_t i = 0; i < expr->as.selector.count; i++) {
        const struct sgr_promql_matcher *matcher = &expr->as.selector.matchers[i];
        if (named && sgr_str_is(matcher->name.value, "__name__")) {
            struct sgr_pq_span span = {matcher->lo, matcher->hi};
            return sgr_pq_fail(state, span, "the metric name is given twice");
        }
        narrow = narrow || !matches_empty(matcher);
    }
    if (!narrow) {
        return sgr_pq_fail(state, span_of(expr),
                           "this selects every series: a selector needs a metric name or a "
                           "matcher that the empty value does not satisfy");
    }
    return true;
}

static bool check(struct sgr_pq_state *state, struct sgr_promql_expr *expr)
{
    switch (expr->kind) {
    case SGR_PROMQL_NUMBER:
    case SGR_PROMQL_STRING:
    case SGR_PROMQL_DURATION_EXPR:
        return true;
    case SGR_PROMQL_SELECTOR:
        return check_selector(state, expr);
    case SGR_PROMQL_RANGE:
        return check(state, expr->as.range.of);
    case SGR_PROMQL_SUBQUERY:
        return check(state, expr->as.subquery.of) &&
               expect(state, expr->as.subquery.of, SGR_PROMQL_VECTOR, "a subquery", "");
    case SGR_PROMQL_CALL:
        return check_call(state, expr);
    case SGR_PROMQL_AGGREGATE:
        return check_aggregate(state, expr);
    case SGR_PROMQL_BINARY:
        return check_binary(state, expr);
    case SGR_PROMQL_UNARY:
        return check(state, expr->as.unary.of) &&
               check_operand(state, expr->as.unary.of,
                             sgr_promql_operator(expr->as.unary.op)->text);
    case SGR_PROMQL_PAREN:
        return check(state, expr->as.paren.of);
    }
    return true;
}

bool sgr_pq_check(struct sgr_pq_state *state, struct sgr_promql_expr *root)
{
    return check(state, root);
}
