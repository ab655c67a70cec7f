/* Quantities to text and back. Must never depend on the locale (where strtod is asked, it is asked
 * in the words of the locale that holds) and never lose a digit of what fits into 64 bits. */
#include "base/quantity.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

void sgr_print_int(struct sgr_buf *out, int64_t value)
{
    char digits[24];
    size_t n = sizeof digits;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do {
        digits[--n] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (value < 0) {
        digits[--n] = '-';
    }
    sgr_buf_bytes(out, digits + n, sizeof digits - n);
}

/* The digits of a finite number other than 0 and its exponent, the shortest that read back the
 * same. */
static int shortest(double value, char digits[32], int *exponent)
{
    char text[40];
    for (int precision = 1; precision <= 17; precision++) {
        snprintf(text, sizeof text, "%.*e", precision - 1, value);
        if (precision == 17 || strtod(text, NULL) == value) {
            break;
        }
    }
    int n = 0;
    const char *at = text + (text[0] == '-');
    for (; *at != 'e'; at++) {
        if (*at >= '0' && *at <= '9') {
            digits[n++] = *at;
        }
    }
    *exponent = (int)strtol(at + 1, NULL, 10);
    while (n > 1 && digits[n - 1] == '0') {
        n--;
    }
    return n;
}

void sgr_print_number(struct sgr_buf *out, double value)
{
    char digits[32];
    int exponent = 0;
    if (isnan(value) || isinf(value)) {
        sgr_buf_cstr(out, isnan(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf");
        return;
    }
    if (value == 0) {
        sgr_buf_byte(out, '0');
        return;
    }
    if (fabs(value) < 1e15 && value == floor(value)) {
        sgr_print_int(out, (int64_t)value);
        return;
    }
    int n = shortest(value, digits, &exponent);
    if (value < 0) {
        sgr_buf_byte(out, '-');
    }
    if (exponent >= 21 || exponent < -30) {
        sgr_buf_byte(out, digits[0]);
        if (n > 1) {
            sgr_buf_byte(out, '.');
            sgr_buf_bytes(out, digits + 1, (size_t)n - 1);
        }
        sgr_buf_printf(out, "e%d", exponent);
        return;
    }
    if (exponent < 0) {
        sgr_buf_cstr(out, "0.");
        sgr_buf_fill(out, '0', (size_t)(-exponent - 1));
        sgr_buf_bytes(out, digits, (size_t)n);
        return;
    }
    for (int i = 0; i <= exponent || i < n; i++) {
        if (i == exponent + 1) {
            sgr_buf_byte(out, '.');
        }
        sgr_buf_byte(out, i < n ? digits[i] : '0');
    }
}

void sgr_print_percent(struct sgr_buf *out, double points)
{
    /* 100 * 0.07 prints as 7%, not 7.000000000000001%. */
    double rounded = round(points * 1e9) / 1e9;
    sgr_print_number(out, fabs(rounded - points) <= fabs(points) * 1e-12 ? rounded : points);
    sgr_buf_byte(out, '%');
}

void sgr_print_duration(struct sgr_buf *out, int64_t ms)
{
    static const struct {
        const char *unit;
        uint64_t ms;
    } units[] = {{"d", 86400000}, {"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}};
    uint64_t rest = ms < 0 ? 0 - (uint64_t)ms : (uint64_t)ms;
    if (ms == 0) {
        sgr_buf_cstr(out, "0s");
        return;
    }
    if (ms < 0) {
        sgr_buf_byte(out, '-');
    }
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (rest >= units[i].ms) {
            sgr_print_int(out, (int64_t)(rest / units[i].ms));
            sgr_buf_cstr(out, units[i].unit);
            rest %= units[i].ms;
        }
    }
}

void sgr_print_cpu(struct sgr_buf *out, int64_t millis)
{
    sgr_print_int(out, millis % 1000 == 0 ? millis / 1000 : millis);
    if (millis % 1000 != 0) {
        sgr_buf_byte(out, 'm');
    }
}

void sgr_print_memory(struct sgr_buf *out, int64_t bytes)
{
    static const struct {
        const char *unit;
        int64_t bytes;
    } units[] = {
        {"Ti", (int64_t)1 << 40}, {"Gi", 1 << 30},   {"Mi", 1 << 20}, {"Ki", 1 << 10},
        {"T", 1000000000000},     {"G", 1000000000}, {"M", 1000000},  {"k", 1000},
    };
    for (size_t i = 0; bytes != 0 && i < sizeof units / sizeof *units; i++) {
        if (bytes % units[i].bytes == 0) {
            sgr_print_int(out, bytes / units[i].bytes);
            sgr_buf_cstr(out, units[i].unit);
            return;
        }
    }
    sgr_print_int(out, bytes);
}

void sgr_print_rate(struct sgr_buf *out, double per_second)
{
    sgr_print_number(out, per_second);
    sgr_buf_cstr(out, "/s");
}

/* ---- reading ---- */

bool sgr_read_int(sgr_str s, int64_t *value)
{
    bool minus = s.len > 0 && s.ptr[0] == '-';
    int64_t total = 0;
    if (s.len == (size_t)minus) {
        return false;
    }
    for (size_t i = minus; i < s.len; i++) {
        int digit = s.ptr[i] - '0';
        if (digit < 0 || digit > 9 || __builtin_mul_overflow(total, 10, &total) ||
            __builtin_sub_overflow(total, digit, &total)) {
            return false;
        }
    }
    if (!minus && total == INT64_MIN) {
        return false;
    }
    *value = minus ? total : -total;
    return true;
}

/* Length of [+-]digits[.digits][e[+-]digits] at the start, 0 where there is none. */
static size_t number_length(sgr_str s)
{
    size_t n = 0, digits = 0;
    if (n < s.len && (s.ptr[n] == '-' || s.ptr[n] == '+')) {
        n++;
    }
    for (; n < s.len && s.ptr[n] >= '0' && s.ptr[n] <= '9'; n++) {
        digits++;
    }
    if (n < s.len && s.ptr[n] == '.') {
        for (n++; n < s.len && s.ptr[n] >= '0' && s.ptr[n] <= '9'; n++) {
            digits++;
        }
    }
    if (digits == 0) {
        return 0;
    }
    if (n < s.len && (s.ptr[n] == 'e' || s.ptr[n] == 'E')) {
        size_t m = n + 1;
        if (m < s.len && (s.ptr[m] == '-' || s.ptr[m] == '+')) {
            m++;
        }
        size_t from = m;
        while (m < s.len && s.ptr[m] >= '0' && s.ptr[m] <= '9') {
            m++;
        }
        n = m > from ? m : n;
    }
    return n;
}

/* ---- decimals, exactly ---- */

__extension__ typedef unsigned __int128 wide;

enum { DIGITS_MAX = 19 /* that always fit into 64 bits */ };

/* mantissa * 10^exponent, and a little more where `rest`. */
struct decimal {
    bool minus, rest;
    uint64_t mantissa;
    int exponent;
};

/* The whole slice must be what number_length takes. */
static struct decimal read_decimal(sgr_str s)
{
    struct decimal d = {0};
    size_t i = 0;
    int digits = 0;
    bool point = false;
    if (s.ptr[i] == '-' || s.ptr[i] == '+') {
        d.minus = s.ptr[i++] == '-';
    }
    for (; i < s.len && s.ptr[i] != 'e' && s.ptr[i] != 'E'; i++) {
        if (s.ptr[i] == '.') {
            point = true;
        } else if (digits < DIGITS_MAX) {
            d.mantissa = d.mantissa * 10 + (uint64_t)(s.ptr[i] - '0');
            digits += d.mantissa > 0;
            d.exponent -= point;
        } else {
            d.rest = d.rest || s.ptr[i] != '0';
            d.exponent += !point;
        }
    }
    int exponent = 0;
    bool minus = i + 1 < s.len && s.ptr[i + 1] == '-';
    for (i++; i < s.len; i++) {
        if (s.ptr[i] >= '0' && s.ptr[i] <= '9' && exponent < 100000) {
            exponent = exponent * 10 + (s.ptr[i] - '0');
        }
    }
    d.exponent += minus ? -exponent : exponent;
    return d;
}

/* The decimal times `factor`, a whole number rounded away from zero; false where 64 bits do not
 * hold it. */
static bool scale(struct decimal d, uint64_t factor, int64_t *value, bool *exact)
{
    wide whole = (wide)d.mantissa * factor;
    bool rest = d.rest;
    for (; d.exponent > 0 && whole > 0; d.exponent--) {
        whole *= 10;
        if (whole >> 64 != 0) {
            return false;
        }
    }
    for (; d.exponent < 0 && whole > 0; d.exponent++) {
        rest = rest || whole % 10 != 0;
        whole /= 10;
    }
    whole += rest;
    if (whole > (wide)INT64_MAX) {
        return false;
    }
    *value = d.minus ? -(int64_t)whole : (int64_t)whole;
    *exact = !rest;
    return true;
}

/* Few digits and a small power of ten are exact in a double, so one operation rounds once. */
static bool small_double(sgr_str s, double *value)
{
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                    1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                    1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    struct decimal d = read_decimal(s);
    if (d.rest || d.mantissa >> 53 != 0 || d.exponent > 22 || d.exponent < -22) {
        return false;
    }
    double number = (double)d.mantissa;
    number = d.exponent < 0 ? number / powers[-d.exponent] : number * powers[d.exponent];
    *value = d.minus ? -number : number;
    return true;
}

static bool to_double(sgr_str s, double *value)
{
    char text[420];
    const char *point = localeconv()->decimal_point;
    size_t width = strlen(point), n = 0;
    if (s.len == 0 || s.len + width >= sizeof text) {
        return false;
    }
    if (small_double(s, value)) {
        return true;
    }
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == '.') {
            memcpy(text + n, point, width);
            n += width;
        } else {
            text[n++] = s.ptr[i];
        }
    }
    text[n] = '\0';
    *value = strtod(text, NULL);
    return isfinite(*value);
}

bool sgr_read_number(sgr_str s, double *value)
{
    return s.len > 0 && number_length(s) == s.len && to_double(s, value);
}

/* ---- quantities ---- */

bool sgr_read_duration(sgr_str s, int64_t *ms)
{
    static const struct {
        const char *unit;
        uint64_t ms;
    } units[] = {{"d", 86400000}, {"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}};
    enum { COUNT = sizeof units / sizeof *units };
    int64_t total = 0;
    bool minus = s.len > 1 && s.ptr[0] == '-';
    size_t at = minus;
    if (at == s.len) {
        return false;
    }
    for (size_t next = 0; at < s.len; next++) {
        sgr_str rest = {s.ptr + at, s.len - at};
        size_t n = rest.ptr[0] >= '0' && rest.ptr[0] <= '9' ? number_length(rest) : 0;
        n = memchr(rest.ptr, 'e', n) == NULL ? n : 0;
        size_t letters = n;
        while (letters < rest.len && rest.ptr[letters] >= 'a' && rest.ptr[letters] <= 'z') {
            letters++;
        }
        while (next < COUNT &&
               !sgr_str_is((sgr_str){rest.ptr + n, letters - n}, units[next].unit)) {
            next++;
        }
        int64_t part;
        bool exact;
        if (n == 0 || next >= COUNT ||
            !scale(read_decimal((sgr_str){rest.ptr, n}), units[next].ms, &part, &exact) || !exact ||
            __builtin_add_overflow(total, part, &total)) {
            return false;
        }
        at += letters;
    }
    *ms = minus ? -total : total;
    return true;
}

/* A Kubernetes quantity in 1/`parts`, rounded up. */
static bool read_quantity(sgr_str s, uint64_t parts, int64_t *value)
{
    static const struct {
        const char *unit;
        int ten, two; /* powers */
    } units[] = {
        {"", 0, 0},    {"m", -3, 0},  {"u", -6, 0},  {"n", -9, 0},  {"k", 3, 0},   {"M", 6, 0},
        {"G", 9, 0},   {"T", 12, 0},  {"P", 15, 0},  {"E", 18, 0},  {"Ki", 0, 10}, {"Mi", 0, 20},
        {"Gi", 0, 30}, {"Ti", 0, 40}, {"Pi", 0, 50}, {"Ei", 0, 60},
    };
    size_t n = number_length(s);
    for (size_t i = 0; n > 0 && i < sizeof units / sizeof *units; i++) {
        if (sgr_str_is((sgr_str){s.ptr + n, s.len - n}, units[i].unit)) {
            struct decimal d = read_decimal((sgr_str){s.ptr, n});
            uint64_t factor;
            bool exact;
            d.exponent += units[i].ten;
            return !__builtin_mul_overflow((uint64_t)1 << units[i].two, parts, &factor) &&
                   scale(d, factor, value, &exact);
        }
    }
    return false;
}

bool sgr_read_cpu(sgr_str s, int64_t *millis)
{
    return read_quantity(s, 1000, millis);
}

bool sgr_read_memory(sgr_str s, int64_t *bytes)
{
    return read_quantity(s, 1, bytes);
}
