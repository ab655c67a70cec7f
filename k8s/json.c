/* JSON as values, by json-c. Must never let a json_object out, never read deeper than the limit,
 * and never take text after the value. Null fields and null items are left out. */
#include "k8s/codec.h"

#include <limits.h>
#include <math.h>

#include <json-c/json.h>

static bool convert(struct sgr_heap *heap, json_object *json, sgr_value *out,
                    struct sgr_error *error);

static bool convert_list(struct sgr_heap *heap, json_object *json, sgr_value *out,
                         struct sgr_error *error)
{
    size_t length = json_object_array_length(json);
    SGR_VEC(sgr_value) items = {0};
    bool ok = true;
    sgr_vec_reserve(&items, length);
    for (size_t i = 0; ok && i < length; i++) {
        sgr_value item = sgr_absent();
        ok = convert(heap, json_object_array_get_idx(json, i), &item, error);
        if (ok && !sgr_is_absent(item)) {
            items.at[items.len++] = item;
        }
    }
    if (ok) {
        *out = sgr_list(heap, items.at, items.len);
    }
    sgr_vec_release(&items);
    return ok;
}

static bool convert_record(struct sgr_heap *heap, json_object *json, sgr_value *out,
                           struct sgr_error *error)
{
    struct sgr_record_builder builder;
    bool ok = true;
    sgr_record_begin(&builder, heap);
    struct json_object_iterator it = json_object_iter_begin(json), end = json_object_iter_end(json);
    for (; ok && !json_object_iter_equal(&it, &end); json_object_iter_next(&it)) {
        sgr_value value = sgr_absent();
        ok = convert(heap, json_object_iter_peek_value(&it), &value, error);
        if (ok) {
            sgr_record_set(&builder, sgr_str_from(json_object_iter_peek_name(&it)), value);
        }
    }
    *out = sgr_record_end(&builder);
    return ok;
}

static sgr_value convert_int(json_object *json)
{
    uint64_t big = json_object_get_uint64(json);
    int64_t i = json_object_get_int64(json);
    return big > INT64_MAX && i > 0 ? sgr_number((double)big) : sgr_int(i);
}

static bool convert(struct sgr_heap *heap, json_object *json, sgr_value *out,
                    struct sgr_error *error)
{
    switch (json_object_get_type(json)) {
    case json_type_null:
        *out = sgr_absent();
        return true;
    case json_type_boolean:
        *out = sgr_bool(json_object_get_boolean(json) != 0);
        return true;
    case json_type_int:
        *out = convert_int(json);
        return true;
    case json_type_double:
        if (!isfinite(json_object_get_double(json))) {
            return sgr_error_set(error, "a number is not finite");
        }
        *out = sgr_number(json_object_get_double(json));
        return true;
    case json_type_string:
        *out = sgr_string(heap, (sgr_str){json_object_get_string(json),
                                          (size_t)json_object_get_string_len(json)});
        return true;
    case json_type_array:
        return convert_list(heap, json, out, error);
    case json_type_object:
        return convert_record(heap, json, out, error);
    }
    return sgr_error_set(error, "no JSON");
}

bool sgr_json_read(struct sgr_heap *heap, sgr_str text, sgr_value *value, struct sgr_error *error)
{
    if (text.len == 0 || text.len > INT_MAX) {
        return sgr_error_set(error, text.len == 0 ? "there is no text" : "too much JSON");
    }
    struct json_tokener *tokener = json_tokener_new_ex(SGR_CODEC_DEPTH_MAX);
    if (tokener == NULL) {
        sgr_oom();
    }
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    json_object *json = json_tokener_parse_ex(tokener, text.ptr, (int)text.len);
    enum json_tokener_error problem = json_tokener_get_error(tokener);
    if (problem == json_tokener_continue &&
        json == NULL) { /* a number at the top ends with the text */
        json = json_tokener_parse_ex(tokener, "", 1);
        problem = json_tokener_get_error(tokener);
    }
    bool ok;
    if (problem != json_tokener_success) {
        ok = sgr_error_set(error, "byte %zu: %s", json_tokener_get_parse_end(tokener),
                           problem == json_tokener_continue ? "the text ends in the middle"
                                                            : json_tokener_error_desc(problem));
    } else {
        ok = convert(heap, json, value, error);
    }
    json_object_put(json);
    json_tokener_free(tokener);
    return ok;
}
