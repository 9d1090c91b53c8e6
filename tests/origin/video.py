"""What a test says of a YouTube video: what it is, and what each player client is told about it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Literal

from tests.origin.broadcast import Broadcast
from tests.origin.media import Recipe

_ID = re.compile(r"[0-9A-Za-z_-]{11}")


def is_video_id(text: str) -> bool:
    """Whether YouTube could have given this id."""
    return _ID.fullmatch(text) is not None


class Answer(StrEnum):
    """What the player API tells a client of a video."""

    FULL = "full"  # everything: pre-merged 360p and adaptive formats
    PREMERGED = "premerged"  # the pre-merged 360p (itag 18) alone
    SABR = "sabr"  # formats without any address, only one for SABR streaming
    DRM = "drm"
    NOTHING = "nothing"  # playable, it says, but lists no formats
    BOT_CHECK = "bot_check"
    RATE_LIMITED = "rate_limited"  # "try again later"
    PRIVATE = "private"
    REMOVED = "removed"
    AGE = "age"
    LOGIN = "login"
    MEMBERS = "members"
    GEO = "geo"
    LIVE = "live"  # running now, as HLS that grows until the test ends it
    PREMIERE = "premiere"  # has not begun


# styled: with positions, tags, STYLE and REGION. hostile: with scripts in all places, and times that make no sense.
# no_cues: a head alone. empty: not one byte.
CaptionStyle = Literal["plain", "styled", "hostile", "no_cues", "empty"]


@dataclass(frozen=True, slots=True)
class Caption:
    """A subtitle track: one cue per second that says its language and number."""

    language: str
    automatic: bool = False
    style: CaptionStyle = "plain"


@dataclass(frozen=True, slots=True)
class Offered:
    """Which formats of the recipe YouTube offers, and what it offers besides."""

    heights: tuple[int, ...] | None = None  # None: all of the recipe
    codecs: tuple[str, ...] | None = None  # None: all of the recipe
    audio_codecs: tuple[Literal["aac", "opus"], ...] = ("aac", "opus")
    audio_languages: tuple[str, ...] = ()  # the first is the original; empty: one that is not told
    smooth: bool = False  # h264 and vp9 from 720p on in 60 frames per second, too
    sizes: bool = True  # whether it is told how large each one is, to the byte
    hdr: bool = False  # vp9 from 720p on in high dynamic range, too


@dataclass(frozen=True, slots=True)
class Video:
    """A video as it is published. Change one by adding another of the same id to the origin."""

    id: str
    title: str = ""  # empty: "Video <id>"
    recipe: Recipe | None = None  # None: the origin gives every video a pattern of its own, out of six
    channel: str = "Stand-in Channel"
    channel_id: str = "UCstandinchannel00000000"
    handle: str = "@standin"
    description: str = "A video of the stand-in origin."
    tags: tuple[str, ...] = ("standin",)
    uploaded_at: datetime = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    views: int = 4711
    captions: tuple[Caption, ...] = (Caption("en"),)
    translations: tuple[str, ...] = ()  # languages the site translates every track to by itself
    cover_types: tuple[Literal["jpg", "webp"], ...] = ("jpg", "webp")  # others are answered 404; empty: no thumbnail
    cover_url: str | None = None  # where the thumbnails are said to be, instead of i.ytimg.com
    answer: Answer = Answer.FULL
    answers: Mapping[str, Answer] = field(default_factory=dict)  # by client (yt-dlp's name), overrides `answer`
    signed_in: Answer | None = None  # what every client is told that brings the cookies of an account
    broadcast: Broadcast | None = None  # how it goes when it is live or a premiere, or how it went; None: as usual
    short: bool = False
    offered: Offered = Offered()
    challenge: bool = False  # clients with a browser have to run the player script to get at the media

    def __post_init__(self) -> None:
        if not is_video_id(self.id):
            raise ValueError(f"{self.id!r} is no YouTube id: those have 11 letters, digits, _ or -")

    @property
    def is_gone(self) -> bool:
        """Whether nobody but its owner can know more of it than that it was there."""
        return self.answer in {Answer.PRIVATE, Answer.REMOVED}

    @property
    def shown_title(self) -> str:
        """The title that is told."""
        return self.title or f"Video {self.id}"

    def answer_for(self, client: str, *, signed_in: bool = False) -> Answer:
        """What this client is told."""
        if signed_in and self.signed_in:
            return self.signed_in
        return self.answers.get(client, self.answer)
