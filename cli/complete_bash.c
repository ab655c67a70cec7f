/* The completion script of bash. Prints nothing itself. */
#include "cli/complete.h"

static const char head[] =
    "# bash completion of sgrc; load it with: source <(sgrc completion bash)\n"
    "\n"
    "# A folder or a file whose name ends in one of the suffixes; any file where there is none.\n"
    "_sgrc_files() {\n"
    "    local suffix\n"
    "    compopt -o filenames 2>/dev/null\n"
    "    mapfile -t COMPREPLY < <(compgen -d -- \"$word\"\n"
    "        [ $# -gt 0 ] || compgen -f -- \"$word\"\n"
    "        for suffix in \"$@\"; do compgen -f -X \"!*$suffix\" -- \"$word\"; done)\n"
    "}\n"
    "\n"
    "_sgrc_words() {\n"
    "    mapfile -t COMPREPLY < <(compgen -W \"$1\" -- \"$word\")\n"
    "}\n"
    "\n"
    "_sgrc() {\n"
    "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}\n"
    "    COMPREPLY=()\n"
    "    # bash makes --option=value three words\n"
    "    if [ \"$word\" = = ]; then word=; elif [ \"$before\" = = ]; then "
    "before=${COMP_WORDS[COMP_CWORD - 2]}; fi\n"
    "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
    "        _sgrc_words \"";

static const char tail[] = "    esac\n"
                           "}\n"
                           "complete -F _sgrc sgrc\n";

static void offer(struct sgr_buf *out, enum sgr_completion kind, const char *argument)
{
    switch (kind) {
    case SGR_COMPLETE_WORDS:
        sgr_buf_cstr(out, "_sgrc_words \"");
        sgr_complete_words(out, argument, " ");
        sgr_buf_cstr(out, "\"");
        break;
    case SGR_COMPLETE_CODES:
        sgr_buf_cstr(out, "_sgrc_words \"");
        sgr_complete_codes(out);
        sgr_buf_cstr(out, "\"");
        break;
    case SGR_COMPLETE_FILES:
        sgr_buf_cstr(out, "_sgrc_files");
        break;
    case SGR_COMPLETE_SCRIPTS:
        sgr_buf_cstr(out, "_sgrc_files .sgr .sgb");
        break;
    case SGR_COMPLETE_NOTHING:
        sgr_buf_cstr(out, ":");
        break;
    }
}

static void option_names(struct sgr_buf *out, enum sgr_command command)
{
    const char *separator = "";
    for (int i = 0; i < SGR_OPT_COUNT; i++) {
        if (sgr_option_applies(i, command)) {
            sgr_buf_printf(out, "%s--%s", separator, sgr_options[i].long_name);
            separator = " ";
        }
    }
}

static void option_value(struct sgr_buf *out, const struct sgr_option_info *option)
{
    sgr_buf_printf(out, "        --%s", option->long_name);
    if (option->short_name != 0) {
        sgr_buf_printf(out, " | -%c", option->short_name);
    }
    sgr_buf_cstr(out, ") ");
    offer(out, sgr_complete_option(option), option->argument);
    sgr_buf_cstr(out, "; return ;;\n");
}

static void complete_command(struct sgr_buf *out, enum sgr_command command)
{
    const struct sgr_command_info *info = &sgr_commands[command];
    sgr_buf_printf(out, "    %s)\n        case $before in\n", info->word);
    for (int i = 0; i < SGR_OPT_COUNT; i++) {
        if (sgr_option_applies(i, command) && sgr_options[i].argument != NULL) {
            option_value(out, &sgr_options[i]);
        }
    }
    sgr_buf_cstr(out, "        esac\n        case $word in\n        -*) _sgrc_words \"");
    option_names(out, command);
    sgr_buf_cstr(out, "\" ;;\n        *) ");
    offer(out, sgr_complete_operand(info), info->arguments);
    sgr_buf_cstr(out, " ;;\n        esac\n        ;;\n");
}

void sgr_complete_bash(struct sgr_buf *out)
{
    sgr_buf_cstr(out, head);
    for (int i = 0; i < SGR_CMD_COUNT; i++) {
        sgr_buf_printf(out, "%s%s", i > 0 ? " " : "", sgr_commands[i].word);
    }
    sgr_buf_cstr(out, "\"\n        return\n    fi\n    case ${COMP_WORDS[1]} in\n");
    for (int i = 0; i < SGR_CMD_COUNT; i++) {
        complete_command(out, (enum sgr_command)i);
    }
    sgr_buf_cstr(out, tail);
}
