"""What a test says of playlists and channels. The ids need no published videos behind them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from tests.origin.video import Video

Tab = Literal["videos", "shorts", "streams"]
Publish = Callable[[str], Video]


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
    private: bool = False  # only the cookies of an account show it
    hides_unavailable: bool = False  # whether private and removed videos have no rows, even when asked for
    # Makes the video of an id that nobody added: then it plays. `Video` itself will do. None: listed, but not there.
    default_video: Publish | None = None


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel, its newest first; a tab without videos does not exist. Its uploads are also the playlist UU...

    As on YouTube, videos that are private or removed are on no tab and not among the uploads.
    """

    handle: str = "@standin"
    id: str = "UCstandinchannel00000000"
    title: str = "Stand-in Channel"
    videos: tuple[str, ...] = ()
    shorts: tuple[str, ...] = ()
    streams: tuple[str, ...] = ()
    page_size: int = 30
    default_video: Publish | None = None  # as of a playlist

    def tab(self, tab: Tab) -> tuple[str, ...]:
        """The ids on a tab."""
        return {"videos": self.videos, "shorts": self.shorts, "streams": self.streams}[tab]

    @property
    def uploads_id(self) -> str:
        """The id of the playlist of everything that was ever uploaded."""
        return "UU" + self.id.removeprefix("UC")

    def uploads(self) -> Playlist:
        """The playlist of everything that was ever uploaded."""
        return Playlist(
            self.uploads_id,
            (*self.videos, *self.shorts, *self.streams),
            f"Uploads from {self.title}",
            self.title,
            self.id,
            self.handle,
            hides_unavailable=True,
            default_video=self.default_video,
        )
