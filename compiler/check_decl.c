/* Declarations of a module, one after another. Bodies of built-in modules are left out when only a
 * check is wanted. */
#include "compiler/check.h"

static void check_decls(struct sgr_checker *c, struct sgr_decl **decls, size_t count);

static void check_fn(struct sgr_checker *c, struct sgr_decl *decl)
{
    size_t locals = c->locals.len;
    sgr_bind_params(c, decl->params, decl->param_count, decl->symbol->type);
    c->place = sgr_symbol_effectful(c, decl->symbol) ? SGR_PLACE_EFFECT : SGR_PLACE_PURE;
    sgr_expect(c, decl->value, decl->symbol->type->result);
    c->place = SGR_PLACE_PURE;
    c->locals.len = locals;
}

static void check_routine(struct sgr_checker *c, struct sgr_decl *decl)
{
    size_t locals = c->locals.len;
    for (int i = 0; i < SGR_VERB_COUNT && !c->module->is_std; i++) {
        if (sgr_str_is(decl->name.text, sgr_verbs[i].word)) {
            sgr_diag(c->diags, SGR_E0602, decl->name.span,
                     "`%s` is a verb; a routine needs another name", sgr_verbs[i].word);
        }
    }
    sgr_bind_params(c, decl->params, decl->param_count, decl->symbol->type);
    c->place = SGR_PLACE_EFFECT;
    c->has_rollout = true;
    sgr_check_body(c, decl->body);
    c->has_rollout = false;
    c->place = SGR_PLACE_PURE;
    c->locals.len = locals;
}

static void check_param(struct sgr_checker *c, struct sgr_decl *decl)
{
    if (!c->module->is_main) {
        struct sgr_diag *diag =
            sgr_diag(c->diags, SGR_E0405, decl->span, "only the main file has parameters");
        sgr_diag_help(c->diags, diag, "give the value to a function or a routine");
    }
    if (decl->value != NULL) {
        sgr_expect(c, decl->value, decl->symbol->type);
    }
    if (decl->where != NULL) {
        sgr_expect(c, decl->where, sgr_type_basic(SGR_T_BOOL));
    }
}

static void check_loop(struct sgr_checker *c, struct sgr_decl *decl)
{
    size_t locals = c->locals.len;
    sgr_bind_loop(c, decl->loop, decl->value);
    check_decls(c, decl->decls, decl->decl_count);
    c->locals.len = locals;
}

/* A let or a block inside a `for` around declarations is a local of the loop. */
static void bind_inner(struct sgr_checker *c, struct sgr_decl *decl, const struct sgr_type *type)
{
    if (decl->symbol == NULL && decl->name.text.len > 0) {
        decl->symbol = sgr_bind_local(c, decl->name, type);
        decl->symbol->decl = decl;
    }
}

static void check_let(struct sgr_checker *c, struct sgr_decl *decl)
{
    const struct sgr_type *type = decl->type != NULL ? sgr_resolve_type(c, decl->type) : NULL;
    c->what = "a `let`";
    if (type != NULL) {
        sgr_expect(c, decl->value, type);
    } else if (decl->symbol != NULL) {
        type = sgr_symbol_type(c, decl->symbol);
    } else {
        type = sgr_infer(c, decl->value, NULL);
    }
    c->what = NULL;
    bind_inner(c, decl, type);
}

/* What the whole file may use has one value: it stands in no loop and no condition. */
static bool stands_alone(struct sgr_checker *c, const struct sgr_decl *decl)
{
    bool alone = decl->kind == SGR_DECL_IMPORT || decl->kind == SGR_DECL_PARAM ||
                 decl->kind == SGR_DECL_FN || decl->kind == SGR_DECL_ROUTINE;
    if (alone && decl->symbol == NULL) {
        struct sgr_diag *diag = sgr_diag(c->diags, SGR_E0405, decl->span,
                                         "this does not stand inside a `for` or an `if`");
        sgr_diag_help(c->diags, diag,
                      "move it out; a function may take what differs as an argument");
        return false;
    }
    return true;
}

void sgr_check_decl(struct sgr_checker *c, struct sgr_decl *decl)
{
    if (!stands_alone(c, decl)) {
        return;
    }
    switch (decl->kind) {
    case SGR_DECL_PARAM:
        check_param(c, decl);
        break;
    case SGR_DECL_LET:
        check_let(c, decl);
        break;
    case SGR_DECL_FN:
        check_fn(c, decl);
        break;
    case SGR_DECL_ROUTINE:
        check_routine(c, decl);
        break;
    case SGR_DECL_FOR:
        check_loop(c, decl);
        break;
    case SGR_DECL_IF:
        sgr_expect(c, decl->value, sgr_type_basic(SGR_T_BOOL));
        check_decls(c, decl->decls, decl->decl_count);
        check_decls(c, decl->otherwise, decl->otherwise_count);
        break;
    case SGR_DECL_BLOCK:
        sgr_check_block_decl(c, decl);
        bind_inner(c, decl, sgr_block_type(c->compilation, decl->block_kind));
        break;
    case SGR_DECL_MANIFESTS:
        sgr_expect(c, decl->title, sgr_type_basic(SGR_T_STRING));
        sgr_check_manifests(c, decl->title);
        break;
    case SGR_DECL_INVARIANT:
        c->place = SGR_PLACE_EXPECT;
        sgr_expect(c, decl->value, sgr_type_basic(SGR_T_BOOL));
        c->place = SGR_PLACE_PURE;
        break;
    case SGR_DECL_IMPORT:
    case SGR_DECL_ERROR:
        break;
    }
}

static void check_decls(struct sgr_checker *c, struct sgr_decl **decls, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        sgr_check_decl(c, decls[i]);
    }
}

/* One that a condition chooses is not seen here. */
static void check_one_cluster(struct sgr_checker *c)
{
    const struct sgr_decl *first = NULL;
    for (size_t i = 0; i < c->module->tree->decl_count; i++) {
        const struct sgr_decl *decl = c->module->tree->decls[i];
        if (decl->kind != SGR_DECL_BLOCK || decl->block_kind != SGR_BLOCK_CLUSTER) {
            continue;
        }
        if (first != NULL) {
            struct sgr_diag *diag =
                sgr_diag(c->diags, SGR_E0203, decl->span, "`cluster` is declared twice");
            sgr_diag_note(c->diags, diag, first->span, "first here");
            return;
        }
        first = decl;
    }
}

void sgr_check_module(struct sgr_checker *c)
{
    check_one_cluster(c);
    check_decls(c, c->module->tree->decls, c->module->tree->decl_count);
}
