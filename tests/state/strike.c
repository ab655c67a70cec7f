/* A library to be preloaded into sgrc: lets the N-th change of a file, or the N-th allocation, go
 * wrong. Everything else goes to libc untouched. SGR_STRIKE says what: "kill:N" before the N-th
 * change (a write, a sync, a rename, a removal, a new file), "refuse:N" (ENOSPC, once), "torn:N"
 * (half of the N-th write, then the kill), "full:N" (half of the N-th write, then ENOSPC, once) or
 * "malloc:N"; "count" only counts. "each" forks at every allocation a child in which that one
 * fails, and gathers how the children end.
 * SGR_STRIKE_DIR: files below it count. SGR_STRIKE_OUT: where counts are written at the end. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

enum { EXIT_OOM = 71, EXIT_OTHER = 125, STATUSES = 256 };

static struct {
    char mode[8];
    long at, changes, writes, allocations;
    const char *dir;
    bool ready, struck, busy;
    int said; /* what a child says, in a file that is its own */
    long ends[STATUSES], signals, silent;
} strike;

__attribute__((constructor)) static void begin(void)
{
    const char *what = getenv("SGR_STRIKE");
    strike.dir = getenv("SGR_STRIKE_DIR");
    strike.said = -1;
    if (what != NULL && sscanf(what, "%7[a-z]:%ld", strike.mode, &strike.at) >= 1) {
        if (strcmp(strike.mode, "each") == 0) {
            strike.said = memfd_create("said", MFD_CLOEXEC);
        }
        strike.ready = true;
    }
}

__attribute__((destructor)) static void end(void)
{
    const char *path = getenv("SGR_STRIKE_OUT");
    FILE *out;
    if (!strike.ready || strike.busy || path == NULL) {
        return;
    }
    strike.ready = false;
    out = fopen(path, "w");
    if (out != NULL) {
        fprintf(out, "changes %ld\nwrites %ld\nallocations %ld\nsignals %ld\nsilent %ld\n",
                strike.changes, strike.writes, strike.allocations, strike.signals, strike.silent);
        for (int i = 0; i < STATUSES; i++) {
            if (strike.ends[i] > 0) {
                fprintf(out, "status-%d %ld\n", i, strike.ends[i]);
            }
        }
        fclose(out);
    }
}

static bool is(const char *mode)
{
    return strcmp(strike.mode, mode) == 0;
}

/* ---- files ---- */

static bool is_below(const char *path)
{
    return strike.ready && strike.dir != NULL && strncmp(path, strike.dir, strlen(strike.dir)) == 0;
}

static bool is_ours(int fd)
{
    char link[40], path[4096];
    ssize_t length;
    if (!strike.ready || strike.dir == NULL) {
        return false;
    }
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    length = readlink(link, path, sizeof path - 1);
    path[length > 0 ? length : 0] = '\0';
    return is_below(path);
}

/* Whether this change of a file is refused; does not return where the process dies before it. */
static bool strikes(void)
{
    bool now = ++strike.changes == strike.at;
    if (now && is("kill")) {
        kill(getpid(), SIGKILL);
    }
    return now && is("refuse");
}

static int no_space(void)
{
    errno = ENOSPC;
    return -1;
}

/* The function that this one stands before. */
static void look_up(const char *name, void *function)
{
    void *symbol = dlsym(RTLD_NEXT, name);
    memcpy(function, &symbol, sizeof symbol); /* ISO C has no cast from object to function */
}

ssize_t write(int fd, const void *bytes, size_t size)
{
    ssize_t (*next)(int, const void *, size_t);
    look_up("write", &next);
    if (!is_ours(fd)) {
        return next(fd, bytes, size);
    }
    if (strikes()) {
        return no_space();
    }
    if (++strike.writes == strike.at && (is("torn") || is("full"))) {
        (void)!next(fd, bytes, size / 2);
        if (is("torn")) {
            kill(getpid(), SIGKILL);
        }
        return no_space();
    }
    return next(fd, bytes, size);
}

int fsync(int fd)
{
    int (*next)(int);
    look_up("fsync", &next);
    return is_ours(fd) && strikes() ? no_space() : next(fd);
}

int rename(const char *from, const char *to)
{
    int (*next)(const char *, const char *);
    look_up("rename", &next);
    return is_below(to) && strikes() ? no_space() : next(from, to);
}

int unlink(const char *path)
{
    int (*next)(const char *);
    look_up("unlink", &next);
    if (is_below(path) && (is("kill") || is("count"))) { /* a full disk lets files go */
        (void)strikes();
    }
    return next(path);
}

int open(const char *path, int flags, ...)
{
    int (*next)(const char *, int, ...);
    va_list args;
    mode_t mode;
    va_start(args, flags);
    mode = (flags & O_CREAT) != 0 ? va_arg(args, mode_t) : 0;
    va_end(args);
    look_up("open", &next);
    return (flags & O_CREAT) != 0 && is_below(path) && strikes() ? no_space()
                                                                 : next(path, flags, mode);
}

/* ---- memory ---- */

/* How the child ended; one that ran out of memory has said so in one line. */
static void gather(pid_t child)
{
    static const char line[] = "sgrc: out of memory\n";
    char said[sizeof line] = "";
    int status = 0;
    waitpid(child, &status, 0);
    if (WIFSIGNALED(status)) {
        strike.signals++;
        return;
    }
    strike.ends[WEXITSTATUS(status)]++;
    if (WEXITSTATUS(status) == EXIT_OOM) {
        off_t length = lseek(strike.said, 0, SEEK_END);
        (void)!pread(strike.said, said, sizeof line - 1, 0);
        strike.silent += length != sizeof line - 1 || strcmp(said, line) != 0;
    }
    (void)!ftruncate(strike.said, 0);
    lseek(strike.said, 0, SEEK_SET);
}

/* Whether this allocation is to fail. */
static bool fails(void)
{
    bool yes;
    pid_t child;
    if (!strike.ready || strike.busy || strike.struck) {
        return false;
    }
    strike.allocations++;
    if (is("malloc")) {
        strike.struck = strike.allocations == strike.at;
        return strike.struck;
    }
    if (!is("each")) {
        return false;
    }
    strike.busy = true;
    child = fork();
    yes = child == 0;
    if (yes) {
        dup2(open("/dev/null", O_WRONLY), STDOUT_FILENO);
        dup2(strike.said, STDERR_FILENO);
    } else if (child > 0) {
        gather(child);
        strike.busy = false;
    }
    return yes;
}

void *malloc(size_t size)
{
    if (fails()) {
        errno = ENOMEM;
        return NULL;
    }
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    if (fails()) {
        errno = ENOMEM;
        return NULL;
    }
    return __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
    if (fails()) {
        errno = ENOMEM;
        return NULL;
    }
    return __libc_realloc(old, size);
}
