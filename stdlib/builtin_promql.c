/* promql_escape: the text that stands for a value in a hole of a PromQL query, by the kind of
 * place. Whatever the value, the text never ends the place it stands in; what cannot stand there
 * fails. The kinds are those of lang/promql; the queries come from its canonical printer, which has
 * one form of string: double quotes. */
#include <math.h>

#include "base/quantity.h"
#include "stdlib/builtin.h"

enum { ESCAPED_MAX = 1 << 20 };

static bool is_control(unsigned char c)
{
    return c < 0x20 || c == 0x7f;
}

/* Means nothing but itself, in a string and in a regular expression. */
static bool is_plain(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c >= 0x80;
}

/* As inside a double-quoted string. */
static void add_quoted(struct sgr_buf *out, unsigned char c)
{
    if (c == '"' || c == '\\') {
        sgr_buf_byte(out, '\\');
        sgr_buf_byte(out, (char)c);
    } else if (c == '\n') {
        sgr_buf_cstr(out, "\\n");
    } else if (is_control(c)) {
        sgr_buf_printf(out, "\\x%02x", c);
    } else {
        sgr_buf_byte(out, (char)c);
    }
}

static bool add_label(struct sgr_buf *out, sgr_str text, bool regex, struct sgr_failure *failure)
{
    for (size_t i = 0; i < text.len;) {
        size_t len = sgr_utf8_length(text, i);
        if (len == 0) {
            return sgr_fail(failure, "failed", "a label value in a query must be UTF-8");
        }
        i += len;
    }
    /* A digit first could be read as a part of an octal escape before it. */
    bool group = regex && text.len > 0 && text.ptr[0] >= '0' && text.ptr[0] <= '9';
    sgr_buf_cstr(out, group ? "(?:" : "");
    for (size_t i = 0, plain = 0; i < text.len; i++) {
        for (plain = i; plain < text.len && is_plain((unsigned char)text.ptr[plain]); plain++) {
        }
        sgr_buf_bytes(out, text.ptr + i, plain - i);
        i = plain;
        if (i == text.len) {
            break;
        }
        unsigned char c = (unsigned char)text.ptr[i];
        if (regex && c != 0 && strchr("\\.+*?()|[]{}^$", c) != NULL) {
            add_quoted(out, '\\');
        }
        add_quoted(out, c);
    }
    sgr_buf_cstr(out, group ? ")" : "");
    return true;
}

static bool add_name(struct sgr_buf *out, sgr_str text, struct sgr_failure *failure)
{
    bool all = text.len > 0;
    for (size_t i = 0; i < text.len && all; i++) {
        char c = text.ptr[i];
        all = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '_' || c == ':';
    }
    sgr_buf_add(out, text);
    return all || sgr_fail(failure, "failed",
                           "\"%.*s\" cannot be part of a metric's name: only letters, digits, _ "
                           "and :",
                           SGR_FMT(text));
}

/* A duration, from a value of that type or its text. */
static bool read_duration(sgr_value value, sgr_str text, int64_t *ms, struct sgr_failure *failure)
{
    if (value.tag == SGR_DURATION) {
        *ms = value.as.i;
        return true;
    }
    return sgr_read_duration(text, ms) ||
           sgr_fail(failure, "failed", "\"%.*s\" is no duration", SGR_FMT(text));
}

static bool add_duration(struct sgr_buf *out, int64_t ms, bool positive,
                         struct sgr_failure *failure)
{
    if (positive && ms <= 0) {
        return sgr_fail(failure, "failed", "a range in a query must be longer than 0s");
    }
    sgr_print_duration(out, ms);
    return true;
}

static bool read_number(sgr_value value, sgr_str text, double *number)
{
    switch (value.tag) {
    case SGR_NUMBER:
    case SGR_COUNT:
    case SGR_RATE:
        *number = value.as.f;
        return true;
    case SGR_PERCENT:
        *number = value.as.f / 100;
        return true;
    case SGR_INT:
    case SGR_MEMORY:
        *number = (double)value.as.i;
        return true;
    case SGR_CPU:
    case SGR_DURATION:
        *number = (double)value.as.i / 1000;
        return true;
    default:
        return sgr_read_number(text, number);
    }
}

/* A sign binds weaker than ^, so a negative number wants parentheses; behind @ none may stand. */
static bool add_number(struct sgr_buf *out, sgr_value value, sgr_str text, bool bare,
                       struct sgr_failure *failure)
{
    double number;
    if (!read_number(value, text, &number) || (bare && !isfinite(number))) {
        return sgr_fail(failure, "failed", "\"%.*s\" is no number for a query", SGR_FMT(text));
    }
    bool parens = !bare && number < 0;
    sgr_buf_cstr(out, parens ? "(" : "");
    if (isinf(number)) {
        sgr_buf_cstr(out, number < 0 ? "-Inf" : "Inf");
    } else {
        sgr_print_number(out, number);
    }
    sgr_buf_cstr(out, parens ? ")" : "");
    return true;
}

static bool add(struct sgr_buf *out, sgr_str kind, sgr_value value, sgr_str text,
                struct sgr_failure *failure)
{
    int64_t ms;
    if (sgr_str_is(kind, "label") || sgr_str_is(kind, "regex")) {
        return add_label(out, text, sgr_str_is(kind, "regex"), failure);
    }
    if (sgr_str_is(kind, "name")) {
        return add_name(out, text, failure);
    }
    if (sgr_str_is(kind, "range") || sgr_str_is(kind, "offset")) {
        return read_duration(value, text, &ms, failure) &&
               add_duration(out, ms, sgr_str_is(kind, "range"), failure);
    }
    if (sgr_str_is(kind, "number") || sgr_str_is(kind, "time")) {
        return add_number(out, value, text, sgr_str_is(kind, "time"), failure);
    }
    if (sgr_str_is(kind, "seconds")) {
        return read_duration(value, text, &ms, failure) &&
               add_number(out, sgr_unit_i(SGR_DURATION, ms), text, false, failure);
    }
    return sgr_fail(failure, "failed", "\"%.*s\" is no kind of place in a query", SGR_FMT(kind));
}

bool sgr_builtin_promql_escape(struct sgr_heap *heap, const sgr_value *args, size_t count,
                               sgr_value *out, struct sgr_failure *failure)
{
    sgr_str kind;
    if (!sgr_arg_str(args, count, 0, &kind, failure)) {
        return false;
    }
    sgr_value value = sgr_arg(args, count, 1);
    struct sgr_buf text, escaped;
    sgr_buf_init(&text, ESCAPED_MAX);
    sgr_buf_init(&escaped, ESCAPED_MAX);
    bool is_text = value.tag == SGR_STRING;
    if (!is_text) {
        sgr_value_print(value, &text);
    }
    bool ok =
        add(&escaped, kind, value, is_text ? sgr_string_of(value) : sgr_buf_str(&text), failure);
    if (ok && (text.full || escaped.full)) {
        ok = sgr_fail(failure, "limit", "a value in a query is larger than 1 MiB");
    }
    if (ok) {
        *out = sgr_string(heap, sgr_buf_str(&escaped));
    }
    sgr_buf_release(&text);
    sgr_buf_release(&escaped);
    return ok;
}
