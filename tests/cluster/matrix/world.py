"""The cluster of a test: kubectl, the values that Prometheus scrapes, every version of every object,
and the rules that hold in all of them. Needs the environment of `with`, and of `prometheus` for metrics."""
import json, math, os, subprocess, threading, time, urllib.request

KUBECTL, KUBECONFIG = os.environ["SGR_TEST_KUBECTL"], os.environ["KUBECONFIG"]
PROMETHEUS, EXPORTER = (os.environ.get(n, "") for n in ("SGR_TEST_PROMETHEUS", "SGR_TEST_EXPORTER"))
WANTED = 4
RESOURCES = {
    "deployments": "/apis/apps/v1/deployments",
    "services": "/api/v1/services",
    "configmaps": "/api/v1/configmaps",
    "ingresses": "/apis/networking.k8s.io/v1/ingresses",
    "httproutes": "/apis/gateway.networking.k8s.io/v1/httproutes",
    "virtualservices": "/apis/networking.istio.io/v1/virtualservices",
    "horizontalpodautoscalers": "/apis/autoscaling/v2/horizontalpodautoscalers",
}


class Failure(Exception):
    pass


def kubectl(*args, stdin=None, check=True):
    done = subprocess.run([KUBECTL, "--kubeconfig", KUBECONFIG, *args], input=stdin, text=True,
                          capture_output=True, timeout=60, check=False)
    if check and done.returncode:
        raise Failure(f"kubectl {' '.join(args)}: {done.stderr}")
    return done.stdout


def until(what, condition, limit=30):
    end = time.monotonic() + limit
    while not condition():
        if time.monotonic() > end:
            raise Failure(f"after {limit} s: {what}")
        time.sleep(0.1)


def traffic(namespace, track, errors):
    body = json.dumps({"app": namespace, "track": track, "rate": 50, "errors": errors,
                       "latency": 0.2}).encode()
    urllib.request.urlopen(urllib.request.Request(EXPORTER + "/traffic", body), timeout=10).read()


class History:
    """Every version of every object, as the watches tell, in the order of resourceVersion."""

    def __init__(self, resources=tuple(RESOURCES)):
        self.lock, self.rows, self.watches = threading.Lock(), [], []
        for resource, path in ((name, RESOURCES[name]) for name in resources):
            watch = subprocess.Popen([KUBECTL, "--kubeconfig", KUBECONFIG, "get", "--raw",
                                      path + "?watch=1&resourceVersion=0"], stdout=subprocess.PIPE)
            self.watches.append(watch)
            threading.Thread(target=self.follow, args=(resource, watch), daemon=True).start()

    def follow(self, resource, watch):
        for line in watch.stdout:
            event = json.loads(line)
            with self.lock:
                self.rows.append((resource, event["type"], event["object"]))

    def close(self):
        for watch in self.watches:
            watch.kill()
            watch.wait()

    def of(self, namespace):
        with self.lock:
            rows = [r for r in self.rows if r[2]["metadata"].get("namespace") == namespace]
        return sorted(rows, key=lambda row: int(row[2]["metadata"]["resourceVersion"]))


def new_weight(kind, app, objects):
    """Percent of traffic that the route gives to the canary; None where there is no route."""
    new = app + "-canary"
    if kind == "nginx":
        notes = objects.get(("ingresses", new), {}).get("metadata", {}).get("annotations", {})
        return int(notes.get("nginx.ingress.kubernetes.io/canary-weight", 0))
    if kind == "gateway_api":
        rules = objects.get(("httproutes", app), {}).get("spec", {}).get("rules", [])
        refs = [ref for rule in rules for ref in rule.get("backendRefs", [])]
        return sum(ref.get("weight", 1) for ref in refs if ref["name"] == new)
    if kind == "istio":
        routes = objects.get(("virtualservices", app), {}).get("spec", {}).get("http", [])
        parts = [part for route in routes for part in route.get("route", [])]
        return sum(p.get("weight", 0) for p in parts if p["destination"]["host"] == new)
    return None


def ready(objects, name):
    return objects.get(("deployments", name), {}).get("status", {}).get("readyReplicas", 0)


def was_asked(subject, objects, share):
    """A share that rises is one that the step has asked for."""
    record = objects.get(("configmaps", "sgr-" + subject.rollout.replace("_", "-")), {})
    status = json.loads(record.get("data", {}).get("status", "{}"))
    most = subject.shares.get(status.get("step"), 100)
    if share > most:
        raise Failure(f"{share}% in the step {status.get('step')}, which asks for {most}%")


def judge(subject, rows):
    """The rules that hold in every version, once the first install is over. `subject` has mode, kind of traffic,
    app, wanted pods, and spare: how many of them may be missing."""
    app, wanted, objects, whole, weight = subject.app, subject.wanted, {}, False, 0
    for resource, change, body in rows:
        key = (resource, body["metadata"]["name"])
        if change == "DELETED":
            objects.pop(key, None)
        else:
            objects[key] = body
        total = sum(ready(objects, name) for kind_, name in objects
                    if kind_ == "deployments" and (name == app or name.startswith(app + "-")))
        whole = whole or total >= wanted
        if not whole:
            continue
        if total < wanted - subject.spare:
            raise Failure(f"{total} pods were ready where {wanted - subject.spare} must be, at {key}")
        now = new_weight(subject.kind, app, objects)
        if now is not None and now > weight:
            was_asked(subject, objects, now)
            need = math.ceil(wanted * now / 100)
            if ready(objects, app + "-canary") < need:
                raise Failure(f"{now}% for {ready(objects, app + '-canary')} ready pods")
        weight = now if now is not None else 0
        front = objects.get(("services", app), {}).get("spec", {}).get("selector", {})
        if subject.mode == "blue_green" and resource == "services" and front:
            chosen = f"{app}-{front['track']}" if "track" in front else front["app"]
            if ready(objects, chosen) < wanted:
                raise Failure(f"the Service leads to {chosen}, which is not ready")
