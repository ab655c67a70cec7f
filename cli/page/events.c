/* Events of a run, as they were reported. */
#include "cli/page/events.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void sgr_events_init(struct sgr_events *events)
{
    *events = (struct sgr_events){.end = 1};
}

void sgr_events_release(struct sgr_events *events)
{
    sgr_vec_release(events);
}

void sgr_events_add(struct sgr_events *events, int64_t time, sgr_str kind, sgr_value fields)
{
    struct sgr_event event = {.time = time, .fields = fields};
    snprintf(event.kind, sizeof event.kind, "%.*s", SGR_FMT(kind));
    events->end = time > events->end ? time : events->end;
    sgr_vec_push(events, event);
}

bool sgr_event_is(const struct sgr_event *event, const char *kind)
{
    return strcmp(event->kind, kind) == 0;
}

struct sgr_report sgr_event_report(const struct sgr_event *event)
{
    return (struct sgr_report){.time = event->time, .kind = event->kind, .fields = event->fields};
}
