/* Objects and time for the simulator's tests. */
#include "support.h"

#include <criterion/criterion.h>

struct sgr_sim *test_sim(void)
{
    struct sgr_heap *heap = sgr_heap_new(1 << 20);
    sgr_value cluster = sgr_record_with(heap, sgr_absent(), SGR_STR("namespace"),
                                        sgr_string(heap, SGR_STR("shop")));
    struct sgr_sim_config config = {.seed = 7,
                                    .cluster = cluster,
                                    .metrics = sgr_absent(),
                                    .scenario = sgr_absent(),
                                    .objects = sgr_absent()};
    struct sgr_sim *sim = sgr_sim_new(&config);
    sgr_heap_free(heap);
    return sim;
}

sgr_value test_text(struct sgr_sim *sim, const char *text)
{
    return sgr_string(sim->heap, sgr_str_from(text));
}

sgr_value test_with(struct sgr_sim *sim, sgr_value object, const char *path, sgr_value value)
{
    return sgr_path_with(sim->heap, object, path, value);
}

sgr_value test_object(struct sgr_sim *sim, const char *kind, const char *name)
{
    sgr_value object = test_with(sim, sgr_absent(), "kind", test_text(sim, kind));
    object = test_with(sim, object, "metadata/name", test_text(sim, name));
    return test_with(sim, object, "metadata/namespace", test_text(sim, "shop"));
}

sgr_value test_deployment(struct sgr_sim *sim, const char *name, const char *track,
                          const char *image, int64_t replicas)
{
    sgr_value labels = test_with(sim, sgr_absent(), "app", test_text(sim, "gateway"));
    labels = test_with(sim, labels, "track", test_text(sim, track));
    sgr_value object = test_object(sim, "Deployment", name);
    object = test_with(sim, object, "spec/replicas", sgr_int(replicas));
    object = test_with(sim, object, "spec/template/metadata/labels", labels);
    return test_with(sim, object, "spec/template/spec/image", test_text(sim, image));
}

sgr_value test_service(struct sgr_sim *sim, const char *name, const char *track)
{
    sgr_value object = test_object(sim, "Service", name);
    object = test_with(sim, object, "spec/selector/app", test_text(sim, "gateway"));
    if (track != NULL) {
        object = test_with(sim, object, "spec/selector/track", test_text(sim, track));
    }
    return object;
}

sgr_value test_ref(struct sgr_sim *sim, const char *kind, const char *name)
{
    sgr_value ref = test_with(sim, sgr_absent(), "kind", test_text(sim, kind));
    ref = test_with(sim, ref, "namespace", test_text(sim, "shop"));
    return test_with(sim, ref, "name", test_text(sim, name));
}

sgr_value test_apply(struct sgr_sim *sim, sgr_value object, sgr_value *replaced)
{
    struct sim_answer answer = {.ok = true};
    sim_apply(sim, object, &answer);
    cr_assert(answer.ok);
    if (replaced != NULL) {
        *replaced = answer.replaced;
    }
    return answer.value;
}

sgr_value test_patch(struct sgr_sim *sim, sgr_value ref, sgr_value patch)
{
    struct sim_answer answer = {.ok = true};
    sim_patch(sim, ref, patch, sgr_absent(), &answer);
    cr_assert(answer.ok, "%s", answer.text);
    return answer.value;
}

void test_pass(struct sgr_sim *sim, int64_t until, void (*each)(struct sgr_sim *sim))
{
    for (;;) {
        sim_reconcile(sim);
        if (each != NULL) {
            each(sim);
        }
        int64_t next = sim_next_change(sim), other = sim_next_scenario_event(sim);
        int64_t fault = sim_next_fault_act(sim);
        next = other < next ? other : next;
        next = fault < next ? fault : next;
        if (next > until) {
            sim_pass_time(sim, until);
            return;
        }
        cr_assert_gt(next, sim->now, "time stands still");
        sim_pass_time(sim, next);
    }
}

void test_rollout(struct sgr_sim *sim, const char *mode, const char *traffic)
{
    sgr_value fields = test_with(sim, sgr_absent(), "front", test_text(sim, "gateway"));
    fields = test_with(sim, fields, "mode", test_text(sim, mode));
    fields = test_with(sim, fields, "traffic", test_text(sim, traffic));
    fields = test_with(sim, fields, "new/name", test_text(sim, "canary"));
    fields = test_with(sim, fields, "new/deployment", test_text(sim, "gateway-canary"));
    fields = test_with(sim, fields, "new/service", test_text(sim, "gateway-canary"));
    fields = test_with(sim, fields, "old/name", test_text(sim, "stable"));
    fields = test_with(sim, fields, "old/deployment", test_text(sim, "gateway"));
    fields = test_with(sim, fields, "old/service", test_text(sim, "gateway-stable"));
    struct sgr_report report = {.time = 0, .kind = "run", .fields = fields};
    struct sgr_host host = sgr_sim_host(sim);
    host.ops->report(host.self, NULL, &report);
}
