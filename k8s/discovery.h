/* Inside k8s/: which path a kind has. One request per group and version, remembered for the
 * process; a kind that is not there is looked for again after a while, since definitions are
 * installed meanwhile. */
#ifndef SGR_K8S_DISCOVERY_H
#define SGR_K8S_DISCOVERY_H

#include "k8s/http.h"

struct sgr_discovery;
struct sgr_discovery_wait;

struct sgr_resource {
    sgr_str kind, plural; /* "Deployment", "deployments" */
    bool namespaced;
    bool can_watch;
};

/* `resource` is NULL where there is none or the server did not answer: `kind` is "no_api" or
 * "unavailable", `text` a sentence. */
typedef void (*sgr_discovery_found)(void *context, const struct sgr_resource *resource,
                                    const char *kind, const char *text);

struct sgr_discovery *sgr_discovery_new(struct sgr_http *http, const struct sgr_http_target *target,
                                        const char *server);
void sgr_discovery_free(struct sgr_discovery *discovery);
/* Calls `found` later, from sgr_http_step, once; unless forgotten before. The slices are copied. */
struct sgr_discovery_wait *sgr_discovery_ask(struct sgr_discovery *discovery, sgr_str api_version,
                                             sgr_str kind, int64_t deadline,
                                             sgr_discovery_found found, void *context);
/* Calls `later` from sgr_http_step, once. */
struct sgr_discovery_wait *sgr_discovery_later(struct sgr_discovery *discovery,
                                               void (*later)(void *), void *context);
void sgr_discovery_forget(struct sgr_discovery *discovery, struct sgr_discovery_wait *wait);
/* What is known now, or NULL. Valid until the group is dropped. */
const struct sgr_resource *sgr_discovery_find(struct sgr_discovery *discovery, sgr_str api_version,
                                              sgr_str kind);
/* Forgets a group and version: its paths have changed. */
void sgr_discovery_drop(struct sgr_discovery *discovery, sgr_str api_version);

#endif
