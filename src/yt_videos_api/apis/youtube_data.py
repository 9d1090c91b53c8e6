"""YouTube Data API v3: channels, playlists and what is in them, for a key with a daily quota."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from yt_videos_api.apis.document import member
from yt_videos_api.apis.fault import ApiFault, FaultReason
from yt_videos_api.apis.http import JsonClient
from yt_videos_api.apis.youtube_entries import channel_facts, list_entry, list_id, playlist_facts, video_id_of
from yt_videos_api.apis.youtube_faults import fault_in
from yt_videos_api.domain.lists import ListEntry, ListFacts

ENTRIES_ON_A_PAGE = 50  # the most the API hands out, and the most videos it tells of at once
_UNITS_OF_A_CALL = 1
_CHANNEL_ID = re.compile(r"UC[A-Za-z0-9_-]{22}")
_LONGEST_PAGE_TOKEN = 2000


@dataclass(frozen=True, slots=True)
class ChannelUploads:
    """A channel and the playlist of everything it ever uploaded: videos, shorts and streams, newest first."""

    facts: ListFacts
    playlist_id: str


@dataclass(frozen=True, slots=True)
class Page:
    """Some entries of a list, in its order, and where to go on."""

    entries: tuple[ListEntry, ...]
    next_page_token: str | None  # None: the list ends here


@dataclass(frozen=True, slots=True)
class YouTubeData:
    """The service at the address of `http`.

    `on_units` is told of every unit of the quota before it is spent: Google counts calls that fail, too. All methods
    raise ApiFault; `not_found` also stands for lists that only their owner may see.
    """

    http: JsonClient = field(repr=False)
    key: str = field(repr=False)
    on_units: Callable[[int], None] = field(repr=False)

    def channel(self, name: str) -> ChannelUploads:
        """The channel called `name`: its id (UC...), its @handle, or its user name of old (/user/NAME)."""
        channel = self._only("channels", "snippet,contentDetails,statistics", **{_kind_of(name): name})
        uploads = member(channel, "contentDetails", "relatedPlaylists", "uploads")
        if not uploads:  # channels that YouTube makes by itself upload nothing
            raise ApiFault(FaultReason.NOT_FOUND, "a channel without uploads")
        return ChannelUploads(channel_facts(channel), list_id(uploads))

    def playlist(self, playlist_id: str) -> ListFacts:
        """What is said of a playlist, the one of a channel's uploads among them."""
        return playlist_facts(self._only("playlists", "snippet,contentDetails,status", id=playlist_id))

    def entries(self, playlist_id: str, page_token: str | None = None) -> Page:
        """One page of a playlist: its first, or the one that an earlier page named. Costs two units.

        Raises ApiFault("bad_page_token") for a token that is not good any more.
        """
        query = {"playlistId": playlist_id, "maxResults": str(ENTRIES_ON_A_PAGE)}
        if page_token is not None:
            query["pageToken"] = page_token
        document = self._ask("playlistItems", "snippet,contentDetails,status", query)
        items = _items_of(document)
        if items is None or len(items) > ENTRIES_ON_A_PAGE:
            raise ApiFault(FaultReason.BAD_ANSWER, "no page of a playlist")
        videos = self._videos([video_id_of(item) for item in items])
        entries = tuple(list_entry(item, videos.get(video_id_of(item))) for item in items)
        return Page(entries, _next_page_token(document, page_token))

    def _videos(self, ids: list[str]) -> dict[str, Any]:
        """What is said of each of these videos; those that are gone are missing."""
        if not ids:
            return {}
        query = {"id": ",".join(dict.fromkeys(ids))}
        document = self._ask("videos", "snippet,contentDetails,status,liveStreamingDetails", query)
        return {str(member(video, "id")): video for video in _items_of(document) or ()}

    def _only(self, resource: str, parts: str, **query: str) -> Any:
        items = _items_of(self._ask(resource, parts, query))
        if not items:
            raise ApiFault(FaultReason.NOT_FOUND, f"none of {resource}")
        return items[0]

    def _ask(self, resource: str, parts: str, query: dict[str, str]) -> Any:
        self.on_units(_UNITS_OF_A_CALL)
        answer = self.http.get(f"/{resource}", {"part": parts, **query, "key": self.key})
        if answer.status != 200:
            raise fault_in(answer)
        if not isinstance(answer.document, dict):
            raise ApiFault(FaultReason.BAD_ANSWER, "no list of anything")
        return answer.document


def _kind_of(name: str) -> str:
    if _CHANNEL_ID.fullmatch(name):
        return "id"
    return "forHandle" if name.startswith("@") else "forUsername"


def _items_of(document: Any) -> list[Any] | None:
    """What was found. None where nothing is said of it, as channels.list does when there is nothing."""
    items = member(document, "items")
    if items is None:
        return None
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise ApiFault(FaultReason.BAD_ANSWER, "no list of items")
    return items


def _next_page_token(document: Any, page_token: str | None) -> str | None:
    token = member(document, "nextPageToken")
    if token is None:
        return None
    if not isinstance(token, str) or not 0 < len(token) <= _LONGEST_PAGE_TOKEN or token == page_token:
        raise ApiFault(FaultReason.BAD_ANSWER, "no way to the next page")
    return token
