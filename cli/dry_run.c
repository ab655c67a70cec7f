/* Objects collected from one routine and given to the server one by one. Must never change any. */
#include "cli/dry_run.h"

#include <stdlib.h>

#include "cli/cli.h"

struct sgr_dry_run {
    struct sgr_heap *heap;
    SGR_VEC(sgr_value) planned; /* { object, patch } */
};

struct sgr_dry_run *sgr_dry_run_new(struct sgr_heap *heap)
{
    struct sgr_dry_run *dry_run = sgr_calloc(1, sizeof *dry_run);
    dry_run->heap = heap;
    return dry_run;
}

void sgr_dry_run_free(struct sgr_dry_run *dry_run)
{
    sgr_vec_release(&dry_run->planned);
    free(dry_run);
}

void sgr_dry_run_report(struct sgr_dry_run *dry_run, const struct sgr_report *report)
{
    if (strcmp(report->kind, "planned") == 0) {
        sgr_vec_push(&dry_run->planned, sgr_value_copy(dry_run->heap, report->fields));
    }
}

bool sgr_dry_run_all(struct sgr_dry_run *dry_run, struct sgr_cluster *cluster,
                     sgr_dry_run_seen seen, void *self)
{
    for (size_t i = 0; i < dry_run->planned.len; i++) {
        sgr_value object = sgr_field(dry_run->planned.at[i], SGR_STR("object"));
        bool patch = sgr_field(dry_run->planned.at[i], SGR_STR("patch")).as.i != 0;
        sgr_value before = sgr_absent(), after = sgr_absent();
        struct sgr_error error = {0};
        if (!sgr_cluster_plan(cluster, object, patch, dry_run->heap, &before, &after, &error)) {
            (void)sgr_complain(SGR_EXIT_FAULT, "%s", error.text);
            sgr_error_release(&error);
            return false;
        }
        if (seen != NULL) {
            seen(self, object, before, after);
        }
    }
    return true;
}
