/* Values as YAML. Writes straight into the buffer, since libyaml's emitter copies every scalar four
 * times; the tests read everything back with libyaml. Must never print a string that some reader,
 * of YAML 1.1 or 1.2, would take for a number, a bool, a date or null, and never a line that a
 * reader would fold. */
#include "k8s/codec.h"

#include <ctype.h>
#include <math.h>
#include <strings.h>

/* libyaml reads a key of up to 1,024 characters on the line of its value, and one byte may be four
 * of them in quotes. */
enum { SIMPLE_KEY_MAX = 250 };
static const double int_beyond = 9223372036854775808.0; /* 2^63 */

enum style { PLAIN, QUOTED, LITERAL };

static bool write_node(sgr_value value, size_t indent, size_t depth, bool after_dash,
                       struct sgr_buf *out);

/* Words that YAML 1.1 or 1.2 gives another type, in any case. */
static bool is_reserved(sgr_str s)
{
    static const struct word {
        unsigned char len;
        char text[6];
    } words[] = {{1, "y"},    {1, "n"},    {3, "yes"},   {2, "no"},    {2, "on"},
                 {3, "off"},  {4, "true"}, {5, "false"}, {4, "null"},  {1, "~"},
                 {2, "<<"},   {1, "="},    {4, ".inf"},  {5, "+.inf"}, {5, "-.inf"},
                 {4, ".nan"}, {3, "nan"},  {3, "inf"},   {4, "+inf"},  {4, "-inf"}};
    for (size_t i = 0; s.len <= 5 && i < sizeof words / sizeof *words; i++) {
        if (words[i].len == s.len && (s.ptr[0] | ' ') == (words[i].text[0] | ' ') &&
            strncasecmp(words[i].text, s.ptr, s.len) == 0) {
            return true;
        }
    }
    return false;
}

/* Anything that begins like a number and has only the letters of numbers and dates: more than the
 * two standards take for one, and cheap. */
static bool is_like_number(sgr_str s)
{
    char first = s.ptr[0];
    if (!isdigit((unsigned char)first) && first != '+' && first != '-' && first != '.') {
        return false;
    }
    bool digit = false;
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (!isxdigit(c) && strchr("xXoO_.:+-TtZz ", c) == NULL) {
            return false;
        }
        digit = digit || isdigit(c);
    }
    return digit;
}

/* Bytes that may stand anywhere inside a plain scalar: no space, ':' or '#', which depend on their
 * neighbours, and nothing beyond ASCII. */
static bool is_easy(unsigned char c)
{
    return c > ' ' && c < 0x7f && c != ':' && c != '#';
}

/* Whether the UTF-8 sequence prints as itself and nothing takes it for white space. */
static bool is_visible(sgr_str s, size_t at, size_t length)
{
    unsigned char a = (unsigned char)s.ptr[at], b = (unsigned char)s.ptr[at + 1];
    if (length == 2) {
        return !(a == 0xc2 && b <= 0xa0) && !(a == 0xc2 && b == 0xad);
    }
    if (length == 3) {
        unsigned char c = (unsigned char)s.ptr[at + 2];
        bool spaces = a == 0xe2 && b == 0x80 && (c <= 0x8f || (c >= 0xa8 && c <= 0xaf));
        bool more =
            (a == 0xe2 && b == 0x81 && c >= 0x9f) || (a == 0xe1 && b == 0x9a && c == 0x80) ||
            (a == 0xe3 && b == 0x80 && c == 0x80) || (a == 0xef && b == 0xbb && c == 0xbf) ||
            (a == 0xef && b == 0xbf && c >= 0xb9) || a == 0xee || (a == 0xef && b < 0xa4);
        return !spaces && !more;
    }
    return a < 0xf3; /* planes 3 and up: nothing that fonts show */
}

/* Whether a multi-line text can be a literal block: no leading white space (it would need an
 * indentation indicator) and nothing that needs an escape. */
static bool fits_literal(sgr_str s)
{
    char first = s.ptr[0], last = s.ptr[s.len - 1];
    if (first == ' ' || first == '\t' || first == '\n' || last == ' ' || last == '\t') {
        return false;
    }
    for (size_t i = 0; i < s.len;) {
        unsigned char c = (unsigned char)s.ptr[i];
        size_t length = c < 0x80 ? 1 : sgr_utf8_length(s, i);
        if (length == 0 || (length > 1 && !is_visible(s, i, length)) || c == 0x7f ||
            (c < ' ' && c != '\n' && c != '\t')) {
            return false;
        }
        i += length;
    }
    return true;
}

/* Whether nothing inside the text keeps it from being plain. */
static bool fits_plain(sgr_str s)
{
    for (size_t i = 0; i < s.len;) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (is_easy(c)) {
            i++;
            continue;
        }
        if (c >= 0x80) {
            size_t length = sgr_utf8_length(s, i);
            if (length == 0 || !is_visible(s, i, length)) {
                return false;
            }
            i += length;
            continue;
        }
        bool ends = i + 1 == s.len;
        if ((c == ':' && (ends || s.ptr[i + 1] == ' ')) || (c == '#' && s.ptr[i - 1] == ' ') ||
            (c == ' ' && ends) || c < ' ' || c == 0x7f) {
            return false;
        }
        i++;
    }
    return true;
}

static enum style style_of(sgr_str s, bool is_key)
{
    if (s.len == 0) {
        return QUOTED;
    }
    if (!is_key && memchr(s.ptr, '\n', s.len) != NULL && fits_literal(s)) {
        return LITERAL;
    }
    unsigned char first = (unsigned char)s.ptr[0];
    bool starts = isalnum(first) || first >= 0x80 || strchr("/._$(+^;<\\", first) != NULL ||
                  (first == '-' && s.len > 1 && s.ptr[1] != ' ' &&
                   !(s.len >= 3 && memcmp(s.ptr, "---", 3) == 0));
    if (!starts || (s.len >= 3 && memcmp(s.ptr, "...", 3) == 0) || is_reserved(s) ||
        is_like_number(s)) {
        return QUOTED;
    }
    return fits_plain(s) ? PLAIN : QUOTED;
}

/* One character as it stands in double quotes. */
static size_t write_escaped(sgr_str s, size_t at, struct sgr_buf *out)
{
    unsigned char c = (unsigned char)s.ptr[at];
    static const char named[] = "\"\"\\\\\nn\tt\rr\0"
                                "0\x1b"
                                "e\a"
                                "a\bb\ff\vv";
    for (size_t i = 0; i + 1 < sizeof named - 1; i += 2) {
        if ((unsigned char)named[i] == c) {
            sgr_buf_byte(out, '\\');
            sgr_buf_byte(out, named[i + 1]);
            return 1;
        }
    }
    if (c < 0x80) {
        if (c < ' ' || c == 0x7f) {
            sgr_buf_printf(out, "\\x%02X", c);
        } else {
            sgr_buf_byte(out, (char)c);
        }
        return 1;
    }
    size_t length = sgr_utf8_length(s, at);
    if (length == 0) {
        sgr_buf_cstr(out, "\\uFFFD");
        return 1;
    }
    if (is_visible(s, at, length)) {
        sgr_buf_bytes(out, s.ptr + at, length);
        return length;
    }
    uint32_t point = length == 2 ? c & 0x1fu : length == 3 ? c & 0x0fu : c & 0x07u;
    for (size_t i = 1; i < length; i++) {
        point = point << 6 | ((unsigned char)s.ptr[at + i] & 0x3fu);
    }
    sgr_buf_printf(out, length == 4 ? "\\U%08X" : "\\u%04X", point);
    return length;
}

static void write_quoted(sgr_str s, struct sgr_buf *out)
{
    sgr_buf_byte(out, '"');
    size_t from = 0;
    for (size_t i = 0; i < s.len;) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (c >= ' ' && c < 0x7f && c != '"' && c != '\\') {
            i++;
            continue;
        }
        sgr_buf_bytes(out, s.ptr + from, i - from);
        i += write_escaped(s, i, out);
        from = i;
    }
    sgr_buf_bytes(out, s.ptr + from, s.len - from);
    sgr_buf_byte(out, '"');
}

static void write_literal(sgr_str s, size_t indent, struct sgr_buf *out)
{
    size_t breaks = 0;
    while (breaks < s.len && s.ptr[s.len - 1 - breaks] == '\n') {
        breaks++;
    }
    sgr_buf_cstr(out, breaks == 0 ? "|-\n" : breaks == 1 ? "|\n" : "|+\n");
    for (size_t at = 0; at < s.len;) {
        const char *end = memchr(s.ptr + at, '\n', s.len - at);
        size_t length = end ? (size_t)(end - s.ptr) - at : s.len - at;
        if (length > 0) {
            sgr_buf_fill(out, ' ', indent);
            sgr_buf_bytes(out, s.ptr + at, length);
        }
        sgr_buf_byte(out, '\n');
        at += length + 1;
    }
}

/* A string and the line break after it; `indent` is where the lines of a literal go. */
static void write_string(sgr_str s, size_t indent, struct sgr_buf *out)
{
    enum style style = style_of(s, indent == 0);
    if (style == LITERAL) {
        write_literal(s, indent, out);
        return;
    }
    if (style == PLAIN) {
        sgr_buf_add(out, s);
    } else {
        write_quoted(s, out);
    }
    sgr_buf_byte(out, '\n');
}

/* So that digits beyond 64 bits are read as the number they are, not as an int. */
static void write_number(sgr_value value, struct sgr_buf *out)
{
    size_t from = out->len;
    sgr_value_print(value, out);
    if (fabs(value.as.f) >= int_beyond && strpbrk(out->ptr + from, ".e") == NULL) {
        sgr_buf_cstr(out, ".0");
    }
    sgr_buf_byte(out, '\n');
}

static bool write_scalar(sgr_value value, size_t indent, struct sgr_buf *out)
{
    switch (value.tag) {
    case SGR_STRING:
        write_string(sgr_string_of(value), indent, out);
        return true;
    case SGR_ABSENT:
        sgr_buf_cstr(out, "null\n");
        return true;
    case SGR_NUMBER:
    case SGR_COUNT:
        if (!isfinite(value.as.f)) {
            return false;
        }
        write_number(value, out);
        return true;
    case SGR_BOOL:
    case SGR_INT:
        break;
    case SGR_DURATION:
    case SGR_CPU:
    case SGR_MEMORY:
    case SGR_PERCENT:
    case SGR_RATE: {
        struct sgr_buf text;
        sgr_buf_init(&text, 64);
        sgr_value_print(value, &text);
        write_string(sgr_buf_str(&text), indent, out);
        sgr_buf_release(&text);
        return true;
    }
    default:
        return false;
    }
    sgr_value_print(value, out);
    sgr_buf_byte(out, '\n');
    return true;
}

static bool is_empty_collection(sgr_value value)
{
    return (value.tag == SGR_LIST || value.tag == SGR_RECORD) && sgr_count_of(value) == 0;
}

static bool is_collection(sgr_value value)
{
    return value.tag == SGR_LIST || value.tag == SGR_RECORD || value.tag == SGR_RANGE;
}

/* What follows "key:": a scalar on the same line, or a collection on the next. Lists stand in the
 * column of their key, as kubectl prints them. */
static bool write_field_value(sgr_value value, size_t indent, size_t depth, struct sgr_buf *out)
{
    if (is_collection(value) && !is_empty_collection(value)) {
        sgr_buf_byte(out, '\n');
        return write_node(value, value.tag == SGR_LIST ? indent : indent + 2, depth + 1, false,
                          out);
    }
    sgr_buf_byte(out, ' ');
    return write_node(value, indent + 2, depth + 1, false, out);
}

/* Bytes of the key as it is read again: what is no UTF-8 has become U+FFFD. */
static size_t length_read_again(sgr_str key)
{
    size_t total = 0;
    for (size_t at = 0, length; at<key.len; at += length> 0 ? length : 1) {
        length = sgr_utf8_length(key, at);
        total += length > 0 ? length : 3; /* bytes of U+FFFD */
    }
    return total;
}

static bool write_field(sgr_str key, sgr_value value, size_t indent, size_t depth,
                        struct sgr_buf *out)
{
    bool is_long = key.len > SIMPLE_KEY_MAX / 3 && length_read_again(key) > SIMPLE_KEY_MAX;
    sgr_buf_cstr(out, is_long ? "? " : "");
    if (style_of(key, true) == PLAIN) {
        sgr_buf_add(out, key);
    } else {
        write_quoted(key, out);
    }
    if (is_long) {
        sgr_buf_byte(out, '\n');
        sgr_buf_fill(out, ' ', indent);
    }
    sgr_buf_byte(out, ':');
    return write_field_value(value, indent, depth, out);
}

/* A node whose first line begins where the buffer ends when `after_dash`, else on a line of its
 * own. */
static bool write_node(sgr_value value, size_t indent, size_t depth, bool after_dash,
                       struct sgr_buf *out)
{
    if (depth > SGR_CODEC_DEPTH_MAX || out->full) {
        return false;
    }
    if (!is_collection(value)) {
        return write_scalar(value, indent, out);
    }
    if (is_empty_collection(value)) {
        sgr_buf_cstr(out, value.tag == SGR_LIST ? "[]\n" : "{}\n");
        return true;
    }
    bool ok = true;
    size_t count = value.tag == SGR_RANGE ? 2 : sgr_count_of(value);
    for (size_t i = 0; ok && i < count; i++) {
        if (i > 0 || !after_dash) {
            sgr_buf_fill(out, ' ', indent);
        }
        if (value.tag == SGR_LIST) {
            sgr_buf_cstr(out, "- ");
            ok = write_node(sgr_item(value, i), indent + 2, depth + 1, true, out);
        } else if (value.tag == SGR_RANGE) {
            ok = write_field(i == 0 ? SGR_STR("from") : SGR_STR("to"),
                             i == 0 ? sgr_range_from(value) : sgr_range_to(value), indent, depth,
                             out);
        } else {
            ok = write_field(sgr_key(value, i), sgr_field_at(value, i), indent, depth, out);
        }
    }
    return ok;
}

bool sgr_yaml_write(sgr_value value, struct sgr_buf *out)
{
    if (out->len > 0) {
        sgr_buf_cstr(out, "---\n");
    }
    return write_node(value, 0, 0, false, out) && !out->full;
}
