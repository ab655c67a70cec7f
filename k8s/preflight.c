/* What is asked before anything changes: rights, kinds, Prometheus, and what an apply would do.
 * Must never change anything. */
#include "k8s/changes.h"
#include "k8s/cluster_private.h"

enum { CHECK_MS = 60000 };

struct check {
    struct sgr_cluster *cluster;
    struct sgr_heap *heap;
    struct sgr_buf *problems;
    size_t pending;
    bool done;
    struct sgr_k8s_call *call;
};

/* One question of many, under way at once. */
struct question {
    struct check *check;
    const char *what; /* "patch deployments.apps in shop" */
};

static void problem(struct check *check, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void problem(struct check *check, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    sgr_buf_vprintf(check->problems, format, args);
    sgr_buf_byte(check->problems, '\n');
    va_end(args);
}

static void reviewed(void *context, const struct sgr_k8s_result *result)
{
    struct question *question = context;
    struct check *check = question->check;
    sgr_value allowed = sgr_path(result->value, "status/allowed");
    if (!result->ok) {
        problem(check, "it cannot be found out whether we may %s: %s", question->what,
                result->text);
    } else if (allowed.tag != SGR_BOOL || !allowed.as.i) {
        problem(check, "we may not %s", question->what);
    }
    check->done = --check->pending == 0;
}

static sgr_value review_of(struct check *check, sgr_str verb, sgr_str group, sgr_str resource,
                           sgr_str name)
{
    struct sgr_heap *heap = check->heap;
    sgr_value review = sgr_path_with(heap, sgr_absent(), "apiVersion",
                                     sgr_string(heap, SGR_STR("authorization.k8s.io/v1")));
    review =
        sgr_path_with(heap, review, "kind", sgr_string(heap, SGR_STR("SelfSubjectAccessReview")));
    const char *slash = memchr(resource.ptr, '/', resource.len);
    sgr_str main = {resource.ptr, slash ? (size_t)(slash - resource.ptr) : resource.len};
    struct sgr_record_builder builder;
    sgr_record_begin(&builder, heap);
    sgr_record_set(&builder, SGR_STR("namespace"),
                   sgr_string(heap, sgr_str_from(sgr_k8s_namespace(check->cluster->client))));
    sgr_record_set(&builder, SGR_STR("verb"), sgr_string(heap, verb));
    sgr_record_set(&builder, SGR_STR("group"), sgr_string(heap, group));
    sgr_record_set(&builder, SGR_STR("resource"), sgr_string(heap, main));
    if (slash != NULL) {
        sgr_record_set(&builder, SGR_STR("subresource"),
                       sgr_string(heap, (sgr_str){slash + 1, resource.len - main.len - 1}));
    }
    if (name.len > 0) {
        sgr_record_set(&builder, SGR_STR("name"), sgr_string(heap, name));
    }
    return sgr_path_with(heap, review, "spec/resourceAttributes", sgr_record_end(&builder));
}

static void ask(struct check *check, struct sgr_arena *arena, sgr_str verb, sgr_str group,
                sgr_str resource, sgr_str name)
{
    struct question *question = SGR_NEW(arena, struct question);
    question->check = check;
    question->what = sgr_arena_printf(arena, "%.*s %.*s%s%.*s%s%.*s in namespace %s", SGR_FMT(verb),
                                      SGR_FMT(resource), group.len ? "." : "", SGR_FMT(group),
                                      name.len ? " " : "", SGR_FMT(name),
                                      sgr_k8s_namespace(check->cluster->client))
                         .ptr;
    struct sgr_k8s_request request = {.verb = SGR_K8S_CREATE,
                                      .body = review_of(check, verb, group, resource, name),
                                      .done = reviewed,
                                      .context = question};
    check->pending++;
    (void)sgr_k8s_start(check->cluster->client, &request);
}

/* The i-th text of a list, or `otherwise` where there is no list and i is 0. */
static bool text_at(sgr_value list, size_t i, sgr_str *out)
{
    if (list.tag != SGR_LIST || sgr_count_of(list) == 0) {
        *out = SGR_STR("");
        return i == 0;
    }
    if (i >= sgr_count_of(list) || sgr_item(list, i).tag != SGR_STRING) {
        return false;
    }
    *out = sgr_string_of(sgr_item(list, i));
    return true;
}

static void ask_rule(struct check *check, struct sgr_arena *arena, sgr_value rule)
{
    sgr_str group, resource, verb, name;
    for (size_t g = 0; text_at(sgr_field(rule, SGR_STR("apiGroups")), g, &group); g++) {
        for (size_t r = 0; text_at(sgr_field(rule, SGR_STR("resources")), r, &resource); r++) {
            for (size_t v = 0; text_at(sgr_field(rule, SGR_STR("verbs")), v, &verb); v++) {
                for (size_t n = 0; text_at(sgr_field(rule, SGR_STR("resourceNames")), n, &name);
                     n++) {
                    ask(check, arena, verb, group, resource, name);
                }
            }
        }
    }
}

struct sample {
    struct check *check;
    bool done;
};

static void sampled(void *context, const struct sgr_prom_result *result)
{
    struct sample *sample = context;
    sample->done = true;
    if (!result->ok) {
        problem(sample->check, "%s", result->text);
    }
}

static void ask_prometheus(struct check *check)
{
    struct sample sample = {.check = check};
    if (check->cluster->prom == NULL) {
        problem(
            check,
            "the script has guards, but no Prometheus is known: give its address in `cluster` or "
            "with --prometheus");
        return;
    }
    struct sgr_prom_call *call =
        sgr_prom_sample(check->cluster->prom, SGR_STR("vector(1)"), sampled, &sample);
    if (!sgr_http_until(check->cluster->http, &sample.done, CHECK_MS)) {
        sgr_prom_cancel(call);
        problem(check, "Prometheus did not answer");
    }
}

bool sgr_cluster_preflight(struct sgr_cluster *cluster, sgr_value rules, bool needs_prometheus,
                           struct sgr_buf *problems)
{
    struct sgr_arena *arena = sgr_arena_new();
    struct check check = {
        .cluster = cluster, .heap = sgr_heap_new((size_t)64 << 20), .problems = problems};
    size_t before = problems->len;
    for (size_t i = 0; rules.tag == SGR_LIST && i < sgr_count_of(rules); i++) {
        ask_rule(&check, arena, sgr_item(rules, i));
    }
    check.done = check.pending == 0;
    if (!sgr_http_until(cluster->http, &check.done, CHECK_MS)) {
        SGR_BUG("a request without an end"); /* each has a budget of its own, shorter than this */
    }
    if (needs_prometheus) {
        ask_prometheus(&check);
    }
    sgr_heap_free(check.heap);
    sgr_arena_free(arena);
    return problems->len == before;
}

bool sgr_cluster_plan(struct sgr_cluster *cluster, sgr_value object, bool patch,
                      struct sgr_heap *heap, sgr_value *before, sgr_value *after,
                      struct sgr_error *error)
{
    struct sgr_k8s_ref ref = sgr_k8s_ref_of(object);
    struct sgr_reply reply = sgr_cluster_wait(
        cluster, heap,
        (struct sgr_k8s_request){.verb = SGR_K8S_GET, .ref = ref, .body = sgr_absent()});
    if (!reply.ok && strcmp(reply.kind, "missing") != 0) {
        return sgr_error_set(error, "%.*s", SGR_FMT(reply.text));
    }
    *before = reply.ok ? sgr_object_bare(heap, reply.value) : sgr_absent();
    bool force = cluster->options.force_conflicts;
    struct sgr_k8s_request request = {.verb = patch ? SGR_K8S_PATCH : SGR_K8S_APPLY,
                                      .ref = ref,
                                      .body = sgr_object_bare(heap, object),
                                      .dry_run = true,
                                      .force = force};
    reply = sgr_cluster_wait(cluster, heap, request);
    if (!reply.ok && strcmp(reply.kind, "conflict") == 0 && reply.only_own) {
        request.force = true;
        reply = sgr_cluster_wait(cluster, heap, request);
    }
    if (!reply.ok) {
        return sgr_error_set(error, "%.*s", SGR_FMT(reply.text));
    }
    *after = sgr_object_bare(heap, reply.value);
    return true;
}
