/* A unified diff of two texts, by lines. */
#ifndef SGR_CLI_DIFF_H
#define SGR_CLI_DIFF_H

#include "base/base.h"

/* Appends the hunks with three lines of context; nothing where the texts are equal. Time and memory
 * are bounded: beyond a few thousand differing lines the middle is shown as replaced whole. */
void sgr_diff(sgr_str name, sgr_str before, sgr_str after, struct sgr_buf *out);

#endif
