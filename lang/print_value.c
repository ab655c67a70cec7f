/* Expressions over several lines. A piece is written flat if it fits and stood on one line; else
 * its brackets open, its operators begin lines, or it moves below the `=`. Must never end a line
 * where the grammar would see a separator. */
#include "lang/print_layout.h"

enum { CONTINUED = 4, ATOM_MAX = 40, FILL_MIN = 6 };

static struct sgr_width measure(struct sgr_layout *layout, const struct sgr_expr *expr,
                                enum sgr_binding least)
{
    struct sgr_buf scratch;
    struct sgr_flat flat = sgr_measure_begin(layout, &scratch);
    sgr_flat_expr(&flat, expr, least);
    return sgr_measure_end(&flat);
}

/* What opens its own brackets rather than those around it. */
static bool has_brackets(const struct sgr_expr *expr)
{
    switch (expr->kind) {
    case SGR_EXPR_LIST:
    case SGR_EXPR_RECORD:
    case SGR_EXPR_COMPREHENSION:
        return !expr->parens;
    default:
        return false;
    }
}

/* What stands on the first line at least when the brackets of a value open. */
static size_t head_width(struct sgr_layout *layout, const struct sgr_expr *expr)
{
    if (has_brackets(expr)) {
        return 1;
    }
    switch (expr->parens ? SGR_EXPR_NAME : expr->kind) {
    case SGR_EXPR_CALL:
        return head_width(layout, expr->u.call.callee) + 1;
    case SGR_EXPR_INDEX:
        return head_width(layout, expr->u.index.object);
    case SGR_EXPR_FIELD:
        if (expr->u.field.object->kind != SGR_EXPR_NAME) {
            return head_width(layout, expr->u.field.object);
        }
        break;
    default:
        break;
    }
    return measure(layout, expr, SGR_BIND_POSTFIX).columns;
}

static uint32_t arg_start(const struct sgr_arg *arg)
{
    return arg->name.text.len > 0 ? arg->name.span.lo : arg->value->span.lo;
}

static void close_line(struct sgr_layout *layout, uint32_t to, size_t base, bool *first,
                       const char *bracket)
{
    sgr_layout_comments(layout, to, base + SGR_INDENT, first);
    sgr_layout_line(layout, base);
    sgr_layout_write(layout, bracket);
}

/* ---- calls ---- */

static void write_arg(struct sgr_layout *layout, const struct sgr_arg *arg, size_t tail)
{
    if (arg->name.text.len > 0) {
        sgr_layout_str(layout, arg->name.text);
        sgr_layout_write(layout, " = ");
    }
    sgr_layout_expr(layout, arg->value, SGR_BIND_ANY, tail);
}

static void open_args(struct sgr_layout *layout, sgr_span span, const struct sgr_arg *args,
                      size_t count)
{
    size_t base = sgr_layout_base(layout);
    bool first = true;
    sgr_layout_write(layout, "(");
    sgr_layout_trailing(layout, sgr_layout_find(layout, span.lo, '(') + 1,
                        count > 0 ? arg_start(&args[0]) : span.hi);
    for (size_t i = 0; i < count; i++) {
        struct sgr_item item =
            sgr_item_begin(layout, arg_start(&args[i]), base + SGR_INDENT, &first);
        bool last = i + 1 == count;
        write_arg(layout, &args[i], 1);
        sgr_layout_write(layout, last ? "" : ",");
        sgr_item_end(layout, item, args[i].value->span.hi,
                     last ? span.hi : arg_start(&args[i + 1]));
    }
    close_line(layout, span.hi, base, &first, ")");
}

/* What follows the argument on the line where it ends, at least. */
static size_t args_tail(struct sgr_layout *layout, const struct sgr_arg *args, size_t count,
                        size_t i, size_t tail)
{
    size_t columns = 0;
    for (i++; i < count; i++) {
        if (has_brackets(args[i].value)) {
            return columns + sizeof ", {" - 1;
        }
        struct sgr_buf scratch;
        struct sgr_flat flat = sgr_measure_begin(layout, &scratch);
        sgr_flat_arg(&flat, &args[i]);
        struct sgr_width width = sgr_measure_end(&flat);
        columns += sizeof "," + width.columns;
        if (!width.whole) {
            return columns;
        }
    }
    return columns + tail + 1;
}

/* `f(a, {` ... `})` or `f({` ... `}, b)`: the only argument with brackets opens them, if the line
 * up to there fits. */
static bool opens_one(struct sgr_layout *layout, const struct sgr_arg *args, size_t count)
{
    size_t brackets = 0;
    for (size_t i = 0; i < count; i++) {
        brackets += has_brackets(args[i].value);
    }
    size_t columns = sgr_layout_column(layout) + 1;
    for (size_t i = 0; brackets == 1 && i < count; i++) {
        if (has_brackets(args[i].value)) {
            return (i == 0 || i + 1 == count) &&
                   columns + args[i].name.text.len + sizeof " = " <= SGR_LINE_MAX;
        }
        struct sgr_buf scratch;
        struct sgr_flat flat = sgr_measure_begin(layout, &scratch);
        sgr_flat_arg(&flat, &args[i]);
        columns += sizeof "," + sgr_measure_end(&flat).columns;
    }
    return count == 1 && args[0].value->kind == SGR_EXPR_STRING;
}

void sgr_layout_args(struct sgr_layout *layout, sgr_span span, const struct sgr_arg *args,
                     size_t count, size_t tail)
{
    struct sgr_buf scratch;
    struct sgr_flat flat = sgr_measure_begin(layout, &scratch);
    sgr_flat_args(&flat, span, args, count);
    struct sgr_width width = sgr_measure_end(&flat);
    bool fits = sgr_layout_fits(layout, width, tail);
    if (fits && width.whole) {
        flat = sgr_layout_flat(layout);
        sgr_flat_args(&flat, span, args, count);
        return;
    }
    if (sgr_layout_open_args(layout, span.lo, args, count, span.hi) ||
        ((width.whole || !fits) && !opens_one(layout, args, count))) {
        open_args(layout, span, args, count);
        return;
    }
    sgr_layout_write(layout, "(");
    for (size_t i = 0; i < count; i++) {
        write_arg(layout, &args[i], args_tail(layout, args, count, i, tail));
        sgr_layout_write(layout, i + 1 < count ? ", " : "");
    }
    sgr_layout_write(layout, ")");
}

void sgr_layout_params(struct sgr_layout *layout, uint32_t from, const struct sgr_param *params,
                       size_t count, size_t tail)
{
    struct sgr_buf scratch;
    struct sgr_flat flat = sgr_measure_begin(layout, &scratch);
    sgr_flat_params(&flat, from, params, count);
    struct sgr_width width = sgr_measure_end(&flat);
    flat = sgr_layout_flat(layout);
    if (count == 0 || (width.whole && sgr_layout_fits(layout, width, tail))) {
        sgr_flat_params(&flat, from, params, count);
        return;
    }
    size_t base = sgr_layout_base(layout);
    bool first = true;
    sgr_layout_write(layout, "(");
    sgr_layout_trailing(layout, sgr_layout_find(layout, from, '(') + 1, params[0].name.span.lo);
    for (size_t i = 0; i < count; i++) {
        struct sgr_item item =
            sgr_item_begin(layout, params[i].name.span.lo, base + SGR_INDENT, &first);
        bool last = i + 1 == count;
        uint32_t end = sgr_param_end(&params[i]);
        sgr_flat_param(&flat, &params[i]);
        sgr_layout_write(layout, last ? "" : ",");
        sgr_item_end(layout, item, end,
                     last ? sgr_layout_find(layout, end, ')') : params[i + 1].name.span.lo);
    }
    close_line(layout, sgr_layout_find(layout, sgr_param_end(&params[count - 1]), ')'), base,
               &first, ")");
}

/* ---- lists ---- */

static bool is_atom(const struct sgr_expr *expr)
{
    return expr->kind >= SGR_EXPR_BOOL && expr->kind <= SGR_EXPR_NAME && !expr->parens &&
           expr->span.hi - expr->span.lo <= ATOM_MAX;
}

/* Many short literals share lines, unless each had its own. */
static bool fills(const struct sgr_layout *layout, const struct sgr_expr *expr)
{
    size_t count = expr->u.list.count;
    struct sgr_expr *const *items = expr->u.list.items;
    if (count < FILL_MIN || sgr_layout_comment_between(layout, expr->span.lo, expr->span.hi) ||
        sgr_layout_newline_between(layout, items[0]->span.hi, items[1]->span.lo)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (!is_atom(items[i])) {
            return false;
        }
    }
    return true;
}

static void fill_list(struct sgr_layout *layout, const struct sgr_expr *expr)
{
    size_t base = sgr_layout_base(layout), count = expr->u.list.count;
    struct sgr_flat flat = sgr_layout_flat(layout);
    sgr_layout_write(layout, "[");
    sgr_layout_line(layout, base + SGR_INDENT);
    for (size_t i = 0; i < count; i++) {
        const struct sgr_expr *item = expr->u.list.items[i];
        struct sgr_width width = measure(layout, item, SGR_BIND_ANY);
        if (i > 0 && !sgr_layout_fits(layout, width, 2)) {
            sgr_layout_line(layout, base + SGR_INDENT);
        } else if (i > 0) {
            sgr_layout_write(layout, " ");
        }
        sgr_flat_expr(&flat, item, SGR_BIND_ANY);
        sgr_layout_write(layout, i + 1 < count ? "," : "");
    }
    sgr_layout_line(layout, base);
    sgr_layout_write(layout, "]");
}

static void open_list(struct sgr_layout *layout, const struct sgr_expr *expr)
{
    size_t base = sgr_layout_base(layout), count = expr->u.list.count;
    struct sgr_expr *const *items = expr->u.list.items;
    bool first = true;
    sgr_layout_write(layout, "[");
    sgr_layout_trailing(layout, expr->span.lo + 1, count > 0 ? items[0]->span.lo : expr->span.hi);
    for (size_t i = 0; i < count; i++) {
        struct sgr_item item = sgr_item_begin(layout, items[i]->span.lo, base + SGR_INDENT, &first);
        bool last = i + 1 == count;
        sgr_layout_expr(layout, items[i], SGR_BIND_ANY, 1);
        sgr_layout_write(layout, last ? "" : ",");
        sgr_item_end(layout, item, items[i]->span.hi, last ? expr->span.hi : items[i + 1]->span.lo);
    }
    close_line(layout, expr->span.hi, base, &first, "]");
}

static void list(struct sgr_layout *layout, const struct sgr_expr *expr, struct sgr_width width,
                 size_t tail)
{
    bool open = sgr_layout_open_list(layout, expr),
         single = expr->u.list.count == 1 && has_brackets(expr->u.list.items[0]);
    if (fills(layout, expr)) {
        fill_list(layout, expr);
        return;
    }
    if (open || (!single && (width.whole || !sgr_layout_fits(layout, width, tail)))) {
        open_list(layout, expr);
        return;
    }
    sgr_layout_write(layout, "[");
    for (size_t i = 0; i < expr->u.list.count; i++) {
        bool last = i + 1 == expr->u.list.count;
        sgr_layout_expr(layout, expr->u.list.items[i], SGR_BIND_ANY, last ? tail + 1 : 1);
        sgr_layout_write(layout, last ? "" : ", ");
    }
    sgr_layout_write(layout, "]");
}

static void comprehension_for(struct sgr_layout *layout, const struct sgr_expr *expr)
{
    struct sgr_flat flat = sgr_layout_flat(layout);
    sgr_layout_write(layout, "for ");
    sgr_flat_names(&flat, expr->u.comp.loop);
    sgr_layout_write(layout, " in ");
    sgr_layout_expr(layout, expr->u.comp.source, SGR_BIND_ANY, 1);
}

/* Whether `item for x in xs` shares a line: where the text had it so, and it fits. */
static bool joins_for(struct sgr_layout *layout, const struct sgr_expr *expr)
{
    const struct sgr_expr *item = expr->u.comp.item, *source = expr->u.comp.source;
    struct sgr_buf scratch;
    if (!sgr_layout_newline_after(layout, expr->span.lo + 1) ||
        sgr_layout_newline_between(layout, item->span.hi, source->span.lo)) {
        return false;
    }
    struct sgr_flat flat = sgr_measure_begin(layout, &scratch);
    sgr_flat_expr(&flat, item, SGR_BIND_ANY);
    sgr_flat_text(&flat, " for ");
    sgr_flat_names(&flat, expr->u.comp.loop);
    sgr_flat_text(&flat, " in ");
    sgr_flat_expr(&flat, source, SGR_BIND_ANY);
    struct sgr_width width = sgr_measure_end(&flat);
    return width.whole && sgr_layout_fits(layout, width, 0);
}

static void write_filter(struct sgr_layout *layout, const struct sgr_expr *expr, size_t indent)
{
    const struct sgr_expr *filter = expr->u.comp.filter;
    struct sgr_width width = measure(layout, filter, SGR_BIND_ANY);
    width.columns += sizeof " if";
    bool same = !sgr_layout_newline_between(layout, expr->u.comp.source->span.hi, filter->span.lo);
    if (same && width.whole && sgr_layout_fits(layout, width, 0)) {
        sgr_layout_write(layout, " if ");
    } else {
        sgr_layout_inner_comments(layout, filter->span.lo, indent);
        sgr_layout_line(layout, indent);
        sgr_layout_write(layout, "if ");
    }
    sgr_layout_expr(layout, filter, SGR_BIND_ANY, 0);
}

static void open_comprehension(struct sgr_layout *layout, const struct sgr_expr *expr)
{
    size_t base = sgr_layout_base(layout), indent = base + SGR_INDENT, outer = layout->indent;
    bool first = true;
    sgr_layout_write(layout, "[");
    sgr_layout_trailing(layout, expr->span.lo + 1, expr->u.comp.item->span.lo);
    struct sgr_item item = sgr_item_begin(layout, expr->u.comp.item->span.lo, indent, &first);
    bool joined = joins_for(layout, expr);
    sgr_layout_expr(layout, expr->u.comp.item, SGR_BIND_ANY, 0);
    sgr_item_end(layout, item, expr->u.comp.item->span.hi, expr->u.comp.source->span.lo);
    layout->indent = indent;
    if (joined) {
        sgr_layout_write(layout, " ");
    } else {
        sgr_layout_comments(layout, expr->u.comp.source->span.lo, indent, &first);
        sgr_layout_line(layout, indent);
    }
    comprehension_for(layout, expr);
    if (expr->u.comp.filter != NULL) {
        write_filter(layout, expr, indent);
    }
    sgr_layout_inner_comments(layout, expr->span.hi, indent);
    layout->indent = outer;
    close_line(layout, expr->span.hi, base, &first, "]");
}

static void comprehension(struct sgr_layout *layout, const struct sgr_expr *expr,
                          struct sgr_width width, size_t tail)
{
    if (sgr_layout_open_list(layout, expr) || width.whole ||
        !sgr_layout_fits(layout, width, tail)) {
        open_comprehension(layout, expr);
        return;
    }
    sgr_layout_write(layout, "[");
    sgr_layout_expr(layout, expr->u.comp.item, SGR_BIND_ANY, 1);
    sgr_layout_write(layout, " ");
    comprehension_for(layout, expr);
    if (expr->u.comp.filter != NULL) {
        sgr_layout_write(layout, " if ");
        sgr_layout_expr(layout, expr->u.comp.filter, SGR_BIND_ANY, tail + 1);
    }
    sgr_layout_write(layout, "]");
}

/* ---- operators ---- */

static void binary(struct sgr_layout *layout, const struct sgr_expr *expr,
                   enum sgr_binding own_least, struct sgr_width width, size_t tail)
{
    SGR_VEC(const struct sgr_expr *) links = {0};
    enum sgr_operator op = expr->u.binary.op;
    enum sgr_binding own = sgr_operator_binding(op);
    const struct sgr_expr *first = expr;
    bool broken = false;
    do {
        sgr_vec_push(&links, first);
        broken = broken || sgr_layout_broken_operator(layout, first);
        first = first->u.binary.left;
    } while (sgr_left_binding(op) == own && first->kind == SGR_EXPR_BINARY && !first->parens &&
             sgr_operator_binding(first->u.binary.op) == own);
    bool all = !broken && (width.whole || !sgr_layout_fits(layout, width, tail));
    size_t outer = layout->indent, base = sgr_layout_base(layout), line = layout->line_start;
    size_t indent = (sgr_layout_column(layout) == base ? base + SGR_INDENT : outer + CONTINUED) +
                    layout->deeper;
    size_t deeper = layout->deeper;
    layout->deeper += all || broken ? SGR_INDENT : 0;
    sgr_layout_expr(layout, first, sgr_left_binding(op), 1);
    layout->deeper = 0;
    for (size_t i = links.len; i > 0; i--) {
        const struct sgr_expr *link = links.at[i - 1], *right = link->u.binary.right;
        enum sgr_binding least = i == 1 ? sgr_right_least(link, own_least) : sgr_right_binding(op);
        struct sgr_width next = measure(layout, right, least);
        next.columns += 2 + strlen(sgr_operator_text(link->u.binary.op));
        bool fits = sgr_layout_fits(layout, next, tail);
        /* Behind a closing bracket one operator goes on. */
        bool closed = links.len == 1 && layout->line_start != line && fits;
        if ((all && !closed) || sgr_layout_broken_operator(layout, link) || (broken && !fits)) {
            sgr_layout_inner_comments(layout, right->span.lo, indent);
            sgr_layout_line(layout, indent);
            layout->indent = indent - SGR_INDENT;
        } else {
            sgr_layout_write(layout, " ");
        }
        sgr_layout_write(layout, sgr_operator_text(link->u.binary.op));
        sgr_layout_write(layout, " ");
        sgr_layout_expr(layout, right, least, i > 1 ? 1 : tail);
        layout->indent = outer;
    }
    layout->deeper = deeper;
    sgr_vec_release(&links);
}

static bool is_else_if(const struct sgr_expr *expr)
{
    return expr->u.cond.otherwise->kind == SGR_EXPR_IF && !expr->u.cond.otherwise->parens;
}

static bool any_broken_else(const struct sgr_layout *layout, const struct sgr_expr *expr)
{
    while (!sgr_layout_broken_else(layout, expr)) {
        if (!is_else_if(expr)) {
            return false;
        }
        expr = expr->u.cond.otherwise;
    }
    return true;
}

/* Whether ` then value` follows its condition: it fits, or its brackets open because it fits
 * nowhere. */
static bool then_follows(struct sgr_layout *layout, const struct sgr_expr *then, size_t edge,
                         size_t tail)
{
    struct sgr_width width = measure(layout, then, SGR_BIND_ANY);
    width.columns += sizeof " then";
    if (sgr_layout_fits(layout, width, tail)) {
        return true;
    }
    bool fits_below = width.whole && edge + SGR_INDENT + width.columns + tail <= SGR_LINE_MAX + 1;
    bool opens = has_brackets(then) || (then->kind == SGR_EXPR_CALL && !then->parens);
    return opens && !fits_below &&
           sgr_layout_column(layout) + sizeof " then" + head_width(layout, then) <= SGR_LINE_MAX;
}

/* Whether the line being written begins with a closing bracket. */
static bool closes_line(const struct sgr_layout *layout)
{
    size_t at = layout->line_start + sgr_layout_base(layout);
    return at < layout->out->len && strchr("})]", layout->out->ptr[at]) != NULL;
}

static void write_otherwise(struct sgr_layout *layout, const struct sgr_expr *expr, bool broken,
                            bool closed, size_t edge)
{
    if (!broken) {
        sgr_layout_write(layout, " else ");
        return;
    }
    uint32_t at = sgr_layout_find(layout, expr->u.cond.then->span.hi, 'e');
    if (closed && !sgr_layout_pending(layout, at)) {
        sgr_layout_write(layout, " else ");
        return;
    }
    sgr_layout_inner_comments(layout, at, edge);
    sgr_layout_line(layout, edge);
    sgr_layout_write(layout, "else ");
}

static void condition(struct sgr_layout *layout, const struct sgr_expr *expr,
                      struct sgr_width width, size_t tail)
{
    size_t base = sgr_layout_base(layout);
    bool at_start = sgr_layout_column(layout) == base, chain = is_else_if(expr);
    size_t edge = at_start ? base : layout->indent + CONTINUED;
    bool broken =
        width.whole || !sgr_layout_fits(layout, width, tail) || any_broken_else(layout, expr);
    for (;; expr = expr->u.cond.otherwise) {
        sgr_layout_write(layout, "if ");
        sgr_layout_expr(layout, expr->u.cond.test, SGR_BIND_ANY, sizeof "then");
        size_t room = broken ? 0 : sizeof "else";
        if (then_follows(layout, expr->u.cond.then, edge, room)) {
            sgr_layout_write(layout, " then ");
        } else {
            /* `then` and `else` below each other, deeper than the `if`. */
            edge = chain || !at_start ? edge : base + SGR_INDENT;
            sgr_layout_line(layout, chain ? edge + SGR_INDENT : edge);
            sgr_layout_write(layout, "then ");
        }
        size_t line = layout->line_start;
        sgr_layout_expr(layout, expr->u.cond.then, SGR_BIND_ANY, room);
        write_otherwise(layout, expr, broken, layout->line_start != line && closes_line(layout),
                        edge);
        if (!is_else_if(expr)) {
            sgr_layout_expr(layout, expr->u.cond.otherwise, SGR_BIND_ANY, tail);
            return;
        }
    }
}

/* ---- behind an `=` or an arrow ---- */

static bool goes_below(struct sgr_layout *layout, const struct sgr_expr *value,
                       struct sgr_width width, bool below, size_t tail)
{
    bool fits_here = sgr_layout_fits(layout, width, tail);
    bool fits_below = layout->indent + SGR_INDENT + width.columns + tail <= SGR_LINE_MAX + 1;
    if (sgr_layout_value_below(layout, value)) {
        return true;
    }
    if (width.whole && fits_here) {
        return false;
    }
    switch (value->parens ? SGR_EXPR_CALL : value->kind) {
    case SGR_EXPR_IF:
        return width.whole || !fits_here || any_broken_else(layout, value);
    case SGR_EXPR_BINARY:
        return width.whole || !fits_here;
    case SGR_EXPR_RECORD:
    case SGR_EXPR_LIST:
        return false;
    default:
        return below && (width.whole ? fits_below || sgr_layout_column(layout) + 1 +
                                                             head_width(layout, value) >
                                                         SGR_LINE_MAX
                                     : !fits_here);
    }
}

static void write_value(struct sgr_layout *layout, const struct sgr_expr *value, bool below,
                        size_t tail)
{
    struct sgr_width width = measure(layout, value, SGR_BIND_ANY);
    width.columns++;
    if (goes_below(layout, value, width, below, tail)) {
        sgr_layout_inner_comments(layout, value->span.lo, layout->indent + SGR_INDENT);
        sgr_layout_line(layout, layout->indent + SGR_INDENT);
    } else {
        sgr_layout_write(layout, " ");
    }
    sgr_layout_expr(layout, value, SGR_BIND_ANY, tail);
}

void sgr_layout_value(struct sgr_layout *layout, const struct sgr_expr *value, bool below)
{
    write_value(layout, value, below, 0);
}

/* ---- any expression ---- */

static void postfix(struct sgr_layout *layout, const struct sgr_expr *expr, size_t tail)
{
    if (expr->kind == SGR_EXPR_FIELD) {
        sgr_layout_expr(layout, expr->u.field.object, SGR_BIND_POSTFIX,
                        expr->u.field.name.text.len + 1);
        sgr_layout_write(layout, ".");
        sgr_layout_str(layout, expr->u.field.name.text);
    } else if (expr->kind == SGR_EXPR_INDEX) {
        sgr_layout_expr(layout, expr->u.index.object, SGR_BIND_POSTFIX, 2);
        sgr_layout_write(layout, "[");
        sgr_layout_expr(layout, expr->u.index.key, SGR_BIND_ANY, tail + 1);
        sgr_layout_write(layout, "]");
    } else {
        const struct sgr_expr *callee = expr->u.call.callee;
        sgr_layout_expr(layout, callee, SGR_BIND_POSTFIX, 1);
        sgr_layout_args(layout, (sgr_span){expr->span.file, callee->span.hi, expr->span.hi},
                        expr->u.call.args, expr->u.call.count, tail);
    }
}

static void broken(struct sgr_layout *layout, const struct sgr_expr *expr, enum sgr_binding least,
                   struct sgr_width width, size_t tail)
{
    struct sgr_flat flat = sgr_layout_flat(layout);
    switch (expr->kind) {
    case SGR_EXPR_STRING:
        sgr_layout_string(layout, expr);
        break;
    case SGR_EXPR_FIELD:
    case SGR_EXPR_INDEX:
    case SGR_EXPR_CALL:
        postfix(layout, expr, tail);
        break;
    case SGR_EXPR_UNARY:
        sgr_layout_write(layout, expr->u.unary.op == SGR_OP_NOT ? "not " : "-");
        sgr_layout_expr(layout, expr->u.unary.operand, sgr_operator_binding(expr->u.unary.op),
                        tail);
        break;
    case SGR_EXPR_BINARY:
        binary(layout, expr, least, width, tail);
        break;
    case SGR_EXPR_IF:
        condition(layout, expr, width, tail);
        break;
    case SGR_EXPR_LIST:
        list(layout, expr, width, tail);
        break;
    case SGR_EXPR_COMPREHENSION:
        comprehension(layout, expr, width, tail);
        break;
    case SGR_EXPR_RECORD:
        sgr_layout_block(layout, expr->u.record, ",", tail);
        break;
    case SGR_EXPR_FN:
        sgr_layout_write(layout, "fn ");
        sgr_layout_params(layout, expr->span.lo, expr->u.fn.params, expr->u.fn.count, sizeof "=>");
        sgr_layout_write(layout, " =>");
        write_value(layout, expr->u.fn.body, true, tail);
        break;
    default:
        sgr_flat_expr(&flat, expr, SGR_BIND_ANY);
        break;
    }
}

static void in_parens(struct sgr_layout *layout, const struct sgr_expr *expr, size_t tail)
{
    struct sgr_expr inner = *expr;
    size_t base = sgr_layout_base(layout), outer = layout->indent, deeper = layout->deeper;
    bool first = true;
    inner.parens = false;
    layout->deeper = 0;
    sgr_layout_write(layout, "(");
    if (sgr_layout_open_parens(layout, expr)) {
        layout->indent = base + SGR_INDENT;
        sgr_layout_comments(layout, expr->span.lo, base + SGR_INDENT, &first);
        sgr_layout_line(layout, base + SGR_INDENT);
        sgr_layout_expr(layout, &inner, SGR_BIND_ANY, 0);
        sgr_layout_line(layout, base);
    } else {
        layout->indent = base;
        sgr_layout_expr(layout, &inner, SGR_BIND_ANY, tail + 1);
    }
    layout->indent = outer;
    layout->deeper = deeper;
    sgr_layout_write(layout, ")");
}

void sgr_layout_expr(struct sgr_layout *layout, const struct sgr_expr *expr, enum sgr_binding least,
                     size_t tail)
{
    struct sgr_width width = measure(layout, expr, least);
    if (width.whole && sgr_layout_fits(layout, width, tail)) {
        struct sgr_flat flat = sgr_layout_flat(layout);
        sgr_flat_expr(&flat, expr, least);
    } else if (sgr_expr_parens(expr, least)) {
        in_parens(layout, expr, tail);
    } else {
        broken(layout, expr, least, width, tail);
    }
}

void sgr_layout_unmark(struct sgr_layout *layout, size_t mark, const struct sgr_expr *value)
{
    struct sgr_buf *out = layout->out;
    const char *end = memchr(out->ptr + mark, '\n', out->len - mark);
    bool string = value != NULL && value->kind == SGR_EXPR_STRING && end != NULL && end[-1] == '"';
    if (end != NULL && !string) {
        out->ptr[mark + 1] = SGR_MARK_NONE;
    }
}
