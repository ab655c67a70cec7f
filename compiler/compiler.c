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
    sgr_vec_release(&c->attributes);
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

static void each_module(struct sgr_compilation *c, void (*pass)(struct sgr_checker *), bool bodies)
{
    for (size_t i = 0; i < c->modules.len; i++) {
        if (bodies && c->options.check_only && c->modules.at[i]->is_std) {
            continue;
        }
        struct sgr_checker checker = {
            .compilation = c, .arena = c->arena, .diags = &c->diags, .module = c->modules.at[i]};
        pass(&checker);
        sgr_checker_release(&checker);
    }
}

bool sgr_compile(struct sgr_compilation *c, sgr_str path, sgr_str text)
{
    load_all(c, path, text);
    if (c->main == NULL || c->diags.errors > 0) {
        return false;
    }
    each_module(c, sgr_declare_names, false);
    each_module(c, sgr_declare_types, false);
    if (!c->options.check_only) {
        check_defaults(c);
    }
    each_module(c, sgr_check_module, true);
    c->checked = (struct sgr_checked){
        .modules = c->modules.at,
        .count = c->modules.len,
        .main = c->main,
        .attributes = c->attributes.at,
        .attribute_count = c->attributes.len,
    };
    c->ok = c->diags.errors == 0;
    return c->ok;
}

struct sgr_program *sgr_compilation_program(struct sgr_compilation *c)
{
    return c->ok ? sgr_generate(&c->checked, &c->diags) : NULL;
}
