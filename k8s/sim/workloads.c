/* Deployments, their pods and autoscalers as small models. A pod is scheduled, pulls its image,
 * starts, is ready; one that goes leaves the endpoints at once and is gone after its drain. The
 * only door through which pods change: must never write to one but by `changing`. */
#include "k8s/sim/internal.h"

#include <math.h>

#include "base/quantity.h"

enum { DRAIN_MS = 10000 };

int64_t sim_jitter(struct sgr_sim *sim, int64_t range)
{
    sim->random = sim->random * 6364136223846793005ULL + 1442695040888963407ULL;
    return (int64_t)(sim->random >> 33) % (range + 1);
}

static struct sim_pod *changing(struct sgr_sim *sim, const struct sim_pod *pod)
{
    sim->epoch++;
    return (struct sim_pod *)(uintptr_t)pod;
}

void sim_move_pods(struct sgr_sim *sim, struct sgr_mover *mover)
{
    for (size_t i = 0; i < sim->pods.len; i++) {
        sgr_move(mover, &changing(sim, sim->pods.at[i])->labels);
    }
}

void sim_forget_pods(struct sgr_sim *sim)
{
    for (size_t i = 0; i < sim->pods.len; i++) {
        free(changing(sim, sim->pods.at[i]));
    }
    sgr_vec_release(&sim->pods);
}

static struct sim_counts count_pods(const struct sgr_sim *sim, const struct sim_object *deployment,
                                    uint64_t hash, bool same)
{
    struct sim_counts counts = {0};
    for (size_t i = 0; i < sim->pods.len; i++) {
        const struct sim_pod *pod = sim->pods.at[i];
        if (pod->deployment != deployment || pod->phase == SIM_TERMINATING) {
            continue;
        }
        counts.total++;
        bool updated = (pod->hash == hash) == same;
        counts.updated += updated;
        counts.ready += pod->phase == SIM_READY;
        counts.updated_ready += pod->phase == SIM_READY && updated;
    }
    return counts;
}

struct sim_counts sim_count(const struct sgr_sim *sim, const struct sim_object *deployment)
{
    return count_pods(sim, deployment, deployment->demand.hash, true);
}

struct sim_counts sim_count_new(const struct sgr_sim *sim, const struct sim_object *deployment)
{
    return count_pods(sim, deployment, sim->old_template, false);
}

/* ---- what a Deployment asks for ---- */

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

static uint64_t template_hash(sgr_value template)
{
    struct sgr_buf text;
    sgr_buf_init(&text, 16 << 20);
    sgr_value_json(template, &text);
    uint64_t hash = sgr_str_hash(sgr_buf_str(&text), 1);
    sgr_buf_release(&text);
    return hash;
}

void sim_read_demand(struct sim_object *deployment, bool other_template)
{
    sgr_value spec = sgr_field(deployment->value, SGR_STR("spec"));
    sgr_value rolling = sgr_path(spec, "strategy/rollingUpdate");
    int64_t wanted = deployment->gone ? 0 : sgr_path_int(spec, "replicas", 1);
    int64_t surge =
        share_of(sgr_field(rolling, SGR_STR("maxSurge")), wanted, true, (wanted + 3) / 4);
    int64_t missing =
        share_of(sgr_field(rolling, SGR_STR("maxUnavailable")), wanted, false, wanted / 4);
    deployment->demand = (struct sim_demand){
        .replicas = wanted,
        .surge = surge == 0 && missing == 0 ? 1 : surge,
        .missing = missing,
        .paused = sgr_path_int(spec, "paused", 0) != 0,
        .hash = other_template ? template_hash(sgr_field(spec, SGR_STR("template")))
                               : deployment->demand.hash,
    };
}

/* ---- pods ---- */

static bool broken(const struct sgr_sim *sim, const struct sim_object *deployment, uint64_t hash)
{
    return sim_strikes_pods(sim, SIM_FAULT_CRASH_PODS, deployment, hash) ||
           sim_strikes_pods(sim, SIM_FAULT_UNPULLABLE, deployment, hash) ||
           sim_strikes_pods(sim, SIM_FAULT_UNSCHEDULABLE, deployment, hash) ||
           sim_has_fault(sim, SIM_FAULT_FAILING_PODS);
}

/* Ready for a while and then not, as long as the fault lasts. */
enum { FLAP_READY_MS = 15000, FLAP_AWAY_MS = 10000 };

static bool flaps(const struct sgr_sim *sim, const struct sim_pod *pod)
{
    return sim_strikes_pods(sim, SIM_FAULT_FLAPPING, pod->deployment, pod->hash);
}

static int64_t ready_at(struct sgr_sim *sim)
{
    int64_t slow =
        sim_has_fault(sim, SIM_FAULT_SLOW_PODS) ? sim->faults[SIM_FAULT_SLOW_PODS].amount : 0;
    return sim->now + 6000 + sim_jitter(sim, 5000) + slow;
}

static void start_pod(struct sgr_sim *sim, const struct sim_object *deployment)
{
    struct sim_pod *pod = sgr_alloc(sizeof *pod);
    uint64_t hash = deployment->demand.hash;
    *pod = (struct sim_pod){
        .deployment = deployment,
        .hash = hash,
        .phase = SIM_STARTING,
        .labels = sgr_path(deployment->value, "spec/template/metadata/labels"),
        .due = ready_at(sim),
    };
    if (broken(sim, deployment, hash)) {
        pod->phase = SIM_BROKEN;
    }
    sgr_vec_push(&sim->pods, changing(sim, pod));
    sim->changed = true;
}

static void stop_pod(struct sgr_sim *sim, const struct sim_pod *pod, int64_t drain)
{
    struct sim_pod *own = changing(sim, pod);
    own->phase = SIM_TERMINATING;
    own->due = sim->now + drain;
    sim->changed = true;
}

/* Takes away one pod of these: those that serve nobody first. False where there is none. */
static bool stop_one(struct sgr_sim *sim, const struct sim_object *deployment, bool old_only,
                     bool ready_too)
{
    const struct sim_pod *chosen = NULL;
    for (size_t i = 0; i < sim->pods.len; i++) {
        const struct sim_pod *pod = sim->pods.at[i];
        bool candidate = pod->deployment == deployment && pod->phase != SIM_TERMINATING &&
                         (!old_only || pod->hash != deployment->demand.hash) &&
                         (ready_too || pod->phase != SIM_READY);
        if (candidate &&
            (chosen == NULL || (chosen->phase == SIM_READY && pod->phase != SIM_READY))) {
            chosen = pod;
        }
    }
    if (chosen != NULL) {
        stop_pod(sim, chosen, DRAIN_MS);
    }
    return chosen != NULL;
}

static void reconcile_deployment(struct sgr_sim *sim, const struct sim_object *own)
{
    const struct sim_demand demand = own->demand;
    int64_t wanted = demand.replicas, least = wanted - demand.missing;
    bool quota = sim_has_fault(sim, SIM_FAULT_QUOTA);
    struct sim_counts counts = sim_count(sim, own);
    while (counts.total > counts.updated && counts.total > wanted &&
           stop_one(sim, own, true, counts.ready > least)) {
        counts = sim_count(sim, own);
    }
    while (counts.updated > wanted && stop_one(sim, own, false, true)) {
        counts = sim_count(sim, own);
    }
    int64_t allowed = counts.total == counts.updated ? wanted : wanted + demand.surge;
    while (!quota && !demand.paused && counts.updated < wanted && counts.total < allowed) {
        start_pod(sim, own);
        counts = sim_count(sim, own);
    }
    while (!quota && demand.paused && counts.total < wanted) {
        start_pod(sim, own);
        counts = sim_count(sim, own);
    }
    while (!demand.paused && demand.missing > 0 && counts.updated < counts.total &&
           counts.ready > least && stop_one(sim, own, true, true)) {
        counts = sim_count(sim, own);
    }
}

/* An autoscaler keeps the count within its bounds. */
static void reconcile_autoscaler(struct sgr_sim *sim, const struct sim_object *hpa)
{
    if (sim->now - hpa->changed < SIM_OBSERVE_MS) {
        return;
    }
    const struct sim_object *object =
        sim_find(sim, "Deployment", sim_space_of(sgr_path(hpa->value, "metadata/namespace")),
                 sgr_path_str(hpa->value, "spec/scaleTargetRef/name"));
    if (object == NULL) {
        return;
    }
    int64_t now = object->demand.replicas;
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

static void enter(struct sgr_sim *sim, const struct sim_pod *pod, enum sim_phase phase, int64_t due)
{
    struct sim_pod *own = changing(sim, pod);
    own->phase = phase;
    own->due = due;
}

/* False where the pod is gone. */
static bool advance_pod(struct sgr_sim *sim, const struct sim_pod *pod)
{
    bool due = pod->due <= sim->now;
    bool serves = pod->phase == SIM_STARTING || pod->phase == SIM_READY;
    if (serves && sim_has_fault(sim, SIM_FAULT_FAILING_PODS)) {
        enter(sim, pod, SIM_BROKEN, 0);
        sim->changed = true;
    } else if (pod->phase == SIM_STARTING && due) {
        enter(sim, pod, SIM_READY, sim->now + FLAP_READY_MS);
        sim->changed = true;
    } else if (pod->phase == SIM_READY && due && flaps(sim, pod)) {
        enter(sim, pod, SIM_STARTING, sim->now + FLAP_AWAY_MS);
        sim->changed = true;
    } else if (pod->phase == SIM_BROKEN && !broken(sim, pod->deployment, pod->hash)) {
        enter(sim, pod, SIM_STARTING,
              ready_at(sim)); /* the fault is over: the next try goes well */
    }
    return pod->phase != SIM_TERMINATING || !due;
}

static void advance_pods(struct sgr_sim *sim)
{
    size_t kept = 0;
    for (size_t i = 0; i < sim->pods.len; i++) {
        const struct sim_pod *pod = sim->pods.at[i];
        if (advance_pod(sim, pod)) {
            sim->pods.at[kept++] = pod;
        } else {
            free(changing(sim, pod));
        }
    }
    sim->pods.len = kept;
}

static void reconcile(struct sgr_sim *sim)
{
    advance_pods(sim);
    for (size_t i = 0; i < sim->objects.len; i++) {
        const struct sim_object *object = sim->objects.at[i];
        /* Once an instant: whoever is told asks again at the same instant. */
        sim->changed = sim->changed ||
                       (sim->announced != sim->now && object->changed + SIM_OBSERVE_MS == sim->now);
        if (object->kind == SIM_AUTOSCALER && !object->gone) {
            reconcile_autoscaler(sim, object);
        }
    }
    sim->announced = sim->now;
    for (size_t i = 0; i < sim->objects.len; i++) {
        if (sim->objects.at[i]->kind == SIM_DEPLOYMENT) {
            reconcile_deployment(sim, sim->objects.at[i]);
        }
    }
}

static bool is_quiet(const struct sgr_sim *sim)
{
    return sim->quiet_epoch == sim->epoch && sim->now < sim->quiet_until;
}

/* In a debug build, the work that is spared is done all the same, and must change nothing. */
static void check_quiet(struct sgr_sim *sim)
{
#ifndef NDEBUG
    bool changed = sim->changed;
    reconcile(sim);
    if (!is_quiet(sim) || sim->changed != changed) {
        SGR_BUG("the controllers were thought to have nothing to do");
    }
#else
    (void)sim;
#endif
}

void sim_reconcile(struct sgr_sim *sim)
{
    if (is_quiet(sim)) {
        check_quiet(sim);
        return;
    }
    uint64_t before = sim->epoch;
    reconcile(sim);
    if (sim->epoch == before) {
        sim->quiet_until = sim_next_change(sim);
        sim->quiet_epoch = before;
    }
}

void sim_lose_node(struct sgr_sim *sim)
{
    for (size_t d = 0; d < sim->objects.len; d++) {
        const struct sim_object *deployment = sim->objects.at[d];
        int64_t lost = (sim_count(sim, deployment).ready + 2) / 3;
        for (size_t i = 0; i < sim->pods.len && lost > 0; i++) {
            const struct sim_pod *pod = sim->pods.at[i];
            if (pod->deployment == deployment && pod->phase == SIM_READY) {
                stop_pod(sim, pod, 0);
                lost--;
            }
        }
    }
    sim->changed = true;
}

int64_t sim_next_change(const struct sgr_sim *sim)
{
    if (is_quiet(sim)) {
        return sim->quiet_until;
    }
    int64_t next = sim_next_fault_end(sim);
    for (size_t i = 0; i < sim->pods.len; i++) {
        const struct sim_pod *pod = sim->pods.at[i];
        bool flapping = pod->phase == SIM_READY && pod->due > sim->now &&
                        sim_has_fault(sim, SIM_FAULT_FLAPPING);
        bool timed = pod->phase == SIM_STARTING || pod->phase == SIM_TERMINATING || flapping;
        next = timed && pod->due < next ? pod->due : next;
    }
    for (size_t i = 0; i < sim->objects.len; i++) {
        int64_t seen = sim->objects.at[i]->changed + SIM_OBSERVE_MS;
        next = seen > sim->now && seen < next ? seen : next;
    }
    return next;
}

void sim_settle(struct sgr_sim *sim)
{
    for (int round = 0; round < 3; round++) {
        sim_reconcile(sim);
        for (size_t i = 0; i < sim->pods.len; i++) {
            const struct sim_pod *pod = sim->pods.at[i];
            if (pod->phase == SIM_STARTING) {
                enter(sim, pod, SIM_READY, pod->due);
            }
        }
    }
}
