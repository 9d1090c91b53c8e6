"""The keeper: one thread that says "still alive" for all runs of a worker, and pulls their strings."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import structlog
from sqlalchemy import select

from yt_videos_api.bootstrap import Container, WorkerParts
from yt_videos_api.db.tables import Download
from yt_videos_api.domain.errors import CancelRequested, DownloadFailure, LeaseLost, Unavailable
from yt_videos_api.services.control import RunControl

log = structlog.get_logger()

LOOK_SECONDS = 0.2  # a cancelled download stops within a second, on any host
IDLE_LOOK_SECONDS = 1.0
MOST_BETWEEN_BEATS_SECONDS = 10.0
TIDY_SECONDS = 600.0


class Keeper:
    """Beats, watches for cancellations, rescues work of the dead, tidies up."""

    def __init__(self, container: Container, parts: WorkerParts, controls: Callable[[], list[RunControl]]) -> None:
        self._container = container
        self._parts = parts
        self._controls = controls
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="keeper")
        beat_seconds = min(container.settings.lease_seconds / 3, MOST_BETWEEN_BEATS_SECONDS)
        self._chores: list[_Chore] = [
            _Chore(self._beat, beat_seconds),
            _Chore(self._rescue, beat_seconds),
            _Chore(self._rest_engine, 5.0),
            _Chore(self._tidy, TIDY_SECONDS),
        ]

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Stop the thread and wait for it."""
        self._stopping.set()
        self._thread.join()

    def _keep(self) -> None:
        while not self._stopping.is_set():
            controls = self._controls()
            try:
                self._watch(controls)
                for chore in self._chores:
                    chore.do_when_due()
            except (Unavailable, DownloadFailure) as error:
                log.warning("keeper_waits", detail=str(error))
            except Exception:
                log.exception("keeper_broke")  # a bug; without a keeper all leases would run out
            self._stopping.wait(LOOK_SECONDS if controls else IDLE_LOOK_SECONDS)

    def _watch(self, controls: list[RunControl]) -> None:
        """Stop the runs that nobody wants any more."""
        running = {control.lease.download_id: control for control in controls if not control.stopped}
        if not running:
            return
        wanted = select(Download.id).where(Download.id.in_(running), Download.cancel_requested)
        with self._container.database.reading() as session:
            cancelled = session.scalars(wanted).all()
        for download_id in cancelled:
            running[download_id].stop(CancelRequested)

    def _beat(self) -> None:
        progress = {control.lease: control.done_bytes for control in self._controls()}
        for lease in self._parts.leases.heartbeat(progress):
            for control in self._controls():
                if control.lease == lease:
                    control.stop(LeaseLost)

    def _rescue(self) -> None:
        if self._parts.leases.rescue():
            self._container.announcer.announce()

    def _rest_engine(self) -> None:
        self._parts.engine.stop_when_idle(self._container.settings.engine_idle_seconds)

    def _tidy(self) -> None:
        if self._container.guard.problem() is None:
            self._parts.housekeeping.tidy()
        self._parts.leases.forget_old_workers()


class _Chore:
    """Something to do every so often, beginning now."""

    def __init__(self, act: Callable[[], None], every_seconds: float) -> None:
        self._act = act
        self._every_seconds = every_seconds
        self._due = 0.0

    def do_when_due(self) -> None:
        """Do it when its time has come. When it fails it is due again only after its interval."""
        clock = time.monotonic()
        if clock >= self._due:
            self._due = clock + self._every_seconds
            self._act()
