/* Records of declared blocks: a header that tells what and where, the defaults of the schema, then
 * the attributes as written. */
#include "compiler/gen_private.h"

static bool names_workload(const struct sgr_expr *of)
{
    return of != NULL && of->kind == SGR_EXPR_NAME && of->symbol != NULL &&
           of->symbol->decl != NULL && of->symbol->decl->kind == SGR_DECL_BLOCK &&
           of->symbol->decl->block_kind == SGR_BLOCK_WORKLOAD;
}

/* The Kubernetes name of the workload that a declaration is for. */
static void gen_of(struct sgr_gen_fn *f, const struct sgr_expr *of, unsigned dst)
{
    if (names_workload(of)) {
        sgr_gen_symbol(f, of->symbol, dst);
        sgr_gen_field(f, dst, dst, SGR_STR("name"), false);
    } else if (of->kind == SGR_EXPR_NAME && of->symbol == NULL) {
        sgr_gen_load_str(f, dst, sgr_gen_dashed(f->gen, of->u.name.text));
    } else {
        sgr_gen_expr(f, of, dst);
    }
}

static void put_name(struct sgr_gen_record *record, const struct sgr_decl *decl)
{
    struct sgr_gen_fn *f = record->f;
    if (decl->of != NULL && !sgr_blocks[decl->block_kind].binds) {
        unsigned slot = sgr_gen_record_slot(record);
        gen_of(f, decl->of, slot);
        sgr_gen_record_put(record, SGR_STR("name"), slot);
    } else if (decl->name.text.len > 0) {
        sgr_gen_record_text(record, "name", sgr_gen_dashed(f->gen, decl->name.text));
    } else if (decl->title != NULL) {
        sgr_gen_record_expr(record, SGR_STR("name"), decl->title);
    } else {
        sgr_gen_record_text(record, "name", SGR_STR(""));
    }
}

void sgr_gen_header(struct sgr_gen_record *record, const struct sgr_decl *decl, const char *kind)
{
    struct sgr_gen *gen = record->f->gen;
    sgr_gen_record_text(record, "kind", sgr_str_from(kind));
    put_name(record, decl);
    sgr_gen_record_text(record, "id", decl->name.text);
    sgr_gen_record_text(record, "doc", decl->doc);
    sgr_str place = SGR_STR("");
    if (decl->span.file != 0) {
        struct sgr_source *source = sgr_sources_get(gen->diags->sources, decl->span.file);
        place = sgr_arena_printf(gen->arena, "%.*s:%u", SGR_FMT(source->path),
                                 (unsigned)sgr_gen_line(gen, decl->span));
    }
    sgr_gen_record_text(record, "place", place);
}

static const struct sgr_entry *find_entry(const struct sgr_block *block, const char *key)
{
    for (size_t i = 0; block != NULL && i < block->count; i++) {
        const struct sgr_entry *entry = &block->entries[i];
        if ((entry->kind == SGR_ENTRY_ATTR || entry->kind == SGR_ENTRY_BLOCK) &&
            entry->key_expr == NULL && sgr_str_is(entry->key.text, key)) {
            return entry;
        }
    }
    return NULL;
}

void sgr_gen_attribute_defaults(struct sgr_gen_record *record, const struct sgr_decl *decl,
                                enum sgr_block_kind kind)
{
    const struct sgr_checked *checked = record->f->gen->checked;
    for (size_t i = 0; i < checked->attribute_count; i++) {
        const struct sgr_attribute *attribute = &checked->attributes[i];
        if (attribute->block != kind || attribute->initial_expr == NULL ||
            (decl != NULL && find_entry(decl->block, attribute->name) != NULL)) {
            continue;
        }
        record->f->hidden++;
        sgr_gen_record_expr(record, sgr_str_from(attribute->name), attribute->initial_expr);
        record->f->hidden--;
    }
}

void sgr_gen_names(struct sgr_gen_fn *f, const struct sgr_param *params, size_t count, unsigned dst)
{
    unsigned builder = sgr_gen_regs(f, 2);
    SGR_EMIT(f, BUILD_LIST, builder, 0, 0);
    for (size_t i = 0; i < count; i++) {
        sgr_gen_load_str(f, builder + 1, params[i].name.text);
        SGR_EMIT(f, BUILD_ADD, builder, builder + 1, 0);
    }
    SGR_EMIT(f, BUILD_END, dst, builder, 0);
    f->top = builder;
}

/* Field `of`: the Kubernetes name; for rollouts also the workload itself where it is known. */
static void put_of(struct sgr_gen_record *record, const struct sgr_decl *decl)
{
    struct sgr_gen_fn *f = record->f;
    const struct sgr_expr *of = decl->of;
    if (of == NULL) {
        return;
    }
    unsigned slot = sgr_gen_record_slot(record);
    gen_of(f, of, slot);
    sgr_gen_record_put(record, SGR_STR("of"), slot);
    if (names_workload(of) && decl->block_kind == SGR_BLOCK_ROLLOUT) {
        slot = sgr_gen_record_slot(record);
        sgr_gen_symbol(f, of->symbol, slot);
        sgr_gen_record_put(record, SGR_STR("workload"), slot);
    }
}

/* ---- steps ---- */

static sgr_str step_name(struct sgr_gen *gen, const struct sgr_expr *name)
{
    sgr_str text = sgr_gen_text(gen, name);
    if (text.len >= 2 && text.ptr[0] == '"' && text.ptr[text.len - 1] == '"') {
        text = (sgr_str){text.ptr + 1, text.len - 2};
    }
    return text;
}

static void outline(struct sgr_gen_fn *f, const struct sgr_body *body, unsigned builder)
{
    for (size_t i = 0; body != NULL && i < body->count; i++) {
        const struct sgr_stmt *stmt = body->stmts[i];
        if (stmt->kind == SGR_STMT_STEP) {
            struct sgr_gen_record record;
            sgr_gen_record_begin(&record, f, false);
            sgr_gen_record_text(&record, "name", step_name(f->gen, stmt->value));
            unsigned slot = sgr_gen_record_slot(&record);
            sgr_gen_load(f, slot, sgr_int(sgr_gen_line(f->gen, stmt->span)));
            sgr_gen_record_put(&record, SGR_STR("line"), slot);
            sgr_gen_record_end(&record, record.base);
            SGR_EMIT(f, BUILD_ADD, builder, record.base, 0);
        }
        outline(f, stmt->body, builder);
        outline(f, stmt->otherwise, builder);
    }
}

/* The guards that statements name. */
struct guard_names {
    SGR_VEC(sgr_str) list;
    struct sgr_gen *gen;
};

static void note_guard(void *self, const struct sgr_expr *expr, const struct sgr_stmt *stmt)
{
    struct guard_names *names = self;
    (void)stmt;
    if (expr == NULL || !sgr_gen_is_block(expr->symbol, SGR_BLOCK_GUARD)) {
        return;
    }
    sgr_str name = sgr_gen_dashed(names->gen, expr->symbol->name);
    for (size_t i = 0; i < names->list.len; i++) {
        if (sgr_str_equal(names->list.at[i], name)) {
            return;
        }
    }
    sgr_vec_push(&names->list, name);
}

/* Field `guards`: the names of those that the steps use. */
static void put_guards(struct sgr_gen_record *record, const struct sgr_decl *decl)
{
    struct sgr_gen_fn *f = record->f;
    struct guard_names names = {.gen = f->gen};
    sgr_gen_walk_block(decl->block, note_guard, &names);
    unsigned list = sgr_gen_record_slot(record);
    SGR_EMIT(f, BUILD_LIST, list, 0, 0);
    for (size_t i = 0; i < names.list.len; i++) {
        unsigned item = sgr_gen_reg(f);
        sgr_gen_load_str(f, item, names.list.at[i]);
        SGR_EMIT(f, BUILD_ADD, list, item, 0);
        f->top = item;
    }
    SGR_EMIT(f, BUILD_END, list, list, 0);
    sgr_gen_record_put(record, SGR_STR("guards"), list);
    sgr_vec_release(&names.list);
}

static void put_steps(struct sgr_gen_record *record, const struct sgr_decl *decl)
{
    static const char *const keys[] = {"steps", "on_failure", "on_success", "finally"};
    struct sgr_gen_fn *f = record->f;
    unsigned list = sgr_gen_record_slot(record);
    SGR_EMIT(f, BUILD_LIST, list, 0, 0);
    for (size_t i = 0; i < decl->block->count; i++) {
        const struct sgr_entry *entry = &decl->block->entries[i];
        if (entry->kind == SGR_ENTRY_STEPS && entry->steps_kind == SGR_STEPS) {
            outline(f, entry->body, list);
        }
    }
    SGR_EMIT(f, BUILD_END, list, list, 0);
    sgr_gen_record_put(record, SGR_STR("outline"), list);
    for (size_t i = 0; i < decl->block->count; i++) {
        const struct sgr_entry *entry = &decl->block->entries[i];
        if (entry->kind == SGR_ENTRY_STEPS) {
            const char *key = keys[entry->steps_kind];
            unsigned slot = sgr_gen_record_slot(record);
            sgr_gen_steps(f, entry->body, key, slot);
            sgr_gen_record_put(record, sgr_str_from(key), slot);
        }
    }
}

/* ---- blocks ---- */

static void gen_object(struct sgr_gen_fn *f, const struct sgr_decl *decl, unsigned dst)
{
    struct sgr_gen_record record;
    sgr_gen_record_begin(&record, f, false);
    sgr_gen_header(&record, decl, "object");
    unsigned slot = sgr_gen_record_slot(&record);
    sgr_gen_record_literal(f, decl->block, slot);
    sgr_gen_record_put(&record, SGR_STR("object"), slot);
    sgr_gen_record_end(&record, dst);
}

static void gen_attributes(struct sgr_gen_fn *f, const struct sgr_decl *decl, unsigned dst)
{
    struct sgr_gen_record record;
    sgr_gen_record_begin(&record, f, !sgr_gen_block_is_plain(decl->block));
    record.promql = decl->block_kind == SGR_BLOCK_ALERT;
    sgr_gen_header(&record, decl, sgr_blocks[decl->block_kind].word);
    put_of(&record, decl);
    sgr_gen_attribute_defaults(&record, decl, decl->block_kind);
    sgr_gen_record_entries(&record, decl->block);
    if (decl->block_kind == SGR_BLOCK_ROLLOUT) {
        put_guards(&record, decl);
        put_steps(&record, decl);
    }
    if (decl->block_kind == SGR_BLOCK_GUARD || decl->block_kind == SGR_BLOCK_AUDIT) {
        unsigned slot = sgr_gen_record_slot(&record);
        sgr_gen_judge(f, decl, slot);
        sgr_gen_record_put(&record, SGR_STR("judge"), slot);
    }
    if (decl->block_kind == SGR_BLOCK_GUARD) {
        unsigned slot = sgr_gen_record_slot(&record);
        sgr_gen_watcher(f, decl, slot);
        sgr_gen_record_put(&record, SGR_STR("watch"), slot);
        slot = sgr_gen_record_slot(&record);
        sgr_gen_conditions(f, decl, slot);
        sgr_gen_record_put(&record, SGR_STR("conditions"), slot);
    }
    sgr_gen_record_end(&record, dst);
}

void sgr_gen_block(struct sgr_gen_fn *f, const struct sgr_decl *decl, unsigned dst)
{
    sgr_gen_place(f, decl->span);
    switch (decl->block_kind) {
    case SGR_BLOCK_OBJECT:
        gen_object(f, decl, dst);
        break;
    case SGR_BLOCK_METRIC:
        sgr_gen_metric_record(f, decl, dst);
        break;
    case SGR_BLOCK_SCENARIO:
        sgr_gen_scenario(f, decl, dst);
        break;
    default:
        gen_attributes(f, decl, dst);
        break;
    }
}
