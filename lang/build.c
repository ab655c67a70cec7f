/* Builders of the tree: allocate, fill, return. Must never report but where a word is wrong, and
 * never look at another part of the tree. */
#include "lang/build.h"

/* ---- lists under construction ----
 * A piece is built for itself and copied into its array once that is whole; then the next piece of
 * its size and the next list take its memory. */

static void *piece_new(struct sgr_front *front, size_t size)
{
    void **spare = &front->spare_pieces[size / sizeof(void *)], **piece = *spare;
    if (piece == NULL) {
        return sgr_arena_alloc(front->arena, size);
    }
    *spare = *piece;
    return memset(piece, 0, size);
}

static void piece_spare(struct sgr_front *front, void *piece, size_t size)
{
    void **spare = &front->spare_pieces[size / sizeof(void *)];
    *(void **)piece = *spare;
    *spare = piece;
}

#define PIECE(type) ((struct type *)piece_new(front, sizeof(struct type)))
#define PIECE_FITS(type)                                                                           \
    _Static_assert(sizeof(struct type) / sizeof(void *) < SGR_PIECE_SIZES &&                       \
                       sizeof(struct type) % sizeof(void *) == 0,                                  \
                   "spare_pieces has no place for it")
PIECE_FITS(sgr_entry);
PIECE_FITS(sgr_arg);
PIECE_FITS(sgr_param);
PIECE_FITS(sgr_type_field);
PIECE_FITS(sgr_string_part);

static struct sgr_items *items_new(struct sgr_front *front)
{
    struct sgr_items *items = front->spare_items;
    if (items == NULL) {
        return SGR_NEW(front->arena, struct sgr_items);
    }
    front->spare_items = items->next;
    items->count = 0;
    return items;
}

struct sgr_items *sgr_items_add(struct sgr_front *front, struct sgr_items *items, void *item)
{
    if (items == NULL) {
        items = items_new(front);
    }
    if (items->count == items->cap) {
        size_t cap = items->cap ? items->cap * 2 : 4;
        void **at = SGR_NEW_ARRAY(front->arena, void *, cap);
        if (items->count > 0) {
            memcpy(at, items->at, items->count * sizeof *at);
        }
        items->at = at;
        items->cap = cap;
    }
    items->at[items->count++] = item;
    return items;
}

/* The pieces side by side; what they and their list took is spare. */
static void *flatten(struct sgr_front *front, struct sgr_items *items, size_t size, size_t *count)
{
    *count = items ? items->count : 0;
    if (*count == 0) {
        return NULL;
    }
    char *array = sgr_arena_array(front->arena, size, *count);
    for (size_t i = 0; i < *count; i++) {
        memcpy(array + i * size, items->at[i], size);
        piece_spare(front, items->at[i], size);
    }
    items->next = front->spare_items;
    front->spare_items = items;
    return array;
}

struct sgr_name sgr_build_name(struct sgr_front *front, sgr_span span)
{
    return (struct sgr_name){{front->text.ptr + span.lo, span.hi - span.lo}, span};
}

struct sgr_loop *sgr_build_loop(struct sgr_front *front, struct sgr_name key, struct sgr_name value)
{
    struct sgr_loop *loop = SGR_NEW(front->arena, struct sgr_loop);
    *loop = (struct sgr_loop){key, value};
    return loop;
}

struct sgr_expr *sgr_build_expr(struct sgr_front *front, enum sgr_expr_kind kind, sgr_span span)
{
    struct sgr_expr *expr = SGR_NEW(front->arena, struct sgr_expr);
    expr->kind = kind;
    expr->span = span;
    return expr;
}

/* Passes walk the tree by recursion: chains of operators must not be longer than their stack. */
static uint16_t higher(struct sgr_front *front, uint16_t height, const struct sgr_expr *child)
{
    if (child == NULL || child->height < height) {
        return height;
    }
    if (child->height >= SGR_EXPR_HEIGHT_MAX) {
        if (!front->stopped) {
            struct sgr_diag *diag =
                sgr_diag(front->diags, SGR_E0106, child->span,
                         "more than %d operators inside each other", SGR_EXPR_HEIGHT_MAX);
            sgr_diag_help(front->diags, diag, "name the parts with `let`");
            front->stopped = true;
        }
        return SGR_EXPR_HEIGHT_MAX;
    }
    return (uint16_t)(child->height + 1);
}

static uint16_t highest_arg(struct sgr_front *front, uint16_t height, const struct sgr_arg *args,
                            size_t count)
{
    for (size_t i = 0; i < count; i++) {
        height = higher(front, height, args[i].value);
    }
    return height;
}

struct sgr_expr *sgr_build_int(struct sgr_front *front, enum sgr_expr_kind kind, sgr_span span,
                               int64_t value)
{
    struct sgr_expr *expr = sgr_build_expr(front, kind, span);
    expr->u.integer = value;
    return expr;
}

struct sgr_expr *sgr_build_number(struct sgr_front *front, enum sgr_expr_kind kind, sgr_span span,
                                  double value)
{
    struct sgr_expr *expr = sgr_build_expr(front, kind, span);
    expr->u.number = value;
    return expr;
}

struct sgr_expr *sgr_build_name_expr(struct sgr_front *front, sgr_span span)
{
    struct sgr_expr *expr = sgr_build_expr(front, SGR_EXPR_NAME, span);
    expr->u.name = sgr_build_name(front, span);
    return expr;
}

struct sgr_string_part *sgr_build_text_part(struct sgr_front *front, sgr_span span, sgr_str text)
{
    struct sgr_string_part *part = PIECE(sgr_string_part);
    part->text = text;
    part->span = span;
    return part;
}

struct sgr_string_part *sgr_build_expr_part(struct sgr_front *front, sgr_span span,
                                            struct sgr_expr *expr)
{
    struct sgr_string_part *part = PIECE(sgr_string_part);
    part->expr = expr;
    part->span = span;
    return part;
}

/* ---- strings: neighbours joined, indentation of triple ones removed ---- */

static bool is_newline(const struct sgr_string_part *part)
{
    return part->expr == NULL && part->text.len == 1 && part->text.ptr[0] == '\n';
}

static size_t leading_spaces(sgr_str text)
{
    size_t n = 0;
    while (n < text.len && (text.ptr[n] == ' ' || text.ptr[n] == '\t')) {
        n++;
    }
    return n;
}

/* The indentation that all lines with something in them share. Lines are parts after a newline
 * part. */
static size_t common_indent(const struct sgr_items *parts)
{
    size_t indent = SIZE_MAX;
    for (size_t i = 1; i < parts->count; i++) {
        const struct sgr_string_part *before = parts->at[i - 1], *part = parts->at[i];
        if (!is_newline(before) || is_newline(part)) {
            continue;
        }
        size_t own = part->expr != NULL ? 0 : leading_spaces(part->text);
        bool blank = part->expr == NULL && own == part->text.len &&
                     (i + 1 == parts->count || is_newline(parts->at[i + 1]));
        if (!blank && own < indent) {
            indent = own;
        }
    }
    return indent == SIZE_MAX ? 0 : indent;
}

static void remove_indent(struct sgr_items *parts)
{
    if (parts->count == 0 || !is_newline(parts->at[0])) {
        bool several = false;
        for (size_t i = 0; i < parts->count; i++) {
            several = several || is_newline(parts->at[i]);
        }
        if (!several) {
            return;
        }
    }
    size_t indent = common_indent(parts);
    for (size_t i = 1; i < parts->count; i++) {
        struct sgr_string_part *part = parts->at[i];
        if (is_newline(parts->at[i - 1]) && part->expr == NULL && !is_newline(part)) {
            size_t own = leading_spaces(part->text);
            size_t cut = own < indent ? own : indent;
            part->text = (sgr_str){part->text.ptr + cut, part->text.len - cut};
        }
    }
    struct sgr_string_part *first = parts->at[0], *last = parts->at[parts->count - 1];
    if (is_newline(first)) {
        first->text.len = 0;
    }
    bool blank_end = last->expr == NULL && leading_spaces(last->text) == last->text.len;
    if (parts->count > 1 && blank_end && !is_newline(last) &&
        is_newline(parts->at[parts->count - 2])) {
        last->text.len = 0;
        last = parts->at[parts->count - 2];
    }
    if (last != first && is_newline(last)) {
        last->text.len = 0;
    }
}

static bool is_text(const struct sgr_items *parts, size_t at)
{
    return at < parts->count && ((const struct sgr_string_part *)parts->at[at])->expr == NULL;
}

/* The texts from `first` up to `end` as the first of them. */
static void join_run(struct sgr_front *front, struct sgr_items *parts, size_t first, size_t end,
                     size_t length)
{
    struct sgr_string_part *joined = parts->at[first];
    char *text = sgr_arena_alloc(front->arena, length + 1);
    size_t at = 0;
    for (size_t i = first; i < end; i++) {
        struct sgr_string_part *part = parts->at[i];
        memcpy(text + at, part->text.ptr, part->text.len);
        at += part->text.len;
        joined->span.hi = part->span.hi;
        if (i > first) {
            piece_spare(front, part, sizeof *part);
        }
    }
    joined->text = (sgr_str){text, length};
}

/* Texts that stand side by side become one, and empty ones nothing. */
static void join_texts(struct sgr_front *front, struct sgr_items *parts)
{
    size_t kept = 0;
    for (size_t i = 0, end; i < parts->count; i = end) {
        size_t length = 0;
        for (end = i; is_text(parts, end); end++) {
            length += ((struct sgr_string_part *)parts->at[end])->text.len;
        }
        if (end > i + 1 && length > 0) {
            join_run(front, parts, i, end, length);
        }
        if (end == i) {
            end++;
        } else if (length == 0) {
            continue;
        }
        parts->at[kept++] = parts->at[i];
    }
    parts->count = kept;
}

struct sgr_expr *sgr_build_string(struct sgr_front *front, sgr_span span, bool triple,
                                  struct sgr_items *parts)
{
    struct sgr_expr *expr = sgr_build_expr(front, SGR_EXPR_STRING, span);
    if (triple && parts != NULL) {
        remove_indent(parts);
    }
    if (parts != NULL) {
        join_texts(front, parts);
    }
    expr->u.string.triple = triple;
    expr->u.string.parts =
        flatten(front, parts, sizeof(struct sgr_string_part), &expr->u.string.count);
    for (size_t i = 0; i < expr->u.string.count; i++) {
        expr->height = higher(front, expr->height, expr->u.string.parts[i].expr);
    }
    return expr;
}

/* ---- expressions ---- */

struct sgr_expr *sgr_build_unary(struct sgr_front *front, enum sgr_operator op, sgr_span span,
                                 struct sgr_expr *operand)
{
    struct sgr_expr *expr = sgr_build_expr(front, SGR_EXPR_UNARY, span);
    expr->u.unary.op = op;
    expr->u.unary.operand = operand;
    expr->height = higher(front, 0, operand);
    return expr;
}

struct sgr_expr *sgr_build_binary(struct sgr_front *front, enum sgr_operator op, sgr_span span,
                                  sgr_span op_span, struct sgr_expr *left, struct sgr_expr *right)
{
    struct sgr_expr *expr = sgr_build_expr(front, SGR_EXPR_BINARY, span);
    expr->u.binary.op = op;
    expr->u.binary.op_span = op_span;
    expr->u.binary.left = left;
    expr->u.binary.right = right;
    expr->height = higher(front, higher(front, 0, left), right);
    return expr;
}

struct sgr_expr *sgr_build_field(struct sgr_front *front, sgr_span span, struct sgr_expr *object,
                                 struct sgr_name name)
{
    struct sgr_expr *expr = sgr_build_expr(front, SGR_EXPR_FIELD, span);
    expr->u.field.object = object;
    expr->u.field.name = name;
    expr->height = higher(front, 0, object);
    return expr;
}

struct sgr_expr *sgr_build_index(struct sgr_front *front, sgr_span span, struct sgr_expr *object,
                                 struct sgr_expr *key)
{
    struct sgr_expr *expr = sgr_build_expr(front, SGR_EXPR_INDEX, span);
    expr->u.index.object = object;
    expr->u.index.key = key;
    expr->height = higher(front, higher(front, 0, object), key);
    return expr;
}

struct sgr_expr *sgr_build_call(struct sgr_front *front, sgr_span span, struct sgr_expr *callee,
                                struct sgr_items *args)
{
    struct sgr_expr *expr = sgr_build_expr(front, SGR_EXPR_CALL, span);
    expr->u.call.callee = callee;
    expr->u.call.args = flatten(front, args, sizeof(struct sgr_arg), &expr->u.call.count);
    expr->height =
        highest_arg(front, higher(front, 0, callee), expr->u.call.args, expr->u.call.count);
    return expr;
}

struct sgr_expr *sgr_build_if(struct sgr_front *front, sgr_span span, struct sgr_expr *test,
                              struct sgr_expr *then, struct sgr_expr *otherwise)
{
    struct sgr_expr *expr = sgr_build_expr(front, SGR_EXPR_IF, span);
    expr->u.cond.test = test;
    expr->u.cond.then = then;
    expr->u.cond.otherwise = otherwise;
    expr->height = higher(front, higher(front, higher(front, 0, test), then), otherwise);
    return expr;
}

struct sgr_expr *sgr_build_fn(struct sgr_front *front, sgr_span span, struct sgr_items *params,
                              struct sgr_expr *body)
{
    struct sgr_expr *expr = sgr_build_expr(front, SGR_EXPR_FN, span);
    expr->u.fn.params = flatten(front, params, sizeof(struct sgr_param), &expr->u.fn.count);
    expr->u.fn.body = body;
    expr->height = higher(front, 0, body);
    return expr;
}

struct sgr_expr *sgr_build_list(struct sgr_front *front, sgr_span span, struct sgr_items *items)
{
    struct sgr_expr *expr = sgr_build_expr(front, SGR_EXPR_LIST, span);
    expr->u.list.items = items ? (struct sgr_expr **)items->at : NULL;
    expr->u.list.count = items ? items->count : 0;
    for (size_t i = 0; i < expr->u.list.count; i++) {
        expr->height = higher(front, expr->height, expr->u.list.items[i]);
    }
    return expr;
}

struct sgr_expr *sgr_build_comprehension(struct sgr_front *front, sgr_span span,
                                         struct sgr_expr *item, struct sgr_loop *names,
                                         struct sgr_expr *source, struct sgr_expr *filter)
{
    struct sgr_expr *expr = sgr_build_expr(front, SGR_EXPR_COMPREHENSION, span);
    expr->u.comp.item = item;
    expr->u.comp.loop = names;
    expr->u.comp.source = source;
    expr->u.comp.filter = filter;
    expr->height = higher(front, higher(front, higher(front, 0, item), source), filter);
    return expr;
}

struct sgr_expr *sgr_build_record(struct sgr_front *front, struct sgr_block *block)
{
    struct sgr_expr *expr = sgr_build_expr(front, SGR_EXPR_RECORD, block->span);
    expr->u.record = block;
    expr->height = (uint16_t)(block->height + (block->height < SGR_EXPR_HEIGHT_MAX));
    return expr;
}

struct sgr_arg *sgr_build_arg(struct sgr_front *front, struct sgr_name name, struct sgr_expr *value)
{
    struct sgr_arg *arg = PIECE(sgr_arg);
    *arg = (struct sgr_arg){name, value};
    return arg;
}

struct sgr_param *sgr_build_param(struct sgr_front *front, struct sgr_name name,
                                  struct sgr_type_expr *type, struct sgr_expr *initial)
{
    struct sgr_param *param = PIECE(sgr_param);
    *param = (struct sgr_param){.name = name, .type = type, .initial = initial};
    return param;
}

struct sgr_type_expr *sgr_build_type(struct sgr_front *front, enum sgr_type_expr_kind kind,
                                     sgr_span span, struct sgr_items *args)
{
    struct sgr_type_expr *type = SGR_NEW(front->arena, struct sgr_type_expr);
    type->kind = kind;
    type->span = span;
    if (kind == SGR_TYPE_RECORD) {
        type->fields = flatten(front, args, sizeof(struct sgr_type_field), &type->field_count);
    } else if (args != NULL) {
        type->args = (struct sgr_type_expr **)args->at;
        type->arg_count = args->count;
    }
    return type;
}

struct sgr_type_field *sgr_build_type_field(struct sgr_front *front, struct sgr_name name,
                                            struct sgr_type_expr *type)
{
    struct sgr_type_field *field = PIECE(sgr_type_field);
    *field = (struct sgr_type_field){name, type};
    return field;
}

/* ---- blocks, statements, declarations ---- */

struct sgr_block *sgr_build_block(struct sgr_front *front, sgr_span span, struct sgr_items *entries)
{
    struct sgr_block *block = SGR_NEW(front->arena, struct sgr_block);
    block->span = span;
    block->entries = flatten(front, entries, sizeof(struct sgr_entry), &block->count);
    for (size_t i = 0; i < block->count; i++) {
        const struct sgr_entry *entry = &block->entries[i];
        block->height = higher(front, higher(front, block->height, entry->key_expr), entry->value);
        block->height = higher(front, block->height, entry->target);
        block->height = entry->block && entry->block->height > block->height ? entry->block->height
                                                                             : block->height;
        block->height = entry->otherwise && entry->otherwise->height > block->height
                            ? entry->otherwise->height
                            : block->height;
    }
    return block;
}

struct sgr_entry *sgr_build_entry(struct sgr_front *front, enum sgr_entry_kind kind, sgr_span span)
{
    struct sgr_entry *entry = PIECE(sgr_entry);
    entry->kind = kind;
    entry->span = span;
    return entry;
}

struct sgr_body *sgr_build_body(struct sgr_front *front, sgr_span span, struct sgr_items *stmts)
{
    struct sgr_body *body = SGR_NEW(front->arena, struct sgr_body);
    body->span = span;
    body->stmts = stmts ? (struct sgr_stmt **)stmts->at : NULL;
    body->count = stmts ? stmts->count : 0;
    return body;
}

struct sgr_stmt *sgr_build_stmt(struct sgr_front *front, enum sgr_stmt_kind kind, sgr_span span)
{
    struct sgr_stmt *stmt = SGR_NEW(front->arena, struct sgr_stmt);
    stmt->kind = kind;
    stmt->span = span;
    return stmt;
}

struct sgr_stmt *sgr_build_verb(struct sgr_front *front, int verb, sgr_span span,
                                struct sgr_expr *operand, struct sgr_expr *second)
{
    struct sgr_stmt *stmt = sgr_build_stmt(front, SGR_STMT_VERB, span);
    stmt->verb = verb;
    stmt->operands.operand = operand;
    stmt->operands.second = second;
    if (verb == SGR_VERB_ROUTE && operand != NULL && operand->kind == SGR_EXPR_BINARY &&
        operand->u.binary.op == SGR_OP_EQ) {
        stmt->operands.operand = operand->u.binary.left;
        stmt->operands.second = operand->u.binary.right;
    } else if (verb == SGR_VERB_ROUTE && operand != NULL) {
        struct sgr_diag *diag =
            sgr_diag(front->diags, SGR_E0102, operand->span, "expected a comparison of a header");
        sgr_diag_help(front->diags, diag, "write `route header \"x-canary\" == \"1\"`");
    }
    return stmt;
}

struct sgr_decl *sgr_build_decl(struct sgr_front *front, enum sgr_decl_kind kind, sgr_span span)
{
    struct sgr_decl *decl = SGR_NEW(front->arena, struct sgr_decl);
    decl->kind = kind;
    decl->span = span;
    return decl;
}

void sgr_set_params(struct sgr_front *front, struct sgr_decl *decl, struct sgr_items *params)
{
    decl->params = flatten(front, params, sizeof(struct sgr_param), &decl->param_count);
}

void sgr_set_decls(struct sgr_decl *decl, struct sgr_items *decls, struct sgr_items *otherwise)
{
    decl->decls = decls ? (struct sgr_decl **)decls->at : NULL;
    decl->decl_count = decls ? decls->count : 0;
    decl->otherwise = otherwise ? (struct sgr_decl **)otherwise->at : NULL;
    decl->otherwise_count = otherwise ? otherwise->count : 0;
}

void sgr_set_args(struct sgr_front *front, struct sgr_entry *entry, struct sgr_items *args)
{
    size_t count;
    entry->args = flatten(front, args, sizeof(struct sgr_arg), &count);
    entry->arg_count = (uint32_t)count;
}

void sgr_expect_word(struct sgr_front *front, struct sgr_name name, const char *word)
{
    if (!sgr_str_is(name.text, word)) {
        struct sgr_diag *diag =
            sgr_diag(front->diags, SGR_E0102, name.span, "unexpected `%.*s`", SGR_FMT(name.text));
        sgr_diag_label(front->diags, diag, "expected `%s`", word);
    }
}

enum sgr_steps_kind sgr_on_kind(struct sgr_front *front, struct sgr_name name)
{
    if (sgr_str_is(name.text, "success")) {
        return SGR_ON_SUCCESS;
    }
    sgr_expect_word(front, name, "failure");
    return SGR_ON_FAILURE;
}
