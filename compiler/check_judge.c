/* What judges samples over time: `not_worse` and `similar` in guards, `budget` of a rollout. Their
 * types are those of their signatures; here stands what a type cannot say. Computes nothing. */
#include "compiler/check.h"

static bool is_metric(const struct sgr_expr *expr)
{
    return expr->symbol != NULL && expr->symbol->decl != NULL &&
           expr->symbol->decl->kind == SGR_DECL_BLOCK &&
           expr->symbol->decl->block_kind == SGR_BLOCK_METRIC;
}

/* One of the metrics that are compared: counters by not_worse, anything else by similar. */
static void check_side(struct sgr_checker *c, const struct sgr_expr *side, const char *name,
                       bool counts)
{
    if (side->kind != SGR_EXPR_CALL || !is_metric(side->u.call.callee)) {
        struct sgr_diag *diag =
            sgr_diag(c->diags, SGR_E0606, side->span, "`%s` compares metrics, this is none", name);
        sgr_diag_help(c->diags, diag, "call a metric here, as in `errors(new)`");
    } else if ((side->type->kind == SGR_T_COUNT) != counts) {
        struct sgr_diag *diag = sgr_diag(
            c->diags, SGR_E0606, side->span,
            counts ? "`%s` compares counters, this is none" : "`%s` cannot compare counters", name);
        sgr_diag_help(c->diags, diag,
                      counts ? "give the metric `unit = count`, without `rate` in its query"
                             : "compare how fast they grow: a metric of `rate(...)`");
    }
}

static void check_comparison(struct sgr_checker *c, const struct sgr_expr *call, const char *name,
                             size_t samples)
{
    if (!c->in_guard) {
        struct sgr_diag *diag = sgr_diag(c->diags, SGR_E0606, call->span,
                                         "`%s` stands in the `require` of a guard", name);
        sgr_diag_help(c->diags, diag, "only a guard remembers the samples before");
        return;
    }
    bool counts = samples == 4;
    size_t next = 0;
    for (size_t i = 0; i < call->u.call.count; i++) {
        const struct sgr_arg *arg = &call->u.call.args[i];
        bool limit = sgr_str_is(arg->name.text, "alpha") ||
                     sgr_str_is(arg->name.text, "confidence") ||
                     sgr_str_is(arg->name.text, "tolerance") ||
                     (arg->name.text.len == 0 && next++ >= samples);
        if (!limit) {
            check_side(c, arg->value, name, counts);
        }
    }
}

static void check_budget(struct sgr_checker *c, const struct sgr_expr *call)
{
    for (size_t i = 0; i < call->u.call.count; i++) {
        const struct sgr_expr *value = call->u.call.args[i].value;
        if (!is_metric(value)) {
            continue; /* the share, or no metric at all: its type was told */
        }
        const struct sgr_type *type = value->symbol->type;
        if (type->result->kind != SGR_T_COUNT || type->param_count != 1) {
            struct sgr_diag *diag = sgr_diag(c->diags, SGR_E0606, value->span,
                                             "a budget counts, and this metric is not a counter "
                                             "of a track");
            sgr_diag_help(c->diags, diag, "name a metric with `unit = count` and one track");
        }
    }
}

void sgr_check_judge(struct sgr_checker *c, const struct sgr_expr *call)
{
    const struct sgr_symbol *symbol = call->u.call.callee->symbol;
    if (symbol == NULL) {
        return;
    }
    if (symbol->kind == SGR_SYM_BUILTIN && sgr_str_is(symbol->name, "not_worse")) {
        check_comparison(c, call, "not_worse", 4);
    } else if (symbol->kind == SGR_SYM_BUILTIN && sgr_str_is(symbol->name, "similar")) {
        check_comparison(c, call, "similar", 2);
    } else if (symbol->kind == SGR_SYM_FN && sgr_str_is(symbol->name, "budget") &&
               symbol->module != NULL && symbol->module->is_std) {
        check_budget(c, call);
    }
}
