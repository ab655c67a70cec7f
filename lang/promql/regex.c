/* A checker for RE2's syntax as Go and Prometheus read it (Perl classes, \Q..\E, named groups, no
 * back-references, no look-around; anchored at both ends). It reads the pattern once, builds
 * nothing, and computes what lints ask. Must never accept what Prometheus refuses. */
#include "lang/promql/tree.h"

enum { REPEAT_MAX = 1000, NESTING_MAX = 1000 };

/* What is known of a part of the pattern. */
struct part {
    bool empty;      /* matches the empty string */
    bool some;       /* every match has a character */
    bool impossible; /* matches nothing */
    bool hole;       /* an interpolation */
    bool longer;     /* a repetition takes its last character only */
    bool begin, end; /* only matches at the begin (^, \A) or the end ($, \z) of the text */
    unsigned repeat; /* product of the nested counts, at least 1 */
};

struct reader {
    sgr_str s;
    size_t at;
    unsigned depth;
    bool special;
    bool holes; /* SGR_PQ_HOLE_LETTER stands for an interpolation */
    const char *problem;
    size_t lo, hi;
};

static bool fail(struct reader *r, size_t lo, const char *problem)
{
    if (r->problem == NULL) {
        r->problem = problem;
        r->lo = lo;
        r->hi = r->at > lo ? r->at : lo + 1;
        r->hi = r->hi > r->s.len ? r->s.len : r->hi;
    }
    r->at = r->s.len;
    return false;
}

static bool more(const struct reader *r)
{
    return r->at < r->s.len;
}

static int peek(const struct reader *r, size_t ahead)
{
    return r->at + ahead < r->s.len ? (unsigned char)r->s.ptr[r->at + ahead] : -1;
}

static bool next_is(const struct reader *r, const char *text)
{
    size_t len = strlen(text);
    return r->s.len - r->at >= len && memcmp(r->s.ptr + r->at, text, len) == 0;
}

static bool is_word(int c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

static int hex(int c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One character as it stands. */
static bool take_char(struct reader *r, uint32_t *out)
{
    size_t len = sgr_utf8_length(r->s, r->at);
    if (len == 0) {
        return fail(r, r->at, "this is not UTF-8");
    }
    unsigned char c = (unsigned char)r->s.ptr[r->at];
    *out = len == 1 ? c : c & (0x7fu >> len);
    for (size_t i = 1; i < len; i++) {
        *out = *out << 6 | ((unsigned char)r->s.ptr[r->at + i] & 0x3fu);
    }
    r->at += len;
    return true;
}

/* \x7F, \x{10FFFF}: behind the x. */
static bool take_hex(struct reader *r, size_t start, uint32_t *out)
{
    bool braces = peek(r, 0) == '{';
    r->at += braces;
    uint32_t n = 0;
    size_t digits = 0;
    while (hex(peek(r, 0)) >= 0 && (braces || digits < 2)) {
        n = n * 16 + (uint32_t)hex(peek(r, 0));
        digits++;
        r->at++;
        if (n > 0x10ffff) {
            return fail(r, start, "this escape is beyond the last Unicode character");
        }
    }
    if (braces ? digits == 0 || peek(r, 0) != '}' : digits != 2) {
        return fail(r, start, "\\x wants two hexadecimal digits, or several in braces");
    }
    r->at += braces;
    *out = n;
    return true;
}

/* An escape that is one character, behind its backslash at `start`. */
static bool take_escaped_char(struct reader *r, size_t start, uint32_t *out)
{
    static const char names[] = "aftnrv", values[] = "\a\f\t\n\r\v";
    int c = peek(r, 0);
    if (c < 0) {
        return fail(r, start, "a backslash ends the pattern");
    }
    r->at++;
    bool octal_next = peek(r, 0) >= '0' && peek(r, 0) <= '7';
    if (c == '0' || (c >= '1' && c <= '7' && octal_next)) {
        *out = (uint32_t)(c - '0');
        for (int i = 0; i < 2 && peek(r, 0) >= '0' && peek(r, 0) <= '7'; i++) {
            *out = *out * 8 + (uint32_t)(peek(r, 0) - '0');
            r->at++;
        }
        return true;
    }
    if (c >= '1' && c <= '9') {
        return fail(r, start, "back-references are not supported");
    }
    if (c == 'x') {
        return take_hex(r, start, out);
    }
    const char *name = strchr(names, c);
    if (name != NULL) {
        *out = (unsigned char)values[name - names];
        return true;
    }
    if (c < 0x80 && (!is_word(c) || c == '_')) {
        *out = (uint32_t)c;
        return true;
    }
    return fail(r, start, "unknown escape; a backslash is written \\\\");
}

static bool unicode_class(sgr_str name)
{
    static const char names[] =
#include "lang/promql/unicode.def"
        ;
    size_t len = 0;
    for (const char *p = names; *p != '\0'; p += len + 1) {
        len = (size_t)(strchr(p, ' ') - p);
        if (len == name.len && memcmp(p, name.ptr, len) == 0) {
            return true;
        }
    }
    return false;
}

/* \d \s \w \D \S \W \pN \p{Greek}: true if one was taken. */
static bool take_class_escape(struct reader *r)
{
    int c = peek(r, 1);
    if (peek(r, 0) != '\\' || c < 0) {
        return false;
    }
    if (strchr("dswDSW", c) != NULL) {
        r->at += 2;
        return true;
    }
    if (c != 'p' && c != 'P') {
        return false;
    }
    size_t start = r->at;
    r->at += 2;
    if (peek(r, 0) != '{') {
        if (peek(r, 0) < 0 || strchr("CLMNPSZ", peek(r, 0)) == NULL) {
            fail(r, start, "there is no such class of characters");
            return true;
        }
        r->at++;
        return true;
    }
    r->at++;
    r->at += peek(r, 0) == '^';
    size_t name = r->at;
    while (is_word(peek(r, 0))) {
        r->at++;
    }
    sgr_str word = {r->s.ptr + name, r->at - name};
    if (peek(r, 0) != '}' || !unicode_class(word)) {
        fail(r, start, "there is no such class of characters");
        return true;
    }
    r->at++;
    return true;
}

static bool take_posix_class(struct reader *r)
{
    static const char *const names[] = {"alnum", "alpha", "ascii", "blank", "cntrl",
                                        "digit", "graph", "lower", "print", "punct",
                                        "space", "upper", "word",  "xdigit"};
    if (!next_is(r, "[:")) {
        return false;
    }
    size_t start = r->at, end = start + 2;
    while (end + 1 < r->s.len && !(r->s.ptr[end] == ':' && r->s.ptr[end + 1] == ']')) {
        end++;
    }
    if (end + 1 >= r->s.len) {
        return false;
    }
    size_t name = start + 2 + (r->s.ptr[start + 2] == '^');
    sgr_str word = {r->s.ptr + name, end >= name ? end - name : 0};
    r->at = end + 2;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (sgr_str_is(word, names[i])) {
            return true;
        }
    }
    fail(r, start, "there is no such class of characters");
    return true;
}

static bool take_class_char(struct reader *r, size_t class_start, uint32_t *out)
{
    if (!more(r)) {
        return fail(r, class_start, "this [ is not closed");
    }
    if (peek(r, 0) == '\\') {
        size_t start = r->at++;
        return take_escaped_char(r, start, out);
    }
    size_t start = r->at;
    if (!take_char(r, out)) {
        return false;
    }
    if (r->holes && *out == SGR_PQ_HOLE_LETTER) {
        return fail(r, start, "an interpolation may not stand inside [ ] of a pattern");
    }
    return true;
}

static struct part class_part(struct reader *r)
{
    size_t start = r->at++;
    r->special = true;
    r->at += peek(r, 0) == '^';
    bool first = true;
    while (r->problem == NULL && (first || peek(r, 0) != ']')) {
        size_t item = r->at;
        if (!more(r)) {
            fail(r, start, "this [ is not closed");
            break;
        }
        first = false;
        if (take_posix_class(r) || take_class_escape(r)) {
            continue;
        }
        uint32_t lo = 0, hi = 0;
        if (!take_class_char(r, start, &lo)) {
            break;
        }
        if (peek(r, 0) == '-' && peek(r, 1) >= 0 && peek(r, 1) != ']') {
            r->at++;
            if (!take_class_char(r, start, &hi)) {
                break;
            }
            if (hi < lo) {
                fail(r, item, "this range ends before it begins");
            }
        }
    }
    r->at += r->problem == NULL;
    return (struct part){.some = true, .repeat = 1};
}

static struct part alternation(struct reader *r);

/* The name of (?P<name> or (?<name>, behind the <. */
static bool group_name(struct reader *r, size_t start)
{
    size_t name = r->at;
    while (is_word(peek(r, 0))) {
        r->at++;
    }
    if (r->at == name || peek(r, 0) != '>') {
        return fail(r, start, "a group's name is letters, digits and _ in < >");
    }
    r->at++;
    return true;
}

/* Flags behind (?, up to ) or : which is taken. */
static bool group_flags(struct reader *r, size_t start, bool *closed)
{
    bool minus = false, any = false;
    for (;;) {
        int c = peek(r, 0);
        r->at += c >= 0;
        if (c >= 0 && strchr("imsU", c) != NULL) {
            any = true;
        } else if (c == '-' && !minus) {
            minus = true;
            any = false;
        } else if ((c == ':' || c == ')') && (any || !minus)) {
            *closed = c == ')';
            return true;
        } else {
            return fail(r, start, "unknown group; there are (...), (?:...), (?P<name>...), (?i)");
        }
    }
}

static struct part group_part(struct reader *r, bool *flags_only)
{
    size_t start = r->at++;
    *flags_only = false;
    r->special = true;
    if (peek(r, 0) == '?') {
        bool ok = true;
        if (next_is(r, "?P<") || next_is(r, "?<")) {
            r->at += next_is(r, "?P<") ? 3 : 2;
            ok = group_name(r, start);
        } else {
            r->at++;
            ok = group_flags(r, start, flags_only);
        }
        if (!ok || *flags_only) {
            return (struct part){.empty = true, .repeat = 1};
        }
    }
    if (++r->depth > NESTING_MAX) {
        fail(r, start, "the pattern is nested too deeply");
    }
    struct part inner = alternation(r);
    r->depth--;
    if (r->problem == NULL && peek(r, 0) != ')') {
        fail(r, start, "this ( is not closed");
    }
    r->at += r->problem == NULL;
    return inner;
}

static struct part escape_part(struct reader *r)
{
    struct part part = {.some = true, .repeat = 1};
    size_t start = r->at;
    r->special = true;
    if (take_class_escape(r)) {
        return part;
    }
    switch (peek(r, 1)) {
    case 'A':
    case 'z':
        part = (struct part){
            .empty = true, .begin = peek(r, 1) == 'A', .end = peek(r, 1) == 'z', .repeat = 1};
        r->at += 2;
        return part;
    case 'b':
    case 'B':
        part = (struct part){.empty = peek(r, 1) == 'B', .repeat = 1};
        r->at += 2;
        return part;
    default:
        break;
    }
    uint32_t c = 0;
    r->at++;
    take_escaped_char(r, start, &c);
    return part;
}

/* \Q...\E: every character is literal; a repetition behind it takes the last one. */
static struct part quoted_part(struct reader *r)
{
    struct part part = {.empty = true, .repeat = 1};
    r->special = true;
    r->at += 2;
    while (more(r) && !next_is(r, "\\E")) {
        uint32_t c = 0;
        size_t start = r->at;
        if (!take_char(r, &c)) {
            return part;
        }
        if (r->holes && c == SGR_PQ_HOLE_LETTER) {
            fail(r, start, "an interpolation may not stand inside \\Q...\\E");
        }
        part.longer = part.some;
        part.some = true;
        part.empty = false;
    }
    r->at += more(r) ? 2 : 0;
    return part;
}

/* {n}, {n,}, {n,m}: false where the braces are literal. */
static bool take_counts(struct reader *r, unsigned *min, unsigned *max)
{
    size_t i = r->at + 1;
    unsigned counts[2] = {0, 0};
    bool comma = false, digits[2] = {false, false};
    for (; i < r->s.len && r->s.ptr[i] != '}'; i++) {
        char c = r->s.ptr[i];
        if (c == ',' && !comma) {
            comma = true;
        } else if (c >= '0' && c <= '9' && !(digits[comma] && counts[comma] == 0)) {
            digits[comma] = true;
            counts[comma] =
                counts[comma] > 100000 ? counts[comma] : counts[comma] * 10 + (unsigned)(c - '0');
        } else {
            return false;
        }
    }
    if (i >= r->s.len || !digits[0]) {
        return false;
    }
    size_t start = r->at;
    r->at = i + 1;
    *min = counts[0];
    *max = !comma ? counts[0] : digits[1] ? counts[1] : UINT32_MAX;
    if (*min > REPEAT_MAX || (*max != UINT32_MAX && (*max > REPEAT_MAX || *max < *min))) {
        fail(r, start, "a repetition counts up to 1000, from small to large");
    }
    return true;
}

/* Reads repetitions behind a part. */
static struct part repeated(struct reader *r, struct part part, bool repeatable)
{
    bool before = false;
    for (;;) {
        size_t start = r->at;
        unsigned min = 0, max = UINT32_MAX;
        int c = peek(r, 0);
        if (c == '*' || c == '+' || c == '?') {
            r->at++;
            min = c == '+';
            max = c == '?' ? 1 : UINT32_MAX;
        } else if (c != '{' || !take_counts(r, &min, &max)) {
            return part;
        }
        r->special = true;
        if (r->problem != NULL) {
            return part;
        }
        if (!repeatable) {
            fail(r, start, "nothing stands before this repetition");
            return part;
        }
        if (part.hole) {
            fail(r, start, "a repetition behind an interpolation wants (?:...) around it");
            return part;
        }
        if (before) {
            fail(r, start, "a repetition may not follow a repetition");
            return part;
        }
        if (c == '{') {
            unsigned count = max == UINT32_MAX ? min : max;
            part.repeat *= count > 0 ? count : 1;
            if (part.repeat > REPEAT_MAX) {
                fail(r, start, "nested repetitions count beyond 1000");
                return part;
            }
        }
        r->at += peek(r, 0) == '?';
        before = true;
        if (part.longer) {
            continue;
        }
        part.empty = part.empty || min == 0;
        part.some = part.some && min > 0;
        part.impossible = part.impossible && min > 0;
        part.begin = part.begin && min > 0;
        part.end = part.end && min > 0;
    }
}

/* A brace that is literal, and would stay so whatever an interpolation behind it becomes. */
static void brace(struct reader *r)
{
    size_t i = 1;
    while ((peek(r, i) >= '0' && peek(r, i) <= '9') || peek(r, i) == ',') {
        i++;
    }
    r->at++;
    if (r->holes && r->s.len - r->at >= i + 2 &&
        memcmp(r->s.ptr + r->at + i - 1, SGR_PQ_HOLE_BYTES, 3) == 0) {
        fail(r, r->at - 1, "an interpolation may not stand in the counts of a repetition");
    }
}

static struct part atom(struct reader *r, bool *repeatable)
{
    struct part part = {.some = true, .repeat = 1};
    uint32_t c = 0;
    bool flags_only = false;
    *repeatable = true;
    switch (peek(r, 0)) {
    case '(':
        part = group_part(r, &flags_only);
        *repeatable = !flags_only;
        return part;
    case '[':
        return class_part(r);
    case '\\':
        if (!next_is(r, "\\Q")) {
            return escape_part(r);
        }
        part = quoted_part(r);
        *repeatable = part.some;
        return part;
    case '^':
    case '$':
        part = (struct part){
            .empty = true, .begin = peek(r, 0) == '^', .end = peek(r, 0) == '$', .repeat = 1};
        r->special = true;
        r->at++;
        return part;
    case '.':
        r->special = true;
        r->at++;
        return part;
    case '{':
        brace(r);
        return part;
    default:
        take_char(r, &c);
        part.hole = r->holes && c == SGR_PQ_HOLE_LETTER;
        return part;
    }
}

static struct part sequence(struct reader *r)
{
    struct part all = {.empty = true, .repeat = 1};
    bool ended = false, repeatable = false;
    while (more(r) && peek(r, 0) != '|' && peek(r, 0) != ')') {
        struct part part = {.empty = true, .repeat = 1};
        int c = peek(r, 0);
        unsigned min = 0, max = 0;
        size_t start = r->at;
        if (c == '*' || c == '+' || c == '?' || (c == '{' && take_counts(r, &min, &max))) {
            /* Directly behind flags such as (?i), or at the start. */
            r->at = start;
            part = repeated(r, part, repeatable);
        } else {
            bool can = true;
            part = atom(r, &can);
            repeatable = repeatable || can;
            part = can ? repeated(r, part, true) : part;
        }
        all.impossible =
            all.impossible || part.impossible || (part.begin && all.some) || (ended && part.some);
        ended = ended || part.end;
        all.begin = all.begin || (part.begin && !all.some);
        all.end = part.end || (all.end && !part.some);
        all.empty = all.empty && part.empty;
        all.some = all.some || part.some;
        all.repeat = part.repeat > all.repeat ? part.repeat : all.repeat;
    }
    return all;
}

static struct part alternation(struct reader *r)
{
    struct part all = sequence(r);
    while (r->problem == NULL && peek(r, 0) == '|') {
        r->special = true;
        r->at++;
        struct part other = sequence(r);
        all.empty = all.empty || other.empty;
        all.some = all.some && other.some;
        all.impossible = all.impossible && other.impossible;
        all.begin = all.begin && other.begin;
        all.end = all.end && other.end;
        all.repeat = other.repeat > all.repeat ? other.repeat : all.repeat;
    }
    return all;
}

bool sgr_pq_regex_check(sgr_str pattern, bool holes, struct sgr_promql_regex *out,
                        const char **problem, size_t *lo, size_t *hi)
{
    struct reader r = {.s = pattern, .holes = holes};
    struct part all = alternation(&r);
    if (r.problem == NULL && more(&r)) {
        fail(&r, r.at, "this ) closes nothing");
    }
    *out = (struct sgr_promql_regex){
        .matches_empty = all.empty && !all.impossible,
        .impossible = all.impossible,
        .literal = !r.special,
        .everything = sgr_str_is(pattern, ".*"),
    };
    if (r.problem != NULL) {
        *problem = r.problem;
        *lo = r.lo;
        *hi = r.hi;
        return false;
    }
    return true;
}

bool sgr_promql_regex_check(sgr_str pattern, struct sgr_promql_regex *out, const char **problem,
                            size_t *lo, size_t *hi)
{
    return sgr_pq_regex_check(pattern, false, out, problem, lo, hi);
}
