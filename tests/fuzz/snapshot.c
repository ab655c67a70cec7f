/* Any bytes as the record of a run, under a right checksum and the right program: refused with a
 * sentence, or it is encoded to bytes that decode again, and goes on within its budget. The first
 * byte chooses what the host answers. */
#include <stdlib.h>

#include "fuzz.h"

static struct sgr_program *program;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    program = fuzz_run_program();
    return 0;
}

static struct sgr_run *decode(struct sgr_machine *machine, sgr_str bytes, uint64_t *bits)
{
    struct sgr_error error = {0};
    struct sgr_run *run = sgr_run_decode(machine, fuzz_host(bits), bytes, 0, &error);
    if ((run == NULL) != (error.text != NULL)) {
        fuzz_fail("neither decoded nor refused");
    }
    sgr_error_release(&error);
    return run;
}

static void decode_again(struct sgr_machine *machine, struct sgr_run *run)
{
    struct sgr_buf once, twice;
    uint64_t bits = 1;
    sgr_buf_init(&once, 64 << 20);
    sgr_buf_init(&twice, 64 << 20);
    sgr_run_encode(run, &once);
    struct sgr_run *again = decode(machine, sgr_buf_str(&once), &bits);
    if (again == NULL) {
        fuzz_fail("what was encoded does not decode");
    }
    sgr_run_encode(again, &twice);
    if (!sgr_str_equal(sgr_buf_str(&once), sgr_buf_str(&twice))) {
        fuzz_fail("encoded twice, the bytes differ");
    }
    sgr_run_free(again);
    sgr_buf_release(&once);
    sgr_buf_release(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sgr_buf bytes;
    if (size == 0) {
        return 0;
    }
    uint64_t bits = data[0];
    sgr_buf_init(&bytes, size + 256);
    fuzz_sealed_record(program, (sgr_str){(const char *)data + 1, size - 1}, &bytes);
    struct sgr_machine *machine = sgr_machine_new(program, &fuzz_limits);
    struct sgr_run *run = decode(machine, sgr_buf_str(&bytes), &bits);
    if (run != NULL) {
        decode_again(machine, run);
        fuzz_perform(run, 12);
        sgr_run_free(run);
    }
    sgr_machine_free(machine);
    sgr_buf_release(&bytes);
    return 0;
}
