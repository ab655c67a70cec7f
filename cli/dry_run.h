/* What the server says to everything that a run would write at first: asked before it begins, and
 * shown by a plan. */
#ifndef SGR_CLI_DRY_RUN_H
#define SGR_CLI_DRY_RUN_H

#include "k8s/cluster.h"

struct sgr_dry_run;

/* Owned by the caller; its values live in `heap`. */
struct sgr_dry_run *sgr_dry_run_new(struct sgr_heap *heap);
void sgr_dry_run_free(struct sgr_dry_run *dry_run);
/* Takes the object of a `planned` report of std/run:planned; leaves every other report. */
void sgr_dry_run_report(struct sgr_dry_run *dry_run, const struct sgr_report *report);

/* An object, as it is (ABSENT: it is new) and as it would be; both without what the server keeps
 * for itself. */
typedef void (*sgr_dry_run_seen)(void *self, sgr_value object, sgr_value before, sgr_value after);
/* Has the server apply each without keeping it; `seen` may be NULL. False after a complaint about
 * the first one that is refused. */
bool sgr_dry_run_all(struct sgr_dry_run *dry_run, struct sgr_cluster *cluster,
                     sgr_dry_run_seen seen, void *self);

#endif
