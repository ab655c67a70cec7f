/* One performance: counts effects, lets faults strike, resumes what was killed, and judges the end.
 * The trace that is hashed holds every effect, every report and the objects at the end. */
#include "k8s/sim/play.h"

#include <stdio.h>

#include "k8s/sim/internal.h"

enum { HOUR_MS = 3600000, SLACK_MS = 2 * HOUR_MS, TELL_MAX = 1 << 12 };

struct actor {
    const struct sgr_play *play;
    struct sgr_sim *sim;
    struct sgr_host inner;
    struct sgr_host_ops ops;
    struct sgr_verdict verdict;
    bool rolling_back, arrived, aborted;
    bool struck[SGR_STRIKES_MAX];
    int64_t last_fault; /* when the last one is over; INT64_MAX: never */
};

/* ---- the trace ---- */

static void trace_bytes(struct actor *actor, const void *bytes, size_t len)
{
    const unsigned char *at = bytes;
    for (size_t i = 0; i < len; i++) {
        actor->verdict.hash = (actor->verdict.hash ^ at[i]) * 1099511628211ULL;
    }
}

static void trace(struct actor *actor, const char *word, sgr_value about)
{
    int64_t now = sgr_sim_now(actor->sim);
    sgr_str kind = sgr_path_str(about, "kind"), name = sgr_path_str(about, "name");
    if (name.len == 0) {
        name = sgr_path_str(about, "metadata/name");
    }
    trace_bytes(actor, &now, sizeof now);
    trace_bytes(actor, word, strlen(word));
    trace_bytes(actor, kind.ptr, kind.len);
    trace_bytes(actor, name.ptr, name.len);
    if (actor->play->traced != NULL) {
        actor->play->traced(actor->play->self, now, word, about);
    }
}

/* ---- strikes ---- */

/* The value that is as bad as high or low can be for a metric of this unit. */
static sgr_value extreme_of(sgr_str unit, bool high)
{
    bool percent = sgr_str_is(unit, "percent") || sgr_str_is(unit, "count");
    return percent                        ? sgr_unit_f(SGR_PERCENT, high ? 100 : 0)
           : sgr_str_is(unit, "duration") ? sgr_unit_i(SGR_DURATION, high ? HOUR_MS : 0)
                                          : sgr_number(high ? 1e12 : 0);
}

static void add_model(struct sgr_sim *sim, sgr_str metric, const char *track, sgr_value value)
{
    struct sim_model model = {
        .metric = sgr_string(sim->heap, metric),
        .track = sgr_string(sim->heap, sgr_str_from(track)),
        .value = value,
    };
    sgr_vec_push(&sim->models, model);
}

static void set_metrics(struct actor *actor, bool high)
{
    sgr_value metrics = sgr_field(actor->play->stage->declarations, SGR_STR("metrics"));
    for (size_t i = 0; metrics.tag == SGR_LIST && i < sgr_count_of(metrics); i++) {
        sgr_value metric = sgr_item(metrics, i);
        add_model(actor->sim, sgr_path_str(metric, "name"), "new",
                  extreme_of(sgr_path_str(metric, "unit"), high));
    }
}

static void abort_run(struct sgr_run *run)
{
    sgr_run_raise(run, "aborted", "aborted by a person");
}

static void take_turn(struct actor *actor, const char *word, struct sgr_run *run)
{
    if (strcmp(word, "aborted") == 0) {
        actor->aborted = true;
        abort_run(run);
    } else if (strcmp(word, "denied") == 0) {
        add_model(actor->sim, SGR_STR("approval"), "",
                  sgr_string(actor->sim->heap, SGR_STR("denied")));
    } else {
        set_metrics(actor, strcmp(word, "high_metrics") == 0);
    }
}

/* A line among the reports, for whoever reads them. */
static void tell(const struct actor *actor, const struct sgr_strike *strike)
{
    if (actor->play->watch == NULL) {
        return;
    }
    struct sgr_heap *heap = actor->sim->heap;
    struct sgr_buf text;
    sgr_buf_init(&text, TELL_MAX);
    sgr_strike_tell(strike, &text);
    struct sgr_report report = {
        .kind = "message",
        .fields = sgr_record_with(heap, sgr_absent(), SGR_STR("text"),
                                  sgr_string(heap, sgr_buf_str(&text))),
    };
    actor->play->watch(actor->play->self, &report);
    sgr_buf_release(&text);
}

static void strike(struct actor *actor, const struct sgr_strike *strike, struct sgr_run *run)
{
    struct sgr_sim *sim = actor->sim;
    sgr_value args[3];
    size_t count = 0;
    trace(actor, strike->what, sgr_absent());
    tell(actor, strike);
    if (sgr_strike_row(strike->what)->turn) {
        take_turn(actor, strike->what, run);
        return;
    }
    if (strike->track != NULL) {
        args[count++] = sgr_string(sim->heap, sgr_str_from(strike->track));
    }
    if (strike->amount > 0) {
        args[count++] = sgr_unit_i(SGR_DURATION, strike->amount);
    }
    args[count++] = sgr_int(strike->count);
    actor->arrived = strike->arrived;
    sgr_sim_fault(sim, sgr_str_from(strike->what), sgr_list(sim->heap, args, count),
                  strike->length);
    int64_t over = strike->length > 0 ? sgr_sim_now(sim) + strike->length : INT64_MAX;
    actor->last_fault = over > actor->last_fault ? over : actor->last_fault;
}

/* "apply Service shop" */
static void name_effect(struct actor *actor, const struct sgr_effect *effect)
{
    sgr_value about = effect->count > 0 ? effect->args[0] : sgr_absent();
    sgr_str kind = sgr_path_str(about, "kind"), name = sgr_path_str(about, "metadata/name");
    name = name.len == 0 ? sgr_path_str(about, "name") : name;
    if (actor->verdict.struck[0] == '\0') {
        snprintf(actor->verdict.struck, sizeof actor->verdict.struck, "%s%s%.*s%s%.*s",
                 sgr_effects[effect->kind].word, kind.len > 0 ? " " : "", SGR_FMT(kind),
                 name.len > 0 ? " " : "", SGR_FMT(name));
    }
}

static void start(void *self, struct sgr_run *run, const struct sgr_effect *effect)
{
    struct actor *actor = self;
    if (effect->kind == SGR_EFFECT_VIEW) { /* takes no time: what strikes, strikes beside it */
        actor->inner.ops->start(actor->inner.self, run, effect);
        return;
    }
    actor->verdict.effects++;
    actor->verdict.rollback_effects += actor->rolling_back;
    trace(actor, sgr_effects[effect->kind].word,
          effect->count > 0 ? effect->args[0] : sgr_absent());
    for (size_t i = 0; i < actor->play->strike_count; i++) {
        const struct sgr_strike *s = &actor->play->strikes[i];
        uint32_t now = s->rollback ? actor->verdict.rollback_effects : actor->verdict.effects;
        if (!actor->struck[i] && now == s->at && (!s->rollback || actor->rolling_back)) {
            actor->struck[i] = true;
            name_effect(actor, effect);
            strike(actor, s, run);
        }
    }
    actor->inner.ops->start(actor->inner.self, run, effect);
}

static void cancel(void *self, struct sgr_run *run, uint64_t seq)
{
    struct actor *actor = self;
    actor->inner.ops->cancel(actor->inner.self, run, seq);
}

static bool save(void *self, struct sgr_run *run, sgr_str snapshot, struct sgr_error *error)
{
    struct actor *actor = self;
    actor->play->saved(actor->play->self, sgr_sim_now(actor->sim), snapshot);
    return actor->inner.ops->keep(actor->inner.self, run, error);
}

static bool keep(void *self, struct sgr_run *run, struct sgr_error *error)
{
    struct actor *actor = self;
    return actor->inner.ops->keep(actor->inner.self, run, error);
}

static sgr_value merge(void *self, struct sgr_heap *heap, sgr_value older, sgr_value newer)
{
    struct actor *actor = self;
    return actor->inner.ops->merge(actor->inner.self, heap, older, newer);
}

static struct sgr_heap *shared_heap(void *self)
{
    struct actor *actor = self;
    return actor->inner.ops->heap(actor->inner.self);
}

static void move(void *self, struct sgr_mover *mover)
{
    struct actor *actor = self;
    actor->inner.ops->move(actor->inner.self, mover);
}

static void report(void *self, struct sgr_run *run, const struct sgr_report *report)
{
    struct actor *actor = self;
    trace(actor, report->kind, report->fields);
    if (strcmp(report->kind, "rollback") == 0) {
        actor->rolling_back = true;
    } else if (strcmp(report->kind, "outcome") == 0) {
        snprintf(actor->verdict.outcome, sizeof actor->verdict.outcome, "%.*s",
                 SGR_FMT(sgr_path_str(report->fields, "outcome")));
    }
    actor->inner.ops->report(actor->inner.self, run, report);
}

/* A record that cannot be written is felt after a kill, too. */
static bool needs_saves(const struct actor *actor)
{
    for (size_t i = 0; i < actor->play->strike_count; i++) {
        const char *what = actor->play->strikes[i].what;
        bool lasts = strcmp(what, "record_unwritable") == 0;
        if ((!actor->struck[i] || lasts) && sgr_sim_fault_needs_record(what)) {
            return true;
        }
    }
    return false;
}

/* Where nobody will ask for it, nothing is kept; for who wants to see the bytes it is saved. */
static struct sgr_host host_of(struct actor *actor)
{
    actor->ops = (struct sgr_host_ops){.start = start,
                                       .cancel = cancel,
                                       .report = report,
                                       .merge = merge,
                                       .heap = shared_heap,
                                       .move = move};
    if (actor->play->saved != NULL) {
        actor->ops.save = save;
    } else if (needs_saves(actor)) {
        actor->ops.keep = keep;
    }
    return (struct sgr_host){&actor->ops, actor};
}

/* ---- judging ---- */

__attribute__((format(printf, 2, 3))) static void broken(struct actor *actor, const char *format,
                                                         ...)
{
    va_list args;
    if (actor->verdict.broken[0] == '\0') {
        va_start(args, format);
        vsnprintf(actor->verdict.broken, sizeof actor->verdict.broken, format, args);
        va_end(args);
    }
}

static const struct sim_object *object_with(const struct sgr_sim *sim, const char *key,
                                            bool touched)
{
    for (size_t i = 0; i < sim->objects.len; i++) {
        const struct sim_object *object = sim->objects.at[i];
        if (strcmp(object->key, key) == 0 && (touched ? object->touched : !object->gone)) {
            return object;
        }
    }
    return NULL;
}

static bool is_scaled(const struct sgr_sim *sim, const struct sim_object *object)
{
    bool deployment = object->kind == SIM_DEPLOYMENT;
    for (size_t i = 0; deployment && i < sim->objects.len; i++) {
        const struct sim_object *hpa = sim->objects.at[i];
        if (hpa->kind == SIM_AUTOSCALER && !hpa->gone &&
            sgr_value_equal(sgr_path(hpa->value, "spec/scaleTargetRef/name"),
                            sgr_path(object->value, "metadata/name"))) {
            return true;
        }
    }
    return false;
}

/* Whether the run has written to this very object, and somebody deleted it before the run had put
 * back what `was` there. One that the run made in its place is no setting of the old version. */
static bool was_written(const struct sgr_sim *sim, const struct sim_object *was)
{
    for (size_t i = 0; i < sim->objects.len; i++) {
        const struct sim_object *object = sim->objects.at[i];
        if (strcmp(object->key, was->key) == 0 && object->uid == was->uid && object->touched &&
            object->own_version > 0 && !sgr_value_equal(object->value, was->value)) {
            return true;
        }
    }
    return false;
}

/* Everything as it was, but what somebody else has touched and what an autoscaler owns. */
static void judge_return(struct actor *actor, const struct sgr_sim *first)
{
    struct sgr_sim *sim = actor->sim;
    for (size_t i = 0; i < first->objects.len; i++) {
        const struct sim_object *was = first->objects.at[i];
        const struct sim_object *is = object_with(sim, was->key, false);
        bool settings = sgr_str_is(was->word, "ConfigMap"); /* pods of the old version need them */
        if (object_with(sim, was->key, true) != NULL &&
            (is != NULL || !settings || !was_written(sim, was))) {
            continue;
        }
        if (is == NULL) {
            broken(actor, "after the rollback %s is missing", was->key);
            return;
        }
        sgr_value now = is->value;
        if (is_scaled(sim, is)) {
            now = sgr_path_with(sim->heap, now, "spec/replicas",
                                sgr_path(was->value, "spec/replicas"));
        }
        if (!sgr_value_equal(was->value, now)) {
            broken(actor, "after the rollback %s is not what it was", was->key);
        }
    }
    for (size_t i = 0; i < sim->objects.len; i++) {
        const struct sim_object *is = sim->objects.at[i];
        if (!is->gone && !is->touched && object_with(first, is->key, false) == NULL) {
            broken(actor, "after the rollback %s is left behind", is->key);
        }
    }
}

static int64_t limit_of(const struct actor *actor)
{
    sgr_value deadline = sgr_field(actor->play->stage->rollout, SGR_STR("deadline"));
    return (deadline.tag == SGR_DURATION ? deadline.as.i : HOUR_MS) + SLACK_MS;
}

/* Time that the deadline may count double: the faults', people's. */
static void judge(struct actor *actor, struct sgr_run *run, enum sgr_run_state state,
                  const struct sgr_sim *first)
{
    struct sgr_sim *sim = actor->sim;
    for (size_t i = 0; i < sim->violations.len; i++) {
        broken(actor, "%s", sim->violations.at[i]);
    }
    if (run == NULL) {
        return;
    }
    if (state == SGR_RUN_FAILED && sgr_count_of(sgr_run_undo_log(run)) == 0) {
        snprintf(actor->verdict.outcome, sizeof actor->verdict.outcome, "not_begun");
    } else if (state == SGR_RUN_FAILED) {
        broken(actor, "the run itself failed: %s", sgr_run_failure(run)->text);
    } else if (state != SGR_RUN_DONE || actor->verdict.outcome[0] == '\0') {
        broken(actor, "the run did not end within %lld s", (long long)(sgr_sim_now(sim) / 1000));
    }
    if (strcmp(actor->verdict.outcome, "rolled_back") == 0 ||
        strcmp(actor->verdict.outcome, "superseded") == 0) {
        judge_return(actor, first);
    } else if (strcmp(actor->verdict.outcome, "failed") == 0 && actor->last_fault != INT64_MAX &&
               !actor->play->stage->left) {
        broken(actor, "the rollback is not complete though every fault was over");
    }
}

/* ---- playing ---- */

static struct sgr_sim *new_sim(const struct sgr_play *play, bool watched)
{
    struct sgr_sim_config config = {
        .seed = play->seed,
        .cluster = sgr_field(play->stage->declarations, SGR_STR("cluster")),
        .metrics = sgr_field(play->stage->declarations, SGR_STR("metrics")),
        .scenario = play->stage->scenario,
        .objects = sgr_field(play->stage->start, SGR_STR("objects")),
        .grants = sgr_field(play->stage->start, SGR_STR("grants")),
        .watch = watched ? play->watch : NULL,
        .watch_self = play->self,
    };
    return sgr_sim_new(&config);
}

static struct sgr_run *new_run(const struct sgr_stage *stage, struct sgr_host host)
{
    sgr_value args[] = {stage->rollout, stage->declarations};
    struct sgr_run *run = sgr_run_new(stage->machine, host, sgr_path_str(stage->rollout, "name"),
                                      stage->entry, args, 2, 0);
    sgr_run_set_aspect(run, SGR_STR("simulated"), sgr_bool(true));
    return run;
}

static void trace_objects(struct actor *actor, struct sgr_heap *heap, sgr_value *objects)
{
    struct sgr_buf text;
    struct sgr_heap *own = sgr_heap_new(64 << 20);
    sgr_value all = sgr_sim_objects(actor->sim, own);
    sgr_buf_init(&text, 64 << 20);
    sgr_value_json(all, &text);
    trace_bytes(actor, text.ptr, text.len);
    sgr_buf_release(&text);
    if (objects != NULL) {
        *objects = sgr_value_copy(heap, all);
    }
    sgr_heap_free(own);
}

struct sgr_verdict sgr_sim_play(const struct sgr_play *play, struct sgr_heap *heap,
                                sgr_value *objects)
{
    struct sgr_sim *first = new_sim(play, false);
    struct actor actor = {.play = play, .sim = new_sim(play, true)};
    actor.inner = sgr_sim_host(actor.sim);
    actor.verdict.hash = 14695981039346656037ULL;
    struct sgr_run *run = new_run(play->stage, host_of(&actor));
    enum sgr_run_state state;
    for (;;) {
        state = sgr_sim_drive(actor.sim, run, limit_of(&actor));
        if (!sgr_sim_was_killed(actor.sim) || state == SGR_RUN_DONE || state == SGR_RUN_FAILED) {
            break;
        }
        run = sgr_sim_resume(actor.sim, run, play->stage->machine, host_of(&actor), actor.arrived);
        if (run == NULL) {
            state = SGR_RUN_FAILED;
            break;
        }
        if (actor.aborted) { /* it is written where every runner reads it */
            abort_run(run);
        }
    }
    judge(&actor, run, state, first);
    trace_objects(&actor, heap, objects);
    actor.verdict.took = sgr_sim_now(actor.sim);
    actor.verdict.back = actor.sim->rollback_time;
    actor.verdict.exposed = (int64_t)(actor.sim->served[0] / SIM_RATE * 1000);
    sgr_run_free(run);
    sgr_sim_free(actor.sim);
    sgr_sim_free(first);
    return actor.verdict;
}
