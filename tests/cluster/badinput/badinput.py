"""Bad input at a real API server: every command says in one sentence what is wrong and what to do, leaves
with the status that docs/cli promises, and changes nothing."""
import concurrent.futures, json, os, pathlib, re, subprocess, sys, tempfile

from place import (KUBECONFIG, PAST, PKI, SCRIPT, SERVER, Failure, authority, certificate, closed_port, data,
                   kubeconfig, kubectl, objects, serve, settled)

SGRC, SHOW = sys.argv[1], "SHOW" in os.environ
EVERY = ("run", "plan", "audit", "status", "abort", "resume")
STATUS = {"audit": 2}  # of a command that could not do anything; 1 for the others
LIMIT_S = 45  # for one command; nothing may hang


def command(verb, prometheus, options=(), script=SCRIPT, version=3):
    subject = ["ship", "-n", "bad"]
    if verb in ("run", "plan", "audit"):
        subject = [str(script), "--set", f"image=shop/web:{version}"]
    if verb != "status":
        subject += ["--prometheus", prometheus]
    return [SGRC, verb, "-v", *subject, *map(str, options)]


def sgrc(line, env=None):
    environment = {k: v for k, v in os.environ.items() if k not in ("KUBECONFIG", "HOME")}
    return subprocess.run(line, capture_output=True, text=True, timeout=LIMIT_S, check=False,
                          env={**environment, "HOME": "/nonexistent", **(env or {})})


class Judge:
    """Runs commands that must be refused, and says what is not as it should be."""

    def __init__(self, prometheus):
        self.prometheus, self.wrong, self.count, self.secrets = prometheus, [], 0, []
        self.pool, self.under_way = concurrent.futures.ThreadPoolExecutor(8), []

    def refused(self, what, verbs, says, options, env=None, script=SCRIPT, prometheus=None):
        """Begins; wait() tells the end."""
        for verb in verbs:
            line = command(verb, prometheus or self.prometheus, options, script)
            self.under_way.append((what, verb, says, self.pool.submit(sgrc, line, env)))

    def wait(self):
        for what, verb, says, future in self.under_way:
            self.judge(what, verb, says, future.result())
        self.under_way = []

    def judge(self, what, verb, says, done):
        wanted, told = STATUS.get(verb, 1), done.stdout + done.stderr
        self.count += 1
        if SHOW:
            print(f"== {what}: {verb} {done.returncode}\n{told}", flush=True)
        for is_wrong, how in (
                (done.returncode != wanted, f"left with {done.returncode}, not {wanted}"),
                (not re.search(says, told), f"does not say {says!r}"),
                (sentences(told) != 1, f"says {sentences(told)} sentences, not one"),
                (any(secret in told for secret in self.secrets), "tells a secret")):
            if is_wrong:
                self.wrong.append(f"{what}: {verb} {how}:\n{told}")


def sentences(told):
    """Lines that tell what is wrong; where it stands, and that nothing was changed, is beside that."""
    aside = re.compile(r"^(sgrc: nothing was changed in|/.*web\.sgr$|\d+ passed, \d+ failed$|\d\d:\d\d:\d\d  )")
    return len([line for line in told.splitlines() if line and not aside.match(line)])


# ---- the rows ----

def connections(folder):
    """(what, kubeconfig of that, sentence)"""
    authority(folder, "stranger")
    expired = certificate(folder, "expired", "/O=system:masters/CN=admin", "extendedKeyUsage=clientAuth", PAST)
    old = certificate(folder, "old", "/CN=old", "subjectAltName=IP:127.0.0.1", PAST)
    other = certificate(folder, "other", "/CN=other", "subjectAltName=DNS:other.example")
    web = certificate(folder, "web", "/CN=web", "subjectAltName=IP:127.0.0.1")
    no_server = {"server": f"https://127.0.0.1:{closed_port()}"}
    client = {"client-certificate-data": data(expired[0]), "client-key-data": data(expired[1])}
    return (
        ("nobody listens", (no_server, None), "Failed to connect"),
        ("no such host", ({"server": "https://api.cluster.invalid:6443"}, None), "resolve"),
        ("another authority", ({"certificate-authority-data": data(folder / "stranger.crt")}, None), "not trusted"),
        ("an expired certificate of ours", (None, client), "expired"),
        ("an expired certificate of theirs", ({"server": serve(old)[1]}, None), "not trusted: .*expired"),
        ("a certificate for another host", ({"server": serve(other)[1]}, None), "not trusted"),
        ("another name asked for", ({"tls-server-name": "other.example"}, None), "not trusted"),
        ("http where https is spoken", ({"server": SERVER.replace("https", "http")}, None), "answered 400"),
        ("https where http is spoken", ({"server": serve()[1].replace("http", "https")}, None), "http"),
        ("a web server", ({"server": serve(web)[1]}, None), "does not serve v1"),
        ("a token that is no good", (None, {"token": "nobody-knows-this-one"}), "credentials"),
        ("nobody at all", (None, {}), "credentials"),
        ("no such plugin", (None, {"exec": {"apiVersion": "client.authentication.k8s.io/v1",
                                            "command": "sgr-no-such-plugin",
                                            "installHint": "Get it from the shelf."}}), "Get it from the shelf"),
        ("a token file that is not there", (None, {"tokenFile": "/nonexistent/token"}), "/nonexistent/token"),
    )


def kubeconfigs(folder):
    """(what, options, environment, sentence)"""
    good = kubeconfig(folder / "good")
    malformed = folder / "malformed"
    malformed.write_text("apiVersion: v1\nclusters:\n- name: [\n")
    text = folder / "text"
    text.write_text("just some words\n")
    return (
        ("no such context", ("--kubeconfig", good, "--context", "prod"), {}, 'no context "prod"'),
        ("a malformed kubeconfig", ("--kubeconfig", malformed), {}, "malformed.*line"),
        ("a kubeconfig of words", ("--kubeconfig", text), {}, "not one YAML mapping"),
        ("no such kubeconfig", ("--kubeconfig", "/nonexistent/k"), {}, "/nonexistent/k cannot be read"),
        ("KUBECONFIG of nothing", (), {"KUBECONFIG": "/nonexistent/k"}, "/nonexistent/k"),
        ("no kubeconfig at all", (), {}, "there is no kubeconfig"),
    )


def lacking(folder, judge, name, rules):
    """The kubeconfig of a ServiceAccount that may do this much."""
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": name}, "rules": rules}
    kubectl("-n", "bad", "create", "serviceaccount", name)
    kubectl("-n", "bad", "create", "-f", "-", stdin=json.dumps(role))
    kubectl("-n", "bad", "create", "rolebinding", name, "--role", name, "--serviceaccount", f"bad:{name}")
    token = kubectl("-n", "bad", "create", "token", name, "--duration", "1h").strip()
    judge.secrets.append(token)
    return kubeconfig(folder / name, None, {"token": token})


def permissions(folder, judge):
    reading = [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["get", "list", "watch"]}]
    nothing = lacking(folder, judge, "nothing", [])
    reader = lacking(folder, judge, "reader", reading)
    judge.refused("a role of nothing", ("run", "plan"), "we may not do this.*--target rbac", ("--kubeconfig", nothing))
    judge.refused("a role of nothing", ("status", "abort"), "may not|forbidden", ("--kubeconfig", nothing))
    judge.refused("a role that only reads", ("run",), "we may not do this.*--target rbac",
                  ("--kubeconfig", reader))


def prometheuses(folder, judge, good):
    """Each is refused by `run` before the first write."""
    token = folder / "prometheus-token"
    token.write_text("prometheus-secret-token")
    judge.secrets += ["prometheus-secret-token", "prometheus-password"]
    host = judge.prometheus.removesuffix("/prometheus")
    with_password = host.replace("http://", "http://me:prometheus-password@")
    for what, url, says in (
            ("nobody is Prometheus", f"http://127.0.0.1:{closed_port()}", "Prometheus"),
            ("not found at Prometheus", with_password + "/elsewhere", "404 is not Prometheus"),
            ("a page for Prometheus", host + "/html", "Prometheus"),
            ("Prometheus asks who we are", host + "/denied", "Prometheus.*401|Prometheus.*credentials")):
        judge.refused(what, ("run", "plan"), says, (*good, "--prometheus-token-file", token), prometheus=url)


def others(folder, judge, good):
    text = SCRIPT.read_text()
    adopted = folder / "adopted.sgr"
    head, _, rest = text.partition("workload web {")
    adopted.write_text(head + 'workload web {\n  from  = deployment("nobody")\n  image = image\n}'
                       + rest[rest.index("\n}") + 2:])
    judge.refused("no such workload", ("run", "plan"), "nobody", good, script=adopted)
    judge.refused("definitions that are missing", ("run", "plan"), "gateway", (*good, "--set", "kind=gateway_api"))
    judge.refused("no such namespace", ("run", "plan"), "nowhere", (*good, "--set", "namespace=nowhere"))


def conflict(judge, good):
    """Another manager owns a field that the run writes."""
    kubectl("-n", "bad", "apply", "--server-side", "--force-conflicts", "--field-manager=other-tool", "-f", "-",
            stdin=json.dumps({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"},
                              "spec": {"ports": [{"port": 8080, "name": "http", "targetPort": 9999}]}}))
    before = settled("bad")
    judge.refused("a conflict", ("run", "plan"), "other-tool", good)
    judge.wait()
    unchanged(judge, before, "conflict")
    done = sgrc(command("run", judge.prometheus, (*good, "--force-conflicts")))
    if done.returncode:
        judge.wrong.append(f"a conflict that is to be overridden: {done.stdout}{done.stderr}")


def unchanged(judge, before, after_what):
    if settled("bad") != before:
        judge.wrong.append(f"{after_what}: something has changed")


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        judge = Judge(serve()[1] + "/prometheus")
        judge.secrets += ["nobody-knows-this-one", data(PKI / "admin.key"), (PKI / "admin.key").read_text()]
        kubectl("create", "namespace", "bad")
        good = ("--kubeconfig", kubeconfig(folder / "good"))
        done = sgrc(command("run", judge.prometheus, good, version=2))
        if done.returncode:
            raise Failure(f"the first install: {done.stderr}")
        permissions(folder, judge)
        before = settled("bad")
        for number, (what, (cluster, user), says) in enumerate(connections(folder)):
            path = kubeconfig(folder / f"k{number}", cluster, user)
            judge.refused(what, EVERY, says, ("--kubeconfig", path))
        for what, options, env, says in kubeconfigs(folder):
            judge.refused(what, EVERY, says, options, env)
        prometheuses(folder, judge, good)
        others(folder, judge, good)
        judge.wait()
        unchanged(judge, before, "all of them")
        conflict(judge, good)
    print(*judge.wrong, f"{judge.count} commands, {len(judge.wrong)} wrong", sep="\n")
    return bool(judge.wrong)


sys.exit(main())
