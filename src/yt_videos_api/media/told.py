"""How long a file says it is, read from its header: no process is started for it, and a cut file still says it."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from yt_videos_api.media.boxes import top_boxes
from yt_videos_api.media.ebml import matroska_seconds

_UNKNOWN_TICKS = {2**32 - 1, 2**64 - 1}


def told_seconds(path: Path) -> float | None:
    """The length that an MP4 or Matroska header declares; None for other files and where it declares none."""
    with path.open("rb") as file:
        if file.read(4) == b"\x1aE\xdf\xa3":
            file.seek(0)
            return matroska_seconds(file)
        # A fragmented file says it in mehd or in sidx and has 0 in mvhd.
        return max((seconds for kind, body in _headers(file) if (seconds := _seconds(kind, body))), default=None)


def _headers(file: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    """The boxes at the top of an MP4 that may hold a length, up to the first fragment."""
    for box in top_boxes(file):
        if box.kind == b"moof":
            return
        if box.kind in _READERS:
            yield box.kind, box.read(file)


def _seconds(kind: bytes, body: bytes) -> float | None:
    try:
        return _READERS[kind](body)
    except (struct.error, ZeroDivisionError, IndexError):  # cut, or nonsense: then it tells nothing
        return None


def _moov_seconds(moov: bytes) -> float:
    boxes = dict(_boxes(moov))
    movie = boxes.get(b"mvhd", b"")
    scale, ticks = struct.unpack_from(">IQ", movie, 20) if movie[0] == 1 else struct.unpack_from(">II", movie, 12)
    extended = dict(_boxes(boxes.get(b"mvex", b""))).get(b"mehd")
    if extended:
        ticks = max(ticks, *struct.unpack_from(">Q" if extended[0] == 1 else ">I", extended, 4))
    return 0.0 if ticks in _UNKNOWN_TICKS else float(ticks / scale)


def _sidx_seconds(sidx: bytes) -> float:
    """The pieces that the index refers to, added up."""
    scale = struct.unpack_from(">I", sidx, 8)[0]
    count_at = 30 if sidx[0] == 1 else 22
    count = struct.unpack_from(">H", sidx, count_at)[0]
    lengths = (struct.unpack_from(">I", sidx, count_at + 2 + 12 * piece + 4)[0] for piece in range(count))
    return float(sum(lengths) / scale)


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at + 8 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        if size < 8:
            return
        yield kind, data[at + 8 : at + size]
        at += size


_READERS: dict[bytes, Callable[[bytes], float]] = {b"moov": _moov_seconds, b"sidx": _sidx_seconds}
