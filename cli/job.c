/* A rollout as a Job of the cluster: what it consists of, and handing it over. Must never hand over
 * what this machine alone has: a kubeconfig, a token or a file. */
#include "cli/job.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "cli/session.h"

enum { PROGRAM_MAX = 512 << 20 };

/* The parameters as the options give them, by name. */
static sgr_value given_params(const struct sgr_cli *cli, struct sgr_heap *heap)
{
    sgr_value params = sgr_absent();
    for (size_t i = 0; i < cli->uses.len; i++) {
        const char *text = cli->uses.at[i].value;
        const char *equals = cli->uses.at[i].option == SGR_OPT_set ? strchr(text, '=') : NULL;
        if (equals != NULL) {
            sgr_str name = {text, (size_t)(equals - text)};
            params =
                sgr_record_with(heap, params, name, sgr_string(heap, sgr_str_from(equals + 1)));
        }
    }
    return params;
}

/* The files of --values, as values-1.yaml and so on; false after an error. */
static bool given_values(const struct sgr_cli *cli, struct sgr_heap *heap, sgr_value *values,
                         struct sgr_error *error)
{
    size_t count = 0;
    for (size_t i = 0; i < cli->uses.len; i++) {
        sgr_str text;
        char name[32];
        if (cli->uses.at[i].option != SGR_OPT_values) {
            continue;
        }
        if (!sgr_read_file(cli->uses.at[i].value, &text, error)) {
            return false;
        }
        snprintf(name, sizeof name, "values-%zu.yaml", ++count);
        *values = sgr_record_with(heap, *values, sgr_str_from(name), sgr_string(heap, text));
        free((void *)(uintptr_t)text.ptr);
    }
    return true;
}

static sgr_value with_text(struct sgr_heap *heap, sgr_value record, const char *key,
                           const char *text)
{
    return sgr_record_with(heap, record, sgr_str_from(key), sgr_string(heap, sgr_str_from(text)));
}

/* What std/targets/job is given; false after a complaint. */
static bool given_of(struct sgr_script *script, const struct sgr_cli *cli, struct sgr_heap *heap,
                     sgr_value *given)
{
    const char *runner = sgr_cli_value(cli, SGR_OPT_runner);
    struct sgr_error error = {0};
    struct sgr_buf bytes;
    sgr_value values = sgr_absent(), params = given_params(cli, heap);
    if (!given_values(cli, heap, &values, &error)) {
        (void)sgr_complain(SGR_EXIT_FAULT, "%s", error.text);
        sgr_error_release(&error);
        return false;
    }
    sgr_buf_init(&bytes, PROGRAM_MAX);
    sgr_program_save(script->program, &bytes);
    *given = sgr_record_with(heap, sgr_absent(), SGR_STR("program"),
                             sgr_string(heap, sgr_buf_str(&bytes)));
    sgr_buf_release(&bytes);
    if (!sgr_is_absent(values)) {
        *given = sgr_record_with(heap, *given, SGR_STR("values"), values);
    }
    if (!sgr_is_absent(params)) {
        *given = sgr_record_with(heap, *given, SGR_STR("params"), params);
    }
    *given = with_text(heap, *given, "runner", runner != NULL ? runner : "sgrc:" SGR_VERSION);
    return true;
}

bool sgr_job_documents(struct sgr_script *script, const struct sgr_cli *cli,
                       struct sgr_machine *machine, sgr_value declarations, sgr_value options,
                       sgr_value *documents)
{
    struct sgr_heap *heap = sgr_machine_heap(machine);
    sgr_value rollout = sgr_find_rollout(declarations, sgr_cli_value(cli, SGR_OPT_rollout)), given;
    if (sgr_is_absent(rollout) || !given_of(script, cli, heap, &given)) {
        return false;
    }
    if (!sgr_is_absent(options)) { /* the same asked for again is to be done again */
        char now[32];
        snprintf(now, sizeof now, "%lld", (long long)time(NULL));
        given = sgr_record_with(heap, given, SGR_STR("options"), options);
        given = with_text(heap, given, "begun", now);
    }
    sgr_value args[] = {declarations, rollout, given};
    return sgr_script_call(script, machine, "std/targets/job:documents_of", args, 3, documents);
}

/* ---- handing over ---- */

/* The options of this command that are those of the run in the Job, too. */
static sgr_value options_of(const struct sgr_cli *cli, struct sgr_heap *heap)
{
    static const struct {
        enum sgr_option id;
        const char *text;
        bool has_value;
    } rows[] = {
        {SGR_OPT_namespace, "--namespace", true},
        {SGR_OPT_prometheus, "--prometheus", true},
        {SGR_OPT_metrics_push, "--metrics-push", true},
        {SGR_OPT_yes, "--yes", false},
        {SGR_OPT_force_conflicts, "--force-conflicts", false},
        {SGR_OPT_supersede, "--supersede", false},
    };
    sgr_value list[2 * sizeof rows / sizeof *rows];
    size_t count = 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (sgr_cli_has(cli, rows[i].id)) {
            list[count++] = sgr_string(heap, sgr_str_from(rows[i].text));
            if (rows[i].has_value) {
                const char *value = sgr_cli_value(cli, rows[i].id);
                list[count++] = sgr_string(heap, sgr_str_from(value));
            }
        }
    }
    return sgr_list(heap, list, count);
}

static bool apply_all(struct sgr_cluster *cluster, sgr_value objects)
{
    struct sgr_error error = {0};
    for (size_t i = 0; i < sgr_count_of(objects); i++) {
        if (!sgr_cluster_apply(cluster, sgr_item(objects, i), &error)) {
            (void)sgr_complain(SGR_EXIT_FAULT, "%s", error.text);
            sgr_error_release(&error);
            return false;
        }
    }
    return true;
}

int sgr_hand_over(struct sgr_script *script, const struct sgr_cli *cli, struct sgr_machine *machine)
{
    struct sgr_heap *heap = sgr_machine_heap(machine);
    sgr_value declarations, rights, documents;
    if (!sgr_script_call(script, machine, "declarations", NULL, 0, &declarations)) {
        return SGR_EXIT_FAULT;
    }
    declarations = sgr_declarations_in(cli, heap, declarations);
    sgr_value rollout = sgr_find_rollout(declarations, sgr_cli_value(cli, SGR_OPT_rollout));
    sgr_value args[] = {declarations, rollout};
    if (sgr_is_absent(rollout) ||
        !sgr_script_call(script, machine, "std/rbac:of_rollout", args, 2, &rights) ||
        !sgr_job_documents(script, cli, machine, declarations, options_of(cli, heap), &documents)) {
        return SGR_EXIT_FAULT;
    }
    struct sgr_cluster *cluster = sgr_session_open(cli, declarations, NULL);
    int status = SGR_EXIT_FAULT;
    if (cluster != NULL && apply_all(cluster, rights) && apply_all(cluster, documents)) {
        const char *space = sgr_cluster_namespace(cluster);
        printf("Job %.*s performs %.*s; follow it with `sgrc watch %.*s -n %s`\n",
               SGR_FMT(
                   sgr_path_str(sgr_item(documents, sgr_count_of(documents) - 1), "metadata/name")),
               SGR_FMT(sgr_path_str(rollout, "name")), SGR_FMT(sgr_path_str(rollout, "name")),
               space);
        status = SGR_EXIT_OK;
    }
    sgr_session_close(cluster);
    return status;
}
