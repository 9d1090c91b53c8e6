"""Proxies that jobs may choose: each lets through who brings its credential, and knows where to."""

from __future__ import annotations

import base64
import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

_HEAD_ENDS = b"\r\n\r\n"


@dataclass(slots=True)
class Relay:
    """A proxy on loopback that hands everything on to another one."""

    credential: str  # user:password
    port: int = 0
    hosts: list[str] = field(default_factory=list)  # that tunnels were opened to
    strangers: int = 0  # who brought no credential, or a wrong one

    @property
    def url(self) -> str:
        """Its address with the credential."""
        return f"http://{self.credential}@127.0.0.1:{self.port}"

    @classmethod
    @contextmanager
    def start(cls, credential: str, onward_url: str) -> Iterator[Relay]:
        """Run until the block is left."""
        onward = urlsplit(onward_url)
        target = (str(onward.hostname), int(onward.port or 0))
        with socket.create_server(("127.0.0.1", 0)) as listener:
            relay = cls(credential, listener.getsockname()[1])
            acceptor = threading.Thread(target=relay._accept, args=(listener, target), daemon=True)
            acceptor.start()
            try:
                yield relay
            finally:
                listener.shutdown(socket.SHUT_RDWR)  # wakes accept()
                acceptor.join()

    def _accept(self, listener: socket.socket, target: tuple[str, int]) -> None:
        threads = []
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                threads.append(threading.Thread(target=self._serve, args=(client, target), daemon=True))
                threads[-1].start()
        for thread in threads:
            thread.join()

    def _serve(self, client: socket.socket, target: tuple[str, int]) -> None:
        with client, contextlib.suppress(OSError):
            head = b""
            while _HEAD_ENDS not in head:
                if not (more := client.recv(4096)):
                    return
                head += more
            if f"Basic {base64.b64encode(self.credential.encode()).decode()}".encode() not in head:
                self.strangers += 1
                client.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
                return
            self.hosts.append(head.split()[1].decode().rpartition(":")[0])
            with socket.create_connection(target) as server:
                server.sendall(head)
                back = threading.Thread(target=_copy, args=(server, client), daemon=True)
                back.start()
                _copy(client, server)
                back.join()


def _copy(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(2**16):
            sink.sendall(data)
    for each in (source, sink):
        with contextlib.suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
