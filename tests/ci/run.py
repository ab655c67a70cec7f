#!/usr/bin/env python3
"""Plays the shell steps of the pipelines below examples/ci on this machine, with --sim for the cluster. Steps that
only a real cluster can answer are counted; an expression that this test does not know is an error.

  tests/ci/run.py SGRC
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
CI = ROOT / "examples" / "ci"
EXPRESSIONS = {
    "vars.SGRC_FLAGS": "--sim",
    "secrets.KUBECONFIG": "apiVersion: v1",
    "inputs.image || format('streamgate/gateway:{0}', github.sha)": "streamgate/gateway:1.5.0",
    "inputs.command": "test",
    "inputs.files": "examples/streamgate/canary/*.sgr",
    "inputs.arguments": "-q",
}
CLUSTER_ONLY = "vars.SGRC_FLAGS == ''"
BUILDS = {"Build sgrc", "Put it on the PATH"}


def filled(text):
    return re.sub(r"\$\{\{ *(.*?) *\}\}", lambda m: EXPRESSIONS[m[1]], text)


class Player:
    def __init__(self, sgrc, scratch):
        self.scratch, self.played, self.waiting, self.bad = pathlib.Path(scratch), 0, 0, []
        (self.scratch / "examples").symlink_to(ROOT / "examples")
        self.env = {"PATH": f"{sgrc.parent}:{os.environ['PATH']}", "HOME": scratch, "RUNNER_TEMP": scratch,
                    "GITHUB_ENV": f"{scratch}/env", "CI_COMMIT_SHORT_SHA": "1.5.0"}

    def play(self, where, script, env):
        env = self.env | {key: filled(str(value)) for key, value in env.items()}
        env = {key: os.path.expandvars(value) if "$CI_" not in value else value.replace("$CI_COMMIT_SHORT_SHA", "1.5.0")
               for key, value in env.items()}
        done = subprocess.run(["bash", "-euo", "pipefail", "-c", filled(script)], cwd=self.scratch, env=env, text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120)
        self.played += 1
        if done.returncode != 0:
            self.bad.append(f"{where} exits {done.returncode}:\n{script}\n{done.stdout}")

    def steps(self, where, steps, env):
        for step in steps:
            if "run" not in step or step.get("name") in BUILDS:
                continue
            if step.get("if") == CLUSTER_ONLY:
                self.waiting += 1
                continue
            self.play(f"{where}: {step['name']}", step["run"], env | step.get("env", {}))


def main(sgrc):
    with tempfile.TemporaryDirectory() as scratch:
        player = Player(pathlib.Path(sgrc).resolve(), scratch)
        action = yaml.safe_load((CI / "action/action.yml").read_text())
        player.steps("action", action["runs"]["steps"], {})
        workflow = yaml.safe_load((CI / "github/streamgate.yml").read_text())
        for name, job in workflow["jobs"].items():
            player.steps(f"workflow {name}", job["steps"], workflow["env"])
        gitlab = yaml.safe_load((CI / "gitlab/sgrc.yml").read_text())
        for name in (".sgrc-check", ".sgrc-ship"):
            for line in gitlab[name]["script"]:
                player.play(f"gitlab {name}", line, gitlab["variables"] | {"SGRC_FLAGS": "--sim"})
        missing = [f for f in ("scenarios.xml", "audit.xml", "objects.yaml", "rules.yaml", "dashboard.json")
                   if not (player.scratch / f).exists()]
    print("\n".join(player.bad + [f"{f} was not written" for f in missing]), end="")
    print(f"{player.played} steps played, {player.waiting} wait for a cluster, {len(player.bad)} failed")
    return 1 if player.bad or missing or player.played < 15 else 0


sys.exit(main(sys.argv[1]))
