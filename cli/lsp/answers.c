/* What the language server answers about one text. A text with errors is answered as far as it can
 * be read; nothing here changes a file. */
#include "cli/lsp/lsp.h"

#include <ctype.h>
#include <stdlib.h>

#include "cli/doc.h"
#include "cli/formatted.h"

enum { MARKDOWN_MAX = 1 << 20 };

/* Kinds of symbols and completions, as the protocol numbers them. */
enum { SYMBOL_FUNCTION = 12, SYMBOL_VARIABLE = 13, SYMBOL_CLASS = 5, SYMBOL_MODULE = 2 };
enum {
    ITEM_FUNCTION = 3,
    ITEM_VARIABLE = 6,
    ITEM_PROPERTY = 10,
    ITEM_KEYWORD = 14,
    ITEM_MEMBER = 20
};

static sgr_str text_of(const struct sgr_lsp_text *text)
{
    return (sgr_str){text->text, text->len};
}

/* ---- diagnostics ---- */

static bool is_here(struct sgr_diags *diags, sgr_span span, const struct sgr_lsp_text *text)
{
    return span.file != 0 &&
           sgr_str_is(sgr_sources_get(diags->sources, span.file)->path, text->path);
}

/* The diagnostics of the text, sorted; NULL where its .sgrc.yaml cannot be read. */
static struct sgr_diags *check(struct sgr_lsp *lsp, const struct sgr_lsp_text *text)
{
    struct sgr_error error = {0};
    const struct sgr_lint_settings *settings =
        sgr_lint_settings_for(&lsp->check.configs, text->path, &error);
    if (settings == NULL) {
        sgr_error_release(&error);
        settings = &lsp->check.configs.base;
    }
    sgr_text_check(&lsp->check, text->path, text_of(text), settings);
    struct sgr_diags *diags = sgr_compilation_diags(lsp->check.compilation);
    sgr_diags_sort(diags);
    return diags;
}

static void add_message(struct sgr_diags *diags, const struct sgr_diag *diag, bool here,
                        struct sgr_buf *out)
{
    struct sgr_buf text;
    sgr_buf_init(&text, MARKDOWN_MAX);
    if (!here && diag->primary.span.file != 0) {
        sgr_buf_printf(&text, "in %.*s: ",
                       SGR_FMT(sgr_sources_get(diags->sources, diag->primary.span.file)->path));
    }
    sgr_buf_add(&text, diag->message);
    if (diag->primary.text.len > 0) {
        sgr_buf_printf(&text, " (%.*s)", SGR_FMT(diag->primary.text));
    }
    if (diag->help.len > 0) {
        sgr_buf_printf(&text, "\n%.*s", SGR_FMT(diag->help));
    }
    sgr_buf_json(out, sgr_buf_str(&text));
    sgr_buf_release(&text);
}

static void add_notes(struct sgr_lsp *lsp, struct sgr_diags *diags, const struct sgr_diag *diag,
                      const struct sgr_lsp_text *text, struct sgr_buf *out)
{
    bool any = false;
    sgr_buf_cstr(out, ",\"relatedInformation\":[");
    for (size_t i = 0; i < sizeof diag->notes / sizeof *diag->notes; i++) {
        const struct sgr_label *note = &diag->notes[i];
        if (is_here(diags, note->span, text)) {
            sgr_buf_cstr(out, any ? ",{\"location\":{\"uri\":" : "{\"location\":{\"uri\":");
            sgr_buf_json(out, sgr_str_from(text->uri));
            sgr_buf_cstr(out, ",\"range\":");
            sgr_lsp_range(lsp, text_of(text), note->span.lo, note->span.hi, out);
            sgr_buf_cstr(out, "},\"message\":");
            sgr_buf_json(out, note->text);
            sgr_buf_byte(out, '}');
            any = true;
        }
    }
    sgr_buf_byte(out, ']');
}

static void add_diagnostic(struct sgr_lsp *lsp, struct sgr_diags *diags,
                           const struct sgr_diag *diag, const struct sgr_lsp_text *text,
                           struct sgr_buf *out)
{
    static const int severities[] = {
        [SGR_NOTE] = 4, [SGR_INFO] = 3, [SGR_WARNING] = 2, [SGR_ERROR] = 1};
    bool here = is_here(diags, diag->primary.span, text);
    sgr_buf_cstr(out, "{\"range\":");
    sgr_lsp_range(lsp, text_of(text), here ? diag->primary.span.lo : 0,
                  here ? diag->primary.span.hi : 0, out);
    sgr_buf_printf(out, ",\"severity\":%d,\"code\":\"%s\",\"source\":\"sgrc\",\"message\":",
                   severities[diag->severity], sgr_codes[diag->code].code);
    add_message(diags, diag, here, out);
    add_notes(lsp, diags, diag, text, out);
    sgr_buf_byte(out, '}');
}

void sgr_lsp_diagnostics(struct sgr_lsp *lsp, const struct sgr_lsp_text *text, struct sgr_buf *out)
{
    struct sgr_diags *diags = check(lsp, text);
    sgr_buf_byte(out, '[');
    for (size_t i = 0; i < diags->list.len; i++) {
        sgr_buf_cstr(out, i > 0 ? "," : "");
        add_diagnostic(lsp, diags, &diags->list.at[i], text, out);
    }
    sgr_buf_byte(out, ']');
}

/* ---- changes: fixes and the layout ---- */

static void add_edit(const struct sgr_lsp *lsp, const struct sgr_lsp_text *text, size_t lo,
                     size_t hi, sgr_str by, struct sgr_buf *out)
{
    sgr_buf_cstr(out, "{\"range\":");
    sgr_lsp_range(lsp, text_of(text), lo, hi, out);
    sgr_buf_cstr(out, ",\"newText\":");
    sgr_buf_json(out, by);
    sgr_buf_byte(out, '}');
}

void sgr_lsp_actions(struct sgr_lsp *lsp, const struct sgr_lsp_text *text, sgr_value range,
                     struct sgr_buf *out)
{
    size_t from = sgr_lsp_offset(lsp, text_of(text), sgr_field(range, SGR_STR("start"))),
           to = sgr_lsp_offset(lsp, text_of(text), sgr_field(range, SGR_STR("end")));
    struct sgr_diags *diags = check(lsp, text);
    bool any = false;
    sgr_buf_byte(out, '[');
    for (size_t i = 0; i < diags->list.len; i++) {
        const struct sgr_diag *diag = &diags->list.at[i];
        if (!is_here(diags, diag->fix.span, text) || diag->primary.span.hi < from ||
            diag->primary.span.lo > to) {
            continue;
        }
        sgr_buf_cstr(out, any ? ",{\"title\":" : "{\"title\":");
        sgr_buf_json(out, diag->help.len > 0 ? diag->help : diag->message);
        sgr_buf_cstr(out, ",\"kind\":\"quickfix\",\"edit\":{\"changes\":{");
        sgr_buf_json(out, sgr_str_from(text->uri));
        sgr_buf_cstr(out, ":[");
        add_edit(lsp, text, diag->fix.span.lo, diag->fix.span.hi, diag->fix.text, out);
        sgr_buf_cstr(out, "]}}}");
        any = true;
    }
    sgr_buf_byte(out, ']');
}

void sgr_lsp_formatting(struct sgr_lsp *lsp, const struct sgr_lsp_text *text, struct sgr_buf *out)
{
    struct sgr_formatted f;
    sgr_format(&f, text->path, text_of(text));
    if (f.ok) {
        sgr_buf_byte(out, '[');
        if (!sgr_str_equal(text_of(text), sgr_buf_str(&f.text))) {
            add_edit(lsp, text, 0, text->len, sgr_buf_str(&f.text), out);
        }
        sgr_buf_byte(out, ']');
    } else {
        sgr_buf_cstr(out, "null");
    }
    sgr_formatted_release(&f);
}

/* ---- declarations ---- */

/* The tree of a text; for one question. */
struct parsed {
    struct sgr_arena *arena;
    struct sgr_sources sources;
    struct sgr_diags diags;
    struct sgr_tree *tree;
};

static void parse(struct parsed *parsed, const struct sgr_lsp_text *text)
{
    parsed->arena = sgr_arena_new();
    sgr_sources_init(&parsed->sources, parsed->arena);
    sgr_diags_init(&parsed->diags, &parsed->sources, parsed->arena);
    uint32_t file =
        sgr_sources_add(&parsed->sources, sgr_str_from(text->path), text_of(text), true);
    parsed->tree = sgr_parse(&parsed->sources, file, parsed->arena, &parsed->diags);
}

static void forget(struct parsed *parsed)
{
    sgr_diags_release(&parsed->diags);
    sgr_sources_release(&parsed->sources);
    sgr_arena_free(parsed->arena);
}

static bool is_named(const struct sgr_decl *decl)
{
    return decl->name.text.len > 0 && decl->kind != SGR_DECL_ERROR;
}

/* Tells of every declaration with a name, those inside `for` and `if` too. */
static void each_decl(struct sgr_decl *const *decls, size_t count,
                      void (*take)(void *self, const struct sgr_decl *decl), void *self)
{
    for (size_t i = 0; i < count; i++) {
        if (is_named(decls[i])) {
            take(self, decls[i]);
        }
        each_decl(decls[i]->decls, decls[i]->decl_count, take, self);
        each_decl(decls[i]->otherwise, decls[i]->otherwise_count, take, self);
    }
}

struct symbols {
    struct sgr_lsp *lsp;
    const struct sgr_lsp_text *text;
    struct sgr_buf *out;
    bool any;
};

static int symbol_kind(const struct sgr_decl *decl)
{
    return decl->kind == SGR_DECL_FN || decl->kind == SGR_DECL_ROUTINE ? SYMBOL_FUNCTION
           : decl->kind == SGR_DECL_BLOCK                              ? SYMBOL_CLASS
           : decl->kind == SGR_DECL_IMPORT                             ? SYMBOL_MODULE
                                                                       : SYMBOL_VARIABLE;
}

static void add_symbol(void *self, const struct sgr_decl *decl)
{
    struct symbols *symbols = self;
    struct sgr_buf *out = symbols->out;
    sgr_buf_cstr(out, symbols->any ? ",{\"name\":" : "{\"name\":");
    sgr_buf_json(out, decl->name.text);
    sgr_buf_printf(out, ",\"kind\":%d,\"detail\":", symbol_kind(decl));
    sgr_buf_json(out, decl->kind == SGR_DECL_BLOCK ? sgr_str_from(sgr_blocks[decl->block_kind].word)
                                                   : SGR_STR(""));
    sgr_buf_cstr(out, ",\"range\":");
    sgr_lsp_range(symbols->lsp, text_of(symbols->text), decl->span.lo, decl->span.hi, out);
    sgr_buf_cstr(out, ",\"selectionRange\":");
    sgr_lsp_range(symbols->lsp, text_of(symbols->text), decl->name.span.lo, decl->name.span.hi,
                  out);
    sgr_buf_byte(out, '}');
    symbols->any = true;
}

void sgr_lsp_symbols(struct sgr_lsp *lsp, const struct sgr_lsp_text *text, struct sgr_buf *out)
{
    struct parsed parsed;
    struct symbols symbols = {.lsp = lsp, .text = text, .out = out};
    parse(&parsed, text);
    sgr_buf_byte(out, '[');
    each_decl(parsed.tree->decls, parsed.tree->decl_count, add_symbol, &symbols);
    sgr_buf_byte(out, ']');
    forget(&parsed);
}

/* ---- words ---- */

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

static sgr_str word_at(const struct sgr_lsp_text *text, size_t at)
{
    size_t lo = at, hi = at;
    while (lo > 0 && is_word(text->text[lo - 1])) {
        lo--;
    }
    while (hi < text->len && is_word(text->text[hi])) {
        hi++;
    }
    return (sgr_str){text->text + lo, hi - lo};
}

/* The word that begins the line of this byte. */
static sgr_str line_word(const struct sgr_lsp_text *text, size_t at)
{
    size_t lo = at;
    while (lo > 0 && text->text[lo - 1] != '\n') {
        lo--;
    }
    while (lo < at && isspace((unsigned char)text->text[lo])) {
        lo++;
    }
    return word_at(text, lo);
}

/* The word of the block around this byte: "workload"; empty at the top. */
static sgr_str block_around(const struct sgr_lsp_text *text, size_t at)
{
    size_t depth = 0;
    for (size_t i = at; i-- > 0;) {
        if (text->text[i] == '}') {
            depth++;
        } else if (text->text[i] == '{' && depth-- == 0) {
            return line_word(text, i);
        }
    }
    return (sgr_str){0};
}

static int block_of(sgr_str word)
{
    for (int i = 0; i < SGR_BLOCK_COUNT; i++) {
        if (sgr_str_is(word, sgr_blocks[i].word)) {
            return i;
        }
    }
    return -1;
}

struct lookup {
    sgr_str word;
    int block; /* around it; -1: none */
    const struct sgr_decl *decl;
    struct sgr_buf text; /* Markdown */
    bool sure;           /* it is what stands in this block */
};

static void take_decl(void *self, const struct sgr_decl *decl)
{
    struct lookup *lookup = self;
    if (lookup->decl == NULL && sgr_str_equal(decl->name.text, lookup->word)) {
        lookup->decl = decl;
    }
}

static void take_word(void *self, const struct sgr_doc_word *word)
{
    struct lookup *lookup = self;
    bool other = word->kind == SGR_DOC_ATTRIBUTE && word->block != lookup->block;
    if (!sgr_str_is(lookup->word, word->word) || lookup->sure || (other && lookup->text.len > 0)) {
        return;
    }
    sgr_buf_clear(&lookup->text);
    lookup->sure = word->kind == SGR_DOC_ATTRIBUTE && !other;
    const char *between = word->kind == SGR_DOC_ATTRIBUTE ? ": "
                          : word->kind == SGR_DOC_VERB    ? " "
                                                          : "";
    sgr_buf_printf(&lookup->text, "```sgr\n%s%s%s\n```\n%s", word->word,
                   *word->form != '\0' ? between : "", word->form, word->doc);
}

static void find(struct lookup *lookup, const struct parsed *parsed,
                 const struct sgr_lsp_text *text, size_t at)
{
    *lookup = (struct lookup){.word = word_at(text, at), .block = block_of(block_around(text, at))};
    sgr_buf_init(&lookup->text, MARKDOWN_MAX);
    each_decl(parsed->tree->decls, parsed->tree->decl_count, take_decl, lookup);
}

void sgr_lsp_hover(struct sgr_lsp *lsp, const struct sgr_lsp_text *text, size_t at,
                   struct sgr_buf *out)
{
    struct parsed parsed;
    struct lookup lookup;
    parse(&parsed, text);
    find(&lookup, &parsed, text, at);
    sgr_doc_words(take_word, &lookup);
    if (lookup.decl != NULL && !lookup.sure) {
        sgr_buf_clear(&lookup.text);
        sgr_buf_cstr(&lookup.text, "```sgr\n");
        sgr_print_signature(lookup.decl, &lookup.text);
        sgr_buf_printf(&lookup.text, "\n```\n%.*s", SGR_FMT(lookup.decl->doc));
    }
    if (lookup.text.len > 0) {
        sgr_buf_cstr(out, "{\"contents\":{\"kind\":\"markdown\",\"value\":");
        sgr_buf_json(out, sgr_buf_str(&lookup.text));
        sgr_buf_cstr(out, "},\"range\":");
        size_t lo = (size_t)(lookup.word.ptr - text->text);
        sgr_lsp_range(lsp, text_of(text), lo, lo + lookup.word.len, out);
        sgr_buf_byte(out, '}');
    } else {
        sgr_buf_cstr(out, "null");
    }
    sgr_buf_release(&lookup.text);
    forget(&parsed);
}

void sgr_lsp_definition(struct sgr_lsp *lsp, const struct sgr_lsp_text *text, size_t at,
                        struct sgr_buf *out)
{
    struct parsed parsed;
    struct lookup lookup;
    parse(&parsed, text);
    find(&lookup, &parsed, text, at);
    if (lookup.decl != NULL) {
        sgr_buf_cstr(out, "{\"uri\":");
        sgr_buf_json(out, sgr_str_from(text->uri));
        sgr_buf_cstr(out, ",\"range\":");
        sgr_lsp_range(lsp, text_of(text), lookup.decl->name.span.lo, lookup.decl->name.span.hi,
                      out);
        sgr_buf_byte(out, '}');
    } else {
        sgr_buf_cstr(out, "null");
    }
    sgr_buf_release(&lookup.text);
    forget(&parsed);
}

/* ---- completion ---- */

struct completion {
    struct sgr_buf *out;
    sgr_str around; /* the word of the block */
    int block;      /* of block.def, or -1 */
    bool any;
};

static void add_item(struct completion *c, const char *word, int kind, const char *form,
                     const char *doc)
{
    sgr_buf_cstr(c->out, c->any ? ",{\"label\":" : "{\"label\":");
    sgr_buf_json(c->out, sgr_str_from(word));
    sgr_buf_printf(c->out, ",\"kind\":%d,\"detail\":", kind);
    sgr_buf_json(c->out, sgr_str_from(form));
    sgr_buf_cstr(c->out, ",\"documentation\":");
    sgr_buf_json(c->out, sgr_str_from(doc));
    sgr_buf_byte(c->out, '}');
    c->any = true;
}

/* Verbs stand in the blocks of a rollout that are no block declarations: steps, step, on failure.
 */
static void offer(void *self, const struct sgr_doc_word *word)
{
    struct completion *c = self;
    bool top = c->around.len == 0, statements = !top && c->block < 0;
    bool scenario = c->block == SGR_BLOCK_SCENARIO || sgr_str_is(c->around, "at");
    if (word->kind == SGR_DOC_BLOCK && top) {
        add_item(c, word->word, ITEM_KEYWORD, word->form, word->doc);
    } else if (word->kind == SGR_DOC_ATTRIBUTE && word->block == c->block) {
        add_item(c, word->word, ITEM_PROPERTY, word->form, word->doc);
    } else if (word->kind == SGR_DOC_VERB && statements) {
        add_item(c, word->word, ITEM_KEYWORD, word->form, word->doc);
    } else if (word->kind == SGR_DOC_FUNCTION && !top) {
        add_item(c, word->word, ITEM_FUNCTION, word->form, word->doc);
    } else if (word->kind == SGR_DOC_FAULT && scenario) {
        add_item(c, word->word, ITEM_MEMBER, word->form, word->doc);
    }
}

static void offer_decl(void *self, const struct sgr_decl *decl)
{
    struct sgr_buf name, form;
    sgr_buf_init(&name, MARKDOWN_MAX);
    sgr_buf_init(&form, MARKDOWN_MAX);
    sgr_buf_add(&name, decl->name.text);
    sgr_print_signature(decl, &form);
    bool calls = decl->kind == SGR_DECL_FN || decl->kind == SGR_DECL_ROUTINE;
    add_item(self, name.ptr, calls ? ITEM_FUNCTION : ITEM_VARIABLE, form.ptr, "");
    sgr_buf_release(&name);
    sgr_buf_release(&form);
}

void sgr_lsp_completion(struct sgr_lsp *lsp, const struct sgr_lsp_text *text, size_t at,
                        struct sgr_buf *out)
{
    struct parsed parsed;
    struct completion completion = {.out = out, .around = block_around(text, at)};
    completion.block = block_of(completion.around);
    (void)lsp;
    parse(&parsed, text);
    sgr_buf_byte(out, '[');
    sgr_doc_words(offer, &completion);
    if (completion.around.len > 0) {
        each_decl(parsed.tree->decls, parsed.tree->decl_count, offer_decl, &completion);
    }
    sgr_buf_byte(out, ']');
    forget(&parsed);
}
