/* Texts of HTTP: URLs and header lines. Must never print what may carry a password. */
#include "k8s/http.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

enum { RETRY_AFTER_CAP_MS = 120000 };

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

bool sgr_http_header_is(sgr_str line, const char *name, sgr_str *value)
{
    size_t length = strlen(name);
    if (line.len <= length || line.ptr[length] != ':' || strncasecmp(line.ptr, name, length) != 0) {
        return false;
    }
    size_t from = length + 1, to = line.len;
    while (from < to && (line.ptr[from] == ' ' || line.ptr[from] == '\t')) {
        from++;
    }
    while (to > from && isspace((unsigned char)line.ptr[to - 1])) {
        to--;
    }
    *value = (sgr_str){line.ptr + from, to - from};
    return true;
}

/* Seconds; the other form, a date, is not worth a clock that may be wrong. */
int64_t sgr_http_retry_after(sgr_str value)
{
    int64_t seconds = 0;
    for (size_t i = 0; i < value.len; i++) {
        if (value.ptr[i] < '0' || value.ptr[i] > '9' || seconds > 100000) {
            return -1;
        }
        seconds = seconds * 10 + (value.ptr[i] - '0');
    }
    int64_t ms = value.len > 0 ? seconds * 1000 : -1;
    return ms < RETRY_AFTER_CAP_MS ? ms : RETRY_AFTER_CAP_MS;
}

int64_t sgr_http_skew(sgr_str value, int64_t now, int64_t took)
{
    char text[64];
    struct tm date = {0};
    snprintf(text, sizeof text, "%.*s", SGR_FMT(value));
    if (strptime(text, "%a, %d %b %Y %H:%M:%S GMT", &date) == NULL) {
        return 0;
    }
    int64_t ahead = now - (int64_t)timegm(&date);
    return ahead > took ? ahead - took : ahead < 0 ? ahead : 0;
}
