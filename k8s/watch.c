/* List and watch. Must never serve an object older than one it has served unless the cluster itself
 * went back, never wait for a bookmark, never hold a line without end, and never hammer a server
 * that refuses. */
#include "k8s/watch.h"

#include <stdlib.h>

#include "k8s/codec.h"

enum {
    LINE_MAX = 8 << 20,
    OBJECT_HEAP = 64 << 20,
    IDLE_MS = 30000,
    STREAM_S = 290,
    SETTLED_MS = 5000,
    BACKOFF_BASE_MS = 100,
    BACKOFF_CAP_MS = 10000,
    REFUSED_AGAIN_MS = 30000,
    GONE_MAX = 10000,
    BEHIND_MAX = 3, /* lists in a row */
    BEHIND_MS = 1000,
};

/* One object, or the mark that it is gone. */
struct entry {
    char *name;
    struct sgr_heap *heap;
    sgr_value value; /* ABSENT: gone */
    uint64_t version;
    bool seen; /* in the list that is being taken */
};

struct watch {
    struct watch *next;
    struct sgr_watches *owner;
    char *api_version, *kind, *namespace;
    struct sgr_map entries; /* by name */
    size_t gone;
    enum sgr_watch_state state;
    char version[32]; /* to watch from */
    struct sgr_k8s_call *list;
    struct sgr_http_call *stream;
    struct sgr_buf line;
    uint64_t timer;
    int64_t stream_at;
    unsigned failures;
    uint64_t newest; /* version that was known when the list began */
    unsigned behind; /* lists in a row that were older than that */
    bool relist;     /* the stream has told that its version is of no use */
};

struct sgr_watches {
    struct sgr_k8s *client;
    void (*changed)(void *self);
    void *self;
    struct watch *all;
};

static void begin_list(void *context);
static void begin_stream(void *context);

static char *copy_of(sgr_str s)
{
    char *copy = sgr_calloc(s.len + 1, 1);
    if (s.len > 0) {
        memcpy(copy, s.ptr, s.len);
    }
    return copy;
}

static uint64_t version_in(sgr_value record, const char *path)
{
    sgr_str text = sgr_path_str(record, path);
    uint64_t version = 0;
    for (size_t i = 0; i < text.len && text.ptr[i] >= '0' && text.ptr[i] <= '9'; i++) {
        version = version * 10 + (uint64_t)(text.ptr[i] - '0');
    }
    return version;
}

static uint64_t version_of(sgr_value object)
{
    return version_in(object, "metadata/resourceVersion");
}

/* ---- entries ---- */

static void entry_free(struct entry *entry)
{
    sgr_heap_free(entry->heap);
    free(entry->name);
    free(entry);
}

static struct entry *entry_of(struct watch *watch, sgr_str name, bool make)
{
    struct entry *entry = sgr_map_get(&watch->entries, name);
    if (entry == NULL && make) {
        entry = sgr_calloc(1, sizeof *entry);
        entry->name = copy_of(name);
        sgr_map_set(&watch->entries, sgr_str_from(entry->name), entry);
    }
    return entry;
}

/* Takes an object or, with `gone`, its end; false where something newer is known. */
static bool take(struct watch *watch, sgr_value object, bool gone)
{
    sgr_str name = sgr_path_str(object, "metadata/name");
    uint64_t version = version_of(object);
    struct entry *entry = entry_of(watch, name, true);
    entry->seen = true;
    if (entry->version > version || (entry->version == version && version != 0)) {
        return false;
    }
    entry->version = version;
    watch->gone += gone && !sgr_is_absent(entry->value);
    sgr_heap_free(entry->heap);
    entry->heap = NULL;
    entry->value = sgr_absent();
    if (!gone) {
        struct sgr_record_builder builder;
        entry->heap = sgr_heap_new(OBJECT_HEAP);
        sgr_record_begin(&builder, entry->heap); /* items of lists do not say what they are */
        sgr_record_set(&builder, SGR_STR("apiVersion"),
                       sgr_string(entry->heap, sgr_str_from(watch->api_version)));
        sgr_record_set(&builder, SGR_STR("kind"),
                       sgr_string(entry->heap, sgr_str_from(watch->kind)));
        sgr_value copy = sgr_value_copy(entry->heap, object);
        for (size_t i = 0; i < sgr_count_of(copy); i++) {
            sgr_record_set(&builder, sgr_key(copy, i), sgr_field_at(copy, i));
        }
        entry->value = sgr_record_end(&builder);
    }
    watch->owner->changed(watch->owner->self);
    return true;
}

/* After a list: what was not in it is gone, and marks of what is gone are not needed any more. */
static void sweep(struct watch *watch)
{
    struct sgr_map kept = {0};
    for (size_t i = 0; i < watch->entries.len; i++) {
        struct entry *entry = watch->entries.entries[i].value;
        if (entry->seen && !sgr_is_absent(entry->value)) {
            sgr_map_set(&kept, sgr_str_from(entry->name), entry);
            continue;
        }
        if (!sgr_is_absent(entry->value)) {
            watch->owner->changed(watch->owner->self);
        }
        entry_free(entry);
    }
    sgr_map_release(&watch->entries);
    watch->entries = kept;
    watch->gone = 0;
}

/* ---- the stream ---- */

static void again(struct watch *watch, void (*what)(void *), int64_t ms)
{
    sgr_http_timer_cancel(sgr_k8s_http(watch->owner->client), watch->timer);
    watch->timer = sgr_http_after(sgr_k8s_http(watch->owner->client), ms, what, watch);
}

static int64_t pause_of(struct watch *watch)
{
    return sgr_http_backoff(sgr_k8s_http(watch->owner->client), watch->failures++, BACKOFF_BASE_MS,
                            BACKOFF_CAP_MS);
}

static void keep_version(struct watch *watch, sgr_value object)
{
    sgr_str version = sgr_path_str(object, "metadata/resourceVersion");
    if (version.len > 0 && version.len < sizeof watch->version) {
        memcpy(watch->version, version.ptr, version.len);
        watch->version[version.len] = '\0';
    }
}

/* One event; false where the stream is of no use any more. */
static bool take_event(struct watch *watch, sgr_str line)
{
    struct sgr_heap *heap = sgr_heap_new(OBJECT_HEAP);
    sgr_value event = sgr_absent();
    bool ok = sgr_json_read(heap, line, &event, NULL);
    sgr_str type = sgr_path_str(event, "type");
    sgr_value object = sgr_field(event, SGR_STR("object"));
    bool added = sgr_str_is(type, "ADDED") || sgr_str_is(type, "MODIFIED");
    bool gone = sgr_str_is(type, "DELETED");
    if (ok && (added || gone) && sgr_path_str(object, "metadata/name").len > 0) {
        (void)take(watch, object, gone);
        keep_version(watch, object);
        watch->failures = 0;
    } else if (ok && sgr_str_is(type, "BOOKMARK")) {
        keep_version(watch, object);
    } else {
        ok = false; /* ERROR, mostly 410: the version is too old; or garbage */
    }
    sgr_heap_free(heap);
    watch->relist = watch->relist || !ok || watch->gone > GONE_MAX;
    return ok && watch->gone <= GONE_MAX;
}

static bool take_bytes(void *context, sgr_str bytes)
{
    struct watch *watch = context;
    while (bytes.len > 0) {
        const char *end = memchr(bytes.ptr, '\n', bytes.len);
        size_t length = end ? (size_t)(end - bytes.ptr) : bytes.len;
        sgr_buf_bytes(&watch->line, bytes.ptr, length);
        if (watch->line.full) {
            watch->relist = true;
            return false;
        }
        if (end == NULL) {
            return true;
        }
        bytes = (sgr_str){end + 1, bytes.len - length - 1};
        bool ok = watch->line.len == 0 || take_event(watch, sgr_buf_str(&watch->line));
        sgr_buf_clear(&watch->line);
        if (!ok) {
            return false;
        }
    }
    return true;
}

static void refused(struct watch *watch)
{
    watch->state = SGR_WATCH_REFUSED;
    again(watch, begin_list, REFUSED_AGAIN_MS);
}

static void stream_ended(void *context, const struct sgr_http_response *response)
{
    struct watch *watch = context;
    watch->stream = NULL;
    bool lived = sgr_http_now() - watch->stream_at >= SETTLED_MS;
    if (lived) {
        watch->failures = 0;
    }
    watch->state = SGR_WATCH_STARTING;
    watch->owner->changed(
        watch->owner->self); /* what was read from here has to be asked for again */
    if (response->outcome == SGR_HTTP_ANSWERED &&
        (response->status == 403 || response->status == 404 || response->status == 405)) {
        refused(watch);
    } else if (watch->relist || response->outcome == SGR_HTTP_NOT_SENT ||
               (response->outcome == SGR_HTTP_ANSWERED && response->status != 200 &&
                response->status != 429 && response->status < 500)) {
        again(watch, begin_list, pause_of(watch));
    } else {
        int64_t asked = response->retry_after_ms;
        int64_t pause = lived && response->outcome == SGR_HTTP_ANSWERED ? 0 : pause_of(watch);
        again(watch, begin_stream, asked > pause ? asked : pause);
    }
}

static void opened(void *context)
{
    struct watch *watch = context;
    watch->state = SGR_WATCH_LIVE;
    watch->owner->changed(watch->owner->self);
}

static void begin_stream(void *context)
{
    struct watch *watch = context;
    struct sgr_buf url;
    struct sgr_k8s_ref ref = {.api_version = sgr_str_from(watch->api_version),
                              .kind = sgr_str_from(watch->kind),
                              .namespace = sgr_str_from(watch->namespace)};
    watch->timer = 0;
    sgr_buf_init(&url, 16384);
    if (!sgr_k8s_collection_url(watch->owner->client, &ref, &url)) {
        again(watch, begin_list, pause_of(watch));
        sgr_buf_release(&url);
        return;
    }
    sgr_buf_printf(&url,
                   "?watch=true&allowWatchBookmarks=true&timeoutSeconds=%d&resourceVersion=%s",
                   STREAM_S, watch->version);
    sgr_buf_clear(&watch->line);
    watch->relist = false;
    watch->stream_at = sgr_http_now();
    struct sgr_http_request request = {
        .target = sgr_k8s_target(watch->owner->client),
        .method = "GET",
        .url = sgr_buf_str(&url),
        .accept = "application/json",
        .safe = true,
        .total_ms = -1,
        .idle_ms = IDLE_MS,
        .body_max = 1 << 20,
        .data = take_bytes,
        .opened = opened,
        .done = stream_ended,
        .context = watch,
    };
    watch->stream = sgr_http_start(sgr_k8s_http(watch->owner->client), &request);
    sgr_buf_release(&url);
}

/* ---- the list ---- */

static uint64_t newest_of(const struct watch *watch)
{
    uint64_t newest = 0;
    for (size_t i = 0; i < watch->entries.len; i++) {
        const struct entry *entry = watch->entries.entries[i].value;
        newest = entry->version > newest ? entry->version : newest;
    }
    return newest;
}

/* Whether a list is from before what was known when it was asked for. One may come from a server
 * that lags; where all of them do, the cluster was restored from a backup, and that is what it is
 * like now. */
static bool is_behind(struct watch *watch, uint64_t listed)
{
    watch->behind = listed < watch->newest ? watch->behind + 1 : 0;
    if (watch->behind < BEHIND_MAX) {
        return watch->behind > 0;
    }
    watch->behind = 0;
    for (size_t i = 0; i < watch->entries.len; i++) {
        ((struct entry *)watch->entries.entries[i].value)->version = 0;
    }
    return false;
}

static void listed(void *context, const struct sgr_k8s_result *result)
{
    struct watch *watch = context;
    watch->list = NULL;
    if (!result->ok) {
        bool no = strcmp(result->kind, "forbidden") == 0 || strcmp(result->kind, "no_api") == 0 ||
                  strcmp(result->kind, "missing") == 0 || strcmp(result->kind, "invalid") == 0;
        if (no) {
            refused(watch);
        } else {
            again(watch, begin_list, pause_of(watch));
        }
        watch->owner->changed(watch->owner->self);
        return;
    }
    if (is_behind(watch, version_in(result->value, "resourceVersion"))) {
        again(watch, begin_list, BEHIND_MS);
        return;
    }
    for (size_t i = 0; i < watch->entries.len; i++) {
        ((struct entry *)watch->entries.entries[i].value)->seen = false;
    }
    sgr_value items = sgr_field(result->value, SGR_STR("items"));
    for (size_t i = 0; i < sgr_count_of(items); i++) {
        (void)take(watch, sgr_item(items, i), false);
    }
    sweep(watch);
    sgr_str version = sgr_path_str(result->value, "resourceVersion");
    watch->version[0] = '\0';
    if (version.len < sizeof watch->version) {
        memcpy(watch->version, version.ptr, version.len);
        watch->version[version.len] = '\0';
    }
    watch->state =
        SGR_WATCH_LIVE; /* a list is as fresh as it gets, and the stream goes on from it */
    watch->owner->changed(watch->owner->self);
    begin_stream(watch);
}

static void begin_list(void *context)
{
    struct watch *watch = context;
    struct sgr_k8s_request request = {
        .verb = SGR_K8S_LIST,
        .ref = {.api_version = sgr_str_from(watch->api_version),
                .kind = sgr_str_from(watch->kind),
                .namespace = sgr_str_from(watch->namespace)},
        .done = listed,
        .context = watch,
    };
    watch->timer = 0;
    watch->newest = newest_of(watch);
    watch->list = sgr_k8s_start(watch->owner->client, &request);
}

/* ---- the set ---- */

static struct watch *find(struct sgr_watches *watches, const struct sgr_k8s_ref *ref)
{
    sgr_str space =
        ref->namespace.len ? ref->namespace : sgr_str_from(sgr_k8s_namespace(watches->client));
    for (struct watch *watch = watches->all; watch != NULL; watch = watch->next) {
        if (sgr_str_is(ref->kind, watch->kind) &&
            sgr_str_is(ref->api_version, watch->api_version) &&
            sgr_str_is(space, watch->namespace)) {
            return watch;
        }
    }
    return NULL;
}

enum sgr_watch_state sgr_watch_state(struct sgr_watches *watches, const struct sgr_k8s_ref *ref)
{
    const struct watch *watch = find(watches, ref);
    return watch ? watch->state : SGR_WATCH_OFF;
}

enum sgr_watch_state sgr_watch_ensure(struct sgr_watches *watches, const struct sgr_k8s_ref *ref)
{
    struct watch *watch = find(watches, ref);
    if (watch != NULL) {
        return watch->state;
    }
    watch = sgr_calloc(1, sizeof *watch);
    watch->owner = watches;
    watch->api_version = copy_of(ref->api_version);
    watch->kind = copy_of(ref->kind);
    watch->namespace = copy_of(
        ref->namespace.len ? ref->namespace : sgr_str_from(sgr_k8s_namespace(watches->client)));
    watch->state = SGR_WATCH_STARTING;
    sgr_buf_init(&watch->line, LINE_MAX);
    watch->next = watches->all;
    watches->all = watch;
    begin_list(watch);
    return watch->state;
}

sgr_value sgr_watch_get(struct sgr_watches *watches, const struct sgr_k8s_ref *ref)
{
    struct watch *watch = find(watches, ref);
    const struct entry *entry = watch ? sgr_map_get(&watch->entries, ref->name) : NULL;
    return entry ? entry->value : sgr_absent();
}

bool sgr_labels_match(sgr_value object, sgr_value wanted)
{
    sgr_value labels = sgr_path(object, "metadata/labels");
    for (size_t i = 0; wanted.tag == SGR_RECORD && i < sgr_count_of(wanted); i++) {
        sgr_value value = sgr_field_at(wanted, i), has = sgr_field(labels, sgr_key(wanted, i));
        if (has.tag != SGR_STRING || value.tag != SGR_STRING ||
            !sgr_str_equal(sgr_string_of(has), sgr_string_of(value))) {
            return false;
        }
    }
    return true;
}

sgr_value sgr_watch_list(struct sgr_watches *watches, const struct sgr_k8s_ref *ref,
                         sgr_value labels, struct sgr_heap *heap)
{
    struct watch *watch = find(watches, ref);
    SGR_VEC(sgr_value) items = {0};
    for (size_t i = 0; watch != NULL && i < watch->entries.len; i++) {
        const struct entry *entry = watch->entries.entries[i].value;
        if (!sgr_is_absent(entry->value) && sgr_labels_match(entry->value, labels)) {
            sgr_vec_push(&items, sgr_value_copy(heap, entry->value));
        }
    }
    sgr_value list = sgr_list(heap, items.at, items.len);
    sgr_vec_release(&items);
    return list;
}

void sgr_watch_put(struct sgr_watches *watches, sgr_value object)
{
    struct sgr_k8s_ref ref = sgr_k8s_ref_of(object);
    struct watch *watch = find(watches, &ref);
    if (watch != NULL && ref.name.len > 0) {
        (void)take(watch, object, false);
    }
}

void sgr_watch_gone(struct sgr_watches *watches, const struct sgr_k8s_ref *ref, sgr_str uid)
{
    struct watch *watch = find(watches, ref);
    struct entry *entry = watch ? sgr_map_get(&watch->entries, ref->name) : NULL;
    if (entry == NULL || sgr_is_absent(entry->value) ||
        !sgr_str_equal(sgr_path_str(entry->value, "metadata/uid"), uid)) {
        return;
    }
    sgr_heap_free(entry->heap);
    entry->heap = NULL;
    entry->value = sgr_absent();
    watch->gone++;
    watches->changed(watches->self);
}

struct sgr_watches *sgr_watches_new(struct sgr_k8s *client, void (*changed)(void *), void *self)
{
    struct sgr_watches *watches = sgr_calloc(1, sizeof *watches);
    watches->client = client;
    watches->changed = changed;
    watches->self = self;
    return watches;
}

void sgr_watches_free(struct sgr_watches *watches)
{
    while (watches != NULL && watches->all != NULL) {
        struct watch *watch = watches->all;
        watches->all = watch->next;
        sgr_k8s_cancel(watch->list);
        sgr_http_cancel(sgr_k8s_http(watches->client), watch->stream);
        sgr_http_timer_cancel(sgr_k8s_http(watches->client), watch->timer);
        for (size_t i = 0; i < watch->entries.len; i++) {
            entry_free(watch->entries.entries[i].value);
        }
        sgr_map_release(&watch->entries);
        sgr_buf_release(&watch->line);
        free(watch->api_version);
        free(watch->kind);
        free(watch->namespace);
        free(watch);
    }
    free(watches);
}
