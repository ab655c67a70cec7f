/* Tokens with a payload: words, numbers with units, pieces of strings, comments. Must never read
 * past the token it was given. */
#include "lang/literal.h"

#include <stdlib.h>

#include "base/quantity.h"
#include "lang/grammar.h"

static const struct {
    const char *text;
    int token;
} words[] = {
#define WORD(text, token) {text, token},
#include "lang/word.def"
#undef WORD
};

enum { WORD_COUNT = sizeof words / sizeof *words, WORD_LEN_MAX = 10 };
_Static_assert(WORD_COUNT + SGR_BLOCK_COUNT < SGR_WORD_SLOTS / 2, "the index of words is full");

/* The words of the grammar, then those of blocks. */
static const char *word_at(size_t index)
{
    return index < WORD_COUNT ? words[index].text : sgr_blocks[index - WORD_COUNT].word;
}

static size_t word_slot(sgr_str text)
{
    size_t hash = text.len;
    for (size_t i = 0; i < text.len; i++) {
        hash = hash * 31 + (unsigned char)text.ptr[i];
    }
    return (hash ^ hash >> 8) % SGR_WORD_SLOTS;
}

static uint8_t *index_words(struct sgr_arena *arena)
{
    uint8_t *index = SGR_NEW_ARRAY(arena, uint8_t, SGR_WORD_SLOTS);
    for (size_t i = 0; i < WORD_COUNT + SGR_BLOCK_COUNT; i++) {
        size_t slot = word_slot(sgr_str_from(word_at(i)));
        while (index[slot] != 0) {
            slot = (slot + 1) % SGR_WORD_SLOTS;
        }
        index[slot] = (uint8_t)(i + 1);
    }
    return index;
}

void sgr_words_index(struct sgr_front *front)
{
    if (front->sources->words == NULL) {
        front->sources->words = index_words(front->sources->arena);
    }
    front->words = front->sources->words;
}

static int find_verb(sgr_str text)
{
    for (int i = 0; i < SGR_VERB_COUNT; i++) {
        if (sgr_str_is(text, sgr_verbs[i].word)) {
            return i;
        }
    }
    return -1;
}

int sgr_take_word(const struct sgr_front *front, struct sgr_token *token, sgr_str text)
{
    if (text.len > WORD_LEN_MAX || text.ptr[0] < 'a') {
        return T_NAME;
    }
    size_t slot = word_slot(text);
    while (front->words[slot] != 0 && !sgr_str_is(text, word_at(front->words[slot] - 1u))) {
        slot = (slot + 1) % SGR_WORD_SLOTS;
    }
    if (front->words[slot] == 0) {
        return T_NAME;
    }
    size_t index = front->words[slot] - 1u;
    if (index >= WORD_COUNT) {
        token->value.word = (int)(index - WORD_COUNT);
        return T_BLOCK;
    }
    int kind = words[index].token;
    if (kind == T_VERB_ONE || kind == T_VERB_NONE) {
        token->value.word = find_verb(text);
    }
    return kind;
}

void sgr_take_comment(struct sgr_front *front, sgr_span span)
{
    bool doc = span.hi - span.lo >= 2 && front->text.ptr[span.lo + 1] == '#';
    size_t line = span.lo;
    while (line > 0 && (front->text.ptr[line - 1] == ' ' || front->text.ptr[line - 1] == '\t')) {
        line--;
    }
    bool trailing = line > 0 && front->text.ptr[line - 1] != '\n';
    while (span.hi > span.lo &&
           (front->text.ptr[span.hi - 1] == '\r' || front->text.ptr[span.hi - 1] == ' ')) {
        span.hi--;
    }
    sgr_vec_push(&front->comments, (struct sgr_comment){span, doc, trailing});
}

/* ---- numbers ---- */

size_t sgr_number_length(sgr_str text)
{
    size_t n = 0;
    while (n < text.len && ((text.ptr[n] >= '0' && text.ptr[n] <= '9') ||
                            (text.ptr[n] == '.' && n + 1 < text.len && text.ptr[n + 1] >= '0' &&
                             text.ptr[n + 1] <= '9'))) {
        n++;
    }
    return n;
}

static int too_large(struct sgr_front *front, struct sgr_token *token)
{
    struct sgr_diag *diag =
        sgr_diag(front->diags, SGR_E0103, token->span, "this number is too large");
    sgr_diag_label(front->diags, diag, "beyond what 64 bits hold");
    token->value.integer = 0;
    return T_INT;
}

int sgr_take_number(struct sgr_front *front, struct sgr_token *token, sgr_str text, int kind)
{
    sgr_str digits = {text.ptr, sgr_number_length(text)};
    if (kind == 0 && memchr(digits.ptr, '.', digits.len) == NULL) {
        return sgr_read_int(digits, &token->value.integer) ? T_INT : too_large(front, token);
    }
    if (!sgr_read_number(digits, &token->value.number)) {
        return too_large(front, token);
    }
    return kind == 0 ? T_NUMBER : kind;
}

int sgr_take_memory(struct sgr_front *front, struct sgr_token *token, sgr_str text)
{
    if (text.ptr[text.len - 1] == 'K') {
        char *copy = sgr_arena_cstr(front->arena, text);
        copy[text.len - 1] = 'k';
        text.ptr = copy;
    }
    if (!sgr_read_memory(text, &token->value.integer)) {
        return too_large(front, token);
    }
    return T_MEMORY;
}

int sgr_take_duration(struct sgr_front *front, struct sgr_token *token, sgr_str text)
{
    if (!sgr_read_duration(text, &token->value.integer)) {
        struct sgr_diag *diag =
            sgr_diag(front->diags, SGR_E0103, token->span, "this is no duration");
        sgr_diag_label(front->diags, diag, "units descend from d to ms, each once");
        sgr_diag_help(front->diags, diag, "write 1h30m, 90m or 500ms");
        token->value.integer = 0;
    }
    return T_DURATION;
}

int sgr_bad_number(struct sgr_front *front, struct sgr_token *token, sgr_str text)
{
    sgr_str digits = {text.ptr, sgr_number_length(text)};
    struct sgr_diag *diag =
        sgr_diag(front->diags, SGR_E0103, token->span, "`%.*s` has no known unit", SGR_FMT(text));
    sgr_diag_label(front->diags, diag, "a number and letters without a space");
    sgr_diag_help(front->diags, diag,
                  "units are ms s m h d, %%, Ki Mi Gi Ti k M G T, /s; `m` is milli-CPU where a cpu "
                  "is expected");
    token->value.number = 0;
    return sgr_read_number(digits, &token->value.number) ? T_NUMBER : too_large(front, token);
}

/* ---- what is not of this language ---- */

/* Words and marks of other languages: what they mean is clear, so the parser goes on with it where
 * it can. */
int sgr_foreign(struct sgr_front *front, struct sgr_token *token, sgr_str text)
{
    static const struct {
        char first;
        const char *help, *fix;
        int token;
    } rows[] = {
        {'&', "write `and`", " and ", T_AND},
        {'|', "write `or`", " or ", T_OR},
        {'!', "write `not`", "not ", T_NOT},
        {'\'', "strings are written in double quotes", NULL, T_SGR_YYUNDEF},
    };
    size_t row = 0;
    while (rows[row].first != text.ptr[0]) {
        row++;
    }
    struct sgr_diag *diag = sgr_diag(front->diags, SGR_E0102, token->span, "unexpected `%.*s`",
                                     (int)(text.len > 40 ? 1 : text.len), text.ptr);
    sgr_diag_help(front->diags, diag, "%s", rows[row].help);
    if (rows[row].fix != NULL) {
        sgr_diag_fix(front->diags, diag, token->span, false, sgr_str_from(rows[row].fix));
    } else if (text.len > 1) {
        sgr_str inside = {text.ptr + 1, text.len - 2};
        sgr_diag_fix(front->diags, diag, token->span, false,
                     sgr_arena_printf(front->arena, "\"%.*s\"", SGR_FMT(inside)));
    }
    return rows[row].token;
}

int sgr_stray(struct sgr_front *front, struct sgr_token *token, sgr_str text)
{
    unsigned char c = (unsigned char)text.ptr[0];
    if (c >= 0x20 && c < 0x7f) {
        struct sgr_diag *diag =
            sgr_diag(front->diags, SGR_E0102, token->span, "unexpected `%c`", c);
        if (c == '%') {
            sgr_diag_help(front->diags, diag, "a percent sign follows its number without a space");
        }
    } else {
        sgr_diag(front->diags, SGR_E0102, token->span,
                 "unexpected character outside a string or comment");
    }
    return T_SGR_YYUNDEF;
}

/* ---- strings ---- */

int sgr_open_string(struct sgr_front *front, struct sgr_token *token, bool triple)
{
    if (front->string_depth == SGR_STRING_DEPTH_MAX) {
        sgr_diag(front->diags, SGR_E0106, token->span, "strings are nested more than %d deep",
                 SGR_STRING_DEPTH_MAX);
        front->stopped = true;
        return T_SGR_YYUNDEF;
    }
    front->strings[front->string_depth].triple = triple;
    front->strings[front->string_depth].begin = token->span.lo;
    front->strings[front->string_depth++].braces = -1;
    return triple ? T_TRIPLE_BEGIN : T_STRING_BEGIN;
}

void sgr_close_string(struct sgr_front *front)
{
    if (front->string_depth > 0) {
        front->string_depth--;
    }
}

int sgr_string_text(struct sgr_front *front, struct sgr_token *token, sgr_str text)
{
    (void)front;
    token->value.text = text;
    return T_TEXT;
}

int sgr_string_escape(struct sgr_front *front, struct sgr_token *token, char letter)
{
    static const char from[] = "nt\"\\", *const to[] = {"\n", "\t", "\"", "\\"};
    token->value.text = (sgr_str){to[strchr(from, letter) - from], 1};
    (void)front;
    return T_TEXT;
}

int sgr_string_unicode(struct sgr_front *front, struct sgr_token *token, sgr_str text)
{
    unsigned long c = strtoul(text.ptr + 3, NULL, 16);
    char *out = sgr_arena_alloc(front->arena, 5);
    size_t n = 0;
    if (c == 0 || c > 0x10ffff || (c >= 0xd800 && c < 0xe000)) {
        sgr_diag(front->diags, SGR_E0104, token->span, "\\u{%lX} is no character", c);
        c = 0xfffd;
    }
    if (c < 0x80) {
        out[n++] = (char)c;
    } else if (c < 0x800) {
        out[n++] = (char)(0xc0 | c >> 6);
        out[n++] = (char)(0x80 | (c & 0x3f));
    } else if (c < 0x10000) {
        out[n++] = (char)(0xe0 | c >> 12);
        out[n++] = (char)(0x80 | (c >> 6 & 0x3f));
        out[n++] = (char)(0x80 | (c & 0x3f));
    } else {
        out[n++] = (char)(0xf0 | c >> 18);
        out[n++] = (char)(0x80 | (c >> 12 & 0x3f));
        out[n++] = (char)(0x80 | (c >> 6 & 0x3f));
        out[n++] = (char)(0x80 | (c & 0x3f));
    }
    token->value.text = (sgr_str){out, n};
    return T_TEXT;
}

int sgr_bad_escape(struct sgr_front *front, struct sgr_token *token, sgr_str text)
{
    struct sgr_diag *diag =
        sgr_diag(front->diags, SGR_E0104, token->span, "unknown escape in a string");
    sgr_diag_help(
        front->diags, diag,
        "escapes are \\n \\t \\\" \\\\ and \\u{...}; in \"\"\" strings a backslash is itself");
    token->value.text = text;
    return T_TEXT;
}

/* Once for a line: strings inside each other's interpolations all end with it. */
static void report_unclosed(struct sgr_front *front, uint32_t line_end)
{
    int depth = front->string_depth > 0 ? front->string_depth - 1 : 0;
    uint32_t begin = front->strings[depth].begin;
    uint32_t quotes = front->strings[depth].triple ? 3 : 1;
    if (front->skipping || front->lost_line == line_end + 1) {
        return;
    }
    front->lost_line = line_end + 1;
    struct sgr_diag *diag =
        sgr_diag(front->diags, SGR_E0104, (sgr_span){front->file, begin, begin + quotes},
                 "this string is not closed");
    sgr_diag_label(front->diags, diag, "opened here");
    if (quotes == 1) {
        sgr_diag_help(front->diags, diag,
                      "end it with \" on the same line, or use \"\"\" for several lines");
    }
}

void sgr_string_left_open(struct sgr_front *front, uint32_t at)
{
    if (front->strings_lost > 0) {
        return; /* the end of the line was looked at, which says so and has ended it */
    }
    front->strings_lost = 1;
    if (front->string_depth == 0) {
        return;
    }
    const char *line_end = memchr(front->text.ptr + at, '\n', front->text.len - at);
    report_unclosed(front, line_end == NULL ? (uint32_t)front->text.len
                                            : (uint32_t)(line_end - front->text.ptr));
    front->string_depth--;
}

bool sgr_line_ends_string(struct sgr_front *front, struct sgr_token *token)
{
    if (front->string_depth == 0 || front->strings[front->string_depth - 1].triple) {
        return false;
    }
    report_unclosed(front, token->span.lo);
    while (front->string_depth > 0 && !front->strings[front->string_depth - 1].triple) {
        front->string_depth--;
        front->strings_lost++;
    }
    return true;
}

int sgr_unclosed_string(struct sgr_front *front, struct sgr_token *token)
{
    report_unclosed(front, token->span.lo);
    sgr_close_string(front);
    token->span.hi = token->span.lo;
    return T_STRING_END;
}

void sgr_open_interpolation(struct sgr_front *front)
{
    if (front->string_depth > 0) { /* it may have been given up behind what is looked ahead at */
        front->strings[front->string_depth - 1].braces = 0;
    }
}

bool sgr_closes_interpolation(struct sgr_front *front)
{
    if (front->string_depth == 0 || front->strings[front->string_depth - 1].braces != 0) {
        return false;
    }
    front->strings[front->string_depth - 1].braces = -1;
    return true;
}

bool sgr_in_triple(struct sgr_front *front)
{
    return front->strings[front->string_depth - 1].triple;
}

void sgr_brace(struct sgr_front *front, int by)
{
    if (front->string_depth > 0 && front->strings[front->string_depth - 1].braces >= 0) {
        front->strings[front->string_depth - 1].braces += by;
    }
}
