"""Playlists and channels: their pages, and what the browse API says when more rows are asked for."""

from __future__ import annotations

import base64
from dataclasses import dataclass, replace
from typing import Any, get_args

from tests.origin.catalog import Catalog
from tests.origin.lists import Channel, Playlist, Tab
from tests.origin.video import Video
from tests.origin.youtube import rows

TABS: tuple[Tab, ...] = get_args(Tab)


@dataclass(frozen=True, slots=True)
class Place:
    """A position in a list; what a continuation token stands for."""

    name: str  # a playlist's id or a channel's handle
    tab: Tab | None  # None: it is a playlist
    offset: int = 0

    def token(self) -> str:
        """As a client carries it."""
        return base64.urlsafe_b64encode(f"{self.name}|{self.tab or ''}|{self.offset}".encode()).decode()

    @classmethod
    def of(cls, token: str) -> Place:
        """What `token` gave. Raises ValueError for anything else."""
        name, tab, offset = base64.urlsafe_b64decode(token).decode().split("|")
        return cls(name, next((each for each in TABS if each == tab), None), int(offset))


@dataclass(frozen=True, slots=True)
class Lists:
    """Turns the catalog's lists into YouTube's JSON."""

    catalog: Catalog
    signed_in: bool = False  # whether they are shown to an account

    def shows(self, playlist: Playlist) -> bool:
        """Whether the playlist may be seen at all."""
        return self.signed_in or not playlist.private

    def playlist_page(self, playlist: Playlist, *, with_unavailable: bool) -> dict[str, Any]:
        """`ytInitialData` of a playlist; without unavailable videos as long as nobody asks for them."""
        contents = self._rows(Place(playlist.id, None), self._shown(playlist), playlist.page_size)
        if not with_unavailable:
            contents = [row for row in contents if not self._is_gone(row)]
        section = {"itemSectionRenderer": {"contents": contents}}
        tab = {"selected": True, "content": {"sectionListRenderer": {"contents": [section]}}}
        owner = {"browseId": playlist.channel_id, "canonicalBaseUrl": f"/{playlist.handle}"}
        header = {
            "playlistId": playlist.id,
            "title": {"simpleText": playlist.title},
            "numVideosText": {"runs": [{"text": str(len(playlist.video_ids))}, {"text": " videos"}]},
            "ownerText": {"runs": [{"text": playlist.channel, "navigationEndpoint": {"browseEndpoint": owner}}]},
            "privacy": "PUBLIC",
        }
        return {
            "metadata": {"playlistMetadataRenderer": {"title": playlist.title, "description": playlist.description}},
            "header": {"playlistHeaderRenderer": header},
            "contents": {"twoColumnBrowseResultsRenderer": {"tabs": [{"tabRenderer": tab}]}},
        }

    def channel_page(self, channel: Channel, tab: Tab) -> dict[str, Any]:
        """`ytInitialData` of a channel's tab; of its empty start page when it has no such tab."""
        names = [name for name in TABS if channel.tab(name)]
        tabs = [_tab(channel, "featured", {"sectionListRenderer": {"contents": []}}, selected=tab not in names)]
        for name in names:
            place = Place(channel.handle, name)
            ids = self.catalog.available(channel.tab(name))
            grid = {"contents": self._rows(place, ids, channel.page_size)} if name == tab else {}
            tabs.append(_tab(channel, name, {"richGridRenderer": grid}, selected=name == tab))
        about = {
            "title": channel.title,
            "externalId": channel.id,
            "description": "A channel of the stand-in origin.",
            "vanityChannelUrl": f"http://www.youtube.com/{channel.handle}",
            "ownerUrls": [f"http://www.youtube.com/{channel.handle}"],
        }
        return {
            "metadata": {"channelMetadataRenderer": about},
            "contents": {"twoColumnBrowseResultsRenderer": {"tabs": tabs}},
        }

    def more(self, place: Place) -> dict[str, Any]:
        """The answer to a continuation; empty when the list is not there any more."""
        found = self._find(place)
        items = self._rows(place, *found) if found else []
        action = {"appendContinuationItemsAction": {"continuationItems": items}}
        return {"onResponseReceivedActions": [action]}

    def page_of(self, place: Place) -> int:
        """Which page begins at a place; the first is 1."""
        found = self._find(place)
        return place.offset // found[1] + 1 if found else 1

    def _find(self, place: Place) -> tuple[tuple[str, ...], int] | None:
        if place.tab is None:
            playlist = self.catalog.find_playlist(place.name)
            return (self._shown(playlist), playlist.page_size) if playlist else None
        channel = self.catalog.find_channel(place.name)
        return (self.catalog.available(channel.tab(place.tab)), channel.page_size) if channel else None

    def _shown(self, playlist: Playlist) -> tuple[str, ...]:
        return self.catalog.available(playlist.video_ids) if playlist.hides_unavailable else playlist.video_ids

    def _rows(self, place: Place, ids: tuple[str, ...], page_size: int) -> list[dict[str, Any]]:
        end = place.offset + page_size
        videos = [video for each in ids[place.offset : end] if (video := self._seen(each))]
        found = [rows.channel_row(each, place.tab) if place.tab else rows.lockup(each) for each in videos]
        if end < len(ids):
            found.append(rows.continuation(Place(place.name, place.tab, end).token()))
        return found

    def _seen(self, video_id: str) -> Video | None:
        video = self.catalog.find_listed(video_id)
        if video and video.signed_in and self.signed_in:
            return replace(video, answer=video.signed_in)
        return video

    def _is_gone(self, row: dict[str, Any]) -> bool:
        video = self._seen(row.get("lockupViewModel", {}).get("contentId", ""))
        return video is not None and video.is_gone


def _tab(channel: Channel, name: str, content: dict[str, Any], *, selected: bool) -> dict[str, Any]:
    url = f"/{channel.handle}/{name}"
    endpoint = {"commandMetadata": {"webCommandMetadata": {"url": url}}}
    title = {"featured": "Home", "streams": "Live"}.get(name, name.title())
    tab: dict[str, Any] = {"title": title, "endpoint": endpoint, "selected": selected}
    return {"tabRenderer": tab | {"content": content} if selected else tab}
