/* What is asked before anything changes: rights, kinds, Prometheus, and what an apply would do.
 * Must never change anything. */
#include "k8s/changes.h"
#include "k8s/cluster_private.h"
#include "k8s/discovery.h"

enum { CHECK_MS = 60000, REACH_MS = 10000 };

/* ---- whether there is anybody ---- */

struct greeting {
    const struct sgr_cluster *cluster;
    struct sgr_error *error;
    bool done, ok;
};

static void greeted(void *context, const struct sgr_resource *resource, const char *kind,
                    const char *text)
{
    static const char *const ways[][2] = {
        {"unauthorized", "does not let us in: log in again, since a token or a certificate may "
                         "have expired, or choose another with --context"},
        {"forbidden", "knows nothing that we may do: give its user in the kubeconfig credentials, "
                      "or a role in the cluster"},
        {"", "cannot be used: look at its address, certificates and user in the kubeconfig, or "
             "choose another with --context"},
    };
    struct greeting *greeting = context;
    size_t way = 0;
    greeting->done = true;
    greeting->ok = resource != NULL;
    while (ways[way][0][0] != '\0' && strcmp(ways[way][0], kind) != 0) {
        way++;
    }
    if (!greeting->ok) {
        sgr_error_set(greeting->error, "the cluster of the context \"%s\" %s (%s)",
                      sgr_cluster_context(greeting->cluster), ways[way][1], text);
    }
}

bool sgr_cluster_reach(struct sgr_cluster *cluster, struct sgr_error *error)
{
    struct greeting greeting = {.cluster = cluster, .error = error};
    sgr_k8s_reach(cluster->client, REACH_MS, greeted, &greeting);
    if (!sgr_http_until(cluster->http, &greeting.done, CHECK_MS)) {
        SGR_BUG("a request without an end"); /* it has a budget of its own, shorter than this */
    }
    return greeting.ok;
}

/* ---- what we may do ---- */

struct check {
    struct sgr_cluster *cluster;
    struct sgr_heap *heap;
    struct sgr_arena *arena;
    struct sgr_buf *problems;
    size_t pending;
    bool done, unasked; /* unasked: one question had no answer, and that is told */
    struct subject *first, *last;
};

/* One question of many, under way at once. */
struct question {
    struct question *next;
    struct check *check;
    const struct subject *subject;
    sgr_str verb, name; /* no name: of any */
    bool denied;
};

/* The questions of one kind of object of one rule. */
struct subject {
    struct subject *next;
    sgr_str group, resource;
    struct question *first, *last;
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

/* "deployments.apps" */
static sgr_str kind_of(const struct subject *subject, struct sgr_arena *arena)
{
    return sgr_arena_printf(arena, "%.*s%s%.*s", SGR_FMT(subject->resource),
                            subject->group.len ? "." : "", SGR_FMT(subject->group));
}

static void reviewed(void *context, const struct sgr_k8s_result *result)
{
    struct question *question = context;
    struct check *check = question->check;
    sgr_value allowed = sgr_path(result->value, "status/allowed");
    if (!result->ok && !check->unasked) { /* the others have the same reason */
        check->unasked = true;
        problem(check, "it cannot be found out whether we may %.*s %.*s: %s",
                SGR_FMT(question->verb), SGR_FMT(kind_of(question->subject, check->arena)),
                result->text);
    }
    question->denied = result->ok && (allowed.tag != SGR_BOOL || !allowed.as.i);
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

static struct subject *subject_new(struct check *check, sgr_str group, sgr_str resource)
{
    struct subject *subject = SGR_NEW(check->arena, struct subject);
    *subject = (struct subject){.group = group, .resource = resource};
    *(check->last ? &check->last->next : &check->first) = subject;
    check->last = subject;
    return subject;
}

static void ask(struct check *check, struct subject *subject, sgr_str verb, sgr_str name)
{
    struct question *question = SGR_NEW(check->arena, struct question);
    *question = (struct question){.check = check, .subject = subject, .verb = verb, .name = name};
    *(subject->last ? &subject->last->next : &subject->first) = question;
    subject->last = question;
    struct sgr_k8s_request request = {
        .verb = SGR_K8S_CREATE,
        .body = review_of(check, verb, subject->group, subject->resource, name),
        .repeatable = true,
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

static void ask_rule(struct check *check, sgr_value rule)
{
    sgr_str group, resource, verb, name;
    sgr_value groups = sgr_field(rule, SGR_STR("apiGroups"));
    sgr_value resources = sgr_field(rule, SGR_STR("resources"));
    sgr_value verbs = sgr_field(rule, SGR_STR("verbs"));
    sgr_value names = sgr_field(rule, SGR_STR("resourceNames"));
    for (size_t g = 0; text_at(groups, g, &group); g++) {
        for (size_t r = 0; text_at(resources, r, &resource); r++) {
            struct subject *subject = subject_new(check, group, resource);
            for (size_t v = 0; text_at(verbs, v, &verb); v++) {
                for (size_t n = 0; text_at(names, n, &name); n++) {
                    ask(check, subject, verb, name);
                }
            }
        }
    }
}

/* ---- what we may not ---- */

/* Adds a word to the words of a list, each once; rules are short. */
static void add_word(struct sgr_buf *list, sgr_str word)
{
    sgr_str rest = sgr_buf_str(list);
    while (rest.len > 0) {
        const char *comma = memchr(rest.ptr, ',', rest.len);
        sgr_str one = {rest.ptr, comma ? (size_t)(comma - rest.ptr) : rest.len};
        if (sgr_str_equal(one, word)) {
            return;
        }
        size_t used = comma ? one.len + 2 : one.len;
        rest = (sgr_str){rest.ptr + used, rest.len - used};
    }
    sgr_buf_printf(list, "%s%.*s", list->len > 0 ? ", " : "", SGR_FMT(word));
}

/* "create, patch deployments.apps (web, web-canary)" */
static void tell_subject(const struct check *check, const struct subject *subject,
                         struct sgr_buf *told)
{
    struct sgr_buf verbs, names;
    sgr_buf_init(&verbs, 1024);
    sgr_buf_init(&names, (size_t)64 << 10);
    for (const struct question *question = subject->first; question; question = question->next) {
        if (question->denied) {
            add_word(&verbs, question->verb);
            if (question->name.len > 0) {
                add_word(&names, question->name);
            }
        }
    }
    if (verbs.len > 0) {
        sgr_buf_printf(told, "%s%.*s %.*s", told->len > 0 ? "; " : "", SGR_FMT(sgr_buf_str(&verbs)),
                       SGR_FMT(kind_of(subject, check->arena)));
    }
    if (names.len > 0) {
        sgr_buf_printf(told, " (%.*s)", SGR_FMT(sgr_buf_str(&names)));
    }
    sgr_buf_release(&verbs);
    sgr_buf_release(&names);
}

static void tell_denied(struct check *check)
{
    struct sgr_buf told;
    sgr_buf_init(&told, (size_t)1 << 20);
    for (const struct subject *subject = check->first; subject; subject = subject->next) {
        tell_subject(check, subject, &told);
    }
    if (told.len > 0) {
        problem(check,
                "we may not do this in namespace %s: %.*s; `sgrc compile --target rbac` prints the "
                "Role that is needed",
                sgr_k8s_namespace(check->cluster->client), SGR_FMT(sgr_buf_str(&told)));
    }
    sgr_buf_release(&told);
}

/* ---- Prometheus ---- */

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
    struct check check = {.cluster = cluster,
                          .heap = sgr_heap_new((size_t)64 << 20),
                          .arena = sgr_arena_new(),
                          .problems = problems};
    size_t before = problems->len;
    for (size_t i = 0; rules.tag == SGR_LIST && i < sgr_count_of(rules); i++) {
        ask_rule(&check, sgr_item(rules, i));
    }
    check.done = check.pending == 0;
    if (!sgr_http_until(cluster->http, &check.done, CHECK_MS)) {
        SGR_BUG("a request without an end"); /* each has a budget of its own, shorter than this */
    }
    tell_denied(&check);
    if (needs_prometheus) {
        ask_prometheus(&check);
    }
    sgr_heap_free(check.heap);
    sgr_arena_free(check.arena);
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
