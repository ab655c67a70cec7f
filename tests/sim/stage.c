/* A script on the stage: compiled once, with the values that every play begins from. Prints
 * complaints only. */
#include <stdio.h>
#include <stdlib.h>

#include "sim_test.h"
#include "stdlib/stdlib.h"

static const char *const modules[] = {"std/run", "std/plain", "std/rbac", "std/simulation", NULL};

static bool call(struct stage *stage, const char *name, const sgr_value *args, size_t count,
                 sgr_value *out)
{
    struct sgr_failure failure = {0};
    uint32_t function = sgr_program_entry(stage->program, sgr_str_from(name));
    bool ok = function != UINT32_MAX &&
              sgr_machine_call(stage->on.machine, function, args, count, out, &failure);
    if (!ok) {
        fprintf(stderr, "sim_test: %s: %s\n", name, failure.text ? failure.text : "not there");
    } else {
        *out = sgr_value_copy(stage->heap, *out);
    }
    sgr_failure_release(&failure);
    return ok;
}

static sgr_value named(sgr_value list, sgr_str name)
{
    for (size_t i = 0; list.tag == SGR_LIST && i < sgr_count_of(list); i++) {
        if (name.len == 0 || sgr_str_equal(sgr_path_str(sgr_item(list, i), "name"), name)) {
            return sgr_item(list, i);
        }
    }
    return sgr_absent();
}

static bool set_params(struct stage *stage, sgr_value params)
{
    for (size_t i = 0; params.tag == SGR_RECORD && i < sgr_count_of(params); i++) {
        struct sgr_failure failure = {0};
        if (!sgr_machine_set_param(stage->on.machine, sgr_key(params, i), sgr_field_at(params, i),
                                   &failure)) {
            fprintf(stderr, "sim_test: %s\n", failure.text);
            sgr_failure_release(&failure);
            return false;
        }
    }
    return true;
}

static bool compile(struct stage *stage, const char *path, sgr_str text)
{
    struct sgr_compile_options options = {.modules = modules};
    stage->compilation = sgr_compilation_new(&options);
    if (sgr_compile(stage->compilation, sgr_str_from(path), text)) {
        stage->program = sgr_compilation_program(stage->compilation);
    }
    if (stage->program == NULL) {
        fprintf(stderr, "sim_test: %s does not compile\n%.*s\n", path, SGR_FMT(text));
        return false;
    }
    stage->on.machine = sgr_machine_new(stage->program, NULL);
    stage->heap = sgr_heap_new(256 << 20);
    return true;
}

bool stage_open(struct stage *stage, const char *path, sgr_str text, const char *scenario)
{
    sgr_value scenarios;
    *stage = (struct stage){.on.scenario = sgr_absent()};
    if (!compile(stage, path, text) || !call(stage, "scenarios", NULL, 0, &scenarios)) {
        return false;
    }
    stage->on.scenario = named(scenarios, sgr_str_from(scenario ? scenario : ""));
    if (!set_params(stage, sgr_field(stage->on.scenario, SGR_STR("params"))) ||
        !call(stage, "declarations", NULL, 0, &stage->on.declarations)) {
        return false;
    }
    stage->on.rollout = named(sgr_field(stage->on.declarations, SGR_STR("rollouts")),
                              sgr_path_str(stage->on.scenario, "rollout"));
    stage->on.entry = sgr_program_entry(stage->program, SGR_STR("std/run:perform"));
    sgr_value args[] = {stage->on.declarations, stage->on.rollout};
    return call(stage, "std/simulation:start_of", args, 2, &stage->on.start);
}

void stage_close(struct stage *stage)
{
    sgr_machine_free(stage->on.machine);
    sgr_program_unref(stage->program);
    if (stage->compilation != NULL) {
        sgr_compilation_free(stage->compilation);
    }
    if (stage->heap != NULL) {
        sgr_heap_free(stage->heap);
    }
    *stage = (struct stage){0};
}

size_t scenario_names(const char *path, char ***names)
{
    struct stage stage;
    sgr_value scenarios;
    size_t count = 0;
    *names = NULL;
    if (stage_open(&stage, path, (sgr_str){0}, NULL) &&
        call(&stage, "scenarios", NULL, 0, &scenarios)) {
        count = sgr_count_of(scenarios);
        *names = sgr_calloc(count + 1, sizeof **names);
        for (size_t i = 0; i < count; i++) {
            sgr_str name = sgr_path_str(sgr_item(scenarios, i), "name");
            (*names)[i] = sgr_calloc(name.len + 1, 1);
            memcpy((*names)[i], name.ptr, name.len);
        }
    }
    stage_close(&stage);
    return count;
}
