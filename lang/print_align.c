/* Alignment: marks in neighbouring lines become spaces, so that what follows them stands in one
 * column. Must never change anything but marks. */
#include "lang/print_layout.h"

struct line {
    sgr_str text;
    char mark;     /* of the first mark that aligns, or 0 */
    size_t before; /* characters before it */
    size_t indent;
    bool comment;
    size_t code; /* characters before the comment, once the first mark is resolved */
    size_t pad, comment_pad;
};

static size_t indent_of(sgr_str text)
{
    size_t n = 0;
    while (n < text.len && text.ptr[n] == ' ') {
        n++;
    }
    return n;
}

static struct line read_line(sgr_str text)
{
    struct line line = {.text = text, .indent = indent_of(text)};
    size_t columns = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '\0') {
            char mark = text.ptr[++i];
            if (mark == SGR_MARK_COMMENT) {
                line.comment = true;
                break;
            }
            if (mark != SGR_MARK_NONE && line.mark == 0) {
                line.mark = mark;
                line.before = columns;
            }
        } else if (((unsigned char)text.ptr[i] & 0xc0) != 0x80) {
            columns++;
        }
    }
    line.code = columns;
    return line;
}

typedef SGR_VEC(struct line) lines_vec;

static void align_values(struct line *lines, size_t count)
{
    for (size_t i = 0, end; i < count; i = end) {
        size_t most = lines[i].before;
        for (end = i + 1; lines[i].mark != 0 && end < count && lines[end].mark == lines[i].mark &&
                          lines[end].indent == lines[i].indent;
             end++) {
            most = lines[end].before > most ? lines[end].before : most;
        }
        for (size_t k = i; k < end && lines[k].mark != 0; k++) {
            lines[k].pad = most - lines[k].before;
            lines[k].code += lines[k].pad;
        }
    }
}

static void align_comments(struct line *lines, size_t count)
{
    for (size_t i = 0, end; i < count; i = end) {
        size_t most = lines[i].code;
        for (end = i + 1; lines[i].comment && end < count && lines[end].comment; end++) {
            most = lines[end].code > most ? lines[end].code : most;
        }
        for (size_t k = i; k < end && lines[k].comment; k++) {
            lines[k].comment_pad = most - lines[k].code + 2;
        }
    }
}

static void write_line(const struct line *line, struct sgr_buf *out)
{
    bool aligned = false;
    for (size_t i = 0; i < line->text.len; i++) {
        if (line->text.ptr[i] != '\0') {
            sgr_buf_byte(out, line->text.ptr[i]);
            continue;
        }
        char mark = line->text.ptr[++i];
        if (mark == SGR_MARK_COMMENT) {
            sgr_buf_fill(out, ' ', line->comment_pad);
        } else if (mark != SGR_MARK_NONE && !aligned) {
            sgr_buf_fill(out, ' ', line->pad);
            aligned = true;
        }
    }
    sgr_buf_byte(out, '\n');
}

void sgr_layout_align(sgr_str raw, struct sgr_buf *out)
{
    lines_vec lines = {0};
    for (size_t at = 0; at < raw.len;) {
        const char *end = memchr(raw.ptr + at, '\n', raw.len - at);
        size_t length = end != NULL ? (size_t)(end - raw.ptr) - at : raw.len - at;
        sgr_vec_push(&lines, read_line((sgr_str){raw.ptr + at, length}));
        at += length + 1;
    }
    align_values(lines.at, lines.len);
    align_comments(lines.at, lines.len);
    for (size_t i = 0; i < lines.len; i++) {
        write_line(&lines.at[i], out);
    }
    sgr_vec_release(&lines);
}
