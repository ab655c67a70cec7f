/* The conditions of a guard as data, for targets that judge elsewhere: what is compared with what,
 * and the query of each metric. It answers no effect: what needs one beside a metric is marked as
 * unknown. */
#include "compiler/gen_private.h"

static const char *const operator_words[] = {
    [SGR_OP_NEG] = "-", [SGR_OP_NOT] = "not", [SGR_OP_MUL] = "*",    [SGR_OP_DIV] = "/",
    [SGR_OP_ADD] = "+", [SGR_OP_SUB] = "-",   [SGR_OP_RANGE] = "..", [SGR_OP_EQ] = "==",
    [SGR_OP_NE] = "!=", [SGR_OP_LT] = "<",    [SGR_OP_LE] = "<=",    [SGR_OP_GT] = ">",
    [SGR_OP_GE] = ">=", [SGR_OP_AND] = "and", [SGR_OP_OR] = "or",    [SGR_OP_DEFAULT] = "??",
};

static bool is_metric_call(const struct sgr_expr *expr)
{
    return expr->kind == SGR_EXPR_CALL &&
           sgr_gen_is_block(expr->u.call.callee->symbol, SGR_BLOCK_METRIC);
}

static void note_effect(void *self, const struct sgr_expr *expr, const struct sgr_stmt *stmt)
{
    const struct sgr_symbol *symbol =
        expr != NULL && expr->kind == SGR_EXPR_CALL ? expr->u.call.callee->symbol : NULL;
    (void)stmt;
    if (symbol != NULL && (symbol->effectful || symbol->kind == SGR_SYM_EFFECT)) {
        *(bool *)self = true;
    }
}

static bool has_effect(const struct sgr_expr *expr)
{
    bool found = false;
    sgr_gen_walk_expr(expr, note_effect, &found);
    return found;
}

static void gen_tree(struct sgr_gen_fn *f, const struct sgr_expr *expr, unsigned dst);

static void put_tree(struct sgr_gen_record *record, const char *key, const struct sgr_expr *expr)
{
    unsigned slot = sgr_gen_record_slot(record);
    gen_tree(record->f, expr, slot);
    sgr_gen_record_put(record, sgr_str_from(key), slot);
}

static void put_sample(struct sgr_gen_record *record, const struct sgr_expr *call)
{
    const struct sgr_decl *metric = call->u.call.callee->symbol->decl;
    sgr_gen_record_text(record, "op", SGR_STR("sample"));
    sgr_gen_record_text(record, "metric", sgr_gen_metric_word(metric));
    unsigned slot = sgr_gen_record_slot(record);
    sgr_gen_query_call(record->f, call, slot);
    sgr_gen_field(record->f, slot, slot, SGR_STR("promql"), false);
    sgr_gen_record_put(record, SGR_STR("query"), slot);
}

/* { op, left, right }, { op = "sample", metric, query }, { op = "value", value } or
 * { op = "unknown", text }. */
static void gen_tree(struct sgr_gen_fn *f, const struct sgr_expr *expr, unsigned dst)
{
    struct sgr_gen_record record;
    sgr_gen_record_begin(&record, f, false);
    if (is_metric_call(expr)) {
        put_sample(&record, expr);
    } else if (!has_effect(expr)) {
        sgr_gen_record_text(&record, "op", SGR_STR("value"));
        sgr_gen_record_expr(&record, SGR_STR("value"), expr);
    } else if (expr->kind == SGR_EXPR_BINARY) {
        sgr_gen_record_text(&record, "op", sgr_str_from(operator_words[expr->u.binary.op]));
        put_tree(&record, "left", expr->u.binary.left);
        put_tree(&record, "right", expr->u.binary.right);
    } else if (expr->kind == SGR_EXPR_UNARY) {
        sgr_gen_record_text(&record, "op", sgr_str_from(operator_words[expr->u.unary.op]));
        put_tree(&record, "right", expr->u.unary.operand);
    } else {
        sgr_gen_record_text(&record, "op", SGR_STR("unknown"));
        sgr_gen_record_text(&record, "text", sgr_gen_text(f->gen, expr));
    }
    sgr_gen_record_end(&record, dst);
}

static void add_require(struct sgr_gen_fn *f, const struct sgr_entry *entry, unsigned builder)
{
    unsigned mark = f->top;
    unsigned item = sgr_gen_reg(f);
    struct sgr_gen_record record;
    sgr_gen_place(f, entry->span);
    sgr_gen_record_begin(&record, f, false);
    sgr_gen_record_text(&record, "text", sgr_gen_text(f->gen, entry->value));
    unsigned slot = sgr_gen_record_slot(&record);
    sgr_gen_load(f, slot, sgr_bool(entry->else_no_signal));
    sgr_gen_record_put(&record, SGR_STR("signal"), slot);
    put_tree(&record, "tree", entry->value);
    sgr_gen_record_end(&record, item);
    SGR_EMIT(f, BUILD_ADD, builder, item, 0);
    f->top = mark;
}

static void add_entries(struct sgr_gen_fn *f, const struct sgr_block *block, unsigned builder)
{
    for (size_t i = 0; block != NULL && i < block->count; i++) {
        const struct sgr_entry *entry = &block->entries[i];
        unsigned mark = f->top;
        if (entry->kind == SGR_ENTRY_REQUIRE) {
            add_require(f, entry, builder);
        } else if (entry->kind == SGR_ENTRY_IF) {
            size_t no = sgr_gen_unless(f, entry->value);
            f->top = mark;
            add_entries(f, entry->block, builder);
            size_t over = sgr_gen_jump(f, SGR_OPCODE(JUMP), 0);
            sgr_gen_land(f, no);
            add_entries(f, entry->otherwise, builder);
            sgr_gen_land(f, over);
        } else if (entry->kind == SGR_ENTRY_FOR) {
            struct sgr_gen_loop loop = sgr_gen_loop_begin(f, entry->value, entry->loop);
            add_entries(f, entry->block, builder);
            sgr_gen_loop_end(f, &loop);
        }
    }
}

void sgr_gen_conditions(struct sgr_gen_fn *f, const struct sgr_decl *guard, unsigned dst)
{
    struct sgr_gen_free taken = {0};
    sgr_gen_free_block(f, guard->block, &taken);
    struct sgr_gen_fn inner;
    sgr_gen_inner_begin(&inner, f, "conditions", 1, true, &taken);
    unsigned list = sgr_gen_reg(&inner);
    SGR_EMIT(&inner, BUILD_LIST, list, 0, 0);
    add_entries(&inner, guard->block, list);
    SGR_EMIT(&inner, BUILD_END, list, list, 0);
    SGR_EMIT(&inner, RETURN, list, 0, 0);
    sgr_gen_inner_end(&inner, f, &taken, dst);
}
