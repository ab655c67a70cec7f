/* Queries inside scripts: parsed with placeholders where something is interpolated, errors told
 * inside the string. */
#include "compiler/check.h"

enum { QUERY_MAX = 1 << 20 };

/* The query's text with a placeholder for each interpolation. */
static void split(struct sgr_checker *c, struct sgr_query *query, struct sgr_buf *text)
{
    const struct sgr_string *string = &query->expr->u.string;
    query->holes = SGR_NEW_ARRAY(c->arena, struct sgr_promql_hole, string->count + 1);
    query->parts = SGR_NEW_ARRAY(c->arena, const struct sgr_expr *, string->count + 1);
    for (size_t i = 0; i < string->count; i++) {
        const struct sgr_string_part *part = &string->parts[i];
        if (part->expr == NULL) {
            sgr_buf_add(text, part->text);
            continue;
        }
        enum sgr_type_kind kind = part->expr->type ? part->expr->type->kind : SGR_T_STRING;
        query->holes[query->count].value = kind == SGR_T_DURATION ? SGR_PROMQL_DURATION_VALUE
                                           : sgr_type_is_quantity(part->expr->type)
                                               ? SGR_PROMQL_NUMBER_VALUE
                                               : SGR_PROMQL_TEXT;
        query->parts[query->count] = part->expr;
        sgr_promql_placeholder(text, query->count++);
    }
}

static size_t placeholder_length(size_t index)
{
    struct sgr_buf mark;
    sgr_buf_init(&mark, 64);
    sgr_promql_placeholder(&mark, index);
    size_t length = mark.len;
    sgr_buf_release(&mark);
    return length;
}

/* How far the text of a part reaches into its raw bytes: escapes are longer there, and indentation
 * that was removed stands there still. */
static size_t raw_offset(sgr_str raw, sgr_str text, size_t until, bool triple)
{
    size_t at = 0;
    for (size_t i = 0; i <= until && at < raw.len;) {
        if (i < text.len && raw.ptr[at] != text.ptr[i] &&
            (raw.ptr[at] == ' ' || raw.ptr[at] == '\t' || raw.ptr[at] == '\r')) {
            at++;
            continue;
        }
        if (i == until) {
            break;
        }
        size_t width = 1;
        if (raw.ptr[at] == '\\' && !triple && at + 1 < raw.len) {
            const char *brace =
                raw.ptr[at + 1] == 'u' ? memchr(raw.ptr + at, '}', raw.len - at) : NULL;
            at = brace != NULL ? (size_t)(brace - raw.ptr) : at + 1;
            width = sgr_utf8_length(text, i);
        } else if (raw.ptr[at] == '$' && at + 1 < raw.len && raw.ptr[at + 1] == '$') {
            at++;
        }
        at++;
        i += width > 0 ? width : 1;
    }
    return at;
}

static sgr_span span_in_part(struct sgr_sources *sources, const struct sgr_string_part *part,
                             size_t from, size_t end, bool triple)
{
    if (part->expr != NULL) {
        return part->span;
    }
    sgr_str raw = sgr_sources_text(sources, part->span);
    size_t lo = raw_offset(raw, part->text, from, triple);
    size_t hi = end > from ? raw_offset(raw, part->text, end - 1, triple) + 1 : lo;
    return (sgr_span){part->span.file, part->span.lo + (uint32_t)lo, part->span.lo + (uint32_t)hi};
}

sgr_span sgr_query_span(struct sgr_sources *sources, const struct sgr_query *query, size_t lo,
                        size_t hi)
{
    const struct sgr_string *string = &query->expr->u.string;
    size_t at = 0, hole = 0;
    for (size_t i = 0; i < string->count; i++) {
        const struct sgr_string_part *part = &string->parts[i];
        size_t length = part->expr != NULL ? placeholder_length(hole++) : part->text.len;
        if (lo < at + length || i + 1 == string->count) {
            size_t from = lo - at < length ? lo - at : length;
            size_t end = hi > at + length ? length : hi - at;
            return span_in_part(sources, part, from, end, string->triple);
        }
        at += length;
    }
    return query->expr->span;
}

void sgr_check_promql(struct sgr_checker *c, struct sgr_decl *decl, struct sgr_expr *expr)
{
    struct sgr_promql_error error = {0};
    if (expr->kind != SGR_EXPR_STRING || expr->type == NULL || expr->type->kind == SGR_T_ERROR) {
        return;
    }
    struct sgr_query *query = SGR_NEW(c->arena, struct sgr_query);
    struct sgr_buf text;
    sgr_buf_init(&text, QUERY_MAX);
    query->expr = expr;
    split(c, query, &text);
    sgr_str whole = sgr_arena_str(c->arena, sgr_buf_str(&text));
    sgr_buf_release(&text);
    if (!sgr_promql_parse(c->arena, whole, query->holes, query->count, &query->tree, &error)) {
        sgr_diag(c->diags, SGR_E0701, sgr_query_span(c->diags->sources, query, error.lo, error.hi),
                 "%.*s", SGR_FMT(error.message));
        return;
    }
    decl->query = query;
    if (decl->block_kind == SGR_BLOCK_METRIC &&
        !sgr_promql_one_number(c->arena, query->tree, &error)) {
        struct sgr_diag *diag = sgr_diag(
            c->diags, SGR_E0702, sgr_query_span(c->diags->sources, query, error.lo, error.hi),
            "this query may give several numbers: %.*s", SGR_FMT(error.message));
        sgr_diag_help(c->diags, diag, "aggregate with sum, max or avg");
    }
}
