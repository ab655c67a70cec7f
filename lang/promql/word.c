/* Which token a word is. Knows the keywords, which may be written in any case of letters; must
 * never look at what stands around the word (that is the scanner's and the grammar's part). */
#include "lang/promql/word.h"

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool same_word(sgr_str word, const char *name)
{
    size_t len = strlen(name);
    if (word.len != len) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        if (lower(word.ptr[i]) != name[i]) {
            return false;
        }
    }
    return true;
}

static const struct keyword {
    const char *name;
    int token;
} keywords[] = {
    {"and", TOK_AND},
    {"or", TOK_OR},
    {"unless", TOK_UNLESS},
    {"atan2", TOK_ATAN2},
    {"offset", TOK_OFFSET},
    {"anchored", TOK_ANCHORED},
    {"smoothed", TOK_SMOOTHED},
    {"by", TOK_BY},
    {"without", TOK_WITHOUT},
    {"on", TOK_ON},
    {"ignoring", TOK_IGNORING},
    {"group_left", TOK_GROUP_LEFT},
    {"group_right", TOK_GROUP_RIGHT},
    {"bool", TOK_BOOL},
    {"start", TOK_START},
    {"end", TOK_END},
    {"step", TOK_STEP},
    {"range", TOK_RANGE},
    {"max_of", TOK_MAX_OF},
    {"min_of", TOK_MIN_OF},
};

enum sgr_promql_aggregation sgr_pq_aggregation_of(sgr_str name)
{
    for (int i = 1; i < SGR_PROMQL_AGG_END; i++) {
        enum sgr_promql_aggregation op = (enum sgr_promql_aggregation)i;
        if (same_word(name, sgr_promql_aggregation(op)->name)) {
            return op;
        }
    }
    return SGR_PROMQL_AGG_NONE;
}

static sgr_str text_of(const struct sgr_pq_state *state, struct sgr_pq_span span)
{
    return (sgr_str){state->text.ptr + span.lo, span.hi - span.lo};
}

int sgr_pq_keyword(struct sgr_pq_state *state, struct sgr_pq_span span, SGR_PQSTYPE *out, int token)
{
    out->text = (struct sgr_promql_text){.value = text_of(state, span)};
    return token;
}

int sgr_pq_word(struct sgr_pq_state *state, struct sgr_pq_span span, SGR_PQSTYPE *out)
{
    sgr_str word = text_of(state, span);
    if (same_word(word, "inf") || same_word(word, "nan")) {
        out->number = (struct sgr_pq_number){0};
        sgr_pq_number_of(word, &out->number.value);
        return TOK_NUMBER;
    }
    out->text = (struct sgr_promql_text){.value = word};
    for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++) {
        if (same_word(word, keywords[i].name)) {
            return keywords[i].token;
        }
    }
    if (sgr_pq_aggregation_of(word) != SGR_PROMQL_AGG_NONE) {
        return TOK_AGGREGATION;
    }
    return memchr(word.ptr, ':', word.len) != NULL ? TOK_METRIC : TOK_IDENTIFIER;
}

int sgr_pq_word_with_holes(struct sgr_pq_state *state, struct sgr_pq_span span, SGR_PQSTYPE *out)
{
    sgr_pq_read_word(state, span, &out->text);
    const struct sgr_promql_text *text = &out->text;
    if (text->holes[0].at == 0 && state->holes[text->holes[0].index].value != SGR_PROMQL_TEXT) {
        sgr_pq_fail(state, span,
                    "an interpolated number or duration must stand alone, not as a part "
                    "of a word; its unit belongs to the value");
        return TOK_YYEOF;
    }
    return TOK_METRIC_HOLE;
}

int sgr_pq_hole_word(struct sgr_pq_state *state, struct sgr_pq_span span, SGR_PQSTYPE *out)
{
    size_t hole = sgr_pq_whole_hole(state, span);
    switch (state->holes[hole - 1].value) {
    case SGR_PROMQL_TEXT:
        sgr_pq_read_word(state, span, &out->text);
        return TOK_METRIC_HOLE;
    case SGR_PROMQL_NUMBER_VALUE:
        out->number = (struct sgr_pq_number){.value = 1, .hole = hole};
        return TOK_NUMBER;
    case SGR_PROMQL_DURATION_VALUE:
        out->number = (struct sgr_pq_number){.value = 1, .duration = true, .hole = hole};
        return TOK_DURATION;
    }
    return TOK_YYEOF;
}

int sgr_pq_duration_word(struct sgr_pq_state *state, struct sgr_pq_span span, SGR_PQSTYPE *out)
{
    int token = sgr_pq_word(state, span, out);
    if (token == TOK_STEP || token == TOK_RANGE || token == TOK_MAX_OF || token == TOK_MIN_OF) {
        return token;
    }
    sgr_str word = text_of(state, span);
    sgr_pq_fail(state, span, "unexpected %.*s, expected a duration as in [5m]", SGR_FMT(word));
    return TOK_YYEOF;
}

void sgr_pq_stray(struct sgr_pq_state *state, struct sgr_pq_span span)
{
    unsigned char c = (unsigned char)state->text.ptr[span.lo];
    if (c > ' ' && c < 0x7f) {
        sgr_pq_fail(state, span, "unexpected character %c", c);
    } else if (c >= 0x80) {
        sgr_pq_fail(state, span, "this is not UTF-8 (byte 0x%02x)", c);
    } else {
        sgr_pq_fail(state, span, "unexpected control character 0x%02x", c);
    }
}
