/* Rules on whole rollouts, read off their statements: can the guard speak in time, is anything left
 * unreachable, can the deadline be met. Only what is written as a literal is known; nothing is
 * guessed. What is no error stands in lint/rollout.c. */
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
    int64_t waited; /* ms of waits and holds so far */
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

static void walk_body(struct walk *w, const struct sgr_body *body);

static void walk_verb(struct walk *w, const struct sgr_stmt *stmt)
{
    int64_t ms;
    switch ((enum sgr_verb)stmt->verb) {
    case SGR_VERB_CHECK:
        check_time(w, stmt, stmt->operands.operand, NULL);
        break;
    case SGR_VERB_HOLD:
        check_time(w, stmt, stmt->operands.second, stmt->operands.operand);
        break;
    case SGR_VERB_WAIT:
        if (!stmt->operands.until && sgr_literal_duration(stmt->operands.operand, &ms)) {
            w->waited += ms;
        }
        break;
    default:
        break;
    }
}

static void walk_stmt(struct walk *w, const struct sgr_stmt *stmt)
{
    if (stmt->kind == SGR_STMT_VERB) {
        walk_verb(w, stmt);
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

static void check_parts(struct sgr_checker *c, const struct sgr_decl *decl)
{
    static const char *const words[] = {"steps", "on failure", "on success", "finally"};
    const struct sgr_entry *first[sizeof words / sizeof *words] = {0};
    for (size_t i = 0; i < decl->block->count; i++) {
        const struct sgr_entry *entry = &decl->block->entries[i];
        if (entry->kind != SGR_ENTRY_STEPS) {
            continue;
        }
        const char *word = words[entry->steps_kind];
        const struct sgr_entry *before = first[entry->steps_kind];
        first[entry->steps_kind] = entry;
        if (before != NULL) {
            uint32_t length = (uint32_t)strlen(word);
            sgr_span here = {entry->span.file, entry->span.lo, entry->span.lo + length};
            sgr_span there = {before->span.file, before->span.lo, before->span.lo + length};
            struct sgr_diag *diag =
                sgr_diag(c->diags, SGR_E0203, here, "`%s` stands here twice", word);
            sgr_diag_note(c->diags, diag, there, "first here");
        }
    }
    const struct sgr_expr *mode = attribute(decl, "mode"), *traffic = attribute(decl, "traffic");
    if (traffic != NULL && mode != NULL && mode->kind == SGR_EXPR_NAME &&
        sgr_str_is(mode->u.name.text, "rolling")) {
        struct sgr_diag *diag = sgr_diag(c->diags, SGR_E0602, traffic->span,
                                         "nothing divides the traffic of a rolling update");
        sgr_diag_help(c->diags, diag, "leave it out: the pods of each version get their share");
    }
}

void sgr_check_rollout_rules(struct sgr_checker *c, const struct sgr_decl *decl)
{
    struct walk w = {.c = c};
    bool steps = false;
    int64_t deadline;
    check_parts(c, decl);
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
                      (long long)w.waited / 60000 * 3 / 2 + 5);
    }
}
