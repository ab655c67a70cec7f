/* The tree as text: one form for one meaning. Spans, comments and parentheses are left out. */
#include "support.h"

static void put(struct sgr_buf *out, const char *text)
{
    sgr_buf_cstr(out, text);
}

static void put_name(struct sgr_buf *out, struct sgr_name name)
{
    sgr_buf_add(out, name.text);
}

static void put_expr(struct sgr_buf *out, const struct sgr_expr *expr);
static void put_block(struct sgr_buf *out, const struct sgr_block *block);
static void put_body(struct sgr_buf *out, const struct sgr_body *body);

static void put_type(struct sgr_buf *out, const struct sgr_type_expr *type)
{
    if (type->kind == SGR_TYPE_NAME) {
        if (type->module.text.len > 0) {
            put_name(out, type->module);
            put(out, ".");
        }
        put_name(out, type->name);
    } else {
        put(out, type->kind == SGR_TYPE_FN ? "fn" : "{");
    }
    for (size_t i = 0; i < type->arg_count; i++) {
        put(out, i == 0 ? "<" : ",");
        put_type(out, type->args[i]);
    }
    put(out, type->arg_count > 0 ? ">" : "");
    for (size_t i = 0; i < type->field_count; i++) {
        put(out, i > 0 ? "," : "");
        put_name(out, type->fields[i].name);
        put(out, ":");
        put_type(out, type->fields[i].type);
    }
    put(out, type->kind == SGR_TYPE_RECORD ? "}" : "");
}

static void put_args(struct sgr_buf *out, const struct sgr_arg *args, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        put(out, " ");
        put_name(out, args[i].name);
        put(out, args[i].name.text.len > 0 ? "=" : "");
        put_expr(out, args[i].value);
    }
}

static void put_params(struct sgr_buf *out, const struct sgr_param *params, size_t count)
{
    put(out, "(");
    for (size_t i = 0; i < count; i++) {
        put(out, i > 0 ? "," : "");
        put_name(out, params[i].name);
        if (params[i].type != NULL) {
            put(out, ":");
            put_type(out, params[i].type);
        }
        if (params[i].initial != NULL) {
            put(out, "=");
            put_expr(out, params[i].initial);
        }
    }
    put(out, ")");
}

static void put_string(struct sgr_buf *out, const struct sgr_string *string)
{
    put(out, string->triple ? "'''" : "'");
    for (size_t i = 0; i < string->count; i++) {
        if (string->parts[i].expr != NULL) {
            put(out, "<");
            put_expr(out, string->parts[i].expr);
            put(out, ">");
        } else {
            sgr_buf_add(out, string->parts[i].text);
        }
    }
    put(out, "'");
}

static void put_for(struct sgr_buf *out, const struct sgr_loop *names,
                    const struct sgr_expr *source)
{
    put(out, "for ");
    put_name(out, names->key);
    put(out, names->key.text.len > 0 ? "," : "");
    put_name(out, names->value);
    put(out, " ");
    put_expr(out, source);
}

static void put_literal(struct sgr_buf *out, const struct sgr_expr *expr)
{
    switch ((int)expr->kind) {
    case SGR_EXPR_BOOL:
        put(out, expr->u.boolean ? "true" : "false");
        break;
    case SGR_EXPR_INT:
        sgr_buf_printf(out, "%lld", (long long)expr->u.integer);
        break;
    case SGR_EXPR_NUMBER:
        sgr_buf_printf(out, "%gn", expr->u.number);
        break;
    case SGR_EXPR_PERCENT:
        sgr_buf_printf(out, "%g%%", expr->u.number);
        break;
    case SGR_EXPR_DURATION:
        sgr_buf_printf(out, "%lldms", (long long)expr->u.integer);
        break;
    case SGR_EXPR_MEMORY:
        sgr_buf_printf(out, "%lldB", (long long)expr->u.integer);
        break;
    case SGR_EXPR_RATE:
        sgr_buf_printf(out, "%g/s", expr->u.number);
        break;
    case SGR_EXPR_SUFFIX_M:
        sgr_buf_printf(out, "%gM", expr->u.number);
        break;
    default:
        put(out, "ERROR");
        break;
    }
}

static void put_compound(struct sgr_buf *out, const struct sgr_expr *expr)
{
    static const char *const operators[] = {"neg", "not", "*",  "/", "+",  "-",   "..", "==",
                                            "!=",  "<",   "<=", ">", ">=", "and", "or", "??"};
    switch ((int)expr->kind) {
    case SGR_EXPR_FIELD:
        put_expr(out, expr->u.field.object);
        put(out, ".");
        put_name(out, expr->u.field.name);
        break;
    case SGR_EXPR_INDEX:
        put_expr(out, expr->u.index.object);
        put(out, "[");
        put_expr(out, expr->u.index.key);
        put(out, "]");
        break;
    case SGR_EXPR_CALL:
        put(out, "(");
        put_expr(out, expr->u.call.callee);
        put_args(out, expr->u.call.args, expr->u.call.count);
        put(out, ")");
        break;
    case SGR_EXPR_UNARY:
        sgr_buf_printf(out, "(%s ", operators[expr->u.unary.op]);
        put_expr(out, expr->u.unary.operand);
        put(out, ")");
        break;
    case SGR_EXPR_BINARY:
        sgr_buf_printf(out, "(%s ", operators[expr->u.binary.op]);
        put_expr(out, expr->u.binary.left);
        put(out, " ");
        put_expr(out, expr->u.binary.right);
        put(out, ")");
        break;
    case SGR_EXPR_IF:
        put(out, "(if ");
        put_expr(out, expr->u.cond.test);
        put(out, " ");
        put_expr(out, expr->u.cond.then);
        put(out, " ");
        put_expr(out, expr->u.cond.otherwise);
        put(out, ")");
        break;
    default:
        break;
    }
}

static void put_expr(struct sgr_buf *out, const struct sgr_expr *expr)
{
    switch ((int)expr->kind) {
    case SGR_EXPR_STRING:
        put_string(out, &expr->u.string);
        break;
    case SGR_EXPR_NAME:
        put_name(out, expr->u.name);
        break;
    case SGR_EXPR_LIST:
        put(out, "[");
        for (size_t i = 0; i < expr->u.list.count; i++) {
            put(out, i > 0 ? " " : "");
            put_expr(out, expr->u.list.items[i]);
        }
        put(out, "]");
        break;
    case SGR_EXPR_COMPREHENSION:
        put(out, "[");
        put_expr(out, expr->u.comp.item);
        put(out, " ");
        put_for(out, expr->u.comp.loop, expr->u.comp.source);
        if (expr->u.comp.filter != NULL) {
            put(out, " if ");
            put_expr(out, expr->u.comp.filter);
        }
        put(out, "]");
        break;
    case SGR_EXPR_RECORD:
        put_block(out, expr->u.record);
        break;
    case SGR_EXPR_FN:
        put(out, "(fn");
        put_params(out, expr->u.fn.params, expr->u.fn.count);
        put(out, " ");
        put_expr(out, expr->u.fn.body);
        put(out, ")");
        break;
    case SGR_EXPR_FIELD:
    case SGR_EXPR_INDEX:
    case SGR_EXPR_CALL:
    case SGR_EXPR_UNARY:
    case SGR_EXPR_BINARY:
    case SGR_EXPR_IF:
        put_compound(out, expr);
        break;
    default:
        put_literal(out, expr);
        break;
    }
}

/* " word expr", or nothing. */
static void put_part(struct sgr_buf *out, const char *word, const struct sgr_expr *expr)
{
    if (expr != NULL) {
        put(out, word);
        put_expr(out, expr);
    }
}

static void put_entry(struct sgr_buf *out, const struct sgr_entry *entry)
{
    static const char *const words[] = {"",     "",       "if ", "",       "require ", "",
                                        "run ", "given ", "at ", "fault ", "expect "};
    static const char *const steps[] = {"steps", "on-failure", "on-success", "finally"};
    put(out, words[entry->kind]);
    put(out, entry->kind == SGR_ENTRY_STEPS ? steps[entry->steps_kind] : "");
    put_name(out, entry->key);
    put_part(out, "", entry->key_expr);
    put_args(out, entry->args, entry->arg_count);
    if (entry->kind == SGR_ENTRY_FOR) {
        put_for(out, entry->loop, entry->value);
    } else {
        put_part(out, entry->kind == SGR_ENTRY_FAULT ? " for " : "", entry->target);
        put_part(out, entry->kind == SGR_ENTRY_ATTR || entry->kind == SGR_ENTRY_GIVEN ? "=" : "",
                 entry->value);
    }
    put(out, entry->else_no_signal ? " else no_signal" : "");
    if (entry->block != NULL) {
        put_block(out, entry->block);
    }
    if (entry->otherwise != NULL) {
        put(out, "else");
        put_block(out, entry->otherwise);
    }
    if (entry->body != NULL) {
        put_body(out, entry->body);
    }
}

static void put_block(struct sgr_buf *out, const struct sgr_block *block)
{
    put(out, "{");
    for (size_t i = 0; i < block->count; i++) {
        put(out, i > 0 ? "; " : "");
        put_entry(out, &block->entries[i]);
    }
    put(out, "}");
}

static void put_verb(struct sgr_buf *out, const struct sgr_stmt *stmt)
{
    const struct sgr_verb_operands *operands = &stmt->operands;
    sgr_buf_printf(out, "!%s", sgr_verbs[stmt->verb].word);
    put(out, operands->until ? " until" : "");
    put(out, operands->word.text.len > 0 ? " " : "");
    put_name(out, operands->word);
    put_part(out, " ", operands->operand);
    put_part(out, " ", operands->second);
    put_part(out, " timeout ", operands->timeout);
    put_part(out, " as ", operands->group);
    if (operands->block != NULL) {
        put_block(out, operands->block);
    }
}

static void put_stmt(struct sgr_buf *out, const struct sgr_stmt *stmt)
{
    static const char *const words[] = {"ERROR",  "step ",   "let ",    "if ", "",     "parallel",
                                        "retry ", "within ", "attempt", "",    "call "};
    if (stmt->kind == SGR_STMT_VERB) {
        put_verb(out, stmt);
        return;
    }
    put(out, words[stmt->kind]);
    if (stmt->kind == SGR_STMT_FOR) {
        put_for(out, stmt->loop, stmt->value);
    } else {
        put(out, stmt->kind == SGR_STMT_LET ? "" : stmt->name.text.len > 0 ? " reason " : "");
        put_name(out, stmt->name);
        if (stmt->type != NULL) {
            put(out, ":");
            put_type(out, stmt->type);
        }
        put_part(out, stmt->kind == SGR_STMT_LET ? "=" : "", stmt->value);
    }
    put_part(out, " every ", stmt->every);
    if (stmt->body != NULL) {
        put_body(out, stmt->body);
    }
    if (stmt->otherwise != NULL) {
        put(out, "else");
        put_body(out, stmt->otherwise);
    }
}

static void put_body(struct sgr_buf *out, const struct sgr_body *body)
{
    put(out, "{");
    for (size_t i = 0; i < body->count; i++) {
        put(out, i > 0 ? "; " : "");
        put_stmt(out, body->stmts[i]);
    }
    put(out, "}");
}

static void put_decls(struct sgr_buf *out, struct sgr_decl *const *decls, size_t count,
                      const char *separator);

static void put_decl(struct sgr_buf *out, const struct sgr_decl *decl)
{
    static const char *const words[] = {"ERROR",      "import ",  "param ",    "let ",
                                        "fn ",        "",         "if ",       "",
                                        "manifests ", "routine ", "invariant "};
    if (decl->doc.len > 0) {
        sgr_buf_printf(out, "[%.*s] ", SGR_FMT(decl->doc));
    }
    put(out, words[decl->kind]);
    put(out, decl->kind == SGR_DECL_BLOCK ? sgr_blocks[decl->block_kind].word : "");
    put(out, decl->kind == SGR_DECL_BLOCK ? " " : "");
    put_part(out, "", decl->title);
    put(out, decl->kind == SGR_DECL_IMPORT && decl->name.text.len > 0 ? " as " : "");
    put_name(out, decl->name);
    put_part(out, " of ", decl->of);
    if (decl->param_count > 0) {
        put_params(out, decl->params, decl->param_count);
    }
    if (decl->type != NULL) {
        put(out, ":");
        put_type(out, decl->type);
    }
    if (decl->kind == SGR_DECL_FOR) {
        put_for(out, decl->loop, decl->value);
    } else {
        put_part(out, decl->kind == SGR_DECL_IF ? "" : "=", decl->value);
    }
    put_part(out, " where ", decl->where);
    if (decl->block != NULL) {
        put_block(out, decl->block);
    }
    if (decl->body != NULL) {
        put_body(out, decl->body);
    }
    if (decl->kind == SGR_DECL_FOR || decl->kind == SGR_DECL_IF) {
        put(out, "{");
        put_decls(out, decl->decls, decl->decl_count, "; ");
        put(out, "}");
    }
    if (decl->otherwise_count > 0) {
        put(out, "else{");
        put_decls(out, decl->otherwise, decl->otherwise_count, "; ");
        put(out, "}");
    }
}

static void put_decls(struct sgr_buf *out, struct sgr_decl *const *decls, size_t count,
                      const char *separator)
{
    for (size_t i = 0; i < count; i++) {
        put(out, i > 0 ? separator : "");
        put_decl(out, decls[i]);
    }
}

const char *dump(struct parsed *parsed)
{
    sgr_buf_clear(&parsed->text);
    put_decls(&parsed->text, parsed->tree->decls, parsed->tree->decl_count, "\n");
    return parsed->text.ptr;
}
