/* Inside lang/: what is said of a syntax error. */
#ifndef SGR_LANG_SYNTAX_H
#define SGR_LANG_SYNTAX_H

#include "lang/front.h"

enum { SGR_EXPECTED_MAX = 128 };

/* `found` and `expected` are the grammar's names of tokens. `reported`: the scanner has spoken
 * already. */
void sgr_syntax_error(struct sgr_front *front, sgr_span span, bool reported, const char *found,
                      const char *const *expected, int count);

#endif
