/* From checked modules to a program: indexes first, so that everything can name everything, then
 * the code of each declaration, then the function that gives what the script declares. The order of
 * the text decides all numbers, so that equal texts give equal programs. */
#include "compiler/gen_private.h"

enum { HEAP_MAX = 256 << 20 /* bytes of folded constants */ };

/* ---- indexes ---- */

static bool is_guard_function(const struct sgr_decl *decl)
{
    return decl->kind == SGR_DECL_BLOCK && decl->block_kind == SGR_BLOCK_GUARD &&
           decl->param_count > 0;
}

static uint32_t new_function(struct sgr_gen *gen, const char *what, sgr_str name, size_t params)
{
    if (params > SGR_GEN_REGISTERS_MAX) {
        sgr_gen_limit(gen, (sgr_span){0, 0, 0}, "a function with more than 60,000 parameters");
        params = 0;
    }
    sgr_str full = sgr_gen_qualified(gen, gen->module, name);
    if (what != NULL) {
        full = sgr_arena_printf(gen->arena, "%.*s.%s", SGR_FMT(full), what);
    }
    uint32_t index = sgr_builder_function(gen->builder, full, (uint16_t)params, 0);
    if (index >= SGR_GEN_FUNCTIONS_MAX) {
        sgr_gen_limit(gen, gen->at, "more than 60,000 functions");
    }
    return index;
}

static size_t routine_params(const struct sgr_decl *decl)
{
    return decl->param_count + (sgr_gen_takes_rollout(decl) ? 0 : 1);
}

static void export(struct sgr_gen *gen, sgr_str name, bool is_global, uint32_t index)
{
    sgr_builder_export(gen->builder, sgr_gen_qualified(gen, gen->module, name), is_global, index);
}

static void declare_param(struct sgr_gen *gen, const struct sgr_decl *decl)
{
    sgr_str name = decl->name.text;
    uint32_t initial = decl->value != NULL ? new_function(gen, "default", name, 0) : UINT32_MAX;
    uint32_t where = decl->where != NULL ? new_function(gen, "where", name, 1) : UINT32_MAX;
    sgr_str type = sgr_sources_text(gen->diags->sources, decl->type->span);
    uint32_t global = sgr_builder_param(gen->builder, name, type, decl->doc, initial, where);
    decl->symbol->slot = global + 1;
    uint32_t *functions = SGR_NEW_ARRAY(gen->arena, uint32_t, 2);
    functions[0] = initial;
    functions[1] = where;
    decl->symbol->owner = functions;
}

static void declare_global(struct sgr_gen *gen, const struct sgr_decl *decl, bool top)
{
    sgr_str name = decl->name.text;
    uint32_t function = new_function(gen, NULL, name, 0);
    uint32_t global =
        sgr_builder_global(gen->builder, sgr_gen_qualified(gen, gen->module, name), function);
    decl->symbol->slot = global + 1;
    uint32_t *functions = SGR_NEW_ARRAY(gen->arena, uint32_t, 2);
    functions[0] = function;
    if (decl->kind == SGR_DECL_BLOCK && decl->block_kind == SGR_BLOCK_METRIC) {
        struct sgr_gen_metric *metric = SGR_NEW(gen->arena, struct sgr_gen_metric);
        metric->sample = new_function(gen, "sample", name, decl->param_count);
        metric->record = function;
        decl->symbol->owner = metric;
    } else {
        decl->symbol->owner = functions;
    }
    if (top) {
        export(gen, name, true, global);
    }
}

static void declare_function(struct sgr_gen *gen, const struct sgr_decl *decl, bool top)
{
    size_t params = decl->kind == SGR_DECL_ROUTINE ? routine_params(decl) : decl->param_count;
    uint32_t function = new_function(gen, NULL, decl->name.text, params);
    decl->symbol->slot = function + 1;
    if (top) {
        export(gen, decl->name.text, false, function);
    }
}

/* Is it code of its own? What stands in a `for` or binds no name is made where it stands. */
static bool has_index(const struct sgr_decl *decl)
{
    return decl->symbol != NULL && decl->name.text.len > 0 && sgr_blocks[decl->block_kind].binds;
}

static void declare(struct sgr_gen *gen, struct sgr_decl **decls, size_t count, bool top)
{
    for (size_t i = 0; i < count; i++) {
        struct sgr_decl *decl = decls[i];
        if (decl->pending) {
            continue; /* nothing reaches it */
        }
        gen->at = decl->span;
        switch (decl->kind) {
        case SGR_DECL_PARAM:
            declare_param(gen, decl);
            break;
        case SGR_DECL_LET:
            declare_global(gen, decl, top);
            break;
        case SGR_DECL_FN:
        case SGR_DECL_ROUTINE:
            declare_function(gen, decl, top);
            break;
        case SGR_DECL_BLOCK:
            if (has_index(decl) && is_guard_function(decl)) {
                declare_function(gen, decl, top);
            } else if (has_index(decl)) {
                declare_global(gen, decl, top);
            }
            break;
        case SGR_DECL_IF:
            declare(gen, decl->decls, decl->decl_count, false);
            declare(gen, decl->otherwise, decl->otherwise_count, false);
            break;
        default:
            break;
        }
    }
}

/* ---- code ---- */

static void bind_params(struct sgr_gen_fn *f, const struct sgr_decl *decl, unsigned first)
{
    for (size_t i = 0; i < decl->param_count; i++) {
        sgr_gen_bind(f, decl->params[i].name.span, first + (unsigned)i);
    }
    sgr_gen_defaults(f, decl->params, decl->param_count, first);
}

static void begin(struct sgr_gen_fn *f, struct sgr_gen *gen, const struct sgr_decl *decl,
                  uint32_t function, size_t params)
{
    sgr_gen_fn_begin(f, gen, function, sgr_gen_qualified(gen, gen->module, decl->name.text),
                     (unsigned)params);
    sgr_gen_place(f, decl->span);
}

static void define_expr(struct sgr_gen *gen, const struct sgr_decl *decl, uint32_t function,
                        const struct sgr_expr *expr, bool where)
{
    struct sgr_gen_fn f;
    begin(&f, gen, decl, function, where ? 1 : 0);
    if (where) {
        sgr_gen_bind(&f, decl->symbol->span, 0); /* the value under judgement, not the global */
    }
    sgr_gen_return(&f, expr);
    sgr_gen_fn_end(&f);
}

static void define_param(struct sgr_gen *gen, const struct sgr_decl *decl)
{
    const uint32_t *functions = decl->symbol->owner;
    if (decl->value != NULL) {
        define_expr(gen, decl, functions[0], decl->value, false);
    }
    if (decl->where != NULL) {
        define_expr(gen, decl, functions[1], decl->where, true);
    }
}

static void define_fn(struct sgr_gen *gen, const struct sgr_decl *decl)
{
    struct sgr_gen_fn f;
    begin(&f, gen, decl, decl->symbol->slot - 1, decl->param_count);
    bind_params(&f, decl, 0);
    sgr_gen_return(&f, decl->value);
    sgr_gen_fn_end(&f);
}

static void return_absent(struct sgr_gen_fn *f)
{
    unsigned none = sgr_gen_reg(f);
    SGR_EMIT(f, LOAD_ABSENT, none, 0, 0);
    SGR_EMIT(f, RETURN, none, 0, 0);
}

static void define_routine(struct sgr_gen *gen, const struct sgr_decl *decl)
{
    struct sgr_gen_fn f;
    begin(&f, gen, decl, decl->symbol->slot - 1, routine_params(decl));
    f.self = 0;
    bind_params(&f, decl, sgr_gen_takes_rollout(decl) ? 0 : 1);
    sgr_gen_body(&f, decl->body, true);
    return_absent(&f);
    sgr_gen_fn_end(&f);
}

static void define_block_function(struct sgr_gen *gen, const struct sgr_decl *decl,
                                  uint32_t function, size_t params)
{
    struct sgr_gen_fn f;
    begin(&f, gen, decl, function, params);
    if (params > 0) {
        bind_params(&f, decl, 0);
    }
    unsigned dst = sgr_gen_reg(&f);
    sgr_gen_block(&f, decl, dst);
    SGR_EMIT(&f, RETURN, dst, 0, 0);
    sgr_gen_fn_end(&f);
}

static void define_block(struct sgr_gen *gen, const struct sgr_decl *decl)
{
    if (is_guard_function(decl)) {
        define_block_function(gen, decl, decl->symbol->slot - 1, decl->param_count);
        return;
    }
    if (decl->block_kind == SGR_BLOCK_METRIC) {
        const struct sgr_gen_metric *metric = decl->symbol->owner;
        struct sgr_gen_fn f;
        begin(&f, gen, decl, metric->sample, decl->param_count);
        sgr_gen_sample(&f, decl);
        sgr_gen_fn_end(&f);
        define_block_function(gen, decl, metric->record, 0);
        return;
    }
    const uint32_t *functions = decl->symbol->owner;
    define_block_function(gen, decl, functions[0], 0);
}

/* Something else may hold it, but nobody calls it. */
static bool is_idle(const struct sgr_gen *gen, const struct sgr_decl *decl)
{
    bool function = decl->kind == SGR_DECL_FN || decl->kind == SGR_DECL_ROUTINE;
    return gen->checked->pure && gen->module->is_std && function && decl->symbol->effectful;
}

static void define_idle(struct sgr_gen *gen, const struct sgr_decl *decl)
{
    struct sgr_gen_fn f;
    begin(&f, gen, decl, decl->symbol->slot - 1, 0);
    return_absent(&f);
    sgr_gen_fn_end(&f);
}

static void define(struct sgr_gen *gen, struct sgr_decl **decls, size_t count)
{
    for (size_t i = 0; i < count && !gen->failed; i++) {
        const struct sgr_decl *decl = decls[i];
        if (decl->pending) {
            continue;
        }
        if (is_idle(gen, decl)) {
            define_idle(gen, decl);
            continue;
        }
        switch (decl->kind) {
        case SGR_DECL_PARAM:
            define_param(gen, decl);
            break;
        case SGR_DECL_LET:
            define_expr(gen, decl, *(const uint32_t *)decl->symbol->owner, decl->value, false);
            break;
        case SGR_DECL_FN:
            define_fn(gen, decl);
            break;
        case SGR_DECL_ROUTINE:
            define_routine(gen, decl);
            break;
        case SGR_DECL_BLOCK:
            if (has_index(decl)) {
                define_block(gen, decl);
            }
            break;
        case SGR_DECL_IF:
            define(gen, decl->decls, decl->decl_count);
            define(gen, decl->otherwise, decl->otherwise_count);
            break;
        default:
            break;
        }
    }
}

static void each_module(struct sgr_gen *gen, bool code)
{
    for (size_t i = 0; i < gen->checked->count; i++) {
        struct sgr_module *module = gen->checked->modules[i];
        gen->module = module;
        if (code) {
            define(gen, module->tree->decls, module->tree->decl_count);
        } else {
            declare(gen, module->tree->decls, module->tree->decl_count, true);
        }
    }
}

struct sgr_program *sgr_generate(struct sgr_checked *checked, struct sgr_diags *diags)
{
    struct sgr_gen gen = {.checked = checked, .diags = diags};
    gen.builder = sgr_builder_new(sgr_builtins, sgr_builtin_count);
    gen.arena = sgr_arena_new();
    gen.heap = sgr_heap_new(HEAP_MAX);
    each_module(&gen, false);
    gen.module = checked->main;
    uint32_t declarations = sgr_builder_function(gen.builder, SGR_STR("declarations"), 0, 0);
    sgr_builder_export(gen.builder, SGR_STR("declarations"), false, declarations);
    uint32_t scenarios = sgr_builder_function(gen.builder, SGR_STR("scenarios"), 0, 0);
    sgr_builder_export(gen.builder, SGR_STR("scenarios"), false, scenarios);
    each_module(&gen, true);
    if (!gen.failed) {
        sgr_gen_declarations(&gen, declarations);
        sgr_gen_scenarios(&gen, scenarios);
    }
    struct sgr_program *program = NULL;
    if (gen.failed) {
        sgr_builder_free(gen.builder);
    } else {
        struct sgr_error error = {0};
        program = sgr_builder_finish(gen.builder, &error);
        if (program == NULL) {
            (void)sgr_diag(diags, SGR_E0501, (sgr_span){0, 0, 0}, "this is too large: %s",
                           error.text);
        }
        sgr_error_release(&error);
    }
    sgr_heap_free(gen.heap);
    sgr_arena_free(gen.arena);
    sgr_vec_release(&gen.files);
    return program;
}
