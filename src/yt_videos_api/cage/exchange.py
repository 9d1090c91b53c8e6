"""One connection of a client through the gate: its request is read and judged, then the bytes flow."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus

from yt_videos_api.cage.bodies import Body, body_of
from yt_videos_api.cage.dial import Dialer, Refused, UnknownName, Unreachable
from yt_videos_api.cage.heads import END_OF_ANSWER, MAX_HEAD_BYTES, BadHead, Head, Request, status_of
from yt_videos_api.cage.relay import Relay
from yt_videos_api.cage.upstream import Upstream

_UPSTREAM_ANSWER_SECONDS = 60.0  # it may have to connect through half the world first
_LINGER_SECONDS = 1.0
_INTERIM = (100, 102, 103)
_REFUSALS_KEPT = 100
_RECEIVE_BYTES = 64 << 10
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Something that the gate did not let out."""

    host: str
    port: int
    reason: str  # a clause for logs, such as "10.0.0.1 is not a public address"


@dataclass(slots=True)
class Traffic:
    """What one session moved and wanted to move. Written by the gate's thread, read by any."""

    refused: list[Refusal] = field(default_factory=list)
    unknown_names: set[str] = field(default_factory=set)
    bytes_in: int = 0  # from the internet to the session


class Answered(Exception):
    """The request ends here, with an answer of the gate's own."""

    def __init__(self, status: HTTPStatus, text: str, *fields: tuple[bytes, bytes]) -> None:
        super().__init__(text)
        self.status = status
        self.fields = fields


@dataclass(slots=True)
class Wire:
    """A socket and what was received from it but not yet used."""

    socket: socket.socket
    received: bytes = b""

    async def read_head(self, ends_at: Callable[[bytearray, int], tuple[int, int] | None]) -> bytes:
        """All before the empty line. Raises ConnectionError when there is none, BadHead when it does not come."""
        data, searched = bytearray(), 0
        while True:
            data += await self.receive()
            if (end := ends_at(data, max(0, searched - 3))) is not None:
                break
            if len(data) > MAX_HEAD_BYTES:
                raise BadHead("size")
            searched = len(data)
        self.received = bytes(data[end[1] :])
        return bytes(data[: end[0]])

    async def receive(self) -> bytes:
        """The next bytes. Raises ConnectionError at the end of the stream."""
        data, self.received = self.received, b""
        data = data or await asyncio.get_running_loop().sock_recv(self.socket, _RECEIVE_BYTES)
        if not data:
            raise ConnectionResetError("ended too early")
        return data

    async def send(self, data: bytes) -> None:
        """Send all of `data`."""
        await asyncio.get_running_loop().sock_sendall(self.socket, data)

    def abort(self) -> None:
        """Make the close a reset: the other side must not take what it has for all there is."""
        with contextlib.suppress(OSError):
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)


def end_of_request(data: bytearray, start: int) -> tuple[int, int] | None:
    """Where the head ends and the rest begins, strictly."""
    position = data.find(b"\r\n\r\n", start)
    return None if position < 0 else (position, position + 4)


def end_of_answer(data: bytearray, start: int) -> tuple[int, int] | None:
    """The same for servers that end lines as they like."""
    match = END_OF_ANSWER.search(data, start)
    return match.span() if match else None


@dataclass(slots=True)
class Exchange:
    """Carries out one request that has proven to belong to a session."""

    client: Wire
    dialer: Dialer
    upstream: Upstream | None  # for public targets
    relay: Relay
    traffic: Traffic
    moved_at: float = 0.0  # on the event loop's clock

    async def carry_out(self, head: Head) -> None:
        """Raises Answered when the gate itself has to answer, OSError when a connection breaks."""
        self._touch(0)
        request, body = _understand(head)
        request = self._judge(request)
        if self.dialer.bypasses_upstream(request.host, request.port):
            self.upstream = None
        origin = Wire(await self._open(request))
        try:
            await (
                self._tunnel(origin, request) if request.method == b"CONNECT" else self._pass_on(origin, request, body)
            )
        except BaseException:
            origin.abort()
            raise
        finally:
            origin.socket.close()

    def _judge(self, request: Request) -> Request:
        try:
            return request.judged(self.dialer.judge(request.host, request.port))
        except Refused as refused:
            raise self._refusal(request, refused) from None

    async def _open(self, request: Request) -> socket.socket:
        try:
            if self.upstream is None:
                return await self.dialer.dial(request.host, request.port)
            return await self.dialer.dial_trusted(self.upstream.host, self.upstream.port)
        except Refused as refused:
            raise self._refusal(request, refused) from None
        except Unreachable as unreachable:
            # Through an upstream it is the upstream's own name that is unknown, which tells nothing of the site.
            nameless = self.upstream is None and isinstance(unreachable, UnknownName)
            if nameless and len(self.traffic.unknown_names) < _REFUSALS_KEPT:
                self.traffic.unknown_names.add(request.host)
            raise Answered(HTTPStatus.BAD_GATEWAY, f"{unreachable}.") from None

    def _refusal(self, request: Request, refused: Refused) -> Answered:
        if len(self.traffic.refused) < _REFUSALS_KEPT:
            self.traffic.refused.append(Refusal(request.host, request.port, str(refused)))
        return Answered(HTTPStatus.FORBIDDEN, f"Refused by the egress gate: {refused}.")

    async def _tunnel(self, origin: Wire, request: Request) -> None:
        if self.upstream is not None:
            await _ask_upstream(origin, self.upstream, request)
        await self.client.send(b"HTTP/1.1 200 Connection established\r\n\r\n" + origin.received)
        if self.client.received:
            await origin.send(self.client.received)
        outwards = self.relay.run(self.client.socket, origin.socket, self._touch)
        inwards = self.relay.run(origin.socket, self.client.socket, self._came_in)
        await _all_or_first_failure(asyncio.create_task(outwards), asyncio.create_task(inwards))

    async def _pass_on(self, origin: Wire, request: Request, body: Body) -> None:
        upstream = self.upstream
        head = request.for_origin() if upstream is None else request.for_upstream(*upstream.credentials)
        await origin.send(bytes(head))
        uploading = asyncio.create_task(self._send_body(origin, body))
        try:
            await self._return_answer(origin)
        finally:
            await _cancel(uploading)

    async def _send_body(self, origin: Wire, body: Body) -> None:
        """Send what belongs to this one request and nothing more: the next hop could take it for another request."""
        try:
            while not body.done:
                data = await self.client.receive()
                taken = body.take(data)
                try:
                    await origin.send(data[:taken])
                except OSError:
                    return  # it has heard enough; its answer, if any, tells why
                self._touch(taken)
        except (OSError, BadHead):  # half a request must not be carried out
            with contextlib.suppress(OSError):
                origin.socket.shutdown(socket.SHUT_RDWR)

    async def _return_answer(self, origin: Wire) -> None:
        """The head comes rewritten, so that the client ends this connection with this answer; the rest as it is."""
        status = 100
        while status in _INTERIM:
            try:
                head = Head.parse_leniently(await origin.read_head(end_of_answer))
                status = status_of(head)
            except BadHead:
                raise Answered(HTTPStatus.BAD_GATEWAY, "The site does not speak HTTP.") from None
            await self.client.send(bytes(head if status in _INTERIM else head.for_next_hop()))
        await self.client.send(origin.received)
        self._came_in(len(origin.received))
        await self.relay.run(origin.socket, self.client.socket, self._came_in)

    def _came_in(self, size: int) -> None:
        self.traffic.bytes_in += size
        self._touch(size)

    def _touch(self, _: int) -> None:
        self.moved_at = asyncio.get_running_loop().time()


def _understand(head: Head) -> tuple[Request, Body]:
    try:
        return Request.parse(head), body_of(head)
    except BadHead as error:
        raise Answered(HTTPStatus.BAD_REQUEST, f"The egress gate does not understand the request ({error}).") from None


async def _ask_upstream(origin: Wire, upstream: Upstream, request: Request) -> None:
    fields = ((b"Host", request.authority), *upstream.credentials)
    try:
        async with asyncio.timeout(_UPSTREAM_ANSWER_SECONDS):
            await origin.send(bytes(Head(b"CONNECT %b HTTP/1.1" % request.authority, fields)))
            status = status_of(Head.parse_leniently(await origin.read_head(end_of_answer)))
    except (OSError, BadHead):
        raise Answered(HTTPStatus.BAD_GATEWAY, "The upstream proxy does not answer.") from None
    if not 200 <= status < 300:
        raise Answered(HTTPStatus.BAD_GATEWAY, f"The upstream proxy answered {status}.")


async def _all_or_first_failure(*tasks: asyncio.Task[None]) -> None:
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        for task in done:
            task.result()
    finally:
        await _cancel(*tasks)


async def _cancel(*tasks: asyncio.Task[None]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def answer(client: Wire, answered: Answered) -> None:
    """Answer in the gate's own name and end the connection so that the answer arrives."""
    text = f"{answered}\n".encode("ascii", "replace")
    status = answered.status
    fields = (
        (b"Content-Type", b"text/plain; charset=us-ascii"),
        (b"Content-Length", b"%d" % len(text)),
        (b"Connection", b"close"),
        *answered.fields,
    )
    line = f"HTTP/1.1 {status.value} {status.phrase}".encode("ascii")
    with contextlib.suppress(OSError):  # its own time-out among them
        async with asyncio.timeout(_LINGER_SECONDS):
            await client.send(bytes(Head(line, fields)) + text)
            client.socket.shutdown(socket.SHUT_WR)
            # Closing with bytes unread would be a reset, which can overtake the answer.
            while await asyncio.get_running_loop().sock_recv(client.socket, _RECEIVE_BYTES):
                pass
