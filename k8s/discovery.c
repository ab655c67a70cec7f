/* Discovery. Must never guess a plural: a kind that the server does not list has no path. */
#include "k8s/discovery.h"

#include <stdlib.h>

#include "k8s/codec.h"

enum { AGAIN_MS = 3000, ANSWER_MAX = 32 << 20 };

struct group {
    struct group *next;
    struct sgr_discovery *owner;
    char *api_version;
    struct sgr_arena *arena; /* of the resources; NULL: not known */
    SGR_VEC(struct sgr_resource) resources;
    struct sgr_http_call *call;
    int64_t known_at;
};

struct sgr_discovery_wait {
    struct sgr_discovery_wait *next, **link;
    struct group *group; /* NULL: only `later` */
    char *kind;
    sgr_discovery_found found;
    void (*later)(void *context);
    void *context;
    uint64_t timer;
};

struct sgr_discovery {
    struct sgr_http *http;
    const struct sgr_http_target *target;
    char *server;
    struct group *groups;
    struct sgr_discovery_wait *waits;
};

static char *copy_of(sgr_str s)
{
    char *copy = sgr_calloc(s.len + 1, 1);
    if (s.len > 0) {
        memcpy(copy, s.ptr, s.len);
    }
    return copy;
}

static struct group *group_of(struct sgr_discovery *discovery, sgr_str api_version, bool make)
{
    for (struct group *group = discovery->groups; group != NULL; group = group->next) {
        if (sgr_str_is(api_version, group->api_version)) {
            return group;
        }
    }
    if (!make) {
        return NULL;
    }
    struct group *group = sgr_calloc(1, sizeof *group);
    group->owner = discovery;
    group->api_version = copy_of(api_version);
    group->next = discovery->groups;
    discovery->groups = group;
    return group;
}

static const struct sgr_resource *find(const struct group *group, const char *kind)
{
    for (size_t i = 0; i < group->resources.len; i++) {
        if (sgr_str_is(group->resources.at[i].kind, kind)) {
            return &group->resources.at[i];
        }
    }
    return NULL;
}

static void forget_resources(struct group *group)
{
    sgr_arena_free(group->arena);
    group->arena = NULL;
    group->resources.len = 0;
}

/* ---- waiting ---- */

static void wait_free(struct sgr_discovery *discovery, struct sgr_discovery_wait *wait)
{
    sgr_http_timer_cancel(discovery->http, wait->timer);
    *wait->link = wait->next;
    if (wait->next != NULL) {
        wait->next->link = wait->link;
    }
    free(wait->kind);
    free(wait);
}

void sgr_discovery_forget(struct sgr_discovery *discovery, struct sgr_discovery_wait *wait)
{
    if (wait != NULL) {
        wait_free(discovery, wait);
    }
}

/* Answers one that waits, and lets it go before that, since the answer may cancel anything. */
static void answer(struct sgr_discovery *discovery, struct sgr_discovery_wait *wait,
                   const char *problem, const char *text)
{
    struct group *group = wait->group;
    struct sgr_discovery_wait copy = *wait;
    const struct sgr_resource *resource = problem == NULL ? find(group, wait->kind) : NULL;
    struct sgr_buf sentence;
    sgr_buf_init(&sentence, 8192);
    if (problem == NULL && resource == NULL) {
        sgr_buf_printf(&sentence, "the server has no kind %s in %s; is its definition installed?",
                       wait->kind, group->api_version);
        problem = "no_api";
        text = sentence.ptr;
    }
    copy.kind = NULL;
    wait_free(discovery, wait);
    copy.found(copy.context, resource, resource ? "" : problem, resource ? "" : text);
    sgr_buf_release(&sentence);
}

static void answer_all(struct sgr_discovery *discovery, struct group *group, const char *problem,
                       const char *text)
{
    for (;;) {
        struct sgr_discovery_wait *wait = discovery->waits;
        while (wait != NULL && (wait->group != group || wait->timer != 0)) {
            wait = wait->next;
        }
        if (wait == NULL) {
            return;
        }
        answer(discovery, wait, problem, text);
    }
}

/* ---- asking ---- */

static bool has_verb(sgr_value verbs, const char *verb)
{
    for (size_t i = 0; verbs.tag == SGR_LIST && i < sgr_count_of(verbs); i++) {
        sgr_value item = sgr_item(verbs, i);
        if (item.tag == SGR_STRING && sgr_str_is(sgr_string_of(item), verb)) {
            return true;
        }
    }
    return false;
}

static void take_resources(struct group *group, sgr_value list)
{
    sgr_value resources = sgr_field(list, SGR_STR("resources"));
    forget_resources(group);
    group->arena = sgr_arena_new();
    group->known_at = sgr_http_now();
    for (size_t i = 0; resources.tag == SGR_LIST && i < sgr_count_of(resources); i++) {
        sgr_value item = sgr_item(resources, i);
        sgr_str name = sgr_path_str(item, "name");
        sgr_value namespaced = sgr_field(item, SGR_STR("namespaced"));
        if (name.len == 0 || memchr(name.ptr, '/', name.len) != NULL) { /* subresources */
            continue;
        }
        sgr_vec_push(&group->resources,
                     (struct sgr_resource){
                         .kind = sgr_arena_str(group->arena, sgr_path_str(item, "kind")),
                         .plural = sgr_arena_str(group->arena, name),
                         .namespaced = namespaced.tag == SGR_BOOL && namespaced.as.i,
                         .can_watch = has_verb(sgr_field(item, SGR_STR("verbs")), "watch"),
                     });
    }
}

static void discovered(void *context, const struct sgr_http_response *response)
{
    struct group *group = context;
    struct sgr_heap *heap = sgr_heap_new((size_t)256 << 20);
    sgr_value list = sgr_absent();
    struct sgr_buf text;
    const char *problem = NULL;
    group->call = NULL;
    sgr_buf_init(&text, 8192);
    if (response->outcome != SGR_HTTP_ANSWERED) {
        problem = "unavailable";
        sgr_buf_cstr(&text, response->text);
    } else if (response->status == 404) {
        problem = "no_api";
        sgr_buf_printf(&text, "the server does not serve %s", group->api_version);
    } else if (response->status == 401 || response->status == 403) {
        problem = response->status == 401 ? "unauthorized" : "forbidden";
        sgr_buf_printf(&text,
                       response->status == 401
                           ? "the API server does not accept the credentials of the kubeconfig"
                           : "the API server does not let us ask what it serves in %s",
                       group->api_version);
    } else if (response->status != 200) {
        problem = "unavailable";
        sgr_buf_printf(&text, "the API server answered %d when asked for %s", response->status,
                       group->api_version);
    } else if (!sgr_str_is(response->content_type, "application/json") ||
               !sgr_json_read(heap, response->body, &list, NULL) ||
               !sgr_str_is(sgr_path_str(list, "kind"), "APIResourceList")) {
        problem = "unavailable";
        sgr_buf_cstr(&text, "what answers there is no API server");
    } else {
        take_resources(group, list);
    }
    sgr_heap_free(heap);
    answer_all(group->owner, group, problem, text.ptr);
    sgr_buf_release(&text);
}

static void discover(struct group *group, int64_t deadline)
{
    struct sgr_discovery *discovery = group->owner;
    struct sgr_buf url;
    int64_t left = deadline - sgr_http_now();
    sgr_buf_init(&url, 16384);
    sgr_buf_printf(&url, "%s/%s/%s", discovery->server,
                   strchr(group->api_version, '/') ? "apis" : "api", group->api_version);
    struct sgr_http_request request = {
        .target = discovery->target,
        .method = "GET",
        .url = sgr_buf_str(&url),
        .accept = "application/json",
        .safe = true,
        .budget_ms = left > 1 ? left : 1,
        .body_max = ANSWER_MAX,
        .done = discovered,
        .context = group,
    };
    group->call = sgr_http_start(discovery->http, &request);
    sgr_buf_release(&url);
}

static void known(void *context)
{
    struct sgr_discovery_wait *wait = context;
    wait->timer = 0;
    answer(wait->group->owner, wait, NULL, "");
}

static struct sgr_discovery_wait *wait_new(struct sgr_discovery *discovery, void *context)
{
    struct sgr_discovery_wait *wait = sgr_calloc(1, sizeof *wait);
    wait->context = context;
    wait->next = discovery->waits;
    wait->link = &discovery->waits;
    if (wait->next != NULL) {
        wait->next->link = &wait->next;
    }
    discovery->waits = wait;
    return wait;
}

struct sgr_discovery_wait *sgr_discovery_ask(struct sgr_discovery *discovery, sgr_str api_version,
                                             sgr_str kind, int64_t deadline,
                                             sgr_discovery_found found, void *context)
{
    struct group *group = group_of(discovery, api_version, true);
    struct sgr_discovery_wait *wait = wait_new(discovery, context);
    wait->group = group;
    wait->kind = copy_of(kind);
    wait->found = found;
    bool fresh = group->arena != NULL && sgr_http_now() - group->known_at < AGAIN_MS;
    if (group->arena != NULL && (fresh || find(group, wait->kind) != NULL)) {
        wait->timer = sgr_http_after(discovery->http, 0, known, wait);
    } else if (group->call == NULL) {
        discover(group, deadline);
    }
    return wait;
}

static void fire_later(void *context)
{
    struct sgr_discovery_wait *wait = context;
    wait->timer = 0;
    wait->later(wait->context);
}

struct sgr_discovery_wait *sgr_discovery_later(struct sgr_discovery *discovery,
                                               void (*later)(void *), void *context)
{
    struct sgr_discovery_wait *wait = wait_new(discovery, context);
    wait->later = later;
    wait->timer = sgr_http_after(discovery->http, 0, fire_later, wait);
    return wait;
}

const struct sgr_resource *sgr_discovery_find(struct sgr_discovery *discovery, sgr_str api_version,
                                              sgr_str kind)
{
    const struct group *group = group_of(discovery, api_version, false);
    for (size_t i = 0; group != NULL && i < group->resources.len; i++) {
        if (sgr_str_equal(group->resources.at[i].kind, kind)) {
            return &group->resources.at[i];
        }
    }
    return NULL;
}

void sgr_discovery_drop(struct sgr_discovery *discovery, sgr_str api_version)
{
    struct group *group = group_of(discovery, api_version, false);
    if (group != NULL) {
        forget_resources(group);
    }
}

struct sgr_discovery *sgr_discovery_new(struct sgr_http *http, const struct sgr_http_target *target,
                                        const char *server)
{
    struct sgr_discovery *discovery = sgr_calloc(1, sizeof *discovery);
    discovery->http = http;
    discovery->target = target;
    discovery->server = copy_of(sgr_str_from(server));
    return discovery;
}

void sgr_discovery_free(struct sgr_discovery *discovery)
{
    while (discovery->waits != NULL) {
        wait_free(discovery, discovery->waits);
    }
    while (discovery->groups != NULL) {
        struct group *group = discovery->groups;
        discovery->groups = group->next;
        sgr_http_cancel(discovery->http, group->call);
        forget_resources(group);
        sgr_vec_release(&group->resources);
        free(group->api_version);
        free(group);
    }
    free(discovery->server);
    free(discovery);
}
