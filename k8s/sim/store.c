/* The object store with the API's semantics: apply by one manager, merge patch, delete, read with
 * status. Values are immutable; a write makes a new one and remembers when. The only door through
 * which objects change: must never write to one but by `changing`. */
#include "k8s/sim/internal.h"

#include <stdio.h>
#include <stdlib.h>

#include "vm/arith.h"

sgr_str sim_space_of(sgr_value space)
{
    return space.tag == SGR_STRING ? sgr_string_of(space) : SGR_STR("default");
}

static const struct sim_object *find(const struct sgr_sim *sim, sgr_str word, sgr_str space,
                                     sgr_str name)
{
    for (size_t i = 0; i < sim->objects.len; i++) {
        const struct sim_object *object = sim->objects.at[i];
        if (!object->gone && sgr_str_equal(object->name, name) &&
            sgr_str_equal(object->word, word) && sgr_str_equal(object->space, space)) {
            return object;
        }
    }
    return NULL;
}

const struct sim_object *sim_find(const struct sgr_sim *sim, const char *kind, sgr_str space,
                                  sgr_str name)
{
    return find(sim, sgr_str_from(kind), space, name);
}

static const struct sim_object *find_value(const struct sgr_sim *sim, sgr_value kind,
                                           sgr_value space, sgr_value name)
{
    return kind.tag == SGR_STRING && name.tag == SGR_STRING
               ? find(sim, sgr_string_of(kind), sim_space_of(space), sgr_string_of(name))
               : NULL;
}

static const struct sim_object *find_ref(const struct sgr_sim *sim, sgr_value ref)
{
    return find_value(sim, sgr_field(ref, SGR_STR("kind")), sgr_field(ref, SGR_STR("namespace")),
                      sgr_field(ref, SGR_STR("name")));
}

static const struct sim_object *find_object(const struct sgr_sim *sim, sgr_value object)
{
    return find_value(sim, sgr_field(object, SGR_STR("kind")),
                      sgr_path(object, "metadata/namespace"), sgr_path(object, "metadata/name"));
}

/* ---- merging ---- */

static bool same(sgr_value a, sgr_value b)
{
    return a.tag == b.tag && sgr_value_equal(a, b);
}

/* Where nothing differs, `a` itself, which makes comparing the two cheap. */
static sgr_value merged(struct sgr_heap *heap, sgr_value a, sgr_value b)
{
    if (a.tag != SGR_RECORD || b.tag != SGR_RECORD) {
        return same(a, b) ? a : b;
    }
    sgr_value out = sgr_absent();
    for (size_t i = 0; i < sgr_count_of(b); i++) {
        sgr_value old = sgr_field(a, sgr_key(b, i)), field = sgr_field_at(b, i);
        sgr_value value = sgr_is_absent(old) ? field : merged(heap, old, field);
        if (sgr_is_absent(out) && !same(old, value)) {
            out = sgr_open_record(heap);
            for (size_t k = 0; k < sgr_count_of(a); k++) {
                sgr_open_record_set(heap, out, sgr_key_value(a, k), sgr_field_at(a, k));
            }
        }
        if (!sgr_is_absent(out)) {
            sgr_open_record_set(heap, out, sgr_key_value(b, i), value);
        }
    }
    return sgr_is_absent(out) ? a : sgr_open_record_close(heap, out);
}

/* What the manager applied before and applies no longer goes. */
static sgr_value without_dropped(struct sgr_heap *heap, sgr_value live, sgr_value before,
                                 sgr_value now)
{
    for (size_t i = 0; live.tag == SGR_RECORD && before.tag == SGR_RECORD &&
                       now.tag == SGR_RECORD && i < sgr_count_of(before);
         i++) {
        sgr_str key = sgr_key(before, i);
        sgr_value field = sgr_field(live, key), next = sgr_field(now, key);
        sgr_value kept = sgr_is_absent(next)
                             ? sgr_absent()
                             : without_dropped(heap, field, sgr_field_at(before, i), next);
        if (!sgr_is_absent(field) && !same(kept, field)) {
            live = sgr_record_with(heap, live, key, kept);
        }
    }
    return live;
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

/* The one place where an object may be written: whoever does counts the change. */
static struct sim_object *changing(struct sgr_sim *sim, const struct sim_object *object)
{
    sim->epoch++;
    return (struct sim_object *)(uintptr_t)object;
}

static sgr_value uid_of(struct sgr_heap *heap, const struct sim_object *object)
{
    char uid[48];
    snprintf(uid, sizeof uid, "00000000-0000-4000-8000-%012llx", (unsigned long long)object->uid);
    return sgr_string(heap, sgr_str_from(uid));
}

static sgr_value with_metadata(struct sgr_heap *heap, const struct sim_object *object)
{
    char version[24];
    snprintf(version, sizeof version, "%llu", (unsigned long long)object->version);
    sgr_value metadata = sgr_field(object->value, SGR_STR("metadata"));
    metadata = sgr_record_with(heap, metadata, SGR_STR("uid"), uid_of(heap, object));
    if (object->writer != NULL) {
        sgr_value by = sgr_record_with(heap, sgr_absent(), SGR_STR("manager"),
                                       sgr_string(heap, sgr_str_from(object->writer)));
        metadata =
            sgr_record_with(heap, metadata, SGR_STR("managedFields"), sgr_list(heap, &by, 1));
    }
    metadata = sgr_record_with(heap, metadata, SGR_STR("resourceVersion"),
                               sgr_string(heap, sgr_str_from(version)));
    metadata = sgr_record_with(heap, metadata, SGR_STR("generation"), sgr_int(object->generation));
    return sgr_record_with(heap, object->value, SGR_STR("metadata"), metadata);
}

static void set(struct sgr_sim *sim, struct sim_object *object, sgr_value value)
{
    sgr_value before = sgr_field(object->value, SGR_STR("spec")),
              spec = sgr_field(value, SGR_STR("spec"));
    bool other_spec = !sgr_value_equal(before, spec);
    object->value = value;
    object->version = ++sim->next_version;
    if (other_spec) {
        object->generation++;
        object->changed = sim->now;
    }
    if (other_spec && object->kind == SIM_DEPLOYMENT) {
        sim_read_demand(object, !sgr_value_equal(sgr_field(before, SGR_STR("template")),
                                                 sgr_field(spec, SGR_STR("template"))));
    }
    object->shown = with_metadata(sim->heap, object);
    sim->changed = true;
}

void sim_set(struct sgr_sim *sim, const struct sim_object *object, sgr_value value)
{
    if (!sgr_value_equal(object->value, value)) {
        set(sim, changing(sim, object), value);
    }
}

static void drop(struct sgr_sim *sim, const struct sim_object *object)
{
    struct sim_object *own = changing(sim, object);
    own->gone = true;
    if (own->kind == SIM_DEPLOYMENT) {
        sim_read_demand(own, false);
    }
    sim->changed = true;
}

static struct sim_object *create(struct sgr_sim *sim, sgr_value value);

void sim_set_by_somebody(struct sgr_sim *sim, const struct sim_object *object, const char *who,
                         sgr_value value)
{
    changing(sim, object)->touched = true;
    changing(sim, object)->writer = who;
    sim_set(sim, object, value);
}

void sim_delete_by_somebody(struct sgr_sim *sim, const struct sim_object *object)
{
    changing(sim, object)->touched = true;
    drop(sim, object);
}

const struct sim_object *sim_make_by_somebody(struct sgr_sim *sim, const char *who, sgr_value value)
{
    struct sim_object *object = create(sim, value);
    object->touched = true;
    object->foreign = sim->wrote; /* before that, it is what the run begins with */
    object->writer = who;
    object->shown = with_metadata(sim->heap, object);
    return object;
}

/* Everything is as it was when the backup was made, and the versions count on from there. */
void sim_restore_backup(struct sgr_sim *sim)
{
    for (size_t i = 0; i < sim->objects.len; i++) {
        if (!sim->objects.at[i]->gone) {
            sim_delete_by_somebody(sim, sim->objects.at[i]);
        }
    }
    for (size_t i = 0; i < sim->backup.len; i++) {
        const struct sim_then *then = &sim->backup.at[i];
        struct sim_object *object = changing(sim, then->object);
        object->gone = false;
        set(sim, object, then->bare);
        if (object->kind == SIM_DEPLOYMENT) {
            sim_read_demand(object, true);
        }
        object->version = then->version;
        object->shown = with_metadata(sim->heap, object);
    }
    sim->next_version = sim->backup_version;
}

static enum sim_kind kind_of(sgr_str word)
{
    static const struct {
        const char *word;
        enum sim_kind kind;
    } kinds[] = {
        {"Deployment", SIM_DEPLOYMENT}, {"HorizontalPodAutoscaler", SIM_AUTOSCALER},
        {"Service", SIM_SERVICE},       {"Ingress", SIM_INGRESS},
        {"HTTPRoute", SIM_HTTP_ROUTE},  {"VirtualService", SIM_VIRTUAL_SERVICE},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (sgr_str_is(word, kinds[i].word)) {
            return kinds[i].kind;
        }
    }
    return SIM_OTHER;
}

static sgr_str part(char **at, sgr_str text, char end)
{
    sgr_str own = {*at, text.len};
    memcpy(*at, text.ptr, text.len);
    (*at)[text.len] = end;
    *at += text.len + 1;
    return own;
}

static void name_object(struct sim_object *object)
{
    sgr_str word = sgr_path_str(object->value, "kind"),
            space = sim_space_of(sgr_path(object->value, "metadata/namespace")),
            name = sgr_path_str(object->value, "metadata/name");
    char *at = object->key = sgr_calloc(word.len + space.len + name.len + 3, 1);
    object->word = part(&at, word, '|');
    object->space = part(&at, space, '|');
    object->name = part(&at, name, '\0');
    object->kind = kind_of(word);
}

static struct sim_object *create(struct sgr_sim *sim, sgr_value value)
{
    struct sim_object *object = sgr_calloc(1, sizeof *object);
    *object = (struct sim_object){
        .value = defaulted(sim->heap, value),
        .generation = 1,
        .changed = sim->now,
        .uid = (int64_t)++sim->next_uid,
        .version = ++sim->next_version,
    };
    name_object(object);
    if (object->kind == SIM_DEPLOYMENT) {
        sim_read_demand(object, true);
    }
    object->shown = with_metadata(sim->heap, object);
    sgr_vec_push(&sim->objects, object);
    sim->changed = true;
    return changing(sim, object);
}

void sim_move_objects(struct sgr_sim *sim, struct sgr_mover *mover)
{
    for (size_t i = 0; i < sim->objects.len; i++) {
        struct sim_object *object = changing(sim, sim->objects.at[i]);
        sgr_move(mover, &object->value);
        sgr_move(mover, &object->shown);
        sgr_move(mover, &object->applied);
    }
}

void sim_forget_objects(struct sgr_sim *sim)
{
    for (size_t i = 0; i < sim->objects.len; i++) {
        struct sim_object *object = changing(sim, sim->objects.at[i]);
        free(object->key);
        free(object);
    }
    sgr_vec_release(&sim->objects);
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
        sgr_record_set(&record, SGR_STR("uid"), uid_of(sim->heap, before));
        sgr_record_set(&record, SGR_STR("before"), before->value);
        sgr_record_set(&record, SGR_STR("applied"), before->applied);
    }
    return sgr_record_end(&record);
}

/* What the run wrote last, and what it left there. */
static void written(struct sgr_sim *sim, const struct sim_object *object, struct sim_answer *answer)
{
    changing(sim, object)->own_version = object->version;
    sim->wrote = true;
    if (object->foreign) {
        sim_violation(sim, "the run has written to %s, which somebody else has made", object->key);
    }
    answer->value = sim_with_status(sim, object);
    answer->replaced =
        sgr_record_with(sim->heap, answer->replaced, SGR_STR("uid"), uid_of(sim->heap, object));
    answer->replaced =
        sgr_record_with(sim->heap, answer->replaced, SGR_STR("after"), object->value);
}

static bool refuse(struct sim_answer *answer, const char *kind, const char *text)
{
    answer->ok = false;
    answer->kind = kind;
    answer->text = text;
    return false;
}

/* A write that names the object that it is meant for finds that one, or nothing is written. */
static bool is_meant(struct sgr_sim *sim, const struct sim_object *found, sgr_value uid,
                     struct sim_answer *answer)
{
    if (uid.tag == SGR_STRING && sgr_str_is(sgr_string_of(uid), "none")) {
        return found == NULL || found->own_version > 0
                   ? true
                   : refuse(answer, "exists", "somebody else has made the object");
    }
    return sgr_is_absent(uid) ? true
           : found == NULL    ? refuse(answer, "missing", "the object is not there any more")
           : sgr_value_equal(uid, uid_of(sim->heap, found))
               ? true
               : refuse(answer, "replaced", "it is another object than the run has seen before");
}

static sgr_value without_uid(struct sgr_sim *sim, sgr_value object)
{
    sgr_value metadata = sgr_field(object, SGR_STR("metadata"));
    sgr_value out = sgr_open_record(sim->heap);
    for (size_t i = 0; metadata.tag == SGR_RECORD && i < sgr_count_of(metadata); i++) {
        if (!sgr_str_is(sgr_key(metadata, i), "uid")) {
            sgr_open_record_set(sim->heap, out, sgr_key_value(metadata, i),
                                sgr_field_at(metadata, i));
        }
    }
    return sgr_record_with(sim->heap, object, SGR_STR("metadata"),
                           sgr_open_record_close(sim->heap, out));
}

void sim_apply(struct sgr_sim *sim, sgr_value object, struct sim_answer *answer)
{
    const struct sim_object *found = find_object(sim, object);
    sgr_value uid = sgr_path(object, "metadata/uid");
    if (!is_meant(sim, found, uid, answer)) {
        return;
    }
    object = sgr_value_copy(sim->heap, object);
    object = sim_admitted(sim, sgr_is_absent(uid) ? object : without_uid(sim, object));
    answer->replaced = replaced(sim, object, found);
    if (found == NULL) {
        found = create(sim, object);
    } else {
        sgr_value live = without_dropped(sim->heap, found->value, found->applied, object);
        sim_set(sim, found, defaulted(sim->heap, merged(sim->heap, live, object)));
    }
    changing(sim, found)->applied = object;
    written(sim, found, answer);
}

void sim_patch(struct sgr_sim *sim, sgr_value ref, sgr_value patch, sgr_value gone,
               struct sim_answer *answer)
{
    const struct sim_object *found = find_ref(sim, ref);
    if (found == NULL) {
        (void)refuse(answer, "missing", "the object to patch does not exist");
        return;
    }
    sgr_value uid = sgr_path(patch, "metadata/uid");
    if (!is_meant(sim, found, uid, answer)) {
        return;
    }
    patch = sgr_value_copy(sim->heap, patch);
    patch = sgr_is_absent(uid) ? patch : without_uid(sim, patch);
    answer->replaced = replaced(sim, found->value, found);
    sgr_value live = without_dropped(sim->heap, found->value, gone, patch);
    sim_set(sim, found, merged(sim->heap, live, patch));
    written(sim, found, answer);
}

void sim_delete(struct sgr_sim *sim, sgr_value ref, struct sim_answer *answer)
{
    const struct sim_object *found = find_ref(sim, ref);
    answer->value = sgr_bool(found != NULL);
    if (found != NULL) {
        answer->replaced = replaced(sim, found->value, found);
        drop(sim, found);
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

/* Whether somebody has made this object in the place of the one that was changed. */
static bool is_others(struct sgr_sim *sim, const struct sim_object *found, sgr_value uid)
{
    return found->touched && uid.tag == SGR_STRING &&
           !sgr_value_equal(uid, uid_of(sim->heap, found));
}

void sim_restore(struct sgr_sim *sim, sgr_value entry, struct sim_answer *answer)
{
    const struct sim_object *found = find_ref(sim, sgr_field(entry, SGR_STR("ref")));
    sgr_value existed = sgr_field(entry, SGR_STR("existed"));
    answer->value = sgr_bool(true);
    if (existed.tag != SGR_BOOL) {
        answer->ok = false;
        answer->kind = "failed";
        answer->text = "this entry of the undo log is none of the simulator's";
        return;
    }
    if (found != NULL && is_others(sim, found, sgr_field(entry, SGR_STR("uid")))) {
        return;
    }
    if (existed.as.i == 0) {
        if (found != NULL) {
            drop(sim, found);
        }
        return;
    }
    /* Pods of the old version need their settings; what else others have deleted stays so. */
    if (found == NULL && !sgr_is_absent(sgr_field(entry, SGR_STR("after"))) &&
        !sgr_str_is(sgr_path_str(entry, "ref/kind"), "ConfigMap")) {
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
    struct sim_object *own = changing(sim, found);
    own->own_version = found->version;
    own->applied = sgr_value_copy(sim->heap, sgr_field(entry, SGR_STR("applied")));
}

/* ---- reading ---- */

static sgr_value deployment_status(struct sgr_sim *sim, const struct sim_object *object)
{
    struct sim_counts counts = sim_count(sim, object);
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
    const struct sim_object *target =
        sim_find(sim, "Deployment", sim_space_of(sgr_path(object->value, "metadata/namespace")),
                 sgr_path_str(object->value, "spec/scaleTargetRef/name"));
    int64_t wanted = target == NULL ? 0 : sgr_path_int(target->value, "spec/replicas", 1);
    int64_t now = target == NULL ? 0 : sim_count(sim, target).total;
    sgr_value conditions[] = {condition_of(heap, "AbleToScale", target != NULL),
                              condition_of(heap, "ScalingActive", wanted > 0)};
    sgr_value status =
        sgr_record_with(heap, sgr_absent(), SGR_STR("currentReplicas"), sgr_int(now));
    status = sgr_record_with(heap, status, SGR_STR("desiredReplicas"), sgr_int(wanted));
    return sgr_record_with(heap, status, SGR_STR("conditions"), sgr_list(heap, conditions, 2));
}

sgr_value sim_with_status(struct sgr_sim *sim, const struct sim_object *object)
{
    sgr_value status = object->kind == SIM_DEPLOYMENT   ? deployment_status(sim, object)
                       : object->kind == SIM_AUTOSCALER ? autoscaler_status(sim, object)
                       : object->kind == SIM_HTTP_ROUTE ? route_status(sim, object)
                                                        : sgr_absent();
    return sgr_is_absent(status)
               ? object->shown
               : sgr_record_with(sim->heap, object->shown, SGR_STR("status"), status);
}

sgr_value sim_read(struct sgr_sim *sim, sgr_value ref)
{
    const struct sim_object *found = find_ref(sim, ref);
    return found == NULL ? sgr_absent() : sim_stale(sim, found, sim_with_status(sim, found));
}

sgr_value sim_read_all(struct sgr_sim *sim, sgr_value refs)
{
    SGR_VEC(sgr_value) items = {0};
    for (size_t i = 0; refs.tag == SGR_LIST && i < sgr_count_of(refs); i++) {
        sgr_value found = sim_read(sim, sgr_item(refs, i));
        sgr_value none = sgr_open_record_close(sim->heap, sgr_open_record(sim->heap));
        sgr_vec_push(&items, sgr_is_absent(found) ? none : found);
    }
    sgr_value list = sgr_list(sim->heap, items.at, items.len);
    sgr_vec_release(&items);
    return list;
}

sgr_value sim_list(struct sgr_sim *sim, sgr_value ref, sgr_value labels)
{
    SGR_VEC(sgr_value) items = {0};
    for (size_t i = 0; i < sim->objects.len; i++) {
        const struct sim_object *object = sim->objects.at[i];
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
            sgr_vec_push(&items, sim_with_status(sim, object));
        }
    }
    sgr_value list = sgr_list(sim->heap, items.at, items.len);
    sgr_vec_release(&items);
    return list;
}
