"""Reading a whole file for its SHA-256, and making it durable."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from yt_videos_api.domain.errors import DownloadFailure
from yt_videos_api.storage.refusals import refusals_translated

CHUNK_BYTES = 2**20


def sha256_of(path: Path) -> tuple[str, int]:
    """Hash and size in bytes of a file in staging; the processes that wrote it must be gone.

    Raises DownloadFailure("not_media") for anything but a regular file with one link: a link would let its other name
    change the file after it was judged.
    """
    with refusals_translated(), opened(path) as descriptor:
        if os.fstat(descriptor).st_nlink != 1:
            raise DownloadFailure("not_media", f"{path.name} has a second name")
        return hash_descriptor(descriptor)


def hash_descriptor(descriptor: int) -> tuple[str, int]:
    """Hash and number of the bytes from the descriptor's position to the end."""
    digest = hashlib.sha256()
    buffer = bytearray(CHUNK_BYTES)
    view = memoryview(buffer)
    size_bytes = 0
    while count := os.readv(descriptor, [buffer]):
        digest.update(view[:count])
        size_bytes += count
    return digest.hexdigest(), size_bytes


def sync_file(path: Path) -> None:
    """Wait until the content of the file is on disk. Raises DownloadFailure when the disk refuses."""
    with refusals_translated(), opened(path) as descriptor:
        os.fsync(descriptor)


@contextmanager
def opened(path: Path) -> Iterator[int]:
    """A reading descriptor of the regular file `path`. Raises DownloadFailure("not_media") for a link, fifo, folder."""
    if not stat.S_ISREG(path.lstat().st_mode):
        raise DownloadFailure("not_media", f"{path.name} is not a regular file")
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
