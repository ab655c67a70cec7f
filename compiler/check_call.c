/* Calls: which function, which argument for which parameter, and what comes out. Also local names.
 */
#include "compiler/check.h"

#include "stdlib/stdlib.h"

struct sgr_symbol *sgr_find_local(struct sgr_checker *c, sgr_str name)
{
    struct sgr_symbol *symbol = sgr_map_get(&c->local_names, name);
    while (symbol != NULL &&
           (symbol->position >= c->locals.len || c->locals.at[symbol->position] != symbol)) {
        symbol = symbol->shadowed;
    }
    return symbol;
}

struct sgr_symbol *sgr_bind_local(struct sgr_checker *c, struct sgr_name name,
                                  const struct sgr_type *type)
{
    struct sgr_symbol *symbol = sgr_symbol_new(c, SGR_SYM_LOCAL, name, type);
    symbol->shadowed = sgr_find_local(c, name.text);
    symbol->position = c->locals.len;
    sgr_map_set(&c->local_names, name.text, symbol);
    sgr_vec_push(&c->locals, symbol);
    return symbol;
}

void sgr_checker_release(struct sgr_checker *c)
{
    sgr_vec_release(&c->locals);
    sgr_map_release(&c->local_names);
    sgr_map_release(&c->keys);
}

void sgr_bind_loop(struct sgr_checker *c, const struct sgr_loop *names, struct sgr_expr *source)
{
    const struct sgr_type *type = sgr_infer(c, source, NULL);
    const struct sgr_type *item = sgr_type_basic(SGR_T_OBJECT),
                          *index = sgr_type_basic(SGR_T_OBJECT);
    if (type->kind == SGR_T_LIST) {
        item = type->item;
        index = sgr_type_basic(SGR_T_INT);
    } else if (type->kind == SGR_T_RANGE) {
        item = index = sgr_type_basic(SGR_T_INT);
        if (type->item->kind != SGR_T_INT && type->item->kind != SGR_T_ERROR) {
            sgr_diag(c->diags, SGR_E0302, source->span,
                     "a loop runs over a range of ints, this is %s", sgr_type_noun(c->arena, type));
        }
    } else if (type->kind == SGR_T_MAP) {
        item = type->item;
        index = sgr_type_basic(SGR_T_STRING);
    } else if (type->kind == SGR_T_RECORD) {
        index = sgr_type_basic(SGR_T_STRING);
        item = type->item != NULL ? type->item : item;
    } else if (type->kind == SGR_T_ERROR) {
        item = index = type;
    } else if (type->kind != SGR_T_OBJECT && type->kind != SGR_T_ANY) {
        sgr_diag(c->diags, SGR_E0302, source->span,
                 "a loop runs over a list, a range or a map, not %s",
                 sgr_type_noun(c->arena, type));
    }
    if (names->key.text.len > 0) {
        sgr_bind_local(c, names->key, index);
    }
    sgr_bind_local(c, names->value, item);
}

/* ---- parameters ---- */

struct callee {
    const struct sgr_symbol *symbol;
    const struct sgr_type *type;
    sgr_str names[32];
    const struct sgr_param *params;
    size_t name_count;
};

static void take_names(struct callee *callee)
{
    const struct sgr_symbol *symbol = callee->symbol;
    const char *signature = symbol == NULL ? NULL
                            : symbol->kind == SGR_SYM_BUILTIN
                                ? sgr_builtins[symbol->index].signature
                            : symbol->kind == SGR_SYM_EFFECT ? sgr_effects[symbol->index].signature
                                                             : NULL;
    if (signature != NULL) {
        callee->name_count = sgr_signature_names(signature, callee->names, 32);
    } else if (symbol != NULL && symbol->decl != NULL) {
        callee->params = symbol->decl->params;
        callee->name_count = symbol->decl->param_count < 32 ? symbol->decl->param_count : 32;
        for (size_t i = 0; i < callee->name_count; i++) {
            callee->names[i] = symbol->decl->params[i].name.text;
        }
    }
}

static bool optional_param(const struct callee *callee, size_t index)
{
    return callee->params != NULL ? callee->params[index].initial != NULL
                                  : index >= callee->type->required;
}

/* ---- type variables: T is what the first argument makes it ---- */

struct bindings {
    sgr_str names[4];
    const struct sgr_type *types[4];
    size_t count;
};

static const struct sgr_type *bound(const struct bindings *b, sgr_str name)
{
    for (size_t i = 0; i < b->count; i++) {
        if (sgr_str_equal(b->names[i], name)) {
            return b->types[i];
        }
    }
    return NULL;
}

static void unify(struct bindings *b, const struct sgr_type *pattern, const struct sgr_type *have)
{
    if (pattern->kind == SGR_T_VAR) {
        if (bound(b, pattern->name) == NULL && b->count < 4) {
            b->names[b->count] = pattern->name;
            b->types[b->count++] = have;
        }
        return;
    }
    bool nested =
        pattern->kind == SGR_T_LIST || pattern->kind == SGR_T_MAP || pattern->kind == SGR_T_RANGE;
    if (nested && have->item != NULL) {
        unify(b, pattern->item, have->item);
    }
}

static const struct sgr_type *replace_vars(struct sgr_checker *c, const struct bindings *b,
                                           const struct sgr_type *pattern)
{
    if (pattern->kind == SGR_T_VAR) {
        const struct sgr_type *type = bound(b, pattern->name);
        return type != NULL ? type : sgr_type_basic(SGR_T_OBJECT);
    }
    if (pattern->kind == SGR_T_LIST || pattern->kind == SGR_T_MAP || pattern->kind == SGR_T_RANGE) {
        const struct sgr_type *item = replace_vars(c, b, pattern->item);
        return item == pattern->item ? pattern : sgr_type_of(c->arena, pattern->kind, item);
    }
    return pattern;
}

/* ---- arguments ---- */

static size_t parameter_of(struct sgr_checker *c, const struct callee *callee,
                           const struct sgr_arg *arg, size_t position)
{
    if (arg->name.text.len == 0) {
        return position;
    }
    for (size_t i = 0; i < callee->name_count; i++) {
        if (sgr_str_equal(callee->names[i], arg->name.text)) {
            return i;
        }
    }
    struct sgr_diag *diag = sgr_diag(c->diags, SGR_E0206, arg->name.span,
                                     "there is no parameter `%.*s`", SGR_FMT(arg->name.text));
    const char *best = NULL;
    size_t distance = 3;
    sgr_str shown = {0};
    for (size_t i = 0; i < callee->name_count; i++) {
        if (sgr_nearest(arg->name.text, callee->names[i], &best, &distance) ==
            callee->names[i].ptr) {
            shown = callee->names[i];
        }
    }
    if (best != NULL) {
        sgr_diag_help(c->diags, diag, "did you mean `%.*s`?", SGR_FMT(shown));
    }
    return SIZE_MAX;
}

/* An argument of a type with variables: the variables take its type. */
static void check_arg(struct sgr_checker *c, struct sgr_expr *value, const struct sgr_type *want,
                      struct bindings *b)
{
    const struct sgr_type *hint = replace_vars(c, b, want);
    const struct sgr_type *have = sgr_infer(c, value, hint->kind == SGR_T_OBJECT ? NULL : hint);
    unify(b, want, have);
    if (want->kind != SGR_T_VAR) {
        sgr_coerce(c, value, replace_vars(c, b, want));
    }
}

static void check_args(struct sgr_checker *c, struct sgr_expr *expr, const struct callee *callee,
                       size_t skip, struct bindings *b)
{
    bool given[32] = {0};
    for (size_t i = 0; i < skip && i < 32; i++) {
        given[i] = true;
    }
    for (size_t i = 0; i < expr->u.call.count; i++) {
        struct sgr_arg *arg = &expr->u.call.args[i];
        size_t index = parameter_of(c, callee, arg, i + skip);
        if (index == SIZE_MAX) {
            sgr_infer(c, arg->value, NULL);
            continue;
        }
        if (index >= callee->type->param_count) {
            sgr_diag(c->diags, SGR_E0206, arg->value->span, "one argument too many: %zu are taken",
                     callee->type->param_count - skip);
            sgr_infer(c, arg->value, NULL);
            continue;
        }
        if (index < 32 && given[index]) {
            sgr_diag(c->diags, SGR_E0206, arg->value->span, "this argument is given twice");
        }
        if (index < 32) {
            given[index] = true;
        }
        check_arg(c, arg->value, callee->type->params[index], b);
    }
    for (size_t i = 0; i < callee->type->param_count && i < 32; i++) {
        if (!given[i] && !optional_param(callee, i)) {
            sgr_str name = i < callee->name_count ? callee->names[i] : SGR_STR("an argument");
            struct sgr_diag *diag =
                sgr_diag(c->diags, SGR_E0206, expr->span, "`%.*s` is missing", SGR_FMT(name));
            sgr_diag_label(c->diags, diag, "of %s",
                           sgr_type_noun(c->arena, callee->type->params[i]));
            return;
        }
    }
}

/* ---- words with an argument, results of a simulated run ---- */

static const struct sgr_type *infer_word_call(struct sgr_checker *c, struct sgr_expr *expr,
                                              const struct sgr_type *hint)
{
    struct sgr_expr *callee = expr->u.call.callee;
    for (size_t i = 0; hint != NULL && hint->kind == SGR_T_WORD && callee->kind == SGR_EXPR_NAME &&
                       i < hint->word_count;
         i++) {
        const struct sgr_word_type *word = &hint->words[i];
        if (!sgr_str_equal(word->name, callee->u.name.text) || word->arg == NULL) {
            continue;
        }
        callee->symbol = sgr_symbol_new(c, SGR_SYM_WORD, callee->u.name, hint);
        callee->type = hint;
        if (expr->u.call.count != 1) {
            sgr_diag(c->diags, SGR_E0206, expr->span, "`%.*s` takes one argument",
                     SGR_FMT(word->name));
        } else {
            sgr_expect(c, expr->u.call.args[0].value, word->arg);
        }
        return hint;
    }
    return NULL;
}

static const char *track_of(const struct sgr_expr *expr)
{
    bool is_new = expr->kind == SGR_EXPR_NAME && sgr_str_is(expr->u.name.text, "new");
    bool is_old = expr->kind == SGR_EXPR_NAME && sgr_str_is(expr->u.name.text, "old");
    return is_new ? "new" : is_old ? "old" : NULL;
}

struct sgr_symbol *sgr_result_symbol(struct sgr_checker *c, struct sgr_expr *expr)
{
    static const struct {
        const char *name, *type;
    } results[] =
        {
            {"outcome", "word<promoted|rolled_back|superseded|failed|installed|unchanged>"},
            {"duration", "duration"},
            {"downtime", "duration"},
            {"rollback_time", "duration"},
            {"requests", "int"},
            {"failed_requests", "int"},
        },
      measures[] = {{"traffic", "percent"}, {"replicas", "int"}, {"ready_pods", "int"}};
    struct sgr_symbol *symbol = NULL;
    if (expr->kind == SGR_EXPR_NAME) {
        for (size_t i = 0; i < sizeof results / sizeof *results; i++) {
            if (sgr_str_is(expr->u.name.text, results[i].name)) {
                symbol = sgr_symbol_new(c, SGR_SYM_RESULT, expr->u.name,
                                        sgr_type_parse(c->compilation, results[i].type));
                symbol->path = expr->u.name.text;
            }
        }
        return symbol;
    }
    if (expr->kind != SGR_EXPR_CALL || expr->u.call.callee->kind != SGR_EXPR_NAME ||
        expr->u.call.count != 1) {
        return NULL;
    }
    sgr_str which = expr->u.call.callee->u.name.text;
    struct sgr_expr *inner = expr->u.call.args[0].value;
    if ((!sgr_str_is(which, "max") && !sgr_str_is(which, "min")) || inner->kind != SGR_EXPR_CALL ||
        inner->u.call.callee->kind != SGR_EXPR_NAME || inner->u.call.count != 1) {
        return NULL;
    }
    const char *track = track_of(inner->u.call.args[0].value);
    for (size_t i = 0; track != NULL && i < 3; i++) {
        if (sgr_str_is(inner->u.call.callee->u.name.text, measures[i].name)) {
            symbol = sgr_symbol_new(c, SGR_SYM_RESULT, expr->u.call.callee->u.name,
                                    sgr_type_parse(c->compilation, measures[i].type));
            symbol->path =
                sgr_arena_printf(c->arena, "%.*s/%s/%s", SGR_FMT(which), measures[i].name, track);
        }
    }
    return symbol;
}

/* ---- the call ---- */

static const struct sgr_type *resolve_callee(struct sgr_checker *c, struct sgr_expr *callee,
                                             struct sgr_symbol **symbol)
{
    *symbol = NULL;
    if (callee->kind == SGR_EXPR_NAME) {
        *symbol = sgr_lookup(c, callee->u.name.text, true);
        if (*symbol == NULL) {
            sgr_unknown_name(c, callee->u.name);
            return sgr_type_basic(SGR_T_ERROR);
        }
        callee->symbol = *symbol;
        return callee->type = sgr_symbol_type(c, *symbol);
    }
    const struct sgr_type *type = sgr_infer(c, callee, NULL);
    *symbol = (struct sgr_symbol *)(uintptr_t)callee->symbol;
    return type;
}

static bool takes_rollout(const struct sgr_type *type)
{
    return type->param_count > 0 && type->params[0]->kind == SGR_T_RECORD &&
           sgr_str_is(type->params[0]->name, "rollout");
}

/* Calling a routine passes the rollout under way, unless the first argument is one. */
static size_t implicit_rollout(struct sgr_checker *c, struct sgr_expr *expr,
                               const struct sgr_symbol *symbol, const struct sgr_type *type)
{
    if (symbol == NULL || symbol->kind != SGR_SYM_ROUTINE || !takes_rollout(type)) {
        return 0;
    }
    if (expr->u.call.count > 0 && expr->u.call.args[0].name.text.len == 0) {
        const struct sgr_type *first = sgr_infer(c, expr->u.call.args[0].value, NULL);
        if (first->kind == SGR_T_RECORD && sgr_str_is(first->name, "rollout")) {
            return 0;
        }
    }
    return 1;
}

const struct sgr_type *sgr_infer_call(struct sgr_checker *c, struct sgr_expr *expr,
                                      const struct sgr_type *hint)
{
    const struct sgr_type *word = infer_word_call(c, expr, hint);
    if (word != NULL) {
        return word;
    }
    if (c->place == SGR_PLACE_EXPECT && (expr->symbol = sgr_result_symbol(c, expr)) != NULL) {
        return expr->symbol->type;
    }
    struct sgr_symbol *symbol;
    struct callee callee = {.type = resolve_callee(c, expr->u.call.callee, &symbol)};
    struct bindings b = {.count = 0};
    if (callee.type->kind != SGR_T_FN) {
        for (size_t i = 0; i < expr->u.call.count; i++) {
            sgr_infer(c, expr->u.call.args[i].value, NULL);
        }
        if (callee.type->kind == SGR_T_RECORD && sgr_str_is(callee.type->name, "metric")) {
            return sgr_type_basic(SGR_T_NUMBER);
        }
        if (callee.type->kind != SGR_T_ERROR && callee.type->kind != SGR_T_OBJECT &&
            callee.type->kind != SGR_T_ANY) {
            sgr_diag(c->diags, SGR_E0206, expr->u.call.callee->span, "%s cannot be called",
                     sgr_type_noun(c->arena, callee.type));
            return sgr_type_basic(SGR_T_ERROR);
        }
        return callee.type->kind == SGR_T_ERROR ? callee.type : sgr_type_basic(SGR_T_OBJECT);
    }
    bool asks =
        symbol != NULL && (symbol->kind == SGR_SYM_EFFECT || sgr_symbol_effectful(c, symbol));
    if (asks && c->place == SGR_PLACE_PURE) {
        struct sgr_diag *diag =
            sgr_diag(c->diags, SGR_E0304, expr->span, "`%.*s` asks the cluster, which %s must not",
                     SGR_FMT(symbol->name), c->what ? c->what : "a declaration");
        sgr_diag_help(c->diags, diag, "ask in a statement, a guard or a scenario");
    }
    callee.symbol = symbol;
    take_names(&callee);
    check_args(c, expr, &callee, implicit_rollout(c, expr, symbol, callee.type), &b);
    if (sgr_reads_manifests(symbol) && expr->u.call.count == 1) {
        sgr_check_manifests(c, expr->u.call.args[0].value);
    }
    sgr_check_judge(c, expr);
    const struct sgr_type *result = replace_vars(c, &b, callee.type->result);
    bool named = result->kind == SGR_T_RECORD && result->name.len == 0 && symbol != NULL &&
                 symbol->kind == SGR_SYM_BUILTIN;
    return named ? sgr_type_basic(SGR_T_OBJECT) : result;
}
