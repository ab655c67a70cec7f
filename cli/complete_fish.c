/* The completion script of fish. Prints nothing itself. */
#include "cli/complete.h"

static void quoted(struct sgr_buf *out, const char *text)
{
    sgr_buf_byte(out, '\'');
    for (; *text != '\0'; text++) {
        if (*text == '\'' || *text == '\\') {
            sgr_buf_byte(out, '\\');
        }
        sgr_buf_byte(out, *text);
    }
    sgr_buf_byte(out, '\'');
}

static void offer(struct sgr_buf *out, enum sgr_completion kind, const char *argument)
{
    switch (kind) {
    case SGR_COMPLETE_WORDS:
        sgr_buf_cstr(out, " -x -a '");
        sgr_complete_words(out, argument, " ");
        sgr_buf_cstr(out, "'");
        break;
    case SGR_COMPLETE_CODES:
        sgr_buf_cstr(out, " -x -a '");
        sgr_complete_codes(out);
        sgr_buf_cstr(out, "'");
        break;
    case SGR_COMPLETE_FILES:
        sgr_buf_cstr(out, " -r -F");
        break;
    case SGR_COMPLETE_SCRIPTS:
        sgr_buf_cstr(out, " -x -a '(__fish_complete_suffix .sgr)'");
        break;
    case SGR_COMPLETE_NOTHING:
        sgr_buf_cstr(out, " -x");
        break;
    }
}

static void complete_option(struct sgr_buf *out, const struct sgr_option_info *option)
{
    sgr_buf_cstr(out, "complete -c sgrc -n '");
    if (strcmp(option->commands, "*") == 0) {
        sgr_buf_cstr(out, "not __fish_use_subcommand");
    } else {
        sgr_buf_printf(out, "__fish_seen_subcommand_from %s", option->commands);
    }
    sgr_buf_printf(out, "' -l %s", option->long_name);
    if (option->short_name != 0) {
        sgr_buf_printf(out, " -s %c", option->short_name);
    }
    if (option->argument != NULL) {
        offer(out, sgr_complete_option(option), option->argument);
    }
    sgr_buf_cstr(out, " -d ");
    quoted(out, option->doc);
    sgr_buf_cstr(out, "\n");
}

void sgr_complete_fish(struct sgr_buf *out)
{
    sgr_buf_cstr(out, "# fish completion of sgrc; load it with: sgrc completion fish | source\n"
                      "complete -c sgrc -f\n");
    for (int i = 0; i < SGR_CMD_COUNT; i++) {
        sgr_buf_printf(out, "complete -c sgrc -n __fish_use_subcommand -a %s -d ",
                       sgr_commands[i].word);
        quoted(out, sgr_commands[i].doc);
        sgr_buf_cstr(out, "\n");
    }
    for (int i = 0; i < SGR_CMD_COUNT; i++) {
        const struct sgr_command_info *info = &sgr_commands[i];
        if (sgr_complete_operand(info) != SGR_COMPLETE_NOTHING) {
            sgr_buf_printf(out, "complete -c sgrc -n '__fish_seen_subcommand_from %s'", info->word);
            offer(out, sgr_complete_operand(info), info->arguments);
            sgr_buf_cstr(out, "\n");
        }
    }
    for (int i = 0; i < SGR_OPT_COUNT; i++) {
        complete_option(out, &sgr_options[i]);
    }
}
