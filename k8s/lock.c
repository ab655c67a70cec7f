/* One runner for each rollout: a Lease that is renewed well inside its duration. Must never renew
 * what somebody else has taken, and never let a write go out once the lease may have run out. */
#include "k8s/cluster_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "k8s/exec_plugin.h"

/* Whoever was outrun by another runner looks at once who it is. */
enum {
    POLL_MS = 500,
    OUTRUN_MS = 10,
    RENEW_BUDGET_MS = 5000,
    GIVE_BACK_TRIES = 3,
    TIME_BYTES = 40
};

static void renew(void *context);

static struct sgr_k8s_ref lease_ref(struct sgr_arena *arena, sgr_str name)
{
    return (struct sgr_k8s_ref){.api_version = SGR_STR("coordination.k8s.io/v1"),
                                .kind = SGR_STR("Lease"),
                                .name = sgr_record_name(arena, name, "")};
}

/* RFC 3339 with microseconds, which a Lease wants. */
static void now_text(char out[TIME_BYTES])
{
    struct timespec now;
    struct tm tm;
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &tm);
    size_t length = strftime(out, TIME_BYTES, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(out + length, TIME_BYTES - length, ".%06ldZ", now.tv_nsec / 1000);
}

static void keep_lease(struct sgr_cluster *cluster, sgr_value lease)
{
    struct sgr_heap *heap = sgr_heap_new((size_t)4 << 20);
    cluster->lease = sgr_value_copy(heap, lease);
    sgr_heap_free(cluster->lease_heap);
    cluster->lease_heap = heap;
}

static bool is_free(struct sgr_cluster *cluster, sgr_value lease)
{
    sgr_str holder = sgr_path_str(lease, "spec/holderIdentity");
    int64_t renewed = 0, lasts = sgr_path_int(lease, "spec/leaseDurationSeconds", SGR_LEASE_S);
    if (holder.len == 0 || sgr_str_is(holder, cluster->holder)) {
        return true;
    }
    return !sgr_time_read(sgr_path_str(lease, "spec/renewTime"), &renewed) ||
           (int64_t)time(NULL) > renewed + lasts;
}

static void spec_text(struct sgr_cluster *cluster, bool take, struct sgr_buf *out)
{
    char now[TIME_BYTES];
    now_text(now);
    sgr_buf_printf(out, "\"spec\":{\"holderIdentity\":");
    sgr_buf_json(out, sgr_str_from(cluster->holder));
    sgr_buf_printf(out, ",\"leaseDurationSeconds\":%d,\"renewTime\":\"%s\"", SGR_LEASE_S, now);
    if (take) {
        sgr_buf_printf(out, ",\"acquireTime\":\"%s\"", now);
    }
    sgr_buf_byte(out, '}');
}

static void patch_text(struct sgr_cluster *cluster, sgr_value lease, bool take, struct sgr_buf *out)
{
    sgr_buf_cstr(out, "{\"metadata\":{\"resourceVersion\":");
    sgr_buf_json(out, sgr_path_str(lease, "metadata/resourceVersion"));
    sgr_buf_cstr(out, "},");
    spec_text(cluster, take, out);
    sgr_buf_byte(out, '}');
}

static sgr_value new_lease(struct sgr_cluster *cluster, struct sgr_heap *heap, sgr_str name)
{
    char now[TIME_BYTES];
    now_text(now);
    sgr_value time_value = sgr_string(heap, sgr_str_from(now));
    sgr_value lease = sgr_path_with(heap, sgr_absent(), "apiVersion",
                                    sgr_string(heap, SGR_STR("coordination.k8s.io/v1")));
    lease = sgr_path_with(heap, lease, "kind", sgr_string(heap, SGR_STR("Lease")));
    lease = sgr_path_with(heap, lease, "metadata/name", sgr_string(heap, name));
    lease = sgr_path_with(heap, lease, "spec/holderIdentity",
                          sgr_string(heap, sgr_str_from(cluster->holder)));
    lease = sgr_path_with(heap, lease, "spec/leaseDurationSeconds", sgr_int(SGR_LEASE_S));
    lease = sgr_path_with(heap, lease, "spec/acquireTime", time_value);
    return sgr_path_with(heap, lease, "spec/renewTime", time_value);
}

/* One try. */
static enum sgr_lock try_lock(struct sgr_cluster *cluster, struct sgr_heap *heap,
                              const struct sgr_k8s_ref *ref, bool *again, struct sgr_error *error)
{
    struct sgr_reply reply = sgr_cluster_wait(
        cluster, heap,
        (struct sgr_k8s_request){.verb = SGR_K8S_GET, .ref = *ref, .body = sgr_absent()});
    bool missing = !reply.ok && strcmp(reply.kind, "missing") == 0;
    *again = false;
    if (!reply.ok && !missing) {
        sgr_error_set(error, "the lock cannot be read: %.*s", SGR_FMT(reply.text));
        return SGR_LOCK_FAILED;
    }
    if (!missing && !is_free(cluster, reply.value)) {
        sgr_error_set(error, "the rollout is being run by %.*s (renewed %.*s)",
                      SGR_FMT(sgr_path_str(reply.value, "spec/holderIdentity")),
                      SGR_FMT(sgr_path_str(reply.value, "spec/renewTime")));
        return SGR_LOCK_OTHERS;
    }
    struct sgr_buf body;
    sgr_buf_init(&body, 1 << 16);
    struct sgr_k8s_request request = {.verb = missing ? SGR_K8S_CREATE : SGR_K8S_PATCH,
                                      .ref = *ref,
                                      .body = missing ? new_lease(cluster, heap, ref->name)
                                                      : sgr_absent()};
    if (!missing) {
        patch_text(cluster, reply.value, true, &body);
        request.raw = sgr_buf_str(&body);
    }
    int64_t sent = sgr_http_now();
    reply = sgr_cluster_wait(cluster, heap, request);
    sgr_buf_release(&body);
    if (reply.ok) {
        cluster->renewed_at = sent;
        keep_lease(cluster, reply.value);
        return SGR_LOCK_HELD;
    }
    *again = strcmp(reply.kind, "stale") == 0 || strcmp(reply.kind, "exists") == 0 ||
             strcmp(reply.kind, "missing") == 0 || strcmp(reply.kind, "unknown") == 0;
    sgr_error_set(error, "the lock cannot be taken: %.*s", SGR_FMT(reply.text));
    return SGR_LOCK_FAILED;
}

static void timed_out(void *context)
{
    *(bool *)context = true;
}

static void keep_name(struct sgr_cluster *cluster, sgr_str name)
{
    free(cluster->name);
    cluster->name = memcpy(sgr_calloc(name.len + 1, 1), name.ptr, name.len);
}

enum sgr_lock sgr_cluster_lock(struct sgr_cluster *cluster, sgr_str name, int64_t wait_ms,
                               struct sgr_error *error)
{
    struct sgr_arena *arena = sgr_arena_new();
    int64_t limit = sgr_http_now() + wait_ms;
    enum sgr_lock lock = SGR_LOCK_FAILED;
    bool again = true;
    if (cluster->options.state_dir != NULL) {
        lock = sgr_files_lock(cluster, name, wait_ms, error);
        again = false;
    }
    struct sgr_k8s_ref ref = lease_ref(arena, name);
    for (int tries = 0; again; tries++) {
        struct sgr_heap *heap = sgr_heap_new((size_t)16 << 20);
        lock = try_lock(cluster, heap, &ref, &again, error);
        sgr_heap_free(heap);
        again = (again && tries < 10) || (lock == SGR_LOCK_OTHERS && sgr_http_now() < limit);
        again = again && cluster->interrupts == 0;
        if (again) {
            bool rested = false, outrun = lock == SGR_LOCK_FAILED && tries < 3;
            uint64_t timer =
                sgr_http_after(cluster->http, outrun ? OUTRUN_MS : POLL_MS, timed_out, &rested);
            (void)sgr_http_until(cluster->http, &rested, 2 * POLL_MS);
            sgr_http_timer_cancel(cluster->http, timer);
        }
    }
    sgr_arena_free(arena);
    if (lock == SGR_LOCK_HELD) {
        if (error != NULL) { /* of a try before this one */
            sgr_error_release(error);
            *error = (struct sgr_error){0};
        }
        keep_name(cluster, name);
        cluster->locked = true;
        cluster->lost = false;
        sgr_status_set(cluster, "holder",
                       sgr_string(cluster->status_heap, sgr_str_from(cluster->holder)));
        if (cluster->options.state_dir == NULL) {
            cluster->renew = sgr_http_after(cluster->http, SGR_RENEW_MS, renew, cluster);
        }
    }
    return lock;
}

bool sgr_cluster_holder(struct sgr_cluster *cluster, sgr_str name, struct sgr_buf *holder)
{
    if (cluster->options.state_dir != NULL) {
        return sgr_files_holder(cluster->options.state_dir, name, holder);
    }
    struct sgr_arena *arena = sgr_arena_new();
    struct sgr_heap *heap = sgr_heap_new((size_t)16 << 20);
    struct sgr_k8s_ref ref = lease_ref(arena, name);
    struct sgr_reply reply = sgr_cluster_wait(
        cluster, heap,
        (struct sgr_k8s_request){.verb = SGR_K8S_GET, .ref = ref, .body = sgr_absent()});
    bool held = reply.ok && !is_free(cluster, reply.value);
    if (held) {
        sgr_buf_add(holder, sgr_path_str(reply.value, "spec/holderIdentity"));
    }
    sgr_heap_free(heap);
    sgr_arena_free(arena);
    return held;
}

/* ---- renewing ---- */

void sgr_lock_lose(struct sgr_cluster *cluster, sgr_str holder)
{
    cluster->lost = true;
    cluster->locked = false;
    sgr_cluster_message(cluster, "the lock of this run was lost%s%.*s; nothing is touched any more",
                        holder.len ? " to " : "", SGR_FMT(holder));
}

static void renew_in(struct sgr_cluster *cluster, int64_t ms)
{
    cluster->renew = sgr_http_after(cluster->http, ms, renew, cluster);
}

/* Somebody wrote the Lease: is it still ours? */
static void looked(void *context, const struct sgr_k8s_result *result)
{
    struct sgr_cluster *cluster = context;
    cluster->renewing = NULL;
    if (result->ok &&
        sgr_str_is(sgr_path_str(result->value, "spec/holderIdentity"), cluster->holder)) {
        keep_lease(cluster, result->value);
        renew_in(cluster, 0);
    } else if (result->ok || strcmp(result->kind, "missing") == 0) {
        sgr_lock_lose(cluster, result->ok ? sgr_path_str(result->value, "spec/holderIdentity")
                                          : SGR_STR(""));
    } else {
        renew_in(cluster, 1000);
    }
}

static void renewed(void *context, const struct sgr_k8s_result *result)
{
    struct sgr_cluster *cluster = context;
    cluster->renewing = NULL;
    if (result->ok) {
        keep_lease(cluster, result->value);
        cluster->renewed_at = cluster->renew_sent;
        renew_in(cluster, SGR_RENEW_MS);
        return;
    }
    if (strcmp(result->kind, "stale") == 0 || strcmp(result->kind, "missing") == 0 ||
        strcmp(result->kind, "unknown") == 0) {
        struct sgr_arena *arena = sgr_arena_new();
        struct sgr_k8s_request request = {.verb = SGR_K8S_GET,
                                          .ref = lease_ref(arena, sgr_str_from(cluster->name)),
                                          .body = sgr_absent(),
                                          .budget_ms = RENEW_BUDGET_MS,
                                          .done = looked,
                                          .context = cluster};
        cluster->renewing = sgr_k8s_start(cluster->client, &request);
        sgr_arena_free(arena);
    } else {
        renew_in(cluster, 1000);
    }
}

static void renew(void *context)
{
    struct sgr_cluster *cluster = context;
    struct sgr_arena *arena = sgr_arena_new();
    struct sgr_buf body;
    cluster->renew = 0;
    sgr_buf_init(&body, 1 << 16);
    patch_text(cluster, cluster->lease, false, &body);
    struct sgr_k8s_request request = {.verb = SGR_K8S_PATCH,
                                      .ref = lease_ref(arena, sgr_str_from(cluster->name)),
                                      .body = sgr_absent(),
                                      .raw = sgr_buf_str(&body),
                                      .budget_ms = RENEW_BUDGET_MS,
                                      .done = renewed,
                                      .context = cluster};
    cluster->renew_sent = sgr_http_now();
    cluster->renewing = sgr_k8s_start(cluster->client, &request);
    sgr_buf_release(&body);
    sgr_arena_free(arena);
}

struct sgr_reply sgr_lock_confirm(struct sgr_cluster *cluster, struct sgr_heap *heap)
{
    struct sgr_arena *arena = sgr_arena_new();
    struct sgr_k8s_ref ref = lease_ref(arena, sgr_str_from(cluster->name));
    struct sgr_buf body;
    sgr_buf_init(&body, 1 << 16);
    patch_text(cluster, cluster->lease, false, &body);
    int64_t sent = sgr_http_now();
    struct sgr_k8s_request request = {
        .verb = SGR_K8S_PATCH, .ref = ref, .body = sgr_absent(), .raw = sgr_buf_str(&body)};
    struct sgr_reply reply = sgr_cluster_wait(cluster, heap, request);
    if (reply.ok) {
        keep_lease(cluster, reply.value);
        cluster->renewed_at = sent;
    } else { /* an earlier renewal of ours, perhaps, or not the server that has answered */
        request = (struct sgr_k8s_request){.verb = SGR_K8S_GET, .ref = ref, .body = sgr_absent()};
        reply = sgr_cluster_wait(cluster, heap, request);
    }
    sgr_buf_release(&body);
    sgr_arena_free(arena);
    return reply;
}

bool sgr_lock_is_fresh(const struct sgr_cluster *cluster)
{
    return !cluster->lost && (!cluster->locked || cluster->options.state_dir != NULL ||
                              sgr_http_now() - cluster->renewed_at < SGR_LOST_MS);
}

/* Deletes the lease while it is ours. A renewal that was cut off may have changed its version, and
 * an answer may be lost: it is looked at again, because what is left behind keeps everybody out
 * until it runs out. */
static void give_back(struct sgr_cluster *cluster)
{
    struct sgr_heap *heap = sgr_heap_new((size_t)16 << 20);
    struct sgr_arena *arena = sgr_arena_new();
    struct sgr_k8s_ref ref = lease_ref(arena, sgr_str_from(cluster->name));
    sgr_value lease = cluster->lease;
    for (int i = 0; i < GIVE_BACK_TRIES; i++) {
        struct sgr_reply reply = sgr_cluster_wait(
            cluster, heap,
            (struct sgr_k8s_request){.verb = SGR_K8S_DELETE,
                                     .ref = ref,
                                     .body = sgr_absent(),
                                     .resource_version =
                                         sgr_path_str(lease, "metadata/resourceVersion").ptr,
                                     .budget_ms = RENEW_BUDGET_MS});
        if (reply.ok) {
            break;
        }
        reply = sgr_cluster_wait(
            cluster, heap,
            (struct sgr_k8s_request){.verb = SGR_K8S_GET, .ref = ref, .body = sgr_absent()});
        if (!reply.ok ||
            !sgr_str_is(sgr_path_str(reply.value, "spec/holderIdentity"), cluster->holder)) {
            break;
        }
        lease = reply.value;
    }
    sgr_arena_free(arena);
    sgr_heap_free(heap);
}

void sgr_cluster_unlock(struct sgr_cluster *cluster)
{
    sgr_http_timer_cancel(cluster->http, cluster->renew);
    sgr_k8s_cancel(cluster->renewing);
    cluster->renew = 0;
    cluster->renewing = NULL;
    sgr_files_unlock(cluster);
    if (cluster->locked && cluster->options.state_dir == NULL) {
        give_back(cluster);
    }
    cluster->locked = false;
}
