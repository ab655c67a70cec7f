/* sgrc plan: what a run would change, as the server says, and its steps. Changes nothing. */
#include "cli/session.h"

int sgr_cmd_plan(const struct sgr_cli *cli)
{
    struct sgr_script script;
    int status = SGR_EXIT_FAULT;
    if (cli->files.len != 1) {
        return sgr_complain(SGR_EXIT_FAULT, "plan takes one script");
    }
    if (sgr_script_open(&script, cli, cli->files.at[0])) {
        struct sgr_machine *machine = sgr_script_machine(&script, cli, true);
        if (machine != NULL) {
            status = sgr_plan(&script, cli, machine);
            sgr_machine_free(machine);
        }
    }
    sgr_script_close(&script);
    return status;
}
