"""Progress within one process, for tests and for `yt-videos archive`."""

from __future__ import annotations

from collections.abc import Collection

from yt_videos_api.domain.progress import Progress


class MemoryProgressBoard:
    """A dictionary."""

    def __init__(self) -> None:
        self._known: dict[str, Progress] = {}

    def put(self, download_id: str, progress: Progress) -> None:
        """See ProgressBoard."""
        self._known[download_id] = progress

    def get_many(self, download_ids: Collection[str]) -> dict[str, Progress]:
        """See ProgressBoard."""
        known = dict(self._known)
        return {download_id: known[download_id] for download_id in download_ids if download_id in known}

    def remove(self, download_id: str) -> None:
        """See ProgressBoard."""
        self._known.pop(download_id, None)

    def close(self) -> None:
        """Nothing to let go of."""
