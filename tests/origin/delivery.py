"""Sending one response: its range, its pace, its holds and its end. All that the wire can do to a client is here."""

from __future__ import annotations

import array
import contextlib
import fcntl
import re
import select
import socket
import ssl
import struct
import termios
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus

from tests.origin.body import Block
from tests.origin.injections import Hold, Injections
from tests.origin.journal import Journal, Request
from tests.origin.message import Ending, Incoming, Response

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")
_HUNG_UP = getattr(select, "POLLRDHUP", 0) | select.POLLHUP | select.POLLERR
_STEP_SECONDS = 0.05  # how finely a throttled body is cut, and how often a waiting response looks whether it may go on


class ClientGone(ConnectionError):
    """The client closed its side while a response was waiting."""


class OriginClosing(ConnectionError):
    """The origin is being stopped."""


@dataclass(frozen=True, slots=True)
class Slice:
    """The part of the body that is sent, and what the head says of it."""

    status: int
    start: int
    stop: int | None  # None: without end
    content_range: str | None = None


@dataclass(slots=True)
class Delivery:
    """One response on its way to one client."""

    connection: socket.socket
    incoming: Incoming
    response: Response
    entry: Request
    journal: Journal
    injections: Injections
    holds: list[Hold]
    closing: threading.Event

    def send(self) -> bool:
        """Send it. True when the connection can be used again; raises OSError when the client is gone."""
        self._pass([hold for hold in self.holds if hold.after_bytes is None])
        self._wait(self.response.wait_seconds)
        part = slice_of(self.response, self.incoming)
        self.journal.note(self.entry, status=part.status)
        self.connection.sendall(self._head(part))
        if self.incoming.method != "HEAD" and not self._send_body(part):
            return False
        self.journal.note(self.entry, complete=True)
        if self.response.extra_length or not self.response.tells_length:
            self._close_in_order()
            return False
        return True

    def _head(self, part: Slice) -> bytes:
        response = self.response
        lines = [f"HTTP/1.1 {part.status} {_phrase(part.status)}", f"Date: {formatdate(usegmt=True)}"]
        lines += [f"Content-Type: {response.content_type}", f"Accept-Ranges: {'bytes' if response.ranges else 'none'}"]
        lines += [f"{name}: {value}" for name, value in response.headers.items()]
        if response.etag:
            lines.append(f"ETag: {response.etag}")
        if part.content_range:
            lines.append(f"Content-Range: {part.content_range}")
        if response.tells_length and part.stop is not None:
            lines.append(f"Content-Length: {part.stop - part.start + response.extra_length}")
        else:
            lines.append("Connection: close")
        return "\r\n".join([*lines, "", ""]).encode()

    def _send_body(self, part: Slice) -> bool:
        """Send the body; False when it was cut."""
        cut = self.response.cut
        end = part.stop
        if cut and (end is None or part.start + cut.after < end):
            end = part.start + cut.after
        for start, stop in self._between_holds(part.start, end):
            for block in self._paced(self.response.body.blocks(start, stop), already=start - part.start):
                self.connection.sendall(block)
                self.journal.note(self.entry, sent=len(block))
            self._pass([hold for hold in self.holds if hold.after_bytes is not None and hold.after_bytes == stop])
        if cut and end != part.stop:
            self._end(cut.ending)
            return False
        return True

    def _between_holds(self, start: int, end: int | None) -> Iterator[tuple[int, int | None]]:
        positions = (hold.after_bytes for hold in self.holds if hold.after_bytes is not None)
        for position in sorted({at for at in positions if start <= at and (end is None or at < end)}):
            yield start, position
            start = position
        yield start, end

    def _pass(self, holds: list[Hold]) -> None:
        for hold in holds:
            released = self.injections.arrive(hold)
            while released is not None and not released.wait(_STEP_SECONDS):
                self._check_still_wanted()

    def _paced(self, blocks: Iterator[Block], already: int) -> Iterator[Block]:
        """The blocks, in smaller ones and slower where the response has a pace."""
        pace = self.response.pace
        sent = already
        for block in blocks:
            if pace is None:
                yield block
                continue
            free = min(max(pace.after - sent, 0), len(block))
            yield block[:free]
            step = max(1, int(pace.bytes_per_second * _STEP_SECONDS))
            for at in range(free, len(block), step):
                piece = block[at : at + step]
                self._wait(len(piece) / pace.bytes_per_second)
                yield piece
            sent += len(block)

    def _wait(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if self.closing.wait(min(left, _STEP_SECONDS)):
                raise OriginClosing
            self._check_still_wanted()

    def _check_still_wanted(self) -> None:
        if self.closing.is_set():
            raise OriginClosing
        poll = select.poll()
        poll.register(self.connection, _HUNG_UP)
        if poll.poll(0):
            raise ClientGone

    def _end(self, ending: Ending) -> None:
        if ending is Ending.HANG:
            while True:  # until the client is gone or the origin closes: both raise
                self._wait(3600)
        if ending is Ending.RESET:
            self._wait_until_arrived()
            # Lingering for zero seconds is what makes the kernel answer with RST when the descriptor is closed.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return
        self._close_in_order()

    def _wait_until_arrived(self) -> None:
        """RST throws away what the kernel has not sent yet: without this "after N bytes" would be a guess."""
        deadline = time.monotonic() + 5
        while _not_arrived(self.connection) and time.monotonic() < deadline:
            time.sleep(0.001)

    def _close_in_order(self) -> None:
        """Say goodbye in TLS as well: without it a client takes the end of the body for an attack."""
        if isinstance(self.connection, ssl.SSLSocket):
            self.connection.settimeout(1)
            with contextlib.suppress(OSError, ValueError):
                self.connection.unwrap()


def _not_arrived(connection: socket.socket) -> int:
    """How many bytes the peer's kernel has not acknowledged yet."""
    count = array.array("i", [0])
    fcntl.ioctl(connection, termios.TIOCOUTQ, count)
    return count[0]


def slice_of(response: Response, incoming: Incoming) -> Slice:
    """Which part of the body is asked for and given."""
    size = response.body.size
    wanted = _RANGE.fullmatch(incoming.headers.get("range", ""))
    stale = incoming.headers.get("if-range") not in (None, response.etag)
    if response.status != 200 or not response.ranges or size is None or wanted is None or stale:
        return Slice(response.status, 0, size)
    first, last = wanted.groups()
    if not first:
        start, stop = max(size - int(last or 0), 0), size
    else:
        start, stop = int(first), min(int(last) + 1 if last else size, size)
    if start >= stop:
        return Slice(416, 0, 0, f"bytes */{size}")
    return Slice(206, start, stop, f"bytes {start}-{stop - 1}/{size}")


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
