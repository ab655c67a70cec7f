/* Running rollouts on the simulated cluster, for run --sim, test and compile --at. */
#ifndef SGR_CLI_SIMULATE_H
#define SGR_CLI_SIMULATE_H

#include "cli/cli.h"
#include "k8s/sim/sim.h"

struct sgr_simulation {
    uint64_t seed;
    sgr_value scenario;     /* ABSENT: none */
    int64_t abort_at;       /* ms of the run's time at which a person aborts it; 0: never */
    const char *stop_after; /* step after whose end the run is stopped; NULL: never */
    void (*watch)(void *self, const struct sgr_report *report);
    void *watch_self;
};

/* Sets a scenario's `with` parameters on a machine where nobody has given them yet; false with the
 * reason. */
bool sgr_scenario_params(struct sgr_machine *machine, sgr_value scenario, struct sgr_error *error);
/* Performs the rollout to its end; results (in `heap`) as sgr_sim_results gives them, and the
 * objects that stand at the end where `objects` is not NULL. False after a complaint. */
bool sgr_simulate(struct sgr_script *script, struct sgr_machine *machine, sgr_value declarations,
                  sgr_value rollout, const struct sgr_simulation *how, struct sgr_heap *heap,
                  sgr_value *results, sgr_value *objects);
/* The objects that stand after a step, in the machine's heap. */
bool sgr_objects_at(struct sgr_script *script, const struct sgr_cli *cli,
                    struct sgr_machine *machine, sgr_value declarations, const char *step,
                    sgr_value *objects);

#endif
