/* Functions under construction: registers, instructions, places and closures. Never emits an
 * operand that does not fit: what passes a limit is reported once and the rest of the code is
 * dropped. */
#include "compiler/gen_private.h"

#include <stdlib.h>

enum { COLUMN_BYTES_MAX = 4096 }; /* beyond, columns count bytes: places must stay cheap */

void sgr_gen_limit(struct sgr_gen *gen, sgr_span span, const char *what)
{
    if (!gen->failed) {
        span = span.file != 0 ? span : gen->at;
        struct sgr_diag *diag =
            sgr_diag(gen->diags, SGR_E0501, span, "this is too large: %s", what);
        sgr_diag_help(gen->diags, diag, "split it into several declarations");
    }
    gen->failed = true;
}

static void fn_init(struct sgr_gen_fn *f, struct sgr_gen *gen, uint32_t index, sgr_str name,
                    unsigned params)
{
    *f = (struct sgr_gen_fn){.gen = gen, .index = index, .name = name, .top = params};
    f->self = -1;
    f->keep = -1;
    f->memory = -1;
    f->code = sgr_code_begin(gen->builder, index);
}

void sgr_gen_fn_begin(struct sgr_gen_fn *f, struct sgr_gen *gen, uint32_t index, sgr_str name,
                      unsigned params)
{
    fn_init(f, gen, index, name, params);
}

void sgr_gen_fn_end(struct sgr_gen_fn *f)
{
    if (f->gen->failed) {
        sgr_code_emit(f->code, SGR_OPCODE(RETURN), 0, 0, 0); /* what is thrown away must end, too */
    }
    sgr_code_end(f->code);
    sgr_vec_release(&f->locals);
    free(f->slots);
}

void sgr_gen_inner_begin(struct sgr_gen_fn *f, struct sgr_gen_fn *outer, const char *suffix,
                         unsigned params, bool self, struct sgr_gen_free *taken)
{
    struct sgr_gen *gen = outer->gen;
    bool numbered =
        strcmp(suffix, "fn") == 0 || strcmp(suffix, "fiber") == 0 || strcmp(suffix, "test") == 0;
    if (self || outer->self < 0) {
        taken->self = false;
    }
    sgr_str name = sgr_arena_printf(gen->arena, "%.*s.%s", SGR_FMT(outer->name), suffix);
    if (numbered) {
        name = sgr_arena_printf(gen->arena, "%.*s%u", SGR_FMT(name), ++outer->serial);
    }
    size_t captures = taken->locals.len + (taken->self ? 1 : 0);
    if (params > SGR_GEN_REGISTERS_MAX || captures > SGR_GEN_REGISTERS_MAX) {
        sgr_gen_limit(gen, (sgr_span){0, 0, 0}, "a function takes too many values from around it");
        params = 0;
        captures = 0;
    }
    uint32_t index = sgr_builder_function(gen->builder, name, (uint16_t)params, (uint16_t)captures);
    fn_init(f, gen, index, name, params);
    f->hidden = outer->hidden;
    if (self) {
        f->self = 0;
    }
    unsigned from = 0;
    if (taken->self) {
        f->self = (int)sgr_gen_reg(f);
        SGR_EMIT(f, UPVALUE, (unsigned)f->self, from++, 0);
    }
    for (size_t i = 0; i < taken->locals.len; i++) {
        unsigned reg = sgr_gen_reg(f);
        SGR_EMIT(f, UPVALUE, reg, from++, 0);
        sgr_gen_bind(f, taken->locals.at[i], reg);
    }
}

void sgr_gen_inner_end(struct sgr_gen_fn *f, struct sgr_gen_fn *outer, struct sgr_gen_free *taken,
                       unsigned dst)
{
    uint32_t index = f->index;
    sgr_gen_fn_end(f);
    unsigned mark = outer->top;
    unsigned count = (unsigned)taken->locals.len + (taken->self ? 1 : 0);
    unsigned window = dst;
    if (count == 1) {
        window = (unsigned)(taken->self ? outer->self : sgr_gen_find(outer, taken->locals.at[0]));
    } else if (count > 1) {
        window = sgr_gen_regs(outer, count);
        unsigned to = window;
        if (taken->self) {
            sgr_gen_move(outer, to++, (unsigned)outer->self);
        }
        for (size_t i = 0; i < taken->locals.len; i++) {
            sgr_gen_move(outer, to++, (unsigned)sgr_gen_find(outer, taken->locals.at[i]));
        }
    }
    SGR_EMIT(outer, CLOSURE, dst, index, window);
    outer->top = mark;
    sgr_vec_release(&taken->locals);
}

size_t sgr_gen_emit(struct sgr_gen_fn *f, enum sgr_op op, unsigned a, unsigned b, unsigned c)
{
    if (a > SGR_GEN_WIDE || b > SGR_GEN_WIDE || c > SGR_GEN_WIDE) {
        sgr_gen_limit(f->gen, (sgr_span){0, 0, 0},
                      "more than 65,536 functions or values in one program");
    }
    if (f->gen->failed) {
        return 0;
    }
    return sgr_code_emit(f->code, op, a, b, c);
}

size_t sgr_gen_emit_wide(struct sgr_gen_fn *f, enum sgr_op op, unsigned a, int64_t bx)
{
    if (a > SGR_GEN_WIDE || bx > INT32_MAX || bx < INT32_MIN) {
        sgr_gen_limit(f->gen, (sgr_span){0, 0, 0}, "more than 65,536 registers in one function");
    }
    if (f->gen->failed) {
        return 0;
    }
    return sgr_code_emit_wide(f->code, op, a, (int32_t)bx);
}

size_t sgr_gen_jump(struct sgr_gen_fn *f, enum sgr_op op, unsigned a)
{
    return sgr_gen_emit_wide(f, op, a, 0);
}

void sgr_gen_land(struct sgr_gen_fn *f, size_t jump)
{
    if (!f->gen->failed) {
        sgr_code_patch(f->code, jump, sgr_code_here(f->code));
    }
}

void sgr_gen_jump_back(struct sgr_gen_fn *f, size_t target)
{
    size_t at = SGR_EMIT_WIDE(f, JUMP, 0, 0);
    if (!f->gen->failed) {
        sgr_code_patch(f->code, at, target);
    }
}

unsigned sgr_gen_regs(struct sgr_gen_fn *f, unsigned count)
{
    unsigned reg = f->top;
    if (count > SGR_GEN_REGISTERS_MAX || reg > SGR_GEN_REGISTERS_MAX - count) {
        sgr_gen_limit(f->gen, (sgr_span){0, 0, 0}, "a function needs more than 60,000 registers");
        return 0;
    }
    f->top += count;
    return reg;
}

unsigned sgr_gen_reg(struct sgr_gen_fn *f)
{
    return sgr_gen_regs(f, 1);
}

static uint32_t *slot_of(const struct sgr_gen_fn *f, sgr_span at)
{
    return &f->slots[(at.lo * 2654435761u + at.file) >> 15 & (f->slot_count - 1)];
}

static void enter(struct sgr_gen_fn *f, size_t index)
{
    struct sgr_gen_local *local = &f->locals.at[index];
    uint32_t *slot = slot_of(f, local->at);
    local->below = *slot;
    *slot = (uint32_t)index + 1;
}

static void grow_slots(struct sgr_gen_fn *f)
{
    free(f->slots);
    f->slot_count = f->slot_count == 0 ? 8 : f->slot_count * 2;
    f->slots = sgr_calloc(f->slot_count, sizeof *f->slots);
    for (size_t i = 0; i < f->locals.len; i++) {
        enter(f, i);
    }
}

void sgr_gen_bind(struct sgr_gen_fn *f, sgr_span at, unsigned reg)
{
    if (at.file == 0) {
        return;
    }
    if (f->locals.len == f->slot_count) {
        grow_slots(f);
    }
    sgr_vec_push(&f->locals, (struct sgr_gen_local){.at = at, .reg = reg});
    enter(f, f->locals.len - 1);
}

void sgr_gen_unbind(struct sgr_gen_fn *f, size_t keep)
{
    while (f->locals.len > keep) {
        const struct sgr_gen_local *local = &sgr_vec_pop(&f->locals);
        *slot_of(f, local->at) = local->below;
    }
}

int sgr_gen_find(const struct sgr_gen_fn *f, sgr_span at)
{
    uint32_t next = at.file == 0 || f->slot_count == 0 ? 0 : *slot_of(f, at);
    while (next > 0) {
        const struct sgr_gen_local *local = &f->locals.at[next - 1];
        if (local->at.lo == at.lo && local->at.file == at.file) {
            return (int)local->reg;
        }
        next = local->below;
    }
    return -1;
}

/* ---- places ---- */

static uint32_t line_index(struct sgr_source *source, uint32_t offset)
{
    if (source->lines == NULL) {
        (void)sgr_source_position(source, 0);
    }
    size_t lo = 0, hi = source->line_count;
    while (lo + 1 < hi) {
        size_t middle = lo + (hi - lo) / 2;
        if (source->lines[middle] <= offset) {
            lo = middle;
        } else {
            hi = middle;
        }
    }
    return (uint32_t)lo;
}

static uint32_t builder_file(struct sgr_gen *gen, uint32_t file)
{
    while (gen->files.len <= file) {
        sgr_vec_push(&gen->files, 0);
    }
    if (gen->files.at[file] == 0) {
        struct sgr_source *source = sgr_sources_get(gen->diags->sources, file);
        gen->files.at[file] = sgr_builder_file(gen->builder, source->path) + 1;
    }
    return gen->files.at[file] - 1;
}

void sgr_gen_place(struct sgr_gen_fn *f, sgr_span span)
{
    if (span.file == 0 || f->hidden > 0 || f->gen->failed) {
        return;
    }
    f->gen->at = span;
    struct sgr_source *source = sgr_sources_get(f->gen->diags->sources, span.file);
    uint32_t line = line_index(source, span.lo);
    uint32_t start = source->line_count > 0 ? source->lines[line] : 0;
    uint32_t column = 1;
    if (span.lo - start > COLUMN_BYTES_MAX) {
        column += span.lo - start;
    } else {
        for (uint32_t i = start; i < span.lo; i++) {
            column += ((unsigned char)source->text.ptr[i] & 0xc0) != 0x80 ? 1 : 0;
        }
    }
    sgr_code_place(f->code, builder_file(f->gen, span.file), line + 1, column);
}

uint32_t sgr_gen_line(struct sgr_gen *gen, sgr_span span)
{
    if (span.file == 0) {
        return 0;
    }
    return line_index(sgr_sources_get(gen->diags->sources, span.file), span.lo) + 1;
}

/* ---- values ---- */

void sgr_gen_load(struct sgr_gen_fn *f, unsigned dst, sgr_value value)
{
    if (value.tag == SGR_ABSENT) {
        SGR_EMIT(f, LOAD_ABSENT, dst, 0, 0);
    } else if (value.tag == SGR_INT && value.as.i >= INT32_MIN && value.as.i <= INT32_MAX) {
        SGR_EMIT_WIDE(f, LOAD_INT, dst, value.as.i);
    } else if (value.tag == SGR_BOOL) {
        SGR_EMIT_WIDE(f, LOAD_BOOL, dst, value.as.i);
    } else {
        SGR_EMIT_WIDE(f, LOAD, dst, sgr_builder_constant(f->gen->builder, value));
    }
}

void sgr_gen_load_str(struct sgr_gen_fn *f, unsigned dst, sgr_str text)
{
    SGR_EMIT_WIDE(f, LOAD, dst, sgr_builder_string(f->gen->builder, text));
}

void sgr_gen_move(struct sgr_gen_fn *f, unsigned dst, unsigned src)
{
    if (dst != src) {
        SGR_EMIT(f, MOVE, dst, src, 0);
    }
}

void sgr_gen_field(struct sgr_gen_fn *f, unsigned dst, unsigned object, sgr_str key, bool optional)
{
    uint32_t constant = sgr_builder_string(f->gen->builder, key);
    unsigned mark = f->top;
    if (constant <= SGR_GEN_WIDE) {
        sgr_gen_emit(f, optional ? SGR_OPCODE(FIELD_OPT) : SGR_OPCODE(FIELD), dst, object,
                     constant);
    } else {
        unsigned name = sgr_gen_reg(f);
        SGR_EMIT_WIDE(f, LOAD, name, constant);
        sgr_gen_emit(f, optional ? SGR_OPCODE(INDEX_OPT) : SGR_OPCODE(INDEX), dst, object, name);
    }
    f->top = mark;
}

/* ---- bits of text ---- */

sgr_str sgr_gen_dashed(struct sgr_gen *gen, sgr_str name)
{
    char *text = sgr_arena_cstr(gen->arena, name);
    for (size_t i = 0; i < name.len; i++) {
        text[i] = text[i] == '_' ? '-' : text[i];
    }
    return (sgr_str){text, name.len};
}

sgr_str sgr_gen_text(struct sgr_gen *gen, const struct sgr_expr *expr)
{
    struct sgr_buf buf;
    sgr_buf_init(&buf, 1 << 16);
    sgr_print_expr(expr, &buf);
    sgr_str text = sgr_arena_str(gen->arena, sgr_buf_str(&buf));
    sgr_buf_release(&buf);
    return text;
}

sgr_str sgr_gen_module_name(const struct sgr_module *module)
{
    return module->is_main ? SGR_STR("main") : module->path;
}

sgr_str sgr_gen_qualified(struct sgr_gen *gen, const struct sgr_module *module, sgr_str name)
{
    sgr_str parts[] = {sgr_gen_module_name(module), SGR_STR(":"), name};
    return sgr_arena_join(gen->arena, parts, 3);
}
