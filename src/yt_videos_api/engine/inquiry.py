"""What a run can be asked while nothing is fetched: looks, and lists piece by piece. In the process of the run."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

from yt_videos_api.cage.runs import RunLimits
from yt_videos_api.domain.errors import DownloadFailure
from yt_videos_api.domain.offers import MediaRequest
from yt_videos_api.engine.caged import CagedYoutubeDL
from yt_videos_api.engine.errors import Stage, translate
from yt_videos_api.engine.listing import Listing
from yt_videos_api.engine.look import look
from yt_videos_api.engine.messages import Message
from yt_videos_api.engine.options import EngineEnvironment, list_options, look_options
from yt_videos_api.engine.orders import extract_seconds
from yt_videos_api.engine.watch import Watch
from yt_videos_api.engine.wire import look_message
from yt_videos_api.engine.wire_lists import entries_message, list_message

OpenYdl = Callable[[str, Callable[[EngineEnvironment], dict[str, Any]]], CagedYoutubeDL]


class Inquiry:
    """Answers commands; keeps the list that was opened last."""

    def __init__(self, media: MediaRequest, limits: RunLimits, watch: Watch, open_ydl: OpenYdl) -> None:
        self._media = media
        self._limits = limits
        self._watch = watch
        self._open_ydl = open_ydl
        self._listing: Listing | None = None

    @property
    def commands(self) -> dict[str, Callable[[Mapping[str, Any]], Message]]:
        """By the kind of message."""
        return {"look": self._look, "list": self._open_list, "entries": self._next_entries}

    def _look(self, command: Mapping[str, Any]) -> Message:
        url, entry_index = command["url"], None
        if url is None:
            url, entry_index = self._media.url, self._media.entry_index
        _require_web(url)
        ydl = self._open_ydl(url, partial(look_options, url))
        try:
            with self._watching():
                return look_message(look(ydl, url, entry_index))
        except DownloadFailure:
            raise
        except Exception as error:
            traceback.print_exc()
            raise translate(error, list(ydl.log.warnings), Stage.EXTRACT) from error

    def _open_list(self, command: Mapping[str, Any]) -> Message:
        url = str(command["url"])
        _require_web(url)
        self._listing = None  # what a list holds open is let go of before there is another one
        ydl = self._open_ydl(url, partial(list_options, url))
        with self._watching():
            self._listing = Listing(ydl, url)
        return list_message(self._listing.facts)

    def _next_entries(self, _command: Mapping[str, Any]) -> Message:
        if self._listing is None:
            raise DownloadFailure("engine_crashed", "no list was opened")
        try:
            with self._watching():
                return entries_message(self._listing.next_entries())
        except DownloadFailure as failure:
            self._listing.break_off(failure)  # what it had found until it was cut off is lost
            raise

    def _watching(self) -> AbstractContextManager[None]:
        return self._watch.watching(floor_bytes_per_second=0, longest_seconds=extract_seconds(self._limits))


def _require_web(url: str) -> None:
    if not url.startswith(("http://", "https://")):
        raise DownloadFailure("unsupported_url", "not an address of the web")
