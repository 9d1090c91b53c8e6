"""Whether the pages of an Ogg file go on, without a gap, to the one that says it is the last.

ffmpeg checks the sum of each page, but is content with a file that ends anywhere.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from yt_videos_api.domain.errors import DownloadFailure

_HEAD = struct.Struct("<4sBBqIIIB")  # magic, version, flags, granule, stream, number, checksum, pieces
_LAST = 4


def check_pages(path: Path) -> None:
    """Raises DownloadFailure("damaged_media") when a page is cut, missing, or not followed to the end of the stream."""
    numbers: dict[int, int] = {}
    ended = False
    with path.open("rb") as file:
        for flags, stream, number in _pages(file, path.name):
            if number != numbers.get(stream, number - 1) + 1:
                raise DownloadFailure("damaged_media", f"pages are missing before page {number} of {path.name}")
            numbers[stream] = number
            ended = bool(flags & _LAST)
    if not ended:
        raise DownloadFailure("damaged_media", f"{path.name} ends before its last page")


def _pages(file: BinaryIO, name: str) -> Iterator[tuple[int, int, int]]:
    """Flags, stream and number of each page."""
    at, file_bytes = 0, os.fstat(file.fileno()).st_size
    while at < file_bytes:
        file.seek(at)
        head = file.read(_HEAD.size)
        if len(head) < _HEAD.size or not head.startswith(b"OggS"):
            raise DownloadFailure("damaged_media", f"{name} has no page at byte {at}")
        pieces = file.read(head[-1])
        at += _HEAD.size + head[-1] + sum(pieces)
        if at > file_bytes:
            raise DownloadFailure("damaged_media", f"the last page of {name} is cut")
        _, _, flags, _, stream, number, _, _ = _HEAD.unpack(head)
        yield flags, stream, number
