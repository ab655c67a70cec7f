/* The undo log: what the writes of a run replaced, oldest first. Knows nothing of what stands in an
 * entry but its `ref`; never forgets one. */
#include "vm/run.h"

sgr_value sgr_run_undo_log(const struct sgr_run *run)
{
    struct sgr_heap *heap = run->heap;
    sgr_value list = sgr_builder_value(heap, false);
    for (size_t i = 0; i < run->log.len; i++) {
        struct sgr_record_builder row;
        sgr_record_begin(&row, heap);
        sgr_record_set(&row, SGR_STR("group"), run->log.at[i].group);
        sgr_record_set(&row, SGR_STR("entry"), run->log.at[i].entry);
        sgr_record_set(&row, SGR_STR("undone"), sgr_bool(run->log.at[i].undone));
        sgr_builder_append(heap, list, sgr_record_end(&row));
    }
    return sgr_builder_close(heap, list);
}

int64_t sgr_run_undo_left(const struct sgr_run *run)
{
    int64_t left = 0;
    for (size_t i = 0; i < run->log.len; i++) {
        left += !run->log.at[i].undone;
    }
    return left;
}

/* The same by group. */
sgr_value sgr_run_undo_groups(struct sgr_run *run)
{
    sgr_value groups = sgr_builder_close(run->heap, sgr_builder_value(run->heap, true));
    for (size_t i = 0; i < run->log.len; i++) {
        const struct sgr_undo_entry *entry = &run->log.at[i];
        if (entry->undone || entry->group.tag != SGR_STRING) {
            continue;
        }
        sgr_value before = sgr_field(groups, sgr_string_of(entry->group));
        int64_t count = before.tag == SGR_INT ? before.as.i : 0;
        groups =
            sgr_record_with(run->heap, groups, sgr_string_of(entry->group), sgr_int(count + 1));
    }
    return groups;
}

/* Whether a newer write to the same object could not be undone. */
bool sgr_run_is_stuck(const struct sgr_run *run, int64_t index)
{
    sgr_value ref = sgr_field(run->log.at[index].entry, SGR_STR("ref"));
    for (size_t i = (size_t)index + 1; i < run->log.len && !sgr_is_absent(ref); i++) {
        const struct sgr_undo_entry *newer = &run->log.at[i];
        if (newer->stuck && sgr_value_equal(sgr_field(newer->entry, SGR_STR("ref")), ref)) {
            return true;
        }
    }
    return false;
}

/* An object goes back through its writes in their order: one of another group comes first where it
 * is newer than one that is asked for. */
bool sgr_run_is_asked_for(const struct sgr_run *run, int64_t index, sgr_value group)
{
    const struct sgr_undo_entry *entry = &run->log.at[index];
    sgr_value ref = sgr_field(entry->entry, SGR_STR("ref"));
    bool all = group.tag != SGR_STRING || sgr_string_of(group).len == 0;
    bool asked = all || sgr_value_equal(entry->group, group);
    for (int64_t i = 0; i < index && !asked && !sgr_is_absent(ref); i++) {
        const struct sgr_undo_entry *older = &run->log.at[i];
        asked = !older->undone && sgr_value_equal(older->group, group) &&
                sgr_value_equal(sgr_field(older->entry, SGR_STR("ref")), ref);
    }
    return asked;
}

/* The newest write to the same object, where it has the same group and is not undone. */
static struct sgr_undo_entry *same_before(struct sgr_run *run, sgr_value group, sgr_value replaced)
{
    sgr_value ref = sgr_field(replaced, SGR_STR("ref"));
    for (size_t i = run->log.len; i-- > 0 && !sgr_is_absent(ref);) {
        struct sgr_undo_entry *entry = &run->log.at[i];
        if (sgr_value_equal(sgr_field(entry->entry, SGR_STR("ref")), ref)) {
            return !entry->undone && sgr_value_equal(entry->group, group) ? entry : NULL;
        }
    }
    return NULL;
}

static bool merge_replaced(struct sgr_run *run, sgr_value group, sgr_value replaced)
{
    struct sgr_undo_entry *older =
        run->host.ops->merge == NULL ? NULL : same_before(run, group, replaced);
    if (older == NULL) {
        return false;
    }
    sgr_value merged = run->host.ops->merge(run->host.self, run->heap, older->entry, replaced);
    if (sgr_is_absent(merged)) {
        return false;
    }
    older->entry = merged;
    return true;
}

void sgr_run_log_replaced(struct sgr_run *run, sgr_value group, sgr_value replaced)
{
    replaced = sgr_value_copy(run->heap, replaced);
    if (!sgr_is_absent(replaced) && !merge_replaced(run, group, replaced)) {
        sgr_vec_push(&run->log, (struct sgr_undo_entry){group, replaced, false, false});
    }
}
