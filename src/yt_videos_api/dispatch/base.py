"""The port of dispatch: telling workers that there is work. A hint only; losing it costs time, never work."""

from __future__ import annotations

from typing import Protocol


class Announcer(Protocol):
    """Says that something is due. Called after the commit, from any thread."""

    def announce(self) -> None:
        """Wake workers that wait. Never raises."""
