/* YAML as values, by libyaml's events. Strict where other readers guess: duplicate keys, keys that
 * are no strings, unknown tags and merge keys are errors with their place. Must never recurse
 * deeper than the limit, never build more than the budget from aliases, and never let libyaml's
 * types out. */
#include "k8s/codec.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <yaml.h>

#include "base/quantity.h"

enum { ALIAS_BUDGET = 100000, TEXT_MAX = 256 << 20 };

struct anchor {
    char *name;
    sgr_value value;
    size_t nodes; /* how many nodes it stands for, aliases inside it included */
};

struct reader {
    yaml_parser_t parser;
    struct sgr_heap *heap;
    struct sgr_error *error;
    SGR_VEC(struct anchor) anchors;
    size_t nodes;   /* read so far, aliases counted as what they stand for */
    size_t aliased; /* of these, through aliases */
};

static bool read_node(struct reader *reader, yaml_event_t *event, size_t depth, sgr_value *out);

static bool fail_at(struct reader *reader, yaml_mark_t mark, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static bool fail_at(struct reader *reader, yaml_mark_t mark, const char *format, ...)
{
    struct sgr_buf text;
    va_list args;
    va_start(args, format);
    sgr_buf_init(&text, 4096);
    sgr_buf_vprintf(&text, format, args);
    va_end(args);
    sgr_error_set(reader->error, "line %zu, column %zu: %s", mark.line + 1, mark.column + 1,
                  text.ptr);
    sgr_buf_release(&text);
    return false;
}

static bool next(struct reader *reader, yaml_event_t *event)
{
    if (yaml_parser_parse(&reader->parser, event)) {
        return true;
    }
    const yaml_parser_t *parser = &reader->parser;
    if (parser->error == YAML_MEMORY_ERROR) {
        sgr_oom();
    }
    const char *problem = parser->problem ? parser->problem : "no YAML";
    if (parser->error == YAML_READER_ERROR) {
        return sgr_error_set(reader->error, "byte %zu: %s", parser->problem_offset, problem);
    }
    return fail_at(reader, parser->problem_mark, "%s%s%s", parser->context ? parser->context : "",
                   parser->context ? ", " : "", problem);
}

static sgr_str scalar_text(const yaml_event_t *event)
{
    return (sgr_str){(const char *)event->data.scalar.value, event->data.scalar.length};
}

static bool is_one_of(sgr_str s, const char *a, const char *b, const char *c)
{
    return sgr_str_is(s, a) || sgr_str_is(s, b) || sgr_str_is(s, c);
}

static size_t digits_of(sgr_str s, size_t at)
{
    size_t from = at;
    while (at < s.len && s.ptr[at] >= '0' && s.ptr[at] <= '9') {
        at++;
    }
    return at - from;
}

/* The core schema's numbers: an optional sign, digits with at most one dot, an optional exponent.
 */
static bool is_core_number(sgr_str s, bool *is_int)
{
    size_t at = s.len > 0 && (s.ptr[0] == '-' || s.ptr[0] == '+') ? 1 : 0;
    size_t whole = digits_of(s, at), fraction = 0;
    at += whole;
    *is_int = at == s.len && whole > 0;
    if (at < s.len && s.ptr[at] == '.') {
        fraction = digits_of(s, at + 1);
        at += 1 + fraction;
    }
    if (whole + fraction == 0) {
        return false;
    }
    if (at < s.len && (s.ptr[at] == 'e' || s.ptr[at] == 'E')) {
        at++;
        at += at < s.len && (s.ptr[at] == '-' || s.ptr[at] == '+') ? 1 : 0;
        size_t exponent = digits_of(s, at);
        if (exponent == 0) {
            return false;
        }
        at += exponent;
    }
    return at == s.len;
}

static bool read_based(sgr_str s, unsigned shift, int64_t *value)
{
    uint64_t n = 0;
    if (s.len < 3) {
        return false;
    }
    for (size_t i = 2; i < s.len; i++) {
        char c = s.ptr[i];
        unsigned digit = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
                         : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10)
                         : c >= 'A' && c <= 'F' ? (unsigned)(c - 'A' + 10)
                                                : 99;
        if (digit >= 1u << shift || n >> (63 - shift) != 0) {
            return false;
        }
        n = n << shift | digit;
    }
    *value = (int64_t)n;
    return true;
}

/* strtod wants a NUL and the C locale's dot; the text was checked before. */
static double number_of(sgr_str s)
{
    double value = 0;
    sgr_str unsigned_part = s.ptr[0] == '+' ? (sgr_str){s.ptr + 1, s.len - 1} : s;
    if (sgr_read_number(unsigned_part, &value)) {
        return value;
    }
    char copy[512];
    snprintf(copy, sizeof copy, "%.*s", SGR_FMT(unsigned_part));
    return strtod(copy, NULL);
}

/* A plain scalar by the core schema; ABSENT for null. */
static bool resolve_plain(struct reader *reader, const yaml_event_t *event, sgr_value *out)
{
    sgr_str s = scalar_text(event);
    bool is_int;
    int64_t based;
    if (s.len == 0 || sgr_str_is(s, "~") || is_one_of(s, "null", "Null", "NULL")) {
        *out = sgr_absent();
    } else if (is_one_of(s, "true", "True", "TRUE")) {
        *out = sgr_bool(true);
    } else if (is_one_of(s, "false", "False", "FALSE")) {
        *out = sgr_bool(false);
    } else if (s.len > 2 && s.ptr[0] == '0' &&
               ((s.ptr[1] == 'x' && read_based(s, 4, &based)) ||
                (s.ptr[1] == 'o' && read_based(s, 3, &based)))) {
        *out = sgr_int(based);
    } else if (is_core_number(s, &is_int)) {
        sgr_str digits = s.ptr[0] == '+' ? (sgr_str){s.ptr + 1, s.len - 1} : s;
        int64_t i = 0;
        if (is_int) {
            char copy[512];
            char *end;
            errno = 0;
            snprintf(copy, sizeof copy, "%.*s", SGR_FMT(digits));
            i = strtoll(copy, &end, 10);
            if (errno != 0 || *end != '\0') {
                return fail_at(reader, event->start_mark, "the number %.*s does not fit 64 bits",
                               SGR_FMT(s));
            }
            *out = sgr_int(i);
        } else {
            *out = sgr_number(number_of(s));
        }
    } else if (is_one_of(s, ".inf", ".Inf", ".INF") || is_one_of(s, ".nan", ".NaN", ".NAN") ||
               is_one_of(s, "-.inf", "-.Inf", "-.INF") || is_one_of(s, "+.inf", "+.Inf", "+.INF")) {
        return fail_at(reader, event->start_mark,
                       "%.*s is no number that Kubernetes knows; quote it "
                       "if it is text",
                       SGR_FMT(s));
    } else {
        *out = sgr_string(reader->heap, s);
    }
    return true;
}

static bool read_scalar(struct reader *reader, const yaml_event_t *event, sgr_value *out)
{
    const char *tag = (const char *)event->data.scalar.tag;
    bool text = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    if (tag != NULL) {
        if (strcmp(tag, YAML_STR_TAG) == 0 || strcmp(tag, "!") == 0) {
            text = true;
        } else if (strcmp(tag, YAML_INT_TAG) == 0 || strcmp(tag, YAML_FLOAT_TAG) == 0 ||
                   strcmp(tag, YAML_BOOL_TAG) == 0 || strcmp(tag, YAML_NULL_TAG) == 0) {
            text = false;
        } else {
            return fail_at(reader, event->start_mark, "the tag %s is not supported", tag);
        }
    }
    if (text) {
        *out = sgr_string(reader->heap, scalar_text(event));
        return true;
    }
    return resolve_plain(reader, event, out);
}

static bool check_collection_tag(struct reader *reader, const yaml_event_t *event, const char *tag,
                                 const char *expected)
{
    return tag == NULL || strcmp(tag, expected) == 0 || strcmp(tag, "!") == 0 ||
           fail_at(reader, event->start_mark, "the tag %s is not supported", tag);
}

static bool read_list(struct reader *reader, size_t depth, sgr_value *out)
{
    SGR_VEC(sgr_value) items = {0};
    bool ok = true;
    for (;;) {
        yaml_event_t event;
        sgr_value item = sgr_absent();
        if (!(ok = next(reader, &event))) {
            break;
        }
        bool end = event.type == YAML_SEQUENCE_END_EVENT;
        yaml_mark_t mark = event.start_mark;
        ok = end || read_node(reader, &event, depth + 1, &item);
        yaml_event_delete(&event);
        if (end || !ok) {
            break;
        }
        if (sgr_is_absent(item)) {
            ok = fail_at(reader, mark, "an item of a list is null");
            break;
        }
        sgr_vec_push(&items, item);
    }
    if (ok) {
        *out = sgr_list(reader->heap, items.at, items.len);
    }
    sgr_vec_release(&items);
    return ok;
}

static bool read_key(struct reader *reader, const yaml_event_t *event, struct sgr_map *seen,
                     sgr_value *key)
{
    if (event->type != YAML_SCALAR_EVENT) {
        return fail_at(reader, event->start_mark, "a key is no string");
    }
    sgr_str text = scalar_text(event);
    if (event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && sgr_str_is(text, "<<")) {
        return fail_at(reader, event->start_mark,
                       "merge keys are not supported; write the fields out");
    }
    if (!read_scalar(reader, event, key)) {
        return false;
    }
    if (key->tag != SGR_STRING) {
        return fail_at(reader, event->start_mark, "the key %.*s is no string; quote it",
                       SGR_FMT(text));
    }
    if (sgr_map_set(seen, sgr_string_of(*key), reader) != NULL) {
        return fail_at(reader, event->start_mark, "the key \"%.*s\" is there twice", SGR_FMT(text));
    }
    return true;
}

static bool read_record(struct reader *reader, size_t depth, sgr_value *out)
{
    struct sgr_record_builder builder;
    struct sgr_map seen = {0};
    sgr_record_begin(&builder, reader->heap);
    bool ok = true;
    for (;;) {
        yaml_event_t event;
        sgr_value key = sgr_absent(), value = sgr_absent();
        if (!(ok = next(reader, &event))) {
            break;
        }
        bool end = event.type == YAML_MAPPING_END_EVENT;
        ok = end || read_key(reader, &event, &seen, &key);
        yaml_event_delete(&event);
        if (end || !ok || !(ok = next(reader, &event))) {
            break;
        }
        ok = read_node(reader, &event, depth + 1, &value);
        yaml_event_delete(&event);
        if (!ok) {
            break;
        }
        sgr_record_set(&builder, sgr_string_of(key), value);
    }
    sgr_value record = sgr_record_end(&builder);
    sgr_map_release(&seen);
    *out = record;
    return ok;
}

static bool read_alias(struct reader *reader, const yaml_event_t *event, sgr_value *out)
{
    const char *name = (const char *)event->data.alias.anchor;
    for (size_t i = reader->anchors.len; i-- > 0;) {
        const struct anchor *anchor = &reader->anchors.at[i];
        if (strcmp(anchor->name, name) == 0) {
            reader->nodes += anchor->nodes;
            reader->aliased += anchor->nodes;
            if (reader->aliased > ALIAS_BUDGET) {
                return fail_at(reader, event->start_mark, "aliases stand for more than %d values",
                               ALIAS_BUDGET);
            }
            *out = anchor->value;
            return true;
        }
    }
    return fail_at(reader, event->start_mark, "there is no anchor \"%s\" before this", name);
}

/* Reads the node that begins with `event`, which stays the caller's. */
static bool read_node(struct reader *reader, yaml_event_t *event, size_t depth, sgr_value *out)
{
    size_t before = reader->nodes++;
    const yaml_char_t *anchor = NULL;
    bool ok;
    if (depth > SGR_CODEC_DEPTH_MAX) {
        return fail_at(reader, event->start_mark, "nested more than %d deep", SGR_CODEC_DEPTH_MAX);
    }
    switch (event->type) {
    case YAML_ALIAS_EVENT:
        return read_alias(reader, event, out);
    case YAML_SCALAR_EVENT:
        anchor = event->data.scalar.anchor;
        ok = read_scalar(reader, event, out);
        break;
    case YAML_SEQUENCE_START_EVENT:
        anchor = event->data.sequence_start.anchor;
        ok = check_collection_tag(reader, event, (const char *)event->data.sequence_start.tag,
                                  YAML_SEQ_TAG) &&
             read_list(reader, depth, out);
        break;
    case YAML_MAPPING_START_EVENT:
        anchor = event->data.mapping_start.anchor;
        ok = check_collection_tag(reader, event, (const char *)event->data.mapping_start.tag,
                                  YAML_MAP_TAG) &&
             read_record(reader, depth, out);
        break;
    default:
        return fail_at(reader, event->start_mark, "a value is missing");
    }
    if (ok && anchor != NULL) {
        sgr_vec_push(&reader->anchors, (struct anchor){.name = strdup((const char *)anchor),
                                                       .value = *out,
                                                       .nodes = reader->nodes - before});
    }
    return ok;
}

static void forget_anchors(struct reader *reader)
{
    for (size_t i = 0; i < reader->anchors.len; i++) {
        free(reader->anchors.at[i].name);
    }
    reader->anchors.len = 0;
}

static bool read_stream(struct reader *reader, sgr_value *documents)
{
    SGR_VEC(sgr_value) items = {0};
    bool ok = true, end = false;
    while (ok && !end) {
        yaml_event_t event;
        sgr_value value = sgr_absent();
        if (!(ok = next(reader, &event))) {
            break;
        }
        switch (event.type) {
        case YAML_STREAM_END_EVENT:
            end = true;
            break;
        case YAML_STREAM_START_EVENT:
        case YAML_DOCUMENT_START_EVENT:
            break;
        case YAML_DOCUMENT_END_EVENT:
            forget_anchors(reader);
            break;
        default:
            ok = read_node(reader, &event, 0, &value);
            if (ok && !sgr_is_absent(value)) { /* an empty document is none */
                sgr_vec_push(&items, value);
            }
        }
        yaml_event_delete(&event);
    }
    if (ok) {
        *documents = sgr_list(reader->heap, items.at, items.len);
    }
    sgr_vec_release(&items);
    return ok;
}

bool sgr_yaml_read(struct sgr_heap *heap, sgr_str text, sgr_value *documents,
                   struct sgr_error *error)
{
    struct reader reader = {.heap = heap, .error = error};
    if (text.len > TEXT_MAX) {
        return sgr_error_set(error, "more than %d MiB of YAML", TEXT_MAX >> 20);
    }
    if (!yaml_parser_initialize(&reader.parser)) {
        sgr_oom();
    }
    yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&reader.parser, (const unsigned char *)(text.ptr ? text.ptr : ""),
                                 text.len);
    bool ok = read_stream(&reader, documents);
    forget_anchors(&reader);
    sgr_vec_release(&reader.anchors);
    yaml_parser_delete(&reader.parser);
    return ok;
}
