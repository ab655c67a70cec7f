"""A door to the API server that does harm once: at the n-th request, write or watch event.

One loop in a thread serves every Door. A door ends TLS with the test cluster's own certificate, speaks
HTTP/1.1, passes requests on with the caller's token, and does what its Strike says at the time it says.
It must never do anything else: without a strike what goes in comes out."""
import asyncio, json, signal, socket, ssl, struct, threading

SIGNALS = {"sleep": signal.SIGSTOP, "term": signal.SIGTERM}
PLACES = {"event": "the watch event", "write": "the write", "request": "the request", "lock": "the request for the lock"}


class Strike:
    """`kind` at the `at`-th `unit` (request, write, event, lock), counted from 1."""

    def __init__(self, kind, at, unit="request"):
        self.kind, self.at, self.unit = kind, at, unit

    def __str__(self):
        return f"{self.kind} at {PLACES[self.unit]} {self.at}"


class Meeting:
    """Holds writes whose path has `part` back until `guests` of them are there."""

    def __init__(self, part, guests):
        self.part, self.missing, self.all_here = part, guests, asyncio.Event()

    async def come(self):
        self.missing -= 1
        if self.missing <= 0:
            self.all_here.set()
        try:
            await asyncio.wait_for(self.all_here.wait(), 5)
        except asyncio.TimeoutError:
            pass


class Harbour:
    """The loop, and the way to the real server."""

    def __init__(self, pki, server):
        self.host, self.port = server.split("//")[1].rsplit(":", 1)
        self.inward = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.inward.load_cert_chain(f"{pki}/apiserver.crt", f"{pki}/apiserver.key")
        self.outward = ssl.create_default_context(cafile=f"{pki}/ca.crt")
        self.loop = asyncio.new_event_loop()
        self.loop.set_exception_handler(lambda loop, context: None)  # connections that were cut
        threading.Thread(target=self.loop.run_forever, daemon=True).start()

    def call(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(30)


class Door:
    def __init__(self, harbour, strike=None, meeting=None):
        self.harbour, self.strike, self.victim = harbour, strike, None
        self.counts = {"request": 0, "write": 0, "event": 0, "lock": 0, "first": 1}
        self.meeting = meeting
        self.written = []  # what the server has taken
        self.log, self.struck, self.answers, self.tasks = [], None, {}, set()
        self.signalled = threading.Event()  # the server has answered, and the victim got its signal
        self.server = harbour.call(asyncio.start_server(self.serve, "127.0.0.1", 0,
                                                        ssl=harbour.inward, limit=1 << 26))
        self.url = f"https://127.0.0.1:{self.server.sockets[0].getsockname()[1]}"

    def close(self):
        async def shut():
            self.server.close()
            for task in list(self.tasks):
                task.cancel()
        self.harbour.call(shut())

    def strikes(self, unit, what):
        """Counts one of `unit`; the kind of harm that is due now, or None."""
        self.counts[unit] += 1
        due = self.strike is not None and self.struck is None and self.strike.unit == unit
        if not due or self.counts[unit] != self.strike.at:
            return None
        self.struck = what
        return self.strike.kind

    async def serve(self, reader, writer):
        self.tasks.add(asyncio.current_task())
        upstream = None
        try:
            upstream = await asyncio.open_connection(
                self.harbour.host, self.harbour.port, ssl=self.harbour.outward, limit=1 << 26)
            while await self.exchange(reader, writer, *upstream):
                pass
        except (OSError, EOFError, asyncio.CancelledError, ssl.SSLError):
            pass
        finally:
            self.tasks.discard(asyncio.current_task())
            for end in (writer, upstream and upstream[1]):
                if end:
                    end.close()

    async def exchange(self, reader, writer, server_in, server_out):
        """One request and its answer; False when the connection is over."""
        head = await reader.readuntil(b"\r\n\r\n")
        method, path = head.split(b" ", 2)[:2]
        method, path = method.decode(), path.decode()
        if b"expect: 100-continue" in head.lower():
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            head = b"\r\n".join(l for l in head.split(b"\r\n") if not l.lower().startswith(b"expect:"))
        body = await reader.readexactly(length_of(head) or 0)
        what = f"{method} {path}"
        harm = self.harm_to(what)
        if harm and harm.startswith("status-"):
            return await refuse(writer, int(harm[7:]))
        if harm == "reset-before":
            return reset(writer)
        if harm == "kill-before":
            return self.kill()
        if harm == "gone":
            return self.leave()
        if harm == "delay":
            await asyncio.sleep(2)
        if self.meeting and method != "GET" and self.meeting.part in path:
            await self.meeting.come()
        server_out.write(head + body)
        answer = await server_in.readuntil(b"\r\n\r\n")
        if "watch=" in path and answer.split(b" ", 2)[1] == b"200":
            return await self.watch(answer, server_in, writer, path)
        content = await content_of(answer, server_in)
        if is_write(what) and answer.split(b" ", 2)[1].startswith(b"2") and not changes_nothing(body, content):
            self.written.append(what)
        return await self.hand_over(harm, method, path, answer, content, writer)

    def harm_to(self, what):
        self.log.append(what)
        harm = self.strikes("request", what)
        if "/leases" in what:
            harm = self.strikes("lock", what) or harm
        if is_write(what):
            if self.counts["write"] == 0:
                self.counts["first"] = len(self.log)  # what comes before only asks
            harm = self.strikes("write", what) or harm
        return harm

    async def hand_over(self, harm, method, path, answer, content, writer):
        if harm == "kill-after":
            return self.kill()
        if harm in SIGNALS:
            self.victim.send_signal(SIGNALS[harm])
            self.signalled.set()
        if harm == "reset-after":
            return reset(writer)
        if method == "GET":
            before = self.answers.get(path)
            self.answers[path] = answer, content
            if harm == "stale" and before:
                answer, content = before
        head = with_length(answer, len(content))
        half = len(content) // 2
        if harm == "slow":
            writer.write(head + content[:half])
            for i in range(half, len(content), max(1, half // 8)):
                await asyncio.sleep(0.2)
                writer.write(content[i:i + max(1, half // 8)])
        elif harm in ("reset-middle", "truncated"):
            writer.write(head + content[:half])
            await writer.drain()
            return reset(writer) if harm == "reset-middle" else False
        else:
            writer.write(head + content)
        await writer.drain()
        return b"connection: close" not in answer.lower()

    async def watch(self, answer, server_in, writer, path):
        """Events one by one, each a chunk of its own."""
        writer.write(answer)
        line = b""
        while True:
            chunk = await next_chunk(server_in)
            if not chunk:
                writer.write(b"0\r\n\r\n")
                return True
            line += chunk
            while b"\n" in line:
                event, line = line.split(b"\n", 1)
                if not await self.event(event + b"\n", writer, path):
                    return False

    async def event(self, event, writer, path):
        harm = None if b'"BOOKMARK"' in event else self.strikes("event", "event of " + path)
        if harm == "watch-cut":
            return reset(writer)
        if harm == "watch-half":
            event = event[:len(event) // 2]
        if harm == "watch-410":
            event = json.dumps({"type": "ERROR", "object": status_object(410)}).encode() + b"\n"
        if harm != "watch-drop":
            writer.write(b"%x\r\n%s\r\n" % (len(event), event))
        if harm in ("watch-half", "watch-410"):
            writer.write(b"0\r\n\r\n")
            await writer.drain()
            return False
        await writer.drain()
        return True

    def leave(self):
        """From now on nobody listens here."""
        self.server.close()
        for task in self.tasks - {asyncio.current_task()}:
            task.cancel()
        return False

    def kill(self):
        self.victim.kill()
        return False


def is_write(what):
    """Of a line of the log, "PATCH /apis/...": whether it changes anything."""
    return not what.startswith("GET ") and "selfsubject" not in what and "dryRun=" not in what


def changes_nothing(body, content):
    """Whether the object has after the write the version that the write named."""
    def version(text):
        try:
            return json.loads(text)["metadata"]["resourceVersion"]
        except (ValueError, KeyError, TypeError):
            return None
    return version(body) is not None and version(body) == version(content)


def reset(writer):
    """The other side sees a reset, not an end."""
    raw = writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
    return False


REASONS = {401: "Unauthorized", 403: "Forbidden", 404: "NotFound", 409: "Conflict", 410: "Expired",
           429: "TooManyRequests", 500: "InternalError", 503: "ServiceUnavailable", 504: "Timeout"}


def status_object(code):
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "code": code,
            "message": "harm by the test", "reason": REASONS[code]}


async def refuse(writer, code):
    content = json.dumps(status_object(code)).encode()
    later = "Retry-After: 1\r\n" if code in (429, 503) else ""
    writer.write(f"HTTP/1.1 {code} {REASONS[code]}\r\nContent-Type: application/json\r\n{later}"
                 f"Content-Length: {len(content)}\r\n\r\n".encode() + content)
    await writer.drain()
    return True


def length_of(head):
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            return int(line.split(b":")[1])
    return None


def with_length(head, length):
    lines = [l for l in head.rstrip(b"\r\n").split(b"\r\n")
             if not l.lower().startswith((b"content-length:", b"transfer-encoding:"))]
    return b"\r\n".join(lines) + b"\r\nContent-Length: %d\r\n\r\n" % length


async def next_chunk(reader):
    size = int((await reader.readuntil(b"\r\n")).split(b";")[0], 16)
    data = await reader.readexactly(size)
    await reader.readexactly(2)
    return data


async def content_of(head, reader):
    if b"transfer-encoding: chunked" not in head.lower():
        return await reader.readexactly(length_of(head) or 0)
    parts = []
    while part := await next_chunk(reader):
        parts.append(part)
    return b"".join(parts)
