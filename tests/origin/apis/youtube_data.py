"""The YouTube Data API v3, as far as lists of videos need it: channels, playlists, playlistItems, videos."""

from __future__ import annotations

import base64
import binascii
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from tests.origin.apis import google
from tests.origin.apis.resources import (
    Resource,
    channel_resource,
    item_resource,
    playlist_resource,
    video_resource,
)
from tests.origin.catalog import Catalog
from tests.origin.lists import Channel, Playlist
from tests.origin.message import Incoming, Response, Target, json_response, not_found

HOST = "www.googleapis.com"
_ROOT = "/youtube/v3/"
_LOOPBACK = ("127.0.0.1", "localhost")
_ALWAYS = ("kind", "id")  # sent whatever parts are asked for


@dataclass(slots=True)
class ApiUse:
    """Whose key is good, and how many calls have been made with it. Safe to use from any thread."""

    key: str | None = None  # the only good one; None: every key is
    quota: int | None = None  # units in all; None: endless
    units: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def spend(self, key: str) -> None:
        """Count a call, good or bad. Raises Refused when it is not allowed; those cost nothing."""
        if not key:
            raise google.no_key()
        if self.key is not None and key != self.key:
            raise google.wrong_key()
        with self._lock:
            if self.quota is not None and self.units >= self.quota:
                raise google.quota_exceeded()
            self.units += 1


@dataclass(frozen=True, slots=True)
class YouTubeData:
    """`www.googleapis.com/youtube/v3/`, and the same on loopback addresses."""

    catalog: Catalog
    use: ApiUse

    def owns(self, incoming: Incoming) -> bool:
        """Whether a request is the API's."""
        return incoming.host == HOST or (incoming.host in _LOOPBACK and incoming.path.startswith(_ROOT))

    def route(self, incoming: Incoming) -> Target:
        """What a request is about: `video` is the playlist, `page` the page of it."""
        methods: dict[str, Callable[[Incoming], Resource]] = {
            f"{_ROOT}channels": self._channels,
            f"{_ROOT}playlists": self._playlists,
            f"{_ROOT}playlistItems": self._playlist_items,
            f"{_ROOT}videos": self._videos,
        }
        method = methods.get(incoming.path)
        if method is None:
            return Target("other", not_found)
        playlist = incoming.query.get("playlistId")
        return Target("api", lambda: self._answer(method, incoming), video=playlist, page=_page(incoming))

    def _answer(self, method: Callable[[Incoming], Resource], incoming: Incoming) -> Response:
        try:
            self.use.spend(incoming.query.get("key") or incoming.headers.get("x-goog-api-key", ""))
            if not incoming.query.get("part"):
                raise google.missing("part")
            return json_response(method(incoming))
        except google.Refused as refusal:
            return refusal.response()

    def _channels(self, incoming: Incoming) -> Resource:
        names = _ids(incoming) if "id" in incoming.query else [_handle(incoming)]
        found = [channel for name in names if (channel := self.catalog.find_channel(name))]
        told = [channel_resource(channel, len(self._uploads(channel))) for channel in found]
        answer = _list("channel", _parts(incoming, told), len(told))
        # Of nobody this method sends no list at all, where others send an empty one.
        return answer if told else {name: value for name, value in answer.items() if name != "items"}

    def _playlists(self, incoming: Incoming) -> Resource:
        if "id" not in incoming.query:
            raise google.no_filter()
        found = [playlist for name in _ids(incoming) if (playlist := self.catalog.find_playlist(name))]
        told = [playlist_resource(each, len(self._shown(each))) for each in found if not each.private]
        return _list("playlist", _parts(incoming, told), len(told))

    def _playlist_items(self, incoming: Incoming) -> Resource:
        if "playlistId" not in incoming.query:
            raise google.no_filter()
        playlist = self.catalog.find_playlist(incoming.query["playlistId"])
        if playlist is None:
            raise google.playlist_not_found()
        if playlist.private:
            raise google.playlist_not_accessible()
        start, ids = _offset(incoming), self._shown(playlist)
        end = start + _count(incoming)
        told = [
            item_resource(playlist, video, position)
            for position, video_id in enumerate(ids[start:end], start)
            if (video := self.catalog.find_listed(video_id))
        ]
        tokens = {"nextPageToken": _token(end)} if end < len(ids) else {}
        return tokens | _list("playlistItem", _parts(incoming, told), len(ids), _count(incoming))

    def _videos(self, incoming: Incoming) -> Resource:
        if "id" not in incoming.query:
            raise google.no_filter()
        found = [video for video_id in _ids(incoming) if (video := self.catalog.find_listed(video_id))]
        known = [video for video in found if not video.is_gone]
        told = [video_resource(video, self.catalog.recipe_for(video.id).duration_seconds) for video in known]
        return _list("video", _parts(incoming, told), len(told))

    def _uploads(self, channel: Channel) -> tuple[str, ...]:
        return self._shown(channel.uploads())

    def _shown(self, playlist: Playlist) -> tuple[str, ...]:
        return self.catalog.available(playlist.video_ids) if playlist.hides_unavailable else playlist.video_ids


def _list(kind: str, items: list[Resource], total: int, per_page: int | None = None) -> Resource:
    info = {"totalResults": total, "resultsPerPage": len(items) if per_page is None else per_page}
    return {"kind": f"youtube#{kind}ListResponse", "etag": "standin", "pageInfo": info, "items": items}


def _parts(incoming: Incoming, resources: Iterable[Resource]) -> list[Resource]:
    wanted = {*_ALWAYS, *incoming.query["part"].replace(" ", "").split(",")}
    return [{name: value for name, value in each.items() if name in wanted} for each in resources]


def _ids(incoming: Incoming) -> list[str]:
    ids = [each.strip() for each in incoming.query["id"].split(",")]
    if len(ids) > 50:
        raise google.too_many_ids()
    return ids


def _handle(incoming: Incoming) -> str:
    told = incoming.query.get("forHandle") or incoming.query.get("forUsername")
    if not told:
        raise google.no_filter()
    return told


def _count(incoming: Incoming) -> int:
    told = incoming.query.get("maxResults", "5")
    if not told.isdecimal() or int(told) > 50:
        raise google.out_of_range("maxResults", told)
    return int(told)


def _token(offset: int) -> str:
    return base64.urlsafe_b64encode(f"PT:{offset}".encode()).decode()


def _offset(incoming: Incoming) -> int:
    told = incoming.query.get("pageToken")
    if not told:
        return 0
    try:
        mark, _, offset = base64.urlsafe_b64decode(told).decode().partition(":")
    except (binascii.Error, ValueError):
        raise google.invalid_page_token() from None
    if mark != "PT" or not offset.isdecimal():
        raise google.invalid_page_token()
    return int(offset)


def _page(incoming: Incoming) -> int | None:
    try:
        return _offset(incoming) // max(_count(incoming), 1) + 1
    except google.Refused:
        return None
