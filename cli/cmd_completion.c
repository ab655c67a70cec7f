/* sgrc completion: the completion script of a shell on standard output. */
#include "cli/cli.h"

#include "cli/complete.h"

enum sgr_completion sgr_complete_option(const struct sgr_option_info *option)
{
    if (option->argument == NULL) {
        return SGR_COMPLETE_NOTHING;
    }
    if (strchr(option->argument, '|') != NULL) {
        return SGR_COMPLETE_WORDS;
    }
    bool file = strcmp(option->argument, "FILE") == 0 || strcmp(option->argument, "OUT") == 0;
    return file ? SGR_COMPLETE_FILES : SGR_COMPLETE_NOTHING;
}

enum sgr_completion sgr_complete_operand(const struct sgr_command_info *command)
{
    if (strstr(command->arguments, "FILE") != NULL) {
        bool yaml = strstr(command->arguments, "yaml") != NULL;
        return yaml ? SGR_COMPLETE_FILES : SGR_COMPLETE_SCRIPTS;
    }
    if (strstr(command->arguments, "CODE") != NULL) {
        return SGR_COMPLETE_CODES;
    }
    return strchr(command->arguments, '|') != NULL ? SGR_COMPLETE_WORDS : SGR_COMPLETE_NOTHING;
}

void sgr_complete_words(struct sgr_buf *out, const char *argument, const char *separator)
{
    for (; *argument != '\0'; argument++) {
        if (*argument == '|') {
            sgr_buf_cstr(out, separator);
        } else {
            sgr_buf_byte(out, *argument);
        }
    }
}

void sgr_complete_codes(struct sgr_buf *out)
{
    for (size_t i = 0; i < SGR_CODE_COUNT; i++) {
        sgr_buf_printf(out, "%s%s %s", i > 0 ? " " : "", sgr_codes[i].code, sgr_codes[i].name);
    }
}

static int put(struct sgr_buf *out)
{
    struct sgr_error error = {0};
    bool ok = sgr_write_all(1, sgr_buf_str(out), &error);
    int status = ok ? 0 : sgr_complain(1, "%s", error.text);
    sgr_error_release(&error);
    sgr_buf_release(out);
    return status;
}

int sgr_cmd_completion(const struct sgr_cli *cli)
{
    static const struct {
        const char *shell;
        void (*write)(struct sgr_buf *out);
    } shells[] = {
        {"bash", sgr_complete_bash}, {"zsh", sgr_complete_zsh}, {"fish", sgr_complete_fish}};
    for (size_t i = 0; cli->files.len == 1 && i < sizeof shells / sizeof *shells; i++) {
        if (strcmp(cli->files.at[0], shells[i].shell) == 0) {
            struct sgr_buf out;
            sgr_buf_init(&out, 1 << 24);
            shells[i].write(&out);
            return put(&out);
        }
    }
    return sgr_complain(1, "completion takes the name of a shell: bash, zsh or fish");
}
