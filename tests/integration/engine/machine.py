"""What the tests need to know of this machine."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

import imageio_ffmpeg
import psutil

FFMPEG = Path(shutil.which("ffmpeg") or imageio_ffmpeg.get_ffmpeg_exe())
PYTHON = Path(sys.executable)  # stands for a tool that has been taken over and does what an attacker wants
TOOLS = (FFMPEG, PYTHON)


def members(group: int) -> list[int]:
    """Processes of a group that still run."""
    found = []
    for process in psutil.process_iter(["status"]):
        try:
            if os.getpgid(process.pid) == group and process.info["status"] != psutil.STATUS_ZOMBIE:
                found.append(process.pid)
        except ProcessLookupError:
            continue
    return found


def zombies(parent: int) -> list[int]:
    """Children of `parent` that nobody has buried."""
    children = psutil.Process(parent).children()
    return [child.pid for child in children if child.status() == psutil.STATUS_ZOMBIE]


def running(process_id: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        return psutil.Process(process_id).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def wait_until(condition: Callable[[], bool], what: str, timeout_seconds: float = 10) -> None:
    """Raises AssertionError when `condition` does not come true in time."""
    deadline = time.monotonic() + timeout_seconds
    while not condition():
        assert time.monotonic() < deadline, f"in vain: {what}"
        time.sleep(0.005)
