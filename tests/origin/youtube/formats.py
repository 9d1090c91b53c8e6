"""The formats YouTube offers of a video: itags, what they are, and which file of the media folder each one is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.origin.media import FRAMES_PER_SECOND, WIDTHS, Recipe, folder_of

_ITAGS = {
    "h264": {144: 160, 240: 133, 360: 134, 480: 135, 720: 136, 1080: 137},
    "vp9": {144: 278, 240: 242, 360: 243, 480: 244, 720: 247, 1080: 248},
}
_VIDEO_TYPES = {"h264": 'video/mp4; codecs="avc1.42c01f"', "vp9": 'video/webm; codecs="vp9"'}
_QUALITIES = {144: "tiny", 240: "small", 360: "medium", 480: "large", 720: "hd720", 1080: "hd1080"}

PREMERGED_ITAG = 18


@dataclass(frozen=True, slots=True)
class Format:
    """One row of `formats` (pre-merged) or `adaptiveFormats` (one stream)."""

    itag: int
    mime_type: str
    file_name: str
    height: int | None  # None: sound alone
    has_audio: bool

    @property
    def media_type(self) -> str:
        """The mime type without codecs."""
        return self.mime_type.partition(";")[0]

    def file(self, recipe: Recipe) -> Path:
        """Where its bytes are."""
        return folder_of(recipe) / self.file_name

    def row(self, recipe: Recipe, url: str | None) -> dict[str, Any]:
        """What the player API says of it; without an address it is what SABR-only answers list."""
        size = self.file(recipe).stat().st_size
        bitrate = int(size * 8 / recipe.duration_seconds)
        row: dict[str, Any] = {
            "itag": self.itag,
            "mimeType": self.mime_type,
            "bitrate": bitrate,
            "averageBitrate": bitrate,
            "contentLength": str(size),
            "approxDurationMs": str(int(recipe.duration_seconds * 1000)),
            "lastModified": "1767323045000000",
            "projectionType": "RECTANGULAR",
        }
        if url:
            row["url"] = url
        return row | self._picture() | self._sound()

    def _picture(self) -> dict[str, Any]:
        if self.height is None:
            return {"quality": "tiny"}
        return {
            "width": WIDTHS[self.height],
            "height": self.height,
            "fps": FRAMES_PER_SECOND,
            "quality": _QUALITIES[self.height],
            "qualityLabel": f"{self.height}p",
        }

    def _sound(self) -> dict[str, Any]:
        if not self.has_audio:
            return {}
        return {"audioQuality": "AUDIO_QUALITY_MEDIUM", "audioSampleRate": "48000", "audioChannels": 2}


def premerged(recipe: Recipe) -> Format:
    """Itag 18: picture and sound in one file, at the lowest height."""
    mime_type = 'video/mp4; codecs="avc1.42c01e, mp4a.40.2"'
    return Format(PREMERGED_ITAG, mime_type, "whole.mp4", recipe.heights[0], has_audio=True)


def adaptive(recipe: Recipe) -> Iterator[Format]:
    """Every height in every codec, and the sound in AAC and Opus."""
    for codec in recipe.codecs:
        extension = "mp4" if codec == "h264" else "webm"
        for height in recipe.heights:
            name = f"{codec}-{height}.{extension}"
            yield Format(_ITAGS[codec][height], _VIDEO_TYPES[codec], name, height, has_audio=False)
    yield Format(140, 'audio/mp4; codecs="mp4a.40.2"', "aac.m4a", None, has_audio=True)
    yield Format(251, 'audio/webm; codecs="opus"', "opus.webm", None, has_audio=True)


def find_format(recipe: Recipe, itag: int) -> Format | None:
    """The format with this itag, if the video has it."""
    return next((each for each in (premerged(recipe), *adaptive(recipe)) if each.itag == itag), None)
