/* The canonical text of a tree: what Prometheus' own String() writes, so that a query looks the
 * same here, in its logs and in its user interface. Exceptions: holes stand as placeholders, and a
 * metric name with holes is written as a matcher of __name__. Must never write what reads back
 * differently. */
#include "lang/promql/tree.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* The shortest digits that read back as `value` (finite, positive): 0.d1d2d3... times 10^*point. */
static size_t shortest_digits(double value, char digits[24], int *point)
{
    char text[40];
    for (int precision = 0; precision <= 17; precision++) {
        snprintf(text, sizeof text, "%.*e", precision, value);
        size_t n = 0;
        char *p = text;
        for (; *p != 'e'; p++) {
            if (*p >= '0' && *p <= '9') {
                digits[n++] = *p;
            }
        }
        int exponent = (int)strtol(p + 1, NULL, 10);
        /* Read back without a decimal point: no locale can stand between. */
        char plain[48];
        snprintf(plain, sizeof plain, "%.*se%d", (int)n, digits, exponent - (int)n + 1);
        if (strtod(plain, NULL) == value || precision == 17) {
            *point = exponent + 1;
            return n;
        }
    }
    return 0;
}

void sgr_pq_print_number(double value, bool short_form, struct sgr_buf *out)
{
    if (isnan(value)) {
        sgr_buf_cstr(out, "NaN");
        return;
    }
    if (signbit(value) || isinf(value)) {
        sgr_buf_byte(out, signbit(value) ? '-' : '+');
        value = fabs(value);
    }
    if (isinf(value) || value == 0) {
        sgr_buf_cstr(out, isinf(value) ? "Inf" : "0");
        return;
    }
    char digits[24];
    int point = 0;
    size_t n = shortest_digits(value, digits, &point);
    if (short_form && (point < -3 || point > 6)) {
        sgr_buf_byte(out, digits[0]);
        if (n > 1) {
            sgr_buf_byte(out, '.');
            sgr_buf_bytes(out, digits + 1, n - 1);
        }
        sgr_buf_printf(out, "e%c%02d", point < 1 ? '-' : '+', abs(point - 1));
        return;
    }
    if (point <= 0) {
        sgr_buf_cstr(out, "0.");
        sgr_buf_fill(out, '0', (size_t)-point);
        sgr_buf_bytes(out, digits, n);
        return;
    }
    size_t whole = (size_t)point;
    sgr_buf_bytes(out, digits, n < whole ? n : whole);
    if (n <= whole) {
        sgr_buf_fill(out, '0', whole - n);
        return;
    }
    sgr_buf_byte(out, '.');
    sgr_buf_bytes(out, digits + whole, n - whole);
}

void sgr_promql_print_duration(int64_t ms, struct sgr_buf *out)
{
    static const struct {
        const char *name;
        uint64_t ms;
        bool exact; /* only where nothing is left: 90d reads better than 12w6d */
    } units[] = {
        {"y", UINT64_C(365) * 86400000, true},
        {"w", UINT64_C(7) * 86400000, true},
        {"d", 86400000, false},
        {"h", 3600000, false},
        {"m", 60000, false},
        {"s", 1000, false},
        {"ms", 1, false},
    };
    uint64_t left = ms < 0 ? 0 - (uint64_t)ms : (uint64_t)ms;
    if (left == 0) {
        sgr_buf_cstr(out, "0s");
        return;
    }
    if (ms < 0) {
        sgr_buf_byte(out, '-');
    }
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        uint64_t n = left / units[i].ms;
        if (n > 0 && (!units[i].exact || left % units[i].ms == 0)) {
            sgr_buf_printf(out, "%llu%s", (unsigned long long)n, units[i].name);
            left -= n * units[i].ms;
        }
    }
}

/* Characters beyond ASCII that one cannot see: written as escapes. */
static bool invisible(uint32_t c)
{
    return c < 0xa1 || c == 0xad || c == 0x1680 || c == 0x180e || (c >= 0x2000 && c <= 0x200f) ||
           (c >= 0x2028 && c <= 0x202f) || (c >= 0x205f && c <= 0x206f) || c == 0x3000 ||
           (c >= 0xe000 && c <= 0xf8ff) || c == 0xfeff || (c >= 0xfff0 && c <= 0xfffb) ||
           (c & 0xfffe) == 0xfffe || c >= 0xe0000;
}

/* One character of a string between double quotes, as Go's strconv.Quote writes it. */
static void print_char(sgr_str s, size_t at, size_t len, struct sgr_buf *out)
{
    static const char names[] = "abtnvfr";
    unsigned char c = (unsigned char)s.ptr[at];
    if (len == 0) {
        sgr_buf_printf(out, "\\x%02x", c);
    } else if (len == 1 && (c == '"' || c == '\\')) {
        sgr_buf_printf(out, "\\%c", c);
    } else if (len == 1 && c >= 7 && c <= 13) {
        sgr_buf_printf(out, "\\%c", names[c - 7]);
    } else if (len == 1 && (c < ' ' || c == 0x7f)) {
        sgr_buf_printf(out, "\\x%02x", c);
    } else {
        uint32_t code = len == 1 ? c : c & (0x7fu >> len);
        for (size_t i = 1; i < len; i++) {
            code = code << 6 | ((unsigned char)s.ptr[at + i] & 0x3fu);
        }
        if (len > 1 && invisible(code)) {
            sgr_buf_printf(out, code > 0xffff ? "\\U%08x" : "\\u%04x", code);
        } else {
            sgr_buf_bytes(out, s.ptr + at, len);
        }
    }
}

static void print_string(const struct sgr_promql_text *text, struct sgr_buf *out)
{
    size_t hole = 0;
    sgr_buf_byte(out, '"');
    for (size_t i = 0;;) {
        for (; hole < text->hole_count && text->holes[hole].at == i; hole++) {
            sgr_promql_placeholder(out, text->holes[hole].index);
        }
        if (i >= text->value.len) {
            break;
        }
        size_t len = sgr_utf8_length(text->value, i);
        /* Bytes of escapes around a hole may look like one character: the hole wins. */
        if (hole < text->hole_count && text->holes[hole].at < i + len) {
            len = 0;
        }
        print_char(text->value, i, len, out);
        i += len > 0 ? len : 1;
    }
    sgr_buf_byte(out, '"');
}

static bool plain_label(sgr_str s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        if (!letter && !(i > 0 && c >= '0' && c <= '9')) {
            return false;
        }
    }
    return s.len > 0;
}

static void print_label(sgr_str label, struct sgr_buf *out)
{
    if (plain_label(label)) {
        sgr_buf_add(out, label);
    } else {
        struct sgr_promql_text text = {.value = label};
        print_string(&text, out);
    }
}

static void print_labels(const struct sgr_promql_labels *labels, struct sgr_buf *out)
{
    sgr_buf_cstr(out, "(");
    for (size_t i = 0; i < labels->count; i++) {
        sgr_buf_cstr(out, i > 0 ? ", " : "");
        print_label(labels->at[i], out);
    }
    sgr_buf_cstr(out, ")");
}

static void print_length(const struct sgr_promql_duration *duration, struct sgr_buf *out)
{
    if (duration->expr != NULL) {
        sgr_promql_print(duration->expr, out);
    } else if (duration->hole > 0) {
        sgr_buf_cstr(out, duration->minus ? "-" : "");
        sgr_promql_placeholder(out, duration->hole - 1);
    } else {
        sgr_promql_print_duration(duration->ms, out);
    }
}

static void print_at(const struct sgr_promql_time *time, struct sgr_buf *out)
{
    switch (time->at) {
    case SGR_PROMQL_AT_NONE:
        return;
    case SGR_PROMQL_AT_START:
        sgr_buf_cstr(out, " @ start()");
        return;
    case SGR_PROMQL_AT_END:
        sgr_buf_cstr(out, " @ end()");
        return;
    case SGR_PROMQL_AT_TIME:
        break;
    }
    sgr_buf_cstr(out, " @ ");
    if (time->at_hole > 0) {
        sgr_promql_placeholder(out, time->at_hole - 1);
        return;
    }
    uint64_t ms = time->at_ms < 0 ? 0 - (uint64_t)time->at_ms : (uint64_t)time->at_ms;
    sgr_buf_printf(out, "%s%llu.%03u", time->at_ms < 0 ? "-" : "", (unsigned long long)(ms / 1000),
                   (unsigned)(ms % 1000));
}

/* Behind offset arithmetic must begin with a parenthesis, or it would end at its first literal. */
static bool begins_bare(const struct sgr_promql_expr *expr)
{
    bool arithmetic = false;
    while (expr->kind == SGR_PROMQL_DURATION_EXPR && !expr->as.duration.parens &&
           expr->as.duration.op == SGR_PROMQL_D_BINARY) {
        arithmetic = true;
        expr = expr->as.duration.left;
    }
    return arithmetic && !(expr->kind == SGR_PROMQL_DURATION_EXPR && expr->as.duration.parens);
}

static void print_offset(const struct sgr_promql_duration *offset, struct sgr_buf *out)
{
    if (offset->expr != NULL || offset->hole > 0 || offset->ms != 0) {
        bool bare = offset->expr != NULL && begins_bare(offset->expr);
        sgr_buf_cstr(out, bare ? " offset (" : " offset ");
        print_length(offset, out);
        sgr_buf_cstr(out, bare ? ")" : "");
    }
}

static int compare_lines(const void *a, const void *b)
{
    const sgr_str *left = a, *right = b;
    return sgr_str_compare(*left, *right);
}

static void print_matcher(const struct sgr_promql_matcher *matcher, struct sgr_buf *out)
{
    static const char *const signs[] = {"=", "!=", "=~", "!~"};
    print_label(matcher->name.value, out);
    sgr_buf_cstr(out, signs[matcher->match]);
    print_string(&matcher->value, out);
}

/* Name and matchers; these in the order of their texts. */
static void print_series(const struct sgr_promql_expr *expr, struct sgr_buf *out)
{
    const struct sgr_promql_text *name = &expr->as.selector.name;
    size_t count = expr->as.selector.count;
    bool holes = name->hole_count > 0;
    if (!holes) {
        sgr_buf_add(out, name->value);
    }
    if (count == 0 && !holes) {
        if (name->value.len == 0 && expr->as.selector.may_be_empty) {
            sgr_buf_cstr(out, "{}");
        }
        return;
    }
    struct sgr_arena *arena = sgr_arena_new();
    struct sgr_buf line;
    sgr_buf_init(&line, SIZE_MAX / 2);
    sgr_str *lines = SGR_NEW_ARRAY(arena, sgr_str, count + 1);
    struct sgr_promql_matcher named = {.name = {.value = SGR_STR("__name__")}, .value = *name};
    for (size_t i = 0; i < count + holes; i++) {
        sgr_buf_clear(&line);
        print_matcher(i < count ? &expr->as.selector.matchers[i] : &named, &line);
        lines[i] = sgr_arena_str(arena, sgr_buf_str(&line));
    }
    qsort(lines, count + holes, sizeof *lines, compare_lines);
    sgr_buf_cstr(out, "{");
    for (size_t i = 0; i < count + holes; i++) {
        sgr_buf_cstr(out, i > 0 ? "," : "");
        sgr_buf_add(out, lines[i]);
    }
    sgr_buf_cstr(out, "}");
    sgr_buf_release(&line);
    sgr_arena_free(arena);
}

static void print_extension(const struct sgr_promql_expr *selector, struct sgr_buf *out)
{
    sgr_buf_cstr(out, selector->as.selector.anchored   ? " anchored"
                      : selector->as.selector.smoothed ? " smoothed"
                                                       : "");
}

static void print_selector(const struct sgr_promql_expr *expr, struct sgr_buf *out)
{
    print_series(expr, out);
    print_at(&expr->as.selector.time, out);
    print_extension(expr, out);
    print_offset(&expr->as.selector.time.offset, out);
}

static void print_range(const struct sgr_promql_expr *expr, struct sgr_buf *out)
{
    const struct sgr_promql_expr *selector = expr->as.range.of;
    print_series(selector, out);
    sgr_buf_cstr(out, "[");
    print_length(&expr->as.range.range, out);
    sgr_buf_cstr(out, "]");
    print_extension(selector, out);
    print_at(&selector->as.selector.time, out);
    print_offset(&selector->as.selector.time.offset, out);
}

static void print_aggregate(const struct sgr_promql_expr *expr, struct sgr_buf *out)
{
    sgr_buf_cstr(out, sgr_promql_aggregation(expr->as.aggregate.op)->name);
    if (expr->as.aggregate.without || expr->as.aggregate.labels.count > 0) {
        sgr_buf_cstr(out, expr->as.aggregate.without ? " without " : " by ");
        print_labels(&expr->as.aggregate.labels, out);
        sgr_buf_cstr(out, " ");
    }
    sgr_buf_cstr(out, "(");
    if (expr->as.aggregate.param != NULL) {
        sgr_promql_print(expr->as.aggregate.param, out);
        sgr_buf_cstr(out, ", ");
    }
    sgr_promql_print(expr->as.aggregate.of, out);
    sgr_buf_cstr(out, ")");
}

static void print_fill(const struct sgr_promql_expr *expr, struct sgr_buf *out)
{
    const double *left = expr->as.binary.fill_left, *right = expr->as.binary.fill_right;
    bool both = left != NULL && right != NULL && *left == *right;
    if (left != NULL) {
        sgr_buf_cstr(out, both ? " fill (" : " fill_left (");
        sgr_pq_print_number(*left, true, out);
        sgr_buf_cstr(out, ")");
    }
    if (right != NULL && !both) {
        sgr_buf_cstr(out, " fill_right (");
        sgr_pq_print_number(*right, true, out);
        sgr_buf_cstr(out, ")");
    }
}

/* Infinity has its + as Prometheus prints it, but not before ^, which would take the sign for all
 * of the power. */
static void print_left(const struct sgr_promql_expr *expr, struct sgr_buf *out)
{
    const struct sgr_promql_expr *left = expr->as.binary.left;
    bool infinite = left->kind == SGR_PROMQL_NUMBER && left->as.number.hole == 0 &&
                    left->as.number.value == (double)INFINITY;
    if (infinite && expr->as.binary.op == SGR_PROMQL_OP_POW) {
        sgr_buf_cstr(out, "Inf");
    } else {
        sgr_promql_print(left, out);
    }
}

static void print_binary(const struct sgr_promql_expr *expr, struct sgr_buf *out)
{
    enum sgr_promql_matching matching = expr->as.binary.matching;
    enum sgr_promql_group group = expr->as.binary.group;
    print_left(expr, out);
    sgr_buf_cstr(out, " ");
    sgr_buf_cstr(out, sgr_promql_operator(expr->as.binary.op)->text);
    sgr_buf_cstr(out, expr->as.binary.returns_bool ? " bool" : "");
    if (matching == SGR_PROMQL_MATCH_ON || expr->as.binary.labels.count > 0 ||
        group != SGR_PROMQL_ONE_TO_ONE) {
        sgr_buf_cstr(out, matching == SGR_PROMQL_MATCH_ON ? " on " : " ignoring ");
        print_labels(&expr->as.binary.labels, out);
    }
    if (group != SGR_PROMQL_ONE_TO_ONE) {
        sgr_buf_cstr(out, group == SGR_PROMQL_GROUP_LEFT ? " group_left " : " group_right ");
        print_labels(&expr->as.binary.include, out);
    }
    print_fill(expr, out);
    sgr_buf_cstr(out, " ");
    sgr_promql_print(expr->as.binary.right, out);
}

static void print_number(const struct sgr_promql_expr *expr, struct sgr_buf *out)
{
    double value = expr->as.number.value;
    if (expr->as.number.hole > 0) {
        sgr_buf_cstr(out, value < 0 ? "-" : "");
        sgr_promql_placeholder(out, expr->as.number.hole - 1);
    } else if (expr->as.number.duration) {
        sgr_promql_print_duration((int64_t)(value * 1e9 / 1e6), out);
    } else {
        sgr_pq_print_number(value, false, out);
    }
}

static void print_duration_expr(const struct sgr_promql_expr *expr, struct sgr_buf *out)
{
    const struct sgr_promql_expr *left = expr->as.duration.left, *right = expr->as.duration.right;
    sgr_buf_cstr(out, expr->as.duration.parens ? "(" : "");
    switch (expr->as.duration.op) {
    case SGR_PROMQL_D_STEP:
        sgr_buf_cstr(out, "step()");
        break;
    case SGR_PROMQL_D_RANGE:
        sgr_buf_cstr(out, "range()");
        break;
    case SGR_PROMQL_D_MIN:
    case SGR_PROMQL_D_MAX:
        sgr_buf_cstr(out, expr->as.duration.op == SGR_PROMQL_D_MIN ? "min_of(" : "max_of(");
        sgr_promql_print(left, out);
        sgr_buf_cstr(out, ", ");
        sgr_promql_print(right, out);
        sgr_buf_cstr(out, ")");
        break;
    case SGR_PROMQL_D_MINUS:
        sgr_buf_cstr(out, "-");
        sgr_promql_print(right, out);
        break;
    case SGR_PROMQL_D_PLUS:
        sgr_promql_print(right, out);
        break;
    case SGR_PROMQL_D_BINARY:
        sgr_promql_print(left, out);
        sgr_buf_printf(out, " %s ", sgr_promql_operator(expr->as.duration.arithmetic)->text);
        sgr_promql_print(right, out);
        break;
    }
    sgr_buf_cstr(out, expr->as.duration.parens ? ")" : "");
}

static void print_subquery(const struct sgr_promql_expr *expr, struct sgr_buf *out)
{
    sgr_promql_print(expr->as.subquery.of, out);
    sgr_buf_cstr(out, "[");
    print_length(&expr->as.subquery.range, out);
    sgr_buf_cstr(out, ":");
    if (expr->as.subquery.step.set) {
        print_length(&expr->as.subquery.step, out);
    }
    sgr_buf_cstr(out, "]");
    print_at(&expr->as.subquery.time, out);
    print_offset(&expr->as.subquery.time.offset, out);
}

void sgr_promql_print(const struct sgr_promql_expr *expr, struct sgr_buf *out)
{
    switch (expr->kind) {
    case SGR_PROMQL_NUMBER:
        print_number(expr, out);
        break;
    case SGR_PROMQL_STRING:
        print_string(&expr->as.string, out);
        break;
    case SGR_PROMQL_SELECTOR:
        print_selector(expr, out);
        break;
    case SGR_PROMQL_RANGE:
        print_range(expr, out);
        break;
    case SGR_PROMQL_SUBQUERY:
        print_subquery(expr, out);
        break;
    case SGR_PROMQL_CALL:
        sgr_buf_cstr(out, expr->as.call.function->name);
        sgr_buf_cstr(out, "(");
        for (size_t i = 0; i < expr->as.call.count; i++) {
            sgr_buf_cstr(out, i > 0 ? ", " : "");
            sgr_promql_print(expr->as.call.args[i], out);
        }
        sgr_buf_cstr(out, ")");
        break;
    case SGR_PROMQL_AGGREGATE:
        print_aggregate(expr, out);
        break;
    case SGR_PROMQL_BINARY:
        print_binary(expr, out);
        break;
    case SGR_PROMQL_UNARY:
        sgr_buf_cstr(out, sgr_promql_operator(expr->as.unary.op)->text);
        sgr_promql_print(expr->as.unary.of, out);
        break;
    case SGR_PROMQL_PAREN:
        sgr_buf_cstr(out, "(");
        sgr_promql_print(expr->as.paren.of, out);
        sgr_buf_cstr(out, ")");
        break;
    case SGR_PROMQL_DURATION_EXPR:
        print_duration_expr(expr, out);
        break;
    }
}
