/* The door of stdlib/: the built-in pure functions and the modules written in .sgr. */
#ifndef SGR_STDLIB_STDLIB_H
#define SGR_STDLIB_STDLIB_H

#include "base/embed.h"
#include "vm/program.h"

extern const struct sgr_builtin sgr_builtins[];
extern const size_t sgr_builtin_count;

/* The text of "std/NAME" (name without the prefix, e.g. "traffic/nginx"); NULL where there is none.
 */
const struct sgr_embedded *sgr_stdlib_module(sgr_str name);
/* All modules; ends with a row whose name is NULL. Names end in ".sgr". */
extern const struct sgr_embedded sgr_stdlib_modules[];

#endif
