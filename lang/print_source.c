/* What the layout asks of the text that the tree came from. Must never write. */
#include "lang/print_layout.h"

sgr_str sgr_layout_text(const struct sgr_layout *layout, sgr_span span)
{
    return (sgr_str){layout->text.ptr + span.lo, span.hi - span.lo};
}

bool sgr_layout_spans_lines(const struct sgr_layout *layout, sgr_span span)
{
    return memchr(layout->text.ptr + span.lo, '\n', span.hi - span.lo) != NULL;
}

bool sgr_layout_ends_line(const struct sgr_flat *flat, const struct sgr_expr *expr)
{
    (void)flat;
    (void)expr;
    return false;
}
