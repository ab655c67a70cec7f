#!/usr/bin/env python3
"""The direction of the house: which room may include which, and how large a file may be."""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
MAY = {
    "base": {"base"},
    "lang": {"base", "lang"},
    "vm": {"base", "vm"},
    "stdlib": {"base", "vm", "stdlib"},
    "compiler": {"base", "lang", "vm", "stdlib", "compiler"},
    "k8s": {"base", "vm", "k8s"},
    "cli": {"base", "lang", "vm", "stdlib", "compiler", "k8s", "cli"},
}
FOREIGN = {"curl": {"k8s"}, "jansson": {"k8s"}, "yaml.h": {"k8s"}, "openssl": {"k8s"}}
CLOCKLESS = {"base", "lang", "vm", "stdlib", "compiler"}
LINES_MAX = 800


def main():
    problems = []
    files = subprocess.run(["git", "ls-files", "*.c", "*.h", "*.l", "*.y", "*.def"], cwd=ROOT,
                           text=True, capture_output=True, check=True).stdout.split()
    for name in files:
        room = name.split("/")[0]
        path = ROOT / name
        if room not in MAY or not path.exists():
            continue
        text = path.read_text()
        if text.count("\n") > LINES_MAX and not name.endswith(".def"):
            problems.append(f"{name}: {text.count(chr(10))} lines, more than {LINES_MAX}")
        for kind, target in re.findall(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]', text, re.M):
            top = target.split("/")[0]
            if kind == '"' and top in MAY and top not in MAY[room]:
                problems.append(f"{name}: {room}/ may not include {target}")
            for foreign, rooms in FOREIGN.items():
                if kind == "<" and target.startswith(foreign) and room not in rooms:
                    problems.append(f"{name}: {room}/ may not include <{target}>")
            if kind == "<" and target in ("time.h", "sys/time.h") and room in CLOCKLESS:
                problems.append(f"{name}: {room}/ has no clock")
        if name.endswith(".c") and not text.lstrip().startswith("/*"):
            problems.append(f"{name}: does not open with what it does and must never do")
    for problem in problems:
        print(problem)
    print(f"{len(files)} files, {len(problems)} problems")
    return 1 if problems else 0


sys.exit(main())
