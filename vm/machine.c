/* Machines: a program with its parameters and globals, and calls of pure functions from C. Nothing
 * that a machine made is moved: values that callers hold stay where they are until the machine is
 * freed. */
#include "vm/fiber.h"

#include <stdlib.h>

const struct sgr_limits sgr_default_limits = {
    .fuel = 200000000,
    .memory = (size_t)1 << 30,
    .stack = 1000000,
    .depth = 10000,
    .fibers = 256,
};

struct sgr_machine *sgr_machine_new(struct sgr_program *program, const struct sgr_limits *limits)
{
    struct sgr_machine *machine = sgr_calloc(1, sizeof *machine);
    machine->program = sgr_program_ref(program);
    machine->limits = limits ? *limits : sgr_default_limits;
    if (machine->limits.fuel == 0) {
        machine->limits.fuel = sgr_default_limits.fuel;
    }
    machine->heap = sgr_heap_new(machine->limits.memory);
    machine->globals = sgr_calloc(program->globals.len, sizeof *machine->globals);
    machine->states = sgr_calloc(program->globals.len, 1);
    machine->given = sgr_calloc(program->params.len, sizeof *machine->given);
    return machine;
}

void sgr_machine_free(struct sgr_machine *machine)
{
    if (machine == NULL) {
        return;
    }
    sgr_heap_free(machine->heap);
    free(machine->globals);
    free(machine->states);
    free(machine->given);
    sgr_program_unref(machine->program);
    free(machine);
}

struct sgr_heap *sgr_machine_heap(struct sgr_machine *machine)
{
    return machine->heap;
}

/* Runs a prepared fiber to its end; takes over the fiber. */
static bool finish(struct sgr_machine *machine, struct sgr_fiber *fiber, bool started,
                   sgr_value *out, struct sgr_failure *failure)
{
    enum sgr_signal signal =
        started ? sgr_fiber_run(machine, fiber, machine->heap) : SGR_SIGNAL_FAILED;
    bool ok = signal == SGR_SIGNAL_DONE;
    if (signal == SGR_SIGNAL_EFFECT || signal == SGR_SIGNAL_PARALLEL) {
        struct sgr_failure impure = {0};
        sgr_fail(&impure, "purity", "a declaration cannot ask the world (effect.%s)",
                 signal == SGR_SIGNAL_EFFECT ? sgr_effects[fiber->effect].word : "parallel");
        fiber->handlers.len = 0;
        sgr_fiber_fail(machine, fiber, machine->heap, &impure, 0);
    }
    if (ok) {
        *out = fiber->result;
    } else if (failure != NULL) {
        sgr_failure_release(failure);
        *failure = fiber->failure;
        fiber->failure = (struct sgr_failure){0};
    }
    sgr_fiber_release(fiber);
    return ok;
}

bool sgr_machine_call(struct sgr_machine *machine, uint32_t function, const sgr_value *args,
                      size_t count, sgr_value *out, struct sgr_failure *failure)
{
    struct sgr_fiber fiber;
    sgr_fiber_init(&fiber, 0, 0);
    bool started = sgr_fiber_start(machine, &fiber, function, sgr_absent(), args, count);
    return finish(machine, &fiber, started, out, failure);
}

bool sgr_machine_call_value(struct sgr_machine *machine, sgr_value closure, const sgr_value *args,
                            size_t count, sgr_value *out, struct sgr_failure *failure)
{
    struct sgr_fiber fiber;
    if (closure.tag != SGR_FUNCTION ||
        closure.as.closure->function >= machine->program->functions.len) {
        return sgr_fail(failure, "type", "cannot call a %s", sgr_tag_name(closure.tag));
    }
    sgr_fiber_init(&fiber, 0, 0);
    bool started =
        sgr_fiber_start(machine, &fiber, closure.as.closure->function, closure, args, count);
    return finish(machine, &fiber, started, out, failure);
}

bool sgr_machine_global(struct sgr_machine *machine, uint32_t global, sgr_value *out,
                        struct sgr_failure *failure)
{
    const struct sgr_global *row = &machine->program->globals.at[global];
    if (machine->states[global] != 2) {
        if (row->function == UINT32_MAX) {
            return sgr_fail(failure, "param", "parameter `%.*s` has no value", SGR_FMT(row->name));
        }
        if (!sgr_machine_call(machine, row->function, NULL, 0, &machine->globals[global],
                              failure)) {
            return false;
        }
        machine->states[global] = 2;
    }
    *out = machine->globals[global];
    return true;
}

static size_t find_param(const struct sgr_program *program, sgr_str name)
{
    for (size_t i = 0; i < program->params.len; i++) {
        if (sgr_str_equal(program->params.at[i].name, name)) {
            return i;
        }
    }
    return SIZE_MAX;
}

bool sgr_machine_has_param(const struct sgr_machine *machine, sgr_str name)
{
    size_t index = find_param(machine->program, name);
    return index != SIZE_MAX && machine->given[index];
}

sgr_value sgr_machine_params(const struct sgr_machine *machine, struct sgr_heap *heap)
{
    struct sgr_record_builder builder;
    sgr_record_begin(&builder, heap);
    for (size_t i = 0; i < machine->program->params.len; i++) {
        const struct sgr_param_row *row = &machine->program->params.at[i];
        if (machine->given[i]) {
            sgr_record_set(&builder, row->name,
                           sgr_value_copy(heap, machine->globals[row->global]));
        }
    }
    return sgr_record_end(&builder);
}

bool sgr_machine_set_param(struct sgr_machine *machine, sgr_str name, sgr_value value,
                           struct sgr_failure *failure)
{
    size_t index = find_param(machine->program, name);
    if (index == SIZE_MAX) {
        return sgr_fail(failure, "param", "the script has no parameter `%.*s`", SGR_FMT(name));
    }
    const struct sgr_param_row *row = &machine->program->params.at[index];
    machine->globals[row->global] = sgr_value_copy(machine->heap, value);
    machine->states[row->global] = 2;
    machine->given[index] = true;
    return true;
}

static bool holds(struct sgr_machine *machine, const struct sgr_param_row *row,
                  struct sgr_failure *failure)
{
    sgr_value value, verdict;
    if (!sgr_machine_global(machine, row->global, &value, failure) ||
        !sgr_machine_call(machine, row->where, &value, 1, &verdict, failure)) {
        return false;
    }
    if (verdict.tag == SGR_BOOL && verdict.as.i != 0) {
        return true;
    }
    struct sgr_buf text;
    sgr_buf_init(&text, 200);
    sgr_value_print(value, &text);
    sgr_fail(failure, "param", "parameter `%.*s` cannot be %s: its `where` does not hold",
             SGR_FMT(row->name), text.ptr);
    sgr_buf_release(&text);
    return false;
}

bool sgr_machine_check_params(struct sgr_machine *machine, struct sgr_failure *failure)
{
    const struct sgr_program *program = machine->program;
    for (size_t i = 0; i < program->params.len; i++) {
        const struct sgr_param_row *row = &program->params.at[i];
        bool has_value =
            machine->given[i] || program->globals.at[row->global].function != UINT32_MAX;
        if (row->where != UINT32_MAX && has_value && !holds(machine, row, failure)) {
            return false;
        }
    }
    return true;
}
