/* sgrc lint: errors and lints of scripts, as text, JSON or GitHub annotations. Generates no code.
 */
#include "cli/cli.h"

#include <dirent.h>
#include <stdio.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum format { FORMAT_TEXT, FORMAT_JSON, FORMAT_GITHUB };

struct linter {
    const struct sgr_cli *cli;
    enum format format;
    struct sgr_buf out;
    size_t errors, warnings, files;
    bool failed; /* something could not be read */
};

static const char *severity_word(enum sgr_severity severity)
{
    static const char *const words[] = {"note", "info", "warning", "error"};
    return words[severity];
}

static void print_json(struct sgr_diags *diags, const struct sgr_diag *diag, struct sgr_buf *out)
{
    struct sgr_source *source = sgr_sources_get(diags->sources, diag->primary.span.file);
    struct sgr_position from = sgr_source_position(source, diag->primary.span.lo);
    struct sgr_position to = sgr_source_position(source, diag->primary.span.hi);
    sgr_buf_printf(out, "{\"code\":\"%s\",\"name\":\"%s\",\"severity\":\"%s\",\"file\":",
                   sgr_codes[diag->code].code, sgr_codes[diag->code].name,
                   severity_word(diag->severity));
    sgr_buf_json(out, source->path);
    sgr_buf_printf(out, ",\"line\":%u,\"column\":%u,\"endLine\":%u,\"endColumn\":%u,\"message\":",
                   from.line, from.column, to.line, to.column);
    sgr_buf_json(out, diag->message);
    if (diag->primary.text.len > 0) {
        sgr_buf_cstr(out, ",\"label\":");
        sgr_buf_json(out, diag->primary.text);
    }
    if (diag->help.len > 0) {
        sgr_buf_cstr(out, ",\"help\":");
        sgr_buf_json(out, diag->help);
    }
    sgr_buf_cstr(out, "}\n");
}

/* The workflow command's own escapes: % and line ends; in properties , and : too. */
static void github_escape(struct sgr_buf *out, sgr_str text, bool property)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '%' || c == '\r' || c == '\n' || (property && (c == ',' || c == ':'))) {
            sgr_buf_printf(out, "%%%02X", (unsigned char)c);
        } else {
            sgr_buf_byte(out, c);
        }
    }
}

static void print_github(struct sgr_diags *diags, const struct sgr_diag *diag, struct sgr_buf *out)
{
    struct sgr_source *source = sgr_sources_get(diags->sources, diag->primary.span.file);
    struct sgr_position from = sgr_source_position(source, diag->primary.span.lo);
    const char *word = diag->severity == SGR_ERROR     ? "error"
                       : diag->severity == SGR_WARNING ? "warning"
                                                       : "notice";
    sgr_buf_printf(out, "::%s file=", word);
    github_escape(out, source->path, true);
    sgr_buf_printf(out, ",line=%u,col=%u,title=%s::", from.line, from.column,
                   sgr_codes[diag->code].code);
    github_escape(out, diag->message, false);
    sgr_buf_byte(out, '\n');
}

static void print_findings(struct linter *linter, struct sgr_diags *diags)
{
    sgr_diags_sort(diags);
    bool color = linter->format == FORMAT_TEXT && sgr_use_color(linter->cli, STDOUT_FILENO);
    for (size_t i = 0; i < diags->list.len; i++) {
        const struct sgr_diag *diag = &diags->list.at[i];
        if (linter->format == FORMAT_JSON) {
            print_json(diags, diag, &linter->out);
        } else if (linter->format == FORMAT_GITHUB) {
            print_github(diags, diag, &linter->out);
        } else {
            sgr_diag_render_text(diags, diag, color, &linter->out);
        }
    }
}

static void lint_file(struct linter *linter, const char *path)
{
    struct sgr_compile_options options = {.check_only = true};
    struct sgr_compilation *compilation = sgr_compilation_new(&options);
    struct sgr_diags *diags = sgr_compilation_diags(compilation);
    sgr_str text = {0};
    struct sgr_error error = {0};
    if (strcmp(path, "-") == 0 && !sgr_read_file(path, &text, &error)) {
        sgr_complain(2, "%s", error.text);
        sgr_error_release(&error);
        linter->failed = true;
    } else {
        sgr_compile(compilation, sgr_str_from(path), text);
        print_findings(linter, diags);
        linter->errors += diags->errors;
        linter->warnings += diags->warnings;
        linter->files++;
    }
    sgr_compilation_free(compilation);
    free((void *)(uintptr_t)text.ptr);
}

static int is_script(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

enum { FOLDER_DEPTH_MAX = 64 };

static void lint_path(struct linter *linter, const char *path, int depth)
{
    struct stat info;
    if (strcmp(path, "-") == 0 || stat(path, &info) != 0 || !S_ISDIR(info.st_mode)) {
        lint_file(linter, path);
        return;
    }
    struct dirent **entries = NULL;
    int count = depth < FOLDER_DEPTH_MAX ? scandir(path, &entries, is_script, alphasort) : 0;
    if (count < 0) {
        sgr_complain(2, "cannot read %s: %s", path, strerror(errno));
        linter->failed = true;
        return;
    }
    for (int i = 0; i < count; i++) {
        struct sgr_buf name;
        sgr_buf_init(&name, 1 << 16);
        sgr_buf_printf(&name, "%s/%s", path, entries[i]->d_name);
        bool folder = stat(name.ptr, &info) == 0 && S_ISDIR(info.st_mode);
        if (folder || sgr_str_ends_with(sgr_buf_str(&name), SGR_STR(".sgr"))) {
            lint_path(linter, name.ptr, depth + 1);
        }
        sgr_buf_release(&name);
        free(entries[i]);
    }
    free(entries);
}

static bool pick_format(struct linter *linter)
{
    const char *word = sgr_cli_value(linter->cli, SGR_OPT_format);
    static const char *const words[] = {"text", "json", "github"};
    for (int i = 0; word != NULL && i < 3; i++) {
        if (strcmp(word, words[i]) == 0) {
            linter->format = (enum format)i;
            return true;
        }
    }
    return word == NULL;
}

int sgr_cmd_lint(const struct sgr_cli *cli)
{
    struct linter linter = {.cli = cli};
    struct sgr_error error = {0};
    if (!pick_format(&linter)) {
        return sgr_complain(2, "unknown format `%s`; there are text, json and github",
                            sgr_cli_value(cli, SGR_OPT_format));
    }
    if (cli->files.len == 0) {
        return sgr_complain(2, "lint takes scripts or folders, or - for standard input");
    }
    sgr_buf_init(&linter.out, (size_t)1 << 30);
    for (size_t i = 0; i < cli->files.len; i++) {
        lint_path(&linter, cli->files.at[i], 0);
    }
    bool written = sgr_write_all(STDOUT_FILENO, sgr_buf_str(&linter.out), &error);
    sgr_buf_release(&linter.out);
    if (!written) {
        linter.failed = true;
        sgr_complain(2, "%s", error.text);
        sgr_error_release(&error);
    }
    if (linter.format == FORMAT_TEXT && !sgr_cli_has(cli, SGR_OPT_quiet)) {
        fprintf(stderr, "%zu file%s, %zu error%s, %zu warning%s\n", linter.files,
                linter.files == 1 ? "" : "s", linter.errors, linter.errors == 1 ? "" : "s",
                linter.warnings, linter.warnings == 1 ? "" : "s");
    }
    return linter.failed ? 2 : linter.errors + linter.warnings > 0 ? 1 : 0;
}
