/* Inside vm/: the byte forms of programs and snapshots. Numbers are little-endian base-128, values
 * carry their tag. A reader that meets bad bytes sets `bad` and gives zeros from then on. */
#ifndef SGR_VM_WIRE_H
#define SGR_VM_WIRE_H

#include "vm/object.h"

struct sgr_reader {
    const unsigned char *at, *end;
    bool bad;
    uint32_t depth;
};

void sgr_write_number(struct sgr_buf *out, uint64_t value);
void sgr_write_signed(struct sgr_buf *out, int64_t value);
void sgr_write_str(struct sgr_buf *out, sgr_str s);
void sgr_write_value(struct sgr_buf *out, sgr_value value);

uint64_t sgr_read_number_wire(struct sgr_reader *reader);
uint32_t sgr_read_u32(struct sgr_reader *reader);
int64_t sgr_read_signed(struct sgr_reader *reader);
/* Borrowed from the bytes. */
sgr_str sgr_read_str(struct sgr_reader *reader);
/* `functions`: how many functions a closure may name. */
sgr_value sgr_read_value(struct sgr_reader *reader, struct sgr_heap *heap, uint32_t functions);
/* A count of things of at least `least` bytes each: never more than the bytes that are left. */
size_t sgr_read_count(struct sgr_reader *reader, size_t least);

#endif
