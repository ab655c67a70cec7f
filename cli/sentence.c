/* Reports in words. Must never say more than the report does. */
#include "cli/sentence.h"

#include <inttypes.h>
#include <stdio.h>

static void add_field(struct sgr_buf *out, sgr_value fields, const char *key)
{
    sgr_value_print(sgr_field(fields, sgr_str_from(key)), out);
}

void sgr_sample_sentence(sgr_value fields, struct sgr_buf *out)
{
    sgr_value values = sgr_field(fields, SGR_STR("values"));
    sgr_buf_cstr(out, "guard ");
    add_field(out, fields, "guard");
    sgr_buf_cstr(out, ": ");
    add_field(out, fields, "verdict");
    for (size_t i = 0; values.tag == SGR_LIST && i < sgr_count_of(values); i++) {
        sgr_buf_printf(out, "%s%.*s = ", i == 0 ? " (" : ", ",
                       SGR_FMT(sgr_path_str(sgr_item(values, i), "text")));
        sgr_value_print(sgr_field(sgr_item(values, i), SGR_STR("value")), out);
    }
    if (values.tag == SGR_LIST && sgr_count_of(values) > 0) {
        sgr_buf_byte(out, ')');
    }
    if (!sgr_str_is(sgr_path_str(fields, "verdict"), "pass") &&
        sgr_path_str(fields, "text").len > 0) {
        sgr_buf_cstr(out, " against ");
        add_field(out, fields, "text");
    }
}

bool sgr_sentence(const struct sgr_report *report, struct sgr_buf *out)
{
    sgr_value f = report->fields;
    const char *kind = report->kind;
    if (strcmp(kind, "run") == 0) {
        sgr_buf_printf(out, "%.*s: %.*s -> %.*s (%.*s, traffic by %.*s)",
                       SGR_FMT(sgr_path_str(f, "workload")), SGR_FMT(sgr_path_str(f, "old/image")),
                       SGR_FMT(sgr_path_str(f, "new/image")), SGR_FMT(sgr_path_str(f, "mode")),
                       SGR_FMT(sgr_path_str(f, "traffic")));
    } else if (strcmp(kind, "step") == 0) {
        sgr_buf_printf(out, "step \"%.*s\"", SGR_FMT(sgr_path_str(f, "name")));
    } else if (strcmp(kind, "weight") == 0) {
        sgr_buf_cstr(out, "  traffic: new ");
        add_field(out, f, "new");
        sgr_buf_cstr(out, ", old ");
        add_field(out, f, "old");
    } else if (strcmp(kind, "scale") == 0) {
        sgr_buf_printf(out, "  scale %.*s to ", SGR_FMT(sgr_path_str(f, "track")));
        add_field(out, f, "replicas");
    } else if (strcmp(kind, "sample") == 0) {
        sgr_buf_cstr(out, "  ");
        sgr_sample_sentence(f, out);
    } else if (strcmp(kind, "verdict") == 0) {
        sgr_buf_cstr(out, "  verdict of ");
        add_field(out, f, "guard");
        sgr_buf_cstr(out, ": ");
        add_field(out, f, "verdict");
    } else if (strcmp(kind, "message") == 0) {
        sgr_buf_cstr(out, "  ");
        add_field(out, f, "text");
    } else if (strcmp(kind, "question") == 0) {
        sgr_buf_cstr(out, "  question: ");
        add_field(out, f, "text");
        sgr_buf_cstr(out, " [y/n, or `sgrc approve` from anywhere]");
    } else if (strcmp(kind, "failed") == 0) {
        sgr_buf_cstr(out, "failed: ");
        add_field(out, f, "text");
    } else if (strcmp(kind, "rollback") == 0) {
        sgr_buf_cstr(out, "rollback: traffic first");
    } else if (strcmp(kind, "promote") == 0) {
        sgr_buf_cstr(out, "  promote the new version");
    } else if (strcmp(kind, "install") == 0) {
        sgr_buf_printf(out, "%.*s: first install of %.*s", SGR_FMT(sgr_path_str(f, "workload")),
                       SGR_FMT(sgr_path_str(f, "new/image")));
    } else if (strcmp(kind, "outcome") == 0) {
        sgr_buf_cstr(out, "outcome: ");
        add_field(out, f, "outcome");
    } else {
        return false;
    }
    return true;
}

void sgr_clock_text(int64_t ms, char text[SGR_CLOCK_BYTES])
{
    snprintf(text, SGR_CLOCK_BYTES, "%02" PRId64 ":%02" PRId64 ":%02" PRId64, ms / 3600000,
             ms / 60000 % 60, ms / 1000 % 60);
}

enum sgr_tone sgr_tone_of(const struct sgr_report *report)
{
    sgr_str verdict = sgr_path_str(report->fields, "verdict");
    sgr_str outcome = sgr_path_str(report->fields, "outcome");
    bool bad = sgr_str_is(verdict, "breach") || sgr_str_is(verdict, "fail") ||
               strcmp(report->kind, "failed") == 0 || sgr_str_is(outcome, "failed");
    bool good = sgr_str_is(outcome, "promoted") || sgr_str_is(outcome, "installed");
    bool careful = sgr_str_is(verdict, "no_signal") || sgr_str_is(outcome, "rolled_back") ||
                   sgr_str_is(outcome, "superseded") || strcmp(report->kind, "rollback") == 0;
    return bad                                 ? SGR_TONE_BAD
           : good                              ? SGR_TONE_GOOD
           : careful                           ? SGR_TONE_CAREFUL
           : strcmp(report->kind, "step") == 0 ? SGR_TONE_STEP
                                               : SGR_TONE_PLAIN;
}
