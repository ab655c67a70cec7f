/* Runs an exec plugin and reads what it says. Must never start a shell, wait longer than the limit,
 * leave the plugin's process group running, or print a credential. */
#include "k8s/exec_plugin.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "k8s/codec.h"

enum { TIMEOUT_MS = 30000, ANSWER_MAX = 1 << 20, COMPLAINT_MAX = 1 << 16, POLL_MS = 20 };

extern char **environ;

struct child {
    pid_t pid;
    int out, err;
    bool ended;
    int status;
};

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

bool sgr_time_read(sgr_str text, int64_t *seconds)
{
    char copy[40];
    struct tm tm = {0};
    if (text.len < 20 || text.len >= sizeof copy) {
        return false;
    }
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    char *rest = strptime(copy, "%Y-%m-%dT%H:%M:%S", &tm);
    if (rest == NULL) {
        return false;
    }
    if (*rest == '.') {
        rest += 1 + strspn(rest + 1, "0123456789");
    }
    int offset = 0;
    if ((rest[0] == '+' || rest[0] == '-') && strlen(rest) == 6 && rest[3] == ':') {
        offset = ((rest[1] - '0') * 10 + rest[2] - '0') * 3600 +
                 ((rest[4] - '0') * 10 + rest[5] - '0') * 60;
        offset = rest[0] == '-' ? -offset : offset;
    } else if (strcmp(rest, "Z") != 0) {
        return false;
    }
    *seconds = (int64_t)timegm(&tm) - offset;
    return true;
}

/* ---- the process ---- */

static void exec_info(const struct sgr_exec_plugin *plugin, struct sgr_buf *out)
{
    sgr_buf_cstr(out, "KUBERNETES_EXEC_INFO={\"apiVersion\":");
    sgr_buf_json(out, sgr_str_from(plugin->api_version));
    sgr_buf_cstr(out, ",\"kind\":\"ExecCredential\",\"spec\":{\"interactive\":false");
    if (!sgr_is_absent(plugin->cluster)) {
        sgr_buf_cstr(out, ",\"cluster\":");
        (void)sgr_value_json(plugin->cluster, out);
    }
    sgr_buf_cstr(out, "}}");
}

/* Our environment, the plugin's beside it; of two with one name the last wins for most programs, so
 * what is replaced is left out. */
static char **environment(const struct sgr_exec_plugin *plugin, char *info)
{
    size_t count = 0, extra = 0, kept = 0;
    while (environ[count] != NULL) {
        count++;
    }
    while (plugin->env[extra] != NULL) {
        extra++;
    }
    char **env = sgr_calloc(count + extra + 2, sizeof *env);
    for (size_t i = 0; i < count; i++) {
        bool replaced = strncmp(environ[i], "KUBERNETES_EXEC_INFO=", 21) == 0;
        for (size_t k = 0; k < extra; k++) {
            size_t name = strcspn(plugin->env[k], "=") + 1;
            replaced = replaced || strncmp(environ[i], plugin->env[k], name) == 0;
        }
        if (!replaced) {
            env[kept++] = environ[i];
        }
    }
    for (size_t k = 0; k < extra; k++) {
        env[kept++] = (char *)(uintptr_t)plugin->env[k];
    }
    env[kept] = info;
    return env;
}

static int spawn(const struct sgr_exec_plugin *plugin, int out[2], int err[2], pid_t *pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    struct sgr_buf info;
    sigset_t none;
    size_t count = 0;
    while (plugin->args[count] != NULL) {
        count++;
    }
    char **argv = sgr_calloc(count + 2, sizeof *argv);
    argv[0] = (char *)(uintptr_t)plugin->command;
    for (size_t i = 0; i < count; i++) {
        argv[i + 1] = (char *)(uintptr_t)plugin->args[i];
    }
    sgr_buf_init(&info, 1 << 20);
    exec_info(plugin, &info);
    char **env = environment(plugin, info.ptr);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, err[1], STDERR_FILENO);
    posix_spawnattr_init(&attributes);
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
    int failed = posix_spawnp(pid, plugin->command, &actions, &attributes, argv, env);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    sgr_buf_release(&info);
    free(env);
    free(argv);
    return failed;
}

/* Takes what is there, or some of a flood; false at the end of the stream. */
static bool drain(int fd, struct sgr_buf *out)
{
    char bytes[8192];
    for (int i = 0; i < 64; i++) {
        ssize_t got = read(fd, bytes, sizeof bytes);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return got < 0 && errno == EAGAIN;
        }
        sgr_buf_bytes(out, bytes, (size_t)got);
        explicit_bzero(bytes, sizeof bytes);
    }
    return true;
}

/* Reads until the process has ended or something is too much. A grandchild that holds the pipes
 * open does not keep us. */
static void attend(struct child *child, struct sgr_buf *answer, struct sgr_buf *complaint,
                   int64_t deadline)
{
    bool out = true, err = true;
    while (!child->ended && !answer->full && now_ms() < deadline) {
        struct pollfd fds[] = {{out ? child->out : -1, POLLIN, 0},
                               {err ? child->err : -1, POLLIN, 0}};
        (void)poll(fds, 2, POLL_MS);
        out = out && drain(child->out, answer);
        err = err && drain(child->err, complaint);
        child->ended = waitpid(child->pid, &child->status, WNOHANG) == child->pid;
    }
    if (child->ended) {
        (void)(out && drain(child->out, answer));
        (void)(err && drain(child->err, complaint));
    }
}

static bool run(const struct sgr_exec_plugin *plugin, struct sgr_buf *answer,
                struct sgr_buf *complaint, struct child *child, struct sgr_error *error)
{
    int out[2], err[2] = {-1, -1};
    if (pipe2(out, O_CLOEXEC) != 0) {
        return sgr_error_set(error, "no pipe for %s: %s", plugin->command, strerror(errno));
    }
    if (pipe2(err, O_CLOEXEC) != 0) {
        close(out[0]);
        close(out[1]);
        return sgr_error_set(error, "no pipe for %s: %s", plugin->command, strerror(errno));
    }
    fcntl(out[0], F_SETFL, O_NONBLOCK);
    fcntl(err[0], F_SETFL, O_NONBLOCK);
    *child = (struct child){.out = out[0], .err = err[0]};
    int failed = spawn(plugin, out, err, &child->pid);
    close(out[1]);
    close(err[1]);
    if (failed == 0) {
        int64_t limit = plugin->timeout_ms > 0 ? plugin->timeout_ms : TIMEOUT_MS;
        attend(child, answer, complaint, now_ms() + limit);
        kill(-child->pid, SIGKILL);
        if (!child->ended) {
            (void)waitpid(child->pid, &child->status, 0);
        }
    }
    close(out[0]);
    close(err[0]);
    return failed == 0 || sgr_error_set(error, "the credential plugin %s cannot be started: %s%s%s",
                                        plugin->command, strerror(failed), plugin->hint ? ". " : "",
                                        plugin->hint ? plugin->hint : "");
}

/* ---- what it said ---- */

static char *own(sgr_value status, const char *field)
{
    sgr_str text = sgr_path_str(status, field);
    return text.len > 0 ? memcpy(sgr_calloc(text.len + 1, 1), text.ptr, text.len) : NULL;
}

static bool take_answer(const struct sgr_exec_plugin *plugin, sgr_str answer,
                        struct sgr_exec_credential *out, struct sgr_error *error)
{
    struct sgr_heap *heap = sgr_heap_new((size_t)64 << 20);
    sgr_value value = sgr_absent();
    bool ok = sgr_json_read(heap, answer, &value, NULL) && value.tag == SGR_RECORD &&
              sgr_str_is(sgr_path_str(value, "kind"), "ExecCredential");
    if (!ok) {
        sgr_error_set(error, "the credential plugin %s did not answer with an ExecCredential",
                      plugin->command);
    } else if (!sgr_str_is(sgr_path_str(value, "apiVersion"), plugin->api_version)) {
        ok = sgr_error_set(error, "the credential plugin %s answered in %.*s, asked for was %s",
                           plugin->command, SGR_FMT(sgr_path_str(value, "apiVersion")),
                           plugin->api_version);
    } else {
        sgr_str expires = sgr_path_str(value, "status/expirationTimestamp");
        out->token = own(value, "status/token");
        out->cert = own(value, "status/clientCertificateData");
        out->key = own(value, "status/clientKeyData");
        out->expires = INT64_MAX;
        if (expires.len > 0 && !sgr_time_read(expires, &out->expires)) {
            ok = sgr_error_set(error, "the credential plugin %s gave an expiry that is no time",
                               plugin->command);
        } else if (out->token == NULL && (out->cert == NULL || out->key == NULL)) {
            ok = sgr_error_set(error,
                               "the credential plugin %s gave neither a token nor a certificate "
                               "with its key",
                               plugin->command);
        }
    }
    sgr_heap_free(heap);
    return ok;
}

/* The last line that the plugin complained with. */
static sgr_str last_line(sgr_str text)
{
    while (text.len > 0 && (unsigned char)text.ptr[text.len - 1] <= ' ') {
        text.len--;
    }
    const char *line = text.len > 0 ? memrchr(text.ptr, '\n', text.len) : NULL;
    if (line != NULL) {
        text = (sgr_str){line + 1, text.len - (size_t)(line + 1 - text.ptr)};
    }
    return text.len > 300 ? (sgr_str){text.ptr, 300} : text;
}

bool sgr_exec_plugin_run(const struct sgr_exec_plugin *plugin, struct sgr_exec_credential *out,
                         struct sgr_error *error)
{
    struct sgr_buf answer, complaint;
    struct child child = {0};
    sgr_buf_init(&answer, ANSWER_MAX);
    sgr_buf_init(&complaint, COMPLAINT_MAX);
    *out = (struct sgr_exec_credential){.expires = INT64_MAX};
    bool ok = run(plugin, &answer, &complaint, &child, error);
    if (!ok) {
        goto out;
    }
    sgr_str line = last_line(sgr_buf_str(&complaint));
    if (answer.full) {
        ok = sgr_error_set(error, "the credential plugin %s printed more than %d KiB",
                           plugin->command, ANSWER_MAX >> 10);
    } else if (!child.ended) {
        ok = sgr_error_set(
            error, "the credential plugin %s did not end within %lld s", plugin->command,
            (long long)(plugin->timeout_ms > 0 ? plugin->timeout_ms : TIMEOUT_MS) / 1000);
    } else if (!WIFEXITED(child.status) || WEXITSTATUS(child.status) != 0) {
        ok = sgr_error_set(error, "the credential plugin %s ended with %s %d%s%.*s",
                           plugin->command, WIFEXITED(child.status) ? "status" : "signal",
                           WIFEXITED(child.status) ? WEXITSTATUS(child.status)
                                                   : WTERMSIG(child.status),
                           line.len ? ": " : "", SGR_FMT(line));
    } else {
        ok = take_answer(plugin, sgr_buf_str(&answer), out, error);
    }
out:
    if (answer.len > 0) {
        explicit_bzero(answer.ptr, answer.len);
    }
    sgr_buf_release(&answer);
    sgr_buf_release(&complaint);
    if (!ok) {
        sgr_exec_credential_release(out);
    }
    return ok;
}

static void wipe(char **text)
{
    if (*text != NULL) {
        explicit_bzero(*text, strlen(*text));
    }
    free(*text);
    *text = NULL;
}

void sgr_exec_credential_release(struct sgr_exec_credential *credential)
{
    wipe(&credential->token);
    wipe(&credential->cert);
    wipe(&credential->key);
}
