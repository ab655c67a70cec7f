/* Seeds that are bytes: programs and records of runs, written into FOLDER/bytecode and
 * FOLDER/snapshot. Makes the same files every time. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "compiler/compiler.h"
#include "fuzz.h"
#include "k8s/sim/sim.h"
#include "stdlib/stdlib.h"

enum { HOUR_MS = 3600000, PROGRAM_HEADER = 38, RECORD_HEADER = 37 + 65 };

static const char *folder;

static void put(const char *kind, int number, sgr_str body)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, kind);
    (void)mkdir(path, 0777);
    snprintf(path, sizeof path, "%s/%s/seed-%03d", folder, kind, number);
    FILE *file = fopen(path, "wb");
    if (file == NULL || fputc(number, file) == EOF ||
        fwrite(body.ptr, 1, body.len, file) != body.len || fclose(file) != 0) {
        fuzz_fail("%s cannot be written", path);
    }
}

/* ---- programs ---- */

static void put_program(int number, const struct sgr_program *program)
{
    struct sgr_buf bytes;
    sgr_buf_init(&bytes, 64 << 20);
    sgr_program_save(program, &bytes);
    put("bytecode", number, (sgr_str){bytes.ptr + PROGRAM_HEADER, bytes.len - PROGRAM_HEADER});
    sgr_buf_release(&bytes);
}

/* One function of two parameters that uses the instruction on small operands, if that verifies. */
static void put_instruction(int op)
{
    struct sgr_builder *builder = sgr_builder_new(sgr_builtins, sgr_builtin_count);
    struct sgr_error error = {0};
    uint32_t function = sgr_builder_function(builder, SGR_STR("f"), 2, 0);
    uint32_t constant = sgr_builder_constant(builder, sgr_int(op));
    struct sgr_code *code = sgr_code_begin(builder, function);
    sgr_code_place(code, sgr_builder_file(builder, SGR_STR("f.sgr")), 1, 1);
    sgr_code_emit_wide(code, SGR_OPCODE(LOAD), 2, (int32_t)constant);
    sgr_code_emit(code, (enum sgr_op)op, 3, 0, 1);
    sgr_code_emit(code, SGR_OPCODE(RETURN), 3, 0, 0);
    sgr_code_end(code);
    sgr_builder_export(builder, SGR_STR("f"), false, function);
    struct sgr_program *program = sgr_builder_finish(builder, &error);
    if (program != NULL) {
        put_program(op + 1, program);
        sgr_program_unref(program);
    }
    sgr_error_release(&error);
}

/* ---- records ---- */

static int records;

static bool save(void *self, struct sgr_run *run, sgr_str snapshot, struct sgr_error *error)
{
    (void)self;
    (void)run;
    (void)error;
    if (records++ % 4 == 0) {
        put("snapshot", records,
            (sgr_str){snapshot.ptr + RECORD_HEADER, snapshot.len - RECORD_HEADER});
    }
    return true;
}

static sgr_value call(struct sgr_program *program, struct sgr_machine *machine, const char *name,
                      const sgr_value *args, size_t count)
{
    struct sgr_failure failure = {0};
    sgr_value out = sgr_absent();
    uint32_t function = sgr_program_entry(program, sgr_str_from(name));
    if (!sgr_machine_call(machine, function, args, count, &out, &failure)) {
        fuzz_fail("%s: %s", name, failure.text);
    }
    return out;
}

static void put_records(struct sgr_program *program)
{
    struct sgr_machine *machine = sgr_machine_new(program, NULL);
    sgr_value declarations = call(program, machine, "declarations", NULL, 0);
    sgr_value rollout = sgr_item(sgr_field(declarations, SGR_STR("rollouts")), 0);
    sgr_value args[] = {declarations, rollout}, reversed[] = {rollout, declarations};
    struct sgr_sim_config config = {
        .seed = 1,
        .cluster = sgr_field(declarations, SGR_STR("cluster")),
        .metrics = sgr_field(declarations, SGR_STR("metrics")),
        .scenario = sgr_absent(),
        .objects = sgr_field(call(program, machine, "std/simulation:start_of", args, 2),
                             SGR_STR("objects")),
    };
    struct sgr_sim *sim = sgr_sim_new(&config);
    struct sgr_host host = sgr_sim_host(sim);
    struct sgr_host_ops ops = *host.ops;
    ops.keep = NULL;
    ops.save = save;
    host.ops = &ops;
    struct sgr_run *run =
        sgr_run_new(machine, host, SGR_STR("ship"),
                    sgr_program_entry(program, SGR_STR("std/run:perform")), reversed, 2, 0);
    (void)sgr_sim_drive(sim, run, HOUR_MS);
    sgr_run_free(run);
    sgr_sim_free(sim);
    sgr_machine_free(machine);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fuzz_fail("seeds FOLDER");
    }
    folder = argv[1];
    struct sgr_program *program = fuzz_run_program();
    put_program(0, program);
    put_records(program);
    sgr_program_unref(program);
    for (int op = 0; op < SGR_OP_COUNT_; op++) {
        put_instruction(op);
    }
    printf("%d records\n", records);
    return records < 8;
}
