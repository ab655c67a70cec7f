/* Private to the scanner: what a word means. Each returns the token, with its value in *out. */
#ifndef SGR_LANG_PROMQL_WORD_H
#define SGR_LANG_PROMQL_WORD_H

#include "lang/promql/grammar.h"

/* A keyword that the scanner knows by what follows it. */
int sgr_pq_keyword(struct sgr_pq_state *state, struct sgr_pq_span span, SGR_PQSTYPE *out,
                   int token);
/* A keyword in any case of letters, a number by name, a name or a metric name. */
int sgr_pq_word(struct sgr_pq_state *state, struct sgr_pq_span span, SGR_PQSTYPE *out);
int sgr_pq_word_with_holes(struct sgr_pq_state *state, struct sgr_pq_span span, SGR_PQSTYPE *out);
/* A placeholder alone: the type of its value decides. */
int sgr_pq_hole_word(struct sgr_pq_state *state, struct sgr_pq_span span, SGR_PQSTYPE *out);
/* Inside brackets: step, range, min_of, max_of. */
int sgr_pq_duration_word(struct sgr_pq_state *state, struct sgr_pq_span span, SGR_PQSTYPE *out);
/* Reports a byte that begins no word. */
void sgr_pq_stray(struct sgr_pq_state *state, struct sgr_pq_span span);

#endif
