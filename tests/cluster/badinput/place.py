"""Where the tests with bad input happen: the cluster of `with`, a Prometheus that always answers 0, a TLS
server with any certificate, kubeconfigs made of parts, and what stands in the cluster."""
import base64, http.server, json, os, pathlib, socket, ssl, subprocess, sys, threading, time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "matrix"))
# pylint: disable=wrong-import-position,unused-import
from world import KUBECONFIG, Failure, kubectl

SERVER, PKI = os.environ["SGR_TEST_SERVER"], pathlib.Path(os.environ["SGR_TEST_CLUSTER"]) / "pki"
SCRIPT = pathlib.Path(__file__).resolve().parent / "web.sgr"
KINDS = ("deployments,replicasets,pods,services,configmaps,secrets,leases,serviceaccounts,roles,rolebindings,"
         "horizontalpodautoscalers,poddisruptionbudgets,events")
PAST = ("20200101000000Z", "20200102000000Z")


def objects(namespace):
    """Every object of the namespace, whole: what may not change. Pods and their like settle first."""
    return json.loads(kubectl("-n", namespace, "get", KINDS, "-o", "json"))["items"]


def settled(namespace):
    """The objects once two looks, half a second apart, see the same."""
    before = objects(namespace)
    while True:
        time.sleep(0.5)
        after = objects(namespace)
        if after == before:
            return after
        before = after


# ---- certificates ----

def openssl(*args):
    subprocess.run(["openssl", *args], check=True, capture_output=True, timeout=30)


def authority(folder, name):
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
            "-keyout", folder / f"{name}.key", "-out", folder / f"{name}.crt", "-subj", f"/CN={name}")


def certificate(folder, name, subject, extensions, dates=None):
    """A certificate that the cluster's authority has signed, for these dates."""
    key, request, out = (folder / f"{name}.{end}" for end in ("key", "csr", "crt"))
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key,
            "-out", request, "-subj", subject)
    (folder / "index").write_text("")
    (folder / "config").write_text(
        f"[ca]\ndefault_ca=a\n[a]\ndatabase={folder}/index\nnew_certs_dir={folder}\nrand_serial=yes\n"
        "default_md=sha256\npolicy=p\nx509_extensions=e\nunique_subject=no\n"
        f"[p]\ncommonName=supplied\norganizationName=optional\n[e]\n{extensions}\n")
    when = ["-startdate", dates[0], "-enddate", dates[1]] if dates else ["-days", "2"]
    openssl("ca", "-batch", "-notext", "-config", folder / "config", "-cert", PKI / "ca.crt",
            "-keyfile", PKI / "ca.key", "-in", request, "-out", out, *when)
    return out, key


# ---- servers ----

class Answers(http.server.BaseHTTPRequestHandler):
    """/prometheus answers 0 to every query, /html a page; everything else is not there."""
    protocol_version = "HTTP/1.1"

    def answer(self, status, kind, text):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == "/prometheus/api/v1/query":
            result = [{"metric": {}, "value": [time.time(), "0"]}]
            self.answer(200, "application/json", json.dumps(
                {"status": "success", "data": {"resultType": "vector", "result": result}}))
        elif self.path.startswith("/html"):
            self.answer(200, "text/html", "<html><body>Please sign in</body></html>")
        elif self.path.startswith("/denied"):
            self.answer(401, "text/plain", "who are you?")
        else:
            self.answer(404, "text/plain", "404 page not found")

    def do_GET(self):
        self.answer(404, "text/plain", "404 page not found")

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    """A client that does not trust us hangs up: that is what is tested."""

    def handle_error(self, request, client_address):
        pass


def serve(tls=None):
    """A server on a port of its own; with (certificate, key) it speaks TLS. Ends with this process."""
    server = Server(("127.0.0.1", 0), Answers)
    server.daemon_threads = True
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*tls)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, f"{'https' if tls else 'http'}://127.0.0.1:{server.server_address[1]}"


def closed_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


# ---- kubeconfigs ----

def data(path):
    return base64.b64encode(pathlib.Path(path).read_bytes()).decode()


def kubeconfig(path, cluster=None, user=None):
    """The administrator's kubeconfig, but for what is given."""
    cluster = {"server": SERVER, "certificate-authority-data": data(PKI / "ca.crt"), **(cluster or {})}
    admin = {"client-certificate-data": data(PKI / "admin.crt"), "client-key-data": data(PKI / "admin.key")}
    path.write_text(json.dumps({
        "apiVersion": "v1", "kind": "Config", "current-context": "bad",
        "contexts": [{"name": "bad", "context": {"cluster": "here", "user": "me", "namespace": "bad"}}],
        "clusters": [{"name": "here", "cluster": cluster}],
        "users": [{"name": "me", "user": admin if user is None else user}]}))
    return path
