"""What ends the recordings of one run, all of them together."""

from __future__ import annotations

import threading
import time

from yt_videos_api.cage.runs import RunLimits
from yt_videos_api.domain.errors import DownloadFailure
from yt_videos_api.domain.offers import Cut

# What is left of the run's time for joining and reading all that was recorded, as on a slow disk.
_AFTERWARDS_SECONDS = 60.0
_AFTERWARDS_SHARE = 0.1  # of a run too short for that
_AFTERWARDS_BYTES_PER_SECOND = 2**24


class StreamOver(Exception):
    """A recording ends in good order; says why. With a `cut` it is not all of the stream."""

    def __init__(self, reason: str, cut: Cut | None = None) -> None:
        super().__init__(reason)
        self.cut = cut


class Bounds:
    """For the threads of one run. `deadline` is when the run is killed, by the monotonic clock."""

    def __init__(self, limits: RunLimits, deadline: float, live_limit_seconds: float | None) -> None:
        self._largest_bytes = limits.file_bytes
        self._afterwards_seconds = min(_AFTERWARDS_SECONDS, _AFTERWARDS_SHARE * limits.wall_seconds)
        self._deadline = deadline
        self._longest_seconds = live_limit_seconds
        self._lock = threading.Lock()
        self._bytes = 0
        self._failure: DownloadFailure | None = None
        self._woken = threading.Event()
        self._full = False

    def admit(self, size_bytes: int) -> None:
        """Count bytes about to be written. Raises StreamOver when the joined file would become too large."""
        with self._lock:
            self._full |= self._bytes + size_bytes > self._largest_bytes
            if not self._full:
                self._bytes += size_bytes
        self.check()

    def check(self) -> None:
        """Raises StreamOver when it is time to end, or the failure of `fail`."""
        if self._failure is not None:
            raise self._failure
        if self._full:
            raise StreamOver("it has the largest size that is allowed", Cut.SIZE)
        if time.monotonic() >= self._deadline - self._afterwards_seconds - self._bytes / _AFTERWARDS_BYTES_PER_SECOND:
            raise StreamOver("the time of the run is up", Cut.TIME)

    def check_length(self, seconds: float) -> None:
        """Raises StreamOver when a recording of this length is all that is wanted."""
        if self._longest_seconds is not None and seconds >= self._longest_seconds:
            raise StreamOver("it has the length that was asked for", Cut.LENGTH)

    def fail(self, failure: DownloadFailure) -> None:
        """Make everybody stop, whoever pauses at once."""
        self._failure = self._failure or failure
        self._woken.set()

    def pause(self, seconds: float) -> None:
        """Wait, but not when everything has failed."""
        self._woken.wait(max(0.0, seconds))
