/* Finds and merges kubeconfig files and picks the cluster, the user and the namespace. Must never
 * guess: what is named and not there is an error that says where it was named. Credentials are
 * taken by auth.c. */
#include "k8s/kubeconfig.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "k8s/auth.h"
#include "k8s/codec.h"

enum { FILE_MAX = 16 << 20, FILES_MAX = 64 };

static const char *const account_folder = "/var/run/secrets/kubernetes.io/serviceaccount";

struct sgr_kube {
    struct sgr_arena *arena;
    const char *server, *namespace, *context;
    struct sgr_auth *auth;
};

/* One file as read. */
struct file {
    const char *path;
    sgr_value root;
};

/* An entry of clusters, users or contexts, and the file that it stands in. */
struct entry {
    sgr_value value;
    const char *path;
};

struct loader {
    const struct sgr_kube_options *options;
    struct sgr_kube *kube;
    struct sgr_heap *heap;
    struct file files[FILES_MAX];
    size_t count;
    struct sgr_error *error;
};

bool sgr_file_read(const char *path, size_t max, struct sgr_buf *out, struct sgr_error *error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return sgr_error_set(error, "%s cannot be read: %s", path, strerror(errno));
    }
    bool ok = true;
    for (;;) {
        char bytes[16384];
        ssize_t got = read(fd, bytes, sizeof bytes);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            ok = sgr_error_set(error, "%s cannot be read: %s", path, strerror(errno));
        }
        if (got <= 0) {
            break;
        }
        sgr_buf_bytes(out, bytes, (size_t)got);
        explicit_bzero(bytes, sizeof bytes);
        if (out->full || out->len > max) {
            ok = sgr_error_set(error, "%s is larger than %zu KiB", path, max >> 10);
            break;
        }
    }
    close(fd);
    return ok;
}

/* ---- files ---- */

static bool load_file(struct loader *loader, const char *path, bool must_exist)
{
    struct sgr_buf text;
    sgr_value documents = sgr_absent();
    bool ok = true;
    if (!must_exist && access(path, F_OK) != 0) {
        return true;
    }
    sgr_buf_init(&text, FILE_MAX + 16384);
    if (!sgr_file_read(path, FILE_MAX, &text, loader->error)) {
        ok = false;
        sgr_error_wrap(loader->error, "the kubeconfig");
    } else if (!sgr_yaml_read(loader->heap, sgr_buf_str(&text), &documents, loader->error)) {
        ok = false;
        sgr_error_wrap(loader->error, "the kubeconfig %s", path);
    } else if (sgr_count_of(documents) > 1 ||
               (sgr_count_of(documents) == 1 && sgr_item(documents, 0).tag != SGR_RECORD)) {
        ok = sgr_error_set(loader->error, "the kubeconfig %s is not one YAML mapping", path);
    } else if (sgr_count_of(documents) == 1 && loader->count < FILES_MAX) {
        loader->files[loader->count++] = (struct file){
            .path = sgr_arena_cstr(loader->kube->arena, sgr_str_from(path)),
            .root = sgr_item(documents, 0),
        };
    }
    explicit_bzero(text.ptr, text.len);
    sgr_buf_release(&text);
    return ok;
}

static bool load_list(struct loader *loader, const char *list)
{
    while (*list != '\0') {
        size_t length = strcspn(list, ":");
        if (length > 0 &&
            !load_file(loader, sgr_arena_cstr(loader->kube->arena, (sgr_str){list, length}),
                       false)) {
            return false;
        }
        list += length + (list[length] == ':');
    }
    return true;
}

static bool load_files(struct loader *loader)
{
    const char *list = getenv("KUBECONFIG"), *home = getenv("HOME");
    if (loader->options->kubeconfig != NULL) {
        return load_file(loader, loader->options->kubeconfig, true);
    }
    if (list != NULL && *list != '\0') {
        return load_list(loader, list);
    }
    return home == NULL ||
           load_file(loader, sgr_arena_printf(loader->kube->arena, "%s/.kube/config", home).ptr,
                     false);
}

/* ---- entries ---- */

/* The first entry of that name in the order of the files. */
static bool find_entry(struct loader *loader, const char *list, const char *field, sgr_str name,
                       struct entry *out)
{
    for (size_t f = 0; f < loader->count; f++) {
        sgr_value entries = sgr_field(loader->files[f].root, sgr_str_from(list));
        for (size_t i = 0; entries.tag == SGR_LIST && i < sgr_count_of(entries); i++) {
            sgr_value entry = sgr_item(entries, i);
            if (sgr_str_equal(sgr_path_str(entry, "name"), name)) {
                *out = (struct entry){sgr_field(entry, sgr_str_from(field)), loader->files[f].path};
                return true;
            }
        }
    }
    return false;
}

static sgr_str current_context(struct loader *loader)
{
    if (loader->options->context != NULL) {
        return sgr_str_from(loader->options->context);
    }
    for (size_t f = 0; f < loader->count; f++) {
        sgr_str name = sgr_path_str(loader->files[f].root, "current-context");
        if (name.len > 0) {
            return name;
        }
    }
    return (sgr_str){"", 0};
}

static void list_names(struct loader *loader, const char *list, struct sgr_buf *out)
{
    for (size_t f = 0; f < loader->count; f++) {
        sgr_value entries = sgr_field(loader->files[f].root, sgr_str_from(list));
        for (size_t i = 0; entries.tag == SGR_LIST && i < sgr_count_of(entries); i++) {
            sgr_buf_printf(out, "%s%.*s", out->len ? ", " : "",
                           SGR_FMT(sgr_path_str(sgr_item(entries, i), "name")));
        }
    }
}

static bool no_context(struct loader *loader, sgr_str name)
{
    struct sgr_buf names;
    sgr_buf_init(&names, 4096);
    list_names(loader, "contexts", &names);
    if (name.len == 0) {
        sgr_error_set(loader->error,
                      "the kubeconfig %s has no current-context; choose one with "
                      "--context: %s",
                      loader->files[0].path, names.len ? names.ptr : "there is none");
    } else {
        sgr_error_set(loader->error, "there is no context \"%.*s\" in %s; there %s %s",
                      SGR_FMT(name),
                      loader->count == 1 ? loader->files[0].path : "the kubeconfig files",
                      names.len ? "is" : "are", names.len ? names.ptr : "none");
    }
    sgr_buf_release(&names);
    return false;
}

/* Where the context leads: a cluster and, if it names one, a user. */
static bool take_entries(struct loader *loader, const struct entry *context, sgr_str name)
{
    struct sgr_kube *kube = loader->kube;
    struct entry cluster, user = {sgr_absent(), context->path};
    sgr_str cluster_name = sgr_path_str(context->value, "cluster");
    sgr_str user_name = sgr_path_str(context->value, "user");
    if (!find_entry(loader, "clusters", "cluster", cluster_name, &cluster)) {
        return sgr_error_set(loader->error,
                             "the context \"%.*s\" in %s names the cluster \"%.*s\", "
                             "which is not there",
                             SGR_FMT(name), context->path, SGR_FMT(cluster_name));
    }
    if (user_name.len > 0 && !find_entry(loader, "users", "user", user_name, &user)) {
        return sgr_error_set(loader->error,
                             "the context \"%.*s\" in %s names the user \"%.*s\", which "
                             "is not there",
                             SGR_FMT(name), context->path, SGR_FMT(user_name));
    }
    sgr_str server = sgr_path_str(cluster.value, "server");
    if (server.len == 0) {
        return sgr_error_set(loader->error, "the cluster \"%.*s\" in %s has no server",
                             SGR_FMT(cluster_name), cluster.path);
    }
    if (!sgr_str_starts_with(server, SGR_STR("https://")) &&
        !sgr_str_starts_with(server, SGR_STR("http://"))) {
        return sgr_error_set(loader->error,
                             "the server of the cluster \"%.*s\" in %s is no http or "
                             "https address",
                             SGR_FMT(cluster_name), cluster.path);
    }
    while (server.ptr[server.len - 1] == '/') {
        server.len--;
    }
    sgr_str space = sgr_path_str(context->value, "namespace");
    kube->server = sgr_arena_cstr(kube->arena, server);
    kube->namespace = sgr_arena_cstr(kube->arena, space.len > 0 ? space : SGR_STR("default"));
    kube->context = sgr_arena_cstr(kube->arena, name);
    struct sgr_auth_source source = {
        .cluster = cluster.value,
        .cluster_path = cluster.path,
        .cluster_name = cluster_name,
        .user = user.value,
        .user_path = user.path,
        .user_name = user_name,
    };
    kube->auth = sgr_auth_new(&source, loader->error);
    return kube->auth != NULL;
}

static bool take_context(struct loader *loader)
{
    struct entry context;
    sgr_str name = current_context(loader);
    if (name.len == 0 || !find_entry(loader, "contexts", "context", name, &context)) {
        return no_context(loader, name);
    }
    return take_entries(loader, &context, name);
}

/* ---- in a pod ---- */

static sgr_value text_field(struct sgr_heap *heap, sgr_value record, const char *key,
                            const char *text)
{
    return sgr_record_with(heap, record, sgr_str_from(key), sgr_string(heap, sgr_str_from(text)));
}

/* The service account as if a kubeconfig said it, so that everything behind is the same. */
static bool take_account(struct loader *loader, const char *folder, bool *there)
{
    struct sgr_kube *kube = loader->kube;
    const char *host = getenv("KUBERNETES_SERVICE_HOST"), *port = getenv("KUBERNETES_SERVICE_PORT");
    sgr_str token = sgr_arena_printf(kube->arena, "%s/token", folder);
    *there = host != NULL && *host != '\0' && port != NULL && access(token.ptr, R_OK) == 0;
    if (!*there) {
        return true;
    }
    bool v6 = strchr(host, ':') != NULL;
    kube->server =
        sgr_arena_printf(kube->arena, v6 ? "https://[%s]:%s" : "https://%s:%s", host, port).ptr;
    kube->context = "in-cluster";
    sgr_value cluster = text_field(loader->heap, sgr_absent(), "certificate-authority",
                                   sgr_arena_printf(kube->arena, "%s/ca.crt", folder).ptr);
    struct sgr_buf space;
    sgr_buf_init(&space, 4096);
    bool ok = sgr_file_read(sgr_arena_printf(kube->arena, "%s/namespace", folder).ptr, 1024, &space,
                            NULL);
    kube->namespace =
        ok && space.len > 0 ? sgr_arena_cstr(kube->arena, sgr_buf_str(&space)) : "default";
    sgr_buf_release(&space);
    struct sgr_auth_source source = {
        .cluster = cluster,
        .cluster_path = folder,
        .cluster_name = SGR_STR("in-cluster"),
        .user = text_field(loader->heap, sgr_absent(), "tokenFile", token.ptr),
        .user_path = folder,
        .user_name = SGR_STR("service account"),
    };
    kube->auth = sgr_auth_new(&source, loader->error);
    return kube->auth != NULL;
}

/* ---- the door ---- */

static bool no_kubeconfig(const struct loader *loader)
{
    const char *list = getenv("KUBECONFIG");
    if (list != NULL && *list != '\0') {
        return sgr_error_set(loader->error,
                             "there is no kubeconfig: KUBECONFIG is %s, where no file is", list);
    }
    return sgr_error_set(loader->error, "there is no kubeconfig: name one with --kubeconfig or "
                                        "KUBECONFIG, or make ~/.kube/config");
}

static bool load(struct loader *loader)
{
    const char *folder = loader->options->account ? loader->options->account : account_folder;
    bool in_pod = false;
    if (!load_files(loader)) {
        return false;
    }
    if (loader->count > 0) {
        return take_context(loader);
    }
    if (!take_account(loader, folder, &in_pod)) {
        return false;
    }
    return in_pod || no_kubeconfig(loader);
}

struct sgr_kube *sgr_kube_load(const struct sgr_kube_options *options, struct sgr_error *error)
{
    struct sgr_kube *kube = sgr_calloc(1, sizeof *kube);
    kube->arena = sgr_arena_new();
    struct loader loader = {
        .options = options, .kube = kube, .heap = sgr_heap_new((size_t)256 << 20), .error = error};
    bool ok = load(&loader);
    sgr_heap_free(loader.heap);
    if (ok && options->namespace != NULL) {
        kube->namespace = sgr_arena_cstr(kube->arena, sgr_str_from(options->namespace));
    }
    if (!ok) {
        sgr_kube_free(kube);
        return NULL;
    }
    return kube;
}

void sgr_kube_free(struct sgr_kube *kube)
{
    if (kube != NULL) {
        sgr_auth_free(kube->auth);
        sgr_arena_free(kube->arena);
        free(kube);
    }
}

const char *sgr_kube_server(const struct sgr_kube *kube)
{
    return kube->server;
}

const char *sgr_kube_namespace(const struct sgr_kube *kube)
{
    return kube->namespace;
}

const char *sgr_kube_context(const struct sgr_kube *kube)
{
    return kube->context;
}

const struct sgr_http_target *sgr_kube_target(const struct sgr_kube *kube)
{
    return sgr_auth_target(kube->auth);
}
