/* Literal values of attributes against what Kubernetes and the language bound, beyond their types.
 * Must never judge what is known only at run time. */
#include "compiler/check.h"

static void check_range(struct sgr_checker *c, const struct sgr_expr *expr)
{
    if (expr->kind != SGR_EXPR_BINARY || expr->u.binary.op != SGR_OP_RANGE) {
        return;
    }
    const struct sgr_expr *a = expr->u.binary.left, *b = expr->u.binary.right;
    bool same = a->kind == b->kind;
    bool ints = same && (a->kind == SGR_EXPR_INT || a->kind == SGR_EXPR_MEMORY ||
                         a->kind == SGR_EXPR_DURATION);
    bool floats = same && (a->kind == SGR_EXPR_NUMBER || a->kind == SGR_EXPR_PERCENT ||
                           a->kind == SGR_EXPR_SUFFIX_M || a->kind == SGR_EXPR_RATE);
    bool milli = a->kind == SGR_EXPR_INT && b->kind == SGR_EXPR_SUFFIX_M &&
                 (double)a->u.integer * 1000 > b->u.number;
    if ((ints && a->u.integer > b->u.integer) || (floats && a->u.number > b->u.number) || milli) {
        struct sgr_diag *diag =
            sgr_diag(c->diags, SGR_E0403, expr->span, "the range ends before it begins");
        sgr_diag_help(c->diags, diag, "the request comes first, then the limit");
    }
}

/* Whoever knows the address of a channel can write into it: it is referred to. */
static void check_address(struct sgr_checker *c, const struct sgr_entry *entry)
{
    if (entry->value->kind == SGR_EXPR_STRING && !sgr_str_is(entry->key.text, "template")) {
        struct sgr_diag *diag = sgr_diag(c->diags, SGR_E0302, entry->value->span,
                                         "the address of a channel does not stand in a script");
        sgr_diag_help(c->diags, diag,
                      "write secret(\"name\", \"key\"), or env(\"NAME\") of whoever runs sgrc");
    }
}

static void check_track(struct sgr_checker *c, const struct sgr_expr *value)
{
    static const char *const words[] = {"stable", "canary", "blue", "green"};
    sgr_str text;
    if (!sgr_literal_text(value, &text)) {
        return;
    }
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (sgr_str_is(text, words[i])) {
            return;
        }
    }
    struct sgr_diag *diag =
        sgr_diag(c->diags, SGR_E0201, value->span, "there is no track `%.*s`", SGR_FMT(text));
    sgr_diag_help(c->diags, diag, "write stable, canary, blue or green");
}

static void check_at_least(struct sgr_checker *c, const struct sgr_expr *value, int64_t least,
                           const char *sentence)
{
    int64_t number;
    if (sgr_literal_int(value, &number) && number < least) {
        sgr_diag(c->diags, SGR_E0403, value->span, "%s", sentence);
    }
}

static void check_replicas(struct sgr_checker *c, const struct sgr_expr *value)
{
    check_at_least(c, value, 0, "replicas cannot be negative");
}

static void check_fail_after(struct sgr_checker *c, const struct sgr_expr *value)
{
    check_at_least(c, value, 1, "a guard fails after one breach at the earliest");
}

static void check_ports(struct sgr_checker *c, const struct sgr_expr *value)
{
    int64_t number;
    const struct sgr_block *ports = value->kind == SGR_EXPR_RECORD ? value->u.record : NULL;
    for (size_t i = 0; ports != NULL && i < ports->count; i++) {
        const struct sgr_entry *port = &ports->entries[i];
        if (port->kind == SGR_ENTRY_ATTR && sgr_literal_int(port->value, &number) &&
            (number < 1 || number > 65535)) {
            sgr_diag(c->diags, SGR_E0403, port->value->span, "a port is 1 to 65535");
        }
    }
}

static void check_name(struct sgr_checker *c, const struct sgr_expr *value)
{
    sgr_str text;
    if (sgr_literal_text(value, &text)) {
        sgr_check_kubernetes_name(c, text, value->span);
    }
}

/* By attribute, in whatever block it stands. */
static const struct {
    const char *attribute;
    void (*check)(struct sgr_checker *c, const struct sgr_expr *value);
} bounds[] = {
    {"track", check_track}, {"replicas", check_replicas}, {"fail_after", check_fail_after},
    {"ports", check_ports}, {"name", check_name},         {"namespace", check_name},
};

void sgr_check_bounds(struct sgr_checker *c, struct sgr_decl *decl, const struct sgr_entry *entry)
{
    if (entry->kind != SGR_ENTRY_ATTR) {
        return;
    }
    check_range(c, entry->value);
    if (decl->block_kind == SGR_BLOCK_CHANNEL) {
        check_address(c, entry);
    }
    for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++) {
        if (sgr_str_is(entry->key.text, bounds[i].attribute)) {
            bounds[i].check(c, entry->value);
        }
    }
    if (sgr_str_is(entry->key.text, "promql") &&
        (decl->block_kind == SGR_BLOCK_METRIC || decl->block_kind == SGR_BLOCK_ALERT)) {
        sgr_check_promql(c, decl, entry->value);
    }
}
