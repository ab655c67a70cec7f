/* The driver of the durability tests: plays rollouts on the simulated cluster, lets faults strike
 * at chosen effects, and judges every play by the invariants of docs/reliability.md. */
#ifndef SGR_TESTS_SIM_TEST_H
#define SGR_TESTS_SIM_TEST_H

#include "compiler/compiler.h"
#include "k8s/sim/sim.h"

/* ---- stage.c: a compiled script, ready to be played many times ---- */
struct stage {
    struct sgr_compilation *compilation;
    struct sgr_program *program;
    struct sgr_machine *machine;
    struct sgr_heap *heap; /* of the values below */
    sgr_value declarations, rollout, scenario, start;
    int64_t deadline; /* of the rollout, ms */
};

/* Compiles a script: from a file, or from `text` where `path` is "-". `scenario` names the scenario
 * whose parameters and models hold; NULL: the first, or none where there is none. False after a
 * complaint. */
bool stage_open(struct stage *stage, const char *path, sgr_str text, const char *scenario);
void stage_close(struct stage *stage);

/* ---- play.c: one performance ---- */
enum { STRIKES_MAX = 16 };

/* A fault that begins when the run starts its effect number `at` (from 1), or the number `at` of
 * its rollback. */
struct strike {
    const char *fault; /* of fault.def, or "bad_release" */
    uint32_t at;
    bool rollback;
    bool arrived; /* killed: what was under way reached the API server */
    const char *track;
    int64_t amount, count, length; /* ms, pods, ms (0: for ever) */
};

struct play {
    const struct stage *stage;
    uint64_t seed;
    struct strike strikes[STRIKES_MAX];
    size_t strike_count;
    /* Told of each snapshot that is saved and the virtual ms of it; may be NULL. */
    void (*saved)(void *self, int64_t now, sgr_str snapshot);
    void *saved_self;
};

struct verdict {
    char outcome[32];
    char broken[400]; /* the first rule that was broken, or "" */
    uint64_t hash;    /* of the trace */
    uint32_t effects, rollback_effects;
    int64_t took; /* virtual ms */
};

/* Plays; the objects that stand at the end go to `objects` in `heap` where that is not NULL. */
struct verdict play(const struct play *play, struct sgr_heap *heap, sgr_value *objects);
void strike_print(const struct strike *strike, struct sgr_buf *out);
/* Reads what strike_print wrote; false where it cannot. */
bool strike_read(struct strike *strike, const char *line);

/* ---- faults.c: the table of faults, and every fault at every effect ---- */
struct fault_row {
    const char *name, *args, *numbers;
};
extern const struct fault_row fault_rows[];
extern const size_t fault_row_count;
/* A strike of this fault with the arguments that it takes. */
struct strike strike_of(const struct fault_row *row, uint32_t at, bool rollback, int64_t length);

struct options {
    uint64_t from, count;
    uint32_t stride; /* every how many effects */
    const char *out; /* where a shrunk failure is written */
};

/* Each plays what its name says and returns how many plays broke a rule. */
size_t test_kills(const char *path, const struct options *options);
size_t test_faults(const char *path, const struct options *options);
size_t test_pairs(const char *path, const struct options *options);
size_t test_records(const char *path, const struct options *options);
size_t test_random(const struct options *options);
size_t test_seed_file(const char *path, const struct options *options);
/* The names of the scenarios of a script, to be freed by the caller together with each name. */
size_t scenario_names(const char *path, char ***names);

/* ---- script.c: random scripts ---- */
struct script {
    int mode, traffic; /* indexes of the words in script.c */
    int64_t replicas, steps, drain, patience, keep;
    int64_t shares[6];
    int after[6];                 /* what follows each shift: hold, check, wait, nothing */
    int64_t fail_after, deadline; /* minutes */
    bool autoscale, approve, job, notify, settles, min_available, webhook;
};
struct script script_random(uint64_t seed);
void script_print(const struct script *script, struct sgr_buf *out);
/* A simpler script of the same kind; false when `way` names none. */
bool script_simpler(struct script *script, int way);

uint64_t random_next(uint64_t *state);
int64_t random_below(uint64_t *state, int64_t bound);

#endif
