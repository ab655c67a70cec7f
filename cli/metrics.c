/* The metrics of one run, kept from its reports. Must never fail a run: what cannot be written is
 * said once and tried again with the next report. */
#include "cli/metrics.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "cli/cli.h"

enum { TEXT_MAX = 1 << 20, WRITE_EVERY_S = 1 };

struct reading {
    char *expression;
    double value;
};

struct guard {
    char *name;
    uint64_t pass, breach, no_signal;
    SGR_VEC(struct reading) readings;
};

struct sgr_metrics {
    char *file;
    struct sgr_buf labels; /* rollout and namespace, without braces */
    struct sgr_buf about;  /* more of them: what is replaced by what */
    int64_t start, end;    /* seconds since 1970; 0: not yet */
    size_t steps, current;
    struct sgr_buf step, outcome;
    double share; /* of traffic on the new version, 0 to 1 */
    bool shared, rolling_back, waiting;
    uint64_t effects, retries;
    SGR_VEC(struct guard) guards;
    int64_t written;
    bool complained;
};

static void add_label(struct sgr_buf *out, const char *name, sgr_str value)
{
    sgr_buf_printf(out, "%s%s=\"", out->len > 0 ? "," : "", name);
    for (size_t i = 0; i < value.len; i++) {
        char c = value.ptr[i];
        if (c == '\n') {
            sgr_buf_cstr(out, "\\n");
            continue;
        }
        sgr_buf_cstr(out, c == '"' || c == '\\' ? "\\" : "");
        sgr_buf_byte(out, c);
    }
    sgr_buf_byte(out, '"');
}

struct sgr_metrics *sgr_metrics_new(const char *file, sgr_value rollout, const char *namespace)
{
    struct sgr_metrics *m = sgr_calloc(1, sizeof *m);
    sgr_value outline = sgr_field(rollout, SGR_STR("outline"));
    struct sgr_buf path;
    sgr_buf_init(&path, TEXT_MAX);
    sgr_buf_cstr(&path, file != NULL ? file : "");
    m->file = file != NULL ? sgr_buf_take(&path) : NULL;
    sgr_buf_release(&path);
    sgr_buf_init(&m->labels, TEXT_MAX);
    sgr_buf_init(&m->about, TEXT_MAX);
    sgr_buf_init(&m->step, TEXT_MAX);
    sgr_buf_init(&m->outcome, TEXT_MAX);
    add_label(&m->labels, "rollout", sgr_path_str(rollout, "name"));
    add_label(&m->labels, "namespace", sgr_str_from(namespace));
    m->steps = outline.tag == SGR_LIST ? sgr_count_of(outline) : 0;
    return m;
}

/* ---- what the reports tell ---- */

static void note_run(struct sgr_metrics *m, sgr_value fields)
{
    sgr_buf_clear(&m->about);
    add_label(&m->about, "workload", sgr_path_str(fields, "workload"));
    add_label(&m->about, "mode", sgr_path_str(fields, "mode"));
    add_label(&m->about, "old_image", sgr_path_str(fields, "old/image"));
    add_label(&m->about, "new_image", sgr_path_str(fields, "new/image"));
}

static void note_step(struct sgr_metrics *m, sgr_value fields)
{
    m->current++;
    sgr_buf_clear(&m->step);
    sgr_buf_add(&m->step, sgr_path_str(fields, "name"));
}

/* As Prometheus wants it: seconds, ratios, cores, bytes. */
static double base_unit(sgr_value value)
{
    switch (value.tag) {
    case SGR_DURATION:
    case SGR_CPU:
        return (double)value.as.i / 1000;
    case SGR_PERCENT:
        return value.as.f / 100;
    case SGR_NUMBER:
    case SGR_RATE:
    case SGR_COUNT:
        return value.as.f;
    case SGR_INT:
    case SGR_BOOL:
    case SGR_MEMORY:
        return (double)value.as.i;
    default:
        return 0;
    }
}

static void note_weight(struct sgr_metrics *m, sgr_value fields)
{
    m->share = base_unit(sgr_field(fields, SGR_STR("new")));
    m->shared = true;
}

static char *copy_text(sgr_str text)
{
    char *copy = sgr_calloc(text.len + 1, 1);
    memcpy(copy, text.ptr, text.len);
    return copy;
}

static struct guard *guard_of(struct sgr_metrics *m, sgr_str name)
{
    for (size_t i = 0; i < m->guards.len; i++) {
        if (sgr_str_is(name, m->guards.at[i].name)) {
            return &m->guards.at[i];
        }
    }
    struct guard guard = {.name = copy_text(name)};
    sgr_vec_push(&m->guards, guard);
    return &m->guards.at[m->guards.len - 1];
}

static void drop_readings(struct guard *guard)
{
    for (size_t i = 0; i < guard->readings.len; i++) {
        free(guard->readings.at[i].expression);
    }
    guard->readings.len = 0;
}

static void note_sample(struct sgr_metrics *m, sgr_value fields)
{
    struct guard *guard = guard_of(m, sgr_path_str(fields, "guard"));
    sgr_str verdict = sgr_path_str(fields, "verdict");
    sgr_value values = sgr_field(fields, SGR_STR("values"));
    uint64_t *count = sgr_str_is(verdict, "pass")     ? &guard->pass
                      : sgr_str_is(verdict, "breach") ? &guard->breach
                                                      : &guard->no_signal;
    ++*count;
    drop_readings(guard);
    for (size_t i = 0; values.tag == SGR_LIST && i < sgr_count_of(values); i++) {
        sgr_value item = sgr_item(values, i), value = sgr_field(item, SGR_STR("value"));
        if (value.tag >= SGR_BOOL && value.tag <= SGR_COUNT) {
            struct reading reading = {copy_text(sgr_path_str(item, "text")), base_unit(value)};
            sgr_vec_push(&guard->readings, reading);
        }
    }
}

static void note_retry(struct sgr_metrics *m, sgr_value fields)
{
    (void)fields;
    m->retries++;
}

static void note_effect(struct sgr_metrics *m, sgr_value fields)
{
    (void)fields;
    m->effects++;
}

static void note_rollback(struct sgr_metrics *m, sgr_value fields)
{
    (void)fields;
    m->rolling_back = true;
}

static void note_outcome(struct sgr_metrics *m, sgr_value fields)
{
    m->rolling_back = false;
    m->end = (int64_t)time(NULL);
    sgr_buf_clear(&m->outcome);
    sgr_buf_add(&m->outcome, sgr_path_str(fields, "outcome"));
}

static void write_file(struct sgr_metrics *m)
{
    struct sgr_buf text;
    struct sgr_error error = {0};
    sgr_buf_init(&text, TEXT_MAX);
    sgr_metrics_text(m, &text);
    if (!sgr_write_file(m->file, sgr_buf_str(&text), &error) && !m->complained) {
        m->complained = true;
        (void)sgr_complain(0, "%s; the run goes on without its metrics there", error.text);
    }
    sgr_error_release(&error);
    sgr_buf_release(&text);
    m->written = (int64_t)time(NULL);
}

void sgr_metrics_report(struct sgr_metrics *m, const struct sgr_report *report)
{
    static const struct {
        const char *kind;
        void (*note)(struct sgr_metrics *m, sgr_value fields);
    } notes[] = {
        {"run", note_run},         {"step", note_step},         {"weight", note_weight},
        {"sample", note_sample},   {"retry", note_retry},       {"effect", note_effect},
        {"outcome", note_outcome}, {"rollback", note_rollback}, {"install", note_run},
    };
    if (strcmp(report->kind, "message") == 0) {
        return;
    }
    if (m->start == 0) {
        m->start = (int64_t)time(NULL) - report->time / 1000;
    }
    m->waiting =
        strcmp(report->kind, "approve") == 0 || (m->waiting && strcmp(report->kind, "sample") == 0);
    for (size_t i = 0; i < sizeof notes / sizeof *notes; i++) {
        if (strcmp(report->kind, notes[i].kind) == 0) {
            notes[i].note(m, report->fields);
        }
    }
    if (m->file != NULL && (int64_t)time(NULL) >= m->written + WRITE_EVERY_S) {
        write_file(m);
    }
}

void sgr_metrics_free(struct sgr_metrics *m)
{
    if (m == NULL) {
        return;
    }
    if (m->file != NULL && m->start != 0) {
        write_file(m);
    }
    for (size_t i = 0; i < m->guards.len; i++) {
        drop_readings(&m->guards.at[i]);
        sgr_vec_release(&m->guards.at[i].readings);
        free(m->guards.at[i].name);
    }
    sgr_vec_release(&m->guards);
    struct sgr_buf *texts[] = {&m->labels, &m->about, &m->step, &m->outcome};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        sgr_buf_release(texts[i]);
    }
    free(m->file);
    free(m);
}

/* ---- the exposition ---- */

static void begin(struct sgr_buf *out, const char *name, const char *type, const char *help)
{
    sgr_buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void sample(const struct sgr_metrics *m, struct sgr_buf *out, const char *name,
                   const struct sgr_buf *more, double value)
{
    sgr_str rest = more != NULL ? sgr_buf_str(more) : SGR_STR("");
    sgr_buf_printf(out, "%s{%.*s%s%.*s} %.17g\n", name, SGR_FMT(sgr_buf_str(&m->labels)),
                   rest.len > 0 ? "," : "", SGR_FMT(rest), value);
}

static void one(const struct sgr_metrics *m, struct sgr_buf *out, const char *name,
                const char *type, const char *help, double value)
{
    begin(out, name, type, help);
    sample(m, out, name, NULL, value);
}

static void labelled(const struct sgr_metrics *m, struct sgr_buf *out, const char *name,
                     const char *label, sgr_str text, double value)
{
    struct sgr_buf more;
    sgr_buf_init(&more, TEXT_MAX);
    add_label(&more, label, text);
    sample(m, out, name, &more, value);
    sgr_buf_release(&more);
}

static void print_outcome(const struct sgr_metrics *m, struct sgr_buf *out)
{
    static const char *const outcomes[] = {"promoted",    "installed",  "unchanged",
                                           "rolled_back", "superseded", "failed"};
    begin(out, "sgrc_rollout_outcome", "gauge", "1 for how the run ended; all 0 while it goes on");
    for (size_t i = 0; i < sizeof outcomes / sizeof *outcomes; i++) {
        labelled(m, out, "sgrc_rollout_outcome", "outcome", sgr_str_from(outcomes[i]),
                 sgr_str_is(sgr_buf_str(&m->outcome), outcomes[i]) ? 1 : 0);
    }
}

static void print_traffic(const struct sgr_metrics *m, struct sgr_buf *out)
{
    if (m->shared) {
        begin(out, "sgrc_rollout_traffic_ratio", "gauge",
              "share of the traffic on a track, as last proven");
        labelled(m, out, "sgrc_rollout_traffic_ratio", "track", SGR_STR("new"), m->share);
        labelled(m, out, "sgrc_rollout_traffic_ratio", "track", SGR_STR("old"), 1 - m->share);
    }
}

static void guard_sample(const struct sgr_metrics *m, struct sgr_buf *out, const char *name,
                         const struct guard *guard, const char *label, const char *text,
                         double value)
{
    struct sgr_buf more;
    sgr_buf_init(&more, TEXT_MAX);
    add_label(&more, "guard", sgr_str_from(guard->name));
    add_label(&more, label, sgr_str_from(text));
    sample(m, out, name, &more, value);
    sgr_buf_release(&more);
}

static void print_guards(const struct sgr_metrics *m, struct sgr_buf *out)
{
    static const char *const samples = "sgrc_guard_samples_total", *const value =
                                                                       "sgrc_guard_value";
    if (m->guards.len == 0) {
        return;
    }
    begin(out, samples, "counter", "samples of a guard by what they said");
    for (size_t i = 0; i < m->guards.len; i++) {
        const struct guard *guard = &m->guards.at[i];
        guard_sample(m, out, samples, guard, "verdict", "pass", (double)guard->pass);
        guard_sample(m, out, samples, guard, "verdict", "breach", (double)guard->breach);
        guard_sample(m, out, samples, guard, "verdict", "no_signal", (double)guard->no_signal);
    }
    begin(out, value, "gauge", "what a guard last saw, in base units");
    for (size_t i = 0; i < m->guards.len; i++) {
        const struct guard *guard = &m->guards.at[i];
        for (size_t k = 0; k < guard->readings.len; k++) {
            guard_sample(m, out, value, guard, "expression", guard->readings.at[k].expression,
                         guard->readings.at[k].value);
        }
    }
}

void sgr_metrics_text(const struct sgr_metrics *m, struct sgr_buf *out)
{
    begin(out, "sgrc_rollout_info", "gauge", "always 1; what is replaced by what");
    sample(m, out, "sgrc_rollout_info", &m->about, 1);
    one(m, out, "sgrc_rollout_start_timestamp_seconds", "gauge", "when the run began",
        (double)m->start);
    if (m->end != 0) {
        one(m, out, "sgrc_rollout_end_timestamp_seconds", "gauge", "when the run ended",
            (double)m->end);
    }
    print_outcome(m, out);
    one(m, out, "sgrc_rollout_steps", "gauge", "steps of the script", (double)m->steps);
    begin(out, "sgrc_rollout_step", "gauge", "number of the step under way, from 1");
    labelled(m, out, "sgrc_rollout_step", "step", sgr_buf_str(&m->step), (double)m->current);
    print_traffic(m, out);
    one(m, out, "sgrc_rollout_rolling_back", "gauge", "1 while the run takes its changes back",
        m->rolling_back);
    one(m, out, "sgrc_rollout_waiting_approval", "gauge", "1 while a person is waited for",
        m->waiting);
    one(m, out, "sgrc_rollout_effects_total", "counter", "changes asked of the cluster",
        (double)m->effects);
    one(m, out, "sgrc_rollout_retries_total", "counter", "parts that were tried again",
        (double)m->retries);
    print_guards(m, out);
}
