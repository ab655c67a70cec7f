/* A program of the build: writes the man pages from the tables of commands, options and exit
 * statuses into the folder it is given. Never part of sgrc. */
#include <stdio.h>

#include "cli/cli.h"

struct exit_info {
    const char *commands;
    int status;
    const char *doc;
};
static const struct exit_info exits[] = {
#define EXIT(commands, status, doc) {commands, status, doc},
#include "cli/exit.def"
#undef EXIT
};

struct variable {
    const char *name, *doc;
};
static const struct variable variables[] = {
    {"SGR_PARAM_NAME", "gives parameter NAME a value; --set wins over it, and it over --values"},
    {"KUBECONFIG", "the kubeconfig files, as for kubectl"},
    {"NO_COLOR", "where it is set and not empty, nothing is coloured"},
};

/* Text for troff: a backslash, a leading dot or quote and a hyphen mean something to it. */
static void write_text(FILE *out, const char *text)
{
    if (*text == '.' || *text == '\'') {
        fputs("\\&", out);
    }
    for (; *text != '\0'; text++) {
        if (*text == '\\') {
            fputs("\\e", out);
        } else if (*text == '-') {
            fputs("\\-", out);
        } else if (*text == '`') {
            fputs("\\(ga", out);
        } else {
            fputc(*text, out);
        }
    }
}

static void write_line(FILE *out, const char *text)
{
    write_text(out, text);
    fputc('\n', out);
}

static void write_head(FILE *out, const char *name, const char *doc)
{
    fputs(".TH ", out);
    for (const char *at = name; *at != '\0'; at++) {
        fputc(*at >= 'a' && *at <= 'z' ? *at - 'a' + 'A' : *at, out);
    }
    fprintf(out, " 1 \"\" \"sgrc %s\" \"User Commands\"\n.SH NAME\n", SGR_VERSION);
    write_text(out, name);
    fputs(" \\- ", out);
    write_line(out, doc);
}

static void write_item(FILE *out, const char *bold, const char *italic, const char *doc)
{
    fputs(".TP\n\\fB", out);
    write_text(out, bold);
    fputs("\\fR", out);
    if (italic != NULL) {
        fputs(" \\fI", out);
        write_text(out, italic);
        fputs("\\fR", out);
    }
    fputc('\n', out);
    write_line(out, doc);
}

static void write_options(FILE *out, enum sgr_command command)
{
    fputs(".SH OPTIONS\n", out);
    for (int i = 0; i < SGR_OPT_COUNT; i++) {
        char name[64];
        const struct sgr_option_info *option = &sgr_options[i];
        if (!sgr_option_applies(i, command)) {
            continue;
        }
        if (option->short_name != 0) {
            snprintf(name, sizeof name, "-%c, --%s", option->short_name, option->long_name);
        } else {
            snprintf(name, sizeof name, "--%s", option->long_name);
        }
        write_item(out, name, option->argument, option->doc);
    }
}

static void write_exits(FILE *out, const char *word)
{
    size_t found = 0;
    fputs(".SH EXIT STATUS\n", out);
    for (size_t i = 0; i < sizeof exits / sizeof *exits; i++) {
        if (sgr_word_listed(exits[i].commands, word)) {
            char status[16];
            snprintf(status, sizeof status, "%d", exits[i].status);
            write_item(out, status, NULL, exits[i].doc);
            found++;
        }
    }
    if (found == 0) {
        write_item(out, "0", NULL, "done");
        write_item(out, "1", NULL, "could not do what was asked; a sentence says why");
    }
}

static void write_command(FILE *out, enum sgr_command command)
{
    const struct sgr_command_info *info = &sgr_commands[command];
    char name[64];
    snprintf(name, sizeof name, "sgrc-%s", info->word);
    write_head(out, name, info->doc);
    fprintf(out, ".SH SYNOPSIS\n\\fBsgrc %s\\fR [\\fIOPTIONS\\fR]", info->word);
    if (*info->arguments != '\0') {
        fputs(" \\fI", out);
        write_text(out, info->arguments);
        fputs("\\fR", out);
    }
    fputc('\n', out);
    write_options(out, command);
    write_exits(out, info->word);
    fputs(".SH EXAMPLE\n.EX\n", out);
    write_line(out, info->example);
    fputs(".EE\n.SH SEE ALSO\n\\fBsgrc\\fR(1)\n", out);
}

static void write_all(FILE *out)
{
    write_head(out, "sgrc", "compile, check, simulate and perform rollout scripts");
    fputs(
        ".SH SYNOPSIS\n\\fBsgrc\\fR \\fICOMMAND\\fR [\\fIOPTIONS\\fR] [\\fIFILE\\fR...]\n"
        ".SH DESCRIPTION\n"
        "A .sgr script declares workloads, their health and how a new version takes over, step by\n"
        "step. sgrc compiles it to plain Kubernetes objects, runs it on a simulated cluster in\n"
        "virtual time, or performs it on a real one.\n"
        ".SH COMMANDS\n",
        out);
    for (int i = 0; i < SGR_CMD_COUNT; i++) {
        char name[64];
        snprintf(name, sizeof name, "sgrc-%s(1)", sgr_commands[i].word);
        write_item(out, name, NULL, sgr_commands[i].doc);
    }
    fputs(".SH ENVIRONMENT\n", out);
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
        write_item(out, variables[i].name, NULL, variables[i].doc);
    }
    fputs(".SH EXIT STATUS\nThe page of each command tells its own.\n.SH SEE ALSO\n", out);
    for (int i = 0; i < SGR_CMD_COUNT; i++) {
        fprintf(out, "\\fBsgrc\\-%s\\fR(1)%s\n", sgr_commands[i].word,
                i + 1 < SGR_CMD_COUNT ? "," : "");
    }
}

/* Opens FOLDER/sgrc[-WORD].1; complains and gives NULL where that cannot be. */
static FILE *open_page(const char *folder, const char *word)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/sgrc%s%s.1", folder, *word ? "-" : "", word);
    FILE *out = fopen(path, "w");
    if (out == NULL) {
        perror(path);
    }
    return out;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fputs("usage: sgr_man FOLDER\n", stderr);
        return 1;
    }
    for (int i = -1; i < SGR_CMD_COUNT; i++) {
        FILE *out = open_page(argv[1], i < 0 ? "" : sgr_commands[i].word);
        if (out == NULL) {
            return 1;
        }
        if (i < 0) {
            write_all(out);
        } else {
            write_command(out, (enum sgr_command)i);
        }
        if (fclose(out) != 0) {
            perror(argv[1]);
            return 1;
        }
    }
    return 0;
}
