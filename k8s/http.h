/* Inside k8s/: one loop for every transfer and timer of a process (curl multi). Nothing here blocks
 * but sgr_http_step, and that not beyond its time-out. Callbacks are called from sgr_http_step
 * only, never from sgr_http_start; a callback may start and cancel calls.
 *
 * Retries, with capped exponential back-off and full jitter inside a budget of time: what certainly
 * did nothing (no connection, 429) is always tried again; what may have been done (5xx, a cut
 * connection, a time-out after sending) only where the request is `safe`. Otherwise its outcome is
 * UNKNOWN and the caller has to look before it sends again. No header or body is ever part of a
 * sentence. */
#ifndef SGR_K8S_HTTP_H
#define SGR_K8S_HTTP_H

#include "base/base.h"

struct sgr_http;
struct sgr_http_call;
struct sgr_http_headers;

/* Milliseconds that also pass while the machine sleeps. */
int64_t sgr_http_now(void);

/* A loop, owned by the caller; NULL with a sentence where libcurl is missing. */
struct sgr_http *sgr_http_new(struct sgr_error *error);
/* Drops all calls and timers without calling back. */
void sgr_http_free(struct sgr_http *http);

/* Keeps so many idle connections open for later calls; 32 from the start. */
void sgr_http_keep(struct sgr_http *http, int64_t connections);

/* How a server is reached and who we are there. Owned by the caller, outlives its calls; PEM texts
 * may be replaced between calls. */
struct sgr_http_target {
    sgr_str ca, cert, key;   /* PEM; an empty `ca` means the system's */
    bool insecure;           /* do not check the server's certificate */
    const char *server_name; /* name in the certificate, where it is not the host's; or NULL */
    const char *proxy;       /* http, https or socks5 URL, or NULL for the environment's */
    const char *user_pass;   /* "user:password" for basic authentication, or NULL */
    /* Before every attempt: adds who we are; may be NULL. False (with the reason) fails the call.
     */
    bool (*authorize)(void *self, struct sgr_http_headers *headers, struct sgr_error *error);
    /* After a 401 or a TLS failure: true where fresh credentials make another attempt worth it. */
    bool (*refresh)(void *self);
    void *self;
};
/* Adds "Name: value"; a line break in it is refused. */
bool sgr_http_header(struct sgr_http_headers *headers, const char *name, sgr_str value);

enum sgr_http_outcome {
    SGR_HTTP_ANSWERED, /* a whole answer with a status */
    SGR_HTTP_NOT_SENT, /* nothing can have happened */
    SGR_HTTP_UNKNOWN,  /* it may have been done */
};

struct sgr_http_response {
    enum sgr_http_outcome outcome;
    int status;             /* 0: none */
    sgr_str body;           /* whole; empty for streams with 2xx */
    sgr_str content_type;   /* lower case, without parameters */
    int64_t retry_after_ms; /* what the server asked for, or -1 */
    int64_t skew_s;         /* our clock is ahead of the server's by this at least; < 0: behind */
    const char *const *warnings; /* texts of Warning headers */
    size_t warning_count;
    const char *text; /* outcome is not ANSWERED: a sentence; else "" */
    unsigned attempts;
};

struct sgr_http_request {
    const struct sgr_http_target *target; /* NULL: a server that needs nothing */
    const char *method;
    sgr_str url;
    sgr_str body;               /* copied */
    const char *content_type;   /* of the body, or NULL */
    const char *accept;         /* or NULL for anything */
    const char *const *headers; /* more "Name: value" lines, or NULL */
    size_t header_count;
    bool safe;         /* may be sent again when its outcome is unknown */
    bool once;         /* is sent at most once: a kept connection that is dead fails it, too */
    int64_t budget_ms; /* for all attempts together; 0: 30 s */
    int64_t total_ms;  /* for one attempt; 0: 15 s, negative: no limit */
    int64_t idle_ms;   /* without a byte; 0: none */
    size_t body_max;   /* 0: 64 MiB */
    /* Gets the body of a 2xx answer as it comes; false ends the call as UNKNOWN. Must not start or
     * cancel calls. NULL: the body is collected. */
    bool (*data)(void *context, sgr_str bytes);
    void (*opened)(
        void *context); /* the headers of a 2xx answer are there; may only take note; or NULL */
    void (*done)(void *context, const struct sgr_http_response *response);
    void *context;
};

/* The handle is valid until `done` was called or the call was cancelled. */
struct sgr_http_call *sgr_http_start(struct sgr_http *http, const struct sgr_http_request *request);
/* `done` is not called. NULL is fine. */
void sgr_http_cancel(struct sgr_http *http, struct sgr_http_call *call);

/* One timer: `fire` is called once, `ms` from now. The id is never 0. */
uint64_t sgr_http_after(struct sgr_http *http, int64_t ms, void (*fire)(void *context),
                        void *context);
void sgr_http_timer_cancel(struct sgr_http *http, uint64_t id); /* 0 and gone ones are fine */

/* Waits until something happens, at most `timeout_ms`, and makes the callbacks that are due.
 * Returns early when `fd` (or -1) can be read. */
void sgr_http_step(struct sgr_http *http, int64_t timeout_ms, int fd);
/* Steps until *done or the limit has passed; false where it passed. */
bool sgr_http_until(struct sgr_http *http, const bool *done, int64_t limit_ms);

/* A wait before attempt `attempt` (1 is the second): full jitter up to base * 2^attempt, capped. */
int64_t sgr_http_backoff(struct sgr_http *http, unsigned attempt, int64_t base_ms, int64_t cap_ms);

/* Percent-encodes everything but letters, digits and "-._~". */
void sgr_http_escape(struct sgr_buf *out, sgr_str text);
/* scheme://host:port of an URL, without user and path: what may be printed. */
void sgr_http_origin(struct sgr_buf *out, sgr_str url);
/* Whether the header line has that name, and its value without spaces around it. */
bool sgr_http_header_is(sgr_str line, const char *name, sgr_str *value);
/* Milliseconds of a Retry-After, capped at two minutes; -1 where it is no number of seconds. */
int64_t sgr_http_retry_after(sgr_str value);
/* How far `now` is ahead of the value of a Date header (RFC 9110 5.6.7, its preferred form), in
 * seconds towards 0, where the answer took `took`; 0 where it is no date. */
int64_t sgr_http_skew(sgr_str value, int64_t now, int64_t took);

#endif
