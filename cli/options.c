/* The option and command tables, the parser over them and the help made from them. Prints nothing.
 */
#include "cli/options.h"

#include <stdio.h>

const struct sgr_option_info sgr_options[SGR_OPT_COUNT] = {
#define OPTION(id, long_name, short_name, argument, commands, doc)                                 \
    [SGR_OPT_##id] = {long_name, short_name, argument, commands, doc},
#include "cli/option.def"
#undef OPTION
};

const struct sgr_command_info sgr_commands[SGR_CMD_COUNT] = {
#define COMMAND(id, word, arguments, doc, example) [SGR_CMD_##id] = {word, arguments, doc, example},
#include "cli/command.def"
#undef COMMAND
};

static const struct {
    const char *commands;
    int status;
    const char *doc;
} exits[] = {
#define EXIT(commands, status, doc) {commands, status, doc},
#include "cli/exit.def"
#undef EXIT
};

int sgr_could_not(enum sgr_command command)
{
    for (size_t i = 0; i < sizeof exits / sizeof *exits; i++) {
        if (strcmp(exits[i].doc, "could not run") == 0 &&
            sgr_word_listed(exits[i].commands, sgr_commands[command].word)) {
            return exits[i].status;
        }
    }
    return 1;
}

bool sgr_word_listed(const char *words, const char *word)
{
    size_t length = strlen(word);
    while (*words != '\0') {
        size_t next = strcspn(words, " ");
        if (next == length && strncmp(words, word, length) == 0) {
            return true;
        }
        words += next + strspn(words + next, " ");
    }
    return false;
}

bool sgr_option_applies(enum sgr_option option, enum sgr_command command)
{
    const char *commands = sgr_options[option].commands;
    return strcmp(commands, "*") == 0 || sgr_word_listed(commands, sgr_commands[command].word);
}

static const char *near_option(enum sgr_command command, sgr_str name)
{
    const char *best = NULL;
    size_t best_distance = 3;
    for (int i = 0; i < SGR_OPT_COUNT; i++) {
        size_t distance = sgr_str_distance(name, sgr_str_from(sgr_options[i].long_name), 2);
        if (sgr_option_applies(i, command) && distance < best_distance) {
            best = sgr_options[i].long_name;
            best_distance = distance;
        }
    }
    return best;
}

static bool unknown(enum sgr_command command, const char *written, sgr_str name,
                    struct sgr_error *error)
{
    const char *word = sgr_commands[command].word;
    const char *near = near_option(command, name);
    if (near != NULL) {
        return sgr_error_set(error, "unknown option %s; did you mean --%s?", written, near);
    }
    return sgr_error_set(error, "unknown option %s; `sgrc %s --help` lists them", written, word);
}

static int find_long(enum sgr_command command, sgr_str name)
{
    for (int i = 0; i < SGR_OPT_COUNT; i++) {
        if (sgr_option_applies(i, command) && sgr_str_is(name, sgr_options[i].long_name)) {
            return i;
        }
    }
    return -1;
}

static int find_short(enum sgr_command command, char letter)
{
    for (int i = 0; i < SGR_OPT_COUNT; i++) {
        if (sgr_option_applies(i, command) && sgr_options[i].short_name == letter) {
            return i;
        }
    }
    return -1;
}

/* Whether the value is one of the words of an argument like "text|json", and a number where one is
 * wanted. */
static bool fits(enum sgr_option option, const char *value, struct sgr_error *error)
{
    const char *words = sgr_options[option].argument;
    if (option == SGR_OPT_seed && (*value == '\0' || value[strspn(value, "0123456789")] != '\0')) {
        return sgr_error_set(error, "--seed is a whole number, not `%s`", value);
    }
    if (strchr(words, '|') == NULL) {
        return true;
    }
    struct sgr_buf list;
    sgr_buf_init(&list, 1 << 10);
    bool known = false;
    for (size_t length; *words != '\0'; words += length + (words[length] == '|')) {
        length = strcspn(words, "|");
        known = known || (strlen(value) == length && strncmp(words, value, length) == 0);
        bool last = words[length] == '\0';
        sgr_buf_printf(&list, "%s%.*s",
                       list.len == 0 ? ""
                       : last        ? " or "
                                     : ", ",
                       (int)length, words);
    }
    if (!known) {
        sgr_error_set(error, "--%s is %s, not `%s`", sgr_options[option].long_name, list.ptr,
                      value);
    }
    sgr_buf_release(&list);
    return known;
}

/* One word that begins with '-': returns how many words it took, 0 after an error. */
static int take_option(struct sgr_cli *cli, int left, char **argv, struct sgr_error *error)
{
    const char *word = argv[0];
    const char *value = NULL;
    sgr_str name;
    int option;
    if (word[1] == '-') {
        const char *equals = strchr(word, '=');
        name = (sgr_str){word + 2, equals ? (size_t)(equals - word) - 2 : strlen(word) - 2};
        value = equals ? equals + 1 : NULL;
        option = find_long(cli->command, name);
    } else {
        name = (sgr_str){word + 1, 1};
        value = word[2] != '\0' ? word + 2 : NULL;
        option = find_short(cli->command, word[1]);
    }
    if (option < 0) {
        unknown(cli->command, word, name, error);
        return 0;
    }
    int used = 1;
    if (sgr_options[option].argument == NULL && value != NULL) {
        sgr_error_set(error, "--%s takes no value", sgr_options[option].long_name);
        return 0;
    }
    if (sgr_options[option].argument != NULL && value == NULL) {
        if (left < 2) {
            sgr_error_set(error, "--%s needs a value (%s)", sgr_options[option].long_name,
                          sgr_options[option].argument);
            return 0;
        }
        value = argv[1];
        used = 2;
    }
    if (value != NULL && !fits(option, value, error)) {
        return 0;
    }
    sgr_vec_push(&cli->uses, (struct sgr_option_use){(enum sgr_option)option, value});
    return used;
}

bool sgr_cli_parse(struct sgr_cli *cli, enum sgr_command command, int argc, char **argv,
                   struct sgr_error *error)
{
    *cli = (struct sgr_cli){.command = command};
    bool only_files = false;
    for (int i = 0; i < argc;) {
        if (only_files || argv[i][0] != '-' || argv[i][1] == '\0') {
            sgr_vec_push(&cli->files, argv[i++]);
            continue;
        }
        if (strcmp(argv[i], "--") == 0) {
            only_files = true;
            i++;
            continue;
        }
        int used = take_option(cli, argc - i, argv + i, error);
        if (used == 0) {
            return false;
        }
        i += used;
    }
    return true;
}

void sgr_cli_release(struct sgr_cli *cli)
{
    sgr_vec_release(&cli->uses);
    sgr_vec_release(&cli->files);
}

static const struct sgr_option_use *last_use(const struct sgr_cli *cli, enum sgr_option option)
{
    for (size_t i = cli->uses.len; i > 0; i--) {
        if (cli->uses.at[i - 1].option == option) {
            return &cli->uses.at[i - 1];
        }
    }
    return NULL;
}

const char *sgr_cli_value(const struct sgr_cli *cli, enum sgr_option option)
{
    const struct sgr_option_use *use = last_use(cli, option);
    return use != NULL ? use->value : NULL;
}

bool sgr_cli_has(const struct sgr_cli *cli, enum sgr_option option)
{
    return last_use(cli, option) != NULL;
}

void sgr_help_all(struct sgr_buf *out)
{
    sgr_buf_cstr(out, "sgrc compiles, checks, simulates and performs .sgr rollout scripts.\n\n"
                      "Usage: sgrc COMMAND [OPTIONS] [FILE...]\n\nCommands:\n");
    for (int i = 0; i < SGR_CMD_COUNT; i++) {
        sgr_buf_printf(out, "  %-10s %s\n", sgr_commands[i].word, sgr_commands[i].doc);
    }
    sgr_buf_cstr(out, "\n`sgrc COMMAND --help` tells more of a command.\n");
}

void sgr_help_command(enum sgr_command command, struct sgr_buf *out)
{
    const struct sgr_command_info *info = &sgr_commands[command];
    sgr_buf_printf(out, "sgrc %s: %s\n\nUsage: sgrc %s [OPTIONS]%s%s\n\nOptions:\n", info->word,
                   info->doc, info->word, *info->arguments ? " " : "", info->arguments);
    for (int i = 0; i < SGR_OPT_COUNT; i++) {
        const struct sgr_option_info *option = &sgr_options[i];
        if (!sgr_option_applies(i, command)) {
            continue;
        }
        char left[64];
        char letter[8] = "    ";
        if (option->short_name != 0) {
            snprintf(letter, sizeof letter, "-%c, ", option->short_name);
        }
        snprintf(left, sizeof left, "%s--%s%s%s", letter, option->long_name,
                 option->argument ? " " : "", option->argument ? option->argument : "");
        sgr_buf_printf(out, "  %-34s %s\n", left, option->doc);
    }
    sgr_buf_printf(out, "\nExample:\n  %s\n", info->example);
}
