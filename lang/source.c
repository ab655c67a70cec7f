/* Texts and places. Line starts are found on first use. Must never change a text. */
#include "lang/source.h"

void sgr_sources_init(struct sgr_sources *sources, struct sgr_arena *arena)
{
    *sources = (struct sgr_sources){.arena = arena};
}

void sgr_sources_release(struct sgr_sources *sources)
{
    for (size_t i = 0; i < sources->files.len; i++) {
        free(sources->files.at[i].lines);
    }
    sgr_vec_release(&sources->files);
}

uint32_t sgr_sources_add(struct sgr_sources *sources, sgr_str path, sgr_str text, bool borrow)
{
    struct sgr_source source = {.path = path, .text = text};
    if (!borrow) {
        source.path = sgr_arena_str(sources->arena, path);
        source.text = sgr_arena_str(sources->arena, text);
    }
    sgr_vec_push(&sources->files, source);
    return (uint32_t)sources->files.len;
}

struct sgr_source *sgr_sources_get(struct sgr_sources *sources, uint32_t file)
{
    if (file == 0 || file > sources->files.len) {
        SGR_BUG("no source file %u", file);
    }
    return &sources->files.at[file - 1];
}

sgr_str sgr_sources_text(struct sgr_sources *sources, sgr_span span)
{
    struct sgr_source *source = sgr_sources_get(sources, span.file);
    return (sgr_str){source->text.ptr + span.lo, span.hi - span.lo};
}

static void find_lines(struct sgr_source *source)
{
    SGR_VEC(uint32_t) lines = {0};
    sgr_vec_push(&lines, 0);
    for (size_t at = 0; at < source->text.len;) {
        const char *end = memchr(source->text.ptr + at, '\n', source->text.len - at);
        if (end == NULL) {
            break;
        }
        at = (size_t)(end - source->text.ptr) + 1;
        sgr_vec_push(&lines, (uint32_t)at);
    }
    source->lines = lines.at;
    source->line_count = lines.len;
}

static size_t line_of(struct sgr_source *source, uint32_t offset)
{
    if (source->lines == NULL) {
        find_lines(source);
    }
    size_t low = 0, high = source->line_count;
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (source->lines[middle] <= offset) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

struct sgr_position sgr_source_position(struct sgr_source *source, uint32_t offset)
{
    size_t line = line_of(source, offset);
    uint32_t column = 1;
    for (size_t at = source->lines[line]; at < offset && at < source->text.len; at++) {
        column += ((unsigned char)source->text.ptr[at] & 0xc0) != 0x80;
    }
    column -= column > 1 && offset < source->text.len &&
              ((unsigned char)source->text.ptr[offset] & 0xc0) == 0x80;
    return (struct sgr_position){(uint32_t)line + 1, column};
}

sgr_str sgr_source_line(struct sgr_source *source, uint32_t line)
{
    if (source->lines == NULL) {
        find_lines(source);
    }
    if (line == 0 || line > source->line_count) {
        return (sgr_str){0};
    }
    size_t from = source->lines[line - 1];
    size_t to = line < source->line_count ? source->lines[line] : source->text.len;
    while (to > from && (source->text.ptr[to - 1] == '\n' || source->text.ptr[to - 1] == '\r')) {
        to--;
    }
    return (sgr_str){source->text.ptr + from, to - from};
}
