/* Queries inside scripts: parsed with placeholders where something is interpolated, errors told
 * inside the string. */
#include "compiler/check.h"

#include "lang/promql/promql.h"

enum { QUERY_MAX = 1 << 20 };

struct query {
    struct sgr_buf text;
    struct sgr_promql_hole *holes;
    size_t count;
};

static void split(struct sgr_checker *c, const struct sgr_string *string, struct query *query)
{
    query->holes = SGR_NEW_ARRAY(c->arena, struct sgr_promql_hole, string->count + 1);
    sgr_buf_init(&query->text, QUERY_MAX);
    for (size_t i = 0; i < string->count; i++) {
        const struct sgr_string_part *part = &string->parts[i];
        if (part->expr == NULL) {
            sgr_buf_add(&query->text, part->text);
            continue;
        }
        enum sgr_type_kind kind = part->expr->type ? part->expr->type->kind : SGR_T_STRING;
        query->holes[query->count].value = kind == SGR_T_DURATION ? SGR_PROMQL_DURATION_VALUE
                                           : sgr_type_is_quantity(part->expr->type)
                                               ? SGR_PROMQL_NUMBER_VALUE
                                               : SGR_PROMQL_TEXT;
        sgr_promql_placeholder(&query->text, query->count++);
    }
}

/* The place in the source of bytes lo..hi of the query. Escapes and removed indentation shift
 * places inside a part; then the piece is searched, and told by its part where it is not found. */
static sgr_span place(struct sgr_checker *c, const struct sgr_expr *expr, const struct query *query,
                      size_t lo, size_t hi)
{
    const struct sgr_string *string = &expr->u.string;
    size_t at = 0, hole = 0;
    for (size_t i = 0; i < string->count; i++) {
        const struct sgr_string_part *part = &string->parts[i];
        struct sgr_buf mark;
        sgr_buf_init(&mark, 64);
        if (part->expr != NULL) {
            sgr_promql_placeholder(&mark, hole++);
        }
        size_t length = part->expr != NULL ? mark.len : part->text.len;
        sgr_buf_release(&mark);
        if (lo < at + length || i + 1 == string->count) {
            sgr_str raw = sgr_sources_text(c->diags->sources, part->span);
            size_t end = hi > at + length ? length : hi - at,
                   from = lo - at < length ? lo - at : length;
            sgr_str piece = {part->text.ptr + from, end > from ? end - from : 0};
            const char *hit = part->expr == NULL && piece.len > 0
                                  ? memmem(raw.ptr, raw.len, piece.ptr, piece.len)
                                  : NULL;
            if (hit == NULL) {
                return part->span;
            }
            uint32_t start = part->span.lo + (uint32_t)(hit - raw.ptr);
            return (sgr_span){part->span.file, start, start + (uint32_t)piece.len};
        }
        at += length;
    }
    (void)query;
    return expr->span;
}

void sgr_check_promql(struct sgr_checker *c, struct sgr_expr *expr, bool one_number)
{
    const struct sgr_promql_expr *tree = NULL;
    struct sgr_promql_error error = {0};
    struct query query = {0};
    if (expr->kind != SGR_EXPR_STRING || expr->type == NULL || expr->type->kind == SGR_T_ERROR) {
        return;
    }
    split(c, &expr->u.string, &query);
    if (!sgr_promql_parse(c->arena, sgr_buf_str(&query.text), query.holes, query.count, &tree,
                          &error)) {
        sgr_diag(c->diags, SGR_E0701, place(c, expr, &query, error.lo, error.hi), "%.*s",
                 SGR_FMT(error.message));
    } else if (one_number) {
        struct sgr_promql_error why = {0};
        if (!sgr_promql_one_number(c->arena, tree, &why)) {
            struct sgr_diag *diag =
                sgr_diag(c->diags, SGR_E0702, place(c, expr, &query, why.lo, why.hi),
                         "this query may give several numbers: %.*s", SGR_FMT(why.message));
            sgr_diag_help(c->diags, diag, "aggregate with sum, max or avg");
        }
    }
    sgr_buf_release(&query.text);
}
