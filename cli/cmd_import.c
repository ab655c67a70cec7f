/* sgrc import: scripts from Deployments, Rollouts of Argo Rollouts and Canaries of Flagger. What a
 * script becomes is said by std/sources; here files are read and written. Must never overwrite a
 * script that somebody has gone on writing. */
#include "cli/cli.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/accepted.h"
#include "cli/formatted.h"
#include "k8s/codec.h"

#define MAKER "std/sources/script:scripts_of"

enum { HEAP_MAX = 512 << 20, OUTPUT_MAX = 256 << 20 };

/* ---- making ---- */

static bool read_all(const struct sgr_cli *cli, struct sgr_heap *heap, sgr_value *objects)
{
    *objects = sgr_absent();
    for (size_t i = 0; i < cli->files.len; i++) {
        if (!sgr_read_objects(cli->files.at[i], heap, objects)) {
            return false;
        }
    }
    for (size_t i = 0; i < sgr_count_of(*objects); i++) {
        if (!sgr_is_object(sgr_item(*objects, i))) {
            sgr_complain(1, "document %zu has no apiVersion, kind or name", i + 1);
            return false;
        }
    }
    return true;
}

static bool make_scripts(const struct sgr_cli *cli, struct sgr_script *maker,
                         struct sgr_machine **machine, sgr_value *scripts)
{
    static const char *const modules[] = {"std/sources/script", NULL}, *const entries[] = {MAKER,
                                                                                           NULL};
    struct sgr_compile_options options = {.modules = modules, .entries = entries};
    bool folder = sgr_cli_has(cli, SGR_OPT_output_file);
    *maker = (struct sgr_script){.path = "import"};
    maker->compilation = sgr_compilation_new(&options);
    if (!sgr_compile(maker->compilation, SGR_STR("-"), SGR_STR("\n"))) {
        sgr_print_diags(cli, sgr_compilation_diags(maker->compilation));
        return false;
    }
    maker->program = sgr_compilation_program(maker->compilation);
    *machine = sgr_machine_new(maker->program, NULL);
    struct sgr_heap *heap = sgr_machine_heap(*machine);
    sgr_value arguments[2];
    arguments[1] = sgr_string(heap, sgr_str_from(folder ? "" : cli->files.at[0]));
    struct sgr_failure failure = {0};
    bool ok = read_all(cli, heap, &arguments[0]);
    if (ok) {
        ok = sgr_machine_call(*machine, sgr_program_entry(maker->program, SGR_STR(MAKER)),
                              arguments, 2, scripts, &failure);
        if (!ok) {
            sgr_complain(1, "what was read is not as the API of its kind has it: %s", failure.text);
        }
    }
    sgr_failure_release(&failure);
    return ok;
}

/* ---- writing ---- */

static void path_of(const char *folder, sgr_str name, const char *ending, struct sgr_buf *out)
{
    sgr_buf_clear(out);
    sgr_buf_printf(out, "%s%s%.*s%s", folder, folder[strlen(folder) - 1] == '/' ? "" : "/",
                   SGR_FMT(name), ending);
}

static bool write_new(const struct sgr_buf *path, sgr_str bytes, struct sgr_error *error)
{
    return access(path->ptr, F_OK) == 0
               ? sgr_error_set(error, "%s is there already; remove it, or name another folder",
                               path->ptr)
               : sgr_write_file(path->ptr, bytes, error);
}

/* The objects beside the script, which names them. */
static bool write_both(const char *folder, sgr_value script, sgr_str text, struct sgr_error *error)
{
    sgr_str name = sgr_path_str(script, "name");
    sgr_value objects = sgr_field(script, SGR_STR("objects"));
    struct sgr_buf path, yaml;
    sgr_buf_init(&path, 1 << 16);
    sgr_buf_init(&yaml, OUTPUT_MAX);
    bool ok = true;
    for (size_t i = 0; ok && i < sgr_count_of(objects); i++) {
        ok = sgr_yaml_write(sgr_item(objects, i), &yaml) ||
             sgr_error_set(error, "object %zu of %.*s cannot be written as YAML", i + 1,
                           SGR_FMT(name));
    }
    ok = ok && (sgr_is_name(name) ||
                sgr_error_set(error, "`%.*s` is no name that Kubernetes takes", SGR_FMT(name)));
    path_of(folder, name, ".yaml", &path);
    ok = ok && (yaml.len == 0 || write_new(&path, sgr_buf_str(&yaml), error));
    path_of(folder, name, ".sgr", &path);
    ok = ok && write_new(&path, text, error);
    if (ok) {
        printf("%s\n", path.ptr);
    }
    sgr_buf_release(&path);
    sgr_buf_release(&yaml);
    return ok;
}

static bool write_script(const struct sgr_cli *cli, sgr_value script, struct sgr_error *error)
{
    const char *folder = sgr_cli_value(cli, SGR_OPT_output_file);
    struct sgr_formatted f;
    sgr_format(&f, "the script", sgr_path_str(script, "text"));
    bool ok = f.ok;
    if (!ok) {
        sgr_print_diags(cli, &f.diags);
        sgr_error_set(error, "what was made of %.*s is no script",
                      SGR_FMT(sgr_path_str(script, "name")));
    }
    ok = ok && (folder == NULL ? sgr_write_all(STDOUT_FILENO, sgr_buf_str(&f.text), error)
                               : write_both(folder, script, sgr_buf_str(&f.text), error));
    sgr_formatted_release(&f);
    return ok;
}

/* Whether a script alone is enough: its objects are those of the one file. */
static bool fits_output(const struct sgr_cli *cli, sgr_value scripts, struct sgr_error *error)
{
    if (sgr_count_of(scripts) == 0) {
        return sgr_error_set(error, "there is no Deployment, Rollout or Canary in what was read");
    }
    if (sgr_cli_has(cli, SGR_OPT_output_file)) {
        const char *folder = sgr_cli_value(cli, SGR_OPT_output_file);
        return mkdir(folder, 0777) == 0 || errno == EEXIST ||
               sgr_error_set(error, "cannot make %s: %s", folder, strerror(errno));
    }
    bool made = sgr_count_of(scripts) > 1 || cli->files.len > 1 ||
                strcmp(cli->files.at[0], "-") == 0 ||
                sgr_field(sgr_item(scripts, 0), SGR_STR("made")).as.i != 0;
    return !made || sgr_error_set(error, "objects have to be written beside the script; name a "
                                         "folder for both with -o FOLDER/");
}

int sgr_cmd_import(const struct sgr_cli *cli)
{
    struct sgr_script maker = {0};
    struct sgr_machine *machine = NULL;
    struct sgr_error error = {0};
    sgr_value scripts = sgr_absent();
    if (cli->files.len == 0) {
        return sgr_complain(1, "import takes one or more YAML files, or - for standard input");
    }
    int status = 1;
    if (make_scripts(cli, &maker, &machine, &scripts)) {
        bool ok = fits_output(cli, scripts, &error);
        for (size_t i = 0; ok && i < sgr_count_of(scripts); i++) {
            ok = write_script(cli, sgr_item(scripts, i), &error);
        }
        status = ok ? 0 : sgr_complain(1, "%s", error.text);
    }
    sgr_error_release(&error);
    if (machine != NULL) {
        sgr_machine_free(machine);
    }
    sgr_script_close(&maker);
    return status;
}
