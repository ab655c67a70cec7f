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
        uint32_t at = sgr_shape_find(object.as.record->shape, key.as.string);
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

static bool concat(struct exec *x, const sgr_value *values, uint32_t count, sgr_value *out)
{
    struct sgr_buf text;
    size_t room = sgr_heap_room(x->heap);
    sgr_buf_init(&text, room < SGR_TEXT_MAX ? room : SGR_TEXT_MAX);
    for (uint32_t i = 0; i < count; i++) {
        sgr_value_print(values[i], &text);
    }
    bool ok = !text.full;
    if (!ok && room < SGR_TEXT_MAX) {
        (void)sgr_heap_full(x->heap, &x->failure);
    } else if (!ok) {
        (void)sgr_fail(&x->failure, "limit", "a string of more than %d MiB", SGR_TEXT_MAX >> 20);
    }
    if (ok) {
        *out = sgr_string(x->heap, sgr_buf_str(&text));
    }
    sgr_buf_release(&text);
    return ok;
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

static bool exhausted(struct exec *x, uint64_t amount)
{
    if (x->fiber->fuel < amount) {
        return sgr_fail(&x->failure, "limit",
                        "more than %llu instructions without an effect; is a loop without end?",
                        (unsigned long long)x->machine->limits.fuel);
    }
    x->fiber->fuel -= amount;
    return sgr_heap_full(x->heap, &x->failure);
}

/* Pays for a way back, a call or a step of a loop: what a function does between two of them is
 * bounded by its length. */
static inline bool burn(struct exec *x, uint64_t amount)
{
    if (x->fiber->fuel < amount || x->heap->used > x->heap->limit) {
        return exhausted(x, amount);
    }
    x->fiber->fuel -= amount;
    return true;
}

static inline bool push(struct exec *x, uint32_t function, uint32_t base, uint32_t result,
                        sgr_value closure)
{
    return sgr_fiber_push(x->machine, x->fiber, function, base, result, closure, &x->failure);
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
    return push(x, callee.as.closure->function, base, result, callee);
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

/* Starts to make a global; then the instruction runs again when it is there. */
static bool make_global(struct exec *x, uint32_t index, struct sgr_frame *frame)
{
    struct sgr_machine *machine = x->machine;
    const struct sgr_global *row = &machine->program->globals.at[index];
    if (machine->states[index] == 1) {
        return sgr_fail(&x->failure, "cycle", "`%.*s` needs itself", SGR_FMT(row->name));
    }
    if (row->function == UINT32_MAX) {
        return sgr_fail(&x->failure, "param", "parameter `%.*s` has no value", SGR_FMT(row->name));
    }
    frame->pc--;
    uint32_t base = sgr_fiber_top(machine, x->fiber);
    if (!push(x, row->function, base, 0, sgr_absent())) {
        return false;
    }
    machine->states[index] = 1;
    x->fiber->frames.at[x->fiber->frames.len - 1].global = index;
    x->heap = machine->heap;
    return true;
}

/* Keeps the value of a global that the frame has made. */
static void keep_global(struct exec *x, uint32_t global, sgr_value value)
{
    const struct sgr_fiber *fiber = x->fiber;
    x->machine->globals[global] = value;
    x->machine->states[global] = 2;
    x->heap = x->own;
    for (size_t i = fiber->frames.len; i > 0 && x->heap == x->own; i--) {
        x->heap = fiber->frames.at[i - 1].global != SGR_NO_GLOBAL ? x->machine->heap : x->own;
    }
}

/* Gives the result to the caller; false when there is none left. */
static inline bool give_back(struct exec *x, sgr_value value)
{
    struct sgr_fiber *fiber = x->fiber;
    const struct sgr_frame *frame = &sgr_vec_pop(&fiber->frames);
    if (frame->global != SGR_NO_GLOBAL) {
        keep_global(x, frame->global, value);
        return fiber->frames.len > 0;
    }
    if (fiber->frames.len == 0) {
        fiber->result = value;
        return false;
    }
    fiber->stack[frame[-1].base + frame->result] = value;
    return true;
}

static bool tail_call(struct exec *x, struct sgr_frame *frame, uint32_t function, uint32_t from,
                      uint32_t count)
{
    struct sgr_fiber *fiber = x->fiber;
    struct sgr_frame old = *frame;
    memmove(fiber->stack + old.base, fiber->stack + old.base + from, count * sizeof *fiber->stack);
    fiber->frames.len--;
    if (!push(x, function, old.base, old.result, sgr_absent())) {
        fiber->frames.len++;
        return false;
    }
    fiber->frames.at[fiber->frames.len - 1].global = old.global;
    return true;
}

static bool push_handler(struct exec *x, struct sgr_handler handler)
{
    uint32_t most = x->machine->limits.depth;
    handler.frame = (uint32_t)x->fiber->frames.len;
    if (x->fiber->handlers.len >= most) {
        return sgr_fail(&x->failure, "limit", "attempts are nested more than %u deep", most);
    }
    sgr_vec_push(&x->fiber->handlers, handler);
    return true;
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
    return push_handler(x, (struct sgr_handler){
                               .is_within = true,
                               .people = people.tag == SGR_BOOL && people.as.i != 0,
                               .length = length.as.i,
                               .deadline = INT64_MIN,
                           });
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

static inline bool truth(struct exec *x, sgr_value value, bool *out)
{
    *out = value.as.i != 0;
    return value.tag == SGR_BOOL ||
           sgr_fail(&x->failure, "type", "expected a bool, found a %s", sgr_tag_name(value.tag));
}

/* ---- what most programs do all the time: ints first ---- */

static inline bool add(struct exec *x, sgr_value a, sgr_value b, sgr_value *out)
{
    int64_t sum;
    if (a.tag == SGR_INT && b.tag == SGR_INT && !__builtin_add_overflow(a.as.i, b.as.i, &sum)) {
        *out = sgr_int(sum);
        return true;
    }
    return sgr_arith_add(x->heap, a, b, out, &x->failure);
}

static inline bool subtract(struct exec *x, sgr_value a, sgr_value b, sgr_value *out)
{
    int64_t difference;
    if (a.tag == SGR_INT && b.tag == SGR_INT &&
        !__builtin_sub_overflow(a.as.i, b.as.i, &difference)) {
        *out = sgr_int(difference);
        return true;
    }
    return sgr_arith_sub(a, b, out, &x->failure);
}

/* The comparisons answer 0 or 1, or REFUSED. Their results never lie in memory. */
enum { REFUSED = -1 };

static int compare_otherwise(struct exec *x, sgr_value a, sgr_value b, int most)
{
    int order;
    return sgr_arith_compare(a, b, &order, &x->failure) ? order <= most : REFUSED;
}

static int equal_otherwise(struct exec *x, sgr_value a, sgr_value b)
{
    int order = 1;
    bool numbers = a.tag != b.tag && a.tag < SGR_STRING && b.tag < SGR_STRING && a.tag > SGR_BOOL &&
                   b.tag > SGR_BOOL;
    size_t parts = SGR_PARTS_MAX;
    if (sgr_value_equal_within(a, b, &parts)) {
        return 1;
    }
    if (parts == 0) {
        (void)sgr_fail(&x->failure, "limit", "values of more than %d parts are compared",
                       SGR_PARTS_MAX);
        return REFUSED;
    }
    if (numbers && !sgr_arith_compare(a, b, &order, &x->failure)) {
        return REFUSED;
    }
    return order == 0;
}

static inline int equal(struct exec *x, sgr_value a, sgr_value b)
{
    bool ints = a.tag == SGR_INT && b.tag == SGR_INT;
    return ints ? a.as.i == b.as.i : equal_otherwise(x, a, b);
}

static inline int less(struct exec *x, sgr_value a, sgr_value b)
{
    bool ints = a.tag == SGR_INT && b.tag == SGR_INT;
    return ints ? a.as.i < b.as.i : compare_otherwise(x, a, b, -1);
}

static inline int at_most(struct exec *x, sgr_value a, sgr_value b)
{
    bool ints = a.tag == SGR_INT && b.tag == SGR_INT;
    return ints ? a.as.i <= b.as.i : compare_otherwise(x, a, b, 0);
}

/* Tag and content by themselves: a value was mostly written so just before, and one wide load would
 * wait until both have reached the cache. Reading through volatile keeps the two loads apart. */
static inline void move(sgr_value *to, const sgr_value *from)
{
    const volatile sgr_value *value = from;
    int64_t content = value->as.i;
    *to = (sgr_value){.tag = value->tag, .as.i = content};
}

/* ---- the loop ---- */

#define A r[i.a]
#define B r[i.b]
#define C r[i.c]
#define CHECK(condition)                                                                           \
    if (!(condition)) {                                                                            \
        goto failed;                                                                               \
    }
/* Before anything that looks at the frame's place, or leaves. */
#define SAVE() frame->pc = (uint32_t)(pc - code)
/* After anything that may have moved the stack or the frames. */
#define RELOAD()                                                                                   \
    do {                                                                                           \
        frame = &fiber->frames.at[fiber->frames.len - 1];                                          \
        code = program->functions.at[frame->function].code;                                        \
        pc = code + frame->pc;                                                                     \
        r = fiber->stack + frame->base;                                                            \
    } while (0)
/* The JUMP that follows is passed over, or done. */
#define TEST()                                                                                     \
    CHECK(holds >= 0);                                                                             \
    if (holds == i.c) {                                                                            \
        pc++;                                                                                      \
        GO_ON;                                                                                     \
    }                                                                                              \
    i = *pc++;                                                                                     \
    goto jump
/* GNU C jumps from instruction to instruction; elsewhere a switch does. */
#ifdef __GNUC__
#pragma GCC diagnostic ignored "-Wpedantic"
#define OPCASE(name) op_##name:
#define GO_ON                                                                                      \
    do {                                                                                           \
        i = *pc++;                                                                                 \
        goto *labels[i.op];                                                                        \
    } while (0)
#define DISPATCH GO_ON;
#else
#define OPCASE(name) case SGR_OPCODE(name):
#define GO_ON        continue
#define DISPATCH                                                                                   \
    i = *pc++;                                                                                     \
    switch (i.op)
#endif

enum sgr_signal sgr_fiber_run(struct sgr_machine *machine, struct sgr_fiber *fiber,
                              struct sgr_heap *heap)
{
#ifdef __GNUC__
    static const void *const labels[] = {
#define OP(name, format, doc) &&op_##name,
#include "vm/op.def"
#undef OP
    };
#endif
    struct exec exec = {.machine = machine, .fiber = fiber, .heap = heap, .own = heap}, *x = &exec;
    const struct sgr_program *program = machine->program;
    const sgr_value *constants = program->constants.at;
    struct sgr_frame *frame;
    const struct sgr_instruction *code, *pc;
    struct sgr_instruction i;
    sgr_value *r;
    bool yes;
    int holds;
    RELOAD();
    for (;;) {
        DISPATCH
        {
            OPCASE(MOVE)
            move(&A, &B);
            GO_ON;
            OPCASE(LOAD)
            A = constants[sgr_bx(i)];
            GO_ON;
            OPCASE(LOAD_INT)
            A = sgr_int(sgr_bx(i));
            GO_ON;
            OPCASE(LOAD_BOOL)
            A = sgr_bool(sgr_bx(i) != 0);
            GO_ON;
            OPCASE(LOAD_ABSENT)
            A = sgr_absent();
            GO_ON;
            OPCASE(GLOBAL)
            if (machine->states[sgr_bx(i)] == 2) {
                A = machine->globals[sgr_bx(i)];
                GO_ON;
            }
            SAVE();
            CHECK(make_global(x, (uint32_t)sgr_bx(i), frame));
            RELOAD();
            GO_ON;
            OPCASE(UPVALUE)
            A = frame->closure.as.closure->captured[i.b];
            GO_ON;
            OPCASE(CLOSURE)
            A = sgr_closure(x->heap, i.b, &C, program->functions.at[i.b].captures);
            GO_ON;
            OPCASE(ADD)
            CHECK(add(x, B, C, &A));
            GO_ON;
            OPCASE(ADD_INT)
            CHECK(add(x, B, sgr_int((int16_t)i.c), &A));
            GO_ON;
            OPCASE(SUB)
            CHECK(subtract(x, B, C, &A));
            GO_ON;
            OPCASE(SUB_INT)
            CHECK(subtract(x, B, sgr_int((int16_t)i.c), &A));
            GO_ON;
            OPCASE(MUL)
            CHECK(sgr_arith_mul(B, C, &A, &x->failure));
            GO_ON;
            OPCASE(DIV)
            CHECK(sgr_arith_div(B, C, &A, &x->failure));
            GO_ON;
            OPCASE(NEG)
            CHECK(sgr_arith_neg(B, &A, &x->failure));
            GO_ON;
            OPCASE(NOT)
            CHECK(truth(x, B, &yes));
            A = sgr_bool(!yes);
            GO_ON;
            OPCASE(EQ)
            OPCASE(NE)
            holds = equal(x, B, C);
            CHECK(holds >= 0);
            A = sgr_bool((holds == 1) == (i.op == SGR_OPCODE(EQ)));
            GO_ON;
            OPCASE(LT)
            holds = less(x, B, C);
            CHECK(holds >= 0);
            A = sgr_bool(holds != 0);
            GO_ON;
            OPCASE(LE)
            holds = at_most(x, B, C);
            CHECK(holds >= 0);
            A = sgr_bool(holds != 0);
            GO_ON;
            OPCASE(TEST_EQ)
            holds = equal(x, A, B);
            TEST();
            OPCASE(TEST_LT)
            holds = less(x, A, B);
            TEST();
            OPCASE(TEST_LE)
            holds = at_most(x, A, B);
            TEST();
            OPCASE(TEST_EQ_INT)
            holds = equal(x, A, sgr_int((int16_t)i.b));
            TEST();
            OPCASE(TEST_LT_INT)
            holds = less(x, A, sgr_int((int16_t)i.b));
            TEST();
            OPCASE(TEST_LE_INT)
            holds = at_most(x, A, sgr_int((int16_t)i.b));
            TEST();
            OPCASE(JUMP)
        jump:
            if (sgr_bx(i) < 0) {
                CHECK(burn(x, 1 + (uint64_t) - (int64_t)sgr_bx(i)));
            }
            pc += sgr_bx(i);
            GO_ON;
            OPCASE(JUMP_IF)
            OPCASE(JUMP_IF_NOT)
            CHECK(truth(x, A, &yes));
            if (yes == (i.op == SGR_OPCODE(JUMP_IF))) {
                goto jump;
            }
            GO_ON;
            OPCASE(JUMP_IF_PRESENT)
            if (A.tag != SGR_ABSENT) {
                goto jump;
            }
            GO_ON;
            OPCASE(CONVERT)
            CHECK(sgr_convert(x->heap, B, i.c, &A, &x->failure));
            GO_ON;
            OPCASE(CONCAT)
            CHECK(concat(x, &B, i.c, &A));
            GO_ON;
            OPCASE(RANGE)
            A = sgr_range(x->heap, B, C);
            GO_ON;
            OPCASE(LIST)
            A = sgr_list(x->heap, &B, i.c);
            GO_ON;
            OPCASE(RECORD)
            CHECK(make_record(x, constants[i.c], &B, &A));
            GO_ON;
            OPCASE(BUILD_LIST)
            OPCASE(BUILD_RECORD)
            A = sgr_builder_value(x->heap, i.op == SGR_OPCODE(BUILD_RECORD));
            GO_ON;
            OPCASE(BUILD_ADD)
            CHECK(A.tag == SGR_BUILDER ||
                  sgr_fail(&x->failure, "program", "no list is being built"));
            CHECK(!((struct sgr_builder_object *)A.as.object)->is_record ||
                  sgr_fail(&x->failure, "program", "no list is being built"));
            CHECK(B.tag != SGR_BUILDER ||
                  sgr_fail(&x->failure, "program", "a builder inside a builder"));
            sgr_builder_append(x->heap, A, B);
            GO_ON;
            OPCASE(BUILD_SET)
            CHECK((A.tag == SGR_BUILDER && ((struct sgr_builder_object *)A.as.object)->is_record &&
                   C.tag != SGR_BUILDER) ||
                  sgr_fail(&x->failure, "program", "no record is being built"));
            CHECK(B.tag == SGR_STRING ||
                  sgr_fail(&x->failure, "type", "a key must be a string, not a %s",
                           sgr_tag_name(B.tag)));
            sgr_builder_set(x->heap, A, B, C);
            GO_ON;
            OPCASE(BUILD_END)
            CHECK(B.tag == SGR_BUILDER ||
                  sgr_fail(&x->failure, "program", "nothing is being built"));
            A = sgr_builder_close(x->heap, B);
            GO_ON;
            OPCASE(FIELD)
            OPCASE(FIELD_OPT)
            CHECK(get_field(x, B, constants[i.c], i.op == SGR_OPCODE(FIELD_OPT), &A));
            GO_ON;
            OPCASE(INDEX)
            OPCASE(INDEX_OPT)
            CHECK(get_index(x, B, C, i.op == SGR_OPCODE(INDEX_OPT), &A));
            GO_ON;
            OPCASE(ITER)
            CHECK(iterate(x, B, &A));
            GO_ON;
            OPCASE(NEXT)
            CHECK(burn(x, 4));
            if (!next(&A)) {
                pc += sgr_bx(i);
            }
            GO_ON;
            OPCASE(CALL)
            SAVE();
            CHECK(burn(x, 8) && call_value(x, B, frame->base + i.b + 1, i.c, i.a));
            RELOAD();
            GO_ON;
            OPCASE(CALL_FN)
            SAVE();
            CHECK(burn(x, 8) && push(x, i.b, frame->base + i.a, i.a, sgr_absent()));
            RELOAD();
            GO_ON;
            OPCASE(TAIL_CALL_FN)
            SAVE();
            CHECK(burn(x, 8) && tail_call(x, frame, i.b, i.a, i.c));
            RELOAD();
            GO_ON;
            OPCASE(AGAIN)

            CHECK(burn(x, 8));
            for (uint32_t k = 0; k < i.c; k++) {
                move(&r[k], &r[i.b + k]);
            }
            pc = code;
            GO_ON;
            OPCASE(BUILTIN)
            CHECK(burn(x, 8) && call_builtin(x, i.b, &A, i.c));
            GO_ON;
            OPCASE(EFFECT)
            SAVE();
            fiber->effect = i.b;
            fiber->args = fiber->target = frame->base + i.a;
            fiber->count = i.c;
            if (x->heap != x->own) {
                sgr_fail(&x->failure, "purity", "a declaration cannot ask the world (effect.%s)",
                         sgr_effects[i.b].word);
                goto failed;
            }
            return SGR_SIGNAL_EFFECT;
            OPCASE(RETURN)
            if (!give_back(x, A)) {
                return SGR_SIGNAL_DONE;
            }
            RELOAD();
            GO_ON;
            OPCASE(FAIL)
            fail_text(x, "failed", A);
            goto failed;
            OPCASE(NO_SIGNAL)
            fail_text(x, "no_signal", A);
            goto failed;
            OPCASE(RAISE)
            raise_again(x, A);
            goto failed;
            OPCASE(TRY)
            CHECK(push_handler(
                x, (struct sgr_handler){.reg = i.a, .pc = (uint32_t)(pc - code + sgr_bx(i))}));
            GO_ON;
            OPCASE(END_TRY)
            CHECK(end_handler(x, false));
            GO_ON;
            OPCASE(WITHIN)
            CHECK(within(x, A, B));
            GO_ON;
            OPCASE(END_WITHIN)
            CHECK(end_handler(x, true));
            GO_ON;
            OPCASE(PARALLEL)
            SAVE();
            fiber->args = frame->base + i.b;
            fiber->count = i.c;
            fiber->target = frame->base + i.a;
            CHECK(x->heap == x->own ||
                  sgr_fail(&x->failure, "purity", "a declaration cannot run in parallel"));
            return SGR_SIGNAL_PARALLEL;
        }
    failed:
        SAVE();
        add_place(x);
        if (!sgr_fiber_fail(machine, fiber, x->own, &x->failure, fiber->handlers.len)) {
            return SGR_SIGNAL_FAILED;
        }
        x->heap = x->own;
        RELOAD();
    }
}
