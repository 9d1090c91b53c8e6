"""Who may use the egress gate: connections are let in, have to prove themselves, and are thrown out.

All of it runs on the gate's event loop.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import secrets
import socket
from dataclasses import dataclass, field
from http import HTTPStatus

from yt_videos_api.cage.dial import Dialer
from yt_videos_api.cage.exchange import Answered, Exchange, Traffic, Wire, answer, end_of_request
from yt_videos_api.cage.heads import BadHead, Head, credentials_of
from yt_videos_api.cage.relay import Relay
from yt_videos_api.cage.upstream import Upstream

_log = logging.getLogger(__name__)
_ACCEPT_AGAIN_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class GateLimits:
    """Bounds that keep one greedy or broken client from harming the others."""

    head_seconds: float = 10.0
    idle_seconds: float = 300.0  # no byte in either direction
    connections_per_session: int = 128
    newcomers: int = 256  # connections that have not proven anything yet; the oldest makes room


@dataclass(slots=True)
class Pass:
    """What a session's connections have to show, where they may go, and what came of them."""

    upstream: Upstream | None = None  # instead of the gate's
    exceptions: frozenset[tuple[str, int]] = frozenset()  # beside the gate's
    name: str = field(default_factory=lambda: secrets.token_hex(8))
    secret: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    traffic: Traffic = field(default_factory=Traffic)
    exchanges: dict[asyncio.Task[None], Exchange] = field(default_factory=dict)


class Door:
    """Lets connections in. All methods belong to the event loop's thread, but for `admit`."""

    def __init__(self, dialer: Dialer, upstream: Upstream | None, limits: GateLimits) -> None:
        self._dialer = dialer
        self._upstream = upstream
        self._limits = limits
        self._relay = Relay()
        self._passes: dict[str, Pass] = {}
        self._newcomers: dict[asyncio.Task[None], None] = {}

    def admit(self, given: Pass) -> None:
        """Let in whoever shows this pass from now on."""
        self._passes[given.name] = given

    async def revoke(self, given: Pass) -> None:
        """Cut all connections of this pass and let in none any more."""
        self._passes.pop(given.name, None)
        await _cancel(list(given.exchanges))

    async def serve(self, listener: socket.socket) -> None:
        """Let in connections until cancelled; then cut them all."""
        watch = asyncio.create_task(self._cut_idle())
        try:
            while True:
                await self._accept(listener)
        finally:
            everybody = [task for given in self._passes.values() for task in given.exchanges]
            await _cancel([watch, *self._newcomers, *everybody])

    async def _accept(self, listener: socket.socket) -> None:
        try:
            connection, _ = await asyncio.get_running_loop().sock_accept(listener)
        except OSError:  # out of descriptors, or the client is gone already
            await asyncio.sleep(_ACCEPT_AGAIN_SECONDS)
            return
        if len(self._newcomers) >= self._limits.newcomers:
            oldest = next(iter(self._newcomers))
            del self._newcomers[oldest]
            oldest.cancel()
        task = asyncio.create_task(self._welcome(connection))
        self._newcomers[task] = None
        task.add_done_callback(lambda done: self._leave(done, connection))

    def _leave(self, task: asyncio.Task[None], connection: socket.socket) -> None:
        self._newcomers.pop(task, None)
        connection.close()  # here, because a task that is cancelled before its first step never runs

    async def _welcome(self, connection: socket.socket) -> None:
        client = Wire(connection)
        try:
            connection.setblocking(False)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            await self._admit(client)
        except Answered as answered:
            await answer(client, answered)
        except OSError:
            client.abort()
        except asyncio.CancelledError:
            client.abort()
            raise
        except Exception:  # one connection must never take the gate down
            _log.exception("the egress gate failed to carry out a request")
            client.abort()

    async def _admit(self, client: Wire) -> None:
        head = await self._read_head(client)
        given = self._pass_of(head)
        if len(given.exchanges) >= self._limits.connections_per_session:
            raise Answered(HTTPStatus.SERVICE_UNAVAILABLE, "Too many connections at once.")
        dialer, upstream = self._dialer.with_exceptions(given.exceptions), given.upstream or self._upstream
        exchange = Exchange(client, dialer, upstream, self._relay, given.traffic)
        task = asyncio.current_task()
        assert task is not None  # this is a coroutine
        self._newcomers.pop(task, None)
        given.exchanges[task] = exchange
        try:
            await exchange.carry_out(head)
        finally:
            del given.exchanges[task]

    async def _read_head(self, client: Wire) -> Head:
        try:
            async with asyncio.timeout(self._limits.head_seconds):
                return Head.parse(await client.read_head(end_of_request))
        except TimeoutError:
            raise Answered(HTTPStatus.REQUEST_TIMEOUT, "The request did not come.") from None
        except BadHead as error:
            raise Answered(HTTPStatus.BAD_REQUEST, f"The egress gate does not understand the {error}.") from None

    def _pass_of(self, head: Head) -> Pass:
        name, _, secret = (credentials_of(head) or "").partition(":")
        given = self._passes.get(name)
        if given is None or not hmac.compare_digest(given.secret.encode(), secret.encode()):
            challenge = (b"Proxy-Authenticate", b'Basic realm="egress gate"')
            raise Answered(HTTPStatus.PROXY_AUTHENTICATION_REQUIRED, "The egress gate needs a credential.", challenge)
        return given

    async def _cut_idle(self) -> None:
        while True:
            await asyncio.sleep(self._limits.idle_seconds / 4)
            oldest = asyncio.get_running_loop().time() - self._limits.idle_seconds
            for given in list(self._passes.values()):
                for task, exchange in list(given.exchanges.items()):
                    if exchange.moved_at < oldest:
                        task.cancel()


async def _cancel(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
