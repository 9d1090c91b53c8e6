"""The resources of the YouTube Data API, whole; which parts of them are sent is the caller's business."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tests.origin.broadcast import Broadcast
from tests.origin.lists import Channel, Playlist
from tests.origin.video import Answer, Video

Resource = dict[str, Any]

_GONE = {
    Answer.PRIVATE: ("Private video", "This video is private.", "private"),
    Answer.REMOVED: ("Deleted video", "This video is unavailable.", "privacyStatusUnspecified"),
}
_BROADCASTS = {Answer.LIVE: "live", Answer.PREMIERE: "upcoming"}


def channel_resource(channel: Channel, video_count: int) -> Resource:
    """A channel, with the playlist of its uploads."""
    return {
        "kind": "youtube#channel",
        "id": channel.id,
        "snippet": {
            "title": channel.title,
            "description": "A channel of the stand-in origin.",
            "customUrl": channel.handle,
            "publishedAt": "2020-01-01T00:00:00Z",
        },
        "contentDetails": {"relatedPlaylists": {"likes": "", "uploads": channel.uploads_id}},
        "statistics": {"videoCount": str(video_count), "hiddenSubscriberCount": False},
        "status": {"privacyStatus": "public", "isLinked": True},
    }


def playlist_resource(playlist: Playlist, video_count: int) -> Resource:
    """A playlist without its items."""
    return {
        "kind": "youtube#playlist",
        "id": playlist.id,
        "snippet": {
            "publishedAt": "2020-01-01T00:00:00Z",
            "channelId": playlist.channel_id,
            "title": playlist.title,
            "description": playlist.description,
            "channelTitle": playlist.channel,
        },
        "contentDetails": {"itemCount": video_count},
        "status": {"privacyStatus": "public"},
    }


def item_resource(playlist: Playlist, video: Video, position: int) -> Resource:
    """A row of a playlist; of a private or removed video only that it is one."""
    title, description, privacy = _GONE.get(video.answer, (video.shown_title, video.description, "public"))
    snippet = {
        "publishedAt": "2026-03-04T05:06:07Z",
        "channelId": playlist.channel_id,
        "title": title,
        "description": description,
        "thumbnails": {},
        "channelTitle": playlist.channel,
        "playlistId": playlist.id,
        "position": position,
        "resourceId": {"kind": "youtube#video", "videoId": video.id},
    }
    details = {"videoId": video.id}
    if not video.is_gone:
        snippet |= {"videoOwnerChannelTitle": video.channel, "videoOwnerChannelId": video.channel_id}
        details["videoPublishedAt"] = moment(video.uploaded_at)
    return {
        "kind": "youtube#playlistItem",
        "id": f"{playlist.id}.{position}",
        "snippet": snippet,
        "contentDetails": details,
        "status": {"privacyStatus": privacy},
    }


def video_resource(video: Video, seconds: float) -> Resource:
    """A video that everybody can know of."""
    broadcast = _BROADCASTS.get(video.answer, "none")
    resource: Resource = {
        "kind": "youtube#video",
        "id": video.id,
        "snippet": {
            "publishedAt": moment(video.uploaded_at),
            "channelId": video.channel_id,
            "title": video.shown_title,
            "description": video.description,
            "channelTitle": video.channel,
            "tags": list(video.tags),
            "categoryId": "28",
            "liveBroadcastContent": broadcast,
        },
        "contentDetails": {
            "duration": iso_duration(seconds) if broadcast == "none" else "P0D",
            "dimension": "2d",
            "definition": "hd",
            "caption": "true" if video.captions else "false",
            "licensedContent": False,
        },
        "status": {"uploadStatus": "processed", "privacyStatus": "public", "embeddable": True},
    }
    if video.broadcast:
        resource["liveStreamingDetails"] = _streaming_details(video.broadcast)
    if video.answer is Answer.AGE:
        resource["contentDetails"]["contentRating"] = {"ytRating": "ytAgeRestricted"}
    return resource


def _streaming_details(broadcast: Broadcast) -> Resource:
    told = {"scheduledStartTime": moment(broadcast.announced_at)}
    if broadcast.begun is not None:
        told["actualStartTime"] = moment(broadcast.announced_at)
    if broadcast.ended_at:
        told["actualEndTime"] = moment(broadcast.ended_at)
    return told


def moment(at: datetime) -> str:
    """As Google writes a point in time."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def iso_duration(seconds: float) -> str:
    """As ISO 8601 has it, in whole seconds: PT1H2M3S."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    parts = "".join(f"{count}{unit}" for count, unit in ((hours, "H"), (minutes, "M"), (rest, "S")) if count)
    return f"PT{parts or '0S'}"
