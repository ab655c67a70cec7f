/* Quantities: one canonical form, and readers that take it back and nothing else. */
#include <criterion/criterion.h>
#include <locale.h>
#include <math.h>

#include "base/base.h"
#include "base/quantity.h"

static const char *number(double value)
{
    static struct sgr_buf buf;
    sgr_buf_release(&buf);
    sgr_buf_init(&buf, 1000);
    sgr_print_number(&buf, value);
    return buf.ptr;
}

#define PRINTS(print, value, want)                                                                 \
    do {                                                                                           \
        struct sgr_buf out_;                                                                       \
        sgr_buf_init(&out_, 1000);                                                                 \
        print(&out_, value);                                                                       \
        cr_expect_str_eq(out_.ptr, want, "%s instead of %s", out_.ptr, want);                      \
        sgr_buf_release(&out_);                                                                    \
    } while (0)

Test(print, ints)
{
    PRINTS(sgr_print_int, 0, "0");
    PRINTS(sgr_print_int, -1, "-1");
    PRINTS(sgr_print_int, INT64_MAX, "9223372036854775807");
    PRINTS(sgr_print_int, INT64_MIN, "-9223372036854775808");
}

Test(print, numbers_are_the_shortest_that_read_back)
{
    PRINTS(sgr_print_number, 0.0, "0");
    PRINTS(sgr_print_number, -0.0, "0");
    PRINTS(sgr_print_number, 0.1, "0.1");
    PRINTS(sgr_print_number, 0.1 + 0.2, "0.30000000000000004");
    PRINTS(sgr_print_number, 1e15, "1000000000000000");
    PRINTS(sgr_print_number, 1e20, "100000000000000000000");
    PRINTS(sgr_print_number, 1e21, "1e21");
    PRINTS(sgr_print_number, 1.5e300, "1.5e300");
    PRINTS(sgr_print_number, 1e-7, "0.0000001");
    PRINTS(sgr_print_number, -2.5, "-2.5");
    PRINTS(sgr_print_number, 123456789.125, "123456789.125");
    PRINTS(sgr_print_number, (double)NAN, "NaN");
    PRINTS(sgr_print_number, (double)INFINITY, "+Inf");
    PRINTS(sgr_print_number, (double)-INFINITY, "-Inf");
}

Test(print, percents_durations_and_rates)
{
    PRINTS(sgr_print_percent, 25.0, "25%");
    PRINTS(sgr_print_percent, 0.1, "0.1%");
    PRINTS(sgr_print_percent, 100 * 0.07, "7%");
    PRINTS(sgr_print_duration, 0, "0s");
    PRINTS(sgr_print_duration, 500, "500ms");
    PRINTS(sgr_print_duration, 5400000, "1h30m");
    PRINTS(sgr_print_duration, 90061001, "1d1h1m1s1ms");
    PRINTS(sgr_print_duration, -5000, "-5s");
    PRINTS(sgr_print_duration, INT64_MIN, "-106751991167d7h12m55s808ms");
    PRINTS(sgr_print_rate, 1000.0, "1000/s");
    PRINTS(sgr_print_rate, 0.5, "0.5/s");
}

Test(print, cpu_and_memory)
{
    PRINTS(sgr_print_cpu, 2000, "2");
    PRINTS(sgr_print_cpu, 500, "500m");
    PRINTS(sgr_print_cpu, 1500, "1500m");
    PRINTS(sgr_print_cpu, 0, "0");
    PRINTS(sgr_print_memory, 0, "0");
    PRINTS(sgr_print_memory, (int64_t)512 << 20, "512Mi");
    PRINTS(sgr_print_memory, (int64_t)2 << 30, "2Gi");
    PRINTS(sgr_print_memory, 500000000, "500M");
    PRINTS(sgr_print_memory, 1001, "1001");
    PRINTS(sgr_print_memory, 1000, "1k");
    PRINTS(sgr_print_memory, (int64_t)3 << 40, "3Ti");
    PRINTS(sgr_print_memory, -1024, "-1Ki");
}

Test(read, ints)
{
    int64_t value;
    cr_expect(sgr_read_int(SGR_STR("9223372036854775807"), &value) && value == INT64_MAX);
    cr_expect(sgr_read_int(SGR_STR("-9223372036854775808"), &value) && value == INT64_MIN);
    cr_expect(!sgr_read_int(SGR_STR("9223372036854775808"), &value));
    cr_expect(!sgr_read_int(SGR_STR("-9223372036854775809"), &value));
    cr_expect(!sgr_read_int(SGR_STR(""), &value));
    cr_expect(!sgr_read_int(SGR_STR("-"), &value));
    cr_expect(!sgr_read_int(SGR_STR("1 "), &value));
    cr_expect(!sgr_read_int(SGR_STR("0x1"), &value));
}

Test(read, numbers)
{
    double value;
    cr_expect(sgr_read_number(SGR_STR("0.5"), &value) && value == 0.5);
    cr_expect(sgr_read_number(SGR_STR("-1e3"), &value) && value == -1000);
    cr_expect(!sgr_read_number(SGR_STR(""), &value));
    cr_expect(!sgr_read_number(SGR_STR("."), &value));
    cr_expect(!sgr_read_number(SGR_STR("1e"), &value));
    cr_expect(!sgr_read_number(SGR_STR("0x1p3"), &value));
    cr_expect(!sgr_read_number(SGR_STR("nan"), &value));
    cr_expect(!sgr_read_number(SGR_STR("inf"), &value));
    cr_expect(!sgr_read_number(SGR_STR("1e999"), &value));
    cr_expect(!sgr_read_number(SGR_STR("1,5"), &value));
}

Test(read, what_was_printed)
{
    uint64_t seed = 88172645463325252u;
    for (int i = 0; i < 20000; i++) {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        double made, back;
        memcpy(&made, &seed, sizeof made);
        if (!isfinite(made)) {
            continue;
        }
        const char *text = number(made);
        cr_assert(sgr_read_number(sgr_str_from(text), &back), "%s", text);
        cr_assert_eq(made, back, "%s", text);
        int64_t ms = (int64_t)(seed >> 12), again;
        struct sgr_buf buf;
        sgr_buf_init(&buf, 100);
        sgr_print_duration(&buf, ms);
        cr_assert(sgr_read_duration(sgr_buf_str(&buf), &again) && again == ms, "%s", buf.ptr);
        sgr_buf_clear(&buf);
        sgr_print_memory(&buf, ms);
        cr_assert(sgr_read_memory(sgr_buf_str(&buf), &again) && again == ms, "%s: %lld", buf.ptr,
                  (long long)ms);
        sgr_buf_clear(&buf);
        sgr_print_cpu(&buf, ms);
        cr_assert(sgr_read_cpu(sgr_buf_str(&buf), &again) && again == ms, "%s: %lld", buf.ptr,
                  (long long)ms);
        sgr_buf_release(&buf);
    }
    number(0);
}

Test(read, durations)
{
    int64_t ms;
    cr_expect(sgr_read_duration(SGR_STR("1h30m"), &ms) && ms == 5400000);
    cr_expect(sgr_read_duration(SGR_STR("1.5s"), &ms) && ms == 1500);
    cr_expect(sgr_read_duration(SGR_STR("0s"), &ms) && ms == 0);
    cr_expect(sgr_read_duration(SGR_STR("-5s"), &ms) && ms == -5000);
    cr_expect(sgr_read_duration(SGR_STR("1.1h"), &ms) && ms == 3960000);
    cr_expect(sgr_read_duration(SGR_STR("0.001s"), &ms) && ms == 1);
    cr_expect(sgr_read_duration(SGR_STR("9223372036854775807ms"), &ms) && ms == INT64_MAX);
    cr_expect(!sgr_read_duration(SGR_STR("9223372036854775807ms1ms"), &ms));
    cr_expect(!sgr_read_duration(SGR_STR("106751991167d8h"), &ms));
    cr_expect(!sgr_read_duration(SGR_STR("1e3s"), &ms));
    cr_expect(!sgr_read_duration(SGR_STR("30m1h"), &ms));
    cr_expect(!sgr_read_duration(SGR_STR("1m1m"), &ms));
    cr_expect(!sgr_read_duration(SGR_STR("5"), &ms));
    cr_expect(!sgr_read_duration(SGR_STR(""), &ms));
    cr_expect(!sgr_read_duration(SGR_STR("m"), &ms));
    cr_expect(!sgr_read_duration(SGR_STR("0.1ms"), &ms));
    cr_expect(!sgr_read_duration(SGR_STR("999999999999d"), &ms));
    cr_expect(!sgr_read_duration(SGR_STR("5s "), &ms));
    cr_expect(!sgr_read_duration(SGR_STR("1..5s"), &ms));
}

Test(read, kubernetes_quantities)
{
    int64_t value;
    cr_expect(sgr_read_cpu(SGR_STR("100m"), &value) && value == 100);
    cr_expect(sgr_read_cpu(SGR_STR("2"), &value) && value == 2000);
    cr_expect(sgr_read_cpu(SGR_STR("0.5"), &value) && value == 500);
    cr_expect(sgr_read_cpu(SGR_STR("1k"), &value) && value == 1000000);
    cr_expect(sgr_read_cpu(SGR_STR("1n"), &value) && value == 1, "rounded up: %lld",
              (long long)value);
    cr_expect(sgr_read_cpu(SGR_STR("100500u"), &value) && value == 101);
    cr_expect(sgr_read_cpu(SGR_STR("0.0001"), &value) && value == 1);
    cr_expect(sgr_read_memory(SGR_STR("128Mi"), &value) && value == (int64_t)128 << 20);
    cr_expect(sgr_read_memory(SGR_STR("1G"), &value) && value == 1000000000);
    cr_expect(sgr_read_memory(SGR_STR("1e3"), &value) && value == 1000);
    cr_expect(sgr_read_memory(SGR_STR("500m"), &value) && value == 1);
    cr_expect(sgr_read_memory(SGR_STR("1.5Gi"), &value) && value == 1610612736);
    cr_expect(sgr_read_memory(SGR_STR("7Ei"), &value) && value == (int64_t)7 << 60);
    cr_expect(!sgr_read_memory(SGR_STR("128MiB"), &value));
    cr_expect(!sgr_read_memory(SGR_STR("128 Mi"), &value));
    cr_expect(!sgr_read_memory(SGR_STR("100E"), &value));
    cr_expect(!sgr_read_memory(SGR_STR(""), &value));
    cr_expect(!sgr_read_cpu(SGR_STR("x"), &value));
}

Test(locale, changes_nothing)
{
    if (setlocale(LC_ALL, "de_DE.UTF-8") == NULL) {
        cr_skip_test("no such locale here");
    }
    double value;
    cr_expect(sgr_read_number(SGR_STR("0.5"), &value) && value == 0.5);
    PRINTS(sgr_print_number, 0.5, "0.5");
    setlocale(LC_ALL, "C");
}
