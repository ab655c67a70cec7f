/* The door of the compiler: load, declare, check, generate. */
#include "compiler/check.h"

#include "compiler/gen.h"

struct sgr_compilation *sgr_compilation_new(const struct sgr_compile_options *options)
{
    struct sgr_compilation *c = sgr_calloc(1, sizeof *c);
    c->arena = sgr_arena_new();
    c->options = *options;
    sgr_sources_init(&c->sources, c->arena);
    sgr_diags_init(&c->diags, &c->sources, c->arena);
    sgr_schema_load(c);
    return c;
}

void sgr_compilation_free(struct sgr_compilation *c)
{
    if (c == NULL) {
        return;
    }
    for (size_t i = 0; i < c->modules.len; i++) {
        sgr_map_release(&c->modules.at[i]->names);
    }
    sgr_vec_release(&c->modules);
    sgr_vec_release(&c->reached);
    sgr_vec_release(&c->attributes);
    sgr_vec_release(&c->manifests);
    sgr_heap_free(c->heap);
    sgr_map_release(&c->by_path);
    sgr_map_release(&c->named_types);
    sgr_diags_release(&c->diags);
    sgr_sources_release(&c->sources);
    sgr_arena_free(c->arena);
    free(c);
}

struct sgr_diags *sgr_compilation_diags(struct sgr_compilation *c)
{
    return &c->diags;
}

size_t sgr_compilation_size(const struct sgr_compilation *c)
{
    return sgr_arena_used(c->arena);
}

struct sgr_sources *sgr_compilation_sources(struct sgr_compilation *c)
{
    return &c->sources;
}

static void load_all(struct sgr_compilation *c, sgr_str path, sgr_str text)
{
    sgr_span nowhere = {0};
    c->prelude = sgr_module_load(c, SGR_STR("std/prelude"), (sgr_str){0}, false, nowhere);
    sgr_module_load(c, SGR_STR("std/verbs"), (sgr_str){0}, false, nowhere);
    for (size_t i = 0; c->options.modules != NULL && c->options.modules[i] != NULL; i++) {
        sgr_module_load(c, sgr_str_from(c->options.modules[i]), (sgr_str){0}, false, nowhere);
    }
    c->main = sgr_module_load(c, path, text, true, nowhere);
}

/* The defaults of the schema are expressions like any other. */
static void check_defaults(struct sgr_compilation *c)
{
    struct sgr_checker checker = {
        .compilation = c, .arena = c->arena, .diags = &c->diags, .module = c->main};
    for (size_t i = 0; i < c->attributes.len; i++) {
        struct sgr_attribute *attribute = &c->attributes.at[i];
        if (attribute->initial == NULL) {
            continue;
        }
        uint32_t file =
            sgr_sources_add(&c->sources, SGR_STR("schema"), sgr_str_from(attribute->initial), true);
        attribute->initial_expr = sgr_parse_expr(&c->sources, file, c->arena, &c->diags);
        if (attribute->initial_expr == NULL ||
            !sgr_expect(&checker, attribute->initial_expr, attribute->type)) {
            SGR_BUG("the default of %s.%s does not fit its type", sgr_blocks[attribute->block].word,
                    attribute->name);
        }
    }
    sgr_checker_release(&checker);
}

enum pass { NAMES, TYPES, BODIES };

/* What is built in is declared once a compilation; bodies of an outline are checked where they are
 * reached. */
static bool is_done(const struct sgr_compilation *c, const struct sgr_module *module,
                    enum pass pass)
{
    bool outlined = sgr_outlines_std(c) && module->is_std && module != c->main;
    return pass == BODIES ? outlined : module->declared;
}

static void each_module(struct sgr_compilation *c, void (*run)(struct sgr_checker *),
                        enum pass pass)
{
    for (size_t i = 0; i < c->modules.len; i++) {
        if (is_done(c, c->modules.at[i], pass)) {
            continue;
        }
        struct sgr_checker checker = {
            .compilation = c, .arena = c->arena, .diags = &c->diags, .module = c->modules.at[i]};
        run(&checker);
        c->modules.at[i]->declared = pass != NAMES;
        sgr_checker_release(&checker);
    }
}

static void reach_entry(struct sgr_compilation *c, const char *text)
{
    sgr_str entry = sgr_str_from(text);
    const char *colon = memchr(entry.ptr, ':', entry.len);
    size_t length = colon != NULL ? (size_t)(colon - entry.ptr) : 0;
    struct sgr_checker checker = {.compilation = c, .arena = c->arena, .diags = &c->diags};
    struct sgr_module *module = sgr_map_get(&c->by_path, (sgr_str){entry.ptr, length});
    sgr_str name = {entry.ptr + length + 1, entry.len - length - 1};
    if (module == NULL || sgr_member(&checker, module, name) == NULL) {
        SGR_BUG("the standard library has no %s", text);
    }
}

/* A lint takes the bodies of the standard library as they are, and what asks the world is not
 * called where there are entries. */
static void check_reached(struct sgr_compilation *c)
{
    for (size_t i = 0; i < c->reached.len && !c->options.check_only; i++) {
        struct sgr_symbol *symbol = c->reached.at[i];
        struct sgr_checker checker = {
            .compilation = c, .arena = c->arena, .diags = &c->diags, .module = symbol->module};
        if (!sgr_symbol_effectful(&checker, symbol)) {
            sgr_check_decl(&checker, symbol->decl);
        }
        sgr_checker_release(&checker);
    }
}

/* Ready for the next script: what is built in stays, the script and what it imports goes. */
static void forget_script(struct sgr_compilation *c)
{
    size_t kept = 0;
    sgr_map_release(&c->by_path);
    for (size_t i = 0; i < c->modules.len; i++) {
        struct sgr_module *module = c->modules.at[i];
        if (module->is_std) {
            sgr_map_set(&c->by_path, module->path, module);
            c->modules.at[kept++] = module;
        } else {
            sgr_map_release(&module->names);
        }
    }
    c->modules.len = kept;
    c->manifests.len = 0;
    c->main = NULL;
    c->ok = false;
    sgr_diags_release(&c->diags);
    sgr_diags_init(&c->diags, &c->sources, c->arena);
}

bool sgr_compile(struct sgr_compilation *c, sgr_str path, sgr_str text)
{
    forget_script(c);
    load_all(c, path, text);
    if (c->main == NULL || c->diags.errors > 0) {
        return false;
    }
    each_module(c, sgr_declare_names, NAMES);
    each_module(c, sgr_declare_types, TYPES);
    if (!c->options.check_only) {
        check_defaults(c);
    }
    each_module(c, sgr_check_module, BODIES);
    for (size_t i = 0; c->options.entries != NULL && c->options.entries[i] != NULL; i++) {
        reach_entry(c, c->options.entries[i]);
    }
    check_reached(c);
    c->checked = (struct sgr_checked){
        .modules = c->modules.at,
        .count = c->modules.len,
        .main = c->main,
        .attributes = c->attributes.at,
        .attribute_count = c->attributes.len,
        .manifests = c->manifests.at,
        .manifest_count = c->manifests.len,
        .pure = c->options.entries != NULL,
    };
    c->ok = c->diags.errors == 0;
    return c->ok;
}

struct sgr_program *sgr_compilation_program(struct sgr_compilation *c)
{
    return c->ok ? sgr_generate(&c->checked, &c->diags) : NULL;
}
