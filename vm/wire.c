/* Numbers, strings and values as bytes. Never trusts a length. */
#include "vm/wire.h"

#include "vm/image.h"

enum { VALUE_DEPTH_MAX = 500 };

void sgr_write_number(struct sgr_buf *out, uint64_t value)
{
    while (value >= 0x80) {
        sgr_buf_byte(out, (char)(0x80 | (value & 0x7f)));
        value >>= 7;
    }
    sgr_buf_byte(out, (char)value);
}

void sgr_write_signed(struct sgr_buf *out, int64_t value)
{
    sgr_write_number(out, (uint64_t)value << 1 ^ (uint64_t)(value >> 63));
}

void sgr_write_str(struct sgr_buf *out, sgr_str s)
{
    sgr_write_number(out, s.len);
    sgr_buf_add(out, s);
}

static void write_values(struct sgr_buf *out, const sgr_value *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        sgr_write_value(out, values[i]);
    }
}

static void write_builder(struct sgr_buf *out, const struct sgr_builder_object *builder)
{
    sgr_buf_byte(out, builder->is_record);
    sgr_write_number(out, builder->count);
    for (size_t i = 0; i < builder->count; i++) {
        if (builder->is_record) {
            sgr_write_str(out, sgr_string_of(builder->keys[i]));
        }
        sgr_write_value(out, builder->values[i]);
    }
}

void sgr_write_value(struct sgr_buf *out, sgr_value value)
{
    if (out->full) {
        return;
    }
    sgr_buf_byte(out, (char)value.tag);
    switch (value.tag) {
    case SGR_ABSENT:
        break;
    case SGR_NUMBER:
    case SGR_PERCENT:
    case SGR_RATE:
    case SGR_COUNT:
        for (int i = 0; i < 8; i++) {
            sgr_buf_byte(out, (char)((uint64_t)value.as.i >> (8 * i)));
        }
        break;
    case SGR_STRING:
        sgr_write_str(out, sgr_string_of(value));
        break;
    case SGR_LIST:
        sgr_write_number(out, value.as.list->count);
        write_values(out, value.as.list->items, value.as.list->count);
        break;
    case SGR_RECORD:
        sgr_write_number(out, sgr_count_of(value));
        for (size_t i = 0; i < sgr_count_of(value); i++) {
            sgr_write_str(out, sgr_key(value, i));
            sgr_write_value(out, sgr_field_at(value, i));
        }
        break;
    case SGR_RANGE:
        sgr_write_value(out, sgr_range_from(value));
        sgr_write_value(out, sgr_range_to(value));
        break;
    case SGR_FUNCTION:
        sgr_write_number(out, value.as.closure->function);
        sgr_write_number(out, value.as.closure->count);
        write_values(out, value.as.closure->captured, value.as.closure->count);
        break;
    case SGR_BUILDER:
        write_builder(out, value.as.object);
        break;
    default:
        sgr_write_signed(out, value.as.i);
    }
}

uint64_t sgr_read_number_wire(struct sgr_reader *reader)
{
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
        if (reader->bad || reader->at == reader->end) {
            break;
        }
        unsigned char byte = *reader->at++;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            return value;
        }
    }
    reader->bad = true;
    return 0;
}

uint32_t sgr_read_u32(struct sgr_reader *reader)
{
    uint64_t value = sgr_read_number_wire(reader);
    reader->bad = reader->bad || value > UINT32_MAX;
    return reader->bad ? 0 : (uint32_t)value;
}

int64_t sgr_read_signed(struct sgr_reader *reader)
{
    uint64_t value = sgr_read_number_wire(reader);
    return (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
}

size_t sgr_read_count(struct sgr_reader *reader, size_t least)
{
    uint64_t count = sgr_read_number_wire(reader);
    if (count > (uint64_t)(reader->end - reader->at) / least) {
        reader->bad = true;
        return 0;
    }
    return (size_t)count;
}

sgr_str sgr_read_str(struct sgr_reader *reader)
{
    size_t length = sgr_read_count(reader, 1);
    sgr_str s = {(const char *)reader->at, length};
    reader->at += length;
    return s;
}

static sgr_value read_double(struct sgr_reader *reader, enum sgr_tag tag)
{
    uint64_t bits = 0;
    if (reader->end - reader->at < 8) {
        reader->bad = true;
        return sgr_absent();
    }
    for (int i = 0; i < 8; i++) {
        bits |= (uint64_t)*reader->at++ << (8 * i);
    }
    return (sgr_value){.tag = tag, .as.i = (int64_t)bits};
}

static sgr_value read_list(struct sgr_reader *reader, struct sgr_heap *heap, uint32_t functions)
{
    size_t count = sgr_read_count(reader, 1);
    sgr_value builder = sgr_builder_value(heap, false);
    for (size_t i = 0; i < count && !reader->bad; i++) {
        sgr_builder_append(heap, builder, sgr_read_value(reader, heap, functions));
    }
    return sgr_builder_close(heap, builder);
}

static sgr_value read_closure(struct sgr_reader *reader, struct sgr_heap *heap, uint32_t functions)
{
    uint32_t function = sgr_read_u32(reader);
    sgr_value captured = read_list(reader, heap, functions);
    reader->bad = reader->bad || function >= functions;
    return sgr_closure(heap, function, captured.as.list->items, captured.as.list->count);
}

/* Fields one by one; a shape constant has absent values, which a builder would leave out. */
static sgr_value read_record(struct sgr_reader *reader, struct sgr_heap *heap, uint32_t functions)
{
    size_t count = sgr_read_count(reader, 2);
    sgr_value keys = sgr_builder_value(heap, false), values = sgr_builder_value(heap, false);
    for (size_t i = 0; i < count && !reader->bad; i++) {
        sgr_builder_append(heap, keys, sgr_string(heap, sgr_read_str(reader)));
        sgr_builder_append(heap, values, sgr_read_value(reader, heap, functions));
    }
    const struct sgr_builder_object *k = keys.as.object, *v = values.as.object;
    const struct sgr_shape *shape = sgr_shape(heap, k->values, k->count);
    return sgr_record_of_shape(heap, shape, v->values);
}

static sgr_value read_builder(struct sgr_reader *reader, struct sgr_heap *heap, uint32_t functions)
{
    bool is_record = sgr_read_number_wire(reader) != 0;
    size_t count = sgr_read_count(reader, 1);
    sgr_value builder = sgr_builder_value(heap, is_record);
    for (size_t i = 0; i < count && !reader->bad; i++) {
        sgr_value key = is_record ? sgr_string(heap, sgr_read_str(reader)) : sgr_absent();
        sgr_value value = sgr_read_value(reader, heap, functions);
        if (is_record) {
            sgr_builder_set(heap, builder, key, value);
        } else {
            sgr_builder_append(heap, builder, value);
        }
    }
    return builder;
}

static sgr_value read_object(struct sgr_reader *reader, struct sgr_heap *heap, uint32_t functions,
                             uint32_t tag)
{
    switch (tag) {
    case SGR_STRING:
        return sgr_string(heap, sgr_read_str(reader));
    case SGR_LIST:
        return read_list(reader, heap, functions);
    case SGR_RECORD:
        return read_record(reader, heap, functions);
    case SGR_RANGE: {
        sgr_value from = sgr_read_value(reader, heap, functions);
        return sgr_range(heap, from, sgr_read_value(reader, heap, functions));
    }
    case SGR_FUNCTION:
        return read_closure(reader, heap, functions);
    default:
        return read_builder(reader, heap, functions);
    }
}

sgr_value sgr_read_value(struct sgr_reader *reader, struct sgr_heap *heap, uint32_t functions)
{
    if (reader->bad || reader->at == reader->end || *reader->at >= SGR_TAG_COUNT ||
        reader->depth >= VALUE_DEPTH_MAX) {
        reader->bad = true;
        return sgr_absent();
    }
    uint32_t tag = *reader->at++;
    if (tag == SGR_ABSENT) {
        return sgr_absent();
    }
    if (tag >= SGR_NUMBER && tag <= SGR_COUNT) {
        return read_double(reader, tag);
    }
    if (tag < SGR_STRING) {
        return (sgr_value){.tag = tag, .as.i = sgr_read_signed(reader)};
    }
    reader->depth++;
    sgr_value value = read_object(reader, heap, functions, tag);
    reader->depth--;
    return value;
}
