/* The outline of a text: which declarations it has and where they stand, without a look into them;
 * each is parsed when it is wanted. For the modules of the standard library, of which a script
 * needs little: their declarations begin in column 0, nothing else does but comments and closers,
 * and they are imports, which come first, functions, lets and routines. Must never be given another
 * text. */
#include "lang/build.h"

static const struct {
    sgr_str word;
    enum sgr_decl_kind kind;
} words[] = {
    {{"fn ", 3}, SGR_DECL_FN},
    {{"let ", 4}, SGR_DECL_LET},
    {{"routine ", 8}, SGR_DECL_ROUTINE},
    {{"import ", 7}, SGR_DECL_IMPORT},
};

/* The place behind the end of the line. */
static uint32_t next_line(sgr_str text, uint32_t at)
{
    const char *end = memchr(text.ptr + at, '\n', text.len - at);
    return end == NULL ? (uint32_t)text.len : (uint32_t)(end - text.ptr) + 1;
}

static bool begins(sgr_str text, uint32_t at)
{
    return at < text.len && text.ptr[at] >= 'a' && text.ptr[at] <= 'z';
}

static uint32_t end_of(sgr_str text, uint32_t at)
{
    do {
        at = next_line(text, at);
    } while (at < text.len && !begins(text, at));
    return at;
}

static bool is_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

static struct sgr_decl *outline_one(struct sgr_arena *arena, sgr_str text, sgr_span span)
{
    sgr_str rest = {text.ptr + span.lo, span.hi - span.lo};
    size_t row = 0, end;
    while (row < sizeof words / sizeof *words && !sgr_str_starts_with(rest, words[row].word)) {
        row++;
    }
    if (row == sizeof words / sizeof *words) {
        SGR_BUG("no declaration of the standard library: %.*s", SGR_FMT(rest));
    }
    size_t begin = words[row].word.len;
    for (end = begin; end < rest.len && is_name(rest.ptr[end]); end++) {
    }
    struct sgr_decl *decl = SGR_NEW(arena, struct sgr_decl);
    decl->kind = words[row].kind;
    decl->span = span;
    decl->name.text = (sgr_str){rest.ptr + begin, end - begin};
    decl->name.span = (sgr_span){span.file, span.lo + (uint32_t)begin, span.lo + (uint32_t)end};
    decl->pending = true;
    return decl;
}

struct sgr_tree *sgr_outline(struct sgr_sources *sources, uint32_t file, struct sgr_arena *arena,
                             struct sgr_diags *diags)
{
    struct sgr_tree *tree = SGR_NEW(arena, struct sgr_tree);
    sgr_str text = sgr_sources_get(sources, file)->text;
    SGR_VEC(struct sgr_decl *) decls = {0};
    for (uint32_t at = begins(text, 0) ? 0 : end_of(text, 0), end; at < text.len; at = end) {
        end = end_of(text, at);
        struct sgr_decl *decl = outline_one(arena, text, (sgr_span){file, at, end});
        if (decl->kind == SGR_DECL_IMPORT) {
            sgr_parse_pending(sources, decl, arena, diags);
        }
        sgr_vec_push(&decls, decl);
    }
    *tree = (struct sgr_tree){.file = file, .arena = arena, .decl_count = decls.len};
    tree->decls = SGR_NEW_ARRAY(arena, struct sgr_decl *, decls.len);
    if (decls.len > 0) {
        memcpy(tree->decls, decls.at, decls.len * sizeof *decls.at);
    }
    sgr_vec_release(&decls);
    return tree;
}
