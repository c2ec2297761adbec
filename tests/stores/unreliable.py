"""A server between a client and a store that fails as stores and networks do: busy, broken, cut off."""

from __future__ import annotations

import contextlib
import http.client
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

BUSY = (
    b'<?xml version="1.0" encoding="UTF-8"?><Error><Code>SlowDown</Code>'
    b"<Message>Please reduce your request rate.</Message></Error>"
)
BROKEN = (
    b'<?xml version="1.0" encoding="UTF-8"?><Error><Code>InternalError</Code>'
    b"<Message>We encountered an internal error.</Message></Error>"
)
FAULTS = ("busy", "broken", "reset", "cut")
"""503 SlowDown; 500; the connection ends without an answer; half of an answer comes, then the connection ends."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Unreliable

    def _pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        fault = self.server.next_fault(self.command)
        if fault == "reset":
            self.close_connection = True
            return
        if fault in ("busy", "broken"):
            self.send_response(503 if fault == "busy" else 500)
            text = BUSY if fault == "busy" else BROKEN
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(text)
            return
        store = http.client.HTTPConnection(self.server.store, timeout=60)
        store.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():  # the name of the host is signed, too
            store.putheader(name, value)
        store.endheaders(body)
        answer = store.getresponse()
        data = answer.read()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("transfer-encoding", "connection", "date", "server"):
                self.send_header(name, value)
        if answer.getheader("Content-Length") is None:
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if fault == "cut" and len(data) > 1:
            self.wfile.write(data[: len(data) // 2])
            self.close_connection = True
        else:
            self.wfile.write(data)
        store.close()

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = _pass_on  # noqa: N815 (the names that the base looks for)

    def log_message(self, format: str, *arguments: object) -> None:
        """Nothing is printed."""


class Unreliable(ThreadingHTTPServer):
    """Passes requests on to `store`, a host and a port, but for those that `fails` gives a fault for.

    `requests` counts them by method.
    """

    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: object, address: object) -> None:
        """A client that went away is no news."""

    def __init__(self, store: str, fails: Callable[[int, str], str | None]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.store, self.fails = store, fails
        self.requests: dict[str, int] = {}
        self.faults = 0
        self._lock = threading.Lock()

    def next_fault(self, method: str) -> str | None:
        """What happens to the next request, which is counted."""
        with self._lock:
            self.requests[method] = self.requests.get(method, 0) + 1
            fault = self.fails(sum(self.requests.values()), method)
            self.faults += fault is not None
        return fault


@contextlib.contextmanager
def unreliable(url: str, fails: Callable[[int, str], str | None]) -> Iterator[Unreliable]:
    """A server in front of that at `url`, which ends with the block."""
    with Unreliable(urlsplit(url).netloc, fails) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
