/* What a run would change: the routine `planned` of the standard library reads the cluster and
 * names the objects; the server says what applying each would do. Then what simulated runs tell,
 * which --sim prints alone. Must never change anything. */
#include <stdio.h>
#include <unistd.h>

#include "cli/diff.h"
#include "cli/dry_run.h"
#include "cli/forecast.h"
#include "cli/session.h"
#include "k8s/codec.h"

enum { TEXT_MAX = 64 << 20 };

struct plan {
    struct sgr_heap *heap;
    struct sgr_dry_run *dry_run;
    struct sgr_buf out;
    size_t changes;
};

static void collect(void *self, const struct sgr_report *report)
{
    struct plan *plan = self;
    sgr_dry_run_report(plan->dry_run, report);
    if (strcmp(report->kind, "message") == 0) {
        fprintf(stderr, "%.*s\n", SGR_FMT(sgr_path_str(report->fields, "text")));
    }
}

/* The values of a Secret are nobody's business. */
static sgr_value without_secrets(struct sgr_heap *heap, sgr_value object)
{
    static const char *const fields[] = {"data", "stringData"};
    if (!sgr_str_is(sgr_path_str(object, "kind"), "Secret")) {
        return object;
    }
    for (size_t i = 0; i < 2; i++) {
        sgr_value data = sgr_field(object, sgr_str_from(fields[i]));
        for (size_t k = 0; data.tag == SGR_RECORD && k < sgr_count_of(data); k++) {
            data = sgr_record_with(heap, data, sgr_key(data, k),
                                   sgr_string(heap, SGR_STR("(hidden)")));
        }
        object = sgr_record_with(heap, object, sgr_str_from(fields[i]), data);
    }
    return object;
}

static void yaml_of(struct sgr_heap *heap, sgr_value object, struct sgr_buf *out)
{
    sgr_buf_init(out, TEXT_MAX);
    if (!sgr_is_absent(object)) {
        (void)sgr_yaml_write(without_secrets(heap, object), out);
    }
}

static void compare(void *self, sgr_value object, sgr_value before, sgr_value after)
{
    struct plan *plan = self;
    struct sgr_buf before_text, after_text, name;
    sgr_buf_init(&name, 1 << 16);
    sgr_buf_printf(&name, "%.*s %.*s", SGR_FMT(sgr_path_str(object, "kind")),
                   SGR_FMT(sgr_path_str(object, "metadata/name")));
    yaml_of(plan->heap, before, &before_text);
    yaml_of(plan->heap, after, &after_text);
    size_t length = plan->out.len;
    sgr_diff(sgr_buf_str(&name), sgr_buf_str(&before_text), sgr_buf_str(&after_text), &plan->out);
    plan->changes += plan->out.len > length;
    sgr_buf_release(&before_text);
    sgr_buf_release(&after_text);
    sgr_buf_release(&name);
}

/* ---- the door ---- */

static bool fill(struct plan *plan, struct sgr_script *script, const struct sgr_cli *cli,
                 struct sgr_machine *machine, sgr_value declarations, sgr_value rollout)
{
    struct sgr_listener listener = {.watch = collect, .self = plan};
    struct sgr_cluster *cluster = sgr_session_open(cli, declarations, &listener);
    bool ok = cluster != NULL && sgr_preflight(script, machine, cluster, declarations, rollout) &&
              sgr_look(script, machine, cluster, "std/run:planned", declarations, rollout) &&
              sgr_dry_run_all(plan->dry_run, cluster, compare, plan);
    sgr_session_close(cluster);
    return ok;
}

int sgr_plan(struct sgr_script *script, const struct sgr_cli *cli, struct sgr_machine *machine)
{
    struct plan plan = {.heap = sgr_heap_new((size_t)256 << 20)};
    plan.dry_run = sgr_dry_run_new(plan.heap);
    struct sgr_error error = {0};
    sgr_value declarations, rollout = sgr_absent();
    int status = SGR_EXIT_FAULT;
    sgr_buf_init(&plan.out, TEXT_MAX);
    if (sgr_script_declarations(script, machine, &declarations)) {
        declarations = sgr_declarations_in(cli, sgr_machine_heap(machine), declarations);
        rollout = sgr_find_rollout(declarations, sgr_cli_value(cli, SGR_OPT_rollout));
    }
    bool simulated = sgr_cli_has(cli, SGR_OPT_sim);
    if (!sgr_is_absent(rollout) &&
        (simulated || fill(&plan, script, cli, machine, declarations, rollout))) {
        if (!simulated && plan.changes == 0) {
            sgr_buf_cstr(&plan.out, "nothing to change\n");
        } else {
            sgr_buf_cstr(&plan.out, simulated ? "" : "\n");
            (void)sgr_forecast(script, machine, declarations, rollout, &plan.out);
        }
        status = plan.changes > 0 ? 2 : 0;
        if (!sgr_write_all(STDOUT_FILENO, sgr_buf_str(&plan.out), &error)) {
            status = sgr_complain(SGR_EXIT_FAULT, "%s", error.text);
        }
    }
    sgr_error_release(&error);
    sgr_buf_release(&plan.out);
    sgr_dry_run_free(plan.dry_run);
    sgr_heap_free(plan.heap);
    return status;
}
