/* Strings over several lines: their text moves with the block it stands in. Must never change a
 * string's value: what cannot be moved stays as it was written. */
#include "lang/print_layout.h"

/* Walks the value of a string line by line. */
struct shape {
    size_t own;    /* white space that the line under way begins with */
    size_t common; /* the least of all lines with something in them */
    bool filled, any;
};

static void end_line(struct shape *shape)
{
    if (shape->filled) {
        shape->common = !shape->any || shape->own < shape->common ? shape->own : shape->common;
        shape->any = true;
    }
    shape->own = 0;
    shape->filled = false;
}

static void add_text(struct shape *shape, sgr_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '\n') {
            end_line(shape);
        } else if (shape->filled) {
            continue;
        } else if (c == ' ' || c == '\t') {
            shape->own++;
        } else {
            shape->filled = true;
        }
    }
}

/* Written at another indentation, the value stays the same: no white space is common to all lines,
 * and no carriage return would stand before the end of one. */
static bool can_move(const struct sgr_layout *layout, const struct sgr_expr *expr)
{
    const struct sgr_string *string = &expr->u.string;
    struct shape shape = {0};
    for (size_t i = 0; i < string->count; i++) {
        const struct sgr_string_part *part = &string->parts[i];
        if (part->expr == NULL) {
            if (part->text.len > 0 && memchr(part->text.ptr, '\r', part->text.len) != NULL) {
                return false;
            }
            add_text(&shape, part->text);
        } else if (sgr_layout_spans_lines(layout, part->span)) {
            return false;
        } else {
            shape.filled = true;
        }
    }
    end_line(&shape);
    return shape.any && shape.common == 0 &&
           !sgr_layout_comment_between(layout, expr->span.lo, expr->span.hi);
}

struct writer {
    struct sgr_layout *layout;
    size_t indent;
    bool line_begun;
};

static void begin_line(struct writer *writer)
{
    if (!writer->line_begun) {
        sgr_layout_line(writer->layout, writer->indent);
        writer->line_begun = true;
    }
}

static void write_text(struct writer *writer, sgr_str text, bool before_interpolation)
{
    struct sgr_buf *out = writer->layout->out;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        char next = i + 1 < text.len ? text.ptr[i + 1] : before_interpolation ? '$' : '\0';
        if (c == '\n') {
            if (!writer->line_begun) {
                sgr_layout_line(writer->layout, 0);
            }
            writer->line_begun = false;
            continue;
        }
        begin_line(writer);
        sgr_buf_byte(out, c);
        if (c == '$' && (next == '$' || next == '{')) {
            sgr_buf_byte(out, '$');
        }
    }
}

void sgr_layout_string(struct sgr_layout *layout, const struct sgr_expr *expr)
{
    const struct sgr_string *string = &expr->u.string;
    struct sgr_flat flat = sgr_layout_flat(layout);
    if (!sgr_layout_spans_lines(layout, expr->span)) {
        sgr_flat_string(&flat, expr);
        return;
    }
    if (!string->triple || !can_move(layout, expr)) {
        sgr_layout_str(layout, sgr_layout_text(layout, expr->span));
        return;
    }
    size_t base = sgr_layout_base(layout);
    struct writer writer = {layout, base + SGR_INDENT, false};
    sgr_layout_write(layout, "\"\"\"");
    for (size_t i = 0; i < string->count; i++) {
        const struct sgr_string_part *part = &string->parts[i];
        if (part->expr == NULL) {
            write_text(&writer, part->text, i + 1 < string->count);
            continue;
        }
        begin_line(&writer);
        sgr_layout_write(layout, "${");
        sgr_flat_expr(&flat, part->expr, SGR_BIND_ANY);
        sgr_layout_write(layout, "}");
    }
    if (!writer.line_begun) {
        sgr_layout_line(layout, 0);
    }
    sgr_layout_line(layout, base);
    sgr_layout_write(layout, "\"\"\"");
}
