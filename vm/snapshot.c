/* Runs as bytes and back. Everything a run is stands here; what can be made again (globals) does
 * not. The bytes carry the program's hash: a run goes on only with the very program it was started
 * with. */
#include "vm/run.h"

#include <stdio.h>
#include <stdlib.h>

#include "vm/wire.h"

static const char magic[4] = {'S', 'G', 'R', 'R'};
enum { VERSION = 3, OLDEST = 2 }; /* 3: strands that wait to fail */
#define TIME_MAX (INT64_MAX / 4)  /* so that times can be added */

static void write_fiber(const struct sgr_run *run, const struct sgr_fiber *fiber,
                        struct sgr_buf *out)
{
    uint32_t top = sgr_fiber_top(run->machine, fiber);
    sgr_write_number(out, fiber->id);
    sgr_write_number(out, fiber->parent);
    sgr_write_number(out, top);
    for (uint32_t i = 0; i < top; i++) {
        sgr_write_value(out, fiber->stack[i]);
    }
    sgr_write_number(out, fiber->frames.len);
    for (size_t i = 0; i < fiber->frames.len; i++) {
        const struct sgr_frame *frame = &fiber->frames.at[i];
        sgr_write_number(out, frame->function);
        sgr_write_number(out, frame->pc);
        sgr_write_number(out, frame->base);
        sgr_write_number(out, frame->result);
        sgr_write_value(out, frame->closure);
    }
    sgr_write_number(out, fiber->handlers.len);
    for (size_t i = 0; i < fiber->handlers.len; i++) {
        const struct sgr_handler *handler = &fiber->handlers.at[i];
        sgr_write_number(out, (uint64_t)handler->is_within | (uint64_t)handler->people << 1);
        sgr_write_number(out, handler->frame);
        sgr_write_number(out, handler->pc);
        sgr_write_number(out, handler->reg);
        sgr_write_signed(out, handler->length);
        sgr_write_signed(out, handler->deadline);
    }
    sgr_write_number(out, fiber->effect);
    sgr_write_number(out, fiber->args);
    sgr_write_number(out, fiber->count);
    sgr_write_number(out, fiber->target);
}

static void write_strand(const struct sgr_run *run, const struct sgr_strand *strand,
                         struct sgr_buf *out)
{
    write_fiber(run, &strand->fiber, out);
    sgr_write_number(out, strand->wait);
    sgr_write_number(out, strand->seq);
    sgr_write_signed(out, strand->due);
    sgr_write_signed(out, strand->asked);
    sgr_write_number(out, strand->children);
    sgr_write_value(out, strand->group);
    sgr_write_signed(out, strand->undone);
    sgr_write_signed(out, strand->cursor);
    sgr_write_str(out, sgr_str_from(strand->doom.kind));
    sgr_write_str(out, sgr_str_from(strand->doom.text != NULL ? strand->doom.text : ""));
    sgr_write_number(out, strand->doom_handlers);
}

void sgr_run_encode(struct sgr_run *run, struct sgr_buf *out)
{
    struct sgr_buf body;
    char hex[SGR_SHA256_HEX];
    size_t live = 0;
    sgr_buf_init(&body, SGR_TEXT_MAX);
    sgr_write_str(&body, sgr_str_from(sgr_program_hash(run->machine->program)));
    sgr_write_str(&body, sgr_str_from(run->name));
    sgr_write_signed(&body, run->now);
    sgr_write_number(&body, run->next_seq);
    sgr_write_number(&body, run->next_fiber);
    sgr_write_str(&body, sgr_str_from(run->step));
    sgr_write_value(&body, run->aspect);
    sgr_write_value(&body, run->memory);
    for (size_t i = 0; i < run->strands.len; i++) {
        live += i == 0 || !run->strands.at[i].done;
    }
    sgr_write_number(&body, live);
    for (size_t i = 0; i < run->strands.len; i++) {
        if (i == 0 || !run->strands.at[i].done) {
            write_strand(run, &run->strands.at[i], &body);
        }
    }
    sgr_write_number(&body, run->log.len);
    for (size_t i = 0; i < run->log.len; i++) {
        sgr_write_value(&body, run->log.at[i].group);
        sgr_write_value(&body, run->log.at[i].entry);
        sgr_write_number(&body,
                         (uint64_t)run->log.at[i].undone | (uint64_t)run->log.at[i].stuck << 1);
    }
    sgr_sha256_hex(sgr_buf_str(&body), hex);
    sgr_buf_bytes(out, magic, sizeof magic);
    sgr_buf_byte(out, VERSION);
    sgr_buf_bytes(out, hex, 32);
    sgr_buf_add(out, sgr_buf_str(&body));
    out->full = out->full || body.full;
    sgr_buf_release(&body);
}

/* ---- reading ---- */

/* Room for the registers of a frame. Those of a caller may reach beyond its callee's, which stand
 * where the call's arguments were: there is nothing in them that is still needed. */
static bool make_room(const struct sgr_run *run, struct sgr_fiber *fiber, uint64_t top)
{
    if (top > run->machine->limits.stack) {
        return false;
    }
    if (top >= fiber->stack_cap) {
        uint32_t cap = (uint32_t)top + 1;
        fiber->stack = sgr_realloc(fiber->stack, cap * sizeof *fiber->stack);
        memset(fiber->stack + fiber->stack_cap, 0, (cap - fiber->stack_cap) * sizeof *fiber->stack);
        fiber->stack_cap = cap;
    }
    return true;
}

static void read_frames(struct sgr_run *run, struct sgr_reader *r, struct sgr_fiber *fiber)
{
    const struct sgr_program *program = run->machine->program;
    for (size_t i = sgr_read_count(r, 5); i > 0 && !r->bad; i--) {
        struct sgr_frame frame = {.function = sgr_read_u32(r), .global = SGR_NO_GLOBAL};
        frame.pc = sgr_read_u32(r);
        frame.base = sgr_read_u32(r);
        frame.result = sgr_read_u32(r);
        frame.closure = sgr_read_value(r, run->heap, (uint32_t)program->functions.len);
        r->bad = r->bad || frame.function >= program->functions.len;
        if (r->bad) {
            return;
        }
        const struct sgr_function *f = &program->functions.at[frame.function];
        bool captures = f->captures == 0 || (frame.closure.tag == SGR_FUNCTION &&
                                             frame.closure.as.closure->count >= f->captures);
        bool first = fiber->frames.len == 0;
        uint32_t caller = first ? 0 : fiber->frames.at[fiber->frames.len - 1].function;
        bool result = first || frame.result < program->functions.at[caller].registers;
        r->bad = frame.pc > f->count || (frame.pc == 0 && !first) ||
                 !make_room(run, fiber, (uint64_t)frame.base + f->registers) || !captures ||
                 !result;
        sgr_vec_push(&fiber->frames, frame);
    }
}

static void read_handlers(struct sgr_run *run, struct sgr_reader *r, struct sgr_fiber *fiber)
{
    for (size_t i = sgr_read_count(r, 6); i > 0 && !r->bad; i--) {
        struct sgr_handler handler = {0};
        uint64_t flags = sgr_read_number_wire(r);
        handler.is_within = flags & 1;
        handler.people = (flags & 2) != 0;
        handler.frame = sgr_read_u32(r);
        handler.pc = sgr_read_u32(r);
        handler.reg = sgr_read_u32(r);
        handler.length = sgr_read_signed(r);
        handler.deadline = sgr_read_signed(r);
        r->bad = r->bad || handler.frame == 0 || handler.frame > fiber->frames.len;
        if (!r->bad) {
            const struct sgr_function *f =
                &run->machine->program->functions.at[fiber->frames.at[handler.frame - 1].function];
            r->bad = !handler.is_within && (handler.pc >= f->count || handler.reg >= f->registers);
        }
        sgr_vec_push(&fiber->handlers, handler);
    }
}

static void read_fiber(struct sgr_run *run, struct sgr_reader *r, struct sgr_fiber *fiber)
{
    uint32_t functions = (uint32_t)run->machine->program->functions.len;
    fiber->id = sgr_read_u32(r);
    fiber->parent = sgr_read_u32(r);
    fiber->fuel = run->machine->limits.fuel;
    uint32_t top = (uint32_t)sgr_read_count(r, 1);
    fiber->stack = sgr_calloc(top + 1, sizeof *fiber->stack);
    fiber->stack_cap = top + 1;
    for (uint32_t i = 0; i < top && !r->bad; i++) {
        fiber->stack[i] = sgr_read_value(r, run->heap, functions);
    }
    read_frames(run, r, fiber);
    read_handlers(run, r, fiber);
    uint32_t effect = sgr_read_u32(r);
    fiber->effect = (uint16_t)effect;
    fiber->args = sgr_read_u32(r);
    fiber->count = sgr_read_u32(r);
    fiber->target = sgr_read_u32(r);
    r->bad = r->bad || effect >= SGR_EFFECT_COUNT ||
             (uint64_t)fiber->args + fiber->count > fiber->stack_cap ||
             fiber->target >= fiber->stack_cap;
}

/* Whether it stands behind an instruction: a fiber of `parallel` may be saved before its first. */
static bool has_started(const struct sgr_fiber *fiber)
{
    return fiber->frames.at[fiber->frames.len - 1].pc > 0;
}

static void read_doom(struct sgr_reader *r, struct sgr_strand *strand)
{
    sgr_str kind = sgr_read_str(r), text = sgr_read_str(r);
    strand->doom_handlers = sgr_read_u32(r);
    if (kind.len > 0) {
        char word[sizeof strand->doom.kind];
        snprintf(word, sizeof word, "%.*s", SGR_FMT(kind));
        sgr_fail(&strand->doom, word, "%.*s", SGR_FMT(text));
        r->bad = r->bad || strand->wait != SGR_WAIT_CHILDREN;
    }
}

static void read_strand(struct sgr_run *run, struct sgr_reader *r, uint8_t version)
{
    /* What it has seen is of another time: its next wait looks once more. */
    struct sgr_strand strand = {.in_doubt = true, .looking = true, .seen = UINT64_MAX};
    uint32_t functions = (uint32_t)run->machine->program->functions.len;
    read_fiber(run, r, &strand.fiber);
    uint64_t wait = sgr_read_number_wire(r);
    strand.wait = (enum sgr_wait)wait;
    strand.seq = sgr_read_number_wire(r);
    strand.due = sgr_read_signed(r);
    strand.asked = sgr_read_signed(r);
    strand.children = sgr_read_u32(r);
    strand.group = sgr_read_value(r, run->heap, functions);
    strand.undone = sgr_read_signed(r);
    strand.cursor = sgr_read_signed(r);
    if (version > 2) {
        read_doom(r, &strand);
    }
    r->bad = r->bad || wait > SGR_WAIT_UNDO || strand.fiber.frames.len == 0 ||
             (wait != SGR_WAIT_NONE && !has_started(&strand.fiber));
    sgr_vec_push(&run->strands, strand);
}

static void read_body(struct sgr_run *run, struct sgr_reader *r, uint8_t version)
{
    uint32_t functions = (uint32_t)run->machine->program->functions.len;
    sgr_str name = sgr_read_str(r);
    run->name = sgr_calloc(name.len + 1, 1);
    memcpy(run->name, name.ptr, name.len);
    run->now = sgr_read_signed(r);
    run->saved = run->now;
    run->hold = INT64_MAX;
    run->next_seq = sgr_read_number_wire(r);
    run->next_fiber = sgr_read_u32(r);
    sgr_str step = sgr_read_str(r); /* not inside SGR_FMT, which evaluates it more than once */
    snprintf(run->step, sizeof run->step, "%.*s", SGR_FMT(step));
    run->aspect = sgr_read_value(r, run->heap, functions);
    run->memory = sgr_read_value(r, run->heap, functions);
    for (size_t i = sgr_read_count(r, 10); i > 0 && !r->bad; i--) {
        read_strand(run, r, version);
    }
    for (size_t i = sgr_read_count(r, 3); i > 0 && !r->bad; i--) {
        struct sgr_undo_entry entry = {.group = sgr_read_value(r, run->heap, functions)};
        entry.entry = sgr_read_value(r, run->heap, functions);
        uint64_t marks = sgr_read_number_wire(r);
        entry.undone = marks & 1;
        entry.stuck = (marks & 2) != 0;
        sgr_vec_push(&run->log, entry);
    }
    for (size_t i = 0; i < run->strands.len; i++) {
        const struct sgr_strand *strand = &run->strands.at[i];
        bool cursor = strand->wait != SGR_WAIT_UNDO ||
                      (strand->cursor >= 0 && (size_t)strand->cursor < run->log.len);
        bool parent = false;
        for (size_t k = 0; k < run->strands.len; k++) {
            parent = parent || run->strands.at[k].fiber.id == strand->fiber.parent;
        }
        r->bad = r->bad || !cursor || !parent;
    }
    r->bad = r->bad || run->now < 0 || run->now > TIME_MAX || run->strands.len == 0 ||
             r->at != r->end || run->strands.at[0].fiber.parent != run->strands.at[0].fiber.id;
}

static bool check(const struct sgr_machine *machine, sgr_str bytes, struct sgr_reader *r,
                  struct sgr_error *error)
{
    char hex[SGR_SHA256_HEX];
    enum { HEADER = 4 + 1 + 32 };
    if (bytes.len < HEADER || memcmp(bytes.ptr, magic, sizeof magic) != 0) {
        return sgr_error_set(error, "this is no record of a run");
    }
    if (bytes.ptr[4] < OLDEST || bytes.ptr[4] > VERSION) {
        return sgr_error_set(error,
                             "the record has format %d, this sgrc reads formats %d to %d; finish "
                             "the run with the sgrc that began it",
                             bytes.ptr[4], OLDEST, VERSION);
    }
    sgr_sha256_hex((sgr_str){bytes.ptr + HEADER, bytes.len - HEADER}, hex);
    if (memcmp(hex, bytes.ptr + 5, 32) != 0) {
        return sgr_error_set(error, "the record is damaged: its checksum is wrong");
    }
    r->at = (const unsigned char *)bytes.ptr + HEADER;
    r->end = (const unsigned char *)bytes.ptr + bytes.len;
    sgr_str program = sgr_read_str(r);
    return sgr_str_is(program, sgr_program_hash(machine->program)) ||
           sgr_error_set(error, "the record belongs to another program; resume it with the program "
                                "that is stored beside it");
}

struct sgr_run *sgr_run_decode(struct sgr_machine *machine, struct sgr_host host, sgr_str bytes,
                               int64_t now, struct sgr_error *error)
{
    struct sgr_reader r = {0};
    if (!check(machine, bytes, &r, error)) {
        return NULL;
    }
    struct sgr_run *run = sgr_calloc(1, sizeof *run);
    sgr_run_settle(run, machine, host);
    run->resumed = true;
    read_body(run, &r, (uint8_t)bytes.ptr[4]);
    if (r.bad) {
        sgr_error_set(error, "the record is damaged: it does not fit together");
        sgr_run_free(run);
        return NULL;
    }
    run->origin = now - run->now;
    return run;
}
