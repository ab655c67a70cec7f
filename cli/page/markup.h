/* Text in XML and HTML. */
#ifndef SGR_CLI_PAGE_MARKUP_H
#define SGR_CLI_PAGE_MARKUP_H

#include "base/buf.h"

/* Appends it so that it is shown as it is, in content and in quoted attributes; a control character
 * other than newline and tab, which XML has no way to write, becomes a space. */
void sgr_markup(sgr_str text, struct sgr_buf *out);

#endif
