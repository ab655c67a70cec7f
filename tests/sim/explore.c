/* Kills, faults and pairs of faults at every effect of a script's scenarios, during the rollout and
 * during its rollback. */
#include <stdio.h>
#include <stdlib.h>

#include "sim_test.h"

struct teller {
    const char *path, *scenario;
};

static void complain(void *self, const struct sgr_play *play, const struct sgr_verdict *verdict)
{
    const struct teller *teller = self;
    struct sgr_buf text;
    sgr_buf_init(&text, 1 << 16);
    for (size_t i = 0; i < play->strike_count; i++) {
        sgr_buf_cstr(&text, i > 0 ? ", " : "");
        strike_print(&play->strikes[i], &text);
    }
    printf("FAIL %s \"%s\" [%s]: %s (%s)\n", teller->path, teller->scenario, text.ptr,
           verdict->broken, verdict->outcome);
    sgr_buf_release(&text);
}

static const char *plays_word(unsigned what)
{
    return what == SGR_EXPLORE_KILLS   ? "kills"
           : what == SGR_EXPLORE_PAIRS ? "pairs of faults"
           : what == SGR_EXPLORE_TURNS ? "turns"
                                       : "faults";
}

size_t test_exploration(const char *path, unsigned what, const struct options *options)
{
    char **names;
    size_t count = scenario_names(path, &names), bad = 0, plays = 0;
    if (count == 0) {
        printf("FAIL %s has no scenario\n", path);
        return 1;
    }
    for (size_t i = 0; i < count; i++) {
        struct stage stage;
        struct teller teller = {path, names[i]};
        struct sgr_exploration how = {.stage = &stage.on,
                                      .seed = 1,
                                      .what = what,
                                      .stride = options->stride,
                                      .broken = complain,
                                      .self = &teller};
        struct sgr_tally tally = {.plays = 1, .broken = 1};
        if (stage_open(&stage, path, (sgr_str){0}, names[i])) {
            sgr_explore(&how, &tally);
        }
        plays += tally.plays - 1;
        bad += tally.broken;
        stage_close(&stage);
        free(names[i]);
    }
    free(names);
    printf("%s: %zu %s, %zu broken\n", path, plays, plays_word(what), bad);
    return bad;
}
