"""A folder on disk where made media outlives the test run; safe with parallel test processes."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


def made_once(name: str, make: Callable[[Path], None]) -> Path:
    """The folder `name` of the cache; `make` fills it when it is not there yet.

    It appears complete or not at all. Of several processes that want it, one makes it and the others wait.
    """
    folder = _root() / name
    if not folder.is_dir():
        with _alone(folder.with_suffix(".lock")):
            if not folder.is_dir():
                _make(folder, make)
    return folder


def _make(folder: Path, make: Callable[[Path], None]) -> None:
    unfinished = Path(tempfile.mkdtemp(prefix=f"{folder.name}-", dir=folder.parent))
    try:
        make(unfinished)
        unfinished.rename(folder)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise


def _root() -> Path:
    # The user is part of the name: a folder of another user in a shared /tmp could not be written.
    root = Path(tempfile.gettempdir()) / f"yt-videos-origin-{os.getuid()}"
    root.mkdir(mode=0o700, exist_ok=True)
    return root


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
