/* The completion script of zsh. Prints nothing itself. */
#include "cli/complete.h"

/* Text inside a single-quoted specification of _arguments or _describe. */
static void quoted(struct sgr_buf *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '\'') {
            sgr_buf_cstr(out, "'\\''");
        } else if (strchr("[]:\\", *text) != NULL) {
            sgr_buf_byte(out, '\\');
            sgr_buf_byte(out, *text);
        } else {
            sgr_buf_byte(out, *text);
        }
    }
}

static void offer(struct sgr_buf *out, enum sgr_completion kind, const char *argument)
{
    switch (kind) {
    case SGR_COMPLETE_WORDS:
        sgr_buf_cstr(out, "(");
        sgr_complete_words(out, argument, " ");
        sgr_buf_cstr(out, ")");
        break;
    case SGR_COMPLETE_CODES:
        sgr_buf_cstr(out, "(");
        sgr_complete_codes(out);
        sgr_buf_cstr(out, ")");
        break;
    case SGR_COMPLETE_FILES:
        sgr_buf_cstr(out, "_files");
        break;
    case SGR_COMPLETE_SCRIPTS:
        sgr_buf_cstr(out, "_files -g \"*.sg(r|b)\"");
        break;
    case SGR_COMPLETE_NOTHING:
        sgr_buf_cstr(out, " ");
        break;
    }
}

static void complete_option(struct sgr_buf *out, const struct sgr_option_info *option)
{
    const char *equals = option->argument != NULL ? "=" : "";
    if (option->short_name != 0) {
        sgr_buf_printf(out, " \\\n        '(-%c --%s)'{-%c,--%s%s}'[", option->short_name,
                       option->long_name, option->short_name, option->long_name, equals);
    } else {
        sgr_buf_printf(out, " \\\n        '*--%s%s[", option->long_name, equals);
    }
    quoted(out, option->doc);
    sgr_buf_cstr(out, "]");
    if (option->argument != NULL) {
        sgr_buf_cstr(out, ":");
        quoted(out, option->argument);
        sgr_buf_cstr(out, ":");
        offer(out, sgr_complete_option(option), option->argument);
    }
    sgr_buf_cstr(out, "'");
}

static void complete_command(struct sgr_buf *out, enum sgr_command command)
{
    const struct sgr_command_info *info = &sgr_commands[command];
    sgr_buf_printf(out, "_sgrc_%s() {\n    _arguments -s", info->word);
    for (int i = 0; i < SGR_OPT_COUNT; i++) {
        if (sgr_option_applies(i, command)) {
            complete_option(out, &sgr_options[i]);
        }
    }
    if (*info->arguments != '\0') {
        sgr_buf_cstr(out, " \\\n        '*:");
        quoted(out, info->arguments);
        sgr_buf_cstr(out, ":");
        offer(out, sgr_complete_operand(info), info->arguments);
        sgr_buf_cstr(out, "'");
    }
    sgr_buf_cstr(out, "\n}\n\n");
}

void sgr_complete_zsh(struct sgr_buf *out)
{
    sgr_buf_cstr(out, "#compdef sgrc\n"
                      "# zsh completion of sgrc; save it as _sgrc in a folder of $fpath\n\n");
    for (int i = 0; i < SGR_CMD_COUNT; i++) {
        complete_command(out, (enum sgr_command)i);
    }
    sgr_buf_cstr(out, "_sgrc() {\n    local -a commands=(\n");
    for (int i = 0; i < SGR_CMD_COUNT; i++) {
        sgr_buf_printf(out, "        '%s:", sgr_commands[i].word);
        quoted(out, sgr_commands[i].doc);
        sgr_buf_cstr(out, "'\n");
    }
    sgr_buf_cstr(
        out, "    )\n"
             "    if ((CURRENT == 2)); then\n"
             "        _describe command commands\n"
             "        return\n"
             "    fi\n"
             "    shift words\n"
             "    ((CURRENT--))\n"
             "    (($+functions[_sgrc_$words[1]])) && _sgrc_$words[1]\n"
             "}\n\n"
             "if [ \"$funcstack[1]\" = _sgrc ]; then _sgrc \"$@\"; else compdef _sgrc sgrc; fi\n");
}
