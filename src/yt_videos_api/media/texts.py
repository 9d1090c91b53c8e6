"""Subtitles on their way into a file: read once more, and in the form that the container wants."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from yt_videos_api.domain.errors import DownloadFailure
from yt_videos_api.domain.offers import FetchedSubtitle
from yt_videos_api.domain.policy import Container
from yt_videos_api.domain.webvtt import MAX_CHARACTERS, Cue, NotSubtitles, parse, write_srt
from yt_videos_api.media.sniff import open_regular
from yt_videos_api.media.text_tracks import TextTrack, holds_text

_SRT_PREFIX = "muxed-text-"
_LARGEST_BYTES = 4 * MAX_CHARACTERS + 4


def text_tracks(folder: Path, subtitles: Sequence[FetchedSubtitle], container: Container) -> tuple[TextTrack, ...]:
    """Those of `subtitles` that can be embedded. May write files into `folder`; `forget_texts` removes them."""
    return tuple(_tracks(folder, subtitles, container)) if holds_text(container) else ()


def read_subtitle(folder: Path, subtitle: FetchedSubtitle) -> tuple[Cue, ...]:
    """What it says. Raises NotSubtitles, and DownloadFailure("not_media") when it is no regular file."""
    with open_regular(folder / subtitle.path) as file:
        content = file.read(_LARGEST_BYTES)
    return parse(content.decode("utf-8", "replace"))


def forget_texts(folder: Path) -> None:
    """Remove what `text_tracks` wrote."""
    for path in folder.glob(f"{_SRT_PREFIX}*.srt"):
        path.unlink()


def _tracks(folder: Path, subtitles: Sequence[FetchedSubtitle], container: Container) -> Iterator[TextTrack]:
    for index, subtitle in enumerate(subtitles):
        try:
            cues = read_subtitle(folder, subtitle)
        except (NotSubtitles, DownloadFailure):
            continue
        if container is not Container.MKV:
            yield TextTrack(subtitle, subtitle.path, "webvtt")
            continue
        # SubRip knows no escapes. Out of WebVTT ffmpeg would make "<b>" of an escaped "&lt;b&gt;".
        name = f"{_SRT_PREFIX}{index}.srt"
        (folder / name).write_text(write_srt(cues), encoding="utf-8")
        yield TextTrack(subtitle, name, "srt")
