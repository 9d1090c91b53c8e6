"""What a test says of playlists and channels. The ids need no published videos behind them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Tab = Literal["videos", "shorts", "streams"]


@dataclass(frozen=True, slots=True)
class Playlist:
    """A playlist, in the order of its owner."""

    id: str  # PL and at least ten letters, digits, _ or -
    video_ids: tuple[str, ...]
    title: str = "A playlist"
    channel: str = "Stand-in Channel"
    channel_id: str = "UCstandinchannel00000000"
    handle: str = "@standin"
    description: str = "A playlist of the stand-in origin."
    page_size: int = 100


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel, its newest first; a tab without videos does not exist. Its uploads are also the playlist UU..."""

    handle: str = "@standin"
    id: str = "UCstandinchannel00000000"
    title: str = "Stand-in Channel"
    videos: tuple[str, ...] = ()
    shorts: tuple[str, ...] = ()
    streams: tuple[str, ...] = ()
    page_size: int = 30

    def tab(self, tab: Tab) -> tuple[str, ...]:
        """The ids on a tab."""
        return {"videos": self.videos, "shorts": self.shorts, "streams": self.streams}[tab]

    def uploads(self) -> Playlist:
        """The playlist of everything that was ever uploaded."""
        everything = (*self.videos, *self.shorts, *self.streams)
        uploads_id = "UU" + self.id.removeprefix("UC")
        return Playlist(uploads_id, everything, f"Uploads from {self.title}", self.title, self.id, self.handle)
