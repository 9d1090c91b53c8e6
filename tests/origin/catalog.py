"""What is published at the origin: changed by the test while it runs."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path

from tests.origin.lists import Channel, Playlist
from tests.origin.media import Recipe
from tests.origin.video import Video

PATTERNS = 6  # how many recipes are handed out before they come round again


@dataclass(slots=True)
class Catalog:
    """Videos and playlists by id, channels by handle and id, files by name. Safe to use from any thread."""

    _videos: dict[str, Video] = field(default_factory=dict)
    _recipes: dict[str, Recipe] = field(default_factory=dict)
    _files: dict[str, Path] = field(default_factory=dict)
    _playlists: dict[str, Playlist] = field(default_factory=dict)
    _channels: dict[str, Channel] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def add(self, video: Video) -> Video:
        """Publish a video, or what has become of the one with the same id."""
        with self._lock:
            self._videos[video.id] = video
            return video

    def find(self, video_id: str) -> Video | None:
        """The video, if there is one."""
        with self._lock:
            return self._videos.get(video_id)

    def add_playlist(self, playlist: Playlist) -> None:
        """Publish a playlist, or what has become of the one with the same id."""
        with self._lock:
            self._playlists[playlist.id] = playlist

    def find_playlist(self, playlist_id: str) -> Playlist | None:
        """The playlist, if there is one."""
        with self._lock:
            return self._playlists.get(playlist_id)

    def add_channel(self, channel: Channel) -> None:
        """Publish a channel with the playlist of its uploads, or what has become of it."""
        with self._lock:
            self._channels[channel.handle] = self._channels[channel.id] = channel
            self.add_playlist(channel.uploads())

    def find_channel(self, name: str) -> Channel | None:
        """The channel with this handle, which begins with @, or this id."""
        with self._lock:
            return self._channels.get(name)

    def add_file(self, name: str, path: Path) -> None:
        """Publish a file as `/media/NAME` on every plain site."""
        with self._lock:
            self._files[name] = path

    def find_file(self, name: str) -> Path | None:
        """The file, if one was published under this name."""
        with self._lock:
            return self._files.get(name)

    def recipe_for(self, key: str) -> Recipe:
        """The media of a video id or plain name: its own, else a pattern that stays with it, in order of asking."""
        with self._lock:
            video = self._videos.get(key)
            if video and video.recipe:
                return video.recipe
            if key not in self._recipes:
                self._recipes[key] = Recipe(pattern=len(self._recipes) % PATTERNS)
            return self._recipes[key]
