/* The token filter between scanner and grammar: newlines and commas become separators where the
 * language says so, brackets are counted, a bracket that was left open is closed where that shows,
 * and after an error everything up to the end of the entry is passed over. Must never build a part
 * of the tree. */
#include "lang/front.h"
#include "lang/grammar.h"

enum { LINE_LOOKED_AT_MAX = 400 /* bytes before a `}` in search of its indentation */ };

/* After these a newline goes on. */
static bool continues_after(const struct sgr_front *front)
{
    switch (front->previous) {
    case T_AND:
    case T_OR:
    case T_NOT:
    case T_RANGE:
    case T_DEFAULT:
    case T_EQ:
    case T_NE:
    case T_LE:
    case T_GE:
    case T_ARROW:
    case T_IF:
    case T_THEN:
    case T_ELSE:
    case T_IN:
    case T_SEP:
    case 0:
    case '=':
    case '+':
    case '-':
    case '*':
    case '/':
    case '<':
    case '.':
    case ',':
    case ':':
    case '{':
    case '(':
    case '[':
        return true;
    case '>':
        return !front->in_type;
    default:
        return false;
    }
}

/* Before these a newline does not separate. */
static bool continues_before(int kind)
{
    switch (kind) {
    case T_ELSE:
    case T_THEN:
    case T_AND:
    case T_OR:
    case T_RANGE:
    case T_DEFAULT:
    case T_EQ:
    case T_NE:
    case T_LE:
    case T_GE:
    case '+':
    case '-':
    case '*':
    case '/':
    case '<':
    case '>':
    case '.':
    case '=':
        return true;
    default:
        return false;
    }
}

static struct sgr_token *peek(struct sgr_front *front, int n)
{
    while (front->ahead_count <= n) {
        struct sgr_token *token = &front->ahead[front->ahead_count++];
        if (front->stopped) {
            *token = (struct sgr_token){.span = {front->file, front->offset, front->offset}};
        } else {
            sgr_scan(token, front);
        }
    }
    return &front->ahead[n];
}

static void drop(struct sgr_front *front)
{
    if (front->ahead[0].kind == T_NEWLINE) {
        front->line_start = front->ahead[0].span.hi;
    }
    front->ahead[0] = front->ahead[1];
    front->ahead_count--;
}

/* Nothing more is read: a limit was passed. */
static void stop(struct sgr_front *front)
{
    front->stopped = true;
    front->ahead_count = 0;
}

/* ---- brackets ---- */

static struct sgr_bracket *innermost(struct sgr_front *front)
{
    return front->brackets.len == 0 ? &front->outside
                                    : &front->brackets.at[front->brackets.len - 1];
}

static int closer(char open)
{
    return open == '{' ? '}' : open == '(' ? ')' : open == '[' ? ']' : T_INTERPOLATION_END;
}

static bool is_closer(int kind)
{
    return kind == '}' || kind == ')' || kind == ']' || kind == T_INTERPOLATION_END;
}

static bool is_opener(int kind)
{
    return kind == '{' || kind == '(' || kind == '[' || kind == T_INTERPOLATION;
}

/* The indentation of the line that the place stands on; UINT32_MAX where something stands before
 * it, or much. */
static uint32_t indent_of(const struct sgr_front *front, uint32_t at, bool alone)
{
    uint32_t line = at, own;
    while (line > 0 && front->text.ptr[line - 1] != '\n') {
        if (at - --line > LINE_LOOKED_AT_MAX) {
            return UINT32_MAX;
        }
    }
    for (own = line; own < at && (front->text.ptr[own] == ' ' || front->text.ptr[own] == '\t');
         own++) {
    }
    return alone && own < at ? UINT32_MAX : own - line;
}

/* A `}` that stands in another column than the line it closes: where a brace stays open, that is
 * the place. */
static void suspect(struct sgr_front *front, const struct sgr_token *token)
{
    if (front->suspect.file != 0 || token->kind != '}') {
        return;
    }
    sgr_span opened = innermost(front)->span;
    uint32_t own = indent_of(front, token->span.lo, true),
             other = indent_of(front, opened.lo, false);
    if (own != UINT32_MAX && other != UINT32_MAX && own != other) {
        front->suspect = opened;
    }
}

static void report_unclosed(struct sgr_front *front, struct sgr_bracket bracket)
{
    if (bracket.open == '$' || front->told_unclosed) {
        return; /* the string says it, or it has been said */
    }
    sgr_span span = bracket.open == '{' && front->suspect.file != 0 ? front->suspect : bracket.span;
    struct sgr_diag *diag =
        sgr_diag(front->diags, SGR_E0105, span, "this `%c` is not closed", bracket.open);
    sgr_diag_label(front->diags, diag, "opened here");
    if (span.lo != bracket.span.lo) {
        sgr_diag_help(front->diags, diag,
                      "the indentation of the `}` that closes it belongs to another block");
    }
    front->told_unclosed = true;
}

static void open_bracket(struct sgr_front *front, char open, sgr_span span)
{
    sgr_vec_push(&front->brackets, (struct sgr_bracket){open, 0, span});
    if (front->brackets.len > SGR_PARSE_DEPTH_MAX) {
        sgr_diag(front->diags, SGR_E0106, span, "brackets are nested more than %d deep",
                 SGR_PARSE_DEPTH_MAX);
        stop(front);
    }
}

static void close_bracket(struct sgr_front *front, const struct sgr_token *token)
{
    front->stray_closer = front->brackets.len == 0 || closer(innermost(front)->open) != token->kind;
    if (!front->stray_closer) {
        suspect(front, token);
        front->brackets.len--;
    }
    if (front->brackets.len == 0) {
        front->suspect = (sgr_span){0};
    }
}

/* How many brackets would be open once this closer has closed its partner and all inside it;
 * SIZE_MAX where it has no partner. */
static size_t level_after(struct sgr_front *front, int kind)
{
    for (size_t i = is_closer(kind) ? front->brackets.len : 0; i > 0; i--) {
        if (closer(front->brackets.at[i - 1].open) == kind) {
            return i - 1;
        }
    }
    return SIZE_MAX;
}

/* Whether a closer finds others open that are not its own. */
static bool leaves_open(struct sgr_front *front, int kind)
{
    size_t level = level_after(front, kind);
    return level != SIZE_MAX && level + 1 < front->brackets.len;
}

static bool at_line_start(struct sgr_front *front, sgr_span span)
{
    return span.lo == 0 || front->text.ptr[span.lo - 1] == '\n';
}

static bool begins_declaration(int kind)
{
    return kind == T_BLOCK || kind == T_PARAM || kind == T_ROUTINE || kind == T_IMPORT ||
           kind == T_INVARIANT;
}

/* Whether what is open was forgotten: a declaration begins at the left edge, or the text ends. */
static bool forgotten(struct sgr_front *front, const struct sgr_token *token)
{
    if (front->brackets.len == 0 || front->stopped) {
        return false;
    }
    if (token->kind == 0) {
        return true;
    }
    if (!begins_declaration(token->kind) || !at_line_start(front, token->span)) {
        return false;
    }
    front->declares_inside = front->declares_inside || innermost(front)->open == '{';
    return innermost(front)->open != '{' || front->recover_braces;
}

/* ---- tokens on their way ---- */

static void count_else_ifs(struct sgr_front *front, const struct sgr_token *token)
{
    struct sgr_bracket *bracket = innermost(front);
    if (front->previous == T_ELSE && ++bracket->else_ifs > SGR_PARSE_DEPTH_MAX) {
        sgr_diag(front->diags, SGR_E0106, token->span, "more than %d `else if` in a row",
                 SGR_PARSE_DEPTH_MAX);
        stop(front);
    }
}

static void count_type(struct sgr_front *front, const struct sgr_token *token)
{
    switch (token->kind) {
    case ':':
        front->angles = front->in_type ? front->angles : 0;
        front->in_type = true;
        break;
    case '=':
    case '{':
    case ')':
    case T_SEP:
    case T_WHERE:
    case T_ARROW:
        front->in_type = false;
        break;
    default:
        front->angles += (token->kind == '<') - (token->kind == '>');
        break;
    }
    if (front->angles > SGR_PARSE_DEPTH_MAX && !front->stopped) {
        sgr_diag(front->diags, SGR_E0106, token->span, "types are nested more than %d deep",
                 SGR_PARSE_DEPTH_MAX);
        stop(front);
    }
}

/* What was open inside a string that ended without its quotes. */
static void drop_strings(struct sgr_front *front)
{
    while (front->strings_lost > 0 && front->brackets.len > 0) {
        front->strings_lost -= innermost(front)->open == '$';
        front->brackets.len--;
    }
    front->strings_lost = 0;
}

static void count(struct sgr_front *front, const struct sgr_token *token)
{
    switch (token->kind) {
    case '{':
    case '(':
    case '[':
        open_bracket(front, (char)token->kind, token->span);
        break;
    case T_INTERPOLATION:
        open_bracket(front, '$', token->span);
        break;
    case '}':
    case ')':
    case ']':
    case T_INTERPOLATION_END:
        close_bracket(front, token);
        break;
    case T_FOR:
        /* `for k, v in`: this comma is none of the separators. A fault's `for` stands behind its
         * `)`. */
        front->names_follow = front->previous != ')';
        break;
    case T_IN:
    case '=':
        front->names_follow = false;
        break;
    case T_IF:
        count_else_ifs(front, token);
        break;
    case T_SEP:
        innermost(front)->else_ifs = 0;
        front->names_follow = false;
        break;
    case T_SGR_YYUNDEF:
        drop_strings(front);
        break;
    default:
        break;
    }
    if (front->in_type || token->kind == ':') {
        count_type(front, token);
    }
}

static int give(struct sgr_front *front, const struct sgr_token *token, union sgr_semantic *value,
                sgr_span *span)
{
    count(front, token);
    *value = token->value;
    *span = token->span;
    front->previous = token->kind;
    return token->kind;
}

/* Whether the newline or comma in ahead[0] separates entries. */
static bool separates(struct sgr_front *front)
{
    struct sgr_token *token = peek(front, 0);
    char open = innermost(front)->open;
    if (token->kind == T_NEWLINE && (open == '(' || open == '[' || open == '$')) {
        return false;
    }
    if (continues_after(front)) {
        return false;
    }
    struct sgr_token *next = peek(front, 1);
    return next->kind != 0 && next->kind != '}' && next->kind != T_NEWLINE &&
           (token->kind != T_NEWLINE ||
            (!continues_before(next->kind) && next->kind != ',' && next->kind != ';'));
}

static bool may_separate(struct sgr_front *front, int kind)
{
    char open = innermost(front)->open;
    bool listed = front->names_follow || (front->in_type && front->angles > 0);
    return kind == T_NEWLINE || kind == ';' ||
           (kind == ',' && (open == 0 || open == '{') && !listed);
}

/* A closer that nobody wrote. What there is to say of it is said here. */
static int close_forgotten(struct sgr_front *front, union sgr_semantic *value, sgr_span *span)
{
    struct sgr_bracket bracket = *innermost(front);
    const struct sgr_token *next = peek(front, 0);
    struct sgr_token token = {.kind = closer(bracket.open), .span = next->span};
    token.span.hi = token.span.lo;
    front->unclosed = front->unclosed || bracket.open == '{';
    front->owes_separator = front->brackets.len == 1 && begins_declaration(next->kind);
    report_unclosed(front, bracket);
    front->invented = true;
    return give(front, &token, value, span);
}

/* ---- after an error ---- */

void sgr_recover(struct sgr_front *front, int found)
{
    size_t level = front->brackets.len - (is_opener(found) && front->brackets.len > 0);
    while (level > 0 && front->brackets.at[level - 1].open != '{') {
        level--;
    }
    /* A block whose `{` stands on the line below belongs to what is passed over. */
    bool below = found == T_SEP && peek(front, 0)->kind == '{';
    front->recovering = below || (found != T_SEP && found != 0 && found != '}');
    front->recover_level = level;
}

/* Whether the line ends inside a bracket that was opened on it, and nothing says that it goes on:
 * the closer is what is missing. */
static bool ends_in_bracket(struct sgr_front *front, const struct sgr_token *token)
{
    struct sgr_bracket bracket = *innermost(front);
    bool round = bracket.open == '(' || bracket.open == '[';
    return round && token->kind == T_NEWLINE && bracket.span.lo >= front->line_start &&
           !continues_after(front) && !is_closer(peek(front, 1)->kind) &&
           !continues_before(peek(front, 1)->kind);
}

/* Up to the end of the entry in which the error was found; blocks inside it are passed over whole.
 */
static void skip(struct sgr_front *front)
{
    /* A separator may follow whatever is passed over, but not another one. */
    int resume = front->previous == T_SEP ? T_SEP : T_NAME;
    front->recovering = false;
    front->skipping = true;
    for (;;) {
        struct sgr_token token = *peek(front, 0);
        if (token.kind == 0 || forgotten(front, &token)) {
            break;
        }
        size_t level = level_after(front, token.kind);
        if (level < front->recover_level) {
            front->brackets.len = front->recover_level;
            break;
        }
        if (ends_in_bracket(front, &token)) {
            front->brackets.len = front->recover_level;
        }
        if (front->brackets.len <= front->recover_level &&
            (token.kind == ';' || token.kind == T_NEWLINE)) {
            break;
        }
        if (level != SIZE_MAX) {
            front->brackets.len = level + 1;
        }
        drop(front);
        count(front, &token);
        front->previous = token.kind;
    }
    front->skipping = false;
    front->previous = resume;
}

int sgr_next_token(union sgr_semantic *value, sgr_span *span, struct sgr_front *front)
{
    front->invented = front->stray_closer = false;
    if (!front->stopped && front->diags->errors >= front->diags->cap) {
        stop(front);
    }
    if (front->recovering) {
        skip(front);
    }
    for (;;) {
        struct sgr_token token = *peek(front, 0);
        if (forgotten(front, &token) || leaves_open(front, token.kind)) {
            return close_forgotten(front, value, span);
        }
        if (front->owes_separator || may_separate(front, token.kind)) {
            bool separator = front->owes_separator || separates(front);
            if (front->owes_separator) {
                front->owes_separator = false;
                token.span.hi = token.span.lo;
            } else {
                drop(front);
            }
            if (!separator) {
                continue;
            }
            token.kind = T_SEP;
            return give(front, &token, value, span);
        }
        front->told_unclosed = false;
        drop(front);
        return give(front, &token, value, span);
    }
}
