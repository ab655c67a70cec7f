/* sgrc verify: everything that can happen to a rollout, at every effect of it, on the simulated
 * cluster. Tells what the runs came to, or the shortest one that breaks a rule. */
#include "cli/cli.h"

#include <malloc.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/explore.h"
#include "cli/junit.h"
#include "cli/progress.h"
#include "cli/simulate.h"

enum { KEPT_BYTES = 64 << 20, TEXT_MAX = 1 << 20, JOBS_MAX = 256, SECOND_MS = 1000 };

struct verifier {
    const struct sgr_cli *cli;
    struct sgr_junit junit;
    unsigned what, jobs;
    uint32_t stride;
    uint64_t seed, runs, broken;
    size_t passed, failed;
    bool could_not;
};

/* ---- telling ---- */

/* In whole seconds. */
static void print_duration(int64_t ms, struct sgr_buf *out)
{
    sgr_value_print(sgr_unit_i(SGR_DURATION, (ms + SECOND_MS / 2) / SECOND_MS * SECOND_MS), out);
}

static void print_outcomes(const struct sgr_tally *tally, struct sgr_buf *out)
{
    sgr_buf_printf(out, "       %u effects, %llu runs:", tally->effects,
                   (unsigned long long)tally->plays);
    for (size_t i = 0, told = 0; i < SGR_OUTCOMES; i++) {
        if (tally->outcomes[i] > 0) {
            sgr_buf_printf(out, "%s %llu %s", told++ > 0 ? "," : "",
                           (unsigned long long)tally->outcomes[i], sgr_outcome_words[i]);
        }
    }
    sgr_buf_byte(out, '\n');
}

static void print_strikes(const struct sgr_extreme *extreme, struct sgr_buf *out)
{
    sgr_buf_cstr(out, extreme->strike_count == 0 ? "with nothing else" : "");
    for (size_t i = 0; i < extreme->strike_count; i++) {
        sgr_buf_cstr(out, i > 0 ? "; then " : "");
        sgr_strike_tell(&extreme->strikes[i], out);
    }
    if (extreme->verdict.struck[0] != '\0') {
        sgr_buf_printf(out, " (%s)", extreme->verdict.struck);
    }
    sgr_buf_byte(out, '\n');
}

static void print_extreme(const char *what, const struct sgr_extreme *extreme, struct sgr_buf *out)
{
    if (extreme->figure >= SECOND_MS) {
        sgr_buf_printf(out, "       %s ", what);
        print_duration(extreme->figure, out);
        sgr_buf_cstr(out, ", ");
        print_strikes(extreme, out);
    }
}

static void print_broken(const struct sgr_tally *tally, struct sgr_buf *out)
{
    sgr_buf_printf(out, "       %llu of them break%s a rule; the shortest: %s\n       ",
                   (unsigned long long)tally->broken, tally->broken == 1 ? "s" : "",
                   tally->shortest.verdict.broken);
    print_strikes(&tally->shortest, out);
}

static void report(struct verifier *verifier, const char *path, sgr_str name,
                   const struct sgr_tally *tally, bool left)
{
    struct sgr_buf text;
    bool ok = tally->broken == 0, color = sgr_use_color(verifier->cli, STDOUT_FILENO);
    sgr_buf_init(&text, TEXT_MAX);
    print_outcomes(tally, &text);
    sgr_buf_cstr(&text,
                 left ? "       what fails is left as it is: so does the rollout by itself\n" : "");
    if (!ok) {
        print_broken(tally, &text);
    }
    if (!ok || !sgr_cli_has(verifier->cli, SGR_OPT_quiet)) {
        printf("  %s%s%s %.*s\n", color ? (ok ? "\033[32m" : "\033[31m") : "", ok ? "pass" : "FAIL",
               color ? "\033[0m" : "", SGR_FMT(name));
    }
    sgr_junit_case(&verifier->junit, path, name, ok, sgr_buf_str(&text));
    if (ok) {
        print_extreme("longest run:", &tally->longest, &text);
        print_extreme("longest way back:", &tally->back, &text);
        print_extreme("most traffic on a version that was taken back:", &tally->exposed, &text);
    }
    if (!ok || !sgr_cli_has(verifier->cli, SGR_OPT_quiet)) {
        printf("%s", text.ptr);
    }
    sgr_buf_release(&text);
}

/* The run itself, line by line. */
static void show_shortest(const struct sgr_stage *stage, uint64_t seed,
                          const struct sgr_extreme *shortest)
{
    struct sgr_progress *progress = sgr_progress_new(SGR_PROGRESS_PLAIN, false, stage->rollout);
    struct sgr_play play = {.stage = stage,
                            .seed = seed,
                            .strike_count = shortest->strike_count,
                            .watch = sgr_progress_report,
                            .self = progress};
    memcpy(play.strikes, shortest->strikes, sizeof shortest->strikes);
    fflush(stdout);
    (void)sgr_sim_play(&play, NULL, NULL);
    sgr_progress_free(progress);
}

/* ---- exploring ---- */

static bool explore(struct verifier *verifier, const struct sgr_stage *stage,
                    struct sgr_strike first, struct sgr_tally *tally)
{
    struct sgr_exploration how = {.stage = stage,
                                  .seed = verifier->seed,
                                  .first = first,
                                  .what = verifier->what,
                                  .only = sgr_cli_value(verifier->cli, SGR_OPT_fault),
                                  .stride = verifier->stride};
    bool show = isatty(STDERR_FILENO) && !sgr_cli_has(verifier->cli, SGR_OPT_quiet);
    return sgr_explore_shared(&how, verifier->jobs, show, tally);
}

static struct sgr_strike abort_after(uint32_t effects)
{
    return sgr_strike_of(sgr_strike_row("aborted"), 1 + effects * 2 / 3, false, 0);
}

/* Of a rollout that ends well, the way back is explored, too: somebody aborts it after two thirds.
 */
static bool explore_both(struct verifier *verifier, const struct sgr_stage *stage,
                         struct sgr_tally *tally)
{
    struct sgr_tally back;
    if (!explore(verifier, stage, (struct sgr_strike){0}, tally)) {
        return false;
    }
    if (tally->rollback_effects > 0) {
        return true;
    }
    uint32_t effects = tally->effects;
    bool ok = explore(verifier, stage, abort_after(effects), &back);
    if (ok) {
        sgr_tally_add(tally, &back);
        tally->effects = effects;
    }
    return ok;
}

static bool make_stage(struct sgr_script *script, struct sgr_stage *stage, const char *rollout)
{
    stage->entry = sgr_program_entry(script->program, SGR_STR("std/run:perform"));
    if (!sgr_script_declarations(script, stage->machine, &stage->declarations)) {
        return false;
    }
    stage->rollout = sgr_find_rollout(stage->declarations, rollout);
    sgr_value arguments[] = {stage->declarations, stage->rollout};
    return !sgr_is_absent(stage->rollout) &&
           sgr_script_call(script, stage->machine, "std/simulation:start_of", arguments, 2,
                           &stage->start);
}

/* Whether the scenario alone, or an abort, leaves something behind: then no play need do better. */
static bool leaves(const struct sgr_stage *stage, uint64_t seed)
{
    struct sgr_play play = {.stage = stage, .seed = seed};
    struct sgr_verdict verdict = sgr_sim_play(&play, NULL, NULL);
    if (verdict.rollback_effects == 0) {
        play.strikes[play.strike_count++] = abort_after(verdict.effects);
        verdict = sgr_sim_play(&play, NULL, NULL);
    }
    return strcmp(verdict.outcome, "failed") == 0;
}

static void verify(struct verifier *verifier, struct sgr_script *script, struct sgr_stage *stage,
                   const char *rollout, sgr_str name)
{
    struct sgr_tally tally; /* `name` is empty where there is no scenario: the rollout's is told */
    bool ok = make_stage(script, stage, rollout);
    if (ok) {
        stage->left = leaves(stage, verifier->seed);
        ok = explore_both(verifier, stage, &tally);
    }
    if (!ok) {
        verifier->could_not = true;
        return;
    }
    if (name.len == 0) {
        name = sgr_path_str(stage->rollout, "name");
    }
    verifier->runs += tally.plays;
    verifier->broken += tally.broken;
    *(tally.broken == 0 ? &verifier->passed : &verifier->failed) += 1;
    report(verifier, script->path, name, &tally, stage->left);
    if (tally.broken > 0) {
        show_shortest(stage, verifier->seed, &tally.shortest);
    }
}

/* ---- files ---- */

static void verify_scenario(struct verifier *verifier, struct sgr_script *script,
                            sgr_value scenario)
{
    struct sgr_stage stage = {.machine = sgr_script_machine(script, verifier->cli, false),
                              .scenario = scenario};
    struct sgr_error error = {0};
    if (stage.machine == NULL || !sgr_scenario_params(stage.machine, scenario, &error)) {
        verifier->could_not = true;
        if (error.text != NULL) {
            sgr_complain(SGR_EXIT_COULD_NOT, "%s", error.text);
        }
        sgr_error_release(&error);
    } else {
        verify(verifier, script, &stage, sgr_path_str(scenario, "rollout").ptr,
               sgr_path_str(scenario, "name"));
    }
    if (stage.machine != NULL) {
        sgr_machine_free(stage.machine);
    }
}

static bool is_chosen(const struct verifier *verifier, sgr_value scenario)
{
    const char *filter = sgr_cli_value(verifier->cli, SGR_OPT_filter),
               *rollout = sgr_cli_value(verifier->cli, SGR_OPT_rollout);
    sgr_str name = sgr_path_str(scenario, "name");
    return (filter == NULL || memmem(name.ptr, name.len, filter, strlen(filter)) != NULL) &&
           (rollout == NULL || sgr_str_is(sgr_path_str(scenario, "rollout"), rollout));
}

/* Without scenarios a script is verified with what a healthy cluster answers. */
static void verify_plain(struct verifier *verifier, struct sgr_script *script)
{
    const char *rollout = sgr_cli_value(verifier->cli, SGR_OPT_rollout);
    struct sgr_stage stage = {.machine = sgr_script_machine(script, verifier->cli, true),
                              .scenario = sgr_absent()};
    if (stage.machine == NULL) {
        verifier->could_not = true;
        return;
    }
    verify(verifier, script, &stage, rollout, (sgr_str){0});
    sgr_machine_free(stage.machine);
}

static void verify_file(struct verifier *verifier, const char *path)
{
    struct sgr_script script;
    if (!sgr_script_open(&script, verifier->cli, path)) {
        verifier->could_not = true;
        sgr_script_close(&script);
        return;
    }
    struct sgr_machine *machine = sgr_machine_new(script.program, NULL);
    sgr_value scenarios = sgr_absent();
    if (!sgr_cli_has(verifier->cli, SGR_OPT_quiet)) {
        printf("%s\n", path);
    }
    if (!sgr_script_call(&script, machine, "scenarios", NULL, 0, &scenarios)) {
        verifier->could_not = true;
    } else if (sgr_count_of(scenarios) == 0) {
        verify_plain(verifier, &script);
    }
    for (size_t i = 0; scenarios.tag == SGR_LIST && i < sgr_count_of(scenarios); i++) {
        if (is_chosen(verifier, sgr_item(scenarios, i))) {
            verify_scenario(verifier, &script, sgr_item(scenarios, i));
        }
    }
    sgr_machine_free(machine);
    sgr_script_close(&script);
}

/* ---- options ---- */

/* The number of an option from 1 on, or `other` where it is not given; 0 after a complaint. */
static uint32_t number_of(const struct sgr_cli *cli, enum sgr_option option, const char *word,
                          uint32_t other, uint32_t most)
{
    const char *text = sgr_cli_value(cli, option);
    char *end = NULL;
    unsigned long number = text != NULL ? strtoul(text, &end, 10) : other;
    if (text != NULL &&
        (*text < '0' || *text > '9' || *end != '\0' || number < 1 || number > most)) {
        sgr_complain(SGR_EXIT_COULD_NOT, "--%s takes a number from 1 to %u, not `%s`", word, most,
                     text);
        return 0;
    }
    return (uint32_t)number;
}

static bool knows(const char *fault)
{
    if (fault == NULL || sgr_strike_row(fault) != NULL) {
        return true;
    }
    for (size_t i = 0; i < sgr_strike_row_count; i++) {
        if (sgr_str_distance(sgr_str_from(fault), sgr_str_from(sgr_strike_rows[i].word), 2) <= 2) {
            sgr_complain(SGR_EXIT_COULD_NOT, "no fault is called `%s`; did you mean `%s`?", fault,
                         sgr_strike_rows[i].word);
            return false;
        }
    }
    sgr_complain(SGR_EXIT_COULD_NOT, "no fault is called `%s`; `sgrc doc --std` lists them", fault);
    return false;
}

static uint32_t processors(void)
{
    cpu_set_t set;
    int count = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
    return (uint32_t)(count < JOBS_MAX ? count : JOBS_MAX);
}

int sgr_cmd_verify(const struct sgr_cli *cli)
{
    const char *seed = sgr_cli_value(cli, SGR_OPT_seed), *junit = sgr_cli_value(cli, SGR_OPT_junit);
    struct verifier verifier = {
        .cli = cli,
        .what = SGR_EXPLORE_KILLS | SGR_EXPLORE_FAULTS | SGR_EXPLORE_TURNS |
                (sgr_cli_has(cli, SGR_OPT_pairs) ? SGR_EXPLORE_PAIRS : 0),
        .stride = number_of(cli, SGR_OPT_every, "every", 1, 1000000),
        .jobs = number_of(cli, SGR_OPT_jobs, "jobs", processors(), JOBS_MAX),
        .seed = seed != NULL ? strtoull(seed, NULL, 10) : 0,
    };
    if (cli->files.len == 0) {
        return sgr_complain(SGR_EXIT_COULD_NOT, "verify takes one or more scripts");
    }
    if (verifier.stride == 0 || verifier.jobs == 0 || !knows(sgr_cli_value(cli, SGR_OPT_fault))) {
        return SGR_EXIT_COULD_NOT;
    }
    /* What one play gives back the next one asks for: the system does not get it meanwhile. */
    mallopt(M_MMAP_THRESHOLD, KEPT_BYTES);
    mallopt(M_TRIM_THRESHOLD, KEPT_BYTES);
    sgr_junit_init(&verifier.junit, "sgrc verify");
    for (size_t i = 0; i < cli->files.len; i++) {
        verify_file(&verifier, cli->files.at[i]);
    }
    printf("%llu runs, %llu break a rule; %zu passed, %zu failed\n",
           (unsigned long long)verifier.runs, (unsigned long long)verifier.broken, verifier.passed,
           verifier.failed);
    verifier.could_not =
        (junit != NULL && !sgr_junit_write(&verifier.junit, junit)) || verifier.could_not;
    sgr_junit_release(&verifier.junit);
    return verifier.could_not ? SGR_EXIT_COULD_NOT : verifier.failed > 0;
}
