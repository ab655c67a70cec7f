/* What a guard remembers between two samples. `watch` looks at every counter and at what the tests
 * compare, before any condition is judged, so that no condition keeps another from being seen; the
 * conditions then recall what std/judges made of it. What stands inside a function or a
 * comprehension cannot be watched: it has no signal. It must never judge. */
#include "compiler/gen_private.h"

/* The tests over samples, and how many of their parameters are metrics. */
static const struct {
    const char *name;
    size_t samples, params;
} tests[] = {{"not_worse", 4, 5}, {"similar", 2, 4}};
enum { NO_TEST = sizeof tests / sizeof *tests, SHOWN = 3 };

static size_t which_test(const struct sgr_expr *expr)
{
    const struct sgr_symbol *symbol =
        expr->kind == SGR_EXPR_CALL ? expr->u.call.callee->symbol : NULL;
    size_t test = symbol != NULL && symbol->kind == SGR_SYM_BUILTIN ? 0 : NO_TEST;
    while (test < NO_TEST && !sgr_str_is(symbol->name, tests[test].name)) {
        test++;
    }
    return test;
}

static bool is_counter(const struct sgr_expr *expr)
{
    return expr->kind == SGR_EXPR_CALL &&
           sgr_gen_is_block(expr->u.call.callee->symbol, SGR_BLOCK_METRIC) && expr->type != NULL &&
           expr->type->kind == SGR_T_COUNT;
}

bool sgr_gen_remembers(const struct sgr_expr *call)
{
    return is_counter(call) || which_test(call) < NO_TEST;
}

/* ---- looking ---- */

/* One sample, or why there is none, as { of, value, silence }. */
static void add_sample(struct sgr_gen_fn *f, const struct sgr_expr *call, const char *test,
                       unsigned builder)
{
    unsigned mark = f->top;
    unsigned item = sgr_gen_regs(f, 5);
    unsigned query = item + 1, value = item + 2, silence = item + 3, failure = item + 4;
    sgr_gen_place(f, call->span);
    sgr_gen_query_call(f, call, query);
    sgr_gen_load_str(f, silence, SGR_STR(""));
    struct sgr_gen_try try = sgr_gen_try_begin(f, failure);
    sgr_gen_move(f, value, query);
    SGR_EMIT(f, EFFECT, value, SGR_EFFECT_SAMPLE, 1);
    sgr_gen_try_handler(f, &try);
    sgr_gen_only_kind(f, failure, "no_signal");
    sgr_gen_field(f, silence, failure, SGR_STR("text"), false);
    sgr_gen_load(f, value, sgr_number(0));
    sgr_gen_try_end(f, &try);
    struct sgr_gen_record record;
    sgr_gen_record_begin(&record, f, false);
    sgr_gen_record_text(&record, "test", sgr_str_from(test));
    unsigned slot = sgr_gen_record_slot(&record);
    sgr_gen_field(f, slot, query, SGR_STR("promql"), false);
    SGR_EMIT(f, LIST, slot, slot, 1);
    sgr_gen_record_put(&record, SGR_STR("of"), slot);
    slot = sgr_gen_record_slot(&record);
    sgr_gen_move(f, slot, value);
    sgr_gen_record_put(&record, SGR_STR("value"), slot);
    slot = sgr_gen_record_slot(&record);
    sgr_gen_move(f, slot, silence);
    sgr_gen_record_put(&record, SGR_STR("silence"), slot);
    sgr_gen_record_end(&record, item);
    SGR_EMIT(f, BUILD_ADD, builder, item, 0);
    f->top = mark;
}

/* The queries of a test, as a list: with its name, the key of what is remembered. */
static void put_of(struct sgr_gen_record *record, const struct sgr_expr *call, size_t count)
{
    struct sgr_gen_fn *f = record->f;
    unsigned slot = sgr_gen_record_slot(record);
    SGR_EMIT(f, BUILD_LIST, slot, 0, 0);
    for (size_t i = 0; i < count; i++) {
        unsigned query = sgr_gen_reg(f);
        sgr_gen_query_call(f, count == 1 ? call : sgr_gen_argument(call, i), query);
        sgr_gen_field(f, query, query, SGR_STR("promql"), false);
        SGR_EMIT(f, BUILD_ADD, slot, query, 0);
        f->top = query;
    }
    SGR_EMIT(f, BUILD_END, slot, slot, 0);
    sgr_gen_record_put(record, SGR_STR("of"), slot);
}

/* The parameters behind the metrics, absent where they are left out; the texts of the metrics. */
static void put_limits(struct sgr_gen_record *record, const struct sgr_expr *call, size_t test)
{
    struct sgr_gen_fn *f = record->f;
    static const char *const keys[] = {"limit", "tolerance"};
    for (size_t i = tests[test].samples; i < tests[test].params; i++) {
        const struct sgr_expr *limit = sgr_gen_argument(call, i);
        if (limit != NULL) {
            sgr_gen_record_expr(record, sgr_str_from(keys[i - tests[test].samples]), limit);
        }
    }
    unsigned slot = sgr_gen_record_slot(record);
    SGR_EMIT(f, BUILD_LIST, slot, 0, 0);
    for (size_t i = 0; i < tests[test].samples; i++) {
        unsigned text = sgr_gen_reg(f);
        sgr_gen_load_str(f, text, sgr_gen_text(f->gen, sgr_gen_argument(call, i)));
        SGR_EMIT(f, BUILD_ADD, slot, text, 0);
        f->top = text;
    }
    SGR_EMIT(f, BUILD_END, slot, slot, 0);
    sgr_gen_record_put(record, SGR_STR("texts"), slot);
}

static void add_test(struct sgr_gen_fn *f, const struct sgr_expr *call, unsigned builder)
{
    size_t test = which_test(call);
    unsigned mark = f->top;
    unsigned item = sgr_gen_reg(f);
    struct sgr_gen_record record;
    sgr_gen_place(f, call->span);
    sgr_gen_record_begin(&record, f, false);
    sgr_gen_record_text(&record, "test", sgr_str_from(tests[test].name));
    put_of(&record, call, tests[test].samples);
    put_limits(&record, call, test);
    unsigned slot = sgr_gen_record_slot(&record);
    SGR_EMIT(f, BUILD_LIST, slot, 0, 0);
    for (size_t i = 0; i < tests[test].samples; i++) {
        add_sample(f, sgr_gen_argument(call, i), "sample", slot);
    }
    SGR_EMIT(f, BUILD_END, slot, slot, 0);
    sgr_gen_record_put(&record, SGR_STR("samples"), slot);
    sgr_gen_record_end(&record, item);
    SGR_EMIT(f, BUILD_ADD, builder, item, 0);
    f->top = mark;
}

void sgr_gen_watch(struct sgr_gen_fn *f, const struct sgr_expr *expr, unsigned builder)
{
    switch (expr->kind) {
    case SGR_EXPR_CALL:
        if (is_counter(expr)) {
            add_sample(f, expr, "counter", builder);
        } else if (which_test(expr) < NO_TEST) {
            add_test(f, expr, builder);
        } else {
            for (size_t i = 0; i < expr->u.call.count; i++) {
                sgr_gen_watch(f, expr->u.call.args[i].value, builder);
            }
        }
        break;
    case SGR_EXPR_UNARY:
        sgr_gen_watch(f, expr->u.unary.operand, builder);
        break;
    case SGR_EXPR_BINARY:
        sgr_gen_watch(f, expr->u.binary.left, builder);
        sgr_gen_watch(f, expr->u.binary.right, builder);
        break;
    case SGR_EXPR_IF:
        sgr_gen_watch(f, expr->u.cond.test, builder);
        sgr_gen_watch(f, expr->u.cond.then, builder);
        sgr_gen_watch(f, expr->u.cond.otherwise, builder);
        break;
    case SGR_EXPR_LIST:
        for (size_t i = 0; i < expr->u.list.count; i++) {
            sgr_gen_watch(f, expr->u.list.items[i], builder);
        }
        break;
    default:
        break;
    }
}

/* ---- recalling ---- */

/* What a test is judged by goes into the values of the condition: { text, value } each. */
static void show(struct sgr_gen_fn *f, unsigned found)
{
    static const char *const keys[SHOWN] = {"first", "second", "third"};
    unsigned item = sgr_gen_reg(f);
    for (size_t i = 0; i < SHOWN && f->keep >= 0; i++) {
        sgr_gen_field(f, item, found, sgr_str_from(keys[i]), false);
        SGR_EMIT(f, BUILD_ADD, (unsigned)f->keep, item, 0);
    }
    f->top = item;
}

void sgr_gen_recall(struct sgr_gen_fn *f, const struct sgr_expr *call, unsigned dst)
{
    unsigned mark = f->top;
    size_t test = which_test(call);
    unsigned base = sgr_gen_regs(f, 2);
    struct sgr_gen_record record;
    sgr_gen_record_begin(&record, f, false);
    sgr_gen_record_text(&record, "test",
                        sgr_str_from(test < NO_TEST ? tests[test].name : "counter"));
    put_of(&record, call, test < NO_TEST ? tests[test].samples : 1);
    sgr_gen_record_end(&record, base + 1);
    sgr_gen_move(f, base, (unsigned)f->memory);
    sgr_gen_place(f, call->span);
    SGR_EMIT(f, BUILTIN, base, sgr_gen_builtin("recalled"), 2);
    if (test < NO_TEST) {
        show(f, base);
    }
    sgr_gen_field(f, dst, base, test < NO_TEST ? SGR_STR("holds") : SGR_STR("gain"), false);
    f->top = mark;
}
