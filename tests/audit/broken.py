#!/usr/bin/env python3
"""Every check of std/audits passes on StreamGate's scripts and fails when its property is broken: the compiled
objects are changed one property at a time and audited on the simulated cluster.

  tests/audit/broken.py SGRC
"""
import copy
import json
import pathlib
import subprocess
import sys
import tempfile

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDER = ROOT / "examples" / "streamgate"
SET = ["--set", "image=streamgate/gateway:1.4.0"]


def find(objects, kind, name):
    return next(o for o in objects if o["kind"] == kind and o["metadata"]["name"] == name)


def drop(kind, name):
    return lambda objects: objects.remove(find(objects, kind, name))


def change(kind, name, path, value):
    """Sets the field at a path (a `~` in a key stands for a slash); None removes it."""
    def apply(objects):
        at = find(objects, kind, name)
        *steps, last = [int(k) if k.isdigit() else k.replace("~", "/") for k in path.split("/")]
        for step in steps:
            at = at[step]
        if value is None:
            del at[last]
        else:
            at[last] = value
    return apply


def container(field, value=None):
    return "spec/template/spec/containers/0/" + field, value


def deployment(name, path, value=None):
    return change("Deployment", name, path, value)



BLUE_GREEN = {
    "both colours exist": drop("Deployment", "gateway-green"),
    "the Services exist": drop("Service", "gateway-green"),
    "the Service in front selects one colour": change("Service", "gateway", "spec/selector/track", "red"),
    "each colour's Service selects its own pods": change("Service", "gateway-green", "spec/selector/track", "blue"),
    "the active colour is whole": deployment("gateway-blue", "spec/replicas", 0),
    "the idle colour is at rest or whole": drop("Deployment", "gateway-green"),
    "every container is probed": deployment("gateway-green", *container("livenessProbe")),
    "every container is bounded": deployment("gateway-blue", *container("resources/limits/memory")),
    "metrics are exposed": deployment("gateway-blue", "spec/template/metadata/annotations/prometheus.io~port", "9999"),
    "a colour is updated without a gap": deployment("gateway-green", "spec/strategy/rollingUpdate/maxUnavailable", "25%"),
    "labels tell the colours apart": deployment("gateway-blue", "spec/template/metadata/labels/app", "other"),
    "traffic can be switched": deployment("gateway-green", *container("ports/0/name", "web")),
    "a switch can be taken back": deployment("gateway-green", "spec/paused", True),
}

CANARY = {
    "stable and canary exist": drop("Deployment", "gateway-canary"),
    "the Services exist": drop("Service", "gateway-stable"),
    "the Service in front selects the stable track": change("Service", "gateway", "spec/selector/track", "canary"),
    "each track's Service selects its own pods": change("Service", "gateway-canary", "spec/selector/track", "stable"),
    "every container is probed": deployment("gateway-canary", *container("readinessProbe")),
    "every container is bounded": deployment("gateway-canary", *container("resources/requests/cpu")),
    "metrics are exposed": deployment("gateway", "spec/template/metadata/annotations/prometheus.io~scrape", "false"),
    "the stable track is whole": deployment("gateway", "spec/replicas", 0),
    "the canary is at rest or whole": drop("Deployment", "gateway-canary"),
    "the canary's weight fits its pods": lambda objects: objects.append({
        "apiVersion": "networking.k8s.io/v1", "kind": "Ingress",
        "metadata": {"name": "gateway-canary", "namespace": "streamgate",
                     "annotations": {"nginx.ingress.kubernetes.io/canary-weight": "20"}},
        "spec": {"rules": [{"http": {"paths": [{"backend": {"service": {"name": "gateway-canary"}}}]}}]}}),
    "the canary can be promoted": deployment("gateway", "spec/strategy/rollingUpdate/maxUnavailable", 1),
    "the canary can be taken back": deployment("gateway", "spec/revisionHistoryLimit", 0),
}


def autoscaler(name, target):
    """The eleven checks of one autoscaler."""
    def hpa(path, value=None):
        return change("HorizontalPodAutoscaler", name, path, value)
    return {
        "the autoscaler exists": drop("HorizontalPodAutoscaler", name),
        "its target exists": drop("Deployment", target),
        "it scales by CPU as wanted": hpa("spec/metrics", [
            {"type": "Resource", "resource": {"name": "cpu", "target": {"averageUtilization": 95}}}]),
        "it scales by memory as wanted": hpa("spec/metrics", [
            {"type": "Resource", "resource": {"name": "memory", "target": {"averageUtilization": 95}}}]),
        "it scales by requests as wanted": hpa("spec/metrics", [
            {"type": "Pods", "pods": {"metric": {"name": "http_requests_per_second"},
                                      "target": {"averageValue": "5"}}}]),
        "its least number of pods": hpa("spec/minReplicas", 2),
        "its largest number of pods": hpa("spec/maxReplicas", 50),
        "it scales up at once": hpa("spec/behavior/scaleUp/stabilizationWindowSeconds", 120),
        "it scales down slowly": hpa("spec/behavior/scaleDown/stabilizationWindowSeconds", 10),
        "its pods ask for what it measures": deployment(target, *container("resources/requests")),
        "it is at work": drop("Deployment", target),
    }


CASES = [
    ("blue-green/gateway.sgr", "blue-green: ", BLUE_GREEN),
    ("canary/gateway.sgr", "canary: ", CANARY),
    ("hpa/autoscale.sgr", "worker: ", autoscaler("worker", "worker")),
]


def as_stored(objects):
    """Quantities as an API server writes them back."""
    objects = copy.deepcopy(objects)
    for o in objects:
        for metric in o.get("spec", {}).get("metrics", []) if o["kind"] == "HorizontalPodAutoscaler" else []:
            if metric["type"] == "Pods" and metric["pods"]["target"]["averageValue"] == "1000":
                metric["pods"]["target"]["averageValue"] = "1k"
    return objects


class Auditor:
    def __init__(self, sgrc, script, scratch):
        self.sgrc, self.script, self.file = sgrc, str(FOLDER / script), scratch / "objects.yaml"
        out = subprocess.run([sgrc, "compile", "-q", self.script, *SET], capture_output=True, check=True, timeout=60)
        self.objects = list(yaml.safe_load_all(out.stdout))

    def failures(self, objects):
        """Names that fail, and all names."""
        self.file.write_text(yaml.safe_dump({"kind": "List", "items": objects}))
        command = [self.sgrc, "audit", "-q", self.script, *SET, "--objects", self.file, "--output", "json"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        failed = {line["name"] for line in lines if line["verdict"] != "pass"}
        if done.returncode != (1 if failed else 0):
            sys.exit(f"{self.script}: exit status {done.returncode}\n{done.stderr}")
        return failed, [line["name"] for line in lines]


def main(sgrc):
    bad = broken = 0
    with tempfile.TemporaryDirectory() as scratch:
        for script, prefix, mutations in CASES:
            auditor = Auditor(sgrc, script, pathlib.Path(scratch))
            failed, names = auditor.failures(as_stored(auditor.objects))
            own = [name.removeprefix(prefix) for name in names if name.startswith(prefix)]
            if failed or sorted(own) != sorted(mutations):
                print(f"{script}: fails untouched: {sorted(failed)}; without a test: {set(own) ^ set(mutations)}")
                bad += 1
            for name, mutate in mutations.items():
                objects = copy.deepcopy(auditor.objects)
                mutate(objects)
                broken += 1
                if prefix + name not in auditor.failures(objects)[0]:
                    print(f"{script}: still passes when broken: {name}")
                    bad += 1
    print(f"{broken} checks broken one at a time, {bad} problems")
    return 1 if bad or broken != 36 else 0


sys.exit(main(sys.argv[1]))
