/* The heap: bump allocation in blocks, compaction by copying what is reachable. Objects of a
 * program or another heap are never moved. Must never be entered while a builtin holds pointers:
 * only the machine compacts. */
#include "vm/object.h"

#include <stdlib.h>

#include "vm/program.h"

enum { BLOCK_MIN = 1 << 12, BLOCK_MAX = 1 << 20, COMPACT_FLOOR = 8 << 20 };

struct sgr_heap *sgr_heap_new(size_t limit)
{
    struct sgr_heap *heap = sgr_calloc(1, sizeof *heap);
    heap->limit = limit;
    return heap;
}

static void free_blocks(struct sgr_heap_block *block)
{
    while (block != NULL) {
        struct sgr_heap_block *next = block->next;
        free(block);
        block = next;
    }
}

void sgr_heap_free(struct sgr_heap *heap)
{
    if (heap != NULL) {
        free_blocks(heap->blocks);
        free(heap);
    }
}

void sgr_heap_reset(struct sgr_heap *heap)
{
    if (heap->blocks != NULL) {
        free_blocks(heap->blocks->next);
        heap->blocks->next = NULL;
        heap->blocks->used = 0;
    }
    heap->used = 0;
    heap->floor = 0;
    memset(heap->shapes, 0, sizeof heap->shapes);
}

size_t sgr_heap_used(const struct sgr_heap *heap)
{
    return heap->used;
}

bool sgr_heap_exhausted(const struct sgr_heap *heap)
{
    return heap->used > heap->limit;
}

size_t sgr_heap_room(const struct sgr_heap *heap)
{
    return heap->used < heap->limit ? heap->limit - heap->used : 0;
}

bool sgr_heap_full(const struct sgr_heap *heap, struct sgr_failure *failure)
{
    return sgr_fail(failure, "limit", "the values take more than %zu MiB", heap->limit >> 20);
}

bool sgr_heap_wants_compaction(const struct sgr_heap *heap)
{
    size_t floor = heap->floor < COMPACT_FLOOR ? COMPACT_FLOOR : heap->floor;
    return heap->used > 2 * floor ||
           (heap->used > heap->limit && heap->used > heap->floor + heap->floor / 8);
}

static struct sgr_heap_block *new_block(struct sgr_heap *heap, size_t size)
{
    size_t want = heap->blocks == NULL ? BLOCK_MIN : heap->blocks->size * 2;
    want = want > BLOCK_MAX ? BLOCK_MAX : want;
    want = want < size ? size : want;
    struct sgr_heap_block *block = sgr_alloc(sizeof *block + want);
    block->size = want;
    block->used = 0;
    block->next = heap->blocks;
    heap->blocks = block;
    return block;
}

void *sgr_heap_alloc(struct sgr_heap *heap, size_t size)
{
    size = (size + 15) & ~(size_t)15;
    struct sgr_heap_block *block = heap->blocks;
    if (block == NULL || block->size - block->used < size) {
        block = new_block(heap, size);
    }
    char *memory = block->bytes + block->used;
    block->used += size;
    heap->used += size;
    *(uintptr_t *)(void *)memory = (uintptr_t)heap;
    return memory;
}

void sgr_heap_replace(struct sgr_heap *heap, struct sgr_heap *other)
{
    free_blocks(heap->blocks);
    heap->blocks = other->blocks;
    heap->used = other->used;
    heap->floor = other->used;
    memset(heap->shapes, 0, sizeof heap->shapes);
    free(other);
}

/* ---- moving ---- */

/* The new place of an object, NULL where it has not moved yet. */
static void *moved(const struct sgr_mover *mover, const void *object, bool *foreign)
{
    uintptr_t home = *(const uintptr_t *)object;
    *foreign = (home & 1) == 0 && home != (uintptr_t)mover->from;
    return (home & 1) != 0 ? (void *)(home - 1) : NULL;
}

/* Copies the bytes and leaves the new address behind. The copy says it lies in `from`, since it
 * will when the heaps are swapped. */
static void *carry(struct sgr_mover *mover, void *object, size_t size)
{
    void *copy = sgr_heap_alloc(mover->to, size);
    memcpy(copy, object, size);
    *(uintptr_t *)object = (uintptr_t)copy | 1;
    return copy;
}

static void *carry_once(struct sgr_mover *mover, void *object, size_t size, bool *fresh)
{
    bool foreign;
    void *known = moved(mover, object, &foreign);
    *fresh = known == NULL && !foreign;
    return foreign ? object : known != NULL ? known : carry(mover, object, size);
}

static void push_all(struct sgr_mover *mover, sgr_value *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (sgr_is_object(values[i])) {
            sgr_vec_push(&mover->pending, &values[i]);
        }
    }
}

static struct sgr_shape *move_shape(struct sgr_mover *mover, struct sgr_shape *shape)
{
    bool fresh;
    size_t size =
        sizeof *shape + shape->count * sizeof shape->keys[0] + shape->slot_count * sizeof(uint32_t);
    struct sgr_shape *copy = carry_once(mover, shape, size, &fresh);
    for (uint32_t i = 0; fresh && i < copy->count; i++) {
        bool ignored;
        void *key = (void *)(uintptr_t)copy->keys[i];
        copy->keys[i] = carry_once(
            mover, key, sizeof(struct sgr_string_object) + copy->keys[i]->len + 1, &ignored);
    }
    return copy;
}

static void *copy_array(struct sgr_mover *mover, const void *array, size_t size)
{
    if (array == NULL) {
        return NULL;
    }
    /* Arrays carry no home of their own; the word that the allocator writes is overwritten. */
    return memcpy(sgr_heap_alloc(mover->to, size), array, size);
}

static struct sgr_builder_object *move_builder(struct sgr_mover *mover,
                                               struct sgr_builder_object *builder)
{
    bool fresh;
    struct sgr_builder_object *copy = carry_once(mover, builder, sizeof *builder, &fresh);
    if (fresh) {
        copy->keys = copy_array(mover, copy->keys, copy->cap * sizeof *copy->keys);
        copy->values = copy_array(mover, copy->values, copy->cap * sizeof *copy->values);
        copy->slots = copy_array(mover, copy->slots, copy->slot_count * sizeof *copy->slots);
        push_all(mover, copy->values, copy->count);
        if (copy->keys != NULL) {
            push_all(mover, copy->keys, copy->count);
        }
    }
    return copy;
}

static void move_one(struct sgr_mover *mover, sgr_value *value)
{
    bool fresh = false;
    void *object = value->as.object;
    switch (value->tag) {
    case SGR_STRING:
        value->as.object = carry_once(
            mover, object, sizeof(struct sgr_string_object) + value->as.string->len + 1, &fresh);
        break;
    case SGR_LIST: {
        struct sgr_list_object *list = carry_once(
            mover, object, sizeof *list + value->as.list->count * sizeof(sgr_value), &fresh);
        value->as.object = list;
        if (fresh) {
            push_all(mover, list->items, list->count);
        }
        break;
    }
    case SGR_RECORD: {
        size_t count = 0;
        bool foreign;
        struct sgr_record_object *record = moved(mover, object, &foreign);
        if (record == NULL && !foreign) {
            count = value->as.record->shape->count;
            record = carry(mover, object, sizeof *record + count * sizeof(sgr_value));
            record->shape = move_shape(mover, (struct sgr_shape *)(uintptr_t)record->shape);
            push_all(mover, record->values, count);
        }
        value->as.object = foreign ? object : record;
        break;
    }
    case SGR_RANGE: {
        struct sgr_range_object *range = carry_once(mover, object, sizeof *range, &fresh);
        value->as.object = range;
        if (fresh) {
            push_all(mover, &range->from, 2);
        }
        break;
    }
    case SGR_FUNCTION: {
        struct sgr_closure_object *closure = carry_once(
            mover, object, sizeof *closure + value->as.closure->count * sizeof(sgr_value), &fresh);
        value->as.object = closure;
        if (fresh) {
            push_all(mover, closure->captured, closure->count);
        }
        break;
    }
    case SGR_BUILDER:
        value->as.object = move_builder(mover, object);
        break;
    default:
        break;
    }
}

void sgr_move(struct sgr_mover *mover, sgr_value *root)
{
    if (!sgr_is_object(*root)) {
        return;
    }
    move_one(mover, root);
    while (mover->pending.len > 0) {
        move_one(mover, sgr_vec_pop(&mover->pending));
    }
}

void sgr_move_done(struct sgr_mover *mover)
{
    sgr_vec_release(&mover->pending);
    sgr_heap_replace(mover->from, mover->to);
    mover->to = NULL;
}
