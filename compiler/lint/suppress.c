/* Comments that silence lints: `# sgrc: ignore[name] reason until 2027-01-31` on a line or before
 * it. An error is never silenced, and neither a comment without a reason nor one that does nothing
 * goes untold. */
#include "compiler/lint/linter.h"

static sgr_str trimmed(sgr_str s)
{
    while (s.len > 0 && (s.ptr[0] == ' ' || s.ptr[0] == '\t')) {
        s = (sgr_str){s.ptr + 1, s.len - 1};
    }
    while (s.len > 0 && strchr(" \t\r", s.ptr[s.len - 1]) != NULL) {
        s.len--;
    }
    return s;
}

static bool take(sgr_str *s, const char *word)
{
    size_t length = strlen(word);
    bool there = s->len >= length && memcmp(s->ptr, word, length) == 0;
    if (there) {
        *s = trimmed((sgr_str){s->ptr + length, s->len - length});
    }
    return there;
}

/* The next of names separated by commas; false after the last. */
static bool next_name(sgr_str *names, sgr_str *name)
{
    if (names->len == 0) {
        return false;
    }
    const char *comma = memchr(names->ptr, ',', names->len);
    size_t length = comma != NULL ? (size_t)(comma - names->ptr) : names->len;
    *name = trimmed((sgr_str){names->ptr, length});
    size_t used = length + (comma != NULL);
    *names = (sgr_str){names->ptr + used, names->len - used};
    return true;
}

/* 2027-01-31 as 20270131; 0 where the text is no day. */
static int32_t read_day(sgr_str s)
{
    int32_t day = 0;
    for (size_t i = 0; i < s.len; i++) {
        bool dash = i == 4 || i == 7;
        if (dash != (s.ptr[i] == '-') || (!dash && (s.ptr[i] < '0' || s.ptr[i] > '9'))) {
            return 0;
        }
        day = dash ? day : day * 10 + (s.ptr[i] - '0');
    }
    int32_t month = day / 100 % 100, of_month = day % 100;
    bool real = s.len == 10 && month >= 1 && month <= 12 && of_month >= 1 && of_month <= 31;
    return real ? day : 0;
}

static sgr_str name_problem(struct sgr_linter *l, sgr_str names)
{
    sgr_str name;
    if (trimmed(names).len == 0) {
        return SGR_STR("it names no lint");
    }
    while (next_name(&names, &name)) {
        if (sgr_lint_find(name) != SGR_LINT_COUNT) {
            continue;
        }
        for (int i = 0; i < SGR_LINT_FIRST; i++) {
            if (sgr_str_is(name, sgr_codes[i].name) || sgr_str_is(name, sgr_codes[i].code)) {
                return sgr_arena_printf(l->arena, "`%.*s` is an error, which nothing silences",
                                        SGR_FMT(name));
            }
        }
        return sgr_arena_printf(l->arena, "no lint is called `%.*s`", SGR_FMT(name));
    }
    return (sgr_str){0};
}

/* Takes `until DAY` off the end of the reason. */
static void read_until(struct sgr_suppression *s, sgr_str *reason)
{
    static const char word[] = "until ";
    size_t length = sizeof word - 1;
    for (size_t i = 0; i + length <= reason->len; i++) {
        bool begins = i == 0 || reason->ptr[i - 1] == ' ';
        if (!begins || memcmp(reason->ptr + i, word, length) != 0) {
            continue;
        }
        sgr_str rest = trimmed((sgr_str){reason->ptr + i + length, reason->len - i - length});
        if (rest.len == 0 || rest.ptr[0] < '0' || rest.ptr[0] > '9') {
            continue;
        }
        s->until = read_day(rest);
        if (s->until == 0) {
            s->problem = SGR_STR("the day after `until` is written as in 2027-01-31, and ends it");
        }
        *reason = trimmed((sgr_str){reason->ptr, i});
        return;
    }
}

/* `text` begins behind `sgrc:`. */
static void read_one(struct sgr_linter *l, struct sgr_suppression *s, sgr_str text)
{
    const char *close = memchr(text.ptr, ']', text.len);
    if (!take(&text, "ignore[") || close == NULL) {
        s->problem = SGR_STR("it is not of the form `# sgrc: ignore[name] reason`");
        return;
    }
    s->names = (sgr_str){text.ptr, (size_t)(close - text.ptr)};
    sgr_str reason = trimmed((sgr_str){close + 1, text.len - s->names.len - 1});
    s->problem = name_problem(l, s->names);
    if (s->problem.len == 0) {
        read_until(s, &reason);
    }
    if (s->problem.len == 0 && reason.len == 0) {
        s->problem = SGR_STR("it gives no reason");
    }
}

void sgr_suppressions_read(struct sgr_linter *l)
{
    const struct sgr_tree *tree = l->module->tree;
    struct sgr_sources *sources = &l->compilation->sources;
    for (size_t i = 0; i < tree->comment_count; i++) {
        const struct sgr_comment *comment = &tree->comments[i];
        sgr_str text = sgr_sources_text(sources, comment->span);
        take(&text, "#");
        if (comment->doc || !take(&text, "sgrc:")) {
            continue;
        }
        struct sgr_source *source = sgr_sources_get(sources, comment->span.file);
        struct sgr_suppression s = {.span = comment->span, .trailing = comment->trailing};
        s.line = sgr_source_position(source, comment->span.lo).line + !comment->trailing;
        /* Comments in a row all speak of the line below them. */
        for (size_t k = i + 1; !comment->trailing && k < tree->comment_count; k++, s.line++) {
            const struct sgr_comment *next = &tree->comments[k];
            if (next->trailing || sgr_source_position(source, next->span.lo).line != s.line) {
                break;
            }
        }
        read_one(l, &s, text);
        sgr_vec_push(&l->suppressions, s);
    }
}

bool sgr_suppression_ended(const struct sgr_linter *l, const struct sgr_suppression *s)
{
    return s->until != 0 && l->settings->today > s->until;
}

static bool names_lint(const struct sgr_suppression *s, enum sgr_lint lint)
{
    sgr_str names = s->names, name;
    while (next_name(&names, &name)) {
        if (sgr_lint_find(name) == lint) {
            return true;
        }
    }
    return false;
}

static bool silenced_on(struct sgr_linter *l, enum sgr_lint lint, sgr_span place)
{
    struct sgr_source *source = sgr_sources_get(&l->compilation->sources, place.file);
    uint32_t line = sgr_source_position(source, place.lo).line;
    size_t lo = 0, hi = l->suppressions.len;
    while (lo < hi) {
        size_t middle = lo + (hi - lo) / 2;
        if (l->suppressions.at[middle].line < line) {
            lo = middle + 1;
        } else {
            hi = middle;
        }
    }
    for (; lo < l->suppressions.len && l->suppressions.at[lo].line == line; lo++) {
        struct sgr_suppression *s = &l->suppressions.at[lo];
        if (s->problem.len == 0 && !sgr_suppression_ended(l, s) && names_lint(s, lint)) {
            s->used = true;
            return true;
        }
    }
    return false;
}

bool sgr_suppressed(struct sgr_linter *l, enum sgr_lint lint, sgr_span finding, sgr_span anchor)
{
    return l->suppressions.len > 0 &&
           (silenced_on(l, lint, finding) || silenced_on(l, lint, anchor));
}

/* ---- the lints about the comments themselves ---- */

/* The comment with the blanks before it, or with its whole line where it stands alone. */
static sgr_span whole_comment(struct sgr_linter *l, const struct sgr_suppression *s)
{
    sgr_str text = sgr_sources_get(&l->compilation->sources, s->span.file)->text;
    sgr_span span = s->span;
    while (span.lo > 0 && (text.ptr[span.lo - 1] == ' ' || text.ptr[span.lo - 1] == '\t')) {
        span.lo--;
    }
    span.hi += !s->trailing && span.hi < text.len && text.ptr[span.hi] == '\n';
    return span;
}

/* Whether every lint that the comment names was asked. */
static bool all_ran(const struct sgr_linter *l, const struct sgr_suppression *s)
{
    sgr_str names = s->names, name;
    while (next_name(&names, &name)) {
        if (l->settings->levels[sgr_lint_find(name)] == SGR_OFF) {
            return false;
        }
    }
    return l->sound;
}

void sgr_lint_unused_suppression(struct sgr_linter *l, const struct sgr_lint_subject *subject)
{
    (void)subject;
    for (size_t i = 0; i < l->suppressions.len; i++) {
        const struct sgr_suppression *s = &l->suppressions.at[i];
        struct sgr_diag *diag = NULL;
        if (s->problem.len > 0 || s->used) {
            continue;
        }
        if (sgr_suppression_ended(l, s)) {
            diag = sgr_lint_report(l, s->span, "this comment ended on %04d-%02d-%02d",
                                   s->until / 10000, s->until / 100 % 100, s->until % 100);
            sgr_diag_help(l->diags, diag, "mend what it silenced, or give it another day");
        } else if (all_ran(l, s)) {
            diag = sgr_lint_report(l, s->span, "this comment silences nothing");
            sgr_diag_help(l->diags, diag, "remove it");
            sgr_diag_fix(l->diags, diag, whole_comment(l, s), true, SGR_STR(""));
        }
    }
}

void sgr_lint_bad_suppression(struct sgr_linter *l, const struct sgr_lint_subject *subject)
{
    (void)subject;
    for (size_t i = 0; i < l->suppressions.len; i++) {
        const struct sgr_suppression *s = &l->suppressions.at[i];
        if (s->problem.len > 0) {
            struct sgr_diag *diag = sgr_lint_report(
                l, s->span, "this comment silences nothing: %.*s", SGR_FMT(s->problem));
            sgr_diag_help(l->diags, diag, "write `# sgrc: ignore[no-limits] why it is right here`");
        }
    }
}
