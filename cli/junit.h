/* Results as JUnit XML, for pipelines. */
#ifndef SGR_CLI_JUNIT_H
#define SGR_CLI_JUNIT_H

#include "cli/cli.h"

struct sgr_junit {
    const char *suite;    /* borrowed */
    struct sgr_buf cases; /* written so far */
    size_t count, failed;
};

void sgr_junit_init(struct sgr_junit *junit, const char *suite);
void sgr_junit_release(struct sgr_junit *junit);
/* `why` is read only where it is not ok. */
void sgr_junit_case(struct sgr_junit *junit, const char *file, sgr_str name, bool ok, sgr_str why);
/* False after a complaint. */
bool sgr_junit_write(const struct sgr_junit *junit, const char *path);

#endif
