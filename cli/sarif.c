/* Findings as a SARIF 2.1.0 log: one run, every code a rule, every finding a result with a place
 * and, where it is safe, a fix. The same findings give the same bytes. */
#include "cli/cli.h"
#include "cli/findings.h"

static const char *level_of(enum sgr_severity severity)
{
    return severity == SGR_ERROR ? "error" : severity == SGR_WARNING ? "warning" : "note";
}

static void print_rule(const struct sgr_code_info *info, struct sgr_buf *out)
{
    bool off = info->severity == SGR_OFF;
    sgr_buf_printf(out,
                   "{\"id\":\"%s\",\"name\":\"%s\",\"shortDescription\":{\"text\":", info->code,
                   info->name);
    sgr_buf_json(out, sgr_str_from(info->title));
    sgr_buf_printf(
        out, "},\"help\":{\"text\":\"sgrc explain %s\"},\"defaultConfiguration\":", info->code);
    sgr_buf_printf(out, "{\"enabled\":%s,\"level\":\"%s\"}}", off ? "false" : "true",
                   level_of(off ? SGR_NOTE : info->severity));
}

void sgr_sarif_begin(struct sgr_buf *out)
{
    sgr_buf_cstr(
        out, "{\"$schema\":\"https://json.schemastore.org/sarif-2.1.0.json\",\"version\":\"2.1.0\","
             "\"runs\":[{\"tool\":{\"driver\":{\"name\":\"sgrc\",\"version\":\"" SGR_VERSION
             "\",\"rules\":[\n");
    for (int i = 0; i < SGR_CODE_COUNT; i++) {
        print_rule(&sgr_codes[i], out);
        sgr_buf_cstr(out, i + 1 < SGR_CODE_COUNT ? ",\n" : "\n");
    }
    sgr_buf_cstr(out, "]}},\"columnKind\":\"unicodeCodePoints\",\"results\":[\n");
}

/* A relative path as a URI reference. */
static void print_uri(sgr_str path, struct sgr_buf *out)
{
    sgr_buf_cstr(out, path.len > 0 && path.ptr[0] == '/' ? "\"file://" : "\"");
    for (size_t i = 0; i < path.len; i++) {
        unsigned char c = (unsigned char)path.ptr[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     strchr("/-._~", c) != NULL;
        sgr_buf_printf(out, plain && c != 0 ? "%c" : "%%%02X", c);
    }
    sgr_buf_byte(out, '"');
}

static void print_region(struct sgr_source *source, sgr_span span, const char *name,
                         struct sgr_buf *out)
{
    struct sgr_position from = sgr_source_position(source, span.lo);
    struct sgr_position to = sgr_source_position(source, span.hi);
    sgr_buf_printf(out,
                   "\"%s\":{\"startLine\":%u,\"startColumn\":%u,\"endLine\":%u,\"endColumn\":%u}",
                   name, from.line, from.column, to.line, to.column);
}

static void print_location(struct sgr_diags *diags, const struct sgr_label *label,
                           struct sgr_buf *out)
{
    struct sgr_source *source = sgr_sources_get(diags->sources, label->span.file);
    sgr_buf_cstr(out, "{\"physicalLocation\":{\"artifactLocation\":{\"uri\":");
    print_uri(source->path, out);
    sgr_buf_cstr(out, "},");
    print_region(source, label->span, "region", out);
    sgr_buf_byte(out, '}');
    if (label->text.len > 0) {
        sgr_buf_cstr(out, ",\"message\":{\"text\":");
        sgr_buf_json(out, label->text);
        sgr_buf_byte(out, '}');
    }
    sgr_buf_byte(out, '}');
}

/* By it a finding is known again when lines above it move. */
static void print_fingerprint(struct sgr_diags *diags, const struct sgr_diag *diag,
                              struct sgr_buf *out)
{
    struct sgr_source *source = sgr_sources_get(diags->sources, diag->primary.span.file);
    sgr_str line = sgr_source_line(source, sgr_source_position(source, diag->primary.span.lo).line);
    char hex[SGR_SHA256_HEX];
    struct sgr_buf text;
    sgr_buf_init(&text, (size_t)SGR_SOURCE_MAX * 2);
    sgr_buf_printf(&text, "%s\n%.*s\n", sgr_codes[diag->code].code, SGR_FMT(source->path));
    sgr_buf_add(&text, line);
    sgr_sha256_hex(sgr_buf_str(&text), hex);
    sgr_buf_release(&text);
    sgr_buf_printf(out, ",\"partialFingerprints\":{\"sgrc/v1\":\"%.32s\"}", hex);
}

static void print_fix(struct sgr_diags *diags, const struct sgr_fix *fix, struct sgr_buf *out)
{
    struct sgr_source *source = sgr_sources_get(diags->sources, fix->span.file);
    sgr_buf_cstr(out, ",\"fixes\":[{\"artifactChanges\":[{\"artifactLocation\":{\"uri\":");
    print_uri(source->path, out);
    sgr_buf_cstr(out, "},\"replacements\":[{");
    print_region(source, fix->span, "deletedRegion", out);
    sgr_buf_cstr(out, ",\"insertedContent\":{\"text\":");
    sgr_buf_json(out, fix->text);
    sgr_buf_cstr(out, "}}]}]}]");
}

static void print_message(const struct sgr_diag *diag, struct sgr_buf *out)
{
    struct sgr_buf text;
    sgr_buf_init(&text, 1 << 20);
    sgr_buf_add(&text, diag->message);
    if (diag->help.len > 0) {
        sgr_buf_printf(&text, " (%.*s)", SGR_FMT(diag->help));
    }
    sgr_buf_json(out, sgr_buf_str(&text));
    sgr_buf_release(&text);
}

void sgr_sarif_add(struct sgr_diags *diags, const struct sgr_diag *diag, bool first,
                   struct sgr_buf *out)
{
    sgr_buf_printf(
        out, "%s{\"ruleId\":\"%s\",\"ruleIndex\":%d,\"level\":\"%s\",\"message\":{\"text\":",
        first ? "" : ",\n", sgr_codes[diag->code].code, (int)diag->code, level_of(diag->severity));
    print_message(diag, out);
    sgr_buf_byte(out, '}');
    if (diag->primary.span.file != 0) {
        sgr_buf_cstr(out, ",\"locations\":[");
        print_location(diags, &diag->primary, out);
        sgr_buf_cstr(out, "]");
        print_fingerprint(diags, diag, out);
    }
    for (int i = 0; i < 2 && diag->notes[i].span.file != 0; i++) {
        sgr_buf_cstr(out, i == 0 ? ",\"relatedLocations\":[" : ",");
        print_location(diags, &diag->notes[i], out);
    }
    sgr_buf_cstr(out, diag->notes[0].span.file != 0 ? "]" : "");
    if (diag->fix.span.file != 0 && diag->fix.safe) {
        print_fix(diags, &diag->fix, out);
    }
    sgr_buf_byte(out, '}');
}

void sgr_sarif_end(struct sgr_buf *out)
{
    sgr_buf_cstr(out, "\n]}]}\n");
}
