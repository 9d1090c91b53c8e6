"""The worker: claims what is due, gives each claim a thread, keeps the leases alive, and stops in good order."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import structlog

from yt_videos_api.bootstrap import Container, WorkerParts
from yt_videos_api.domain.errors import DownloadFailure, DrainRequested, Unavailable
from yt_videos_api.services.control import RunControl
from yt_videos_api.services.leases import Claimed
from yt_videos_api.worker.keeper import Keeper

log = structlog.get_logger()


class WorkerLoop:
    """Up to `threads` downloads at the same time. Start it once, then `drain` it once."""

    def __init__(self, container: Container, parts: WorkerParts, *, threads: int) -> None:
        self._container = container
        self._parts = parts
        self._threads = threads
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="run")
        self._controls: dict[str, RunControl] = {}
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._keeper = Keeper(container, parts, self.controls)
        self._claimer = threading.Thread(target=self._claim_for_ever, name="claimer")

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
        """Claim nothing more; runs that do not end by themselves within `grace_seconds` are handed back unharmed."""
        self._stopping.set()
        self._container.announcer.announce()
        self._claimer.join()
        deadline = time.monotonic() + grace_seconds
        while self.controls() and time.monotonic() < deadline:
            time.sleep(0.05)
        self.hand_back_now()
        self._pool.shutdown(wait=True)
        self._keeper.stop()
        try:
            self._parts.leases.unregister()
        except Unavailable as error:
            log.warning("worker_not_unregistered", detail=str(error))
        log.info("worker_stopped", worker_id=self._parts.leases.worker_id)

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
        if len(self.controls()) >= self._threads:
            return False
        try:
            if not self._may_work():
                return False
            self._container.faults.reach("worker.P2.before")
            claimed = self._parts.leases.claim()
        except (Unavailable, DownloadFailure) as error:
            log.warning("cannot_claim", detail=str(error))
            return False
        if claimed is None:
            return False
        control = RunControl(claimed.lease)
        with self._lock:
            self._controls[claimed.lease.work_id] = control
        self._pool.submit(self._run, claimed, control)
        return True

    def _may_work(self) -> bool:
        """Without its library or with a full disk nothing is begun: jobs wait instead of failing."""
        reserve = self._container.settings.disk_reserve_bytes
        return self._container.guard.ready() and self._container.library.free_bytes() >= reserve

    def _run(self, claimed: Claimed, control: RunControl) -> None:
        lease = claimed.lease
        structlog.contextvars.bind_contextvars(download_id=lease.download_id, run_id=lease.run_id)
        try:
            self._parts.archiver.run(claimed, control)
        except Exception:
            # A bug. The lease runs out and the work is tried again, at most as often as a crash may happen.
            log.exception("run_broke")
        finally:
            with self._lock:
                self._controls.pop(lease.work_id, None)
            self._parts.leases.done_with(lease)
            structlog.contextvars.clear_contextvars()
            self._container.announcer.announce()
