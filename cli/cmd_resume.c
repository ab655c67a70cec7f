/* sgrc resume: goes on with a run that was interrupted, on whatever machine this is. */
#include "cli/session.h"

int sgr_cmd_resume(const struct sgr_cli *cli)
{
    const char *name = sgr_one_name(cli);
    return name != NULL ? sgr_perform_rest(cli, sgr_absent(), name, NULL) : SGR_EXIT_FAULT;
}
