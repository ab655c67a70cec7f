/* sgrc history: the runs of a rollout, newest first, or the rollouts of a namespace. */
#include <unistd.h>

#include "cli/session.h"
#include "k8s/codec.h"

enum { TEXT_MAX = 4 << 20 };

static void row(struct sgr_buf *out, sgr_str name, sgr_value status)
{
    sgr_buf_printf(out, "%-20.*s %-12.*s %-21.*s %-21.*s ", SGR_FMT(name),
                   SGR_FMT(sgr_path_str(status, "outcome")),
                   SGR_FMT(sgr_path_str(status, "started")),
                   SGR_FMT(sgr_path_str(status, "ended")));
    sgr_print_version(status, out);
    sgr_buf_byte(out, '\n');
}

static void rows(const struct sgr_cli *cli, sgr_value list, const char *name, struct sgr_buf *out)
{
    const char *output = sgr_cli_value(cli, SGR_OPT_output);
    bool json = output != NULL && strcmp(output, "json") == 0;
    if (!json) {
        sgr_buf_printf(out, "%-20s %-12s %-21s %-21s %s\n", "ROLLOUT", "OUTCOME", "STARTED",
                       "ENDED", "VERSION");
    }
    for (size_t i = 0; i < sgr_count_of(list); i++) {
        sgr_value item = sgr_item(list, i);
        if (json) {
            (void)sgr_value_json(item, out);
            sgr_buf_byte(out, '\n');
        } else {
            row(out, name != NULL ? sgr_str_from(name) : sgr_path_str(item, "name"),
                name != NULL ? item : sgr_field(item, SGR_STR("status")));
        }
    }
}

/* The runs before, and the one that is kept now, newest first. */
static bool of_one(struct sgr_cluster *cluster, const char *name, struct sgr_heap *heap,
                   sgr_value *list)
{
    struct sgr_cluster_record record;
    SGR_VEC(sgr_value) found = {0};
    sgr_value history = sgr_absent(), status = sgr_absent();
    if (!sgr_load_record(cluster, name, &record)) {
        return false;
    }
    (void)sgr_json_read(heap, sgr_buf_str(&record.history), &history, NULL);
    (void)sgr_json_read(heap, sgr_buf_str(&record.status), &status, NULL);
    sgr_vec_push(&found, status);
    for (size_t i = history.tag == SGR_LIST ? sgr_count_of(history) : 0; i-- > 0;) {
        sgr_vec_push(&found, sgr_item(history, i));
    }
    *list = sgr_list(heap, found.at, found.len);
    sgr_vec_release(&found);
    sgr_cluster_record_release(&record);
    return true;
}

int sgr_cmd_history(const struct sgr_cli *cli)
{
    const char *name = cli->files.len > 0 ? sgr_one_name(cli) : NULL;
    struct sgr_error error = {0};
    struct sgr_cluster *cluster =
        cli->files.len > 0 && name == NULL ? NULL : sgr_session_open(cli, sgr_absent(), NULL);
    if (cluster == NULL) {
        return SGR_EXIT_FAULT;
    }
    struct sgr_heap *heap = sgr_heap_new(64 << 20);
    struct sgr_buf out;
    sgr_value list = sgr_absent();
    sgr_buf_init(&out, TEXT_MAX);
    bool ok = name != NULL ? of_one(cluster, name, heap, &list)
                           : sgr_cluster_runs(cluster, heap, &list, &error);
    if (ok) {
        rows(cli, list, name, &out);
        ok = sgr_write_all(STDOUT_FILENO, sgr_buf_str(&out), &error);
    }
    if (error.text != NULL) {
        (void)sgr_complain(SGR_EXIT_FAULT, "%s", error.text);
    }
    sgr_error_release(&error);
    sgr_buf_release(&out);
    sgr_heap_free(heap);
    sgr_session_close(cluster);
    return ok ? SGR_EXIT_OK : SGR_EXIT_FAULT;
}
