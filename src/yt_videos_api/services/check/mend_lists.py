"""Repairs of listings. Listing a list once more is always safe: nothing that is there is written twice."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from yt_videos_api.db import queries
from yt_videos_api.db.engine import Database
from yt_videos_api.db.tables import Job, JobListing, JobVideo, Playlist, PlaylistItem, Work
from yt_videos_api.domain.choices import AccessWish
from yt_videos_api.domain.errors import InvalidInput
from yt_videos_api.domain.identity import scope_of
from yt_videos_api.domain.states import Expansion, JobState, WorkKind
from yt_videos_api.domain.targets import EntityType, ListTarget, resolve_target
from yt_videos_api.services import listing, settle
from yt_videos_api.services.check.mend_works import drop_work
from yt_videos_api.services.check.report import MENDED_MEANWHILE
from yt_videos_api.services.clock import Now

_ENDED = frozenset({Expansion.LISTED.value, Expansion.FAILED.value, Expansion.CANCELLED.value})


class ListMends:
    """What can be done for a job that is for a list."""

    def __init__(self, database: Database, *, now: Now) -> None:
        self._database = database
        self._now = now

    def restore(self, job_id: str) -> str | None:
        """Let a worker list it, from where the last one stopped. What was cancelled stays so."""
        with self._database.transaction() as session:
            work, job = _lock(session, job_id)
            if work is not None or job is None or job.expansion in _ENDED:
                return MENDED_MEANWHILE
            now = self._now()
            if job.expansion is None and job.state == JobState.CANCELLED:
                job.expansion = Expansion.CANCELLED.value
                return "It counts as cancelled while it was listed."
            if session.get(JobListing, job_id) is None and not _begin(session, job, now):
                return None
            _queue(session, job, now)
        return "It is listed on by the next worker."

    def restore_row(self, job_id: str) -> str | None:
        """Make the lost row of a listing again; one that had not ended begins anew."""
        with self._database.transaction() as session:
            work, job = _lock(session, job_id)
            if job is None or session.get(JobListing, job_id) is not None:
                return MENDED_MEANWHILE
            now, expansion = self._now(), job.expansion
            if work is not None:
                drop_work(session, work, now)
            if not _begin(session, job, now):
                return None
            if expansion in _ENDED:
                job.expansion = expansion
                session.delete(session.scalars(select(Work).where(Work.job_id == job_id)).one())
            _recount(session, job_id)
            settle.refresh_job(session, job, now)
        return "There is one again."

    def drop_work(self, job_id: str) -> str:
        """Delete the work of a listing that has ended, or never was one."""
        with self._database.transaction() as session:
            work, job = _lock(session, job_id)
            if work is None or job is None or job.expansion == Expansion.LISTING:
                return MENDED_MEANWHILE
            drop_work(session, work, self._now())
        return "The work row is gone."

    def recount(self, job_id: str) -> str:
        """Count again which entries have become items."""
        with self._database.transaction() as session:
            _lock(session, job_id)
            _recount(session, job_id)
        return "They were counted again."

    def renumber(self, playlist_id: str) -> str:
        """Let the next listing be newer than all there were."""
        with self._database.transaction() as session:
            playlist = session.get(Playlist, playlist_id, with_for_update=True)
            if playlist is None:
                return MENDED_MEANWHILE
            for table in (PlaylistItem, JobListing):
                newest = session.scalar(select(func.max(table.listing)).where(table.playlist_id == playlist_id))
                playlist.listing = max(playlist.listing, newest or 0)
        return "Its next listing is newer than all there were."


def _lock(session: Session, job_id: str) -> tuple[Work | None, Job | None]:
    work = session.scalars(select(Work).where(Work.job_id == job_id).with_for_update()).one_or_none()
    return work, next(iter(queries.lock_jobs(session, [job_id])), None)


def _queue(session: Session, job: Job, now: datetime) -> None:
    """The job is being listed, and there is work for that, due now."""
    if session.scalar(select(Work.id).where(Work.job_id == job.id)) is None:
        session.add(settle.new_work(WorkKind.EXPAND, now, job_id=job.id, priority=settle.LISTING_PRIORITY))
    job.expansion, job.finished_at = Expansion.LISTING.value, None
    session.flush()
    settle.refresh_job(session, job, now)


def _begin(session: Session, job: Job, now: datetime) -> bool:
    """See listing.begin; false when what the job was submitted for is no list to this version."""
    try:
        target = resolve_target(EntityType(job.entity_type), job.entity_id)
    except (InvalidInput, ValueError):
        return False
    if not isinstance(target, ListTarget):
        target = ListTarget(EntityType.URL, target.source_url, (target.source_url,))
    with_cookies = AccessWish.from_json(job.options).use_cookies
    listing.begin(session, job, target, access_scope=scope_of(job.owner_id) if with_cookies else "", now=now)
    return True


def _recount(session: Session, job_id: str) -> None:
    row = session.get(JobListing, job_id, populate_existing=True)
    if row is not None:
        counted = session.scalar(select(func.count(JobVideo.entry_key)).where(JobVideo.job_id == job_id))
        row.taken = counted or 0
