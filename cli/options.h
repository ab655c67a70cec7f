/* Command-line options: one table, parsed once, asked by id. */
#ifndef SGR_CLI_OPTIONS_H
#define SGR_CLI_OPTIONS_H

#include "base/base.h"

enum sgr_option {
#define OPTION(id, long_name, short_name, argument, commands, doc) SGR_OPT_##id,
#include "cli/option.def"
#undef OPTION
    SGR_OPT_COUNT
};

enum sgr_command {
#define COMMAND(id, word, arguments, doc, example) SGR_CMD_##id,
#include "cli/command.def"
#undef COMMAND
    SGR_CMD_COUNT
};

struct sgr_option_info {
    const char *long_name;
    char short_name;
    const char *argument;
    const char *commands;
    const char *doc;
};
struct sgr_command_info {
    const char *word, *arguments, *doc, *example;
};
extern const struct sgr_option_info sgr_options[SGR_OPT_COUNT];
extern const struct sgr_command_info sgr_commands[SGR_CMD_COUNT];

struct sgr_option_use {
    enum sgr_option option;
    const char *value; /* argv's; NULL for options without argument */
};

/* What was written on the command line. Borrows argv. */
struct sgr_cli {
    enum sgr_command command;
    SGR_VEC(struct sgr_option_use) uses;
    SGR_VEC(const char *) files;
};

/* Parses everything behind the command word; false after a sentence in `error`. */
bool sgr_cli_parse(struct sgr_cli *cli, enum sgr_command command, int argc, char **argv,
                   struct sgr_error *error);
void sgr_cli_release(struct sgr_cli *cli);
/* The last value of an option; NULL where it is not given. */
const char *sgr_cli_value(const struct sgr_cli *cli, enum sgr_option option);
bool sgr_cli_has(const struct sgr_cli *cli, enum sgr_option option);
/* Whether `words`, separated by spaces, has the word. */
/* The exit status of a command that could not do what it is there for. */
int sgr_could_not(enum sgr_command command);
bool sgr_word_listed(const char *words, const char *word);
bool sgr_option_applies(enum sgr_option option, enum sgr_command command);

void sgr_help_all(struct sgr_buf *out);
void sgr_help_command(enum sgr_command command, struct sgr_buf *out);

#endif
