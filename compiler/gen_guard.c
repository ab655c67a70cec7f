/* Guards, scenarios and invariants: conditions that tell, beside their answer, the values that they
 * were judged by. */
#include "compiler/gen_private.h"

void sgr_gen_keep(struct sgr_gen_fn *f, const struct sgr_expr *expr, unsigned value)
{
    unsigned mark = f->top;
    unsigned item = sgr_gen_reg(f);
    struct sgr_gen_record record;
    sgr_gen_record_begin(&record, f, false);
    sgr_gen_record_text(&record, "text", sgr_gen_text(f->gen, expr));
    unsigned slot = sgr_gen_record_slot(&record);
    sgr_gen_move(f, slot, value);
    sgr_gen_record_put(&record, SGR_STR("value"), slot);
    sgr_gen_record_end(&record, item);
    SGR_EMIT(f, BUILD_ADD, (unsigned)f->keep, item, 0);
    f->top = mark;
}

static void begin_keeping(struct sgr_gen_fn *f, bool results)
{
    f->keep = (int)sgr_gen_reg(f);
    f->keep_results = results;
    SGR_EMIT(f, BUILD_LIST, (unsigned)f->keep, 0, 0);
}

static void put_kept(struct sgr_gen_record *record)
{
    struct sgr_gen_fn *f = record->f;
    unsigned slot = sgr_gen_record_slot(record);
    SGR_EMIT(f, BUILD_END, slot, (unsigned)f->keep, 0);
    sgr_gen_record_put(record, SGR_STR("values"), slot);
}

/* ---- guards ---- */

/* Returns { verdict, text, values }; `text` is a register. */
static void return_verdict(struct sgr_gen_fn *f, const char *verdict, unsigned text)
{
    unsigned mark = f->top;
    unsigned dst = sgr_gen_reg(f);
    struct sgr_gen_record record;
    sgr_gen_record_begin(&record, f, false);
    sgr_gen_record_text(&record, "verdict", sgr_str_from(verdict));
    unsigned slot = sgr_gen_record_slot(&record);
    sgr_gen_move(f, slot, text);
    sgr_gen_record_put(&record, SGR_STR("text"), slot);
    put_kept(&record);
    sgr_gen_record_end(&record, dst);
    SGR_EMIT(f, RETURN, dst, 0, 0);
    f->top = mark;
}

static void judge_require(struct sgr_gen_fn *f, const struct sgr_entry *entry, unsigned unused)
{
    (void)unused;
    unsigned mark = f->top;
    unsigned passed = sgr_gen_regs(f, 3);
    unsigned failure = passed + 1, text = passed + 2;
    sgr_gen_place(f, entry->span);
    struct sgr_gen_try try = sgr_gen_try_begin(f, failure);
    sgr_gen_expr(f, entry->value, passed);
    sgr_gen_try_handler(f, &try);
    sgr_gen_only_kind(f, failure, "no_signal");
    sgr_gen_field(f, text, failure, SGR_STR("text"), false);
    return_verdict(f, "no_signal", text);
    sgr_gen_try_end(f, &try);
    size_t next = sgr_gen_jump(f, SGR_OPCODE(JUMP_IF), passed);
    if (entry->target != NULL) {
        sgr_gen_expr(f, entry->target, text);
    } else {
        sgr_gen_load_str(f, text, sgr_gen_text(f->gen, entry->value));
    }
    return_verdict(f, entry->else_no_signal ? "no_signal" : "breach", text);
    sgr_gen_land(f, next);
    f->top = mark;
}

typedef void (*on_require)(struct sgr_gen_fn *f, const struct sgr_entry *entry, unsigned builder);

static void each_require(struct sgr_gen_fn *f, const struct sgr_block *block, on_require visit,
                         unsigned builder)
{
    for (size_t i = 0; block != NULL && i < block->count; i++) {
        const struct sgr_entry *entry = &block->entries[i];
        unsigned mark = f->top;
        if (entry->kind == SGR_ENTRY_REQUIRE) {
            visit(f, entry, builder);
        } else if (entry->kind == SGR_ENTRY_IF) {
            size_t no = sgr_gen_unless(f, entry->value);
            f->top = mark;
            each_require(f, entry->block, visit, builder);
            size_t over = sgr_gen_jump(f, SGR_OPCODE(JUMP), 0);
            sgr_gen_land(f, no);
            each_require(f, entry->otherwise, visit, builder);
            sgr_gen_land(f, over);
        } else if (entry->kind == SGR_ENTRY_FOR) {
            struct sgr_gen_loop loop = sgr_gen_loop_begin(f, entry->value, entry->loop);
            each_require(f, entry->block, visit, builder);
            sgr_gen_loop_end(f, &loop);
        }
    }
}

void sgr_gen_judge(struct sgr_gen_fn *f, const struct sgr_decl *guard, unsigned dst)
{
    struct sgr_gen_free taken = {0};
    sgr_gen_free_block(f, guard->block, &taken);
    struct sgr_gen_fn inner;
    bool remembers = guard->block_kind == SGR_BLOCK_GUARD;
    sgr_gen_inner_begin(&inner, f, "judge", remembers ? 2 : 1, true, &taken);
    inner.memory = remembers ? 1 : -1;
    begin_keeping(&inner, false);
    each_require(&inner, guard->block, judge_require, 0);
    unsigned text = sgr_gen_reg(&inner);
    sgr_gen_load_str(&inner, text, SGR_STR(""));
    return_verdict(&inner, "pass", text);
    sgr_gen_inner_end(&inner, f, &taken, dst);
}

static void watch_require(struct sgr_gen_fn *f, const struct sgr_entry *entry, unsigned builder)
{
    sgr_gen_watch(f, entry->value, builder);
}

void sgr_gen_watcher(struct sgr_gen_fn *f, const struct sgr_decl *guard, unsigned dst)
{
    struct sgr_gen_free taken = {0};
    sgr_gen_free_block(f, guard->block, &taken);
    struct sgr_gen_fn inner;
    sgr_gen_inner_begin(&inner, f, "watch", 1, true, &taken);
    unsigned list = sgr_gen_reg(&inner);
    SGR_EMIT(&inner, BUILD_LIST, list, 0, 0);
    each_require(&inner, guard->block, watch_require, list);
    SGR_EMIT(&inner, BUILD_END, list, list, 0);
    SGR_EMIT(&inner, RETURN, list, 0, 0);
    sgr_gen_inner_end(&inner, f, &taken, dst);
}

void sgr_gen_guard_closure(struct sgr_gen_fn *f, const struct sgr_decl *guard, unsigned dst)
{
    struct sgr_gen_free taken = {0};
    sgr_gen_free_params(f, guard->params, guard->param_count, &taken);
    sgr_gen_free_block(f, guard->block, &taken);
    struct sgr_gen_fn inner;
    sgr_gen_inner_begin(&inner, f, "guard", (unsigned)guard->param_count, false, &taken);
    for (size_t i = 0; i < guard->param_count; i++) {
        sgr_gen_bind(&inner, guard->params[i].name.span, (unsigned)i);
    }
    sgr_gen_defaults(&inner, guard->params, guard->param_count, 0);
    unsigned record = sgr_gen_reg(&inner);
    sgr_gen_block(&inner, guard, record);
    SGR_EMIT(&inner, RETURN, record, 0, 0);
    sgr_gen_inner_end(&inner, f, &taken, dst);
}

/* ---- tests over the results of a simulation ---- */

static void gen_test(struct sgr_gen_fn *f, const struct sgr_expr *condition, unsigned dst)
{
    struct sgr_gen_free taken = {0};
    sgr_gen_free_expr(f, condition, &taken);
    struct sgr_gen_fn inner;
    sgr_gen_inner_begin(&inner, f, "test", 1, true, &taken);
    begin_keeping(&inner, true);
    unsigned answer = sgr_gen_reg(&inner);
    struct sgr_gen_record record;
    sgr_gen_record_begin(&record, &inner, false);
    sgr_gen_record_expr(&record, SGR_STR("ok"), condition);
    put_kept(&record);
    sgr_gen_record_end(&record, answer);
    SGR_EMIT(&inner, RETURN, answer, 0, 0);
    sgr_gen_inner_end(&inner, f, &taken, dst);
}

static void put_test(struct sgr_gen_record *record, const struct sgr_expr *condition)
{
    sgr_gen_record_text(record, "text", sgr_gen_text(record->f->gen, condition));
    unsigned slot = sgr_gen_record_slot(record);
    sgr_gen_load(record->f, slot, sgr_int(sgr_gen_line(record->f->gen, condition->span)));
    sgr_gen_record_put(record, SGR_STR("line"), slot);
    slot = sgr_gen_record_slot(record);
    gen_test(record->f, condition, slot);
    sgr_gen_record_put(record, SGR_STR("test"), slot);
}

void sgr_gen_invariant(struct sgr_gen_fn *f, const struct sgr_decl *decl, unsigned dst)
{
    struct sgr_gen_record record;
    sgr_gen_record_begin(&record, f, false);
    sgr_gen_header(&record, decl, "invariant");
    put_test(&record, decl->value);
    sgr_gen_record_end(&record, dst);
}

/* ---- scenarios ---- */

static sgr_str last_name(const struct sgr_expr *expr)
{
    if (expr->kind == SGR_EXPR_FIELD) {
        return expr->u.field.name.text;
    }
    return expr->kind == SGR_EXPR_NAME ? expr->u.name.text : SGR_STR("");
}

/* "new", "old", or "" for any other value. */
static const char *track_word(const struct sgr_expr *expr)
{
    if (expr->symbol == NULL) {
        return "";
    }
    return expr->symbol->kind == SGR_SYM_NEW   ? "new"
           : expr->symbol->kind == SGR_SYM_OLD ? "old"
                                               : "";
}

static void put_given(struct sgr_gen_record *record, const struct sgr_entry *entry)
{
    const struct sgr_expr *target = entry->target;
    const char *track = "";
    if (target->kind == SGR_EXPR_CALL) {
        for (size_t i = 0; i < target->u.call.count; i++) {
            const char *word = track_word(target->u.call.args[i].value);
            track = word[0] != '\0' ? word : track;
        }
        target = target->u.call.callee;
    }
    sgr_gen_record_text(record, "kind", SGR_STR("given"));
    sgr_gen_record_text(record, "metric", last_name(target));
    sgr_gen_record_text(record, "track", sgr_str_from(track));
    const struct sgr_expr *value = entry->value;
    if (value->kind == SGR_EXPR_NAME &&
        (value->symbol == NULL || value->symbol->kind == SGR_SYM_WORD)) {
        sgr_gen_record_text(record, "value", value->u.name.text);
    } else {
        sgr_gen_record_expr(record, SGR_STR("value"), value);
    }
}

static void put_fault(struct sgr_gen_record *record, const struct sgr_entry *entry)
{
    struct sgr_gen_fn *f = record->f;
    sgr_gen_record_text(record, "kind", SGR_STR("fault"));
    sgr_gen_record_text(record, "name", entry->key.text);
    unsigned slot = sgr_gen_record_slot(record);
    SGR_EMIT(f, BUILD_LIST, slot, 0, 0);
    for (size_t i = 0; i < entry->arg_count; i++) {
        unsigned item = sgr_gen_reg(f);
        const char *track = track_word(entry->args[i].value);
        if (track[0] != '\0') {
            sgr_gen_load_str(f, item, sgr_str_from(track));
        } else {
            sgr_gen_expr(f, entry->args[i].value, item);
        }
        SGR_EMIT(f, BUILD_ADD, slot, item, 0);
        f->top = item;
    }
    SGR_EMIT(f, BUILD_END, slot, slot, 0);
    sgr_gen_record_put(record, SGR_STR("args"), slot);
    if (entry->target != NULL) {
        sgr_gen_record_expr(record, SGR_STR("length"), entry->target);
    }
}

enum part { ACTIONS, MOMENTS, EXPECTS };
static void add_entries(struct sgr_gen_fn *f, const struct sgr_block *block, enum part part,
                        unsigned builder);

static void put_actions(struct sgr_gen_record *record, const struct sgr_block *block)
{
    struct sgr_gen_fn *f = record->f;
    unsigned slot = sgr_gen_record_slot(record);
    SGR_EMIT(f, BUILD_LIST, slot, 0, 0);
    add_entries(f, block, ACTIONS, slot);
    SGR_EMIT(f, BUILD_END, slot, slot, 0);
    sgr_gen_record_put(record, SGR_STR("actions"), slot);
}

/* Adds what one entry gives to the list under construction; nothing where it is of another part. */
static void add_entry(struct sgr_gen_fn *f, const struct sgr_entry *entry, enum part part,
                      unsigned builder)
{
    bool wanted =
        (part == ACTIONS && (entry->kind == SGR_ENTRY_GIVEN || entry->kind == SGR_ENTRY_FAULT)) ||
        (part == MOMENTS && entry->kind == SGR_ENTRY_AT) ||
        (part == EXPECTS && entry->kind == SGR_ENTRY_EXPECT);
    if (!wanted) {
        return;
    }
    unsigned mark = f->top;
    unsigned item = sgr_gen_reg(f);
    struct sgr_gen_record record;
    sgr_gen_record_begin(&record, f, false);
    if (entry->kind == SGR_ENTRY_GIVEN) {
        put_given(&record, entry);
    } else if (entry->kind == SGR_ENTRY_FAULT) {
        put_fault(&record, entry);
    } else if (entry->kind == SGR_ENTRY_AT) {
        sgr_gen_record_expr(&record, SGR_STR("at"), entry->value);
        put_actions(&record, entry->block);
    } else {
        put_test(&record, entry->value);
    }
    sgr_gen_record_end(&record, item);
    SGR_EMIT(f, BUILD_ADD, builder, item, 0);
    f->top = mark;
}

static void add_entries(struct sgr_gen_fn *f, const struct sgr_block *block, enum part part,
                        unsigned builder)
{
    for (size_t i = 0; block != NULL && i < block->count; i++) {
        const struct sgr_entry *entry = &block->entries[i];
        unsigned mark = f->top;
        if (entry->kind == SGR_ENTRY_IF) {
            size_t no = sgr_gen_unless(f, entry->value);
            f->top = mark;
            add_entries(f, entry->block, part, builder);
            size_t over = sgr_gen_jump(f, SGR_OPCODE(JUMP), 0);
            sgr_gen_land(f, no);
            add_entries(f, entry->otherwise, part, builder);
            sgr_gen_land(f, over);
        } else if (entry->kind == SGR_ENTRY_FOR) {
            struct sgr_gen_loop loop = sgr_gen_loop_begin(f, entry->value, entry->loop);
            add_entries(f, entry->block, part, builder);
            sgr_gen_loop_end(f, &loop);
        } else {
            add_entry(f, entry, part, builder);
        }
    }
}

static bool has_actions(const struct sgr_block *block)
{
    for (size_t i = 0; block != NULL && i < block->count; i++) {
        const struct sgr_entry *entry = &block->entries[i];
        if (entry->kind == SGR_ENTRY_GIVEN || entry->kind == SGR_ENTRY_FAULT) {
            return true;
        }
        if ((entry->kind == SGR_ENTRY_IF || entry->kind == SGR_ENTRY_FOR) &&
            (has_actions(entry->block) || has_actions(entry->otherwise))) {
            return true;
        }
    }
    return false;
}

/* What holds from the start is the first event. */
static void add_start(struct sgr_gen_fn *f, const struct sgr_block *block, unsigned builder)
{
    if (!has_actions(block)) {
        return;
    }
    unsigned mark = f->top;
    unsigned item = sgr_gen_reg(f);
    struct sgr_gen_record record;
    sgr_gen_record_begin(&record, f, false);
    unsigned slot = sgr_gen_record_slot(&record);
    sgr_gen_load(f, slot, sgr_unit_i(SGR_DURATION, 0));
    sgr_gen_record_put(&record, SGR_STR("at"), slot);
    put_actions(&record, block);
    sgr_gen_record_end(&record, item);
    SGR_EMIT(f, BUILD_ADD, builder, item, 0);
    f->top = mark;
}

static void put_run(struct sgr_gen_record *record, const struct sgr_block *block)
{
    const struct sgr_entry *run = NULL;
    for (size_t i = 0; i < block->count && run == NULL; i++) {
        run = block->entries[i].kind == SGR_ENTRY_RUN ? &block->entries[i] : NULL;
    }
    sgr_str name = run == NULL ? SGR_STR("") : run->key.text;
    sgr_gen_record_text(record, "rollout", sgr_gen_dashed(record->f->gen, name));
    unsigned slot = sgr_gen_record_slot(record);
    struct sgr_block none = {0};
    sgr_gen_record_literal(record->f, run != NULL && run->block != NULL ? run->block : &none, slot);
    sgr_gen_record_put(record, SGR_STR("params"), slot);
}

void sgr_gen_scenario(struct sgr_gen_fn *f, const struct sgr_decl *decl, unsigned dst)
{
    struct sgr_gen_record record;
    sgr_gen_record_begin(&record, f, false);
    sgr_gen_header(&record, decl, "scenario");
    put_run(&record, decl->block);
    unsigned slot = sgr_gen_record_slot(&record);
    SGR_EMIT(f, BUILD_LIST, slot, 0, 0);
    add_start(f, decl->block, slot);
    add_entries(f, decl->block, MOMENTS, slot);
    SGR_EMIT(f, BUILD_END, slot, slot, 0);
    sgr_gen_record_put(&record, SGR_STR("events"), slot);
    slot = sgr_gen_record_slot(&record);
    SGR_EMIT(f, BUILD_LIST, slot, 0, 0);
    add_entries(f, decl->block, EXPECTS, slot);
    SGR_EMIT(f, BUILD_END, slot, slot, 0);
    sgr_gen_record_put(&record, SGR_STR("expects"), slot);
    sgr_gen_record_end(&record, dst);
}
