/* The load generator: a schedule, slots for the requests under way, and a histogram of latencies.
 * Must never let a slow answer delay what is due, and never count a request twice or not at all. */
#include "k8s/load.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "k8s/http.h"

enum { SLOT_COUNT = 128, HALF = SLOT_COUNT / 2, BUCKETS = SLOT_COUNT + 40 * HALF };
enum { OTHERS = 32 }; /* connections of whoever shares the loop */

/* Latencies in microseconds, each to within 1.6%: 128 slots of one, then 64 to each doubling. */
struct histogram {
    uint64_t counts[BUCKETS], total;
    int64_t max;
};

struct request {
    struct sgr_load *load;
    struct sgr_http_call *call; /* NULL: free */
    int64_t due, began;         /* microseconds */
    size_t next_free;
};

struct sgr_load {
    struct sgr_http *http;
    struct sgr_load_plan plan;
    void (*done)(void *context, const struct sgr_load_report *report);
    void *context;
    struct request *requests; /* plan.connections of them */
    size_t first_free, active;
    int64_t began, end; /* microseconds */
    int64_t part_began;
    size_t part;
    uint64_t in_part; /* requests of it so far */
    int64_t next_due, last_sent;
    uint64_t timer;
    struct histogram latencies;
    struct sgr_load_report report;
};

static int64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* ---- latencies ---- */

static size_t bucket_of(int64_t us)
{
    uint64_t value = us > 0 ? (uint64_t)us : 0;
    if (value < SLOT_COUNT) {
        return value;
    }
    unsigned shift = 57 - (unsigned)__builtin_clzll(value); /* leaves 64 to 127 */
    size_t bucket = SLOT_COUNT + (shift - 1) * HALF + (size_t)(value >> shift) - HALF;
    return bucket < BUCKETS ? bucket : BUCKETS - 1;
}

/* The largest latency of a bucket. */
static int64_t top_of(size_t bucket)
{
    if (bucket < SLOT_COUNT) {
        return (int64_t)bucket;
    }
    size_t shift = (bucket - SLOT_COUNT) / HALF + 1, slot = (bucket - SLOT_COUNT) % HALF + HALF;
    return (int64_t)((slot + 1) << shift) - 1;
}

static void count_latency(struct histogram *h, int64_t us)
{
    h->counts[bucket_of(us)]++;
    h->total++;
    h->max = us > h->max ? us : h->max;
}

static int64_t quantile(const struct histogram *h, double q)
{
    uint64_t rank = (uint64_t)ceil(q * (double)h->total), seen = 0;
    for (size_t i = 0; i < BUCKETS; i++) {
        seen += h->counts[i];
        if (seen >= rank && seen > 0) {
            return top_of(i) < h->max ? top_of(i) : h->max;
        }
    }
    return 0;
}

/* ---- the schedule ---- */

static double requests_of(const struct sgr_load_part *part)
{
    return (part->from + part->to) / 2 * (double)part->ms / 1000;
}

/* Seconds from the start of the part until its request number k: the rate is integrated. */
static double moment_of(const struct sgr_load_part *part, double k)
{
    double slope = (part->to - part->from) / ((double)part->ms / 1000);
    if (slope == 0) {
        return k / part->from;
    }
    double root = part->from * part->from + 2 * slope * k;
    return (sqrt(root > 0 ? root : 0) - part->from) / slope;
}

/* Sets next_due; false behind the last request. */
static bool schedule_next(struct sgr_load *load)
{
    for (; load->part < load->plan.part_count; load->part++, load->in_part = 0) {
        const struct sgr_load_part *part = &load->plan.parts[load->part];
        if ((double)load->in_part < requests_of(part) - 1e-6) {
            load->next_due =
                load->part_began + (int64_t)(1e6 * moment_of(part, (double)load->in_part));
            load->in_part++;
            load->report.due++;
            return true;
        }
        load->part_began += part->ms * 1000;
    }
    load->next_due = INT64_MAX;
    return false;
}

/* ---- requests ---- */

static void pump(struct sgr_load *load);

static void note_problem(struct sgr_load *load, const char *text)
{
    char *problem = load->report.problem;
    if (problem[0] == '\0') {
        memcpy(problem, text, strnlen(text, sizeof load->report.problem - 1));
    }
}

static void count_end(struct request *request, const struct sgr_http_response *response)
{
    struct sgr_load *load = request->load;
    int64_t now = now_us();
    if (response->outcome == SGR_HTTP_ANSWERED) {
        int class = response->status / 100;
        load->report.classes[class >= 1 && class <= 5 ? class : 0]++;
        count_latency(&load->latencies, now - request->due);
        return;
    }
    note_problem(load, response->text);
    bool late = now - request->began >= (load->plan.timeout_ms - 2) * 1000; /* curl rounds */
    bool unsent = response->outcome == SGR_HTTP_NOT_SENT;
    load->report.failed[late     ? SGR_LOAD_TIMED_OUT
                        : unsent ? SGR_LOAD_NOT_CONNECTED
                                 : SGR_LOAD_CUT_OFF]++;
    if (late) {
        count_latency(&load->latencies, now - request->due);
    }
}

static void ended(void *context, const struct sgr_http_response *response)
{
    struct request *request = context;
    struct sgr_load *load = request->load;
    count_end(request, response);
    request->call = NULL;
    request->next_free = load->first_free;
    load->first_free = (size_t)(request - load->requests);
    load->active--;
    pump(load);
}

/* Answers are not kept; a call whose body is taken as it comes is not tried again. */
static bool drop_bytes(void *context, sgr_str bytes)
{
    (void)context;
    (void)bytes;
    return true;
}

static void send_one(struct sgr_load *load, int64_t now)
{
    const struct sgr_load_plan *plan = &load->plan;
    struct request *request = &load->requests[load->first_free];
    load->first_free = request->next_free;
    load->active++;
    load->report.sent++;
    load->last_sent = now;
    request->due = load->next_due;
    request->began = now;
    request->call = sgr_http_start(load->http, &(struct sgr_http_request){
                                                   .method = plan->method,
                                                   .url = plan->url,
                                                   .headers = plan->headers,
                                                   .header_count = plan->header_count,
                                                   .safe = true,
                                                   .once = true,
                                                   .budget_ms = plan->timeout_ms,
                                                   .total_ms = plan->timeout_ms,
                                                   .data = drop_bytes,
                                                   .done = ended,
                                                   .context = request,
                                               });
}

/* ---- the whole ---- */

static void finish(struct sgr_load *load)
{
    struct sgr_load_report *report = &load->report;
    int64_t last = load->last_sent > load->end ? load->last_sent : load->end;
    report->seconds = (double)(last - load->began) / 1e6;
    report->wanted = (double)report->due / ((double)(load->end - load->began) / 1e6);
    report->achieved = (double)report->sent / report->seconds;
    report->p50 = quantile(&load->latencies, 0.5);
    report->p90 = quantile(&load->latencies, 0.9);
    report->p99 = quantile(&load->latencies, 0.99);
    report->max = load->latencies.max;
    load->done(load->context, report);
}

/* The schedule is over, and so is the time in which what was late may still be sent. */
static void give_up_the_late(struct sgr_load *load)
{
    do {
        load->report.failed[SGR_LOAD_NEVER_SENT]++;
    } while (schedule_next(load));
}

static void tick(void *context)
{
    struct sgr_load *load = context;
    load->timer = 0;
    pump(load);
}

static void pump(struct sgr_load *load)
{
    int64_t now = now_us();
    while (load->next_due <= now && load->active < (size_t)load->plan.connections) {
        if (now > load->end + load->plan.timeout_ms * 1000) {
            give_up_the_late(load);
            break;
        }
        send_one(load, now);
        (void)schedule_next(load);
    }
    if (load->next_due == INT64_MAX && load->active == 0) {
        finish(load);
    } else if (load->next_due > now && load->next_due != INT64_MAX && load->timer == 0) {
        load->timer = sgr_http_after(load->http, (load->next_due - now + 999) / 1000, tick, load);
    }
}

struct sgr_load *sgr_load_start(struct sgr_http *http, const struct sgr_load_plan *plan,
                                void (*done)(void *, const struct sgr_load_report *), void *context)
{
    struct sgr_load *load = sgr_calloc(1, sizeof *load);
    load->http = http;
    load->plan = *plan;
    load->done = done;
    load->context = context;
    load->requests = sgr_calloc((size_t)plan->connections, sizeof *load->requests);
    for (size_t i = 0; i < (size_t)plan->connections; i++) {
        load->requests[i] = (struct request){.load = load, .next_free = i + 1};
    }
    load->began = load->end = load->part_began = now_us();
    for (size_t i = 0; i < plan->part_count; i++) {
        load->end += plan->parts[i].ms * 1000;
    }
    sgr_http_keep(http, plan->connections + OTHERS);
    (void)schedule_next(load);
    load->timer = sgr_http_after(http, 0, tick, load);
    return load;
}

void sgr_load_free(struct sgr_load *load)
{
    if (load == NULL) {
        return;
    }
    sgr_http_timer_cancel(load->http, load->timer);
    for (size_t i = 0; i < (size_t)load->plan.connections; i++) {
        sgr_http_cancel(load->http, load->requests[i].call);
    }
    free(load->requests);
    free(load);
}

static void take_report(void *context, const struct sgr_load_report *report)
{
    *(const struct sgr_load_report **)context = report;
}

bool sgr_load_run(const struct sgr_load_plan *plan, struct sgr_load_report *report,
                  struct sgr_error *error)
{
    const struct sgr_load_report *result = NULL;
    struct sgr_http *http = sgr_http_new(error);
    if (http == NULL) {
        return false;
    }
    struct sgr_load *load = sgr_load_start(http, plan, take_report, &result);
    while (result == NULL) {
        sgr_http_step(http, 1000, -1);
    }
    *report = *result;
    sgr_load_free(load);
    sgr_http_free(http);
    return true;
}
