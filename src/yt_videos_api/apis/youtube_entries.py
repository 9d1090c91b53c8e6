"""What the YouTube Data API says of lists and their videos, as our facts and entries."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from yt_videos_api.apis.document import count, member, text
from yt_videos_api.apis.fault import ApiFault, FaultReason
from yt_videos_api.domain.lists import ListEntry, ListFacts
from yt_videos_api.domain.targets import youtube_address

# What yt-dlp calls the same lists, so that a list has one identity whoever reads it.
_EXTRACTOR_OF_LISTS = "youtube:tab"
_EXTRACTOR = "youtube"
_LONGEST_SHORT_SECONDS = 181  # three minutes; lengths are rounded
_DURATION = re.compile(r"P(?:([0-9]{1,6})D)?(?:T(?:([0-9]{1,6})H)?(?:([0-9]{1,6})M)?(?:([0-9]{1,6})S)?)?")
_VIDEO_ID = re.compile(r"[A-Za-z0-9_-]{11}")
_LIST_ID = re.compile(r"[A-Za-z0-9_-]{2,128}")
_NEVER_TO_BE_HAD = frozenset({"deleted", "failed", "rejected"})  # uploads that did not become videos


def playlist_facts(playlist: Any) -> ListFacts:
    """Facts of an item of playlists.list. Raises ApiFault("bad_answer")."""
    playlist_id = list_id(member(playlist, "id"))
    return ListFacts(
        extractor=_EXTRACTOR_OF_LISTS,
        list_id=playlist_id,
        title=text(member(playlist, "snippet", "title")) or playlist_id,
        webpage_url=f"https://www.youtube.com/playlist?list={playlist_id}",
        channel=text(member(playlist, "snippet", "channelTitle")),
        channel_id=text(member(playlist, "snippet", "channelId")),
        count=count(member(playlist, "contentDetails", "itemCount")),
    )


def channel_facts(channel: Any) -> ListFacts:
    """Facts of an item of channels.list. Raises ApiFault("bad_answer")."""
    channel_id = list_id(member(channel, "id"))
    title = text(member(channel, "snippet", "title"))
    return ListFacts(
        extractor=_EXTRACTOR_OF_LISTS,
        list_id=channel_id,
        title=title or channel_id,
        webpage_url=f"https://www.youtube.com/channel/{channel_id}",
        channel=title,
        channel_id=channel_id,
        count=count(member(channel, "statistics", "videoCount")),
    )


def list_id(value: Any) -> str:
    """The id of a list. Raises ApiFault("bad_answer")."""
    if not isinstance(value, str) or not _LIST_ID.fullmatch(value):
        raise ApiFault(FaultReason.BAD_ANSWER, "no id of a list")
    return value


def video_id_of(item: Any) -> str:
    """The video that an item of playlistItems.list is about. Raises ApiFault("bad_answer")."""
    value = member(item, "contentDetails", "videoId") or member(item, "snippet", "resourceId", "videoId")
    if not isinstance(value, str) or not _VIDEO_ID.fullmatch(value):
        # Leaving it out would be a loss that nobody notices.
        raise ApiFault(FaultReason.BAD_ANSWER, "an item without the id of a video")
    return value


def list_entry(item: Any, video: Any) -> ListEntry:
    """An item of playlistItems.list, with what videos.list says of its video; None: nothing.

    Raises ApiFault("bad_answer").
    """
    position = count(member(item, "snippet", "position"))
    if position is None:
        raise ApiFault(FaultReason.BAD_ANSWER, "an item without a place in its list")
    video_id = video_id_of(item)
    gone = _gone(item, video)
    told = video or item
    duration = _duration_seconds(member(video, "contentDetails", "duration"))
    live = _live(video) if video else None
    return ListEntry(
        index=position + 1,
        url=youtube_address(video_id),
        extractor=_EXTRACTOR,
        video_id=video_id,
        # The title of a video that is gone is one of the list's words for that, in the language of the list.
        title=None if gone else text(member(told, "snippet", "title")),
        duration_seconds=duration,
        upload_date=_day(member(video, "snippet", "publishedAt") or member(item, "contentDetails", "videoPublishedAt")),
        channel=text(member(video, "snippet", "channelTitle") or member(item, "snippet", "videoOwnerChannelTitle")),
        gone=gone,
        live=live,
        short=False if live or (duration or 0) > _LONGEST_SHORT_SECONDS else None,  # what may be one has to be asked
    )


def _gone(item: Any, video: Any) -> str | None:
    if video is not None:
        lost = member(video, "status", "uploadStatus") in _NEVER_TO_BE_HAD
        return "video_unavailable" if lost else None
    privacy = member(item, "status", "privacyStatus")
    if privacy == "private":
        return "private_video"
    # Listed as public, yet not told of: an answer that contradicts itself is no reason to give a video up.
    return None if privacy in ("public", "unlisted") else "video_unavailable"


def _live(video: Any) -> bool:
    """Whether it is, was, or will be a live stream or a premiere: the details stay when it has ended."""
    under_way = member(video, "snippet", "liveBroadcastContent") in ("live", "upcoming")
    return under_way or isinstance(member(video, "liveStreamingDetails"), dict)


def _duration_seconds(value: Any) -> float | None:
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return None
    days, hours, minutes, seconds = (int(group or 0) for group in match.groups())
    return float(((days * 24 + hours) * 60 + minutes) * 60 + seconds) or None  # P0D: still live


def _day(value: Any) -> str | None:
    try:
        moment = datetime.fromisoformat(value)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).strftime("%Y%m%d")
    except (TypeError, ValueError, OverflowError):
        return None
