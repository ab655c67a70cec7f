#!/usr/bin/env python3
"""Runs that an earlier build began and nobody ended: this build must bring each to its end.

    tests/state/kept.py SGRC FILE...

A file holds the state folder of an interrupted run, where it had one, the objects of its cluster, and the
exit status and the objects of the same run that nothing interrupted. Each format that a build wrote has its folder in
kept/; a new one gets files by `run.py --keep`, and no file is made anew. What is newer than this build, of
another program or damaged is refused with a sentence and left as it is.
"""
import base64
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import api


def left(world):
    """What a rollout leaves, without its own notes."""
    return {key: value for key, value in world.plain().items() if "/sgr-" not in key}


def write(file, state, world, ended, status):
    """`state`: the folder, or None where it is in the cluster."""
    files = sorted(state.iterdir()) if state else ()
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({
        "files": {p.name: base64.b85encode(p.read_bytes()).decode() for p in files},
        "objects": sorted([list(key), value] for key, value in world.objects.items()),
        "status": status, "ended": left(ended)}, indent=1, sort_keys=True) + "\n")


class Kept:
    """A kept run, unpacked into a folder of its own."""

    def __init__(self, server, sgrc, file, folder):
        self.kept = json.loads(file.read_text())
        self.sgrc, self.folder, self.state = sgrc, folder, folder / "state"
        self.state.mkdir(parents=True)
        for name, text in self.kept["files"].items():
            (self.state / name).write_bytes(base64.b85decode(text))
        self.world = api.World((tuple(key), value) for key, value in self.kept["objects"])
        server.worlds[folder.name] = self.world
        server.kubeconfig(folder / "kubeconfig", folder.name)

    def perform(self, word, shell=()):
        where = ("--state", self.state) if self.kept["files"] else ("-n", "shop")
        done = subprocess.run(
            [*shell, self.sgrc, word, "ship", "--kubeconfig", self.folder / "kubeconfig", *where],
            env={"PATH": os.environ["PATH"], "HOME": str(self.folder), "LC_ALL": "C.UTF-8"},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120)
        return done.returncode, done.stderr.decode().strip()

    def resume(self, shell=()):
        return self.perform("resume", shell)

    def snapshot(self):
        return next(p for p in self.state.iterdir() if p.read_bytes()[:4] == b"SGRR")

    def ends(self, shell=()):
        status, said = self.resume(shell)
        if status != self.kept["status"]:
            return f"exit status {status}: {said}"
        return "" if left(self.world) == self.kept["ended"] else "other objects than without the interruption"

    def ends_unheard(self):
        """Nobody has the standard streams open."""
        return self.ends(("sh", "-c", 'exec "$0" "$@" <&- >&- 2>&-'))

    def is_refused(self, spoil, sentence):
        """`spoil` makes other bytes of the snapshot's."""
        file, before = self.snapshot(), self.world.plain()
        spoiled = spoil(file.read_bytes())
        file.write_bytes(spoiled)
        status, said = self.resume()
        if status not in (1, 3) or sentence not in said or said.count("\n") > 1:
            return f"not refused with {sentence!r}: {status} {said}"
        return "" if (file.read_bytes(), self.world.plain()) == (spoiled, before) else "refused, but changed"


SPOILED = {
    "a newer format": (lambda b: b[:4] + bytes([99]) + b[5:], "this sgrc reads formats"),
    "a damaged record": (lambda b: b[:-9] + bytes([b[-9] ^ 1]) + b[-8:], "damaged"),
    "half a record": (lambda b: b[:len(b) // 2], "damaged"),
    "something else": (lambda b: b"SGRX" + b[4:], "no record of a run"),
    "nothing": (lambda b: b"\0", "no record of a run"),
}


def main():
    sgrc, files = pathlib.Path(sys.argv[1]).resolve(), [pathlib.Path(f) for f in sys.argv[2:]]
    tried, failed = 0, 0
    with tempfile.TemporaryDirectory() as folder:
        server = api.Server()

        def judge(file, what, play):
            nonlocal tried, failed
            problem = play(Kept(server, sgrc, file, pathlib.Path(folder) / f"{tried}"))
            tried += 1
            failed += bool(problem)
            if problem:
                print(f"FAIL {file}, {what}: {problem}")

        for file in files:
            judge(file, "resumed", Kept.ends)
            judge(file, "resumed without standard streams", Kept.ends_unheard)
        for what, (spoil, sentence) in SPOILED.items():
            judge(next(f for f in files if "cluster" not in f.name), what, lambda kept, s=spoil, t=sentence: kept.is_refused(s, t))
    print(f"kept runs: {tried - failed} passed, {failed} failed")
    return 1 if failed or not files else 0


if __name__ == "__main__":
    sys.exit(main())
