/* Inside compiler/: what the files of the checker share. */
#ifndef SGR_COMPILER_CHECK_H
#define SGR_COMPILER_CHECK_H

#include "compiler/compiler.h"
#include "compiler/symbols.h"
#include "lang/promql/promql.h"

enum { SGR_CHECK_DEPTH_MAX = 400 };

/* Where an expression stands: what may be said there. */
enum sgr_place {
    SGR_PLACE_PURE,   /* declarations: no effects */
    SGR_PLACE_EFFECT, /* statements, guards, conditions */
    SGR_PLACE_EXPECT, /* expect and invariant: results of a simulated run */
};

struct sgr_compilation {
    struct sgr_arena *arena;
    struct sgr_sources sources;
    struct sgr_diags diags;
    struct sgr_compile_options options;
    SGR_VEC(struct sgr_module *) modules; /* in dependency order */
    SGR_VEC(struct sgr_symbol *) reached; /* of outlined modules, in the order of first mention */
    struct sgr_map by_path;
    struct sgr_module *main, *prelude;
    struct sgr_checked checked;
    SGR_VEC(struct sgr_manifests) manifests;
    struct sgr_heap *heap;      /* of the manifests; NULL where there are none */
    struct sgr_map named_types; /* text to const struct sgr_type * */
    SGR_VEC(struct sgr_attribute) attributes;
    bool ok;
};

struct sgr_checker {
    struct sgr_compilation *compilation;
    struct sgr_arena *arena;
    struct sgr_diags *diags;
    struct sgr_module *module;
    SGR_VEC(struct sgr_symbol *) locals; /* in scope; a scope ends by cutting the list */
    struct sgr_map local_names;          /* the latest of each name, perhaps out of scope by now */
    struct sgr_map keys;                 /* of the block in which they are compared */
    enum sgr_place place;
    bool in_guard;                  /* the `require` of a guard, where samples are remembered */
    bool has_rollout;               /* `new`, `old` and verbs may be used */
    const struct sgr_decl *rollout; /* the rollout whose steps are checked, or NULL */
    int depth;
    const char *what; /* of the declaration, for E0304 */
};

/* ---- manifests.c ---- */
/* Reads the files that a pattern names. */
void sgr_check_manifests(struct sgr_checker *c, const struct sgr_expr *pattern);

/* ---- check_judge.c ---- */
/* What `not_worse`, `similar` and `budget` need beyond the types of their arguments. */
void sgr_check_judge(struct sgr_checker *c, const struct sgr_expr *call);

/* ---- types.c ---- */
const struct sgr_type *sgr_type_basic(enum sgr_type_kind kind);
const struct sgr_type *sgr_type_of(struct sgr_arena *arena, enum sgr_type_kind kind,
                                   const struct sgr_type *item);
bool sgr_type_equal(const struct sgr_type *a, const struct sgr_type *b);
void sgr_type_print(const struct sgr_type *type, struct sgr_buf *out);
/* "a duration", "a range<cpu>": for messages. */
const char *sgr_type_noun(struct sgr_arena *arena, const struct sgr_type *type);
bool sgr_type_is_quantity(const struct sgr_type *type);
/* Parses the text of a row; a bug where it is wrong. `named` finds the names of records. */
const struct sgr_type *sgr_type_parse(struct sgr_compilation *compilation, const char *text);
/* The FN type of "(x: t, y?: u): v". */
const struct sgr_type *sgr_signature_parse(struct sgr_compilation *compilation, const char *text);
/* Names of the parameters of a signature text, in order. */
size_t sgr_signature_names(const char *text, sgr_str *names, size_t max);
const struct sgr_field_type *sgr_type_field(const struct sgr_type *type, sgr_str name);
const struct sgr_type *sgr_type_join(const struct sgr_type *a, const struct sgr_type *b);

/* ---- schema.c ---- */
void sgr_schema_load(struct sgr_compilation *compilation);
const struct sgr_attribute *sgr_schema_find(struct sgr_compilation *compilation,
                                            enum sgr_block_kind block, sgr_str name);
const struct sgr_type *sgr_block_type(struct sgr_compilation *compilation,
                                      enum sgr_block_kind block);

/* ---- module.c ---- */
struct sgr_module *sgr_module_load(struct sgr_compilation *compilation, sgr_str path, sgr_str text,
                                   bool is_main, sgr_span from);
struct sgr_module *sgr_module_find(struct sgr_compilation *compilation, const char *path);
/* Whether of the standard library only what is reached is parsed, checked and generated. */
bool sgr_outlines_std(const struct sgr_compilation *compilation);

/* ---- names.c ---- */
struct sgr_symbol *sgr_symbol_new(struct sgr_checker *c, enum sgr_symbol_kind kind,
                                  struct sgr_name name, const struct sgr_type *type);
void sgr_declare_names(struct sgr_checker *c);
/* Types of what a module declares; lets are inferred when they are first asked for. */
void sgr_declare_types(struct sgr_checker *c);
/* What a module declares under the name, or NULL. Reaches it: a declaration of an outline is parsed
 * and gets its type. */
struct sgr_symbol *sgr_member(struct sgr_checker *c, const struct sgr_module *module, sgr_str name);
struct sgr_symbol *sgr_lookup(struct sgr_checker *c, sgr_str name, bool called);
void sgr_unknown_name(struct sgr_checker *c, struct sgr_name name);
const struct sgr_type *sgr_symbol_type(struct sgr_checker *c, struct sgr_symbol *symbol);
bool sgr_symbol_effectful(struct sgr_checker *c, const struct sgr_symbol *symbol);
const struct sgr_type *sgr_resolve_type(struct sgr_checker *c, const struct sgr_type_expr *type);
const char *sgr_nearest(sgr_str name, sgr_str candidate, const char **best, size_t *distance);

/* ---- check_expr.c, check_call.c ---- */
/* The type of an expression; `hint` is what is expected around it, or NULL. */
const struct sgr_type *sgr_infer(struct sgr_checker *c, struct sgr_expr *expr,
                                 const struct sgr_type *hint);
/* The same, and it must be (or become) a `want`; false after a report. */
bool sgr_expect(struct sgr_checker *c, struct sgr_expr *expr, const struct sgr_type *want);
bool sgr_coerce(struct sgr_checker *c, struct sgr_expr *expr, const struct sgr_type *want);
const struct sgr_type *sgr_infer_call(struct sgr_checker *c, struct sgr_expr *expr,
                                      const struct sgr_type *hint);
bool sgr_bind_params(struct sgr_checker *c, struct sgr_param *params, size_t count,
                     const struct sgr_type *fn);
struct sgr_symbol *sgr_bind_local(struct sgr_checker *c, struct sgr_name name,
                                  const struct sgr_type *type);
/* The local of that name in scope, or NULL; its `shadowed` ones are in scope too. */
struct sgr_symbol *sgr_find_local(struct sgr_checker *c, sgr_str name);
void sgr_checker_release(struct sgr_checker *c);
/* Key and value of a loop over the source's type. */
void sgr_bind_loop(struct sgr_checker *c, const struct sgr_loop *names, struct sgr_expr *source);
/* The results of a simulated run by name, or NULL. */
struct sgr_symbol *sgr_result_symbol(struct sgr_checker *c, struct sgr_expr *expr);

/* ---- check_block.c ---- */
void sgr_check_record(struct sgr_checker *c, struct sgr_block *block, const struct sgr_type *want);
/* Whether every field that the record type needs is there, or may be; complains of the first. */
bool sgr_check_complete(struct sgr_checker *c, const struct sgr_block *block,
                        const struct sgr_type *want);
void sgr_check_block_decl(struct sgr_checker *c, struct sgr_decl *decl);
void sgr_check_scenario(struct sgr_checker *c, struct sgr_decl *decl);
void sgr_check_kubernetes_name(struct sgr_checker *c, sgr_str name, sgr_span span);

/* ---- check_bounds.c ---- */
void sgr_check_bounds(struct sgr_checker *c, struct sgr_decl *decl, const struct sgr_entry *entry);

/* ---- check_promql.c ---- */
/* The query of a metric or an alert as it was parsed: decl->query. */
struct sgr_query {
    const struct sgr_expr *expr; /* the string */
    const struct sgr_promql_expr *tree;
    struct sgr_promql_hole *holes;
    const struct sgr_expr **parts; /* what is interpolated in each hole */
    size_t count;                  /* of holes */
};
void sgr_check_promql(struct sgr_checker *c, struct sgr_decl *decl, struct sgr_expr *expr);
/* The place in the source of bytes lo..hi of the parsed text. */
sgr_span sgr_query_span(struct sgr_sources *sources, const struct sgr_query *query, size_t lo,
                        size_t hi);

/* ---- check_stmt.c ---- */
void sgr_check_body(struct sgr_checker *c, struct sgr_body *body);

/* ---- check_decl.c ---- */
void sgr_check_module(struct sgr_checker *c);
void sgr_check_decl(struct sgr_checker *c, struct sgr_decl *decl);

/* ---- rollout.c: rules on whole rollouts ---- */
void sgr_check_rollout_rules(struct sgr_checker *c, const struct sgr_decl *decl);
/* The value of a literal or of a name bound to one: what can be known without running. */
bool sgr_literal_duration(const struct sgr_expr *expr, int64_t *ms);
bool sgr_literal_percent(const struct sgr_expr *expr, double *points);
bool sgr_literal_int(const struct sgr_expr *expr, int64_t *value);
bool sgr_literal_text(const struct sgr_expr *expr, sgr_str *text);

#endif
