/* `manifests "k8s/FILE.yaml"` and `from = manifests("...")`: YAML files beside the script. They are
 * read while the script is compiled, so that the program holds what it will apply. */
#include "compiler/check.h"

#include "stdlib/stdlib.h"

enum { HEAP_MAX = 256 << 20 };

/* The text of a string without interpolation; false for anything else. */
static bool plain_text(const struct sgr_expr *expr, sgr_str *text)
{
    if (expr->kind != SGR_EXPR_STRING || expr->u.string.count != 1 ||
        expr->u.string.parts[0].expr != NULL) {
        return false;
    }
    *text = expr->u.string.parts[0].text;
    return true;
}

/* A pattern is beside the script that has it. */
static sgr_str beside(struct sgr_checker *c, sgr_str pattern)
{
    sgr_str path = c->module->path;
    size_t folder = path.len;
    while (folder > 0 && path.ptr[folder - 1] != '/') {
        folder--;
    }
    bool absolute = pattern.len > 0 && pattern.ptr[0] == '/';
    return sgr_arena_printf(c->arena, "%.*s%.*s", absolute ? 0 : (int)folder, path.ptr,
                            SGR_FMT(pattern));
}

bool sgr_reads_manifests(const struct sgr_symbol *symbol)
{
    return symbol != NULL && symbol->kind == SGR_SYM_BUILTIN &&
           strcmp(sgr_builtins[symbol->index].name, "manifests") == 0;
}

void sgr_check_manifests(struct sgr_checker *c, const struct sgr_expr *pattern)
{
    struct sgr_compilation *all = c->compilation;
    struct sgr_error error = {0};
    struct sgr_manifests manifests = {.pattern = pattern, .documents = sgr_absent()};
    sgr_str text;
    if (!plain_text(pattern, &text)) {
        struct sgr_diag *diag =
            sgr_diag(c->diags, SGR_E0405, pattern->span, "manifests are named by a plain string");
        sgr_diag_help(c->diags, diag,
                      "the files are read when the script is compiled, before it has parameters");
        return;
    }
    if (all->options.manifests == NULL) {
        return;
    }
    if (all->heap == NULL) {
        all->heap = sgr_heap_new(HEAP_MAX);
    }
    sgr_str path = beside(c, text);
    if (!all->options.manifests(all->options.read_self, path, all->heap, &manifests.documents,
                                &error)) {
        sgr_diag(c->diags, SGR_E0205, pattern->span, "%s", error.text);
        sgr_error_release(&error);
        return;
    }
    sgr_vec_push(&all->manifests, manifests);
}
