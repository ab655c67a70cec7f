#!/usr/bin/env python3
"""`sgrc load` against a server that counts what it gets: rates within 5%, every request accounted for, and no
latency hidden by a server that stands still.

  tests/load/run.py SGRC
"""
import collections
import http.server
import json
import socket
import subprocess
import sys
import threading
import time

SGRC = sys.argv[1]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *args):
        pass

    def answer(self, status):
        self.send_response(status)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def do_GET(self):
        server = self.server
        with server.lock:
            server.count[self.path] += 1
            n = server.count[self.path]
            server.arrivals.append(time.monotonic())
            server.seen = (self.command, self.headers.get("X-Load"))
        if self.path == "/errors":
            self.answer(500 if n % 10 == 0 else 429 if n % 10 == 5 else 200)
        elif self.path == "/cut" and n % 5 == 0:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
        elif self.path == "/hang" and n % 5 == 0:
            time.sleep(2)
            self.close_connection = True
        elif self.path == "/pause" and n == 50:
            time.sleep(1)
            self.answer(200)
        else:
            self.answer(200)

    do_HEAD = do_POST = do_GET


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 1024

    def get_request(self):
        with self.lock:
            self.connections += 1
        return super().get_request()

    def handle_error(self, *args):
        pass


def start():
    server = Server(("127.0.0.1", 0), Handler)
    server.lock, server.connections = threading.Lock(), 0
    server.count, server.arrivals, server.seen = collections.Counter(), [], None
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def load(server, path, *options, status=0):
    with server.lock:
        server.count.clear()
        server.arrivals.clear()
        server.connections = 0
    done = subprocess.run([SGRC, "load", f"http://127.0.0.1:{server.server_port}{path}", *options,
                           "--output", "json"], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == status, f"exit {done.returncode}: {done.stdout}{done.stderr}"
    return json.loads(done.stdout)


def near(value, wanted, share=0.05):
    assert abs(value - wanted) <= share * wanted, f"{value} is not within {share:.0%} of {wanted}"


def constant(server):
    """The rate holds, connections are kept, and the server has seen each request."""
    r = load(server, "/", "--rate", "200", "--for", "5s")
    assert r["due"] == r["sent"] == r["answered"]["2xx"] == server.count["/"] == 1000, r
    near(r["achieved_per_second"], 200)
    near(999 / (server.arrivals[-1] - server.arrivals[0]), 200)
    near(sum(1 for t in server.arrivals if t - server.arrivals[0] < 2.5), 500)
    assert server.connections <= 64, f"{server.connections} connections for 1000 requests"


def ramp(server):
    """400 requests in 4 s from 0 to 200/s: half the time holds a quarter of them."""
    r = load(server, "/", "--ramp", "0..200", "--for", "4s")
    assert r["sent"] == server.count["/"] == 400, r
    near(sum(1 for t in server.arrivals if t - server.arrivals[0] < 2), 100, 0.1)


def stairs(server):
    r = load(server, "/", "--steps", "50,150", "--for", "4s")
    assert r["sent"] == server.count["/"] == 400, r
    near(sum(1 for t in server.arrivals if t - server.arrivals[0] < 2), 100, 0.1)


def errors(server):
    """A fifth of the answers are errors: they are not tried again, and the status says so."""
    r = load(server, "/errors", "--rate", "200", "--for", "2s", status=1)
    assert r["answered"] == {"2xx": 320, "4xx": 40, "5xx": 40} and server.count["/errors"] == 400, r
    assert r["errors"] == "20%" and r["failed"] == {}, r
    load(server, "/errors", "--rate", "200", "--for", "1s", "--max-errors", "20%")


def cut_off(server):
    """What a kept connection has swallowed is not sent once more: the server sees each request once."""
    r = load(server, "/cut", "--rate", "100", "--for", "1s", status=1)
    assert r["answered"] == {"2xx": 80} and r["failed"] == {"cut_off": 20}, r
    assert r["sent"] == server.count["/cut"] == 100, r


def time_out(server):
    r = load(server, "/hang", "--rate", "50", "--for", "1s", "--timeout", "500ms", status=1)
    assert r["failed"] == {"timed_out": 10} and r["answered"] == {"2xx": 40}, r
    assert r["p99_ms"] >= 480, r


def no_omission(server):
    """One connection that stands still for a second: whoever was due meanwhile has waited, and that counts."""
    r = load(server, "/pause", "--rate", "100", "--for", "2s", "--connections", "1")
    assert r["sent"] == 200 and r["answered"]["2xx"] == 200, r
    assert r["p90_ms"] > 500 and 900 < r["max_ms"] < 2000, r
    r = load(server, "/pause", "--rate", "100", "--for", "2s", "--connections", "1", "--max-p99", "200ms",
             status=1)


def never_sent(server):
    """What no connection was free for until the end is said, and is an error."""
    r = load(server, "/hang", "--rate", "500", "--for", "1s", "--connections", "2", "--timeout", "100ms",
             status=1)
    assert r["failed"].get("never_sent", 0) + r["sent"] == r["due"] == 500, r
    counted = sum(r["answered"].values()) + sum(r["failed"].values())
    assert counted == 500, r


def unreachable(_):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        done = subprocess.run([SGRC, "load", f"http://127.0.0.1:{free.getsockname()[1]}/", "--rate", "100",
                               "--for", "1s"], capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 1 and "not_connected 100" in done.stdout, done
    assert "100% of the requests are errors" in done.stderr, done


def as_asked(server):
    load(server, "/", "--rate", "10", "--for", "1s", "--method", "POST", "-H", "X-Load: yes")
    assert server.seen == ("POST", "yes"), server.seen


def main():
    server, failed = start(), 0
    cases = [constant, ramp, stairs, errors, cut_off, time_out, no_omission, never_sent, unreachable, as_asked]
    for case in cases:
        try:
            case(server)
        except (AssertionError, KeyError) as error:
            failed += 1
            print(f"{case.__name__}: {error!r}")
    print(f"{len(cases) - failed} passed, {failed} failed")
    return 1 if failed else 0


sys.exit(main())
