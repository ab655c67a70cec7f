/* sgrc fmt: the canonical layout, in place. A file with errors is left as it is. */
#include "cli/cli.h"

#include <stdlib.h>
#include <unistd.h>

#include "cli/diff.h"
#include "cli/formatted.h"

/* 0 clean or written, 1 would change, 2 could not. */
static int format_changed(const struct sgr_cli *cli, const char *path, sgr_str before,
                          sgr_str after)
{
    struct sgr_error error = {0};
    bool check = sgr_cli_has(cli, SGR_OPT_check);
    bool same = sgr_str_equal(before, after);
    int status = 0;
    if (sgr_cli_has(cli, SGR_OPT_diff) && !same) {
        struct sgr_buf diff;
        sgr_buf_init(&diff, (size_t)SGR_SOURCE_MAX * 8);
        sgr_diff(sgr_str_from(path), before, after, &diff);
        sgr_write_all(STDOUT_FILENO, sgr_buf_str(&diff), &error);
        sgr_buf_release(&diff);
    }
    if (strcmp(path, "-") == 0 && !check && !sgr_cli_has(cli, SGR_OPT_diff)) {
        sgr_write_all(STDOUT_FILENO, after, &error);
    } else if (!same && check) {
        status =
            sgr_complain(1, "%s is not in the canonical layout; run `sgrc fmt %s`", path, path);
    } else if (!same && !sgr_cli_has(cli, SGR_OPT_diff)) {
        sgr_write_file(path, after, &error);
    }
    if (error.text != NULL) {
        status = sgr_complain(2, "%s", error.text);
        sgr_error_release(&error);
    }
    return status;
}

static int format_file(const struct sgr_cli *cli, const char *path)
{
    struct sgr_error error = {0};
    sgr_str text;
    if (!sgr_read_file(path, &text, &error)) {
        sgr_complain(2, "%s", error.text);
        sgr_error_release(&error);
        return 2;
    }
    struct sgr_formatted f;
    sgr_format(&f, path, text);
    int status = 2;
    if (f.ok) {
        status = format_changed(cli, path, text, sgr_buf_str(&f.text));
    } else {
        sgr_print_diags(cli, &f.diags);
    }
    sgr_formatted_release(&f);
    free((void *)(uintptr_t)text.ptr);
    return status;
}

int sgr_cmd_fmt(const struct sgr_cli *cli)
{
    if (cli->files.len == 0) {
        return sgr_complain(2, "fmt takes one or more scripts, or - for standard input");
    }
    int status = 0;
    for (size_t i = 0; i < cli->files.len; i++) {
        int one = format_file(cli, cli->files.at[i]);
        status = one > status ? one : status;
    }
    return status;
}
