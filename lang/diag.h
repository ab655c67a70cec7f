/* Diagnostics: problems in what the user wrote, collected and printed at the end. A pass reports
 * and goes on; nobody prints but the renderers. Codes are rows of diag.def (append-only). */
#ifndef SGR_LANG_DIAG_H
#define SGR_LANG_DIAG_H

#include "lang/source.h"

/* SGR_OFF is the level of a lint that does not run; no diagnostic has it. */
enum sgr_severity { SGR_NOTE, SGR_INFO, SGR_WARNING, SGR_ERROR, SGR_OFF };

/* DIAG(code, severity, name, title): E... and W... codes; every row has a page in docs/codes. */
enum sgr_diag_code {
#define DIAG(code, severity, name, title) SGR_##code,
#include "lang/diag.def"
#undef DIAG
#define LINT(code, level, needs, subject, function, name, title) SGR_##code,
#include "lang/lint.def"
#undef LINT
    SGR_CODE_COUNT
};

/* The lints, in the order of lint.def; their codes are the last of the codes. */
enum sgr_lint {
#define LINT(code, level, needs, subject, function, name, title) SGR_LINT_##code,
#include "lang/lint.def"
#undef LINT
    SGR_LINT_COUNT,
    SGR_LINT_FIRST = SGR_CODE_COUNT - SGR_LINT_COUNT, /* the code of the first one */
};

struct sgr_code_info {
    const char *code; /* "E0301" */
    enum sgr_severity severity;
    const char *name; /* "unit-mismatch": what `ignore[...]` and .sgrc.yaml say */
    const char *title;
};
extern const struct sgr_code_info sgr_codes[SGR_CODE_COUNT];

struct sgr_label {
    sgr_span span;
    sgr_str text; /* arena of the diags */
};

/* A replacement of `span` by `text`; `safe` ones are applied by `lint --fix`. */
struct sgr_fix {
    sgr_span span;
    sgr_str text;
    bool safe;
};

struct sgr_diag {
    enum sgr_diag_code code;
    enum sgr_severity severity;
    sgr_str message;
    struct sgr_label primary;  /* its text stands after the carets */
    struct sgr_label notes[2]; /* secondary places; file 0: none */
    sgr_str help;              /* empty: none */
    struct sgr_fix fix;        /* span.file 0: none */
};

struct sgr_diags {
    struct sgr_sources *sources; /* borrowed */
    struct sgr_arena *arena;     /* borrowed: owns the texts */
    SGR_VEC(struct sgr_diag) list;
    size_t errors; /* severity SGR_ERROR, those beyond the cap included */
    size_t warnings;
    size_t cap; /* errors kept per call of a command (20) */
};

void sgr_diags_init(struct sgr_diags *diags, struct sgr_sources *sources, struct sgr_arena *arena);
void sgr_diags_release(struct sgr_diags *diags);

/* Reports; returns the record for the calls below, or NULL when the cap is reached or the very same
 * code was already reported at that span. All helpers accept NULL. `message` is the sentence behind
 * the code. */
struct sgr_diag *sgr_diag(struct sgr_diags *diags, enum sgr_diag_code code, sgr_span span,
                          const char *format, ...) __attribute__((format(printf, 4, 5)));
/* What stands after the carets. */
void sgr_diag_label(struct sgr_diags *diags, struct sgr_diag *diag, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void sgr_diag_note(struct sgr_diags *diags, struct sgr_diag *diag, sgr_span span,
                   const char *format, ...) __attribute__((format(printf, 4, 5)));
void sgr_diag_help(struct sgr_diags *diags, struct sgr_diag *diag, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void sgr_diag_fix(struct sgr_diags *diags, struct sgr_diag *diag, sgr_span span, bool safe,
                  sgr_str replacement);

/* Sorts by file and place, stable. */
void sgr_diags_sort(struct sgr_diags *diags);
/* One diagnostic as the text of language.md ("error[E0301]: ..." with the source line and carets).
 * Control characters of the source are shown as escapes, long lines are cut around the span. */
void sgr_diag_render_text(struct sgr_diags *diags, const struct sgr_diag *diag, bool color,
                          struct sgr_buf *out);

#endif
