/* Inside vm/: what a program is made of. */
#ifndef SGR_VM_IMAGE_H
#define SGR_VM_IMAGE_H

#include "vm/object.h"
#include "vm/program.h"

struct sgr_op_info {
    const char *name, *format, *doc;
};
extern const struct sgr_op_info sgr_ops[SGR_OP_COUNT_];

struct sgr_place_row {
    uint32_t pc; /* of the first instruction from here */
    uint32_t file, line, column;
};

struct sgr_function {
    sgr_str name;
    uint16_t params, captures;
    uint32_t registers;
    struct sgr_instruction *code;
    uint32_t count;
    struct sgr_place_row *places;
    uint32_t place_count;
};

struct sgr_global {
    sgr_str name;
    uint32_t function; /* UINT32_MAX: a required parameter */
};

struct sgr_param_row {
    sgr_str name, type, doc;
    uint32_t global;
    uint32_t where; /* function of one argument, or UINT32_MAX */
};

struct sgr_export {
    sgr_str name;
    bool is_global;
    uint32_t index;
};

struct sgr_import {
    sgr_str name, signature;
    const struct sgr_builtin *builtin;
};

struct sgr_program {
    uint32_t refs;
    struct sgr_arena *arena;      /* names, code, tables */
    struct sgr_heap *heap;        /* constants */
    SGR_VEC(sgr_value) constants; /* a shape is a record of absent values */
    SGR_VEC(sgr_str) files;
    SGR_VEC(struct sgr_function) functions;
    SGR_VEC(struct sgr_global) globals;
    SGR_VEC(struct sgr_param_row) params;
    SGR_VEC(struct sgr_export) exports;
    SGR_VEC(struct sgr_import) imports;
    struct sgr_map export_map; /* index + 1 */
    char hash[SGR_SHA256_HEX];
};

enum { SGR_REGISTERS_MAX = 60000 };

struct sgr_program *sgr_program_new(void);
void sgr_program_index(struct sgr_program *program);
/* Refuses what could make the interpreter read or jump outside; the error names function and pc. */
bool sgr_program_verify(const struct sgr_program *program, struct sgr_error *error);

static inline int32_t sgr_bx(struct sgr_instruction i)
{
    return (int32_t)((uint32_t)i.b | (uint32_t)i.c << 16);
}

/* Where an instruction comes from; line 0 where nobody said. */
struct sgr_place_row sgr_function_place(const struct sgr_function *function, uint32_t pc);

#endif
