/* What lang/promql/ promises: the table of expressions, holes and their escapes, one number, walks
 * and limits. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "lang/promql/promql.h"

static const char table[] = SGR_SOURCE_DIR "/tests/golden/promql/expressions.txt";

/* Every line of the table, or with SGR_REWRITE=1 the table anew. */
Test(promql, table_of_expressions)
{
    FILE *file = fopen(table, "r");
    cr_assert_not_null(file, "%s", table);
    bool rewrite = getenv("SGR_REWRITE") != NULL;
    struct sgr_buf all, line;
    sgr_buf_init(&all, 1 << 24);
    sgr_buf_init(&line, 1 << 20);
    char *text = NULL;
    size_t cap = 0, cases = 0, wrong = 0;
    ssize_t len;
    while ((len = getline(&text, &cap, file)) > 0) {
        char *tab = strchr(text, '\t');
        if (tab == NULL) {
            sgr_buf_cstr(&all, text);
            continue;
        }
        sgr_str expression = {text, (size_t)(tab - text)};
        sgr_buf_clear(&line);
        sgr_promql_describe_line(expression, &line);
        sgr_buf_printf(&all, "%.*s\t%s\n", SGR_FMT(expression), line.ptr);
        text[len - 1] = '\0';
        cases++;
        if (!rewrite && strcmp(tab + 1, line.ptr) != 0) {
            wrong++;
            cr_log_error("%.*s\n  is      %s\n  wanted  %s", SGR_FMT(expression), line.ptr,
                         tab + 1);
        }
    }
    fclose(file);
    if (rewrite) {
        file = fopen(table, "w");
        fputs(all.ptr, file);
        fclose(file);
    }
    free(text);
    sgr_buf_release(&all);
    sgr_buf_release(&line);
    cr_assert_gt(cases, 300);
    cr_assert_eq(wrong, 0, "%zu of %zu lines differ", wrong, cases);
}

/* The canonical form is canonical: it reads back to itself. */
Test(promql, canonical_forms_are_stable)
{
    FILE *file = fopen(table, "r");
    cr_assert_not_null(file);
    struct sgr_buf once;
    sgr_buf_init(&once, 1 << 20);
    char *text = NULL;
    size_t cap = 0;
    while (getline(&text, &cap, file) > 0) {
        char *tab = strchr(text, '\t');
        char *next = tab != NULL ? strchr(tab + 1, '\t') : NULL;
        if (next == NULL || strncmp(tab + 1, "error\t", 6) == 0 || strstr(text, "9e-324") != NULL) {
            continue;
        }
        sgr_str canonical = {tab + 1, (size_t)(next - tab - 1)};
        sgr_buf_clear(&once);
        sgr_promql_describe_line(canonical, &once);
        cr_expect(strncmp(once.ptr, canonical.ptr, canonical.len) == 0 &&
                      once.ptr[canonical.len] == '\t',
                  "%.*s became %s", SGR_FMT(canonical), once.ptr);
    }
    fclose(file);
    free(text);
    sgr_buf_release(&once);
}

/* Parses a text in which ${t}, ${n} and ${d} are holes of text, number and duration. */
struct parsed {
    struct sgr_arena *arena;
    struct sgr_promql_hole holes[8];
    size_t count;
    bool ok;
    const struct sgr_promql_expr *expr;
    struct sgr_promql_error error;
    struct sgr_buf text, printed;
};

static struct parsed parse(const char *source)
{
    struct parsed p = {.arena = sgr_arena_new()};
    sgr_buf_init(&p.text, 1 << 20);
    sgr_buf_init(&p.printed, 1 << 20);
    for (const char *s = source; *s != '\0'; s++) {
        if (s[0] == '$' && s[1] == '{') {
            p.holes[p.count].value = s[2] == 't'   ? SGR_PROMQL_TEXT
                                     : s[2] == 'n' ? SGR_PROMQL_NUMBER_VALUE
                                                   : SGR_PROMQL_DURATION_VALUE;
            sgr_promql_placeholder(&p.text, p.count++);
            s += 3;
        } else {
            sgr_buf_byte(&p.text, *s);
        }
    }
    p.ok = sgr_promql_parse(p.arena, sgr_buf_str(&p.text), p.holes, p.count, &p.expr, &p.error);
    if (p.ok) {
        sgr_promql_print(p.expr, &p.printed);
    }
    return p;
}

static void release(struct parsed *p)
{
    sgr_buf_release(&p->text);
    sgr_buf_release(&p->printed);
    sgr_arena_free(p->arena);
}

/* Fills the holes as a run would: `values` in order; the result is parsed again. */
static void expect_filled(const char *source, const char *const values[], const char *want)
{
    struct parsed p = parse(source);
    cr_assert(p.ok, "%s: %.*s", source, SGR_FMT(p.error.message));
    struct sgr_buf out;
    sgr_buf_init(&out, 1 << 20);
    size_t at = 0, index = 0;
    sgr_str literal;
    while (sgr_promql_piece(sgr_buf_str(&p.printed), &at, &literal, &index)) {
        sgr_buf_add(&out, literal);
        if (index != SIZE_MAX) {
            struct sgr_error error = {0};
            cr_assert(
                sgr_promql_escape(p.holes[index].kind, sgr_str_from(values[index]), &out, &error),
                "%s: %s", source, error.text);
        }
    }
    cr_expect_str_eq(out.ptr, want);
    struct parsed again = parse(out.ptr);
    cr_expect(again.ok, "%s: %.*s", out.ptr, SGR_FMT(again.error.message));
    release(&again);
    sgr_buf_release(&out);
    release(&p);
}

Test(holes, fill_every_place_they_may_stand_in)
{
    const char *canary[] = {"canary"};
    expect_filled("sum(rate(r{app='gateway', track=\"${t}\"}[1m]))", canary,
                  "sum(rate(r{app=\"gateway\",track=\"canary\"}[1m]))");
    expect_filled("r{pod=~`gateway-${t}-.*`}", canary, "r{pod=~\"gateway-canary-.*\"}");
    expect_filled("http_${t}_total{a=\"b\"}", canary, "{__name__=\"http_canary_total\",a=\"b\"}");
    expect_filled("${t}", canary, "{__name__=\"canary\"}");
    expect_filled("{\"${t}.x\"}", canary, "{__name__=\"canary.x\"}");
    const char *hour[] = {"1h30m"};
    expect_filled("rate(r[${d}])", hour, "rate(r[1h30m])");
    expect_filled("max_over_time(r[5m:${d}])", hour, "max_over_time(r[5m:1h30m])");
    expect_filled("r offset ${d}", hour, "r offset 1h30m");
    expect_filled("r offset -${d}", hour, "r offset -1h30m");
    expect_filled("r > ${d}", hour, "r > 5400");
    const char *number[] = {"0.5"};
    expect_filled("r > bool ${n}", number, "r > bool 0.5");
    expect_filled("topk(${n}, r)", number, "topk(0.5, r)");
    expect_filled("r @ ${n}", number, "r @ 0.5");
    expect_filled("r{code=\"${n}\"}", number, "r{code=\"0.5\"}");
    const char *several[] = {"a", "b", "5m"};
    expect_filled("rate(r{z=\"${t}\", a=\"${t}\"}[${d}])", several, "rate(r{a=\"b\",z=\"a\"}[5m])");
}

Test(holes, no_value_changes_the_query)
{
    const char *quote[] = {"x\"} or up{a=\"\\"};
    expect_filled("r{track=\"${t}\"}", quote, "r{track=\"x\\\"} or up{a=\\\"\\\\\"}");
    expect_filled("r{track='${t}'}", quote, "r{track=\"x\\\"} or up{a=\\\"\\\\\"}");
    expect_filled("r{track=`${t}`}", quote, "r{track=\"x\\\"} or up{a=\\\"\\\\\"}");
    const char *pattern[] = {".*|a\n"};
    expect_filled("r{track=~\"${t}\"}", pattern, "r{track=~\"\\\\.\\\\*\\\\|a\\n\"}");
    const char *digits[] = {"1"};
    expect_filled("r{track=~`\\01${t}`}", digits, "r{track=~\"\\\\01(?:1)\"}");
    const char *keyword[] = {"inf"};
    expect_filled("${t}", keyword, "{__name__=\"inf\"}");
    const char *negative[] = {"-3"};
    expect_filled("${n} ^ 2", negative, "(-3) ^ 2");
    expect_filled("-${n}", negative, "-(-3)");
    const char *percent[] = {"5%"};
    expect_filled("r < ${n}", percent, "r < 0.05");
}

static void refuse(enum sgr_promql_hole_kind kind, const char *value)
{
    struct sgr_buf out;
    struct sgr_error error = {0};
    sgr_buf_init(&out, 1000);
    cr_expect_not(sgr_promql_escape(kind, sgr_str_from(value), &out, &error), "%s", value);
    cr_expect_not_null(error.text);
    cr_expect_eq(out.len, 0);
    sgr_error_release(&error);
    sgr_buf_release(&out);
}

Test(holes, values_that_fit_nowhere_are_refused)
{
    refuse(SGR_PROMQL_HOLE_METRIC, "a b");
    refuse(SGR_PROMQL_HOLE_METRIC, "a\"");
    refuse(SGR_PROMQL_HOLE_METRIC, "");
    refuse(SGR_PROMQL_HOLE_RANGE, "0s");
    refuse(SGR_PROMQL_HOLE_RANGE, "-5m");
    refuse(SGR_PROMQL_HOLE_RANGE, "5");
    refuse(SGR_PROMQL_HOLE_RANGE, "5m]");
    refuse(SGR_PROMQL_HOLE_OFFSET, "");
    refuse(SGR_PROMQL_HOLE_NUMBER, "1 + 1");
    refuse(SGR_PROMQL_HOLE_NUMBER, "");
    refuse(SGR_PROMQL_HOLE_NUMBER, "x");
    refuse(SGR_PROMQL_HOLE_TIME, "Inf");
    refuse(SGR_PROMQL_HOLE_LABEL, "\xff");
}

static void expect_refused(const char *source, size_t lo, const char *part)
{
    struct parsed p = parse(source);
    cr_expect_not(p.ok, "%s", source);
    cr_expect(p.ok || strstr(p.error.message.ptr, part) != NULL, "%s: %s", source,
              p.error.message.ptr);
    cr_expect(p.ok || p.error.lo == lo, "%s: %zu", source, p.error.lo);
    release(&p);
}

Test(holes, tell_their_kind_and_place)
{
    static const struct {
        const char *source, *word;
    } rows[] = {
        {"a{x=\"${t}\"}", "label"}, {"a{x!~\"${t}\"}", "regex"}, {"a_${t}", "name"},
        {"a[${d}]", "range"},       {"a offset ${d}", "offset"}, {"a > ${n}", "number"},
        {"a > ${d}", "seconds"},    {"a @ ${n}", "time"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct parsed p = parse(rows[i].source);
        cr_assert(p.ok, "%s", rows[i].source);
        cr_expect_str_eq(sgr_promql_hole_word(p.holes[0].kind), rows[i].word);
        cr_expect_eq(p.text.ptr[p.holes[0].lo], '\001');
        cr_expect_eq(p.text.ptr[p.holes[0].hi - 1], '\002');
        release(&p);
    }
}

Test(holes, elsewhere_are_errors_with_a_place)
{
    expect_refused("r{${t}=\"a\"}", 2, "inside a quoted label value");
    expect_refused("r{\"${t}\"=\"a\"}", 3, "a label name");
    expect_refused("sum by (${t}) (r)", 8, "unexpected interpolation, expected a label name");
    expect_refused("sum by (\"${t}\") (r)", 9, "a label name");
    expect_refused("${t}(r)", 3, "unexpected (");
    expect_refused("a ${t} b", 2, "expected an operator");
    expect_refused("label_replace(a, \"${t}\", \"\", \"\", \"\")", 18, "no label value");
    expect_refused("a # ${t}", 2, "in a comment");
    expect_refused("a[${t}]", 2, "expected a duration");
    expect_refused("a[${n}]", 2, "is a number");
    expect_refused("a[${n}m]", 2, "its unit included");
    expect_refused("a[5${d}]", 2, "not a part of it");
    expect_refused("a > 1${n}", 4, "not a part of it");
    expect_refused("a > ${n}k", 4, "must stand alone");
    expect_refused("a @ ${d}", 4, "a number of seconds");
    expect_refused("a + fill(${n}) b", 9, "in fill");
    expect_refused("a{x=~\"[${t}]\"}", 5, "inside [ ]");
    expect_refused("a{x=~\"${t}+\"}", 5, "(?:...)");
    expect_refused("a{x=~\"b{1${t}}\"}", 5, "counts of a repetition");
    expect_refused("a{x=\"\\${t}\"}", 5, "unknown escape");
    expect_refused("a\001", 1, "control characters");
    expect_refused("a{x=\"\0019\002\"}", 5, "control characters");
}

static void expect_one(const char *source, const char *reason)
{
    struct parsed p = parse(source);
    struct sgr_promql_error why;
    cr_assert(p.ok, "%s: %.*s", source, SGR_FMT(p.error.message));
    bool one = sgr_promql_one_number(p.arena, p.expr, &why);
    cr_expect_eq(one, reason == NULL, "%s", source);
    if (!one && reason != NULL) {
        cr_expect_not_null(strstr(why.message.ptr, reason), "%s: %s", source, why.message.ptr);
        cr_expect_lt(why.lo, why.hi);
    }
    release(&p);
}

Test(one, is_proved)
{
    expect_one("1 + time()", NULL);
    expect_one("scalar(r)", NULL);
    expect_one("sum(r)", NULL);
    expect_one("sum by () (r)", NULL);
    expect_one("max(r) / count(r) * 100", NULL);
    expect_one("-(avg(rate(r[5m])))", NULL);
    expect_one("histogram_quantile(0.99, sum by (le) (rate(b[1m])))", NULL);
    expect_one("sum by (track) (r{track=\"new\"})", NULL);
    expect_one("sum by (track) (r{track=\"new\"}) / on () count(r)", NULL);
    expect_one("sum(a) or vector(0)", NULL);
    expect_one("sum by (x) (a{x=\"1\"}) or on () vector(0)", NULL);
    expect_one("absent(up{job=\"x\"})", NULL);
    expect_one("vector(time())", NULL);
    expect_one("hour()", NULL);
    expect_one("max_over_time(sum(rate(r[1m]))[1h:1m])", NULL);
    expect_one("topk(1, sum(r))", NULL);
    expect_one("sum(a) > 5", NULL);
    expect_one("clamp_max(sum(a), 1)", NULL);
    expect_one("label_replace(sum(a), \"x\", \"y\", \"\", \"\")", NULL);
    expect_one("sum by (a) (x) / ignoring (a) sum(y)", NULL);
    expect_one("sum(x) and on () y", NULL);
    expect_one("sum by (a, b) (x) + on (c) sum by (c) (y)", NULL);
}

Test(one, is_not_claimed)
{
    expect_one("up", "a selector gives one number for every series");
    expect_one("up{job=\"x\"}", "a selector");
    expect_one("rate(up[5m])", "a selector");
    expect_one("topk(1, up)", "topk");
    expect_one("sum by (job) (up)", "every value of job");
    expect_one("sum without (x) (up)", "without");
    expect_one("sum by (x) (a{x=~\"1\"})", "every value of x");
    expect_one("sum by (x) (a{x=\"1\"}) or vector(0)", "or may give a series of either side");
    expect_one("sum(a) or b", "a selector");
    expect_one("a + 1", "a selector");
    expect_one("up[5m]", "range vector");
    expect_one("\"x\"", "a string");
    expect_one("count_values(\"v\", up)", "count_values");
    expect_one("histogram_quantile(0.9, sum by (le, job) (b))", "job");
    expect_one("sum(a) + on () group_right up", "a selector");
    expect_one("sort(up)", "a selector");
    expect_one("sum by (x) (a) + fill(0) sum(b)", "x");
    expect_one("label_replace(a, \"x\", \"y\", \"\", \"\")", "a selector");
}

static bool count_selectors(void *context, const struct sgr_promql_expr *expr)
{
    size_t *counts = context;
    counts[0]++;
    counts[1] += expr->kind == SGR_PROMQL_SELECTOR;
    counts[2] += expr->kind == SGR_PROMQL_RANGE && expr->as.range.range.ms == 60000;
    counts[3] += expr->parent == NULL;
    return true;
}

Test(walk, visits_every_node_once_and_knows_parents)
{
    struct parsed p = parse("topk(3, sum(rate(a{x=\"1\"}[1m])) / (b + 1))");
    size_t counts[4] = {0};
    cr_assert(p.ok);
    sgr_promql_walk(p.expr, count_selectors, counts);
    cr_expect_eq(counts[0], 11);
    cr_expect_eq(counts[1], 2);
    cr_expect_eq(counts[2], 1);
    cr_expect_eq(counts[3], 1);
    release(&p);
}

Test(walk, selectors_tell_their_metric_and_matchers)
{
    struct parsed p = parse("{__name__=\"up\", job=~\"canary\", x=~\".*\", y=~\"a$b\"}");
    cr_assert(p.ok);
    cr_expect(sgr_str_is(sgr_promql_metric(p.expr), "up"));
    cr_expect_null(sgr_promql_find(p.expr, "nosuch"));
    cr_expect(sgr_promql_find(p.expr, "job")->regex.literal);
    cr_expect(sgr_promql_find(p.expr, "x")->regex.everything);
    cr_expect(sgr_promql_find(p.expr, "y")->regex.impossible);
    release(&p);
}

Test(walk, experimental_parts_name_their_flag)
{
    struct parsed p = parse("sum(mad_over_time(a[5m])) + 1");
    const char *flag = NULL;
    struct sgr_promql_error where;
    cr_expect(sgr_promql_experimental(p.expr, &flag, &where));
    cr_expect_str_eq(flag, "promql-experimental-functions");
    cr_expect_eq(where.lo, 4);
    release(&p);
    p = parse("sum(rate(a[5m])) + 1");
    cr_expect_not(sgr_promql_experimental(p.expr, &flag, &where));
    release(&p);
}

/* The tree with a parenthesis around every operator. */
static void shape(const struct sgr_promql_expr *expr, struct sgr_buf *out)
{
    if (expr->kind == SGR_PROMQL_BINARY) {
        sgr_buf_byte(out, '(');
        shape(expr->as.binary.left, out);
        sgr_buf_printf(out, " %s ", sgr_promql_operator(expr->as.binary.op)->text);
        shape(expr->as.binary.right, out);
        sgr_buf_byte(out, ')');
    } else if (expr->kind == SGR_PROMQL_UNARY) {
        sgr_buf_printf(out, "(%s", sgr_promql_operator(expr->as.unary.op)->text);
        shape(expr->as.unary.of, out);
        sgr_buf_byte(out, ')');
    } else {
        sgr_promql_print(expr, out);
    }
}

Test(precedence, is_prometheus_own)
{
    static const char *const rows[][2] = {
        {"a ^ b ^ c", "(a ^ (b ^ c))"},
        {"a - b - c", "((a - b) - c)"},
        {"a / b * c % d atan2 e", "((((a / b) * c) % d) atan2 e)"},
        {"a + b * c ^ d", "(a + (b * (c ^ d)))"},
        {"-a ^ b", "(-(a ^ b))"},
        {"-a * b", "((-a) * b)"},
        {"a ^ -b * c", "((a ^ (-b)) * c)"},
        {"a < b == c", "((a < b) == c)"},
        {"a > b + c", "(a > (b + c))"},
        {"a or b and c unless d or e", "((a or ((b and c) unless d)) or e)"},
        {"a and b > c", "(a and (b > c))"},
        {"a offset 5m ^ b", "(a offset 5m ^ b)"},
        {"-a[5m:] offset 1m", ""},
        {"a + on (x) group_left (y) b * c", "(a + (b * c))"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct parsed p = parse(rows[i][0]);
        sgr_buf_clear(&p.printed);
        if (p.ok) {
            shape(p.expr, &p.printed);
        }
        cr_expect_str_eq(p.printed.ptr, rows[i][1]);
        release(&p);
    }
}

Test(functions, are_in_order_and_complete)
{
    size_t count = 0;
    const struct sgr_promql_function *all = sgr_promql_functions(&count);
    for (size_t i = 0; i < count; i++) {
        cr_expect(i == 0 || strcmp(all[i - 1].name, all[i].name) < 0, "%s", all[i].name);
        cr_expect_eq(sgr_promql_function(sgr_str_from(all[i].name)), &all[i]);
        cr_expect(all[i].max >= all[i].min);
    }
    cr_expect_eq(sgr_promql_function(SGR_STR("label_replace"))->params, 5);
    cr_expect_null(sgr_promql_function(SGR_STR("sum")));
}

static bool parses(struct sgr_buf *text, const char *part)
{
    struct sgr_arena *arena = sgr_arena_new();
    const struct sgr_promql_expr *expr = NULL;
    struct sgr_promql_error error = {0};
    bool ok = sgr_promql_parse(arena, sgr_buf_str(text), NULL, 0, &expr, &error);
    cr_expect(ok || strstr(error.message.ptr, part) != NULL, "%s", error.message.ptr);
    sgr_arena_free(arena);
    return ok;
}

Test(limits, depth_and_size_are_bounded)
{
    struct sgr_buf text;
    sgr_buf_init(&text, 1 << 20);
    sgr_buf_fill(&text, '(', 400);
    sgr_buf_cstr(&text, "a");
    sgr_buf_fill(&text, ')', 400);
    cr_expect(parses(&text, ""));
    sgr_buf_clear(&text);
    sgr_buf_fill(&text, '(', 100000);
    cr_expect_not(parses(&text, "nested too deeply"));
    sgr_buf_clear(&text);
    for (int i = 0; i < 3000; i++) {
        sgr_buf_cstr(&text, "a+");
    }
    sgr_buf_cstr(&text, "a");
    cr_expect_not(parses(&text, "nested too deeply"));
    sgr_buf_clear(&text);
    sgr_buf_cstr(&text, "a{x=~\"");
    sgr_buf_fill(&text, '(', 5000);
    sgr_buf_fill(&text, ')', 5000);
    sgr_buf_cstr(&text, "\"}");
    cr_expect_not(parses(&text, "nested too deeply"));
    sgr_buf_clear(&text);
    sgr_buf_fill(&text, ' ', SGR_PROMQL_TEXT_MAX);
    sgr_buf_cstr(&text, "a");
    cr_expect_not(parses(&text, "longer than"));
    sgr_buf_release(&text);
}

Test(durations, print_as_prometheus_does)
{
    static const struct {
        int64_t ms;
        const char *want;
    } rows[] = {{0, "0s"},           {1, "1ms"},        {90061001, "1d1h1m1s1ms"},
                {604800000, "1w"},   {691200000, "8d"}, {INT64_C(31536000000), "1y"},
                {-5400000, "-1h30m"}};
    struct sgr_buf out;
    sgr_buf_init(&out, 100);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        sgr_buf_clear(&out);
        sgr_promql_print_duration(rows[i].ms, &out);
        cr_expect_str_eq(out.ptr, rows[i].want);
    }
    sgr_buf_release(&out);
}
