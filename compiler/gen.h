/* The code generator: checked trees in, a program out. Pure; the trees are read, and of them only
 * the generator's own fields of symbols (`slot`, `owner`) are written. */
#ifndef SGR_COMPILER_GEN_H
#define SGR_COMPILER_GEN_H

#include "compiler/symbols.h"
#include "vm/program.h"

/* The program with one reference for the caller; NULL where a limit of programs was passed
 * (reported as a diagnostic). The trees must be free of errors. */
struct sgr_program *sgr_generate(struct sgr_checked *checked, struct sgr_diags *diags);

#endif
