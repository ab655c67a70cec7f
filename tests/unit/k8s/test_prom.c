/* Prometheus: the answers that are a number, and the many that are no signal. */
#include <stdio.h>

#include <criterion/criterion.h>

#include "k8s/prom.h"
#include "server.h"

struct result {
    int done;
    bool ok, over;
    double value;
    char text[1024];
};

static void take(void *context, const struct sgr_prom_result *result)
{
    struct result *out = context;
    out->done++;
    out->over = true;
    out->ok = result->ok;
    out->value = result->value;
    snprintf(out->text, sizeof out->text, "%s", result->text);
}

static struct reply always(void *self, const char *request, int n)
{
    (void)request;
    (void)n;
    return *(const struct reply *)self;
}

static struct result sample_from(struct server *server, const char *query)
{
    struct sgr_error error = {0};
    struct result result = {0};
    struct sgr_http *http = sgr_http_new(NULL);
    char url[128];
    snprintf(url, sizeof url, "%s/prefix/", server_url(server));
    struct sgr_prom_options options = {.url = url, .timeout_ms = 400, .scrape_ms = 1000};
    struct sgr_prom *prom = sgr_prom_new(http, &options, &error);
    cr_assert_not_null(prom, "%s", error.text);
    (void)sgr_prom_sample(prom, sgr_str_from(query), take, &result);
    cr_assert(sgr_http_until(http, &result.over, 10000));
    cr_assert_eq(result.done, 1);
    sgr_prom_free(prom);
    sgr_http_free(http);
    return result;
}

#define DATA(type, result)                                                                         \
    "{\"status\":\"success\",\"data\":{\"resultType\":\"" type "\",\"result\":" result "}}"
#define ONE(value) DATA("vector", "[{\"metric\":{},\"value\":[1700000000.5,\"" value "\"]}]")

Test(prom, numbers)
{
    static const struct {
        const char *body;
        double value;
    } rows[] = {
        {ONE("0.25"), 0.25}, {ONE("1e-05"), 1e-05}, {ONE("-3"), -3},
        {ONE("+2"), 2},      {ONE("0"), 0},         {DATA("scalar", "[1700000000,\"7\"]"), 7},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct reply reply = {.bytes = json_answer(200, rows[i].body)};
        struct server *server = server_start(always, &reply);
        struct result result = sample_from(server, "sum(rate(x[1m]))");
        cr_assert(result.ok && result.value == rows[i].value, "%s: %s", rows[i].body, result.text);
        const char *request = server_request(server, 1);
        cr_assert(strncmp(request, "POST /prefix/api/v1/query ", 26) == 0, "%s", request);
        cr_assert(strstr(request, "query=sum%28rate%28x%5B1m%5D%29%29&timeout=400ms"), "%s",
                  request);
        server_stop(server);
    }
}

Test(prom, no_signal)
{
    struct {
        struct reply reply;
        const char *sentence;
    } rows[] = {
        {{.bytes = json_answer(200, DATA("vector", "[]"))}, "the query gave no series"},
        {{.bytes = json_answer(200, ONE("NaN"))}, "gave NaN"},
        {{.bytes = json_answer(200, ONE("+Inf"))}, "infinite"},
        {{.bytes = json_answer(200, ONE("-Inf"))}, "infinite"},
        {{.bytes = json_answer(200, ONE("1,5"))}, "no number"},
        {{.bytes = json_answer(200, ONE("0x10"))}, "no number"},
        {{.bytes = json_answer(200, ONE("1e999"))}, "no number"},
        {{.bytes = json_answer(200, ONE(""))}, "no number"},
        {{.bytes =
              json_answer(200, DATA("vector", "[{\"value\":[1,\"1\"]},{\"value\":[1,\"2\"]}]"))},
         "2 series where one is meant"},
        {{.bytes = json_answer(200, DATA("vector", "[{\"histogram\":[1,{}]}]"))}, "a histogram"},
        {{.bytes = json_answer(200, DATA("matrix", "[]"))}, "gave a matrix"},
        {{.bytes = json_answer(200, DATA("string", "[1,\"x\"]"))}, "gave a string"},
        {{.bytes = json_answer(
              200,
              "{\"status\":\"success\",\"warnings\":[\"half is missing\"],\"data\":{\"resultType\":"
              "\"vector\",\"result\":[{\"value\":[1,\"1\"]}]}}")},
         "warned: half is missing"},
        {{.bytes = json_answer(
              200, "{\"status\":\"success\",\"isPartial\":true,\"data\":{\"resultType\":"
                   "\"vector\",\"result\":[{\"value\":[1,\"1\"]}]}}")},
         "partial"},
        {{.bytes = json_answer(
              400, "{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":\"parse error\"}")},
         "400, bad_data: parse error"},
        {{.bytes = json_answer(
              422,
              "{\"status\":\"error\",\"errorType\":\"execution\",\"error\":\"many-to-many\"}")},
         "422, execution: many-to-many"},
        {{.bytes = json_answer(
              503, "{\"status\":\"error\",\"errorType\":\"timeout\",\"error\":\"too slow\"}")},
         "503"},
        {{.bytes = json_answer(401, "{}")}, "does not let us ask"},
        {{.bytes = answer(200, "text/html", "", "<html>")}, "is not Prometheus"},
        {{.bytes = json_answer(200, "{\"status\":")}, "is not Prometheus"},
        {{.bytes = json_answer(200, "[]")}, "is not Prometheus"},
        {{.hang_ms = 3000}, "cannot be asked"},
        {{.reset = true}, "cannot be asked"},
        {{.bytes = json_answer(200, ONE("1")), .drip_ms = 30}, "cannot be asked"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct server *server = server_start(always, &rows[i].reply);
        struct result result = sample_from(server, "sum(x)");
        cr_assert(!result.ok && strstr(result.text, rows[i].sentence),
                  "%zu: \"%s\" is not in \"%s\"", i, rows[i].sentence, result.text);
        server_stop(server);
    }
}

Test(prom, an_answer_of_any_size_is_no_signal)
{
    static char big[6 << 20];
    memset(big, ' ', sizeof big - 1);
    struct reply reply = {.bytes = json_answer(200, big)};
    struct server *server = server_start(always, &reply);
    struct result result = sample_from(server, "sum(x)");
    cr_assert(!result.ok && strstr(result.text, "larger than it may be"), "%s", result.text);
    server_stop(server);
}

/* The value first, then when it was sampled. */
static struct reply selector(void *self, const char *request, int n)
{
    (void)n;
    if (strstr(request, "query=timestamp%28")) {
        return (struct reply){.bytes = self};
    }
    return (struct reply){.bytes = json_answer(200, ONE("5"))};
}

Test(prom, a_stale_sample_is_no_signal)
{
    char *fresh = (char *)(uintptr_t)json_answer(200, ONE("1699999999"));
    struct server *server = server_start(selector, fresh);
    struct result result = sample_from(server, "queue_depth{app=\"x\"}");
    cr_assert(result.ok && result.value == 5 && server_count(server) == 2, "%s", result.text);
    server_stop(server);
    char *stale = (char *)(uintptr_t)json_answer(200, ONE("1699999990"));
    server = server_start(selector, stale);
    result = sample_from(server, "queue_depth");
    cr_assert(!result.ok && strstr(result.text, "is 10 s old"), "%s", result.text);
    server_stop(server);
}

Test(prom, the_same_query_in_one_instant_is_sent_once)
{
    struct reply reply = {.bytes = json_answer(200, ONE("5")), .delay_ms = 100};
    struct server *server = server_start(always, &reply);
    struct sgr_http *http = sgr_http_new(NULL);
    struct sgr_prom_options options = {.url = server_url(server)};
    struct sgr_prom *prom = sgr_prom_new(http, &options, NULL);
    struct result a = {0}, b = {0}, c = {0}, d = {0};
    (void)sgr_prom_sample(prom, SGR_STR("sum(x)"), take, &a);
    (void)sgr_prom_sample(prom, SGR_STR("sum(x)"), take, &b);
    (void)sgr_prom_sample(prom, SGR_STR("sum(y)"), take, &c);
    sgr_prom_cancel(sgr_prom_sample(prom, SGR_STR("sum(x)"), take, &d));
    cr_assert(sgr_http_until(http, &a.over, 5000) && sgr_http_until(http, &c.over, 5000));
    cr_assert(a.ok && b.ok && c.ok && !d.done && server_count(server) == 2);
    sgr_prom_free(prom);
    sgr_http_free(http);
    server_stop(server);
}

Test(prom, authentication)
{
    char url[128];
    struct reply reply = {.bytes = json_answer(200, ONE("5"))};
    struct server *server = server_start(always, &reply);
    struct sgr_http *http = sgr_http_new(NULL);
    snprintf(url, sizeof url, "http://joe:pw@%s", server_url(server) + 7);
    struct sgr_prom_options options[] = {{.url = url}, {.url = server_url(server), .token = "tok"}};
    const char *headers[] = {"Authorization: Basic am9lOnB3\r\n", "Authorization: Bearer tok\r\n"};
    for (int i = 0; i < 2; i++) {
        struct result result = {0};
        struct sgr_prom *prom = sgr_prom_new(http, &options[i], NULL);
        (void)sgr_prom_sample(prom, SGR_STR("sum(x)"), take, &result);
        cr_assert(sgr_http_until(http, &result.over, 5000));
        cr_assert(strstr(server_request(server, i + 1), headers[i]), "%s",
                  server_request(server, i + 1));
        sgr_prom_free(prom);
    }
    struct sgr_error error = {0};
    cr_assert_null(
        sgr_prom_new(http, &(struct sgr_prom_options){.url = "prometheus:9090"}, &error));
    cr_assert(strstr(error.text, "http://"), "%s", error.text);
    sgr_error_release(&error);
    sgr_http_free(http);
    server_stop(server);
}
