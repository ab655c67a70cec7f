/* Faults: what strikes at once, what lasts, and how calls meet it. What the real host does about a
 * fault of a single call (asking again, looking whether a write was carried out) is done here too,
 * so that a run sees what it would see in a cluster. */
#include "k8s/sim/internal.h"

#include <stdio.h>

enum {
    API_PATIENCE_MS = 30000,
    LOOK_AGAIN_MS = 1000,
    WATCH_IDLE_MS = 60000,
    REVERT_MS = 1000,
    FOREVER = 0
};

static const char *const names[] = {
#define FAULT(id, name, args, numbers, doc) [SIM_FAULT_##id] = name,
#include "k8s/sim/fault.def"
#undef FAULT
};

bool sim_has_fault(const struct sgr_sim *sim, enum sim_fault fault)
{
    return sim->faults[fault].until > sim->now;
}

bool sim_strikes_pods(struct sgr_sim *sim, enum sim_fault fault, size_t deployment, uint64_t hash)
{
    const struct sim_fault_state *state = &sim->faults[fault];
    if (!sim_has_fault(sim, fault)) {
        return false;
    }
    int which = strcmp(state->track, "old") == 0;
    sgr_str name = sgr_path_str(sim->objects.at[deployment].value, "metadata/name");
    bool own = sgr_str_is(name, sim->tracks[which].deployment);
    bool fresh = !sim->rolling || hash == sim_template_hash(sim, deployment);
    return state->track[0] == '\0' || (sim->running && own && fresh);
}

/* ---- what strikes at once ---- */

static struct sim_object *track_object(struct sgr_sim *sim, const char *track)
{
    int which = strcmp(track, "old") == 0;
    return sim_find(sim, "Deployment", sgr_str_from(sim->space),
                    sgr_str_from(sim->tracks[which].deployment));
}

static void by_somebody(struct sgr_sim *sim, struct sim_object *object, const char *path,
                        sgr_value value)
{
    object->touched = true;
    sim_set(sim, object, sgr_path_with(sim->heap, object->value, path, value));
}

static void delete_by_somebody(struct sgr_sim *sim, struct sim_object *object)
{
    object->touched = object->gone = true;
    sim->changed = true;
}

bool sim_is_route(const struct sim_object *object)
{
    sgr_str kind = sgr_path_str(object->value, "kind");
    return sgr_str_is(kind, "HTTPRoute") || sgr_str_is(kind, "VirtualService") ||
           sgr_str_is(kind, "Ingress");
}

static void edit(struct sgr_sim *sim, struct sim_object *object)
{
    sgr_value image = sgr_string(sim->heap, SGR_STR("somebody/else:1"));
    sgr_value containers = sgr_path(object->value, "spec/template/spec/containers");
    if (containers.tag == SGR_LIST && sgr_count_of(containers) > 0) {
        sgr_value first = sgr_path_with(sim->heap, sgr_item(containers, 0), "image", image);
        by_somebody(sim, object, "spec/template/spec/containers", sgr_list(sim->heap, &first, 1));
    }
}

static void meddle(struct sgr_sim *sim, enum sim_fault fault)
{
    const struct sim_fault_state *state = &sim->faults[fault];
    struct sim_object *object = track_object(sim, state->track);
    for (size_t i = 0; fault == SIM_FAULT_ROUTE_DELETED && i < sim->objects.len; i++) {
        if (sim_is_route(&sim->objects.at[i])) {
            delete_by_somebody(sim, &sim->objects.at[i]);
        }
    }
    if (object == NULL) {
        return;
    }
    if (fault == SIM_FAULT_DELETED) {
        delete_by_somebody(sim, object);
    } else if (fault == SIM_FAULT_EDITED) {
        edit(sim, object);
    } else if (fault == SIM_FAULT_SCALED) {
        by_somebody(sim, object, "spec/replicas", sgr_int(state->count));
    }
}

/* What a reader that lags, or somebody who keeps a copy, believes from now on. */
static void remember(struct sgr_sim *sim)
{
    sim->then.len = 0;
    for (size_t i = 0; i < sim->objects.len; i++) {
        struct sim_then then = {.object = i, .generation = sim->objects.at[i].generation};
        if (!sim->objects.at[i].gone) {
            then.value = sim_with_status(sim, i);
            then.bare = sim->objects.at[i].value;
            sgr_vec_push(&sim->then, then);
        }
    }
}

static void strike(struct sgr_sim *sim, enum sim_fault fault)
{
    switch (fault) {
    case SIM_FAULT_NODE_LOST:
        sim_lose_node(sim);
        break;
    case SIM_FAULT_STALE_READS:
    case SIM_FAULT_REVERTED:
        remember(sim);
        break;
    case SIM_FAULT_KILLED:
        sim->killed = true;
        break;
    case SIM_FAULT_SUSPENDED:
        sim->asleep_until =
            sim->now + (sim->faults[fault].amount > 0 ? sim->faults[fault].amount : 60000);
        break;
    case SIM_FAULT_DELETED:
    case SIM_FAULT_ROUTE_DELETED:
    case SIM_FAULT_EDITED:
    case SIM_FAULT_SCALED:
        meddle(sim, fault);
        break;
    default:
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
            strike(sim, (enum sim_fault)i);
            return true;
        }
    }
    return false;
}

int64_t sim_next_fault_event(const struct sgr_sim *sim)
{
    int64_t next = sim->asleep_until > sim->now ? sim->asleep_until : INT64_MAX;
    for (int i = 0; i < SIM_FAULT_COUNT; i++) {
        int64_t until = sim->faults[i].until;
        next = until > sim->now && until < next ? until : next;
    }
    for (size_t i = 0; sim_has_fault(sim, SIM_FAULT_REVERTED) && i < sim->objects.len; i++) {
        int64_t due = sim->objects.at[i].changed + REVERT_MS;
        next = sim_is_route(&sim->objects.at[i]) && due > sim->now && due < next ? due : next;
    }
    bool waits = sim->tell_at > sim->now && sim->tell_at < next;
    return waits ? sim->tell_at : next;
}

void sim_revert(struct sgr_sim *sim)
{
    if (!sim_has_fault(sim, SIM_FAULT_REVERTED)) {
        return;
    }
    for (size_t i = 0; i < sim->then.len; i++) {
        struct sim_object *object = &sim->objects.at[sim->then.at[i].object];
        if (sim_is_route(object) && sim->now - object->changed >= REVERT_MS &&
            !sgr_value_equal(object->value, sim->then.at[i].bare)) {
            object->touched = true;
            sim_set(sim, object, sim->then.at[i].bare);
        }
    }
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

void sim_meet_faults(struct sgr_sim *sim, struct sim_answer *answer)
{
    static const struct {
        enum sim_fault fault;
        const char *kind, *text;
    } refusals[] = {
        {SIM_FAULT_INVALID, "invalid", "the API server answered 422: the object is invalid"},
        {SIM_FAULT_FORBIDDEN, "forbidden", "the API server answered 403: not permitted"},
        {SIM_FAULT_ADMISSION_DENIED, "denied", "an admission webhook refused the write"},
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
    } else if (sim_has_fault(sim, SIM_FAULT_EXPIRED_TOKEN)) {
        outlast(sim, answer, SIM_FAULT_EXPIRED_TOKEN, "unauthorized",
                "the API server answered 401 for 30s");
    } else if (sim_has_fault(sim, SIM_FAULT_API_ERRORS)) {
        outlast(sim, answer, SIM_FAULT_API_ERRORS, "unavailable",
                "the API server answered 503 for 30s");
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

sgr_value sim_stale(const struct sgr_sim *sim, size_t object, sgr_value now)
{
    for (size_t i = 0; sim_has_fault(sim, SIM_FAULT_STALE_READS) && i < sim->then.len; i++) {
        const struct sim_then *then = &sim->then.at[i];
        if (then->object == object && sim->objects.at[object].own_generation <= then->generation) {
            return then->value;
        }
    }
    return now;
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
    };
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
