/* Quantities to text and back. Must never depend on the locale: printf and strtod are only used for
 * what the C locale and every other print alike, digits are read by hand. */
#include "base/quantity.h"

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
    *exponent = atoi(at + 1);
    while (n > 1 && digits[n - 1] == '0') {
        n--;
    }
    return n;
}

void sgr_print_number(struct sgr_buf *out, double value)
{
    char digits[32];
    int exponent;
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

static bool to_double(sgr_str s, double *value)
{
    char text[400];
    if (s.len == 0 || s.len >= sizeof text) {
        return false;
    }
    memcpy(text, s.ptr, s.len);
    text[s.len] = '\0';
    *value = strtod(text, NULL);
    return isfinite(*value);
}

bool sgr_read_number(sgr_str s, double *value)
{
    return number_length(s) == s.len && to_double(s, value);
}

bool sgr_read_duration(sgr_str s, int64_t *ms)
{
    static const struct {
        const char *unit;
        int64_t ms;
    } units[] = {{"d", 86400000}, {"h", 3600000}, {"ms", 1}, {"m", 60000}, {"s", 1000}};
    static const int rank[] = {5, 4, 1, 3, 2};
    double total = 0;
    int last = 6;
    bool minus = s.len > 1 && s.ptr[0] == '-';
    for (size_t at = minus; at < s.len || last == 6;) {
        sgr_str rest = {s.ptr + at, s.len - at};
        size_t n = 0;
        while (n < rest.len && ((rest.ptr[n] >= '0' && rest.ptr[n] <= '9') || rest.ptr[n] == '.')) {
            n++;
        }
        double amount;
        int unit = -1;
        for (int i = 0; i < 5 && unit < 0; i++) {
            if (sgr_str_starts_with((sgr_str){rest.ptr + n, rest.len - n},
                                    sgr_str_from(units[i].unit))) {
                unit = i;
            }
        }
        if (n == 0 || unit < 0 || rank[unit] >= last ||
            !sgr_read_number((sgr_str){rest.ptr, n}, &amount)) {
            return false;
        }
        last = rank[unit];
        total += amount * (double)units[unit].ms;
        at += n + strlen(units[unit].unit);
    }
    if (total > 9e15 || total != floor(total)) {
        return false;
    }
    *ms = minus ? -(int64_t)total : (int64_t)total;
    return true;
}

/* A Kubernetes quantity in thousandths, rounded up. */
static bool read_quantity(sgr_str s, double scale, int64_t *value)
{
    static const struct {
        const char *unit;
        double factor;
    } units[] = {
        {"n", 1e-9},
        {"u", 1e-6},
        {"m", 1e-3},
        {"", 1},
        {"k", 1e3},
        {"M", 1e6},
        {"G", 1e9},
        {"T", 1e12},
        {"P", 1e15},
        {"E", 1e18},
        {"Ki", 1024.0},
        {"Mi", 1048576.0},
        {"Gi", 1073741824.0},
        {"Ti", 1099511627776.0},
        {"Pi", 1125899906842624.0},
    };
    size_t n = number_length(s);
    double number;
    if (n == 0 || !to_double((sgr_str){s.ptr, n}, &number)) {
        return false;
    }
    sgr_str unit = {s.ptr + n, s.len - n};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (sgr_str_is(unit, units[i].unit)) {
            double exact = number * units[i].factor * scale;
            double near = round(exact);
            double result =
                fabs(near - exact) < 1e-6 * (1 + fabs(exact) * 1e-9) ? near : ceil(exact);
            if (fabs(result) > 9.2e18) {
                return false;
            }
            *value = (int64_t)result;
            return true;
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
