/* Requests: where a kind lives, how a verb is spelled, what came back. Must never send a write
 * twice by itself once its outcome is unknown, and never take for an object what is no JSON. */
#include "k8s/client.h"

#include <stdio.h>
#include <stdlib.h>

#include "k8s/codec.h"
#include "k8s/discovery.h"

enum { URL_MAX = 64 << 10, BODY_MAX = 16 << 20, PAGE = 500, RESTARTS_MAX = 3, SKEW_S = 5 };
static const size_t heap_max = (size_t)512 << 20;

struct sgr_k8s {
    struct sgr_http *http;
    const struct sgr_http_target *target;
    char *server, *namespace;
    struct sgr_discovery *discovery;
    struct sgr_k8s_call *calls;
    struct sgr_map warned;
    struct sgr_arena *arena; /* texts of warnings */
    void (*warn)(void *self, const char *text);
    void *warn_self;
    bool skewed; /* and told */
};

struct sgr_k8s_call {
    struct sgr_k8s *client;
    struct sgr_k8s_call *next, **link;
    struct sgr_k8s_request request;
    struct sgr_arena *arena; /* copies of what the request points at */
    struct sgr_heap *heap;   /* the answer */
    struct sgr_discovery_wait *waiting;
    struct sgr_http_call *http;
    sgr_str body;
    SGR_VEC(sgr_value) items; /* pages of a list so far */
    sgr_str next_page, list_version;
    unsigned restarts;
    int64_t deadline;
    bool in_done, cancelled;
};

static void send(struct sgr_k8s_call *call, const struct sgr_resource *resource);
static void found(void *context, const struct sgr_resource *resource, const char *kind,
                  const char *text);

static bool is_write(enum sgr_k8s_verb verb)
{
    return verb != SGR_K8S_GET && verb != SGR_K8S_LIST;
}

static void call_free(struct sgr_k8s_call *call)
{
    if (call->in_done) {
        call->cancelled = true;
        return;
    }
    sgr_discovery_forget(call->client->discovery, call->waiting);
    sgr_http_cancel(call->client->http, call->http);
    *call->link = call->next;
    if (call->next != NULL) {
        call->next->link = call->link;
    }
    sgr_vec_release(&call->items);
    sgr_heap_free(call->heap);
    sgr_arena_free(call->arena);
    free(call);
}

static void finish(struct sgr_k8s_call *call, const struct sgr_k8s_result *result)
{
    call->in_done = true;
    call->request.done(call->request.context, result);
    call->in_done = false;
    call_free(call);
}

static void finish_failed(struct sgr_k8s_call *call, const char *kind, const char *text)
{
    struct sgr_k8s_result result = {.kind = kind, .retry_after_ms = -1};
    struct sgr_buf sentence;
    sgr_buf_init(&sentence, 16384);
    sgr_k8s_ref_print(&call->request.ref, &sentence);
    sgr_buf_printf(&sentence, ": %s", text);
    result.text = sentence.ptr;
    finish(call, &result);
    sgr_buf_release(&sentence);
}

static void tell_warnings(struct sgr_k8s *client, const struct sgr_http_response *response)
{
    for (size_t i = 0; i < response->warning_count; i++) {
        sgr_str text = sgr_str_from(response->warnings[i]);
        if (client->warn != NULL && !sgr_map_has(&client->warned, text)) {
            text = sgr_arena_str(client->arena, text);
            sgr_map_set(&client->warned, text, client);
            client->warn(client->warn_self, text.ptr);
        }
    }
}

/* A run counts its own time, but people read both clocks, and Prometheus judges samples by one. */
static void tell_skew(struct sgr_k8s *client, int64_t skew_s)
{
    if (client->warn == NULL || client->skewed || (skew_s <= SKEW_S && skew_s >= -SKEW_S)) {
        return;
    }
    struct sgr_buf text;
    sgr_buf_init(&text, 512);
    sgr_buf_printf(
        &text,
        "the clock of this machine is %lld s %s that of the API server: set the one that "
        "is wrong",
        (long long)(skew_s < 0 ? -skew_s : skew_s), skew_s < 0 ? "behind" : "ahead of");
    client->skewed = true;
    client->warn(client->warn_self, text.ptr);
    sgr_buf_release(&text);
}

/* ---- lists ---- */

/* Items of a list do not say what they are; as objects of their own they should. */
static sgr_value whole_item(struct sgr_k8s_call *call, sgr_value item)
{
    if (sgr_path_str(item, "kind").len > 0) {
        return item;
    }
    struct sgr_record_builder builder;
    sgr_record_begin(&builder, call->heap);
    sgr_record_set(&builder, SGR_STR("apiVersion"),
                   sgr_string(call->heap, call->request.ref.api_version));
    sgr_record_set(&builder, SGR_STR("kind"), sgr_string(call->heap, call->request.ref.kind));
    for (size_t i = 0; i < sgr_count_of(item); i++) {
        sgr_record_set(&builder, sgr_key(item, i), sgr_field_at(item, i));
    }
    return sgr_record_end(&builder);
}

static void take_page(struct sgr_k8s_call *call, sgr_value page)
{
    sgr_value items = sgr_field(page, SGR_STR("items"));
    for (size_t i = 0; items.tag == SGR_LIST && i < sgr_count_of(items); i++) {
        sgr_vec_push(&call->items, whole_item(call, sgr_item(items, i)));
    }
    call->next_page = sgr_path_str(page, "metadata/continue");
    call->list_version = sgr_path_str(page, "metadata/resourceVersion");
    if (call->next_page.len > 0) {
        send(call, sgr_discovery_find(call->client->discovery, call->request.ref.api_version,
                                      call->request.ref.kind));
        return;
    }
    struct sgr_record_builder builder;
    sgr_record_begin(&builder, call->heap);
    sgr_record_set(&builder, SGR_STR("items"),
                   sgr_list(call->heap, call->items.at, call->items.len));
    sgr_record_set(&builder, SGR_STR("resourceVersion"),
                   sgr_string(call->heap, call->list_version));
    struct sgr_k8s_result result = {.ok = true,
                                    .status = 200,
                                    .kind = "",
                                    .text = "",
                                    .value = sgr_record_end(&builder),
                                    .retry_after_ms = -1};
    finish(call, &result);
}

/* A list whose continuation has expired begins again. */
static bool restarts(struct sgr_k8s_call *call, int status)
{
    if (call->request.verb != SGR_K8S_LIST || status != 410 || call->next_page.len == 0 ||
        call->restarts++ >= RESTARTS_MAX) {
        return false;
    }
    call->items.len = 0;
    call->next_page = SGR_STR("");
    send(call, sgr_discovery_find(call->client->discovery, call->request.ref.api_version,
                                  call->request.ref.kind));
    return true;
}

/* ---- answers ---- */

static void refused(struct sgr_k8s_call *call, const struct sgr_http_response *response,
                    sgr_value answer)
{
    struct sgr_k8s_result result = {.value = answer, .retry_after_ms = response->retry_after_ms};
    if (restarts(call, response->status)) {
        return;
    }
    /* A 404 that names no object: the path itself is gone, so the kind may be. */
    if (response->status == 404 && sgr_path_str(answer, "details/name").len == 0) {
        sgr_discovery_drop(call->client->discovery, call->request.ref.api_version);
    }
    sgr_k8s_explain(call->arena, &call->request.ref, is_write(call->request.verb), response->status,
                    answer, &result);
    finish(call, &result);
}

static void answered(void *context, const struct sgr_http_response *response)
{
    struct sgr_k8s_call *call = context;
    sgr_value answer = sgr_absent();
    struct sgr_error error = {0};
    call->http = NULL;
    tell_warnings(call->client, response);
    tell_skew(call->client, response->skew_s);
    if (response->outcome != SGR_HTTP_ANSWERED) {
        bool unknown = response->outcome == SGR_HTTP_UNKNOWN && is_write(call->request.verb);
        finish_failed(call, unknown ? "unknown" : "unavailable", response->text);
        return;
    }
    bool json = sgr_str_is(response->content_type, "application/json") &&
                sgr_json_read(call->heap, response->body, &answer, &error) &&
                answer.tag == SGR_RECORD;
    if (!json && (response->status < 400 || response->status == 404)) {
        struct sgr_buf text;
        sgr_buf_init(&text, 4096);
        sgr_buf_printf(
            &text,
            "the server answered %d with %.*s%s%s, not with an object; is something else "
            "in front of the API server?",
            response->status, response->content_type.len ? (int)response->content_type.len : 7,
            response->content_type.len ? response->content_type.ptr : "no type",
            error.text ? " that is broken at " : "", error.text ? error.text : "");
        finish_failed(call, is_write(call->request.verb) ? "unknown" : "unavailable", text.ptr);
        sgr_buf_release(&text);
    } else if (response->status < 200 || response->status >= 300) {
        refused(call, response, answer);
    } else if (call->request.verb == SGR_K8S_LIST) {
        take_page(call, answer);
    } else {
        struct sgr_k8s_result result = {.ok = true,
                                        .status = response->status,
                                        .kind = "",
                                        .text = "",
                                        .value = answer,
                                        .retry_after_ms = -1};
        finish(call, &result);
    }
    sgr_error_release(&error);
}

/* ---- requests ---- */

static void add_query(struct sgr_buf *url, const char *name, sgr_str value)
{
    sgr_buf_printf(url, "%s%s=", memchr(url->ptr, '?', url->len) ? "&" : "?", name);
    sgr_http_escape(url, value);
}

static void resource_url(struct sgr_k8s *client, const struct sgr_resource *resource,
                         const struct sgr_k8s_ref *ref, struct sgr_buf *url)
{
    bool core = memchr(ref->api_version.ptr, '/', ref->api_version.len) == NULL;
    sgr_buf_printf(url, "%s/%s/%.*s", client->server, core ? "api" : "apis",
                   SGR_FMT(ref->api_version));
    if (resource->namespaced && !ref->all) {
        sgr_buf_cstr(url, "/namespaces/");
        sgr_http_escape(url, ref->namespace.len ? ref->namespace : sgr_str_from(client->namespace));
    }
    sgr_buf_printf(url, "/%.*s", SGR_FMT(resource->plural));
}

static void add_options(struct sgr_k8s_call *call, struct sgr_buf *url)
{
    const struct sgr_k8s_request *request = &call->request;
    enum sgr_k8s_verb verb = request->verb;
    if (verb == SGR_K8S_LIST) {
        char page[16];
        snprintf(page, sizeof page, "%d", PAGE);
        add_query(url, "limit", sgr_str_from(page));
        if (request->labels != NULL && *request->labels != '\0') {
            add_query(url, "labelSelector", sgr_str_from(request->labels));
        }
        if (call->next_page.len > 0) {
            add_query(url, "continue", call->next_page);
        }
    }
    if (verb == SGR_K8S_APPLY || verb == SGR_K8S_CREATE || verb == SGR_K8S_PATCH) {
        add_query(url, "fieldManager", SGR_STR(SGR_K8S_MANAGER));
        add_query(url, "fieldValidation", SGR_STR("Strict"));
    }
    if (verb == SGR_K8S_APPLY && request->force) {
        add_query(url, "force", SGR_STR("true"));
    }
    if (request->dry_run && is_write(verb)) {
        add_query(url, "dryRun", SGR_STR("All"));
    }
}

static void send(struct sgr_k8s_call *call, const struct sgr_resource *resource)
{
    static const char *const methods[] = {"GET", "GET", "POST", "PATCH", "PATCH", "DELETE"};
    static const char *const types[] = {NULL,
                                        NULL,
                                        "application/json",
                                        "application/apply-patch+yaml",
                                        "application/merge-patch+json",
                                        "application/json"};
    struct sgr_buf url;
    enum sgr_k8s_verb verb = call->request.verb;
    if (resource == NULL) {
        finish_failed(call, "no_api", "the server has no such kind any more");
        return;
    }
    if (resource->namespaced && call->request.ref.namespace.len == 0 && !call->request.ref.all) {
        call->request.ref.namespace = sgr_str_from(call->client->namespace);
    }
    sgr_buf_init(&url, URL_MAX);
    resource_url(call->client, resource, &call->request.ref, &url);
    if (verb != SGR_K8S_LIST && verb != SGR_K8S_CREATE) {
        sgr_buf_byte(&url, '/');
        sgr_http_escape(&url, call->request.ref.name);
    }
    add_options(call, &url);
    int64_t left = call->deadline - sgr_http_now();
    struct sgr_http_request request = {
        .target = call->client->target,
        .method = methods[verb],
        .url = sgr_buf_str(&url),
        .body = call->body,
        .content_type = call->body.len == 0        ? NULL
                        : call->request.json_patch ? "application/json-patch+json"
                                                   : types[verb],
        .accept = "application/json",
        .safe = !is_write(verb) || call->request.dry_run || call->request.repeatable,
        .budget_ms = left > 1 ? left : 1,
        .done = answered,
        .context = call,
    };
    call->http = sgr_http_start(call->client->http, &request);
    sgr_buf_release(&url);
}

static void found(void *context, const struct sgr_resource *resource, const char *kind,
                  const char *text)
{
    struct sgr_k8s_call *call = context;
    call->waiting = NULL;
    if (resource == NULL) {
        finish_failed(call, kind, text);
        return;
    }
    send(call, resource);
}

/* ---- bodies ---- */

static bool print_body(struct sgr_k8s_call *call, sgr_value value)
{
    struct sgr_buf text;
    sgr_buf_init(&text, BODY_MAX);
    bool ok = sgr_value_json(value, &text) && !text.full;
    call->body = ok ? sgr_arena_str(call->arena, sgr_buf_str(&text)) : SGR_STR("");
    sgr_buf_release(&text);
    return ok;
}

static sgr_value with_text(struct sgr_heap *heap, sgr_value value, const char *path,
                           const char *text)
{
    return text == NULL ? value
                        : sgr_path_with(heap, value, path, sgr_string(heap, sgr_str_from(text)));
}

static bool make_body(struct sgr_k8s_call *call)
{
    const struct sgr_k8s_request *request = &call->request;
    struct sgr_heap *heap = call->heap;
    sgr_value body = request->body;
    if (request->raw.len > 0) {
        call->body = sgr_arena_str(call->arena, request->raw);
        return true;
    }
    switch (request->verb) {
    case SGR_K8S_GET:
    case SGR_K8S_LIST:
        return true;
    case SGR_K8S_CREATE:
        break;
    case SGR_K8S_APPLY:
    case SGR_K8S_PATCH:
        body = with_text(heap, body, "metadata/uid", request->uid);
        body = with_text(heap, body, "metadata/resourceVersion", request->resource_version);
        break;
    case SGR_K8S_DELETE:
        body = sgr_path_with(heap, sgr_absent(), "propagationPolicy",
                             sgr_string(heap, SGR_STR("Background")));
        if (request->dry_run) { /* with a body the query is not looked at */
            sgr_value all = sgr_string(heap, SGR_STR("All"));
            body = sgr_path_with(heap, body, "dryRun", sgr_list(heap, &all, 1));
        }
        body = with_text(heap, body, "preconditions/uid", request->uid);
        body = with_text(heap, body, "preconditions/resourceVersion", request->resource_version);
        break;
    }
    return print_body(call, body);
}

static void bad_body(void *context)
{
    finish_failed(context, "invalid",
                  "the object has a value that JSON cannot hold, or is larger than "
                  "16 MiB");
}

struct sgr_k8s_call *sgr_k8s_start(struct sgr_k8s *client, const struct sgr_k8s_request *request)
{
    struct sgr_k8s_call *call = sgr_calloc(1, sizeof *call);
    call->client = client;
    call->request = *request;
    call->arena = sgr_arena_new();
    call->heap = sgr_heap_new(heap_max);
    call->deadline = sgr_http_now() + (request->budget_ms ? request->budget_ms : 30000);
    struct sgr_k8s_ref *ref = &call->request.ref;
    if (ref->kind.len == 0) {
        bool all = ref->all;
        *ref = sgr_k8s_ref_of(request->body);
        ref->all = all;
    }
    ref->api_version = sgr_arena_str(call->arena, ref->api_version);
    ref->kind = sgr_arena_str(call->arena, ref->kind);
    ref->namespace = sgr_arena_str(call->arena, ref->namespace);
    ref->name = sgr_arena_str(call->arena, ref->name);
    call->request.labels =
        request->labels ? sgr_arena_cstr(call->arena, sgr_str_from(request->labels)) : NULL;
    call->next = client->calls;
    call->link = &client->calls;
    if (call->next != NULL) {
        call->next->link = &call->next;
    }
    client->calls = call;
    bool ok = make_body(call);
    call->request.body = sgr_absent();
    if (ok) {
        call->waiting = sgr_discovery_ask(client->discovery, ref->api_version, ref->kind,
                                          call->deadline, found, call);
    } else {
        call->waiting = sgr_discovery_later(client->discovery, bad_body, call);
    }
    return call;
}

void sgr_k8s_cancel(struct sgr_k8s_call *call)
{
    if (call != NULL) {
        call_free(call);
    }
}

void sgr_k8s_reach(struct sgr_k8s *client, int64_t budget_ms, sgr_discovery_found done,
                   void *context)
{
    (void)sgr_discovery_ask(client->discovery, SGR_STR("v1"), SGR_STR("ConfigMap"),
                            sgr_http_now() + budget_ms, done, context);
}

/* ---- the client ---- */

static char *copy_of(const char *text)
{
    return memcpy(sgr_alloc(strlen(text) + 1), text, strlen(text) + 1);
}

struct sgr_k8s *sgr_k8s_new(struct sgr_http *http, const struct sgr_http_target *target,
                            const char *server, const char *namespace)
{
    struct sgr_k8s *client = sgr_calloc(1, sizeof *client);
    client->http = http;
    client->target = target;
    client->server = copy_of(server);
    client->namespace = copy_of(namespace);
    client->arena = sgr_arena_new();
    client->discovery = sgr_discovery_new(http, target, server);
    return client;
}

void sgr_k8s_free(struct sgr_k8s *client)
{
    if (client == NULL) {
        return;
    }
    while (client->calls != NULL) {
        call_free(client->calls);
    }
    sgr_discovery_free(client->discovery);
    sgr_map_release(&client->warned);
    sgr_arena_free(client->arena);
    free(client->server);
    free(client->namespace);
    free(client);
}

struct sgr_http *sgr_k8s_http(struct sgr_k8s *client)
{
    return client->http;
}

const char *sgr_k8s_namespace(const struct sgr_k8s *client)
{
    return client->namespace;
}

const struct sgr_http_target *sgr_k8s_target(const struct sgr_k8s *client)
{
    return client->target;
}

void sgr_k8s_on_warning(struct sgr_k8s *client, void (*warn)(void *, const char *), void *self)
{
    client->warn = warn;
    client->warn_self = self;
}

bool sgr_k8s_collection_url(struct sgr_k8s *client, const struct sgr_k8s_ref *ref,
                            struct sgr_buf *out)
{
    const struct sgr_resource *resource =
        sgr_discovery_find(client->discovery, ref->api_version, ref->kind);
    if (resource == NULL) {
        return false;
    }
    resource_url(client, resource, ref, out);
    return true;
}
