/* Private to lang/promql/: the state of one parse, and what the grammar calls to build the tree.
 * Every builder takes ownership of nothing, allocates in the state's arena, and returns a node even
 * after an error, so that the grammar's actions need no tests: the first error is kept, the scanner
 * then ends the text, and sgr_promql_parse throws the tree away. */
#ifndef SGR_LANG_PROMQL_TREE_H
#define SGR_LANG_PROMQL_TREE_H

#include "lang/promql/promql.h"

struct sgr_pq_span {
    size_t lo, hi;
};

struct sgr_pq_state {
    struct sgr_arena *arena;
    sgr_str text;
    struct sgr_promql_hole *holes;
    size_t hole_count;
    size_t at;               /* bytes the scanner has given out */
    SGR_VEC(size_t) parens;  /* where the open ( stand */
    struct sgr_pq_span open; /* the innermost { or [ that is still open */
    bool measured; /* a number stood in brackets: Prometheus reads [step():] only behind one */
    bool failed;
    struct sgr_promql_error error;
    struct sgr_promql_expr *root;
};

/* Growing lists of the grammar. */
struct sgr_pq_labels {
    sgr_str *at;
    size_t count, cap;
};
struct sgr_pq_exprs {
    struct sgr_promql_expr **at;
    size_t count, cap;
};
struct sgr_pq_matchers {
    struct sgr_promql_matcher *at;
    size_t count, cap;
};
/* What stands between a binary operator and its right side. */
struct sgr_pq_modifier {
    bool returns_bool;
    enum sgr_promql_matching matching;
    struct sgr_pq_labels labels;
    enum sgr_promql_group group;
    struct sgr_pq_labels include;
    const double *fill_left, *fill_right;
};
struct sgr_pq_by {
    bool without;
    struct sgr_pq_labels labels;
};
/* A literal as the scanner read it. */
struct sgr_pq_number {
    double value; /* seconds of a duration */
    bool duration;
    size_t hole; /* index + 1 */
};

/* Keeps the first error; always returns false. */
bool sgr_pq_fail(struct sgr_pq_state *state, struct sgr_pq_span span, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Was the text only blanks and comments? */
bool sgr_pq_blank(sgr_str text);
/* SGR_PROMQL_AGG_NONE where there is none of that name, in any case of letters. */
enum sgr_promql_aggregation sgr_pq_aggregation_of(sgr_str name);

/* literal.c: the scanner's texts. Each false after an error, which is then in the state. */
bool sgr_pq_read_number(struct sgr_pq_state *state, struct sgr_pq_span span,
                        struct sgr_pq_number *out);
bool sgr_pq_read_string(struct sgr_pq_state *state, struct sgr_pq_span span,
                        struct sgr_promql_text *out);
/* A word in which placeholders stand. */
void sgr_pq_read_word(struct sgr_pq_state *state, struct sgr_pq_span span,
                      struct sgr_promql_text *out);
/* Index + 1 of the one placeholder that is the whole span, else 0. */
size_t sgr_pq_whole_hole(const struct sgr_pq_state *state, struct sgr_pq_span span);
/* Strict readers without holes, for run-time values. */
bool sgr_pq_number_of(sgr_str s, double *value);
bool sgr_pq_duration_of(sgr_str s, int64_t *ns);

/* regex.c: with `holes`, the letter SGR_PQ_HOLE_LETTER stands for an interpolation. */
enum { SGR_PQ_HOLE_LETTER = 0xf8ff };
#define SGR_PQ_HOLE_BYTES "\xef\xa3\xbf"
bool sgr_pq_regex_check(sgr_str pattern, bool holes, struct sgr_promql_regex *out,
                        const char **problem, size_t *lo, size_t *hi);

/* tree.c */
struct sgr_promql_expr *sgr_pq_number(struct sgr_pq_state *state, struct sgr_pq_span span,
                                      struct sgr_pq_number number);
struct sgr_promql_expr *sgr_pq_string(struct sgr_pq_state *state, struct sgr_pq_span span,
                                      struct sgr_promql_text text);
struct sgr_promql_expr *sgr_pq_selector(struct sgr_pq_state *state, struct sgr_pq_span span,
                                        struct sgr_promql_text name,
                                        struct sgr_pq_matchers matchers);
struct sgr_promql_expr *sgr_pq_call(struct sgr_pq_state *state, struct sgr_pq_span span,
                                    struct sgr_pq_span name_span, sgr_str name,
                                    struct sgr_pq_exprs args);
struct sgr_promql_expr *sgr_pq_aggregate(struct sgr_pq_state *state, struct sgr_pq_span span,
                                         enum sgr_promql_aggregation op, const struct sgr_pq_by *by,
                                         struct sgr_pq_exprs args);
struct sgr_promql_expr *sgr_pq_binary(struct sgr_pq_state *state, enum sgr_promql_operator op,
                                      struct sgr_pq_span op_span, struct sgr_promql_expr *left,
                                      const struct sgr_pq_modifier *modifier,
                                      struct sgr_promql_expr *right);
struct sgr_promql_expr *sgr_pq_unary(struct sgr_pq_state *state, struct sgr_pq_span span,
                                     enum sgr_promql_operator op, struct sgr_promql_expr *of);
struct sgr_promql_expr *sgr_pq_paren(struct sgr_pq_state *state, struct sgr_pq_span span,
                                     struct sgr_promql_expr *of);
struct sgr_promql_expr *sgr_pq_range(struct sgr_pq_state *state, struct sgr_pq_span span,
                                     struct sgr_pq_span brackets, struct sgr_promql_expr *of,
                                     struct sgr_promql_expr *range);
/* `step` may be NULL. */
struct sgr_promql_expr *sgr_pq_subquery(struct sgr_pq_state *state, struct sgr_pq_span span,
                                        struct sgr_promql_expr *of, struct sgr_promql_expr *range,
                                        struct sgr_promql_expr *step);
struct sgr_promql_expr *sgr_pq_duration(struct sgr_pq_state *state, struct sgr_pq_span span,
                                        enum sgr_promql_duration_op op,
                                        enum sgr_promql_operator arithmetic,
                                        struct sgr_promql_expr *left,
                                        struct sgr_promql_expr *right);
struct sgr_promql_expr *sgr_pq_duration_parens(struct sgr_pq_state *state, struct sgr_pq_span span,
                                               struct sgr_promql_expr *of);
struct sgr_promql_expr *sgr_pq_duration_sign(struct sgr_pq_state *state, struct sgr_pq_span span,
                                             enum sgr_promql_operator op,
                                             struct sgr_promql_expr *of);
/* These change the selector or subquery before them and return it. */
struct sgr_promql_expr *sgr_pq_offset(struct sgr_pq_state *state, struct sgr_pq_span span,
                                      struct sgr_promql_expr *of, struct sgr_promql_expr *offset);
struct sgr_promql_expr *sgr_pq_at(struct sgr_pq_state *state, struct sgr_pq_span span,
                                  struct sgr_promql_expr *of, enum sgr_promql_at at,
                                  enum sgr_promql_operator sign, struct sgr_pq_span time_span,
                                  struct sgr_pq_number time);
struct sgr_promql_expr *sgr_pq_extend(struct sgr_pq_state *state, struct sgr_pq_span span,
                                      struct sgr_promql_expr *of, bool smoothed);

struct sgr_promql_matcher sgr_pq_matcher(struct sgr_pq_state *state, struct sgr_pq_span span,
                                         struct sgr_promql_text name, enum sgr_promql_match match,
                                         struct sgr_pq_span value_span,
                                         struct sgr_promql_text value);
/* A number after fill: sign applied, in the arena. */
const double *sgr_pq_fill(struct sgr_pq_state *state, struct sgr_pq_span span,
                          enum sgr_promql_operator sign, struct sgr_pq_number number);
struct sgr_pq_labels sgr_pq_label_add(struct sgr_pq_state *state, struct sgr_pq_labels list,
                                      struct sgr_pq_span span, struct sgr_promql_text label);
struct sgr_pq_exprs sgr_pq_expr_add(struct sgr_pq_state *state, struct sgr_pq_exprs list,
                                    struct sgr_promql_expr *expr);
struct sgr_pq_matchers sgr_pq_matcher_add(struct sgr_pq_state *state, struct sgr_pq_matchers list,
                                          struct sgr_promql_matcher matcher);

/* check.c: types of a whole tree. */
bool sgr_pq_check(struct sgr_pq_state *state, struct sgr_promql_expr *root);

/* print.c */
void sgr_pq_print_number(double value, bool short_form, struct sgr_buf *out);

#endif
