/* A run as one page of HTML that needs nothing else: no script, no font, no address. */
#ifndef SGR_CLI_PAGE_H
#define SGR_CLI_PAGE_H

#include "vm/vm.h"

/* What was reported, in the order of time. */
struct sgr_event {
    int64_t time; /* ms since the run began */
    char kind[32];
    sgr_value fields;
};
struct sgr_events {
    struct sgr_event *at;
    size_t len, cap;
    int64_t end; /* the last time, at least 1 ms */
};

/* The report that an event was. */
struct sgr_report sgr_report_of(const struct sgr_event *event);
bool sgr_event_is(const struct sgr_event *event, const char *kind);

void sgr_page(const struct sgr_events *events, struct sgr_buf *html);
/* Text as HTML shows it. */
void sgr_html(sgr_str text, struct sgr_buf *html);

/* ---- chart.c ---- */
/* The steps of the run with the traffic of the new version; then each value that guards sampled. */
void sgr_chart_traffic(const struct sgr_events *events, struct sgr_buf *html);
void sgr_chart_samples(const struct sgr_events *events, struct sgr_buf *html);

#endif
