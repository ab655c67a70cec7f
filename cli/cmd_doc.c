/* sgrc doc: the reference of scripts and of the standard library, from doc comments, signatures and
 * tables, as Markdown. Compiles nothing: a script needs only to parse. */
#include "cli/cli.h"

#include <stdlib.h>
#include <unistd.h>

#include "cli/doc.h"
#include "stdlib/stdlib.h"

enum { OUT_MAX = 64 << 20 };

/* ---- one text ---- */

/* The ## lines that a text begins with, where a blank line follows: they tell of the whole file. */
static void add_head(sgr_str text, struct sgr_buf *out)
{
    struct sgr_buf lines;
    sgr_buf_init(&lines, OUT_MAX);
    while (sgr_str_starts_with(text, SGR_STR("##"))) {
        const char *end = memchr(text.ptr, '\n', text.len);
        size_t length = end != NULL ? (size_t)(end - text.ptr) : text.len;
        size_t skip = length > 2 && text.ptr[2] == ' ' ? 3 : 2;
        sgr_buf_bytes(&lines, text.ptr + skip, length - skip);
        sgr_buf_byte(&lines, '\n');
        length += end != NULL;
        text = (sgr_str){text.ptr + length, text.len - length};
    }
    if (text.len > 0 && text.ptr[0] == '\n' && lines.len > 0) {
        sgr_buf_printf(out, "\n%s", lines.ptr);
    }
    sgr_buf_release(&lines);
}

static bool is_shown(const struct sgr_decl *decl, bool only_told)
{
    bool inside = decl->kind == SGR_DECL_FOR || decl->kind == SGR_DECL_IF ||
                  decl->kind == SGR_DECL_IMPORT || decl->kind == SGR_DECL_ERROR;
    return !inside && (!only_told || decl->doc.len > 0);
}

static void add_decls(struct sgr_decl *const *decls, size_t count, bool only_told,
                      struct sgr_buf *out)
{
    for (size_t i = 0; i < count; i++) {
        if (is_shown(decls[i], only_told)) {
            sgr_buf_cstr(out, "\n```sgr\n");
            sgr_print_signature(decls[i], out);
            sgr_buf_cstr(out, "\n```\n");
            if (decls[i]->doc.len > 0) {
                sgr_buf_printf(out, "\n%.*s\n", SGR_FMT(decls[i]->doc));
            }
        }
        add_decls(decls[i]->decls, decls[i]->decl_count, only_told, out);
        add_decls(decls[i]->otherwise, decls[i]->otherwise_count, only_told, out);
    }
}

/* False after the errors of the text were printed. */
static bool add_text(const struct sgr_cli *cli, sgr_str path, sgr_str text, const char *mark,
                     bool only_told, struct sgr_buf *out)
{
    struct sgr_arena *arena = sgr_arena_new();
    struct sgr_sources sources;
    struct sgr_diags diags;
    sgr_sources_init(&sources, arena);
    sgr_diags_init(&diags, &sources, arena);
    uint32_t file = sgr_sources_add(&sources, path, text, true);
    struct sgr_tree *tree = sgr_parse(&sources, file, arena, &diags);
    bool ok = diags.errors == 0;
    if (ok) {
        sgr_buf_printf(out, "%s %.*s\n", mark, SGR_FMT(path));
        add_head(text, out);
        add_decls(tree->decls, tree->decl_count, only_told, out);
    } else {
        sgr_print_diags(cli, &diags);
    }
    sgr_diags_release(&diags);
    sgr_sources_release(&sources);
    sgr_arena_free(arena);
    return ok;
}

/* ---- files and modules ---- */

static bool add_module(const struct sgr_cli *cli, const struct sgr_embedded *module,
                       const char *mark, struct sgr_buf *out)
{
    sgr_str name = {module->name, strlen(module->name) - strlen(".sgr")};
    struct sgr_buf path;
    sgr_buf_init(&path, 4096);
    sgr_buf_printf(&path, "std/%.*s", SGR_FMT(name));
    bool ok =
        add_text(cli, sgr_buf_str(&path), (sgr_str){module->text, module->size}, mark, true, out);
    sgr_buf_release(&path);
    return ok;
}

static bool add_file(const struct sgr_cli *cli, const char *path, struct sgr_buf *out)
{
    sgr_str name = sgr_str_from(path), std = SGR_STR("std/"), text = {0};
    struct sgr_error error = {0};
    if (sgr_str_starts_with(name, std) && access(path, F_OK) != 0) {
        const struct sgr_embedded *module =
            sgr_stdlib_module((sgr_str){name.ptr + std.len, name.len - std.len});
        if (module == NULL) {
            sgr_complain(1, "there is no module `%s`; `sgrc doc --std` has all", path);
        }
        return module != NULL && add_module(cli, module, "#", out);
    }
    if (!sgr_read_file(path, &text, &error)) {
        sgr_complain(1, "%s", error.text);
        sgr_error_release(&error);
        return false;
    }
    bool ok = add_text(cli, name, text, "#", false, out);
    free((void *)(uintptr_t)text.ptr);
    return ok;
}

static bool add_std(const struct sgr_cli *cli, struct sgr_buf *out)
{
    bool ok = true;
    sgr_buf_cstr(out, "# The language and its standard library\n\nWritten by `sgrc doc --std`. "
                      "[language.md](language.md) tells what it all means.\n");
    sgr_doc_tables(out);
    sgr_buf_cstr(out, "\n## Modules\n\nWhat `import \"std/NAME\"` gives, as far as it is meant for "
                      "scripts.\n");
    for (const struct sgr_embedded *m = sgr_stdlib_modules; ok && m->name != NULL; m++) {
        sgr_buf_byte(out, '\n');
        ok = add_module(cli, m, "###", out);
    }
    return ok;
}

int sgr_cmd_doc(const struct sgr_cli *cli)
{
    struct sgr_error error = {0};
    struct sgr_buf out;
    bool std = sgr_cli_has(cli, SGR_OPT_std);
    if ((cli->files.len == 0) != std) {
        return sgr_complain(1, "doc takes scripts, modules as in std/audits, or --std");
    }
    sgr_buf_init(&out, OUT_MAX);
    bool ok = !std || add_std(cli, &out);
    for (size_t i = 0; ok && i < cli->files.len; i++) {
        sgr_buf_cstr(&out, i > 0 ? "\n" : "");
        ok = add_file(cli, cli->files.at[i], &out);
    }
    if (ok && !sgr_write_all(STDOUT_FILENO, sgr_buf_str(&out), &error)) {
        ok = sgr_complain(0, "%s", error.text);
        sgr_error_release(&error);
    }
    sgr_buf_release(&out);
    return ok ? 0 : 1;
}
