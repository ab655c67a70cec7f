/* Values that are known while compiling: literals with their conversions, and arithmetic on them
 * where it can neither overflow nor round differently from the machine. Everything else is left to
 * run. */
#include <math.h>

#include "compiler/gen_private.h"

enum sgr_tag sgr_gen_tag(const struct sgr_type *type)
{
    if (type == NULL) {
        return SGR_ABSENT;
    }
    switch (type->kind) {
    case SGR_T_BOOL:
        return SGR_BOOL;
    case SGR_T_INT:
        return SGR_INT;
    case SGR_T_NUMBER:
        return SGR_NUMBER;
    case SGR_T_STRING:
    case SGR_T_IMAGE:
        return SGR_STRING;
    case SGR_T_DURATION:
        return SGR_DURATION;
    case SGR_T_PERCENT:
        return SGR_PERCENT;
    case SGR_T_CPU:
        return SGR_CPU;
    case SGR_T_MEMORY:
        return SGR_MEMORY;
    case SGR_T_RATE:
        return SGR_RATE;
    case SGR_T_COUNT:
        return SGR_COUNT;
    case SGR_T_RANGE:
        return SGR_RANGE;
    case SGR_T_LIST:
        return SGR_LIST;
    case SGR_T_MAP:
    case SGR_T_RECORD:
        return SGR_RECORD;
    case SGR_T_FN:
        return SGR_FUNCTION;
    default:
        return SGR_ABSENT; /* object, any, a word: of more than one kind, or of no interest */
    }
}

static bool whole(double f)
{
    return f >= -9e15 && f <= 9e15 && f == floor(f);
}

/* Only the conversions whose result no rounding can change. */
static bool convert(sgr_value *value, const struct sgr_type *want)
{
    enum sgr_tag tag = sgr_gen_tag(want);
    if (tag == SGR_ABSENT || value->tag == tag) {
        return true;
    }
    bool is_int = value->tag == SGR_INT;
    if (tag == SGR_NUMBER && is_int && whole((double)value->as.i)) {
        *value = sgr_number((double)value->as.i);
        return true;
    }
    if (tag == SGR_NUMBER && value->tag == SGR_PERCENT) {
        *value = sgr_number(value->as.f / 100);
        return true;
    }
    if (tag == SGR_CPU && is_int) {
        int64_t millis;
        if (__builtin_mul_overflow(value->as.i, 1000, &millis)) {
            return false;
        }
        *value = sgr_unit_i(SGR_CPU, millis);
        return true;
    }
    if (tag == SGR_CPU && value->tag == SGR_NUMBER && whole(value->as.f * 1000)) {
        *value = sgr_unit_i(SGR_CPU, (int64_t)(value->as.f * 1000));
        return true;
    }
    return false;
}

/* `100m`: milli-CPU where a cpu is expected, minutes anywhere else. */
static bool suffix_m(const struct sgr_expr *expr, sgr_value *out)
{
    bool cpu = expr->type != NULL && expr->type->kind == SGR_T_CPU;
    cpu = cpu || (expr->want != NULL && expr->want->kind == SGR_T_CPU);
    double amount = cpu ? expr->u.number : expr->u.number * 60000;
    if (!whole(amount)) {
        amount = nearbyint(amount);
        if (!whole(amount)) {
            return false;
        }
    }
    *out = sgr_unit_i(cpu ? SGR_CPU : SGR_DURATION, (int64_t)amount);
    return true;
}

static bool plain_string(struct sgr_gen *gen, const struct sgr_string *string, sgr_value *out)
{
    if (string->count == 1 && string->parts[0].expr == NULL) {
        *out = sgr_string(gen->heap, string->parts[0].text);
        return true;
    }
    if (string->count == 0) {
        *out = sgr_string(gen->heap, SGR_STR(""));
        return true;
    }
    return false;
}

static bool literal(struct sgr_gen *gen, const struct sgr_expr *expr, sgr_value *out)
{
    switch (expr->kind) {
    case SGR_EXPR_BOOL:
        *out = sgr_bool(expr->u.boolean);
        return true;
    case SGR_EXPR_INT:
        *out = sgr_int(expr->u.integer);
        return true;
    case SGR_EXPR_NUMBER:
        *out = sgr_number(expr->u.number);
        return true;
    case SGR_EXPR_PERCENT:
        *out = sgr_unit_f(SGR_PERCENT, expr->u.number);
        return true;
    case SGR_EXPR_DURATION:
        *out = sgr_unit_i(SGR_DURATION, expr->u.integer);
        return true;
    case SGR_EXPR_MEMORY:
        *out = sgr_unit_i(SGR_MEMORY, expr->u.integer);
        return true;
    case SGR_EXPR_RATE:
        *out = sgr_unit_f(SGR_RATE, expr->u.number);
        return true;
    case SGR_EXPR_SUFFIX_M:
        return suffix_m(expr, out);
    case SGR_EXPR_STRING:
        return plain_string(gen, &expr->u.string, out);
    default:
        return false;
    }
}

static bool integral(sgr_value value)
{
    return value.tag == SGR_INT || value.tag == SGR_DURATION || value.tag == SGR_CPU ||
           value.tag == SGR_MEMORY;
}

static bool negate(sgr_value *value)
{
    if (integral(*value)) {
        return !__builtin_sub_overflow((int64_t)0, value->as.i, &value->as.i);
    }
    if (value->tag == SGR_NUMBER || value->tag == SGR_PERCENT || value->tag == SGR_RATE) {
        value->as.f = -value->as.f;
        return true;
    }
    return false;
}

/* Sums of one integral unit, and products of such a unit with an int. */
static bool arithmetic(enum sgr_operator op, sgr_value a, sgr_value b, sgr_value *out)
{
    if (!integral(a) || !integral(b)) {
        return false;
    }
    uint32_t tag = a.tag;
    int64_t result = 0;
    bool overflow = true;
    if (op == SGR_OP_ADD && a.tag == b.tag) {
        overflow = __builtin_add_overflow(a.as.i, b.as.i, &result);
    } else if (op == SGR_OP_SUB && a.tag == b.tag) {
        overflow = __builtin_sub_overflow(a.as.i, b.as.i, &result);
    } else if (op == SGR_OP_MUL && (a.tag == SGR_INT || b.tag == SGR_INT)) {
        tag = a.tag == SGR_INT ? b.tag : a.tag;
        overflow = __builtin_mul_overflow(a.as.i, b.as.i, &result);
    }
    *out = sgr_unit_i((enum sgr_tag)tag, result);
    return !overflow;
}

static bool range(struct sgr_gen *gen, const struct sgr_expr *expr, sgr_value *out)
{
    sgr_value from, to;
    if (!sgr_gen_constant(gen, expr->u.binary.left, &from) ||
        !sgr_gen_constant(gen, expr->u.binary.right, &to)) {
        return false;
    }
    *out = sgr_range(gen->heap, from, to);
    return true;
}

/* A word: its text, or a record where some word of its type takes an argument. */
static bool word(struct sgr_gen *gen, const struct sgr_type *type, sgr_str text,
                 const struct sgr_expr *arg, sgr_value *out)
{
    sgr_value value = sgr_absent();
    if (arg != NULL && !sgr_gen_constant(gen, arg, &value)) {
        return false;
    }
    *out = sgr_string(gen->heap, text);
    if (sgr_gen_word_has_args(type)) {
        struct sgr_record_builder record;
        sgr_record_begin(&record, gen->heap);
        sgr_record_set(&record, SGR_STR("word"), *out);
        sgr_record_set(&record, SGR_STR("value"), value);
        *out = sgr_record_end(&record);
    }
    return true;
}

static bool is_word(const struct sgr_expr *expr)
{
    return expr->kind == SGR_EXPR_NAME && expr->symbol != NULL &&
           expr->symbol->kind == SGR_SYM_WORD;
}

static bool list(struct sgr_gen *gen, const struct sgr_expr *expr, sgr_value *out)
{
    SGR_VEC(sgr_value) items = {0};
    bool known = true;
    for (size_t i = 0; i < expr->u.list.count && known; i++) {
        sgr_value item = sgr_absent();
        known = sgr_gen_constant(gen, expr->u.list.items[i], &item);
        sgr_vec_push(&items, item);
    }
    if (known) {
        *out = sgr_list(gen->heap, items.at, items.len);
    }
    sgr_vec_release(&items);
    return known;
}

bool sgr_gen_constant_block(struct sgr_gen *gen, const struct sgr_block *block, sgr_value *out)
{
    struct sgr_record_builder record;
    sgr_record_begin(&record, gen->heap);
    bool known = true;
    for (size_t i = 0; i < block->count && known; i++) {
        const struct sgr_entry *entry = &block->entries[i];
        sgr_value value = sgr_absent();
        sgr_str key;
        known = (entry->kind == SGR_ENTRY_ATTR && sgr_gen_plain_key(entry, &key) &&
                 sgr_gen_constant(gen, entry->value, &value)) ||
                (entry->kind == SGR_ENTRY_BLOCK && sgr_gen_plain_key(entry, &key) &&
                 sgr_gen_constant_block(gen, entry->block, &value));
        if (known) {
            sgr_record_set(&record, key, value);
        }
    }
    *out = sgr_record_end(&record);
    return known;
}

bool sgr_gen_known(struct sgr_gen *gen, const struct sgr_expr *expr, sgr_value *out)
{
    sgr_value a, b;
    switch (expr->kind) {
    case SGR_EXPR_UNARY:
        return expr->u.unary.op == SGR_OP_NEG &&
               sgr_gen_constant(gen, expr->u.unary.operand, out) && negate(out);
    case SGR_EXPR_BINARY:
        switch (expr->u.binary.op) {
        case SGR_OP_RANGE:
            return range(gen, expr, out);
        case SGR_OP_ADD:
        case SGR_OP_SUB:
        case SGR_OP_MUL:
            return sgr_gen_constant(gen, expr->u.binary.left, &a) &&
                   sgr_gen_constant(gen, expr->u.binary.right, &b) &&
                   arithmetic(expr->u.binary.op, a, b, out);
        default:
            return false;
        }
    case SGR_EXPR_NAME:
        return is_word(expr) && word(gen, expr->type, expr->u.name.text, NULL, out);
    case SGR_EXPR_CALL:
        return is_word(expr->u.call.callee) && expr->u.call.count == 1 &&
               word(gen, expr->type, expr->u.call.callee->u.name.text, expr->u.call.args[0].value,
                    out);
    case SGR_EXPR_LIST:
        return list(gen, expr, out);
    case SGR_EXPR_RECORD:
        return sgr_gen_constant_block(gen, expr->u.record, out);
    default:
        return literal(gen, expr, out);
    }
}

bool sgr_gen_constant(struct sgr_gen *gen, const struct sgr_expr *expr, sgr_value *out)
{
    return sgr_gen_known(gen, expr, out) && convert(out, expr->want);
}
