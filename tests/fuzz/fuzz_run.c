/* Programs, runs and a host that answers anything, for the targets that perform what they were
 * given. */
#include <stdio.h>

#include "compiler/compiler.h"
#include "fuzz.h"
#include "stdlib/stdlib.h"

enum { MINUTE_MS = 60000 };

const struct sgr_limits fuzz_limits = {
    .fuel = 20000, .memory = 8 << 20, .stack = 20000, .depth = 500, .fibers = 16};

/* ---- a host ---- */

static unsigned next(uint64_t *bits)
{
    *bits ^= *bits << 13;
    *bits ^= *bits >> 7;
    *bits ^= *bits << 17;
    return (unsigned)(*bits >> 32);
}

static void start(void *self, struct sgr_run *run, const struct sgr_effect *effect)
{
    unsigned word = next(self);
    struct sgr_answer answer = {
        .ok = word % 8 != 0, .value = sgr_absent(), .replaced = sgr_absent(), .text = "no"};
    answer.kind = word % 16 == 0 ? "missing" : "failed";
    if (word % 8 > 5) {
        answer.value = sgr_number((double)(word % 100) / 10);
    } else if (word % 8 > 3) {
        answer.value = sgr_int(word % 100);
    } else if (word % 8 == 3) {
        answer.value = sgr_bool((word & 256) != 0);
    }
    if (effect->count > 0 && effect->args[0].tag == SGR_RECORD) {
        answer.value = word & 512 ? effect->args[0] : answer.value;
        answer.replaced = word & 1024 ? effect->args[0] : sgr_absent();
    }
    sgr_run_answer(run, effect->seq, &answer);
}

static void cancel(void *self, struct sgr_run *run, uint64_t seq)
{
    (void)self;
    (void)run;
    (void)seq;
}

static bool save(void *self, struct sgr_run *run, sgr_str snapshot, struct sgr_error *error)
{
    (void)run;
    (void)snapshot;
    return next(self) % 32 != 0 || sgr_error_set(error, "not now");
}

static void report(void *self, struct sgr_run *run, const struct sgr_report *about)
{
    struct sgr_buf text;
    (void)self;
    (void)run;
    sgr_buf_init(&text, 1 << 20);
    sgr_value_json(about->fields, &text);
    sgr_buf_release(&text);
}

struct sgr_host fuzz_host(uint64_t *bits)
{
    static const struct sgr_host_ops ops = {
        .start = start, .cancel = cancel, .save = save, .report = report};
    *bits |= 1; /* never all zero */
    return (struct sgr_host){&ops, bits};
}

void fuzz_perform(struct sgr_run *run, int rounds)
{
    enum sgr_run_state state = SGR_RUN_READY;
    for (int64_t i = 0; i < rounds && (state == SGR_RUN_READY || state == SGR_RUN_BLOCKED); i++) {
        state = sgr_run_advance(run, i * MINUTE_MS);
        if (i % 4 == 3) {
            sgr_run_changed(run);
        }
        if (i == rounds / 2) {
            sgr_run_raise(run, "aborted", "enough");
        }
    }
}

/* ---- seals ---- */

static void seal(const char *head, size_t length, sgr_str body, struct sgr_buf *out)
{
    char hex[SGR_SHA256_HEX];
    sgr_sha256_hex(body, hex);
    sgr_buf_bytes(out, head, length);
    sgr_buf_bytes(out, hex, 32);
    sgr_buf_add(out, body);
}

void fuzz_sealed_program(sgr_str body, struct sgr_buf *out)
{
    seal("SGRB\2\0", 6, body, out);
}

void fuzz_sealed_record(struct sgr_program *program, sgr_str body, struct sgr_buf *out)
{
    struct sgr_buf whole;
    sgr_buf_init(&whole, body.len + 128);
    sgr_buf_byte(&whole, 64);
    sgr_buf_cstr(&whole, sgr_program_hash(program));
    sgr_buf_add(&whole, body);
    seal("SGRR\1", 5, sgr_buf_str(&whole), out);
    sgr_buf_release(&whole);
}

/* ---- the program whose runs are decoded ---- */

static const char script[] =
    "workload shop { image = \"shop/shop:2\"; replicas = 3; ports = { http = 8080 } }\n"
    "metric errors { unit = percent; promql = \"sum(up)\" }\n"
    "guard fine { every = 5s; for = 20s; no_signal = wait(1m); require errors() < 5% }\n"
    "routine look() { parallel { wait 5s; within 1m { wait until ready(new) } } }\n"
    "rollout ship of shop {\n"
    "  mode = canary; deadline = 30m\n"
    "  steps {\n"
    "    step \"one\" { shift 20%; hold 30s while fine; look() }\n"
    "    retry 2 every 5s { attempt { check fine } else reason { fail reason.text } }\n"
    "    approve \"go on?\" timeout 5m\n"
    "    promote\n"
    "  }\n"
    "}\n";

struct sgr_program *fuzz_run_program(void)
{
    static const char *const modules[] = {"std/run", "std/plain", "std/simulation", NULL};
    struct sgr_compile_options options = {.modules = modules};
    struct sgr_compilation *compilation = sgr_compilation_new(&options);
    struct sgr_program *program = NULL;
    if (sgr_compile(compilation, SGR_STR("-"), (sgr_str){script, sizeof script - 1})) {
        program = sgr_compilation_program(compilation);
    }
    if (program == NULL) {
        struct sgr_diags *diags = sgr_compilation_diags(compilation);
        for (size_t i = 0; i < diags->list.len; i++) {
            fprintf(stderr, "%.*s\n", SGR_FMT(diags->list.at[i].message));
        }
        fuzz_fail("the script of the runs does not compile");
    }
    sgr_compilation_free(compilation);
    return program;
}
