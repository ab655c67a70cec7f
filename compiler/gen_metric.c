/* Metrics: the query with its holes escaped for the place where they stand, and the function that
 * samples it. A value never becomes part of a query but through promql_escape. */
#include "compiler/gen_private.h"
#include "lang/promql/promql.h"

enum { QUERY_MAX = 1 << 20 };

sgr_str sgr_gen_metric_word(const struct sgr_decl *metric)
{
    if (metric->name.text.len > 0 || metric->title == NULL || metric->title->u.string.count == 0) {
        return metric->name.text;
    }
    return metric->title->u.string.parts[0].text;
}

/* ---- queries ---- */

static enum sgr_promql_value value_kind(const struct sgr_type *type)
{
    switch (type == NULL ? SGR_T_STRING : type->kind) {
    case SGR_T_INT:
    case SGR_T_NUMBER:
    case SGR_T_PERCENT:
    case SGR_T_COUNT:
        return SGR_PROMQL_NUMBER_VALUE;
    case SGR_T_DURATION:
        return SGR_PROMQL_DURATION_VALUE;
    default:
        return SGR_PROMQL_TEXT;
    }
}

/* A query with placeholders for its holes, and the expressions in them. */
struct query {
    sgr_str text;
    struct sgr_promql_hole *holes;
    const struct sgr_expr **values;
    size_t count;
};

static struct query split(struct sgr_gen *gen, const struct sgr_string *string)
{
    struct query query = {0};
    query.holes = SGR_NEW_ARRAY(gen->arena, struct sgr_promql_hole, string->count + 1);
    query.values = SGR_NEW_ARRAY(gen->arena, const struct sgr_expr *, string->count + 1);
    struct sgr_buf buf;
    sgr_buf_init(&buf, QUERY_MAX);
    for (size_t i = 0; i < string->count; i++) {
        const struct sgr_string_part *part = &string->parts[i];
        if (part->expr == NULL) {
            sgr_buf_add(&buf, part->text);
            continue;
        }
        query.holes[query.count].value = value_kind(part->expr->type);
        query.values[query.count] = part->expr;
        sgr_promql_placeholder(&buf, query.count++);
    }
    query.text = sgr_arena_str(gen->arena, sgr_buf_str(&buf));
    sgr_buf_release(&buf);
    return query;
}

static void gen_hole(struct sgr_gen_fn *f, const struct query *query, size_t index, unsigned dst)
{
    uint32_t escape = sgr_gen_builtin("promql_escape");
    if (escape == UINT32_MAX) {
        SGR_BUG("there is no built-in promql_escape");
    }
    unsigned mark = f->top;
    f->top = dst + 1 == mark ? dst : mark;
    unsigned base = sgr_gen_regs(f, 2);
    sgr_gen_load_str(f, base, sgr_str_from(sgr_promql_hole_word(query->holes[index].kind)));
    sgr_gen_expr(f, query->values[index], base + 1);
    sgr_gen_place(f, query->values[index]->span);
    SGR_EMIT(f, BUILTIN, base, escape, 2);
    sgr_gen_move(f, dst, base);
    f->top = mark;
}

static void gen_pieces(struct sgr_gen_fn *f, const struct query *query, sgr_str text, unsigned dst)
{
    unsigned base = f->top;
    unsigned count = 0;
    size_t at = 0, index;
    sgr_str literal;
    while (sgr_promql_piece(text, &at, &literal, &index)) {
        if (count + 2 > SGR_GEN_WINDOW_MAX) {
            SGR_EMIT(f, CONCAT, base, base, count);
            f->top = base + 1;
            count = 1;
        }
        if (literal.len > 0) {
            sgr_gen_load_str(f, sgr_gen_reg(f), sgr_arena_str(f->gen->arena, literal));
            count++;
        }
        if (index != SIZE_MAX) {
            gen_hole(f, query, index, sgr_gen_reg(f));
            count++;
        }
    }
    SGR_EMIT(f, CONCAT, dst, base, count);
    f->top = base;
}

void sgr_gen_promql(struct sgr_gen_fn *f, const struct sgr_expr *expr, unsigned dst)
{
    const struct sgr_promql_expr *tree = NULL;
    struct sgr_promql_error error = {0};
    struct query query = {0};
    if (expr->kind == SGR_EXPR_STRING) {
        query = split(f->gen, &expr->u.string);
        (void)sgr_promql_parse(f->gen->arena, query.text, query.holes, query.count, &tree, &error);
    }
    if (tree == NULL) {
        sgr_gen_expr(f, expr, dst); /* computed as a whole: nothing to escape in it */
        return;
    }
    struct sgr_buf buf;
    sgr_buf_init(&buf, QUERY_MAX);
    sgr_promql_print(tree, &buf);
    sgr_gen_place(f, expr->span);
    if (query.count == 0) {
        sgr_gen_load_str(f, dst, sgr_buf_str(&buf));
    } else {
        gen_pieces(f, &query, sgr_arena_str(f->gen->arena, sgr_buf_str(&buf)), dst);
    }
    sgr_buf_release(&buf);
}

/* The last `promql` that the entries give. */
static void query_entries(struct sgr_gen_fn *f, const struct sgr_block *block, unsigned dst)
{
    for (size_t i = 0; block != NULL && i < block->count; i++) {
        const struct sgr_entry *entry = &block->entries[i];
        unsigned mark = f->top;
        if (entry->kind == SGR_ENTRY_ATTR && sgr_str_is(entry->key.text, "promql")) {
            sgr_gen_promql(f, entry->value, dst);
        } else if (entry->kind == SGR_ENTRY_IF) {
            size_t no = sgr_gen_unless(f, entry->value);
            f->top = mark;
            query_entries(f, entry->block, dst);
            size_t over = sgr_gen_jump(f, SGR_OPCODE(JUMP), 0);
            sgr_gen_land(f, no);
            query_entries(f, entry->otherwise, dst);
            sgr_gen_land(f, over);
        } else if (entry->kind == SGR_ENTRY_FOR) {
            struct sgr_gen_loop loop = sgr_gen_loop_begin(f, entry->value, entry->loop);
            query_entries(f, entry->block, dst);
            sgr_gen_loop_end(f, &loop);
        }
    }
}

/* ---- the unit ---- */

static sgr_str unit_word(const struct sgr_decl *metric)
{
    for (size_t i = 0; i < metric->block->count; i++) {
        const struct sgr_entry *entry = &metric->block->entries[i];
        if (entry->kind == SGR_ENTRY_ATTR && sgr_str_is(entry->key.text, "unit") &&
            entry->value->kind == SGR_EXPR_NAME) {
            return entry->value->u.name.text;
        }
    }
    return SGR_STR("number");
}

static enum sgr_tag unit_tag(sgr_str word)
{
    static const enum sgr_tag tags[] = {SGR_PERCENT, SGR_DURATION, SGR_RATE,
                                        SGR_COUNT,   SGR_MEMORY,   SGR_CPU};
    for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++) {
        if (sgr_str_is(word, sgr_tag_name(tags[i]))) {
            return tags[i];
        }
    }
    return SGR_NUMBER;
}

/* The number that Prometheus gave, with its unit: seconds, a ratio, events a second, bytes, cores.
 */
static void gen_unit(struct sgr_gen_fn *f, enum sgr_tag tag, unsigned dst)
{
    if (tag == SGR_DURATION) {
        unsigned second = sgr_gen_reg(f);
        sgr_gen_load(f, second, sgr_unit_i(SGR_DURATION, 1000));
        SGR_EMIT(f, MUL, dst, dst, second);
        f->top = second;
    } else {
        SGR_EMIT(f, CONVERT, dst, dst, (unsigned)tag);
    }
}

/* ---- functions ---- */

static void bind_params(struct sgr_gen_fn *f, const struct sgr_decl *metric)
{
    for (size_t i = 0; i < metric->param_count; i++) {
        sgr_gen_bind(f, metric->params[i].name.span, (unsigned)i);
    }
    sgr_gen_defaults(f, metric->params, metric->param_count, 0);
}

static void gen_query(struct sgr_gen_fn *f, const struct sgr_decl *metric, unsigned dst)
{
    SGR_EMIT(f, LOAD_ABSENT, dst, 0, 0);
    query_entries(f, metric->block, dst);
}

static bool is_track(const struct sgr_param *param)
{
    const struct sgr_type_expr *type = param->type;
    return type != NULL && type->kind == SGR_TYPE_NAME && sgr_str_is(type->name.text, "track");
}

static void put_track(struct sgr_gen_record *record, const struct sgr_decl *metric)
{
    for (size_t i = 0; i < metric->param_count; i++) {
        if (is_track(&metric->params[i])) {
            unsigned slot = sgr_gen_record_slot(record);
            sgr_gen_field(record->f, slot, (unsigned)i, SGR_STR("name"), false);
            sgr_gen_record_put(record, SGR_STR("track"), slot);
            return;
        }
    }
    sgr_gen_record_text(record, "track", SGR_STR(""));
}

static void put_args(struct sgr_gen_record *record, size_t count)
{
    struct sgr_gen_fn *f = record->f;
    unsigned slot = sgr_gen_record_slot(record);
    SGR_EMIT(f, BUILD_LIST, slot, 0, 0);
    for (unsigned i = 0; i < count; i++) {
        SGR_EMIT(f, BUILD_ADD, slot, i, 0);
    }
    SGR_EMIT(f, BUILD_END, slot, slot, 0);
    sgr_gen_record_put(record, SGR_STR("args"), slot);
}

/* { metric, track, promql, unit, args } in a new register. */
static unsigned gen_question(struct sgr_gen_fn *f, const struct sgr_decl *metric)
{
    bind_params(f, metric);
    sgr_gen_place(f, metric->span);
    unsigned dst = sgr_gen_reg(f);
    struct sgr_gen_record record;
    sgr_gen_record_begin(&record, f, false);
    sgr_gen_record_text(&record, "metric", sgr_gen_metric_word(metric));
    put_track(&record, metric);
    unsigned slot = sgr_gen_record_slot(&record);
    gen_query(f, metric, slot);
    sgr_gen_record_put(&record, SGR_STR("promql"), slot);
    sgr_gen_record_text(&record, "unit", unit_word(metric));
    put_args(&record, metric->param_count);
    sgr_gen_record_end(&record, dst);
    return dst;
}

void sgr_gen_sample(struct sgr_gen_fn *f, const struct sgr_decl *metric)
{
    unsigned dst = gen_question(f, metric);
    sgr_gen_place(f, metric->span);
    SGR_EMIT(f, EFFECT, dst, SGR_EFFECT_SAMPLE, 1);
    gen_unit(f, unit_tag(unit_word(metric)), dst);
    SGR_EMIT(f, RETURN, dst, 0, 0);
}

/* A closure with the metric's parameters: its query, or its sample. */
static void gen_function(struct sgr_gen_fn *f, const struct sgr_decl *decl, bool sample,
                         unsigned dst)
{
    struct sgr_gen_free taken = {0};
    sgr_gen_free_params(f, decl->params, decl->param_count, &taken);
    sgr_gen_free_block(f, decl->block, &taken);
    struct sgr_gen_fn inner;
    sgr_gen_inner_begin(&inner, f, sample ? "sample" : "query", (unsigned)decl->param_count, false,
                        &taken);
    if (sample) {
        sgr_gen_sample(&inner, decl);
    } else {
        SGR_EMIT(&inner, RETURN, gen_question(&inner, decl), 0, 0);
    }
    sgr_gen_inner_end(&inner, f, &taken, dst);
}

void sgr_gen_metric_record(struct sgr_gen_fn *f, const struct sgr_decl *decl, unsigned dst)
{
    struct sgr_gen_record record;
    sgr_gen_record_begin(&record, f, false);
    sgr_gen_header(&record, decl, "metric");
    sgr_gen_record_text(&record, "unit", unit_word(decl));
    unsigned slot = sgr_gen_record_slot(&record);
    sgr_gen_load(f, slot, sgr_int((int64_t)decl->param_count));
    sgr_gen_record_put(&record, SGR_STR("arity"), slot);
    slot = sgr_gen_record_slot(&record);
    sgr_gen_load(f, slot, sgr_bool(decl->param_count == 1 && is_track(&decl->params[0])));
    sgr_gen_record_put(&record, SGR_STR("per_track"), slot);
    slot = sgr_gen_record_slot(&record);
    sgr_gen_names(f, decl->params, decl->param_count, slot);
    sgr_gen_record_put(&record, SGR_STR("params"), slot);
    slot = sgr_gen_record_slot(&record);
    gen_function(f, decl, false, slot);
    sgr_gen_record_put(&record, SGR_STR("query"), slot);
    slot = sgr_gen_record_slot(&record);
    const struct sgr_gen_metric *metric = decl->symbol != NULL ? decl->symbol->owner : NULL;
    if (metric != NULL) {
        SGR_EMIT(f, CLOSURE, slot, metric->sample, slot);
    } else {
        gen_function(f, decl, true, slot);
    }
    sgr_gen_record_put(&record, SGR_STR("sample"), slot);
    sgr_gen_record_end(&record, dst);
}
