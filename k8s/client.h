/* Inside k8s/: a client of one API server. Every request is asynchronous: `done` is called once,
 * from sgr_http_step, unless the call is cancelled. A resource is named by apiVersion and kind;
 * where it lives is found out by discovery, which is remembered. The field manager is always "sgr".
 */
#ifndef SGR_K8S_CLIENT_H
#define SGR_K8S_CLIENT_H

#include "k8s/http.h"
#include "vm/value.h"

#define SGR_K8S_MANAGER "sgr"

struct sgr_k8s;
struct sgr_k8s_call;
struct sgr_resource;

/* `http` and `target` outlive the client; texts are copied. */
struct sgr_k8s *sgr_k8s_new(struct sgr_http *http, const struct sgr_http_target *target,
                            const char *server, const char *namespace);
void sgr_k8s_free(struct sgr_k8s *client); /* drops calls without calling back */
struct sgr_http *sgr_k8s_http(struct sgr_k8s *client);
const char *sgr_k8s_namespace(const struct sgr_k8s *client);
/* Told of each Warning header, each text once. */
void sgr_k8s_on_warning(struct sgr_k8s *client, void (*warn)(void *self, const char *text),
                        void *self);

/* An object, or with an empty name a kind in a namespace. An empty namespace is the client's where
 * the kind has one. `all` asks for every namespace. */
struct sgr_k8s_ref {
    sgr_str api_version, kind, namespace, name;
    bool all;
};
/* { apiVersion, kind, namespace, name } or an object with metadata. Slices of the value. */
struct sgr_k8s_ref sgr_k8s_ref_of(sgr_value value);
/* "Deployment shop/web", for sentences. */
void sgr_k8s_ref_print(const struct sgr_k8s_ref *ref, struct sgr_buf *out);

/* What became of a request. `kind` is empty when ok, else one of: missing, exists, conflict (fields
 * that another manager owns), stale (an old resourceVersion or another uid), invalid, forbidden,
 * unauthorized, gone, no_api (the server has no such kind), unavailable (nothing was done), unknown
 * (a write that may have been done: read before sending it again). */
struct sgr_k8s_result {
    bool ok;
    int status;
    const char *kind;
    const char *text; /* a whole sentence naming the object */
    sgr_value value;  /* what the server answered; valid until `done` returns */
    bool only_own;    /* conflict: all fields belong to "sgr" under another operation */
    int64_t retry_after_ms;
};
typedef void (*sgr_k8s_done)(void *context, const struct sgr_k8s_result *result);

enum sgr_k8s_verb {
    SGR_K8S_GET,
    SGR_K8S_LIST, /* value: { items, resourceVersion }, all pages together */
    SGR_K8S_CREATE,
    SGR_K8S_APPLY,  /* server-side, fields checked strictly */
    SGR_K8S_PATCH,  /* merge patch */
    SGR_K8S_DELETE, /* in the background; value: what the server says */
};

struct sgr_k8s_request {
    enum sgr_k8s_verb verb;
    struct sgr_k8s_ref ref; /* may be left empty where the body says it */
    sgr_value body;         /* CREATE, APPLY, PATCH; used before start returns */
    sgr_str raw;            /* PATCH: the body as JSON, instead of `body`; preconditions in it */
    bool json_patch;        /* PATCH: `raw` is a JSON patch (RFC 6902), not a merge patch */
    const char *labels;     /* LIST: a label selector, or NULL */
    bool force;             /* APPLY: take fields over */
    bool dry_run;
    bool repeatable; /* a write that does no harm twice: sent again while its outcome is unknown */
    const char *uid, *resource_version; /* preconditions of APPLY, PATCH, DELETE; or NULL */
    int64_t budget_ms;                  /* 0: 30 s */
    sgr_k8s_done done;
    void *context;
};
struct sgr_k8s_call *sgr_k8s_start(struct sgr_k8s *client, const struct sgr_k8s_request *request);
void sgr_k8s_cancel(struct sgr_k8s_call *call); /* NULL is fine */

/* Asks for nothing but what every server has: `done` is called once with the kind and sentence of
 * what is in the way, or with "". */
void sgr_k8s_reach(struct sgr_k8s *client, int64_t budget_ms,
                   void (*done)(void *context, const struct sgr_resource *resource,
                                const char *kind, const char *text),
                   void *context);

/* ---- for watches ---- */

/* Where the kind of `ref` is listed, once discovery has been there: an URL without query. False
 * before that or where there is none. */
bool sgr_k8s_collection_url(struct sgr_k8s *client, const struct sgr_k8s_ref *ref,
                            struct sgr_buf *out);
const struct sgr_http_target *sgr_k8s_target(const struct sgr_k8s *client);
/* The sentence and kind of a Status object. `ref` may be NULL. The strings live in `arena`. */
void sgr_k8s_explain(struct sgr_arena *arena, const struct sgr_k8s_ref *ref, bool write, int status,
                     sgr_value answer, struct sgr_k8s_result *out);

#endif
