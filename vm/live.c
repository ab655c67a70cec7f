/* Where the values of a run live: in a heap of its own or in its host's; what lives there; and the
 * run as it is at one moment, beside the run that goes on, which a host in the same process keeps
 * instead of bytes. That must never share anything that the run still changes. */
#include "vm/run.h"

void sgr_run_settle(struct sgr_run *run, struct sgr_machine *machine, struct sgr_host host)
{
    run->machine = machine;
    run->host = host;
    run->shared = host.ops != NULL && host.ops->heap != NULL;
    run->heap = run->shared ? host.ops->heap(host.self) : sgr_heap_new(machine->limits.memory);
    run->heap->limit = machine->limits.memory;
}

sgr_value sgr_run_take(struct sgr_run *run, sgr_value value)
{
    bool stays = sgr_is_object(value) &&
                 *(const uintptr_t *)value.as.object == (uintptr_t)run->machine->heap;
    return stays ? value : sgr_value_copy(run->heap, value);
}

/* ---- compaction: all that lives is reachable from here ---- */

void sgr_run_move(struct sgr_run *run, struct sgr_mover *mover)
{
    for (size_t i = 0; i < run->strands.len; i++) {
        struct sgr_strand *strand = &run->strands.at[i];
        uint32_t top = sgr_fiber_top(run->machine, &strand->fiber);
        for (uint32_t k = 0; k < top; k++) {
            sgr_move(mover, &strand->fiber.stack[k]);
        }
        for (uint32_t k = top; k < strand->fiber.stack_cap; k++) {
            strand->fiber.stack[k] = sgr_absent();
        }
        for (size_t k = 0; k < strand->fiber.frames.len; k++) {
            sgr_move(mover, &strand->fiber.frames.at[k].closure);
        }
        sgr_move(mover, &strand->group);
    }
    for (size_t i = 0; i < run->log.len; i++) {
        sgr_move(mover, &run->log.at[i].group);
        sgr_move(mover, &run->log.at[i].entry);
    }
    sgr_move(mover, &run->aspect);
    sgr_move(mover, &run->memory);
    sgr_move(mover, &run->result);
}

void sgr_run_compact(struct sgr_run *run)
{
    if (!sgr_heap_wants_compaction(run->heap)) {
        return;
    }
    struct sgr_mover mover = {.from = run->heap, .to = sgr_heap_new(run->machine->limits.memory)};
    sgr_run_move(run, &mover);
    if (run->shared) {
        run->host.ops->move(run->host.self, &mover);
    }
    sgr_move_done(&mover);
}

/* ---- the run at one moment ---- */

/* A list or record under construction is the one value that changes. */
static void copy_builder(struct sgr_heap *heap, sgr_value *value)
{
    const struct sgr_builder_object *from = value->as.object;
    *value = sgr_builder_value(heap, from->is_record);
    for (size_t i = 0; i < from->count; i++) {
        if (from->is_record) {
            sgr_builder_set(heap, *value, from->keys[i], from->values[i]);
        } else {
            sgr_builder_append(heap, *value, from->values[i]);
        }
    }
}

#define COPY(to, from, count)                                                                      \
    do {                                                                                           \
        sgr_vec_reserve(to, (count) + 1);                                                          \
        if ((count) > 0) {                                                                         \
            memcpy((to)->at, (from)->at, (count) * sizeof *(to)->at);                              \
        }                                                                                          \
        (to)->len = (count);                                                                       \
    } while (0)

static void copy_fiber(const struct sgr_run *run, const struct sgr_fiber *from,
                       struct sgr_fiber *to)
{
    uint32_t top = sgr_fiber_top(run->machine, from);
    struct sgr_fiber own = *to;
    if (own.stack_cap < top) {
        own.stack = sgr_realloc(own.stack, top * sizeof *own.stack);
        own.stack_cap = top;
    }
    for (uint32_t i = 0; i < own.stack_cap; i++) {
        own.stack[i] = i < top ? from->stack[i] : sgr_absent();
        if (own.stack[i].tag == SGR_BUILDER) {
            copy_builder(run->heap, &own.stack[i]);
        }
    }
    COPY(&own.frames, &from->frames, from->frames.len);
    COPY(&own.handlers, &from->handlers, from->handlers.len);
    *to = *from;
    to->stack = own.stack;
    to->stack_cap = own.stack_cap;
    memcpy(&to->frames, &own.frames, sizeof to->frames);
    memcpy(&to->handlers, &own.handlers, sizeof to->handlers);
    to->failure = (struct sgr_failure){0};
}

static void copy_strand(const struct sgr_run *run, const struct sgr_strand *from,
                        struct sgr_strand *to)
{
    struct sgr_fiber fiber = to->fiber;
    copy_fiber(run, &from->fiber, &fiber);
    sgr_failure_release(&to->doom);
    *to = *from;
    to->fiber = fiber;
    to->doom = (struct sgr_failure){0};
    if (from->doom.text != NULL) {
        sgr_fail(&to->doom, from->doom.kind, "%s", from->doom.text);
    }
}

static void copy_strands(const struct sgr_run *from, struct sgr_run *to)
{
    size_t live = 0;
    for (size_t i = 0; i < from->strands.len; i++) {
        if (i > 0 && from->strands.at[i].done) {
            continue;
        }
        if (live == to->strands.len) {
            sgr_vec_push(&to->strands, (struct sgr_strand){0});
        }
        copy_strand(from, &from->strands.at[i], &to->strands.at[live++]);
    }
    while (to->strands.len > live) {
        sgr_strand_end(&sgr_vec_pop(&to->strands));
    }
}

/* In a debug build, what is kept must become the same bytes as the run itself. */
static void check_still(struct sgr_run *run, struct sgr_run *still)
{
#ifndef NDEBUG
    struct sgr_buf own, kept;
    sgr_buf_init(&own, SGR_TEXT_MAX);
    sgr_buf_init(&kept, SGR_TEXT_MAX);
    sgr_run_encode(run, &own);
    sgr_run_encode(still, &kept);
    if (!sgr_str_equal(sgr_buf_str(&own), sgr_buf_str(&kept))) {
        SGR_BUG("what is kept of a run is not the run");
    }
    sgr_buf_release(&own);
    sgr_buf_release(&kept);
#else
    (void)run;
    (void)still;
#endif
}

struct sgr_run *sgr_run_still(struct sgr_run *run, struct sgr_run *still)
{
    if (still == NULL) {
        still = sgr_calloc(1, sizeof *still);
        still->name = sgr_calloc(strlen(run->name) + 1, 1);
        memcpy(still->name, run->name, strlen(run->name));
    }
    still->machine = run->machine;
    still->heap = run->heap;
    still->shared = true;
    still->now = run->now;
    still->next_seq = run->next_seq;
    still->next_fiber = run->next_fiber;
    still->aspect = run->aspect;
    still->memory = run->memory;
    memcpy(still->step, run->step, sizeof still->step);
    copy_strands(run, still);
    COPY(&still->log, &run->log, run->log.len);
    check_still(run, still);
    return still;
}
