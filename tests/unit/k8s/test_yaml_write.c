/* What the YAML writer prints, and that libyaml reads everything back as it was. */
#include <stdio.h>

#include <criterion/criterion.h>

#include "k8s/codec.h"

static struct sgr_heap *heap;

static void set_up(void)
{
    heap = sgr_heap_new((size_t)1 << 30);
}

static void tear_down(void)
{
    sgr_heap_free(heap);
}

TestSuite(yaml_write, .init = set_up, .fini = tear_down);

static sgr_value text(const char *s)
{
    return sgr_string(heap, sgr_str_from(s));
}

/* { key: value } */
static sgr_value field(const char *key, sgr_value value)
{
    struct sgr_record_builder builder;
    sgr_record_begin(&builder, heap);
    sgr_record_set(&builder, sgr_str_from(key), value);
    return sgr_record_end(&builder);
}

static void expect(sgr_value value, const char *expected)
{
    struct sgr_buf out;
    sgr_buf_init(&out, 1 << 20);
    cr_assert(sgr_yaml_write(value, &out));
    cr_assert_str_eq(out.ptr, expected);
    sgr_buf_release(&out);
}

static void expect_round_trip(sgr_value value)
{
    struct sgr_buf out;
    struct sgr_error error = {0};
    sgr_value back;
    sgr_buf_init(&out, 1 << 20);
    cr_assert(sgr_yaml_write(value, &out));
    cr_assert(sgr_yaml_read(heap, sgr_buf_str(&out), &back, &error), "%s in\n%s", error.text,
              out.ptr);
    cr_assert_eq(sgr_count_of(back), 1);
    cr_assert(sgr_value_equal(value, sgr_item(back, 0)), "not the same after\n%s", out.ptr);
    sgr_buf_release(&out);
}

Test(yaml_write, strings_that_look_like_something_else_are_quoted)
{
    static const char *const tricky[] = {
        "",
        "~",
        "null",
        "Null",
        "NULL",
        "true",
        "False",
        "yes",
        "No",
        "on",
        "OFF",
        "y",
        "N",
        "1",
        "-1",
        "+1",
        "1.5",
        ".5",
        "5.",
        "1e3",
        "1E-3",
        "0x1f",
        "0o17",
        "012",
        "0b101",
        "1_000",
        "1:30",
        ".inf",
        "-.Inf",
        ".NaN",
        "<<",
        "=",
        "- a",
        "-",
        "---",
        "2001-12-14",
        "...",
        "# x",
        "#x",
        "a #b",
        "a: b",
        "a:",
        " a",
        "a ",
        "*a",
        "&a",
        "!a",
        "%a",
        "@a",
        "`a",
        "'a'",
        "[a",
        "{a",
        "|",
        ">",
        "? a",
        ": a",
        ",a",
        "a\tb",
        "\x7f",
        "1d",
        "\"",
        "\xc2\xa0",
        "a\xe2\x80\xa8"
        "b",
        "\xef\xbb\xbf"
        "a",
        "2001-12-14 21:59:43.10 -5",
    };
    for (size_t i = 0; i < sizeof tricky / sizeof *tricky; i++) {
        struct sgr_buf out;
        sgr_buf_init(&out, 1 << 16);
        cr_assert(sgr_yaml_write(field("k", text(tricky[i])), &out));
        cr_assert(strncmp(out.ptr, "k: \"", 4) == 0, "%s", out.ptr);
        sgr_buf_release(&out);
        expect_round_trip(field("k", text(tricky[i])));
        expect_round_trip(field(tricky[i], text(tricky[i])));
        expect_round_trip(text(tricky[i]));
    }
}

Test(yaml_write, what_needs_no_quotes_has_none)
{
    static const char *const plain[] = {
        "web",
        "nginx:1.25",
        "/healthz",
        "--port=80",
        "100m",
        "30s",
        "a-b_c.d",
        "$(POD_IP)",
        "a#b",
        "http://x/?a=b&c",
        "gr\xc3\xbc\xc3\x9f"
        "e",
        "yess",
        "a, b",
        "x=1",
        "it's",
        "25%",
    };
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
        char expected[128];
        snprintf(expected, sizeof expected, "k: %s\n", plain[i]);
        expect(field("k", text(plain[i])), expected);
        expect_round_trip(field("k", text(plain[i])));
    }
}

Test(yaml_write, lines_become_literal_blocks)
{
    expect(field("k", text("a\nb\n")), "k: |\n  a\n  b\n");
    expect(field("k", text("a\nb")), "k: |-\n  a\n  b\n");
    expect(field("k", text("a\n\n  b\n\n\n")), "k: |+\n  a\n\n    b\n\n\n");
    static const char *const texts[] = {
        "a\n",      "a\n\n",     "a\n b\n",    "a \nb\n",  "a\n\tb",
        "\n",       "\n\n",      "\na",        " a\nb",    "\ta\nb",
        "a\n ",     "a\n\t\n",   "a\r\nb\n",   "#a\nb\n",  "- a\n- b\n",
        "---\na\n", "a\n\x01\n", "a\n \n b\n", "a\n...\n", "k: v\n\xc2\xa0\n"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        sgr_value item = text(texts[i]);
        expect_round_trip(field("k", item));
        expect_round_trip(field(texts[i], item));
        expect_round_trip(item);
        sgr_value both[] = {item, field("a", sgr_list(heap, &item, 1)), item};
        expect_round_trip(sgr_list(heap, both, 3));
        expect_round_trip(field("x", sgr_list(heap, both, 3)));
    }
}

Test(yaml_write, nests_as_kubectl_does)
{
    sgr_value ports[] = {field("port", sgr_int(80)), text("x")};
    struct sgr_record_builder builder;
    sgr_record_begin(&builder, heap);
    sgr_record_set(&builder, SGR_STR("ports"), sgr_list(heap, ports, 2));
    sgr_record_set(&builder, SGR_STR("none"), sgr_list(heap, NULL, 0));
    sgr_record_set(&builder, SGR_STR("meta"), field("a", field("b", sgr_bool(true))));
    sgr_value record = sgr_record_end(&builder);
    expect(record, "ports:\n- port: 80\n- x\nnone: []\nmeta:\n  a:\n    b: true\n");
    sgr_value lists[] = {sgr_list(heap, ports, 2), record, sgr_list(heap, NULL, 0)};
    expect(sgr_list(heap, lists, 3),
           "- - port: 80\n  - x\n- ports:\n  - port: 80\n  - x\n  none: []\n"
           "  meta:\n    a:\n      b: true\n- []\n");
    expect_round_trip(sgr_list(heap, lists, 3));
}

Test(yaml_write, numbers_and_quantities)
{
    expect(field("k", sgr_number(0.5)), "k: 0.5\n");
    expect(field("k", sgr_int(INT64_MIN)), "k: -9223372036854775808\n");
    expect(field("k", sgr_unit_i(SGR_CPU, 2000)), "k: \"2\"\n");
    expect(field("k", sgr_unit_i(SGR_CPU, 100)), "k: 100m\n");
    expect(field("k", sgr_unit_i(SGR_MEMORY, 512 << 20)), "k: 512Mi\n");
    expect(field("k", sgr_unit_f(SGR_PERCENT, 25)), "k: 25%\n");
    expect(field("k", sgr_range(heap, sgr_int(1), sgr_int(3))), "k:\n  from: 1\n  to: 3\n");
    expect_round_trip(field("k", sgr_int(INT64_MIN)));
    expect_round_trip(field("k", sgr_number(1e300)));
    expect_round_trip(field("k", sgr_number(1.0 / 3)));
}

Test(yaml_write, refuses_what_has_no_form)
{
    struct sgr_buf out;
    sgr_buf_init(&out, 1 << 16);
    cr_assert_not(sgr_yaml_write(sgr_number(0.0 / 0.0), &out));
    cr_assert_not(sgr_yaml_write(field("a", sgr_number(1.0 / 0.0)), &out));
    sgr_value deep = sgr_int(1);
    for (int i = 0; i < SGR_CODEC_DEPTH_MAX + 1; i++) {
        deep = sgr_list(heap, &deep, 1);
    }
    sgr_buf_clear(&out);
    cr_assert_not(sgr_yaml_write(deep, &out));
    sgr_buf_release(&out);
    sgr_buf_init(&out, 4);
    cr_assert_not(sgr_yaml_write(text("longer than four"), &out));
    sgr_buf_release(&out);
}

Test(yaml_write, documents_are_separated)
{
    struct sgr_buf out;
    sgr_buf_init(&out, 1 << 16);
    cr_assert(sgr_yaml_write(field("a", sgr_int(1)), &out));
    cr_assert(sgr_yaml_write(field("b", text("x\n\n")), &out));
    cr_assert(sgr_yaml_write(field("c", sgr_int(3)), &out));
    cr_assert_str_eq(out.ptr, "a: 1\n---\nb: |+\n  x\n\n---\nc: 3\n");
    sgr_value back;
    cr_assert(sgr_yaml_read(heap, sgr_buf_str(&out), &back, NULL));
    cr_assert_eq(sgr_count_of(back), 3);
    cr_assert_eq(sgr_path_str(sgr_item(back, 1), "b").len, 3);
    sgr_buf_release(&out);
}

Test(yaml_write, long_keys)
{
    char key[2000];
    memset(key, 'k', sizeof key);
    key[sizeof key - 1] = '\0';
    sgr_value item = field(key, sgr_int(1));
    expect_round_trip(item);
    expect_round_trip(field(key, item));
    expect_round_trip(field(key, sgr_list(heap, &item, 1)));
    expect_round_trip(field(key, text("a\nb\n")));
}

/* Strings of random bytes from an alphabet that YAML cares about. */
Test(yaml_write, random_strings_round_trip)
{
    static const char *const alphabet[] = {
        " ", "\n", "-", ":",  "#",        "a",        "1",
        ".", "\"", "'", "\\", "\t",       "|",        "?",
        "[", "}",  ",", "e",  "\xc3\xa9", "\xc2\x85", "\xf0\x9f\x98\x80",
        "~", "=",  "<", "y",  "\r",       "%",        "&",
        "*"};
    uint64_t state = 42;
    for (int round = 0; round < 20000; round++) {
        char s[64] = "";
        size_t length = 0;
        for (uint64_t n = 1 + (state >> 33) % 7; n > 0; n--) {
            state = state * 6364136223846793005u + 1442695040888963407u;
            const char *piece = alphabet[(state >> 33) % (sizeof alphabet / sizeof *alphabet)];
            memcpy(s + length, piece, strlen(piece) + 1);
            length += strlen(piece);
        }
        state = state * 6364136223846793005u + 1442695040888963407u;
        sgr_value item = text(s);
        sgr_value list[] = {item, field(s, item), item};
        expect_round_trip(field("k", sgr_list(heap, list, 3)));
        if (round % 1000 == 0) {
            sgr_heap_reset(heap);
        }
    }
}
