/* Instructions that the verifier and fuel must watch: tests with their jumps, functions that begin
 * again. Must never need a host. */
#include <criterion/criterion.h>

#include "vm/vm.h"

static struct sgr_program *finish(struct sgr_builder *builder, struct sgr_code *code,
                                  struct sgr_error *error)
{
    sgr_code_end(code);
    return sgr_builder_finish(builder, error);
}

Test(exec, a_test_is_followed_by_its_jump)
{
    struct sgr_error error = {0};
    struct sgr_builder *builder = sgr_builder_new(NULL, 0);
    struct sgr_code *code =
        sgr_code_begin(builder, sgr_builder_function(builder, SGR_STR("f"), 1, 0));
    sgr_code_emit(code, SGR_OPCODE(TEST_LT_INT), 0, 3, true);
    sgr_code_emit(code, SGR_OPCODE(MOVE), 0, 0, 0);
    sgr_code_emit(code, SGR_OPCODE(RETURN), 0, 0, 0);
    cr_assert_null(finish(builder, code, &error));
    cr_assert_not_null(strstr(error.text, "a test without its jump"));
    sgr_error_release(&error);
}

Test(exec, a_function_that_begins_again_for_ever_runs_out_of_fuel)
{
    struct sgr_error error = {0};
    struct sgr_failure failure = {0};
    struct sgr_builder *builder = sgr_builder_new(NULL, 0);
    uint32_t function = sgr_builder_function(builder, SGR_STR("f"), 1, 0);
    struct sgr_code *code = sgr_code_begin(builder, function);
    sgr_code_emit(code, SGR_OPCODE(ADD_INT), 1, 0, 1);
    sgr_code_emit(code, SGR_OPCODE(AGAIN), 0, 1, 1);
    struct sgr_program *program = finish(builder, code, &error);
    cr_assert_not_null(program);
    struct sgr_limits limits = sgr_default_limits;
    limits.fuel = 8000;
    struct sgr_machine *machine = sgr_machine_new(program, &limits);
    sgr_value argument = sgr_int(0), out;
    cr_assert(!sgr_machine_call(machine, function, &argument, 1, &out, &failure));
    cr_assert_str_eq(failure.kind, "limit");
    sgr_failure_release(&failure);
    sgr_machine_free(machine);
    sgr_program_unref(program);
}

Test(exec, a_test_holds_for_every_kind_of_value_that_has_an_order)
{
    struct sgr_error error = {0};
    struct sgr_failure failure = {0};
    struct sgr_builder *builder = sgr_builder_new(NULL, 0);
    uint32_t function = sgr_builder_function(builder, SGR_STR("f"), 1, 0);
    struct sgr_code *code = sgr_code_begin(builder, function);
    sgr_code_emit(code, SGR_OPCODE(TEST_LE_INT), 0, (uint16_t)-2, true);
    size_t jump = sgr_code_emit_wide(code, SGR_OPCODE(JUMP), 0, 0);
    sgr_code_emit_wide(code, SGR_OPCODE(LOAD_INT), 0, 1);
    sgr_code_emit(code, SGR_OPCODE(RETURN), 0, 0, 0);
    sgr_code_patch(code, jump, sgr_code_here(code));
    sgr_code_emit_wide(code, SGR_OPCODE(LOAD_INT), 0, 0);
    sgr_code_emit(code, SGR_OPCODE(RETURN), 0, 0, 0);
    struct sgr_program *program = finish(builder, code, &error);
    struct sgr_machine *machine = sgr_machine_new(program, NULL);
    const sgr_value given[] = {sgr_int(-2), sgr_int(-1), sgr_number(-2.5), sgr_number(-1.5)};
    for (size_t i = 0; i < 4; i++) {
        sgr_value out;
        cr_assert(sgr_machine_call(machine, function, &given[i], 1, &out, &failure));
        cr_assert_eq(out.as.i, i % 2 == 0);
    }
    sgr_value text = sgr_string(sgr_machine_heap(machine), SGR_STR("x")), out;
    cr_assert(!sgr_machine_call(machine, function, &text, 1, &out, &failure));
    sgr_failure_release(&failure);
    sgr_machine_free(machine);
    sgr_program_unref(program);
}
