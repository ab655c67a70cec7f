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

/* ---- saving ---- */

void sgr_record_status(struct sgr_cluster *cluster, struct sgr_buf *out)
{
    (void)sgr_value_json(cluster->status.tag == SGR_RECORD ? cluster->status : sgr_absent(), out);
}

static void patch_text(struct sgr_cluster *cluster, sgr_str snapshot, sgr_str undo,
                       struct sgr_buf *out)
{
    struct sgr_buf status;
    sgr_buf_init(&status, TEXT_MAX);
    sgr_record_status(cluster, &status);
    sgr_buf_cstr(out, "{\"metadata\":{\"resourceVersion\":");
    sgr_buf_json(out, sgr_str_from(cluster->version));
    sgr_buf_cstr(out, "},\"data\":{\"status\":");
    sgr_buf_json(out, sgr_buf_str(&status));
    for (size_t i = 0; i < cluster->intents.len; i++) {
        uint64_t seq = cluster->intents.at[i];
        bool pending = false;
        for (struct sgr_task *op = cluster->ops; op != NULL; op = op->next) {
            pending = pending || op->seq == seq;
        }
        if (!pending) {
            sgr_buf_printf(out, ",\"intent-%llu\":null", (unsigned long long)seq);
        }
    }
    sgr_buf_cstr(out, "},\"binaryData\":{\"snapshot\":\"");
    sgr_base64_write(snapshot, out);
    if (undo.len > 0) {
        sgr_buf_cstr(out, "\",\"undo\":\"");
        sgr_base64_write(undo, out);
    }
    sgr_buf_cstr(out, "\"}}");
    sgr_buf_release(&status);
}

/* What has been answered and saved needs no intent any more. */
static void drop_intents(struct sgr_cluster *cluster)
{
    size_t kept = 0;
    for (size_t i = 0; i < cluster->intents.len; i++) {
        bool pending = false;
        for (struct sgr_task *op = cluster->ops; op != NULL; op = op->next) {
            pending = pending || op->seq == cluster->intents.at[i];
        }
        if (pending) {
            cluster->intents.at[kept++] = cluster->intents.at[i];
        } else if (cluster->options.state_dir != NULL) {
            char suffix[40];
            snprintf(suffix, sizeof suffix, "intent-%llu",
                     (unsigned long long)cluster->intents.at[i]);
            sgr_files_remove(cluster->options.state_dir, run_name(cluster), suffix);
        }
    }
    cluster->intents.len = kept;
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
        patch_text(cluster, snapshot, undo, &body);
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
            sgr_record_keep_version(cluster, reply.value);
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
    bool ok = cluster->options.state_dir != NULL ? save_files(cluster, snapshot, undo, error)
                                                 : save_map(cluster, snapshot, undo, error);
    if (ok) {
        drop_intents(cluster);
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

/* ---- intents ---- */

/* Once, however often the write is tried: a patch that names a key twice is refused. */
static void note_intent(struct sgr_cluster *cluster, uint64_t seq)
{
    for (size_t i = 0; i < cluster->intents.len; i++) {
        if (cluster->intents.at[i] == seq) {
            return;
        }
    }
    sgr_vec_push(&cluster->intents, seq);
}

/* The server refused: is the run somebody else's, or is there another reason (in op->value)? */
static void intent_refused(void *context, const struct sgr_k8s_result *result)
{
    struct sgr_task *op = context;
    struct sgr_k8s_result why = {.kind = "invalid", .retry_after_ms = -1};
    op->call = NULL;
    why.text = sgr_string_of(op->value).ptr;
    op->value = sgr_absent();
    if (result->ok && !sgr_fence_holds(op->cluster, result->value)) {
        why.text = "somebody else has the lock of this run";
    }
    (void)sgr_task_retry(op, &why, op->again);
}

static void intent_saved(void *context, const struct sgr_k8s_result *result)
{
    struct sgr_task *op = context;
    op->call = NULL;
    if (result->ok) {
        sgr_record_keep_version(op->cluster, result->value);
        op->then(op);
        return;
    }
    op->has_before = false; /* nothing was written yet: look again */
    if (strcmp(result->kind, "invalid") == 0) {
        op->value = sgr_string(op->heap, sgr_str_from(result->text));
        struct sgr_arena *arena = sgr_arena_new();
        sgr_str name = sgr_record_name(arena, run_name(op->cluster), "");
        sgr_task_request(op,
                         (struct sgr_k8s_request){.verb = SGR_K8S_GET,
                                                  .ref = sgr_record_ref(name),
                                                  .body = sgr_absent()},
                         intent_refused);
        sgr_arena_free(arena);
    } else {
        (void)sgr_task_retry(op, result, op->again);
    }
}

void sgr_record_intent(struct sgr_task *op, sgr_value intent, void (*then)(void *),
                       void (*again)(void *))
{
    struct sgr_cluster *cluster = op->cluster;
    struct sgr_buf text, body;
    if (cluster->name == NULL) {
        then(op);
        return;
    }
    sgr_buf_init(&text, TEXT_MAX);
    (void)sgr_value_json(intent, &text);
    note_intent(cluster, op->seq);
    if (cluster->options.state_dir != NULL) {
        char suffix[40];
        struct sgr_error error = {0};
        snprintf(suffix, sizeof suffix, "intent-%llu", (unsigned long long)op->seq);
        if (sgr_files_write(cluster->options.state_dir, run_name(cluster), suffix,
                            sgr_buf_str(&text), &error)) {
            then(op);
        } else {
            struct sgr_k8s_result result = {
                .kind = "unavailable", .text = error.text, .retry_after_ms = -1};
            op->has_before = false;
            (void)sgr_task_retry(op, &result, again);
        }
        sgr_error_release(&error);
        sgr_buf_release(&text);
        return;
    }
    struct sgr_arena *arena = sgr_arena_new();
    sgr_buf_init(&body, TEXT_MAX);
    sgr_fence_intent(cluster, op->seq, sgr_buf_str(&text), &body);
    op->then = then;
    op->again = again;
    sgr_task_request(op,
                     (struct sgr_k8s_request){
                         .verb = SGR_K8S_PATCH,
                         .ref = sgr_record_ref(sgr_record_name(arena, run_name(cluster), "")),
                         .body = sgr_absent(),
                         .raw = sgr_buf_str(&body),
                         .json_patch = true},
                     intent_saved);
    sgr_arena_free(arena);
    sgr_buf_release(&body);
    sgr_buf_release(&text);
}

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
    snprintf(key, sizeof key, "intent-%llu", (unsigned long long)op->seq);
    take_intent(op, sgr_path_str(sgr_field(result->value, SGR_STR("data")), key));
    op->then(op);
}

void sgr_record_find_intent(struct sgr_task *op, void (*then)(void *))
{
    struct sgr_cluster *cluster = op->cluster;
    if (cluster->name == NULL) {
        op->value = sgr_absent();
        then(op);
        return;
    }
    if (cluster->options.state_dir != NULL) {
        char suffix[40];
        struct sgr_buf text;
        sgr_buf_init(&text, TEXT_MAX);
        snprintf(suffix, sizeof suffix, "intent-%llu", (unsigned long long)op->seq);
        (void)sgr_files_read(cluster->options.state_dir, run_name(cluster), suffix, &text, NULL);
        take_intent(op, sgr_buf_str(&text));
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
                         .ref = sgr_record_ref(sgr_record_name(arena, run_name(cluster), ""))},
                     intent_found);
    sgr_arena_free(arena);
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
