/* The walk over the table of lints: asks each row about its subjects where its prerequisites went
 * well, then drops what a comment silences. Knows no lint by itself and prints nothing. */
#include "compiler/lint/linter.h"

#include <stdarg.h>

enum needs { NEEDS_SYNTAX, NEEDS_TYPES, NEEDS_PROMQL, NEEDS_OBJECTS };
enum subject { ON_FILE, ON_DECL, ON_WORKLOAD, ON_GUARD, ON_ROLLOUT, ON_QUERY };

static const struct row {
    enum needs needs;
    enum subject subject;
    void (*run)(struct sgr_linter *l, const struct sgr_lint_subject *s);
} rows[SGR_LINT_COUNT] = {
#define LINT(code, level, needs, subject, function, name, title)                                   \
    {NEEDS_##needs, ON_##subject, sgr_lint_##function},
#include "lang/lint.def"
#undef LINT
};

void sgr_lint_defaults(struct sgr_lint_settings *settings)
{
    *settings = (struct sgr_lint_settings){.scrape_ms = 15000};
    for (int i = 0; i < SGR_LINT_COUNT; i++) {
        settings->levels[i] = sgr_codes[SGR_LINT_FIRST + i].severity;
    }
}

enum sgr_lint sgr_lint_find(sgr_str name)
{
    for (int i = 0; i < SGR_LINT_COUNT; i++) {
        const struct sgr_code_info *info = &sgr_codes[SGR_LINT_FIRST + i];
        if (sgr_str_is(name, info->name) || sgr_str_is(name, info->code)) {
            return (enum sgr_lint)i;
        }
    }
    return SGR_LINT_COUNT;
}

bool sgr_lint_level(sgr_str word, enum sgr_severity *level)
{
    static const struct {
        const char *word;
        enum sgr_severity level;
    } levels[] = {
        {"off", SGR_OFF}, {"note", SGR_NOTE}, {"warning", SGR_WARNING}, {"error", SGR_ERROR}};
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
        if (sgr_str_is(word, levels[i].word)) {
            *level = levels[i].level;
            return true;
        }
    }
    return false;
}

struct sgr_diag *sgr_lint_report(struct sgr_linter *l, sgr_span span, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    sgr_str message = sgr_arena_vprintf(l->arena, format, args);
    va_end(args);
    size_t before = l->diags->list.len;
    struct sgr_diag *diag = sgr_diag(l->diags, (enum sgr_diag_code)(SGR_LINT_FIRST + l->lint), span,
                                     "%.*s", SGR_FMT(message));
    if (l->diags->list.len > before) {
        /* What is found inside a query may be silenced before the string that it stands in. */
        bool query = l->subject != NULL && l->subject->query != NULL;
        sgr_vec_push(&l->anchors, query ? l->subject->query->expr->span : span);
    }
    return diag;
}

/* ---- the walk ---- */

static bool ready(const struct sgr_linter *l, enum needs needs, const struct sgr_query *query)
{
    return needs == NEEDS_SYNTAX || l->sound || (needs == NEEDS_PROMQL && query != NULL);
}

static void run_rows(struct sgr_linter *l, enum subject subject, const struct sgr_decl *decl)
{
    struct sgr_lint_subject s = {decl, subject == ON_QUERY ? decl->query : NULL};
    l->subject = decl;
    for (int i = 0; i < SGR_LINT_COUNT; i++) {
        if (rows[i].subject == subject && l->settings->levels[i] != SGR_OFF &&
            ready(l, rows[i].needs, s.query)) {
            l->lint = (enum sgr_lint)i;
            rows[i].run(l, &s);
        }
    }
}

static void lint_decl(void *self, const struct sgr_decl *decl)
{
    struct sgr_linter *l = self;
    if (decl->kind == SGR_DECL_ERROR) {
        return;
    }
    run_rows(l, ON_DECL, decl);
    if (decl->query != NULL) {
        run_rows(l, ON_QUERY, decl);
    }
    if (sgr_is_block(decl, SGR_BLOCK_WORKLOAD)) {
        run_rows(l, ON_WORKLOAD, decl);
    } else if (sgr_is_block(decl, SGR_BLOCK_GUARD)) {
        run_rows(l, ON_GUARD, decl);
    } else if (sgr_is_block(decl, SGR_BLOCK_ROLLOUT)) {
        run_rows(l, ON_ROLLOUT, decl);
    }
}

/* ---- before: what lints ask of the whole script ---- */

static void mark(void *self, const struct sgr_expr *expr)
{
    const struct sgr_linter *l = self;
    struct sgr_symbol *symbol = (struct sgr_symbol *)(uintptr_t)expr->symbol;
    if (symbol == NULL) {
        return;
    }
    /* What names only itself, as a parameter in its own `where`, is named by nobody. */
    if (l->subject == NULL || symbol->decl != l->subject) {
        symbol->referenced = true;
    }
    if (symbol->module != NULL) {
        symbol->module->referenced = true;
    }
}

static void mark_type(void *self, const struct sgr_type_expr *type)
{
    const struct sgr_linter *l = self;
    struct sgr_symbol *symbol =
        type->module.text.len > 0 ? sgr_map_get(&l->module->names, type->module.text) : NULL;
    if (symbol != NULL && symbol->module != NULL) {
        symbol->module->referenced = true;
    }
}

/* The canary's pods come on top of those that the workload counts. */
static bool is_of_canary(const struct sgr_decl *autoscale)
{
    sgr_str track;
    return sgr_literal_text(sgr_known(sgr_attribute_of(autoscale, "track")), &track) &&
           sgr_str_is(track, "canary");
}

static void prepare_decl(void *self, const struct sgr_decl *decl)
{
    struct sgr_linter *l = self;
    struct sgr_visitor visitor = {.self = l, .expr = mark, .type = mark_type};
    l->has_rollout = l->has_rollout || sgr_is_block(decl, SGR_BLOCK_ROLLOUT);
    l->is_script = l->is_script || l->has_rollout || sgr_is_block(decl, SGR_BLOCK_WORKLOAD);
    if (sgr_is_block(decl, SGR_BLOCK_AUTOSCALE) && sgr_workload_of(decl) != NULL &&
        !is_of_canary(decl)) {
        sgr_map_set(&l->autoscalers, sgr_workload_of(decl)->name.text, (void *)(uintptr_t)decl);
    }
    if (sgr_is_block(decl, SGR_BLOCK_CLUSTER) && sgr_attribute_of(decl, "scrape") != NULL) {
        sgr_literal_duration(sgr_known(sgr_attribute_of(decl, "scrape")), &l->scrape_ms);
    }
    /* A scenario simulates what is used elsewhere. */
    if (l->sound && !sgr_is_block(decl, SGR_BLOCK_SCENARIO)) {
        l->subject = decl;
        sgr_visit_decl(&visitor, decl);
    }
}

static void prepare(struct sgr_linter *l)
{
    for (size_t i = 0; i < l->compilation->modules.len; i++) {
        l->compilation->modules.at[i]->referenced = false;
    }
    sgr_visit_decls(l->module, prepare_decl, l);
    sgr_suppressions_read(l);
}

/* ---- after: levels and silence ---- */

static void settle(struct sgr_linter *l, size_t first, size_t first_anchor)
{
    struct sgr_diags *diags = l->diags;
    size_t kept = first;
    for (size_t i = first; i < diags->list.len; i++) {
        struct sgr_diag diag = diags->list.at[i];
        enum sgr_lint lint = (enum sgr_lint)(diag.code - SGR_LINT_FIRST);
        sgr_span anchor = l->anchors.at[first_anchor + i - first];
        if (!sgr_suppressed(l, lint, diag.primary.span, anchor)) {
            diag.severity = l->settings->levels[lint];
            diags->list.at[kept++] = diag;
        }
    }
    diags->list.len = kept;
}

static void count(struct sgr_diags *diags, size_t first, size_t errors)
{
    diags->errors = errors;
    diags->warnings = 0;
    for (size_t i = 0; i < diags->list.len; i++) {
        enum sgr_severity severity = diags->list.at[i].severity;
        diags->errors += i >= first && severity == SGR_ERROR;
        diags->warnings += severity == SGR_WARNING;
    }
}

void sgr_lint(struct sgr_compilation *c, const struct sgr_lint_settings *settings)
{
    if (c->main == NULL) {
        return;
    }
    struct sgr_linter l = {
        .compilation = c,
        .arena = c->arena,
        .diags = &c->diags,
        .settings = settings,
        .module = c->main,
        .scrape_ms = settings->scrape_ms,
        .sound = c->ok,
        .first = c->diags.list.len,
    };
    size_t errors = c->diags.errors;
    prepare(&l);
    sgr_visit_decls(l.module, lint_decl, &l);
    settle(&l, l.first, 0);
    /* The comments are judged when it is known which of them silenced something. */
    size_t own = c->diags.list.len, anchors = l.anchors.len;
    run_rows(&l, ON_FILE, NULL);
    settle(&l, own, anchors);
    count(&c->diags, l.first, errors);
    sgr_vec_release(&l.anchors);
    sgr_vec_release(&l.suppressions);
    sgr_map_release(&l.autoscalers);
}
