/* Expressions: inference from the expected type, units, conversions. Every expression gets its
 * type; what is converted where it stands gets `want`. After an error the type is ERROR, which fits
 * everywhere, so that one mistake is told once. */
#include "compiler/check.h"

#define BASIC(kind) sgr_type_basic(SGR_T_##kind)

static bool dynamic(const struct sgr_type *type)
{
    return type->kind == SGR_T_OBJECT || type->kind == SGR_T_ANY || type->kind == SGR_T_ERROR ||
           type->kind == SGR_T_NOTHING;
}

static bool plain(const struct sgr_type *type)
{
    return type->kind == SGR_T_INT || type->kind == SGR_T_NUMBER;
}

/* ---- names ---- */

static const struct sgr_word_type *find_word(const struct sgr_type *type, sgr_str name)
{
    for (size_t i = 0; type != NULL && type->kind == SGR_T_WORD && i < type->word_count; i++) {
        if (sgr_str_equal(type->words[i].name, name)) {
            return &type->words[i];
        }
    }
    return NULL;
}

static const struct sgr_type *track_type(struct sgr_checker *c)
{
    return sgr_type_parse(c->compilation, "track");
}

static void effect_in_declaration(struct sgr_checker *c, sgr_span span, sgr_str name)
{
    struct sgr_diag *diag =
        sgr_diag(c->diags, SGR_E0304, span, "`%.*s` asks the cluster, which %s must not",
                 SGR_FMT(name), c->what ? c->what : "a declaration");
    sgr_diag_help(c->diags, diag, "ask in a statement, a guard or a scenario");
}

static const struct sgr_type *infer_name(struct sgr_checker *c, struct sgr_expr *expr,
                                         const struct sgr_type *hint)
{
    sgr_str name = expr->u.name.text;
    if (find_word(hint, name) != NULL) {
        expr->symbol = sgr_symbol_new(c, SGR_SYM_WORD, expr->u.name, hint);
        return hint;
    }
    if (c->place == SGR_PLACE_EXPECT && (expr->symbol = sgr_result_symbol(c, expr)) != NULL) {
        return expr->symbol->type;
    }
    struct sgr_symbol *symbol = sgr_lookup(c, name, false);
    if (symbol == NULL && c->has_rollout && (sgr_str_is(name, "new") || sgr_str_is(name, "old"))) {
        expr->symbol = sgr_symbol_new(c, sgr_str_is(name, "new") ? SGR_SYM_NEW : SGR_SYM_OLD,
                                      expr->u.name, track_type(c));
        return expr->symbol->type;
    }
    if (symbol == NULL && (sgr_str_is(name, "new") || sgr_str_is(name, "old"))) {
        sgr_diag(c->diags, SGR_E0405, expr->span,
                 "`%.*s` belongs to a rollout, a guard or a routine", SGR_FMT(name));
        return BASIC(ERROR);
    }
    if (symbol == NULL && hint != NULL && hint->kind == SGR_T_WORD) {
        struct sgr_diag *diag =
            sgr_diag(c->diags, SGR_E0302, expr->span, "`%.*s` is none of the words that stand here",
                     SGR_FMT(name));
        sgr_diag_label(c->diags, diag, "expected %s", sgr_type_noun(c->arena, hint));
        return BASIC(ERROR);
    }
    if (symbol == NULL) {
        sgr_unknown_name(c, expr->u.name);
        return BASIC(ERROR);
    }
    if (symbol->kind == SGR_SYM_MODULE) {
        sgr_diag(c->diags, SGR_E0201, expr->span, "`%.*s` is a module; say what of it",
                 SGR_FMT(name));
        return BASIC(ERROR);
    }
    expr->symbol = symbol;
    const struct sgr_type *type = sgr_symbol_type(c, symbol);
    if (symbol->kind == SGR_SYM_BLOCK && symbol->decl->block_kind == SGR_BLOCK_METRIC) {
        return sgr_block_type(c->compilation, SGR_BLOCK_METRIC);
    }
    return type;
}

/* `module.name` or `effect.name`: the symbol, or NULL where the object is an ordinary value. */
static struct sgr_symbol *member(struct sgr_checker *c, struct sgr_expr *expr)
{
    const struct sgr_expr *object = expr->u.field.object;
    if (object->kind != SGR_EXPR_NAME) {
        return NULL;
    }
    struct sgr_symbol *base = sgr_lookup(c, object->u.name.text, false);
    sgr_str name = expr->u.field.name.text;
    if (base == NULL && c->module->is_std && sgr_str_is(object->u.name.text, "effect")) {
        for (int i = 0; i < SGR_EFFECT_COUNT; i++) {
            if (sgr_str_is(name, sgr_effects[i].word)) {
                struct sgr_symbol *symbol =
                    sgr_symbol_new(c, SGR_SYM_EFFECT, expr->u.field.name,
                                   sgr_signature_parse(c->compilation, sgr_effects[i].signature));
                symbol->index = (uint32_t)i;
                return symbol;
            }
        }
    }
    if (base == NULL || base->kind != SGR_SYM_MODULE || base->module == NULL) {
        return NULL;
    }
    struct sgr_symbol *found = sgr_member(c, base->module, name);
    return found != NULL && found->kind != SGR_SYM_MODULE ? found : NULL;
}

static bool names_module(struct sgr_checker *c, const struct sgr_expr *object)
{
    if (object->kind != SGR_EXPR_NAME) {
        return false;
    }
    struct sgr_symbol *base = sgr_lookup(c, object->u.name.text, false);
    return (base != NULL && base->kind == SGR_SYM_MODULE) ||
           (base == NULL && c->module->is_std && sgr_str_is(object->u.name.text, "effect"));
}

static void unknown_field(struct sgr_checker *c, struct sgr_name name, const struct sgr_type *type)
{
    struct sgr_diag *diag = sgr_diag(c->diags, SGR_E0202, name.span, "%s has no field `%.*s`",
                                     sgr_type_noun(c->arena, type), SGR_FMT(name.text));
    const char *best = NULL;
    size_t distance = 3;
    sgr_str shown = {0};
    for (size_t i = 0; i < type->field_count; i++) {
        if (sgr_nearest(name.text, type->fields[i].name, &best, &distance) ==
            type->fields[i].name.ptr) {
            shown = type->fields[i].name;
        }
    }
    if (best != NULL) {
        sgr_diag_help(c->diags, diag, "did you mean `%.*s`?", SGR_FMT(shown));
        sgr_diag_fix(c->diags, diag, name.span, false, shown);
    }
}

static const struct sgr_type *infer_field(struct sgr_checker *c, struct sgr_expr *expr,
                                          bool optional)
{
    struct sgr_symbol *symbol = member(c, expr);
    if (symbol != NULL) {
        expr->symbol = symbol;
        return sgr_symbol_type(c, symbol);
    }
    if (names_module(c, expr->u.field.object)) {
        sgr_diag(c->diags, SGR_E0201, expr->u.field.name.span, "the module exports no `%.*s`",
                 SGR_FMT(expr->u.field.name.text));
        return BASIC(ERROR);
    }
    const struct sgr_type *object = sgr_infer(c, expr->u.field.object, NULL);
    if (dynamic(object)) {
        return object->kind == SGR_T_ERROR ? object : BASIC(OBJECT);
    }
    if (object->kind == SGR_T_MAP) {
        return object->item;
    }
    if (object->kind == SGR_T_WORD && sgr_str_is(expr->u.field.name.text, "word")) {
        return BASIC(STRING);
    }
    if (object->kind == SGR_T_WORD) {
        return BASIC(OBJECT);
    }
    const struct sgr_field_type *field =
        object->kind == SGR_T_RECORD ? sgr_type_field(object, expr->u.field.name.text) : NULL;
    if (field == NULL) {
        unknown_field(c, expr->u.field.name, object);
        return BASIC(ERROR);
    }
    if (field->optional && !optional && !c->module->is_std) {
        struct sgr_diag *diag =
            sgr_diag(c->diags, SGR_E0305, expr->span, "`%.*s` may be absent", SGR_FMT(field->name));
        sgr_diag_help(c->diags, diag, "say what holds then: `... ?? value`");
    }
    return field->type;
}

static const struct sgr_type *infer_index(struct sgr_checker *c, struct sgr_expr *expr)
{
    const struct sgr_type *object = sgr_infer(c, expr->u.index.object, NULL);
    if (object->kind == SGR_T_LIST) {
        sgr_expect(c, expr->u.index.key, BASIC(INT));
        return object->item;
    }
    const struct sgr_type *key = sgr_infer(c, expr->u.index.key, NULL);
    if (object->kind == SGR_T_MAP || object->kind == SGR_T_RECORD) {
        sgr_coerce(c, expr->u.index.key, key->kind == SGR_T_WORD ? key : BASIC(STRING));
        return object->kind == SGR_T_MAP ? object->item : BASIC(OBJECT);
    }
    if (dynamic(object)) {
        return BASIC(OBJECT);
    }
    sgr_diag(c->diags, SGR_E0303, expr->span, "%s has no items", sgr_type_noun(c->arena, object));
    return BASIC(ERROR);
}

/* ---- operators ---- */

static const char *operator_text(enum sgr_operator op)
{
    static const char *const texts[] = {
        [SGR_OP_NEG] = "-", [SGR_OP_NOT] = "not", [SGR_OP_MUL] = "*",    [SGR_OP_DIV] = "/",
        [SGR_OP_ADD] = "+", [SGR_OP_SUB] = "-",   [SGR_OP_RANGE] = "..", [SGR_OP_EQ] = "==",
        [SGR_OP_NE] = "!=", [SGR_OP_LT] = "<",    [SGR_OP_LE] = "<=",    [SGR_OP_GT] = ">",
        [SGR_OP_GE] = ">=", [SGR_OP_AND] = "and", [SGR_OP_OR] = "or",    [SGR_OP_DEFAULT] = "??",
    };
    return texts[op];
}

static const struct sgr_type *bad_operands(struct sgr_checker *c, struct sgr_expr *expr,
                                           const struct sgr_type *a, const struct sgr_type *b)
{
    struct sgr_diag *diag = sgr_diag(c->diags, SGR_E0303, expr->u.binary.op_span,
                                     "%s %s %s has no meaning", sgr_type_noun(c->arena, a),
                                     operator_text(expr->u.binary.op), sgr_type_noun(c->arena, b));
    sgr_diag_note(c->diags, diag, expr->u.binary.left->span, "this is %s",
                  sgr_type_noun(c->arena, a));
    sgr_diag_note(c->diags, diag, expr->u.binary.right->span, "this is %s",
                  sgr_type_noun(c->arena, b));
    if (sgr_type_is_quantity(a) && plain(b) && !plain(a)) {
        sgr_diag_help(c->diags, diag, "give the number a unit");
    }
    return BASIC(ERROR);
}

/* Brings the sides of + - and comparisons to one type. */
static const struct sgr_type *meet(struct sgr_checker *c, struct sgr_expr *expr,
                                   const struct sgr_type *a, const struct sgr_type *b)
{
    struct sgr_expr *left = expr->u.binary.left, *right = expr->u.binary.right;
    if (a->kind == SGR_T_ERROR || b->kind == SGR_T_ERROR) {
        return BASIC(ERROR);
    }
    if (dynamic(a) || dynamic(b)) {
        const struct sgr_type *known = dynamic(a) ? b : a;
        if (sgr_type_is_quantity(known) || known->kind == SGR_T_STRING ||
            known->kind == SGR_T_BOOL) {
            sgr_coerce(c, dynamic(a) ? left : right, known);
        }
        return known;
    }
    if (sgr_type_equal(a, b)) {
        return a;
    }
    if (plain(a) && plain(b)) {
        sgr_coerce(c, a->kind == SGR_T_INT ? left : right, BASIC(NUMBER));
        return BASIC(NUMBER);
    }
    if (a->kind == SGR_T_PERCENT && plain(b)) {
        sgr_coerce(c, left, BASIC(NUMBER));
        return BASIC(NUMBER);
    }
    if (b->kind == SGR_T_PERCENT && plain(a)) {
        sgr_coerce(c, right, BASIC(NUMBER));
        return BASIC(NUMBER);
    }
    if ((a->kind == SGR_T_CPU && plain(b)) || (b->kind == SGR_T_CPU && plain(a))) {
        sgr_coerce(c, plain(b) ? right : left, BASIC(CPU));
        return BASIC(CPU);
    }
    if ((a->kind == SGR_T_COUNT && plain(b)) || (b->kind == SGR_T_COUNT && plain(a))) {
        return BASIC(COUNT);
    }
    bool texts = (a->kind == SGR_T_STRING || a->kind == SGR_T_IMAGE || a->kind == SGR_T_WORD) &&
                 (b->kind == SGR_T_STRING || b->kind == SGR_T_IMAGE || b->kind == SGR_T_WORD);
    if (texts) {
        return BASIC(STRING);
    }
    if (a->kind == SGR_T_LIST && b->kind == SGR_T_LIST) {
        return sgr_type_join(a, b);
    }
    return NULL;
}

static const struct sgr_type *infer_sum(struct sgr_checker *c, struct sgr_expr *expr,
                                        const struct sgr_type *hint)
{
    struct sgr_expr *left = expr->u.binary.left, *right = expr->u.binary.right;
    const struct sgr_type *a = sgr_infer(c, left, hint);
    const struct sgr_type *b =
        sgr_infer(c, right, hint != NULL && a->kind == SGR_T_NOTHING ? hint : a);
    if (left->kind == SGR_EXPR_SUFFIX_M && hint == NULL) {
        a = sgr_infer(c, left, b);
    }
    const struct sgr_type *type = meet(c, expr, a, b);
    bool joins = expr->u.binary.op == SGR_OP_ADD && type != NULL &&
                 (type->kind == SGR_T_STRING || type->kind == SGR_T_LIST);
    if (type == NULL || !(joins || sgr_type_is_quantity(type) || dynamic(type))) {
        return bad_operands(c, expr, a, b);
    }
    return type;
}

static const struct sgr_type *infer_product(struct sgr_checker *c, struct sgr_expr *expr,
                                            const struct sgr_type *hint)
{
    struct sgr_expr *left = expr->u.binary.left, *right = expr->u.binary.right;
    bool by = expr->u.binary.op == SGR_OP_DIV;
    const struct sgr_type *a = sgr_infer(c, left, hint), *b = sgr_infer(c, right, by ? NULL : hint);
    if (a->kind == SGR_T_ERROR || b->kind == SGR_T_ERROR) {
        return BASIC(ERROR);
    }
    if (dynamic(a) || dynamic(b)) {
        const struct sgr_type *known = dynamic(a) ? b : a;
        if (dynamic(a) && dynamic(b)) {
            return BASIC(OBJECT);
        }
        sgr_coerce(c, dynamic(a) ? left : right, BASIC(NUMBER));
        return plain(known) ? BASIC(NUMBER) : known;
    }
    if (!sgr_type_is_quantity(a) || !sgr_type_is_quantity(b)) {
        return bad_operands(c, expr, a, b);
    }
    bool fa = plain(a) || a->kind == SGR_T_PERCENT, fb = plain(b) || b->kind == SGR_T_PERCENT;
    if (!by) {
        if (a->kind == SGR_T_INT && b->kind == SGR_T_INT) {
            return BASIC(INT);
        }
        bool rate = (a->kind == SGR_T_RATE && b->kind == SGR_T_DURATION) ||
                    (a->kind == SGR_T_DURATION && b->kind == SGR_T_RATE);
        if (rate || (plain(a) && plain(b)) ||
            (a->kind == SGR_T_PERCENT && b->kind == SGR_T_PERCENT)) {
            return BASIC(NUMBER);
        }
        if ((a->kind == SGR_T_PERCENT && plain(b)) || (b->kind == SGR_T_PERCENT && plain(a))) {
            bool whole = a->kind == SGR_T_INT || b->kind == SGR_T_INT;
            return whole && hint != NULL && hint->kind == SGR_T_PERCENT ? BASIC(PERCENT)
                   : whole                                              ? BASIC(PERCENT)
                                                                        : BASIC(NUMBER);
        }
        return fa ? b : fb ? a : bad_operands(c, expr, a, b);
    }
    if (sgr_type_equal(a, b) || (plain(a) && fb)) {
        return BASIC(NUMBER);
    }
    if ((plain(a) || a->kind == SGR_T_COUNT) && b->kind == SGR_T_DURATION) {
        return BASIC(RATE);
    }
    return fb ? a : bad_operands(c, expr, a, b);
}

static const struct sgr_type *infer_range(struct sgr_checker *c, struct sgr_expr *expr,
                                          const struct sgr_type *hint)
{
    struct sgr_expr *left = expr->u.binary.left, *right = expr->u.binary.right;
    const struct sgr_type *want = hint != NULL && hint->kind == SGR_T_RANGE ? hint->item : NULL;
    if (want != NULL && want->kind != SGR_T_VAR) {
        sgr_expect(c, left, want);
        sgr_expect(c, right, want);
        return hint;
    }
    const struct sgr_type *a = sgr_infer(c, left, NULL), *b = sgr_infer(c, right, a);
    if (left->kind == SGR_EXPR_SUFFIX_M) {
        a = sgr_infer(c, left, plain(b) ? BASIC(CPU) : b);
        if (a->kind == SGR_T_CPU && plain(b)) {
            sgr_coerce(c, right, a);
            b = a;
        }
    }
    const struct sgr_type *item = meet(c, expr, a, b);
    if (item == NULL || !(sgr_type_is_quantity(item) || dynamic(item))) {
        return bad_operands(c, expr, a, b);
    }
    return sgr_type_of(c->arena, SGR_T_RANGE, item);
}

static const struct sgr_type *infer_comparison(struct sgr_checker *c, struct sgr_expr *expr)
{
    struct sgr_expr *left = expr->u.binary.left, *right = expr->u.binary.right;
    bool equality = expr->u.binary.op == SGR_OP_EQ || expr->u.binary.op == SGR_OP_NE;
    const struct sgr_type *a = sgr_infer(c, left, NULL), *b = sgr_infer(c, right, a);
    if (left->kind == SGR_EXPR_SUFFIX_M) {
        a = sgr_infer(c, left, b);
    }
    const struct sgr_type *type = meet(c, expr, a, b);
    if (type == NULL || (!equality && !(sgr_type_is_quantity(type) || type->kind == SGR_T_STRING ||
                                        dynamic(type)))) {
        bad_operands(c, expr, a, b);
    }
    return BASIC(BOOL);
}

/* Reading under `??`: what lacks a field on the way is absent. */
static const struct sgr_type *infer_optional(struct sgr_checker *c, struct sgr_expr *expr,
                                             const struct sgr_type *hint)
{
    if (expr->kind != SGR_EXPR_FIELD) {
        return sgr_infer(c, expr, hint);
    }
    if (++c->depth > SGR_CHECK_DEPTH_MAX) {
        c->depth--;
        return BASIC(ERROR);
    }
    expr->type = infer_field(c, expr, true);
    c->depth--;
    return expr->type;
}

static const struct sgr_type *infer_default(struct sgr_checker *c, struct sgr_expr *expr,
                                            const struct sgr_type *hint)
{
    const struct sgr_type *a = infer_optional(c, expr->u.binary.left, hint);
    const struct sgr_type *b = sgr_infer(c, expr->u.binary.right, dynamic(a) ? hint : a);
    if (dynamic(a)) {
        bool scalar = sgr_type_is_quantity(b) || b->kind == SGR_T_STRING || b->kind == SGR_T_BOOL;
        if (scalar) {
            sgr_coerce(c, expr->u.binary.left, b);
        }
        return scalar ? b : BASIC(OBJECT);
    }
    sgr_coerce(c, expr->u.binary.right, a);
    return a;
}

static const struct sgr_type *infer_binary(struct sgr_checker *c, struct sgr_expr *expr,
                                           const struct sgr_type *hint)
{
    switch (expr->u.binary.op) {
    case SGR_OP_ADD:
    case SGR_OP_SUB:
        return infer_sum(c, expr, hint);
    case SGR_OP_MUL:
    case SGR_OP_DIV:
        return infer_product(c, expr, hint);
    case SGR_OP_RANGE:
        return infer_range(c, expr, hint);
    case SGR_OP_AND:
    case SGR_OP_OR:
        sgr_expect(c, expr->u.binary.left, BASIC(BOOL));
        sgr_expect(c, expr->u.binary.right, BASIC(BOOL));
        return BASIC(BOOL);
    case SGR_OP_DEFAULT:
        return infer_default(c, expr, hint);
    default:
        return infer_comparison(c, expr);
    }
}

static const struct sgr_type *infer_unary(struct sgr_checker *c, struct sgr_expr *expr,
                                          const struct sgr_type *hint)
{
    if (expr->u.unary.op == SGR_OP_NOT) {
        sgr_expect(c, expr->u.unary.operand, BASIC(BOOL));
        return BASIC(BOOL);
    }
    const struct sgr_type *type = sgr_infer(c, expr->u.unary.operand, hint);
    if (!sgr_type_is_quantity(type) && !dynamic(type)) {
        sgr_diag(c->diags, SGR_E0303, expr->span, "%s has no negative",
                 sgr_type_noun(c->arena, type));
        return BASIC(ERROR);
    }
    return type;
}

/* ---- composites ---- */

static const struct sgr_type *infer_list(struct sgr_checker *c, struct sgr_expr *expr,
                                         const struct sgr_type *hint)
{
    const struct sgr_type *want = hint != NULL && hint->kind == SGR_T_LIST ? hint->item : NULL;
    const struct sgr_type *item = BASIC(NOTHING);
    for (size_t i = 0; i < expr->u.list.count; i++) {
        item = sgr_type_join(item, sgr_infer(c, expr->u.list.items[i], want));
    }
    if (item->kind == SGR_T_NUMBER) {
        for (size_t i = 0; i < expr->u.list.count; i++) {
            sgr_coerce(c, expr->u.list.items[i], item);
        }
    }
    return sgr_type_of(c->arena, SGR_T_LIST, item);
}

static const struct sgr_type *infer_comprehension(struct sgr_checker *c, struct sgr_expr *expr,
                                                  const struct sgr_type *hint)
{
    size_t locals = c->locals.len;
    sgr_bind_loop(c, expr->u.comp.loop, expr->u.comp.source);
    if (expr->u.comp.filter != NULL) {
        sgr_expect(c, expr->u.comp.filter, BASIC(BOOL));
    }
    const struct sgr_type *want = hint != NULL && hint->kind == SGR_T_LIST ? hint->item : NULL;
    const struct sgr_type *item = sgr_infer(c, expr->u.comp.item, want);
    c->locals.len = locals;
    return sgr_type_of(c->arena, SGR_T_LIST, item);
}

static const struct sgr_type *record_type(struct sgr_checker *c, const struct sgr_block *block)
{
    struct sgr_field_type *fields = SGR_NEW_ARRAY(c->arena, struct sgr_field_type, block->count);
    struct sgr_type *type = SGR_NEW(c->arena, struct sgr_type);
    const struct sgr_type *item = BASIC(NOTHING);
    for (size_t i = 0; i < block->count; i++) {
        const struct sgr_entry *entry = &block->entries[i];
        if ((entry->kind != SGR_ENTRY_ATTR && entry->kind != SGR_ENTRY_BLOCK) ||
            entry->key_expr != NULL) {
            return BASIC(OBJECT); /* keys that depend on conditions */
        }
        fields[i].name = entry->key.text;
        fields[i].type = entry->kind == SGR_ENTRY_ATTR ? entry->value->type : BASIC(OBJECT);
        item = sgr_type_join(item, fields[i].type);
    }
    type->kind = SGR_T_RECORD;
    type->fields = fields;
    type->field_count = block->count;
    type->item = item;
    return type;
}

static const struct sgr_type *infer_record(struct sgr_checker *c, struct sgr_expr *expr,
                                           const struct sgr_type *hint)
{
    const struct sgr_type *want =
        hint != NULL && (hint->kind == SGR_T_MAP || hint->kind == SGR_T_RECORD) ? hint : NULL;
    sgr_check_record(c, expr->u.record, want);
    if (want != NULL) {
        return want;
    }
    return record_type(c, expr->u.record);
}

static const struct sgr_type *infer_fn(struct sgr_checker *c, struct sgr_expr *expr,
                                       const struct sgr_type *hint)
{
    const struct sgr_type *want = hint != NULL && hint->kind == SGR_T_FN ? hint : NULL;
    size_t locals = c->locals.len;
    struct sgr_type *type = SGR_NEW(c->arena, struct sgr_type);
    const struct sgr_type **params =
        SGR_NEW_ARRAY(c->arena, const struct sgr_type *, expr->u.fn.count);
    if (want != NULL && want->param_count != expr->u.fn.count) {
        sgr_diag(c->diags, SGR_E0302, expr->span,
                 "a function of %zu parameters is expected, this has %zu", want->param_count,
                 expr->u.fn.count);
    }
    for (size_t i = 0; i < expr->u.fn.count; i++) {
        const struct sgr_param *param = &expr->u.fn.params[i];
        params[i] = param->type != NULL                     ? sgr_resolve_type(c, param->type)
                    : want != NULL && i < want->param_count ? want->params[i]
                                                            : BASIC(OBJECT);
        sgr_bind_local(c, param->name, params[i]);
    }
    type->kind = SGR_T_FN;
    type->params = params;
    type->param_count = type->required = expr->u.fn.count;
    if (want != NULL && !dynamic(want->result)) {
        sgr_expect(c, expr->u.fn.body, want->result);
        type->result = want->result;
    } else {
        type->result = sgr_infer(c, expr->u.fn.body, NULL);
    }
    c->locals.len = locals;
    return type;
}

static const struct sgr_type *infer_if(struct sgr_checker *c, struct sgr_expr *expr,
                                       const struct sgr_type *hint)
{
    sgr_expect(c, expr->u.cond.test, BASIC(BOOL));
    const struct sgr_type *a = sgr_infer(c, expr->u.cond.then, hint);
    const struct sgr_type *b = sgr_infer(c, expr->u.cond.otherwise, hint != NULL ? hint : a);
    const struct sgr_type *type = sgr_type_join(a, b);
    if (type->kind == SGR_T_NUMBER) {
        sgr_coerce(c, expr->u.cond.then, type);
        sgr_coerce(c, expr->u.cond.otherwise, type);
    }
    return type;
}

static const struct sgr_type *infer_string(struct sgr_checker *c, struct sgr_expr *expr,
                                           const struct sgr_type *hint)
{
    for (size_t i = 0; i < expr->u.string.count; i++) {
        struct sgr_expr *part = expr->u.string.parts[i].expr;
        const struct sgr_type *type = part != NULL ? infer_optional(c, part, NULL) : NULL;
        if (type != NULL && type->kind == SGR_T_FN) {
            sgr_diag(c->diags, SGR_E0302, part->span, "a function has no text");
        }
    }
    return hint != NULL && hint->kind == SGR_T_IMAGE ? hint : BASIC(STRING);
}

static const struct sgr_type *infer_kind(struct sgr_checker *c, struct sgr_expr *expr,
                                         const struct sgr_type *hint)
{
    switch (expr->kind) {
    case SGR_EXPR_ERROR:
        return BASIC(ERROR);
    case SGR_EXPR_BOOL:
        return BASIC(BOOL);
    case SGR_EXPR_INT:
        return BASIC(INT);
    case SGR_EXPR_NUMBER:
        return BASIC(NUMBER);
    case SGR_EXPR_PERCENT:
        return BASIC(PERCENT);
    case SGR_EXPR_DURATION:
        return BASIC(DURATION);
    case SGR_EXPR_MEMORY:
        return BASIC(MEMORY);
    case SGR_EXPR_RATE:
        return BASIC(RATE);
    case SGR_EXPR_SUFFIX_M:
        return hint != NULL && hint->kind == SGR_T_CPU ? BASIC(CPU) : BASIC(DURATION);
    case SGR_EXPR_STRING:
        return infer_string(c, expr, hint);
    case SGR_EXPR_NAME:
        return infer_name(c, expr, hint);
    case SGR_EXPR_FIELD:
        return infer_field(c, expr, false);
    case SGR_EXPR_INDEX:
        return infer_index(c, expr);
    case SGR_EXPR_CALL:
        return sgr_infer_call(c, expr, hint);
    case SGR_EXPR_UNARY:
        return infer_unary(c, expr, hint);
    case SGR_EXPR_BINARY:
        return infer_binary(c, expr, hint);
    case SGR_EXPR_IF:
        return infer_if(c, expr, hint);
    case SGR_EXPR_LIST:
        return infer_list(c, expr, hint);
    case SGR_EXPR_COMPREHENSION:
        return infer_comprehension(c, expr, hint);
    case SGR_EXPR_RECORD:
        return infer_record(c, expr, hint);
    case SGR_EXPR_FN:
        return infer_fn(c, expr, hint);
    }
    return BASIC(ERROR);
}

const struct sgr_type *sgr_infer(struct sgr_checker *c, struct sgr_expr *expr,
                                 const struct sgr_type *hint)
{
    if (expr == NULL) {
        return BASIC(ERROR);
    }
    if (++c->depth > SGR_CHECK_DEPTH_MAX) {
        c->depth--;
        sgr_diag(c->diags, SGR_E0106, expr->span, "this expression is nested too deep");
        return BASIC(ERROR);
    }
    expr->type = infer_kind(c, expr, hint);
    c->depth--;
    if (expr->symbol != NULL && expr->symbol->kind != SGR_SYM_LOCAL && c->place == SGR_PLACE_PURE &&
        expr->symbol->kind == SGR_SYM_EFFECT) {
        effect_in_declaration(c, expr->span, expr->symbol->name);
    }
    return expr->type;
}
