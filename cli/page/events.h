/* What a run has reported, kept for who wants to see it whole. */
#ifndef SGR_CLI_PAGE_EVENTS_H
#define SGR_CLI_PAGE_EVENTS_H

#include "vm/vm.h"

struct sgr_event {
    int64_t time; /* ms since the run began */
    char kind[32];
    sgr_value fields;
};
/* In the order of time. Values belong to whoever keeps them. */
struct sgr_events {
    struct sgr_event *at;
    size_t len, cap;
    int64_t end; /* the last time, at least 1 ms */
};

void sgr_events_init(struct sgr_events *events);
void sgr_events_release(struct sgr_events *events);
/* `kind` is cut to what there is room for. */
void sgr_events_add(struct sgr_events *events, int64_t time, sgr_str kind, sgr_value fields);

bool sgr_event_is(const struct sgr_event *event, const char *kind);
/* The report that it was; lives as long as the event. */
struct sgr_report sgr_event_report(const struct sgr_event *event);

#endif
