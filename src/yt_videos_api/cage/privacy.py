"""Keeps what is in this process from other processes of the same user."""

from __future__ import annotations

import ctypes
import sys

from yt_videos_api.cage import landlock

_PR_SET_DUMPABLE = 4


def hide_process() -> None:
    """Where runs are not confined by Landlock, keep them from our memory and from /proc/<us>/environ with its secrets.

    With Landlock they see nothing of it anyhow, and a debugger or a look at our memory stays possible for our own user.
    Programs that are started from here are not hidden. Linux only.
    """
    if sys.platform == "linux" and not landlock.abi():
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
