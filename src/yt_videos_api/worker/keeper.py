"""The keeper says "still alive" for all runs of a worker, pulls their strings, and rescues the work of the dead.

Two threads: what takes long (deleting large folders, starting an engine) must not let the leases run out.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import select

from yt_videos_api.bootstrap import Container, WorkerParts
from yt_videos_api.db.tables import Download, Work
from yt_videos_api.domain.errors import CancelRequested, LeaseLost
from yt_videos_api.domain.states import WorkKind
from yt_videos_api.services.control import RunControl
from yt_videos_api.worker.rounds import Chore, Rounds

LOOK_SECONDS = 0.2  # a cancelled download stops within a second, on any host
IDLE_LOOK_SECONDS = 1.0
MOST_BETWEEN_BEATS_SECONDS = 10.0
TIDY_SECONDS = 600.0
STOP_SECONDS = 1.0


class Keeper:
    """Beats, watches for cancellations, rescues work of the dead, tidies up."""

    def __init__(self, container: Container, parts: WorkerParts, controls: Callable[[], list[RunControl]]) -> None:
        self._container = container
        self._parts = parts
        self._controls = controls
        beat_seconds = min(container.settings.lease_seconds / 3, MOST_BETWEEN_BEATS_SECONDS)
        idle_seconds = min(IDLE_LOOK_SECONDS, beat_seconds)
        prompt = [Chore(self._watch, 0.0), Chore(self._beat, beat_seconds)]
        slow = [Chore(self._rescue, beat_seconds), Chore(self._rest_engine, 5.0), Chore(self._tidy, TIDY_SECONDS)]
        self._rounds = (
            # Also when idle, where a look costs nothing: a run may be cancelled as soon as it has begun.
            Rounds("keeper", prompt, lambda: LOOK_SECONDS),
            Rounds("caretaker", slow, lambda: idle_seconds),
        )

    def start(self) -> None:
        """Start the threads."""
        for rounds in self._rounds:
            rounds.start()

    def stop(self) -> None:
        """Stop the threads and wait for them, for some seconds at most."""
        for rounds in self._rounds:
            rounds.stop(STOP_SECONDS)

    def _watch(self) -> None:
        """Stop the runs that nobody wants any more. What is cancelled by taking its work away has lost its lease."""
        running = {control.lease.work_id: control for control in self._controls() if not control.stopped}
        if not running:
            return
        found = select(Work.id, Download.cancel_requested).outerjoin(Download, Work.download_id == Download.id)
        with self._container.database.reading() as session:
            works = {row[0]: row[1] for row in session.execute(found.where(Work.id.in_(running)))}
        for work_id, control in running.items():
            if control.lease.kind is WorkKind.ARCHIVE:
                if works.get(work_id):
                    control.stop(CancelRequested)
            elif work_id not in works:
                control.stop(LeaseLost)

    def _beat(self) -> None:
        controls = {control.lease: control for control in self._controls()}
        progress = {lease: control.done_bytes for lease, control in controls.items()}
        lost = set(self._parts.leases.heartbeat(progress))
        for lease, control in controls.items():
            if lease in lost:
                control.stop(LeaseLost)
            else:
                control.note_beat(progress[lease])
        if any(control.proven for control in controls.values()):
            self._container.announcer.announce()  # what had to wait for a suspect may begin

    def _rescue(self) -> None:
        if self._parts.leases.rescue():
            self._container.announcer.announce()

    def _rest_engine(self) -> None:
        self._parts.engine.stop_when_idle(self._container.settings.engine_idle_seconds)

    def _tidy(self) -> None:
        if self._container.guard.problem() is None:
            self._parts.housekeeping.tidy()
        self._parts.leases.forget_old_workers()
