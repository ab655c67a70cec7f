#!/usr/bin/env python3
"""Runs through a door that does harm once, and runners that are killed, on a real control plane.

plays.py SGRC [--all] [--only WORD]: a canary, a blue-green and a rolling rollout, good ones and ones that
fail on purpose, each with one harm: the runner is killed at a write (before the server sees it, or before
the runner sees the answer) and resumed, some a second time while they resume; or asked to stop at a write;
or it sleeps from a write on until another one has resumed its run; or a request, an answer or a watch event is spoiled. Each must end with the status and the objects of the same run without harm,
and in no version of an object did a step take what it must not take. --all: at every write, and each
fault at every third request."""
import argparse, collections, itertools, queue, signal, sys, threading, time

from field import WATCHED, Api, Field, harbour
from proxy import Strike
from world import Failure, History, judge, until

WORKERS = "canary", "canary", "blue_green", "rolling"
ROUTE = {"canary": "nginx"}

# What must not show at all in how a run ends.
HARMLESS = ("status-429", "status-500", "status-503", "status-504", "delay", "reset-before",
            "reset-after", "reset-middle", "truncated", "slow", "stale")
WATCHES = "watch-cut", "watch-half", "watch-410"
# What a run may also answer by going back whole, or by refusing before the first write.
REFUSALS = "status-401", "status-403", "status-404", "status-409", "watch-drop"

REFUSED, INTERRUPTED, HELD = 1, 4, 5  # exit statuses: cannot begin; asked to stop; somebody else has the lock
Job = collections.namedtuple("Job", "mode bad strike second", defaults=(None,))


def title(job):
    return (f"{job.mode} {'bad' if job.bad else 'good'}: {job.strike}"
            + (f", resumed with {job.second}" if job.second else ""))


# ---- one play ----

def killed(field, job):
    """Killed at a write, resumed, perhaps killed again; ends as if nothing had been."""
    word, strikes, told = "run", [job.strike, job.second, None], []
    before = field.record()
    for strike in strikes:
        status, out, door = field.run(word, job.bad, strike)
        told.append(f"{word}: {status}, struck {door.struck}\n{out}")
        if status not in (-9, INTERRUPTED):
            break
        if status == -9:
            field.expire_lease()
        elif field.lease():
            raise Failure(f"{title(job)}: the lock was not given back\n{out}")
        word = "run" if field.record() in (before, None) else "resume"
    ends(field, job, status, told, (2,) if job.bad else (0,))
    return len(told) > 1


def slept(field, job):
    """Stopped at a write and woken when another runner has finished its work: it writes nothing more."""
    before, door = field.record(), field.begin("run", job.bad, job.strike)
    until("it sleeps", lambda: door.signalled.is_set() or door.victim.poll() is not None)
    field.expire_lease()
    status, out, _ = field.run("run" if field.record() in (before, None) else "resume", job.bad)
    seen = len(door.written)
    door.victim.send_signal(signal.SIGCONT)
    woken, told = field.end(door)
    late = [what for what in door.written[seen:] if "/leases/" not in what and "/events?" not in what]
    text = [f"the other: {status}\n{out}", f"woken: {woken}, struck {door.struck}\n{told}"]
    if late or woken not in (HELD, REFUSED, status):
        raise Failure(f"{title(job)}: woken: exit {woken}, wrote {late}\n" + "\n".join(text))
    ends(field, job, status, text[::-1], (2,) if job.bad else (0,))
    return door.struck is not None


def harmed(field, job):
    """One answer is spoiled."""
    status, out, door = field.run("run", job.bad, job.strike)
    allowed = (2,) if job.bad else (0,)
    if job.strike.kind in REFUSALS:
        allowed = (0, 1, 2) if not job.bad else (1, 2)
    ends(field, job, status, [f"run: {status}, struck {door.struck}\n{out}"], allowed)
    return door.struck is not None


def is_told_only(told):
    """The runner was killed after its work was done: its lock runs out, nobody gives it back."""
    return "the run ship is over" in told[-1]


def ends(field, job, status, told, allowed):
    try:
        if status not in allowed:
            raise Failure(f"exit {status}")
        field.must_be(field.turn if status == 0 else field.stands_before(), f"exit {status}")
        if field.lease() and not is_told_only(told):
            raise Failure("the lock was not given back")
    except Failure as problem:
        raise Failure(f"{title(job)}: {problem}\n" + "\n".join(told)) from problem
    if status == 0:
        field.turn = 1 - field.turn


# ---- all of them ----

def kills(mode, lengths, every):
    """Alternately before and after the write was done; with --all both, at each."""
    for bad in (False, True):
        for at in range(1, lengths[bad]["write"] + 1):
            for kind, twice in itertools.product(("kill-before", "kill-after"), (False, True)):
                number = 4 * at + 2 * (kind == "kill-after") + twice
                if every or number % 7 == bad:
                    again = Strike(("kill-before", "kill-after")[at % 2], 1 + (5 * at) % 17, "write")
                    yield Job(mode, bad, Strike(kind, at, "write"), again if twice else None)


def signals(mode, lengths, every):
    for bad, kind in itertools.product((False, True), ("sleep", "term")):
        for at in range(1 + 3 * (kind == "term"), lengths[bad]["write"] + 1, 1 if every else 7):
            yield Job(mode, bad, Strike(kind, at, "write"))


def faults(mode, lengths, every):
    for bad in (False, True):
        for i, kind in enumerate(HARMLESS + REFUSALS + WATCHES):
            unit = "event" if kind.startswith("watch") else "request"
            first = 1 if unit == "event" else lengths[bad]["first"]
            step = 3 if every else (lengths[bad][unit] - first) // (2 if unit == "event" else 3)
            for at in range(first + (7 * i + bad) % step, lengths[bad][unit] + 1, step):
                yield Job(mode, bad, Strike(kind, at, unit))


class Worker(threading.Thread):
    def __init__(self, number, mode, make, jobs):
        super().__init__()
        self.number, self.mode, self.make, self.jobs = number, mode, make, jobs
        self.fields, self.results, self.field, self.problems = [], collections.Counter(), None, []

    def prepare(self):
        name = f"{self.mode.replace('_', '-')}-{self.number}-{len(self.fields)}"
        self.field = self.make(self.mode, name)
        self.fields.append(self.field)

    def run(self):
        while True:
            try:
                job = self.jobs[self.mode].get_nowait()
            except queue.Empty:
                return
            try:
                if self.field is None:
                    self.prepare()
                began = time.monotonic()
                kind = job.strike.kind
                play = killed if kind.startswith(("kill", "term")) else slept if kind == "sleep" else harmed
                self.results[kind, play(self.field, job)] += 1
                if "-v" in sys.argv: print(f"{title(job)} {time.monotonic()-began:.1f}", flush=True)
            except Exception as problem:  # pylint: disable=broad-except
                self.problems.append(str(problem))
                print(f"FAIL {problem}", flush=True)
                self.field = None  # a new one, since nobody knows what stands in this


def fill(jobs, workers, every, only):
    """The jobs of each script, from the lengths of its runs without harm."""
    total = 0
    for mode in jobs:
        lengths = next(w.field.lengths for w in workers if w.mode == mode)
        for job in itertools.chain(*(make(mode, lengths, every) for make in (kills, signals, faults))):
            if only in title(job):
                jobs[mode].put(job)
                total += 1
    return total


def report(workers):
    rows = collections.Counter()
    for worker in workers:
        rows.update(worker.results)
    for kind in sorted({kind for kind, _ in rows}):
        missed = f", {rows[kind, False]} ended before it" if rows[kind, False] else ""
        print(f"pass {kind}: {rows[kind, True]} runs{missed}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("sgrc")
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--only", default="")
    parser.add_argument("-v", action="store_true")
    options = parser.parse_args()
    began, history, api, way = time.monotonic(), History(WATCHED), Api(), harbour()
    jobs = {mode: queue.Queue() for mode in WORKERS}
    make = lambda mode, name: Field(options.sgrc, api, way, mode, name)
    workers = [Worker(i, mode, make, jobs) for i, mode in enumerate(WORKERS)]
    first = [threading.Thread(target=worker.prepare) for worker in workers]
    for step in first, workers:
        if step is workers:
            total = fill(jobs, workers, options.all, options.only)
        for thread in step:
            thread.start()
        for thread in step:
            thread.join()
    report(workers)
    problems = [p for worker in workers for p in worker.problems]
    versions = 0
    for field in (f for worker in workers for f in worker.fields):
        rows = history.of(field.name)
        versions += len(rows)
        try:
            judge(field.mode, ROUTE.get(field.mode), False, rows)
        except Failure as problem:
            problems.append(str(problem))
            print(f"FAIL {field.name}: {problem}")
    history.close()
    if total == 0:
        problems.append(f"nothing is called {options.only}")
        print(f"FAIL {problems[-1]}")
    print(f"{total} runs with harm, {len(problems)} failed; {versions} object versions; "
          f"{time.monotonic() - began:.0f} s")
    sys.exit(1 if problems else 0)


main()
