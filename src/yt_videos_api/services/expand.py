"""From a playlist or channel to the items of a job: the work of kind `expand`, from claim to end.

    1  list    page by page: the entries are written down, and items made of those that are wanted, in one transaction
    2  take    only where the wanted order needs the whole list first: items are made from what was written down
    3  end     what was not seen any more is marked as removed; the job is `listed`

A kill between any two lines costs at most the page that was being read: whoever claims next goes on behind the last
page (Data API), or reads the list again without writing twice what is there (extraction knows no place to go on).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

import structlog
from sqlalchemy.orm import Session

from yt_videos_api.apis.fault import ApiFault, FaultReason
from yt_videos_api.db import queries
from yt_videos_api.db.engine import Database
from yt_videos_api.db.tables import Job, JobListing, Playlist
from yt_videos_api.dispatch.base import Announcer
from yt_videos_api.domain.errors import DownloadFailure
from yt_videos_api.domain.filters import CollectionFilter, OnRemoved, Verdict
from yt_videos_api.domain.lists import MOST_ENTRIES, ListEntry, ListFacts
from yt_videos_api.domain.states import Expansion
from yt_videos_api.domain.targets import EntityType
from yt_videos_api.services import entries, listing, settle
from yt_videos_api.services.batches import SelectBatch, entry_of, in_order, left_over
from yt_videos_api.services.clock import Now, utc_now
from yt_videos_api.services.control import RunControl
from yt_videos_api.services.downloads import LostFiles
from yt_videos_api.services.entries import Wanted
from yt_videos_api.services.faults import FaultPlan
from yt_videos_api.services.judge import Judge, Judged
from yt_videos_api.services.leases import Claimed
from yt_videos_api.services.listing_plan import ListingPlan
from yt_videos_api.services.pages import ExtractedPages, ListPage
from yt_videos_api.services.patience import RUN_SECONDS
from yt_videos_api.services.settle import Lease
from yt_videos_api.services.sources import ListSources, OpenedList
from yt_videos_api.services.trail import Trail
from yt_videos_api.services.trash import TakenOut, Trash

log = structlog.get_logger()

_CUT = f"Only its first {MOST_ENTRIES:,} entries were listed."


@dataclass(frozen=True, slots=True)
class _Start:
    """A place in a list."""

    part: int = 0
    offset: int = 0  # entries of the parts before it
    listed: int = 0  # entries before this place, those of the earlier parts included
    token: str | None = None  # the source's own name for it; None: where the part begins


@dataclass(frozen=True, slots=True)
class _Opening:
    """One part of a list, about to be read."""

    pages: Iterable[ListPage]
    told_count: int | None = None  # how many entries it is said to have
    broken: bool = False  # it cannot be listed


@dataclass(frozen=True, slots=True)
class _Reading:
    """What a list was found to be."""

    whole: bool  # it was read to its end, and not just as far as the job wanted
    told_count: int | None = None  # how many entries all of its parts are said to have
    parts: tuple[str, ...] = ()  # those that were there

    def after(self, address: str, opening: _Opening, listed: int) -> _Reading:
        """With one more part, of which `listed` entries were seen."""
        whole = self.whole and not opening.broken and not listing.is_cut_short(listed, opening.told_count)
        told = None if opening.told_count is None else (self.told_count or 0) + opening.told_count
        return _Reading(whole, told if self.told_count is not None or not self.parts else None, (*self.parts, address))


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
        if not plan.row.read:
            self._note_read(lease, plan, self._list_from_best(lease, control, plan))
        if not plan.while_listing:
            self._take_all(lease, control, plan)
        if plan.filter.on_removed_from_playlist is OnRemoved.TRASH:
            self._discard_removed(plan)
        self._end(lease)

    def _list_from_best(self, lease: Lease, control: RunControl, plan: ListingPlan) -> _Reading:
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

    def _plan(self, lease: Lease) -> ListingPlan:
        with self._database.reading() as session:
            job = session.get_one(Job, lease.subject_id)
            row = session.get_one(JobListing, job.id)
            playlist = session.get_one(Playlist, row.playlist_id)
        wanted = Wanted.of(job, playlist)
        chosen = CollectionFilter.from_json(job.options)
        target = listing.target_of(playlist, chosen)
        every_tab = listing.target_of(playlist, CollectionFilter()).parts
        return ListingPlan(job.id, target, wanted, chosen, row, skips_tabs=len(target.parts) < len(every_tab))

    def _list(
        self, lease: Lease, control: RunControl, plan: ListingPlan, opened: OpenedList, start: _Start
    ) -> _Reading:
        """List what is not listed yet."""
        # Nobody remembers whether an earlier run saw the parts before this one to their ends.
        reading, found = _Reading(whole=start.part == 0), start.listed > 0
        offset, token = start.offset, start.token
        trail, judge = Trail(opened.parts), Judge(self._database, plan, opened)
        for part, address in trail.walk(start.part):
            seen = start.listed - offset if token else 0
            opening = self._open_part(lease, opened, address, trail.inner_entry(part), token, seen)
            if opening is None:
                continue  # a channel without this tab
            found = True
            last = offset + seen
            for page in opening.pages:
                control.check()
                judged = judge.judge(trail.follow(part, page.entries))
                last = max([last, *(offset + entry.index for entry in page.entries)])
                place = _Start(part, offset, last, page.next_token)
                if not self._write_page(lease, control, plan, opened, judged, place):
                    return replace(reading, whole=False)
                if judged.ended_early:
                    reading = replace(reading, whole=False)
                    break
            reading = reading.after(address, opening, last - offset)
            token, offset = None, last
            self._begin_part(lease, part + 1, offset)
        if not found:
            raise DownloadFailure("list_unavailable", "none of its tabs is there")
        return reading

    def _open_part(
        self, lease: Lease, opened: OpenedList, address: str, inner: ListEntry | None, token: str | None, seen: int
    ) -> _Opening | None:
        """What is at `address`; None when a channel has no such tab. `inner` has led to an inner list."""
        try:
            facts = opened.begin(address)
        except DownloadFailure as failure:
            if inner is None or failure.kind.retryable:
                raise
            # Its item will tell why there is nothing to list.
            return _Opening([ListPage((replace(inner, index=1),))], broken=True)
        if facts is None:
            return None
        if inner is None:
            self._describe(lease, facts, opened)
        return _Opening(opened.pages(token, seen), facts.count)

    def _write_page(
        self,
        lease: Lease,
        control: RunControl,
        plan: ListingPlan,
        opened: OpenedList,
        judged: Judged,
        place: _Start,
    ) -> bool:
        """One transaction for one page; False when the job has as many items as it wants, or a list is without end."""
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
        return listed < MOST_ENTRIES and (not plan.while_listing or limit is None or taken_count < limit)

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

    def _take_all(self, lease: Lease, control: RunControl, plan: ListingPlan) -> None:
        """Make items of what was written down, in the wanted order."""
        for select_batch in (in_order, left_over):
            while self._take_batch(lease, plan, select_batch):
                control.check()
                self._announcer.announce()
                self._faults.reach("worker.expand.page.after")

    def _take_batch(self, lease: Lease, plan: ListingPlan, select_batch: SelectBatch) -> bool:
        """One batch; whether there may be more."""

        def write(session: Session) -> bool:
            now = self._now()
            settle.hold_work(session, lease)
            row = session.get_one(JobListing, plan.job_id)
            session.get_one(Playlist, row.playlist_id, with_for_update=True)
            batch = select_batch(session, row, plan)
            if not batch.items:
                row.cursor = batch.cursor
                return False
            limit = plan.filter.item_limit
            room = None if limit is None else max(0, limit - row.taken)
            found = [entry_of(item) for item in batch.items]
            chosen = [entry for entry in found if plan.filter.judge(entry) is not Verdict.LEAVE]
            job = session.get_one(Job, plan.job_id)
            row.taken += entries.take(session, job, plan.wanted, chosen, now, most=room)
            row.cursor, row.updated_at = batch.cursor, now
            self._refresh(session, plan.job_id, now)
            return limit is None or row.taken < limit

        return self._database.retrying(write, patience_seconds=RUN_SECONDS)

    def _note_read(self, lease: Lease, plan: ListingPlan, reading: _Reading) -> None:
        """No page is left. What a complete listing did not show any more has been removed at its source."""

        def write(session: Session) -> None:
            settle.hold_work(session, lease)
            row = session.get_one(JobListing, lease.subject_id)
            playlist = session.get_one(Playlist, row.playlist_id, with_for_update=True)
            every_tab = not (plan.skips_tabs and row.source == ExtractedPages.name)
            row.read, row.told = True, reading.told_count
            row.complete = reading.whole and every_tab and listing.has_its_parts(playlist, reading.parts)
            if row.complete:
                listing.mark_removed(session, row, reading.parts, self._now())

        self._database.retrying(write, patience_seconds=RUN_SECONDS)

    def _discard_removed(self, plan: ListingPlan) -> None:
        """Files of what is no longer in the list go to the trash, unless something else wants them."""
        self._faults.reach("worker.expand.trash.before")
        with self._database.reading() as session:
            if not listing.may_discard(session.get_one(JobListing, plan.job_id)):
                return
        wanted = plan.wanted
        self._trash.discard_removed(TakenOut(plan.row.playlist_id, wanted.container_policy, wanted.selection.key()))

    def _end(self, lease: Lease) -> None:
        """The job is listed: from here on it ends with its items."""

        def write(session: Session) -> None:
            now = self._now()
            work = settle.hold_work(session, lease)
            row = session.get_one(JobListing, lease.subject_id)
            if row.listed >= MOST_ENTRIES:
                row.note = " ".join(filter(None, (row.note, _CUT)))
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
