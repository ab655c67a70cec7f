/* The page of a run. Every word of it that comes from the run is escaped: names and sentences are
 * other people's. */
#include "cli/page/page.h"

#include <stdio.h>
#include <stdlib.h>

#include "cli/page/chart.h"
#include "cli/cli.h"
#include "cli/page/markup.h"
#include "cli/sentence.h"

static void html_value(sgr_value value, struct sgr_buf *html)
{
    struct sgr_buf text;
    sgr_buf_init(&text, 1 << 16);
    sgr_value_print(value, &text);
    sgr_markup(sgr_buf_str(&text), html);
    sgr_buf_release(&text);
}

/* ---- head ---- */

static const char style[] =
    "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:64rem;padding:0 1rem;"
    "color:#1b1f24;background:#fff}"
    "h1{font-size:1.5rem;margin:0}h2{font-size:1.1rem;margin:2rem 0 .5rem}"
    "dl{display:grid;grid-template-columns:max-content auto;gap:.1rem 1rem;margin:1rem 0}"
    "dt{color:#57606a}dd{margin:0}svg{width:100%;height:auto;display:block}"
    "svg text{font:11px system-ui,sans-serif;fill:#57606a}"
    "table{border-collapse:collapse;width:100%}td{padding:.1rem .8rem .1rem 0;vertical-align:top}"
    "td:first-child{color:#57606a;white-space:nowrap;font-variant-numeric:tabular-nums}"
    ".step td{padding-top:.6rem;font-weight:600}.good{color:#1a7f37}.careful{color:#9a6700}"
    ".bad{color:#cf222e}.in{padding-left:1.2rem}"
    "@media(prefers-color-scheme:dark){body{color:#d6dbe1;background:#14181d}"
    "dt,td:first-child{color:#8b949e}svg text{fill:#8b949e}.good{color:#3fb950}"
    ".careful{color:#d29922}.bad{color:#f85149}}";

static const struct sgr_event *last_of(const struct sgr_events *events, const char *kind)
{
    for (size_t i = events->len; i-- > 0;) {
        if (sgr_event_is(&events->at[i], kind)) {
            return &events->at[i];
        }
    }
    return NULL;
}

static const char *const tones[] = {"", "step", "good", "careful", "bad"};

static void add_fact(const char *word, sgr_value value, struct sgr_buf *html)
{
    if (!sgr_is_absent(value)) {
        sgr_buf_printf(html, "<dt>%s</dt><dd>", word);
        html_value(value, html);
        sgr_buf_cstr(html, "</dd>\n");
    }
}

static void add_versions(const struct sgr_event *run, struct sgr_buf *html)
{
    if (run != NULL) {
        add_fact("workload", sgr_field(run->fields, SGR_STR("workload")), html);
        add_fact("from", sgr_path(run->fields, "old/image"), html);
        add_fact("to", sgr_path(run->fields, "new/image"), html);
        add_fact("mode", sgr_field(run->fields, SGR_STR("mode")), html);
        add_fact("traffic by", sgr_field(run->fields, SGR_STR("traffic")), html);
    }
}

static void add_head(const struct sgr_events *events, sgr_str name, struct sgr_buf *html)
{
    const struct sgr_event *outcome = last_of(events, "outcome"),
                           *failed = last_of(events, "failed"), *run = last_of(events, "run"),
                           *results = last_of(events, "results");
    sgr_buf_cstr(html, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
                       "<meta name=\"viewport\" content=\"width=device-width\"><title>");
    sgr_markup(name, html);
    sgr_buf_printf(html, "</title><style>%s</style></head><body>\n<h1>", style);
    sgr_markup(name, html);
    if (outcome != NULL) {
        struct sgr_report report = sgr_event_report(outcome);
        sgr_buf_printf(html, " <span class=\"%s\">", tones[sgr_tone_of(&report)]);
        html_value(sgr_field(outcome->fields, SGR_STR("outcome")), html);
    } else {
        sgr_buf_cstr(html, " <span class=\"careful\">not over");
    }
    sgr_buf_cstr(html, "</span></h1>\n<dl>\n");
    add_versions(run != NULL ? run : last_of(events, "install"), html);
    add_fact("took", sgr_unit_i(SGR_DURATION, events->end / 1000 * 1000), html);
    add_fact("because", failed ? sgr_field(failed->fields, SGR_STR("text")) : sgr_absent(), html);
    if (results != NULL) {
        add_fact("requests", sgr_field(results->fields, SGR_STR("requests")), html);
        add_fact("failed requests", sgr_field(results->fields, SGR_STR("failed_requests")), html);
        add_fact("downtime", sgr_field(results->fields, SGR_STR("downtime")), html);
    }
    sgr_buf_cstr(html, "</dl>\n");
}

/* ---- events ---- */

static void add_row(const struct sgr_event *event, struct sgr_buf *html)
{
    struct sgr_report report = sgr_event_report(event);
    struct sgr_buf text;
    char clock[SGR_CLOCK_BYTES];
    sgr_buf_init(&text, 1 << 20);
    if (sgr_sentence(&report, &text)) {
        bool inner = text.len > 0 && text.ptr[0] == ' ';
        enum sgr_tone tone = sgr_tone_of(&report);
        sgr_clock_text(event->time, clock);
        sgr_buf_printf(html, "<tr class=\"%s\"><td>%s</td><td class=\"%s\">", tones[tone], clock,
                       inner ? "in" : "");
        sgr_markup(sgr_buf_str(&text), html);
        sgr_buf_cstr(html, "</td></tr>\n");
    }
    sgr_buf_release(&text);
}

void sgr_page(const struct sgr_events *events, sgr_str name, struct sgr_buf *html)
{
    add_head(events, name, html);
    sgr_buf_cstr(html, "<h2>Steps and traffic</h2>\n");
    sgr_chart_traffic(events, html);
    sgr_chart_samples(events, html);
    sgr_buf_cstr(html, "<h2>What happened</h2>\n<table>\n");
    for (size_t i = 0; i < events->len; i++) {
        add_row(&events->at[i], html);
    }
    sgr_buf_cstr(html, "</table>\n</body></html>\n");
}

/* ---- keeping ---- */

/* A run of weeks samples on: past so many events its samples are not kept any more. */
enum { EVENTS_MAX = 200000, HEAP_MAX = 1 << 30, PAGE_MAX = 512 << 20 };

struct sgr_page_keeper {
    const char *path;
    struct sgr_heap *heap;
    struct sgr_events events;
};

struct sgr_page_keeper *sgr_page_keeper_new(const char *path)
{
    struct sgr_page_keeper *keeper = sgr_calloc(1, sizeof *keeper);
    keeper->path = path;
    keeper->heap = sgr_heap_new(HEAP_MAX);
    sgr_events_init(&keeper->events);
    return keeper;
}

void sgr_page_keep(struct sgr_page_keeper *keeper, const struct sgr_report *report)
{
    struct sgr_events *events = &keeper->events;
    if (events->len >= EVENTS_MAX && strcmp(report->kind, "sample") == 0) {
        return;
    }
    sgr_events_add(events, report->time, sgr_str_from(report->kind),
                   sgr_value_copy(keeper->heap, report->fields));
}

void sgr_page_keeper_end(struct sgr_page_keeper *keeper, sgr_str name)
{
    struct sgr_error error = {0};
    struct sgr_buf html;
    sgr_buf_init(&html, PAGE_MAX);
    sgr_page(&keeper->events, name, &html);
    if (!sgr_write_file(keeper->path, sgr_buf_str(&html), &error)) {
        (void)sgr_complain(0, "%s", error.text);
    }
    sgr_error_release(&error);
    sgr_buf_release(&html);
    sgr_events_release(&keeper->events);
    sgr_heap_free(keeper->heap);
    free(keeper);
}
