/* What a load may be, and how scripts and JSON say it. Must never let through what would take a
 * machine down: rates, times and connections have limits. */
#include "k8s/load.h"

#include <math.h>
#include <stdio.h>

#include "base/quantity.h"

#define DAY_MS (24 * 3600 * (int64_t)1000)

const char *const sgr_load_failures[SGR_LOAD_FAILURES] = {"not_connected", "timed_out", "cut_off",
                                                          "never_sent"};

double sgr_load_error_share(const struct sgr_load_report *report)
{
    uint64_t fine = report->classes[1] + report->classes[2] + report->classes[3];
    return report->due > 0 ? 1 - (double)fine / (double)report->due : 0;
}

static bool check_url(sgr_str url, struct sgr_error *error)
{
    sgr_str rest =
        sgr_str_starts_with(url, SGR_STR("http://"))    ? (sgr_str){url.ptr + 7, url.len - 7}
        : sgr_str_starts_with(url, SGR_STR("https://")) ? (sgr_str){url.ptr + 8, url.len - 8}
                                                        : (sgr_str){0};
    bool ok = rest.len > 0 && strchr("/?#:@", rest.ptr[0]) == NULL;
    for (size_t i = 0; i < url.len; i++) {
        ok = ok && (unsigned char)url.ptr[i] > ' ';
    }
    return ok || sgr_error_set(error, "the address must be http://HOST/... or https://HOST/...");
}

static bool check_headers(const struct sgr_load_plan *plan, struct sgr_error *error)
{
    for (size_t i = 0; i < plan->header_count; i++) {
        const char *line = plan->headers[i], *colon = strchr(line, ':');
        if (colon == NULL || colon == line || strpbrk(line, "\r\n") != NULL) {
            return sgr_error_set(error, "a header is \"Name: value\", on one line");
        }
    }
    for (const char *c = plan->method; *c != '\0'; c++) {
        if (*c < 'A' || *c > 'Z') {
            return sgr_error_set(error, "a method is a word in capitals, such as GET");
        }
    }
    return plan->method[0] != '\0' || sgr_error_set(error, "the method is empty");
}

static bool check_part(const struct sgr_load_part *part, struct sgr_error *error)
{
    double low = part->from < part->to ? part->from : part->to,
           high = part->from < part->to ? part->to : part->from;
    if (!isfinite(low) || !isfinite(high) || low < 0 || high <= 0) {
        return sgr_error_set(error, "a load needs a rate above 0");
    }
    if (high > SGR_LOAD_RATE_MAX) {
        return sgr_error_set(error,
                             "one process sends at most %d requests a second; for more, start "
                             "several",
                             SGR_LOAD_RATE_MAX);
    }
    return (part->ms > 0 && part->ms <= DAY_MS) ||
           sgr_error_set(error, "a load lasts longer than 0s and at most 1d");
}

bool sgr_load_check(struct sgr_load_plan *plan, struct sgr_error *error)
{
    plan->method = plan->method != NULL ? plan->method : "GET";
    plan->timeout_ms = plan->timeout_ms != 0 ? plan->timeout_ms : SGR_LOAD_TIMEOUT_MS;
    plan->connections = plan->connections != 0 ? plan->connections : SGR_LOAD_CONNECTIONS;
    if (plan->timeout_ms < 10 || plan->timeout_ms > 3600000) {
        return sgr_error_set(error, "the time-out of a request is from 10ms to 1h");
    }
    if (plan->connections < 1 || plan->connections > SGR_LOAD_CONNECTIONS_MAX) {
        return sgr_error_set(error, "there are from 1 to %d connections", SGR_LOAD_CONNECTIONS_MAX);
    }
    if (plan->part_count == 0) {
        return sgr_error_set(error, "a load needs a rate above 0");
    }
    for (size_t i = 0; i < plan->part_count; i++) {
        if (!check_part(&plan->parts[i], error)) {
            return false;
        }
    }
    return check_url(plan->url, error) && check_headers(plan, error);
}

/* ---- as a value ---- */

static double rate_of(sgr_value value)
{
    return value.tag == SGR_RATE || value.tag == SGR_NUMBER ? value.as.f
           : value.tag == SGR_INT                           ? (double)value.as.i
                                                            : 0;
}

static int64_t whole_of(sgr_value value)
{
    return value.tag == SGR_DURATION || value.tag == SGR_INT ? value.as.i : 0;
}

static void read_headers(sgr_value headers, struct sgr_arena *arena, struct sgr_load_plan *plan)
{
    plan->header_count = headers.tag == SGR_RECORD ? sgr_count_of(headers) : 0;
    const char **lines = SGR_NEW_ARRAY(arena, const char *, plan->header_count + 1);
    for (size_t i = 0; i < plan->header_count; i++) {
        sgr_value text = sgr_field_at(headers, i);
        sgr_str words = text.tag == SGR_STRING ? sgr_string_of(text) : SGR_STR("");
        lines[i] =
            sgr_arena_printf(arena, "%.*s: %.*s", SGR_FMT(sgr_key(headers, i)), SGR_FMT(words)).ptr;
    }
    plan->headers = lines;
}

bool sgr_load_read(sgr_value value, struct sgr_arena *arena, struct sgr_load_plan *plan,
                   struct sgr_error *error)
{
    sgr_value parts = sgr_field(value, SGR_STR("parts"));
    sgr_str method = sgr_path_str(value, "method");
    *plan = (struct sgr_load_plan){
        .url = sgr_arena_printf(arena, "%.*s", SGR_FMT(sgr_path_str(value, "url"))),
        .method = method.len > 0 ? sgr_arena_printf(arena, "%.*s", SGR_FMT(method)).ptr : NULL,
        .timeout_ms = whole_of(sgr_field(value, SGR_STR("timeout"))),
        .connections = whole_of(sgr_field(value, SGR_STR("connections"))),
        .part_count = parts.tag == SGR_LIST ? sgr_count_of(parts) : 0,
    };
    read_headers(sgr_field(value, SGR_STR("headers")), arena, plan);
    if (plan->part_count > SGR_LOAD_PARTS_MAX) {
        return sgr_error_set(error, "a load has at most %d parts", SGR_LOAD_PARTS_MAX);
    }
    for (size_t i = 0; i < plan->part_count; i++) {
        sgr_value part = sgr_item(parts, i);
        plan->parts[i] = (struct sgr_load_part){
            .from = rate_of(sgr_field(part, SGR_STR("low"))),
            .to = rate_of(sgr_field(part, SGR_STR("high"))),
            .ms = whole_of(sgr_field(part, SGR_STR("length"))),
        };
    }
    return sgr_load_check(plan, error);
}

static void set(struct sgr_record_builder *record, const char *name, sgr_value value)
{
    sgr_record_set(record, sgr_str_from(name), value);
}

/* A tenth of a microsecond-exact latency is worth nothing: durations are whole milliseconds, so the
 * figures go as numbers of them. */
static void set_latencies(struct sgr_record_builder *record, const struct sgr_load_report *report)
{
    set(record, "p50_ms", sgr_number((double)report->p50 / 1000));
    set(record, "p90_ms", sgr_number((double)report->p90 / 1000));
    set(record, "p99_ms", sgr_number((double)report->p99 / 1000));
    set(record, "max_ms", sgr_number((double)report->max / 1000));
}

sgr_value sgr_load_value(const struct sgr_load_report *report, struct sgr_heap *heap)
{
    struct sgr_record_builder record, answers, failures;
    char name[8];
    sgr_record_begin(&answers, heap);
    for (int class = 0; class <= 5; class ++) {
        snprintf(name, sizeof name, class == 0 ? "other" : "%dxx", class);
        if (report->classes[class] > 0) {
            set(&answers, name, sgr_int((int64_t)report->classes[class]));
        }
    }
    sgr_record_begin(&failures, heap);
    for (int i = 0; i < SGR_LOAD_FAILURES; i++) {
        if (report->failed[i] > 0) {
            set(&failures, sgr_load_failures[i], sgr_int((int64_t)report->failed[i]));
        }
    }
    sgr_value answered = sgr_record_end(&answers), failed = sgr_record_end(&failures);
    sgr_record_begin(&record, heap);
    set(&record, "due", sgr_int((int64_t)report->due));
    set(&record, "sent", sgr_int((int64_t)report->sent));
    set(&record, "seconds", sgr_number(report->seconds));
    set(&record, "wanted_per_second", sgr_number(report->wanted));
    set(&record, "achieved_per_second", sgr_number(report->achieved));
    set(&record, "answered", answered);
    set(&record, "failed", failed);
    set(&record, "errors", sgr_unit_f(SGR_PERCENT, 100 * sgr_load_error_share(report)));
    set_latencies(&record, report);
    set(&record, "problem", sgr_string(heap, sgr_str_from(report->problem)));
    return sgr_record_end(&record);
}
