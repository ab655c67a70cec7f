/* Requests: where the routes send them, which of them meet no ready pod, and what the extremes
 * were. What is seen of the cluster depends on its epoch alone: must never look at the time. */
#include "k8s/sim/internal.h"

#include <stdio.h>

#include "base/quantity.h"

static const struct sim_object *track_deployment(const struct sgr_sim *sim, int which)
{
    return sim_find(sim, "Deployment", sgr_str_from(sim->space),
                    sgr_str_from(sim->tracks[which].deployment));
}

static void count_track(const struct sgr_sim *sim, int which, int64_t *replicas, int64_t *ready)
{
    const struct sim_object *deployment = track_deployment(sim, which);
    if (deployment == NULL) {
        return;
    }
    struct sim_counts counts =
        sim->rolling ? sim_count_new(sim, deployment) : sim_count(sim, deployment);
    *replicas = deployment->demand.replicas;
    *ready = counts.ready;
    if (sim->rolling) { /* both tracks are one Deployment's */
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

static double nginx_share(const struct sgr_sim *sim)
{
    for (size_t i = 0; i < sim->objects.len; i++) {
        const struct sim_object *object = sim->objects.at[i];
        sgr_value notes = object->kind == SIM_INGRESS && !object->gone
                              ? sgr_path(object->value, "metadata/annotations")
                              : sgr_absent();
        if (notes.tag != SGR_RECORD) {
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

static double route_share(const struct sgr_sim *sim, enum sim_kind kind)
{
    for (size_t i = 0; i < sim->objects.len; i++) {
        const struct sim_object *object = sim->objects.at[i];
        if (object->gone || object->kind != kind) {
            continue;
        }
        bool gateway = kind == SIM_HTTP_ROUTE;
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

/* ---- providers that a script declares itself ---- */

/* Whether a field of the item, or of a record in it, is the name. */
static bool names(sgr_value item, const char *name, bool deeper)
{
    for (size_t i = 0; item.tag == SGR_RECORD && i < sgr_count_of(item); i++) {
        sgr_value field = sgr_field_at(item, i);
        if (field.tag == SGR_STRING ? sgr_str_is(sgr_string_of(field), name)
                                    : deeper && names(field, name, false)) {
            return true;
        }
    }
    return false;
}

/* The share of the weights in a list of destinations that goes to the new track; -1 where the list
 * is none: no item has a weight and names a track's Service. */
static double share_in(const struct sgr_sim *sim, sgr_value list)
{
    double total = 0, fresh = 0;
    bool ours = false;
    for (size_t i = 0; i < sgr_count_of(list); i++) {
        sgr_value item = sgr_item(list, i);
        bool weighted =
            item.tag == SGR_RECORD && !sgr_is_absent(sgr_field(item, SGR_STR("weight")));
        double weight = weighted ? (double)sgr_path_int(item, "weight", 0) : 0;
        bool is_new = names(item, sim->tracks[0].service, true);
        ours = ours || (weighted && (is_new || names(item, sim->tracks[1].service, true)));
        total += weight;
        fresh += is_new ? weight : 0;
    }
    return !ours ? -1 : total > 0 ? fresh / total : 0;
}

static double share_below(const struct sgr_sim *sim, sgr_value value, unsigned depth)
{
    bool list = value.tag == SGR_LIST;
    double share = list ? share_in(sim, value) : -1;
    for (size_t i = 0;
         share < 0 && depth > 0 && (list || value.tag == SGR_RECORD) && i < sgr_count_of(value);
         i++) {
        share = share_below(sim, list ? sgr_item(value, i) : sgr_field_at(value, i), depth - 1);
    }
    return share;
}

/* Wherever an object of a kind that the simulator does not know weighs the tracks' Services; where
 * none does, what the run has reported. */
static double declared_share(const struct sgr_sim *sim)
{
    enum { DEPTH = 6 };
    for (size_t i = 0; i < sim->objects.len; i++) {
        const struct sim_object *object = sim->objects.at[i];
        double share = object->gone || object->kind != SIM_OTHER
                           ? -1
                           : share_below(sim, sgr_field(object->value, SGR_STR("spec")), DEPTH);
        if (share >= 0) {
            return share;
        }
    }
    return sim->told_share / 100;
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
static double selector_share(const struct sgr_sim *sim)
{
    const struct sim_object *front =
        sim_find(sim, "Service", sgr_str_from(sim->space), sgr_str_from(sim->front));
    const struct sim_object *fresh = track_deployment(sim, 0);
    if (front == NULL || fresh == NULL) {
        return 0;
    }
    sgr_value labels = sgr_path(fresh->value, "spec/template/metadata/labels");
    sgr_value selector = sgr_path(front->value, "spec/selector");
    return selector.tag == SGR_RECORD && selects(selector, labels) ? 1 : 0;
}

/* ---- from a Service to pods ---- */

/* Ready pods behind a Service, by track. A workload without ports has no Services: then those of
 * `otherwise` (both tracks where it is -1). */
static void endpoints(const struct sgr_sim *sim, const char *service, int otherwise,
                      int64_t ready[2])
{
    const struct sim_object *object =
        sim_find(sim, "Service", sgr_str_from(sim->space), sgr_str_from(service));
    sgr_value selector = object == NULL ? sgr_absent() : sgr_path(object->value, "spec/selector");
    ready[0] = ready[1] = 0;
    for (int which = 0; which < 2; which++) {
        const struct sim_object *deployment = track_deployment(sim, which);
        for (size_t i = 0; deployment != NULL && i < sim->pods.len; i++) {
            const struct sim_pod *pod = sim->pods.at[i];
            if (pod->deployment != deployment || pod->phase != SIM_READY) {
                continue;
            }
            ready[which] += selector.tag == SGR_RECORD ? selects(selector, pod->labels)
                                                       : otherwise < 0 || otherwise == which;
        }
    }
}

/* Sends a share of the requests to a Service; `meant` is the track that answers for them where
 * nobody does. */
static void send_to(const struct sgr_sim *sim, struct sim_traffic *traffic, const char *service,
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

static void by_version(struct sim_view *view)
{
    double total = (double)(view->ready[0] + view->ready[1]);
    view->traffic.share[0] = total > 0 ? (double)view->ready[0] / total : 0;
    view->traffic.share[1] = 1 - view->traffic.share[0];
    view->traffic.failed = total > 0 ? 0 : 1;
}

bool sim_has_route(const struct sgr_sim *sim)
{
    return sim->running && !sim->rolling && strcmp(sim->traffic, "replicas") != 0;
}

static double share_of_route(const struct sgr_sim *sim)
{
    return !sim_has_route(sim)                        ? 0
           : strcmp(sim->traffic, "nginx") == 0       ? nginx_share(sim)
           : strcmp(sim->traffic, "gateway_api") == 0 ? route_share(sim, SIM_HTTP_ROUTE)
           : strcmp(sim->traffic, "istio") == 0       ? route_share(sim, SIM_VIRTUAL_SERVICE)
           : strcmp(sim->traffic, "service") == 0     ? selector_share(sim)
                                                      : declared_share(sim);
}

static struct sim_traffic traffic_by_route(const struct sgr_sim *sim, double share)
{
    struct sim_traffic traffic = {{0, 0}, 0};
    if (strcmp(sim->traffic, "replicas") == 0) {
        send_to(sim, &traffic, sim->front, 1, 1, true);
    } else if (strcmp(sim->traffic, "service") == 0) {
        send_to(sim, &traffic, sim->front, 1, share > 0 ? 0 : 1, false);
    } else {
        bool nginx = strcmp(sim->traffic, "nginx") == 0;
        const char *old = nginx ? sim->front : sim->tracks[1].service;
        send_to(sim, &traffic, sim->tracks[0].service, share, 0, false);
        send_to(sim, &traffic, old, 1 - share, 1, false);
    }
    return traffic;
}

static struct sim_view look(const struct sgr_sim *sim)
{
    struct sim_view view = {.epoch = sim->epoch, .valid = true, .route = share_of_route(sim)};
    for (int i = 0; i < 2; i++) {
        count_track(sim, i, &view.replicas[i], &view.ready[i]);
    }
    if (!sim->running) {
        view.traffic.share[1] = 1;
    } else if (sim->rolling) {
        by_version(&view);
    } else {
        view.traffic = traffic_by_route(sim, view.route);
    }
    return view;
}

/* In a debug build, every look that is spared is taken all the same. */
static void check_view(const struct sgr_sim *sim)
{
#ifndef NDEBUG
    const struct sim_view *kept = &sim->view, now = look(sim);
    for (int i = 0; i < 2; i++) {
        if (kept->replicas[i] != now.replicas[i] || kept->ready[i] != now.ready[i] ||
            kept->traffic.share[i] != now.traffic.share[i] || kept->route != now.route ||
            kept->traffic.failed != now.traffic.failed) {
            SGR_BUG("the cluster changed without counting the change");
        }
    }
#else
    (void)sim;
#endif
}

const struct sim_view *sim_view(struct sgr_sim *sim)
{
    if (sim->view.valid && sim->view.epoch == sim->epoch) {
        check_view(sim);
    } else {
        sim->view = look(sim);
    }
    return &sim->view;
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
    const struct sim_view *view = sim_view(sim);
    sim->observed = view->traffic;
    for (int i = 0; i < 2; i++) {
        extend(&sim->traffic_span[i], view->traffic.share[i] * 100);
        extend(&sim->replicas_span[i], (double)view->replicas[i]);
        extend(&sim->ready_span[i], (double)view->ready[i]);
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
