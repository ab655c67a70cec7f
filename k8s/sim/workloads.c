/* Deployments, their pods and autoscalers as small models. A pod is scheduled, pulls its image,
 * starts, is ready; one that goes leaves the endpoints at once and is gone after its drain. */
#include "k8s/sim/internal.h"

#include <math.h>

#include "base/quantity.h"

int64_t sim_jitter(struct sgr_sim *sim, int64_t range)
{
    sim->random = sim->random * 6364136223846793005ULL + 1442695040888963407ULL;
    return (int64_t)(sim->random >> 33) % (range + 1);
}

uint64_t sim_template_hash(struct sgr_sim *sim, size_t deployment)
{
    struct sim_object *object = &sim->objects.at[deployment];
    if (object->hash_version != object->version) {
        struct sgr_buf text;
        sgr_buf_init(&text, 16 << 20);
        sgr_value_json(sgr_path(object->value, "spec/template"), &text);
        object->template_hash = sgr_str_hash(sgr_buf_str(&text), 1);
        object->hash_version = object->version;
        sgr_buf_release(&text);
    }
    return object->template_hash;
}

struct sim_counts sim_count(struct sgr_sim *sim, size_t deployment)
{
    struct sim_counts counts = {0};
    uint64_t hash = sim_template_hash(sim, deployment);
    for (size_t i = 0; i < sim->pods.len; i++) {
        const struct sim_pod *pod = &sim->pods.at[i];
        if (pod->deployment != deployment || pod->phase == SIM_TERMINATING) {
            continue;
        }
        counts.total++;
        counts.updated += pod->hash == hash;
        counts.ready += pod->phase == SIM_READY;
        counts.updated_ready += pod->phase == SIM_READY && pod->hash == hash;
    }
    return counts;
}

/* A count or a percent of the wanted pods; surge rounds up, unavailability down. */
static int64_t share_of(sgr_value value, int64_t wanted, bool up, int64_t otherwise)
{
    double points;
    if (value.tag == SGR_INT) {
        return value.as.i;
    }
    if (value.tag != SGR_STRING) {
        return otherwise;
    }
    sgr_str text = sgr_string_of(value);
    if (text.len < 2 || !sgr_read_number((sgr_str){text.ptr, text.len - 1}, &points)) {
        return otherwise;
    }
    double exact = points * (double)wanted / 100;
    return (int64_t)(up ? ceil(exact) : floor(exact));
}

static bool broken(struct sgr_sim *sim, size_t deployment, uint64_t hash)
{
    return sim_strikes_pods(sim, SIM_FAULT_CRASH_PODS, deployment, hash) ||
           sim_strikes_pods(sim, SIM_FAULT_UNPULLABLE, deployment, hash) ||
           sim_strikes_pods(sim, SIM_FAULT_UNSCHEDULABLE, deployment, hash);
}

/* Ready for a while and then not, as long as the fault lasts. */
enum { FLAP_READY_MS = 15000, FLAP_AWAY_MS = 10000 };

static bool flaps(struct sgr_sim *sim, const struct sim_pod *pod)
{
    return sim_strikes_pods(sim, SIM_FAULT_FLAPPING, pod->deployment, pod->hash);
}

static int64_t ready_at(struct sgr_sim *sim)
{
    int64_t slow =
        sim_has_fault(sim, SIM_FAULT_SLOW_PODS) ? sim->faults[SIM_FAULT_SLOW_PODS].amount : 0;
    return sim->now + 6000 + sim_jitter(sim, 5000) + slow;
}

static void start_pod(struct sgr_sim *sim, size_t deployment, uint64_t hash)
{
    struct sim_pod pod = {
        .deployment = deployment,
        .hash = hash,
        .phase = SIM_STARTING,
        .labels = sgr_path(sim->objects.at[deployment].value, "spec/template/metadata/labels"),
    };
    pod.due = ready_at(sim);
    if (broken(sim, deployment, hash)) {
        pod.phase = SIM_BROKEN;
    }
    sgr_vec_push(&sim->pods, pod);
    sim->changed = true;
}

/* Takes away one pod of these: those that serve nobody first. False where there is none. */
static bool stop_pod(struct sgr_sim *sim, size_t deployment, bool old_only, uint64_t hash,
                     bool ready_too)
{
    struct sim_pod *chosen = NULL;
    for (size_t i = 0; i < sim->pods.len; i++) {
        struct sim_pod *pod = &sim->pods.at[i];
        bool candidate = pod->deployment == deployment && pod->phase != SIM_TERMINATING &&
                         (!old_only || pod->hash != hash) && (ready_too || pod->phase != SIM_READY);
        if (candidate &&
            (chosen == NULL || (chosen->phase == SIM_READY && pod->phase != SIM_READY))) {
            chosen = pod;
        }
    }
    if (chosen == NULL) {
        return false;
    }
    chosen->phase = SIM_TERMINATING;
    chosen->due = sim->now + 10000;
    sim->changed = true;
    return true;
}

static void reconcile_deployment(struct sgr_sim *sim, size_t index)
{
    sgr_value spec = sgr_field(sim->objects.at[index].value, SGR_STR("spec"));
    int64_t wanted = sim->objects.at[index].gone ? 0 : sgr_path_int(spec, "replicas", 1);
    sgr_value rolling = sgr_path(spec, "strategy/rollingUpdate");
    int64_t surge =
        share_of(sgr_field(rolling, SGR_STR("maxSurge")), wanted, true, (wanted + 3) / 4);
    int64_t missing =
        share_of(sgr_field(rolling, SGR_STR("maxUnavailable")), wanted, false, wanted / 4);
    bool paused = sgr_path_int(spec, "paused", 0) != 0;
    bool quota = sim_has_fault(sim, SIM_FAULT_QUOTA);
    uint64_t hash = sim_template_hash(sim, index);
    struct sim_counts counts = sim_count(sim, index);
    surge = surge == 0 && missing == 0 ? 1 : surge;
    while (counts.total > counts.updated && counts.total > wanted &&
           stop_pod(sim, index, true, hash, counts.ready > wanted - missing)) {
        counts = sim_count(sim, index);
    }
    while (counts.updated > wanted && stop_pod(sim, index, false, hash, true)) {
        counts = sim_count(sim, index);
    }
    int64_t allowed = counts.total == counts.updated ? wanted : wanted + surge;
    while (!quota && !paused && counts.updated < wanted && counts.total < allowed) {
        start_pod(sim, index, hash);
        counts = sim_count(sim, index);
    }
    while (!quota && paused && counts.total < wanted) {
        start_pod(sim, index, hash);
        counts = sim_count(sim, index);
    }
    while (!paused && missing > 0 && counts.updated < counts.total &&
           counts.ready > wanted - missing && stop_pod(sim, index, true, hash, true)) {
        counts = sim_count(sim, index);
    }
}

/* An autoscaler keeps the count within its bounds. */
static void reconcile_autoscaler(struct sgr_sim *sim, const struct sim_object *hpa)
{
    sgr_str target = sgr_path_str(hpa->value, "spec/scaleTargetRef/name");
    sgr_value space = sgr_path(hpa->value, "metadata/namespace");
    struct sim_object *object =
        sim_find(sim, "Deployment",
                 space.tag == SGR_STRING ? sgr_string_of(space) : (sgr_str){"default", 7}, target);
    if (object == NULL || sim->now - hpa->changed < SIM_OBSERVE_MS) {
        return;
    }
    int64_t now = sgr_path_int(object->value, "spec/replicas", 1);
    int64_t low = sgr_path_int(hpa->value, "spec/minReplicas", 1),
            high = sgr_path_int(hpa->value, "spec/maxReplicas", 1);
    int64_t want = now == 0     ? 0
                   : now < low  ? low
                   : now > high ? high
                                : now; /* 0 switches the autoscaler off */
    if (want != now) {
        sim_set(sim, object,
                sgr_path_with(sim->heap, object->value, "spec/replicas", sgr_int(want)));
    }
}

static void advance_pods(struct sgr_sim *sim)
{
    size_t kept = 0;
    for (size_t i = 0; i < sim->pods.len; i++) {
        struct sim_pod pod = sim->pods.at[i];
        if (pod.phase == SIM_STARTING && pod.due <= sim->now) {
            pod.phase = SIM_READY;
            pod.due = sim->now + FLAP_READY_MS;
            sim->changed = true;
        } else if (pod.phase == SIM_READY && pod.due <= sim->now && flaps(sim, &pod)) {
            pod.phase = SIM_STARTING;
            pod.due = sim->now + FLAP_AWAY_MS;
            sim->changed = true;
        }
        if (pod.phase == SIM_BROKEN && !broken(sim, pod.deployment, pod.hash)) {
            pod.phase = SIM_STARTING; /* the fault is over: the next try goes well */
            pod.due = ready_at(sim);
        }
        if (pod.phase == SIM_TERMINATING && pod.due <= sim->now) {
            continue;
        }
        sim->pods.at[kept++] = pod;
    }
    sim->pods.len = kept;
}

void sim_reconcile(struct sgr_sim *sim)
{
    advance_pods(sim);
    for (size_t i = 0; i < sim->objects.len; i++) {
        /* Once an instant: whoever is told asks again at the same instant. */
        sim->changed = sim->changed || (sim->announced != sim->now &&
                                        sim->objects.at[i].changed + SIM_OBSERVE_MS == sim->now);
        if (sgr_str_is(sgr_path_str(sim->objects.at[i].value, "kind"), "HorizontalPodAutoscaler") &&
            !sim->objects.at[i].gone) {
            reconcile_autoscaler(sim, &sim->objects.at[i]);
        }
    }
    sim->announced = sim->now;
    for (size_t i = 0; i < sim->objects.len; i++) {
        if (sgr_str_is(sgr_path_str(sim->objects.at[i].value, "kind"), "Deployment")) {
            reconcile_deployment(sim, i);
        }
    }
}

void sim_lose_node(struct sgr_sim *sim)
{
    for (size_t d = 0; d < sim->objects.len; d++) {
        int64_t lost = (sim_count(sim, d).ready + 2) / 3;
        for (size_t i = 0; i < sim->pods.len && lost > 0; i++) {
            struct sim_pod *pod = &sim->pods.at[i];
            if (pod->deployment == d && pod->phase == SIM_READY) {
                pod->phase = SIM_TERMINATING;
                pod->due = sim->now;
                lost--;
            }
        }
    }
    sim->changed = true;
}

int64_t sim_next_pod_event(const struct sgr_sim *sim)
{
    int64_t next = INT64_MAX;
    for (size_t i = 0; i < sim->pods.len; i++) {
        const struct sim_pod *pod = &sim->pods.at[i];
        bool flapping = pod->phase == SIM_READY && pod->due > sim->now &&
                        sim_has_fault(sim, SIM_FAULT_FLAPPING);
        bool timed = pod->phase == SIM_STARTING || pod->phase == SIM_TERMINATING || flapping;
        next = timed && pod->due < next ? pod->due : next;
    }
    for (size_t i = 0; i < sim->objects.len; i++) {
        int64_t seen = sim->objects.at[i].changed + SIM_OBSERVE_MS;
        next = seen > sim->now && seen < next ? seen : next;
    }
    return next;
}

void sim_settle(struct sgr_sim *sim)
{
    for (int round = 0; round < 3; round++) {
        sim_reconcile(sim);
        for (size_t i = 0; i < sim->pods.len; i++) {
            if (sim->pods.at[i].phase == SIM_STARTING) {
                sim->pods.at[i].phase = SIM_READY;
            }
        }
    }
}
