/* An exploration shared among processes: each plays its part of the plays and leaves what it has
 * found in memory that all see. What comes of it is the same however many there are. */
#include "cli/explore.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli/cli.h"

enum { LOOK_NS = 200000000 };

struct shared {
    _Atomic uint64_t played;
    struct sgr_tally tallies[];
};

static void played(void *self)
{
    atomic_fetch_add_explicit(&((struct shared *)self)->played, 1, memory_order_relaxed);
}

static void explore_part(const struct sgr_exploration *exploration, struct shared *shared,
                         unsigned part, unsigned jobs)
{
    struct sgr_exploration own = *exploration;
    own.part = part;
    own.parts = jobs;
    own.played = played;
    own.self = shared;
    sgr_explore(&own, &shared->tallies[part]);
}

static pid_t begin(const struct sgr_exploration *exploration, struct shared *shared, unsigned part,
                   unsigned jobs)
{
    fflush(NULL);
    pid_t parent = getpid(), child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() == parent) { /* it may be gone already */
            explore_part(exploration, shared, part, jobs);
        }
        _exit(0);
    }
    return child;
}

static void show_count(const struct shared *shared)
{
    fprintf(stderr, "\r%llu runs ",
            (unsigned long long)atomic_load_explicit(&shared->played, memory_order_relaxed));
}

/* Waits for one; false where it did not come to its end. */
static bool await(pid_t child, const struct shared *shared, bool show)
{
    int status = 0;
    pid_t ended;
    while ((ended = waitpid(child, &status, show ? WNOHANG : 0)) == 0) {
        show_count(shared);
        nanosleep(&(struct timespec){.tv_nsec = LOOK_NS}, NULL);
    }
    return ended == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool sgr_explore_shared(const struct sgr_exploration *exploration, unsigned jobs, bool show,
                        struct sgr_tally *tally)
{
    size_t size = sizeof(struct shared) + jobs * sizeof(struct sgr_tally);
    struct shared *shared =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t *children = sgr_calloc(jobs, sizeof *children);
    bool ok = shared != MAP_FAILED;
    for (unsigned i = 0; ok && i < jobs; i++) {
        children[i] = begin(exploration, shared, i, jobs);
    }
    for (unsigned i = 0; shared != MAP_FAILED && i < jobs; i++) {
        ok = children[i] > 0 && await(children[i], shared, show) && ok;
    }
    for (unsigned i = 0; ok && i < jobs; i++) {
        if (i == 0) {
            *tally = shared->tallies[0];
        } else {
            sgr_tally_add(tally, &shared->tallies[i]);
        }
    }
    if (show) {
        fprintf(stderr, "\r\033[K");
    }
    free(children);
    if (shared != MAP_FAILED) {
        munmap(shared, size);
    }
    return ok || (sgr_complain(SGR_EXIT_COULD_NOT, "a process of the exploration did not end well"),
                  false);
}
