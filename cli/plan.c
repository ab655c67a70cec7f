/* What a run would change: the routine `planned` of the standard library reads the cluster and
 * names the objects; the server says what applying each would do. Must never change anything. */
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/diff.h"
#include "cli/dry_run.h"
#include "cli/session.h"
#include "cli/simulate.h"
#include "k8s/codec.h"

enum { TEXT_MAX = 64 << 20 };

struct plan {
    struct sgr_heap *heap;
    struct sgr_dry_run *dry_run;
    SGR_VEC(sgr_value) steps; /* { name, from, to }: of a simulated run, in ms */
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

/* ---- the steps, as a simulated run takes them ---- */

static void time_steps(void *self, const struct sgr_report *report)
{
    struct plan *plan = self;
    bool begins = strcmp(report->kind, "step") == 0, ends = strcmp(report->kind, "step_end") == 0;
    if (!begins && !ends) {
        return;
    }
    struct sgr_record_builder builder;
    sgr_record_begin(&builder, plan->heap);
    sgr_record_set(&builder, SGR_STR("name"),
                   sgr_value_copy(plan->heap, sgr_field(report->fields, SGR_STR("name"))));
    sgr_record_set(&builder, SGR_STR("ends"), sgr_bool(ends));
    sgr_record_set(&builder, SGR_STR("at"), sgr_unit_i(SGR_DURATION, report->time));
    sgr_vec_push(&plan->steps, sgr_record_end(&builder));
}

/* When the step that begins with row `i` ends, in ms; -1 where it did not. */
static int64_t end_of(const struct plan *plan, size_t i)
{
    sgr_str name = sgr_path_str(plan->steps.at[i], "name");
    for (size_t k = i + 1; k < plan->steps.len; k++) {
        sgr_value row = plan->steps.at[k];
        if (sgr_field(row, SGR_STR("ends")).as.i &&
            sgr_str_equal(sgr_path_str(row, "name"), name)) {
            return sgr_path_int(row, "at", -1);
        }
    }
    return -1;
}

static void print_steps(struct plan *plan, sgr_value rollout)
{
    sgr_buf_cstr(&plan->out, "\nsteps, and how long each takes while all is well:\n");
    for (size_t i = 0; i < plan->steps.len; i++) {
        sgr_value row = plan->steps.at[i];
        if (sgr_field(row, SGR_STR("ends")).as.i) {
            continue;
        }
        int64_t from = sgr_path_int(row, "at", 0), to = end_of(plan, i);
        sgr_buf_printf(&plan->out, "  %-24.*s ", SGR_FMT(sgr_path_str(row, "name")));
        if (to >= 0) {
            sgr_value_print(sgr_unit_i(SGR_DURATION, to - from), &plan->out);
        }
        sgr_buf_byte(&plan->out, '\n');
    }
    sgr_buf_cstr(&plan->out, "at most ");
    sgr_value_print(sgr_field(rollout, SGR_STR("deadline")), &plan->out);
    sgr_buf_cstr(&plan->out, " in all; then it goes back by itself\n");
}

static void add_steps(struct plan *plan, struct sgr_script *script, struct sgr_machine *machine,
                      sgr_value declarations, sgr_value rollout)
{
    struct sgr_simulation how = {.scenario = sgr_absent(), .watch = time_steps, .watch_self = plan};
    if (sgr_simulate(script, machine, declarations, rollout, &how, plan->heap, NULL, NULL)) {
        print_steps(plan, rollout);
    }
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
    if (sgr_script_call(script, machine, "declarations", NULL, 0, &declarations)) {
        declarations = sgr_declarations_in(cli, sgr_machine_heap(machine), declarations);
        rollout = sgr_find_rollout(declarations, sgr_cli_value(cli, SGR_OPT_rollout));
    }
    if (!sgr_is_absent(rollout) && fill(&plan, script, cli, machine, declarations, rollout)) {
        if (plan.changes == 0) {
            sgr_buf_cstr(&plan.out, "nothing to change\n");
        } else {
            add_steps(&plan, script, machine, declarations, rollout);
        }
        status = plan.changes > 0 ? 2 : 0;
        if (!sgr_write_all(STDOUT_FILENO, sgr_buf_str(&plan.out), &error)) {
            status = sgr_complain(SGR_EXIT_FAULT, "%s", error.text);
        }
    }
    sgr_error_release(&error);
    sgr_buf_release(&plan.out);
    sgr_dry_run_free(plan.dry_run);
    sgr_vec_release(&plan.steps);
    sgr_heap_free(plan.heap);
    return status;
}
