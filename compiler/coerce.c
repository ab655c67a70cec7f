/* Conversions: whether a value may stand where a type is wanted, and what it becomes there. `want`
 * is set on the very expression that is converted. */
#include "compiler/check.h"

#include "base/accepted.h"
#include "base/quantity.h"

static bool dynamic(const struct sgr_type *type)
{
    return type->kind == SGR_T_OBJECT || type->kind == SGR_T_ANY || type->kind == SGR_T_ERROR ||
           type->kind == SGR_T_NOTHING || type->kind == SGR_T_VAR;
}

/* What a literal says, for the label under it: "5 seconds". */
static const char *literal_words(struct sgr_checker *c, const struct sgr_expr *expr)
{
    struct sgr_buf text;
    sgr_buf_init(&text, 200);
    if (expr->kind == SGR_EXPR_DURATION && expr->u.integer % 1000 == 0 && expr->u.integer < 60000) {
        sgr_buf_printf(&text, "%d second%s", (int)(expr->u.integer / 1000),
                       expr->u.integer == 1000 ? "" : "s");
    } else if (expr->kind == SGR_EXPR_DURATION && expr->u.integer % 60000 == 0 &&
               expr->u.integer < 3600000) {
        sgr_buf_printf(&text, "%d minute%s", (int)(expr->u.integer / 60000),
                       expr->u.integer == 60000 ? "" : "s");
    } else {
        sgr_buf_cstr(&text, sgr_type_noun(c->arena, expr->type));
    }
    const char *words = sgr_arena_cstr(c->arena, sgr_buf_str(&text));
    sgr_buf_release(&text);
    return words;
}

static const char *way_out(const struct sgr_type *want, const struct sgr_type *have)
{
    switch (want->kind) {
    case SGR_T_CPU:
        return "write 500m for half a core";
    case SGR_T_MEMORY:
        return "write 512Mi or 2Gi";
    case SGR_T_DURATION:
        return "write 30s, 5m or 1h30m";
    case SGR_T_PERCENT:
        return "write 5% for a twentieth";
    case SGR_T_RATE:
        return "write 10/s";
    case SGR_T_STRING:
        return sgr_type_is_quantity(have) ? "put it into a string: \"${...}\"" : NULL;
    case SGR_T_INT:
        return have->kind == SGR_T_NUMBER ? "use round, floor or ceil" : NULL;
    default:
        return NULL;
    }
}

static bool refuse(struct sgr_checker *c, struct sgr_expr *expr, const struct sgr_type *want)
{
    bool units = sgr_type_is_quantity(expr->type) && sgr_type_is_quantity(want);
    struct sgr_diag *diag =
        sgr_diag(c->diags, units ? SGR_E0301 : SGR_E0302, expr->span, "%s cannot be %s",
                 sgr_type_noun(c->arena, want), sgr_type_noun(c->arena, expr->type));
    sgr_diag_label(c->diags, diag, "this is %s", literal_words(c, expr));
    const char *help = way_out(want, expr->type);
    if (help != NULL) {
        sgr_diag_help(c->diags, diag, "%s", help);
    }
    return false;
}

static bool to_image(struct sgr_checker *c, struct sgr_expr *expr, const struct sgr_type *want)
{
    sgr_str text;
    if (!c->module->is_std && sgr_literal_text(expr, &text) && !sgr_is_image(text)) {
        struct sgr_diag *diag =
            sgr_diag(c->diags, SGR_E0404, expr->span, "this is no image reference");
        sgr_diag_help(c->diags, diag, "write repository/name:tag");
        return false;
    }
    expr->want = want;
    return true;
}

/* Scalars of another kind that become the wanted one. */
static bool widens(const struct sgr_type *have, const struct sgr_type *want)
{
    switch (want->kind) {
    case SGR_T_NUMBER:
        return have->kind == SGR_T_INT || have->kind == SGR_T_PERCENT || have->kind == SGR_T_COUNT;
    case SGR_T_CPU:
    case SGR_T_COUNT:
        return have->kind == SGR_T_INT || have->kind == SGR_T_NUMBER;
    case SGR_T_STRING:
        return have->kind == SGR_T_IMAGE || have->kind == SGR_T_WORD;
    default:
        return false;
    }
}

static bool record_fits(const struct sgr_type *have, const struct sgr_type *want)
{
    for (size_t i = 0; i < want->field_count; i++) {
        const struct sgr_field_type *own = sgr_type_field(have, want->fields[i].name);
        if (own == NULL && !want->fields[i].optional) {
            return false;
        }
    }
    return true;
}

static bool fits(const struct sgr_type *have, const struct sgr_type *want)
{
    if (dynamic(have) || dynamic(want) || sgr_type_equal(have, want)) {
        return true;
    }
    if (have->kind == SGR_T_RECORD && want->kind == SGR_T_MAP) {
        for (size_t i = 0; i < have->field_count; i++) {
            if (!fits(have->fields[i].type, want->item)) {
                return false;
            }
        }
        return true;
    }
    if (have->kind == SGR_T_RECORD && want->kind == SGR_T_RECORD) {
        return record_fits(have, want);
    }
    if (have->kind == SGR_T_MAP && want->kind == SGR_T_RECORD) {
        return true; /* a merge of records: its fields are looked at when they are read */
    }
    if (have->kind == want->kind &&
        (have->kind == SGR_T_LIST || have->kind == SGR_T_MAP || have->kind == SGR_T_RANGE)) {
        return fits(have->item, want->item);
    }
    return have->kind == SGR_T_STRING && want->kind == SGR_T_IMAGE;
}

/* Literals of lists and branches are converted piece by piece; true where that was done. */
static bool coerce_parts(struct sgr_checker *c, struct sgr_expr *expr, const struct sgr_type *want,
                         bool *ok)
{
    *ok = true;
    if (expr->kind == SGR_EXPR_IF) {
        *ok = sgr_coerce(c, expr->u.cond.then, want) && sgr_coerce(c, expr->u.cond.otherwise, want);
        return true;
    }
    if (expr->kind == SGR_EXPR_BINARY && expr->u.binary.op == SGR_OP_DEFAULT) {
        *ok = sgr_coerce(c, expr->u.binary.left, want) && sgr_coerce(c, expr->u.binary.right, want);
        return true;
    }
    if (expr->kind == SGR_EXPR_LIST && want->kind == SGR_T_LIST) {
        for (size_t i = 0; i < expr->u.list.count; i++) {
            *ok = sgr_coerce(c, expr->u.list.items[i], want->item) && *ok;
        }
        return true;
    }
    if (expr->kind == SGR_EXPR_COMPREHENSION && want->kind == SGR_T_LIST) {
        *ok = sgr_coerce(c, expr->u.comp.item, want->item);
        return true;
    }
    if (expr->kind == SGR_EXPR_RECORD && want->kind == SGR_T_MAP &&
        expr->type->kind == SGR_T_RECORD) {
        for (size_t i = 0; i < expr->u.record->count; i++) {
            struct sgr_entry *entry = &expr->u.record->entries[i];
            *ok = (entry->kind != SGR_ENTRY_ATTR || sgr_coerce(c, entry->value, want->item)) && *ok;
        }
        return true;
    }
    bool sum = expr->kind == SGR_EXPR_BINARY &&
               (expr->u.binary.op == SGR_OP_ADD || expr->u.binary.op == SGR_OP_SUB);
    if (sum && expr->type->kind == SGR_T_LIST && want->kind == SGR_T_LIST) {
        *ok = sgr_coerce(c, expr->u.binary.left, want) && sgr_coerce(c, expr->u.binary.right, want);
        return true;
    }
    return false;
}

static bool is_scalar(const struct sgr_type *type)
{
    return sgr_type_is_quantity(type) || type->kind == SGR_T_STRING || type->kind == SGR_T_IMAGE;
}

bool sgr_coerce(struct sgr_checker *c, struct sgr_expr *expr, const struct sgr_type *want)
{
    const struct sgr_type *have = expr->type;
    bool ok;
    if (have == NULL || dynamic(want) || have->kind == SGR_T_ERROR) {
        return true;
    }
    if (want->kind == SGR_T_IMAGE && (have->kind == SGR_T_STRING || have->kind == SGR_T_IMAGE) &&
        expr->kind == SGR_EXPR_STRING) {
        return to_image(c, expr, want);
    }
    bool nameless = want->kind == SGR_T_RECORD && want->name.len == 0;
    if (nameless && expr->kind == SGR_EXPR_RECORD && !sgr_check_complete(c, expr->u.record, want)) {
        return false;
    }
    if (sgr_type_equal(have, want)) {
        return true;
    }
    if (coerce_parts(c, expr, want, &ok)) {
        return ok;
    }
    if (dynamic(have)) {
        expr->want = is_scalar(want) ? want : expr->want;
        return true;
    }
    if (widens(have, want)) {
        expr->want = want;
        return true;
    }
    if (!fits(have, want)) {
        return refuse(c, expr, want);
    }
    return true;
}

bool sgr_expect(struct sgr_checker *c, struct sgr_expr *expr, const struct sgr_type *want)
{
    sgr_infer(c, expr, want);
    return sgr_coerce(c, expr, want);
}
