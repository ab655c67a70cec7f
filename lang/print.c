/* The formatter: declarations one below the other in the canonical layout. Must keep every comment
 * once and never change what the text means. */
#include "lang/print_layout.h"

enum { ROUNDS_MAX = 8 };

static void decl_list(struct sgr_layout *layout, struct sgr_decl *const *decls, size_t count,
                      size_t indent, uint32_t end, bool *first);

/* Whether `(` follows, as after a metric without parameters. */
static bool has_parens(const struct sgr_layout *layout, uint32_t at)
{
    while (at < layout->text.len && (layout->text.ptr[at] == ' ' || layout->text.ptr[at] == '\t')) {
        at++;
    }
    return at < layout->text.len && layout->text.ptr[at] == '(';
}

static void write_type(struct sgr_layout *layout, const struct sgr_type_expr *type)
{
    struct sgr_flat flat = sgr_layout_flat(layout);
    if (type != NULL) {
        sgr_layout_write(layout, ": ");
        sgr_flat_type(&flat, type);
    }
}

static size_t type_width(struct sgr_layout *layout, const struct sgr_type_expr *type)
{
    struct sgr_buf scratch;
    struct sgr_flat flat = sgr_measure_begin(layout, &scratch);
    sgr_flat_type(&flat, type);
    return sgr_measure_end(&flat).columns;
}

static void write_name(struct sgr_layout *layout, const struct sgr_decl *decl)
{
    if (decl->title != NULL) {
        sgr_layout_write(layout, " ");
        sgr_layout_string(layout, decl->title);
    }
    if (decl->name.text.len > 0) {
        sgr_layout_write(layout, " ");
        sgr_layout_str(layout, decl->name.text);
    }
}

static void write_block_decl(struct sgr_layout *layout, const struct sgr_decl *decl)
{
    sgr_layout_write(layout, sgr_blocks[decl->block_kind].word);
    write_name(layout, decl);
    if (decl->name.text.len > 0 && has_parens(layout, decl->name.span.hi)) {
        sgr_layout_params(layout, decl->name.span.hi, decl->params, decl->param_count, 2);
    }
    if (decl->of != NULL) {
        sgr_layout_write(layout, " of ");
        sgr_layout_expr(layout, decl->of, SGR_BIND_ANY, 2);
    }
    sgr_layout_write(layout, " ");
    sgr_layout_block(layout, decl->block, ";", 0);
}

static void write_value_decl(struct sgr_layout *layout, const struct sgr_decl *decl)
{
    bool fn = decl->kind == SGR_DECL_FN, let = decl->kind == SGR_DECL_LET;
    sgr_layout_write(layout, fn ? "fn" : let ? "let" : "param");
    write_name(layout, decl);
    if (fn) {
        size_t tail = sizeof ":  =" + type_width(layout, decl->type);
        sgr_layout_params(layout, decl->name.span.hi, decl->params, decl->param_count, tail);
    }
    write_type(layout, decl->type);
    size_t mark = layout->out->len;
    if (let) {
        sgr_layout_mark(layout, SGR_MARK_LET);
    }
    if (decl->value != NULL) {
        sgr_layout_write(layout, " =");
        sgr_layout_value(layout, decl->value, fn);
    }
    if (let) {
        sgr_layout_unmark(layout, mark, decl->value);
    }
    if (decl->where != NULL) {
        sgr_layout_write(layout, " where ");
        sgr_layout_expr(layout, decl->where, SGR_BIND_ANY, 0);
    }
}

/* ---- `for` and `if` around declarations ---- */

/* `{ declarations }`; `from` lies before the `{`. Returns where the `}` stands. */
static uint32_t write_decls(struct sgr_layout *layout, uint32_t from, struct sgr_decl *const *decls,
                            size_t count)
{
    size_t base = layout->indent;
    uint32_t open = sgr_layout_find(layout, from, '{');
    uint32_t close = sgr_layout_find(layout, count > 0 ? decls[count - 1]->span.hi : open + 1, '}');
    bool first = true;
    if (count == 0 && !sgr_layout_pending(layout, close)) {
        sgr_layout_write(layout, "{}");
        return close;
    }
    sgr_layout_write(layout, "{");
    sgr_layout_trailing(layout, open + 1, count > 0 ? decls[0]->span.lo : close);
    decl_list(layout, decls, count, base + SGR_INDENT, close, &first);
    sgr_layout_line(layout, base);
    sgr_layout_write(layout, "}");
    return close;
}

/* The span of an `else if` begins at its `else`. */
static bool is_else_if(const struct sgr_layout *layout, const struct sgr_decl *decl)
{
    return decl->otherwise_count == 1 && decl->otherwise[0]->kind == SGR_DECL_IF &&
           layout->text.ptr[decl->otherwise[0]->span.lo] == 'e';
}

static void write_if_decl(struct sgr_layout *layout, const struct sgr_decl *decl)
{
    for (;;) {
        sgr_layout_write(layout, "if ");
        sgr_layout_expr(layout, decl->value, SGR_BIND_ANY, 2);
        sgr_layout_write(layout, " ");
        uint32_t close = write_decls(layout, decl->value->span.hi, decl->decls, decl->decl_count);
        bool chain = is_else_if(layout, decl);
        uint32_t at = sgr_layout_find(layout, close + 1, 'e');
        if (!chain && decl->otherwise_count == 0 && at >= decl->span.hi) {
            return;
        }
        if (sgr_layout_pending(layout, at)) {
            sgr_layout_inner_comments(layout, at, layout->indent);
            sgr_layout_line(layout, layout->indent);
            sgr_layout_write(layout, "else ");
        } else {
            sgr_layout_write(layout, " else ");
        }
        if (!chain) {
            write_decls(layout, at, decl->otherwise, decl->otherwise_count);
            return;
        }
        decl = decl->otherwise[0];
    }
}

static void write_for_decl(struct sgr_layout *layout, const struct sgr_decl *decl)
{
    struct sgr_flat flat = sgr_layout_flat(layout);
    sgr_layout_write(layout, "for ");
    sgr_flat_names(&flat, decl->loop);
    sgr_layout_write(layout, " in ");
    sgr_layout_expr(layout, decl->value, SGR_BIND_ANY, 2);
    sgr_layout_write(layout, " ");
    write_decls(layout, decl->value->span.hi, decl->decls, decl->decl_count);
}

/* ---- any declaration ---- */

static void write_decl(struct sgr_layout *layout, const struct sgr_decl *decl)
{
    switch (decl->kind) {
    case SGR_DECL_IMPORT:
        sgr_layout_write(layout, "import ");
        sgr_layout_string(layout, decl->title);
        if (decl->name.text.len > 0) {
            sgr_layout_write(layout, " as ");
            sgr_layout_str(layout, decl->name.text);
        }
        break;
    case SGR_DECL_PARAM:
    case SGR_DECL_LET:
    case SGR_DECL_FN:
        write_value_decl(layout, decl);
        break;
    case SGR_DECL_FOR:
        write_for_decl(layout, decl);
        break;
    case SGR_DECL_IF:
        write_if_decl(layout, decl);
        break;
    case SGR_DECL_BLOCK:
        write_block_decl(layout, decl);
        break;
    case SGR_DECL_MANIFESTS:
        sgr_layout_write(layout, "manifests");
        write_name(layout, decl);
        break;
    case SGR_DECL_ROUTINE:
        sgr_layout_write(layout, "routine");
        write_name(layout, decl);
        sgr_layout_params(layout, decl->name.span.hi, decl->params, decl->param_count, 2);
        sgr_layout_write(layout, " ");
        sgr_layout_body(layout, decl->body);
        break;
    case SGR_DECL_INVARIANT:
        sgr_layout_write(layout, "invariant");
        write_name(layout, decl);
        sgr_layout_write(layout, " ");
        sgr_layout_expr(layout, decl->value, SGR_BIND_ANY, 0);
        break;
    case SGR_DECL_ERROR:
        sgr_layout_str(layout, sgr_layout_text(layout, decl->span));
        break;
    }
}

static void decl_list(struct sgr_layout *layout, struct sgr_decl *const *decls, size_t count,
                      size_t indent, uint32_t end, bool *first)
{
    for (size_t i = 0; i < count; i++) {
        struct sgr_item item = sgr_item_begin(layout, decls[i]->span.lo, indent, first);
        write_decl(layout, decls[i]);
        sgr_item_end(layout, item, decls[i]->span.hi, i + 1 < count ? decls[i + 1]->span.lo : end);
    }
    sgr_layout_comments(layout, end, indent, first);
}

static void print_once(const struct sgr_tree *tree, struct sgr_sources *sources,
                       struct sgr_buf *out)
{
    struct sgr_buf raw;
    struct sgr_layout layout = {
        .tree = tree, .text = sgr_sources_get(sources, tree->file)->text, .out = &raw};
    bool first = true;
    sgr_buf_init(&raw, out->max);
    decl_list(&layout, tree->decls, tree->decl_count, 0, UINT32_MAX, &first);
    sgr_layout_align(sgr_buf_str(&raw), out);
    out->full = out->full || raw.full;
    sgr_buf_release(&raw);
}

/* `text` printed again into `out`, which holds nothing. */
static void print_text(sgr_str text, struct sgr_buf *out)
{
    struct sgr_arena *arena = sgr_arena_new();
    struct sgr_sources sources;
    struct sgr_diags diags;
    sgr_sources_init(&sources, arena);
    sgr_diags_init(&diags, &sources, arena);
    uint32_t file = sgr_sources_add(&sources, SGR_STR("printed"), text, true);
    const struct sgr_tree *tree = sgr_parse(&sources, file, arena, &diags);
    if (diags.errors == 0) {
        print_once(tree, &sources, out);
    } else {
        sgr_buf_add(out, text);
    }
    sgr_diags_release(&diags);
    sgr_sources_release(&sources);
    sgr_arena_free(arena);
}

/* The layout keeps lines that end where they ended in the text, and a line that it ends itself may
 * be such a place: what was printed is printed again until it stays as it is. */
void sgr_print(const struct sgr_tree *tree, struct sgr_sources *sources, struct sgr_buf *out)
{
    struct sgr_buf texts[2];
    sgr_buf_init(&texts[0], out->max);
    sgr_buf_init(&texts[1], out->max);
    print_once(tree, sources, &texts[0]);
    bool changed =
        !sgr_str_equal(sgr_buf_str(&texts[0]), sgr_sources_get(sources, tree->file)->text);
    size_t round = 0;
    for (; changed && round < ROUNDS_MAX && !texts[0].full && !texts[1].full; round++) {
        sgr_buf_clear(&texts[(round + 1) % 2]);
        print_text(sgr_buf_str(&texts[round % 2]), &texts[(round + 1) % 2]);
        changed = !sgr_str_equal(sgr_buf_str(&texts[0]), sgr_buf_str(&texts[1]));
    }
    sgr_buf_add(out, sgr_buf_str(&texts[round % 2]));
    out->full = out->full || texts[0].full || texts[1].full;
    sgr_buf_release(&texts[0]);
    sgr_buf_release(&texts[1]);
}
