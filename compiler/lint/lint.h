/* The door of the lints: what is no error in a script, but goes wrong in a cluster. The rows are in
 * lang/lint.def. */
#ifndef SGR_COMPILER_LINT_LINT_H
#define SGR_COMPILER_LINT_LINT_H

#include "compiler/compiler.h"

/* What .sgrc.yaml and the command line say. */
struct sgr_lint_settings {
    enum sgr_severity levels[SGR_LINT_COUNT]; /* SGR_OFF: does not run */
    int64_t scrape_ms;                        /* where the script's cluster block is silent */
    int32_t today;                            /* 20270131, for suppressions that end; 0: unknown */
};

/* The levels of the table, and a scrape every 15s. */
void sgr_lint_defaults(struct sgr_lint_settings *settings);
/* The lint of this name or code; SGR_LINT_COUNT where there is none. */
enum sgr_lint sgr_lint_find(sgr_str name);
/* The level of this word: off, note, warning or error; false where there is none. */
bool sgr_lint_level(sgr_str word, enum sgr_severity *level);

/* Lints the script that was compiled last, whether it had errors or not: rows run whose
 * prerequisites went well. Findings join the diagnostics of the compilation, those that a comment
 * silences do not.
 */
void sgr_lint(struct sgr_compilation *compilation, const struct sgr_lint_settings *settings);

#endif
