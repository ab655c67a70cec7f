/* Errors: one for one slip, at its place, in words; and bounded work for any bytes. */
#include <criterion/criterion.h>
#include <time.h>

#include "support.h"

static void expect_problems(const char *text, const char *want)
{
    struct parsed parsed;
    parse_text(&parsed, text);
    cr_expect_str_eq(problems(&parsed), want, "%s\n got %s\nwant %s", text, parsed.text.ptr, want);
    parsed_release(&parsed);
}

static bool helps(const char *text, const char *words)
{
    struct parsed parsed;
    parse_text(&parsed, text);
    bool found = strstr(rendered(&parsed), words) != NULL;
    if (!found) {
        cr_log_error("no help `%s` in\n%s", words, parsed.text.ptr);
    }
    parsed_release(&parsed);
    return found;
}

Test(recovery, entries_of_a_block_fail_alone)
{
    expect_problems("workload a {\n"
                    "  image: \"x\"\n"
                    "  cpu = = 3\n"
                    "  good = 1\n"
                    "  foo bar { a = 1\n    b = 2 }\n"
                    "  memory = 1Gi 2Gi\n"
                    "  labels = { a = \"x\", b = }\n"
                    "  args = [\"a\" \"b\"]\n"
                    "}\n"
                    "let x == 3\n"
                    "let y = 1\n",
                    "E0102 2:8 expected `=` or `{`, found `:`\n"
                    "E0102 3:9 expected a value, found `=`\n"
                    "E0102 5:7 expected `=` or `{`, found `bar`\n"
                    "E0102 7:16 expected the end of the line, found `2Gi`\n"
                    "E0102 8:27 expected a value, found `}`\n"
                    "E0102 9:15 expected `for` or `,` or `]`, found `\"`\n"
                    "E0102 11:7 expected `=` or `:`, found `==`\n");
}

Test(recovery, statements_fail_alone)
{
    expect_problems("rollout r of a {\n  steps {\n"
                    "    shift\n"
                    "    wait until ready(new timeout 5m\n"
                    "    step smoke { promote }\n"
                    "    retry 3 evry 5s { promote }\n"
                    "    hold 5m\n"
                    "    scale new 3\n"
                    "    promote\n"
                    "  }\n  on faliure { rollback }\n}\n",
                    "E0102 3:10 expected a value, found the end of the line\n"
                    "E0102 4:26 expected `,` or `)`, found `timeout`\n"
                    "E0102 5:10 expected a string, found `smoke`\n"
                    "E0102 6:13 expected `{` or `every`, found `evry`\n"
                    "E0102 7:12 expected `while`, found the end of the line\n"
                    "E0102 8:15 expected `to`, found `3`\n"
                    "E0102 11:6 unexpected `faliure`\n");
}

Test(recovery, what_stands_before_an_error_stays)
{
    struct parsed parsed;
    parse_text(&parsed, "let a = 1\nworkload w {\n  b = 1\n  c d e\n  f = 2\n}\nlet g = 3\n");
    cr_expect_eq(parsed.diags.errors, 1);
    cr_expect_str_eq(dump(&parsed), "let a=1\nworkload w{b=1; f=2}\nlet g=3");
    parsed_release(&parsed);
}

Test(recovery, brackets_that_stay_open)
{
    expect_problems("workload a {\n  list = [1, 2\n  good = 1\n}\nlet x = 1\n",
                    "E0102 3:3 expected `,` or `]`, found `good`\n");
    expect_problems("workload a {\n  list = f(1, 2\n}\nlet x = 1\n",
                    "E0105 2:11 this `(` is not closed\n");
    expect_problems("let x = f(1,\n\nworkload b { }\nlet y = = 2\n",
                    "E0105 1:10 this `(` is not closed\nE0102 4:9 expected a value, found `=`\n");
    expect_problems("workload a {\n  b = 1\n\nworkload c {\n  d = 2\n}\n",
                    "E0105 1:12 this `{` is not closed\n");
    expect_problems("workload a {\n  b = 1\n", "E0105 1:12 this `{` is not closed\n");
    expect_problems("let x = f({ a = [1, 2)\nlet y = 1\n", "E0105 1:17 this `[` is not closed\n");
    expect_problems("let x = 1\n}\nlet y = 2\n", "E0102 2:1 this `}` closes nothing\n");
}

Test(recovery, the_block_with_the_odd_brace_is_named)
{
    expect_problems(
        "rollout r of a {\n  steps {\n    step \"a\" {\n      promote\n  }\n}\n\nworkload w { }\n",
        "E0105 3:14 this `{` is not closed\n");
}

Test(recovery, strings_that_stay_open)
{
    expect_problems("let a = \"x\nlet b = 1\nlet c = \"y ${z\nlet d = = 1\n",
                    "E0104 1:9 this string is not closed\n"
                    "E0104 3:9 this string is not closed\n"
                    "E0102 4:9 expected a value, found `=`\n");
    expect_problems("let a = \"${f(\"x)}\"\nlet b = 1\n", "E0104 1:9 this string is not closed\n");
    expect_problems("let a = \"\"\"x\nlet b = 1\n", "E0104 1:9 this string is not closed\n");
    expect_problems(
        "let a = \"\\q \\u{110000} \\u{zz}\"\n",
        "E0104 1:10 unknown escape in a string\nE0104 1:13 \\u{110000} is no character\n"
        "E0104 1:24 unknown escape in a string\n");
}

Test(recovery, numbers)
{
    expect_problems("let a = 99999999999999999999\nlet b = 5x\nlet c = 5m5m\nlet d = 5s1h\nlet e = "
                    "99999999999Ti\nlet f = 0x10",
                    "E0103 1:9 this number is too large\n"
                    "E0103 2:9 `5x` has no known unit\n"
                    "E0103 3:9 this is no duration\n"
                    "E0103 4:9 this is no duration\n"
                    "E0103 5:9 this number is too large\n"
                    "E0103 6:9 `0x10` has no known unit\n");
}

Test(help, for_the_frequent_slips)
{
    cr_expect(helps("workload a { image: \"x\" }", "write `=` between a key and its value"));
    cr_expect(helps("workload a { image == \"x\" }", "write `=` between a key and its value"));
    cr_expect(
        helps("workload a {\n  image =\n  name = 1\n}", "the entry above ends without a value"));
    cr_expect(helps("let a = if b = 1 then 2 else 3", "comparisons are written `==`"));
    cr_expect(helps("let a = 'x'", "double quotes"));
    cr_expect(helps("let a = b && c", "write `and`"));
    cr_expect(helps("let a = b || c", "write `or`"));
    cr_expect(helps("let a = !b", "write `not`"));
    cr_expect(helps("routine r() {\n  if a { promote } elif b { promote }\n}", "write `else if`"));
    cr_expect(
        helps("routine r() {\n  if a { promote }\n  elif b { promote }\n}", "write `else if`"));
    cr_expect(helps("var a = 1", "write `let name = value`"));
    cr_expect(helps("let a = 1 < 2 < 3", "comparisons do not chain"));
    cr_expect(helps("let a = 5 %", "follows its number without a space"));
    cr_expect(helps("routine r() {\n  x = 3\n}", "a name gets its value with `let`"));
    cr_expect(helps("let a = \"x", "use \"\"\" for several lines"));
    cr_expect(helps("let a = 500x", "units are ms s m h d"));
    cr_expect(helps("routine r() { route header \"x\" }", "write `route header"));
}

Test(recovery, a_brace_on_a_line_of_its_own)
{
    const char *text =
        "workload a\n{\n  b = = 1\n}\nlet c = 1\nroutine r()\n{\n  promote\n}\nlet d = = 1\n";
    expect_problems(text, "E0102 1:11 expected `{` or `of` or `(`, found the end of the line\n"
                          "E0102 6:12 expected `{`, found the end of the line\n"
                          "E0102 10:9 expected a value, found `=`\n");
    cr_expect(helps(text, "at the end of its first line"));
}

Test(help, foreign_operators_do_not_hide_the_rest)
{
    expect_problems(
        "let a = b && c || !d\nlet e = = 1\n",
        "E0102 1:11 unexpected `&&`\nE0102 1:16 unexpected `||`\nE0102 1:19 unexpected `!`\n"
        "E0102 2:9 expected a value, found `=`\n");
}

Test(help, a_slip_brings_its_fix)
{
    struct parsed parsed;
    parse_text(&parsed, "workload a { image: \"x\" }");
    cr_assert_eq(parsed.diags.list.len, 1);
    const struct sgr_fix *fix = &parsed.diags.list.at[0].fix;
    cr_expect(sgr_str_is(fix->text, " ="));
    cr_expect(sgr_str_is(sgr_sources_text(&parsed.sources, fix->span), ":"));
    parsed_release(&parsed);
}

Test(limit, what_is_no_text)
{
    struct parsed parsed;
    parse_bytes(&parsed, "t.sgr", (sgr_str){"let a = 1\0", 10});
    cr_expect_str_eq(problems(&parsed), "E0101 1:10 the file has a NUL byte\n");
    parsed_release(&parsed);
    parse_text(&parsed, "let a = \"\xff\"");
    cr_expect_str_eq(problems(&parsed), "E0101 1:10 the file is not UTF-8\n");
    parsed_release(&parsed);
    parse_text(&parsed, "let a = \"\xed\xa0\x80\"");
    cr_expect_str_eq(problems(&parsed), "E0101 1:10 the file is not UTF-8\n");
    parsed_release(&parsed);
}

Test(limit, a_file_larger_than_64_mib)
{
    struct parsed parsed;
    size_t size = ((size_t)64 << 20) + 1;
    char *text = malloc(size);
    memset(text, ' ', size);
    parse_bytes(&parsed, "t.sgr", (sgr_str){text, size});
    cr_expect_str_eq(problems(&parsed), "E0101 1:1 the file is larger than 64 MiB\n");
    parsed_release(&parsed);
    free(text);
}

/* One diagnostic of this code and no other for `before`, `repeated` many times, and `after`. */
static void expect_limit(const char *before, const char *repeated, const char *after,
                         const char *code)
{
    struct parsed parsed;
    struct sgr_buf text;
    sgr_buf_init(&text, 64 << 20);
    sgr_buf_cstr(&text, before);
    for (int i = 0; i < 100000; i++) {
        sgr_buf_cstr(&text, repeated);
    }
    sgr_buf_cstr(&text, after);
    parse_text(&parsed, text.ptr);
    cr_expect_eq(parsed.diags.list.len, 1, "%s%s...: %s", before, repeated, problems(&parsed));
    cr_expect(strncmp(problems(&parsed), code, 5) == 0, "%s%s...: %s", before, repeated,
              problems(&parsed));
    parsed_release(&parsed);
    sgr_buf_release(&text);
}

Test(limit, nesting_of_every_kind_is_one_error)
{
    expect_limit("let x = ", "(", "", "E0106");
    expect_limit("let x = ", "[", "", "E0106");
    expect_limit("let x = ", "{ a = ", "", "E0106");
    expect_limit("let x = ", "f(", "", "E0106");
    expect_limit("let x = ", "\"${", "", "E0106");
    expect_limit("let x = ", "- ", "1", "E0106");
    expect_limit("let x = ", "not ", "1", "E0106");
    expect_limit("let x = 1", " + 1", "", "E0106");
    expect_limit("let x = a", ".b", "", "E0106");
    expect_limit("let x = a", "[1]", "", "E0106");
    expect_limit("let x = ", "if a then b else ", "c", "E0106");
    expect_limit("let x = ", "fn (a) => ", "a", "E0106");
    expect_limit("let x: ", "list<", "int", "E0106");
    expect_limit("let x: ", "fn(): ", "int", "E0106");
    expect_limit("", "for x in xs {", "", "E0106");
    expect_limit("if a { let x = 1 }", " else if a { let x = 1 }", "", "E0106");
    expect_limit("routine r() { if a { }", " else if a { }", " }", "E0106");
}

Test(limit, height_counts_through_brackets)
{
    struct parsed parsed;
    struct sgr_buf text;
    sgr_buf_init(&text, 1 << 20);
    sgr_buf_cstr(&text, "let x = ");
    for (int i = 0; i < 30; i++) {
        for (int k = 0; k < 50; k++) {
            sgr_buf_cstr(&text, "1 + ");
        }
        sgr_buf_cstr(&text, "f({ a = [\"${");
    }
    sgr_buf_cstr(&text, "1");
    for (int i = 0; i < 30; i++) {
        sgr_buf_cstr(&text, "}\"] })");
    }
    parse_text(&parsed, text.ptr);
    cr_expect_eq(parsed.diags.errors, 0, "%s", rendered(&parsed));
    uint16_t height = parsed.tree->decls[0]->value->height;
    cr_expect(height >= 150 && height <= SGR_EXPR_HEIGHT_MAX, "height %u", height);
    parsed_release(&parsed);
    sgr_buf_release(&text);
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

Test(limit, garbage_ends_after_twenty_errors)
{
    static const char bytes[] = "abc{}()[]\"'$ \n=,;+-*/<>#0123456789%.:!&|";
    size_t size = 4 << 20;
    char *text = malloc(size + 1);
    uint32_t seed = 1;
    for (size_t i = 0; i < size; i++) {
        seed = seed * 1664525 + 1013904223;
        text[i] = bytes[(seed >> 16) % (sizeof bytes - 1)];
    }
    text[size] = '\0';
    struct parsed parsed;
    double start = seconds();
    parse_text(&parsed, text);
    cr_expect(parsed.diags.list.len <= parsed.diags.cap);
    cr_expect(parsed.diags.errors >= 10);
    cr_expect(seconds() - start < 20, "took %g s", seconds() - start);
    parsed_release(&parsed);
    free(text);
}

Test(limit, errors_in_many_lines_end_early)
{
    struct sgr_buf text;
    struct parsed parsed;
    sgr_buf_init(&text, 64 << 20);
    for (int i = 0; i < 200000; i++) {
        sgr_buf_cstr(&text, "a b c\n");
    }
    parse_text(&parsed, text.ptr);
    cr_expect_eq(parsed.diags.list.len, 20);
    parsed_release(&parsed);
    sgr_buf_release(&text);
}
