/* The entry of sgrc: finds the command, parses its options, runs it. */
#include "cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

int sgr_complain(int status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("sgrc: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    return status;
}

bool sgr_use_color(const struct sgr_cli *cli, int fd)
{
    const char *choice = sgr_cli_value(cli, SGR_OPT_color);
    const char *no_color = getenv("NO_COLOR");
    if (choice != NULL && strcmp(choice, "always") == 0) {
        return true;
    }
    bool never =
        (choice != NULL && strcmp(choice, "never") == 0) || (no_color != NULL && *no_color != '\0');
    return !never && isatty(fd);
}

/* 0, or the errno of what went wrong; so do the others below. */
static int write_bytes(int fd, sgr_str bytes)
{
    size_t done = 0;
    while (done < bytes.len) {
        ssize_t n = write(fd, bytes.ptr + done, bytes.len - done);
        if (n < 0 && errno != EINTR) {
            return errno;
        }
        done += n > 0 ? (size_t)n : 0;
    }
    return 0;
}

bool sgr_write_all(int fd, sgr_str bytes, struct sgr_error *error)
{
    int problem = write_bytes(fd, bytes);
    if (problem != 0) {
        sgr_error_set(error, "cannot write: %s", strerror(problem));
        errno = problem;
    }
    return problem == 0;
}

/* A device or a pipe is written into as it is. */
static int write_into(const char *path, sgr_str bytes)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) {
        return errno;
    }
    int problem = write_bytes(fd, bytes);
    return close(fd) != 0 && problem == 0 ? errno : problem;
}

static int fill_and_rename(int fd, const char *temporary, const char *path, sgr_str bytes)
{
    mode_t mask = umask(0);
    umask(mask);
    int problem = write_bytes(fd, bytes);
    if (problem == 0 && (fchmod(fd, 0666 & ~mask) != 0 || fsync(fd) != 0)) {
        problem = errno;
    }
    if (close(fd) != 0 && problem == 0) {
        problem = errno;
    }
    if (problem == 0 && rename(temporary, path) != 0) {
        problem = errno;
    }
    if (problem != 0) {
        unlink(temporary);
    }
    return problem;
}

static int replace_file(const char *path, sgr_str bytes)
{
    struct sgr_buf temporary;
    sgr_buf_init(&temporary, 1 << 16);
    sgr_buf_printf(&temporary, "%s.XXXXXX", path);
    int fd = mkstemp(temporary.ptr);
    int problem = fd < 0 ? errno : fill_and_rename(fd, temporary.ptr, path, bytes);
    sgr_buf_release(&temporary);
    return problem;
}

bool sgr_write_file(const char *path, sgr_str bytes, struct sgr_error *error)
{
    struct stat info;
    char *target = realpath(path, NULL); /* a link stays a link */
    int problem = target != NULL && stat(target, &info) == 0 && !S_ISREG(info.st_mode)
                      ? write_into(path, bytes)
                      : replace_file(target != NULL ? target : path, bytes);
    free(target);
    return problem == 0 || sgr_error_set(error, "cannot write %s: %s", path, strerror(problem));
}

bool sgr_read_file(const char *path, sgr_str *text, struct sgr_error *error)
{
    bool input = strcmp(path, "-") == 0;
    int fd = input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return sgr_error_set(error, "cannot read %s: %s", path, strerror(errno));
    }
    struct sgr_buf buf;
    sgr_buf_init(&buf, SGR_SOURCE_MAX + 1);
    char chunk[65536];
    ssize_t n;
    while ((n = read(fd, chunk, sizeof chunk)) > 0 || (n < 0 && errno == EINTR)) {
        sgr_buf_bytes(&buf, chunk, n > 0 ? (size_t)n : 0);
    }
    bool ok = true;
    if (n < 0) {
        ok = sgr_error_set(error, "cannot read %s: %s", path, strerror(errno));
    } else if (buf.full) {
        ok = sgr_error_set(error, "%s is larger than %d MiB", path, SGR_SOURCE_MAX >> 20);
    }
    if (!input) {
        close(fd);
    }
    if (ok) {
        text->len = buf.len;
        text->ptr = sgr_buf_take(&buf);
    }
    sgr_buf_release(&buf);
    return ok;
}

void sgr_print_diags(const struct sgr_cli *cli, struct sgr_diags *diags)
{
    bool quiet = sgr_cli_has(cli, SGR_OPT_quiet);
    struct sgr_buf out;
    sgr_buf_init(&out, 16 << 20);
    sgr_diags_sort(diags);
    for (size_t i = 0; i < diags->list.len; i++) {
        if (!quiet || diags->list.at[i].severity == SGR_ERROR) {
            sgr_diag_render_text(diags, &diags->list.at[i], sgr_use_color(cli, STDERR_FILENO),
                                 &out);
        }
    }
    fwrite(out.ptr, 1, out.len, stderr);
    sgr_buf_release(&out);
}

typedef int (*command_fn)(const struct sgr_cli *cli);
static const command_fn functions[SGR_CMD_COUNT] = {
#define COMMAND(id, word, arguments, doc, example) [SGR_CMD_##id] = sgr_cmd_##id,
#include "cli/command.def"
#undef COMMAND
};

static int print_help(int command)
{
    struct sgr_buf out;
    struct sgr_error error = {0};
    sgr_buf_init(&out, 1 << 20);
    if (command < 0) {
        sgr_help_all(&out);
    } else {
        sgr_help_command((enum sgr_command)command, &out);
    }
    bool ok = sgr_write_all(STDOUT_FILENO, sgr_buf_str(&out), &error);
    int status = ok ? 0 : sgr_complain(1, "%s", error.text);
    sgr_buf_release(&out);
    sgr_error_release(&error);
    return status;
}

static int find_command(const char *word)
{
    for (int i = 0; i < SGR_CMD_COUNT; i++) {
        if (strcmp(word, sgr_commands[i].word) == 0) {
            return i;
        }
    }
    return -1;
}

static int unknown_command(const char *word)
{
    for (int i = 0; i < SGR_CMD_COUNT; i++) {
        sgr_str known = sgr_str_from(sgr_commands[i].word);
        if (sgr_str_distance(sgr_str_from(word), known, 2) <= 2) {
            return sgr_complain(1, "unknown command `%s`; did you mean `%s`?", word, known.ptr);
        }
    }
    return sgr_complain(1, "unknown command `%s`; `sgrc --help` lists them", word);
}

/* A stream that the caller closed must not become a file or a socket of ours, to be printed into.
 */
static void keep_standard_streams(void)
{
    while (true) {
        int fd = open("/dev/null", O_RDWR);
        if (fd > STDERR_FILENO) {
            close(fd);
            return;
        }
        if (fd < 0) {
            return;
        }
    }
}

/* What was printed must have arrived; a rollout stays what it became, whatever happens to its
 * lines. */
static int flush(int status, enum sgr_command command)
{
    if (fflush(stdout) == 0 && !ferror(stdout)) {
        return status;
    }
    int failed = sgr_complain(sgr_could_not(command), "cannot write: %s", strerror(errno));
    return sgr_word_listed("run resume abort", sgr_commands[command].word) ? status : failed;
}

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN);
    keep_standard_streams();
    if (argc < 2) {
        print_help(-1);
        return 1;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0) {
        return print_help(argc > 2 ? find_command(argv[2]) : -1);
    }
    int command = strcmp(argv[1], "--version") == 0 ? SGR_CMD_version : find_command(argv[1]);
    if (command < 0) {
        return unknown_command(argv[1]);
    }
    struct sgr_cli cli;
    struct sgr_error error = {0};
    int status;
    if (!sgr_cli_parse(&cli, (enum sgr_command)command, argc - 2, argv + 2, &error)) {
        status = sgr_complain(sgr_could_not(command), "%s", error.text);
        sgr_error_release(&error);
    } else if (sgr_cli_has(&cli, SGR_OPT_help)) {
        status = print_help(command);
    } else {
        status = flush(functions[command](&cli), command);
    }
    sgr_cli_release(&cli);
    return status;
}
