/* The table of what may strike a play, and what a strike is in words. */
#include "k8s/sim/internal.h"
#include "k8s/sim/play.h"

const struct sgr_strike_row sgr_strike_rows[] = {
#define FAULT(id, word, args, numbers, doc) {word, args, doc, false},
#include "k8s/sim/fault.def"
#undef FAULT
#define TURN(id, word, doc) {word, "", doc, true},
#include "k8s/sim/turn.def"
#undef TURN
};
const size_t sgr_strike_row_count = sizeof sgr_strike_rows / sizeof *sgr_strike_rows;
const size_t sgr_fault_row_count = SIM_FAULT_COUNT;

const struct sgr_strike_row *sgr_strike_row(const char *word)
{
    for (size_t i = 0; i < sgr_strike_row_count; i++) {
        if (strcmp(sgr_strike_rows[i].word, word) == 0) {
            return &sgr_strike_rows[i];
        }
    }
    return NULL;
}

struct sgr_strike sgr_strike_of(const struct sgr_strike_row *row, uint32_t at, bool rollback,
                                int64_t length)
{
    struct sgr_strike strike = {
        .what = row->word, .at = at, .rollback = rollback, .length = length, .count = 1};
    if (strstr(row->args, "track") != NULL) {
        strike.track = "new";
    }
    if (strcmp(row->word, "suspended") == 0) {
        strike.amount = length > 0 ? length : SGR_STRIKE_LONG_MS;
    }
    if (strcmp(row->word, "slow_pods") == 0) {
        strike.amount = SGR_STRIKE_SHORT_MS;
    }
    if (strcmp(row->word, "record_unwritable") == 0 && length == 0) {
        strike.length =
            SGR_STRIKE_LONG_MS; /* for ever, a run holds for ever: it may change nothing */
    }
    return strike;
}

void sgr_strike_tell(const struct sgr_strike *strike, struct sgr_buf *out)
{
    const struct sgr_strike_row *row = sgr_strike_row(strike->what);
    bool kill = strcmp(strike->what, "killed") == 0;
    sgr_buf_printf(out, "%s at effect %u%s", strike->what, strike->at,
                   strike->rollback ? " of the way back" : "");
    if (kill) {
        sgr_buf_cstr(out, strike->arrived ? ", which has arrived" : ", which has not arrived");
    } else if (strike->length > 0) {
        sgr_buf_cstr(out, ", for ");
        sgr_value_print(sgr_unit_i(SGR_DURATION, strike->length), out);
    }
    sgr_buf_printf(out, ": %s", row->doc);
}
