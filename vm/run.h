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
    bool resumed, advancing, again;
    enum sgr_run_state state;
    sgr_value result;
};

void sgr_run_report(struct sgr_run *run, const char *kind, sgr_value fields);
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
