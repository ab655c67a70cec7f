/* What is kept of a run beside it: the same bytes, whatever the run does later; and a heap that
 * host and run share. */
#include <criterion/criterion.h>

#include "vm/run.h"

enum { RANGES = 400000 };

struct host {
    struct sgr_heap *heap; /* NULL: the run has its own */
    struct sgr_run *still;
    sgr_value mine;
};

static void start(void *self, struct sgr_run *run, const struct sgr_effect *effect)
{
    (void)self;
    (void)run;
    (void)effect;
}

static bool keep(void *self, struct sgr_run *run, struct sgr_error *error)
{
    struct host *host = self;
    (void)error;
    host->still = sgr_run_still(run, host->still);
    return true;
}

static struct sgr_heap *shared_heap(void *self)
{
    return ((struct host *)self)->heap;
}

static void move(void *self, struct sgr_mover *mover)
{
    struct host *host = self;
    sgr_move(mover, &host->mine);
    sgr_run_move(host->still, mover);
}

static const struct sgr_host_ops ops = {
    .start = start, .keep = keep, .heap = shared_heap, .move = move};

/* Adds what effects answer to a list and to a record, both under construction meanwhile. */
static struct sgr_program *program(void)
{
    struct sgr_builder *builder = sgr_builder_new(NULL, 0);
    uint32_t function = sgr_builder_function(builder, SGR_STR("main"), 0, 0);
    sgr_builder_export(builder, SGR_STR("main"), false, function);
    int32_t text = (int32_t)sgr_builder_string(builder, SGR_STR("a"));
    struct sgr_code *code = sgr_code_begin(builder, function);
    sgr_code_emit(code, SGR_OPCODE(BUILD_LIST), 0, 0, 0);
    sgr_code_emit(code, SGR_OPCODE(BUILD_RECORD), 1, 0, 0);
    sgr_code_emit_wide(code, SGR_OPCODE(LOAD), 2, text);
    for (int i = 0; i < 3; i++) {
        sgr_code_emit(code, SGR_OPCODE(LOAD_ABSENT), 3, 0, 0);
        for (unsigned k = 4; k < 7; k++) {
            sgr_code_emit_wide(code, SGR_OPCODE(LOAD), k, text);
        }
        sgr_code_emit(code, SGR_OPCODE(EFFECT), 3, SGR_EFFECT_EVENT, 4);
        sgr_code_emit(code, SGR_OPCODE(BUILD_ADD), 0, 3, 0);
        sgr_code_emit(code, SGR_OPCODE(BUILD_SET), 1, 2, 3);
    }
    sgr_code_emit(code, SGR_OPCODE(BUILD_END), 0, 0, 0);
    sgr_code_emit(code, SGR_OPCODE(RETURN), 0, 0, 0);
    sgr_code_end(code);
    struct sgr_error error = {0};
    struct sgr_program *made = sgr_builder_finish(builder, &error);
    cr_assert_not_null(made, "%s", error.text);
    return made;
}

static struct sgr_buf bytes_of(struct sgr_run *run)
{
    struct sgr_buf bytes;
    sgr_buf_init(&bytes, 1 << 20);
    sgr_run_encode(run, &bytes);
    return bytes;
}

static void same(struct sgr_run *run, const struct sgr_buf *wanted)
{
    struct sgr_buf bytes = bytes_of(run);
    cr_assert(sgr_str_equal(sgr_buf_str(&bytes), sgr_buf_str(wanted)));
    sgr_buf_release(&bytes);
}

static void answer(struct sgr_run *run, uint64_t seq, sgr_value value)
{
    sgr_run_answer(run, seq, &(struct sgr_answer){.ok = true, .value = value});
}

Test(still, stays_as_it_was_while_the_run_goes_on)
{
    struct host host = {.heap = sgr_heap_new(1 << 20)};
    struct sgr_program *made = program();
    struct sgr_machine *machine = sgr_machine_new(made, NULL);
    struct sgr_run *run = sgr_run_new(machine, (struct sgr_host){&ops, &host}, SGR_STR("test"),
                                      sgr_program_entry(made, SGR_STR("main")), NULL, 0, 0);
    cr_assert_eq(sgr_run_advance(run, 0), SGR_RUN_BLOCKED);
    answer(run, 1, sgr_string(host.heap, SGR_STR("one")));
    cr_assert_eq(sgr_run_advance(run, 1), SGR_RUN_BLOCKED);
    struct sgr_buf second = bytes_of(run);
    same(host.still, &second); /* kept before the second effect */
    struct sgr_run *still = host.still;
    host.still = NULL;
    answer(run, 2, sgr_string(host.heap, SGR_STR("two")));
    cr_assert_eq(sgr_run_advance(run, 2), SGR_RUN_BLOCKED);
    same(still, &second);
    struct sgr_buf third = bytes_of(run);
    same(sgr_run_still(run, still), &third); /* taken over */
    sgr_buf_release(&second);
    sgr_buf_release(&third);
    sgr_run_free(still);
    sgr_run_free(host.still);
    sgr_run_free(run);
    sgr_machine_free(machine);
    sgr_program_unref(made);
    sgr_heap_free(host.heap);
}

Test(still, moves_with_the_heap_that_host_and_run_share)
{
    struct host host = {.heap = sgr_heap_new(1 << 30)};
    struct sgr_program *made = program();
    struct sgr_machine *machine = sgr_machine_new(made, NULL);
    struct sgr_run *run = sgr_run_new(machine, (struct sgr_host){&ops, &host}, SGR_STR("test"),
                                      sgr_program_entry(made, SGR_STR("main")), NULL, 0, 0);
    cr_assert_eq(sgr_run_advance(run, 0), SGR_RUN_BLOCKED);
    host.mine = sgr_string(host.heap, SGR_STR("the host's"));
    sgr_value given = sgr_string(host.heap, SGR_STR("given"));
    answer(run, 1, given);
    for (size_t i = 0; i < RANGES; i++) { /* what nobody keeps */
        (void)sgr_range(host.heap, sgr_int(1), sgr_int(2));
    }
    size_t before = sgr_heap_used(host.heap);
    cr_assert_eq(sgr_run_advance(run, 1), SGR_RUN_BLOCKED);
    cr_assert_lt(sgr_heap_used(host.heap), before / 100, "nothing was given back");
    cr_assert(sgr_str_is(sgr_string_of(host.mine), "the host's"));
    struct sgr_buf now = bytes_of(run);
    same(host.still, &now);
    sgr_buf_release(&now);
    sgr_run_free(host.still);
    sgr_run_free(run);
    sgr_machine_free(machine);
    sgr_program_unref(made);
    sgr_heap_free(host.heap);
}
