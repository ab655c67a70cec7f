"""A namespace in which one script is run again and again through a Door, and what must stand in it.

Good runs go from one image to the other and back, bad ones end where they began. What the first two
good runs without harm leave is what every later one must leave."""
import json, os, pathlib, subprocess, sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "matrix"))
# pylint: disable=wrong-import-position
from api import Api
from proxy import Door, Harbour
from story import Story
from world import KUBECONFIG, Failure, kubectl, until

MODES = {"canary": "nginx", "blue_green": None, "rolling": None}
KINDS = ("/apis/apps/v1", "deployments"), ("/api/v1", "services"), ("/api/v1", "configmaps"), \
    ("/apis/networking.k8s.io/v1", "ingresses")
WATCHED = "deployments", "services", "ingresses"
IMAGES = "web:1", "web:2"
TIME_LIMIT = 240


class Field:
    def __init__(self, sgrc, api, harbour, mode, name):
        name = f"{name}-{os.getpid()}"  # a cluster may be used again
        self.api, self.harbour, self.mode, self.name = api, harbour, mode, name
        self.story = Story(sgrc, name, str(HERE / f"{mode}.sgr"), mode)
        self.story.set_up()
        self.config = json.loads(pathlib.Path(self.story.config).read_text())
        self.turn = 0
        self.ends, self.lengths = {}, {}
        self.without_harm("run", False, 0)
        self.turn = 1
        for turn in (1, 0, 1):
            door = self.without_harm("run", False, 0)
            now, before = self.state(), self.ends.get(turn)
            if before is not None and before != now:
                raise Failure(f"the first runs differ: {difference(before, now)}")
            self.ends[turn], self.turn = now, 1 - turn
            self.lengths[False] = door.counts
        self.lengths[True] = self.without_harm("run", True, 2).counts
        self.must_be(self.stands_before(), "a rollback without harm")

    # ---- runs ----

    def begin(self, word, bad, strike=None, meeting=None):
        door = Door(self.harbour, strike, meeting)
        self.config["clusters"][0]["cluster"]["server"] = door.url
        config = pathlib.Path(self.story.folder, f"door-{door.url.rsplit(':', 1)[1]}")
        config.write_text(json.dumps(self.config))
        command = [self.story.binary, word, "--kubeconfig", str(config)]
        if word == "run":
            command += [self.story.script, "--set", f"image={IMAGES[self.turn]}", "--set",
                        f"namespace={self.name}", "--set", f"bad={str(bad).lower()}"]
        else:
            command += ["ship", "-n", self.name, "--yes"]
        door.victim = subprocess.Popen(command, stdin=subprocess.DEVNULL, text=True,
                                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        door.config = config
        return door

    @staticmethod
    def end(door):
        try:
            out = door.victim.communicate(timeout=TIME_LIMIT)[0]
        except subprocess.TimeoutExpired as late:
            door.victim.kill()
            raise Failure(f"it does not end: {door.victim.communicate()[0]}") from late
        finally:
            door.close()
            door.config.unlink()
        return door.victim.returncode, out

    def run(self, word, bad, strike=None):
        """The status, the output and the door of one run or resume."""
        door = self.begin(word, bad, strike)
        status, out = self.end(door)
        return status, out, door

    def without_harm(self, word, bad, expect):
        status, out, door = self.run(word, bad)
        if status != expect:
            raise Failure(f"{word} without harm: exit {status}\n{out}")
        self.settle()
        return door

    # ---- what stands ----

    def items(self, base, kind):
        return self.api.ask(f"{base}/namespaces/{self.name}/{kind}")[1]["items"]

    def settle(self):
        def still():
            return all(d["status"].get("readyReplicas", 0) == d["spec"]["replicas"]
                       == d["status"].get("replicas", 0)
                       and d["status"].get("observedGeneration") == d["metadata"]["generation"]
                       for d in self.items(*KINDS[0]))
        until("the Deployments settle", still)

    def state(self):
        """Without what the server and the controllers keep."""
        out = {}
        for base, kind in KINDS:
            for item in self.items(base, kind):
                meta = item["metadata"]
                if meta["name"].startswith(("sgr-", "kube-root-ca")):
                    continue
                notes = {k: v for k, v in meta.get("annotations", {}).items()
                         if k != "deployment.kubernetes.io/revision"}
                out[f"{kind}/{meta['name']}"] = {
                    "labels": meta.get("labels"), "annotations": notes, "spec": item.get("spec"),
                    "data": item.get("data")}
        return out

    def must_be(self, turn, what):
        self.settle()
        now = self.state()
        if now != self.ends[turn]:
            raise Failure(f"{what}: {difference(self.ends[turn], now)}")

    def stands_before(self):
        return 1 - self.turn

    # ---- the lock and the record ----

    def lease_path(self):
        return f"/apis/coordination.k8s.io/v1/namespaces/{self.name}/leases/sgr-ship"

    def lease(self):
        return self.api.ask(self.lease_path())[0] == 200

    def expire_lease(self):
        """As if the time had passed after which a dead runner's lock is free."""
        if self.lease():
            self.api.ask(self.lease_path(), "PATCH",
                         {"spec": {"renewTime": "2020-01-01T00:00:00.000000Z"}})

    def record(self):
        """Which run is on record, or None."""
        status, record = self.api.ask(f"/api/v1/namespaces/{self.name}/configmaps/sgr-ship")
        return record["metadata"]["uid"] if status == 200 else None


def difference(before, now):
    rows = [f"{key}\n  should be {json.dumps(before.get(key))}\n  is {json.dumps(now.get(key))}"
            for key in sorted(before.keys() | now.keys()) if before.get(key) != now.get(key)]
    return "what stands is not what should:\n" + "\n".join(rows)


def harbour():
    folder = os.environ["SGR_TEST_CLUSTER"]
    return Harbour(f"{folder}/pki", Api().server)
