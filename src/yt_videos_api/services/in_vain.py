"""Subtitles that a site did not have when it was asked: YouTube's own recognition comes hours after a video.

They count as delivered, or their fetching would never end; the notes of the download tell which they are, so that who
asks for them anew has them looked for once more.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from yt_videos_api.db.tables import Download
from yt_videos_api.domain.choices import Extras
from yt_videos_api.domain.languages import matches

_CODE = "no_subtitles:"


def notes_on(wished: Iterable[str], found: Collection[str]) -> list[str]:
    """What to note of languages or patterns that none of those `found` serves."""
    return [f"{_CODE}{wish}" for wish in wished if not any(matches(wish, language) for language in found)]


def is_about(note: str) -> bool:
    """Whether it is one of these notes."""
    return note.startswith(_CODE)


def languages_of(notes: Iterable[str]) -> tuple[str, ...]:
    """The languages and patterns that they tell of."""
    return tuple(note.removeprefix(_CODE) for note in notes if is_about(note))


def without(notes: Iterable[str], languages: Collection[str]) -> list[str]:
    """`notes` but for those on `languages`."""
    gone = {f"{_CODE}{language}" for language in languages}
    return [note for note in notes if note not in gone]


def look_again(download: Download, wished: Extras) -> None:
    """Somebody asks anew: of what is wished for, nothing that was not there counts as delivered any more.

    The caller holds the download, which is archived.
    """
    missed = {
        language
        for language in languages_of(download.notes or ())
        if any(_serves(language, wish) for wish in wished.subtitle_languages)
    }
    if missed:
        delivered = Extras.from_json(download.delivered or {})
        left = tuple(language for language in delivered.subtitle_languages if language not in missed)
        download.delivered = replace(delivered, subtitle_languages=left).to_json()
        download.notes = without(download.notes or (), missed)


def _serves(pattern: str, wish: str) -> bool:
    return wish == pattern or ("*" not in wish and matches(pattern, wish))
