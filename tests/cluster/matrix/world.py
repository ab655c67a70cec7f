"""The cluster of a test: kubectl, the values that Prometheus scrapes, every version of every object,
and the rules that hold in all of them. Needs the environment of `with`, and of `prometheus` for metrics."""
import json, math, os, subprocess, threading, time, urllib.request

KUBECTL, KUBECONFIG = os.environ["SGR_TEST_KUBECTL"], os.environ["KUBECONFIG"]
PROMETHEUS, EXPORTER = (os.environ.get(n, "") for n in ("SGR_TEST_PROMETHEUS", "SGR_TEST_EXPORTER"))
WANTED = 4
RESOURCES = {
    "deployments": "/apis/apps/v1/deployments",
    "services": "/api/v1/services",
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


def new_weight(kind, objects):
    """Percent of traffic that the route gives to the canary; None where there is no route."""
    if kind == "nginx":
        notes = objects.get(("ingresses", "web-canary"), {}).get("metadata", {}).get("annotations", {})
        return int(notes.get("nginx.ingress.kubernetes.io/canary-weight", 0))
    if kind == "gateway_api":
        rules = objects.get(("httproutes", "web"), {}).get("spec", {}).get("rules", [])
        refs = [ref for rule in rules for ref in rule.get("backendRefs", [])]
        return sum(ref.get("weight", 1) for ref in refs if ref["name"] == "web-canary")
    if kind == "istio":
        routes = objects.get(("virtualservices", "web"), {}).get("spec", {}).get("http", [])
        parts = [part for route in routes for part in route.get("route", [])]
        return sum(p.get("weight", 0) for p in parts if p["destination"]["host"] == "web-canary")
    return None


def ready(objects, name):
    return objects.get(("deployments", name), {}).get("status", {}).get("readyReplicas", 0)


def judge(mode, kind, adopted, rows):
    """The rules that hold in every version, once the first install is over."""
    objects, whole, weight = {}, False, 0
    for resource, change, body in rows:
        key = (resource, body["metadata"]["name"])
        if change == "DELETED":
            objects.pop(key, None)
        else:
            objects[key] = body
        total = sum(ready(objects, name) for kind_, name in objects if kind_ == "deployments")
        whole = whole or total >= WANTED
        if not whole:
            continue
        # rolling may miss one, and so may a Deployment with the strategy that kubectl gives it
        least = WANTED - 1 if mode == "rolling" or adopted else WANTED
        if total < least:
            raise Failure(f"{total} pods were ready where {least} must be, at {key}")
        now = new_weight(kind, objects)
        if now is not None and now > weight:
            need = math.ceil(WANTED * now / 100)
            if ready(objects, "web-canary") < need:
                raise Failure(f"{now}% for {ready(objects, 'web-canary')} ready pods")
        weight = now if now is not None else 0
        front = objects.get(("services", "web"), {}).get("spec", {}).get("selector", {})
        if mode == "blue_green" and resource == "services" and front:
            chosen = "web-" + front["track"] if "track" in front else front["app"]
            if ready(objects, chosen) < WANTED:
                raise Failure(f"the Service leads to {chosen}, which is not ready")
