/* How findings are printed: text, json (one object a line), sarif (one document), github (workflow
 * commands). */
#ifndef SGR_CLI_FINDINGS_H
#define SGR_CLI_FINDINGS_H

#include "lang/lang.h"

enum sgr_findings_format {
    SGR_FINDINGS_TEXT,
    SGR_FINDINGS_JSON,
    SGR_FINDINGS_SARIF,
    SGR_FINDINGS_GITHUB,
};

struct sgr_findings {
    enum sgr_findings_format format;
    bool color;
    size_t count; /* printed so far */
    struct sgr_buf out;
};

/* The format of that word; text where it is NULL. */
void sgr_findings_pick(struct sgr_findings *findings, const char *word);
void sgr_findings_begin(struct sgr_findings *findings);
/* Sorts and appends the diagnostics. */
void sgr_findings_add(struct sgr_findings *findings, struct sgr_diags *diags);
void sgr_findings_end(struct sgr_findings *findings);

/* ---- sarif.c ---- */
void sgr_sarif_begin(struct sgr_buf *out);
void sgr_sarif_add(struct sgr_diags *diags, const struct sgr_diag *diag, bool first,
                   struct sgr_buf *out);
void sgr_sarif_end(struct sgr_buf *out);

#endif
