/* Inside compiler/lint/: what the lints share. A lint is one function over one subject; it reports
 * with sgr_lint_report and changes nothing. */
#ifndef SGR_COMPILER_LINT_LINTER_H
#define SGR_COMPILER_LINT_LINTER_H

#include "compiler/check.h"
#include "compiler/lint/lint.h"

/* `# sgrc: ignore[name] reason until 2027-01-31` */
struct sgr_suppression {
    sgr_span span;   /* the comment */
    bool trailing;   /* code stands before it */
    sgr_str names;   /* between the brackets */
    uint32_t line;   /* whose findings it silences */
    int32_t until;   /* 20270131; 0: for ever */
    sgr_str problem; /* why it cannot silence anything; empty: it can */
    bool used;
};

struct sgr_linter {
    struct sgr_compilation *compilation;
    struct sgr_arena *arena;
    struct sgr_diags *diags;
    const struct sgr_lint_settings *settings;
    const struct sgr_module *module;
    int64_t scrape_ms;
    bool sound;     /* the check found no error */
    bool is_script; /* declares a workload or a rollout; else all it declares is for others */
    bool has_rollout;
    struct sgr_map autoscalers;     /* const struct sgr_decl by its workload's name */
    enum sgr_lint lint;             /* the one that runs */
    const struct sgr_decl *subject; /* what it is asked about; NULL: the file */
    size_t first;                   /* diagnostics before are not the lints' */
    SGR_VEC(sgr_span) anchors;      /* of each finding, where a comment may silence it too */
    SGR_VEC(struct sgr_suppression) suppressions; /* in order */
};

struct sgr_lint_subject {
    const struct sgr_decl *decl; /* NULL: the file */
    const struct sgr_query *query;
};

#define LINT(code, level, needs, subject, function, name, title)                                   \
    void sgr_lint_##function(struct sgr_linter *l, const struct sgr_lint_subject *s);
#include "lang/lint.def"
#undef LINT

/* A finding of the lint that runs. NULL where it was told already; label, note, help and fix are
 * set with sgr_diag_... */
struct sgr_diag *sgr_lint_report(struct sgr_linter *l, sgr_span span, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* ---- suppress.c ---- */
void sgr_suppressions_read(struct sgr_linter *l);
/* Whether its day is over. */
bool sgr_suppression_ended(const struct sgr_linter *l, const struct sgr_suppression *s);
/* Whether a comment silences this lint on one of the lines of these two spans. */
bool sgr_suppressed(struct sgr_linter *l, enum sgr_lint lint, sgr_span finding, sgr_span anchor);

/* ---- visit.c: walks over the checked tree; nothing is called with NULL ---- */
struct sgr_visitor {
    void *self;
    void (*expr)(void *self, const struct sgr_expr *expr);
    void (*entry)(void *self, const struct sgr_entry *entry);
    void (*type)(void *self, const struct sgr_type_expr *type);
};
void sgr_visit_expr(const struct sgr_visitor *v, const struct sgr_expr *expr);
void sgr_visit_block(const struct sgr_visitor *v, const struct sgr_block *block);
void sgr_visit_body(const struct sgr_visitor *v, const struct sgr_body *body);
/* All of a declaration but those inside it (of `for` and `if`). */
void sgr_visit_decl(const struct sgr_visitor *v, const struct sgr_decl *decl);
/* Verbs and calls of a body in the order in which they stand. */
void sgr_visit_steps(const struct sgr_body *body, void (*visit)(void *, const struct sgr_stmt *),
                     void *self);
/* Every declaration of the module, through `for` and `if`. */
void sgr_visit_decls(const struct sgr_module *module,
                     void (*visit)(void *, const struct sgr_decl *), void *self);

/* ---- facts.c: what is written, as far as it is known without running ---- */
bool sgr_is_block(const struct sgr_decl *decl, enum sgr_block_kind kind);
/* The name, or what stands in its place. */
sgr_span sgr_decl_place(const struct sgr_decl *decl);
/* The value of an attribute that stands there always; NULL where it does not. */
const struct sgr_expr *sgr_attribute_of(const struct sgr_decl *decl, const char *key);
/* Whether it stands there, perhaps under a condition. */
bool sgr_has_attribute(const struct sgr_decl *decl, const char *key);
/* The body of `steps { }`; NULL where there is none. */
const struct sgr_body *sgr_steps_of(const struct sgr_decl *rollout);
/* The expression, or what the `let` that it names is bound to. */
const struct sgr_expr *sgr_known(const struct sgr_expr *expr);
/* The declaration of this kind that a name or a call means; NULL where it means none. */
const struct sgr_decl *sgr_meant(const struct sgr_expr *expr, enum sgr_block_kind kind);
/* The workload of a rollout, an autoscaler...; NULL where it is computed. */
const struct sgr_decl *sgr_workload_of(const struct sgr_decl *decl);
/* The autoscaler of a workload; NULL: none. */
const struct sgr_decl *sgr_autoscaler_of(const struct sgr_linter *l,
                                         const struct sgr_decl *workload);
/* Calls `visit` for every metric that the expression asks. */
void sgr_each_metric(const struct sgr_expr *expr,
                     void (*visit)(void *self, const struct sgr_expr *call,
                                   const struct sgr_decl *metric),
                     void *self);

/* A duration as a script writes it, in the linter's arena. */
const char *sgr_lint_duration(struct sgr_linter *l, int64_t ms);

#endif
