/* The HTTP loop against a server that misbehaves. */
#include <stdio.h>
#include <stdlib.h>

#include <criterion/criterion.h>

#include "k8s/auth.h"
#include "k8s/http.h"
#include "server.h"

struct result {
    bool done;
    enum sgr_http_outcome outcome;
    int status, attempts;
    int64_t took;
    char text[1024], body[1024], type[128], warning[128];
    size_t streamed;
    bool opened;
};

static struct sgr_http *http;

static void set_up(void)
{
    http = sgr_http_new(NULL);
    cr_assert_not_null(http);
}

static void tear_down(void)
{
    sgr_http_free(http);
}

TestSuite(http, .init = set_up, .fini = tear_down);

static void take(void *context, const struct sgr_http_response *response)
{
    struct result *result = context;
    result->done = true;
    result->outcome = response->outcome;
    result->status = response->status;
    result->attempts = (int)response->attempts;
    snprintf(result->text, sizeof result->text, "%s", response->text);
    snprintf(result->body, sizeof result->body, "%.*s", SGR_FMT(response->body));
    snprintf(result->type, sizeof result->type, "%.*s", SGR_FMT(response->content_type));
    snprintf(result->warning, sizeof result->warning, "%s",
             response->warning_count ? response->warnings[0] : "");
}

/* Performs a request to its end. */
static struct result perform(struct sgr_http_request request, const char *url)
{
    struct result result = {0};
    int64_t began = sgr_http_now();
    request.method = request.method ? request.method : "GET";
    request.url = sgr_str_from(url);
    request.done = take;
    request.context = &result;
    (void)sgr_http_start(http, &request);
    cr_assert(sgr_http_until(http, &result.done, 20000), "no end");
    result.took = sgr_http_now() - began;
    return result;
}

static struct reply once_then_fine(void *self, const char *request, int n)
{
    (void)request;
    return n == 1 ? *(const struct reply *)self : (struct reply){.bytes = json_answer(200, "{}")};
}

static struct reply always(void *self, const char *request, int n)
{
    (void)request;
    (void)n;
    return *(const struct reply *)self;
}

Test(http, errors_of_the_server_are_retried_only_where_safe)
{
    struct reply bad = {.bytes = json_answer(500, "{}")};
    struct server *server = server_start(once_then_fine, &bad);
    struct result result = perform((struct sgr_http_request){.safe = true}, server_url(server));
    cr_assert(result.status == 200 && result.attempts == 2);
    server_stop(server);
    server = server_start(once_then_fine, &bad);
    result = perform((struct sgr_http_request){.method = "PATCH", .body = SGR_STR("{}")},
                     server_url(server));
    cr_assert(result.outcome == SGR_HTTP_ANSWERED && result.status == 500 &&
              server_count(server) == 1);
    server_stop(server);
}

Test(http, too_many_requests_waits_as_long_as_asked)
{
    struct reply busy = {.bytes = answer(429, "application/json", "Retry-After: 1\r\n", "{}")};
    struct server *server = server_start(once_then_fine, &busy);
    struct result result = perform(
        (struct sgr_http_request){.method = "POST", .body = SGR_STR("{}")}, server_url(server));
    cr_assert(result.status == 200 && result.attempts == 2 && result.took >= 1000 &&
              result.took < 5000);
    server_stop(server);
    struct reply busier = {.bytes = answer(503, "application/json", "Retry-After: 100\r\n", "{}")};
    server = server_start(always, &busier);
    result = perform((struct sgr_http_request){.safe = true, .budget_ms = 500}, server_url(server));
    cr_assert(result.status == 503 && result.attempts == 1 && result.took < 400,
              "beyond the budget");
    server_stop(server);
}

Test(http, a_cut_connection_leaves_a_write_unknown)
{
    struct reply cuts[] = {
        {.reset = true},
        {.close = true},
        {.bytes = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
                  "100\r\n\r\n{\"a\":",
         .close = true},
        {.bytes = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc", .close = true},
        {.bytes = "HTTP/1.1 200 OK\r\nContent-Le", .reset = true},
    };
    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
        struct server *server = server_start(once_then_fine, &cuts[i]);
        struct result result =
            perform((struct sgr_http_request){.method = "PATCH", .body = SGR_STR("{}")},
                    server_url(server));
        cr_assert(result.outcome == SGR_HTTP_UNKNOWN && server_count(server) == 1, "%zu: %d %s", i,
                  result.outcome, result.text);
        cr_assert_str_eq(result.body, "");
        server_stop(server);
        server = server_start(once_then_fine, &cuts[i]);
        result = perform((struct sgr_http_request){.safe = true}, server_url(server));
        cr_assert(result.outcome == SGR_HTTP_ANSWERED && result.status == 200 &&
                      result.attempts == 2,
                  "%zu", i);
        server_stop(server);
    }
}

Test(http, nobody_there_means_nothing_was_done)
{
    struct reply any = {.close = true};
    struct server *server = server_start(always, &any);
    char url[64];
    snprintf(url, sizeof url, "%s", server_url(server));
    server_stop(server);
    struct result result = perform(
        (struct sgr_http_request){.method = "PATCH", .body = SGR_STR("{}"), .budget_ms = 700}, url);
    cr_assert(result.outcome == SGR_HTTP_NOT_SENT && result.attempts > 1 && result.took < 2000);
    cr_assert(strncmp(result.text, url, strlen(url)) == 0, "%s", result.text);
    result = perform((struct sgr_http_request){.budget_ms = 300}, "http://no-such-host.invalid/");
    cr_assert(result.outcome == SGR_HTTP_NOT_SENT, "%s", result.text);
    result = perform((struct sgr_http_request){.safe = true}, "ftp://127.0.0.1/");
    cr_assert(result.outcome == SGR_HTTP_NOT_SENT && result.attempts == 1, "%s", result.text);
}

Test(http, slow_and_silent_servers_do_not_hold_us)
{
    struct reply drip = {
        .bytes = answer(200, "application/json", "", "{\"a\": \"bbbbbbbbbbbbbbbbbbbbbbbbbbb\"}"),
        .drip_ms = 50};
    struct server *server = server_start(always, &drip);
    struct result result = perform(
        (struct sgr_http_request){.method = "PATCH", .body = SGR_STR("{}"), .total_ms = 300},
        server_url(server));
    cr_assert(result.outcome == SGR_HTTP_UNKNOWN && result.took < 1500, "%ld", (long)result.took);
    cr_assert(strstr(result.text, "did not answer in time"), "%s", result.text);
    server_stop(server);
    struct reply silent = {.hang_ms = 5000};
    server = server_start(always, &silent);
    result =
        perform((struct sgr_http_request){.method = "PATCH", .body = SGR_STR("{}"), .idle_ms = 200},
                server_url(server));
    cr_assert(result.outcome == SGR_HTTP_UNKNOWN && result.took < 1500, "%ld", (long)result.took);
    cr_assert(strstr(result.text, "silent for too long"), "%s", result.text);
    server_stop(server);
}

Test(http, answers_have_a_maximum)
{
    char big[5000];
    memset(big, 'a', sizeof big);
    big[sizeof big - 1] = '\0';
    struct reply large = {.bytes = answer(200, "text/plain", "", big)};
    struct server *server = server_start(always, &large);
    struct result result =
        perform((struct sgr_http_request){.safe = true, .body_max = 1000}, server_url(server));
    cr_assert(result.outcome != SGR_HTTP_ANSWERED && result.attempts == 1);
    cr_assert(strstr(result.text, "larger than it may be"), "%s", result.text);
    cr_assert_str_eq(result.body, "");
    server_stop(server);
    static char headers[200000] = "";
    for (int i = 0; i < 100; i++) {
        snprintf(headers + strlen(headers), sizeof headers - strlen(headers), "X-H%d: %.1000s\r\n",
                 i, big);
    }
    struct reply heads = {.bytes = answer(200, "text/plain", headers, "x")};
    server = server_start(always, &heads);
    result = perform((struct sgr_http_request){.safe = true}, server_url(server));
    cr_assert(result.outcome != SGR_HTTP_ANSWERED, "100 KB of headers were taken");
    server_stop(server);
}

Test(http, redirects_are_not_followed)
{
    struct reply away = {.bytes =
                             answer(302, "text/html", "Location: http://127.0.0.1:1/\r\n", "")};
    struct server *server = server_start(always, &away);
    struct result result = perform((struct sgr_http_request){.safe = true}, server_url(server));
    cr_assert(result.outcome == SGR_HTTP_ANSWERED && result.status == 302 &&
              server_count(server) == 1);
    server_stop(server);
}

Test(http, headers_that_matter)
{
    struct reply warned = {.bytes =
                               answer(200, "Application/JSON; charset=utf-8",
                                      "Warning: 299 - \"policy/v1beta1 is deprecated\"\r\n", "{}")};
    struct server *server = server_start(always, &warned);
    struct result result = perform((struct sgr_http_request){.safe = true}, server_url(server));
    cr_assert_str_eq(result.type, "application/json");
    cr_assert_str_eq(result.warning, "policy/v1beta1 is deprecated");
    server_stop(server);
}

Test(http, clocks_are_compared)
{
    static const sgr_str date = {"Sun, 06 Nov 1994 08:49:37 GMT", 29};
    enum { THEN = 784111777 };
    cr_assert_eq(sgr_http_skew(date, THEN, 1), 0);
    cr_assert_eq(sgr_http_skew(date, THEN + 60, 1), 59);
    cr_assert_eq(sgr_http_skew(date, THEN + 60, 100), 0,
                 "the answer itself may have taken that long");
    cr_assert_eq(sgr_http_skew(date, THEN - 60, 1), -60);
    cr_assert_eq(sgr_http_skew(SGR_STR("yesterday"), THEN, 1), 0);
}

static bool with_token(void *self, struct sgr_http_headers *headers, struct sgr_error *error)
{
    (void)error;
    return sgr_http_header(headers, "Authorization", sgr_str_from(self));
}

static bool fresh_token(void *self)
{
    memcpy(self, "Bearer new", 11);
    return true;
}

static struct reply only_new(void *self, const char *request, int n)
{
    (void)self;
    (void)n;
    return (struct reply){.bytes = json_answer(strstr(request, "Bearer new") ? 200 : 401, "{}")};
}

Test(http, a_refusal_gets_one_more_try_with_fresh_credentials)
{
    char token[32] = "Bearer old";
    struct sgr_http_target target = {
        .authorize = with_token, .refresh = fresh_token, .self = token};
    struct server *server = server_start(only_new, NULL);
    struct result result = perform(
        (struct sgr_http_request){.target = &target, .method = "PATCH", .body = SGR_STR("{}")},
        server_url(server));
    cr_assert(result.status == 200 && server_count(server) == 2);
    server_stop(server);
    struct reply never = {.bytes = json_answer(401, "{}")};
    server = server_start(always, &never);
    result =
        perform((struct sgr_http_request){.target = &target, .safe = true}, server_url(server));
    cr_assert(result.status == 401 && server_count(server) == 2);
    server_stop(server);
}

Test(http, no_secret_is_in_a_sentence)
{
    char token[] = "Bearer s3cret";
    struct sgr_http_target target = {
        .authorize = with_token, .self = token, .user_pass = "me:s3cret"};
    struct reply cut = {.reset = true};
    struct server *server = server_start(always, &cut);
    char url[128];
    snprintf(url, sizeof url, "http://you:s3cret@%s/s3cret?key=s3cret", server_url(server) + 7);
    struct result result = perform(
        (struct sgr_http_request){.target = &target, .method = "POST", .body = SGR_STR("s3cret")},
        url);
    cr_assert(result.outcome == SGR_HTTP_UNKNOWN && strstr(result.text, "s3cret") == NULL, "%s",
              result.text);
    struct sgr_http_target bad = {.authorize = with_token, .self = (char[]){"a\r\nX-Evil: 1"}};
    result = perform((struct sgr_http_request){.target = &bad}, server_url(server));
    cr_assert(result.outcome == SGR_HTTP_NOT_SENT && server_count(server) == 1,
              "a header was smuggled in");
    server_stop(server);
}

static bool count_bytes(void *context, sgr_str bytes)
{
    ((struct result *)context)->streamed += bytes.len;
    return ((struct result *)context)->streamed < 8;
}

static void note_open(void *context)
{
    ((struct result *)context)->opened = true;
}

Test(http, streams_come_as_they_are_sent)
{
    struct reply lines = {.bytes =
                              "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\nabc\ndef\n",
                          .hang_ms = 5000};
    struct server *server = server_start(always, &lines);
    struct result result =
        perform((struct sgr_http_request){.data = count_bytes, .opened = note_open, .total_ms = -1},
                server_url(server));
    cr_assert(result.opened && result.streamed == 8 && result.took < 2000, "%zu", result.streamed);
    cr_assert_eq(result.outcome, SGR_HTTP_UNKNOWN);
    server_stop(server);
    struct reply no = {.bytes = json_answer(403, "{\"kind\":\"Status\"}")};
    server = server_start(always, &no);
    result =
        perform((struct sgr_http_request){.data = count_bytes, .opened = note_open, .total_ms = -1},
                server_url(server));
    cr_assert(!result.opened && result.streamed == 0 && result.status == 403);
    cr_assert_str_eq(result.body, "{\"kind\":\"Status\"}");
    server_stop(server);
}

Test(http, a_cancelled_call_is_not_heard_of_again)
{
    struct reply slow = {.bytes = json_answer(200, "{}"), .delay_ms = 200};
    struct server *server = server_start(always, &slow);
    struct result result = {0};
    struct sgr_http_request request = {
        .method = "GET", .url = sgr_str_from(server_url(server)), .done = take, .context = &result};
    struct sgr_http_call *call = sgr_http_start(http, &request);
    for (int i = 0; i < 10 && server_count(server) == 0; i++) {
        sgr_http_step(http, 50, -1);
    }
    sgr_http_cancel(http, call);
    bool never = false;
    sgr_http_until(http, &never, 500);
    cr_assert_not(result.done);
    server_stop(server);
}

static void fire(void *context)
{
    ++*(int *)context;
}

Test(http, timers)
{
    int fired = 0;
    bool never = false;
    uint64_t id = sgr_http_after(http, 50, fire, &fired);
    (void)sgr_http_after(http, 60, fire, &fired);
    sgr_http_timer_cancel(http, id);
    sgr_http_timer_cancel(http, id);
    int64_t began = sgr_http_now();
    sgr_http_until(http, &never, 150);
    cr_assert_eq(fired, 1);
    cr_assert(sgr_http_now() - began < 1000);
}

/* ---- TLS: certificates by openssl, a server by `openssl s_server` ---- */

static char folder[] = "/tmp/sgr-tls-XXXXXX";

static void shell(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void shell(const char *format, ...)
{
    char command[4096];
    va_list args;
    va_start(args, format);
    int length = snprintf(command, sizeof command, "cd %s && ( ", folder);
    length += vsnprintf(command + length, sizeof command - (size_t)length, format, args);
    snprintf(command + length, sizeof command - (size_t)length, " ) >/dev/null 2>&1");
    va_end(args);
    cr_assert_eq(system(command), 0, "%s", command);
}

/* A CA and three leaves: good for 127.0.0.1, for another host, and expired. */
static void make_certificates(void)
{
    cr_assert_not_null(mkdtemp(folder));
    shell("printf "
          "'[ca]\\ndefault_ca=a\\n[a]\\ndatabase=index\\nserial=serial\\nnew_certs_dir=.\\ndefault_"
          "md=sha256\\n"
          "policy=p\\n[p]\\ncommonName=supplied\\n[good]\\nsubjectAltName=IP:127.0.0.1\\n"
          "[other]\\nsubjectAltName=DNS:other.example\\n' >c && touch index && echo 01 >serial");
    shell("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key "
          "-out ca.pem -days 2 "
          "-subj /CN=test-ca && cp ca.pem wrong.key && openssl req -x509 -newkey ec -pkeyopt "
          "ec_paramgen_curve:P-256 "
          "-nodes -keyout wrong.key -out wrong.pem -days 2 -subj /CN=wrong-ca");
    shell("for n in good other expired; do openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 "
          "-nodes -keyout "
          "$n.key -out $n.csr -subj /CN=$n || exit 1; done");
    shell("openssl ca -batch -config c -cert ca.pem -keyfile ca.key -in good.csr -out good.pem "
          "-days 1 -extensions good -notext");
    shell("openssl ca -batch -config c -cert ca.pem -keyfile ca.key -in other.csr -out other.pem "
          "-days 1 -extensions other -notext");
    shell(
        "openssl ca -batch -config c -cert ca.pem -keyfile ca.key -in expired.csr -out expired.pem "
        "-startdate 20200101000000Z -enddate 20200102000000Z -extensions good -notext");
}

static void remove_certificates(void)
{
    char command[64];
    snprintf(command, sizeof command, "rm -r -- %s", folder);
    cr_assert_eq(system(command), 0);
}

static FILE *s_server;

static void start_tls(const char *name, char url[64])
{
    char command[512], line[256];
    int port = 0;
    snprintf(command, sizeof command,
             "cd %s && exec timeout 20 openssl s_server -accept 127.0.0.1:0 -www -cert %s.pem "
             "-key %s.key 2>/dev/null",
             folder, name, name);
    s_server = popen(command, "r");
    while (port == 0 && fgets(line, sizeof line, s_server) != NULL) {
        (void)sscanf(line, "ACCEPT 127.0.0.1:%d", &port);
    }
    cr_assert_neq(port, 0);
    snprintf(url, 64, "https://127.0.0.1:%d/", port);
}

static char *read_text(const char *name)
{
    char path[128];
    static char text[4][16384];
    static int next;
    char *out = text[next++ % 4];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "r");
    size_t length = fread(out, 1, 16383, file);
    out[length] = '\0';
    fclose(file);
    return out;
}

Test(http, certificates_are_checked)
{
    struct {
        const char *cert, *ca, *server_name;
        bool insecure, ok;
        const char *text;
    } rows[] = {
        {"good", "ca.pem", NULL, false, true, ""},
        {"good", "wrong.pem", NULL, false, false, "is not trusted"},
        {"good", NULL, NULL, false, false, "is not trusted"},
        {"good", "wrong.pem", NULL, true, true, ""},
        {"other", "ca.pem", NULL, false, false, "is not trusted"},
        {"other", "ca.pem", "other.example", false, true, ""},
        {"expired", "ca.pem", NULL, false, false, "expired"},
    };
    make_certificates();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char url[64];
        struct sgr_http_target target = {.insecure = rows[i].insecure,
                                         .server_name = rows[i].server_name};
        if (rows[i].ca != NULL) {
            target.ca = sgr_str_from(read_text(rows[i].ca));
        }
        start_tls(rows[i].cert, url);
        struct result result = perform(
            (struct sgr_http_request){.target = &target, .safe = true, .budget_ms = 3000}, url);
        cr_assert_eq(result.status == 200, rows[i].ok, "%zu: %d %s", i, result.status, result.text);
        cr_assert(strstr(result.text, rows[i].text), "%zu: %s", i, result.text);
        cr_assert(rows[i].ok || (result.outcome == SGR_HTTP_NOT_SENT && result.attempts == 1),
                  "%zu", i);
    }
    remove_certificates();
}

Test(http, an_authority_that_was_replaced_is_read_again)
{
    char url[64], path[64];
    make_certificates();
    shell("cp wrong.pem now.pem");
    snprintf(path, sizeof path, "%s/now.pem", folder);
    struct sgr_heap *heap = sgr_heap_new(1 << 20);
    struct sgr_auth_source source = {
        .cluster = sgr_record_with(heap, sgr_absent(), SGR_STR("certificate-authority"),
                                   sgr_string(heap, sgr_str_from(path))),
        .user = sgr_absent(),
        .cluster_path = "config",
        .user_path = "config",
    };
    struct sgr_auth *auth = sgr_auth_new(&source, NULL);
    cr_assert_not_null(auth);
    shell("cp ca.pem now.pem");
    start_tls("good", url);
    struct result result = perform(
        (struct sgr_http_request){.target = sgr_auth_target(auth), .safe = true, .budget_ms = 3000},
        url);
    cr_assert_eq(result.status, 200, "%s", result.text);
    cr_assert_eq(result.attempts, 2);
    sgr_auth_free(auth);
    sgr_heap_free(heap);
    remove_certificates();
}
