/* .sgrc.yaml: the levels of lints and what they must know of the cluster. Looked for in the folder
 * of a script and then upwards; the nearest one counts, alone. */
#ifndef SGR_CLI_LINT_CONFIG_H
#define SGR_CLI_LINT_CONFIG_H

#include "compiler/lint/lint.h"

struct sgr_lint_config; /* of one folder */

/* Configurations that were read, by folder. Zero-initialised is empty. */
struct sgr_lint_configs {
    struct sgr_lint_settings base; /* where no file says otherwise */
    SGR_VEC(struct sgr_lint_config *) folders;
    struct sgr_map by_folder;
};

/* The settings for a script ("-": of the folder where we are). NULL with a sentence where a
 * .sgrc.yaml cannot be read or says something unknown. Owned by `configs`. */
const struct sgr_lint_settings *sgr_lint_settings_for(struct sgr_lint_configs *configs,
                                                      const char *script, struct sgr_error *error);
/* What the text of such a file says, over `settings`; false with a sentence. */
bool sgr_lint_config_read(sgr_str text, struct sgr_lint_settings *settings,
                          struct sgr_error *error);
void sgr_lint_configs_release(struct sgr_lint_configs *configs);

#endif
