/* Loads and verifies a .sgb again and again: prints its instructions and the seconds of the best
 * time. Only measures: it must never be part of sgrc. */
#include <stdio.h>
#include <time.h>

#include "stdlib/stdlib.h"
#include "vm/image.h"

enum { TIMES = 200, SIZE_MAX_READ = 64 << 20 };

static double now(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec + (double)at.tv_nsec * 1e-9;
}

static size_t count_instructions(const struct sgr_program *program)
{
    size_t count = 0;
    for (size_t i = 0; i < program->functions.len; i++) {
        count += program->functions.at[i].count;
    }
    return count;
}

static double load_once(sgr_str bytes, size_t *instructions)
{
    struct sgr_error error = {0};
    double begin = now();
    struct sgr_program *program = sgr_program_load(bytes, sgr_builtins, sgr_builtin_count, &error);
    double spent = now() - begin;
    if (program == NULL) {
        fprintf(stderr, "load: %s\n", error.text);
        sgr_error_release(&error);
        return -1;
    }
    *instructions = count_instructions(program);
    sgr_program_unref(program);
    return spent;
}

int main(int argc, char **argv)
{
    FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
    char chunk[65536];
    struct sgr_buf bytes;
    sgr_buf_init(&bytes, SIZE_MAX_READ);
    for (size_t n; file != NULL && (n = fread(chunk, 1, sizeof chunk, file)) > 0;) {
        sgr_buf_bytes(&bytes, chunk, n);
    }
    if (file != NULL) {
        fclose(file);
    }
    size_t instructions = 0;
    double best = load_once(sgr_buf_str(&bytes), &instructions);
    for (int i = 1; best >= 0 && i < TIMES; i++) {
        double spent = load_once(sgr_buf_str(&bytes), &instructions);
        best = spent < best ? spent : best;
    }
    printf("%zu %.9f\n", instructions, best);
    sgr_buf_release(&bytes);
    return best < 0;
}
