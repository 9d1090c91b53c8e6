"""The rows of playlists and channels, as view models."""

from __future__ import annotations

from typing import Any

from tests.origin.lists import Tab
from tests.origin.media import Recipe
from tests.origin.video import Answer, Video
from tests.origin.youtube.player import thumbnails

_GONE = {Answer.PRIVATE: "[Private video]", Answer.REMOVED: "[Deleted video]"}


def lockup(video: Video, *, streamed: bool = False) -> dict[str, Any]:
    """A row of a playlist, or of the tabs "videos" and "streams"."""
    if video.is_gone:
        return {"lockupViewModel": _lockup(video.id, _GONE[video.answer], [], {})}
    image = {
        "image": {"sources": thumbnails(video)},
        "overlays": [{"thumbnailBottomOverlayViewModel": {"badges": [{"thumbnailBadgeViewModel": _badge(video)}]}}],
    }
    age = "Streamed 2 months ago" if streamed else "2 months ago"
    views_and_age: list[dict[str, Any]] = [
        {"text": {"content": f"{video.views} views"}},
        {"text": {"content": age}, "accessibilityLabel": age},
    ]
    rows = [{"metadataParts": [_channel_part(video)]}, {"metadataParts": views_and_age}]
    return {"lockupViewModel": _lockup(video.id, video.shown_title, rows, {"thumbnailViewModel": image})}


def short(video: Video) -> dict[str, Any]:
    """A row of the tab "shorts"."""
    return {
        "shortsLockupViewModel": {
            "entityId": f"shorts-shelf-item-{video.id}",
            "onTap": {"innertubeCommand": {"reelWatchEndpoint": {"videoId": video.id}}},
            "overlayMetadata": {
                "primaryText": {"content": video.shown_title},
                "secondaryText": {"content": f"{video.views} views"},
            },
        }
    }


def channel_row(video: Video, tab: Tab) -> dict[str, Any]:
    """A row as a channel's grid holds it."""
    content = short(video) if tab == "shorts" else lockup(video, streamed=tab == "streams")
    return {"richItemRenderer": {"content": content}}


def continuation(token: str) -> dict[str, Any]:
    """The last row when there is more: what to ask for to get it."""
    command = {"token": token, "request": "CONTINUATION_REQUEST_TYPE_BROWSE"}
    return {"continuationItemRenderer": {"continuationEndpoint": {"continuationCommand": command}}}


def _lockup(video_id: str, title: str, rows: list[dict[str, Any]], image: dict[str, Any]) -> dict[str, Any]:
    return {
        "contentId": video_id,
        "contentType": "LOCKUP_CONTENT_TYPE_VIDEO",
        "contentImage": image,
        "metadata": {
            "lockupMetadataViewModel": {
                "title": {"content": title},
                "metadata": {"contentMetadataViewModel": {"metadataRows": rows}},
            }
        },
    }


def _badge(video: Video) -> dict[str, str]:
    """What is written over the thumbnail: how long it is, or that it runs or will run."""
    if video.answer is Answer.LIVE:
        return {"text": "LIVE", "badgeStyle": "THUMBNAIL_OVERLAY_BADGE_STYLE_LIVE"}
    if video.answer is Answer.PREMIERE:
        return {"text": "Upcoming", "badgeStyle": "THUMBNAIL_OVERLAY_BADGE_STYLE_DEFAULT"}
    seconds = round((video.recipe or Recipe()).duration_seconds)
    return {"text": f"{seconds // 60}:{seconds % 60:02}", "badgeStyle": "THUMBNAIL_OVERLAY_BADGE_STYLE_DEFAULT"}


def _channel_part(video: Video) -> dict[str, Any]:
    browse = {"browseId": video.channel_id, "canonicalBaseUrl": f"/{video.handle}"}
    tap = {"onTap": {"innertubeCommand": {"browseEndpoint": browse}}}
    return {"text": {"content": video.channel, "commandRuns": [tap]}}
