/* Built-in functions over numbers and quantities. What does not fit is a failure. */
#include "stdlib/builtin.h"

#include <math.h>

#include "base/quantity.h"

bool sgr_arg_number(const sgr_value *args, size_t count, size_t index, double *out,
                    struct sgr_failure *failure)
{
    sgr_value x = sgr_arg(args, count, index);
    switch (x.tag) {
    case SGR_INT:
    case SGR_MEMORY:
        *out = (double)x.as.i;
        return true;
    case SGR_DURATION:
    case SGR_CPU:
        *out = (double)x.as.i / 1000;
        return true;
    case SGR_PERCENT:
        *out = x.as.f / 100;
        return true;
    case SGR_NUMBER:
    case SGR_RATE:
    case SGR_COUNT:
        *out = x.as.f;
        return true;
    case SGR_STRING:
        return sgr_read_number(sgr_string_of(x), out) ||
               sgr_fail(failure, "value", "`%.*s` is no number", SGR_FMT(sgr_string_of(x)));
    default:
        return sgr_fail(failure, "type", "expected a number, found a %s", sgr_tag_name(x.tag));
    }
}

static bool whole(double x, sgr_value *out, struct sgr_failure *failure)
{
    if (!(fabs(x) < 9.2e18)) {
        return sgr_fail(failure, "overflow", "the number does not fit into an int");
    }
    *out = sgr_int((int64_t)x);
    return true;
}

SGR_BUILTIN(round)
{
    double x;
    (void)heap;
    return sgr_arg_number(args, count, 0, &x, failure) && whole(round(x), out, failure);
}

/* 3 * 0.1 is a hair above 0.3, 100 * 0.29 one below 29: what differs by rounding alone is whole. */
static bool is_nearly_whole(double x)
{
    return fabs(x - round(x)) < 1e-9 * (1 + fabs(x));
}

SGR_BUILTIN(floor)
{
    double x;
    (void)heap;
    return sgr_arg_number(args, count, 0, &x, failure) &&
           whole(is_nearly_whole(x) ? round(x) : floor(x), out, failure);
}

SGR_BUILTIN(ceil)
{
    double x;
    (void)heap;
    return sgr_arg_number(args, count, 0, &x, failure) &&
           whole(is_nearly_whole(x) ? round(x) : ceil(x), out, failure);
}

SGR_BUILTIN(abs)
{
    sgr_value x = sgr_arg(args, count, 0);
    (void)heap;
    *out = x;
    if (x.tag >= SGR_NUMBER && x.tag <= SGR_COUNT) {
        out->as.f = fabs(x.as.f);
        return true;
    }
    if (x.tag < SGR_INT || x.tag > SGR_MEMORY) {
        return sgr_fail(failure, "type", "a %s has no sign", sgr_tag_name(x.tag));
    }
    if (x.as.i == INT64_MIN) {
        return sgr_fail(failure, "overflow", "the number does not fit into an int");
    }
    out->as.i = x.as.i < 0 ? -x.as.i : x.as.i;
    return true;
}

SGR_BUILTIN(mean)
{
    sgr_value list;
    double total = 0, x;
    (void)heap;
    if (!sgr_arg_list(args, count, 0, &list, failure)) {
        return false;
    }
    size_t n = sgr_count_of(list);
    for (size_t i = 0; i < n; i++) {
        sgr_value item = sgr_item(list, i);
        if (!sgr_arg_number(&item, 1, 0, &x, failure)) {
            return false;
        }
        total += x;
    }
    if (n == 0) {
        return sgr_fail(failure, "value", "an empty list has no mean");
    }
    *out = sgr_number(total / (double)n);
    return true;
}

static bool as_number(const sgr_value *args, size_t count, double scale, sgr_value *out,
                      struct sgr_failure *failure)
{
    double x;
    if (!sgr_arg_number(args, count, 0, &x, failure)) {
        return false;
    }
    *out = sgr_number(x * scale);
    return true;
}

SGR_BUILTIN(number)
{
    (void)heap;
    return as_number(args, count, 1, out, failure);
}

SGR_BUILTIN(points)
{
    sgr_value x = sgr_arg(args, count, 0);
    (void)heap;
    if (x.tag == SGR_PERCENT) {
        *out = sgr_number(x.as.f);
        return true;
    }
    return as_number(args, count, 100, out, failure);
}

SGR_BUILTIN(share_of)
{
    double part, whole;
    (void)heap;
    if (!sgr_arg_number(args, count, 0, &part, failure) ||
        !sgr_arg_number(args, count, 1, &whole, failure)) {
        return false;
    }
    if (whole == 0) {
        return sgr_fail(failure, "value", "nothing is a share of 0");
    }
    *out = sgr_unit_f(SGR_PERCENT, 100 * part / whole);
    return true;
}

SGR_BUILTIN(seconds)
{
    (void)heap;
    return as_number(args, count, 1, out, failure);
}

SGR_BUILTIN(cores)
{
    (void)heap;
    return as_number(args, count, 1, out, failure);
}

SGR_BUILTIN(per_second)
{
    (void)heap;
    return as_number(args, count, 1, out, failure);
}

SGR_BUILTIN(bytes)
{
    double x;
    (void)heap;
    return sgr_arg_number(args, count, 0, &x, failure) && whole(x, out, failure);
}

SGR_BUILTIN(int)
{
    sgr_value x = sgr_arg(args, count, 0);
    double number;
    (void)heap;
    if (x.tag == SGR_INT) {
        *out = x;
        return true;
    }
    if (x.tag == SGR_STRING) {
        int64_t value;
        sgr_str s = sgr_string_of(x);
        if (!sgr_read_int(s, &value)) {
            return sgr_fail(failure, "value", "`%.*s` is no whole number", SGR_FMT(s));
        }
        *out = sgr_int(value);
        return true;
    }
    if (!sgr_arg_number(args, count, 0, &number, failure)) {
        return false;
    }
    return number == floor(number)
               ? whole(number, out, failure)
               : sgr_fail(failure, "value", "%g is no whole number; use round, floor or ceil",
                          number);
}
