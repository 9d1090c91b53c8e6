"""What is written into a file about itself: the text of an ffmetadata file, made of the site's facts.

Metadata goes through a file because arguments have a length limit and show in process lists.
"""

from __future__ import annotations

import base64
import re
import struct
from collections.abc import Iterable, Iterator, Sequence

from yt_videos_api.domain.offers import Chapter, VideoFacts
from yt_videos_api.media.jpeg import jpeg_size

_SPECIAL = re.compile(r"([=;#\\\n])")
# NUL ends ffmpeg's reading of a value, the other controls only confuse players; line feed and tab are text.
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_DATE = re.compile(r"(\d{4})(\d{2})(\d{2})")
_FRONT_COVER = 3
_MOST_COMMENTED = 1000  # chapters of Vorbis comments have a number of three digits
_BITS_PER_PIXEL = 24


def ffmetadata(
    facts: VideoFacts,
    *,
    tags: bool = True,
    chapters: bool = True,
    picture: bytes | None = None,
    chapters_as_tags: bool = False,
) -> str:
    """The whole ffmetadata file for `facts`: tags, then chapters in order of their start.

    `picture` is a JPEG for containers whose only place for a cover is among the tags (Ogg). `chapters_as_tags` is for
    those whose tags are Vorbis comments: there ffmpeg by itself writes no chapters (FLAC), or those that begin in the
    second half of a second a second late (Ogg, up to 9.0).
    """
    wanted = _sound_chapters(facts.chapters, facts.duration_seconds) if chapters else []
    lines = [";FFMETADATA1"]
    # In front: where a tag is taken out, ffmpeg puts the last one in its place, and a name before its chapter is lost.
    lines += _comments(wanted) if chapters_as_tags else ()
    lines += [f"{key}={_escape(value)}" for key, value in _tags(facts) if value and tags]
    if picture:
        lines.append(f"METADATA_BLOCK_PICTURE={_escape(_picture_block(picture))}")
    lines += () if chapters_as_tags else _sections(wanted)
    return "\n".join(lines) + "\n"


def iso_date(upload_date: str | None) -> str | None:
    """`20240131` as `2024-01-31`; None for anything else."""
    found = _DATE.fullmatch(upload_date or "")
    return "-".join(found.groups()) if found else None


def _tags(facts: VideoFacts) -> Iterable[tuple[str, str | None]]:
    yield "title", facts.title
    yield "artist", facts.channel
    yield "date", iso_date(facts.upload_date)
    yield "description", facts.description
    # Two names for the address: `comment` is what mp4 can hold and players show, `purl` is Matroska's own word.
    yield "comment", facts.webpage_url
    yield "purl", facts.webpage_url


def _sections(chapters: Iterable[Chapter]) -> Iterator[str]:
    for chapter in chapters:
        yield "[CHAPTER]"
        yield "TIMEBASE=1/1000"
        yield f"START={round(chapter.start_seconds * 1000)}"
        yield f"END={round(chapter.end_seconds * 1000)}"
        yield f"title={_title(chapter)}"


def _comments(chapters: Sequence[Chapter]) -> Iterator[str]:
    for number, chapter in enumerate(chapters[:_MOST_COMMENTED]):
        seconds, thousandths = divmod(round(chapter.start_seconds * 1000), 1000)
        clock = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{thousandths:03}"
        yield f"CHAPTER{number:03}={clock}"
        yield f"CHAPTER{number:03}NAME={_title(chapter)}"


def _title(chapter: Chapter) -> str:
    return _escape(" ".join(chapter.title.split()))


def _picture_block(jpeg: bytes) -> str:
    """The picture as FLAC describes one, in base64: how Vorbis comments carry it."""
    width, height = jpeg_size(jpeg) or (0, 0)
    kind = b"image/jpeg"
    head = struct.pack(f">II{len(kind)}sI", _FRONT_COVER, len(kind), kind, 0)
    block = head + struct.pack(">IIIII", width, height, _BITS_PER_PIXEL, 0, len(jpeg)) + jpeg
    return base64.b64encode(block).decode()


def _sound_chapters(chapters: Iterable[Chapter], duration_seconds: float | None) -> list[Chapter]:
    """Chapters that lie inside the video; sites hand out reversed and overlong ones, and muxers refuse those."""
    limit = duration_seconds or float("inf")
    inside = (
        Chapter(chapter.title, chapter.start_seconds, min(chapter.end_seconds, limit))
        for chapter in chapters
        if chapter.start_seconds >= 0
    )
    sound = (chapter for chapter in inside if round(chapter.start_seconds * 1000) < round(chapter.end_seconds * 1000))
    return sorted(sound, key=lambda chapter: chapter.start_seconds)


def _escape(text: str) -> str:
    tidy = _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    # ffmpeg (5.1 to 9.0) takes a line end after any backslash as escaped, after an escaped one too: the next tag would
    # become part of this one. A space between them is the smallest lie.
    return _SPECIAL.sub(r"\\\1", tidy) + (" " if tidy.endswith("\\") else "")
