/* Expressions into registers. The trees are checked: what a name means and what is converted stands
 * in the tree; nothing here decides about types. */
#include "compiler/gen_private.h"

/* ---- names ---- */

static void load_closure(struct sgr_gen_fn *f, const struct sgr_symbol *symbol, unsigned dst)
{
    if (symbol->slot == 0) {
        int reg = sgr_gen_find(f, symbol->span);
        if (reg < 0) {
            SGR_BUG("no code for %.*s", SGR_FMT(symbol->name));
        }
        sgr_gen_move(f, dst, (unsigned)reg);
        return;
    }
    SGR_EMIT(f, CLOSURE, dst, symbol->slot - 1, dst);
}

static void load_global(struct sgr_gen_fn *f, const struct sgr_symbol *symbol, unsigned dst)
{
    int reg =
        symbol->slot == 0 || symbol->kind == SGR_SYM_PARAM ? sgr_gen_find(f, symbol->span) : -1;
    if (reg >= 0) {
        sgr_gen_move(f, dst, (unsigned)reg);
    } else if (symbol->slot != 0) {
        SGR_EMIT_WIDE(f, GLOBAL, dst, symbol->slot - 1);
    } else {
        SGR_BUG("no value for %.*s", SGR_FMT(symbol->name));
    }
}

static void load_block(struct sgr_gen_fn *f, const struct sgr_symbol *symbol, unsigned dst)
{
    if (sgr_gen_is_block(symbol, SGR_BLOCK_GUARD) && symbol->decl->param_count > 0) {
        load_closure(f, symbol, dst);
        return;
    }
    load_global(f, symbol, dst);
    if (sgr_gen_is_block(symbol, SGR_BLOCK_OBJECT)) {
        sgr_gen_field(f, dst, dst, SGR_STR("object"), false);
    }
}

static unsigned self_register(struct sgr_gen_fn *f)
{
    if (f->self >= 0) {
        return (unsigned)f->self;
    }
    unsigned none = sgr_gen_reg(f);
    SGR_EMIT(f, LOAD_ABSENT, none, 0, 0);
    return none;
}

/* A field of the results record along a path "max/traffic/new". */
static void load_result(struct sgr_gen_fn *f, sgr_str path, unsigned dst)
{
    unsigned mark = f->top;
    unsigned from = self_register(f);
    size_t start = 0;
    for (size_t i = 0; i <= path.len; i++) {
        if (i == path.len || path.ptr[i] == '/') {
            sgr_gen_field(f, dst, from, (sgr_str){path.ptr + start, i - start}, false);
            from = dst;
            start = i + 1;
        }
    }
    f->top = mark;
}

void sgr_gen_symbol(struct sgr_gen_fn *f, const struct sgr_symbol *symbol, unsigned dst)
{
    unsigned mark = f->top;
    switch (symbol->kind) {
    case SGR_SYM_PARAM:
    case SGR_SYM_LET:
        load_global(f, symbol, dst);
        break;
    case SGR_SYM_LOCAL: /* also of a block in a `for` */
    case SGR_SYM_BLOCK:
        load_block(f, symbol, dst);
        break;
    case SGR_SYM_FN:
    case SGR_SYM_ROUTINE:
        load_closure(f, symbol, dst);
        break;
    case SGR_SYM_BUILTIN:
    case SGR_SYM_EFFECT:
        sgr_gen_wrap(f, symbol, dst);
        break;
    case SGR_SYM_NEW:
        sgr_gen_field(f, dst, self_register(f), SGR_STR("new"), false);
        break;
    case SGR_SYM_OLD:
        sgr_gen_field(f, dst, self_register(f), SGR_STR("old"), false);
        break;
    case SGR_SYM_RESULT:
        load_result(f, symbol->path, dst);
        break;
    case SGR_SYM_WORD:
    case SGR_SYM_MODULE:
        sgr_gen_load_str(f, dst, symbol->name);
        break;
    }
    f->top = mark;
}

/* ---- words ---- */

bool sgr_gen_word_has_args(const struct sgr_type *type)
{
    for (size_t i = 0; type != NULL && type->kind == SGR_T_WORD && i < type->word_count; i++) {
        if (type->words[i].arg != NULL) {
            return true;
        }
    }
    return false;
}

static void gen_word(struct sgr_gen_fn *f, sgr_str text, const struct sgr_type *type,
                     const struct sgr_expr *arg, unsigned dst)
{
    if (!sgr_gen_word_has_args(type)) {
        sgr_gen_load_str(f, dst, text);
        return;
    }
    struct sgr_gen_record record;
    sgr_gen_record_begin(&record, f, false);
    sgr_gen_record_text(&record, "word", text);
    if (arg != NULL) {
        sgr_gen_record_expr(&record, SGR_STR("value"), arg);
    }
    sgr_gen_record_end(&record, dst);
}

/* ---- conversions ---- */

static bool converts(const struct sgr_expr *expr)
{
    enum sgr_tag tag = sgr_gen_tag(expr->want);
    return tag != SGR_ABSENT && expr->type != NULL && tag != sgr_gen_tag(expr->type) &&
           expr->type->kind != SGR_T_NOTHING && expr->type->kind != SGR_T_WORD;
}

static void gen_convert(struct sgr_gen_fn *f, const struct sgr_expr *expr, unsigned dst)
{
    if (converts(expr)) {
        SGR_EMIT(f, CONVERT, dst, dst, (unsigned)sgr_gen_tag(expr->want));
    }
}

/* ---- operators ---- */

static void gen_postfix(struct sgr_gen_fn *f, const struct sgr_expr *expr, unsigned dst,
                        bool optional);

/* The value that a field or an item is taken of. */
static unsigned gen_object(struct sgr_gen_fn *f, const struct sgr_expr *object, unsigned dst,
                           bool optional)
{
    bool chain = object->kind == SGR_EXPR_FIELD || object->kind == SGR_EXPR_INDEX;
    if (chain && object->symbol == NULL && !converts(object)) {
        gen_postfix(f, object, dst, optional);
        return dst;
    }
    return sgr_gen_operand(f, object);
}

static void gen_postfix(struct sgr_gen_fn *f, const struct sgr_expr *expr, unsigned dst,
                        bool optional)
{
    unsigned mark = f->top;
    if (expr->kind == SGR_EXPR_FIELD) {
        unsigned object = gen_object(f, expr->u.field.object, dst, optional);
        sgr_gen_place(f, expr->u.field.name.span);
        sgr_gen_field(f, dst, object, expr->u.field.name.text, optional);
    } else {
        /* The object must outlive the key's code, so it is not left in dst. */
        unsigned object = gen_object(f, expr->u.index.object, sgr_gen_reg(f), optional);
        unsigned key = sgr_gen_operand(f, expr->u.index.key);
        sgr_gen_place(f, expr->span);
        sgr_gen_emit(f, optional ? SGR_OPCODE(INDEX_OPT) : SGR_OPCODE(INDEX), dst, object, key);
    }
    f->top = mark;
}

static void gen_default(struct sgr_gen_fn *f, const struct sgr_expr *expr, unsigned dst)
{
    const struct sgr_expr *left = expr->u.binary.left;
    bool chain = left->kind == SGR_EXPR_FIELD || left->kind == SGR_EXPR_INDEX;
    if (!chain || left->symbol != NULL) {
        if (left->want == NULL || !converts(left)) {
            sgr_gen_expr(f, left, dst);
        } else {
            struct sgr_expr bare = *left; /* converted below, where it is present */
            bare.want = NULL;
            sgr_gen_expr(f, &bare, dst);
        }
    } else {
        gen_postfix(f, left, dst, true);
    }
    size_t present = sgr_gen_jump(f, SGR_OPCODE(JUMP_IF_PRESENT), dst);
    sgr_gen_expr(f, expr->u.binary.right, dst);
    if (converts(left)) {
        size_t over = sgr_gen_jump(f, SGR_OPCODE(JUMP), 0);
        sgr_gen_land(f, present);
        gen_convert(f, left, dst);
        sgr_gen_land(f, over);
    } else {
        sgr_gen_land(f, present);
    }
}

static void gen_and_or(struct sgr_gen_fn *f, const struct sgr_expr *expr, unsigned dst)
{
    enum sgr_op op =
        expr->u.binary.op == SGR_OP_AND ? SGR_OPCODE(JUMP_IF_NOT) : SGR_OPCODE(JUMP_IF);
    sgr_gen_expr(f, expr->u.binary.left, dst);
    size_t over = sgr_gen_jump(f, op, dst);
    sgr_gen_expr(f, expr->u.binary.right, dst);
    sgr_gen_land(f, over);
}

/* Is it an int that an instruction can hold? */
static bool is_small(struct sgr_gen *gen, const struct sgr_expr *expr, unsigned *bits)
{
    sgr_value value;
    if (!sgr_gen_constant(gen, expr, &value) || value.tag != SGR_INT || value.as.i < INT16_MIN ||
        value.as.i > INT16_MAX) {
        return false;
    }
    *bits = (uint16_t)value.as.i;
    return true;
}

/* A sum or difference with a small int; false where it is none. */
static bool gen_step(struct sgr_gen_fn *f, const struct sgr_expr *expr, unsigned dst)
{
    enum sgr_operator op = expr->u.binary.op;
    unsigned bits, mark = f->top;
    if ((op != SGR_OP_ADD && op != SGR_OP_SUB) || !is_small(f->gen, expr->u.binary.right, &bits)) {
        return false;
    }
    unsigned a = sgr_gen_operand(f, expr->u.binary.left);
    sgr_gen_place(f, expr->u.binary.op_span);
    sgr_gen_emit(f, op == SGR_OP_ADD ? SGR_OPCODE(ADD_INT) : SGR_OPCODE(SUB_INT), dst, a, bits);
    f->top = mark;
    return true;
}

static void gen_binary(struct sgr_gen_fn *f, const struct sgr_expr *expr, unsigned dst)
{
    if (gen_step(f, expr, dst)) {
        return;
    }
    if (expr->u.binary.op == SGR_OP_AND || expr->u.binary.op == SGR_OP_OR) {
        gen_and_or(f, expr, dst);
        return;
    }
    if (expr->u.binary.op == SGR_OP_DEFAULT) {
        gen_default(f, expr, dst);
        return;
    }
    unsigned mark = f->top;
    unsigned a = sgr_gen_operand(f, expr->u.binary.left);
    unsigned b = sgr_gen_operand(f, expr->u.binary.right);
    sgr_gen_place(f, expr->u.binary.op_span);
    switch (expr->u.binary.op) {
    case SGR_OP_MUL:
        SGR_EMIT(f, MUL, dst, a, b);
        break;
    case SGR_OP_DIV:
        SGR_EMIT(f, DIV, dst, a, b);
        break;
    case SGR_OP_ADD:
        SGR_EMIT(f, ADD, dst, a, b);
        break;
    case SGR_OP_SUB:
        SGR_EMIT(f, SUB, dst, a, b);
        break;
    case SGR_OP_RANGE:
        SGR_EMIT(f, RANGE, dst, a, b);
        break;
    case SGR_OP_EQ:
        SGR_EMIT(f, EQ, dst, a, b);
        break;
    case SGR_OP_NE:
        SGR_EMIT(f, NE, dst, a, b);
        break;
    case SGR_OP_LT:
        SGR_EMIT(f, LT, dst, a, b);
        break;
    case SGR_OP_LE:
        SGR_EMIT(f, LE, dst, a, b);
        break;
    case SGR_OP_GT:
        SGR_EMIT(f, LT, dst, b, a);
        break;
    case SGR_OP_GE:
        SGR_EMIT(f, LE, dst, b, a);
        break;
    default:
        SGR_BUG("operator %d has no code", (int)expr->u.binary.op);
    }
    f->top = mark;
}

static void gen_unary(struct sgr_gen_fn *f, const struct sgr_expr *expr, unsigned dst)
{
    unsigned mark = f->top;
    unsigned operand = sgr_gen_operand(f, expr->u.unary.operand);
    sgr_gen_place(f, expr->span);
    if (expr->u.unary.op == SGR_OP_NEG) {
        SGR_EMIT(f, NEG, dst, operand, 0);
    } else {
        SGR_EMIT(f, NOT, dst, operand, 0);
    }
    f->top = mark;
}

/* A comparison as a TEST: which one, with its operands in order, and the truth it asks for. */
struct comparison {
    enum sgr_op op, small;
    const struct sgr_expr *a, *b;
    bool holds;
};

static bool is_comparison(const struct sgr_expr *expr, struct comparison *out)
{
    if (expr->kind != SGR_EXPR_BINARY || converts(expr)) {
        return false;
    }
    enum sgr_operator op = expr->u.binary.op;
    const struct sgr_expr *a = expr->u.binary.left, *b = expr->u.binary.right;
    switch (op) {
    case SGR_OP_EQ:
    case SGR_OP_NE:
        *out = (struct comparison){SGR_OPCODE(TEST_EQ), SGR_OPCODE(TEST_EQ_INT), a, b,
                                   op == SGR_OP_EQ};
        return true;
    case SGR_OP_LT:
        *out = (struct comparison){SGR_OPCODE(TEST_LT), SGR_OPCODE(TEST_LT_INT), a, b, true};
        return true;
    case SGR_OP_LE:
        *out = (struct comparison){SGR_OPCODE(TEST_LE), SGR_OPCODE(TEST_LE_INT), a, b, true};
        return true;
    case SGR_OP_GT: /* NaN is refused by every comparison: this is not (a <= b) */
        *out = (struct comparison){SGR_OPCODE(TEST_LE), SGR_OPCODE(TEST_LE_INT), a, b, false};
        return true;
    case SGR_OP_GE:
        *out = (struct comparison){SGR_OPCODE(TEST_LT), SGR_OPCODE(TEST_LT_INT), a, b, false};
        return true;
    default:
        return false;
    }
}

size_t sgr_gen_unless(struct sgr_gen_fn *f, const struct sgr_expr *test)
{
    struct comparison comparison;
    unsigned mark = f->top, bits;
    size_t jump;
    if (!is_comparison(test, &comparison)) {
        jump = sgr_gen_jump(f, SGR_OPCODE(JUMP_IF_NOT), sgr_gen_operand(f, test));
    } else {
        bool small = is_small(f->gen, comparison.b, &bits);
        unsigned a = sgr_gen_operand(f, comparison.a);
        unsigned b = small ? bits : sgr_gen_operand(f, comparison.b);
        sgr_gen_place(f, test->u.binary.op_span);
        sgr_gen_emit(f, small ? comparison.small : comparison.op, a, b, comparison.holds);
        jump = sgr_gen_jump(f, SGR_OPCODE(JUMP), 0);
    }
    f->top = mark;
    return jump;
}

static void gen_if(struct sgr_gen_fn *f, const struct sgr_expr *expr, unsigned dst)
{
    size_t no = sgr_gen_unless(f, expr->u.cond.test);
    sgr_gen_expr(f, expr->u.cond.then, dst);
    size_t over = sgr_gen_jump(f, SGR_OPCODE(JUMP), 0);
    sgr_gen_land(f, no);
    sgr_gen_expr(f, expr->u.cond.otherwise, dst);
    sgr_gen_land(f, over);
}

/* ---- collections ---- */

static void gen_string(struct sgr_gen_fn *f, const struct sgr_string *string, unsigned dst)
{
    unsigned base = f->top;
    unsigned count = 0;
    for (size_t i = 0; i < string->count; i++) {
        if (count == SGR_GEN_WINDOW_MAX) {
            SGR_EMIT(f, CONCAT, base, base, count);
            f->top = base + 1;
            count = 1;
        }
        unsigned part = sgr_gen_reg(f);
        if (string->parts[i].expr != NULL) {
            sgr_gen_expr(f, string->parts[i].expr, part);
        } else {
            sgr_gen_load_str(f, part, string->parts[i].text);
        }
        count++;
    }
    SGR_EMIT(f, CONCAT, dst, base, count);
    f->top = base;
}

static void gen_list(struct sgr_gen_fn *f, const struct sgr_expr *expr, unsigned dst)
{
    unsigned mark = f->top;
    size_t count = expr->u.list.count;
    if (count > 0 && count <= SGR_GEN_WINDOW_MAX) {
        for (size_t i = 0; i < count; i++) {
            sgr_gen_expr(f, expr->u.list.items[i], sgr_gen_reg(f));
        }
        SGR_EMIT(f, LIST, dst, mark, (unsigned)count);
        f->top = mark;
        return;
    }
    unsigned builder = sgr_gen_reg(f);
    SGR_EMIT(f, BUILD_LIST, builder, 0, 0);
    for (size_t i = 0; i < count; i++) {
        unsigned item = sgr_gen_operand(f, expr->u.list.items[i]);
        SGR_EMIT(f, BUILD_ADD, builder, item, 0);
        f->top = builder + 1;
    }
    SGR_EMIT(f, BUILD_END, dst, builder, 0);
    f->top = mark;
}

struct sgr_gen_loop sgr_gen_loop_begin(struct sgr_gen_fn *f, const struct sgr_expr *source,
                                       const struct sgr_loop *names)
{
    struct sgr_gen_loop loop = {.mark = f->top, .locals = f->locals.len};
    unsigned it = sgr_gen_regs(f, 4);
    unsigned over = sgr_gen_operand(f, source);
    sgr_gen_place(f, source->span);
    SGR_EMIT(f, ITER, it, over, 0);
    f->top = it + 4;
    loop.next = sgr_gen_jump(f, SGR_OPCODE(NEXT), it);
    if (names->key.text.len > 0) {
        sgr_gen_bind(f, names->key.span, it + 2);
    }
    sgr_gen_bind(f, names->value.span, it + 3);
    return loop;
}

void sgr_gen_loop_end(struct sgr_gen_fn *f, struct sgr_gen_loop *loop)
{
    sgr_gen_jump_back(f, loop->next);
    sgr_gen_land(f, loop->next);
    f->top = loop->mark;
    sgr_gen_unbind(f, loop->locals);
}

static void gen_comprehension(struct sgr_gen_fn *f, const struct sgr_expr *expr, unsigned dst)
{
    unsigned builder = sgr_gen_reg(f);
    SGR_EMIT(f, BUILD_LIST, builder, 0, 0);
    struct sgr_gen_loop loop = sgr_gen_loop_begin(f, expr->u.comp.source, expr->u.comp.loop);
    size_t skip = 0;
    if (expr->u.comp.filter != NULL) {
        skip = sgr_gen_unless(f, expr->u.comp.filter);
    }
    unsigned item = sgr_gen_operand(f, expr->u.comp.item);
    SGR_EMIT(f, BUILD_ADD, builder, item, 0);
    if (expr->u.comp.filter != NULL) {
        sgr_gen_land(f, skip);
    }
    sgr_gen_loop_end(f, &loop);
    SGR_EMIT(f, BUILD_END, dst, builder, 0);
    f->top = builder;
}

/* ---- functions ---- */

void sgr_gen_defaults(struct sgr_gen_fn *f, const struct sgr_param *params, size_t count,
                      unsigned first)
{
    for (size_t i = 0; i < count; i++) {
        if (params[i].initial != NULL) {
            unsigned reg = first + (unsigned)i;
            size_t given = sgr_gen_jump(f, SGR_OPCODE(JUMP_IF_PRESENT), reg);
            sgr_gen_expr(f, params[i].initial, reg);
            sgr_gen_land(f, given);
        }
    }
}

static void gen_fn(struct sgr_gen_fn *f, const struct sgr_expr *expr, unsigned dst)
{
    struct sgr_gen_free taken = {0};
    sgr_gen_free_params(f, expr->u.fn.params, expr->u.fn.count, &taken);
    sgr_gen_free_expr(f, expr->u.fn.body, &taken);
    struct sgr_gen_fn inner;
    unsigned count = (unsigned)expr->u.fn.count;
    sgr_gen_inner_begin(&inner, f, "fn", count, false, &taken);
    for (unsigned i = 0; i < count; i++) {
        sgr_gen_bind(&inner, expr->u.fn.params[i].name.span, i);
    }
    sgr_gen_defaults(&inner, expr->u.fn.params, count, 0);
    sgr_gen_return(&inner, expr->u.fn.body);
    sgr_gen_inner_end(&inner, f, &taken, dst);
}

/* ---- the whole ---- */

static void gen_any(struct sgr_gen_fn *f, const struct sgr_expr *expr, unsigned dst)
{
    switch (expr->kind) {
    case SGR_EXPR_NAME:
        if (expr->symbol == NULL || expr->symbol->kind == SGR_SYM_WORD) {
            gen_word(f, expr->u.name.text, expr->type, NULL, dst);
        } else {
            sgr_gen_symbol(f, expr->symbol, dst);
        }
        break;
    case SGR_EXPR_STRING:
        gen_string(f, &expr->u.string, dst);
        break;
    case SGR_EXPR_FIELD:
        if (expr->symbol != NULL) {
            sgr_gen_symbol(f, expr->symbol, dst);
        } else {
            gen_postfix(f, expr, dst, false);
        }
        break;
    case SGR_EXPR_INDEX:
        gen_postfix(f, expr, dst, false);
        break;
    case SGR_EXPR_CALL:
        if (expr->symbol != NULL && expr->symbol->kind == SGR_SYM_RESULT) {
            sgr_gen_symbol(f, expr->symbol, dst);
        } else if (expr->u.call.callee->symbol != NULL &&
                   expr->u.call.callee->symbol->kind == SGR_SYM_WORD) {
            gen_word(f, expr->u.call.callee->u.name.text, expr->type,
                     expr->u.call.count > 0 ? expr->u.call.args[0].value : NULL, dst);
        } else {
            (void)sgr_gen_call(f, expr, dst, false);
        }
        break;
    case SGR_EXPR_UNARY:
        gen_unary(f, expr, dst);
        break;
    case SGR_EXPR_BINARY:
        gen_binary(f, expr, dst);
        break;
    case SGR_EXPR_IF:
        gen_if(f, expr, dst);
        break;
    case SGR_EXPR_LIST:
        gen_list(f, expr, dst);
        break;
    case SGR_EXPR_COMPREHENSION:
        gen_comprehension(f, expr, dst);
        break;
    case SGR_EXPR_RECORD:
        sgr_gen_record_literal(f, expr->u.record, dst);
        break;
    case SGR_EXPR_FN:
        gen_fn(f, expr, dst);
        break;
    default: /* an error, or a literal beyond every range: both were reported */
        SGR_EMIT(f, LOAD_ABSENT, dst, 0, 0);
        break;
    }
}

/* Is it what a test shows beside its limit? */
static bool is_kept(const struct sgr_gen_fn *f, const struct sgr_expr *expr)
{
    if (f->keep < 0) {
        return false;
    }
    if (f->keep_results) {
        return expr->symbol != NULL && expr->symbol->kind == SGR_SYM_RESULT;
    }
    return expr->kind == SGR_EXPR_CALL &&
           sgr_gen_is_block(expr->u.call.callee->symbol, SGR_BLOCK_METRIC);
}

void sgr_gen_expr(struct sgr_gen_fn *f, const struct sgr_expr *expr, unsigned dst)
{
    sgr_value value;
    if (sgr_gen_constant(f->gen, expr, &value)) {
        sgr_gen_load(f, dst, value);
        return;
    }
    if (expr->want != NULL && sgr_gen_known(f->gen, expr, &value)) {
        sgr_gen_load(f, dst, value); /* known, but the machine converts it */
    } else {
        sgr_gen_place(f, expr->span);
        gen_any(f, expr, dst);
    }
    if (converts(expr)) {
        sgr_gen_place(f, expr->span);
        gen_convert(f, expr, dst);
    }
    if (is_kept(f, expr)) {
        sgr_gen_keep(f, expr, dst);
    }
}

unsigned sgr_gen_operand(struct sgr_gen_fn *f, const struct sgr_expr *expr)
{
    if (expr->kind == SGR_EXPR_NAME && expr->symbol != NULL && !converts(expr) &&
        ((expr->symbol->kind == SGR_SYM_LOCAL && expr->symbol->decl == NULL) ||
         (expr->symbol->kind == SGR_SYM_LET && expr->symbol->slot == 0))) {
        int reg = sgr_gen_find(f, expr->symbol->span);
        if (reg >= 0) {
            return (unsigned)reg;
        }
    }
    unsigned dst = sgr_gen_reg(f);
    sgr_gen_expr(f, expr, dst);
    return dst;
}

void sgr_gen_return(struct sgr_gen_fn *f, const struct sgr_expr *expr)
{
    unsigned mark = f->top;
    if (expr->kind == SGR_EXPR_IF && !converts(expr)) {
        size_t no = sgr_gen_unless(f, expr->u.cond.test);
        sgr_gen_return(f, expr->u.cond.then);
        sgr_gen_land(f, no);
        sgr_gen_return(f, expr->u.cond.otherwise);
        f->top = mark;
        return;
    }
    unsigned dst;
    if (expr->kind == SGR_EXPR_CALL && expr->symbol == NULL && !converts(expr) && f->guarded == 0 &&
        f->keep < 0) {
        dst = sgr_gen_reg(f);
        sgr_gen_place(f, expr->span);
        bool word = expr->u.call.callee->symbol != NULL &&
                    expr->u.call.callee->symbol->kind == SGR_SYM_WORD;
        if (word) {
            sgr_gen_expr(f, expr, dst);
        } else if (sgr_gen_call(f, expr, dst, true)) {
            f->top = mark;
            return;
        }
    } else {
        dst = sgr_gen_operand(f, expr);
    }
    SGR_EMIT(f, RETURN, dst, 0, 0);
    f->top = mark;
}
