"""The listening side: a proxy on loopback that is every host it is asked for, and a plain HTTP server beside it.

It never forwards: `CONNECT host:port` is answered with TLS under the origin's own authority (or, when what follows is
not TLS, with plain HTTP), `GET http://host/path` and `GET /path` are answered right away.
"""

from __future__ import annotations

import base64
import contextlib
import http.server
import socket
import socketserver
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.origin.certificates import Certificates
from tests.origin.delivery import Delivery
from tests.origin.injections import Asked, Injections
from tests.origin.journal import Journal
from tests.origin.message import Incoming, Response, Target

_TLS_HANDSHAKE = b"\x16"  # first byte of a TLS record that holds a handshake


@dataclass(slots=True)
class Desk:
    """What all connections of an origin share."""

    route: Callable[[Incoming], Target]
    certificates: Certificates = field(default_factory=Certificates)
    journal: Journal = field(default_factory=Journal)
    injections: Injections = field(default_factory=Injections)
    closing: threading.Event = field(default_factory=threading.Event)
    mistakes: list[str] = field(default_factory=list)  # tracebacks of bugs in the origin itself
    credential: str = ""  # "user:password" that the proxy demands; empty: none

    def serve(self, connection: socket.socket, incoming: Incoming) -> bool:
        """Answer one request. True when the connection can be used again."""
        target = self.route(incoming)
        entry = self.journal.begin(incoming, target)
        asked = Asked(target.kind, target.video, target.client, _address(incoming), target.page)
        try:
            response = self._answer(target)
            for fault in self.injections.faults(asked):
                response = fault.spoil(response)
            holds = self.injections.holds(asked)
            return Delivery(
                connection, incoming, response, entry, self.journal, self.injections, holds, self.closing
            ).send()
        finally:
            self.journal.end(entry)

    def _answer(self, target: Target) -> Response:
        try:
            return target.answer()
        except Exception:
            # A bug here must not look like a fault of a site: the test hears of it when the origin is closed.
            self.mistakes.append(traceback.format_exc())
            return Response(status=500)


def _address(incoming: Incoming) -> str:
    return incoming.path + "?" + "&".join(f"{name}={value}" for name, value in incoming.query.items())


class Listener(socketserver.ThreadingTCPServer):
    """A port on loopback, a thread for every connection."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, desk: Desk, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), Connection)
        self.desk = desk
        self._open: dict[socket.socket, threading.Thread] = {}
        self._lock = threading.Lock()
        self._acceptor = threading.Thread(target=self.serve_forever, args=(0.05,), name="origin", daemon=True)
        self._acceptor.start()

    @property
    def url(self) -> str:
        """Its address, as http."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def enter(self, connection: socket.socket) -> None:
        """A connection begins, or goes on as TLS."""
        with self._lock:
            self._open[connection] = threading.current_thread()

    def leave(self, connection: socket.socket) -> None:
        """A connection is over."""
        with self._lock:
            self._open.pop(connection, None)

    def stop(self) -> None:
        """Close the port and every connection, and wait for their threads."""
        self.shutdown()
        self.server_close()
        self._acceptor.join()
        with self._lock:
            open_now = list(self._open.items())
        for connection, _ in open_now:
            with contextlib.suppress(OSError):
                # Not SSLSocket.shutdown: it takes TLS away under the thread that is using it.
                socket.socket.shutdown(connection, socket.SHUT_RDWR)
        for _, thread in open_now:
            thread.join(timeout=10)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A bug in a connection's thread; keep it for the test to see."""
        self.desk.mistakes.append(traceback.format_exc())


class Connection(http.server.BaseHTTPRequestHandler):
    """One connection; http.server reads the requests, Desk and Delivery answer them."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Listener
    _tunnel: tuple[str, int, str] | None = None  # host, port and scheme behind CONNECT

    def setup(self) -> None:
        super().setup()
        self.server.enter(self.connection)

    def handle(self) -> None:
        # Whatever breaks a connection is the client's or a fault's doing, and the journal shows it.
        with contextlib.suppress(OSError):
            super().handle()

    def finish(self) -> None:
        self.server.leave(self.connection)
        with contextlib.suppress(OSError):
            super().finish()
        self.connection.close()

    def do_CONNECT(self) -> None:
        if not self._may_use_proxy():
            return
        host, _, port = self.path.rpartition(":")
        host = host.strip("[]").lower()
        self._quick_ack()
        self.connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        # http.server takes CONNECT for the end of a conversation; here it is the beginning.
        self.close_connection = False
        if self.connection.recv(1, socket.MSG_PEEK) == _TLS_HANDSHAKE:
            self._tunnel = (host, int(port), "https")
            self._go_on_in_tls(host)
        else:
            self._tunnel = (host, int(port), "http")

    def _go_on_in_tls(self, host: str) -> None:
        self.server.leave(self.connection)
        plain = self.connection
        self.rfile.close()
        self.wfile.close()
        context = self.server.desk.certificates.context_for(host)
        self.connection = tls = context.wrap_socket(plain, server_side=True, do_handshake_on_connect=False)
        # Known before the handshake, so that a client that never ends it does not keep the origin from stopping.
        self.server.enter(tls)
        tls.do_handshake()
        self.rfile = self.connection.makefile("rb")
        self.wfile = self.connection.makefile("wb", buffering=0)

    def _may_use_proxy(self) -> bool:
        """Whether the proxy's credential was brought; refuses with 407 when not."""
        wanted = self.server.desk.credential
        told = self.headers.get("Proxy-Authorization", "")
        if not wanted or told == "Basic " + base64.b64encode(wanted.encode()).decode():
            return True
        refusal = 'HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="standin"\r\n'
        self.connection.sendall(f"{refusal}Content-Length: 0\r\nConnection: close\r\n\r\n".encode())
        self.close_connection = True
        return False

    def _serve(self) -> None:
        self._quick_ack()
        incoming = self._incoming()
        if self.path.startswith("http") and not self._may_use_proxy():
            return
        again = self.server.desk.serve(self.connection, incoming)
        self.close_connection = self.close_connection or not again

    do_GET = do_HEAD = do_POST = _serve  # noqa: N815 - http.server looks the methods up by these names

    def _incoming(self) -> Incoming:
        parts = urlsplit(self.path)
        host, port, scheme = self._tunnel or self._host_of(parts.netloc)
        return Incoming(
            method=self.command,
            scheme=scheme,
            host=host,
            port=port,
            path=parts.path or "/",
            query=dict(parse_qsl(parts.query, keep_blank_values=True)),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(int(self.headers.get("Content-Length", 0))),
        )

    def _host_of(self, netloc: str) -> tuple[str, int, str]:
        told = urlsplit("//" + (netloc or self.headers.get("Host", "")))
        return (told.hostname or "", told.port or 80, "http")

    def _quick_ack(self) -> None:
        # Without it a POST in two writes waits 40 ms for our delayed ACK. The kernel forgets it, so for every request.
        option = getattr(socket, "TCP_QUICKACK", None)
        if option is not None:
            self.connection.setsockopt(socket.IPPROTO_TCP, option, 1)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the journal knows it all."""
