"""How long a file says it is, read from its header: no process is started for it, and a cut file still says it."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from yt_videos_api.domain.errors import DownloadFailure
from yt_videos_api.media.boxes import top_boxes
from yt_videos_api.media.ebml import matroska_seconds
from yt_videos_api.media.flac import flac_seconds
from yt_videos_api.media.mp3 import read_xing
from yt_videos_api.media.sniff import Demuxer, sniff

_UNKNOWN_TICKS = {2**32 - 1, 2**64 - 1}
_PLAYED = {b"vide", b"soun"}


def told_seconds(path: Path) -> float | None:
    """The length that the header of `path` declares; None where it declares none, or is of a kind that never does."""
    try:
        read = _TELLERS.get(sniff(path))
    except DownloadFailure:
        return None
    if read is None:
        return None
    with path.open("rb") as file:
        return read(file)


def _mov_seconds(file: BinaryIO) -> float | None:
    # A fragmented file says it in mehd or in sidx and has 0 in mvhd.
    return max((seconds for kind, body in _headers(file) if (seconds := _seconds(kind, body))), default=None)


def _mp3_seconds(file: BinaryIO) -> float | None:
    xing = read_xing(file)
    return xing.seconds if xing else None


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
    except (struct.error, ZeroDivisionError, LookupError):  # cut, or nonsense: then it tells nothing
        return None


def _moov_seconds(moov: bytes) -> float:
    boxes = dict(_boxes(moov))
    movie = boxes.get(b"mvhd", b"")
    scale, longest = struct.unpack_from(">IQ", movie, 20) if movie[0] == 1 else struct.unpack_from(">II", movie, 12)
    # Chapters and subtitles are tracks, too, and may well go on where the picture is missing.
    ticks = max((_track_ticks(body) for kind, body in _boxes(moov) if kind == b"trak"), default=0) or longest
    extended = dict(_boxes(boxes.get(b"mvex", b""))).get(b"mehd")
    if extended:
        ticks = max(ticks, *struct.unpack_from(">Q" if extended[0] == 1 else ">I", extended, 4))
    return 0.0 if ticks in _UNKNOWN_TICKS else float(ticks / scale)


def _track_ticks(track: bytes) -> int:
    """The length of a picture or a sound, edit list applied; 0 for other tracks and where fragments come instead."""
    boxes = dict(_boxes(track))
    handler = dict(_boxes(boxes.get(b"mdia", b""))).get(b"hdlr", b"")
    if handler[8:12] not in _PLAYED:
        return 0
    header = boxes[b"tkhd"]
    ticks: int = struct.unpack_from(">Q", header, 28)[0] if header[0] == 1 else struct.unpack_from(">I", header, 20)[0]
    return 0 if ticks in _UNKNOWN_TICKS else ticks


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


_TELLERS: dict[Demuxer, Callable[[BinaryIO], float | None]] = {
    Demuxer.MOV: _mov_seconds,
    Demuxer.MATROSKA: matroska_seconds,
    Demuxer.MP3: _mp3_seconds,
    Demuxer.FLAC: flac_seconds,
}
_READERS: dict[bytes, Callable[[bytes], float]] = {b"moov": _moov_seconds, b"sidx": _sidx_seconds}
