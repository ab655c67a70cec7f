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

void sgr_page(const struct sgr_events *events, sgr_str name, struct sgr_buf *html);

/* ---- keeping what is reported, for a page at the end ---- */
struct sgr_page_keeper;
struct sgr_page_keeper *sgr_page_keeper_new(const char *path); /* borrowed */
void sgr_page_keep(struct sgr_page_keeper *keeper, const struct sgr_report *report);
/* Writes the page, and complains where it cannot; then frees. */
void sgr_page_keeper_end(struct sgr_page_keeper *keeper, sgr_str name);

/* ---- chart.c ---- */
/* The steps of the run with the traffic of the new version; then each value that guards sampled. */
void sgr_chart_traffic(const struct sgr_events *events, struct sgr_buf *html);
void sgr_chart_samples(const struct sgr_events *events, struct sgr_buf *html);

#endif
