/* The door of lang/: text in, tree and diagnostics out, canonical text back. Pure: no files, no
 * clock. */
#ifndef SGR_LANG_LANG_H
#define SGR_LANG_LANG_H

#include "lang/ast.h"
#include "lang/diag.h"

enum sgr_verb {
#define VERB(id, word, form, doc) SGR_VERB_##id,
#include "lang/verb.def"
#undef VERB
    SGR_VERB_COUNT
};

struct sgr_verb_info {
    const char *word, *form, *doc;
};
extern const struct sgr_verb_info sgr_verbs[SGR_VERB_COUNT];

struct sgr_block_info {
    const char *word;
    bool binds;
    const char *doc;
};
extern const struct sgr_block_info sgr_blocks[SGR_BLOCK_COUNT];

enum {
    SGR_PARSE_DEPTH_MAX = 200,  /* nesting of brackets and blocks, `else if` in a row */
    SGR_EXPR_HEIGHT_MAX = 1000, /* nesting of expressions, chains of operators included */
};

/* Parses file number `file`. Always returns a tree (arena-owned), with ERROR nodes where something
 * was reported; diags->errors tells whether it is whole. */
struct sgr_tree *sgr_parse(struct sgr_sources *sources, uint32_t file, struct sgr_arena *arena,
                           struct sgr_diags *diags);
/* The declarations of a module of the standard library by kind, name and place, all but its imports
 * still to be parsed. */
struct sgr_tree *sgr_outline(struct sgr_sources *sources, uint32_t file, struct sgr_arena *arena,
                             struct sgr_diags *diags);
/* Parses a declaration of an outline where it stands. */
void sgr_parse_pending(struct sgr_sources *sources, struct sgr_decl *decl, struct sgr_arena *arena,
                       struct sgr_diags *diags);
/* One expression, for `--set` values: the whole file must be one expression. NULL after an error.
 */
struct sgr_expr *sgr_parse_expr(struct sgr_sources *sources, uint32_t file, struct sgr_arena *arena,
                                struct sgr_diags *diags);

/* The canonical layout of a tree without errors: idempotent, keeps every comment, never changes
 * what the text means. */
void sgr_print(const struct sgr_tree *tree, struct sgr_sources *sources, struct sgr_buf *out);
/* The head of a declaration on one line, as a reference shows it: "fn f(x: int): int". Nothing for
 * loops and conditions. */
void sgr_print_signature(const struct sgr_decl *decl, struct sgr_buf *out);
/* One expression on one line, as in diagnostics and verdicts ("requests(new) >= 5/s"). */
void sgr_print_expr(const struct sgr_expr *expr, struct sgr_buf *out);

#endif
