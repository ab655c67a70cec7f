/* Types: making, comparing, printing, and reading them from the tables. Must never report: callers
 * know the place. */
#include "compiler/check.h"

#include <ctype.h>

static const struct sgr_type basics[] = {
    [SGR_T_ERROR] = {.kind = SGR_T_ERROR},       [SGR_T_NOTHING] = {.kind = SGR_T_NOTHING},
    [SGR_T_BOOL] = {.kind = SGR_T_BOOL},         [SGR_T_INT] = {.kind = SGR_T_INT},
    [SGR_T_NUMBER] = {.kind = SGR_T_NUMBER},     [SGR_T_STRING] = {.kind = SGR_T_STRING},
    [SGR_T_DURATION] = {.kind = SGR_T_DURATION}, [SGR_T_PERCENT] = {.kind = SGR_T_PERCENT},
    [SGR_T_CPU] = {.kind = SGR_T_CPU},           [SGR_T_MEMORY] = {.kind = SGR_T_MEMORY},
    [SGR_T_RATE] = {.kind = SGR_T_RATE},         [SGR_T_COUNT] = {.kind = SGR_T_COUNT},
    [SGR_T_IMAGE] = {.kind = SGR_T_IMAGE},       [SGR_T_OBJECT] = {.kind = SGR_T_OBJECT},
    [SGR_T_ANY] = {.kind = SGR_T_ANY},
};

static const char *const names[] = {
    [SGR_T_ERROR] = "error",       [SGR_T_NOTHING] = "nothing", [SGR_T_BOOL] = "bool",
    [SGR_T_INT] = "int",           [SGR_T_NUMBER] = "number",   [SGR_T_STRING] = "string",
    [SGR_T_DURATION] = "duration", [SGR_T_PERCENT] = "percent", [SGR_T_CPU] = "cpu",
    [SGR_T_MEMORY] = "memory",     [SGR_T_RATE] = "rate",       [SGR_T_COUNT] = "count",
    [SGR_T_IMAGE] = "image",       [SGR_T_OBJECT] = "object",   [SGR_T_ANY] = "any",
};

const struct sgr_type *sgr_type_basic(enum sgr_type_kind kind)
{
    return &basics[kind];
}

const struct sgr_type *sgr_type_of(struct sgr_arena *arena, enum sgr_type_kind kind,
                                   const struct sgr_type *item)
{
    struct sgr_type *type = SGR_NEW(arena, struct sgr_type);
    type->kind = kind;
    type->item = item;
    return type;
}

bool sgr_type_is_quantity(const struct sgr_type *type)
{
    return type->kind >= SGR_T_INT && type->kind <= SGR_T_COUNT && type->kind != SGR_T_STRING;
}

const struct sgr_field_type *sgr_type_field(const struct sgr_type *type, sgr_str name)
{
    for (size_t i = 0; i < type->field_count; i++) {
        if (sgr_str_equal(type->fields[i].name, name)) {
            return &type->fields[i];
        }
    }
    return NULL;
}

bool sgr_type_equal(const struct sgr_type *a, const struct sgr_type *b)
{
    if (a == b) {
        return true;
    }
    if (a->kind != b->kind) {
        return false;
    }
    switch (a->kind) {
    case SGR_T_RANGE:
    case SGR_T_LIST:
    case SGR_T_MAP:
        return sgr_type_equal(a->item, b->item);
    case SGR_T_RECORD:
        if (a->name.len > 0 || b->name.len > 0) {
            return sgr_str_equal(a->name, b->name);
        }
        if (a->field_count != b->field_count) {
            return false;
        }
        for (size_t i = 0; i < a->field_count; i++) {
            const struct sgr_field_type *other = sgr_type_field(b, a->fields[i].name);
            if (other == NULL || !sgr_type_equal(a->fields[i].type, other->type)) {
                return false;
            }
        }
        return true;
    case SGR_T_FN:
        return a->param_count == b->param_count;
    case SGR_T_WORD:
        return a->words == b->words;
    case SGR_T_VAR:
        return sgr_str_equal(a->name, b->name);
    default:
        return true;
    }
}

const struct sgr_type *sgr_type_join(const struct sgr_type *a, const struct sgr_type *b)
{
    if (a->kind == SGR_T_NOTHING || a->kind == SGR_T_ERROR || sgr_type_equal(a, b)) {
        return b;
    }
    if (b->kind == SGR_T_NOTHING || b->kind == SGR_T_ERROR) {
        return a;
    }
    if (a->kind == b->kind && (a->kind == SGR_T_LIST || a->kind == SGR_T_MAP)) {
        const struct sgr_type *item = sgr_type_join(a->item, b->item);
        return item == a->item ? a : item == b->item ? b : sgr_type_basic(SGR_T_OBJECT);
    }
    bool numbers = (a->kind == SGR_T_INT && b->kind == SGR_T_NUMBER) ||
                   (a->kind == SGR_T_NUMBER && b->kind == SGR_T_INT);
    bool texts = (a->kind == SGR_T_STRING && b->kind == SGR_T_IMAGE) ||
                 (a->kind == SGR_T_IMAGE && b->kind == SGR_T_STRING);
    return numbers ? sgr_type_basic(SGR_T_NUMBER)
           : texts ? sgr_type_basic(SGR_T_STRING)
                   : sgr_type_basic(SGR_T_OBJECT);
}

static void print_record(const struct sgr_type *type, struct sgr_buf *out)
{
    if (type->name.len > 0) {
        sgr_buf_add(out, type->name);
        return;
    }
    sgr_buf_cstr(out, "{");
    for (size_t i = 0; i < type->field_count; i++) {
        sgr_buf_printf(out, "%s%.*s: ", i > 0 ? ", " : " ", SGR_FMT(type->fields[i].name));
        sgr_type_print(type->fields[i].type, out);
    }
    sgr_buf_cstr(out, type->field_count > 0 ? " }" : "}");
}

void sgr_type_print(const struct sgr_type *type, struct sgr_buf *out)
{
    switch (type->kind) {
    case SGR_T_RANGE:
    case SGR_T_LIST:
    case SGR_T_MAP:
        sgr_buf_cstr(out, type->kind == SGR_T_RANGE  ? "range<"
                          : type->kind == SGR_T_LIST ? "list<"
                                                     : "map<");
        sgr_type_print(type->item, out);
        sgr_buf_byte(out, '>');
        break;
    case SGR_T_RECORD:
        print_record(type, out);
        break;
    case SGR_T_FN:
        sgr_buf_cstr(out, "fn(");
        for (size_t i = 0; i < type->param_count; i++) {
            sgr_buf_cstr(out, i > 0 ? ", " : "");
            sgr_type_print(type->params[i], out);
        }
        sgr_buf_cstr(out, "): ");
        sgr_type_print(type->result, out);
        break;
    case SGR_T_WORD:
        for (size_t i = 0; i < type->word_count; i++) {
            sgr_buf_printf(out, "%s%.*s", i > 0 ? " | " : "", SGR_FMT(type->words[i].name));
        }
        break;
    case SGR_T_VAR:
        sgr_buf_add(out, type->name);
        break;
    default:
        sgr_buf_cstr(out, names[type->kind]);
    }
}

const char *sgr_type_noun(struct sgr_arena *arena, const struct sgr_type *type)
{
    switch (type->kind) {
    case SGR_T_CPU:
        return "a cpu quantity";
    case SGR_T_MEMORY:
        return "an amount of memory";
    case SGR_T_PERCENT:
        return "a percentage";
    case SGR_T_INT:
    case SGR_T_IMAGE:
    case SGR_T_OBJECT:
        return sgr_arena_printf(arena, "an %s", names[type->kind]).ptr;
    case SGR_T_WORD: {
        struct sgr_buf text;
        sgr_buf_init(&text, 4096);
        sgr_buf_cstr(&text, "one of ");
        sgr_type_print(type, &text);
        const char *noun = sgr_arena_cstr(arena, sgr_buf_str(&text));
        sgr_buf_release(&text);
        return noun;
    }
    default: {
        struct sgr_buf text;
        sgr_buf_init(&text, 4096);
        sgr_buf_cstr(&text, "a ");
        sgr_type_print(type, &text);
        const char *noun = sgr_arena_cstr(arena, sgr_buf_str(&text));
        sgr_buf_release(&text);
        return noun;
    }
    }
}

/* ---- reading the texts of the tables ---- */

struct reader {
    struct sgr_compilation *compilation;
    const char *at, *whole;
};

static void space(struct reader *r)
{
    while (*r->at == ' ') {
        r->at++;
    }
}

static bool take(struct reader *r, const char *mark)
{
    space(r);
    size_t n = strlen(mark);
    if (strncmp(r->at, mark, n) != 0) {
        return false;
    }
    r->at += n;
    return true;
}

static void must(struct reader *r, const char *mark)
{
    if (!take(r, mark)) {
        SGR_BUG("expected %s at `%s` of the type `%s`", mark, r->at, r->whole);
    }
}

static sgr_str word(struct reader *r)
{
    space(r);
    const char *start = r->at;
    while (isalnum((unsigned char)*r->at) || *r->at == '_') {
        r->at++;
    }
    if (r->at == start) {
        SGR_BUG("expected a name at `%s` of the type `%s`", r->at, r->whole);
    }
    return (sgr_str){start, (size_t)(r->at - start)};
}

static const struct sgr_type *read_type(struct reader *r);

enum { PARTS_MAX = 64 };

static const struct sgr_type *read_record(struct reader *r)
{
    struct sgr_field_type fields[PARTS_MAX];
    size_t count = 0;
    while (!take(r, "}")) {
        struct sgr_field_type *field = &fields[count++];
        field->name = word(r);
        field->optional = take(r, "?");
        must(r, ":");
        field->type = read_type(r);
        take(r, ",");
    }
    struct sgr_arena *arena = r->compilation->arena;
    struct sgr_type *type = SGR_NEW(arena, struct sgr_type);
    struct sgr_field_type *kept = SGR_NEW_ARRAY(arena, struct sgr_field_type, count);
    memcpy(kept, fields, count * sizeof *kept);
    type->kind = SGR_T_RECORD;
    type->fields = kept;
    type->field_count = count;
    return type;
}

/* "(x: t, y?: u): v" or "(t, u): v". */
static const struct sgr_type *read_fn(struct reader *r, bool named)
{
    const struct sgr_type *params[PARTS_MAX];
    size_t count = 0, required = 0;
    must(r, "(");
    while (!take(r, ")")) {
        bool optional = false;
        if (named) {
            word(r);
            optional = take(r, "?");
            must(r, ":");
        }
        params[count++] = read_type(r);
        required += !optional;
        take(r, ",");
    }
    must(r, ":");
    struct sgr_arena *arena = r->compilation->arena;
    struct sgr_type *type = SGR_NEW(arena, struct sgr_type);
    const struct sgr_type **kept = SGR_NEW_ARRAY(arena, const struct sgr_type *, count);
    memcpy(kept, params, count * sizeof *kept);
    type->kind = SGR_T_FN;
    type->params = kept;
    type->param_count = count;
    type->required = required;
    type->result = read_type(r);
    return type;
}

static const struct sgr_type *read_words(struct reader *r)
{
    struct sgr_word_type words[PARTS_MAX];
    size_t count = 0;
    do {
        words[count].name = word(r);
        words[count].arg = NULL;
        if (take(r, "(")) {
            words[count].arg = read_type(r);
            must(r, ")");
        }
        count++;
    } while (take(r, "|"));
    must(r, ">");
    struct sgr_arena *arena = r->compilation->arena;
    struct sgr_type *type = SGR_NEW(arena, struct sgr_type);
    struct sgr_word_type *kept = SGR_NEW_ARRAY(arena, struct sgr_word_type, count);
    memcpy(kept, words, count * sizeof *kept);
    type->kind = SGR_T_WORD;
    type->words = kept;
    type->word_count = count;
    return type;
}

static const struct sgr_type *read_type(struct reader *r)
{
    if (take(r, "{")) {
        return read_record(r);
    }
    sgr_str name = word(r);
    if (sgr_str_is(name, "fn")) {
        return read_fn(r, false);
    }
    if (sgr_str_is(name, "word")) {
        must(r, "<");
        return read_words(r);
    }
    static const struct {
        const char *name;
        enum sgr_type_kind kind;
    } wraps[] = {{"range", SGR_T_RANGE}, {"list", SGR_T_LIST}, {"map", SGR_T_MAP}};
    for (size_t i = 0; i < 3; i++) {
        if (sgr_str_is(name, wraps[i].name)) {
            must(r, "<");
            const struct sgr_type *type =
                sgr_type_of(r->compilation->arena, wraps[i].kind, read_type(r));
            must(r, ">");
            return type;
        }
    }
    const struct sgr_type *known = sgr_map_get(&r->compilation->named_types, name);
    if (known == NULL && name.len == 1 && isupper((unsigned char)name.ptr[0])) {
        struct sgr_type *var = SGR_NEW(r->compilation->arena, struct sgr_type);
        var->kind = SGR_T_VAR;
        var->name = name;
        known = var;
    }
    if (known == NULL) {
        SGR_BUG("unknown type %.*s in `%s`", SGR_FMT(name), r->whole);
    }
    return known;
}

const struct sgr_type *sgr_type_parse(struct sgr_compilation *compilation, const char *text)
{
    struct reader r = {compilation, text, text};
    return read_type(&r);
}

const struct sgr_type *sgr_signature_parse(struct sgr_compilation *compilation, const char *text)
{
    struct reader r = {compilation, text, text};
    return read_fn(&r, true);
}

size_t sgr_signature_names(const char *text, sgr_str *out, size_t max)
{
    size_t count = 0;
    int depth = 0;
    for (const char *at = text; *at != '\0' && count < max; at++) {
        depth += *at == '(' || *at == '<' || *at == '{';
        depth -= *at == ')' || *at == '>' || *at == '}';
        if (depth == 0) {
            break;
        }
        bool starts = depth == 1 && (at[-(at > text)] == '(' || at[-(at > text)] == ' ') &&
                      isalpha((unsigned char)*at);
        size_t n = strspn(at, "abcdefghijklmnopqrstuvwxyz_0123456789");
        if (starts && (at[n] == ':' || (at[n] == '?' && at[n + 1] == ':'))) {
            out[count++] = (sgr_str){at, n};
            at += n - 1;
        }
    }
    return count;
}
