/* Faults: what strikes at once, what lasts, and how calls meet it. What the real host does about a
 * fault of a single call (asking again, looking whether a write was carried out) is done here too,
 * so that a run sees what it would see in a cluster. */
#include "k8s/sim/internal.h"

#include <stdio.h>

enum { API_PATIENCE_MS = 30000, LOOK_AGAIN_MS = 1000, WATCH_IDLE_MS = 60000, FOREVER = 0 };

static const char *const names[] = {
#define FAULT(id, name, args, numbers, doc) [SIM_FAULT_##id] = name,
#include "k8s/sim/fault.def"
#undef FAULT
    NULL,
};

const char *const *sgr_sim_faults(void)
{
    return names;
}

bool sgr_sim_fault_needs_record(const char *name)
{
    static const enum sim_fault faults[] = {SIM_FAULT_KILLED, SIM_FAULT_INTERRUPTED,
                                            SIM_FAULT_RECORD_DAMAGED, SIM_FAULT_RECORD_UNWRITABLE};
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        if (strcmp(names[faults[i]], name) == 0) {
            return true;
        }
    }
    return false;
}

bool sim_has_fault(const struct sgr_sim *sim, enum sim_fault fault)
{
    return sim->faults[fault].until > sim->now;
}

bool sim_strikes_pods(const struct sgr_sim *sim, enum sim_fault fault,
                      const struct sim_object *deployment, uint64_t hash)
{
    const struct sim_fault_state *state = &sim->faults[fault];
    if (!sim_has_fault(sim, fault)) {
        return false;
    }
    int which = strcmp(state->track, "old") == 0;
    bool own = sgr_str_is(deployment->name, sim->tracks[which].deployment);
    bool of_track = !sim->rolling || (hash == sim->old_template) == (which == 1);
    return state->track[0] == '\0' || (sim->running && own && of_track);
}

/* ---- what strikes at once ---- */

static void strike(struct sgr_sim *sim, enum sim_fault fault)
{
    switch (fault) {
    case SIM_FAULT_NODE_LOST:
        sim_lose_node(sim);
        break;
    case SIM_FAULT_STALE_READS:
    case SIM_FAULT_REVERTED:
        sim_keep_copy(sim);
        break;
    case SIM_FAULT_KILLED:
    case SIM_FAULT_RECORD_DAMAGED:
        sim->killed = true;
        break;
    case SIM_FAULT_INTERRUPTED:
        sim->interrupted = true;
        break;
    case SIM_FAULT_LIMIT_HIT:
        sim->limit_hit = true;
        break;
    case SIM_FAULT_COUNTERS_RESET:
        for (size_t i = 0; i < sim->counters.len; i++) {
            sim->counters.at[i].value = 0;
        }
        break;
    case SIM_FAULT_SUSPENDED:
        sim->asleep_until =
            sim->now + (sim->faults[fault].amount > 0 ? sim->faults[fault].amount : 60000);
        break;
    default:
        sim_meddle(sim, fault);
        sim->changed = true; /* pods may be struck */
    }
}

static void take_args(struct sim_fault_state *state, sgr_value args)
{
    state->amount = state->count = 0;
    state->track[0] = '\0';
    for (size_t i = 0; args.tag == SGR_LIST && i < sgr_count_of(args); i++) {
        sgr_value arg = sgr_item(args, i);
        if (arg.tag == SGR_DURATION) {
            state->amount = arg.as.i;
        } else if (arg.tag == SGR_INT) {
            state->count = arg.as.i;
        } else if (arg.tag == SGR_STRING) {
            sgr_str track = sgr_string_of(arg);
            snprintf(state->track, sizeof state->track, "%.*s", SGR_FMT(track));
        }
    }
}

bool sgr_sim_fault(struct sgr_sim *sim, sgr_str name, sgr_value args, int64_t length)
{
    for (int i = 0; i < SIM_FAULT_COUNT; i++) {
        if (sgr_str_is(name, names[i])) {
            sim->faults[i].until = length > FOREVER ? sim->now + length : INT64_MAX;
            take_args(&sim->faults[i], args);
            sim->epoch++;
            strike(sim, (enum sim_fault)i);
            return true;
        }
    }
    return false;
}

int64_t sim_next_fault_end(const struct sgr_sim *sim)
{
    int64_t next = INT64_MAX;
    for (int i = 0; i < SIM_FAULT_COUNT; i++) {
        int64_t until = sim->faults[i].until;
        next = until > sim->now && until < next ? until : next;
    }
    return next;
}

int64_t sim_next_fault_act(const struct sgr_sim *sim)
{
    int64_t next = sim->asleep_until > sim->now ? sim->asleep_until : INT64_MAX;
    int64_t revert = sim_next_revert(sim);
    next = revert < next ? revert : next;
    bool waits = sim->tell_at > sim->now && sim->tell_at < next;
    return waits ? sim->tell_at : next;
}

/* ---- calls ---- */

static bool is_write(enum sgr_effect_kind kind)
{
    return kind == SGR_EFFECT_APPLY || kind == SGR_EFFECT_PATCH || kind == SGR_EFFECT_DELETE ||
           kind == SGR_EFFECT_RESTORE || kind == SGR_EFFECT_JOB;
}

static void refuse(struct sgr_sim *sim, struct sim_answer *answer, int64_t after, const char *kind,
                   const char *text)
{
    answer->due = sim->now + after;
    answer->deferred = answer->ok = false;
    answer->kind = kind;
    answer->text = text;
}

/* Calls that fail are made again until the fault is over or the patience is. Putting things back is
 * more patient: it gives up only where the fault never ends. */
static void outlast(struct sgr_sim *sim, struct sim_answer *answer, enum sim_fault fault,
                    const char *kind, const char *text)
{
    int64_t until = sim->faults[fault].until;
    bool patient = answer->effect == SGR_EFFECT_RESTORE && until != INT64_MAX;
    if (until - sim->now <= API_PATIENCE_MS || patient) {
        answer->due += until - sim->now;
    } else {
        refuse(sim, answer, API_PATIENCE_MS, kind, text);
    }
}

static int64_t amount_or(const struct sgr_sim *sim, enum sim_fault fault, int64_t otherwise)
{
    return sim->faults[fault].amount > 0 ? sim->faults[fault].amount : otherwise;
}

static void delay(struct sgr_sim *sim, struct sim_answer *answer)
{
    if (sim_has_fault(sim, SIM_FAULT_THROTTLED)) {
        answer->due += amount_or(sim, SIM_FAULT_THROTTLED, 1000);
    }
    if (sim_has_fault(sim, SIM_FAULT_SLOW_API)) {
        answer->due += amount_or(sim, SIM_FAULT_SLOW_API, 2000);
    }
    if (sim_has_fault(sim, SIM_FAULT_CONFLICTS) && is_write(answer->effect)) {
        answer->due += 2 * SIM_CALL_MS; /* look, and write again */
    }
}

/* What keeps every call from being answered, one after another. */
static void outlast_all(struct sgr_sim *sim, struct sim_answer *answer)
{
    static const struct {
        enum sim_fault fault;
        const char *kind, *text;
    } obstacles[] = {
        {SIM_FAULT_EXPIRED_TOKEN, "unauthorized", "the API server answered 401 for 30s"},
        {SIM_FAULT_PLUGIN_FAILS, "unauthorized", "no program gave credentials for 30s"},
        {SIM_FAULT_API_ERRORS, "unavailable", "the API server answered 503 for 30s"},
        {SIM_FAULT_TLS_ERRORS, "unavailable", "no certificate could be trusted for 30s"},
        {SIM_FAULT_ODD_ANSWERS, "unavailable", "what answered for 30s is no API server"},
    };
    for (size_t i = 0; i < sizeof obstacles / sizeof *obstacles; i++) {
        if (sim_has_fault(sim, obstacles[i].fault)) {
            outlast(sim, answer, obstacles[i].fault, obstacles[i].kind, obstacles[i].text);
            return;
        }
    }
}

/* Whether the call is about a route: a ref, an object, or what a write of one replaced. */
static bool is_of_route(const struct sim_answer *answer)
{
    static const char *const words[] = {"HTTPRoute", "VirtualService", "Ingress"};
    sgr_str kind = sgr_path_str(answer->args[0], "kind");
    kind = kind.len > 0 ? kind : sgr_path_str(answer->args[0], "ref/kind");
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (sgr_str_is(kind, words[i])) {
            return true;
        }
    }
    return false;
}

void sim_meet_faults(struct sgr_sim *sim, struct sim_answer *answer)
{
    static const struct {
        enum sim_fault fault;
        const char *kind, *text;
    } refusals[] = {
        {SIM_FAULT_INVALID, "invalid", "the API server answered 422: the object is invalid"},
        {SIM_FAULT_FORBIDDEN, "forbidden", "the API server answered 403: not permitted"},
        {SIM_FAULT_ADMISSION_DENIED, "denied", "an admission webhook refused the write"},
        {SIM_FAULT_VERSION_SKEW, "invalid", "the API server answered 415: it is of another age"},
    };
    delay(sim, answer);
    for (size_t i = 0; is_write(answer->effect) && i < sizeof refusals / sizeof *refusals; i++) {
        if (sim_has_fault(sim, refusals[i].fault)) {
            refuse(sim, answer, SIM_CALL_MS, refusals[i].kind, refusals[i].text);
            return;
        }
    }
    if (answer->effect == SGR_EFFECT_APPLY && sim_has_fault(sim, SIM_FAULT_FOREIGN_MANAGER)) {
        refuse(sim, answer, SIM_CALL_MS, "conflict", "the field manager `helm` owns a field");
    } else if (sim_has_fault(sim, SIM_FAULT_API_REMOVED) && is_of_route(answer)) {
        refuse(sim, answer, SIM_CALL_MS, "no_api", "the server has no such kind any more");
    } else {
        outlast_all(sim, answer);
    }
}

/* Carried out, and nobody was told: it is looked at, and made again with what was there before. */
bool sim_loses_answer(struct sgr_sim *sim, struct sim_answer *answer)
{
    bool lost =
        is_write(answer->effect) && !answer->in_doubt && sim_has_fault(sim, SIM_FAULT_LOST_ANSWERS);
    if (lost) {
        answer->in_doubt = true;
        answer->due = sim->now + LOOK_AGAIN_MS;
    }
    return lost;
}

sgr_value sim_stale(const struct sgr_sim *sim, const struct sim_object *object, sgr_value now)
{
    for (size_t i = 0; sim_has_fault(sim, SIM_FAULT_STALE_READS) && i < sim->then.len; i++) {
        const struct sim_then *then = &sim->then.at[i];
        if (then->object == object && object->own_version <= then->version) {
            return then->value;
        }
    }
    return now;
}

static int64_t scrape_ms(const struct sgr_sim *sim)
{
    sgr_value scrape = sgr_field(sim->config.cluster, SGR_STR("scrape"));
    return scrape.tag == SGR_DURATION ? scrape.as.i : 15000;
}

const char *sim_silence(const struct sgr_sim *sim)
{
    static const struct {
        enum sim_fault fault;
        const char *text;
    } silences[] = {
        {SIM_FAULT_PROMETHEUS_DOWN, "Prometheus refused the connection"},
        {SIM_FAULT_NAN_METRICS, "the answer is NaN"},
        {SIM_FAULT_NO_METRICS, "the answer is empty"},
        {SIM_FAULT_STALE_METRICS, "the sample is older than two scrapes"},
        {SIM_FAULT_PARTIAL_METRICS, "the answer carries a warning"},
        {SIM_FAULT_MANY_SERIES, "the answer has several series"},
        {SIM_FAULT_HUGE_ANSWERS, "the answer is larger than it may be"},
    };
    int64_t skew = amount_or(sim, SIM_FAULT_CLOCK_SKEW, 60000);
    if (sim_has_fault(sim, SIM_FAULT_CLOCK_SKEW) && skew > scrape_ms(sim)) {
        return "the clocks differ by more than one scrape";
    }
    for (size_t i = 0; i < sizeof silences / sizeof *silences; i++) {
        if (sim_has_fault(sim, silences[i].fault)) {
            return silences[i].text;
        }
    }
    return NULL;
}

/* ---- what the run is told of changes ---- */

bool sim_tells(struct sgr_sim *sim)
{
    bool due = sim->tell_at <= sim->now;
    if (sim->changed && sim->tell_at == INT64_MAX) {
        sim->tell_at = sim->now;
        if (sim_has_fault(sim, SIM_FAULT_SILENT_WATCH)) {
            sim->tell_at += WATCH_IDLE_MS;
        } else if (sim_has_fault(sim, SIM_FAULT_LATE_EVENTS)) {
            sim->tell_at += amount_or(sim, SIM_FAULT_LATE_EVENTS, 5000);
        }
        due = sim->tell_at <= sim->now;
    }
    sim->changed = false;
    if (due) {
        sim->tell_at = INT64_MAX;
    }
    return due || sim_has_fault(sim, SIM_FAULT_REPEATED_EVENTS);
}
