/* Is the answer one number? Follows the labels through the query: those in which the elements of an
 * answer may differ (`vary`) and those that they may bear at all (`carry`). Errs on the side of
 * "no": must never call an answer one number when two series could stand in it. */
#include "lang/promql/promql.h"

/* Labels by name: those listed, or all but those listed. */
struct set {
    bool all;
    sgr_str *at;
    size_t count;
};

struct spread {
    struct set vary, carry;
};

static bool listed(const struct set *set, sgr_str name)
{
    for (size_t i = 0; i < set->count; i++) {
        if (sgr_str_equal(set->at[i], name)) {
            return true;
        }
    }
    return false;
}

static bool empty(const struct set *set)
{
    return !set->all && set->count == 0;
}

/* The names of `a` that (in == true) are, or are not, listed in `b`. */
static struct set filter(struct sgr_arena *arena, const struct set *a, const struct set *b, bool in)
{
    struct set out = {.at = SGR_NEW_ARRAY(arena, sgr_str, a->count + 1)};
    for (size_t i = 0; i < a->count; i++) {
        if (listed(b, a->at[i]) == in) {
            out.at[out.count++] = a->at[i];
        }
    }
    return out;
}

static struct set join(struct sgr_arena *arena, const struct set *a, const struct set *b)
{
    struct set out = {.at = SGR_NEW_ARRAY(arena, sgr_str, a->count + b->count + 1)};
    for (size_t i = 0; i < a->count; i++) {
        out.at[out.count++] = a->at[i];
    }
    for (size_t i = 0; i < b->count; i++) {
        if (!listed(a, b->at[i])) {
            out.at[out.count++] = b->at[i];
        }
    }
    return out;
}

static struct set both(struct sgr_arena *arena, const struct set *a, const struct set *b)
{
    if (a->all && b->all) {
        struct set out = join(arena, a, b);
        out.all = true;
        return out;
    }
    return a->all ? filter(arena, b, a, false) : filter(arena, a, b, !b->all);
}

static struct set either(struct sgr_arena *arena, const struct set *a, const struct set *b)
{
    if (!a->all && !b->all) {
        return join(arena, a, b);
    }
    struct set out = a->all && b->all ? filter(arena, a, b, true)
                     : a->all         ? filter(arena, a, b, false)
                                      : filter(arena, b, a, false);
    out.all = true;
    return out;
}

static struct set without(struct sgr_arena *arena, const struct set *a, const struct set *names)
{
    if (a->all) {
        struct set out = join(arena, a, names);
        out.all = true;
        return out;
    }
    return filter(arena, a, names, false);
}

static struct set names_of(struct sgr_arena *arena, const struct sgr_promql_labels *labels)
{
    struct set out = {.at = SGR_NEW_ARRAY(arena, sgr_str, labels->count + 1)};
    for (size_t i = 0; i < labels->count; i++) {
        out.at[out.count++] = labels->at[i];
    }
    return out;
}

static struct set one_name(struct sgr_arena *arena, sgr_str name)
{
    struct sgr_promql_labels labels = {&name, 1};
    return names_of(arena, &labels);
}

static const struct spread single = {{false, NULL, 0}, {false, NULL, 0}};

static struct spread spread_of(struct sgr_arena *arena, const struct sgr_promql_expr *expr);

static struct spread of_selector(struct sgr_arena *arena, const struct sgr_promql_expr *expr)
{
    struct spread out = {{.all = true}, {.all = true}};
    out.vary.at = SGR_NEW_ARRAY(arena, sgr_str, expr->as.selector.count + 1);
    const struct sgr_promql_text *name = &expr->as.selector.name;
    if (name->value.len > 0 || name->hole_count > 0) {
        out.vary.at[out.vary.count++] = SGR_STR("__name__");
    }
    for (size_t i = 0; i < expr->as.selector.count; i++) {
        const struct sgr_promql_matcher *matcher = &expr->as.selector.matchers[i];
        if (matcher->match == SGR_PROMQL_EQUAL) {
            out.vary.at[out.vary.count++] = matcher->name.value;
        }
    }
    return out;
}

/* The argument whose series a function passes on, or NULL. */
static const struct sgr_promql_expr *series_argument(const struct sgr_promql_expr *expr)
{
    for (size_t i = 0; i < expr->as.call.count; i++) {
        enum sgr_promql_type type = expr->as.call.args[i]->type;
        if (type == SGR_PROMQL_VECTOR || type == SGR_PROMQL_MATRIX) {
            return expr->as.call.args[i];
        }
    }
    return NULL;
}

/* Adds a label that the function writes. */
static void write_label(struct sgr_arena *arena, struct spread *out, sgr_str label, bool differs)
{
    struct set name = one_name(arena, label);
    out->carry = either(arena, &out->carry, &name);
    if (differs) {
        out->vary = either(arena, &out->vary, &name);
    }
}

static struct spread of_call(struct sgr_arena *arena, const struct sgr_promql_expr *expr)
{
    const struct sgr_promql_function *function = expr->as.call.function;
    const struct sgr_promql_expr *argument = series_argument(expr);
    if (argument == NULL || function->returns == SGR_PROMQL_SCALAR) {
        return single;
    }
    struct spread out = spread_of(arena, argument);
    if (function->class == SGR_PROMQL_ABSENT) {
        out.vary = single.vary;
        return out;
    }
    bool several = !empty(&out.vary);
    bool quantiles = strcmp(function->name, "histogram_quantiles") == 0;
    if (quantiles || strcmp(function->name, "histogram_quantile") == 0 ||
        strcmp(function->name, "histogram_fraction") == 0) {
        struct set le = one_name(arena, SGR_STR("le"));
        out.vary = without(arena, &out.vary, &le);
        out.carry = without(arena, &out.carry, &le);
    }
    if (quantiles) {
        write_label(arena, &out, expr->as.call.args[1]->as.string.value, true);
    } else if (strcmp(function->name, "info") == 0) {
        out = several ? (struct spread){{.all = true}, {.all = true}}
                      : (struct spread){out.vary, {.all = true}};
    } else if (function->class == SGR_PROMQL_LABELS) {
        const struct sgr_promql_expr *label = sgr_promql_bare(expr->as.call.args[1]);
        write_label(arena, &out, label->as.string.value, several);
    }
    return out;
}

static struct spread of_aggregate(struct sgr_arena *arena, const struct sgr_promql_expr *expr)
{
    const struct sgr_promql_aggregation_info *info = sgr_promql_aggregation(expr->as.aggregate.op);
    struct spread of = spread_of(arena, expr->as.aggregate.of), out = single;
    bool counts_values = expr->as.aggregate.op == SGR_PROMQL_AGG_COUNT_VALUES;
    if (!info->collapses && !counts_values) {
        return of;
    }
    struct set labels = names_of(arena, &expr->as.aggregate.labels);
    if (expr->as.aggregate.without) {
        out.vary = without(arena, &of.vary, &labels);
        out.carry = without(arena, &of.carry, &labels);
    } else {
        out.vary = both(arena, &labels, &of.vary);
        out.carry = both(arena, &labels, &of.carry);
    }
    if (counts_values) {
        const struct sgr_promql_expr *label = sgr_promql_bare(expr->as.aggregate.param);
        write_label(arena, &out, label->as.string.value, !empty(&of.vary));
    }
    return out;
}

/* Both sides' series may stand in the answer. */
static struct spread mixed(struct sgr_arena *arena, const struct spread *left,
                           const struct spread *right)
{
    struct set carry = either(arena, &left->carry, &right->carry);
    return (struct spread){carry, carry};
}

static struct spread of_binary(struct sgr_arena *arena, const struct sgr_promql_expr *expr)
{
    if (expr->as.binary.left->type == SGR_PROMQL_SCALAR) {
        return spread_of(arena, expr->as.binary.right);
    }
    struct spread left = spread_of(arena, expr->as.binary.left);
    enum sgr_promql_operator op = expr->as.binary.op;
    if (expr->as.binary.right->type == SGR_PROMQL_SCALAR || op == SGR_PROMQL_OP_AND ||
        op == SGR_PROMQL_OP_UNLESS) {
        return left;
    }
    struct spread right = spread_of(arena, expr->as.binary.right), out;
    struct set labels = names_of(arena, &expr->as.binary.labels);
    bool on = expr->as.binary.matching == SGR_PROMQL_MATCH_ON;
    if (op == SGR_PROMQL_OP_OR) {
        out = mixed(arena, &left, &right);
        if (on && labels.count == 0 && empty(&left.vary) && empty(&right.vary)) {
            out.vary = single.vary;
        }
        return out;
    }
    if (expr->as.binary.fill_left != NULL || expr->as.binary.fill_right != NULL) {
        return mixed(arena, &left, &right);
    }
    if (expr->as.binary.group != SGR_PROMQL_ONE_TO_ONE) {
        const struct spread *many = expr->as.binary.group == SGR_PROMQL_GROUP_LEFT ? &left : &right;
        struct set include = names_of(arena, &expr->as.binary.include);
        out.carry = either(arena, &many->carry, &include);
        out.vary = empty(&many->vary) ? many->vary : either(arena, &many->vary, &include);
        return out;
    }
    out.vary = both(arena, &left.vary, &right.vary);
    out.carry = left.carry;
    if (on) {
        out.vary = both(arena, &labels, &out.vary);
        out.carry = both(arena, &labels, &out.carry);
    } else {
        out.vary = without(arena, &out.vary, &labels);
        out.carry = without(arena, &out.carry, &labels);
    }
    return out;
}

static struct spread spread_of(struct sgr_arena *arena, const struct sgr_promql_expr *expr)
{
    if (expr->type == SGR_PROMQL_SCALAR) {
        return single;
    }
    switch (expr->kind) {
    case SGR_PROMQL_SELECTOR:
        return of_selector(arena, expr);
    case SGR_PROMQL_RANGE:
        return spread_of(arena, expr->as.range.of);
    case SGR_PROMQL_SUBQUERY:
        return spread_of(arena, expr->as.subquery.of);
    case SGR_PROMQL_CALL:
        return of_call(arena, expr);
    case SGR_PROMQL_AGGREGATE:
        return of_aggregate(arena, expr);
    case SGR_PROMQL_BINARY:
        return of_binary(arena, expr);
    case SGR_PROMQL_UNARY:
        return spread_of(arena, expr->as.unary.of);
    case SGR_PROMQL_PAREN:
        return spread_of(arena, expr->as.paren.of);
    case SGR_PROMQL_NUMBER:
    case SGR_PROMQL_STRING:
    case SGR_PROMQL_DURATION_EXPR:
        break;
    }
    return single;
}

/* The labels in which the answer differs: "a, b". */
static sgr_str label_list(struct sgr_arena *arena, const struct set *set)
{
    sgr_str list = SGR_STR("");
    for (size_t i = 0; i < set->count; i++) {
        list = sgr_arena_printf(arena, "%.*s%s%.*s", SGR_FMT(list), i > 0 ? ", " : "",
                                SGR_FMT(set->at[i]));
    }
    return list;
}

static void blame_aggregate(struct sgr_arena *arena, const struct sgr_promql_expr *expr,
                            struct sgr_promql_error *why)
{
    const char *name = sgr_promql_aggregation(expr->as.aggregate.op)->name;
    struct spread spread = spread_of(arena, expr);
    if (!sgr_promql_aggregation(expr->as.aggregate.op)->collapses) {
        why->message = sgr_arena_printf(arena, "%s may give several series", name);
    } else if (expr->as.aggregate.without) {
        why->message = sgr_arena_printf(
            arena, "%s without (...) gives one number for every combination of the other labels",
            name);
    } else {
        sgr_str labels = label_list(arena, &spread.vary);
        why->message = sgr_arena_printf(
            arena, "%s by (...) gives one number for every value of %.*s", name, SGR_FMT(labels));
    }
}

/* Where the several numbers come from, from the outside in. */
static void blame(struct sgr_arena *arena, const struct sgr_promql_expr *expr,
                  struct sgr_promql_error *why)
{
    for (;;) {
        why->lo = expr->lo;
        why->hi = expr->hi;
        const struct sgr_promql_expr *next = NULL;
        struct spread left;
        switch (expr->kind) {
        case SGR_PROMQL_RANGE:
            next = expr->as.range.of;
            break;
        case SGR_PROMQL_SUBQUERY:
            next = expr->as.subquery.of;
            break;
        case SGR_PROMQL_UNARY:
            next = expr->as.unary.of;
            break;
        case SGR_PROMQL_PAREN:
            next = expr->as.paren.of;
            break;
        case SGR_PROMQL_CALL:
            next = series_argument(expr);
            left = spread_of(arena, next);
            if (empty(&left.vary)) {
                why->message = sgr_arena_printf(arena, "%s may give several series",
                                                expr->as.call.function->name);
                return;
            }
            break;
        case SGR_PROMQL_BINARY:
            left = spread_of(arena, expr->as.binary.left);
            struct spread right = spread_of(arena, expr->as.binary.right);
            if (empty(&left.vary) && empty(&right.vary)) {
                why->message = sgr_arena_printf(
                    arena, "%s may give a series of either side, because their labels differ",
                    sgr_promql_operator(expr->as.binary.op)->text);
                return;
            }
            next = empty(&left.vary) ? expr->as.binary.right : expr->as.binary.left;
            break;
        case SGR_PROMQL_AGGREGATE:
            blame_aggregate(arena, expr, why);
            return;
        default:
            why->message = SGR_STR("a selector gives one number for every series that matches; put "
                                   "sum(...), max(...) or avg(...) around it");
            return;
        }
        expr = next;
    }
}

bool sgr_promql_one_number(struct sgr_arena *arena, const struct sgr_promql_expr *expr,
                           struct sgr_promql_error *why)
{
    struct sgr_promql_error nobody;
    why = why != NULL ? why : &nobody;
    *why = (struct sgr_promql_error){.lo = expr->lo, .hi = expr->hi};
    if (expr->type == SGR_PROMQL_SCALAR) {
        return true;
    }
    if (expr->type == SGR_PROMQL_STRING_TYPE) {
        why->message = SGR_STR("a string is no number");
        return false;
    }
    if (expr->type == SGR_PROMQL_MATRIX) {
        why->message = SGR_STR("a range vector is many samples; a function such as rate(...) or "
                               "max_over_time(...) makes numbers of them");
        return false;
    }
    struct spread spread = spread_of(arena, expr);
    if (empty(&spread.vary)) {
        return true;
    }
    blame(arena, expr, why);
    return false;
}
