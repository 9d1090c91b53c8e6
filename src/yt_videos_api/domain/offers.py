"""What a site offers for one video, as plain values: the words between engine, ladder, media and services."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from yt_videos_api.domain.policy import ContainerPolicy


@dataclass(frozen=True, slots=True)
class Selection:
    """Which media streams are wanted; part of a download's identity once resolved. Empty means: the best there is."""

    max_height: int | None = None

    def key(self) -> str:
        """Canonical text for the identity; empty for the default."""
        return f"height<={self.max_height}" if self.max_height else ""

    @classmethod
    def from_key(cls, key: str) -> Selection:
        """The selection that `key` was made of."""
        return cls(max_height=int(key.removeprefix("height<="))) if key else cls()


@dataclass(frozen=True, slots=True)
class Chapter:
    """A named stretch of the video."""

    title: str
    start_seconds: float
    end_seconds: float


@dataclass(frozen=True, slots=True)
class VideoFacts:
    """What a site says of a video. Texts are untrusted, but valid UTF-8 without NUL or lone surrogates."""

    extractor: str  # lower case, e.g. "youtube", "generic"
    video_id: str
    title: str
    webpage_url: str
    channel: str | None = None
    channel_id: str | None = None
    upload_date: str | None = None  # YYYYMMDD
    duration_seconds: float | None = None
    description: str | None = None
    chapters: tuple[Chapter, ...] = ()


@dataclass(frozen=True, slots=True)
class Stream:
    """One thing to transfer: a separate video or audio stream, or both in one file."""

    format_id: str
    kind: Literal["video", "audio", "both"]
    ext: str  # the container the site sends, e.g. "mp4", "webm", "m4a"
    protocol: str  # yt-dlp's word: "https", "http", "m3u8_native", "http_dash_segments", "ism"
    video_codec: str | None = None  # normalised: h264, h265, vp8, vp9, av1, or the site's own word
    audio_codec: str | None = None  # normalised: aac, mp3, opus, vorbis, flac, ac3, or the site's own word
    height: int | None = None
    width: int | None = None
    fps: float | None = None
    hdr: bool = False
    size_bytes: int | None = None  # exact, as promised by the site; estimates are not told


@dataclass(frozen=True, slots=True)
class Offer:
    """What one rung of the ladder offers for the video: facts and the streams our selection picks from it."""

    rung: str  # name of the player client, or "default"
    facts: VideoFacts
    streams: tuple[Stream, ...]

    @property
    def separate(self) -> bool:
        """Video and audio come as streams of their own: the mark of a full offer on YouTube."""
        return len(self.streams) > 1

    @property
    def height(self) -> int:
        """Lines of the picture; 0 when unknown or when there is none."""
        return max((stream.height or 0 for stream in self.streams), default=0)


@dataclass(frozen=True, slots=True)
class Part:
    """A stream after its transfer, lying in staging."""

    stream: Stream
    path: str  # file name inside the staging folder
    size_bytes: int
    resumed_bytes: int = 0  # how much of it was there already when this run began


@dataclass(frozen=True, slots=True)
class MediaRequest:
    """What the engine is asked to choose streams for."""

    url: str
    container_policy: ContainerPolicy
    selection: Selection = field(default_factory=Selection)
