/* The door of the record: begin one, load it, list them, and leave a word for who performs the run.
 * Must never remove the record of a run that could still be resumed: the callers ask first. */
#include "k8s/cluster_private.h"

#include <stdio.h>
#include <stdlib.h>

#include "k8s/base64.h"
#include "k8s/codec.h"

enum { TEXT_MAX = 64 << 20, HISTORY_MAX = 20, MAKE_TRIES = 3 };

static void meta_text(struct sgr_buf *out, sgr_str name, const char *what)
{
    sgr_buf_cstr(out, "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":");
    sgr_buf_json(out, name);
    sgr_buf_printf(out,
                   ",\"labels\":{\"app.kubernetes.io/managed-by\":\"sgr\",\"" SGR_PREFIX
                   "record\":\"%s\"}}",
                   what);
}

/* `version`: as it was seen; "" where it was not looked at. */
static bool drop(struct sgr_cluster *cluster, sgr_str name, const char *version,
                 struct sgr_error *error)
{
    struct sgr_heap *heap = sgr_heap_new((size_t)128 << 20);
    struct sgr_k8s_request request = {.verb = SGR_K8S_DELETE,
                                      .ref = sgr_record_ref(name),
                                      .resource_version = *version ? version : NULL,
                                      .repeatable = true,
                                      .body = sgr_absent()};
    struct sgr_reply reply = sgr_cluster_wait(cluster, heap, request);
    bool ok = reply.ok || strcmp(reply.kind, "missing") == 0 ||
              sgr_error_set(error, "the record of the run before cannot be removed: %.*s",
                            SGR_FMT(reply.text));
    sgr_heap_free(heap);
    return ok;
}

static bool same_content(sgr_value a, sgr_value b)
{
    return sgr_value_equal(sgr_field(a, SGR_STR("data")), sgr_field(b, SGR_STR("data"))) &&
           sgr_value_equal(sgr_field(a, SGR_STR("binaryData")),
                           sgr_field(b, SGR_STR("binaryData")));
}

/* Made although its answer got lost, or not made. */
static struct sgr_reply make_again(struct sgr_cluster *cluster, struct sgr_heap *heap,
                                   sgr_value object)
{
    struct sgr_reply reply = sgr_cluster_wait(
        cluster, heap,
        (struct sgr_k8s_request){
            .verb = SGR_K8S_GET, .ref = sgr_k8s_ref_of(object), .body = sgr_absent()});
    if (reply.ok && !same_content(reply.value, object)) {
        reply = (struct sgr_reply){
            .kind = "exists", .text = SGR_STR("somebody else has made one"), .value = sgr_absent()};
    }
    return reply.ok || strcmp(reply.kind, "missing") != 0
               ? reply
               : sgr_cluster_wait(cluster, heap,
                                  (struct sgr_k8s_request){.verb = SGR_K8S_CREATE, .body = object});
}

static bool make(struct sgr_cluster *cluster, sgr_str json, struct sgr_error *error)
{
    struct sgr_heap *heap = sgr_heap_new((size_t)128 << 20);
    sgr_value object;
    bool ok = sgr_json_read(heap, json, &object, error);
    if (ok) {
        struct sgr_reply reply = sgr_cluster_wait(
            cluster, heap, (struct sgr_k8s_request){.verb = SGR_K8S_CREATE, .body = object});
        for (int i = 0; i < MAKE_TRIES && !reply.ok && strcmp(reply.kind, "unknown") == 0; i++) {
            reply = make_again(cluster, heap, object);
        }
        ok = reply.ok || sgr_error_set(error, "the record of the run cannot be made: %.*s",
                                       SGR_FMT(reply.text));
        sgr_record_keep_version(cluster, reply.value);
    }
    sgr_heap_free(heap);
    return ok;
}

/* What was there before is remembered as one more row of the history: its status. */
static bool history_text(struct sgr_cluster *cluster, sgr_str name, struct sgr_buf *out,
                         struct sgr_error *error)
{
    struct sgr_cluster_record old;
    struct sgr_heap *heap = sgr_heap_new((size_t)64 << 20);
    SGR_VEC(sgr_value) rows = {0};
    sgr_value history = sgr_absent(), status = sgr_absent();
    bool ok = sgr_cluster_load(cluster, name, &old, error);
    if (ok) { /* also where a kill has left no program: the rest is there */
        (void)sgr_json_read(heap, sgr_buf_str(&old.history), &history, NULL);
        (void)sgr_json_read(heap, sgr_buf_str(&old.status), &status, NULL);
    }
    size_t count = history.tag == SGR_LIST ? sgr_count_of(history) : 0;
    for (size_t i = count >= HISTORY_MAX ? count - HISTORY_MAX + 1 : 0; i < count; i++) {
        sgr_vec_push(&rows, sgr_item(history, i));
    }
    bool known = rows.len > 0 && sgr_value_equal(rows.at[rows.len - 1], status);
    if (status.tag == SGR_RECORD && !known) {
        sgr_vec_push(&rows, status);
    }
    (void)sgr_value_json(sgr_list(heap, rows.at, rows.len), out);
    sgr_vec_release(&rows);
    sgr_cluster_record_release(&old);
    sgr_heap_free(heap);
    return ok;
}

static void add_text(struct sgr_buf *json, const char *key, sgr_str text)
{
    sgr_buf_printf(json, ",\"%s\":", key);
    sgr_buf_json(json, text);
}

/* The run's own map goes first and comes last: where it is, its program is too. */
static bool begin_maps(struct sgr_cluster *cluster, sgr_str name, sgr_str program,
                       sgr_str parameters, sgr_str history, struct sgr_error *error)
{
    struct sgr_arena *arena = sgr_arena_new();
    struct sgr_buf json, status;
    sgr_str main_name = sgr_record_name(arena, name, ""),
            other = sgr_record_name(arena, name, "-program");
    sgr_buf_init(&json, TEXT_MAX);
    sgr_buf_init(&status, TEXT_MAX);
    sgr_record_status(cluster, &status);
    meta_text(&json, other, "program");
    sgr_buf_cstr(&json, ",\"binaryData\":{\"program\":\"");
    sgr_base64_write(program, &json);
    sgr_buf_cstr(&json, "\"}}");
    bool ok = drop(cluster, main_name, cluster->version, error) &&
              drop(cluster, other, cluster->program_version, error);
    cluster->version[0] = '\0';
    ok = ok && make(cluster, sgr_buf_str(&json), error);
    sgr_buf_clear(&json);
    meta_text(&json, main_name, "run");
    sgr_buf_cstr(&json, ",\"data\":{\"name\":");
    sgr_buf_json(&json, name);
    add_text(&json, "runner", sgr_str_from(cluster->holder));
    add_text(&json, "parameters", parameters);
    add_text(&json, "status", sgr_buf_str(&status));
    add_text(&json, "history", history);
    sgr_buf_cstr(&json, "}}");
    ok = ok && make(cluster, sgr_buf_str(&json), error);
    sgr_buf_release(&json);
    sgr_buf_release(&status);
    sgr_arena_free(arena);
    return ok;
}

static bool begin_files(struct sgr_cluster *cluster, sgr_str name, sgr_str program,
                        sgr_str parameters, sgr_str history, struct sgr_error *error)
{
    const char *dir = cluster->options.state_dir;
    struct sgr_buf status;
    sgr_buf_init(&status, TEXT_MAX);
    sgr_record_status(cluster, &status);
    sgr_files_remove(dir, name, "program"); /* first: without it there is no run */
    sgr_files_remove(dir, name, "run");
    sgr_files_remove(dir, name, "undo");
    sgr_files_remove(dir, name, "words");
    /* the intents are another run's, whose numbers mean something else */
    bool ok = sgr_files_clear(dir, name, "intent-", error) &&
              sgr_files_write(dir, name, "history", history, error) &&
              sgr_files_write(dir, name, "status", sgr_buf_str(&status), error) &&
              sgr_files_write(dir, name, "parameters", parameters, error) &&
              sgr_files_write(dir, name, "program", program, error);
    sgr_buf_release(&status);
    return ok;
}

bool sgr_cluster_begin(struct sgr_cluster *cluster, sgr_str name, sgr_str program,
                       sgr_str parameters, struct sgr_error *error)
{
    struct sgr_buf history;
    sgr_buf_init(&history, TEXT_MAX);
    if (!sgr_fence_confirm(cluster, error) || !history_text(cluster, name, &history, error)) {
        sgr_buf_release(&history);
        return false;
    }
    sgr_status_set(cluster, "name", sgr_string(cluster->status_heap, name));
    sgr_status_set(cluster, "outcome", sgr_string(cluster->status_heap, SGR_STR("running")));
    sgr_status_time(cluster, "started");
    bool ok = (cluster->options.state_dir == NULL ? begin_maps : begin_files)(
        cluster, name, program, parameters, sgr_buf_str(&history), error);
    sgr_buf_release(&history);
    return ok;
}

static bool decode(sgr_value map, const char *key, struct sgr_buf *out)
{
    return sgr_base64_read(sgr_path_str(sgr_field(map, SGR_STR("binaryData")), key), out);
}

static bool load_maps(struct sgr_cluster *cluster, sgr_str name, struct sgr_cluster_record *record,
                      struct sgr_error *error)
{
    struct sgr_arena *arena = sgr_arena_new();
    struct sgr_heap *heap = sgr_heap_new((size_t)128 << 20);
    struct sgr_reply reply = sgr_cluster_wait(
        cluster, heap,
        (struct sgr_k8s_request){.verb = SGR_K8S_GET,
                                 .ref = sgr_record_ref(sgr_record_name(arena, name, "")),
                                 .body = sgr_absent()});
    bool ok = reply.ok || strcmp(reply.kind, "missing") == 0;
    record->found = reply.ok;
    cluster->version[0] = cluster->program_version[0] = '\0';
    if (reply.ok) {
        sgr_record_keep_version(cluster, reply.value);
        sgr_buf_add(&record->parameters, sgr_path_str(reply.value, "data/parameters"));
        sgr_buf_add(&record->status, sgr_path_str(reply.value, "data/status"));
        sgr_buf_add(&record->history, sgr_path_str(reply.value, "data/history"));
        ok = (decode(reply.value, "snapshot", &record->snapshot) &&
              decode(reply.value, "undo", &record->undo)) ||
             sgr_error_set(error, "the snapshot of the run is no base64");
        reply =
            sgr_cluster_wait(cluster, heap,
                             (struct sgr_k8s_request){
                                 .verb = SGR_K8S_GET,
                                 .ref = sgr_record_ref(sgr_record_name(arena, name, "-program")),
                                 .body = sgr_absent()});
        snprintf(cluster->program_version, sizeof cluster->program_version, "%.*s",
                 SGR_FMT(sgr_path_str(reply.value, "metadata/resourceVersion")));
        ok = ok && (!reply.ok || decode(reply.value, "program", &record->program) ||
                    sgr_error_set(error, "the program of the run is no base64"));
        ok = ok && (reply.ok || sgr_error_set(error, "the program of the run cannot be read: %.*s",
                                              SGR_FMT(reply.text)));
    } else if (!ok) {
        sgr_error_set(error, "%.*s", SGR_FMT(reply.text));
    }
    sgr_heap_free(heap);
    sgr_arena_free(arena);
    return ok;
}

bool sgr_cluster_load(struct sgr_cluster *cluster, sgr_str name, struct sgr_cluster_record *record,
                      struct sgr_error *error)
{
    struct sgr_buf *buffers[] = {&record->program, &record->snapshot, &record->parameters,
                                 &record->status,  &record->undo,     &record->history};
    const char *const suffixes[] = {"program", "run", "parameters", "status", "undo", "history"};
    enum { COUNT = sizeof suffixes / sizeof *suffixes };
    struct sgr_error problem = {0};
    record->found = false;
    for (size_t i = 0; i < COUNT; i++) {
        sgr_buf_init(buffers[i], TEXT_MAX);
    }
    if (cluster->options.state_dir == NULL) {
        return load_maps(cluster, name, record, error);
    }
    for (size_t i = 0; i < COUNT; i++) {
        bool there =
            sgr_files_read(cluster->options.state_dir, name, suffixes[i], buffers[i], &problem);
        record->found = record->found || (i == 0 && there);
        if (!there && problem.text != NULL) {
            sgr_error_set(error, "%s", problem.text);
            sgr_error_release(&problem);
            return false;
        }
    }
    return true;
}

void sgr_cluster_record_release(struct sgr_cluster_record *record)
{
    sgr_buf_release(&record->program);
    sgr_buf_release(&record->snapshot);
    sgr_buf_release(&record->parameters);
    sgr_buf_release(&record->status);
    sgr_buf_release(&record->undo);
    sgr_buf_release(&record->history);
}

static sgr_value run_row(struct sgr_heap *heap, sgr_str name, sgr_str status)
{
    struct sgr_record_builder builder;
    sgr_value value = sgr_absent();
    sgr_record_begin(&builder, heap);
    sgr_record_set(&builder, SGR_STR("name"), sgr_string(heap, name));
    if (status.len > 0 && sgr_json_read(heap, status, &value, NULL)) {
        sgr_record_set(&builder, SGR_STR("status"), value);
    }
    return sgr_record_end(&builder);
}

static void runs_of_files(const char *dir, struct sgr_heap *heap, sgr_value *runs)
{
    SGR_VEC(sgr_value) rows = {0};
    sgr_value names = sgr_files_list(dir, "program", heap);
    for (size_t i = 0; i < sgr_count_of(names); i++) {
        struct sgr_buf status;
        sgr_buf_init(&status, TEXT_MAX);
        (void)sgr_files_read(dir, sgr_string_of(sgr_item(names, i)), "status", &status, NULL);
        sgr_vec_push(&rows, run_row(heap, sgr_string_of(sgr_item(names, i)), sgr_buf_str(&status)));
        sgr_buf_release(&status);
    }
    *runs = sgr_list(heap, rows.at, rows.len);
    sgr_vec_release(&rows);
}

bool sgr_cluster_runs(struct sgr_cluster *cluster, struct sgr_heap *heap, sgr_value *runs,
                      struct sgr_error *error)
{
    SGR_VEC(sgr_value) rows = {0};
    if (cluster->options.state_dir != NULL) {
        runs_of_files(cluster->options.state_dir, heap, runs);
        return true;
    }
    struct sgr_reply reply =
        sgr_cluster_wait(cluster, heap,
                         (struct sgr_k8s_request){.verb = SGR_K8S_LIST,
                                                  .ref = sgr_record_ref(SGR_STR("")),
                                                  .body = sgr_absent(),
                                                  .labels = SGR_PREFIX "record=run"});
    if (!reply.ok) {
        return sgr_error_set(error, "%.*s", SGR_FMT(reply.text));
    }
    sgr_value items = sgr_field(reply.value, SGR_STR("items"));
    for (size_t i = 0; i < sgr_count_of(items); i++) {
        sgr_value item = sgr_item(items, i);
        sgr_vec_push(&rows, run_row(heap, sgr_path_str(item, "data/name"),
                                    sgr_path_str(item, "data/status")));
    }
    *runs = sgr_list(heap, rows.at, rows.len);
    sgr_vec_release(&rows);
    return true;
}

/* One annotation of the record of a run that somebody else performs. */
static bool annotate(struct sgr_cluster *cluster, sgr_str name, const char *key, sgr_str text,
                     struct sgr_error *error)
{
    struct sgr_buf body;
    bool ok = true;
    sgr_buf_init(&body, TEXT_MAX);
    if (cluster->options.state_dir != NULL) {
        sgr_buf_printf(&body, "{\"" SGR_PREFIX "%s\":", key);
        sgr_buf_json(&body, text);
        sgr_buf_byte(&body, '}');
        ok = sgr_files_write(cluster->options.state_dir, name, "words", sgr_buf_str(&body), error);
    } else {
        struct sgr_arena *arena = sgr_arena_new();
        struct sgr_heap *heap = sgr_heap_new((size_t)64 << 20);
        sgr_buf_printf(&body, "{\"metadata\":{\"annotations\":{\"" SGR_PREFIX "%s\":", key);
        sgr_buf_json(&body, text);
        sgr_buf_cstr(&body, "}}}");
        struct sgr_reply reply = sgr_cluster_wait(
            cluster, heap,
            (struct sgr_k8s_request){.verb = SGR_K8S_PATCH,
                                     .ref = sgr_record_ref(sgr_record_name(arena, name, "")),
                                     .body = sgr_absent(),
                                     .raw = sgr_buf_str(&body)});
        ok = reply.ok;
        if (!ok && strcmp(reply.kind, "missing") == 0) {
            sgr_error_set(error, "there is no run %.*s", SGR_FMT(name));
        } else if (!ok) {
            sgr_error_set(error, "the run %.*s: %.*s", SGR_FMT(name), SGR_FMT(reply.text));
        }
        sgr_heap_free(heap);
        sgr_arena_free(arena);
    }
    sgr_buf_release(&body);
    return ok;
}

bool sgr_cluster_say(struct sgr_cluster *cluster, sgr_str name, bool approved, sgr_str who,
                     struct sgr_error *error)
{
    struct sgr_cluster_record record;
    struct sgr_heap *heap = sgr_heap_new((size_t)16 << 20);
    sgr_value status = sgr_absent();
    char text[256];
    bool ok = sgr_cluster_load(cluster, name, &record, error);
    if (ok && !record.found) {
        ok = sgr_error_set(error, "there is no run %.*s", SGR_FMT(name));
    }
    if (ok) {
        (void)sgr_json_read(heap, sgr_buf_str(&record.status), &status, NULL);
        int64_t seq = sgr_path_int(status, "seq", -1);
        snprintf(text, sizeof text, "%lld %s by %.*s", (long long)seq,
                 approved ? "approved" : "denied", who.len > 100 ? 100 : (int)who.len,
                 who.len ? who.ptr : "");
        ok = seq >= 0 ? annotate(cluster, name, "approve", sgr_str_from(text), error)
                      : sgr_error_set(error, "the run %.*s has asked nothing", SGR_FMT(name));
    }
    sgr_cluster_record_release(&record);
    sgr_heap_free(heap);
    return ok;
}

bool sgr_cluster_abort(struct sgr_cluster *cluster, sgr_str name, sgr_str reason,
                       struct sgr_error *error)
{
    return annotate(cluster, name, "abort", reason.len ? reason : SGR_STR("somebody said so"),
                    error);
}
