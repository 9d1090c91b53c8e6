"""Whether runs may begin. Without a library that can be written nothing is begun: jobs wait instead of failing."""

from __future__ import annotations

import time

import structlog

from yt_videos_api.domain.errors import DownloadFailure
from yt_videos_api.services.installation import LibraryGuard
from yt_videos_api.storage.base import Library

log = structlog.get_logger()

PROBE_SECONDS = 1.0  # a probe writes: not at every look


class Readiness:
    """Looks before every claim. For one thread."""

    def __init__(self, guard: LibraryGuard, library: Library, *, reserve_bytes: int) -> None:
        self._guard = guard
        self._library = library
        self._reserve_bytes = reserve_bytes
        self._probe_due = 0.0
        self._writable = True

    def may_work(self) -> bool:
        """Whether the right library is there, with room, and can be written. Raises DownloadFailure when it is gone."""
        if not self._guard.ready() or self._library.free_bytes() < self._reserve_bytes:
            return False
        if time.monotonic() >= self._probe_due:
            self._note(self._probe())
            self._probe_due = time.monotonic() + PROBE_SECONDS
        return self._writable

    def _probe(self) -> DownloadFailure | None:
        try:
            self._library.probe()
        except DownloadFailure as failure:
            return failure
        return None

    def _note(self, failure: DownloadFailure | None) -> None:
        """Say so in the log when it changes."""
        writable = failure is None
        if writable and not self._writable:
            log.info("library_is_writable_again")
        elif failure and self._writable:
            log.error("library_not_writable", code=failure.code, detail=failure.detail)
        self._writable = writable
