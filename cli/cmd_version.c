/* sgrc version. */
#include "cli/cli.h"

#include <stdio.h>

int sgr_cmd_version(const struct sgr_cli *cli)
{
    (void)cli;
    printf("sgrc %s\n", SGR_VERSION);
    return 0;
}
