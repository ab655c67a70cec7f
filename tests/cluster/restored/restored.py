#!/usr/bin/env python3
"""etcd is restored from a backup in the middle of a run: resourceVersions fall. The run sees it, holds, and a person says
whether it goes on; a no takes it back. The count of the new track is what the backup says, and stays so.

restored.py SGRC: run by `with`."""
import json, os, pathlib, shutil, subprocess, sys, tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "matrix"))
# pylint: disable=wrong-import-position
from world import Failure, kubectl, until

SGRC, CLUSTER = sys.argv[1], pathlib.Path(os.environ["SGR_TEST_CLUSTER"])
PART = pathlib.Path(__file__).resolve().parent.parent / "part"
DATA, BACKUP = CLUSTER / "etcd" / "data", CLUSTER / "etcd" / "backup"
SCRIPT = """
param image: image
cluster { namespace = "restored" }
workload web { image = image, replicas = 3, ports = { http = 80 } }
rollout ship of web {
  mode     = blue_green
  deadline = 10m
  drain    = 100ms
  steady   = 500ms
  steps {
    step "one" { scale new to 1; wait until (read("v1", "ConfigMap", "go", "restored").data.to ?? "") == "two" }
    step "two" { scale new to 3; wait until (read("v1", "ConfigMap", "go", "restored").data.to ?? "") == "three" }
    step "three" { switch }
  }
}
"""


def part(what, name):
    subprocess.run([PART, CLUSTER, what, name], check=True)


def without_etcd(act):
    part("stop", "kube-apiserver")
    part("stop", "etcd")
    act()
    part("start", "etcd")
    part("start", "kube-apiserver")


def restore():
    shutil.rmtree(DATA)
    shutil.copytree(BACKUP, DATA)


def go(where):
    kubectl("-n", "restored", "patch", "configmap", "go", "--type=merge", "-p", json.dumps({"data": {"to": where}}))


def ready(count):
    found = json.loads(kubectl("-n", "restored", "get", "deployment", "web-green", "-o", "json", check=False) or "{}")
    return found.get("status", {}).get("readyReplicas", 0) == count


def state():
    items = json.loads(kubectl("-n", "restored", "get", "deployments,services", "-o", "json"))["items"]
    return {(i["kind"], i["metadata"]["name"]): i["spec"] for i in items if i["metadata"]["name"] != "web-green"}


def begin(image):
    return subprocess.Popen([SGRC, "run", SCRIPT_FILE, "--set", f"image={image}"], stdout=OUT, stderr=OUT, text=True)


def said(words):
    return words in (FOLDER / "out").read_text()


FOLDER = pathlib.Path(tempfile.mkdtemp(prefix="sgr-restored."))
SCRIPT_FILE = FOLDER / "restored.sgr"
SCRIPT_FILE.write_text(SCRIPT)
OUT = open(FOLDER / "out", "w", encoding="utf-8")  # pylint: disable=consider-using-with


def main():
    kubectl("create", "namespace", "restored")
    kubectl("-n", "restored", "create", "configmap", "go", "--from-literal=to=one")
    if begin("web:1").wait(60):
        raise Failure("it was not installed")
    before = state()
    run = begin("web:2")
    until("one new pod is ready", lambda: ready(1))
    without_etcd(lambda: shutil.copytree(DATA, BACKUP))
    go("two")
    until("three new pods are ready", lambda: ready(3), 60)
    without_etcd(restore)
    go("three")
    until("the run sees that versions fell", lambda: said("restored from a backup"), 90)
    subprocess.run([SGRC, "approve", "ship", "-n", "restored", "--deny"], check=True)
    status = run.wait(120)
    if status != 2 or state() != before:
        raise Failure(f"exit {status}; before {before}, after {state()}")
    print("pass a restored cluster holds the run, and a no takes it back")


try:
    main()
except Failure:
    print((FOLDER / "out").read_text())
    raise
