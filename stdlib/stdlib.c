/* The tables behind the door: built-in functions and embedded modules. */
#include "stdlib/stdlib.h"

#include "stdlib/builtin.h"

const struct sgr_builtin sgr_builtins[] = {
#define BUILTIN(name, signature, function, doc) {#name, signature, doc, sgr_builtin_##function},
#include "stdlib/builtin.def"
#undef BUILTIN
};
const size_t sgr_builtin_count = sizeof sgr_builtins / sizeof *sgr_builtins;

const struct sgr_embedded *sgr_stdlib_module(sgr_str name)
{
    for (const struct sgr_embedded *module = sgr_stdlib_modules; module->name != NULL; module++) {
        sgr_str own = sgr_str_from(module->name);
        if (own.len == name.len + 4 && sgr_str_starts_with(own, name)) {
            return module;
        }
    }
    return NULL;
}
