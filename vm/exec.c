/* The interpreter: verified instructions over the registers of a fiber, until it is done, fails, or
 * wants something of the world. It never blocks, never reads a clock, and leaves nothing on the C
 * stack. */
#include "vm/fiber.h"

#include <stdio.h>
#include <stdlib.h>

struct exec {
    struct sgr_machine *machine;
    struct sgr_fiber *fiber;
    struct sgr_heap *heap; /* where new objects go now */
    struct sgr_heap *own;  /* the fiber's */
    struct sgr_failure failure;
};

void sgr_fiber_init(struct sgr_fiber *fiber, uint32_t id, uint32_t parent)
{
    *fiber = (struct sgr_fiber){.id = id, .parent = parent};
}

void sgr_fiber_release(struct sgr_fiber *fiber)
{
    free(fiber->stack);
    sgr_vec_release(&fiber->frames);
    sgr_vec_release(&fiber->handlers);
    sgr_failure_release(&fiber->failure);
    fiber->stack = NULL;
    fiber->stack_cap = 0;
}

uint32_t sgr_fiber_top(const struct sgr_machine *machine, const struct sgr_fiber *fiber)
{
    if (fiber->frames.len == 0) {
        return 0;
    }
    const struct sgr_frame *frame = &fiber->frames.at[fiber->frames.len - 1];
    return frame->base + machine->program->functions.at[frame->function].registers;
}

void sgr_fiber_place(const struct sgr_machine *machine, const struct sgr_fiber *fiber,
                     struct sgr_buf *out)
{
    for (size_t i = fiber->frames.len; i > 0; i--) {
        const struct sgr_frame *frame = &fiber->frames.at[i - 1];
        const struct sgr_function *f = &machine->program->functions.at[frame->function];
        struct sgr_place_row place = sgr_function_place(f, frame->pc > 0 ? frame->pc - 1 : 0);
        sgr_str file = place.line ? machine->program->files.at[place.file] : (sgr_str){0};
        if (place.line != 0 && !sgr_str_starts_with(file, SGR_STR("std/"))) {
            sgr_buf_printf(out, " (%.*s:%u)", SGR_FMT(file), place.line);
            return;
        }
    }
}

static bool grow_stack(struct exec *x, uint32_t need)
{
    struct sgr_fiber *fiber = x->fiber;
    if (need > x->machine->limits.stack) {
        return sgr_fail(&x->failure, "limit", "the stack passed %u registers",
                        x->machine->limits.stack);
    }
    uint32_t cap = fiber->stack_cap ? fiber->stack_cap : 64;
    while (cap < need) {
        cap *= 2;
    }
    fiber->stack = sgr_realloc(fiber->stack, cap * sizeof *fiber->stack);
    memset(fiber->stack + fiber->stack_cap, 0, (cap - fiber->stack_cap) * sizeof *fiber->stack);
    fiber->stack_cap = cap;
    return true;
}

/* A frame whose first `params` registers already stand at `base`. */
static bool push_frame(struct exec *x, uint32_t function, uint32_t base, uint32_t result,
                       sgr_value closure)
{
    const struct sgr_function *f = &x->machine->program->functions.at[function];
    struct sgr_fiber *fiber = x->fiber;
    if (fiber->frames.len >= x->machine->limits.depth) {
        return sgr_fail(&x->failure, "limit",
                        "calls are nested more than %u deep; is the recursion without end?",
                        x->machine->limits.depth);
    }
    if (base + f->registers > fiber->stack_cap && !grow_stack(x, base + f->registers)) {
        return false;
    }
    for (uint32_t i = f->params; i < f->registers; i++) {
        fiber->stack[base + i] = sgr_absent();
    }
    sgr_vec_push(&fiber->frames, (struct sgr_frame){
                                     .function = function,
                                     .base = base,
                                     .result = result,
                                     .global = SGR_NO_GLOBAL,
                                     .closure = closure,
                                 });
    return true;
}

bool sgr_fiber_start(struct sgr_machine *machine, struct sgr_fiber *fiber, uint32_t function,
                     sgr_value closure, const sgr_value *args, size_t count)
{
    struct exec x = {.machine = machine, .fiber = fiber};
    const struct sgr_function *f = &machine->program->functions.at[function];
    fiber->fuel = machine->limits.fuel;
    if (f->params != count) {
        sgr_fail(&fiber->failure, "call", "%.*s takes %u arguments, not %zu", SGR_FMT(f->name),
                 f->params, count);
        return false;
    }
    if (f->captures > 0 &&
        (closure.tag != SGR_FUNCTION || closure.as.closure->count < f->captures)) {
        sgr_fail(&fiber->failure, "call", "%.*s needs what it captured", SGR_FMT(f->name));
        return false;
    }
    if (!push_frame(&x, function, 0, 0, closure)) {
        fiber->failure = x.failure;
        return false;
    }
    if (count > 0) {
        memcpy(fiber->stack, args, count * sizeof *args);
    }
    return true;
}

void sgr_fiber_answer(struct sgr_fiber *fiber, sgr_value value)
{
    fiber->stack[fiber->target] = value;
}

/* ---- failing ---- */

static sgr_value failure_record(struct sgr_heap *heap, const struct sgr_failure *failure)
{
    struct sgr_record_builder record;
    sgr_record_begin(&record, heap);
    sgr_record_set(&record, SGR_STR("kind"), sgr_string(heap, sgr_str_from(failure->kind)));
    sgr_record_set(&record, SGR_STR("text"),
                   sgr_string(heap, sgr_str_from(failure->text ? failure->text : "")));
    return sgr_record_end(&record);
}

/* Drops frames down to `keep`; a global that one of them was making is not made. */
static void drop_frames(struct sgr_machine *machine, struct sgr_fiber *fiber, size_t keep)
{
    while (fiber->frames.len > keep) {
        uint32_t global = fiber->frames.at[--fiber->frames.len].global;
        if (global != SGR_NO_GLOBAL) {
            machine->states[global] = 0;
        }
    }
}

bool sgr_fiber_fail(struct sgr_machine *machine, struct sgr_fiber *fiber, struct sgr_heap *heap,
                    struct sgr_failure *failure, size_t handlers)
{
    if (fiber->handlers.len > handlers) {
        fiber->handlers.len = handlers;
    }
    while (fiber->handlers.len > 0) {
        struct sgr_handler handler = sgr_vec_pop(&fiber->handlers);
        if (handler.is_within) {
            continue;
        }
        drop_frames(machine, fiber, handler.frame);
        struct sgr_frame *frame = &fiber->frames.at[fiber->frames.len - 1];
        frame->pc = handler.pc;
        fiber->stack[frame->base + handler.reg] = failure_record(heap, failure);
        sgr_failure_release(failure);
        fiber->fuel = machine->limits.fuel;
        return true;
    }
    drop_frames(machine, fiber, 0);
    sgr_failure_release(&fiber->failure);
    fiber->failure = *failure;
    *failure = (struct sgr_failure){0};
    return false;
}

/* Says where it failed, once: at the innermost place that is the user's. */
static void add_place(struct exec *x)
{
    struct sgr_buf text;
    if (strcmp(x->failure.kind, "no_signal") == 0 || strcmp(x->failure.kind, "failed") == 0) {
        return;
    }
    sgr_buf_init(&text, 1 << 20);
    sgr_buf_cstr(&text, x->failure.text ? x->failure.text : "");
    if (strchr(text.ptr, '(') == NULL || strstr(text.ptr, ".sgr:") == NULL) {
        sgr_fiber_place(x->machine, x->fiber, &text);
    }
    free(x->failure.text);
    x->failure.text = sgr_buf_take(&text);
}

/* ---- fields and items ---- */

static bool missing_field(struct exec *x, sgr_value object, sgr_str key)
{
    if (object.tag == SGR_ABSENT || object.tag == SGR_RECORD) {
        return sgr_fail(&x->failure, "missing", "field `%.*s` is missing", SGR_FMT(key));
    }
    return sgr_fail(&x->failure, "type", "a %s has no field `%.*s`", sgr_tag_name(object.tag),
                    SGR_FMT(key));
}

static bool get_field(struct exec *x, sgr_value object, sgr_value key, bool optional,
                      sgr_value *out)
{
    if (object.tag == SGR_RECORD) {
        const struct sgr_string_object *k = key.as.string;
        uint32_t at = sgr_shape_find(object.as.record->shape, k->bytes, k->len, k->hash);
        if (at != UINT32_MAX) {
            *out = object.as.record->values[at];
            if (out->tag != SGR_ABSENT) {
                return true;
            }
        }
    }
    *out = sgr_absent();
    return optional || missing_field(x, object, sgr_string_of(key));
}

static bool get_index(struct exec *x, sgr_value object, sgr_value key, bool optional,
                      sgr_value *out)
{
    if (object.tag == SGR_LIST && key.tag == SGR_INT) {
        if (key.as.i >= 0 && (uint64_t)key.as.i < object.as.list->count) {
            *out = object.as.list->items[key.as.i];
            return true;
        }
        *out = sgr_absent();
        return optional || sgr_fail(&x->failure, "missing", "item %lld of a list of %zu",
                                    (long long)key.as.i, object.as.list->count);
    }
    if (key.tag == SGR_STRING && (object.tag == SGR_RECORD || object.tag == SGR_ABSENT)) {
        return get_field(x, object, key, optional, out);
    }
    *out = sgr_absent();
    return (optional && (object.tag == SGR_ABSENT || key.tag == SGR_ABSENT)) ||
           sgr_fail(&x->failure, "type", "a %s cannot be asked for a %s", sgr_tag_name(object.tag),
                    sgr_tag_name(key.tag));
}

static bool make_record(struct exec *x, sgr_value shape, const sgr_value *values, sgr_value *out)
{
    const struct sgr_shape *keys = shape.as.record->shape;
    for (uint32_t i = 0; i < keys->count; i++) {
        if (values[i].tag == SGR_ABSENT) {
            sgr_value builder = sgr_builder_value(x->heap, true);
            for (uint32_t k = 0; k < keys->count; k++) {
                sgr_builder_set(x->heap, builder, sgr_key_value(shape, k), values[k]);
            }
            *out = sgr_builder_close(x->heap, builder);
            return true;
        }
    }
    *out = sgr_record_of_shape(x->heap, keys, values);
    return true;
}

static sgr_value concat(struct exec *x, const sgr_value *values, uint32_t count)
{
    struct sgr_buf text;
    sgr_buf_init(&text, SIZE_MAX / 4);
    for (uint32_t i = 0; i < count; i++) {
        sgr_value_print(values[i], &text);
    }
    sgr_value out = sgr_string(x->heap, sgr_buf_str(&text));
    sgr_buf_release(&text);
    return out;
}

/* ---- loops ---- */

static bool iterate(struct exec *x, sgr_value source, sgr_value *iterator)
{
    bool range = source.tag == SGR_RANGE && source.as.range->from.tag == SGR_INT;
    if (source.tag != SGR_LIST && source.tag != SGR_RECORD && !range) {
        return sgr_fail(&x->failure, "type", "cannot loop over a %s", sgr_tag_name(source.tag));
    }
    iterator[0] = source;
    iterator[1] = range ? source.as.range->from : sgr_int(0);
    return true;
}

/* False at the end. */
static bool next(sgr_value *iterator)
{
    sgr_value source = iterator[0];
    int64_t at = iterator[1].as.i;
    if (iterator[1].tag != SGR_INT || at < INT64_MIN + 1) {
        return false;
    }
    iterator[2] = sgr_int(at);
    if (source.tag == SGR_RANGE) {
        if (at > source.as.range->to.as.i || source.as.range->to.tag != SGR_INT) {
            return false;
        }
        iterator[3] = sgr_int(at);
    } else if (source.tag == SGR_LIST) {
        if (at < 0 || (uint64_t)at >= source.as.list->count) {
            return false;
        }
        iterator[3] = source.as.list->items[at];
    } else if (source.tag == SGR_RECORD) {
        if (at < 0 || (uint64_t)at >= source.as.record->shape->count) {
            return false;
        }
        iterator[2] = sgr_key_value(source, (size_t)at);
        iterator[3] = source.as.record->values[at];
    } else {
        return false;
    }
    iterator[1] = at == INT64_MAX ? sgr_absent() : sgr_int(at + 1);
    return true;
}

/* ---- calls ---- */

static bool burn(struct exec *x, uint64_t amount)
{
    if (x->fiber->fuel < amount) {
        return sgr_fail(&x->failure, "limit",
                        "more than %llu instructions without an effect; is a loop without end?",
                        (unsigned long long)x->machine->limits.fuel);
    }
    x->fiber->fuel -= amount;
    if (sgr_heap_exhausted(x->heap)) {
        return sgr_fail(&x->failure, "limit", "the values take more than %zu MiB",
                        x->machine->limits.memory >> 20);
    }
    return true;
}

static bool call_value(struct exec *x, sgr_value callee, uint32_t base, uint32_t count,
                       uint32_t result)
{
    if (callee.tag != SGR_FUNCTION) {
        return sgr_fail(&x->failure, "type", "cannot call a %s", sgr_tag_name(callee.tag));
    }
    const struct sgr_function *f = &x->machine->program->functions.at[callee.as.closure->function];
    if (f->params != count || callee.as.closure->count < f->captures) {
        return sgr_fail(&x->failure, "call", "%.*s takes %u arguments, not %u", SGR_FMT(f->name),
                        f->params, count);
    }
    return push_frame(x, callee.as.closure->function, base, result, callee);
}

static bool call_builtin(struct exec *x, uint32_t import, sgr_value *args, uint32_t count)
{
    const struct sgr_builtin *builtin = x->machine->program->imports.at[import].builtin;
    sgr_value out = sgr_absent();
    bool ok = builtin->call(x->heap, args, count, &out, &x->failure);
    if (ok) {
        args[0] = out;
    }
    return ok;
}

/* Reads a global, or starts to make it: then the instruction runs again when it is there. */
static bool global(struct exec *x, uint32_t index, struct sgr_frame *frame, sgr_value *out)
{
    struct sgr_machine *machine = x->machine;
    if (machine->states[index] == 2) {
        *out = machine->globals[index];
        return true;
    }
    const struct sgr_global *row = &machine->program->globals.at[index];
    if (machine->states[index] == 1) {
        return sgr_fail(&x->failure, "cycle", "`%.*s` needs itself", SGR_FMT(row->name));
    }
    if (row->function == UINT32_MAX) {
        return sgr_fail(&x->failure, "param", "parameter `%.*s` has no value", SGR_FMT(row->name));
    }
    frame->pc--;
    uint32_t base = sgr_fiber_top(machine, x->fiber);
    if (!push_frame(x, row->function, base, 0, sgr_absent())) {
        return false;
    }
    machine->states[index] = 1;
    x->fiber->frames.at[x->fiber->frames.len - 1].global = index;
    x->heap = machine->heap;
    return true;
}

/* Gives the result to the caller; false when there is none left. */
static bool give_back(struct exec *x, sgr_value value)
{
    struct sgr_fiber *fiber = x->fiber;
    struct sgr_frame frame = sgr_vec_pop(&fiber->frames);
    if (frame.global != SGR_NO_GLOBAL) {
        x->machine->globals[frame.global] = value;
        x->machine->states[frame.global] = 2;
        x->heap = x->own;
        for (size_t i = fiber->frames.len; i > 0 && x->heap == x->own; i--) {
            x->heap = fiber->frames.at[i - 1].global != SGR_NO_GLOBAL ? x->machine->heap : x->own;
        }
        return fiber->frames.len > 0;
    }
    if (fiber->frames.len == 0) {
        fiber->result = value;
        return false;
    }
    fiber->stack[fiber->frames.at[fiber->frames.len - 1].base + frame.result] = value;
    return true;
}

static bool tail_call(struct exec *x, struct sgr_frame *frame, uint32_t function, uint32_t from,
                      uint32_t count)
{
    struct sgr_fiber *fiber = x->fiber;
    struct sgr_frame old = *frame;
    memmove(fiber->stack + old.base, fiber->stack + old.base + from, count * sizeof *fiber->stack);
    fiber->frames.len--;
    if (!push_frame(x, function, old.base, old.result, sgr_absent())) {
        fiber->frames.len++;
        return false;
    }
    fiber->frames.at[fiber->frames.len - 1].global = old.global;
    return true;
}

static void push_handler(struct exec *x, struct sgr_handler handler)
{
    handler.frame = (uint32_t)x->fiber->frames.len;
    sgr_vec_push(&x->fiber->handlers, handler);
}

static bool end_handler(struct exec *x, bool is_within)
{
    struct sgr_fiber *fiber = x->fiber;
    if (fiber->handlers.len == 0 ||
        fiber->handlers.at[fiber->handlers.len - 1].is_within != is_within ||
        fiber->handlers.at[fiber->handlers.len - 1].frame != fiber->frames.len) {
        return sgr_fail(&x->failure, "program", "a handler ends that was not begun");
    }
    fiber->handlers.len--;
    return true;
}

static bool within(struct exec *x, sgr_value length, sgr_value people)
{
    if (length.tag != SGR_DURATION) {
        return sgr_fail(&x->failure, "type", "within takes a duration");
    }
    push_handler(x, (struct sgr_handler){
                        .is_within = true,
                        .people = people.tag == SGR_BOOL && people.as.i != 0,
                        .length = length.as.i,
                        .deadline = INT64_MIN,
                    });
    return true;
}

static bool raise_again(struct exec *x, sgr_value record)
{
    sgr_str kind = sgr_path_str(record, "kind"), text = sgr_path_str(record, "text");
    char word[sizeof x->failure.kind];
    snprintf(word, sizeof word, "%.*s", SGR_FMT(kind));
    return sgr_fail(&x->failure, word, "%.*s", SGR_FMT(text));
}

static bool fail_text(struct exec *x, const char *kind, sgr_value text)
{
    struct sgr_buf buf;
    sgr_buf_init(&buf, 1 << 16);
    sgr_value_print(text, &buf);
    sgr_fail(&x->failure, kind, "%s", buf.ptr);
    sgr_buf_release(&buf);
    return false;
}

static bool truth(struct exec *x, sgr_value value, bool *out)
{
    *out = value.as.i != 0;
    return value.tag == SGR_BOOL ||
           sgr_fail(&x->failure, "type", "expected a bool, found a %s", sgr_tag_name(value.tag));
}

/* ---- the loop ---- */

#define A r[i.a]
#define B r[i.b]
#define C r[i.c]
#define CHECK(condition)                                                                           \
    if (!(condition)) {                                                                            \
        goto failed;                                                                               \
    }
/* After anything that may have moved the stack or the frames. */
#define RELOAD()                                                                                   \
    do {                                                                                           \
        frame = &fiber->frames.at[fiber->frames.len - 1];                                          \
        function = &program->functions.at[frame->function];                                        \
        r = fiber->stack + frame->base;                                                            \
    } while (0)

enum sgr_signal sgr_fiber_run(struct sgr_machine *machine, struct sgr_fiber *fiber,
                              struct sgr_heap *heap)
{
    struct exec exec = {.machine = machine, .fiber = fiber, .heap = heap, .own = heap}, *x = &exec;
    const struct sgr_program *program = machine->program;
    struct sgr_frame *frame;
    const struct sgr_function *function;
    sgr_value *r;
    int order;
    bool yes;
    RELOAD();
    for (;;) {
        struct sgr_instruction i = function->code[frame->pc++];
        switch ((enum sgr_op)i.op) {
        case SGR_OPCODE(MOVE):
            A = B;
            break;
        case SGR_OPCODE(LOAD):
            A = program->constants.at[sgr_bx(i)];
            break;
        case SGR_OPCODE(LOAD_INT):
            A = sgr_int(sgr_bx(i));
            break;
        case SGR_OPCODE(LOAD_BOOL):
            A = sgr_bool(sgr_bx(i) != 0);
            break;
        case SGR_OPCODE(LOAD_ABSENT):
            A = sgr_absent();
            break;
        case SGR_OPCODE(GLOBAL):
            CHECK(global(x, (uint32_t)sgr_bx(i), frame, &A));
            RELOAD();
            break;
        case SGR_OPCODE(UPVALUE):
            A = frame->closure.as.closure->captured[i.b];
            break;
        case SGR_OPCODE(CLOSURE):
            A = sgr_closure(x->heap, i.b, &C, program->functions.at[i.b].captures);
            break;
        case SGR_OPCODE(ADD):
            if (B.tag == SGR_INT && C.tag == SGR_INT) {
                int64_t sum;
                if (!__builtin_add_overflow(B.as.i, C.as.i, &sum)) {
                    A = sgr_int(sum);
                    break;
                }
            }
            CHECK(sgr_arith_add(x->heap, B, C, &A, &x->failure));
            break;
        case SGR_OPCODE(SUB):
            if (B.tag == SGR_INT && C.tag == SGR_INT) {
                int64_t difference;
                if (!__builtin_sub_overflow(B.as.i, C.as.i, &difference)) {
                    A = sgr_int(difference);
                    break;
                }
            }
            CHECK(sgr_arith_sub(B, C, &A, &x->failure));
            break;
        case SGR_OPCODE(MUL):
            CHECK(sgr_arith_mul(B, C, &A, &x->failure));
            break;
        case SGR_OPCODE(DIV):
            CHECK(sgr_arith_div(B, C, &A, &x->failure));
            break;
        case SGR_OPCODE(NEG):
            CHECK(sgr_arith_neg(B, &A, &x->failure));
            break;
        case SGR_OPCODE(NOT):
            CHECK(truth(x, B, &yes));
            A = sgr_bool(!yes);
            break;
        case SGR_OPCODE(EQ):
        case SGR_OPCODE(NE):
            yes = sgr_value_equal(B, C);
            if (!yes && B.tag != C.tag && B.tag < SGR_STRING && C.tag < SGR_STRING &&
                B.tag > SGR_BOOL && C.tag > SGR_BOOL) {
                CHECK(sgr_arith_compare(B, C, &order, &x->failure));
                yes = order == 0;
            }
            A = sgr_bool(yes == (i.op == SGR_OPCODE(EQ)));
            break;
        case SGR_OPCODE(LT):
            if (B.tag == SGR_INT && C.tag == SGR_INT) {
                A = sgr_bool(B.as.i < C.as.i);
                break;
            }
            CHECK(sgr_arith_compare(B, C, &order, &x->failure));
            A = sgr_bool(order < 0);
            break;
        case SGR_OPCODE(LE):
            if (B.tag == SGR_INT && C.tag == SGR_INT) {
                A = sgr_bool(B.as.i <= C.as.i);
                break;
            }
            CHECK(sgr_arith_compare(B, C, &order, &x->failure));
            A = sgr_bool(order <= 0);
            break;
        case SGR_OPCODE(JUMP):
            if (sgr_bx(i) < 0) {
                CHECK(burn(x, 1 + (uint64_t) - (int64_t)sgr_bx(i)));
            }
            frame->pc += (uint32_t)sgr_bx(i);
            break;
        case SGR_OPCODE(JUMP_IF):
        case SGR_OPCODE(JUMP_IF_NOT):
            CHECK(truth(x, A, &yes));
            if (yes == (i.op == SGR_OPCODE(JUMP_IF))) {
                if (sgr_bx(i) < 0) {
                    CHECK(burn(x, 1 + (uint64_t) - (int64_t)sgr_bx(i)));
                }
                frame->pc += (uint32_t)sgr_bx(i);
            }
            break;
        case SGR_OPCODE(JUMP_IF_PRESENT):
            if (A.tag != SGR_ABSENT) {
                CHECK(sgr_bx(i) >= 0 || burn(x, 1 + (uint64_t) - (int64_t)sgr_bx(i)));
                frame->pc += (uint32_t)sgr_bx(i);
            }
            break;
        case SGR_OPCODE(CONVERT):
            CHECK(sgr_convert(x->heap, B, i.c, &A, &x->failure));
            break;
        case SGR_OPCODE(CONCAT):
            A = concat(x, &B, i.c);
            break;
        case SGR_OPCODE(RANGE):
            A = sgr_range(x->heap, B, C);
            break;
        case SGR_OPCODE(LIST):
            A = sgr_list(x->heap, &B, i.c);
            break;
        case SGR_OPCODE(RECORD):
            CHECK(make_record(x, program->constants.at[i.c], &B, &A));
            break;
        case SGR_OPCODE(BUILD_LIST):
        case SGR_OPCODE(BUILD_RECORD):
            A = sgr_builder_value(x->heap, i.op == SGR_OPCODE(BUILD_RECORD));
            break;
        case SGR_OPCODE(BUILD_ADD):
            CHECK(A.tag == SGR_BUILDER ||
                  sgr_fail(&x->failure, "program", "no list is being built"));
            CHECK(!((struct sgr_builder_object *)A.as.object)->is_record ||
                  sgr_fail(&x->failure, "program", "no list is being built"));
            CHECK(B.tag != SGR_BUILDER ||
                  sgr_fail(&x->failure, "program", "a builder inside a builder"));
            sgr_builder_append(x->heap, A, B);
            break;
        case SGR_OPCODE(BUILD_SET):
            CHECK((A.tag == SGR_BUILDER && ((struct sgr_builder_object *)A.as.object)->is_record &&
                   C.tag != SGR_BUILDER) ||
                  sgr_fail(&x->failure, "program", "no record is being built"));
            CHECK(B.tag == SGR_STRING ||
                  sgr_fail(&x->failure, "type", "a key must be a string, not a %s",
                           sgr_tag_name(B.tag)));
            sgr_builder_set(x->heap, A, B, C);
            break;
        case SGR_OPCODE(BUILD_END):
            CHECK(B.tag == SGR_BUILDER ||
                  sgr_fail(&x->failure, "program", "nothing is being built"));
            A = sgr_builder_close(x->heap, B);
            break;
        case SGR_OPCODE(FIELD):
        case SGR_OPCODE(FIELD_OPT):
            CHECK(get_field(x, B, program->constants.at[i.c], i.op == SGR_OPCODE(FIELD_OPT), &A));
            break;
        case SGR_OPCODE(INDEX):
        case SGR_OPCODE(INDEX_OPT):
            CHECK(get_index(x, B, C, i.op == SGR_OPCODE(INDEX_OPT), &A));
            break;
        case SGR_OPCODE(ITER):
            CHECK(iterate(x, B, &A));
            break;
        case SGR_OPCODE(NEXT):
            CHECK(burn(x, 4));
            if (!next(&A)) {
                frame->pc += (uint32_t)sgr_bx(i);
            }
            break;
        case SGR_OPCODE(CALL):
            CHECK(burn(x, 8) && call_value(x, B, frame->base + i.b + 1, i.c, i.a));
            RELOAD();
            break;
        case SGR_OPCODE(CALL_FN):
            CHECK(burn(x, 8) && push_frame(x, i.b, frame->base + i.a, i.a, sgr_absent()));
            RELOAD();
            break;
        case SGR_OPCODE(TAIL_CALL_FN):
            CHECK(burn(x, 8) && tail_call(x, frame, i.b, i.a, i.c));
            RELOAD();
            break;
        case SGR_OPCODE(BUILTIN):
            CHECK(burn(x, 8) && call_builtin(x, i.b, &A, i.c));
            break;
        case SGR_OPCODE(EFFECT):
            fiber->effect = i.b;
            fiber->args = fiber->target = frame->base + i.a;
            fiber->count = i.c;
            if (x->heap != x->own) {
                sgr_fail(&x->failure, "purity", "a declaration cannot ask the world (effect.%s)",
                         sgr_effects[i.b].word);
                goto failed;
            }
            return SGR_SIGNAL_EFFECT;
        case SGR_OPCODE(RETURN):
            if (!give_back(x, A)) {
                return SGR_SIGNAL_DONE;
            }
            RELOAD();
            break;
        case SGR_OPCODE(FAIL):
            fail_text(x, "failed", A);
            goto failed;
        case SGR_OPCODE(NO_SIGNAL):
            fail_text(x, "no_signal", A);
            goto failed;
        case SGR_OPCODE(RAISE):
            raise_again(x, A);
            goto failed;
        case SGR_OPCODE(TRY):
            push_handler(x,
                         (struct sgr_handler){.reg = i.a, .pc = frame->pc + (uint32_t)sgr_bx(i)});
            break;
        case SGR_OPCODE(END_TRY):
            CHECK(end_handler(x, false));
            break;
        case SGR_OPCODE(WITHIN):
            CHECK(within(x, A, B));
            break;
        case SGR_OPCODE(END_WITHIN):
            CHECK(end_handler(x, true));
            break;
        case SGR_OPCODE(PARALLEL):
            fiber->args = frame->base + i.b;
            fiber->count = i.c;
            fiber->target = frame->base + i.a;
            CHECK(x->heap == x->own ||
                  sgr_fail(&x->failure, "purity", "a declaration cannot run in parallel"));
            return SGR_SIGNAL_PARALLEL;
        case SGR_OP_COUNT_:
            break;
        }
        continue;
    failed:
        add_place(x);
        if (!sgr_fiber_fail(machine, fiber, x->own, &x->failure, fiber->handlers.len)) {
            return SGR_SIGNAL_FAILED;
        }
        x->heap = x->own;
        RELOAD();
    }
}
