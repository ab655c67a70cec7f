/* Parses scripts and tells of them in words that tests can compare. */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>

void parse_bytes(struct parsed *parsed, const char *path, sgr_str text)
{
    parsed->arena = sgr_arena_new();
    sgr_sources_init(&parsed->sources, parsed->arena);
    sgr_diags_init(&parsed->diags, &parsed->sources, parsed->arena);
    sgr_buf_init(&parsed->text, 256 << 20);
    uint32_t file = sgr_sources_add(&parsed->sources, sgr_str_from(path), text, true);
    parsed->tree = sgr_parse(&parsed->sources, file, parsed->arena, &parsed->diags);
}

void parse_text(struct parsed *parsed, const char *text)
{
    parse_bytes(parsed, "t.sgr", sgr_str_from(text));
}

void parsed_release(struct parsed *parsed)
{
    sgr_buf_release(&parsed->text);
    sgr_diags_release(&parsed->diags);
    sgr_sources_release(&parsed->sources);
    sgr_arena_free(parsed->arena);
}

const char *problems(struct parsed *parsed)
{
    sgr_buf_clear(&parsed->text);
    sgr_diags_sort(&parsed->diags);
    for (size_t i = 0; i < parsed->diags.list.len; i++) {
        const struct sgr_diag *diag = &parsed->diags.list.at[i];
        struct sgr_position at =
            sgr_source_position(sgr_sources_get(&parsed->sources, 1), diag->primary.span.lo);
        sgr_buf_printf(&parsed->text, "%s %u:%u %.*s\n", sgr_codes[diag->code].code, at.line,
                       at.column, SGR_FMT(diag->message));
    }
    return parsed->text.ptr;
}

const char *rendered(struct parsed *parsed)
{
    sgr_buf_clear(&parsed->text);
    for (size_t i = 0; i < parsed->diags.list.len; i++) {
        sgr_diag_render_text(&parsed->diags, &parsed->diags.list.at[i], false, &parsed->text);
    }
    return parsed->text.ptr;
}

const char *formatted(struct parsed *parsed)
{
    sgr_buf_clear(&parsed->text);
    sgr_print(parsed->tree, &parsed->sources, &parsed->text);
    return parsed->text.ptr;
}

char *read_text(const char *path, size_t *size)
{
    char full[1024];
    snprintf(full, sizeof full, "%s/%s", SGR_SOURCE_DIR, path);
    FILE *file = fopen(path[0] == '/' ? path : full, "rb");
    if (file == NULL) {
        fprintf(stderr, "cannot open %s\n", path);
        abort();
    }
    char *text = calloc(1, 1 << 20);
    *size = fread(text, 1, (1 << 20) - 1, file);
    fclose(file);
    return text;
}
