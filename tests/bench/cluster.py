#!/usr/bin/env python3
"""What `sgrc run` costs on a real API server: prints one line a figure for tests/bench/run.

  tests/cluster/with python3 tests/bench/cluster.py SGRC [RUNS]

Prometheus is a server of this file, so that the moment in which a breach can be seen is known.
"""
import http.server
import json
import os
import pathlib
import random
import re
import resource
import subprocess
import sys
import threading
import time

SGRC, RUNS = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 100
SCRIPT = pathlib.Path(__file__).resolve().parent / "cluster.sgr"
KUBECTL, KUBECONFIG = os.environ["SGR_TEST_KUBECTL"], os.environ["KUBECONFIG"]
WEIGHT = "nginx.ingress.kubernetes.io/canary-weight"
INTERVAL_MS = 500  # of the guard in cluster.sgr


def say(what, figure, beside="", target=""):
    print("\t".join((what, figure, beside, target)), flush=True)


def kubectl(*args):
    return [KUBECTL, "--kubeconfig", KUBECONFIG, *args]


class Answers(http.server.BaseHTTPRequestHandler):
    """Every query is answered with the server's `value`."""
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        result = [{"metric": {}, "value": [time.time(), self.server.value]}]
        text = json.dumps({"status": "success", "data": {"resultType": "vector", "result": result}}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


def start_prometheus():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    server.daemon_threads, server.value = True, "0"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


class Route:
    """The canary's weight as a watch of the Ingresses tells it, and when."""

    def __init__(self, namespace):
        self.changed, self.weight, self.at = threading.Condition(), 0, 0.0
        path = f"/apis/networking.k8s.io/v1/namespaces/{namespace}/ingresses?watch=1"
        self.watch = subprocess.Popen(kubectl("get", "--raw", path), stdout=subprocess.PIPE)
        threading.Thread(target=self.follow, daemon=True).start()

    def follow(self):
        for line in self.watch.stdout:
            now, event = time.monotonic(), json.loads(line)
            if event["object"]["metadata"]["name"] != "web-canary":
                continue
            notes = event["object"]["metadata"].get("annotations", {})
            weight = int(notes.get(WEIGHT, 0)) if event["type"] != "DELETED" else 0
            with self.changed:
                if weight != self.weight:
                    self.weight, self.at = weight, now
                    self.changed.notify_all()

    def until(self, weight):
        with self.changed:
            if not self.changed.wait_for(lambda: self.weight == weight, 60):
                raise RuntimeError(f"the weight is {self.weight} and not {weight}")
            return self.at


def command(prometheus, namespace, rollout, image, *options, kubeconfig=KUBECONFIG):
    return [SGRC, "run", str(SCRIPT), "--rollout", rollout, "--set", f"image={image}", "--kubeconfig", kubeconfig,
            "--set", f"namespace={namespace}", "--yes", "--prometheus",
            f"http://127.0.0.1:{prometheus.server_port}", *options]


def run(*args, status=0, **others):
    done = subprocess.run(command(*args, **others), capture_output=True, text=True, timeout=300, check=False)
    if done.returncode != status:
        raise RuntimeError(f"exit {done.returncode}: {done.stdout}{done.stderr}")


def namespace_of(name):
    subprocess.run(kubectl("create", "namespace", name), check=True, stdout=subprocess.DEVNULL)
    return name


# ---- figures ----

def breaches(prometheus, namespace, route):
    """From the moment Prometheus would say so until a watch sees the weight that is 0 again, in ms."""
    took = []
    for i in range(RUNS):
        prometheus.value = "0"
        process = subprocess.Popen(command(prometheus, namespace, "breach", f"shop/web:bad{i}"),
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        route.until(50)
        time.sleep(random.uniform(0.5, 1.5))
        prometheus.value, at = "0.5", time.monotonic()
        took.append((route.until(0) - at) * 1e3)
        text, _ = process.communicate(timeout=60)
        if process.returncode != 2:
            raise RuntimeError(f"exit {process.returncode}: {text}")
    took.sort()
    say(f"breach to traffic taken back, {RUNS} runs", f"{took[-1]:.0f} ms at most",
        f"half within {took[len(took) // 2]:.0f} ms; the guard looks every {INTERVAL_MS} ms", f"{INTERVAL_MS + 50} ms")


def steps(prometheus, namespace):
    """What 50 more steps cost that do nothing but be recorded."""
    def cost(count, image):
        before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        run(prometheus, namespace, "empty", image, "--set", f"steps={count}")
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return time.monotonic() - begin, spent

    spans = [[cost(count, f"shop/web:s{count}-{n}") for n in range(5)] for count in (1, 51)]
    (clock1, cpu1), (clock51, cpu51) = ([min(column) for column in zip(*span)] for span in spans)
    say("one step that does nothing", f"{(clock51 - clock1) / 50 * 1e3:.1f} ms on the clock",
        f"{(cpu51 - cpu1) / 50 * 1e3:.2f} ms of CPU; the record is saved meanwhile", "20 ms")


class Counted:
    """An address of the API server that notes each request: `kubectl proxy`, which logs them."""

    def __init__(self, folder):
        self.log = folder / "proxy.log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(kubectl("proxy", "--port=0", "-v=6"), stdout=subprocess.PIPE, stderr=log)
        port = re.search(rb":(\d+)", self.process.stdout.readline()).group(1).decode()
        self.kubeconfig = folder / "counted"
        self.kubeconfig.write_text(json.dumps({
            "apiVersion": "v1", "kind": "Config", "current-context": "c", "users": [{"name": "u", "user": {}}],
            "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u"}}],
            "clusters": [{"name": "k", "cluster": {"server": f"http://127.0.0.1:{port}"}}]}))

    def requests(self):
        """Without watches, the Lease, and the look for a person's word every five seconds."""
        lines = re.findall(r'(?:GET|POST|PUT|PATCH|DELETE) https?://\S+|verb="\w+" url="[^"]+"', self.log.read_text())
        return [line for line in lines if "watch=" not in line and "/leases/" not in line
                and not re.search(r'GET\W.*configmaps/sgr-apply\W*$', line)]


def requests_of_effects(prometheus, namespace, folder):
    """The requests that ten more applied objects make, the record's among them; watches and the Lease's aside."""
    counted, counts = Counted(folder), []
    for image, applies in ("a", 1), ("b", 11), ("c", 1), ("d", 11):
        before = len(counted.requests())
        run(prometheus, namespace, "apply", f"shop/web:{image}", "--set", f"applies={applies}",
            kubeconfig=str(counted.kubeconfig))
        counts.append(len(counted.requests()) - before)
    counted.process.kill()
    say("requests of one changed object", f"{(counts[3] - counts[2]) / 10:.1f}",
        f"{counts[2]} in the whole run with one; a look, the record, the change", "3")
    say("requests of one made object", f"{(counts[1] - counts[0]) / 10:.1f}",
        "that it is not there has to be said twice", "3")


def at_rest(prometheus, namespace):
    """CPU in a wait, and the most memory."""
    process = subprocess.Popen(command(prometheus, namespace, "empty", "shop/web:rest", "--set", "pause=40s"),
                               stdout=subprocess.DEVNULL)
    proc = pathlib.Path(f"/proc/{process.pid}")

    def cpu():
        return int((proc / "schedstat").read_text().split()[0]) / 1e9

    time.sleep(5)
    first, begin = cpu(), time.monotonic()
    time.sleep(30)
    share = (cpu() - first) / (time.monotonic() - begin)
    status = (proc / "status").read_text()
    memory = {name: int(re.search(name + r":\s+(\d+)", status).group(1)) / 1024
              for name in ("VmHWM", "RssAnon", "RssFile")}
    process.wait(timeout=60)
    say("run, at rest", f"{share:.3%} of a core", "30 s of a wait, the Lease renewed meanwhile", "0.1%")
    say("run, memory at most", f"{memory['VmHWM']:.1f} MiB",
        f"at rest {memory['RssAnon']:.1f} MiB of its own, {memory['RssFile']:.1f} MiB of files, which processes share",
        "16 MB")


def main():
    folder = pathlib.Path(os.environ["SGR_TEST_CLUSTER"])
    prometheus, namespace = start_prometheus(), namespace_of("bench")
    run(prometheus, namespace, "breach", "shop/web:1")
    steps(prometheus, namespace)
    requests_of_effects(prometheus, namespace, folder)
    at_rest(prometheus, namespace)
    route = Route(namespace)
    breaches(prometheus, namespace, route)
    route.watch.kill()


main()
