/* Completion scripts, made from the tables of commands and options. */
#ifndef SGR_CLI_COMPLETE_H
#define SGR_CLI_COMPLETE_H

#include "cli/options.h"

/* What may stand for an argument, told by how the tables write it. */
enum sgr_completion {
    SGR_COMPLETE_NOTHING, /* a name, a number: nothing can be offered */
    SGR_COMPLETE_WORDS,   /* a|b|c */
    SGR_COMPLETE_FILES,   /* FILE or OUT of an option, YAML of a command: any file */
    SGR_COMPLETE_SCRIPTS, /* FILE of a command: scripts, programs and folders */
    SGR_COMPLETE_CODES,   /* CODE: a diagnostic */
};
enum sgr_completion sgr_complete_option(const struct sgr_option_info *option);
enum sgr_completion sgr_complete_operand(const struct sgr_command_info *command);
/* The words of a|b|c with `separator` between them. */
void sgr_complete_words(struct sgr_buf *out, const char *argument, const char *separator);
/* All codes and names of diagnostics with spaces between them. */
void sgr_complete_codes(struct sgr_buf *out);

void sgr_complete_bash(struct sgr_buf *out);
void sgr_complete_zsh(struct sgr_buf *out);
void sgr_complete_fish(struct sgr_buf *out);

#endif
