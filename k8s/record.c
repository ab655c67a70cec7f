/* The run record: what makes a run durable. In the cluster two ConfigMaps, in a folder files of the
 * same content. Must never hold a secret, never be replaced by a runner that has lost the lock, and
 * never be said to be saved before the server or the disk has said so. */
#include "k8s/cluster_private.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "k8s/base64.h"
#include "k8s/codec.h"

/* A ConfigMap ends at 1 MiB, base64 included. */
enum { TEXT_MAX = 64 << 20, SAVE_TRIES = 4, UNDO_MAX = 700 << 10 };

struct sgr_k8s_ref sgr_record_ref(sgr_str name)
{
    return (struct sgr_k8s_ref){
        .api_version = SGR_STR("v1"), .kind = SGR_STR("ConfigMap"), .name = name};
}

sgr_str sgr_record_name(struct sgr_arena *arena, sgr_str name, const char *suffix)
{
    sgr_str out = sgr_arena_printf(arena, "sgr-%.*s%s", SGR_FMT(name), suffix);
    char *text = sgr_arena_cstr(arena, out);
    for (char *c = text; *c != '\0'; c++) {
        *c = (char)tolower((unsigned char)*c);
        *c = isalnum((unsigned char)*c) || *c == '-' || *c == '.' ? *c : '-';
    }
    return (sgr_str){text, out.len};
}

static sgr_str run_name(struct sgr_cluster *cluster)
{
    return sgr_str_from(cluster->name);
}

static uint64_t number_of(sgr_str text)
{
    uint64_t number = 0;
    for (size_t i = 0; i < text.len && isdigit((unsigned char)text.ptr[i]); i++) {
        number = number * 10 + (uint64_t)(text.ptr[i] - '0');
    }
    return number;
}

void sgr_record_keep_version(struct sgr_cluster *cluster, sgr_value map)
{
    sgr_str version = sgr_path_str(map, "metadata/resourceVersion");
    if (version.len > 0 && version.len < sizeof cluster->version &&
        number_of(version) >= number_of(sgr_str_from(cluster->version))) {
        snprintf(cluster->version, sizeof cluster->version, "%.*s", SGR_FMT(version));
    }
}

/* The version that the record has for the server, even one that fell, since a cluster may have been
 * restored from a backup. Where only the answer lags, the server refuses the write once more. */
static void take_version(struct sgr_cluster *cluster, sgr_value map)
{
    if (sgr_path_str(map, "metadata/resourceVersion").len > 0) {
        cluster->version[0] = '\0';
        sgr_record_keep_version(cluster, map);
    }
}

/* ---- saving ---- */

void sgr_record_status(struct sgr_cluster *cluster, struct sgr_buf *out)
{
    (void)sgr_value_json(cluster->status.tag == SGR_RECORD ? cluster->status : sgr_absent(), out);
}

static bool is_pending(const struct sgr_cluster *cluster, uint64_t seq)
{
    for (const struct sgr_task *op = cluster->ops; op != NULL; op = op->next) {
        if (op->seq == seq) {
            return true;
        }
    }
    return false;
}

void sgr_record_patch(struct sgr_cluster *cluster, sgr_str snapshot, sgr_str undo,
                      const struct sgr_task *op, struct sgr_buf *out)
{
    struct sgr_buf text;
    sgr_buf_init(&text, TEXT_MAX);
    sgr_record_status(cluster, &text);
    cluster->saves++;
    sgr_buf_cstr(out, "{\"metadata\":{\"resourceVersion\":");
    sgr_buf_json(out, sgr_str_from(cluster->version));
    sgr_buf_cstr(out, "},\"data\":{\"status\":");
    sgr_buf_json(out, sgr_buf_str(&text));
    for (size_t i = 0; i < cluster->intents.len; i++) {
        struct sgr_intent *intent = &cluster->intents.at[i];
        if (!is_pending(cluster, intent->seq)) {
            sgr_buf_printf(out, ",\"intent-%llu\":null", (unsigned long long)intent->seq);
            intent->dropped = cluster->saves;
        }
    }
    if (op != NULL) {
        sgr_buf_clear(&text);
        (void)sgr_value_json(op->intent, &text);
        sgr_buf_printf(out, ",\"intent-%llu\":", (unsigned long long)op->seq);
        sgr_buf_json(out, sgr_buf_str(&text));
    }
    sgr_buf_cstr(out, "},\"binaryData\":{\"snapshot\":\"");
    sgr_base64_write(snapshot, out);
    if (undo.len > 0) {
        sgr_buf_cstr(out, "\",\"undo\":\"");
        sgr_base64_write(undo, out);
    }
    sgr_buf_cstr(out, "\"}}");
    sgr_buf_release(&text);
}

/* What is not newer than the body need not be saved again, and an intent that it dropped is gone.
 */
void sgr_record_saved(struct sgr_cluster *cluster, unsigned save)
{
    size_t left = 0;
    for (size_t i = 0; i < cluster->intents.len; i++) {
        if (cluster->intents.at[i].dropped != save) {
            cluster->intents.at[left++] = cluster->intents.at[i];
        }
    }
    cluster->intents.len = left;
    if (cluster->kept_at < save) {
        sgr_buf_clear(&cluster->kept);
    }
}

bool sgr_record_keep(struct sgr_cluster *cluster, sgr_str snapshot)
{
    if (cluster->name == NULL || cluster->options.state_dir != NULL || cluster->lost ||
        cluster->save_failed) {
        return false;
    }
    sgr_buf_clear(&cluster->kept);
    sgr_buf_add(&cluster->kept, snapshot);
    cluster->kept_at = cluster->saves;
    return true;
}

/* What has been answered and saved needs no file any more. */
static void drop_files(struct sgr_cluster *cluster)
{
    size_t left = 0;
    for (size_t i = 0; i < cluster->intents.len; i++) {
        uint64_t seq = cluster->intents.at[i].seq;
        if (is_pending(cluster, seq)) {
            cluster->intents.at[left++] = cluster->intents.at[i];
        } else {
            char suffix[40];
            snprintf(suffix, sizeof suffix, "intent-%llu", (unsigned long long)seq);
            sgr_files_remove(cluster->options.state_dir, run_name(cluster), suffix);
        }
    }
    cluster->intents.len = left;
}

/* The status that says that a run is over comes before its snapshot goes: a record with neither
 * would be begun anew. */
static bool save_files(struct sgr_cluster *cluster, sgr_str snapshot, sgr_str undo,
                       struct sgr_error *error)
{
    struct sgr_buf status;
    sgr_buf_init(&status, TEXT_MAX);
    sgr_record_status(cluster, &status);
    const char *dir = cluster->options.state_dir;
    bool ok = (undo.len == 0 || sgr_files_write(dir, run_name(cluster), "undo", undo, error)) &&
              sgr_files_write(dir, run_name(cluster), "status", sgr_buf_str(&status), error) &&
              sgr_files_write(dir, run_name(cluster), "run", snapshot, error);
    sgr_buf_release(&status);
    return ok;
}

static bool save_map(struct sgr_cluster *cluster, sgr_str snapshot, sgr_str undo,
                     struct sgr_error *error)
{
    struct sgr_arena *arena = sgr_arena_new();
    struct sgr_k8s_ref ref = sgr_record_ref(sgr_record_name(arena, run_name(cluster), ""));
    bool ok = false;
    for (int i = 0; !ok && i < SAVE_TRIES; i++) {
        struct sgr_heap *heap = sgr_heap_new((size_t)64 << 20);
        struct sgr_buf body;
        sgr_buf_init(&body, TEXT_MAX);
        sgr_record_patch(cluster, snapshot, undo, NULL, &body);
        unsigned number = cluster->saves; /* others may be made while we wait */
        struct sgr_reply reply =
            sgr_cluster_wait(cluster, heap,
                             (struct sgr_k8s_request){.verb = SGR_K8S_PATCH,
                                                      .ref = ref,
                                                      .body = sgr_absent(),
                                                      .raw = sgr_buf_str(&body),
                                                      .budget_ms = 10000});
        bool again =
            !reply.ok && (strcmp(reply.kind, "stale") == 0 || strcmp(reply.kind, "unknown") == 0);
        if (reply.ok) {
            sgr_record_keep_version(cluster, reply.value);
            sgr_record_saved(cluster, number);
            ok = true;
        } else {
            sgr_error_set(error, "the state of the run could not be saved: %.*s",
                          SGR_FMT(reply.text));
        }
        if (again) { /* a person's annotation, an intent, our own save whose answer got lost,
                      * or somebody else's */
            reply = sgr_cluster_wait(
                cluster, heap,
                (struct sgr_k8s_request){
                    .verb = SGR_K8S_GET, .ref = ref, .body = sgr_absent(), .budget_ms = 10000});
            again = sgr_fence_holds(cluster, reply.value);
            take_version(cluster, reply.value);
        }
        sgr_buf_release(&body);
        sgr_heap_free(heap);
        if (!ok && !again) {
            break;
        }
    }
    sgr_arena_free(arena);
    if (ok) {
        sgr_error_release(error);
        *error = (struct sgr_error){0};
    }
    return ok;
}

static bool save(struct sgr_cluster *cluster, sgr_str snapshot, sgr_str undo,
                 struct sgr_error *error)
{
    if (cluster->options.state_dir == NULL) {
        return save_map(cluster, snapshot, undo, error);
    }
    bool ok = save_files(cluster, snapshot, undo, error);
    if (ok) {
        drop_files(cluster);
    }
    return ok;
}

bool sgr_record_save(struct sgr_cluster *cluster, sgr_str snapshot, struct sgr_error *error)
{
    return save(cluster, snapshot, SGR_STR(""), error);
}

bool sgr_record_finish(struct sgr_cluster *cluster, sgr_value undo_log, struct sgr_error *error)
{
    struct sgr_buf undo;
    sgr_buf_init(&undo, UNDO_MAX);
    (void)sgr_value_json(undo_log, &undo);
    bool ok = save(cluster, SGR_STR(""), undo.full ? SGR_STR("[]") : sgr_buf_str(&undo), error);
    if (ok && cluster->options.state_dir != NULL) { /* what runners left that were killed */
        (void)sgr_files_clear(cluster->options.state_dir, run_name(cluster), "intent-", NULL);
    }
    sgr_buf_release(&undo);
    return ok;
}

/* ---- a person's words ---- */

static void words_found(void *context, const struct sgr_k8s_result *result)
{
    struct sgr_task *op = context;
    op->call = NULL;
    op->value = result->ok
                    ? sgr_value_copy(op->heap, sgr_path(result->value, "metadata/annotations"))
                    : sgr_absent();
    op->then(op);
}

void sgr_record_words(struct sgr_task *op, void (*then)(void *))
{
    struct sgr_cluster *cluster = op->cluster;
    op->value = sgr_absent();
    if (cluster->name == NULL) {
        then(op);
        return;
    }
    if (cluster->options.state_dir != NULL) {
        struct sgr_buf text;
        sgr_buf_init(&text, 1 << 20);
        if (sgr_files_read(cluster->options.state_dir, run_name(cluster), "words", &text, NULL)) {
            (void)sgr_json_read(op->heap, sgr_buf_str(&text), &op->value, NULL);
        }
        sgr_buf_release(&text);
        then(op);
        return;
    }
    struct sgr_arena *arena = sgr_arena_new();
    op->then = then;
    sgr_task_request(op,
                     (struct sgr_k8s_request){
                         .verb = SGR_K8S_GET,
                         .body = sgr_absent(),
                         .budget_ms = 5000,
                         .ref = sgr_record_ref(sgr_record_name(arena, run_name(cluster), ""))},
                     words_found);
    sgr_arena_free(arena);
}

static void status_shown(void *context, const struct sgr_k8s_result *result)
{
    struct sgr_task *op = context;
    op->call = NULL;
    if (result->ok) {
        sgr_record_keep_version(op->cluster, result->value);
    }
    op->then(op);
}

void sgr_record_show_status(struct sgr_task *op, void (*then)(void *))
{
    struct sgr_cluster *cluster = op->cluster;
    struct sgr_buf status, body;
    if (cluster->name == NULL) {
        then(op);
        return;
    }
    sgr_buf_init(&status, TEXT_MAX);
    sgr_buf_init(&body, TEXT_MAX);
    sgr_record_status(cluster, &status);
    if (cluster->options.state_dir != NULL) {
        (void)sgr_files_write(cluster->options.state_dir, run_name(cluster), "status",
                              sgr_buf_str(&status), NULL);
        then(op);
    } else {
        struct sgr_arena *arena = sgr_arena_new();
        sgr_buf_cstr(&body, "{\"data\":{\"status\":");
        sgr_buf_json(&body, sgr_buf_str(&status));
        sgr_buf_cstr(&body, "}}");
        op->then = then;
        sgr_task_request(op,
                         (struct sgr_k8s_request){
                             .verb = SGR_K8S_PATCH,
                             .ref = sgr_record_ref(sgr_record_name(arena, run_name(cluster), "")),
                             .body = sgr_absent(),
                             .raw = sgr_buf_str(&body)},
                         status_shown);
        sgr_arena_free(arena);
    }
    sgr_buf_release(&status);
    sgr_buf_release(&body);
}
