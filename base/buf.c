/* The bounded buffer. Must never grow past its maximum and never lose what was written before. */
#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"

static char empty_bytes[1];

void sgr_buf_init(struct sgr_buf *buf, size_t max)
{
    *buf = (struct sgr_buf){.ptr = empty_bytes, .max = max};
}

void sgr_buf_release(struct sgr_buf *buf)
{
    if (buf->cap > 0) {
        free(buf->ptr);
    }
    sgr_buf_init(buf, buf->max);
}

void sgr_buf_clear(struct sgr_buf *buf)
{
    buf->len = 0;
    buf->full = false;
    if (buf->cap > 0) {
        buf->ptr[0] = '\0';
    }
}

sgr_str sgr_buf_str(const struct sgr_buf *buf)
{
    return (sgr_str){buf->ptr, buf->len};
}

char *sgr_buf_take(struct sgr_buf *buf)
{
    char *text = buf->cap > 0 ? buf->ptr : sgr_calloc(1, 1);
    sgr_buf_init(buf, buf->max);
    return text;
}

bool sgr_buf_reserve(struct sgr_buf *buf, size_t more)
{
    if (buf->full || more > buf->max - buf->len) {
        buf->full = true;
        return false;
    }
    size_t need = buf->len + more + 1;
    if (need > buf->cap) {
        size_t cap = buf->cap ? buf->cap : 64;
        while (cap < need) {
            cap *= 2;
        }
        cap = cap - 1 > buf->max ? buf->max + 1 : cap;
        buf->ptr = sgr_realloc(buf->cap ? buf->ptr : NULL, cap);
        buf->cap = cap;
    }
    return true;
}

void sgr_buf_fill(struct sgr_buf *buf, char byte, size_t count)
{
    if (count == 0 || !sgr_buf_reserve(buf, count)) {
        return;
    }
    memset(buf->ptr + buf->len, byte, count);
    buf->len += count;
    buf->ptr[buf->len] = '\0';
}

void sgr_buf_vprintf(struct sgr_buf *buf, const char *format, va_list args)
{
    va_list again;
    size_t room = buf->full ? 0 : buf->cap - buf->len;
    va_copy(again, args);
    int length = vsnprintf(room > 0 ? buf->ptr + buf->len : NULL, room, format, args);
    if (length > 0 && (size_t)length >= room && sgr_buf_reserve(buf, (size_t)length)) {
        vsnprintf(buf->ptr + buf->len, (size_t)length + 1, format, again);
    }
    if (length > 0 && !buf->full) {
        buf->len += (size_t)length;
    }
    if (buf->cap > 0) {
        buf->ptr[buf->len] = '\0';
    }
    va_end(again);
}

void sgr_buf_printf(struct sgr_buf *buf, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    sgr_buf_vprintf(buf, format, args);
    va_end(args);
}

static void json_escape(struct sgr_buf *buf, unsigned char c)
{
    switch (c) {
    case '"':
        sgr_buf_cstr(buf, "\\\"");
        break;
    case '\\':
        sgr_buf_cstr(buf, "\\\\");
        break;
    case '\n':
        sgr_buf_cstr(buf, "\\n");
        break;
    case '\r':
        sgr_buf_cstr(buf, "\\r");
        break;
    case '\t':
        sgr_buf_cstr(buf, "\\t");
        break;
    default:
        sgr_buf_printf(buf, "\\u%04x", c);
    }
}

static bool is_plain(unsigned char c)
{
    return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

void sgr_buf_json(struct sgr_buf *buf, sgr_str s)
{
    sgr_buf_byte(buf, '"');
    for (size_t i = 0; i < s.len;) {
        size_t from = i;
        while (i < s.len && is_plain((unsigned char)s.ptr[i])) {
            i++;
        }
        sgr_buf_bytes(buf, s.ptr + from, i - from);
        if (i == s.len) {
            break;
        }
        unsigned char c = (unsigned char)s.ptr[i];
        size_t length = sgr_utf8_length(s, i);
        if (length == 0) {
            sgr_buf_cstr(buf, "\xef\xbf\xbd");
        } else if (length == 1) {
            json_escape(buf, c);
        } else {
            sgr_buf_bytes(buf, s.ptr + i, length);
        }
        i += length > 0 ? length : 1;
    }
    sgr_buf_byte(buf, '"');
}
