/* Blocks: attributes against the schema, records against their fields, names against Kubernetes,
 * scenarios. */
#include "compiler/check.h"

#include "base/accepted.h"

void sgr_check_kubernetes_name(struct sgr_checker *c, sgr_str name, sgr_span span)
{
    if (!sgr_is_name(name)) {
        struct sgr_diag *diag = sgr_diag(c->diags, SGR_E0402, span,
                                         "Kubernetes would refuse the name `%.*s`", SGR_FMT(name));
        sgr_diag_help(
            c->diags, diag, "%s",
            name.len > 63
                ? "at most 63 characters"
                : "small letters, digits and -, beginning and ending with a letter or digit");
    }
}

/* ---- entries of any block ---- */

typedef void (*entry_fn)(struct sgr_checker *c, struct sgr_entry *entry, void *context);

/* Calls `visit` for every entry, through `if` and `for` around them. */
static void each_entry(struct sgr_checker *c, struct sgr_block *block, entry_fn visit,
                       void *context)
{
    for (size_t i = 0; block != NULL && i < block->count; i++) {
        struct sgr_entry *entry = &block->entries[i];
        size_t locals = c->locals.len;
        if (entry->kind == SGR_ENTRY_IF) {
            sgr_expect(c, entry->value, sgr_type_basic(SGR_T_BOOL));
            each_entry(c, entry->block, visit, context);
            each_entry(c, entry->otherwise, visit, context);
        } else if (entry->kind == SGR_ENTRY_FOR) {
            sgr_bind_loop(c, entry->loop, entry->value);
            each_entry(c, entry->block, visit, context);
            c->locals.len = locals;
        } else {
            visit(c, entry, context);
        }
    }
}

static void check_duplicates(struct sgr_checker *c, const struct sgr_block *block)
{
    sgr_map_clear(&c->keys);
    for (size_t i = 0; i < block->count; i++) {
        struct sgr_entry *entry = &block->entries[i];
        if ((entry->kind != SGR_ENTRY_ATTR && entry->kind != SGR_ENTRY_BLOCK) ||
            entry->key_expr != NULL) {
            continue;
        }
        struct sgr_entry *before = sgr_map_set(&c->keys, entry->key.text, entry);
        if (before != NULL) {
            struct sgr_diag *diag = sgr_diag(c->diags, SGR_E0203, entry->key.span,
                                             "`%.*s` stands here twice", SGR_FMT(entry->key.text));
            sgr_diag_note(c->diags, diag, before->key.span, "first here");
        }
    }
}

static void check_value(struct sgr_checker *c, struct sgr_entry *entry, const struct sgr_type *want)
{
    if (entry->kind == SGR_ENTRY_BLOCK) {
        sgr_check_record(c, entry->block, want);
    } else if (want != NULL) {
        sgr_expect(c, entry->value, want);
    } else {
        sgr_infer(c, entry->value, NULL);
    }
}

static void misplaced(struct sgr_checker *c, const struct sgr_entry *entry)
{
    sgr_diag(c->diags, SGR_E0405, entry->span, "this does not stand in such a block");
}

/* ---- records ---- */

static void visit_field(struct sgr_checker *c, struct sgr_entry *entry, void *context)
{
    const struct sgr_type *want = context;
    if (entry->kind != SGR_ENTRY_ATTR && entry->kind != SGR_ENTRY_BLOCK) {
        misplaced(c, entry);
        return;
    }
    if (entry->key_expr != NULL) {
        sgr_infer(c, entry->key_expr, NULL);
    }
    const struct sgr_type *type = want == NULL ? NULL : want->kind == SGR_T_MAP ? want->item : NULL;
    if (want != NULL && want->kind == SGR_T_RECORD && entry->key_expr == NULL) {
        const struct sgr_field_type *field = sgr_type_field(want, entry->key.text);
        if (field == NULL && want->item == NULL) {
            struct sgr_diag *diag =
                sgr_diag(c->diags, SGR_E0202, entry->key.span, "%s has no field `%.*s`",
                         sgr_type_noun(c->arena, want), SGR_FMT(entry->key.text));
            const char *best = NULL;
            size_t distance = 3;
            sgr_str shown = {0};
            for (size_t i = 0; i < want->field_count; i++) {
                if (sgr_nearest(entry->key.text, want->fields[i].name, &best, &distance) ==
                    want->fields[i].name.ptr) {
                    shown = want->fields[i].name;
                }
            }
            if (best != NULL) {
                sgr_diag_help(c->diags, diag, "did you mean `%.*s`?", SGR_FMT(shown));
            }
        }
        type = field != NULL ? field->type : NULL;
    }
    check_value(c, entry, type);
}

void sgr_check_record(struct sgr_checker *c, struct sgr_block *block, const struct sgr_type *want)
{
    const struct sgr_type *known =
        want != NULL && (want->kind == SGR_T_MAP || want->kind == SGR_T_RECORD) ? want : NULL;
    check_duplicates(c, block);
    each_entry(c, block, visit_field, (void *)(uintptr_t)known);
    if (known != NULL && known->kind == SGR_T_RECORD && known->name.len > 0) {
        (void)sgr_check_complete(c, block, known);
    }
}

bool sgr_check_complete(struct sgr_checker *c, const struct sgr_block *block,
                        const struct sgr_type *want)
{
    for (size_t i = 0; i < want->field_count; i++) {
        bool there = want->fields[i].optional;
        for (size_t k = 0; k < block->count; k++) {
            there = there || block->entries[k].kind == SGR_ENTRY_IF ||
                    block->entries[k].kind == SGR_ENTRY_FOR ||
                    sgr_str_equal(block->entries[k].key.text, want->fields[i].name);
        }
        if (!there) {
            sgr_diag(c->diags, SGR_E0401, block->span, "%s needs `%.*s`",
                     sgr_type_noun(c->arena, want), SGR_FMT(want->fields[i].name));
            return false;
        }
    }
    return true;
}

/* ---- declared blocks ---- */

static void unknown_attribute(struct sgr_checker *c, const struct sgr_decl *decl,
                              const struct sgr_entry *entry)
{
    const char *block = sgr_blocks[decl->block_kind].word;
    struct sgr_diag *diag =
        sgr_diag(c->diags, SGR_E0202, entry->key.span, "a %s has no attribute `%.*s`", block,
                 SGR_FMT(entry->key.text));
    const char *best = NULL;
    size_t distance = 3;
    for (size_t i = 0; i < c->compilation->attributes.len; i++) {
        if (c->compilation->attributes.at[i].block == decl->block_kind) {
            sgr_nearest(entry->key.text, sgr_str_from(c->compilation->attributes.at[i].name), &best,
                        &distance);
        }
    }
    if (best != NULL) {
        sgr_diag_help(c->diags, diag, "did you mean `%s`?", best);
        sgr_diag_fix(c->diags, diag, entry->key.span, false, sgr_str_from(best));
    } else if (decl->block_kind == SGR_BLOCK_WORKLOAD) {
        sgr_diag_help(c->diags, diag,
                      "fields of Kubernetes that the language does not name go into `patch`");
    }
}

static void check_steps(struct sgr_checker *c, struct sgr_decl *decl, struct sgr_entry *entry)
{
    enum sgr_place place = c->place;
    if (decl->block_kind != SGR_BLOCK_ROLLOUT) {
        misplaced(c, entry);
        return;
    }
    c->place = SGR_PLACE_EFFECT;
    c->has_rollout = true;
    c->rollout = decl;
    sgr_check_body(c, entry->body);
    c->rollout = NULL;
    c->has_rollout = false;
    c->place = place;
}

static void check_require(struct sgr_checker *c, struct sgr_decl *decl, struct sgr_entry *entry)
{
    enum sgr_place place = c->place;
    bool audit = decl->block_kind == SGR_BLOCK_AUDIT;
    if ((decl->block_kind != SGR_BLOCK_GUARD && !audit) || (entry->target != NULL && !audit)) {
        misplaced(c, entry);
        return;
    }
    c->place = SGR_PLACE_EFFECT;
    c->has_rollout = c->in_guard = !audit;
    sgr_expect(c, entry->value, sgr_type_basic(SGR_T_BOOL));
    if (entry->target != NULL) {
        sgr_expect(c, entry->target, sgr_type_basic(SGR_T_STRING));
    }
    c->has_rollout = c->in_guard = false;
    c->place = place;
}

static void visit_attribute(struct sgr_checker *c, struct sgr_entry *entry, void *context)
{
    struct sgr_decl *decl = context;
    if (entry->kind == SGR_ENTRY_STEPS) {
        check_steps(c, decl, entry);
        return;
    }
    if (entry->kind == SGR_ENTRY_REQUIRE) {
        check_require(c, decl, entry);
        return;
    }
    if ((entry->kind != SGR_ENTRY_ATTR && entry->kind != SGR_ENTRY_BLOCK) ||
        entry->key_expr != NULL) {
        misplaced(c, entry);
        return;
    }
    const struct sgr_attribute *attribute =
        sgr_schema_find(c->compilation, decl->block_kind, entry->key.text);
    if (attribute == NULL) {
        unknown_attribute(c, decl, entry);
        return;
    }
    check_value(c, entry, attribute->type);
    sgr_check_bounds(c, decl, entry);
}

static bool has_entry(const struct sgr_block *block, const char *key)
{
    for (size_t i = 0; i < block->count; i++) {
        const struct sgr_entry *entry = &block->entries[i];
        if (sgr_str_is(entry->key.text, key) ||
            (entry->kind == SGR_ENTRY_IF && has_entry(entry->block, key))) {
            return true;
        }
    }
    return false;
}

static bool has_kind(const struct sgr_block *block, enum sgr_entry_kind kind)
{
    for (size_t i = 0; i < block->count; i++) {
        if (block->entries[i].kind == kind ||
            ((block->entries[i].kind == SGR_ENTRY_IF || block->entries[i].kind == SGR_ENTRY_FOR) &&
             has_kind(block->entries[i].block, kind))) {
            return true;
        }
    }
    return false;
}

static void check_required(struct sgr_checker *c, const struct sgr_decl *decl)
{
    sgr_span span = decl->name.text.len > 0 ? decl->name.span
                    : decl->title != NULL   ? decl->title->span
                                            : decl->span;
    const char *word = sgr_blocks[decl->block_kind].word;
    for (size_t i = 0; i < c->compilation->attributes.len; i++) {
        const struct sgr_attribute *attribute = &c->compilation->attributes.at[i];
        if (attribute->block == decl->block_kind && attribute->required &&
            !has_entry(decl->block, attribute->name)) {
            struct sgr_diag *diag =
                sgr_diag(c->diags, SGR_E0401, span, "this %s needs `%s`", word, attribute->name);
            sgr_diag_label(c->diags, diag, "%s", attribute->doc);
        }
    }
    if (decl->block_kind == SGR_BLOCK_CHANNEL && !has_entry(decl->block, "slack") &&
        !has_entry(decl->block, "teams") && !has_entry(decl->block, "webhook")) {
        sgr_diag(c->diags, SGR_E0401, span, "this channel needs `slack`, `teams` or `webhook`");
    }
    if ((decl->block_kind == SGR_BLOCK_GUARD || decl->block_kind == SGR_BLOCK_AUDIT) &&
        !has_kind(decl->block, SGR_ENTRY_REQUIRE)) {
        sgr_diag(c->diags, SGR_E0401, span, "this %s needs at least one `require`", word);
    }
}

/* What is taken over says everything itself, but for what a rollout and the simulation need. */
static void check_adopted(struct sgr_checker *c, const struct sgr_block *block)
{
    static const char *const kept[] = {"from",     "name",  "namespace", "image",
                                       "replicas", "ports", "patch"};
    for (size_t i = 0; i < block->count; i++) {
        const struct sgr_entry *entry = &block->entries[i];
        bool fits = entry->key.text.len == 0;
        for (size_t k = 0; k < sizeof kept / sizeof *kept; k++) {
            fits = fits || sgr_str_is(entry->key.text, kept[k]);
        }
        if (!fits) {
            struct sgr_diag *diag =
                sgr_diag(c->diags, SGR_E0405, entry->key.span, "`%.*s` has no place beside `from`",
                         SGR_FMT(entry->key.text));
            sgr_diag_help(
                c->diags, diag,
                "the Deployment that is taken over says it; `patch = { ... }` changes it");
        }
    }
}

static void check_of(struct sgr_checker *c, struct sgr_decl *decl)
{
    bool wants = decl->block_kind == SGR_BLOCK_ROLLOUT || decl->block_kind == SGR_BLOCK_AUTOSCALE ||
                 decl->block_kind == SGR_BLOCK_RIGHTSIZE;
    /* `autoscale gateway { }`: the name in its place is whose it is. */
    if (decl->of == NULL && decl->block_kind != SGR_BLOCK_ROLLOUT && wants) {
        if (decl->title != NULL) {
            decl->of = decl->title;
        } else {
            struct sgr_expr *of = SGR_NEW(c->arena, struct sgr_expr);
            of->kind = SGR_EXPR_NAME;
            of->span = decl->name.span;
            of->u.name = decl->name;
            decl->of = of;
        }
    }
    if (decl->of == NULL) {
        if (wants) {
            struct sgr_diag *diag =
                sgr_diag(c->diags, SGR_E0401, decl->name.span, "whose rollout is this?");
            sgr_diag_help(c->diags, diag, "write `rollout %.*s of WORKLOAD`",
                          SGR_FMT(decl->name.text));
        }
        return;
    }
    if (!wants) {
        sgr_diag(c->diags, SGR_E0405, decl->of->span, "a %s belongs to nothing",
                 sgr_blocks[decl->block_kind].word);
        return;
    }
    if (decl->of->kind == SGR_EXPR_STRING) {
        sgr_infer(c, decl->of, NULL);
        return;
    }
    struct sgr_symbol *symbol = sgr_map_get(&c->module->names, decl->of->u.name.text);
    if (symbol == NULL || symbol->decl == NULL || symbol->decl->kind != SGR_DECL_BLOCK ||
        symbol->decl->block_kind != SGR_BLOCK_WORKLOAD) {
        struct sgr_diag *diag =
            sgr_diag(c->diags, SGR_E0201, decl->of->span, "there is no workload `%.*s`",
                     SGR_FMT(decl->of->u.name.text));
        const char *best = NULL;
        size_t distance = 3;
        for (size_t i = 0; i < c->module->names.len; i++) {
            struct sgr_symbol *known = c->module->names.entries[i].value;
            if (known->decl != NULL && known->decl->kind == SGR_DECL_BLOCK &&
                known->decl->block_kind == SGR_BLOCK_WORKLOAD &&
                sgr_nearest(decl->of->u.name.text, known->name, &best, &distance) ==
                    known->name.ptr) {
                sgr_diag_help(c->diags, diag, "did you mean `%.*s`?", SGR_FMT(known->name));
            }
        }
        return;
    }
    decl->of->symbol = symbol;
    decl->of->type = symbol->type;
}

static void check_name(struct sgr_checker *c, const struct sgr_decl *decl)
{
    sgr_str text;
    bool names_object =
        decl->block_kind == SGR_BLOCK_WORKLOAD || decl->block_kind == SGR_BLOCK_ROLLOUT;
    if (decl->title != NULL && names_object) {
        sgr_infer(c, decl->title, NULL);
        if (sgr_literal_text(decl->title, &text)) {
            sgr_check_kubernetes_name(c, text, decl->title->span);
        }
    } else if (decl->title != NULL && decl->title != decl->of) {
        sgr_infer(c, decl->title, NULL);
    }
    if (names_object && decl->name.text.len > 0) {
        char *name = sgr_arena_cstr(c->arena, decl->name.text);
        for (char *at = name; *at != '\0'; at++) {
            *at = *at == '_' ? '-' : *at;
        }
        sgr_check_kubernetes_name(c, sgr_str_from(name), decl->name.span);
    }
    if (decl->name.text.len == 0 && decl->title == NULL && decl->block_kind != SGR_BLOCK_CLUSTER &&
        decl->block_kind != SGR_BLOCK_OBJECT) {
        sgr_diag(c->diags, SGR_E0401, decl->span, "this %s needs a name",
                 sgr_blocks[decl->block_kind].word);
    }
}

bool sgr_bind_params(struct sgr_checker *c, struct sgr_param *params, size_t count,
                     const struct sgr_type *fn)
{
    for (size_t i = 0; i < count; i++) {
        const struct sgr_type *type = fn != NULL && fn->kind == SGR_T_FN && i < fn->param_count
                                          ? fn->params[i]
                                          : sgr_type_basic(SGR_T_ERROR);
        if (params[i].type == NULL) {
            sgr_diag(c->diags, SGR_E0207, params[i].name.span, "parameter `%.*s` needs a type",
                     SGR_FMT(params[i].name.text));
        }
        if (params[i].initial != NULL) {
            sgr_expect(c, params[i].initial, type);
        }
        sgr_bind_local(c, params[i].name, type);
    }
    return true;
}

static const char *with_article(struct sgr_checker *c, const char *word)
{
    const char *article = strchr("aeiou", word[0]) != NULL ? "an" : "a";
    return sgr_arena_printf(c->arena, "%s %s", article, word).ptr;
}

void sgr_check_block_decl(struct sgr_checker *c, struct sgr_decl *decl)
{
    size_t locals = c->locals.len;
    c->what = with_article(c, sgr_blocks[decl->block_kind].word);
    check_of(c, decl);
    check_name(c, decl);
    if (decl->block_kind == SGR_BLOCK_SCENARIO) {
        sgr_check_scenario(c, decl);
    } else if (decl->block_kind == SGR_BLOCK_OBJECT) {
        sgr_check_record(c, decl->block, NULL);
        if (!has_entry(decl->block, "apiVersion") || !has_entry(decl->block, "kind") ||
            !has_entry(decl->block, "metadata")) {
            sgr_diag(c->diags, SGR_E0401, decl->span,
                     "an object needs `apiVersion`, `kind` and `metadata` with a `name`");
        }
    } else {
        if (decl->param_count > 0 && decl->block_kind != SGR_BLOCK_METRIC &&
            decl->block_kind != SGR_BLOCK_GUARD) {
            sgr_diag(c->diags, SGR_E0405, decl->params[0].name.span, "a %s takes no parameters",
                     sgr_blocks[decl->block_kind].word);
        }
        sgr_bind_params(c, decl->params, decl->param_count,
                        decl->symbol ? decl->symbol->type : NULL);
        check_duplicates(c, decl->block);
        each_entry(c, decl->block, visit_attribute, decl);
        check_required(c, decl);
        if (decl->block_kind == SGR_BLOCK_WORKLOAD && has_entry(decl->block, "from")) {
            check_adopted(c, decl->block);
        }
    }
    if (decl->block_kind == SGR_BLOCK_ROLLOUT) {
        sgr_check_rollout_rules(c, decl);
    }
    c->locals.len = locals;
    c->what = NULL;
}
