/* Expressions and literals: text in, tree out. */
#include <criterion/criterion.h>

#include "support.h"

static void expect_value(const char *text, const char *tree)
{
    struct parsed parsed;
    struct sgr_buf source, want;
    sgr_buf_init(&source, 1 << 16);
    sgr_buf_init(&want, 1 << 16);
    sgr_buf_printf(&source, "let x = %s\n", text);
    sgr_buf_printf(&want, "let x=%s", tree);
    parse_text(&parsed, source.ptr);
    cr_expect_eq(parsed.diags.errors, 0, "%s\n%s", text, rendered(&parsed));
    cr_expect_str_eq(dump(&parsed), want.ptr, "%s\n got %s\nwant %s", text, parsed.text.ptr,
                     want.ptr);
    parsed_release(&parsed);
    sgr_buf_release(&source);
    sgr_buf_release(&want);
}

Test(expr, literals_carry_their_unit)
{
    expect_value("3", "3");
    expect_value("9223372036854775807", "9223372036854775807");
    expect_value("0.5", "0.5n");
    expect_value("5%", "5%");
    expect_value("0.1%", "0.1%");
    expect_value("500ms", "500ms");
    expect_value("30s", "30000ms");
    expect_value("1h30m", "5400000ms");
    expect_value("1d", "86400000ms");
    expect_value("1.5s", "1500ms");
    expect_value("1h30m15s500ms", "5415500ms");
    expect_value("128Mi", "134217728B");
    expect_value("2Gi", "2147483648B");
    expect_value("500M", "500000000B");
    expect_value("1.5Gi", "1610612736B");
    expect_value("10k", "10000B");
    expect_value("1000/s", "1000/s");
    expect_value("0.5/s", "0.5/s");
    expect_value("true", "true");
}

Test(expr, a_single_m_is_left_to_the_checker)
{
    expect_value("100m", "100M");
    expect_value("0.5m", "0.5M");
    expect_value("5m30s", "330000ms");
}

Test(expr, a_rate_needs_s_alone_and_no_spaces)
{
    expect_value("10 / s", "(/ 10 s)");
    expect_value("10/second", "(/ 10 second)");
    expect_value("10/s2", "(/ 10 s2)");
    expect_value("10/s * 2", "(* 10/s 2)");
}

Test(expr, ranges)
{
    expect_value("3 .. 10", "(.. 3 10)");
    expect_value("3..10", "(.. 3 10)");
    expect_value("100m .. 2", "(.. 100M 2)");
    expect_value("a + 1 .. b * 2", "(.. (+ a 1) (* b 2))");
}

Test(expr, operators_bind_as_the_reference_says)
{
    expect_value("a or b and c", "(or a (and b c))");
    expect_value("not a and b", "(and (not a) b)");
    expect_value("not a == b", "(not (== a b))");
    expect_value("a + b * c - d", "(- (+ a (* b c)) d)");
    expect_value("a - b - c", "(- (- a b) c)");
    expect_value("-a ?? b", "(neg (?? a b))");
    expect_value("-a * b", "(* (neg a) b)");
    expect_value("a ?? b ?? c", "(?? (?? a b) c)");
    expect_value("a.b ?? 0 + 1", "(+ (?? a.b 0) 1)");
    expect_value("(a + b) * c", "(* (+ a b) c)");
    expect_value("a < b + 1", "(< a (+ b 1))");
    expect_value("if a then b else c + d", "(if a b (+ c d))");
    expect_value("if a then b else if c then d else e", "(if a b (if c d e))");
    expect_value("fn (x, y) => x + y", "(fn(x,y) (+ x y))");
    expect_value("fn (x: int = 3) => x", "(fn(x:int=3) x)");
}

Test(expr, calls_fields_and_indexes)
{
    expect_value("f(1, b = 2, for = 3,)", "(f 1 b=2 for=3)");
    expect_value("lag()", "(lag)");
    expect_value("a.b.if[0](x).y", "(a.b.if[0] x).y");
    expect_value("not_worse(errors(new), alpha = 1%)", "(not_worse (errors new) alpha=1%)");
    expect_value("[f(x) for x in xs if p(x)]", "[(f x) for x xs if (p x)]");
    expect_value("[k for k, v in { a = 1 }]", "[k for k,v {a=1}]");
    expect_value("[1, 2, 3,]", "[1 2 3]");
    expect_value("[]", "[]");
    expect_value("{}", "{}");
    expect_value("{ a = 1, \"b c\" = 2; for = 1m }", "{a=1; 'b c'=2; for=1M}");
    expect_value(
        "{ if c { a = 1 } else if d { a = 2 } else { a = 3 }\n for x in xs { \"${x}\" = x } }",
        "{if c{a=1}else{if d{a=2}else{a=3}}; for x xs{'<x>'=x}}");
}

Test(expr, words_of_the_language_are_names_elsewhere)
{
    expect_value("wait(2m)", "(wait 2M)");
    expect_value("workload.at + job.step", "(+ workload.at job.step)");
    expect_value(
        "{ workload = 1, given = 2, at = 3, run = 4, steps = 5, wait = 6, until = 7, import = 8 }",
        "{workload=1; given=2; at=3; run=4; steps=5; wait=6; until=7; import=8}");
}

Test(expr, a_newline_goes_on_where_it_must)
{
    expect_value("1 +\n 2", "(+ 1 2)");
    expect_value("1\n + 2", "(+ 1 2)");
    expect_value("a\n  and b\n  or c", "(or (and a b) c)");
    expect_value("if a\n then b\n else c", "(if a b c)");
    expect_value("f(\n  1,\n\n  2\n)", "(f 1 2)");
    expect_value("[\n 1,\n 2,\n]", "[1 2]");
    expect_value("\n  3", "3");
    expect_value("f({\n a = 1\n b = 2\n})", "(f {a=1; b=2})");
    expect_value("a # why\n  + b # also\n", "(+ a b)");
    expect_value("a\r\n  + b\r\n", "(+ a b)");
}

Test(expr, deep_but_bearable)
{
    struct sgr_buf text, tree;
    sgr_buf_init(&text, 1 << 16);
    sgr_buf_init(&tree, 1 << 16);
    sgr_buf_fill(&text, '(', 190);
    sgr_buf_cstr(&text, "1");
    sgr_buf_fill(&text, ')', 190);
    expect_value(text.ptr, "1");
    sgr_buf_clear(&text);
    sgr_buf_cstr(&text, "1");
    for (int i = 0; i < 900; i++) {
        sgr_buf_cstr(&text, " + 1");
        sgr_buf_cstr(&tree, "(+ ");
    }
    sgr_buf_cstr(&tree, "1");
    for (int i = 0; i < 900; i++) {
        sgr_buf_cstr(&tree, " 1)");
    }
    expect_value(text.ptr, tree.ptr);
    sgr_buf_release(&text);
    sgr_buf_release(&tree);
}

/* ---- strings ---- */

Test(string, escapes_and_dollars)
{
    expect_value("\"a\\n\\t\\\"\\\\b\"", "'a\n\t\"\\b'");
    expect_value("\"\\u{1F680}\\u{e9}\\u{41}\\u{20ac}\"", "'🚀éA€'");
    expect_value("\"$$ $ $x $${x}\"", "'$ $ $x ${x}'");
    expect_value("\"\"", "''");
}

Test(string, interpolations_nest)
{
    expect_value("\"a${b}c\"", "'a<b>c'");
    expect_value("\"${\"x${y}\"}\"", "'<'x<y>'>'");
    expect_value("\"${ { a = 1 }.a }\"", "'<{a=1}.a>'");
    expect_value("\"${f(\"}\")}\"", "'<(f '}')>'");
    expect_value("\"\"\"a ${\"b\"} \\n\"\"\"", "'''a <'b'> \\n'");
}

Test(string, three_quotes_lose_their_common_indentation)
{
    expect_value("\"\"\"\n    a\n      b\n\n    c\n  \"\"\"", "'''a\n  b\n\nc'");
    expect_value("\"\"\"one line\"\"\"", "'''one line'");
    expect_value("\"\"\"\n  a\n  b\"\"\"", "'''a\nb'");
    expect_value("\"\"\"\n  ${x}\n    y\n\"\"\"", "'''<x>\n  y'");
    expect_value("\"\"\"\n  a \"quoted\" word\n  \"\"\"", "'''a \"quoted\" word'");
    expect_value("\"\"\"\n\n  a\n\n\"\"\"", "'''\na\n'");
    expect_value("\"\"\"\n  ${x} \"\"\"", "'''<x> '");
    expect_value("\"\"\"\r\n  a\r\n  b\r\n\"\"\"", "'''a\nb'");
}
