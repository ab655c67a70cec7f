/* Inside k8s/: what the cluster looks like now, kept up to date by one list and one watch for each
 * kind and namespace, however many ask. Level-triggered: who is told that something changed looks
 * at the latest objects, never at events. An object never goes back to an older resourceVersion,
 * unless list after list says that the whole cluster did (etcd restored from a backup). */
#ifndef SGR_K8S_WATCH_H
#define SGR_K8S_WATCH_H

#include "k8s/client.h"

struct sgr_watches;

/* `changed` is called whenever an object changed, appeared or went; it may only take note of that.
 */
struct sgr_watches *sgr_watches_new(struct sgr_k8s *client, void (*changed)(void *self),
                                    void *self);
void sgr_watches_free(struct sgr_watches *watches);

enum sgr_watch_state {
    SGR_WATCH_OFF,      /* not asked for */
    SGR_WATCH_STARTING, /* asked for; nothing is known yet, or the stream is down: ask the server */
    SGR_WATCH_LIVE,     /* what sgr_watch_get says is how the cluster is */
    SGR_WATCH_REFUSED,  /* we may not list or watch this: ask the server, and ask again */
};
/* Begins to watch the kind in the namespace of `ref`; nothing where it is watched. */
enum sgr_watch_state sgr_watch_ensure(struct sgr_watches *watches, const struct sgr_k8s_ref *ref);
enum sgr_watch_state sgr_watch_state(struct sgr_watches *watches, const struct sgr_k8s_ref *ref);
/* The object, valid until the next sgr_http_step; ABSENT where it is not there. Only when LIVE. */
sgr_value sgr_watch_get(struct sgr_watches *watches, const struct sgr_k8s_ref *ref);
/* All objects of the kind in the namespace whose labels have these values, copied into `heap`. */
sgr_value sgr_watch_list(struct sgr_watches *watches, const struct sgr_k8s_ref *ref,
                         sgr_value labels, struct sgr_heap *heap);
/* An object that the server has just answered with: newer than what the stream told so far. */
void sgr_watch_put(struct sgr_watches *watches, sgr_value object);
/* Something that we delete: as it was answered, it is not there any more. */
void sgr_watch_gone(struct sgr_watches *watches, const struct sgr_k8s_ref *ref, sgr_str uid);
/* Whether every label of `wanted` is on the object. */
bool sgr_labels_match(sgr_value object, sgr_value wanted);

#endif
