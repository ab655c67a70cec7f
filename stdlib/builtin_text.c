/* Built-in functions over strings. Characters are UTF-8 sequences; case is ASCII's. */
#include "stdlib/builtin.h"

#include <stdlib.h>

#include "base/accepted.h"

static bool wrong(struct sgr_failure *failure, const char *meant, sgr_value found)
{
    return sgr_fail(failure, "type", "expected a %s, found a %s", meant, sgr_tag_name(found.tag));
}

bool sgr_arg_str(const sgr_value *args, size_t count, size_t index, sgr_str *out,
                 struct sgr_failure *failure)
{
    sgr_value value = sgr_arg(args, count, index);
    if (value.tag != SGR_STRING) {
        return wrong(failure, "string", value);
    }
    *out = sgr_string_of(value);
    return true;
}

bool sgr_arg_list(const sgr_value *args, size_t count, size_t index, sgr_value *out,
                  struct sgr_failure *failure)
{
    *out = sgr_arg(args, count, index);
    return out->tag == SGR_LIST || wrong(failure, "list", *out);
}

/* The finished text as a value; fails where it grew too large. */
static bool give(struct sgr_heap *heap, struct sgr_buf *text, sgr_value *out,
                 struct sgr_failure *failure)
{
    bool ok = !text->full ||
              sgr_fail(failure, "limit", "a string of more than %d MiB", SGR_TEXT_MAX >> 20);
    if (ok) {
        *out = sgr_string(heap, sgr_buf_str(text));
    }
    sgr_buf_release(text);
    return ok;
}

SGR_BUILTIN(join)
{
    sgr_value list;
    sgr_str separator = {"", 0};
    if (!sgr_arg_list(args, count, 0, &list, failure) ||
        (!sgr_is_absent(sgr_arg(args, count, 1)) &&
         !sgr_arg_str(args, count, 1, &separator, failure))) {
        return false;
    }
    struct sgr_buf text;
    sgr_buf_init(&text, SGR_TEXT_MAX);
    for (size_t i = 0; i < sgr_count_of(list); i++) {
        if (i > 0) {
            sgr_buf_add(&text, separator);
        }
        sgr_value_print(sgr_item(list, i), &text);
    }
    return give(heap, &text, out, failure);
}

static const char *find(sgr_str s, size_t from, sgr_str what)
{
    return what.len == 0 || from > s.len ? NULL
                                         : memmem(s.ptr + from, s.len - from, what.ptr, what.len);
}

SGR_BUILTIN(split)
{
    sgr_str s, separator;
    SGR_VEC(sgr_value) parts = {0};
    if (!sgr_arg_str(args, count, 0, &s, failure) ||
        !sgr_arg_str(args, count, 1, &separator, failure)) {
        return false;
    }
    if (separator.len == 0) {
        return sgr_fail(failure, "value", "split needs a separator that is not empty");
    }
    size_t at = 0;
    for (const char *hit; (hit = find(s, at, separator)) != NULL;
         at = (size_t)(hit - s.ptr) + separator.len) {
        sgr_vec_push(&parts, sgr_string(heap, (sgr_str){s.ptr + at, (size_t)(hit - s.ptr) - at}));
    }
    sgr_vec_push(&parts, sgr_string(heap, (sgr_str){s.ptr + at, s.len - at}));
    *out = sgr_list(heap, parts.at, parts.len);
    sgr_vec_release(&parts);
    return true;
}

SGR_BUILTIN(replace)
{
    sgr_str s, old, new;
    if (!sgr_arg_str(args, count, 0, &s, failure) || !sgr_arg_str(args, count, 1, &old, failure) ||
        !sgr_arg_str(args, count, 2, &new, failure)) {
        return false;
    }
    struct sgr_buf text;
    sgr_buf_init(&text, SGR_TEXT_MAX);
    size_t at = 0;
    for (const char *hit; (hit = find(s, at, old)) != NULL; at = (size_t)(hit - s.ptr) + old.len) {
        sgr_buf_add(&text, (sgr_str){s.ptr + at, (size_t)(hit - s.ptr) - at});
        sgr_buf_add(&text, new);
    }
    sgr_buf_add(&text, (sgr_str){s.ptr + at, s.len - at});
    return give(heap, &text, out, failure);
}

static bool change_case(struct sgr_heap *heap, sgr_str s, char from, char to, sgr_value *out,
                        struct sgr_failure *failure)
{
    struct sgr_buf text;
    sgr_buf_init(&text, SGR_TEXT_MAX);
    for (size_t i = 0; i < s.len; i++) {
        bool hit = s.ptr[i] >= from && s.ptr[i] <= from + 25;
        sgr_buf_byte(&text, hit ? (char)(s.ptr[i] - from + to) : s.ptr[i]);
    }
    return give(heap, &text, out, failure);
}

SGR_BUILTIN(upper)
{
    sgr_str s;
    return sgr_arg_str(args, count, 0, &s, failure) && change_case(heap, s, 'a', 'A', out, failure);
}

SGR_BUILTIN(lower)
{
    sgr_str s;
    return sgr_arg_str(args, count, 0, &s, failure) && change_case(heap, s, 'A', 'a', out, failure);
}

SGR_BUILTIN(trim)
{
    sgr_str s, cut = SGR_STR(" \t\r\n");
    if (!sgr_arg_str(args, count, 0, &s, failure) ||
        (!sgr_is_absent(sgr_arg(args, count, 1)) && !sgr_arg_str(args, count, 1, &cut, failure))) {
        return false;
    }
    while (s.len > 0 && memchr(cut.ptr, s.ptr[0], cut.len) != NULL) {
        s = (sgr_str){s.ptr + 1, s.len - 1};
    }
    while (s.len > 0 && memchr(cut.ptr, s.ptr[s.len - 1], cut.len) != NULL) {
        s.len--;
    }
    *out = sgr_string(heap, s);
    return true;
}

SGR_BUILTIN(starts_with)
{
    sgr_str s, prefix;
    (void)heap;
    if (!sgr_arg_str(args, count, 0, &s, failure) ||
        !sgr_arg_str(args, count, 1, &prefix, failure)) {
        return false;
    }
    *out = sgr_bool(sgr_str_starts_with(s, prefix));
    return true;
}

SGR_BUILTIN(ends_with)
{
    sgr_str s, suffix;
    (void)heap;
    if (!sgr_arg_str(args, count, 0, &s, failure) ||
        !sgr_arg_str(args, count, 1, &suffix, failure)) {
        return false;
    }
    *out = sgr_bool(sgr_str_ends_with(s, suffix));
    return true;
}

/* The compiler puts the files in the place of the call; what is left is the function as a value. */
SGR_BUILTIN(manifests)
{
    (void)heap;
    (void)args;
    (void)count;
    (void)out;
    return sgr_fail(failure, "type",
                    "files are read when a script is compiled: write manifests(\"k8s/*.yaml\")");
}

SGR_BUILTIN(accepted)
{
    static const struct {
        const char *kind;
        bool (*takes)(sgr_str s);
    } kinds[] = {{"name", sgr_is_name},
                 {"port_name", sgr_is_port_name},
                 {"label_key", sgr_is_label_key},
                 {"label_value", sgr_is_label_value},
                 {"image", sgr_is_image}};
    sgr_str kind;
    (void)heap;
    if (!sgr_arg_str(args, count, 0, &kind, failure)) {
        return false;
    }
    sgr_value value = sgr_arg(args, count, 1);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (sgr_str_is(kind, kinds[i].kind)) {
            *out = sgr_bool(value.tag == SGR_STRING && kinds[i].takes(sgr_string_of(value)));
            return true;
        }
    }
    bool scalar = value.tag > SGR_ABSENT && value.tag <= SGR_STRING;
    *out = sgr_bool(
        scalar || (value.tag == SGR_RECORD && !sgr_is_absent(sgr_field(value, SGR_STR("secret")))));
    return sgr_str_is(kind, "env") ||
           sgr_fail(failure, "type", "nothing is accepted as %.*s", SGR_FMT(kind));
}

SGR_BUILTIN(kebab)
{
    sgr_str s;
    struct sgr_buf text;
    if (!sgr_arg_str(args, count, 0, &s, failure)) {
        return false;
    }
    sgr_buf_init(&text, SGR_TEXT_MAX);
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        bool capital = c >= 'A' && c <= 'Z';
        bool letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        bool after_small = i > 0 && s.ptr[i - 1] >= 'a' && s.ptr[i - 1] <= 'z';
        if ((capital && after_small) ||
            (!capital && !letter && text.len > 0 && text.ptr[text.len - 1] != '-')) {
            sgr_buf_byte(&text, '-');
        }
        if (capital || letter) {
            sgr_buf_byte(&text, capital ? (char)(c - 'A' + 'a') : c);
        }
    }
    while (text.len > 0 && text.ptr[text.len - 1] == '-') {
        text.len--;
    }
    return give(heap, &text, out, failure);
}

SGR_BUILTIN(text)
{
    struct sgr_buf buf;
    sgr_buf_init(&buf, SGR_TEXT_MAX);
    sgr_value_print(sgr_arg(args, count, 0), &buf);
    return give(heap, &buf, out, failure);
}

SGR_BUILTIN(json)
{
    struct sgr_buf buf;
    sgr_buf_init(&buf, SGR_TEXT_MAX);
    if (!sgr_value_json(sgr_arg(args, count, 0), &buf)) {
        sgr_buf_release(&buf);
        return sgr_fail(failure, "type", "a function has no JSON form");
    }
    return give(heap, &buf, out, failure);
}

/* The value at a path of keys separated by dots, or ABSENT. */
static sgr_value at_path(sgr_value value, sgr_str path)
{
    for (size_t from = 0, to; from < path.len && !sgr_is_absent(value); from = to + 1) {
        const char *dot = memchr(path.ptr + from, '.', path.len - from);
        to = dot == NULL ? path.len : (size_t)(dot - path.ptr);
        value = sgr_field(value, (sgr_str){path.ptr + from, to - from});
    }
    return value;
}

/* A path in two: what stands before the last dot, and the key behind it. */
struct place {
    sgr_str parent, key;
    bool same; /* the parent is that of the place before */
};
struct places {
    SGR_VEC(struct place) rows;
};

static bool places_of(sgr_value paths, struct places *places, struct sgr_failure *failure)
{
    for (size_t i = 0; i < sgr_count_of(paths); i++) {
        sgr_value path = sgr_item(paths, i);
        if (path.tag != SGR_STRING) {
            return sgr_fail(failure, "type", "a path is a string, not a %s",
                            sgr_tag_name(path.tag));
        }
        sgr_str text = sgr_string_of(path);
        const char *dot = text.len > 0 ? memrchr(text.ptr, '.', text.len) : NULL;
        size_t length = dot == NULL ? 0 : (size_t)(dot - text.ptr),
               key = dot == NULL ? 0 : length + 1;
        struct place place = {{text.ptr, length}, {text.ptr + key, text.len - key}, false};
        place.same = i > 0 && sgr_str_equal(place.parent, places->rows.at[i - 1].parent);
        sgr_vec_push(&places->rows, place);
    }
    return true;
}

static void stamp_of(sgr_value object, const struct places *places, struct sgr_buf *buf)
{
    sgr_value parent = sgr_absent();
    for (size_t i = 0; i < places->rows.len; i++) {
        const struct place *place = &places->rows.at[i];
        parent = place->same ? parent : at_path(object, place->parent);
        sgr_value found = sgr_field(parent, place->key);
        if (!sgr_is_absent(found) && !sgr_value_json(found, buf)) {
            sgr_buf_cstr(buf, "fn");
        }
        sgr_buf_byte(buf, ',');
    }
    sgr_buf_byte(buf, '\n');
}

SGR_BUILTIN(stamp)
{
    sgr_value objects, paths;
    struct places places = {0};
    struct sgr_buf buf;
    if (!sgr_arg_list(args, count, 0, &objects, failure) ||
        !sgr_arg_list(args, count, 1, &paths, failure) || !places_of(paths, &places, failure)) {
        sgr_vec_release(&places.rows);
        return false;
    }
    sgr_buf_init(&buf, SGR_TEXT_MAX);
    for (size_t i = 0; i < sgr_count_of(objects) && !buf.full; i++) {
        stamp_of(sgr_item(objects, i), &places, &buf);
    }
    sgr_vec_release(&places.rows);
    return give(heap, &buf, out, failure);
}

SGR_BUILTIN(sha256)
{
    sgr_value value = sgr_arg(args, count, 0);
    char hex[SGR_SHA256_HEX];
    struct sgr_buf buf;
    sgr_buf_init(&buf, SGR_TEXT_MAX);
    bool ok = true;
    if (value.tag == SGR_STRING) {
        sgr_sha256_hex(sgr_string_of(value), hex);
    } else {
        ok = sgr_value_json(value, &buf) && !buf.full;
        sgr_sha256_hex(sgr_buf_str(&buf), hex);
    }
    sgr_buf_release(&buf);
    if (!ok) {
        return sgr_fail(failure, "type", "a function has no digest");
    }
    *out = sgr_string(heap, sgr_str_from(hex));
    return true;
}

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

SGR_BUILTIN(base64)
{
    sgr_str s;
    struct sgr_buf text;
    if (!sgr_arg_str(args, count, 0, &s, failure)) {
        return false;
    }
    sgr_buf_init(&text, SGR_TEXT_MAX);
    for (size_t i = 0; i < s.len; i += 3) {
        uint32_t group = 0;
        for (size_t k = 0; k < 3; k++) {
            group = group << 8 | (i + k < s.len ? (unsigned char)s.ptr[i + k] : 0);
        }
        for (size_t k = 0; k < 4; k++) {
            sgr_buf_byte(&text, i + k > s.len ? '=' : alphabet[group >> (18 - 6 * k) & 63]);
        }
    }
    return give(heap, &text, out, failure);
}

SGR_BUILTIN(base64_decode)
{
    sgr_str s;
    struct sgr_buf text;
    uint32_t group = 0, bits = 0;
    if (!sgr_arg_str(args, count, 0, &s, failure)) {
        return false;
    }
    bool ok = s.len % 4 == 0;
    for (int k = 0; k < 2 && s.len > 0 && s.ptr[s.len - 1] == '='; k++) {
        s.len--;
    }
    sgr_buf_init(&text, SGR_TEXT_MAX);
    for (size_t i = 0; ok && i < s.len; i++) {
        const char *hit = memchr(alphabet, s.ptr[i], sizeof alphabet - 1);
        ok = hit != NULL;
        group = group << 6 | (ok ? (uint32_t)(hit - alphabet) : 0);
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            sgr_buf_byte(&text, (char)(group >> bits));
        }
    }
    if (!ok) {
        sgr_buf_release(&text);
        return sgr_fail(failure, "value", "this is not base64");
    }
    return give(heap, &text, out, failure);
}
