/* The tests of guards: how often not_worse is wrong when it is looked at again and again, and the
 * p-values of similar against those of another implementation (scipy 1.x, mannwhitneyu with
 * method="asymptotic", of the same lists). */
#include <criterion/criterion.h>

#include <math.h>

#include "stdlib/builtin.h"

/* ---- not_worse ---- */

enum { RUNS = 2000, LOOKS = 200 };

static double uniform(uint64_t *state)
{
    uint64_t x = (*state += 0x9e3779b97f4a7c15u); /* splitmix64 */
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return (double)((x ^ (x >> 31)) >> 11) / 9007199254740992.0;
}

static double poisson(uint64_t *state, double mean)
{
    double limit = exp(-mean), product = uniform(state);
    int events = 0;
    while (product > limit) {
        product *= uniform(state);
        events++;
    }
    return events;
}

static sgr_value list_of(struct sgr_heap *heap, const double *items, size_t count)
{
    sgr_value values[256];
    for (size_t i = 0; i < count; i++) {
        values[i] = sgr_number(items[i]);
    }
    return sgr_list(heap, values, count);
}

static double call_number(sgr_value (*call)(struct sgr_heap *, sgr_value *), struct sgr_heap *heap,
                          sgr_value *args)
{
    return call(heap, args).as.f;
}

static sgr_value wager(struct sgr_heap *heap, sgr_value *args)
{
    struct sgr_failure failure = {0};
    sgr_value out = sgr_absent();
    cr_assert(sgr_builtin_wagers(heap, args, 2, &out, &failure));
    return out;
}

static sgr_value evidence(struct sgr_heap *heap, sgr_value *args)
{
    struct sgr_failure failure = {0};
    sgr_value out = sgr_absent();
    cr_assert(sgr_builtin_evidence(heap, args, 1, &out, &failure));
    return out;
}

/* Does the evidence pass `limit` at any of the looks? A tenth of the traffic, then half of it. */
static bool alarms(struct sgr_heap *heap, uint64_t *state, double rate_new, double rate_old,
                   double limit)
{
    sgr_heap_reset(heap);
    sgr_value wagers = sgr_list(heap, NULL, 0);
    for (int look = 0; look < LOOKS; look++) {
        double n = look < LOOKS / 2 ? 100 : 500, m = 1000 - n;
        double gains[] = {poisson(state, n * rate_new), n, poisson(state, m * rate_old), m};
        wagers = wager(heap, (sgr_value[]){wagers, list_of(heap, gains, 4)});
        if (call_number(evidence, heap, &wagers) >= limit) {
            return true;
        }
    }
    return false;
}

static int count_alarms(double rate_new, double rate_old, double alpha)
{
    struct sgr_heap *heap = sgr_heap_new(1 << 24);
    uint64_t state = 20261123;
    int count = 0;
    for (int run = 0; run < RUNS; run++) {
        count += alarms(heap, &state, rate_new, rate_old, 1 / alpha);
    }
    sgr_heap_free(heap);
    return count;
}

/* alpha of the runs, and three standard deviations of their number. */
static int tolerated(double alpha)
{
    return (int)(RUNS * alpha + 3 * sqrt(RUNS * alpha * (1 - alpha)));
}

Test(not_worse, two_hundred_looks_alarm_no_more_often_than_alpha)
{
    int one = count_alarms(0.01, 0.01, 0.01), five = count_alarms(0.01, 0.01, 0.05);
    cr_assert_leq(one, tolerated(0.01), "%d of %d", one, RUNS);
    cr_assert_leq(five, tolerated(0.05), "%d of %d", five, RUNS);
    cr_assert_gt(five, 0, "a test that never alarms proves nothing");
}

Test(not_worse, a_better_version_alarms_no_more_often_either)
{
    int count = count_alarms(0.005, 0.01, 0.05);
    cr_assert_leq(count, tolerated(0.05), "%d of %d", count, RUNS);
}

Test(not_worse, a_doubled_rate_alarms_nearly_always)
{
    int count = count_alarms(0.02, 0.01, 0.01);
    cr_assert_geq(count, RUNS * 99 / 100, "%d of %d", count, RUNS);
}

Test(not_worse, nothing_is_wagered_where_one_side_has_no_requests)
{
    struct sgr_heap *heap = sgr_heap_new(1 << 20);
    sgr_value before = sgr_list(heap, NULL, 0);
    sgr_value after =
        wager(heap, (sgr_value[]){before, list_of(heap, (double[]){3, 0, 0, 900}, 4)});
    cr_assert_float_eq(call_number(evidence, heap, &after), 1, 1e-12);
    after = wager(heap, (sgr_value[]){before, list_of(heap, (double[]){1, 100, 0, 100}, 4)});
    /* one error of the new side, of two equal sides: the mean of r * 2 / (r + 1) over the ratios */
    cr_assert_float_eq(call_number(evidence, heap, &after), 1.451549480984965, 1e-12);
    sgr_heap_free(heap);
}

Test(not_worse, what_does_not_fit_is_refused)
{
    struct sgr_heap *heap = sgr_heap_new(1 << 20);
    struct sgr_failure failure = {0};
    sgr_value out, none = sgr_list(heap, NULL, 0);
    cr_assert_not(sgr_builtin_wagers(heap, (sgr_value[]){none, none}, 2, &out, &failure));
    cr_assert_str_eq(failure.text, "wagers take four gains and the wagers before");
    sgr_failure_release(&failure);
    cr_assert_not(sgr_builtin_evidence(heap, &none, 1, &out, &failure));
    sgr_failure_release(&failure);
    cr_assert_not(sgr_builtin_mann_whitney(heap, (sgr_value[]){none, none}, 2, &out, &failure));
    sgr_failure_release(&failure);
    sgr_heap_free(heap);
}

/* ---- similar ---- */

static double p_of(const double *a, size_t n, const double *b, size_t m)
{
    struct sgr_heap *heap = sgr_heap_new(1 << 20);
    struct sgr_failure failure = {0};
    sgr_value out = sgr_absent();
    sgr_value args[] = {list_of(heap, a, n), list_of(heap, b, m)};
    cr_assert(sgr_builtin_mann_whitney(heap, args, 2, &out, &failure));
    sgr_heap_free(heap);
    return out.as.f;
}

static void expect_p(const double *a, size_t n, const double *b, size_t m, double wanted)
{
    double p = p_of(a, n, b, m), back = p_of(b, m, a, n);
    cr_assert_lt(fabs(p - wanted), 1e-9 * wanted, "%.17g instead of %.17g", p, wanted);
    cr_assert_lt(fabs(back - wanted), 1e-9 * wanted, "the other way round: %.17g", back);
}

Test(similar, p_values_are_those_of_scipy)
{
    double a[60], b[60];
    for (int i = 0; i < 30; i++) {
        a[i] = i + 1, b[i] = i + 4;
    }
    expect_p(a, 30, b, 30, 0.20870011734931715);
    for (int i = 0; i < 30; i++) {
        b[i] = i + 31;
    }
    expect_p(a, 30, b, 30, 3.019859359162157e-11);
    for (int i = 0; i < 40; i++) {
        a[i] = i * 7 % 11, b[i] = i * 5 % 13;
    }
    expect_p(a, 40, b, 35, 0.3538743713895406); /* many ties */
    for (int i = 0; i < 60; i++) {
        a[i] = 0.1 + 0.01 * (i % 4), b[i] = 0.1 + 0.01 * (i % 5);
    }
    expect_p(a, 30, b, 60, 0.07499138918245485);
    for (int i = 0; i < 50; i++) {
        a[i] = i * i % 97, b[i] = (i * i + 17) % 89 + 6;
    }
    expect_p(a, 50, b, 50, 0.8253877267870963);
}

Test(similar, all_the_same_is_no_difference)
{
    double same[30] = {0};
    cr_assert_float_eq(p_of(same, 30, same, 30), 1, 0);
}

/* ---- recalling ---- */

static sgr_value remembered(struct sgr_heap *heap, const char *test, const char *silence)
{
    struct sgr_record_builder record;
    sgr_value of = sgr_string(heap, SGR_STR("sum(x_total)"));
    sgr_record_begin(&record, heap);
    sgr_record_set(&record, SGR_STR("test"), sgr_string(heap, sgr_str_from(test)));
    sgr_record_set(&record, SGR_STR("of"), sgr_list(heap, &of, 1));
    sgr_record_set(&record, SGR_STR("silence"), sgr_string(heap, sgr_str_from(silence)));
    return sgr_record_end(&record);
}

static void recall(const char *remembers, const char *silence, const char *wanted)
{
    struct sgr_heap *heap = sgr_heap_new(1 << 20);
    struct sgr_failure failure = {0};
    struct sgr_record_builder memory;
    sgr_value item = remembered(heap, remembers, silence), out;
    sgr_record_begin(&memory, heap);
    sgr_record_set(&memory, SGR_STR("list"), sgr_list(heap, &item, 1));
    sgr_value args[] = {sgr_record_end(&memory), remembered(heap, "counter", "")};
    bool ok = sgr_builtin_recalled(heap, args, 2, &out, &failure);
    cr_assert_eq(ok, wanted == NULL);
    if (!ok) {
        cr_assert_str_eq(failure.kind, "no_signal");
        cr_assert_str_eq(failure.text, wanted);
    }
    sgr_failure_release(&failure);
    sgr_heap_free(heap);
}

Test(recalled, silence_is_no_signal)
{
    recall("counter", "", NULL);
    recall("counter", "the answer is empty", "the answer is empty");
    recall("not_worse", "", "it stands where a guard cannot watch it");
}
