"""Repairs of work and runs that are no download's. Each is one transaction that locks, looks again, and acts."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from yt_videos_api.db import queries
from yt_videos_api.db.engine import Database
from yt_videos_api.db.tables import Probe, Run, Work
from yt_videos_api.domain.retry import MAX_CRASHES
from yt_videos_api.domain.states import WorkKind
from yt_videos_api.services import settle
from yt_videos_api.services.check.report import MENDED_MEANWHILE
from yt_videos_api.services.clock import Now


class WorkMends:
    """What can be done about work. Who held what is dropped notices, and writes nothing more."""

    def __init__(self, database: Database, *, now: Now) -> None:
        self._database = database
        self._now = now

    def drop(self, work_id: str) -> str:
        """Delete work that makes no sense. Whoever misses it gets it anew, by the rules of their own."""
        with self._database.transaction() as session:
            work = queries.lock_work(session, work_id)
            if work is None:
                return MENDED_MEANWHILE
            drop_work(session, work, self._now())
        return "The work row is gone."

    def limit_crashes(self, work_id: str) -> str:
        """One more try: the next crash gives it up, in the way that tells everybody who waits for it."""
        with self._database.transaction() as session:
            work = queries.lock_work(session, work_id)
            if work is None or work.crash_count < MAX_CRASHES:
                return MENDED_MEANWHILE
            work.crash_count = MAX_CRASHES - 1
        return "It gets one more try."

    def restore_probe(self, probe_id: str) -> str:
        """Make the lost work row of a probe again."""
        with self._database.transaction() as session:
            probe, work = _lock_probe(session, probe_id)
            if work is not None or probe is None or probe.finished_at is not None:
                return MENDED_MEANWHILE
            session.add(settle.new_work(WorkKind.PROBE, self._now(), probe_id=probe_id))
        return "It is in the queue again."

    def drop_probe(self, probe_id: str) -> str:
        """Delete the work of a probe that has ended."""
        with self._database.transaction() as session:
            probe, work = _lock_probe(session, probe_id)
            if work is None or probe is None or probe.finished_at is None:
                return MENDED_MEANWHILE
            drop_work(session, work, self._now())
        return "The work row is gone."

    def end_run(self, run_id: str) -> str:
        """Close the record of a run that nobody is on any more."""
        with self._database.transaction() as session:
            run = session.get(Run, run_id)
            work = queries.lock_work(session, run.work_id) if run is not None and run.work_id else None
            run = session.get(Run, run_id, populate_existing=True)
            if run is None or run.ended_at is not None or _is_rightful(session, run, work):
                return MENDED_MEANWHILE
            run.ended_at, run.outcome = self._now(), "lost"
        return "The run is recorded as lost."


def drop_work(session: Session, work: Work, now: datetime) -> None:
    """Delete locked work, and record its runs as lost."""
    mine = or_(Run.work_id == work.id, Run.download_id == work.download_id)
    session.execute(update(Run).where(mine, Run.ended_at.is_(None)).values(ended_at=now, outcome="lost"))
    session.delete(work)
    session.flush()


def _lock_probe(session: Session, probe_id: str) -> tuple[Probe | None, Work | None]:
    work = session.scalars(select(Work).where(Work.probe_id == probe_id).with_for_update()).one_or_none()
    return session.get(Probe, probe_id, with_for_update=True), work


def _is_rightful(session: Session, run: Run, work: Work | None) -> bool:
    """Whether it is the only open run of the epoch that holds the work, or the first of them."""
    if work is None or work.owner is None or work.epoch != run.epoch:
        return False
    open_runs = select(func.min(Run.id)).where(
        Run.work_id == work.id, Run.epoch == work.epoch, Run.ended_at.is_(None), Run.download_id.is_(None)
    )
    return session.scalar(open_runs) == run.id
