/* Numbers, durations and strings, from the text to values. Independent of the locale: strtod only
 * ever sees digits and an exponent. Must never accept what Prometheus reads differently. */
#include "lang/promql/tree.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static bool digit(char c)
{
    return c >= '0' && c <= '9';
}

static int hex_value(char c)
{
    if (digit(c)) {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* 0x1F, 0x_1f: a separator stands between digits or behind the prefix. */
static bool read_hex(sgr_str s, double *value)
{
    uint64_t n = 0;
    bool separator = true;
    for (size_t i = 2; i < s.len; i++) {
        int d = hex_value(s.ptr[i]);
        if (d < 0) {
            if (s.ptr[i] != '_' || (separator && i != 2)) {
                return false;
            }
            separator = true;
            continue;
        }
        if (n > (uint64_t)INT64_MAX >> 4) {
            return false;
        }
        n = n << 4 | (unsigned)d;
        separator = false;
    }
    *value = (double)n;
    return !separator;
}

/* A whole number with a leading zero is octal, as in Go; false where it is none. */
static bool read_octal(const char *digits, size_t len, double *value)
{
    uint64_t n = 0;
    for (size_t i = 0; i < len; i++) {
        if (digits[i] > '7' || n > (uint64_t)INT64_MAX >> 3) {
            return false;
        }
        n = n << 3 | (unsigned)(digits[i] - '0');
    }
    *value = (double)n;
    return true;
}

/* Decimal digits, one dot, one exponent, single separators between digits. */
static bool read_decimal(sgr_str s, double *value)
{
    char small[64];
    if (s.len == 0) {
        return false;
    }
    char *clean = s.len + 32 > sizeof small ? sgr_alloc(s.len + 32) : small;
    size_t n = 0, fraction = 0, i = 0;
    bool dot = false, ok = true, any = false;
    char last = '\0';
    for (; i < s.len && ok; i++) {
        char c = s.ptr[i];
        if (digit(c)) {
            clean[n++] = c;
            fraction += dot;
            any = true;
        } else if (c == '.') {
            ok = !dot && last != '_';
            dot = true;
        } else if (c == '_') {
            ok = digit(last) && i + 1 < s.len && digit(s.ptr[i + 1]);
        } else {
            break;
        }
        last = c;
    }
    long exponent = 0;
    bool has_exponent = false;
    if (ok && i < s.len) {
        ok = any && (s.ptr[i] == 'e' || s.ptr[i] == 'E');
        has_exponent = true;
        i++;
        bool minus = i < s.len && s.ptr[i] == '-';
        i += i < s.len && (s.ptr[i] == '-' || s.ptr[i] == '+');
        ok = ok && i < s.len && digit(s.ptr[i]) && digit(s.ptr[s.len - 1]);
        for (last = '0'; ok && i < s.len; last = s.ptr[i++]) {
            ok = digit(s.ptr[i]) || (s.ptr[i] == '_' && last != '_');
            if (digit(s.ptr[i]) && exponent < 100000) {
                exponent = exponent * 10 + (s.ptr[i] - '0');
            }
        }
        exponent = minus ? -exponent : exponent;
    }
    ok = ok && any;
    if (ok && !(!dot && !has_exponent && n > 1 && clean[0] == '0' && read_octal(clean, n, value))) {
        snprintf(clean + n, 32, "e%ld", exponent - (long)fraction);
        *value = strtod(clean, NULL);
        ok = isfinite(*value);
    }
    if (clean != small) {
        free(clean);
    }
    return ok;
}

bool sgr_pq_number_of(sgr_str s, double *value)
{
    if (s.len == 3) {
        char word[4] = {(char)(s.ptr[0] | 0x20), (char)(s.ptr[1] | 0x20), (char)(s.ptr[2] | 0x20)};
        if (strcmp(word, "inf") == 0 || strcmp(word, "nan") == 0) {
            *value = word[0] == 'i' ? (double)INFINITY : (double)NAN;
            return true;
        }
    }
    if (s.len > 2 && s.ptr[0] == '0' && (s.ptr[1] | 0x20) == 'x') {
        return read_hex(s, value);
    }
    return read_decimal(s, value);
}

bool sgr_pq_duration_of(sgr_str s, int64_t *ns)
{
    static const struct {
        const char *name;
        int64_t ns;
    } units[] = {
        {"y", INT64_C(365) * 86400 * 1000000000},
        {"w", INT64_C(7) * 86400 * 1000000000},
        {"d", INT64_C(86400) * 1000000000},
        {"h", INT64_C(3600) * 1000000000},
        {"m", INT64_C(60) * 1000000000},
        {"s", 1000000000},
        {"ms", 1000000},
    };
    int64_t total = 0;
    size_t i = 0, unit = 0;
    while (i < s.len) {
        int64_t n = 0;
        size_t start = i;
        for (; i < s.len && digit(s.ptr[i]); i++) {
            if (__builtin_mul_overflow(n, 10, &n) ||
                __builtin_add_overflow(n, s.ptr[i] - '0', &n)) {
                return false;
            }
        }
        size_t word = i;
        while (i < s.len && !digit(s.ptr[i])) {
            i++;
        }
        sgr_str name = {s.ptr + word, i - word};
        while (unit < 7 && !sgr_str_is(name, units[unit].name)) {
            unit++;
        }
        if (word == start || unit == 7 || __builtin_mul_overflow(n, units[unit].ns, &n) ||
            __builtin_add_overflow(total, n, &total)) {
            return false;
        }
        unit++;
    }
    *ns = total;
    return s.len > 0;
}

bool sgr_pq_read_number(struct sgr_pq_state *state, struct sgr_pq_span span,
                        struct sgr_pq_number *out)
{
    sgr_str s = {state->text.ptr + span.lo, span.hi - span.lo};
    *out = (struct sgr_pq_number){0};
    if (sgr_pq_number_of(s, &out->value)) {
        return true;
    }
    int64_t ns = 0;
    if (sgr_pq_duration_of(s, &ns)) {
        out->duration = true;
        out->value = (double)ns / 1e9;
        return true;
    }
    bool unit = memchr(s.ptr, '.', s.len) == NULL && s.ptr[s.len - 1] > '9';
    return sgr_pq_fail(
        state, span, "%.*s is neither a number nor a duration%s", SGR_FMT(s),
        unit ? " (units are y w d h m s ms, from large to small, each once, below 292y)" : "");
}

/* Appends a code point as UTF-8. */
static size_t put_utf8(char *out, uint32_t c)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = n - 1; i > 0; i--) {
        out[i] = (char)(0x80 | (c & 0x3f));
        c >>= 6;
    }
    out[0] = (char)((0xf00 >> n & 0xf0) | c);
    return n;
}

/* The escape behind the backslash at *at (which it moves on), into `out`. 0 after an error. */
static size_t unescape(struct sgr_pq_state *state, sgr_str s, size_t *at, char quote, char *out)
{
    static const char names[] = "abfnrtv\\", values[] = "\a\b\f\n\r\t\v\\";
    size_t start = *at;
    char c = s.ptr[start + 1];
    const char *simple = c != '\0' ? strchr(names, c) : NULL;
    *at += 2;
    if (simple != NULL || c == quote) {
        out[0] = simple != NULL ? values[simple - names] : quote;
        return 1;
    }
    size_t digits = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 3;
    uint32_t base = c >= '0' && c <= '7' ? 8 : 16, value = 0;
    *at -= base == 8;
    struct sgr_pq_span place = {(size_t)(s.ptr - state->text.ptr) + start, 0};
    place.hi = place.lo + 2;
    if (base == 16 && digits == 3) {
        sgr_pq_fail(state, place, "unknown escape in a string; a backslash is written \\\\");
        return 0;
    }
    for (size_t i = 0; i < digits; i++, (*at)++) {
        int d = *at + 1 < s.len ? hex_value(s.ptr[*at]) : -1;
        if (d < 0 || (uint32_t)d >= base) {
            sgr_pq_fail(state, place, "this escape needs %zu %s digits", digits,
                        base == 8 ? "octal" : "hexadecimal");
            return 0;
        }
        value = value * base + (uint32_t)d;
    }
    bool is_byte = digits <= 3;
    if (is_byte ? value > 255 : value > 0x10ffff || (value >= 0xd800 && value < 0xe000)) {
        sgr_pq_fail(state, place, "this escape is no %s", is_byte ? "byte" : "Unicode character");
        return 0;
    }
    if (is_byte) {
        out[0] = (char)value;
        return 1;
    }
    return put_utf8(out, value);
}

/* Reads a placeholder at *at, if one stands there. The texts were checked before the parse. */
static bool read_hole(sgr_str s, size_t *at, size_t *index)
{
    if (*at >= s.len || s.ptr[*at] != '\001') {
        return false;
    }
    *index = 0;
    for ((*at)++; s.ptr[*at] != '\002'; (*at)++) {
        *index = *index * 10 + (size_t)(s.ptr[*at] - '0');
    }
    (*at)++;
    return true;
}

static size_t count_holes(sgr_str s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.len; i++) {
        n += s.ptr[i] == '\001';
    }
    return n;
}

bool sgr_pq_read_string(struct sgr_pq_state *state, struct sgr_pq_span span,
                        struct sgr_promql_text *out)
{
    sgr_str s = {state->text.ptr + span.lo, span.hi - span.lo};
    char quote = s.ptr[0];
    char *bytes = sgr_arena_alloc(state->arena, s.len + 4);
    size_t n = 0, holes = 0, index = 0;
    struct sgr_promql_text_hole *list =
        SGR_NEW_ARRAY(state->arena, struct sgr_promql_text_hole, count_holes(s));
    for (size_t i = 1; i + 1 < s.len;) {
        if (read_hole(s, &i, &index)) {
            list[holes++] = (struct sgr_promql_text_hole){n, index};
            continue;
        }
        if (s.ptr[i] == '\\' && quote != '`') {
            size_t len = unescape(state, s, &i, quote, bytes + n);
            if (len == 0) {
                return false;
            }
            n += len;
            continue;
        }
        size_t len = sgr_utf8_length(s, i);
        if (len == 0) {
            struct sgr_pq_span place = {span.lo + i, span.lo + i + 1};
            return sgr_pq_fail(state, place, "this string is not UTF-8");
        }
        memcpy(bytes + n, s.ptr + i, len);
        n += len;
        i += len;
    }
    *out = (struct sgr_promql_text){{bytes, n}, list, holes};
    return true;
}

void sgr_pq_read_word(struct sgr_pq_state *state, struct sgr_pq_span span,
                      struct sgr_promql_text *out)
{
    sgr_str s = {state->text.ptr + span.lo, span.hi - span.lo};
    char *bytes = sgr_arena_alloc(state->arena, s.len + 1);
    struct sgr_promql_text_hole *list =
        SGR_NEW_ARRAY(state->arena, struct sgr_promql_text_hole, count_holes(s));
    size_t n = 0, holes = 0, index = 0;
    for (size_t i = 0; i < s.len;) {
        if (read_hole(s, &i, &index)) {
            list[holes++] = (struct sgr_promql_text_hole){n, index};
        } else {
            bytes[n++] = s.ptr[i++];
        }
    }
    *out = (struct sgr_promql_text){{bytes, n}, list, holes};
}

size_t sgr_pq_whole_hole(const struct sgr_pq_state *state, struct sgr_pq_span span)
{
    sgr_str s = {state->text.ptr + span.lo, span.hi - span.lo};
    size_t at = 0, index = 0;
    return read_hole(s, &at, &index) && at == s.len ? index + 1 : 0;
}
