/* sgrc status: how a run stands, from any machine that reaches its record. */
#include <unistd.h>

#include "cli/session.h"
#include "k8s/codec.h"

enum { TEXT_MAX = 1 << 20 };

static void print(const struct sgr_cli *cli, struct sgr_cluster *cluster, const char *name,
                  const struct sgr_cluster_record *record)
{
    struct sgr_buf out, holder;
    struct sgr_error error = {0};
    struct sgr_heap *heap = sgr_heap_new(16 << 20);
    const char *output = sgr_cli_value(cli, SGR_OPT_output);
    sgr_value status = sgr_absent();
    sgr_buf_init(&out, TEXT_MAX);
    sgr_buf_init(&holder, TEXT_MAX);
    bool held = sgr_cluster_holder(cluster, sgr_str_from(name), &holder);
    if (output != NULL && strcmp(output, "json") == 0) {
        sgr_buf_add(&out, sgr_buf_str(&record->status));
        sgr_buf_byte(&out, '\n');
    } else {
        (void)sgr_json_read(heap, sgr_buf_str(&record->status), &status, NULL);
        sgr_print_status(name, sgr_cluster_namespace(cluster), status, held ? holder.ptr : NULL,
                         &out);
    }
    sgr_write_all(STDOUT_FILENO, sgr_buf_str(&out), &error);
    sgr_error_release(&error);
    sgr_heap_free(heap);
    sgr_buf_release(&holder);
    sgr_buf_release(&out);
}

int sgr_cmd_status(const struct sgr_cli *cli)
{
    const char *name = sgr_one_name(cli);
    struct sgr_cluster *cluster = name != NULL ? sgr_session_open(cli, sgr_absent(), NULL) : NULL;
    struct sgr_cluster_record record;
    int status = SGR_EXIT_FAULT;
    if (cluster == NULL) {
        return status;
    }
    if (sgr_load_record(cluster, name, &record)) {
        print(cli, cluster, name, &record);
        sgr_cluster_record_release(&record);
        status = SGR_EXIT_OK;
    }
    sgr_session_close(cluster);
    return status;
}
