/* Inside lang/: where the lines of a formatted script end. The layout reads the text that the tree
 * came from: what stood on several lines stays so, and every comment finds its place. */
#ifndef SGR_LANG_PRINT_LAYOUT_H
#define SGR_LANG_PRINT_LAYOUT_H

#include "lang/print.h"

enum { SGR_LINE_MAX = 100, SGR_INDENT = 2 };

/* Marks in the raw output: a NUL and one of these. sgr_layout_align turns them into spaces. */
#define SGR_MARK_VALUE   '='
#define SGR_MARK_BLOCK   '{'
#define SGR_MARK_LET     'l'
#define SGR_MARK_COMMENT '#'
#define SGR_MARK_NONE    '-'

struct sgr_layout {
    const struct sgr_tree *tree;
    sgr_str text; /* of the file */
    struct sgr_buf *out;
    size_t next;        /* comments before this one are written */
    size_t indent;      /* of the item that is being written */
    size_t deeper;      /* how much more the operators of the first operand are indented */
    size_t line_start;  /* in out: of the line that is being written */
    size_t doc_start;   /* in out: of the doc comments written last, or SIZE_MAX */
    size_t padded_line; /* the line that alignment will widen, and by how much */
    size_t padding;
};

/* ---- the source (print_source.c): positions are offsets in the text ---- */
sgr_str sgr_layout_text(const struct sgr_layout *layout, sgr_span span);
bool sgr_layout_spans_lines(const struct sgr_layout *layout, sgr_span span);
bool sgr_layout_newline_before(const struct sgr_layout *layout, uint32_t at);
bool sgr_layout_newline_after(const struct sgr_layout *layout, uint32_t at);
bool sgr_layout_blank_before(const struct sgr_layout *layout, uint32_t at);
bool sgr_layout_newline_between(const struct sgr_layout *layout, uint32_t from, uint32_t to);
/* Whether a comment begins in [from, to). */
bool sgr_layout_comment_between(const struct sgr_layout *layout, uint32_t from, uint32_t to);
/* The next `wanted` from there on; only space, comments and brackets may stand between. */
uint32_t sgr_layout_find(const struct sgr_layout *layout, uint32_t from, char wanted);
/* Whether the value began on the line after its `=`. */
bool sgr_layout_value_below(const struct sgr_layout *layout, const struct sgr_expr *value);

/* Whether these stay on several lines whatever their width. */
bool sgr_layout_open_parens(const struct sgr_layout *layout, const struct sgr_expr *expr);
bool sgr_layout_open_list(const struct sgr_layout *layout, const struct sgr_expr *expr);
bool sgr_layout_open_args(const struct sgr_layout *layout, uint32_t from,
                          const struct sgr_arg *args, size_t count, uint32_t to);
bool sgr_layout_open_params(const struct sgr_layout *layout, uint32_t from,
                            const struct sgr_param *params, size_t count);
bool sgr_layout_open_block(const struct sgr_layout *layout, const struct sgr_block *block);
bool sgr_layout_open_body(const struct sgr_layout *layout, const struct sgr_body *body);
bool sgr_layout_broken_operator(const struct sgr_layout *layout, const struct sgr_expr *expr);
bool sgr_layout_broken_else(const struct sgr_layout *layout, const struct sgr_expr *expr);
uint32_t sgr_param_end(const struct sgr_param *param);

/* ---- writing (print_layout.c) ---- */
void sgr_layout_write(struct sgr_layout *layout, const char *text);
void sgr_layout_str(struct sgr_layout *layout, sgr_str text);
void sgr_layout_mark(struct sgr_layout *layout, char mark);
void sgr_layout_line(struct sgr_layout *layout, size_t indent);
void sgr_layout_blank(struct sgr_layout *layout);
/* Where the next character goes, in characters from the left edge. */
size_t sgr_layout_column(const struct sgr_layout *layout);
/* The spaces that the line being written begins with. */
size_t sgr_layout_base(const struct sgr_layout *layout);
/* Comments before `at`, a line each. `first`: nothing stands above them in the block. */
void sgr_layout_comments(struct sgr_layout *layout, uint32_t at, size_t indent, bool *first);
/* The comment on the line of `after`, if it stands before `limit`. */
void sgr_layout_trailing(struct sgr_layout *layout, uint32_t after, uint32_t limit);

/* Comments before `at` in the middle of an item: the first stays behind the code it followed. */
void sgr_layout_inner_comments(struct sgr_layout *layout, uint32_t at, size_t indent);
bool sgr_layout_pending(const struct sgr_layout *layout, uint32_t before);

/* An item is what begins a line of its own: an entry, a statement, a declaration, an element. */
struct sgr_item {
    size_t start; /* in out: of its first line, or of the doc comments above it */
    size_t indent, outer_indent, outer_deeper;
};
struct sgr_item sgr_item_begin(struct sgr_layout *layout, uint32_t at, size_t indent, bool *first);
/* Comments inside that found no place stand above; the one behind it follows. */
void sgr_item_end(struct sgr_layout *layout, struct sgr_item item, uint32_t end, uint32_t limit);
/* The raw output with its marks resolved, a newline at its end. */
void sgr_layout_align(sgr_str raw, struct sgr_buf *out);

/* Flat printers: one that writes, one for heads whose expressions may wrap, one that measures
 * characters up to the first line end. */
struct sgr_flat sgr_layout_flat(struct sgr_layout *layout);
struct sgr_flat sgr_layout_head(struct sgr_layout *layout);
struct sgr_width {
    size_t columns;
    bool whole; /* no line end inside */
};
struct sgr_flat sgr_measure_begin(struct sgr_layout *layout, struct sgr_buf *scratch);
struct sgr_width sgr_measure_end(struct sgr_flat *flat);
bool sgr_layout_fits(struct sgr_layout *layout, struct sgr_width width, size_t tail);

/* ---- pieces of the tree (print_value.c, print_block.c) ---- */
/* `tail` is what will follow on the last line at least. */
void sgr_layout_expr(struct sgr_layout *layout, const struct sgr_expr *expr, enum sgr_binding least,
                     size_t tail);
/* ` value` behind an `=` that is written. `below`: rather on a line of its own than broken. */
void sgr_layout_value(struct sgr_layout *layout, const struct sgr_expr *value, bool below);
void sgr_layout_args(struct sgr_layout *layout, sgr_span span, const struct sgr_arg *args,
                     size_t count, size_t tail);
/* From the `(` at or after `from`. */
void sgr_layout_params(struct sgr_layout *layout, uint32_t from, const struct sgr_param *params,
                       size_t count, size_t tail);
void sgr_layout_string(struct sgr_layout *layout, const struct sgr_expr *expr);
/* True if it took several lines. */
bool sgr_layout_block(struct sgr_layout *layout, const struct sgr_block *block,
                      const char *separator, size_t tail);
bool sgr_layout_body(struct sgr_layout *layout, const struct sgr_body *body);
/* What stood on several lines in an aligned place is aligned no more, but for strings. `mark` is an
 * offset in out. */
void sgr_layout_unmark(struct sgr_layout *layout, size_t mark, const struct sgr_expr *value);

/* Pieces of flat lines: what stands before the `=`, the last value or the `{`, with the space
 * before it. */
void sgr_flat_entry_head(struct sgr_flat *flat, const struct sgr_entry *entry);
void sgr_flat_stmt_head(struct sgr_flat *flat, const struct sgr_stmt *stmt);
/* Whether an else part was written as `else if`. */
bool sgr_else_if_entry(const struct sgr_block *otherwise);
bool sgr_else_if_stmt(const struct sgr_body *otherwise);

#endif
