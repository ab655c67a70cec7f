/* Requests: where the routes send them, which of them meet no ready pod, and what the extremes
 * were. */
#include "k8s/sim/internal.h"

#include <stdio.h>

#include "base/quantity.h"

static size_t track_deployment(struct sgr_sim *sim, int which)
{
    struct sim_object *object = sim_find(sim, "Deployment", sgr_str_from(sim->space),
                                         sgr_str_from(sim->tracks[which].deployment));
    return object == NULL ? SIZE_MAX : (size_t)(object - sim->objects.at);
}

void sim_track_state(struct sgr_sim *sim, int which, int64_t *replicas, int64_t *ready)
{
    size_t index = track_deployment(sim, which);
    *replicas = *ready = 0;
    if (index == SIZE_MAX) {
        return;
    }
    struct sim_counts counts = sim_count(sim, index);
    *replicas = sgr_path_int(sim->objects.at[index].value, "spec/replicas", 1);
    *ready = counts.ready;
    if (sim->rolling) {
        *ready = which == 0 ? counts.updated_ready : counts.ready - counts.updated_ready;
        *replicas = which == 0 ? counts.updated : counts.total - counts.updated;
    }
}

static double weight_in(sgr_value list, const char *name_path, const char *service)
{
    double own = 0, total = 0;
    for (size_t i = 0; list.tag == SGR_LIST && i < sgr_count_of(list); i++) {
        double weight = (double)sgr_path_int(sgr_item(list, i), "weight", 1);
        total += weight;
        own += sgr_str_is(sgr_path_str(sgr_item(list, i), name_path), service) ? weight : 0;
    }
    return total > 0 ? own / total : 0;
}

static double nginx_share(struct sgr_sim *sim)
{
    for (size_t i = 0; i < sim->objects.len; i++) {
        const struct sim_object *object = &sim->objects.at[i];
        sgr_value notes = sgr_path(object->value, "metadata/annotations");
        if (object->gone || !sgr_str_is(sgr_path_str(object->value, "kind"), "Ingress") ||
            notes.tag != SGR_RECORD) {
            continue;
        }
        bool on = false;
        for (size_t k = 0; k < sgr_count_of(notes); k++) {
            on = on || (sgr_str_ends_with(sgr_key(notes, k), SGR_STR("/canary")) &&
                        sgr_field_at(notes, k).tag == SGR_STRING &&
                        sgr_str_is(sgr_string_of(sgr_field_at(notes, k)), "true"));
        }
        for (size_t k = 0; on && k < sgr_count_of(notes); k++) {
            double weight;
            if (sgr_str_ends_with(sgr_key(notes, k), SGR_STR("/canary-weight")) &&
                sgr_field_at(notes, k).tag == SGR_STRING &&
                sgr_read_number(sgr_string_of(sgr_field_at(notes, k)), &weight)) {
                return weight / 100;
            }
        }
    }
    return 0;
}

static double route_share(struct sgr_sim *sim, const char *kind)
{
    for (size_t i = 0; i < sim->objects.len; i++) {
        const struct sim_object *object = &sim->objects.at[i];
        if (object->gone || !sgr_str_is(sgr_path_str(object->value, "kind"), kind)) {
            continue;
        }
        bool gateway = strcmp(kind, "HTTPRoute") == 0;
        sgr_value rules = sgr_path(object->value, gateway ? "spec/rules" : "spec/http");
        if (rules.tag == SGR_LIST && sgr_count_of(rules) > 0) {
            sgr_value first = sgr_item(rules, 0);
            return gateway ? weight_in(sgr_field(first, SGR_STR("backendRefs")), "name",
                                       sim->tracks[0].service)
                           : weight_in(sgr_field(first, SGR_STR("route")), "destination/host",
                                       sim->tracks[0].service);
        }
    }
    return 0;
}

static bool selects(sgr_value selector, sgr_value labels)
{
    for (size_t i = 0; i < sgr_count_of(selector); i++) {
        if (!sgr_value_equal(sgr_field(labels, sgr_key(selector, i)), sgr_field_at(selector, i))) {
            return false;
        }
    }
    return true;
}

/* The Service in front selects the pods of the new track, or those of the old one. */
static double selector_share(struct sgr_sim *sim)
{
    const struct sim_object *front =
        sim_find(sim, "Service", sgr_str_from(sim->space), sgr_str_from(sim->front));
    size_t fresh = track_deployment(sim, 0);
    if (front == NULL || fresh == SIZE_MAX) {
        return 0;
    }
    sgr_value labels = sgr_path(sim->objects.at[fresh].value, "spec/template/metadata/labels");
    sgr_value selector = sgr_path(front->value, "spec/selector");
    return selector.tag == SGR_RECORD && selects(selector, labels) ? 1 : 0;
}

/* ---- from a Service to pods ---- */

/* Ready pods behind a Service, by track. A workload without ports has no Services: then those of
 * `otherwise` (both tracks where it is -1). */
static void endpoints(struct sgr_sim *sim, const char *service, int otherwise, int64_t ready[2])
{
    struct sim_object *object =
        sim_find(sim, "Service", sgr_str_from(sim->space), sgr_str_from(service));
    sgr_value selector = object == NULL ? sgr_absent() : sgr_path(object->value, "spec/selector");
    ready[0] = ready[1] = 0;
    for (int which = 0; which < 2; which++) {
        size_t index = track_deployment(sim, which);
        for (size_t i = 0; index != SIZE_MAX && i < sim->pods.len; i++) {
            const struct sim_pod *pod = &sim->pods.at[i];
            if (pod->deployment != index || pod->phase != SIM_READY) {
                continue;
            }
            ready[which] += selector.tag == SGR_RECORD ? selects(selector, pod->labels)
                                                       : otherwise < 0 || otherwise == which;
        }
    }
}

/* Sends a share of the requests to a Service; `meant` is the track that answers for them where
 * nobody does. */
static void send_to(struct sgr_sim *sim, struct sim_traffic *traffic, const char *service,
                    double share, int meant, bool both)
{
    int64_t ready[2];
    if (share <= 0) {
        return;
    }
    endpoints(sim, service, both ? -1 : meant, ready);
    double total = (double)(ready[0] + ready[1]);
    if (total <= 0) {
        traffic->share[meant] += share;
        traffic->failed += share;
        return;
    }
    for (int i = 0; i < 2; i++) {
        traffic->share[i] += share * (double)ready[i] / total;
    }
}

static void by_version(struct sgr_sim *sim, struct sim_traffic *traffic)
{
    int64_t replicas, ready[2];
    sim_track_state(sim, 0, &replicas, &ready[0]);
    sim_track_state(sim, 1, &replicas, &ready[1]);
    double total = (double)(ready[0] + ready[1]);
    traffic->share[0] = total > 0 ? (double)ready[0] / total : 0;
    traffic->share[1] = 1 - traffic->share[0];
    traffic->failed = total > 0 ? 0 : 1;
}

double sim_route_share(struct sgr_sim *sim)
{
    return strcmp(sim->traffic, "nginx") == 0         ? nginx_share(sim)
           : strcmp(sim->traffic, "gateway_api") == 0 ? route_share(sim, "HTTPRoute")
           : strcmp(sim->traffic, "istio") == 0       ? route_share(sim, "VirtualService")
                                                      : selector_share(sim);
}

struct sim_traffic sim_traffic(struct sgr_sim *sim)
{
    struct sim_traffic traffic = {{0, 0}, 0};
    if (!sim->running) {
        traffic.share[1] = 1;
    } else if (sim->rolling) {
        by_version(sim, &traffic);
    } else if (strcmp(sim->traffic, "replicas") == 0) {
        send_to(sim, &traffic, sim->front, 1, 1, true);
    } else if (strcmp(sim->traffic, "service") == 0) {
        send_to(sim, &traffic, sim->front, 1, sim_route_share(sim) > 0 ? 0 : 1, false);
    } else {
        double share = sim_route_share(sim);
        bool nginx = strcmp(sim->traffic, "nginx") == 0;
        const char *old = nginx ? sim->front : sim->tracks[1].service;
        send_to(sim, &traffic, sim->tracks[0].service, share, 0, false);
        send_to(sim, &traffic, old, 1 - share, 1, false);
    }
    return traffic;
}

static void extend(struct sim_span *span, double value)
{
    span->max = !span->seen || value > span->max ? value : span->max;
    span->min = !span->seen || value < span->min ? value : span->min;
    span->seen = true;
}

void sim_observe(struct sgr_sim *sim)
{
    if (!sim->running || sim->outcome[0] != '\0') {
        return;
    }
    struct sim_traffic traffic = sim->observed = sim_traffic(sim);
    for (int i = 0; i < 2; i++) {
        int64_t replicas, ready;
        sim_track_state(sim, i, &replicas, &ready);
        extend(&sim->traffic_span[i], traffic.share[i] * 100);
        extend(&sim->replicas_span[i], (double)replicas);
        extend(&sim->ready_span[i], (double)ready);
    }
}

void sim_pass_time(struct sgr_sim *sim, int64_t until)
{
    int64_t took = until - sim->now;
    if (took > 0 && sim->running && sim->outcome[0] == '\0') {
        const struct sim_traffic traffic = sim->observed; /* nothing changed since */
        double requests =
            SIM_RATE * (double)took / 1000 + sim_load_pass(sim, until, traffic.failed);
        sim->requests += requests;
        sim->served[0] += requests * traffic.share[0];
        sim->served[1] += requests * traffic.share[1];
        sim->failed += requests * traffic.failed;
        sim->down_ms += traffic.failed > 0 ? (double)took : 0;
        if (sim->said.rollback_began >= 0 && sim->rollback_time < 0 && traffic.share[0] <= 0) {
            sim->rollback_time = sim->now - sim->said.rollback_began;
        }
    }
    sim->now = until > sim->now ? until : sim->now;
}
