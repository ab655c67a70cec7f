/* The function that gives everything a script declares, in the order of the text, with the `for`
 * and `if` around declarations carried out. Blocks in a `for` are made here, in each round. */
#include "compiler/gen_private.h"

/* The lists of the answer, in its order. */
enum list {
    WORKLOADS,
    METRICS,
    GUARDS,
    AUTOSCALES,
    RIGHTSIZES,
    ALERTS,
    AUDITS,
    CHANNELS,
    OBJECTS,
    MANIFESTS,
    ROLLOUTS,
    SCENARIOS,
    INVARIANTS,
    LIST_COUNT,
};
static const char *const list_names[LIST_COUNT] = {
    "workloads", "metrics", "guards",    "autoscales", "rightsizes", "alerts",     "audits",
    "channels",  "objects", "manifests", "rollouts",   "scenarios",  "invariants",
};

struct declared {
    struct sgr_gen_fn *f;
    unsigned cluster; /* register of its record */
    unsigned lists;   /* register of the first list builder */
    bool in_for;
};

static enum list list_of(enum sgr_block_kind kind)
{
    switch (kind) {
    case SGR_BLOCK_WORKLOAD:
        return WORKLOADS;
    case SGR_BLOCK_METRIC:
        return METRICS;
    case SGR_BLOCK_GUARD:
        return GUARDS;
    case SGR_BLOCK_AUTOSCALE:
        return AUTOSCALES;
    case SGR_BLOCK_RIGHTSIZE:
        return RIGHTSIZES;
    case SGR_BLOCK_ALERT:
        return ALERTS;
    case SGR_BLOCK_AUDIT:
        return AUDITS;
    case SGR_BLOCK_CHANNEL:
        return CHANNELS;
    case SGR_BLOCK_OBJECT:
        return OBJECTS;
    case SGR_BLOCK_ROLLOUT:
        return ROLLOUTS;
    case SGR_BLOCK_SCENARIO:
        return SCENARIOS;
    default:
        return LIST_COUNT;
    }
}

/* A guard with parameters is no record yet: what it is called and how it is made. */
static void guard_function(struct sgr_gen_fn *f, const struct sgr_decl *decl, unsigned dst)
{
    struct sgr_gen_record record;
    sgr_gen_record_begin(&record, f, false);
    sgr_gen_header(&record, decl, "guard");
    unsigned slot = sgr_gen_record_slot(&record);
    sgr_gen_names(f, decl->params, decl->param_count, slot);
    sgr_gen_record_put(&record, SGR_STR("params"), slot);
    slot = sgr_gen_record_slot(&record);
    if (decl->symbol != NULL && decl->symbol->slot != 0) {
        SGR_EMIT(f, CLOSURE, slot, decl->symbol->slot - 1, slot);
    } else {
        sgr_gen_guard_closure(f, decl, slot);
    }
    sgr_gen_record_put(&record, SGR_STR("make"), slot);
    sgr_gen_record_end(&record, dst);
}

static void add_block(struct declared *d, const struct sgr_decl *decl)
{
    struct sgr_gen_fn *f = d->f;
    unsigned reg = sgr_gen_reg(f);
    bool named = decl->symbol != NULL && decl->name.text.len > 0;
    bool guard_fn = decl->block_kind == SGR_BLOCK_GUARD && decl->param_count > 0;
    if (guard_fn) {
        guard_function(f, decl, reg);
    } else if (named && decl->symbol->slot != 0) {
        SGR_EMIT_WIDE(f, GLOBAL, reg, decl->symbol->slot - 1);
    } else {
        sgr_gen_block(f, decl, reg);
    }
    if (decl->block_kind == SGR_BLOCK_CLUSTER) {
        sgr_gen_move(f, d->cluster, reg);
    } else {
        enum list list = list_of(decl->block_kind);
        SGR_EMIT(f, BUILD_ADD, d->lists + list, reg, 0);
    }
    if (!d->in_for || decl->name.text.len == 0) {
        f->top = reg;
        return;
    }
    if (guard_fn) {
        sgr_gen_field(f, reg, reg, SGR_STR("make"), false);
    }
    sgr_gen_bind(f, decl->name.span, reg); /* for the rest of this round */
}

static void add_decls(struct declared *d, struct sgr_decl **decls, size_t count);

static void add_if(struct declared *d, const struct sgr_decl *decl)
{
    struct sgr_gen_fn *f = d->f;
    unsigned mark = f->top;
    size_t locals = f->locals.len;
    size_t no = sgr_gen_unless(f, decl->value);
    f->top = mark;
    add_decls(d, decl->decls, decl->decl_count);
    f->top = mark;
    sgr_gen_unbind(f, locals);
    size_t over = sgr_gen_jump(f, SGR_OPCODE(JUMP), 0);
    sgr_gen_land(f, no);
    add_decls(d, decl->otherwise, decl->otherwise_count);
    f->top = mark;
    sgr_gen_unbind(f, locals);
    sgr_gen_land(f, over);
}

static void add_for(struct declared *d, const struct sgr_decl *decl)
{
    bool outer = d->in_for;
    struct sgr_gen_loop loop = sgr_gen_loop_begin(d->f, decl->value, decl->loop);
    d->in_for = true;
    add_decls(d, decl->decls, decl->decl_count);
    d->in_for = outer;
    sgr_gen_loop_end(d->f, &loop);
}

/* `let` and `fn` inside a `for`: values of this round. */
static void add_local(struct declared *d, const struct sgr_decl *decl)
{
    struct sgr_gen_fn *f = d->f;
    unsigned reg = sgr_gen_reg(f);
    if (decl->kind == SGR_DECL_LET) {
        sgr_gen_expr(f, decl->value, reg);
    } else {
        struct sgr_gen_free taken = {0};
        sgr_gen_free_params(f, decl->params, decl->param_count, &taken);
        sgr_gen_free_expr(f, decl->value, &taken);
        struct sgr_gen_fn inner;
        sgr_gen_inner_begin(&inner, f, "fn", (unsigned)decl->param_count, false, &taken);
        for (size_t i = 0; i < decl->param_count; i++) {
            sgr_gen_bind(&inner, decl->params[i].name.span, (unsigned)i);
        }
        sgr_gen_defaults(&inner, decl->params, decl->param_count, 0);
        sgr_gen_return(&inner, decl->value);
        sgr_gen_inner_end(&inner, f, &taken, reg);
    }
    sgr_gen_bind(f, decl->name.span, reg);
}

static void add_other(struct declared *d, const struct sgr_decl *decl)
{
    struct sgr_gen_fn *f = d->f;
    unsigned reg = sgr_gen_reg(f);
    if (decl->kind == SGR_DECL_MANIFESTS) {
        sgr_gen_manifests(f, decl->title, reg);
        SGR_EMIT(f, BUILD_ADD, d->lists + MANIFESTS, reg, 0);
    } else {
        sgr_gen_invariant(f, decl, reg);
        SGR_EMIT(f, BUILD_ADD, d->lists + INVARIANTS, reg, 0);
    }
    f->top = reg;
}

static void add_decls(struct declared *d, struct sgr_decl **decls, size_t count)
{
    for (size_t i = 0; i < count && !d->f->gen->failed; i++) {
        const struct sgr_decl *decl = decls[i];
        sgr_gen_place(d->f, decl->span);
        switch (decl->kind) {
        case SGR_DECL_BLOCK:
            add_block(d, decl);
            break;
        case SGR_DECL_IF:
            add_if(d, decl);
            break;
        case SGR_DECL_FOR:
            add_for(d, decl);
            break;
        case SGR_DECL_MANIFESTS:
        case SGR_DECL_INVARIANT:
            add_other(d, decl);
            break;
        case SGR_DECL_LET:
        case SGR_DECL_FN:
            if (d->in_for) {
                add_local(d, decl);
            }
            break;
        default:
            break;
        }
    }
}

/* The cluster of a script that declares none. */
static void default_cluster(struct sgr_gen_fn *f, unsigned dst)
{
    struct sgr_decl none = {.kind = SGR_DECL_BLOCK, .block_kind = SGR_BLOCK_CLUSTER};
    struct sgr_gen_record record;
    sgr_gen_record_begin(&record, f, false);
    sgr_gen_header(&record, &none, "cluster");
    sgr_gen_attribute_defaults(&record, NULL, SGR_BLOCK_CLUSTER);
    sgr_gen_record_end(&record, dst);
}

/* ---- the verbs that a script uses: what its Role must allow depends on some ---- */

static void note_verb(void *self, const struct sgr_expr *expr, const struct sgr_stmt *stmt)
{
    bool *used = self;
    (void)expr;
    if (stmt != NULL && stmt->kind == SGR_STMT_VERB) {
        used[stmt->verb] = true;
    }
}

static void note_verbs(struct sgr_decl *const *decls, size_t count, bool *used)
{
    for (size_t i = 0; i < count; i++) {
        sgr_gen_walk_block(decls[i]->block, note_verb, used);
        sgr_gen_walk_body(decls[i]->body, note_verb, used);
        note_verbs(decls[i]->decls, decls[i]->decl_count, used);
        note_verbs(decls[i]->otherwise, decls[i]->otherwise_count, used);
    }
}

static void put_verbs(struct sgr_gen_record *record)
{
    struct sgr_gen_fn *f = record->f;
    const struct sgr_gen *gen = f->gen;
    bool used[SGR_VERB_COUNT] = {false};
    unsigned list = sgr_gen_record_slot(record), word = sgr_gen_reg(f);
    for (size_t i = 0; i < gen->checked->count; i++) {
        const struct sgr_module *module = gen->checked->modules[i];
        if (!module->is_std) {
            note_verbs(module->tree->decls, module->tree->decl_count, used);
        }
    }
    SGR_EMIT(f, BUILD_LIST, list, 0, 0);
    for (int i = 0; i < SGR_VERB_COUNT; i++) {
        if (used[i]) {
            sgr_gen_load_str(f, word, sgr_str_from(sgr_verbs[i].word));
            SGR_EMIT(f, BUILD_ADD, list, word, 0);
        }
    }
    SGR_EMIT(f, BUILD_END, list, list, 0);
    sgr_gen_record_put(record, SGR_STR("verbs"), list);
}

void sgr_gen_declarations(struct sgr_gen *gen, uint32_t function)
{
    struct sgr_gen_fn f;
    sgr_gen_fn_begin(&f, gen, function, SGR_STR("declarations"), 0);
    struct declared d = {.f = &f};
    unsigned answer = sgr_gen_reg(&f);
    struct sgr_gen_record record;
    sgr_gen_record_begin(&record, &f, false);
    d.cluster = sgr_gen_record_slot(&record);
    default_cluster(&f, d.cluster);
    sgr_gen_record_put(&record, SGR_STR("cluster"), d.cluster);
    put_verbs(&record);
    for (unsigned i = 0; i < LIST_COUNT; i++) {
        unsigned slot = sgr_gen_record_slot(&record);
        d.lists = i == 0 ? slot : d.lists;
        SGR_EMIT(&f, BUILD_LIST, slot, 0, 0);
        sgr_gen_record_put(&record, sgr_str_from(list_names[i]), slot);
    }
    for (size_t i = 0; i < gen->checked->count; i++) {
        const struct sgr_module *module = gen->checked->modules[i];
        if (!module->is_std) {
            gen->module = module;
            add_decls(&d, module->tree->decls, module->tree->decl_count);
        }
    }
    for (unsigned i = 0; i < LIST_COUNT; i++) {
        SGR_EMIT(&f, BUILD_END, d.lists + i, d.lists + i, 0);
    }
    sgr_gen_record_end(&record, answer);
    SGR_EMIT(&f, RETURN, answer, 0, 0);
    sgr_gen_fn_end(&f);
}

/* The scenarios alone: they give the parameters, so they must not need any. */
void sgr_gen_scenarios(struct sgr_gen *gen, uint32_t function)
{
    struct sgr_gen_fn f;
    sgr_gen_fn_begin(&f, gen, function, SGR_STR("scenarios"), 0);
    unsigned list = sgr_gen_regs(&f, 2);
    const struct sgr_tree *tree = gen->checked->main->tree;
    gen->module = gen->checked->main;
    SGR_EMIT(&f, BUILD_LIST, list, 0, 0);
    for (size_t i = 0; i < tree->decl_count; i++) {
        const struct sgr_decl *decl = tree->decls[i];
        if (decl->kind == SGR_DECL_BLOCK && decl->block_kind == SGR_BLOCK_SCENARIO) {
            sgr_gen_block(&f, decl, list + 1);
            SGR_EMIT(&f, BUILD_ADD, list, list + 1, 0);
        }
    }
    SGR_EMIT(&f, BUILD_END, list, list, 0);
    SGR_EMIT(&f, RETURN, list, 0, 0);
    sgr_gen_fn_end(&f);
}
