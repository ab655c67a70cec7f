/* Statements: control around effects. A failure leaves a construct only through its handler, so
 * every TRY and WITHIN that is opened here is closed on every path that goes on. */
#include "compiler/gen_private.h"

/* ---- handlers ---- */

struct sgr_gen_try sgr_gen_try_begin(struct sgr_gen_fn *f, unsigned failure)
{
    struct sgr_gen_try try = {.failure = failure};
    try.at = sgr_gen_jump(f, SGR_OPCODE(TRY), failure);
    f->guarded++;
    return try;
}

void sgr_gen_try_handler(struct sgr_gen_fn *f, struct sgr_gen_try *try)
{
    SGR_EMIT(f, END_TRY, 0, 0, 0);
    f->guarded--;
    try->over = sgr_gen_jump(f, SGR_OPCODE(JUMP), 0);
    sgr_gen_land(f, try->at);
}

void sgr_gen_try_end(struct sgr_gen_fn *f, struct sgr_gen_try *try)
{
    sgr_gen_land(f, try->over);
}

/* A jump taken when the failure is of this kind. */
static size_t jump_if_kind(struct sgr_gen_fn *f, unsigned failure, const char *kind)
{
    unsigned mark = f->top;
    unsigned found = sgr_gen_regs(f, 2);
    sgr_gen_field(f, found, failure, SGR_STR("kind"), false);
    sgr_gen_load_str(f, found + 1, sgr_str_from(kind));
    SGR_EMIT(f, EQ, found, found, found + 1);
    size_t jump = sgr_gen_jump(f, SGR_OPCODE(JUMP_IF), found);
    f->top = mark;
    return jump;
}

void sgr_gen_only_kind(struct sgr_gen_fn *f, unsigned failure, const char *kind)
{
    size_t same = jump_if_kind(f, failure, kind);
    SGR_EMIT(f, RAISE, failure, 0, 0);
    sgr_gen_land(f, same);
}

/* ---- reports ---- */

/* effect.report(kind, fields) with the fields in `record`, which it ends. */
static void report(struct sgr_gen_record *record, unsigned base, const char *kind)
{
    struct sgr_gen_fn *f = record->f;
    sgr_gen_record_end(record, base + 1);
    sgr_gen_load_str(f, base, sgr_str_from(kind));
    SGR_EMIT(f, EFFECT, base, SGR_EFFECT_REPORT, 2);
    f->top = base;
}

static unsigned report_begin(struct sgr_gen_fn *f, struct sgr_gen_record *record)
{
    unsigned base = sgr_gen_regs(f, 2);
    sgr_gen_record_begin(record, f, false);
    return base;
}

static void put_reg(struct sgr_gen_record *record, const char *key, unsigned reg)
{
    unsigned slot = sgr_gen_record_slot(record);
    sgr_gen_move(record->f, slot, reg);
    sgr_gen_record_put(record, sgr_str_from(key), slot);
}

static void put_failure(struct sgr_gen_record *record, unsigned failure)
{
    static const char *const keys[] = {"kind", "text"};
    for (size_t i = 0; i < 2; i++) {
        unsigned slot = sgr_gen_record_slot(record);
        sgr_gen_field(record->f, slot, failure, sgr_str_from(keys[i]), false);
        sgr_gen_record_put(record, sgr_str_from(keys[i]), slot);
    }
}

/* ---- step ---- */

static void gen_step(struct sgr_gen_fn *f, const struct sgr_stmt *stmt)
{
    unsigned name = sgr_gen_regs(f, 2);
    unsigned failure = name + 1;
    struct sgr_gen_record record;
    sgr_gen_expr(f, stmt->value, name);
    unsigned base = report_begin(f, &record);
    put_reg(&record, "name", name);
    unsigned line = sgr_gen_record_slot(&record);
    sgr_gen_load(f, line, sgr_int(sgr_gen_line(f->gen, stmt->span)));
    sgr_gen_record_put(&record, SGR_STR("line"), line);
    report(&record, base, "step");
    struct sgr_gen_try try = sgr_gen_try_begin(f, failure);
    sgr_gen_body(f, stmt->body, false);
    sgr_gen_try_handler(f, &try);
    base = report_begin(f, &record);
    put_reg(&record, "name", name);
    put_failure(&record, failure);
    report(&record, base, "step_failed");
    SGR_EMIT(f, RAISE, failure, 0, 0);
    sgr_gen_try_end(f, &try);
    sgr_gen_place(f, stmt->span);
    base = report_begin(f, &record);
    put_reg(&record, "name", name);
    report(&record, base, "step_end");
}

/* ---- control ---- */

static void gen_if(struct sgr_gen_fn *f, const struct sgr_stmt *stmt, bool tail)
{
    unsigned mark = f->top;
    size_t no = sgr_gen_unless(f, stmt->value);
    f->top = mark;
    sgr_gen_body(f, stmt->body, tail);
    size_t over = sgr_gen_jump(f, SGR_OPCODE(JUMP), 0);
    sgr_gen_land(f, no);
    sgr_gen_body(f, stmt->otherwise, tail);
    sgr_gen_land(f, over);
}

static void gen_for(struct sgr_gen_fn *f, const struct sgr_stmt *stmt)
{
    struct sgr_gen_loop loop = sgr_gen_loop_begin(f, stmt->value, stmt->loop);
    sgr_gen_body(f, stmt->body, false);
    sgr_gen_loop_end(f, &loop);
}

/* Each statement is a fiber of its own, a closure over what it reads. */
static void gen_parallel(struct sgr_gen_fn *f, const struct sgr_stmt *stmt)
{
    size_t count = stmt->body->count;
    if (count > SGR_GEN_REGISTERS_MAX) {
        sgr_gen_limit(f->gen, stmt->span, "more than 60,000 statements at once");
        return;
    }
    unsigned base = sgr_gen_regs(f, (unsigned)count + 1);
    for (size_t i = 0; i < count; i++) {
        struct sgr_gen_free taken = {0};
        sgr_gen_free_stmt(f, stmt->body->stmts[i], &taken);
        taken.self = true;
        struct sgr_gen_fn inner;
        sgr_gen_inner_begin(&inner, f, "fiber", 0, false, &taken);
        sgr_gen_stmt(&inner, stmt->body->stmts[i], true);
        unsigned none = sgr_gen_reg(&inner);
        SGR_EMIT(&inner, LOAD_ABSENT, none, 0, 0);
        SGR_EMIT(&inner, RETURN, none, 0, 0);
        sgr_gen_inner_end(&inner, f, &taken, base + 1 + (unsigned)i);
    }
    sgr_gen_place(f, stmt->span);
    SGR_EMIT(f, PARALLEL, base, base + 1, (unsigned)count);
}

/* Failures that another attempt must not hide. */
static void raise_final(struct sgr_gen_fn *f, unsigned failure)
{
    static const char *const kinds[] = {"aborted", "interrupted", "cancelled", "deadline"};
    enum { COUNT = sizeof kinds / sizeof kinds[0] };
    size_t jumps[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        jumps[i] = jump_if_kind(f, failure, kinds[i]);
    }
    size_t over = sgr_gen_jump(f, SGR_OPCODE(JUMP), 0);
    for (size_t i = 0; i < COUNT; i++) {
        sgr_gen_land(f, jumps[i]);
    }
    SGR_EMIT(f, RAISE, failure, 0, 0);
    sgr_gen_land(f, over);
}

static void gen_retry(struct sgr_gen_fn *f, const struct sgr_stmt *stmt)
{
    unsigned limit = sgr_gen_regs(f, 4);
    unsigned done = limit + 1, failure = limit + 2, scratch = limit + 3;
    sgr_gen_expr(f, stmt->value, limit);
    sgr_gen_load(f, done, sgr_int(0));
    size_t again = sgr_code_here(f->code);
    struct sgr_gen_try try = sgr_gen_try_begin(f, failure);
    sgr_gen_body(f, stmt->body, false);
    sgr_gen_try_handler(f, &try);
    raise_final(f, failure);
    sgr_gen_load(f, scratch, sgr_int(1));
    SGR_EMIT(f, ADD, done, done, scratch);
    SGR_EMIT(f, LT, scratch, done, limit);
    size_t more = sgr_gen_jump(f, SGR_OPCODE(JUMP_IF), scratch);
    SGR_EMIT(f, RAISE, failure, 0, 0);
    sgr_gen_land(f, more);
    struct sgr_gen_record record;
    unsigned base = report_begin(f, &record);
    put_reg(&record, "failures", done);
    put_reg(&record, "of", limit);
    put_failure(&record, failure);
    report(&record, base, "retry");
    if (stmt->every != NULL) {
        unsigned pause = sgr_gen_reg(f);
        sgr_gen_expr(f, stmt->every, pause);
        SGR_EMIT(f, EFFECT, pause, SGR_EFFECT_SLEEP, 1);
    }
    sgr_gen_jump_back(f, again);
    sgr_gen_try_end(f, &try);
}

/* Is it `r.deadline` of a rollout: a time in which people's time does not count? */
static bool is_rollout_deadline(const struct sgr_expr *expr)
{
    return expr->kind == SGR_EXPR_FIELD && sgr_str_is(expr->u.field.name.text, "deadline") &&
           sgr_gen_is_rollout(expr->u.field.object->type);
}

static void gen_within(struct sgr_gen_fn *f, const struct sgr_stmt *stmt)
{
    unsigned limit = sgr_gen_regs(f, 2);
    sgr_gen_expr(f, stmt->value, limit);
    sgr_gen_load(f, limit + 1, sgr_bool(is_rollout_deadline(stmt->value)));
    SGR_EMIT(f, WITHIN, limit, limit + 1, 0);
    f->guarded++;
    sgr_gen_body(f, stmt->body, false);
    f->guarded--;
    SGR_EMIT(f, END_WITHIN, 0, 0, 0);
}

static void gen_attempt(struct sgr_gen_fn *f, const struct sgr_stmt *stmt, bool tail)
{
    unsigned failure = sgr_gen_reg(f);
    struct sgr_gen_try try = sgr_gen_try_begin(f, failure);
    sgr_gen_body(f, stmt->body, false);
    sgr_gen_try_handler(f, &try);
    size_t locals = f->locals.len;
    if (stmt->name.text.len > 0) {
        sgr_gen_bind(f, stmt->name.span, failure);
    }
    sgr_gen_body(f, stmt->otherwise, tail);
    sgr_gen_unbind(f, locals);
    sgr_gen_try_end(f, &try);
}

/* ---- the whole ---- */

static void gen_let(struct sgr_gen_fn *f, const struct sgr_stmt *stmt)
{
    unsigned reg = sgr_gen_reg(f);
    sgr_gen_expr(f, stmt->value, reg);
    sgr_gen_bind(f, stmt->name.span, reg);
}

static void gen_call(struct sgr_gen_fn *f, const struct sgr_stmt *stmt, bool tail)
{
    const struct sgr_symbol *callee =
        stmt->value->kind == SGR_EXPR_CALL ? stmt->value->u.call.callee->symbol : NULL;
    bool routine = callee != NULL && callee->kind == SGR_SYM_ROUTINE;
    unsigned dst = sgr_gen_reg(f);
    if (routine) {
        (void)sgr_gen_call(f, stmt->value, dst, tail);
    } else {
        sgr_gen_expr(f, stmt->value, dst);
    }
}

void sgr_gen_stmt(struct sgr_gen_fn *f, const struct sgr_stmt *stmt, bool tail)
{
    unsigned mark = f->top;
    sgr_gen_place(f, stmt->span);
    switch (stmt->kind) {
    case SGR_STMT_LET:
        gen_let(f, stmt);
        return; /* its register stays */
    case SGR_STMT_STEP:
        gen_step(f, stmt);
        break;
    case SGR_STMT_IF:
        gen_if(f, stmt, tail);
        break;
    case SGR_STMT_FOR:
        gen_for(f, stmt);
        break;
    case SGR_STMT_PARALLEL:
        gen_parallel(f, stmt);
        break;
    case SGR_STMT_RETRY:
        gen_retry(f, stmt);
        break;
    case SGR_STMT_WITHIN:
        gen_within(f, stmt);
        break;
    case SGR_STMT_ATTEMPT:
        gen_attempt(f, stmt, tail);
        break;
    case SGR_STMT_VERB:
        sgr_gen_verb(f, stmt, tail);
        break;
    case SGR_STMT_CALL:
        gen_call(f, stmt, tail);
        break;
    case SGR_STMT_ERROR:
        break;
    }
    f->top = mark;
}

void sgr_gen_body(struct sgr_gen_fn *f, const struct sgr_body *body, bool tail)
{
    unsigned mark = f->top;
    size_t locals = f->locals.len;
    for (size_t i = 0; body != NULL && i < body->count; i++) {
        sgr_gen_stmt(f, body->stmts[i], tail && i + 1 == body->count);
    }
    f->top = mark;
    sgr_gen_unbind(f, locals);
}

void sgr_gen_steps(struct sgr_gen_fn *f, const struct sgr_body *body, const char *suffix,
                   unsigned dst)
{
    struct sgr_gen_free taken = {0};
    sgr_gen_free_body(f, body, &taken);
    struct sgr_gen_fn inner;
    sgr_gen_inner_begin(&inner, f, suffix, 1, true, &taken);
    sgr_gen_body(&inner, body, true);
    unsigned none = sgr_gen_reg(&inner);
    SGR_EMIT(&inner, LOAD_ABSENT, none, 0, 0);
    SGR_EMIT(&inner, RETURN, none, 0, 0);
    sgr_gen_inner_end(&inner, f, &taken, dst);
}
