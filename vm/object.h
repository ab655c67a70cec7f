/* Inside vm/: what heap objects look like. Every object begins with its home: the heap it lies in,
 * or, while that heap is being compacted, the place it moved to with the lowest bit set. */
#ifndef SGR_VM_OBJECT_H
#define SGR_VM_OBJECT_H

#include "vm/value.h"

struct sgr_failure;

struct sgr_string_object {
    uintptr_t home;
    uint32_t len;
    uint32_t hash;
    char bytes[];
};

/* The keys of records, shared between records that have the same ones in the same order. */
struct sgr_shape {
    uintptr_t home;
    uint32_t count;
    uint32_t slot_count; /* 0 for few keys: they are searched one after another */
    const struct sgr_string_object *keys[]; /* then slot_count indexes + 1 as uint32_t */
};

struct sgr_list_object {
    uintptr_t home;
    size_t count;
    sgr_value items[];
};

struct sgr_record_object {
    uintptr_t home;
    const struct sgr_shape *shape;
    sgr_value values[];
};

struct sgr_range_object {
    uintptr_t home;
    sgr_value from, to;
};

struct sgr_closure_object {
    uintptr_t home;
    uint32_t function;
    uint32_t count;
    sgr_value captured[];
};

/* A list or record under construction: the only mutable object; one register holds it. */
struct sgr_builder_object {
    uintptr_t home;
    bool is_record;
    size_t count, cap;
    sgr_value *keys; /* records */
    sgr_value *values;
    uint32_t *slots;
    size_t slot_count;
};

struct sgr_heap_block {
    struct sgr_heap_block *next;
    size_t size, used;
    _Alignas(16) char bytes[];
};

enum { SGR_SHAPE_CACHE = 256, SGR_SHAPE_LINEAR_MAX = 8 };

struct sgr_heap {
    struct sgr_heap_block *blocks;
    size_t used; /* bytes given out */
    size_t limit;
    size_t floor; /* bytes that lived after the last compaction */
    const struct sgr_shape *shapes[SGR_SHAPE_CACHE];
};

void *sgr_heap_alloc(struct sgr_heap *heap, size_t size);
/* Bytes up to the limit: what one instruction makes must fit, since only ways back, calls and steps
 * of loops look at it afterwards. */
size_t sgr_heap_room(const struct sgr_heap *heap);
/* Fails with the sentence for what does not. */
bool sgr_heap_full(const struct sgr_heap *heap, struct sgr_failure *failure);
const struct sgr_shape *sgr_shape(struct sgr_heap *heap, const sgr_value *keys, size_t count);
/* Index of a key, or UINT32_MAX. */
uint32_t sgr_shape_find(const struct sgr_shape *shape, const struct sgr_string_object *key);
uint32_t sgr_key_hash(sgr_str key);
sgr_value sgr_record_of_shape(struct sgr_heap *heap, const struct sgr_shape *shape,
                              const sgr_value *values);
sgr_value sgr_closure(struct sgr_heap *heap, uint32_t function, const sgr_value *captured,
                      size_t count);

sgr_value sgr_builder_value(struct sgr_heap *heap, bool is_record);
void sgr_builder_append(struct sgr_heap *heap, sgr_value builder, sgr_value item);
void sgr_builder_set(struct sgr_heap *heap, sgr_value builder, sgr_value key, sgr_value value);
sgr_value sgr_builder_close(struct sgr_heap *heap, sgr_value builder);

/* Compaction: moves what a root reaches out of `from` into `to`; call for every root, then drop
 * `from`. Objects of other heaps stay where they are. */
struct sgr_mover {
    struct sgr_heap *from, *to;
    SGR_VEC(sgr_value *) pending;
};
void sgr_move(struct sgr_mover *mover, sgr_value *root);
void sgr_move_done(struct sgr_mover *mover);
/* Takes over the blocks of `other`, which is freed; everything that was in `heap` is gone. */
void sgr_heap_replace(struct sgr_heap *heap, struct sgr_heap *other);
bool sgr_heap_wants_compaction(const struct sgr_heap *heap);

static inline bool sgr_is_object(sgr_value value)
{
    return value.tag >= SGR_STRING;
}

#endif
