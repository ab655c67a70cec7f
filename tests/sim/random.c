/* Seeded random rollouts: a script, a cluster and ten faults each. The same seed plays the same
 * trace; one that breaks a rule is made smaller as long as it does, and written as a script that
 * says how to play it again. */
#include <stdio.h>
#include <stdlib.h>

#include "sim_test.h"

enum { SEEDS_A_SCRIPT = 64, FAULTS = 10, SECOND = 1000 };

static struct sgr_strike random_strike(uint64_t *state)
{
    int64_t which = random_below(state, (int64_t)sgr_fault_row_count + 2);
    bool rollback = random_below(state, 4) == 0;
    uint32_t at = (uint32_t)(1 + random_below(state, rollback ? 20 : 90));
    int64_t length = (1 + random_below(state, 240)) * SECOND;
    if (which >= (int64_t)sgr_fault_row_count) {
        return (struct sgr_strike){.what = "high_metrics", .at = at, .length = length};
    }
    struct sgr_strike strike = sgr_strike_of(&sgr_strike_rows[which], at, rollback, length);
    if (strike.track != NULL) {
        strike.track = random_below(state, 3) == 0 ? "old" : "new";
    }
    strike.arrived = random_below(state, 2) == 0;
    strike.count = random_below(state, 6);
    return strike;
}

static void fill(struct sgr_play *what, uint64_t seed)
{
    uint64_t state = seed;
    what->seed = seed;
    what->strike_count = FAULTS;
    for (size_t i = 0; i < FAULTS; i++) {
        what->strikes[i] = random_strike(&state);
    }
}

static bool open_script(struct stage *stage, const struct script *script)
{
    struct sgr_buf text;
    sgr_buf_init(&text, 1 << 20);
    script_print(script, &text);
    bool ok = stage_open(stage, "-", sgr_buf_str(&text), NULL);
    sgr_buf_release(&text);
    return ok;
}

/* ---- making a failure smaller ---- */

static bool still_breaks(const struct script *script, const struct sgr_play *what,
                         struct sgr_verdict *verdict)
{
    struct stage stage;
    struct sgr_play own = *what;
    own.stage = &stage.on;
    bool ok = open_script(&stage, script);
    if (ok) {
        *verdict = sgr_sim_play(&own, NULL, NULL);
        ok = verdict->broken[0] != '\0';
    }
    stage_close(&stage);
    return ok;
}

static void shrink(struct script *script, struct sgr_play *what, struct sgr_verdict *verdict)
{
    bool smaller = true;
    while (smaller) {
        smaller = false;
        for (size_t i = 0; i < what->strike_count; i++) {
            struct sgr_play less = *what;
            memmove(&less.strikes[i], &less.strikes[i + 1],
                    (--less.strike_count - i) * sizeof less.strikes[0]);
            if (still_breaks(script, &less, verdict)) {
                *what = less;
                smaller = true;
                break;
            }
        }
        struct script simpler = *script;
        for (int way = 0; script_simpler(&simpler, way); way++) {
            bool other = memcmp(&simpler, script, sizeof simpler) != 0;
            if (other && still_breaks(&simpler, what, verdict)) {
                *script = simpler;
                smaller = true;
            }
            simpler = *script;
        }
    }
    (void)still_breaks(script, what, verdict);
}

static void write_failure(const struct script *script, const struct sgr_play *what,
                          const struct sgr_verdict *verdict, const char *path)
{
    struct sgr_buf text;
    sgr_buf_init(&text, 1 << 20);
    sgr_buf_printf(&text, "# broke: %s\n# seed %llu\n",
                   verdict->broken[0] ? verdict->broken : "it was not promoted",
                   (unsigned long long)what->seed);
    for (size_t i = 0; i < what->strike_count; i++) {
        sgr_buf_cstr(&text, "# strike ");
        strike_print(&what->strikes[i], &text);
        sgr_buf_byte(&text, '\n');
    }
    sgr_buf_byte(&text, '\n');
    script_print(script, &text);
    FILE *file = path != NULL ? fopen(path, "w") : NULL;
    if (file != NULL) {
        fwrite(text.ptr, 1, text.len, file);
        fclose(file);
        printf("  the smallest that breaks: sim_test seeds %s\n", path);
    } else {
        printf("%s", text.ptr);
    }
    sgr_buf_release(&text);
}

static void report(uint64_t seed, const struct script *script, const struct sgr_play *what,
                   struct sgr_verdict *verdict, const struct options *options)
{
    char path[200];
    struct script small = *script;
    struct sgr_play less = *what;
    printf("FAIL seed %llu: %s (%s); again: sim_test random --from %llu --count 1\n",
           (unsigned long long)seed, verdict->broken, verdict->outcome, (unsigned long long)seed);
    shrink(&small, &less, verdict);
    snprintf(path, sizeof path, "%s/seed-%llu.sgr", options->out ? options->out : "",
             (unsigned long long)seed);
    write_failure(&small, &less, verdict, options->out ? path : NULL);
}

static void count_outcome(const struct sgr_verdict *verdict, size_t counts[4])
{
    static const char *const words[] = {"promoted", "rolled_back", "unchanged"};
    for (int i = 0; i < 3; i++) {
        if (strcmp(verdict->outcome, words[i]) == 0) {
            counts[i]++;
            return;
        }
    }
    counts[3]++;
}

/* With nothing in its way, every script promotes. */
static bool promotes(const struct stage *stage, const struct script *script)
{
    struct sgr_play plain = {.stage = &stage->on, .seed = 1};
    struct sgr_verdict verdict = sgr_sim_play(&plain, NULL, NULL);
    bool ok = verdict.broken[0] == '\0' &&
              (strcmp(verdict.outcome, "promoted") == 0 || script->deadline < 60);
    if (!ok) {
        printf("FAIL without a fault: %s %s\n", verdict.outcome, verdict.broken);
        write_failure(script, &plain, &verdict, NULL);
    }
    return ok;
}

size_t test_random(const struct options *options)
{
    struct stage stage = {0};
    struct script script;
    size_t bad = 0, counts[4] = {0};
    uint64_t hash = 0, opened = UINT64_MAX;
    for (uint64_t seed = options->from; seed < options->from + options->count; seed++) {
        struct sgr_play what = {.stage = &stage.on, .traced = tracer()};
        if (seed / SEEDS_A_SCRIPT != opened) {
            opened = seed / SEEDS_A_SCRIPT;
            script = script_random(opened);
            stage_close(&stage);
            if (!open_script(&stage, &script)) {
                stage_close(&stage);
                return bad + 1;
            }
            bad += !promotes(&stage, &script);
        }
        fill(&what, seed);
        struct sgr_verdict verdict = sgr_sim_play(&what, NULL, NULL);
        hash = (hash ^ verdict.hash) * 1099511628211ULL;
        count_outcome(&verdict, counts);
        if (verdict.broken[0] != '\0' && ++bad <= 5) {
            report(seed, &script, &what, &verdict, options);
        }
    }
    stage_close(&stage);
    printf("%llu random rollouts from seed %llu: %zu promoted, %zu rolled back, %zu unchanged, "
           "%zu other; %zu broken; trace %016llx\n",
           (unsigned long long)options->count, (unsigned long long)options->from, counts[0],
           counts[1], counts[2], counts[3], bad, (unsigned long long)hash);
    return bad;
}

/* ---- kept seeds ---- */

size_t test_seed_file(const char *path, const struct options *options)
{
    char line[400], outcome[32] = "";
    struct stage stage;
    struct sgr_play what = {.stage = &stage.on, .seed = 1, .traced = tracer()};
    FILE *file = fopen(path, "r");
    (void)options;
    if (file == NULL) {
        printf("FAIL %s cannot be read\n", path);
        return 1;
    }
    while (fgets(line, sizeof line, file) != NULL && line[0] == '#') {
        unsigned long long seed;
        (void)sscanf(line, "# outcome %31s", outcome);
        if (sscanf(line, "# seed %llu", &seed) == 1) {
            what.seed = seed;
        } else if (strncmp(line, "# strike ", 9) == 0 && what.strike_count < SGR_STRIKES_MAX &&
                   strike_read(&what.strikes[what.strike_count], line + 9)) {
            what.strike_count++;
        } else if (strncmp(line, "# strike ", 9) == 0) {
            printf("FAIL %s: not a strike: %s", path, line);
            fclose(file);
            return 1;
        }
    }
    fclose(file);
    size_t bad = 1;
    if (stage_open(&stage, path, (sgr_str){0}, NULL)) {
        struct sgr_verdict verdict = sgr_sim_play(&what, NULL, NULL);
        bool other = outcome[0] != '\0' && strcmp(outcome, verdict.outcome) != 0;
        bad = verdict.broken[0] != '\0' || other;
        printf("%s %s: %s%s%s; trace %016llx\n", bad ? "FAIL" : "pass", path, verdict.outcome,
               bad ? ": " : "", verdict.broken, (unsigned long long)verdict.hash);
    }
    stage_close(&stage);
    return bad;
}
