/* Rules on whole rollouts, read off their statements: is traffic watched, can the guard speak in
 * time, is anything left unreachable. Only what is written as a literal is known; nothing is
 * guessed. */
#include "compiler/check.h"

bool sgr_literal_text(const struct sgr_expr *expr, sgr_str *text)
{
    if (expr == NULL || expr->kind != SGR_EXPR_STRING || expr->u.string.count > 1 ||
        (expr->u.string.count == 1 && expr->u.string.parts[0].expr != NULL)) {
        return false;
    }
    *text = expr->u.string.count == 1 ? expr->u.string.parts[0].text : SGR_STR("");
    return true;
}

bool sgr_literal_duration(const struct sgr_expr *expr, int64_t *ms)
{
    if (expr != NULL && expr->kind == SGR_EXPR_SUFFIX_M) {
        *ms = (int64_t)(expr->u.number * 60000);
        return true;
    }
    *ms = expr != NULL && expr->kind == SGR_EXPR_DURATION ? expr->u.integer : 0;
    return expr != NULL && expr->kind == SGR_EXPR_DURATION;
}

bool sgr_literal_percent(const struct sgr_expr *expr, double *points)
{
    if (expr == NULL || expr->kind != SGR_EXPR_PERCENT) {
        return false;
    }
    *points = expr->u.number;
    return true;
}

bool sgr_literal_int(const struct sgr_expr *expr, int64_t *value)
{
    if (expr != NULL && expr->kind == SGR_EXPR_UNARY && expr->u.unary.op == SGR_OP_NEG) {
        bool known = sgr_literal_int(expr->u.unary.operand, value);
        *value = -*value;
        return known;
    }
    *value = expr != NULL && expr->kind == SGR_EXPR_INT ? expr->u.integer : 0;
    return expr != NULL && expr->kind == SGR_EXPR_INT;
}

static const struct sgr_expr *attribute(const struct sgr_decl *decl, const char *key)
{
    for (size_t i = 0; decl != NULL && i < decl->block->count; i++) {
        if (decl->block->entries[i].kind == SGR_ENTRY_ATTR &&
            sgr_str_is(decl->block->entries[i].key.text, key)) {
            return decl->block->entries[i].value;
        }
    }
    return NULL;
}

struct walk {
    struct sgr_checker *c;
    const struct sgr_decl *decl;
    const struct sgr_stmt *unwatched; /* the last increase that nothing has watched since */
    double share;
    int64_t waited; /* ms of waits and holds so far */
    bool known;     /* every wait so far was a literal */
    int loop;
};

static const struct sgr_decl *guard_of(const struct sgr_expr *expr)
{
    const struct sgr_symbol *symbol = expr == NULL                  ? NULL
                                      : expr->kind == SGR_EXPR_CALL ? expr->u.call.callee->symbol
                                                                    : expr->symbol;
    bool guard = symbol != NULL && symbol->decl != NULL && symbol->decl->kind == SGR_DECL_BLOCK &&
                 symbol->decl->block_kind == SGR_BLOCK_GUARD;
    return guard ? symbol->decl : NULL;
}

/* Whether the guard could say `fail` within the time that it is asked for. */
static void check_time(struct walk *w, const struct sgr_stmt *stmt,
                       const struct sgr_expr *guard_expr, const struct sgr_expr *length)
{
    const struct sgr_decl *guard = guard_of(guard_expr);
    int64_t every = 10000, time = 60000, row = 3;
    if (guard == NULL) {
        return;
    }
    const struct sgr_expr *own = length != NULL ? length : attribute(guard, "for");
    if ((own != NULL && !sgr_literal_duration(own, &time)) ||
        (attribute(guard, "every") != NULL &&
         !sgr_literal_duration(attribute(guard, "every"), &every)) ||
        (attribute(guard, "fail_after") != NULL &&
         !sgr_literal_int(attribute(guard, "fail_after"), &row))) {
        return;
    }
    w->waited += time;
    if (time < (row - 1) * every) {
        struct sgr_diag *diag =
            sgr_diag(w->c->diags, SGR_E0603, stmt->span,
                     "`%.*s` cannot fail here: %lld breaches %llds apart take longer than %llds",
                     SGR_FMT(guard->name.text), (long long)row, (long long)(every / 1000),
                     (long long)(time / 1000));
        sgr_diag_note(w->c->diags, diag, guard->name.span, "the guard");
        sgr_diag_help(w->c->diags, diag, "sample for at least %llds, or lower fail_after",
                      (long long)((row - 1) * every / 1000));
    }
}

static void tell_unwatched(struct walk *w)
{
    if (w->unwatched == NULL) {
        return;
    }
    struct sgr_diag *diag = sgr_diag(w->c->diags, SGR_W0601, w->unwatched->span,
                                     "nothing watches the new version after this increase");
    sgr_diag_help(w->c->diags, diag, "add `check GUARD` or `hold 5m while GUARD` behind it");
    w->unwatched = NULL;
}

/* With replicas as weights a share must be a number of pods. */
static void check_rounding(struct walk *w, const struct sgr_stmt *stmt, double from, double to)
{
    const struct sgr_expr *traffic = attribute(w->decl, "traffic"),
                          *mode = attribute(w->decl, "mode");
    const struct sgr_symbol *workload = w->decl->of != NULL ? w->decl->of->symbol : NULL;
    bool by_pods =
        (traffic == NULL ||
         (traffic->kind == SGR_EXPR_NAME && sgr_str_is(traffic->u.name.text, "replicas"))) &&
        (mode == NULL || (mode->kind == SGR_EXPR_NAME && sgr_str_is(mode->u.name.text, "canary")));
    int64_t pods;
    if (!by_pods || workload == NULL ||
        !sgr_literal_int(attribute(workload->decl, "replicas"), &pods)) {
        return;
    }
    int64_t before = (int64_t)(from * (double)pods / 100 + 0.999999),
            after = (int64_t)(to * (double)pods / 100 + 0.999999);
    if (before == after && to > from) {
        struct sgr_diag *diag =
            sgr_diag(w->c->diags, SGR_W0602, stmt->span,
                     "with %lld pods this share is the same as the one before: %lld pods",
                     (long long)pods, (long long)after);
        sgr_diag_help(w->c->diags, diag, "take a traffic provider with weights, or more pods");
    }
}

static void walk_body(struct walk *w, const struct sgr_body *body);

static void walk_shift(struct walk *w, const struct sgr_stmt *stmt)
{
    double share = w->share + 1;
    bool known =
        stmt->verb == SGR_VERB_SWITCH || sgr_literal_percent(stmt->operands.operand, &share);
    share = stmt->verb == SGR_VERB_SWITCH ? 100 : share;
    if (known && share <= w->share) {
        w->share = share;
        return;
    }
    tell_unwatched(w);
    if (known) {
        check_rounding(w, stmt, w->share, share);
    }
    w->share = known ? share : w->share;
    w->unwatched = stmt;
}

static void walk_verb(struct walk *w, const struct sgr_stmt *stmt)
{
    int64_t ms;
    switch ((enum sgr_verb)stmt->verb) {
    case SGR_VERB_SHIFT:
    case SGR_VERB_SWITCH:
        walk_shift(w, stmt);
        break;
    case SGR_VERB_CHECK:
        check_time(w, stmt, stmt->operands.operand, NULL);
        w->unwatched = NULL;
        break;
    case SGR_VERB_HOLD:
        check_time(w, stmt, stmt->operands.second, stmt->operands.operand);
        w->unwatched = NULL;
        break;
    case SGR_VERB_WAIT:
        if (!stmt->operands.until && sgr_literal_duration(stmt->operands.operand, &ms)) {
            w->waited += ms;
        }
        break;
    case SGR_VERB_PROMOTE:
        tell_unwatched(w);
        break;
    default:
        break;
    }
}

static void walk_stmt(struct walk *w, const struct sgr_stmt *stmt)
{
    const struct sgr_symbol *symbol = stmt->symbol;
    if (stmt->kind == SGR_STMT_VERB) {
        walk_verb(w, stmt);
    } else if (stmt->kind == SGR_STMT_CALL && symbol != NULL && symbol->kind == SGR_SYM_ROUTINE) {
        w->unwatched = NULL; /* a routine may watch; it is judged where it is written */
    } else if (stmt->kind == SGR_STMT_FOR && stmt->value->kind == SGR_EXPR_LIST) {
        int64_t before = w->waited;
        walk_body(w, stmt->body);
        w->waited = before + (w->waited - before) * (int64_t)stmt->value->u.list.count;
    } else {
        walk_body(w, stmt->body);
        walk_body(w, stmt->otherwise);
    }
}

static void walk_body(struct walk *w, const struct sgr_body *body)
{
    for (size_t i = 0; body != NULL && i < body->count; i++) {
        const struct sgr_stmt *stmt = body->stmts[i];
        walk_stmt(w, stmt);
        bool ends = stmt->kind == SGR_STMT_VERB &&
                    (stmt->verb == SGR_VERB_FAIL || stmt->verb == SGR_VERB_ROLLBACK);
        if (ends && i + 1 < body->count) {
            struct sgr_diag *diag =
                sgr_diag(w->c->diags, SGR_E0604, body->stmts[i + 1]->span, "this is never reached");
            sgr_diag_note(w->c->diags, diag, stmt->span, "the rollout ends here");
            return;
        }
    }
}

void sgr_check_rollout_rules(struct sgr_checker *c, const struct sgr_decl *decl)
{
    struct walk w = {.c = c, .decl = decl, .known = true};
    bool steps = false;
    int64_t deadline;
    if (c->diags->errors > 0) {
        return; /* the rules want a tree that means something */
    }
    for (size_t i = 0; i < decl->block->count; i++) {
        const struct sgr_entry *entry = &decl->block->entries[i];
        if (entry->kind == SGR_ENTRY_STEPS && entry->steps_kind == SGR_STEPS &&
            entry->body->count > 0) {
            steps = true;
            walk_body(&w, entry->body);
        }
    }
    tell_unwatched(&w);
    if (!steps) {
        struct sgr_diag *diag =
            sgr_diag(c->diags, SGR_E0601, decl->name.text.len > 0 ? decl->name.span : decl->span,
                     "this rollout has no steps");
        sgr_diag_help(c->diags, diag, "write `steps { shift 10%%; check GUARD; promote }`");
    }
    if (attribute(decl, "deadline") != NULL &&
        sgr_literal_duration(attribute(decl, "deadline"), &deadline) && w.waited > deadline) {
        struct sgr_diag *diag =
            sgr_diag(c->diags, SGR_E0605, attribute(decl, "deadline")->span,
                     "the waits of the steps alone take %lldm", (long long)(w.waited / 60000));
        sgr_diag_help(c->diags, diag, "a deadline of %lldm leaves room",
                      (long long)(w.waited / 60000 * 3 / 2 + 5));
    }
}
