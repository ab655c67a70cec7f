/* The modules of the standard library in outline: what is parsed of them when it is reached is what
 * the parser makes of the whole text. */
#include <criterion/criterion.h>

#include "lang/lang.h"
#include "stdlib/stdlib.h"

struct texts {
    struct sgr_arena *arena;
    struct sgr_sources sources;
    struct sgr_diags diags;
};

static void print_decl(const struct sgr_decl *decl, struct sgr_buf *out)
{
    sgr_buf_clear(out);
    sgr_buf_printf(out, "%d %u %.*s ", (int)decl->kind, decl->span.lo, SGR_FMT(decl->name.text));
    sgr_print_signature(decl, out);
    if (decl->value != NULL) {
        sgr_buf_printf(out, " %u-%u ", decl->value->span.lo, decl->value->span.hi);
        sgr_print_expr(decl->value, out);
    }
    if (decl->body != NULL) {
        sgr_buf_printf(out, " %zu statements", decl->body->count);
    }
}

static void compare(struct texts *texts, uint32_t file, const char *name)
{
    struct sgr_tree *tree = sgr_parse(&texts->sources, file, texts->arena, &texts->diags);
    struct sgr_tree *outline = sgr_outline(&texts->sources, file, texts->arena, &texts->diags);
    struct sgr_buf whole, single;
    sgr_buf_init(&whole, 1 << 20);
    sgr_buf_init(&single, 1 << 20);
    cr_assert_eq(tree->decl_count, outline->decl_count, "%s", name);
    for (size_t i = 0; i < tree->decl_count; i++) {
        struct sgr_decl *decl = outline->decls[i];
        sgr_str known = decl->name.text;
        if (decl->pending) {
            cr_expect(sgr_str_equal(known, tree->decls[i]->name.text), "%s", name);
            sgr_parse_pending(&texts->sources, decl, texts->arena, &texts->diags);
        }
        print_decl(tree->decls[i], &whole);
        print_decl(decl, &single);
        cr_expect_str_eq(whole.ptr, single.ptr, "%s", name);
    }
    cr_expect_eq(texts->diags.list.len, 0, "%s", name);
    sgr_buf_release(&whole);
    sgr_buf_release(&single);
}

Test(std, outlines_are_what_the_parser_finds)
{
    struct texts texts = {.arena = sgr_arena_new()};
    size_t count = 0;
    sgr_sources_init(&texts.sources, texts.arena);
    sgr_diags_init(&texts.diags, &texts.sources, texts.arena);
    for (const struct sgr_embedded *m = sgr_stdlib_modules; m->name != NULL; m++, count++) {
        sgr_str name = sgr_str_from(m->name), text = {m->text, m->size};
        compare(&texts, sgr_sources_add(&texts.sources, name, text, true), m->name);
    }
    cr_assert_gt(count, 20);
    sgr_diags_release(&texts.diags);
    sgr_sources_release(&texts.sources);
    sgr_arena_free(texts.arena);
}
