/* Inside k8s/: what a write changed, and how to take exactly that back. Pure: values in, values
 * out. */
#ifndef SGR_K8S_CHANGES_H
#define SGR_K8S_CHANGES_H

#include "vm/value.h"

/* The fields in which `after` differs from `before`, without what the server keeps for itself
 * (status, generation, managedFields...): a list of { path, old, new, at } where an absent `old` or
 * `new` means that the field was not there. A path is a list of keys; an item of a list whose items
 * have names is a record of its names. Where `config` is a record, only fields that it names, and
 * fields that went, count. */
sgr_value sgr_changes(struct sgr_heap *heap, sgr_value before, sgr_value after, sgr_value config);

/* `live` with every change taken back that is still in place. What somebody else has changed since
 * stays, and its path is added to `left` (a list of strings). */
sgr_value sgr_changes_revert(struct sgr_heap *heap, sgr_value live, sgr_value changes,
                             sgr_value *left);

/* Two lists of changes of one object, one after the other, as one: what was there before both, and
 * what is there after both. ABSENT where they cannot be told as one. */
sgr_value sgr_changes_merge(struct sgr_heap *heap, sgr_value older, sgr_value newer);

/* The merge patch (RFC 7386) from one to the other as JSON, with metadata.resourceVersion where it
 * is not NULL. False where nothing differs. */
bool sgr_changes_patch(sgr_value from, sgr_value to, const char *resource_version,
                       struct sgr_buf *out);

/* managedFields as they were, as far as others have not changed them since: entries of `manager` as
 * in `before`, entries of others with the fields of both. */
sgr_value sgr_managed_restored(struct sgr_heap *heap, sgr_value before, sgr_value live,
                               sgr_str manager);

/* An object without what the server keeps for itself: what could be applied again. */
sgr_value sgr_object_bare(struct sgr_heap *heap, sgr_value object);

#endif
