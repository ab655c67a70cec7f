/* Where requests go, by each kind of traffic. */
#include <criterion/criterion.h>
#include <math.h>

#include "support.h"

static void share_is(struct sgr_sim *sim, double fresh, double failed)
{
    struct sim_traffic traffic = sim_view(sim)->traffic;
    cr_assert_lt(fabs(traffic.share[0] - fresh), 1e-9, "new has %f", traffic.share[0]);
    cr_assert_lt(fabs(traffic.share[1] - (1 - fresh)), 1e-9, "old has %f", traffic.share[1]);
    cr_assert_lt(fabs(traffic.failed - failed), 1e-9, "failed %f", traffic.failed);
}

/* Both tracks with so many ready pods, and their Services. */
static struct sgr_sim *shop(int64_t fresh, int64_t old, const char *front, const char *kind)
{
    struct sgr_sim *sim = test_sim();
    sim_put(sim, test_deployment(sim, "gateway-canary", "canary", "a:2", fresh));
    sim_put(sim, test_deployment(sim, "gateway", "stable", "a:1", old));
    sim_put(sim, test_service(sim, "gateway", front));
    sim_put(sim, test_service(sim, "gateway-canary", "canary"));
    sim_put(sim, test_service(sim, "gateway-stable", "stable"));
    sim_settle(sim);
    test_rollout(sim, "canary", kind);
    return sim;
}

static sgr_value canary_ingress(struct sgr_sim *sim, const char *on, const char *weight)
{
    sgr_value notes = sgr_record_with(
        sim->heap, sgr_absent(), SGR_STR("nginx.ingress.kubernetes.io/canary"), test_text(sim, on));
    notes = sgr_record_with(sim->heap, notes, SGR_STR("nginx.ingress.kubernetes.io/canary-weight"),
                            test_text(sim, weight));
    return test_with(sim, test_object(sim, "Ingress", "gateway-canary"), "metadata/annotations",
                     notes);
}

Test(traffic, by_the_number_of_ready_pods)
{
    struct sgr_sim *sim = shop(1, 3, NULL, "replicas");
    share_is(sim, 0.25, 0);
    sgr_sim_free(sim);
}

Test(traffic, a_selector_that_leaves_a_track_out_gives_it_nothing)
{
    struct sgr_sim *sim = shop(1, 3, "stable", "replicas");
    share_is(sim, 0, 0);
    sgr_sim_free(sim);
}

Test(traffic, by_the_weight_of_the_canary_ingress)
{
    struct sgr_sim *sim = shop(1, 3, "stable", "nginx");
    share_is(sim, 0, 0);
    test_apply(sim, canary_ingress(sim, "true", "30"), NULL);
    share_is(sim, 0.3, 0);
    test_apply(sim, canary_ingress(sim, "false", "30"), NULL);
    share_is(sim, 0, 0);
    sgr_sim_free(sim);
}

Test(traffic, by_the_weights_of_a_route)
{
    struct sgr_sim *sim = shop(1, 3, "stable", "gateway_api");
    static const char *const names[] = {"gateway-stable", "gateway-canary"};
    sgr_value refs[2], rule;
    for (int i = 0; i < 2; i++) {
        refs[i] = test_with(sim, sgr_absent(), "name", test_text(sim, names[i]));
        refs[i] = test_with(sim, refs[i], "weight", sgr_int(i == 0 ? 60 : 40));
    }
    rule = test_with(sim, sgr_absent(), "backendRefs", sgr_list(sim->heap, refs, 2));
    test_apply(sim,
               test_with(sim, test_object(sim, "HTTPRoute", "gateway"), "spec/rules",
                         sgr_list(sim->heap, &rule, 1)),
               NULL);
    share_is(sim, 0.4, 0);
    sgr_sim_free(sim);
}

Test(traffic, by_the_selector_in_front)
{
    struct sgr_sim *sim = shop(2, 3, "stable", "service");
    share_is(sim, 0, 0);
    test_apply(sim, test_service(sim, "gateway", "canary"), NULL);
    share_is(sim, 1, 0);
    sgr_sim_free(sim);
}

Test(traffic, a_share_without_a_ready_pod_fails)
{
    struct sgr_sim *sim = shop(0, 3, "stable", "nginx");
    test_apply(sim, canary_ingress(sim, "true", "20"), NULL);
    share_is(sim, 0.2, 0.2);
    sim_observe(sim);
    sim_pass_time(sim, 10000);
    cr_assert_lt(fabs(sim->requests - 10000), 1e-6);
    cr_assert_lt(fabs(sim->failed - 2000), 1e-6);
    cr_assert_eq((int64_t)sim->down_ms, 10000);
    sgr_sim_free(sim);
}
