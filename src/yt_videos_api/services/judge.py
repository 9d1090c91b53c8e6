"""What a job wants of a page of its list. Asks the videos themselves where the list tells too little."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import select

from yt_videos_api.db.engine import Database
from yt_videos_api.db.tables import PlaylistItem, Video
from yt_videos_api.domain.errors import DownloadFailure
from yt_videos_api.domain.filters import Verdict, day_of
from yt_videos_api.domain.lists import ListEntry
from yt_videos_api.domain.offers import VideoFacts
from yt_videos_api.services import listing
from yt_videos_api.services.listing_plan import ListingPlan
from yt_videos_api.services.sources import OpenedList


@dataclass(frozen=True, slots=True)
class Judged:
    """A page, and what of it the job wants."""

    entries: Sequence[ListEntry]
    taken: Sequence[ListEntry]
    ended_early: bool = False  # nothing that follows in this part is wanted


class Judge:
    """Judges the pages of one listing."""

    def __init__(self, database: Database, plan: ListingPlan, opened: OpenedList) -> None:
        self._database = database
        self._plan = plan
        self._opened = opened

    def judge(self, found: Sequence[ListEntry]) -> Judged:
        """A page with what could be found out of its entries. Raises DownloadFailure when the site is away."""
        known = self._known(found)
        complete: list[ListEntry] = []
        taken: list[ListEntry] = []
        for listed in found:
            entry, verdict = self._judge(known.get(listing.entry_key(listed), listed))
            complete.append(entry)
            if verdict is not Verdict.LEAVE:
                taken.append(entry)
            elif self._plan.while_listing and self._is_past(entry):
                return Judged(complete, taken, ended_early=True)
        return Judged(complete, taken)

    def _judge(self, entry: ListEntry) -> tuple[ListEntry, Verdict]:
        verdict = self._plan.filter.judge(entry)
        lacks_date = self._plan.needs_dates and entry.upload_date is None and entry.gone is None
        if verdict is Verdict.ASK or (lacks_date and verdict is Verdict.TAKE):
            entry = self._ask(entry)
            verdict = self._plan.filter.judge(entry)
        return entry, verdict

    def _ask(self, entry: ListEntry) -> ListEntry:
        """The entry with what the video itself tells. One that cannot be asked is taken: its item tells why."""
        if not entry.own_address:
            return entry  # its address is the list's, and leads to whatever comes first there
        try:
            facts = self._opened.look(entry)
        except DownloadFailure as failure:
            if failure.kind.retryable:
                raise
            return replace(entry, gone=entry.gone or failure.code)
        return _with_facts(entry, facts)

    def _is_past(self, entry: ListEntry) -> bool:
        """Whether all that follows in this part is older than what is wanted."""
        after, day = self._plan.filter.published_after, day_of(entry.upload_date)
        return self._plan.newest_first and after is not None and day is not None and day < after

    def _known(self, found: Sequence[ListEntry]) -> dict[str, ListEntry]:
        """Entries of which an earlier listing, or their archived video, tells more than this list."""
        plan = self._plan
        if not (plan.filter.needs_dates or plan.filter.skip_live or plan.filter.skip_shorts or not plan.while_listing):
            return {}
        keys = {listing.entry_key(entry): entry for entry in found}
        ids = [entry.video_id for entry in found if entry.extractor and entry.video_id]
        with self._database.reading() as session:
            videos = session.scalars(select(Video).where(Video.extractor == "youtube", Video.video_id.in_(ids))).all()
            items = session.scalars(
                select(PlaylistItem).where(
                    PlaylistItem.playlist_id == plan.row.playlist_id, PlaylistItem.entry_key.in_(keys)
                )
            ).all()
        told: dict[str, Video | PlaylistItem] = {f"{video.extractor} {video.video_id}": video for video in videos}
        told |= {item.entry_key: item for item in items if item.upload_date or item.entry_key not in told}
        return {key: _with_known(keys[key], what) for key, what in told.items() if key in keys}


def _with_facts(entry: ListEntry, facts: VideoFacts) -> ListEntry:
    live = None if facts.live_status is None else facts.live_status != "not_live"
    return replace(
        entry,
        title=facts.title,
        upload_date=facts.upload_date or entry.upload_date,
        duration_seconds=facts.duration_seconds or entry.duration_seconds,
        live=entry.live if live is None else live,
        short=entry.short if facts.short is None else facts.short,
    )


def _with_known(entry: ListEntry, known: Video | PlaylistItem) -> ListEntry:
    return replace(
        entry,
        title=entry.title or known.title,
        upload_date=entry.upload_date or known.upload_date,
        live=known.live if entry.live is None else entry.live,
        short=known.short if entry.short is None else entry.short,
    )
