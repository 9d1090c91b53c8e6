"""What the first frame of an MP3 file says of all the others: LAME and ffmpeg leave a Xing or Info header there."""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from yt_videos_api.domain.errors import DownloadFailure
from yt_videos_api.media.frames import id3_bytes, mp3_frame_bytes, mp3_hertz

_ID3V1_BYTES = 128
_HAS_FRAMES, _HAS_BYTES = 1, 2
_FRAME_HEAD_BYTES = 64


@dataclass(frozen=True, slots=True)
class XingHeader:
    """What is told; the frame with this header itself is not counted among the frames, but among the bytes."""

    frames: int | None
    audio_bytes: int | None
    frame_seconds: float
    begins_at: int  # byte of the file, behind the tags

    @property
    def seconds(self) -> float | None:
        """Of all frames, with what encoders put before and after the sound."""
        return self.frames * self.frame_seconds if self.frames else None


def read_xing(file: BinaryIO) -> XingHeader | None:
    """The header of an MP3 file that is open at its start; None where there is none."""
    begins_at = id3_bytes(file.read(10))
    file.seek(begins_at)
    head = file.read(_FRAME_HEAD_BYTES)
    if not mp3_frame_bytes(head):
        return None
    mpeg1, mono = bool(head[1] & 8), head[3] >> 6 == 3
    at = 4 + ((17 if mono else 32) if mpeg1 else (9 if mono else 17))
    if head[at : at + 4] not in {b"Xing", b"Info"}:
        return None
    flags, *numbers = struct.unpack_from(">III", head, at + 4)
    frames = numbers.pop(0) if flags & _HAS_FRAMES else None
    audio_bytes = numbers.pop(0) if flags & _HAS_BYTES else None
    return XingHeader(frames, audio_bytes, (1152 if mpeg1 else 576) / mp3_hertz(head), begins_at)


def check_counted(path: Path) -> None:
    """Raises DownloadFailure("damaged_media") for an MP3 of our own making that is shorter than its first frame says.

    Of foreign files only the time is believed: their byte counts are written with and without the first frame.
    """
    with path.open("rb") as file:
        xing = read_xing(file)
        file_bytes = os.fstat(file.fileno()).st_size
        file.seek(max(0, file_bytes - _ID3V1_BYTES))
        tag_bytes = _ID3V1_BYTES if file.read(3) == b"TAG" else 0
    if xing is None or xing.audio_bytes is None:
        raise DownloadFailure("damaged_media", f"{path.name} does not say how long it is")
    if file_bytes - tag_bytes - xing.begins_at < xing.audio_bytes:
        raise DownloadFailure("damaged_media", f"{path.name} has {file_bytes} bytes, too few for its own count")
