/* Inside k8s/: the metrics of a run, served to who asks for them and pushed to a Pushgateway
 * (https://github.com/prometheus/pushgateway). Nothing here waits but sgr_exporter_finish, and
 * nothing fails the run. */
#ifndef SGR_K8S_EXPORTER_H
#define SGR_K8S_EXPORTER_H

#include "k8s/http.h"

struct sgr_exporter;

struct sgr_exporter_options {
    const char *listen; /* "HOST:PORT", ":PORT" or "PORT", or NULL: do not serve */
    const char *push;   /* URL of a Pushgateway, or NULL */
    sgr_str rollout, namespace;
    /* Appends the metrics as they are now. */
    void (*text)(void *self, struct sgr_buf *out);
    /* Told once when a push fails. */
    void (*complain)(void *self, const char *text);
    void *text_self, *complain_self;
};

/* Owned by the caller; options are borrowed as long as it lives. Its sockets are added to the epoll
 * `events`. NULL with a sentence where the address cannot be listened on. */
struct sgr_exporter *sgr_exporter_new(struct sgr_http *http, int events,
                                      const struct sgr_exporter_options *options,
                                      struct sgr_error *error);
void sgr_exporter_free(struct sgr_exporter *exporter);
/* Answers who has asked by now. */
void sgr_exporter_serve(struct sgr_exporter *exporter);
/* The metrics are others than before: they are pushed soon. */
void sgr_exporter_changed(struct sgr_exporter *exporter);
/* Pushes the last state, and waits for that a few seconds at most. */
void sgr_exporter_finish(struct sgr_exporter *exporter);

#endif
