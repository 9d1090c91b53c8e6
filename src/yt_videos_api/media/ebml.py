"""The few elements of a Matroska or WebM header that tell what kind of file it is and how long."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO

# All of this stands in front of the first cluster, in the first kilobytes.
_HEAD_BYTES = 2**16
_EBML, _DOCTYPE = 0x1A45DFA3, 0x4282
_SEGMENT, _INFO, _CLUSTER = 0x18538067, 0x1549A966, 0x1F43B675
_TIMESTAMP_SCALE, _DURATION = 0x2AD7B1, 0x4489


def doctype(head: bytes) -> str | None:
    """ "webm" or "matroska", as the EBML header says; None when it says nothing."""
    header = dict(_elements(head)).get(_EBML, b"")
    found = dict(_elements(header)).get(_DOCTYPE)
    return found.rstrip(b"\0").decode("ascii", "replace") if found else None


def matroska_seconds(file: BinaryIO) -> float | None:
    """Duration of the segment that starts in the first bytes of `file`."""
    segment = dict(_elements(file.read(_HEAD_BYTES))).get(_SEGMENT, b"")
    info = dict(_elements(dict(_elements(segment)).get(_INFO, b"")))
    duration = info.get(_DURATION, b"")
    if len(duration) not in {4, 8}:
        return None
    ticks = struct.unpack(">f" if len(duration) == 4 else ">d", duration)[0]
    nanoseconds = int.from_bytes(info.get(_TIMESTAMP_SCALE, b"\x0f\x42\x40"), "big")
    return float(ticks * nanoseconds / 1e9)


def _elements(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Id and body of each element in `data`; the last body may be cut. Ends at the first cluster or at nonsense."""
    at = 0
    while at < len(data):
        id_bytes = _width(data[at])
        identity = int.from_bytes(data[at : at + id_bytes], "big")
        at += id_bytes
        if at >= len(data) or id_bytes > 4 or identity == _CLUSTER:
            return
        size_bytes = _width(data[at])
        size = int.from_bytes(data[at : at + size_bytes], "big") & ~(1 << 7 * size_bytes)
        at += size_bytes
        # All ones: the size was not known when this was written, and the element goes on to the end.
        end = len(data) if size == (1 << 7 * size_bytes) - 1 else at + size
        yield identity, data[at:end]
        at = end


def _width(first: int) -> int:
    """How many bytes a number has, from its first one: one more than the zeros it starts with."""
    return 9 - first.bit_length()
