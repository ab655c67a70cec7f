/* sgrc watch: follows a run that somebody performs, by its record, until it is over. */
#include <time.h>
#include <unistd.h>

#include "cli/session.h"
#include "k8s/codec.h"

enum { TEXT_MAX = 1 << 20, PAUSE_MS = 1000 };

static bool is_over(sgr_value status)
{
    sgr_value over = sgr_field(status, SGR_STR("over"));
    return over.tag == SGR_BOOL && over.as.i != 0;
}

/* One look: prints the status where it is another than before; true when the run is over. */
static bool look(const struct sgr_cli *cli, struct sgr_cluster *cluster, const char *name,
                 struct sgr_buf *shown, int *code)
{
    struct sgr_cluster_record record;
    struct sgr_error error = {0};
    struct sgr_heap *heap = sgr_heap_new(16 << 20);
    const char *output = sgr_cli_value(cli, SGR_OPT_output);
    sgr_value status = sgr_absent();
    if (!sgr_load_record(cluster, name, &record)) {
        *code = SGR_EXIT_FAULT;
        sgr_heap_free(heap);
        return true;
    }
    (void)sgr_json_read(heap, sgr_buf_str(&record.status), &status, NULL);
    if (!sgr_str_equal(sgr_buf_str(&record.status), sgr_buf_str(shown))) {
        struct sgr_buf out, holder;
        sgr_buf_init(&out, TEXT_MAX);
        sgr_buf_init(&holder, TEXT_MAX);
        bool held = sgr_cluster_holder(cluster, sgr_str_from(name), &holder);
        if (output != NULL && strcmp(output, "json") == 0) {
            sgr_buf_add(&out, sgr_buf_str(&record.status));
            sgr_buf_byte(&out, '\n');
        } else {
            sgr_print_status(name, sgr_cluster_namespace(cluster), status, held ? holder.ptr : NULL,
                             &out);
        }
        sgr_write_all(STDOUT_FILENO, sgr_buf_str(&out), &error);
        sgr_error_release(&error);
        sgr_buf_release(&holder);
        sgr_buf_release(&out);
        sgr_buf_clear(shown);
        sgr_buf_add(shown, sgr_buf_str(&record.status));
    }
    bool over = is_over(status);
    *code = over ? sgr_outcome_status(status) : SGR_EXIT_OK;
    sgr_cluster_record_release(&record);
    sgr_heap_free(heap);
    return over;
}

int sgr_cmd_watch(const struct sgr_cli *cli)
{
    static const struct timespec pause = {PAUSE_MS / 1000, PAUSE_MS % 1000 * 1000000L};
    const char *name = sgr_one_name(cli);
    struct sgr_cluster *cluster = name != NULL ? sgr_session_open(cli, sgr_absent(), NULL) : NULL;
    struct sgr_buf shown;
    int code = SGR_EXIT_FAULT;
    if (cluster == NULL) {
        return code;
    }
    sgr_buf_init(&shown, TEXT_MAX);
    while (!look(cli, cluster, name, &shown, &code)) {
        nanosleep(&pause, NULL);
    }
    sgr_buf_release(&shown);
    sgr_session_close(cluster);
    return code;
}
