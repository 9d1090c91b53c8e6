"""From what a user typed to what is to be archived."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from urllib.parse import parse_qs, quote, unquote, urlsplit

from yt_videos_api.domain.errors import InvalidInput
from yt_videos_api.domain.identity import (
    YOUTUBE_EXTRACTOR,
    VideoIdentity,
    provisional_identity,
    url_key,
    youtube_identity,
)
from yt_videos_api.domain.urls import ALLOWED_PORTS, Url, is_youtube_host, parse_url, youtube_video_id

TABS = ("videos", "shorts", "streams")
_PLAYLIST_ID = re.compile(r"(?:PL|UU|LL|FL|RD|OL|WL|EC|VL)[A-Za-z0-9_-]{0,128}|(?!UC)[A-Za-z0-9_-]{13,128}")
_CHANNEL_ID = re.compile(r"UC[A-Za-z0-9_-]{22}")
_HANDLE = re.compile(r"@[\w.·-]{3,100}")
_CHANNEL_FOLDERS = ("channel", "c", "user")
_YOUTUBE_HOSTS = ("youtube.com", "youtu.be", "youtube-nocookie.com")


class EntityType(StrEnum):
    """What a job is asked to archive."""

    VIDEO = "video"  # a YouTube video, by id or address
    PLAYLIST = "playlist"  # of YouTube, by id or address
    CHANNEL = "channel"  # of YouTube, by id, handle or address
    URL = "url"  # any address of any site yt-dlp knows, or of a media file; a list of videos, too


@dataclass(frozen=True, slots=True)
class Target:
    """Where a video is and what is known of its identity before anybody was asked."""

    identity: VideoIdentity
    source_url: str  # what the engine visits
    url_key: str | None  # key in `video_aliases`; None when the identity needs no alias


@dataclass(frozen=True, slots=True)
class ListTarget:
    """Where a list of videos is."""

    entity_type: EntityType  # what it is known to be: PLAYLIST, CHANNEL, or URL
    source_url: str  # canonical: what makes two requests mean the same list
    parts: tuple[str, ...]  # the addresses to list one after the other: the tabs of a channel
    list_id: str | None = None  # a playlist's, or a channel's id or @handle, where the address tells
    tab: str | None = None  # of a channel: the only one that was asked for


def resolve_target(
    entity_type: EntityType,
    entity_id: str,
    *,
    allowed_ports: frozenset[int] = ALLOWED_PORTS,
    exceptions: frozenset[tuple[str, int]] = frozenset(),
) -> Target | ListTarget:
    """Understand `entity_id`. Raises InvalidInput for the field `entity_id`.

    An address that turns out to be a list only when it is visited is a Target for the time being.
    """
    text = entity_id.strip(" ")
    if entity_type in (EntityType.PLAYLIST, EntityType.CHANNEL):
        return list_target(entity_type, text)
    youtube_id = youtube_video_id(text)
    if entity_type is EntityType.VIDEO:
        if youtube_id is None:
            _refuse_other_kind(text, EntityType.VIDEO)
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
    return find_youtube_list(url) or Target(provisional_identity(url.canonical), url.canonical, url_key(url.canonical))


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


def leads_only_to_youtube(url: str) -> bool:
    """Whether `url` is of a video, playlist or channel of YouTube; others under its name may lead anywhere.

    Such as consent.youtube.com/m?continue=..., or youtube.com/redirect.
    """
    if youtube_video_id(url) is not None:
        return True
    try:
        parsed = parse_url(url)
    except InvalidInput:
        return False
    # What a channel shows at this moment is a video of its own.
    return find_youtube_list(replace(parsed, target=parsed.target.removesuffix("/live"))) is not None


def _youtube(video_id: str) -> Target:
    return Target(youtube_identity(video_id), youtube_address(video_id), None)


def list_target(entity_type: EntityType, text: str) -> ListTarget:
    """A playlist or channel of YouTube, as somebody typed it. Raises InvalidInput."""
    found = _bare_list(entity_type, text)
    if found is None and "/" in text:
        address = text if "://" in text else f"https://{text.removeprefix('//')}"
        found = find_youtube_list(parse_url(address, field="entity_id"))
    if found is None or found.entity_type is not entity_type:
        _refuse_other_kind(text, entity_type)
        wanted = {
            EntityType.PLAYLIST: "the id of a YouTube playlist (PL...) or its address",
            EntityType.CHANNEL: "a YouTube channel's id (UC...), its @handle, or its address",
        }
        raise InvalidInput(
            "entity_id", f'must be {wanted[entity_type]}; for other sites use entity_type "url".', code="list.id"
        )
    return found


def _refuse_other_kind(text: str, asked: EntityType) -> None:
    """Raise InvalidInput that tells what of YouTube `text` is, if that is another kind than `asked`."""
    kind = _kind_of(text)
    if kind is not None and kind is not asked:
        raise InvalidInput("entity_id", f'is a {kind}; use entity_type "{kind}".', code="list.kind")


def _kind_of(text: str) -> EntityType | None:
    if "/" not in text:
        # Nearly everything could be the id of a playlist; only what cannot be anything else is called one.
        is_channel = _CHANNEL_ID.fullmatch(text) or _HANDLE.fullmatch(text)
        is_playlist = text.startswith("PL") and _PLAYLIST_ID.fullmatch(text)
        return EntityType.CHANNEL if is_channel else EntityType.PLAYLIST if is_playlist else None
    if youtube_video_id(text) is not None:
        return EntityType.VIDEO
    try:
        found = find_youtube_list(parse_url(text if "://" in text else f"https://{text.removeprefix('//')}"))
    except InvalidInput:
        return None
    return found.entity_type if found else None


def find_youtube_list(url: Url) -> ListTarget | None:
    """The playlist or channel of YouTube at `url`; None when it is neither."""
    if not is_youtube_host(url.host):
        return None
    path, _, query = url.target.partition("?")
    folders = [folder for folder in path.split("/") if folder]
    playlist_id = next(iter(parse_qs(query).get("list", [])), None)
    if playlist_id and _PLAYLIST_ID.fullmatch(playlist_id) and folders[:1] in (["playlist"], ["watch"], ["embed"]):
        return _playlist(playlist_id)
    return _channel_at(folders)


def _bare_list(entity_type: EntityType, text: str) -> ListTarget | None:
    if entity_type is EntityType.PLAYLIST and _PLAYLIST_ID.fullmatch(text):
        return _playlist(text)
    if entity_type is EntityType.CHANNEL and (_CHANNEL_ID.fullmatch(text) or _HANDLE.fullmatch(text)):
        return _channel([text] if text.startswith("@") else ["channel", text], text, None)
    return None


def _channel_at(folders: list[str]) -> ListTarget | None:
    """`/@handle`, `/channel/UC...`, `/c/name` or `/user/name`, with or without one of the tabs we list."""
    if folders and _HANDLE.fullmatch(unquote(folders[0])):
        name, rest = folders[:1], folders[1:]
    elif len(folders) > 1 and folders[0] in _CHANNEL_FOLDERS:
        name, rest = folders[:2], folders[2:]
    else:
        return None
    if len(rest) > 1 or (rest and rest[0] not in (*TABS, "featured")):
        return None
    known = unquote(name[-1]) if name[0] in ("channel",) or len(name) == 1 else None
    return _channel(name, known, rest[0] if rest and rest[0] in TABS else None)


def _playlist(playlist_id: str) -> ListTarget:
    address = f"https://www.youtube.com/playlist?list={playlist_id}"
    return ListTarget(EntityType.PLAYLIST, address, (address,), playlist_id)


def _channel(folders: list[str], known: str | None, tab: str | None) -> ListTarget:
    root = "https://www.youtube.com/" + "/".join(quote(unquote(folder), safe="@") for folder in folders)
    parts = tuple(f"{root}/{each}" for each in ([tab] if tab else TABS))
    return ListTarget(EntityType.CHANNEL, parts[0] if tab else root, parts, known, tab)
