"""What a file must turn out to be: what the site said, and what the containers of its parts said."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from yt_videos_api.domain.offers import Part, VideoFacts
from yt_videos_api.media.told import told_seconds


@dataclass(frozen=True, slots=True)
class Expectation:
    """None: nobody told, anything goes."""

    duration_seconds: float | None = None  # by the site; the longest stream has to reach it
    video: bool = False  # a picture has to be there
    audio: bool = False
    video_seconds: float | None = None  # by the container in which the site sent this stream alone
    audio_seconds: float | None = None
    subtitles: int = 0  # as many tracks of text have to be there
    holes: bool = False  # it may have holes: what is missed of a live stream is gone


def expect(folder: Path, parts: Iterable[Part], facts: VideoFacts) -> Expectation:
    """The expectation for the file made of `parts`. It looks into them: call it while they are in `folder`."""
    video = audio = False
    video_seconds = audio_seconds = None
    for part in parts:
        if part.stream.kind == "video":
            video, video_seconds = True, told_seconds(folder / part.path)
        elif part.stream.kind == "audio":
            audio, audio_seconds = True, told_seconds(folder / part.path)
        else:
            video, audio = True, audio or part.stream.audio_codec is not None
    return Expectation(
        facts.duration_seconds, video, audio, video_seconds, audio_seconds, holes=facts.live_status == "is_live"
    )
