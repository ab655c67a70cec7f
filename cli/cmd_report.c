/* sgrc report: a page of a run, from the lines that `run --output json` has printed. A last line
 * that was cut off is left out: so is the run. */
#include "cli/cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/quantity.h"
#include "cli/page/page.h"
#include "k8s/codec.h"

enum { HEAP_MAX = 1 << 30, PAGE_MAX = 512 << 20, SECOND_MS = 1000 };

static double seconds_of(sgr_value time)
{
    return time.tag == SGR_INT ? (double)time.as.i : time.tag == SGR_NUMBER ? time.as.f : -1;
}

static bool take_line(struct sgr_events *events, struct sgr_heap *heap, sgr_str line)
{
    sgr_value fields = sgr_absent();
    if (!sgr_json_read(heap, line, &fields, NULL) || fields.tag != SGR_RECORD) {
        return false;
    }
    sgr_str kind = sgr_path_str(fields, "type");
    double seconds = seconds_of(sgr_field(fields, SGR_STR("time")));
    if (kind.len == 0 || !(seconds >= 0 && seconds < 1e9)) {
        return false;
    }
    sgr_events_add(events, (int64_t)(seconds * SECOND_MS), kind, fields);
    return true;
}

static bool take_lines(struct sgr_events *events, struct sgr_heap *heap, sgr_str text,
                       const char *path)
{
    size_t number = 0;
    while (text.len > 0) {
        const char *end = memchr(text.ptr, '\n', text.len);
        sgr_str line = {text.ptr, end != NULL ? (size_t)(end - text.ptr) : text.len};
        bool blank = line.len == 0;
        number++;
        text.ptr += line.len + (end != NULL);
        text.len -= line.len + (end != NULL);
        if (!blank && !take_line(events, heap, line) && end != NULL) {
            sgr_complain(1, "%s, line %zu: this is no line of `sgrc run --output json`", path,
                         number);
            return false;
        }
    }
    if (events->len == 0) {
        sgr_complain(1, "%s has no line of `sgrc run --output json`", path);
    }
    return events->len > 0;
}

static bool write_page(const struct sgr_cli *cli, const struct sgr_events *events)
{
    const char *out = sgr_cli_value(cli, SGR_OPT_output_file);
    struct sgr_error error = {0};
    struct sgr_buf html;
    sgr_buf_init(&html, PAGE_MAX);
    sgr_page(events, sgr_path_str(events->at[0].fields, "run"), &html);
    bool ok = !html.full || sgr_error_set(&error, "the page is larger than %d MiB", PAGE_MAX >> 20);
    ok = ok && (out == NULL || strcmp(out, "-") == 0
                    ? sgr_write_all(STDOUT_FILENO, sgr_buf_str(&html), &error)
                    : sgr_write_file(out, sgr_buf_str(&html), &error));
    if (!ok) {
        sgr_complain(1, "%s", error.text);
    }
    sgr_error_release(&error);
    sgr_buf_release(&html);
    return ok;
}

int sgr_cmd_report(const struct sgr_cli *cli)
{
    struct sgr_events events;
    struct sgr_error error = {0};
    sgr_str text = {0};
    if (cli->files.len != 1) {
        return sgr_complain(
            1, "report takes one file of `sgrc run --output json`, or - for standard input");
    }
    sgr_events_init(&events);
    if (!sgr_read_file(cli->files.at[0], &text, &error)) {
        int status = sgr_complain(1, "%s", error.text);
        sgr_error_release(&error);
        return status;
    }
    struct sgr_heap *heap = sgr_heap_new(HEAP_MAX);
    bool ok = take_lines(&events, heap, text, cli->files.at[0]) && write_page(cli, &events);
    sgr_events_release(&events);
    sgr_heap_free(heap);
    free((void *)(uintptr_t)text.ptr);
    return ok ? 0 : 1;
}
