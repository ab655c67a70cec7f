/* Built-in functions over lists, maps and records. Results share what they can with the arguments.
 */
#include "stdlib/builtin.h"

#include <stdlib.h>

#include "vm/arith.h"
#include "vm/object.h"

SGR_BUILTIN(len)
{
    sgr_value x = sgr_arg(args, count, 0);
    (void)heap;
    if (x.tag == SGR_STRING) {
        sgr_str s = sgr_string_of(x);
        int64_t characters = 0;
        for (size_t i = 0; i < s.len; i++) {
            characters += ((unsigned char)s.ptr[i] & 0xc0) != 0x80;
        }
        *out = sgr_int(characters);
        return true;
    }
    if (x.tag != SGR_LIST && x.tag != SGR_RECORD) {
        return sgr_fail(failure, "type", "a %s has no length", sgr_tag_name(x.tag));
    }
    *out = sgr_int((int64_t)sgr_count_of(x));
    return true;
}

static bool list_has(sgr_value list, sgr_value item)
{
    for (size_t i = 0; i < sgr_count_of(list); i++) {
        if (sgr_value_equal(sgr_item(list, i), item)) {
            return true;
        }
    }
    return false;
}

SGR_BUILTIN(contains)
{
    sgr_value xs = sgr_arg(args, count, 0), x = sgr_arg(args, count, 1);
    (void)heap;
    if (xs.tag == SGR_LIST) {
        *out = sgr_bool(list_has(xs, x));
    } else if (xs.tag == SGR_RECORD && x.tag == SGR_STRING) {
        *out = sgr_bool(!sgr_is_absent(sgr_field(xs, sgr_string_of(x))));
    } else if (xs.tag == SGR_STRING && x.tag == SGR_STRING) {
        sgr_str s = sgr_string_of(xs), part = sgr_string_of(x);
        *out = sgr_bool(memmem(s.ptr, s.len, part.ptr, part.len) != NULL);
    } else {
        return sgr_fail(failure, "type", "a %s cannot contain a %s", sgr_tag_name(xs.tag),
                        sgr_tag_name(x.tag));
    }
    return true;
}

static int64_t clip(int64_t at, size_t length)
{
    return at < 0 ? 0 : (uint64_t)at > length ? (int64_t)length : at;
}

/* Byte offset of a character. */
static size_t character(sgr_str s, int64_t index)
{
    size_t at = 0;
    for (; index > 0 && at < s.len; index--) {
        at++;
        while (at < s.len && ((unsigned char)s.ptr[at] & 0xc0) == 0x80) {
            at++;
        }
    }
    return at;
}

SGR_BUILTIN(slice)
{
    sgr_value xs = sgr_arg(args, count, 0), from = sgr_arg(args, count, 1),
              to = sgr_arg(args, count, 2);
    if (from.tag != SGR_INT || (to.tag != SGR_INT && to.tag != SGR_ABSENT)) {
        return sgr_fail(failure, "type", "slice takes ints");
    }
    if (xs.tag == SGR_LIST) {
        size_t n = sgr_count_of(xs);
        int64_t a = clip(from.as.i, n), b = to.tag == SGR_INT ? clip(to.as.i, n) : (int64_t)n;
        SGR_VEC(sgr_value) items = {0};
        for (int64_t i = a; i < b; i++) {
            sgr_vec_push(&items, sgr_item(xs, (size_t)i));
        }
        *out = sgr_list(heap, items.at, items.len);
        sgr_vec_release(&items);
        return true;
    }
    if (xs.tag != SGR_STRING) {
        return sgr_fail(failure, "type", "cannot slice a %s", sgr_tag_name(xs.tag));
    }
    sgr_str s = sgr_string_of(xs);
    size_t a = character(s, from.as.i), b = to.tag == SGR_INT ? character(s, to.as.i) : s.len;
    *out = sgr_string(heap, (sgr_str){s.ptr + a, b > a ? b - a : 0});
    return true;
}

/* ---- order ---- */

static bool merge_sort(sgr_value *at, sgr_value *spare, size_t count, struct sgr_failure *failure)
{
    if (count < 2) {
        return true;
    }
    size_t half = count / 2, i = 0, j = half, k = 0;
    if (!merge_sort(at, spare, half, failure) ||
        !merge_sort(at + half, spare, count - half, failure)) {
        return false;
    }
    while (i < half && j < count) {
        int order;
        if (!sgr_value_order(at[i], at[j], &order, failure)) {
            return false;
        }
        spare[k++] = order <= 0 ? at[i++] : at[j++];
    }
    while (i < half) {
        spare[k++] = at[i++];
    }
    while (j < count) {
        spare[k++] = at[j++];
    }
    memcpy(at, spare, count * sizeof *at);
    return true;
}

static sgr_value *items_of(sgr_value list)
{
    size_t n = sgr_count_of(list);
    sgr_value *items = sgr_calloc(n, sizeof *items);
    for (size_t i = 0; i < n; i++) {
        items[i] = sgr_item(list, i);
    }
    return items;
}

SGR_BUILTIN(sort)
{
    sgr_value list;
    if (!sgr_arg_list(args, count, 0, &list, failure)) {
        return false;
    }
    size_t n = sgr_count_of(list);
    sgr_value *items = items_of(list), *spare = sgr_calloc(n, sizeof *spare);
    bool ok = merge_sort(items, spare, n, failure);
    if (ok) {
        *out = sgr_list(heap, items, n);
    }
    free(items);
    free(spare);
    return ok;
}

SGR_BUILTIN(unique)
{
    sgr_value list;
    struct sgr_map seen = {0};
    if (!sgr_arg_list(args, count, 0, &list, failure)) {
        return false;
    }
    struct sgr_arena *arena = sgr_arena_new();
    SGR_VEC(sgr_value) kept = {0};
    bool ok = true;
    for (size_t i = 0; ok && i < sgr_count_of(list); i++) {
        struct sgr_buf text;
        sgr_buf_init(&text, SGR_TEXT_MAX);
        sgr_buf_printf(&text, "%u:", sgr_item(list, i).tag);
        sgr_value_json(sgr_item(list, i), &text);
        ok = !text.full ||
             sgr_fail(failure, "limit", "an item of more than %d MiB", SGR_TEXT_MAX >> 20);
        if (ok && !sgr_map_has(&seen, sgr_buf_str(&text))) {
            sgr_map_set(&seen, sgr_arena_str(arena, sgr_buf_str(&text)), arena);
            sgr_vec_push(&kept, sgr_item(list, i));
        }
        sgr_buf_release(&text);
    }
    if (ok) {
        *out = sgr_list(heap, kept.at, kept.len);
    }
    sgr_vec_release(&kept);
    sgr_map_release(&seen);
    sgr_arena_free(arena);
    return ok;
}

SGR_BUILTIN(reverse)
{
    sgr_value list;
    if (!sgr_arg_list(args, count, 0, &list, failure)) {
        return false;
    }
    size_t n = sgr_count_of(list);
    sgr_value *items = sgr_calloc(n, sizeof *items);
    for (size_t i = 0; i < n; i++) {
        items[i] = sgr_item(list, n - 1 - i);
    }
    *out = sgr_list(heap, items, n);
    free(items);
    return true;
}

static bool extreme(const sgr_value *args, size_t count, int sign, sgr_value *out,
                    struct sgr_failure *failure)
{
    sgr_value list;
    if (!sgr_arg_list(args, count, 0, &list, failure)) {
        return false;
    }
    if (sgr_count_of(list) == 0) {
        return sgr_fail(failure, "value", "an empty list has no %s",
                        sign < 0 ? "smallest item" : "largest item");
    }
    *out = sgr_item(list, 0);
    for (size_t i = 1; i < sgr_count_of(list); i++) {
        int order;
        if (!sgr_value_order(sgr_item(list, i), *out, &order, failure)) {
            return false;
        }
        *out = order * sign > 0 ? sgr_item(list, i) : *out;
    }
    return true;
}

SGR_BUILTIN(min)
{
    (void)heap;
    return extreme(args, count, -1, out, failure);
}

SGR_BUILTIN(max)
{
    (void)heap;
    return extreme(args, count, 1, out, failure);
}

SGR_BUILTIN(sum)
{
    sgr_value list;
    if (!sgr_arg_list(args, count, 0, &list, failure)) {
        return false;
    }
    *out = sgr_int(0);
    for (size_t i = 0; i < sgr_count_of(list); i++) {
        if (i == 0) {
            *out = sgr_item(list, 0);
        } else if (!sgr_value_add(heap, *out, sgr_item(list, i), out, failure)) {
            return false;
        }
    }
    return true;
}

SGR_BUILTIN(flatten)
{
    sgr_value list;
    SGR_VEC(sgr_value) items = {0};
    if (!sgr_arg_list(args, count, 0, &list, failure)) {
        return false;
    }
    for (size_t i = 0; i < sgr_count_of(list); i++) {
        sgr_value inner = sgr_item(list, i);
        for (size_t k = 0; inner.tag == SGR_LIST && k < sgr_count_of(inner); k++) {
            sgr_vec_push(&items, sgr_item(inner, k));
        }
    }
    *out = sgr_list(heap, items.at, items.len);
    sgr_vec_release(&items);
    return true;
}

static bool scan(const sgr_value *args, size_t count, bool wanted, sgr_value *out,
                 struct sgr_failure *failure)
{
    sgr_value list;
    if (!sgr_arg_list(args, count, 0, &list, failure)) {
        return false;
    }
    *out = sgr_bool(!wanted);
    for (size_t i = 0; i < sgr_count_of(list); i++) {
        if ((sgr_item(list, i).as.i != 0) == wanted) {
            *out = sgr_bool(wanted);
        }
    }
    return true;
}

SGR_BUILTIN(any)
{
    (void)heap;
    return scan(args, count, true, out, failure);
}

SGR_BUILTIN(all)
{
    (void)heap;
    return scan(args, count, false, out, failure);
}

/* ---- records ---- */

static bool arg_record(const sgr_value *args, size_t count, size_t index, sgr_value *out,
                       struct sgr_failure *failure)
{
    *out = sgr_arg(args, count, index);
    return out->tag == SGR_RECORD ||
           sgr_fail(failure, "type", "expected a record, found a %s", sgr_tag_name(out->tag));
}

SGR_BUILTIN(keys)
{
    sgr_value record;
    SGR_VEC(sgr_value) items = {0};
    if (!arg_record(args, count, 0, &record, failure)) {
        return false;
    }
    for (size_t i = 0; i < sgr_count_of(record); i++) {
        sgr_vec_push(&items, sgr_key_value(record, i));
    }
    *out = sgr_list(heap, items.at, items.len);
    sgr_vec_release(&items);
    return true;
}

SGR_BUILTIN(values)
{
    sgr_value record;
    SGR_VEC(sgr_value) items = {0};
    if (!arg_record(args, count, 0, &record, failure)) {
        return false;
    }
    for (size_t i = 0; i < sgr_count_of(record); i++) {
        sgr_vec_push(&items, sgr_field_at(record, i));
    }
    *out = sgr_list(heap, items.at, items.len);
    sgr_vec_release(&items);
    return true;
}

SGR_BUILTIN(has)
{
    sgr_str key;
    (void)heap;
    if (!sgr_arg_str(args, count, 1, &key, failure)) {
        return false;
    }
    *out = sgr_bool(!sgr_is_absent(sgr_field(sgr_arg(args, count, 0), key)));
    return true;
}

enum { MERGE_DEPTH_MAX = 200 };

static sgr_value open_copy(struct sgr_heap *heap, sgr_value record)
{
    sgr_value builder = sgr_open_record(heap);
    for (size_t i = 0; i < sgr_count_of(record); i++) {
        sgr_open_record_set(heap, builder, sgr_key_value(record, i), sgr_field_at(record, i));
    }
    return builder;
}

/* Where much is shared the result can be far larger than both: it is given up when the heap
 * is full. */
static sgr_value merged(struct sgr_heap *heap, sgr_value a, sgr_value b, int depth)
{
    if (a.tag != SGR_RECORD || b.tag != SGR_RECORD || depth == 0 || a.as.record == b.as.record ||
        sgr_heap_exhausted(heap)) {
        return b;
    }
    if (sgr_count_of(a) == 0 || sgr_count_of(b) == 0) {
        return sgr_count_of(a) == 0 ? b : a;
    }
    sgr_value builder = open_copy(heap, a);
    for (size_t i = 0; i < sgr_count_of(b); i++) {
        sgr_value old = sgr_field(a, sgr_key(b, i));
        sgr_value value = sgr_is_absent(old) ? sgr_field_at(b, i)
                                             : merged(heap, old, sgr_field_at(b, i), depth - 1);
        sgr_open_record_set(heap, builder, sgr_key_value(b, i), value);
    }
    return sgr_open_record_close(heap, builder);
}

SGR_BUILTIN(merge)
{
    sgr_value total;
    if (!arg_record(args, count, 0, &total, failure)) {
        return false;
    }
    for (size_t i = 1; i < count; i++) {
        sgr_value next = args[i];
        if (next.tag == SGR_ABSENT) {
            continue;
        }
        if (!arg_record(args, count, i, &next, failure)) {
            return false;
        }
        total = merged(heap, total, next, MERGE_DEPTH_MAX);
        if (sgr_heap_exhausted(heap)) {
            return sgr_heap_full(heap, failure);
        }
    }
    *out = total;
    return true;
}

SGR_BUILTIN(overlay)
{
    sgr_value below, above;
    if (!arg_record(args, count, 0, &below, failure) ||
        !arg_record(args, count, 1, &above, failure)) {
        return false;
    }
    sgr_value builder = open_copy(heap, below);
    for (size_t i = 0; i < sgr_count_of(above); i++) {
        sgr_open_record_set(heap, builder, sgr_key_value(above, i), sgr_field_at(above, i));
    }
    *out = sgr_open_record_close(heap, builder);
    return true;
}

SGR_BUILTIN(omit)
{
    sgr_value record, keys;
    if (!arg_record(args, count, 0, &record, failure) ||
        !sgr_arg_list(args, count, 1, &keys, failure)) {
        return false;
    }
    sgr_value builder = sgr_open_record(heap);
    for (size_t i = 0; i < sgr_count_of(record); i++) {
        if (!list_has(keys, sgr_key_value(record, i))) {
            sgr_open_record_set(heap, builder, sgr_key_value(record, i), sgr_field_at(record, i));
        }
    }
    *out = sgr_open_record_close(heap, builder);
    return true;
}

SGR_BUILTIN(ref)
{
    static const char *const names[] = {"apiVersion", "kind", "name", "namespace"};
    struct sgr_record_builder record;
    (void)failure;
    sgr_record_begin(&record, heap);
    for (size_t i = 0; i < 4; i++) {
        sgr_record_set(&record, sgr_str_from(names[i]), sgr_arg(args, count, i));
    }
    *out = sgr_record_end(&record);
    return true;
}

static bool range_end(const sgr_value *args, size_t count, bool from, sgr_value *out,
                      struct sgr_failure *failure)
{
    sgr_value range = sgr_arg(args, count, 0);
    if (range.tag != SGR_RANGE) {
        return sgr_fail(failure, "type", "expected a range, found a %s", sgr_tag_name(range.tag));
    }
    *out = from ? sgr_range_from(range) : sgr_range_to(range);
    return true;
}

SGR_BUILTIN(from)
{
    (void)heap;
    return range_end(args, count, true, out, failure);
}

SGR_BUILTIN(to)
{
    (void)heap;
    return range_end(args, count, false, out, failure);
}
