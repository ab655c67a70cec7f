/* Lints of what is declared and never used, and of how it is named. In a file without a workload
 * and a rollout all that is declared is for those that import it, and is never called unused. */
#include "compiler/lint/linter.h"

static bool unused(const struct sgr_linter *l, const struct sgr_decl *decl)
{
    return l->is_script && decl->name.text.len > 0 && decl->symbol != NULL &&
           !decl->symbol->referenced;
}

static struct sgr_diag *tell_unused(struct sgr_linter *l, const struct sgr_decl *decl,
                                    const char *sentence)
{
    return sgr_lint_report(l, decl->name.span, "%s `%.*s`", sentence, SGR_FMT(decl->name.text));
}

void sgr_lint_unused_parameter(struct sgr_linter *l, const struct sgr_lint_subject *s)
{
    if (s->decl->kind == SGR_DECL_PARAM && s->decl->symbol != NULL &&
        !s->decl->symbol->referenced) {
        struct sgr_diag *diag = tell_unused(l, s->decl, "nothing reads the parameter");
        sgr_diag_help(l->diags, diag,
                      "who sets it expects that something changes: use or remove it");
    }
}

void sgr_lint_unused_metric(struct sgr_linter *l, const struct sgr_lint_subject *s)
{
    if (sgr_is_block(s->decl, SGR_BLOCK_METRIC) && unused(l, s->decl)) {
        tell_unused(l, s->decl, "no guard or statement asks for the metric");
    }
}

void sgr_lint_unused_guard(struct sgr_linter *l, const struct sgr_lint_subject *s)
{
    if (sgr_is_block(s->decl, SGR_BLOCK_GUARD) && unused(l, s->decl)) {
        struct sgr_diag *diag = tell_unused(l, s->decl, "nothing samples the guard");
        sgr_diag_help(l->diags, diag,
                      "write `check %.*s` behind a `shift`, or `hold 5m while %.*s`",
                      SGR_FMT(s->decl->name.text), SGR_FMT(s->decl->name.text));
    }
}

void sgr_lint_unused_function(struct sgr_linter *l, const struct sgr_lint_subject *s)
{
    if (s->decl->kind == SGR_DECL_FN && unused(l, s->decl)) {
        tell_unused(l, s->decl, "nothing calls the function");
    } else if (s->decl->kind == SGR_DECL_ROUTINE && unused(l, s->decl)) {
        tell_unused(l, s->decl, "nothing calls the routine");
    }
}

void sgr_lint_unused_let(struct sgr_linter *l, const struct sgr_lint_subject *s)
{
    if (s->decl->kind == SGR_DECL_LET && unused(l, s->decl)) {
        tell_unused(l, s->decl, "nothing reads");
    }
}

/* The lines of a declaration that stands alone on them. */
static sgr_span whole_lines(struct sgr_linter *l, sgr_span span)
{
    sgr_str text = sgr_sources_get(&l->compilation->sources, span.file)->text;
    sgr_span lines = span;
    while (lines.hi < text.len && strchr(" \t\r;", text.ptr[lines.hi]) != NULL) {
        lines.hi++;
    }
    bool ends = lines.hi == text.len || text.ptr[lines.hi] == '\n';
    bool begins = lines.lo == 0 || text.ptr[lines.lo - 1] == '\n';
    lines.hi += ends && lines.hi < text.len;
    return begins && ends ? lines : span;
}

void sgr_lint_unused_import(struct sgr_linter *l, const struct sgr_lint_subject *s)
{
    const struct sgr_symbol *symbol = s->decl->symbol;
    if (s->decl->kind == SGR_DECL_IMPORT && symbol != NULL && symbol->module != NULL &&
        !symbol->module->referenced) {
        struct sgr_diag *diag = sgr_lint_report(
            l, s->decl->span, "nothing uses what `%.*s` exports", SGR_FMT(symbol->name));
        sgr_diag_help(l->diags, diag, "remove the import");
        sgr_diag_fix(l->diags, diag, whole_lines(l, s->decl->span), true, SGR_STR(""));
    }
}

void sgr_lint_unused_workload(struct sgr_linter *l, const struct sgr_lint_subject *s)
{
    if (l->has_rollout && sgr_is_block(s->decl, SGR_BLOCK_WORKLOAD) && unused(l, s->decl)) {
        struct sgr_diag *diag = tell_unused(l, s->decl, "no rollout brings out the workload");
        sgr_diag_help(l->diags, diag, "`compile` writes its objects, `run` never touches them");
    }
}

void sgr_lint_name_case(struct sgr_linter *l, const struct sgr_lint_subject *s)
{
    sgr_str name = s->decl->name.text;
    for (size_t i = 0; i < name.len; i++) {
        if (name.ptr[i] >= 'A' && name.ptr[i] <= 'Z') {
            struct sgr_diag *diag =
                sgr_lint_report(l, s->decl->name.span, "`%.*s` is not lower_case", SGR_FMT(name));
            sgr_diag_help(l->diags, diag,
                          "names of scripts are lower_case; _ becomes - in Kubernetes");
            return;
        }
    }
}

void sgr_lint_missing_doc(struct sgr_linter *l, const struct sgr_lint_subject *s)
{
    bool wants = s->decl->kind == SGR_DECL_ROUTINE || sgr_is_block(s->decl, SGR_BLOCK_ROLLOUT);
    if (wants && s->decl->doc.len == 0) {
        struct sgr_diag *diag = sgr_lint_report(
            l, sgr_decl_place(s->decl), "`%.*s` has no doc comment", SGR_FMT(s->decl->name.text));
        sgr_diag_help(l->diags, diag, "say in a `##` line above it what it is for");
    }
}
