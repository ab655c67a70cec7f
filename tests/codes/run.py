#!/usr/bin/env python3
"""The pages of docs/codes: every row of a table of diagnostics has one, its heading says what the table
says, its bad example gives the code and no other error, and its good one neither gives it nor fails to compile.

  tests/codes/run.py SGRC
"""
import concurrent.futures
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGES = ROOT / "docs" / "codes"
TABLES = [ROOT / "lang" / "diag.def", ROOT / "lang" / "lint.def"]
ROW = re.compile(r'^(?:DIAG|LINT)\((\w+),[^"]*"([^"]*)",\s*"([^"]*)"', re.M)
LINTS = set(re.findall(r"^LINT\((\w+)", TABLES[1].read_text(), re.M))
FENCE = re.compile(r"^(Bad|Good):\n\n```(sgr|sh)\n(.*?)^```$", re.M | re.S)


def rows():
    return {code: (name, title) for table in TABLES for code, name, title in ROW.findall(table.read_text())}


def text_of(language, body):
    """The script of a fence: itself, or what its shell command prints."""
    if language == "sgr":
        return body.encode()
    return subprocess.run(["bash", "-c", body], capture_output=True, timeout=60, check=True).stdout


def output_of(sgrc, *args):
    done = subprocess.run([sgrc, *args], capture_output=True, timeout=120)
    return done.returncode, (done.stdout + done.stderr).decode("utf-8", "backslashreplace")


def check_example(sgrc, code, kind, text, scratch):
    script = scratch / f"{code}-{kind}.sgr"
    script.write_bytes(text)
    _, linted = output_of(sgrc, "lint", script)
    status, compiled = output_of(sgrc, "compile", "--target", "bytecode", "-o", script.with_suffix(".sgb"), script)
    told = linted + compiled
    others = set(re.findall(r"error\[(\w+)\]", told)) - {code}
    if others:
        return [f"{code}: the {kind.lower()} example gives {' '.join(sorted(others))}, too:\n{told}"]
    if (f"[{code}]" in told) != (kind == "Bad"):
        return [f"{code}: the {kind.lower()} example {'does not give' if kind == 'Bad' else 'gives'} it:\n{told}"]
    return [f"{code}: the good example does not compile:\n{compiled}"] if kind == "Good" and status else []


def check_page(sgrc, code, name, title, scratch):
    path = PAGES / f"{code}.md"
    if not path.exists():
        return [f"{code}: docs/codes/{code}.md is missing"]
    page = path.read_text()
    problems = []
    heading = f"# {code} {name}: {title}"
    if page.splitlines()[0] != heading:
        problems.append(f"{code}: the first line is not `{heading}`")
    examples = FENCE.findall(page)
    if [kind for kind, _, _ in examples] != ["Bad", "Good"]:
        problems.append(f"{code}: wants one example under `Bad:` and one under `Good:`")
    for kind, language, body in examples:
        problems += check_example(sgrc, code, kind, text_of(language, body), scratch)
    return problems


def main(sgrc):
    known = rows()
    problems = [f"{path.name}: no table has this code" for path in sorted(PAGES.glob("*.md"))
                if path.stem not in known]
    with tempfile.TemporaryDirectory() as scratch, concurrent.futures.ThreadPoolExecutor(2) as pool:
        # Lints that are off or notes where nothing says otherwise are on here.
        levels = "".join(f"  {name}: warning\n" for code, (name, _) in known.items() if code in LINTS)
        (pathlib.Path(scratch) / ".sgrc.yaml").write_text("lints:\n" + levels)
        jobs = [pool.submit(check_page, sgrc, code, name, title, pathlib.Path(scratch))
                for code, (name, title) in known.items()]
        problems += [problem for job in jobs for problem in job.result()]
    print("\n".join(problems + [f"codes: {len(known)} rows, {len(problems)} problems"]))
    return 1 if problems or not known else 0


sys.exit(main(*sys.argv[1:]))
