"""Runs of everything but archiving: listings, probes, and what is fetched later for an archived video.

How such a run can end:

    it ends by         its work is then                                   counted as
    -----------------  -------------------------------------------------  ----------------------
    returning          done, as its step has written down                 nothing
    DownloadFailure    tried again later; given up when no try is left    a retry or an outage; the first of its kind
                                                                          where it got further than any run before
    ... "time_limit"   free at once where it got further                  nothing
    DrainRequested     free at once                                       nothing
    LeaseLost          somebody else's, or cancelled                      (a crash, if it was)
    Unavailable        as it was, until its rescue                        nothing
    a bug              as it was, until its rescue                        a crash
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Protocol

import structlog
from sqlalchemy.orm import Session

from yt_videos_api.db.engine import Database
from yt_videos_api.db.tables import Work
from yt_videos_api.domain.errors import DownloadFailure, LeaseLost, RunEnded, Unavailable
from yt_videos_api.domain.retry import is_outage, retry_delay_seconds
from yt_videos_api.domain.states import WorkKind
from yt_videos_api.services import settle, subjects
from yt_videos_api.services.clock import Now, utc_now
from yt_videos_api.services.control import RunControl
from yt_videos_api.services.leases import Claimed, Leases
from yt_videos_api.services.patience import RUN_SECONDS

log = structlog.get_logger()


class Errand(Protocol):
    """One kind of work."""

    def run(self, claimed: Claimed, control: RunControl) -> None:
        """Do it and write down that it is done. Raises DownloadFailure, RunEnded, Unavailable."""


class Errands:
    """Runs errands. One object serves all threads of a worker."""

    def __init__(
        self, database: Database, leases: Leases, errands: Mapping[WorkKind, Errand], *, now: Now = utc_now
    ) -> None:
        self._database = database
        self._leases = leases
        self._errands = errands
        self._now = now

    def run(self, claimed: Claimed, control: RunControl) -> None:
        """Work on what was claimed until it is done, failed, waiting or handed back. Raises nothing but bugs."""
        lease = claimed.lease
        try:
            self._run(claimed, control)
        except LeaseLost:
            log.warning("lease_lost", kind=lease.kind, subject_id=lease.subject_id, epoch=lease.epoch)
        except Unavailable as error:
            log.warning("run_abandoned", kind=lease.kind, subject_id=lease.subject_id, detail=str(error))

    def _run(self, claimed: Claimed, control: RunControl) -> None:
        try:
            self._errands[claimed.lease.kind].run(claimed, control)
        except DownloadFailure as failure:
            self._end_failed(claimed, failure)
        except RunEnded:
            self._leases.hand_back(claimed.lease)  # raises LeaseLost when that is why it ended

    def _end_failed(self, claimed: Claimed, failure: DownloadFailure) -> None:
        lease = claimed.lease
        log.warning(
            "run_failed", kind=lease.kind, subject_id=lease.subject_id, code=failure.code, detail=failure.detail
        )

        def write(session: Session) -> None:
            now = self._now()
            work = settle.hold_work(session, lease)
            got_further = work.progress_bytes > claimed.progress_bytes
            settle.end_run(session, lease, _settle_failure(session, work, failure, got_further, now), now)

        self._database.retrying(write, patience_seconds=RUN_SECONDS)


def _settle_failure(session: Session, work: Work, failure: DownloadFailure, got_further: bool, now: datetime) -> str:
    """What becomes of the work; the outcome of the run. A long list is no failure as long as it gets shorter."""
    if got_further:
        work.retry_count = work.outage_count = 0
        if failure.code == "time_limit":
            return subjects.give_back(session, work, due_at=now, now=now)
    due_at = _next_try_at(work, failure, now)
    if due_at is None:
        subjects.fail(session, work, failure, now)
        return "failed"
    subjects.wait(session, work, failure, due_at=due_at, now=now)
    return "waiting"


def _next_try_at(work: Work, failure: DownloadFailure, now: datetime) -> datetime | None:
    """When to try again, counting the failure; None when it should fail for good."""
    work.crash_count = 0  # it failed in good order
    if is_outage(failure.code):
        work.outage_count += 1
        before = work.outage_count - 1
    else:
        work.retry_count += 1
        before = work.retry_count - 1
    delay = retry_delay_seconds(failure.code, before, random.random())  # noqa: S311 - jitter
    if delay is None:
        return None
    told = datetime.fromtimestamp(failure.retry_at, UTC) if failure.retry_at else now
    return max(now + timedelta(seconds=delay), told)
