/* Source texts and places in them. A span is three numbers; line and column are computed only when
 * a diagnostic is printed. */
#ifndef SGR_LANG_SOURCE_H
#define SGR_LANG_SOURCE_H

#include <stdint.h>

#include "base/base.h"

/* Half-open range of bytes [lo, hi) in file number `file` of one sgr_sources. file 0 is "no place".
 */
typedef struct sgr_span {
    uint32_t file;
    uint32_t lo;
    uint32_t hi;
} sgr_span;

/* From where `a` begins to where `b` ends. */
static inline sgr_span sgr_span_join(sgr_span a, sgr_span b)
{
    return (sgr_span){a.file, a.lo, b.hi};
}

struct sgr_source {
    sgr_str path; /* as the user wrote it, or "std/NAME" for what is built in */
    sgr_str text;
    uint32_t *lines; /* byte offset of each line's start; computed on first use */
    size_t line_count;
};

/* All texts of one compilation, numbered from 1. */
struct sgr_sources {
    struct sgr_arena *arena; /* borrowed: owns paths and texts */
    SGR_VEC(struct sgr_source) files;
    uint8_t
        *words; /* the parser's: those of the grammar by hash, see literal.c; NULL: none parsed */
};

enum { SGR_SOURCE_MAX = 64 << 20 /* bytes in one file */ };

void sgr_sources_init(struct sgr_sources *sources, struct sgr_arena *arena);
void sgr_sources_release(struct sgr_sources *sources);
/* Adds a text (path and text are copied unless `borrow`); returns its number. */
uint32_t sgr_sources_add(struct sgr_sources *sources, sgr_str path, sgr_str text, bool borrow);
struct sgr_source *sgr_sources_get(struct sgr_sources *sources, uint32_t file);
sgr_str sgr_sources_text(struct sgr_sources *sources, sgr_span span);

struct sgr_position {
    uint32_t line;   /* from 1 */
    uint32_t column; /* from 1, in characters (UTF-8 sequences) */
};
struct sgr_position sgr_source_position(struct sgr_source *source, uint32_t offset);
/* The text of a line (from 1) without its end. */
sgr_str sgr_source_line(struct sgr_source *source, uint32_t line);

#endif
