"""The note of which process group works in a staging folder, so that whoever claims the folder next can end it."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path

from yt_videos_api.cage.groups import boot_id, kill_group


def record_group(note: Path, pgid: int) -> None:
    """Note that the process group `pgid` of this host works here."""
    note.write_text(json.dumps({"group": pgid, **_here()}), encoding="utf-8")


def kill_recorded_group(note: Path) -> bool:
    """Kill the noted group when its number means the same group to us; whether there was one to kill."""
    try:
        recorded = json.loads(note.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return False  # never noted, or the writer died while writing
    pgid = recorded.pop("group", None) if isinstance(recorded, dict) else None
    if recorded != _here() or not isinstance(pgid, int) or pgid <= 1 or pgid == os.getpgrp():
        return False
    return kill_group(pgid)


def _here() -> dict[str, str]:
    """Where a group number is valid: containers may share host name and boot, but not their process numbers."""
    try:
        namespace = str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        namespace = ""
    return {"host": socket.gethostname(), "boot_id": boot_id(), "pid_namespace": namespace}
