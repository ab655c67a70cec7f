/* sgrc approve: answers the open question of a run that somebody performs. */
#include <stdio.h>
#include <stdlib.h>

#include "cli/session.h"

int sgr_cmd_approve(const struct sgr_cli *cli)
{
    const char *name = sgr_one_name(cli), *user = getenv("USER");
    bool approved = !sgr_cli_has(cli, SGR_OPT_deny);
    struct sgr_error error = {0};
    struct sgr_cluster *cluster = name != NULL ? sgr_session_open(cli, sgr_absent(), NULL) : NULL;
    if (cluster == NULL) {
        return SGR_EXIT_FAULT;
    }
    bool ok = sgr_cluster_say(cluster, sgr_str_from(name), approved,
                              sgr_str_from(user != NULL ? user : "somebody"), &error);
    if (ok) {
        printf("%s: %s\n", name, approved ? "approved" : "denied");
    } else {
        (void)sgr_complain(SGR_EXIT_FAULT, "%s", error.text);
    }
    sgr_error_release(&error);
    sgr_session_close(cluster);
    return ok ? SGR_EXIT_OK : SGR_EXIT_FAULT;
}
