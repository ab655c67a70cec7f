/* The door of compiler/: from a file name to a checked program, and from a program to what it
 * declares. One compilation owns one arena with every text, tree, type and symbol in it. Reads
 * files only through the callback it is given; prints nothing. */
#ifndef SGR_COMPILER_COMPILER_H
#define SGR_COMPILER_COMPILER_H

#include "lang/lang.h"
#include "vm/vm.h"

struct sgr_compilation;

/* Reads a file whole (into memory owned by the arena); false with a sentence. NULL: the file
 * system. */
typedef bool (*sgr_read_fn)(void *self, struct sgr_arena *arena, sgr_str path, sgr_str *text,
                            struct sgr_error *error);

/* Every document of the YAML files that match a pattern, as a list; false with a sentence, also
 * where no file does. NULL: manifests are not read. */
typedef bool (*sgr_manifests_fn)(void *self, sgr_str pattern, struct sgr_heap *heap,
                                 sgr_value *documents, struct sgr_error *error);

struct sgr_compile_options {
    sgr_read_fn read;
    sgr_manifests_fn manifests;
    void *read_self;
    const char *const
        *modules; /* std modules to link besides those imported, e.g. "std/run"; NULL-ended */
    const char *const *entries; /* "std/plain:objects_of", NULL-ended: of the standard library only
                                   what these functions and the script need is compiled, and nothing
                                   of it that asks the world; NULL: whole modules */
    const char *const *faults;  /* what a scenario's `fault` may name, NULL-ended; NULL: anything */
    bool check_only; /* lint: no code is generated, and no body of the standard library checked */
};

struct sgr_compilation *sgr_compilation_new(const struct sgr_compile_options *options);
void sgr_compilation_free(struct sgr_compilation *compilation);
struct sgr_diags *sgr_compilation_diags(struct sgr_compilation *compilation);
struct sgr_sources *sgr_compilation_sources(struct sgr_compilation *compilation);
/* Bytes that it holds: what was compiled with it stays until it is freed. */
size_t sgr_compilation_size(const struct sgr_compilation *compilation);

/* Parses the file and its imports, checks them, and runs the rollout rules. False where an error
 * was reported. `path` "-" takes `text` instead of a file. A check-only compilation may be used for
 * one script after another: the diagnostics are those of the last one, and the built-in modules are
 * read once. */
bool sgr_compile(struct sgr_compilation *compilation, sgr_str path, sgr_str text);
/* The program with one reference for the caller; NULL after errors (reported as diagnostics). */
struct sgr_program *sgr_compilation_program(struct sgr_compilation *compilation);

/* Parses `text` as a value of the parameter's type (strings and images without quotes) and sets it
 * on the machine; false with a sentence naming the parameter, the type and what was given. */
bool sgr_param_set(struct sgr_machine *machine, struct sgr_program *program, sgr_str name,
                   sgr_str text, struct sgr_error *error);
/* The same for a value read from YAML. */
bool sgr_param_set_value(struct sgr_machine *machine, struct sgr_program *program, sgr_str name,
                         sgr_value value, struct sgr_error *error);

#endif
