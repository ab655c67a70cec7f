/* Runs files and folders of files through a fuzz target: kept cases and corpora, in any build. Must
 * not change them. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "fuzz.h"

__attribute__((weak)) int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    return 0;
}

static size_t replay_file(const char *path)
{
    struct sgr_buf bytes;
    char part[65536];
    size_t got;
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        fuzz_fail("%s cannot be read", path);
    }
    sgr_buf_init(&bytes, 64 << 20);
    while ((got = fread(part, 1, sizeof part, file)) > 0) {
        sgr_buf_bytes(&bytes, part, got);
    }
    fclose(file);
    char *copy = fuzz_copy(sgr_buf_str(&bytes));
    fprintf(stderr, "%s\n", path);
    (void)LLVMFuzzerTestOneInput((const uint8_t *)copy, bytes.len);
    free(copy);
    sgr_buf_release(&bytes);
    return 1;
}

static size_t replay(const char *path)
{
    struct stat info;
    struct dirent **entries = NULL;
    size_t done = 0;
    if (stat(path, &info) != 0 || !S_ISDIR(info.st_mode)) {
        return replay_file(path);
    }
    int count = scandir(path, &entries, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        char name[4096];
        snprintf(name, sizeof name, "%s/%s", path, entries[i]->d_name);
        done += entries[i]->d_name[0] == '.' ? 0 : replay(name);
        free(entries[i]);
    }
    free(entries);
    return done;
}

int main(int argc, char **argv)
{
    size_t done = 0;
    (void)LLVMFuzzerInitialize(&argc, &argv);
    for (int i = 1; i < argc; i++) {
        done += replay(argv[i]);
    }
    printf("%zu inputs\n", done);
    return done == 0;
}
