/* The tables of the language as Markdown. Must hold no word of its own about a row. */
#include "cli/doc.h"

#include "lang/lang.h"
#include "stdlib/stdlib.h"

static const struct attribute {
    enum sgr_block_kind block;
    const char *name, *type, *initial, *doc;
    bool required;
} attributes[] = {
#define ATTR(owner, word, kind, value, needed, story)                                              \
    {SGR_BLOCK_##owner, word, kind, value, story, needed},
#include "compiler/schema.def"
#undef ATTR
#undef TYPE
};

static const struct row {
    const char *name, *form, *doc;
} records[] =
    {
#define TYPE(name, type, doc) {name, type, doc},
#include "compiler/schema.def"
#undef ATTR
#undef TYPE
},
  faults[] =
      {
#define FAULT(id, name, args, numbers, doc) {name, "(" args ")", doc},
#include "k8s/sim/fault.def"
#undef FAULT
},
  turns[] = {
#define TURN(id, word, doc) {word, "", doc},
#include "k8s/sim/turn.def"
#undef TURN
};

enum {
    ATTRIBUTES = sizeof attributes / sizeof *attributes,
    RECORDS = sizeof records / sizeof *records,
    FAULTS = sizeof faults / sizeof *faults,
    TURNS = sizeof turns / sizeof *turns,
};

void sgr_doc_cell(sgr_str text, struct sgr_buf *out)
{
    for (size_t i = 0; i < text.len; i++) {
        sgr_buf_cstr(out, text.ptr[i] == '|' ? "\\" : "");
        sgr_buf_byte(out, text.ptr[i]);
    }
}

static void code_cell(const char *name, const char *form, struct sgr_buf *out)
{
    sgr_buf_cstr(out, "| `");
    sgr_buf_cstr(out, name);
    sgr_doc_cell(sgr_str_from(form), out);
    sgr_buf_cstr(out, "` | ");
}

static void row(const char *name, const char *form, const char *doc, struct sgr_buf *out)
{
    code_cell(name, form, out);
    sgr_doc_cell(sgr_str_from(doc), out);
    sgr_buf_cstr(out, " |\n");
}

static void head(const char *title, const char *first, struct sgr_buf *out)
{
    sgr_buf_printf(out, "\n## %s\n\n| %s | meaning |\n| --- | --- |\n", title, first);
}

static void add_attribute(const struct attribute *attribute, struct sgr_buf *out)
{
    sgr_buf_printf(out, "| `%s` | `", attribute->name);
    sgr_doc_cell(sgr_str_from(attribute->type), out);
    if (attribute->required) {
        sgr_buf_cstr(out, "` | required | ");
    } else if (attribute->initial != NULL) {
        sgr_buf_printf(out, "` | `%s` | ", attribute->initial);
    } else {
        sgr_buf_cstr(out, "` | | ");
    }
    sgr_doc_cell(sgr_str_from(attribute->doc), out);
    sgr_buf_cstr(out, " |\n");
}

static void add_block(int block, struct sgr_buf *out)
{
    bool any = false;
    sgr_buf_printf(out, "\n### %s\n\n%s.\n", sgr_blocks[block].word, sgr_blocks[block].doc);
    for (size_t i = 0; i < ATTRIBUTES; i++) {
        if (attributes[i].block == (enum sgr_block_kind)block) {
            sgr_buf_cstr(out, any ? ""
                                  : "\n| attribute | type | default | meaning |\n"
                                    "| --- | --- | --- | --- |\n");
            any = true;
            add_attribute(&attributes[i], out);
        }
    }
}

static void add_effects(struct sgr_buf *out)
{
    static const char *const policies[] = {"made again", "made again", "looked up in the cluster",
                                           "a person is asked", "the run's own"};
    sgr_buf_cstr(out, "\n## Effects\n\nModules of the standard library ask the world by "
                      "`effect.WORD(...)`; after a kill, one that was under way is:\n\n"
                      "| effect | after a kill | meaning |\n| --- | --- | --- |\n");
    for (int i = 0; i < SGR_EFFECT_COUNT; i++) {
        code_cell(sgr_effects[i].word, sgr_effects[i].signature, out);
        sgr_buf_printf(out, "%s | ", policies[sgr_effects[i].policy]);
        sgr_doc_cell(sgr_str_from(sgr_effects[i].doc), out);
        sgr_buf_cstr(out, " |\n");
    }
}

void sgr_doc_tables(struct sgr_buf *out)
{
    sgr_buf_cstr(out, "\n## Blocks\n");
    for (int i = 0; i < SGR_BLOCK_COUNT; i++) {
        add_block(i, out);
    }
    head("Records", "record", out);
    for (size_t i = 0; i < RECORDS; i++) {
        sgr_buf_printf(out, "| `%s` = `", records[i].name);
        sgr_doc_cell(sgr_str_from(records[i].form), out);
        sgr_buf_printf(out, "` | %s |\n", records[i].doc);
    }
    head("Verbs", "statement", out);
    for (int i = 0; i < SGR_VERB_COUNT; i++) {
        sgr_buf_printf(out, "| `%s%s", sgr_verbs[i].word, *sgr_verbs[i].form ? " " : "");
        sgr_doc_cell(sgr_str_from(sgr_verbs[i].form), out);
        sgr_buf_printf(out, "` | %s |\n", sgr_verbs[i].doc);
    }
    head("Built-in functions", "function", out);
    for (size_t i = 0; i < sgr_builtin_count; i++) {
        row(sgr_builtins[i].name, sgr_builtins[i].signature, sgr_builtins[i].doc, out);
    }
    add_effects(out);
    head("Faults of the simulated cluster", "fault", out);
    for (size_t i = 0; i < FAULTS; i++) {
        row(faults[i].name, faults[i].form, faults[i].doc, out);
    }
    head("What else `sgrc verify` lets happen", "turn", out);
    for (size_t i = 0; i < TURNS; i++) {
        row(turns[i].name, turns[i].form, turns[i].doc, out);
    }
}

void sgr_doc_words(void (*take)(void *self, const struct sgr_doc_word *word), void *self)
{
    for (int i = 0; i < SGR_BLOCK_COUNT; i++) {
        take(self,
             &(struct sgr_doc_word){SGR_DOC_BLOCK, -1, sgr_blocks[i].word, "", sgr_blocks[i].doc});
    }
    for (size_t i = 0; i < ATTRIBUTES; i++) {
        const struct attribute *a = &attributes[i];
        take(self,
             &(struct sgr_doc_word){SGR_DOC_ATTRIBUTE, (int)a->block, a->name, a->type, a->doc});
    }
    for (int i = 0; i < SGR_VERB_COUNT; i++) {
        const struct sgr_verb_info *v = &sgr_verbs[i];
        take(self, &(struct sgr_doc_word){SGR_DOC_VERB, -1, v->word, v->form, v->doc});
    }
    for (size_t i = 0; i < sgr_builtin_count; i++) {
        const struct sgr_builtin *b = &sgr_builtins[i];
        take(self, &(struct sgr_doc_word){SGR_DOC_FUNCTION, -1, b->name, b->signature, b->doc});
    }
    for (size_t i = 0; i < FAULTS; i++) {
        const struct row *f = &faults[i];
        take(self, &(struct sgr_doc_word){SGR_DOC_FAULT, -1, f->name, f->form, f->doc});
    }
}
