/* sgrc version. */
#include "cli/cli.h"

#include <stdio.h>

int sgr_cmd_version(const struct sgr_cli *cli)
{
    (void)cli;
    return printf("sgrc %s\n", SGR_VERSION) > 0 && fflush(stdout) == 0 ? 0 : 1;
}
