"""The worker: claims what is due, gives each claim a thread, keeps the leases alive, and stops in good order."""

from __future__ import annotations

import threading
import time

import structlog

from yt_videos_api.bootstrap import Container, WorkerParts
from yt_videos_api.domain.errors import DownloadFailure, DrainRequested, LeaseLost, Unavailable
from yt_videos_api.domain.states import WorkKind
from yt_videos_api.services.control import RunControl
from yt_videos_api.services.leases import Claimed
from yt_videos_api.services.settle import Lease
from yt_videos_api.worker.keeper import Keeper
from yt_videos_api.worker.readiness import Readiness

log = structlog.get_logger()

STOP_SECONDS = 8.0  # for a run that was told to stop: a hash or a publication that is under way ends meanwhile


class WorkerLoop:
    """Up to `threads` downloads at the same time. Start it once, then `drain` it once."""

    def __init__(self, container: Container, parts: WorkerParts, *, threads: int) -> None:
        self._container = container
        self._parts = parts
        self._threads = threads
        self._controls: dict[str, RunControl] = {}  # by run id
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._readiness = Readiness(
            container.guard, container.library, reserve_bytes=container.settings.disk_reserve_bytes
        )
        self._keeper = Keeper(container, parts, self.controls)
        self._claimer = threading.Thread(target=self._claim_for_ever, name="claimer", daemon=True)

    def start(self) -> None:
        """Begin to claim. Raises Unavailable when the database is away."""
        self._parts.leases.register(self._threads)
        self._keeper.start()
        self._claimer.start()
        log.info("worker_started", worker_id=self._parts.leases.worker_id, threads=self._threads)

    def controls(self) -> list[RunControl]:
        """The runs under way."""
        with self._lock:
            return list(self._controls.values())

    def drain(self, grace_seconds: float) -> None:
        """Claim nothing more; runs that do not end by themselves within `grace_seconds` are handed back unharmed.

        Returns within `grace_seconds` and about ten more whatever happens: what still hangs then (a database or a disk
        that does not answer) is left to die with the process, which every step survives.
        """
        self._stopping.set()
        self._container.announcer.announce()
        deadline = time.monotonic() + grace_seconds
        self._wait_for_runs(deadline)
        self._container.database.stop_waiting()
        self._claimer.join(max(deadline - time.monotonic(), 0.0) + STOP_SECONDS / 2)
        self.hand_back_now()
        self._wait_for_runs(max(deadline, time.monotonic()) + STOP_SECONDS / 2)
        self._keeper.stop()
        if self.is_idle():
            self._unregister()
        else:
            log.error("runs_left_behind", runs=len(self.controls()))
        log.info("worker_stopped", worker_id=self._parts.leases.worker_id)

    def _unregister(self) -> None:
        try:
            self._parts.leases.unregister()
        except Unavailable as error:
            log.warning("worker_not_unregistered", detail=str(error))

    def _wait_for_runs(self, deadline: float) -> None:
        while not self.is_idle() and time.monotonic() < deadline:
            time.sleep(0.05)

    def hand_back_now(self) -> None:
        """Stop every run under way without costing it a try; what it has stays in staging."""
        for control in self.controls():
            control.stop(DrainRequested)

    def is_idle(self) -> bool:
        """Whether no run is under way."""
        return not self.controls()

    def _claim_for_ever(self) -> None:
        bell = self._container.announcer
        while not self._stopping.is_set():
            rings = bell.rings()
            if not self._claim_one():
                bell.wait(rings, self._container.settings.poll_seconds)

    def _claim_one(self) -> bool:
        """Claim one unit and start it; whether it is worth looking for another one at once."""
        try:
            claimed = self._claim()
            return claimed is not None and self._start(claimed)
        except (Unavailable, DownloadFailure) as error:
            log.warning("cannot_claim", detail=str(error))
            return False
        except Exception:
            log.exception("claim_broke")  # a bug; without a claimer this worker would be alive and useless
            return False

    def _start(self, claimed: Claimed) -> bool:
        """Give a claim its thread; False when the system has none left, and the work is handed back unharmed."""
        lease = claimed.lease
        control = RunControl(lease, suspect=claimed.suspect, known_bytes=claimed.progress_bytes)
        with self._lock:
            self._controls[lease.run_id] = control
        try:
            threading.Thread(target=self._run, args=(claimed, control), name="run", daemon=True).start()
        except (RuntimeError, MemoryError) as error:
            log.warning("no_thread_for_run", subject_id=lease.subject_id, detail=str(error))
            self._return_unstarted(lease)
            return False
        return True

    def _return_unstarted(self, lease: Lease) -> None:
        try:
            self._parts.leases.hand_back(lease)
        except LeaseLost:
            log.warning("lease_lost", subject_id=lease.subject_id, epoch=lease.epoch)
        finally:
            self._forget(lease)
            self._parts.leases.done_with(lease)  # should it still be ours, it is rescued without blame

    def _forget(self, lease: Lease) -> None:
        with self._lock:
            self._controls.pop(lease.run_id, None)

    def _claim(self) -> Claimed | None:
        controls = self.controls()
        unproven = [control for control in controls if not control.proven]
        if len(controls) >= self._threads or any(control.suspect for control in unproven):
            return None
        if not self._readiness.may_work():
            return None
        # Listings go first, and may take hours: one thread is left to what somebody waits for.
        listings = sum(control.lease.kind is WorkKind.EXPAND for control in controls)
        may_list = listings < max(self._threads - 1, 1)
        self._container.faults.reach("worker.P2.before")
        return self._parts.leases.claim(suspects=not unproven, listings=may_list)

    def _run(self, claimed: Claimed, control: RunControl) -> None:
        lease = claimed.lease
        structlog.contextvars.bind_contextvars(kind=lease.kind.value, subject_id=lease.subject_id, run_id=lease.run_id)
        broken = False
        try:
            runner = self._parts.archiver if lease.kind is WorkKind.ARCHIVE else self._parts.errands
            runner.run(claimed, control)
        except Exception:
            # A bug. The work is given back and tried again, at most as often as a crash may happen.
            broken = True
            log.exception("run_broke")
        finally:
            self._forget(lease)
            self._parts.leases.done_with(lease, broken=broken)
            structlog.contextvars.clear_contextvars()
            self._container.announcer.announce()
