/* Any bytes as the answers of an API server and of Prometheus: to reads, lists, writes, watches,
 * samples, and to everything that looks at the record of a run. The first byte chooses what is
 * asked, and whether what the server serves is of the input, too. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "fake_http.h"
#include "fuzz.h"
#include "k8s/cluster_private.h"
#include "k8s/codec.h"

enum { LIMIT_MS = 20000, DISCOVERY_BIT = 0x40 };

static char path[64];
static const char kubeconfig[] =
    "current-context: a\nclusters: [{name: c, cluster: {server: \"http://api\"}}]\n"
    "contexts: [{name: a, context: {cluster: c, namespace: shop}}]\n";

static void remove_file(void)
{
    unlink(path);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    snprintf(path, sizeof path, "/tmp/sgr-fuzz-XXXXXX");
    int fd = mkstemp(path);
    atexit(remove_file);
    if (fd < 0 || write(fd, kubeconfig, sizeof kubeconfig - 1) < 0 || close(fd) != 0) {
        fuzz_fail("%s cannot be written", path);
    }
    return 0;
}

/* ---- what is asked ---- */

static void answered(void *context, const struct sgr_k8s_result *result)
{
    bool *done = context;
    if (!result->ok && (*result->kind == '\0' || *result->text == '\0')) {
        fuzz_fail("a failure without a word or a sentence");
    }
    *done = true;
}

static void ask_objects(struct sgr_cluster *cluster, enum sgr_k8s_verb verb)
{
    struct sgr_heap *heap = sgr_heap_new(1 << 20);
    sgr_value body = sgr_absent();
    bool done = false;
    if (verb == SGR_K8S_CREATE || verb == SGR_K8S_APPLY || verb == SGR_K8S_PATCH) {
        (void)sgr_json_read(heap,
                            SGR_STR("{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\","
                                    "\"metadata\":{\"name\":\"web\"}}"),
                            &body, NULL);
    }
    struct sgr_k8s_request request = {
        .verb = verb,
        .ref = {SGR_STR("apps/v1"), SGR_STR("Deployment"), SGR_STR("shop"),
                verb == SGR_K8S_LIST ? SGR_STR("") : SGR_STR("web"), false},
        .body = body,
        .done = answered,
        .context = &done,
    };
    struct sgr_k8s_call *call = sgr_k8s_start(cluster->client, &request);
    if (!sgr_http_until(cluster->http, &done, LIMIT_MS)) {
        sgr_k8s_cancel(call);
    }
    sgr_heap_free(heap);
}

static void ask_watch(struct sgr_cluster *cluster)
{
    struct sgr_k8s_ref ref = {SGR_STR("apps/v1"), SGR_STR("Deployment"), SGR_STR("shop"),
                              SGR_STR("web"), false};
    struct sgr_heap *heap = sgr_heap_new(1 << 20);
    bool never = false;
    (void)sgr_watch_ensure(cluster->watches, &ref);
    for (int i = 0; i < 20; i++) {
        (void)sgr_http_until(cluster->http, &never, 500);
        if (sgr_watch_state(cluster->watches, &ref) == SGR_WATCH_LIVE) {
            (void)sgr_watch_get(cluster->watches, &ref);
            (void)sgr_watch_list(cluster->watches, &ref, sgr_absent(), heap);
        }
    }
    sgr_heap_free(heap);
}

static void sampled(void *context, const struct sgr_prom_result *result)
{
    bool *done = context;
    if (result->ok ? result->value - result->value != 0 : *result->text == '\0') {
        fuzz_fail("a sample that is no number, or no sample without a sentence");
    }
    *done = true;
}

static void ask_prometheus(struct sgr_cluster *cluster)
{
    bool done = false;
    struct sgr_prom_call *call = sgr_prom_sample(cluster->prom, SGR_STR("up"), sampled, &done);
    if (!sgr_http_until(cluster->http, &done, LIMIT_MS)) {
        sgr_prom_cancel(call);
    }
}

static void ask_record(struct sgr_cluster *cluster, struct sgr_heap *heap)
{
    struct sgr_cluster_record record = {0};
    struct sgr_error error = {0};
    sgr_value runs = sgr_absent();
    bool ok = sgr_cluster_load(cluster, SGR_STR("ship"), &record, &error);
    if (ok == (error.text != NULL)) {
        fuzz_fail("neither loaded nor refused");
    }
    sgr_cluster_record_release(&record);
    sgr_error_release(&error);
    (void)sgr_cluster_runs(cluster, heap, &runs, &error);
    sgr_error_release(&error);
}

static void ask_lock(struct sgr_cluster *cluster)
{
    struct sgr_error error = {0};
    struct sgr_buf holder;
    size_t count;
    sgr_buf_init(&holder, 1 << 16);
    (void)sgr_cluster_holder(cluster, SGR_STR("ship"), &holder);
    sgr_buf_release(&holder);
    if (sgr_cluster_lock(cluster, SGR_STR("ship"), 1000, &error) == SGR_LOCK_HELD) {
        (void)sgr_cluster_undo(cluster, SGR_STR("ship"), &count, &error);
        sgr_cluster_unlock(cluster);
    }
    sgr_error_release(&error);
}

static void ask_people(struct sgr_cluster *cluster)
{
    struct sgr_error error = {0};
    (void)sgr_cluster_say(cluster, SGR_STR("ship"), true, SGR_STR("me"), &error);
    sgr_error_release(&error);
    (void)sgr_cluster_abort(cluster, SGR_STR("ship"), SGR_STR("late"), &error);
    sgr_error_release(&error);
}

static void ask_plan(struct sgr_cluster *cluster, struct sgr_heap *heap)
{
    struct sgr_error error = {0};
    struct sgr_buf problems;
    sgr_value object = sgr_absent(), before = sgr_absent(), after = sgr_absent();
    sgr_value rules = sgr_absent();
    (void)sgr_json_read(heap,
                        SGR_STR("{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\","
                                "\"metadata\":{\"name\":\"web\",\"namespace\":\"shop\"}}"),
                        &object, NULL);
    (void)sgr_json_read(heap,
                        SGR_STR("[{\"apiGroups\":[\"apps\"],\"resources\":[\"deployments\"],"
                                "\"verbs\":[\"get\",\"patch\"]}]"),
                        &rules, NULL);
    (void)sgr_cluster_plan(cluster, object, false, heap, &before, &after, &error);
    sgr_error_release(&error);
    sgr_buf_init(&problems, 1 << 20);
    (void)sgr_cluster_preflight(cluster, rules, true, &problems);
    sgr_buf_release(&problems);
}

static void ask(struct sgr_cluster *cluster, unsigned what)
{
    struct sgr_heap *heap = sgr_heap_new(16 << 20);
    switch (what % 8) {
    case 0:
        ask_prometheus(cluster);
        break;
    case 1:
        ask_objects(cluster, (enum sgr_k8s_verb)(what / 8 % (SGR_K8S_DELETE + 1)));
        break;
    case 2:
        ask_objects(cluster, SGR_K8S_LIST);
        break;
    case 3:
        ask_watch(cluster);
        break;
    case 4:
        ask_record(cluster, heap);
        break;
    case 5:
        ask_lock(cluster);
        break;
    case 6:
        ask_people(cluster);
        break;
    default:
        ask_plan(cluster, heap);
    }
    sgr_heap_free(heap);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sgr_cluster_options options = {.kubeconfig = path, .prometheus = "http://prometheus"};
    struct sgr_error error = {0};
    if (size == 0) {
        return 0;
    }
    char *text = fuzz_copy((sgr_str){(const char *)data + 1, size - 1});
    fake_http_feed((sgr_str){text, size - 1}, (data[0] & DISCOVERY_BIT) != 0);
    struct sgr_cluster *cluster = sgr_cluster_new(&options, &error);
    if (cluster == NULL) {
        fuzz_fail("%s", error.text);
    }
    ask(cluster, data[0]);
    sgr_cluster_free(cluster);
    free(text);
    return 0;
}
