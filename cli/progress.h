/* A run as people and machines see it: a live block on a terminal, plain lines in a pipeline (with
 * groups and annotations in a job of GitHub Actions), or one JSON object a line. */
#ifndef SGR_CLI_PROGRESS_H
#define SGR_CLI_PROGRESS_H

#include "cli/cli.h"

struct sgr_progress;
enum sgr_progress_style {
    SGR_PROGRESS_PLAIN,
    SGR_PROGRESS_GITHUB,
    SGR_PROGRESS_LIVE,
    SGR_PROGRESS_JSON,
    SGR_PROGRESS_QUIET
};

/* `rollout` is the declared rollout (its outline gives the steps to come); borrowed. */
struct sgr_progress *sgr_progress_new(enum sgr_progress_style style, bool color, sgr_value rollout);
/* From now on what is reported is kept, and written as a page to this file when the progress is
 * freed; `path` is borrowed, NULL: no page. */
void sgr_progress_keep_page(struct sgr_progress *progress, const char *path);
void sgr_progress_report(void *progress, const struct sgr_report *report);
/* A question that waits for a person. */
void sgr_progress_ask(void *progress, const char *text);
/* The last word: the results of a simulated run, or ABSENT. */
void sgr_progress_end(struct sgr_progress *progress, sgr_value results);
void sgr_progress_free(struct sgr_progress *progress);
/* Fields of the last `outcome` report, copied; ABSENT before there was one. */
sgr_value sgr_progress_outcome(const struct sgr_progress *progress);

#endif
