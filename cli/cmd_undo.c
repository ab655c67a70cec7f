/* sgrc undo: brings back what a run that is over has changed, also after a promotion. */
#include <stdio.h>

#include "cli/session.h"

static void print_message(void *self, const struct sgr_report *report)
{
    (void)self;
    if (strcmp(report->kind, "message") == 0) {
        fprintf(stderr, "%.*s\n", SGR_FMT(sgr_path_str(report->fields, "text")));
    }
}

int sgr_cmd_undo(const struct sgr_cli *cli)
{
    const char *name = sgr_one_name(cli);
    struct sgr_error error = {0};
    size_t count = 0;
    struct sgr_listener listener = {.watch = print_message};
    struct sgr_cluster *cluster =
        name != NULL ? sgr_session_open(cli, sgr_absent(), &listener) : NULL;
    if (cluster == NULL) {
        return SGR_EXIT_FAULT;
    }
    bool ok = sgr_cluster_undo(cluster, sgr_str_from(name), &count, &error);
    if (ok || count > 0) {
        printf("%s: %zu change%s taken back\n", name, count, count == 1 ? "" : "s");
    }
    if (!ok) {
        (void)sgr_complain(count > 0 ? SGR_EXIT_LEFT : SGR_EXIT_FAULT, "%s", error.text);
    }
    sgr_error_release(&error);
    sgr_session_close(cluster);
    return ok ? SGR_EXIT_OK : count > 0 ? SGR_EXIT_LEFT : SGR_EXIT_FAULT;
}
