/* Open texts and places in them. A place of the protocol counts lines from 0 and columns in UTF-16
 * units or bytes; ours are bytes. Must never answer with a place outside the text. */
#include "cli/cli.h"
#include "cli/lsp/lsp.h"

#include <stdlib.h>

/* ---- texts ---- */

static int hex(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* The path of a file: address; what is none is a name of its own. */
static char *path_of(sgr_str uri)
{
    sgr_str scheme = SGR_STR("file://");
    char *path = sgr_calloc(uri.len + 1, 1);
    size_t length = 0;
    for (size_t i = sgr_str_starts_with(uri, scheme) ? scheme.len : 0; i < uri.len; i++) {
        bool coded = uri.ptr[i] == '%' && i + 2 < uri.len && hex(uri.ptr[i + 1]) >= 0 &&
                     hex(uri.ptr[i + 2]) >= 0;
        path[length++] =
            coded ? (char)(hex(uri.ptr[i + 1]) * 16 + hex(uri.ptr[i + 2])) : uri.ptr[i];
        i += coded ? 2 : 0;
    }
    return path;
}

static char *copy_of(sgr_str text)
{
    return memcpy(sgr_calloc(text.len + 1, 1), text.ptr != NULL ? text.ptr : "", text.len);
}

struct sgr_lsp_text *sgr_lsp_find(struct sgr_lsp *lsp, sgr_str uri)
{
    for (size_t i = 0; i < lsp->texts.len; i++) {
        if (sgr_str_is(uri, lsp->texts.at[i].uri)) {
            return &lsp->texts.at[i];
        }
    }
    return NULL;
}

void sgr_lsp_open(struct sgr_lsp *lsp, sgr_str uri, sgr_str text)
{
    struct sgr_lsp_text *open = sgr_lsp_find(lsp, uri);
    if (open == NULL) {
        struct sgr_lsp_text fresh = {.uri = copy_of(uri), .path = path_of(uri)};
        sgr_vec_push(&lsp->texts, fresh);
        open = &lsp->texts.at[lsp->texts.len - 1];
    }
    sgr_text_check_forget(&lsp->check); /* it borrows the text */
    free(open->text);
    open->text = copy_of(text);
    open->len = text.len;
    open->changed = true;
}

void sgr_lsp_close(struct sgr_lsp *lsp, sgr_str uri)
{
    struct sgr_lsp_text *open = sgr_lsp_find(lsp, uri);
    if (open != NULL) {
        sgr_text_check_forget(&lsp->check);
        free(open->uri);
        free(open->path);
        free(open->text);
        *open = lsp->texts.at[--lsp->texts.len];
    }
}

bool sgr_lsp_read(void *self, struct sgr_arena *arena, sgr_str path, sgr_str *text,
                  struct sgr_error *error)
{
    struct sgr_lsp *lsp = self;
    for (size_t i = 0; i < lsp->texts.len; i++) {
        if (sgr_str_is(path, lsp->texts.at[i].path)) {
            *text = sgr_arena_str(arena, (sgr_str){lsp->texts.at[i].text, lsp->texts.at[i].len});
            return true;
        }
    }
    sgr_str bytes;
    if (!sgr_read_file(path.ptr, &bytes, error)) {
        return false;
    }
    *text = sgr_arena_str(arena, bytes);
    free((void *)(uintptr_t)bytes.ptr);
    return true;
}

/* ---- places ---- */

/* Bytes of the character that begins here, at least one. */
static size_t step_of(sgr_str text, size_t at)
{
    unsigned char c = (unsigned char)text.ptr[at];
    size_t size = c < 0xC0 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
    return size < text.len - at ? size : text.len - at;
}

/* Columns that the character takes. */
static size_t width_of(const struct sgr_lsp *lsp, size_t size)
{
    return lsp->utf8 ? size : size == 4 ? 2 : 1;
}

size_t sgr_lsp_offset(const struct sgr_lsp *lsp, sgr_str text, sgr_value position)
{
    int64_t line = sgr_path_int(position, "line", 0),
            column = sgr_path_int(position, "character", 0);
    size_t at = 0;
    for (; line > 0 && at < text.len; line--) {
        const char *end = memchr(text.ptr + at, '\n', text.len - at);
        at = end != NULL ? (size_t)(end - text.ptr) + 1 : text.len;
    }
    while (column > 0 && at < text.len && text.ptr[at] != '\n') {
        size_t size = step_of(text, at);
        column -= (int64_t)width_of(lsp, size);
        at += size;
    }
    return at;
}

static void print_position(const struct sgr_lsp *lsp, sgr_str text, size_t offset,
                           struct sgr_buf *out)
{
    size_t line = 0, begin = 0, column = 0;
    offset = offset < text.len ? offset : text.len;
    for (size_t i = 0; i < offset; i++) {
        if (text.ptr[i] == '\n') {
            line++;
            begin = i + 1;
        }
    }
    for (size_t at = begin; at < offset;) {
        size_t size = step_of(text, at);
        column += width_of(lsp, size);
        at += size;
    }
    sgr_buf_printf(out, "{\"line\":%zu,\"character\":%zu}", line, column);
}

void sgr_lsp_range(const struct sgr_lsp *lsp, sgr_str text, size_t lo, size_t hi,
                   struct sgr_buf *out)
{
    sgr_buf_cstr(out, "{\"start\":");
    print_position(lsp, text, lo, out);
    sgr_buf_cstr(out, ",\"end\":");
    print_position(lsp, text, hi, out);
    sgr_buf_byte(out, '}');
}
