"""Which faults and holds apply to which requests, how often; changed by the test while the origin runs."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.origin.faults import Fault
from tests.origin.message import Kind
from tests.origin.video import Answer


@dataclass(frozen=True, slots=True)
class Where:
    """Which requests are meant: those that fit everything that is given."""

    kind: Kind
    video: str | None = None
    client: str | None = None
    address: str | None = None  # a piece of path and query, e.g. "itag=140" or "720-001.ts"
    page: int | None = None  # of a list, from 1

    def fits(self, asked: Asked) -> bool:
        """Whether a request is meant."""
        return (
            self.kind == asked.kind
            and self.video in (None, asked.video)
            and self.client in (None, asked.client)
            and self.page in (None, asked.page)
            and (self.address is None or self.address in asked.address)
        )


@dataclass(frozen=True, slots=True)
class Asked:
    """What one request is about."""

    kind: Kind
    video: str | None
    client: str | None
    address: str = ""  # path and query
    page: int | None = None


@dataclass(slots=True, eq=False)
class Injection:
    """A fault that is in force, until it was used up or removed."""

    where: Where
    fault: Fault | Answer
    times: int | None  # how often; None: always
    skip: int  # how many fitting requests pass unharmed first
    hits: int = 0  # how often it struck
    removed: bool = False

    def remove(self) -> None:
        """From now on it strikes no more."""
        self.removed = True

    def __enter__(self) -> Injection:
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()

    def strikes(self) -> bool:
        """Count a request that fits, and say whether it is hit."""
        if self.removed or (self.times is not None and self.hits >= self.times):
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        self.hits += 1
        return True


@dataclass(slots=True, eq=False)
class Hold:
    """A barrier: a response waits at it until the test lets go. Leaving the `with` block lets go, too."""

    where: Where
    after_bytes: int | None  # position in the file; None: before anything is answered
    times: int | None
    held: int = 0  # how many responses came to it
    _reached: threading.Event = field(default_factory=threading.Event)
    _released: threading.Event = field(default_factory=threading.Event)

    def wait_reached(self, timeout_seconds: float = 30) -> None:
        """Wait until a response stands at the barrier. Raises TimeoutError."""
        if not self._reached.wait(timeout_seconds):
            raise TimeoutError(f"no {self.where.kind} request came to the hold within {timeout_seconds} s")

    @property
    def reached(self) -> bool:
        """Whether a response ever came to the barrier."""
        return self._reached.is_set()

    def release(self) -> None:
        """Let everything pass, now and later."""
        self._released.set()

    def __enter__(self) -> Hold:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def arrive(self) -> threading.Event | None:
        """Called by a response that comes to the barrier: what it must wait for, None when it may pass."""
        if self._released.is_set() or (self.times is not None and self.held >= self.times):
            return None
        self.held += 1
        self._reached.set()
        return self._released


@dataclass(slots=True)
class Injections:
    """All that is in force. Safe to use from any thread."""

    _faults: list[Injection] = field(default_factory=list)
    _holds: list[Hold] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, injection: Injection) -> Injection:
        """Put a fault in force."""
        with self._lock:
            self._faults.append(injection)
        return injection

    def add_hold(self, hold: Hold) -> Hold:
        """Put up a barrier."""
        with self._lock:
            self._holds.append(hold)
        return hold

    def clear(self) -> None:
        """Remove all faults, let go of all holds."""
        with self._lock:
            for hold in self._holds:
                hold.release()
            self._holds.clear()
            self._faults.clear()

    def faults(self, asked: Asked) -> list[Fault]:
        """The faults that strike this request, in the order they were injected; counts them."""
        with self._lock:
            struck = [
                injection.fault
                for injection in self._fitting(asked)
                if not isinstance(injection.fault, Answer) and injection.strikes()
            ]
        return [fault for fault in struck if not isinstance(fault, Answer)]

    def answer(self, video: str, client: str) -> Answer | None:
        """What a player client is told instead of the truth, if anything; counts it."""
        with self._lock:
            for injection in self._fitting(Asked("player", video, client)):
                if isinstance(injection.fault, Answer) and injection.strikes():
                    return injection.fault
        return None

    def holds(self, asked: Asked) -> list[Hold]:
        """The barriers on the way of this request, by position."""
        with self._lock:
            fitting = [hold for hold in self._holds if hold.where.fits(asked)]
        return sorted(fitting, key=lambda hold: -1 if hold.after_bytes is None else hold.after_bytes)

    def arrive(self, hold: Hold) -> threading.Event | None:
        """A response comes to a barrier: what it must wait for, None when it may pass."""
        with self._lock:
            return hold.arrive()

    def _fitting(self, asked: Asked) -> Iterator[Injection]:
        return (each for each in self._faults if each.where.fits(asked))
