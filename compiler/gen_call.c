/* Calls: arguments into a window of registers in the order of the parameters, absent ones for what
 * was not given. The defaults are the callee's own business. */
#include "compiler/gen_private.h"

/* The parameters of what is called, by name. */
struct names {
    const struct sgr_param *params; /* or NULL: */
    sgr_str signature;              /* "(a: t, b?: u): v" */
    size_t count;
};

uint32_t sgr_gen_builtin(const char *name)
{
    for (size_t i = 0; i < sgr_builtin_count; i++) {
        if (strcmp(sgr_builtins[i].name, name) == 0) {
            return (uint32_t)i;
        }
    }
    return UINT32_MAX;
}

bool sgr_gen_is_rollout(const struct sgr_type *type)
{
    return type != NULL && type->kind == SGR_T_RECORD && sgr_str_is(type->name, "rollout");
}

bool sgr_gen_takes_rollout(const struct sgr_decl *routine)
{
    return routine->param_count > 0 && routine->params[0].type != NULL &&
           routine->params[0].type->kind == SGR_TYPE_NAME &&
           sgr_str_is(routine->params[0].type->name.text, "rollout");
}

/* The i-th parameter's name in a signature text; false behind the last. */
static bool signature_name(sgr_str signature, size_t index, sgr_str *name)
{
    size_t depth = 0, seen = 0, start = 0;
    for (size_t i = 0; i < signature.len; i++) {
        char c = signature.ptr[i];
        if (c == '(' || c == '<' || c == '{') {
            depth++;
            start = depth == 1 ? i + 1 : start;
        } else if (c == ')' || c == '>' || c == '}') {
            depth--;
            if (depth == 0) {
                return false;
            }
        } else if (depth == 1 && c == ',') {
            seen++;
            start = i + 1;
        } else if (depth == 1 && (c == ':' || c == '?') && seen == index) {
            while (start < i && signature.ptr[start] == ' ') {
                start++;
            }
            *name = (sgr_str){signature.ptr + start, i - start};
            return true;
        }
    }
    return false;
}

static struct names names_of(const struct sgr_symbol *symbol)
{
    struct names names = {0};
    if (symbol->kind == SGR_SYM_BUILTIN) {
        names.signature = sgr_str_from(sgr_builtins[symbol->index].signature);
    } else if (symbol->kind == SGR_SYM_EFFECT) {
        names.signature = sgr_str_from(sgr_effects[symbol->index].signature);
    } else if (symbol->decl != NULL) {
        names.params = symbol->decl->params;
        names.count = symbol->decl->param_count;
        return names;
    }
    sgr_str name;
    while (names.signature.len > 0 && signature_name(names.signature, names.count, &name)) {
        names.count++;
    }
    return names;
}

static size_t place_of(const struct names *names, sgr_str wanted)
{
    for (size_t i = 0; i < names->count; i++) {
        sgr_str name = {0};
        if (names->params != NULL) {
            name = names->params[i].name.text;
        } else {
            (void)signature_name(names->signature, i, &name);
        }
        if (sgr_str_equal(name, wanted)) {
            return i;
        }
    }
    return SIZE_MAX;
}

/* Evaluates arguments into new registers, in the order of the parameters; answers how many. `from`:
 * the first parameter that the arguments fill. */
static unsigned gen_args(struct sgr_gen_fn *f, const struct sgr_expr *call,
                         const struct names *names, size_t from)
{
    size_t given = call->u.call.count;
    size_t count = names->count > from ? names->count - from : 0;
    count = count < given ? given : count;
    if (count > SGR_GEN_REGISTERS_MAX) {
        sgr_gen_limit(f->gen, call->span, "a call with more than 60,000 arguments");
        return 0;
    }
    const struct sgr_expr **slots =
        SGR_NEW_ARRAY(f->gen->arena, const struct sgr_expr *, count + 1);
    size_t next = 0;
    for (size_t i = 0; i < given; i++) {
        const struct sgr_arg *arg = &call->u.call.args[i];
        size_t at = arg->name.text.len > 0 ? place_of(names, arg->name.text) : SIZE_MAX;
        if (at == SIZE_MAX || at < from) {
            at = next++;
        } else {
            at -= from;
        }
        if (at < count) {
            slots[at] = arg->value;
        }
    }
    for (size_t i = 0; i < count; i++) {
        unsigned reg = sgr_gen_reg(f);
        if (slots[i] != NULL) {
            sgr_gen_expr(f, slots[i], reg);
        } else {
            SGR_EMIT(f, LOAD_ABSENT, reg, 0, 0);
        }
    }
    return (unsigned)count;
}

static bool is_metric(const struct sgr_expr *callee)
{
    const struct sgr_type *type = callee->type;
    return sgr_gen_is_block(callee->symbol, SGR_BLOCK_METRIC) ||
           (type != NULL && type->kind == SGR_T_RECORD && sgr_str_is(type->name, "metric"));
}

/* A call of what is only known as a value; of a metric, the function in this field of its record.
 */
static void call_value(struct sgr_gen_fn *f, const struct sgr_expr *expr, const char *field,
                       unsigned dst)
{
    const struct sgr_expr *callee = expr->u.call.callee;
    unsigned base = sgr_gen_reg(f);
    sgr_gen_expr(f, callee, base);
    const struct sgr_type *type = callee->type;
    if (is_metric(callee)) {
        sgr_gen_field(f, base, base, sgr_str_from(field), false);
    }
    struct names names = {0};
    if (callee->symbol != NULL && callee->symbol->decl != NULL &&
        callee->symbol->kind != SGR_SYM_LET && callee->symbol->kind != SGR_SYM_PARAM) {
        names = names_of(callee->symbol);
    } else if (type != NULL && type->kind == SGR_T_FN) {
        names.count = type->param_count;
    }
    unsigned count = gen_args(f, expr, &names, 0);
    sgr_gen_place(f, expr->span);
    SGR_EMIT(f, CALL, dst, base, count);
    f->top = base;
}

void sgr_gen_query_call(struct sgr_gen_fn *f, const struct sgr_expr *call, unsigned dst)
{
    call_value(f, call, "query", dst);
}

const struct sgr_expr *sgr_gen_argument(const struct sgr_expr *call, size_t index)
{
    struct names names = names_of(call->u.call.callee->symbol);
    size_t next = 0;
    for (size_t i = 0; i < call->u.call.count; i++) {
        const struct sgr_arg *arg = &call->u.call.args[i];
        size_t at = arg->name.text.len > 0 ? place_of(&names, arg->name.text) : next++;
        if (at == index) {
            return arg->value;
        }
    }
    return NULL;
}

/* The function that a call of this symbol runs, or UINT32_MAX where it is a value. */
static uint32_t direct_function(const struct sgr_symbol *symbol)
{
    if (symbol == NULL || symbol->slot == 0) {
        return UINT32_MAX;
    }
    if (symbol->kind == SGR_SYM_FN || symbol->kind == SGR_SYM_ROUTINE) {
        return symbol->slot - 1;
    }
    if (symbol->kind == SGR_SYM_BLOCK && symbol->decl->block_kind == SGR_BLOCK_METRIC) {
        const struct sgr_gen_metric *metric = symbol->owner;
        return metric == NULL ? UINT32_MAX : metric->sample;
    }
    if (symbol->kind == SGR_SYM_BLOCK && symbol->decl->block_kind == SGR_BLOCK_GUARD &&
        symbol->decl->param_count > 0) {
        return symbol->slot - 1;
    }
    return UINT32_MAX;
}

/* Arguments of a routine: the rollout first, unless the call gives it. */
static unsigned routine_args(struct sgr_gen_fn *f, const struct sgr_expr *expr,
                             const struct sgr_symbol *symbol)
{
    struct names names = names_of(symbol);
    bool declared = sgr_gen_takes_rollout(symbol->decl);
    bool given = expr->u.call.count > 0 && expr->u.call.args[0].name.text.len == 0 &&
                 sgr_gen_is_rollout(expr->u.call.args[0].value->type);
    if (given && declared) {
        return gen_args(f, expr, &names, 0);
    }
    if (given && expr->u.call.count > names.count) {
        return gen_args(f, expr, &names, 0); /* the first is register 0, the rest the parameters */
    }
    unsigned first = sgr_gen_reg(f);
    if (f->self >= 0) {
        sgr_gen_move(f, first, (unsigned)f->self);
    } else {
        SGR_EMIT(f, LOAD_ABSENT, first, 0, 0);
    }
    return 1 + gen_args(f, expr, &names, declared ? 1 : 0);
}

void sgr_gen_manifests(struct sgr_gen_fn *f, const struct sgr_expr *pattern, unsigned dst)
{
    const struct sgr_checked *checked = f->gen->checked;
    sgr_value documents = sgr_absent();
    for (size_t i = 0; i < checked->manifest_count; i++) {
        if (checked->manifests[i].pattern == pattern) {
            documents = checked->manifests[i].documents;
        }
    }
    if (documents.tag != SGR_LIST) {
        documents = sgr_list(f->gen->heap, NULL, 0);
    }
    SGR_EMIT_WIDE(f, LOAD, dst, sgr_builder_constant(f->gen->builder, documents));
}

/* `manifests("...")`: what the files hold is known. */
static void adopted(struct sgr_gen_fn *f, const struct sgr_expr *pattern, unsigned dst)
{
    struct sgr_gen_record record;
    sgr_gen_record_begin(&record, f, false);
    static const char *const texts[] = {"kind", "name", "service", "container"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        unsigned slot = sgr_gen_record_slot(&record);
        sgr_gen_load_str(f, slot, i == 0 ? SGR_STR("manifests") : SGR_STR(""));
        sgr_gen_record_put(&record, sgr_str_from(texts[i]), slot);
    }
    unsigned slot = sgr_gen_record_slot(&record);
    sgr_gen_manifests(f, pattern, slot);
    sgr_gen_record_put(&record, SGR_STR("objects"), slot);
    sgr_gen_record_end(&record, dst);
}

bool sgr_gen_call(struct sgr_gen_fn *f, const struct sgr_expr *expr, unsigned dst, bool tail)
{
    const struct sgr_symbol *symbol = expr->u.call.callee->symbol;
    if (sgr_reads_manifests(symbol)) {
        adopted(f, expr->u.call.args[0].value, dst);
        return false;
    }
    if (sgr_gen_remembers(expr) && f->memory >= 0) {
        sgr_gen_recall(f, expr, dst);
        return false;
    }
    bool primitive =
        symbol != NULL && (symbol->kind == SGR_SYM_BUILTIN || symbol->kind == SGR_SYM_EFFECT);
    uint32_t function = direct_function(symbol);
    if (!primitive && function == UINT32_MAX) {
        call_value(f, expr, "sample", dst);
        return false;
    }
    unsigned mark = f->top;
    unsigned base = dst + 1 == mark ? dst : mark;
    f->top = base;
    size_t begin = sgr_code_here(f->code);
    unsigned count;
    if (symbol->kind == SGR_SYM_ROUTINE) {
        count = routine_args(f, expr, symbol);
    } else {
        struct names names = names_of(symbol);
        count = gen_args(f, expr, &names, 0);
    }
    sgr_gen_place(f, expr->span);
    f->top = mark;
    if (symbol->kind == SGR_SYM_BUILTIN) {
        SGR_EMIT(f, BUILTIN, base, symbol->index, count);
    } else if (symbol->kind == SGR_SYM_EFFECT) {
        SGR_EMIT(f, EFFECT, base, symbol->index, count);
    } else if (tail && f->guarded == 0 && function == f->index) {
        sgr_code_again(f->code, begin, base, count);
        return true;
    } else if (tail && f->guarded == 0) {
        SGR_EMIT(f, TAIL_CALL_FN, base, function, count);
        return true;
    } else {
        SGR_EMIT(f, CALL_FN, base, function, count);
    }
    sgr_gen_move(f, dst, base);
    return false;
}

void sgr_gen_wrap(struct sgr_gen_fn *f, const struct sgr_symbol *symbol, unsigned dst)
{
    struct sgr_gen_free taken = {0};
    struct sgr_gen_fn inner;
    struct names names = names_of(symbol);
    unsigned count = (unsigned)names.count;
    const char *name = sgr_arena_cstr(f->gen->arena, symbol->name);
    sgr_gen_inner_begin(&inner, f, name, count, false, &taken);
    if (symbol->kind == SGR_SYM_BUILTIN) {
        SGR_EMIT(&inner, BUILTIN, 0, symbol->index, count);
    } else {
        SGR_EMIT(&inner, EFFECT, 0, symbol->index, count);
    }
    SGR_EMIT(&inner, RETURN, 0, 0, 0);
    sgr_gen_inner_end(&inner, f, &taken, dst);
}
