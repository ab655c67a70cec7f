/* The object store with the API's semantics: apply by one manager, merge patch, delete, read with
 * status. Values are immutable; a write makes a new one and remembers when. */
#include "k8s/sim/internal.h"

#include <stdio.h>
#include <stdlib.h>

#include "vm/arith.h"

/* Names and namespaces of the API have 253 bytes at most. */
enum { KEY_MAX = 1024 };

sgr_str sim_space_of(sgr_value space)
{
    return space.tag == SGR_STRING ? sgr_string_of(space) : SGR_STR("default");
}

bool sim_is_kind(const struct sim_object *object, const char *kind)
{
    return !object->gone && sgr_str_is(sgr_path_str(object->value, "kind"), kind);
}

static size_t append(char key[KEY_MAX], size_t len, sgr_str text, char end)
{
    size_t room = KEY_MAX - len - 1, size = text.len < room ? text.len : room;
    memcpy(key + len, text.ptr, size);
    key[len + size] = end;
    return size < room ? len + size + 1 : len + size;
}

static void make_key(char key[KEY_MAX], const char *kind, sgr_str space, sgr_str name)
{
    size_t len = append(key, 0, sgr_str_from(kind), '|');
    len = append(key, len, space, '|');
    (void)append(key, len, name, '\0');
    key[KEY_MAX - 1] = '\0';
}

struct sim_object *sim_find(struct sgr_sim *sim, const char *kind, sgr_str space, sgr_str name)
{
    char key[KEY_MAX];
    make_key(key, kind, space, name);
    for (size_t i = 0; i < sim->objects.len; i++) {
        if (!sim->objects.at[i].gone && strcmp(sim->objects.at[i].key, key) == 0) {
            return &sim->objects.at[i];
        }
    }
    return NULL;
}

static struct sim_object *find_value(struct sgr_sim *sim, sgr_value kind, sgr_value space,
                                     sgr_value name)
{
    char word[128];
    if (kind.tag != SGR_STRING || name.tag != SGR_STRING) {
        return NULL;
    }
    snprintf(word, sizeof word, "%.*s", SGR_FMT(sgr_string_of(kind)));
    return sim_find(sim, word, sim_space_of(space), sgr_string_of(name));
}

static struct sim_object *find_ref(struct sgr_sim *sim, sgr_value ref)
{
    return find_value(sim, sgr_field(ref, SGR_STR("kind")), sgr_field(ref, SGR_STR("namespace")),
                      sgr_field(ref, SGR_STR("name")));
}

static struct sim_object *find_object(struct sgr_sim *sim, sgr_value object)
{
    return find_value(sim, sgr_field(object, SGR_STR("kind")),
                      sgr_path(object, "metadata/namespace"), sgr_path(object, "metadata/name"));
}

/* ---- merging ---- */

static sgr_value merged(struct sgr_heap *heap, sgr_value a, sgr_value b)
{
    if (a.tag != SGR_RECORD || b.tag != SGR_RECORD) {
        return b;
    }
    sgr_value out = sgr_open_record(heap);
    for (size_t i = 0; i < sgr_count_of(a); i++) {
        sgr_open_record_set(heap, out, sgr_key_value(a, i), sgr_field_at(a, i));
    }
    for (size_t i = 0; i < sgr_count_of(b); i++) {
        sgr_value old = sgr_field(a, sgr_key(b, i));
        sgr_value value =
            sgr_is_absent(old) ? sgr_field_at(b, i) : merged(heap, old, sgr_field_at(b, i));
        sgr_open_record_set(heap, out, sgr_key_value(b, i), value);
    }
    return sgr_open_record_close(heap, out);
}

/* What the manager applied before and applies no longer goes. */
static sgr_value without_dropped(struct sgr_heap *heap, sgr_value live, sgr_value before,
                                 sgr_value now)
{
    if (live.tag != SGR_RECORD || before.tag != SGR_RECORD || now.tag != SGR_RECORD) {
        return live;
    }
    sgr_value out = sgr_open_record(heap);
    for (size_t i = 0; i < sgr_count_of(live); i++) {
        sgr_value old = sgr_field(before, sgr_key(live, i)),
                  next = sgr_field(now, sgr_key(live, i));
        if (!sgr_is_absent(old) && sgr_is_absent(next)) {
            continue;
        }
        sgr_open_record_set(heap, out, sgr_key_value(live, i),
                            without_dropped(heap, sgr_field_at(live, i), old, next));
    }
    return sgr_open_record_close(heap, out);
}

/* ---- writing ---- */

static sgr_value defaulted(struct sgr_heap *heap, sgr_value object)
{
    bool deployment = sgr_str_is(sgr_path_str(object, "kind"), "Deployment");
    if (deployment && sgr_is_absent(sgr_path(object, "spec/replicas"))) {
        object = sgr_path_with(heap, object, "spec/replicas", sgr_int(1));
    }
    return object;
}

void sim_set(struct sgr_sim *sim, struct sim_object *object, sgr_value value)
{
    bool spec = !sgr_value_equal(sgr_field(object->value, SGR_STR("spec")),
                                 sgr_field(value, SGR_STR("spec")));
    if (sgr_value_equal(object->value, value)) {
        return;
    }
    object->value = value;
    object->version = ++sim->next_version;
    if (spec) {
        object->generation++;
        object->changed = sim->now;
    }
    sim->changed = true;
}

static struct sim_object *create(struct sgr_sim *sim, sgr_value value)
{
    char key[KEY_MAX], kind[128];
    snprintf(kind, sizeof kind, "%.*s", SGR_FMT(sgr_path_str(value, "kind")));
    make_key(key, kind, sim_space_of(sgr_path(value, "metadata/namespace")),
             sgr_path_str(value, "metadata/name"));
    struct sim_object object = {
        .key = sgr_calloc(strlen(key) + 1, 1),
        .value = defaulted(sim->heap, value),
        .generation = 1,
        .own_generation = 1,
        .changed = sim->now,
        .uid = (int64_t)++sim->next_uid,
        .version = ++sim->next_version,
    };
    memcpy(object.key, key, strlen(key) + 1);
    sgr_vec_push(&sim->objects, object);
    sim->changed = true;
    return &sim->objects.at[sim->objects.len - 1];
}

void sim_put(struct sgr_sim *sim, sgr_value object)
{
    struct sim_object *created = create(sim, sgr_value_copy(sim->heap, object));
    created->applied = created->value;
    created->changed = -SIM_OBSERVE_MS;
}

static sgr_value replaced(struct sgr_sim *sim, sgr_value object, const struct sim_object *before)
{
    struct sgr_record_builder ref, record;
    sgr_record_begin(&ref, sim->heap);
    sgr_record_set(&ref, SGR_STR("kind"), sgr_field(object, SGR_STR("kind")));
    sgr_record_set(&ref, SGR_STR("namespace"), sgr_path(object, "metadata/namespace"));
    sgr_record_set(&ref, SGR_STR("name"), sgr_path(object, "metadata/name"));
    sgr_record_begin(&record, sim->heap);
    sgr_record_set(&record, SGR_STR("ref"), sgr_record_end(&ref));
    sgr_record_set(&record, SGR_STR("existed"), sgr_bool(before != NULL));
    if (before != NULL) {
        sgr_record_set(&record, SGR_STR("before"), before->value);
        sgr_record_set(&record, SGR_STR("applied"), before->applied);
    }
    return sgr_record_end(&record);
}

/* What the run wrote last, and what it left there. */
static void written(struct sgr_sim *sim, struct sim_object *object, struct sim_answer *answer)
{
    object->own_generation = object->generation;
    answer->value = sim_with_status(sim, (size_t)(object - sim->objects.at));
    answer->replaced =
        sgr_record_with(sim->heap, answer->replaced, SGR_STR("after"), object->value);
}

void sim_apply(struct sgr_sim *sim, sgr_value object, struct sim_answer *answer)
{
    struct sim_object *found = find_object(sim, object);
    object = sgr_value_copy(sim->heap, object);
    answer->replaced = replaced(sim, object, found);
    if (found == NULL) {
        found = create(sim, object);
    } else {
        sgr_value live = without_dropped(sim->heap, found->value, found->applied, object);
        sim_set(sim, found, defaulted(sim->heap, merged(sim->heap, live, object)));
    }
    found->applied = object;
    written(sim, found, answer);
}

void sim_patch(struct sgr_sim *sim, sgr_value ref, sgr_value patch, struct sim_answer *answer)
{
    struct sim_object *found = find_ref(sim, ref);
    if (found == NULL) {
        answer->ok = false;
        answer->kind = "missing";
        answer->text = "the object to patch does not exist";
        return;
    }
    answer->replaced = replaced(sim, found->value, found);
    sim_set(sim, found, merged(sim->heap, found->value, sgr_value_copy(sim->heap, patch)));
    written(sim, found, answer);
}

void sim_delete(struct sgr_sim *sim, sgr_value ref, struct sim_answer *answer)
{
    struct sim_object *found = find_ref(sim, ref);
    answer->value = sgr_bool(found != NULL);
    if (found != NULL) {
        answer->replaced = replaced(sim, found->value, found);
        found->gone = true;
        sim->changed = true;
    }
}

/* The value with what one write changed put back, and what others changed since left alone. */
static sgr_value put_back(struct sgr_heap *heap, sgr_value now, sgr_value before, sgr_value after)
{
    if (sgr_value_equal(before, after)) {
        return now;
    }
    if (now.tag != SGR_RECORD || before.tag != SGR_RECORD || after.tag != SGR_RECORD) {
        return sgr_value_equal(now, after) ? before : now;
    }
    sgr_value out = sgr_open_record(heap);
    for (size_t i = 0; i < sgr_count_of(now); i++) {
        sgr_str key = sgr_key(now, i);
        sgr_value value =
            put_back(heap, sgr_field_at(now, i), sgr_field(before, key), sgr_field(after, key));
        if (!sgr_is_absent(value)) {
            sgr_open_record_set(heap, out, sgr_key_value(now, i), value);
        }
    }
    for (size_t i = 0; i < sgr_count_of(before); i++) { /* what the write took away */
        if (sgr_is_absent(sgr_field(now, sgr_key(before, i))) &&
            sgr_is_absent(sgr_field(after, sgr_key(before, i)))) {
            sgr_open_record_set(heap, out, sgr_key_value(before, i), sgr_field_at(before, i));
        }
    }
    return sgr_open_record_close(heap, out);
}

void sim_restore(struct sgr_sim *sim, sgr_value entry, struct sim_answer *answer)
{
    struct sim_object *found = find_ref(sim, sgr_field(entry, SGR_STR("ref")));
    sgr_value existed = sgr_field(entry, SGR_STR("existed"));
    answer->value = sgr_bool(true);
    if (existed.tag != SGR_BOOL) {
        answer->ok = false;
        answer->kind = "failed";
        answer->text = "this entry of the undo log is none of the simulator's";
        return;
    }
    if (existed.as.i == 0) {
        if (found != NULL) {
            found->gone = true;
            sim->changed = true;
        }
        return;
    }
    sgr_value before = sgr_value_copy(sim->heap, sgr_field(entry, SGR_STR("before")));
    if (found == NULL) {
        found = create(sim, before);
    } else {
        sgr_value after = sgr_value_copy(sim->heap, sgr_field(entry, SGR_STR("after")));
        answer->had = sgr_path_int(found->value, "spec/replicas", 0);
        sim_set(sim, found, put_back(sim->heap, found->value, before, after));
    }
    answer->left = sgr_path_int(found->value, "spec/replicas", 0);
    found->own_generation = found->generation;
    found->applied = sgr_value_copy(sim->heap, sgr_field(entry, SGR_STR("applied")));
}

/* ---- reading ---- */

static sgr_value deployment_status(struct sgr_sim *sim, size_t index)
{
    const struct sim_object *object = &sim->objects.at[index];
    struct sim_counts counts = sim_count(sim, index);
    bool seen = sim->now - object->changed >= SIM_OBSERVE_MS;
    struct sgr_record_builder status;
    sgr_record_begin(&status, sim->heap);
    sgr_record_set(&status, SGR_STR("observedGeneration"),
                   sgr_int(seen ? object->generation : object->generation - 1));
    sgr_record_set(&status, SGR_STR("replicas"), sgr_int(counts.total));
    sgr_record_set(&status, SGR_STR("updatedReplicas"), sgr_int(counts.updated));
    sgr_record_set(&status, SGR_STR("readyReplicas"), sgr_int(counts.ready));
    sgr_record_set(&status, SGR_STR("availableReplicas"), sgr_int(counts.ready));
    return sgr_record_end(&status);
}

static sgr_value route_status(struct sgr_sim *sim, const struct sim_object *object)
{
    bool seen = sim->now - object->changed >= SIM_OBSERVE_MS &&
                !sim_has_fault(sim, SIM_FAULT_ROUTE_NOT_ACCEPTED);
    struct sgr_heap *heap = sim->heap;
    sgr_value condition =
        sgr_record_with(heap, sgr_absent(), SGR_STR("type"), sgr_string(heap, SGR_STR("Accepted")));
    condition =
        sgr_record_with(heap, condition, SGR_STR("status"), sgr_string(heap, SGR_STR("True")));
    condition = sgr_record_with(heap, condition, SGR_STR("observedGeneration"),
                                sgr_int(seen ? object->generation : object->generation - 1));
    sgr_value parent =
        sgr_record_with(heap, sgr_absent(), SGR_STR("conditions"), sgr_list(heap, &condition, 1));
    return sgr_record_with(heap, sgr_absent(), SGR_STR("parents"), sgr_list(heap, &parent, 1));
}

static sgr_value condition_of(struct sgr_heap *heap, const char *type, bool holds)
{
    sgr_value condition =
        sgr_record_with(heap, sgr_absent(), SGR_STR("type"), sgr_string(heap, sgr_str_from(type)));
    return sgr_record_with(heap, condition, SGR_STR("status"),
                           sgr_string(heap, holds ? SGR_STR("True") : SGR_STR("False")));
}

static sgr_value autoscaler_status(struct sgr_sim *sim, const struct sim_object *object)
{
    struct sgr_heap *heap = sim->heap;
    struct sim_object *target =
        sim_find(sim, "Deployment", sim_space_of(sgr_path(object->value, "metadata/namespace")),
                 sgr_path_str(object->value, "spec/scaleTargetRef/name"));
    int64_t wanted = target == NULL ? 0 : sgr_path_int(target->value, "spec/replicas", 1);
    int64_t now = target == NULL ? 0 : sim_count(sim, (size_t)(target - sim->objects.at)).total;
    sgr_value conditions[] = {condition_of(heap, "AbleToScale", target != NULL),
                              condition_of(heap, "ScalingActive", wanted > 0)};
    sgr_value status =
        sgr_record_with(heap, sgr_absent(), SGR_STR("currentReplicas"), sgr_int(now));
    status = sgr_record_with(heap, status, SGR_STR("desiredReplicas"), sgr_int(wanted));
    return sgr_record_with(heap, status, SGR_STR("conditions"), sgr_list(heap, conditions, 2));
}

sgr_value sim_with_status(struct sgr_sim *sim, size_t index)
{
    struct sim_object *object = &sim->objects.at[index];
    char uid[48], version[24];
    snprintf(uid, sizeof uid, "00000000-0000-4000-8000-%012llx", (unsigned long long)object->uid);
    snprintf(version, sizeof version, "%llu", (unsigned long long)object->version);
    sgr_value metadata = sgr_field(object->value, SGR_STR("metadata"));
    metadata = sgr_record_with(sim->heap, metadata, SGR_STR("uid"),
                               sgr_string(sim->heap, sgr_str_from(uid)));
    metadata = sgr_record_with(sim->heap, metadata, SGR_STR("resourceVersion"),
                               sgr_string(sim->heap, sgr_str_from(version)));
    metadata =
        sgr_record_with(sim->heap, metadata, SGR_STR("generation"), sgr_int(object->generation));
    sgr_value value = sgr_record_with(sim->heap, object->value, SGR_STR("metadata"), metadata);
    sgr_str kind = sgr_path_str(value, "kind");
    if (sgr_str_is(kind, "Deployment")) {
        return sgr_record_with(sim->heap, value, SGR_STR("status"), deployment_status(sim, index));
    }
    if (sgr_str_is(kind, "HorizontalPodAutoscaler")) {
        return sgr_record_with(sim->heap, value, SGR_STR("status"), autoscaler_status(sim, object));
    }
    if (sgr_str_is(kind, "HTTPRoute")) {
        return sgr_record_with(sim->heap, value, SGR_STR("status"), route_status(sim, object));
    }
    return value;
}

sgr_value sim_read(struct sgr_sim *sim, sgr_value ref)
{
    struct sim_object *found = find_ref(sim, ref);
    if (found == NULL) {
        return sgr_absent();
    }
    size_t index = (size_t)(found - sim->objects.at);
    return sim_stale(sim, index, sim_with_status(sim, index));
}

sgr_value sim_list(struct sgr_sim *sim, sgr_value ref, sgr_value labels)
{
    SGR_VEC(sgr_value) items = {0};
    for (size_t i = 0; i < sim->objects.len; i++) {
        const struct sim_object *object = &sim->objects.at[i];
        sgr_value space = sgr_field(ref, SGR_STR("namespace"));
        bool match = !object->gone &&
                     sgr_value_equal(sgr_field(object->value, SGR_STR("kind")),
                                     sgr_field(ref, SGR_STR("kind"))) &&
                     (sgr_is_absent(space) ||
                      sgr_value_equal(sgr_path(object->value, "metadata/namespace"), space));
        for (size_t k = 0; match && labels.tag == SGR_RECORD && k < sgr_count_of(labels); k++) {
            sgr_value own =
                sgr_field(sgr_path(object->value, "metadata/labels"), sgr_key(labels, k));
            match = sgr_value_equal(own, sgr_field_at(labels, k));
        }
        if (match) {
            sgr_vec_push(&items, sim_with_status(sim, i));
        }
    }
    sgr_value list = sgr_list(sim->heap, items.at, items.len);
    sgr_vec_release(&items);
    return list;
}
