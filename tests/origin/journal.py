"""What was asked and what was sent, readable by the test while it happens."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlencode

from tests.origin.message import Incoming, Kind, Target


@dataclass(slots=True, eq=False)
class Request:
    """One request and what became of it. The second half is filled in as it happens."""

    method: str
    scheme: str
    host: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]  # names in lower case
    kind: Kind
    video: str | None
    client: str | None
    number: int  # in order of arrival, from 0
    started_at: float  # of time.monotonic()
    body: bytes = b""

    status: int | None = None  # None: not answered yet
    bytes_sent: int = 0  # of the body
    complete: bool = False  # everything that was meant to be sent was handed to the kernel
    ended_at: float | None = None

    @property
    def range(self) -> str | None:
        """The Range header as it came."""
        return self.headers.get("range")

    @property
    def cookies(self) -> dict[str, str]:
        """The cookies that came with it."""
        pairs = (pair.partition("=") for pair in self.headers.get("cookie", "").split(";") if pair.strip())
        return {name.strip(): value.strip() for name, _, value in pairs}

    def tells(self, secret: str) -> bool:
        """Whether the secret is in the address, a header (cookies among them) or the body."""
        told = (self.url, *self.query.values(), *self.headers.values(), self.body.decode(errors="replace"))
        return any(secret in each for each in told)

    @property
    def url(self) -> str:
        """The address, put together again."""
        return f"{self.scheme}://{self.host}{self.path}" + (f"?{urlencode(self.query)}" if self.query else "")


@dataclass(slots=True)
class Journal:
    """All requests, in order of arrival. Safe to read from any thread."""

    _entries: list[Request] = field(default_factory=list)
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def begin(self, incoming: Incoming, target: Target) -> Request:
        """Write down a request that has just come in."""
        with self._changed:
            entry = Request(
                method=incoming.method,
                scheme=incoming.scheme,
                host=incoming.host,
                path=incoming.path,
                query=dict(incoming.query),
                headers=dict(incoming.headers),
                kind=target.kind,
                video=target.video,
                client=target.client,
                number=len(self._entries),
                started_at=time.monotonic(),
                body=incoming.body,
            )
            self._entries.append(entry)
            self._changed.notify_all()
            return entry

    def note(self, entry: Request, *, status: int | None = None, sent: int = 0, complete: bool = False) -> None:
        """Note what happened to a request."""
        with self._changed:
            entry.status = status if status is not None else entry.status
            entry.bytes_sent += sent
            entry.complete = entry.complete or complete
            self._changed.notify_all()

    def end(self, entry: Request) -> None:
        """The origin is done with a request."""
        with self._changed:
            entry.ended_at = time.monotonic()
            self._changed.notify_all()

    def requests(
        self, *, kind: Kind | None = None, video: str | None = None, client: str | None = None, host: str | None = None
    ) -> list[Request]:
        """The requests that fit everything that is given."""
        wanted = {"kind": kind, "video": video, "client": client, "host": host}
        given = {name: value for name, value in wanted.items() if value is not None}
        with self._changed:
            return [entry for entry in self._entries if all(getattr(entry, k) == v for k, v in given.items())]

    def wait(self, condition: Callable[[], bool], what: str, timeout_seconds: float) -> None:
        """Wait until `condition` holds; it is looked at after every event. Raises TimeoutError naming `what`."""
        with self._changed:
            if not self._changed.wait_for(condition, timeout_seconds):
                seen = "\n".join(f"  {e.kind} {e.client or ''} {e.method} {e.url} {e.status}" for e in self._entries)
                raise TimeoutError(f"no {what} within {timeout_seconds} s; seen:\n{seen or '  nothing'}")

    def clear(self) -> None:
        """Forget everything up to now."""
        with self._changed:
            self._entries.clear()
