"""What the operating system refuses, in the words of the failure catalogue."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from yt_videos_api.domain.errors import DownloadFailure

_CODES = {
    errno.ENOSPC: "no_space",  # inodes, too
    errno.EDQUOT: "no_space",
    errno.EFBIG: "too_large",  # FAT ends at 4 GiB; trying again will not help
}


@contextmanager
def refusals_translated() -> Iterator[None]:
    """Turn any OSError of the body into a DownloadFailure; errors with a meaning of their own are caught inside."""
    try:
        yield
    except OSError as error:
        raise DownloadFailure(_CODES.get(error.errno or 0, "library_unavailable"), str(error)) from error
