/* Inside k8s/: what the files of the cluster host share. */
#ifndef SGR_K8S_CLUSTER_PRIVATE_H
#define SGR_K8S_CLUSTER_PRIVATE_H

#include <signal.h>

#include "k8s/client.h"
#include "k8s/cluster.h"
#include "k8s/exporter.h"
#include "k8s/kubeconfig.h"
#include "k8s/load.h"
#include "k8s/prom.h"
#include "k8s/watch.h"

#define SGR_PREFIX "sgr.streamgate.io/"

enum { SGR_VIEWS_MAX = 32, SGR_LEASE_S = 30, SGR_RENEW_MS = 8000, SGR_LOST_MS = 22000 };

/* An effect under way. Everything it needs lies in its heap. */
struct sgr_task {
    struct sgr_task *next, **link;
    struct sgr_cluster *cluster;
    struct sgr_run *run; /* NULL: cancelled, and only tidies up */
    uint64_t seq;
    enum sgr_effect_kind kind;
    bool in_doubt;
    struct sgr_heap *heap;
    sgr_value args[4];
    size_t count;
    struct sgr_k8s_ref ref;
    /* At most one of these is under way. */
    struct sgr_k8s_call *call;
    struct sgr_http_call *http;
    struct sgr_prom_call *sample;
    struct sgr_load *load;
    struct sgr_arena *load_texts; /* of its plan */
    uint64_t timer;
    void (*step)(void *op);  /* what the timer begins */
    void (*then)(void *op);  /* what follows an answer of the record */
    void (*again)(void *op); /* what follows when it could not be written */
    unsigned failures;
    int64_t told_at, deadline;
    /* Writes. */
    sgr_value before; /* the object as it was, or ABSENT */
    sgr_value live;   /* as it is now */
    bool has_before, maybe_done, force;
    bool missed;   /* once it was not there */
    sgr_str uid;   /* that the object must have; "": any */
    size_t viewed; /* objects of a view that are there already */
    bool looked;   /* the server was asked */
    sgr_value intent;
    unsigned saving;       /* the body of the record under way */
    int64_t unsaved_since; /* no intent is written yet; 0: it is */
    /* The answer. */
    bool answered, ok;
    sgr_value value, replaced;
    const char *word;
    sgr_str text;
};

/* What undoing a write needs, in the record from before the write until its answer is. */
struct sgr_intent {
    uint64_t seq;
    unsigned dropped; /* by this body of the record; 0: by none */
};

struct sgr_cluster {
    struct sgr_arena *arena;
    struct sgr_cluster_options options;
    struct sgr_http *http;
    struct sgr_kube *kube;
    struct sgr_k8s *client;
    struct sgr_watches *watches;
    struct sgr_prom *prom;
    struct sgr_exporter *exporter; /* NULL: nobody wants metrics, or no run under the lock yet */
    struct sgr_task *ops;
    struct sgr_run *run; /* being driven, or NULL */
    bool looking;        /* it only asks: writes are checked by the server and not done */
    bool changed;        /* something that was read may have changed */
    uint64_t poll;       /* timer: reads that no watch covers */
    int wake[2];         /* pipe: interrupts */
    int events;          /* epoll: the pipe, and the terminal */
    volatile sig_atomic_t interrupts;
    char *name;   /* of the run, under the lock */
    char *holder; /* who we are */
    char run_id[24];
    /* A person who wants the run to end. */
    struct sgr_task *watcher; /* looks at the annotations */
    uint64_t abort_timer;
    const char *abort_reason;
    bool aborted;
    const char *subject; /* Deployment whose Events tell the story; NULL: not known yet */
    /* The lock. */
    bool locked, lost;
    struct sgr_heap *lease_heap;
    sgr_value lease;
    uint64_t renew; /* timer */
    struct sgr_k8s_call *renewing;
    int64_t renew_sent, renewed_at;
    int lock_fd; /* state_dir */
    /* The record. */
    char version[32];         /* resourceVersion of sgr-NAME */
    char program_version[32]; /* of sgr-NAME-program, as it was loaded; or "" */
    bool save_failed;
    struct sgr_buf kept; /* the snapshot that goes with the next intent; empty: none */
    unsigned saves;      /* bodies made so far */
    unsigned kept_at;    /* saves when it was kept */
    SGR_VEC(struct sgr_intent) intents; /* written and not yet taken back */
    struct sgr_heap *status_heap;
    sgr_value status;
};

/* ---- cluster.c ---- */
/* A request, waited for; the text and value of the reply live in `heap`. */
struct sgr_reply {
    bool ok;
    int status;
    const char *kind;
    bool only_own;
    sgr_str text;
    sgr_value value;
};
struct sgr_reply sgr_cluster_wait(struct sgr_cluster *cluster, struct sgr_heap *heap,
                                  struct sgr_k8s_request request);
void sgr_cluster_message(struct sgr_cluster *cluster, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void sgr_status_set(struct sgr_cluster *cluster, const char *field, sgr_value value);
/* The time of day, as RFC 3339 in UTC. */
void sgr_status_time(struct sgr_cluster *cluster, const char *field);

/* ---- record.c: one run, in ConfigMaps or files ---- */
bool sgr_record_save(struct sgr_cluster *cluster, sgr_str snapshot, struct sgr_error *error);
/* The snapshot becomes durable with the next intent; false where it has to be saved by itself. */
bool sgr_record_keep(struct sgr_cluster *cluster, sgr_str snapshot);
/* The run is over: no snapshot any more, but what could still be undone. */
bool sgr_record_finish(struct sgr_cluster *cluster, sgr_value undo_log, struct sgr_error *error);
/* The merge patch that writes a snapshot ("": none), what a run that is over could undo, and an
 * intent (NULL: none) into the record as we know it. */
void sgr_record_patch(struct sgr_cluster *cluster, sgr_str snapshot, sgr_str undo,
                      const struct sgr_task *op, struct sgr_buf *out);
/* The server has taken the body `save`. */
void sgr_record_saved(struct sgr_cluster *cluster, unsigned save);

/* ---- intent.c ---- */
/* Makes what is needed to undo the write, and the snapshot that was kept, durable before the write
 * is made: `then` follows, or `again` later. */
void sgr_record_intent(struct sgr_task *op, sgr_value intent, void (*then)(void *op),
                       void (*again)(void *op));
/* Whether the write has waited too long for its intent; then it has failed. */
bool sgr_intent_is_outdated(struct sgr_task *op);
/* The intent of the op, from before the interruption: op->value, or ABSENT. */
void sgr_record_find_intent(struct sgr_task *op, void (*then)(void *op));
/* The annotations of the record, in op->value. */
void sgr_record_words(struct sgr_task *op, void (*then)(void *op));
sgr_str sgr_record_name(struct sgr_arena *arena, sgr_str name, const char *suffix);
struct sgr_k8s_ref sgr_record_ref(sgr_str map_name);
void sgr_record_keep_version(struct sgr_cluster *cluster, sgr_value map);
void sgr_record_status(struct sgr_cluster *cluster, struct sgr_buf *out);

/* Makes the status visible to others; `then` follows in any case. */
void sgr_record_show_status(struct sgr_task *op, void (*then)(void *op));

/* ---- lock.c ---- */
/* Whether the lease has been renewed lately enough to write. */
bool sgr_lock_is_fresh(const struct sgr_cluster *cluster);
/* Nothing is written any more; `holder` ("" where it is not known) has the lock now. */
void sgr_lock_lose(struct sgr_cluster *cluster, sgr_str holder);
/* Renews the lease and waits for it, or reads it where that is refused; the value is the lease. */
struct sgr_reply sgr_lock_confirm(struct sgr_cluster *cluster, struct sgr_heap *heap);

/* ---- fence.c ---- */
/* Whether the record, as it was read, is still ours to write; if not, the lock is lost. */
bool sgr_fence_holds(struct sgr_cluster *cluster, sgr_value map);
/* The lock as the server has it now; false with a sentence. */
bool sgr_fence_confirm(struct sgr_cluster *cluster, struct sgr_error *error);
/* `then` follows unless the record is read and somebody else's; then the effect fails. */
void sgr_fence_look(struct sgr_task *op, void (*then)(void *op));
/* The JSON patch that writes an intent into a record that is ours, and into no other. */
void sgr_fence_intent(struct sgr_cluster *cluster, uint64_t seq, sgr_str intent,
                      struct sgr_buf *body);

/* ---- record_files.c ---- */
bool sgr_files_write(const char *dir, sgr_str name, const char *suffix, sgr_str bytes,
                     struct sgr_error *error);
/* False without error where there is none. */
bool sgr_files_read(const char *dir, sgr_str name, const char *suffix, struct sgr_buf *out,
                    struct sgr_error *error);
void sgr_files_remove(const char *dir, sgr_str name, const char *suffix);
/* Removes every file of the run whose suffix begins so. */
bool sgr_files_clear(const char *dir, sgr_str name, const char *prefix, struct sgr_error *error);
enum sgr_lock sgr_files_lock(struct sgr_cluster *cluster, sgr_str name, int64_t wait_ms,
                             struct sgr_error *error);
void sgr_files_unlock(struct sgr_cluster *cluster);
bool sgr_files_holder(const char *dir, sgr_str name, struct sgr_buf *holder);
/* Names that have this suffix, as a list of strings. */
sgr_value sgr_files_list(const char *dir, const char *suffix, struct sgr_heap *heap);

/* ---- terminal.c: a person who types ---- */
/* What sgr_http_step shall wait for beside its own sockets; -1 with a sentence. */
int sgr_terminal_events(int wake, bool terminal, struct sgr_error *error);
/* Takes what was typed, and answers the open question with it. Never blocks. */
void sgr_terminal_read(struct sgr_cluster *cluster);
void sgr_question_answer(struct sgr_task *op, bool approved);

/* ---- event.c ---- */
/* The steps and the end of a run, as Events on the Deployment that it began with. */
void sgr_event_of_report(struct sgr_cluster *cluster, const struct sgr_report *report);

/* ---- host.c ---- */
void sgr_task_answer(struct sgr_task *op, sgr_value value);
void sgr_task_fail(struct sgr_task *op, const char *word, sgr_str text);
/* The request failed: again later where that can help (true), else the op has failed (false). */
bool sgr_task_retry(struct sgr_task *op, const struct sgr_k8s_result *result,
                    void (*step)(void *op));
void sgr_task_later(struct sgr_task *op, int64_t ms, void (*step)(void *op));
void sgr_task_request(struct sgr_task *op, struct sgr_k8s_request request, sgr_k8s_done done);
void sgr_task_free(struct sgr_task *op);

/* ---- effects ---- */
void sgr_effect_apply(struct sgr_task *op);
void sgr_effect_patch(struct sgr_task *op);
void sgr_effect_delete(struct sgr_task *op);
void sgr_effect_restore(struct sgr_task *op);
void sgr_effect_read(struct sgr_task *op);
void sgr_effect_list(struct sgr_task *op);
void sgr_effect_view(struct sgr_task *op);
void sgr_effect_sample(struct sgr_task *op);
void sgr_effect_ask(struct sgr_task *op);
void sgr_effect_send(struct sgr_task *op);
void sgr_effect_job(struct sgr_task *op);
/* Ends a Job that nobody waits for any more, with its pods, where this run may have made it. True:
 * the task has no run from now on and frees itself. */
bool sgr_job_stop(struct sgr_task *op);
void sgr_effect_load(struct sgr_task *op);
void sgr_effect_event(struct sgr_task *op);

#endif
