/* Lints of queries where they are used: in the conditions of guards, and in the time that the steps
 * of a rollout give them. */
#include "compiler/lint/linter.h"

/* ---- zero-ratio ---- */

static bool find_rate(void *self, const struct sgr_promql_expr *expr)
{
    bool *found = self;
    *found = *found ||
             (expr->kind == SGR_PROMQL_CALL && expr->as.call.function->class == SGR_PROMQL_COUNTER);
    return !*found;
}

/* Whether the divisor is kept from 0: by a comparison, a bound, or another answer. */
static bool has_floor(const struct sgr_promql_expr *divisor)
{
    const struct sgr_promql_expr *bare = sgr_promql_bare(divisor);
    if (bare->kind == SGR_PROMQL_BINARY) {
        enum sgr_promql_operator op = bare->as.binary.op;
        return sgr_promql_operator(op)->class != SGR_PROMQL_ARITHMETIC || op == SGR_PROMQL_OP_ADD;
    }
    return bare->kind == SGR_PROMQL_CALL &&
           (strcmp(bare->as.call.function->name, "clamp_min") == 0 ||
            strcmp(bare->as.call.function->name, "clamp") == 0);
}

/* The division of a query that is 0/0 when nothing is counted; NULL where there is none. */
static const struct sgr_promql_expr *open_ratio(const struct sgr_promql_expr *tree)
{
    const struct sgr_promql_expr *bare = sgr_promql_bare(tree);
    bool counted = false;
    if (bare->kind != SGR_PROMQL_BINARY || bare->as.binary.op != SGR_PROMQL_OP_DIV ||
        has_floor(bare->as.binary.right)) {
        return NULL;
    }
    sgr_promql_walk(bare->as.binary.right, find_rate, &counted);
    return counted ? bare : NULL;
}

struct judging {
    struct sgr_linter *l;
    const struct sgr_decl *guard;
};

static void judge_ratio(void *self, const struct sgr_expr *call, const struct sgr_decl *metric)
{
    struct judging *j = self;
    const struct sgr_promql_expr *ratio =
        metric->query != NULL ? open_ratio(metric->query->tree) : NULL;
    if (ratio == NULL) {
        return;
    }
    struct sgr_diag *diag =
        sgr_lint_report(j->l, call->span, "without traffic `%.*s` is 0/0, with little it is noise",
                        SGR_FMT(metric->name.text));
    sgr_diag_note(j->l->diags, diag, metric->name.span, "a ratio of rates");
    sgr_diag_help(j->l->diags, diag, "put `require requests(new) >= 5/s else no_signal` before it");
}

/* A require that says no_signal before it is the floor under the traffic. */
void sgr_lint_zero_ratio(struct sgr_linter *l, const struct sgr_lint_subject *s)
{
    struct judging j = {l, s->decl};
    for (size_t i = 0; i < s->decl->block->count; i++) {
        const struct sgr_entry *entry = &s->decl->block->entries[i];
        if (entry->kind == SGR_ENTRY_REQUIRE && entry->else_no_signal) {
            return;
        }
        if (entry->kind == SGR_ENTRY_REQUIRE) {
            sgr_each_metric(entry->value, judge_ratio, &j);
        }
    }
}

/* ---- topk-in-guard ---- */

struct choosing {
    struct sgr_linter *l;
    const struct sgr_query *query;
    const struct sgr_expr *call;
};

static bool visit_choice(void *self, const struct sgr_promql_expr *expr)
{
    struct choosing *c = self;
    if (expr->kind == SGR_PROMQL_AGGREGATE &&
        !sgr_promql_aggregation(expr->as.aggregate.op)->collapses) {
        const char *name = sgr_promql_aggregation(expr->as.aggregate.op)->name;
        sgr_span span = sgr_query_span(c->l->diags->sources, c->query, expr->lo, expr->hi);
        struct sgr_diag *diag = sgr_lint_report(
            c->l, span,
            "%s picks other series at every sample, so that a guard compares different ones", name);
        sgr_diag_note(c->l->diags, diag, c->call->span, "judged here");
        sgr_diag_help(c->l->diags, diag, "aggregate all of them with max, sum or avg");
    }
    return true;
}

static void judge_choice(void *self, const struct sgr_expr *call, const struct sgr_decl *metric)
{
    struct judging *j = self;
    struct choosing c = {j->l, metric->query, call};
    if (metric->query != NULL) {
        sgr_promql_walk(metric->query->tree, visit_choice, &c);
    }
}

void sgr_lint_topk_in_guard(struct sgr_linter *l, const struct sgr_lint_subject *s)
{
    struct judging j = {l, s->decl};
    for (size_t i = 0; i < s->decl->block->count; i++) {
        if (s->decl->block->entries[i].kind == SGR_ENTRY_REQUIRE) {
            sgr_each_metric(s->decl->block->entries[i].value, judge_choice, &j);
        }
    }
}

/* ---- range-beyond-wait ---- */

struct reach {
    const struct sgr_query *query; /* of the longest range */
    const struct sgr_promql_expr *range;
    const struct sgr_query *current;
    int64_t ms;
};

static bool visit_range(void *self, const struct sgr_promql_expr *expr)
{
    struct reach *r = self;
    const struct sgr_promql_duration *range = expr->kind == SGR_PROMQL_RANGE ? &expr->as.range.range
                                              : expr->kind == SGR_PROMQL_SUBQUERY
                                                  ? &expr->as.subquery.range
                                                  : NULL;
    if (range != NULL && range->hole == 0 && range->expr == NULL && range->ms > r->ms) {
        r->ms = range->ms;
        r->query = r->current;
        r->range = expr;
    }
    return true;
}

static void reach_of_metric(void *self, const struct sgr_expr *call, const struct sgr_decl *metric)
{
    struct reach *r = self;
    (void)call;
    r->current = metric->query;
    if (metric->query != NULL) {
        sgr_promql_walk(metric->query->tree, visit_range, r);
    }
}

/* The longest range that a guard's conditions look back over. */
static struct reach reach_of(const struct sgr_decl *guard)
{
    struct reach r = {0};
    for (size_t i = 0; i < guard->block->count; i++) {
        if (guard->block->entries[i].kind == SGR_ENTRY_REQUIRE) {
            sgr_each_metric(guard->block->entries[i].value, reach_of_metric, &r);
        }
    }
    return r;
}

struct clock {
    struct sgr_linter *l;
    bool running; /* traffic was raised, and all the time since is known */
    int64_t since;
};

/* The time that a check or a hold takes; false where it is computed. */
static bool sampling_time(const struct sgr_stmt *stmt, const struct sgr_decl *guard, int64_t *ms)
{
    const struct sgr_expr *time =
        stmt->verb == SGR_VERB_HOLD ? stmt->operands.operand : sgr_attribute_of(guard, "for");
    *ms = 60000;
    return (time == NULL && !sgr_has_attribute(guard, "for")) ||
           sgr_literal_duration(sgr_known(time), ms);
}

static void sample(struct clock *clock, const struct sgr_stmt *stmt)
{
    bool holds = stmt->verb == SGR_VERB_HOLD;
    const struct sgr_decl *guard =
        sgr_meant(holds ? stmt->operands.second : stmt->operands.operand, SGR_BLOCK_GUARD);
    int64_t ms;
    if (guard == NULL || !sampling_time(stmt, guard, &ms)) {
        clock->running = false;
        return;
    }
    struct reach reach = reach_of(guard);
    clock->since += ms;
    if (clock->running && reach.range != NULL && reach.ms > clock->since) {
        struct sgr_diag *diag = sgr_lint_report(
            clock->l, stmt->span,
            "the last sample here looks back %s, but the traffic changed %s before it",
            sgr_lint_duration(clock->l, reach.ms), sgr_lint_duration(clock->l, clock->since));
        sgr_diag_note(
            clock->l->diags, diag,
            sgr_query_span(clock->l->diags->sources, reach.query, reach.range->lo, reach.range->hi),
            "the longest range of `%.*s`", SGR_FMT(guard->name.text));
        sgr_diag_help(clock->l->diags, diag, "wait longer, or shorten the range");
    }
}

static void tick(void *self, const struct sgr_stmt *stmt)
{
    struct clock *clock = self;
    int64_t ms = 0;
    if (stmt->kind == SGR_STMT_CALL) {
        clock->running = false;
    } else if (stmt->verb == SGR_VERB_SHIFT || stmt->verb == SGR_VERB_SWITCH) {
        *clock = (struct clock){.l = clock->l, .running = true};
    } else if (stmt->verb == SGR_VERB_CHECK || stmt->verb == SGR_VERB_HOLD) {
        sample(clock, stmt);
    } else if (stmt->verb == SGR_VERB_WAIT && !stmt->operands.until &&
               sgr_literal_duration(sgr_known(stmt->operands.operand), &ms)) {
        clock->since += ms;
    } else {
        clock->running = false; /* takes as long as it takes */
    }
}

void sgr_lint_range_beyond_wait(struct sgr_linter *l, const struct sgr_lint_subject *s)
{
    struct clock clock = {.l = l};
    sgr_visit_steps(sgr_steps_of(s->decl), tick, &clock);
}
