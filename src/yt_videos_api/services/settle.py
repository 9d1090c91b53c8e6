"""Ending a download, for whatever reason, and telling all items and jobs that wait for it. One transaction each.

Every function expects the locks of `hold` (or of the caller's own) and leaves the commit to the caller.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from yt_videos_api.db import queries
from yt_videos_api.db.tables import Download, Job, JobVideo, Run, Work
from yt_videos_api.db.transitions import move
from yt_videos_api.domain.errors import DownloadFailure, LeaseLost
from yt_videos_api.domain.states import DownloadState, ItemState, job_state


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to work on a download until somebody else's epoch is higher."""

    work_id: str
    download_id: str
    worker_id: str
    epoch: int
    run_id: str


@dataclass(frozen=True, slots=True)
class Held:
    """The rows of a lease, locked."""

    work: Work
    download: Download


def hold(session: Session, lease: Lease) -> Held:
    """Lock what the lease is about. Raises LeaseLost when another worker has it by now."""
    work = queries.lock_work_of(session, [lease.download_id]).get(lease.download_id)
    if work is None or work.epoch != lease.epoch or work.owner != lease.worker_id:
        raise LeaseLost(lease.work_id)
    return Held(work, queries.lock_download(session, lease.download_id))


def end_run(session: Session, lease: Lease, outcome: str, now: datetime) -> None:
    """Write down how a run ended."""
    session.execute(update(Run).where(Run.id == lease.run_id).values(ended_at=now, outcome=outcome))


def end_work(session: Session, download_id: str) -> None:
    """There is nothing left to do for this download."""
    session.execute(delete(Work).where(Work.download_id == download_id))


def free_work(work: Work, *, due_at: datetime) -> None:
    """Let any worker claim it from `due_at` on. The epoch stays: the next claim raises it."""
    work.owner = None
    work.due_at = due_at


def requeue(session: Session, held: Held, *, due_at: datetime, now: datetime) -> None:
    """Any worker may take it from `due_at` on. A download that is `publishing` stays so: the next one completes it."""
    free_work(held.work, due_at=due_at)
    if held.download.state == DownloadState.RUNNING:
        move(session, held.download, DownloadState.QUEUED, now=now)
    touch_jobs(session, held.download.id, now)


def wait_for_retry(
    session: Session, held: Held, failure: DownloadFailure, *, delay_seconds: float, now: datetime
) -> None:
    """A retryable failure: the download waits, the work is due again after the delay."""
    free_work(held.work, due_at=now + timedelta(seconds=delay_seconds))
    move(
        session,
        held.download,
        DownloadState.WAITING,
        now=now,
        error_code=failure.code,
        error_detail=failure.detail,
    )
    touch_jobs(session, held.download.id, now)


def fail(session: Session, download: Download, failure: DownloadFailure, now: datetime) -> None:
    """It failed for good, and so do the items that wait for it."""
    move(session, download, DownloadState.FAILED, now=now, error_code=failure.code, error_detail=failure.detail)
    end_work(session, download.id)
    settle_items(session, download.id, ItemState.FAILED, now=now, error_code=failure.code)


def cancel(session: Session, download: Download, now: datetime) -> None:
    """Nobody wants it any more. Its items were cancelled by those who asked for them."""
    move(session, download, DownloadState.CANCELLED, now=now, cancel_requested=False)
    end_work(session, download.id)


def cancel_unwanted(session: Session, download: Download, now: datetime) -> bool:
    """Carry out a cancellation that its run did not come to; whether there was one that still holds."""
    if not download.cancel_requested or download.state != DownloadState.RUNNING or wanted(session, download.id):
        return False
    cancel(session, download, now)
    return True


def finalize(session: Session, download: Download, now: datetime) -> None:
    """The files are in the library: the download and all items that wait for it are done."""
    move(
        session,
        download,
        DownloadState.FINALIZED,
        now=now,
        finalized_at=now,
        error_code=None,
        error_detail=None,
        cancel_requested=False,
    )
    end_work(session, download.id)
    settle_items(session, download.id, ItemState.DONE, now=now)


def settle_items(
    session: Session, download_id: str, state: ItemState, *, now: datetime, error_code: str | None = None
) -> None:
    """Give all open items of a download their state, and their jobs what follows from it."""
    items = queries.open_items(session, download_id)
    jobs = queries.lock_jobs(session, {item.job_id for item in items})
    for item in items:
        item.state = state.value
        item.error_code = error_code
        item.finished_at = now if state.terminal else None
    session.flush()
    for job in jobs:
        refresh_job(session, job, now)


def touch_jobs(session: Session, download_id: str, now: datetime) -> None:
    """Something that a job's answer shows has changed: raise the revision of every job that waits for the download."""
    for job in queries.lock_jobs(session, {item.job_id for item in queries.open_items(session, download_id)}):
        refresh_job(session, job, now)


def refresh_job(session: Session, job: Job, now: datetime) -> None:
    """Derive a locked job's state from its items. Of two last items that end together, the second one ends the job."""
    state = job_state(queries.item_states(session, job.id))
    job.state = state.value
    job.revision += 1
    job.updated_at = now
    if state.terminal and job.finished_at is None:
        job.finished_at = now


def move_items(session: Session, old_download_id: str, new: Download, now: datetime) -> None:
    """Items of one download wait for another one from now on (or are done, when that one is)."""
    session.execute(
        update(JobVideo)
        .where(JobVideo.download_id == old_download_id)
        .values(download_id=new.id)
        .execution_options(synchronize_session=False)
    )
    settle_items(session, new.id, item_state_for(DownloadState(new.state)), now=now)


def item_state_for(state: DownloadState) -> ItemState:
    """How an item stands that waits for a download in this state."""
    if state is DownloadState.FINALIZED:
        return ItemState.DONE
    return ItemState.PENDING if state is DownloadState.QUEUED else ItemState.IN_PROGRESS


def wanted(session: Session, download_id: str) -> bool:
    """Whether any live item wants the download."""
    count: Any = session.scalar(
        select(func.count())
        .select_from(JobVideo)
        .where(
            JobVideo.download_id == download_id,
            JobVideo.state.in_([ItemState.PENDING.value, ItemState.IN_PROGRESS.value]),
        )
    )
    return bool(count)
