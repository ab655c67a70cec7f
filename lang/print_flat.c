/* Entries and statements on one line. Must never end a line and never look at comments. */
#include "lang/print.h"
#include "lang/print_layout.h"

static const char *const steps_words[] = {
    [SGR_STEPS] = "steps",
    [SGR_ON_FAILURE] = "on failure",
    [SGR_ON_SUCCESS] = "on success",
    [SGR_FINALLY] = "finally",
};

static void operand(struct sgr_flat *flat, const struct sgr_expr *expr, enum sgr_binding least)
{
    if (flat->wrap != NULL) {
        sgr_layout_expr(flat->wrap, expr, least, SGR_INDENT);
    } else {
        sgr_flat_expr(flat, expr, least);
    }
}

static void word_expr(struct sgr_flat *flat, const char *word, const struct sgr_expr *expr)
{
    sgr_flat_text(flat, word);
    operand(flat, expr, SGR_BIND_ANY);
}

/* A line end anywhere inside ends the line behind the `{`. */
static void end_at_brace(struct sgr_flat *flat, size_t inside)
{
    if (flat->measure && flat->stopped && flat->out->len > inside) {
        flat->out->len = inside;
    }
}

void sgr_flat_block(struct sgr_flat *flat, const struct sgr_block *block, const char *separator)
{
    if (block->count == 0) {
        sgr_flat_text(flat, "{");
        sgr_flat_stop(flat, flat->measure && sgr_layout_open_block(flat->layout, block));
        sgr_flat_text(flat, "}");
        return;
    }
    sgr_flat_text(flat, "{");
    size_t inside = flat->out->len;
    sgr_flat_stop(flat, flat->measure && sgr_layout_open_block(flat->layout, block));
    sgr_flat_text(flat, " ");
    for (size_t i = 0; i < block->count && !flat->stopped; i++) {
        if (i > 0) {
            sgr_flat_text(flat, separator);
            sgr_flat_text(flat, " ");
        }
        sgr_flat_entry(flat, &block->entries[i], separator);
    }
    sgr_flat_text(flat, " }");
    end_at_brace(flat, inside);
}

static void entry_key(struct sgr_flat *flat, const struct sgr_entry *entry)
{
    if (entry->key_expr != NULL) {
        sgr_flat_string(flat, entry->key_expr);
    } else {
        sgr_flat_str(flat, entry->key.text);
    }
}

void sgr_flat_entry_head(struct sgr_flat *flat, const struct sgr_entry *entry)
{
    switch (entry->kind) {
    case SGR_ENTRY_ATTR:
        entry_key(flat, entry);
        break;
    case SGR_ENTRY_BLOCK:
        sgr_flat_str(flat, entry->key.text);
        sgr_flat_text(flat, " ");
        break;
    case SGR_ENTRY_IF:
        word_expr(flat, "if ", entry->value);
        sgr_flat_text(flat, " ");
        break;
    case SGR_ENTRY_FOR:
        sgr_flat_text(flat, "for ");
        sgr_flat_names(flat, entry->loop);
        word_expr(flat, " in ", entry->value);
        sgr_flat_text(flat, " ");
        break;
    case SGR_ENTRY_STEPS:
        sgr_flat_text(flat, steps_words[entry->steps_kind]);
        sgr_flat_text(flat, " ");
        break;
    case SGR_ENTRY_RUN:
        sgr_flat_text(flat, "run ");
        sgr_flat_str(flat, entry->key.text);
        sgr_flat_text(flat, entry->block != NULL ? " with " : "");
        break;
    case SGR_ENTRY_AT:
        word_expr(flat, "at ", entry->value);
        sgr_flat_text(flat, " ");
        break;
    case SGR_ENTRY_REQUIRE:
        sgr_flat_text(flat, "require ");
        break;
    case SGR_ENTRY_EXPECT:
        sgr_flat_text(flat, "expect ");
        break;
    case SGR_ENTRY_GIVEN:
        word_expr(flat, "given ", entry->target);
        break;
    case SGR_ENTRY_FAULT:
        sgr_flat_text(flat, "fault ");
        sgr_flat_str(flat, entry->key.text);
        break;
    }
}

void sgr_flat_entry(struct sgr_flat *flat, const struct sgr_entry *entry, const char *separator)
{
    sgr_flat_entry_head(flat, entry);
    if (entry->kind == SGR_ENTRY_FAULT) {
        sgr_flat_args(flat, (sgr_span){entry->span.file, entry->key.span.hi, entry->span.hi},
                      entry->args, entry->arg_count);
        if (entry->target != NULL) {
            word_expr(flat, " for ", entry->target);
        }
        return;
    }
    if (entry->kind == SGR_ENTRY_ATTR || entry->kind == SGR_ENTRY_GIVEN) {
        sgr_flat_text(flat, " = ");
    }
    if (entry->body != NULL) {
        sgr_flat_body(flat, entry->body);
    } else if (entry->block != NULL) {
        sgr_flat_block(flat, entry->block, entry->kind == SGR_ENTRY_RUN ? "," : separator);
    } else if (entry->value != NULL) {
        sgr_flat_expr(flat, entry->value, SGR_BIND_ANY);
    }
    if (entry->else_no_signal) {
        sgr_flat_text(flat, " else no_signal");
    } else if (entry->kind == SGR_ENTRY_REQUIRE && entry->target != NULL) {
        sgr_flat_text(flat, " else ");
        sgr_flat_expr(flat, entry->target, SGR_BIND_ANY);
    }
    if (entry->otherwise != NULL && entry->block != NULL) {
        sgr_flat_stop(flat, flat->measure &&
                                sgr_layout_newline_between(flat->layout, entry->block->span.hi,
                                                           entry->otherwise->span.lo));
        sgr_flat_text(flat, " else ");
        if (sgr_else_if_entry(entry->otherwise)) {
            sgr_flat_entry(flat, &entry->otherwise->entries[0], separator);
        } else {
            sgr_flat_block(flat, entry->otherwise, separator);
        }
    }
}

bool sgr_else_if_entry(const struct sgr_block *otherwise)
{
    return otherwise->count == 1 && otherwise->entries[0].kind == SGR_ENTRY_IF &&
           otherwise->entries[0].span.lo == otherwise->span.lo;
}

bool sgr_else_if_stmt(const struct sgr_body *otherwise)
{
    return otherwise->count == 1 && otherwise->stmts[0]->kind == SGR_STMT_IF &&
           otherwise->stmts[0]->span.lo == otherwise->span.lo;
}

/* ---- statements ---- */

void sgr_flat_body(struct sgr_flat *flat, const struct sgr_body *body)
{
    if (body->count == 0) {
        sgr_flat_text(flat, "{");
        sgr_flat_stop(flat, flat->measure && sgr_layout_open_body(flat->layout, body));
        sgr_flat_text(flat, "}");
        return;
    }
    sgr_flat_text(flat, "{");
    size_t inside = flat->out->len;
    sgr_flat_stop(flat, flat->measure && sgr_layout_open_body(flat->layout, body));
    sgr_flat_text(flat, " ");
    for (size_t i = 0; i < body->count && !flat->stopped; i++) {
        sgr_flat_text(flat, i > 0 ? "; " : "");
        sgr_flat_stmt(flat, body->stmts[i]);
    }
    sgr_flat_text(flat, " }");
    end_at_brace(flat, inside);
}

/* A verb with the operands before its `{`. */
static void verb_head(struct sgr_flat *flat, const struct sgr_stmt *stmt)
{
    const struct sgr_verb_operands *operands = &stmt->operands;
    sgr_flat_text(flat, sgr_verbs[stmt->verb].word);
    if (operands->until) {
        sgr_flat_text(flat, " until");
    }
    if (operands->word.text.len > 0) {
        sgr_flat_text(flat, " ");
        sgr_flat_str(flat, operands->word.text);
    }
    if (operands->operand != NULL) {
        sgr_flat_text(flat, " ");
        operand(flat, operands->operand,
                stmt->verb == SGR_VERB_ROUTE ? SGR_BIND_RANGE : SGR_BIND_ANY);
    }
    if (operands->second != NULL) {
        sgr_flat_text(flat, stmt->verb == SGR_VERB_SCALE   ? " to "
                            : stmt->verb == SGR_VERB_HOLD  ? " while "
                            : stmt->verb == SGR_VERB_ROUTE ? " == "
                                                           : " ");
        operand(flat, operands->second,
                stmt->verb == SGR_VERB_ROUTE ? SGR_BIND_RANGE : SGR_BIND_ANY);
    }
    if (operands->timeout != NULL) {
        word_expr(flat, " timeout ", operands->timeout);
    }
    if (operands->group != NULL) {
        word_expr(flat, " as ", operands->group);
    }
    sgr_flat_text(flat, operands->block != NULL ? " " : "");
}

void sgr_flat_stmt_head(struct sgr_flat *flat, const struct sgr_stmt *stmt)
{
    switch (stmt->kind) {
    case SGR_STMT_STEP:
        word_expr(flat, "step ", stmt->value);
        break;
    case SGR_STMT_LET:
        sgr_flat_text(flat, "let ");
        sgr_flat_str(flat, stmt->name.text);
        if (stmt->type != NULL) {
            sgr_flat_text(flat, ": ");
            sgr_flat_type(flat, stmt->type);
        }
        return;
    case SGR_STMT_IF:
        word_expr(flat, "if ", stmt->value);
        break;
    case SGR_STMT_FOR:
        sgr_flat_text(flat, "for ");
        sgr_flat_names(flat, stmt->loop);
        word_expr(flat, " in ", stmt->value);
        break;
    case SGR_STMT_PARALLEL:
        sgr_flat_text(flat, "parallel");
        break;
    case SGR_STMT_RETRY:
        word_expr(flat, "retry ", stmt->value);
        if (stmt->every != NULL) {
            word_expr(flat, " every ", stmt->every);
        }
        break;
    case SGR_STMT_WITHIN:
        word_expr(flat, "within ", stmt->value);
        break;
    case SGR_STMT_ATTEMPT:
        sgr_flat_text(flat, "attempt");
        break;
    case SGR_STMT_VERB:
        verb_head(flat, stmt);
        return;
    default:
        return;
    }
    sgr_flat_text(flat, " ");
}

void sgr_flat_stmt(struct sgr_flat *flat, const struct sgr_stmt *stmt)
{
    sgr_flat_stmt_head(flat, stmt);
    if (stmt->kind == SGR_STMT_VERB) {
        if (stmt->operands.block != NULL) {
            sgr_flat_block(flat, stmt->operands.block, ",");
        }
        return;
    }
    if (stmt->body == NULL) {
        sgr_flat_text(flat, stmt->kind == SGR_STMT_LET ? " = " : "");
        if (stmt->value != NULL) {
            sgr_flat_expr(flat, stmt->value, SGR_BIND_ANY);
        }
        return;
    }
    sgr_flat_body(flat, stmt->body);
    if (stmt->otherwise != NULL) {
        sgr_flat_stop(flat,
                      flat->measure && sgr_layout_newline_between(flat->layout, stmt->body->span.hi,
                                                                  stmt->otherwise->span.lo));
        sgr_flat_text(flat, " else ");
        if (stmt->kind == SGR_STMT_ATTEMPT && stmt->name.text.len > 0) {
            sgr_flat_str(flat, stmt->name.text);
            sgr_flat_text(flat, " ");
        }
        if (stmt->kind == SGR_STMT_IF && sgr_else_if_stmt(stmt->otherwise)) {
            sgr_flat_stmt(flat, stmt->otherwise->stmts[0]);
        } else {
            sgr_flat_body(flat, stmt->otherwise);
        }
    }
}
