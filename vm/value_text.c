/* Values as text: the canonical form of interpolation, and JSON. Must never depend on the locale.
 */
#include "vm/object.h"

#include <math.h>

#include "base/quantity.h"

/* A scalar in its canonical form; false for what is no scalar. */
static bool print_scalar(sgr_value value, struct sgr_buf *out)
{
    switch (value.tag) {
    case SGR_BOOL:
        sgr_buf_cstr(out, value.as.i ? "true" : "false");
        return true;
    case SGR_INT:
        sgr_print_int(out, value.as.i);
        return true;
    case SGR_DURATION:
        sgr_print_duration(out, value.as.i);
        return true;
    case SGR_CPU:
        sgr_print_cpu(out, value.as.i);
        return true;
    case SGR_MEMORY:
        sgr_print_memory(out, value.as.i);
        return true;
    case SGR_NUMBER:
    case SGR_COUNT:
        sgr_print_number(out, value.as.f);
        return true;
    case SGR_PERCENT:
        sgr_print_percent(out, value.as.f);
        return true;
    case SGR_RATE:
        sgr_print_rate(out, value.as.f);
        return true;
    default:
        return false;
    }
}

static void print_inner(sgr_value value, struct sgr_buf *out)
{
    if (value.tag == SGR_STRING) {
        sgr_buf_json(out, sgr_string_of(value));
    } else {
        sgr_value_print(value, out);
    }
}

void sgr_value_print(sgr_value value, struct sgr_buf *out)
{
    if (print_scalar(value, out)) {
        return;
    }
    switch (value.tag) {
    case SGR_STRING:
        sgr_buf_add(out, sgr_string_of(value));
        break;
    case SGR_LIST:
        sgr_buf_byte(out, '[');
        for (size_t i = 0; i < sgr_count_of(value) && !out->full; i++) {
            sgr_buf_cstr(out, i > 0 ? ", " : "");
            print_inner(sgr_item(value, i), out);
        }
        sgr_buf_byte(out, ']');
        break;
    case SGR_RECORD:
        sgr_buf_cstr(out, sgr_count_of(value) > 0 ? "{ " : "{");
        for (size_t i = 0; i < sgr_count_of(value) && !out->full; i++) {
            sgr_buf_cstr(out, i > 0 ? ", " : "");
            sgr_buf_add(out, sgr_key(value, i));
            sgr_buf_cstr(out, " = ");
            print_inner(sgr_field_at(value, i), out);
        }
        sgr_buf_cstr(out, sgr_count_of(value) > 0 ? " }" : "}");
        break;
    case SGR_RANGE:
        sgr_value_print(sgr_range_from(value), out);
        sgr_buf_cstr(out, " .. ");
        sgr_value_print(sgr_range_to(value), out);
        break;
    case SGR_ABSENT:
        break;
    default:
        sgr_buf_cstr(out, "fn");
    }
}

static bool json_list(sgr_value value, struct sgr_buf *out)
{
    sgr_buf_byte(out, '[');
    for (size_t i = 0; i < sgr_count_of(value) && !out->full; i++) {
        sgr_buf_cstr(out, i > 0 ? "," : "");
        if (!sgr_value_json(sgr_item(value, i), out)) {
            return false;
        }
    }
    sgr_buf_byte(out, ']');
    return true;
}

static bool json_record(sgr_value value, struct sgr_buf *out)
{
    sgr_buf_byte(out, '{');
    for (size_t i = 0; i < sgr_count_of(value) && !out->full; i++) {
        sgr_buf_cstr(out, i > 0 ? "," : "");
        sgr_buf_json(out, sgr_key(value, i));
        sgr_buf_byte(out, ':');
        if (!sgr_value_json(sgr_field_at(value, i), out)) {
            return false;
        }
    }
    sgr_buf_byte(out, '}');
    return true;
}

bool sgr_value_json(sgr_value value, struct sgr_buf *out)
{
    switch (value.tag) {
    case SGR_ABSENT:
        sgr_buf_cstr(out, "null");
        return true;
    case SGR_NUMBER:
    case SGR_COUNT:
        if (isfinite(value.as.f)) {
            return print_scalar(value, out);
        }
        break;
    case SGR_BOOL:
    case SGR_INT:
        return print_scalar(value, out);
    case SGR_STRING:
        sgr_buf_json(out, sgr_string_of(value));
        return true;
    case SGR_LIST:
        return json_list(value, out);
    case SGR_RECORD:
        return json_record(value, out);
    case SGR_RANGE:
        sgr_buf_cstr(out, "{\"from\":");
        sgr_value_json(sgr_range_from(value), out);
        sgr_buf_cstr(out, ",\"to\":");
        sgr_value_json(sgr_range_to(value), out);
        sgr_buf_byte(out, '}');
        return true;
    case SGR_FUNCTION:
    case SGR_BUILDER:
        return false;
    default:
        break;
    }
    sgr_buf_byte(out, '"');
    print_scalar(value, out);
    sgr_buf_byte(out, '"');
    return true;
}
