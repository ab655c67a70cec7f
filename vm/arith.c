/* Arithmetic, comparison and conversion by the units that values carry. Every result that does not
 * fit is a failure, never a wrapped or silent value. */
#include "vm/arith.h"

#include "vm/fiber.h"

#include <math.h>

#include "base/quantity.h"

static bool is_i(uint32_t tag)
{
    return tag >= SGR_INT && tag <= SGR_MEMORY;
}

static bool is_f(uint32_t tag)
{
    return tag >= SGR_NUMBER && tag <= SGR_COUNT;
}

static bool is_plain(uint32_t tag)
{
    return tag == SGR_INT || tag == SGR_NUMBER;
}

/* As a plain number: percents are shares. */
static double as_number(sgr_value v)
{
    return is_i(v.tag) ? (double)v.as.i : v.tag == SGR_PERCENT ? v.as.f / 100 : v.as.f;
}

static bool units(struct sgr_failure *failure, const char *what, sgr_value a, sgr_value b)
{
    return sgr_fail(failure, "units", "cannot %s a %s and a %s", what, sgr_tag_name(a.tag),
                    sgr_tag_name(b.tag));
}

static bool overflow(struct sgr_failure *failure, const char *what)
{
    return sgr_fail(failure, "overflow", "%s: the result does not fit", what);
}

static bool fits(sgr_value value, sgr_value *out, struct sgr_failure *failure, const char *what)
{
    *out = value;
    return isfinite(value.as.f) || overflow(failure, what);
}

static bool from_double(enum sgr_tag tag, double exact, sgr_value *out, struct sgr_failure *failure,
                        const char *what)
{
    double near = round(exact);
    if (!(fabs(near) < 9.2e18)) {
        return overflow(failure, what);
    }
    *out = sgr_unit_i(tag, (int64_t)near);
    return true;
}

static sgr_value widened(sgr_value v)
{
    return v.tag == SGR_INT ? sgr_number((double)v.as.i) : v;
}

/* Brings int and number, number and percent together; false where the two have no common unit. */
static bool meet(sgr_value *a, sgr_value *b)
{
    if (a->tag == b->tag) {
        return true;
    }
    bool shares =
        (a->tag == SGR_PERCENT && is_plain(b->tag)) || (b->tag == SGR_PERCENT && is_plain(a->tag));
    bool counts =
        (a->tag == SGR_COUNT && is_plain(b->tag)) || (b->tag == SGR_COUNT && is_plain(a->tag));
    if ((is_plain(a->tag) && is_plain(b->tag)) || shares || counts) {
        *a = sgr_number(as_number(*a));
        *b = sgr_number(as_number(*b));
        return true;
    }
    if (a->tag == SGR_CPU && is_plain(b->tag)) {
        *b = sgr_unit_i(SGR_CPU, (int64_t)round(as_number(*b) * 1000));
        return true;
    }
    if (b->tag == SGR_CPU && is_plain(a->tag)) {
        return meet(b, a);
    }
    return false;
}

static bool join(struct sgr_heap *heap, sgr_value a, sgr_value b, sgr_value *out,
                 struct sgr_failure *failure)
{
    if (a.tag == SGR_STRING) {
        struct sgr_buf text;
        if (sgr_string_of(a).len + sgr_string_of(b).len > sgr_heap_room(heap)) {
            return sgr_heap_full(heap, failure);
        }
        sgr_buf_init(&text, SIZE_MAX / 4);
        sgr_buf_add(&text, sgr_string_of(a));
        sgr_buf_add(&text, sgr_string_of(b));
        *out = sgr_string(heap, sgr_buf_str(&text));
        sgr_buf_release(&text);
        return true;
    }
    size_t m = sgr_count_of(a), n = sgr_count_of(b);
    if ((m + n) * sizeof(sgr_value) > sgr_heap_room(heap)) {
        return sgr_heap_full(heap, failure);
    }
    struct sgr_list_object *list = sgr_heap_alloc(heap, sizeof *list + (m + n) * sizeof(sgr_value));
    list->count = m + n;
    if (m > 0) {
        memcpy(list->items, a.as.list->items, m * sizeof(sgr_value));
    }
    if (n > 0) {
        memcpy(list->items + m, b.as.list->items, n * sizeof(sgr_value));
    }
    *out = (sgr_value){.tag = SGR_LIST, .as.list = list};
    return true;
}

bool sgr_arith_add(struct sgr_heap *heap, sgr_value a, sgr_value b, sgr_value *out,
                   struct sgr_failure *failure)
{
    if (a.tag == b.tag && (a.tag == SGR_STRING || a.tag == SGR_LIST)) {
        return join(heap, a, b, out, failure);
    }
    if (!meet(&a, &b) || !(is_i(a.tag) || is_f(a.tag))) {
        return units(failure, "add", a, b);
    }
    if (is_f(a.tag)) {
        return fits(sgr_unit_f(a.tag, a.as.f + b.as.f), out, failure, "addition");
    }
    *out = a;
    return !__builtin_add_overflow(a.as.i, b.as.i, &out->as.i) || overflow(failure, "addition");
}

bool sgr_arith_sub(sgr_value a, sgr_value b, sgr_value *out, struct sgr_failure *failure)
{
    if (!meet(&a, &b) || !(is_i(a.tag) || is_f(a.tag))) {
        return units(failure, "subtract", a, b);
    }
    if (is_f(a.tag)) {
        return fits(sgr_unit_f(a.tag, a.as.f - b.as.f), out, failure, "subtraction");
    }
    *out = a;
    return !__builtin_sub_overflow(a.as.i, b.as.i, &out->as.i) || overflow(failure, "subtraction");
}

bool sgr_arith_mul(sgr_value a, sgr_value b, sgr_value *out, struct sgr_failure *failure)
{
    if (!(is_i(a.tag) || is_f(a.tag)) || !(is_i(b.tag) || is_f(b.tag))) {
        return units(failure, "multiply", a, b);
    }
    if ((a.tag == SGR_RATE && b.tag == SGR_DURATION) ||
        (a.tag == SGR_DURATION && b.tag == SGR_RATE)) {
        double rate = a.tag == SGR_RATE ? a.as.f : b.as.f,
               ms = (double)(a.tag == SGR_RATE ? b.as.i : a.as.i);
        return fits(sgr_number(rate * ms / 1000), out, failure, "multiplication");
    }
    if (!is_plain(a.tag) && (is_plain(b.tag) || b.tag == SGR_PERCENT) &&
        !(a.tag == SGR_PERCENT && b.tag == SGR_NUMBER)) {
        sgr_value swap = a;
        a = b;
        b = swap;
    }
    if (!is_plain(a.tag) && a.tag != SGR_PERCENT) {
        return units(failure, "multiply", a, b);
    }
    /* a is a factor now, b carries the unit. */
    if (a.tag == SGR_INT && is_i(b.tag)) {
        *out = b;
        return !__builtin_mul_overflow(a.as.i, b.as.i, &out->as.i) ||
               overflow(failure, "multiplication");
    }
    if (is_plain(b.tag) || (a.tag == SGR_PERCENT && b.tag == SGR_PERCENT)) {
        return fits(sgr_number(as_number(a) * as_number(b)), out, failure, "multiplication");
    }
    if (b.tag == SGR_PERCENT) {
        return a.tag == SGR_INT
                   ? fits(sgr_unit_f(SGR_PERCENT, (double)a.as.i * b.as.f), out, failure,
                          "multiplication")
                   : fits(sgr_number(a.as.f * b.as.f / 100), out, failure, "multiplication");
    }
    if (is_i(b.tag)) {
        return from_double(b.tag, as_number(a) * (double)b.as.i, out, failure, "multiplication");
    }
    return fits(sgr_unit_f(b.tag, as_number(a) * b.as.f), out, failure, "multiplication");
}

bool sgr_arith_div(sgr_value a, sgr_value b, sgr_value *out, struct sgr_failure *failure)
{
    if (!(is_i(a.tag) || is_f(a.tag)) || !(is_i(b.tag) || is_f(b.tag))) {
        return units(failure, "divide", a, b);
    }
    double divisor = as_number(b);
    if (divisor == 0) {
        return sgr_fail(failure, "division", "division by zero");
    }
    if (a.tag == b.tag || (is_plain(a.tag) && (is_plain(b.tag) || b.tag == SGR_PERCENT))) {
        return fits(sgr_number(as_number(a) / divisor), out, failure, "division");
    }
    if ((is_plain(a.tag) || a.tag == SGR_COUNT) && b.tag == SGR_DURATION) {
        return fits(sgr_unit_f(SGR_RATE, as_number(a) * 1000 / divisor), out, failure, "division");
    }
    if (!is_plain(b.tag) && b.tag != SGR_PERCENT) {
        return units(failure, "divide", a, b);
    }
    if (is_i(a.tag)) {
        return from_double(a.tag, (double)a.as.i / divisor, out, failure, "division");
    }
    return fits(sgr_unit_f(a.tag, a.as.f / divisor), out, failure, "division");
}

bool sgr_arith_neg(sgr_value a, sgr_value *out, struct sgr_failure *failure)
{
    *out = a;
    if (is_f(a.tag)) {
        out->as.f = -a.as.f;
        return true;
    }
    if (!is_i(a.tag)) {
        return sgr_fail(failure, "units", "cannot negate a %s", sgr_tag_name(a.tag));
    }
    return !__builtin_sub_overflow((int64_t)0, a.as.i, &out->as.i) || overflow(failure, "negation");
}

bool sgr_arith_compare(sgr_value a, sgr_value b, int *order, struct sgr_failure *failure)
{
    if (a.tag == SGR_STRING && b.tag == SGR_STRING) {
        int c = sgr_str_compare(sgr_string_of(a), sgr_string_of(b));
        *order = c < 0 ? -1 : c > 0;
        return true;
    }
    if (!meet(&a, &b) || !(is_i(a.tag) || is_f(a.tag))) {
        return units(failure, "compare", a, b);
    }
    if (is_i(a.tag)) {
        *order = a.as.i < b.as.i ? -1 : a.as.i > b.as.i;
        return true;
    }
    if (isnan(a.as.f) || isnan(b.as.f)) {
        return sgr_fail(failure, "no_signal", "NaN cannot be compared");
    }
    *order = a.as.f < b.as.f ? -1 : a.as.f > b.as.f;
    return true;
}

/* ---- conversion: what is expected of a value that comes from elsewhere ---- */

static bool parse(sgr_str text, enum sgr_tag to, sgr_value *out)
{
    int64_t i = 0;
    double f = 0;
    bool ok = false;
    switch (to) {
    case SGR_INT:
        ok = sgr_read_int(text, &i);
        break;
    case SGR_DURATION:
        ok = sgr_read_duration(text, &i);
        break;
    case SGR_CPU:
        ok = sgr_read_cpu(text, &i);
        break;
    case SGR_MEMORY:
        ok = sgr_read_memory(text, &i);
        break;
    case SGR_NUMBER:
    case SGR_COUNT:
        ok = sgr_read_number(text, &f);
        break;
    case SGR_PERCENT:
        ok = text.len > 1 && text.ptr[text.len - 1] == '%' &&
             sgr_read_number((sgr_str){text.ptr, text.len - 1}, &f);
        break;
    case SGR_RATE:
        ok = sgr_str_ends_with(text, SGR_STR("/s")) &&
             sgr_read_number((sgr_str){text.ptr, text.len - 2}, &f);
        break;
    default:
        break;
    }
    *out = is_i(to) ? sgr_unit_i(to, i) : sgr_unit_f(to, f);
    return ok;
}

static bool refuse(sgr_value value, enum sgr_tag to, struct sgr_failure *failure)
{
    struct sgr_buf text;
    sgr_buf_init(&text, 200);
    sgr_value_print(value, &text);
    sgr_fail(failure, "type", "expected a %s, found the %s %s%s", sgr_tag_name(to),
             sgr_tag_name(value.tag), text.ptr, text.full ? "..." : "");
    sgr_buf_release(&text);
    return false;
}

bool sgr_convert(struct sgr_heap *heap, sgr_value v, enum sgr_tag to, sgr_value *out,
                 struct sgr_failure *failure)
{
    *out = v;
    if (v.tag == to || v.tag == SGR_ABSENT) {
        return true;
    }
    if (to == SGR_NUMBER && (v.tag == SGR_INT || v.tag == SGR_PERCENT || v.tag == SGR_COUNT)) {
        *out = sgr_number(as_number(v));
        return true;
    }
    if (to == SGR_CPU && is_plain(v.tag)) {
        return from_double(SGR_CPU, as_number(v) * 1000, out, failure, "cpu");
    }
    if (is_f(to) && is_plain(v.tag)) {
        *out = sgr_unit_f(to, to == SGR_PERCENT ? as_number(v) * 100 : as_number(v));
        return true;
    }
    if (to == SGR_INT && v.tag == SGR_NUMBER && v.as.f == floor(v.as.f) && fabs(v.as.f) < 9e15) {
        *out = sgr_int((int64_t)v.as.f);
        return true;
    }
    if (to == SGR_MEMORY && is_plain(v.tag)) {
        return from_double(SGR_MEMORY, as_number(v), out, failure, "memory");
    }
    if (to == SGR_STRING && (is_i(v.tag) || is_f(v.tag) || v.tag == SGR_BOOL)) {
        struct sgr_buf text;
        sgr_buf_init(&text, 1000);
        sgr_value_print(v, &text);
        *out = sgr_string(heap, sgr_buf_str(&text));
        sgr_buf_release(&text);
        return true;
    }
    if (v.tag == SGR_STRING && parse(sgr_string_of(v), to, out)) {
        return true;
    }
    *out = widened(v);
    return refuse(v, to, failure);
}

/* ---- for built-in functions ---- */

bool sgr_value_add(struct sgr_heap *heap, sgr_value a, sgr_value b, sgr_value *out,
                   struct sgr_failure *failure)
{
    return sgr_arith_add(heap, a, b, out, failure);
}

bool sgr_value_order(sgr_value a, sgr_value b, int *order, struct sgr_failure *failure)
{
    return sgr_arith_compare(a, b, order, failure);
}

sgr_value sgr_open_record(struct sgr_heap *heap)
{
    return sgr_builder_value(heap, true);
}

void sgr_open_record_set(struct sgr_heap *heap, sgr_value record, sgr_value key, sgr_value value)
{
    sgr_builder_set(heap, record, key, value);
}

sgr_value sgr_open_record_close(struct sgr_heap *heap, sgr_value record)
{
    return sgr_builder_close(heap, record);
}
