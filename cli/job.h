/* A rollout as a Job of the cluster. */
#ifndef SGR_CLI_JOB_H
#define SGR_CLI_JOB_H

#include "cli/cli.h"

/* The ConfigMap and the Job that perform the rollout of --rollout. `options` is a list of more
 * arguments for the run in it, or ABSENT. False after a complaint. */
bool sgr_job_documents(struct sgr_script *script, const struct sgr_cli *cli,
                       struct sgr_machine *machine, sgr_value declarations, sgr_value options,
                       sgr_value *documents);
/* run --in-cluster: hands the rollout over to a Job, with the least rights that it needs, and tells
 * how to follow it. Gives the exit status. */
int sgr_hand_over(struct sgr_script *script, const struct sgr_cli *cli,
                  struct sgr_machine *machine);

#endif
