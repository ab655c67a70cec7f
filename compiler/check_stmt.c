/* Statements: verbs with their operands, control, calls of routines. */
#include "compiler/check.h"

#define BASIC(kind) sgr_type_basic(SGR_T_##kind)

static const struct sgr_type *named(struct sgr_checker *c, const char *name)
{
    return sgr_type_parse(c->compilation, name);
}

static void operand(struct sgr_checker *c, struct sgr_expr *expr, const struct sgr_type *want)
{
    if (expr != NULL) {
        sgr_expect(c, expr, want);
    }
}

static sgr_str rollout_mode(const struct sgr_decl *rollout)
{
    for (size_t i = 0; rollout != NULL && i < rollout->block->count; i++) {
        const struct sgr_entry *entry = &rollout->block->entries[i];
        if (entry->kind == SGR_ENTRY_ATTR && sgr_str_is(entry->key.text, "mode") &&
            entry->value->kind == SGR_EXPR_NAME) {
            return entry->value->u.name.text;
        }
    }
    return SGR_STR("canary");
}

/* The traffic provider of a rollout by its name; empty where it is computed or the script's own. */
static sgr_str rollout_traffic(const struct sgr_decl *rollout)
{
    static const char *const known[] = {"replicas", "service", "nginx", "gateway_api", "istio"};
    sgr_str name =
        sgr_str_is(rollout_mode(rollout), "blue_green") ? SGR_STR("service") : SGR_STR("replicas");
    for (size_t i = 0; i < rollout->block->count; i++) {
        const struct sgr_entry *entry = &rollout->block->entries[i];
        if (entry->kind == SGR_ENTRY_ATTR && sgr_str_is(entry->key.text, "traffic")) {
            const struct sgr_expr *value = entry->value;
            value = value->kind == SGR_EXPR_CALL ? value->u.call.callee : value;
            name = value->kind == SGR_EXPR_NAME ? value->u.name.text : (sgr_str){0};
        }
    }
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (sgr_str_is(name, known[i])) {
            return name;
        }
    }
    return (sgr_str){0};
}

static void check_share(struct sgr_checker *c, const struct sgr_stmt *stmt)
{
    double points;
    const struct sgr_expr *share = stmt->operands.operand;
    if (!sgr_literal_percent(share, &points)) {
        return;
    }
    if (points < 0 || points > 100) {
        sgr_diag(c->diags, SGR_E0602, share->span, "a share of the traffic is 0%% to 100%%");
    } else if (stmt->verb == SGR_VERB_SHIFT && points > 0 && points < 100 && c->rollout != NULL &&
               sgr_str_is(rollout_traffic(c->rollout), "service")) {
        struct sgr_diag *diag =
            sgr_diag(c->diags, SGR_E0602, share->span, "a Service gives a version all or nothing");
        sgr_diag_help(c->diags, diag,
                      "write `switch`, or let nginx, gateway_api or istio divide the traffic");
    }
}

/* Verbs that only some traffic can do. */
static void check_provider(struct sgr_checker *c, const struct sgr_stmt *stmt, const char *provider)
{
    sgr_str own = c->rollout != NULL ? rollout_traffic(c->rollout) : (sgr_str){0};
    if (own.len > 0 && !sgr_str_is(own, provider)) {
        struct sgr_diag *diag =
            sgr_diag(c->diags, SGR_E0602, stmt->span, "traffic by %.*s cannot %s", SGR_FMT(own),
                     sgr_verbs[stmt->verb].word);
        sgr_diag_help(c->diags, diag, "of what is built in, %s can", provider);
    }
}

static void check_verb_place(struct sgr_checker *c, const struct sgr_stmt *stmt)
{
    if (!c->has_rollout) {
        sgr_diag(c->diags, SGR_E0405, stmt->span, "`%s` belongs to a rollout or a routine",
                 sgr_verbs[stmt->verb].word);
    }
    if (stmt->verb == SGR_VERB_SWITCH && c->rollout != NULL &&
        !sgr_str_is(rollout_mode(c->rollout), "blue_green")) {
        struct sgr_diag *diag = sgr_diag(c->diags, SGR_E0602, stmt->span,
                                         "`switch` is for blue_green, this rollout is %.*s",
                                         SGR_FMT(rollout_mode(c->rollout)));
        sgr_diag_help(c->diags, diag, "write `shift 100%%`");
    }
}

static void check_things(struct sgr_checker *c, struct sgr_expr *expr)
{
    const struct sgr_type *type = sgr_infer(c, expr, NULL);
    const struct sgr_type *item = type->kind == SGR_T_LIST ? type->item : type;
    bool ok = item->kind == SGR_T_OBJECT || item->kind == SGR_T_RECORD || item->kind == SGR_T_MAP ||
              item->kind == SGR_T_ERROR || item->kind == SGR_T_ANY || item->kind == SGR_T_NOTHING;
    if (!ok) {
        sgr_diag(c->diags, SGR_E0302, expr->span,
                 "an object or a list of objects is expected, not %s",
                 sgr_type_noun(c->arena, type));
    }
}

static void check_verb(struct sgr_checker *c, struct sgr_stmt *stmt)
{
    struct sgr_verb_operands *o = &stmt->operands;
    struct sgr_module *verbs = sgr_module_find(c->compilation, "std/verbs");
    check_verb_place(c, stmt);
    if (verbs != NULL) {
        stmt->symbol = sgr_member(c, verbs, sgr_str_from(sgr_verbs[stmt->verb].word));
    }
    switch ((enum sgr_verb)stmt->verb) {
    case SGR_VERB_SHIFT:
        operand(c, o->operand, BASIC(PERCENT));
        check_share(c, stmt);
        break;
    case SGR_VERB_MIRROR:
        operand(c, o->operand, BASIC(PERCENT));
        check_share(c, stmt);
        check_provider(c, stmt, "istio");
        break;
    case SGR_VERB_SCALE:
        operand(c, o->operand, named(c, "track"));
        operand(c, o->second, BASIC(INT));
        break;
    case SGR_VERB_WAIT:
        operand(c, o->operand, o->until ? BASIC(BOOL) : BASIC(DURATION));
        break;
    case SGR_VERB_CHECK:
        operand(c, o->operand, named(c, "guard"));
        break;
    case SGR_VERB_HOLD:
        operand(c, o->operand, BASIC(DURATION));
        operand(c, o->second, named(c, "guard"));
        break;
    case SGR_VERB_APPROVE:
    case SGR_VERB_FAIL:
    case SGR_VERB_UNDO:
    case SGR_VERB_WEBHOOK:
        operand(c, o->operand, BASIC(STRING));
        break;
    case SGR_VERB_ROUTE:
        check_provider(c, stmt, "nginx");
        operand(c, o->operand, BASIC(STRING));
        operand(c, o->second, BASIC(STRING));
        break;
    case SGR_VERB_APPLY:
    case SGR_VERB_DELETE:
        check_things(c, o->operand);
        break;
    case SGR_VERB_NOTIFY:
        operand(c, o->operand, named(c, "channel"));
        operand(c, o->second, BASIC(STRING));
        break;
    default:
        break;
    }
    operand(c, o->timeout, BASIC(DURATION));
    operand(c, o->group, BASIC(STRING));
    if (o->block != NULL) {
        const char *type = stmt->verb == SGR_VERB_JOB
                               ? "{ image: image, command?: list<string>, env?: map<object>, "
                                 "timeout?: duration, retries?: int }"
                               : "{ method?: string, headers?: map<string>, body?: string, "
                                 "expect?: int, timeout?: duration }";
        sgr_check_record(c, o->block, named(c, type));
    }
}

static void check_let(struct sgr_checker *c, struct sgr_stmt *stmt)
{
    const struct sgr_type *type;
    if (stmt->type != NULL) {
        type = sgr_resolve_type(c, stmt->type);
        sgr_expect(c, stmt->value, type);
    } else {
        type = sgr_infer(c, stmt->value, NULL);
    }
    stmt->symbol = sgr_bind_local(c, stmt->name, type);
}

static void check_call(struct sgr_checker *c, struct sgr_stmt *stmt)
{
    const struct sgr_type *type = sgr_infer(c, stmt->value, NULL);
    if (stmt->value->kind != SGR_EXPR_CALL && type->kind != SGR_T_ERROR) {
        struct sgr_diag *diag = sgr_diag(c->diags, SGR_E0102, stmt->span, "this does nothing");
        sgr_diag_help(c->diags, diag, "a statement is a verb, a step or a call of a routine");
        return;
    }
    stmt->symbol = stmt->value->kind == SGR_EXPR_CALL ? stmt->value->u.call.callee->symbol : NULL;
}

static void check_loop(struct sgr_checker *c, struct sgr_stmt *stmt)
{
    size_t locals = c->locals.len;
    sgr_bind_loop(c, stmt->loop, stmt->value);
    sgr_check_body(c, stmt->body);
    c->locals.len = locals;
}

static void check_attempt(struct sgr_checker *c, struct sgr_stmt *stmt)
{
    size_t locals = c->locals.len;
    sgr_check_body(c, stmt->body);
    if (stmt->name.text.len > 0) {
        sgr_bind_local(c, stmt->name, named(c, "{ kind: string, text: string }"));
    }
    sgr_check_body(c, stmt->otherwise);
    c->locals.len = locals;
}

static void check_stmt(struct sgr_checker *c, struct sgr_stmt *stmt)
{
    switch (stmt->kind) {
    case SGR_STMT_STEP:
        operand(c, stmt->value, BASIC(STRING));
        sgr_check_body(c, stmt->body);
        break;
    case SGR_STMT_LET:
        check_let(c, stmt);
        break;
    case SGR_STMT_IF:
        operand(c, stmt->value, BASIC(BOOL));
        sgr_check_body(c, stmt->body);
        sgr_check_body(c, stmt->otherwise);
        break;
    case SGR_STMT_FOR:
        check_loop(c, stmt);
        break;
    case SGR_STMT_PARALLEL:
        sgr_check_body(c, stmt->body);
        break;
    case SGR_STMT_RETRY:
        operand(c, stmt->value, BASIC(INT));
        operand(c, stmt->every, BASIC(DURATION));
        sgr_check_body(c, stmt->body);
        break;
    case SGR_STMT_WITHIN:
        operand(c, stmt->value, BASIC(DURATION));
        sgr_check_body(c, stmt->body);
        break;
    case SGR_STMT_ATTEMPT:
        check_attempt(c, stmt);
        break;
    case SGR_STMT_VERB:
        check_verb(c, stmt);
        break;
    case SGR_STMT_CALL:
        check_call(c, stmt);
        break;
    case SGR_STMT_ERROR:
        break;
    }
}

void sgr_check_body(struct sgr_checker *c, struct sgr_body *body)
{
    size_t locals = c->locals.len;
    for (size_t i = 0; body != NULL && i < body->count; i++) {
        check_stmt(c, body->stmts[i]);
    }
    c->locals.len = locals;
}
