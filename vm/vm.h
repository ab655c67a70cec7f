/* The door of vm/: evaluating pure code, and runs: fibers that yield effects to a host. Knows no
 * Kubernetes, no HTTP, no files and no clock: time comes in as numbers, the world as answers.
 *
 * A machine holds one program with its parameters and globals. A run is one performance of an entry
 * on a machine: fibers, timers, the undo log. Everything a run is can be written to bytes and read
 * back. */
#ifndef SGR_VM_VM_H
#define SGR_VM_VM_H

#include "vm/program.h"

struct sgr_limits {
    uint64_t fuel;  /* instructions between two effects of a fiber; 0: the default */
    size_t memory;  /* bytes of live values */
    uint32_t stack; /* registers of one fiber */
    uint32_t depth; /* nested calls */
    uint32_t fibers;
};
extern const struct sgr_limits
    sgr_default_limits; /* 1e9, 256 MiB (compile: 2 GiB), 1e6, 10,000, 256 */

/* ---- machine ---- */
struct sgr_machine;
struct sgr_machine *sgr_machine_new(struct sgr_program *program, const struct sgr_limits *limits);
void sgr_machine_free(struct sgr_machine *machine);
struct sgr_heap *sgr_machine_heap(struct sgr_machine *machine);
/* Sets a parameter (value copied) before anything was called; false where there is no such
 * parameter. */
bool sgr_machine_set_param(struct sgr_machine *machine, sgr_str name, sgr_value value,
                           struct sgr_failure *failure);
/* Once all are set: whether the `where` of each holds, of its default too. One may read the others.
 */
bool sgr_machine_check_params(struct sgr_machine *machine, struct sgr_failure *failure);
/* Whether the parameter was set. */
bool sgr_machine_has_param(const struct sgr_machine *machine, sgr_str name);
/* The parameters that were set, as a record in `heap`. */
sgr_value sgr_machine_params(const struct sgr_machine *machine, struct sgr_heap *heap);
/* Calls an exported pure function; an effect in it is a failure. The result lives in the machine's
 * heap until the next call with `collect`. The failure text names the place in the script. */
bool sgr_machine_call(struct sgr_machine *machine, uint32_t function, const sgr_value *args,
                      size_t count, sgr_value *out, struct sgr_failure *failure);
/* The same for a closure value that an earlier call gave. */
bool sgr_machine_call_value(struct sgr_machine *machine, sgr_value closure, const sgr_value *args,
                            size_t count, sgr_value *out, struct sgr_failure *failure);
/* The value of a global, evaluated if it was not. */
bool sgr_machine_global(struct sgr_machine *machine, uint32_t global, sgr_value *out,
                        struct sgr_failure *failure);

/* ---- runs ---- */
struct sgr_run;
struct sgr_mover;

/* A request to the host. Lives until it is answered or cancelled. */
struct sgr_effect {
    uint64_t seq; /* number of the effect in this run, in program order */
    uint32_t fiber;
    enum sgr_effect_kind kind;
    const sgr_value *args; /* in the run's heap */
    size_t count;
    bool in_doubt;    /* was under way when the run was saved; apply the kind's policy */
    const char *step; /* the innermost step's name, or "" */
};

/* What the host says. Values are copied by the run before the call returns. */
struct sgr_answer {
    bool ok;
    sgr_value value;
    sgr_value replaced; /* writes: { ref, group-independent data of the host } for RESTORE; ABSENT:
                           nothing to undo */
    const char *kind;   /* when not ok: kind and sentence of the failure */
    const char *text;
};

/* What watchers of a run are told. `fields` is a record valid during the call. */
struct sgr_report {
    int64_t time;     /* ms since the run began */
    const char *kind; /* step, step_end, effect, answer, sample, verdict, message, weight, undo,
                         outcome... */
    sgr_value fields;
};

/* The host's side. `self` is the host's own. A host answers by sgr_run_answer, at once or later. */
struct sgr_host_ops {
    void (*start)(void *self, struct sgr_run *run, const struct sgr_effect *effect);
    void (*cancel)(void *self, struct sgr_run *run, uint64_t seq);
    /* Makes the snapshot durable before it returns; false (with the reason) holds the run: no
     * effect that changes something starts until a later save succeeds. NULL: no durability. */
    bool (*save)(void *self, struct sgr_run *run, sgr_str snapshot, struct sgr_error *error);
    /* Before an effect that changes an object: true where the host will make the snapshot durable
     * by itself before it changes anything for that effect; false: it has to be saved now. NULL:
     * always false. */
    bool (*defer)(void *self, struct sgr_run *run, sgr_str snapshot);
    /* In place of `save`, for a host in the same process that outlives the run: keeps what
     * sgr_run_still gives. */
    bool (*keep)(void *self, struct sgr_run *run, struct sgr_error *error);
    void (*report)(void *self, struct sgr_run *run, const struct sgr_report *report);
    /* One `replaced` that restores in one write what two writes of a group to one object changed,
     * the older first; ABSENT where there is none. NULL: they are restored one after another, and
     * what stood between them is seen again for a moment. */
    sgr_value (*merge)(void *self, struct sgr_heap *heap, sgr_value older, sgr_value newer);
    /* The heap of the host's own values, where the run shall live too: what one gives the other is
     * not copied then. When the run compacts it, `move` moves every value that the host keeps.
     * NULL: the run has a heap of its own. */
    struct sgr_heap *(*heap)(void *self);
    void (*move)(void *self, struct sgr_mover *mover);
};
struct sgr_host {
    const struct sgr_host_ops *ops;
    void *self;
};

/* A run of an exported routine; args are copied, but for values of the machine. `now` is the host's
 * time in ms (any origin, never backwards). The machine must outlive the run. */
struct sgr_run *sgr_run_new(struct sgr_machine *machine, struct sgr_host host, sgr_str name,
                            uint32_t function, const sgr_value *args, size_t count, int64_t now);
void sgr_run_free(struct sgr_run *run);
/* What effect.aspect() answers, besides name and resumed. */
void sgr_run_set_aspect(struct sgr_run *run, sgr_str key, sgr_value value);
sgr_value sgr_run_aspect(const struct sgr_run *run); /* all that was set; ABSENT: nothing */

enum sgr_run_state { SGR_RUN_READY, SGR_RUN_BLOCKED, SGR_RUN_DONE, SGR_RUN_FAILED };
/* Runs every fiber that can go on until all wait. Re-entrant calls (from start) are refused:
 * answers given inside start are taken up by the same sgr_run_advance. */
enum sgr_run_state sgr_run_advance(struct sgr_run *run, int64_t now);
/* The earliest time at which a timer of the run is due, or INT64_MAX. */
int64_t sgr_run_wake_at(const struct sgr_run *run);
void sgr_run_answer(struct sgr_run *run, uint64_t seq, const struct sgr_answer *answer);
/* Something the run has read may have changed: wakes the fibers in `await`. */
void sgr_run_changed(struct sgr_run *run);
/* Ends what the rollout's deadline holds for by a failure (kind aborted...), at the main fiber's
 * next effect boundary; a write under way is waited for. On the way back it is not heard. */
void sgr_run_raise(struct sgr_run *run, const char *kind, const char *text);
sgr_value sgr_run_result(const struct sgr_run *run);                  /* of a DONE run */
const struct sgr_failure *sgr_run_failure(const struct sgr_run *run); /* of a FAILED run */
sgr_str sgr_run_name(const struct sgr_run *run);
/* The undo log, oldest first, as a list of { group, entry, undone }. */
sgr_value sgr_run_undo_log(const struct sgr_run *run);

/* The run as it is now: never goes on, and can only be encoded. It shares the run's heap, so it
 * must not outlive that and moves with it; `still` is taken over where it is not NULL. */
struct sgr_run *sgr_run_still(struct sgr_run *run, struct sgr_run *still);
void sgr_run_move(struct sgr_run *run, struct sgr_mover *mover);

/* The whole run as bytes, and back on a machine with the same program and parameters. Encoding a
 * decoded run gives the same bytes; `out` is full where they are too many. Foreign, newer or
 * damaged bytes are refused with a sentence. */
void sgr_run_encode(struct sgr_run *run, struct sgr_buf *out);
/* Whether it has asked for an effect. Until then it is as good as a new one, and has no snapshot
 * that could be decoded. */
bool sgr_run_has_begun(const struct sgr_run *run);
struct sgr_run *sgr_run_decode(struct sgr_machine *machine, struct sgr_host host, sgr_str bytes,
                               int64_t now, struct sgr_error *error);

#endif
