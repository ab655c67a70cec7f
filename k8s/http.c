/* The loop: starts attempts, takes their ends, decides on retries, fires timers. Must never log,
 * never follow a redirect, never speak anything but HTTP, and never give a body over its maximum to
 * anybody. */
#include "k8s/http.h"

#include <ctype.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>

#include "k8s/curl_api.h"

enum {
    BUDGET_MS = 30000,
    TOTAL_MS = 15000,
    CONNECT_MS = 10000,
    BACKOFF_BASE_MS = 100,
    BACKOFF_CAP_MS = 8000,
    BODY_MAX = 64 << 20,
    HEADERS_MAX = 64 << 10,
    WARNINGS_MAX = 16,
    DEAD_PEER_MS = 30000,
};

struct sgr_http_headers {
    struct sgr_http *http;
    struct curl_slist *list;
};

struct sgr_http_call {
    struct sgr_http *http;
    struct sgr_http_call *next, **link;
    struct sgr_http_request request;
    char *method, *url, *content_type, *accept;
    char *body;
    size_t body_sent;
    CURL *easy; /* NULL between attempts */
    struct sgr_http_headers headers, connect_to;
    struct sgr_buf answer;
    size_t header_bytes;
    char *answer_type;
    int64_t retry_after;
    SGR_VEC(char *) warnings;
    char problem[CURL_ERROR_SIZE];
    const char *own_problem; /* why we ended the attempt ourselves */
    int64_t deadline;        /* of all attempts */
    int64_t last_byte;
    uint64_t timer;
    unsigned attempts;
    bool refreshed;
    bool in_data, cancelled;
};

struct timer {
    uint64_t id;
    int64_t at;
    void (*fire)(void *context);
    void *context;
};

struct sgr_http {
    struct sgr_curl curl;
    CURLM *multi;
    struct sgr_http_call *calls;
    SGR_VEC(struct timer) timers;
    uint64_t last_timer;
    uint64_t random;
    char *no_proxy;
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

bool sgr_http_header(struct sgr_http_headers *headers, const char *name, sgr_str value)
{
    struct sgr_buf line;
    if (memchr(value.ptr ? value.ptr : "", '\n', value.len) != NULL ||
        memchr(value.ptr ? value.ptr : "", '\r', value.len) != NULL) {
        return false;
    }
    sgr_buf_init(&line, HEADERS_MAX);
    sgr_buf_printf(&line, "%s: %.*s", name, SGR_FMT(value));
    struct curl_slist *list = headers->http->curl.slist_append(headers->list, line.ptr);
    explicit_bzero(line.ptr, line.len);
    sgr_buf_release(&line);
    if (list == NULL) {
        sgr_oom();
    }
    headers->list = list;
    return true;
}

/* ---- timers ---- */

uint64_t sgr_http_after(struct sgr_http *http, int64_t ms, void (*fire)(void *), void *context)
{
    struct timer timer = {++http->last_timer, sgr_http_now() + (ms > 0 ? ms : 0), fire, context};
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
        struct timer timer = http->timers.at[first];
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

/* ---- libcurl's callbacks ---- */

static size_t take_body(char *bytes, size_t size, size_t count, void *context)
{
    struct sgr_http_call *call = context;
    size_t length = size * count;
    long status = 0;
    call->last_byte = sgr_http_now();
    call->http->curl.easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
    if (call->cancelled) {
        return 0;
    }
    if (call->request.data != NULL && status >= 200 && status < 300) {
        call->in_data = true;
        bool ok = call->request.data(call->request.context, (sgr_str){bytes, length});
        call->in_data = false;
        if (!ok) {
            call->own_problem = "the stream was dropped";
        }
        return ok ? length : 0;
    }
    sgr_buf_bytes(&call->answer, bytes, length);
    if (call->answer.full) {
        call->own_problem = "the answer is larger than it may be";
        return 0;
    }
    return length;
}

static char *text_of(sgr_str s)
{
    char *copy = sgr_calloc(s.len + 1, 1);
    memcpy(copy, s.ptr, s.len);
    return copy;
}

/* 299 - "text": what stands between the quotes. */
static void take_warning(struct sgr_http_call *call, sgr_str value)
{
    const char *open = memchr(value.ptr, '"', value.len);
    const char *close = memrchr(value.ptr, '"', value.len);
    if (open != NULL && close > open && call->warnings.len < WARNINGS_MAX) {
        sgr_vec_push(&call->warnings, text_of((sgr_str){open + 1, (size_t)(close - open - 1)}));
    }
}

static size_t take_header(char *bytes, size_t size, size_t count, void *context)
{
    struct sgr_http_call *call = context;
    sgr_str line = {bytes, size * count}, value;
    call->last_byte = sgr_http_now();
    call->header_bytes += line.len;
    if (call->header_bytes > HEADERS_MAX) {
        call->own_problem = "the headers are larger than they may be";
        return 0;
    }
    if (line.len <= 2) {
        long status = 0;
        call->http->curl.easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
        if (status >= 200 && status < 300 && call->request.opened != NULL && !call->cancelled) {
            call->request.opened(call->request.context);
        }
    } else if (sgr_http_header_is(line, "content-type", &value)) {
        const char *semicolon = memchr(value.ptr, ';', value.len);
        free(call->answer_type);
        call->answer_type =
            text_of((sgr_str){value.ptr, semicolon ? (size_t)(semicolon - value.ptr) : value.len});
        for (char *c = call->answer_type; *c != '\0'; c++) {
            *c = (char)tolower((unsigned char)*c);
        }
    } else if (sgr_http_header_is(line, "retry-after", &value)) {
        call->retry_after = sgr_http_retry_after(value);
    } else if (sgr_http_header_is(line, "warning", &value)) {
        take_warning(call, value);
    }
    return line.len;
}

/* A peer that is gone without a word is noticed by the kernel, also in the middle of a watch. */
static int set_socket(void *context, curl_socket_t fd, curlsocktype purpose)
{
    unsigned ms = DEAD_PEER_MS;
    (void)context;
    (void)purpose;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, sizeof ms);
    return CURL_SOCKOPT_OK;
}

/* ---- attempts ---- */

static struct curl_blob blob_of(sgr_str pem)
{
    return (struct curl_blob){(void *)(uintptr_t)pem.ptr, pem.len, CURL_BLOB_COPY};
}

static void set_tls(struct sgr_http_call *call, const struct sgr_http_target *target)
{
    const struct sgr_curl *curl = &call->http->curl;
    CURL *easy = call->easy;
    if (target->insecure) {
        curl->easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
        curl->easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
    }
    if (target->ca.len > 0) {
        struct curl_blob blob = blob_of(target->ca);
        curl->easy_setopt(easy, CURLOPT_CAINFO_BLOB, &blob);
        curl->easy_setopt(easy, CURLOPT_CAPATH, NULL);
    }
    if (target->cert.len > 0) {
        struct curl_blob cert = blob_of(target->cert), key = blob_of(target->key);
        curl->easy_setopt(easy, CURLOPT_SSLCERT_BLOB, &cert);
        curl->easy_setopt(easy, CURLOPT_SSLCERTTYPE, "PEM");
        curl->easy_setopt(easy, CURLOPT_SSLKEY_BLOB, &key);
        curl->easy_setopt(easy, CURLOPT_SSLKEYTYPE, "PEM");
    }
}

/* curl has no option for the name in the certificate, so the URL gets that name, the connection
 * goes to the host that was meant, and the Host header says so. */
static void set_url(struct sgr_http_call *call, const char *server_name)
{
    const struct sgr_curl *curl = &call->http->curl;
    sgr_str url = call->request.url;
    if (server_name == NULL || !sgr_str_starts_with(url, SGR_STR("https://"))) {
        curl->easy_setopt(call->easy, CURLOPT_URL, call->url);
        return;
    }
    struct sgr_buf origin, text;
    sgr_buf_init(&origin, 4096);
    sgr_buf_init(&text, 1 << 20);
    sgr_http_origin(&origin, url);
    sgr_str host = {origin.ptr + 8, origin.len - 8};
    const char *colon = memrchr(host.ptr, ':', host.len);
    const char *bracket = memrchr(host.ptr, ']', host.len);
    bool has_port = colon != NULL && (bracket == NULL || colon > bracket);
    sgr_str name = {host.ptr, has_port ? (size_t)(colon - host.ptr) : host.len};
    sgr_str port = has_port ? (sgr_str){colon + 1, host.len - name.len - 1} : SGR_STR("443");
    (void)sgr_http_header(&call->headers, "Host", host);
    sgr_buf_printf(&text, "%s:%.*s:%.*s:%.*s", server_name, SGR_FMT(port), SGR_FMT(name),
                   SGR_FMT(port));
    call->connect_to.list = curl->slist_append(call->connect_to.list, text.ptr);
    curl->easy_setopt(call->easy, CURLOPT_CONNECT_TO, call->connect_to.list);
    sgr_buf_clear(&text);
    const char *path = memchr(url.ptr + 8, '/', url.len - 8);
    sgr_buf_printf(&text, "https://%s:%.*s%s", server_name, SGR_FMT(port), path ? path : "");
    curl->easy_setopt(call->easy, CURLOPT_URL, text.ptr);
    sgr_buf_release(&text);
    sgr_buf_release(&origin);
}

static size_t give_body(char *out, size_t size, size_t count, void *context)
{
    struct sgr_http_call *call = context;
    size_t left = call->request.body.len - call->body_sent;
    size_t length = left < size * count ? left : size * count;
    memcpy(out, call->body + call->body_sent, length);
    call->body_sent += length;
    return length;
}

/* Where a connection that was kept alive turns out to be dead, libcurl sends the request again by
 * itself, writes too. A body that it cannot rewind keeps it from that. */
static void set_body(struct sgr_http_call *call)
{
    const struct sgr_curl *curl = &call->http->curl;
    call->body_sent = 0;
    if (call->request.safe || call->body == NULL) {
        curl->easy_setopt(call->easy, CURLOPT_POSTFIELDS, call->body ? call->body : "");
        curl->easy_setopt(call->easy, CURLOPT_FRESH_CONNECT, call->request.safe ? 0L : 1L);
    } else {
        curl->easy_setopt(call->easy, CURLOPT_READFUNCTION, give_body);
        curl->easy_setopt(call->easy, CURLOPT_READDATA, call);
    }
}

static void set_method(struct sgr_http_call *call)
{
    const struct sgr_curl *curl = &call->http->curl;
    CURL *easy = call->easy;
    if (strcmp(call->method, "GET") == 0) {
        curl->easy_setopt(easy, CURLOPT_HTTPGET, 1L);
    } else {
        curl->easy_setopt(easy, CURLOPT_POST, 1L);
        curl->easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->request.body.len);
        set_body(call);
        curl->easy_setopt(easy, CURLOPT_CUSTOMREQUEST, call->method);
        /* Without this curl waits a second for "100 Continue" before larger bodies. */
        (void)sgr_http_header(&call->headers, "Expect", (sgr_str){"", 0});
    }
    if (call->content_type != NULL) {
        (void)sgr_http_header(&call->headers, "Content-Type", sgr_str_from(call->content_type));
    }
    (void)sgr_http_header(&call->headers, "Accept",
                          sgr_str_from(call->accept ? call->accept : "*/*"));
    for (size_t i = 0; i < call->request.header_count; i++) {
        call->headers.list = curl->slist_append(call->headers.list, call->request.headers[i]);
    }
}

static void set_common(struct sgr_http_call *call)
{
    const struct sgr_curl *curl = &call->http->curl;
    CURL *easy = call->easy;
    int64_t total = call->request.total_ms, left = call->deadline - sgr_http_now();
    if (total >= 0) {
        total = total < left ? total : left > 1 ? left : 1;
        curl->easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)total);
    }
    curl->easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
    curl->easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl->easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl->easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl->easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
    curl->easy_setopt(easy, CURLOPT_PIPEWAIT, 1L);
    curl->easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl->easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl->easy_setopt(easy, CURLOPT_TCP_KEEPIDLE, 15L);
    curl->easy_setopt(easy, CURLOPT_TCP_KEEPINTVL, 5L);
    curl->easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, set_socket);
    curl->easy_setopt(easy, CURLOPT_USERAGENT, "sgrc");
    curl->easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip");
    curl->easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
    curl->easy_setopt(easy, CURLOPT_WRITEDATA, call);
    curl->easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
    curl->easy_setopt(easy, CURLOPT_HEADERDATA, call);
    curl->easy_setopt(easy, CURLOPT_ERRORBUFFER, call->problem);
    curl->easy_setopt(easy, CURLOPT_PRIVATE, call);
    curl->easy_setopt(easy, CURLOPT_NOPROXY, call->http->no_proxy);
}

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
    call->easy = curl->easy_init();
    if (call->easy == NULL) {
        sgr_oom();
    }
    set_common(call);
    set_method(call);
    if (target != NULL) {
        set_tls(call, target);
        if (target->proxy != NULL) {
            curl->easy_setopt(call->easy, CURLOPT_PROXY, target->proxy);
        }
        if (target->user_pass != NULL) {
            curl->easy_setopt(call->easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
            curl->easy_setopt(call->easy, CURLOPT_USERPWD, target->user_pass);
        }
    }
    set_url(call, target ? target->server_name : NULL);
    curl->easy_setopt(call->easy, CURLOPT_HTTPHEADER, call->headers.list);
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
    call->url = text_of(request->url);
    call->request.url = (sgr_str){call->url, request->url.len};
    call->content_type = copy_of(request->content_type);
    call->accept = copy_of(request->accept);
    if (request->body.len > 0) {
        call->body = text_of(request->body);
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
    http->curl.multi_setopt(http->multi, CURLMOPT_MAXCONNECTS, 32L);
    http->no_proxy = no_proxy_list();
    if (getrandom(&http->random, sizeof http->random, 0) != (ssize_t)sizeof http->random ||
        http->random == 0) {
        http->random = (uint64_t)sgr_http_now() | 1;
    }
    return http;
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
