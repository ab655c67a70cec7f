/* The client and its watches against a server that breaks the rules. */
#include <stdio.h>
#include <stdlib.h>

#include <criterion/criterion.h>

#include "k8s/client.h"
#include "k8s/watch.h"
#include "server.h"

struct answer_seen {
    bool done, ok;
    char kind[32], text[1024];
    size_t items;
};

static struct sgr_http *http;
static struct sgr_k8s *client;
static struct server *server;
static struct sgr_http_target target;

static const char *const discovery =
    "{\"kind\":\"APIResourceList\",\"resources\":[{\"name\":\"configmaps\",\"kind\":\"ConfigMap\","
    "\"namespaced\":true,"
    "\"verbs\":[\"get\",\"list\",\"watch\"]},{\"name\":\"configmaps/"
    "status\",\"kind\":\"ConfigMap\",\"namespaced\":true}]}";

static void begin(respond respond_with, void *self)
{
    server = server_start(respond_with, self);
    http = sgr_http_new(NULL);
    client = sgr_k8s_new(http, &target, server_url(server), "shop");
}

static void end(void)
{
    sgr_k8s_free(client);
    sgr_http_free(http);
    server_stop(server);
}

static void take(void *context, const struct sgr_k8s_result *result)
{
    struct answer_seen *seen = context;
    seen->done = true;
    seen->ok = result->ok;
    snprintf(seen->kind, sizeof seen->kind, "%s", result->kind);
    snprintf(seen->text, sizeof seen->text, "%s", result->text);
    sgr_value items = sgr_field(result->value, SGR_STR("items"));
    seen->items = items.tag == SGR_LIST ? sgr_count_of(items) : 0;
}

static const struct sgr_k8s_ref conf = {SGR_STR("v1"), SGR_STR("ConfigMap"), SGR_STR(""),
                                        SGR_STR("conf"), false};

static struct answer_seen ask(enum sgr_k8s_verb verb)
{
    struct answer_seen seen = {0};
    struct sgr_k8s_request request = {.verb = verb,
                                      .ref = conf,
                                      .body = sgr_absent(),
                                      .budget_ms = 1500,
                                      .raw = verb == SGR_K8S_PATCH ? SGR_STR("{}") : SGR_STR(""),
                                      .done = take,
                                      .context = &seen};
    (void)sgr_k8s_start(client, &request);
    cr_assert(sgr_http_until(http, &seen.done, 10000));
    return seen;
}

/* Discovery is fine; everything else is what the test says. */
static struct reply after_discovery(void *self, const char *request, int n)
{
    (void)n;
    if (strncmp(request, "GET /api/v1 ", 12) == 0) {
        return (struct reply){.bytes = json_answer(200, discovery)};
    }
    return *(const struct reply *)self;
}

Test(client, what_is_no_api_server)
{
    struct {
        struct reply reply;
        enum sgr_k8s_verb verb;
        const char *kind, *sentence;
    } rows[] = {
        {{.bytes = answer(200, "text/html", "", "<html>login</html>")},
         SGR_K8S_GET,
         "unavailable",
         "not with an object"},
        {{.bytes = answer(200, "text/html", "", "<html>login</html>")},
         SGR_K8S_PATCH,
         "unknown",
         "not with an object"},
        {{.bytes = json_answer(200, "{\"kind\":")}, SGR_K8S_GET, "unavailable", "broken at"},
        {{.bytes = json_answer(200, "[]")}, SGR_K8S_GET, "unavailable", "not with an object"},
        {{.bytes = answer(302, "text/html", "Location: /login\r\n", "")},
         SGR_K8S_GET,
         "unavailable",
         "302"},
        {{.bytes = json_answer(
              403, "{\"kind\":\"Status\",\"reason\":\"Forbidden\",\"message\":\"no rights\"}")},
         SGR_K8S_GET,
         "forbidden",
         "ConfigMap shop/conf: no rights"},
        {{.bytes = answer(502, "text/html", "", "bad gateway")},
         SGR_K8S_PATCH,
         "unknown",
         "may have been done"},
        {{.bytes = json_answer(500, "{\"kind\":\"Status\",\"message\":\"failed: .spec.x: field not "
                                    "declared in schema\"}")},
         SGR_K8S_PATCH,
         "invalid",
         "not declared"},
        {{.reset = true}, SGR_K8S_PATCH, "unknown", "ConfigMap shop/conf: "},
        {{.bytes = json_answer(
              409,
              "{\"kind\":\"Status\",\"reason\":\"Conflict\",\"details\":{\"causes\":[{\"reason\":"
              "\"FieldManagerConflict\",\"field\":\".a\",\"message\":\"conflict with \\\"x y\\\" "
              "using "
              "v1\"}]}}")},
         SGR_K8S_PATCH,
         "conflict",
         ".a belongs to x y"},
        {{.bytes = json_answer(
              409, "{\"kind\":\"Status\",\"reason\":\"Conflict\",\"message\":\"the object has been "
                   "modified\"}")},
         SGR_K8S_PATCH,
         "stale",
         "has been modified"},
        {{.bytes =
              json_answer(422, "{\"kind\":\"Status\",\"reason\":\"Invalid\",\"message\":\"bad\"}")},
         SGR_K8S_PATCH,
         "invalid",
         "bad"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        begin(after_discovery, &rows[i].reply);
        struct answer_seen seen = ask(rows[i].verb);
        cr_assert(!seen.ok && strcmp(seen.kind, rows[i].kind) == 0, "%zu: %s %s", i, seen.kind,
                  seen.text);
        cr_assert(strstr(seen.text, rows[i].sentence), "%zu: %s", i, seen.text);
        if (rows[i].verb == SGR_K8S_PATCH) {
            cr_assert_eq(server_count(server), 2, "a write was sent twice");
        }
        end();
    }
}

#define OBJECT(version, value)                                                                     \
    "{\"metadata\":{\"name\":\"conf\",\"resourceVersion\":\"" version                              \
    "\"},\"data\":{\"a\":\"" value "\"}}"

static struct reply pages(void *self, const char *request, int n)
{
    int *expired = self;
    if (n == 1) {
        return (struct reply){.bytes = json_answer(200, discovery)};
    }
    if (strstr(request, "continue=next") == NULL) {
        return (struct reply){
            .bytes =
                json_answer(200, "{\"metadata\":{\"continue\":\"next\"},\"items\":[{\"metadata\":"
                                 "{\"name\":\"a\"}}]}")};
    }
    if ((*expired)++ == 0) {
        return (struct reply){.bytes =
                                  json_answer(410, "{\"kind\":\"Status\",\"reason\":\"Expired\"}")};
    }
    return (struct reply){
        .bytes =
            json_answer(200, "{\"metadata\":{\"resourceVersion\":\"7\"},\"items\":[{\"metadata\":"
                             "{\"name\":\"b\"}}]}")};
}

Test(client, a_list_whose_continuation_expires_begins_again)
{
    int expired = 0;
    begin(pages, &expired);
    struct answer_seen seen = ask(SGR_K8S_LIST);
    cr_assert(seen.ok && seen.items == 2 && server_count(server) == 5, "%s %zu", seen.text,
              seen.items);
    end();
}

static struct reply long_ago(void *self, const char *request, int n)
{
    (void)self, (void)request;
    return (struct reply){.bytes = n == 1 ? json_answer(200, discovery)
                                          : answer(200, "application/json",
                                                   "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n",
                                                   OBJECT("4", "1"))};
}

static void keep_warning(void *self, const char *text)
{
    size_t length = strlen(self);
    snprintf((char *)self + length, 512 - length, "%s|", text);
}

Test(client, a_clock_that_differs_is_told_once)
{
    char told[512] = "";
    begin(long_ago, NULL);
    sgr_k8s_on_warning(client, keep_warning, told);
    (void)ask(SGR_K8S_GET);
    (void)ask(SGR_K8S_GET);
    cr_assert(strstr(told, "the clock of this machine is") && strstr(told, "s ahead of that of"),
              "%s", told);
    cr_assert_eq(strchr(told, '|'), strrchr(told, '|'), "%s", told);
    end();
}

static struct reply no_discovery(void *self, const char *request, int n)
{
    (void)request;
    (void)n;
    return *(const struct reply *)self;
}

Test(client, discovery_that_fails)
{
    struct {
        struct reply reply;
        const char *kind, *sentence;
    } rows[] = {
        {{.bytes = json_answer(404, "{}")}, "no_api", "does not serve v1"},
        {{.bytes = json_answer(200, "{\"kind\":\"APIResourceList\",\"resources\":[]}")},
         "no_api",
         "no kind ConfigMap in v1"},
        {{.bytes = answer(200, "text/html", "", "<html>")}, "unavailable", "no API server"},
        {{.bytes = json_answer(401, "{}")}, "unauthorized", "does not accept the credentials"},
        {{.bytes = json_answer(500, "{}")}, "unavailable", "500"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        begin(no_discovery, &rows[i].reply);
        struct answer_seen seen = ask(SGR_K8S_GET);
        cr_assert(strcmp(seen.kind, rows[i].kind) == 0 && strstr(seen.text, rows[i].sentence),
                  "%zu: %s: %s", i, seen.kind, seen.text);
        end();
    }
}

/* ---- watches ---- */

#define EVENT(type, object) "{\"type\":\"" type "\",\"object\":" object "}\n"
#define STREAM              "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"
#define LIST(version, items)                                                                       \
    "{\"metadata\":{\"resourceVersion\":\"" version "\"},\"items\":[" items "]}"

struct story {
    const char *lists[4];    /* the n-th list */
    struct reply streams[6]; /* the n-th watch; then silence */
    int listed, watched;
    char from[6][32]; /* resourceVersion that the n-th watch began at */
};

static struct reply tell(void *self, const char *request, int n)
{
    struct story *story = self;
    (void)n;
    if (strncmp(request, "GET /api/v1 ", 12) == 0) {
        return (struct reply){.bytes = json_answer(200, discovery)};
    }
    if (strstr(request, "watch=true") == NULL) {
        const char *list = story->lists[story->listed];
        story->listed += story->listed < 3 && story->lists[story->listed + 1] != NULL;
        return (struct reply){.bytes = json_answer(200, list)};
    }
    const char *from = strstr(request, "resourceVersion=");
    int i = story->watched < 5 ? story->watched++ : 5;
    snprintf(story->from[i], sizeof story->from[i], "%.*s", (int)strcspn(from + 16, " &"),
             from + 16);
    return story->streams[i].bytes != NULL || story->streams[i].reset
               ? story->streams[i]
               : (struct reply){.bytes = STREAM, .hang_ms = 8000};
}

static void note(void *self)
{
    *(bool *)self = true;
}

/* Steps until the watched value is `value` ("" for gone), and says whether it came to that. */
static bool becomes(struct sgr_watches *watches, const char *value)
{
    int64_t limit = sgr_http_now() + 5000;
    while (sgr_http_now() < limit) {
        sgr_str now = sgr_path_str(sgr_watch_get(watches, &conf), "data/a");
        if (sgr_str_is(now, value)) {
            return true;
        }
        sgr_http_step(http, 20, -1);
    }
    return false;
}

static void follow(struct story *story, const char *const *values)
{
    bool changed = false;
    begin(tell, story);
    struct sgr_watches *watches = sgr_watches_new(client, note, &changed);
    sgr_watch_ensure(watches, &conf);
    for (size_t i = 0; values[i] != NULL; i++) {
        cr_assert(becomes(watches, values[i]), "it never became \"%s\"", values[i]);
    }
    cr_assert(changed);
    sgr_watches_free(watches);
    end();
}

Test(watch, goes_on_where_a_cut_stream_ended)
{
    struct story story = {
        .lists = {LIST("5", OBJECT("4", "1"))},
        .streams = {{.bytes = STREAM EVENT("MODIFIED", OBJECT("6", "2")), .close = true},
                    {.bytes = STREAM EVENT("MODIFIED", OBJECT("8", "3")) "{\"type\":\"MODI",
                     .reset = true}}};
    follow(&story, (const char *const[]){"3", NULL});
    cr_assert_eq(story.listed, 0, "it listed again");
    cr_assert_str_eq(story.from[0], "5");
    cr_assert_str_eq(story.from[1], "6");
}

Test(watch, lists_again_when_its_version_is_too_old)
{
    struct story story = {
        .lists = {LIST("5", OBJECT("4", "1")), LIST("50", OBJECT("40", "2"))},
        .streams = {{.bytes = STREAM EVENT("ERROR", "{\"kind\":\"Status\",\"code\":410}"),
                     .hang_ms = 3000}}};
    follow(&story, (const char *const[]){"1", "2", NULL});
}

Test(watch, lists_again_after_garbage)
{
    static char line[9 << 20] = STREAM;
    memset(line + strlen(line), 'x', sizeof line - strlen(line) - 1);
    const char *garbage[] = {STREAM "<html>\n", STREAM "{\"type\":\"MODIFIED\"}\n", STREAM "{}\n",
                             line};
    for (size_t i = 0; i < sizeof garbage / sizeof *garbage; i++) {
        struct story story = {.lists = {LIST("5", OBJECT("4", "1")), LIST("50", OBJECT("40", "2"))},
                              .streams = {{.bytes = garbage[i], .hang_ms = 3000}}};
        follow(&story, (const char *const[]){"2", NULL});
    }
}

Test(watch, never_goes_back)
{
    struct story story = {
        .lists = {LIST("5", OBJECT("4", "1"))},
        .streams = {{.bytes = STREAM EVENT("MODIFIED", OBJECT("9", "new")) EVENT(
                         "MODIFIED", OBJECT("7", "old")) EVENT("MODIFIED", OBJECT("9", "twice"))
                         EVENT("BOOKMARK", "{\"metadata\":{\"resourceVersion\":\"11\"}}"),
                     .close = true}}};
    bool changed = false;
    begin(tell, &story);
    struct sgr_watches *watches = sgr_watches_new(client, note, &changed);
    sgr_watch_ensure(watches, &conf);
    cr_assert(becomes(watches, "new"));
    for (int i = 0; i < 50 && story.watched < 2; i++) {
        sgr_http_step(http, 20, -1);
        cr_assert(sgr_str_is(sgr_path_str(sgr_watch_get(watches, &conf), "data/a"), "new"));
    }
    cr_assert_str_eq(story.from[1], "11");
    sgr_watches_free(watches);
    end();
}

Test(watch, a_cluster_that_was_restored_is_followed_back)
{
    struct story story = {
        .lists = {LIST("50", OBJECT("40", "new")), LIST("7", OBJECT("5", "restored"))},
        .streams = {{.bytes = STREAM EVENT("ERROR", "{}"), .hang_ms = 100}}};
    follow(&story, (const char *const[]){"new", "restored", NULL});
    struct story lagging = {.lists = {LIST("50", OBJECT("40", "new")),
                                      LIST("7", OBJECT("5", "old")),
                                      LIST("51", OBJECT("51", "newer"))},
                            .streams = {{.bytes = STREAM EVENT("ERROR", "{}"), .hang_ms = 100}}};
    bool changed = false;
    begin(tell, &lagging);
    struct sgr_watches *watches = sgr_watches_new(client, note, &changed);
    sgr_watch_ensure(watches, &conf);
    cr_assert(becomes(watches, "new"));
    int64_t limit = sgr_http_now() + 5000;
    sgr_str now = {0};
    while (!sgr_str_is(now, "newer") && sgr_http_now() < limit) {
        sgr_http_step(http, 20, -1);
        now = sgr_path_str(sgr_watch_get(watches, &conf), "data/a");
        cr_assert(!sgr_str_is(now, "old"), "a list that lags was believed");
    }
    cr_assert(sgr_str_is(now, "newer"));
    sgr_watches_free(watches);
    end();
}

Test(watch, what_is_gone_is_gone)
{
    struct story story = {
        .lists = {LIST("5", OBJECT("4", "1"))},
        .streams = {{.bytes = STREAM EVENT("DELETED", OBJECT("6", "1")), .hang_ms = 100},
                    {.bytes = STREAM EVENT("ADDED", OBJECT("8", "2")), .hang_ms = 3000}}};
    follow(&story, (const char *const[]){"1", "", "2", NULL});
    struct story lost = {.lists = {LIST("5", OBJECT("4", "1")), LIST("50", "")},
                         .streams = {{.bytes = STREAM EVENT("ERROR", "{}"), .hang_ms = 3000}}};
    follow(&lost, (const char *const[]){"1", "", NULL});
}

static struct reply no_rights(void *self, const char *request, int n)
{
    (void)self;
    (void)n;
    return (struct reply){.bytes = strncmp(request, "GET /api/v1 ", 12) == 0
                                       ? json_answer(200, discovery)
                                       : json_answer(403, "{\"kind\":\"Status\"}")};
}

Test(watch, without_rights_it_says_so_and_rests)
{
    bool changed = false;
    begin(no_rights, NULL);
    struct sgr_watches *watches = sgr_watches_new(client, note, &changed);
    cr_assert_eq(sgr_watch_ensure(watches, &conf), SGR_WATCH_STARTING);
    for (int i = 0; i < 20; i++) {
        sgr_http_step(http, 20, -1);
    }
    cr_assert_eq(sgr_watch_state(watches, &conf), SGR_WATCH_REFUSED);
    cr_assert_eq(server_count(server), 2);
    sgr_watches_free(watches);
    end();
}
