/* How a strand waits and how it ends: its deadlines, the time that people take, cancelling, and
 * failures, which go up from fiber to fiber. Must never let a write be forgotten whose answer is
 * still to come: what it replaced is not known before. */
#include "vm/run.h"

struct sgr_strand *sgr_run_strand(struct sgr_run *run, uint32_t id)
{
    for (size_t i = 0; i < run->strands.len; i++) {
        if (run->strands.at[i].fiber.id == id) {
            return &run->strands.at[i];
        }
    }
    return NULL;
}

/* ---- time and deadlines ---- */

static bool person_is_asked(const struct sgr_run *run, const struct sgr_strand *strand)
{
    if (strand->asked >= 0) {
        return true;
    }
    for (size_t i = 0; strand->wait == SGR_WAIT_CHILDREN && i < run->strands.len; i++) {
        const struct sgr_strand *child = &run->strands.at[i];
        if (child->fiber.parent == strand->fiber.id && child != strand && !child->done &&
            person_is_asked(run, child)) {
            return true;
        }
    }
    return false;
}

/* The handler of a waiting strand whose deadline comes first. */
static struct sgr_handler *next_deadline(struct sgr_run *run, struct sgr_strand *strand)
{
    struct sgr_handler *first = NULL;
    bool asked = person_is_asked(run, strand);
    for (size_t i = 0; i < strand->fiber.handlers.len; i++) {
        struct sgr_handler *handler = &strand->fiber.handlers.at[i];
        if (handler->is_within && handler->deadline == INT64_MIN) {
            handler->deadline = run->now + handler->length;
        }
        if (handler->is_within && !(asked && handler->people) &&
            (first == NULL || handler->deadline < first->deadline)) {
            first = handler;
        }
    }
    return first;
}

void sgr_strand_person_answered(struct sgr_run *run, struct sgr_strand *strand)
{
    int64_t took = run->now - strand->asked;
    strand->asked = -1;
    for (;;) {
        for (size_t i = 0; i < strand->fiber.handlers.len; i++) {
            struct sgr_handler *handler = &strand->fiber.handlers.at[i];
            if (handler->is_within && handler->people && handler->deadline != INT64_MIN) {
                handler->deadline += took;
            }
        }
        uint32_t parent = strand->fiber.parent;
        if (parent == strand->fiber.id) {
            return;
        }
        strand = sgr_run_strand(run, parent);
    }
}

bool sgr_effect_changes_object(enum sgr_effect_kind kind)
{
    return kind == SGR_EFFECT_APPLY || kind == SGR_EFFECT_PATCH || kind == SGR_EFFECT_DELETE;
}

bool sgr_strand_is_writing(const struct sgr_run *run, const struct sgr_strand *strand)
{
    if (strand->wait == SGR_WAIT_HOST && (strand->started || strand->in_doubt)) {
        return sgr_effect_changes_object(strand->fiber.effect);
    }
    for (size_t i = 0; strand->wait == SGR_WAIT_CHILDREN && i < run->strands.len; i++) {
        const struct sgr_strand *child = &run->strands.at[i];
        if (child->fiber.parent == strand->fiber.id && child != strand && !child->done &&
            sgr_strand_is_writing(run, child)) {
            return true;
        }
    }
    return false;
}

/* A raise ends what the rollout's deadline holds for, whatever attempts stand inside. Before that
 * and on the way back there is nothing to end: it waits, or is not heard. */
size_t sgr_run_raise_handler(const struct sgr_run *run)
{
    const struct sgr_strand *main_strand = &run->strands.at[0];
    size_t count = main_strand->fiber.handlers.len, deadline = 0;
    if (run->raise.text == NULL || main_strand->wait == SGR_WAIT_NONE ||
        sgr_strand_is_writing(run, main_strand)) {
        return count;
    }
    while (deadline < count && !main_strand->fiber.handlers.at[deadline].people) {
        deadline++;
    }
    return deadline;
}

int64_t sgr_run_wake_at(const struct sgr_run *run)
{
    bool raised = sgr_run_raise_handler(run) < run->strands.at[0].fiber.handlers.len;
    int64_t wake = raised ? run->now : run->hold;
    struct sgr_run *own = (struct sgr_run *)(uintptr_t)run;
    for (size_t i = 0; i < run->strands.len; i++) {
        struct sgr_strand *strand = &own->strands.at[i];
        if (strand->done || strand->wait == SGR_WAIT_NONE) {
            continue;
        }
        if ((strand->wait == SGR_WAIT_SLEEP || strand->wait == SGR_WAIT_AWAIT) &&
            strand->due < wake) {
            wake = strand->due;
        }
        struct sgr_handler *handler =
            sgr_strand_is_writing(run, strand) ? NULL : next_deadline(own, strand);
        if (handler != NULL && handler->deadline < wake) {
            wake = handler->deadline;
        }
    }
    return wake == INT64_MAX ? wake : wake + run->origin;
}

/* ---- cancelling and failing ---- */

static void cancel(struct sgr_run *run, struct sgr_strand *strand)
{
    if ((strand->wait == SGR_WAIT_HOST || strand->wait == SGR_WAIT_UNDO) &&
        run->host.ops->cancel != NULL) {
        run->host.ops->cancel(run->host.self, run, strand->seq);
    }
    if (strand->asked >= 0) {
        sgr_strand_person_answered(run, strand);
    }
    strand->wait = SGR_WAIT_NONE;
}

void sgr_strand_end(struct sgr_strand *strand)
{
    strand->done = true;
    sgr_fiber_release(&strand->fiber);
    sgr_failure_release(&strand->doom);
}

/* Ends all below a strand but what has a write under way; true where nothing is left. */
static bool end_children(struct sgr_run *run, uint32_t parent)
{
    bool ended = true;
    for (size_t i = 1; i < run->strands.len; i++) {
        struct sgr_strand *child = &run->strands.at[i];
        if (child->fiber.parent != parent || child->done) {
            continue;
        }
        bool alone = end_children(run, child->fiber.id);
        if (!alone || sgr_strand_is_writing(run, child)) {
            ended = false;
        } else {
            cancel(run, child);
            sgr_strand_end(child);
        }
    }
    return ended;
}

void sgr_strand_meet_doom(struct sgr_run *run, struct sgr_strand *strand)
{
    if (!end_children(run, strand->fiber.id)) {
        return;
    }
    struct sgr_failure failure = strand->doom;
    strand->doom = (struct sgr_failure){0};
    cancel(run, strand);
    if (sgr_fiber_fail(run->machine, &strand->fiber, run->heap, &failure, strand->doom_handlers)) {
        return;
    }
    strand->done = true;
    if (strand->fiber.parent == strand->fiber.id) {
        run->state = SGR_RUN_FAILED;
        return;
    }
    struct sgr_strand *parent = sgr_run_strand(run, strand->fiber.parent);
    struct sgr_failure own = strand->fiber.failure;
    strand->fiber.failure = (struct sgr_failure){0};
    sgr_strand_fail(run, parent, &own, parent->fiber.handlers.len);
}

void sgr_strand_fail(struct sgr_run *run, struct sgr_strand *strand, struct sgr_failure *failure,
                     size_t handlers)
{
    if (strand->doom.text == NULL) {
        strand->doom = *failure;
        strand->doom_handlers = (uint32_t)handlers;
        *failure = (struct sgr_failure){0};
    } else {
        sgr_failure_release(failure);
    }
    sgr_strand_meet_doom(run, strand);
}

struct sgr_strand *sgr_strand_doomed_above(struct sgr_run *run, const struct sgr_strand *strand)
{
    struct sgr_strand *doomed = NULL;
    while (strand->fiber.parent != strand->fiber.id) {
        struct sgr_strand *parent = sgr_run_strand(run, strand->fiber.parent);
        doomed = parent->doom.text != NULL ? parent : doomed;
        strand = parent;
    }
    return doomed;
}

void sgr_strand_check_deadline(struct sgr_run *run, struct sgr_strand *strand)
{
    struct sgr_handler *handler = strand->wait == SGR_WAIT_NONE ? NULL : next_deadline(run, strand);
    if (handler == NULL || handler->deadline > run->now || sgr_strand_is_writing(run, strand)) {
        return;
    }
    struct sgr_buf text;
    struct sgr_failure failure = {0};
    sgr_buf_init(&text, 200);
    sgr_value_print(sgr_unit_i(SGR_DURATION, handler->length), &text);
    sgr_fail(&failure, "deadline", "the time of %s has passed", text.ptr);
    sgr_buf_release(&text);
    sgr_strand_fail(run, strand, &failure, (size_t)(handler - strand->fiber.handlers.at));
}
