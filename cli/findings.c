/* Findings as text, JSON lines, SARIF or GitHub's workflow commands. Must never print a place for
 * what has none. */
#include "cli/findings.h"

#include "cli/github.h"

static const char *const format_words[] = {"text", "json", "sarif", "github"};

void sgr_findings_pick(struct sgr_findings *findings, const char *word)
{
    for (int i = 0; word != NULL && i < 4; i++) {
        if (strcmp(word, format_words[i]) == 0) {
            findings->format = (enum sgr_findings_format)i;
        }
    }
}

static void print_json(struct sgr_diags *diags, const struct sgr_diag *diag, struct sgr_buf *out)
{
    static const char *const words[] = {"note", "info", "warning", "error"};
    sgr_buf_printf(out, "{\"code\":\"%s\",\"name\":\"%s\",\"severity\":\"%s\"",
                   sgr_codes[diag->code].code, sgr_codes[diag->code].name, words[diag->severity]);
    if (diag->primary.span.file != 0) {
        struct sgr_source *source = sgr_sources_get(diags->sources, diag->primary.span.file);
        struct sgr_position from = sgr_source_position(source, diag->primary.span.lo);
        struct sgr_position to = sgr_source_position(source, diag->primary.span.hi);
        sgr_buf_cstr(out, ",\"file\":");
        sgr_buf_json(out, source->path);
        sgr_buf_printf(out, ",\"line\":%u,\"column\":%u,\"endLine\":%u,\"endColumn\":%u", from.line,
                       from.column, to.line, to.column);
    }
    sgr_buf_cstr(out, ",\"message\":");
    sgr_buf_json(out, diag->message);
    if (diag->primary.text.len > 0) {
        sgr_buf_cstr(out, ",\"label\":");
        sgr_buf_json(out, diag->primary.text);
    }
    if (diag->help.len > 0) {
        sgr_buf_cstr(out, ",\"help\":");
        sgr_buf_json(out, diag->help);
    }
    sgr_buf_cstr(out, "}\n");
}

static void print_github(struct sgr_diags *diags, const struct sgr_diag *diag, struct sgr_buf *out)
{
    static const char *const words[] = {"notice", "notice", "warning", "error"};
    sgr_buf_printf(out, "::%s ", words[diag->severity]);
    if (diag->primary.span.file != 0) {
        struct sgr_source *source = sgr_sources_get(diags->sources, diag->primary.span.file);
        struct sgr_position from = sgr_source_position(source, diag->primary.span.lo);
        sgr_buf_cstr(out, "file=");
        sgr_github_text(out, source->path, true);
        sgr_buf_printf(out, ",line=%u,col=%u,", from.line, from.column);
    }
    sgr_buf_printf(out, "title=%s::", sgr_codes[diag->code].code);
    sgr_github_text(out, diag->message, false);
    sgr_buf_byte(out, '\n');
}

void sgr_findings_begin(struct sgr_findings *findings)
{
    sgr_buf_init(&findings->out, (size_t)1 << 30);
    if (findings->format == SGR_FINDINGS_SARIF) {
        sgr_sarif_begin(&findings->out);
    }
}

void sgr_findings_add(struct sgr_findings *findings, struct sgr_diags *diags)
{
    if (diags->list.len > 0) {
        sgr_diags_sort(diags);
    }
    for (size_t i = 0; i < diags->list.len; i++, findings->count++) {
        const struct sgr_diag *diag = &diags->list.at[i];
        switch (findings->format) {
        case SGR_FINDINGS_TEXT:
            sgr_diag_render_text(diags, diag, findings->color, &findings->out);
            break;
        case SGR_FINDINGS_JSON:
            print_json(diags, diag, &findings->out);
            break;
        case SGR_FINDINGS_SARIF:
            sgr_sarif_add(diags, diag, findings->count == 0, &findings->out);
            break;
        case SGR_FINDINGS_GITHUB:
            print_github(diags, diag, &findings->out);
            break;
        }
    }
}

void sgr_findings_end(struct sgr_findings *findings)
{
    if (findings->format == SGR_FINDINGS_SARIF) {
        sgr_sarif_end(&findings->out);
    }
}
