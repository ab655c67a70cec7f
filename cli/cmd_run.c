/* sgrc run: performs a rollout on a cluster; with --sim on the simulated one. */
#include "cli/cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/job.h"
#include "cli/session.h"
#include "cli/simulate.h"

/* The scenario of --scenario, with its parameters set where no option gave them. */
static bool take_scenario(struct sgr_script *script, struct sgr_machine *machine, const char *name,
                          sgr_value *scenario)
{
    sgr_value scenarios;
    if (!sgr_script_call(script, machine, "scenarios", NULL, 0, &scenarios)) {
        return false;
    }
    *scenario = sgr_find_named(scenarios, sgr_str_from(name));
    if (sgr_is_absent(*scenario)) {
        sgr_complain(1, "%s has no scenario \"%s\"", script->path, name);
        return false;
    }
    struct sgr_error error = {0};
    bool ok = sgr_scenario_params(machine, *scenario, &error);
    if (!ok) {
        sgr_complain(1, "%s", error.text);
        sgr_error_release(&error);
    }
    return ok;
}

static int simulate(struct sgr_script *script, const struct sgr_cli *cli,
                    struct sgr_machine *machine, sgr_value scenario, enum sgr_progress_style style)
{
    sgr_value declarations, results = sgr_absent();
    const char *name = sgr_cli_value(cli, SGR_OPT_rollout);
    const char *seed = sgr_cli_value(cli, SGR_OPT_seed);
    char from_scenario[256] = "";
    if (name == NULL && !sgr_is_absent(scenario)) {
        snprintf(from_scenario, sizeof from_scenario, "%.*s",
                 SGR_FMT(sgr_path_str(scenario, "rollout")));
        name = from_scenario;
    }
    if (!sgr_script_declarations(script, machine, &declarations)) {
        return SGR_EXIT_FAULT;
    }
    sgr_value rollout = sgr_find_rollout(declarations, name);
    if (sgr_is_absent(rollout)) {
        return SGR_EXIT_FAULT;
    }
    struct sgr_progress *progress =
        sgr_progress_new(style, sgr_use_color(cli, STDOUT_FILENO), rollout);
    sgr_progress_keep_page(progress, sgr_cli_value(cli, SGR_OPT_report));
    struct sgr_simulation how = {
        .seed = seed ? strtoull(seed, NULL, 10) : 0,
        .scenario = scenario,
        .watch = sgr_progress_report,
        .watch_self = progress,
    };
    bool ok = sgr_simulate(script, machine, declarations, rollout, &how, sgr_machine_heap(machine),
                           &results, NULL);
    if (ok) {
        sgr_progress_end(progress, results);
    }
    int status = ok ? sgr_outcome_status(sgr_progress_outcome(progress)) : SGR_EXIT_LEFT;
    sgr_progress_free(progress);
    return status;
}

static int run_script(struct sgr_script *script, const struct sgr_cli *cli,
                      enum sgr_progress_style style)
{
    const char *name = sgr_cli_value(cli, SGR_OPT_scenario);
    struct sgr_machine *machine = sgr_script_machine(script, cli, name == NULL);
    sgr_value scenario = sgr_absent();
    int status = SGR_EXIT_FAULT;
    if (machine == NULL) {
        return status;
    }
    if (name == NULL && !sgr_cli_has(cli, SGR_OPT_sim)) {
        status = sgr_cli_has(cli, SGR_OPT_dry_run)      ? sgr_plan(script, cli, machine)
                 : sgr_cli_has(cli, SGR_OPT_in_cluster) ? sgr_hand_over(script, cli, machine)
                                                        : sgr_perform(script, cli, machine, style);
    } else if (name == NULL || take_scenario(script, machine, name, &scenario)) {
        status = simulate(script, cli, machine, scenario, style);
    }
    sgr_machine_free(machine);
    return status;
}

int sgr_cmd_run(const struct sgr_cli *cli)
{
    struct sgr_script script;
    int status = SGR_EXIT_FAULT;
    if (cli->files.len != 1) {
        return sgr_complain(SGR_EXIT_FAULT, "run takes one script");
    }
    if (sgr_script_open(&script, cli, cli->files.at[0])) {
        sgr_script_forget(&script);
        status = run_script(&script, cli, sgr_pick_style(cli));
    }
    sgr_script_close(&script);
    return status;
}
