/* Any text as a PromQL expression, the first byte saying what its holes hold: what parses is
 * printed, parsed again, and printed the same. */
#include <stdlib.h>

#include "fuzz.h"
#include "lang/promql/promql.h"

enum { HOLES = 4 };

static bool parse(struct sgr_arena *arena, sgr_str text, size_t holes, unsigned kinds,
                  const struct sgr_promql_expr **expr)
{
    struct sgr_promql_hole list[HOLES] = {{0}};
    struct sgr_promql_error error = {0};
    for (size_t i = 0; i < holes; i++) {
        list[i].value = (enum sgr_promql_value)((kinds >> 2 * i & 3) % 3);
    }
    bool ok = sgr_promql_parse(arena, text, list, holes, expr, &error);
    if (!ok && (error.lo > error.hi || error.hi > text.len || error.message.len == 0)) {
        fuzz_fail("an error without a place: %zu-%zu of %zu", error.lo, error.hi, text.len);
    }
    return ok;
}

/* The text with its placeholders numbered from left to right (a metric name with holes is printed
 * as the last matcher), and what they hold in this order. */
static unsigned renumber(sgr_str text, unsigned kinds, struct sgr_buf *out)
{
    unsigned moved = 0;
    size_t at = 0, index, count = 0;
    sgr_str literal;
    while (sgr_promql_piece(text, &at, &literal, &index)) {
        sgr_buf_add(out, literal);
        if (index != SIZE_MAX) {
            moved |= (kinds >> 2 * index & 3) << 2 * count;
            sgr_promql_placeholder(out, count++);
        }
    }
    return moved;
}

static void print_again(struct sgr_arena *arena, const struct sgr_promql_expr *expr, size_t holes,
                        unsigned kinds)
{
    const struct sgr_promql_expr *again = NULL;
    struct sgr_buf printed, once, twice;
    struct sgr_promql_error why;
    const char *flag;
    sgr_buf_init(&printed, 64 << 20);
    sgr_buf_init(&once, 64 << 20);
    sgr_buf_init(&twice, 64 << 20);
    sgr_promql_print(expr, &printed);
    kinds = renumber(sgr_buf_str(&printed), kinds, &once);
    if (!parse(arena, sgr_buf_str(&once), holes, kinds, &again)) {
        fuzz_fail("what was printed does not parse: %s", once.ptr);
    }
    sgr_promql_print(again, &twice);
    if (!sgr_str_equal(sgr_buf_str(&once), sgr_buf_str(&twice))) {
        fuzz_fail("printed %s, then %s", once.ptr, twice.ptr);
    }
    if (sgr_promql_type(expr) != sgr_promql_type(again) ||
        sgr_promql_one_number(arena, expr, NULL) != sgr_promql_one_number(arena, again, NULL)) {
        fuzz_fail("printing changed what %s is", once.ptr);
    }
    (void)sgr_promql_experimental(expr, &flag, &why);
    sgr_buf_release(&printed);
    sgr_buf_release(&once);
    sgr_buf_release(&twice);
}

/* Each byte 1, up to HOLES of them, stands for the placeholder of a hole. */
static size_t place_holes(sgr_str input, struct sgr_buf *text)
{
    size_t holes = 0;
    for (size_t i = 0; i < input.len; i++) {
        if (input.ptr[i] == 1 && holes < HOLES) {
            sgr_promql_placeholder(text, holes++);
        } else {
            sgr_buf_byte(text, input.ptr[i]);
        }
    }
    return holes;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    struct sgr_arena *arena = sgr_arena_new();
    const struct sgr_promql_expr *expr = NULL;
    struct sgr_buf placed;
    sgr_buf_init(&placed, 1 << 20);
    size_t holes = place_holes((sgr_str){(const char *)data + 1, size - 1}, &placed);
    char *text = fuzz_copy(sgr_buf_str(&placed));
    if (parse(arena, (sgr_str){text, placed.len}, holes, data[0], &expr)) {
        print_again(arena, expr, holes, data[0]);
    }
    sgr_buf_release(&placed);
    sgr_arena_free(arena);
    free(text);
    return 0;
}
