/* Inside k8s/sim/: the simulated cluster as data. Time is virtual milliseconds. All values of the
 * store lie in one heap that is copied now and then, so nothing keeps a value outside the fields
 * named in sim.c's `compact`. */
#ifndef SGR_K8S_SIM_INTERNAL_H
#define SGR_K8S_SIM_INTERNAL_H

#include "k8s/sim/sim.h"

enum {
    SIM_CALL_MS = 20,      /* one API call */
    SIM_OBSERVE_MS = 1000, /* until a controller has seen a change */
    SIM_RATE = 1000,       /* requests a second */
    SIM_LATENCY_MS = 100,  /* of a request */
};

struct sim_object {
    char *key;         /* kind|namespace|name */
    sgr_value value;   /* without status */
    sgr_value applied; /* what `sgr` applied last */
    int64_t generation, uid;
    int64_t own_generation; /* after what the run wrote last, or as it was at the start */
    int64_t changed;        /* when the spec was written last */
    uint64_t version;
    bool gone;
    bool touched;                         /* somebody else has changed or deleted it meanwhile */
    uint64_t template_hash, hash_version; /* of the pod template at this version */
};

enum sim_phase { SIM_STARTING, SIM_READY, SIM_BROKEN, SIM_TERMINATING };

struct sim_pod {
    size_t deployment; /* index of its object */
    uint64_t hash;     /* of the template it was made from */
    enum sim_phase phase;
    int64_t due;      /* STARTING: when it is ready; TERMINATING: when it is gone */
    sgr_value labels; /* of its template */
};

/* An effect under way. Calls of the API server happen when they are due, so that one that was
 * cancelled or met a fault has changed nothing; the rest was decided at the start. */
struct sim_answer {
    int64_t due;
    uint64_t seq;
    bool deferred, in_doubt;
    enum sgr_effect_kind effect;
    sgr_value args[2];
    bool ok;
    sgr_value value, replaced;
    int64_t had, left; /* RESTORE of a Deployment: replicas before and after */
    const char *kind, *text;
};

/* One part of a load that a script has asked for. */
struct sim_load {
    uint64_t seq; /* of the effect */
    int64_t at, until;
    double from, to; /* requests a second */
    double sent, failed;
};

/* Written down durably before a write: what it replaces. */
struct sim_intent {
    uint64_t seq;
    sgr_value replaced;
};

/* An object as it was when reads became stale. */
struct sim_then {
    size_t object;
    int64_t generation;
    sgr_value value, bare; /* with and without status */
};

/* Ready pods of a track as the run read them last. */
struct sim_known {
    int64_t ready, at;
};

struct sim_model {
    sgr_value metric, track, value; /* track: "new", "old" or "" */
};

/* Rows of fault.def: since when and until when they hold; until 0: not at all. */
enum sim_fault {
#define FAULT(id, name, args, numbers, doc) SIM_FAULT_##id,
#include "k8s/sim/fault.def"
#undef FAULT
    SIM_FAULT_COUNT
};
struct sim_fault_state {
    int64_t until;
    char track[8];  /* "new", "old" or "" */
    int64_t amount; /* ms */
    int64_t count;
};

struct sim_track {
    char name[256], deployment[256], service[256];
};

struct sim_span {
    double max, min;
    bool seen;
};

/* ---- traffic.c ---- */
/* A metric of unit `count`, as it was asked for last. */
struct sim_counter {
    char metric[128];
    int which; /* track, -1: none */
    double value, served;
    int64_t at;
};

struct sim_traffic {
    double share[2]; /* of the requests, new and old: 0..1 */
    double failed;   /* share that meets no ready pod */
};

/* What the run has reported and its writes are judged by. Part of what it knows: a kill takes it
 * back to what it was when the run was saved, since the run has forgotten what came after. */
struct sim_said {
    double last_shift;
    int64_t rollback_began; /* -1: no rollback */
    bool guard_open;        /* a guard samples and has not spoken */
};

struct sgr_sim {
    struct sgr_heap *heap;
    size_t compact_at; /* bytes in use at which what lives moves to a fresh heap */
    struct sgr_sim_config config;
    struct sgr_run *run;
    int64_t now;
    uint64_t random, next_uid, next_version;
    SGR_VEC(struct sim_object) objects;
    SGR_VEC(struct sim_pod) pods;
    SGR_VEC(struct sim_answer) answers;
    SGR_VEC(struct sim_load) loads;
    SGR_VEC(struct sim_model) models;
    struct sim_fault_state faults[SIM_FAULT_COUNT];
    SGR_VEC(struct sim_intent) intents;
    SGR_VEC(struct sim_then) then;
    struct sgr_buf saved; /* the snapshot that was saved last */
    size_t next_event;    /* of the scenario */
    bool changed, stopped;
    bool killed;          /* the runner: until it is resumed */
    int64_t asleep_until; /* the runner stands still */
    int64_t tell_at;      /* when the run is told of changes; INT64_MAX: there are none */
    int64_t announced;    /* the time whose late observations were announced already */
    /* the rollout under way, as the run reported it */
    bool running, rolling;
    int64_t run_began;
    char front[256], traffic[32], space[256];
    struct sim_track tracks[2]; /* new, old */
    int64_t wanted, drain;      /* pods that carry all traffic; ms */
    double share;               /* of the new track, as the run's last write left it: 0..1 */
    int64_t share_gone;         /* when it became 0; -1: it was never more */
    struct sim_said said, said_at_save;
    struct sim_known known[2];
    /* what happened */
    struct sim_span traffic_span[2], replicas_span[2], ready_span[2];
    struct sim_traffic observed; /* of this instant */
    double requests, failed, down_ms;
    double served[2];                     /* requests of each track */
    SGR_VEC(struct sim_counter) counters; /* that were asked for */
    int64_t rollback_time;
    char outcome[32];
    SGR_VEC(char *) violations;
};

/* ---- store.c ---- */
struct sim_object *sim_find(struct sgr_sim *sim, const char *kind, sgr_str space, sgr_str name);
/* The object with its status, as a reader sees it; ABSENT where there is none. */
sgr_value sim_read(struct sgr_sim *sim, sgr_value ref);
sgr_value sim_list(struct sgr_sim *sim, sgr_value ref, sgr_value labels);
/* Writes answer with what they replaced. */
void sim_apply(struct sgr_sim *sim, sgr_value object, struct sim_answer *answer);
void sim_patch(struct sgr_sim *sim, sgr_value ref, sgr_value patch, struct sim_answer *answer);
void sim_delete(struct sgr_sim *sim, sgr_value ref, struct sim_answer *answer);
void sim_restore(struct sgr_sim *sim, sgr_value entry, struct sim_answer *answer);
/* An object that was there before, seen by everyone already. */
void sim_put(struct sgr_sim *sim, sgr_value object);
/* Makes this the object's value, as a write by anyone. */
void sim_set(struct sgr_sim *sim, struct sim_object *object, sgr_value value);
/* Of a namespace that may be absent. */
sgr_str sim_space_of(sgr_value space);
bool sim_is_kind(const struct sim_object *object, const char *kind);
sgr_value sim_with_status(struct sgr_sim *sim, size_t index);

/* ---- workloads.c ---- */
/* Brings pods towards what the Deployments want; true where anything changed. */
void sim_reconcile(struct sgr_sim *sim);
/* A node goes with a third of the ready pods of every Deployment, at least one. */
void sim_lose_node(struct sgr_sim *sim);
int64_t sim_next_pod_event(const struct sgr_sim *sim);
void sim_settle(struct sgr_sim *sim);
struct sim_counts {
    int64_t total, updated, ready, updated_ready;
};
struct sim_counts sim_count(struct sgr_sim *sim, size_t deployment);
uint64_t sim_template_hash(struct sgr_sim *sim, size_t deployment);

struct sim_traffic sim_traffic(struct sgr_sim *sim);
void sim_track_state(struct sgr_sim *sim, int which, int64_t *replicas, int64_t *ready);
/* What the routes give the new track, whatever stands behind them: 0..1. */
double sim_route_share(struct sgr_sim *sim);
/* Counts requests of the time that passes. Follows sim_observe at the same instant: what that saw
 * goes on until then. */
void sim_pass_time(struct sgr_sim *sim, int64_t until);
void sim_observe(struct sgr_sim *sim);

/* ---- load.c ---- */
void sim_load_start(struct sgr_sim *sim, sgr_value plan, struct sim_answer *answer);
/* Requests a second at this instant, beside SIM_RATE. */
double sim_load_rate(const struct sgr_sim *sim);
/* Requests of the loads until then, of which the share `failing` fails. */
double sim_load_pass(struct sgr_sim *sim, int64_t until, double failing);
/* Takes the load away; its report goes into `answer`, which may be NULL. */
void sim_load_end(struct sgr_sim *sim, uint64_t seq, struct sim_answer *answer);

/* ---- scenario.c ---- */
void sim_run_events(struct sgr_sim *sim);
/* Does the scenario strike what the run saves, or the runner? */
bool sim_needs_snapshots(const struct sgr_sim *sim);
int64_t sim_next_scenario_event(const struct sgr_sim *sim);
void sim_sample(struct sgr_sim *sim, sgr_value query, struct sim_answer *answer);
sgr_str sim_approval(struct sgr_sim *sim);

/* ---- faults.c ---- */
bool sim_has_fault(const struct sgr_sim *sim, enum sim_fault fault);
/* Whether the fault holds for pods of this Deployment that were made from this template. */
bool sim_strikes_pods(struct sgr_sim *sim, enum sim_fault fault, size_t deployment, uint64_t hash);
int64_t sim_next_fault_event(const struct sgr_sim *sim);
/* A call that begins: when it is carried out, or how it is refused. */
void sim_meet_faults(struct sgr_sim *sim, struct sim_answer *answer);
/* True where the answer of a write that was carried out is lost: it is made again. */
bool sim_loses_answer(struct sgr_sim *sim, struct sim_answer *answer);
/* The object as a reader sees it who may lag behind. */
sgr_value sim_stale(const struct sgr_sim *sim, size_t object, sgr_value now);
/* Why Prometheus says nothing; NULL where it does. */
const char *sim_silence(const struct sgr_sim *sim);
/* Takes note of changes; true where the run is told of them now. */
bool sim_tells(struct sgr_sim *sim);
bool sim_is_route(const struct sim_object *object);
/* Somebody writes routes back. */
void sim_revert(struct sgr_sim *sim);

/* ---- invariants.c ---- */
/* A rule was broken; each is told once. */
void sim_violation(struct sgr_sim *sim, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Before and after a call of the run is carried out. */
void sim_begin_write(struct sgr_sim *sim);
void sim_check_write(struct sgr_sim *sim, const struct sim_answer *answer);

int64_t sim_jitter(struct sgr_sim *sim, int64_t range);

#endif
