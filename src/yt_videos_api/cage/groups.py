"""Process groups: every run is one, and ends as one.

PR_SET_PDEATHSIG is not used: it fires when the creating *thread* ends and is not inherited over fork. Runs watch a
lifeline pipe instead (engine/lifeline.py).
"""

from __future__ import annotations

import functools
import os
import signal
import time
import uuid
from pathlib import Path

_FIRST_WAIT_SECONDS = 0.001
_LONGEST_WAIT_SECONDS = 0.05


def kill_group(pgid: int) -> bool:
    """Kill every process of the group at once; whether there was any, reaped or not.

    Raises ValueError for numbers that mean something else to the kernel (0: our own group, 1: everybody).
    """
    if pgid <= 1:
        raise ValueError(f"not a process group of a run: {pgid}")
    try:
        os.killpg(pgid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):  # gone, or gone and the number now belongs to somebody else
        return False
    return True


def group_alive(pgid: int) -> bool:
    """Whether any process of the group still runs. Those that ended and only wait to be reaped do not count."""
    try:
        os.killpg(pgid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return any(group == pgid for group in _running_groups()) if Path("/proc/self/stat").exists() else True


def wait_group_gone(pgid: int, timeout_seconds: float) -> bool:
    """Wait until no process of the group runs any more; False when some still do after `timeout_seconds`."""
    deadline = time.monotonic() + timeout_seconds
    wait_seconds = _FIRST_WAIT_SECONDS
    while group_alive(pgid):
        if time.monotonic() >= deadline:
            return False
        time.sleep(wait_seconds)
        wait_seconds = min(2 * wait_seconds, _LONGEST_WAIT_SECONDS)
    return True


@functools.cache
def boot_id() -> str:
    """What differs after every start of the machine, so that a group number of before is not taken for one of now.

    Where the system does not tell (not Linux), differs for every process: then no group is ever recognised.
    """
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return str(uuid.uuid4())


def _running_groups() -> set[int]:
    groups = set()
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            try:
                stat = (folder / "stat").read_text(encoding="utf-8", errors="replace")
            except OSError:  # ended meanwhile
                continue
            # After the name in brackets, which may hold anything: state, parent, group.
            state, _, group = stat.rpartition(")")[2].split()[:3]
            if state not in ("Z", "X"):
                groups.add(int(group))
    return groups
