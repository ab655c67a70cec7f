/* Opening scripts: compile or load, then parameters from file, environment and options. */
#include "cli/cli.h"

#include <ctype.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/target.h"
#include "k8s/codec.h"
#include "k8s/sim/sim.h"
#include "stdlib/stdlib.h"

extern char **environ;

/* What every command needs, with room for the module of a target. */
static const char *const linked[] = {
    "std/run", "std/plain", "std/simulation", "std/audit", "std/rbac", "std/limits", NULL, NULL};

/* Says what Kubernetes would refuse of the declarations. */
static const char judge[] = "std/limits:problems";

static bool load_bytecode(struct sgr_script *script)
{
    struct sgr_error error = {0};
    sgr_str bytes = {0};
    if (sgr_read_file(script->path, &bytes, &error)) {
        script->program = sgr_program_load(bytes, sgr_builtins, sgr_builtin_count, &error);
        free((void *)(uintptr_t)bytes.ptr);
    }
    if (script->program == NULL) {
        sgr_complain(1, "%s: %s", script->path, error.text);
        sgr_error_release(&error);
        return false;
    }
    return true;
}

static bool script_open(struct sgr_script *script, const struct sgr_cli *cli, const char *path,
                        const struct sgr_compile_options *options)
{
    *script = (struct sgr_script){.path = path};
    if (sgr_str_ends_with(sgr_str_from(path), SGR_STR(".sgb"))) {
        return load_bytecode(script);
    }
    script->compilation = sgr_compilation_new(options);
    struct sgr_diags *diags = sgr_compilation_diags(script->compilation);
    sgr_str text = {0};
    struct sgr_error error = {0};
    if (strcmp(path, "-") == 0 && !sgr_read_file(path, &text, &error)) {
        sgr_complain(1, "%s", error.text);
        sgr_error_release(&error);
        return false;
    }
    if (sgr_compile(script->compilation, sgr_str_from(path), text)) {
        script->program = sgr_compilation_program(script->compilation);
    }
    sgr_print_diags(cli, diags);
    free((void *)(uintptr_t)text.ptr);
    return script->program != NULL;
}

bool sgr_script_open(struct sgr_script *script, const struct sgr_cli *cli, const char *path)
{
    const char *modules[sizeof linked / sizeof *linked];
    memcpy(modules, linked, sizeof linked);
    modules[sizeof linked / sizeof *linked - 2] = sgr_target_module(cli);
    struct sgr_compile_options options = {
        .modules = modules, .manifests = sgr_read_manifests, .faults = sgr_sim_faults()};
    return script_open(script, cli, path, &options);
}

bool sgr_script_open_for(struct sgr_script *script, const struct sgr_cli *cli, const char *path,
                         const char *module, const char *function)
{
    char entry[64];
    snprintf(entry, sizeof entry, "%s:%s", module, function);
    const char *modules[] = {module, "std/limits", NULL}, *entries[] = {entry, judge, NULL};
    struct sgr_compile_options options = {.modules = modules,
                                          .entries = entries,
                                          .manifests = sgr_read_manifests,
                                          .faults = sgr_sim_faults()};
    return script_open(script, cli, path, &options);
}

void sgr_script_forget(struct sgr_script *script)
{
    if (script->compilation != NULL) {
        sgr_compilation_free(script->compilation);
        script->compilation = NULL;
        (void)malloc_trim(0);
    }
}

void sgr_script_close(struct sgr_script *script)
{
    sgr_program_unref(script->program);
    if (script->compilation != NULL) {
        sgr_compilation_free(script->compilation);
    }
    *script = (struct sgr_script){0};
}

/* ---- parameters ---- */

static bool set_from_file(struct sgr_script *script, struct sgr_machine *machine, const char *path,
                          struct sgr_error *error)
{
    sgr_str text;
    if (!sgr_read_file(path, &text, error)) {
        return false;
    }
    struct sgr_heap *heap = sgr_heap_new(64 << 20);
    sgr_value documents = sgr_absent();
    bool ok = sgr_yaml_read(heap, text, &documents, error);
    if (!ok) {
        sgr_error_wrap(error, "%s", path);
    } else if (sgr_count_of(documents) != 1 || sgr_item(documents, 0).tag != SGR_RECORD) {
        ok = sgr_error_set(error, "%s: a file of parameters is one YAML map", path);
    }
    for (size_t i = 0; ok && i < sgr_count_of(sgr_item(documents, 0)); i++) {
        sgr_value map = sgr_item(documents, 0);
        ok = sgr_param_set_value(machine, script->program, sgr_key(map, i), sgr_field_at(map, i),
                                 error);
    }
    sgr_heap_free(heap);
    free((void *)(uintptr_t)text.ptr);
    return ok;
}

static bool set_from_environment(struct sgr_script *script, struct sgr_machine *machine,
                                 struct sgr_error *error)
{
    static const char prefix[] = "SGR_PARAM_";
    for (char **entry = environ; *entry != NULL; entry++) {
        const char *equals = strchr(*entry, '=');
        if (strncmp(*entry, prefix, sizeof prefix - 1) != 0 || equals == NULL) {
            continue;
        }
        const char *start = *entry + sizeof prefix - 1;
        sgr_str name = {start, (size_t)(equals - start)};
        if (!sgr_param_set(machine, script->program, name, sgr_str_from(equals + 1), error)) {
            sgr_error_wrap(error, "%.*s", (int)(equals - *entry), *entry);
            return false;
        }
    }
    return true;
}

static bool set_from_options(struct sgr_script *script, struct sgr_machine *machine,
                             const struct sgr_cli *cli, struct sgr_error *error)
{
    for (size_t i = 0; i < cli->uses.len; i++) {
        if (cli->uses.at[i].option != SGR_OPT_set) {
            continue;
        }
        const char *text = cli->uses.at[i].value;
        const char *equals = strchr(text, '=');
        if (equals == NULL) {
            return sgr_error_set(error, "--set %s: write NAME=VALUE", text);
        }
        sgr_str name = {text, (size_t)(equals - text)};
        if (!sgr_param_set(machine, script->program, name, sgr_str_from(equals + 1), error)) {
            return false;
        }
    }
    return true;
}

static bool all_given(struct sgr_script *script, struct sgr_machine *machine,
                      struct sgr_error *error)
{
    for (size_t i = 0; i < sgr_program_param_count(script->program); i++) {
        struct sgr_param_info param = sgr_program_param(script->program, i);
        if (param.required && !sgr_machine_has_param(machine, param.name)) {
            return sgr_error_set(
                error, "%s: parameter `%.*s` (%.*s) has no value; give it with --set %.*s=...",
                script->path, SGR_FMT(param.name), SGR_FMT(param.type), SGR_FMT(param.name));
        }
    }
    return true;
}

struct sgr_machine *sgr_script_machine(struct sgr_script *script, const struct sgr_cli *cli,
                                       bool need_all)
{
    struct sgr_machine *machine = sgr_machine_new(script->program, NULL);
    struct sgr_error error = {0};
    bool ok = true;
    for (size_t i = 0; ok && i < cli->uses.len; i++) {
        if (cli->uses.at[i].option == SGR_OPT_values) {
            ok = set_from_file(script, machine, cli->uses.at[i].value, &error);
        }
    }
    ok = ok && set_from_environment(script, machine, &error) &&
         set_from_options(script, machine, cli, &error) &&
         (!need_all || all_given(script, machine, &error));
    if (!ok) {
        sgr_complain(1, "%s", error.text);
        sgr_error_release(&error);
        sgr_machine_free(machine);
        return NULL;
    }
    return machine;
}

bool sgr_script_call(struct sgr_script *script, struct sgr_machine *machine, const char *name,
                     const sgr_value *args, size_t count, sgr_value *out)
{
    struct sgr_failure failure = {0};
    uint32_t function = sgr_program_entry(script->program, sgr_str_from(name));
    if (function == UINT32_MAX) {
        sgr_complain(1, "%s has no `%s`; it was made by another version of sgrc", script->path,
                     name);
        return false;
    }
    if (!sgr_machine_call(machine, function, args, count, out, &failure)) {
        sgr_complain(1, "%s", failure.text);
        sgr_failure_release(&failure);
        return false;
    }
    return true;
}

bool sgr_script_declarations(struct sgr_script *script, struct sgr_machine *machine, sgr_value *out)
{
    sgr_value problems = sgr_absent();
    struct sgr_failure failure = {0};
    if (!sgr_machine_check_params(machine, &failure)) {
        sgr_complain(1, "%s", failure.text);
        sgr_failure_release(&failure);
        return false;
    }
    if (!sgr_script_call(script, machine, "declarations", NULL, 0, out)) {
        return false;
    }
    bool earlier = script->compilation == NULL; /* bytecode of an earlier version took it */
    if (earlier && sgr_program_entry(script->program, sgr_str_from(judge)) == UINT32_MAX) {
        return true;
    }
    if (!sgr_script_call(script, machine, judge, out, 1, &problems)) {
        return false;
    }
    for (size_t i = 0; i < sgr_count_of(problems); i++) {
        sgr_complain(1, "%.*s", SGR_FMT(sgr_string_of(sgr_item(problems, i))));
    }
    return sgr_count_of(problems) == 0;
}

sgr_value sgr_find_named(sgr_value list, sgr_str name)
{
    for (size_t i = 0; i < sgr_count_of(list); i++) {
        if (sgr_str_equal(sgr_path_str(sgr_item(list, i), "name"), name)) {
            return sgr_item(list, i);
        }
    }
    return sgr_absent();
}

sgr_value sgr_find_rollout(sgr_value declarations, const char *name)
{
    sgr_value rollouts = sgr_field(declarations, SGR_STR("rollouts"));
    if (name == NULL) {
        if (sgr_count_of(rollouts) == 1) {
            return sgr_item(rollouts, 0);
        }
        sgr_complain(1, sgr_count_of(rollouts) == 0
                            ? "the script has no rollout"
                            : "the script has several rollouts; say which with --rollout NAME");
        return sgr_absent();
    }
    sgr_value found = sgr_find_named(rollouts, sgr_str_from(name));
    for (size_t i = 0; sgr_is_absent(found) && i < sgr_count_of(rollouts); i++) {
        if (sgr_str_is(sgr_path_str(sgr_item(rollouts, i), "id"), name)) {
            found = sgr_item(rollouts, i);
        }
    }
    if (sgr_is_absent(found)) {
        sgr_complain(1, "the script has no rollout `%s`", name);
    }
    return found;
}
