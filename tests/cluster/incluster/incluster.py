#!/usr/bin/env python3
"""`run --in-cluster`: a Job with its account, rights and program stands, and its pods perform the rollout.

incluster.py SGRC: KWOK's pods run nothing, so this test plays them: the command and the environment of the pod
that the Job controller has made, with the token of its account. A pod that was killed has a successor, which
goes on with the run; one more, after the end, only tells the outcome; another Job begins anew."""
import base64, json, os, pathlib, subprocess, sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "matrix"))
# pylint: disable=wrong-import-position
from story import Story
from world import KUBECONFIG, PROMETHEUS, Failure, kubectl, until


class Handed(Story):
    def __init__(self, *args):
        super().__init__(*args)
        text = pathlib.Path(self.script).read_text().replace("patience = 30s", "patience = 1m")
        self.script = os.path.join(self.folder, "canary.sgr")  # pods are slow beside other tests
        pathlib.Path(self.script).write_text(text)

    def hand_over(self, image, *more):
        """What a person says who may make Jobs and Roles: the uid of the Job, and its pod."""
        before = self.jobs()
        command = [self.binary, "run", self.script, "--in-cluster", "--runner", "tools/sgrc:1", "--prometheus",
                   PROMETHEUS, *self.options(image), *more]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False,
                              env={**os.environ, "KUBECONFIG": KUBECONFIG})
        if done.returncode or "sgrc watch ship" not in done.stdout:
            raise Failure(f"{' '.join(command)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        name = (self.jobs() - before).pop()
        until("the Job has a pod", lambda: self.pods(name))
        return self.pods(name)[0]

    def items(self, *what):
        return json.loads(kubectl("-n", self.namespace, "get", *what, "-o", "json"))["items"]

    def jobs(self):
        return {job["metadata"]["name"] for job in self.items("jobs")}

    def pods(self, job):
        return self.items("pods", "-l", f"batch.kubernetes.io/job-name={job}")

    def play(self, pod):
        """The pod as a process of this machine."""
        container = pod["spec"]["containers"][0]
        config = json.loads(kubectl("-n", self.namespace, "get", "configmap",
                                    pod["spec"]["volumes"][0]["configMap"]["name"], "-o", "json"))
        program = pathlib.Path(self.folder, "program.sgb")
        program.write_bytes(base64.b64decode(config["binaryData"]["program.sgb"]))
        if pod["spec"]["serviceAccountName"] != "sgr-ship" or container["image"] != "tools/sgrc:1":
            raise Failure(f"the pod is {json.dumps(pod['spec'])}")
        env = {e["name"]: e.get("value") or pod["metadata"]["labels"]["batch.kubernetes.io/controller-uid"]
               for e in container["env"]}
        command = [str(program) if arg == "/script/program.sgb" else arg for arg in container["command"]]
        return subprocess.Popen([self.binary, *command[1:]], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True,
                                env={"PATH": os.environ["PATH"], "HOME": self.folder, "KUBECONFIG": self.config, **env})

    def must_run(self, image):
        if self.images() != {image}:
            raise Failure(f"{self.images()} runs, not {image}")

    def tell(self):
        kubectl("create", "namespace", self.namespace)
        first = self.hand_over("web:1")
        self.connect_as("sgr-ship")
        self.ended(self.play(first), 0)
        self.must_run("web:1")
        self.health(0)
        second = self.hand_over("web:2")
        process = self.play(second)
        until("it is under way", lambda: "half" in process.stdout.readline())
        process.kill()
        process.wait()
        self.ended(self.play(second), 0)
        self.must_run("web:2")
        if "is over: promoted" not in self.ended(self.play(second), 0):
            raise Failure("a pod after the end does not tell the outcome")
        self.must_run("web:2")
        self.health(0.9)
        self.ended(self.play(self.hand_over("web:3")), 2)
        self.must_run("web:2")


def main():
    story = Handed(sys.argv[1], f"handed-{os.getpid()}", "canary.sgr", "canary", "nginx")
    story.tell()
    print("pass run --in-cluster: four pods of three Jobs, one of them killed")


main()
