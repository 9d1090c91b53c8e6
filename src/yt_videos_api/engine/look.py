"""Looking at a video: what a site says of it and offers, without anything being chosen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from yt_videos_api.domain.languages import EVERYTHING, choose
from yt_videos_api.domain.offers import Look, Stream
from yt_videos_api.engine.caged import CagedYoutubeDL
from yt_videos_api.engine.errors import Stage, translate
from yt_videos_api.engine.extract import find_video
from yt_videos_api.engine.facts import video_facts
from yt_videos_api.engine.formats import is_media, to_stream
from yt_videos_api.engine.tracks import ORIGINAL
from yt_videos_api.engine.wire import FORMATS, LANGUAGE_CHARACTERS, LANGUAGES
from yt_videos_api.engine.wishes import can_be_held

_NOT_RUN = frozenset({"is_live", "is_upcoming", "post_live"})


def look(ydl: CagedYoutubeDL, url: str, entry_index: int | None) -> Look:
    """Raises DownloadFailure, or what yt-dlp raises."""
    info = find_video(ydl, url, entry_index)
    formats = tuple(_streams(info))[:FORMATS]
    if not formats and info.get("live_status") not in _NOT_RUN:
        # yt-dlp was told not to mind; why there are none is in what it said.
        raise translate(_NothingOffered("No video formats found!"), list(ydl.log.warnings), Stage.EXTRACT)
    return Look(
        facts=video_facts(info, url, entry_index or 1),
        formats=formats,
        subtitle_languages=_languages(info.get("subtitles") or {}),
        automatic_languages=_languages(info.get("automatic_captions") or {}),
    )


class _NothingOffered(Exception):
    """A video without formats."""


def _streams(info: Mapping[str, Any]) -> Iterator[Stream]:
    listed = info.get("formats")
    formats = [info] if listed is None and info.get("url") else listed or []
    return (to_stream(each) for each in reversed(formats) if is_media(each) and can_be_held(each))


def _languages(tracks: Iterable[str]) -> tuple[str, ...]:
    plain = (language.removesuffix(ORIGINAL)[:LANGUAGE_CHARACTERS] for language in tracks)
    return choose(plain, (EVERYTHING,))[:LANGUAGES]
