"""What the operating system refuses when a run is opened, in the words of the failure catalogue."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from yt_videos_api.domain.errors import DownloadFailure

_CODES = {
    errno.ENOSPC: "no_space",  # inodes, too
    errno.EDQUOT: "no_space",
    # Not the library's fault, and over when other runs are.
    errno.EMFILE: "engine_crashed",
    errno.ENFILE: "engine_crashed",
    errno.EAGAIN: "engine_crashed",
    errno.ENOMEM: "engine_crashed",
}


@contextmanager
def refusals_translated() -> Iterator[None]:
    """Turn any OSError of the body into a DownloadFailure."""
    try:
        yield
    except OSError as error:
        raise DownloadFailure(_CODES.get(error.errno or 0, "library_unavailable"), str(error)) from error
