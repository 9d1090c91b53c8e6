"""Making a staged file appear in the library: durable, whole or not at all, never over something else.

Durable takes one fsync of the file before it gets its name and one of the folder after. (Tried with power cuts on ext4:
without the first the file is gone, without the second its new name is.)
"""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from yt_videos_api.storage.hashing import CHUNK_BYTES, opened
from yt_videos_api.storage.rename import rename_no_clobber


def atomic_move(source: Path, folder: int, name: str, *, relay: Path, mode: int, synced: bool = False) -> None:
    """Move `source` to `name` in the folder open as `folder`, with the permission bits `mode`.

    From another file system the bytes go through a hidden copy in `relay`, a folder on the file system of `folder` that
    is created when it is missing; `source` is then removed last. `synced`: `source` was fsynced since it was written.
    Raises FileExistsError when the name is taken; `source` stays.
    """
    with opened(source) as reading:
        _set_mode(reading, mode)
        if not synced:
            os.fsync(reading)
        try:
            rename_no_clobber(source, folder, name)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            _move_across(source, reading, folder, name, relay=relay, mode=mode)
        else:
            os.fsync(folder)


def interrupted_copies(relay: Path) -> list[Path]:
    """Copies in `relay` that nobody is writing any more: their writer died."""
    return [path for path in relay.glob("*.tmp") if _abandoned(path)]


def _move_across(source: Path, reading: int, folder: int, name: str, *, relay: Path, mode: int) -> None:
    with _copied(reading, relay, mode) as copy:
        rename_no_clobber(copy, folder, name)
    os.fsync(folder)
    source.unlink()


@contextmanager
def _copied(reading: int, relay: Path, mode: int) -> Iterator[Path]:
    """A durable copy in `relay`, locked while it is ours; removed unless the body moved it away."""
    relay.mkdir(mode=0o700, exist_ok=True)
    copy = relay / f"{uuid.uuid4().hex}.tmp"
    try:
        with open(reading, "rb", closefd=False) as origin, copy.open("xb") as target:
            fcntl.flock(target, fcntl.LOCK_EX)
            shutil.copyfileobj(origin, target, CHUNK_BYTES)
            target.flush()
            _set_mode(target.fileno(), mode)
            os.fsync(target.fileno())
            yield copy
    finally:
        copy.unlink(missing_ok=True)


def _set_mode(descriptor: int, mode: int) -> None:
    with suppress(PermissionError):  # FAT and some network file systems keep no modes
        os.fchmod(descriptor, mode)


def _abandoned(path: Path) -> bool:
    try:
        with opened(path) as descriptor:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except (BlockingIOError, FileNotFoundError):
        return False
    return True
