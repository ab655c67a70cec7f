/* Inside stdlib/: what the files of the built-in functions share. */
#ifndef SGR_STDLIB_BUILTIN_H
#define SGR_STDLIB_BUILTIN_H

#include "stdlib/stdlib.h"

/* Every row's function: `heap` takes the result, `args` are as many as the signature has, left out
 * ones absent. */
#define SGR_BUILTIN(name)                                                                          \
    bool sgr_builtin_##name(struct sgr_heap *heap, const sgr_value *args, size_t count,            \
                            sgr_value *out, struct sgr_failure *failure)

#define BUILTIN(name, signature, function, doc) SGR_BUILTIN(function);
#include "stdlib/builtin.def"
#undef BUILTIN

/* The argument, or a failure that names what was meant. */
bool sgr_arg_str(const sgr_value *args, size_t count, size_t index, sgr_str *out,
                 struct sgr_failure *failure);
bool sgr_arg_list(const sgr_value *args, size_t count, size_t index, sgr_value *out,
                  struct sgr_failure *failure);
bool sgr_arg_number(const sgr_value *args, size_t count, size_t index, double *out,
                    struct sgr_failure *failure);
static inline sgr_value sgr_arg(const sgr_value *args, size_t count, size_t index)
{
    return index < count ? args[index] : sgr_absent();
}

#endif
