/* A declaration's head on one line, as reference and hover show it. Must never print a body. */
#include "lang/print.h"

static void name_of(struct sgr_flat *flat, const struct sgr_decl *decl)
{
    if (decl->title != NULL) {
        sgr_flat_text(flat, " ");
        sgr_flat_expr(flat, decl->title, SGR_BIND_ANY);
    }
    if (decl->name.text.len > 0) {
        sgr_flat_text(flat, " ");
        sgr_flat_str(flat, decl->name.text);
    }
}

static void operand(struct sgr_flat *flat, const char *word, const struct sgr_expr *expr)
{
    if (expr != NULL) {
        sgr_flat_text(flat, word);
        sgr_flat_expr(flat, expr, SGR_BIND_ANY);
    }
}

static void result(struct sgr_flat *flat, const struct sgr_type_expr *type)
{
    if (type != NULL) {
        sgr_flat_text(flat, ": ");
        sgr_flat_type(flat, type);
    }
}

static const char *word_of(const struct sgr_decl *decl)
{
    switch (decl->kind) {
    case SGR_DECL_IMPORT:
        return "import";
    case SGR_DECL_PARAM:
        return "param";
    case SGR_DECL_LET:
        return "let";
    case SGR_DECL_FN:
        return "fn";
    case SGR_DECL_ROUTINE:
        return "routine";
    case SGR_DECL_INVARIANT:
        return "invariant";
    case SGR_DECL_MANIFESTS:
        return "manifests";
    case SGR_DECL_BLOCK:
        return sgr_blocks[decl->block_kind].word;
    case SGR_DECL_FOR:
    case SGR_DECL_IF:
    case SGR_DECL_ERROR:
        break;
    }
    return "";
}

void sgr_print_signature(const struct sgr_decl *decl, struct sgr_buf *out)
{
    struct sgr_flat flat = {.out = out};
    bool called = decl->kind == SGR_DECL_FN || decl->kind == SGR_DECL_ROUTINE;
    sgr_flat_text(&flat, word_of(decl));
    name_of(&flat, decl);
    if (called || decl->param_count > 0) {
        sgr_flat_params(&flat, 0, decl->params, decl->param_count);
    }
    result(&flat, decl->type);
    operand(&flat, " of ", decl->of);
    if (decl->kind == SGR_DECL_PARAM) {
        operand(&flat, " = ", decl->value);
        operand(&flat, " where ", decl->where);
    }
}
