"""The connections of this process to the gate: how much came in over them, and cutting them all."""

from __future__ import annotations

import contextlib
import os
import resource
import select
import socket
import stat
import struct
from collections.abc import Iterator

_TCP_INFO_BYTES = 192
# struct tcp_info: tcpi_bytes_received (Linux 4.1) and tcpi_data_segs_in (4.6)
_BYTES_RECEIVED = struct.Struct("@Q"), 128
_SEGMENTS_RECEIVED = struct.Struct("@I"), 152
_ENVELOPE_BYTES = 32  # a byte a time comes in a TLS record each; without this they would count thirtyfold
_MOST_DESCRIPTORS = 1024


class GateTraffic:
    """Counts what this process received through `port` since the counter was made.

    Below Python on purpose: a reader that waits for a full block has received bytes that no hook tells of yet, and a
    stall is the absence of bytes, not of blocks.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self._seen: dict[tuple[int, int], int] = {}
        self._total = 0

    def received_bytes(self) -> int:
        """Bytes so far, headers included and TLS about excluded; never less than at the call before."""
        open_now: dict[tuple[int, int], int] = {}
        for connection in self._connections():
            key = (connection.fileno_of_origin, connection.local_port)
            open_now[key] = connection.received_bytes
            self._total += max(0, connection.received_bytes - self._seen.get(key, 0))
        self._seen = open_now
        return self._total

    def cut(self) -> None:
        """Shut all connections down: whoever waits for them in any thread goes on at once, with an error."""
        for connection in self._connections():
            connection.cut()

    def hurry(self) -> None:
        """Have what is written sent at once on all connections that are open.

        urllib3 leaves Nagle's algorithm on for proxies and writes a request in two pieces: every POST through the gate
        would wait 40 ms for an acknowledgement (measured).
        """
        for connection in self._connections():
            connection.hurry()

    def _connections(self) -> Iterator[_Connection]:
        for descriptor in _socket_descriptors():
            with contextlib.suppress(OSError), _duplicate(descriptor) as sock:
                if sock.family in (socket.AF_INET, socket.AF_INET6) and sock.getpeername()[1] == self._port:
                    yield _Connection(descriptor, sock)


class _Connection:
    def __init__(self, descriptor: int, sock: socket.socket) -> None:
        self.fileno_of_origin = descriptor
        self.local_port: int = sock.getsockname()[1]
        self._sock = sock

    @property
    def received_bytes(self) -> int:
        told = self._sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO_BYTES)
        total, segments = (
            layout.unpack_from(told, offset)[0] for layout, offset in (_BYTES_RECEIVED, _SEGMENTS_RECEIVED)
        )
        return max(0, int(total) - _ENVELOPE_BYTES * int(segments))

    def hurry(self) -> None:
        self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def cut(self) -> None:
        self._sock.shutdown(socket.SHUT_RDWR)


def _socket_descriptors() -> list[int]:
    return [number for number in _open_descriptors() if _is_socket(number)]


def _is_socket(descriptor: int) -> bool:
    try:
        return stat.S_ISSOCK(os.fstat(descriptor).st_mode)
    except OSError:  # another thread has closed it meanwhile
        return False


def _open_descriptors() -> set[int]:
    """Asked with one system call: /proc may be out of reach here, and a thousand fstat calls take 2 ms."""
    numbers = range(3, min(resource.getrlimit(resource.RLIMIT_NOFILE)[0], _MOST_DESCRIPTORS))
    poller = select.poll()
    for number in numbers:
        poller.register(number, 0)
    return set(numbers).difference(number for number, events in poller.poll(0) if events & select.POLLNVAL)


def _duplicate(descriptor: int) -> socket.socket:
    """A socket object of our own: closing it leaves the original open."""
    return socket.socket(fileno=os.dup(descriptor))
