/* The client against a real API server: KUBECONFIG names it. Each check has its own namespace,
 * waits for conditions and not for times, and cleans up after itself. Exits with 77 where there is
 * no cluster. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "k8s/client.h"
#include "k8s/codec.h"
#include "k8s/kubeconfig.h"
#include "k8s/watch.h"

#define CHECK(condition, ...)                                                                      \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            printf("FAILED %s:%d: %s: ", __func__, __LINE__, #condition);                          \
            printf(__VA_ARGS__);                                                                   \
            printf("\n");                                                                          \
            world.failed++;                                                                        \
            return;                                                                                \
        }                                                                                          \
    } while (0)

enum { LIMIT_MS = 30000 };

static struct {
    struct sgr_http *http;
    struct sgr_kube *kube;
    struct sgr_k8s *client;
    struct sgr_heap *heap;
    char space[64];
    unsigned failed, warnings;
    bool changed;
} world;

struct answer {
    bool done, ok, only_own;
    int status;
    char kind[32], text[2048];
    sgr_value value;
};

static void take(void *context, const struct sgr_k8s_result *result)
{
    struct answer *answer = context;
    answer->done = true;
    answer->ok = result->ok;
    answer->status = result->status;
    answer->only_own = result->only_own;
    snprintf(answer->kind, sizeof answer->kind, "%s", result->kind);
    snprintf(answer->text, sizeof answer->text, "%s", result->text);
    answer->value = sgr_value_copy(world.heap, result->value);
}

static struct answer ask(struct sgr_k8s_request request)
{
    struct answer answer = {.value = sgr_absent()};
    request.done = take;
    request.context = &answer;
    if (request.body.tag == 0 && request.verb != SGR_K8S_CREATE && request.verb != SGR_K8S_APPLY &&
        request.verb != SGR_K8S_PATCH) {
        request.body = sgr_absent();
    }
    struct sgr_k8s_call *call = sgr_k8s_start(world.client, &request);
    if (!sgr_http_until(world.http, &answer.done, LIMIT_MS)) {
        snprintf(answer.text, sizeof answer.text, "no answer");
        sgr_k8s_cancel(call);
    }
    return answer;
}

/* A document with NS replaced by the namespace of the test. */
static sgr_value yaml(const char *text)
{
    struct sgr_buf out;
    struct sgr_error error = {0};
    sgr_value documents;
    sgr_buf_init(&out, 1 << 20);
    for (const char *at = text; *at != '\0'; at++) {
        if (strncmp(at, "NS", 2) == 0) {
            sgr_buf_cstr(&out, world.space);
            at++;
        } else {
            sgr_buf_byte(&out, *at);
        }
    }
    if (!sgr_yaml_read(world.heap, sgr_buf_str(&out), &documents, &error)) {
        printf("bad YAML in a test: %s\n", error.text);
        exit(2);
    }
    sgr_buf_release(&out);
    return sgr_item(documents, 0);
}

static struct sgr_k8s_ref ref(const char *api_version, const char *kind, const char *name)
{
    return (struct sgr_k8s_ref){sgr_str_from(api_version), sgr_str_from(kind),
                                sgr_str_from(world.space), sgr_str_from(name), false};
}

static const char *const web =
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: NS}\n"
    "spec:\n  replicas: 2\n  selector: {matchLabels: {app: web}}\n  template:\n"
    "    metadata: {labels: {app: web}}\n    spec:\n      containers:\n"
    "      - {name: web, image: \"example/web:1\"}\n";

static void apply_and_get(void)
{
    struct answer answer = ask((struct sgr_k8s_request){.verb = SGR_K8S_APPLY, .body = yaml(web)});
    CHECK(answer.ok, "%s", answer.text);
    CHECK(sgr_path_int(answer.value, "spec/replicas", 0) == 2, "replicas");
    answer = ask(
        (struct sgr_k8s_request){.verb = SGR_K8S_GET, .ref = ref("apps/v1", "Deployment", "web")});
    CHECK(answer.ok && sgr_path_int(answer.value, "spec/replicas", 0) == 2, "%s", answer.text);
    answer = ask(
        (struct sgr_k8s_request){.verb = SGR_K8S_GET, .ref = ref("apps/v1", "Deployment", "none")});
    CHECK(!answer.ok && strcmp(answer.kind, "missing") == 0, "%s", answer.kind);
    CHECK(strstr(answer.text, "Deployment ") && strstr(answer.text, "/none: it is not there"), "%s",
          answer.text);
}

static void dry_run_changes_nothing(void)
{
    sgr_value changed = sgr_path_with(world.heap, yaml(web), "spec/replicas", sgr_int(9));
    struct answer answer =
        ask((struct sgr_k8s_request){.verb = SGR_K8S_APPLY, .body = changed, .dry_run = true});
    CHECK(answer.ok && sgr_path_int(answer.value, "spec/replicas", 0) == 9, "%s", answer.text);
    answer = ask(
        (struct sgr_k8s_request){.verb = SGR_K8S_GET, .ref = ref("apps/v1", "Deployment", "web")});
    CHECK(answer.ok && sgr_path_int(answer.value, "spec/replicas", 0) == 2, "%s", answer.text);
}

static void conflicts_name_the_manager(void)
{
    char command[512];
    snprintf(command, sizeof command,
             "%s -n %s patch deployment web --field-manager=somebody "
             "--type=merge -p '{\"spec\":{\"replicas\":4}}' >/dev/null",
             getenv("SGR_TEST_KUBECTL"), world.space);
    CHECK(getenv("SGR_TEST_KUBECTL") != NULL && system(command) == 0, "kubectl");
    struct answer answer = ask((struct sgr_k8s_request){.verb = SGR_K8S_APPLY, .body = yaml(web)});
    CHECK(!answer.ok && strcmp(answer.kind, "conflict") == 0 && !answer.only_own, "%s",
          answer.text);
    CHECK(strstr(answer.text, ".spec.replicas belongs to somebody") != NULL, "%s", answer.text);
    answer =
        ask((struct sgr_k8s_request){.verb = SGR_K8S_APPLY, .body = yaml(web), .dry_run = true});
    CHECK(!answer.ok && strcmp(answer.kind, "conflict") == 0, "a dry run reports it too");
    answer = ask((struct sgr_k8s_request){.verb = SGR_K8S_APPLY, .body = yaml(web), .force = true});
    CHECK(answer.ok && sgr_path_int(answer.value, "spec/replicas", 0) == 2, "%s", answer.text);
}

static void own_updates_are_told_apart(void)
{
    struct answer answer =
        ask((struct sgr_k8s_request){.verb = SGR_K8S_PATCH,
                                     .ref = ref("apps/v1", "Deployment", "web"),
                                     .body = yaml("spec: {paused: true, replicas: 5}")});
    CHECK(answer.ok && sgr_path_int(answer.value, "spec/replicas", 0) == 5, "%s", answer.text);
    answer = ask((struct sgr_k8s_request){.verb = SGR_K8S_APPLY, .body = yaml(web)});
    CHECK(!answer.ok && strcmp(answer.kind, "conflict") == 0 && answer.only_own, "%s", answer.text);
}

static void preconditions(void)
{
    struct sgr_k8s_ref it = ref("apps/v1", "Deployment", "web");
    struct answer answer = ask((struct sgr_k8s_request){.verb = SGR_K8S_PATCH,
                                                        .ref = it,
                                                        .body = yaml("spec: {replicas: 3}"),
                                                        .resource_version = "1"});
    CHECK(!answer.ok && strcmp(answer.kind, "stale") == 0, "%s %s", answer.kind, answer.text);
    answer = ask((struct sgr_k8s_request){.verb = SGR_K8S_DELETE, .ref = it, .uid = "not-this"});
    CHECK(!answer.ok && strcmp(answer.kind, "stale") == 0, "%s %s", answer.kind, answer.text);
    answer = ask((struct sgr_k8s_request){
        .verb = SGR_K8S_APPLY, .body = yaml(web), .force = true, .uid = "not-this"});
    CHECK(!answer.ok, "an apply with another uid was taken");
}

static void unknown_fields_are_refused(void)
{
    sgr_value bad = sgr_path_with(world.heap, yaml(web), "spec/replcas", sgr_int(3));
    struct answer answer =
        ask((struct sgr_k8s_request){.verb = SGR_K8S_APPLY, .body = bad, .force = true});
    CHECK(!answer.ok && strcmp(answer.kind, "invalid") == 0, "%d %s", answer.status, answer.text);
    CHECK(strstr(answer.text, "replcas") != NULL, "%s", answer.text);
    bad = sgr_path_with(world.heap, yaml(web), "spec/replicas", sgr_int(-3));
    answer = ask((struct sgr_k8s_request){.verb = SGR_K8S_APPLY, .body = bad, .force = true});
    CHECK(!answer.ok && strcmp(answer.kind, "invalid") == 0, "%d %s", answer.status, answer.text);
}

static void unknown_kinds_are_no_api(void)
{
    struct answer answer = ask(
        (struct sgr_k8s_request){.verb = SGR_K8S_GET, .ref = ref("apps/v1", "Deploymint", "web")});
    CHECK(!answer.ok && strcmp(answer.kind, "no_api") == 0, "%s", answer.text);
    answer = ask(
        (struct sgr_k8s_request){.verb = SGR_K8S_GET, .ref = ref("no.such/v1", "Thing", "web")});
    CHECK(!answer.ok && strcmp(answer.kind, "no_api") == 0, "%s", answer.text);
    answer = ask((struct sgr_k8s_request){.verb = SGR_K8S_GET,
                                          .ref = {SGR_STR("v1"), SGR_STR("Namespace"), SGR_STR(""),
                                                  sgr_str_from(world.space), false}});
    CHECK(answer.ok, "a kind without namespace: %s", answer.text);
}

static void lists_have_all_pages(void)
{
    enum { COUNT = 620 };
    struct answer answers[COUNT];
    struct sgr_k8s_call *calls[COUNT];
    for (int i = 0; i < COUNT; i++) {
        char name[32];
        snprintf(name, sizeof name, "many-%03d", i);
        sgr_value map = yaml("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, namespace: NS, "
                             "labels: {many: \"1\"}}\n");
        map = sgr_path_with(world.heap, map, "metadata/name",
                            sgr_string(world.heap, sgr_str_from(name)));
        answers[i] = (struct answer){.value = sgr_absent()};
        struct sgr_k8s_request request = {
            .verb = SGR_K8S_CREATE, .body = map, .done = take, .context = &answers[i]};
        calls[i] = sgr_k8s_start(world.client, &request);
    }
    (void)calls;
    for (int i = 0; i < COUNT; i++) {
        CHECK(sgr_http_until(world.http, &answers[i].done, LIMIT_MS) && answers[i].ok, "%d %s", i,
              answers[i].text);
    }
    struct answer answer = ask((struct sgr_k8s_request){
        .verb = SGR_K8S_LIST, .ref = ref("v1", "ConfigMap", ""), .labels = "many=1"});
    CHECK(answer.ok && sgr_count_of(sgr_field(answer.value, SGR_STR("items"))) == COUNT, "%s %zu",
          answer.text, sgr_count_of(sgr_field(answer.value, SGR_STR("items"))));
    sgr_value first = sgr_item(sgr_field(answer.value, SGR_STR("items")), 0);
    CHECK(sgr_str_is(sgr_path_str(first, "kind"), "ConfigMap"), "items say what they are");
}

static void access_reviews(void)
{
    sgr_value review =
        yaml("apiVersion: authorization.k8s.io/v1\nkind: SelfSubjectAccessReview\n"
             "spec:\n  resourceAttributes: {verb: patch, group: apps, resource: deployments, "
             "namespace: NS}\n");
    struct answer answer = ask((struct sgr_k8s_request){.verb = SGR_K8S_CREATE, .body = review});
    sgr_value allowed = sgr_path(answer.value, "status/allowed");
    CHECK(answer.ok && allowed.tag == SGR_BOOL && allowed.as.i, "%s", answer.text);
}

static void changed(void *self)
{
    (void)self;
    world.changed = true;
}

/* Steps until the watched object satisfies the condition. */
static bool watched(struct sgr_watches *watches, struct sgr_k8s_ref it, int64_t replicas)
{
    int64_t limit = sgr_http_now() + LIMIT_MS;
    while (sgr_http_now() < limit) {
        if (sgr_watch_state(watches, &it) == SGR_WATCH_LIVE) {
            sgr_value value = sgr_watch_get(watches, &it);
            if (replicas < 0 ? sgr_is_absent(value)
                             : sgr_path_int(value, "spec/replicas", -1) == replicas) {
                return true;
            }
        }
        sgr_http_step(world.http, limit - sgr_http_now(), -1);
    }
    return false;
}

static void watches_follow(void)
{
    struct sgr_watches *watches = sgr_watches_new(world.client, changed, NULL);
    struct sgr_k8s_ref it = ref("apps/v1", "Deployment", "web");
    struct answer answer;
    sgr_watch_ensure(watches, &it);
    bool ok = watched(watches, it, 5);
    answer = ask((struct sgr_k8s_request){
        .verb = SGR_K8S_PATCH, .ref = it, .body = yaml("spec: {replicas: 7}")});
    ok = ok && answer.ok && watched(watches, it, 7);
    answer = ask((struct sgr_k8s_request){.verb = SGR_K8S_DELETE, .ref = it});
    ok = ok && answer.ok && watched(watches, it, -1);
    answer = ask((struct sgr_k8s_request){.verb = SGR_K8S_APPLY, .body = yaml(web)});
    ok = ok && answer.ok && watched(watches, it, 2);
    sgr_watches_free(watches);
    CHECK(ok, "the watch did not follow: %s", answer.text);
}

static void without_rights(void)
{
    struct answer answer = ask((struct sgr_k8s_request){
        .verb = SGR_K8S_DELETE, .ref = ref("apps/v1", "Deployment", "web"), .dry_run = true});
    CHECK(answer.ok, "%s", answer.text);
    answer = ask(
        (struct sgr_k8s_request){.verb = SGR_K8S_GET, .ref = ref("apps/v1", "Deployment", "web")});
    CHECK(answer.ok, "a dry delete deleted");
}

int main(void)
{
    static void (*const checks[])(void) = {
        apply_and_get,
        dry_run_changes_nothing,
        conflicts_name_the_manager,
        own_updates_are_told_apart,
        preconditions,
        unknown_fields_are_refused,
        unknown_kinds_are_no_api,
        lists_have_all_pages,
        access_reviews,
        watches_follow,
        without_rights,
    };
    struct sgr_error error = {0};
    struct sgr_kube_options options = {0};
    if (getenv("KUBECONFIG") == NULL) {
        printf("skipped: KUBECONFIG names no cluster\n");
        return 77;
    }
    world.kube = sgr_kube_load(&options, &error);
    world.http = world.kube ? sgr_http_new(&error) : NULL;
    if (world.http == NULL) {
        printf("%s\n", error.text);
        return 2;
    }
    world.heap = sgr_heap_new((size_t)1 << 30);
    snprintf(world.space, sizeof world.space, "sgr-client-%ld", (long)getpid());
    world.client = sgr_k8s_new(world.http, sgr_kube_target(world.kube), sgr_kube_server(world.kube),
                               world.space);
    struct answer made = ask((struct sgr_k8s_request){
        .verb = SGR_K8S_CREATE,
        .body = yaml("apiVersion: v1\nkind: Namespace\nmetadata: {name: NS}\n")});
    if (!made.ok) {
        printf("%s\n", made.text);
        return 2;
    }
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
        checks[i]();
    }
    (void)ask((struct sgr_k8s_request){.verb = SGR_K8S_DELETE,
                                       .ref = {SGR_STR("v1"), SGR_STR("Namespace"), SGR_STR(""),
                                               sgr_str_from(world.space), false}});
    printf("%zu checks, %u failed\n", sizeof checks / sizeof *checks, world.failed);
    sgr_k8s_free(world.client);
    sgr_http_free(world.http);
    sgr_kube_free(world.kube);
    sgr_heap_free(world.heap);
    return world.failed != 0;
}
