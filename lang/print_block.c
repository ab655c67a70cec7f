/* Blocks and bodies: an entry or a statement a line, or all on one where the text had it so. Must
 * never join what stood on several lines. */
#include "lang/print_layout.h"

/* ---- runs of lines whose `=` or `{` will be aligned ---- */

struct run {
    size_t end; /* index behind its last member */
    size_t widest;
};

/* Nothing but the line end stands between two neighbours. */
static bool adjacent(const struct sgr_layout *layout, sgr_span above, sgr_span below)
{
    for (uint32_t at = above.hi; at < below.lo; at++) {
        if (layout->text.ptr[at] == '\n') {
            return !sgr_layout_blank_before(layout, below.lo) &&
                   !sgr_layout_comment_between(layout, at, below.hi);
        }
    }
    return !sgr_layout_comment_between(layout, above.hi, below.hi);
}

static size_t key_width(const struct sgr_entry *entry)
{
    return entry->key_expr != NULL ? entry->key_expr->span.hi - entry->key_expr->span.lo
                                   : entry->key.text.len;
}

static void entry_padding(struct sgr_layout *layout, const struct sgr_block *block, size_t i,
                          struct run *run)
{
    const struct sgr_entry *entries = block->entries;
    if (i >= run->end) {
        run->widest = key_width(&entries[i]);
        for (run->end = i + 1;
             run->end < block->count && entries[run->end].kind == entries[i].kind &&
             adjacent(layout, entries[run->end - 1].span, entries[run->end].span);
             run->end++) {
            size_t width = key_width(&entries[run->end]);
            run->widest = width > run->widest ? width : run->widest;
        }
    }
    layout->padded_line = layout->line_start;
    layout->padding = run->widest - key_width(&entries[i]);
}

static size_t let_width(const struct sgr_stmt *stmt)
{
    return (stmt->type != NULL ? stmt->type->span.hi : stmt->name.span.hi) - stmt->span.lo;
}

static void let_padding(struct sgr_layout *layout, const struct sgr_body *body, size_t i,
                        struct run *run)
{
    struct sgr_stmt *const *stmts = body->stmts;
    if (i >= run->end) {
        run->widest = let_width(stmts[i]);
        for (run->end = i + 1; run->end < body->count && stmts[run->end]->kind == SGR_STMT_LET &&
                               adjacent(layout, stmts[run->end - 1]->span, stmts[run->end]->span);
             run->end++) {
            size_t width = let_width(stmts[run->end]);
            run->widest = width > run->widest ? width : run->widest;
        }
    }
    layout->padded_line = layout->line_start;
    layout->padding = run->widest - let_width(stmts[i]);
}

/* ---- entries ---- */

/* `else` goes on behind a `}` of its own line, else it begins one. */
static void write_else(struct sgr_layout *layout, bool open, uint32_t at)
{
    size_t base = layout->indent;
    if (open && !sgr_layout_pending(layout, at)) {
        sgr_layout_write(layout, " else ");
        return;
    }
    sgr_layout_inner_comments(layout, at, base);
    sgr_layout_line(layout, base);
    sgr_layout_write(layout, "else ");
}

static bool entry_flat(struct sgr_layout *layout, const struct sgr_entry *entry,
                       const char *separator)
{
    struct sgr_buf scratch;
    struct sgr_flat flat = sgr_measure_begin(layout, &scratch);
    sgr_flat_entry(&flat, entry, separator);
    struct sgr_width width = sgr_measure_end(&flat);
    if (!width.whole || !sgr_layout_fits(layout, width, 0)) {
        return false;
    }
    flat = sgr_layout_flat(layout);
    sgr_flat_entry(&flat, entry, separator);
    return true;
}

static void marked_entry(struct sgr_layout *layout, const struct sgr_entry *entry,
                         const char *separator)
{
    bool attr = entry->kind == SGR_ENTRY_ATTR;
    struct sgr_flat flat = sgr_layout_flat(layout);
    if (attr) {
        sgr_flat_entry_head(&flat, entry);
    } else {
        sgr_layout_str(layout, entry->key.text);
    }
    size_t mark = layout->out->len;
    sgr_layout_mark(layout, attr ? SGR_MARK_VALUE : SGR_MARK_BLOCK);
    if (attr) {
        sgr_layout_write(layout, " =");
        sgr_layout_value(layout, entry->value, false);
    } else {
        sgr_layout_write(layout, " ");
        sgr_layout_block(layout, entry->block, ";", 0);
    }
    (void)separator;
    sgr_layout_unmark(layout, mark, entry->value);
}

static void conditional_entry(struct sgr_layout *layout, const struct sgr_entry *entry,
                              const char *separator)
{
    for (;;) {
        struct sgr_flat head = sgr_layout_head(layout);
        sgr_flat_entry_head(&head, entry);
        bool open = sgr_layout_block(layout, entry->block, separator, 0);
        const struct sgr_block *otherwise = entry->otherwise;
        if (otherwise == NULL) {
            return;
        }
        write_else(layout, open, otherwise->span.lo);
        if (!sgr_else_if_entry(otherwise)) {
            sgr_layout_block(layout, otherwise, separator, 0);
            return;
        }
        entry = &otherwise->entries[0];
    }
}

/* The sentence stands on a line of its own where the whole does not fit on one. */
static void require_entry(struct sgr_layout *layout, const struct sgr_entry *entry)
{
    size_t tail = entry->else_no_signal ? sizeof " else no_signal" - 1 : 0;
    size_t base = sgr_layout_base(layout);
    sgr_layout_expr(layout, entry->value, SGR_BIND_ANY, tail);
    sgr_layout_write(layout, entry->else_no_signal ? " else no_signal" : "");
    if (entry->target != NULL) {
        sgr_layout_inner_comments(layout, entry->target->span.lo, base + 2);
        sgr_layout_line(layout, base + 2);
        sgr_layout_write(layout, "else ");
        sgr_layout_expr(layout, entry->target, SGR_BIND_ANY, 0);
    }
}

static void write_entry(struct sgr_layout *layout, const struct sgr_entry *entry,
                        const char *separator)
{
    if (entry->kind == SGR_ENTRY_ATTR || entry->kind == SGR_ENTRY_BLOCK) {
        marked_entry(layout, entry, separator);
        return;
    }
    if (entry_flat(layout, entry, separator)) {
        return;
    }
    if (entry->kind == SGR_ENTRY_IF) {
        conditional_entry(layout, entry, separator);
        return;
    }
    struct sgr_flat head = sgr_layout_head(layout);
    sgr_flat_entry_head(&head, entry);
    if (entry->kind == SGR_ENTRY_FAULT) {
        sgr_span span = {entry->span.file, entry->key.span.hi,
                         entry->target != NULL ? entry->target->span.lo : entry->span.hi};
        sgr_layout_args(layout, span, entry->args, entry->arg_count, 0);
        if (entry->target != NULL) {
            sgr_layout_write(layout, " for ");
            sgr_layout_expr(layout, entry->target, SGR_BIND_ANY, 0);
        }
    } else if (entry->kind == SGR_ENTRY_GIVEN) {
        sgr_layout_write(layout, " =");
        sgr_layout_value(layout, entry->value, false);
    } else if (entry->body != NULL) {
        sgr_layout_body(layout, entry->body);
    } else if (entry->block != NULL) {
        sgr_layout_block(layout, entry->block, entry->kind == SGR_ENTRY_RUN ? "," : separator, 0);
    } else if (entry->kind == SGR_ENTRY_REQUIRE) {
        require_entry(layout, entry);
    } else if (entry->value != NULL) {
        sgr_layout_expr(layout, entry->value, SGR_BIND_ANY, 0);
    }
}

bool sgr_layout_block(struct sgr_layout *layout, const struct sgr_block *block,
                      const char *separator, size_t tail)
{
    struct sgr_buf scratch;
    struct sgr_flat flat = sgr_measure_begin(layout, &scratch);
    sgr_flat_block(&flat, block, separator);
    struct sgr_width width = sgr_measure_end(&flat);
    if (width.whole && (block->count == 0 || sgr_layout_fits(layout, width, tail))) {
        flat = sgr_layout_flat(layout);
        sgr_flat_block(&flat, block, separator);
        return false;
    }
    size_t base = sgr_layout_base(layout);
    struct run run = {0};
    bool first = true;
    sgr_layout_write(layout, "{");
    sgr_layout_trailing(layout, block->span.lo + 1,
                        block->count > 0 ? block->entries[0].span.lo : block->span.hi);
    for (size_t i = 0; i < block->count; i++) {
        const struct sgr_entry *entry = &block->entries[i];
        struct sgr_item item = sgr_item_begin(layout, entry->span.lo, base + SGR_INDENT, &first);
        if (entry->kind == SGR_ENTRY_ATTR || entry->kind == SGR_ENTRY_BLOCK) {
            entry_padding(layout, block, i, &run);
        }
        write_entry(layout, entry, separator);
        sgr_item_end(layout, item, entry->span.hi,
                     i + 1 < block->count ? entry[1].span.lo : block->span.hi);
    }
    sgr_layout_comments(layout, block->span.hi, base + SGR_INDENT, &first);
    sgr_layout_line(layout, base);
    sgr_layout_write(layout, "}");
    return true;
}

/* ---- statements ---- */

static bool stmt_flat(struct sgr_layout *layout, const struct sgr_stmt *stmt)
{
    struct sgr_buf scratch;
    struct sgr_flat flat = sgr_measure_begin(layout, &scratch);
    sgr_flat_stmt(&flat, stmt);
    struct sgr_width width = sgr_measure_end(&flat);
    if (!width.whole || !sgr_layout_fits(layout, width, 0)) {
        return false;
    }
    flat = sgr_layout_flat(layout);
    sgr_flat_stmt(&flat, stmt);
    return true;
}

static void write_let(struct sgr_layout *layout, const struct sgr_stmt *stmt)
{
    struct sgr_flat flat = sgr_layout_flat(layout);
    sgr_flat_stmt_head(&flat, stmt);
    size_t mark = layout->out->len;
    sgr_layout_mark(layout, SGR_MARK_LET);
    sgr_layout_write(layout, " =");
    sgr_layout_value(layout, stmt->value, false);
    sgr_layout_unmark(layout, mark, stmt->value);
}

static void write_stmt(struct sgr_layout *layout, const struct sgr_stmt *stmt)
{
    if (stmt->kind == SGR_STMT_LET) {
        write_let(layout, stmt);
        return;
    }
    if (stmt_flat(layout, stmt)) {
        return;
    }
    for (;;) {
        struct sgr_flat head = sgr_layout_head(layout);
        sgr_flat_stmt_head(&head, stmt);
        if (stmt->kind == SGR_STMT_VERB && stmt->operands.block != NULL) {
            sgr_layout_block(layout, stmt->operands.block, ",", 0);
        }
        if (stmt->kind == SGR_STMT_CALL) {
            sgr_layout_expr(layout, stmt->value, SGR_BIND_ANY, 0);
        }
        if (stmt->body == NULL) {
            return;
        }
        bool open = sgr_layout_body(layout, stmt->body);
        if (stmt->otherwise == NULL) {
            return;
        }
        write_else(layout, open, stmt->otherwise->span.lo);
        if (stmt->kind == SGR_STMT_ATTEMPT && stmt->name.text.len > 0) {
            sgr_layout_str(layout, stmt->name.text);
            sgr_layout_write(layout, " ");
        }
        if (stmt->kind != SGR_STMT_IF || !sgr_else_if_stmt(stmt->otherwise)) {
            sgr_layout_body(layout, stmt->otherwise);
            return;
        }
        stmt = stmt->otherwise->stmts[0];
    }
}

bool sgr_layout_body(struct sgr_layout *layout, const struct sgr_body *body)
{
    struct sgr_buf scratch;
    struct sgr_flat flat = sgr_measure_begin(layout, &scratch);
    sgr_flat_body(&flat, body);
    struct sgr_width width = sgr_measure_end(&flat);
    if (width.whole && (body->count == 0 || sgr_layout_fits(layout, width, 0))) {
        flat = sgr_layout_flat(layout);
        sgr_flat_body(&flat, body);
        return false;
    }
    size_t base = sgr_layout_base(layout);
    struct run run = {0};
    bool first = true;
    sgr_layout_write(layout, "{");
    sgr_layout_trailing(layout, body->span.lo + 1,
                        body->count > 0 ? body->stmts[0]->span.lo : body->span.hi);
    for (size_t i = 0; i < body->count; i++) {
        const struct sgr_stmt *stmt = body->stmts[i];
        struct sgr_item item = sgr_item_begin(layout, stmt->span.lo, base + SGR_INDENT, &first);
        if (stmt->kind == SGR_STMT_LET) {
            let_padding(layout, body, i, &run);
        }
        write_stmt(layout, stmt);
        sgr_item_end(layout, item, stmt->span.hi,
                     i + 1 < body->count ? body->stmts[i + 1]->span.lo : body->span.hi);
    }
    sgr_layout_comments(layout, body->span.hi, base + SGR_INDENT, &first);
    sgr_layout_line(layout, base);
    sgr_layout_write(layout, "}");
    return true;
}
