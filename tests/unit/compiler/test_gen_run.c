/* Statements end to end: routines are performed against a host that answers from a list. */
#include <criterion/criterion.h>

#include <stdio.h>

#include "compiler/compiler.h"
#include "vm/run.h"

struct world {
    struct sgr_compilation *compilation;
    struct sgr_program *program;
    struct sgr_machine *machine;
    struct sgr_run *run;
    struct sgr_buf text;   /* the script, as long as its compilation */
    struct sgr_buf log;    /* one word an effect, reports as "(kind)" */
    const double *samples; /* below zero: no signal; the last one stays */
    size_t sample_count, sampled;
    uint64_t written; /* the write under way that is answered when all wait; 0: none */
    bool late;        /* writes are */
    bool killed;      /* and the runner is killed and resumed before that */
    size_t denials;   /* questions answered with `denied` before `approved` */
    struct sgr_heap *heap;
};

static void start(void *self, struct sgr_run *run, const struct sgr_effect *effect)
{
    struct world *world = self;
    struct sgr_answer answer = {.ok = true, .value = sgr_absent(), .replaced = sgr_absent()};
    if (effect->kind == SGR_EFFECT_VIEW) { /* nobody meddles here */
        answer.value = sgr_list(world->heap, NULL, 0);
        sgr_run_answer(run, effect->seq, &answer);
        return;
    }
    if (effect->kind == SGR_EFFECT_VIEW) { /* nobody else is there */
        answer.value = sgr_list(world->heap, NULL, 0);
    } else {
        sgr_buf_printf(&world->log, "%s ", sgr_effects[effect->kind].word);
    }
    if (effect->kind == SGR_EFFECT_SAMPLE) {
        size_t i = world->sampled++;
        double value = world->samples[i < world->sample_count ? i : world->sample_count - 1];
        answer.value = sgr_number(value);
        if (value < 0) {
            answer = (struct sgr_answer){.ok = false, .kind = "no_signal", .text = "nothing there"};
        }
    } else if (effect->kind == SGR_EFFECT_ASK) {
        const char *word = world->denials > 0 ? "denied" : "approved";
        world->denials -= world->denials > 0 ? 1 : 0;
        answer.value = sgr_string(world->heap, sgr_str_from(word));
    } else if (effect->kind == SGR_EFFECT_APPLY) {
        answer.value = effect->args[0];
        if (world->late) {
            world->written = effect->seq;
            return;
        }
    }
    sgr_run_answer(run, effect->seq, &answer);
}

static void cancel(void *self, struct sgr_run *run, uint64_t seq)
{
    (void)self;
    (void)run;
    (void)seq;
}

static void report(void *self, struct sgr_run *run, const struct sgr_report *report_)
{
    (void)run;
    struct world *world = self;
    if (strncmp(report_->kind, "step", 4) == 0 || strcmp(report_->kind, "retry") == 0) {
        sgr_buf_printf(&world->log, "(%s) ", report_->kind);
    }
}

static const struct sgr_host_ops ops = {.start = start, .cancel = cancel, .report = report};

static sgr_value rollout(struct sgr_heap *heap)
{
    static const char *const texts[][2] = {
        {"name", "ship"},          {"workload/name", "web"}, {"mode", "canary"},
        {"new/name", "canary"},    {"old/name", "stable"},   {"new/deployment", "web-canary"},
        {"old/deployment", "web"}, {"new/namespace", "n"},   {"old/namespace", "n"},
    };
    sgr_value r = sgr_path_with(heap, sgr_absent(), "workload/ports", sgr_list(heap, NULL, 0));
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        r = sgr_path_with(heap, r, texts[i][0], sgr_string(heap, sgr_str_from(texts[i][1])));
    }
    static const char *const tracks[] = {"new", "old"}, *const words[] = {"namespace",
                                                                          "deployment"};
    for (size_t i = 0; i < 4; i++) {
        char path[64];
        snprintf(path, sizeof path, "%s/%s", tracks[i / 2], words[i % 2]);
        r = sgr_path_with(heap, r, path, sgr_string(heap, sgr_str_from(tracks[i / 2])));
    }
    sgr_value ports = sgr_record_with(heap, sgr_absent(), SGR_STR("none"), sgr_absent());
    r = sgr_path_with(heap, r, "workload/ports", ports);
    r = sgr_path_with(heap, r, "deadline", sgr_unit_i(SGR_DURATION, 3600000));
    return sgr_path_with(heap, r, "drain", sgr_unit_i(SGR_DURATION, 10000));
}

static const char *const head =
    "metric m(t: track) {\n  unit = percent\n  promql = "
    "\"sum(rate(x{track=\\\"${t.name}\\\"}[1m]))\"\n}\n"
    "guard ok {\n  every = 5s\n  for = 10s\n  fail_after = 1\n  no_signal = wait(1m)\n"
    "  require m(new) < 5%\n}\n"
    "routine again(r: rollout, n: int) { if n > 0 { again(r, n - 1) } }\n";

static void resume(struct world *world, int64_t now)
{
    struct sgr_buf bytes;
    struct sgr_error error = {0};
    sgr_buf_init(&bytes, 1 << 20);
    sgr_run_encode(world->run, &bytes);
    sgr_run_free(world->run);
    world->run = sgr_run_decode(world->machine, (struct sgr_host){&ops, world}, sgr_buf_str(&bytes),
                                now, &error);
    cr_assert_not_null(world->run, "%s", error.text);
    sgr_buf_release(&bytes);
}

static void answer_late(struct world *world, int64_t now)
{
    if (world->killed) {
        resume(world, now);
        sgr_run_advance(world->run, now);
    }
    sgr_value ref = sgr_record_with(world->heap, sgr_absent(), SGR_STR("ref"), sgr_bool(true));
    struct sgr_answer answer = {.ok = true, .value = sgr_absent(), .replaced = ref};
    sgr_run_answer(world->run, world->written, &answer);
    world->written = 0;
}

static enum sgr_run_state perform(struct world *world, const char *body)
{
    struct sgr_compile_options options = {0};
    struct sgr_buf shown;
    sgr_buf_init(&world->text, 1 << 20);
    sgr_buf_printf(
        &world->text,
        "%sroutine inner(r: rollout) {\n%s\n}\n"
        "routine go(r: rollout) { inner(merge(r, { traffic = { needs = fn (x) => [] } })) }\n",
        head, body);
    world->compilation = sgr_compilation_new(&options);
    bool ok = sgr_compile(world->compilation, SGR_STR("-"), sgr_buf_str(&world->text));
    struct sgr_diags *diags = sgr_compilation_diags(world->compilation);
    sgr_buf_init(&shown, 1 << 20);
    for (size_t i = 0; i < diags->list.len; i++) {
        sgr_diag_render_text(diags, &diags->list.at[i], false, &shown);
    }
    cr_assert(ok, "%s", shown.ptr);
    sgr_buf_release(&shown);
    world->program = sgr_compilation_program(world->compilation);
    world->machine = sgr_machine_new(world->program, NULL);
    world->heap = sgr_heap_new(1 << 20);
    sgr_buf_init(&world->log, 1 << 20);
    sgr_value arg = rollout(world->heap);
    world->run = sgr_run_new(world->machine, (struct sgr_host){&ops, world}, SGR_STR("t"),
                             sgr_program_entry(world->program, SGR_STR("main:go")), &arg, 1, 0);
    int64_t now = 0;
    for (size_t i = 0; i < 10000; i++) {
        enum sgr_run_state state = sgr_run_advance(world->run, now);
        if (state == SGR_RUN_DONE || state == SGR_RUN_FAILED) {
            return state;
        }
        int64_t wake = sgr_run_wake_at(world->run);
        if (world->written != 0 && wake - now > 60000) {
            answer_late(world, now);
            continue;
        }
        cr_assert_neq(wake, INT64_MAX, "the run waits for ever");
        now = wake > now ? wake : now;
    }
    return SGR_RUN_BLOCKED;
}

static const char *failure(const struct world *world)
{
    return sgr_run_failure(world->run)->text;
}

static void end(struct world *world)
{
    sgr_run_free(world->run);
    sgr_machine_free(world->machine);
    sgr_program_unref(world->program);
    sgr_compilation_free(world->compilation);
    sgr_buf_release(&world->text);
    sgr_heap_free(world->heap);
    sgr_buf_release(&world->log);
}

Test(gen_run, a_guard_that_passes_lets_the_run_go_on)
{
    static const double samples[] = {0.01};
    struct world world = {.samples = samples, .sample_count = 1};
    cr_assert_eq(perform(&world, "step \"a\" { check ok }"), SGR_RUN_DONE, "%s", failure(&world));
    cr_assert_str_eq(world.log.ptr, "(step) sample sample sample (step_end) ");
    end(&world);
}

Test(gen_run, a_breach_fails_with_the_condition_as_written)
{
    static const double samples[] = {0.01, 0.5};
    struct world world = {.samples = samples, .sample_count = 2};
    cr_assert_eq(perform(&world, "step \"a\" { check ok }"), SGR_RUN_FAILED);
    cr_assert(strstr(failure(&world), "m(new) < 5%") != NULL, "%s", failure(&world));
    cr_assert(strstr(world.log.ptr, "(step_failed)") != NULL);
    end(&world);
}

Test(gen_run, no_signal_is_no_breach)
{
    static const double samples[] = {-1, -1, 0.01};
    struct world world = {.samples = samples, .sample_count = 3};
    cr_assert_eq(perform(&world, "check ok"), SGR_RUN_DONE, "%s", failure(&world));
    cr_assert_geq(world.sampled, 3);
    end(&world);
}

Test(gen_run, retries_until_it_works)
{
    struct world world = {.denials = 2};
    cr_assert_eq(perform(&world, "retry 3 every 10s { approve \"sure?\" }"), SGR_RUN_DONE);
    cr_assert_str_eq(world.log.ptr, "ask (retry) ask (retry) ask ");
    end(&world);
    world = (struct world){.denials = 3};
    cr_assert_eq(perform(&world, "retry 3 every 10s { approve \"sure?\" }"), SGR_RUN_FAILED);
    end(&world);
}

Test(gen_run, waits_until_a_condition_holds)
{
    static const double samples[] = {0, -1, 0.6};
    struct world world = {.samples = samples, .sample_count = 3};
    cr_assert_eq(perform(&world, "wait until m(new) > 50% timeout 1m"), SGR_RUN_DONE, "%s",
                 failure(&world));
    cr_assert_eq(world.sampled, 3);
    end(&world);
}

Test(gen_run, a_passed_timeout_names_the_condition)
{
    static const double samples[] = {0};
    struct world world = {.samples = samples, .sample_count = 1};
    cr_assert_eq(perform(&world, "wait until m(new) > 50% timeout 1m"), SGR_RUN_FAILED);
    cr_assert(strstr(failure(&world), "still waiting after 1m until m(new) > 50%") != NULL, "%s",
              failure(&world));
    end(&world);
}

Test(gen_run, a_deadline_from_outside_stays_one)
{
    static const double samples[] = {0};
    struct world world = {.samples = samples, .sample_count = 1};
    cr_assert_eq(perform(&world, "within 30s { wait until m(new) > 50% timeout 5m }"),
                 SGR_RUN_FAILED);
    cr_assert_str_eq(sgr_run_failure(world.run)->kind, "deadline");
    end(&world);
}

Test(gen_run, attempts_and_goes_on)
{
    struct world world = {.denials = 1};
    cr_assert_eq(perform(&world, "attempt { fail \"no\" } else e {\n"
                                 "  if e.text == \"no\" { apply { kind = \"X\" } }\n}"),
                 SGR_RUN_DONE, "%s", failure(&world));
    cr_assert_str_eq(world.log.ptr, "apply ");
    end(&world);
}

Test(gen_run, runs_fibers_side_by_side)
{
    struct world world = {0};
    cr_assert_eq(perform(&world, "let n = \"b\"\nparallel {\n  approve \"a\"\n  approve n\n"
                                 "  for i in 1 .. 2 { approve \"${n}${i}\" }\n}"),
                 SGR_RUN_DONE, "%s", failure(&world));
    cr_assert_str_eq(world.log.ptr, "ask ask ask ask ");
    end(&world);
}

static void what_a_write_replaces_is_known(const char *body, bool killed)
{
    struct world world = {.late = true, .killed = killed};
    cr_assert_eq(perform(&world, body), SGR_RUN_FAILED);
    cr_assert_str_eq(failure(&world), "no");
    cr_assert_eq(sgr_run_undo_left(world.run), 1, "%d %s: %s", killed, body, world.log.ptr);
    end(&world);
}

Test(gen_run, a_failure_waits_for_the_write_of_a_sibling)
{
    static const char beside[] = "parallel {\n  apply { kind = \"X\" }\n  fail \"no\"\n}",
                      below[] =
                          "parallel {\n  parallel {\n    apply { kind = \"X\" }\n    wait 5m\n"
                          "  }\n  within 5s { wait 1s; fail \"no\" }\n  retry 1 every 2s { wait "
                          "2s; fail \"nor this\" }\n}",
                      outside[] =
                          "within 1s { parallel {\n  apply { kind = \"X\" }\n  fail \"no\"\n} }";
    for (int killed = 0; killed < 2; killed++) {
        what_a_write_replaces_is_known(beside, killed);
        what_a_write_replaces_is_known(below, killed);
        what_a_write_replaces_is_known(outside, killed);
    }
}

Test(gen_run, a_routine_that_ends_with_itself_takes_no_stack)
{
    struct world world = {0};
    cr_assert_eq(perform(&world, "again(r, 100000)"), SGR_RUN_DONE, "%s", failure(&world));
    end(&world);
}
