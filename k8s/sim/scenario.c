/* What a scenario says: models of metrics, faults, a person's answer; and the healthy defaults
 * where it is silent. */
#include "k8s/sim/internal.h"

#include <math.h>
#include <stdio.h>

static void settle(struct sgr_sim *sim);

/* The newest model of a metric counts, so it goes to the end. */
static void set_model(struct sgr_sim *sim, sgr_value action)
{
    settle(sim); /* counters have grown by the model before until now */
    struct sim_model model = {
        .metric = sgr_value_copy(sim->heap, sgr_field(action, SGR_STR("metric"))),
        .track = sgr_value_copy(sim->heap, sgr_field(action, SGR_STR("track"))),
        .value = sgr_value_copy(sim->heap, sgr_field(action, SGR_STR("value"))),
    };
    size_t kept = 0;
    for (size_t i = 0; i < sim->models.len; i++) {
        struct sim_model old = sim->models.at[i];
        if (!sgr_value_equal(old.metric, model.metric) ||
            !sgr_value_equal(old.track, model.track)) {
            sim->models.at[kept++] = old;
        }
    }
    sim->models.len = kept;
    sgr_vec_push(&sim->models, model);
}

static void set_fault(struct sgr_sim *sim, sgr_value action)
{
    sgr_str name = sgr_path_str(action, "name");
    sgr_value length = sgr_field(action, SGR_STR("length"));
    int64_t ms = length.tag == SGR_DURATION ? length.as.i : 0;
    if (!sgr_sim_fault(sim, name, sgr_field(action, SGR_STR("args")), ms)) {
        sim_violation(sim, "the simulator knows no fault `%.*s`", SGR_FMT(name));
    }
}

static sgr_value event_at(const struct sgr_sim *sim, size_t index)
{
    sgr_value events = sgr_field(sim->config.scenario, SGR_STR("events"));
    return events.tag == SGR_LIST && index < sgr_count_of(events) ? sgr_item(events, index)
                                                                  : sgr_absent();
}

void sim_run_events(struct sgr_sim *sim)
{
    for (;;) {
        sgr_value event = event_at(sim, sim->next_event);
        if (sgr_is_absent(event) || sgr_field(event, SGR_STR("at")).as.i > sim->now) {
            return;
        }
        sgr_value actions = sgr_field(event, SGR_STR("actions"));
        for (size_t i = 0; i < sgr_count_of(actions); i++) {
            bool given = sgr_str_is(sgr_path_str(sgr_item(actions, i), "kind"), "given");
            (given ? set_model : set_fault)(sim, sgr_item(actions, i));
        }
        sim->next_event++;
    }
}

int64_t sim_next_scenario_event(const struct sgr_sim *sim)
{
    sgr_value event = event_at(sim, sim->next_event);
    return sgr_is_absent(event) ? INT64_MAX : sgr_field(event, SGR_STR("at")).as.i;
}

static bool is_text(sgr_value value, const char *text)
{
    return value.tag == SGR_STRING && sgr_str_is(sgr_string_of(value), text);
}

sgr_str sim_approval(struct sgr_sim *sim)
{
    for (size_t i = sim->models.len; i-- > 0;) {
        if (is_text(sim->models.at[i].metric, "approval") &&
            sim->models.at[i].value.tag == SGR_STRING) {
            return sgr_string_of(sim->models.at[i].value);
        }
    }
    return SGR_STR("approved");
}

static int which_track(const struct sgr_sim *sim, sgr_str name)
{
    return name.len == 0                           ? -1
           : sgr_str_is(name, sim->tracks[0].name) ? 0
           : sgr_str_is(name, sim->tracks[1].name) ? 1
                                                   : -1;
}

static const struct sim_model *find_model(const struct sgr_sim *sim, sgr_str metric, int which)
{
    static const char *const words[] = {"new", "old"};
    for (size_t i = sim->models.len; i-- > 0;) {
        const struct sim_model *model = &sim->models.at[i];
        bool any = model->track.tag != SGR_STRING || is_text(model->track, "");
        if (model->metric.tag == SGR_STRING &&
            sgr_str_equal(metric, sgr_string_of(model->metric)) &&
            (any || (which >= 0 && is_text(model->track, words[which])))) {
            return model;
        }
    }
    return NULL;
}

static void no_signal(struct sim_answer *answer, const char *why)
{
    answer->ok = false;
    answer->kind = "no_signal";
    answer->text = why;
}

/* A number as Prometheus would give it: ratios for percents, seconds for durations. */
static sgr_value as_number(sgr_value value)
{
    switch (value.tag) {
    case SGR_PERCENT:
        return sgr_number(value.as.f / 100);
    case SGR_DURATION:
    case SGR_CPU:
        return sgr_number((double)value.as.i / 1000);
    case SGR_INT:
    case SGR_MEMORY:
        return sgr_number((double)value.as.i);
    case SGR_RATE:
    case SGR_COUNT:
        return sgr_number(value.as.f);
    default:
        return value;
    }
}

/* ---- counters: they grow by a rate, or by a share of the track's requests ---- */

static double served(const struct sgr_sim *sim, int which)
{
    return which >= 0 ? sim->served[which] : sim->served[0] + sim->served[1];
}

static void settle_one(struct sgr_sim *sim, struct sim_counter *counter)
{
    const struct sim_model *model = find_model(sim, sgr_str_from(counter->metric), counter->which);
    double requests = served(sim, counter->which) - counter->served;
    double seconds = (double)(sim->now - counter->at) / 1000;
    if (model == NULL) {
        counter->value += requests;
    } else if (model->value.tag == SGR_PERCENT) {
        counter->value += requests * model->value.as.f / 100;
    } else if (model->value.tag == SGR_RATE) {
        counter->value += seconds * model->value.as.f;
    }
    counter->at = sim->now;
    counter->served += requests;
}

static void settle(struct sgr_sim *sim)
{
    for (size_t i = 0; i < sim->counters.len; i++) {
        settle_one(sim, &sim->counters.at[i]);
    }
}

static double count_now(struct sgr_sim *sim, sgr_str metric, int which)
{
    for (size_t i = 0; i < sim->counters.len; i++) {
        struct sim_counter *counter = &sim->counters.at[i];
        if (counter->which == which && sgr_str_is(metric, counter->metric)) {
            settle_one(sim, counter);
            return floor(counter->value);
        }
    }
    struct sim_counter counter = {.which = which, .at = sim->now, .served = served(sim, which)};
    snprintf(counter.metric, sizeof counter.metric, "%.*s", SGR_FMT(metric));
    sgr_vec_push(&sim->counters, counter);
    return 0;
}

/* A ratio of requests or a quantile of their lengths: without requests Prometheus answers NaN. */
static bool of_requests(sgr_str unit)
{
    return sgr_str_is(unit, "percent") || sgr_str_is(unit, "duration");
}

void sim_sample(struct sgr_sim *sim, sgr_value query, struct sim_answer *answer)
{
    sgr_str metric = sgr_path_str(query, "metric"), unit = sgr_path_str(query, "unit");
    int which = which_track(sim, sgr_path_str(query, "track"));
    const struct sim_model *model = find_model(sim, metric, which);
    if (sim_silence(sim) != NULL) {
        no_signal(answer, sim_silence(sim));
        return;
    }
    if (sgr_str_is(unit, "rate") && sim_has_fault(sim, SIM_FAULT_NO_REQUESTS)) {
        answer->value = sgr_number(0);
        return;
    }
    if (model != NULL && model->value.tag == SGR_STRING) {
        no_signal(answer, "the answer is empty");
        return;
    }
    if (sgr_str_is(unit, "count")) {
        answer->value = sgr_number(count_now(sim, metric, which));
        return;
    }
    if (model != NULL) {
        answer->value = as_number(model->value);
        return;
    }
    double share = which >= 0 ? sim_view(sim)->traffic.share[which] : 1;
    if (sgr_str_is(unit, "rate")) {
        answer->value = sgr_number((SIM_RATE + sim_load_rate(sim)) * share);
    } else if (share <= 0 && of_requests(unit)) {
        no_signal(answer, "the answer is NaN: this track has no requests");
    } else {
        answer->value = sgr_number(sgr_str_is(unit, "duration") ? SIM_LATENCY_MS / 1000.0 : 0);
    }
}
