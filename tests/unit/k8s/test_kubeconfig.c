/* Which cluster and who we are: precedence, merging, defects, plugins. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "k8s/exec_plugin.h"
#include "k8s/kubeconfig.h"
#include "server.h"

static char folder[64];

static void set_up(void)
{
    snprintf(folder, sizeof folder, "/tmp/sgr-kube-XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
    setenv("HOME", folder, 1);
    unsetenv("KUBECONFIG");
    unsetenv("KUBERNETES_SERVICE_HOST");
}

static void tear_down(void)
{
    char command[128];
    snprintf(command, sizeof command, "rm -r -- %s", folder);
    (void)!system(command);
}

TestSuite(kubeconfig, .init = set_up, .fini = tear_down);
TestSuite(exec_plugin, .init = set_up, .fini = tear_down);

static const char *path(const char *name)
{
    static char out[8][256];
    static int next;
    char *text = out[next++ % 8];
    snprintf(text, 256, "%s/%s", folder, name);
    return text;
}

static const char *put(const char *name, const char *text)
{
    FILE *file = fopen(path(name), "w");
    fputs(text, file);
    fclose(file);
    return path(name);
}

static const char *const one =
    "apiVersion: v1\nkind: Config\ncurrent-context: a\n"
    "clusters: [{name: c, cluster: {server: \"https://one:6443/\"}}]\n"
    "users: [{name: u, user: {token: t1}}]\n"
    "contexts: [{name: a, context: {cluster: c, user: u, namespace: shop}},"
    " {name: b, context: {cluster: d, user: u}}]\n";
static const char *const two =
    "current-context: b\n"
    "clusters: [{name: c, cluster: {server: \"https://never\"}},"
    " {name: d, cluster: {server: \"https://two\", insecure-skip-tls-verify: true}}]\n"
    "users:\ncontexts:\n";

static void expect(struct sgr_kube_options options, const char *server, const char *namespace)
{
    struct sgr_error error = {0};
    struct sgr_kube *kube = sgr_kube_load(&options, &error);
    cr_assert_not_null(kube, "%s", error.text);
    cr_assert_str_eq(sgr_kube_server(kube), server);
    cr_assert_str_eq(sgr_kube_namespace(kube), namespace);
    sgr_kube_free(kube);
}

static void expect_error(struct sgr_kube_options options, const char *sentence)
{
    struct sgr_error error = {0};
    struct sgr_kube *kube = sgr_kube_load(&options, &error);
    cr_assert_null(kube);
    cr_assert(strstr(error.text, sentence), "\"%s\" is not in \"%s\"", sentence, error.text);
    sgr_error_release(&error);
}

Test(kubeconfig, precedence_and_merging)
{
    char list[600];
    const char *first = put("first", one), *second = put("second", two);
    expect_error((struct sgr_kube_options){0}, "there is no kubeconfig");
    mkdir(path(".kube"), 0700);
    put(".kube/config", two);
    expect_error((struct sgr_kube_options){0}, "there is no context \"b\"");
    snprintf(list, sizeof list, "%s::/no/such/file:%s", first, second);
    setenv("KUBECONFIG", list, 1);
    expect((struct sgr_kube_options){0}, "https://one:6443", "shop");
    expect((struct sgr_kube_options){.context = "b"}, "https://two", "default");
    expect((struct sgr_kube_options){.context = "b", .namespace = "x"}, "https://two", "x");
    expect((struct sgr_kube_options){.kubeconfig = first}, "https://one:6443", "shop");
    expect_error((struct sgr_kube_options){.kubeconfig = first, .context = "b"},
                 "the context \"b\" in");
    expect_error((struct sgr_kube_options){.kubeconfig = path("nothing")},
                 "cannot be read: No such file");
}

Test(kubeconfig, each_defect_has_a_sentence)
{
    static const struct {
        const char *cluster, *user, *sentence;
    } rows[] = {
        {"{}", "{}", "has no server"},
        {"{server: one}", "{}", "is no http or https address"},
        {"{server: \"https://x\", certificate-authority-data: \"!!\"}", "{}",
         "is not a PEM text in base64"},
        {"{server: \"https://x\", certificate-authority-data: QUJD}", "{}",
         "is not a PEM text in base64"},
        {"{server: \"https://x\", certificate-authority: no/such.pem}", "{}",
         "no/such.pem cannot be read"},
        {"{server: \"https://x\", certificate-authority-data: LS0tLS1CRUdJTiBYLS0tLS0=, "
         "insecure-skip-tls-verify: true}",
         "{}", "has both a certificate authority and insecure-skip-tls-verify"},
        {"{server: \"https://x\"}", "{client-certificate-data: LS0tLS1CRUdJTiBYLS0tLS0=}",
         "has a client certificate without its key"},
        {"{server: \"https://x\"}", "{auth-provider: {name: gcp}}", "which Kubernetes has dropped"},
        {"{server: \"https://x\"}", "{tokenFile: none}", "none cannot be read"},
        {"{server: \"https://x\"}", "{exec: {apiVersion: client.authentication.k8s.io/v1}}",
         "has no command"},
        {"{server: \"https://x\"}", "{exec: {apiVersion: v9, command: x}}", "speaks \"v9\""},
        {"{server: \"https://x\"}",
         "{exec: {apiVersion: client.authentication.k8s.io/v1, command: x, interactiveMode: "
         "Always}}",
         "wants a terminal"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[1024];
        snprintf(text, sizeof text,
                 "current-context: a\nclusters: [{name: c, cluster: %s}]\nusers: [{name: u, "
                 "user: %s}]\ncontexts: [{name: a, context: {cluster: c, user: u}}]\n",
                 rows[i].cluster, rows[i].user);
        expect_error((struct sgr_kube_options){.kubeconfig = put("bad", text)}, rows[i].sentence);
    }
    expect_error((struct sgr_kube_options){.kubeconfig = put("bad", "a: [")}, "line 2, column 1");
    expect_error((struct sgr_kube_options){.kubeconfig = put("bad", "- a\n")},
                 "is not one YAML mapping");
    expect_error((struct sgr_kube_options){.kubeconfig = put("bad", "kind: Config\n")},
                 "has no current-context");
    expect_error(
        (struct sgr_kube_options){
            .kubeconfig = put("bad", "current-context: a\ncontexts: [{name: a, context: "
                                     "{cluster: x}}]\n")},
        "names the cluster \"x\"");
}

/* ---- what is sent ---- */

struct seen {
    bool done;
    int status;
    char text[1024];
};

static void take(void *context, const struct sgr_http_response *response)
{
    struct seen *seen = context;
    seen->done = true;
    seen->status = response->status;
    snprintf(seen->text, sizeof seen->text, "%s", response->text);
}

static struct seen ask(struct sgr_http *http, struct sgr_kube *kube, const char *url)
{
    struct seen seen = {0};
    struct sgr_http_request request = {.target = sgr_kube_target(kube),
                                       .method = "GET",
                                       .url = sgr_str_from(url),
                                       .safe = true,
                                       .budget_ms = 3000,
                                       .done = take,
                                       .context = &seen};
    (void)sgr_http_start(http, &request);
    cr_assert(sgr_http_until(http, &seen.done, 10000));
    return seen;
}

static struct reply fine(void *self, const char *request, int n)
{
    (void)request;
    (void)n;
    return (struct reply){.bytes = json_answer(self ? *(int *)self : 200, "{}")};
}

static struct sgr_kube *kube_of(const char *user)
{
    char text[2048];
    struct sgr_error error = {0};
    snprintf(
        text, sizeof text,
        "current-context: a\nclusters: [{name: c, cluster: {server: \"https://x\"}}]\n"
        "contexts: [{name: a, context: {cluster: c, user: u}}]\nusers:\n- name: u\n  user: %s\n",
        user);
    struct sgr_kube *kube =
        sgr_kube_load(&(struct sgr_kube_options){.kubeconfig = put("config", text)}, &error);
    cr_assert_not_null(kube, "%s", error.text);
    return kube;
}

Test(kubeconfig, tokens_and_names_to_act_as)
{
    struct server *server = server_start(fine, NULL);
    struct sgr_http *http = sgr_http_new(NULL);
    struct sgr_kube *kube =
        kube_of("{token: t1, as: jane, as-groups: [dev, ops], as-user-extra: {a/b: [x]}}");
    ask(http, kube, server_url(server));
    const char *request = server_request(server, 1);
    cr_assert(strstr(request, "Authorization: Bearer t1\r\n"), "%s", request);
    cr_assert(strstr(request, "Impersonate-User: jane\r\n") &&
                  strstr(request, "Impersonate-Group: dev\r\n") &&
                  strstr(request, "Impersonate-Group: ops\r\n") &&
                  strstr(request, "Impersonate-Extra-a%2Fb: x\r\n"),
              "%s", request);
    sgr_kube_free(kube);
    kube = kube_of("{username: joe, password: pw}");
    ask(http, kube, server_url(server));
    cr_assert(strstr(server_request(server, 2), "Authorization: Basic am9lOnB3\r\n"), "%s",
              server_request(server, 2));
    sgr_kube_free(kube);
    sgr_http_free(http);
    server_stop(server);
}

Test(kubeconfig, token_files_are_read_again_after_a_refusal)
{
    int status = 401;
    struct server *server = server_start(fine, &status);
    struct sgr_http *http = sgr_http_new(NULL);
    put("token", "t1\n");
    struct sgr_kube *kube = kube_of("{tokenFile: token}");
    put("token", "t2\n");
    struct seen seen = ask(http, kube, server_url(server));
    cr_assert(seen.status == 401 && server_count(server) == 2);
    cr_assert(strstr(server_request(server, 1), "Bearer t1\r\n") &&
              strstr(server_request(server, 2), "Bearer t2\r\n"));
    sgr_kube_free(kube);
    sgr_http_free(http);
    server_stop(server);
}

Test(kubeconfig, in_a_pod)
{
    setenv("KUBERNETES_SERVICE_HOST", "fd00::1", 1);
    setenv("KUBERNETES_SERVICE_PORT", "443", 1);
    put("token", "t\n");
    put("namespace", "team");
    struct sgr_kube_options options = {.account = folder};
    expect_error(options, "ca.crt cannot be read");
    put("ca.crt", "-----BEGIN CERTIFICATE-----\n");
    expect(options, "https://[fd00::1]:443", "team");
}

/* ---- plugins ---- */

static const char *plugin(const char *script)
{
    const char *file = put("plugin", "");
    char text[4096];
    snprintf(text, sizeof text, "#!/bin/sh\n%s\n", script);
    put("plugin", text);
    chmod(file, 0755);
    return file;
}

#define CREDENTIAL                                                                                 \
    "'{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"kind\":\"ExecCredential\",\"status\":"

static bool run(const char *script, struct sgr_exec_credential *out, char text[512])
{
    static const char *const args[] = {"one two", NULL}, *const env[] = {"EXTRA=yes", NULL};
    struct sgr_exec_plugin how = {.command = plugin(script),
                                  .args = args,
                                  .env = env,
                                  .timeout_ms = 700,
                                  .api_version = "client.authentication.k8s.io/v1",
                                  .cluster = sgr_absent()};
    struct sgr_error error = {0};
    bool ok = sgr_exec_plugin_run(&how, out, &error);
    snprintf(text, 512, "%s", error.text ? error.text : "");
    sgr_error_release(&error);
    return ok;
}

Test(exec_plugin, gives_a_token)
{
    struct sgr_exec_credential credential;
    char text[512];
    cr_assert(
        run("[ \"$1\" = 'one two' ] && [ $EXTRA = yes ] && echo " CREDENTIAL
            "{\"token\":\"'\"$(echo $KUBERNETES_EXEC_INFO | grep -c '\"interactive\":false')\"'\","
            "\"expirationTimestamp\":\"2030-01-02T03:04:05Z\"}}'",
            &credential, text),
        "%s", text);
    cr_assert_str_eq(credential.token, "1");
    cr_assert_eq(credential.expires, 1893553445);
    sgr_exec_credential_release(&credential);
}

Test(exec_plugin, what_can_go_wrong)
{
    static const struct {
        const char *script, *sentence;
    } rows[] = {
        {"exit 3", "ended with status 3"},
        {"echo first >&2; echo no login >&2; exit 1", "ended with status 1: no login"},
        {"kill -9 $$", "ended with signal 9"},
        {"echo garbage", "did not answer with an ExecCredential"},
        {"exit 0", "did not answer with an ExecCredential"},
        {"echo '{\"kind\":\"Other\"}'", "did not answer with an ExecCredential"},
        {"echo "
         "'{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1beta1\"}'",
         "answered in"},
        {"echo " CREDENTIAL "{}}'", "gave neither a token nor a certificate"},
        {"echo " CREDENTIAL "{\"token\":\"x\",\"expirationTimestamp\":\"soon\"}}'",
         "an expiry that is no time"},
        {"sleep 30", "did not end within 0 s"},
        {"sleep 30 & wait", "did not end within 0 s"},
        {"yes", "printed more than 1024 KiB"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct sgr_exec_credential credential;
        char text[512];
        int64_t began = sgr_http_now();
        cr_assert_not(run(rows[i].script, &credential, text), "%s", rows[i].script);
        cr_assert(strstr(text, rows[i].sentence), "%s: %s", rows[i].script, text);
        cr_assert(sgr_http_now() - began < 5000);
    }
}

Test(exec_plugin, a_grandchild_that_holds_the_pipe_does_not_keep_us)
{
    struct sgr_exec_credential credential;
    char text[512];
    int64_t began = sgr_http_now();
    cr_assert(run("sleep 30 & echo " CREDENTIAL "{\"token\":\"x\"}}'; exit 0", &credential, text),
              "%s", text);
    cr_assert(sgr_http_now() - began < 5000);
    sgr_exec_credential_release(&credential);
}

Test(exec_plugin, one_that_is_missing)
{
    static const char *const none[] = {NULL};
    struct sgr_exec_plugin how = {.command = "no-such-plugin-anywhere",
                                  .args = none,
                                  .env = none,
                                  .api_version = "client.authentication.k8s.io/v1",
                                  .cluster = sgr_absent(),
                                  .hint = "Install it with apt."};
    struct sgr_exec_credential credential;
    struct sgr_error error = {0};
    cr_assert_not(sgr_exec_plugin_run(&how, &credential, &error));
    cr_assert(strstr(error.text, "cannot be started") && strstr(error.text, "Install it with apt."),
              "%s", error.text);
    sgr_error_release(&error);
}

Test(exec_plugin, is_asked_once_until_its_token_ends)
{
    char script[1024], user[512];
    struct server *server = server_start(fine, NULL);
    struct sgr_http *http = sgr_http_new(NULL);
    snprintf(script, sizeof script, "echo x >>%s\necho " CREDENTIAL "{\"token\":\"tok\"}}'",
             path("calls"));
    plugin(script);
    snprintf(user, sizeof user,
             "{exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin}}");
    struct sgr_kube *kube = kube_of(user);
    for (int i = 0; i < 3; i++) {
        ask(http, kube, server_url(server));
    }
    struct stat info;
    cr_assert(stat(path("calls"), &info) == 0 && info.st_size == 2, "asked more than once");
    cr_assert(strstr(server_request(server, 3), "Bearer tok\r\n"));
    sgr_kube_free(kube);
    sgr_http_free(http);
    server_stop(server);
}

Test(exec_plugin, times)
{
    int64_t seconds;
    cr_assert(sgr_time_read(SGR_STR("1970-01-01T00:00:00Z"), &seconds) && seconds == 0);
    cr_assert(sgr_time_read(SGR_STR("2026-11-23T14:00:00.123456Z"), &seconds) &&
              seconds == 1795442400);
    cr_assert(sgr_time_read(SGR_STR("2026-11-23T14:00:00+02:00"), &seconds) &&
              seconds == 1795435200);
    cr_assert_not(sgr_time_read(SGR_STR("2026-11-23T14:00:00"), &seconds));
    cr_assert_not(sgr_time_read(SGR_STR("tomorrow, at a time"), &seconds));
}
