"""One run of one download, from the claim to the file in the library: P3 to P11 in the order in which they happen.

How a run can end:

    it ends by         the download is then                       counted as             its staging folder
    -----------------  -----------------------------------------  ---------------------  ------------------
    returning          finalized; queued when what it was to      nothing                removed
                       publish was gone
    Superseded         superseded                                 nothing                removed
    CancelRequested    cancelled; queued when somebody wants it   nothing                removed; kept
                       after all
    DrainRequested     queued; publishing stays                   nothing                kept
    DownloadFailure    waiting; failed when no try is left        a retry or an outage   kept
      not_a_video      superseded; its jobs list what is there    nothing                kept
      from P7 on       publishing, put off; failed when the       a retry or an outage   kept
                       library will never take the files
    LeaseLost          as its new owner says                      (it was: a crash)      kept, for the new owner
    Unavailable        as it was, until its rescue                nothing                kept
    a bug              as it was, until its rescue                a crash                kept
"""

from __future__ import annotations

import random
from contextlib import suppress
from datetime import datetime, timedelta

import structlog
from sqlalchemy.orm import Session

from yt_videos_api.db.tables import Download
from yt_videos_api.domain.choices import AccessWish
from yt_videos_api.domain.errors import CancelRequested, DownloadFailure, LeaseLost, RunEnded, Unavailable
from yt_videos_api.domain.retry import is_outage, retry_delay_seconds, same_outage, start_delay_seconds
from yt_videos_api.domain.states import DownloadState
from yt_videos_api.domain.targets import is_youtube_address
from yt_videos_api.services import settle
from yt_videos_api.services.attempts import AttemptLog
from yt_videos_api.services.climb import HopeForBetter
from yt_videos_api.services.clock import Now, utc_now
from yt_videos_api.services.control import RunControl
from yt_videos_api.services.convert import convert_to_listing
from yt_videos_api.services.downloads import identity_of
from yt_videos_api.services.faults import FaultPlan
from yt_videos_api.services.identify import Superseded
from yt_videos_api.services.leases import Claimed, Leases
from yt_videos_api.services.patience import RUN_SECONDS
from yt_videos_api.services.produce import Adapters, ArchiveRules, Production
from yt_videos_api.services.publish import Publisher
from yt_videos_api.services.settle import Held, Lease
from yt_videos_api.storage.staging import StagingFolder

log = structlog.get_logger()


class Archiver:
    """Runs downloads. One object serves all threads of a worker."""

    def __init__(
        self, adapters: Adapters, leases: Leases, rules: ArchiveRules, faults: FaultPlan, *, now: Now = utc_now
    ) -> None:
        self._adapters = adapters
        self._leases = leases
        self._rules = rules
        self._faults = faults
        self._now = now
        self._publisher = Publisher(adapters.database, adapters.library, faults, names=rules.names, now=now)

    def run(self, claimed: Claimed, control: RunControl) -> None:
        """Work on what was claimed until it is finalized, failed, waiting or handed back. Raises nothing but bugs."""
        try:
            self._run(claimed, control)
        except LeaseLost:
            log.warning("lease_lost", download_id=claimed.lease.download_id, epoch=claimed.lease.epoch)
        except Unavailable as error:
            # Nothing can be written down now. The work is given back when the database is, and goes on from staging.
            log.warning("run_abandoned", download_id=claimed.lease.download_id, detail=str(error))
        self._faults.reach("worker.P11.after")

    def _run(self, claimed: Claimed, control: RunControl) -> None:
        lease = claimed.lease
        self._faults.reach("worker.P2.after")
        try:
            folder = self._adapters.staging.claim(lease.download_id)
        except DownloadFailure as failure:
            self._end_failed(claimed, failure)
            return
        keep = True
        try:
            keep = self._run_in(folder, claimed, control)
        finally:
            self._adapters.progress.remove(lease.download_id)
            _release(folder, keep=keep)

    def _run_in(self, folder: StagingFolder, claimed: Claimed, control: RunControl) -> bool:
        """Whether the staging folder is to be kept."""
        lease = claimed.lease
        try:
            if claimed.download.state == DownloadState.PUBLISHING:
                self._publisher.complete(lease, folder.path, identity_of(claimed.download).digest())
            else:
                self._produce_and_publish(folder, claimed, control)
        except Superseded:
            return False
        except CancelRequested:
            return self._end_cancelled(claimed)
        except RunEnded:
            self._leases.hand_back(lease)  # raises LeaseLost when that is why it ended
            return True
        except DownloadFailure as failure:
            self._end_failed(claimed, failure)
            return True
        with self._faults.around("worker.P10"):
            pass  # a broker's message would be acknowledged here
        self._faults.reach("worker.P11.before")
        return False

    def _produce_and_publish(self, folder: StagingFolder, claimed: Claimed, control: RunControl) -> None:
        attempts = AttemptLog(self._now, judges_clients=is_youtube_address(claimed.download.source_url))
        production = Production(
            self._adapters,
            self._rules,
            faults=self._faults,
            claimed=claimed,
            control=control,
            folder=folder,
            attempts=attempts,
            now=self._now,
        )
        try:
            publication = production.produce()
        except (DownloadFailure, RunEnded):
            self._save(attempts, claimed.lease)
            raise
        self._publisher.publish(claimed.lease, folder.path, publication, attempts)

    def _save(self, attempts: AttemptLog, lease: Lease) -> None:
        """The story of a climb is told also when it led nowhere. How the run ended is more important than that."""
        with suppress(LeaseLost, Unavailable), self._adapters.database.transaction() as session:
            settle.hold(session, lease)
            attempts.flush(session, lease)

    def _end_cancelled(self, claimed: Claimed) -> bool:
        """Nobody wants it, unless somebody has come to want it while its processes were being killed."""

        def write(session: Session) -> bool:
            now = self._now()
            held = settle.hold(session, claimed.lease)
            if settle.wanted(session, held.download.id):
                held.download.cancel_requested = False
                settle.requeue(session, held, due_at=now, now=now)
                settle.end_run(session, claimed.lease, "queued", now)
                return True
            settle.cancel(session, held.download, now)
            settle.end_run(session, claimed.lease, "cancelled", now)
            return False

        return self._adapters.database.retrying(write, patience_seconds=RUN_SECONDS)

    def _end_failed(self, claimed: Claimed, failure: DownloadFailure) -> None:
        """Wait for the next try, or fail for good."""

        lease = claimed.lease
        say = log.info if failure.code == "not_a_video" else log.warning  # most often it is a list, which is fine
        say("run_failed", download_id=lease.download_id, code=failure.code, detail=failure.detail)
        if claimed.download.state == DownloadState.PUBLISHING or self._is_publishing(lease):
            self._put_off_publication(lease, failure)
            return

        def write(session: Session) -> None:
            now = self._now()
            if failure.code == "not_a_video" and convert_to_listing(session, lease, now):
                return
            settle.end_run(session, lease, self._settle_failure(session, claimed, failure, now), now)

        self._adapters.database.retrying(write, patience_seconds=RUN_SECONDS)

    def _is_publishing(self, lease: Lease) -> bool:
        def look(session: Session) -> bool:
            return settle.hold(session, lease).download.state == DownloadState.PUBLISHING

        return self._adapters.database.retrying(look, patience_seconds=RUN_SECONDS)

    def _settle_failure(self, session: Session, claimed: Claimed, failure: DownloadFailure, now: datetime) -> str:
        """What becomes of the download; the outcome of the run."""
        held = settle.hold(session, claimed.lease)
        held.work.crash_count = 0  # it failed in good order
        if settle.cancel_unwanted(session, held.download, now):
            return "cancelled"
        if _access(held.download) != _access(claimed.download):
            # Somebody has come to want it in another way meanwhile: recorded while it is live, or with cookies.
            settle.requeue(session, held, due_at=now, now=now)
            return "queued"
        if failure.code == "not_started":
            return self._wait_for_start(session, held, failure, now)
        delay = retry_delay_seconds(failure.code, _count(held, failure), random.random())  # noqa: S311 - jitter
        if delay is None:
            settle.fail(session, held.download, failure, now)
            return "failed"
        settle.wait_for_retry(session, held, failure, delay_seconds=delay, now=now)
        return "waiting"

    def _wait_for_start(self, session: Session, held: Held, failure: DownloadFailure, now: datetime) -> str:
        """A stream that has not begun is looked at when it should, and now and then before: starts are moved."""
        waited = (now - held.download.created_at).total_seconds()
        if waited > self._rules.live_wait_seconds:
            settle.fail(session, held.download, DownloadFailure("live_wait_over", failure.detail), now)
            return "failed"
        until_start = -waited if failure.retry_at is None else failure.retry_at - now.timestamp()
        delay = start_delay_seconds(until_start)
        settle.wait_for_retry(session, held, failure, delay_seconds=delay, now=now)
        return "waiting"

    def _put_off_publication(self, lease: Lease, failure: DownloadFailure) -> None:
        """The files are verified and written down: the library gets them as soon as it can take them."""
        if not failure.kind.retryable:
            self._publisher.abandon(lease, failure)
            return

        def write(session: Session) -> None:
            now = self._now()
            held = settle.hold(session, lease)
            # The library is what stands in the way, whatever it was that failed: it is waited for without end.
            delay = retry_delay_seconds("library_unavailable", _count(held, failure), random.random())  # noqa: S311
            assert delay is not None
            held.download.error_code, held.download.error_detail = failure.code, failure.detail
            settle.requeue(session, held, due_at=now + timedelta(seconds=delay), now=now)
            settle.end_run(session, lease, "waiting", now)

        self._adapters.database.retrying(write, patience_seconds=RUN_SECONDS)


def _access(download: Download) -> AccessWish:
    return AccessWish.from_json(download.access or {})


def _count(held: Held, failure: DownloadFailure) -> int:
    """Count the failure; how many there were before it that bear on the wait."""
    if isinstance(failure, HopeForBetter) or not is_outage(failure.code):
        held.work.retry_count += 1
        return held.work.retry_count - 1
    before = held.work.outage_count if same_outage(failure.code, held.download.error_code) else 0
    held.work.outage_count = before + 1
    return before


def _release(folder: StagingFolder, *, keep: bool) -> None:
    """A folder that cannot be cleaned now (a full disk refuses even a note) is left to housekeeping."""
    try:
        folder.release(keep=keep)
    except DownloadFailure as failure:
        log.warning("staging_not_cleaned", code=failure.code, detail=failure.detail)
