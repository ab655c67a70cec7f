/* sgrc disasm: the bytecode with the source lines it came from. */
#include "cli/cli.h"

#include <unistd.h>

static sgr_str line_text(void *context, sgr_str file, uint32_t line)
{
    struct sgr_sources *sources = context;
    for (uint32_t i = 1; i <= sources->files.len; i++) {
        struct sgr_source *source = sgr_sources_get(sources, i);
        if (sgr_str_equal(source->path, file)) {
            return sgr_source_line(source, line);
        }
    }
    return (sgr_str){0};
}

int sgr_cmd_disasm(const struct sgr_cli *cli)
{
    struct sgr_script script;
    struct sgr_error error = {0};
    if (cli->files.len != 1) {
        return sgr_complain(1, "disasm takes one file");
    }
    int status = 1;
    if (sgr_script_open(&script, cli, cli->files.at[0])) {
        struct sgr_buf out;
        sgr_buf_init(&out, (size_t)1 << 30);
        struct sgr_sources *sources =
            script.compilation ? sgr_compilation_sources(script.compilation) : NULL;
        sgr_program_disassemble(script.program, sgr_cli_has(cli, SGR_OPT_verbose),
                                sources ? line_text : NULL, sources, &out);
        status = sgr_write_all(STDOUT_FILENO, sgr_buf_str(&out), &error) ? 0 : 1;
        sgr_buf_release(&out);
    }
    if (error.text != NULL) {
        sgr_complain(1, "%s", error.text);
        sgr_error_release(&error);
    }
    sgr_script_close(&script);
    return status;
}
