/* Load: requests on a schedule that no answer holds up (open loop). A request that is due while all
 * connections are busy is sent as soon as one is free, and its latency counts from when it was due.
 *
 * Every request is sent once: nothing is tried again. */
#ifndef SGR_K8S_LOAD_H
#define SGR_K8S_LOAD_H

#include "vm/vm.h"

/* The rate goes evenly from `from` to `to` requests a second in this time. */
struct sgr_load_part {
    double from, to;
    int64_t ms;
};

enum {
    SGR_LOAD_PARTS_MAX = 100,
    SGR_LOAD_RATE_MAX = 20000, /* a second */
    SGR_LOAD_CONNECTIONS = 256,
    SGR_LOAD_CONNECTIONS_MAX = 4096,
    SGR_LOAD_TIMEOUT_MS = 10000,
};

/* Texts are borrowed: they must outlive the load. */
struct sgr_load_plan {
    sgr_str url;
    const char *method;         /* NULL: GET */
    const char *const *headers; /* "Name: value", or NULL */
    size_t header_count;
    struct sgr_load_part parts[SGR_LOAD_PARTS_MAX];
    size_t part_count;
    int64_t timeout_ms;  /* of one request; 0: SGR_LOAD_TIMEOUT_MS */
    int64_t connections; /* at most so many at once; 0: SGR_LOAD_CONNECTIONS */
};

enum sgr_load_failure {
    SGR_LOAD_NOT_CONNECTED,
    SGR_LOAD_TIMED_OUT,
    SGR_LOAD_CUT_OFF,    /* connected, but no whole answer */
    SGR_LOAD_NEVER_SENT, /* due, but no connection was free until the end */
    SGR_LOAD_FAILURES
};
extern const char *const sgr_load_failures[SGR_LOAD_FAILURES]; /* not_connected, ... */

struct sgr_load_report {
    uint64_t due, sent;
    uint64_t classes[6]; /* [2]: answers 200 to 299, and so on */
    uint64_t failed[SGR_LOAD_FAILURES];
    int64_t p50, p90, p99, max; /* microseconds, of answers and time-outs */
    double seconds;             /* from the first to the end of the schedule, or longer */
    double wanted, achieved;    /* requests a second, over all that time */
    char problem[256];          /* why the first one failed, or "" */
};

/* Answers from 400 on, and what was not answered: 0 to 1 of the requests that were due. */
double sgr_load_error_share(const struct sgr_load_report *report);

/* Fills in what is 0; false with a sentence where it is no load that one process can send. */
bool sgr_load_check(struct sgr_load_plan *plan, struct sgr_error *error);

/* Sends it all and waits for the end. False with a sentence where libcurl is missing. */
bool sgr_load_run(const struct sgr_load_plan *plan, struct sgr_load_report *report,
                  struct sgr_error *error);

/* What a script says: { url, method?, headers?, timeout?, connections?, parts: [{ low, high, length
 * }] }. The plan's texts live in `arena`. False with a sentence where it is wrong. */
bool sgr_load_read(sgr_value value, struct sgr_arena *arena, struct sgr_load_plan *plan,
                   struct sgr_error *error);
/* The report as a script and JSON have it. */
sgr_value sgr_load_value(const struct sgr_load_report *report, struct sgr_heap *heap);

/* ---- inside k8s/: on a loop that others use, too ---- */
struct sgr_http;
struct sgr_load;
/* The plan is checked, copied but for its texts. `done` is called from sgr_http_step, once. */
struct sgr_load *sgr_load_start(struct sgr_http *http, const struct sgr_load_plan *plan,
                                void (*done)(void *context, const struct sgr_load_report *report),
                                void *context);
/* At any time, also from within `done`; NULL is fine. */
void sgr_load_free(struct sgr_load *load);

#endif
