/* A scripted HTTP server on the loopback, for faults that a well-behaved one never shows. One
 * thread for each connection. */
#ifndef SGR_TESTS_K8S_SERVER_H
#define SGR_TESTS_K8S_SERVER_H

#include <stdbool.h>
#include <stddef.h>

struct server;

struct reply {
    const char *bytes; /* the whole answer, headers included; NULL: none */
    size_t size;       /* 0: up to the NUL */
    int delay_ms;      /* before it */
    int drip_ms;       /* between two bytes */
    bool reset;        /* cut the connection hard afterwards */
    bool close;        /* close it afterwards */
    int hang_ms;       /* keep it open and silent afterwards, then close */
};

/* The answer to the n-th request (from 1) of the server; `request` is its whole text. */
typedef struct reply (*respond)(void *self, const char *request, int n);

struct server *server_start(respond respond, void *self);
void server_stop(struct server *server);
const char *server_url(const struct server *server); /* http://127.0.0.1:PORT */
int server_count(struct server *server);             /* requests so far */
/* The text of the n-th request (from 1), or "". */
const char *server_request(struct server *server, int n);

/* "HTTP/1.1 STATUS x" with a length and a type, in memory that stays. */
const char *answer(int status, const char *type, const char *headers, const char *body);
const char *json_answer(int status, const char *body);

#endif
