"""The boxes at the top of an MP4 file, and whether they go on to its very end."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from yt_videos_api.domain.errors import DownloadFailure

MOOV_LIMIT_BYTES = 64 * 2**20  # the index of ten hours is about 40 MB


@dataclass(frozen=True, slots=True)
class Box:
    """One box; its body is from `body_at` to `end`, in bytes of the file. `end` may lie behind that of a cut file."""

    kind: bytes
    body_at: int
    end: int

    def read(self, file: BinaryIO) -> bytes:
        """The body, or nothing when it is larger than any that is worth reading."""
        file.seek(self.body_at)
        return file.read(self.end - self.body_at) if self.end - self.body_at <= MOOV_LIMIT_BYTES else b""


def top_boxes(file: BinaryIO) -> Iterator[Box]:
    """In order of the file; ends at the first thing that is no box. `file` may be moved between two of them."""
    return _boxes(file, 0, os.fstat(file.fileno()).st_size)


def inner_boxes(file: BinaryIO, box: Box, kind: bytes) -> Iterator[Box]:
    """Those of `kind` among the boxes that `box` consists of."""
    return (inner for inner in _boxes(file, box.body_at, box.end) if inner.kind == kind)


def _boxes(file: BinaryIO, at: int, end: int) -> Iterator[Box]:
    while at + 8 <= end:
        file.seek(at)
        size, kind = struct.unpack(">I4s", file.read(8))
        body_at = at + 8
        if size == 1:
            size, body_at = int.from_bytes(file.read(8), "big"), at + 16
        elif size == 0 and kind != bytes(4):  # goes on to the end of the file
            size = end - at
        if size < body_at - at:
            return
        yield Box(kind, body_at, at + size)
        at += size


def check_fragments(path: Path) -> None:
    """Raises DownloadFailure("damaged_media") for a fragmented MP4 that does not consist of whole boxes to its end.

    ffmpeg stops without a word where a fragment's header is cut or garbled. Files with one index may have junk behind
    them; there the index tells what is missing, but for its own tags, and for the texts of chapters.
    """
    fragmented = cut = False
    end, file_bytes = 0, path.stat().st_size
    with path.open("rb") as file:
        for box in top_boxes(file):
            end = box.end
            fragmented = fragmented or box.kind == b"moof" or (box.kind == b"moov" and b"mvex" in box.read(file))
            cut = cut or (box.kind in {b"moov", b"mdat"} and end > file_bytes)
    if cut or (fragmented and end != file_bytes):
        raise DownloadFailure("damaged_media", f"the boxes of {path.name} end at {end}")
