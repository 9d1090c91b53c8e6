"""Which source a list is read from: the YouTube Data API where it can tell what is wanted, else the site itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass

import structlog

from yt_videos_api.apis.fault import ApiFault, FaultReason
from yt_videos_api.apis.youtube_data import YouTubeData
from yt_videos_api.cage.runs import EngineRun
from yt_videos_api.domain.filters import CollectionFilter
from yt_videos_api.domain.lists import ListEntry, ListFacts
from yt_videos_api.domain.offers import VideoFacts
from yt_videos_api.domain.targets import EntityType, ListTarget
from yt_videos_api.services.control import RunControl
from yt_videos_api.services.entries import Wanted
from yt_videos_api.services.pages import DataApiPages, ExtractedPages, ListPage, Pages
from yt_videos_api.services.settle import Lease
from yt_videos_api.services.visit import Destination, Visitor

log = structlog.get_logger()

_FAULTS = {
    FaultReason.NOT_FOUND: "knows no such list",
    FaultReason.QUOTA_EXCEEDED: "has no quota left for today",
    FaultReason.RATE_LIMITED: "was asked too often",
    FaultReason.KEY_REFUSED: "refuses the key (YT_VIDEOS_YOUTUBE_API_KEY)",
    FaultReason.REFUSED: "refused to answer",
    FaultReason.UNAVAILABLE: "has a fault of its own",
    FaultReason.TIMEOUT: "did not answer in time",
    FaultReason.NETWORK: "could not be reached",
    FaultReason.BAD_ANSWER: "gave an answer that makes no sense",
}


@dataclass(frozen=True, slots=True)
class DataApi:
    """The YouTube Data API of this installation."""

    connect: Callable[[str | None], AbstractContextManager[YouTubeData]]  # through this proxy of the settings
    exhausted: Callable[[], bool]  # today's quota is used up
    note_fault: Callable[[ApiFault], None]


class OpenedList:
    """One list while it is read, from one source at a time."""

    def __init__(
        self, target: ListTarget, pages: Callable[[], Pages], engine: Callable[[], EngineRun], note: str | None
    ) -> None:
        self._target = target
        self._pages = pages()
        self._engine = engine
        self.note = note  # why not the Data API, for people

    @property
    def source(self) -> str:
        """data_api | extraction."""
        return self._pages.name

    @property
    def parts(self) -> tuple[str, ...]:
        """What has to be listed one after the other; to the Data API a channel is one list."""
        return self._target.parts if self.source == ExtractedPages.name else (self._target.source_url,)

    def begin(self, part: str) -> ListFacts | None:
        """See pages.Pages.facts."""
        return self._pages.facts(part)

    def pages(self, token: str | None, seen: int) -> Iterator[ListPage]:
        """See pages.Pages.pages."""
        return self._pages.pages(token, seen)

    def fall_back(self, fault: ApiFault) -> None:
        """The Data API failed: from here on the list is read from the site, from its beginning."""
        self.note = f"The YouTube Data API {_FAULTS.get(fault.reason, 'failed')}; the list was read from the site."
        self._pages = ExtractedPages(self._engine(), self._target)

    def look(self, entry: ListEntry) -> VideoFacts:
        """What the video itself tells, which must have an address of its own. Raises DownloadFailure."""
        return self._engine().look(entry.url).facts


class ListSources:
    """Opens lists."""

    def __init__(self, visitor: Visitor, api: DataApi | None) -> None:
        self._visitor = visitor
        self._api = api

    @contextmanager
    def open(
        self,
        lease: Lease,
        control: RunControl,
        target: ListTarget,
        wanted: Wanted,
        chosen: CollectionFilter,
        *,
        fell_back: str | None,
    ) -> Iterator[OpenedList]:
        """Open `target` from the best source; `fell_back` is why an earlier run gave up the Data API.

        A process of the engine is started only when it is needed. Raises DownloadFailure and RunEnded.
        """
        destination = Destination(target.parts[0], wanted.access, wanted.access_scope)
        with ExitStack() as stack:
            opened: list[EngineRun] = []

            def engine() -> EngineRun:
                if not opened:
                    visit = stack.enter_context(self._visitor.visit(lease, control, destination))
                    opened.append(visit.run)
                return opened[0]

            note = fell_back or self._why_not(target, wanted, chosen)
            if self._api is not None and note is None:
                api = stack.enter_context(self._api.connect(self._visitor.upstream(wanted.access)))
                yield OpenedList(target, lambda: DataApiPages(api, target), engine, None)
            else:
                shown = note if self._api is not None else None
                yield OpenedList(target, lambda: ExtractedPages(engine(), target), engine, shown)

    def note_fault(self, fault: ApiFault) -> None:
        """Let everybody know that the Data API failed. That it does not know a list is no fault of its own."""
        if fault.reason is FaultReason.NOT_FOUND:
            return
        log.warning("data_api_failed", reason=fault.reason.value)
        if self._api is not None:
            self._api.note_fault(fault)

    def _why_not(self, target: ListTarget, wanted: Wanted, chosen: CollectionFilter) -> str | None:
        """Why the Data API is of no use here; None when it is. What it cannot tell is read from the site."""
        if self._api is None or target.entity_type is EntityType.URL or target.list_id is None:
            return "Only playlists and channels of YouTube can be read by the Data API."
        if wanted.access.use_cookies:
            return "With cookies the list was read from the site."
        if target.tab is not None or chosen.skip_shorts:
            return "The YouTube Data API cannot tell shorts apart; the list was read from the site."
        if self._api.exhausted():
            return "The YouTube Data API has no quota left for today; the list was read from the site."
        return None
