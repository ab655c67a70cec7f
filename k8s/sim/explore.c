/* The plays of an exploration, one after another. The order is fixed: a play has the same number
 * whoever plays it, so that several processes can share an exploration. */
#include "k8s/sim/explore.h"

#include <string.h>

enum { HEAP_MAX = 256 << 20 };

const char *const sgr_outcome_words[SGR_OUTCOMES] = {"promoted",  "rolled_back", "installed",
                                                     "unchanged", "superseded",  "not_begun",
                                                     "failed",    "other"};

struct explorer {
    const struct sgr_exploration *how;
    struct sgr_tally *tally;
    struct sgr_verdict base;
    struct sgr_heap *heap; /* of the objects that the base play leaves */
    sgr_value objects;
    uint64_t index; /* of the next play */
};

/* ---- what the plays come to ---- */

static void keep_extreme(struct sgr_extreme *extreme, int64_t figure, uint64_t index,
                         const struct sgr_play *play, const struct sgr_verdict *verdict)
{
    extreme->figure = figure;
    extreme->index = index;
    extreme->strike_count = play->strike_count;
    memcpy(extreme->strikes, play->strikes, sizeof extreme->strikes);
    extreme->verdict = *verdict;
}

static bool is_larger(const struct sgr_extreme *extreme, int64_t figure, uint64_t index)
{
    return figure > extreme->figure || (figure == extreme->figure && index < extreme->index);
}

static bool is_smaller(const struct sgr_extreme *extreme, int64_t figure, uint64_t index)
{
    return extreme->figure < 0 || figure < extreme->figure ||
           (figure == extreme->figure && index < extreme->index);
}

static size_t outcome_of(const struct sgr_verdict *verdict)
{
    size_t i = 0;
    while (i < SGR_OUTCOMES - 1 && strcmp(sgr_outcome_words[i], verdict->outcome) != 0) {
        i++;
    }
    return i;
}

static void count(struct explorer *e, const struct sgr_play *play,
                  const struct sgr_verdict *verdict)
{
    struct sgr_tally *tally = e->tally;
    tally->plays++;
    tally->outcomes[outcome_of(verdict)]++;
    if (is_larger(&tally->longest, verdict->took, e->index)) {
        keep_extreme(&tally->longest, verdict->took, e->index, play, verdict);
    }
    if (strcmp(verdict->outcome, "rolled_back") == 0) {
        if (is_larger(&tally->back, verdict->back, e->index)) {
            keep_extreme(&tally->back, verdict->back, e->index, play, verdict);
        }
        if (is_larger(&tally->exposed, verdict->exposed, e->index)) {
            keep_extreme(&tally->exposed, verdict->exposed, e->index, play, verdict);
        }
    }
    if (verdict->broken[0] != '\0') {
        tally->broken++;
        int64_t length = ((int64_t)play->strike_count << 32) + verdict->effects;
        if (is_smaller(&tally->shortest, length, e->index)) {
            keep_extreme(&tally->shortest, length, e->index, play, verdict);
        }
        if (e->how->broken != NULL) {
            e->how->broken(e->how->self, play, verdict);
        }
    }
    if (e->how->played != NULL) {
        e->how->played(e->how->self);
    }
}

static void merge_extreme(struct sgr_extreme *own, const struct sgr_extreme *other, bool larger)
{
    if (other->figure >= 0 && (larger ? is_larger : is_smaller)(own, other->figure, other->index)) {
        *own = *other;
    }
}

void sgr_tally_add(struct sgr_tally *tally, const struct sgr_tally *other)
{
    tally->plays += other->plays;
    tally->broken += other->broken;
    for (size_t i = 0; i < SGR_OUTCOMES; i++) {
        tally->outcomes[i] += other->outcomes[i];
    }
    tally->effects = other->effects;
    tally->rollback_effects = other->rollback_effects;
    merge_extreme(&tally->shortest, &other->shortest, false);
    merge_extreme(&tally->longest, &other->longest, true);
    merge_extreme(&tally->back, &other->back, true);
    merge_extreme(&tally->exposed, &other->exposed, true);
}

/* ---- playing ---- */

/* Whether the next play is ours; counts it either way. */
static bool is_ours(struct explorer *e)
{
    bool ours = e->how->parts <= 1 || e->index % e->how->parts == e->how->part;
    e->index += !ours;
    return ours;
}

static struct sgr_play play_of(const struct explorer *e)
{
    struct sgr_play play = {.stage = e->how->stage, .seed = e->how->seed};
    if (e->how->first.what != NULL) {
        play.strikes[play.strike_count++] = e->how->first;
    }
    return play;
}

static struct sgr_play with(struct sgr_play play, struct sgr_strike strike)
{
    play.strikes[play.strike_count++] = strike;
    return play;
}

static void play_one(struct explorer *e, const struct sgr_play *play)
{
    struct sgr_verdict verdict = sgr_sim_play(play, NULL, NULL);
    count(e, play, &verdict);
    e->index++;
}

/* A kill changes nothing: the end is the same as without it. */
static void play_killed(struct explorer *e, const struct sgr_play *play)
{
    struct sgr_heap *heap = sgr_heap_new(HEAP_MAX);
    sgr_value objects;
    struct sgr_verdict verdict = sgr_sim_play(play, heap, &objects);
    bool same =
        sgr_value_equal(e->objects, objects) && strcmp(e->base.outcome, verdict.outcome) == 0;
    if (verdict.broken[0] == '\0' && !same) {
        strcpy(verdict.broken, "another end than without the kill");
    }
    count(e, play, &verdict);
    e->index++;
    sgr_heap_free(heap);
}

static bool is_asked_for(const struct explorer *e, const char *word)
{
    return e->how->only == NULL || strcmp(e->how->only, word) == 0;
}

/* What comes before the strike that comes in every play was explored without it. */
static uint32_t begin_of(const struct explorer *e)
{
    return e->how->first.what != NULL ? e->how->first.at + 1 : 1;
}

static void explore_kills(struct explorer *e)
{
    for (uint32_t at = 2 * begin_of(e) - 1; at <= 2 * e->base.effects; at += e->how->stride) {
        struct sgr_play killed = play_of(e);
        struct sgr_strike kill = {
            .what = "killed", .at = (at + 1) / 2, .length = 1, .arrived = at % 2 == 1};
        for (int i = 0; i < 2; i++, kill.at++) {
            killed = with(killed, kill);
            if (is_ours(e)) {
                play_killed(e, &killed);
            }
        }
    }
}

static void explore_rows(struct explorer *e, size_t from, size_t to)
{
    static const int64_t lengths[] = {SGR_STRIKE_SHORT_MS, SGR_STRIKE_LONG_MS, 0};
    for (size_t row = from; row < to; row++) {
        for (int back = 0; is_asked_for(e, sgr_strike_rows[row].word) && back < 2; back++) {
            uint32_t last = back ? e->base.rollback_effects : e->base.effects;
            for (uint32_t at = back ? 1 : begin_of(e); at <= last; at += e->how->stride) {
                struct sgr_play play =
                    with(play_of(e),
                         sgr_strike_of(&sgr_strike_rows[row], at, back, lengths[(at + row) % 3]));
                if (is_ours(e)) {
                    play_one(e, &play);
                }
            }
        }
    }
}

static void explore_pair(struct explorer *e, size_t first, size_t second)
{
    if (!is_asked_for(e, sgr_strike_rows[first].word) &&
        !is_asked_for(e, sgr_strike_rows[second].word)) {
        return;
    }
    for (uint32_t at = begin_of(e); at <= e->base.effects; at += e->how->stride) {
        bool back = e->base.rollback_effects > 0 && (first + second + at) % 2 == 0;
        uint32_t then = back ? 1 + at % e->base.rollback_effects : at + 1;
        struct sgr_play play =
            with(with(play_of(e),
                      sgr_strike_of(&sgr_strike_rows[first], at, false, SGR_STRIKE_SHORT_MS)),
                 sgr_strike_of(&sgr_strike_rows[second], then, back, SGR_STRIKE_LONG_MS));
        if (is_ours(e)) {
            play_one(e, &play);
        }
    }
}

static void explore_pairs(struct explorer *e)
{
    for (size_t first = 0; first < sgr_fault_row_count; first++) {
        for (size_t second = 0; second < sgr_fault_row_count; second++) {
            explore_pair(e, first, second);
        }
    }
}

void sgr_explore(const struct sgr_exploration *exploration, struct sgr_tally *tally)
{
    struct explorer e = {.how = exploration, .tally = tally, .heap = sgr_heap_new(HEAP_MAX)};
    struct sgr_play plain = play_of(&e);
    *tally = (struct sgr_tally){
        .shortest.figure = -1, .longest.figure = -1, .back.figure = -1, .exposed.figure = -1};
    e.base = sgr_sim_play(&plain, e.heap, &e.objects);
    tally->effects = e.base.effects;
    tally->rollback_effects = e.base.rollback_effects;
    if (is_ours(&e)) {
        count(&e, &plain, &e.base);
        e.index++;
    }
    if ((exploration->what & SGR_EXPLORE_KILLS) && is_asked_for(&e, "killed")) {
        explore_kills(&e);
    }
    if (exploration->what & SGR_EXPLORE_FAULTS) {
        explore_rows(&e, 0, sgr_fault_row_count);
    }
    if (exploration->what & SGR_EXPLORE_TURNS) {
        explore_rows(&e, sgr_fault_row_count, sgr_strike_row_count);
    }
    if (exploration->what & SGR_EXPLORE_PAIRS) {
        explore_pairs(&e);
    }
    sgr_heap_free(e.heap);
}
