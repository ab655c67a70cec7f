/* What may stand in a hole of a query, and that it never leaves it. */
#include <criterion/criterion.h>

#include "stdlib/builtin.h"

static void check(const char *kind, sgr_value value, const char *wanted)
{
    struct sgr_heap *heap = sgr_heap_new(1 << 20);
    struct sgr_failure failure = {0};
    sgr_value args[] = {sgr_string(heap, sgr_str_from(kind)), value};
    sgr_value out = sgr_absent();
    bool ok = sgr_builtin_promql_escape(heap, args, 2, &out, &failure);
    cr_assert_eq(ok, wanted != NULL, "%s: %s", kind, failure.text ? failure.text : "accepted");
    if (ok) {
        cr_assert_str_eq(sgr_string_of(out).ptr, wanted);
    }
    sgr_failure_release(&failure);
    sgr_heap_free(heap);
}

static void check_text(const char *kind, const char *text, const char *wanted)
{
    struct sgr_heap *heap = sgr_heap_new(1 << 20);
    check(kind, sgr_string(heap, sgr_str_from(text)), wanted);
    sgr_heap_free(heap);
}

Test(promql_escape, a_label_value_stays_inside_its_quotes)
{
    check_text("label", "canary", "canary");
    check_text("label", "a\"} or up{x=\"", "a\\\"} or up{x=\\\"");
    check_text("label", "a\\", "a\\\\");
    check_text("label", "a\nb\x01", "a\\nb\\x01");
    check_text("label", "a\xff", NULL);
    check("label", sgr_int(7), "7");
}

Test(promql_escape, a_pattern_is_matched_literally)
{
    check_text("regex", "a.b|c", "a\\\\.b\\\\|c");
    check_text("regex", "5..", "(?:5\\\\.\\\\.)");
}

Test(promql_escape, a_name_has_the_letters_of_names)
{
    check_text("name", "http_requests:total", "http_requests:total");
    check_text("name", "up{}", NULL);
    check_text("name", "", NULL);
}

Test(promql_escape, durations_and_numbers_have_their_own_forms)
{
    check("range", sgr_unit_i(SGR_DURATION, 90000), "1m30s");
    check("range", sgr_unit_i(SGR_DURATION, 0), NULL);
    check("offset", sgr_unit_i(SGR_DURATION, -5000), "-5s");
    check_text("range", "5m", "5m");
    check_text("range", "5m] or up[1m", NULL);
    check("number", sgr_unit_f(SGR_PERCENT, 5), "0.05");
    check("number", sgr_int(-3), "(-3)");
    check_text("number", "1 or up", NULL);
    check("seconds", sgr_unit_i(SGR_DURATION, 250), "0.25");
    check("time", sgr_int(-3), "-3");
    check("nowhere", sgr_int(1), NULL);
}
