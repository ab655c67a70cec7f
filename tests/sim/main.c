/* sim_test kills|faults|turns|pairs|record SCRIPT..., sim_test random [--from N] [--count N],
 * sim_test seeds FILE...: exits 1 where a rule was broken. */
#include <stdio.h>
#include <stdlib.h>

#include "sim_test.h"

/* ---- strikes as a line ---- */

void strike_print(const struct sgr_strike *strike, struct sgr_buf *out)
{
    sgr_buf_printf(out, "%s %u %s %s %lld %lld %lld %d", strike->rollback ? "rollback" : "effect",
                   strike->at, strike->what, strike->track ? strike->track : "-",
                   (long long)strike->amount, (long long)strike->count, (long long)strike->length,
                   strike->arrived);
}

bool strike_read(struct sgr_strike *strike, const char *line)
{
    char where[16], what[40], track[8];
    long long amount, count, length;
    unsigned at;
    int arrived;
    *strike = (struct sgr_strike){0};
    if (sscanf(line, "%15s %u %39s %7s %lld %lld %lld %d", where, &at, what, track, &amount, &count,
               &length, &arrived) != 8) {
        return false;
    }
    const struct sgr_strike_row *row = sgr_strike_row(what);
    strike->what = row != NULL ? row->word : NULL;
    strike->rollback = strcmp(where, "rollback") == 0;
    strike->at = at;
    strike->amount = amount;
    strike->count = count;
    strike->length = length;
    strike->arrived = arrived != 0;
    strike->track = strcmp(track, "new") == 0 ? "new" : strcmp(track, "old") == 0 ? "old" : NULL;
    return row != NULL;
}

static void print_trace(void *self, int64_t now, const char *word, sgr_value about)
{
    struct sgr_buf text;
    (void)self;
    sgr_buf_init(&text, 1 << 20);
    sgr_value_json(about, &text);
    printf("%9.3f %-10s %.300s\n", (double)now / 1000, word, text.ptr);
    sgr_buf_release(&text);
}

void (*tracer(void))(void *self, int64_t now, const char *word, sgr_value about)
{
    return getenv("SIM_TRACE") != NULL ? print_trace : NULL;
}

/* ---- the command line ---- */

static int usage(void)
{
    fprintf(stderr, "sim_test kills|faults|turns|pairs|record [--stride N] SCRIPT...\n"
                    "sim_test random [--from SEED] [--count N] [--out FOLDER]\n"
                    "sim_test seeds FILE...\n");
    return 2;
}

static size_t test_file(const char *what, const char *path, const struct options *options)
{
    static const struct {
        const char *word;
        unsigned what;
    } explored[] = {{"kills", SGR_EXPLORE_KILLS},
                    {"faults", SGR_EXPLORE_FAULTS},
                    {"turns", SGR_EXPLORE_TURNS},
                    {"pairs", SGR_EXPLORE_PAIRS}};
    for (size_t i = 0; i < sizeof explored / sizeof *explored; i++) {
        if (strcmp(what, explored[i].word) == 0) {
            return test_exploration(path, explored[i].what, options);
        }
    }
    return strcmp(what, "record") == 0 ? test_records(path, options)
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
