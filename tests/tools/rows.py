#!/usr/bin/env python3
"""Every row of every table is reached by a test: lists those that no golden case, unit test or example
names."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


def text_of(*patterns):
    return "\n".join(p.read_text(errors="replace") for pattern in patterns
                     for p in sorted(ROOT.glob(pattern)) if p.is_file())


def rows(path, pattern):
    return re.findall(pattern, (ROOT / path).read_text(), re.M)


def missing(names, haystack, form):
    return [name for name in names if not re.search(form.format(re.escape(name)), haystack)]


def main():
    golden = text_of("tests/golden/**/*.t", "tests/golden/**/*.sgr")
    scripts = text_of("tests/golden/**/*.sgr", "examples/**/*.sgr", "stdlib/**/*.sgr")
    units = text_of("tests/unit/**/*.c", "tests/unit/**/*.sgr")
    tables = [
        ("lang/diag.def", rows("lang/diag.def", r"^DIAG\((\w+)"), golden, r"\b{}\b"),
        ("lang/lint.def", rows("lang/lint.def", r"^LINT\((\w+)"), golden, r"\b{}\b"),
        ("lang/lint.def in docs/linting.md", rows("lang/lint.def", r'^LINT\(.*?"([\w-]+)"'),
         text_of("docs/linting.md"), r"`{}`"),
        ("lang/verb.def", rows("lang/verb.def", r'^VERB\(\w+, "(\w+)"'), scripts, r"\b{}\b"),
        ("lang/block.def", rows("lang/block.def", r'^BLOCK\(\w+, "(\w+)"'), scripts, r"(?m)^\s*{}\b"),
        ("compiler/schema.def", sorted(set(rows("compiler/schema.def", r'^ATTR\(\w+, "(\w+)"'))),
         scripts, r"\b{}\s*(=|\{{)"),
        ("vm/op.def", rows("vm/op.def", r"^OP\((\w+)"), units + golden, r"\b{}\b"),
        ("vm/effect.def", rows("vm/effect.def", r'^EFFECT\(\w+, "(\w+)"'), scripts + units, r"\b{}\b"),
        ("stdlib/builtin.def", rows("stdlib/builtin.def", r'^BUILTIN\("?(\w+)'), units + scripts, r"\b{}\b"),
        ("k8s/sim/fault.def", rows("k8s/sim/fault.def", r'^FAULT\(\w+, "(\w+)"'), scripts + units, r"\b{}\b"),
        ("k8s/sim/turn.def", rows("k8s/sim/turn.def", r'^TURN\(\w+, "(\w+)"'), golden, r"\b{}\b"),
        ("cli/option.def", rows("cli/option.def", r'^OPTION\(\w+, "([\w-]+)"'), golden, r"--{}\b"),
        ("cli/target.def", rows("cli/target.def", r'^TARGET\("(\w+)"'), golden, r"--target {}\b"),
        ("cli/command.def", rows("cli/command.def", r'^COMMAND\(\w+, "(\w+)"'), golden, r"sgrc {}\b"),
    ]
    bad = 0
    for path, names, haystack, form in tables:
        lost = missing(names, haystack, form)
        bad += len(lost)
        print(f"{path}: {len(names)} rows, {len(lost)} without a test" + (": " + " ".join(lost) if lost else ""))
    return 1 if bad else 0


sys.exit(main())
