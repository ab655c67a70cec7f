/* String slices: a pointer and a length, by value. A slice never owns its bytes; who made them says
 * how long they live. The bytes need not end in NUL and may contain NULs. */
#ifndef SGR_BASE_STR_H
#define SGR_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct sgr_str {
    const char *ptr;
    size_t len;
} sgr_str;

/* A slice over a string literal; the literal's NUL does not count. */
#define SGR_STR(literal) ((sgr_str){"" literal, sizeof(literal) - 1})
/* The two arguments that printf's "%.*s" wants. */
#define SGR_FMT(s) ((int)(s).len), ((s).ptr ? (s).ptr : "")

static inline sgr_str sgr_str_from(const char *cstr)
{
    return (sgr_str){cstr, cstr ? strlen(cstr) : 0};
}

static inline bool sgr_str_equal(sgr_str a, sgr_str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static inline bool sgr_str_is(sgr_str a, const char *cstr)
{
    /* Most words differ in their first letter. */
    return (a.len == 0 || cstr == NULL || a.ptr[0] == cstr[0]) &&
           sgr_str_equal(a, sgr_str_from(cstr));
}

bool sgr_str_starts_with(sgr_str s, sgr_str prefix);
bool sgr_str_ends_with(sgr_str s, sgr_str suffix);
/* Bytewise order: negative, zero or positive. */
int sgr_str_compare(sgr_str a, sgr_str b);
/* 64-bit FNV-1a with `seed` mixed in. */
uint64_t sgr_str_hash(sgr_str s, uint64_t seed);
/* Edits (insert, delete, replace, swap of neighbours) that turn a into b; stops at `limit` + 1. */
size_t sgr_str_distance(sgr_str a, sgr_str b, size_t limit);
/* Length of the UTF-8 sequence at s[at] (1..4), or 0 where the bytes are no valid UTF-8. */
size_t sgr_utf8_length(sgr_str s, size_t at);

#endif
