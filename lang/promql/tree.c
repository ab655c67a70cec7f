/* Builds the tree. Each builder checks what only it can see (places of offsets, holes, arguments of
 * an aggregation); types are check.c's. Must never touch a node after a later builder may have read
 * it, but for `@`, offset and extensions, which belong to the selector before them. */
#include "lang/promql/tree.h"

#include <math.h>

bool sgr_pq_fail(struct sgr_pq_state *state, struct sgr_pq_span span, const char *format, ...)
{
    if (!state->failed) {
        va_list args;
        va_start(args, format);
        state->error = (struct sgr_promql_error){sgr_arena_vprintf(state->arena, format, args),
                                                 span.lo, span.hi};
        va_end(args);
        state->failed = true;
    }
    return false;
}

static struct sgr_promql_expr *node(struct sgr_pq_state *state, struct sgr_pq_span span,
                                    enum sgr_promql_kind kind, enum sgr_promql_type type)
{
    struct sgr_promql_expr *expr = SGR_NEW(state->arena, struct sgr_promql_expr);
    expr->kind = kind;
    expr->type = type;
    expr->lo = span.lo;
    expr->hi = span.hi;
    expr->height = 1;
    return expr;
}

/* Hangs a child below its parent. */
static void adopt(struct sgr_pq_state *state, struct sgr_promql_expr *parent,
                  struct sgr_promql_expr *child)
{
    child->parent = parent;
    if (child->height >= parent->height) {
        parent->height = child->height + 1;
    }
    if (parent->height > SGR_PROMQL_DEPTH_MAX) {
        struct sgr_pq_span span = {parent->lo, parent->hi};
        sgr_pq_fail(state, span, "the query is nested too deeply (more than %d)",
                    SGR_PROMQL_DEPTH_MAX);
    }
}

static void mark(struct sgr_pq_state *state, size_t hole, enum sgr_promql_hole_kind kind)
{
    if (hole > 0) {
        state->holes[hole - 1].kind = kind;
    }
}

static void mark_text(struct sgr_pq_state *state, const struct sgr_promql_text *text,
                      enum sgr_promql_hole_kind kind)
{
    for (size_t i = 0; i < text->hole_count; i++) {
        mark(state, text->holes[i].index + 1, kind);
    }
}

static bool refuse_holes(struct sgr_pq_state *state, const struct sgr_promql_text *text,
                         const char *where)
{
    if (text->hole_count == 0) {
        return true;
    }
    const struct sgr_promql_hole *hole = &state->holes[text->holes[0].index];
    struct sgr_pq_span span = {hole->lo, hole->hi};
    return sgr_pq_fail(state, span,
                       "an interpolation may not stand in %s; it may be a label value, a metric "
                       "name, a duration or a number",
                       where);
}

struct sgr_promql_expr *sgr_pq_number(struct sgr_pq_state *state, struct sgr_pq_span span,
                                      struct sgr_pq_number number)
{
    struct sgr_promql_expr *expr = node(state, span, SGR_PROMQL_NUMBER, SGR_PROMQL_SCALAR);
    expr->as.number.value = number.value;
    expr->as.number.duration = number.duration;
    expr->as.number.hole = number.hole;
    mark(state, number.hole, number.duration ? SGR_PROMQL_HOLE_SECONDS : SGR_PROMQL_HOLE_NUMBER);
    return expr;
}

struct sgr_promql_expr *sgr_pq_string(struct sgr_pq_state *state, struct sgr_pq_span span,
                                      struct sgr_promql_text text)
{
    struct sgr_promql_expr *expr = node(state, span, SGR_PROMQL_STRING, SGR_PROMQL_STRING_TYPE);
    refuse_holes(state, &text, "a string that is no label value of a selector");
    expr->as.string = text;
    return expr;
}

struct sgr_promql_expr *sgr_pq_selector(struct sgr_pq_state *state, struct sgr_pq_span span,
                                        struct sgr_promql_text name,
                                        struct sgr_pq_matchers matchers)
{
    struct sgr_promql_expr *expr = node(state, span, SGR_PROMQL_SELECTOR, SGR_PROMQL_VECTOR);
    expr->as.selector.name = name;
    expr->as.selector.matchers = matchers.at;
    expr->as.selector.count = matchers.count;
    mark_text(state, &name, SGR_PROMQL_HOLE_METRIC);
    return expr;
}

/* The name of a function that this one looks like, or NULL. */
static const char *similar(struct sgr_pq_state *state, sgr_str name)
{
    char *lower = sgr_arena_cstr(state->arena, name);
    for (char *p = lower; *p != '\0'; p++) {
        *p = *p >= 'A' && *p <= 'Z' ? (char)(*p - 'A' + 'a') : *p;
    }
    name = sgr_str_from(lower);
    if (sgr_str_is(name, "holt_winters")) {
        return "double_exponential_smoothing";
    }
    size_t count = 0, best = 3;
    const char *found = NULL;
    const struct sgr_promql_function *functions = sgr_promql_functions(&count);
    for (size_t i = 0; i < count; i++) {
        sgr_str other = sgr_str_from(functions[i].name);
        size_t distance = sgr_str_distance(name, other, 2);
        /* rat is rate rather than rad: more of the name is still to be typed. */
        distance -= distance > 0 && sgr_str_starts_with(other, name);
        if (distance < best) {
            best = distance;
            found = functions[i].name;
        }
    }
    return found;
}

struct sgr_promql_expr *sgr_pq_call(struct sgr_pq_state *state, struct sgr_pq_span span,
                                    struct sgr_pq_span name_span, sgr_str name,
                                    struct sgr_pq_exprs args)
{
    const struct sgr_promql_function *function = sgr_promql_function(name);
    if (function == NULL) {
        const char *other = similar(state, name);
        sgr_pq_fail(state, name_span, "there is no function %.*s%s%s%s", SGR_FMT(name),
                    other ? "; is " : "", other ? other : "", other ? " meant?" : "");
        function = sgr_promql_functions(NULL);
    }
    struct sgr_promql_expr *expr = node(state, span, SGR_PROMQL_CALL, function->returns);
    expr->as.call.function = function;
    expr->as.call.args = args.at;
    expr->as.call.count = args.count;
    for (size_t i = 0; i < args.count; i++) {
        adopt(state, expr, args.at[i]);
    }
    return expr;
}

struct sgr_promql_expr *sgr_pq_aggregate(struct sgr_pq_state *state, struct sgr_pq_span span,
                                         enum sgr_promql_aggregation op, const struct sgr_pq_by *by,
                                         struct sgr_pq_exprs args)
{
    struct sgr_promql_expr *expr = node(state, span, SGR_PROMQL_AGGREGATE, SGR_PROMQL_VECTOR);
    const struct sgr_promql_aggregation_info *info = sgr_promql_aggregation(op);
    size_t want = info->param == SGR_PROMQL_PARAM_NONE ? 1 : 2;
    expr->as.aggregate.op = op;
    if (by != NULL) {
        expr->as.aggregate.grouped = true;
        expr->as.aggregate.without = by->without;
        expr->as.aggregate.labels = (struct sgr_promql_labels){by->labels.at, by->labels.count};
    }
    if (args.count != want) {
        sgr_pq_fail(state, span, "%s wants %zu argument%s, got %zu", info->name, want,
                    want == 1 ? "" : "s", args.count);
        struct sgr_pq_number zero = {0};
        expr->as.aggregate.of = sgr_pq_number(state, span, zero);
        return expr;
    }
    if (want == 2) {
        expr->as.aggregate.param = args.at[0];
        adopt(state, expr, args.at[0]);
    }
    expr->as.aggregate.of = args.at[want - 1];
    adopt(state, expr, args.at[want - 1]);
    return expr;
}

struct sgr_promql_expr *sgr_pq_binary(struct sgr_pq_state *state, enum sgr_promql_operator op,
                                      struct sgr_pq_span op_span, struct sgr_promql_expr *left,
                                      const struct sgr_pq_modifier *modifier,
                                      struct sgr_promql_expr *right)
{
    bool scalars = left->type == SGR_PROMQL_SCALAR && right->type == SGR_PROMQL_SCALAR;
    struct sgr_pq_span span = {left->lo, right->hi};
    struct sgr_promql_expr *expr =
        node(state, span, SGR_PROMQL_BINARY, scalars ? SGR_PROMQL_SCALAR : SGR_PROMQL_VECTOR);
    expr->as.binary.op = op;
    expr->as.binary.op_lo = op_span.lo;
    expr->as.binary.op_hi = op_span.hi;
    expr->as.binary.left = left;
    expr->as.binary.right = right;
    expr->as.binary.returns_bool = modifier->returns_bool;
    expr->as.binary.matching = modifier->matching;
    expr->as.binary.labels =
        (struct sgr_promql_labels){modifier->labels.at, modifier->labels.count};
    expr->as.binary.group = modifier->group;
    expr->as.binary.include =
        (struct sgr_promql_labels){modifier->include.at, modifier->include.count};
    expr->as.binary.fill_left = modifier->fill_left;
    expr->as.binary.fill_right = modifier->fill_right;
    adopt(state, expr, left);
    adopt(state, expr, right);
    return expr;
}

struct sgr_promql_expr *sgr_pq_unary(struct sgr_pq_state *state, struct sgr_pq_span span,
                                     enum sgr_promql_operator op, struct sgr_promql_expr *of)
{
    if (of->kind == SGR_PROMQL_NUMBER && of->as.number.hole == 0) {
        of->as.number.value = op == SGR_PROMQL_OP_SUB ? -of->as.number.value : of->as.number.value;
        of->lo = span.lo;
        return of;
    }
    struct sgr_promql_expr *expr = node(state, span, SGR_PROMQL_UNARY, of->type);
    expr->as.unary.op = op;
    expr->as.unary.of = of;
    adopt(state, expr, of);
    return expr;
}

struct sgr_promql_expr *sgr_pq_paren(struct sgr_pq_state *state, struct sgr_pq_span span,
                                     struct sgr_promql_expr *of)
{
    struct sgr_promql_expr *expr = node(state, span, SGR_PROMQL_PAREN, of->type);
    expr->as.paren.of = of;
    adopt(state, expr, of);
    return expr;
}

/* The nearest whole number, halves away from zero. */
static double nearest(double value)
{
    return fabs(value) < 4e15 ? (double)(int64_t)(value + (value < 0 ? -0.5 : 0.5)) : value;
}

/* A length of time from what stands in brackets or behind offset. */
static struct sgr_promql_duration take_duration(struct sgr_pq_state *state,
                                                struct sgr_promql_expr *expr, bool positive)
{
    struct sgr_promql_duration duration = {.set = true};
    struct sgr_pq_span span = {expr->lo, expr->hi};
    if (expr->kind != SGR_PROMQL_NUMBER) {
        duration.expr = expr;
        return duration;
    }
    double seconds = expr->as.number.value;
    if (expr->as.number.hole > 0) {
        if (!expr->as.number.duration) {
            sgr_pq_fail(state, span, "a duration stands here, and this interpolation is a number");
        }
        duration.hole = expr->as.number.hole;
        duration.minus = seconds < 0;
        if (positive && duration.minus) {
            sgr_pq_fail(state, span, "a duration here must be above 0");
        }
        mark(state, duration.hole,
             positive || duration.minus ? SGR_PROMQL_HOLE_RANGE : SGR_PROMQL_HOLE_OFFSET);
        return duration;
    }
    if (!(fabs(seconds) < 9223372036.0)) {
        sgr_pq_fail(state, span, "this duration is out of range");
        return duration;
    }
    if (positive && !(seconds > 0)) {
        sgr_pq_fail(state, span, "a duration here must be above 0");
    }
    duration.ms = (int64_t)(nearest(seconds * 1e9) / 1e6);
    if (positive && seconds > 0 && duration.ms == 0) {
        sgr_pq_fail(state, span, "a duration here must be at least a millisecond");
    }
    return duration;
}

struct sgr_promql_expr *sgr_pq_range(struct sgr_pq_state *state, struct sgr_pq_span span,
                                     struct sgr_pq_span brackets, struct sgr_promql_expr *of,
                                     struct sgr_promql_expr *range)
{
    struct sgr_promql_expr *expr = node(state, span, SGR_PROMQL_RANGE, SGR_PROMQL_MATRIX);
    if (of->kind != SGR_PROMQL_SELECTOR) {
        sgr_pq_fail(state, brackets,
                    "a range may stand only behind a selector; a subquery is written [5m:]");
    } else if (of->as.selector.time.offset.set &&
               (of->as.selector.time.offset.ms != 0 || of->as.selector.time.offset.expr != NULL ||
                of->as.selector.time.offset.hole != 0)) {
        sgr_pq_fail(state, brackets, "the range stands before offset");
    } else if (of->as.selector.time.at != SGR_PROMQL_AT_NONE) {
        sgr_pq_fail(state, brackets, "the range stands before @");
    }
    expr->as.range.of = of;
    expr->as.range.range = take_duration(state, range, true);
    adopt(state, expr, of);
    return expr;
}

struct sgr_promql_expr *sgr_pq_subquery(struct sgr_pq_state *state, struct sgr_pq_span span,
                                        struct sgr_promql_expr *of, struct sgr_promql_expr *range,
                                        struct sgr_promql_expr *step)
{
    struct sgr_promql_expr *expr = node(state, span, SGR_PROMQL_SUBQUERY, SGR_PROMQL_MATRIX);
    expr->as.subquery.of = of;
    expr->as.subquery.range = take_duration(state, range, true);
    if (step != NULL) {
        expr->as.subquery.step = take_duration(state, step, true);
    }
    adopt(state, expr, of);
    return expr;
}

/* A number in duration arithmetic must be a length of time by itself. */
static void check_literal(struct sgr_pq_state *state, const struct sgr_promql_expr *expr)
{
    if (expr->kind == SGR_PROMQL_NUMBER && !(fabs(expr->as.number.value) < 9223372036.0)) {
        struct sgr_pq_span span = {expr->lo, expr->hi};
        sgr_pq_fail(state, span, "this duration is out of range");
    }
}

struct sgr_promql_expr *sgr_pq_duration(struct sgr_pq_state *state, struct sgr_pq_span span,
                                        enum sgr_promql_duration_op op,
                                        enum sgr_promql_operator arithmetic,
                                        struct sgr_promql_expr *left, struct sgr_promql_expr *right)
{
    struct sgr_promql_expr *expr = node(state, span, SGR_PROMQL_DURATION_EXPR, SGR_PROMQL_SCALAR);
    expr->as.duration.op = op;
    expr->as.duration.arithmetic = arithmetic;
    expr->as.duration.left = left;
    expr->as.duration.right = right;
    struct sgr_promql_expr *parts[] = {left, right};
    for (size_t i = 0; i < 2; i++) {
        if (parts[i] != NULL) {
            adopt(state, expr, parts[i]);
            check_literal(state, parts[i]);
        }
    }
    bool divides = arithmetic == SGR_PROMQL_OP_DIV || arithmetic == SGR_PROMQL_OP_MOD;
    if (divides && right->kind == SGR_PROMQL_NUMBER && right->as.number.hole == 0 &&
        right->as.number.value == 0) {
        struct sgr_pq_span place = {right->lo, right->hi};
        sgr_pq_fail(state, place, "division by zero");
    }
    return expr;
}

struct sgr_promql_expr *sgr_pq_duration_parens(struct sgr_pq_state *state, struct sgr_pq_span span,
                                               struct sgr_promql_expr *of)
{
    if (of->kind != SGR_PROMQL_DURATION_EXPR) {
        of = sgr_pq_duration(state, span, SGR_PROMQL_D_PLUS, SGR_PROMQL_OP_NONE, NULL, of);
    }
    of->as.duration.parens = true;
    of->lo = span.lo;
    of->hi = span.hi;
    return of;
}

struct sgr_promql_expr *sgr_pq_duration_sign(struct sgr_pq_state *state, struct sgr_pq_span span,
                                             enum sgr_promql_operator op,
                                             struct sgr_promql_expr *of)
{
    if (of->kind == SGR_PROMQL_NUMBER) {
        of->as.number.value = op == SGR_PROMQL_OP_SUB ? -of->as.number.value : of->as.number.value;
        of->lo = span.lo;
        return of;
    }
    if (op == SGR_PROMQL_OP_ADD) {
        return of;
    }
    return sgr_pq_duration(state, span, SGR_PROMQL_D_MINUS, SGR_PROMQL_OP_NONE, NULL, of);
}

/* The time that `@` and offset change, or NULL with an error. */
static struct sgr_promql_time *time_of(struct sgr_pq_state *state, struct sgr_promql_expr *of,
                                       const char *what)
{
    struct sgr_pq_span span = {of->lo, of->hi};
    switch (of->kind) {
    case SGR_PROMQL_SELECTOR:
        return &of->as.selector.time;
    case SGR_PROMQL_RANGE:
        return of->as.range.of->kind == SGR_PROMQL_SELECTOR ? &of->as.range.of->as.selector.time
                                                            : NULL;
    case SGR_PROMQL_SUBQUERY:
        return &of->as.subquery.time;
    default:
        sgr_pq_fail(state, span, "%s may stand only behind a selector, a range or a subquery",
                    what);
        return NULL;
    }
}

struct sgr_promql_expr *sgr_pq_offset(struct sgr_pq_state *state, struct sgr_pq_span span,
                                      struct sgr_promql_expr *of, struct sgr_promql_expr *offset)
{
    struct sgr_promql_duration duration = take_duration(state, offset, false);
    struct sgr_promql_time *time = time_of(state, of, "offset");
    if (time == NULL) {
        return of;
    }
    const struct sgr_promql_duration *old = &time->offset;
    if (old->ms != 0 || old->hole != 0 || old->expr != NULL) {
        sgr_pq_fail(state, span, "offset may be given only once");
    }
    time->offset = duration;
    of->hi = span.hi;
    return of;
}

struct sgr_promql_expr *sgr_pq_at(struct sgr_pq_state *state, struct sgr_pq_span span,
                                  struct sgr_promql_expr *of, enum sgr_promql_at at,
                                  enum sgr_promql_operator sign, struct sgr_pq_span time_span,
                                  struct sgr_pq_number number)
{
    struct sgr_promql_time *time = time_of(state, of, "@");
    if (time == NULL) {
        return of;
    }
    if (time->at != SGR_PROMQL_AT_NONE) {
        sgr_pq_fail(state, span, "@ may be given only once");
    }
    time->at = at;
    of->hi = span.hi;
    if (at == SGR_PROMQL_AT_TIME && number.hole > 0) {
        if (number.duration || sign == SGR_PROMQL_OP_SUB) {
            sgr_pq_fail(state, time_span, "behind @ an interpolation must be a number of seconds");
        }
        time->at_hole = number.hole;
        mark(state, number.hole, SGR_PROMQL_HOLE_TIME);
    } else if (at == SGR_PROMQL_AT_TIME) {
        if (!(fabs(number.value) < 9.2e15)) {
            sgr_pq_fail(state, time_span, "this time is out of range");
            return of;
        }
        double ms = nearest(number.value * 1000);
        time->at_ms = (int64_t)(sign == SGR_PROMQL_OP_SUB ? -ms : ms);
    }
    return of;
}

struct sgr_promql_expr *sgr_pq_extend(struct sgr_pq_state *state, struct sgr_pq_span span,
                                      struct sgr_promql_expr *of, bool smoothed)
{
    const char *word = smoothed ? "smoothed" : "anchored";
    struct sgr_promql_expr *selector = of->kind == SGR_PROMQL_RANGE ? of->as.range.of : of;
    if (selector->kind != SGR_PROMQL_SELECTOR) {
        sgr_pq_fail(state, span, "%s may stand only behind a selector or a range", word);
        return of;
    }
    if (smoothed ? selector->as.selector.anchored : selector->as.selector.smoothed) {
        sgr_pq_fail(state, span, "anchored and smoothed exclude each other");
    }
    selector->as.selector.anchored = selector->as.selector.anchored || !smoothed;
    selector->as.selector.smoothed = selector->as.selector.smoothed || smoothed;
    of->hi = span.hi;
    return of;
}

/* Reads the pattern of a matcher; its holes count as one letter. */
static void check_pattern(struct sgr_pq_state *state, struct sgr_pq_span span,
                          struct sgr_promql_matcher *matcher)
{
    const struct sgr_promql_text *text = &matcher->value;
    size_t extra = sizeof SGR_PQ_HOLE_BYTES - 1;
    char *bytes = sgr_arena_alloc(state->arena, text->value.len + text->hole_count * extra + 1);
    size_t n = 0, hole = 0;
    for (size_t i = 0; i <= text->value.len; i++) {
        for (; hole < text->hole_count && text->holes[hole].at == i; hole++) {
            memcpy(bytes + n, SGR_PQ_HOLE_BYTES, extra);
            n += extra;
        }
        if (i < text->value.len) {
            bytes[n++] = text->value.ptr[i];
        }
    }
    sgr_str pattern = {bytes, n};
    const char *problem = NULL;
    size_t lo = 0, hi = 0;
    if (!sgr_pq_regex_check(pattern, hole > 0, &matcher->regex, &problem, &lo, &hi)) {
        /* Where the string has no escapes its bytes are the text's, so the place is exact. */
        sgr_str raw = {state->text.ptr + span.lo + 1, span.hi - span.lo - 2};
        if (hole == 0 && sgr_str_equal(raw, text->value)) {
            span = (struct sgr_pq_span){span.lo + 1 + lo, span.lo + 1 + hi};
        }
        sgr_pq_fail(state, span, "invalid regular expression: %s", problem);
    }
}

struct sgr_promql_matcher sgr_pq_matcher(struct sgr_pq_state *state, struct sgr_pq_span span,
                                         struct sgr_promql_text name, enum sgr_promql_match match,
                                         struct sgr_pq_span value_span,
                                         struct sgr_promql_text value)
{
    struct sgr_promql_matcher matcher = {
        .name = name, .match = match, .value = value, .lo = span.lo, .hi = span.hi};
    refuse_holes(state, &name, "a label name");
    bool pattern = match == SGR_PROMQL_MATCHES || match == SGR_PROMQL_NOT_MATCHES;
    mark_text(state, &value, pattern ? SGR_PROMQL_HOLE_REGEX : SGR_PROMQL_HOLE_LABEL);
    if (pattern) {
        check_pattern(state, value_span, &matcher);
    }
    return matcher;
}

const double *sgr_pq_fill(struct sgr_pq_state *state, struct sgr_pq_span span,
                          enum sgr_promql_operator sign, struct sgr_pq_number number)
{
    double *value = SGR_NEW(state->arena, double);
    if (number.hole > 0) {
        sgr_pq_fail(state, span, "an interpolation may not stand in fill");
    }
    *value = sign == SGR_PROMQL_OP_SUB ? -number.value : number.value;
    return value;
}

/* Room for one more of a list in the arena; what is outgrown stays behind. */
static void *grow(struct sgr_pq_state *state, void *at, size_t size, size_t count, size_t *cap)
{
    if (count < *cap) {
        return at;
    }
    *cap = *cap ? *cap * 2 : 4;
    void *bigger = sgr_arena_array(state->arena, size, *cap);
    if (count > 0) {
        memcpy(bigger, at, count * size);
    }
    return bigger;
}

struct sgr_pq_labels sgr_pq_label_add(struct sgr_pq_state *state, struct sgr_pq_labels list,
                                      struct sgr_pq_span span, struct sgr_promql_text label)
{
    refuse_holes(state, &label, "a label name");
    if (label.value.len == 0) {
        sgr_pq_fail(state, span, "a label name may not be empty");
    }
    for (size_t i = 0; i < label.value.len;) {
        size_t len = sgr_utf8_length(label.value, i);
        if (len == 0) {
            sgr_pq_fail(state, span, "this label name is not UTF-8");
            break;
        }
        i += len;
    }
    list.at = grow(state, list.at, sizeof *list.at, list.count, &list.cap);
    list.at[list.count++] = label.value;
    return list;
}

struct sgr_pq_exprs sgr_pq_expr_add(struct sgr_pq_state *state, struct sgr_pq_exprs list,
                                    struct sgr_promql_expr *expr)
{
    list.at = grow(state, list.at, sizeof(struct sgr_promql_expr *), list.count, &list.cap);
    list.at[list.count++] = expr;
    return list;
}

struct sgr_pq_matchers sgr_pq_matcher_add(struct sgr_pq_state *state, struct sgr_pq_matchers list,
                                          struct sgr_promql_matcher matcher)
{
    list.at = grow(state, list.at, sizeof *list.at, list.count, &list.cap);
    list.at[list.count++] = matcher;
    return list;
}
