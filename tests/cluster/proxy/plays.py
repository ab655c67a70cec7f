#!/usr/bin/env python3
"""Runs through a door that does harm once, and runners that are killed, on a real control plane.

plays.py SGRC [--all] [--only WORD] [--examples [WORD]] [--at-once N] [--part K/N]: a canary, a blue-green and a rolling rollout, good ones and ones that
fail on purpose, each with one harm: the runner is killed at a write (before the server sees it, or before
the runner sees the answer) and resumed, some a second time while they resume; or asked to stop at a write;
or it sleeps from a write on until another one has resumed its run; or a request, an answer or a watch event is spoiled; or
the server is gone for good. Each must end with the status and the objects of the same run without harm,
and in no version of an object did a step take what it must not take. --all: at every write, and each
fault at every third request. --examples: every rollout of the examples (whose name has WORD), killed at a write
before or after it was done; half of them are killed again while they resume. --part: every N-th of these, from
the K-th on, so that several machines or nights share them. --at-once: subjects, which wait more than they work."""
import argparse, collections, itertools, os, pathlib, queue, re, signal, sys, threading, time

from field import WATCHED, Api, Field, harbour
from proxy import Strike
from subject import EXAMPLE, OWN
from world import Failure, History, until

OF_OWN = OWN[0], *OWN  # one worker each: the canary is the longest
AT_ONCE = 4  # subjects; for the scripts of this folder, two cores carry no more within their patience

# What must not show at all in how a run ends.
HARMLESS = ("status-429", "status-500", "status-503", "status-504", "delay", "reset-before",
            "reset-after", "reset-middle", "truncated", "slow", "stale")
WATCHES = "watch-cut", "watch-half", "watch-410"
# What a run may also answer by going back whole, or by refusing before the first write.
REFUSALS = "status-401", "status-403", "status-404", "status-409", "watch-drop"
LOCK = 4  # requests for it until a run has begun: asked for, taken, and confirmed before each of the first writes

HELD_STILL, LOOKED_AT = 30, 3  # s
REFUSED, INTERRUPTED, HELD = 1, 4, 5  # exit statuses: cannot begin; asked to stop; somebody else has the lock
Job = collections.namedtuple("Job", "subject bad strike second", defaults=(None,))


def title(job):
    return (f"{job.subject.name} {'bad' if job.bad else 'good'}: {job.strike}"
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
    until("it sleeps", lambda: door.signalled.is_set() or door.victim.poll() is not None, 120)
    field.expire_lease()
    status, out, _ = field.run("run" if field.record() in (before, None) else "resume", job.bad)
    seen = len(door.written)
    door.victim.send_signal(signal.SIGCONT)
    woken, told = field.end(door)
    # One that never heard whether it has the lock asks again, and does its work anew when the other is done.
    anew = "/leases?" in (door.struck or "") and (woken == 2 if job.bad else "outcome: unchanged" in told)
    late = [what for what in door.written[seen:] if "/leases/" not in what and "/events?" not in what]
    text = [f"the other: {status}\n{out}", f"woken: {woken}, struck {door.struck}\n{told}"]
    if not anew and (late or woken not in (HELD, REFUSED, status)):
        raise Failure(f"{title(job)}: woken: exit {woken}, wrote {late}\n" + "\n".join(text))
    ends(field, job, status, text[::-1], (2,) if job.bad else (0,))
    return door.struck is not None


def processor_time(process):
    """Seconds that it has used."""
    fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def forsaken(field, job):
    """The server is gone for longer than the lock is ours: the runner holds still, which costs nothing."""
    door = field.begin("run", job.bad, job.strike)
    until("the server is gone", lambda: door.struck or door.victim.poll() is not None, 120)
    time.sleep(HELD_STILL)
    before = processor_time(door.victim)
    time.sleep(LOOKED_AT)
    spent = processor_time(door.victim) - before
    door.victim.kill()
    _, told = field.end(door)
    if spent > LOOKED_AT / 6:
        raise Failure(f"{title(job)}: {spent} s of processor time in {LOOKED_AT} s\n{told}")
    field.expire_lease()
    status, out, _ = field.run("resume", job.bad)
    ends(field, job, status, [told, out], (2,) if job.bad else (0,))
    return True


def harmed(field, job):
    """One answer is spoiled."""
    status, out, door = field.run("run", job.bad, job.strike)
    allowed = (2,) if job.bad else (0,)
    if job.strike.kind in REFUSALS:
        allowed = (0, 1, 2) if not job.bad else (1, 2)
    ends(field, job, status, [f"run: {status}, struck {door.struck}\n{out}"], allowed)
    return door.struck is not None


PLAYS = {"sleep": slept, "gone": forsaken}


def is_told_only(told):
    """The runner was killed after its work was done: its lock runs out, nobody gives it back."""
    return re.search("the run [a-z_]+ is over", told[-1])


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

def kills(subject, lengths, every):
    """Alternately before and after the write was done; with --all both, at each."""
    for bad, length in lengths.items():
        for at in range(1, length["write"] + 1):
            for kind, twice in itertools.product(("kill-before", "kill-after"), (False, True)):
                number = 4 * at + 2 * (kind == "kill-after") + twice
                if every or number % 7 == bad:
                    yield Job(subject, bad, Strike(kind, at, "write"), second(at) if twice else None)


def second(at):
    """The kill while it resumes, after a kill at that write."""
    return Strike(("kill-before", "kill-after")[at % 2], 1 + (5 * at) % 17, "write")


def kills_of_example(subject, lengths, every):
    """With --all before and after each write, one of the two killed again; else at every 29th of these."""
    first = sum(map(ord, subject.name))  # another one for each
    for bad, length in lengths.items():
        for number in range(2 * length["write"]):
            if every or (number + first) % 29 == 0:
                at, after = number // 2 + 1, number % 2
                strike = Strike(("kill-before", "kill-after")[after], at, "write")
                yield Job(subject, bad, strike, second(at) if (at + after) % 2 else None)


def signals(subject, lengths, every):
    for bad, kind in itertools.product((False, True), ("sleep", "term")):
        for at in range(1 + 3 * (kind == "term"), lengths[bad]["write"] + 1, 1 if every else 7):
            yield Job(subject, bad, Strike(kind, at, "write"))


def faults(subject, lengths, every):
    for bad in (False, True):
        for i, kind in enumerate(HARMLESS + REFUSALS + WATCHES):
            unit = "event" if kind.startswith("watch") else "request"
            first = 1 if unit == "event" else lengths[bad]["first"]
            step = 3 if every else (lengths[bad][unit] - first) // (2 if unit == "event" else 3)
            for at in range(first + (7 * i + bad) % step, lengths[bad][unit] + 1, step):
                yield Job(subject, bad, Strike(kind, at, unit))
        for kind, at in itertools.product(REFUSALS[:-1], range(1, LOCK + 1)):
            if every or (subject.name == "rolling" and at % 2 == bad):  # the shortest: it is the same lock
                yield Job(subject, bad, Strike(kind, at, "lock"))
        yield Job(subject, bad, Strike("gone", lengths[bad]["write"] // (3 - bad), "write"))


OF_EACH = {False: (kills, signals, faults), True: (kills_of_example,)}  # by whether it is an example


class Jobs:
    """What is to be played with a subject; workers of one subject share it."""

    def __init__(self, subject, options):
        self.subject, self.every, self.only, self.part = subject, options.all, options.only, options.part
        self.makers = OF_EACH[options.examples is not None]
        self.lock, self.queue, self.total = threading.Lock(), None, 0

    def fill(self, lengths):
        """Once: from the lengths of the runs without harm."""
        with self.lock:
            if self.queue is not None:
                return
            self.queue = queue.Queue()
            jobs = itertools.chain(*(make(self.subject, lengths, self.every) for make in self.makers))
            for job in itertools.islice((job for job in jobs if self.only in title(job)), self.part[0] - 1, None, self.part[1]):
                self.queue.put(job)
            self.total = self.queue.qsize()

    def is_done(self):
        return self.queue is not None and self.queue.empty()


class Worker(threading.Thread):
    def __init__(self, number, jobs, make, turn):
        super().__init__()
        self.number, self.jobs, self.make, self.turn, self.subject = number, jobs, make, turn, jobs.subject
        self.fields, self.results, self.field, self.problems = [], collections.Counter(), None, []

    def prepare(self):
        self.field = None
        name = f"{self.subject.name.replace('_', '-')}-{self.number}-{len(self.fields)}"
        field = self.make(self.subject, name)
        self.fields.append(field)
        self.field = field

    def fail(self, problem):
        self.problems.append(str(problem))
        print(f"FAIL {self.subject.name}: {problem}", flush=True)

    def run(self):
        with self.turn:
            if self.jobs.is_done():
                return
            try:
                self.prepare()
                self.jobs.fill(self.field.lengths)
            except Exception as problem:  # pylint: disable=broad-except
                self.fail(problem)
                return
            while self.play_next():
                pass

    def play_next(self):
        try:
            job = self.jobs.queue.get_nowait()
        except queue.Empty:
            return False
        try:
            if self.field is None:
                self.prepare()
            began, kind = time.monotonic(), job.strike.kind
            play = killed if kind.startswith(("kill", "term")) else PLAYS.get(kind, harmed)
            self.results[kind, play(self.field, job)] += 1
            if "-v" in sys.argv:
                print(f"{title(job)} {time.monotonic() - began:.1f} s", flush=True)
        except Exception as problem:  # pylint: disable=broad-except
            self.fail(problem)
            self.field = None  # a new one, since nobody knows what stands in this
        return True


def report(workers):
    rows = collections.Counter()
    for worker in workers:
        rows.update(worker.results)
    for kind in sorted({kind for kind, _ in rows}):
        missed = f", {rows[kind, False]} ended before it" if rows[kind, False] else ""
        print(f"pass {kind}: {rows[kind, True]} runs{missed}")


def options_of():
    parser = argparse.ArgumentParser()
    parser.add_argument("sgrc")
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--only", default="")
    parser.add_argument("--examples", nargs="?", const="")
    parser.add_argument("--at-once", type=int, default=AT_ONCE)
    parser.add_argument("--part", type=lambda text: tuple(map(int, text.split("/"))), default=(1, 1))
    parser.add_argument("-v", action="store_true")
    return parser.parse_args()


def judged(workers, history):
    """How many versions of objects there were; what is wrong with them becomes a problem of its worker."""
    versions = 0
    for worker in workers:
        for field in worker.fields:
            rows = history.of(field.name)
            versions += len(rows)
            try:
                field.judge(rows)
            except Failure as problem:
                worker.fail(f"{field.name}: {problem}")
    return versions


def main():
    options = options_of()
    began, history, api, way = time.monotonic(), History(WATCHED), Api(), harbour()
    subjects = OF_OWN if options.examples is None else [s for s in EXAMPLE if options.examples in s.name]
    turn, share = threading.Semaphore(options.at_once), 2 if options.examples is not None and options.all else 1
    jobs = {subject.name: Jobs(subject, options) for subject in subjects}
    make = lambda subject, name: Field(options.sgrc, api, way, subject, name)
    workers = [Worker(i, jobs[subject.name], make, turn) for i, subject in enumerate(share * subjects)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    report(workers)
    versions = judged(workers, history)
    history.close()
    failed = sum(len(worker.problems) for worker in workers)
    total = sum(j.total for j in jobs.values())
    if total == 0:
        failed += 1
        print("FAIL nothing has that name")
    print(f"{total} runs with harm, {failed} failed; {versions} object versions; {time.monotonic() - began:.0f} s")
    sys.exit(1 if failed else 0)


main()
