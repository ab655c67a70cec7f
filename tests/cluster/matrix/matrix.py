#!/usr/bin/env python3
"""Every mode and every kind of traffic, performed by sgrc against a real control plane.

matrix.py SGRC: in each mode, in a namespace of its own and with exactly the Role that
`compile --target rbac` prints: first install or a Deployment that kubectl made, a good release, undo,
bad metrics, crashing pods, an image that cannot be pulled, abort, a question, an autoscaler in play.
A watch of every object version shows afterwards that no step took what it must not take. Needs the environment of `with`,
the definitions of `crds` and `prometheus`."""
import base64, json, math, os, pathlib, re, subprocess, sys, tempfile, threading, time, urllib.request

HERE = pathlib.Path(__file__).resolve().parent
SGRC = str(pathlib.Path(sys.argv[1]).resolve())
KUBECTL, KUBECONFIG = os.environ["SGR_TEST_KUBECTL"], os.environ["KUBECONFIG"]
PROMETHEUS, EXPORTER = os.environ["SGR_TEST_PROMETHEUS"], os.environ["SGR_TEST_EXPORTER"]
WANTED = 4
AT_ONCE = threading.Semaphore(6)  # stories; two cores carry no more within the scripts' patience
RESOURCES = {
    "deployments": "/apis/apps/v1/deployments",
    "services": "/api/v1/services",
    "ingresses": "/apis/networking.k8s.io/v1/ingresses",
    "httproutes": "/apis/gateway.networking.k8s.io/v1/httproutes",
    "virtualservices": "/apis/networking.istio.io/v1/virtualservices",
    "horizontalpodautoscalers": "/apis/autoscaling/v2/horizontalpodautoscalers",
}


# What an owner has made with kubectl: the Deployment, its Service, and the route of each kind.
ROUTES = {
    "nginx": {
        "apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": "web"},
        "spec": {"ingressClassName": "nginx", "rules": [{"host": "web.example", "http": {"paths": [{
            "path": "/", "pathType": "Prefix",
            "backend": {"service": {"name": "web", "port": {"number": 80}}}}]}}]}},
    "gateway_api": {
        "apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": {"name": "web"},
        "spec": {"parentRefs": [{"name": "front"}],
                 "rules": [{"backendRefs": [{"name": "web", "port": 80}]}]}},
    "istio": {
        "apiVersion": "networking.istio.io/v1", "kind": "VirtualService", "metadata": {"name": "web"},
        "spec": {"hosts": ["web"], "http": [{"route": [{"destination": {"host": "web"}}]}]}},
}


DEPLOYMENT = {
    "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
    "spec": {"replicas": 4, "selector": {"matchLabels": {"app": "web"}},
             "strategy": {"rollingUpdate": {"maxUnavailable": 0}},
             "template": {"metadata": {"labels": {"app": "web"}},
                          "spec": {"containers": [{"name": "web", "image": "web:0"}]}}}}
SERVICE = {
    "apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"},
    "spec": {"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": 8080}]}}


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

    def __init__(self):
        self.lock, self.rows, self.watches = threading.Lock(), [], []
        for resource, path in RESOURCES.items():
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
        if mode == "blue_green" and resource == "services":
            chosen = "web-" + front["track"] if "track" in front else front["app"]
            if ready(objects, chosen) < WANTED:
                raise Failure(f"the Service leads to {chosen}, which is not ready")


class Story:
    def __init__(self, name, script, mode, kind=None, adopted=False):
        self.namespace, self.mode, self.kind, self.adopted = name, mode, kind, adopted
        self.script = str(HERE / script)
        self.done, self.problem = [], None
        self.folder = tempfile.mkdtemp(prefix="sgr-matrix.")
        self.config = os.path.join(self.folder, "kubeconfig")
        if adopted:
            self.adopt('manifests("web.json")' if adopted == "files" else 'deployment("web")')

    def adopt(self, source):
        """The same script over a Deployment that exists, or that a file has."""
        text = pathlib.Path(self.script).read_text()
        own = f"workload web {{\n  from  = {source}\n  image = image\n}}\n"
        owned = [DEPLOYMENT, SERVICE] + [ROUTES[k] for k in ROUTES if k == self.kind]
        pathlib.Path(self.folder, "web.json").write_text(
            "\n---\n".join(json.dumps(o) for o in owned))
        self.script = os.path.join(self.folder, "adopted.sgr")
        pathlib.Path(self.script).write_text(re.sub(r"workload web \{.*?\n\}\n", own, text, flags=re.S))

    # ---- sgrc ----

    def sgrc(self, *args, expect, wait=True):
        command = [SGRC, *args]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                   env={**os.environ, "KUBECONFIG": self.config}, stdin=subprocess.DEVNULL)
        if not wait:
            return process
        return self.ended(process, expect, command)

    @staticmethod
    def ended(process, expect, command=("it",)):
        out, _ = process.communicate(timeout=120)
        if process.returncode != expect:
            raise Failure(f"{' '.join(command)}: exit {process.returncode}, not {expect}\n{out}")
        return out

    def run(self, image, expect=0, wait=True, more=()):
        options = ["--set", f"image={image}", "--set", f"namespace={self.namespace}", *more]
        if self.kind:
            options += ["--set", f"kind={self.kind}"]
        return self.sgrc("run", self.script, "--prometheus", PROMETHEUS, *options, expect=expect,
                         wait=wait)

    def say(self, word, *more, expect=0):
        return self.sgrc(word, "ship", "-n", self.namespace, *more, expect=expect)

    # ---- the cluster ----

    def set_up(self):
        """The namespace, and an account with the printed Role and nothing else."""
        kubectl("create", "namespace", self.namespace)
        options = ["--set", "image=web:1", "--set", f"namespace={self.namespace}"]
        if self.kind:
            options += ["--set", f"kind={self.kind}"]
        role = self.sgrc("compile", self.script, "--target", "rbac", *options, expect=0)
        kubectl("apply", "-f", "-", stdin=role)
        token = kubectl("-n", self.namespace, "create", "token", "sgr-ship", "--duration=1h").strip()
        flat = json.loads(kubectl("config", "view", "--raw", "--flatten", "-o", "json"))
        flat["users"] = [{"name": "runner", "user": {"token": token}}]
        flat["contexts"] = [{"name": "runner", "context": {"cluster": flat["clusters"][0]["name"],
                                                           "user": "runner",
                                                           "namespace": self.namespace}}]
        flat["current-context"] = "runner"
        pathlib.Path(self.config).write_text(json.dumps(flat))

    def state(self):
        """What stands in the namespace, without what the server and the controllers keep."""
        names = ",".join([*RESOURCES, "configmaps"])
        items = json.loads(kubectl("-n", self.namespace, "get", names, "-o", "json"))["items"]
        out = {}
        for item in items:
            meta = item["metadata"]
            if meta["name"].startswith("sgr-") or meta["name"] == "kube-root-ca.crt":
                continue
            notes = {k: v for k, v in meta.get("annotations", {}).items()
                     if k != "deployment.kubernetes.io/revision"}
            out[f"{item['kind']}/{meta['name']}"] = {
                "labels": meta.get("labels"), "annotations": notes,
                "spec": item.get("spec"), "data": item.get("data")}
        return out

    def settled(self):
        def still():
            items = json.loads(kubectl("-n", self.namespace, "get", "deployments", "-o", "json"))["items"]
            return all(d["status"].get("readyReplicas", 0) == d["spec"]["replicas"]
                       and d["status"].get("replicas", 0) == d["spec"]["replicas"] for d in items)
        until("the Deployments settle", still)

    def same(self, before, what):
        after = self.state()
        if before != after:
            changed = [f"{k}: {json.dumps(before.get(k))}\n  now {json.dumps(after.get(k))}"
                       for k in sorted(before.keys() | after.keys()) if before.get(k) != after.get(k)]
            raise Failure(f"{what} left something behind:\n" + "\n".join(changed))

    def health(self, errors):
        for track in ("stable", "canary", "blue", "green"):
            traffic(self.namespace, track, errors)
        query = f'sum(rate(http_requests_total{{app="{self.namespace}",code="500"}}[4s])) or vector(0)'
        url = PROMETHEUS + "/api/v1/query?query=" + urllib.request.quote(query)

        def seen():
            data = json.load(urllib.request.urlopen(url, timeout=10))["data"]["result"]
            value = float(data[0]["value"][1]) if data else 0.0
            return value > 40 if errors else value == 0
        until(f"{errors} shows in Prometheus", seen)

    def images(self):
        items = json.loads(kubectl("-n", self.namespace, "get", "deployments", "-o", "json"))["items"]
        return {d["spec"]["template"]["spec"]["containers"][0]["image"]
                for d in items if d["spec"]["replicas"] > 0}

    # ---- the cases ----

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
        options = ["--set", f"namespace={self.namespace}"] + (
            ["--set", f"kind={self.kind}"] if self.kind else [])
        before = self.state()
        out = self.sgrc("plan", self.script, "--prometheus", PROMETHEUS, "--set", "image=web:9",
                        *options, expect=2)
        if "web:9" not in out or "steps" not in out or f"+  replicas: {WANTED}" in out:
            raise Failure(f"the plan does not tell:\n{out}")
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

    CASES = [same_version_again, good_release, undo, plan, bad_metrics, crashing_pods,
             image_that_cannot_be_pulled, abort, killed_and_resumed, autoscaler]

    def take_turn(self):
        with AT_ONCE:
            self.tell()

    def tell(self):
        try:
            self.set_up()
            first = [Story.made_by_kubectl if self.adopted is True else Story.first_install]
            for case in first + self.CASES + [Story.approve]:
                began = time.monotonic()
                try:
                    case(self)
                except Exception as problem:
                    raise Failure(f"{case.__name__}: {problem}") from problem
                self.done.append((case.__name__, time.monotonic() - began))
        except Exception as problem:  # pylint: disable=broad-except
            self.problem = problem


def main():
    only = sys.argv[2:]
    stories = [s for s in [
        Story("canary-nginx", "canary.sgr", "canary", "nginx"),
        Story("canary-gateway", "canary.sgr", "canary", "gateway_api"),
        Story("canary-istio", "canary.sgr", "canary", "istio"),
        Story("canary-replicas", "canary.sgr", "canary", "replicas"),
        Story("blue-green", "blue_green.sgr", "blue_green"),
        Story("rolling", "rolling.sgr", "rolling"),
        Story("adopted-nginx", "canary.sgr", "canary", "nginx", adopted=True),
        Story("adopted-gateway", "canary.sgr", "canary", "gateway_api", adopted=True),
        Story("adopted-istio", "canary.sgr", "canary", "istio", adopted=True),
        Story("adopted-replicas", "canary.sgr", "canary", "replicas", adopted=True),
        Story("adopted-blue-green", "blue_green.sgr", "blue_green", adopted=True),
        Story("adopted-rolling", "rolling.sgr", "rolling", adopted=True),
        Story("files-nginx", "canary.sgr", "canary", "nginx", adopted="files"),
        Story("files-blue-green", "blue_green.sgr", "blue_green", adopted="files"),
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
            judge(story.mode, story.kind, story.adopted, rows)
            print(f"pass {story.namespace}: {len(story.done)} cases, {len(rows)} object versions, "
                  f"{sum(s for _, s in story.done):.0f} s")
        except Exception as problem:  # pylint: disable=broad-except
            failed += 1
            print(f"FAIL {story.namespace}: {problem}")
            print("     passed before: " + ", ".join(name for name, _ in story.done))
    history.close()
    sys.exit(1 if failed else 0)


main()
