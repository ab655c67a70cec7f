#!/usr/bin/env python3
"""What is printed, simulated and performed is the same.

same.py SGRC: for each mode, a run on the cluster and a simulated one write the same objects in the same
order, for a good and for a bad version; what `compile` prints and what a run leaves read the same from
the API server; and `compile --at STEP`, applied by kubectl step after step, ends where the run ends."""
import json, os, pathlib, re, sys

from story import Story
from world import PROMETHEUS, Failure, kubectl

STEPS = {"canary": ["first", "half", "promote"], "blue_green": ["bring up", "switch", "retire"],
         "rolling": ["first", "all"]}


class Twin(Story):
    """The script with longer patience, because simulated pods take their time, and two scenarios."""

    def __init__(self, sgrc, name, script, mode, kind=None):
        super().__init__(sgrc, name, script, mode, kind)
        self.printed = name + "-printed"
        text = pathlib.Path(self.script).read_text().replace("patience = 30s", "patience = 1m")
        for word, image, errors in (("good", "web:2", 0), ("bad", "web:3", 90)):
            kind = f'kind = "{self.kind}", ' if self.kind else ""
            text += (f'\nscenario "{word}" {{\n  run ship with {{ {kind}image = "{image}", '
                     f'namespace = "{self.namespace}" }}\n  given error_rate(new) = {errors}%\n}}\n')
        self.script = os.path.join(self.folder, "twin.sgr")
        pathlib.Path(self.script).write_text(text)

    def options(self, image, namespace=None):
        kind = ["--set", f"kind={self.kind}"] if self.kind else []
        return ["--set", f"image={image}", "--set", f"namespace={namespace or self.namespace}", *kind]

    def writes(self, *args, expect):
        """What a run writes, without the Events for people."""
        out = self.sgrc("run", self.script, "--output", "json", *args, expect=expect)
        reports = [json.loads(line) for line in out.splitlines() if line.startswith("{")]
        return [f"{r['effect']} {r.get('kind')} {r.get('name')}" for r in reports
                if r["type"] == "effect" and r["effect"] != "event"]

    def same_writes(self, word, image, errors, expect):
        self.health(errors)
        real = self.writes("--prometheus", PROMETHEUS, *self.options(image),
                           expect=expect)
        simulated = self.writes("--sim", "--scenario", word, expect=expect)
        if self.mode == "blue_green" and word == "bad":  # the simulation begins with blue every time
            swapped = {"blue": "green", "green": "blue"}
            simulated = [re.sub("blue|green", lambda m: swapped[m[0]], line) for line in simulated]
        if real != simulated:
            raise Failure(f"{word}: really\n  " + "\n  ".join(real) + "\nsimulated\n  "
                          + "\n  ".join(simulated))
        return len(real)

    def print_to(self, *more):
        """What `compile` prints, applied by kubectl in the other namespace."""
        text = self.sgrc("compile", self.script, *more, expect=0)
        kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", stdin=text)

    def normal(self, namespace):
        self.namespace, own = namespace, self.namespace
        self.settled()
        state = json.loads(json.dumps(self.state()).replace(namespace, own))
        self.namespace = own
        for thing in state.values():
            for field in ("clusterIP", "clusterIPs"):
                (thing["spec"] or {}).pop(field, None)
        return state

    def same_objects(self, what):
        really, printed = self.normal(self.namespace), self.normal(self.printed)
        if really != printed:
            differing = [f"{k}: run leaves {json.dumps(really.get(k))}\n  printed is {json.dumps(printed.get(k))}"
                         for k in sorted(really.keys() | printed.keys())
                         if really.get(k) != printed.get(k)]
            raise Failure(f"{what}:\n" + "\n".join(differing))

    def tell(self):
        self.set_up()
        kubectl("create", "namespace", self.printed)
        self.run("web:stable")
        self.print_to(*self.options("web:stable", self.printed))
        self.same_objects("after the first install")
        count = self.same_writes("good", "web:2", 0, 0)
        for step in STEPS[self.mode]:
            self.print_to("--at", step, *self.options("web:2", self.printed))
        self.same_objects("after the last step")
        count += self.same_writes("bad", "web:3", 0.9, 2)
        print(f"pass {self.namespace}: {count} writes, two states")


def main():
    sgrc, failed = sys.argv[1], 0
    for twin in (Twin(sgrc, "same-nginx", "canary.sgr", "canary", "nginx"),
                 Twin(sgrc, "same-gateway", "canary.sgr", "canary", "gateway_api"),
                 Twin(sgrc, "same-istio", "canary.sgr", "canary", "istio"),
                 Twin(sgrc, "same-replicas", "canary.sgr", "canary", "replicas"),
                 Twin(sgrc, "same-blue-green", "blue_green.sgr", "blue_green"),
                 Twin(sgrc, "same-rolling", "rolling.sgr", "rolling")):
        try:
            twin.tell()
        except Exception as problem:  # pylint: disable=broad-except
            failed += 1
            print(f"FAIL {twin.namespace}: {problem}")
    sys.exit(1 if failed else 0)


main()
