/* Inside k8s/: credentials from a program (client.authentication.k8s.io). Started without a shell,
 * with no input, for a bounded time and a bounded answer. Blocks meanwhile. */
#ifndef SGR_K8S_EXEC_PLUGIN_H
#define SGR_K8S_EXEC_PLUGIN_H

#include "vm/value.h"

struct sgr_exec_plugin {
    const char *command;     /* found in PATH where it has no slash */
    const char *const *args; /* without the command; ends with NULL */
    const char *const *env;  /* "NAME=value" beside our own; ends with NULL */
    const char *api_version;
    const char *hint;   /* how to install it, or NULL */
    sgr_value cluster;  /* what the plugin is told of the cluster, or ABSENT */
    int64_t timeout_ms; /* 0: 30 s */
};

struct sgr_exec_credential {
    char *token, *cert, *key; /* NULL or owned; wiped by release */
    int64_t expires;          /* seconds since 1970, or INT64_MAX */
};

bool sgr_exec_plugin_run(const struct sgr_exec_plugin *plugin, struct sgr_exec_credential *out,
                         struct sgr_error *error);
void sgr_exec_credential_release(struct sgr_exec_credential *credential);
/* Seconds since 1970 of an RFC 3339 time; false where it is none. */
bool sgr_time_read(sgr_str text, int64_t *seconds);

#endif
