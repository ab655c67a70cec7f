/* The store: what apply, patch, delete and restore do to objects, and what readers see of it. */
#include <criterion/criterion.h>

#include "support.h"

static int64_t number(sgr_value object, const char *path)
{
    return sgr_path_int(object, path, -1);
}

Test(store, apply_makes_an_object_with_identity)
{
    struct sgr_sim *sim = test_sim();
    sgr_value replaced;
    sgr_value made =
        test_apply(sim, test_deployment(sim, "gateway", "stable", "a:1", 2), &replaced);
    cr_assert_eq(number(made, "metadata/generation"), 1);
    cr_assert_gt(sgr_path_str(made, "metadata/uid").len, 0);
    cr_assert(!sgr_field(replaced, SGR_STR("existed")).as.i);
    sgr_str version = sgr_path_str(made, "metadata/resourceVersion");
    sgr_value again = test_with(sim, test_deployment(sim, "gateway", "stable", "a:1", 2),
                                "metadata/labels/a", test_text(sim, "b"));
    again = test_apply(sim, again, NULL);
    cr_assert_eq(number(again, "metadata/generation"), 1, "only the spec makes a generation");
    cr_assert(!sgr_str_equal(sgr_path_str(again, "metadata/resourceVersion"), version));
    sgr_sim_free(sim);
}

Test(store, replicas_default_to_one)
{
    struct sgr_sim *sim = test_sim();
    sgr_value made = test_apply(sim, test_object(sim, "Deployment", "gateway"), NULL);
    cr_assert_eq(number(made, "spec/replicas"), 1);
    sgr_sim_free(sim);
}

Test(store, apply_keeps_what_others_wrote_and_drops_what_it_no_longer_says)
{
    struct sgr_sim *sim = test_sim();
    sgr_value object = test_object(sim, "ConfigMap", "c");
    object = test_with(sim, object, "data/mine", sgr_int(1));
    object = test_with(sim, object, "data/gone", sgr_int(2));
    test_apply(sim, object, NULL);
    test_patch(sim, test_ref(sim, "ConfigMap", "c"),
               test_with(sim, sgr_absent(), "data/theirs", sgr_int(3)));
    sgr_value next = test_with(sim, test_object(sim, "ConfigMap", "c"), "data/mine", sgr_int(4));
    sgr_value live = test_apply(sim, next, NULL);
    cr_assert_eq(number(live, "data/mine"), 4);
    cr_assert_eq(number(live, "data/theirs"), 3);
    cr_assert(sgr_is_absent(sgr_path(live, "data/gone")));
    sgr_sim_free(sim);
}

Test(store, a_patch_of_nothing_is_a_failure)
{
    struct sgr_sim *sim = test_sim();
    struct sim_answer answer = {.ok = true};
    sim_patch(sim, test_ref(sim, "Deployment", "none"), sgr_absent(), sgr_absent(), &answer);
    cr_assert(!answer.ok);
    cr_assert_str_eq(answer.kind, "missing");
    sgr_sim_free(sim);
}

Test(store, a_patch_takes_away_what_is_said_to_go)
{
    struct sgr_sim *sim = test_sim();
    struct sim_answer answer = {.ok = true};
    sgr_value object = test_object(sim, "ConfigMap", "c");
    object = test_with(sim, object, "data/mine", sgr_int(1));
    test_apply(sim, test_with(sim, object, "data/gone", sgr_int(2)), NULL);
    sgr_value patch = test_with(sim, sgr_absent(), "data/mine", sgr_int(3));
    sgr_value gone = test_with(sim, sgr_absent(), "data/gone", sgr_int(2));
    sim_patch(sim, test_ref(sim, "ConfigMap", "c"), patch, gone, &answer);
    cr_assert_eq(number(answer.value, "data/mine"), 3);
    cr_assert(sgr_is_absent(sgr_path(answer.value, "data/gone")));
    sgr_sim_free(sim);
}

Test(store, restore_puts_back_what_a_write_replaced)
{
    struct sgr_sim *sim = test_sim();
    struct sim_answer answer = {.ok = true};
    sgr_value first = test_apply(sim, test_deployment(sim, "gateway", "stable", "a:1", 2), NULL);
    sgr_value entry;
    test_apply(sim, test_deployment(sim, "gateway", "stable", "a:2", 5), &entry);
    sim_restore(sim, entry, &answer);
    sgr_value live = sim_read(sim, test_ref(sim, "Deployment", "gateway"));
    cr_assert(answer.ok);
    cr_assert(sgr_value_equal(sgr_field(live, SGR_STR("spec")), sgr_field(first, SGR_STR("spec"))));
    cr_assert_eq(number(live, "metadata/generation"), 3, "a restore is a write");
    sgr_sim_free(sim);
}

Test(store, restore_deletes_what_was_not_there)
{
    struct sgr_sim *sim = test_sim();
    struct sim_answer answer = {.ok = true};
    sgr_value entry;
    test_apply(sim, test_object(sim, "Ingress", "i"), &entry);
    sim_restore(sim, entry, &answer);
    cr_assert(answer.ok);
    cr_assert(sgr_is_absent(sim_read(sim, test_ref(sim, "Ingress", "i"))));
    sgr_sim_free(sim);
}

Test(store, restore_of_something_foreign_changes_nothing)
{
    struct sgr_sim *sim = test_sim();
    struct sim_answer answer = {.ok = true};
    test_apply(sim, test_object(sim, "Ingress", "i"), NULL);
    sim_restore(sim, test_ref(sim, "Ingress", "i"), &answer);
    cr_assert(!answer.ok);
    cr_assert(!sgr_is_absent(sim_read(sim, test_ref(sim, "Ingress", "i"))));
    sgr_sim_free(sim);
}

Test(store, delete_and_its_undo)
{
    struct sgr_sim *sim = test_sim();
    struct sim_answer gone = {.ok = true}, none = {.ok = true}, back = {.ok = true};
    sgr_value ref = test_ref(sim, "Service", "s");
    test_apply(sim, test_service(sim, "s", "stable"), NULL);
    sgr_str uid = sgr_path_str(sim_read(sim, ref), "metadata/uid");
    sim_delete(sim, ref, &gone);
    cr_assert(gone.value.as.i);
    cr_assert(sgr_is_absent(sim_read(sim, ref)));
    sim_delete(sim, ref, &none);
    cr_assert(!none.value.as.i);
    sim_restore(sim, gone.replaced, &back);
    sgr_value live = sim_read(sim, ref);
    cr_assert(sgr_str_is(sgr_path_str(live, "spec/selector/track"), "stable"));
    cr_assert(!sgr_str_equal(sgr_path_str(live, "metadata/uid"), uid), "another object");
    sgr_sim_free(sim);
}

Test(store, list_goes_by_kind_namespace_and_labels)
{
    struct sgr_sim *sim = test_sim();
    sgr_value labels = test_with(sim, sgr_absent(), "team", test_text(sim, "red"));
    sgr_value red = test_with(sim, test_object(sim, "Service", "a"), "metadata/labels", labels);
    test_apply(sim, red, NULL);
    test_apply(sim, test_object(sim, "Service", "b"), NULL);
    test_apply(sim, test_object(sim, "Ingress", "c"), NULL);
    sgr_value elsewhere = test_with(sim, test_object(sim, "Service", "d"), "metadata/namespace",
                                    test_text(sim, "other"));
    test_apply(sim, elsewhere, NULL);
    sgr_value ref = test_ref(sim, "Service", "");
    cr_assert_eq(sgr_count_of(sim_list(sim, ref, sgr_absent())), 2);
    sgr_value list = sim_list(sim, ref, labels);
    cr_assert_eq(sgr_count_of(list), 1);
    cr_assert(sgr_str_is(sgr_path_str(sgr_item(list, 0), "metadata/name"), "a"));
    sgr_sim_free(sim);
}

Test(store, status_follows_a_second_later)
{
    struct sgr_sim *sim = test_sim();
    sgr_value ref = test_ref(sim, "Deployment", "gateway");
    test_apply(sim, test_deployment(sim, "gateway", "stable", "a:1", 1), NULL);
    cr_assert_eq(number(sim_read(sim, ref), "status/observedGeneration"), 0);
    test_pass(sim, SIM_OBSERVE_MS - 1, NULL);
    cr_assert_eq(number(sim_read(sim, ref), "status/observedGeneration"), 0);
    test_pass(sim, SIM_OBSERVE_MS, NULL);
    cr_assert_eq(number(sim_read(sim, ref), "status/observedGeneration"), 1);
    sgr_sim_free(sim);
}
