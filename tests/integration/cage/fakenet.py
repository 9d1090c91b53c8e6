"""A small internet on loopback: names with addresses, servers that keep what they hear, and clients of a gate."""

from __future__ import annotations

import base64
import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import urlsplit

from yt_videos_api.cage.dial import connect
from yt_videos_api.cage.gate import GateSession
from yt_videos_api.domain.addresses import IPAddress

PUBLIC = "93.184.215.14"
OTHER_PUBLIC = "2606:2800:21f:cb07:6820:80da:af6b:8b2c"
Behaviour = Callable[[socket.socket], None]


class Server:
    """Accepts connections on loopback and gives each to `behaviour` in a thread of its own."""

    def __init__(self, behaviour: Behaviour, host: str = "127.0.0.1") -> None:
        self._behaviour = behaviour
        self._listener = socket.create_server((host, 0))
        self.port: int = self._listener.getsockname()[1]
        self.connections = 0
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                self._open.append(connection)
                self._threads.append(threading.Thread(target=self._serve, args=(connection,), daemon=True))
                self._threads[-1].start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            self._behaviour(connection)

    def close(self) -> None:
        """Stop listening, end all connections and wait for the threads."""
        for each in (self._listener, *self._open):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(5)


@contextlib.contextmanager
def server(behaviour: Behaviour, host: str = "127.0.0.1") -> Iterator[Server]:
    """A running server."""
    running = Server(behaviour, host)
    try:
        yield running
    finally:
        running.close()


@dataclass
class Internet:
    """Resolver and connector of a gate: `names` says what lookups answer, `sites` where addresses lead."""

    names: dict[str, list[list[str]]] = field(default_factory=dict)  # one answer per lookup; the last one stays
    sites: dict[str, int] = field(default_factory=dict)  # public address -> port of a server on loopback
    looked_up: list[str] = field(default_factory=list)
    connected: list[str] = field(default_factory=list)

    def resolve(self, host: str, port: int) -> list[IPAddress]:
        """The gate's resolver."""
        self.looked_up.append(host)
        answers = self.names.get(host)
        if not answers:
            raise socket.gaierror(socket.EAI_NONAME, "no such name")
        return [ip_address(text) for text in (answers.pop(0) if len(answers) > 1 else answers[0])]

    async def connect(self, address: IPAddress, port: int) -> socket.socket:
        """The gate's connector; addresses without a site are connected to as they are, if they are on loopback."""
        self.connected.append(str(address))
        if str(address) in self.sites:
            return await connect(ip_address("127.0.0.1"), self.sites[str(address)])
        if not address.is_loopback:
            raise OSError("unreachable")
        return await connect(address, port)

    def site(self, running: Server, name: str = "site.example", address: str = PUBLIC) -> None:
        """Make `running` a public site."""
        self.names[name] = [[address]]
        self.sites[address] = running.port


@dataclass
class Reply:
    """What came back through the gate."""

    status: int
    fields: dict[str, str]
    content: bytes = b""


def send_head(session: GateSession | str, head: str, *, timeout_seconds: float = 10) -> socket.socket:
    """Connect to the gate of a session (or with a proxy URL) and send a request head, with its credential."""
    url = urlsplit(session if isinstance(session, str) else session.proxy_url)
    connection = socket.create_connection((url.hostname, url.port), timeout=timeout_seconds)
    connection.sendall(f"{head}\r\n".encode() + proof_of(url.geturl()) + b"\r\n")
    return connection


def proof_of(proxy_url: str) -> bytes:
    """The header line that shows the credential of a proxy URL; empty when it has none."""
    url = urlsplit(proxy_url)
    if not url.username:
        return b""
    return b"Proxy-Authorization: Basic " + base64.b64encode(f"{url.username}:{url.password}".encode()) + b"\r\n"


def read_reply(connection: socket.socket) -> Reply:
    """Read the head of a reply, and not a byte more."""
    data = bytearray()
    while not data.endswith(b"\r\n\r\n"):
        byte = connection.recv(1)
        if not byte:
            raise ConnectionError(f"ended after {data!r}")
        data += byte
    line, *lines = data.decode("latin-1").rstrip("\r\n").split("\r\n")
    return Reply(
        int(line.split()[1]), {name.lower(): value for name, _, value in (text.partition(": ") for text in lines)}
    )


def read_all(connection: socket.socket) -> bytes:
    """Everything until the end of the stream."""
    data = bytearray()
    while more := connection.recv(1 << 20):
        data += more
    return bytes(data)


def open_tunnel(session: GateSession, target: str = "site.example:443") -> socket.socket:
    """A tunnel that is established; the caller closes it."""
    connection = send_head(session, f"CONNECT {target} HTTP/1.1\r\nHost: {target}")
    try:
        assert read_reply(connection).status == 200
    except BaseException:
        connection.close()
        raise
    return connection


def ask(session: GateSession | str, head: str) -> Reply:
    """Send a request head and read the whole reply."""
    with send_head(session, head) as connection:
        reply = read_reply(connection)
        reply.content = read_all(connection)
        return reply


def echo(connection: socket.socket) -> None:
    """Send back what comes, until the end of the stream, and end it then."""
    while data := connection.recv(1 << 16):
        connection.sendall(data)


def hello(connection: socket.socket) -> None:
    """Answer any HTTP request with five bytes."""
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
