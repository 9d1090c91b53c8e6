"""What a file is, by its first bytes alone: neither its name nor what the site calls it has a say.

ffmpeg probes by itself if it is let to, and an "mp4" holding the text of a playlist made it open other local files
(ffmpeg 5.1.9, reliability.md finding 4). So every input is given the demuxer decided here.
"""

from __future__ import annotations

import os
import stat
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from yt_videos_api.domain.errors import DownloadFailure
from yt_videos_api.media.frames import adts_frame_bytes, id3_bytes, mp3_frame_bytes

_HEAD_BYTES = 4096


class Demuxer(StrEnum):
    """ffmpeg's own names of the demuxers we let it use."""

    MOV = "mov"
    MATROSKA = "matroska"
    MPEGTS = "mpegts"
    FLV = "flv"
    OGG = "ogg"
    MP3 = "mp3"
    AAC = "aac"
    FLAC = "flac"
    WAV = "wav"
    JPEG = "jpeg_pipe"
    PNG = "png_pipe"
    WEBP = "webp_pipe"
    GIF = "gif"

    @property
    def is_image(self) -> bool:
        """A still picture: good for a cover, not for a video."""
        return self in _IMAGES


_IMAGES = frozenset({Demuxer.JPEG, Demuxer.PNG, Demuxer.WEBP, Demuxer.GIF})
_PREFIXES = (
    (b"\x1aE\xdf\xa3", Demuxer.MATROSKA),
    (b"FLV\x01", Demuxer.FLV),
    (b"OggS", Demuxer.OGG),
    (b"fLaC", Demuxer.FLAC),
    (b"\xff\xd8\xff", Demuxer.JPEG),
    (b"\x89PNG\r\n\x1a\n", Demuxer.PNG),
    (b"GIF87a", Demuxer.GIF),
    (b"GIF89a", Demuxer.GIF),
)
_RIFF_KINDS = {b"WAVE": Demuxer.WAV, b"WEBP": Demuxer.WEBP}
_MOV_BOXES = frozenset({b"ftyp", b"styp", b"moov", b"moof", b"sidx", b"mdat", b"wide", b"free", b"skip", b"pnot"})
_STILL_BRANDS = frozenset({b"avif", b"avis", b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1"})
_TS_PACKET_BYTES = 188


def sniff(path: Path) -> Demuxer:
    """The demuxer for `path`. Raises DownloadFailure("not_media") for everything not on the list, empty files included.

    A symlink or anything else that is not a regular file is refused the same way.
    """
    head = read_head(path)
    found = _by_prefix(head) or _by_structure(head) or _by_audio_frames(path, head)
    if found is None:
        raise DownloadFailure("not_media", f"{path.name} starts with {head[:16].hex() or 'nothing'}")
    return found


def read_head(path: Path) -> bytes:
    """The first 4 KiB of a regular file, not reached through a link. Raises DownloadFailure("not_media") for others."""
    with open_regular(path) as file:
        return file.read(_HEAD_BYTES)


def open_regular(path: Path, flags: int = os.O_RDONLY) -> BinaryIO:
    """A regular file of the staging folder, not reached through a link: whoever wrote it may have been taken over.

    Raises DownloadFailure("not_media") for anything else.
    """
    try:
        descriptor = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise DownloadFailure("not_media", f"{path.name} cannot be opened: {error.strerror}") from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise DownloadFailure("not_media", f"{path.name} is not a regular file")
    return os.fdopen(descriptor, "r+b" if flags & os.O_RDWR else "rb")


def _by_prefix(head: bytes) -> Demuxer | None:
    return next((demuxer for prefix, demuxer in _PREFIXES if head.startswith(prefix)), None)


def _by_structure(head: bytes) -> Demuxer | None:
    if head[:4] == b"RIFF":
        return _RIFF_KINDS.get(head[8:12])
    if head[4:8] in _MOV_BOXES:
        still = head[4:8] == b"ftyp" and head[8:12] in _STILL_BRANDS
        return None if still else Demuxer.MOV
    # One 0x47 is the letter G; three of them a packet apart are not a coincidence. A cut file may hold fewer.
    marks = head[: 3 * _TS_PACKET_BYTES : _TS_PACKET_BYTES]
    if len(head) >= _TS_PACKET_BYTES and marks == b"G" * len(marks):
        return Demuxer.MPEGTS
    return None


def _by_audio_frames(path: Path, head: bytes) -> Demuxer | None:
    """MP3 and ADTS have no header of their own: a frame must be followed by another, or by the end of the file."""
    start = id3_bytes(head)
    if start:
        with path.open("rb") as file:
            file.seek(start)
            head = file.read(_HEAD_BYTES)
        if head.startswith(b"fLaC"):
            return Demuxer.FLAC
    for demuxer, frame_bytes in ((Demuxer.AAC, adts_frame_bytes), (Demuxer.MP3, mp3_frame_bytes)):
        size = frame_bytes(head)
        if size and (len(head) <= size or frame_bytes(head[size:])):
            return demuxer
    return None
