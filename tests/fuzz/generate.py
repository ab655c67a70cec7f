#!/usr/bin/env python3
"""Valid programs by the grammar: expressions of every type, functions, declarations in loops, a workload, guards
and a rollout, in a random layout. Each must compile, be formatted to a fixed point that compiles to the same
objects and performs the same simulated run, and end as promoted or rolled back; a sanitizer must be silent.

  tests/fuzz/generate.py SGRC [--count N] [--from SEED] [--print]
"""
import argparse
import concurrent.futures
import pathlib
import random
import subprocess
import sys
import tempfile


class Writer:
    """One program of one seed."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.names = {kind: [] for kind in ("int", "number", "string", "bool", "duration", "percent", "list")}
        self.functions = []
        self.made = 0
        self.depth = 0
        self.inline = 0  # inside "${ }", which stays on its line

    # ---- layout ----

    def gap(self):
        """Between two words inside brackets or after an operator, where a line may end."""
        if self.inline:
            return " "
        return self.random.choice([" ", " ", " ", "  ", "\n    ", " # why\n", "\n\n  "])

    def end(self):
        return self.random.choice(["\n", "\n", "\n\n", "  # so\n", ";\n", "\n\n\n"])

    def name(self, kind):
        self.made += 1
        return f"{kind[0]}{self.made}"

    def pick(self, *choices):
        return self.random.choice(choices)

    # ---- expressions ----

    def expression(self, kind):
        if self.depth > 4 or self.random.random() < 0.25:
            return self.leaf(kind)
        self.depth += 1
        makers = {"int": self.int_of, "number": self.number_of, "string": self.string_of, "bool": self.bool_of,
                  "duration": self.duration_of, "percent": self.percent_of, "list": self.list_of}
        text = self.random.choice([makers[kind], makers[kind], makers[kind], self.any_of])(kind)
        self.depth -= 1
        return text

    def leaf(self, kind):
        if self.names[kind] and self.random.random() < 0.6:
            return self.random.choice(self.names[kind])
        n = self.random.randrange(1, 9)
        return {"int": f"{n}", "number": f"{n}.5", "string": self.pick(f'"s{n}"', f'"\\u{{4{n}}} $$ \\t"', f'"""t{n}"""'),
                "bool": self.pick("true", "false"), "duration": self.pick(f"{n}s", f"{n}m{n}s", f"{n}00ms"),
                "percent": f"{n}%", "list": f"[{n},{self.gap()}{n + 1}]"}[kind]

    def any_of(self, kind):
        way = self.random.randrange(5)
        if way == 0:
            return f"({self.gap()}{self.expression(kind)}{self.gap()})"
        if way == 1:
            return (f"(if {self.expression('bool')} then{self.gap()}{self.expression(kind)} "
                    f"else {self.expression(kind)})")
        if way == 2:
            return f"{{ a = {self.expression(kind)}, b = {self.expression('int')} }}.a"
        if way == 3:
            return f"[{self.expression(kind)},{self.gap()}{self.expression(kind)}][{self.random.randrange(2)}]"
        fits = [f for f in self.functions if f[1] == kind]
        if not fits:
            return self.leaf(kind)
        name, _, param = self.random.choice(fits)
        return f"{name}({self.pick('', 'x = ')}{self.expression(param)})"

    def int_of(self, _):
        a, b = self.expression("int"), self.expression("int")
        return self.pick(f"{a} +{self.gap()}{b}", f"({a} - {b})", f"{self.leaf('int')} * {self.leaf('int')}", f"-({a})",
                         f"round({self.expression('number')} / 2)", f"len({self.expression('list')})",
                         f"len({self.expression('string')})", f"max([{a}, {b}])", f"sum({self.expression('list')})")

    def number_of(self, _):
        a, b = self.expression("number"), self.expression("number")
        return self.pick(f"{a} + {b}", f"({a} - {b}) / {self.random.randrange(1, 5)}", f"abs({a})",
                         f"seconds({self.expression('duration')})", f"number({self.expression('int')})",
                         f"({self.expression('duration')}) / 2s")

    def string_of(self, _):
        inner = self.expression(self.random.choice(list(self.names)))
        return self.pick(f'"<{self.interpolated()}>"', f"{self.expression('string')} +{self.gap()}{self.expression('string')}",
                         f"text({inner})", f"json({inner})", f"lower({self.expression('string')})",
                         f'join([text(x) for x in {self.expression("list")}], "-")', f"sha256({inner})")

    def interpolated(self):
        self.inline += 1
        text = self.expression(self.random.choice(list(self.names)))
        self.inline -= 1
        return f"${{{text}}}"

    def bool_of(self, _):
        kind = self.pick("int", "number", "duration", "percent")
        a, b = self.expression(kind), self.expression(kind)
        return self.pick(f"({a}) {self.pick('<', '<=', '>', '>=', '==', '!=')} ({b})",
                         f"({self.expression('bool')} {self.pick('and', 'or')}{self.gap()}{self.expression('bool')})",
                         f"(not {self.expression('bool')})", f"({self.expression('string')}) == {self.leaf('string')}",
                         f"any([x > 3 for x in {self.expression('list')}])")

    def duration_of(self, _):
        a = self.expression("duration")
        return self.pick(f"{a} + {self.leaf('duration')}", f"({a}) * 2", f"max([{a}, {self.leaf('duration')}])")

    def percent_of(self, _):
        a = self.expression("percent")
        return self.pick(f"{a} + {self.leaf('percent')}", f"({a}) * 2", f"min([{a}, 50%])")

    def list_of(self, _):
        a = self.expression("list")
        return self.pick(f"[x * 2 for x in {a}]", f"[x for x in {a}{self.gap()}if x > {self.leaf('int')}] + [1]",
                         f"sort({a} +{self.gap()}{self.leaf('list')})", f"[i for i in 1 .. {self.random.randrange(1, 6)}]",
                         f"[{self.leaf('int')} for _ in 1 .. 2]")

    # ---- declarations ----

    def let(self):
        kind = self.random.choice(list(self.names))
        typed = {"list": "list<int>"}.get(kind, kind)
        name, value = self.name(kind), self.expression(kind)
        self.names[kind].append(name)
        return f"let {name}{self.pick('', ': ' + typed)} ={self.pick(' ', '  ')}({value}){self.end()}"

    def function(self):
        kind, param = self.pick("int", "string", "duration", "bool"), self.pick("int", "string", "duration")
        name = self.name("fun")
        self.names[param].append("x")
        body = self.expression(kind)
        self.names[param].remove("x")
        self.functions.append((name, kind, param))
        return f"## A function.\nfn {name}(x: {param}): {kind} ={self.gap()}({body}){self.end()}"

    def workload(self):
        low = f"max([1, min([4, {self.expression('int')}])])"
        env = self.end().join(f"    V{i} = \"{self.interpolated()}\""
                              for i in range(self.random.randrange(1, 4)))
        return (f"workload shop {{{self.end()}  image = \"shop/shop:2\"{self.end()}  replicas = {low}{self.end()}"
                f"  ports = {{ http = 8080 }}{self.end()}  env = {{\n{env}\n"
                f"    for i in 1 .. 3 {{ \"L${{i}}\" = text(i + {self.leaf('int')}) }}\n"
                f"    if {self.expression('bool')} {{ YES = \"1\" }} else {{ NO = \"0\" }}\n  }}{self.end()}"
                f"  annotations = {{ \"example.org/a\" = {self.expression('string')} }}{self.end()}}}{self.end()}")

    def others(self):
        return (f"for k, v in {{ a = {self.leaf('int')}, b = 2 }} {{\n  object {{ apiVersion = \"v1\"; kind = \"ConfigMap\"\n"
                f"    metadata = {{ name = \"extra-${{k}}\" }}{self.end()}    data = {{ v = text(v) }}\n  }}\n}}{self.end()}"
                f"metric errors(t: track) {{ unit = percent{self.end()}  promql = \"\"\"\n    sum(rate(errors_total{{track=\"${{t.name}}\"}}[1m]))\n"
                f"      / sum(rate(requests_total{{track=\"${{t.name}}\"}}[1m]))\n  \"\"\"{self.end()}}}{self.end()}"
                f"guard fine {{ every = 5s; for = 20s{self.end()}  require errors(new) < {self.leaf('percent')} + 5%{self.end()}}}\n")

    def statement(self, depth=0):
        way = self.random.randrange(9 if depth < 3 else 5)
        inner = lambda: "".join(self.statement(depth + 1) for _ in range(self.random.randrange(1, 3)))
        if way == 0:
            return f"wait max([1s, min([1m, {self.expression('duration')}])]){self.end()}"
        if way == 1:
            return f"check fine{self.end()}"
        if way == 2:
            return f"hold {self.random.randrange(10, 40)}s while fine{self.end()}"
        if way == 3:
            return f"wait until ready(new) timeout 5m{self.end()}"
        if way == 4:
            return f"let w{self.made} = {self.expression('int')}{self.end()}" if self.bump() else ""
        if way == 5:
            return f"if {self.expression('bool')} {{\n{inner()}}} else {{\n{inner()}}}{self.end()}"
        if way == 6:
            return f"for n in 1 .. 2 {{\n{inner()}}}{self.end()}"
        if way == 7:
            return f"parallel {{\n{inner()}}}{self.end()}"
        return f"attempt {{\n{inner()}}} else why {{ wait 1s }}{self.end()}"

    def bump(self):
        self.made += 1
        return True

    def rollout(self):
        shares = sorted(self.random.sample(range(5, 95), self.random.randrange(1, 4)))
        steps = "".join(f"step \"to {share}\" {{\n  shift {share}%{self.end()}{self.statement()}  hold 10s while fine\n}}{self.end()}"
                        for share in shares)
        return (f"rollout ship of shop {{{self.end()}  mode = canary{self.end()}  deadline = 2h{self.end()}"
                f"  steps {{\n{steps}{self.statement()}  promote\n  }}\n}}\n")

    def program(self):
        head = "".join(self.pick(self.let, self.let, self.function)() for _ in range(self.random.randrange(2, 10)))
        return head + self.workload() + self.others() + self.rollout()


class Broken(Exception):
    pass


def call(sgrc, folder, statuses, *arguments):
    done = subprocess.run([sgrc, *arguments], cwd=folder, capture_output=True, timeout=120, stdin=subprocess.DEVNULL)
    if done.returncode not in statuses:
        raise Broken(f"{' '.join(arguments)} exits {done.returncode}\n{done.stdout.decode()}{done.stderr.decode()}")
    return done.stdout


def check(sgrc, seed):
    """None, or what is broken."""
    text = Writer(seed).program()
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "p.sgr"
        path.write_text(text)
        try:
            objects, run = call(sgrc, folder, [0], "compile", "p.sgr"), call(sgrc, folder, [0, 2], "run", "--sim", "p.sgr")
            call(sgrc, folder, [0], "fmt", "-q", "p.sgr")
            once = path.read_bytes()
            call(sgrc, folder, [0], "fmt", "-q", "p.sgr")
            if path.read_bytes() != once:
                raise Broken("the layout is no fixed point")
            if call(sgrc, folder, [0], "compile", "p.sgr") != objects:
                raise Broken("formatting changed the objects")
            if call(sgrc, folder, [0, 2], "run", "--sim", "p.sgr") != run:
                raise Broken("formatting changed the run")
            call(sgrc, folder, [0, 1], "lint", "p.sgr")
        except (Broken, subprocess.TimeoutExpired) as problem:
            return f"seed {seed}: {problem}\n{text}"
    return None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("sgrc")
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--from", dest="first", type=int, default=0)
    parser.add_argument("--print", action="store_true")
    options = parser.parse_args()
    if options.print:
        print(Writer(options.first).program())
        return 0
    seeds = range(options.first, options.first + options.count)
    sgrc = pathlib.Path(options.sgrc).resolve()
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        broken = [problem for problem in pool.map(lambda seed: check(sgrc, seed), seeds) if problem]
    print("\n".join(broken[:3]), end="\n" if broken else "")
    print(f"{options.count} programs from seed {options.first}, {len(broken)} broken")
    return 1 if broken else 0


sys.exit(main())
