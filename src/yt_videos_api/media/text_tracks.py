"""The arguments that put subtitles into the file. Their texts come from staging as WebVTT of our own writing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from yt_videos_api.domain.offers import FetchedSubtitle
from yt_videos_api.domain.policy import Container
from yt_videos_api.media.inputs import input_words
from yt_videos_api.media.language_codes import is_language_tag, three_letters

# SubRip is what players expect in Matroska; they show WebVTT there with its settings as text, or not at all.
_CODECS = {Container.WEBM: "copy", Container.MP4: "mov_text", Container.MKV: "copy"}


@dataclass(frozen=True, slots=True)
class TextTrack:
    """A subtitle, and the file of the staging folder that it is read from."""

    subtitle: FetchedSubtitle
    file: str
    demuxer: Literal["webvtt", "srt"]


def holds_text(container: Container) -> bool:
    """Whether subtitles can be embedded; for the others they lie beside the file."""
    return container in _CODECS


def text_inputs(tracks: Sequence[TextTrack], delay_seconds: float) -> list[str]:
    """Open the files; `delay_seconds` is what the clock of the picture shows at its start."""
    words: list[str] = []
    for track in tracks:
        words += ["-itsoffset", f"{delay_seconds:.3f}"] if delay_seconds else []
        words += input_words(track.demuxer, track.file)
    return words


def text_output(tracks: Sequence[TextTrack], container: Container, first_input: int) -> list[str]:
    """Map inputs from number `first_input` on; nobody is shown subtitles without having asked for them."""
    if not tracks:
        return []
    words = [word for index in range(len(tracks)) for word in ("-map", f"{first_input + index}:s:0")]
    words += ["-c:s", _CODECS[container], "-disposition:s", "0"]
    for index, track in enumerate(tracks):
        code = three_letters(track.subtitle.language, bibliographic=container is not Container.MP4)
        # What a track of an mp4 is called goes by the name of its handler.
        title = "handler_name" if container is Container.MP4 else "title"
        words += [
            f"-metadata:s:s:{index}",
            f"language={code}",
            f"-metadata:s:s:{index}",
            f"{title}={_title(track.subtitle)}",
        ]
    return words


def _title(subtitle: FetchedSubtitle) -> str:
    """The tag in full, since three letters know no regions. Anything but a tag would be a site's text in arguments."""
    shown = subtitle.language if is_language_tag(subtitle.language) else "und"
    return f"{shown} (auto)" if subtitle.automatic else shown
