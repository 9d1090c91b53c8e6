"""The formats YouTube offers of a video: itags, what they are, and which file each one is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from tests.origin.media import FRAMES_PER_SECOND, WIDTHS, Recipe, folder_of
from tests.origin.twins import SMOOTH_FRAMES_PER_SECOND, dubbed_sound, hdr_picture, smooth_picture
from tests.origin.video import Offered

_ITAGS = {
    "h264": {144: 160, 240: 133, 360: 134, 480: 135, 720: 136, 1080: 137},
    "vp9": {144: 278, 240: 242, 360: 243, 480: 244, 720: 247, 1080: 248},
    "av1": {144: 394, 240: 395, 360: 396, 480: 397, 720: 398, 1080: 399},
}
# From 720p on, as YouTube has them.
_SMOOTH_ITAGS = {"h264": {720: 298, 1080: 299}, "vp9": {720: 302, 1080: 303}}
_HDR_ITAGS = {720: 334, 1080: 335}
_AUDIO = {
    "aac": (140, 'audio/mp4; codecs="mp4a.40.2"', "m4a"),
    "opus": (251, 'audio/webm; codecs="opus"', "webm"),
}
_VIDEO_TYPES = {
    "h264": 'video/mp4; codecs="avc1.42c01f"',
    "vp9": 'video/webm; codecs="vp9"',
    "av1": 'video/mp4; codecs="av01.0.05M.08"',
}
_HDR_TYPE = 'video/webm; codecs="vp09.02.41.10.01.09.16.09.00"'
_QUALITIES = {144: "tiny", 240: "small", 360: "medium", 480: "large", 720: "hd720", 1080: "hd1080"}
_LANGUAGES = {"de": "German", "en": "English", "es": "Spanish", "fr": "French", "ja": "Japanese", "pt-BR": "Portuguese"}

PREMERGED_ITAG = 18


@dataclass(frozen=True, slots=True)
class Spoken:
    """The language of a sound track."""

    language: str
    original: bool

    @property
    def xtags(self) -> str:
        """How addresses tell it; a format is known by itag and xtags."""
        return f"acont={'original' if self.original else 'dubbed'}:lang={self.language}"

    def row(self) -> dict[str, Any]:
        """How the player API tells it."""
        name = _LANGUAGES.get(self.language, self.language) + (" original" if self.original else "")
        track = {"displayName": name, "id": f"{self.language}.{4 if self.original else 3}"}
        return {"audioTrack": track | {"audioIsDefault": self.original}}


@dataclass(frozen=True, slots=True)
class Format:
    """One row of `formats` (pre-merged) or `adaptiveFormats` (one stream)."""

    itag: int
    mime_type: str
    file_name: str
    height: int | None  # None: sound alone
    has_audio: bool
    frames_per_second: int = FRAMES_PER_SECOND
    hdr: bool = False
    spoken: Spoken | None = None  # None: the only language
    folder: Callable[[Recipe], Path] = folder_of
    tells_size: bool = True

    @property
    def media_type(self) -> str:
        """The mime type without codecs."""
        return self.mime_type.partition(";")[0]

    @property
    def xtags(self) -> str:
        """What addresses say besides the itag; mostly nothing."""
        return self.spoken.xtags if self.spoken else ""

    def file(self, recipe: Recipe) -> Path:
        """Where its bytes are; made now if nobody wanted them before."""
        return self.folder(recipe) / self.file_name

    def row(self, recipe: Recipe, url: str | None) -> dict[str, Any]:
        """What the player API says of it; without an address it is what SABR-only answers list."""
        size = self.file(recipe).stat().st_size
        bitrate = int(size * 8 / recipe.duration_seconds)
        row: dict[str, Any] = {
            "itag": self.itag,
            "mimeType": self.mime_type,
            "bitrate": bitrate,
            "averageBitrate": bitrate,
            **({"contentLength": str(size)} if self.tells_size else {}),
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
        smooth = str(self.frames_per_second) if self.frames_per_second > 30 else ""
        told: dict[str, Any] = {
            "width": WIDTHS[self.height],
            "height": self.height,
            "fps": self.frames_per_second,
            "quality": _QUALITIES[self.height],
            "qualityLabel": f"{self.height}p{smooth}{' HDR' if self.hdr else ''}",
        }
        if self.hdr:
            transfer = "COLOR_TRANSFER_CHARACTERISTICS_SMPTEST2084"
            told["colorInfo"] = {"primaries": "COLOR_PRIMARIES_BT2020", "transferCharacteristics": transfer}
        return told

    def _sound(self) -> dict[str, Any]:
        if not self.has_audio:
            return {}
        told = {"audioQuality": "AUDIO_QUALITY_MEDIUM", "audioSampleRate": "48000", "audioChannels": 2}
        return told | (self.spoken.row() if self.spoken else {})


def premerged(recipe: Recipe) -> Format:
    """Itag 18: picture and sound in one file, at the lowest height."""
    mime_type = 'video/mp4; codecs="avc1.42c01e, mp4a.40.2"'
    return Format(PREMERGED_ITAG, mime_type, "whole.mp4", recipe.heights[0], has_audio=True)


def adaptive(recipe: Recipe, offered: Offered) -> Iterator[Format]:
    """What is offered of pictures alone and sound alone."""
    for each in _streams(recipe, offered):
        yield replace(each, tells_size=offered.sizes)


def _streams(recipe: Recipe, offered: Offered) -> Iterator[Format]:
    heights = [each for each in recipe.heights if offered.heights is None or each in offered.heights]
    for codec in recipe.codecs:
        if offered.codecs is None or codec in offered.codecs:
            for height in heights:
                yield from _pictures(codec, height, offered)
    for codec in offered.audio_codecs:
        yield from _sounds(codec, offered)


def _pictures(codec: str, height: int, offered: Offered) -> Iterator[Format]:
    extension = "webm" if codec == "vp9" else "mp4"
    plain = f"{codec}-{height}.{extension}"
    yield Format(_ITAGS[codec][height], _VIDEO_TYPES[codec], plain, height, has_audio=False)
    smooth_itag = _SMOOTH_ITAGS.get(codec, {}).get(height)
    if offered.smooth and smooth_itag:
        yield Format(
            smooth_itag,
            _VIDEO_TYPES[codec],
            f"smooth.{extension}",
            height,
            has_audio=False,
            frames_per_second=SMOOTH_FRAMES_PER_SECOND,
            folder=partial(smooth_picture, codec=codec, height=height),
        )
    if offered.hdr and codec == "vp9" and height in _HDR_ITAGS:
        folder = partial(hdr_picture, height=height)
        yield Format(_HDR_ITAGS[height], _HDR_TYPE, "hdr.webm", height, has_audio=False, hdr=True, folder=folder)


def _sounds(codec: str, offered: Offered) -> Iterator[Format]:
    itag, mime_type, extension = _AUDIO[codec]
    if not offered.audio_languages:
        yield Format(itag, mime_type, f"{codec}.{extension}", None, has_audio=True)
    for number, language in enumerate(offered.audio_languages):
        yield Format(
            itag,
            mime_type,
            f"dubbed.{extension}",
            None,
            has_audio=True,
            spoken=Spoken(language, original=number == 0),
            folder=partial(dubbed_sound, codec=codec, language=language),
        )


def find_format(recipe: Recipe, offered: Offered, itag: int, xtags: str = "") -> Format | None:
    """The format with this itag and these xtags, if the video has it."""
    candidates = (premerged(recipe), *adaptive(recipe, offered))
    return next((each for each in candidates if (each.itag, each.xtags) == (itag, xtags)), None)


def prepare_formats(recipe: Recipe, offered: Offered) -> None:
    """Make every file now; else the first who asks waits for ffmpeg."""
    for each in (premerged(recipe), *adaptive(recipe, offered)):
        each.file(recipe)
