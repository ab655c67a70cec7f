/* The simulated host: a cluster in memory and in virtual time. An object store with the API's
 * semantics, controllers as small models, request traffic second by second, metrics, faults.
 * Deterministic: the same script, scenario and seed give the same trace, byte for byte. */
#ifndef SGR_K8S_SIM_SIM_H
#define SGR_K8S_SIM_SIM_H

#include "vm/vm.h"

struct sgr_sim;

/* What a simulation starts from. Values are copied; those of a run on it lie in the same heap, so
 * the run's machine must live as long as they are asked for. */
struct sgr_sim_config {
    uint64_t seed;
    sgr_value cluster;  /* the script's cluster record (namespace, scrape) or ABSENT */
    sgr_value metrics;  /* list of declared metrics { name, unit, params } */
    sgr_value scenario; /* a declared scenario record (see docs/architecture.md) or ABSENT */
    sgr_value objects;  /* objects that exist before the run, with the old version running */
    sgr_value grants;   /* list of std/rbac: what the run's Role allows, or ABSENT for all */
    /* Told of every report of the run and of what the cluster does, e.g. to print; may be NULL. */
    void (*watch)(void *self, const struct sgr_report *report);
    void *watch_self;
};

struct sgr_sim *sgr_sim_new(const struct sgr_sim_config *config);
void sgr_sim_free(struct sgr_sim *sim);
struct sgr_host sgr_sim_host(struct sgr_sim *sim);
int64_t sgr_sim_now(const struct sgr_sim *sim); /* virtual ms */
/* Drives the run, and the cluster under it, to its end or to `limit` of virtual time. */
enum sgr_run_state sgr_sim_drive(struct sgr_sim *sim, struct sgr_run *run, int64_t limit);
/* The same, and a run that a fault kills is resumed from what it saved last: answers the run that
 * came to the end (the given one is freed then), or NULL where it could not be resumed. */
struct sgr_run *sgr_sim_perform(struct sgr_sim *sim, struct sgr_run *run,
                                struct sgr_machine *machine, int64_t limit);
/* A fault of fault.def begins, for `length` ms (0: for ever); args is a list of tracks ("new"),
 * durations and counts, or ABSENT. False where there is no such fault. */
bool sgr_sim_fault(struct sgr_sim *sim, sgr_str name, sgr_value args, int64_t length);
/* The names of fault.def, NULL-ended. */
const char *const *sgr_sim_faults(void);
/* Whether what this fault does needs a run that saves itself. */
bool sgr_sim_fault_needs_record(const char *name);
/* Whether the fault `killed` has made sgr_sim_drive return. */
bool sgr_sim_was_killed(const struct sgr_sim *sim);
/* Frees the run and gives the one that its last snapshot makes, on `host`; NULL where it cannot.
 * What was under way has `arrived` at the API server, or not. */
struct sgr_run *sgr_sim_resume(struct sgr_sim *sim, struct sgr_run *run,
                               struct sgr_machine *machine, struct sgr_host host, bool arrived);
/* Makes sgr_sim_drive return as soon as the run waits again; for watchers. */
void sgr_sim_stop(struct sgr_sim *sim);
/* The results record that `expect` reads: see docs. In `heap`. */
sgr_value sgr_sim_results(struct sgr_sim *sim, struct sgr_run *run, struct sgr_heap *heap);
/* Every object of the store, sorted by kind, namespace and name, in `heap`. */
sgr_value sgr_sim_objects(struct sgr_sim *sim, struct sgr_heap *heap);

#endif
