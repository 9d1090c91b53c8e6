"""Which machine, boot and process this is: what makes a process id of yesterday mean something, or nothing."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Machine:
    """This process, so that another one in the same `scope` can tell whether it still lives."""

    scope: str  # host name, boot id and process namespace
    process_id: int
    process_started: str

    def process_alive(self, process_id: int, process_started: str) -> bool:
        """Whether the process that had this id and start time still runs. Only meaningful within `scope`."""
        return _started(process_id) == process_started


def this_machine() -> Machine:
    """The machine as this process sees it."""
    boot = _read(Path("/proc/sys/kernel/random/boot_id"))
    try:
        namespace = str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        namespace = ""
    process_id = os.getpid()
    return Machine(f"{platform.node()}/{boot}/{namespace}", process_id, _started(process_id))


def _started(process_id: int) -> str:
    """Start time in clock ticks since boot, or empty where that cannot be told (not Linux) or the process is gone."""
    stat = _read(Path(f"/proc/{process_id}/stat"))
    # The second field is the name in brackets and may hold anything; the start time is the 20th after it.
    fields = stat.rpartition(")")[2].split()
    alive = len(fields) > 19 and fields[0] not in ("Z", "X")
    return fields[19] if alive else ""


def _read(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""
