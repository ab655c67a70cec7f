/* Two small things about URLs. Must never print what may carry a password. */
#include "k8s/http.h"

#include <ctype.h>

void sgr_http_escape(struct sgr_buf *out, sgr_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if ((c < 0x80 && isalnum(c)) || c == '-' || c == '.' || c == '_' || c == '~') {
            sgr_buf_byte(out, (char)c);
        } else {
            sgr_buf_printf(out, "%%%02X", c);
        }
    }
}

void sgr_http_origin(struct sgr_buf *out, sgr_str url)
{
    const char *scheme_end = memmem(url.ptr, url.len, "://", 3);
    size_t from = scheme_end ? (size_t)(scheme_end - url.ptr) + 3 : 0;
    size_t to = from;
    while (to < url.len && url.ptr[to] != '/' && url.ptr[to] != '?' && url.ptr[to] != '#') {
        to++;
    }
    size_t host = from;
    for (size_t i = from; i < to; i++) {
        host = url.ptr[i] == '@' ? i + 1 : host;
    }
    sgr_buf_bytes(out, url.ptr, from);
    sgr_buf_bytes(out, url.ptr + host, to - host);
}
