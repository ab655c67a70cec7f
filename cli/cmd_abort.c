/* sgrc abort: ends a run and takes back what it changed. Whoever performs it is asked to; where
 * nobody does, this process performs the rollback itself. */
#include <stdio.h>

#include "cli/session.h"

/* Leaves the word for the runner; true when there is one. */
static bool tell_runner(const struct sgr_cli *cli, const char *name, const char *reason,
                        int *status)
{
    struct sgr_error error = {0};
    struct sgr_buf holder;
    struct sgr_cluster *cluster = sgr_session_open(cli, sgr_absent(), NULL);
    *status = SGR_EXIT_FAULT;
    if (cluster == NULL) {
        return true;
    }
    sgr_buf_init(&holder, 1 << 16);
    bool held = sgr_cluster_holder(cluster, sgr_str_from(name), &holder);
    if (held && sgr_cluster_abort(cluster, sgr_str_from(name), sgr_str_from(reason), &error)) {
        *status = SGR_EXIT_OK;
        printf("asked %.*s to roll %s back; `sgrc watch %s -n %s` follows it\n",
               SGR_FMT(sgr_buf_str(&holder)), name, name, sgr_cluster_namespace(cluster));
    } else if (held) {
        (void)sgr_complain(SGR_EXIT_FAULT, "%s", error.text);
    }
    sgr_error_release(&error);
    sgr_buf_release(&holder);
    sgr_session_close(cluster);
    return held;
}

int sgr_cmd_abort(const struct sgr_cli *cli)
{
    const char *name = sgr_one_name(cli);
    const char *reason = sgr_cli_value(cli, SGR_OPT_reason);
    int status = SGR_EXIT_FAULT;
    reason = reason != NULL ? reason : "aborted by a person";
    if (name == NULL || tell_runner(cli, name, reason, &status)) {
        return status;
    }
    return sgr_perform_rest(cli, sgr_absent(), name, reason);
}
