/* What a write needs to be undone is in the record before the write is made, and with it the
 * snapshot in which the write is in doubt. Must never let a write go on whose intent the server has
 * not taken, and never write into a record that is somebody else's. */
#include "k8s/cluster_private.h"

#include <stdio.h>

#include "k8s/codec.h"

enum { TEXT_MAX = 64 << 20, HELD_MS = 30000, BASE_MS = 250, CAP_MS = 5000 };

static void write_intent(struct sgr_task *op);

static sgr_str run_name(struct sgr_cluster *cluster)
{
    return sgr_str_from(cluster->name);
}

static void suffix_of(const struct sgr_task *op, char out[40])
{
    snprintf(out, 40, "intent-%llu", (unsigned long long)op->seq);
}

/* Once, however often the write is tried: a patch that names a key twice is refused. */
static void note_intent(struct sgr_cluster *cluster, uint64_t seq)
{
    for (size_t i = 0; i < cluster->intents.len; i++) {
        if (cluster->intents.at[i].seq == seq) {
            return;
        }
    }
    sgr_vec_push(&cluster->intents, ((struct sgr_intent){.seq = seq}));
}

/* ---- writing ---- */

/* What was true when the write was asked for may be true no longer. */
bool sgr_intent_is_outdated(struct sgr_task *op)
{
    bool is = op->unsaved_since > 0 && sgr_http_now() - op->unsaved_since > HELD_MS;
    if (is) {
        sgr_task_fail(op, "held", SGR_STR("the state of the run could not be saved for 30 s"));
    }
    return is;
}

/* Nothing was written yet: look again, later. */
static void not_saved(struct sgr_task *op, const char *text, int64_t retry_after_ms)
{
    struct sgr_cluster *cluster = op->cluster;
    int64_t now = sgr_http_now();
    if (op->told_at == 0 || now - op->told_at >= HELD_MS) {
        sgr_cluster_message(cluster, "the state of the run could not be saved: %s", text);
        op->told_at = now;
    }
    int64_t pause = sgr_http_backoff(cluster->http, op->failures++, BASE_MS, CAP_MS);
    op->has_before = false;
    sgr_task_later(op, retry_after_ms > pause ? retry_after_ms : pause, op->again);
}

/* The server has refused it, for the reason in op->value, or because the record has changed. */
static void record_seen(void *context, const struct sgr_k8s_result *result)
{
    struct sgr_task *op = context;
    sgr_value reason = op->value;
    op->call = NULL;
    op->value = sgr_absent();
    if (!result->ok) {
        not_saved(op, result->text, result->retry_after_ms);
    } else if (!sgr_fence_holds(op->cluster, result->value)) {
        sgr_task_fail(op, "lost", SGR_STR("somebody else has the lock of this run"));
    } else if (reason.tag == SGR_STRING) {
        not_saved(op, sgr_string_of(reason).ptr, -1);
    } else {
        sgr_record_keep_version(op->cluster, result->value);
        write_intent(op);
    }
}

static void see_record(struct sgr_task *op)
{
    struct sgr_arena *arena = sgr_arena_new();
    sgr_str name = sgr_record_name(arena, run_name(op->cluster), "");
    sgr_task_request(op,
                     (struct sgr_k8s_request){
                         .verb = SGR_K8S_GET, .ref = sgr_record_ref(name), .body = sgr_absent()},
                     record_seen);
    sgr_arena_free(arena);
}

static void intent_saved(void *context, const struct sgr_k8s_result *result)
{
    struct sgr_task *op = context;
    op->call = NULL;
    if (result->ok) {
        sgr_record_keep_version(op->cluster, result->value);
        if (op->saving > 0) {
            sgr_record_saved(op->cluster, op->saving);
        }
        op->unsaved_since = 0;
        op->then(op);
    } else if (strcmp(result->kind, "stale") == 0 || strcmp(result->kind, "unknown") == 0) {
        see_record(op);
    } else if (strcmp(result->kind, "invalid") == 0) {
        op->value = sgr_string(op->heap, sgr_str_from(result->text));
        see_record(op);
    } else {
        not_saved(op, result->text, result->retry_after_ms);
    }
}

/* With the snapshot, the record's version is the fence; without one, its runner's name is. */
static void write_intent(struct sgr_task *op)
{
    struct sgr_cluster *cluster = op->cluster;
    struct sgr_arena *arena = sgr_arena_new();
    struct sgr_buf body;
    bool alone = cluster->kept.len == 0;
    sgr_buf_init(&body, TEXT_MAX);
    if (alone) {
        struct sgr_buf text;
        sgr_buf_init(&text, TEXT_MAX);
        (void)sgr_value_json(op->intent, &text);
        sgr_fence_intent(cluster, op->seq, sgr_buf_str(&text), &body);
        sgr_buf_release(&text);
    } else {
        sgr_record_patch(cluster, sgr_buf_str(&cluster->kept), SGR_STR(""), op, &body);
    }
    op->saving = alone ? 0 : cluster->saves; /* an intent alone saves nothing else */
    sgr_str name = sgr_record_name(arena, run_name(cluster), "");
    sgr_task_request(op,
                     (struct sgr_k8s_request){.verb = SGR_K8S_PATCH,
                                              .ref = sgr_record_ref(name),
                                              .body = sgr_absent(),
                                              .raw = sgr_buf_str(&body),
                                              .json_patch = alone},
                     intent_saved);
    sgr_buf_release(&body);
    sgr_arena_free(arena);
}

static void write_file(struct sgr_task *op)
{
    struct sgr_cluster *cluster = op->cluster;
    struct sgr_error error = {0};
    struct sgr_buf text;
    char suffix[40];
    suffix_of(op, suffix);
    sgr_buf_init(&text, TEXT_MAX);
    (void)sgr_value_json(op->intent, &text);
    if (sgr_files_write(cluster->options.state_dir, run_name(cluster), suffix, sgr_buf_str(&text),
                        &error)) {
        op->then(op);
    } else {
        not_saved(op, error.text, -1);
    }
    sgr_error_release(&error);
    sgr_buf_release(&text);
}

void sgr_record_intent(struct sgr_task *op, sgr_value intent, void (*then)(void *),
                       void (*again)(void *))
{
    struct sgr_cluster *cluster = op->cluster;
    op->intent = intent;
    op->then = then;
    op->again = again;
    if (cluster->name == NULL) {
        then(op);
        return;
    }
    note_intent(cluster, op->seq);
    if (cluster->options.state_dir != NULL) {
        write_file(op);
    } else {
        write_intent(op);
    }
}

/* ---- finding, after an interruption ---- */

static void take_intent(struct sgr_task *op, sgr_str text)
{
    op->value = sgr_absent();
    if (text.len > 0 && !sgr_json_read(op->heap, text, &op->value, NULL)) {
        op->value = sgr_absent();
    }
    if (!sgr_is_absent(op->value)) {
        note_intent(op->cluster, op->seq);
    }
}

static void find_again(void *context)
{
    struct sgr_task *op = context;
    sgr_record_find_intent(op, op->then);
}

static void intent_found(void *context, const struct sgr_k8s_result *result)
{
    struct sgr_task *op = context;
    char key[40];
    op->call = NULL;
    if (!result->ok && strcmp(result->kind, "missing") != 0) {
        (void)sgr_task_retry(op, result, find_again);
        return;
    }
    suffix_of(op, key);
    take_intent(op, sgr_path_str(sgr_field(result->value, SGR_STR("data")), key));
    op->then(op);
}

static void find_file(struct sgr_task *op)
{
    char suffix[40];
    struct sgr_buf text;
    sgr_buf_init(&text, TEXT_MAX);
    suffix_of(op, suffix);
    (void)sgr_files_read(op->cluster->options.state_dir, run_name(op->cluster), suffix, &text,
                         NULL);
    take_intent(op, sgr_buf_str(&text));
    sgr_buf_release(&text);
    op->then(op);
}

void sgr_record_find_intent(struct sgr_task *op, void (*then)(void *))
{
    struct sgr_cluster *cluster = op->cluster;
    op->then = then;
    if (cluster->name == NULL) {
        op->value = sgr_absent();
        then(op);
        return;
    }
    if (cluster->options.state_dir != NULL) {
        find_file(op);
        return;
    }
    struct sgr_arena *arena = sgr_arena_new();
    sgr_str name = sgr_record_name(arena, run_name(cluster), "");
    sgr_task_request(op,
                     (struct sgr_k8s_request){
                         .verb = SGR_K8S_GET, .ref = sgr_record_ref(name), .body = sgr_absent()},
                     intent_found);
    sgr_arena_free(arena);
}
