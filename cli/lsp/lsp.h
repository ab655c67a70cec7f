/* Inside the language server: the texts that an editor has open, places in them as the Language
 * Server Protocol counts them, and answers to what the editor asks.
 * Source: Language Server Protocol 3.17. */
#ifndef SGR_CLI_LSP_LSP_H
#define SGR_CLI_LSP_LSP_H

#include "cli/text_check.h"

struct sgr_lsp_text {
    char *uri, *path; /* as the editor names it; of the file */
    char *text;
    size_t len;
    bool changed; /* since its diagnostics were told */
};

struct sgr_lsp {
    SGR_VEC(struct sgr_lsp_text) texts;
    struct sgr_text_check check;
    bool utf8;          /* columns count bytes, as agreed with the editor; else UTF-16 units */
    bool leaving;       /* shutdown was asked for */
    struct sgr_buf out; /* of the message that is written */
};

/* ---- lsp/text.c ---- */
struct sgr_lsp_text *sgr_lsp_find(struct sgr_lsp *lsp, sgr_str uri);
/* Opens it, or replaces what it holds. */
void sgr_lsp_open(struct sgr_lsp *lsp, sgr_str uri, sgr_str text);
void sgr_lsp_close(struct sgr_lsp *lsp, sgr_str uri);
/* Of sgr_read_fn: open texts come before files. `self` is a struct sgr_lsp. */
bool sgr_lsp_read(void *self, struct sgr_arena *arena, sgr_str path, sgr_str *text,
                  struct sgr_error *error);
/* The byte at a position { line, character }, cut to what is there. */
size_t sgr_lsp_offset(const struct sgr_lsp *lsp, sgr_str text, sgr_value position);
/* {"start":{...},"end":{...}} of the bytes [lo, hi). */
void sgr_lsp_range(const struct sgr_lsp *lsp, sgr_str text, size_t lo, size_t hi,
                   struct sgr_buf *out);

/* ---- answers.c: each appends the result of a request as JSON ---- */
void sgr_lsp_diagnostics(struct sgr_lsp *lsp, const struct sgr_lsp_text *text, struct sgr_buf *out);
void sgr_lsp_actions(struct sgr_lsp *lsp, const struct sgr_lsp_text *text, sgr_value range,
                     struct sgr_buf *out);
void sgr_lsp_formatting(struct sgr_lsp *lsp, const struct sgr_lsp_text *text, struct sgr_buf *out);
void sgr_lsp_hover(struct sgr_lsp *lsp, const struct sgr_lsp_text *text, size_t at,
                   struct sgr_buf *out);
void sgr_lsp_completion(struct sgr_lsp *lsp, const struct sgr_lsp_text *text, size_t at,
                        struct sgr_buf *out);
void sgr_lsp_definition(struct sgr_lsp *lsp, const struct sgr_lsp_text *text, size_t at,
                        struct sgr_buf *out);
void sgr_lsp_symbols(struct sgr_lsp *lsp, const struct sgr_lsp_text *text, struct sgr_buf *out);

#endif
