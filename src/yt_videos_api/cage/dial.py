"""Opening connections to the public internet only: judged once, then connected to exactly what was judged."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace

from yt_videos_api.domain.addresses import IPAddress, is_public, parse_host_as_address
from yt_videos_api.domain.hosts import BadHost, normalise_host, why_not_public

Resolver = Callable[[str, int], list[IPAddress]]  # blocks; raises OSError for names that are not there
Connector = Callable[[IPAddress, int], Awaitable[socket.socket]]

_RESOLVE_SECONDS = 10.0
_CONNECT_SECONDS = 15.0
_CONNECT_SECONDS_WITH_MORE_TO_TRY = 3.0  # a dead IPv6 route must not eat the patience of the client
_LOOKUPS_AT_ONCE = 16


class Refused(Exception):
    """The target must not be connected to. The message says why."""


class Unreachable(Exception):
    """The target may be connected to, but cannot be: no such name, no answer."""


class UnknownName(Unreachable):
    """The resolver says for sure that there is no such name; one that does not answer says nothing."""


def system_resolver(host: str, port: int) -> list[IPAddress]:
    """All addresses of a name, in the order in which the system would try them. Raises OSError when there are none."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(ipaddress.ip_address(entry[4][0]) for entry in found))


async def connect(address: IPAddress, port: int) -> socket.socket:
    """A connected, non-blocking socket. Raises OSError."""
    connection = socket.socket(socket.AF_INET if address.version == 4 else socket.AF_INET6, socket.SOCK_STREAM)
    try:
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await asyncio.get_running_loop().sock_connect(connection, (str(address), port))
    except BaseException:
        connection.close()
        raise
    return connection


@dataclass(frozen=True, slots=True)
class Dialer:
    """Decides where connections may go, and opens them."""

    exceptions: frozenset[tuple[str, int]]
    allowed_ports: frozenset[int]
    resolver: Resolver = system_resolver
    connector: Connector = connect
    _lookups: threading.BoundedSemaphore = field(default_factory=lambda: threading.BoundedSemaphore(_LOOKUPS_AT_ONCE))

    def with_exceptions(self, more: frozenset[tuple[str, int]]) -> Dialer:
        """One that lets out to `more`, too; both share the bound on lookups."""
        return replace(self, exceptions=self.exceptions | more) if more else self

    def bypasses_upstream(self, name: str, port: int) -> bool:
        """Whether a judged target is one of our own network, where an upstream proxy is not asked for the way."""
        return (name, port) in self.exceptions and why_not_public(name) is not None

    def judge(self, host: str, port: int) -> str:
        """The one spelling of `host`, if it may be public. Raises Refused."""
        try:
            name = normalise_host(host)
        except BadHost as error:
            raise Refused(f"the host {error}") from None
        if (name, port) in self.exceptions:
            return name
        reason = why_not_public(name)
        if reason is None and port not in self.allowed_ports:
            reason = f"port {port} is not allowed"
        if reason is not None:
            raise Refused(reason)
        return name

    async def dial(self, name: str, port: int) -> socket.socket:
        """Connect to a judged name. Raises Refused when one of its addresses is not public, or Unreachable."""
        addresses = await self._resolve(name, port)
        if (name, port) not in self.exceptions:
            for address in addresses:
                if not is_public(address) or is_own(address):
                    raise Refused(f"{name} leads to {address}, which is not public")
        return await self._connect_first(addresses, port)

    async def dial_trusted(self, name: str, port: int) -> socket.socket:
        """Connect to a host that the operator named himself, wherever it is. Raises Unreachable."""
        return await self._connect_first(await self._resolve(name, port), port)

    async def _connect_first(self, addresses: list[IPAddress], port: int) -> socket.socket:
        for position, address in enumerate(addresses, start=1):
            patience = _CONNECT_SECONDS if position == len(addresses) else _CONNECT_SECONDS_WITH_MORE_TO_TRY
            with contextlib.suppress(OSError):  # its own time-out among them
                async with asyncio.timeout(patience):
                    return await self.connector(address, port)
        raise Unreachable("the site does not answer")

    async def _resolve(self, name: str, port: int) -> list[IPAddress]:
        literal = parse_host_as_address(name)
        if literal is not None:
            return [literal]
        try:
            addresses = await asyncio.wait_for(self._look_up(name, port), _RESOLVE_SECONDS)
        except (OSError, ValueError) as error:  # its own time-out among them
            known = not (isinstance(error, socket.gaierror) and error.errno == socket.EAI_NONAME)
            raise (Unreachable if known else UnknownName)(f"no address found for {name}") from error
        if not addresses:
            raise Unreachable(f"no address found for {name}")
        return addresses

    def _look_up(self, name: str, port: int) -> asyncio.Future[list[IPAddress]]:
        """Ask the resolver in a thread that never keeps the process alive; asyncio's own pool is joined at exit."""
        if not self._lookups.acquire(blocking=False):
            raise Unreachable("too many names are being looked up")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[list[IPAddress]] = loop.create_future()

        def look_up() -> None:
            try:
                outcome: list[IPAddress] | BaseException = self.resolver(name, port)
            except BaseException as error:
                outcome = error
            self._lookups.release()
            with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
                loop.call_soon_threadsafe(_settle, future, outcome)

        threading.Thread(target=look_up, name="gate-lookup", daemon=True).start()
        return future


def is_own(address: IPAddress) -> bool:
    """Whether `address`, public or not, is this very host's, whose services may listen there for insiders only.

    Asks the routing table by connecting a UDP socket, which sends nothing: to itself, a host talks from that address.
    """
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((str(address), 9))
        except OSError:
            return False  # no route: the connection will fail by itself
        return ipaddress.ip_address(probe.getsockname()[0]) == address


def _settle(future: asyncio.Future[list[IPAddress]], outcome: list[IPAddress] | BaseException) -> None:
    if future.done():  # nobody waits any more
        return
    if isinstance(outcome, BaseException):
        future.set_exception(outcome)
    else:
        future.set_result(outcome)
