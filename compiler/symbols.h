/* What names mean: written by the checker, read by the code generator. */
#ifndef SGR_COMPILER_SYMBOLS_H
#define SGR_COMPILER_SYMBOLS_H

#include "compiler/types.h"
#include "lang/lang.h"

enum sgr_symbol_kind {
    SGR_SYM_LOCAL, /* a parameter of a function, a let in a body, a loop variable (also of a `for`
                      around declarations or entries) */
    SGR_SYM_PARAM, /* a parameter of the script: a global that may be set */
    SGR_SYM_LET,   /* a top-level let: a global */
    SGR_SYM_BLOCK, /* a declared block outside any `for`: a global whose value is its record (metric
                      and guard with parameters: a function that gives it) */
    SGR_SYM_FN,    /* decl is FN: a function */
    SGR_SYM_ROUTINE, /* decl is ROUTINE: a function whose register 0 is the rollout under way */
    SGR_SYM_BUILTIN, /* index into sgr_builtins */
    SGR_SYM_EFFECT,  /* index: enum sgr_effect_kind */
    SGR_SYM_MODULE,  /* an imported module's name */
    SGR_SYM_WORD,    /* an attribute word of the expected WORD type (expr->type) */
    SGR_SYM_NEW,
    SGR_SYM_OLD,    /* tracks of the rollout under way */
    SGR_SYM_RESULT, /* expect and invariant: a field of the results record; `path` e.g.
                       "max/traffic/new" */
};

struct sgr_module;

struct sgr_symbol {
    enum sgr_symbol_kind kind;
    sgr_str name;
    sgr_span
        span; /* of the name where it is declared: by it the code generator tells locals apart */
    const struct sgr_type *type; /* of its value, or the FN type of what is called */
    struct sgr_decl *decl;       /* NULL for locals, built-ins, effects */
    struct sgr_module *module;   /* where it was declared; MODULE: what it names */
    uint32_t index;              /* BUILTIN, EFFECT */
    sgr_str path;                /* RESULT */
    bool effectful;              /* FN, ROUTINE, metric: may only be called where effects may */
    bool used;
    bool referenced; /* lints: something names it */
    /* LOCAL: where it stands among the locals, and the one of the same name that it hides. */
    size_t position;
    struct sgr_symbol *shadowed;
    /* For the code generator alone. */
    uint32_t slot; /* function or global index + 1; LOCAL: register */
    void *owner;   /* LOCAL: the function under construction it belongs to */
};

struct sgr_module {
    sgr_str path; /* "std/verbs", or the path as found */
    bool is_std;
    bool is_main;
    bool declared;   /* its names and their types are known */
    bool referenced; /* lints: the script names something of it */
    struct sgr_tree *tree;
    struct sgr_map names; /* sgr_symbol by name: what the module declares at top level */
    struct sgr_module **imports;
    size_t import_count;
};

/* The checked compilation, as the code generator sees it. */
/* The built-in function whose value is read when the script is compiled. */
bool sgr_reads_manifests(const struct sgr_symbol *symbol);

/* The documents of the files that a pattern named. */
struct sgr_manifests {
    const struct sgr_expr *pattern;
    sgr_value documents; /* a list */
};

struct sgr_checked {
    struct sgr_module **modules; /* in dependency order; the main one last */
    size_t count;
    struct sgr_module *main;
    const struct sgr_attribute *attributes; /* the rows of schema.def, in its order */
    size_t attribute_count;
    const struct sgr_manifests *manifests;
    size_t manifest_count;
    bool pure; /* nothing of the standard library that asks the world will be called */
};

/* The attribute of a block as schema.def has it. */
struct sgr_attribute {
    enum sgr_block_kind block;
    const char *name;
    const char *type_text;
    const struct sgr_type *type;
    const char *initial;           /* expression of the default, or NULL */
    struct sgr_expr *initial_expr; /* the same parsed and annotated against `type`; NULL: none */
    bool required;
    const char *doc;
};

#endif
