/* Syntax errors in words that a user knows: what was found, what may stand there, and for the
 * frequent slips a way out. Must never name a token of the grammar that nobody writes. */
#include "lang/syntax.h"

struct expected {
    const char *const *names;
    int count;
};

static bool expects(const struct expected *expected, const char *name)
{
    for (int i = 0; i < expected->count; i++) {
        if (strcmp(expected->names[i], name) == 0) {
            return true;
        }
    }
    return false;
}

/* What goes on after a complete value, and what separates: nobody wants to hear of these. */
static bool is_noise(const char *name)
{
    static const char *const noise[] = {"'.'", "'('", "'['", "'+'",     "'-'",       "'*'", "'/'",
                                        "'<'", "'>'", "==",  "!=",      "<=",        ">=",  "..",
                                        "??",  "and", "or",  "nothing", "a line end"};
    for (size_t i = 0; i < sizeof noise / sizeof *noise; i++) {
        if (strcmp(name, noise[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* What may stand there, in at most four alternatives. */
static void list_names(const struct expected *expected, struct sgr_buf *out)
{
    bool after_value = expects(expected, "??") || expects(expected, "'.'"),
         line_end = expects(expected, "a new line");
    bool argument = after_value && expects(expected, "')'");
    int told = 0;
    for (int i = 0; i < expected->count && told < 4; i++) {
        const char *name = expected->names[i];
        if (after_value ? is_noise(name)
                        : strcmp(name, "nothing") == 0 || strcmp(name, "a line end") == 0) {
            continue;
        }
        if (strcmp(name, "a string in triple quotes") == 0 ||
            (line_end && strcmp(name, "'}'") == 0) || (argument && strcmp(name, "'='") == 0)) {
            continue;
        }
        if (strcmp(name, "a new line") == 0) {
            name = "the end of the line";
        }
        size_t length = strlen(name);
        bool phrase = strchr(name, ' ') != NULL || name[0] == '`';
        bool quoted = name[0] == '\'' && length == 3;
        sgr_buf_printf(out, "%s%s%.*s%s", told > 0 ? " or " : "", phrase ? "" : "`",
                       (int)(quoted ? 1 : length), quoted ? name + 1 : name, phrase ? "" : "`");
        told++;
    }
}

static void describe(const struct expected *expected, struct sgr_buf *out)
{
    static const struct {
        const char *has, *and_has, *text;
    } groups[] = {
        {"a number", "step", "a value or the end of the line"},
        {"a number", NULL, "a value"},
        {"step", "retry", "a statement"},
        {"require", "expect", "an entry such as `key = value`"},
        {"param", "a declaration", "a declaration"},
        {"a name", NULL, "a name"},
    };
    /* A word that may be a name is expected wherever a name is: look at what else is. */
    bool name = expects(expected, "a name");
    for (size_t i = 0; name && i < sizeof groups / sizeof *groups; i++) {
        const char *has = groups[i].has, *too = groups[i].and_has;
        bool fits = expects(expected, has) && (too == NULL || expects(expected, too));
        if (strcmp(has, "step") == 0) {
            fits = fits && expects(expected, "let");
        } else if (strcmp(has, "require") == 0) {
            fits = fits && expects(expected, "a string");
        } else if (i == 0) {
            fits = fits && expects(expected, "a new line");
        }
        if (fits) {
            sgr_buf_cstr(out, groups[i].text);
            return;
        }
    }
    if (expects(expected, "param") && expects(expected, "routine")) {
        sgr_buf_cstr(out, "a declaration");
        return;
    }
    list_names(expected, out);
}

/* ---- the frequent slips ---- */

struct slip {
    const char *help;
    const char *fix; /* in place of what was found, or NULL */
};

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static uint32_t back_over_spaces(const char *text, uint32_t at, bool lines)
{
    while (at > 0 && (text[at - 1] == ' ' || text[at - 1] == '\t' || text[at - 1] == '\r' ||
                      (lines && text[at - 1] == '\n'))) {
        at--;
    }
    return at;
}

/* The word before the place, on the same line; empty where there is none. */
static sgr_str word_before(struct sgr_front *front, sgr_span span)
{
    uint32_t end = back_over_spaces(front->text.ptr, span.lo, false), at = end;
    while (at > 0 && is_word(front->text.ptr[at - 1])) {
        at--;
    }
    return (sgr_str){front->text.ptr + at, end - at};
}

/* `key =` and nothing: the next line's `=` is where it shows. */
static bool follows_empty_value(struct sgr_front *front, sgr_span span)
{
    sgr_str word = word_before(front, span);
    uint32_t line =
        back_over_spaces(front->text.ptr, (uint32_t)(word.ptr - front->text.ptr), false);
    uint32_t above = back_over_spaces(front->text.ptr, line, true);
    return word.len > 0 && above < line && above > 0 && front->text.ptr[above - 1] == '=';
}

static struct slip find_slip(struct sgr_front *front, sgr_span span, sgr_str found,
                             const struct expected *expected)
{
    static const struct {
        const char *word, *help, *fix;
    } words[] = {
        {"elif", "write `else if`", "else if"},
        {"elsif", "write `else if`", "else if"},
        {"elseif", "write `else if`", "else if"},
        {"def", "write `fn name(args): type = value`", NULL},
        {"func", "write `fn name(args): type = value`", NULL},
        {"function", "write `fn name(args): type = value`", NULL},
        {"var", "write `let name = value`", "let"},
        {"const", "write `let name = value`", "let"},
        {"null", "there is no null; leave the entry out", NULL},
        {"nil", "there is no null; leave the entry out", NULL},
        {"None", "there is no null; leave the entry out", NULL},
    };
    if ((sgr_str_is(found, ":") || sgr_str_is(found, "==")) && expects(expected, "'='")) {
        return (struct slip){"write `=` between a key and its value", found.len == 1 ? " =" : "="};
    }
    if (front->ahead_count > 0 && front->ahead[0].kind == '{' && expects(expected, "'{'")) {
        return (struct slip){"the `{` of a block stands at the end of its first line", NULL};
    }
    if (sgr_str_is(found, "=") && follows_empty_value(front, span)) {
        return (struct slip){"the entry above ends without a value", NULL};
    }
    if (sgr_str_is(found, "=") && expects(expected, "==")) {
        return (struct slip){"comparisons are written `==`", "=="};
    }
    if (found.len > 0 && strchr("<>=!", found.ptr[0]) != NULL && expects(expected, "and") &&
        !expects(expected, "==")) {
        return (struct slip){"comparisons do not chain; write `a < b and b < c`", NULL};
    }
    if (sgr_str_is(found, "=") && expects(expected, "'.'") && !expects(expected, "??")) {
        return (struct slip){"a name gets its value with `let`", NULL};
    }
    sgr_str before = word_before(front, span);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (sgr_str_is(found, words[i].word)) {
            return (struct slip){words[i].help, words[i].fix};
        }
        if (sgr_str_is(before, words[i].word)) {
            return (struct slip){words[i].help, NULL};
        }
    }
    return (struct slip){0};
}

/* What the text says at the span, on one line and short. */
static sgr_str shown(struct sgr_front *front, sgr_span span)
{
    sgr_str text = sgr_sources_text(front->sources, span);
    for (size_t i = 0; i < text.len; i++) {
        if (i == 40 || (unsigned char)text.ptr[i] < 0x20) {
            text.len = i;
        }
    }
    return text;
}

/* A bracket that is open since an earlier line is often the one that lacks its partner. */
static void note_open_bracket(struct sgr_front *front, struct sgr_diag *diag, sgr_span span)
{
    if (front->brackets.len == 0) {
        return;
    }
    struct sgr_bracket bracket = front->brackets.at[front->brackets.len - 1];
    if ((bracket.open == '(' || bracket.open == '[') && bracket.span.lo < span.lo &&
        memchr(front->text.ptr + bracket.span.lo, '\n', span.lo - bracket.span.lo) != NULL) {
        sgr_diag_note(front->diags, diag, bracket.span, "this `%c` is still open", bracket.open);
    }
}

void sgr_syntax_error(struct sgr_front *front, sgr_span span, bool reported, const char *found,
                      const char *const *names, int count)
{
    if (reported || front->stopped || front->invented) {
        return;
    }
    struct expected expected = {names, count};
    struct sgr_buf want;
    sgr_str text = shown(front, span);
    sgr_buf_init(&want, 4096);
    describe(&expected, &want);
    bool line_end = strcmp(found, "a new line") == 0;
    struct sgr_buf what;
    sgr_buf_init(&what, 4096);
    if (line_end && (text.len == 0 || text.ptr[0] == '\r')) {
        sgr_buf_cstr(&what, "the end of the line");
    } else if (text.len == 0) {
        sgr_buf_cstr(&what, strcmp(found, "text") == 0 ? "text" : "the end of the file");
    } else {
        sgr_buf_printf(&what, "`%.*s`", SGR_FMT(text));
    }
    struct sgr_diag *diag;
    if (front->stray_closer) {
        diag = sgr_diag(front->diags, SGR_E0102, span, "this %s closes nothing", what.ptr);
    } else if (want.len > 0) {
        diag = sgr_diag(front->diags, SGR_E0102, span, "expected %s, found %s", want.ptr, what.ptr);
    } else {
        diag = sgr_diag(front->diags, SGR_E0102, span, "unexpected %s", what.ptr);
    }
    struct slip slip = find_slip(front, span, text, &expected);
    if (slip.help != NULL) {
        sgr_diag_help(front->diags, diag, "%s", slip.help);
    }
    if (slip.fix != NULL) {
        sgr_diag_fix(front->diags, diag, span, false, sgr_str_from(slip.fix));
    }
    note_open_bracket(front, diag, span);
    sgr_buf_release(&what);
    sgr_buf_release(&want);
}
