"""The strings by which a run is held: anybody may pull them, from any thread."""

from __future__ import annotations

import threading

from yt_videos_api.cage.runs import EngineRun
from yt_videos_api.domain.errors import RunEnded
from yt_videos_api.services.settle import Lease


class RunControl:
    """Lets the keeper thread stop a run, and the run say how far it is."""

    def __init__(self, lease: Lease, *, suspect: bool = False, known_bytes: int = 0) -> None:
        self.lease = lease
        self.suspect = suspect
        self.done_bytes = 0  # for the heartbeat: new bytes prove that a run is no poison
        self.proven = False  # that proof is in the database
        self._known_bytes = known_bytes  # what earlier runs had
        self._lock = threading.Lock()
        self._reason: type[RunEnded] | None = None
        self._engine_run: EngineRun | None = None

    def note_beat(self, done_bytes: int) -> None:
        """The heartbeat has written down that the run had `done_bytes`."""
        self.proven = self.proven or done_bytes > self._known_bytes

    def stop(self, reason: type[RunEnded]) -> None:
        """End the run for `reason` (the first one counts): its processes are killed now, its thread raises soon."""
        with self._lock:
            self._reason = self._reason or reason
            engine_run = self._engine_run
        if engine_run is not None:
            engine_run.kill()

    def attach(self, engine_run: EngineRun) -> None:
        """From now on `stop` kills these processes. Raises the reason when the run was stopped already."""
        with self._lock:
            self._engine_run = engine_run
        self.check()

    def detach(self) -> None:
        """The processes are gone."""
        with self._lock:
            self._engine_run = None

    @property
    def stopped(self) -> bool:
        """Whether somebody pulled."""
        return self._reason is not None

    def check(self) -> None:
        """Raise the reason when the run was stopped."""
        if self._reason is not None:
            raise self._reason(self.lease.subject_id)
