/* What the formatter promises: a fixed point, the same tree, every comment once, and the layout of
 * its cases. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "support.h"

static void format(sgr_str text, struct sgr_buf *out)
{
    struct parsed parsed;
    parse_bytes(&parsed, "test.sgr", text);
    cr_assert_eq(parsed.diags.errors, 0, "does not parse:\n%.*s\n%s", SGR_FMT(text),
                 rendered(&parsed));
    sgr_print(parsed.tree, &parsed.sources, out);
    parsed_release(&parsed);
}

/* Each comment of `before`, in any order, stands in `after` as often. */
static bool comments_kept(struct parsed *before, struct parsed *after)
{
    if (before->tree->comment_count != after->tree->comment_count) {
        return false;
    }
    size_t count = before->tree->comment_count;
    bool *used = calloc(count + 1, sizeof *used);
    bool all = true;
    for (size_t i = 0; i < count; i++) {
        sgr_str text = sgr_sources_text(&before->sources, before->tree->comments[i].span);
        bool found = false;
        for (size_t k = 0; k < count && !found; k++) {
            found = !used[k] &&
                    sgr_str_equal(text,
                                  sgr_sources_text(&after->sources, after->tree->comments[k].span));
            used[k] = used[k] || found;
        }
        all = all && found;
    }
    free(used);
    return all;
}

/* The three promises, for any text that parses. */
static void check_promises(sgr_str text, const char *what)
{
    struct sgr_buf once, twice;
    struct parsed before, after;
    sgr_buf_init(&once, 1 << 26);
    sgr_buf_init(&twice, 1 << 26);
    format(text, &once);
    format(sgr_buf_str(&once), &twice);
    cr_assert(sgr_str_equal(sgr_buf_str(&once), sgr_buf_str(&twice)),
              "%s: no fixed point\n--- text\n%.*s\n--- once\n%s\n--- twice\n%s", what,
              SGR_FMT(text), once.ptr, twice.ptr);
    parse_bytes(&before, "test.sgr", text);
    parse_bytes(&after, "test.sgr", sgr_buf_str(&once));
    cr_assert_str_eq(dump(&before), dump(&after),
                     "%s: the tree changed\n--- text\n%.*s\n--- once\n%s", what, SGR_FMT(text),
                     once.ptr);
    cr_assert(comments_kept(&before, &after),
              "%s: a comment was lost or doubled\n--- text\n%.*s\n--- once\n%s", what,
              SGR_FMT(text), once.ptr);
    parsed_release(&before);
    parsed_release(&after);
    sgr_buf_release(&once);
    sgr_buf_release(&twice);
}

static void check(const char *text, const char *wanted)
{
    struct sgr_buf out;
    sgr_buf_init(&out, 1 << 20);
    format(sgr_str_from(text), &out);
    cr_assert_str_eq(out.ptr, wanted);
    sgr_buf_release(&out);
    check_promises(sgr_str_from(text), "case");
}

/* ---- every script of the repository ---- */

static size_t each_script(const char *folder, void (*visit)(const char *path, sgr_str text))
{
    size_t count = 0;
    DIR *dir = opendir(folder);
    if (dir == NULL) {
        return 0;
    }
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        char path[4096];
        size_t length = strlen(entry->d_name);
        if (entry->d_name[0] == '.') {
            continue;
        }
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (entry->d_type == DT_DIR) {
            count += each_script(path, visit);
        } else if (length > 4 && strcmp(entry->d_name + length - 4, ".sgr") == 0) {
            size_t size;
            char *text = read_text(path, &size);
            visit(path, (sgr_str){text, size});
            free(text);
            count++;
        }
    }
    closedir(dir);
    return count;
}

static void visit_promises(const char *path, sgr_str text)
{
    check_promises(text, path);
}

static size_t all_scripts(void (*visit)(const char *path, sgr_str text))
{
    return each_script(SGR_SOURCE_DIR "/stdlib", visit) +
           each_script(SGR_SOURCE_DIR "/examples", visit) +
           each_script(SGR_SOURCE_DIR "/tests/unit/lang/data", visit);
}

Test(print, promises_hold_for_every_script)
{
    cr_assert_gt(all_scripts(visit_promises), 10);
}

static void visit_formatted(const char *path, sgr_str text)
{
    struct sgr_buf out;
    sgr_buf_init(&out, 1 << 24);
    if (strstr(path, "/data/") == NULL) {
        format(text, &out);
        cr_expect(sgr_str_equal(sgr_buf_str(&out), text), "%s is not formatted", path);
    }
    sgr_buf_release(&out);
}

Test(print, shipped_scripts_are_formatted)
{
    all_scripts(visit_formatted);
}

/* ---- comments and line ends where nobody expects them ---- */

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

/* Whether a byte lies in a string or a comment. Good enough for texts whose interpolations hold no
 * strings. */
static bool *quoted_bytes(sgr_str text)
{
    bool *quoted = calloc(text.len + 1, sizeof *quoted);
    struct parsed parsed;
    parse_bytes(&parsed, "test.sgr", text);
    for (size_t i = 0; i < parsed.tree->comment_count; i++) {
        sgr_span span = parsed.tree->comments[i].span;
        memset(quoted + span.lo, 1, span.hi - span.lo + 1);
    }
    parsed_release(&parsed);
    for (size_t i = 0; i < text.len; i++) {
        if (quoted[i] || text.ptr[i] != '"') {
            continue;
        }
        size_t end = i + 1;
        if (sgr_str_starts_with((sgr_str){text.ptr + i, text.len - i}, SGR_STR("\"\"\""))) {
            const char *close = strstr(text.ptr + i + 3, "\"\"\"");
            end = (size_t)(close - text.ptr) + 3;
        } else {
            int depth = 0;
            for (; end < text.len && (text.ptr[end] != '"' || depth > 0); end++) {
                depth += text.ptr[end] == '{' && text.ptr[end - 1] == '$';
                depth -= text.ptr[end] == '}' && depth > 0;
                end += text.ptr[end] == '\\';
            }
            end++;
        }
        memset(quoted + i, 1, end - i);
        i = end - 1;
    }
    return quoted;
}

/* Replaces some spaces by a line end or a comment, some line ends by a comment; keeps what still
 * parses to the same declarations. */
static void disturb(sgr_str text, uint32_t seed, size_t rate, struct sgr_buf *out)
{
    bool *quoted = quoted_bytes(text);
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        uint32_t dice = next_random(&seed);
        if (quoted[i] || dice % rate != 0 || (c != ' ' && c != '\n')) {
            sgr_buf_byte(out, c);
        } else if (c == ' ') {
            sgr_buf_printf(out, (dice / rate) % 2 ? " \n" : " # %u\n ", dice);
        } else {
            sgr_buf_printf(out, (dice / rate) % 2 ? "\n\n\n" : "   # %u\n", dice);
        }
    }
    free(quoted);
}

static size_t disturbed;

static void visit_disturbed(const char *path, sgr_str text)
{
    for (uint32_t seed = 1; seed <= 40; seed++) {
        struct sgr_buf changed;
        struct parsed parsed;
        sgr_buf_init(&changed, 1 << 24);
        disturb(text, seed * 77, seed % 2 ? 40 : 600, &changed);
        parse_bytes(&parsed, "test.sgr", sgr_buf_str(&changed));
        bool whole = parsed.diags.errors == 0;
        parsed_release(&parsed);
        if (whole) {
            check_promises(sgr_buf_str(&changed), path);
            disturbed++;
        }
        sgr_buf_release(&changed);
    }
}

Test(print, comments_and_line_ends_anywhere)
{
    all_scripts(visit_disturbed);
    cr_assert_gt(disturbed, 100, "only %zu texts still parse", disturbed);
}

/* ---- layout ---- */

Test(print, attributes_align_in_runs)
{
    check("workload w {\nimage=\"x\"\nreplicas   =3\n\ncpu = 1 .. 2\n# why\nlabels = { a = \"b\" "
          "}\nports = { http = 80 }\n}",
          "workload w {\n"
          "  image    = \"x\"\n"
          "  replicas = 3\n"
          "\n"
          "  cpu = 1 .. 2\n"
          "  # why\n"
          "  labels = { a = \"b\" }\n"
          "  ports  = { http = 80 }\n"
          "}\n");
}

Test(print, a_value_of_several_lines_ends_a_run)
{
    check("object {\nkind = \"A\"\nmetadata = {\nname = \"x\" }\nspec = {}\n}\n"
          "metric m {\nunit=rate\npromql = \"\"\"\nsum(x)\n  / y\n\"\"\"\n}\n",
          "object {\n"
          "  kind = \"A\"\n"
          "  metadata = {\n"
          "    name = \"x\"\n"
          "  }\n"
          "  spec = {}\n"
          "}\n"
          "metric m {\n"
          "  unit   = rate\n"
          "  promql = \"\"\"\n"
          "    sum(x)\n"
          "      / y\n"
          "  \"\"\"\n"
          "}\n");
}

Test(print, short_blocks_stay_on_their_line)
{
    check("autoscale w { scale_up { within=30s,by=100%; every=15s }; scale_down {after=5m}}\n"
          "autoscale w {\nscale_up { within=30s,by=100%; every=15s }\nscale_down {after=5m}}",
          "autoscale w { scale_up { within = 30s; by = 100%; every = 15s }; scale_down { after = "
          "5m } }\n"
          "autoscale w {\n"
          "  scale_up   { within = 30s; by = 100%; every = 15s }\n"
          "  scale_down { after = 5m }\n"
          "}\n");
}

Test(print, else_follows_what_stands_before_it)
{
    check("routine r() {\nif a { x() }\nelse { y() }\nif a { x() } else { y() }\nif a {\nx() "
          "}\nelse if b {\ny()\n}\nelse\n{ z() }\n}",
          "routine r() {\n"
          "  if a { x() }\n"
          "  else { y() }\n"
          "  if a { x() } else { y() }\n"
          "  if a {\n"
          "    x()\n"
          "  } else if b {\n"
          "    y()\n"
          "  } else { z() }\n"
          "}\n");
}

Test(print, comments_keep_their_places)
{
    check("# top\n\n\n\n## doc\nparam a: int # one\nparam bb: int = 3 # two\nlet xs = [ # "
          "first\n1, # second\n\n# own\n2\n# last\n]\n"
          "rollout r of w { # open\nsteps {\n# empty\n}\n# end\n}\n# bottom",
          "# top\n"
          "\n"
          "## doc\n"
          "param a: int       # one\n"
          "param bb: int = 3  # two\n"
          "let xs = [         # first\n"
          "  1,               # second\n"
          "\n"
          "  # own\n"
          "  2\n"
          "  # last\n"
          "]\n"
          "rollout r of w {  # open\n"
          "  steps {\n"
          "    # empty\n"
          "  }\n"
          "  # end\n"
          "}\n"
          "# bottom\n");
}

Test(print, a_comment_without_a_place_moves_above)
{
    check("let a = b.c( # x\n)\nfn f(): int = [a # y\n.b][0]\n", "let a = b.c(  # x\n"
                                                                 ")\n"
                                                                 "# y\n"
                                                                 "fn f(): int = [a.b][0]\n");
}

Test(print, long_values_go_below_or_open)
{
    check("fn f(one: string): string = if one == \"a rather long text here\" then \"another long "
          "text\" else \"the last text\"\n"
          "fn g(a: object): object = merge({ first = \"a rather long text here\", second = "
          "\"another long text\", third = 3 }, a)\n"
          "let x = [\"a rather long text here, the first\", \"a rather long text here, the second "
          "one\", \"the last text\"]\n"
          "let y = aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa and "
          "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb and ccccccccccccccc\n",
          "fn f(one: string): string =\n"
          "  if one == \"a rather long text here\" then \"another long text\" else \"the last "
          "text\"\n"
          "fn g(a: object): object =\n"
          "  merge({ first = \"a rather long text here\", second = \"another long text\", third = "
          "3 }, a)\n"
          "let x = [\n"
          "  \"a rather long text here, the first\",\n"
          "  \"a rather long text here, the second one\",\n"
          "  \"the last text\"\n"
          "]\n"
          "let y =\n"
          "  aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n"
          "    and bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\n"
          "    and ccccccccccccccc\n");
}

Test(print, operators_begin_lines)
{
    check("guard g {\nrequire a() <\n1% and\nb() > 2 or c()\n}\nlet x =\na()\n+ b\n",
          "guard g {\n"
          "  require a()\n"
          "        < 1%\n"
          "      and b() > 2 or c()\n"
          "}\n"
          "let x =\n"
          "  a()\n"
          "    + b\n");
}

Test(print, triple_strings_move_with_their_block)
{
    check("metric m {\npromql = \"\"\"\n        a{x=\"$$${y}\"}\n\n          b ${  z }\n  "
          "\"\"\"\n}\n",
          "metric m {\n"
          "  promql = \"\"\"\n"
          "    a{x=\"$$${y}\"}\n"
          "\n"
          "      b ${z}\n"
          "  \"\"\"\n"
          "}\n");
    check("let a = \"\"\"   b\n\"\"\"\nlet b = \"\"\"x\n  y\n    z\"\"\"\n",
          "let a = \"\"\"   b\n\"\"\"\nlet b = \"\"\"\n  x\n  y\n    z\n\"\"\"\n");
}

Test(print, strings_and_numbers_stay_as_written)
{
    check("let a = \"\\u{1F680}\\t$x $${no} ${ f( 1 ) }\"\nlet b = [60s, 0.50, 1024Mi, 500K, 100m, "
          "5%, 10/s]\n",
          "let a = \"\\u{1F680}\\t$x $${no} ${f(1)}\"\nlet b = [60s, 0.50, 1024Mi, 500K, 100m, 5%, "
          "10/s]\n");
}

Test(print, parentheses_where_needed_or_written)
{
    check("let a = (b) + (c * d)\nlet e = (f ?? g) .. -(h)\nlet i = (if j then k else l) + 1\nlet "
          "m = (n.o)(p)[(q)]\n",
          "let a = (b) + (c * d)\nlet e = (f ?? g) .. -(h)\nlet i = (if j then k else l) + 1\nlet "
          "m = (n.o)(p)[(q)]\n");
}

Test(print, declarations_of_every_kind)
{
    check("import \"std/x\"   as y\nmanifests \"a/*.yaml\"\ninvariant \"one\" a<b\n"
          "for k,v in m {\nlet a=1\n}\nif a {\nlet b=2\n} else if c { let b=3 }\nelse { }\n"
          "fn f(a:int,b:list<y.t> = [ ]):fn(int,{ a:int }):map<string> = fn(x)=>x\n",
          "import \"std/x\" as y\n"
          "manifests \"a/*.yaml\"\n"
          "invariant \"one\" a < b\n"
          "for k, v in m {\n"
          "  let a = 1\n"
          "}\n"
          "if a {\n"
          "  let b = 2\n"
          "} else if c {\n"
          "  let b = 3\n"
          "} else {}\n"
          "fn f(a: int, b: list<y.t> = []): fn(int, { a: int }): map<string> = fn (x) => x\n");
}

Test(print, statements_of_every_kind)
{
    check("routine r ( t:track ) {\nshift 5%;scale new to 3\nwait until ready(new) timeout "
          "5m\nhold 5m while g\n"
          "approve \"x\" timeout 1h\nundo\nundo \"g\"\nfail\nroute header \"x\" == \"1\"\napply x "
          "as \"g\"\n"
          "job smoke { image = \"x\"; retries=2 }\nwebhook \"u\" { method = \"POST\" }\nnotify c "
          "\"t\"\nmirror 10%\n"
          "parallel { a(); b() }\nretry 3 every 10s { a() }\nwithin 5m { a() }\nattempt { a() } "
          "else why { b() }\n"
          "let x:int=3\nlet yy=4\nfor a,b in c { d.e(a) }\nwait 2m\ncheck g(1)\nstep \"s\" { "
          "promote }\n}",
          "routine r(t: track) {\n"
          "  shift 5%\n"
          "  scale new to 3\n"
          "  wait until ready(new) timeout 5m\n"
          "  hold 5m while g\n"
          "  approve \"x\" timeout 1h\n"
          "  undo\n"
          "  undo \"g\"\n"
          "  fail\n"
          "  route header \"x\" == \"1\"\n"
          "  apply x as \"g\"\n"
          "  job smoke { image = \"x\", retries = 2 }\n"
          "  webhook \"u\" { method = \"POST\" }\n"
          "  notify c \"t\"\n"
          "  mirror 10%\n"
          "  parallel { a(); b() }\n"
          "  retry 3 every 10s { a() }\n"
          "  within 5m { a() }\n"
          "  attempt { a() } else why { b() }\n"
          "  let x: int = 3\n"
          "  let yy     = 4\n"
          "  for a, b in c { d.e(a) }\n"
          "  wait 2m\n"
          "  check g(1)\n"
          "  step \"s\" { promote }\n"
          "}\n");
}

Test(print, an_expression_on_one_line)
{
    static const char *const cases[][2] = {
        {"requests(new)>=5/s", "requests(new) >= 5/s"},
        {"a and\n(b or c)", "a and (b or c)"},
        {"60000ms", "1m"},
        {"2.0 * 1.5", "2.0 * 1.5"},
        {"{ a = 1\n b = [x for x in xs if x > 0] }", "{ a = 1, b = [x for x in xs if x > 0] }"},
        {"\"a\\n${b}$${c}\"", "\"a\\n${b}$${c}\""},
        {"if a then -b else not c", "if a then -b else not c"},
        {"100m .. 2Gi", "100m .. 2Gi"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct parsed parsed;
        struct sgr_buf out;
        sgr_buf_init(&out, 1000);
        parse_text(&parsed, "");
        uint32_t file =
            sgr_sources_add(&parsed.sources, SGR_STR("x"), sgr_str_from(cases[i][0]), true);
        struct sgr_expr *expr = sgr_parse_expr(&parsed.sources, file, parsed.arena, &parsed.diags);
        cr_assert_not_null(expr, "%s", cases[i][0]);
        sgr_print_expr(expr, &out);
        cr_expect_str_eq(out.ptr, cases[i][1]);
        sgr_buf_release(&out);
        parsed_release(&parsed);
    }
}
