/* A growing byte buffer with a mandatory maximum. When a write would pass the maximum nothing is
 * written and the buffer is marked `full`; later writes do nothing, so it is enough to look once at
 * the end. The bytes are always followed by a NUL that does not count. */
#ifndef SGR_BASE_BUF_H
#define SGR_BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#include "base/str.h"

struct sgr_buf {
    char *ptr; /* never NULL after init */
    size_t len;
    size_t cap; /* never more than max + 1 */
    size_t max;
    bool full;
};

/* Needs no memory: `ptr` points at a shared empty string until the first write. */
void sgr_buf_init(struct sgr_buf *buf, size_t max);
void sgr_buf_release(struct sgr_buf *buf);
void sgr_buf_clear(struct sgr_buf *buf);
/* The bytes so far, borrowed until the next write. */
sgr_str sgr_buf_str(const struct sgr_buf *buf);
/* The bytes as a heap string that the caller frees; the buffer is empty afterwards. */
char *sgr_buf_take(struct sgr_buf *buf);

/* Room for `more` bytes and the NUL; false where that passes the maximum. */
bool sgr_buf_reserve(struct sgr_buf *buf, size_t more);

static inline void sgr_buf_bytes(struct sgr_buf *buf, const void *bytes, size_t size)
{
    bool fits = size < buf->cap - buf->len && !buf->full;
    if (size > 0 && (fits || sgr_buf_reserve(buf, size))) {
        memcpy(buf->ptr + buf->len, bytes, size);
        buf->len += size;
        buf->ptr[buf->len] = '\0';
    }
}
static inline void sgr_buf_byte(struct sgr_buf *buf, char byte)
{
    sgr_buf_bytes(buf, &byte, 1);
}
static inline void sgr_buf_add(struct sgr_buf *buf, sgr_str s)
{
    sgr_buf_bytes(buf, s.ptr, s.len);
}
static inline void sgr_buf_cstr(struct sgr_buf *buf, const char *s)
{
    sgr_buf_bytes(buf, s, strlen(s));
}
void sgr_buf_fill(struct sgr_buf *buf, char byte, size_t count);
void sgr_buf_printf(struct sgr_buf *buf, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void sgr_buf_vprintf(struct sgr_buf *buf, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));
/* The string as JSON, quotes included; invalid UTF-8 becomes U+FFFD. */
void sgr_buf_json(struct sgr_buf *buf, sgr_str s);

#endif
