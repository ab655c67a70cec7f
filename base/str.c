/* Slices of bytes: comparing, hashing, distance. Never allocates but a bounded stack row. */
#include "base/str.h"

bool sgr_str_starts_with(sgr_str s, sgr_str prefix)
{
    return s.len >= prefix.len && (prefix.len == 0 || memcmp(s.ptr, prefix.ptr, prefix.len) == 0);
}

bool sgr_str_ends_with(sgr_str s, sgr_str suffix)
{
    return s.len >= suffix.len &&
           (suffix.len == 0 || memcmp(s.ptr + s.len - suffix.len, suffix.ptr, suffix.len) == 0);
}

int sgr_str_compare(sgr_str a, sgr_str b)
{
    size_t n = a.len < b.len ? a.len : b.len;
    int order = n == 0 ? 0 : memcmp(a.ptr, b.ptr, n);
    if (order != 0) {
        return order;
    }
    return a.len < b.len ? -1 : a.len > b.len;
}

uint64_t sgr_str_hash(sgr_str s, uint64_t seed)
{
    uint64_t hash = 14695981039346656037ULL ^ seed, word;
    size_t i = 0;
    for (; i + sizeof word <= s.len; i += sizeof word) {
        memcpy(&word, s.ptr + i, sizeof word);
        hash = (hash ^ word) * 0x9e3779b97f4a7c15ULL;
        hash ^= hash >> 32;
    }
    for (; i < s.len; i++) {
        hash ^= (unsigned char)s.ptr[i];
        hash *= 1099511628211ULL;
    }
    return hash ^ (hash >> 29);
}

enum { SGR_DISTANCE_MAX = 64 };

static size_t min3(size_t a, size_t b, size_t c)
{
    size_t m = a < b ? a : b;
    return m < c ? m : c;
}

size_t sgr_str_distance(sgr_str a, sgr_str b, size_t limit)
{
    size_t rows[3][SGR_DISTANCE_MAX + 1];
    if (a.len > SGR_DISTANCE_MAX || b.len > SGR_DISTANCE_MAX) {
        return limit + 1;
    }
    size_t *older = rows[0], *old = rows[1], *now = rows[2];
    memset(rows, 0, sizeof rows);
    for (size_t j = 0; j <= b.len; j++) {
        old[j] = j;
    }
    for (size_t i = 1; i <= a.len; i++) {
        now[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            size_t same = a.ptr[i - 1] == b.ptr[j - 1] ? 0 : 1;
            now[j] = min3(old[j] + 1, now[j - 1] + 1, old[j - 1] + same);
            bool swapped =
                i > 1 && j > 1 && a.ptr[i - 1] == b.ptr[j - 2] && a.ptr[i - 2] == b.ptr[j - 1];
            if (swapped && older[j - 2] + 1 < now[j]) {
                now[j] = older[j - 2] + 1;
            }
        }
        size_t *spare = older;
        older = old;
        old = now;
        now = spare;
    }
    return old[b.len] > limit ? limit + 1 : old[b.len];
}

size_t sgr_utf8_length(sgr_str s, size_t at)
{
    if (at >= s.len) {
        return 0;
    }
    const unsigned char *p = (const unsigned char *)s.ptr + at;
    size_t left = s.len - at;
    if (p[0] < 0x80) {
        return 1;
    }
    size_t need = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
    if (p[0] < 0xc2 || p[0] > 0xf4 || left < need) {
        return 0;
    }
    for (size_t i = 1; i < need; i++) {
        if ((p[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    bool overlong = (p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xf0 && p[1] < 0x90);
    bool surrogate = p[0] == 0xed && p[1] >= 0xa0;
    bool beyond = p[0] == 0xf4 && p[1] >= 0x90;
    return overlong || surrogate || beyond ? 0 : need;
}
