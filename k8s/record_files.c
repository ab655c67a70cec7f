/* A run kept in files of a folder: each is replaced whole (a new file, synced, renamed, and the
 * folder synced), so that a kill or a full disk leaves the one before. Must never write in place.
 */
#include "k8s/cluster_private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MAX = 256 << 20, PATH_BYTES = 4096 };

static bool path_of(char out[PATH_BYTES], const char *dir, sgr_str name, const char *suffix)
{
    int length = snprintf(out, PATH_BYTES, "%s/%.*s.%s", dir, SGR_FMT(name), suffix);
    return length > 0 && length < PATH_BYTES;
}

static bool write_bytes(int fd, sgr_str bytes)
{
    while (bytes.len > 0) {
        ssize_t done = write(fd, bytes.ptr, bytes.len);
        if (done < 0 && errno == EINTR) {
            continue;
        }
        if (done <= 0) {
            return false;
        }
        bytes = (sgr_str){bytes.ptr + done, bytes.len - (size_t)done};
    }
    return true;
}

static bool sync_folder(const char *dir)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0) {
        close(fd);
    }
    return ok;
}

bool sgr_files_write(const char *dir, sgr_str name, const char *suffix, sgr_str bytes,
                     struct sgr_error *error)
{
    char path[PATH_BYTES], fresh[PATH_BYTES];
    if (!path_of(path, dir, name, suffix) ||
        snprintf(fresh, sizeof fresh, "%s.new", path) >= (int)sizeof fresh) {
        return sgr_error_set(error, "the path of the state folder %s is too long", dir);
    }
    if (mkdir(dir, 0700) != 0 && errno != EEXIST) {
        return sgr_error_set(error, "the state folder %s cannot be made: %s", dir, strerror(errno));
    }
    int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) {
        return sgr_error_set(error, "%s cannot be written: %s", fresh, strerror(errno));
    }
    bool ok = write_bytes(fd, bytes) && fsync(fd) == 0;
    int problem = errno;
    ok = close(fd) == 0 && ok;
    if (!ok) {
        unlink(fresh);
        return sgr_error_set(error, "%s cannot be written: %s", fresh, strerror(problem));
    }
    if (rename(fresh, path) != 0 || !sync_folder(dir)) {
        return sgr_error_set(error, "%s cannot be replaced: %s", path, strerror(errno));
    }
    return true;
}

bool sgr_files_read(const char *dir, sgr_str name, const char *suffix, struct sgr_buf *out,
                    struct sgr_error *error)
{
    char path[PATH_BYTES];
    if (!path_of(path, dir, name, suffix)) {
        return sgr_error_set(error, "the path of the state folder %s is too long", dir);
    }
    return access(path, F_OK) == 0 && sgr_file_read(path, FILE_MAX, out, error);
}

void sgr_files_remove(const char *dir, sgr_str name, const char *suffix)
{
    char path[PATH_BYTES];
    if (path_of(path, dir, name, suffix)) {
        (void)unlink(path);
    }
}

bool sgr_files_clear(const char *dir, sgr_str name, const char *prefix, struct sgr_error *error)
{
    DIR *folder = opendir(dir);
    if (folder == NULL && errno != ENOENT) {
        return sgr_error_set(error, "the state folder %s cannot be read: %s", dir, strerror(errno));
    }
    size_t length = strlen(prefix);
    for (struct dirent *entry; folder != NULL && (entry = readdir(folder)) != NULL;) {
        const char *suffix = entry->d_name + name.len + 1;
        if (strlen(entry->d_name) > name.len + length &&
            memcmp(entry->d_name, name.ptr, name.len) == 0 && entry->d_name[name.len] == '.' &&
            strncmp(suffix, prefix, length) == 0) {
            sgr_files_remove(dir, name, suffix);
        }
    }
    if (folder != NULL) {
        closedir(folder);
    }
    return true;
}

enum sgr_lock sgr_files_lock(struct sgr_cluster *cluster, sgr_str name, int64_t wait_ms,
                             struct sgr_error *error)
{
    char path[PATH_BYTES], other[256] = "";
    const char *dir = cluster->options.state_dir;
    int64_t limit = sgr_http_now() + wait_ms;
    if (!path_of(path, dir, name, "lock") || (mkdir(dir, 0700) != 0 && errno != EEXIST)) {
        sgr_error_set(error, "the state folder %s cannot be made: %s", dir, strerror(errno));
        return SGR_LOCK_FAILED;
    }
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
        sgr_error_set(error, "%s cannot be opened: %s", path, strerror(errno));
        return SGR_LOCK_FAILED;
    }
    while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (sgr_http_now() >= limit) {
            ssize_t got = pread(fd, other, sizeof other - 1, 0);
            other[got > 0 ? got : 0] = '\0';
            close(fd);
            sgr_error_set(error, "the rollout %.*s is being run by %s", SGR_FMT(name),
                          other[0] ? other : "another process");
            return SGR_LOCK_OTHERS;
        }
        sgr_http_step(cluster->http, 100, -1);
    }
    if (ftruncate(fd, 0) != 0 || pwrite(fd, cluster->holder, strlen(cluster->holder), 0) < 0) {
        close(fd);
        sgr_error_set(error, "%s cannot be written: %s", path, strerror(errno));
        return SGR_LOCK_FAILED;
    }
    cluster->lock_fd = fd;
    cluster->locked = true;
    return SGR_LOCK_HELD;
}

bool sgr_files_holder(const char *dir, sgr_str name, struct sgr_buf *holder)
{
    char path[PATH_BYTES], text[256];
    int fd = path_of(path, dir, name, "lock") ? open(path, O_RDWR | O_CLOEXEC) : -1;
    if (fd < 0) {
        return false;
    }
    bool held = flock(fd, LOCK_EX | LOCK_NB) != 0;
    ssize_t got = held ? pread(fd, text, sizeof text, 0) : 0;
    sgr_buf_add(holder, (sgr_str){text, got > 0 ? (size_t)got : 0});
    close(fd);
    return held;
}

void sgr_files_unlock(struct sgr_cluster *cluster)
{
    if (cluster->lock_fd >= 0) {
        close(cluster
                  ->lock_fd); /* the file stays: removing it would let two hold locks of one name */
        cluster->lock_fd = -1;
    }
}

sgr_value sgr_files_list(const char *dir, const char *suffix, struct sgr_heap *heap)
{
    SGR_VEC(sgr_value) names = {0};
    DIR *folder = opendir(dir);
    size_t tail = strlen(suffix) + 1;
    for (struct dirent *entry; folder != NULL && (entry = readdir(folder)) != NULL;) {
        size_t length = strlen(entry->d_name);
        if (length > tail && entry->d_name[length - tail] == '.' &&
            strcmp(entry->d_name + length - tail + 1, suffix) == 0) {
            sgr_vec_push(&names, sgr_string(heap, (sgr_str){entry->d_name, length - tail}));
        }
    }
    if (folder != NULL) {
        closedir(folder);
    }
    sgr_value list = sgr_list(heap, names.at, names.len);
    sgr_vec_release(&names);
    return list;
}
