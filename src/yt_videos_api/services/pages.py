"""Where the pages of a list come from: the YouTube Data API, or the engine's flat extraction."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Protocol

from yt_videos_api.apis.youtube_data import YouTubeData
from yt_videos_api.cage.runs import EngineRun
from yt_videos_api.domain.errors import DownloadFailure
from yt_videos_api.domain.lists import ListEntry, ListFacts
from yt_videos_api.domain.targets import EntityType, ListTarget


@dataclass(frozen=True, slots=True)
class ListPage:
    """Some entries of one part of a list, in its order."""

    entries: tuple[ListEntry, ...]
    next_token: str | None = None  # where to go on should we be interrupted after this page; None: at the beginning


class Pages(Protocol):
    """A source of lists."""

    name: str  # as it is shown: data_api | extraction

    def facts(self, part: str) -> ListFacts | None:
        """Begin with one part; what is said of it, or None when a channel has no such tab. Raises as `pages`."""

    def pages(self, token: str | None, seen: int) -> Iterator[ListPage]:
        """The pages of the part that was begun, from `token` on, before which there were `seen` entries.

        Ends only where the list ends. Raises DownloadFailure, or ApiFault from the Data API.
        """


class ExtractedPages:
    """Flat extraction by the engine. A page may hold entries that were seen before: it begins at the beginning."""

    name = "extraction"

    def __init__(self, run: EngineRun, target: ListTarget) -> None:
        self._run = run
        self._optional = len(target.parts) > 1

    def facts(self, part: str) -> ListFacts | None:
        """See Pages."""
        try:
            return self._run.open_list(part)
        except DownloadFailure as failure:
            if self._optional and failure.code in ("list_unavailable", "not_a_list"):
                return None
            raise

    def pages(self, token: str | None, seen: int) -> Iterator[ListPage]:
        """See Pages."""
        while entries := self._run.next_entries():
            yield ListPage(entries)


class DataApiPages:
    """The YouTube Data API. A channel is the playlist of its uploads."""

    name = "data_api"

    def __init__(self, api: YouTubeData, target: ListTarget) -> None:
        self._api = api
        self._target = target
        self._playlist_id = target.list_id or ""

    def facts(self, part: str) -> ListFacts | None:
        """See Pages."""
        if self._target.entity_type is EntityType.CHANNEL:
            uploads = self._api.channel(self._target.list_id or "")
            self._playlist_id = uploads.playlist_id
            return uploads.facts
        return self._api.playlist(self._playlist_id)

    def pages(self, token: str | None, seen: int) -> Iterator[ListPage]:
        """See Pages."""
        while True:
            page = self._api.entries(self._playlist_id, token)
            # The API's own positions have holes where videos were hidden; ours count what is there.
            entries = tuple(_at(entry, seen + offset) for offset, entry in enumerate(page.entries, 1))
            seen += len(entries)
            token = page.next_page_token
            yield ListPage(entries, token)
            if token is None:
                return


def _at(entry: ListEntry, index: int) -> ListEntry:
    return replace(entry, index=index)
