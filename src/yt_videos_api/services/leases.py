"""P2 and what keeps it honest: claim, heartbeat, hand back; the rescue of others' work is in services/rescue.py.

A run whose work has crashed before is a suspect until it has made progress. Suspects run one at a time, so that a
video which takes its worker down is found out without its neighbours being counted as crashed, too.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import CursorResult, Select, case, select, update
from sqlalchemy.orm import Session

from yt_videos_api.cage.machine import Machine
from yt_videos_api.db.engine import Database
from yt_videos_api.db.tables import Download, Run, Work, Worker
from yt_videos_api.domain.states import WorkKind
from yt_videos_api.services import settle, subjects
from yt_videos_api.services.clock import Now, utc_now
from yt_videos_api.services.due import due, is_any_due
from yt_videos_api.services.patience import HAND_BACK_SECONDS
from yt_videos_api.services.rescue import Rescue
from yt_videos_api.services.settle import Lease

WORKER_FORGOTTEN_AFTER = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Claimed:
    """What a claim brought."""

    lease: Lease
    found: Download | None  # what it is about, as it was at that moment, where that is a download
    suspect: bool = False  # an earlier run crashed and none has made progress since
    progress_bytes: int = 0  # most bytes any earlier run had
    retry_count: int = 0  # how often it was tried again after a failure that was no outage

    @property
    def download(self) -> Download:
        """The download that is worked on."""
        assert self.found is not None, f"{self.lease.kind} is no work on a download"
        return self.found


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
        self._now = now
        self._threads = 0
        self._held: set[Lease] = set()
        self._rescue = Rescue(
            database,
            machine,
            worker_id=self.worker_id,
            holds=self._holds,
            lease_seconds=lease_seconds,
            now=now,
            monotonic=monotonic,
        )

    def register(self, threads: int) -> None:
        """Tell the others that this worker exists."""
        self._threads = threads
        with self._database.transaction() as session:
            session.add(self._worker_row())

    def _worker_row(self) -> Worker:
        now = self._now()
        return Worker(
            id=self.worker_id,
            machine=self._machine.scope,
            process_id=self._machine.process_id,
            process_started=self._machine.process_started,
            threads=self._threads,
            beat=0,
            started_at=now,
            seen_at=now,
        )

    def unregister(self) -> None:
        """This worker ends in good order."""
        with self._database.transaction() as session:
            worker = session.get(Worker, self.worker_id)
            if worker:
                session.delete(worker)

    def claim(self, *, suspects: bool = True, listings: bool = True) -> Claimed | None:
        """Take the most urgent work that is due; `listings` says whether that may be one. Committed before it returns.

        None when there is none, or when it is a suspect and `suspects` is false: nothing overtakes a suspect, else it
        would never come to its turn. The caller says `done_with` when its run is over, however it ended.
        """
        now = self._now()
        with self._database.reading() as session:
            if not session.scalar(is_any_due(now, listings=listings)):
                return None  # looking is free; only a claim takes the write lock
        with self._database.transaction() as session:
            work = self._take(session, due(now, listings=listings), suspects)
            claimed = self._begin(session, work, now) if work else None
        if claimed:
            self._held.add(claimed.lease)
        return claimed

    def done_with(self, lease: Lease, *, broken: bool = False) -> None:
        """No thread of this worker works under this lease any more.

        Should it still be ours, it will be rescued; that counts as a crash only when the run was `broken` by a bug, not
        when the database was away.
        """
        if broken:
            self._rescue.blame(lease.work_id)
        self._held.discard(lease)

    def rescue(self) -> int:
        """Give back the work of workers that are gone; how many units that were. To be called several times a lease."""
        return self._rescue.rescue()

    def _holds(self, work_id: str, epoch: int) -> bool:
        return any(lease.work_id == work_id and lease.epoch == epoch for lease in self._held.copy())

    def _take(self, session: Session, found: Select[str], suspects: bool) -> Work | None:
        chosen = found.limit(1).with_for_update(skip_locked=True).scalar_subquery()
        statement = update(Work).where(Work.id == chosen, Work.owner.is_(None))
        if not suspects:
            statement = statement.where(Work.crash_count == 0)
        taken = statement.values(owner=self.worker_id, epoch=Work.epoch + 1, beat=0).returning(Work)
        return session.scalars(taken).one_or_none()

    def _begin(self, session: Session, work: Work, now: datetime) -> Claimed:
        lease = Lease(work.id, WorkKind(work.kind), subjects.subject_id(work), self.worker_id, work.epoch, uuid4().hex)
        session.add(
            Run(
                id=lease.run_id,
                work_id=work.id,
                download_id=work.download_id,
                worker_id=self.worker_id,
                host=self._machine.scope,
                epoch=work.epoch,
                started_at=now,
            )
        )
        return Claimed(
            lease,
            subjects.begin(session, work, now),
            suspect=work.crash_count > 0,
            progress_bytes=work.progress_bytes,
            retry_count=work.retry_count,
        )

    def heartbeat(self, progress_bytes: dict[Lease, int]) -> Collection[Lease]:
        """Say that this worker and its runs are alive; the leases that are lost are returned.

        A run that has more bytes than any before has made progress: its crashes so far do not count any more.
        """
        lost = []
        with self._database.transaction() as session:
            alive = session.execute(
                update(Worker).where(Worker.id == self.worker_id).values(beat=Worker.beat + 1, seen_at=self._now())
            )
            assert isinstance(alive, CursorResult)
            if alive.rowcount == 0:
                session.add(self._worker_row())  # somebody whose clock runs wrong took us for long gone
            # In the order in which everybody locks work.
            for lease, done_bytes in sorted(progress_bytes.items(), key=lambda entry: entry[0].work_id):
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
        """A drain: the work goes back at once and nothing is counted against it. Raises LeaseLost, Unavailable."""

        def write(session: Session) -> None:
            now = self._now()
            outcome = subjects.give_back(session, settle.hold_work(session, lease), due_at=now, now=now)
            settle.end_run(session, lease, outcome, now)

        self._database.retrying(write, patience_seconds=HAND_BACK_SECONDS)

    def forget_old_workers(self) -> None:
        """Delete the rows of workers nobody has seen for days."""
        oldest = self._now() - WORKER_FORGOTTEN_AFTER
        with self._database.transaction() as session:
            for worker in session.scalars(select(Worker).where(Worker.seen_at < oldest)):
                session.delete(worker)
