/* Types of the language, interned per compilation: equal types are the same pointer. */
#ifndef SGR_COMPILER_TYPES_H
#define SGR_COMPILER_TYPES_H

#include "lang/ast.h"
#include "vm/value.h"

enum sgr_type_kind {
    SGR_T_ERROR,   /* already reported; accepted everywhere */
    SGR_T_NOTHING, /* the type of what never gives a value; of `[]`'s items before they are known */
    SGR_T_BOOL,
    SGR_T_INT,
    SGR_T_NUMBER,
    SGR_T_STRING,
    SGR_T_DURATION,
    SGR_T_PERCENT,
    SGR_T_CPU,
    SGR_T_MEMORY,
    SGR_T_RATE,
    SGR_T_COUNT,
    SGR_T_IMAGE,  /* a string with the form of an image reference */
    SGR_T_OBJECT, /* dynamic: anything with a JSON form */
    SGR_T_ANY,    /* signatures of built-ins only */
    SGR_T_RANGE,
    SGR_T_LIST,
    SGR_T_MAP,    /* item */
    SGR_T_RECORD, /* fields; `name` where it is a named one (workload, track, traffic, probe, ...)
                   */
    SGR_T_FN,     /* params, result */
    SGR_T_WORD,   /* one of words, each perhaps with an argument */
    SGR_T_VAR,    /* signatures: T, U */
};

struct sgr_field_type {
    sgr_str name;
    const struct sgr_type *type;
    bool optional; /* may be absent: reading it needs `??` or has() */
};

struct sgr_word_type {
    sgr_str name;
    const struct sgr_type *arg; /* NULL: none */
};

struct sgr_type {
    enum sgr_type_kind kind;
    sgr_str name; /* of a named record, a variable */
    const struct sgr_type *item;
    const struct sgr_field_type *fields;
    size_t field_count;
    const struct sgr_type *const *params;
    size_t param_count;
    size_t required; /* FN: params that must be given */
    const struct sgr_type *result;
    const struct sgr_word_type *words;
    size_t word_count;
};

/* Values of WORD types: a bare string when no alternative has an argument; otherwise always a
 * record { word, value }, value absent where it has none. */

#endif
