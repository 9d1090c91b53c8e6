"""A pipe whose writing end only the supervisor holds: when it closes, for whatever reason, the run dies.

PR_SET_PDEATHSIG would fire when the *thread* that created the process ends, and is lost by reparenting (both tried).
"""

from __future__ import annotations

import fcntl
import os
import select
import signal
import threading


def die_with(lifeline: int) -> None:
    """Kill this process group when the other end of `lifeline` is closed. The descriptor must stay open.

    On Linux the kernel itself kills: that works while Python is inside a regular expression or stopped by a debugger.
    Elsewhere a thread watches. `lifeline` must be shared with no other group, since its owner is set here.
    """
    if hasattr(fcntl, "F_SETSIG"):
        _arm(lifeline)
    else:
        threading.Thread(target=_watch, args=(lifeline,), daemon=True, name="lifeline").start()
    if has_ended(lifeline):  # it may have closed before it was armed
        _kill_group()


def has_ended(lifeline: int) -> bool:
    """Whether the other end is closed. Nothing is ever written into a lifeline, so readable means ended."""
    poller = select.poll()
    poller.register(lifeline, select.POLLIN)
    return bool(poller.poll(0))


def _arm(lifeline: int) -> None:
    fcntl.fcntl(lifeline, fcntl.F_SETOWN, -os.getpgrp())
    fcntl.fcntl(lifeline, fcntl.F_SETSIG, signal.SIGKILL)
    fcntl.fcntl(lifeline, fcntl.F_SETFL, fcntl.fcntl(lifeline, fcntl.F_GETFL) | os.O_ASYNC)


def _watch(lifeline: int) -> None:
    poller = select.poll()
    poller.register(lifeline, select.POLLIN)
    poller.poll()
    _kill_group()


def _kill_group() -> None:
    os.killpg(0, signal.SIGKILL)
