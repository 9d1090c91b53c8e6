"""Processes that left their run's group: found by descent, which nobody can change, and ended.

An orphan goes to the nearest ancestor that adopts orphans. Where the leader of every run does, and its parent too, a
process that moved to a group or session of its own is below its leader for as long as that one lives, and a child of
the parent afterwards.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import time
from collections.abc import Collection
from pathlib import Path

_PR_SET_CHILD_SUBREAPER = 36
_LOOK_SECONDS = 0.0005  # what was killed is gone after about a millisecond


def adopt_orphans() -> None:
    """Let the orphans among our descendants become our children. Linux only; elsewhere they go to process 1."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def end_children(*, but: Collection[int], timeout_seconds: float) -> bool:
    """Kill and bury all children of this process and what they leave behind, except `but` and what is below them.

    False when some are still there after `timeout_seconds`. For a process of one thread that adopts orphans: the
    children of what was killed come to light one generation at a time. Where there is no /proc, does nothing.
    """
    deadline = time.monotonic() + timeout_seconds
    while children := _children().difference(but):
        for child in children:  # ours until buried, so no number can mean a stranger
            with contextlib.suppress(ChildProcessError, PermissionError):
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, os.WNOHANG)
        if time.monotonic() >= deadline:
            return False
        time.sleep(_LOOK_SECONDS)
    return True


def _children() -> set[int]:
    """Dead ones that are not buried included. Not from /proc/<id>/task/<id>/children, which may leave some out."""
    if not _has_children() or not Path("/proc/self/stat").exists():
        return set()
    found = set()
    for name in os.listdir("/proc"):  # noqa: PTH208  # a thousand Paths cost more than the reading
        if name.isdecimal() and _parent(name) == os.getpid():
            found.add(int(name))
    return found


def _has_children() -> bool:
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


def _parent(process_id: str) -> int | None:
    try:
        with open(f"/proc/{process_id}/stat", "rb") as file:  # noqa: PTH123  # as above
            # After the name in brackets, which may hold anything: state, parent.
            return int(file.read().rpartition(b")")[2].split()[1])
    except (OSError, IndexError):  # ended meanwhile
        return None
