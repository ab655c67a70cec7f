/* Effects beside objects: samples, questions, requests, loads, Jobs. Must never print an address
 * that comes from a Secret or the environment, and never send a second time what may have been
 * sent. */
#include "k8s/cluster_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "k8s/base64.h"
#include "k8s/codec.h"

enum { ASK_POLL_MS = 1000, JOB_KEPT_S = 3600, STOP_TRIES = 8, BODY_MAX = 1 << 20, NOTE_MAX = 1000 };

static sgr_str text_of(sgr_value value)
{
    return value.tag == SGR_STRING ? sgr_string_of(value) : SGR_STR("");
}

static int64_t ms_of(sgr_value value, int64_t otherwise)
{
    return value.tag == SGR_DURATION || value.tag == SGR_INT ? value.as.i : otherwise;
}

/* ---- sample ---- */

static void sampled(void *context, const struct sgr_prom_result *result)
{
    struct sgr_task *op = context;
    op->sample = NULL;
    if (result->ok) {
        sgr_task_answer(op, sgr_number(result->value));
    } else {
        sgr_task_fail(op, "no_signal", sgr_str_from(result->text));
    }
}

void sgr_effect_sample(struct sgr_task *op)
{
    if (op->cluster->prom == NULL) {
        sgr_task_fail(op, "no_signal",
                      SGR_STR("no Prometheus is known: give its address in `cluster` or with "
                              "--prometheus"));
        return;
    }
    op->sample =
        sgr_prom_sample(op->cluster->prom, sgr_path_str(op->args[0], "promql"), sampled, op);
}

/* ---- ask ---- */

static void ask_look(void *context);

void sgr_question_answer(struct sgr_task *op, bool approved)
{
    sgr_task_answer(op, sgr_string(op->heap, approved ? SGR_STR("approved") : SGR_STR("denied")));
    sgr_status_set(op->cluster, "question", sgr_absent());
    sgr_status_set(op->cluster, "seq", sgr_absent());
}

/* "SEQ approved by somebody": a word about another question is none. */
static bool take_word(struct sgr_task *op, sgr_str word)
{
    char *end;
    if (word.len == 0) {
        return false;
    }
    unsigned long long seq = strtoull(word.ptr, &end, 10);
    if (end == word.ptr || seq != op->seq || *end != ' ') {
        return false;
    }
    bool approved = strncmp(end + 1, "approved", 8) == 0,
         denied = strncmp(end + 1, "denied", 6) == 0;
    if (approved || denied) {
        sgr_question_answer(op, approved);
    }
    return approved || denied;
}

static void ask_words(void *context)
{
    struct sgr_task *op = context;
    sgr_str word = text_of(sgr_field(op->value, SGR_STR(SGR_PREFIX "approve")));
    op->value = sgr_absent();
    if (op->answered || take_word(op, word)) {
        return;
    }
    if (op->deadline > 0 && sgr_http_now() >= op->deadline) {
        sgr_task_answer(op, sgr_string(op->heap, SGR_STR("silent")));
        return;
    }
    sgr_task_later(op, ASK_POLL_MS, ask_look);
}

static void ask_look(void *context)
{
    sgr_record_words(context, ask_words);
}

static void ask_shown(void *context)
{
    ask_look(context);
}

void sgr_effect_ask(struct sgr_task *op)
{
    struct sgr_cluster *cluster = op->cluster;
    int64_t limit = ms_of(op->count > 1 ? op->args[1] : sgr_absent(), 0);
    op->deadline = limit > 0 ? sgr_http_now() + limit : 0;
    sgr_status_set(cluster, "question", op->args[0]);
    sgr_status_set(cluster, "seq", sgr_int((int64_t)op->seq));
    if (cluster->options.ask != NULL) {
        cluster->options.ask(cluster->options.self, text_of(op->args[0]).ptr);
    }
    bool person = op->count > 2 && op->args[2].tag == SGR_BOOL && op->args[2].as.i;
    if (cluster->options.approve_all && !person) {
        sgr_question_answer(op, true);
    } else {
        sgr_record_show_status(op, ask_shown);
    }
}

/* ---- send ---- */

static void send_to(struct sgr_task *op, sgr_str url);

static void sent(void *context, const struct sgr_http_response *response)
{
    struct sgr_task *op = context;
    op->http = NULL;
    if (response->outcome != SGR_HTTP_ANSWERED) {
        bool unknown = response->outcome == SGR_HTTP_UNKNOWN;
        sgr_task_fail(op, unknown ? "unknown" : "unavailable",
                      unknown ? SGR_STR("the request was cut off; it may have been taken")
                              : SGR_STR("the address of the request cannot be reached"));
        return;
    }
    struct sgr_record_builder builder;
    sgr_record_begin(&builder, op->heap);
    sgr_record_set(&builder, SGR_STR("status"), sgr_int(response->status));
    sgr_record_set(&builder, SGR_STR("body"), sgr_string(op->heap, response->body));
    sgr_task_answer(op, sgr_record_end(&builder));
}

static void put_text(struct sgr_buf *out, sgr_str template, sgr_str text, sgr_str rollout)
{
    for (size_t i = 0; i < template.len;) {
        sgr_str rest = {template.ptr + i, template.len - i};
        if (sgr_str_starts_with(rest, SGR_STR("{text}"))) {
            sgr_buf_add(out, text);
            i += 6;
        } else if (sgr_str_starts_with(rest, SGR_STR("{rollout}"))) {
            sgr_buf_add(out, rollout);
            i += 9;
        } else {
            sgr_buf_byte(out, template.ptr[i++]);
        }
    }
}

/* A channel gets a JSON text; a webhook of the script gets what the script says. */
static const char *body_of(struct sgr_task *op, struct sgr_buf *out)
{
    sgr_value request = op->args[0], body = sgr_field(request, SGR_STR("body"));
    sgr_value channel = sgr_field(request, SGR_STR("channel"));
    if (channel.tag == SGR_RECORD) {
        struct sgr_buf text;
        sgr_str template = sgr_path_str(channel, "template");
        sgr_buf_init(&text, BODY_MAX);
        put_text(&text, template.len ? template : SGR_STR("{text}"), text_of(body),
                 sgr_path_str(request, "rollout"));
        sgr_buf_cstr(out, "{\"text\":");
        sgr_buf_json(out, sgr_buf_str(&text));
        if (!sgr_is_absent(sgr_field(channel, SGR_STR("webhook")))) {
            sgr_buf_cstr(out, ",\"rollout\":");
            sgr_buf_json(out, sgr_path_str(request, "rollout"));
        }
        sgr_buf_byte(out, '}');
        sgr_buf_release(&text);
        return "application/json";
    }
    if (body.tag == SGR_STRING) {
        sgr_buf_add(out, sgr_string_of(body));
        return body.tag == SGR_STRING && sgr_string_of(body).len > 0 &&
                       sgr_string_of(body).ptr[0] == '{'
                   ? "application/json"
                   : "text/plain; charset=utf-8";
    }
    if (!sgr_is_absent(body)) {
        (void)sgr_value_json(body, out);
    }
    return "application/json";
}

static void send_to(struct sgr_task *op, sgr_str url)
{
    sgr_value request = op->args[0], headers = sgr_field(request, SGR_STR("headers"));
    struct sgr_arena *arena = sgr_arena_new();
    struct sgr_buf body;
    sgr_str method = sgr_path_str(request, "method");
    int64_t timeout = ms_of(sgr_field(request, SGR_STR("timeout")), 10000);
    size_t count = headers.tag == SGR_RECORD ? sgr_count_of(headers) : 0;
    const char **lines = SGR_NEW_ARRAY(arena, const char *, count + 1);
    sgr_buf_init(&body, BODY_MAX);
    for (size_t i = 0; i < count; i++) {
        lines[i] = sgr_arena_printf(arena, "%.*s: %.*s", SGR_FMT(sgr_key(headers, i)),
                                    SGR_FMT(text_of(sgr_field_at(headers, i))))
                       .ptr;
    }
    const char *type = body_of(op, &body);
    struct sgr_http_request what = {
        .method = method.len ? method.ptr : "POST",
        .url = url,
        .body = sgr_buf_str(&body),
        .content_type = body.len > 0 ? type : NULL,
        .headers = lines,
        .header_count = count,
        .safe = sgr_str_is(method, "GET"),
        .budget_ms = timeout,
        .total_ms = timeout,
        .body_max = BODY_MAX,
        .done = sent,
        .context = op,
    };
    op->http = sgr_http_start(op->cluster->http, &what);
    sgr_buf_release(&body);
    sgr_arena_free(arena);
}

static void send_with_secret(void *context, const struct sgr_k8s_result *result)
{
    struct sgr_task *op = context;
    struct sgr_buf url;
    op->call = NULL;
    if (!result->ok) {
        sgr_task_fail(op, result->kind, sgr_str_from(result->text));
        return;
    }
    sgr_buf_init(&url, 1 << 16);
    sgr_str key = text_of(op->value);
    sgr_str data = text_of(sgr_field(sgr_field(result->value, SGR_STR("data")), key));
    op->value = sgr_absent();
    if (data.len == 0 || !sgr_base64_read(data, &url) || url.len == 0) {
        sgr_task_fail(op, "missing", SGR_STR("the Secret of the channel does not have that key"));
    } else {
        while (url.len > 0 && (unsigned char)url.ptr[url.len - 1] <= ' ') {
            url.len--;
        }
        send_to(op, sgr_buf_str(&url));
    }
    explicit_bzero(url.ptr, url.len);
    sgr_buf_release(&url);
}

static void send_to_channel(struct sgr_task *op, sgr_value channel)
{
    static const char *const kinds[] = {"slack", "teams", "webhook"};
    sgr_value address = sgr_absent();
    for (size_t i = 0; i < 3 && address.tag != SGR_RECORD; i++) {
        address = sgr_field(channel, sgr_str_from(kinds[i]));
    }
    sgr_str env = sgr_path_str(address, "env"), secret = sgr_path_str(address, "secret");
    if (env.len > 0) {
        const char *url = getenv(env.ptr);
        if (url == NULL || *url == '\0') {
            struct sgr_buf text;
            sgr_buf_init(&text, 1024);
            sgr_buf_printf(&text, "the environment has no %.*s, which the channel names",
                           SGR_FMT(env));
            sgr_task_fail(op, "missing", sgr_buf_str(&text));
            sgr_buf_release(&text);
        } else {
            send_to(op, sgr_str_from(url));
        }
    } else if (secret.len > 0) {
        op->value = sgr_field(address, SGR_STR("key"));
        sgr_task_request(
            op,
            (struct sgr_k8s_request){
                .verb = SGR_K8S_GET,
                .ref = {.api_version = SGR_STR("v1"), .kind = SGR_STR("Secret"), .name = secret},
                .body = sgr_absent()},
            send_with_secret);
    } else {
        sgr_task_fail(op, "invalid", SGR_STR("the channel has no address"));
    }
}

void sgr_effect_send(struct sgr_task *op)
{
    sgr_value channel = sgr_field(op->args[0], SGR_STR("channel"));
    if (op->in_doubt) {
        sgr_task_fail(op, "in_doubt",
                      SGR_STR("the request may have been sent before the interruption, so it is "
                              "not sent again"));
    } else if (channel.tag == SGR_RECORD) {
        send_to_channel(op, channel);
    } else if (sgr_path_str(op->args[0], "url").len > 0) {
        send_to(op, sgr_path_str(op->args[0], "url"));
    } else {
        sgr_task_fail(op, "invalid", SGR_STR("a request needs a url or a channel"));
    }
}

/* ---- load ---- */

static void loaded(void *context, const struct sgr_load_report *report)
{
    struct sgr_task *op = context;
    sgr_task_answer(op, sgr_load_value(report, op->heap));
}

/* A dry run sends nothing, and a load that was interrupted begins again. */
void sgr_effect_load(struct sgr_task *op)
{
    struct sgr_load_plan plan;
    struct sgr_load_report none = {0};
    struct sgr_error error = {0};
    op->load_texts = sgr_arena_new();
    if (!sgr_load_read(op->args[0], op->load_texts, &plan, &error)) {
        sgr_task_fail(op, "invalid", sgr_str_from(error.text));
    } else if (op->cluster->looking) {
        sgr_task_answer(op, sgr_load_value(&none, op->heap));
    } else {
        op->load = sgr_load_start(op->cluster->http, &plan, loaded, op);
    }
    sgr_error_release(&error);
}

/* ---- job ---- */

static void job_look(void *context);

static sgr_str job_mark(struct sgr_task *op, char out[80])
{
    snprintf(out, 80, "%.40s-%llu", op->cluster->run_id, (unsigned long long)op->seq);
    return sgr_str_from(out);
}

static void job_ended(struct sgr_task *op, bool succeeded, sgr_str message)
{
    struct sgr_record_builder builder;
    sgr_record_begin(&builder, op->heap);
    sgr_record_set(&builder, SGR_STR("succeeded"), sgr_bool(succeeded));
    sgr_record_set(&builder, SGR_STR("message"), sgr_string(op->heap, message));
    sgr_task_answer(op, sgr_record_end(&builder));
}

/* Complete or Failed, by the conditions; false while it runs. */
static bool job_is_over(sgr_value job, bool *succeeded, sgr_str *message)
{
    sgr_value conditions = sgr_path(job, "status/conditions");
    for (size_t i = 0; conditions.tag == SGR_LIST && i < sgr_count_of(conditions); i++) {
        sgr_value condition = sgr_item(conditions, i);
        sgr_str type = sgr_path_str(condition, "type");
        if (sgr_str_is(sgr_path_str(condition, "status"), "True") &&
            (sgr_str_is(type, "Complete") || sgr_str_is(type, "Failed"))) {
            *succeeded = sgr_str_is(type, "Complete");
            *message = sgr_path_str(condition, "message");
            return true;
        }
    }
    return false;
}

/* Nobody waits for this Job any more. */
static bool is_stopping(const struct sgr_task *op)
{
    return op->run == NULL;
}

static void job_retry(struct sgr_task *op, const struct sgr_k8s_result *result)
{
    bool again = sgr_task_retry(op, result, job_look);
    if (is_stopping(op) && (!again || op->failures > STOP_TRIES)) {
        sgr_task_free(op);
    }
}

static void job_changed(void *context, const struct sgr_k8s_result *result)
{
    struct sgr_task *op = context;
    op->call = NULL;
    if (result->ok || strcmp(result->kind, "missing") == 0 || strcmp(result->kind, "exists") == 0 ||
        strcmp(result->kind, "stale") == 0) {
        sgr_task_later(op, 200, job_look);
    } else {
        job_retry(op, result);
    }
}

static void job_make(struct sgr_task *op)
{
    char mark[80];
    op->maybe_done = true;
    sgr_value job = op->args[0];
    job = sgr_path_with(op->heap, job, "metadata/annotations",
                        sgr_record_with(op->heap, sgr_path(job, "metadata/annotations"),
                                        SGR_STR(SGR_PREFIX "effect"),
                                        sgr_string(op->heap, job_mark(op, mark))));
    if (sgr_is_absent(sgr_path(job, "spec/ttlSecondsAfterFinished"))) {
        job = sgr_path_with(op->heap, job, "spec/ttlSecondsAfterFinished", sgr_int(JOB_KEPT_S));
    }
    sgr_task_request(
        op,
        (struct sgr_k8s_request){
            .verb = SGR_K8S_CREATE, .ref = op->ref, .body = job, .dry_run = op->cluster->looking},
        job_changed);
}

static void job_delete(struct sgr_task *op, sgr_value job)
{
    sgr_task_request(op,
                     (struct sgr_k8s_request){.verb = SGR_K8S_DELETE,
                                              .ref = op->ref,
                                              .body = sgr_absent(),
                                              .uid = sgr_path_str(job, "metadata/uid").ptr},
                     job_changed);
}

static void job_found(struct sgr_task *op, sgr_value job)
{
    char mark[80];
    bool succeeded = false;
    sgr_str message = SGR_STR("");
    sgr_str whose =
        text_of(sgr_field(sgr_path(job, "metadata/annotations"), SGR_STR(SGR_PREFIX "effect")));
    bool ours = sgr_str_equal(whose, job_mark(op, mark)),
         over = job_is_over(job, &succeeded, &message);
    bool ending = !sgr_is_absent(sgr_path(job, "metadata/deletionTimestamp"));
    if (is_stopping(op)) {
        if (ours && !over && !ending) {
            job_delete(op, job);
        } else {
            sgr_task_free(op);
        }
    } else if (ending) {
        sgr_task_later(op, 500, job_look);
    } else if (ours && over) {
        job_ended(op, succeeded, message);
    } else if (!ours && over) {
        job_delete(op, job); /* of an earlier run */
    } else if (!ours) {
        sgr_task_fail(op, "exists",
                      SGR_STR("a Job of that name is running already, and is not of this run"));
    } else {
        sgr_task_later(op, 1000, job_look);
    }
}

static void job_looked(void *context, const struct sgr_k8s_result *result)
{
    struct sgr_task *op = context;
    op->call = NULL;
    if (!is_stopping(op) && op->deadline > 0 && sgr_http_now() >= op->deadline) {
        sgr_task_fail(op, "deadline", SGR_STR("the Job did not end in time"));
    } else if (result->ok) {
        job_found(op, result->value);
    } else if (strcmp(result->kind, "missing") != 0) {
        job_retry(op, result);
    } else if (is_stopping(op)) {
        sgr_task_free(op);
    } else {
        job_make(op);
    }
}

static void job_look(void *context)
{
    struct sgr_task *op = context;
    sgr_task_request(
        op, (struct sgr_k8s_request){.verb = SGR_K8S_GET, .ref = op->ref, .body = sgr_absent()},
        job_looked);
}

bool sgr_job_stop(struct sgr_task *op)
{
    if (op->kind != SGR_EFFECT_JOB || !(op->maybe_done || op->in_doubt) || op->cluster->lost) {
        return false;
    }
    op->run = NULL;
    op->failures = 0;
    job_look(op);
    return true;
}

void sgr_effect_job(struct sgr_task *op)
{
    int64_t limit = ms_of(op->count > 1 ? op->args[1] : sgr_absent(), 0);
    op->deadline = limit > 0 ? sgr_http_now() + limit : 0;
    if (op->cluster->looking) {
        job_ended(op, true, SGR_STR("dry run"));
        return;
    }
    job_look(op);
}
