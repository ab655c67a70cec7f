/* What the YAML and JSON readers take, and what they refuse and how they say it. */
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

TestSuite(yaml_read, .init = set_up, .fini = tear_down);
TestSuite(json, .init = set_up, .fini = tear_down);

static sgr_value read_one(const char *text)
{
    struct sgr_error error = {0};
    sgr_value documents = sgr_absent();
    cr_assert(sgr_yaml_read(heap, sgr_str_from(text), &documents, &error), "%s", error.text);
    cr_assert_eq(sgr_count_of(documents), 1);
    return sgr_item(documents, 0);
}

static void expect_error(const char *text, const char *sentence)
{
    struct sgr_error error = {0};
    sgr_value documents;
    cr_assert_not(sgr_yaml_read(heap, sgr_str_from(text), &documents, &error), "%s", text);
    cr_assert_str_eq(error.text, sentence);
    sgr_error_release(&error);
}

static void expect_value(const char *text, sgr_value expected)
{
    sgr_value value = sgr_field(read_one(text), SGR_STR("k"));
    cr_assert(value.tag == expected.tag && sgr_value_equal(value, expected), "%s", text);
}

Test(yaml_read, core_schema)
{
    expect_value("k: 012\n", sgr_int(12));
    expect_value("k: 0x1f\n", sgr_int(31));
    expect_value("k: 0o17\n", sgr_int(15));
    expect_value("k: -7\n", sgr_int(-7));
    expect_value("k: +7\n", sgr_int(7));
    expect_value("k: 1e3\n", sgr_number(1000));
    expect_value("k: .5\n", sgr_number(0.5));
    expect_value("k: 5.\n", sgr_number(5));
    expect_value("k: -1.5E+2\n", sgr_number(-150));
    expect_value("k: true\n", sgr_bool(true));
    expect_value("k: FALSE\n", sgr_bool(false));
    expect_value("k: 9223372036854775807\n", sgr_int(INT64_MAX));
    static const char *const strings[] = {"yes",  "no",         "on", "tRUE", "1_000", "0b1",
                                          "1:30", "2001-12-14", "0x", "0xg",  "1e",    "e3",
                                          ".",    "-",          "+",  "0o8",  "1.2.3", "100m"};
    for (size_t i = 0; i < sizeof strings / sizeof *strings; i++) {
        char text[64];
        snprintf(text, sizeof text, "k: %s\n", strcmp(strings[i], "-") ? strings[i] : "\"-\"");
        expect_value(text, sgr_string(heap, sgr_str_from(strings[i])));
    }
    expect_value("k: !!str 12\n", sgr_string(heap, SGR_STR("12")));
    expect_value("k: '12'\n", sgr_string(heap, SGR_STR("12")));
    expect_value("k: >\n  a\n  b\n", sgr_string(heap, SGR_STR("a b\n")));
}

Test(yaml_read, null_fields_are_left_out)
{
    sgr_value value = read_one("a:\nb: ~\nc: null\nd: ''\n");
    cr_assert_eq(sgr_count_of(value), 1);
    cr_assert(sgr_str_is(sgr_key(value, 0), "d"));
}

Test(yaml_read, documents)
{
    sgr_value documents;
    cr_assert(sgr_yaml_read(heap, SGR_STR("---\na: 1\n---\n---\n# nothing\n---\n- 2\n"), &documents,
                            NULL));
    cr_assert_eq(sgr_count_of(documents), 2);
    cr_assert(sgr_yaml_read(heap, SGR_STR(""), &documents, NULL));
    cr_assert_eq(sgr_count_of(documents), 0);
    cr_assert(sgr_yaml_read(heap,
                            SGR_STR("\xef\xbb\xbf"
                                    "a: 1\n"),
                            &documents, NULL));
    cr_assert_eq(sgr_path_int(sgr_item(documents, 0), "a", 0), 1);
}

Test(yaml_read, anchors)
{
    sgr_value value = read_one("a: &x {b: 1}\nc: *x\nd: [*x, *x]\n");
    cr_assert_eq(sgr_path_int(value, "c/b", 0), 1);
    cr_assert_eq(sgr_path_int(sgr_item(sgr_field(value, SGR_STR("d")), 1), "b", 0), 1);
    expect_error("a: *x\n", "line 1, column 4: there is no anchor \"x\" before this");
    expect_error("a: &x 1\n---\nb: *x\n", "line 3, column 4: there is no anchor \"x\" before this");
    expect_error("a: &x [*x]\n", "line 1, column 8: there is no anchor \"x\" before this");
}

Test(yaml_read, alias_bomb)
{
    struct sgr_buf bomb;
    struct sgr_error error = {0};
    sgr_value documents;
    sgr_buf_init(&bomb, 1 << 16);
    sgr_buf_cstr(&bomb, "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for (int i = 1; i < 30; i++) {
        sgr_buf_printf(&bomb, "a%d: &a%d [", i, i);
        for (int k = 0; k < 10; k++) {
            sgr_buf_printf(&bomb, "%s*a%d", k ? ", " : "", i - 1);
        }
        sgr_buf_cstr(&bomb, "]\n");
    }
    cr_assert_not(sgr_yaml_read(heap, sgr_buf_str(&bomb), &documents, &error));
    cr_assert(strstr(error.text, "aliases stand for more than 100000 values"), "%s", error.text);
    sgr_error_release(&error);
    sgr_buf_release(&bomb);
}

Test(yaml_read, refuses_with_the_place)
{
    expect_error("a: 1\nb: 2\na: 3\n", "line 3, column 1: the key \"a\" is there twice");
    expect_error("a:\nb: 2\na: 3\n", "line 3, column 1: the key \"a\" is there twice");
    expect_error("a:\n  - 1\n  2: x\n",
                 "line 3, column 3: while parsing a block collection, did not "
                 "find expected '-' indicator");
    expect_error("80: x\n", "line 1, column 1: the key 80 is no string; quote it");
    expect_error("null: x\n", "line 1, column 1: the key null is no string; quote it");
    expect_error("? [a]\n: x\n", "line 1, column 3: a key is no string");
    expect_error("<<: {a: 1}\n",
                 "line 1, column 1: merge keys are not supported; write the fields out");
    expect_error("a: [1, ~]\n", "line 1, column 8: an item of a list is null");
    expect_error("a: !!binary eA==\n",
                 "line 1, column 4: the tag tag:yaml.org,2002:binary is not supported");
    expect_error("a: !x {}\n", "line 1, column 4: the tag !x is not supported");
    expect_error("a: 99999999999999999999\n",
                 "line 1, column 4: the number 99999999999999999999 does not fit 64 bits");
    expect_error("a: .nan\n",
                 "line 1, column 4: .nan is no number that Kubernetes knows; quote it if it "
                 "is text");
    expect_error("a: \xff\n", "byte 3: invalid leading UTF-8 octet");
    expect_error("a: \"x\n",
                 "line 2, column 1: while scanning a quoted scalar, found unexpected end of "
                 "stream");
}

static void nested(struct sgr_buf *out, int depth)
{
    sgr_buf_init(out, 1 << 20);
    sgr_buf_fill(out, '[', (size_t)depth);
    sgr_buf_fill(out, ']', (size_t)depth);
}

Test(yaml_read, depth)
{
    struct sgr_buf text;
    struct sgr_error error = {0};
    sgr_value value;
    nested(&text, SGR_CODEC_DEPTH_MAX);
    cr_assert(sgr_yaml_read(heap, sgr_buf_str(&text), &value, NULL));
    sgr_buf_release(&text);
    nested(&text, 100000);
    cr_assert_not(sgr_yaml_read(heap, sgr_buf_str(&text), &value, &error));
    cr_assert(strstr(error.text, "nested more than 200 deep"), "%s", error.text);
    sgr_error_release(&error);
    cr_assert_not(sgr_json_read(heap, sgr_buf_str(&text), &value, &error));
    cr_assert(strstr(error.text, "nested more than 200 deep"), "%s", error.text);
    sgr_error_release(&error);
    sgr_buf_release(&text);
}

/* Every prefix of a document, and every document with one byte replaced, is read or refused. */
Test(yaml_read, broken_documents_do_no_harm)
{
    static const char text[] =
        "a: &x\n  - b: \"q\\u00e9\"\n    c: |+\n      t\n\n  - {d: [1, 2]}\ne: *x\n";
    sgr_value value;
    for (size_t i = 0; i < sizeof text; i++) {
        (void)sgr_yaml_read(heap, (sgr_str){text, i}, &value, NULL);
        for (int c = 0; c < 256; c += 5) {
            char copy[sizeof text];
            memcpy(copy, text, sizeof text);
            copy[i] = (char)c;
            (void)sgr_yaml_read(heap, (sgr_str){copy, sizeof text - 1}, &value, NULL);
        }
    }
}

static sgr_value json(const char *text)
{
    struct sgr_error error = {0};
    sgr_value value = sgr_absent();
    cr_assert(sgr_json_read(heap, sgr_str_from(text), &value, &error), "%s", error.text);
    return value;
}

Test(json, reads)
{
    sgr_value value =
        json("{\"a\": 1, \"b\": [true, null, 2.5], \"c\": null, \"d\": \"x\\u0000\\u00e9\", "
             "\"e\": {}}");
    cr_assert_eq(sgr_count_of(value), 4);
    cr_assert_eq(sgr_path_int(value, "a", 0), 1);
    cr_assert_eq(sgr_count_of(sgr_field(value, SGR_STR("b"))), 2);
    cr_assert_eq(sgr_path_str(value, "d").len, 4);
    cr_assert_eq(json("18446744073709551615").tag, SGR_NUMBER);
    cr_assert_eq(json("-9223372036854775808").as.i, INT64_MIN);
    cr_assert_eq(json("9223372036854775807").as.i, INT64_MAX);
    cr_assert_eq(json("7").as.i, 7);
    cr_assert_eq(json("0.1").as.f, 0.1);
    cr_assert_eq(json(" [ 1 , -2e1 ] ").tag, SGR_LIST);
    cr_assert(sgr_str_is(sgr_string_of(json("\"\\ud83d\\ude00\\/\\b\"")), "\xf0\x9f\x98\x80/\b"));
    sgr_value numbers = json("[100000000000000000000, 7, 2.5, -9007199254740993]");
    cr_assert_eq(sgr_item(numbers, 0).as.f, 1e20);
    cr_assert_eq(sgr_item(numbers, 1).as.i, 7);
    cr_assert_eq(sgr_item(numbers, 2).as.f, 2.5);
    cr_assert_eq(sgr_item(numbers, 3).as.f, -9007199254740992.0);
}

Test(json, refuses)
{
    static const char *const bad[] = {
        "",      "{",     "{\"a\":}",  "[1,]",         "['a']",      "{} x",      "{}{}",
        "nul",   "NaN",   "1e999",     "\"\xff\"",     "<html>",     "[1",        "\"a",
        "01",    "-",     "1.",        "1e",           "\"\\x\"",    "\"\\u12\"", "\"\t\"",
        "{1:2}", "[1 2]", "{\"a\" 1}", "\"\\ud83dx\"", "\"\\udc00\""};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct sgr_error error = {0};
        sgr_value value;
        cr_assert_not(sgr_json_read(heap, sgr_str_from(bad[i]), &value, &error), "%s", bad[i]);
        cr_assert_not_null(error.text);
        sgr_error_release(&error);
    }
}

Test(json, says_where)
{
    struct sgr_error error = {0};
    sgr_value value;
    cr_assert_not(sgr_json_read(heap, SGR_STR("{\"a\": 1} x"), &value, &error));
    cr_assert_str_eq(error.text, "byte 10: end of file expected near 'x'");
    sgr_error_release(&error);
    error = (struct sgr_error){0};
    cr_assert_not(sgr_json_read(heap, SGR_STR("[1, "), &value, &error));
    cr_assert_str_eq(error.text, "byte 4: the text ends in the middle");
    sgr_error_release(&error);
}

Test(json, depth)
{
    struct sgr_buf text;
    sgr_value value;
    struct sgr_error error = {0};
    nested(&text, SGR_CODEC_DEPTH_MAX);
    cr_assert(sgr_json_read(heap, sgr_buf_str(&text), &value, NULL));
    sgr_buf_release(&text);
    nested(&text, SGR_CODEC_DEPTH_MAX + 1);
    cr_assert_not(sgr_json_read(heap, sgr_buf_str(&text), &value, &error));
    cr_assert_str_eq(error.text, "nested more than 200 deep");
    sgr_error_release(&error);
    sgr_buf_release(&text);
    nested(&text, 1 << 14);
    cr_assert_not(sgr_json_read(heap, sgr_buf_str(&text), &value, NULL));
    sgr_buf_release(&text);
}

Test(json, what_is_written_is_read)
{
    sgr_value value = json("{\"a\": [1, -2.5, \"x\\n\\\"\\\\\\u0001\", {\"b\": false}], \"\": []}");
    struct sgr_buf text;
    sgr_buf_init(&text, 1 << 16);
    cr_assert(sgr_value_json(value, &text));
    cr_assert(sgr_value_equal(value, json(text.ptr)));
    sgr_buf_release(&text);
}
