"""JSON objects, one per line, over a stream socket: how supervisor, forkserver and child speak.

Never pickle: what comes from a child may be written by whoever broke into it. A line has a maximum length, numbers are
finite, and file descriptors are accepted only where they are expected.
"""

from __future__ import annotations

import json
import select
import socket
import time
from collections.abc import Mapping, Sequence

MAX_LINE_BYTES = 4 * 2**20
_MAX_DESCRIPTORS = 8
_READ_BYTES = 2**16

Message = dict[str, object]


class ProtocolError(Exception):
    """The other side sent something that is no message; it must not be listened to any more."""


class Channel:
    """One end of a connected stream socket; owns the socket. Not for two threads at once in the same direction."""

    def __init__(self, sock: socket.socket, *, accepts_descriptors: bool = False) -> None:
        self._sock = sock
        self._accepts = accepts_descriptors
        self._buffer = bytearray()
        self._descriptors: list[int] = []

    def fileno(self) -> int:
        """The descriptor, for poll()."""
        return self._sock.fileno()

    def send(self, message: Mapping[str, object], descriptors: Sequence[int] = ()) -> None:
        """Send one message, with copies of `descriptors`. Raises OSError when the other side is gone."""
        line = json.dumps(message, allow_nan=False, separators=(",", ":")).encode("ascii") + b"\n"
        if len(line) > MAX_LINE_BYTES:
            raise ProtocolError(f"a message of {len(line)} bytes is too long")
        sent = socket.send_fds(self._sock, [line], list(descriptors)) if descriptors else 0
        self._sock.sendall(line[sent:])

    def receive(self, timeout_seconds: float | None = None) -> Message | None:
        """The next message; None when the other side is gone.

        Raises TimeoutError after `timeout_seconds`, ProtocolError for anything that is not a message.
        """
        deadline = None if timeout_seconds is None else time.monotonic() + timeout_seconds
        while (end := self._buffer.find(b"\n")) < 0:
            if len(self._buffer) > MAX_LINE_BYTES:
                raise ProtocolError("a line is too long")
            self._wait(deadline)
            if not self._fill():
                return None
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        return _parse(line)

    @property
    def has_message(self) -> bool:
        """Whether a message has been read off the socket already, so that poll() would not tell of it."""
        return b"\n" in self._buffer

    def take_descriptors(self) -> list[int]:
        """The descriptors that came with the messages read so far; the caller owns and closes them."""
        taken, self._descriptors = self._descriptors, []
        return taken

    def close(self) -> None:
        """Close the socket. Safe to repeat."""
        self._sock.close()

    def _wait(self, deadline: float | None) -> None:
        if deadline is None:
            return
        poller = select.poll()
        poller.register(self._sock, select.POLLIN)
        remaining = deadline - time.monotonic()
        if remaining <= 0 or not poller.poll(remaining * 1000):
            raise TimeoutError

    def _fill(self) -> bool:
        try:
            if self._accepts:
                data, descriptors, _, _ = socket.recv_fds(self._sock, _READ_BYTES, _MAX_DESCRIPTORS)
                self._descriptors.extend(descriptors)
            else:
                # A plain recv() makes the kernel drop descriptors that nobody asked for.
                data = self._sock.recv(_READ_BYTES)
        except ConnectionError:
            return False
        self._buffer += data
        return bool(data)


def _parse(line: bytes) -> Message:
    try:
        message = json.loads(line, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise ProtocolError("a line is not JSON") from error
    if not isinstance(message, dict):
        raise ProtocolError("a message is not an object")
    return message


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not a number")
