/* Texts as Kubernetes takes them. Looks at the text alone; must never accept what an API server
 * refuses for its form. */
#include "base/accepted.h"

#include <string.h>

static bool is_small(char ch)
{
    return (ch >= 'a' && ch <= 'z') || (ch >= '0' && ch <= '9');
}

static bool is_alnum(char ch)
{
    return is_small(ch) || (ch >= 'A' && ch <= 'Z');
}

/* Letters and digits at both ends, `marks` only between them. */
static bool framed(sgr_str s, size_t most, bool (*letter)(char), const char *marks)
{
    bool ok = s.len > 0 && s.len <= most && letter(s.ptr[0]) && letter(s.ptr[s.len - 1]);
    for (size_t i = 0; ok && i < s.len; i++) {
        ok = letter(s.ptr[i]) || (s.ptr[i] != '\0' && strchr(marks, s.ptr[i]) != NULL);
    }
    return ok;
}

bool sgr_is_name(sgr_str s)
{
    return framed(s, 63, is_small, "-");
}

bool sgr_is_port_name(sgr_str s)
{
    bool letter = false;
    for (size_t i = 0; i < s.len; i++) {
        letter = letter || (s.ptr[i] >= 'a' && s.ptr[i] <= 'z');
    }
    return letter && framed(s, 15, is_small, "-") && memmem(s.ptr, s.len, "--", 2) == NULL;
}

bool sgr_is_label_key(sgr_str s)
{
    const char *slash = s.len > 0 ? memchr(s.ptr, '/', s.len) : NULL;
    if (slash != NULL) {
        size_t domain = (size_t)(slash - s.ptr);
        if (!framed((sgr_str){s.ptr, domain}, 253, is_small, "-.")) {
            return false;
        }
        s = (sgr_str){slash + 1, s.len - domain - 1};
    }
    return framed(s, 63, is_alnum, "-_.");
}

bool sgr_is_label_value(sgr_str s)
{
    return s.len == 0 || framed(s, 63, is_alnum, "-_.");
}

/* Not empty, begins with a letter or digit and holds nothing but those and `marks`. */
static bool made_of(sgr_str s, bool capitals, const char *marks)
{
    for (size_t i = 0; i < s.len; i++) {
        char ch = s.ptr[i];
        bool letter = (ch >= 'a' && ch <= 'z') || (ch >= '0' && ch <= '9') ||
                      (capitals && ch >= 'A' && ch <= 'Z');
        if (!letter && (i == 0 || ch == '\0' || strchr(marks, ch) == NULL)) {
            return false;
        }
    }
    return s.len > 0;
}

/* Takes what stands behind the last `mark` off the end of `s`, where that is behind `least`. */
static bool cut_last(sgr_str *s, char mark, size_t least, sgr_str *tail)
{
    for (size_t i = s->len; i > least; i--) {
        if (s->ptr[i - 1] == mark) {
            *tail = (sgr_str){s->ptr + i, s->len - i};
            s->len = i - 1;
            return true;
        }
    }
    return false;
}

static size_t last_slash(sgr_str s)
{
    sgr_str tail = {0};
    return cut_last(&s, '/', 0, &tail) ? s.len + 1 : 0;
}

/* [host[:port]/]path[:tag][@digest]; the path has small letters. */
bool sgr_is_image(sgr_str s)
{
    sgr_str tail = {0};
    if (s.len >= 512 || (cut_last(&s, '@', 0, &tail) && !made_of(tail, true, ":+._-")) ||
        (cut_last(&s, ':', last_slash(s), &tail) && !made_of(tail, true, "._-"))) {
        return false;
    }
    const char *slash = s.len > 0 ? memchr(s.ptr, '/', s.len) : NULL;
    size_t first = slash != NULL ? (size_t)(slash - s.ptr) : 0;
    if (memchr(s.ptr, '.', first) != NULL || memchr(s.ptr, ':', first) != NULL) {
        if (!made_of((sgr_str){s.ptr, first}, true, ".-:")) {
            return false;
        }
        s = (sgr_str){slash + 1, s.len - first - 1};
    }
    while (cut_last(&s, '/', 0, &tail)) {
        if (!made_of(tail, false, "._-")) {
            return false;
        }
    }
    return made_of(s, false, "._-");
}
