/* The charts of a run's page, as SVG inside HTML. */
#ifndef SGR_CLI_PAGE_CHART_H
#define SGR_CLI_PAGE_CHART_H

#include "cli/page/events.h"

/* The steps of the run over the traffic of the new version. */
void sgr_chart_traffic(const struct sgr_events *events, struct sgr_buf *html);
/* Each value that guards sampled, with its breaches. */
void sgr_chart_samples(const struct sgr_events *events, struct sgr_buf *html);

#endif
