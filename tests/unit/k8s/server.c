/* The scripted server. */
#include "server.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { REQUESTS = 256, REQUEST_MAX = 1 << 16, CONNECTIONS = 256 };

struct server {
    int listener;
    char url[64];
    respond respond;
    void *self;
    pthread_t thread;
    pthread_mutex_t mutex;
    char *requests[REQUESTS];
    int count;
    int connections[CONNECTIONS];
    pthread_t threads[CONNECTIONS];
    int connected;
    bool stopping;
};

struct connection {
    struct server *server;
    int fd, index;
};

/* A whole request with its body, or false at the end of the connection. */
static bool read_request(int fd, char *text, size_t size)
{
    size_t length = 0;
    for (;;) {
        text[length] = '\0';
        char *end = strstr(text, "\r\n\r\n");
        if (end != NULL) {
            char *header = strcasestr(text, "content-length:");
            size_t body = header != NULL && header < end ? strtoul(header + 15, NULL, 10) : 0;
            if (length >= (size_t)(end - text) + 4 + body) {
                return true;
            }
        }
        ssize_t got = length + 1 < size ? recv(fd, text + length, size - length - 1, 0) : 0;
        if (got <= 0) {
            return false;
        }
        length += (size_t)got;
    }
}

static bool send_all(int fd, const char *bytes, size_t size, int drip_ms)
{
    while (size > 0) {
        ssize_t done = send(fd, bytes, drip_ms ? 1 : size, MSG_NOSIGNAL);
        if (done <= 0) {
            return false;
        }
        bytes += done;
        size -= (size_t)done;
        if (drip_ms > 0) {
            usleep((useconds_t)drip_ms * 1000);
        }
    }
    return true;
}

static bool serve(struct server *server, int fd, const char *text)
{
    pthread_mutex_lock(&server->mutex);
    int n = ++server->count;
    if (n <= REQUESTS) {
        server->requests[n - 1] = strdup(text);
    }
    struct reply reply = server->respond(server->self, text, n);
    pthread_mutex_unlock(&server->mutex);
    if (reply.delay_ms > 0) {
        usleep((useconds_t)reply.delay_ms * 1000);
    }
    size_t size = reply.bytes == NULL ? 0 : reply.size ? reply.size : strlen(reply.bytes);
    bool ok = send_all(fd, reply.bytes, size, reply.drip_ms);
    for (int i = 0; i < reply.hang_ms / 10 && !server->stopping; i++) {
        usleep(10000);
    }
    if (reply.reset) {
        struct linger hard = {1, 0};
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    }
    return ok && !reply.reset && !reply.close && reply.hang_ms == 0 && reply.bytes != NULL;
}

static void *attend(void *context)
{
    struct connection *connection = context;
    char *text = malloc(REQUEST_MAX);
    int one = 1;
    setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    while (read_request(connection->fd, text, REQUEST_MAX) &&
           serve(connection->server, connection->fd, text)) {
    }
    pthread_mutex_lock(&connection->server->mutex);
    connection->server->connections[connection->index] = -1;
    close(connection->fd); /* only here, so that a reset is one */
    pthread_mutex_unlock(&connection->server->mutex);
    free(text);
    free(connection);
    return NULL;
}

static void *listen_on(void *context)
{
    struct server *server = context;
    for (;;) {
        int fd = accept(server->listener, NULL, NULL);
        if (fd < 0 || server->stopping || server->connected == CONNECTIONS) {
            return NULL;
        }
        struct connection *connection = malloc(sizeof *connection);
        *connection = (struct connection){server, fd, server->connected};
        server->connections[server->connected] = fd;
        pthread_create(&server->threads[server->connected++], NULL, attend, connection);
    }
}

struct server *server_start(respond respond_with, void *self)
{
    struct server *server = calloc(1, sizeof *server);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    server->listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(server->listener, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(server->listener, 64) != 0 ||
        getsockname(server->listener, (struct sockaddr *)&address, &length) != 0) {
        abort();
    }
    snprintf(server->url, sizeof server->url, "http://127.0.0.1:%d", ntohs(address.sin_port));
    server->respond = respond_with;
    server->self = self;
    pthread_mutex_init(&server->mutex, NULL);
    pthread_create(&server->thread, NULL, listen_on, server);
    return server;
}

void server_stop(struct server *server)
{
    server->stopping = true;
    shutdown(server->listener, SHUT_RDWR);
    pthread_join(server->thread, NULL);
    close(server->listener);
    for (int i = 0; i < server->connected; i++) {
        pthread_mutex_lock(&server->mutex);
        if (server->connections[i] >= 0) {
            shutdown(server->connections[i], SHUT_RDWR);
        }
        pthread_mutex_unlock(&server->mutex);
        pthread_join(server->threads[i], NULL);
    }
    for (int i = 0; i < REQUESTS; i++) {
        free(server->requests[i]);
    }
    free(server);
}

const char *server_url(const struct server *server)
{
    return server->url;
}

int server_count(struct server *server)
{
    pthread_mutex_lock(&server->mutex);
    int count = server->count;
    pthread_mutex_unlock(&server->mutex);
    return count;
}

const char *server_request(struct server *server, int n)
{
    pthread_mutex_lock(&server->mutex);
    const char *text =
        n >= 1 && n <= REQUESTS && server->requests[n - 1] ? server->requests[n - 1] : "";
    pthread_mutex_unlock(&server->mutex);
    return text;
}

const char *answer(int status, const char *type, const char *headers, const char *body)
{
    static char *kept[4096]; /* freed by nobody: each test is a process of its own */
    static size_t count;
    char *text = NULL;
    if (asprintf(&text, "HTTP/1.1 %d x\r\nContent-Type: %s\r\nContent-Length: %zu\r\n%s\r\n%s",
                 status, type, strlen(body), headers, body) < 0) {
        abort();
    }
    kept[count++ % 4096] = text;
    return text;
}

const char *json_answer(int status, const char *body)
{
    return answer(status, "application/json", "", body);
}
