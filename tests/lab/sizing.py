#!/usr/bin/env python3
"""What right-sizing saves, and what it costs: StreamGate's blue gateway by the real vertical autoscaler.

sizing.py SGRC: the gateway runs under a steady load until the recommender has seen minutes of it. Beside it stands what its
team would ask for by hand: at the highest use that was seen, 70% of the request is in use, as its autoscalers want it. Then
two gateways, one asking for the one and one for the other, get the same requests at the same time, on nodes that enforce
requests and limits. Fails if less than 10% is saved, or if latency or throughput are more than 5% worse. By hand:
`scale SGRC sizing`, ten minutes."""
import argparse, json, os, statistics, sys, time

os.environ["SGR_LAB_CGROUPS"] = "1"
# pylint: disable=wrong-import-position
import lab
from lab import CLUSTER, PARTS, Processes, kubectl, scrape_pods, until
from scale import SIZED, App, Board, guarded, objects, quantity, set_up, top

RATE, COST_MS, SEEN_S, ROUNDS, ROUND_S = 40, 8, 180, 8, 15
SHARE, LEAST_SAVED, WITHIN = 0.70, 0.10, 0.05


def recommended():
    vpa = json.loads(kubectl("-n", SIZED, "get", "vpa", "gateway-blue", "-o", "json"))
    return vpa["status"]["recommendation"]["containerRecommendations"][0]["target"]


def use_over(seconds):
    """What a pod uses on the average and at most, as metrics-server tells it every 15 s."""
    seen, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        seen += top(SIZED, "gateway")
        time.sleep(15)
    return statistics.mean(seen), max(seen)


def gateway(space, cpu, limit, options, processes):
    """The gateway in a namespace of its own that asks for `cpu` cores."""
    kubectl("create", "namespace", space)
    objects(options.sgrc, "vpa/rightsize.sgr", ["verticalpodautoscaler"], "-n", space)
    kubectl("-n", space, "delete", "deployment", "worker", "worker-canary")
    kubectl("-n", space, "set", "resources", "deployment", "gateway-blue", f"--requests=cpu={round(cpu * 1000)}m",
            f"--limits=cpu={round(limit * 1000)}m")
    kubectl("-n", space, "rollout", "status", "deployment", "gateway-blue", "--timeout=120s")
    app = App(space, "gateway", COST_MS, options, processes)
    app.open(1, 3)
    return app


def measured(app):
    """The answers' rate and times of all rounds, and whether any request was not answered well."""
    rows = [json.loads(surge.communicate(timeout=90)[0].splitlines()[-1]) for surge in app.surges]
    for surge in app.surges:
        app.processes.all.remove(surge)
    app.surges = []
    good = sum(row["answered"].get("2xx", 0) for row in rows)
    return {"rate": good / sum(row["seconds"] for row in rows), "p50": statistics.median(row["p50_ms"] for row in rows),
            "p99": statistics.median(row["p99_ms"] for row in rows), "lost": sum(row["due"] for row in rows) - good}


def perform(board, options, processes):
    processes.start("egress", PARTS, "egress", str(CLUSTER / "run/egress.sock"))
    processes.start("kubelet", PARTS, "kubelet")
    kubectl("create", "namespace", SIZED)
    objects(options.sgrc, "vpa/rightsize.sgr", ["verticalpodautoscaler"], "-n", SIZED)
    kubectl("apply", "--server-side", "-f", str(lab.HERE.parents[1] / "examples/streamgate/hpa/setup/metrics-server.yaml"))
    app = App(SIZED, "gateway", COST_MS, options, processes)
    scrape_pods([app.folder])
    app.open(RATE, 3)
    until("metrics-server tells of all pods", lambda: len(top(SIZED, "gateway")) == 3, 120)
    print(set_up("vpa/setup/setup", options.sgrc, space=SIZED), end="")
    mean, most = use_over(SEEN_S)
    target, asked = recommended(), most / SHARE
    app.close()
    cpu = quantity(target["cpu"])
    saved = 1 - cpu / asked
    board.say(saved >= LEAST_SAVED, "processor time asked for", f"{asked * 1000:.0f}m by hand (in use {mean * 1000:.0f}m on the average, "
              f"{most * 1000:.0f}m at most), {cpu * 1000:.0f}m recommended: {saved:.0%} saved; memory: {target['memory']} recommended, the least that is allowed")
    before = gateway("before", asked, 2, options, processes)
    after = gateway("after", cpu, 2 * cpu / asked, options, processes)
    for _ in range(ROUNDS):
        for one in before, after:
            one.surge(RATE, ROUND_S)
        time.sleep(ROUND_S + 1)
    old, new = measured(before), measured(after)
    for key, unit in (("rate", "/s"), ("p50", " ms"), ("p99", " ms")):
        board.say(abs(new[key] / old[key] - 1) <= WITHIN or (new[key] > old[key]) == (key == "rate"), f"{key} of the same requests",
                  f"{old[key]:.3g}{unit} before, {new[key]:.3g}{unit} after")
    board.say(old["lost"] == new["lost"] == 0, "lost", f"{old['lost']} before, {new['lost']} after")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("sgrc")
    options = parser.parse_args()
    board, processes = Board(), Processes()
    try:
        guarded(board, perform, options, processes)
    finally:
        processes.stop_all()
    print(f"{board.passed} passed, {board.failed} failed")
    sys.exit(1 if board.failed else 0)


if __name__ == "__main__":
    main()
