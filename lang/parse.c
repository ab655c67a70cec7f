/* The door to scanner, filter and grammar. Refuses what is no text before the scanner sees it. Must
 * never print or read files. */
#include "lang/build.h"
#include "lang/grammar.h"
#include "lang/literal.h"

/* The parser of grammar.y that is made without looking ahead for what may be expected. */
int sgr_quickparse(struct sgr_front *front);

const struct sgr_verb_info sgr_verbs[SGR_VERB_COUNT] = {
#define VERB(id, word, form, doc) [SGR_VERB_##id] = {word, form, doc},
#include "lang/verb.def"
#undef VERB
};

const struct sgr_block_info sgr_blocks[SGR_BLOCK_COUNT] = {
#define BLOCK(id, word, binds, doc) [SGR_BLOCK_##id] = {word, binds, doc},
#include "lang/block.def"
#undef BLOCK
};

/* How many bytes of ASCII without NUL stand from `at` on, in steps of eight. */
static size_t plain_bytes(sgr_str text, size_t at)
{
    const uint64_t high = 0x8080808080808080, low = 0x0101010101010101;
    size_t from = at;
    for (; text.len - at >= sizeof high; at += sizeof high) {
        uint64_t eight;
        memcpy(&eight, text.ptr + at, sizeof eight);
        /* Either a high bit is set, or one is borrowed for the lowest byte that is 0. */
        if (((eight | (eight - low)) & high) != 0) {
            break;
        }
    }
    return at - from;
}

/* UTF-8 without NUL, of bearable size; reports the first place that is not. */
static bool is_text(struct sgr_front *front)
{
    sgr_str text = {front->text.ptr, front->range.hi};
    if (text.len > SGR_SOURCE_MAX) {
        sgr_diag(front->diags, SGR_E0101, (sgr_span){front->file, 0, 0},
                 "the file is larger than %d MiB", SGR_SOURCE_MAX >> 20);
        return false;
    }
    for (size_t i = front->range.lo; i < text.len; i += plain_bytes(text, i)) {
        unsigned char c = (unsigned char)text.ptr[i];
        size_t length = c != 0 && c < 0x80 ? 1 : sgr_utf8_length(text, i);
        if (length == 0 || c == 0) {
            sgr_span span = {front->file, (uint32_t)i, (uint32_t)i + 1};
            struct sgr_diag *diag =
                sgr_diag(front->diags, SGR_E0101, span,
                         c == 0 ? "the file has a NUL byte" : "the file is not UTF-8");
            sgr_diag_help(front->diags, diag,
                          "scripts are UTF-8 text; is this another kind of file?");
            return false;
        }
        i += length;
    }
    return true;
}

/* Doc comments stand directly above what they speak of; a separator with nothing before it parts
 * nothing. */
static bool directly_above(sgr_str text, uint32_t from, uint32_t to)
{
    int newlines = 0;
    for (uint32_t i = from; i < to; i++) {
        newlines += text.ptr[i] == '\n';
        if (strchr("\n \t\r;,", text.ptr[i]) == NULL || text.ptr[i] == '\0') {
            return false;
        }
    }
    return newlines == 1;
}

static sgr_str join_doc(struct sgr_front *front, size_t first, size_t last)
{
    struct sgr_buf buf;
    sgr_buf_init(&buf, SGR_SOURCE_MAX);
    for (size_t i = first; i <= last; i++) {
        sgr_str line = sgr_sources_text(front->sources, front->comments.at[i].span);
        line = (sgr_str){line.ptr + 2, line.len - 2};
        if (line.len > 0 && line.ptr[0] == ' ') {
            line = (sgr_str){line.ptr + 1, line.len - 1};
        }
        while (line.len > 0 && strchr(" \t\r", line.ptr[line.len - 1]) != NULL) {
            line.len--;
        }
        sgr_buf_printf(&buf, "%s%.*s", i > first ? "\n" : "", SGR_FMT(line));
    }
    sgr_str doc = sgr_arena_str(front->arena, sgr_buf_str(&buf));
    sgr_buf_release(&buf);
    return doc;
}

static void attach_docs(struct sgr_front *front, struct sgr_decl **decls, size_t count,
                        size_t *comment)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t start = decls[i]->span.lo;
        while (*comment < front->comments.len && front->comments.at[*comment].span.lo < start) {
            (*comment)++;
        }
        size_t last = *comment, first;
        uint32_t below = start;
        for (first = last; first > 0; first--) {
            const struct sgr_comment *c = &front->comments.at[first - 1];
            if (!c->doc || c->trailing || !directly_above(front->text, c->span.hi, below)) {
                break;
            }
            below = c->span.lo;
        }
        if (first < last) {
            decls[i]->doc = join_doc(front, first, last - 1);
        }
        attach_docs(front, decls[i]->decls, decls[i]->decl_count, comment);
        attach_docs(front, decls[i]->otherwise, decls[i]->otherwise_count, comment);
    }
}

static void front_start(struct sgr_front *front, struct sgr_sources *sources, sgr_span range,
                        struct sgr_arena *arena, struct sgr_diags *diags)
{
    memset(front, 0, sizeof *front);
    front->sources = sources;
    front->diags = diags;
    front->arena = arena;
    front->enough = diags->errors + diags->cap;
    front->file = range.file;
    front->text = sgr_sources_get(sources, range.file)->text;
    front->range = range;
    front->offset = range.lo;
    front->tree = SGR_NEW(arena, struct sgr_tree);
    front->tree->file = range.file;
    front->tree->arena = arena;
}

static void front_parse(struct sgr_front *front)
{
    if (!is_text(front)) {
        return;
    }
    sgr_words_index(front);
    sgr_scan_start(front);
    if (front->only_expr) {
        front->ahead[front->ahead_count++] =
            (struct sgr_token){.kind = T_ARROW, .span = {front->file, 0, 0}};
    }
    if (front->careful) {
        sgr_yyparse(front);
    } else {
        sgr_quickparse(front);
    }
    sgr_scan_stop(front);
}

static void front_stop(struct sgr_front *front)
{
    sgr_vec_release(&front->brackets);
    sgr_vec_release(&front->comments);
}

/* Forgets what was parsed and reported since `clean`, to begin again. */
static void front_again(struct sgr_front *front, const struct sgr_diags *clean)
{
    struct sgr_diags *diags = front->diags;
    diags->list.len = clean->list.len;
    diags->errors = clean->errors;
    diags->warnings = clean->warnings;
    bool only_expr = front->only_expr;
    front_stop(front);
    front_start(front, front->sources, front->range, front->arena, diags);
    front->only_expr = only_expr;
    front->careful = true;
}

/* Most texts are without errors, and the quick parser sees whether this one is. Where it is not,
 * the careful one begins again: it knows what was expected, and goes on behind an error. */
static void front_read(struct sgr_front *front)
{
    const struct sgr_diags clean = *front->diags;
    front_parse(front);
    if (front->refused || front->diags->errors > clean.errors) {
        front_again(front, &clean);
        front_parse(front);
    }
    if (front->unclosed && front->declares_inside && !front->stopped && !front->only_expr) {
        /* Once more, now closing at every declaration in column 0: the place is told better. */
        front_again(front, &clean);
        front->recover_braces = true;
        front_parse(front);
    }
}

static sgr_span whole(struct sgr_sources *sources, uint32_t file)
{
    size_t length = sgr_sources_get(sources, file)->text.len;
    return (sgr_span){file, 0, length > SGR_SOURCE_MAX ? SGR_SOURCE_MAX + 1 : (uint32_t)length};
}

struct sgr_tree *sgr_parse(struct sgr_sources *sources, uint32_t file, struct sgr_arena *arena,
                           struct sgr_diags *diags)
{
    struct sgr_front front;
    size_t comment = 0;
    front_start(&front, sources, whole(sources, file), arena, diags);
    front_read(&front);
    struct sgr_tree *tree = front.tree;
    attach_docs(&front, tree->decls, tree->decl_count, &comment);
    tree->comment_count = front.comments.len;
    tree->comments = SGR_NEW_ARRAY(arena, struct sgr_comment, front.comments.len);
    if (front.comments.len > 0) {
        memcpy(tree->comments, front.comments.at, front.comments.len * sizeof *tree->comments);
    }
    front_stop(&front);
    return tree;
}

void sgr_parse_pending(struct sgr_sources *sources, struct sgr_decl *decl, struct sgr_arena *arena,
                       struct sgr_diags *diags)
{
    struct sgr_front front;
    struct sgr_symbol *symbol = decl->symbol;
    front_start(&front, sources, decl->span, arena, diags);
    front_read(&front);
    if (front.tree->decl_count != 1) {
        SGR_BUG("the outline has `%.*s` in a wrong place", SGR_FMT(decl->name.text));
    }
    *decl = *front.tree->decls[0];
    decl->symbol = symbol;
    front_stop(&front);
}

struct sgr_expr *sgr_parse_expr(struct sgr_sources *sources, uint32_t file, struct sgr_arena *arena,
                                struct sgr_diags *diags)
{
    struct sgr_front front;
    size_t errors = diags->errors;
    front_start(&front, sources, whole(sources, file), arena, diags);
    front.only_expr = true;
    front_read(&front);
    front_stop(&front);
    return diags->errors == errors ? front.expr : NULL;
}
