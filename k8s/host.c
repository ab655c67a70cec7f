/* The host's side of a run: takes effects, hands answers back, retries what may be retried. Answers
 * are kept until the loop is between two advances, since a run must not be called back from within.
 * Must never give up a write because the server cannot be reached: the script's deadlines decide
 * that. */
#include "k8s/changes.h"
#include "k8s/cluster_private.h"

#include <stdlib.h>

enum { OP_HEAP = 512 << 20, TELL_MS = 30000, BASE_MS = 250, CAP_MS = 10000 };

/* ---- an op's life ---- */

static void stop_requests(struct sgr_task *op)
{
    sgr_k8s_cancel(op->call);
    sgr_http_cancel(op->cluster->http, op->http);
    sgr_prom_cancel(op->sample);
    sgr_load_free(op->load);
    sgr_arena_free(op->load_texts);
    sgr_http_timer_cancel(op->cluster->http, op->timer);
    op->call = NULL;
    op->http = NULL;
    op->sample = NULL;
    op->load = NULL;
    op->load_texts = NULL;
    op->timer = 0;
}

void sgr_task_free(struct sgr_task *op)
{
    stop_requests(op);
    *op->link = op->next;
    if (op->next != NULL) {
        op->next->link = op->link;
    }
    sgr_heap_free(op->heap);
    free(op);
}

static struct sgr_task *op_new(struct sgr_cluster *cluster, struct sgr_run *run,
                               const struct sgr_effect *effect)
{
    struct sgr_task *op = sgr_calloc(1, sizeof *op);
    op->cluster = cluster;
    op->run = run;
    op->seq = effect->seq;
    op->kind = effect->kind;
    op->in_doubt = effect->in_doubt;
    op->unsaved_since = sgr_http_now();
    op->heap = sgr_heap_new(OP_HEAP);
    op->count = effect->count < 4 ? effect->count : 4;
    for (size_t i = 0; i < op->count; i++) {
        op->args[i] = sgr_value_copy(op->heap, effect->args[i]);
    }
    op->next = cluster->ops;
    op->link = &cluster->ops;
    if (op->next != NULL) {
        op->next->link = &op->next;
    }
    cluster->ops = op;
    return op;
}

void sgr_task_answer(struct sgr_task *op, sgr_value value)
{
    op->answered = op->ok = true;
    op->value = value;
}

void sgr_task_fail(struct sgr_task *op, const char *word, sgr_str text)
{
    op->answered = true;
    op->ok = false;
    op->word = word;
    op->text = sgr_string_of(sgr_string(op->heap, text));
}

static void take_step(void *context)
{
    struct sgr_task *op = context;
    op->timer = 0;
    op->step(op);
}

void sgr_task_later(struct sgr_task *op, int64_t ms, void (*step)(void *))
{
    op->step = step;
    op->timer = sgr_http_after(op->cluster->http, ms, take_step, op);
}

void sgr_task_request(struct sgr_task *op, struct sgr_k8s_request request, sgr_k8s_done done)
{
    request.done = done;
    request.context = op;
    op->call = sgr_k8s_start(op->cluster->client, &request);
}

/* Which failures pass by themselves. 401 is one: tokens are renewed, and stopping would not help.
 */
static bool may_pass(const char *kind)
{
    return strcmp(kind, "unavailable") == 0 || strcmp(kind, "unknown") == 0 ||
           strcmp(kind, "unauthorized") == 0 || strcmp(kind, "stale") == 0 ||
           strcmp(kind, "gone") == 0;
}

bool sgr_task_retry(struct sgr_task *op, const struct sgr_k8s_result *result, void (*step)(void *))
{
    if (!may_pass(result->kind)) {
        sgr_task_fail(op, result->kind, sgr_str_from(result->text));
        return false;
    }
    bool quiet = strcmp(result->kind, "stale") == 0;
    int64_t now = sgr_http_now();
    if (!quiet && (op->told_at == 0 || now - op->told_at >= TELL_MS)) {
        sgr_cluster_message(op->cluster, "%s; trying again", result->text);
        op->told_at = now;
    }
    int64_t pause =
        sgr_http_backoff(op->cluster->http, op->failures++, quiet ? 5 : BASE_MS, CAP_MS);
    sgr_task_later(op, result->retry_after_ms > pause ? result->retry_after_ms : pause, step);
    return true;
}

/* ---- reads ---- */

static void poll_due(void *context)
{
    struct sgr_cluster *cluster = context;
    cluster->poll = 0;
    cluster->changed = true;
}

/* What no watch covers is looked at again after a while. */
static void poll_later(struct sgr_cluster *cluster)
{
    if (cluster->poll == 0) {
        cluster->poll = sgr_http_after(cluster->http, 2000, poll_due, cluster);
    }
}

static void read_again(void *op)
{
    sgr_effect_read(op);
}

static void list_again(void *op)
{
    sgr_effect_list(op);
}

static void read_done(void *context, const struct sgr_k8s_result *result)
{
    struct sgr_task *op = context;
    op->call = NULL;
    if (result->ok) {
        sgr_watch_put(op->cluster->watches, result->value);
        sgr_task_answer(op, sgr_value_copy(op->heap, result->value));
    } else if (strcmp(result->kind, "missing") == 0) {
        sgr_task_answer(op, sgr_absent());
    } else {
        (void)sgr_task_retry(op, result, read_again);
    }
}

void sgr_effect_read(struct sgr_task *op)
{
    enum sgr_watch_state state = sgr_watch_ensure(op->cluster->watches, &op->ref);
    if (state == SGR_WATCH_LIVE) {
        sgr_task_answer(op,
                        sgr_value_copy(op->heap, sgr_watch_get(op->cluster->watches, &op->ref)));
        return;
    }
    if (state == SGR_WATCH_REFUSED) {
        poll_later(op->cluster);
    }
    sgr_task_request(
        op, (struct sgr_k8s_request){.verb = SGR_K8S_GET, .ref = op->ref, .body = sgr_absent()},
        read_done);
}

/* ---- a view: what the watches have, and what none of them has yet ---- */

static void view_again(void *op)
{
    sgr_effect_view(op);
}

/* One more object; {} where it is not there. */
static void add_view(struct sgr_task *op, sgr_value object)
{
    sgr_value views[SGR_VIEWS_MAX];
    size_t count = op->viewed++;
    struct sgr_record_builder none;
    for (size_t i = 0; i < count; i++) {
        views[i] = sgr_item(op->value, i);
    }
    sgr_record_begin(&none, op->heap);
    views[count] =
        object.tag == SGR_RECORD ? sgr_value_copy(op->heap, object) : sgr_record_end(&none);
    op->value = sgr_list(op->heap, views, count + 1);
}

static void view_done(void *context, const struct sgr_k8s_result *result)
{
    struct sgr_task *op = context;
    op->call = NULL;
    if (result->ok || strcmp(result->kind, "missing") == 0) {
        if (result->ok) {
            sgr_watch_put(op->cluster->watches, result->value);
        }
        add_view(op, result->ok ? result->value : sgr_absent());
        sgr_effect_view(op);
    } else {
        (void)sgr_task_retry(op, result, view_again);
    }
}

void sgr_effect_view(struct sgr_task *op)
{
    sgr_value refs = op->args[0];
    size_t count = sgr_count_of(refs) < SGR_VIEWS_MAX ? sgr_count_of(refs) : SGR_VIEWS_MAX;
    if (op->viewed == 0) {
        op->value = sgr_list(op->heap, NULL, 0);
    }
    while (op->viewed < count) {
        op->ref = sgr_k8s_ref_of(sgr_item(refs, op->viewed));
        if (op->ref.namespace.len == 0) {
            op->ref.namespace = sgr_str_from(sgr_k8s_namespace(op->cluster->client));
        }
        enum sgr_watch_state state = sgr_watch_ensure(op->cluster->watches, &op->ref);
        if (state != SGR_WATCH_LIVE) {
            if (state == SGR_WATCH_REFUSED) {
                poll_later(op->cluster);
            }
            sgr_task_request(
                op,
                (struct sgr_k8s_request){.verb = SGR_K8S_GET, .ref = op->ref, .body = sgr_absent()},
                view_done);
            return;
        }
        add_view(op, sgr_watch_get(op->cluster->watches, &op->ref));
    }
    sgr_task_answer(op, op->value);
}

static void list_done(void *context, const struct sgr_k8s_result *result)
{
    struct sgr_task *op = context;
    op->call = NULL;
    if (result->ok) {
        sgr_task_answer(op, sgr_value_copy(op->heap, sgr_field(result->value, SGR_STR("items"))));
    } else {
        (void)sgr_task_retry(op, result, list_again);
    }
}

static void selector_text(sgr_value labels, struct sgr_buf *out)
{
    for (size_t i = 0; labels.tag == SGR_RECORD && i < sgr_count_of(labels); i++) {
        sgr_buf_printf(out, "%s%.*s=", i ? "," : "", SGR_FMT(sgr_key(labels, i)));
        sgr_value_print(sgr_field_at(labels, i), out);
    }
}

void sgr_effect_list(struct sgr_task *op)
{
    struct sgr_buf labels;
    op->ref.name = SGR_STR("");
    enum sgr_watch_state state = sgr_watch_ensure(op->cluster->watches, &op->ref);
    if (state == SGR_WATCH_LIVE) {
        sgr_task_answer(op, sgr_watch_list(op->cluster->watches, &op->ref, op->args[1], op->heap));
        return;
    }
    if (state == SGR_WATCH_REFUSED) {
        poll_later(op->cluster);
    }
    sgr_buf_init(&labels, 1 << 16);
    selector_text(op->args[1], &labels);
    sgr_task_request(
        op,
        (struct sgr_k8s_request){
            .verb = SGR_K8S_LIST, .ref = op->ref, .body = sgr_absent(), .labels = labels.ptr},
        list_done);
    sgr_buf_release(&labels);
}

/* ---- the host ---- */

static void start(void *self, struct sgr_run *run, const struct sgr_effect *effect)
{
    static void (*const effects[SGR_EFFECT_COUNT])(struct sgr_task *) = {
        [SGR_EFFECT_READ] = sgr_effect_read,     [SGR_EFFECT_LIST] = sgr_effect_list,
        [SGR_EFFECT_APPLY] = sgr_effect_apply,   [SGR_EFFECT_PATCH] = sgr_effect_patch,
        [SGR_EFFECT_DELETE] = sgr_effect_delete, [SGR_EFFECT_RESTORE] = sgr_effect_restore,
        [SGR_EFFECT_SAMPLE] = sgr_effect_sample, [SGR_EFFECT_ASK] = sgr_effect_ask,
        [SGR_EFFECT_SEND] = sgr_effect_send,     [SGR_EFFECT_JOB] = sgr_effect_job,
        [SGR_EFFECT_EVENT] = sgr_effect_event,   [SGR_EFFECT_LOAD] = sgr_effect_load,
        [SGR_EFFECT_VIEW] = sgr_effect_view,
    };
    struct sgr_task *op = op_new(self, run, effect);
    op->ref = op->count > 0 ? sgr_k8s_ref_of(op->args[0]) : (struct sgr_k8s_ref){0};
    if (op->ref.namespace.len == 0) {
        op->ref.namespace = sgr_str_from(sgr_k8s_namespace(op->cluster->client));
    }
    if (effects[effect->kind] == NULL) {
        SGR_BUG("an effect that the run answers itself came to the host: %s",
                sgr_effects[effect->kind].word);
    }
    effects[effect->kind](op);
}

static void cancel(void *self, struct sgr_run *run, uint64_t seq)
{
    struct sgr_cluster *cluster = self;
    for (struct sgr_task *op = cluster->ops; op != NULL; op = op->next) {
        if (op->run == run && op->seq == seq) {
            stop_requests(op);
            if (!sgr_job_stop(op)) {
                sgr_task_free(op);
            }
            return;
        }
    }
}

static bool save(void *self, struct sgr_run *run, sgr_str snapshot, struct sgr_error *error)
{
    struct sgr_cluster *cluster = self;
    (void)run;
    if (cluster->looking || cluster->name == NULL) {
        return true;
    }
    bool ok = !cluster->lost && sgr_record_save(cluster, snapshot, error);
    if (cluster->lost) {
        sgr_error_set(error, "somebody else has the lock of this run");
    }
    if (!ok && !cluster->save_failed) { /* once: the run holds still until it works again */
        sgr_cluster_message(cluster, "%s", error->text);
    }
    cluster->save_failed = !ok;
    return ok;
}

static bool defer(void *self, struct sgr_run *run, sgr_str snapshot)
{
    struct sgr_cluster *cluster = self;
    (void)run;
    return !cluster->looking && sgr_record_keep(cluster, snapshot);
}

/* How many pods of a track are asked for; the tracks' names are those of the run. */
static void note_scale(struct sgr_cluster *cluster, const struct sgr_report *report)
{
    sgr_str track = sgr_path_str(report->fields, "track");
    bool is_new = sgr_str_equal(track, sgr_path_str(cluster->status, "new_track"));
    sgr_status_set(cluster, is_new ? "new_pods" : "old_pods", sgr_path(report->fields, "replicas"));
}

/* What `sgrc status` shows. */
static void note_status(struct sgr_cluster *cluster, const struct sgr_report *report)
{
    static const struct {
        const char *kind, *from, *to;
    } rows[] = {
        {"step", "name", "step"},
        {"weight", "new", "weight"},
        {"outcome", "outcome", "outcome"},
        {"outcome", "text", "text"},
        {"outcome", "left", "left"},
        {"failed", "text", "cause"},
        {"verdict", "verdict", "verdict"},
        {"run", "new/image", "new_image"},
        {"run", "old/image", "old_image"},
        {"run", "mode", "mode"},
        {"run", "workload", "workload"},
        {"install", "workload", "workload"},
        {"install", "mode", "mode"},
        {"install", "new/image", "new_image"},
        {"sample", "guard", "guard"},
        {"sample", "verdict", "sampled"},
        {"sample", "values", "values"},
        {"run", "new/name", "new_track"},
        {"run", "new/replicas", "new_pods"},
        {"run", "old/replicas", "old_pods"},
    };
    if (strcmp(report->kind, "scale") == 0) {
        note_scale(cluster, report);
    }
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        sgr_value value = strcmp(report->kind, rows[i].kind) == 0
                              ? sgr_path(report->fields, rows[i].from)
                              : sgr_absent();
        if (!sgr_is_absent(value)) {
            sgr_status_set(cluster, rows[i].to, value);
        }
    }
}

static void report(void *self, struct sgr_run *run, const struct sgr_report *what)
{
    struct sgr_cluster *cluster = self;
    (void)run;
    note_status(cluster, what);
    sgr_event_of_report(cluster, what);
    if (cluster->options.watch != NULL) {
        cluster->options.watch(cluster->options.self, what);
    }
    sgr_exporter_changed(cluster->exporter);
}

/* Several writes to one object go back in one, not through every value between. */
static sgr_value merge(void *self, struct sgr_heap *heap, sgr_value older, sgr_value newer)
{
    (void)self;
    sgr_value existed = sgr_field(older, SGR_STR("existed"));
    sgr_value first = sgr_field(older, SGR_STR("changes")),
              second = sgr_field(newer, SGR_STR("changes"));
    if (!sgr_str_equal(sgr_path_str(older, "uid"), sgr_path_str(newer, "uid")) ||
        second.tag != SGR_LIST) {
        return sgr_absent();
    }
    if (existed.tag == SGR_BOOL && !existed.as.i) {
        return older; /* made by this run: it goes whole */
    }
    sgr_value changes =
        first.tag == SGR_LIST ? sgr_changes_merge(heap, first, second) : sgr_absent();
    return sgr_is_absent(changes) ? changes
                                  : sgr_record_with(heap, older, SGR_STR("changes"), changes);
}

struct sgr_host sgr_cluster_host(struct sgr_cluster *cluster)
{
    static const struct sgr_host_ops ops = {.start = start,
                                            .cancel = cancel,
                                            .save = save,
                                            .defer = defer,
                                            .report = report,
                                            .merge = merge};
    return (struct sgr_host){&ops, cluster};
}
