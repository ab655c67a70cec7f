/* Errors and lints of texts. Generates no code. */
#include "cli/text_check.h"

#include <stdlib.h>
#include <time.h>

#include "cli/cli.h"
#include "k8s/sim/sim.h"

enum { KEPT_BYTES_MAX = 64 << 20 };

/* Today as 20270131; SOURCE_DATE_EPOCH stands for it where it is set. */
static int32_t today(void)
{
    const char *fixed = getenv("SOURCE_DATE_EPOCH");
    time_t now = fixed != NULL ? (time_t)strtoll(fixed, NULL, 10) : time(NULL);
    struct tm day;
    gmtime_r(&now, &day);
    return (day.tm_year + 1900) * 10000 + (day.tm_mon + 1) * 100 + day.tm_mday;
}

void sgr_text_check_init(struct sgr_text_check *check)
{
    *check = (struct sgr_text_check){0};
    sgr_lint_defaults(&check->configs.base);
    check->configs.base.today = today();
}

void sgr_text_check_forget(struct sgr_text_check *check)
{
    if (check->compilation != NULL) {
        sgr_compilation_free(check->compilation);
    }
    check->compilation = NULL;
}

void sgr_text_check(struct sgr_text_check *check, const char *path, sgr_str text,
                    const struct sgr_lint_settings *settings)
{
    /* A built-in module needs what a lint of scripts leaves out: the bodies of all of them. */
    bool built_in = sgr_str_starts_with(sgr_str_from(path), SGR_STR("std/"));
    struct sgr_compile_options options = {.read = check->read,
                                          .read_self = check->read_self,
                                          .check_only = !built_in,
                                          .manifests = sgr_read_manifests,
                                          .faults = sgr_sim_faults()};
    bool large =
        check->compilation != NULL && sgr_compilation_size(check->compilation) > KEPT_BYTES_MAX;
    if (built_in || check->built_in || large) {
        sgr_text_check_forget(check);
    }
    if (check->compilation == NULL) {
        check->compilation = sgr_compilation_new(&options);
    }
    check->built_in = built_in;
    sgr_compile(check->compilation, sgr_str_from(path), text);
    sgr_lint(check->compilation, settings);
}

void sgr_text_check_release(struct sgr_text_check *check)
{
    sgr_text_check_forget(check);
    sgr_lint_configs_release(&check->configs);
}
