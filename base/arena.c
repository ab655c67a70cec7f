/* The bump allocator. Blocks double up to a megabyte; a larger request gets a block of its own.
 * Must never return NULL and never move what it gave out. */
#include "base/arena.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"

enum { FIRST_BLOCK = 4096, LARGEST_BLOCK = 1 << 20, UNIT = 8 };

struct block {
    struct block *previous;
    size_t size;
    size_t used;
    char bytes[];
};
_Static_assert(sizeof(struct block) % UNIT == 0, "what is given out begins at a multiple of it");

struct sgr_arena {
    struct block *head;
    size_t total;
};

static struct block *block_new(struct block *previous, size_t size)
{
    struct block *block = sgr_calloc(1, sizeof *block + size);
    block->previous = previous;
    block->size = size;
    return block;
}

struct sgr_arena *sgr_arena_new(void)
{
    struct sgr_arena *arena = sgr_alloc(sizeof *arena);
    arena->head = NULL;
    arena->total = 0;
    return arena;
}

void sgr_arena_free(struct sgr_arena *arena)
{
    if (arena == NULL) {
        return;
    }
    for (struct block *block = arena->head; block != NULL;) {
        struct block *previous = block->previous;
        free(block);
        block = previous;
    }
    free(arena);
}

size_t sgr_arena_used(const struct sgr_arena *arena)
{
    return arena->total;
}

static void grow(struct sgr_arena *arena, size_t size)
{
    size_t want = FIRST_BLOCK;
    if (arena->head != NULL) {
        want = arena->head->size < LARGEST_BLOCK ? arena->head->size * 2 : LARGEST_BLOCK;
    }
    arena->head = block_new(arena->head, want < size ? size : want);
}

void *sgr_arena_alloc(struct sgr_arena *arena, size_t size)
{
    if (size > SIZE_MAX / 2) {
        sgr_oom();
    }
    size = (size + UNIT - 1) / UNIT * UNIT;
    if (arena->head == NULL || arena->head->size - arena->head->used < size) {
        grow(arena, size);
    }
    void *memory = arena->head->bytes + arena->head->used;
    arena->head->used += size;
    arena->total += size;
    return memory;
}

void *sgr_arena_array(struct sgr_arena *arena, size_t size, size_t count)
{
    size_t bytes;
    if (__builtin_mul_overflow(size, count, &bytes)) {
        sgr_oom();
    }
    return sgr_arena_alloc(arena, bytes);
}

char *sgr_arena_cstr(struct sgr_arena *arena, sgr_str s)
{
    char *copy = sgr_arena_alloc(arena, s.len + 1);
    if (s.len > 0) {
        memcpy(copy, s.ptr, s.len);
    }
    return copy;
}

sgr_str sgr_arena_str(struct sgr_arena *arena, sgr_str s)
{
    return (sgr_str){sgr_arena_cstr(arena, s), s.len};
}

sgr_str sgr_arena_join(struct sgr_arena *arena, const sgr_str *parts, size_t count)
{
    size_t length = 0, at = 0;
    for (size_t i = 0; i < count; i++) {
        length += parts[i].len;
    }
    char *text = sgr_arena_alloc(arena, length + 1);
    for (size_t i = 0; i < count; at += parts[i++].len) {
        if (parts[i].len > 0) {
            memcpy(text + at, parts[i].ptr, parts[i].len);
        }
    }
    return (sgr_str){text, length};
}

sgr_str sgr_arena_vprintf(struct sgr_arena *arena, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    if (length < 0) {
        SGR_BUG("a format that cannot be printed: %s", format);
    }
    char *text = sgr_arena_alloc(arena, (size_t)length + 1);
    vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return (sgr_str){text, (size_t)length};
}

sgr_str sgr_arena_printf(struct sgr_arena *arena, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    sgr_str text = sgr_arena_vprintf(arena, format, args);
    va_end(args);
    return text;
}
