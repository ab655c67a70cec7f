/* Credentials: tokens, certificates, passwords, plugins, impersonation. Must never print one of
 * them, write one to a file, or keep one longer than its server is spoken to. */
#include "k8s/auth.h"

#include <stdlib.h>
#include <time.h>

#include "k8s/base64.h"
#include "k8s/codec.h"
#include "k8s/exec_plugin.h"
#include "k8s/kubeconfig.h"

enum {
    PEM_MAX = 4 << 20,
    REREAD_MS = 60000,
    EXPIRY_MARGIN_S = 10,
    PLUGIN_PAUSE_MS = 5000, /* after a refusal a plugin is not asked more often */
};

/* A PEM text: given inline, or in a file that is read again. */
struct pem {
    struct sgr_buf text;
    const char *path; /* NULL: inline or none */
};

struct sgr_auth {
    struct sgr_arena *arena;
    struct sgr_heap *heap; /* what a plugin is told of the cluster */
    struct sgr_http_target target;
    struct pem ca, cert, key;
    char *token; /* the one to send now, or NULL */
    const char *token_file;
    struct sgr_exec_plugin plugin;
    bool has_plugin, plugin_ran;
    int64_t expires; /* of what the plugin gave */
    int64_t read_at; /* when files were read */
    int64_t plugin_at;
    bool stale;                        /* a server refused what we have */
    SGR_VEC(const char *) impersonate; /* name, value, name, value... */
};

static void set_token(struct sgr_auth *auth, sgr_str token)
{
    while (token.len > 0 && (unsigned char)token.ptr[token.len - 1] <= ' ') {
        token.len--;
    }
    if (auth->token != NULL) {
        explicit_bzero(auth->token, strlen(auth->token));
        free(auth->token);
        auth->token = NULL;
    }
    if (token.len > 0) {
        auth->token = memcpy(sgr_calloc(token.len + 1, 1), token.ptr, token.len);
    }
}

static void set_pem(struct pem *pem, sgr_str text)
{
    explicit_bzero(pem->text.ptr, pem->text.len);
    sgr_buf_clear(&pem->text);
    sgr_buf_add(&pem->text, text);
}

static void point_target(struct sgr_auth *auth)
{
    auth->target.ca = sgr_buf_str(&auth->ca.text);
    auth->target.cert = sgr_buf_str(&auth->cert.text);
    auth->target.key = sgr_buf_str(&auth->key.text);
}

/* ---- files ---- */

static bool read_pem(struct pem *pem, struct sgr_error *error)
{
    if (pem->path == NULL) {
        return true;
    }
    struct sgr_buf text;
    sgr_buf_init(&text, PEM_MAX + 16384);
    bool ok = sgr_file_read(pem->path, PEM_MAX, &text, error);
    if (ok) {
        set_pem(pem, sgr_buf_str(&text));
    }
    explicit_bzero(text.ptr, text.len);
    sgr_buf_release(&text);
    return ok;
}

static bool read_token(struct sgr_auth *auth, struct sgr_error *error)
{
    if (auth->token_file == NULL) {
        return true;
    }
    struct sgr_buf text;
    sgr_buf_init(&text, 1 << 20);
    bool ok = sgr_file_read(auth->token_file, 1 << 18, &text, error);
    if (ok) {
        set_token(auth, sgr_buf_str(&text));
        ok = auth->token != NULL ||
             sgr_error_set(error, "the token file %s is empty", auth->token_file);
    }
    explicit_bzero(text.ptr, text.len);
    sgr_buf_release(&text);
    return ok;
}

static bool read_files(struct sgr_auth *auth, struct sgr_error *error)
{
    bool ok = read_pem(&auth->ca, error) && read_pem(&auth->cert, error) &&
              read_pem(&auth->key, error) && read_token(auth, error);
    auth->read_at = sgr_http_now();
    point_target(auth);
    return ok;
}

/* ---- plugins ---- */

static bool run_plugin(struct sgr_auth *auth, struct sgr_error *error)
{
    struct sgr_exec_credential credential;
    auth->plugin_at = sgr_http_now();
    if (!sgr_exec_plugin_run(&auth->plugin, &credential, error)) {
        return false;
    }
    if (credential.token != NULL) {
        set_token(auth, sgr_str_from(credential.token));
    }
    if (credential.cert != NULL && credential.key != NULL) {
        set_pem(&auth->cert, sgr_str_from(credential.cert));
        set_pem(&auth->key, sgr_str_from(credential.key));
        point_target(auth);
    }
    auth->expires = credential.expires;
    auth->plugin_ran = true;
    sgr_exec_credential_release(&credential);
    return true;
}

static bool plugin_is_due(const struct sgr_auth *auth)
{
    bool expired = auth->expires != INT64_MAX && time(NULL) + EXPIRY_MARGIN_S >= auth->expires;
    bool rested = sgr_http_now() - auth->plugin_at >= PLUGIN_PAUSE_MS;
    return !auth->plugin_ran || ((expired || auth->stale) && rested);
}

/* ---- the target's side ---- */

static bool authorize(void *self, struct sgr_http_headers *headers, struct sgr_error *error)
{
    struct sgr_auth *auth = self;
    if (auth->has_plugin && plugin_is_due(auth)) {
        if (!run_plugin(auth, error)) {
            return false;
        }
    }
    if (auth->stale || sgr_http_now() - auth->read_at >= REREAD_MS) {
        /* A file that is being replaced may be gone for a moment: what was read before still
         * counts. */
        (void)read_files(auth, NULL);
    }
    auth->stale = false;
    if (auth->token != NULL) {
        struct sgr_buf value;
        sgr_buf_init(&value, 1 << 20);
        sgr_buf_printf(&value, "Bearer %s", auth->token);
        bool ok = sgr_http_header(headers, "Authorization", sgr_buf_str(&value));
        explicit_bzero(value.ptr, value.len);
        sgr_buf_release(&value);
        if (!ok) {
            return sgr_error_set(error, "the token has a line break in it");
        }
    }
    for (size_t i = 0; i + 1 < auth->impersonate.len; i += 2) {
        if (!sgr_http_header(headers, auth->impersonate.at[i],
                             sgr_str_from(auth->impersonate.at[i + 1]))) {
            return sgr_error_set(error, "a name to act as has a line break in it");
        }
    }
    return true;
}

/* What was refused may have been replaced meanwhile. */
static bool refresh(void *self)
{
    struct sgr_auth *auth = self;
    auth->stale = true;
    return auth->token_file != NULL || auth->ca.path != NULL || auth->cert.path != NULL ||
           (auth->has_plugin && sgr_http_now() - auth->plugin_at >= PLUGIN_PAUSE_MS);
}

/* ---- from the kubeconfig ---- */

static const char *keep(struct sgr_auth *auth, sgr_str s)
{
    return s.len > 0 ? sgr_arena_cstr(auth->arena, s) : NULL;
}

/* A path as the file means it. */
static const char *resolve(struct sgr_auth *auth, const char *file, sgr_str path)
{
    const char *slash = strrchr(file, '/');
    if (path.len == 0 || path.ptr[0] == '/' || slash == NULL) {
        return keep(auth, path);
    }
    return sgr_arena_printf(auth->arena, "%.*s/%.*s", (int)(slash - file), file, SGR_FMT(path)).ptr;
}

static bool take_pem(struct sgr_auth *auth, struct pem *pem, sgr_value entry, const char *field,
                     const char *data_field, const char *file, struct sgr_error *error)
{
    sgr_str data = sgr_path_str(entry, data_field);
    if (data.len == 0) {
        pem->path = resolve(auth, file, sgr_path_str(entry, field));
        return true;
    }
    struct sgr_buf text;
    sgr_buf_init(&text, PEM_MAX);
    bool ok = sgr_base64_read(data, &text) && memmem(text.ptr, text.len, "-----BEGIN", 10) != NULL;
    if (ok) {
        set_pem(pem, sgr_buf_str(&text));
    } else {
        sgr_error_set(error, "%s in %s is not a PEM text in base64", data_field, file);
    }
    explicit_bzero(text.ptr, text.len);
    sgr_buf_release(&text);
    return ok;
}

static bool take_cluster(struct sgr_auth *auth, const struct sgr_auth_source *source,
                         struct sgr_error *error)
{
    sgr_value insecure = sgr_field(source->cluster, SGR_STR("insecure-skip-tls-verify"));
    if (!take_pem(auth, &auth->ca, source->cluster, "certificate-authority",
                  "certificate-authority-data", source->cluster_path, error)) {
        return false;
    }
    auth->target.insecure = insecure.tag == SGR_BOOL && insecure.as.i != 0;
    auth->target.proxy = keep(auth, sgr_path_str(source->cluster, "proxy-url"));
    auth->target.server_name = keep(auth, sgr_path_str(source->cluster, "tls-server-name"));
    if (auth->target.insecure && (auth->ca.path != NULL || auth->ca.text.len > 0)) {
        return sgr_error_set(error,
                             "the cluster \"%.*s\" in %s has both a certificate authority and "
                             "insecure-skip-tls-verify",
                             SGR_FMT(source->cluster_name), source->cluster_path);
    }
    return true;
}

/* The cluster as a plugin with provideClusterInfo is told. */
static sgr_value cluster_info(struct sgr_auth *auth, sgr_value cluster)
{
    static const char *const fields[] = {"server", "tls-server-name", "insecure-skip-tls-verify",
                                         "certificate-authority-data", "proxy-url"};
    sgr_value info = sgr_absent();
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        sgr_value field = sgr_field(cluster, sgr_str_from(fields[i]));
        if (!sgr_is_absent(field)) {
            info = sgr_record_with(auth->heap, info, sgr_str_from(fields[i]),
                                   sgr_value_copy(auth->heap, field));
        }
    }
    return info;
}

static const char *const *take_args(struct sgr_auth *auth, sgr_value args)
{
    size_t count = args.tag == SGR_LIST ? sgr_count_of(args) : 0;
    const char **out = SGR_NEW_ARRAY(auth->arena, const char *, count + 1);
    struct sgr_buf text;
    sgr_buf_init(&text, 1 << 20);
    for (size_t i = 0; i < count; i++) {
        sgr_buf_clear(&text);
        sgr_value_print(sgr_item(args, i), &text);
        out[i] = sgr_arena_cstr(auth->arena, sgr_buf_str(&text));
    }
    sgr_buf_release(&text);
    return out;
}

static const char *const *take_env(struct sgr_auth *auth, sgr_value env)
{
    size_t count = env.tag == SGR_LIST ? sgr_count_of(env) : 0;
    const char **out = SGR_NEW_ARRAY(auth->arena, const char *, count + 1);
    for (size_t i = 0; i < count; i++) {
        out[i] = sgr_arena_printf(auth->arena, "%.*s=%.*s",
                                  SGR_FMT(sgr_path_str(sgr_item(env, i), "name")),
                                  SGR_FMT(sgr_path_str(sgr_item(env, i), "value")))
                     .ptr;
    }
    return out;
}

static bool take_plugin(struct sgr_auth *auth, const struct sgr_auth_source *source, sgr_value exec,
                        struct sgr_error *error)
{
    sgr_str version = sgr_path_str(exec, "apiVersion"), command = sgr_path_str(exec, "command");
    sgr_value provide = sgr_field(exec, SGR_STR("provideClusterInfo"));
    if (command.len == 0) {
        return sgr_error_set(error, "the exec plugin of the user \"%.*s\" in %s has no command",
                             SGR_FMT(source->user_name), source->user_path);
    }
    if (!sgr_str_is(version, "client.authentication.k8s.io/v1") &&
        !sgr_str_is(version, "client.authentication.k8s.io/v1beta1")) {
        return sgr_error_set(error,
                             "the exec plugin of the user \"%.*s\" in %s speaks \"%.*s\"; known "
                             "are client.authentication.k8s.io/v1 and v1beta1",
                             SGR_FMT(source->user_name), source->user_path, SGR_FMT(version));
    }
    if (sgr_str_is(sgr_path_str(exec, "interactiveMode"), "Always")) {
        return sgr_error_set(error,
                             "the exec plugin of the user \"%.*s\" in %s wants a terminal "
                             "(interactiveMode: Always), which a rollout cannot give",
                             SGR_FMT(source->user_name), source->user_path);
    }
    bool has_slash = memchr(command.ptr, '/', command.len) != NULL;
    auth->has_plugin = true;
    auth->plugin = (struct sgr_exec_plugin){
        .command = has_slash ? resolve(auth, source->user_path, command) : keep(auth, command),
        .args = take_args(auth, sgr_field(exec, SGR_STR("args"))),
        .env = take_env(auth, sgr_field(exec, SGR_STR("env"))),
        .api_version = keep(auth, version),
        .hint = keep(auth, sgr_path_str(exec, "installHint")),
        .cluster = provide.tag == SGR_BOOL && provide.as.i ? cluster_info(auth, source->cluster)
                                                           : sgr_absent(),
    };
    return true;
}

static void act_as(struct sgr_auth *auth, const char *name, sgr_str value)
{
    if (value.len > 0) {
        sgr_vec_push(&auth->impersonate, sgr_arena_cstr(auth->arena, sgr_str_from(name)));
        sgr_vec_push(&auth->impersonate, sgr_arena_cstr(auth->arena, value));
    }
}

static void take_impersonation(struct sgr_auth *auth, sgr_value user)
{
    sgr_value groups = sgr_field(user, SGR_STR("as-groups"));
    sgr_value extra = sgr_field(user, SGR_STR("as-user-extra"));
    act_as(auth, "Impersonate-User", sgr_path_str(user, "as"));
    act_as(auth, "Impersonate-Uid", sgr_path_str(user, "as-uid"));
    for (size_t i = 0; groups.tag == SGR_LIST && i < sgr_count_of(groups); i++) {
        sgr_value group = sgr_item(groups, i);
        act_as(auth, "Impersonate-Group",
               group.tag == SGR_STRING ? sgr_string_of(group) : SGR_STR(""));
    }
    for (size_t i = 0; extra.tag == SGR_RECORD && i < sgr_count_of(extra); i++) {
        sgr_value values = sgr_field_at(extra, i);
        struct sgr_buf name;
        sgr_buf_init(&name, 4096);
        sgr_buf_cstr(&name, "Impersonate-Extra-");
        sgr_http_escape(&name, sgr_key(extra, i));
        for (size_t k = 0; values.tag == SGR_LIST && k < sgr_count_of(values); k++) {
            sgr_value value = sgr_item(values, k);
            act_as(auth, name.ptr, value.tag == SGR_STRING ? sgr_string_of(value) : SGR_STR(""));
        }
        sgr_buf_release(&name);
    }
}

static bool take_user(struct sgr_auth *auth, const struct sgr_auth_source *source,
                      struct sgr_error *error)
{
    sgr_value user = source->user, exec = sgr_field(user, SGR_STR("exec"));
    sgr_str name = sgr_path_str(user, "username"), password = sgr_path_str(user, "password");
    if (!take_pem(auth, &auth->cert, user, "client-certificate", "client-certificate-data",
                  source->user_path, error) ||
        !take_pem(auth, &auth->key, user, "client-key", "client-key-data", source->user_path,
                  error)) {
        return false;
    }
    bool has_cert = auth->cert.path != NULL || auth->cert.text.len > 0;
    bool has_key = auth->key.path != NULL || auth->key.text.len > 0;
    if (has_cert != has_key) {
        return sgr_error_set(error, "the user \"%.*s\" in %s has a client %s without its %s",
                             SGR_FMT(source->user_name), source->user_path,
                             has_cert ? "certificate" : "key", has_cert ? "key" : "certificate");
    }
    if (!sgr_is_absent(sgr_field(user, SGR_STR("auth-provider")))) {
        return sgr_error_set(error,
                             "the user \"%.*s\" in %s has an auth-provider, which Kubernetes has "
                             "dropped; use an exec plugin",
                             SGR_FMT(source->user_name), source->user_path);
    }
    auth->token_file = resolve(auth, source->user_path, sgr_path_str(user, "tokenFile"));
    set_token(auth, sgr_path_str(user, "token"));
    if (name.len > 0) {
        auth->target.user_pass =
            sgr_arena_printf(auth->arena, "%.*s:%.*s", SGR_FMT(name), SGR_FMT(password)).ptr;
    }
    take_impersonation(auth, user);
    return exec.tag != SGR_RECORD || take_plugin(auth, source, exec, error);
}

struct sgr_auth *sgr_auth_new(const struct sgr_auth_source *source, struct sgr_error *error)
{
    struct sgr_auth *auth = sgr_calloc(1, sizeof *auth);
    auth->arena = sgr_arena_new();
    auth->heap = sgr_heap_new((size_t)16 << 20);
    auth->expires = INT64_MAX;
    sgr_buf_init(&auth->ca.text, PEM_MAX);
    sgr_buf_init(&auth->cert.text, PEM_MAX);
    sgr_buf_init(&auth->key.text, PEM_MAX);
    auth->target.authorize = authorize;
    auth->target.refresh = refresh;
    auth->target.self = auth;
    if (!take_cluster(auth, source, error) || !take_user(auth, source, error) ||
        !read_files(auth, error)) {
        sgr_auth_free(auth);
        return NULL;
    }
    return auth;
}

void sgr_auth_free(struct sgr_auth *auth)
{
    if (auth == NULL) {
        return;
    }
    set_token(auth, (sgr_str){"", 0});
    struct pem *pems[] = {&auth->ca, &auth->cert, &auth->key};
    for (size_t i = 0; i < 3; i++) {
        set_pem(pems[i], (sgr_str){"", 0});
        sgr_buf_release(&pems[i]->text);
    }
    sgr_vec_release(&auth->impersonate);
    sgr_heap_free(auth->heap);
    sgr_arena_free(auth->arena);
    free(auth);
}

const struct sgr_http_target *sgr_auth_target(const struct sgr_auth *auth)
{
    return &auth->target;
}
