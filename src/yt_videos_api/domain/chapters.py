"""Chapters with the stretches among them that SponsorBlock's users marked."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from yt_videos_api.domain.offers import Chapter

# As yt-dlp calls such a chapter, so that players and scripts that know its files know ours.
MARK_PREFIX = "[SponsorBlock]: "
# What is left of a chapter between two marks, or before one, is not worth a chapter of its own below this.
_SHORTEST_PIECE_SECONDS = 1.0


def with_marks(
    chapters: Sequence[Chapter],
    marks: Sequence[Chapter],
    duration_seconds: float | None,
    *,
    rest_title: str | None = None,
) -> tuple[Chapter, ...]:
    """`chapters`, cut where `marks` lie, and the marks: in order of time, without overlaps, within the video.

    Marks come with the bare name of their category and may overlap; where they do, the chapter names both. A video
    without chapters is taken for one that is called `rest_title`.
    """
    limit = duration_seconds or math.inf
    marked = tuple(_marked(list(_sound(marks, limit))))
    whole = list(_one_after_another(_sound(chapters, limit)))
    if marked and not whole and rest_title and duration_seconds:
        whole = [Chapter(rest_title, 0.0, duration_seconds)]
    pieces = [piece for chapter in whole for piece in _outside(chapter, marked)]
    return tuple(sorted([*pieces, *marked], key=lambda chapter: chapter.start_seconds))


def _sound(chapters: Iterable[Chapter], limit: float) -> list[Chapter]:
    """Those that are stretches of the video at all, in order of time. Nothing compares with a NaN."""
    inside = (
        Chapter(chapter.title, chapter.start_seconds, min(chapter.end_seconds, limit))
        for chapter in chapters
        if 0 <= chapter.start_seconds < chapter.end_seconds and chapter.start_seconds < limit
    )
    return sorted(inside, key=lambda chapter: (chapter.start_seconds, chapter.end_seconds))


def _one_after_another(chapters: Sequence[Chapter]) -> Iterator[Chapter]:
    """Each ends where the next begins, at the latest."""
    for chapter, behind in pairwise([*chapters, Chapter("", math.inf, math.inf)]):
        if chapter.start_seconds < behind.start_seconds:
            yield Chapter(chapter.title, chapter.start_seconds, min(chapter.end_seconds, behind.start_seconds))


def _marked(marks: Sequence[Chapter]) -> Iterator[Chapter]:
    """One chapter for each stretch under the same marks."""
    moments = sorted({moment for mark in marks for moment in (mark.start_seconds, mark.end_seconds)})
    open_title, open_start, open_end = "", 0.0, 0.0
    for start, end in pairwise(moments):
        names = [mark.title for mark in marks if mark.start_seconds <= start and end <= mark.end_seconds]
        title = ", ".join(dict.fromkeys(names))
        if title == open_title:
            open_end = end
            continue
        if open_title:
            yield Chapter(MARK_PREFIX + open_title, open_start, open_end)
        open_title, open_start, open_end = title, start, end
    if open_title:
        yield Chapter(MARK_PREFIX + open_title, open_start, open_end)


def _outside(chapter: Chapter, marked: Sequence[Chapter]) -> Iterator[Chapter]:
    """What of `chapter` lies between the marks; all of it where it meets none."""
    across = [
        mark for mark in marked if mark.start_seconds < chapter.end_seconds and mark.end_seconds > chapter.start_seconds
    ]
    if not across:
        yield chapter
        return
    starts = [chapter.start_seconds, *(mark.end_seconds for mark in across)]
    ends = [*(mark.start_seconds for mark in across), chapter.end_seconds]
    for start, end in zip(starts, ends, strict=True):
        if end - start >= _SHORTEST_PIECE_SECONDS:
            yield Chapter(chapter.title, start, end)
