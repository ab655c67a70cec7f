/* Lints of what becomes Kubernetes objects: workloads, images, disruption budgets, amounts of
 * memory. */
#include "compiler/lint/linter.h"

void sgr_lint_no_probe(struct sgr_linter *l, const struct sgr_lint_subject *s)
{
    if (!sgr_has_attribute(s->decl, "ready") && !sgr_has_attribute(s->decl, "from")) {
        struct sgr_diag *diag = sgr_lint_report(l, sgr_decl_place(s->decl),
                                                "nothing tells when a pod of this is ready");
        sgr_diag_help(l->diags, diag, "add `ready = http_get(\"/ready\", every = 5s)`");
    }
}

void sgr_lint_no_limits(struct sgr_linter *l, const struct sgr_lint_subject *s)
{
    bool cpu = sgr_has_attribute(s->decl, "cpu"), memory = sgr_has_attribute(s->decl, "memory");
    if ((!cpu || !memory) && !sgr_has_attribute(s->decl, "from")) {
        struct sgr_diag *diag = sgr_lint_report(
            l, sgr_decl_place(s->decl), "the pods of this have no %s%s%s", cpu ? "" : "cpu",
            cpu || memory ? "" : " and no ", memory ? "" : "memory");
        sgr_diag_help(l->diags, diag, "add %s%s%s", cpu ? "" : "`cpu = 100m .. 1`",
                      cpu || memory ? "" : " and ", memory ? "" : "`memory = 128Mi .. 512Mi`");
    }
}

/* ---- images ---- */

/* The text of an image with something in the place of each interpolation. */
static sgr_str image_text(struct sgr_arena *arena, const struct sgr_string *string)
{
    sgr_str text = SGR_STR("");
    if (string->count == 1 && string->parts[0].expr == NULL) {
        return string->parts[0].text;
    }
    for (size_t i = 0; i < string->count; i++) {
        sgr_str part = string->parts[i].expr != NULL ? SGR_STR("\1") : string->parts[i].text;
        text = sgr_arena_printf(arena, "%.*s%.*s", SGR_FMT(text), SGR_FMT(part));
    }
    return text;
}

/* The tag; NULL pointer where there is none, empty where a digest stands for it. */
static sgr_str tag_of(sgr_str image)
{
    for (size_t i = image.len; i > 0; i--) {
        char c = image.ptr[i - 1];
        if (c == '@') {
            return SGR_STR("");
        }
        if (c == ':' && memchr(image.ptr, '@', i) == NULL) {
            return (sgr_str){image.ptr + i, image.len - i};
        }
        if (c == '/' && memchr(image.ptr, '@', i) == NULL) {
            break;
        }
    }
    return (sgr_str){0};
}

static bool moves(sgr_str tag)
{
    static const char *const moving[] = {"latest", "main", "master",  "dev",     "develop",
                                         "edge",   "beta", "nightly", "snapshot"};
    for (size_t i = 0; i < sizeof moving / sizeof *moving; i++) {
        if (sgr_str_is(tag, moving[i])) {
            return true;
        }
    }
    return false;
}

static void check_image(void *self, const struct sgr_expr *expr)
{
    struct sgr_linter *l = self;
    if (expr->kind != SGR_EXPR_STRING || expr->type == NULL || expr->type->kind != SGR_T_IMAGE) {
        return;
    }
    sgr_str image = image_text(l->arena, &expr->u.string), tag = tag_of(image);
    bool open = image.len > 0 && image.ptr[image.len - 1] == '\1' && tag.ptr == NULL;
    if (open || (tag.ptr != NULL && !moves(tag))) {
        return; /* what is interpolated last may bear the tag */
    }
    struct sgr_diag *diag =
        tag.ptr == NULL
            ? sgr_lint_report(l, expr->span, "this image has no tag, which means `latest`")
            : sgr_lint_report(l, expr->span, "the tag `%.*s` moves", SGR_FMT(tag));
    sgr_diag_help(l->diags, diag, "name the version, or the digest: `app@sha256:...`");
}

void sgr_lint_mutable_tag(struct sgr_linter *l, const struct sgr_lint_subject *s)
{
    struct sgr_visitor visitor = {.self = l, .expr = check_image};
    if (!sgr_is_block(s->decl, SGR_BLOCK_SCENARIO)) {
        sgr_visit_decl(&visitor, s->decl);
    }
}

/* ---- disruption ---- */

/* The number of pods that are there at the least; false where it is not known. */
static bool least_pods(struct sgr_linter *l, const struct sgr_decl *workload, int64_t *pods)
{
    const struct sgr_decl *scaler = sgr_autoscaler_of(l, workload);
    const struct sgr_expr *count = sgr_attribute_of(workload, "replicas");
    if (scaler != NULL) {
        const struct sgr_expr *range = sgr_known(sgr_attribute_of(scaler, "replicas"));
        bool known = range != NULL && range->kind == SGR_EXPR_BINARY;
        return known && sgr_literal_int(sgr_known(range->u.binary.left), pods);
    }
    *pods = 1;
    return count == NULL ? !sgr_has_attribute(workload, "replicas")
                         : sgr_literal_int(sgr_known(count), pods);
}

static const struct sgr_expr *field_of(const struct sgr_expr *record, const char *key)
{
    const struct sgr_block *block =
        record != NULL && record->kind == SGR_EXPR_RECORD ? record->u.record : NULL;
    for (size_t i = 0; block != NULL && i < block->count; i++) {
        if (sgr_str_is(block->entries[i].key.text, key)) {
            return block->entries[i].value;
        }
    }
    return NULL;
}

/* A PodDisruptionBudget written as an object. */
static void check_budget_object(struct sgr_linter *l, const struct sgr_decl *decl)
{
    sgr_str kind, text = {0};
    int64_t number = -1;
    if (!sgr_literal_text(sgr_attribute_of(decl, "kind"), &kind) ||
        !sgr_str_is(kind, "PodDisruptionBudget")) {
        return;
    }
    const struct sgr_expr *most = field_of(sgr_attribute_of(decl, "spec"), "maxUnavailable");
    const struct sgr_expr *least = field_of(sgr_attribute_of(decl, "spec"), "minAvailable");
    bool none =
        (sgr_literal_int(most, &number) && number == 0) ||
        (sgr_literal_text(most, &text) && (sgr_str_is(text, "0") || sgr_str_is(text, "0%")));
    bool all = sgr_literal_text(least, &text) && sgr_str_is(text, "100%");
    if (none || all) {
        sgr_lint_report(l, none ? most->span : least->span,
                        "this budget allows no eviction at all");
    }
}

void sgr_lint_blocking_budget(struct sgr_linter *l, const struct sgr_lint_subject *s)
{
    int64_t kept, pods;
    if (sgr_is_block(s->decl, SGR_BLOCK_OBJECT)) {
        check_budget_object(l, s->decl);
    }
    if (!sgr_is_block(s->decl, SGR_BLOCK_WORKLOAD)) {
        return;
    }
    const struct sgr_expr *budget = sgr_attribute_of(s->decl, "min_available");
    if (sgr_literal_int(sgr_known(budget), &kept) && least_pods(l, s->decl, &pods) &&
        kept >= pods) {
        struct sgr_diag *diag = sgr_lint_report(
            l, budget->span, "this keeps %lld of %lld pods, so that none may be evicted",
            (long long)kept, (long long)pods);
        sgr_diag_help(l->diags, diag, "leave at least one to evict, or have more pods");
    }
}

/* ---- autoscalers ---- */

void sgr_lint_autoscaled_replicas(struct sgr_linter *l, const struct sgr_lint_subject *s)
{
    int64_t own, least, most;
    const struct sgr_decl *scaler = sgr_autoscaler_of(l, s->decl);
    const struct sgr_expr *count = sgr_attribute_of(s->decl, "replicas");
    const struct sgr_expr *range =
        scaler != NULL ? sgr_known(sgr_attribute_of(scaler, "replicas")) : NULL;
    if (range == NULL || range->kind != SGR_EXPR_BINARY ||
        !sgr_literal_int(sgr_known(count), &own) ||
        !sgr_literal_int(sgr_known(range->u.binary.left), &least) ||
        !sgr_literal_int(sgr_known(range->u.binary.right), &most)) {
        return;
    }
    if (own < least || own > most) {
        struct sgr_diag *diag =
            sgr_lint_report(l, count->span, "the autoscaler keeps %lld to %lld pods, never %lld",
                            (long long)least, (long long)most, (long long)own);
        sgr_diag_note(l->diags, diag, range->span, "its bounds");
        sgr_diag_help(l->diags, diag, "write a count within the bounds, or widen them");
    }
}

void sgr_lint_short_drain(struct sgr_linter *l, const struct sgr_lint_subject *s)
{
    int64_t drain = 10000, every = 10000;
    const struct sgr_expr *own = sgr_attribute_of(s->decl, "drain");
    const struct sgr_expr *ready = sgr_known(sgr_attribute_of(s->decl, "ready"));
    if (ready == NULL || ready->kind != SGR_EXPR_CALL ||
        (own != NULL && !sgr_literal_duration(sgr_known(own), &drain))) {
        return;
    }
    for (size_t i = 0; i < ready->u.call.count; i++) {
        const struct sgr_arg *arg = &ready->u.call.args[i];
        if (sgr_str_is(arg->name.text, "every") &&
            !sgr_literal_duration(sgr_known(arg->value), &every)) {
            return;
        }
    }
    if (drain < every) {
        struct sgr_diag *diag =
            sgr_lint_report(l, own != NULL ? own->span : sgr_decl_place(s->decl),
                            "a pod goes after %llds, but its readiness is asked every %llds only",
                            (long long)(drain / 1000), (long long)(every / 1000));
        sgr_diag_note(l->diags, diag, ready->span, "the probe");
        sgr_diag_help(l->diags, diag, "write `drain = %llds`, or ask more often",
                      (long long)((every + 999) / 1000));
    }
}

/* ---- memory ---- */

static bool is_milli(const struct sgr_expr *expr)
{
    sgr_str text;
    if (!sgr_literal_text(expr, &text) || text.len < 2 || text.ptr[text.len - 1] != 'm') {
        return false;
    }
    for (size_t i = 0; i + 1 < text.len; i++) {
        if ((text.ptr[i] < '0' || text.ptr[i] > '9') && text.ptr[i] != '.') {
            return false;
        }
    }
    return true;
}

static void check_memory(void *self, const struct sgr_entry *entry)
{
    struct sgr_linter *l = self;
    sgr_str key = entry->key.text;
    if (entry->key_expr != NULL) {
        sgr_literal_text(entry->key_expr, &key);
    }
    bool memory = sgr_str_is(key, "memory") || sgr_str_is(key, "ephemeral-storage") ||
                  sgr_str_is(key, "storage");
    if (memory && entry->value != NULL && is_milli(entry->value)) {
        struct sgr_diag *diag =
            sgr_lint_report(l, entry->value->span, "`m` makes this thousandths of a byte");
        sgr_diag_help(l->diags, diag, "write Mi for mebibytes, M for megabytes");
    }
}

void sgr_lint_milli_memory(struct sgr_linter *l, const struct sgr_lint_subject *s)
{
    struct sgr_visitor visitor = {.self = l, .entry = check_memory};
    sgr_visit_decl(&visitor, s->decl);
}
