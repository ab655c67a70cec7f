/* Diagnostics: collecting, sorting, and the text form with source line and carets. Prints nothing
 * itself. */
#include "lang/diag.h"

#include <stdarg.h>

const struct sgr_code_info sgr_codes[SGR_CODE_COUNT] = {
#define DIAG(code, severity, name, title) [SGR_##code] = {#code, severity, name, title},
#include "lang/diag.def"
#undef DIAG
#define LINT(id, level, needs, subject, function, word, sentence)                                  \
    [SGR_##id] = {.code = #id, .severity = SGR_##level, .name = word, .title = sentence},
#include "lang/lint.def"
#undef LINT
};

void sgr_diags_init(struct sgr_diags *diags, struct sgr_sources *sources, struct sgr_arena *arena)
{
    *diags = (struct sgr_diags){.sources = sources, .arena = arena, .cap = 20};
}

void sgr_diags_release(struct sgr_diags *diags)
{
    sgr_vec_release(&diags->list);
}

static bool already_said(const struct sgr_diags *diags, enum sgr_diag_code code, sgr_span span)
{
    for (size_t i = diags->list.len; i > 0 && i + 32 > diags->list.len; i--) {
        const struct sgr_diag *diag = &diags->list.at[i - 1];
        if (diag->code == code && diag->primary.span.file == span.file &&
            diag->primary.span.lo == span.lo) {
            return true;
        }
    }
    return false;
}

struct sgr_diag *sgr_diag(struct sgr_diags *diags, enum sgr_diag_code code, sgr_span span,
                          const char *format, ...)
{
    enum sgr_severity severity = sgr_codes[code].severity;
    if (already_said(diags, code, span)) {
        return NULL;
    }
    diags->errors += severity == SGR_ERROR;
    diags->warnings += severity == SGR_WARNING;
    if (severity == SGR_ERROR ? diags->errors > diags->cap : diags->list.len > diags->cap * 500) {
        return NULL;
    }
    va_list args;
    va_start(args, format);
    sgr_str message = sgr_arena_vprintf(diags->arena, format, args);
    va_end(args);
    sgr_vec_push(&diags->list, (struct sgr_diag){.code = code,
                                                 .severity = severity,
                                                 .message = message,
                                                 .primary = {.span = span}});
    return &diags->list.at[diags->list.len - 1];
}

void sgr_diag_label(struct sgr_diags *diags, struct sgr_diag *diag, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (diag != NULL) {
        diag->primary.text = sgr_arena_vprintf(diags->arena, format, args);
    }
    va_end(args);
}

void sgr_diag_note(struct sgr_diags *diags, struct sgr_diag *diag, sgr_span span,
                   const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (diag != NULL && diag->notes[1].span.file == 0) {
        struct sgr_label *note = &diag->notes[diag->notes[0].span.file != 0];
        note->span = span;
        note->text = sgr_arena_vprintf(diags->arena, format, args);
    }
    va_end(args);
}

void sgr_diag_help(struct sgr_diags *diags, struct sgr_diag *diag, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (diag != NULL) {
        diag->help = sgr_arena_vprintf(diags->arena, format, args);
    }
    va_end(args);
}

void sgr_diag_fix(struct sgr_diags *diags, struct sgr_diag *diag, sgr_span span, bool safe,
                  sgr_str replacement)
{
    if (diag != NULL) {
        diag->fix = (struct sgr_fix){span, sgr_arena_str(diags->arena, replacement), safe};
    }
}

/* ---- order: a stable merge sort by place ---- */

static bool before(const struct sgr_diag *a, const struct sgr_diag *b)
{
    sgr_span x = a->primary.span, y = b->primary.span;
    return x.file != y.file ? x.file < y.file : x.lo < y.lo;
}

static void merge_sort(struct sgr_diag *at, struct sgr_diag *spare, size_t count)
{
    if (count < 2) {
        return;
    }
    size_t half = count / 2, i = 0, j = half, k = 0;
    merge_sort(at, spare, half);
    merge_sort(at + half, spare, count - half);
    while (i < half || j < count) {
        bool left = j == count || (i < half && !before(&at[j], &at[i]));
        spare[k++] = left ? at[i++] : at[j++];
    }
    memcpy(at, spare, count * sizeof *at);
}

void sgr_diags_sort(struct sgr_diags *diags)
{
    struct sgr_diag *spare = sgr_calloc(diags->list.len, sizeof *spare);
    merge_sort(diags->list.at, spare, diags->list.len);
    free(spare);
}

/* ---- the text form ---- */

enum { LINE_SHOWN_MAX = 160 };

struct palette {
    const char *strong, *mark, *dim, *reset;
};

static struct palette colors(enum sgr_severity severity, bool color)
{
    static const char *const marks[] = {"\033[36m", "\033[36m", "\033[33m", "\033[31m"};
    return color ? (struct palette){"\033[1m", marks[severity], "\033[34m", "\033[0m"}
                 : (struct palette){"", "", "", ""};
}

static int digits_of(uint32_t number)
{
    int digits = 1;
    for (; number >= 10; number /= 10) {
        digits++;
    }
    return digits;
}

/* One character of a source line as it is shown; returns how many columns it takes. */
static size_t show_char(sgr_str line, size_t at, size_t length, struct sgr_buf *out)
{
    unsigned char c = (unsigned char)line.ptr[at];
    if (c == '\t') {
        sgr_buf_cstr(out, "    ");
        return 4;
    }
    if (c < 0x20 || c == 0x7f || length == 0) {
        sgr_buf_printf(out, "\\x%02x", c);
        return 4;
    }
    sgr_buf_bytes(out, line.ptr + at, length);
    return 1;
}

static void show_line(struct sgr_source *source, sgr_span span, const struct sgr_label *label,
                      int width, struct palette paint, char mark, struct sgr_buf *out)
{
    struct sgr_position from = sgr_source_position(source, span.lo);
    sgr_str line = sgr_source_line(source, from.line);
    size_t start = span.lo - (size_t)(line.ptr - source->text.ptr);
    size_t end = span.hi - (size_t)(line.ptr - source->text.ptr);
    start = start > line.len ? line.len : start;
    end = end > line.len ? line.len : end;
    size_t first = start > LINE_SHOWN_MAX / 2 ? start - LINE_SHOWN_MAX / 2 : 0;
    size_t last = line.len > first + LINE_SHOWN_MAX ? first + LINE_SHOWN_MAX : line.len;
    end = end > last ? last : end;
    while (first > 0 && ((unsigned char)line.ptr[first] & 0xc0) == 0x80) {
        first--;
    }
    sgr_buf_printf(out, "%s%*u |%s %s", paint.dim, width, from.line, paint.reset,
                   first > 0 ? "..." : "");
    size_t column = first > 0 ? 3 : 0, marks_from = column, marks_to = column;
    for (size_t i = first; i < last;) {
        size_t length = sgr_utf8_length(line, i);
        marks_from = i <= start ? column : marks_from;
        column += show_char(line, i, length, out);
        i += length ? length : 1;
        marks_to = i <= end ? column : marks_to;
    }
    marks_from = start >= last ? column : marks_from;
    marks_to = marks_to > marks_from ? marks_to : marks_from + 1;
    sgr_buf_printf(out, "%s\n%s%*s |%s ", last < line.len ? "..." : "", paint.dim, width, "",
                   paint.reset);
    sgr_buf_fill(out, ' ', marks_from);
    sgr_buf_cstr(out, paint.mark);
    sgr_buf_fill(out, mark, marks_to - marks_from);
    if (label->text.len > 0) {
        sgr_buf_printf(out, " %.*s", SGR_FMT(label->text));
    }
    sgr_buf_printf(out, "%s\n", paint.reset);
}

static void show_place(struct sgr_diags *diags, const struct sgr_label *label, int width,
                       bool first, struct palette paint, struct sgr_buf *out)
{
    struct sgr_source *source = sgr_sources_get(diags->sources, label->span.file);
    struct sgr_position at = sgr_source_position(source, label->span.lo);
    sgr_buf_printf(out, "%s%*s%s%s %.*s:%u:%u\n", paint.dim, width, "",
                   first ? "-->" : ":::", paint.reset, SGR_FMT(source->path), at.line, at.column);
    sgr_buf_printf(out, "%s%*s |%s\n", paint.dim, width, "", paint.reset);
    show_line(source, label->span, label, width, paint, first ? '^' : '~', out);
}

void sgr_diag_render_text(struct sgr_diags *diags, const struct sgr_diag *diag, bool color,
                          struct sgr_buf *out)
{
    static const char *const words[] = {"note", "info", "warning", "error"};
    struct palette paint = colors(diag->severity, color);
    int width = 1;
    sgr_buf_printf(out, "%s%s%s[%s]%s: %.*s%s\n", paint.strong, paint.mark, words[diag->severity],
                   sgr_codes[diag->code].code, paint.reset, SGR_FMT(diag->message), paint.reset);
    if (diag->primary.span.file != 0) {
        struct sgr_source *source = sgr_sources_get(diags->sources, diag->primary.span.file);
        width = digits_of(sgr_source_position(source, diag->primary.span.lo).line);
        for (int i = 0; i < 2 && diag->notes[i].span.file != 0; i++) {
            struct sgr_source *other = sgr_sources_get(diags->sources, diag->notes[i].span.file);
            int own = digits_of(sgr_source_position(other, diag->notes[i].span.lo).line);
            width = own > width ? own : width;
        }
        show_place(diags, &diag->primary, width, true, paint, out);
        for (int i = 0; i < 2 && diag->notes[i].span.file != 0; i++) {
            show_place(diags, &diag->notes[i], width, false, paint, out);
        }
    }
    if (diag->help.len > 0) {
        sgr_buf_printf(out, "%s%*s =%s help: %.*s\n", paint.dim, width, "", paint.reset,
                       SGR_FMT(diag->help));
    }
    sgr_buf_byte(out, '\n');
}
