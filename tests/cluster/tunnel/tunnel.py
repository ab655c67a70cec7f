#!/usr/bin/env python3
"""A rollout whose kubeconfig says `proxy-url`: everything goes through that tunnel, and since requests and watches
share connections (HTTP/2), few tunnels are opened however much is asked. One that is not there is told.

tunnel.py SGRC: run by `with`."""
import json, os, pathlib, select, socket, subprocess, sys, tempfile, threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "matrix"))
# pylint: disable=wrong-import-position
from world import Failure, kubectl

SGRC = sys.argv[1]
SCRIPT = """
param image: image
cluster { namespace = "tunnel" }
workload web { image = image, replicas = 2, ports = { http = 80 } }
rollout ship of web {
  mode     = blue_green
  deadline = 5m
  drain    = 100ms
  steady   = 500ms
  steps {
    step "up" { scale new to old.replicas }
    step "over" { switch }
  }
}
"""
TUNNELS = 2  # of a whole run: HTTP/1.1 would need one for each watch, which are more


class Proxy:
    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        self.opened = []
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            client, _ = self.socket.accept()
            threading.Thread(target=self.tunnel, args=(client,), daemon=True).start()

    def tunnel(self, client):
        head = b""
        while b"\r\n\r\n" not in head:
            head += client.recv(4096)
        method, where = head.split(b" ", 2)[:2]
        if method != b"CONNECT":
            client.close()
            return
        self.opened.append(where.decode())
        host, port = where.decode().rsplit(":", 1)
        server = socket.create_connection((host, int(port)))
        client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        ends = {client: server, server: client}
        while True:
            for one in select.select(list(ends), [], [])[0]:
                data = one.recv(65536)
                if not data:
                    client.close()
                    server.close()
                    return
                ends[one].sendall(data)


def config_through(folder, url):
    flat = json.loads(kubectl("config", "view", "--raw", "--flatten", "-o", "json"))
    flat["clusters"][0]["cluster"]["proxy-url"] = url
    path = folder / "config"
    path.write_text(json.dumps(flat))
    return path


def sgrc(config, image, status):
    done = subprocess.run([SGRC, "run", config.parent / "tunnel.sgr", "--set", f"image={image}"], check=False,
                          capture_output=True, text=True, timeout=120, env={**os.environ, "KUBECONFIG": str(config)})
    if done.returncode != status:
        raise Failure(f"exit {done.returncode}, not {status}\n{done.stdout}{done.stderr}")
    return done.stdout + done.stderr


def main():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="sgr-tunnel."))
    (folder / "tunnel.sgr").write_text(SCRIPT)
    kubectl("create", "namespace", "tunnel")
    proxy = Proxy()
    config = config_through(folder, proxy.url)
    sgrc(config, "web:1", 0)
    proxy.opened.clear()
    sgrc(config, "web:2", 0)
    if not 1 <= len(proxy.opened) <= TUNNELS:
        raise Failure(f"{len(proxy.opened)} tunnels were opened: {proxy.opened}")
    print(f"pass a rollout through {len(proxy.opened)} tunnels")
    nobody = socket.create_server(("127.0.0.1", 0))
    port = nobody.getsockname()[1]
    nobody.close()
    told = sgrc(config_through(folder, f"http://127.0.0.1:{port}"), "web:3", 1)
    if str(port) not in told:
        raise Failure(f"a proxy that is not there is not told:\n{told}")
    print("pass a proxy that is not there is told")


main()
