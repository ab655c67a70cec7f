/* JSON as values, by jansson, whose memory is ours: it ends the process where it runs out and never
 * leaves a field out, which would be missing after a rollback. Must never let a json_t out, read
 * deeper than the limit, nor take text after the value. Null fields and null items are left out. */
#include "k8s/codec.h"

#include <math.h>
#include <stdlib.h>

#include <jansson.h>

/* Whole numbers below it are doubles of their own. */
#define EXACT_MAX 9007199254740992.0

struct reader {
    struct sgr_heap *heap;
    struct sgr_error *error;
    unsigned depth;
    bool all_real; /* a whole number comes as a double */
};

static bool convert(struct reader *r, json_t *json, sgr_value *out);

static bool convert_list(struct reader *r, json_t *json, sgr_value *out)
{
    size_t length = json_array_size(json);
    SGR_VEC(sgr_value) items = {0};
    bool ok = true;
    sgr_vec_reserve(&items, length);
    for (size_t i = 0; ok && i < length; i++) {
        sgr_value item = sgr_absent();
        ok = convert(r, json_array_get(json, i), &item);
        if (ok && !sgr_is_absent(item)) {
            items.at[items.len++] = item;
        }
    }
    if (ok) {
        *out = sgr_list(r->heap, items.at, items.len);
    }
    sgr_vec_release(&items);
    return ok;
}

static bool convert_record(struct reader *r, json_t *json, sgr_value *out)
{
    struct sgr_record_builder builder;
    bool ok = true;
    sgr_record_begin(&builder, r->heap);
    void *it = json_object_iter(json);
    for (; ok && it != NULL; it = json_object_iter_next(json, it)) {
        sgr_value value = sgr_absent();
        ok = convert(r, json_object_iter_value(it), &value);
        if (ok) {
            sgr_record_set(&builder, sgr_str_from(json_object_iter_key(it)), value);
        }
    }
    *out = sgr_record_end(&builder);
    return ok;
}

static sgr_value convert_real(const struct reader *r, double real)
{
    bool whole = r->all_real && fabs(real) < EXACT_MAX && real == trunc(real);
    return whole ? sgr_int((int64_t)real) : sgr_number(real);
}

static bool convert_inside(struct reader *r, json_t *json, sgr_value *out)
{
    if (r->depth == SGR_CODEC_DEPTH_MAX) {
        return sgr_error_set(r->error, "nested more than %d deep", SGR_CODEC_DEPTH_MAX);
    }
    r->depth++;
    bool ok = json_is_array(json) ? convert_list(r, json, out) : convert_record(r, json, out);
    r->depth--;
    return ok;
}

static bool convert(struct reader *r, json_t *json, sgr_value *out)
{
    switch (json_typeof(json)) {
    case JSON_NULL:
        *out = sgr_absent();
        return true;
    case JSON_TRUE:
    case JSON_FALSE:
        *out = sgr_bool(json_is_true(json));
        return true;
    case JSON_INTEGER:
        *out = sgr_int(json_integer_value(json));
        return true;
    case JSON_REAL:
        *out = convert_real(r, json_real_value(json));
        return true;
    case JSON_STRING:
        *out = sgr_string(r->heap, (sgr_str){json_string_value(json), json_string_length(json)});
        return true;
    case JSON_ARRAY:
    case JSON_OBJECT:
        return convert_inside(r, json, out);
    }
    return sgr_error_set(r->error, "no JSON");
}

/* Whole numbers beyond 64 bits, as Go writes 1e20, make jansson refuse the text unless every number
 * is a double. */
static json_t *parse(sgr_str text, bool *all_real, json_error_t *problem)
{
    enum { FLAGS = JSON_DECODE_ANY | JSON_ALLOW_NUL };
    json_set_alloc_funcs(sgr_alloc, free);
    json_t *json = json_loadb(text.ptr, text.len, FLAGS, problem);
    *all_real = json == NULL && json_error_code(problem) == json_error_numeric_overflow;
    return *all_real ? json_loadb(text.ptr, text.len, FLAGS | JSON_DECODE_INT_AS_REAL, problem)
                     : json;
}

static bool refuse(const json_error_t *problem, struct sgr_error *error)
{
    enum json_error_code code = json_error_code(problem);
    if (code == json_error_stack_overflow) {
        return sgr_error_set(error, "nested more than %d deep", SGR_CODEC_DEPTH_MAX);
    }
    return sgr_error_set(error, "byte %d: %s", problem->position,
                         code == json_error_premature_end_of_input ? "the text ends in the middle"
                                                                   : problem->text);
}

bool sgr_json_read(struct sgr_heap *heap, sgr_str text, sgr_value *value, struct sgr_error *error)
{
    struct reader reader = {.heap = heap, .error = error};
    json_error_t problem;
    if (text.len == 0) {
        return sgr_error_set(error, "there is no text");
    }
    json_t *json = parse(text, &reader.all_real, &problem);
    if (json == NULL) {
        return refuse(&problem, error);
    }
    bool ok = convert(&reader, json, value);
    json_decref(json);
    return ok;
}
