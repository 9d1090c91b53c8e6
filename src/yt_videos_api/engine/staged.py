"""Whether files in staging are what a child says: it may have been taken over."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from yt_videos_api.domain.offers import Part
from yt_videos_api.engine.messages import ProtocolError


def require_there(part: Part, folder: Path) -> Part:
    """The part itself when it lies in `folder` with its length. Raises ProtocolError."""
    if require_plain(folder / part.path).st_size != part.size_bytes:
        raise ProtocolError(f"{part.path!r} is not as long as it is said to be")
    return part


def require_plain(path: Path) -> os.stat_result:
    """What the kernel says of a plain file under one name only. Raises ProtocolError for anything else."""
    try:
        status = path.lstat()
    except OSError as error:
        raise ProtocolError(f"{path.name!r} is not there") from error
    if not stat.S_ISREG(status.st_mode) or status.st_nlink != 1:
        raise ProtocolError(f"{path.name!r} is not a plain file")
    return status
