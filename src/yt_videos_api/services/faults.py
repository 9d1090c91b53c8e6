"""Named points at which a test can make this process die, fail or wait.

The pipeline's steps have `before` and `after` each, `api.P0` and `api.P1` where a job is accepted, `worker.P2` to
`worker.P11` where it is worked on; `commit` is the moment after a commit at which its answer can be lost.

`YT_VIDEOS_FAULTS="worker.P8.after:kill@1,worker.P4.before:sleep@2"`: at the first passing of P8.after kill the process,
at the second of P4.before sleep for a minute. Obeyed only with `YT_VIDEOS_TESTING=true`.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import structlog

from yt_videos_api.domain.errors import Misconfigured, Unavailable

log = structlog.get_logger()

_ACTIONS = frozenset({"kill", "raise", "hang", "sleep", "drop-connection"})
SLEEP_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens at the `passing`-th time that `point` is reached; 0: every time."""

    point: str
    action: str
    passing: int


class FaultPlan:
    """The faults of one process. Without any it does nothing."""

    def __init__(self, faults: tuple[Fault, ...] = ()) -> None:
        self._faults = faults
        self._passed: Counter[str] = Counter()
        self._lock = threading.Lock()

    def reach(self, point: str) -> None:
        """Called by the code at each named point."""
        if not self._faults:
            return
        with self._lock:
            self._passed[point] += 1
            count = self._passed[point]
        for fault in self._faults:
            if fault.point == point and fault.passing in (0, count):
                log.warning("fault", point=point, action=fault.action)
                _act(fault)

    @contextmanager
    def around(self, step: str) -> Iterator[None]:
        """The points `before` and `after` of a step that is the body; one that raises does not reach the second."""
        self.reach(step + ".before")
        yield
        self.reach(step + ".after")


def _act(fault: Fault) -> None:
    match fault.action:
        case "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        case "raise":
            raise RuntimeError(f"fault at {fault.point}")
        case "drop-connection":
            raise Unavailable(f"fault at {fault.point}")
        case "sleep":
            time.sleep(SLEEP_SECONDS)
        case "hang":
            while True:
                time.sleep(60)


def parse_faults(text: str) -> tuple[Fault, ...]:
    """`point:action[@passing]`, separated by commas. Raises Misconfigured."""
    faults = []
    for entry in filter(None, (part.strip() for part in text.split(","))):
        point, colon, rest = entry.partition(":")
        action, _, passing = rest.partition("@")
        if not colon or action not in _ACTIONS or not (passing or "0").isdigit():
            raise Misconfigured(f"YT_VIDEOS_FAULTS: {entry!r} is not point:action[@passing] with {sorted(_ACTIONS)}")
        faults.append(Fault(point, action, int(passing or 0)))
    return tuple(faults)
