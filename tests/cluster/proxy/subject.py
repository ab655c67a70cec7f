"""What is run through the door: the three scripts of this folder, and every rollout of the examples.

An example is performed as it stands but for its times and rates, which are made short, and its namespace:
the statements, the objects and the order of effects are its own. Its metrics come from a server of this
file, which says for each namespace whether the new version is healthy."""
import collections, http.server, json, pathlib, re, shutil, tempfile, threading, time

HERE = pathlib.Path(__file__).resolve().parent
EXAMPLES = HERE.parent.parent.parent / "examples"
GUARD = "\n  every = 250ms\n  for = 1s"  # in the place of its own times
FASTER = {"no_signal": 10, "steps": 120}  # times
FEWER = 100   # requests a second of a load

# `app` has `wanted` pods, of which `spare` may be missing; `kind` of traffic, or None. One that cannot fail is
# run only as a good one.
Subject = collections.namedtuple("Subject", "name mode kind script rollout app wanted spare images can_fail shares",
                                 defaults=(("web:1", "web:2"), True, {}))


def own(mode, kind=None):
    return Subject(mode, mode, kind, HERE / f"{mode}.sgr", "ship", "web", 4, int(mode == "rolling"))


OWN = own("canary", "nginx"), own("blue_green"), own("rolling")


def example(path, rollout, mode, kind=None, app="gateway", wanted=3, can_fail=True):
    name = "-".join(path.removesuffix(".sgr").split("/")[:2]) + "-" + rollout
    return Subject(name.replace("_", "-"), mode, kind, EXAMPLES / path, rollout, app, wanted, 0,
                   (f"streamgate/{app}:1.4.0", f"streamgate/{app}:1.5.0"), can_fail)


EXAMPLE = (
    example("canary.sgr", "ship", "canary", "nginx"),
    example("blue_green.sgr", "switch_colour", "blue_green"),
    example("rolling.sgr", "replace", "rolling", app="worker", wanted=6),
    example("autoscale.sgr", "ship", "canary", "gateway_api"),
    example("streamgate/canary/gateway.sgr", "ship", "canary", "nginx"),
    example("streamgate/blue-green/gateway.sgr", "deploy", "blue_green"),
    example("streamgate/blue-green/gateway.sgr", "back", "blue_green", can_fail=False),
    example("streamgate/rolling/gateway.sgr", "replace", "rolling"),
    example("streamgate/hpa/autoscale.sgr", "ship", "canary", "nginx"),
    example("streamgate/vpa/rightsize.sgr", "deploy", "blue_green"),
    example("streamgate/vpa/rightsize.sgr", "replace", "canary", "replicas", app="worker"),
    example("streamgate/load/gateway.sgr", "ship", "canary", "replicas"),
    example("streamgate/monitoring/alerts.sgr", "watched", "canary", "nginx"),
    example("streamgate/base/base.sgr", "configure", "rolling", app="sessions", can_fail=False),
    example("streamgate/cluster-autoscaler/autoscaler.sgr", "update", "rolling", app="cluster-autoscaler", wanted=1,
            can_fail=False),
)


# ---- short times ----

UNITS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000}
TIME = r"(\d+)(ms|s|m|h)\b"


def shorter(line, faster):
    return re.sub(TIME, lambda m: f"{max(20, int(m[1]) * UNITS[m[2]] // faster)}ms", line)


def fewer(line):
    return re.sub(r"(\d{3,})/s", lambda m: f"{int(m[1]) // FEWER}/s", line)


def hurried(text):
    """The script with short times where a rollout waits, and nowhere else."""
    lines, block = [], ""
    for line in text.splitlines():
        block = line.split(" ", 1)[0] if line and not line.startswith((" ", "}", "#")) else block
        word = re.match(r"\s*(\w*)", line)[1]
        if block == "guard" and word in ("every", "for"):
            continue
        if line.startswith("guard "):
            line += GUARD
        elif block == "guard" and word == "no_signal":
            line = shorter(line, FASTER[word])
        elif block == "rollout" and re.search(r"\b(wait|hold|keep|load\.\w+)\b", line):
            line = shorter(fewer(line), FASTER["steps"])
        elif block == "rollout" and re.match(r"\s+mode\s+=", line):
            line += "\n  drain    = 100ms\n  steady   = 100ms"
        elif line.startswith("param each:"):
            line = shorter(line, FASTER["steps"])
        lines.append(line)
    return "\n".join(lines) + "\n"


def in_place(subject, namespace):
    """The script that is run: that of an example lies in a copy of all of them."""
    if EXAMPLES not in subject.script.parents:
        return subject.script
    folder = pathlib.Path(tempfile.mkdtemp(prefix="sgr-examples."), "examples")
    shutil.copytree(EXAMPLES, folder)
    for script in folder.rglob("*.sgr"):
        text = re.sub(r'"(streamgate|kube-system)"', f'"{namespace}"', hurried(script.read_text()))
        script.write_text(text)
    return folder / subject.script.relative_to(EXAMPLES)


# ---- metrics ----

class Answers(http.server.BaseHTTPRequestHandler):
    """/NAMESPACE is a Prometheus: half of the requests of an ill version fail. /load takes any request."""
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def value(self, query):
        ill = self.path.split("/")[1] in self.server.ill
        if "quantile" in query:
            return "0.1"
        if re.search(r"5\.\.|failed", query):
            return "0.5" if ill else "0"
        return "100"

    def answer(self, text):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def do_POST(self):
        query = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        result = [{"metric": {}, "value": [time.time(), self.value(query)]}]
        self.answer(json.dumps({"status": "success", "data": {"resultType": "vector", "result": result}}).encode())

    def do_GET(self):
        self.answer(b"{}")

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    request_queue_size, daemon_threads = 256, True

    def handle_error(self, request, client_address):
        """A client that was killed hangs up."""


def serve():
    server = Server(("127.0.0.1", 0), Answers)
    server.ill = set()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


METRICS = serve()
ADDRESS = f"http://127.0.0.1:{METRICS.server_port}"
