/* A bump allocator: many small things that die together. Everything that is given out lives until
 * sgr_arena_free; nothing is freed alone. Memory is zeroed. */
#ifndef SGR_BASE_ARENA_H
#define SGR_BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

#include "base/str.h"

struct sgr_arena;

/* A new arena, owned by the caller. */
struct sgr_arena *sgr_arena_new(void);
void sgr_arena_free(struct sgr_arena *arena);
/* Bytes given out so far. */
size_t sgr_arena_used(const struct sgr_arena *arena);

/* `size` zeroed bytes, aligned for pointers, 64-bit numbers and what is made of them; never NULL
 * (out of memory ends in sgr_oom). */
void *sgr_arena_alloc(struct sgr_arena *arena, size_t size);
/* A copy of the slice, followed by a NUL that does not count. */
sgr_str sgr_arena_str(struct sgr_arena *arena, sgr_str s);
char *sgr_arena_cstr(struct sgr_arena *arena, sgr_str s);
/* The slices one behind another. */
sgr_str sgr_arena_join(struct sgr_arena *arena, const sgr_str *parts, size_t count);
/* printf into the arena. */
sgr_str sgr_arena_printf(struct sgr_arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
sgr_str sgr_arena_vprintf(struct sgr_arena *arena, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

#define SGR_NEW(arena, type)          ((type *)sgr_arena_alloc(arena, sizeof(type)))
#define SGR_NEW_ARRAY(arena, type, n) ((type *)sgr_arena_array(arena, sizeof(type), n))
/* `count` zeroed elements; the product is checked. */
void *sgr_arena_array(struct sgr_arena *arena, size_t size, size_t count);

#endif
