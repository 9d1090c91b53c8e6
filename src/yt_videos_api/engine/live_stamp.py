"""The note beside a recording: how far it has come, so that a run after a crash appends to it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from yt_videos_api.engine.fields import Fields
from yt_videos_api.engine.messages import ProtocolError

# Its own name: should the site offer the whole video later, an ordinary transfer takes that of the format.
PREFIX = "live-"
SUFFIX = ".stamp"
_LONGEST_NOTE = 64 * 1024


@dataclass(frozen=True, slots=True)
class Recorded:
    """What of one stream is in its file."""

    format_id: str
    video: str  # whose stream it is
    sequence: int | None = None  # of the last segment; None: there is none yet
    size_bytes: int = 0
    seconds: float = 0.0  # of media, as the playlist told
    header: str = ""  # hash of the EXT-X-MAP that stands in it
    file_clock: float = 0.0  # seconds where the last segment ends, by the clock of the file ...
    stream_clock: float = 0.0  # ... and by that of the stream, which may have started anew
    lost: int = 0  # segments that could not be had
    over: bool = False  # nothing will be added
    cut: str | None = None  # why it ended before the stream did (domain.offers.Cut)

    def same_stream(self, other: Recorded) -> bool:
        """Whether what `other` records may be appended."""
        return (self.format_id, self.video) == (other.format_id, other.video)

    def save(self, path: Path) -> None:
        """Write the note; readers see the old one or the new one."""
        fresh = path.with_name(f"{path.name}.new")
        fresh.write_text(json.dumps(asdict(self)))
        fresh.replace(path)


def nothing_recorded(part: Mapping[str, Any]) -> Recorded:
    """The note of a recording that has not begun."""
    return Recorded(str(part.get("format_id")), f"{part.get('extractor_key')} {part.get('id')}")


def recorded_formats(folder: Path, info: Mapping[str, Any]) -> set[str]:
    """The formats of the video that are being recorded in `folder`; those without a byte do not count."""
    video = nothing_recorded(info).video
    found = (find_recorded(path) for path in folder.glob(f"{PREFIX}*{SUFFIX}"))
    return {each.format_id for each in found if each and each.video == video and each.size_bytes}


def find_recorded(path: Path) -> Recorded | None:
    """The note at `path`; None when there is none, or none that can be read."""
    try:
        with path.open("rb") as file:
            fields = Fields(json.loads(file.read(_LONGEST_NOTE)))
        return Recorded(
            format_id=fields.text("format_id"),
            video=fields.text("video"),
            sequence=fields.optional_integer("sequence"),
            size_bytes=fields.integer("size_bytes"),
            seconds=fields.number("seconds"),
            header=fields.text("header"),
            file_clock=fields.number("file_clock"),
            stream_clock=fields.number("stream_clock"),
            lost=fields.integer("lost"),
            over=fields.flag("over"),
            cut=fields.optional_text("cut"),
        )
    except (OSError, ValueError, RecursionError, ProtocolError):
        return None
