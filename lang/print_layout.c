/* How lines are written: indentation, columns, comments, items. Must never look into the tree but
 * at its comments. */
#include "lang/print_layout.h"

void sgr_layout_write(struct sgr_layout *layout, const char *text)
{
    sgr_layout_str(layout, sgr_str_from(text));
}

void sgr_layout_str(struct sgr_layout *layout, sgr_str text)
{
    sgr_buf_add(layout->out, text);
    for (size_t i = text.len; i > 0; i--) {
        if (text.ptr[i - 1] == '\n') {
            layout->line_start = layout->out->len - (text.len - i);
            return;
        }
    }
}

void sgr_layout_mark(struct sgr_layout *layout, char mark)
{
    sgr_buf_byte(layout->out, '\0');
    sgr_buf_byte(layout->out, mark);
}

void sgr_layout_line(struct sgr_layout *layout, size_t indent)
{
    if (layout->out->len > 0) {
        sgr_buf_byte(layout->out, '\n');
    }
    layout->line_start = layout->out->len;
    sgr_buf_fill(layout->out, ' ', indent);
}

void sgr_layout_blank(struct sgr_layout *layout)
{
    if (layout->out->len > 0) {
        sgr_buf_byte(layout->out, '\n');
    }
}

/* Characters, marks not counted. */
static size_t width(const char *text, size_t size)
{
    size_t columns = 0;
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '\0') {
            i++;
        } else if (((unsigned char)text[i] & 0xc0) != 0x80) {
            columns++;
        }
    }
    return columns;
}

size_t sgr_layout_column(const struct sgr_layout *layout)
{
    size_t columns =
        width(layout->out->ptr + layout->line_start, layout->out->len - layout->line_start);
    return columns + (layout->padded_line == layout->line_start ? layout->padding : 0);
}

size_t sgr_layout_base(const struct sgr_layout *layout)
{
    size_t spaces = 0;
    while (layout->line_start + spaces < layout->out->len &&
           layout->out->ptr[layout->line_start + spaces] == ' ') {
        spaces++;
    }
    return spaces;
}

/* ---- comments ---- */

static sgr_str comment_text(const struct sgr_layout *layout, const struct sgr_comment *comment)
{
    sgr_str text = sgr_layout_text(layout, comment->span);
    while (text.len > 0 && (text.ptr[text.len - 1] == ' ' || text.ptr[text.len - 1] == '\t' ||
                            text.ptr[text.len - 1] == '\r')) {
        text.len--;
    }
    return text;
}

static const struct sgr_comment *pending(const struct sgr_layout *layout, uint32_t before)
{
    const struct sgr_tree *tree = layout->tree;
    if (layout->next >= tree->comment_count || tree->comments[layout->next].span.lo >= before) {
        return NULL;
    }
    return &tree->comments[layout->next];
}

void sgr_layout_comments(struct sgr_layout *layout, uint32_t at, size_t indent, bool *first)
{
    const struct sgr_comment *comment;
    while ((comment = pending(layout, at)) != NULL) {
        if (!*first && sgr_layout_blank_before(layout, comment->span.lo)) {
            sgr_layout_blank(layout);
        }
        bool goes_on =
            layout->doc_start != SIZE_MAX && !sgr_layout_blank_before(layout, comment->span.lo);
        sgr_layout_line(layout, indent);
        if (!comment->doc || !goes_on) {
            layout->doc_start = comment->doc ? layout->line_start : SIZE_MAX;
        }
        sgr_buf_add(layout->out, comment_text(layout, comment));
        layout->next++;
        *first = false;
    }
}

void sgr_layout_trailing(struct sgr_layout *layout, uint32_t after, uint32_t limit)
{
    const struct sgr_comment *comment = pending(layout, limit);
    if (comment != NULL && comment->span.lo >= after &&
        !sgr_layout_newline_between(layout, after, comment->span.lo)) {
        sgr_layout_mark(layout, SGR_MARK_COMMENT);
        sgr_buf_add(layout->out, comment_text(layout, comment));
        layout->next++;
    }
}

bool sgr_layout_pending(const struct sgr_layout *layout, uint32_t before)
{
    return pending(layout, before) != NULL;
}

void sgr_layout_inner_comments(struct sgr_layout *layout, uint32_t at, size_t indent)
{
    const struct sgr_comment *comment = pending(layout, at);
    bool first = true;
    if (comment != NULL && comment->trailing) {
        sgr_layout_trailing(layout, comment->span.lo, at);
    }
    sgr_layout_comments(layout, at, indent, &first);
}

/* ---- items ---- */

struct sgr_item sgr_item_begin(struct sgr_layout *layout, uint32_t at, size_t indent, bool *first)
{
    layout->doc_start = SIZE_MAX;
    sgr_layout_comments(layout, at, indent, first);
    bool blank = !*first && sgr_layout_blank_before(layout, at);
    if (blank) {
        sgr_layout_blank(layout);
    }
    sgr_layout_line(layout, indent);
    *first = false;
    /* A comment must not come between a declaration and what documents it. */
    size_t start = layout->doc_start != SIZE_MAX && !blank ? layout->doc_start : layout->line_start;
    struct sgr_item item = {start, indent, layout->indent, layout->deeper};
    layout->indent = indent;
    layout->deeper = 0;
    return item;
}

/* `##` documented nothing where it stood, and must not document the item it is put above. */
static sgr_str plain_comment_text(const struct sgr_layout *layout,
                                  const struct sgr_comment *comment)
{
    sgr_str text = comment_text(layout, comment);
    while (text.len > 1 && text.ptr[1] == '#') {
        text.ptr++;
        text.len--;
    }
    return text;
}

/* Puts the comment on a line above the item. */
static void hoist(struct sgr_layout *layout, struct sgr_item *item,
                  const struct sgr_comment *comment)
{
    struct sgr_buf line;
    struct sgr_buf *out = layout->out;
    sgr_buf_init(&line, SGR_SOURCE_MAX);
    sgr_buf_fill(&line, ' ', item->indent);
    sgr_buf_add(&line, plain_comment_text(layout, comment));
    sgr_buf_byte(&line, '\n');
    size_t old = out->len;
    sgr_buf_add(out, sgr_buf_str(&line));
    if (!out->full) {
        memmove(out->ptr + item->start + line.len, out->ptr + item->start, old - item->start);
        memcpy(out->ptr + item->start, line.ptr, line.len);
        item->start += line.len;
        layout->line_start += line.len;
    }
    sgr_buf_release(&line);
}

void sgr_item_end(struct sgr_layout *layout, struct sgr_item item, uint32_t end, uint32_t limit)
{
    const struct sgr_comment *comment;
    while ((comment = pending(layout, end)) != NULL) {
        hoist(layout, &item, comment);
        layout->next++;
    }
    sgr_layout_trailing(layout, end, limit);
    layout->indent = item.outer_indent;
    layout->deeper = item.outer_deeper;
}

/* ---- measuring ---- */

struct sgr_flat sgr_layout_flat(struct sgr_layout *layout)
{
    return (struct sgr_flat){.out = layout->out, .layout = layout};
}

struct sgr_flat sgr_layout_head(struct sgr_layout *layout)
{
    return (struct sgr_flat){.out = layout->out, .layout = layout, .wrap = layout};
}

struct sgr_flat sgr_measure_begin(struct sgr_layout *layout, struct sgr_buf *scratch)
{
    sgr_buf_init(scratch, layout->out->max);
    return (struct sgr_flat){.out = scratch, .layout = layout, .measure = true};
}

struct sgr_width sgr_measure_end(struct sgr_flat *flat)
{
    struct sgr_width result = {width(flat->out->ptr, flat->out->len), !flat->stopped};
    sgr_buf_release(flat->out);
    return result;
}

bool sgr_layout_fits(struct sgr_layout *layout, struct sgr_width measured, size_t tail)
{
    return sgr_layout_column(layout) + measured.columns + (measured.whole ? tail : 0) <=
           SGR_LINE_MAX;
}
