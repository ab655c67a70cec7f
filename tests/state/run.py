#!/usr/bin/env python3
"""Nothing is lost with --state: rollouts on a small API server while the disk or the memory gives out.

    tests/state/run.py SGRC STRIKE.so [--stride N] [--memory-stride N]

The runner is killed before every change of a file (a new file, a write, a sync, a rename, a removal); the
disk is full in the middle of every write. At every N-th: killed in the middle of a write, killed once more
while it is resumed, a sync or a rename is refused, an allocation fails. After each, `sgrc resume` (or `run`,
where nothing had begun) must end with the same exit status, the same objects and the same files as a run
that nothing happened to.

    tests/state/run.py SGRC STRIKE.so --keep FOLDER

Interrupted runs of this build as files, which every later build must bring to the same end (kept.py).
"""
import argparse
import concurrent.futures
import itertools
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import api
import kept

HERE = pathlib.Path(__file__).resolve().parent
SCRIPT = HERE / "ship.sgr"
OUT_OF_MEMORY = 71
SENTENCE = "sgrc: out of memory\n"
ENDS = {"promoted": ([], 0), "rolled_back": (["--set", "fails=true"], 2)}


class Place:
    """A cluster of its own and a folder for the state, copied from another place where there is one."""

    def __init__(self, test, name, like=None):
        self.test, self.folder = test, test.folder / name
        self.folder.mkdir()
        self.state = self.folder / "state"
        self.world = api.World(like.world.objects.items() if like else ())
        test.server.worlds[name] = self.world
        test.server.kubeconfig(self.folder / "kubeconfig", name)
        if like:
            shutil.copytree(like.state, self.state)

    def sgrc(self, *words, strike=None):
        env = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "LC_ALL": "C.UTF-8", "NO_COLOR": "1"}
        if strike:
            env |= {"LD_PRELOAD": str(self.test.strike), "SGR_STRIKE": strike,
                    "SGR_STRIKE_DIR": str(self.state), "SGR_STRIKE_OUT": str(self.folder / "counts")}
        done = subprocess.run(
            [self.test.sgrc, *words, "--kubeconfig", self.folder / "kubeconfig", "--state", self.state],
            env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120)
        self.said = done.stderr.decode()
        return done.returncode

    def counts(self):
        return dict((w, int(n)) for w, n in (l.split() for l in (self.folder / "counts").open()))

    def files(self):
        return sorted(p.name for p in self.state.iterdir())

    def finish(self, options, first=None):
        """What a person does: resume, or run again where there is nothing to resume."""
        status = self.sgrc("resume", "ship", strike=first)
        if first and status == -9:
            status = self.sgrc("resume", "ship")
        if "there is no run" in self.said or "is over: installed" in self.said:
            status = self.sgrc("run", SCRIPT, *options)
        return status


class Test:
    """The server, the first version that every run begins with, and what was tried."""

    def __init__(self, options, folder):
        self.sgrc = options.sgrc.resolve()
        self.strike = pathlib.Path(shutil.copy(options.strike, folder))  # LD_PRELOAD takes no path with a blank
        self.options, self.folder = options, folder
        self.server = api.Server()
        self.failed = self.tried = self.cleaned = 0
        self.installed = Place(self, "installed")
        assert self.installed.sgrc("run", SCRIPT, "--set", "image=shop/shop:1") == 0, self.installed.said

    def check(self, place, what, status, end, wanted):
        """Whether the place is as `wanted` is after its end."""
        problems = []
        if status != ENDS[end][1]:
            problems.append(f"exit status {status}: {place.said.strip()}")
        if place.world.plain() != wanted.world.plain():
            problems.append("other objects than without it")
        if place.sgrc("resume", "ship") != ENDS[end][1] or "is over" not in place.said:
            problems.append(f"the run is not over: {place.said.strip()}")
        rows = [row["outcome"] for row in json.loads((place.state / "ship.history").read_text())]
        if rows[:1] != ["installed"] or set(rows[1:]) - {"running"}:  # one that had not begun counts
            problems.append(f"another history: {rows}")
        if place.files() != wanted.files():  # a kill while the end was saved: the next run cleans up
            place.sgrc("run", SCRIPT, *ENDS[end][0])
            if place.files() != wanted.files():
                problems.append(f"other files than without it: {' '.join(place.files())}")
        self.tried += 1
        self.failed += bool(problems)
        for problem in problems:
            print(f"FAIL {end}, {what}: {problem}", flush=True)
        if not problems:
            shutil.rmtree(place.folder)

    def trial(self, end, strike, wanted, again=None):
        """One run that is struck, and what is made of it afterwards."""
        options = ENDS[end][0]
        place = Place(self, f"{end}-{strike}-{again}".replace(":", "-"), self.installed)
        status = place.sgrc("run", SCRIPT, *options, strike=strike)
        killed = strike.startswith(("kill", "torn"))
        if killed or status not in (0, 2):
            said = place.said
            if not killed and (said.count("\n") < 1 or status not in (1, 3)):
                print(f"FAIL {end}, {strike}: exit status {status}, said {said!r}")
                self.failed += 1
            status = place.finish(options, again)
        self.check(place, f"{strike} {again or ''}", status, end, wanted)

    def clean(self, end):
        """The run that nothing happens to, and how many changes of files it makes."""
        self.cleaned += 1
        place = Place(self, f"{end}-clean-{self.cleaned}", self.installed)
        status = place.sgrc("run", SCRIPT, *ENDS[end][0], strike="count")
        assert status == ENDS[end][1], place.said
        return place, place.counts()

    def memory_of_simulation(self):
        """Every allocation of a simulated run: the process ends at once with one sentence, or goes on."""
        place = Place(self, "simulated")
        status = place.sgrc("run", "--sim", SCRIPT, strike="each")
        counts = place.counts()
        ended, survived = counts.get(f"status-{OUT_OF_MEMORY}", 0), counts.get("status-0", 0)
        self.tried += 1
        if status != 0 or counts["silent"] or ended == 0 or ended + survived != counts["allocations"]:
            self.failed += 1
            print(f"FAIL allocations of a simulated run: status {status}, {counts}")
        print(f"simulated run: each of {counts['allocations']} allocations fails once: {ended} end it with "
              f"{SENTENCE.strip()!r}, {survived} are survived")

    def memory_of(self, end, verb, wanted, start, total):
        """An allocation of a run, or of one that is resumed, fails; then it is brought to its end."""
        options = ENDS[end][0]

        def trial(n):
            place = Place(self, f"{end}-{verb}-memory-{n}", start)
            words = ("resume", "ship") if verb == "resume" else ("run", SCRIPT, *options)
            status = place.sgrc(*words, strike=f"malloc:{n}")
            if (status == OUT_OF_MEMORY and place.said.endswith(SENTENCE)
                    or status == 1 and "libcurl.so.4 cannot be loaded" in place.said):
                status = place.finish(options)
            self.check(place, f"{verb}, allocation {n}", status, end, wanted)

        numbers = range(total % self.options.memory_stride, total + 1, self.options.memory_stride)
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            list(pool.map(trial, [n for n in numbers if n > 0]))
        print(f"{end}, {verb}: {total} allocations, {len(numbers)} of them fail")

    def memory(self):
        self.memory_of_simulation()
        for end in ENDS:
            wanted, counts = self.clean(end)
            self.memory_of(end, "run", wanted, self.installed, counts["allocations"])
            cut = Place(self, f"{end}-cut", self.installed)
            assert cut.sgrc("run", SCRIPT, *ENDS[end][0], strike=f"kill:{counts['changes'] // 2}") == -9
            whole = Place(self, f"{end}-whole", cut)
            assert whole.sgrc("resume", "ship", strike="count") == ENDS[end][1], whole.said
            self.memory_of(end, "resume", wanted, cut, whole.counts()["allocations"])

    def files_of(self, end):
        wanted, counts = self.clean(end)
        changes, writes, stride = counts["changes"], counts["writes"], self.options.stride
        jobs = [(f"{how}:{n}", None) for how, numbers in (
            ("kill", range(1, changes + 1)), ("full", range(1, writes + 1)),
            ("torn", range(1, writes + 1, stride)), ("refuse", range(1, changes + 1, stride)))
            for n in numbers]
        jobs += [(f"kill:{n}", f"kill:{1 + n % 23}") for n in range(1, changes + 1, 2 * stride)]
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            for job in [pool.submit(self.trial, end, strike, wanted, again) for strike, again in jobs]:
                job.result()
        print(f"{end}: {changes} changes of files, {writes} of them writes, struck in {len(jobs)} ways")


    def keep(self, folder):
        """Runs killed in their middle, one with its state in files and one in the cluster."""
        for end, (options, status) in ENDS.items():
            wanted, counts = self.clean(end)
            cut = Place(self, f"{end}-cut", self.installed)
            assert cut.sgrc("run", SCRIPT, *options, strike=f"kill:{counts['changes'] * 2 // 3}") == -9
            kept.write(folder / f"{end}.json", cut.state, cut.world, wanted.world, status)
            cut = Place(self, f"{end}-in-cluster", self.installed)
            self.cut_at_write(cut, options, 24)
            kept.write(folder / f"{end}_in_cluster.json", None, cut.world, wanted.world, status)

    def cut_at_write(self, place, options, number):
        """Without a state folder, killed when the server has taken its write of that number."""
        left, put = itertools.count(number, -1), place.world.put

        def put_and_kill(key, value, event):
            value = put(key, value, event)
            if next(left) == 0:
                victim.kill()
            return value

        place.world.put = put_and_kill
        victim = subprocess.Popen([self.sgrc, "run", SCRIPT, *options, "--kubeconfig",
                                   place.folder / "kubeconfig"])
        assert victim.wait() == -9, victim.returncode
        place.world.put = put
        place.world.objects["leases", "sgr-ship"]["spec"]["renewTime"] = "2020-01-01T00:00:00.000000Z"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("sgrc", type=pathlib.Path)
    parser.add_argument("strike", type=pathlib.Path)
    parser.add_argument("--stride", type=int, default=11)
    parser.add_argument("--memory-stride", type=int, default=1499)
    parser.add_argument("--keep", type=pathlib.Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        test = Test(options, pathlib.Path(folder))
        if options.keep:
            return test.keep(options.keep)
        for end in ENDS:
            test.files_of(end)
        test.memory()
        print(f"state: {test.tried - test.failed} passed, {test.failed} failed")
    return 1 if test.failed else 0


sys.exit(main())
