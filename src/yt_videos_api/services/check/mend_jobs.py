"""Repairs of items and jobs: their states are derived again from what they wait for."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from yt_videos_api.db import queries
from yt_videos_api.db.engine import Database
from yt_videos_api.db.tables import Download, Job, JobVideo
from yt_videos_api.domain.choices import Extras
from yt_videos_api.domain.states import WORKING_STATES, DownloadState, ItemState, JobState, WorkKind
from yt_videos_api.services import settle
from yt_videos_api.services.check.report import MENDED_MEANWHILE
from yt_videos_api.services.clock import Now

_ENDED = {
    DownloadState.FINALIZED: ItemState.DONE,
    DownloadState.REMOVING: ItemState.DONE,  # nothing is removed that was not archived before
    DownloadState.REMOVED: ItemState.DONE,
    DownloadState.FAILED: ItemState.FAILED,
    DownloadState.CANCELLED: ItemState.CANCELLED,
}


class JobMends:
    """What can be done for items and jobs."""

    def __init__(self, database: Database, *, now: Now) -> None:
        self._database = database
        self._now = now

    def settle_item(self, seen: JobVideo) -> str | None:
        """Give an item the state that follows from its download. None while that download itself is not mended.

        One that waits for what was to be fetched beside an archived video goes on waiting, and that is fetched.
        """
        with self._database.transaction() as session:
            download, has_work = _lock(session, _last_of_chain(session, seen.download_id))
            if not has_work and _lacks_extras(seen, download):
                session.add(settle.new_work(WorkKind.ENRICH, self._now(), download_id=download.id))
                session.flush()
                has_work = True
            state = _derived(session, download, has_work=has_work)
            job = next(iter(queries.lock_jobs(session, [seen.job_id])), None)
            item = session.get(JobVideo, seen.id)
            if job is None or item is None or (item.state, item.download_id) != (seen.state, seen.download_id):
                return MENDED_MEANWHILE
            if state is None:
                return None
            now = self._now()
            _put(item, download, state, now)
            session.flush()
            _refresh(session, job, now)
        return f"It is {state.value} now."

    def refresh(self, job_id: str) -> str:
        """Derive a job's state from its items."""
        with self._database.transaction() as session:
            job = next(iter(queries.lock_jobs(session, [job_id])), None)
            if job is None:
                return MENDED_MEANWHILE
            _refresh(session, job, self._now())
            return f"It is {job.state} now."


def _last_of_chain(session: Session, download_id: str) -> str:
    """The download that took the place of a superseded one; read before anything is locked, for it is for good."""
    while successor := session.scalar(select(Download.superseded_by).where(Download.id == download_id)):
        download_id = successor
    return download_id


def _lock(session: Session, download_id: str) -> tuple[Download, bool]:
    works = queries.lock_work_of(session, [download_id])
    return queries.lock_download(session, download_id), download_id in works


def _lacks_extras(item: JobVideo, download: Download) -> bool:
    """Whether the item waits for something that an archived download can still be given."""
    waits = item.state in (ItemState.PENDING, ItemState.IN_PROGRESS)
    delivered = Extras.from_json(download.delivered or {})
    archived = download.state == DownloadState.FINALIZED
    return waits and archived and settle.extras_of(download).missing_in(delivered)


def _derived(session: Session, download: Download, *, has_work: bool) -> ItemState | None:
    state = DownloadState(download.state)
    if state in WORKING_STATES or (state is DownloadState.FINALIZED and has_work):
        return settle.item_state_for(session, download) if has_work else None
    return _ENDED.get(state)


def _put(item: JobVideo, download: Download, state: ItemState, now: datetime) -> None:
    item.download_id = download.id
    item.state = state.value
    item.error_code = (download.error_code or "internal") if state is ItemState.FAILED else None
    item.finished_at = (item.finished_at or now) if state.terminal else None


def _refresh(session: Session, job: Job, now: datetime) -> None:
    settle.refresh_job(session, job, now)
    if not JobState(job.state).terminal:
        job.finished_at = None  # it had ended too early
