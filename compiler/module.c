/* Modules: finding, reading and parsing a file and what it imports. std/ is built in; other paths
 * are relative to the file that imports them. */
#include "compiler/check.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "stdlib/stdlib.h"

enum { IMPORT_DEPTH_MAX = 100 };

static bool read_from_disk(void *self, struct sgr_arena *arena, sgr_str path, sgr_str *text,
                           struct sgr_error *error)
{
    (void)self;
    char *name = sgr_arena_cstr(arena, path);
    int fd = open(name, O_RDONLY | O_CLOEXEC);
    struct sgr_buf buf;
    char chunk[65536];
    ssize_t n = -1;
    sgr_buf_init(&buf, (size_t)SGR_SOURCE_MAX + 1);
    while (fd >= 0 && ((n = read(fd, chunk, sizeof chunk)) > 0 || (n < 0 && errno == EINTR))) {
        sgr_buf_bytes(&buf, chunk, n > 0 ? (size_t)n : 0);
    }
    bool ok = n == 0 || sgr_error_set(error, "%s", strerror(errno));
    if (ok && buf.full) {
        ok = sgr_error_set(error, "larger than %d MiB", SGR_SOURCE_MAX >> 20);
    }
    if (fd >= 0) {
        close(fd);
    }
    if (ok) {
        *text = sgr_arena_str(arena, sgr_buf_str(&buf));
    }
    sgr_buf_release(&buf);
    return ok;
}

bool sgr_outlines_std(const struct sgr_compilation *c)
{
    return c->options.check_only || c->options.entries != NULL;
}

static sgr_str folder_of(sgr_str path)
{
    while (path.len > 0 && path.ptr[path.len - 1] != '/') {
        path.len--;
    }
    return path;
}

static bool is_std_path(sgr_str path)
{
    return sgr_str_starts_with(path, SGR_STR("std/"));
}

static bool find_text(struct sgr_compilation *c, sgr_str path, sgr_str *text, sgr_span from)
{
    struct sgr_error error = {0};
    if (is_std_path(path)) {
        const struct sgr_embedded *module =
            sgr_stdlib_module((sgr_str){path.ptr + 4, path.len - 4});
        if (module == NULL) {
            sgr_diag(&c->diags, SGR_E0205, from, "the standard library has no module `%.*s`",
                     SGR_FMT(path));
            return false;
        }
        *text = (sgr_str){module->text, module->size};
        return true;
    }
    sgr_read_fn read = c->options.read ? c->options.read : read_from_disk;
    if (!read(c->options.read_self, c->arena, path, text, &error)) {
        sgr_diag(&c->diags, SGR_E0205, from, "cannot read %.*s: %s", SGR_FMT(path), error.text);
        sgr_error_release(&error);
        return false;
    }
    return true;
}

/* Marks a module that is being loaded, to find cycles. */
static struct sgr_module loading;

static struct sgr_module *load_path(struct sgr_compilation *c, sgr_str path, sgr_span from,
                                    int depth);

static void load_imports(struct sgr_compilation *c, struct sgr_module *module, int depth)
{
    struct sgr_tree *tree = module->tree;
    bool is_prelude = sgr_str_is(module->path, "std/prelude");
    /* Only bodies need them, and those of the standard library are not checked again. */
    bool needless = c->options.check_only && module->is_std && !is_prelude;
    module->imports = SGR_NEW_ARRAY(c->arena, struct sgr_module *, tree->decl_count);
    for (size_t i = 0; i < tree->decl_count; i++) {
        struct sgr_decl *decl = tree->decls[i];
        sgr_str path;
        if (decl->kind != SGR_DECL_IMPORT) {
            continue;
        }
        if (needless) {
            module->imports[module->import_count++] = NULL;
            continue;
        }
        if (!sgr_literal_text(decl->title, &path)) {
            sgr_diag(&c->diags, SGR_E0205, decl->title->span,
                     "the path of an import is a plain string");
            module->imports[module->import_count++] = NULL;
            continue;
        }
        if (!is_std_path(path) && (path.len == 0 || path.ptr[0] != '/')) {
            sgr_str folder = folder_of(module->path);
            if (sgr_str_starts_with(path, SGR_STR("./"))) {
                path = (sgr_str){path.ptr + 2, path.len - 2};
            }
            path = sgr_arena_printf(c->arena, "%.*s%.*s", SGR_FMT(folder), SGR_FMT(path));
        }
        module->imports[module->import_count++] = load_path(c, path, decl->title->span, depth + 1);
    }
}

static struct sgr_module *load_text(struct sgr_compilation *c, sgr_str path, sgr_str text,
                                    bool is_main, int depth)
{
    struct sgr_module *module = SGR_NEW(c->arena, struct sgr_module);
    path = sgr_arena_str(c->arena, path);
    sgr_map_set(&c->by_path, path, &loading);
    module->path = path;
    module->is_std = is_std_path(path);
    module->is_main = is_main;
    uint32_t file = sgr_sources_add(&c->sources, path, text, true);
    module->tree = module->is_std && !is_main && sgr_outlines_std(c)
                       ? sgr_outline(&c->sources, file, c->arena, &c->diags)
                       : sgr_parse(&c->sources, file, c->arena, &c->diags);
    load_imports(c, module, depth);
    sgr_map_set(&c->by_path, path, module);
    sgr_vec_push(&c->modules, module);
    return module;
}

static struct sgr_module *load_path(struct sgr_compilation *c, sgr_str path, sgr_span from,
                                    int depth)
{
    struct sgr_module *known = sgr_map_get(&c->by_path, path);
    if (known == &loading || depth > IMPORT_DEPTH_MAX) {
        struct sgr_diag *diag = sgr_diag(&c->diags, SGR_E0204, from,
                                         "%.*s imports itself through other files", SGR_FMT(path));
        sgr_diag_help(&c->diags, diag, "move what both need into a file of its own");
        return NULL;
    }
    sgr_str text;
    if (known != NULL || !find_text(c, path, &text, from)) {
        return known;
    }
    return load_text(c, path, text, false, depth);
}

struct sgr_module *sgr_module_load(struct sgr_compilation *c, sgr_str path, sgr_str text,
                                   bool is_main, sgr_span from)
{
    if (sgr_str_is(path, "-")) {
        return load_text(c, SGR_STR("<stdin>"), text, is_main, 0);
    }
    struct sgr_module *known = sgr_map_get(&c->by_path, path);
    if (known != NULL || (text.ptr == NULL && !find_text(c, path, &text, from))) {
        return known;
    }
    return load_text(c, path, text, is_main, 0);
}

struct sgr_module *sgr_module_find(struct sgr_compilation *c, const char *path)
{
    return sgr_map_get(&c->by_path, sgr_str_from(path));
}
