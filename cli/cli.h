/* What the commands of sgrc share. Only this room prints and exits. */
#ifndef SGR_CLI_CLI_H
#define SGR_CLI_CLI_H

#include "cli/options.h"
#include "compiler/compiler.h"

#define SGR_VERSION "0.1.0"

/* Exit statuses of `run` and `resume`; the others use 0, 1 (findings, the user's fault) and 2. */
enum {
    SGR_EXIT_OK = 0,
    SGR_EXIT_FAULT = 1,       /* the script, the options or the preflight; nothing was changed */
    SGR_EXIT_ROLLED_BACK = 2, /* failed and rolled back whole */
    SGR_EXIT_LEFT = 3,        /* failed and the rollback is not complete */
    SGR_EXIT_INTERRUPTED = 4,
    SGR_EXIT_LOCKED = 5,
    SGR_EXIT_COULD_NOT = 2, /* lint, fmt, test, verify: could not run */
};

#define COMMAND(id, word, arguments, doc, example) int sgr_cmd_##id(const struct sgr_cli *cli);
#include "cli/command.def"
#undef COMMAND

/* "sgrc: " and the sentence on standard error; returns `status`. */
int sgr_complain(int status, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Whether to colour what goes to this stream. */
bool sgr_use_color(const struct sgr_cli *cli, int fd);
/* Writes all bytes; false (with a sentence, and errno) when the stream is closed or full. */
bool sgr_write_all(int fd, sgr_str bytes, struct sgr_error *error);
/* Replaces the file in one step: a new file beside it, synced, then renamed. A device or a pipe is
 * written into. */
bool sgr_write_file(const char *path, sgr_str bytes, struct sgr_error *error);
/* The whole file on the heap, to be freed with free(text->ptr); "-" is standard input. */
/* Of compiler.h's sgr_manifests_fn: every document of the files that match. */
bool sgr_read_manifests(void *self, sgr_str pattern, struct sgr_heap *heap, sgr_value *documents,
                        struct sgr_error *error);
bool sgr_read_file(const char *path, sgr_str *text, struct sgr_error *error);
/* Whether a document has what every object has: apiVersion, kind and a name. */
bool sgr_is_object(sgr_value document);
/* Appends every object of a YAML file to `objects`, a list or ABSENT; a List stands for its items.
 * False after a complaint. */
bool sgr_read_objects(const char *path, struct sgr_heap *heap, sgr_value *objects);
/* Prints the collected diagnostics as text to standard error. */
void sgr_print_diags(const struct sgr_cli *cli, struct sgr_diags *diags);

/* ---- a script, compiled and given its parameters ---- */
struct sgr_script {
    const char *path;
    struct sgr_compilation *compilation; /* NULL for a .sgb */
    struct sgr_program *program;
};
/* Compiles a .sgr (printing its diagnostics) or loads a .sgb; false after everything was printed.
 */
bool sgr_script_open(struct sgr_script *script, const struct sgr_cli *cli, const char *path);
/* The same where of the standard library only this function of a module is called. */
bool sgr_script_open_for(struct sgr_script *script, const struct sgr_cli *cli, const char *path,
                         const char *module, const char *function);
/* Only the program is needed any more: gives the memory of its compilation back. */
void sgr_script_forget(struct sgr_script *script);
void sgr_script_close(struct sgr_script *script);
/* A machine with the parameters of --values, SGR_PARAM_name and --set; NULL after a complaint. When
 * `need_all`, a required parameter without a value is one. */
struct sgr_machine *sgr_script_machine(struct sgr_script *script, const struct sgr_cli *cli,
                                       bool need_all);
/* Calls an exported pure function; false after a complaint. */
bool sgr_script_call(struct sgr_script *script, struct sgr_machine *machine, const char *name,
                     const sgr_value *args, size_t count, sgr_value *out);
/* Everything declared, as records that Kubernetes would not refuse; false after a complaint. */
bool sgr_script_declarations(struct sgr_script *script, struct sgr_machine *machine,
                             sgr_value *out);
/* The rollout of that name, or the only one; ABSENT after a complaint. */
sgr_value sgr_find_rollout(sgr_value declarations, const char *name);
/* The record of a list whose field "name" is this; ABSENT where there is none. */
sgr_value sgr_find_named(sgr_value list, sgr_str name);

#endif
