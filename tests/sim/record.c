/* What a run keeps of itself: how large its snapshot is at any time of the rollout, and what it
 * costs to go on from one. Sizes are judged; times are only printed. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "sim_test.h"

/* A record stays under 64 KiB; in a ConfigMap the snapshot is written as base64, a third longer. */
enum { SNAPSHOT_MAX = 48 << 10, READ_EVERY = 100, PARTS = 10 };

struct part {
    size_t saves, largest, read;
    double read_ms; /* the sum */
};

struct records {
    struct sgr_machine *machine;
    struct part parts[PARTS]; /* of the rollout's time */
    int64_t length;           /* of the rollout, ms */
    size_t unreadable;
};

static double cpu_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void read_back(struct records *records, struct part *part, sgr_str snapshot)
{
    struct sgr_error error = {0};
    double began = cpu_ms();
    struct sgr_run *run =
        sgr_run_decode(records->machine, (struct sgr_host){0}, snapshot, 0, &error);
    part->read_ms += cpu_ms() - began;
    part->read++;
    records->unreadable += run == NULL;
    if (run != NULL) {
        sgr_run_free(run);
    }
    sgr_error_release(&error);
}

static void saved(void *self, int64_t now, sgr_str snapshot)
{
    struct records *records = self;
    int64_t number = records->length > 0 ? now * PARTS / records->length : 0;
    struct part *part = &records->parts[number < PARTS ? number : PARTS - 1];
    part->largest = snapshot.len > part->largest ? snapshot.len : part->largest;
    if (part->saves++ % READ_EVERY == 0) {
        read_back(records, part, snapshot);
    }
}

static void print_part(const char *name, const struct part *part)
{
    printf("  %s tenth: %zu saves, the largest %zu bytes, read back in %.3f ms\n", name,
           part->saves, part->largest, part->read > 0 ? part->read_ms / (double)part->read : 0);
}

size_t test_records(const char *path, const struct options *options)
{
    struct stage stage;
    struct records records = {0};
    size_t bad = 0, read = 0;
    (void)options;
    if (!stage_open(&stage, path, (sgr_str){0}, NULL)) {
        return 1;
    }
    struct sgr_play what = {.stage = &stage.on, .seed = 1};
    records.length = sgr_sim_play(&what, NULL, NULL).took;
    records.machine = stage.on.machine;
    what.saved = saved;
    what.self = &records;
    struct sgr_verdict verdict = sgr_sim_play(&what, NULL, NULL);
    for (size_t i = 0; i < PARTS; i++) {
        bad += records.parts[i].largest > SNAPSHOT_MAX;
        read += records.parts[i].read;
    }
    bad += records.unreadable + (verdict.broken[0] != '\0') + (read == 0) +
           (strcmp(verdict.outcome, "promoted") != 0);
    printf("record %s: %s after %.1f days%s%s\n", path, verdict.outcome,
           (double)verdict.took / 86400000, bad > 0 ? ", FAILED " : "", verdict.broken);
    print_part("first", &records.parts[0]);
    print_part("last", &records.parts[PARTS - 1]);
    stage_close(&stage);
    return bad;
}
