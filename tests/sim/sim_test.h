/* The driver of the durability tests: plays rollouts on the simulated cluster, lets faults strike
 * at chosen effects, and judges every play by the invariants of docs/reliability.md. */
#ifndef SGR_TESTS_SIM_TEST_H
#define SGR_TESTS_SIM_TEST_H

#include "compiler/compiler.h"
#include "k8s/sim/explore.h"

/* ---- stage.c: a compiled script, ready to be played many times ---- */
struct stage {
    struct sgr_compilation *compilation;
    struct sgr_program *program;
    struct sgr_heap *heap; /* of the values of `on` */
    struct sgr_stage on;
};

/* Compiles a script: from a file, or from `text` where `path` is "-". `scenario` names the scenario
 * whose parameters and models hold; NULL: the first, or none where there is none. False after a
 * complaint. */
bool stage_open(struct stage *stage, const char *path, sgr_str text, const char *scenario);
void stage_close(struct stage *stage);

/* ---- main.c: strikes as a line of a file ---- */
void strike_print(const struct sgr_strike *strike, struct sgr_buf *out);
/* Reads what strike_print wrote; false where it cannot. */
bool strike_read(struct sgr_strike *strike, const char *line);
/* Of struct sgr_play's `traced`: prints the trace where SIM_TRACE is set; else NULL. */
void (*tracer(void))(void *self, int64_t now, const char *word, sgr_value about);

struct options {
    uint64_t from, count;
    uint32_t stride; /* every how many effects */
    const char *out; /* where a shrunk failure is written */
};

/* Each plays what its name says and returns how many plays broke a rule. */
size_t test_exploration(const char *path, unsigned what, const struct options *options);
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
