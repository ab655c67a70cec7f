/* Any text as a script, checked and linted: never a crash, whatever is wrong with it. */
#include <stdlib.h>

#include "compiler/lint/lint.h"
#include "fuzz.h"

enum { KEPT_BYTES_MAX = 32 << 20 };

static bool no_files(void *self, struct sgr_arena *arena, sgr_str path, sgr_str *text,
                     struct sgr_error *error)
{
    (void)self;
    (void)arena;
    (void)text;
    return sgr_error_set(error, "there is no file %.*s", SGR_FMT(path));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct sgr_compilation *compilation; /* what is built in is read once */
    static const struct sgr_compile_options options = {.read = no_files, .check_only = true};
    struct sgr_lint_settings settings;
    struct sgr_buf out;
    if (compilation != NULL && sgr_compilation_size(compilation) > KEPT_BYTES_MAX) {
        sgr_compilation_free(compilation);
        compilation = NULL;
    }
    if (compilation == NULL) {
        compilation = sgr_compilation_new(&options);
    }
    char *text = fuzz_copy((sgr_str){(const char *)data, size});
    sgr_lint_defaults(&settings);
    settings.today = 20270101;
    (void)sgr_compile(compilation, SGR_STR("-"), (sgr_str){text, size});
    sgr_lint(compilation, &settings);
    struct sgr_diags *diags = sgr_compilation_diags(compilation);
    sgr_buf_init(&out, 16 << 20);
    for (size_t i = 0; i < diags->list.len; i++) {
        sgr_diag_render_text(diags, &diags->list.at[i], true, &out);
    }
    sgr_buf_release(&out);
    free(text);
    return 0;
}
