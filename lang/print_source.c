/* What the layout asks of the text that the tree came from: what stood on one line, and what did
 * not. Must never write. */
#include "lang/print_layout.h"

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

sgr_str sgr_layout_text(const struct sgr_layout *layout, sgr_span span)
{
    return (sgr_str){layout->text.ptr + span.lo, span.hi - span.lo};
}

bool sgr_layout_newline_between(const struct sgr_layout *layout, uint32_t from, uint32_t to)
{
    return from < to && memchr(layout->text.ptr + from, '\n', to - from) != NULL;
}

bool sgr_layout_spans_lines(const struct sgr_layout *layout, sgr_span span)
{
    return sgr_layout_newline_between(layout, span.lo, span.hi);
}

bool sgr_layout_newline_before(const struct sgr_layout *layout, uint32_t at)
{
    while (at > 0 && is_space(layout->text.ptr[at - 1])) {
        at--;
    }
    return at > 0 && layout->text.ptr[at - 1] == '\n';
}

bool sgr_layout_newline_after(const struct sgr_layout *layout, uint32_t at)
{
    while (at < layout->text.len && is_space(layout->text.ptr[at])) {
        at++;
    }
    return at < layout->text.len && (layout->text.ptr[at] == '\n' || layout->text.ptr[at] == '#');
}

/* A separator with nothing before it is not printed, and so parts nothing: doc comments reach
 * across it. */
static bool is_between(char c)
{
    return is_space(c) || c == '\n' || c == ';' || c == ',';
}

bool sgr_layout_blank_before(const struct sgr_layout *layout, uint32_t at)
{
    int newlines = 0;
    while (at > 0 && is_between(layout->text.ptr[at - 1])) {
        newlines += layout->text.ptr[--at] == '\n';
    }
    return newlines >= 2;
}

/* The number of the first comment that begins at `from` or behind it. */
static size_t first_comment(const struct sgr_layout *layout, uint32_t from)
{
    size_t low = 0, high = layout->tree->comment_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (layout->tree->comments[middle].span.lo < from) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

bool sgr_layout_comment_between(const struct sgr_layout *layout, uint32_t from, uint32_t to)
{
    size_t next = first_comment(layout, from);
    return next < layout->tree->comment_count && layout->tree->comments[next].span.lo < to;
}

uint32_t sgr_layout_find(const struct sgr_layout *layout, uint32_t from, char wanted)
{
    const char *text = layout->text.ptr;
    while (from < layout->text.len && text[from] != wanted) {
        if (text[from] == '#') {
            while (from < layout->text.len && text[from] != '\n') {
                from++;
            }
        } else {
            from++;
        }
    }
    return from;
}

bool sgr_layout_value_below(const struct sgr_layout *layout, const struct sgr_expr *value)
{
    bool below = false;
    uint32_t at = value->span.lo;
    for (; at > 0; at--) {
        char c = layout->text.ptr[at - 1];
        if (c == '\n') {
            below = true;
        } else if (c == '(') {
            below = false;
        } else if (!is_space(c)) {
            break;
        }
    }
    return below;
}

/* ---- what stays open ---- */

/* The last comment that begins before `at`, or NULL. */
static const struct sgr_comment *comment_before(const struct sgr_layout *layout, uint32_t at)
{
    size_t next = first_comment(layout, at);
    return next > 0 ? &layout->tree->comments[next - 1] : NULL;
}

bool sgr_layout_open_parens(const struct sgr_layout *layout, const struct sgr_expr *expr)
{
    uint32_t at = expr->span.lo;
    bool newline = false;
    for (;;) {
        while (at > 0 && (is_space(layout->text.ptr[at - 1]) || layout->text.ptr[at - 1] == '\n')) {
            newline = layout->text.ptr[--at] == '\n' || newline;
        }
        const struct sgr_comment *comment = comment_before(layout, at);
        if (comment == NULL || comment->span.hi < at) {
            return newline && at > 0 && layout->text.ptr[at - 1] == '(';
        }
        at = comment->span.lo;
    }
}

bool sgr_layout_open_list(const struct sgr_layout *layout, const struct sgr_expr *expr)
{
    uint32_t from = expr->span.lo + 1;
    if (expr->kind == SGR_EXPR_COMPREHENSION) {
        uint32_t item = expr->u.comp.item->span.hi, source = expr->u.comp.source->span.lo;
        return sgr_layout_newline_after(layout, from) ||
               sgr_layout_comment_between(layout, item, source);
    }
    size_t count = expr->u.list.count;
    if (count > 0 && sgr_layout_newline_after(layout, from)) {
        return true;
    }
    for (size_t i = 0; i < count; i++) {
        const struct sgr_expr *item = expr->u.list.items[i];
        if (sgr_layout_comment_between(layout, from, item->span.lo)) {
            return true;
        }
        from = item->span.hi;
    }
    return sgr_layout_comment_between(layout, from, expr->span.hi);
}

bool sgr_layout_open_args(const struct sgr_layout *layout, uint32_t from,
                          const struct sgr_arg *args, size_t count, uint32_t to)
{
    from = sgr_layout_find(layout, from, '(') + 1;
    if (count > 0 && sgr_layout_newline_after(layout, from)) {
        return true;
    }
    for (size_t i = 0; i < count; i++) {
        if (sgr_layout_comment_between(layout, from, args[i].value->span.lo)) {
            return true;
        }
        from = args[i].value->span.hi;
    }
    return sgr_layout_comment_between(layout, from, to);
}

uint32_t sgr_param_end(const struct sgr_param *param)
{
    return param->initial != NULL ? param->initial->span.hi
           : param->type != NULL  ? param->type->span.hi
                                  : param->name.span.hi;
}

bool sgr_layout_open_params(const struct sgr_layout *layout, uint32_t from,
                            const struct sgr_param *params, size_t count)
{
    from = sgr_layout_find(layout, from, '(') + 1;
    if (count > 0 && sgr_layout_newline_after(layout, from)) {
        return true;
    }
    for (size_t i = 0; i < count; i++) {
        if (sgr_layout_comment_between(layout, from, params[i].name.span.lo)) {
            return true;
        }
        from = sgr_param_end(&params[i]);
    }
    return sgr_layout_comment_between(layout, from, sgr_layout_find(layout, from, ')'));
}

static bool open_gap(const struct sgr_layout *layout, uint32_t from, uint32_t to)
{
    return sgr_layout_newline_between(layout, from, to) ||
           sgr_layout_comment_between(layout, from, to);
}

bool sgr_layout_open_block(const struct sgr_layout *layout, const struct sgr_block *block)
{
    uint32_t from = block->span.lo + 1;
    for (size_t i = 0; i < block->count; i++) {
        if (open_gap(layout, from, block->entries[i].span.lo)) {
            return true;
        }
        from = block->entries[i].span.hi;
    }
    return block->count > 0 ? open_gap(layout, from, block->span.hi)
                            : sgr_layout_comment_between(layout, from, block->span.hi);
}

bool sgr_layout_open_body(const struct sgr_layout *layout, const struct sgr_body *body)
{
    uint32_t from = body->span.lo + 1;
    for (size_t i = 0; i < body->count; i++) {
        if (open_gap(layout, from, body->stmts[i]->span.lo)) {
            return true;
        }
        from = body->stmts[i]->span.hi;
    }
    return body->count > 0 ? open_gap(layout, from, body->span.hi)
                           : sgr_layout_comment_between(layout, from, body->span.hi);
}

bool sgr_layout_broken_operator(const struct sgr_layout *layout, const struct sgr_expr *expr)
{
    sgr_span op = expr->u.binary.op_span;
    return sgr_layout_newline_before(layout, op.lo) || sgr_layout_newline_after(layout, op.hi) ||
           sgr_layout_comment_between(layout, expr->u.binary.left->span.hi, op.lo);
}

bool sgr_layout_broken_else(const struct sgr_layout *layout, const struct sgr_expr *expr)
{
    uint32_t from = expr->u.cond.then->span.hi;
    uint32_t at = sgr_layout_find(layout, from, 'e');
    return sgr_layout_newline_before(layout, at) || sgr_layout_newline_after(layout, at + 4) ||
           sgr_layout_comment_between(layout, from, at);
}
