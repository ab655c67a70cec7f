/* Expressions and types on one line, with the parentheses that precedence needs and those the user
 * wrote. Must never end a line and never look at comments. */
#include "lang/print.h"

#include <math.h>
#include <stdio.h>

#include "base/quantity.h"
#include "lang/print_layout.h"

static const struct {
    const char *text;
    enum sgr_binding binding;
} operators[] = {
    [SGR_OP_NEG] = {"-", SGR_BIND_NEG},      [SGR_OP_NOT] = {"not", SGR_BIND_NOT},
    [SGR_OP_MUL] = {"*", SGR_BIND_MUL},      [SGR_OP_DIV] = {"/", SGR_BIND_MUL},
    [SGR_OP_ADD] = {"+", SGR_BIND_ADD},      [SGR_OP_SUB] = {"-", SGR_BIND_ADD},
    [SGR_OP_RANGE] = {"..", SGR_BIND_RANGE}, [SGR_OP_EQ] = {"==", SGR_BIND_COMPARE},
    [SGR_OP_NE] = {"!=", SGR_BIND_COMPARE},  [SGR_OP_LT] = {"<", SGR_BIND_COMPARE},
    [SGR_OP_LE] = {"<=", SGR_BIND_COMPARE},  [SGR_OP_GT] = {">", SGR_BIND_COMPARE},
    [SGR_OP_GE] = {">=", SGR_BIND_COMPARE},  [SGR_OP_AND] = {"and", SGR_BIND_AND},
    [SGR_OP_OR] = {"or", SGR_BIND_OR},       [SGR_OP_DEFAULT] = {"??", SGR_BIND_DEFAULT},
};

const char *sgr_operator_text(enum sgr_operator op)
{
    return operators[op].text;
}

enum sgr_binding sgr_operator_binding(enum sgr_operator op)
{
    return operators[op].binding;
}

enum sgr_binding sgr_left_binding(enum sgr_operator op)
{
    enum sgr_binding own = operators[op].binding;
    bool chains = own != SGR_BIND_COMPARE && own != SGR_BIND_RANGE;
    return chains ? own : own + 1;
}

enum sgr_binding sgr_right_binding(enum sgr_operator op)
{
    return operators[op].binding + 1;
}

enum sgr_binding sgr_right_least(const struct sgr_expr *binary, enum sgr_binding least)
{
    enum sgr_expr_kind kind = binary->u.binary.right->kind;
    bool prefix = kind == SGR_EXPR_IF || kind == SGR_EXPR_FN || kind == SGR_EXPR_UNARY;
    return prefix && least == SGR_BIND_ANY ? SGR_BIND_ANY : sgr_right_binding(binary->u.binary.op);
}

enum sgr_binding sgr_expr_binding(const struct sgr_expr *expr)
{
    switch (expr->kind) {
    case SGR_EXPR_IF:
    case SGR_EXPR_FN:
        return SGR_BIND_ANY;
    case SGR_EXPR_UNARY:
        return operators[expr->u.unary.op].binding;
    case SGR_EXPR_BINARY:
        return operators[expr->u.binary.op].binding;
    default:
        return SGR_BIND_POSTFIX;
    }
}

bool sgr_expr_parens(const struct sgr_expr *expr, enum sgr_binding least)
{
    return expr->parens || sgr_expr_binding(expr) < least;
}

void sgr_flat_text(struct sgr_flat *flat, const char *text)
{
    sgr_flat_str(flat, sgr_str_from(text));
}

void sgr_flat_stop(struct sgr_flat *flat, bool ends)
{
    flat->stopped = flat->stopped || (flat->measure && ends);
}

void sgr_flat_str(struct sgr_flat *flat, sgr_str text)
{
    if (!flat->stopped) {
        sgr_buf_add(flat->out, text);
    }
}

/* ---- literals ---- */

static void canonical_number(struct sgr_buf *out, double number)
{
    sgr_print_number(out, number);
    if (number == floor(number) && fabs(number) < 1e15) {
        sgr_buf_cstr(out, ".0"); /* without it, it would read as an int */
    }
}

static void literal(struct sgr_flat *flat, const struct sgr_expr *expr)
{
    struct sgr_buf *out = flat->out;
    if (flat->stopped) {
        return;
    }
    if (flat->layout != NULL) {
        sgr_buf_add(out, sgr_layout_text(flat->layout, expr->span));
        return;
    }
    switch (expr->kind) {
    case SGR_EXPR_BOOL:
        sgr_buf_cstr(out, expr->u.boolean ? "true" : "false");
        break;
    case SGR_EXPR_INT:
        sgr_print_int(out, expr->u.integer);
        break;
    case SGR_EXPR_NUMBER:
        canonical_number(out, expr->u.number);
        break;
    case SGR_EXPR_PERCENT:
        sgr_print_percent(out, expr->u.number);
        break;
    case SGR_EXPR_DURATION:
        sgr_print_duration(out, expr->u.integer);
        break;
    case SGR_EXPR_MEMORY:
        sgr_print_memory(out, expr->u.integer);
        break;
    case SGR_EXPR_RATE:
        sgr_print_rate(out, expr->u.number);
        break;
    case SGR_EXPR_SUFFIX_M:
        sgr_print_number(out, expr->u.number);
        sgr_buf_byte(out, 'm');
        break;
    default:
        sgr_buf_cstr(out, "?"); /* what could not be parsed */
        break;
    }
}

/* ---- strings ---- */

/* Text with escapes for double quotes. A dollar is doubled where it would begin something else. */
static void escaped(struct sgr_flat *flat, sgr_str text, bool before_interpolation)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        char next = i + 1 < text.len ? text.ptr[i + 1] : before_interpolation ? '$' : '\0';
        if (c == '\n') {
            sgr_flat_text(flat, "\\n");
        } else if (c == '\t') {
            sgr_flat_text(flat, "\\t");
        } else if (c == '"' || c == '\\') {
            sgr_flat_str(flat, (sgr_str){c == '"' ? "\\\"" : "\\\\", 2});
        } else if (c == '$' && (next == '$' || next == '{')) {
            sgr_flat_text(flat, "$$");
        } else if ((unsigned char)c < 0x20 || c == 0x7f) {
            char code[16];
            snprintf(code, sizeof code, "\\u{%x}", (unsigned)(unsigned char)c);
            sgr_flat_text(flat, code);
        } else {
            sgr_flat_str(flat, (sgr_str){text.ptr + i, 1});
        }
    }
}

static void canonical_string(struct sgr_flat *flat, const struct sgr_string *string)
{
    sgr_flat_text(flat, "\"");
    for (size_t i = 0; i < string->count; i++) {
        const struct sgr_string_part *part = &string->parts[i];
        if (part->expr == NULL) {
            escaped(flat, part->text, i + 1 < string->count);
            continue;
        }
        sgr_flat_text(flat, "${");
        sgr_flat_expr(flat, part->expr, SGR_BIND_ANY);
        sgr_flat_text(flat, "}");
    }
    sgr_flat_text(flat, "\"");
}

/* The text between interpolations as it was written, the interpolations anew. */
static void source_string(struct sgr_flat *flat, const struct sgr_expr *expr)
{
    const struct sgr_string *string = &expr->u.string;
    bool lines = sgr_layout_spans_lines(flat->layout, expr->span);
    if (lines && !flat->measure) {
        sgr_flat_str(flat, sgr_layout_text(flat->layout, expr->span));
        return;
    }
    sgr_flat_text(flat, string->triple ? "\"\"\"" : "\"");
    sgr_flat_stop(flat, lines);
    for (size_t i = 0; i < string->count; i++) {
        const struct sgr_string_part *part = &string->parts[i];
        if (part->expr == NULL) {
            sgr_flat_str(flat, sgr_layout_text(flat->layout, part->span));
            continue;
        }
        sgr_flat_text(flat, "${");
        sgr_flat_expr(flat, part->expr, SGR_BIND_ANY);
        sgr_flat_text(flat, "}");
    }
    sgr_flat_text(flat, string->triple ? "\"\"\"" : "\"");
}

void sgr_flat_string(struct sgr_flat *flat, const struct sgr_expr *expr)
{
    if (flat->layout != NULL) {
        source_string(flat, expr);
    } else {
        canonical_string(flat, &expr->u.string);
    }
}

/* ---- types and parameters ---- */

static void type_list(struct sgr_flat *flat, struct sgr_type_expr *const *types, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        sgr_flat_text(flat, i > 0 ? ", " : "");
        sgr_flat_type(flat, types[i]);
    }
}

void sgr_flat_type(struct sgr_flat *flat, const struct sgr_type_expr *type)
{
    if (type->kind == SGR_TYPE_FN) {
        sgr_flat_text(flat, "fn(");
        type_list(flat, type->args, type->arg_count - 1);
        sgr_flat_text(flat, "): ");
        sgr_flat_type(flat, type->args[type->arg_count - 1]);
        return;
    }
    if (type->kind == SGR_TYPE_RECORD) {
        sgr_flat_text(flat, type->field_count > 0 ? "{ " : "{");
        for (size_t i = 0; i < type->field_count; i++) {
            sgr_flat_text(flat, i > 0 ? ", " : "");
            sgr_flat_str(flat, type->fields[i].name.text);
            sgr_flat_text(flat, ": ");
            sgr_flat_type(flat, type->fields[i].type);
        }
        sgr_flat_text(flat, type->field_count > 0 ? " }" : "}");
        return;
    }
    if (type->module.text.len > 0) {
        sgr_flat_str(flat, type->module.text);
        sgr_flat_text(flat, ".");
    }
    sgr_flat_str(flat, type->name.text);
    if (type->arg_count > 0) {
        sgr_flat_text(flat, "<");
        type_list(flat, type->args, type->arg_count);
        sgr_flat_text(flat, ">");
    }
}

void sgr_flat_param(struct sgr_flat *flat, const struct sgr_param *param)
{
    sgr_flat_str(flat, param->name.text);
    if (param->type != NULL) {
        sgr_flat_text(flat, ": ");
        sgr_flat_type(flat, param->type);
    }
    if (param->initial != NULL) {
        sgr_flat_text(flat, " = ");
        sgr_flat_expr(flat, param->initial, SGR_BIND_ANY);
    }
}

void sgr_flat_params(struct sgr_flat *flat, uint32_t from, const struct sgr_param *params,
                     size_t count)
{
    sgr_flat_text(flat, "(");
    sgr_flat_stop(flat, flat->measure && sgr_layout_open_params(flat->layout, from, params, count));
    for (size_t i = 0; i < count; i++) {
        sgr_flat_text(flat, i > 0 ? ", " : "");
        sgr_flat_param(flat, &params[i]);
    }
    sgr_flat_text(flat, ")");
}

void sgr_flat_arg(struct sgr_flat *flat, const struct sgr_arg *arg)
{
    if (arg->name.text.len > 0) {
        sgr_flat_str(flat, arg->name.text);
        sgr_flat_text(flat, " = ");
    }
    sgr_flat_expr(flat, arg->value, SGR_BIND_ANY);
}

void sgr_flat_args(struct sgr_flat *flat, sgr_span span, const struct sgr_arg *args, size_t count)
{
    sgr_flat_text(flat, "(");
    sgr_flat_stop(flat, flat->measure &&
                            sgr_layout_open_args(flat->layout, span.lo, args, count, span.hi));
    for (size_t i = 0; i < count; i++) {
        sgr_flat_text(flat, i > 0 ? ", " : "");
        sgr_flat_arg(flat, &args[i]);
    }
    sgr_flat_text(flat, ")");
}

void sgr_flat_names(struct sgr_flat *flat, const struct sgr_loop *names)
{
    if (names->key.text.len > 0) {
        sgr_flat_str(flat, names->key.text);
        sgr_flat_text(flat, ", ");
    }
    sgr_flat_str(flat, names->value.text);
}

/* ---- expressions ---- */

static void list(struct sgr_flat *flat, const struct sgr_expr *expr)
{
    sgr_flat_text(flat, "[");
    sgr_flat_stop(flat, flat->measure && sgr_layout_open_list(flat->layout, expr));
    for (size_t i = 0; i < expr->u.list.count; i++) {
        sgr_flat_text(flat, i > 0 ? ", " : "");
        sgr_flat_expr(flat, expr->u.list.items[i], SGR_BIND_ANY);
    }
    sgr_flat_text(flat, "]");
}

static void comprehension(struct sgr_flat *flat, const struct sgr_expr *expr)
{
    sgr_flat_text(flat, "[");
    sgr_flat_stop(flat, flat->measure && sgr_layout_open_list(flat->layout, expr));
    sgr_flat_expr(flat, expr->u.comp.item, SGR_BIND_ANY);
    sgr_flat_text(flat, " for ");
    sgr_flat_names(flat, expr->u.comp.loop);
    sgr_flat_text(flat, " in ");
    sgr_flat_expr(flat, expr->u.comp.source, SGR_BIND_ANY);
    if (expr->u.comp.filter != NULL) {
        sgr_flat_text(flat, " if ");
        sgr_flat_expr(flat, expr->u.comp.filter, SGR_BIND_ANY);
    }
    sgr_flat_text(flat, "]");
}

static void condition(struct sgr_flat *flat, const struct sgr_expr *expr)
{
    sgr_flat_text(flat, "if ");
    sgr_flat_expr(flat, expr->u.cond.test, SGR_BIND_ANY);
    sgr_flat_text(flat, " then ");
    sgr_flat_expr(flat, expr->u.cond.then, SGR_BIND_ANY);
    sgr_flat_stop(flat, flat->measure && sgr_layout_broken_else(flat->layout, expr));
    sgr_flat_text(flat, " else ");
    sgr_flat_expr(flat, expr->u.cond.otherwise, SGR_BIND_ANY);
}

static void binary(struct sgr_flat *flat, const struct sgr_expr *expr, enum sgr_binding least)
{
    enum sgr_operator op = expr->u.binary.op;
    sgr_flat_expr(flat, expr->u.binary.left, sgr_left_binding(op));
    sgr_flat_stop(flat, flat->measure && sgr_layout_broken_operator(flat->layout, expr));
    sgr_flat_text(flat, " ");
    sgr_flat_text(flat, operators[op].text);
    sgr_flat_text(flat, " ");
    sgr_flat_expr(flat, expr->u.binary.right, sgr_right_least(expr, least));
}

static void bare(struct sgr_flat *flat, const struct sgr_expr *expr, enum sgr_binding least)
{
    switch (expr->kind) {
    case SGR_EXPR_STRING:
        sgr_flat_string(flat, expr);
        break;
    case SGR_EXPR_NAME:
        sgr_flat_str(flat, expr->u.name.text);
        break;
    case SGR_EXPR_FIELD:
        sgr_flat_expr(flat, expr->u.field.object, SGR_BIND_POSTFIX);
        sgr_flat_text(flat, ".");
        sgr_flat_str(flat, expr->u.field.name.text);
        break;
    case SGR_EXPR_INDEX:
        sgr_flat_expr(flat, expr->u.index.object, SGR_BIND_POSTFIX);
        sgr_flat_text(flat, "[");
        sgr_flat_expr(flat, expr->u.index.key, SGR_BIND_ANY);
        sgr_flat_text(flat, "]");
        break;
    case SGR_EXPR_CALL:
        sgr_flat_expr(flat, expr->u.call.callee, SGR_BIND_POSTFIX);
        sgr_flat_args(flat,
                      (sgr_span){expr->span.file, expr->u.call.callee->span.hi, expr->span.hi},
                      expr->u.call.args, expr->u.call.count);
        break;
    case SGR_EXPR_UNARY:
        sgr_flat_text(flat, expr->u.unary.op == SGR_OP_NOT ? "not " : "-");
        sgr_flat_expr(flat, expr->u.unary.operand, operators[expr->u.unary.op].binding);
        break;
    case SGR_EXPR_BINARY:
        binary(flat, expr, least);
        break;
    case SGR_EXPR_IF:
        condition(flat, expr);
        break;
    case SGR_EXPR_LIST:
        list(flat, expr);
        break;
    case SGR_EXPR_COMPREHENSION:
        comprehension(flat, expr);
        break;
    case SGR_EXPR_RECORD:
        sgr_flat_block(flat, expr->u.record, ",");
        break;
    case SGR_EXPR_FN:
        sgr_flat_text(flat, "fn ");
        sgr_flat_params(flat, expr->span.lo, expr->u.fn.params, expr->u.fn.count);
        sgr_flat_text(flat, " => ");
        sgr_flat_expr(flat, expr->u.fn.body, SGR_BIND_ANY);
        break;
    default:
        literal(flat, expr);
        break;
    }
}

void sgr_flat_expr(struct sgr_flat *flat, const struct sgr_expr *expr, enum sgr_binding least)
{
    if (flat->stopped) {
        return;
    }
    bool parens = sgr_expr_parens(expr, least);
    sgr_flat_text(flat, parens ? "(" : "");
    sgr_flat_stop(flat, flat->measure && parens && sgr_layout_open_parens(flat->layout, expr));
    bare(flat, expr, parens ? SGR_BIND_ANY : least);
    sgr_flat_text(flat, parens ? ")" : "");
}

void sgr_print_expr(const struct sgr_expr *expr, struct sgr_buf *out)
{
    struct sgr_flat flat = {.out = out};
    sgr_flat_expr(&flat, expr, SGR_BIND_ANY);
}
