/* A script in its canonical layout. Must never change what it means. */
#include "cli/formatted.h"

void sgr_format(struct sgr_formatted *f, const char *path, sgr_str text)
{
    f->arena = sgr_arena_new();
    sgr_sources_init(&f->sources, f->arena);
    sgr_diags_init(&f->diags, &f->sources, f->arena);
    sgr_buf_init(&f->text, (size_t)SGR_SOURCE_MAX * 4);
    uint32_t file = sgr_sources_add(&f->sources, sgr_str_from(path), text, true);
    struct sgr_tree *tree = sgr_parse(&f->sources, file, f->arena, &f->diags);
    f->ok = f->diags.errors == 0;
    if (f->ok) {
        sgr_print(tree, &f->sources, &f->text);
    }
}

void sgr_formatted_release(struct sgr_formatted *f)
{
    sgr_buf_release(&f->text);
    sgr_diags_release(&f->diags);
    sgr_sources_release(&f->sources);
    sgr_arena_free(f->arena);
}
