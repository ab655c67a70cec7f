/* Inside vm/: what a run is. */
#ifndef SGR_VM_RUN_H
#define SGR_VM_RUN_H

#include "vm/fiber.h"

enum sgr_wait {
    SGR_WAIT_NONE,
    SGR_WAIT_HOST,
    SGR_WAIT_SLEEP,
    SGR_WAIT_AWAIT,
    SGR_WAIT_CHILDREN,
    SGR_WAIT_UNDO
};

/* A fiber of a run and what it waits for. */
struct sgr_strand {
    struct sgr_fiber fiber;
    enum sgr_wait wait;
    uint64_t seq;  /* HOST, UNDO: the effect under way */
    int64_t began; /* HOST: when it was asked for; only of effects of this process */
    int64_t due;   /* SLEEP, AWAIT: run's time */
    int64_t asked; /* when a person was asked; -1: nobody was */
    bool started;  /* HOST: handed to the host by this process */
    bool in_doubt; /* HOST, UNDO: was under way when the snapshot was made that this run is from */
    bool looking;  /* has read something since it last waited or wrote */
    uint64_t seen; /* LOOKING: run's count of changes when it began to look */
    bool done;
    uint32_t children; /* CHILDREN: how many are not done */
    /* CHILDREN: what it fails with as soon as no write below it is under way; no text: nothing */
    struct sgr_failure doom;
    uint32_t doom_handlers; /* as many from the outside may still catch it */
    /* UNDO: a walk over the log */
    sgr_value group;
    int64_t undone;
    int64_t cursor; /* index of the entry under way */
};

struct sgr_undo_entry {
    sgr_value group, entry;
    bool undone;
    bool
        stuck; /* could not be undone in this walk: what the object went through before must wait */
};

struct sgr_run {
    struct sgr_machine *machine;
    struct sgr_host host;
    struct sgr_heap *heap;
    bool shared; /* the heap is the host's */
    char *name;
    int64_t origin; /* host's time at run's time 0 */
    int64_t now;    /* run's time, ms */
    int64_t saved;  /* when the last snapshot was made */
    int64_t hold;   /* a save failed: when to try again; INT64_MAX: nothing is held */
    uint64_t next_seq;
    uint64_t changes; /* how often something that was read may have changed */
    uint32_t next_fiber;
    SGR_VEC(struct sgr_strand) strands; /* the main one first */
    SGR_VEC(struct sgr_undo_entry) log;
    sgr_value aspect;
    sgr_value memory;         /* what the script's library keeps; ABSENT: nothing yet */
    struct sgr_failure raise; /* to be raised in the main fiber */
    char step[128];
    bool resumed, advancing;
    enum sgr_run_state state;
    sgr_value result;
};

/* Where its values live: with the host's, or apart. */
void sgr_run_settle(struct sgr_run *run, struct sgr_machine *machine, struct sgr_host host);
/* A value that is given to it: what lies in the machine, which outlives the run, stays there. */
sgr_value sgr_run_take(struct sgr_run *run, sgr_value value);
void sgr_run_compact(struct sgr_run *run); /* where it is worth it */
void sgr_run_report(struct sgr_run *run, const char *kind, sgr_value fields);
/* ---- strand.c ---- */
bool sgr_effect_changes_object(enum sgr_effect_kind kind);
/* Whether the strand, or one that it waits for, has asked the host for a write and was not
 * answered, before a kill or since. The host answers within its budget. */
bool sgr_strand_is_writing(const struct sgr_run *run, const struct sgr_strand *strand);
/* Which handler of the main fiber a raise ends now; their number: none, for the time being. */
size_t sgr_run_raise_handler(const struct sgr_run *run);
/* A person has answered it: the time that took does not count. */
void sgr_strand_person_answered(struct sgr_run *run, struct sgr_strand *strand);
/* Raises a failure, which is taken over, where the strand waits; its handlers beyond `handlers` are
 * gone. A write of a fiber below is waited for: what it replaces must be known before anything is
 * undone. The first failure counts. */
void sgr_strand_fail(struct sgr_run *run, struct sgr_strand *strand, struct sgr_failure *failure,
                     size_t handlers);
/* Fails a strand that waits to fail, unless something below it still writes. */
void sgr_strand_meet_doom(struct sgr_run *run, struct sgr_strand *strand);
/* The outermost strand above this one that waits to fail, or NULL. */
struct sgr_strand *sgr_strand_doomed_above(struct sgr_run *run, const struct sgr_strand *strand);
void sgr_strand_check_deadline(struct sgr_run *run, struct sgr_strand *strand);
void sgr_strand_end(struct sgr_strand *strand);
struct sgr_strand *sgr_run_strand(struct sgr_run *run, uint32_t id);
/* ---- undo.c ---- */
int64_t sgr_run_undo_left(const struct sgr_run *run);
sgr_value sgr_run_undo_groups(struct sgr_run *run);
/* Whether a newer write to the same object could not be undone in this walk. */
bool sgr_run_is_stuck(const struct sgr_run *run, int64_t index);
/* Whether undoing a group ("" or ABSENT: every one) undoes this entry too. */
bool sgr_run_is_asked_for(const struct sgr_run *run, int64_t index, sgr_value group);
/* Takes note of what a write replaced; ABSENT: nothing. */
void sgr_run_log_replaced(struct sgr_run *run, sgr_value group, sgr_value replaced);
sgr_value sgr_strand_arg(const struct sgr_strand *strand, uint32_t index);

#endif
