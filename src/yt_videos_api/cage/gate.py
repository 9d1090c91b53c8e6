"""The egress gate: the one way out to the internet for everything that runs in a cage.

A forward proxy on loopback, in a thread of the worker process. It lets out only who holds a session's credential
(cage/door.py), and only to public addresses (cage/dial.py). Without a credential nothing is looked up or connected.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import threading
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Self

from yt_videos_api.cage.dial import Connector, Dialer, Resolver, connect, system_resolver
from yt_videos_api.cage.door import Door, GateLimits, Pass
from yt_videos_api.cage.exchange import Refusal
from yt_videos_api.cage.upstream import Upstream
from yt_videos_api.domain.urls import ALLOWED_PORTS

__all__ = ["Gate", "GateLimits", "GateSession", "Refusal"]

_log = logging.getLogger(__name__)
_LIMITS = GateLimits()
_BACKLOG = 256
_CUT_SECONDS = 5.0  # what close() waits for the gate's thread at most; it takes milliseconds


class GateSession:
    """The right of one run to use the gate, until it is closed. A context manager."""

    def __init__(self, given: Pass, port: int, end: Callable[[Pass], None]) -> None:
        self._given = given
        self._port = port
        self._end = end

    @property
    def proxy_url(self) -> str:
        """The gate's address with this session's credential in it: a secret."""
        return f"http://{self._given.name}:{self._given.secret}@127.0.0.1:{self._port}"

    @property
    def refused(self) -> list[Refusal]:
        """What was not let out so far, oldest first; the first hundred."""
        return list(self._given.traffic.refused)

    @property
    def unknown_names(self) -> frozenset[str]:
        """Hosts that do not exist, as the resolver says for sure."""
        return frozenset(self._given.traffic.unknown_names)

    @property
    def bytes_in(self) -> int:
        """Bytes that came from the internet so far, TLS and all."""
        return self._given.traffic.bytes_in

    def close(self) -> None:
        """Cut all connections now and let in none any more. From any thread; safe to repeat.

        When the machine is so slow that this takes more than some seconds, it is done later.
        """
        self._end(self._given)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Gate:
    """The gate of one process. A context manager: entering starts it, leaving closes it."""

    def __init__(
        self,
        *,
        exceptions: frozenset[tuple[str, int]] = frozenset(),
        allowed_ports: frozenset[int] = ALLOWED_PORTS,
        upstream: str | None = None,
        resolver: Resolver = system_resolver,
        connector: Connector = connect,
        limits: GateLimits = _LIMITS,
    ) -> None:
        """`exceptions` (from domain.urls.parse_egress_allow) may be visited although private. With `upstream`
        (http://[user:password@]host:port) everything but private exceptions goes on to that proxy, and names are left
        to it; addresses are judged here all the same. Raises Misconfigured when `upstream` cannot be read.
        """
        dialer = Dialer(exceptions, allowed_ports, resolver, connector)
        self._door = Door(dialer, Upstream(upstream) if upstream else None, limits)
        self._running: _Running | None = None
        self._lifecycle = threading.Lock()

    @property
    def port(self) -> int:
        """The TCP port on 127.0.0.1; only while started."""
        if self._running is None:
            raise RuntimeError("the gate is not started")
        return self._running.port

    def start(self) -> None:
        """Listen on a free port of 127.0.0.1 and serve from a thread of its own. Raises OSError when there is none."""
        with self._lifecycle:
            if self._running is None:
                self._running = _Running(self._door)

    def open_session(
        self, upstream: str | None = None, *, exceptions: frozenset[tuple[str, int]] = frozenset()
    ) -> GateSession:
        """A new credential, good until the session is closed.

        `upstream` takes the place of the gate's own; `exceptions` may be visited by this session alone. Raises
        Misconfigured when `upstream` cannot be read.
        """
        given = Pass(Upstream(upstream, "YT_VIDEOS_PROXIES") if upstream else None, exceptions)
        session = GateSession(given, self.port, self._end)
        self._door.admit(given)
        return session

    def close(self) -> None:
        """Cut everything and end the thread. Safe to repeat."""
        with self._lifecycle:
            if self._running is not None:
                self._running.stop()
                self._running = None

    def _end(self, given: Pass) -> None:
        with self._lifecycle:
            if self._running is not None:
                self._running.call(self._door.revoke(given))

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _Running:
    """The thread of a started gate, its event loop and its listening socket."""

    def __init__(self, door: Door) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=_BACKLOG)
        self._listener.setblocking(False)
        self.port = int(self._listener.getsockname()[1])
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(door,), name="egress-gate", daemon=True)
        self._thread.start()
        self._started.wait()

    def call(self, coroutine: Coroutine[None, None, None]) -> None:
        """Run a coroutine on the gate's loop and wait for its end, but not for ever."""
        try:
            asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(_CUT_SECONDS)
        except TimeoutError:  # the loop comes to it later; whoever ends a run has better things to do than to fail
            _log.warning("The egress gate is slow: a session's connections are not cut after %g s", _CUT_SECONDS)

    def stop(self) -> None:
        """End the thread; all connections are cut when this returns."""
        self._loop.call_soon_threadsafe(self._serving.cancel)
        self._thread.join()
        self._listener.close()

    def _run(self, door: Door) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            asyncio.run(self._serve(door))

    async def _serve(self, door: Door) -> None:
        self._loop = asyncio.get_running_loop()
        self._serving = asyncio.create_task(door.serve(self._listener))
        self._started.set()
        await self._serving
