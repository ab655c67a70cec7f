/* Programs as they stand: tables, references, look-ups. */
#include "vm/image.h"

#include <stdio.h>
#include <stdlib.h>

const struct sgr_op_info sgr_ops[SGR_OP_COUNT_] = {
#define OP(name, format, doc) [SGR_OPCODE(name)] = {#name, format, doc},
#include "vm/op.def"
#undef OP
};

const struct sgr_effect_info sgr_effects[SGR_EFFECT_COUNT] = {
#define EFFECT(id, word, policy, signature, doc)                                                   \
    [SGR_EFFECT_##id] = {word, SGR_POLICY_##policy, signature, doc},
#include "vm/effect.def"
#undef EFFECT
};

enum { CONSTANTS_MAX_BYTES = 1 << 30 };

struct sgr_program *sgr_program_new(void)
{
    struct sgr_program *program = sgr_calloc(1, sizeof *program);
    program->refs = 1;
    program->arena = sgr_arena_new();
    program->heap = sgr_heap_new(CONSTANTS_MAX_BYTES);
    return program;
}

struct sgr_program *sgr_program_ref(struct sgr_program *program)
{
    program->refs++;
    return program;
}

void sgr_program_unref(struct sgr_program *program)
{
    if (program == NULL || --program->refs > 0) {
        return;
    }
    sgr_vec_release(&program->constants);
    sgr_vec_release(&program->files);
    sgr_vec_release(&program->functions);
    sgr_vec_release(&program->globals);
    sgr_vec_release(&program->params);
    sgr_vec_release(&program->exports);
    sgr_vec_release(&program->imports);
    sgr_map_release(&program->export_map);
    sgr_heap_free(program->heap);
    sgr_arena_free(program->arena);
    free(program);
}

void sgr_program_index(struct sgr_program *program)
{
    for (size_t i = 0; i < program->exports.len; i++) {
        sgr_map_set(&program->export_map, program->exports.at[i].name, (void *)(uintptr_t)(i + 1));
    }
}

static uint32_t find_export(const struct sgr_program *program, sgr_str name, bool is_global)
{
    size_t found = (size_t)(uintptr_t)sgr_map_get(&program->export_map, name);
    if (found == 0 || program->exports.at[found - 1].is_global != is_global) {
        return UINT32_MAX;
    }
    return program->exports.at[found - 1].index;
}

uint32_t sgr_program_entry(const struct sgr_program *program, sgr_str name)
{
    return find_export(program, name, false);
}

uint32_t sgr_program_global(const struct sgr_program *program, sgr_str name)
{
    return find_export(program, name, true);
}

const char *sgr_program_hash(struct sgr_program *program)
{
    if (program->hash[0] == '\0') {
        struct sgr_buf bytes;
        sgr_buf_init(&bytes, SIZE_MAX / 4);
        sgr_program_save(program, &bytes);
        sgr_sha256_hex(sgr_buf_str(&bytes), program->hash);
        sgr_buf_release(&bytes);
    }
    return program->hash;
}

size_t sgr_program_param_count(const struct sgr_program *program)
{
    return program->params.len;
}

struct sgr_param_info sgr_program_param(const struct sgr_program *program, size_t index)
{
    const struct sgr_param_row *row = &program->params.at[index];
    bool required = program->globals.at[row->global].function == UINT32_MAX;
    return (struct sgr_param_info){row->name, row->type, row->doc, required};
}

struct sgr_place_row sgr_function_place(const struct sgr_function *function, uint32_t pc)
{
    uint32_t low = 0, high = function->place_count;
    if (high == 0) {
        return (struct sgr_place_row){0};
    }
    while (high - low > 1) {
        uint32_t middle = (low + high) / 2;
        if (function->places[middle].pc <= pc) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return function->places[low];
}

bool sgr_fail(struct sgr_failure *failure, const char *kind, const char *format, ...)
{
    va_list args;
    if (failure == NULL) {
        return false;
    }
    char *text = NULL;
    va_start(args, format);
    if (vasprintf(&text, format, args) < 0) {
        sgr_oom();
    }
    va_end(args);
    free(failure->text);
    failure->text = text;
    snprintf(failure->kind, sizeof failure->kind, "%s", kind);
    return false;
}

void sgr_failure_release(struct sgr_failure *failure)
{
    free(failure->text);
    *failure = (struct sgr_failure){0};
}
