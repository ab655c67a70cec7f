/* An exploration shared among processes. */
#ifndef SGR_CLI_EXPLORE_H
#define SGR_CLI_EXPLORE_H

#include "k8s/sim/explore.h"

/* Explores in `jobs` processes, and counts the plays on standard error where `show` is set (a
 * terminal). False after a complaint: a process has ended early. */
bool sgr_explore_shared(const struct sgr_exploration *exploration, unsigned jobs, bool show,
                        struct sgr_tally *tally);

#endif
