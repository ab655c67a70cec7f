/* The door of k8s/: the real cluster as a host of runs. A cluster object performs one run at a
 * time, on the thread that calls it, and blocks only inside the functions below. libcurl is loaded
 * by sgr_cluster_new. No secret and no token is ever part of a text that comes out of here.
 *
 * Where a run is kept: ConfigMaps `sgr-NAME` (snapshot, status, questions) and `sgr-NAME-program`
 * in the namespace, and a Lease `sgr-NAME`; or with `state_dir` files of a folder with the same
 * content. A person's word comes as annotations of `sgr-NAME`: sgr.streamgate.io/approve = "SEQ
 * approved" or "SEQ denied", sgr.streamgate.io/abort = a reason. */
#ifndef SGR_K8S_CLUSTER_H
#define SGR_K8S_CLUSTER_H

#include "vm/vm.h"

struct sgr_cluster;

struct sgr_cluster_options {
    const char *kubeconfig, *context, *namespace; /* or NULL: kubectl's rules */
    const char *prometheus;                       /* URL, or NULL: samples are no signal */
    const char *prometheus_token, *prometheus_token_file;
    const char *prometheus_ca, *prometheus_cert, *prometheus_key; /* files, or NULL */
    int64_t scrape_ms;                                            /* 0: 15 s */
    bool force_conflicts;  /* take over fields that other managers own */
    const char *state_dir; /* keep the run in files, or NULL: in the cluster */
    /* Told of every report of the run, and of messages of the host (kind "message"); may be NULL.
     */
    void (*watch)(void *self, const struct sgr_report *report);
    /* Told of every question for a person; may be NULL. An annotation answers it; with `terminal`
     * also "y" or "n" on a line of standard input; with `approve_all` it is answered at once. */
    void (*ask)(void *self, const char *text);
    bool terminal, approve_all;
    /* Where the metrics of the run are served ("HOST:PORT", ":PORT") while it is driven, and the
     * Pushgateway that gets them, or NULL; `metrics` appends them as they are now. */
    const char *metrics_listen, *metrics_push;
    void (*metrics)(void *self, struct sgr_buf *out);
    void *self;
};

/* Owned by the caller; NULL with a sentence. Makes no request. Texts are copied. */
struct sgr_cluster *sgr_cluster_new(const struct sgr_cluster_options *options,
                                    struct sgr_error *error);
void sgr_cluster_free(struct sgr_cluster *cluster);
struct sgr_host sgr_cluster_host(struct sgr_cluster *cluster);
const char *sgr_cluster_namespace(const struct sgr_cluster *cluster);
const char *sgr_cluster_context(const struct sgr_cluster *cluster);
const char *sgr_cluster_server(const struct sgr_cluster *cluster);
int64_t
sgr_cluster_now(const struct sgr_cluster *cluster); /* ms, never backwards: for sgr_run_new */

/* Whether the API server answers and knows us; else a sentence with the way out. Waits 10 s at
 * most. */
bool sgr_cluster_reach(struct sgr_cluster *cluster, struct sgr_error *error);

/* ---- before a run ---- */

/* What must be allowed and there: `rules` is a list as in a Role ({ apiGroups, resources, verbs,
 * resourceNames }). Also asks Prometheus, when there is one and `needs_prometheus`. Each thing that
 * is missing becomes a line of `problems`; true when there is none. */
bool sgr_cluster_preflight(struct sgr_cluster *cluster, sgr_value rules, bool needs_prometheus,
                           struct sgr_buf *problems);
/* What applying the object would change, or with `patch` what merging it into the one that exists
 * would: server-side dry run. `before` (ABSENT: it is new) and `after` are without what the server
 * keeps for itself, in `heap`. */
bool sgr_cluster_plan(struct sgr_cluster *cluster, sgr_value object, bool patch,
                      struct sgr_heap *heap, sgr_value *before, sgr_value *after,
                      struct sgr_error *error);

/* Server-side apply of an object that belongs to no run. */
bool sgr_cluster_apply(struct sgr_cluster *cluster, sgr_value object, struct sgr_error *error);

/* Begins to serve and push the metrics of the run, as the options ask; false with a sentence where
 * the address is taken. Called at most once. */
bool sgr_cluster_export(struct sgr_cluster *cluster, sgr_str name, struct sgr_error *error);

/* ---- the run record ---- */

enum sgr_lock { SGR_LOCK_HELD, SGR_LOCK_OTHERS, SGR_LOCK_FAILED };
/* Takes the lock of a rollout; waits at most `wait_ms` for another runner to end. The sentence
 * names the other one. The lock is renewed while the run is driven; losing it stops the run. */
enum sgr_lock sgr_cluster_lock(struct sgr_cluster *cluster, sgr_str name, int64_t wait_ms,
                               struct sgr_error *error);
void sgr_cluster_unlock(struct sgr_cluster *cluster);
/* Who performs the rollout now, appended to `holder`; false where nobody does. */
bool sgr_cluster_holder(struct sgr_cluster *cluster, sgr_str name, struct sgr_buf *holder);
/* Begins the record of a new run under the lock: program bytes and parameters (JSON) are stored. */
bool sgr_cluster_begin(struct sgr_cluster *cluster, sgr_str name, sgr_str program,
                       sgr_str parameters, struct sgr_error *error);
/* What is kept of a run. Texts live in the buffers. `found` is false where there is no record. */
struct sgr_cluster_record {
    bool found;
    struct sgr_buf program, parameters;
    struct sgr_buf snapshot; /* empty: the run is over, or was stopped before its first write */
    struct sgr_buf undo;     /* of a run that is over: its undo log as JSON */
    struct sgr_buf status;   /* JSON: { outcome, step, weight, question, seq, holder, over, ... } */
    struct sgr_buf history;  /* JSON: a list of the statuses of the runs before, oldest first */
};
bool sgr_cluster_load(struct sgr_cluster *cluster, sgr_str name, struct sgr_cluster_record *record,
                      struct sgr_error *error);
/* Under the lock, before the run is gone on with: loads the record and makes it ours, so that
 * whoever performed the run before can write nothing more. False with a sentence;
 * sgr_cluster_is_lost then tells whether somebody else has the lock. */
bool sgr_cluster_take(struct sgr_cluster *cluster, sgr_str name, struct sgr_cluster_record *record,
                      struct sgr_error *error);
bool sgr_cluster_is_lost(const struct sgr_cluster *cluster);
void sgr_cluster_record_release(struct sgr_cluster_record *record);
/* Names of the runs in the namespace, as a list of { name, status } in `heap`. */
bool sgr_cluster_runs(struct sgr_cluster *cluster, struct sgr_heap *heap, sgr_value *runs,
                      struct sgr_error *error);
/* Takes back what a run that is over has changed, under its lock: pods that are needed again, then
 * traffic, then the rest, newest first. What others have changed since stays. `count` gets how many
 * writes were undone; false with a sentence where some could not be. */
bool sgr_cluster_undo(struct sgr_cluster *cluster, sgr_str name, size_t *count,
                      struct sgr_error *error);
/* A person's word for a run that somebody else performs. */
bool sgr_cluster_say(struct sgr_cluster *cluster, sgr_str name, bool approved, sgr_str who,
                     struct sgr_error *error);
bool sgr_cluster_abort(struct sgr_cluster *cluster, sgr_str name, sgr_str reason,
                       struct sgr_error *error);

/* ---- the run ---- */

enum sgr_stop {
    SGR_STOP_NONE,        /* the run is over: see its state */
    SGR_STOP_INTERRUPTED, /* saved; can be resumed */
    SGR_STOP_LOCK_LOST,   /* somebody else has the lock; nothing was touched since */
};
/* Performs the run until it is over or has to stop. */
enum sgr_stop sgr_cluster_drive(struct sgr_cluster *cluster, struct sgr_run *run);
/* The same for a run that only looks: no write is done and no record kept, lock or none. */
enum sgr_stop sgr_cluster_look(struct sgr_cluster *cluster, struct sgr_run *run);
/* Safe in a signal handler: the first call stops after the effect in flight, the second at once. */
void sgr_cluster_interrupt(struct sgr_cluster *cluster);

#endif
