/* Undoing a run that is over, from what its record remembers. Must never undo twice what was
 * undone, and never run beside a runner of the same rollout. */
#include "k8s/cluster_private.h"

#include <stdlib.h>

#include "k8s/codec.h"

enum { LIMIT_MS = 120000 };

static bool restore(struct sgr_cluster *cluster, sgr_value entry, struct sgr_error *error)
{
    struct sgr_task *op = sgr_calloc(1, sizeof *op);
    int64_t limit = sgr_http_now() + LIMIT_MS;
    op->cluster = cluster;
    op->kind = SGR_EFFECT_RESTORE;
    op->heap = sgr_heap_new((size_t)256 << 20);
    op->args[0] = sgr_value_copy(op->heap, entry);
    op->count = 1;
    op->next = cluster->ops;
    op->link = &cluster->ops;
    if (op->next != NULL) {
        op->next->link = &op->next;
    }
    cluster->ops = op;
    sgr_effect_restore(op);
    while (!op->answered && !cluster->lost && sgr_http_now() < limit) {
        sgr_http_step(cluster->http, limit - sgr_http_now(), -1);
    }
    bool ok = op->answered && op->ok;
    if (!ok) {
        sgr_error_set(error, "%s",
                      op->answered    ? op->text.ptr
                      : cluster->lost ? "the lock was lost"
                                      : "the API server did not answer in time");
    }
    sgr_task_free(op);
    return ok;
}

static bool is_due(sgr_value row, bool traffic)
{
    sgr_value undone = sgr_field(row, SGR_STR("undone"));
    return !(undone.tag == SGR_BOOL && undone.as.i) &&
           sgr_str_is(sgr_path_str(row, "group"), "traffic") == traffic;
}

static bool undo_all(struct sgr_cluster *cluster, struct sgr_heap *heap, sgr_value log,
                     size_t *count, struct sgr_error *error)
{
    bool ok = true;
    SGR_VEC(sgr_value) rows = {0};
    for (size_t i = 0; i < sgr_count_of(log); i++) {
        sgr_vec_push(&rows, sgr_item(log, i));
    }
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = rows.len; i-- > 0;) {
            if (!is_due(rows.at[i], pass == 0)) {
                continue;
            }
            if (restore(cluster, sgr_field(rows.at[i], SGR_STR("entry")), error)) {
                rows.at[i] = sgr_record_with(heap, rows.at[i], SGR_STR("undone"), sgr_bool(true));
                ++*count;
            } else {
                ok = false;
            }
        }
    }
    struct sgr_error unsaved = {0};
    sgr_status_set(cluster, "outcome",
                   sgr_string(cluster->status_heap, ok ? SGR_STR("undone") : SGR_STR("failed")));
    if (!cluster->lost &&
        !sgr_record_finish(cluster, sgr_list(heap, rows.at, rows.len), &unsaved)) {
        sgr_cluster_message(cluster, "%s",
                            unsaved.text ? unsaved.text : "the end could not be saved");
    }
    sgr_error_release(&unsaved);
    sgr_vec_release(&rows);
    return ok;
}

bool sgr_cluster_undo(struct sgr_cluster *cluster, sgr_str name, size_t *count,
                      struct sgr_error *error)
{
    struct sgr_cluster_record record;
    struct sgr_heap *heap = sgr_heap_new((size_t)256 << 20);
    sgr_value log = sgr_absent(), status = sgr_absent();
    *count = 0;
    if (sgr_cluster_lock(cluster, name, 0, error) != SGR_LOCK_HELD) {
        sgr_heap_free(heap);
        return false;
    }
    bool ok = sgr_cluster_load(cluster, name, &record, error);
    if (ok && !record.found) {
        ok = sgr_error_set(error, "there is no run %.*s", SGR_FMT(name));
    } else if (ok && record.snapshot.len > 0) {
        ok = sgr_error_set(error, "the run %.*s is not over; resume or abort it", SGR_FMT(name));
    } else if (ok && (record.undo.len == 0 ||
                      !sgr_json_read(heap, sgr_buf_str(&record.undo), &log, NULL) ||
                      log.tag != SGR_LIST)) {
        ok = sgr_error_set(error, "the record of the run %.*s has nothing to undo", SGR_FMT(name));
    }
    if (ok && sgr_json_read(heap, sgr_buf_str(&record.status), &status, NULL)) {
        for (size_t i = 0; status.tag == SGR_RECORD && i < sgr_count_of(status); i++) {
            sgr_status_set(cluster, sgr_string_of(sgr_key_value(status, i)).ptr,
                           sgr_field_at(status, i));
        }
    }
    ok = ok && undo_all(cluster, heap, log, count, error);
    sgr_cluster_record_release(&record);
    sgr_heap_free(heap);
    sgr_cluster_unlock(cluster);
    return ok;
}
