"""Repairs of downloads, their work and their runs. Each is one transaction that locks, looks again, and acts."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from yt_videos_api.db import queries
from yt_videos_api.db.engine import Database
from yt_videos_api.db.tables import Attempt, Download, Run, Work
from yt_videos_api.db.transitions import move
from yt_videos_api.domain.retry import MAX_CRASHES
from yt_videos_api.domain.states import WORKING_STATES, DownloadState, WorkKind
from yt_videos_api.services import settle
from yt_videos_api.services.check.report import MENDED_MEANWHILE
from yt_videos_api.services.check.rows import expected_work, is_run_of
from yt_videos_api.services.clock import Now
from yt_videos_api.services.settle import new_work

_S = DownloadState


class DownloadMends:
    """What can be done for a download whose rows disagree. Its bytes in staging stay, so nothing is fetched twice."""

    def __init__(self, database: Database, *, now: Now) -> None:
        self._database = database
        self._now = now

    def restore_work(self, download_id: str) -> str:
        """Make the lost work row again."""
        with self._database.transaction() as session:
            work, download = _lock(session, download_id)
            if work is not None or download.state not in WORKING_STATES:
                return MENDED_MEANWHILE
            _queue_anew(session, download, self._now())
        return "It is in the queue again."

    def replace_work(self, download_id: str) -> str:
        """Make work of the right kind. Who held the other one notices, and writes nothing more."""
        with self._database.transaction() as session:
            work, download = _lock(session, download_id)
            if work is None or work.kind == expected_work(download.state):
                return MENDED_MEANWHILE
            settle.end_work(session, download_id)
            if download.state in WORKING_STATES:
                _queue_anew(session, download, self._now())
                return "It is in the queue again."
            _end_runs(session, download_id, None, self._now())
        return "The work row is gone."

    def drop_work(self, download_id: str) -> str:
        """Delete the work of a download that has ended."""
        with self._database.transaction() as session:
            work, download = _lock(session, download_id)
            if work is None or expected_work(download.state) is not None:
                return MENDED_MEANWHILE
            settle.end_work(session, download_id)
            _end_runs(session, download_id, None, self._now())
        return "The work row is gone."

    def free(self, download_id: str) -> str:
        """Let any worker take work whose holder and state disagree. Who held it notices, and writes nothing more."""
        with self._database.transaction() as session:
            work, download = _lock(session, download_id)
            idle = download.state in (_S.QUEUED, _S.WAITING)
            if work is None or download.state == _S.PUBLISHING or (work.owner is None) is idle:
                return MENDED_MEANWHILE
            now = self._now()
            due_at = work.due_at if download.state == _S.WAITING else now
            settle.free_work(work, due_at=due_at)
            _end_runs(session, download_id, None, now)
            if download.state != _S.WAITING:
                _to_queue(session, download, now)
        return "It is free for any worker."

    def limit_crashes(self, download_id: str) -> str:
        """One more try: the next crash gives it up, in the way that tells everybody who waits for it."""
        with self._database.transaction() as session:
            work, download = _lock(session, download_id)
            if work is None or download.state == _S.PUBLISHING or work.crash_count < MAX_CRASHES:
                return MENDED_MEANWHILE
            work.crash_count = MAX_CRASHES - 1
        return "It gets one more try."

    def end_runs(self, download_id: str) -> str:
        """Close the records of runs that nobody is on any more."""
        with self._database.transaction() as session:
            work, _ = _lock(session, download_id)
            _end_runs(session, download_id, work, self._now())
        return "The runs are recorded as lost."


def _lock(session: Session, download_id: str) -> tuple[Work | None, Download]:
    work = queries.lock_work_of(session, [download_id]).get(download_id)
    return work, queries.lock_download(session, download_id)


def _last_epoch(session: Session, download_id: str) -> int:
    """The highest epoch any run ever had: a worker that still believes in its lease must not be believed again."""
    epochs = [
        session.scalar(select(func.max(table.epoch)).where(table.download_id == download_id))
        for table in (Run, Attempt)
    ]
    return max(epoch or 0 for epoch in epochs)


def _queue_anew(session: Session, download: Download, now: datetime) -> None:
    session.add(new_work(WorkKind.ARCHIVE, now, download_id=download.id, epoch=_last_epoch(session, download.id)))
    session.flush()
    _end_runs(session, download.id, None, now)
    _to_queue(session, download, now)


def _to_queue(session: Session, download: Download, now: datetime) -> None:
    """A publication stays one: whoever claims it completes it."""
    if download.state in (_S.RUNNING, _S.WAITING):
        move(session, download, _S.QUEUED, now=now)
    settle.touch_jobs(session, download.id, now)


def _end_runs(session: Session, download_id: str, work: Work | None, now: datetime) -> None:
    """End all open runs but the newest of the epoch that holds `work`."""
    open_runs = select(Run).where(Run.download_id == download_id, Run.ended_at.is_(None))
    runs = session.scalars(open_runs.order_by(Run.started_at.desc(), Run.id)).all()
    held = work if work is not None and work.owner is not None else None
    keep = next((run for run in runs if held is not None and is_run_of(run, held)), None)
    for run in runs:
        if run is not keep:
            run.ended_at, run.outcome = now, "lost"
