/* Syntax errors in words that a user knows: what was found, what may stand there, and for the frequent slips
 * a way out. Must never name a token of the grammar that nobody writes. */
#include "lang/syntax.h"

/* What many tokens have in common. */
static bool expects(const char *const *expected, int count, const char *name)
{
    for (int i = 0; i < count; i++) {
        if (strcmp(expected[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static const char *wanted(const char *const *expected, int count, struct sgr_arena *arena)
{
    if (expects(expected, count, "a number")) {
        return "a value";
    }
    if (expects(expected, count, "??")) {
        return expects(expected, count, "']'")   ? "`,` or `]`"
               : expects(expected, count, "')'") ? "`,` or `)`"
                                                 : "the end of the line";
    }
    if (expects(expected, count, "param")) {
        return expects(expected, count, "a name") ? "a name" : "a declaration";
    }
    if (expects(expected, count, "step") && expects(expected, count, "retry")) {
        return "a statement";
    }
    if (expects(expected, count, "a name")) {
        return "a name";
    }
    struct sgr_buf text;
    sgr_buf_init(&text, 4096);
    int told = 0;
    for (int i = 0; i < count && told < 5; i++) {
        const char *name = strcmp(expected[i], "a new line") == 0 ? "the end of the line" : expected[i];
        if (strncmp(name, "a line", 6) == 0) {
            continue;
        }
        bool word = strchr(name, ' ') != NULL;
        sgr_buf_printf(&text, "%s%s%s%s", told > 0 ? " or " : "", word || name[0] == '\'' ? "" : "`", name,
                       word || name[0] == '\'' ? "" : "`");
        told++;
    }
    const char *result = told > 0 ? sgr_arena_cstr(arena, sgr_buf_str(&text)) : NULL;
    sgr_buf_release(&text);
    return result;
}

static const char *help_for(sgr_str found, const char *const *expected, int count)
{
    if (sgr_str_is(found, ":") && expects(expected, count, "'='")) {
        return "write `=` between a key and its value";
    }
    if (sgr_str_is(found, "=") && !expects(expected, count, "'='")) {
        return "comparisons are written `==`";
    }
    if (sgr_str_is(found, "==") && expects(expected, count, "'='")) {
        return "write `=` between a key and its value";
    }
    if (sgr_str_is(found, "elif") || sgr_str_is(found, "elsif")) {
        return "write `else if`";
    }
    if (sgr_str_is(found, "def") || sgr_str_is(found, "func") || sgr_str_is(found, "function")) {
        return "write `fn name(args): type = value`";
    }
    if (sgr_str_is(found, "var") || sgr_str_is(found, "const")) {
        return "write `let name = value`";
    }
    if (sgr_str_is(found, "null") || sgr_str_is(found, "nil")) {
        return "there is no null; leave the entry out";
    }
    return NULL;
}

/* What the text says at the span, on one line and short. */
static sgr_str shown(struct sgr_front *front, sgr_span span)
{
    sgr_str text = sgr_sources_text(front->sources, span);
    for (size_t i = 0; i < text.len; i++) {
        if (i == 40 || text.ptr[i] == '\n' || (unsigned char)text.ptr[i] < 0x20) {
            text.len = i;
        }
    }
    return text;
}

void sgr_syntax_error(struct sgr_front *front, sgr_span span, bool reported, const char *found,
                      const char *const *expected, int count)
{
    if (reported || front->stopped) {
        return;
    }
    sgr_str text = shown(front, span);
    const char *want = wanted(expected, count, front->arena);
    bool line_end = strcmp(found, "a new line") == 0;
    struct sgr_diag *diag;
    if (line_end || text.len == 0) {
        const char *what = line_end ? "the end of the line" : "the end of the file";
        diag = sgr_diag(front->diags, SGR_E0102, span, "unexpected %s", what);
    } else {
        diag = sgr_diag(front->diags, SGR_E0102, span, "unexpected `%.*s`", SGR_FMT(text));
    }
    if (want != NULL) {
        sgr_diag_label(front->diags, diag, "expected %s", want);
    }
    const char *help = help_for(text, expected, count);
    if (help != NULL) {
        sgr_diag_help(front->diags, diag, "%s", help);
    }
}
