/* The table of targets. Never writes anything but the complaint about an unknown one. */
#include "cli/target.h"

static const struct sgr_target targets[] = {
#define TARGET(word, form, module, doc) {word, SGR_TARGET_##form, module, doc},
#include "cli/target.def"
#undef TARGET
};
enum { TARGET_COUNT = sizeof targets / sizeof *targets };

const struct sgr_target *sgr_target_find(const struct sgr_cli *cli)
{
    const char *word = sgr_cli_value(cli, SGR_OPT_target);
    for (size_t i = 0; i < TARGET_COUNT; i++) {
        if (strcmp(targets[i].word, word != NULL ? word : "plain") == 0) {
            return &targets[i];
        }
    }
    return NULL;
}

int sgr_target_unknown(const struct sgr_cli *cli)
{
    struct sgr_buf known;
    sgr_buf_init(&known, 4096);
    for (size_t i = 0; i < TARGET_COUNT; i++) {
        sgr_buf_printf(&known, "%s%s",
                       i == 0                  ? ""
                       : i + 1 == TARGET_COUNT ? " and "
                                               : ", ",
                       targets[i].word);
    }
    int status = sgr_complain(1, "unknown target `%s`; there are %s",
                              sgr_cli_value(cli, SGR_OPT_target), known.ptr);
    sgr_buf_release(&known);
    return status;
}

const char *sgr_target_module(const struct sgr_cli *cli)
{
    const struct sgr_target *target = sgr_target_find(cli);
    return sgr_cli_has(cli, SGR_OPT_in_cluster) ? "std/targets/job"
           : target != NULL                     ? target->module
                                                : NULL;
}
