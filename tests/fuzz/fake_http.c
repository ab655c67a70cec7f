/* Answers that come from the input of a fuzz target. Must never touch a socket. */
#include "fake_http.h"

#include <stdlib.h>

enum { STEP_MS = 50, SEPARATOR = 0xff };

struct sgr_http_call {
    struct sgr_http_request request;
    char *url;
    struct sgr_http_call *next;
};

struct timer {
    uint64_t id;
    int64_t due;
    void (*fire)(void *context);
    void *context;
};

struct sgr_http {
    struct sgr_http_call *calls;
    SGR_VEC(struct timer) timers;
    uint64_t last_timer;
};

struct sgr_http_headers {
    int unused;
};

static struct {
    int64_t now;
    sgr_str left;
    bool discovery;
} world;

static const char served[] =
    "{\"kind\":\"APIResourceList\",\"resources\":["
    "{\"kind\":\"ConfigMap\",\"name\":\"configmaps\",\"namespaced\":true,\"verbs\":[\"watch\"]},"
    "{\"kind\":\"Lease\",\"name\":\"leases\",\"namespaced\":true,\"verbs\":[\"get\"]},"
    "{\"kind\":\"Deployment\",\"name\":\"deployments\",\"namespaced\":true,\"verbs\":[\"watch\"]}"
    "]}";

void fake_http_feed(sgr_str answers, bool discovery)
{
    world.now = 0;
    world.left = answers;
    world.discovery = discovery;
}

/* ---- answers ---- */

static int take_status(void)
{
    static const int statuses[] = {200, 200, 200, 201, 400, 401, 403, 404,
                                   409, 410, 422, 429, 500, 503, 302, 200};
    int status = statuses[(unsigned char)world.left.ptr[0] % 16];
    world.left = (sgr_str){world.left.ptr + 1, world.left.len - 1};
    return status;
}

static sgr_str take_body(void)
{
    const char *end = world.left.len > 0 ? memchr(world.left.ptr, SEPARATOR, world.left.len) : NULL;
    size_t length = end != NULL ? (size_t)(end - world.left.ptr) : world.left.len;
    sgr_str body = {world.left.ptr, length};
    size_t passed = length + (end != NULL);
    world.left = (sgr_str){world.left.ptr + passed, world.left.len - passed};
    return body;
}

/* /api/v1 and /apis/GROUP/VERSION, and nothing behind. */
static bool asks_discovery(const char *url)
{
    const char *path = strstr(url, "/api/"), *group = strstr(url, "/apis/");
    const char *at = path != NULL ? path + 5 : group != NULL ? strchr(group + 6, '/') : NULL;
    return at != NULL && strchr(at + 1, '/') == NULL;
}

static void answer(struct sgr_http_call *call)
{
    struct sgr_http_response response = {.retry_after_ms = -1, .text = "", .attempts = 1};
    response.content_type = SGR_STR("application/json");
    if (!world.discovery && asks_discovery(call->url)) {
        response.status = 200;
        response.body = sgr_str_from(served);
    } else if (world.left.len == 0) {
        response.outcome = call->request.safe ? SGR_HTTP_NOT_SENT : SGR_HTTP_UNKNOWN;
        response.text = "no answer is left";
    } else {
        response.status = take_status();
        response.body = take_body();
    }
    bool good = response.status >= 200 && response.status < 300;
    if (good && call->request.opened != NULL) {
        call->request.opened(call->request.context);
    }
    if (good && call->request.data != NULL) {
        if (!call->request.data(call->request.context, response.body)) {
            response.outcome = SGR_HTTP_UNKNOWN;
            response.text = "ended by us";
        }
        response.body = (sgr_str){"", 0};
    }
    call->request.done(call->request.context, &response);
}

static void call_free(struct sgr_http_call *call)
{
    free(call->url);
    free(call);
}

/* ---- the loop ---- */

int64_t sgr_http_now(void)
{
    return world.now;
}

struct sgr_http *sgr_http_new(struct sgr_error *error)
{
    (void)error;
    return sgr_calloc(1, sizeof(struct sgr_http));
}

void sgr_http_free(struct sgr_http *http)
{
    while (http != NULL && http->calls != NULL) {
        sgr_http_cancel(http, http->calls);
    }
    if (http != NULL) {
        sgr_vec_release(&http->timers);
    }
    free(http);
}

void sgr_http_keep(struct sgr_http *http, int64_t connections)
{
    (void)http;
    (void)connections;
}

bool sgr_http_header(struct sgr_http_headers *headers, const char *name, sgr_str value)
{
    (void)headers;
    (void)name;
    return memchr(value.ptr ? value.ptr : "", '\n', value.len) == NULL;
}

struct sgr_http_call *sgr_http_start(struct sgr_http *http, const struct sgr_http_request *request)
{
    struct sgr_http_call *call = sgr_calloc(1, sizeof *call), **last = &http->calls;
    call->request = *request;
    call->url = sgr_calloc(request->url.len + 1, 1);
    memcpy(call->url, request->url.ptr, request->url.len);
    while (*last != NULL) {
        last = &(*last)->next;
    }
    *last = call;
    return call;
}

static void unlink_call(struct sgr_http *http, const struct sgr_http_call *call)
{
    struct sgr_http_call **at = &http->calls;
    while (*at != NULL && *at != call) {
        at = &(*at)->next;
    }
    if (*at != NULL) {
        *at = call->next;
    }
}

void sgr_http_cancel(struct sgr_http *http, struct sgr_http_call *call)
{
    if (call != NULL) {
        unlink_call(http, call);
        call_free(call);
    }
}

uint64_t sgr_http_after(struct sgr_http *http, int64_t ms, void (*fire)(void *), void *context)
{
    struct timer timer = {++http->last_timer, world.now + ms, fire, context};
    sgr_vec_push(&http->timers, timer);
    return timer.id;
}

void sgr_http_timer_cancel(struct sgr_http *http, uint64_t id)
{
    for (size_t i = 0; i < http->timers.len; i++) {
        if (http->timers.at[i].id == id) {
            http->timers.at[i] = http->timers.at[--http->timers.len];
            return;
        }
    }
}

static bool fire_one(struct sgr_http *http)
{
    for (size_t i = 0; i < http->timers.len; i++) {
        struct timer timer = http->timers.at[i];
        if (timer.due <= world.now) {
            http->timers.at[i] = http->timers.at[--http->timers.len];
            timer.fire(timer.context);
            return true;
        }
    }
    return false;
}

void sgr_http_step(struct sgr_http *http, int64_t timeout_ms, int fd)
{
    struct sgr_http_call *call = http->calls;
    (void)fd;
    if (call != NULL) {
        unlink_call(http, call);
        answer(call);
        call_free(call);
    } else if (!fire_one(http)) {
        world.now += timeout_ms > STEP_MS || timeout_ms < 1 ? STEP_MS : timeout_ms;
    }
}

bool sgr_http_until(struct sgr_http *http, const bool *done, int64_t limit_ms)
{
    int64_t end = world.now + limit_ms;
    while (!*done && world.now < end) {
        sgr_http_step(http, end - world.now, -1);
    }
    return *done;
}

int64_t sgr_http_backoff(struct sgr_http *http, unsigned attempt, int64_t base_ms, int64_t cap_ms)
{
    (void)http;
    (void)attempt;
    return base_ms < cap_ms ? base_ms : cap_ms;
}
