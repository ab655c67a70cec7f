/* What the fuzz targets share. Each target is one file with LLVMFuzzerTestOneInput: libFuzzer calls
 * it in the fuzz build, replay.c in every other. */
#ifndef SGR_TESTS_FUZZ_H
#define SGR_TESTS_FUZZ_H

#include <stdint.h>

#include "base/base.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

/* A property that does not hold: says which and aborts. */
_Noreturn void fuzz_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* A copy with exactly this size, so that the sanitizer sees every byte read behind its end. Freed
 * by the caller. */
char *fuzz_copy(sgr_str text);

/* ---- programs and runs (fuzz_run.c) ---- */
#include "vm/vm.h"

/* Small enough that no input takes long. */
extern const struct sgr_limits fuzz_limits;
/* A host that answers each effect at once: with nothing, a number, a record or a failure, as the
 * bits of `self` (a uint64_t) say. */
struct sgr_host fuzz_host(uint64_t *bits);
/* Performs up to `rounds` rounds, a minute of the run's time between them. */
void fuzz_perform(struct sgr_run *run, int rounds);
/* The header of a .sgb, or of a record, with the right checksum and program, before a body. */
void fuzz_sealed_program(sgr_str body, struct sgr_buf *out);
void fuzz_sealed_record(struct sgr_program *program, sgr_str body, struct sgr_buf *out);
/* The program whose runs fuzz_snapshot decodes; NULL with diagnostics printed. Once for a process.
 */
struct sgr_program *fuzz_run_program(void);

#endif
