/* Inside k8s/: who we are to a server, and how its certificate is checked, from the cluster and
 * user entries of a kubeconfig. Credentials are read again when they may have changed: files after
 * a minute or a refusal, plugins when what they gave has expired or was refused. */
#ifndef SGR_K8S_AUTH_H
#define SGR_K8S_AUTH_H

#include "k8s/http.h"
#include "vm/value.h"

struct sgr_auth;

struct sgr_auth_source {
    sgr_value cluster, user;              /* records as in a kubeconfig, or ABSENT */
    const char *cluster_path, *user_path; /* files that they stand in */
    sgr_str cluster_name, user_name;
};

/* Owned by the caller; keeps nothing of `source`. NULL with a sentence. */
struct sgr_auth *sgr_auth_new(const struct sgr_auth_source *source, struct sgr_error *error);
void sgr_auth_free(struct sgr_auth *auth);
const struct sgr_http_target *sgr_auth_target(const struct sgr_auth *auth);

#endif
