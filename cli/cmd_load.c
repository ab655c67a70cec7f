/* sgrc load: requests at a rate, and what came back. Must never say that a load went well of which
 * a part was not sent. */
#include "cli/cli.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/quantity.h"
#include "k8s/load.h"

enum { TEXT_MAX = 1 << 20, LENGTH_MS = 10000 };

/* ---- what is asked for ---- */

/* 200 or 200/s. */
static bool read_rate(sgr_str text, double *rate)
{
    if (text.len > 2 && memcmp(text.ptr + text.len - 2, "/s", 2) == 0) {
        text.len -= 2;
    }
    return sgr_read_number(text, rate);
}

static bool read_ramp(const char *value, struct sgr_load_plan *plan)
{
    const char *dots = strstr(value, "..");
    if (dots == NULL) {
        return false;
    }
    plan->part_count = 1;
    return read_rate((sgr_str){value, (size_t)(dots - value)}, &plan->parts[0].from) &&
           read_rate(sgr_str_from(dots + 2), &plan->parts[0].to);
}

static bool read_steps(const char *value, struct sgr_load_plan *plan)
{
    for (plan->part_count = 0; plan->part_count < SGR_LOAD_PARTS_MAX;) {
        struct sgr_load_part *part = &plan->parts[plan->part_count++];
        size_t length = strcspn(value, ",");
        if (!read_rate((sgr_str){value, length}, &part->from)) {
            return false;
        }
        part->to = part->from;
        if (value[length] == '\0') {
            return true;
        }
        value += length + 1;
    }
    return false;
}

static bool read_constant(const char *value, struct sgr_load_plan *plan)
{
    plan->part_count = 1;
    if (!read_rate(sgr_str_from(value), &plan->parts[0].from)) {
        return false;
    }
    plan->parts[0].to = plan->parts[0].from;
    return true;
}

static bool read_shape(const struct sgr_cli *cli, struct sgr_load_plan *plan,
                       struct sgr_error *error)
{
    const char *rate = sgr_cli_value(cli, SGR_OPT_rate), *ramp = sgr_cli_value(cli, SGR_OPT_ramp),
               *steps = sgr_cli_value(cli, SGR_OPT_steps);
    if ((rate != NULL) + (ramp != NULL) + (steps != NULL) != 1) {
        return sgr_error_set(error, "say how fast: one of --rate 200, --ramp 100..1000 and "
                                    "--steps 100,500,1000");
    }
    if (rate != NULL && !read_constant(rate, plan)) {
        return sgr_error_set(error, "--rate takes requests a second, such as 200, not '%s'", rate);
    }
    if (ramp != NULL && !read_ramp(ramp, plan)) {
        return sgr_error_set(error, "--ramp takes two rates, such as 100..1000, not '%s'", ramp);
    }
    if (steps != NULL && !read_steps(steps, plan)) {
        return sgr_error_set(error, "--steps takes at most %d rates, such as 100,500, not '%s'",
                             SGR_LOAD_PARTS_MAX, steps);
    }
    return true;
}

/* The time of an option, or `otherwise` where it is not given. */
static bool read_time(const struct sgr_cli *cli, enum sgr_option option, int64_t *ms,
                      struct sgr_error *error)
{
    const char *value = sgr_cli_value(cli, option);
    if (value == NULL || (sgr_read_duration(sgr_str_from(value), ms) && *ms > 0)) {
        return true;
    }
    return sgr_error_set(error, "--%s takes a time, such as 30s or 1m30s, not '%s'",
                         sgr_options[option].long_name, value);
}

static bool read_share(const struct sgr_cli *cli, double *share, struct sgr_error *error)
{
    const char *value = sgr_cli_value(cli, SGR_OPT_max_errors);
    sgr_str text = sgr_str_from(value != NULL ? value : "0%");
    bool percent = text.len > 0 && text.ptr[text.len - 1] == '%';
    text.len -= percent ? 1 : 0;
    bool ok = sgr_read_number(text, share);
    *share /= percent ? 100 : 1;
    return (ok && *share >= 0 && *share <= 1) ||
           sgr_error_set(error, "--max-errors takes a share, such as 1%%, not '%s'", value);
}

static void read_headers(const struct sgr_cli *cli, struct sgr_arena *arena,
                         struct sgr_load_plan *plan)
{
    const char **lines = SGR_NEW_ARRAY(arena, const char *, cli->uses.len + 1);
    for (size_t i = 0; i < cli->uses.len; i++) {
        if (cli->uses.at[i].option == SGR_OPT_header) {
            lines[plan->header_count++] = cli->uses.at[i].value;
        }
    }
    plan->headers = lines;
}

struct limits {
    double errors;
    int64_t p99; /* milliseconds; 0: any */
};

static bool read_plan(const struct sgr_cli *cli, struct sgr_arena *arena,
                      struct sgr_load_plan *plan, struct limits *limits, struct sgr_error *error)
{
    int64_t length = LENGTH_MS;
    const char *connections = sgr_cli_value(cli, SGR_OPT_connections);
    if (cli->files.len != 1) {
        return sgr_error_set(error, "load takes one address, such as http://gateway.example/");
    }
    if (!read_shape(cli, plan, error) || !read_time(cli, SGR_OPT_length, &length, error) ||
        !read_time(cli, SGR_OPT_timeout, &plan->timeout_ms, error) ||
        !read_time(cli, SGR_OPT_max_p99, &limits->p99, error) ||
        !read_share(cli, &limits->errors, error)) {
        return false;
    }
    if (connections != NULL &&
        (!sgr_read_int(sgr_str_from(connections), &plan->connections) || plan->connections == 0)) {
        return sgr_error_set(error, "there are from 1 to %d connections", SGR_LOAD_CONNECTIONS_MAX);
    }
    for (size_t i = 0; i < plan->part_count; i++) {
        plan->parts[i].ms = length / (int64_t)plan->part_count;
    }
    plan->url = sgr_str_from(cli->files.at[0]);
    plan->method = sgr_cli_value(cli, SGR_OPT_method);
    read_headers(cli, arena, plan);
    return sgr_load_check(plan, error);
}

/* ---- what came back ---- */

static void print_time(struct sgr_buf *out, const char *name, int64_t us)
{
    sgr_buf_printf(out, "%s %.1fms", name, (double)us / 1000);
}

static void print_counts(const struct sgr_load_report *r, struct sgr_buf *out)
{
    uint64_t answered = 0, failed = 0;
    for (int class = 0; class < 6; class ++) {
        answered += r->classes[class];
    }
    sgr_buf_printf(out, "answered  %" PRIu64, answered);
    for (int class = 0; class < 6; class ++) {
        if (r->classes[class] > 0) {
            sgr_buf_printf(out, "  %dxx %" PRIu64, class, r->classes[class]);
        }
    }
    for (int i = 0; i < SGR_LOAD_FAILURES; i++) {
        failed += r->failed[i];
    }
    sgr_buf_printf(out, "\nfailed    %" PRIu64, failed);
    for (int i = 0; i < SGR_LOAD_FAILURES; i++) {
        if (r->failed[i] > 0) {
            sgr_buf_printf(out, "  %s %" PRIu64, sgr_load_failures[i], r->failed[i]);
        }
    }
    sgr_buf_printf(out, "\nerrors    ");
    sgr_print_percent(out, (double)(int64_t)(sgr_load_error_share(r) * 1e5 + 0.5) / 1e3);
    sgr_buf_byte(out, '\n');
}

static void print_report(const struct sgr_load_report *r, struct sgr_buf *out)
{
    sgr_buf_printf(out, "sent      %" PRIu64 " of %" PRIu64 " in %.1fs: %.1f/s of %.1f/s\n",
                   r->sent, r->due, r->seconds, r->achieved, r->wanted);
    print_counts(r, out);
    if (r->max == 0) {
        return;
    }
    print_time(out, "latency   p50", r->p50);
    print_time(out, "  p90", r->p90);
    print_time(out, "  p99", r->p99);
    print_time(out, "  max", r->max);
    sgr_buf_byte(out, '\n');
}

static void print_json(const struct sgr_load_report *r, struct sgr_buf *out)
{
    struct sgr_heap *heap = sgr_heap_new(TEXT_MAX);
    (void)sgr_value_json(sgr_load_value(r, heap), out);
    sgr_buf_byte(out, '\n');
    sgr_heap_free(heap);
}

static int judge(const struct sgr_load_report *r, const struct limits *limits)
{
    int status = SGR_EXIT_OK;
    double errors = sgr_load_error_share(r);
    if (errors > limits->errors) {
        status = sgr_complain(1, "%.3g%% of the requests are errors; at most %.3g%% may be%s%s",
                              errors * 100, limits->errors * 100,
                              r->problem[0] != '\0' ? "; the first: " : "", r->problem);
    }
    if (limits->p99 > 0 && r->p99 > limits->p99 * 1000) {
        status = sgr_complain(1, "p99 is %.1fms; at most %" PRId64 "ms may be",
                              (double)r->p99 / 1000, limits->p99);
    }
    return status;
}

static int perform(const struct sgr_cli *cli, const struct sgr_load_plan *plan,
                   const struct limits *limits)
{
    struct sgr_load_report report;
    struct sgr_error error = {0};
    struct sgr_buf out;
    const char *output = sgr_cli_value(cli, SGR_OPT_output);
    if (!sgr_load_run(plan, &report, &error)) {
        int status = sgr_complain(SGR_EXIT_COULD_NOT, "%s", error.text);
        sgr_error_release(&error);
        return status;
    }
    sgr_buf_init(&out, TEXT_MAX);
    if (output != NULL && strcmp(output, "json") == 0) {
        print_json(&report, &out);
    } else {
        print_report(&report, &out);
    }
    int status = judge(&report, limits);
    if (!sgr_write_all(STDOUT_FILENO, sgr_buf_str(&out), &error)) {
        status = sgr_complain(SGR_EXIT_COULD_NOT, "%s", error.text);
        sgr_error_release(&error);
    }
    sgr_buf_release(&out);
    return status;
}

int sgr_cmd_load(const struct sgr_cli *cli)
{
    struct sgr_load_plan plan = {0};
    struct limits limits = {0};
    struct sgr_error error = {0};
    struct sgr_arena *arena = sgr_arena_new();
    int status = SGR_EXIT_COULD_NOT;
    if (read_plan(cli, arena, &plan, &limits, &error)) {
        status = perform(cli, &plan, &limits);
    } else {
        (void)sgr_complain(0, "%s", error.text);
    }
    sgr_error_release(&error);
    sgr_arena_free(arena);
    return status;
}
