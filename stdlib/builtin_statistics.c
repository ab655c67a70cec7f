/* The arithmetic of the guards' tests: wagers for `not_worse`, ranks for `similar`, and what a
 * guard recalls. Pure and deterministic; never asks for a sample and never decides what silence
 * means.
 *
 * not_worse. Of the errors of a sample, x of the new track and y of the old one, x is binomial with
 * p0 = n / (n + m) given x + y where the tracks fail alike; n and m are their requests. Where the
 * new one fails r times as often, p = r n / (r n + m). The product over samples of
 *     r^x ((n + m) / (r n + m))^(x + y)
 * is a test martingale for each r > 1, so their mean is one, and it stays below 1 / alpha for ever
 * with probability 1 - alpha or more (Ville's inequality; J. Ville 1939, G. Shafer 2021 "Testing by
 * betting"). It also holds where the new track is better: r^x grows with x. Counts without
 * replacement (hypergeometric ones) are only less spread (W. Hoeffding 1963, theorem 4).
 *
 * similar. Mann and Whitney's U (1947), two-sided, by its normal approximation with ties and
 * continuity corrected. */
#include "stdlib/builtin.h"

#include <math.h>
#include <stdlib.h>

#include "base/base.h"

static const double ratios[] = {1.1, 1.25, 1.5, 2, 3, 5, 10, 30};
enum { RATIOS = sizeof ratios / sizeof *ratios, SAMPLES_MAX = 100000 };

static bool numbers(sgr_value list, double *out, size_t count, struct sgr_failure *failure)
{
    for (size_t i = 0; i < count; i++) {
        sgr_value item = sgr_item(list, i);
        if (!sgr_arg_number(&item, 1, 0, &out[i], failure)) {
            return false;
        }
    }
    return true;
}

/* ---- not_worse ---- */

SGR_BUILTIN(wagers)
{
    sgr_value before, gains, after[RATIOS];
    double logs[RATIOS] = {0}, gained[4];
    if (!sgr_arg_list(args, count, 0, &before, failure) ||
        !sgr_arg_list(args, count, 1, &gains, failure)) {
        return false;
    }
    if (sgr_count_of(gains) != 4 || (sgr_count_of(before) != 0 && sgr_count_of(before) != RATIOS)) {
        return sgr_fail(failure, "value", "wagers take four gains and the wagers before");
    }
    if (!numbers(before, logs, sgr_count_of(before), failure) ||
        !numbers(gains, gained, 4, failure)) {
        return false;
    }
    double x = gained[0], n = gained[1], y = gained[2], m = gained[3];
    for (size_t i = 0; i < RATIOS; i++) {
        double growth =
            n > 0 && m > 0 ? x * log(ratios[i]) - (x + y) * log((ratios[i] * n + m) / (n + m)) : 0;
        after[i] = sgr_number(logs[i] + growth);
    }
    *out = sgr_list(heap, after, RATIOS);
    return true;
}

SGR_BUILTIN(evidence)
{
    sgr_value list;
    double logs[RATIOS], sum = 0;
    (void)heap;
    if (!sgr_arg_list(args, count, 0, &list, failure)) {
        return false;
    }
    if (sgr_count_of(list) != RATIOS) {
        return sgr_fail(failure, "value", "evidence takes what `wagers` gave");
    }
    if (!numbers(list, logs, RATIOS, failure)) {
        return false;
    }
    for (size_t i = 0; i < RATIOS; i++) {
        sum += exp(fmin(logs[i], 40)); /* beyond that it is certain anyway */
    }
    *out = sgr_number(sum / RATIOS);
    return true;
}

/* ---- similar ---- */

struct ranked {
    double value;
    bool first;
};

static int by_value(const void *a, const void *b)
{
    double x = ((const struct ranked *)a)->value, y = ((const struct ranked *)b)->value;
    return (x > y) - (x < y);
}

/* The sum of the first side's ranks, ties sharing theirs; `ties`: the sum of t^3 - t over them. */
static double rank_sum(struct ranked *all, size_t count, double *ties)
{
    double sum = 0;
    qsort(all, count, sizeof *all, by_value);
    *ties = 0;
    for (size_t i = 0; i < count;) {
        size_t end = i, firsts = 0;
        while (end < count && all[end].value == all[i].value) {
            firsts += all[end++].first;
        }
        double t = (double)(end - i);
        sum += (double)firsts * ((double)(i + end) + 1) / 2;
        *ties += t * t * t - t;
        i = end;
    }
    return sum;
}

static double p_value(struct ranked *all, double n, double m)
{
    double ties, total = n + m;
    double u = rank_sum(all, (size_t)total, &ties) - n * (n + 1) / 2;
    double spread = sqrt(n * m / 12 * (total + 1 - ties / (total * (total - 1))));
    double distance = fabs(u - n * m / 2) - 0.5;
    return spread > 0 ? fmin(1, erfc(distance / spread / sqrt(2))) : 1;
}

SGR_BUILTIN(mann_whitney)
{
    sgr_value sides[2];
    (void)heap;
    if (!sgr_arg_list(args, count, 0, &sides[0], failure) ||
        !sgr_arg_list(args, count, 1, &sides[1], failure)) {
        return false;
    }
    size_t n = sgr_count_of(sides[0]), m = sgr_count_of(sides[1]);
    if (n == 0 || m == 0 || n + m > SAMPLES_MAX) {
        return sgr_fail(failure, "value", "two lists of 1 to %d numbers are compared", SAMPLES_MAX);
    }
    struct ranked *all = sgr_calloc(n + m, sizeof *all);
    bool ok = true;
    for (size_t i = 0; i < n + m && ok; i++) {
        sgr_value item = i < n ? sgr_item(sides[0], i) : sgr_item(sides[1], i - n);
        all[i].first = i < n;
        ok = sgr_arg_number(&item, 1, 0, &all[i].value, failure);
    }
    if (ok) {
        *out = sgr_number(p_value(all, (double)n, (double)m));
    }
    free(all);
    return ok;
}

/* ---- recalling ---- */

SGR_BUILTIN(recalled)
{
    sgr_value memory = sgr_arg(args, count, 0), asked = sgr_arg(args, count, 1);
    sgr_value list = sgr_field(memory, SGR_STR("list"));
    (void)heap;
    for (size_t i = 0; i < sgr_count_of(list); i++) {
        sgr_value item = sgr_item(list, i);
        if (!sgr_value_equal(sgr_field(item, SGR_STR("of")), sgr_field(asked, SGR_STR("of"))) ||
            !sgr_value_equal(sgr_field(item, SGR_STR("test")), sgr_field(asked, SGR_STR("test")))) {
            continue;
        }
        sgr_str silence = sgr_path_str(item, "silence");
        *out = item;
        return silence.len == 0 || sgr_fail(failure, "no_signal", "%.*s", SGR_FMT(silence));
    }
    return sgr_fail(failure, "no_signal", "it stands where a guard cannot watch it");
}

SGR_BUILTIN(in_guard)
{
    (void)heap;
    (void)args;
    (void)count;
    (void)out;
    return sgr_fail(failure, "value", "only the `require` of a guard compares samples over time");
}
