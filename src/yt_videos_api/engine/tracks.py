"""Subtitle tracks: which of those that a site lists are wanted, and in which of their formats."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from yt_videos_api.domain.languages import choose, is_specific
from yt_videos_api.engine.wire import LANGUAGE_CHARACTERS

ORIGINAL = "-orig"  # how yt-dlp marks what YouTube recognised, as opposed to what it translated from that
MAX_TRACKS = 100

# The ones we can read, the best first. What YouTube recognises rolls word by word in its WebVTT: each line three times.
_FORMATS = ("vtt", "srt", "ttml", "dfxp", "json3")
_AUTOMATIC_FORMATS = ("json3", *_FORMATS[:-1])

Info = Mapping[str, Any]
Tracks = Mapping[str, Sequence[Info]]


@dataclass(frozen=True, slots=True)
class Track:
    """One track in one language."""

    language: str
    automatic: bool
    formats: tuple[Info, ...]  # the best first


def wanted_tracks(info: Info, patterns: Sequence[str], *, automatic: bool) -> list[Track]:
    """The tracks in the languages of `patterns`; of one language the site's own before an automatic one."""
    own = _usable(info.get("subtitles") or {}, _FORMATS)
    found = [Track(language, False, own[language]) for language in choose(own, patterns)]
    if automatic:
        known = {track.language.casefold() for track in found}
        recognised = _automatic(info.get("automatic_captions") or {}, patterns)
        found += [track for track in recognised if track.language.casefold() not in known]
    return found[:MAX_TRACKS]


def _automatic(captions: Tracks, patterns: Sequence[str]) -> Iterator[Track]:
    usable = _usable(captions, _AUTOMATIC_FORMATS)
    originals = {language.removesuffix(ORIGINAL): usable[language] for language in usable if _is_original(language)}
    if not originals:
        originals = {language: formats for language, formats in usable.items() if not _is_translated(formats[0])}
    every = usable | originals
    # "*" asks for what there is, not for 150 translations of it.
    names = [
        language for pattern in patterns for language in choose(every if is_specific(pattern) else originals, [pattern])
    ]
    for language in dict.fromkeys(names):
        if not _is_original(language):
            yield Track(language, True, every[language])


def _is_original(language: str) -> bool:
    return language.endswith(ORIGINAL)


def _is_translated(track: Info) -> bool:
    return "tlang" in parse_qs(urlsplit(str(track.get("url"))).query)


def _usable(tracks: Tracks, order: Sequence[str]) -> dict[str, tuple[Info, ...]]:
    """Every language with the formats that we can read, the best first."""
    found = {}
    for language, formats in tracks.items():
        readable = [each for each in formats if each.get("ext") in order and (each.get("url") or each.get("data"))]
        if readable and 0 < len(str(language)) <= LANGUAGE_CHARACTERS:
            found[str(language)] = tuple(sorted(readable, key=lambda each: order.index(each["ext"])))
    return found
