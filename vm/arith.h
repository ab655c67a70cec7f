/* What built-in functions need of the machine's arithmetic and builders: the same unit rules as the
 * operators. */
#ifndef SGR_VM_ARITH_H
#define SGR_VM_ARITH_H

#include "vm/program.h"

/* a + b; fails where the units differ. */
bool sgr_value_add(struct sgr_heap *heap, sgr_value a, sgr_value b, sgr_value *out,
                   struct sgr_failure *failure);
/* -1, 0 or 1 in *order; fails for what has no order. */
bool sgr_value_order(sgr_value a, sgr_value b, int *order, struct sgr_failure *failure);

/* A record under construction in the heap, keys being string values: cheaper than a record builder.
 */
sgr_value sgr_open_record(struct sgr_heap *heap);
void sgr_open_record_set(struct sgr_heap *heap, sgr_value record, sgr_value key, sgr_value value);
sgr_value sgr_open_record_close(struct sgr_heap *heap, sgr_value record);

#endif
