/* Every single thing that can happen to a rollout, at every effect of it and of its way back: the
 * plays of an exploration, one after another, and what they come to. */
#ifndef SGR_K8S_SIM_EXPLORE_H
#define SGR_K8S_SIM_EXPLORE_H

#include "k8s/sim/play.h"

enum sgr_explored {
    SGR_EXPLORE_KILLS = 1,  /* one kill, or two: what was under way has arrived, and has not */
    SGR_EXPLORE_FAULTS = 2, /* each of fault.def, for 20s, 4m or ever */
    SGR_EXPLORE_TURNS = 4,  /* each of turn.def */
    SGR_EXPLORE_PAIRS = 8,  /* every two faults, the second right after or on the way back */
};

struct sgr_exploration {
    const struct sgr_stage *stage;
    uint64_t seed;
    struct sgr_strike first; /* comes in every play, before the others; .what NULL: none */
    unsigned what;           /* of sgr_explored */
    const char *only;        /* no other strike than of this word; NULL: all */
    uint32_t stride;         /* every how many effects; at least 1 */
    uint32_t part, parts;    /* every `parts`-th play, from the `part`-th (from 0) */
    /* Told of each play that breaks a rule, and after each play; may be NULL. */
    void (*broken)(void *self, const struct sgr_play *play, const struct sgr_verdict *verdict);
    void (*played)(void *self);
    void *self;
};

enum { SGR_OUTCOMES = 8 };
extern const char *const sgr_outcome_words[SGR_OUTCOMES]; /* the last: any other */

/* The play with the largest or smallest of a figure, and the strikes that led to it. */
struct sgr_extreme {
    int64_t figure; /* -1: there is none */
    uint64_t index; /* of the play, from 0: the base */
    struct sgr_strike strikes[3];
    size_t strike_count;
    struct sgr_verdict verdict;
};

/* Plain data that points at the tables only, so that a process and its children can share it. */
struct sgr_tally {
    uint64_t plays, broken, outcomes[SGR_OUTCOMES];
    uint32_t effects, rollback_effects; /* of the base play */
    struct sgr_extreme shortest;        /* that breaks a rule: fewest strikes, then effects */
    struct sgr_extreme longest, back;   /* ms: of the run, and of the way back */
    struct sgr_extreme exposed;         /* ms of all traffic on a version that was taken back */
};

/* Plays the scenario alone, then all that `what` names. */
void sgr_explore(const struct sgr_exploration *exploration, struct sgr_tally *tally);
/* Adds what another process has found; the same whatever the order. */
void sgr_tally_add(struct sgr_tally *tally, const struct sgr_tally *other);

#endif
