/* Undoing a run that is over, from what its record remembers. Must never undo twice what was
 * undone, and never run beside a runner of the same rollout. */
#include "k8s/cluster_private.h"

#include <stdlib.h>

#include "k8s/codec.h"

enum { LIMIT_MS = 120000, PODS_MS = 300000, PAUSE_MS = 250 };

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

/* ---- the order: pods that will be needed, then traffic, then the rest ---- */

enum phase { PODS_FIRST, TRAFFIC, REST, PHASE_COUNT };

/* The replicas that restoring the row brings back; 0 where it brings none. */
static int64_t pods_brought_back(sgr_value row)
{
    sgr_value changes = sgr_path(row, "entry/changes");
    for (size_t i = 0; changes.tag == SGR_LIST && i < sgr_count_of(changes); i++) {
        sgr_value change = sgr_item(changes, i), path = sgr_field(change, SGR_STR("path"));
        bool replicas = sgr_count_of(path) == 2 && sgr_item(path, 1).tag == SGR_STRING &&
                        sgr_str_is(sgr_string_of(sgr_item(path, 1)), "replicas");
        int64_t old = sgr_path_int(change, "old", 0);
        if (replicas && old > sgr_path_int(change, "new", 0)) {
            return old;
        }
    }
    return 0;
}

static enum phase phase_of(sgr_value row)
{
    return pods_brought_back(row) > 0                          ? PODS_FIRST
           : sgr_str_is(sgr_path_str(row, "group"), "traffic") ? TRAFFIC
                                                               : REST;
}

static bool is_undone(sgr_value row)
{
    sgr_value undone = sgr_field(row, SGR_STR("undone"));
    return undone.tag == SGR_BOOL && undone.as.i;
}

static void rested(void *context)
{
    *(bool *)context = true;
}

/* Waits until the pods are ready that traffic is about to go to; false where they do not come. */
static bool await_pods(struct sgr_cluster *cluster, sgr_value row, struct sgr_error *error)
{
    struct sgr_k8s_ref ref = sgr_k8s_ref_of(sgr_path(row, "entry/ref"));
    int64_t wanted = pods_brought_back(row), limit = sgr_http_now() + PODS_MS;
    while (!cluster->lost && sgr_http_now() < limit) {
        struct sgr_heap *heap = sgr_heap_new((size_t)64 << 20);
        struct sgr_reply reply = sgr_cluster_wait(
            cluster, heap,
            (struct sgr_k8s_request){.verb = SGR_K8S_GET, .ref = ref, .body = sgr_absent()});
        bool ready = sgr_path_int(reply.value, "status/readyReplicas", 0) >= wanted;
        sgr_heap_free(heap);
        if (ready) {
            return true;
        }
        bool done = false;
        uint64_t timer = sgr_http_after(cluster->http, PAUSE_MS, rested, &done);
        (void)sgr_http_until(cluster->http, &done, 2 * PAUSE_MS);
        sgr_http_timer_cancel(cluster->http, timer);
    }
    return sgr_error_set(error, "the pods of %.*s are not ready; traffic stays where it is",
                         SGR_FMT(ref.name));
}

typedef SGR_VEC(sgr_value) rows;

static bool undo_phase(struct sgr_cluster *cluster, struct sgr_heap *heap, rows *log,
                       enum phase phase, size_t *count, struct sgr_error *error)
{
    bool ok = true;
    for (size_t i = log->len; i-- > 0;) {
        sgr_value *row = &log->at[i];
        if (is_undone(*row) || phase_of(*row) != phase) {
            continue;
        }
        if (!restore(cluster, sgr_field(*row, SGR_STR("entry")), error)) {
            ok = false;
            continue;
        }
        *row = sgr_record_with(heap, *row, SGR_STR("undone"), sgr_bool(true));
        ++*count;
        ok = ok && (phase != PODS_FIRST || await_pods(cluster, *row, error));
    }
    return ok;
}

static bool undo_all(struct sgr_cluster *cluster, struct sgr_heap *heap, sgr_value log,
                     size_t *count, struct sgr_error *error)
{
    bool ok = true;
    rows all = {0};
    for (size_t i = 0; i < sgr_count_of(log); i++) {
        sgr_vec_push(&all, sgr_item(log, i));
    }
    for (int phase = 0; ok && phase < PHASE_COUNT; phase++) {
        ok = undo_phase(cluster, heap, &all, (enum phase)phase, count, error);
    }
    struct sgr_error unsaved = {0};
    sgr_status_set(cluster, "outcome",
                   sgr_string(cluster->status_heap, ok ? SGR_STR("undone") : SGR_STR("failed")));
    if (!cluster->lost && !sgr_record_finish(cluster, sgr_list(heap, all.at, all.len), &unsaved)) {
        sgr_cluster_message(cluster, "%s",
                            unsaved.text ? unsaved.text : "the end could not be saved");
    }
    sgr_error_release(&unsaved);
    sgr_vec_release(&all);
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
    bool ok = sgr_cluster_take(cluster, name, &record, error);
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
