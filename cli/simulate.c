/* One performance of a rollout on the simulated cluster. Prints nothing but complaints. */
#include "cli/simulate.h"

enum { SIMULATED_LIMIT_MS = 7 * 24 * 3600 * 1000 };

/* Passes reports on, and notices the end of the step after which to stop. */
struct watcher {
    const struct sgr_simulation *how;
    struct sgr_sim *sim;
    struct sgr_run *run;
    bool stopped, aborted;
};

static void watch(void *self, const struct sgr_report *report)
{
    struct watcher *watcher = self;
    if (watcher->how->watch != NULL) {
        watcher->how->watch(watcher->how->watch_self, report);
    }
    if (watcher->how->abort_at > 0 && report->time >= watcher->how->abort_at && !watcher->aborted) {
        watcher->aborted = true;
        sgr_run_raise(watcher->run, "aborted", "aborted by a person");
    }
    if (watcher->how->stop_after != NULL && strcmp(report->kind, "step_end") == 0 &&
        sgr_str_is(sgr_path_str(report->fields, "name"), watcher->how->stop_after)) {
        watcher->stopped = true;
        sgr_sim_stop(watcher->sim);
    }
}

bool sgr_scenario_params(struct sgr_machine *machine, sgr_value scenario, struct sgr_error *error)
{
    sgr_value params = sgr_field(scenario, SGR_STR("params"));
    for (size_t i = 0; params.tag == SGR_RECORD && i < sgr_count_of(params); i++) {
        struct sgr_failure failure = {0};
        if (!sgr_machine_has_param(machine, sgr_key(params, i)) &&
            !sgr_machine_set_param(machine, sgr_key(params, i), sgr_field_at(params, i),
                                   &failure)) {
            sgr_error_set(error, "%s", failure.text);
            sgr_failure_release(&failure);
            return false;
        }
    }
    return true;
}

bool sgr_simulate(struct sgr_script *script, struct sgr_machine *machine, sgr_value declarations,
                  sgr_value rollout, const struct sgr_simulation *how, struct sgr_heap *heap,
                  sgr_value *results, sgr_value *objects)
{
    struct watcher watcher = {.how = how};
    sgr_value arguments[] = {declarations, rollout};
    sgr_value start;
    if (!sgr_script_call(script, machine, "std/simulation:start_of", arguments, 2, &start)) {
        return false;
    }
    struct sgr_sim_config config = {
        .seed = how->seed,
        .cluster = sgr_field(declarations, SGR_STR("cluster")),
        .metrics = sgr_field(declarations, SGR_STR("metrics")),
        .scenario = how->scenario,
        .objects = sgr_field(start, SGR_STR("objects")),
        .grants = sgr_field(start, SGR_STR("grants")),
        .watch = watch,
        .watch_self = &watcher,
    };
    struct sgr_sim *sim = sgr_sim_new(&config);
    uint32_t entry = sgr_program_entry(script->program, SGR_STR("std/run:perform"));
    sgr_value args[] = {rollout, declarations};
    struct sgr_run *run = sgr_run_new(machine, sgr_sim_host(sim), sgr_path_str(rollout, "name"),
                                      entry, args, 2, sgr_sim_now(sim));
    sgr_run_set_aspect(run, SGR_STR("simulated"), sgr_bool(true));
    watcher.sim = sim;
    watcher.run = run;
    run = sgr_sim_perform(sim, run, machine, SIMULATED_LIMIT_MS);
    bool ok = run != NULL;
    if (!ok) {
        sgr_complain(3, "the run could not be resumed from what it had saved");
    } else if (sgr_run_failure(run) != NULL && sgr_run_failure(run)->text != NULL) {
        sgr_complain(3, "%s", sgr_run_failure(run)->text);
        ok = false;
    } else if (how->stop_after != NULL && !watcher.stopped) {
        sgr_complain(1, "the rollout has no step `%s`, or did not reach it", how->stop_after);
        ok = false;
    }
    if (results != NULL) {
        *results = sgr_sim_results(sim, run, heap);
    }
    if (objects != NULL) {
        *objects = sgr_sim_objects(sim, heap);
    }
    sgr_run_free(run);
    sgr_sim_free(sim);
    return ok;
}

bool sgr_objects_at(struct sgr_script *script, const struct sgr_cli *cli,
                    struct sgr_machine *machine, sgr_value declarations, const char *step,
                    sgr_value *objects)
{
    sgr_value rollout = sgr_find_rollout(declarations, sgr_cli_value(cli, SGR_OPT_rollout));
    struct sgr_simulation how = {.stop_after = step};
    struct sgr_heap *heap = sgr_machine_heap(machine);
    return !sgr_is_absent(rollout) &&
           sgr_simulate(script, machine, declarations, rollout, &how, heap, NULL, objects);
}
