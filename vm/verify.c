/* The verifier: one pass over each function, before anything runs. What it lets through can fail,
 * but never read a register, constant, function or instruction that is not there. Kinds of values
 * are looked at when they are used. */
#include "vm/image.h"

struct checker {
    const struct sgr_program *program;
    const struct sgr_function *function;
    uint32_t pc;
    struct sgr_error *error;
};

static bool refuse(const struct checker *c, const char *what)
{
    return sgr_error_set(c->error, "damaged program: function %.*s, instruction %u: %s",
                         SGR_FMT(c->function->name), c->pc, what);
}

static bool reg(const struct checker *c, uint64_t index)
{
    return index < c->function->registers || refuse(c, "no such register");
}

static bool window(const struct checker *c, uint64_t from, uint64_t count)
{
    return count == 0 || reg(c, from + count - 1);
}

static bool jump(const struct checker *c, int64_t distance)
{
    int64_t target = (int64_t)c->pc + 1 + distance;
    return (target >= 0 && target < (int64_t)c->function->count) ||
           refuse(c, "a jump out of the function");
}

static bool constant(const struct checker *c, int64_t index, enum sgr_op op)
{
    if (index < 0 || index >= (int64_t)c->program->constants.len) {
        return refuse(c, "no such constant");
    }
    uint32_t tag = c->program->constants.at[index].tag;
    if ((op == SGR_OPCODE(FIELD) || op == SGR_OPCODE(FIELD_OPT)) && tag != SGR_STRING) {
        return refuse(c, "a field name that is no string");
    }
    return op != SGR_OPCODE(RECORD) || tag == SGR_RECORD || refuse(c, "a shape that is none");
}

static bool called(const struct checker *c, uint32_t index, uint32_t count)
{
    if (index >= c->program->functions.len) {
        return refuse(c, "no such function");
    }
    const struct sgr_function *callee = &c->program->functions.at[index];
    return (callee->params == count && callee->captures == 0) ||
           refuse(c, "a call that does not fit its function");
}

/* One operand by its letter; `wide` operands stand in bx. */
static bool operand(const struct checker *c, struct sgr_instruction i, char letter, int64_t value)
{
    switch (letter) {
    case 'r':
    case 's':
        return reg(c, (uint64_t)value);
    case 'k':
        return constant(c, value, i.op);
    case 'f':
        return (value >= 0 && value < (int64_t)c->program->functions.len) ||
               refuse(c, "no such function");
    case 'g':
        return (value >= 0 && value < (int64_t)c->program->globals.len) ||
               refuse(c, "no such global");
    case 'u':
        return value < c->function->captures || refuse(c, "no such captured value");
    case 'h':
        return value < (int64_t)c->program->imports.len || refuse(c, "no such builtin");
    case 'e':
        return value < SGR_EFFECT_COUNT || refuse(c, "no such effect");
    case 't':
        return value < SGR_TAG_COUNT || refuse(c, "no such type");
    case 'o':
        return value <= 1 || refuse(c, "no such bool");
    case 'j':
        return jump(c, value);
    default:
        return true;
    }
}

static bool special(const struct checker *c, struct sgr_instruction i)
{
    switch (i.op) {
    case SGR_OPCODE(TEST_EQ):
    case SGR_OPCODE(TEST_LT):
    case SGR_OPCODE(TEST_LE):
    case SGR_OPCODE(TEST_EQ_INT):
    case SGR_OPCODE(TEST_LT_INT):
    case SGR_OPCODE(TEST_LE_INT):
        return jump(c, 1) && (c->function->code[c->pc + 1].op == SGR_OPCODE(JUMP) ||
                              refuse(c, "a test without its jump"));
    case SGR_OPCODE(CALL):
        return window(c, i.b + 1u, i.c);
    case SGR_OPCODE(CALL_FN):
    case SGR_OPCODE(TAIL_CALL_FN):
        return window(c, i.a, i.c) && called(c, i.b, i.c);
    case SGR_OPCODE(BUILTIN):
    case SGR_OPCODE(EFFECT):
        return window(c, i.a, i.c);
    case SGR_OPCODE(AGAIN):
    case SGR_OPCODE(CONCAT):
    case SGR_OPCODE(LIST):
    case SGR_OPCODE(PARALLEL):
        return window(c, i.b, i.c);
    case SGR_OPCODE(RECORD):
        return window(c, i.b, c->program->constants.at[i.c].as.record->shape->count);
    case SGR_OPCODE(CLOSURE):
        return window(c, i.c, c->program->functions.at[i.b].captures);
    case SGR_OPCODE(ITER):
        return reg(c, i.a + 1u);
    case SGR_OPCODE(NEXT):
        return reg(c, i.a + 3u);
    default:
        return true;
    }
}

static bool terminates(uint8_t op)
{
    return op == SGR_OPCODE(RETURN) || op == SGR_OPCODE(JUMP) || op == SGR_OPCODE(FAIL) ||
           op == SGR_OPCODE(TAIL_CALL_FN) || op == SGR_OPCODE(AGAIN) || op == SGR_OPCODE(RAISE) ||
           op == SGR_OPCODE(NO_SIGNAL);
}

static bool verify_function(struct checker *c)
{
    const struct sgr_function *function = c->function;
    c->pc = 0;
    if (function->registers > SGR_REGISTERS_MAX || function->params > function->registers) {
        return refuse(c, "more registers than allowed");
    }
    if (function->count == 0 || !terminates(function->code[function->count - 1].op)) {
        return refuse(c, "the function does not end");
    }
    for (c->pc = 0; c->pc < function->count; c->pc++) {
        struct sgr_instruction i = function->code[c->pc];
        if (i.op >= SGR_OP_COUNT_) {
            return refuse(c, "no such instruction");
        }
        const char *format = sgr_ops[i.op].format;
        bool wide = format[2] == '\0';
        if (!operand(c, i, format[0], i.a) || !operand(c, i, format[1], wide ? sgr_bx(i) : i.b) ||
            (!wide && !operand(c, i, format[2], i.c)) || !special(c, i)) {
            return false;
        }
    }
    return true;
}

static bool verify_tables(const struct sgr_program *program, struct sgr_error *error)
{
    size_t functions = program->functions.len;
    for (size_t i = 0; i < program->globals.len; i++) {
        uint32_t function = program->globals.at[i].function;
        if (function != UINT32_MAX &&
            (function >= functions || program->functions.at[function].params != 0 ||
             program->functions.at[function].captures != 0)) {
            return sgr_error_set(error, "damaged program: global %zu has no function", i);
        }
    }
    for (size_t i = 0; i < program->params.len; i++) {
        const struct sgr_param_row *row = &program->params.at[i];
        bool where = row->where == UINT32_MAX ||
                     (row->where < functions && program->functions.at[row->where].params == 1 &&
                      program->functions.at[row->where].captures == 0);
        if (row->global >= program->globals.len || !where) {
            return sgr_error_set(error, "damaged program: parameter %zu", i);
        }
    }
    for (size_t i = 0; i < program->exports.len; i++) {
        const struct sgr_export *row = &program->exports.at[i];
        if (row->index >= (row->is_global ? program->globals.len : functions)) {
            return sgr_error_set(error, "damaged program: export %zu", i);
        }
    }
    return true;
}

bool sgr_program_verify(const struct sgr_program *program, struct sgr_error *error)
{
    struct checker c = {.program = program, .error = error};
    for (size_t i = 0; i < program->functions.len; i++) {
        c.function = &program->functions.at[i];
        if (!verify_function(&c)) {
            return false;
        }
    }
    return verify_tables(program, error);
}
