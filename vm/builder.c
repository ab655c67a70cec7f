/* The builder: what the code generator writes a program with. Constants are pooled; limits passed
 * are remembered and told once, when the program is finished. */
#include "vm/image.h"

#include <stdlib.h>

struct sgr_code {
    struct sgr_builder *builder;
    uint32_t function;
    SGR_VEC(struct sgr_instruction) code;
    SGR_VEC(struct sgr_place_row) places;
    struct sgr_place_row place;
    uint32_t registers;
};

struct sgr_builder {
    struct sgr_program *program;
    const struct sgr_builtin *builtins;
    size_t builtin_count;
    uint32_t *import_of;  /* by builtin: import + 1 */
    struct sgr_map pool;  /* print of a constant to index + 1 */
    struct sgr_buf print; /* of the constant in question */
    struct sgr_error error;
};

struct sgr_builder *sgr_builder_new(const struct sgr_builtin *builtins, size_t builtin_count)
{
    struct sgr_builder *builder = sgr_calloc(1, sizeof *builder);
    builder->program = sgr_program_new();
    builder->builtins = builtins;
    builder->builtin_count = builtin_count;
    builder->import_of = sgr_calloc(builtin_count, sizeof *builder->import_of);
    sgr_buf_init(&builder->print, SIZE_MAX / 4);
    return builder;
}

static void release(struct sgr_builder *builder)
{
    free(builder->import_of);
    sgr_map_release(&builder->pool);
    sgr_buf_release(&builder->print);
    sgr_error_release(&builder->error);
    free(builder);
}

void sgr_builder_free(struct sgr_builder *builder)
{
    if (builder != NULL) {
        sgr_program_unref(builder->program);
        release(builder);
    }
}

/* ---- constants: pooled by a print, which is equal for equal constants only ---- */

static void print_size(struct sgr_buf *out, size_t size)
{
    sgr_buf_bytes(out, (const char *)&size, sizeof size);
}

static void print_text(struct sgr_buf *out, sgr_str text)
{
    print_size(out, text.len);
    sgr_buf_add(out, text);
}

static void print_value(struct sgr_buf *out, sgr_value value)
{
    sgr_buf_byte(out, (char)value.tag);
    switch (value.tag) {
    case SGR_STRING:
        print_text(out, sgr_string_of(value));
        break;
    case SGR_LIST:
    case SGR_RECORD:
        print_size(out, sgr_count_of(value));
        for (size_t i = 0; i < sgr_count_of(value); i++) {
            if (value.tag == SGR_RECORD) {
                print_text(out, sgr_key(value, i));
            }
            print_value(out, value.tag == SGR_LIST ? sgr_item(value, i) : sgr_field_at(value, i));
        }
        break;
    case SGR_RANGE:
        print_value(out, sgr_range_from(value));
        print_value(out, sgr_range_to(value));
        break;
    case SGR_FUNCTION:
    case SGR_BUILDER:
        SGR_BUG("a function cannot be a constant");
    default:
        sgr_buf_bytes(out, (const char *)&value.as.i, sizeof value.as.i);
    }
}

/* The index of the constant with this print; false where there is none. */
static bool find_constant(const struct sgr_builder *builder, uint32_t *index)
{
    uintptr_t known = (uintptr_t)sgr_map_get(&builder->pool, sgr_buf_str(&builder->print));
    *index = (uint32_t)known - 1;
    return known != 0;
}

static uint32_t add_constant(struct sgr_builder *builder, sgr_value value)
{
    struct sgr_program *program = builder->program;
    sgr_vec_push(&program->constants, value);
    sgr_map_set(&builder->pool, sgr_arena_str(program->arena, sgr_buf_str(&builder->print)),
                (void *)(uintptr_t)program->constants.len);
    return (uint32_t)program->constants.len - 1;
}

uint32_t sgr_builder_constant(struct sgr_builder *builder, sgr_value value)
{
    uint32_t index;
    sgr_buf_clear(&builder->print);
    print_value(&builder->print, value);
    return find_constant(builder, &index)
               ? index
               : add_constant(builder, sgr_value_copy(builder->program->heap, value));
}

uint32_t sgr_builder_string(struct sgr_builder *builder, sgr_str text)
{
    uint32_t index;
    sgr_buf_clear(&builder->print);
    sgr_buf_byte(&builder->print, SGR_STRING);
    print_text(&builder->print, text);
    return find_constant(builder, &index)
               ? index
               : add_constant(builder, sgr_string(builder->program->heap, text));
}

static sgr_value shaped_record(struct sgr_heap *heap, const sgr_str *keys, size_t count)
{
    sgr_value *texts = sgr_calloc(count, sizeof *texts),
              *values = sgr_calloc(count, sizeof *values);
    for (size_t i = 0; i < count; i++) {
        texts[i] = sgr_string(heap, keys[i]);
    }
    sgr_value record = sgr_record_of_shape(heap, sgr_shape(heap, texts, count), values);
    free(texts);
    free(values);
    return record;
}

uint32_t sgr_builder_shape(struct sgr_builder *builder, const sgr_str *keys, size_t count)
{
    uint32_t index;
    sgr_buf_clear(&builder->print);
    sgr_buf_byte(&builder->print, SGR_RECORD);
    print_size(&builder->print, count);
    for (size_t i = 0; i < count; i++) {
        print_text(&builder->print, keys[i]);
        print_value(&builder->print, sgr_absent());
    }
    return find_constant(builder, &index)
               ? index
               : add_constant(builder, shaped_record(builder->program->heap, keys, count));
}

uint32_t sgr_builder_file(struct sgr_builder *builder, sgr_str path)
{
    struct sgr_program *program = builder->program;
    for (size_t i = 0; i < program->files.len; i++) {
        if (sgr_str_equal(program->files.at[i], path)) {
            return (uint32_t)i;
        }
    }
    sgr_vec_push(&program->files, sgr_arena_str(program->arena, path));
    return (uint32_t)program->files.len - 1;
}

uint32_t sgr_builder_function(struct sgr_builder *builder, sgr_str name, uint16_t params,
                              uint16_t captures)
{
    struct sgr_program *program = builder->program;
    sgr_vec_push(&program->functions, (struct sgr_function){
                                          .name = sgr_arena_str(program->arena, name),
                                          .params = params,
                                          .captures = captures,
                                      });
    return (uint32_t)program->functions.len - 1;
}

uint32_t sgr_builder_global(struct sgr_builder *builder, sgr_str name, uint32_t function)
{
    struct sgr_program *program = builder->program;
    sgr_vec_push(&program->globals,
                 (struct sgr_global){sgr_arena_str(program->arena, name), function});
    return (uint32_t)program->globals.len - 1;
}

uint32_t sgr_builder_param(struct sgr_builder *builder, sgr_str name, sgr_str type, sgr_str doc,
                           uint32_t function, uint32_t where)
{
    struct sgr_arena *arena = builder->program->arena;
    uint32_t global = sgr_builder_global(builder, name, function);
    sgr_vec_push(&builder->program->params, (struct sgr_param_row){
                                                .name = sgr_arena_str(arena, name),
                                                .type = sgr_arena_str(arena, type),
                                                .doc = sgr_arena_str(arena, doc),
                                                .global = global,
                                                .where = where,
                                            });
    return global;
}

void sgr_builder_export(struct sgr_builder *builder, sgr_str name, bool is_global, uint32_t index)
{
    struct sgr_program *program = builder->program;
    sgr_vec_push(&program->exports,
                 (struct sgr_export){sgr_arena_str(program->arena, name), is_global, index});
}

/* ---- code ---- */

struct sgr_code *sgr_code_begin(struct sgr_builder *builder, uint32_t function)
{
    struct sgr_code *code = sgr_calloc(1, sizeof *code);
    code->builder = builder;
    code->function = function;
    code->registers = builder->program->functions.at[function].params;
    return code;
}

void sgr_code_place(struct sgr_code *code, uint32_t file, uint32_t line, uint32_t column)
{
    code->place = (struct sgr_place_row){0, file, line, column};
}

static void note_place(struct sgr_code *code)
{
    const struct sgr_place_row *last =
        code->places.len ? &code->places.at[code->places.len - 1] : NULL;
    if (last == NULL || last->file != code->place.file || last->line != code->place.line ||
        last->column != code->place.column) {
        code->place.pc = (uint32_t)code->code.len;
        // NOLINTNEXTLINE(clang-analyzer-core.NullDereference): sgr_vec_push makes room first
        sgr_vec_push(&code->places, code->place);
    }
}

static void use_register(struct sgr_code *code, uint32_t reg)
{
    if (reg + 1 > code->registers) {
        code->registers = reg + 1;
    }
}

/* The registers that an instruction touches, from its format. */
static void use_registers(struct sgr_code *code, struct sgr_instruction i)
{
    const char *format = sgr_ops[i.op].format;
    bool wide = strlen(format) == 2;
    const uint32_t operands[] = {i.a, i.b, i.c};
    for (int k = 0; k < (wide ? 1 : 3); k++) {
        if (format[k] == 'r' || format[k] == 's') {
            use_register(code, operands[k]);
        }
    }
    if (!wide && format[2] == 'w' && i.c > 0) {
        uint32_t from = format[1] == 's' && i.op != SGR_OPCODE(CALL) ? i.b
                        : i.op == SGR_OPCODE(CALL)                   ? i.b + 1u
                                                                     : i.a;
        use_register(code, from + i.c - 1);
    }
    if (i.op == SGR_OPCODE(ITER) || i.op == SGR_OPCODE(NEXT)) {
        use_register(code, i.a + 3u);
    }
    if (i.op == SGR_OPCODE(CLOSURE)) {
        uint16_t captures = code->builder->program->functions.at[i.b].captures;
        use_register(code, captures > 0 ? i.c + captures - 1u : 0);
    }
}

static uint32_t import_builtin(struct sgr_builder *builder, unsigned index)
{
    if (index >= builder->builtin_count) {
        SGR_BUG("builtin %u of %zu", index, builder->builtin_count);
    }
    if (builder->import_of[index] == 0) {
        const struct sgr_builtin *builtin = &builder->builtins[index];
        sgr_vec_push(&builder->program->imports,
                     (struct sgr_import){sgr_str_from(builtin->name),
                                         sgr_str_from(builtin->signature), builtin});
        builder->import_of[index] = (uint32_t)builder->program->imports.len;
    }
    return builder->import_of[index] - 1;
}

size_t sgr_code_emit(struct sgr_code *code, enum sgr_op op, unsigned a, unsigned b, unsigned c)
{
    if (op == SGR_OPCODE(BUILTIN)) {
        b = import_builtin(code->builder, b);
    }
    if (a > UINT16_MAX || b > UINT16_MAX || c > UINT16_MAX) {
        sgr_error_set(&code->builder->error,
                      "a function is too large: an operand of %s does not fit", sgr_ops[op].name);
        a = b = c = 0;
    }
    struct sgr_instruction i = {
        .op = (uint8_t)op, .a = (uint16_t)a, .b = (uint16_t)b, .c = (uint16_t)c};
    note_place(code);
    use_registers(code, i);
    sgr_vec_push(&code->code, i);
    return code->code.len - 1;
}

size_t sgr_code_emit_wide(struct sgr_code *code, enum sgr_op op, unsigned a, int32_t bx)
{
    return sgr_code_emit(code, op, a, (uint32_t)bx & 0xffff, (uint32_t)bx >> 16);
}

size_t sgr_code_here(const struct sgr_code *code)
{
    return code->code.len;
}

void sgr_code_patch(struct sgr_code *code, size_t at, size_t target)
{
    int64_t distance = (int64_t)target - (int64_t)at - 1;
    if (distance > INT32_MAX || distance < INT32_MIN) {
        sgr_error_set(&code->builder->error, "a function is too large: a jump does not fit");
        return;
    }
    code->code.at[at].b = (uint16_t)((uint32_t)distance & 0xffff);
    code->code.at[at].c = (uint16_t)((uint32_t)distance >> 16);
}

/* ---- a function that calls itself last ---- */

enum { IN_PLACE_MAX = 16 };

/* What computes an argument, and where it comes from. */
struct argument {
    struct sgr_instruction i;
    struct sgr_place_row place;
};

/* Whether it makes one register of others, and nothing else. */
static bool is_simple(struct sgr_instruction i)
{
    switch (i.op) {
    case SGR_OPCODE(MOVE):
    case SGR_OPCODE(LOAD):
    case SGR_OPCODE(LOAD_INT):
    case SGR_OPCODE(LOAD_BOOL):
    case SGR_OPCODE(LOAD_ABSENT):
    case SGR_OPCODE(ADD):
    case SGR_OPCODE(ADD_INT):
    case SGR_OPCODE(SUB):
    case SGR_OPCODE(SUB_INT):
    case SGR_OPCODE(MUL):
    case SGR_OPCODE(FIELD):
    case SGR_OPCODE(INDEX):
        return true;
    default:
        return false;
    }
}

static bool reads(struct sgr_instruction i, unsigned reg)
{
    const char *format = sgr_ops[i.op].format;
    return format[1] == 's' && (i.b == reg || (format[2] == 's' && i.c == reg));
}

/* False where an argument takes more than one simple instruction. */
static bool take_arguments(const struct sgr_code *code, size_t begin, unsigned base, unsigned count,
                           struct argument *args)
{
    if (count > IN_PLACE_MAX || code->code.len - begin != count) {
        return false;
    }
    struct sgr_function so_far = {.places = code->places.at,
                                  .place_count = (uint32_t)code->places.len};
    for (unsigned k = 0; k < count; k++) {
        args[k] = (struct argument){code->code.at[begin + k],
                                    sgr_function_place(&so_far, (uint32_t)begin + k)};
        if (!is_simple(args[k].i) || args[k].i.a != base + k) {
            return false;
        }
    }
    return true;
}

static bool is_read(const struct argument *args, unsigned count, unsigned left, unsigned reg)
{
    for (unsigned k = 0; k < count; k++) {
        if (k != reg && (left & 1u << k) != 0 && reads(args[k].i, reg)) {
            return true;
        }
    }
    return false;
}

/* The arguments in an order in which each may take its parameter's register: no later one reads
 * what is there. False where there is none, as when two are exchanged. */
static bool order_in_place(const struct argument *args, unsigned count, unsigned *order)
{
    unsigned left = (1u << count) - 1;
    for (unsigned done = 0; done < count; done++) {
        unsigned next = 0;
        while (next < count && ((left & 1u << next) == 0 || is_read(args, count, left, next))) {
            next++;
        }
        if (next == count) {
            return false;
        }
        order[done] = next;
        left &= ~(1u << next);
    }
    return true;
}

static void cut(struct sgr_code *code, size_t begin)
{
    code->code.len = begin;
    while (code->places.len > 0 && code->places.at[code->places.len - 1].pc >= begin) {
        code->places.len--;
    }
}

void sgr_code_again(struct sgr_code *code, size_t begin, unsigned base, unsigned count)
{
    struct argument args[IN_PLACE_MAX];
    unsigned order[IN_PLACE_MAX];
    if (!take_arguments(code, begin, base, count, args) || !order_in_place(args, count, order)) {
        sgr_code_emit(code, SGR_OPCODE(AGAIN), 0, base, count);
        return;
    }
    struct sgr_place_row place = code->place;
    cut(code, begin);
    for (unsigned k = 0; k < count; k++) {
        struct sgr_instruction i = args[order[k]].i;
        if (i.op != SGR_OPCODE(MOVE) || i.b != order[k]) {
            code->place = args[order[k]].place;
            sgr_code_emit(code, (enum sgr_op)i.op, order[k], i.b, i.c);
        }
    }
    code->place = place;
    sgr_code_emit(code, SGR_OPCODE(AGAIN), 0, 0, 0);
}

void sgr_code_end(struct sgr_code *code)
{
    struct sgr_program *program = code->builder->program;
    struct sgr_function *function = &program->functions.at[code->function];
    if (code->registers > SGR_REGISTERS_MAX) {
        sgr_error_set(&code->builder->error, "function %.*s needs %u registers; the limit is %d",
                      SGR_FMT(function->name), code->registers, SGR_REGISTERS_MAX);
    }
    function->registers = code->registers;
    function->count = (uint32_t)code->code.len;
    function->code = SGR_NEW_ARRAY(program->arena, struct sgr_instruction, code->code.len);
    memcpy(function->code, code->code.at, code->code.len * sizeof *function->code);
    function->place_count = (uint32_t)code->places.len;
    function->places = SGR_NEW_ARRAY(program->arena, struct sgr_place_row, code->places.len);
    memcpy(function->places, code->places.at, code->places.len * sizeof *function->places);
    sgr_vec_release(&code->code);
    sgr_vec_release(&code->places);
    free(code);
}

struct sgr_program *sgr_builder_finish(struct sgr_builder *builder, struct sgr_error *error)
{
    struct sgr_program *program = builder->program;
    bool ok = builder->error.text == NULL;
    if (!ok) {
        sgr_error_set(error, "%s", builder->error.text);
    } else {
        sgr_program_index(program);
        ok = sgr_program_verify(program, error);
    }
    if (!ok) {
        sgr_program_unref(program);
        program = NULL;
    }
    release(builder);
    return program;
}
