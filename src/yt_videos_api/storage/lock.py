"""A lock file that stays locked while any process that inherited its descriptor lives.

flock belongs to the open file, which a child shares with its parent. So nothing here ever unlocks: closing our
descriptor leaves the lock to a child that is still there, which is the point.
"""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

_POLL_SECONDS = 0.02


def take_lock(path: Path, *, patience_seconds: float = 0) -> int | None:
    """Lock `path`, made when it is missing: its descriptor, owned by the caller; None while somebody else has it."""
    deadline = time.monotonic() + patience_seconds
    while (descriptor := _try_lock(path)) is None and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
    return descriptor


def _try_lock(path: Path) -> int | None:
    # For writing, since NFS gives exclusive locks to no other; nothing is ever written.
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if _is_named(descriptor, path):
            return descriptor
    except BlockingIOError:
        pass
    except BaseException:
        os.close(descriptor)
        raise
    os.close(descriptor)  # held by another, or removed by its last holder between our open and our lock
    return None


def _is_named(descriptor: int, path: Path) -> bool:
    """Whether the open file is still the one at `path`."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.lstat())
    except FileNotFoundError:
        return False
