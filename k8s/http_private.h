/* What a call and the loop consist of. Inside http.c and http_transfer.c. */
#ifndef SGR_K8S_HTTP_PRIVATE_H
#define SGR_K8S_HTTP_PRIVATE_H

#include "k8s/curl_api.h"
#include "k8s/http.h"

struct sgr_http_headers {
    struct sgr_http *http;
    struct curl_slist *list;
};

struct sgr_http_call {
    struct sgr_http *http;
    struct sgr_http_call *next, **link;
    struct sgr_http_request request;
    char *method, *url, *content_type, *accept;
    char *body;
    size_t body_sent;
    bool sent;  /* of a request that is sent once */
    CURL *easy; /* NULL between attempts */
    struct sgr_http_headers headers, connect_to;
    struct sgr_buf answer;
    size_t header_bytes;
    char *answer_type;
    int64_t retry_after;
    int64_t began, skew; /* of this attempt */
    SGR_VEC(char *) warnings;
    char problem[CURL_ERROR_SIZE];
    const char *own_problem; /* why we ended the attempt ourselves */
    int64_t deadline;        /* of all attempts */
    int64_t last_byte;
    uint64_t timer;
    unsigned attempts;
    bool refreshed;
    bool in_data, cancelled;
};

struct sgr_http_timer {
    uint64_t id;
    int64_t at;
    void (*fire)(void *context);
    void *context;
};

struct sgr_http {
    struct sgr_curl curl;
    CURLM *multi;
    struct sgr_http_call *calls;
    SGR_VEC(struct sgr_http_timer) timers;
    uint64_t last_timer;
    uint64_t random;
    char *no_proxy;
};

/* Makes `call->easy`: everything of the next attempt but who we are, which is in its headers. */
void sgr_http_transfer(struct sgr_http_call *call);
/* A copy with a zero behind it. */
char *sgr_http_text(sgr_str s);

#endif
