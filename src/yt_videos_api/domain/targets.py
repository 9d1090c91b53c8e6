"""From what a user typed to what is to be archived."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from yt_videos_api.domain.errors import InvalidInput
from yt_videos_api.domain.identity import (
    YOUTUBE_EXTRACTOR,
    VideoIdentity,
    provisional_identity,
    url_key,
    youtube_identity,
)
from yt_videos_api.domain.urls import ALLOWED_PORTS, parse_url, youtube_video_id

_YOUTUBE_HOSTS = ("youtube.com", "youtu.be", "youtube-nocookie.com")


class EntityType(StrEnum):
    """What a job is asked to archive."""

    VIDEO = "video"  # a YouTube video, by id or address
    URL = "url"  # any address of any site yt-dlp knows, or of a media file


@dataclass(frozen=True, slots=True)
class Target:
    """Where a video is and what is known of its identity before anybody was asked."""

    identity: VideoIdentity
    source_url: str  # what the engine visits
    url_key: str | None  # key in `video_aliases`; None when the identity needs no alias


def resolve_target(
    entity_type: EntityType,
    entity_id: str,
    *,
    allowed_ports: frozenset[int] = ALLOWED_PORTS,
    exceptions: frozenset[tuple[str, int]] = frozenset(),
) -> Target:
    """Understand `entity_id`. Raises InvalidInput for the field `entity_id`."""
    text = entity_id.strip(" ")
    youtube_id = youtube_video_id(text)
    if entity_type is EntityType.VIDEO:
        if youtube_id is None:
            raise InvalidInput(
                "entity_id",
                "must be a YouTube video id of 11 characters or the address of one YouTube video;"
                ' for other sites use entity_type "url".',
                code="video.id",
            )
        return _youtube(youtube_id)
    url = parse_url(text, field="entity_id", allowed_ports=allowed_ports, exceptions=exceptions)
    if youtube_id is not None:
        return _youtube(youtube_id)
    return Target(provisional_identity(url.canonical), url.canonical, url_key(url.canonical))


def youtube_address(video_id: str) -> str:
    """The one address under which we ask for a YouTube video."""
    return f"https://www.youtube.com/watch?v={video_id}"


def own_address(video: VideoIdentity) -> str | None:
    """The address that leads to this video and never to another one; None where we know of none."""
    return youtube_address(video.video_id) if video.extractor == YOUTUBE_EXTRACTOR else None


def is_youtube_address(url: str) -> bool:
    """Whether `url` belongs to YouTube by its host: there is more than one client to ask for it."""
    host = urlsplit(url).hostname or ""
    return any(host == known or host.endswith(f".{known}") for known in _YOUTUBE_HOSTS)


def _youtube(video_id: str) -> Target:
    return Target(youtube_identity(video_id), youtube_address(video_id), None)
