/* The token filter between scanner and grammar: newlines and commas become separators where the language
 * says so, brackets are counted, and a bracket that was left open is closed at the next declaration. */
#include "lang/front.h"
#include "lang/grammar.h"

/* After these a newline goes on. */
static bool continues_after(int kind)
{
    switch (kind) {
    case T_AND: case T_OR: case T_NOT: case T_RANGE: case T_DEFAULT: case T_EQ: case T_NE: case T_LE:
    case T_GE: case T_ARROW: case T_IF: case T_THEN: case T_ELSE: case T_IN: case T_SEP: case 0:
    case '=': case '+': case '-': case '*': case '/': case '<': case '>': case '.': case ',': case ':':
    case '{': case '(': case '[':
        return true;
    default:
        return false;
    }
}

/* Before these a newline does not separate. */
static bool continues_before(int kind)
{
    switch (kind) {
    case T_ELSE: case T_THEN: case T_AND: case T_OR: case T_RANGE: case T_DEFAULT: case T_EQ: case T_NE:
    case T_LE: case T_GE: case '+': case '-': case '*': case '/': case '<': case '>': case '.': case '=':
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
    front->ahead[0] = front->ahead[1];
    front->ahead_count--;
}

static char innermost(struct sgr_front *front)
{
    return front->brackets.len == 0 ? 0 : front->brackets.at[front->brackets.len - 1].open;
}

static bool at_line_start(struct sgr_front *front, sgr_span span)
{
    return span.lo == 0 || front->text.ptr[span.lo - 1] == '\n';
}

static bool begins_declaration(int kind)
{
    return kind == T_BLOCK || kind == T_PARAM || kind == T_ROUTINE || kind == T_IMPORT || kind == T_INVARIANT;
}

/* Whether what is open was forgotten: a declaration begins at the left edge. */
static bool forgotten(struct sgr_front *front, const struct sgr_token *token)
{
    if (front->brackets.len == 0 || !begins_declaration(token->kind) || !at_line_start(front, token->span)) {
        return false;
    }
    return innermost(front) != '{' || front->recover_braces;
}

static int closer(char open)
{
    return open == '{' ? '}' : open == '(' ? ')' : open == '[' ? ']' : T_INTERPOLATION_END;
}

static void report_unclosed(struct sgr_front *front, struct sgr_bracket bracket)
{
    front->unclosed = true;
    if (bracket.open == '$') {
        return; /* the string says it */
    }
    struct sgr_diag *diag = sgr_diag(front->diags, SGR_E0105, bracket.span, "this `%c` is not closed", bracket.open);
    sgr_diag_label(front->diags, diag, "opened here");
}

static void open_bracket(struct sgr_front *front, char open, sgr_span span)
{
    sgr_vec_push(&front->brackets, (struct sgr_bracket){open, span});
    if (front->brackets.len > SGR_PARSE_DEPTH_MAX) {
        sgr_diag(front->diags, SGR_E0106, span, "brackets are nested more than %d deep", SGR_PARSE_DEPTH_MAX);
        front->stopped = true;
    }
}

static void close_bracket(struct sgr_front *front, int kind)
{
    if (front->brackets.len > 0 && closer(innermost(front)) == kind) {
        front->brackets.len--;
    }
}

/* Whether the newline or comma in ahead[0] separates entries. */
static bool separates(struct sgr_front *front)
{
    struct sgr_token *token = peek(front, 0);
    char open = innermost(front);
    if (token->kind == T_NEWLINE && (open == '(' || open == '[' || open == '$')) {
        return false;
    }
    if (continues_after(front->previous)) {
        return false;
    }
    struct sgr_token *next = peek(front, 1);
    return next->kind != 0 && next->kind != '}' && next->kind != T_NEWLINE &&
           (token->kind != T_NEWLINE || (!continues_before(next->kind) && next->kind != ',' && next->kind != ';'));
}

static bool is_separator(struct sgr_front *front, int kind)
{
    char open = innermost(front);
    return kind == T_NEWLINE || kind == ';' || (kind == ',' && (open == 0 || open == '{') && front->nesting == 0);
}

static int give(struct sgr_front *front, struct sgr_token *token, union sgr_semantic *value, sgr_span *span)
{
    *value = token->value;
    *span = token->span;
    front->previous = token->kind;
    return token->kind;
}

static void count_brackets(struct sgr_front *front, const struct sgr_token *token)
{
    switch (token->kind) {
    case '{': case '(': case '[':
        open_bracket(front, (char)token->kind, token->span);
        break;
    case T_INTERPOLATION:
        open_bracket(front, '$', token->span);
        break;
    case '}': case ')': case ']': case T_INTERPOLATION_END:
        close_bracket(front, token->kind);
        break;
    case T_FOR:
        front->nesting = 1; /* `for k, v in`: this comma is none of the separators */
        break;
    case T_IN: case '=':
        front->nesting = 0;
        break;
    default:
        break;
    }
}

static int close_forgotten(struct sgr_front *front, union sgr_semantic *value, sgr_span *span)
{
    struct sgr_bracket bracket = sgr_vec_pop(&front->brackets);
    struct sgr_token token = {.kind = closer(bracket.open), .span = peek(front, 0)->span};
    token.span.hi = token.span.lo;
    report_unclosed(front, bracket);
    return give(front, &token, value, span);
}

int sgr_next_token(union sgr_semantic *value, sgr_span *span, struct sgr_front *front)
{
    for (;;) {
        struct sgr_token token = *peek(front, 0);
        if (forgotten(front, &token) || (token.kind == 0 && front->brackets.len > 0 && !front->stopped)) {
            return close_forgotten(front, value, span);
        }
        if (!is_separator(front, token.kind)) {
            drop(front);
            count_brackets(front, &token);
            return give(front, &token, value, span);
        }
        front->nesting = token.kind == T_NEWLINE || token.kind == ';' ? 0 : front->nesting;
        bool separator = separates(front);
        drop(front);
        if (separator) {
            token.kind = T_SEP;
            return give(front, &token, value, span);
        }
    }
}
