"""SponsorBlock: which stretches of a YouTube video its users marked, as chapters."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from typing import Any

from yt_videos_api.apis.document import member, seconds
from yt_videos_api.apis.fault import ApiFault, FaultReason
from yt_videos_api.apis.http import Answer, JsonClient
from yt_videos_api.domain.choices import SponsorBlockCategory
from yt_videos_api.domain.offers import Chapter

_MOST_MARKS = 500
_NAMES = {  # as yt-dlp calls them
    SponsorBlockCategory.SPONSOR: "Sponsor",
    SponsorBlockCategory.SELFPROMO: "Unpaid/Self Promotion",
    SponsorBlockCategory.INTERACTION: "Interaction Reminder",
    SponsorBlockCategory.INTRO: "Intermission/Intro Animation",
    SponsorBlockCategory.OUTRO: "Endcards/Credits",
    SponsorBlockCategory.PREVIEW: "Preview/Recap",
    SponsorBlockCategory.HOOK: "Hook/Greetings",
    SponsorBlockCategory.FILLER: "Filler Tangent",
    SponsorBlockCategory.MUSIC_OFFTOPIC: "Non-Music Section",
}


class SponsorBlock:
    """The service at the address of `http`."""

    def __init__(self, http: JsonClient) -> None:
        self._http = http

    def marks(
        self, video_id: str, categories: Sequence[SponsorBlockCategory], duration_seconds: float | None
    ) -> tuple[Chapter, ...]:
        """What is marked in a YouTube video, in order of time; marks may overlap, and their titles bear no prefix.

        Nobody learns which video is meant: one of 65,536 groups of videos is asked for. Marks made for a version of the
        video with another length are left out. Raises ApiFault.
        """
        if not categories:
            return ()
        group = hashlib.sha256(video_id.encode()).hexdigest()[:4]
        query = {
            "service": "YouTube",
            "categories": json.dumps([category.value for category in categories]),
            "actionTypes": '["skip"]',  # the only one in which these categories mark a stretch
        }
        answer = self._http.get(f"/api/skipSegments/{group}", query)
        if answer.status == 404:  # nothing is marked in any video of the group
            return ()
        found = [
            mark
            for segment in _segments_of(video_id, _videos_in(answer))
            if (mark := _mark(segment, categories, duration_seconds)) is not None
        ]
        return tuple(sorted(set(found), key=lambda mark: (mark.start_seconds, mark.end_seconds, mark.title)))


def _videos_in(answer: Answer) -> list[Any]:
    if answer.status == 429:
        raise ApiFault(FaultReason.RATE_LIMITED, "HTTP 429")
    if answer.status != 200:
        reason = FaultReason.UNAVAILABLE if answer.status >= 500 else FaultReason.REFUSED
        raise ApiFault(reason, f"HTTP {answer.status}")
    if not isinstance(answer.document, list):
        raise ApiFault(FaultReason.BAD_ANSWER, "no list of videos")
    return answer.document


def _segments_of(video_id: str, videos: list[Any]) -> Iterator[Any]:
    for video in videos:
        segments = member(video, "segments")
        if member(video, "videoID") == video_id and isinstance(segments, list):
            yield from segments[:_MOST_MARKS]


def _mark(segment: Any, categories: Sequence[SponsorBlockCategory], duration: float | None) -> Chapter | None:
    category, bounds = member(segment, "category"), member(segment, "segment")
    if category not in categories or not isinstance(bounds, list) or len(bounds) != 2:
        return None
    start, end = seconds(bounds[0]), seconds(bounds[1])
    if start is None or end is None or member(segment, "actionType") not in ("skip", None):
        return None
    start = 0.0 if start <= 1 else start  # who marks by hand means the very beginning, and the very end
    if duration is not None and abs(duration - end) <= 1:
        end = duration
    if start >= end or (duration is not None and end > duration):
        return None
    if not _made_for(duration, seconds(member(segment, "videoDuration")), end - start):
        return None
    return Chapter(_NAMES[SponsorBlockCategory(category)], start, end)


def _made_for(duration: float | None, marked_duration: float | None, length: float) -> bool:
    """Whether a mark was made for a video of this duration, as yt-dlp judges it; not all marks tell."""
    if duration is None or not marked_duration:
        return True
    difference = abs(duration - marked_duration)
    return difference < 1 or (difference < 5 and difference / length < 0.05)
