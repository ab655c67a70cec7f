/* Lints of one query: rates, counters, matchers, quantiles. They read the tree that the check made
 * of it, never its text. */
#include "compiler/lint/linter.h"

struct in_query {
    struct sgr_linter *l;
    const struct sgr_lint_subject *s;
};

typedef bool (*visit_fn)(void *self, const struct sgr_promql_expr *expr);

static void walk(struct sgr_linter *l, const struct sgr_lint_subject *s, visit_fn visit)
{
    struct in_query in = {l, s};
    sgr_promql_walk(s->query->tree, visit, &in);
}

static sgr_span span_of(const struct in_query *in, size_t lo, size_t hi)
{
    return sgr_query_span(in->l->diags->sources, in->s->query, lo, hi);
}

static const struct sgr_promql_function *function_of(const struct sgr_promql_expr *expr)
{
    return expr != NULL && expr->kind == SGR_PROMQL_CALL ? expr->as.call.function : NULL;
}

/* ---- rate-window ---- */

/* The length in milliseconds; false where it is computed. */
static bool known_length(const struct sgr_query *query, const struct sgr_promql_duration *range,
                         int64_t *ms)
{
    *ms = range->ms;
    if (range->hole > 0) {
        return sgr_literal_duration(sgr_known(query->parts[range->hole - 1]), ms);
    }
    return range->set && range->expr == NULL;
}

static bool visit_window(void *self, const struct sgr_promql_expr *expr)
{
    const struct in_query *in = self;
    const struct sgr_promql_function *function = function_of(expr);
    int64_t ms;
    bool rates = function != NULL &&
                 (function->class == SGR_PROMQL_COUNTER || function->class == SGR_PROMQL_GAUGE);
    const struct sgr_promql_expr *range = rates ? sgr_promql_bare(expr->as.call.args[0]) : NULL;
    if (range == NULL || range->kind != SGR_PROMQL_RANGE ||
        !known_length(in->s->query, &range->as.range.range, &ms) || ms >= 4 * in->l->scrape_ms) {
        return true;
    }
    struct sgr_buf text;
    sgr_buf_init(&text, 64);
    sgr_promql_print_duration(4 * in->l->scrape_ms, &text);
    struct sgr_diag *diag = sgr_lint_report(
        in->l, span_of(in, range->lo, range->hi), "%s over %s, with a scrape every %s",
        function->name, sgr_lint_duration(in->l, ms), sgr_lint_duration(in->l, in->l->scrape_ms));
    sgr_diag_help(in->l->diags, diag, "a lost scrape leaves too few samples; write [%s] or more",
                  text.ptr);
    sgr_buf_release(&text);
    return true;
}

void sgr_lint_rate_window(struct sgr_linter *l, const struct sgr_lint_subject *s)
{
    walk(l, s, visit_window);
}

/* ---- rate-of-sum ---- */

static bool visit_rated(void *self, const struct sgr_promql_expr *expr)
{
    const struct in_query *in = self;
    const struct sgr_promql_function *function = function_of(expr);
    const struct sgr_promql_expr *of = function != NULL && function->class == SGR_PROMQL_COUNTER
                                           ? sgr_promql_bare(expr->as.call.args[0])
                                           : NULL;
    if (of == NULL || of->kind != SGR_PROMQL_SUBQUERY ||
        sgr_promql_bare(of->as.subquery.of)->kind != SGR_PROMQL_AGGREGATE) {
        return true;
    }
    struct sgr_diag *diag = sgr_lint_report(in->l, span_of(in, expr->lo, expr->hi),
                                            "%s of an aggregate takes the restart of one pod for a "
                                            "reset of all",
                                            function->name);
    sgr_diag_help(in->l->diags, diag, "first the rate, then the sum: sum(%s(...[5m]))",
                  function->name);
    return true;
}

void sgr_lint_rate_of_sum(struct sgr_linter *l, const struct sgr_lint_subject *s)
{
    walk(l, s, visit_rated);
}

/* ---- raw-counter ---- */

static bool is_counter(sgr_str name)
{
    static const char *const ends[] = {"_total",         "_bucket",    "_seconds_sum",
                                       "_seconds_count", "_bytes_sum", "_bytes_count"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        if (sgr_str_ends_with(name, sgr_str_from(ends[i]))) {
            return true;
        }
    }
    return false;
}

/* Whether something around the selector does not ask for its height, or asks for its growth. */
static bool tamed(const struct sgr_promql_expr *selector)
{
    for (const struct sgr_promql_expr *up = selector->parent; up != NULL; up = up->parent) {
        const struct sgr_promql_function *function = function_of(up);
        bool counts =
            up->kind == SGR_PROMQL_AGGREGATE && (up->as.aggregate.op == SGR_PROMQL_AGG_COUNT ||
                                                 up->as.aggregate.op == SGR_PROMQL_AGG_GROUP);
        static const char *const harmless[] = {"changes", "count_over_time", "present_over_time",
                                               "timestamp"};
        for (size_t i = 0; function != NULL && i < 4; i++) {
            counts = counts || strcmp(function->name, harmless[i]) == 0;
        }
        if (counts || (function != NULL && (function->class == SGR_PROMQL_COUNTER ||
                                            function->class == SGR_PROMQL_ABSENT))) {
            return true;
        }
    }
    return false;
}

static bool visit_counter(void *self, const struct sgr_promql_expr *expr)
{
    const struct in_query *in = self;
    if (expr->kind == SGR_PROMQL_SELECTOR && is_counter(sgr_promql_metric(expr)) && !tamed(expr)) {
        sgr_str name = sgr_promql_metric(expr);
        struct sgr_diag *diag =
            sgr_lint_report(in->l, span_of(in, expr->lo, expr->hi),
                            "`%.*s` counts since each pod began", SGR_FMT(name));
        sgr_diag_help(in->l->diags, diag, "ask how fast it grows: rate(%.*s[5m])", SGR_FMT(name));
    }
    return true;
}

/* A metric of unit `count` is differenced between two samples. */
void sgr_lint_raw_counter(struct sgr_linter *l, const struct sgr_lint_subject *s)
{
    const struct sgr_expr *unit = sgr_attribute_of(s->decl, "unit");
    bool counts =
        unit != NULL && unit->kind == SGR_EXPR_NAME && sgr_str_is(unit->u.name.text, "count");
    if (!counts) {
        walk(l, s, visit_counter);
    }
}

/* ---- unpinned-track ---- */

struct pin {
    bool found;
};

static bool is_track(const struct sgr_expr *expr)
{
    return expr->kind == SGR_EXPR_NAME && expr->type != NULL && expr->type->kind == SGR_T_RECORD &&
           sgr_str_is(expr->type->name, "track");
}

/* Fields that both tracks share tell nothing apart. */
static void look_for_pin(void *self, const struct sgr_expr *expr)
{
    struct pin *pin = self;
    static const char *const shared[] = {"namespace", "workload"};
    bool field = expr->kind == SGR_EXPR_FIELD && is_track(expr->u.field.object);
    bool passed = false;
    for (size_t i = 0; expr->kind == SGR_EXPR_CALL && i < expr->u.call.count; i++) {
        passed = passed || is_track(expr->u.call.args[i].value);
    }
    for (size_t i = 0; field && i < 2; i++) {
        field = !sgr_str_is(expr->u.field.name.text, shared[i]);
    }
    pin->found = pin->found || field || passed;
}

static bool text_pins(const struct sgr_query *query, const struct sgr_promql_text *text)
{
    struct pin pin = {false};
    struct sgr_visitor visitor = {.self = &pin, .expr = look_for_pin};
    for (size_t i = 0; i < text->hole_count; i++) {
        sgr_visit_expr(&visitor, query->parts[text->holes[i].index]);
    }
    return pin.found;
}

static bool visit_pinned(void *self, const struct sgr_promql_expr *expr)
{
    const struct in_query *in = self;
    if (expr->kind != SGR_PROMQL_SELECTOR) {
        return true;
    }
    bool pinned = text_pins(in->s->query, &expr->as.selector.name);
    for (size_t i = 0; i < expr->as.selector.count; i++) {
        pinned = pinned || text_pins(in->s->query, &expr->as.selector.matchers[i].value);
    }
    if (!pinned) {
        struct sgr_diag *diag = sgr_lint_report(in->l, span_of(in, expr->lo, expr->hi),
                                                "this selector sees both versions");
        sgr_diag_help(in->l->diags, diag, "add track=\"${%.*s.name}\" to its matchers",
                      SGR_FMT(in->s->decl->params[0].name.text));
    }
    return true;
}

/* Only a metric that is asked for a track must tell the tracks apart. */
void sgr_lint_unpinned_track(struct sgr_linter *l, const struct sgr_lint_subject *s)
{
    const struct sgr_type_expr *type = s->decl->param_count > 0 ? s->decl->params[0].type : NULL;
    if (type != NULL && sgr_str_is(type->name.text, "track")) {
        walk(l, s, visit_pinned);
    }
}

/* ---- quantile-range ---- */

/* The number that is asked of a quantile; NULL where this is none. */
static const struct sgr_promql_expr *quantile_of(const struct sgr_promql_expr *expr)
{
    const struct sgr_promql_function *function = function_of(expr);
    if (expr->kind == SGR_PROMQL_AGGREGATE && expr->as.aggregate.op == SGR_PROMQL_AGG_QUANTILE) {
        return sgr_promql_bare(expr->as.aggregate.param);
    }
    bool quantile = function != NULL && (strcmp(function->name, "histogram_quantile") == 0 ||
                                         strcmp(function->name, "quantile_over_time") == 0);
    return quantile ? sgr_promql_bare(expr->as.call.args[0]) : NULL;
}

static bool visit_quantile(void *self, const struct sgr_promql_expr *expr)
{
    const struct in_query *in = self;
    const struct sgr_promql_expr *number = quantile_of(expr);
    bool minus = number != NULL && number->kind == SGR_PROMQL_UNARY &&
                 number->as.unary.op == SGR_PROMQL_OP_SUB;
    const struct sgr_promql_expr *bare = minus ? sgr_promql_bare(number->as.unary.of) : number;
    if (bare == NULL || bare->kind != SGR_PROMQL_NUMBER || bare->as.number.hole > 0) {
        return true;
    }
    double value = minus ? -bare->as.number.value : bare->as.number.value;
    if (!(value >= 0 && value <= 1)) {
        struct sgr_diag *diag = sgr_lint_report(
            in->l, span_of(in, number->lo, number->hi), "a quantile is 0 to 1; this one is %s",
            value > 1 ? "+Inf whatever was measured" : "-Inf whatever was measured");
        if (value > 1 && value <= 100) {
            sgr_diag_help(in->l->diags, diag, "write %g", value / 100);
        }
    }
    return true;
}

void sgr_lint_quantile_range(struct sgr_linter *l, const struct sgr_lint_subject *s)
{
    walk(l, s, visit_quantile);
}

/* ---- matchers ---- */

static bool same_text(const struct sgr_promql_text *a, const struct sgr_promql_text *b)
{
    return a->hole_count == 0 && b->hole_count == 0 && sgr_str_equal(a->value, b->value);
}

/* =~ and !~ become = and != where the pattern is only a text. */
static void fix_operator(const struct in_query *in, const struct sgr_promql_matcher *m,
                         struct sgr_diag *diag)
{
    bool negated = m->match == SGR_PROMQL_NOT_MATCHES;
    sgr_span span = span_of(in, m->lo, m->hi);
    sgr_str text = sgr_sources_text(in->l->diags->sources, span);
    const char *at = memmem(text.ptr, text.len, negated ? "!~" : "=~", 2);
    sgr_diag_help(in->l->diags, diag, "write %s", negated ? "!=" : "=");
    if (at != NULL && m->value.hole_count == 0) {
        span.lo += (uint32_t)(at - text.ptr);
        span.hi = span.lo + 2;
        sgr_diag_fix(in->l->diags, diag, span, true, negated ? SGR_STR("!=") : SGR_STR("="));
    }
}

static void check_needless(const struct in_query *in, const struct sgr_promql_expr *selector,
                           size_t i)
{
    const struct sgr_promql_matcher *m = &selector->as.selector.matchers[i];
    sgr_span span = span_of(in, m->lo, m->hi);
    bool matches = m->match == SGR_PROMQL_MATCHES;
    if (matches && m->regex.everything) {
        struct sgr_diag *diag =
            sgr_lint_report(in->l, span, "this matches every series, those without the label too");
        sgr_diag_help(in->l->diags, diag, "remove it, or write `.+` for those with the label");
    } else if ((matches || m->match == SGR_PROMQL_NOT_MATCHES) && m->regex.literal) {
        fix_operator(in, m, sgr_lint_report(in->l, span, "this pattern is only a text"));
    }
    for (size_t k = 0; k < i; k++) {
        const struct sgr_promql_matcher *before = &selector->as.selector.matchers[k];
        if (before->match == m->match && same_text(&before->name, &m->name) &&
            same_text(&before->value, &m->value)) {
            sgr_lint_report(in->l, span, "this matcher stands here twice");
            break;
        }
    }
}

/* Two matchers of one label of which only one can hold. */
static bool contradict(const struct sgr_promql_matcher *a, const struct sgr_promql_matcher *b)
{
    if (!same_text(&a->name, &b->name) || a->value.hole_count + b->value.hole_count > 0) {
        return false;
    }
    bool same = sgr_str_equal(a->value.value, b->value.value);
    bool both = a->match == SGR_PROMQL_EQUAL && b->match == SGR_PROMQL_EQUAL;
    bool against = (a->match == SGR_PROMQL_EQUAL && b->match == SGR_PROMQL_NOT_EQUAL) ||
                   (a->match == SGR_PROMQL_NOT_EQUAL && b->match == SGR_PROMQL_EQUAL);
    return (both && !same) || (against && same);
}

static void check_impossible(const struct in_query *in, const struct sgr_promql_expr *selector,
                             size_t i)
{
    const struct sgr_promql_matcher *m = &selector->as.selector.matchers[i];
    sgr_span span = span_of(in, m->lo, m->hi);
    bool never = (m->match == SGR_PROMQL_MATCHES && m->regex.impossible) ||
                 (m->match == SGR_PROMQL_NOT_MATCHES && m->regex.everything);
    if (never) {
        sgr_lint_report(in->l, span, "no series can satisfy this matcher");
        return;
    }
    for (size_t k = 0; k < i; k++) {
        const struct sgr_promql_matcher *before = &selector->as.selector.matchers[k];
        if (contradict(before, m)) {
            struct sgr_diag *diag = sgr_lint_report(
                in->l, span, "no series can satisfy this and the matcher before it");
            sgr_diag_note(in->l->diags, diag, span_of(in, before->lo, before->hi), "the other one");
            return;
        }
    }
}

static bool visit_needless(void *self, const struct sgr_promql_expr *expr)
{
    for (size_t i = 0; expr->kind == SGR_PROMQL_SELECTOR && i < expr->as.selector.count; i++) {
        check_needless(self, expr, i);
    }
    return true;
}

static bool visit_impossible(void *self, const struct sgr_promql_expr *expr)
{
    for (size_t i = 0; expr->kind == SGR_PROMQL_SELECTOR && i < expr->as.selector.count; i++) {
        check_impossible(self, expr, i);
    }
    return true;
}

void sgr_lint_needless_matcher(struct sgr_linter *l, const struct sgr_lint_subject *s)
{
    walk(l, s, visit_needless);
}

void sgr_lint_impossible_matcher(struct sgr_linter *l, const struct sgr_lint_subject *s)
{
    walk(l, s, visit_impossible);
}
