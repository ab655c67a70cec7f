/* The schema: attributes and named records of schema.def as types. Loaded once a compilation. */
#include "compiler/check.h"

static const struct {
    enum sgr_block_kind block;
    const char *name, *type, *initial;
    bool required;
    const char *doc;
} rows[] = {
#define ATTR(block, name, type, initial, required, doc)                                            \
    {SGR_BLOCK_##block, name, type, initial, required, doc},
#include "compiler/schema.def"
};

static const struct {
    const char *name, *type;
} records[] = {
#define TYPE(name, type, doc) {name, type},
#include "compiler/schema.def"
};

/* What every block's record has, and what some have besides their attributes. */
static const char header[] =
    "{ kind: string, name: string, id: string, doc: string, place: string, of: string }";
static const struct {
    enum sgr_block_kind block;
    const char *fields;
} extras[] = {
    {SGR_BLOCK_ROLLOUT,
     "{ workload: workload, new: track, old: track, steps: fn(rollout): any, on_failure?: "
     "fn(rollout): any, "
     "on_success?: fn(rollout): any, finally?: fn(rollout): any, outline: list<object>, guards: "
     "list<string> }"},
    {SGR_BLOCK_WORKLOAD, "{ base?: object }"}, /* what `from` has found */
    {SGR_BLOCK_GUARD,
     "{ judge: fn(rollout, object): object, watch: fn(rollout): list<object>, conditions: "
     "fn(rollout): list<object> }"},
    {SGR_BLOCK_AUDIT, "{ judge: fn(rollout): object }"},
    {SGR_BLOCK_METRIC, "{ arity: int, params: list<string> }"},
};

static struct sgr_type *new_named(struct sgr_compilation *c, const char *name)
{
    struct sgr_type *type = SGR_NEW(c->arena, struct sgr_type);
    type->kind = SGR_T_RECORD;
    type->name = sgr_str_from(name);
    sgr_map_set(&c->named_types, type->name, type);
    return type;
}

static void add_fields(struct sgr_compilation *c, struct sgr_type *type,
                       const struct sgr_type *more)
{
    struct sgr_field_type *fields =
        SGR_NEW_ARRAY(c->arena, struct sgr_field_type, type->field_count + more->field_count);
    if (type->field_count > 0) {
        memcpy(fields, type->fields, type->field_count * sizeof *fields);
    }
    memcpy(fields + type->field_count, more->fields, more->field_count * sizeof *fields);
    type->fields = fields;
    type->field_count += more->field_count;
}

static void add_field(struct sgr_compilation *c, struct sgr_type *type,
                      const struct sgr_attribute *attribute)
{
    struct sgr_field_type field = {
        .name = sgr_str_from(attribute->name),
        .type = attribute->type,
        .optional = !attribute->required && attribute->initial == NULL,
    };
    /* A rollout under way always has its traffic. */
    if (attribute->block == SGR_BLOCK_ROLLOUT && sgr_str_is(field.name, "traffic")) {
        field.optional = false;
    }
    struct sgr_type one = {.fields = &field, .field_count = 1};
    add_fields(c, type, &one);
}

static void load_basic_types(struct sgr_compilation *c)
{
    static const struct {
        const char *name;
        enum sgr_type_kind kind;
    } basic[] = {
        {"bool", SGR_T_BOOL},     {"int", SGR_T_INT},           {"number", SGR_T_NUMBER},
        {"string", SGR_T_STRING}, {"duration", SGR_T_DURATION}, {"percent", SGR_T_PERCENT},
        {"cpu", SGR_T_CPU},       {"memory", SGR_T_MEMORY},     {"rate", SGR_T_RATE},
        {"count", SGR_T_COUNT},   {"image", SGR_T_IMAGE},       {"object", SGR_T_OBJECT},
        {"any", SGR_T_ANY},
    };
    for (size_t i = 0; i < sizeof basic / sizeof *basic; i++) {
        sgr_map_set(&c->named_types, sgr_str_from(basic[i].name),
                    (void *)(uintptr_t)sgr_type_basic(basic[i].kind));
    }
}

void sgr_schema_load(struct sgr_compilation *c)
{
    struct sgr_type *record_types[sizeof records / sizeof *records], *block_types[SGR_BLOCK_COUNT];
    load_basic_types(c);
    for (size_t i = 0; i < sizeof records / sizeof *records; i++) {
        record_types[i] = new_named(c, records[i].name);
    }
    for (int i = 0; i < SGR_BLOCK_COUNT; i++) {
        bool own = i != SGR_BLOCK_OBJECT && i != SGR_BLOCK_SCENARIO;
        block_types[i] = own ? new_named(c, sgr_blocks[i].word) : NULL;
    }
    for (size_t i = 0; i < sizeof records / sizeof *records; i++) {
        add_fields(c, record_types[i], sgr_type_parse(c, records[i].type));
    }
    for (int i = 0; i < SGR_BLOCK_COUNT; i++) {
        if (block_types[i] != NULL) {
            add_fields(c, block_types[i], sgr_type_parse(c, header));
        }
    }
    for (size_t i = 0; i < sizeof extras / sizeof *extras; i++) {
        add_fields(c, block_types[extras[i].block], sgr_type_parse(c, extras[i].fields));
    }
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct sgr_attribute attribute = {
            .block = rows[i].block,
            .name = rows[i].name,
            .type_text = rows[i].type,
            .type = sgr_type_parse(c, rows[i].type),
            .initial = rows[i].initial,
            .required = rows[i].required,
            .doc = rows[i].doc,
        };
        sgr_vec_push(&c->attributes, attribute);
        add_field(c, block_types[rows[i].block], &attribute);
    }
}

const struct sgr_attribute *sgr_schema_find(struct sgr_compilation *c, enum sgr_block_kind block,
                                            sgr_str name)
{
    for (size_t i = 0; i < c->attributes.len; i++) {
        if (c->attributes.at[i].block == block && sgr_str_is(name, c->attributes.at[i].name)) {
            return &c->attributes.at[i];
        }
    }
    return NULL;
}

const struct sgr_type *sgr_block_type(struct sgr_compilation *c, enum sgr_block_kind block)
{
    const struct sgr_type *type =
        sgr_map_get(&c->named_types, sgr_str_from(sgr_blocks[block].word));
    return type != NULL ? type : sgr_type_basic(SGR_T_OBJECT);
}
