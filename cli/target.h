/* The targets of `sgrc compile`: rows of target.def. */
#ifndef SGR_CLI_TARGET_H
#define SGR_CLI_TARGET_H

#include "cli/cli.h"

enum sgr_target_form {
    SGR_TARGET_PLAIN,
    SGR_TARGET_BYTECODE,
    SGR_TARGET_YAML,
    SGR_TARGET_JSON,
    SGR_TARGET_STEPS,
    SGR_TARGET_JOB,
};

struct sgr_target {
    const char *word;
    enum sgr_target_form form;
    const char *module; /* of the standard library; NULL: none */
    const char *doc;
};

/* What --target names, plain where it is silent; NULL where there is no such target. */
const struct sgr_target *sgr_target_find(const struct sgr_cli *cli);
/* Complains, naming those that there are. */
int sgr_target_unknown(const struct sgr_cli *cli);
/* The module that the target of this command needs; NULL for none. */
const char *sgr_target_module(const struct sgr_cli *cli);

#endif
