/* What other people and controllers do to the objects of a run while it is under way: edit, delete,
 * make again, write back, restore a backup. Must never act for the run itself. */
#include "k8s/sim/internal.h"

#include "vm/arith.h"

enum { REVERT_MS = 1000 };

static const char *const somebody = "kubectl-edit", *const argocd = "argocd-controller",
                         *const helm = "helm";

bool sim_is_route(const struct sim_object *object)
{
    return object->kind == SIM_HTTP_ROUTE || object->kind == SIM_VIRTUAL_SERVICE ||
           object->kind == SIM_INGRESS;
}

static const struct sim_object *track_object(const struct sgr_sim *sim, int which)
{
    return sim_find(sim, "Deployment", sgr_str_from(sim->space),
                    sgr_str_from(sim->tracks[which].deployment));
}

static void write(struct sgr_sim *sim, const struct sim_object *object, const char *path,
                  sgr_value value)
{
    sim_set_by_somebody(sim, object, somebody,
                        sgr_path_with(sim->heap, object->value, path, value));
}

/* ---- one object ---- */

static sgr_value with_image(struct sgr_sim *sim, sgr_value deployment)
{
    sgr_value image = sgr_string(sim->heap, SGR_STR("somebody/else:1"));
    sgr_value containers = sgr_path(deployment, "spec/template/spec/containers");
    if (containers.tag != SGR_LIST || sgr_count_of(containers) == 0) {
        return deployment;
    }
    sgr_value first = sgr_path_with(sim->heap, sgr_item(containers, 0), "image", image);
    return sgr_path_with(sim->heap, deployment, "spec/template/spec/containers",
                         sgr_list(sim->heap, &first, 1));
}

sgr_value sim_admitted(struct sgr_sim *sim, sgr_value object)
{
    bool struck = sim_has_fault(sim, SIM_FAULT_MUTATED) &&
                  sgr_str_is(sgr_path_str(object, "kind"), "Deployment");
    return struck ? with_image(sim, object) : object;
}

static void make_again(struct sgr_sim *sim, const struct sim_object *object)
{
    sgr_value value = object->value;
    sim_delete_by_somebody(sim, object);
    sim_make_by_somebody(sim, somebody, value);
}

/* The Service in front of the old track gets the pods of both. */
static void select_both(struct sgr_sim *sim)
{
    const struct sim_object *service =
        sim_find(sim, "Service", sgr_str_from(sim->space), sgr_str_from(sim->front));
    sgr_value selector = service == NULL ? sgr_absent() : sgr_path(service->value, "spec/selector");
    sgr_value out = sgr_open_record(sim->heap);
    for (size_t i = 0; selector.tag == SGR_RECORD && i < sgr_count_of(selector); i++) {
        if (!sgr_str_is(sgr_key(selector, i), "track")) {
            sgr_open_record_set(sim->heap, out, sgr_key_value(selector, i),
                                sgr_field_at(selector, i));
        }
    }
    out = sgr_open_record_close(sim->heap, out);
    if (selector.tag == SGR_RECORD && sgr_count_of(out) < sgr_count_of(selector)) {
        write(sim, service, "spec/selector", out);
    }
}

/* Somebody has made what the run is about to make, in the place of what an earlier one has left. */
void sim_take_names(struct sgr_sim *sim)
{
    const struct sim_object *old = track_object(sim, 1), *new = track_object(sim, 0);
    if (old == NULL || sim->rolling || (new != NULL &&new->demand.replicas > 0)) {
        return;
    }
    if (new != NULL) {
        sim_delete_by_somebody(sim, new);
    }
    sgr_value name = sgr_string(sim->heap, sgr_str_from(sim->tracks[0].deployment));
    sgr_value value = sgr_path_with(sim->heap, old->value, "metadata/name", name);
    value = sgr_path_with(sim->heap, value, "metadata/labels", sgr_absent());
    value = sgr_path_with(sim->heap, value, "spec/replicas", sgr_int(0));
    sim_make_by_somebody(sim, helm, value);
}

static void delete_all(struct sgr_sim *sim, enum sim_fault fault)
{
    for (size_t i = 0; i < sim->objects.len; i++) {
        const struct sim_object *object = sim->objects.at[i];
        bool meant = fault == SIM_FAULT_ROUTE_DELETED ? sim_is_route(object)
                                                      : sgr_str_is(object->word, "ConfigMap");
        if (meant && !object->gone) {
            sim_delete_by_somebody(sim, object);
        }
    }
}

void sim_meddle(struct sgr_sim *sim, enum sim_fault fault)
{
    const struct sim_fault_state *state = &sim->faults[fault];
    const struct sim_object *object = track_object(sim, strcmp(state->track, "old") == 0);
    if (fault == SIM_FAULT_ROUTE_DELETED || fault == SIM_FAULT_CONFIG_DELETED) {
        delete_all(sim, fault);
    } else if (fault == SIM_FAULT_SELECTED) {
        select_both(sim);
    } else if (fault == SIM_FAULT_TAKEN && sim->running) {
        sim_take_names(sim);
    } else if (fault == SIM_FAULT_RESTORED_BACKUP && sim->running) {
        sim_restore_backup(sim);
    } else if (object == NULL) {
        return;
    } else if (fault == SIM_FAULT_DELETED) {
        sim_delete_by_somebody(sim, object);
    } else if (fault == SIM_FAULT_RECREATED) {
        make_again(sim, object);
    } else if (fault == SIM_FAULT_EDITED) {
        sim_set_by_somebody(sim, object, somebody, with_image(sim, object->value));
    } else if (fault == SIM_FAULT_SCALED) {
        write(sim, object, "spec/replicas", sgr_int(state->count));
    }
}

/* ---- copies ---- */

static void copy_objects(struct sgr_sim *sim, struct sim_copy *copy)
{
    copy->len = 0;
    for (size_t i = 0; i < sim->objects.len; i++) {
        const struct sim_object *object = sim->objects.at[i];
        if (!object->gone) {
            struct sim_then then = {.object = object,
                                    .version = object->version,
                                    .value = sim_with_status(sim, object),
                                    .bare = object->value};
            sgr_vec_push(copy, then);
        }
    }
}

/* What a reader that lags, or somebody who keeps a copy, believes from now on. */
void sim_keep_copy(struct sgr_sim *sim)
{
    copy_objects(sim, &sim->then);
}

void sim_keep_backup(struct sgr_sim *sim)
{
    copy_objects(sim, &sim->backup);
    sim->backup_version = sim->next_version;
}

int64_t sim_next_revert(const struct sgr_sim *sim)
{
    int64_t next = INT64_MAX;
    for (size_t i = 0; sim_has_fault(sim, SIM_FAULT_REVERTED) && i < sim->objects.len; i++) {
        const struct sim_object *object = sim->objects.at[i];
        int64_t due = object->changed + REVERT_MS;
        next = sim_is_route(object) && due > sim->now && due < next ? due : next;
    }
    return next;
}

void sim_revert(struct sgr_sim *sim)
{
    if (!sim_has_fault(sim, SIM_FAULT_REVERTED)) {
        return;
    }
    for (size_t i = 0; i < sim->then.len; i++) {
        const struct sim_object *object = sim->then.at[i].object;
        if (sim_is_route(object) && sim->now - object->changed >= REVERT_MS &&
            !sgr_value_equal(object->value, sim->then.at[i].bare)) {
            sim_set_by_somebody(sim, object, argocd, sim->then.at[i].bare);
        }
    }
}
