/* The values of holes, as they are put into a query at run time. Each place has its own rules; must
 * never append anything that could end the place it stands in. */
#include "lang/promql/tree.h"

#include <math.h>

const char *sgr_promql_hole_word(enum sgr_promql_hole_kind kind)
{
    static const char *const words[] = {"label",  "regex",  "name",    "range",
                                        "offset", "number", "seconds", "time"};
    return words[kind];
}

const char *sgr_promql_hole_name(enum sgr_promql_hole_kind kind)
{
    switch (kind) {
    case SGR_PROMQL_HOLE_LABEL:
        return "a label value";
    case SGR_PROMQL_HOLE_REGEX:
        return "a part of a pattern";
    case SGR_PROMQL_HOLE_METRIC:
        return "a metric name";
    case SGR_PROMQL_HOLE_RANGE:
        return "a duration above 0";
    case SGR_PROMQL_HOLE_OFFSET:
        return "a duration";
    case SGR_PROMQL_HOLE_NUMBER:
        return "a number";
    case SGR_PROMQL_HOLE_SECONDS:
        return "a duration";
    case SGR_PROMQL_HOLE_TIME:
        return "a time in seconds";
    }
    return "";
}

static bool refuse(struct sgr_error *error, enum sgr_promql_hole_kind kind, sgr_str value)
{
    return sgr_error_set(error, "\"%.*s\" cannot stand in the query as %s",
                         (int)(value.len > 80 ? 80 : value.len), value.ptr,
                         sgr_promql_hole_name(kind));
}

static bool digit(char c)
{
    return c >= '0' && c <= '9';
}

/* A byte inside a string of double quotes. */
static void string_byte(char c, struct sgr_buf *out)
{
    if (c == '"' || c == '\\') {
        sgr_buf_byte(out, '\\');
        sgr_buf_byte(out, c);
    } else if (c == '\n') {
        sgr_buf_cstr(out, "\\n");
    } else if ((unsigned char)c < ' ' || c == 0x7f) {
        sgr_buf_printf(out, "\\x%02x", (unsigned)c);
    } else {
        sgr_buf_byte(out, c);
    }
}

static bool escape_text(enum sgr_promql_hole_kind kind, sgr_str value, struct sgr_buf *out,
                        struct sgr_error *error)
{
    for (size_t i = 0; i < value.len;) {
        size_t len = sgr_utf8_length(value, i);
        if (len == 0) {
            return sgr_error_set(error, "%s of the query is not UTF-8", sgr_promql_hole_name(kind));
        }
        i += len;
    }
    bool pattern = kind == SGR_PROMQL_HOLE_REGEX;
    /* A digit first could be read as a part of an octal escape before it. */
    bool group = pattern && value.len > 0 && digit(value.ptr[0]);
    sgr_buf_cstr(out, group ? "(?:" : "");
    for (size_t i = 0; i < value.len; i++) {
        char c = value.ptr[i];
        if (pattern && c != '\0' && strchr("\\.+*?()|[]{}^$", c) != NULL) {
            string_byte('\\', out);
        }
        string_byte(c, out);
    }
    sgr_buf_cstr(out, group ? ")" : "");
    return true;
}

static bool escape_metric(sgr_str value, struct sgr_buf *out, struct sgr_error *error)
{
    for (size_t i = 0; i < value.len; i++) {
        char c = value.ptr[i];
        if (!digit(c) && !(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && c != '_' &&
            c != ':') {
            return refuse(error, SGR_PROMQL_HOLE_METRIC, value);
        }
    }
    if (value.len == 0) {
        return refuse(error, SGR_PROMQL_HOLE_METRIC, value);
    }
    sgr_buf_add(out, value);
    return true;
}

static bool escape_number(enum sgr_promql_hole_kind kind, sgr_str value, struct sgr_buf *out,
                          struct sgr_error *error)
{
    sgr_str s = value;
    bool sign = s.len > 0 && (s.ptr[0] == '-' || s.ptr[0] == '+');
    bool minus = sign && s.ptr[0] == '-';
    s.ptr += sign;
    s.len -= sign;
    bool percent = s.len > 1 && s.ptr[s.len - 1] == '%';
    s.len -= percent;
    double number = 0;
    if (!sgr_pq_number_of(s, &number) || (kind == SGR_PROMQL_HOLE_TIME && !isfinite(number))) {
        return refuse(error, kind, value);
    }
    number = percent ? number / 100 : number;
    /* A sign binds weaker than ^, so it wants parentheses; behind @ none may stand. */
    bool parens = minus && kind != SGR_PROMQL_HOLE_TIME;
    sgr_buf_cstr(out, parens ? "(-" : minus ? "-" : "");
    struct sgr_buf digits;
    sgr_buf_init(&digits, 1024);
    sgr_pq_print_number(number, false, &digits);
    sgr_str text = sgr_buf_str(&digits);
    size_t plus = text.len > 0 && text.ptr[0] == '+';
    sgr_buf_bytes(out, text.ptr + plus, text.len - plus);
    sgr_buf_release(&digits);
    sgr_buf_cstr(out, parens ? ")" : "");
    return true;
}

static bool escape_duration(enum sgr_promql_hole_kind kind, sgr_str value, struct sgr_buf *out,
                            struct sgr_error *error)
{
    sgr_str s = value;
    bool minus = s.len > 0 && s.ptr[0] == '-';
    s.ptr += minus;
    s.len -= minus;
    int64_t ns = 0;
    if (!sgr_pq_duration_of(s, &ns) || (kind == SGR_PROMQL_HOLE_RANGE && (minus || ns < 1000000))) {
        return refuse(error, kind, value);
    }
    if (kind == SGR_PROMQL_HOLE_SECONDS) {
        bool parens = minus && ns > 0;
        sgr_buf_cstr(out, parens ? "(-" : "");
        sgr_pq_print_number((double)ns / 1e9, false, out);
        sgr_buf_cstr(out, parens ? ")" : "");
    } else {
        sgr_promql_print_duration(minus ? -(ns / 1000000) : ns / 1000000, out);
    }
    return true;
}

bool sgr_promql_escape(enum sgr_promql_hole_kind kind, sgr_str value, struct sgr_buf *out,
                       struct sgr_error *error)
{
    switch (kind) {
    case SGR_PROMQL_HOLE_LABEL:
    case SGR_PROMQL_HOLE_REGEX:
        return escape_text(kind, value, out, error);
    case SGR_PROMQL_HOLE_METRIC:
        return escape_metric(value, out, error);
    case SGR_PROMQL_HOLE_NUMBER:
    case SGR_PROMQL_HOLE_TIME:
        return escape_number(kind, value, out, error);
    case SGR_PROMQL_HOLE_RANGE:
    case SGR_PROMQL_HOLE_OFFSET:
    case SGR_PROMQL_HOLE_SECONDS:
        return escape_duration(kind, value, out, error);
    }
    return false;
}
