"""How long a FLAC file says it is, and whether its last frame is whole. ffmpeg hands a cut last frame on in silence."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from yt_videos_api.domain.errors import DownloadFailure
from yt_videos_api.media.frames import id3_bytes

_STREAMINFO_BYTES = 34
# A frame of CD sound has up to 18 kB, of eight channels with 24 bits 110 kB.
_TAIL_BYTES = 2**18
_ID3V1_BYTES = 128
_SYNC = re.compile(rb"\xff[\xf8\xf9]")
_HEAD_LENGTHS = range(6, 17)  # with the checksum of the head
# The first is the last frame itself, but for a chance of one in seven that its sound looks like a head. A file made to
# have thousands of them must not keep us busy.
_MOST_STARTS = 8


def flac_seconds(file: BinaryIO) -> float | None:
    """The length that a FLAC file, open at its start, tells; None when it tells none (a stream was written)."""
    file.seek(id3_bytes(file.read(10)))
    head = file.read(8 + _STREAMINFO_BYTES)
    if len(head) < 8 + _STREAMINFO_BYTES or head[:4] != b"fLaC" or head[4] & 0x7F != 0:
        return None
    packed = int.from_bytes(head[18:26], "big")
    hertz, samples = packed >> 44, packed & (1 << 36) - 1
    return samples / hertz if hertz and samples else None


def check_last_frame(path: Path) -> None:
    """Raises DownloadFailure("damaged_media") unless the file ends with a whole frame, by the frame's own checksum."""
    with path.open("rb") as file:
        file_bytes = os.fstat(file.fileno()).st_size
        file.seek(max(0, file_bytes - _TAIL_BYTES))
        tail = file.read()
    if tail[-_ID3V1_BYTES:].startswith(b"TAG"):
        tail = tail[:-_ID3V1_BYTES]
    # The checksum of a frame together with the checksum at its end is zero.
    if not any(_crc16(tail[start:]) == 0 for start in islice(_frame_starts(tail), _MOST_STARTS)):
        raise DownloadFailure("damaged_media", f"the last frame of {path.name} is cut")


def _frame_starts(tail: bytes) -> Iterator[int]:
    """Where frames may begin, the last first."""
    for sync in reversed(list(_SYNC.finditer(tail))):
        at = sync.start()
        if any(_crc8(tail[at : at + length]) == 0 for length in _HEAD_LENGTHS):
            yield at


def _crc8(data: bytes) -> int:
    crc = 0
    for byte in data:
        crc = _CRC8[crc ^ byte]
    return crc


def _crc16(data: bytes) -> int:
    crc = 0
    for byte in data:
        crc = (crc << 8 & 0xFF00) ^ _CRC16[crc >> 8 ^ byte]
    return crc


def _table(polynomial: int, bits: int) -> tuple[int, ...]:
    top, mask = 1 << bits - 1, (1 << bits) - 1
    table = []
    for byte in range(256):
        crc = byte << bits - 8
        for _ in range(8):
            crc = (crc << 1 ^ polynomial if crc & top else crc << 1) & mask
        table.append(crc)
    return tuple(table)


_CRC8, _CRC16 = _table(0x07, 8), _table(0x8005, 16)
