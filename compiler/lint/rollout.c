/* Lints of rollouts and guards, read off their statements in the order in which they stand: what
 * raises traffic, what looks at it, what does nothing. */
#include "compiler/lint/linter.h"

/* Statements that look at the new version. What a routine does is judged where it is written. */
static bool looks(const struct sgr_stmt *stmt)
{
    return stmt->kind == SGR_STMT_CALL || stmt->verb == SGR_VERB_CHECK ||
           stmt->verb == SGR_VERB_HOLD;
}

/* The share that a statement gives the new version, in points; false where it is not known. */
static bool share_of(const struct sgr_stmt *stmt, double *points)
{
    *points = 100;
    return stmt->verb == SGR_VERB_SWITCH ||
           sgr_literal_percent(sgr_known(stmt->operands.operand), points);
}

static bool shifts(const struct sgr_stmt *stmt)
{
    return stmt->kind == SGR_STMT_VERB &&
           (stmt->verb == SGR_VERB_SHIFT || stmt->verb == SGR_VERB_SWITCH);
}

/* ---- unguarded-traffic ---- */

struct watch {
    struct sgr_linter *l;
    const struct sgr_stmt *unwatched; /* the last increase that nothing has looked at */
    double share;
};

static void tell_unwatched(struct watch *w)
{
    if (w->unwatched != NULL) {
        struct sgr_diag *diag = sgr_lint_report(
            w->l, w->unwatched->span, "nothing watches the new version after this increase");
        sgr_diag_help(w->l->diags, diag, "add `check GUARD` or `hold 5m while GUARD` behind it");
    }
    w->unwatched = NULL;
}

static void watch_stmt(void *self, const struct sgr_stmt *stmt)
{
    struct watch *w = self;
    double share;
    if (looks(stmt)) {
        w->unwatched = NULL;
    } else if (stmt->verb == SGR_VERB_PROMOTE) {
        tell_unwatched(w);
    } else if (shifts(stmt)) {
        bool known = share_of(stmt, &share), rises = !known || share > w->share;
        if (rises) {
            tell_unwatched(w);
            w->unwatched = stmt;
        }
        w->share = known ? share : w->share;
    }
}

void sgr_lint_unguarded_traffic(struct sgr_linter *l, const struct sgr_lint_subject *s)
{
    struct watch w = {.l = l};
    sgr_visit_steps(sgr_steps_of(s->decl), watch_stmt, &w);
    tell_unwatched(&w);
}

/* ---- same-pods, less-than-a-pod ---- */

struct rounding {
    struct sgr_linter *l;
    int64_t pods;
    double share;
    bool told; /* of a share that is less than a pod */
};

/* As std/capacity:pods_within has it. */
static int64_t pods_within(const struct rounding *r, double share)
{
    int64_t whole = (int64_t)(share * (double)r->pods / 100 + 1e-6);
    return share > 0 && whole == 0 ? 1 : whole;
}

static void same_pods_stmt(void *self, const struct sgr_stmt *stmt)
{
    struct rounding *r = self;
    double share;
    if (!shifts(stmt) || !share_of(stmt, &share)) {
        return;
    }
    if (share > r->share && pods_within(r, share) == pods_within(r, r->share)) {
        struct sgr_diag *diag = sgr_lint_report(
            r->l, stmt->span, "with %lld pods this share is the same as the one before: %lld pod%s",
            (long long)r->pods, (long long)pods_within(r, share),
            pods_within(r, share) == 1 ? "" : "s");
        sgr_diag_help(r->l->diags, diag, "take a traffic provider with weights, or more pods");
    }
    r->share = share;
}

static void less_than_a_pod_stmt(void *self, const struct sgr_stmt *stmt)
{
    struct rounding *r = self;
    double share, least = 100 / (double)r->pods;
    if (r->told || !shifts(stmt) || !share_of(stmt, &share) || share <= 0 || share > least - 0.5) {
        return;
    }
    struct sgr_diag *diag = sgr_lint_report(
        r->l, stmt->span, "with %lld pod%s the least share is one pod: %.0f%% of the traffic",
        (long long)r->pods, r->pods == 1 ? "" : "s", least);
    sgr_diag_help(r->l->diags, diag,
                  "take a traffic provider with weights or more pods, or write `shift %.0f%%`",
                  least);
    r->told = true;
}

static bool is_word(const struct sgr_expr *expr, const char *word)
{
    return expr == NULL || (expr->kind == SGR_EXPR_NAME && sgr_str_is(expr->u.name.text, word));
}

/* With replicas as weights a share is a number of pods. */
static void visit_shares(struct sgr_linter *l, const struct sgr_lint_subject *s,
                         void (*visit)(void *self, const struct sgr_stmt *stmt))
{
    struct rounding r = {.l = l};
    const struct sgr_decl *workload = sgr_workload_of(s->decl);
    bool by_pods = is_word(sgr_attribute_of(s->decl, "traffic"), "replicas") &&
                   is_word(sgr_attribute_of(s->decl, "mode"), "canary");
    if (by_pods && workload != NULL &&
        sgr_literal_int(sgr_known(sgr_attribute_of(workload, "replicas")), &r.pods) && r.pods > 0) {
        sgr_visit_steps(sgr_steps_of(s->decl), visit, &r);
    }
}

void sgr_lint_same_pods(struct sgr_linter *l, const struct sgr_lint_subject *s)
{
    visit_shares(l, s, same_pods_stmt);
}

void sgr_lint_less_than_a_pod(struct sgr_linter *l, const struct sgr_lint_subject *s)
{
    visit_shares(l, s, less_than_a_pod_stmt);
}

/* ---- deadlines and promotions ---- */

void sgr_lint_no_deadline(struct sgr_linter *l, const struct sgr_lint_subject *s)
{
    if (!sgr_has_attribute(s->decl, "deadline")) {
        struct sgr_diag *diag =
            sgr_lint_report(l, sgr_decl_place(s->decl), "this rollout has no deadline of its own");
        sgr_diag_help(l->diags, diag,
                      "write `deadline = 30m`: how long it may work and wait at most");
    }
}

struct promotion {
    const struct sgr_stmt *promote;
    bool looked, raised;
};

static void promote_stmt(void *self, const struct sgr_stmt *stmt)
{
    struct promotion *p = self;
    p->raised = p->raised || (shifts(stmt) && p->promote == NULL);
    p->looked = p->looked || looks(stmt) || stmt->verb == SGR_VERB_JOB ||
                stmt->verb == SGR_VERB_WEBHOOK || stmt->verb == SGR_VERB_APPROVE;
    if (stmt->kind == SGR_STMT_VERB && stmt->verb == SGR_VERB_PROMOTE) {
        p->promote = stmt;
    }
}

/* Where traffic was raised before, unguarded-traffic speaks. */
void sgr_lint_unchecked_promotion(struct sgr_linter *l, const struct sgr_lint_subject *s)
{
    struct promotion p = {0};
    sgr_visit_steps(sgr_steps_of(s->decl), promote_stmt, &p);
    if (p.promote != NULL && !p.looked && !p.raised) {
        struct sgr_diag *diag = sgr_lint_report(
            l, p.promote->span, "nothing looks at the new version before it is promoted");
        sgr_diag_help(l->diags, diag, "write `shift 10%%` and `check GUARD` before it");
    }
}

void sgr_lint_silence_passes(struct sgr_linter *l, const struct sgr_lint_subject *s)
{
    const struct sgr_expr *silence = sgr_attribute_of(s->decl, "no_signal");
    if (silence != NULL && is_word(silence, "pass")) {
        struct sgr_diag *diag =
            sgr_lint_report(l, silence->span, "without metrics this guard lets everything pass");
        sgr_diag_help(l->diags, diag, "write `no_signal = wait(2m)`: hold still, then fail");
    }
}

/* ---- idle-step ---- */

struct idling {
    struct sgr_linter *l;
    bool known; /* the share is */
    double share;
};

static void idle_verb(void *self, const struct sgr_stmt *stmt)
{
    struct idling *idling = self;
    double share;
    int64_t ms;
    if (shifts(stmt)) {
        bool known = share_of(stmt, &share);
        if (known && idling->known && share == idling->share) {
            sgr_lint_report(idling->l, stmt->span, "the new version has this share already");
        }
        idling->known = known;
        idling->share = share;
    } else if (stmt->kind == SGR_STMT_CALL) {
        idling->known = false;
    } else if (stmt->verb == SGR_VERB_WAIT && !stmt->operands.until &&
               sgr_literal_duration(sgr_known(stmt->operands.operand), &ms) && ms <= 0) {
        sgr_lint_report(idling->l, stmt->span, "this waits for no time");
    }
}

/* What stands in a branch or a loop may run or not: behind it no share is known. */
static void idle_body(struct idling *idling, const struct sgr_body *body)
{
    for (size_t i = 0; body != NULL && i < body->count; i++) {
        const struct sgr_stmt *stmt = body->stmts[i];
        bool straight = stmt->kind == SGR_STMT_STEP || stmt->kind == SGR_STMT_WITHIN;
        if (stmt->kind == SGR_STMT_VERB || stmt->kind == SGR_STMT_CALL) {
            idle_verb(idling, stmt);
            continue;
        }
        if (stmt->kind == SGR_STMT_STEP && stmt->body->count == 0) {
            sgr_lint_report(idling->l, stmt->span, "this step does nothing");
        }
        idling->known = idling->known && (straight || stmt->kind == SGR_STMT_LET);
        idle_body(idling, stmt->body);
        idling->known = idling->known && (straight || stmt->kind == SGR_STMT_LET);
        idle_body(idling, stmt->otherwise);
    }
}

void sgr_lint_idle_step(struct sgr_linter *l, const struct sgr_lint_subject *s)
{
    struct idling idling = {.l = l, .known = true};
    idle_body(&idling, sgr_steps_of(s->decl));
}
