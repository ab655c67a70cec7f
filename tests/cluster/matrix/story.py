"""One rollout in a namespace of its own, performed with exactly the Role that sgrc prints for it."""
import json, os, pathlib, re, subprocess, tempfile, urllib.request

from world import (EXPORTER, KUBECONFIG, PROMETHEUS, RESOURCES, WANTED, Failure, kubectl, traffic,
                   until)

HERE = pathlib.Path(__file__).resolve().parent

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


class Story:
    rollout, app, wanted = "ship", "web", WANTED
    shares = {"first": 25, "half": 50, "promote": 100}  # at most

    def __init__(self, sgrc, name, script, mode, kind=None, adopted=False):
        self.binary = str(pathlib.Path(sgrc).resolve())
        self.namespace, self.mode, self.kind, self.adopted = name, mode, kind, adopted
        # rolling may miss one, and so may a Deployment with the strategy that kubectl gives it
        self.spare = int(mode == "rolling" or bool(adopted))
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
        command = [self.binary, *args]
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

    def options(self, image):
        kind = ["--set", f"kind={self.kind}"] if self.kind else []
        return ["--set", f"image={image}", "--set", f"namespace={self.namespace}", *kind]

    def run(self, image, expect=0, wait=True, more=()):
        return self.sgrc("run", self.script, "--prometheus", PROMETHEUS, *self.options(image), *more,
                         expect=expect, wait=wait)

    def say(self, word, *more, expect=0):
        return self.sgrc(word, self.rollout, "-n", self.namespace, *more, expect=expect)

    # ---- the cluster ----

    def set_up(self):
        """The namespace, and an account with the printed Role and nothing else."""
        kubectl("create", "namespace", self.namespace)
        role = self.sgrc("compile", self.script, "--target", "rbac", "--rollout", self.rollout,
                         *self.options("web:1"), expect=0)
        kubectl("apply", "-f", "-", stdin=role)
        self.connect_as("sgr-" + self.rollout.replace("_", "-"))

    def connect_as(self, account):
        """The kubeconfig of an account of the namespace."""
        token = kubectl("-n", self.namespace, "create", "token", account, "--duration=2h").strip()
        flat = json.loads(kubectl("config", "view", "--raw", "--flatten", "-o", "json"))
        flat["users"] = [{"name": "runner", "user": {"token": token}}]
        flat["contexts"] = [{"name": "runner", "context": {"cluster": flat["clusters"][0]["name"],
                                                           "user": "runner",
                                                           "namespace": self.namespace}}]
        flat["current-context"] = "runner"
        pathlib.Path(self.config).write_text(json.dumps(flat))

    def state(self):
        """What stands in the namespace, without what the server and the controllers keep."""
        names = ",".join(RESOURCES)
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
