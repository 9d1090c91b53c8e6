"""What a site offers for one video, as plain values: the words between engine, ladder, media and services."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from yt_videos_api.domain.choices import Live, Selection
from yt_videos_api.domain.policy import ContainerPolicy


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
    live_status: str | None = None  # yt-dlp's word: is_live, is_upcoming, was_live, post_live, not_live
    starts_at: float | None = None  # of what has not begun: seconds since 1970
    short: bool | None = None  # a YouTube short; None: not known
    language: str | None = None


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
    language: str | None = None  # of the sound
    note: str | None = None  # the site's own words for it, e.g. "1080p60 HDR"; for people
    size_bytes: int | None = None  # exact, as promised by the site; estimates are not told


@dataclass(frozen=True, slots=True)
class Offer:
    """What one rung of the ladder offers for the video: facts and the streams our selection picks from it."""

    rung: str  # name of the player client, or "default"
    facts: VideoFacts
    streams: tuple[Stream, ...]
    full: bool = False  # there were separate streams to pick from, whatever the selection made of them

    @property
    def separate(self) -> bool:
        """Picture and sound come as streams of their own: the mark of a full offer on YouTube."""
        return bool(self.streams) and all(stream.kind != "both" for stream in self.streams)

    @property
    def height(self) -> int:
        """Lines of the picture; 0 when unknown or when there is none."""
        return max((stream.height or 0 for stream in self.streams), default=0)


class Cut(StrEnum):
    """Why a recording ended before its stream did; kept in the notes of its download."""

    LENGTH = "recording_limited"
    SIZE = "recording_too_large"
    TIME = "recording_out_of_time"


@dataclass(frozen=True, slots=True)
class Part:
    """A stream after its transfer, lying in staging."""

    stream: Stream
    path: str  # file name inside the staging folder
    size_bytes: int
    resumed_bytes: int = 0  # how much of it was there already when this run began
    cut: Cut | None = None  # of a recording


@dataclass(frozen=True, slots=True)
class MediaRequest:
    """What the engine is asked to choose streams for."""

    url: str
    container_policy: ContainerPolicy
    selection: Selection = field(default_factory=Selection)
    entry_index: int | None = None  # of a page with several videos that have no address of their own: which, from 1
    live: Live = Live.REFUSE
    live_limit_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class FetchedSubtitle:
    """A subtitle track after its transfer, lying in staging as WebVTT that was read and written anew."""

    language: str  # as the site calls it, e.g. "en", "pt-BR"
    automatic: bool
    path: str  # file name inside the staging folder


@dataclass(frozen=True, slots=True)
class Look:
    """What a site says of one video, without anything being chosen or fetched."""

    facts: VideoFacts
    formats: tuple[Stream, ...]
    subtitle_languages: tuple[str, ...]
    automatic_languages: tuple[str, ...]  # of recognition and translation by the site
