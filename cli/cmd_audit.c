/* sgrc audit: judges the `audit` blocks of scripts against a cluster as it is. Never writes to it.
 */
#include "cli/cli.h"

#include <stdio.h>
#include <stdlib.h>

#include "cli/junit.h"
#include "cli/session.h"
#include "k8s/codec.h"
#include "k8s/sim/sim.h"
#include "vm/arith.h"

enum { AUDIT_LIMIT_MS = 10 * 60 * 1000 };

struct auditor {
    const struct sgr_cli *cli;
    const char *path; /* of the script under audit */
    struct sgr_junit junit;
    size_t passed, failed;
    bool json;
};

/* ---- what is told ---- */

static void print_json(const struct auditor *auditor, sgr_value fields)
{
    struct sgr_buf line;
    sgr_buf_init(&line, 16 << 20);
    sgr_buf_cstr(&line, "{\"type\":\"audit\",\"file\":");
    struct sgr_heap *heap = sgr_heap_new(1 << 20);
    sgr_value_json(sgr_string(heap, sgr_str_from(auditor->path)), &line);
    sgr_buf_byte(&line, ',');
    struct sgr_buf rest;
    sgr_buf_init(&rest, 16 << 20);
    sgr_value_json(fields, &rest);
    sgr_buf_add(&line, (sgr_str){rest.ptr + 1, rest.len - 1});
    sgr_buf_byte(&line, '\n');
    fwrite(line.ptr, 1, line.len, stdout);
    sgr_heap_free(heap);
    sgr_buf_release(&rest);
    sgr_buf_release(&line);
}

static void print_text(const struct auditor *auditor, sgr_value fields, bool ok)
{
    bool color = sgr_use_color(auditor->cli, 1);
    if (ok && sgr_cli_has(auditor->cli, SGR_OPT_quiet)) {
        return;
    }
    printf("  %s%s%s %.*s\n", color ? (ok ? "\033[32m" : "\033[31m") : "", ok ? "pass" : "FAIL",
           color ? "\033[0m" : "", SGR_FMT(sgr_path_str(fields, "name")));
    if (!ok) {
        bool silent = sgr_str_is(sgr_path_str(fields, "verdict"), "no_signal");
        printf("    %.*s: %s%.*s\n", SGR_FMT(sgr_path_str(fields, "place")),
               silent ? "no signal: " : "", SGR_FMT(sgr_path_str(fields, "text")));
    }
}

static void hear(void *self, const struct sgr_report *report)
{
    struct auditor *auditor = self;
    sgr_str name = sgr_path_str(report->fields, "name");
    const char *filter = sgr_cli_value(auditor->cli, SGR_OPT_filter);
    if (strcmp(report->kind, "audit") != 0 ||
        (filter != NULL && memmem(name.ptr, name.len, filter, strlen(filter)) == NULL)) {
        return;
    }
    bool ok = sgr_str_is(sgr_path_str(report->fields, "verdict"), "pass");
    *(ok ? &auditor->passed : &auditor->failed) += 1;
    sgr_junit_case(&auditor->junit, auditor->path, name, ok, sgr_path_str(report->fields, "text"));
    if (auditor->json) {
        print_json(auditor, report->fields);
    } else {
        print_text(auditor, report->fields, ok);
    }
}

/* ---- the cluster ---- */

/* A run of the audits, which read and never write. */
static struct sgr_run *begin(struct sgr_script *script, struct sgr_machine *machine,
                             sgr_value declarations, struct sgr_host host, int64_t now,
                             bool simulated)
{
    uint32_t entry = sgr_program_entry(script->program, SGR_STR("std/audit:perform"));
    sgr_value args[] = {sgr_absent(), declarations}; /* beside no rollout */
    struct sgr_run *run = sgr_run_new(machine, host, SGR_STR("audit"), entry, args, 2, now);
    sgr_run_set_aspect(run, SGR_STR("simulated"), sgr_bool(simulated));
    return run;
}

static bool end(struct sgr_run *run)
{
    const struct sgr_failure *failure = sgr_run_failure(run);
    bool ok = failure == NULL || failure->text == NULL;
    if (!ok) {
        sgr_complain(SGR_EXIT_COULD_NOT, "%s", failure->text);
    }
    sgr_run_free(run);
    return ok;
}

/* The simulated cluster with what the script declares in it, or the objects of --objects. */
static bool audit_simulated(struct auditor *auditor, struct sgr_script *script,
                            struct sgr_machine *machine, sgr_value declarations)
{
    const char *path = sgr_cli_value(auditor->cli, SGR_OPT_objects);
    struct sgr_heap *heap = sgr_machine_heap(machine);
    sgr_value objects = sgr_absent();
    if (path != NULL ? !sgr_read_objects(path, heap, &objects)
                     : !sgr_script_call(script, machine, "std/plain:objects_of", &declarations, 1,
                                        &objects)) {
        return false;
    }
    struct sgr_sim_config config = {
        .cluster = sgr_field(declarations, SGR_STR("cluster")),
        .metrics = sgr_field(declarations, SGR_STR("metrics")),
        .scenario = sgr_absent(),
        .objects = objects,
        .watch = hear,
        .watch_self = auditor,
    };
    struct sgr_sim *sim = sgr_sim_new(&config);
    struct sgr_run *run =
        begin(script, machine, declarations, sgr_sim_host(sim), sgr_sim_now(sim), true);
    sgr_sim_drive(sim, run, AUDIT_LIMIT_MS);
    bool ok = end(run);
    sgr_sim_free(sim);
    return ok;
}

/* The cluster of the options, the script or the kubeconfig. */
static bool audit_real(struct auditor *auditor, struct sgr_script *script,
                       struct sgr_machine *machine, sgr_value declarations)
{
    struct sgr_listener listener = {.watch = hear, .self = auditor};
    struct sgr_cluster *cluster = sgr_session_open(auditor->cli, declarations, &listener);
    if (cluster == NULL) {
        return false;
    }
    struct sgr_run *run = begin(script, machine, declarations, sgr_cluster_host(cluster),
                                sgr_cluster_now(cluster), false);
    (void)sgr_cluster_drive(cluster, run);
    bool ok = end(run);
    sgr_session_close(cluster);
    return ok;
}

static bool audit_cluster(struct auditor *auditor, struct sgr_script *script,
                          struct sgr_machine *machine, sgr_value declarations)
{
    bool simulated =
        sgr_cli_has(auditor->cli, SGR_OPT_sim) || sgr_cli_has(auditor->cli, SGR_OPT_objects);
    declarations = sgr_declarations_in(auditor->cli, sgr_machine_heap(machine), declarations);
    return simulated ? audit_simulated(auditor, script, machine, declarations)
                     : audit_real(auditor, script, machine, declarations);
}

static bool audit_file(struct auditor *auditor, const char *path)
{
    struct sgr_script script;
    struct sgr_machine *machine = NULL;
    sgr_value declarations;
    auditor->path = path;
    bool ok = sgr_script_open(&script, auditor->cli, path) &&
              (machine = sgr_script_machine(&script, auditor->cli, true)) != NULL &&
              sgr_script_declarations(&script, machine, &declarations);
    if (ok && sgr_count_of(sgr_field(declarations, SGR_STR("audits"))) > 0) {
        if (!auditor->json && !sgr_cli_has(auditor->cli, SGR_OPT_quiet)) {
            printf("%s\n", path);
        }
        ok = audit_cluster(auditor, &script, machine, declarations);
    }
    if (machine != NULL) {
        sgr_machine_free(machine);
    }
    sgr_script_close(&script);
    return ok;
}

int sgr_cmd_audit(const struct sgr_cli *cli)
{
    const char *output = sgr_cli_value(cli, SGR_OPT_output);
    struct auditor auditor = {.cli = cli, .json = output != NULL && strcmp(output, "json") == 0};
    const char *junit = sgr_cli_value(cli, SGR_OPT_junit);
    bool ok = true;
    if (cli->files.len == 0) {
        return sgr_complain(SGR_EXIT_COULD_NOT, "audit takes one or more scripts");
    }
    sgr_junit_init(&auditor.junit, "sgrc audit");
    for (size_t i = 0; i < cli->files.len; i++) {
        ok = audit_file(&auditor, cli->files.at[i]) && ok;
    }
    if (!auditor.json) {
        printf("%zu passed, %zu failed\n", auditor.passed, auditor.failed);
    }
    ok = (junit == NULL || sgr_junit_write(&auditor.junit, junit)) && ok;
    sgr_junit_release(&auditor.junit);
    return !ok ? SGR_EXIT_COULD_NOT : auditor.failed > 0 ? 1 : 0;
}
