/* What a run will take and what it risks, from simulated runs of the same bytecode. */
#ifndef SGR_CLI_FORECAST_H
#define SGR_CLI_FORECAST_H

#include "cli/cli.h"

/* Appends, as lines for people: the steps with their time while all is well, and how long and with
 * which share of the traffic a new version that turns bad goes unseen. False after a complaint. */
bool sgr_forecast(struct sgr_script *script, struct sgr_machine *machine, sgr_value declarations,
                  sgr_value rollout, struct sgr_buf *out);

#endif
