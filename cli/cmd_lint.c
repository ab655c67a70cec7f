/* sgrc lint: errors and lints of scripts and of folders of scripts. Generates no code; --fix
 * changes only what is safe to change. */
#include "cli/cli.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/findings.h"
#include "cli/text_check.h"

enum { FOLDER_DEPTH_MAX = 64 };

struct linter {
    const struct sgr_cli *cli;
    struct sgr_findings findings;
    struct sgr_text_check check;
    size_t errors, warnings, files, fixed;
    bool failed; /* something could not be read or written */
};

static void fail(struct linter *linter, struct sgr_error *error)
{
    sgr_complain(2, "%s", error->text);
    sgr_error_release(error);
    linter->failed = true;
}

/* ---- --fix ---- */

static int by_place(const void *a, const void *b)
{
    const struct sgr_fix *x = a, *y = b;
    return (x->span.lo > y->span.lo) - (x->span.lo < y->span.lo);
}

/* The text with every safe fix of this file that overlaps none before it; their number. */
static size_t apply_fixes(struct sgr_diags *diags, const char *path, struct sgr_buf *out)
{
    SGR_VEC(struct sgr_fix) fixes = {0};
    for (size_t i = 0; i < diags->list.len; i++) {
        const struct sgr_fix *fix = &diags->list.at[i].fix;
        if (fix->safe && fix->span.file != 0 &&
            sgr_str_is(sgr_sources_get(diags->sources, fix->span.file)->path, path)) {
            sgr_vec_push(&fixes, *fix);
        }
    }
    size_t done = 0, at = 0;
    if (fixes.len > 0) {
        qsort(fixes.at, fixes.len, sizeof *fixes.at, by_place);
        sgr_str text = sgr_sources_get(diags->sources, fixes.at[0].span.file)->text;
        for (size_t i = 0; i < fixes.len; i++) {
            if (fixes.at[i].span.lo >= at) {
                sgr_buf_bytes(out, text.ptr + at, fixes.at[i].span.lo - at);
                sgr_buf_add(out, fixes.at[i].text);
                at = fixes.at[i].span.hi;
                done++;
            }
        }
        sgr_buf_bytes(out, text.ptr + at, text.len - at);
    }
    sgr_vec_release(&fixes);
    return done;
}

/* ---- one script ---- */

static void fix_file(struct linter *linter, const char *path,
                     const struct sgr_lint_settings *settings)
{
    struct sgr_error error = {0};
    struct sgr_buf text;
    sgr_buf_init(&text, (size_t)SGR_SOURCE_MAX * 2);
    size_t fixed = apply_fixes(sgr_compilation_diags(linter->check.compilation), path, &text);
    if (fixed > 0 && !sgr_write_file(path, sgr_buf_str(&text), &error)) {
        fail(linter, &error);
    } else if (fixed > 0) {
        linter->fixed += fixed;
        sgr_text_check(&linter->check, path, (sgr_str){0}, settings);
    }
    sgr_buf_release(&text);
}

static void lint_file(struct linter *linter, const char *path)
{
    struct sgr_error error = {0};
    sgr_str text = {0};
    bool input = strcmp(path, "-") == 0;
    const struct sgr_lint_settings *settings =
        sgr_lint_settings_for(&linter->check.configs, path, &error);
    if (settings == NULL || (input && !sgr_read_file(path, &text, &error))) {
        fail(linter, &error);
        return;
    }
    sgr_text_check(&linter->check, path, text, settings);
    if (sgr_cli_has(linter->cli, SGR_OPT_fix) && !input) {
        fix_file(linter, path, settings);
    }
    struct sgr_diags *diags = sgr_compilation_diags(linter->check.compilation);
    sgr_findings_add(&linter->findings, diags);
    linter->errors += diags->errors;
    linter->warnings += diags->warnings;
    linter->files++;
    if (input) {
        sgr_text_check_forget(&linter->check);
        free((void *)(uintptr_t)text.ptr);
    }
}

/* ---- folders ---- */

static int is_shown(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static void lint_path(struct linter *linter, const char *path, int depth)
{
    struct stat info;
    bool named = strcmp(path, "-") == 0 || sgr_str_starts_with(sgr_str_from(path), SGR_STR("std/"));
    if (!named && access(path, R_OK) != 0) {
        sgr_complain(2, "cannot read %s: %s", path, strerror(errno));
        linter->failed = true;
        return;
    }
    if (named || stat(path, &info) != 0 || !S_ISDIR(info.st_mode)) {
        lint_file(linter, path);
        return;
    }
    struct dirent **entries = NULL;
    int count = depth < FOLDER_DEPTH_MAX ? scandir(path, &entries, is_shown, alphasort) : 0;
    if (count < 0) {
        sgr_complain(2, "cannot read %s: %s", path, strerror(errno));
        linter->failed = true;
        return;
    }
    for (int i = 0; i < count; i++) {
        struct sgr_buf name;
        sgr_buf_init(&name, 1 << 16);
        bool parted = sgr_str_ends_with(sgr_str_from(path), SGR_STR("/"));
        sgr_buf_printf(&name, "%s%s%s", path, parted ? "" : "/", entries[i]->d_name);
        bool folder = stat(name.ptr, &info) == 0 && S_ISDIR(info.st_mode);
        if (folder || sgr_str_ends_with(sgr_buf_str(&name), SGR_STR(".sgr"))) {
            lint_path(linter, name.ptr, depth + 1);
        }
        sgr_buf_release(&name);
        free(entries[i]);
    }
    free(entries);
}

/* ---- the command ---- */

static void print_counts(const struct linter *linter)
{
    fprintf(stderr, "%zu file%s, %zu error%s, %zu warning%s", linter->files,
            linter->files == 1 ? "" : "s", linter->errors, linter->errors == 1 ? "" : "s",
            linter->warnings, linter->warnings == 1 ? "" : "s");
    if (linter->fixed > 0) {
        fprintf(stderr, ", %zu fixed", linter->fixed);
    }
    fputc('\n', stderr);
}

static void lint_all(struct linter *linter)
{
    struct sgr_error error = {0};
    sgr_text_check_init(&linter->check);
    sgr_findings_begin(&linter->findings);
    for (size_t i = 0; i < linter->cli->files.len; i++) {
        lint_path(linter, linter->cli->files.at[i], 0);
    }
    sgr_findings_end(&linter->findings);
    if (!sgr_write_all(STDOUT_FILENO, sgr_buf_str(&linter->findings.out), &error)) {
        fail(linter, &error);
    }
    sgr_buf_release(&linter->findings.out);
    sgr_text_check_release(&linter->check);
}

int sgr_cmd_lint(const struct sgr_cli *cli)
{
    struct linter linter = {.cli = cli};
    sgr_findings_pick(&linter.findings, sgr_cli_value(cli, SGR_OPT_format));
    if (cli->files.len == 0) {
        return sgr_complain(2, "lint takes scripts or folders, or - for standard input");
    }
    bool text = linter.findings.format == SGR_FINDINGS_TEXT;
    linter.findings.color = text && sgr_use_color(cli, STDOUT_FILENO);
    lint_all(&linter);
    if (text && !sgr_cli_has(cli, SGR_OPT_quiet)) {
        print_counts(&linter);
    }
    return linter.failed ? 2 : linter.errors + linter.warnings > 0 ? 1 : 0;
}
