/* Values: making, reading, comparing, copying. Objects are written once, here, before anyone sees
 * them. */
#include "vm/object.h"

#include <stdlib.h>

static const uint64_t key_seed = 0x2545f4914f6cdd1dULL;

uint32_t sgr_key_hash(sgr_str key)
{
    return (uint32_t)sgr_str_hash(key, key_seed);
}

sgr_value sgr_string(struct sgr_heap *heap, sgr_str text)
{
    struct sgr_string_object *string = sgr_heap_alloc(heap, sizeof *string + text.len + 1);
    if (text.len > UINT32_MAX) {
        SGR_BUG("a string of %zu bytes", text.len);
    }
    string->len = (uint32_t)text.len;
    string->hash = sgr_key_hash(text);
    if (text.len > 0) {
        memcpy(string->bytes, text.ptr, text.len);
    }
    string->bytes[text.len] = '\0';
    return (sgr_value){.tag = SGR_STRING, .as.string = string};
}

sgr_value sgr_range(struct sgr_heap *heap, sgr_value from, sgr_value to)
{
    struct sgr_range_object *range = sgr_heap_alloc(heap, sizeof *range);
    range->from = from;
    range->to = to;
    return (sgr_value){.tag = SGR_RANGE, .as.range = range};
}

sgr_value sgr_list(struct sgr_heap *heap, const sgr_value *items, size_t count)
{
    struct sgr_list_object *list = sgr_heap_alloc(heap, sizeof *list + count * sizeof *items);
    list->count = count;
    if (count > 0) {
        memcpy(list->items, items, count * sizeof *items);
    }
    return (sgr_value){.tag = SGR_LIST, .as.list = list};
}

sgr_value sgr_closure(struct sgr_heap *heap, uint32_t function, const sgr_value *captured,
                      size_t count)
{
    struct sgr_closure_object *closure =
        sgr_heap_alloc(heap, sizeof *closure + count * sizeof *captured);
    closure->function = function;
    closure->count = (uint32_t)count;
    if (count > 0) {
        memcpy(closure->captured, captured, count * sizeof *captured);
    }
    return (sgr_value){.tag = SGR_FUNCTION, .as.closure = closure};
}

/* ---- shapes ---- */

static uint32_t *slots_of(const struct sgr_shape *shape)
{
    return (uint32_t *)(uintptr_t)(const void *)(shape->keys + shape->count);
}

static bool key_equal(const struct sgr_string_object *key, const char *ptr, size_t len,
                      uint32_t hash)
{
    return key->hash == hash && key->len == len && memcmp(key->bytes, ptr, len) == 0;
}

static uint32_t find_among_few(const struct sgr_shape *shape, const char *ptr, size_t len)
{
    for (uint32_t i = 0; i < shape->count; i++) {
        const struct sgr_string_object *key = shape->keys[i];
        if (key->len == len &&
            (len == 0 || (key->bytes[0] == ptr[0] && memcmp(key->bytes, ptr, len) == 0))) {
            return i;
        }
    }
    return UINT32_MAX;
}

static uint32_t find_by_hash(const struct sgr_shape *shape, const char *ptr, size_t len,
                             uint32_t hash)
{
    const uint32_t *slots = slots_of(shape);
    for (uint32_t at = hash & (shape->slot_count - 1);; at = (at + 1) & (shape->slot_count - 1)) {
        if (slots[at] == 0) {
            return UINT32_MAX;
        }
        if (key_equal(shape->keys[slots[at] - 1], ptr, len, hash)) {
            return slots[at] - 1;
        }
    }
}

uint32_t sgr_shape_find(const struct sgr_shape *shape, const struct sgr_string_object *key)
{
    if (shape->slot_count > 0) {
        return find_by_hash(shape, key->bytes, key->len, key->hash);
    }
    for (uint32_t i = 0; i < shape->count; i++) { /* constants are one object: no need to look in */
        if (shape->keys[i] == key) {
            return i;
        }
    }
    return find_among_few(shape, key->bytes, key->len);
}

static void index_shape(struct sgr_shape *shape)
{
    uint32_t *slots = slots_of(shape);
    memset(slots, 0, shape->slot_count * sizeof *slots);
    for (uint32_t i = 0; i < shape->count; i++) {
        uint32_t at = shape->keys[i]->hash & (shape->slot_count - 1);
        while (slots[at] != 0) {
            at = (at + 1) & (shape->slot_count - 1);
        }
        slots[at] = i + 1;
    }
}

static bool same_keys(const struct sgr_shape *shape, const sgr_value *keys, size_t count)
{
    if (shape == NULL || shape->count != count) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        const struct sgr_string_object *key = keys[i].as.string;
        if (shape->keys[i] != key && !key_equal(shape->keys[i], key->bytes, key->len, key->hash)) {
            return false;
        }
    }
    return true;
}

const struct sgr_shape *sgr_shape(struct sgr_heap *heap, const sgr_value *keys, size_t count)
{
    uint32_t hash = (uint32_t)count;
    for (size_t i = 0; i < count; i++) {
        hash = (hash ^ keys[i].as.string->hash) * 16777619u;
    }
    const struct sgr_shape **cached = &heap->shapes[(hash ^ hash >> 16) % SGR_SHAPE_CACHE];
    if (same_keys(*cached, keys, count)) {
        return *cached;
    }
    uint32_t slots = 0;
    if (count > SGR_SHAPE_LINEAR_MAX) {
        for (slots = 32; slots < 2 * count; slots *= 2) {
        }
    }
    struct sgr_shape *shape = sgr_heap_alloc(heap, sizeof *shape + count * sizeof shape->keys[0] +
                                                       slots * sizeof(uint32_t));
    shape->count = (uint32_t)count;
    shape->slot_count = slots;
    for (size_t i = 0; i < count; i++) {
        shape->keys[i] = keys[i].as.string;
    }
    if (slots > 0) {
        index_shape(shape);
    }
    *cached = shape;
    return shape;
}

sgr_value sgr_record_of_shape(struct sgr_heap *heap, const struct sgr_shape *shape,
                              const sgr_value *values)
{
    struct sgr_record_object *record =
        sgr_heap_alloc(heap, sizeof *record + shape->count * sizeof *values);
    record->shape = shape;
    if (shape->count > 0) {
        memcpy(record->values, values, shape->count * sizeof *values);
    }
    return (sgr_value){.tag = SGR_RECORD, .as.record = record};
}

/* ---- builders in the heap: BUILD_* and records made by hosts ---- */

sgr_value sgr_builder_value(struct sgr_heap *heap, bool is_record)
{
    struct sgr_builder_object *builder = sgr_heap_alloc(heap, sizeof *builder);
    uintptr_t home = builder->home;
    *builder = (struct sgr_builder_object){.home = home, .is_record = is_record};
    return (sgr_value){.tag = SGR_BUILDER, .as.object = builder};
}

static void builder_grow(struct sgr_heap *heap, struct sgr_builder_object *builder)
{
    size_t cap = builder->cap ? builder->cap * 2 : 8;
    sgr_value *values = sgr_heap_alloc(heap, cap * sizeof *values);
    if (builder->count > 0) {
        memcpy(values, builder->values, builder->count * sizeof *values);
    }
    if (builder->is_record) {
        sgr_value *keys = sgr_heap_alloc(heap, cap * sizeof *keys);
        if (builder->count > 0) {
            memcpy(keys, builder->keys, builder->count * sizeof *keys);
        }
        builder->keys = keys;
    }
    builder->values = values;
    builder->cap = cap;
}

void sgr_builder_append(struct sgr_heap *heap, sgr_value value, sgr_value item)
{
    struct sgr_builder_object *builder = value.as.object;
    if (builder->count == builder->cap) {
        builder_grow(heap, builder);
    }
    builder->values[builder->count++] = item;
}

static void builder_place(struct sgr_builder_object *builder, size_t index)
{
    size_t at = builder->keys[index].as.string->hash & (builder->slot_count - 1);
    while (builder->slots[at] != 0) {
        at = (at + 1) & (builder->slot_count - 1);
    }
    builder->slots[at] = (uint32_t)index + 1;
}

static void builder_index(struct sgr_heap *heap, struct sgr_builder_object *builder)
{
    builder->slot_count = builder->cap * 4;
    builder->slots = sgr_heap_alloc(heap, builder->slot_count * sizeof *builder->slots);
    memset(builder->slots, 0, builder->slot_count * sizeof *builder->slots);
    for (size_t i = 0; i < builder->count; i++) {
        builder_place(builder, i);
    }
}

static size_t builder_find(const struct sgr_builder_object *builder,
                           const struct sgr_string_object *key)
{
    if (builder->slots == NULL) {
        for (size_t i = 0; i < builder->count; i++) {
            if (builder->keys[i].as.string == key ||
                key_equal(builder->keys[i].as.string, key->bytes, key->len, key->hash)) {
                return i;
            }
        }
        return SIZE_MAX;
    }
    for (size_t at = key->hash & (builder->slot_count - 1);;
         at = (at + 1) & (builder->slot_count - 1)) {
        if (builder->slots[at] == 0) {
            return SIZE_MAX;
        }
        size_t i = builder->slots[at] - 1;
        if (key_equal(builder->keys[i].as.string, key->bytes, key->len, key->hash)) {
            return i;
        }
    }
}

void sgr_builder_set(struct sgr_heap *heap, sgr_value target, sgr_value key, sgr_value value)
{
    struct sgr_builder_object *builder = target.as.object;
    if (value.tag == SGR_ABSENT) {
        return;
    }
    size_t at = builder_find(builder, key.as.string);
    if (at != SIZE_MAX) {
        builder->values[at] = value;
        return;
    }
    if (builder->count == builder->cap) {
        builder_grow(heap, builder);
        if (builder->cap > SGR_SHAPE_LINEAR_MAX) {
            builder_index(heap, builder);
        }
    }
    builder->keys[builder->count] = key;
    builder->values[builder->count++] = value;
    if (builder->slots != NULL) {
        builder_place(builder, builder->count - 1);
    }
}

sgr_value sgr_builder_close(struct sgr_heap *heap, sgr_value target)
{
    struct sgr_builder_object *builder = target.as.object;
    if (!builder->is_record) {
        return sgr_list(heap, builder->values, builder->count);
    }
    return sgr_record_of_shape(heap, sgr_shape(heap, builder->keys, builder->count),
                               builder->values);
}

void sgr_record_begin(struct sgr_record_builder *builder, struct sgr_heap *heap)
{
    *builder = (struct sgr_record_builder){.heap = heap};
}

static size_t find_key(const struct sgr_record_builder *builder, sgr_str key)
{
    if (builder->index.len > 0) {
        void *known = sgr_map_get(&builder->index, key);
        return known != NULL ? (size_t)(uintptr_t)known - 1 : SIZE_MAX;
    }
    for (size_t i = 0; i < builder->keys.len; i++) {
        if (sgr_str_equal(sgr_string_of(builder->keys.at[i]), key)) {
            return i;
        }
    }
    return SIZE_MAX;
}

void sgr_record_set(struct sgr_record_builder *builder, sgr_str key, sgr_value value)
{
    if (value.tag == SGR_ABSENT) {
        return;
    }
    size_t at = find_key(builder, key);
    if (at != SIZE_MAX) {
        builder->values.at[at] = value;
        return;
    }
    sgr_vec_push(&builder->keys, sgr_string(builder->heap, key));
    sgr_vec_push(&builder->values, value);
    if (builder->keys.len > SGR_SHAPE_LINEAR_MAX) {
        for (size_t i = builder->index.len; i < builder->keys.len; i++) {
            sgr_map_set(&builder->index, sgr_string_of(builder->keys.at[i]),
                        (void *)(uintptr_t)(i + 1));
        }
    }
}

sgr_value sgr_record_end(struct sgr_record_builder *builder)
{
    const struct sgr_shape *shape = sgr_shape(builder->heap, builder->keys.at, builder->keys.len);
    sgr_value record = sgr_record_of_shape(builder->heap, shape, builder->values.at);
    sgr_vec_release(&builder->keys);
    sgr_vec_release(&builder->values);
    sgr_map_release(&builder->index);
    return record;
}

/* ---- reading ---- */

const char *sgr_tag_name(enum sgr_tag tag)
{
    static const char *const names[SGR_TAG_COUNT] = {
        [SGR_ABSENT] = "nothing",    [SGR_BOOL] = "bool",       [SGR_INT] = "int",
        [SGR_DURATION] = "duration", [SGR_CPU] = "cpu",         [SGR_MEMORY] = "memory",
        [SGR_NUMBER] = "number",     [SGR_PERCENT] = "percent", [SGR_RATE] = "rate",
        [SGR_COUNT] = "count",       [SGR_STRING] = "string",   [SGR_LIST] = "list",
        [SGR_RECORD] = "record",     [SGR_RANGE] = "range",     [SGR_FUNCTION] = "function",
        [SGR_BUILDER] = "builder",
    };
    return tag < SGR_TAG_COUNT ? names[tag] : "unknown";
}

static void want(sgr_value value, enum sgr_tag tag)
{
    if (value.tag != tag) {
        SGR_BUG("a %s where a %s was meant", sgr_tag_name(value.tag), sgr_tag_name(tag));
    }
}

sgr_str sgr_string_of(sgr_value value)
{
    want(value, SGR_STRING);
    return (sgr_str){value.as.string->bytes, value.as.string->len};
}

size_t sgr_count_of(sgr_value value)
{
    if (value.tag == SGR_LIST) {
        return value.as.list->count;
    }
    want(value, SGR_RECORD);
    return value.as.record->shape->count;
}

sgr_value sgr_item(sgr_value list, size_t index)
{
    want(list, SGR_LIST);
    if (index >= list.as.list->count) {
        SGR_BUG("item %zu of a list of %zu", index, list.as.list->count);
    }
    return list.as.list->items[index];
}

sgr_value sgr_key_value(sgr_value record, size_t index)
{
    want(record, SGR_RECORD);
    return (sgr_value){.tag = SGR_STRING, .as.string = record.as.record->shape->keys[index]};
}

sgr_str sgr_key(sgr_value record, size_t index)
{
    return sgr_string_of(sgr_key_value(record, index));
}

sgr_value sgr_field_at(sgr_value record, size_t index)
{
    want(record, SGR_RECORD);
    return record.as.record->values[index];
}

sgr_value sgr_field(sgr_value record, sgr_str key)
{
    if (record.tag != SGR_RECORD) {
        return sgr_absent();
    }
    const struct sgr_shape *shape = record.as.record->shape;
    uint32_t at = shape->slot_count == 0 ? find_among_few(shape, key.ptr, key.len)
                                         : find_by_hash(shape, key.ptr, key.len, sgr_key_hash(key));
    return at == UINT32_MAX ? sgr_absent() : record.as.record->values[at];
}

sgr_value sgr_path(sgr_value value, const char *path)
{
    while (*path != '\0') {
        size_t length = 0;
        while (path[length] != '/' && path[length] != '\0') {
            length++;
        }
        value = sgr_field(value, (sgr_str){path, length});
        path += length + (path[length] == '/');
    }
    return value;
}

sgr_str sgr_path_str(sgr_value value, const char *path)
{
    sgr_value found = sgr_path(value, path);
    return found.tag == SGR_STRING ? sgr_string_of(found) : (sgr_str){"", 0};
}

int64_t sgr_path_int(sgr_value value, const char *path, int64_t otherwise)
{
    sgr_value found = sgr_path(value, path);
    return found.tag >= SGR_BOOL && found.tag <= SGR_MEMORY    ? found.as.i
           : found.tag >= SGR_NUMBER && found.tag <= SGR_COUNT ? (int64_t)found.as.f
                                                               : otherwise;
}

sgr_value sgr_range_from(sgr_value range)
{
    want(range, SGR_RANGE);
    return range.as.range->from;
}

sgr_value sgr_range_to(sgr_value range)
{
    want(range, SGR_RANGE);
    return range.as.range->to;
}

bool sgr_is_absent(sgr_value value)
{
    return value.tag == SGR_ABSENT;
}

/* ---- changed copies ---- */

enum { FEW_FIELDS = 24 };

/* Without a builder: the fields are known to differ. */
static sgr_value few_fields_with(struct sgr_heap *heap, sgr_value record, sgr_str key,
                                 sgr_value value)
{
    sgr_value keys[FEW_FIELDS + 1], values[FEW_FIELDS + 1];
    size_t count = 0;
    bool done = false;
    for (size_t i = 0; record.tag == SGR_RECORD && i < sgr_count_of(record); i++) {
        bool same = sgr_str_equal(sgr_key(record, i), key);
        done = done || same;
        keys[count] = sgr_key_value(record, i);
        values[count] = same ? value : sgr_field_at(record, i);
        count += values[count].tag != SGR_ABSENT;
    }
    if (!done && value.tag != SGR_ABSENT) {
        keys[count] = sgr_string(heap, key);
        values[count++] = value;
    }
    return sgr_record_of_shape(heap, sgr_shape(heap, keys, count), values);
}

sgr_value sgr_record_with(struct sgr_heap *heap, sgr_value record, sgr_str key, sgr_value value)
{
    if (record.tag != SGR_RECORD || sgr_count_of(record) <= FEW_FIELDS) {
        return few_fields_with(heap, record, key, value);
    }
    sgr_value builder = sgr_builder_value(heap, true);
    bool done = false;
    for (size_t i = 0; i < sgr_count_of(record); i++) {
        bool same = sgr_str_equal(sgr_key(record, i), key);
        done = done || same;
        sgr_builder_set(heap, builder, sgr_key_value(record, i),
                        same ? value : sgr_field_at(record, i));
    }
    if (!done) {
        sgr_builder_set(heap, builder, sgr_string(heap, key), value);
    }
    return sgr_builder_close(heap, builder);
}

sgr_value sgr_path_with(struct sgr_heap *heap, sgr_value value, const char *path, sgr_value leaf)
{
    size_t length = strcspn(path, "/");
    sgr_str key = {path, length};
    if (path[length] == '/') {
        leaf = sgr_path_with(heap, sgr_field(value, key), path + length + 1, leaf);
    }
    return sgr_record_with(heap, value, key, leaf);
}

/* ---- equality ---- */

static bool numbers_equal(sgr_value a, sgr_value b)
{
    double x = a.tag == SGR_INT ? (double)a.as.i : a.as.f;
    double y = b.tag == SGR_INT ? (double)b.as.i : b.as.f;
    return x == y;
}

static bool equal(sgr_value a, sgr_value b, size_t *parts);

static bool lists_equal(const struct sgr_list_object *x, const struct sgr_list_object *y,
                        size_t *parts)
{
    bool same = x->count == y->count;
    for (size_t i = 0; same && i < x->count; i++) {
        same = equal(x->items[i], y->items[i], parts);
    }
    return same;
}

static bool records_equal(sgr_value a, sgr_value b, size_t *parts)
{
    if (sgr_count_of(a) != sgr_count_of(b)) {
        return false;
    }
    const struct sgr_record_object *x = a.as.record, *y = b.as.record;
    for (uint32_t i = 0; i < x->shape->count; i++) {
        bool same = x->shape->keys[i] == y->shape->keys[i]; /* mostly: equal in the same order */
        sgr_value other = same ? y->values[i] : sgr_field(b, sgr_key(a, i));
        if (other.tag == SGR_ABSENT || !equal(x->values[i], other, parts)) {
            return false;
        }
    }
    return true;
}

/* `parts` counts down: a small value with much sharing may have more parts than time has room. */
static bool equal(sgr_value a, sgr_value b, size_t *parts)
{
    if (*parts == 0) {
        return false;
    }
    --*parts;
    if (a.tag != b.tag) {
        bool numeric =
            (a.tag == SGR_INT && b.tag == SGR_NUMBER) || (a.tag == SGR_NUMBER && b.tag == SGR_INT);
        return numeric && numbers_equal(a, b);
    }
    switch (a.tag) {
    case SGR_ABSENT:
        return true;
    case SGR_NUMBER:
    case SGR_PERCENT:
    case SGR_RATE:
    case SGR_COUNT:
        return a.as.f == b.as.f;
    case SGR_STRING:
        return sgr_str_equal(sgr_string_of(a), sgr_string_of(b));
    case SGR_LIST:
        return a.as.list == b.as.list || lists_equal(a.as.list, b.as.list, parts);
    case SGR_RECORD:
        return a.as.record == b.as.record || records_equal(a, b, parts);
    case SGR_RANGE:
        return equal(a.as.range->from, b.as.range->from, parts) &&
               equal(a.as.range->to, b.as.range->to, parts);
    default:
        return a.as.i == b.as.i;
    }
}

bool sgr_value_equal_within(sgr_value a, sgr_value b, size_t *parts)
{
    return equal(a, b, parts);
}

bool sgr_value_equal(sgr_value a, sgr_value b)
{
    size_t parts = SGR_PARTS_MAX;
    return equal(a, b, &parts);
}

/* ---- deep copies ---- */

/* Old object to new, so that what was shared stays shared. */
struct copier {
    struct sgr_heap *heap;
    struct pair {
        const void *from;
        void *to;
    } * pairs;
    size_t count, cap;
};

static struct pair *slot_of(struct copier *copier, const void *object)
{
    size_t at = ((uintptr_t)object >> 4) * 0x9e3779b97f4a7c15ULL >> 20 & (copier->cap - 1);
    while (copier->pairs[at].from != NULL && copier->pairs[at].from != object) {
        at = (at + 1) & (copier->cap - 1);
    }
    return &copier->pairs[at];
}

static void remember(struct copier *copier, const void *from, void *to)
{
    if (2 * copier->count >= copier->cap) {
        struct copier old = *copier;
        copier->cap = old.cap ? old.cap * 2 : 64;
        copier->pairs = sgr_calloc(copier->cap, sizeof *copier->pairs);
        for (size_t i = 0; i < old.cap; i++) {
            if (old.pairs[i].from != NULL) {
                *slot_of(copier, old.pairs[i].from) = old.pairs[i];
            }
        }
        free(old.pairs);
    }
    copier->count++;
    *slot_of(copier, from) = (struct pair){from, to};
}

static sgr_value copy(struct copier *copier, sgr_value value);

/* Of records with the same keys once. */
static const struct sgr_shape *copy_shape(struct copier *copier, const struct sgr_shape *shape)
{
    if (shape->home == (uintptr_t)copier->heap) {
        return shape;
    }
    if (copier->cap > 0 && slot_of(copier, shape)->from != NULL) {
        return slot_of(copier, shape)->to;
    }
    sgr_value small[16],
        *keys = shape->count <= 16 ? small : sgr_alloc(shape->count * sizeof *keys);
    for (uint32_t i = 0; i < shape->count; i++) {
        keys[i] = copy(copier, (sgr_value){.tag = SGR_STRING, .as.string = shape->keys[i]});
    }
    const struct sgr_shape *own = sgr_shape(copier->heap, keys, shape->count);
    remember(copier, shape, (void *)(uintptr_t)own);
    if (keys != small) {
        free(keys);
    }
    return own;
}

static sgr_value copy_record(struct copier *copier, sgr_value value)
{
    const struct sgr_shape *own = copy_shape(copier, value.as.record->shape);
    sgr_value out = sgr_record_of_shape(copier->heap, own, value.as.record->values);
    sgr_value *values = ((struct sgr_record_object *)out.as.object)->values;
    for (uint32_t i = 0; i < own->count; i++) {
        values[i] = copy(copier, value.as.record->values[i]);
    }
    return out;
}

static sgr_value copy_string(struct sgr_heap *heap, const struct sgr_string_object *string)
{
    size_t size = sizeof *string + string->len + 1;
    struct sgr_string_object *own = sgr_heap_alloc(heap, size);
    uintptr_t home = own->home;
    memcpy(own, string, size);
    own->home = home;
    return (sgr_value){.tag = SGR_STRING, .as.string = own};
}

static sgr_value copy_object(struct copier *copier, sgr_value value)
{
    sgr_value out;
    switch (value.tag) {
    case SGR_STRING:
        return copy_string(copier->heap, value.as.string);
    case SGR_LIST:
        out = sgr_list(copier->heap, value.as.list->items, value.as.list->count);
        for (size_t i = 0; i < value.as.list->count; i++) {
            ((struct sgr_list_object *)out.as.object)->items[i] =
                copy(copier, value.as.list->items[i]);
        }
        return out;
    case SGR_RECORD:
        return copy_record(copier, value);
    case SGR_RANGE:
        return sgr_range(copier->heap, copy(copier, value.as.range->from),
                         copy(copier, value.as.range->to));
    case SGR_FUNCTION:
        out = sgr_closure(copier->heap, value.as.closure->function, value.as.closure->captured,
                          value.as.closure->count);
        for (size_t i = 0; i < value.as.closure->count; i++) {
            ((struct sgr_closure_object *)out.as.object)->captured[i] =
                copy(copier, value.as.closure->captured[i]);
        }
        return out;
    default:
        SGR_BUG("a builder escaped its register");
    }
}

static sgr_value copy(struct copier *copier, sgr_value value)
{
    if (!sgr_is_object(value) || *(const uintptr_t *)value.as.object == (uintptr_t)copier->heap) {
        return value;
    }
    if (copier->cap > 0 && slot_of(copier, value.as.object)->from != NULL) {
        value.as.object = slot_of(copier, value.as.object)->to;
        return value;
    }
    const void *from = value.as.object;
    sgr_value out = copy_object(copier, value);
    remember(copier, from, out.as.object);
    return out;
}

sgr_value sgr_value_copy(struct sgr_heap *heap, sgr_value value)
{
    struct copier copier = {.heap = heap};
    sgr_value out = copy(&copier, value);
    free(copier.pairs);
    return out;
}
