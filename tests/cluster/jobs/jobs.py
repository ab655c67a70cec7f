#!/usr/bin/env python3
"""Jobs of a rollout on a real control plane: one that ends, one that a deadline, a person or a killed runner
overtakes. No Job of a run works on when the run is over, and one that failed stays for its logs.

jobs.py SGRC: run by `with`."""
import json, os, pathlib, signal, subprocess, sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "matrix"))
# pylint: disable=wrong-import-position
from world import Failure, kubectl, until

SCRIPT, SGRC = pathlib.Path(__file__).resolve().parent / "jobs.sgr", sys.argv[1]
SLOW = ("--set", "work=work:broken")  # its pod runs and is never done


def begin(*options):
    return subprocess.Popen([SGRC, "run", SCRIPT, "--yes", *options], stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True)


def ends(process, status):
    out = process.communicate(timeout=60)[0]
    if process.returncode != status:
        raise Failure(f"exit {process.returncode}, not {status}\n{out}")


def say(*words, status=0):
    ends(subprocess.Popen([SGRC, *words, "-n", "jobs"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True), status)


def jobs():
    return json.loads(kubectl("-n", "jobs", "get", "jobs", "-o", "json"))["items"]


def works():
    return any(job.get("status", {}).get("active") for job in jobs())


def none_works():
    until("a Job works on", lambda: not works())


def is_installed():
    ends(begin("--set", "image=web:1"), 0)


def ends_well():
    ends(begin("--set", "image=web:2"), 0)
    seconds = [job["spec"]["activeDeadlineSeconds"] for job in jobs()]
    if seconds != [90]:
        raise Failure(f"the Job may work for {seconds}")


def passes_its_deadline():
    ends(begin("--set", "image=web:3", "--set", "deadline=4s", *SLOW), 2)
    none_works()


def is_aborted():
    run = begin("--set", "image=web:3", *SLOW)
    until("the Job works", works)
    say("abort", "ship")
    ends(run, 2)
    none_works()


def is_killed_and_resumed():
    """The Job is done while nobody runs: it is known as this run's, and not made again."""
    run = begin("--set", "image=web:4", *SLOW)
    until("the Job works", works)
    made = jobs()[0]["metadata"]["uid"]
    run.kill()
    run.wait()
    kubectl("-n", "jobs", "annotate", "pods", "--selector=job-name=ship-migrate", "sgr.test/pod=ready")
    none_works()
    kubectl("-n", "jobs", "delete", "lease", "sgr-ship")
    say("resume", "ship")
    if [job["metadata"]["uid"] for job in jobs()] != [made]:
        raise Failure("the Job was made again")


def is_interrupted_and_aborted():
    run = begin("--set", "image=web:3", *SLOW)
    until("the Job works", works)
    run.send_signal(signal.SIGTERM)
    ends(run, 4)
    if not works():
        raise Failure("an interrupted run has ended its Job")
    say("abort", "ship", status=2)
    none_works()


def main():
    os.environ.pop("SGR_TEST_PROMETHEUS", None)
    kubectl("create", "namespace", "jobs")
    plays = (is_installed, ends_well, passes_its_deadline, is_aborted, is_killed_and_resumed, is_interrupted_and_aborted)
    failed = 0
    for play in plays:
        try:
            play()
        except (Failure, subprocess.TimeoutExpired) as problem:
            failed += 1
            print(f"FAIL {play.__name__}: {problem}", flush=True)
    print(f"jobs: {len(plays) - failed} passed, {failed} failed")
    return 1 if failed else 0


sys.exit(main())
