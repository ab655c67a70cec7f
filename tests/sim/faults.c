/* Kills and faults at every effect of a script's scenarios, during the rollout and during its
 * rollback. */
#include <stdio.h>
#include <stdlib.h>

#include "sim_test.h"

const struct fault_row fault_rows[] = {
#define FAULT(id, name, args, numbers, doc) {name, args, numbers},
#include "k8s/sim/fault.def"
#undef FAULT
};
const size_t fault_row_count = sizeof fault_rows / sizeof *fault_rows;

enum { SHORT_MS = 20000, LONG_MS = 240000 };

struct strike strike_of(const struct fault_row *row, uint32_t at, bool rollback, int64_t length)
{
    struct strike strike = {.fault = row->name, .at = at, .rollback = rollback, .length = length};
    if (strstr(row->args, "track") != NULL) {
        strike.track = "new";
    }
    if (strcmp(row->name, "suspended") == 0) {
        strike.amount = length > 0 ? length : LONG_MS;
    }
    if (strcmp(row->name, "slow_pods") == 0) {
        strike.amount = SHORT_MS;
    }
    if (strcmp(row->name, "record_unwritable") == 0 && length == 0) {
        strike.length = LONG_MS; /* for ever, a run holds for ever: it may change nothing */
    }
    strike.count = 1;
    return strike;
}

static void complain(const char *path, const char *scenario, const struct play *what,
                     const struct verdict *verdict, const char *why)
{
    struct sgr_buf text;
    sgr_buf_init(&text, 1 << 16);
    for (size_t i = 0; i < what->strike_count; i++) {
        sgr_buf_cstr(&text, i > 0 ? ", " : "");
        strike_print(&what->strikes[i], &text);
    }
    printf("FAIL %s \"%s\" [%s]: %s (%s)\n", path, scenario, text.ptr, why, verdict->outcome);
    sgr_buf_release(&text);
}

/* ---- kills ---- */

static size_t kill_each(const char *path, const char *scenario, const struct stage *stage,
                        const struct options *options, size_t *plays)
{
    struct sgr_heap *heap = sgr_heap_new(256 << 20);
    struct play plain = {.stage = stage, .seed = 1};
    sgr_value wanted, got;
    struct verdict base = play(&plain, heap, &wanted);
    size_t bad = 0;
    if (base.broken[0] != '\0') {
        complain(path, scenario, &plain, &base, base.broken);
        bad++;
    }
    for (uint32_t at = 1; at <= 2 * base.effects; at += options->stride) {
        struct play killed = plain;
        uint32_t effect = (at + 1) / 2;
        killed.strikes[0] =
            (struct strike){.fault = "killed", .at = effect, .length = 1, .arrived = at % 2 == 1};
        killed.strikes[1] = (struct strike){
            .fault = "killed", .at = effect + 1, .length = 1, .arrived = at % 2 == 1};
        for (killed.strike_count = 1; killed.strike_count <= 2; killed.strike_count++) {
            struct verdict verdict = play(&killed, heap, &got);
            bool same = sgr_value_equal(wanted, got) && strcmp(base.outcome, verdict.outcome) == 0;
            (*plays)++;
            if (verdict.broken[0] != '\0' || !same) {
                complain(path, scenario, &killed, &verdict,
                         verdict.broken[0] ? verdict.broken : "another end than without the kill");
                bad++;
            }
        }
    }
    sgr_heap_free(heap);
    return bad;
}

/* ---- faults ---- */

static size_t strike_each(const char *path, const char *scenario, const struct stage *stage,
                          const struct options *options, size_t *plays)
{
    static const int64_t lengths[] = {SHORT_MS, LONG_MS, 0};
    struct play plain = {.stage = stage, .seed = 1};
    struct verdict base = play(&plain, NULL, NULL);
    size_t bad = 0;
    for (size_t f = 0; f < fault_row_count; f++) {
        for (uint32_t at = 1; at <= base.effects; at += options->stride) {
            struct play one = plain;
            int64_t length = lengths[(at + f) % 3];
            one.strikes[0] = strike_of(&fault_rows[f], at, false, length);
            one.strike_count = 1;
            struct verdict verdict = play(&one, NULL, NULL);
            (*plays)++;
            if (verdict.broken[0] != '\0') {
                complain(path, scenario, &one, &verdict, verdict.broken);
                bad++;
            }
        }
        for (uint32_t at = 1; at <= base.rollback_effects; at += options->stride) {
            struct play one = plain;
            one.strikes[0] = strike_of(&fault_rows[f], at, true, lengths[(at + f) % 3]);
            one.strike_count = 1;
            struct verdict verdict = play(&one, NULL, NULL);
            (*plays)++;
            if (verdict.broken[0] != '\0') {
                complain(path, scenario, &one, &verdict, verdict.broken);
                bad++;
            }
        }
    }
    return bad;
}

static size_t strike_pairs(const char *path, const char *scenario, const struct stage *stage,
                           const struct options *options, size_t *plays)
{
    struct play plain = {.stage = stage, .seed = 1};
    struct verdict base = play(&plain, NULL, NULL);
    size_t bad = 0;
    for (size_t f = 0; f < fault_row_count; f++) {
        for (size_t g = 0; g < fault_row_count; g++) {
            for (uint32_t at = 1; at <= base.effects; at += options->stride) {
                struct play two = plain;
                bool second = base.rollback_effects > 0 && (f + g + at) % 2 == 0;
                two.strikes[0] = strike_of(&fault_rows[f], at, false, SHORT_MS);
                two.strikes[1] =
                    strike_of(&fault_rows[g], second ? 1 + at % base.rollback_effects : at + 1,
                              second, LONG_MS);
                two.strike_count = 2;
                struct verdict verdict = play(&two, NULL, NULL);
                (*plays)++;
                if (verdict.broken[0] != '\0') {
                    complain(path, scenario, &two, &verdict, verdict.broken);
                    bad++;
                }
            }
        }
    }
    return bad;
}

/* ---- every scenario of a script ---- */

typedef size_t (*tester)(const char *path, const char *scenario, const struct stage *stage,
                         const struct options *options, size_t *plays);

static size_t each_scenario(const char *path, const struct options *options, tester test,
                            const char *word)
{
    char **names;
    size_t count = scenario_names(path, &names), bad = 0, plays = 0;
    if (count == 0) {
        printf("FAIL %s has no scenario\n", path);
        return 1;
    }
    for (size_t i = 0; i < count; i++) {
        struct stage stage;
        bad += stage_open(&stage, path, (sgr_str){0}, names[i])
                   ? test(path, names[i], &stage, options, &plays)
                   : 1;
        stage_close(&stage);
        free(names[i]);
    }
    free(names);
    printf("%s: %zu %s, %zu broken\n", path, plays, word, bad);
    return bad;
}

size_t test_kills(const char *path, const struct options *options)
{
    return each_scenario(path, options, kill_each, "kills");
}

size_t test_faults(const char *path, const struct options *options)
{
    return each_scenario(path, options, strike_each, "faults");
}

size_t test_pairs(const char *path, const struct options *options)
{
    return each_scenario(path, options, strike_pairs, "pairs of faults");
}
