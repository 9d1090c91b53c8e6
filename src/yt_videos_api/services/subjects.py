"""What a unit of work is about, and what becomes of that when a run of it begins, is given back, or fails for good.

Every function expects the locked work row, takes the lock of its subject itself, and leaves the commit to the caller.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from yt_videos_api.db import queries
from yt_videos_api.db.tables import Download, Probe, Work
from yt_videos_api.db.transitions import move
from yt_videos_api.domain.errors import DownloadFailure
from yt_videos_api.domain.states import DownloadState, Expansion, ItemState, WorkKind
from yt_videos_api.services import settle
from yt_videos_api.services.settle import Held


def subject_id(work: Work) -> str:
    """The id of the download, job or probe."""
    found = work.download_id or work.job_id or work.probe_id
    assert found is not None, "a work row is about something"
    return found


def begin(session: Session, work: Work, now: datetime) -> Download | None:
    """A worker has claimed it; the download, where it is about one."""
    if work.download_id is None:
        if work.job_id is not None:
            _touch_job(session, work.job_id, now)
        return None
    download = queries.lock_download(session, work.download_id)
    if download.state == DownloadState.WAITING:
        move(session, download, DownloadState.QUEUED, now=now)
    if download.state == DownloadState.QUEUED:
        move(session, download, DownloadState.RUNNING, now=now)
    settle.settle_items(session, download.id, ItemState.IN_PROGRESS, now=now)
    return download


def give_back(session: Session, work: Work, *, due_at: datetime, now: datetime) -> str:
    """Any worker may go on from `due_at`; the outcome of the run that ends so: queued, or cancelled."""
    if work.download_id is None or work.kind != WorkKind.ARCHIVE:
        settle.free_work(work, due_at=due_at)
        return "queued"
    held = Held(work, queries.lock_download(session, work.download_id))
    if settle.cancel_unwanted(session, held.download, now):
        return "cancelled"
    settle.requeue(session, held, due_at=due_at, now=now)
    return "queued"


def wait(session: Session, work: Work, failure: DownloadFailure, *, due_at: datetime, now: datetime) -> None:
    """A retryable failure: it is tried again from `due_at` on, and until then tells why it waits."""
    settle.free_work(work, due_at=due_at)
    if work.job_id is not None:
        job = queries.lock_jobs(session, [work.job_id])[0]
        job.error_code = failure.code
        settle.refresh_job(session, job, now)
    elif work.download_id is not None:
        queries.lock_download(session, work.download_id).error_code = failure.code
        settle.touch_jobs(session, work.download_id, now)


def fail(session: Session, work: Work, failure: DownloadFailure, now: datetime) -> None:
    """It failed for good: there is nothing left to do."""
    if work.kind == WorkKind.ARCHIVE and work.download_id is not None:
        settle.fail(session, queries.lock_download(session, work.download_id), failure, now)
        return
    if work.kind == WorkKind.ENRICH and work.download_id is not None:
        held = Held(work, queries.lock_download(session, work.download_id))
        settle.give_up_enrichment(session, held, failure, now)
        return
    job_id, probe_id = work.job_id, work.probe_id
    session.delete(work)
    session.flush()
    if job_id is not None:
        job = queries.lock_jobs(session, [job_id])[0]
        job.expansion, job.error_code = Expansion.FAILED.value, failure.code
        settle.refresh_job(session, job, now)
    elif probe_id is not None:
        probe = session.get_one(Probe, probe_id)
        probe.state, probe.error_code, probe.finished_at = "failed", failure.code, now


def _touch_job(session: Session, job_id: str, now: datetime) -> None:
    for job in queries.lock_jobs(session, [job_id]):
        job.error_code = None
        settle.refresh_job(session, job, now)
