/* Inside cli/: the reference of the language as Markdown. */
#ifndef SGR_CLI_DOC_H
#define SGR_CLI_DOC_H

#include "base/base.h"

/* Blocks with their attributes, records, verbs, built-in functions, effects and faults: what stands
 * in tables. */
void sgr_doc_tables(struct sgr_buf *out);
/* A word of the tables: what it is, how it is used, what it does. */
enum sgr_doc_kind {
    SGR_DOC_BLOCK,
    SGR_DOC_ATTRIBUTE,
    SGR_DOC_VERB,
    SGR_DOC_FUNCTION,
    SGR_DOC_FAULT
};
struct sgr_doc_word {
    enum sgr_doc_kind kind;
    int block; /* of an attribute: its block, of block.def; else -1 */
    const char *word, *form, *doc;
};
/* Tells of every word, in the order of the tables. */
void sgr_doc_words(void (*take)(void *self, const struct sgr_doc_word *word), void *self);
/* A text in a cell of a table: bars are escaped. */
void sgr_doc_cell(sgr_str text, struct sgr_buf *out);

#endif
