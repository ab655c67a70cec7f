/* One attempt as libcurl performs it: its options, and what it calls back for bodies and headers.
 * Must never follow a redirect, never speak anything but HTTP, and never give a body over its
 * maximum to anybody. */
#include <ctype.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#include "k8s/http_private.h"

enum {
    CONNECT_MS = 10000,
    HEADERS_MAX = 64 << 10,
    WARNINGS_MAX = 16,
    DEAD_PEER_MS = 30000,
};

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

/* 299 - "text": what stands between the quotes. */
static void take_warning(struct sgr_http_call *call, sgr_str value)
{
    const char *open = memchr(value.ptr, '"', value.len);
    const char *close = memrchr(value.ptr, '"', value.len);
    if (open != NULL && close > open && call->warnings.len < WARNINGS_MAX) {
        sgr_vec_push(&call->warnings,
                     sgr_http_text((sgr_str){open + 1, (size_t)(close - open - 1)}));
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
        call->answer_type = sgr_http_text(
            (sgr_str){value.ptr, semicolon ? (size_t)(semicolon - value.ptr) : value.len});
        for (char *c = call->answer_type; *c != '\0'; c++) {
            *c = (char)tolower((unsigned char)*c);
        }
    } else if (sgr_http_header_is(line, "retry-after", &value)) {
        call->retry_after = sgr_http_retry_after(value);
    } else if (sgr_http_header_is(line, "date", &value)) {
        int64_t took = (sgr_http_now() - call->began) / 1000 + 1;
        call->skew = sgr_http_skew(value, (int64_t)time(NULL), took);
    } else if (sgr_http_header_is(line, "warning", &value)) {
        take_warning(call, value);
    }
    return line.len;
}

/* ---- options ---- */

/* A peer that is gone without a word is noticed by the kernel, also in the middle of a watch. */
static int set_socket(void *context, curl_socket_t fd, curlsocktype purpose)
{
    unsigned ms = DEAD_PEER_MS;
    (void)context;
    (void)purpose;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, sizeof ms);
    return CURL_SOCKOPT_OK;
}

/* Before each sending, so also where libcurl sends again what a dead connection took. */
static int may_send(void *context, char *peer, char *own, int peer_port, int own_port)
{
    struct sgr_http_call *call = context;
    (void)peer, (void)own, (void)peer_port, (void)own_port;
    if (call->sent) {
        call->own_problem = "the connection was closed before it answered";
        return CURL_PREREQFUNC_ABORT;
    }
    call->sent = true;
    return CURL_PREREQFUNC_OK;
}

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
    if (call->request.once) {
        curl->easy_setopt(easy, CURLOPT_PREREQFUNCTION, may_send);
        curl->easy_setopt(easy, CURLOPT_PREREQDATA, call);
    }
}

void sgr_http_transfer(struct sgr_http_call *call)
{
    const struct sgr_http_target *target = call->request.target;
    const struct sgr_curl *curl = &call->http->curl;
    call->easy = curl->easy_init();
    call->began = sgr_http_now();
    call->skew = 0;
    if (call->easy == NULL) {
        sgr_oom();
    }
    set_common(call);
    set_method(call);
    if (target != NULL) {
        set_tls(call, target);
        if (target->proxy != NULL) {
            /* As for kubectl, what a kubeconfig says is not subject to no_proxy. */
            curl->easy_setopt(call->easy, CURLOPT_PROXY, target->proxy);
            curl->easy_setopt(call->easy, CURLOPT_NOPROXY, "");
        }
        if (target->user_pass != NULL) {
            curl->easy_setopt(call->easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
            curl->easy_setopt(call->easy, CURLOPT_USERPWD, target->user_pass);
        }
    }
    set_url(call, target ? target->server_name : NULL);
    curl->easy_setopt(call->easy, CURLOPT_HTTPHEADER, call->headers.list);
}
