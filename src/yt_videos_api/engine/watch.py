"""The watchdog of a child: ends what receives nothing, or too little to ever finish.

One byte a second defeats every socket timeout (tried), so the measure is bytes over a span of time.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from yt_videos_api.domain.errors import DownloadFailure


class Traffic(Protocol):
    """What is watched."""

    def received_bytes(self) -> int:
        """Bytes so far; never less than before."""

    def cut(self) -> None:
        """End all connections now."""


class Watch:
    """Watches `traffic`; after `trip` nothing new may be fetched until the next `watching`."""

    def __init__(self, traffic: Traffic, stall_seconds: float) -> None:
        self._traffic = traffic
        self._stall_seconds = stall_seconds
        self._failure: DownloadFailure | None = None

    @contextmanager
    def watching(self, *, floor_bytes_per_second: float, longest_seconds: float | None = None) -> Iterator[None]:
        """Trip with "stalled" when less than the floor arrives over the stall time, or after `longest_seconds`.

        Raises the failure of a trip in place of whatever the cut connections made the body raise.
        """
        self._failure = None
        done = threading.Event()
        thread = threading.Thread(
            target=self._watch, args=(done, floor_bytes_per_second, longest_seconds), name="watch", daemon=True
        )
        thread.start()
        try:
            yield
        except Exception:
            self.check()
            raise
        finally:
            done.set()
            thread.join()
        self.check()

    def trip(self, failure: DownloadFailure) -> None:
        """Make `failure` the reason to stop, unless there is one already, and cut all connections."""
        self._failure = self._failure or failure
        self._traffic.cut()

    def check(self) -> None:
        """Raise the failure of a trip, if there was one: called before anything new is fetched."""
        if self._failure is not None:
            raise self._failure

    def _watch(self, done: threading.Event, floor: float, longest: float | None) -> None:
        tick = min(1.0, self._stall_seconds / 8)
        started_at = time.monotonic()
        marked_at, marked_bytes = started_at, self._traffic.received_bytes()
        while not done.wait(tick):
            now, received = time.monotonic(), self._traffic.received_bytes()
            if received - marked_bytes > floor * self._stall_seconds:
                marked_at, marked_bytes = now, received
            if now - marked_at >= self._stall_seconds:
                self.trip(DownloadFailure("stalled", f"{received - marked_bytes} bytes in {now - marked_at:.1f} s"))
            elif longest is not None and now - started_at >= longest:
                self.trip(DownloadFailure("stalled", f"not done after {longest:.0f} s"))
