/* Programs: constants, functions, globals, entries; immutable once built and reference-counted.
 * Made by the builder (the compiler's side) or loaded from .sgb bytes, which are verified before
 * anything runs. */
#ifndef SGR_VM_PROGRAM_H
#define SGR_VM_PROGRAM_H

#include "vm/value.h"

enum sgr_op {
#define OP(name, format, doc) SGR_OP_##name##_,
#include "vm/op.def"
#undef OP
    SGR_OP_COUNT_
};
#define SGR_OPCODE(name) SGR_OP_##name##_

enum sgr_effect_kind {
#define EFFECT(id, word, policy, signature, doc) SGR_EFFECT_##id,
#include "vm/effect.def"
#undef EFFECT
    SGR_EFFECT_COUNT
};
enum sgr_policy {
    SGR_POLICY_READ,
    SGR_POLICY_IDEMPOTENT,
    SGR_POLICY_PROBE,
    SGR_POLICY_ONCE,
    SGR_POLICY_RUN
};
struct sgr_effect_info {
    const char *word;
    enum sgr_policy policy;
    const char *signature, *doc;
};
extern const struct sgr_effect_info sgr_effects[SGR_EFFECT_COUNT];

/* A built-in pure function. Writes its result to *out and returns true, or fails with a sentence.
 * Must not keep or change its arguments; allocates only from `heap`. */
struct sgr_failure;
typedef bool (*sgr_builtin_fn)(struct sgr_heap *heap, const sgr_value *args, size_t count,
                               sgr_value *out, struct sgr_failure *failure);
struct sgr_builtin {
    const char *name;
    const char *signature; /* "(xs: list<T>, x: T): bool"; T, U are type variables; `x?: t` may be
                              left out (passed absent) */
    const char *doc;
    sgr_builtin_fn call;
};
/* Why a fiber failed; zero-initialised is none. kind: a short word (failed, no_signal, deadline,
 * cancelled, limit, missing, overflow, ...) that scripts may compare. Owned by whoever holds it. */
struct sgr_failure {
    char kind[16];
    char *text;
};
bool sgr_fail(struct sgr_failure *failure, const char *kind, const char *format, ...)
    __attribute__((format(printf, 3, 4))); /* always false */
void sgr_failure_release(struct sgr_failure *failure);

struct sgr_instruction {
    uint8_t op, x;
    uint16_t a, b, c;
};

/* ---- building: the compiler's side ---- */
struct sgr_builder;
struct sgr_code; /* one function under construction */

struct sgr_builder *sgr_builder_new(const struct sgr_builtin *builtins, size_t builtin_count);
void sgr_builder_free(struct sgr_builder *builder);
/* Constants are pooled: equal ones get the same index. */
uint32_t sgr_builder_constant(struct sgr_builder *builder, sgr_value value);
uint32_t sgr_builder_string(struct sgr_builder *builder, sgr_str text);
/* The shape of records with these keys in this order. */
uint32_t sgr_builder_shape(struct sgr_builder *builder, const sgr_str *keys, size_t count);
/* A file for line tables; returns its index. */
uint32_t sgr_builder_file(struct sgr_builder *builder, sgr_str path);
/* Declares a function (so that calls may name it before its code is there). */
uint32_t sgr_builder_function(struct sgr_builder *builder, sgr_str name, uint16_t params,
                              uint16_t captures);
/* A global evaluated on first use by a function without parameters. */
uint32_t sgr_builder_global(struct sgr_builder *builder, sgr_str name, uint32_t function);
/* A parameter of the script: a global that the caller may set before anything runs. `type` is its
 * type as written, `function` gives the default or UINT32_MAX where it is required, `where` is a
 * function of one argument that answers a bool, or UINT32_MAX. */
uint32_t sgr_builder_param(struct sgr_builder *builder, sgr_str name, sgr_str type, sgr_str doc,
                           uint32_t function, uint32_t where);
/* Names a global or function for sgr_program_entry. */
void sgr_builder_export(struct sgr_builder *builder, sgr_str name, bool is_global, uint32_t index);

/* Code of a declared function; registers 0 .. params-1 hold the arguments. */
struct sgr_code *sgr_code_begin(struct sgr_builder *builder, uint32_t function);
/* Where the instructions that follow come from. */
void sgr_code_place(struct sgr_code *code, uint32_t file, uint32_t line, uint32_t column);
/* Appends; returns the instruction's index. Registers used are tracked for the frame size. */
size_t sgr_code_emit(struct sgr_code *code, enum sgr_op op, unsigned a, unsigned b, unsigned c);
size_t sgr_code_emit_wide(struct sgr_code *code, enum sgr_op op, unsigned a, int32_t bx);
size_t sgr_code_here(const struct sgr_code *code);
/* Points the jump at `at` to `target`. */
void sgr_code_patch(struct sgr_code *code, size_t at, size_t target);
/* The function begins again with the `count` values that the code from `begin` on has put into the
 * registers from `base`; they are computed in the parameters themselves where their order allows.
 */
void sgr_code_again(struct sgr_code *code, size_t begin, unsigned base, unsigned count);
void sgr_code_end(struct sgr_code *code);

/* Closes the builder (which is freed) and gives the program with one reference, verified; NULL with
 * a sentence where a limit was passed (registers, constants, code size). */
struct sgr_program;
struct sgr_program *sgr_builder_finish(struct sgr_builder *builder, struct sgr_error *error);

/* ---- programs ---- */
struct sgr_program *sgr_program_ref(struct sgr_program *program);
void sgr_program_unref(struct sgr_program *program);
/* The .sgb form: magic, version, checksum, sections; equal programs give equal bytes. */
void sgr_program_save(const struct sgr_program *program, struct sgr_buf *out);
/* Loads and verifies; hostile bytes give an error, never a crash. Builtins are bound by name and
 * signature. */
struct sgr_program *sgr_program_load(sgr_str bytes, const struct sgr_builtin *builtins,
                                     size_t builtin_count, struct sgr_error *error);
/* SHA-256 of the saved form as 64 hex digits (NUL-terminated), computed once. */
const char *sgr_program_hash(struct sgr_program *program);
/* Index of an exported function, or UINT32_MAX. */
uint32_t sgr_program_entry(const struct sgr_program *program, sgr_str name);
uint32_t sgr_program_global(const struct sgr_program *program, sgr_str name);

struct sgr_param_info {
    sgr_str name, type, doc;
    bool required;
};
size_t sgr_program_param_count(const struct sgr_program *program);
struct sgr_param_info sgr_program_param(const struct sgr_program *program, size_t index);

/* The listing of `sgrc disasm`; `line_text(context, file, line)` gives source lines to interleave,
 * or NULL for none. Functions of the standard library are left out unless `all`. */
typedef sgr_str (*sgr_line_fn)(void *context, sgr_str file, uint32_t line);
void sgr_program_disassemble(const struct sgr_program *program, bool all, sgr_line_fn line_text,
                             void *context, struct sgr_buf *out);

#endif
