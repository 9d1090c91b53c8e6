"""The port of live progress: written often, read by whoever watches, lost without harm."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from yt_videos_api.domain.progress import Progress


class ProgressBoard(Protocol):
    """Where runs say how far they are. Keyed by download id. Safe to use from any thread."""

    def put(self, download_id: str, progress: Progress) -> None:
        """Say how far a download is. Never raises: progress is not worth a failed download."""

    def get_many(self, download_ids: Collection[str]) -> dict[str, Progress]:
        """What is known; downloads that nobody works on are missing."""

    def remove(self, download_id: str) -> None:
        """Forget a download that ended. Never raises."""

    def close(self) -> None:
        """Let go of files and connections."""
