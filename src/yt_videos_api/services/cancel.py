"""Cancelling a job: its listing stops, and so does every download that no other job wants. One transaction.

A playlist may have ten thousand items, so everything is a handful of statements over sets of rows. The locks are taken
in the usual order: work, downloads, jobs.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, delete, exists, or_, select, update
from sqlalchemy.orm import Session, aliased

from yt_videos_api.db import queries
from yt_videos_api.db.tables import Download, File, Job, JobVideo, Run, Work
from yt_videos_api.db.transitions import move_all
from yt_videos_api.domain.errors import Conflict, NotFound
from yt_videos_api.domain.states import DownloadState, Expansion, ItemState, JobState
from yt_videos_api.services import settle
from yt_videos_api.services.items import NO_JOB

# A download in one of these can be given up; from `publishing` on it is completed.
_QUEUED = (DownloadState.QUEUED, DownloadState.WAITING)
# Of an archived one something is still fetched that is to lie beside it: that can be given up, the archive stays.
# Whoever waits for one that is being removed waits for its successor, which is not made yet.
_STOPPABLE = [
    state.value for state in (*_QUEUED, DownloadState.RUNNING, DownloadState.FINALIZED, DownloadState.REMOVING)
]
_IDS_AT_ONCE = 500  # as parameters of one statement
_OPEN = [state.value for state in ItemState if not state.terminal]


def cancel(session: Session, job_id: str, now: datetime) -> bool:
    """Whether it is done; not when an item was moved to another download before we had the locks.

    Raises NotFound, and Conflict when the job has ended otherwise.
    """
    downloads = select(JobVideo.download_id).where(JobVideo.job_id == job_id, JobVideo.state.in_(_OPEN))
    locked = _lock(session, job_id, downloads)
    job = next(iter(queries.lock_jobs(session, [job_id])), None)
    if job is None:
        raise NotFound(NO_JOB)
    if JobState(job.state) is JobState.CANCELLED:
        return True
    if JobState(job.state).terminal:
        raise Conflict(f"The job is {job.state} already and cannot be cancelled.")
    if not set(session.scalars(downloads)) <= locked:
        return False
    _stop_listing(session, job, now)
    _cancel_items(session, job_id, now)
    settle.refresh_job(session, job, now)
    _give_up(session, job_id, now)
    return True


def _lock(session: Session, job_id: str, downloads: Select[str]) -> set[str]:
    about = or_(Work.job_id == job_id, Work.download_id.in_(downloads))
    session.execute(select(Work.id).where(about).order_by(Work.id).with_for_update()).all()
    ids = select(Download.id).where(Download.id.in_(downloads)).order_by(Download.id)
    return set(session.scalars(ids.with_for_update()))


def _stop_listing(session: Session, job: Job, now: datetime) -> None:
    if job.expansion != Expansion.LISTING:
        return
    _end_works(session, session.scalars(select(Work.id).where(Work.job_id == job.id)).all(), now)
    job.expansion = Expansion.CANCELLED.value
    session.flush()


def _cancel_items(session: Session, job_id: str, now: datetime) -> None:
    stoppable = exists().where(Download.id == JobVideo.download_id, Download.state.in_(_STOPPABLE))
    session.execute(
        update(JobVideo)
        .where(JobVideo.job_id == job_id, JobVideo.state.in_(_OPEN), stoppable)
        .values(state=ItemState.CANCELLED.value, finished_at=now)
        .execution_options(synchronize_session=False)
    )
    session.expire_all()


def _give_up(session: Session, job_id: str, now: datetime) -> None:
    """What nobody wants any more: what is queued is cancelled here, what runs is stopped by its worker."""
    other = aliased(JobVideo)
    wanted = exists().where(other.download_id == Download.id, other.state.in_(_OPEN))
    # Not as EXISTS: SQLite then walks the job's items once for each of them (measured: 7 s for ten thousand).
    cancelled_items = select(JobVideo.download_id).where(
        JobVideo.job_id == job_id, JobVideo.state == ItemState.CANCELLED.value
    )
    unwanted: list[ColumnElement[bool]] = [Download.id.in_(cancelled_items), ~wanted]
    session.execute(
        update(Download)
        .where(Download.state == DownloadState.RUNNING.value, *unwanted)
        .values(cancel_requested=True)
        .execution_options(synchronize_session=False)
    )
    _stop_enriching(session, unwanted, now)
    cancelled = move_all(session, _QUEUED, DownloadState.CANCELLED, where=unwanted, now=now, cancel_requested=False)
    for start in range(0, len(cancelled), _IDS_AT_ONCE):
        session.execute(delete(Work).where(Work.download_id.in_(cancelled[start : start + _IDS_AT_ONCE])))
    session.expire_all()


def _stop_enriching(session: Session, unwanted: Sequence[ColumnElement[bool]], now: datetime) -> None:
    """Where files beside the archived one are being published already, that is completed instead."""
    publishing = exists().where(File.download_id == Download.id, File.state == "intended")
    found = session.execute(
        select(Work.id, Download.id)
        .join(Download, Work.download_id == Download.id)
        .where(Download.state == DownloadState.FINALIZED.value, *unwanted, ~publishing)
    ).all()
    _end_works(session, [work_id for work_id, _ in found], now)
    for start in range(0, len(found), _IDS_AT_ONCE):
        ids = [download_id for _, download_id in found[start : start + _IDS_AT_ONCE]]
        settled = update(Download).where(Download.id.in_(ids)).values(extras=Download.delivered)
        session.execute(settled.execution_options(synchronize_session=False))


def _end_works(session: Session, work_ids: Sequence[str], now: datetime) -> None:
    """Without its work row a run has lost its lease: its worker stops, and writes nothing any more."""
    for start in range(0, len(work_ids), _IDS_AT_ONCE):
        ids = work_ids[start : start + _IDS_AT_ONCE]
        ended = update(Run).where(Run.work_id.in_(ids), Run.ended_at.is_(None))
        session.execute(ended.values(ended_at=now, outcome="cancelled"))
        session.execute(delete(Work).where(Work.id.in_(ids)))
