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
from subject import ADDRESS, EXAMPLES, METRICS, in_place
from world import KUBECONFIG, Failure, judge, kubectl, until

KINDS = [(base, kind) for base, kinds in (
    ("/apis/apps/v1", "deployments"), ("/api/v1", "services configmaps serviceaccounts resourcequotas limitranges"),
    ("/apis/networking.k8s.io/v1", "ingresses networkpolicies"),
    ("/apis/gateway.networking.k8s.io/v1", "httproutes"),
    ("/apis/policy/v1", "poddisruptionbudgets"), ("/apis/autoscaling/v2", "horizontalpodautoscalers"),
    ("/apis/autoscaling.k8s.io/v1", "verticalpodautoscalers"),
    ("/apis/monitoring.coreos.com/v1", "prometheusrules"),
    ("/apis/rbac.authorization.k8s.io/v1", "roles rolebindings")) for kind in kinds.split()]
OF_OTHERS = "sgr-", "kube-root-ca", "default"  # what the cluster, the runner and its account have in any namespace
WATCHED = "deployments", "services", "ingresses", "httproutes"
TIME_LIMIT = 240


class Stage(Story):
    """The namespace of a subject, and its options."""

    def __init__(self, sgrc, name, subject):
        super().__init__(sgrc, name, "", subject.mode)
        self.script, self.subject, self.rollout = str(in_place(subject, name)), subject, subject.rollout
        self.is_example = EXAMPLES in subject.script.parents

    def options(self, image, bad=False):
        options = ["--set", f"image={image}", "--set", f"namespace={self.namespace}", "--set", f"bad={str(bad).lower()}"]
        if self.is_example:
            options = ["--set", f"image={image}", "-n", self.namespace]
        if "load" in self.subject.name:
            options += ["--set", f"address={ADDRESS}/load"]
        return options


class Field:
    def __init__(self, sgrc, api, harbour, subject, name):
        name = f"{name}-{os.getpid()}"  # a cluster may be used again
        self.api, self.harbour, self.subject, self.name = api, harbour, subject, name
        self.story = Stage(sgrc, name, subject)
        self.story.set_up()
        self.kinds = [row for row in KINDS if api.ask("/".join(row))[0] == 200]
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
        if subject.can_fail:
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
            command += [self.story.script, "--rollout", self.subject.rollout, "--yes", "--prometheus",
                        f"{ADDRESS}/{self.name}", *self.story.options(self.subject.images[self.turn], bad)]
        else:
            command += [self.subject.rollout, "-n", self.name, "--yes"]
        (METRICS.ill.add if bad else METRICS.ill.discard)(self.name)
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

    def judge(self, rows):
        judge(self.subject, rows)

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
        for base, kind in self.kinds:
            for item in self.items(base, kind):
                meta = item["metadata"]
                if meta["name"].startswith(OF_OTHERS) and not meta["name"] == "sgr-alerts":
                    continue
                notes = {k: v for k, v in meta.get("annotations", {}).items()
                         if k != "deployment.kubernetes.io/revision"}
                out[f"{kind}/{meta['name']}"] = {
                    "labels": meta.get("labels"), "annotations": notes,
                    **{part: item.get(part) for part in ("spec", "data", "rules", "roleRef", "subjects")}}
        return out

    def must_be(self, turn, what):
        self.settle()
        now = self.state()
        if now != self.ends[turn]:
            raise Failure(f"{what}: {difference(self.ends[turn], now)}")

    def stands_before(self):
        return 1 - self.turn

    # ---- the lock and the record ----

    @property
    def record_name(self):
        return "sgr-" + self.subject.rollout.replace("_", "-")

    def lease_path(self):
        return f"/apis/coordination.k8s.io/v1/namespaces/{self.name}/leases/{self.record_name}"

    def lease(self):
        return self.api.ask(self.lease_path())[0] == 200

    def expire_lease(self):
        """As if the time had passed after which a dead runner's lock is free."""
        if self.lease():
            self.api.ask(self.lease_path(), "PATCH",
                         {"spec": {"renewTime": "2020-01-01T00:00:00.000000Z"}})

    def record(self):
        """Which run is on record, or None."""
        status, record = self.api.ask(f"/api/v1/namespaces/{self.name}/configmaps/{self.record_name}")
        return record["metadata"]["uid"] if status == 200 else None


def difference(before, now):
    rows = [f"{key}\n  should be {json.dumps(before.get(key))}\n  is {json.dumps(now.get(key))}"
            for key in sorted(before.keys() | now.keys()) if before.get(key) != now.get(key)]
    return "what stands is not what should:\n" + "\n".join(rows)


def harbour():
    folder = os.environ["SGR_TEST_CLUSTER"]
    return Harbour(f"{folder}/pki", Api().server)
