"""One flag of the tracks of an MP4 that ffmpeg does not let anybody set."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from yt_videos_api.media.boxes import Box, inner_boxes, top_boxes
from yt_videos_api.media.sniff import open_regular

_SUBTITLES = b"sbtl"
_HANDLER_AT = 8  # version and flags, then a zero
_FLAGS_AT = 3  # the last byte of three, behind the version
_ENABLED = 1


def switch_off_text(path: Path) -> None:
    """Mark the subtitles of an MP4, which nobody else reads or writes now, as not shown unless asked for.

    ffmpeg (5.1 to 9.0) switches the first of them on, whatever disposition it is told.
    """
    with open_regular(path, os.O_RDWR) as file:
        for header in [header for track in _tracks(file) if _is_text(file, track) for header in _headers(file, track)]:
            file.seek(header.body_at + _FLAGS_AT)
            flags = file.read(1)[0] & ~_ENABLED
            file.seek(header.body_at + _FLAGS_AT)
            file.write(bytes([flags]))


def _tracks(file: BinaryIO) -> Iterator[Box]:
    for box in top_boxes(file):
        if box.kind == b"moov":
            yield from inner_boxes(file, box, b"trak")


def _headers(file: BinaryIO, track: Box) -> Iterator[Box]:
    return inner_boxes(file, track, b"tkhd")


def _is_text(file: BinaryIO, track: Box) -> bool:
    handlers = (
        handler.read(file)
        for media in inner_boxes(file, track, b"mdia")
        for handler in inner_boxes(file, media, b"hdlr")
    )
    return any(body[_HANDLER_AT : _HANDLER_AT + 4] == _SUBTITLES for body in handlers)
