/* Diagnostics: the text that a user sees, their order and their cap. */
#include <criterion/criterion.h>

#include "support.h"

static void expect_text(const char *script, const char *want)
{
    struct parsed parsed;
    parse_text(&parsed, script);
    cr_expect_str_eq(rendered(&parsed), want, "got\n%swant\n%s", parsed.text.ptr, want);
    parsed_release(&parsed);
}

Test(render, line_carets_and_help)
{
    expect_text("workload w {\n  image: \"x\"\n}\n",
                "error[E0102]: expected `=` or `{`, found `:`\n"
                " --> t.sgr:2:8\n"
                "  |\n"
                "2 |   image: \"x\"\n"
                "  |        ^\n"
                "  = help: write `=` between a key and its value\n"
                "\n");
}

Test(render, a_second_place)
{
    expect_text("workload w {\n  a = [1,\n    2 3]\n}\n",
                "error[E0102]: expected `,` or `]`, found `3`\n"
                " --> t.sgr:3:7\n"
                "  |\n"
                "3 |     2 3]\n"
                "  |       ^\n"
                " ::: t.sgr:2:7\n"
                "  |\n"
                "2 |   a = [1,\n"
                "  |       ~ this `[` is still open\n"
                "\n");
}

Test(render, tabs_and_controls_do_not_shift_the_carets)
{
    expect_text("let a =\t= \"\x01\xc3\xa9\"\n", "error[E0102]: expected a value, found `=`\n"
                                                 " --> t.sgr:1:9\n"
                                                 "  |\n"
                                                 "1 | let a =    = \"\\x01\xc3\xa9\"\n"
                                                 "  |            ^\n"
                                                 "\n");
}

Test(render, long_lines_are_cut)
{
    struct parsed parsed;
    struct sgr_buf text;
    sgr_buf_init(&text, 1 << 16);
    sgr_buf_cstr(&text, "let a = ");
    sgr_buf_fill(&text, ' ', 4000);
    sgr_buf_cstr(&text, "= ");
    sgr_buf_fill(&text, 'x', 4000);
    parse_text(&parsed, text.ptr);
    cr_expect(strlen(rendered(&parsed)) < 600);
    cr_expect_not_null(strstr(parsed.text.ptr, "...  "));
    parsed_release(&parsed);
    sgr_buf_release(&text);
}

Test(render, the_end_of_the_file)
{
    expect_text("let a", "error[E0102]: expected `=` or `:`, found the end of the file\n"
                         " --> t.sgr:1:6\n"
                         "  |\n"
                         "1 | let a\n"
                         "  |      ^\n"
                         "\n");
}

Test(diags, are_sorted_and_said_once)
{
    struct parsed parsed;
    parse_text(&parsed, "let a = 1\nlet b = 2\n");
    sgr_diag(&parsed.diags, SGR_E0102, (sgr_span){1, 12, 13}, "second");
    struct sgr_diag *first = sgr_diag(&parsed.diags, SGR_E0102, (sgr_span){1, 2, 3}, "first");
    cr_expect_not_null(first);
    cr_expect_null(sgr_diag(&parsed.diags, SGR_E0102, (sgr_span){1, 2, 3}, "again"));
    cr_expect_str_eq(problems(&parsed), "E0102 1:3 first\nE0102 2:3 second\n");
    parsed_release(&parsed);
}

Test(diags, helpers_take_what_the_cap_refused)
{
    struct parsed parsed;
    parse_text(&parsed, "let a = 1                                      \n");
    struct sgr_diag *diag = NULL;
    for (uint32_t i = 0; i < 25; i++) {
        diag = sgr_diag(&parsed.diags, SGR_E0102, (sgr_span){1, i, i + 1}, "number %u", i);
        sgr_diag_label(&parsed.diags, diag, "label");
        sgr_diag_note(&parsed.diags, diag, (sgr_span){1, 0, 1}, "note");
        sgr_diag_help(&parsed.diags, diag, "help");
        sgr_diag_fix(&parsed.diags, diag, (sgr_span){1, 0, 1}, true, SGR_STR("fix"));
    }
    cr_expect_null(diag);
    cr_expect_eq(parsed.diags.list.len, 20);
    cr_expect_eq(parsed.diags.errors, 25);
    parsed_release(&parsed);
}

Test(codes, every_row_has_a_name)
{
    for (int i = 0; i < SGR_CODE_COUNT; i++) {
        cr_expect_eq(strlen(sgr_codes[i].code), 5);
        cr_expect(strlen(sgr_codes[i].name) > 2, "%s", sgr_codes[i].code);
        cr_expect(strlen(sgr_codes[i].title) > 5, "%s", sgr_codes[i].code);
        for (int k = 0; k < i; k++) {
            cr_expect_str_neq(sgr_codes[i].name, sgr_codes[k].name);
        }
    }
}

Test(source, places)
{
    struct sgr_arena *arena = sgr_arena_new();
    struct sgr_sources sources;
    sgr_sources_init(&sources, arena);
    uint32_t file =
        sgr_sources_add(&sources, SGR_STR("a"), SGR_STR("ab\n\xc3\xa9x\r\n\nlast"), false);
    struct sgr_source *source = sgr_sources_get(&sources, file);
    struct sgr_position at = sgr_source_position(source, 0);
    cr_expect(at.line == 1 && at.column == 1);
    at = sgr_source_position(source, 2);
    cr_expect(at.line == 1 && at.column == 3);
    at = sgr_source_position(source, 5);
    cr_expect(at.line == 2 && at.column == 2, "%u:%u", at.line, at.column);
    at = sgr_source_position(source, 13);
    cr_expect(at.line == 4 && at.column == 5, "%u:%u", at.line, at.column);
    cr_expect(sgr_str_is(sgr_source_line(source, 2), "\xc3\xa9x"));
    cr_expect(sgr_str_is(sgr_source_line(source, 3), ""));
    cr_expect(sgr_str_is(sgr_source_line(source, 4), "last"));
    cr_expect(sgr_str_is(sgr_source_line(source, 9), ""));
    sgr_sources_release(&sources);
    sgr_arena_free(arena);
}
