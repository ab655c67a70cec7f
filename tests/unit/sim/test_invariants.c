/* What a write of the run may not do, told when it is carried out. */
#include <criterion/criterion.h>

#include "support.h"

/* Four pods of the old version serve; the new track has `ready` of its own. */
static struct sgr_sim *shop(int64_t ready)
{
    struct sgr_sim *sim = test_sim();
    sim_put(sim, test_deployment(sim, "gateway", "stable", "a:1", 4));
    sim_put(sim, test_deployment(sim, "gateway-canary", "canary", "a:2", ready));
    sim_settle(sim);
    test_rollout(sim, "canary", "istio");
    sim->wanted = 4;
    sim->drain = 5000;
    return sim;
}

static void route(struct sgr_sim *sim, int64_t weight)
{
    sgr_value canary =
        test_with(sim, sgr_absent(), "destination/host", test_text(sim, "gateway-canary"));
    sgr_value stable =
        test_with(sim, sgr_absent(), "destination/host", test_text(sim, "gateway-stable"));
    sgr_value both[] = {test_with(sim, canary, "weight", sgr_int(weight)),
                        test_with(sim, stable, "weight", sgr_int(100 - weight))};
    sgr_value rule = test_with(sim, sgr_absent(), "route", sgr_list(sim->heap, both, 2));
    sgr_value object = test_with(sim, test_object(sim, "VirtualService", "gateway"), "spec/http",
                                 sgr_list(sim->heap, &rule, 1));
    struct sim_answer answer = {.ok = true, .effect = SGR_EFFECT_APPLY};
    sim_apply(sim, object, &answer);
    sim_check_write(sim, &answer);
}

static void scale(struct sgr_sim *sim, const char *name, int64_t count)
{
    struct sim_answer answer = {.ok = true, .effect = SGR_EFFECT_PATCH};
    sim_patch(sim, test_ref(sim, "Deployment", name),
              test_with(sim, sgr_absent(), "spec/replicas", sgr_int(count)), sgr_absent(), &answer);
    sim_check_write(sim, &answer);
}

static void told(struct sgr_sim *sim, const char *text)
{
    if (text == NULL) {
        cr_assert_eq(sim->violations.len, 0, "%s", sim->violations.at[0]);
    } else {
        cr_assert_eq(sim->violations.len, 1);
        cr_assert_str_eq(sim->violations.at[0], text);
    }
    sgr_sim_free(sim);
}

Test(invariants, a_share_that_the_pods_can_carry_is_fine)
{
    struct sgr_sim *sim = shop(2);
    sim->said.last_shift = 50;
    route(sim, 50);
    told(sim, NULL);
}

Test(invariants, traffic_before_pods)
{
    struct sgr_sim *sim = shop(1);
    sim->said.last_shift = 50;
    route(sim, 50);
    told(sim, "the new track got traffic before it had enough ready pods");
}

Test(invariants, more_than_the_last_shift)
{
    struct sgr_sim *sim = shop(2);
    sim->said.last_shift = 25;
    route(sim, 50);
    told(sim, "the new track got more traffic than the last shift asked for");
}

Test(invariants, while_a_verdict_is_open)
{
    struct sgr_sim *sim = shop(2);
    sim->said.last_shift = 50;
    sim->said.guard_open = true;
    route(sim, 50);
    told(sim, "traffic rose while the verdict of a guard was open");
}

Test(invariants, pods_that_have_traffic_stay)
{
    struct sgr_sim *sim = shop(2);
    sim->said.last_shift = 50;
    route(sim, 50);
    scale(sim, "gateway-canary", 0);
    told(sim, "pods of the new track went while it had traffic");
}

Test(invariants, pods_drain_before_they_go)
{
    struct sgr_sim *sim = shop(2);
    sim->said.last_shift = 50;
    route(sim, 50);
    route(sim, 0);
    sim->now += 4999;
    scale(sim, "gateway-canary", 0);
    told(sim, "pods of the new track went before they had drained");
}

Test(invariants, pods_that_have_drained_may_go)
{
    struct sgr_sim *sim = shop(2);
    sim->said.last_shift = 50;
    route(sim, 50);
    route(sim, 0);
    sim->now += 5000;
    scale(sim, "gateway-canary", 0);
    told(sim, NULL);
}

Test(invariants, a_version_with_traffic_is_not_replaced)
{
    struct sgr_sim *sim = shop(2);
    struct sim_answer answer = {.ok = true, .effect = SGR_EFFECT_APPLY};
    sim_apply(sim, test_deployment(sim, "gateway", "stable", "a:2", 4), &answer);
    sim_check_write(sim, &answer);
    told(sim, "the version of the old track changed while it had traffic");
}
