/* Errors and lints of one text after another, for lint and for editors. */
#ifndef SGR_CLI_TEXT_CHECK_H
#define SGR_CLI_TEXT_CHECK_H

#include "cli/lint_config.h"

struct sgr_text_check {
    struct sgr_lint_configs configs;
    struct sgr_compilation *compilation; /* of the texts so far: what is built in is read once */
    bool built_in;                       /* the last one was a module of the standard library */
    sgr_read_fn read; /* where files come from, with `read_self`; NULL: the file system */
    void *read_self;
};

void sgr_text_check_init(struct sgr_text_check *check);
/* The diagnostics are those of check->compilation. `text` with NULL bytes: the file of that path.
 */
void sgr_text_check(struct sgr_text_check *check, const char *path, sgr_str text,
                    const struct sgr_lint_settings *settings);
/* Before a text that was given is freed. */
void sgr_text_check_forget(struct sgr_text_check *check);
void sgr_text_check_release(struct sgr_text_check *check);

#endif
