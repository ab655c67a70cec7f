/* What a run tells Prometheus about itself, in the text format of exposition
 * (https://prometheus.io/docs/instrumenting/exposition_formats/): base units, ratios instead of
 * percent. docs/metrics.md lists the names. */
#ifndef SGR_CLI_METRICS_H
#define SGR_CLI_METRICS_H

#include "vm/vm.h"

struct sgr_metrics;

/* `file` is for node_exporter's textfile collector, replaced whole as the run goes on; NULL for
 * none. `rollout` is the declared rollout. Texts are copied. */
struct sgr_metrics *sgr_metrics_new(const char *file, sgr_value rollout, const char *namespace);
/* Writes the file a last time. NULL is fine. */
void sgr_metrics_free(struct sgr_metrics *metrics);
void sgr_metrics_report(struct sgr_metrics *metrics, const struct sgr_report *report);
/* Appends the whole exposition. */
void sgr_metrics_text(const struct sgr_metrics *metrics, struct sgr_buf *out);

#endif
