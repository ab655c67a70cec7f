/* Inside vm/: machines, fibers and how the interpreter leaves them. A fiber is data: registers,
 * frames, handlers; nothing of it lies on the C stack between two steps. */
#ifndef SGR_VM_FIBER_H
#define SGR_VM_FIBER_H

#include "vm/image.h"
#include "vm/vm.h"

#define SGR_NO_GLOBAL UINT32_MAX

struct sgr_frame {
    uint32_t function;
    uint32_t pc;       /* of the next instruction */
    uint32_t base;     /* of its registers in the stack */
    uint32_t result;   /* register of the caller that takes the result */
    uint32_t global;   /* the global that this frame evaluates, or SGR_NO_GLOBAL */
    sgr_value closure; /* whose captured values it reads, or absent */
};

struct sgr_handler {
    bool is_within;
    bool people;      /* WITHIN: time that people take does not count */
    uint32_t frame;   /* frames.len when it was installed */
    uint32_t pc;      /* TRY: where to go on */
    uint32_t reg;     /* TRY: takes the failure record */
    int64_t length;   /* WITHIN: ms */
    int64_t deadline; /* WITHIN: ms of the run's time; INT64_MIN until the run has seen it */
};

enum sgr_signal { SGR_SIGNAL_DONE, SGR_SIGNAL_FAILED, SGR_SIGNAL_EFFECT, SGR_SIGNAL_PARALLEL };

struct sgr_fiber {
    uint32_t id, parent; /* parent == id: the main one */
    sgr_value *stack;
    uint32_t stack_cap;
    SGR_VEC(struct sgr_frame) frames;
    SGR_VEC(struct sgr_handler) handlers;
    uint64_t fuel; /* instructions left until the next effect */
    bool spared;   /* has got them anew since the last effect, to handle a failure */
    /* why it stopped */
    uint16_t effect; /* EFFECT: kind */
    uint32_t args;   /* EFFECT, PARALLEL: first argument register (absolute) */
    uint32_t count;
    uint32_t target;  /* absolute register that takes the answer */
    sgr_value result; /* DONE */
    struct sgr_failure failure;
};

struct sgr_machine {
    struct sgr_program *program;
    struct sgr_limits limits;
    struct sgr_heap *heap;
    sgr_value *globals;
    uint8_t *states; /* of globals: 0 not yet, 1 under way, 2 there */
    bool *given;     /* of parameters */
};

void sgr_fiber_init(struct sgr_fiber *fiber, uint32_t id, uint32_t parent);
void sgr_fiber_release(struct sgr_fiber *fiber);
/* Puts a call of a function on an empty fiber. False where a limit is passed. */
bool sgr_fiber_start(struct sgr_machine *machine, struct sgr_fiber *fiber, uint32_t function,
                     sgr_value closure, const sgr_value *args, size_t count);
/* Room for `need` registers. */
bool sgr_fiber_grow(const struct sgr_machine *machine, struct sgr_fiber *fiber, uint32_t need,
                    struct sgr_failure *failure);
bool sgr_fiber_too_deep(const struct sgr_machine *machine,
                        struct sgr_failure *failure); /* always false */
/* A frame whose first `params` registers already stand at `base`. */
static inline bool sgr_fiber_push(const struct sgr_machine *machine, struct sgr_fiber *fiber,
                                  uint32_t function, uint32_t base, uint32_t result,
                                  sgr_value closure, struct sgr_failure *failure)
{
    const struct sgr_function *f = &machine->program->functions.at[function];
    if (fiber->frames.len >= machine->limits.depth) {
        return sgr_fiber_too_deep(machine, failure);
    }
    if (base + f->registers > fiber->stack_cap &&
        !sgr_fiber_grow(machine, fiber, base + f->registers, failure)) {
        return false;
    }
    for (sgr_value *own = fiber->stack + base + f->params,
                   *end = fiber->stack + base + f->registers;
         own < end; own++) {
        *own = sgr_absent();
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
/* Runs until it leaves. New objects go to `heap`, but what a global needs goes to the machine's. */
enum sgr_signal sgr_fiber_run(struct sgr_machine *machine, struct sgr_fiber *fiber,
                              struct sgr_heap *heap);
/* Gives the answer to the effect it stopped at. */
void sgr_fiber_answer(struct sgr_fiber *fiber, sgr_value value);
/* Fails it where it stands: the innermost TRY goes on; true where there was one, else
 * fiber->failure is set. The failure is taken over. `handlers`: how many handlers from the outside
 * may still catch. */
bool sgr_fiber_fail(struct sgr_machine *machine, struct sgr_fiber *fiber, struct sgr_heap *heap,
                    struct sgr_failure *failure, size_t handlers);
/* " (file:line)" of where it stands. */
void sgr_fiber_place(const struct sgr_machine *machine, const struct sgr_fiber *fiber,
                     struct sgr_buf *out);
uint32_t sgr_fiber_top(const struct sgr_machine *machine, const struct sgr_fiber *fiber);

/* ---- arithmetic: unit rules by tags ---- */
bool sgr_arith_add(struct sgr_heap *heap, sgr_value a, sgr_value b, sgr_value *out,
                   struct sgr_failure *failure);
bool sgr_arith_sub(sgr_value a, sgr_value b, sgr_value *out, struct sgr_failure *failure);
bool sgr_arith_mul(sgr_value a, sgr_value b, sgr_value *out, struct sgr_failure *failure);
bool sgr_arith_div(sgr_value a, sgr_value b, sgr_value *out, struct sgr_failure *failure);
bool sgr_arith_neg(sgr_value a, sgr_value *out, struct sgr_failure *failure);
/* -1, 0, 1 in *order; fails for what has no order. */
bool sgr_arith_compare(sgr_value a, sgr_value b, int *order, struct sgr_failure *failure);
bool sgr_convert(struct sgr_heap *heap, sgr_value value, enum sgr_tag to, sgr_value *out,
                 struct sgr_failure *failure);

#endif
