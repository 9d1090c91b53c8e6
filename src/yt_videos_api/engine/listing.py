"""A list that is being read, in the process of a run: pulled piece by piece, nothing of it kept."""

from __future__ import annotations

import time
import traceback
from collections.abc import Mapping
from typing import Any

from yt_videos_api.domain.errors import DownloadFailure
from yt_videos_api.domain.lists import ENTRIES_AT_ONCE, ListEntry, ListFacts
from yt_videos_api.engine.caged import CagedYoutubeDL
from yt_videos_api.engine.entries import list_entry, list_facts
from yt_videos_api.engine.errors import Stage, translate
from yt_videos_api.engine.pages import entries_of, is_list, open_page

# A slow site's entries are handed out before there are many: so each piece has its own time-out, and work can begin.
_COLLECT_SECONDS = 2.0


class Listing:
    """One list; `facts` say what it is. Raises DownloadFailure when it cannot be opened or there is none."""

    def __init__(self, ydl: CagedYoutubeDL, url: str) -> None:
        self._ydl = ydl
        self._url = url
        self._page = self._open()
        self._entries = entries_of(self._page)
        self._next_index = 1
        self._failure: DownloadFailure | None = None
        self.facts: ListFacts = list_facts(self._page, url)

    def next_entries(self) -> list[ListEntry]:
        """See EngineRun. What came before a failure is handed out first; after one there is nothing but the failure."""
        if self._failure is not None:
            raise self._failure
        found: list[ListEntry] = []
        started_at = time.monotonic()
        try:
            while len(found) < ENTRIES_AT_ONCE and (not found or time.monotonic() - started_at < _COLLECT_SECONDS):
                entry = next(self._entries, None)
                if entry is None:
                    break
                found.append(list_entry(entry, self._page, self._url, self._next_index))
                self._next_index += 1
        except Exception as error:
            traceback.print_exc()
            self._failure = translate(error, list(self._ydl.log.warnings), Stage.ENTRIES)
            if not found:
                raise self._failure from error
        return found

    def break_off(self, failure: DownloadFailure) -> None:
        """Tell nothing but `failure` from now on, if it has not failed yet."""
        self._failure = self._failure or failure

    def _open(self) -> Mapping[str, Any]:
        try:
            page = open_page(self._ydl, self._url)
        except Exception as error:
            traceback.print_exc()
            failure = translate(error, list(self._ydl.log.warnings), Stage.LIST)
            if failure.code == "unsupported_url":
                raise DownloadFailure("not_a_list", failure.detail) from error
            raise failure from error
        if not is_list(page):
            raise DownloadFailure("not_a_list", "a single video")
        return {name: value for name, value in page.items() if name not in ("thumbnails", "description", "tags")}
