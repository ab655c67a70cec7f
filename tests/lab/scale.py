#!/usr/bin/env python3
"""StreamGate's autoscalers by what its pods really use: set-up, metrics, up and down under load, right-sizing.

scale.py SGRC [--full]: the set-up scripts of examples/streamgate install metrics-server, the custom metrics API and the
vertical autoscaler as they would in any cluster; the lab's kubelet runs their pods as the real programs. `sgrc load` sends
requests through nginx; the pods spend processor time for them; the real autoscaler follows what arrives. Fails if numbers
do not flow, if an autoscaler is late or does not ask for what its rule says, or if a request is lost.
--full: with the calm of five minutes before it scales down, and longer holds. Started by `scale`; README.md explains."""
import argparse, json, math, os, signal, subprocess, sys, tempfile, threading, time

import lab
from lab import CLUSTER, PARTS, PROMETHEUS, Failure, Processes, fetched, free_port, kubectl, scrape_pods, until

EXAMPLES = lab.HERE.parents[1] / "examples/streamgate"
IMAGE, SPACE, SIZED = "streamgate/gateway:1.4.0", "streamgate", "rightsize"
LEAST, TARGET, WITHIN = 3, 0.070, 0.05  # pods; cores a pod may use: 70% of what it asks for; of the pods that the rule asks for
SYNC_S, RESOLUTION_S, WINDOW_S, READY_S = 15, 15, 60, 6  # autoscaler, metrics-server, the rate of requests, a pod's start
PER_POD = 20  # requests a second and pod that the gateway is scaled by here; StreamGate says 1000


class Board:
    """What was seen, a line each."""

    def __init__(self):
        self.failed, self.passed, self.lock = 0, 0, threading.Lock()

    def say(self, good, what, figure):
        with self.lock:
            self.failed, self.passed = self.failed + (not good), self.passed + bool(good)
            print(f"{'pass' if good else 'FAIL'} {what}: {figure}", flush=True)


class App:
    """A workload behind an nginx of its own, and the requests to it; each costs so many milliseconds."""

    def __init__(self, space, service, cost, options, processes):
        self.space, self.service, self.cost, self.options, self.processes = space, service, cost, options, processes
        self.name = f"{space}-{service}"
        self.folder = CLUSTER / self.name
        self.folder.mkdir()
        self.port = free_port()
        ingress = json.loads(json.dumps(lab.INGRESS).replace('"web"', json.dumps(service)))
        kubectl("-n", space, "apply", "-f", "-", stdin=json.dumps(ingress))
        self.router = processes.start(self.name + "-router", PARTS, "router", space, str(self.folder), str(self.port), service)
        self.base, self.surges, self.rate = None, [], 0

    def open(self, rate, pods=1):
        self.rate = rate
        conf = self.folder / "nginx.conf"
        # One pod that carries all for a while would be remembered by who recommends.
        until(f"{self.name} has all its pods", lambda: conf.exists() and conf.read_text().count(" max_fails=0;") >= pods)
        self.processes.start(self.name + "-nginx", "nginx", "-c", str(conf), "-e", str(self.folder / "nginx.log"))
        tally = f"127.0.0.1:{free_port()}"
        self.base = self.processes.start(self.name + "-load", PARTS, "load", self.url(), str(rate), tally, output=subprocess.PIPE)
        until(f"{self.name} answers", lambda: (fetched(f"http://{tally}/") or {}).get("Done", 0) > 0)

    def url(self):
        return f"http://127.0.0.1:{self.port}/?ms={self.cost}"

    def surge(self, rate, seconds):
        """More requests for a while, by sgrc: it sends nothing twice, so each takes a connection that no reload of nginx closes."""
        self.surges.append(self.processes.start(
            self.name + "-surge", self.options.sgrc, "load", self.url(), "--rate", str(rate), "--for", f"{seconds}s",
            "--output", "json", "-H", "Connection: close", output=subprocess.PIPE))

    def close(self):
        """How many requests were sent, and how many of them not answered well."""
        self.base.send_signal(signal.SIGTERM)
        tally = json.loads(self.base.communicate(timeout=30)[0])
        sent, lost, problems = tally["Sent"], tally["Sent"] - sum(a["OK"] for a in tally["By"].values()), [tally["Problems"]]
        for surge in self.surges:
            said = json.loads(surge.communicate(timeout=60)[0].splitlines()[-1])
            sent, lost = sent + said["due"], lost + said["due"] - said["answered"].get("2xx", 0)
            problems.append({k: said.get(k) for k in ("answered", "failed", "problem")})
        for process in (self.base, *self.surges):
            self.processes.all.remove(process)
        return sent, lost, problems

    def pods(self):
        item = json.loads(kubectl("-n", self.space, "get", "deployment", self.service, "-o", "json"))
        return item["spec"]["replicas"], item["status"].get("readyReplicas", 0)


# ---- the set-up ----

def objects(sgrc, script, kinds_left_out, *options):
    """What a script compiles to, without some kinds."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sgrc, "compile", "-q", str(EXAMPLES / script), "--set", f"image={IMAGE}", *options, "-o", folder + "/"],
                       check=True)
        names = sorted(n for n in os.listdir(folder) if not any(f"-{kind}-" in n for kind in kinds_left_out))
        kubectl("apply", "--server-side", *(a for n in names for a in ("-f", f"{folder}/{n}")))


def set_up(script, sgrc, *options, space=SPACE, patience=240):
    """Runs a set-up script of the examples with this kubectl and this sgrc in its path."""
    tools = CLUSTER / "run" / "tools"
    tools.mkdir(exist_ok=True)
    for name, target in (("kubectl", lab.KUBECTL), ("sgrc", sgrc)):
        if not (tools / name).exists():
            (tools / name).symlink_to(target)
    env = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}", "NAMESPACE": space, "PATIENCE": str(patience),
           "HOME": str(CLUSTER)}
    done = subprocess.run([str(EXAMPLES / script), IMAGE, *options], env=env, capture_output=True, text=True, check=False,
                          timeout=400)
    if done.returncode:
        raise Failure(f"{script}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def judge_set_up(board, sgrc, *options):
    began = time.monotonic()
    first = set_up("hpa/setup/setup", sgrc, *options)
    took = time.monotonic() - began
    print(first, end="")
    board.say("CPU and memory: installed from metrics-server.yaml, v1beta1.metrics.k8s.io served by kube-system/metrics-server" in first
              and "requests: installed from custom-metrics.yaml, v1beta1.custom.metrics.k8s.io served by monitoring/custom-metrics" in first
              and first.endswith("numbers flow\n"), "set-up of the autoscalers", f"installed, and numbers flow after {took:.0f} s")
    again = set_up("hpa/setup/setup", sgrc, *options)
    board.say(again.count(": found, ") == 2 and "installed" not in again, "set-up again", "found, and installs nothing")
    kubectl("create", "namespace", "empty")
    try:
        said = set_up("hpa/setup/setup", sgrc, space="empty", patience=2)
    except Failure as problem:
        said = str(problem).splitlines()[-1]
    board.say(said.startswith("setup: after 2 s: no CPU and memory of pods"), "set-up where no pod runs", said)


def quantity(text):
    unit = {"n": 1e-9, "u": 1e-6, "m": 1e-3}.get(text[-1])
    return float(text[:-1]) * unit if unit else float(text)


def top(space, app):
    """The pods' processor time in cores, as kubectl top says; nothing where it says nothing yet."""
    try:
        lines = kubectl("-n", space, "top", "pods", "-l", f"app={app}", "--no-headers").splitlines()
    except Failure:
        return []
    return [quantity(line.split()[1]) for line in lines]


def asked(space):
    """The requests a second of each pod of the gateway, as the custom metrics API says."""
    path = f"/apis/custom.metrics.k8s.io/v1beta1/namespaces/{space}/pods/*/http_requests_per_second?labelSelector=app%3Dgateway"
    return [quantity(item["value"]) for item in json.loads(kubectl("get", "--raw", path))["items"]]


def answer(query):
    return fetched(PROMETHEUS + "/api/v1/query?query=" + lab.urllib.request.quote(query))["data"]["result"]


def used(pod_labels):
    """What Prometheus counts a second over the last half minute: the same requests, seen another way."""
    found = answer(f'sum(rate(http_requests_total{{{pod_labels}}}[30s]))')
    return float(found[0]["value"][1]) if found else 0.0


def judge_numbers(board, worker, gateway):
    """They are what the clients cause, once a whole window has passed."""
    near = lambda a, b, share: abs(a - b) <= share * b
    until("the custom metrics API tells the requests that are sent", lambda: near(sum(asked(SPACE)), gateway.rate, 0.1), 90)
    flows = sum(asked(SPACE)), used('namespace="streamgate",app="gateway"')
    board.say(near(flows[0], flows[1], 0.15), "requests", f"{flows[0]:.0f}/s by the custom metrics API, {flows[1]:.0f}/s by "
              f"Prometheus, {gateway.rate}/s sent")
    until("kubectl top knows all workers", lambda: len(top(SPACE, "worker")) == LEAST, 60)
    use, cost = sum(top(SPACE, "worker")), worker.rate * worker.cost / 1000
    board.say(cost <= use <= 2.5 * cost, "processor time", f"{use * 1000:.0f}m of the workers by kubectl top, {cost * 1000:.0f}m of "
              "them what the requests cost")


def judge_monitoring(board, sgrc):
    """Prometheus takes the alert rules and evaluates them; the dashboard's questions about the gateway have answers.
    Those about Deployments and autoscalers need kube-state-metrics, which is not here."""
    rules, dashboard = CLUSTER / "run/alerts.yaml", CLUSTER / "run/dashboard.json"
    for target, script, out in (("prometheus", "monitoring/alerts.sgr", rules), ("grafana", "hpa/autoscale.sgr", dashboard)):
        subprocess.run([sgrc, "compile", "-q", str(EXAMPLES / script), "--set", f"image={IMAGE}", "--target", target, "-o", str(out)],
                       check=True)
    config = CLUSTER / "run" / "prometheus.yml"
    config.write_text(config.read_text() + f"rule_files: [{json.dumps(str(rules))}]\n")
    lab.urllib.request.urlopen(lab.urllib.request.Request(PROMETHEUS + "/-/reload", b""), timeout=10).read()

    def health():
        groups = fetched(PROMETHEUS + "/api/v1/rules")["data"]["groups"]
        return [rule["health"] for group in groups for rule in group["rules"]]
    until("the rules are evaluated", lambda: health() and "unknown" not in health(), 90)
    board.say(set(health()) == {"ok"}, "alert rules", f"{len(health())} taken and evaluated")
    asked_for = [t["expr"] for panel in json.loads(dashboard.read_text())["panels"] for t in panel["targets"]]
    ours = [e for e in asked_for if 'track="stable"' in e and "kube_" not in e]
    silent = [e for e in ours if not answer(e)]
    board.say(ours and not silent, "dashboard", f"{len(ours)} questions about the gateway's stable track, without an answer: {silent}")


# ---- up and down ----

def judge_scaling(board, app, measure, per_pod, surge, options):
    """A surge to 6.5 pods' worth; then as many pods as the rule asks for; then fewer again."""
    began = time.monotonic()
    app.surge(surge, options.surge)
    until(f"{app.name}: more pods", lambda: app.pods()[1] > LEAST, 120)
    first = time.monotonic() - began
    until(f"{app.name}: six pods", lambda: app.pods()[1] >= 6, 120)
    most = time.monotonic() - began
    board.say(first <= app.delay + SYNC_S + READY_S, f"{app.name}, scale-up",
              f"the first new pod ready {first:.1f} s after the surge, six after {most:.1f} s")
    ended = began + options.surge
    time.sleep(max(0, ended - 2 * SYNC_S - time.monotonic()))
    good = False
    while not good and time.monotonic() < ended - 2:
        total, (wanted, ready) = sum(measure()), app.pods()
        rule = total / per_pod
        # The autoscaler leaves things alone within a tenth of its target.
        good = wanted == ready and (abs(ready - math.ceil(rule)) <= WITHIN * rule or abs(rule / ready - 1) <= 0.1)
        time.sleep(1)
    board.say(good, f"{app.name}, steady", f"{ready} pods, {total:.3g} in use by all, {per_pod:g} a pod: the rule asks for {rule:.2f}")
    until(f"{app.name}: fewer pods", lambda: app.pods()[1] < ready, options.calm + 240)
    down = time.monotonic() - ended
    board.say(down <= options.calm + app.delay + 2 * SYNC_S + READY_S, f"{app.name}, scale-down",
              f"the first pod gone {down:.1f} s after the surge, {options.calm} s of them the calm that the script asks for")


# ---- right-sizing ----

def judge_rightsizing(board, options):
    began = time.monotonic()
    said = set_up("vpa/setup/setup", options.sgrc, space=SIZED)
    took = time.monotonic() - began
    print(said, end="")
    board.say("vertical autoscaler: installed from vpa.yaml" in said and said.endswith("recommendations are there\n"),
              "set-up of right-sizing", f"installed, and recommends after {took:.0f} s")
    time.sleep(options.sizing)
    vpa = json.loads(kubectl("-n", SIZED, "get", "vpa", "gateway-blue", "-o", "json"))
    found = vpa["status"]["recommendation"]["containerRecommendations"][0]
    low, target, high = (quantity(found[k]["cpu"]) for k in ("lowerBound", "target", "upperBound"))
    mean = sum(top(SIZED, "gateway")) / LEAST
    board.say(low <= target <= high and mean <= target <= 1.6 * mean, "recommendation for blue",
              f"{target * 1000:.0f}m of CPU ({low * 1000:.0f}m .. {high * 1000:.0f}m) and {found['target']['memory']} of memory, "
              f"where a pod uses {mean * 1000:.0f}m")
    old = kubectl("-n", SIZED, "get", "pods", "-l", "app=gateway", "-o", "name").split()
    kubectl("-n", SIZED, "delete", "--wait=false", old[0])

    def sized():
        pods = json.loads(kubectl("-n", SIZED, "get", "pods", "-l", "app=gateway", "-o", "json"))["items"]
        return [p["spec"]["containers"][0]["resources"]["requests"]["cpu"] for p in pods if "pod/" + p["metadata"]["name"] not in old]
    until("a new pod of blue", sized, 30)
    new = quantity(sized()[0])
    board.say(new > 0.1 and abs(new - target) <= 0.3 * target, "the next pod of blue", f"asks for {new * 1000:.0f}m instead of 100m")


def perform(board, options, processes):
    processes.start("egress", PARTS, "egress", str(CLUSTER / "run/egress.sock"))
    processes.start("kubelet", PARTS, "kubelet")
    scaled = [f"--set=calm={options.calm}s", f"--set=per_pod={PER_POD}/s"]
    for space in (SPACE, SIZED):
        kubectl("create", "namespace", space)
    objects(options.sgrc, "hpa/autoscale.sgr", ["horizontalpodautoscaler"], *scaled)
    objects(options.sgrc, "vpa/rightsize.sgr", ["verticalpodautoscaler"], "-n", SIZED)
    worker, gateway, blue = (App(*which, options, processes) for which in
                             ((SPACE, "worker", 4), (SPACE, "gateway", 0), (SIZED, "gateway", 8)))
    worker.delay, gateway.delay = 2 * RESOLUTION_S, WINDOW_S / 3
    scrape_pods([gateway.folder])
    for app, rate, pods in ((worker, 30, 1), (gateway, 48, 1), (blue, 40, LEAST)):  # an autoscaler brings the others
        app.open(rate, pods)
    judge_set_up(board, options.sgrc, *scaled)
    judge_numbers(board, worker, gateway)
    judge_monitoring(board, options.sgrc)
    together = [threading.Thread(target=guarded, args=(board, *call)) for call in (
        (judge_scaling, worker, lambda: top(SPACE, "worker"), TARGET, 60, options),
        (judge_scaling, gateway, lambda: asked(SPACE), PER_POD, 82, options), (judge_rightsizing, options))]
    for thread in together:
        thread.start()
    for thread in together:
        thread.join()
    for app in (worker, gateway, blue):
        sent, lost, problems = app.close()
        board.say(lost == 0, f"requests to {app.name}", f"{lost} of {sent} lost{f', {problems}' if lost else ''}")


def guarded(board, judge, *args):
    try:
        judge(board, *args)
    except Exception as problem:  # pylint: disable=broad-except
        board.say(False, judge.__name__, problem)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("sgrc")
    parser.add_argument("--full", action="store_true")
    options = parser.parse_args()
    options.calm, options.surge, options.sizing = (300, 150, 240) if options.full else (30, 100, 20)
    board, processes = Board(), Processes()
    try:
        guarded(board, perform, options, processes)
    finally:
        processes.stop_all()
    print(f"{board.passed} passed, {board.failed} failed")
    sys.exit(1 if board.failed else 0)


if __name__ == "__main__":
    main()
