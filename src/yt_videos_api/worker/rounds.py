"""A thread that does its chores again and again, each at its own pace, whatever one of them runs into."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

import structlog

from yt_videos_api.domain.errors import DownloadFailure, Unavailable

log = structlog.get_logger()


class Chore:
    """Something to do every so often, beginning now."""

    def __init__(self, act: Callable[[], None], every_seconds: float) -> None:
        self._act = act
        self._every_seconds = every_seconds
        self._due = 0.0
        self._trouble: str | None = None

    def do_when_due(self) -> None:
        """Do it when its time has come. When it fails it is due again only after its interval.

        The log is told when it begins to fail and when it is done again, not every time in between.
        """
        clock = time.monotonic()
        if clock < self._due:
            return
        self._due = clock + self._every_seconds
        try:
            self._act()
        except (Unavailable, DownloadFailure) as error:
            if self._is_news(type(error).__name__):
                log.warning("chore_put_off", chore=self._act.__name__, detail=str(error))
        except Exception as error:
            if self._is_news(repr(error)):
                log.exception("chore_broke", chore=self._act.__name__)  # a bug; the others must go on all the same
        else:
            if self._is_news(None):
                log.info("chore_resumed", chore=self._act.__name__)

    def _is_news(self, trouble: str | None) -> bool:
        is_news = trouble != self._trouble
        self._trouble = trouble
        return is_news


class Rounds:
    """The thread. `pause_seconds` tells how long to rest after each round."""

    def __init__(self, name: str, chores: Sequence[Chore], pause_seconds: Callable[[], float]) -> None:
        self._chores = chores
        self._pause_seconds = pause_seconds
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._walk, name=name, daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self, timeout_seconds: float) -> None:
        """Stop the thread and wait for it, but no longer than `timeout_seconds`."""
        self._stopping.set()
        self._thread.join(timeout_seconds)

    def _walk(self) -> None:
        while not self._stopping.is_set():
            for chore in self._chores:
                chore.do_when_due()
            self._stopping.wait(self._pause_seconds())
