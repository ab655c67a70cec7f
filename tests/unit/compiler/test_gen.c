/* The code generator end to end: small scripts are compiled and what they compute is printed. */
#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>

#include "compiler/compiler.h"

struct script {
    struct sgr_compilation *compilation;
    struct sgr_program *program;
    struct sgr_machine *machine;
    struct sgr_buf out;
};

static void show_diags(struct sgr_compilation *compilation)
{
    struct sgr_diags *diags = sgr_compilation_diags(compilation);
    struct sgr_buf buf;
    sgr_buf_init(&buf, 1 << 20);
    for (size_t i = 0; i < diags->list.len; i++) {
        sgr_diag_render_text(diags, &diags->list.at[i], false, &buf);
    }
    fprintf(stderr, "%s", buf.ptr);
    sgr_buf_release(&buf);
}

static struct script load(const char *text)
{
    struct script script = {0};
    struct sgr_compile_options options = {0};
    script.compilation = sgr_compilation_new(&options);
    bool ok = sgr_compile(script.compilation, SGR_STR("-"), sgr_str_from(text));
    if (!ok) {
        show_diags(script.compilation);
    }
    cr_assert(ok, "the script does not compile");
    script.program = sgr_compilation_program(script.compilation);
    cr_assert_not_null(script.program);
    script.machine = sgr_machine_new(script.program, NULL);
    sgr_buf_init(&script.out, 1 << 20);
    return script;
}

static void unload(struct script *script)
{
    sgr_buf_release(&script->out);
    sgr_machine_free(script->machine);
    sgr_program_unref(script->program);
    sgr_compilation_free(script->compilation);
}

/* The value of an exported `let`, or the failure's text. */
static const char *global(struct script *script, const char *name)
{
    char full[128];
    snprintf(full, sizeof full, "main:%s", name);
    uint32_t index = sgr_program_global(script->program, sgr_str_from(full));
    cr_assert_neq(index, UINT32_MAX, "no %s", full);
    sgr_value value;
    struct sgr_failure failure = {0};
    sgr_buf_clear(&script->out);
    if (sgr_machine_global(script->machine, index, &value, &failure)) {
        sgr_value_print(value, &script->out);
    } else {
        sgr_buf_cstr(&script->out, failure.text);
    }
    sgr_failure_release(&failure);
    return script->out.ptr;
}

static sgr_value declarations(struct script *script)
{
    uint32_t index = sgr_program_entry(script->program, SGR_STR("declarations"));
    cr_assert_neq(index, UINT32_MAX);
    sgr_value value = sgr_absent();
    struct sgr_failure failure = {0};
    bool ok = sgr_machine_call(script->machine, index, NULL, 0, &value, &failure);
    cr_assert(ok, "%s", failure.text ? failure.text : "");
    sgr_failure_release(&failure);
    return value;
}

/* What stands at a path of keys and numbers of items. */
static sgr_value walk(sgr_value value, const char *path)
{
    while (*path != '\0') {
        size_t len = strcspn(path, "/");
        if (value.tag == SGR_LIST) {
            size_t index = (size_t)atoi(path);
            cr_assert_lt(index, sgr_count_of(value), "%s", path);
            value = sgr_item(value, index);
        } else {
            value = sgr_field(value, (sgr_str){path, len});
        }
        path += len + (path[len] == '/' ? 1 : 0);
    }
    return value;
}

static const char *at(struct script *script, sgr_value value, const char *path)
{
    sgr_buf_clear(&script->out);
    sgr_value_print(walk(value, path), &script->out);
    return script->out.ptr;
}

static void expect_value(const char *text, const char *wanted)
{
    struct script script = load(text);
    const char *found = global(&script, "x");
    cr_assert_str_eq(found, wanted, "%s\n  gives %s\n  not   %s", text, found, wanted);
    unload(&script);
}

/* ---- expressions ---- */

Test(gen, computes_arithmetic_with_units)
{
    expect_value("let x = 1 + 2 * 3 - 4\n", "3");
    expect_value("let a = 30s\nlet x = a * 2 + 1m\n", "2m");
    expect_value("let a = 5\nlet x = -a\n", "-5");
    expect_value("let x: cpu = 100m\n", "100m");
    expect_value("let x: cpu = 2\n", "2");
    expect_value("let x = 100m\n", "1h40m");
    expect_value("let x: number = 5%\n", "0.05");
}

Test(gen, chooses_and_compares)
{
    expect_value("let a = 3\nlet x = if a > 2 then \"big\" else \"small\"\n", "big");
    expect_value("let a = 3\nlet x = a >= 3 and a <= 3 and a != 4 and not (a == 5)\n", "true");
    expect_value("let a = 3\nlet x = a < 3 or a > 3\n", "false");
}

Test(gen, short_circuits)
{
    expect_value("let xs: list<int> = []\nlet x = len(xs) > 0 and xs[0] > 1\n", "false");
    expect_value("let xs: list<int> = []\nlet x = len(xs) == 0 or xs[0] > 1\n", "true");
}

Test(gen, takes_what_is_there_or_the_default)
{
    expect_value("let m = { a = 1 }\nlet x = m[\"b\"] ?? 7\n", "7");
    expect_value("let o: object = { a = { b = [1, 2] } }\nlet x = o.a.b[1] ?? 7\n", "2");
    expect_value("let o: object = { a = {} }\nlet x = o.q.r[3].s ?? 7\n", "7");
}

Test(gen, calls_by_position_name_and_default)
{
    const char *f = "fn f(a: int, b: int = a + 1, c: int = 10): string = \"${a} ${b} ${c}\"\n";
    char text[512];
    snprintf(text, sizeof text, "%slet x = f(1)\n", f);
    expect_value(text, "1 2 10");
    snprintf(text, sizeof text, "%slet x = f(1, c = 5)\n", f);
    expect_value(text, "1 2 5");
    snprintf(text, sizeof text, "%slet x = f(b = 7, a = 2)\n", f);
    expect_value(text, "2 7 10");
}

Test(gen, makes_closures)
{
    expect_value(
        "fn adder(n: int): fn(int): int = fn (m) => n + m\nlet add = adder(5)\nlet x = add(2)\n",
        "7");
    expect_value("fn twice(f: fn(int): int, n: int): int = f(f(n))\n"
                 "fn inc(n: int): int = n + 1\nlet x = twice(inc, 1)\n",
                 "3");
    expect_value("fn f(a: int, b: int): list<int> = [n * a for n in [1, 2, 3] if n != b]\n"
                 "let x = f(10, 2)\n",
                 "[10, 30]");
}

Test(gen, walks_ranges_lists_and_maps)
{
    expect_value("let x = [i for i in 1 .. 4]\n", "[1, 2, 3, 4]");
    expect_value("let x = [\"${k}=${v}\" for k, v in { a = 1, b = 2 }]\n", "[\"a=1\", \"b=2\"]");
    expect_value("let m = { a = 1, b = 2 }\nlet x = [v for v in m]\n", "[1, 2]");
}

Test(gen, builds_records_with_conditions)
{
    expect_value("let a = true\nlet x = { p = 1, if a { q = 2 } else { r = 3 }\n for i in [7, 8] { "
                 "\"k${i}\" = i } }\n",
                 "{ p = 1, q = 2, k7 = 7, k8 = 8 }");
}

Test(gen, recurses_deep_in_tail_position)
{
    expect_value("fn count(n: int, acc: int): int = if n == 0 then acc else count(n - 1, acc + n)\n"
                 "let x = count(100000, 0)\n",
                 "5000050000");
}

Test(gen, builds_long_lists_in_chunks)
{
    struct sgr_buf text;
    sgr_buf_init(&text, 1 << 22);
    sgr_buf_cstr(&text, "let x = len([");
    for (int i = 0; i < 100000; i++) {
        sgr_buf_printf(&text, "%s\"s%d\"", i ? ", " : "", i);
    }
    sgr_buf_cstr(&text, "])\nlet y = { a = \"late\" }\nlet z = y.a\n");
    struct script script = load(text.ptr);
    cr_assert_str_eq(global(&script, "x"), "100000");
    cr_assert_str_eq(global(&script, "z"), "late");
    unload(&script);
    sgr_buf_release(&text);
}

/* ---- declarations ---- */

static const char *const small =
    "param replicas: int = 3 where replicas >= 1\n"
    "workload web_app {\n  image = \"a/b:1\"\n  replicas = replicas\n  cpu = 100m .. 2\n"
    "  env = { LOG = \"info\" }\n}\n"
    "for i in 1 .. 2 {\n  workload \"w-${i}\" { image = \"x/y:${i}\" }\n}\n"
    "if replicas > 2 {\n  object { apiVersion = \"v1\", kind = \"Namespace\", metadata = { name = "
    "\"n\" } }\n}\n"
    "metric errors(t: track) {\n  unit = percent\n"
    "  promql = \"sum(rate(e{track=\\\"${t.name}\\\"}[1m]))\"\n}\n"
    "guard ok {\n  every = 5s\n  no_signal = wait(2m)\n  require errors(new) < 1% else "
    "no_signal\n}\n"
    "rollout ship of web_app {\n  steps {\n    step \"a\" { shift 5% }\n"
    "    for w in [10%, 50%] { step \"at ${w}\" { shift w, check ok } }\n    promote\n  }\n"
    "  on failure { rollback }\n}\n"
    "autoscale web_app { replicas = 3 .. 10 }\n"
    "scenario \"s\" {\n  run ship with { replicas = 4 }\n  given errors(new) = 0.1%\n"
    "  at 4m { given errors(new) = 7% }\n  expect outcome == rolled_back\n"
    "  expect max(traffic(new)) <= 25%\n}\n";

Test(gen, gives_declarations_in_order)
{
    struct script script = load(small);
    sgr_value d = declarations(&script);
    cr_assert_eq(sgr_count_of(sgr_field(d, SGR_STR("workloads"))), 3);
    cr_assert_str_eq(at(&script, d, "workloads/0/name"), "web-app");
    cr_assert_str_eq(at(&script, d, "workloads/0/id"), "web_app");
    cr_assert_str_eq(at(&script, d, "workloads/0/cpu"), "100m .. 2");
    cr_assert_str_eq(at(&script, d, "workloads/0/spread"), "true");
    cr_assert_str_eq(at(&script, d, "workloads/2/name"), "w-2");
    cr_assert_str_eq(at(&script, d, "workloads/2/image"), "x/y:2");
    cr_assert_str_eq(at(&script, d, "objects/0/object/metadata/name"), "n");
    cr_assert_str_eq(at(&script, d, "autoscales/0/of"), "web-app");
    cr_assert_str_eq(at(&script, d, "cluster/namespace"), "default");
    cr_assert_str_eq(at(&script, d, "rollouts/0/of"), "web-app");
    cr_assert_str_eq(at(&script, d, "rollouts/0/workload/name"), "web-app");
    cr_assert_str_eq(at(&script, d, "rollouts/0/outline/0/name"), "a");
    cr_assert_str_eq(at(&script, d, "guards/0/no_signal/word"), "wait");
    cr_assert_str_eq(at(&script, d, "guards/0/no_signal/value"), "2m");
    cr_assert_str_eq(at(&script, d, "scenarios/0/rollout"), "ship");
    cr_assert_str_eq(at(&script, d, "scenarios/0/params/replicas"), "4");
    cr_assert_str_eq(at(&script, d, "scenarios/0/events/0/at"), "0s");
    cr_assert_str_eq(at(&script, d, "scenarios/0/events/1/actions/0/metric"), "errors");
    cr_assert_str_eq(at(&script, d, "scenarios/0/events/1/actions/0/track"), "new");
    cr_assert_str_eq(at(&script, d, "scenarios/0/expects/1/text"), "max(traffic(new)) <= 25%");
    unload(&script);
}

static sgr_value call(struct script *script, sgr_value closure, sgr_value arg)
{
    sgr_value value = sgr_absent();
    struct sgr_failure failure = {0};
    bool ok = sgr_machine_call_value(script->machine, closure, &arg, 1, &value, &failure);
    cr_assert(ok, "%s", failure.text ? failure.text : "");
    sgr_failure_release(&failure);
    return value;
}

Test(gen, escapes_what_stands_in_a_query)
{
    struct script script = load(small);
    sgr_value d = declarations(&script);
    struct sgr_record_builder track;
    sgr_record_begin(&track, sgr_machine_heap(script.machine));
    sgr_record_set(&track, SGR_STR("name"),
                   sgr_string(sgr_machine_heap(script.machine), SGR_STR("a\"} or x{b=\"")));
    sgr_value query = call(&script, walk(d, "metrics/0/query"), sgr_record_end(&track));
    cr_assert_str_eq(at(&script, query, "promql"),
                     "sum(rate(e{track=\"a\\\"} or x{b=\\\"\"}[1m]))");
    unload(&script);
}

Test(gen, judges_results_and_shows_the_values)
{
    struct script script = load(small);
    sgr_value d = declarations(&script);
    struct sgr_heap *heap = sgr_machine_heap(script.machine);
    sgr_value results =
        sgr_path_with(heap, sgr_absent(), "outcome", sgr_string(heap, SGR_STR("rolled_back")));
    results = sgr_path_with(heap, results, "max/traffic/new", sgr_unit_f(SGR_PERCENT, 30));
    sgr_value first = call(&script, walk(d, "scenarios/0/expects/0/test"), results);
    cr_assert_str_eq(at(&script, first, "ok"), "true");
    cr_assert_str_eq(at(&script, first, "values/0/text"), "outcome");
    sgr_value second = call(&script, walk(d, "scenarios/0/expects/1/test"), results);
    cr_assert_str_eq(at(&script, second, "ok"), "false");
    cr_assert_str_eq(at(&script, second, "values/0/value"), "30%");
    unload(&script);
}

Test(gen, is_deterministic)
{
    struct script a = load(small), b = load(small);
    struct sgr_buf first, second;
    sgr_buf_init(&first, 1 << 24);
    sgr_buf_init(&second, 1 << 24);
    sgr_program_save(a.program, &first);
    sgr_program_save(b.program, &second);
    cr_assert_eq(first.len, second.len);
    cr_assert_eq(memcmp(first.ptr, second.ptr, first.len), 0);
    sgr_buf_release(&first);
    sgr_buf_release(&second);
    unload(&a);
    unload(&b);
}

/* ---- limits ---- */

static void expect_too_large(const struct sgr_buf *text)
{
    struct sgr_compile_options options = {0};
    struct sgr_compilation *compilation = sgr_compilation_new(&options);
    cr_assert(sgr_compile(compilation, SGR_STR("-"), sgr_buf_str(text)));
    cr_assert_null(sgr_compilation_program(compilation));
    struct sgr_diags *diags = sgr_compilation_diags(compilation);
    cr_assert_eq(diags->errors, 1);
    cr_assert_eq(diags->list.at[diags->list.len - 1].code, SGR_E0501);
    sgr_compilation_free(compilation);
}

Test(gen, says_when_a_function_is_too_large)
{
    struct sgr_buf text;
    sgr_buf_init(&text, 1 << 24);
    sgr_buf_cstr(&text, "routine go(r: rollout) {\n");
    for (int i = 0; i < 61000; i++) {
        sgr_buf_printf(&text, "  let a%d = r.drain\n", i);
    }
    sgr_buf_cstr(&text, "}\n");
    expect_too_large(&text);
    sgr_buf_release(&text);
}

Test(gen, says_when_there_are_too_many_functions)
{
    struct sgr_buf text;
    sgr_buf_init(&text, 1 << 24);
    for (int i = 0; i < 66000; i++) {
        sgr_buf_printf(&text, "fn f%d(): int = %d\n", i, i);
    }
    sgr_buf_cstr(&text, "let x = f65999()\n");
    expect_too_large(&text);
    sgr_buf_release(&text);
}
