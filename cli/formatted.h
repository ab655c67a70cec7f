/* A script in its canonical layout. */
#ifndef SGR_CLI_FORMATTED_H
#define SGR_CLI_FORMATTED_H

#include "cli/cli.h"

struct sgr_formatted {
    struct sgr_arena *arena;
    struct sgr_sources sources;
    struct sgr_diags diags; /* of what is no script */
    struct sgr_buf text;
    bool ok;
};

/* `path` is named in diagnostics; `text` must live until the release. */
void sgr_format(struct sgr_formatted *formatted, const char *path, sgr_str text);
void sgr_formatted_release(struct sgr_formatted *formatted);

#endif
