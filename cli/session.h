/* A session with a real cluster: what the options and the script say about it, runs performed on
 * it, and what is kept of them. */
#ifndef SGR_CLI_SESSION_H
#define SGR_CLI_SESSION_H

#include "cli/progress.h"
#include "k8s/cluster.h"

/* Who is told of what happens; each may be NULL, but `watch`. */
struct sgr_listener {
    void (*watch)(void *self, const struct sgr_report *report);
    void (*ask)(void *self, const char *text);        /* a question; a terminal may answer it */
    void (*metrics)(void *self, struct sgr_buf *out); /* appends the metrics as they are now */
    void *self;
};

/* The cluster that the options name, or else the script (`declarations`, or ABSENT), or else the
 * kubeconfig. `listener` is copied; NULL: nobody listens. NULL after a complaint. */
struct sgr_cluster *sgr_session_open(const struct sgr_cli *cli, sgr_value declarations,
                                     const struct sgr_listener *listener);
void sgr_session_close(struct sgr_cluster *cluster);

/* The declarations with the namespace of --namespace in them. */
sgr_value sgr_declarations_in(const struct sgr_cli *cli, struct sgr_heap *heap,
                              sgr_value declarations);

/* The style that --output and the terminal ask for. */
enum sgr_progress_style sgr_pick_style(const struct sgr_cli *cli);
/* The exit status of an `outcome` report. */
int sgr_outcome_status(sgr_value outcome);

/* Performs a rollout on the cluster, from preflight to outcome; gives the exit status. */
int sgr_perform(struct sgr_script *script, const struct sgr_cli *cli, struct sgr_machine *machine,
                enum sgr_progress_style style);
/* Runs a routine of the standard library that only looks; false after its failure was printed. */
bool sgr_look(struct sgr_script *script, struct sgr_machine *machine, struct sgr_cluster *cluster,
              const char *routine, sgr_value declarations, sgr_value rollout);
/* Rights, kinds, Prometheus and what the rollout starts from, before the first write; false after
 * every problem was printed. */
bool sgr_preflight(struct sgr_script *script, struct sgr_machine *machine,
                   struct sgr_cluster *cluster, sgr_value declarations, sgr_value rollout);
/* Prints what a run would change and its steps; 0 nothing, 2 something, 1 after a complaint. */
int sgr_plan(struct sgr_script *script, const struct sgr_cli *cli, struct sgr_machine *machine);
/* Goes on with the run of that name, found where the options or the `declarations` (or ABSENT) say;
 * a `reason` aborts it first. Gives the exit status. */
int sgr_perform_rest(const struct sgr_cli *cli, sgr_value declarations, const char *name,
                     const char *reason);

/* Reads the record of a run; false after a complaint, with nothing to release. */
bool sgr_load_record(struct sgr_cluster *cluster, const char *name,
                     struct sgr_cluster_record *record);
/* The one name behind a command such as `status`; NULL after a complaint. */
const char *sgr_one_name(const struct sgr_cli *cli);
/* The versions of a status, "old -> new"; of a first install only the new one. */
void sgr_print_version(sgr_value status, struct sgr_buf *out);
/* A status as the record of a run holds it, for people (with the holder, or NULL) or as JSON. */
void sgr_print_status(const char *name, const char *namespace, sgr_value status, const char *holder,
                      struct sgr_buf *out);

#endif
