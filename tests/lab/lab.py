#!/usr/bin/env python3
"""Rollouts by sgrc while clients send requests, on a real control plane with real processes as pods.

lab.py SGRC [--rate N] [--requests N] [--each N] [--repeat N] [MODE...]: in each mode a good release, `undo`, and
a bad release that goes back by itself, each with at least so many requests; then, with --repeat, so many
releases in a row of which every tenth is bad. Fails if a request failed that no bad version had answered,
or if one is not accounted for. Started by `run`; README.md explains."""
import argparse, json, os, pathlib, signal, socket, subprocess, sys, time, urllib.request

HERE = pathlib.Path(__file__).resolve().parent
CLUSTER = pathlib.Path(os.environ["SGR_TEST_CLUSTER"])
KUBECTL, KUBECONFIG = os.environ["SGR_TEST_KUBECTL"], os.environ["KUBECONFIG"]
PROMETHEUS, PARTS = os.environ["SGR_TEST_PROMETHEUS"], os.environ["SGR_LAB_PARTS"]
MODES = {"canary": "canary.sgr", "blue-green": "blue_green.sgr", "rolling": "rolling.sgr"}
BAD = "-bad50"  # with this in its tag a version answers half of its requests with an error
INGRESS = {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": "web"},
           "spec": {"ingressClassName": "nginx", "rules": [{"http": {"paths": [{
               "path": "/", "pathType": "Prefix",
               "backend": {"service": {"name": "web", "port": {"name": "http"}}}}]}}]}}


class Failure(Exception):
    pass


def kubectl(*args, stdin=None):
    done = subprocess.run([KUBECTL, "--kubeconfig", KUBECONFIG, *args], input=stdin, text=True,
                          capture_output=True, timeout=60, check=False)
    if done.returncode:
        raise Failure(f"kubectl {' '.join(args)}: {done.stderr}")
    return done.stdout


def until(what, condition, limit=60):
    end = time.monotonic() + limit
    while not condition():
        if time.monotonic() > end:
            raise Failure(f"after {limit} s: {what}")
        time.sleep(0.1)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def fetched(url):
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return json.load(answer)
    except (OSError, ValueError):
        return None


class Processes:
    """What the lab has started; what they say is in the cluster's folder of logs."""

    def __init__(self):
        self.all = []

    def start(self, name, *command, output=None):
        with open(CLUSTER / "log" / name, "ab") as log:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output or log, stderr=log)
        self.all.append(process)
        return process

    def stop(self, *processes):
        for process in processes:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in processes:
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            self.all.remove(process)

    def stop_all(self):
        self.stop(*reversed(self.all))


def scrape_pods(folders):
    """Prometheus gets the targets that the routers write."""
    config = CLUSTER / "run" / "prometheus.yml"
    files = ", ".join(json.dumps(str(f / "targets.json")) for f in folders)
    config.write_text(config.read_text() + "- job_name: pods\n  file_sd_configs:\n"
                      f"  - files: [{files}]\n    refresh_interval: 1s\n")
    urllib.request.urlopen(urllib.request.Request(PROMETHEUS + "/-/reload", b""), timeout=10).read()


def failures(tally, wanted):
    """How many requests failed by whom, of those that `wanted` names."""
    return {who: a["Failed"] for who, a in tally["By"].items() if a["Failed"] and wanted(who)}


class Way:
    """One mode in its namespace, with its router, nginx and clients."""

    def __init__(self, mode, options, processes):
        self.mode, self.options, self.processes = mode, options, processes
        self.namespace = "lab-" + mode
        self.folder = CLUSTER / self.namespace
        self.folder.mkdir()
        port, self.tally = free_port(), f"127.0.0.1:{free_port()}"
        self.port, self.url = str(port), f"http://127.0.0.1:{port}/"
        self.router, self.nginx, self.load, self.rows = None, None, None, []

    # ---- sgrc ----

    def sgrc(self, *args, expect=0):
        command = [self.options.sgrc, *args]
        done = subprocess.run(command, text=True, capture_output=True, check=False, timeout=900,
                              stdin=subprocess.DEVNULL)
        if done.returncode != expect:
            raise Failure(f"{' '.join(command)}: exit {done.returncode}, not {expect}\n"
                          f"{done.stdout[-3000:]}{done.stderr[-3000:]}")
        return done.stdout

    def run(self, version, each):
        return self.sgrc("run", str(HERE / MODES[self.mode]), "--set", f"image=web:{version}", "--set",
                         f"each={each}s", "--prometheus", PROMETHEUS, "--output", "json",
                         expect=2 if BAD in version else 0)

    # ---- traffic ----

    def open(self):
        kubectl("create", "namespace", self.namespace)
        kubectl("-n", self.namespace, "apply", "-f", "-", stdin=json.dumps(INGRESS))
        self.router = self.processes.start(self.namespace + "-router", PARTS, "router", self.namespace,
                                           str(self.folder), self.port)
        self.run("1", 2)
        conf = self.folder / "nginx.conf"
        until("nginx has a configuration", conf.exists)
        self.nginx = self.processes.start(self.namespace + "-nginx", "nginx", "-c", str(conf), "-e",
                                          str(self.folder / "nginx.log"))
        until("version 1 answers", self.answers)
        self.load = self.processes.start(self.namespace + "-load", PARTS, "load", self.url,
                                         str(self.options.rate), self.tally, output=subprocess.PIPE)
        query = f'sum(rate(http_requests_total{{namespace="{self.namespace}"}}[5s])) > {self.options.rate / 2}'
        url = PROMETHEUS + "/api/v1/query?query=" + urllib.request.quote(query)
        until("Prometheus sees the requests", lambda: ((fetched(url) or {}).get("data") or {}).get("result"))

    def answers(self):
        try:
            return urllib.request.urlopen(self.url, timeout=2).status == 200
        except OSError:
            return False

    def now(self):
        tally = fetched(f"http://{self.tally}/")
        if tally is None:
            raise Failure(f"{self.mode}: the clients are gone")
        return tally

    def serves(self, version):
        """Its pods are the only ones, and those before them have left."""
        def images():
            items = json.loads(kubectl("-n", self.namespace, "get", "pods", "-o", "json"))["items"]
            return {p["spec"]["containers"][0]["image"] for p in items}
        until(f"only {version} runs", lambda: images() == {f"web:{version}"})

    def close(self):
        """No client sends any more; every request that was sent has its answer in the tally."""
        self.load.send_signal(signal.SIGTERM)
        out, _ = self.load.communicate(timeout=30)
        self.processes.all.remove(self.load)
        tally = json.loads(out)
        counted = sum(a["OK"] + a["Failed"] for a in tally["By"].values())
        if not tally["Sent"] == tally["Done"] == counted:
            raise Failure(f"{self.mode}: {tally['Sent']} sent, {tally['Done']} ended, {counted} counted")
        lost = failures(tally, lambda who: BAD not in who)
        if lost:
            raise Failure(f"{self.mode}: requests were lost: {lost}, {tally['Problems']}")
        self.processes.stop(self.router, self.nginx)
        kubectl("delete", "namespace", self.namespace, "--wait=false")
        return tally["Sent"]

    # ---- stories ----

    def story(self, name, act, then, requests, gone=None):
        """Performs `act` under load until only version `then` runs, and adds a row. `gone` is the version
        that loses its traffic again."""
        before, began = self.now(), time.time()
        out = act()
        took = time.time() - began
        self.serves(then)
        while self.now()["Done"] - before["Done"] < requests:
            time.sleep(0.2)
        after = self.now()
        lost, own = (sum(failures(after, wanted).values()) - sum(failures(before, wanted).values())
                     for wanted in (lambda who: BAD not in who, lambda who: BAD in who))
        self.rows.append((f"{self.mode}: {name}", after["Done"] - before["Done"], lost, own, took,
                          self.traffic_back(after, gone, out, began)))

    @staticmethod
    def traffic_back(tally, gone, out, began):
        """Seconds from the run's decision to go back, or the command to, until that version's last answer."""
        if gone is None:
            return None
        if gone not in tally["By"]:
            raise Failure(f"version {gone} was never asked")
        events = [json.loads(line) for line in out.splitlines() if line.startswith("{")]
        decided = [float(e["time"]) for e in events if e["type"] == "failed"]
        return max(0.0, tally["By"][gone]["Last"] / 1000 - began - (decided[0] if decided else 0.0))

    def releases(self):
        each, least = self.options.each, self.options.requests
        self.story("good release", lambda: self.run("2", each), "2", least)
        self.story("undo", lambda: self.sgrc("undo", "ship", "-n", self.namespace), "1", least,
                   gone="2")
        bad = "3" + BAD
        self.story("bad release, back by itself", lambda: self.run(bad, each), "1", least, gone=bad)

    def in_a_row(self):
        """Every tenth release is bad; each must end as it should."""
        versions = [f"{i + 10}" + (BAD if i % 10 == 4 else "") for i in range(self.options.repeat)]
        last = [v for v in versions if BAD not in v][-1]

        def all_of_them():
            current = "1"
            for version in versions:
                self.run(version, 1)
                current = current if BAD in version else version
                self.serves(current)
            return ""
        self.story(f"{len(versions)} in a row, all right", all_of_them, last, self.options.requests)


def table(rows):
    print(f"{'what':42} {'requests':>9} {'lost':>5} {'bad version':>12} {'took':>8} {'traffic back':>13}")
    for what, requests, lost, own, took, back in rows:
        late = "" if back is None else f"{back:.1f} s"
        print(f"{what:42} {requests:9} {lost:5} {own:12} {took:6.0f} s {late:>13}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("sgrc")
    parser.add_argument("modes", nargs="*", default=list(MODES))
    for name, default in (("rate", 300), ("requests", 5000), ("each", 2), ("repeat", 0)):
        parser.add_argument("--" + name, type=int, default=default)
    options = parser.parse_intermixed_args()
    processes, rows, sent, failed = Processes(), [], 0, 0
    try:
        processes.start("kubelet", PARTS, "kubelet")
        ways = [Way(mode, options, processes) for mode in options.modes]
        scrape_pods([way.folder for way in ways])
        for way in ways:
            try:
                way.open()
                if options.repeat:
                    way.in_a_row()
                else:
                    way.releases()
                sent += way.close()
            except Exception as problem:  # pylint: disable=broad-except
                failed += 1
                print(f"FAIL {way.mode}: {problem}", flush=True)
            rows += way.rows
    finally:
        processes.stop_all()
    table(rows)
    print(f"{sent} requests, every one accounted for; {len(ways) - failed} modes passed, {failed} failed")
    sys.exit(1 if failed else 0)


main()
