/* Inside k8s/: one number from Prometheus, or the reason why there is none. The evaluation time is
 * the server's: ours may be off. The same query asked for twice in one instant is sent once. */
#ifndef SGR_K8S_PROM_H
#define SGR_K8S_PROM_H

#include "k8s/http.h"

struct sgr_prom;
struct sgr_prom_call;

struct sgr_prom_options {
    const char *url;   /* with a path prefix if any; user:password@ gives basic authentication */
    const char *token; /* bearer token, or NULL */
    const char *token_file;                     /* read before each query, or NULL */
    const char *ca_file, *cert_file, *key_file; /* PEM, or NULL */
    bool insecure;
    int64_t scrape_ms;  /* 0: 15 s; older than two of them is no signal */
    int64_t timeout_ms; /* of one query; 0: 5 s */
};

/* NULL with a sentence. Texts are copied. */
struct sgr_prom *sgr_prom_new(struct sgr_http *http, const struct sgr_prom_options *options,
                              struct sgr_error *error);
void sgr_prom_free(struct sgr_prom *prom);

struct sgr_prom_result {
    bool ok;
    double value;
    const char *text; /* not ok: why there is no signal, a sentence */
};
typedef void (*sgr_prom_done)(void *context, const struct sgr_prom_result *result);
struct sgr_prom_call *sgr_prom_sample(struct sgr_prom *prom, sgr_str query, sgr_prom_done done,
                                      void *context);
void sgr_prom_cancel(struct sgr_prom_call *call);

#endif
