/* Values for parameters from text and YAML, by the type that the script declares. */
#include "compiler/check.h"

#include "base/accepted.h"

static const struct sgr_param_info *find_param(struct sgr_program *program, sgr_str name,
                                               struct sgr_param_info *info)
{
    for (size_t i = 0; i < sgr_program_param_count(program); i++) {
        *info = sgr_program_param(program, i);
        if (sgr_str_equal(info->name, name)) {
            return info;
        }
    }
    return NULL;
}

static bool no_param(struct sgr_program *program, sgr_str name, struct sgr_error *error)
{
    const char *best = NULL;
    size_t distance = 3;
    sgr_str shown = {0};
    for (size_t i = 0; i < sgr_program_param_count(program); i++) {
        sgr_str own = sgr_program_param(program, i).name;
        if (sgr_nearest(name, own, &best, &distance) == own.ptr) {
            shown = own;
        }
    }
    return best != NULL
               ? sgr_error_set(error, "the script has no parameter `%.*s`; did you mean `%.*s`?",
                               SGR_FMT(name), SGR_FMT(shown))
               : sgr_error_set(error, "the script has no parameter `%.*s`", SGR_FMT(name));
}

static bool set(struct sgr_machine *machine, sgr_str name, sgr_value value, struct sgr_error *error)
{
    struct sgr_failure failure = {0};
    bool ok = sgr_machine_set_param(machine, name, value, &failure) ||
              sgr_error_set(error, "%s", failure.text);
    sgr_failure_release(&failure);
    return ok;
}

/* "image=..." as a whole script of one `let` of that type, evaluated: the same rules as in a
 * script. */
static bool evaluate(struct sgr_machine *machine, const struct sgr_param_info *info, sgr_str text,
                     struct sgr_error *error)
{
    struct sgr_compile_options options = {0};
    struct sgr_compilation *c = sgr_compilation_new(&options);
    sgr_str script =
        sgr_arena_printf(c->arena, "let value: %.*s = %.*s\n", SGR_FMT(info->type), SGR_FMT(text));
    bool ok = sgr_compile(c, SGR_STR("-"), script);
    struct sgr_program *program = ok ? sgr_compilation_program(c) : NULL;
    if (program != NULL) {
        struct sgr_machine *own = sgr_machine_new(program, NULL);
        sgr_value value;
        struct sgr_failure failure = {0};
        uint32_t global = sgr_program_global(program, SGR_STR("main:value"));
        ok = global != UINT32_MAX && sgr_machine_global(own, global, &value, &failure);
        if (ok) {
            ok = set(machine, info->name, value, error);
        } else {
            sgr_error_set(error, "%.*s: %s", SGR_FMT(info->name),
                          failure.text ? failure.text : "no value");
        }
        sgr_failure_release(&failure);
        sgr_machine_free(own);
    } else {
        ok = sgr_error_set(error, "parameter `%.*s` wants a %.*s, not `%.*s`", SGR_FMT(info->name),
                           SGR_FMT(info->type), SGR_FMT(text));
    }
    sgr_program_unref(program);
    sgr_compilation_free(c);
    return ok;
}

static bool is_text(sgr_str type)
{
    return sgr_str_is(type, "string") || sgr_str_is(type, "image");
}

bool sgr_param_set(struct sgr_machine *machine, struct sgr_program *program, sgr_str name,
                   sgr_str text, struct sgr_error *error)
{
    struct sgr_param_info info;
    if (find_param(program, name, &info) == NULL) {
        return no_param(program, name, error);
    }
    if (!is_text(info.type)) {
        return evaluate(machine, &info, text, error);
    }
    if (sgr_str_is(info.type, "image") && !sgr_is_image(text)) {
        return sgr_error_set(error, "parameter `%.*s` wants an image, not `%.*s`", SGR_FMT(name),
                             SGR_FMT(text));
    }
    struct sgr_heap *heap = sgr_heap_new((size_t)SGR_SOURCE_MAX * 2);
    bool ok = set(machine, name, sgr_string(heap, text), error);
    sgr_heap_free(heap);
    return ok;
}

static void write_text(sgr_str text, struct sgr_buf *out)
{
    sgr_buf_byte(out, '"');
    for (size_t i = 0; i < text.len; i++) {
        char ch = text.ptr[i];
        if (ch == '\n' || ch == '\t') {
            sgr_buf_cstr(out, ch == '\n' ? "\\n" : "\\t");
        } else {
            sgr_buf_cstr(out, ch == '"' || ch == '\\' ? "\\" : ch == '$' ? "$" : "");
            sgr_buf_byte(out, ch);
        }
    }
    sgr_buf_byte(out, '"');
}

/* T of "list<T>" or "map<T>"; false where the type is another. */
static bool item_type(sgr_str type, const char *of, sgr_str *item)
{
    size_t length = strlen(of);
    bool ok = sgr_str_starts_with(type, sgr_str_from(of)) && sgr_str_ends_with(type, SGR_STR(">"));
    *item = ok ? (sgr_str){type.ptr + length, type.len - length - 1} : (sgr_str){0};
    return ok;
}

/* What YAML holds as a script would say it; false where the type has another shape. */
static bool write_literal(sgr_str type, sgr_value value, struct sgr_buf *out)
{
    sgr_str item;
    bool ok = true;
    if (item_type(type, "list<", &item) && value.tag == SGR_LIST) {
        sgr_buf_byte(out, '[');
        for (size_t i = 0; ok && i < sgr_count_of(value); i++) {
            sgr_buf_cstr(out, i > 0 ? ", " : "");
            ok = write_literal(item, sgr_item(value, i), out);
        }
        sgr_buf_byte(out, ']');
    } else if (item_type(type, "map<", &item) && value.tag == SGR_RECORD) {
        sgr_buf_byte(out, '{');
        for (size_t i = 0; ok && i < sgr_count_of(value); i++) {
            sgr_buf_cstr(out, i > 0 ? ", " : "");
            write_text(sgr_key(value, i), out);
            sgr_buf_cstr(out, " = ");
            ok = write_literal(item, sgr_field_at(value, i), out);
        }
        sgr_buf_byte(out, '}');
    } else if (value.tag == SGR_LIST || value.tag == SGR_RECORD) {
        ok = false;
    } else if (value.tag == SGR_STRING && is_text(type)) {
        write_text(sgr_string_of(value), out);
    } else {
        sgr_value_print(value, out);
    }
    return ok;
}

/* Lists and maps whose items have a type that an object read from YAML does not have by itself. */
static bool typed_items(sgr_str type)
{
    sgr_str item;
    bool many = item_type(type, "list<", &item) || item_type(type, "map<", &item);
    return many && !sgr_str_is(item, "object") && !sgr_str_starts_with(item, SGR_STR("{"));
}

static bool set_items(struct sgr_machine *machine, const struct sgr_param_info *info,
                      sgr_value value, struct sgr_error *error)
{
    struct sgr_buf text;
    sgr_buf_init(&text, SGR_SOURCE_MAX);
    if (!write_literal(info->type, value, &text)) {
        sgr_buf_clear(&text);
        (void)sgr_value_json(value, &text);
    }
    bool ok = evaluate(machine, info, sgr_buf_str(&text), error);
    sgr_buf_release(&text);
    return ok;
}

bool sgr_param_set_value(struct sgr_machine *machine, struct sgr_program *program, sgr_str name,
                         sgr_value value, struct sgr_error *error)
{
    struct sgr_buf text;
    bool ok;
    sgr_buf_init(&text, SGR_SOURCE_MAX);
    if (value.tag == SGR_LIST || value.tag == SGR_RECORD) {
        ok = sgr_value_json(value, &text) && !text.full;
        struct sgr_param_info info;
        if (ok && find_param(program, name, &info) == NULL) {
            ok = no_param(program, name, error);
        } else if (ok && typed_items(info.type)) {
            ok = set_items(machine, &info, value, error);
        } else {
            ok = ok && set(machine, name, value, error);
        }
    } else {
        sgr_value_print(value, &text);
        ok = sgr_param_set(machine, program, name, sgr_buf_str(&text), error);
    }
    sgr_buf_release(&text);
    return ok;
}
