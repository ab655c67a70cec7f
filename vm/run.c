/* Runs: fibers that wait for a host, for time or for each other; the undo log; what survives a
 * kill. The order in which fibers go on is the order of their numbers, so the same answers give the
 * same run. */
#include "vm/run.h"

#include <stdio.h>
#include <stdlib.h>

/* A write that could not begin for so long rests on what may be true no longer. */
enum { SAVE_EVERY_MS = 30000, SAVE_AGAIN_MS = 5000, HELD_MS = 30000 };

sgr_value sgr_strand_arg(const struct sgr_strand *strand, uint32_t index)
{
    return index < strand->fiber.count ? strand->fiber.stack[strand->fiber.args + index]
                                       : sgr_absent();
}

static sgr_str arg_str(const struct sgr_strand *strand, uint32_t index)
{
    sgr_value value = sgr_strand_arg(strand, index);
    return value.tag == SGR_STRING ? sgr_string_of(value) : (sgr_str){"", 0};
}

static int64_t arg_ms(const struct sgr_strand *strand, uint32_t index)
{
    sgr_value value = sgr_strand_arg(strand, index);
    return value.tag == SGR_DURATION ? value.as.i : 0;
}

void sgr_run_report(struct sgr_run *run, const char *kind, sgr_value fields)
{
    struct sgr_report report = {.time = run->now, .kind = kind, .fields = fields};
    if (run->host.ops->report != NULL) {
        run->host.ops->report(run->host.self, run, &report);
    }
}

/* ---- making ---- */

static uint32_t add_strand(struct sgr_run *run, uint32_t parent)
{
    struct sgr_strand strand = {.asked = -1, .cursor = -1};
    sgr_fiber_init(&strand.fiber, run->next_fiber, parent);
    run->next_fiber++;
    sgr_vec_push(&run->strands, strand);
    return (uint32_t)run->strands.len - 1;
}

struct sgr_run *sgr_run_new(struct sgr_machine *machine, struct sgr_host host, sgr_str name,
                            uint32_t function, const sgr_value *args, size_t count, int64_t now)
{
    struct sgr_run *run = sgr_calloc(1, sizeof *run);
    sgr_run_settle(run, machine, host);
    run->name = sgr_calloc(name.len + 1, 1);
    memcpy(run->name, name.ptr, name.len);
    run->origin = now;
    run->next_seq = 1;
    run->hold = INT64_MAX;
    run->state = SGR_RUN_READY;
    sgr_value *own = sgr_calloc(count + 1, sizeof *own);
    for (size_t i = 0; i < count; i++) {
        own[i] = sgr_run_take(run, args[i]);
    }
    uint32_t first = add_strand(run, 0);
    if (!sgr_fiber_start(machine, &run->strands.at[first].fiber, function, sgr_absent(), own,
                         count)) {
        run->state = SGR_RUN_FAILED;
    }
    free(own);
    return run;
}

bool sgr_run_has_begun(const struct sgr_run *run)
{
    return run->next_seq > 1;
}

void sgr_run_free(struct sgr_run *run)
{
    if (run == NULL) {
        return;
    }
    for (size_t i = 0; i < run->strands.len; i++) {
        sgr_strand_end(&run->strands.at[i]);
    }
    sgr_vec_release(&run->strands);
    sgr_vec_release(&run->log);
    sgr_failure_release(&run->raise);
    if (!run->shared) {
        sgr_heap_free(run->heap);
    }
    free(run->name);
    free(run);
}

void sgr_run_set_aspect(struct sgr_run *run, sgr_str key, sgr_value value)
{
    run->aspect = sgr_record_with(run->heap, run->aspect, key, sgr_value_copy(run->heap, value));
}

sgr_value sgr_run_aspect(const struct sgr_run *run)
{
    return run->aspect;
}

sgr_value sgr_run_result(const struct sgr_run *run)
{
    return run->result;
}

const struct sgr_failure *sgr_run_failure(const struct sgr_run *run)
{
    return &run->strands.at[0].fiber.failure;
}

sgr_str sgr_run_name(const struct sgr_run *run)
{
    return sgr_str_from(run->name);
}

/* ---- saving ---- */

static bool save_bytes(struct sgr_run *run, bool may_defer, struct sgr_error *error)
{
    const struct sgr_host_ops *ops = run->host.ops;
    struct sgr_buf bytes;
    sgr_buf_init(&bytes, SIZE_MAX / 4);
    sgr_run_encode(run, &bytes);
    sgr_str snapshot = sgr_buf_str(&bytes);
    bool ok = bytes.full ? sgr_error_set(error, "the state of the run is too large to be saved")
                         : (may_defer && ops->defer && ops->defer(run->host.self, run, snapshot)) ||
                               ops->save(run->host.self, run, snapshot, error);
    sgr_buf_release(&bytes);
    return ok;
}

/* True where the run may go on. */
static bool save_for(struct sgr_run *run, bool may_defer)
{
    const struct sgr_host_ops *ops = run->host.ops;
    struct sgr_error error = {0};
    if (ops->save == NULL && ops->keep == NULL) {
        return true;
    }
    bool ok = ops->keep != NULL ? ops->keep(run->host.self, run, &error)
                                : save_bytes(run, may_defer, &error);
    if (ok) {
        run->saved = run->now;
        run->hold = INT64_MAX;
    } else {
        run->hold = run->now + SAVE_AGAIN_MS;
        sgr_value text = sgr_string(
            run->heap, sgr_str_from(error.text ? error.text : "the state could not be saved"));
        sgr_run_report(run, "message",
                       sgr_record_with(run->heap, sgr_absent(), SGR_STR("text"), text));
    }
    sgr_error_release(&error);
    return ok;
}

/* Before anything changes the world, and now and then. */
static bool save(struct sgr_run *run)
{
    return save_for(run, false);
}

void sgr_run_raise(struct sgr_run *run, const char *kind, const char *text)
{
    sgr_fail(&run->raise, kind, "%s", text);
}

/* ---- effects ---- */

/* From the first read on, changes count: one that comes before the strand waits must not be lost.
 */
static void note_look(const struct sgr_run *run, struct sgr_strand *strand,
                      enum sgr_effect_kind kind)
{
    bool reads = sgr_effects[kind].policy == SGR_POLICY_READ;
    if (reads && !strand->looking) {
        strand->seen = run->changes;
    }
    strand->looking = reads;
}

static void hand_over(struct sgr_run *run, struct sgr_strand *strand, enum sgr_effect_kind kind,
                      const sgr_value *args, size_t count)
{
    struct sgr_effect effect = {
        .seq = strand->seq,
        .fiber = strand->fiber.id,
        .kind = kind,
        .args = args,
        .count = count,
        .in_doubt = strand->in_doubt,
        .step = run->step,
    };
    strand->started = true;
    note_look(run, strand, kind);
    run->host.ops->start(run->host.self, run, &effect);
}

static void report_effect(struct sgr_run *run, const struct sgr_strand *strand)
{
    struct sgr_record_builder fields;
    sgr_record_begin(&fields, run->heap);
    sgr_record_set(&fields, SGR_STR("effect"),
                   sgr_string(run->heap, sgr_str_from(sgr_effects[strand->fiber.effect].word)));
    sgr_record_set(&fields, SGR_STR("seq"), sgr_int((int64_t)strand->seq));
    sgr_record_set(&fields, SGR_STR("step"), sgr_string(run->heap, sgr_str_from(run->step)));
    sgr_value first = sgr_strand_arg(strand, 0);
    if (first.tag == SGR_RECORD && !sgr_is_absent(sgr_field(first, SGR_STR("kind")))) {
        sgr_record_set(&fields, SGR_STR("kind"), sgr_field(first, SGR_STR("kind")));
        sgr_value name = sgr_path(first, "metadata/name");
        sgr_record_set(&fields, SGR_STR("name"),
                       sgr_is_absent(name) ? sgr_field(first, SGR_STR("name")) : name);
    }
    sgr_run_report(run, "effect", sgr_record_end(&fields));
}

static void start_host_effect(struct sgr_run *run, struct sgr_strand *strand)
{
    enum sgr_effect_kind kind = strand->fiber.effect;
    enum sgr_policy policy = sgr_effects[kind].policy;
    strand->wait = SGR_WAIT_HOST;
    strand->seq = run->next_seq++;
    strand->started = strand->in_doubt = false;
    strand->began = run->now;
    if (kind == SGR_EFFECT_ASK) {
        strand->asked = run->now;
    }
    if (policy != SGR_POLICY_READ) {
        report_effect(run, strand);
        if (!save_for(run, sgr_effect_changes_object(kind))) {
            return; /* handed over when a later save succeeds */
        }
    }
    hand_over(run, strand, kind, strand->fiber.stack + strand->fiber.args, strand->fiber.count);
}

static void note_step(struct sgr_run *run, sgr_str kind, sgr_value fields)
{
    if (sgr_str_is(kind, "step")) {
        snprintf(run->step, sizeof run->step, "%.*s", SGR_FMT(sgr_path_str(fields, "name")));
    } else if (sgr_str_is(kind, "step_end") || sgr_str_is(kind, "step_failed")) {
        run->step[0] = '\0';
    }
}

static sgr_value aspect(struct sgr_run *run)
{
    sgr_value out = sgr_record_with(run->heap, run->aspect, SGR_STR("name"),
                                    sgr_string(run->heap, sgr_str_from(run->name)));
    out = sgr_record_with(run->heap, out, SGR_STR("resumed"), sgr_bool(run->resumed));
    out = sgr_record_with(run->heap, out, SGR_STR("left"), sgr_run_undo_groups(run));
    return sgr_record_with(run->heap, out, SGR_STR("undo_left"), sgr_int(sgr_run_undo_left(run)));
}

/* The next entry of the group that is not undone, from the newest; the strand waits for its
 * restoring. */
static void walk_undo(struct sgr_run *run, struct sgr_strand *strand)
{
    for (strand->cursor--; strand->cursor >= 0; strand->cursor--) {
        struct sgr_undo_entry *entry = &run->log.at[strand->cursor];
        if (entry->undone || !sgr_run_is_asked_for(run, strand->cursor, strand->group) ||
            sgr_run_is_stuck(run, strand->cursor)) {
            continue;
        }
        strand->wait = SGR_WAIT_UNDO;
        strand->seq = run->next_seq++;
        strand->started = strand->in_doubt = false;
        if (save(run)) {
            hand_over(run, strand, SGR_EFFECT_RESTORE, &entry->entry, 1);
        }
        return;
    }
    strand->wait = SGR_WAIT_NONE;
    sgr_fiber_answer(&strand->fiber, sgr_int(strand->undone));
}

/* What was read may have changed before the strand got here to wait for that. */
static bool missed_change(const struct sgr_run *run, struct sgr_strand *strand)
{
    bool missed = strand->looking && strand->seen != run->changes;
    strand->looking = false;
    return missed;
}

static void wait_for(struct sgr_run *run, struct sgr_strand *strand, enum sgr_wait wait)
{
    strand->wait = wait;
    strand->due = run->now + (arg_ms(strand, 0) > 0 ? arg_ms(strand, 0) : 0);
}

/* An effect that the run answers itself; true where the strand goes on at once. */
static sgr_value recalled(struct sgr_run *run)
{
    if (sgr_is_absent(run->memory)) {
        struct sgr_record_builder builder;
        sgr_record_begin(&builder, run->heap);
        run->memory = sgr_record_end(&builder);
    }
    return run->memory;
}

static bool own_effect(struct sgr_run *run, struct sgr_strand *strand)
{
    struct sgr_fiber *fiber = &strand->fiber;
    switch ((enum sgr_effect_kind)fiber->effect) {
    case SGR_EFFECT_AWAIT:
        if (missed_change(run, strand)) {
            sgr_fiber_answer(fiber, sgr_bool(true));
            return true;
        }
        wait_for(run, strand, SGR_WAIT_AWAIT);
        return false;
    case SGR_EFFECT_SLEEP:
        wait_for(run, strand, SGR_WAIT_SLEEP);
        return false;
    case SGR_EFFECT_NOW:
        sgr_fiber_answer(fiber, sgr_unit_i(SGR_DURATION, run->now));
        return true;
    case SGR_EFFECT_ASPECT:
        sgr_fiber_answer(fiber, aspect(run));
        return true;
    case SGR_EFFECT_KEEP:
        run->memory = sgr_strand_arg(strand, 0);
        sgr_fiber_answer(fiber, sgr_bool(true));
        return true;
    case SGR_EFFECT_RECALL:
        sgr_fiber_answer(fiber, recalled(run));
        return true;
    case SGR_EFFECT_REPORT:
        note_step(run, arg_str(strand, 0), sgr_strand_arg(strand, 1));
        sgr_run_report(run, arg_str(strand, 0).ptr, sgr_strand_arg(strand, 1));
        sgr_fiber_answer(fiber, sgr_bool(true));
        return true;
    case SGR_EFFECT_UNDO:
        strand->group = sgr_strand_arg(strand, 0);
        strand->undone = 0;
        strand->cursor = (int64_t)run->log.len;
        for (size_t i = 0; i < run->log.len; i++) {
            run->log.at[i].stuck = false;
        }
        walk_undo(run, strand);
        return strand->wait == SGR_WAIT_NONE;
    default:
        return false;
    }
}

static void spawn_children(struct sgr_run *run, size_t index)
{
    uint32_t count = run->strands.at[index].fiber.count;
    uint32_t id = run->strands.at[index].fiber.id;
    if (run->strands.len + count > run->machine->limits.fibers + 1) {
        struct sgr_failure failure = {0};
        sgr_fail(&failure, "limit", "more than %u fibers", run->machine->limits.fibers);
        sgr_strand_fail(run, &run->strands.at[index], &failure,
                        run->strands.at[index].fiber.handlers.len);
        return;
    }
    run->strands.at[index].wait = count > 0 ? SGR_WAIT_CHILDREN : SGR_WAIT_NONE;
    run->strands.at[index].children = count;
    for (uint32_t k = 0; k < count; k++) {
        uint32_t child = add_strand(run, id);
        sgr_value closure = sgr_strand_arg(&run->strands.at[index], k);
        bool ok = closure.tag == SGR_FUNCTION &&
                  sgr_fiber_start(run->machine, &run->strands.at[child].fiber,
                                  closure.as.closure->function, closure, NULL, 0);
        if (!ok) {
            struct sgr_failure failure = {0};
            sgr_fail(&failure, "type", "cannot run a %s in parallel", sgr_tag_name(closure.tag));
            sgr_strand_fail(run, &run->strands.at[child], &failure, 0);
            return;
        }
    }
}

static void child_done(struct sgr_run *run, struct sgr_strand *strand)
{
    strand->done = true;
    if (strand->fiber.parent == strand->fiber.id) {
        run->state = SGR_RUN_DONE;
        run->result = strand->fiber.result;
        return;
    }
    struct sgr_strand *parent = sgr_run_strand(run, strand->fiber.parent);
    sgr_fiber_release(&strand->fiber);
    if (--parent->children == 0) {
        parent->wait = SGR_WAIT_NONE;
        sgr_fiber_answer(&parent->fiber, sgr_absent());
    }
}

/* Runs one strand until it waits or ends. */
static void step_strand(struct sgr_run *run, size_t index)
{
    while (!run->strands.at[index].done && run->strands.at[index].wait == SGR_WAIT_NONE &&
           run->state == SGR_RUN_READY) {
        struct sgr_strand *strand = &run->strands.at[index];
        enum sgr_signal signal = sgr_fiber_run(run->machine, &strand->fiber, run->heap);
        if (signal == SGR_SIGNAL_DONE) {
            child_done(run, strand);
        } else if (signal == SGR_SIGNAL_FAILED) {
            struct sgr_failure failure = strand->fiber.failure;
            strand->fiber.failure = (struct sgr_failure){0};
            sgr_strand_fail(run, strand, &failure, 0);
        } else if (signal == SGR_SIGNAL_PARALLEL) {
            spawn_children(run, index);
            return;
        } else {
            /* What is answered at once gives no new fuel: a loop of such effects must end too. */
            bool asks = sgr_effects[strand->fiber.effect].policy != SGR_POLICY_RUN;
            if (asks) {
                start_host_effect(run, strand);
            }
            bool goes_on = !asks && own_effect(run, strand);
            if (!goes_on) {
                run->strands.at[index].fiber.fuel = run->machine->limits.fuel;
                run->strands.at[index].fiber.spared = false;
            }
            if (!asks && !goes_on) {
                return;
            }
        }
    }
}

/* Strands that have ended leave the list, but the main one. */
static void forget_done(struct sgr_run *run)
{
    size_t kept = 1;
    for (size_t i = 1; i < run->strands.len; i++) {
        if (!run->strands.at[i].done) {
            run->strands.at[kept++] = run->strands.at[i];
        } else {
            sgr_strand_end(&run->strands.at[i]);
        }
    }
    run->strands.len = kept;
}

/* ---- going on ---- */

static void check_timers(struct sgr_run *run)
{
    for (size_t i = 0; i < run->strands.len; i++) {
        struct sgr_strand *strand = &run->strands.at[i];
        bool timed = strand->wait == SGR_WAIT_SLEEP || strand->wait == SGR_WAIT_AWAIT;
        if (strand->done) {
            continue;
        }
        if (timed && strand->due <= run->now) {
            sgr_fiber_answer(&strand->fiber, sgr_bool(strand->wait == SGR_WAIT_SLEEP));
            strand->wait = SGR_WAIT_NONE;
        }
        sgr_strand_check_deadline(run, strand);
    }
}

/* What is in doubt must be looked at, however long ago it was. */
static bool is_outdated(const struct sgr_run *run, const struct sgr_strand *strand)
{
    return strand->wait == SGR_WAIT_HOST && !strand->in_doubt &&
           sgr_effects[strand->fiber.effect].policy != SGR_POLICY_READ &&
           run->now - strand->began > HELD_MS;
}

/* Effects that wait for a save that failed, or that a resumed run finds in doubt. */
static void start_held(struct sgr_run *run)
{
    run->hold = INT64_MAX;
    for (size_t i = 0; i < run->strands.len; i++) {
        struct sgr_strand *strand = &run->strands.at[i];
        if (strand->done || strand->started ||
            (strand->wait != SGR_WAIT_HOST && strand->wait != SGR_WAIT_UNDO)) {
            continue;
        }
        if (is_outdated(run, strand)) {
            struct sgr_failure failure = {0};
            sgr_fail(&failure, "held", "the state of the run could not be saved for %d s",
                     HELD_MS / 1000);
            sgr_strand_fail(run, strand, &failure, strand->fiber.handlers.len);
        } else if (strand->wait == SGR_WAIT_UNDO) {
            if (save(run)) {
                hand_over(run, strand, SGR_EFFECT_RESTORE, &run->log.at[strand->cursor].entry, 1);
            }
        } else if (sgr_effects[strand->fiber.effect].policy == SGR_POLICY_READ || save(run)) {
            hand_over(run, strand, strand->fiber.effect, strand->fiber.stack + strand->fiber.args,
                      strand->fiber.count);
        }
    }
}

static bool can_go_on(const struct sgr_run *run)
{
    for (size_t i = 0; i < run->strands.len; i++) {
        if (!run->strands.at[i].done && run->strands.at[i].wait == SGR_WAIT_NONE) {
            return true;
        }
    }
    return false;
}

static void take_raise(struct sgr_run *run)
{
    size_t deadline = sgr_run_raise_handler(run);
    if (deadline < run->strands.at[0].fiber.handlers.len) {
        struct sgr_failure failure = run->raise;
        run->raise = (struct sgr_failure){0};
        sgr_strand_fail(run, &run->strands.at[0], &failure, deadline);
    }
}

enum sgr_run_state sgr_run_advance(struct sgr_run *run, int64_t now)
{
    if (run->advancing || run->state == SGR_RUN_DONE || run->state == SGR_RUN_FAILED) {
        return run->state;
    }
    run->advancing = true;
    run->state = SGR_RUN_READY;
    run->now = now - run->origin > run->now ? now - run->origin : run->now;
    check_timers(run);
    start_held(run);
    take_raise(run);
    while (run->state == SGR_RUN_READY && can_go_on(run)) {
        for (size_t i = 0; i < run->strands.len && run->state == SGR_RUN_READY; i++) {
            step_strand(run, i);
        }
        forget_done(run);
    }
    if (run->state == SGR_RUN_READY) {
        run->state = SGR_RUN_BLOCKED;
        sgr_run_compact(run);
        if (run->now - run->saved >= SAVE_EVERY_MS) {
            save(run);
        }
    }
    run->advancing = false;
    return run->state;
}

/* ---- answers ---- */

static void remember_replaced(struct sgr_run *run, const struct sgr_strand *strand,
                              sgr_value replaced)
{
    uint32_t group = strand->fiber.effect == SGR_EFFECT_PATCH ? 2 : 1;
    sgr_run_log_replaced(run, sgr_strand_arg(strand, group), replaced);
}

static void restored(struct sgr_run *run, struct sgr_strand *strand,
                     const struct sgr_answer *answer)
{
    struct sgr_undo_entry *entry = &run->log.at[strand->cursor];
    if (answer->ok) {
        entry->undone = true;
        strand->undone++;
    } else {
        entry->stuck = true;
        sgr_value text =
            sgr_string(run->heap, sgr_str_from(answer->text ? answer->text : "not restored"));
        sgr_run_report(run, "message",
                       sgr_record_with(run->heap, sgr_absent(), SGR_STR("text"), text));
    }
    walk_undo(run, strand);
}

void sgr_run_answer(struct sgr_run *run, uint64_t seq, const struct sgr_answer *answer)
{
    struct sgr_strand *strand = NULL;
    for (size_t i = 0; i < run->strands.len; i++) {
        struct sgr_strand *s = &run->strands.at[i];
        if (!s->done && s->seq == seq && (s->wait == SGR_WAIT_HOST || s->wait == SGR_WAIT_UNDO)) {
            strand = s;
        }
    }
    if (strand == NULL) {
        return; /* cancelled meanwhile */
    }
    if (strand->wait == SGR_WAIT_UNDO) {
        restored(run, strand, answer);
        return;
    }
    if (strand->asked >= 0) {
        sgr_strand_person_answered(run, strand);
    }
    strand->wait = SGR_WAIT_NONE;
    struct sgr_strand *doomed = sgr_strand_doomed_above(run, strand);
    if (doomed != NULL) {
        remember_replaced(run, strand, answer->replaced);
        sgr_strand_meet_doom(run, doomed);
        return;
    }
    if (answer->ok) {
        bool once = sgr_effects[strand->fiber.effect].policy == SGR_POLICY_ONCE;
        remember_replaced(run, strand, answer->replaced);
        sgr_fiber_answer(&strand->fiber, sgr_value_copy(run->heap, answer->value));
        if (once) {
            save(run); /* what cannot be done twice must not be in doubt longer than it takes */
        }
        return;
    }
    struct sgr_failure failure = {0};
    remember_replaced(run, strand, answer->replaced);
    sgr_fail(&failure, answer->kind ? answer->kind : "failed", "%s",
             answer->text ? answer->text : "the effect failed");
    sgr_strand_fail(run, strand, &failure, strand->fiber.handlers.len);
}

void sgr_run_changed(struct sgr_run *run)
{
    run->changes++;
    for (size_t i = 0; i < run->strands.len; i++) {
        struct sgr_strand *strand = &run->strands.at[i];
        if (!strand->done && strand->wait == SGR_WAIT_AWAIT) {
            strand->wait = SGR_WAIT_NONE;
            sgr_fiber_answer(&strand->fiber, sgr_bool(true));
        }
    }
}
