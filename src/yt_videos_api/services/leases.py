"""P2 and what keeps it honest: claim, heartbeat, hand back, and rescue of work whose worker is gone.

A lease is dead when an observer saw the same (epoch, beat) for lease_seconds of its own monotonic clock. No wall clock
is compared between hosts, and every worker observes: there is no leader to lose.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

import structlog
from sqlalchemy import CursorResult, Select, case, select, update
from sqlalchemy.orm import Session

from yt_videos_api.cage.machine import Machine
from yt_videos_api.db import queries
from yt_videos_api.db.engine import Database
from yt_videos_api.db.tables import Download, Run, Work, Worker
from yt_videos_api.db.transitions import move
from yt_videos_api.domain.errors import DownloadFailure
from yt_videos_api.domain.retry import MAX_CRASHES
from yt_videos_api.domain.states import DownloadState, ItemState
from yt_videos_api.services import settle
from yt_videos_api.services.clock import Now, utc_now
from yt_videos_api.services.settle import Held, Lease

log = structlog.get_logger()

WORKER_FORGOTTEN_AFTER = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Claimed:
    """What a claim brought: the lease, and the download as it was at that moment."""

    lease: Lease
    download: Download


class Leases:
    """The leases of one worker process."""

    def __init__(
        self,
        database: Database,
        machine: Machine,
        *,
        lease_seconds: float,
        now: Now = utc_now,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.worker_id = uuid4().hex
        self._database = database
        self._machine = machine
        self._lease_seconds = lease_seconds
        self._now = now
        self._monotonic = monotonic
        self._observed: dict[str, tuple[int, int, float]] = {}
        self._working_on: set[str] = set()

    def register(self, threads: int) -> None:
        """Tell the others that this worker exists."""
        now = self._now()
        with self._database.transaction() as session:
            session.add(
                Worker(
                    id=self.worker_id,
                    machine=self._machine.scope,
                    process_id=self._machine.process_id,
                    process_started=self._machine.process_started,
                    threads=threads,
                    beat=0,
                    started_at=now,
                    seen_at=now,
                )
            )

    def unregister(self) -> None:
        """This worker ends in good order."""
        with self._database.transaction() as session:
            worker = session.get(Worker, self.worker_id)
            if worker:
                session.delete(worker)

    def claim(self) -> Claimed | None:
        """Take the most urgent work that is due; None when there is none. Committed before it returns.

        The caller says `done_with` when its run is over, however it ended.
        """
        now = self._now()
        with self._database.reading() as session:
            if session.scalar(_due(now).limit(1)) is None:
                return None  # looking is free; only a claim takes the write lock
        with self._database.transaction() as session:
            work = self._take(session, now)
            claimed = self._begin(session, work, now) if work else None
        if claimed:
            self._working_on.add(claimed.lease.work_id)
        return claimed

    def done_with(self, lease: Lease) -> None:
        """No thread of this worker works on it any more. Should it still be leased to us, it will be rescued."""
        self._working_on.discard(lease.work_id)

    def _take(self, session: Session, now: datetime) -> Work | None:
        chosen = _due(now).limit(1).with_for_update(skip_locked=True).scalar_subquery()
        statement = (
            update(Work)
            .where(Work.id == chosen, Work.owner.is_(None))
            .values(owner=self.worker_id, epoch=Work.epoch + 1, beat=0)
            .returning(Work)
        )
        return session.scalars(statement).one_or_none()

    def _begin(self, session: Session, work: Work, now: datetime) -> Claimed:
        download = queries.lock_download(session, work.download_id)
        if download.state == DownloadState.WAITING:
            move(session, download, DownloadState.QUEUED, now=now)
        if download.state == DownloadState.QUEUED:
            move(session, download, DownloadState.RUNNING, now=now)
        lease = Lease(work.id, download.id, self.worker_id, work.epoch, uuid4().hex)
        session.add(
            Run(
                id=lease.run_id,
                download_id=download.id,
                worker_id=self.worker_id,
                host=self._machine.scope,
                epoch=work.epoch,
                started_at=now,
            )
        )
        settle.settle_items(session, download.id, ItemState.IN_PROGRESS, now=now)
        return Claimed(lease, download)

    def heartbeat(self, progress_bytes: dict[Lease, int]) -> Collection[Lease]:
        """Say that this worker and its runs are alive; the leases that are lost are returned.

        A run that has more bytes than any before has made progress: its crashes so far do not count any more.
        """
        lost = []
        with self._database.transaction() as session:
            session.execute(
                update(Worker).where(Worker.id == self.worker_id).values(beat=Worker.beat + 1, seen_at=self._now())
            )
            for lease, done_bytes in progress_bytes.items():
                progressed = Work.progress_bytes < done_bytes
                result = session.execute(
                    update(Work)
                    .where(Work.id == lease.work_id, Work.owner == lease.worker_id, Work.epoch == lease.epoch)
                    .values(
                        beat=Work.beat + 1,
                        crash_count=case((progressed, 0), else_=Work.crash_count),
                        progress_bytes=case((progressed, done_bytes), else_=Work.progress_bytes),
                    )
                )
                assert isinstance(result, CursorResult)
                if result.rowcount == 0:
                    lost.append(lease)
        return lost

    def hand_back(self, lease: Lease) -> None:
        """A drain: the work goes back at once and nothing is counted against it."""
        now = self._now()
        with self._database.transaction() as session:
            held = settle.hold(session, lease)
            settle.requeue(session, held, due_at=now, now=now)
            settle.end_run(session, lease, "queued", now)

    def rescue(self) -> int:
        """Give back the work of workers that are gone; how many units that were."""
        rescued = 0
        for work_id, owner, epoch in self._dead_leases():
            with self._database.transaction() as session:
                rescued += self._rescue_one(session, work_id, owner, epoch)
        return rescued

    def _dead_leases(self) -> list[tuple[str, str, int]]:
        with self._database.reading() as session:
            leased = session.scalars(select(Work).where(Work.owner.is_not(None))).all()
            workers = {worker.id: worker for worker in session.scalars(select(Worker))}
        clock = self._monotonic()
        observed: dict[str, tuple[int, int, float]] = {}
        dead = []
        for work in leased:
            if work.owner is None or (work.owner == self.worker_id and work.id in self._working_on):
                continue
            seen = self._observed.get(work.id)
            since = seen[2] if seen and seen[:2] == (work.epoch, work.beat) else clock
            observed[work.id] = (work.epoch, work.beat, since)
            if clock - since >= self._lease_seconds or self._known_dead(workers.get(work.owner)):
                dead.append((work.id, work.owner, work.epoch))
        self._observed = observed
        return dead

    def _known_dead(self, worker: Worker | None) -> bool:
        """On the same machine nobody needs to wait: the kernel knows whether the process still is the same one."""
        if worker is None or worker.machine != self._machine.scope:
            return False
        return not self._machine.process_alive(worker.process_id, worker.process_started)

    def _rescue_one(self, session: Session, work_id: str, owner: str, epoch: int) -> int:
        now = self._now()
        work = session.scalars(
            select(Work).where(Work.id == work_id, Work.owner == owner, Work.epoch == epoch).with_for_update()
        ).one_or_none()
        if work is None:
            return 0  # it came to life, ended, or somebody was faster
        held = Held(work, queries.lock_download(session, work.download_id))
        session.execute(
            update(Run)
            .where(Run.download_id == work.download_id, Run.epoch == epoch)
            .values(ended_at=now, outcome="crashed")
        )
        work.crash_count += 1
        log.warning("work_rescued", download_id=work.download_id, epoch=epoch, crash_count=work.crash_count)
        if work.crash_count >= MAX_CRASHES and held.download.state == DownloadState.RUNNING:
            poison = DownloadFailure("quarantined", f"{work.crash_count} crashes in a row")
            settle.fail(session, held.download, poison, now)
        elif held.download.cancel_requested and held.download.state == DownloadState.RUNNING:
            settle.cancel(session, held.download, now)
        else:
            settle.requeue(session, held, due_at=now, now=now)
        return 1

    def forget_old_workers(self) -> None:
        """Delete the rows of workers nobody has seen for days."""
        oldest = self._now() - WORKER_FORGOTTEN_AFTER
        with self._database.transaction() as session:
            for worker in session.scalars(select(Worker).where(Worker.seen_at < oldest)):
                session.delete(worker)


def _due(now: datetime) -> Select[str]:
    return select(Work.id).where(Work.owner.is_(None), Work.due_at <= now).order_by(Work.priority, Work.due_at, Work.id)
