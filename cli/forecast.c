/* What simulated runs tell of a real one before it begins: its steps while all is well, and the
 * worst case should the new version turn bad at any moment. Must never guess: what it prints was
 * performed by the same bytecode. */
#include "cli/forecast.h"

#include "cli/simulate.h"

/* A check or hold of the run that goes well. */
struct watched {
    sgr_value guard, verb;
    double share; /* of the traffic, in percent, while it samples */
    int64_t every, fail_after;
    int64_t first, last; /* samples: ms of the run's time */
    unsigned samples;
};

struct forecast {
    struct sgr_heap *heap;
    SGR_VEC(sgr_value) steps; /* { name, ends, at } */
    SGR_VEC(struct watched) watches;
    double share;  /* of the traffic, now */
    int64_t risen; /* when the new version got any, or -1 */
};

/* ---- listening ---- */

static void take_step(struct forecast *f, const struct sgr_report *report, bool ends)
{
    struct sgr_record_builder builder;
    sgr_record_begin(&builder, f->heap);
    sgr_record_set(&builder, SGR_STR("name"),
                   sgr_value_copy(f->heap, sgr_field(report->fields, SGR_STR("name"))));
    sgr_record_set(&builder, SGR_STR("ends"), sgr_bool(ends));
    sgr_record_set(&builder, SGR_STR("at"), sgr_unit_i(SGR_DURATION, report->time));
    sgr_vec_push(&f->steps, sgr_record_end(&builder));
}

static void take_guard(struct forecast *f, const struct sgr_report *report)
{
    struct watched watch = {
        .guard = sgr_value_copy(f->heap, sgr_field(report->fields, SGR_STR("guard"))),
        .verb = sgr_value_copy(f->heap, sgr_field(report->fields, SGR_STR("verb"))),
        .share = f->share,
        .every = sgr_path_int(report->fields, "every", 0),
        .first = report->time,
    };
    sgr_vec_push(&f->watches, watch);
}

static void take_sample(struct forecast *f, const struct sgr_report *report)
{
    sgr_value guard = sgr_field(report->fields, SGR_STR("guard"));
    for (size_t i = f->watches.len; i-- > 0;) {
        struct watched *watch = &f->watches.at[i];
        if (sgr_value_equal(watch->guard, guard)) {
            watch->fail_after = sgr_path_int(report->fields, "fail_after", 1);
            watch->last = report->time;
            watch->samples++;
            return;
        }
    }
}

static void listen(void *self, const struct sgr_report *report)
{
    struct forecast *f = self;
    if (strcmp(report->kind, "step") == 0) {
        take_step(f, report, false);
    } else if (strcmp(report->kind, "step_end") == 0) {
        take_step(f, report, true);
    } else if (strcmp(report->kind, "weight") == 0) {
        f->share = sgr_field(report->fields, SGR_STR("new")).as.f;
        f->risen = f->risen < 0 && f->share > 0 ? report->time : f->risen;
    } else if (strcmp(report->kind, "guard") == 0) {
        take_guard(f, report);
    } else if (strcmp(report->kind, "sample") == 0) {
        take_sample(f, report);
    }
}

/* ---- steps ---- */

/* When the step that begins with row `i` ends, in ms; -1 where it did not. */
static int64_t end_of(const struct forecast *f, size_t i)
{
    sgr_str name = sgr_path_str(f->steps.at[i], "name");
    for (size_t k = i + 1; k < f->steps.len; k++) {
        sgr_value row = f->steps.at[k];
        if (sgr_field(row, SGR_STR("ends")).as.i &&
            sgr_str_equal(sgr_path_str(row, "name"), name)) {
            return sgr_path_int(row, "at", -1);
        }
    }
    return -1;
}

static void print_duration(int64_t ms, struct sgr_buf *out)
{
    sgr_value_print(sgr_unit_i(SGR_DURATION, ms), out);
}

static void print_steps(const struct forecast *f, int64_t length, sgr_value rollout,
                        struct sgr_buf *out)
{
    sgr_buf_cstr(out,
                 f->steps.len > 0 ? "steps, and how long each takes while all is well:\n" : "");
    for (size_t i = 0; i < f->steps.len; i++) {
        sgr_value row = f->steps.at[i];
        if (sgr_field(row, SGR_STR("ends")).as.i) {
            continue;
        }
        int64_t from = sgr_path_int(row, "at", 0), to = end_of(f, i);
        sgr_buf_printf(out, "  %-24.*s ", SGR_FMT(sgr_path_str(row, "name")));
        if (to >= 0) {
            print_duration(to - from, out);
        }
        sgr_buf_byte(out, '\n');
    }
    print_duration(length, out);
    sgr_buf_cstr(out, " in all, at most ");
    sgr_value_print(sgr_field(rollout, SGR_STR("deadline")), out);
    sgr_buf_cstr(out, "; then it goes back by itself\n");
}

/* ---- the worst case ---- */

/* How long a version that turns bad can go unseen, ms: right after a sample of this watch, or right
 * after the last one before it. */
static int64_t unseen(const struct forecast *f, size_t i)
{
    const struct watched *watch = &f->watches.at[i];
    int64_t before = f->risen;
    for (size_t k = 0; k < i; k++) {
        before = f->watches.at[k].last > before ? f->watches.at[k].last : before;
    }
    int64_t within = watch->fail_after * watch->every,
            between = watch->first - before + (watch->fail_after - 1) * watch->every;
    return between > within ? between : within;
}

static bool counts(const struct watched *watch)
{
    return watch->share > 0 && watch->samples > 0;
}

/* The watch under which most requests meet a bad version; NULL: nothing watches. */
static const struct watched *worst_of(const struct forecast *f)
{
    const struct watched *worst = NULL;
    double most = 0;
    for (size_t i = 0; i < f->watches.len; i++) {
        const struct watched *watch = &f->watches.at[i];
        double met = watch->share * (double)unseen(f, i);
        if (counts(watch) && met > most) {
            most = met;
            worst = watch;
        }
    }
    return worst;
}

static void print_watch(const struct forecast *f, size_t i, struct sgr_buf *out)
{
    const struct watched *watch = &f->watches.at[i];
    struct sgr_buf share;
    sgr_buf_init(&share, 64);
    sgr_value_print(sgr_unit_f(SGR_PERCENT, watch->share), &share);
    sgr_buf_printf(out, "  at %-6s seen within ", share.ptr);
    print_duration(unseen(f, i), out);
    sgr_buf_printf(out, " by %.*s %.*s (%u sample%s)\n", SGR_FMT(sgr_string_of(watch->verb)),
                   SGR_FMT(sgr_string_of(watch->guard)), watch->samples,
                   watch->samples == 1 ? "" : "s");
    sgr_buf_release(&share);
}

/* A second run, which is aborted where most is at stake, tells how long the way back is. */
static bool print_worst(struct forecast *f, const struct watched *worst, struct sgr_script *script,
                        struct sgr_machine *machine, sgr_value declarations, sgr_value rollout,
                        struct sgr_buf *out)
{
    struct sgr_simulation how = {.scenario = sgr_absent(), .abort_at = worst->first + 1};
    sgr_value results;
    if (!sgr_simulate(script, machine, declarations, rollout, &how, f->heap, &results, NULL)) {
        return false;
    }
    int64_t back = sgr_path_int(results, "rollback_time", 0);
    sgr_buf_cstr(out, "exposed at most: ");
    sgr_value_print(sgr_unit_f(SGR_PERCENT, worst->share), out);
    sgr_buf_cstr(out, " of the traffic for ");
    print_duration(unseen(f, (size_t)(worst - f->watches.at)) + back, out);
    sgr_buf_cstr(out, ", of which ");
    print_duration(back, out);
    sgr_buf_cstr(out, " until it is back\n");
    return true;
}

static void print_end(const struct forecast *f, struct sgr_buf *out)
{
    int64_t last = -1;
    for (size_t i = 0; i < f->watches.len; i++) {
        last = counts(&f->watches.at[i]) ? f->watches.at[i].last : last;
    }
    if (last >= 0) {
        sgr_buf_cstr(out, "nothing watches after ");
        print_duration(last, out);
        sgr_buf_byte(out, '\n');
    }
}

bool sgr_forecast(struct sgr_script *script, struct sgr_machine *machine, sgr_value declarations,
                  sgr_value rollout, struct sgr_buf *out)
{
    struct forecast f = {.heap = sgr_heap_new((size_t)256 << 20), .risen = -1};
    struct sgr_simulation how = {.scenario = sgr_absent(), .watch = listen, .watch_self = &f};
    sgr_value results;
    bool ok = sgr_simulate(script, machine, declarations, rollout, &how, f.heap, &results, NULL);
    const struct watched *worst = ok ? worst_of(&f) : NULL;
    if (ok) {
        print_steps(&f, sgr_path_int(results, "duration", 0), rollout, out);
        sgr_buf_cstr(out, worst == NULL ? "nothing watches the new version\n"
                                        : "should the new version turn bad at any moment:\n");
    }
    for (size_t i = 0; ok && worst != NULL && i < f.watches.len; i++) {
        if (counts(&f.watches.at[i])) {
            print_watch(&f, i, out);
        }
    }
    if (worst != NULL) {
        ok = print_worst(&f, worst, script, machine, declarations, rollout, out);
        print_end(&f, out);
    }
    sgr_vec_release(&f.steps);
    sgr_vec_release(&f.watches);
    sgr_heap_free(f.heap);
    return ok;
}
