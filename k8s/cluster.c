/* The cluster host as a whole: making it, what is asked before a run, and the loop of a run. Must
 * never call a run back from inside its own advance, and never go on once the lock is somebody
 * else's. */
#include "k8s/cluster_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "k8s/changes.h"

enum { WAIT_MS = 60000, IDLE_MS = 60000, ABORT_MS = 5000, AGAIN_MS = 1000, FINISH_MS = 30000 };

/* ---- making it ---- */

static const char *keep(struct sgr_cluster *cluster, const char *text)
{
    return text != NULL ? sgr_arena_cstr(cluster->arena, sgr_str_from(text)) : NULL;
}

static void copy_options(struct sgr_cluster *cluster, const struct sgr_cluster_options *options)
{
    struct sgr_cluster_options *own = &cluster->options;
    *own = *options;
    const char **texts[] = {
        &own->kubeconfig,    &own->context,          &own->namespace,
        &own->prometheus,    &own->prometheus_token, &own->prometheus_token_file,
        &own->prometheus_ca, &own->prometheus_cert,  &own->prometheus_key,
        &own->state_dir,     &own->metrics_listen,   &own->metrics_push};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        *texts[i] = keep(cluster, *texts[i]);
    }
}

static void note_change(void *self)
{
    ((struct sgr_cluster *)self)->changed = true;
}

static void warn(void *self, const char *text)
{
    sgr_cluster_message(self, "the API server warns: %s", text);
}

static bool open_prometheus(struct sgr_cluster *cluster, struct sgr_error *error)
{
    const struct sgr_cluster_options *options = &cluster->options;
    if (options->prometheus == NULL) {
        return true;
    }
    struct sgr_prom_options how = {
        .url = options->prometheus,
        .token = options->prometheus_token,
        .token_file = options->prometheus_token_file,
        .ca_file = options->prometheus_ca,
        .cert_file = options->prometheus_cert,
        .key_file = options->prometheus_key,
        .scrape_ms = options->scrape_ms,
    };
    cluster->prom = sgr_prom_new(cluster->http, &how, error);
    return cluster->prom != NULL;
}

static void name_holder(struct sgr_cluster *cluster)
{
    char host[128] = "unknown", text[256];
    uint64_t random = 0;
    (void)gethostname(host, sizeof host - 1);
    if (getrandom(&random, sizeof random, 0) != (ssize_t)sizeof random) {
        random = (uint64_t)sgr_http_now();
    }
    snprintf(text, sizeof text, "%s/%ld/%08x", host, (long)getpid(), (unsigned)random);
    cluster->holder = sgr_arena_cstr(cluster->arena, sgr_str_from(text));
    snprintf(cluster->run_id, sizeof cluster->run_id, "%016llx", (unsigned long long)random);
}

struct sgr_cluster *sgr_cluster_new(const struct sgr_cluster_options *options,
                                    struct sgr_error *error)
{
    struct sgr_cluster *cluster = sgr_calloc(1, sizeof *cluster);
    cluster->arena = sgr_arena_new();
    cluster->wake[0] = cluster->wake[1] = cluster->lock_fd = cluster->events = -1;
    cluster->status_heap = sgr_heap_new((size_t)16 << 20);
    cluster->status = cluster->lease = sgr_absent();
    sgr_buf_init(&cluster->kept, (size_t)1 << 30);
    copy_options(cluster, options);
    struct sgr_kube_options kube = {.kubeconfig = options->kubeconfig,
                                    .context = options->context,
                                    .namespace = options->namespace};
    cluster->kube = sgr_kube_load(&kube, error);
    cluster->http = cluster->kube ? sgr_http_new(error) : NULL;
    if (cluster->http == NULL || !open_prometheus(cluster, error)) {
        sgr_cluster_free(cluster);
        return NULL;
    }
    if (pipe2(cluster->wake, O_CLOEXEC | O_NONBLOCK) != 0) {
        sgr_error_set(error, "no pipe: %s", strerror(errno));
        sgr_cluster_free(cluster);
        return NULL;
    }
    cluster->events = sgr_terminal_events(cluster->wake[0], options->terminal, error);
    if (cluster->events < 0) {
        sgr_cluster_free(cluster);
        return NULL;
    }
    name_holder(cluster);
    cluster->client =
        sgr_k8s_new(cluster->http, sgr_kube_target(cluster->kube), sgr_kube_server(cluster->kube),
                    sgr_kube_namespace(cluster->kube));
    sgr_k8s_on_warning(cluster->client, warn, cluster);
    cluster->watches = sgr_watches_new(cluster->client, note_change, cluster);
    return cluster;
}

void sgr_cluster_free(struct sgr_cluster *cluster)
{
    if (cluster == NULL) {
        return;
    }
    while (cluster->ops != NULL) {
        sgr_task_free(cluster->ops);
    }
    sgr_files_unlock(cluster);
    sgr_exporter_free(cluster->exporter);
    sgr_watches_free(cluster->watches);
    sgr_k8s_free(cluster->client);
    sgr_prom_free(cluster->prom);
    sgr_http_free(cluster->http);
    sgr_kube_free(cluster->kube);
    int files[] = {cluster->wake[0], cluster->wake[1], cluster->events};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        if (files[i] >= 0) {
            close(files[i]);
        }
    }
    sgr_heap_free(cluster->lease_heap);
    sgr_heap_free(cluster->status_heap);
    sgr_vec_release(&cluster->intents);
    sgr_buf_release(&cluster->kept);
    free(cluster->name);
    sgr_arena_free(cluster->arena);
    free(cluster);
}

const char *sgr_cluster_namespace(const struct sgr_cluster *cluster)
{
    return sgr_kube_namespace(cluster->kube);
}

const char *sgr_cluster_context(const struct sgr_cluster *cluster)
{
    return sgr_kube_context(cluster->kube);
}

const char *sgr_cluster_server(const struct sgr_cluster *cluster)
{
    return sgr_kube_server(cluster->kube);
}

int64_t sgr_cluster_now(const struct sgr_cluster *cluster)
{
    (void)cluster;
    return sgr_http_now();
}

/* ---- small things ---- */

void sgr_status_set(struct sgr_cluster *cluster, const char *field, sgr_value value)
{
    struct sgr_heap *heap = sgr_heap_new((size_t)16 << 20);
    sgr_value status = sgr_value_copy(heap, cluster->status);
    cluster->status =
        sgr_record_with(heap, status, sgr_str_from(field), sgr_value_copy(heap, value));
    sgr_heap_free(cluster->status_heap);
    cluster->status_heap = heap;
}

void sgr_status_time(struct sgr_cluster *cluster, const char *field)
{
    char text[32];
    time_t now = time(NULL);
    struct tm utc;
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
    sgr_status_set(cluster, field, sgr_string(cluster->status_heap, sgr_str_from(text)));
}

void sgr_cluster_message(struct sgr_cluster *cluster, const char *format, ...)
{
    struct sgr_buf text;
    va_list args;
    if (cluster->options.watch == NULL) {
        return;
    }
    va_start(args, format);
    sgr_buf_init(&text, 16384);
    sgr_buf_vprintf(&text, format, args);
    va_end(args);
    struct sgr_heap *heap = sgr_heap_new(1 << 20);
    struct sgr_report report = {
        .time = 0,
        .kind = "message",
        .fields = sgr_record_with(heap, sgr_absent(), SGR_STR("text"),
                                  sgr_string(heap, sgr_buf_str(&text))),
    };
    cluster->options.watch(cluster->options.self, &report);
    sgr_heap_free(heap);
    sgr_buf_release(&text);
}

struct waiter {
    struct sgr_heap *heap;
    struct sgr_reply reply;
    bool done;
};

static void take_reply(void *context, const struct sgr_k8s_result *result)
{
    struct waiter *waiter = context;
    waiter->done = true;
    waiter->reply = (struct sgr_reply){
        .ok = result->ok,
        .status = result->status,
        .kind = result->kind,
        .only_own = result->only_own,
        .text = sgr_string_of(sgr_string(waiter->heap, sgr_str_from(result->text))),
        .value = sgr_value_copy(waiter->heap, result->value),
    };
}

struct sgr_reply sgr_cluster_wait(struct sgr_cluster *cluster, struct sgr_heap *heap,
                                  struct sgr_k8s_request request)
{
    struct waiter waiter = {.heap = heap};
    request.done = take_reply;
    request.context = &waiter;
    struct sgr_k8s_call *call = sgr_k8s_start(cluster->client, &request);
    if (!sgr_http_until(cluster->http, &waiter.done, WAIT_MS)) {
        sgr_k8s_cancel(call);
        waiter.reply = (struct sgr_reply){.kind = "unknown",
                                          .text = SGR_STR("the API server did not answer"),
                                          .value = sgr_absent()};
    }
    return waiter.reply;
}

bool sgr_cluster_apply(struct sgr_cluster *cluster, sgr_value object, struct sgr_error *error)
{
    struct sgr_heap *heap = sgr_heap_new((size_t)64 << 20);
    struct sgr_k8s_request request = {.verb = SGR_K8S_APPLY,
                                      .ref = sgr_k8s_ref_of(object),
                                      .body = object,
                                      .force = cluster->options.force_conflicts,
                                      .repeatable = true};
    struct sgr_reply reply = sgr_cluster_wait(cluster, heap, request);
    bool ok = reply.ok || sgr_error_set(error, "%.*s", SGR_FMT(reply.text));
    sgr_heap_free(heap);
    return ok;
}

/* ---- the loop ---- */

void sgr_cluster_interrupt(struct sgr_cluster *cluster)
{
    int kept = errno;
    cluster->interrupts = cluster->interrupts + 1;
    (void)!write(cluster->wake[1], "", 1);
    errno = kept;
}

static void drain_wake(struct sgr_cluster *cluster)
{
    char bytes[64];
    while (read(cluster->wake[0], bytes, sizeof bytes) > 0) {
    }
}

/* Gives the answers that are there; true when there was one. */
static bool deliver(struct sgr_cluster *cluster, struct sgr_run *run)
{
    bool any = false;
    for (;;) {
        struct sgr_task *op = cluster->ops, *first = NULL;
        for (; op != NULL; op = op->next) { /* the oldest: the list is newest first */
            first = op->answered ? op : first;
        }
        if (first == NULL) {
            return any;
        }
        struct sgr_answer answer = {.ok = first->ok,
                                    .value = first->value,
                                    .replaced = first->replaced,
                                    .kind = first->word,
                                    .text = first->text.ptr};
        sgr_run_answer(run, first->seq, &answer);
        sgr_task_free(first);
        any = true;
    }
}

/* A write whose answer has to be waited for before the run is left. */
static bool is_writing(const struct sgr_cluster *cluster)
{
    for (const struct sgr_task *op = cluster->ops; op != NULL; op = op->next) {
        bool writes = op->kind == SGR_EFFECT_APPLY || op->kind == SGR_EFFECT_PATCH ||
                      op->kind == SGR_EFFECT_DELETE || op->kind == SGR_EFFECT_RESTORE ||
                      op->kind == SGR_EFFECT_SEND;
        if (writes && !op->answered && (op->call != NULL || op->http != NULL)) {
            return true;
        }
    }
    return false;
}

static bool save_now(struct sgr_cluster *cluster, struct sgr_run *run)
{
    struct sgr_buf bytes;
    struct sgr_error error = {0};
    if (cluster->name == NULL || cluster->looking || !sgr_run_has_begun(run)) {
        return true;
    }
    sgr_buf_init(&bytes, (size_t)1 << 30);
    sgr_run_encode(run, &bytes);
    bool ok = !bytes.full && sgr_record_save(cluster, sgr_buf_str(&bytes), &error);
    if (!ok) {
        sgr_cluster_message(cluster, "%s",
                            error.text ? error.text : "the state could not be saved");
    }
    sgr_error_release(&error);
    sgr_buf_release(&bytes);
    return ok;
}

static bool is_stopping_jobs(const struct sgr_cluster *cluster)
{
    const struct sgr_task *op = cluster->ops;
    while (op != NULL && op->run != NULL) {
        op = op->next;
    }
    return op != NULL;
}

/* Until its end is saved, a run seems to be interrupted. */
static void finish(struct sgr_cluster *cluster, struct sgr_run *run)
{
    struct sgr_error error = {0};
    if (cluster->name == NULL || cluster->looking) {
        return;
    }
    sgr_status_set(cluster, "over", sgr_bool(true));
    sgr_status_time(cluster, "ended");
    sgr_status_set(cluster, "question", sgr_absent());
    int64_t limit = sgr_http_now() + FINISH_MS;
    while (!sgr_record_finish(cluster, sgr_run_undo_log(run), &error)) {
        sgr_cluster_message(cluster, "%s", error.text ? error.text : "the end could not be saved");
        sgr_error_release(&error);
        error = (struct sgr_error){0};
        if (cluster->lost) {
            break;
        }
        if (sgr_http_now() >= limit || cluster->interrupts > 0) {
            sgr_cluster_message(
                cluster, "the record is that of an interrupted run; `sgrc resume %s` ends it",
                cluster->name);
            break;
        }
        sgr_http_step(cluster->http, AGAIN_MS, cluster->events);
    }
    while (is_stopping_jobs(cluster) && sgr_http_now() < limit && cluster->interrupts == 0) {
        sgr_http_step(cluster->http, AGAIN_MS, cluster->events);
    }
    sgr_error_release(&error);
}

static void drop_ops(struct sgr_cluster *cluster)
{
    while (cluster->ops != NULL) {
        sgr_task_free(cluster->ops);
    }
}

/* ---- a person who wants it to end ---- */

static void look_for_abort(void *context);

static void abort_words(void *context)
{
    struct sgr_task *op = context;
    struct sgr_cluster *cluster = op->cluster;
    sgr_value reason = sgr_field(op->value, SGR_STR(SGR_PREFIX "abort"));
    if (reason.tag == SGR_STRING && cluster->run != NULL) {
        cluster->abort_reason = sgr_arena_cstr(cluster->arena, sgr_string_of(reason));
    }
    op->cluster->watcher = NULL;
    sgr_task_free(op);
    if (cluster->abort_reason == NULL) {
        cluster->abort_timer = sgr_http_after(cluster->http, ABORT_MS, look_for_abort, cluster);
    }
}

static void look_for_abort(void *context)
{
    struct sgr_cluster *cluster = context;
    struct sgr_task *op = sgr_calloc(1, sizeof *op);
    cluster->abort_timer = 0;
    op->cluster = cluster;
    op->kind = SGR_EFFECT_NOW; /* no effect of the run: never answered */
    op->seq = UINT64_MAX;
    op->heap = sgr_heap_new((size_t)16 << 20);
    op->link = &cluster->watcher;
    cluster->watcher = op;
    sgr_record_words(op, abort_words);
}

static void say(void *self, const char *text)
{
    sgr_cluster_message(self, "%s", text);
}

bool sgr_cluster_export(struct sgr_cluster *cluster, sgr_str name, struct sgr_error *error)
{
    const struct sgr_cluster_options *options = &cluster->options;
    if (options->metrics == NULL ||
        (options->metrics_listen == NULL && options->metrics_push == NULL)) {
        return true;
    }
    struct sgr_exporter_options how = {
        .listen = options->metrics_listen,
        .push = options->metrics_push,
        .rollout = sgr_str_from(sgr_arena_cstr(cluster->arena, name)),
        .namespace = sgr_str_from(sgr_cluster_namespace(cluster)),
        .text = options->metrics,
        .text_self = options->self,
        .complain = say,
        .complain_self = cluster,
    };
    cluster->exporter = sgr_exporter_new(cluster->http, cluster->events, &how, error);
    return cluster->exporter != NULL;
}

/* A run keeps its id over every runner: that is how it knows the Job that it has made. */
static void know_run(struct sgr_cluster *cluster, struct sgr_run *run)
{
    sgr_str id = sgr_path_str(sgr_run_aspect(run), "run_id");
    if (id.len > 0) {
        snprintf(cluster->run_id, sizeof cluster->run_id, "%.*s", SGR_FMT(id));
    } else {
        sgr_value own = sgr_string(cluster->status_heap, sgr_str_from(cluster->run_id));
        sgr_run_set_aspect(run, SGR_STR("run_id"), own);
    }
}

static void begin_drive(struct sgr_cluster *cluster, struct sgr_run *run)
{
    know_run(cluster, run);
    cluster->run = run;
    cluster->aborted = false;
    cluster->abort_reason = NULL;
    cluster->changed = true; /* what a resumed run has read, nobody has watched since */
    if (cluster->name != NULL && !cluster->looking) {
        cluster->abort_timer = sgr_http_after(cluster->http, ABORT_MS, look_for_abort, cluster);
    }
}

static enum sgr_stop end_drive(struct sgr_cluster *cluster, enum sgr_stop stop)
{
    sgr_http_timer_cancel(cluster->http, cluster->abort_timer);
    sgr_http_timer_cancel(cluster->http, cluster->poll);
    cluster->abort_timer = cluster->poll = 0;
    if (cluster->watcher != NULL) {
        struct sgr_task *op = cluster->watcher;
        cluster->watcher = NULL;
        sgr_task_free(op);
    }
    drop_ops(cluster);
    cluster->run = NULL;
    sgr_exporter_finish(cluster->exporter);
    return stop;
}

static enum sgr_stop interrupted(struct sgr_cluster *cluster, struct sgr_run *run)
{
    drain_wake(cluster);
    while (cluster->interrupts < 2 && !cluster->lost && is_writing(cluster)) {
        sgr_http_step(cluster->http, IDLE_MS, cluster->events);
        drain_wake(cluster);
    }
    (void)deliver(cluster, run);
    if (cluster->interrupts < 2 && !cluster->lost) {
        sgr_status_set(cluster, "outcome",
                       sgr_string(cluster->status_heap, SGR_STR("interrupted")));
        (void)save_now(cluster, run);
    }
    return end_drive(cluster, SGR_STOP_INTERRUPTED);
}

static int64_t patience(struct sgr_cluster *cluster, const struct sgr_run *run)
{
    int64_t wake = sgr_run_wake_at(run), now = sgr_http_now();
    int64_t wait = wake == INT64_MAX ? IDLE_MS : wake > now ? wake - now : 0;
    wait = wait < IDLE_MS ? wait : IDLE_MS;
    bool held = cluster->save_failed || !sgr_lock_is_fresh(cluster);
    /* What a run that is held still has to do stays due. */
    return held && (wait == 0 || wait > AGAIN_MS) ? AGAIN_MS : wait;
}

enum sgr_stop sgr_cluster_drive(struct sgr_cluster *cluster, struct sgr_run *run)
{
    begin_drive(cluster, run);
    for (;;) {
        if (cluster->lost) {
            return end_drive(cluster, SGR_STOP_LOCK_LOST);
        }
        if (cluster->interrupts > 0) {
            return interrupted(cluster, run);
        }
        if (cluster->abort_reason != NULL && !cluster->aborted) {
            cluster->aborted = true;
            sgr_run_raise(run, "aborted", cluster->abort_reason);
        }
        if (sgr_lock_is_fresh(cluster)) { /* else hold still until the lease is renewed or lost */
            (void)deliver(cluster, run);
            if (cluster->changed) {
                cluster->changed = false;
                sgr_run_changed(run);
            }
            enum sgr_run_state state = sgr_run_advance(run, sgr_http_now());
            if (state == SGR_RUN_DONE || state == SGR_RUN_FAILED) {
                finish(cluster, run);
                return end_drive(cluster, cluster->lost ? SGR_STOP_LOCK_LOST : SGR_STOP_NONE);
            }
        }
        bool ready = cluster->changed;
        for (struct sgr_task *op = cluster->ops; op != NULL; op = op->next) {
            ready = ready || op->answered;
        }
        sgr_http_step(cluster->http,
                      ready && sgr_lock_is_fresh(cluster) ? 0 : patience(cluster, run),
                      cluster->events);
        if (cluster->options.terminal) {
            sgr_terminal_read(cluster);
        }
        sgr_exporter_serve(cluster->exporter);
    }
}

enum sgr_stop sgr_cluster_look(struct sgr_cluster *cluster, struct sgr_run *run)
{
    bool before = cluster->looking;
    cluster->looking = true;
    enum sgr_stop stop = sgr_cluster_drive(cluster, run);
    cluster->looking = before;
    return stop;
}
