/* sgrc test: every scenario of the scripts on the simulated cluster, in virtual time. */
#include "cli/cli.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/junit.h"
#include "cli/simulate.h"

enum { KEPT_BYTES = 64 << 20 };

struct tester {
    const struct sgr_cli *cli;
    struct sgr_junit junit;
    size_t passed, failed;
    bool could_not;
};

static void print_value(sgr_value value, struct sgr_buf *out)
{
    sgr_buf_printf(out, "      %.*s is ", SGR_FMT(sgr_path_str(value, "text")));
    sgr_value_print(sgr_field(value, SGR_STR("value")), out);
    sgr_buf_byte(out, '\n');
}

/* Appends what does not hold; false where something does not. */
static bool check_expects(struct sgr_machine *machine, sgr_value scenario, sgr_value results,
                          struct sgr_buf *out)
{
    sgr_value expects = sgr_field(scenario, SGR_STR("expects"));
    bool all = true;
    for (size_t i = 0; i < sgr_count_of(expects); i++) {
        sgr_value expect = sgr_item(expects, i), answer;
        struct sgr_failure failure = {0};
        bool ran = sgr_machine_call_value(machine, sgr_field(expect, SGR_STR("test")), &results, 1,
                                          &answer, &failure);
        if (ran && sgr_field(answer, SGR_STR("ok")).as.i != 0) {
            continue;
        }
        all = false;
        sgr_buf_printf(out, "    line %lld: expect %.*s\n",
                       (long long)sgr_path_int(expect, "line", 0),
                       SGR_FMT(sgr_path_str(expect, "text")));
        sgr_value values = ran ? sgr_field(answer, SGR_STR("values")) : sgr_absent();
        for (size_t k = 0; ran && k < sgr_count_of(values); k++) {
            print_value(sgr_item(values, k), out);
        }
        if (!ran) {
            sgr_buf_printf(out, "      %s\n", failure.text);
        }
        sgr_failure_release(&failure);
    }
    sgr_value violations = sgr_field(results, SGR_STR("violations"));
    for (size_t i = 0; violations.tag == SGR_LIST && i < sgr_count_of(violations); i++) {
        all = false;
        sgr_buf_cstr(out, "    invariant broken: ");
        sgr_value_print(sgr_item(violations, i), out);
        sgr_buf_byte(out, '\n');
    }
    return all;
}

static bool play(struct tester *tester, struct sgr_script *script, sgr_value scenario,
                 struct sgr_buf *why)
{
    struct sgr_machine *machine = sgr_machine_new(script->program, NULL);
    const char *seed = sgr_cli_value(tester->cli, SGR_OPT_seed);
    sgr_value declarations = sgr_absent(), results = sgr_absent();
    struct sgr_error error = {0};
    bool ok = sgr_scenario_params(machine, scenario, &error);
    if (!ok) {
        sgr_buf_printf(why, "    %s\n", error.text);
        sgr_error_release(&error);
    }
    ok = ok && sgr_script_declarations(script, machine, &declarations);
    sgr_value rollout = sgr_absent();
    if (ok) {
        rollout = sgr_find_named(sgr_field(declarations, SGR_STR("rollouts")),
                                 sgr_path_str(scenario, "rollout"));
        ok = !sgr_is_absent(rollout);
        if (!ok) {
            sgr_buf_printf(why, "    the script has no rollout `%.*s`\n",
                           SGR_FMT(sgr_path_str(scenario, "rollout")));
        }
    }
    if (ok) {
        struct sgr_simulation how = {.seed = seed ? strtoull(seed, NULL, 10) : 0,
                                     .scenario = scenario};
        sgr_value own = sgr_find_named(sgr_field(declarations, SGR_STR("scenarios")),
                                       sgr_path_str(scenario, "name"));
        ok = sgr_simulate(script, machine, declarations, rollout, &how, sgr_machine_heap(machine),
                          &results, NULL) &&
             check_expects(machine, own, results, why);
    }
    sgr_machine_free(machine);
    return ok;
}

static void report_case(struct tester *tester, const char *path, sgr_str name, bool ok,
                        const struct sgr_buf *why)
{
    bool color = sgr_use_color(tester->cli, STDOUT_FILENO);
    if (!sgr_cli_has(tester->cli, SGR_OPT_quiet) || !ok) {
        printf("  %s%s%s %.*s\n%s", color ? (ok ? "\033[32m" : "\033[31m") : "",
               ok ? "pass" : "FAIL", color ? "\033[0m" : "", SGR_FMT(name), why->ptr);
    }
    sgr_junit_case(&tester->junit, path, name, ok, sgr_buf_str(why));
}

static void test_scenarios(struct tester *tester, struct sgr_script *script, sgr_value scenarios)
{
    const char *filter = sgr_cli_value(tester->cli, SGR_OPT_filter);
    for (size_t i = 0; i < sgr_count_of(scenarios); i++) {
        sgr_value scenario = sgr_item(scenarios, i);
        sgr_str name = sgr_path_str(scenario, "name");
        if (filter != NULL && memmem(name.ptr, name.len, filter, strlen(filter)) == NULL) {
            continue;
        }
        struct sgr_buf why;
        sgr_buf_init(&why, 1 << 20);
        bool ok = play(tester, script, scenario, &why);
        *(ok ? &tester->passed : &tester->failed) += 1;
        report_case(tester, script->path, name, ok, &why);
        sgr_buf_release(&why);
    }
}

static void test_file(struct tester *tester, const char *path)
{
    struct sgr_script script;
    if (!sgr_script_open(&script, tester->cli, path)) {
        tester->could_not = true;
        sgr_script_close(&script);
        return;
    }
    struct sgr_machine *machine = sgr_machine_new(script.program, NULL);
    sgr_value scenarios;
    if (!sgr_cli_has(tester->cli, SGR_OPT_quiet)) {
        printf("%s\n", path);
    }
    if (sgr_script_call(&script, machine, "scenarios", NULL, 0, &scenarios)) {
        test_scenarios(tester, &script, scenarios);
    } else {
        tester->could_not = true;
    }
    sgr_machine_free(machine);
    sgr_script_close(&script);
}

int sgr_cmd_test(const struct sgr_cli *cli)
{
    struct tester tester = {.cli = cli};
    /* What one scenario gives back the next one asks for: the system does not get it meanwhile. */
    mallopt(M_MMAP_THRESHOLD, KEPT_BYTES);
    mallopt(M_TRIM_THRESHOLD, KEPT_BYTES);
    const char *junit = sgr_cli_value(cli, SGR_OPT_junit);
    if (cli->files.len == 0) {
        return sgr_complain(2, "test takes one or more scripts");
    }
    sgr_junit_init(&tester.junit, "sgrc test");
    for (size_t i = 0; i < cli->files.len; i++) {
        test_file(&tester, cli->files.at[i]);
    }
    printf("%zu passed, %zu failed\n", tester.passed, tester.failed);
    tester.could_not =
        (junit != NULL && !sgr_junit_write(&tester.junit, junit)) || tester.could_not;
    sgr_junit_release(&tester.junit);
    return tester.could_not ? 2 : tester.failed > 0 ? 1 : 0;
}
