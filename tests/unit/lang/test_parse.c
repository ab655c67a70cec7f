/* Declarations, entries and statements: every construct of the language. */
#include <criterion/criterion.h>

#include "support.h"

#include <stdio.h>
#include <stdlib.h>

/* The careful parser takes a text with an error: it must make the same tree of what stands before.
 */
static void expect_careful_tree(const char *text, const char *tree)
{
    struct parsed parsed;
    size_t size = strlen(text) + sizeof "\n)";
    char *broken = malloc(size);
    snprintf(broken, size, "%s\n)", text);
    parse_text(&parsed, broken);
    cr_expect_eq(parsed.diags.errors, 1, "%s\n%s", broken, rendered(&parsed));
    cr_expect_eq(strncmp(dump(&parsed), tree, strlen(tree)), 0, "%s\n got %s\nwant %s", broken,
                 parsed.text.ptr, tree);
    parsed_release(&parsed);
    free(broken);
}

static void expect_tree(const char *text, const char *tree)
{
    struct parsed parsed;
    parse_text(&parsed, text);
    cr_expect_eq(parsed.diags.errors, 0, "%s\n%s", text, rendered(&parsed));
    cr_expect_str_eq(dump(&parsed), tree, "%s\n got %s\nwant %s", text, parsed.text.ptr, tree);
    parsed_release(&parsed);
    expect_careful_tree(text, tree);
}

Test(declaration, imports_params_lets_and_functions)
{
    expect_tree("import \"std/canary\"\nimport \"./common.sgr\" as c",
                "import 'std/canary'\nimport './common.sgr' as c");
    expect_tree("param a: int", "param a:int");
    expect_tree("param a: int = 3 where a >= 1 and a < 9",
                "param a:int=3 where (and (>= a 1) (< a 9))");
    expect_tree("param a: image where f(a)", "param a:image where (f a)");
    expect_tree("let a: list<map<int>> = []", "let a:list<map<int>>=[]");
    expect_tree("let a: { x: int, y: fn(int, string): bool } = b",
                "let a:{x:int,y:fn<int,string,bool>}=b");
    expect_tree("let a: c.workload = b\nlet d: fn(): int = e",
                "let a:c.workload=b\nlet d:fn<int>=e");
    expect_tree("fn f(a: int, b: list<int> = [1],): int = a", "fn f(a:int,b:list<int>=[1]):int=a");
    expect_tree("fn f(): int = 1; fn g(): int = 2", "fn f:int=1\nfn g:int=2");
}

Test(declaration, a_type_may_end_its_line)
{
    expect_tree("param a: list<string>\nparam b: map<int>\n",
                "param a:list<string>\nparam b:map<int>");
    expect_tree("let a = b >\n c", "let a=(> b c)");
    expect_tree("let a: map<string, int> = b", "let a:map<string,int>=b");
}

Test(declaration, blocks)
{
    expect_tree("cluster { namespace = \"x\" }", "cluster {namespace='x'}");
    expect_tree("workload \"svc-${i}\" { from = deployment(\"a\") }",
                "workload 'svc-<i>'{from=(deployment 'a')}");
    expect_tree("metric lag { promql = \"1\" }\nmetric m(t: track) { unit = rate }",
                "metric lag{promql='1'}\nmetric m(t:track){unit=rate}");
    expect_tree("object { kind = \"Role\" }\nobject r { kind = \"Role\" }",
                "object {kind='Role'}\nobject r{kind='Role'}");
    expect_tree("autoscale \"a-${i}\" { }\nrightsize w { mode = off }",
                "autoscale 'a-<i>'{}\nrightsize w{mode=off}");
    expect_tree("rollout \"x-${i}\" of \"y\" {}\nrollout a of b {}",
                "rollout 'x-<i>' of 'y'{}\nrollout a of b{}");
    expect_tree("manifests \"k8s/*.yaml\"\ninvariant \"never\" max(traffic(new)) <= 50%",
                "manifests 'k8s/*.yaml'\ninvariant 'never'=(<= (max (traffic new)) 50%)");
    expect_tree(
        "channel c { slack = secret(\"a\", \"b\") }\nalert a { for = 5m, severity = \"page\" }",
        "channel c{slack=(secret 'a' 'b')}\nalert a{for=5M; severity='page'}");
    expect_tree("workload w { scale_up { within = 30s; by = 100% }\n env { A = 1 } }",
                "workload w{scale_up{within=30000ms; by=100%}; env{A=1}}");
}

Test(declaration, conditions_and_loops_stand_around)
{
    expect_tree("for i in 1 .. 3 { workload \"w-${i}\" { } }",
                "for i (.. 1 3){workload 'w-<i>'{}}");
    expect_tree("for k, v in { a = 1 } { let x = k }", "for k,v {a=1}{let x=k}");
    expect_tree("if a { let x = 1 } else if b { let x = 2 } else { let x = 3 }",
                "if a{let x=1}else{if b{let x=2}else{let x=3}}");
    expect_tree("if a {\n  let x = 1\n}\nelse {\n  let x = 2\n}\n", "if a{let x=1}else{let x=2}");
}

Test(declaration, doc_comments_go_to_what_stands_below)
{
    expect_tree(
        "## One.\n##  Two.\nparam a: int\n## Lost.\n\nparam b: int # no\n# no\nparam c: int",
        "[One.\n Two.] param a:int\nparam b:int\nparam c:int");
    expect_tree("for i in xs {\n  ## Inner.\n  let x = 1\n}", "for i xs{[Inner.] let x=1}");
}

Test(guard, requires)
{
    expect_tree(
        "guard g(x: int) {\n  for = 1m\n  require a(new) >= 5/s else no_signal\n  require b\n    "
        "and c\n}",
        "guard g(x:int){for=1M; require (>= (a new) 5/s) else no_signal; require (and b c)}");
    expect_tree(
        "guard g {\n  require a\n    else no_signal\n  no_signal = wait(2m)\n  require = 3\n}",
        "guard g{require a else no_signal; no_signal=(wait 2M); require=3}");
}

Test(scenario, entries)
{
    expect_tree("scenario \"s\" {\n"
                "  run ship with { image = \"a:1\", n = 2 }\n"
                "  run ship\n"
                "  given error_rate(new) = 0.1%\n"
                "  given approval = denied\n"
                "  at 4m { given x(old, 3) = 7% }\n"
                "  fault node_down(\"a\", count = 2) for 2m\n"
                "  fault api_down()\n"
                "  expect outcome == rolled_back\n"
                "  expect max(traffic(new)) <= 25%\n"
                "  for x in xs { expect x }\n"
                "}",
                "scenario 's'{run ship{image='a:1'; n=2}; run ship; given (error_rate new)=0.1%; "
                "given approval=denied; "
                "at 4M{given (x old 3)=7%}; fault node_down 'a' count=2 for 2M; fault api_down; "
                "expect (== outcome rolled_back); expect (<= (max (traffic new)) 25%); for x "
                "xs{expect x}}");
}

static void expect_steps(const char *text, const char *tree)
{
    struct sgr_buf source, want;
    sgr_buf_init(&source, 1 << 16);
    sgr_buf_init(&want, 1 << 16);
    sgr_buf_printf(&source, "routine r() {\n%s\n}", text);
    sgr_buf_printf(&want, "routine r{%s}", tree);
    expect_tree(source.ptr, want.ptr);
    sgr_buf_release(&source);
    sgr_buf_release(&want);
}

Test(statement, rollouts)
{
    expect_tree("rollout a of b {\n steps { promote }\n on failure { rollback }\n on success { "
                "notify c \"x\" }\n"
                " finally { undo \"g\" }\n steps = 3\n on = 1\n finally = 2\n}",
                "rollout a of b{steps{!promote}; on-failure{!rollback}; on-success{!notify c 'x'}; "
                "finally{!undo 'g'}; "
                "steps=3; on=1; finally=2}");
}

Test(statement, verbs)
{
    expect_steps("shift 25%\nswitch\nscale new to 3\nscale old to a + 1",
                 "!shift 25%; !switch; !scale new 3; !scale old (+ a 1)");
    expect_steps("wait 2m\nwait until ready(x)\nwait until ready_pods(new) >= 2 timeout 5m",
                 "!wait 2M; !wait until (ready x); !wait until (>= (ready_pods new) 2) timeout 5M");
    expect_steps("check g\ncheck g(3)\nhold 5m while g\nhold d while g(1)",
                 "!check g; !check (g 3); !hold 5M g; !hold d (g 1)");
    expect_steps("approve \"go ${x}?\"\napprove \"go\" timeout 1h",
                 "!approve 'go <x>?'; !approve 'go' timeout 3600000ms");
    expect_steps("promote; rollback; undo; undo \"g\"; fail; fail \"no\"",
                 "!promote; !rollback; !undo; !undo 'g'; !fail; !fail 'no'");
    expect_steps("mirror 10%\nroute header \"x\" == \"1\"", "!mirror 10%; !route header 'x' '1'");
    expect_steps("apply x\napply f(x) as \"group\"\ndelete [a, b]\napply { kind = \"A\" } as \"g\"",
                 "!apply x; !apply (f x) as 'group'; !delete [a b]; !apply {kind='A'} as 'g'");
    expect_steps("job smoke { image = \"a\" }\nwebhook \"url\"\nwebhook \"url\" { method = \"GET\" "
                 "}\nnotify team.ops \"hi\"",
                 "!job smoke{image='a'}; !webhook 'url'; !webhook 'url'{method='GET'}; !notify "
                 "team.ops 'hi'");
}

Test(statement, a_bracket_after_a_verb_opens_its_operand)
{
    expect_steps("shift (25% + x) * 2\nwait (a)\ncheck (g)",
                 "!shift (* (+ 25% x) 2); !wait a; !check g");
}

Test(statement, control)
{
    expect_steps("step \"a ${x}\" { promote }", "step 'a <x>'{!promote}");
    expect_steps("let a = 1\nlet b: int = a", "let a=1; let b:int=a");
    expect_steps("if a { promote } else if b { fail } else { rollback }",
                 "if a{!promote}else{if b{!fail}else{!rollback}}");
    expect_steps("if f({ a = 1 }) { promote }\nif x { promote }",
                 "if (f {a=1}){!promote}; if x{!promote}");
    expect_steps("for x in xs { shift x }\nfor k, v in m { shift v }",
                 "for x xs{!shift x}; for k,v m{!shift v}");
    expect_steps("parallel {\n  promote\n  step \"b\" { }\n}", "parallel{!promote; step 'b'{}}");
    expect_steps("retry 3 every 10s { promote }\nretry n { promote }\nwithin 5m { promote }",
                 "retry 3 every 10000ms{!promote}; retry n{!promote}; within 5M{!promote}");
    expect_steps(
        "attempt { promote } else reason { fail reason }\nattempt { promote }\nelse { fail }",
        "attempt reason reason{!promote}else{!fail reason}; attempt{!promote}else{!fail}");
    expect_steps("canary.ramp([1%, 2%], each = 5m)\nmine()\nr.traffic.set(r, 5%)",
                 "call (canary.ramp [1% 2%] each=5M); call (mine); call (r.traffic.set r 5%)");
}

Test(statement, a_brace_after_a_whole_value_opens_the_body)
{
    expect_steps("for x in [1, 2] { a() }\nretry 3 every d { a() }",
                 "for x [1 2]{call (a)}; retry 3 every d{call (a)}");
    expect_steps("for k, v in { a = 1 } { f(k) }", "for k,v {a=1}{call (f k)}");
}

Test(separators, newline_semicolon_and_comma_are_one)
{
    const char *tree = "workload w{a=1; b=2; c=[3 4]}";
    expect_tree("workload w { a = 1, b = 2, c = [3, 4] }", tree);
    expect_tree("workload w { a = 1; b = 2; c = [3, 4]; }", tree);
    expect_tree("workload w {\n\n a = 1\n\n b = 2,\n c = [\n3,\n4\n]\n,\n}", tree);
    expect_tree("workload w {\r\n a = 1\r\n b = 2;\r\n # x\r\n c = [3, 4] # y\r\n}\r\n", tree);
    expect_tree("\xef\xbb\xbfworkload w { a = 1 # one\n, b = 2\n; c = [3, 4] }", tree);
}

Test(file, nothing_is_a_script)
{
    expect_tree("", "");
    expect_tree("\n\n# only this\n", "");
    expect_tree("\n\n## doc\n;\nlet a = 1\n", "let a=1");
}

Test(file, comments_are_kept_in_order)
{
    struct parsed parsed;
    parse_text(&parsed, "# a\nlet x = 1 # b\n## c\n  # d  \n");
    cr_assert_eq(parsed.tree->comment_count, 4);
    const struct sgr_comment *c = parsed.tree->comments;
    cr_expect(!c[0].doc && !c[0].trailing);
    cr_expect(!c[1].doc && c[1].trailing);
    cr_expect(c[2].doc && !c[2].trailing);
    cr_expect(!c[3].doc && !c[3].trailing);
    cr_expect(sgr_str_is(sgr_sources_text(&parsed.sources, c[3].span), "# d"));
    parsed_release(&parsed);
}

static struct sgr_expr *one_value(struct parsed *parsed)
{
    return parsed->tree->decls[0]->value;
}

Test(span, each_piece_knows_its_place)
{
    struct parsed parsed;
    parse_text(&parsed, "let x = (a + b) * f(c).d\n");
    struct sgr_expr *expr = one_value(&parsed);
    cr_expect(sgr_str_is(sgr_sources_text(&parsed.sources, expr->span), "(a + b) * f(c).d"));
    cr_expect(sgr_str_is(sgr_sources_text(&parsed.sources, expr->u.binary.left->span), "a + b"));
    cr_expect(expr->u.binary.left->parens);
    cr_expect(sgr_str_is(sgr_sources_text(&parsed.sources, expr->u.binary.op_span), "*"));
    cr_expect(sgr_str_is(sgr_sources_text(&parsed.sources, expr->u.binary.right->span), "f(c).d"));
    cr_expect(sgr_str_is(sgr_sources_text(&parsed.sources, parsed.tree->decls[0]->name.span), "x"));
    parsed_release(&parsed);
}

Test(span, text_of_a_string_points_into_the_source)
{
    struct parsed parsed;
    parse_text(&parsed, "let x = \"ab\\n${c}de\"\n");
    const struct sgr_string *string = &one_value(&parsed)->u.string;
    cr_assert_eq(string->count, 3);
    cr_expect(sgr_str_is(sgr_sources_text(&parsed.sources, string->parts[0].span), "ab\\n"));
    cr_expect(sgr_str_is(string->parts[0].text, "ab\n"));
    cr_expect(sgr_str_is(sgr_sources_text(&parsed.sources, string->parts[2].span), "de"));
    parsed_release(&parsed);
}

/* ---- one expression, for --set ---- */

static bool whole_expr(const char *text)
{
    struct sgr_arena *arena = sgr_arena_new();
    struct sgr_sources sources;
    struct sgr_diags diags;
    sgr_sources_init(&sources, arena);
    sgr_diags_init(&diags, &sources, arena);
    uint32_t file = sgr_sources_add(&sources, SGR_STR("--set"), sgr_str_from(text), false);
    struct sgr_expr *expr = sgr_parse_expr(&sources, file, arena, &diags);
    bool ok = expr != NULL && diags.errors == 0;
    cr_expect_eq(expr == NULL, diags.errors > 0);
    sgr_diags_release(&diags);
    sgr_sources_release(&sources);
    sgr_arena_free(arena);
    return ok;
}

Test(expr_alone, takes_one_value_and_nothing_else)
{
    cr_expect(whole_expr("3"));
    cr_expect(whole_expr("[1, 2]\n"));
    cr_expect(whole_expr("{ a = \"x\" }"));
    cr_expect(whole_expr("5m .. 10m"));
    cr_expect(!whole_expr(""));
    cr_expect(!whole_expr("3 4"));
    cr_expect(!whole_expr("3\n4"));
    cr_expect(!whole_expr("let x = 3"));
    cr_expect(!whole_expr("=> 3"));
}

Test(file, the_script_of_the_reference)
{
    struct parsed parsed;
    size_t size;
    char *text = read_text("tests/unit/lang/data/whole.sgr", &size);
    parse_bytes(&parsed, "whole.sgr", (sgr_str){text, size});
    cr_expect_eq(parsed.diags.errors, 0, "%s", rendered(&parsed));
    cr_assert_eq(parsed.tree->decl_count, 11);
    cr_expect_not_null(strstr(dump(&parsed), "hold 5M healthy"));
    cr_expect_not_null(strstr(dump(&parsed), "scale_up{within=30000ms; by=100%; every=15000ms}"));
    bool attached = strstr(dump(&parsed), "[Ship the gateway") != NULL;
    cr_expect(!attached, "a blank line stands between the comment and the first declaration");
    parsed_release(&parsed);
    free(text);
}

Test(file, every_construct_in_one_script)
{
    struct parsed parsed;
    size_t size;
    char *text = read_text("tests/unit/lang/data/every.sgr", &size);
    parse_bytes(&parsed, "every.sgr", (sgr_str){text, size});
    cr_expect_eq(parsed.diags.errors, 0, "%s", rendered(&parsed));
    bool decls[SGR_DECL_INVARIANT + 1] = {false}, blocks[SGR_BLOCK_COUNT] = {false};
    for (size_t i = 0; i < parsed.tree->decl_count; i++) {
        decls[parsed.tree->decls[i]->kind] = true;
        blocks[parsed.tree->decls[i]->block_kind] |= parsed.tree->decls[i]->kind == SGR_DECL_BLOCK;
    }
    for (int i = SGR_DECL_IMPORT; i <= SGR_DECL_INVARIANT; i++) {
        cr_expect(decls[i] || i == SGR_DECL_MANIFESTS, "no declaration of kind %d", i);
    }
    for (int i = 0; i < SGR_BLOCK_COUNT; i++) {
        cr_expect(blocks[i] || i == SGR_BLOCK_OBJECT, "no %s", sgr_blocks[i].word);
    }
    for (int i = 0; i < SGR_VERB_COUNT; i++) {
        char verb[32];
        snprintf(verb, sizeof verb, "!%s", sgr_verbs[i].word);
        bool found = strstr(dump(&parsed), verb) != NULL;
        cr_expect(found, "no %s", verb);
    }
    parsed_release(&parsed);
    free(text);
}
