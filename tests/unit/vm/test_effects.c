/* A run asks its host, waits by itself, and fails with the kind that an instruction names. */
#include <criterion/criterion.h>

#include <stdio.h>

#include "vm/vm.h"

struct host {
    char asked[200];
    bool late;    /* does not answer at once */
    uint64_t seq; /* of what it was asked last */
};

static void start(void *self, struct sgr_run *run, const struct sgr_effect *effect)
{
    struct host *host = self;
    size_t used = strlen(host->asked);
    snprintf(host->asked + used, sizeof host->asked - used, "%s ", sgr_effects[effect->kind].word);
    struct sgr_answer answer = {.ok = true, .value = sgr_bool(true)};
    host->seq = effect->seq;
    if (!host->late) {
        sgr_run_answer(run, effect->seq, &answer);
    }
}

static const struct sgr_host_ops ops = {.start = start};

/* event(absent, "a", "b", "c"), then await(5s), then NO_SIGNAL with the text "a". */
static struct sgr_program *program(void)
{
    struct sgr_builder *builder = sgr_builder_new(NULL, 0);
    uint32_t function = sgr_builder_function(builder, SGR_STR("main"), 0, 0);
    sgr_builder_export(builder, SGR_STR("main"), false, function);
    int32_t text = (int32_t)sgr_builder_string(builder, SGR_STR("a"));
    int32_t limit = (int32_t)sgr_builder_constant(builder, sgr_unit_i(SGR_DURATION, 5000));
    struct sgr_code *code = sgr_code_begin(builder, function);
    sgr_code_emit(code, SGR_OPCODE(LOAD_ABSENT), 0, 0, 0);
    for (unsigned i = 1; i < 4; i++) {
        sgr_code_emit_wide(code, SGR_OPCODE(LOAD), i, text);
    }
    sgr_code_emit(code, SGR_OPCODE(EFFECT), 0, SGR_EFFECT_EVENT, 4);
    sgr_code_emit_wide(code, SGR_OPCODE(LOAD), 0, limit);
    sgr_code_emit(code, SGR_OPCODE(EFFECT), 0, SGR_EFFECT_AWAIT, 1);
    sgr_code_emit_wide(code, SGR_OPCODE(LOAD), 0, text);
    sgr_code_emit(code, SGR_OPCODE(NO_SIGNAL), 0, 0, 0);
    sgr_code_end(code);
    struct sgr_error error = {0};
    struct sgr_program *made = sgr_builder_finish(builder, &error);
    cr_assert_not_null(made, "%s", error.text);
    return made;
}

Test(effects, event_goes_to_the_host_and_await_is_the_runs_own)
{
    struct host host = {""};
    struct sgr_program *made = program();
    struct sgr_machine *machine = sgr_machine_new(made, NULL);
    struct sgr_run *run = sgr_run_new(machine, (struct sgr_host){&ops, &host}, SGR_STR("test"),
                                      sgr_program_entry(made, SGR_STR("main")), NULL, 0, 100);
    cr_assert_eq(sgr_run_advance(run, 100), SGR_RUN_BLOCKED);
    cr_assert_str_eq(host.asked, "event ");
    cr_assert_eq(sgr_run_wake_at(run), 5100);
    cr_assert_eq(sgr_run_advance(run, 5099), SGR_RUN_BLOCKED);
    cr_assert_eq(sgr_run_advance(run, 5100), SGR_RUN_FAILED);
    cr_assert_str_eq(sgr_run_failure(run)->kind, "no_signal");
    cr_assert_str_eq(sgr_run_failure(run)->text, "a");
    sgr_run_free(run);
    sgr_machine_free(machine);
    sgr_program_unref(made);
}

Test(effects, a_waiting_run_is_bytes_and_goes_on)
{
    struct host host = {""};
    struct sgr_program *made = program();
    struct sgr_machine *machine = sgr_machine_new(made, NULL);
    struct sgr_host side = {&ops, &host};
    struct sgr_run *run = sgr_run_new(machine, side, SGR_STR("test"),
                                      sgr_program_entry(made, SGR_STR("main")), NULL, 0, 0);
    struct sgr_buf first, second;
    struct sgr_error error = {0};
    sgr_buf_init(&first, 1 << 20);
    sgr_buf_init(&second, 1 << 20);
    sgr_run_advance(run, 0);
    sgr_run_encode(run, &first);
    struct sgr_run *back = sgr_run_decode(machine, side, sgr_buf_str(&first), 1000, &error);
    cr_assert_not_null(back, "%s", error.text);
    sgr_run_encode(back, &second);
    cr_assert(sgr_str_equal(sgr_buf_str(&first), sgr_buf_str(&second)));
    cr_assert_eq(sgr_run_advance(back, 1000), SGR_RUN_BLOCKED);
    cr_assert_eq(sgr_run_advance(back, 6000), SGR_RUN_FAILED);
    first.ptr[first.len / 2] ^= 1;
    cr_assert_null(sgr_run_decode(machine, side, sgr_buf_str(&first), 0, &error));
    sgr_error_release(&error);
    sgr_buf_release(&first);
    sgr_buf_release(&second);
    sgr_run_free(back);
    sgr_run_free(run);
    sgr_machine_free(machine);
    sgr_program_unref(made);
}

/* read(absent), then await(5s). */
static struct sgr_program *looking_program(void)
{
    struct sgr_builder *builder = sgr_builder_new(NULL, 0);
    uint32_t function = sgr_builder_function(builder, SGR_STR("main"), 0, 0);
    sgr_builder_export(builder, SGR_STR("main"), false, function);
    int32_t limit = (int32_t)sgr_builder_constant(builder, sgr_unit_i(SGR_DURATION, 5000));
    struct sgr_code *code = sgr_code_begin(builder, function);
    sgr_code_emit(code, SGR_OPCODE(LOAD_ABSENT), 0, 0, 0);
    sgr_code_emit(code, SGR_OPCODE(EFFECT), 0, SGR_EFFECT_READ, 1);
    sgr_code_emit_wide(code, SGR_OPCODE(LOAD), 0, limit);
    sgr_code_emit(code, SGR_OPCODE(EFFECT), 0, SGR_EFFECT_AWAIT, 1);
    sgr_code_emit(code, SGR_OPCODE(RETURN), 0, 0, 0);
    sgr_code_end(code);
    struct sgr_error error = {0};
    struct sgr_program *made = sgr_builder_finish(builder, &error);
    cr_assert_not_null(made, "%s", error.text);
    return made;
}

/* Where the run stands when its read is answered, after a change that came before the answer. */
static enum sgr_run_state after_late_answer(bool changed)
{
    struct host host = {.late = true};
    struct sgr_program *made = looking_program();
    struct sgr_machine *machine = sgr_machine_new(made, NULL);
    struct sgr_run *run = sgr_run_new(machine, (struct sgr_host){&ops, &host}, SGR_STR("test"),
                                      sgr_program_entry(made, SGR_STR("main")), NULL, 0, 0);
    cr_assert_eq(sgr_run_advance(run, 0), SGR_RUN_BLOCKED);
    if (changed) {
        sgr_run_changed(run);
    }
    struct sgr_answer answer = {.ok = true, .value = sgr_absent()};
    sgr_run_answer(run, host.seq, &answer);
    enum sgr_run_state state = sgr_run_advance(run, 10);
    sgr_run_free(run);
    sgr_machine_free(machine);
    sgr_program_unref(made);
    return state;
}

Test(effects, a_change_while_a_read_is_under_way_is_not_lost)
{
    cr_assert_eq(after_late_answer(false), SGR_RUN_BLOCKED);
    cr_assert_eq(after_late_answer(true), SGR_RUN_DONE);
}

/* Whatever byte is wrong, loading refuses or what is loaded stays inside its limits. */
Test(effects, damaged_programs_are_refused)
{
    struct sgr_program *made = program();
    struct sgr_buf bytes;
    sgr_buf_init(&bytes, 1 << 20);
    sgr_program_save(made, &bytes);
    for (size_t i = 38; i < bytes.len; i++) {
        for (int bit = 0; bit < 8; bit++) {
            char hex[SGR_SHA256_HEX];
            struct sgr_error error = {0};
            bytes.ptr[i] ^= (char)(1 << bit);
            sgr_sha256_hex((sgr_str){bytes.ptr + 38, bytes.len - 38}, hex);
            memcpy(bytes.ptr + 6, hex, 32);
            struct sgr_program *loaded = sgr_program_load(sgr_buf_str(&bytes), NULL, 0, &error);
            uint32_t entry = loaded ? sgr_program_entry(loaded, SGR_STR("main")) : UINT32_MAX;
            if (entry != UINT32_MAX) {
                struct sgr_limits limits = {10000, 1 << 20, 1000, 100, 10};
                struct sgr_machine *machine = sgr_machine_new(loaded, &limits);
                struct sgr_failure failure = {0};
                sgr_value out;
                sgr_machine_call(machine, entry, NULL, 0, &out, &failure);
                sgr_failure_release(&failure);
                sgr_machine_free(machine);
            }
            sgr_program_unref(loaded);
            sgr_error_release(&error);
            bytes.ptr[i] ^= (char)(1 << bit);
        }
    }
    sgr_buf_release(&bytes);
    sgr_program_unref(made);
}
