/* Kubernetes Events, so that `kubectl describe` tells the story of a rollout. An Event that cannot
 * be sent is no harm: must never hold or fail a run. */
#include "k8s/cluster_private.h"

#include <stdio.h>
#include <time.h>

enum { NOTE_MAX = 1000, BUDGET_MS = 5000 };

struct sgr_event {
    struct sgr_k8s_ref about;
    sgr_value uid; /* of the object, or ABSENT */
    bool warning;
    sgr_str reason, note;
    uint64_t number; /* tells Events of one second apart */
};

static void sent(void *context, const struct sgr_k8s_result *result)
{
    (void)context;
    (void)result;
}

static sgr_value text(struct sgr_heap *heap, sgr_str value)
{
    return sgr_string(heap, value);
}

static sgr_value about_value(struct sgr_heap *heap, const struct sgr_event *event)
{
    struct sgr_record_builder builder;
    sgr_record_begin(&builder, heap);
    sgr_record_set(&builder, SGR_STR("apiVersion"), text(heap, event->about.api_version));
    sgr_record_set(&builder, SGR_STR("kind"), text(heap, event->about.kind));
    sgr_record_set(&builder, SGR_STR("namespace"), text(heap, event->about.namespace));
    sgr_record_set(&builder, SGR_STR("name"), text(heap, event->about.name));
    sgr_record_set(&builder, SGR_STR("uid"), event->uid);
    return sgr_record_end(&builder);
}

static sgr_value meta_value(struct sgr_heap *heap, const struct sgr_event *event, time_t now)
{
    char name[300];
    struct sgr_record_builder builder;
    snprintf(name, sizeof name, "%.*s.sgr%llx-%llx",
             event->about.name.len > 200 ? 200 : (int)event->about.name.len, event->about.name.ptr,
             (unsigned long long)now, (unsigned long long)event->number);
    sgr_record_begin(&builder, heap);
    sgr_record_set(&builder, SGR_STR("name"), text(heap, sgr_str_from(name)));
    sgr_record_set(&builder, SGR_STR("namespace"), text(heap, event->about.namespace));
    return sgr_record_end(&builder);
}

static void send_event(struct sgr_cluster *cluster, const struct sgr_event *event)
{
    char now[40];
    time_t seconds = time(NULL);
    struct tm utc;
    struct sgr_heap *heap = sgr_heap_new(1 << 20);
    struct sgr_record_builder builder;
    sgr_str note = event->note.len > NOTE_MAX ? (sgr_str){event->note.ptr, NOTE_MAX} : event->note;
    strftime(now, sizeof now, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&seconds, &utc));
    sgr_record_begin(&builder, heap);
    sgr_record_set(&builder, SGR_STR("apiVersion"), text(heap, SGR_STR("v1")));
    sgr_record_set(&builder, SGR_STR("kind"), text(heap, SGR_STR("Event")));
    sgr_record_set(&builder, SGR_STR("metadata"), meta_value(heap, event, seconds));
    sgr_record_set(&builder, SGR_STR("involvedObject"), about_value(heap, event));
    sgr_record_set(&builder, SGR_STR("type"),
                   text(heap, event->warning ? SGR_STR("Warning") : SGR_STR("Normal")));
    sgr_record_set(&builder, SGR_STR("reason"), text(heap, event->reason));
    sgr_record_set(&builder, SGR_STR("message"), text(heap, note));
    sgr_record_set(&builder, SGR_STR("firstTimestamp"), text(heap, sgr_str_from(now)));
    sgr_record_set(&builder, SGR_STR("lastTimestamp"), text(heap, sgr_str_from(now)));
    sgr_record_set(&builder, SGR_STR("count"), sgr_int(1));
    sgr_record_set(
        &builder, SGR_STR("source"),
        sgr_record_with(heap, sgr_absent(), SGR_STR("component"), text(heap, SGR_STR("sgrc"))));
    struct sgr_k8s_request request = {.verb = SGR_K8S_CREATE,
                                      .body = sgr_record_end(&builder),
                                      .budget_ms = BUDGET_MS,
                                      .done = sent};
    (void)sgr_k8s_start(cluster->client, &request);
    sgr_heap_free(heap);
}

static sgr_str string_of(sgr_value value)
{
    return value.tag == SGR_STRING ? sgr_string_of(value) : SGR_STR("");
}

void sgr_effect_event(struct sgr_task *op)
{
    struct sgr_cluster *cluster = op->cluster;
    struct sgr_event event = {
        .about = op->ref,
        .uid = sgr_path(sgr_watch_get(cluster->watches, &op->ref), "metadata/uid"),
        .warning = sgr_str_is(string_of(op->args[1]), "Warning"),
        .reason = string_of(op->args[2]),
        .note = string_of(op->args[3]),
        .number = op->seq,
    };
    if (!cluster->looking) {
        send_event(cluster, &event);
    }
    sgr_task_answer(op, sgr_bool(true));
}

/* ---- the story of a run ---- */

static void note_subject(struct sgr_cluster *cluster, sgr_value fields)
{
    sgr_str name = sgr_path_str(fields, "old/deployment");
    if (name.len > 0) {
        cluster->subject = sgr_arena_cstr(cluster->arena, name);
    }
}

void sgr_event_of_report(struct sgr_cluster *cluster, const struct sgr_report *report)
{
    static const struct {
        const char *kind, *reason, *field;
        bool warning;
    } rows[] = {
        {"step", "RolloutStep", "name", false},
        {"failed", "RolloutFailed", "text", true},
        {"rollback", "RolloutRollback", NULL, true},
        {"promote", "RolloutPromote", "mode", false},
        {"outcome", "RolloutOutcome", "outcome", false},
    };
    if (strcmp(report->kind, "run") == 0) {
        note_subject(cluster, report->fields);
    }
    if (cluster->subject == NULL || cluster->looking) {
        return;
    }
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (strcmp(report->kind, rows[i].kind) == 0) {
            struct sgr_event event = {
                .about = {.api_version = SGR_STR("apps/v1"),
                          .kind = SGR_STR("Deployment"),
                          .namespace = sgr_str_from(sgr_k8s_namespace(cluster->client)),
                          .name = sgr_str_from(cluster->subject)},
                .warning = rows[i].warning,
                .reason = sgr_str_from(rows[i].reason),
                .note = rows[i].field != NULL ? sgr_path_str(report->fields, rows[i].field)
                                              : SGR_STR("traffic first"),
                .number = (uint64_t)sgr_http_now(),
            };
            event.uid = sgr_path(sgr_watch_get(cluster->watches, &event.about), "metadata/uid");
            send_event(cluster, &event);
        }
    }
}
