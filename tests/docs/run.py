#!/usr/bin/env python3
"""The fenced blocks of the guides and of StreamGate's pages are true.

```sgr blocks of a page, one after another, are one script: it is free of findings, and its scenarios pass.
```console blocks: lines that begin with "$ " are run by sh in the page's folder (the guides: examples/streamgate);
where output follows it must come out so, "..." standing for any lines, and [N] at its end is the exit status.
```console cluster blocks need a cluster and are only counted here.

  tests/docs/run.py SGRC
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap

ROOT = pathlib.Path(__file__).resolve().parents[2]
STREAMGATE = ROOT / "examples" / "streamgate"
PAGES = [ROOT / "README.md"] + sorted(ROOT.glob("docs/guides/*.md")) + sorted(STREAMGATE.glob("**/README.md")) + [
    ROOT / "docs" / name for name in ("targets.md", "streamgate.md", "metrics.md", "verify.md", "import.md", "events.md")]
FENCE = re.compile(r"^( *)```(\w+)(?: (\w+))?\n(.*?)^\1```$", re.M | re.S)


def blocks(page):
    for indent, kind, mark, body in FENCE.findall(page.read_text()):
        yield kind, mark, textwrap.dedent(body) if indent else body


def folder_of(page, scratch):
    """In a copy of the examples, so that commands may write files."""
    if page.parent == ROOT:
        return ROOT
    if page.parent.name == "docs":
        return scratch
    return pathlib.Path(scratch) / (STREAMGATE if page.parent.name == "guides" else page.parent).relative_to(ROOT)


def run(command, folder, sgrc, scratch):
    env = {"PATH": f"{sgrc.parent}:{os.environ['PATH']}", "LC_ALL": "C.UTF-8", "NO_COLOR": "1", "HOME": scratch,
           "TMP": scratch}
    done = subprocess.run(["sh", "-c", command], cwd=folder, env=env, stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120)
    return done.stdout, done.returncode


def whole_seconds(text):
    return re.sub(r"\bof \d+ requests", "of N requests", re.sub(r"(\d+s)\d+ms|\b\d+ms", r"\1", text))


def matches(wanted, printed):
    """Times count to the second."""
    parts = [re.escape(part) for part in re.split(r"^\.\.\.\n", whole_seconds(wanted), flags=re.M)]
    return re.fullmatch(r"(?:.*\n)*?".join(parts), whole_seconds(printed)) is not None


def commands(body):
    """Pairs of a command and the output that follows it."""
    for part in re.split(r"^\$ ", body, flags=re.M)[1:]:
        command, _, output = part.partition("\n")
        yield command, output


def check_console(page, body, sgrc, scratch):
    problems = []
    for command, output in commands(body):
        status = re.search(r"^\[(\d+)\]\n\Z", output, re.M)
        wanted = output[:status.start()] if status else output
        printed, code = run(command, folder_of(page, scratch), sgrc, scratch)
        if code != (int(status[1]) if status else 0):
            problems.append(f"`{command}` exits {code}:\n{printed}")
        elif output and not matches(wanted, printed):
            problems.append(f"`{command}` prints:\n{printed}")
    return problems


def check_script(page, text, sgrc, scratch):
    path = pathlib.Path(scratch) / "page.sgr"
    path.write_text(text)
    problems = []
    for command in (f"sgrc lint {path}", f"sgrc test -q {path}"):
        printed, code = run(command, ROOT, sgrc, scratch)
        if code != 0 or " 0 warnings" not in printed and "lint" in command:
            problems.append(f"its script, {command.split()[1]}:\n{printed}")
    return problems



def check_codes(page):
    rows = (ROOT / "lang/diag.def").read_text() + (ROOT / "lang/lint.def").read_text()
    known = set(re.findall(r"^(?:DIAG|LINT)\((\w+)", rows, re.M))
    return [f"there is no {code}" for code in set(re.findall(r"\b[EW]0\d{3}\b", page.read_text())) - known]


def check_links(page):
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text())
    return [f"no file {link}" for link in links if "://" not in link and not (page.parent / link).exists()]


def main(sgrc):
    sgrc = pathlib.Path(sgrc).resolve()
    ran = waiting = scripts = 0
    bad = []
    with tempfile.TemporaryDirectory() as scratch:
        for folder in ("examples", "tests/golden/verify", "tests/golden/import"):
            shutil.copytree(ROOT / folder, pathlib.Path(scratch) / folder)
        for page in PAGES:
            found = list(blocks(page))
            problems = check_codes(page) + check_links(page)
            for kind, mark, body in found:
                if kind == "console" and mark == "cluster":
                    waiting += sum(1 for _ in commands(body))
                elif kind == "console":
                    ran += sum(1 for _ in commands(body))
                    problems += check_console(page, body, sgrc, scratch)
            script = "\n".join(body for kind, _, body in found if kind == "sgr")
            if script:
                scripts += 1
                problems += check_script(page, script, sgrc, scratch)
            bad += [f"{page.relative_to(ROOT)}: {problem}" for problem in problems]
    print("\n".join(bad) if bad else "", end="\n" if bad else "")
    print(f"{len(PAGES)} pages: {ran} commands run, {waiting} wait for a cluster, {scripts} scripts, {len(bad)} problems")
    return 1 if bad or ran < 10 or scripts < 3 else 0


sys.exit(main(sys.argv[1]))
