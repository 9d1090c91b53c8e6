"""yt-dlp's YoutubeDL with every request under our eyes, and its messages kept."""

from __future__ import annotations

import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

from yt_dlp import YoutubeDL
from yt_dlp.networking import Request
from yt_dlp.networking.exceptions import HTTPError

from yt_videos_api.engine.watch import Watch

_LOG_BYTES = 256 * 2**10
_KEPT_LINES = 100


class Guard(Protocol):
    """Looks at the requests for one part."""

    def before(self, request: Any) -> None:
        """May add headers."""

    def refused(self, error: HTTPError) -> None:
        """May raise something else."""

    def after(self, response: Any) -> None:
        """May raise."""


class Log:
    """What yt-dlp says: the warnings as evidence, all of it (up to a size) in the log of the run."""

    def __init__(self) -> None:
        self.warnings: deque[str] = deque(maxlen=_KEPT_LINES)
        self.notes: deque[str] = deque(maxlen=_KEPT_LINES)
        self._room = _LOG_BYTES

    def debug(self, message: str) -> None:
        """Everything that is not a warning."""
        self.notes.append(message)
        self._write(message)

    def warning(self, message: str) -> None:
        """Warnings, and errors before they are raised."""
        self.warnings.append(message)
        self._write(message)

    error = warning

    def _write(self, message: str) -> None:
        line = ascii(message)[:1000] + "\n"
        self._room -= len(line)
        if self._room > 0:
            sys.stderr.write(line)


class CagedYoutubeDL(YoutubeDL):  # type: ignore[misc]  # yt-dlp has no types
    """One YoutubeDL of a run."""

    def __init__(self, params: Mapping[str, Any], watch: Watch, hurry: Callable[[], None]) -> None:
        """`hurry` is called before a request with a body."""
        self.log = Log()
        self._watch = watch
        self._hurry = hurry
        self._guards = threading.local()
        super().__init__({**params, "logger": self.log})

    @contextmanager
    def guarded(self, guard: Guard) -> Iterator[None]:
        """Let `guard` see what this thread requests."""
        self._guards.current = guard
        try:
            yield
        finally:
            self._guards.current = None

    def urlopen(self, req: Any) -> Any:
        """Open one request, unless the run has been told to stop."""
        self._watch.check()
        request = Request(req) if isinstance(req, str) else req
        # Whatever an extractor, a plugin or a page has in mind: there is one way out, the gate.
        request.proxies = {}
        request.headers.pop("Ytdl-request-proxy", None)
        if request.data is not None:
            self._hurry()
        guard: Guard | None = getattr(self._guards, "current", None)
        if guard is None:
            return super().urlopen(request)
        guard.before(request)
        try:
            response = super().urlopen(request)
        except HTTPError as error:
            guard.refused(error)
            raise
        guard.after(response)
        return response
