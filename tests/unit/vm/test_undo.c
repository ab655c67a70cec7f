/* The undo log: which entry goes back when, and what two writes to one object become. */
#include <criterion/criterion.h>

#include <stdlib.h>

#include "vm/run.h"

static struct sgr_run *empty(void)
{
    struct sgr_run *run = sgr_calloc(1, sizeof *run);
    run->heap = sgr_heap_new(1 << 20);
    return run;
}

static void end(struct sgr_run *run)
{
    sgr_vec_release(&run->log);
    sgr_heap_free(run->heap);
    free(run);
}

static sgr_value text(struct sgr_run *run, const char *word)
{
    return sgr_string(run->heap, sgr_str_from(word));
}

static void wrote(struct sgr_run *run, const char *group, const char *ref)
{
    sgr_run_log_replaced(run, text(run, group),
                         sgr_record_with(run->heap, sgr_absent(), SGR_STR("ref"), text(run, ref)));
}

static sgr_value newest(void *self, struct sgr_heap *heap, sgr_value older, sgr_value newer)
{
    (void)self;
    (void)heap;
    (void)older;
    return newer;
}

Test(undo, what_an_object_was_before_waits_for_what_is_stuck)
{
    static const struct sgr_host_ops ops = {.merge = NULL};
    struct sgr_run *run = empty();
    run->host.ops = &ops;
    wrote(run, "traffic", "route");
    wrote(run, "traffic", "other");
    wrote(run, "traffic", "route");
    cr_assert_eq(run->log.len, 3);
    run->log.at[2].stuck = true;
    cr_assert(sgr_run_is_stuck(run, 0));
    cr_assert_not(sgr_run_is_stuck(run, 1));
    end(run);
}

Test(undo, newer_writes_of_another_group_go_back_first)
{
    static const struct sgr_host_ops ops = {.merge = NULL};
    struct sgr_run *run = empty();
    run->host.ops = &ops;
    wrote(run, "traffic", "floor");
    wrote(run, "capacity", "floor");
    wrote(run, "capacity", "pods");
    cr_assert(sgr_run_is_asked_for(run, 0, text(run, "traffic")));
    cr_assert(sgr_run_is_asked_for(run, 1, text(run, "traffic")));
    cr_assert_not(sgr_run_is_asked_for(run, 2, text(run, "traffic")));
    cr_assert(sgr_run_is_asked_for(run, 2, text(run, "")));
    run->log.at[0].undone = true;
    cr_assert_not(sgr_run_is_asked_for(run, 1, text(run, "traffic")));
    end(run);
}

Test(undo, writes_of_a_group_to_one_object_become_one)
{
    static const struct sgr_host_ops ops = {.merge = newest};
    struct sgr_run *run = empty();
    run->host.ops = &ops;
    wrote(run, "traffic", "route");
    wrote(run, "traffic", "route");
    cr_assert_eq(run->log.len, 1);
    wrote(run, "capacity", "route");
    wrote(run, "traffic", "route");
    cr_assert_eq(run->log.len, 3, "not beyond a write of another group");
    cr_assert_eq(sgr_run_undo_left(run), 3);
    sgr_value left = sgr_run_undo_groups(run);
    cr_assert_eq(sgr_field(left, SGR_STR("traffic")).as.i, 2);
    cr_assert_eq(sgr_field(left, SGR_STR("capacity")).as.i, 1);
    end(run);
}
