/* One performance of a rollout on the simulated cluster to which something happens: strikes come at
 * chosen effects, a run that is killed is resumed, and the end is judged by the invariants of
 * docs/reliability.md. Deterministic: the same play gives the same verdict and trace. */
#ifndef SGR_K8S_SIM_PLAY_H
#define SGR_K8S_SIM_PLAY_H

#include "k8s/sim/sim.h"

/* What a play begins from, borrowed. Values must live as long as the stage. */
struct sgr_stage {
    struct sgr_machine *machine;
    uint32_t entry; /* of std/run:perform */
    sgr_value declarations, rollout, scenario;
    sgr_value start; /* what std/simulation:start_of answers: { objects, grants } */
    bool left;       /* the rollback is not complete with the scenario alone: nor need it be here */
};

/* Something that begins when the run starts its effect number `at` (from 1), or the number `at` of
 * its rollback. */
struct sgr_strike {
    const char *what; /* a word of fault.def or turn.def */
    uint32_t at;
    bool rollback;
    bool arrived; /* killed: what was under way reached the API server */
    const char *track;
    int64_t amount, count, length; /* ms, pods, ms (0: for ever) */
};

/* A strike may be over soon, late, or never: lengths in ms. */
enum { SGR_STRIKES_MAX = 16, SGR_STRIKE_SHORT_MS = 20000, SGR_STRIKE_LONG_MS = 240000 };

struct sgr_play {
    const struct sgr_stage *stage;
    uint64_t seed;
    struct sgr_strike strikes[SGR_STRIKES_MAX];
    size_t strike_count;
    /* Told of each snapshot that is saved and the virtual ms of it; may be NULL. */
    void (*saved)(void *self, int64_t now, sgr_str snapshot);
    /* Told of every effect, report and strike, with what it is about or ABSENT; may be NULL. */
    void (*traced)(void *self, int64_t now, const char *word, sgr_value about);
    /* Told of every report of the run and the cluster; may be NULL. */
    void (*watch)(void *self, const struct sgr_report *report);
    void *self;
};

struct sgr_verdict {
    char outcome[32];
    char broken[400]; /* the first rule that was broken, or "" */
    char struck[200]; /* the effect at which the first strike came: "apply Service shop"; or "" */
    uint64_t hash;    /* of the trace */
    uint32_t effects, rollback_effects;
    int64_t took, back; /* virtual ms: of the run, of its way back */
    int64_t exposed;    /* ms of all traffic that the new version has served */
};

/* Plays; the objects that stand at the end go to `objects` in `heap` where that is not NULL. */
struct sgr_verdict sgr_sim_play(const struct sgr_play *play, struct sgr_heap *heap,
                                sgr_value *objects);

/* ---- the table of strikes: first the faults, then the turns ---- */
struct sgr_strike_row {
    const char *word, *args, *doc;
    bool turn;
};
extern const struct sgr_strike_row sgr_strike_rows[];
extern const size_t sgr_strike_row_count;
extern const size_t sgr_fault_row_count; /* of which these are faults */
/* The row of this word, or NULL. */
const struct sgr_strike_row *sgr_strike_row(const char *word);
/* One of the row with the arguments that it takes; length in ms, 0: for ever. */
struct sgr_strike sgr_strike_of(const struct sgr_strike_row *row, uint32_t at, bool rollback,
                                int64_t length);
/* "killed at effect 3 (the runner is killed ...)". */
void sgr_strike_tell(const struct sgr_strike *strike, struct sgr_buf *out);

#endif
