/* Fibers as data: how they begin, grow, fail and end. Must never run an instruction. */
#include "vm/fiber.h"

#include <stdlib.h>

enum { HANDLING = 16 /* instructions that a failure costs */ };

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

bool sgr_fiber_grow(const struct sgr_machine *machine, struct sgr_fiber *fiber, uint32_t need,
                    struct sgr_failure *failure)
{
    if (need > machine->limits.stack) {
        return sgr_fail(failure, "limit", "the stack passed %u registers", machine->limits.stack);
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

bool sgr_fiber_too_deep(const struct sgr_machine *machine, struct sgr_failure *failure)
{
    return sgr_fail(failure, "limit",
                    "calls are nested more than %u deep; is the recursion without end?",
                    machine->limits.depth);
}

bool sgr_fiber_start(struct sgr_machine *machine, struct sgr_fiber *fiber, uint32_t function,
                     sgr_value closure, const sgr_value *args, size_t count)
{
    struct sgr_failure failure = {0};
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
    if (!sgr_fiber_push(machine, fiber, function, 0, 0, closure, &failure)) {
        fiber->failure = failure;
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

/* Handling a failure costs instructions, so that none goes on for ever. What handles a limit gets
 * instructions to do it with, once between two effects: a second time, handling it is the loop
 * without end. */
static bool spare(const struct sgr_machine *machine, struct sgr_fiber *fiber)
{
    if (fiber->fuel >= HANDLING) {
        fiber->fuel -= HANDLING;
        return true;
    }
    if (fiber->spared) {
        return false;
    }
    fiber->spared = true;
    fiber->fuel = machine->limits.fuel;
    return true;
}

bool sgr_fiber_fail(struct sgr_machine *machine, struct sgr_fiber *fiber, struct sgr_heap *heap,
                    struct sgr_failure *failure, size_t handlers)
{
    if (fiber->handlers.len > handlers) {
        fiber->handlers.len = handlers;
    }
    while (fiber->handlers.len > 0 && spare(machine, fiber)) {
        struct sgr_handler handler = sgr_vec_pop(&fiber->handlers);
        if (handler.is_within) {
            continue;
        }
        drop_frames(machine, fiber, handler.frame);
        struct sgr_frame *frame = &fiber->frames.at[fiber->frames.len - 1];
        frame->pc = handler.pc;
        fiber->stack[frame->base + handler.reg] = failure_record(heap, failure);
        sgr_failure_release(failure);
        return true;
    }
    fiber->handlers.len = 0;
    drop_frames(machine, fiber, 0);
    sgr_failure_release(&fiber->failure);
    fiber->failure = *failure;
    *failure = (struct sgr_failure){0};
    return false;
}
