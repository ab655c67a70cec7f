/* The listing of a program: functions with their instructions, and the source lines they came from.
 */
#include "vm/image.h"

struct lister {
    const struct sgr_program *program;
    sgr_line_fn line_text;
    void *context;
    struct sgr_buf *out;
};

static void print_constant(struct lister *l, uint32_t index, bool shape)
{
    sgr_value value = l->program->constants.at[index];
    if (shape) {
        sgr_buf_byte(l->out, '{');
        for (size_t i = 0; i < sgr_count_of(value); i++) {
            sgr_buf_printf(l->out, "%s%.*s", i > 0 ? " " : "", SGR_FMT(sgr_key(value, i)));
        }
        sgr_buf_byte(l->out, '}');
    } else if (value.tag == SGR_STRING) {
        sgr_buf_json(l->out, sgr_string_of(value));
    } else {
        sgr_value_print(value, l->out);
    }
}

static void print_operand(struct lister *l, struct sgr_instruction i, uint32_t pc, char letter,
                          int64_t value)
{
    const struct sgr_program *p = l->program;
    struct sgr_buf *out = l->out;
    switch (letter) {
    case '-':
        return;
    case 'r':
    case 's':
        sgr_buf_printf(out, " r%lld", (long long)value);
        return;
    case 'k':
        sgr_buf_byte(out, ' ');
        print_constant(l, (uint32_t)value, i.op == SGR_OPCODE(RECORD));
        return;
    case 'f':
        sgr_buf_printf(out, " %.*s", SGR_FMT(p->functions.at[value].name));
        return;
    case 'g':
        sgr_buf_printf(out, " @%.*s", SGR_FMT(p->globals.at[value].name));
        return;
    case 'h':
        sgr_buf_printf(out, " %.*s", SGR_FMT(p->imports.at[value].name));
        return;
    case 'e':
        sgr_buf_printf(out, " effect.%s", sgr_effects[value].word);
        return;
    case 't':
        sgr_buf_printf(out, " %s", sgr_tag_name((enum sgr_tag)value));
        return;
    case 'j':
        sgr_buf_printf(out, " -> %lld", (long long)pc + 1 + value);
        return;
    case 'w':
        sgr_buf_printf(out, " x%lld", (long long)value);
        return;
    case 'm':
        sgr_buf_printf(out, " %d", (int16_t)value);
        return;
    case 'o':
        sgr_buf_cstr(out, value != 0 ? " true" : " false");
        return;
    default:
        sgr_buf_printf(out, " %lld", (long long)value);
    }
}

static void print_instruction(struct lister *l, struct sgr_instruction i, uint32_t pc)
{
    const char *format = sgr_ops[i.op].format;
    bool wide = format[2] == '\0';
    sgr_buf_printf(l->out, "  %4u  %s", pc, sgr_ops[i.op].name);
    sgr_buf_fill(l->out, ' ',
                 strlen(sgr_ops[i.op].name) < 15 ? 15 - strlen(sgr_ops[i.op].name) : 0);
    print_operand(l, i, pc, format[0], i.a);
    print_operand(l, i, pc, format[1], wide ? sgr_bx(i) : i.b);
    if (!wide) {
        print_operand(l, i, pc, format[2], i.c);
    }
    sgr_buf_byte(l->out, '\n');
}

static void print_function(struct lister *l, uint32_t index)
{
    const struct sgr_function *f = &l->program->functions.at[index];
    uint32_t last_line = 0, last_file = UINT32_MAX;
    sgr_buf_printf(l->out, "function %.*s: %u parameters, %u captured, %u registers\n",
                   SGR_FMT(f->name), f->params, f->captures, f->registers);
    for (uint32_t pc = 0; pc < f->count; pc++) {
        struct sgr_place_row place = sgr_function_place(f, pc);
        if (place.line != 0 && (place.line != last_line || place.file != last_file)) {
            sgr_str file = l->program->files.at[place.file];
            sgr_str text = l->line_text ? l->line_text(l->context, file, place.line) : (sgr_str){0};
            sgr_buf_printf(l->out, "%.*s:%u:%s%.*s\n", SGR_FMT(file), place.line,
                           text.len ? " " : "", SGR_FMT(text));
            last_line = place.line;
            last_file = place.file;
        }
        print_instruction(l, f->code[pc], pc);
    }
    sgr_buf_byte(l->out, '\n');
}

/* Where the first instruction with a place comes from. */
static bool is_std(const struct sgr_program *program, const struct sgr_function *function)
{
    uint32_t i = 0;
    while (i < function->place_count && function->places[i].line == 0) {
        i++;
    }
    return i < function->place_count &&
           sgr_str_starts_with(program->files.at[function->places[i].file], SGR_STR("std/"));
}

void sgr_program_disassemble(const struct sgr_program *program, bool all, sgr_line_fn line_text,
                             void *context, struct sgr_buf *out)
{
    struct lister l = {program, line_text, context, out};
    for (uint32_t i = 0; i < program->functions.len; i++) {
        if (all || !is_std(program, &program->functions.at[i])) {
            print_function(&l, i);
        }
    }
}
