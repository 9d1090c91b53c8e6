"""Giving back work whose worker is gone.

A lease is dead when an observer saw the same (epoch, beat) for lease_seconds of its own monotonic clock. No wall clock
is compared between hosts, and every worker observes: there is no leader to lose.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from yt_videos_api.cage.machine import Machine
from yt_videos_api.db import queries
from yt_videos_api.db.engine import Database
from yt_videos_api.db.tables import Run, Work, Worker
from yt_videos_api.domain.errors import DownloadFailure
from yt_videos_api.domain.retry import MAX_CRASHES
from yt_videos_api.domain.states import DownloadState, WorkKind
from yt_videos_api.services import settle, subjects
from yt_videos_api.services.clock import Now, utc_now

log = structlog.get_logger()

# A publication is always completed; one that takes its workers down is at least tried at leisure.
PUBLICATION_PAUSE = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class _Dead:
    work_id: str
    owner: str
    epoch: int
    beat: int


class Rescue:
    """What one worker has observed of the leases of all. `holds(work_id, epoch)`: one of its threads is at it."""

    def __init__(
        self,
        database: Database,
        machine: Machine,
        *,
        worker_id: str,
        holds: Callable[[str, int], bool],
        lease_seconds: float,
        now: Now = utc_now,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._machine = machine
        self._worker_id = worker_id
        self._holds = holds
        self._lease_seconds = lease_seconds
        self._now = now
        self._monotonic = monotonic
        self._observed: dict[str, tuple[int, int, float]] = {}
        self._looked_at = 0.0
        self._broken: set[str] = set()

    def blame(self, work_id: str) -> None:
        """A run of this worker ended by a bug: when its work is given back, that counts as a crash."""
        self._broken.add(work_id)

    def rescue(self) -> int:
        """See Leases."""
        rescued = 0
        for dead in self._dead_leases():
            with self._database.transaction() as session:
                rescued += self._rescue_one(session, dead)
        return rescued

    def _dead_leases(self) -> list[_Dead]:
        with self._database.reading() as session:
            leased = session.scalars(select(Work).where(Work.owner.is_not(None))).all()
            workers = {worker.id: worker for worker in session.scalars(select(Worker))}
        clock = self._monotonic()
        if clock - self._looked_at > self._lease_seconds * 2 / 3:
            # We, or the database, were away. Others could not be seen beating meanwhile: they get a whole lease.
            self._observed.clear()
        self._looked_at = clock
        observed: dict[str, tuple[int, int, float]] = {}
        dead = []
        for work in leased:
            if work.owner is None or self._holds(work.id, work.epoch):
                continue
            seen = self._observed.get(work.id)
            since = seen[2] if seen and seen[:2] == (work.epoch, work.beat) else clock
            observed[work.id] = (work.epoch, work.beat, since)
            if clock - since >= self._lease_seconds or self._known_dead(workers.get(work.owner)):
                dead.append(_Dead(work.id, work.owner, work.epoch, work.beat))
        self._observed = observed
        return dead

    def _known_dead(self, worker: Worker | None) -> bool:
        """On the same machine nobody needs to wait: the kernel knows whether the process still is the same one."""
        if worker is None or worker.machine != self._machine.scope:
            return False
        return not self._machine.process_alive(worker.process_id, worker.process_started)

    def _rescue_one(self, session: Session, dead: _Dead) -> int:
        now = self._now()
        # Locked as it was observed: if it beat while we waited for the lock, it lives.
        as_seen = (Work.owner == dead.owner) & (Work.epoch == dead.epoch) & (Work.beat == dead.beat)
        work = session.scalars(select(Work).where(Work.id == dead.work_id, as_seen).with_for_update()).one_or_none()
        if work is None:
            return 0  # it came to life, ended, or somebody was faster
        crashed = self._has_crashed(dead)
        work.crash_count += crashed
        session.execute(
            update(Run)
            .where(or_(Run.work_id == work.id, Run.download_id == work.download_id), Run.epoch == dead.epoch)
            .values(ended_at=now, outcome="crashed" if crashed else "lost")
        )
        log.warning(
            "work_rescued",
            kind=work.kind,
            subject_id=subjects.subject_id(work),
            epoch=dead.epoch,
            crash_count=work.crash_count,
        )
        _give_back(session, work, now)
        return 1

    def _has_crashed(self, dead: _Dead) -> bool:
        """A lease of our own that no thread works under was lost with the answer of the database: nobody's fault."""
        if dead.owner != self._worker_id:
            return True
        broken = dead.work_id in self._broken
        self._broken.discard(dead.work_id)
        return broken


def _give_back(session: Session, work: Work, now: datetime) -> None:
    poison = work.crash_count >= MAX_CRASHES
    if _is_publishing(session, work):
        due_at = now + PUBLICATION_PAUSE if poison else now
        subjects.give_back(session, work, due_at=due_at, now=now)
    elif poison and not _is_unwanted(session, work, now):
        subjects.fail(session, work, DownloadFailure("quarantined", f"{work.crash_count} crashes in a row"), now)
    elif not poison:
        subjects.give_back(session, work, due_at=now, now=now)


def _is_publishing(session: Session, work: Work) -> bool:
    if work.kind != WorkKind.ARCHIVE or work.download_id is None:
        return False
    return queries.lock_download(session, work.download_id).state == DownloadState.PUBLISHING


def _is_unwanted(session: Session, work: Work, now: datetime) -> bool:
    """Whether nobody wants the download any more; then it is cancelled, not quarantined."""
    if work.kind != WorkKind.ARCHIVE or work.download_id is None:
        return False
    return settle.cancel_unwanted(session, queries.lock_download(session, work.download_id), now)
