"""Adds up the progress of the parts of one transfer and tells it now and then."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

from yt_videos_api.cage.runs import TransferProgress

_EVERY_SECONDS = 0.2
_SPEED_OVER_SECONDS = 5.0


class Meter:
    """One transfer; called from the threads of its parts."""

    def __init__(self, tell: Callable[[TransferProgress], None]) -> None:
        self._tell = tell
        self._lock = threading.Lock()
        self._done: dict[str, int] = {}
        self._total: dict[str, int | None] = {}
        self._highest = 0
        self._told_at = 0.0
        self._marks: deque[tuple[float, int]] = deque()

    def expect(self, name: str, *, done_bytes: int, total_bytes: int | None) -> None:
        """A part that begins with `done_bytes` already there."""
        with self._lock:
            self._done[name] = done_bytes
            self._total[name] = total_bytes
            self._highest = max(self._highest, sum(self._done.values()))

    def advance(self, name: str, *, done_bytes: int, total_bytes: int | None) -> None:
        """A part is that far now; an unknown total keeps the one known before."""
        with self._lock:
            self._done[name] = done_bytes
            self._total[name] = total_bytes or self._total.get(name)
            # A part that had to start over must not make the whole go back.
            self._highest = max(self._highest, sum(self._done.values()))
            now = time.monotonic()
            if now - self._told_at >= _EVERY_SECONDS:
                self._told_at = now
                self._tell(self._progress(now))

    def finish(self) -> None:
        """Tell the last word."""
        with self._lock:
            self._tell(self._progress(time.monotonic()))

    def _progress(self, now: float) -> TransferProgress:
        totals = list(self._total.values())
        known = None if None in totals else sum(total or 0 for total in totals)
        total = None if known is None else max(known, self._highest)
        return TransferProgress(self._highest, total, self._speed(now))

    def _speed(self, now: float) -> float | None:
        self._marks.append((now, self._highest))
        while now - self._marks[0][0] > _SPEED_OVER_SECONDS:
            self._marks.popleft()
        began, had = self._marks[0]
        return (self._highest - had) / (now - began) if now - began >= _EVERY_SECONDS / 2 else None
