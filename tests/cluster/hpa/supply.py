"""The metrics APIs of a cluster, served by the test behind the API server's aggregator: what each pod uses is
its share of a demand that the test sets. The real autoscaler asks for it as it asks metrics-server and
prometheus-adapter."""
import datetime, http.server, json, ssl, subprocess, tempfile, threading, urllib.parse

CORE, PODS = "/api/v1/namespaces", "pods"
RESOURCES, CUSTOM = ("metrics.k8s.io", "v1beta1"), ("custom.metrics.k8s.io", "v1beta2")
REQUESTS = "http_requests_per_second"


class Demand:
    """Of one app: what all its pods have to carry together."""

    def __init__(self, cpu_milli=0, memory_mib=0, requests=0):
        self.cpu_milli, self.memory_mib, self.requests = cpu_milli, memory_mib, requests


def is_ready(pod):
    return any(c["type"] == "Ready" and c["status"] == "True" for c in pod["status"].get("conditions", []))


class Supply:
    """`demands`: by the pods' label `app`; those of another track have no part in it."""

    def __init__(self, api):
        self.api, self.demands, self.asked = api, {}, 0
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.supply, self.server.daemon_threads = self, True
        with tempfile.TemporaryDirectory() as folder:
            names = f"{folder}/key", f"{folder}/crt"
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                            "-days", "2", "-subj", "/CN=metrics", "-keyout", names[0], "-out", names[1]],
                           check=True, capture_output=True)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(names[1], names[0])
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def objects(self):
        """The Service and the two APIServices that lead here."""
        port = self.server.server_address[1]
        yield {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "supply", "namespace": "kube-system"},
               "spec": {"type": "ExternalName", "externalName": "localhost", "ports": [{"port": port}]}}
        for group, version in (RESOURCES, CUSTOM):
            yield {"apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService",
                   "metadata": {"name": f"{version}.{group}"},
                   "spec": {"group": group, "version": version, "groupPriorityMinimum": 100, "versionPriority": 100,
                            "insecureSkipTLSVerify": True,
                            "service": {"name": "supply", "namespace": "kube-system", "port": port}}}

    def pods(self, namespace, selector):
        query = urllib.parse.urlencode({"labelSelector": selector})
        return self.api.ask(f"{CORE}/{namespace}/{PODS}?{query}")[1]["items"]

    def shares(self, namespace, selector):
        """(pod, its share of the demand): the ready pods of an app carry it together, in equal parts."""
        everyone = [p for p in self.pods(namespace, "") if is_ready(p) and "deletionTimestamp" not in p["metadata"]]
        for pod in self.pods(namespace, selector):
            app, track = (pod["metadata"]["labels"].get(k) for k in ("app", "track"))
            of_app = [p for p in everyone if p["metadata"]["labels"].get("app") == app
                      and p["metadata"]["labels"].get("track") == track]
            if is_ready(pod) and app in self.demands and track != "canary":
                yield pod, 1 / max(1, len(of_app)), self.demands[app]


def now():
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(url.query))
        body = self.find(urllib.parse.unquote(url.path).strip("/").split("/"), query.get("labelSelector", ""))
        data = json.dumps(body or {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": 404}).encode()
        self.send_response(200 if body else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def find(self, path, selector):
        if path[0] != "apis" or len(path) < 3:
            return None
        group, rest = tuple(path[1:3]), path[3:]
        if not rest and group in (RESOURCES, CUSTOM):
            return resources_of(group)
        if group == RESOURCES and rest[2:] == [PODS]:
            return self.pod_metrics(rest[1], selector)
        if group == CUSTOM and rest[2:] == [PODS, "*", REQUESTS]:
            return self.requests(rest[1], selector)
        return None

    def pod_metrics(self, namespace, selector):
        supply = self.server.supply
        supply.asked += 1
        items = [{"metadata": {"name": pod["metadata"]["name"], "namespace": namespace}, "timestamp": now(), "window": "1s",
                  "containers": [{"name": pod["spec"]["containers"][0]["name"], "usage": {
                      "cpu": f"{round(demand.cpu_milli * 1e6 * share)}n",
                      "memory": f"{round(demand.memory_mib * 1024 * share)}Ki"}}]}
                 for pod, share, demand in supply.shares(namespace, selector)]
        return {"kind": "PodMetricsList", "apiVersion": "/".join(RESOURCES), "metadata": {}, "items": items}

    def requests(self, namespace, selector):
        supply = self.server.supply
        supply.asked += 1
        items = [{"describedObject": {"kind": "Pod", "namespace": namespace, "name": pod["metadata"]["name"],
                                      "apiVersion": "/v1"},
                  "metric": {"name": REQUESTS}, "timestamp": now(), "value": f"{round(demand.requests * 1000 * share)}m"}
                 for pod, share, demand in supply.shares(namespace, selector)]
        return {"kind": "MetricValueList", "apiVersion": "/".join(CUSTOM), "metadata": {}, "items": items}


def resources_of(group):
    name, kind = (PODS, "PodMetrics") if group == RESOURCES else (f"{PODS}/{REQUESTS}", "MetricValueList")
    return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": "/".join(group), "resources": [
        {"name": name, "singularName": "", "namespaced": True, "kind": kind, "verbs": ["get", "list"]}]}
