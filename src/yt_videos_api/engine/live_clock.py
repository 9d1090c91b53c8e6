"""The clock of fragmented MP4: where it starts anew, the fragments that follow are moved to where the last one ended.

ffmpeg mends such jumps in MPEG-TS by itself; in MP4 it refuses to join what goes back in time (tried).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

_CONTAINERS = frozenset({b"moov", b"trak", b"mdia", b"moof", b"traf"})


@dataclass(frozen=True, slots=True)
class Box:
    """One box: its kind, and where its content lies."""

    kind: bytes
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Moment:
    """Where a fragment says when it begins (tfdt)."""

    track: int
    position: int
    width: int  # bytes
    ticks: int


def ticks_per_second(header: bytes) -> dict[int, int]:
    """By track, as the header tells; empty when it does not."""
    found: dict[int, int] = {}
    track = None
    for box in _walk(header, 0, len(header)):
        # Version 1 has two dates of 8 bytes in front of what is wanted, version 0 of 4.
        at = box.start + (20 if header[box.start : box.start + 1] == b"\x01" else 12)
        if box.kind == b"tkhd":
            track = _number(header, at)
        elif box.kind == b"mdhd" and track is not None and (ticks := _number(header, at)):
            found[track] = ticks
    return found


def begins_at(segment: bytes, clocks: dict[int, int]) -> float | None:
    """The moment in seconds at which the first of its fragments begins; None when nothing tells."""
    moments = [moment.ticks / clocks[moment.track] for moment in _moments(segment) if moment.track in clocks]
    return min(moments, default=None)


def moved(segment: bytes, clocks: dict[int, int], seconds: float) -> bytes:
    """The segment, `seconds` later. Raises ValueError when its clock cannot tell that time."""
    content = bytearray(segment)
    for moment in _moments(segment):
        ticks = moment.ticks + round(seconds * clocks.get(moment.track, 0))
        if not 0 <= ticks < 1 << 8 * moment.width:
            raise ValueError(f"{ticks} ticks do not fit")
        content[moment.position : moment.position + moment.width] = ticks.to_bytes(moment.width, "big")
    for box in _walk(segment, 0, len(segment)):
        if box.kind == b"sidx":
            content[box.start - 4 : box.start] = b"free"  # it tells the old time, and ffmpeg would believe it
    return bytes(content)


def _moments(segment: bytes) -> Iterator[Moment]:
    track = 0
    for box in _walk(segment, 0, len(segment)):
        if box.kind == b"tfhd":
            track = _number(segment, box.start + 4)
        elif box.kind == b"tfdt":
            width = 8 if segment[box.start : box.start + 1] == b"\x01" else 4
            value = segment[box.start + 4 : box.start + 4 + width]
            if len(value) == width:
                yield Moment(track, box.start + 4, width, int.from_bytes(value, "big"))


def _walk(content: bytes, start: int, end: int) -> Iterator[Box]:
    """All boxes that matter, in order, those inside of others after them; ends where the structure breaks."""
    while start + 8 <= end:
        size, kind, header = _number(content, start), content[start + 4 : start + 8], 8
        if size == 1:
            size, header = int.from_bytes(content[start + 8 : start + 16], "big"), 16
        stop = end if size == 0 else start + size
        if stop > end or stop < start + header:
            return
        yield Box(kind, start + header, stop)
        if kind in _CONTAINERS:
            yield from _walk(content, start + header, stop)
        start = stop


def _number(content: bytes, at: int) -> int:
    return int.from_bytes(content[at : at + 4], "big")
