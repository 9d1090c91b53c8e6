"""A wire that listens: between a run and its proxy, it keeps how the run introduces itself to sites in TLS."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

_HELLO_BYTES = 4096
_CONNECT_ENDS = b"\r\n\r\n"


@dataclass(slots=True)
class Wiretap:
    """Forwards to a proxy on loopback; `heard` is what each connection began with."""

    url: str
    heard: list[bytearray] = field(default_factory=list)

    @property
    def cipher_suites(self) -> list[tuple[int, ...]]:
        """What each TLS client offered, as numbers in its order."""
        hellos = [bytes(heard).partition(_CONNECT_ENDS)[2] for heard in self.heard if heard.startswith(b"CONNECT")]
        return [_suites(hello) for hello in hellos if hello]

    @classmethod
    @contextmanager
    def start(cls, proxy_url: str) -> Iterator[Wiretap]:
        """Listen until the block is left."""
        parts = urlsplit(proxy_url)
        with socket.create_server(("127.0.0.1", 0)) as listener:
            tap = cls(f"http://127.0.0.1:{listener.getsockname()[1]}")
            target = (str(parts.hostname), int(parts.port or 0))
            acceptor = threading.Thread(target=tap._accept, args=(listener, target), daemon=True)
            acceptor.start()
            try:
                yield tap
            finally:
                listener.shutdown(socket.SHUT_RDWR)  # wakes accept()
                acceptor.join()

    def _accept(self, listener: socket.socket, target: tuple[str, int]) -> None:
        threads = []
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                heard = bytearray()
                self.heard.append(heard)
                threads.append(threading.Thread(target=_forward, args=(client, target, heard), daemon=True))
                threads[-1].start()
        for thread in threads:
            thread.join()


def _forward(client: socket.socket, target: tuple[str, int], heard: bytearray) -> None:
    with client, socket.create_connection(target) as server:
        back = threading.Thread(target=_copy, args=(server, client, None), daemon=True)
        back.start()
        _copy(client, server, heard)
        back.join()


def _copy(source: socket.socket, sink: socket.socket, heard: bytearray | None) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(2**16):
            if heard is not None and len(heard) < _HELLO_BYTES:
                heard += data
            sink.sendall(data)
    for sock in (source, sink):
        with contextlib.suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)


def _suites(hello: bytes) -> tuple[int, ...]:
    """The cipher suites of a ClientHello: record (5 bytes), handshake (4), version (2), random (32), session id."""
    at = 5 + 4 + 2 + 32
    at += 1 + hello[at]
    (length,) = struct.unpack_from(">H", hello, at)
    return struct.unpack_from(f">{length // 2}H", hello, at + 2)
