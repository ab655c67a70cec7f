/* The token filter between scanner and grammar: newlines and commas become separators where the
 * language says so, brackets are counted, a bracket that was left open is closed where that shows,
 * and after an error everything up to the end of the entry is passed over. Must never build a part
 * of the tree. */
#include <ctype.h>

#include "lang/front.h"
#include "lang/grammar.h"
#include "lang/literal.h"

enum { LINE_LOOKED_AT_MAX = 400 /* bytes before a `}` in search of its indentation */ };

enum trait {
    GOES_ON_AFTER = 1 << 0,  /* a newline after it does not separate */
    GOES_ON_BEFORE = 1 << 1, /* a newline before it does not separate */
    OPENS = 1 << 2,
    CLOSES = 1 << 3,
    DECLARES = 1 << 4,  /* begins a declaration, and nothing else at the left edge */
    SEPARATES = 1 << 5, /* perhaps: newline, `;` and `,` */
};

static const uint8_t traits[] = {
    [0] = GOES_ON_AFTER,
    [T_SEP] = GOES_ON_AFTER,
    [T_AND] = GOES_ON_AFTER | GOES_ON_BEFORE,
    [T_OR] = GOES_ON_AFTER | GOES_ON_BEFORE,
    [T_NOT] = GOES_ON_AFTER,
    [T_RANGE] = GOES_ON_AFTER | GOES_ON_BEFORE,
    [T_DEFAULT] = GOES_ON_AFTER | GOES_ON_BEFORE,
    [T_EQ] = GOES_ON_AFTER | GOES_ON_BEFORE,
    [T_NE] = GOES_ON_AFTER | GOES_ON_BEFORE,
    [T_LE] = GOES_ON_AFTER | GOES_ON_BEFORE,
    [T_GE] = GOES_ON_AFTER | GOES_ON_BEFORE,
    [T_ARROW] = GOES_ON_AFTER,
    [T_IF] = GOES_ON_AFTER,
    [T_THEN] = GOES_ON_AFTER | GOES_ON_BEFORE,
    [T_ELSE] = GOES_ON_AFTER | GOES_ON_BEFORE,
    [T_IN] = GOES_ON_AFTER,
    ['='] = GOES_ON_AFTER | GOES_ON_BEFORE,
    ['+'] = GOES_ON_AFTER | GOES_ON_BEFORE,
    ['-'] = GOES_ON_AFTER | GOES_ON_BEFORE,
    ['*'] = GOES_ON_AFTER | GOES_ON_BEFORE,
    ['/'] = GOES_ON_AFTER | GOES_ON_BEFORE,
    ['<'] = GOES_ON_AFTER | GOES_ON_BEFORE,
    ['>'] = GOES_ON_AFTER | GOES_ON_BEFORE,
    ['.'] = GOES_ON_AFTER | GOES_ON_BEFORE,
    [':'] = GOES_ON_AFTER,
    [','] = GOES_ON_AFTER | SEPARATES,
    [';'] = SEPARATES,
    [T_NEWLINE] = SEPARATES,
    ['{'] = GOES_ON_AFTER | OPENS,
    ['('] = GOES_ON_AFTER | OPENS,
    ['['] = GOES_ON_AFTER | OPENS,
    [T_INTERPOLATION] = OPENS,
    ['}'] = CLOSES,
    [')'] = CLOSES,
    [']'] = CLOSES,
    [T_INTERPOLATION_END] = CLOSES,
    [T_BLOCK] = DECLARES,
    [T_PARAM] = DECLARES,
    [T_ROUTINE] = DECLARES,
    [T_IMPORT] = DECLARES,
    [T_INVARIANT] = DECLARES,
};

static inline bool has(int kind, enum trait trait)
{
    return (size_t)kind < sizeof traits && (traits[kind] & trait) != 0;
}

static bool continues_after(const struct sgr_front *front)
{
    /* A `>` that closes the arguments of a type ends it. */
    return has(front->previous, GOES_ON_AFTER) && !(front->previous == '>' && front->in_type);
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
    if (front->told_unclosed) {
        return;
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
    for (size_t i = has(kind, CLOSES) ? front->brackets.len : 0; i > 0; i--) {
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

/* Whether what is open was forgotten: a declaration begins at the left edge, or the text ends. */
static bool forgotten(struct sgr_front *front, const struct sgr_token *token)
{
    if (front->brackets.len == 0 || front->stopped) {
        return false;
    }
    if (token->kind == 0) {
        return true;
    }
    if (!has(token->kind, DECLARES) || !at_line_start(front, token->span)) {
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

/* `or = 1` on a line of its own: any word may be a key. */
static bool is_key(const struct sgr_front *front, const struct sgr_token *token)
{
    bool word =
        has(token->kind, GOES_ON_BEFORE) && islower((unsigned char)front->text.ptr[token->span.lo]);
    uint32_t at = token->span.hi;
    while (word && at < front->text.len &&
           (front->text.ptr[at] == ' ' || front->text.ptr[at] == '\t')) {
        at++;
    }
    return word && at + 1 < front->text.len && front->text.ptr[at] == '=' &&
           front->text.ptr[at + 1] != '=';
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
           (token->kind != T_NEWLINE || is_key(front, next) ||
            (!has(next->kind, GOES_ON_BEFORE) && next->kind != ',' && next->kind != ';'));
}

static bool may_separate(struct sgr_front *front, int kind)
{
    if (!has(kind, SEPARATES)) {
        return false;
    }
    char open = innermost(front)->open;
    bool listed = front->names_follow || (front->in_type && front->angles > 0);
    return kind != ',' || ((open == 0 || open == '{') && !listed);
}

/* A closer that nobody wrote. What there is to say of it is said here. */
static int close_forgotten(struct sgr_front *front, union sgr_semantic *value, sgr_span *span)
{
    struct sgr_bracket bracket = *innermost(front);
    const struct sgr_token *next = peek(front, 0);
    struct sgr_token token = {.kind = closer(bracket.open), .span = next->span};
    token.span.hi = token.span.lo;
    front->unclosed = front->unclosed || bracket.open == '{';
    front->owes_separator = front->brackets.len == 1 && has(next->kind, DECLARES);
    report_unclosed(front, bracket);
    front->invented = true;
    return give(front, &token, value, span);
}

/* A closer from outside ends an interpolation, and with it the string, which is what is told. */
static int end_string(struct sgr_front *front, union sgr_semantic *value, sgr_span *span)
{
    struct sgr_token token = {.kind = T_SGR_YYUNDEF, .span = peek(front, 0)->span};
    token.span.hi = token.span.lo;
    sgr_string_left_open(front, token.span.lo);
    return give(front, &token, value, span);
}

/* ---- after an error ---- */

void sgr_recover(struct sgr_front *front, int found)
{
    size_t level = front->brackets.len - (has(found, OPENS) && front->brackets.len > 0);
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
           !continues_after(front) && !has(peek(front, 1)->kind, CLOSES) &&
           !has(peek(front, 1)->kind, GOES_ON_BEFORE);
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
    if (!front->stopped && front->diags->errors >= front->enough) {
        stop(front);
    }
    if (front->recovering) {
        skip(front);
    }
    for (;;) {
        struct sgr_token token = *peek(front, 0);
        if (forgotten(front, &token) || leaves_open(front, token.kind)) {
            return innermost(front)->open == '$' ? end_string(front, value, span)
                                                 : close_forgotten(front, value, span);
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
