"""A small API server in this process: objects in memory, one world for each first word of the path.

Enough for rollouts that shift by pods: discovery, rights, get, list, watch, apply, merge patch, create,
delete. A Deployment is whole as soon as it is written. No validation, no owners of fields.
"""
import copy
import http.server
import itertools
import json
import select
import socket
import threading
import urllib.parse

KINDS = {
    "v1": {"services": "Service", "configmaps": "ConfigMap"},
    "apps/v1": {"deployments": "Deployment"},
    "coordination.k8s.io/v1": {"leases": "Lease"},
    "autoscaling/v2": {"horizontalpodautoscalers": "HorizontalPodAutoscaler"},
    "events.k8s.io/v1": {"events": "Event"},
    "authorization.k8s.io/v1": {"selfsubjectaccessreviews": "SelfSubjectAccessReview"},
}
VERBS = ["get", "list", "watch", "create", "patch", "delete"]


class Missing(Exception):
    pass


class Refused(Exception):
    pass


class Stale(Exception):
    pass


class World:
    """The objects of one cluster; every change is an event that watches are told of. Versions go on above those of
    objects that it begins with: none may fall."""

    def __init__(self, objects=()):
        objects = list(objects)
        self.changed = threading.Condition()
        self.version = max((int(value["metadata"].get("resourceVersion", 0)) for _, value in objects), default=0)
        self.versions = itertools.count(self.version + 1)
        self.objects, self.applied, self.events = {}, {}, []
        for key, value in objects:
            self.put(key, copy.deepcopy(value), "ADDED")

    def put(self, key, value, event):
        with self.changed:
            self.version = next(self.versions)
            value["metadata"]["resourceVersion"] = str(self.version)
            if event == "DELETED":
                del self.objects[key]
                self.applied.pop(key, None)
            else:
                settle(value, self.objects.get(key))
                self.objects[key] = value
            self.events.append((self.version, key[0], event, copy.deepcopy(value)))
            self.changed.notify_all()
        return value

    def create(self, plural, body):
        if body["kind"] == "SelfSubjectAccessReview":
            return body | {"status": {"allowed": True}}
        if plural == "events":
            return body
        key = plural, body["metadata"]["name"]
        if key in self.objects:
            raise Stale
        body["metadata"]["uid"] = f"uid-{self.version}-{key[1]}"
        return self.put(key, body, "ADDED")

    def merge_patch_of(self, key, steps):
        """A JSON patch of tests and additions in two levels."""
        if key not in self.objects:
            raise Missing
        patch = {}
        for step in steps:
            _, field, name = step["path"].split("/")
            if step["op"] == "test" and self.objects[key].get(field, {}).get(name) != step["value"]:
                raise Refused
            if step["op"] == "add":
                patch.setdefault(field, {})[name] = step["value"]
        return patch

    def write(self, key, body, kind, applies):
        """Apply or merge patch; what was applied before and is applied no longer goes."""
        old = self.objects.get(key)
        if old is None and not applies:
            raise Missing
        meta = body.get("metadata", {})
        for field in ("resourceVersion", "uid"):
            if old is not None and meta.get(field) not in (None, old["metadata"][field]):
                raise Stale
            meta.pop(field, None)
        value = copy.deepcopy(old) if old else {"apiVersion": kind[0], "kind": kind[1],
                                                "metadata": {"uid": f"uid-{self.version}-{key[1]}"}}
        if applies:
            drop(value, self.applied.get(key, {}), body)
            self.applied[key] = copy.deepcopy(body)
        merge(value, body)
        return self.put(key, value, "MODIFIED" if old else "ADDED")

    def plain(self):
        """What a rollout leaves: every object but Events, without what the server adds."""
        out = {}
        for key, value in sorted(self.objects.items()):
            if key[0] != "events":
                value = copy.deepcopy(value)
                value.pop("status", None)
                for field in ("resourceVersion", "uid", "generation"):
                    value["metadata"].pop(field, None)
                out["/".join(key)] = value
        return out


def merge(value, patch):
    for key, new in patch.items():
        if new is None:
            value.pop(key, None)
        elif isinstance(new, dict) and isinstance(value.get(key), dict):
            merge(value[key], new)
        else:
            value[key] = copy.deepcopy(new)


def drop(value, before, now):
    for key, old in before.items():
        if key not in now:
            value.pop(key, None)
        elif isinstance(old, dict) and isinstance(now[key], dict) and isinstance(value.get(key), dict):
            drop(value[key], old, now[key])


def settle(value, old):
    """What the server and its controllers add."""
    meta = value["metadata"]
    if value["kind"] == "Deployment":
        value["spec"].setdefault("replicas", 1)
        same = old is not None and old["spec"] == value["spec"]
        meta["generation"] = meta.get("generation", 0) + (not same)
        count = value["spec"]["replicas"]
        value["status"] = {"observedGeneration": meta["generation"], "replicas": count,
                           "readyReplicas": count, "updatedReplicas": count, "availableReplicas": count}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def handle(self):
        try:
            super().handle()
        except OSError:
            pass  # a client that was killed

    def setup(self):
        super().setup()
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def answer(self, code, body):
        data = json.dumps(body).encode()
        head = (f"HTTP/1.1 {code} x\r\nContent-Type: application/json\r\n"
                f"Content-Length: {len(data)}\r\n\r\n")
        self.wfile.write(head.encode() + data)

    def refuse(self, code, reason, name):
        self.answer(code, {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": reason,
                           "code": code, "message": reason, "details": {"name": name}})

    def serve(self):
        url = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(url.query))
        name, *path = url.path.strip("/").split("/")
        world = self.server.worlds[name]
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        length = 2 if path[0] == "api" else 3
        group = "/".join(path[1:length])
        rest = path[length:]
        if rest[:1] == ["namespaces"]:
            rest = rest[2:]
        if group not in KINDS:
            self.refuse(404, "NotFound", "")
        elif not rest:
            self.answer(200, {"kind": "APIResourceList", "groupVersion": group, "resources": [
                {"name": plural, "kind": kind, "namespaced": True, "verbs": VERBS}
                for plural, kind in KINDS[group].items()]})
        elif rest[0] not in KINDS[group]:
            self.refuse(404, "NotFound", "")
        elif query.get("watch") == "true":
            self.watch(world, rest[0], int(query.get("resourceVersion") or 0))
        else:
            if query.get("dryRun") == "All":
                with world.changed:
                    world = World(world.objects.items())
            self.act(world, (group, KINDS[group][rest[0]]), rest, json.loads(body or b"{}"))

    def act(self, world, kind, rest, body):
        key = tuple(rest[:2])
        try:
            if self.command == "POST":
                self.answer(201, world.create(rest[0], body))
            elif self.command == "PATCH":
                kinds = self.headers["Content-Type"]
                if "json-patch" in kinds:
                    body = world.merge_patch_of(key, body)
                self.answer(200, world.write(key, body, kind, "apply" in kinds))
            elif len(rest) == 1:
                with world.changed:
                    items = [v for k, v in world.objects.items() if k[0] == rest[0]]
                    self.answer(200, {"kind": kind[1] + "List", "apiVersion": kind[0], "items": items,
                                      "metadata": {"resourceVersion": str(world.version)}})
            elif key not in world.objects:
                raise Missing
            elif self.command == "DELETE":
                self.answer(200, world.put(key, copy.deepcopy(world.objects[key]), "DELETED"))
            else:
                self.answer(200, world.objects[key])
        except Missing:
            self.refuse(404, "NotFound", rest[-1])
        except Stale:
            self.refuse(409, "Conflict", rest[-1])
        except Refused:
            self.refuse(422, "Invalid", rest[-1])

    def watch(self, world, plural, version):
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                         b"Transfer-Encoding: chunked\r\n\r\n")
        while True:
            with world.changed:
                news = [e for e in world.events if e[0] > version and e[1] == plural]
                if not news:
                    world.changed.wait(0.5)
            for version, _, event, value in news:
                line = json.dumps({"type": event, "object": value}).encode() + b"\n"
                self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
            if not news and select.select([self.connection], [], [], 0)[0]:
                self.close_connection = True  # the client is gone
                return

    do_GET = do_POST = do_PATCH = do_DELETE = serve


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 200

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.worlds = {}
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, *_):
        pass

    def kubeconfig(self, path, world):
        """A kubeconfig for one world, to be written to `path`."""
        path.write_text(json.dumps({
            "apiVersion": "v1", "kind": "Config", "current-context": "it",
            "clusters": [{"name": "it", "cluster": {
                "server": f"http://127.0.0.1:{self.server_address[1]}/{world}"}}],
            "contexts": [{"name": "it", "context": {"cluster": "it", "user": "it", "namespace": "shop"}}],
            "users": [{"name": "it", "user": {}}]}))
