#!/usr/bin/env python3
"""Every mode and every kind of traffic, performed by sgrc against a real control plane.

matrix.py SGRC: in each mode, in a namespace of its own and with exactly the Role that
`compile --target rbac` prints: first install or a Deployment that kubectl made, a good release, undo,
bad metrics, crashing pods, an image that cannot be pulled, abort, a question, a kill, another version in between, an autoscaler
in play.
A watch of every object version shows afterwards that no step took what it must not take."""
import json, sys, threading, time

from story import ROUTES, Story
from world import PROMETHEUS, WANTED, Failure, History, judge, kubectl, until

AT_ONCE = threading.Semaphore(4)  # stories; two cores carry no more within the scripts' patience


class Case(Story):
    def first_install(self):
        self.run("web:1")
        if self.images() != {"web:1"}:
            raise Failure(f"{self.images()} runs")

    def made_by_kubectl(self):
        space = ["-n", self.namespace]
        kubectl(*space, "create", "deployment", "web", "--image=web:1", f"--replicas={WANTED}",
                "--port=8080")
        kubectl(*space, "expose", "deployment", "web", "--port=80", "--target-port=8080")
        if self.kind in ROUTES:
            kubectl(*space, "apply", "-f", "-", stdin=json.dumps(ROUTES[self.kind]))
        self.settled()

    def same_version_again(self):
        before = self.state()
        self.run("web:1")
        self.same(before, "a run of the same version")

    def good_release(self):
        self.before_good = self.state()
        self.health(0)
        self.run("web:2")
        if self.images() != {"web:2"}:
            raise Failure(f"{self.images()} runs")
        if "promoted" not in self.say("status"):
            raise Failure("status does not say promoted")

    def undo(self):
        self.settled()
        self.say("undo")
        self.settled()
        self.same(self.before_good, "undo")

    def bad(self, image, errors, what):
        self.health(errors)
        before = self.state()
        out = self.run(image, expect=2)
        self.settled()
        self.same(before, what)
        return out

    def bad_metrics(self):
        out = self.bad("web:3", 0.9, "bad metrics")
        if "healthy failed" not in out:
            raise Failure(f"the guard did not fail:\n{out}")

    def crashing_pods(self):
        self.bad("web-crash:4", 0, "crashing pods")

    def image_that_cannot_be_pulled(self):
        self.bad("web-nopull:5", 0, "an image that cannot be pulled")

    def asked(self):
        self.health(0)
        process = self.run("web:6", wait=False, more=["--set", "ask=true"])
        until("the question is open", lambda: "question" in self.sgrc(
            "status", "ship", "-n", self.namespace, wait=False, expect=0).communicate()[0])
        return process

    def abort(self):
        before, process = self.state(), self.asked()
        self.say("abort", "--reason", "changed my mind")
        if "changed my mind" not in self.ended(process, 2):
            raise Failure("the reason is not told")
        self.settled()
        self.same(before, "abort")

    def killed_and_resumed(self):
        process = self.asked()
        process.kill()
        process.wait()
        lease = '{"spec":{"renewTime":"2020-01-01T00:00:00.000000Z"}}'
        kubectl("-n", self.namespace, "patch", "lease", "sgr-ship", "--type=merge", "-p", lease)
        self.say("resume", "--yes", "--prometheus", PROMETHEUS)
        if self.images() != {"web:6"}:
            raise Failure(f"{self.images()} runs")
        self.undo_last()

    def undo_last(self):
        self.settled()
        self.say("undo")
        self.settled()

    def approve(self):
        process = self.asked()
        second = self.run("web:7", expect=5)
        if "being run by" not in second:
            raise Failure(f"the second run does not name the holder: {second}")
        self.say("approve")
        self.ended(process, 0)
        if self.images() != {"web:6"}:
            raise Failure(f"{self.images()} runs")

    def plan(self):
        before = self.state()
        out = self.sgrc("plan", self.script, "--prometheus", PROMETHEUS, *self.options("web:9"), expect=2)
        if "web:9" not in out or "steps" not in out or f"+  replicas: {WANTED}" in out:
            raise Failure(f"the plan does not tell:\n{out}")
        out = self.run("web:9", expect=2, more=["--dry-run"])
        if "web:9" not in out:
            raise Failure(f"run --dry-run does not tell:\n{out}")
        self.same(before, "plan")

    def autoscaler(self):
        name = "web" if self.mode != "blue_green" else next(
            d["metadata"]["name"] for d in json.loads(kubectl(
                "-n", self.namespace, "get", "deployments", "-o", "json"))["items"]
            if d["spec"]["replicas"] > 0)
        kubectl("-n", self.namespace, "autoscale", "deployment", name, "--min=4", "--max=8",
                "--cpu=50%", "--name=people")
        before = self.state()
        self.health(0.9)
        self.run("web:8", expect=2)
        self.settled()
        self.same(before, "a rollback beside an autoscaler")
        self.health(0)
        self.run("web:8")
        if self.images() != {"web:8"}:
            raise Failure(f"{self.images()} runs beside an autoscaler")
        people = "HorizontalPodAutoscaler/people"
        if self.state()[people] != before[people]:
            raise Failure("the autoscaler of somebody else was changed")

    def superseded(self):
        """Another version comes while a question is open: the first run goes back, then the other begins."""
        process = self.asked()
        self.run("web:7", more=["--supersede"])
        if "superseded" not in self.ended(process, 2):
            raise Failure("the first run does not say why it went back")
        if self.images() != {"web:7"}:
            raise Failure(f"{self.images()} runs")
        self.undo_last()

    CASES = [same_version_again, good_release, undo, plan, bad_metrics, crashing_pods,
             image_that_cannot_be_pulled, abort, killed_and_resumed, superseded, autoscaler]

    def take_turn(self):
        with AT_ONCE:
            self.tell()

    def tell(self):
        try:
            self.set_up()
            first = [Case.made_by_kubectl if self.adopted is True else Case.first_install]
            for case in first + self.CASES + [Case.approve]:
                began = time.monotonic()
                try:
                    case(self)
                except Exception as problem:
                    raise Failure(f"{case.__name__}: {problem}") from problem
                self.done.append((case.__name__, time.monotonic() - began))
        except Exception as problem:  # pylint: disable=broad-except
            self.problem = problem


def main():
    sgrc, only = sys.argv[1], sys.argv[2:]
    stories = [s for s in [
        Case(sgrc, "canary-nginx", "canary.sgr", "canary", "nginx"),
        Case(sgrc, "canary-gateway", "canary.sgr", "canary", "gateway_api"),
        Case(sgrc, "canary-istio", "canary.sgr", "canary", "istio"),
        Case(sgrc, "canary-replicas", "canary.sgr", "canary", "replicas"),
        Case(sgrc, "blue-green", "blue_green.sgr", "blue_green"),
        Case(sgrc, "rolling", "rolling.sgr", "rolling"),
        Case(sgrc, "adopted-nginx", "canary.sgr", "canary", "nginx", adopted=True),
        Case(sgrc, "adopted-gateway", "canary.sgr", "canary", "gateway_api", adopted=True),
        Case(sgrc, "adopted-istio", "canary.sgr", "canary", "istio", adopted=True),
        Case(sgrc, "adopted-replicas", "canary.sgr", "canary", "replicas", adopted=True),
        Case(sgrc, "adopted-blue-green", "blue_green.sgr", "blue_green", adopted=True),
        Case(sgrc, "adopted-rolling", "rolling.sgr", "rolling", adopted=True),
        Case(sgrc, "files-nginx", "canary.sgr", "canary", "nginx", adopted="files"),
        Case(sgrc, "files-blue-green", "blue_green.sgr", "blue_green", adopted="files"),
    ] if not only or s.namespace in only]
    history = History()
    threads = [threading.Thread(target=story.take_turn) for story in stories]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    failed = 0
    for story in stories:
        try:
            if story.problem is not None:
                raise story.problem
            rows = history.of(story.namespace)
            judge(story, rows)
            print(f"pass {story.namespace}: {len(story.done)} cases, {len(rows)} object versions, "
                  f"{sum(s for _, s in story.done):.0f} s")
        except Exception as problem:  # pylint: disable=broad-except
            failed += 1
            print(f"FAIL {story.namespace}: {problem}")
            print("     passed before: " + ", ".join(name for name, _ in story.done))
    history.close()
    sys.exit(1 if failed else 0)


main()
