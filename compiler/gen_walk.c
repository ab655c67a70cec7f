/* Walks pieces of tree to find what a function inside another takes from it. Only reads. */
#include "compiler/gen_private.h"

static void walk_args(const struct sgr_arg *args, size_t count, sgr_gen_visit visit, void *self)
{
    for (size_t i = 0; i < count; i++) {
        sgr_gen_walk_expr(args[i].value, visit, self);
    }
}

static void walk_string(const struct sgr_string *string, sgr_gen_visit visit, void *self)
{
    for (size_t i = 0; i < string->count; i++) {
        sgr_gen_walk_expr(string->parts[i].expr, visit, self);
    }
}

static void walk_params(const struct sgr_param *params, size_t count, sgr_gen_visit visit,
                        void *self)
{
    for (size_t i = 0; i < count; i++) {
        sgr_gen_walk_expr(params[i].initial, visit, self);
    }
}

void sgr_gen_walk_expr(const struct sgr_expr *expr, sgr_gen_visit visit, void *self)
{
    if (expr == NULL) {
        return;
    }
    visit(self, expr, NULL);
    switch (expr->kind) {
    case SGR_EXPR_STRING:
        walk_string(&expr->u.string, visit, self);
        break;
    case SGR_EXPR_FIELD:
        sgr_gen_walk_expr(expr->u.field.object, visit, self);
        break;
    case SGR_EXPR_INDEX:
        sgr_gen_walk_expr(expr->u.index.object, visit, self);
        sgr_gen_walk_expr(expr->u.index.key, visit, self);
        break;
    case SGR_EXPR_CALL:
        sgr_gen_walk_expr(expr->u.call.callee, visit, self);
        walk_args(expr->u.call.args, expr->u.call.count, visit, self);
        break;
    case SGR_EXPR_UNARY:
        sgr_gen_walk_expr(expr->u.unary.operand, visit, self);
        break;
    case SGR_EXPR_BINARY:
        sgr_gen_walk_expr(expr->u.binary.left, visit, self);
        sgr_gen_walk_expr(expr->u.binary.right, visit, self);
        break;
    case SGR_EXPR_IF:
        sgr_gen_walk_expr(expr->u.cond.test, visit, self);
        sgr_gen_walk_expr(expr->u.cond.then, visit, self);
        sgr_gen_walk_expr(expr->u.cond.otherwise, visit, self);
        break;
    case SGR_EXPR_LIST:
        for (size_t i = 0; i < expr->u.list.count; i++) {
            sgr_gen_walk_expr(expr->u.list.items[i], visit, self);
        }
        break;
    case SGR_EXPR_COMPREHENSION:
        sgr_gen_walk_expr(expr->u.comp.source, visit, self);
        sgr_gen_walk_expr(expr->u.comp.filter, visit, self);
        sgr_gen_walk_expr(expr->u.comp.item, visit, self);
        break;
    case SGR_EXPR_RECORD:
        sgr_gen_walk_block(expr->u.record, visit, self);
        break;
    case SGR_EXPR_FN:
        walk_params(expr->u.fn.params, expr->u.fn.count, visit, self);
        sgr_gen_walk_expr(expr->u.fn.body, visit, self);
        break;
    default:
        break;
    }
}

void sgr_gen_walk_block(const struct sgr_block *block, sgr_gen_visit visit, void *self)
{
    for (size_t i = 0; block != NULL && i < block->count; i++) {
        const struct sgr_entry *entry = &block->entries[i];
        sgr_gen_walk_expr(entry->key_expr, visit, self);
        sgr_gen_walk_expr(entry->value, visit, self);
        sgr_gen_walk_expr(entry->target, visit, self);
        sgr_gen_walk_block(entry->block, visit, self);
        sgr_gen_walk_block(entry->otherwise, visit, self);
        sgr_gen_walk_body(entry->body, visit, self);
        walk_args(entry->args, entry->arg_count, visit, self);
    }
}

void sgr_gen_walk_body(const struct sgr_body *body, sgr_gen_visit visit, void *self)
{
    for (size_t i = 0; body != NULL && i < body->count; i++) {
        sgr_gen_walk_stmt(body->stmts[i], visit, self);
    }
}

void sgr_gen_walk_stmt(const struct sgr_stmt *stmt, sgr_gen_visit visit, void *self)
{
    visit(self, NULL, stmt);
    sgr_gen_walk_expr(stmt->value, visit, self);
    sgr_gen_walk_expr(stmt->every, visit, self);
    sgr_gen_walk_expr(stmt->operands.operand, visit, self);
    sgr_gen_walk_expr(stmt->operands.second, visit, self);
    sgr_gen_walk_expr(stmt->operands.timeout, visit, self);
    sgr_gen_walk_expr(stmt->operands.group, visit, self);
    sgr_gen_walk_block(stmt->operands.block, visit, self);
    sgr_gen_walk_body(stmt->body, visit, self);
    sgr_gen_walk_body(stmt->otherwise, visit, self);
}

/* ---- free names ---- */

struct finder {
    struct sgr_gen_fn *f;
    struct sgr_gen_free *taken;
};

static void note_local(struct finder *finder, sgr_span at)
{
    if (sgr_gen_find(finder->f, at) < 0) {
        return;
    }
    struct sgr_gen_free *list = finder->taken;
    for (size_t i = 0; i < list->locals.len; i++) {
        if (list->locals.at[i].lo == at.lo && list->locals.at[i].file == at.file) {
            return;
        }
    }
    sgr_vec_push(&list->locals, at);
}

static void note(void *self, const struct sgr_expr *expr, const struct sgr_stmt *stmt)
{
    struct finder *finder = self;
    if (stmt != NULL) {
        finder->taken->self |= stmt->kind == SGR_STMT_VERB || stmt->kind == SGR_STMT_CALL;
        return;
    }
    const struct sgr_symbol *symbol = expr != NULL ? expr->symbol : NULL;
    if (symbol == NULL) {
        return;
    }
    switch (symbol->kind) {
    case SGR_SYM_NEW:
    case SGR_SYM_OLD:
    case SGR_SYM_RESULT:
    case SGR_SYM_ROUTINE:
        finder->taken->self = true;
        break;
    case SGR_SYM_LOCAL:
    case SGR_SYM_PARAM:
    case SGR_SYM_BLOCK:
    case SGR_SYM_LET:
    case SGR_SYM_FN:
        note_local(finder, symbol->span);
        break;
    default:
        break;
    }
}

void sgr_gen_free_expr(struct sgr_gen_fn *f, const struct sgr_expr *expr,
                       struct sgr_gen_free *taken)
{
    sgr_gen_walk_expr(expr, note, &(struct finder){f, taken});
}

void sgr_gen_free_block(struct sgr_gen_fn *f, const struct sgr_block *block,
                        struct sgr_gen_free *taken)
{
    sgr_gen_walk_block(block, note, &(struct finder){f, taken});
}

void sgr_gen_free_body(struct sgr_gen_fn *f, const struct sgr_body *body,
                       struct sgr_gen_free *taken)
{
    sgr_gen_walk_body(body, note, &(struct finder){f, taken});
}

void sgr_gen_free_stmt(struct sgr_gen_fn *f, const struct sgr_stmt *stmt,
                       struct sgr_gen_free *taken)
{
    sgr_gen_walk_stmt(stmt, note, &(struct finder){f, taken});
}

void sgr_gen_free_params(struct sgr_gen_fn *f, const struct sgr_param *params, size_t count,
                         struct sgr_gen_free *taken)
{
    walk_params(params, count, note, &(struct finder){f, taken});
}

bool sgr_gen_is_block(const struct sgr_symbol *symbol, enum sgr_block_kind kind)
{
    return symbol != NULL && symbol->decl != NULL && symbol->decl->kind == SGR_DECL_BLOCK &&
           symbol->decl->block_kind == kind;
}

static void note_sample(void *self, const struct sgr_expr *expr, const struct sgr_stmt *stmt)
{
    (void)stmt;
    if (expr == NULL || expr->kind != SGR_EXPR_CALL) {
        return;
    }
    if (sgr_gen_is_block(expr->u.call.callee->symbol, SGR_BLOCK_METRIC)) {
        *(bool *)self = true;
    }
}

bool sgr_gen_samples(const struct sgr_expr *expr)
{
    bool found = false;
    sgr_gen_walk_expr(expr, note_sample, &found);
    return found;
}
