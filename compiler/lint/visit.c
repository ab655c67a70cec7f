/* Walks over the tree for lints: expressions, entries, statements, declarations. Must never change
 * what it walks over. */
#include "compiler/lint/linter.h"

static void visit_args(const struct sgr_visitor *v, const struct sgr_arg *args, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        sgr_visit_expr(v, args[i].value);
    }
}

static void visit_type(const struct sgr_visitor *v, const struct sgr_type_expr *type)
{
    if (type == NULL || v->type == NULL) {
        return;
    }
    v->type(v->self, type);
    for (size_t i = 0; i < type->arg_count; i++) {
        visit_type(v, type->args[i]);
    }
    for (size_t i = 0; i < type->field_count; i++) {
        visit_type(v, type->fields[i].type);
    }
}

static void visit_params(const struct sgr_visitor *v, const struct sgr_param *params, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        visit_type(v, params[i].type);
        sgr_visit_expr(v, params[i].initial);
    }
}

static void visit_children(const struct sgr_visitor *v, const struct sgr_expr *e)
{
    switch (e->kind) {
    case SGR_EXPR_STRING:
        for (size_t i = 0; i < e->u.string.count; i++) {
            sgr_visit_expr(v, e->u.string.parts[i].expr);
        }
        break;
    case SGR_EXPR_FIELD:
        sgr_visit_expr(v, e->u.field.object);
        break;
    case SGR_EXPR_INDEX:
        sgr_visit_expr(v, e->u.index.object);
        sgr_visit_expr(v, e->u.index.key);
        break;
    case SGR_EXPR_CALL:
        sgr_visit_expr(v, e->u.call.callee);
        visit_args(v, e->u.call.args, e->u.call.count);
        break;
    case SGR_EXPR_UNARY:
        sgr_visit_expr(v, e->u.unary.operand);
        break;
    case SGR_EXPR_BINARY:
        sgr_visit_expr(v, e->u.binary.left);
        sgr_visit_expr(v, e->u.binary.right);
        break;
    case SGR_EXPR_IF:
        sgr_visit_expr(v, e->u.cond.test);
        sgr_visit_expr(v, e->u.cond.then);
        sgr_visit_expr(v, e->u.cond.otherwise);
        break;
    case SGR_EXPR_LIST:
        for (size_t i = 0; i < e->u.list.count; i++) {
            sgr_visit_expr(v, e->u.list.items[i]);
        }
        break;
    case SGR_EXPR_COMPREHENSION:
        sgr_visit_expr(v, e->u.comp.item);
        sgr_visit_expr(v, e->u.comp.source);
        sgr_visit_expr(v, e->u.comp.filter);
        break;
    case SGR_EXPR_RECORD:
        sgr_visit_block(v, e->u.record);
        break;
    case SGR_EXPR_FN:
        visit_params(v, e->u.fn.params, e->u.fn.count);
        sgr_visit_expr(v, e->u.fn.body);
        break;
    default:
        break;
    }
}

void sgr_visit_expr(const struct sgr_visitor *v, const struct sgr_expr *expr)
{
    if (expr == NULL) {
        return;
    }
    if (v->expr != NULL) {
        v->expr(v->self, expr);
    }
    visit_children(v, expr);
}

void sgr_visit_block(const struct sgr_visitor *v, const struct sgr_block *block)
{
    for (size_t i = 0; block != NULL && i < block->count; i++) {
        const struct sgr_entry *entry = &block->entries[i];
        if (v->entry != NULL) {
            v->entry(v->self, entry);
        }
        sgr_visit_expr(v, entry->key_expr);
        sgr_visit_expr(v, entry->target);
        sgr_visit_expr(v, entry->value);
        visit_args(v, entry->args, entry->arg_count);
        sgr_visit_block(v, entry->block);
        sgr_visit_block(v, entry->otherwise);
        sgr_visit_body(v, entry->body);
    }
}

static void visit_stmt(const struct sgr_visitor *v, const struct sgr_stmt *stmt)
{
    visit_type(v, stmt->type);
    sgr_visit_expr(v, stmt->value);
    sgr_visit_expr(v, stmt->every);
    sgr_visit_expr(v, stmt->operands.operand);
    sgr_visit_expr(v, stmt->operands.second);
    sgr_visit_expr(v, stmt->operands.timeout);
    sgr_visit_expr(v, stmt->operands.group);
    sgr_visit_block(v, stmt->operands.block);
    sgr_visit_body(v, stmt->body);
    sgr_visit_body(v, stmt->otherwise);
}

void sgr_visit_body(const struct sgr_visitor *v, const struct sgr_body *body)
{
    for (size_t i = 0; body != NULL && i < body->count; i++) {
        visit_stmt(v, body->stmts[i]);
    }
}

void sgr_visit_decl(const struct sgr_visitor *v, const struct sgr_decl *decl)
{
    visit_params(v, decl->params, decl->param_count);
    visit_type(v, decl->type);
    sgr_visit_expr(v, decl->title);
    if (decl->of != decl->title) {
        sgr_visit_expr(v, decl->of);
    }
    sgr_visit_expr(v, decl->value);
    sgr_visit_expr(v, decl->where);
    sgr_visit_block(v, decl->block);
    sgr_visit_body(v, decl->body);
}

void sgr_visit_steps(const struct sgr_body *body, void (*visit)(void *, const struct sgr_stmt *),
                     void *self)
{
    for (size_t i = 0; body != NULL && i < body->count; i++) {
        const struct sgr_stmt *stmt = body->stmts[i];
        if (stmt->kind == SGR_STMT_VERB || stmt->kind == SGR_STMT_CALL) {
            visit(self, stmt);
        }
        sgr_visit_steps(stmt->body, visit, self);
        sgr_visit_steps(stmt->otherwise, visit, self);
    }
}

static void visit_list(struct sgr_decl **decls, size_t count,
                       void (*visit)(void *, const struct sgr_decl *), void *self)
{
    for (size_t i = 0; i < count; i++) {
        visit(self, decls[i]);
        visit_list(decls[i]->decls, decls[i]->decl_count, visit, self);
        visit_list(decls[i]->otherwise, decls[i]->otherwise_count, visit, self);
    }
}

void sgr_visit_decls(const struct sgr_module *module,
                     void (*visit)(void *, const struct sgr_decl *), void *self)
{
    visit_list(module->tree->decls, module->tree->decl_count, visit, self);
}
