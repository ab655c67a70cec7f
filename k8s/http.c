/* The loop: starts attempts, takes their ends, decides on retries, fires timers. Must never log. */
#include "k8s/http_private.h"

#include <limits.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/random.h>
#include <time.h>

enum {
    BUDGET_MS = 30000,
    TOTAL_MS = 15000,
    BACKOFF_BASE_MS = 100,
    BACKOFF_CAP_MS = 8000,
    BODY_MAX = 64 << 20,
};

static void attempt(void *context);

int64_t sgr_http_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- small things ---- */

static uint64_t next_random(struct sgr_http *http)
{
    http->random ^= http->random << 13;
    http->random ^= http->random >> 7;
    http->random ^= http->random << 17;
    return http->random;
}

int64_t sgr_http_backoff(struct sgr_http *http, unsigned attempt_number, int64_t base_ms,
                         int64_t cap_ms)
{
    int64_t top = base_ms;
    for (unsigned i = 0; i < attempt_number && top < cap_ms; i++) {
        top *= 2;
    }
    top = top < cap_ms ? top : cap_ms;
    return 1 + (int64_t)(next_random(http) % (uint64_t)top);
}

static char *copy_of(const char *s)
{
    if (s == NULL) {
        return NULL;
    }
    size_t size = strlen(s) + 1;
    return memcpy(sgr_alloc(size), s, size);
}

char *sgr_http_text(sgr_str s)
{
    char *copy = sgr_calloc(s.len + 1, 1);
    memcpy(copy, s.ptr, s.len);
    return copy;
}

/* ---- timers ---- */

uint64_t sgr_http_after(struct sgr_http *http, int64_t ms, void (*fire)(void *), void *context)
{
    struct sgr_http_timer timer = {++http->last_timer, sgr_http_now() + (ms > 0 ? ms : 0), fire,
                                   context};
    sgr_vec_push(&http->timers, timer);
    return timer.id;
}

void sgr_http_timer_cancel(struct sgr_http *http, uint64_t id)
{
    for (size_t i = 0; id != 0 && i < http->timers.len; i++) {
        if (http->timers.at[i].id == id) {
            http->timers.at[i] = http->timers.at[--http->timers.len];
            return;
        }
    }
}

static void fire_timers(struct sgr_http *http)
{
    int64_t now = sgr_http_now();
    for (;;) {
        size_t first = SIZE_MAX;
        for (size_t i = 0; i < http->timers.len; i++) {
            if (http->timers.at[i].at <= now &&
                (first == SIZE_MAX || http->timers.at[i].at < http->timers.at[first].at)) {
                first = i;
            }
        }
        if (first == SIZE_MAX) {
            return;
        }
        struct sgr_http_timer timer = http->timers.at[first];
        http->timers.at[first] = http->timers.at[--http->timers.len];
        timer.fire(timer.context);
    }
}

/* ---- one call ---- */

static void forget_answer(struct sgr_http_call *call)
{
    sgr_buf_clear(&call->answer);
    free(call->answer_type);
    call->answer_type = NULL;
    call->retry_after = -1;
    call->header_bytes = 0;
    call->problem[0] = '\0';
    call->own_problem = NULL;
    for (size_t i = 0; i < call->warnings.len; i++) {
        free(call->warnings.at[i]);
    }
    call->warnings.len = 0;
}

static void end_attempt(struct sgr_http_call *call)
{
    struct sgr_http *http = call->http;
    if (call->easy != NULL) {
        http->curl.multi_remove_handle(http->multi, call->easy);
        http->curl.easy_cleanup(call->easy);
        call->easy = NULL;
    }
    for (struct curl_slist *line = call->headers.list; line != NULL; line = line->next) {
        explicit_bzero(line->data, strlen(line->data)); /* a token may be in it */
    }
    http->curl.slist_free_all(call->headers.list);
    http->curl.slist_free_all(call->connect_to.list);
    call->headers.list = call->connect_to.list = NULL;
}

static void call_free(struct sgr_http_call *call)
{
    end_attempt(call);
    sgr_http_timer_cancel(call->http, call->timer);
    *call->link = call->next;
    if (call->next != NULL) {
        call->next->link = call->link;
    }
    forget_answer(call);
    sgr_vec_release(&call->warnings);
    sgr_buf_release(&call->answer);
    free(call->method);
    free(call->url);
    free(call->content_type);
    free(call->accept);
    if (call->body != NULL) {
        explicit_bzero(call->body, call->request.body.len);
    }
    free(call->body);
    for (size_t i = 0; i < call->request.header_count; i++) {
        free((void *)(uintptr_t)call->request.headers[i]);
    }
    free((void *)(uintptr_t)call->request.headers);
    free(call);
}

static void retry_in(struct sgr_http_call *call, int64_t ms)
{
    end_attempt(call);
    call->timer = sgr_http_after(call->http, ms, attempt, call);
}

static void finish(struct sgr_http_call *call, enum sgr_http_outcome outcome, int status,
                   const char *text)
{
    struct sgr_http_response response = {
        .outcome = outcome,
        .status = status,
        .body = sgr_buf_str(&call->answer),
        .content_type = sgr_str_from(call->answer_type ? call->answer_type : ""),
        .retry_after_ms = call->retry_after,
        .skew_s = call->skew,
        .warnings = (const char *const *)call->warnings.at,
        .warning_count = call->warnings.len,
        .text = text,
        .attempts = call->attempts,
    };
    end_attempt(call);
    call->in_data = true; /* a cancel from within `done` waits for its end */
    call->request.done(call->request.context, &response);
    call_free(call);
}

/* ---- attempts ---- */

static void attempt(void *context)
{
    struct sgr_http_call *call = context;
    const struct sgr_http_target *target = call->request.target;
    const struct sgr_curl *curl = &call->http->curl;
    struct sgr_error error = {0};
    call->timer = 0;
    call->attempts++;
    forget_answer(call);
    call->last_byte = sgr_http_now();
    if (target != NULL && target->authorize != NULL &&
        !target->authorize(target->self, &call->headers, &error)) {
        finish(call, SGR_HTTP_NOT_SENT, 0, error.text ? error.text : "there are no credentials");
        sgr_error_release(&error);
        return;
    }
    sgr_http_transfer(call);
    if (curl->multi_add_handle(call->http->multi, call->easy) != CURLM_OK) {
        finish(call, SGR_HTTP_NOT_SENT, 0, "libcurl does not take the request");
    }
}

struct sgr_http_call *sgr_http_start(struct sgr_http *http, const struct sgr_http_request *request)
{
    struct sgr_http_call *call = sgr_calloc(1, sizeof *call);
    call->http = call->headers.http = call->connect_to.http = http;
    call->request = *request;
    call->method = copy_of(request->method);
    call->url = sgr_http_text(request->url);
    call->request.url = (sgr_str){call->url, request->url.len};
    call->content_type = copy_of(request->content_type);
    call->accept = copy_of(request->accept);
    if (request->body.len > 0) {
        call->body = sgr_http_text(request->body);
    }
    char **headers = sgr_calloc(request->header_count + 1, sizeof *headers);
    for (size_t i = 0; i < request->header_count; i++) {
        headers[i] = copy_of(request->headers[i]);
    }
    call->request.headers = (const char *const *)headers;
    call->request.total_ms = request->total_ms != 0 ? request->total_ms : TOTAL_MS;
    call->deadline = sgr_http_now() + (request->budget_ms != 0 ? request->budget_ms : BUDGET_MS);
    sgr_buf_init(&call->answer, request->body_max ? request->body_max : BODY_MAX);
    call->retry_after = -1;
    call->next = http->calls;
    call->link = &http->calls;
    if (call->next != NULL) {
        call->next->link = &call->next;
    }
    http->calls = call;
    call->timer = sgr_http_after(http, 0, attempt, call);
    return call;
}

void sgr_http_cancel(struct sgr_http *http, struct sgr_http_call *call)
{
    (void)http;
    if (call == NULL) {
        return;
    }
    if (call->in_data) {
        call->cancelled = true;
        return;
    }
    call_free(call);
}

/* ---- ends ---- */

static bool is_tls_problem(CURLcode code)
{
    return code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CONNECT_ERROR ||
           code == CURLE_SSL_CERTPROBLEM || code == CURLE_SSL_CACERT_BADFILE ||
           code == CURLE_SSL_ISSUER_ERROR || code == CURLE_SSL_CIPHER ||
           code == CURLE_SSL_INVALIDCERTSTATUS;
}

/* Whether the server cannot have seen a byte of the request. */
static bool was_not_sent(struct sgr_http_call *call, CURLcode code)
{
    curl_off_t ready = 0;
    switch (code) {
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_PROXY:
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
        return true;
    default:
        break;
    }
    call->http->curl.easy_getinfo(call->easy, CURLINFO_PRETRANSFER_TIME_T, &ready);
    return is_tls_problem(code) || ready == 0;
}

static void sentence_for(struct sgr_http_call *call, CURLcode code, struct sgr_buf *out)
{
    const char *detail = call->own_problem          ? call->own_problem
                         : call->problem[0] != '\0' ? call->problem
                                                    : call->http->curl.easy_strerror(code);
    struct sgr_buf origin;
    sgr_buf_init(&origin, 4096);
    sgr_http_origin(&origin, call->request.url);
    if (code == CURLE_OPERATION_TIMEDOUT) {
        detail = call->own_problem ? call->own_problem : "it did not answer in time";
    }
    sgr_buf_printf(out, is_tls_problem(code) ? "the connection to %s is not trusted: %s" : "%s: %s",
                   origin.ptr, detail);
    sgr_buf_release(&origin);
}

static void failed(struct sgr_http_call *call, CURLcode code)
{
    const struct sgr_http_target *target = call->request.target;
    bool not_sent = was_not_sent(call, code), tls = is_tls_problem(code);
    int64_t wait = sgr_http_backoff(call->http, call->attempts, BACKOFF_BASE_MS, BACKOFF_CAP_MS);
    bool final = code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL ||
                 (call->own_problem != NULL && code != CURLE_OPERATION_TIMEDOUT);
    if (tls && !call->refreshed && target != NULL && target->refresh != NULL) {
        call->refreshed = true;
        if (target->refresh(target->self)) {
            retry_in(call, 0);
            return;
        }
    }
    /* An unknown certificate stays unknown; a handshake that was cut may succeed. */
    final = final || (tls && code != CURLE_SSL_CONNECT_ERROR);
    if (!final && (not_sent || call->request.safe) && call->request.data == NULL &&
        sgr_http_now() + wait < call->deadline) {
        retry_in(call, wait);
        return;
    }
    struct sgr_buf text;
    sgr_buf_init(&text, 8192);
    sentence_for(call, code, &text);
    sgr_buf_clear(&call->answer);
    finish(call, not_sent ? SGR_HTTP_NOT_SENT : SGR_HTTP_UNKNOWN, 0, text.ptr);
    sgr_buf_release(&text);
}

static void answered(struct sgr_http_call *call)
{
    const struct sgr_http_target *target = call->request.target;
    long status = 0;
    call->http->curl.easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
    if (status == 401 && !call->refreshed && target != NULL && target->refresh != NULL) {
        call->refreshed = true;
        if (target->refresh(target->self)) {
            retry_in(call, 0);
            return;
        }
    }
    bool again = status == 429 || (status >= 500 && call->request.safe);
    if (again && call->request.data == NULL) {
        int64_t wait =
            call->retry_after >= 0
                ? call->retry_after + sgr_http_backoff(call->http, 0, 50, 50)
                : sgr_http_backoff(call->http, call->attempts, BACKOFF_BASE_MS, BACKOFF_CAP_MS);
        if (sgr_http_now() + wait < call->deadline) {
            retry_in(call, wait);
            return;
        }
    }
    finish(call, SGR_HTTP_ANSWERED, (int)status, "");
}

static bool take_ends(struct sgr_http *http)
{
    int left;
    bool any = false;
    for (CURLMsg *message; (message = http->curl.multi_info_read(http->multi, &left)) != NULL;) {
        struct sgr_http_call *call = NULL;
        CURLcode code = message->data.result;
        if (message->msg != CURLMSG_DONE) {
            continue;
        }
        any = true;
        http->curl.easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &call);
        if (call->cancelled) {
            call_free(call);
        } else if (code == CURLE_OK) {
            answered(call);
        } else {
            failed(call, code);
        }
    }
    return any;
}

/* Ends attempts that were silent for too long; returns when the next one would be. */
static int64_t check_idle(struct sgr_http *http)
{
    int64_t now = sgr_http_now(), next = INT64_MAX;
    for (struct sgr_http_call *call = http->calls; call != NULL;) {
        struct sgr_http_call *following = call->next;
        if (call->easy != NULL && call->request.idle_ms > 0) {
            int64_t at = call->last_byte + call->request.idle_ms;
            if (at <= now) {
                call->own_problem = "it was silent for too long";
                failed(call, CURLE_OPERATION_TIMEDOUT);
                return now; /* the list may have changed */
            }
            next = at < next ? at : next;
        }
        call = following;
    }
    return next;
}

void sgr_http_step(struct sgr_http *http, int64_t timeout_ms, int fd)
{
    int running = 0;
    http->curl.multi_perform(http->multi, &running);
    bool any = take_ends(http);
    int64_t idle = check_idle(http), now = sgr_http_now();
    int64_t until = now + (any || timeout_ms < 0 ? 0 : timeout_ms);
    until = idle < until ? idle : until;
    for (size_t i = 0; i < http->timers.len; i++) {
        until = http->timers.at[i].at < until ? http->timers.at[i].at : until;
    }
    struct curl_waitfd extra = {.fd = fd, .events = CURL_WAIT_POLLIN};
    int64_t wait = until > now ? until - now : 0;
    http->curl.multi_poll(http->multi, &extra, fd >= 0 ? 1 : 0,
                          wait > INT_MAX ? INT_MAX : (int)wait, NULL);
    http->curl.multi_perform(http->multi, &running);
    take_ends(http);
    fire_timers(http);
}

bool sgr_http_until(struct sgr_http *http, const bool *done, int64_t limit_ms)
{
    int64_t limit = sgr_http_now() + limit_ms;
    while (!*done && sgr_http_now() < limit) {
        sgr_http_step(http, limit - sgr_http_now(), -1);
    }
    return *done;
}

/* ---- the loop ---- */

/* The loopback is never behind a proxy, as for kubectl. */
static char *no_proxy_list(void)
{
    const char *given = getenv("no_proxy");
    struct sgr_buf list;
    given = given ? given : getenv("NO_PROXY");
    sgr_buf_init(&list, 1 << 16);
    if (given != NULL && strcmp(given, "*") == 0) {
        sgr_buf_cstr(&list, "*");
    } else {
        sgr_buf_printf(&list, "%s%slocalhost,127.0.0.1,::1", given ? given : "", given ? "," : "");
    }
    return sgr_buf_take(&list);
}

struct sgr_http *sgr_http_new(struct sgr_error *error)
{
    struct sgr_http *http = sgr_calloc(1, sizeof *http);
    if (!sgr_curl_load(&http->curl, error)) {
        free(http);
        return NULL;
    }
    http->multi = http->curl.multi_init();
    if (http->multi == NULL) {
        sgr_oom();
    }
    http->curl.multi_setopt(http->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_MULTIPLEX);
    sgr_http_keep(http, 32);
    http->no_proxy = no_proxy_list();
    if (getrandom(&http->random, sizeof http->random, 0) != (ssize_t)sizeof http->random ||
        http->random == 0) {
        http->random = (uint64_t)sgr_http_now() | 1;
    }
    return http;
}

void sgr_http_keep(struct sgr_http *http, int64_t connections)
{
    http->curl.multi_setopt(http->multi, CURLMOPT_MAXCONNECTS, (long)connections);
}

void sgr_http_free(struct sgr_http *http)
{
    if (http == NULL) {
        return;
    }
    while (http->calls != NULL) {
        call_free(http->calls);
    }
    http->curl.multi_cleanup(http->multi);
    sgr_vec_release(&http->timers);
    free(http->no_proxy);
    free(http);
}
