/* sgrc compile: from a script to plain YAML, bytecode or what a target makes of it. Output files
 * appear whole or not at all.
 */
#include "cli/cli.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/job.h"
#include "cli/session.h"
#include "cli/simulate.h"
#include "cli/target.h"
#include "k8s/codec.h"
#include "vm/arith.h"

enum { OUTPUT_MAX = 512 << 20 };

/* "010-service-gateway.yaml": ordered as they are to be applied. */
static void object_file_name(sgr_value object, size_t index, struct sgr_buf *out)
{
    sgr_str kind = sgr_path_str(object, "kind");
    sgr_buf_printf(out, "%03zu-", index);
    for (size_t i = 0; i < kind.len; i++) {
        char c = kind.ptr[i];
        sgr_buf_byte(out, c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c);
    }
    sgr_buf_printf(out, "-%.*s.yaml", SGR_FMT(sgr_path_str(object, "metadata/name")));
}

/* The YAML of the object with this number, counted from 1, after what `text` holds. */
static bool write_yaml(sgr_value object, size_t number, struct sgr_buf *text,
                       struct sgr_error *error)
{
    return sgr_yaml_write(object, text) ||
           (text->full
                ? sgr_error_set(error, "the objects are more than %d MiB of YAML", OUTPUT_MAX >> 20)
                : sgr_error_set(error, "object %zu has a value that YAML cannot hold", number));
}

/* "001-..." and on: a name as we give them. */
static int is_numbered(const struct dirent *entry)
{
    const char *name = entry->d_name;
    return strspn(name, "0123456789") >= 3 && name[strspn(name, "0123456789")] == '-' &&
           sgr_str_ends_with(sgr_str_from(name), SGR_STR(".yaml"));
}

/* Whoever applies the folder applies what an earlier compilation left there, too. */
static void tell_others(const char *folder, const struct sgr_buf *names)
{
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, is_numbered, alphasort);
    for (int i = 0; i < count; i++) {
        struct sgr_buf line;
        sgr_buf_init(&line, 1 << 10);
        sgr_buf_printf(&line, "\n%s\n", entries[i]->d_name);
        if (memmem(names->ptr, names->len, line.ptr, line.len) == NULL) {
            (void)sgr_complain(0, "note: %s also has %s, which this script does not make", folder,
                               entries[i]->d_name);
        }
        sgr_buf_release(&line);
        free(entries[i]);
    }
    free(entries);
}

static bool write_folder(const char *folder, sgr_value objects, bool tell, struct sgr_error *error)
{
    if (mkdir(folder, 0777) != 0 && errno != EEXIST) {
        return sgr_error_set(error, "cannot make %s: %s", folder, strerror(errno));
    }
    struct sgr_buf path, text, names;
    sgr_buf_init(&path, 1 << 16);
    sgr_buf_init(&text, OUTPUT_MAX);
    sgr_buf_init(&names, OUTPUT_MAX);
    sgr_buf_byte(&names, '\n');
    bool ok = true;
    for (size_t i = 0; ok && i < sgr_count_of(objects); i++) {
        sgr_buf_clear(&path);
        sgr_buf_clear(&text);
        sgr_buf_printf(&path, "%s%s", folder, folder[strlen(folder) - 1] == '/' ? "" : "/");
        size_t start = path.len;
        object_file_name(sgr_item(objects, i), i + 1, &path);
        sgr_buf_printf(&names, "%s\n", path.ptr + start);
        ok = write_yaml(sgr_item(objects, i), i + 1, &text, error) &&
             sgr_write_file(path.ptr, sgr_buf_str(&text), error);
    }
    if (ok && tell) {
        tell_others(folder, &names);
    }
    sgr_buf_release(&path);
    sgr_buf_release(&text);
    sgr_buf_release(&names);
    return ok;
}

static bool write_output(const char *out, sgr_str bytes, struct sgr_error *error)
{
    return out == NULL || strcmp(out, "-") == 0 ? sgr_write_all(STDOUT_FILENO, bytes, error)
                                                : sgr_write_file(out, bytes, error);
}

static bool is_folder(const char *path)
{
    struct stat info;
    size_t length = path ? strlen(path) : 0;
    return length > 0 &&
           (path[length - 1] == '/' || (stat(path, &info) == 0 && S_ISDIR(info.st_mode)));
}

static bool write_objects(const struct sgr_cli *cli, sgr_value objects, struct sgr_error *error)
{
    const char *out = sgr_cli_value(cli, SGR_OPT_output_file);
    if (is_folder(out)) {
        bool tell = cli->files.len == 1 && !sgr_cli_has(cli, SGR_OPT_quiet);
        return write_folder(out, objects, tell, error);
    }
    struct sgr_buf text;
    sgr_buf_init(&text, OUTPUT_MAX);
    bool ok = true;
    for (size_t i = 0; ok && i < sgr_count_of(objects); i++) {
        ok = write_yaml(sgr_item(objects, i), i + 1, &text, error);
    }
    ok = ok && write_output(out, sgr_buf_str(&text), error);
    sgr_buf_release(&text);
    return ok;
}

static bool write_json(const char *out, sgr_value documents, struct sgr_error *error)
{
    struct sgr_buf text;
    sgr_buf_init(&text, OUTPUT_MAX);
    bool ok = true;
    for (size_t i = 0; ok && i < sgr_count_of(documents); i++) {
        ok = sgr_value_json(sgr_item(documents, i), &text) ||
             sgr_error_set(error, "document %zu has a value that JSON cannot hold", i + 1);
        sgr_buf_byte(&text, '\n');
    }
    ok = ok && write_output(out, sgr_buf_str(&text), error);
    sgr_buf_release(&text);
    return ok;
}

static int finish(bool ok, struct sgr_error *error)
{
    int status =
        ok ? 0 : sgr_complain(1, "%s", error->text ? error->text : "cannot write the output");
    sgr_error_release(error);
    return status;
}

static int compile_plain(struct sgr_script *script, const struct sgr_cli *cli)
{
    struct sgr_machine *machine = sgr_script_machine(script, cli, true);
    struct sgr_error error = {0};
    sgr_value declarations, objects;
    int status = 1;
    const char *step = sgr_cli_value(cli, SGR_OPT_at);
    if (machine == NULL) {
        return 1;
    }
    if (sgr_script_declarations(script, machine, &declarations)) {
        declarations = sgr_declarations_in(cli, sgr_machine_heap(machine), declarations);
        bool ok = step != NULL ? sgr_objects_at(script, cli, machine, declarations, step, &objects)
                               : sgr_script_call(script, machine, "std/plain:objects_of",
                                                 &declarations, 1, &objects);
        if (ok) {
            ok = write_objects(cli, objects, &error);
            status = finish(ok, &error);
        }
    }
    sgr_machine_free(machine);
    return status;
}

static int compile_bytecode(struct sgr_script *script, const struct sgr_cli *cli)
{
    const char *out = sgr_cli_value(cli, SGR_OPT_output_file);
    struct sgr_error error = {0};
    struct sgr_buf bytes;
    if (out == NULL && isatty(STDOUT_FILENO)) {
        return sgr_complain(1, "bytecode is not for a terminal; write it to a file with -o");
    }
    sgr_buf_init(&bytes, OUTPUT_MAX);
    sgr_program_save(script->program, &bytes);
    bool ok = write_output(out, sgr_buf_str(&bytes), &error);
    sgr_buf_release(&bytes);
    return finish(ok, &error);
}

/* Reports of a run as a list of records, each with its kind. */
struct played {
    struct sgr_heap *heap;
    sgr_value list;
};

static void note_report(void *self, const struct sgr_report *report)
{
    static const char *const kinds[] = {"shift", "wait", "guard", "approve", "promote"};
    struct played *played = self;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(report->kind, kinds[i]) == 0) {
            struct sgr_failure failure = {0};
            sgr_value item = sgr_record_with(
                played->heap, sgr_value_copy(played->heap, report->fields), SGR_STR("kind"),
                sgr_string(played->heap, sgr_str_from(report->kind)));
            item = sgr_list(played->heap, &item, 1);
            (void)sgr_value_add(played->heap, played->list, item, &played->list, &failure);
            sgr_failure_release(&failure);
        }
    }
}

/* A guard with parameters has no form outside a run: complains about the first that was used. */
static bool guards_have_form(sgr_value declarations, sgr_value played)
{
    sgr_value guards = sgr_field(declarations, SGR_STR("guards"));
    for (size_t i = 0; i < sgr_count_of(played); i++) {
        sgr_str name = sgr_path_str(sgr_item(played, i), "guard");
        sgr_value guard = sgr_find_named(guards, name);
        if (!sgr_is_absent(guard) && !sgr_is_absent(sgr_field(guard, SGR_STR("params")))) {
            sgr_complain(1, "guard `%.*s` has parameters, which this target cannot express",
                         SGR_FMT(name));
            return false;
        }
    }
    return true;
}

/* The steps of a rollout are seen by playing it, healthy, on the simulated cluster. */
static bool documents_of_steps(struct sgr_script *script, const struct sgr_cli *cli,
                               struct sgr_machine *machine, const char *entry,
                               sgr_value declarations, sgr_value *documents)
{
    sgr_value rollout = sgr_find_rollout(declarations, sgr_cli_value(cli, SGR_OPT_rollout));
    struct sgr_heap *heap = sgr_machine_heap(machine);
    struct played played = {.heap = heap, .list = sgr_list(heap, NULL, 0)};
    struct sgr_simulation how = {.watch = note_report, .watch_self = &played};
    if (sgr_is_absent(rollout) ||
        !sgr_simulate(script, machine, declarations, rollout, &how, heap, NULL, NULL) ||
        !guards_have_form(declarations, played.list)) {
        return false;
    }
    sgr_value args[] = {declarations, rollout, played.list};
    return sgr_script_call(script, machine, entry, args, 3, documents);
}

/* What a target's module makes of the declarations. */
static int compile_documents(struct sgr_script *script, const struct sgr_cli *cli,
                             const struct sgr_target *target)
{
    if (script->compilation == NULL) {
        return sgr_complain(1, "%s is bytecode; the target %s needs the script", script->path,
                            target->word);
    }
    struct sgr_machine *machine = sgr_script_machine(script, cli, true);
    struct sgr_error error = {0};
    sgr_value declarations, documents;
    char entry[64];
    int status = 1;
    if (machine == NULL) {
        return 1;
    }
    snprintf(entry, sizeof entry, "%s:documents_of", target->module);
    bool ok = sgr_script_declarations(script, machine, &declarations);
    declarations =
        ok ? sgr_declarations_in(cli, sgr_machine_heap(machine), declarations) : sgr_absent();
    if (ok && target->form == SGR_TARGET_JOB) {
        ok = sgr_job_documents(script, cli, machine, declarations, sgr_absent(), &documents);
    } else if (ok && target->form == SGR_TARGET_STEPS) {
        ok = documents_of_steps(script, cli, machine, entry, declarations, &documents);
    } else if (ok) {
        ok = sgr_script_call(script, machine, entry, &declarations, 1, &documents);
    }
    if (ok) {
        ok = target->form == SGR_TARGET_JSON
                 ? write_json(sgr_cli_value(cli, SGR_OPT_output_file), documents, &error)
                 : write_objects(cli, documents, &error);
        status = finish(ok, &error);
    }
    sgr_machine_free(machine);
    return status;
}

/* With no more of the standard library than the target needs; bytecode and a Job are run elsewhere,
 * and a rollout that is simulated needs all of it here. */
static bool open_script(struct sgr_script *script, const struct sgr_cli *cli, const char *path,
                        const struct sgr_target *target)
{
    if (target->form == SGR_TARGET_PLAIN && sgr_cli_value(cli, SGR_OPT_at) == NULL) {
        return sgr_script_open_for(script, cli, path, target->module, "objects_of");
    }
    if (target->form == SGR_TARGET_YAML || target->form == SGR_TARGET_JSON) {
        return sgr_script_open_for(script, cli, path, target->module, "documents_of");
    }
    return sgr_script_open(script, cli, path);
}

static int compile_one(const struct sgr_cli *cli, const char *path, const struct sgr_target *target)
{
    struct sgr_script script;
    int status = 1;
    if (open_script(&script, cli, path, target)) {
        status = target->form == SGR_TARGET_BYTECODE ? compile_bytecode(&script, cli)
                 : target->form == SGR_TARGET_PLAIN  ? compile_plain(&script, cli)
                                                     : compile_documents(&script, cli, target);
    }
    sgr_script_close(&script);
    return status;
}

int sgr_cmd_compile(const struct sgr_cli *cli)
{
    const struct sgr_target *target = sgr_target_find(cli);
    if (target == NULL) {
        return sgr_target_unknown(cli);
    }
    if (cli->files.len == 0) {
        return sgr_complain(1, "compile takes one or more scripts");
    }
    if (cli->files.len > 1 && sgr_cli_has(cli, SGR_OPT_output_file) &&
        !is_folder(sgr_cli_value(cli, SGR_OPT_output_file))) {
        return sgr_complain(1, "several scripts need a folder for --out");
    }
    int status = 0;
    for (size_t i = 0; status == 0 && i < cli->files.len; i++) {
        status = compile_one(cli, cli->files.at[i], target);
    }
    return status;
}
