"""Waking the workers of this very process; those of other processes look into the database by themselves."""

from __future__ import annotations

import threading


class LocalAnnouncer:
    """A bell. Each ring wakes everybody who waits, or the next one who comes to wait."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._rings = 0

    def announce(self) -> None:
        """See Announcer."""
        with self._condition:
            self._rings += 1
            self._condition.notify_all()

    def rings(self) -> int:
        """How often it rang so far; give it to `wait` so that no ring is missed between looking and waiting."""
        with self._condition:
            return self._rings

    def wait(self, seen: int, timeout_seconds: float) -> None:
        """Return when it has rung more than `seen` times, or after `timeout_seconds`."""
        with self._condition:
            self._condition.wait_for(lambda: self._rings > seen, timeout_seconds)
