/* Opening a cluster from options, script and kubeconfig; what its results mean.
 * Must never print a token, nor ask the cluster more than whether it knows us. */
#include "cli/session.h"

#include <malloc.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/github.h"

sgr_value sgr_declarations_in(const struct sgr_cli *cli, struct sgr_heap *heap,
                              sgr_value declarations)
{
    const char *namespace = sgr_cli_value(cli, SGR_OPT_namespace);
    if (namespace == NULL) {
        return declarations;
    }
    sgr_value cluster =
        sgr_record_with(heap, sgr_field(declarations, SGR_STR("cluster")), SGR_STR("namespace"),
                        sgr_string(heap, sgr_str_from(namespace)));
    return sgr_record_with(heap, declarations, SGR_STR("cluster"), cluster);
}

/* An option, or the attribute of the script's `cluster` block, or NULL. */
static const char *chosen(const struct sgr_cli *cli, enum sgr_option option, sgr_value declarations,
                          const char *attribute)
{
    const char *given = sgr_cli_value(cli, option);
    sgr_str declared = sgr_path_str(sgr_field(declarations, SGR_STR("cluster")), attribute);
    return given != NULL ? given : declared.len > 0 ? declared.ptr : NULL;
}

/* A run waits for most of its time: what it does not use goes back to the system. */
static void keep_memory_small(void)
{
    (void)mallopt(M_MMAP_THRESHOLD, 32 << 10);
    (void)mallopt(M_TRIM_THRESHOLD, 32 << 10);
    (void)mallopt(M_TOP_PAD, 8 << 10);
}

struct sgr_cluster *sgr_session_open(const struct sgr_cli *cli, sgr_value declarations,
                                     const struct sgr_listener *listener)
{
    struct sgr_error error = {0};
    struct sgr_listener deaf = {0};
    keep_memory_small();
    listener = listener != NULL ? listener : &deaf;
    bool terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
    struct sgr_cluster_options options = {
        .kubeconfig = sgr_cli_value(cli, SGR_OPT_kubeconfig),
        .context = chosen(cli, SGR_OPT_context, declarations, "context"),
        .namespace = chosen(cli, SGR_OPT_namespace, declarations, "namespace"),
        .prometheus = chosen(cli, SGR_OPT_prometheus, declarations, "prometheus"),
        .prometheus_token = getenv("SGR_PROMETHEUS_TOKEN"),
        .prometheus_token_file = sgr_cli_value(cli, SGR_OPT_prometheus_token_file),
        .prometheus_ca = sgr_cli_value(cli, SGR_OPT_prometheus_ca),
        .prometheus_cert = sgr_cli_value(cli, SGR_OPT_prometheus_cert),
        .prometheus_key = sgr_cli_value(cli, SGR_OPT_prometheus_key),
        .scrape_ms = sgr_path_int(sgr_field(declarations, SGR_STR("cluster")), "scrape", 0),
        .force_conflicts = sgr_cli_has(cli, SGR_OPT_force_conflicts),
        .state_dir = sgr_cli_value(cli, SGR_OPT_state),
        .watch = listener->watch,
        .ask = listener->ask,
        .metrics = listener->metrics,
        .metrics_listen = sgr_cli_value(cli, SGR_OPT_metrics_listen),
        .metrics_push = sgr_cli_value(cli, SGR_OPT_metrics_push),
        .approve_all = sgr_cli_has(cli, SGR_OPT_yes),
        .terminal = listener->ask != NULL && terminal,
        .self = listener->self,
    };
    struct sgr_cluster *cluster = sgr_cluster_new(&options, &error);
    /* A record that is kept in a folder is read without the cluster. */
    bool needed = options.state_dir == NULL || listener != &deaf;
    if (cluster == NULL || (needed && !sgr_cluster_reach(cluster, &error))) {
        sgr_cluster_free(cluster);
        sgr_complain(SGR_EXIT_FAULT, "%s", error.text);
        sgr_error_release(&error);
        return NULL;
    }
    return cluster;
}

void sgr_session_close(struct sgr_cluster *cluster)
{
    if (cluster != NULL) {
        sgr_cluster_unlock(cluster);
        sgr_cluster_free(cluster);
    }
}

enum sgr_progress_style sgr_pick_style(const struct sgr_cli *cli)
{
    const char *output = sgr_cli_value(cli, SGR_OPT_output);
    if (output != NULL && strcmp(output, "json") == 0) {
        return SGR_PROGRESS_JSON;
    }
    if (sgr_cli_has(cli, SGR_OPT_quiet)) {
        return SGR_PROGRESS_QUIET;
    }
    return isatty(STDOUT_FILENO) ? SGR_PROGRESS_LIVE
           : sgr_github_job()    ? SGR_PROGRESS_GITHUB
                                 : SGR_PROGRESS_PLAIN;
}

int sgr_outcome_status(sgr_value outcome)
{
    sgr_str word = sgr_path_str(outcome, "outcome");
    static const struct {
        const char *word;
        int status;
    } statuses[] = {
        {"promoted", SGR_EXIT_OK},
        {"installed", SGR_EXIT_OK},
        {"unchanged", SGR_EXIT_OK},
        {"rolled_back", SGR_EXIT_ROLLED_BACK},
        {"superseded", SGR_EXIT_ROLLED_BACK},
    };
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
        if (sgr_str_is(word, statuses[i].word)) {
            return statuses[i].status;
        }
    }
    return SGR_EXIT_LEFT;
}
