/* A person at the terminal of a run: "y" or "n" on a line answers the open question. Must never
 * block, and never read a terminal that belongs to somebody else. */
#include <errno.h>
#include <poll.h>
#include <strings.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "k8s/cluster_private.h"

int sgr_terminal_events(int wake, bool terminal, struct sgr_error *error)
{
    struct epoll_event event = {.events = EPOLLIN};
    int events = epoll_create1(EPOLL_CLOEXEC);
    if (events < 0 || epoll_ctl(events, EPOLL_CTL_ADD, wake, &event) != 0) {
        sgr_error_set(error, "no epoll: %s", strerror(errno));
        if (events >= 0) {
            close(events);
        }
        return -1;
    }
    if (terminal) { /* what cannot be waited for is no terminal: nobody types there */
        (void)epoll_ctl(events, EPOLL_CTL_ADD, STDIN_FILENO, &event);
    }
    return events;
}

static struct sgr_task *open_question(struct sgr_cluster *cluster)
{
    struct sgr_task *op = cluster->ops;
    while (op != NULL && (op->kind != SGR_EFFECT_ASK || op->answered)) {
        op = op->next;
    }
    return op;
}

void sgr_terminal_read(struct sgr_cluster *cluster)
{
    struct pollfd typed = {.fd = STDIN_FILENO, .events = POLLIN};
    char line[256];
    if (tcgetpgrp(STDIN_FILENO) != getpgrp() || poll(&typed, 1, 0) != 1) {
        return;
    }
    ssize_t length = read(STDIN_FILENO, line, sizeof line - 1);
    if (length <= 0) { /* closed: the annotation is still asked */
        cluster->options.terminal = false;
        (void)epoll_ctl(cluster->events, EPOLL_CTL_DEL, STDIN_FILENO, NULL);
        return;
    }
    line[length] = '\0';
    line[strcspn(line, " \r\n")] = '\0';
    struct sgr_task *op = open_question(cluster);
    bool yes = strcasecmp(line, "y") == 0 || strcasecmp(line, "yes") == 0;
    bool no = strcasecmp(line, "n") == 0 || strcasecmp(line, "no") == 0;
    if (op != NULL && (yes || no)) {
        sgr_question_answer(op, yes);
    } else if (op != NULL) {
        sgr_cluster_message(cluster, "please type y or n");
    }
}
