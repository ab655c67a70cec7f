/* Deployments: pods come and go as the strategy allows. */
#include <criterion/criterion.h>

#include "support.h"

static struct sim_counts counts(struct sgr_sim *sim, const char *name)
{
    return sim_count(sim, sim_find(sim, "Deployment", SGR_STR("shop"), sgr_str_from(name)));
}

static struct sgr_sim *settled(int64_t replicas, sgr_value surge, sgr_value unavailable)
{
    struct sgr_sim *sim = test_sim();
    sgr_value object = test_deployment(sim, "gateway", "stable", "a:1", replicas);
    object = test_with(sim, object, "spec/strategy/rollingUpdate/maxSurge", surge);
    object = test_with(sim, object, "spec/strategy/rollingUpdate/maxUnavailable", unavailable);
    sim_put(sim, object);
    sim_settle(sim);
    return sim;
}

static void new_image(struct sgr_sim *sim)
{
    test_patch(sim, test_ref(sim, "Deployment", "gateway"),
               test_with(sim, sgr_absent(), "spec/template/spec/image", test_text(sim, "a:2")));
}

static void whole_of_six(struct sgr_sim *sim)
{
    struct sim_counts now = counts(sim, "gateway");
    cr_assert_geq(now.ready, 6, "at %d ms", (int)sim->now);
    cr_assert_leq(now.total, 8);
}

Test(workloads, what_was_there_before_is_ready_at_once)
{
    struct sgr_sim *sim = settled(6, sgr_int(1), sgr_int(0));
    cr_assert_eq(counts(sim, "gateway").ready, 6);
    cr_assert_eq(sgr_sim_now(sim), 0);
    sgr_sim_free(sim);
}

Test(workloads, surge_never_goes_below_the_wanted_number)
{
    struct sgr_sim *sim = settled(6, sgr_absent(), sgr_int(0));
    new_image(sim);
    cr_assert_eq(counts(sim, "gateway").updated, 0);
    test_pass(sim, 120000, whole_of_six);
    cr_assert_eq(counts(sim, "gateway").updated_ready, 6);
    cr_assert_eq(counts(sim, "gateway").total, 6);
    sgr_sim_free(sim);
}

static void four_of_six(struct sgr_sim *sim)
{
    cr_assert_geq(counts(sim, "gateway").ready, 4);
    cr_assert_leq(counts(sim, "gateway").total, 6);
}

Test(workloads, unavailable_is_a_bound_too)
{
    struct sgr_sim *sim = settled(6, sgr_int(0), sgr_int(2));
    new_image(sim);
    sim_reconcile(sim);
    cr_assert_eq(counts(sim, "gateway").ready, 4, "it is made use of");
    test_pass(sim, 120000, four_of_six);
    cr_assert_eq(counts(sim, "gateway").updated_ready, 6);
    sgr_sim_free(sim);
}

Test(workloads, paused_replaces_nothing)
{
    struct sgr_sim *sim = settled(3, sgr_int(1), sgr_int(0));
    test_patch(sim, test_ref(sim, "Deployment", "gateway"),
               test_with(sim, sgr_absent(), "spec/paused", sgr_bool(true)));
    new_image(sim);
    test_pass(sim, 60000, NULL);
    cr_assert_eq(counts(sim, "gateway").updated, 0);
    cr_assert_eq(counts(sim, "gateway").ready, 3);
    sgr_sim_free(sim);
}

Test(workloads, a_lost_node_is_made_up_for)
{
    struct sgr_sim *sim = settled(6, sgr_int(1), sgr_int(0));
    sim_lose_node(sim);
    cr_assert_eq(counts(sim, "gateway").ready, 4);
    test_pass(sim, 30000, NULL);
    cr_assert_eq(counts(sim, "gateway").ready, 6);
    sgr_sim_free(sim);
}

Test(workloads, broken_pods_recover_when_the_fault_is_over)
{
    struct sgr_sim *sim = settled(1, sgr_int(1), sgr_int(0));
    sim->faults[SIM_FAULT_CRASH_PODS].until = 30000;
    test_patch(sim, test_ref(sim, "Deployment", "gateway"),
               test_with(sim, sgr_absent(), "spec/replicas", sgr_int(2)));
    test_pass(sim, 29999, NULL);
    cr_assert_eq(counts(sim, "gateway").ready, 1);
    test_pass(sim, 60000, NULL);
    cr_assert_eq(counts(sim, "gateway").ready, 2);
    sgr_sim_free(sim);
}
