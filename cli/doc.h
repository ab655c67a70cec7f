/* Inside cli/: the reference of the language as Markdown. */
#ifndef SGR_CLI_DOC_H
#define SGR_CLI_DOC_H

#include "base/base.h"

/* Blocks with their attributes, records, verbs, built-in functions, effects and faults: what stands
 * in tables. */
void sgr_doc_tables(struct sgr_buf *out);
/* A text in a cell of a table: bars are escaped. */
void sgr_doc_cell(sgr_str text, struct sgr_buf *out);

#endif
