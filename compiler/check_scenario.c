/* Scenarios: which rollout with which parameters, models, faults, expectations. */
#include "compiler/check.h"

static struct sgr_symbol *find_in(const struct sgr_module *module, sgr_str name,
                                  enum sgr_block_kind kind)
{
    struct sgr_symbol *symbol = sgr_map_get(&module->names, name);
    bool fits = symbol != NULL && symbol->decl != NULL && symbol->decl->kind == SGR_DECL_BLOCK &&
                symbol->decl->block_kind == kind;
    return fits ? symbol : NULL;
}

static struct sgr_symbol *find(struct sgr_checker *c, sgr_str name, enum sgr_block_kind kind)
{
    return find_in(c->module, name, kind);
}

/* `error_rate`, or `health.error_rate` of an imported module; NULL where it is no metric. */
static struct sgr_symbol *find_metric(struct sgr_checker *c, const struct sgr_expr *callee)
{
    if (callee->kind == SGR_EXPR_NAME) {
        return find(c, callee->u.name.text, SGR_BLOCK_METRIC);
    }
    if (callee->kind != SGR_EXPR_FIELD || callee->u.field.object->kind != SGR_EXPR_NAME) {
        return NULL;
    }
    struct sgr_symbol *import = sgr_map_get(&c->module->names, callee->u.field.object->u.name.text);
    return import != NULL && import->kind == SGR_SYM_MODULE
               ? find_in(import->module, callee->u.field.name.text, SGR_BLOCK_METRIC)
               : NULL;
}

static void check_run(struct sgr_checker *c, struct sgr_entry *entry)
{
    if (find(c, entry->key.text, SGR_BLOCK_ROLLOUT) == NULL) {
        sgr_diag(c->diags, SGR_E0201, entry->key.span, "there is no rollout `%.*s`",
                 SGR_FMT(entry->key.text));
    }
    for (size_t i = 0; entry->block != NULL && i < entry->block->count; i++) {
        struct sgr_entry *param = &entry->block->entries[i];
        struct sgr_symbol *symbol = param->kind == SGR_ENTRY_ATTR
                                        ? sgr_map_get(&c->compilation->main->names, param->key.text)
                                        : NULL;
        if (symbol == NULL || symbol->kind != SGR_SYM_PARAM) {
            sgr_diag(c->diags, SGR_E0201, param->key.span, "the script has no parameter `%.*s`",
                     SGR_FMT(param->key.text));
            continue;
        }
        sgr_expect(c, param->value, symbol->type);
    }
}

static bool is_word(const struct sgr_expr *expr, const char *word)
{
    return expr->kind == SGR_EXPR_NAME && sgr_str_is(expr->u.name.text, word);
}

/* A counter is modelled by how it grows. */
static void check_growth(struct sgr_checker *c, struct sgr_expr *value)
{
    const struct sgr_type *type = sgr_infer(c, value, NULL);
    if (type->kind != SGR_T_PERCENT && type->kind != SGR_T_RATE && type->kind != SGR_T_ERROR) {
        struct sgr_diag *diag = sgr_diag(c->diags, SGR_E0302, value->span,
                                         "a counter is given by how it grows, not by %s",
                                         sgr_type_noun(c->arena, type));
        sgr_diag_help(c->diags, diag,
                      "write a share of the track's requests (`2%%`) or a rate (`5/s`)");
    }
}

static void check_given(struct sgr_checker *c, struct sgr_entry *entry)
{
    struct sgr_expr *target = entry->target, *value = entry->value;
    if (is_word(target, "approval")) {
        if (!is_word(value, "denied") && !is_word(value, "silent") && !is_word(value, "approved")) {
            sgr_diag(c->diags, SGR_E0302, value->span, "an approval is approved, denied or silent");
        }
        return;
    }
    struct sgr_expr *callee = target->kind == SGR_EXPR_CALL ? target->u.call.callee : target;
    struct sgr_symbol *metric = find_metric(c, callee);
    if (metric == NULL) {
        sgr_diag(c->diags, SGR_E0201, target->span,
                 "`given` sets a metric of the script, or `approval`");
        return;
    }
    callee->symbol = metric;
    for (size_t i = 0; target->kind == SGR_EXPR_CALL && i < target->u.call.count; i++) {
        struct sgr_expr *arg = target->u.call.args[i].value;
        c->has_rollout = true;
        sgr_infer(c, arg, NULL);
        c->has_rollout = false;
    }
    if (is_word(value, "no_signal")) {
        return;
    }
    if (metric->type->result->kind == SGR_T_COUNT) {
        check_growth(c, value);
    } else {
        sgr_expect(c, value, metric->type->result);
    }
}

static void check_fault_name(struct sgr_checker *c, const struct sgr_name *name)
{
    const char *const *faults = c->compilation->options.faults;
    const char *best = NULL;
    size_t distance = 3;
    for (size_t i = 0; faults != NULL && faults[i] != NULL; i++) {
        if (sgr_str_is(name->text, faults[i])) {
            return;
        }
        (void)sgr_nearest(name->text, sgr_str_from(faults[i]), &best, &distance);
    }
    if (faults == NULL) {
        return;
    }
    struct sgr_diag *diag =
        sgr_diag(c->diags, SGR_E0201, name->span, "there is no fault `%.*s`", SGR_FMT(name->text));
    if (best != NULL) {
        sgr_diag_help(c->diags, diag, "did you mean `%s`?", best);
    }
}

static void check_fault(struct sgr_checker *c, struct sgr_entry *entry)
{
    check_fault_name(c, &entry->key);
    for (size_t i = 0; i < entry->arg_count; i++) {
        c->has_rollout = true;
        sgr_infer(c, entry->args[i].value, NULL);
        c->has_rollout = false;
    }
    if (entry->target != NULL) {
        sgr_expect(c, entry->target, sgr_type_basic(SGR_T_DURATION));
    }
}

static void check_entries(struct sgr_checker *c, struct sgr_block *block, bool top, bool *runs);

static void check_entry(struct sgr_checker *c, struct sgr_entry *entry, bool top, bool *runs)
{
    switch (entry->kind) {
    case SGR_ENTRY_RUN:
        *runs = true;
        check_run(c, entry);
        break;
    case SGR_ENTRY_GIVEN:
        check_given(c, entry);
        break;
    case SGR_ENTRY_FAULT:
        check_fault(c, entry);
        break;
    case SGR_ENTRY_AT:
        sgr_expect(c, entry->value, sgr_type_basic(SGR_T_DURATION));
        check_entries(c, entry->block, false, runs);
        break;
    case SGR_ENTRY_EXPECT:
        c->place = SGR_PLACE_EXPECT;
        sgr_expect(c, entry->value, sgr_type_basic(SGR_T_BOOL));
        c->place = SGR_PLACE_PURE;
        break;
    default:
        sgr_diag(c->diags, SGR_E0405, entry->span,
                 "a scenario has run, given, at, fault and expect");
    }
    if (!top && (entry->kind == SGR_ENTRY_RUN || entry->kind == SGR_ENTRY_EXPECT ||
                 entry->kind == SGR_ENTRY_AT)) {
        sgr_diag(c->diags, SGR_E0405, entry->span, "only `given` and `fault` stand inside `at`");
    }
}

static void check_entries(struct sgr_checker *c, struct sgr_block *block, bool top, bool *runs)
{
    for (size_t i = 0; i < block->count; i++) {
        check_entry(c, &block->entries[i], top, runs);
    }
}

void sgr_check_scenario(struct sgr_checker *c, struct sgr_decl *decl)
{
    bool runs = false;
    check_entries(c, decl->block, true, &runs);
    if (!runs) {
        struct sgr_diag *diag =
            sgr_diag(c->diags, SGR_E0401, decl->span, "this scenario runs nothing");
        sgr_diag_help(c->diags, diag, "write `run ROLLOUT with { ... }`");
    }
}
