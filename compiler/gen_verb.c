/* The verbs: calls of std/verbs with the rollout under way first, and `wait until`, whose condition
 * must be asked again and again and so is compiled in place. */
#include "compiler/gen_private.h"

static const struct sgr_symbol *verb_routine(struct sgr_gen *gen, const struct sgr_stmt *stmt)
{
    if (stmt->symbol != NULL && stmt->symbol->kind == SGR_SYM_ROUTINE) {
        return stmt->symbol;
    }
    for (size_t i = 0; i < gen->checked->count; i++) {
        const struct sgr_module *module = gen->checked->modules[i];
        if (sgr_str_is(module->path, "std/verbs")) {
            const char *word = sgr_verbs[stmt->verb].word;
            return sgr_map_get(&module->names, sgr_str_from(word));
        }
    }
    return NULL;
}

/* ---- operands ---- */

static void put_operand(struct sgr_gen_fn *f, const struct sgr_expr *expr)
{
    unsigned reg = sgr_gen_reg(f);
    if (expr != NULL) {
        sgr_gen_expr(f, expr, reg);
    } else {
        SGR_EMIT(f, LOAD_ABSENT, reg, 0, 0);
    }
}

/* A list of objects; one alone is wrapped. */
static void put_objects(struct sgr_gen_fn *f, const struct sgr_expr *expr)
{
    unsigned reg = sgr_gen_reg(f);
    sgr_gen_expr(f, expr, reg);
    if (expr->type == NULL || expr->type->kind != SGR_T_LIST) {
        SGR_EMIT(f, LIST, reg, reg, 1);
    }
}

static void put_block(struct sgr_gen_fn *f, const struct sgr_verb_operands *operands, bool named)
{
    unsigned reg = sgr_gen_reg(f);
    if (operands->block == NULL) {
        SGR_EMIT(f, LOAD_ABSENT, reg, 0, 0);
        return;
    }
    struct sgr_gen_record record;
    sgr_gen_record_begin(&record, f, !sgr_gen_block_is_plain(operands->block));
    if (named) {
        sgr_gen_record_text(&record, "name", sgr_gen_dashed(f->gen, operands->word.text));
    }
    sgr_gen_record_entries(&record, operands->block);
    sgr_gen_record_end(&record, reg);
}

static void put_operands(struct sgr_gen_fn *f, const struct sgr_stmt *stmt)
{
    const struct sgr_verb_operands *operands = &stmt->operands;
    switch ((enum sgr_verb)stmt->verb) {
    case SGR_VERB_APPLY:
        put_objects(f, operands->operand);
        put_operand(f, operands->group);
        break;
    case SGR_VERB_DELETE:
        put_objects(f, operands->operand);
        break;
    case SGR_VERB_JOB:
        put_block(f, operands, true);
        break;
    case SGR_VERB_WEBHOOK:
        put_operand(f, operands->operand);
        put_block(f, operands, false);
        break;
    case SGR_VERB_APPROVE:
        put_operand(f, operands->operand);
        put_operand(f, operands->timeout);
        break;
    case SGR_VERB_UNDO:
        put_operand(f, operands->operand != NULL ? operands->operand : operands->group);
        break;
    case SGR_VERB_SCALE:
    case SGR_VERB_HOLD:
    case SGR_VERB_ROUTE:
    case SGR_VERB_NOTIFY:
        put_operand(f, operands->operand);
        put_operand(f, operands->second);
        break;
    case SGR_VERB_SHIFT:
    case SGR_VERB_WAIT:
    case SGR_VERB_CHECK:
    case SGR_VERB_MIRROR:
        put_operand(f, operands->operand);
        break;
    default: /* switch, promote, rollback: the rollout is all they need */
        break;
    }
}

/* ---- wait until ---- */

/* The failure of a timeout that is this wait's own; one from further out is raised again as it is.
 */
static void own_timeout(struct sgr_gen_fn *f, const struct sgr_stmt *stmt, unsigned failure,
                        unsigned limit, unsigned since)
{
    unsigned now = sgr_gen_regs(f, 3);
    sgr_gen_only_kind(f, failure, "deadline");
    SGR_EMIT(f, EFFECT, now, SGR_EFFECT_NOW, 0);
    SGR_EMIT(f, SUB, now, now, since);
    SGR_EMIT(f, LE, now, limit, now);
    size_t own = sgr_gen_jump(f, SGR_OPCODE(JUMP_IF), now);
    SGR_EMIT(f, RAISE, failure, 0, 0);
    sgr_gen_land(f, own);
    sgr_str condition = sgr_gen_text(f->gen, stmt->operands.operand);
    sgr_gen_load_str(f, now, SGR_STR("still waiting after "));
    sgr_gen_move(f, now + 1, limit);
    sgr_gen_load_str(f, now + 2,
                     sgr_arena_printf(f->gen->arena, " until %.*s", SGR_FMT(condition)));
    SGR_EMIT(f, CONCAT, now, now, 3);
    SGR_EMIT(f, FAIL, now, 0, 0);
}

/* Asks until it holds; no signal is not yet. */
static void ask_until(struct sgr_gen_fn *f, const struct sgr_expr *condition)
{
    unsigned mark = f->top;
    unsigned holds = sgr_gen_regs(f, 2);
    unsigned failure = holds + 1;
    size_t again = sgr_code_here(f->code);
    struct sgr_gen_try try = sgr_gen_try_begin(f, failure);
    sgr_gen_expr(f, condition, holds);
    sgr_gen_try_handler(f, &try);
    sgr_gen_only_kind(f, failure, "no_signal");
    sgr_gen_load(f, holds, sgr_bool(false));
    sgr_gen_try_end(f, &try);
    size_t done = sgr_gen_jump(f, SGR_OPCODE(JUMP_IF), holds);
    int64_t pause = sgr_gen_samples(condition) ? 10000 : 30000;
    sgr_gen_load(f, failure, sgr_unit_i(SGR_DURATION, pause));
    SGR_EMIT(f, EFFECT, failure, SGR_EFFECT_AWAIT, 1);
    sgr_gen_jump_back(f, again);
    sgr_gen_land(f, done);
    f->top = mark;
}

static void gen_wait_until(struct sgr_gen_fn *f, const struct sgr_stmt *stmt)
{
    const struct sgr_verb_operands *operands = &stmt->operands;
    if (operands->timeout == NULL) {
        ask_until(f, operands->operand);
        return;
    }
    unsigned limit = sgr_gen_regs(f, 4);
    unsigned people = limit + 1, since = limit + 2, failure = limit + 3;
    sgr_gen_expr(f, operands->timeout, limit);
    sgr_gen_load(f, people, sgr_bool(false));
    SGR_EMIT(f, EFFECT, since, SGR_EFFECT_NOW, 0);
    struct sgr_gen_try try = sgr_gen_try_begin(f, failure);
    SGR_EMIT(f, WITHIN, limit, people, 0);
    ask_until(f, operands->operand);
    SGR_EMIT(f, END_WITHIN, 0, 0, 0);
    sgr_gen_try_handler(f, &try);
    own_timeout(f, stmt, failure, limit, since);
    sgr_gen_try_end(f, &try);
}

/* ---- the whole ---- */

static void gen_fail(struct sgr_gen_fn *f, const struct sgr_stmt *stmt)
{
    unsigned text = sgr_gen_reg(f);
    if (stmt->operands.operand != NULL) {
        sgr_gen_expr(f, stmt->operands.operand, text);
    } else {
        sgr_gen_load_str(f, text, SGR_STR("failed"));
    }
    sgr_gen_place(f, stmt->span);
    SGR_EMIT(f, FAIL, text, 0, 0);
}

void sgr_gen_verb(struct sgr_gen_fn *f, const struct sgr_stmt *stmt, bool tail)
{
    (void)tail; /* a verb keeps its place in the trace of a failure */
    if (stmt->verb == SGR_VERB_FAIL) {
        gen_fail(f, stmt);
        return;
    }
    if (stmt->verb == SGR_VERB_WAIT && stmt->operands.until) {
        gen_wait_until(f, stmt);
        return;
    }
    const struct sgr_symbol *routine = verb_routine(f->gen, stmt);
    if (routine == NULL || routine->slot == 0) {
        SGR_BUG("std/verbs has no routine %s", sgr_verbs[stmt->verb].word);
    }
    unsigned base = sgr_gen_reg(f);
    if (f->self >= 0) {
        sgr_gen_move(f, base, (unsigned)f->self);
    } else {
        SGR_EMIT(f, LOAD_ABSENT, base, 0, 0);
    }
    put_operands(f, stmt);
    unsigned wanted =
        (unsigned)routine->decl->param_count + (sgr_gen_takes_rollout(routine->decl) ? 0 : 1);
    while (f->top - base < wanted) {
        put_operand(f, NULL);
    }
    sgr_gen_place(f, stmt->span);
    SGR_EMIT(f, CALL_FN, base, routine->slot - 1, wanted);
}
