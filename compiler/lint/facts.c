/* Facts that several lints ask for. Only what is written is known: what a condition or a parameter
 * decides is never guessed. */
#include "base/quantity.h"
#include "compiler/lint/linter.h"

bool sgr_is_block(const struct sgr_decl *decl, enum sgr_block_kind kind)
{
    return decl->kind == SGR_DECL_BLOCK && decl->block_kind == kind;
}

sgr_span sgr_decl_place(const struct sgr_decl *decl)
{
    return decl->name.text.len > 0 ? decl->name.span
           : decl->title != NULL   ? decl->title->span
                                   : decl->span;
}

const struct sgr_expr *sgr_attribute_of(const struct sgr_decl *decl, const char *key)
{
    for (size_t i = 0; i < decl->block->count; i++) {
        const struct sgr_entry *entry = &decl->block->entries[i];
        if (entry->kind == SGR_ENTRY_ATTR && sgr_str_is(entry->key.text, key)) {
            return entry->value;
        }
    }
    return NULL;
}

static bool has_entry(const struct sgr_block *block, const char *key)
{
    for (size_t i = 0; block != NULL && i < block->count; i++) {
        const struct sgr_entry *entry = &block->entries[i];
        bool inside = entry->kind == SGR_ENTRY_IF || entry->kind == SGR_ENTRY_FOR;
        if (inside ? has_entry(entry->block, key) || has_entry(entry->otherwise, key)
                   : sgr_str_is(entry->key.text, key)) {
            return true;
        }
    }
    return false;
}

bool sgr_has_attribute(const struct sgr_decl *decl, const char *key)
{
    return has_entry(decl->block, key);
}

const struct sgr_body *sgr_steps_of(const struct sgr_decl *rollout)
{
    for (size_t i = 0; i < rollout->block->count; i++) {
        const struct sgr_entry *entry = &rollout->block->entries[i];
        if (entry->kind == SGR_ENTRY_STEPS && entry->steps_kind == SGR_STEPS) {
            return entry->body;
        }
    }
    return NULL;
}

const struct sgr_expr *sgr_known(const struct sgr_expr *expr)
{
    const struct sgr_symbol *symbol =
        expr != NULL && expr->kind == SGR_EXPR_NAME ? expr->symbol : NULL;
    bool bound = symbol != NULL && symbol->kind == SGR_SYM_LET && symbol->decl != NULL &&
                 symbol->decl->kind == SGR_DECL_LET;
    return bound ? symbol->decl->value : expr;
}

const struct sgr_decl *sgr_meant(const struct sgr_expr *expr, enum sgr_block_kind kind)
{
    const struct sgr_symbol *symbol = expr == NULL                  ? NULL
                                      : expr->kind == SGR_EXPR_CALL ? expr->u.call.callee->symbol
                                                                    : expr->symbol;
    const struct sgr_decl *decl = symbol != NULL ? symbol->decl : NULL;
    return decl != NULL && sgr_is_block(decl, kind) ? decl : NULL;
}

const struct sgr_decl *sgr_workload_of(const struct sgr_decl *decl)
{
    return sgr_meant(decl->of, SGR_BLOCK_WORKLOAD);
}

const struct sgr_decl *sgr_autoscaler_of(const struct sgr_linter *l,
                                         const struct sgr_decl *workload)
{
    return sgr_map_get(&l->autoscalers, workload->name.text);
}

struct asking {
    void (*visit)(void *self, const struct sgr_expr *call, const struct sgr_decl *metric);
    void *self;
};

static void ask(void *self, const struct sgr_expr *expr)
{
    struct asking *asking = self;
    const struct sgr_decl *metric =
        expr->kind == SGR_EXPR_CALL ? sgr_meant(expr, SGR_BLOCK_METRIC) : NULL;
    if (metric != NULL) {
        asking->visit(asking->self, expr, metric);
    }
}

void sgr_each_metric(const struct sgr_expr *expr,
                     void (*visit)(void *self, const struct sgr_expr *call,
                                   const struct sgr_decl *metric),
                     void *self)
{
    struct asking asking = {visit, self};
    struct sgr_visitor visitor = {.self = &asking, .expr = ask};
    sgr_visit_expr(&visitor, expr);
}

const char *sgr_lint_duration(struct sgr_linter *l, int64_t ms)
{
    struct sgr_buf text;
    sgr_buf_init(&text, 64);
    sgr_print_duration(&text, ms);
    const char *kept = sgr_arena_cstr(l->arena, sgr_buf_str(&text));
    sgr_buf_release(&text);
    return kept;
}
