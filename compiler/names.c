/* Names: what a module declares, what it sees, and what a name means where it stands. */
#include "compiler/check.h"

#include "stdlib/stdlib.h"

struct sgr_symbol *sgr_symbol_new(struct sgr_checker *c, enum sgr_symbol_kind kind,
                                  struct sgr_name name, const struct sgr_type *type)
{
    struct sgr_symbol *symbol = SGR_NEW(c->arena, struct sgr_symbol);
    symbol->kind = kind;
    symbol->name = name.text;
    symbol->span = name.span;
    symbol->type = type;
    symbol->module = c->module;
    return symbol;
}

/* ---- declaring ---- */

static void declare(struct sgr_checker *c, struct sgr_symbol *symbol)
{
    struct sgr_symbol *before = sgr_map_get(&c->module->names, symbol->name);
    if (before != NULL) {
        struct sgr_diag *diag = sgr_diag(c->diags, SGR_E0203, symbol->span,
                                         "`%.*s` is declared twice", SGR_FMT(symbol->name));
        sgr_diag_note(c->diags, diag, before->span, "first here");
        return;
    }
    sgr_map_set(&c->module->names, symbol->name, symbol);
}

static const enum sgr_symbol_kind kinds[] = {
    [SGR_DECL_PARAM] = SGR_SYM_PARAM,     [SGR_DECL_LET] = SGR_SYM_LET,
    [SGR_DECL_FN] = SGR_SYM_FN,           [SGR_DECL_BLOCK] = SGR_SYM_BLOCK,
    [SGR_DECL_ROUTINE] = SGR_SYM_ROUTINE, [SGR_DECL_INVARIANT] = SGR_SYM_LET,
    [SGR_DECL_FOR] = SGR_SYM_LET,         [SGR_DECL_IF] = SGR_SYM_LET,
    [SGR_DECL_MANIFESTS] = SGR_SYM_LET,   [SGR_DECL_IMPORT] = SGR_SYM_MODULE,
    [SGR_DECL_ERROR] = SGR_SYM_LET,
};

static sgr_str import_alias(const struct sgr_decl *decl, struct sgr_arena *arena)
{
    sgr_str path;
    if (decl->name.text.len > 0 || !sgr_literal_text(decl->title, &path)) {
        return decl->name.text;
    }
    for (size_t i = path.len; i > 0; i--) {
        if (path.ptr[i - 1] == '/') {
            path = (sgr_str){path.ptr + i, path.len - i};
            break;
        }
    }
    if (sgr_str_ends_with(path, SGR_STR(".sgr"))) {
        path.len -= 4;
    }
    char *name = sgr_arena_cstr(arena, path);
    for (size_t i = 0; i < path.len; i++) {
        bool ok = (name[i] >= 'a' && name[i] <= 'z') || (name[i] >= 'A' && name[i] <= 'Z') ||
                  (name[i] >= '0' && name[i] <= '9');
        name[i] = ok ? name[i] : '_';
    }
    return (sgr_str){name, path.len};
}

static bool binds(const struct sgr_decl *decl)
{
    return decl->name.text.len > 0 &&
           (decl->kind != SGR_DECL_BLOCK || sgr_blocks[decl->block_kind].binds);
}

void sgr_declare_names(struct sgr_checker *c)
{
    size_t import = 0;
    for (size_t i = 0; i < c->module->tree->decl_count; i++) {
        struct sgr_decl *decl = c->module->tree->decls[i];
        struct sgr_symbol *symbol = sgr_symbol_new(c, kinds[decl->kind], decl->name, NULL);
        symbol->decl = decl;
        decl->symbol = symbol;
        if (decl->kind == SGR_DECL_IMPORT) {
            symbol->name = import_alias(decl, c->arena);
            symbol->span = decl->span;
            symbol->module = c->module->imports[import++];
            if (symbol->module != NULL && !sgr_str_is(c->module->path, "std/prelude")) {
                declare(c, symbol);
            }
        } else if (binds(decl)) {
            declare(c, symbol);
        }
    }
}

/* ---- types of declarations ---- */

static const struct sgr_type *named_type(struct sgr_checker *c, const struct sgr_type_expr *type)
{
    static const struct {
        const char *name;
        enum sgr_type_kind kind;
    } wraps[] = {{"range", SGR_T_RANGE}, {"list", SGR_T_LIST}, {"map", SGR_T_MAP}};
    for (size_t i = 0; i < 3; i++) {
        if (sgr_str_is(type->name.text, wraps[i].name) && type->arg_count == 1) {
            return sgr_type_of(c->arena, wraps[i].kind, sgr_resolve_type(c, type->args[0]));
        }
    }
    const struct sgr_type *known = sgr_map_get(&c->compilation->named_types, type->name.text);
    bool hidden = known != NULL && known->kind == SGR_T_ANY && !c->module->is_std;
    if (known != NULL && type->arg_count == 0 && !hidden) {
        return known;
    }
    struct sgr_diag *diag = sgr_diag(c->diags, SGR_E0207, type->span, "there is no type `%.*s`",
                                     SGR_FMT(type->name.text));
    const char *best = NULL;
    size_t distance = 3;
    for (size_t i = 0; !hidden && i < c->compilation->named_types.len; i++) {
        sgr_nearest(type->name.text, c->compilation->named_types.entries[i].key, &best, &distance);
    }
    if (hidden) {
        sgr_diag_help(c->diags, diag, "`object` is a value of any kind");
    } else if (best != NULL) {
        sgr_diag_help(c->diags, diag, "did you mean `%s`?", best);
    }
    return sgr_type_basic(SGR_T_ERROR);
}

const struct sgr_type *sgr_resolve_type(struct sgr_checker *c, const struct sgr_type_expr *type)
{
    if (type == NULL) {
        return sgr_type_basic(SGR_T_ERROR);
    }
    if (type->kind == SGR_TYPE_NAME) {
        return named_type(c, type);
    }
    struct sgr_type *out = SGR_NEW(c->arena, struct sgr_type);
    if (type->kind == SGR_TYPE_RECORD) {
        struct sgr_field_type *fields =
            SGR_NEW_ARRAY(c->arena, struct sgr_field_type, type->field_count);
        for (size_t i = 0; i < type->field_count; i++) {
            fields[i] = (struct sgr_field_type){type->fields[i].name.text,
                                                sgr_resolve_type(c, type->fields[i].type), false};
        }
        out->kind = SGR_T_RECORD;
        out->fields = fields;
        out->field_count = type->field_count;
        return out;
    }
    const struct sgr_type **params =
        SGR_NEW_ARRAY(c->arena, const struct sgr_type *, type->arg_count);
    for (size_t i = 0; i + 1 < type->arg_count; i++) {
        params[i] = sgr_resolve_type(c, type->args[i]);
    }
    out->kind = SGR_T_FN;
    out->params = params;
    out->param_count = out->required = type->arg_count - 1;
    out->result = sgr_resolve_type(c, type->args[type->arg_count - 1]);
    return out;
}

static const struct sgr_type *unit_type(struct sgr_checker *c, const struct sgr_decl *decl)
{
    for (size_t i = 0; decl->block != NULL && i < decl->block->count; i++) {
        const struct sgr_entry *entry = &decl->block->entries[i];
        if (entry->kind == SGR_ENTRY_ATTR && sgr_str_is(entry->key.text, "unit") &&
            entry->value->kind == SGR_EXPR_NAME) {
            const struct sgr_type *known =
                sgr_map_get(&c->compilation->named_types, entry->value->u.name.text);
            return known != NULL ? known : sgr_type_basic(SGR_T_NUMBER);
        }
    }
    return sgr_type_basic(SGR_T_NUMBER);
}

static const struct sgr_type *fn_type(struct sgr_checker *c, const struct sgr_decl *decl,
                                      const struct sgr_type *result)
{
    struct sgr_type *type = SGR_NEW(c->arena, struct sgr_type);
    const struct sgr_type **params =
        SGR_NEW_ARRAY(c->arena, const struct sgr_type *, decl->param_count);
    for (size_t i = 0; i < decl->param_count; i++) {
        params[i] = sgr_resolve_type(c, decl->params[i].type);
        type->required += decl->params[i].initial == NULL;
    }
    type->kind = SGR_T_FN;
    type->params = params;
    type->param_count = decl->param_count;
    type->result = result;
    return type;
}

static const struct sgr_type *declared_type(struct sgr_checker *c, struct sgr_decl *decl)
{
    switch (decl->kind) {
    case SGR_DECL_PARAM:
        return sgr_resolve_type(c, decl->type);
    case SGR_DECL_LET:
        return decl->type != NULL ? sgr_resolve_type(c, decl->type) : NULL;
    case SGR_DECL_FN:
        return fn_type(c, decl, sgr_resolve_type(c, decl->type));
    case SGR_DECL_ROUTINE:
        return fn_type(c, decl, sgr_type_basic(SGR_T_NOTHING));
    case SGR_DECL_BLOCK:
        if (decl->block_kind == SGR_BLOCK_METRIC) {
            return fn_type(c, decl, unit_type(c, decl));
        }
        if (decl->block_kind == SGR_BLOCK_GUARD && decl->param_count > 0) {
            return fn_type(c, decl, sgr_block_type(c->compilation, decl->block_kind));
        }
        return sgr_block_type(c->compilation, decl->block_kind);
    default:
        return sgr_type_basic(SGR_T_NOTHING);
    }
}

static void declare_type(struct sgr_checker *c, struct sgr_decl *decl)
{
    decl->symbol->type = declared_type(c, decl);
    decl->symbol->effectful =
        decl->kind == SGR_DECL_ROUTINE ||
        (decl->kind == SGR_DECL_BLOCK && decl->block_kind == SGR_BLOCK_METRIC);
}

void sgr_declare_types(struct sgr_checker *c)
{
    for (size_t i = 0; i < c->module->tree->decl_count; i++) {
        if (!c->module->tree->decls[i]->pending) {
            declare_type(c, c->module->tree->decls[i]);
        }
    }
}

static void reach(struct sgr_checker *c, struct sgr_symbol *symbol)
{
    struct sgr_checker inner = {.compilation = c->compilation,
                                .arena = c->arena,
                                .diags = c->diags,
                                .module = symbol->module};
    sgr_parse_pending(&c->compilation->sources, symbol->decl, c->arena, c->diags);
    declare_type(&inner, symbol->decl);
    sgr_vec_push(&c->compilation->reached, symbol);
    sgr_checker_release(&inner);
}

struct sgr_symbol *sgr_member(struct sgr_checker *c, const struct sgr_module *module, sgr_str name)
{
    struct sgr_symbol *symbol = sgr_map_get(&module->names, name);
    if (symbol != NULL && symbol->decl != NULL && symbol->decl->pending) {
        reach(c, symbol);
    }
    return symbol;
}

const struct sgr_type *sgr_symbol_type(struct sgr_checker *c, struct sgr_symbol *symbol)
{
    static const struct sgr_type under_way = {.kind = SGR_T_ERROR};
    if (symbol->type == &under_way) {
        sgr_diag(c->diags, SGR_E0204, symbol->span, "`%.*s` needs itself", SGR_FMT(symbol->name));
        return sgr_type_basic(SGR_T_ERROR);
    }
    if (symbol->type == NULL && symbol->decl != NULL && symbol->decl->kind == SGR_DECL_LET) {
        struct sgr_checker inner = {.compilation = c->compilation,
                                    .arena = c->arena,
                                    .diags = c->diags,
                                    .module = symbol->module};
        symbol->type = &under_way;
        const struct sgr_type *type = sgr_infer(&inner, symbol->decl->value, NULL);
        symbol->type = type;
        sgr_checker_release(&inner);
    }
    return symbol->type != NULL ? symbol->type : sgr_type_basic(SGR_T_ERROR);
}

/* ---- looking up ---- */

static bool callable(const struct sgr_symbol *symbol)
{
    return symbol->kind == SGR_SYM_FN || symbol->kind == SGR_SYM_ROUTINE ||
           (symbol->type != NULL && symbol->type->kind == SGR_T_FN);
}

static struct sgr_symbol *builtin(struct sgr_checker *c, sgr_str name)
{
    for (size_t i = 0; i < sgr_builtin_count; i++) {
        if (sgr_str_is(name, sgr_builtins[i].name)) {
            struct sgr_symbol *symbol =
                sgr_symbol_new(c, SGR_SYM_BUILTIN, (struct sgr_name){.text = name},
                               sgr_signature_parse(c->compilation, sgr_builtins[i].signature));
            symbol->index = (uint32_t)i;
            return symbol;
        }
    }
    return NULL;
}

struct sgr_symbol *sgr_lookup(struct sgr_checker *c, sgr_str name, bool called)
{
    struct sgr_symbol *second = NULL;
    for (struct sgr_symbol *local = sgr_find_local(c, name); local != NULL;
         local = local->shadowed) {
        if (!called || callable(local) || local->type->kind == SGR_T_ERROR) {
            return local;
        }
        second = second ? second : local;
    }
    struct sgr_symbol *own = sgr_member(c, c->module, name);
    if (own != NULL && (!called || callable(own))) {
        return own;
    }
    second = second ? second : own;
    struct sgr_module *prelude = c->compilation->prelude;
    for (size_t i = 0; prelude != NULL && i < prelude->import_count; i++) {
        struct sgr_symbol *found =
            prelude->imports[i] ? sgr_member(c, prelude->imports[i], name) : NULL;
        if (found == NULL || found->kind == SGR_SYM_MODULE) {
            continue;
        }
        if (called == callable(found)) {
            return found;
        }
        second = second ? second : found;
    }
    struct sgr_symbol *built_in = called || second == NULL ? builtin(c, name) : NULL;
    return built_in != NULL ? built_in : second;
}

const char *sgr_nearest(sgr_str name, sgr_str candidate, const char **best, size_t *distance)
{
    size_t own = sgr_str_distance(name, candidate, 2);
    if (own < *distance && own <= 2 && own < name.len) {
        *best = candidate.ptr;
        *distance = own;
    }
    return *best;
}

void sgr_unknown_name(struct sgr_checker *c, struct sgr_name name)
{
    struct sgr_diag *diag =
        sgr_diag(c->diags, SGR_E0201, name.span, "nothing is named `%.*s`", SGR_FMT(name.text));
    const char *best = NULL;
    size_t distance = 3;
    sgr_str shown = {0};
    for (size_t i = 0; i < c->locals.len; i++) {
        if (sgr_nearest(name.text, c->locals.at[i]->name, &best, &distance) ==
            c->locals.at[i]->name.ptr) {
            shown = c->locals.at[i]->name;
        }
    }
    for (size_t i = 0; i < c->module->names.len; i++) {
        if (sgr_nearest(name.text, c->module->names.entries[i].key, &best, &distance) ==
            c->module->names.entries[i].key.ptr) {
            shown = c->module->names.entries[i].key;
        }
    }
    for (size_t i = 0; i < sgr_builtin_count; i++) {
        sgr_str own = sgr_str_from(sgr_builtins[i].name);
        if (sgr_nearest(name.text, own, &best, &distance) == own.ptr) {
            shown = own;
        }
    }
    if (best != NULL) {
        sgr_diag_help(c->diags, diag, "did you mean `%.*s`?", SGR_FMT(shown));
    }
}

/* ---- effects: whether a function asks the world, through others too ---- */

static bool expr_effectful(struct sgr_checker *c, const struct sgr_expr *expr);

static bool entries_effectful(struct sgr_checker *c, const struct sgr_block *block)
{
    for (size_t i = 0; block != NULL && i < block->count; i++) {
        const struct sgr_entry *e = &block->entries[i];
        if (expr_effectful(c, e->value) || expr_effectful(c, e->key_expr) ||
            entries_effectful(c, e->block) || entries_effectful(c, e->otherwise)) {
            return true;
        }
    }
    return false;
}

static bool callee_effectful(struct sgr_checker *c, const struct sgr_expr *callee)
{
    if (callee->kind == SGR_EXPR_FIELD && callee->u.field.object->kind == SGR_EXPR_NAME) {
        sgr_str base = callee->u.field.object->u.name.text;
        struct sgr_symbol *module = sgr_map_get(&c->module->names, base);
        if (module != NULL && module->kind == SGR_SYM_MODULE && module->module != NULL) {
            struct sgr_symbol *member = sgr_member(c, module->module, callee->u.field.name.text);
            return member != NULL && sgr_symbol_effectful(c, member);
        }
        return c->module->is_std && module == NULL && sgr_str_is(base, "effect");
    }
    if (callee->kind == SGR_EXPR_NAME) {
        struct sgr_symbol *symbol = sgr_lookup(c, callee->u.name.text, true);
        return symbol != NULL && sgr_symbol_effectful(c, symbol);
    }
    return expr_effectful(c, callee);
}

static bool expr_effectful(struct sgr_checker *c, const struct sgr_expr *e)
{
    if (e == NULL) {
        return false;
    }
    switch (e->kind) {
    case SGR_EXPR_STRING:
        for (size_t i = 0; i < e->u.string.count; i++) {
            if (expr_effectful(c, e->u.string.parts[i].expr)) {
                return true;
            }
        }
        return false;
    case SGR_EXPR_FIELD:
        return expr_effectful(c, e->u.field.object);
    case SGR_EXPR_INDEX:
        return expr_effectful(c, e->u.index.object) || expr_effectful(c, e->u.index.key);
    case SGR_EXPR_CALL:
        for (size_t i = 0; i < e->u.call.count; i++) {
            if (expr_effectful(c, e->u.call.args[i].value)) {
                return true;
            }
        }
        return callee_effectful(c, e->u.call.callee);
    case SGR_EXPR_UNARY:
        return expr_effectful(c, e->u.unary.operand);
    case SGR_EXPR_BINARY:
        return expr_effectful(c, e->u.binary.left) || expr_effectful(c, e->u.binary.right);
    case SGR_EXPR_IF:
        return expr_effectful(c, e->u.cond.test) || expr_effectful(c, e->u.cond.then) ||
               expr_effectful(c, e->u.cond.otherwise);
    case SGR_EXPR_LIST:
        for (size_t i = 0; i < e->u.list.count; i++) {
            if (expr_effectful(c, e->u.list.items[i])) {
                return true;
            }
        }
        return false;
    case SGR_EXPR_COMPREHENSION:
        return expr_effectful(c, e->u.comp.item) || expr_effectful(c, e->u.comp.source) ||
               expr_effectful(c, e->u.comp.filter);
    case SGR_EXPR_RECORD:
        return entries_effectful(c, e->u.record);
    default:
        return false;
    }
}

bool sgr_symbol_effectful(struct sgr_checker *c, const struct sgr_symbol *symbol)
{
    if (symbol->kind == SGR_SYM_EFFECT || symbol->effectful) {
        return true;
    }
    if (symbol->kind != SGR_SYM_FN || symbol->used) {
        return false;
    }
    /* `used` marks what was walked: a function that calls itself is as effectful as the rest of it.
     */
    struct sgr_symbol *own = (struct sgr_symbol *)(uintptr_t)symbol;
    struct sgr_checker inner = {.compilation = c->compilation,
                                .arena = c->arena,
                                .diags = c->diags,
                                .module = symbol->module};
    own->used = true;
    own->effectful = expr_effectful(&inner, symbol->decl->value);
    return own->effectful;
}
