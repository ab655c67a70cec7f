/* sgrc promql: the canonical form and the type of PromQL expressions, or where one is wrong. Asks
 * no Prometheus. */
#include "cli/cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lang/promql/promql.h"

struct reading {
    struct sgr_arena *arena;
    struct sgr_sources sources;
    struct sgr_diags diags;
    struct sgr_buf out;
    uint32_t file;
};

/* The expression between these bytes of the text: a line of the answer, or a diagnostic. */
static void read_expression(struct reading *r, sgr_str text, size_t lo, size_t hi)
{
    const struct sgr_promql_expr *expr = NULL;
    struct sgr_promql_error error = {0};
    if (sgr_promql_parse(r->arena, (sgr_str){text.ptr + lo, hi - lo}, NULL, 0, &expr, &error)) {
        sgr_promql_print(expr, &r->out);
        sgr_buf_printf(&r->out, "\t%s\n", sgr_promql_type_name(sgr_promql_type(expr)));
        return;
    }
    sgr_span span = {r->file, (uint32_t)(lo + error.lo), (uint32_t)(lo + error.hi)};
    sgr_diag(&r->diags, SGR_E0701, span, "%.*s", SGR_FMT(error.message));
}

static void read_lines(struct reading *r, sgr_str text)
{
    for (size_t lo = 0; lo < text.len;) {
        const char *end = memchr(text.ptr + lo, '\n', text.len - lo);
        size_t hi = end != NULL ? (size_t)(end - text.ptr) : text.len;
        read_expression(r, text, lo, hi);
        lo = hi + 1;
    }
}

static int answer(struct reading *r, const struct sgr_cli *cli)
{
    struct sgr_error error = {0};
    int status = r->diags.errors > 0 ? 1 : 0;
    if (!sgr_write_all(STDOUT_FILENO, sgr_buf_str(&r->out), &error)) {
        status = sgr_complain(1, "%s", error.text);
        sgr_error_release(&error);
    }
    sgr_print_diags(cli, &r->diags);
    return status;
}

int sgr_cmd_promql(const struct sgr_cli *cli)
{
    struct reading r = {.arena = sgr_arena_new()};
    struct sgr_error error = {0};
    sgr_str text = {0};
    if (cli->files.len != 1) {
        sgr_arena_free(r.arena);
        return sgr_complain(1, "promql takes one expression in quotes, or - for lines of them");
    }
    bool lines = strcmp(cli->files.at[0], "-") == 0;
    if (lines && !sgr_read_file("-", &text, &error)) {
        int status = sgr_complain(1, "%s", error.text);
        sgr_error_release(&error);
        sgr_arena_free(r.arena);
        return status;
    }
    char *input = (char *)(uintptr_t)text.ptr;
    text = lines ? text : sgr_str_from(cli->files.at[0]);
    sgr_sources_init(&r.sources, r.arena);
    sgr_diags_init(&r.diags, &r.sources, r.arena);
    r.diags.cap = SIZE_MAX / 1000; /* a line each: all are told */
    sgr_buf_init(&r.out, (size_t)1 << 30);
    r.file = sgr_sources_add(&r.sources, lines ? SGR_STR("<stdin>") : SGR_STR("EXPR"), text, true);
    if (lines) {
        read_lines(&r, text);
    } else {
        read_expression(&r, text, 0, text.len);
    }
    int status = answer(&r, cli);
    sgr_buf_release(&r.out);
    sgr_diags_release(&r.diags);
    sgr_sources_release(&r.sources);
    sgr_arena_free(r.arena);
    free(input);
    return status;
}
