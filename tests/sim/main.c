/* sim_test kills|faults|pairs|record SCRIPT..., sim_test random [--from N] [--count N], sim_test
 * seeds FILE...: exits 1 where a rule was broken. */
#include <stdio.h>
#include <stdlib.h>

#include "sim_test.h"

static int usage(void)
{
    fprintf(stderr, "sim_test kills|faults|pairs|record [--stride N] SCRIPT...\n"
                    "sim_test random [--from SEED] [--count N] [--out FOLDER]\n"
                    "sim_test seeds FILE...\n");
    return 2;
}

static size_t test_file(const char *what, const char *path, const struct options *options)
{
    return strcmp(what, "kills") == 0    ? test_kills(path, options)
           : strcmp(what, "faults") == 0 ? test_faults(path, options)
           : strcmp(what, "pairs") == 0  ? test_pairs(path, options)
           : strcmp(what, "record") == 0 ? test_records(path, options)
                                         : test_seed_file(path, options);
}

int main(int argc, char **argv)
{
    struct options options = {.count = 1000, .stride = 1};
    size_t bad = 0;
    int at = 2;
    if (argc < 2) {
        return usage();
    }
    for (; at + 1 < argc && strncmp(argv[at], "--", 2) == 0; at += 2) {
        uint64_t number = strtoull(argv[at + 1], NULL, 10);
        if (strcmp(argv[at], "--from") == 0) {
            options.from = number;
        } else if (strcmp(argv[at], "--count") == 0) {
            options.count = number;
        } else if (strcmp(argv[at], "--stride") == 0 && number > 0) {
            options.stride = (uint32_t)number;
        } else if (strcmp(argv[at], "--out") == 0) {
            options.out = argv[at + 1];
        } else {
            return usage();
        }
    }
    if (strcmp(argv[1], "random") == 0) {
        bad = test_random(&options);
    }
    for (; at < argc; at++) {
        bad += test_file(argv[1], argv[at], &options);
    }
    return bad > 0;
}
