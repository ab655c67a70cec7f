#!/usr/bin/env python3
"""Golden cases: every *.t file is a transcript. A line that begins with "$ " is a command, run by sh in the
file's folder with sgrc on the PATH; the lines below it are what it printed (standard output and error
together) and, where it is not 0, the exit status as [N].

  tests/golden/run.py SGRC [--bless] [NAME...]     --bless rewrites the expectations
"""
import concurrent.futures
import difflib
import os
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
TIMEOUT = 300


def run_command(command, folder, env):
    try:
        done = subprocess.run(["sh", "-c", command], cwd=folder, env=env, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=TIMEOUT)
    except subprocess.TimeoutExpired:
        return f"[no end after {TIMEOUT} s]\n"
    text = done.stdout.decode("utf-8", "backslashreplace")
    if text and not text.endswith("\n"):
        text += "\n[no newline at the end]\n"
    return text + (f"[{done.returncode}]\n" if done.returncode else "")


def play(path, sgrc):
    """The transcript as it comes out today."""
    out = []
    with tempfile.TemporaryDirectory() as scratch:
        env = {"PATH": f"{sgrc.parent}:{os.environ['PATH']}", "LC_ALL": "C.UTF-8", "NO_COLOR": "1",
               "TMP": scratch, "HOME": scratch, "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "")}
        for line in path.read_text().splitlines(keepends=True):
            if line.startswith("$ "):
                out.append(line)
                out.append(run_command(line[2:], path.parent, env))
            elif line.startswith("#"):
                out.append(line)
    return "".join(out)


def main():
    args = [a for a in sys.argv[1:] if a != "--bless"]
    bless = "--bless" in sys.argv
    sgrc = pathlib.Path(args[0]).resolve()
    wanted = args[1:]
    paths = [p for p in sorted(HERE.glob("**/*.t"))
             if not wanted or any(w in str(p.relative_to(HERE)) for w in wanted)]
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for path, now in zip(paths, pool.map(lambda p: play(p, sgrc), paths)):
            then = path.read_text()
            if now == then:
                continue
            if bless:
                path.write_text(now)
                print(f"rewrote {path.relative_to(HERE)}")
                continue
            failed += 1
            print(f"FAIL {path.relative_to(HERE)}")
            sys.stdout.writelines(difflib.unified_diff(then.splitlines(True), now.splitlines(True),
                                                       "expected", "printed"))
    print(f"golden: {len(paths) - failed} passed, {failed} failed")
    return 1 if failed or not paths else 0


sys.exit(main())
