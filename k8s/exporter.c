/* A small HTTP server for one page, and pushes of the same page. Must never let a slow or silent
 * client hold up a run: sockets do not block, and the oldest connection gives way to a new one. */
#include "k8s/exporter.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CLIENTS = 8, REQUEST_MAX = 4096, PAGE_MAX = 2 << 20, PUSH_EVERY_MS = 1000, LAST_MS = 5000 };

struct client {
    int fd; /* -1: free */
    char request[REQUEST_MAX];
    size_t read;
    struct sgr_buf answer; /* empty until the request is whole */
    size_t sent;
};

struct sgr_exporter {
    struct sgr_http *http;
    struct sgr_exporter_options options;
    int events, listener;
    struct client clients[CLIENTS];
    size_t oldest;
    struct sgr_buf url;
    struct sgr_http_call *pushing;
    uint64_t timer;
    bool changed, finishing, idle, complained;
};

/* ---- serving ---- */

/* "HOST:PORT", "[::1]:PORT", ":PORT" or "PORT". */
static bool split_address(const char *address, char host[256], char port[32])
{
    const char *colon = strrchr(address, ':');
    size_t length = colon != NULL ? (size_t)(colon - address) : 0;
    const char *from = address;
    if (length >= 2 && from[0] == '[' && from[length - 1] == ']') {
        from++;
        length -= 2;
    }
    if (length >= 256) {
        return false;
    }
    snprintf(host, 256, "%.*s", (int)length, from);
    snprintf(port, 32, "%s", colon != NULL ? colon + 1 : address);
    char *end;
    long number = strtol(port, &end, 10);
    return *port != '\0' && *end == '\0' && number >= 0 && number <= 65535;
}

static int listen_on(const struct addrinfo *address)
{
    int on = 1;
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return -1;
    }
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, address->ai_addr, address->ai_addrlen) != 0 || listen(fd, CLIENTS) != 0) {
        int why = errno;
        close(fd);
        errno = why;
        return -1;
    }
    return fd;
}

static void await(struct sgr_exporter *e, int operation, int fd, uint32_t what)
{
    struct epoll_event event = {.events = what};
    (void)epoll_ctl(e->events, operation, fd, &event);
}

static bool open_listener(struct sgr_exporter *e, struct sgr_error *error)
{
    char host[256], port[32];
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE}, *list = NULL;
    if (!split_address(e->options.listen, host, port)) {
        return sgr_error_set(error, "%s is no address to listen on: write HOST:PORT or :PORT",
                             e->options.listen);
    }
    int wrong = getaddrinfo(*host != '\0' ? host : NULL, port, &hints, &list);
    if (wrong != 0) {
        return sgr_error_set(error, "cannot listen on %s: %s", e->options.listen,
                             gai_strerror(wrong));
    }
    for (struct addrinfo *at = list; at != NULL && e->listener < 0; at = at->ai_next) {
        e->listener = listen_on(at);
    }
    int why = errno;
    freeaddrinfo(list);
    if (e->listener < 0) {
        return sgr_error_set(error, "cannot listen on %s: %s", e->options.listen, strerror(why));
    }
    await(e, EPOLL_CTL_ADD, e->listener, EPOLLIN);
    return true;
}

static void hang_up(struct client *client)
{
    if (client->fd >= 0) {
        close(client->fd); /* which also takes it out of the epoll */
        sgr_buf_release(&client->answer);
    }
    client->fd = -1;
}

static void accept_all(struct sgr_exporter *e)
{
    int fd;
    while ((fd = accept4(e->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0) {
        size_t slot = 0;
        while (slot < CLIENTS && e->clients[slot].fd >= 0) {
            slot++;
        }
        if (slot == CLIENTS) {
            slot = e->oldest;
            e->oldest = (e->oldest + 1) % CLIENTS;
        }
        struct client *client = &e->clients[slot];
        hang_up(client);
        *client = (struct client){.fd = fd};
        sgr_buf_init(&client->answer, PAGE_MAX);
        await(e, EPOLL_CTL_ADD, fd, EPOLLIN);
    }
}

static bool asks_for(const struct client *client, const char *path)
{
    size_t length = strlen(path);
    const char *at = client->request + strlen("GET ");
    return strncmp(client->request, "GET ", 4) == 0 && strncmp(at, path, length) == 0 &&
           (at[length] == ' ' || at[length] == '?');
}

static void answer(struct sgr_exporter *e, struct client *client)
{
    struct sgr_buf page;
    bool found = asks_for(client, "/metrics");
    sgr_buf_init(&page, PAGE_MAX);
    if (found) {
        e->options.text(e->options.text_self, &page);
    } else {
        sgr_buf_cstr(&page, "the metrics of this run are at /metrics\n");
    }
    sgr_buf_printf(&client->answer,
                   "HTTP/1.1 %s\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
                   "Content-Length: %zu\r\nConnection: close\r\n\r\n",
                   found ? "200 OK" : "404 Not Found", page.len);
    sgr_buf_add(&client->answer, sgr_buf_str(&page));
    sgr_buf_release(&page);
}

/* Reads until the request is whole. False where the client is to be dropped. */
static bool listen_to(struct sgr_exporter *e, struct client *client)
{
    size_t room = sizeof client->request - 1 - client->read;
    ssize_t got = recv(client->fd, client->request + client->read, room, 0);
    if (got <= 0) {
        return got < 0 && (errno == EAGAIN || errno == EINTR);
    }
    client->read += (size_t)got;
    client->request[client->read] = '\0';
    if (strstr(client->request, "\r\n\r\n") != NULL) {
        answer(e, client);
        await(e, EPOLL_CTL_MOD, client->fd, EPOLLOUT);
    }
    return client->read < sizeof client->request - 1;
}

/* False when everything was sent, or nobody listens. */
static bool speak_to(struct client *client)
{
    ssize_t sent = send(client->fd, client->answer.ptr + client->sent,
                        client->answer.len - client->sent, MSG_NOSIGNAL);
    if (sent < 0) {
        return errno == EAGAIN || errno == EINTR;
    }
    client->sent += (size_t)sent;
    return client->sent < client->answer.len;
}

void sgr_exporter_serve(struct sgr_exporter *e)
{
    if (e == NULL || e->listener < 0) {
        return;
    }
    accept_all(e);
    for (size_t i = 0; i < CLIENTS; i++) {
        struct client *client = &e->clients[i];
        bool stays = client->fd >= 0 && (client->answer.len > 0 || listen_to(e, client));
        stays = stays && (client->answer.len == 0 || speak_to(client));
        if (!stays) {
            hang_up(client);
        }
    }
}

/* ---- pushing ---- */

static void push(void *context);

static void pushed(void *context, const struct sgr_http_response *response)
{
    struct sgr_exporter *e = context;
    bool ok = response->outcome == SGR_HTTP_ANSWERED && response->status / 100 == 2;
    e->pushing = NULL;
    if (!ok && !e->complained) {
        struct sgr_buf text;
        e->complained = true;
        sgr_buf_init(&text, REQUEST_MAX);
        sgr_buf_cstr(&text, "the Pushgateway at ");
        sgr_http_origin(&text, sgr_str_from(e->options.push));
        if (response->outcome == SGR_HTTP_ANSWERED) {
            sgr_buf_printf(&text, " refuses the metrics with status %d", response->status);
        } else {
            sgr_buf_printf(&text, " does not take the metrics: %s", response->text);
        }
        sgr_buf_cstr(&text, "; the run goes on without them there");
        e->options.complain(e->options.complain_self, text.ptr);
        sgr_buf_release(&text);
    }
    if (e->changed) {
        e->timer = sgr_http_after(e->http, e->finishing ? 0 : PUSH_EVERY_MS, push, e);
    }
    e->idle = !e->changed;
}

static void push(void *context)
{
    struct sgr_exporter *e = context;
    struct sgr_buf page;
    e->timer = 0;
    e->changed = false;
    sgr_buf_init(&page, PAGE_MAX);
    e->options.text(e->options.text_self, &page);
    struct sgr_http_request request = {
        .method = "PUT",
        .url = sgr_buf_str(&e->url),
        .body = sgr_buf_str(&page),
        .content_type = "text/plain; version=0.0.4",
        .safe = true,
        .budget_ms = LAST_MS,
        .done = pushed,
        .context = e,
    };
    e->pushing = sgr_http_start(e->http, &request);
    sgr_buf_release(&page);
}

void sgr_exporter_changed(struct sgr_exporter *e)
{
    if (e == NULL || e->options.push == NULL) {
        return;
    }
    e->changed = true;
    e->idle = false;
    if (e->pushing == NULL && e->timer == 0) {
        e->timer = sgr_http_after(e->http, PUSH_EVERY_MS, push, e);
    }
}

void sgr_exporter_finish(struct sgr_exporter *e)
{
    if (e == NULL || e->options.push == NULL || e->idle) {
        return;
    }
    e->finishing = true;
    if (e->pushing == NULL) {
        sgr_http_timer_cancel(e->http, e->timer);
        push(e);
    }
    (void)sgr_http_until(e->http, &e->idle, LAST_MS);
    e->finishing = false;
}

/* ---- making it ---- */

/* The grouping key of the Pushgateway: one group for each rollout. */
static void make_url(struct sgr_exporter *e)
{
    size_t length = strlen(e->options.push);
    while (length > 0 && e->options.push[length - 1] == '/') {
        length--;
    }
    sgr_buf_add(&e->url, (sgr_str){e->options.push, length});
    sgr_buf_cstr(&e->url, "/metrics/job/sgrc/rollout/");
    sgr_http_escape(&e->url, e->options.rollout);
    sgr_buf_cstr(&e->url, "/namespace/");
    sgr_http_escape(&e->url, e->options.namespace);
}

struct sgr_exporter *sgr_exporter_new(struct sgr_http *http, int events,
                                      const struct sgr_exporter_options *options,
                                      struct sgr_error *error)
{
    struct sgr_exporter *e = sgr_calloc(1, sizeof *e);
    *e = (struct sgr_exporter){
        .http = http, .options = *options, .events = events, .listener = -1, .idle = true};
    for (size_t i = 0; i < CLIENTS; i++) {
        e->clients[i].fd = -1;
    }
    sgr_buf_init(&e->url, 1 << 16);
    if (options->push != NULL) {
        make_url(e);
    }
    if (options->listen != NULL && !open_listener(e, error)) {
        sgr_exporter_free(e);
        return NULL;
    }
    return e;
}

void sgr_exporter_free(struct sgr_exporter *e)
{
    if (e == NULL) {
        return;
    }
    for (size_t i = 0; i < CLIENTS; i++) {
        hang_up(&e->clients[i]);
    }
    if (e->listener >= 0) {
        close(e->listener);
    }
    sgr_http_timer_cancel(e->http, e->timer);
    sgr_http_cancel(e->http, e->pushing);
    sgr_buf_release(&e->url);
    free(e);
}
