/* What base/ promises: order, bounds, distances. */
#include <criterion/criterion.h>

#include "base/sha256.h"

#include "base/base.h"

Test(map, keeps_insertion_order_and_finds_all)
{
    struct sgr_map map = {0};
    struct sgr_arena *arena = sgr_arena_new();
    for (int i = 0; i < 1000; i++) {
        sgr_str key = sgr_arena_printf(arena, "key-%d", 999 - i);
        cr_assert_null(sgr_map_set(&map, key, SGR_NEW(arena, int)));
    }
    cr_assert_eq(map.len, 1000);
    cr_assert(sgr_str_is(map.entries[0].key, "key-999"));
    cr_assert_not_null(sgr_map_get(&map, SGR_STR("key-0")));
    cr_assert_null(sgr_map_get(&map, SGR_STR("key-1000")));
    sgr_map_clear(&map);
    cr_assert_eq(map.len, 0);
    cr_assert_null(sgr_map_get(&map, SGR_STR("key-0")));
    cr_assert_null(sgr_map_set(&map, SGR_STR("key-0"), arena));
    cr_assert_not_null(sgr_map_get(&map, SGR_STR("key-0")));
    sgr_map_release(&map);
    sgr_arena_free(arena);
}

Test(buf, stops_at_its_maximum_and_says_so)
{
    struct sgr_buf buf;
    sgr_buf_init(&buf, 5);
    sgr_buf_cstr(&buf, "abc");
    sgr_buf_cstr(&buf, "def");
    cr_assert(buf.full);
    cr_assert(sgr_str_is(sgr_buf_str(&buf), "abc"));
    sgr_buf_release(&buf);
}

Test(buf, json_escapes_and_replaces_bad_bytes)
{
    struct sgr_buf buf;
    sgr_buf_init(&buf, 100);
    sgr_buf_json(&buf, SGR_STR("a\"\n\xff\x01"));
    cr_assert(sgr_str_is(sgr_buf_str(&buf), "\"a\\\"\\n\xef\xbf\xbd\\u0001\""));
    sgr_buf_release(&buf);
}

Test(str, distance_counts_edits_and_swaps)
{
    cr_assert_eq(sgr_str_distance(SGR_STR("replicas"), SGR_STR("replcias"), 3), 1);
    cr_assert_eq(sgr_str_distance(SGR_STR("image"), SGR_STR("images"), 3), 1);
    cr_assert_eq(sgr_str_distance(SGR_STR("a"), SGR_STR("wxyz"), 2), 3);
}

Test(str, utf8_refuses_overlong_and_surrogates)
{
    cr_assert_eq(sgr_utf8_length(SGR_STR("\xc3\xa9"), 0), 2);
    cr_assert_eq(sgr_utf8_length(SGR_STR("\xc0\x80"), 0), 0);
    cr_assert_eq(sgr_utf8_length(SGR_STR("\xed\xa0\x80"), 0), 0);
    cr_assert_eq(sgr_utf8_length(SGR_STR("\xf5\x80\x80\x80"), 0), 0);
}

Test(arena, gives_zeroed_memory_and_survives_large_requests)
{
    struct sgr_arena *arena = sgr_arena_new();
    char *large = sgr_arena_alloc(arena, 3 << 20);
    cr_assert_eq(large[(3 << 20) - 1], 0);
    sgr_str text = sgr_arena_printf(arena, "%d-%s", 7, "x");
    cr_assert(sgr_str_is(text, "7-x"));
    sgr_arena_free(arena);
}

/* The examples of FIPS 180-4, and every length over several blocks both ways. */
Test(sha256, both_ways_agree)
{
    char fast[SGR_SHA256_HEX], portable[SGR_SHA256_HEX], text[300];
    sgr_sha256_hex(SGR_STR("abc"), fast);
    cr_assert_str_eq(fast, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    sgr_sha256_hex_portable(SGR_STR("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
                            portable);
    cr_assert_str_eq(portable, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    for (size_t length = 0; length < sizeof text; length++) {
        text[length] = (char)(length * 37);
        sgr_sha256_hex((sgr_str){text, length}, fast);
        sgr_sha256_hex_portable((sgr_str){text, length}, portable);
        cr_assert_str_eq(fast, portable, "%zu bytes", length);
    }
}
