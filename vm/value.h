/* Values: what programs compute with. A value is 16 bytes, by value; what does not fit lies in a
 * heap as an immutable, acyclic object. Law of ownership: a value is valid as long as the heap (or
 * the program, for constants) it came from; sgr_value_copy moves it to another heap. */
#ifndef SGR_VM_VALUE_H
#define SGR_VM_VALUE_H

#include "base/base.h"

/* The kinds of values. Quantities carry their unit as the tag. */
enum sgr_tag {
    SGR_ABSENT,   /* no value: a missing field under `??`; never seen by a user */
    SGR_BOOL,     /* i: 0 or 1 */
    SGR_INT,      /* i */
    SGR_DURATION, /* i: milliseconds */
    SGR_CPU,      /* i: thousandths of a core */
    SGR_MEMORY,   /* i: bytes */
    SGR_NUMBER,   /* f */
    SGR_PERCENT,  /* f: points, 5% is 5.0 */
    SGR_RATE,     /* f: events a second */
    SGR_COUNT,    /* f: a cumulative count */
    SGR_STRING,
    SGR_LIST,
    SGR_RECORD,   /* records, maps and objects: string keys in insertion order */
    SGR_RANGE,    /* from, to: both included */
    SGR_FUNCTION, /* a closure */
    SGR_BUILDER,  /* a list or record under construction; lives in one register, never escapes */
    SGR_TAG_COUNT
};

typedef struct sgr_value {
    uint32_t tag;
    uint32_t reserved;
    union {
        int64_t i;
        double f;
        const struct sgr_string_object *string;
        const struct sgr_list_object *list;
        const struct sgr_record_object *record;
        const struct sgr_range_object *range;
        const struct sgr_closure_object *closure;
        void *object;
    } as;
} sgr_value;

struct sgr_heap;

/* limit: bytes that live objects may take; passing it sets the heap's `exhausted` mark and the VM
 * fails the fiber with a sentence. Allocation itself never fails otherwise. */
struct sgr_heap *sgr_heap_new(size_t limit);
void sgr_heap_free(struct sgr_heap *heap);
size_t sgr_heap_used(const struct sgr_heap *heap);
bool sgr_heap_exhausted(const struct sgr_heap *heap);
/* Forgets every object. */
void sgr_heap_reset(struct sgr_heap *heap);

static inline sgr_value sgr_absent(void)
{
    return (sgr_value){.tag = SGR_ABSENT};
}
static inline sgr_value sgr_bool(bool b)
{
    return (sgr_value){.tag = SGR_BOOL, .as.i = b};
}
static inline sgr_value sgr_int(int64_t i)
{
    return (sgr_value){.tag = SGR_INT, .as.i = i};
}
static inline sgr_value sgr_unit_i(enum sgr_tag tag, int64_t i)
{
    return (sgr_value){.tag = tag, .as.i = i};
}
static inline sgr_value sgr_number(double f)
{
    return (sgr_value){.tag = SGR_NUMBER, .as.f = f};
}
static inline sgr_value sgr_unit_f(enum sgr_tag tag, double f)
{
    return (sgr_value){.tag = tag, .as.f = f};
}

sgr_value sgr_string(struct sgr_heap *heap, sgr_str text); /* copies */
sgr_value sgr_range(struct sgr_heap *heap, sgr_value from, sgr_value to);
/* A list of `count` items copied from `items` (values of the same heap or a program). */
sgr_value sgr_list(struct sgr_heap *heap, const sgr_value *items, size_t count);

/* Builds a record field by field; a key that is there already is replaced in its place; an ABSENT
 * value adds nothing. Zero cost until the first field. Nested use is fine. */
struct sgr_record_builder {
    struct sgr_heap *heap;
    SGR_VEC(sgr_value) keys; /* strings */
    SGR_VEC(sgr_value) values;
    struct sgr_map index; /* used beyond a few keys */
};
void sgr_record_begin(struct sgr_record_builder *builder, struct sgr_heap *heap);
void sgr_record_set(struct sgr_record_builder *builder, sgr_str key, sgr_value value);
sgr_value sgr_record_end(struct sgr_record_builder *builder); /* also releases the builder */

/* Readers. Asking for the wrong kind is a bug and aborts. */
sgr_str sgr_string_of(sgr_value value); /* followed by a NUL that does not count */
size_t sgr_count_of(sgr_value value);   /* items of a list, fields of a record */
sgr_value sgr_item(sgr_value list, size_t index);
sgr_str sgr_key(sgr_value record, size_t index);
sgr_value sgr_key_value(sgr_value record, size_t index); /* the key as a string value */
sgr_value sgr_field_at(sgr_value record, size_t index);
/* The field, or ABSENT. Accepts any value: what is no record has no fields. */
sgr_value sgr_field(sgr_value record, sgr_str key);
/* sgr_field along a path of keys separated by '/', for hosts: sgr_path(o, "metadata/name"). */
sgr_value sgr_path(sgr_value value, const char *path);
/* The string at a path, or empty where there is none. */
sgr_str sgr_path_str(sgr_value value, const char *path);
/* The int at a path, or `otherwise`. */
int64_t sgr_path_int(sgr_value value, const char *path, int64_t otherwise);
sgr_value sgr_range_from(sgr_value range);
sgr_value sgr_range_to(sgr_value range);

/* A copy of the record with the field set (ABSENT removes it); shares everything else. */
sgr_value sgr_record_with(struct sgr_heap *heap, sgr_value record, sgr_str key, sgr_value value);
/* The same along a path separated by '/', making records on the way. */
sgr_value sgr_path_with(struct sgr_heap *heap, sgr_value value, const char *path, sgr_value leaf);

bool sgr_is_absent(sgr_value value);
/* Deep equality; INT and NUMBER compare by number, functions by identity. */
bool sgr_value_equal(sgr_value a, sgr_value b);
/* The same, over at most `*parts` parts, of which the rest is left there: with 0 left the values
 * have more, and the answer means nothing. */
enum { SGR_PARTS_MAX = 1 << 24, SGR_TEXT_MAX = 256 << 20 /* bytes of a string */ };
bool sgr_value_equal_within(sgr_value a, sgr_value b, size_t *parts);
/* A deep copy into another heap; functions keep their program. Sharing inside is kept. */
sgr_value sgr_value_copy(struct sgr_heap *heap, sgr_value value);
/* The canonical text of interpolation: strings as they are, quantities with unit, lists and records
 * as in the language. Functions print as "fn". */
void sgr_value_print(sgr_value value, struct sgr_buf *out);
const char *sgr_tag_name(enum sgr_tag tag); /* "duration" */

/* JSON: quantities become their canonical strings (INT, NUMBER, BOOL stay; PERCENT, DURATION, CPU,
 * MEMORY, RATE are strings), COUNT a number, ranges {from, to}, functions are refused (false). Keys
 * keep their order. Used for events, snapshots of objects, hashes. */
bool sgr_value_json(sgr_value value, struct sgr_buf *out);

#endif
