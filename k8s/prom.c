/* Instant queries. Must never take silence, a warning, a stale sample or one series of several for
 * a number, never send a secret to another host, and never read an answer of any size. */
#include "k8s/prom.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "k8s/codec.h"
#include "k8s/kubeconfig.h"

enum { ANSWER_MAX = 4 << 20, TIMEOUT_MS = 5000, SCRAPE_MS = 15000, FILE_MAX = 4 << 20 };

/* A query under way, for everybody who asked for it. */
struct query {
    struct query *next, **link;
    struct sgr_prom *prom;
    char *text;
    struct sgr_http_call *http;
    struct sgr_prom_call *calls;
    double value; /* of a selector whose time is being asked for */
    double at;    /* when that was evaluated, in seconds */
    bool asks_time;
};

struct sgr_prom_call {
    struct sgr_prom_call *next, **link;
    sgr_prom_done done;
    void *context;
};

struct sgr_prom {
    struct sgr_http *http;
    struct sgr_http_target target;
    struct sgr_buf url;
    struct sgr_buf ca, cert, key;
    char *token, *token_file, *user_pass;
    int64_t scrape_ms, timeout_ms;
    struct query *queries;
};

static void send(struct query *query);

/* ---- ends ---- */

static void query_free(struct query *query)
{
    sgr_http_cancel(query->prom->http, query->http);
    *query->link = query->next;
    if (query->next != NULL) {
        query->next->link = query->link;
    }
    free(query->text);
    free(query);
}

static void call_free(struct sgr_prom_call *call)
{
    *call->link = call->next;
    if (call->next != NULL) {
        call->next->link = call->link;
    }
    free(call);
}

static void finish(struct query *query, const struct sgr_prom_result *result)
{
    /* Out of the list first: who is called may ask the same again. */
    *query->link = query->next;
    if (query->next != NULL) {
        query->next->link = query->link;
    }
    query->next = NULL;
    query->link = &query->next;
    while (query->calls != NULL) {
        struct sgr_prom_call copy = *query->calls;
        call_free(query->calls);
        copy.done(copy.context, result);
    }
    free(query->text);
    free(query);
}

static void no_signal(struct query *query, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void no_signal(struct query *query, const char *format, ...)
{
    struct sgr_buf text;
    va_list args;
    va_start(args, format);
    sgr_buf_init(&text, 8192);
    sgr_buf_vprintf(&text, format, args);
    va_end(args);
    struct sgr_prom_result result = {.text = text.ptr};
    finish(query, &result);
    sgr_buf_release(&text);
}

/* ---- answers ---- */

/* Prometheus writes numbers as strings: decimal, exponent, NaN, +Inf, -Inf; nothing else is taken.
 */
static bool read_sample(sgr_str text, double *value)
{
    char copy[64];
    char *end;
    if (text.len == 0 || text.len >= sizeof copy) {
        return false;
    }
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    if (strcmp(copy, "NaN") == 0) {
        *value = (double)NAN;
        return true;
    }
    if (strcmp(copy, "+Inf") == 0 || strcmp(copy, "-Inf") == 0 || strcmp(copy, "Inf") == 0) {
        *value = copy[0] == '-' ? -(double)INFINITY : (double)INFINITY;
        return true;
    }
    if (strspn(copy, "0123456789.eE+-") != text.len) {
        return false;
    }
    *value = strtod(copy, &end);
    return *end == '\0' && isfinite(*value);
}

static double seconds_of(sgr_value value)
{
    return value.tag == SGR_INT ? (double)value.as.i : value.tag == SGR_NUMBER ? value.as.f : -1;
}

/* [time, "value"] */
static bool read_pair(sgr_value pair, double *at, double *value)
{
    if (pair.tag != SGR_LIST || sgr_count_of(pair) != 2 || sgr_item(pair, 1).tag != SGR_STRING) {
        return false;
    }
    *at = seconds_of(sgr_item(pair, 0));
    return *at >= 0 && read_sample(sgr_string_of(sgr_item(pair, 1)), value);
}

/* A bare selector, whose sample may be minutes old and still be answered: name or name{...}. */
static bool is_selector(const char *text)
{
    size_t name = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_:");
    size_t length = strlen(text);
    while (length > 0 && (unsigned char)text[length - 1] <= ' ') {
        length--;
    }
    if (name == length) {
        return name > 0 && strspn(text, "0123456789") == 0;
    }
    const char *close = strchr(text, '}');
    return text[name] == '{' && close == text + length - 1;
}

static void take_number(struct query *query, double at, double value)
{
    if (isnan(value)) {
        no_signal(query, "the query gave NaN; is there any traffic to measure?");
    } else if (isinf(value)) {
        no_signal(query, "the query gave an infinite value; is there any traffic to measure?");
    } else if (!query->asks_time && is_selector(query->text)) {
        query->value = value;
        query->at = at;
        query->asks_time = true;
        send(query);
    } else {
        struct sgr_prom_result result = {.ok = true, .value = value, .text = ""};
        finish(query, &result);
    }
}

/* The answer to timestamp(selector): how old the sample is. */
static void take_time(struct query *query, double at, double sampled)
{
    double age = (at > query->at ? at : query->at) - sampled;
    if (age * 1000 > 2 * (double)query->prom->scrape_ms) {
        no_signal(query, "the latest sample is %.0f s old, more than two scrapes", age);
    } else {
        struct sgr_prom_result result = {.ok = true, .value = query->value, .text = ""};
        finish(query, &result);
    }
}

static void take_vector(struct query *query, sgr_value result)
{
    double at, value;
    size_t count = result.tag == SGR_LIST ? sgr_count_of(result) : 0;
    if (count == 0) {
        no_signal(query, "the query gave no series");
    } else if (count > 1) {
        no_signal(query,
                  "the query gave %zu series where one is meant; aggregate them, for example with "
                  "sum()",
                  count);
    } else if (!sgr_is_absent(sgr_field(sgr_item(result, 0), SGR_STR("histogram")))) {
        no_signal(query, "the query gave a histogram, not a number");
    } else if (!read_pair(sgr_field(sgr_item(result, 0), SGR_STR("value")), &at, &value)) {
        no_signal(query, "Prometheus answered with a sample that is no number");
    } else if (query->asks_time) {
        take_time(query, at, value);
    } else {
        take_number(query, at, value);
    }
}

static void take_data(struct query *query, sgr_value answer)
{
    sgr_str type = sgr_path_str(answer, "data/resultType");
    sgr_value result = sgr_path(answer, "data/result");
    sgr_value warnings = sgr_field(answer, SGR_STR("warnings"));
    sgr_value partial = sgr_field(answer, SGR_STR("isPartial"));
    double at, value;
    if (warnings.tag == SGR_LIST && sgr_count_of(warnings) > 0) {
        sgr_value first = sgr_item(warnings, 0);
        sgr_str text = first.tag == SGR_STRING ? sgr_string_of(first) : SGR_STR("");
        no_signal(query, "Prometheus warned: %.*s", text.len > 500 ? 500 : (int)text.len, text.ptr);
    } else if (partial.tag == SGR_BOOL && partial.as.i) {
        no_signal(query, "the answer is partial");
    } else if (sgr_str_is(type, "vector")) {
        take_vector(query, result);
    } else if (sgr_str_is(type, "scalar")) {
        if (read_pair(result, &at, &value)) {
            query->asks_time = true; /* a scalar has no sample that could be old */
            take_number(query, at, value);
        } else {
            no_signal(query, "Prometheus answered with a scalar that is no number");
        }
    } else {
        no_signal(query, "the query gave a %.*s, not one number", SGR_FMT(type));
    }
}

static void answered(void *context, const struct sgr_http_response *response)
{
    struct query *query = context;
    struct sgr_heap *heap = sgr_heap_new((size_t)64 << 20);
    sgr_value answer = sgr_absent();
    query->http = NULL;
    bool json = response->outcome == SGR_HTTP_ANSWERED &&
                sgr_str_is(response->content_type, "application/json") &&
                sgr_json_read(heap, response->body, &answer, NULL) && answer.tag == SGR_RECORD;
    sgr_str problem = sgr_path_str(answer, "error"), type = sgr_path_str(answer, "errorType");
    if (response->outcome != SGR_HTTP_ANSWERED) {
        no_signal(query, "Prometheus cannot be asked: %s", response->text);
    } else if (response->status == 401 || response->status == 403) {
        no_signal(query, "Prometheus does not let us ask: it answered %d", response->status);
    } else if (!json) {
        no_signal(query, "what answered %d is not Prometheus; is its address right?",
                  response->status);
    } else if (response->status != 200 || !sgr_str_is(sgr_path_str(answer, "status"), "success")) {
        no_signal(query, "Prometheus answered %d%s%.*s%s%.*s", response->status,
                  type.len ? ", " : "", SGR_FMT(type), problem.len ? ": " : "",
                  problem.len > 500 ? 500 : (int)problem.len, problem.ptr ? problem.ptr : "");
    } else {
        take_data(query, answer);
    }
    sgr_heap_free(heap);
}

/* ---- questions ---- */

static void send(struct query *query)
{
    struct sgr_prom *prom = query->prom;
    struct sgr_buf body;
    struct sgr_buf text;
    sgr_buf_init(&text, 1 << 20);
    sgr_buf_init(&body, 4 << 20);
    sgr_buf_printf(&text, query->asks_time ? "timestamp(%s)" : "%s", query->text);
    sgr_buf_cstr(&body, "query=");
    sgr_http_escape(&body, sgr_buf_str(&text));
    sgr_buf_printf(&body, "&timeout=%lldms&lookback_delta=%lldms", (long long)prom->timeout_ms,
                   2 * (long long)prom->scrape_ms);
    struct sgr_http_request request = {
        .target = &prom->target,
        .method = "POST",
        .url = sgr_buf_str(&prom->url),
        .body = sgr_buf_str(&body),
        .content_type = "application/x-www-form-urlencoded",
        .accept = "application/json",
        .safe = true,
        .budget_ms = prom->timeout_ms,
        .total_ms = prom->timeout_ms,
        .body_max = ANSWER_MAX,
        .done = answered,
        .context = query,
    };
    query->http = sgr_http_start(prom->http, &request);
    sgr_buf_release(&body);
    sgr_buf_release(&text);
}

static char *copy_of(sgr_str s)
{
    char *copy = sgr_calloc(s.len + 1, 1);
    if (s.len > 0) {
        memcpy(copy, s.ptr, s.len);
    }
    return copy;
}

struct sgr_prom_call *sgr_prom_sample(struct sgr_prom *prom, sgr_str text, sgr_prom_done done,
                                      void *context)
{
    struct query *query = prom->queries;
    while (query != NULL && !sgr_str_is(text, query->text)) {
        query = query->next;
    }
    if (query == NULL) {
        query = sgr_calloc(1, sizeof *query);
        query->prom = prom;
        query->text = copy_of(text);
        query->next = prom->queries;
        query->link = &prom->queries;
        if (query->next != NULL) {
            query->next->link = &query->next;
        }
        prom->queries = query;
        send(query);
    }
    struct sgr_prom_call *call = sgr_calloc(1, sizeof *call);
    call->done = done;
    call->context = context;
    call->next = query->calls;
    call->link = &query->calls;
    if (call->next != NULL) {
        call->next->link = &call->next;
    }
    query->calls = call;
    return call;
}

void sgr_prom_cancel(struct sgr_prom_call *call)
{
    if (call != NULL) {
        call_free(call); /* the query goes on: its answer is nobody's */
    }
}

/* ---- how it is reached ---- */

static bool authorize(void *self, struct sgr_http_headers *headers, struct sgr_error *error)
{
    struct sgr_prom *prom = self;
    struct sgr_buf value;
    bool ok = true;
    if (prom->token == NULL && prom->token_file == NULL) {
        return true;
    }
    sgr_buf_init(&value, 1 << 20);
    sgr_buf_cstr(&value, "Bearer ");
    if (prom->token_file != NULL) {
        ok = sgr_file_read(prom->token_file, 1 << 18, &value, error);
    } else {
        sgr_buf_cstr(&value, prom->token);
    }
    sgr_str line = sgr_buf_str(&value);
    while (line.len > 0 && (unsigned char)line.ptr[line.len - 1] <= ' ') {
        line.len--;
    }
    ok = ok && (sgr_http_header(headers, "Authorization", line) ||
                sgr_error_set(error, "the token for Prometheus has a line break in it"));
    explicit_bzero(value.ptr, value.len);
    sgr_buf_release(&value);
    return ok;
}

/* The address without user and password, which go where libcurl keeps them off other hosts. */
static bool take_url(struct sgr_prom *prom, const char *url, struct sgr_error *error)
{
    sgr_str text = sgr_str_from(url);
    bool tls = sgr_str_starts_with(text, SGR_STR("https://"));
    if (!tls && !sgr_str_starts_with(text, SGR_STR("http://"))) {
        return sgr_error_set(error,
                             "the address of Prometheus does not begin with http:// or https://");
    }
    size_t host = tls ? 8 : 7;
    size_t end = host + strcspn(url + host, "/?#");
    const char *at = memrchr(url + host, '@', end - host);
    if (at != NULL) {
        prom->user_pass = copy_of((sgr_str){url + host, (size_t)(at - url) - host});
        prom->target.user_pass = prom->user_pass;
    }
    while (text.len > end && text.ptr[text.len - 1] == '/') {
        text.len--;
    }
    size_t from = at ? (size_t)(at - url) + 1 : host;
    sgr_buf_bytes(&prom->url, url, host);
    sgr_buf_bytes(&prom->url, url + from, text.len - from);
    sgr_buf_cstr(&prom->url, "/api/v1/query");
    return true;
}

static bool take_file(const char *path, struct sgr_buf *text, struct sgr_error *error)
{
    return path == NULL || sgr_file_read(path, FILE_MAX, text, error);
}

struct sgr_prom *sgr_prom_new(struct sgr_http *http, const struct sgr_prom_options *options,
                              struct sgr_error *error)
{
    struct sgr_prom *prom = sgr_calloc(1, sizeof *prom);
    prom->http = http;
    prom->scrape_ms = options->scrape_ms ? options->scrape_ms : SCRAPE_MS;
    prom->timeout_ms = options->timeout_ms ? options->timeout_ms : TIMEOUT_MS;
    prom->token = options->token ? copy_of(sgr_str_from(options->token)) : NULL;
    prom->token_file = options->token_file ? copy_of(sgr_str_from(options->token_file)) : NULL;
    sgr_buf_init(&prom->url, 1 << 16);
    sgr_buf_init(&prom->ca, FILE_MAX + 16384);
    sgr_buf_init(&prom->cert, FILE_MAX + 16384);
    sgr_buf_init(&prom->key, FILE_MAX + 16384);
    if (!take_url(prom, options->url, error) || !take_file(options->ca_file, &prom->ca, error) ||
        !take_file(options->cert_file, &prom->cert, error) ||
        !take_file(options->key_file, &prom->key, error)) {
        sgr_prom_free(prom);
        return NULL;
    }
    prom->target.ca = sgr_buf_str(&prom->ca);
    prom->target.cert = sgr_buf_str(&prom->cert);
    prom->target.key = sgr_buf_str(&prom->key);
    prom->target.insecure = options->insecure;
    prom->target.authorize = authorize;
    prom->target.self = prom;
    return prom;
}

static void wipe(char *text)
{
    if (text != NULL) {
        explicit_bzero(text, strlen(text));
    }
    free(text);
}

void sgr_prom_free(struct sgr_prom *prom)
{
    if (prom == NULL) {
        return;
    }
    while (prom->queries != NULL) {
        while (prom->queries->calls != NULL) {
            call_free(prom->queries->calls);
        }
        query_free(prom->queries);
    }
    wipe(prom->token);
    wipe(prom->user_pass);
    free(prom->token_file);
    explicit_bzero(prom->key.ptr, prom->key.len);
    sgr_buf_release(&prom->url);
    sgr_buf_release(&prom->ca);
    sgr_buf_release(&prom->cert);
    sgr_buf_release(&prom->key);
    free(prom);
}
