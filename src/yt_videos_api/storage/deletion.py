"""Deleting what a hostile process may have arranged."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path


def delete_tree(path: Path) -> None:
    """Delete `path` and what is in it; links are removed, never followed. Nothing happens when it is not there."""
    try:
        status = path.lstat()
    except FileNotFoundError:
        return
    if not stat.S_ISDIR(status.st_mode):
        path.unlink(missing_ok=True)
        return
    try:
        shutil.rmtree(path)
    except PermissionError:
        _open_up(path)
        shutil.rmtree(path)


def _open_up(path: Path) -> None:
    """Give ourselves access to folders that were closed to us; our own, so that needs no right but ownership."""
    path.chmod(0o700)
    for folder, below, _ in os.walk(path):
        for name in below:
            inner = Path(folder, name)
            if not inner.is_symlink():
                inner.chmod(0o700)
