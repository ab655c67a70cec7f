/* Any bytes as the body of a .sgb under a right checksum: refused with a sentence, or it can be
 * listed, saved to bytes that load again, and every function runs within its budget. The first byte
 * chooses what the host answers. */
#include <stdlib.h>

#include "fuzz.h"
#include "stdlib/stdlib.h"
#include "vm/image.h"

enum { ARGS_MAX = 4, RUNS_MAX = 24 };

static void fill(struct sgr_heap *heap, uint64_t seed, sgr_value args[ARGS_MAX])
{
    sgr_value items[] = {sgr_int((int64_t)seed), sgr_bool(true)};
    args[seed % ARGS_MAX] = sgr_int((int64_t)(seed % 7) - 2);
    args[(seed + 1) % ARGS_MAX] = sgr_string(heap, SGR_STR("text"));
    args[(seed + 2) % ARGS_MAX] = sgr_list(heap, items, 2);
    args[(seed + 3) % ARGS_MAX] = sgr_absent();
}

static void run_function(struct sgr_program *program, uint32_t function, uint64_t seed)
{
    struct sgr_machine *machine = sgr_machine_new(program, &fuzz_limits);
    struct sgr_failure failure = {0};
    sgr_value args[ARGS_MAX], out = sgr_absent();
    size_t params = program->functions.at[function].params;
    fill(sgr_machine_heap(machine), seed, args);
    if (params <= ARGS_MAX && program->functions.at[function].captures == 0) {
        (void)sgr_machine_call(machine, function, args, params, &out, &failure);
        sgr_failure_release(&failure);
        struct sgr_run *run =
            sgr_run_new(machine, fuzz_host(&seed), SGR_STR("fuzz"), function, args, params, 0);
        fuzz_perform(run, 8);
        sgr_run_free(run);
    }
    sgr_machine_free(machine);
}

static void run_all(struct sgr_program *program, uint64_t seed)
{
    uint32_t count = (uint32_t)program->functions.len;
    for (uint32_t i = 0; i < count && i < RUNS_MAX; i++) {
        run_function(program, i, seed + i);
    }
    struct sgr_machine *machine = sgr_machine_new(program, &fuzz_limits);
    for (uint32_t i = 0; i < program->globals.len && i < RUNS_MAX; i++) {
        struct sgr_failure failure = {0};
        sgr_value out = sgr_absent();
        (void)sgr_machine_global(machine, i, &out, &failure);
        sgr_failure_release(&failure);
    }
    sgr_machine_free(machine);
}

static void load_again(const struct sgr_program *program)
{
    struct sgr_buf once, twice;
    struct sgr_error error = {0};
    sgr_buf_init(&once, 64 << 20);
    sgr_buf_init(&twice, 64 << 20);
    sgr_program_save(program, &once);
    struct sgr_program *again =
        sgr_program_load(sgr_buf_str(&once), sgr_builtins, sgr_builtin_count, &error);
    if (again == NULL) {
        fuzz_fail("what was saved does not load: %s", error.text);
    }
    sgr_program_save(again, &twice);
    if (!sgr_str_equal(sgr_buf_str(&once), sgr_buf_str(&twice))) {
        fuzz_fail("saved twice, the bytes differ");
    }
    sgr_program_disassemble(again, true, NULL, NULL, &twice);
    sgr_program_unref(again);
    sgr_buf_release(&once);
    sgr_buf_release(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sgr_buf bytes;
    struct sgr_error error = {0};
    if (size == 0) {
        return 0;
    }
    sgr_buf_init(&bytes, size + 64);
    fuzz_sealed_program((sgr_str){(const char *)data + 1, size - 1}, &bytes);
    struct sgr_program *program =
        sgr_program_load(sgr_buf_str(&bytes), sgr_builtins, sgr_builtin_count, &error);
    if ((program == NULL) != (error.text != NULL)) {
        fuzz_fail("neither loaded nor refused");
    }
    if (program != NULL) {
        load_again(program);
        run_all(program, data[0]);
        sgr_program_unref(program);
    }
    sgr_error_release(&error);
    sgr_buf_release(&bytes);
    return 0;
}
