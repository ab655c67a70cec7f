/* Inside k8s/sim/: the simulated cluster as data. Time is virtual milliseconds. All values lie
 * in one heap with those of the run, which compacts it now and then, so nothing keeps a value
 * outside the fields named in sim.c's `move`. */
#ifndef SGR_K8S_SIM_INTERNAL_H
#define SGR_K8S_SIM_INTERNAL_H

#include "k8s/sim/sim.h"
#include "vm/object.h"

enum {
    SIM_CALL_MS = 20,      /* one API call */
    SIM_OBSERVE_MS = 1000, /* until a controller has seen a change */
    SIM_RATE = 1000,       /* requests a second */
    SIM_LATENCY_MS = 100,  /* of a request */
};

/* Kinds that the simulated cluster does something with. */
enum sim_kind {
    SIM_OTHER,
    SIM_DEPLOYMENT,
    SIM_AUTOSCALER,
    SIM_SERVICE,
    SIM_INGRESS,
    SIM_HTTP_ROUTE,
    SIM_VIRTUAL_SERVICE
};

/* What a Deployment asks for, read when its spec was written. */
struct sim_demand {
    int64_t replicas, surge, missing; /* missing: pods that may be away while others come */
    bool paused;
    uint64_t hash; /* of the pod template */
};

struct sim_object {
    char *key;                 /* kind|namespace|name */
    sgr_str word, space, name; /* the parts of the key */
    enum sim_kind kind;
    sgr_value value;   /* without status */
    sgr_value shown;   /* the same with what the server adds to its metadata */
    sgr_value applied; /* what `sgr` applied last */
    int64_t generation, uid;
    uint64_t own_version; /* after what the run wrote last; 0: it wrote nothing */
    int64_t changed;      /* when the spec was written last */
    uint64_t version;
    bool gone;
    bool touched;       /* somebody else has changed or deleted it meanwhile */
    bool foreign;       /* somebody else has made it under the eyes of the run */
    const char *writer; /* who has; NULL: nobody */
    struct sim_demand demand;
};

enum sim_phase { SIM_STARTING, SIM_READY, SIM_BROKEN, SIM_TERMINATING };

struct sim_pod {
    const struct sim_object *deployment;
    uint64_t hash; /* of the template it was made from */
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
    sgr_value args[3]; /* those that matter later; of a patch: where, what, what goes */
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
    const struct sim_object *object;
    uint64_t version;
    sgr_value value, bare; /* with and without status */
};
struct sim_copy {
    struct sim_then *at;
    size_t len, cap;
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

/* What is seen of the cluster, worked out once an epoch. */
struct sim_view {
    uint64_t epoch;
    bool valid;
    double route; /* what the routes give the new track, whatever stands behind them: 0..1 */
    struct sim_traffic traffic;
    int64_t replicas[2], ready[2]; /* of new and old */
};

/* What the run has reported and its writes are judged by. Part of what it knows: a kill takes it
 * back to what it was when the run was saved, since the run has forgotten what came after. */
struct sim_said {
    double last_shift;
    bool shifting;          /* between the report of a shift and that of its weight */
    int64_t rollback_began; /* -1: no rollback */
    bool guard_open;        /* a guard samples and has not spoken */
    bool gave_up;           /* it goes back: from here on nothing of the script is performed */
};

struct sgr_sim {
    struct sgr_heap *heap;
    struct sgr_sim_config config;
    struct sgr_run *run;
    int64_t now;
    uint64_t random, next_uid, next_version;
    /* The state of the cluster. Objects are written in store.c and pods in workloads.c only, and
     * each change counts `epoch` up: what was worked out from them holds until it differs. */
    SGR_VEC(const struct sim_object *) objects;
    SGR_VEC(const struct sim_pod *) pods;
    uint64_t epoch;
    uint64_t quiet_epoch; /* in which the controllers have nothing to do */
    int64_t quiet_until;  /* before this time; INT64_MIN: they have */
    struct sim_view view;
    SGR_VEC(struct sim_answer) answers;
    SGR_VEC(struct sim_load) loads;
    SGR_VEC(struct sim_model) models;
    struct sim_fault_state faults[SIM_FAULT_COUNT];
    SGR_VEC(struct sim_intent) intents;
    struct sim_copy then;   /* when reads became stale */
    struct sim_copy backup; /* when the run began */
    uint64_t backup_version;
    struct sgr_run *saved; /* as it was when it was saved last; NULL: never */
    size_t next_event;     /* of the scenario */
    bool changed, stopped;
    bool killed;          /* the runner: until it is resumed */
    bool interrupted;     /* it is asked to stop, and does once nothing is being written */
    bool wrote;           /* the run has written something */
    bool limit_hit;       /* the script has used up what it may */
    int64_t asleep_until; /* the runner stands still */
    int64_t tell_at;      /* when the run is told of changes; INT64_MAX: there are none */
    int64_t announced;    /* the time whose late observations were announced already */
    /* the rollout under way, as the run reported it */
    bool running, rolling;
    double told_share;     /* percent: what the run says that the new track has */
    uint64_t old_template; /* rolling: hash of the template that the run has found */
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
    struct sgr_map judged;   /* what the run's Role has been compared with already */
    const void *judged_view; /* the list of the last VIEW; NULL where it may lie elsewhere now */
    struct sgr_arena *keys;
};

/* ---- store.c ---- */
const struct sim_object *sim_find(const struct sgr_sim *sim, const char *kind, sgr_str space,
                                  sgr_str name);
/* The object with its status, as a reader sees it; ABSENT where there is none. */
sgr_value sim_read(struct sgr_sim *sim, sgr_value ref);
sgr_value sim_list(struct sgr_sim *sim, sgr_value ref, sgr_value labels);
/* Several at once; {} where there is none. */
sgr_value sim_read_all(struct sgr_sim *sim, sgr_value refs);
/* Writes answer with what they replaced. */
void sim_apply(struct sgr_sim *sim, sgr_value object, struct sim_answer *answer);
/* What `gone` has and `patch` lacks is removed. */
void sim_patch(struct sgr_sim *sim, sgr_value ref, sgr_value patch, sgr_value gone,
               struct sim_answer *answer);
void sim_delete(struct sgr_sim *sim, sgr_value ref, struct sim_answer *answer);
void sim_restore(struct sgr_sim *sim, sgr_value entry, struct sim_answer *answer);
/* An object that was there before, seen by everyone already. */
void sim_put(struct sgr_sim *sim, sgr_value object);
/* Somebody who is not the run writes or deletes an object. */
void sim_set_by_somebody(struct sgr_sim *sim, const struct sim_object *object, const char *who,
                         sgr_value value);
void sim_delete_by_somebody(struct sgr_sim *sim, const struct sim_object *object);
const struct sim_object *sim_make_by_somebody(struct sgr_sim *sim, const char *who,
                                              sgr_value value);
void sim_restore_backup(struct sgr_sim *sim);
/* A controller writes one. */
void sim_set(struct sgr_sim *sim, const struct sim_object *object, sgr_value value);
void sim_move_objects(struct sgr_sim *sim, struct sgr_mover *mover);
void sim_forget_objects(struct sgr_sim *sim);
/* Of a namespace that may be absent. */
sgr_str sim_space_of(sgr_value space);
sgr_value sim_with_status(struct sgr_sim *sim, const struct sim_object *object);

/* ---- workloads.c ---- */
/* Brings pods towards what the Deployments want. */
void sim_reconcile(struct sgr_sim *sim);
/* A node goes with a third of the ready pods of every Deployment, at least one. */
void sim_lose_node(struct sgr_sim *sim);
/* When the cluster changes by itself at the earliest, or a fault is over. */
int64_t sim_next_change(const struct sgr_sim *sim);
void sim_settle(struct sgr_sim *sim);
struct sim_counts {
    int64_t total, updated, ready, updated_ready;
};
struct sim_counts sim_count(const struct sgr_sim *sim, const struct sim_object *deployment);
/* The same, where `updated` means made from another template than the run has found. */
struct sim_counts sim_count_new(const struct sgr_sim *sim, const struct sim_object *deployment);
/* Of a Deployment that store.c is writing. */
void sim_read_demand(struct sim_object *deployment, bool other_template);
void sim_move_pods(struct sgr_sim *sim, struct sgr_mover *mover);
void sim_forget_pods(struct sgr_sim *sim);

const struct sim_view *sim_view(struct sgr_sim *sim);
/* Whether a route decides who gets requests, and not the number of pods. */
bool sim_has_route(const struct sgr_sim *sim);
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
int64_t sim_next_scenario_event(const struct sgr_sim *sim);
void sim_sample(struct sgr_sim *sim, sgr_value query, struct sim_answer *answer);
sgr_str sim_approval(struct sgr_sim *sim);

/* ---- faults.c ---- */
bool sim_has_fault(const struct sgr_sim *sim, enum sim_fault fault);
/* Whether the fault holds for pods of this Deployment that were made from this template. */
bool sim_strikes_pods(const struct sgr_sim *sim, enum sim_fault fault,
                      const struct sim_object *deployment, uint64_t hash);
/* When the next fault is over. */
int64_t sim_next_fault_end(const struct sgr_sim *sim);
/* When a fault does something else than end. */
int64_t sim_next_fault_act(const struct sgr_sim *sim);
/* A call that begins: when it is carried out, or how it is refused. */
void sim_meet_faults(struct sgr_sim *sim, struct sim_answer *answer);
/* True where the answer of a write that was carried out is lost: it is made again. */
bool sim_loses_answer(struct sgr_sim *sim, struct sim_answer *answer);
/* The object as a reader sees it who may lag behind. */
sgr_value sim_stale(const struct sgr_sim *sim, const struct sim_object *object, sgr_value now);
/* Why Prometheus says nothing; NULL where it does. */
const char *sim_silence(const struct sgr_sim *sim);
/* Takes note of changes; true where the run is told of them now. */
bool sim_tells(struct sgr_sim *sim);

/* ---- others.c ---- */
bool sim_is_route(const struct sim_object *object);
/* The fault strikes objects at once, if it does. */
void sim_meddle(struct sgr_sim *sim, enum sim_fault fault);
void sim_take_names(struct sgr_sim *sim);
/* An object that is applied, as webhooks leave it. */
sgr_value sim_admitted(struct sgr_sim *sim, sgr_value object);
void sim_keep_copy(struct sgr_sim *sim);
void sim_keep_backup(struct sgr_sim *sim);
/* Somebody writes routes back. */
int64_t sim_next_revert(const struct sgr_sim *sim);
void sim_revert(struct sgr_sim *sim);

/* ---- invariants.c ---- */
/* A rule was broken; each is told once. */
void sim_violation(struct sgr_sim *sim, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Before and after a call of the run is carried out. */
void sim_begin_write(struct sgr_sim *sim);
void sim_check_write(struct sgr_sim *sim, const struct sim_answer *answer);

/* ---- rights.c ---- */
/* `what` is the first argument of the effect. */
void sim_check_rights(struct sgr_sim *sim, enum sgr_effect_kind effect, sgr_value what);

int64_t sim_jitter(struct sgr_sim *sim, int64_t range);

#endif
