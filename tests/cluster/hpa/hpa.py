#!/usr/bin/env python3
"""The autoscalers of StreamGate's script under the real autoscaler: how soon they scale up and down, and to what.

hpa.py SGRC [--calm S]: needs the environment of `with`. The autoscaler looks every 15 s, as it does by default.
--calm: so long it waits before it scales down; 30 s where nothing is said, where the script says 300."""
import argparse, concurrent.futures, json, math, pathlib, subprocess, sys, time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "matrix"))
# pylint: disable=wrong-import-position
from api import Api
from supply import Demand, Supply
from world import KUBECONFIG, Failure, kubectl, until

SCRIPT = HERE.parents[2] / "examples/streamgate/hpa/autoscale.sgr"
SPACE, UP_S, DOWN_S, SYNC_S, WITHIN = "streamgate", 30, 300, 15, 0.05
LEAST = 3
CPU, MEMORY, RATE = 70, 96, 1000  # what the script gives a pod: milli-CPU and MiB (70% and 75% of its request), requests/s
SETTLE_S = 150


def replicas(api, name):
    """(wanted, ready)"""
    item = api.ask(f"/apis/apps/v1/namespaces/{SPACE}/deployments/{name}")[1]
    return item["spec"]["replicas"], item["status"].get("readyReplicas", 0)


class Scaled:
    """One Deployment, the demand on it in pods, and how long its autoscaler takes."""

    def __init__(self, api, supply, name, demand):
        self.api, self.supply, self.name, self.demand = api, supply, name, demand

    def ask_for(self, pods):
        self.supply.demands[self.name] = self.demand(pods)

    def wait(self, what, condition, limit=SETTLE_S):
        began = time.monotonic()
        until(f"{self.name}: {what}", lambda: condition(*replicas(self.api, self.name)), limit)
        return time.monotonic() - began

    def scales_up(self, pods):
        """Seconds until the first new pod is ready, and until all that the rule asks for."""
        before, rule = replicas(self.api, self.name)[1], math.ceil(pods)
        self.ask_for(pods)
        first = self.wait("more pods", lambda wanted, ready: ready > before)
        return first, first + self.wait(f"{rule} pods", lambda wanted, ready: wanted == ready == rule)

    def scales_down(self, pods, calm):
        before = replicas(self.api, self.name)[1]
        self.ask_for(pods)
        return self.wait("fewer pods", lambda wanted, ready: ready < before, calm + SETTLE_S)


def install(sgrc, supply, calm):
    done = subprocess.run([sgrc, "compile", "-q", str(SCRIPT), "--set", "image=streamgate/gateway:1.4.0",
                           "--set", f"calm={calm}s"], capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failure(done.stderr)
    for item in supply.objects():
        kubectl("apply", "-f", "-", stdin=json.dumps(item))
    kubectl("create", "namespace", SPACE)
    kubectl("apply", "--server-side", "-f", "-", stdin=done.stdout)
    kubectl("wait", "apiservice", "--all", "--for=condition=Available", "--timeout=60s")


def said(api, name):
    item = api.ask(f"/apis/autoscaling/v2/namespaces/{SPACE}/horizontalpodautoscalers/{name}")[1]
    return "; ".join(c["message"] for c in item["status"].get("conditions", []))


def active(api, name):
    item = api.ask(f"/apis/autoscaling/v2/namespaces/{SPACE}/horizontalpodautoscalers/{name}")[1]
    states = {c["type"]: c["status"] for c in item["status"].get("conditions", [])}
    return states.get("AbleToScale") == states.get("ScalingActive") == "True"


def audit(sgrc, calm):
    """Of the worker and the gateway every check must hold, but that they scale down slowly where the test has no time
    for it; the canary sleeps at 0, and so does its autoscaler."""
    done = subprocess.run([sgrc, "audit", str(SCRIPT), "--set", "image=streamgate/gateway:1.4.0", "--kubeconfig", KUBECONFIG],
                          capture_output=True, text=True, check=False)
    wrong = [l for l in done.stdout.splitlines() if "FAIL" in l and "canary" not in l
             and (calm >= DOWN_S or "it scales down slowly" not in l)]
    if wrong or "passed" not in done.stdout:
        raise Failure("the audits: " + "\n".join(wrong or [done.stdout + done.stderr]))
    return done.stdout.splitlines()[-1]


def judge(say, scaled, calm):
    """Up in two steps of demand, a little under a whole number of pods as a real one is, and down again."""
    for pods in (6.9, 9.8):
        first, every = scaled.scales_up(pods)
        say(every <= UP_S, f"{scaled.name}, scale-up to the demand of {pods} pods",
            f"the first new pod ready after {first:.1f} s, all after {every:.1f} s (at most {UP_S} s)")
        time.sleep(2 * SYNC_S)  # steady?
        rule, (wanted, ready) = math.ceil(pods), replicas(scaled.api, scaled.name)
        say(wanted == ready and abs(ready - rule) <= WITHIN * rule, f"{scaled.name}, steady",
            f"{ready} pods, the rule asks for {rule}")
    down = scaled.scales_down(1, calm)
    say(down <= calm + 2 * SYNC_S, f"{scaled.name}, scale-down",
        f"begins {down:.1f} s after the demand went, {calm} s of them because the script asks for calm first")


def judge_memory(say, scaled):
    """The larger of two needs counts."""
    before = replicas(scaled.api, scaled.name)[1]
    scaled.ask_for(before)
    time.sleep(2 * SYNC_S)
    wanted, ready = replicas(scaled.api, scaled.name)
    say(ready == wanted == before, "worker, held by its memory alone", f"{ready} pods, the rule asks for {before}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("sgrc")
    parser.add_argument("--calm", type=int, default=30)
    options = parser.parse_args()
    sgrc, calm = options.sgrc, options.calm
    api = Api()
    supply = Supply(api)
    failed = 0

    def say(ok, what, figure):
        nonlocal failed
        failed += not ok
        print(f"{'pass' if ok else 'FAIL'} {what}: {figure}", flush=True)

    install(sgrc, supply, calm)
    worker = Scaled(api, supply, "worker", lambda pods: Demand(cpu_milli=CPU * pods, memory_mib=MEMORY))
    gateway = Scaled(api, supply, "gateway", lambda pods: Demand(requests=RATE * pods))
    for scaled in worker, gateway:
        scaled.ask_for(LEAST)
        try:
            until(f"{scaled.name} is scaled", lambda s=scaled: active(api, s.name), 90)
        except Failure as problem:
            raise Failure(f"{problem}: {said(api, scaled.name)}") from problem
    say(True, "audits with metrics that flow", audit(sgrc, calm))
    with concurrent.futures.ThreadPoolExecutor() as pool:
        for done in [pool.submit(judge, say, scaled, calm) for scaled in (worker, gateway)]:
            done.result()
    judge_memory(say, Scaled(api, supply, "worker", lambda pods: Demand(cpu_milli=CPU, memory_mib=MEMORY * pods)))
    print(f"autoscaling: {failed} failed, {supply.asked} questions for metrics")
    sys.exit(1 if failed else 0)


main()
