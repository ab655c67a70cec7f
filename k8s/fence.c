/* The fence: who may write for a run is written in its record, and a write that does not find its
 * own name there is refused by the server. The lock keeps runners apart while clocks are right; the
 * fence does when one slept between a look at its lock and a write. Must never let a runner go on
 * whose run somebody else has taken over. */
#include "k8s/cluster_private.h"

/* A record that cannot be read keeps no rollback from going on. */
enum { TEXT_MAX = 1 << 16, LOOK_MS = 3000 };

bool sgr_fence_holds(struct sgr_cluster *cluster, sgr_value map)
{
    sgr_str runner = sgr_path_str(map, "data/runner");
    if (runner.len == 0 || sgr_str_is(runner, cluster->holder)) {
        return true;
    }
    sgr_lock_lose(cluster, runner);
    return false;
}

/* The lock as the server has it, now: it may have run out while we stood still. */
static bool confirm(struct sgr_cluster *cluster, struct sgr_error *error)
{
    struct sgr_heap *heap = sgr_heap_new((size_t)16 << 20);
    struct sgr_reply reply = sgr_lock_confirm(cluster, heap);
    sgr_str holder = sgr_path_str(reply.value, "spec/holderIdentity");
    bool ours = reply.ok && sgr_str_is(holder, cluster->holder);
    if (!ours && (reply.ok || strcmp(reply.kind, "missing") == 0)) {
        sgr_lock_lose(cluster, holder);
        sgr_error_set(error, "the lock was lost before anything was written");
    } else if (!ours) {
        sgr_error_set(error, "the lock cannot be read: %.*s", SGR_FMT(reply.text));
    }
    sgr_heap_free(heap);
    return ours;
}

bool sgr_fence_confirm(struct sgr_cluster *cluster, struct sgr_error *error)
{
    return cluster->options.state_dir != NULL || confirm(cluster, error);
}

/* A record that is not there is nobody's; loading it says so. */
static bool claim(struct sgr_cluster *cluster, sgr_str name, struct sgr_error *error)
{
    struct sgr_heap *heap = sgr_heap_new((size_t)64 << 20);
    struct sgr_arena *arena = sgr_arena_new();
    struct sgr_buf body;
    sgr_buf_init(&body, TEXT_MAX);
    sgr_buf_cstr(&body, "{\"data\":{\"runner\":");
    sgr_buf_json(&body, sgr_str_from(cluster->holder));
    sgr_buf_cstr(&body, "}}");
    struct sgr_reply reply = sgr_cluster_wait(
        cluster, heap,
        (struct sgr_k8s_request){.verb = SGR_K8S_PATCH,
                                 .ref = sgr_record_ref(sgr_record_name(arena, name, "")),
                                 .body = sgr_absent(),
                                 .raw = sgr_buf_str(&body),
                                 .repeatable = true});
    bool ok = reply.ok || strcmp(reply.kind, "missing") == 0 ||
              sgr_error_set(error, "the record of the run cannot be taken over: %.*s",
                            SGR_FMT(reply.text));
    sgr_buf_release(&body);
    sgr_arena_free(arena);
    sgr_heap_free(heap);
    return ok;
}

bool sgr_cluster_take(struct sgr_cluster *cluster, sgr_str name, struct sgr_cluster_record *record,
                      struct sgr_error *error)
{
    *record = (struct sgr_cluster_record){0};
    if (cluster->options.state_dir == NULL &&
        !(confirm(cluster, error) && claim(cluster, name, error))) {
        return false;
    }
    return sgr_cluster_load(cluster, name, record, error);
}

bool sgr_cluster_is_lost(const struct sgr_cluster *cluster)
{
    return cluster->lost;
}

static void fence_seen(void *context, const struct sgr_k8s_result *result)
{
    struct sgr_task *op = context;
    op->call = NULL;
    if (result->ok && !sgr_fence_holds(op->cluster, result->value)) {
        sgr_task_fail(op, "lost", SGR_STR("somebody else has the lock of this run"));
    } else {
        op->then(op);
    }
}

void sgr_fence_look(struct sgr_task *op, void (*then)(void *op))
{
    struct sgr_cluster *cluster = op->cluster;
    if (cluster->name == NULL || cluster->options.state_dir != NULL || cluster->looking) {
        then(op);
        return;
    }
    struct sgr_arena *arena = sgr_arena_new();
    sgr_str name = sgr_record_name(arena, sgr_str_from(cluster->name), "");
    op->then = then;
    sgr_task_request(op,
                     (struct sgr_k8s_request){.verb = SGR_K8S_GET,
                                              .ref = sgr_record_ref(name),
                                              .body = sgr_absent(),
                                              .budget_ms = LOOK_MS},
                     fence_seen);
    sgr_arena_free(arena);
}

void sgr_fence_intent(struct sgr_cluster *cluster, uint64_t seq, sgr_str intent,
                      struct sgr_buf *body)
{
    sgr_buf_cstr(body, "[{\"op\":\"test\",\"path\":\"/data/runner\",\"value\":");
    sgr_buf_json(body, sgr_str_from(cluster->holder));
    sgr_buf_printf(body, "},{\"op\":\"add\",\"path\":\"/data/intent-%llu\",\"value\":",
                   (unsigned long long)seq);
    sgr_buf_json(body, intent);
    sgr_buf_cstr(body, "}]");
}
