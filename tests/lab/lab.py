#!/usr/bin/env python3
"""Rollouts by sgrc while clients send requests, on a real control plane with real processes as pods.

lab.py SGRC [--rate N] [--requests N] [--each N] [--repeat N] [--going-back N] [MODE...]: in each mode a good release,
`undo`, and a bad release that goes back by itself, each with at least so many requests; or, with --repeat, so many
releases in a row of which every tenth is bad; or, with --going-back, bad ones until so many requests came while they
went back. Fails if a request failed that no bad version had answered, or if one is not accounted for. Started by
`run`; README.md explains."""
import argparse, json, os, pathlib, re, signal, socket, subprocess, sys, threading, time, urllib.request

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


# What a step of a run is counted as; a step that is not here has no traffic to lose.
PHASES = {"canary": {"first requests": "canary", "ramp": "canary", "everything": "canary", "promote": "promotion"},
          "blue-green": {"switch": "switch", "retire": "promotion"},
          "rolling": {"34%": "rolling", "67%": "rolling", "rest": "rolling"}}


class Failure(Exception):
    pass


def kubectl(*args, stdin=None):
    for _ in range(3 if "get" in args else 1):  # on a machine that others use, a read may meet a time-out
        done = subprocess.run([KUBECTL, "--kubeconfig", KUBECONFIG, *args], input=stdin, text=True,
                              capture_output=True, timeout=60, check=False)
        if "(Timeout)" not in done.stderr:
            break
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


def sums(tally):
    """Requests that ended, that failed through the rollout, and that the bad version itself failed."""
    return (tally["Done"], sum(failures(tally, lambda who: BAD not in who).values()),
            sum(failures(tally, lambda who: BAD in who).values()))


def judge_watch(said, status):
    """Who watches a canary sees its share, its pods, errors and slowness of both tracks, and the verdicts."""
    wanted = [rf"^  traffic   {share}% to the new version$" for share in (5, 10, 25, 50, 75, 100)] + [
        r"^  pods      new 1, old 3$", r"^  pods      new 3, old 3$", r"^  verdict   pass$",
        r"^  guard     healthy: pass \(requests\(new\) = [\d.]+/s, error_rate\(new\) = 0%, p99\(new\) = [\d.]+m?s, "
        r"p99\(old\) = [\d.]+m?s\)$", r"^ship in lab-canary: promoted$"]
    missing = [line for line in wanted if not re.search(line, said, re.M)]
    if missing or status:
        raise Failure(f"sgrc watch: exit {status}, never said {missing}; it said\n{said}")


class During:
    """What the clients got while runs were in a phase, over all runs: {phase: [times, seconds, *sums]}."""

    def __init__(self, now):
        self.now, self.phases, self.current = now, {}, None

    def enter(self, phase):
        at, tally = time.time(), sums(self.now())
        if self.current is not None:
            name, began, before = self.current
            row = self.phases.setdefault(name, [0, 0.0, 0, 0, 0])
            self.phases[name] = [row[0] + (phase != name), row[1] + at - began,
                                 *(r + a - b for r, a, b in zip(row[2:], tally, before))]
        self.current = None if phase is None else (phase, at, tally)

    def follow(self, mode, event):
        """Takes an event of the run."""
        if event["type"] == "step" and (self.current is None or self.current[0] != "rollback"):
            self.enter(PHASES[mode].get(event["name"]))
        elif event["type"] == "failed":
            self.enter("rollback")
        elif event["type"] == "outcome" and event["outcome"] == "promoted":
            self.enter(None)  # a rollback ends when only the old version runs


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
        self.during, self.right = During(self.now), 0

    # ---- sgrc ----

    def sgrc(self, *args, expect=0):
        command = [self.options.sgrc, *args]
        done = subprocess.run(command, text=True, capture_output=True, check=False, timeout=900,
                              stdin=subprocess.DEVNULL)
        if done.returncode != expect:
            raise Failure(f"{' '.join(command)}: exit {done.returncode}, not {expect}\n"
                          f"{done.stdout[-3000:]}{done.stderr[-3000:]}")
        return done.stdout

    def run(self, version, each, watched=None):
        """A release; its events are followed as they come. `watched` judges what `sgrc watch` says meanwhile."""
        command = [self.options.sgrc, "run", str(HERE / MODES[self.mode]), "--set", f"image=web:{version}", "--set",
                   f"each={each}s", "--prometheus", PROMETHEUS, "--output", "json"]
        expect, lines, log = 2 if BAD in version else 0, [], self.namespace + "-sgrc"
        run, watcher = self.processes.start(log, *command, output=subprocess.PIPE), None
        too_long = threading.Timer(900, run.kill)
        too_long.start()
        with run.stdout:
            for line in run.stdout:
                lines.append(line.decode())
                if self.load is not None and line.startswith(b"{"):
                    event = json.loads(line)
                    self.during.follow(self.mode, event)
                    if watched and watcher is None and event["type"] == "step":
                        watcher = self.processes.start(self.namespace + "-watch", self.options.sgrc, "watch", "ship", "-n",
                                                       self.namespace, output=subprocess.PIPE)
        run.wait()
        too_long.cancel()
        self.processes.all.remove(run)
        if run.returncode != expect:
            raise Failure(f"{' '.join(command)}: exit {run.returncode}, not {expect}\n{''.join(lines)[-3000:]}"
                          f"{(CLUSTER / 'log' / log).read_text()[-3000:]}")
        if watcher:
            said = watcher.communicate(timeout=30)[0].decode()
            self.processes.all.remove(watcher)
            watched(said, watcher.returncode)
        return "".join(lines)

    def undo(self):
        self.during.enter("rollback")
        return self.sgrc("undo", "ship", "-n", self.namespace)

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
        tally = []
        until(f"{self.mode}: the clients tell what they got", lambda: tally or self.asked(tally))
        return tally[0]

    def asked(self, tally):
        """On a machine that has too much to do an answer may take longer than one question waits."""
        if self.load.poll() is not None:
            raise Failure(f"{self.mode}: the clients are gone")
        found = fetched(f"http://{self.tally}/")
        return found and tally.append(found) is None

    def serves(self, version):
        """Its pods are the only ones, and those before them have left."""
        def images():
            items = json.loads(kubectl("-n", self.namespace, "get", "pods", "-o", "json"))["items"]
            return {p["spec"]["containers"][0]["image"] for p in items}
        until(f"only {version} runs", lambda: images() == {f"web:{version}"})
        self.during.enter(None)

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
        self.rows.append((f"{self.mode}: {name}", *(a - b for a, b in zip(sums(after), sums(before))), took,
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
        watched = judge_watch if self.mode == "canary" else None
        self.story("good release", lambda: self.run("2", each, watched), "2", least)
        self.story("undo", self.undo, "1", least, gone="2")
        bad = "3" + BAD
        self.story("bad release, back by itself", lambda: self.run(bad, each), "1", least, gone=bad)

    def in_a_row(self):
        """Every tenth release is bad; each must end as it should."""
        versions = [f"{i + 10}" + (BAD if i % 10 == 3 else "") for i in range(self.options.repeat)]
        last = [v for v in versions if BAD not in v][-1]

        def all_of_them():
            current = "1"
            for version in versions:
                self.run(version, 1)
                current = current if BAD in version else version
                self.serves(current)
            return ""
        bad = sum(BAD in v for v in versions)
        self.story(f"{len(versions)} in a row, {bad} bad, all right", all_of_them, last, self.options.requests)

    def back_again(self):
        """Bad releases one after another, until so many requests came while they went back."""
        def all_of_them():
            number = 0
            while self.during.phases.get("rollback", [0, 0, 0])[2] < self.options.going_back:
                number += 1
                self.run(f"{number + 10}{BAD}", 1)
                self.serves("1")
            return ""
        self.story("bad releases in a row, all right", all_of_them, "1", self.options.requests)

    def perform(self):
        if self.options.going_back:
            self.back_again()
        elif self.options.repeat:
            self.in_a_row()
        else:
            self.releases()


def table(rows):
    print(f"{'what':42} {'requests':>9} {'lost':>5} {'bad version':>12} {'took':>8} {'traffic back':>13}")
    for what, requests, lost, own, took, back in rows:
        late = "" if back is None else f"{back:.1f} s"
        print(f"{what:42} {requests:9} {lost:5} {own:12} {took:6.0f} s {late:>13}")


def table_of_phases(ways):
    """Only what came while something was on the way."""
    print(f"{'during':42} {'requests':>9} {'lost':>5} {'bad version':>12} {'took':>8} {'times':>13}")
    for way in ways:
        for phase, (times, seconds, requests, lost, own) in way.during.phases.items():
            print(f"{way.mode + ': ' + phase:42} {requests:9} {lost:5} {own:12} {seconds:6.0f} s {times:13}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("sgrc")
    parser.add_argument("modes", nargs="*", default=list(MODES))
    for name, default in (("rate", 300), ("requests", 5000), ("each", 2), ("repeat", 0), ("going-back", 0)):
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
                way.perform()
                sent += way.close()
            except Exception as problem:  # pylint: disable=broad-except
                failed += 1
                print(f"FAIL {way.mode}: {problem}", flush=True)
            rows += way.rows
    finally:
        processes.stop_all()
    table(rows)
    table_of_phases(ways)
    print(f"{sent} requests, every one accounted for; {len(ways) - failed} modes passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
