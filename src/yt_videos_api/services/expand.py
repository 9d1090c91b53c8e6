"""From a playlist or channel to the items of a job: the work of kind `expand`, from claim to end.

    1  list    page by page: the entries are written down, and items made of those that are wanted, in one transaction
    2  take    only where the wanted order needs the whole list first: items are made from what was written down
    3  end     what was not seen any more is marked as removed; the job is `listed`

A kill between any two lines costs at most the page that was being read: whoever claims next goes on behind the last
page (Data API), or reads the list again without writing twice what is there (extraction knows no place to go on).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

import structlog
from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session

from yt_videos_api.apis.fault import ApiFault, FaultReason
from yt_videos_api.db import queries
from yt_videos_api.db.engine import Database
from yt_videos_api.db.tables import Job, JobListing, Playlist, PlaylistItem, Video
from yt_videos_api.dispatch.base import Announcer
from yt_videos_api.domain.errors import DownloadFailure
from yt_videos_api.domain.filters import CollectionFilter, OnRemoved, Order, Verdict
from yt_videos_api.domain.lists import ENTRIES_AT_ONCE, ListEntry, ListFacts
from yt_videos_api.domain.offers import VideoFacts
from yt_videos_api.domain.states import Expansion
from yt_videos_api.domain.targets import EntityType, ListTarget
from yt_videos_api.services import entries, listing, settle
from yt_videos_api.services.clock import Now, utc_now
from yt_videos_api.services.control import RunControl
from yt_videos_api.services.downloads import LostFiles
from yt_videos_api.services.entries import Wanted
from yt_videos_api.services.faults import FaultPlan
from yt_videos_api.services.leases import Claimed
from yt_videos_api.services.pages import ExtractedPages, ListPage
from yt_videos_api.services.patience import RUN_SECONDS
from yt_videos_api.services.settle import Lease
from yt_videos_api.services.sources import ListSources, OpenedList
from yt_videos_api.services.trail import Trail
from yt_videos_api.services.trash import Trash, removed_from

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Plan:
    """What a listing is to do, as its job was accepted."""

    job_id: str
    target: ListTarget
    wanted: Wanted
    filter: CollectionFilter
    row: JobListing  # how far an earlier run came
    skips_tabs: bool  # of a channel; only the Data API lists all of them anyway

    @property
    def while_listing(self) -> bool:
        """Whether items are made of entries as they are listed."""
        return listing.takes_while_listing(self.filter, self.target.entity_type)

    @property
    def newest_first(self) -> bool:
        """Whether every entry is older than the one before it, within a part."""
        return self.target.entity_type is EntityType.CHANNEL

    @property
    def may_end_early(self) -> bool:
        """Whether a part is left where its entries become too old."""
        return self.while_listing and self.newest_first and self.filter.published_after is not None


@dataclass(frozen=True, slots=True)
class _Start:
    """A place in a list."""

    part: int = 0
    offset: int = 0  # entries of the parts before it
    listed: int = 0  # entries before this place, those of the earlier parts included
    token: str | None = None  # the source's own name for it; None: where the part begins


class Expander:
    """Lists playlists and channels. One object serves all threads of a worker."""

    def __init__(
        self,
        database: Database,
        sources: ListSources,
        announcer: Announcer,
        lost_files: LostFiles,
        trash: Trash,
        faults: FaultPlan,
        *,
        now: Now = utc_now,
    ) -> None:
        self._database = database
        self._sources = sources
        self._announcer = announcer
        self._lost_files = lost_files
        self._trash = trash
        self._faults = faults
        self._now = now

    def run(self, claimed: Claimed, control: RunControl) -> None:
        """See errands.Errand."""
        lease = claimed.lease
        plan = self._plan(lease)
        complete = plan.row.complete or self._list_from_best(lease, control, plan)
        if not plan.while_listing:
            self._take_all(lease, control, plan)
        self._settle_removed(lease, plan, complete=complete)
        self._end(lease)

    def _list_from_best(self, lease: Lease, control: RunControl, plan: _Plan) -> bool:
        """See `_list`; from the site, when the Data API fails in the middle."""
        row, note = plan.row, plan.row.note
        with self._sources.open(lease, control, plan.target, plan.wanted, plan.filter, fell_back=note) as opened:
            start = _Start(row.part, row.part_offset, row.listed, row.page_token)
            if row.source != opened.source or plan.target.entity_type is EntityType.URL:
                start = _Start()  # of the lists inside of a page only this run will know
            while True:
                try:
                    return self._list(lease, control, plan, opened, start)
                except ApiFault as fault:
                    # The place where an earlier run stopped may be gone; then the API is read from the beginning.
                    if fault.reason is not FaultReason.BAD_PAGE_TOKEN or start == _Start():
                        self._fall_back(lease, opened, fault)
                start = _Start()

    def _fall_back(self, lease: Lease, opened: OpenedList, fault: ApiFault) -> None:
        """Read the list from the site, and remember why: also should it not be there either."""

        def write(session: Session) -> None:
            settle.hold_work(session, lease)
            session.get_one(JobListing, lease.subject_id).note = opened.note

        self._sources.note_fault(fault)
        opened.fall_back(fault)
        self._database.retrying(write, patience_seconds=RUN_SECONDS)

    def _plan(self, lease: Lease) -> _Plan:
        with self._database.reading() as session:
            job = session.get_one(Job, lease.subject_id)
            row = session.get_one(JobListing, job.id)
            playlist = session.get_one(Playlist, row.playlist_id)
        wanted = Wanted.of(job, playlist.access_scope)
        chosen = CollectionFilter.from_json(job.options)
        target = listing.target_of(playlist, chosen)
        every_tab = listing.target_of(playlist, CollectionFilter()).parts
        return _Plan(job.id, target, wanted, chosen, row, skips_tabs=len(target.parts) < len(every_tab))

    def _list(self, lease: Lease, control: RunControl, plan: _Plan, opened: OpenedList, start: _Start) -> bool:
        """List what is not listed yet; whether it was listed to the end, and not just as far as the job wanted."""
        # An earlier run may have left out the old ends of the parts before this one.
        whole, found = start.part == 0 or not plan.may_end_early, start.listed > 0
        offset, token = start.offset, start.token
        trail = Trail(opened.parts)
        for part, address in trail.walk(start.part):
            seen = start.listed - offset if token else 0
            pages = self._open_part(lease, opened, address, trail.inner_entry(part), token, seen)
            if pages is None:
                continue  # a channel without this tab
            found = True
            last = offset + seen
            for page in pages:
                control.check()
                judged = self._judge_page(plan, opened, trail.follow(part, page.entries))
                last = max([last, *(offset + entry.index for entry in page.entries)])
                place = _Start(part, offset, last, page.next_token)
                if not self._write_page(lease, control, plan, opened, judged, place):
                    return False
                if judged.ended_early:
                    whole = False
                    break
            token, offset = None, last
            self._begin_part(lease, part + 1, offset)
        if not found:
            raise DownloadFailure("list_unavailable", "none of its tabs is there")
        return whole

    def _open_part(
        self, lease: Lease, opened: OpenedList, address: str, inner: ListEntry | None, token: str | None, seen: int
    ) -> Iterable[ListPage] | None:
        """The pages of what is at `address`; None when a channel has no such tab. `inner` has led to an inner list."""
        try:
            facts = opened.begin(address)
        except DownloadFailure as failure:
            if inner is None or failure.kind.retryable:
                raise
            return [ListPage((replace(inner, index=1),))]  # its item will tell why there is nothing to list
        if facts is None:
            return None
        if inner is None:
            self._describe(lease, facts, opened)
        return opened.pages(token, seen)

    def _judge_page(self, plan: _Plan, opened: OpenedList, found: Sequence[ListEntry]) -> _Judged:
        """What the job wants of a page. Asks the videos themselves where the list tells too little."""
        known = self._known(plan, found)
        complete: list[ListEntry] = []
        taken: list[ListEntry] = []
        for listed in found:
            entry, verdict = self._judge(plan, opened, known.get(listing.entry_key(listed), listed))
            complete.append(entry)
            if verdict is not Verdict.LEAVE:
                taken.append(entry)
            elif plan.while_listing and self._is_past(plan, entry):
                return _Judged(complete, taken, ended_early=True)
        return _Judged(complete, taken)

    def _judge(self, plan: _Plan, opened: OpenedList, entry: ListEntry) -> tuple[ListEntry, Verdict]:
        verdict = plan.filter.judge(entry)
        lacks_date = not plan.while_listing and plan.filter.order is not Order.LISTED and not plan.newest_first
        if verdict is Verdict.ASK or (lacks_date and entry.upload_date is None and entry.gone is None):
            entry = self._ask(opened, entry)
            verdict = plan.filter.judge(entry)
        return entry, verdict

    def _ask(self, opened: OpenedList, entry: ListEntry) -> ListEntry:
        """The entry with what the video itself tells. One that cannot be asked is taken: its item tells why."""
        try:
            facts = opened.look(entry)
        except DownloadFailure as failure:
            if failure.kind.retryable:
                raise
            return replace(entry, gone=entry.gone or failure.code)
        return _with_facts(entry, facts)

    def _is_past(self, plan: _Plan, entry: ListEntry) -> bool:
        """Whether all that follows in this part is older than what is wanted."""
        after = plan.filter.published_after
        if not plan.newest_first or after is None or entry.upload_date is None:
            return False
        return date.fromisoformat(_iso(entry.upload_date)) < after

    def _known(self, plan: _Plan, found: Sequence[ListEntry]) -> dict[str, ListEntry]:
        """Entries of which an earlier listing, or their archived video, tells more than this list."""
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

    def _write_page(
        self,
        lease: Lease,
        control: RunControl,
        plan: _Plan,
        opened: OpenedList,
        judged: _Judged,
        place: _Start,
    ) -> bool:
        """One transaction for one page; False when the job has as many items as it wants."""
        taken = judged.taken if plan.while_listing else []
        identities = {plan.wanted.identity_of(listing.video_of(entry)) for entry in judged.taken}
        self._lost_files.retire_all(identities, patience_seconds=RUN_SECONDS)

        def write(session: Session) -> tuple[int, int]:
            now = self._now()
            work = settle.hold_work(session, lease)
            row = session.get_one(JobListing, plan.job_id)
            session.get_one(Playlist, row.playlist_id, with_for_update=True)
            entries.record(session, row, {place.offset + entry.index: entry for entry in judged.entries}, now)
            entries.note_gone_videos(session, judged.entries, now)
            limit = plan.filter.item_limit
            room = None if limit is None else max(0, limit - row.taken)
            job = session.get_one(Job, plan.job_id)
            row.taken += entries.take(session, job, plan.wanted, taken, now, most=room)
            row.source, row.note, row.listed = opened.source, opened.note, place.listed
            row.part, row.part_offset, row.page_token, row.updated_at = place.part, place.offset, place.token, now
            # For the heartbeat: a listing that gets further is no poison.
            if row.listed > work.progress_bytes:
                work.progress_bytes, work.crash_count = row.listed, 0
            self._refresh(session, plan.job_id, now)
            return row.taken, row.listed

        self._faults.reach("worker.expand.page.before")
        taken_count, listed = self._database.retrying(
            write,
            patience_seconds=RUN_SECONDS,
            committed=lambda: self._faults.reach("worker.expand.page.commit"),
        )
        control.done_bytes = listed
        self._faults.reach("worker.expand.page.after")
        self._announcer.announce()
        limit = plan.filter.item_limit
        return not plan.while_listing or limit is None or taken_count < limit

    def _begin_part(self, lease: Lease, part: int, offset: int) -> None:
        def write(session: Session) -> None:
            settle.hold_work(session, lease)
            row = session.get_one(JobListing, lease.subject_id)
            row.part, row.part_offset, row.page_token, row.updated_at = part, offset, None, self._now()

        self._database.retrying(write, patience_seconds=RUN_SECONDS)

    def _describe(self, lease: Lease, facts: ListFacts, opened: OpenedList) -> None:
        def write(session: Session) -> None:
            settle.hold_work(session, lease)
            row = session.get_one(JobListing, lease.subject_id)
            row.source, row.note = opened.source, opened.note
            listing.describe(session, row, facts)
            self._refresh(session, lease.subject_id, self._now())

        self._database.retrying(write, patience_seconds=RUN_SECONDS)

    def _take_all(self, lease: Lease, control: RunControl, plan: _Plan) -> None:
        """Make items of what was written down, in the wanted order."""
        self._mark_complete(lease)
        while self._take_batch(lease, plan):
            control.check()
            self._announcer.announce()
            self._faults.reach("worker.expand.page.after")

    def _take_batch(self, lease: Lease, plan: _Plan) -> bool:
        """One batch; whether there may be more."""

        def write(session: Session) -> bool:
            now = self._now()
            settle.hold_work(session, lease)
            row = session.get_one(JobListing, plan.job_id)
            session.get_one(Playlist, row.playlist_id, with_for_update=True)
            batch = _next_batch(session, row, plan)
            if not batch:
                return False
            limit = plan.filter.item_limit
            room = None if limit is None else max(0, limit - row.taken)
            found = [_entry_of(item) for item in batch]
            chosen = [entry for entry in found if plan.filter.judge(entry) is not Verdict.LEAVE]
            job = session.get_one(Job, plan.job_id)
            row.taken += entries.take(session, job, plan.wanted, chosen, now, most=room)
            row.cursor, row.updated_at = _cursor(batch[-1]), now
            self._refresh(session, plan.job_id, now)
            return limit is None or row.taken < limit

        return self._database.retrying(write, patience_seconds=RUN_SECONDS)

    def _mark_complete(self, lease: Lease) -> None:
        def write(session: Session) -> None:
            settle.hold_work(session, lease)
            session.get_one(JobListing, lease.subject_id).complete = True

        self._database.retrying(write, patience_seconds=RUN_SECONDS)

    def _settle_removed(self, lease: Lease, plan: _Plan, *, complete: bool) -> None:
        """What a complete listing did not show any more has been removed at its source.

        Its files stay, unless the job wants them in the trash and nothing else wants them.
        """

        def write(session: Session) -> None:
            settle.hold_work(session, lease)
            row = session.get_one(JobListing, lease.subject_id)
            row.complete = complete
            if complete and not (plan.skips_tabs and row.source == ExtractedPages.name):
                listing.mark_removed(session, row, self._now())

        self._database.retrying(write, patience_seconds=RUN_SECONDS)
        if plan.filter.on_removed_from_playlist is OnRemoved.TRASH:
            self._faults.reach("worker.expand.trash.before")
            self._discard_removed(plan.row.playlist_id)

    def _discard_removed(self, playlist_id: str) -> None:
        last = ""
        while True:
            with self._database.reading() as session:
                found = removed_from(session, playlist_id, after=last)
            if not found:
                return
            self._trash.discard(found)
            last = found[-1]

    def _end(self, lease: Lease) -> None:
        """The job is listed: from here on it ends with its items."""

        def write(session: Session) -> None:
            now = self._now()
            work = settle.hold_work(session, lease)
            row = session.get_one(JobListing, lease.subject_id)
            session.delete(work)
            session.flush()
            job = queries.lock_jobs(session, [lease.subject_id])[0]
            job.expansion, job.error_code = Expansion.LISTED.value, None
            settle.refresh_job(session, job, now)
            settle.end_run(session, lease, "finalized", now)
            log.info("listed", job_id=job.id, listed=row.listed, taken=row.taken, source=row.source)

        self._faults.reach("worker.expand.end.before")
        self._database.retrying(
            write, patience_seconds=RUN_SECONDS, committed=lambda: self._faults.reach("worker.expand.end.commit")
        )
        self._faults.reach("worker.expand.end.after")

    @staticmethod
    def _refresh(session: Session, job_id: str, now: datetime) -> None:
        session.flush()
        settle.refresh_job(session, queries.lock_jobs(session, [job_id])[0], now)


@dataclass(frozen=True, slots=True)
class _Judged:
    """A page, and what of it the job wants."""

    entries: Sequence[ListEntry]
    taken: Sequence[ListEntry]
    ended_early: bool = False  # nothing that follows in this part is wanted


def _next_batch(session: Session, row: JobListing, plan: _Plan) -> Sequence[PlaylistItem]:
    """The next entries of the list in the wanted order, behind the cursor."""
    day = func.coalesce(PlaylistItem.upload_date, "")
    by_date = (day, PlaylistItem.position) if not plan.newest_first else (PlaylistItem.position,)
    query = select(PlaylistItem).where(
        PlaylistItem.playlist_id == row.playlist_id,
        PlaylistItem.listing >= row.listing,
        PlaylistItem.removed_at.is_(None),
    )
    # A channel is listed newest first: there the oldest is the last.
    descending = (plan.filter.order is Order.OLDEST) == plan.newest_first
    if row.cursor is not None:
        after = _read_cursor(row.cursor, plan)
        query = query.where(tuple_(*by_date) < after if descending else tuple_(*by_date) > after)
    ordered = [column.desc() if descending else column.asc() for column in by_date]
    return session.scalars(query.order_by(*ordered).limit(ENTRIES_AT_ONCE)).all()


def _cursor(item: PlaylistItem) -> str:
    return f"{item.upload_date or ''} {item.position}"


def _read_cursor(cursor: str, plan: _Plan) -> tuple[str | int, ...]:
    day, _, position = cursor.partition(" ")
    return (int(position),) if plan.newest_first else (day, int(position))


def _entry_of(item: PlaylistItem) -> ListEntry:
    return ListEntry(
        index=item.entry_index or item.position,
        url=item.source_url,
        own_address=item.entry_index is None,
        extractor=item.extractor,
        video_id=item.video_id,
        title=item.title,
        duration_seconds=item.duration_seconds,
        upload_date=item.upload_date,
        gone=item.gone_code,
        live=item.live,
        short=item.short,
    )


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


def _iso(upload_date: str) -> str:
    return f"{upload_date[:4]}-{upload_date[4:6]}-{upload_date[6:8]}"
