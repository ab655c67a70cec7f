/* The door of lang/promql/: PromQL text in, a checked tree and its canonical text out. Pure: no
 * files, no clock, base/ and libc only.
 *
 * Everything a parse gives out lives in the caller's arena and never changes; the tree is public to
 * read, because lints walk it. Offsets are bytes into the text that was parsed.
 *
 * Holes. A script's query may contain interpolations. The caller replaces the i-th one by the
 * placeholder of i (sgr_promql_placeholder) and says in holes[i].value what kind of value will
 * stand there. The parse accepts a hole only where a label value (or a part of one), a metric name
 * (or a part), a duration or a number may stand, and says in holes[i].kind which. What is sent to
 * Prometheus is the text of sgr_promql_print, each placeholder replaced by what sgr_promql_escape
 * made of its value: the kinds hold for that text only (it has one form of string, and writes a
 * metric name with holes as a matcher), so that no value can change what the query means. */
#ifndef SGR_LANG_PROMQL_PROMQL_H
#define SGR_LANG_PROMQL_PROMQL_H

#include "base/base.h"

enum {
    SGR_PROMQL_TEXT_MAX = 256 * 1024, /* bytes of one query */
    SGR_PROMQL_DEPTH_MAX = 500,       /* height of the tree; a chain of operators counts, too */
};

enum sgr_promql_type {
    SGR_PROMQL_SCALAR,
    SGR_PROMQL_STRING_TYPE,
    SGR_PROMQL_VECTOR, /* instant vector */
    SGR_PROMQL_MATRIX, /* range vector */
};

/* Operators, aggregations and functions are tables; NONE is 0. */
enum sgr_promql_operator {
    SGR_PROMQL_OP_NONE,
#define OPERATOR(id, text, class) SGR_PROMQL_OP_##id,
#include "lang/promql/operator.def"
#undef OPERATOR
    SGR_PROMQL_OP_END
};

enum sgr_promql_operator_class {
    SGR_PROMQL_ARITHMETIC,
    SGR_PROMQL_COMPARISON,
    SGR_PROMQL_SET,
    SGR_PROMQL_TRIM, /* of native histograms */
};

struct sgr_promql_operator_info {
    const char *text;
    enum sgr_promql_operator_class class;
};
const struct sgr_promql_operator_info *sgr_promql_operator(enum sgr_promql_operator op);

enum sgr_promql_aggregation {
    SGR_PROMQL_AGG_NONE,
#define AGGREGATION(id, name, param, collapses, experimental) SGR_PROMQL_AGG_##id,
#include "lang/promql/aggregation.def"
#undef AGGREGATION
    SGR_PROMQL_AGG_END
};

enum sgr_promql_param { SGR_PROMQL_PARAM_NONE, SGR_PROMQL_PARAM_SCALAR, SGR_PROMQL_PARAM_STRING };

struct sgr_promql_aggregation_info {
    const char *name;
    enum sgr_promql_param param;
    bool collapses;    /* one element for each group; topk and its kin keep several */
    bool experimental; /* needs --enable-feature=promql-experimental-functions */
};
const struct sgr_promql_aggregation_info *
sgr_promql_aggregation(enum sgr_promql_aggregation aggregation);

/* What a function is for, as lints ask. */
enum sgr_promql_function_class {
    SGR_PROMQL_COUNTER,   /* over the range of a counter: rate, increase, irate, resets */
    SGR_PROMQL_GAUGE,     /* over the range of a gauge: delta, deriv, idelta, ... */
    SGR_PROMQL_OVER_TIME, /* over any range */
    SGR_PROMQL_HISTOGRAM, /* of classic or native histograms */
    SGR_PROMQL_MATH,      /* each element by itself */
    SGR_PROMQL_CLOCK,     /* parts of a date, times, bounds of the query */
    SGR_PROMQL_LABELS,    /* changes labels, not values */
    SGR_PROMQL_SORT,
    SGR_PROMQL_ABSENT,
    SGR_PROMQL_CONVERT, /* scalar, vector */
};

enum { SGR_PROMQL_PARAMS_MAX = 5, SGR_PROMQL_ANY = 255 };

struct sgr_promql_function {
    const char *name;
    enum sgr_promql_type returns;
    enum sgr_promql_type param[SGR_PROMQL_PARAMS_MAX];
    enum sgr_promql_function_class class;
    uint8_t min, max;  /* arguments; max may be SGR_PROMQL_ANY */
    uint8_t params;    /* used places of `param`; further arguments have the last one's type */
    bool experimental; /* needs --enable-feature=promql-experimental-functions */
};
/* All functions in alphabetical order; `count` may be NULL. */
const struct sgr_promql_function *sgr_promql_functions(size_t *count);
/* NULL where there is none of that name. */
const struct sgr_promql_function *sgr_promql_function(sgr_str name);

/* What the value of a hole is (given), and the place where it stands (found). */
enum sgr_promql_value { SGR_PROMQL_TEXT, SGR_PROMQL_NUMBER_VALUE, SGR_PROMQL_DURATION_VALUE };

enum sgr_promql_hole_kind {
    SGR_PROMQL_HOLE_LABEL,  /* inside a label value or a quoted metric name; any value */
    SGR_PROMQL_HOLE_REGEX,  /* inside the value of =~ or !~; any value, matched literally */
    SGR_PROMQL_HOLE_METRIC, /* (part of) a metric name; letters, digits, _ and : */
    SGR_PROMQL_HOLE_RANGE,  /* a duration above zero: [..], a step, an offset after a minus */
    SGR_PROMQL_HOLE_OFFSET, /* a duration of any sign */
    SGR_PROMQL_HOLE_NUMBER,
    SGR_PROMQL_HOLE_SECONDS, /* a duration where a number stands; becomes its seconds */
    SGR_PROMQL_HOLE_TIME,    /* a number of seconds after @ */
};

struct sgr_promql_hole {
    enum sgr_promql_value value;    /* in */
    enum sgr_promql_hole_kind kind; /* out */
    size_t lo, hi;                  /* out: the placeholder */
};

void sgr_promql_placeholder(struct sgr_buf *out, size_t index);
/* Walks a text with placeholders: false at the end; else the literal bytes up to the next
 * placeholder and its index, or SIZE_MAX after the last one. Start with *at == 0. */
bool sgr_promql_piece(sgr_str text, size_t *at, sgr_str *literal, size_t *index);
/* Appends what stands for `value` in the place of a hole. The value is the text of the
 * interpolation: for numbers 3, 0.5, 1e3, -2, +Inf, NaN, 5% (which is 0.05); for durations 1h30m,
 * 500ms, -5s. False with a sentence where the value cannot stand there; nothing is appended then.
 */
bool sgr_promql_escape(enum sgr_promql_hole_kind kind, sgr_str value, struct sgr_buf *out,
                       struct sgr_error *error);
/* The word that names the kind to the built-in promql_escape: label regex name range offset number
 * seconds time. */
const char *sgr_promql_hole_word(enum sgr_promql_hole_kind kind);
/* "a label value", "a duration", ... for messages. */
const char *sgr_promql_hole_name(enum sgr_promql_hole_kind kind);

/* A string that may have holes: `value` is the literal bytes alone, hole h stands before
 * value.ptr[holes[h].at]. */
struct sgr_promql_text {
    sgr_str value;
    const struct sgr_promql_text_hole {
        size_t at, index;
    } * holes;
    size_t hole_count;
};

enum sgr_promql_match {
    SGR_PROMQL_EQUAL,
    SGR_PROMQL_NOT_EQUAL,
    SGR_PROMQL_MATCHES,
    SGR_PROMQL_NOT_MATCHES,
};

/* What is known of a regular expression without a text. Holes count as one unknown letter. */
struct sgr_promql_regex {
    bool matches_empty; /* the empty string */
    bool impossible;    /* no string at all (proved) */
    bool literal;       /* no special character: = or != would do */
    bool everything;    /* .* */
};

struct sgr_promql_matcher {
    struct sgr_promql_text name; /* never has holes; __name__ for a metric name */
    enum sgr_promql_match match;
    struct sgr_promql_text value;
    struct sgr_promql_regex regex; /* of =~ and !~ */
    size_t lo, hi;
};

/* A length of time. `set` is false where the text has none. */
struct sgr_promql_duration {
    bool set;
    int64_t ms;  /* 0 where a hole or an expression says it; offsets may be negative */
    size_t hole; /* index + 1; 0: none */
    bool minus;  /* of the hole */
    const struct sgr_promql_expr *expr; /* an experimental duration expression, or NULL */
};

enum sgr_promql_at {
    SGR_PROMQL_AT_NONE,
    SGR_PROMQL_AT_TIME,
    SGR_PROMQL_AT_START,
    SGR_PROMQL_AT_END
};

/* `@` and `offset` behind a selector or a subquery. */
struct sgr_promql_time {
    enum sgr_promql_at at;
    int64_t at_ms;  /* Unix milliseconds of AT_TIME */
    size_t at_hole; /* index + 1; 0: none */
    struct sgr_promql_duration offset;
};

enum sgr_promql_matching { SGR_PROMQL_MATCH_ALL, SGR_PROMQL_MATCH_ON, SGR_PROMQL_MATCH_IGNORING };
enum sgr_promql_group { SGR_PROMQL_ONE_TO_ONE, SGR_PROMQL_GROUP_LEFT, SGR_PROMQL_GROUP_RIGHT };

struct sgr_promql_labels {
    const sgr_str *at;
    size_t count;
};

enum sgr_promql_kind {
    SGR_PROMQL_NUMBER,
    SGR_PROMQL_STRING,
    SGR_PROMQL_SELECTOR, /* up{job="x"} */
    SGR_PROMQL_RANGE,    /* up[5m]; its one child is the selector, which bears @ and offset */
    SGR_PROMQL_SUBQUERY, /* x[5m:1m] */
    SGR_PROMQL_CALL,
    SGR_PROMQL_AGGREGATE, /* children: the parameter, if any, then the operand */
    SGR_PROMQL_BINARY,
    SGR_PROMQL_UNARY,
    SGR_PROMQL_PAREN,
    SGR_PROMQL_DURATION_EXPR, /* inside a sgr_promql_duration only, never a child */
};

struct sgr_promql_expr {
    enum sgr_promql_kind kind;
    enum sgr_promql_type type;
    size_t lo, hi;
    const struct sgr_promql_expr *parent; /* NULL at the root */
    uint32_t height;                      /* 1 for a leaf */
    union {
        struct {
            double value;  /* a duration's is in seconds */
            bool duration; /* written as one */
            size_t hole;   /* index + 1; 0: none; `value` is then its sign, 1 or -1 */
        } number;
        struct sgr_promql_text string;
        struct {
            struct sgr_promql_text name; /* before the braces; empty where none stands there */
            const struct sgr_promql_matcher *matchers; /* of the braces, in the text's order */
            size_t count;
            struct sgr_promql_time time;
            bool anchored, smoothed; /* experimental */
            bool may_be_empty;       /* the second argument of info() */
        } selector;
        struct {
            struct sgr_promql_expr *of;
            struct sgr_promql_duration range;
        } range;
        struct {
            struct sgr_promql_expr *of;
            struct sgr_promql_duration range, step; /* step may be unset */
            struct sgr_promql_time time;
        } subquery;
        struct {
            const struct sgr_promql_function *function;
            struct sgr_promql_expr **args;
            size_t count;
        } call;
        struct {
            enum sgr_promql_aggregation op;
            struct sgr_promql_expr *param; /* or NULL */
            struct sgr_promql_expr *of;
            bool grouped, without; /* `by` or `without` stands there */
            struct sgr_promql_labels labels;
        } aggregate;
        struct {
            enum sgr_promql_operator op;
            size_t op_lo, op_hi; /* the operator's place */
            struct sgr_promql_expr *left, *right;
            bool returns_bool;
            enum sgr_promql_matching matching; /* ALL where not both sides are vectors */
            struct sgr_promql_labels labels;
            enum sgr_promql_group group;
            struct sgr_promql_labels include;
            const double *fill_left, *fill_right; /* experimental; or NULL */
        } binary;
        struct {
            enum sgr_promql_operator op; /* ADD or SUB */
            struct sgr_promql_expr *of;
        } unary;
        struct {
            struct sgr_promql_expr *of;
        } paren;
        struct {
            enum sgr_promql_duration_op {
                SGR_PROMQL_D_BINARY, /* left op right */
                SGR_PROMQL_D_MINUS,  /* -right */
                SGR_PROMQL_D_PLUS,   /* right */
                SGR_PROMQL_D_STEP,
                SGR_PROMQL_D_RANGE,
                SGR_PROMQL_D_MIN,
                SGR_PROMQL_D_MAX,
            } op;
            enum sgr_promql_operator arithmetic;
            struct sgr_promql_expr *left, *right;
            bool parens;
        } duration;
    } as;
};

struct sgr_promql_error {
    sgr_str message; /* arena-owned; no final stop */
    size_t lo, hi;   /* may be equal at the end of the text */
};

/* Parses and type-checks one query. False with the first problem; *out is then NULL. `holes` may be
 * NULL where n is 0. Experimental parts of the language are accepted: see sgr_promql_experimental.
 */
bool sgr_promql_parse(struct sgr_arena *arena, sgr_str text, struct sgr_promql_hole *holes,
                      size_t n, const struct sgr_promql_expr **out, struct sgr_promql_error *error);

enum sgr_promql_type sgr_promql_type(const struct sgr_promql_expr *expr);
/* "scalar", "string", "instant vector", "range vector" */
const char *sgr_promql_type_name(enum sgr_promql_type type);
/* The canonical text, on one line, as Prometheus prints expressions; holes as placeholders. */
void sgr_promql_print(const struct sgr_promql_expr *expr, struct sgr_buf *out);
/* 1h30m, 1w, 0s: as Prometheus prints durations. */
void sgr_promql_print_duration(int64_t ms, struct sgr_buf *out);

/* Is the answer provably at most one number, whatever series exist? Else `why`, if not NULL, gets a
 * sentence and the place of the culprit. An answer without any element is not excluded. */
bool sgr_promql_one_number(struct sgr_arena *arena, const struct sgr_promql_expr *expr,
                           struct sgr_promql_error *why);
/* The first part of the query that only runs where Prometheus has a feature flag on: its place and
 * the flag ("promql-experimental-functions"); false where there is none. */
bool sgr_promql_experimental(const struct sgr_promql_expr *expr, const char **flag,
                             struct sgr_promql_error *where);

/* For lints. Children stand in the text's order. */
size_t sgr_promql_child_count(const struct sgr_promql_expr *expr);
const struct sgr_promql_expr *sgr_promql_child(const struct sgr_promql_expr *expr, size_t i);
/* Calls `visit` for the expression, then for its children if it returned true. */
void sgr_promql_walk(const struct sgr_promql_expr *expr,
                     bool (*visit)(void *context, const struct sgr_promql_expr *expr),
                     void *context);
/* The expression without parentheses around it. */
const struct sgr_promql_expr *sgr_promql_bare(const struct sgr_promql_expr *expr);
/* The matcher of a selector that has this label name (first one), or NULL. */
const struct sgr_promql_matcher *sgr_promql_find(const struct sgr_promql_expr *selector,
                                                 const char *label);
/* The metric name of a selector, wherever it is written; empty where it has none, a hole in it or
 * only a pattern. */
sgr_str sgr_promql_metric(const struct sgr_promql_expr *selector);

/* Looks at a regular expression in RE2's syntax, as Prometheus reads it (anchored, dot matches
 * all). False with a sentence (a static string) and its place in `pattern`. */
bool sgr_promql_regex_check(sgr_str pattern, struct sgr_promql_regex *out, const char **problem,
                            size_t *lo, size_t *hi);

/* One line for tests and tools: "canonical<TAB>type", or "error<TAB>lo-hi<TAB>message", without a
 * newline. */
void sgr_promql_describe_line(sgr_str line, struct sgr_buf *out);

#endif
