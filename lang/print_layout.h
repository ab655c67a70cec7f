/* Inside lang/: where the lines of a formatted script end. The layout reads the text that the tree came from:
 * what stood on several lines stays so, and every comment finds its place. */
#ifndef SGR_LANG_PRINT_LAYOUT_H
#define SGR_LANG_PRINT_LAYOUT_H

#include "lang/print.h"

enum { SGR_LINE_MAX = 100, SGR_INDENT = 2 };

struct sgr_layout {
    const struct sgr_tree *tree;
    sgr_str text;      /* of the file */
    struct sgr_buf *out;
    size_t next;       /* comments before this one are written */
    size_t indent;     /* of the line that the current item began */
    size_t line_start; /* in out: of the line being written */
    size_t measured;   /* in out: up to here line_start is known */
};

/* The text of a span, without indentation of its own. */
sgr_str sgr_layout_text(const struct sgr_layout *layout, sgr_span span);
bool sgr_layout_spans_lines(const struct sgr_layout *layout, sgr_span span);
/* Whether the expression itself (not only a part of it) ends a line right after what opens it. */
bool sgr_layout_ends_line(const struct sgr_flat *flat, const struct sgr_expr *expr);

/* Pieces of flat lines: what stands before the last value or the `{`, with the space or `=` in between. */
void sgr_flat_key(struct sgr_flat *flat, const struct sgr_entry *entry);
void sgr_flat_entry_head(struct sgr_flat *flat, const struct sgr_entry *entry);
void sgr_flat_stmt_head(struct sgr_flat *flat, const struct sgr_stmt *stmt);
const char *sgr_steps_word(enum sgr_steps_kind kind);
/* Whether an else part was written as `else if`. */
bool sgr_else_if_entry(const struct sgr_block *otherwise);
bool sgr_else_if_stmt(const struct sgr_body *otherwise);

#endif
