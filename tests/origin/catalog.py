"""What is published at the origin: changed by the test while it runs."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from tests.origin.broadcast import Broadcast
from tests.origin.lists import Channel, Playlist, Publish
from tests.origin.media import Recipe
from tests.origin.video import Answer, Video

PATTERNS = 6  # how many recipes are handed out before they come round again


@dataclass(slots=True)
class Catalog:
    """Videos and playlists by id, channels by handle and id, files by name. Safe to use from any thread."""

    _videos: dict[str, Video] = field(default_factory=dict)
    _recipes: dict[str, Recipe] = field(default_factory=dict)
    _files: dict[str, Path] = field(default_factory=dict)
    _playlists: dict[str, Playlist] = field(default_factory=dict)
    _channels: dict[str, Channel] = field(default_factory=dict)
    _collections: dict[str, tuple[str, ...]] = field(default_factory=dict)
    # By id, of everything that was ever in a list: what makes its video when nobody added one.
    _defaults: dict[str, Publish | None] = field(default_factory=dict)
    # Of videos that are not live, for clients that were told they are.
    _broadcast: Broadcast = field(default_factory=lambda: Broadcast(window=5, begun=time.monotonic()))
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def add(self, video: Video) -> Video:
        """Publish a video, or what has become of the one with the same id."""
        with self._lock:
            if video.answer in {Answer.LIVE, Answer.PREMIERE}:
                video = replace(video, broadcast=video.broadcast or Broadcast())
            self._videos[video.id] = video
            return self.start_live(video.id) if video.answer is Answer.LIVE else video

    def start_live(self, video_id: str) -> Video:
        """A stream or premiere begins now. Raises KeyError or ValueError when there is none of this id."""
        with self._lock:
            video, now = self._videos[video_id], datetime.now(UTC)
            starts_at = min(_broadcast_of(video).starts_at or now, now)
            begun = replace(_broadcast_of(video), starts_at=starts_at, begun=time.monotonic(), ended=None)
            self._videos[video_id] = replace(video, answer=Answer.LIVE, broadcast=begun)
            return self._videos[video_id]

    def end_live(self, video_id: str, then: Answer) -> Video:
        """A stream ends now, and its video is told of as `then`. Raises KeyError or ValueError as above."""
        with self._lock:
            video = self._videos[video_id]
            ended = replace(_broadcast_of(video), ended=time.monotonic(), ended_at=datetime.now(UTC))
            self._videos[video_id] = replace(video, answer=then, broadcast=ended)
            return self._videos[video_id]

    def find(self, video_id: str) -> Video | None:
        """The video that was added, or that a list makes by default, if there is one."""
        with self._lock:
            video = self._videos.get(video_id)
            if video is None:
                publish = self._defaults.get(video_id)
                return publish(video_id) if publish else None
            due = video.answer is Answer.PREMIERE and _broadcast_of(video).is_due
            return self.start_live(video_id) if due else video

    def broadcast(self, video_id: str) -> Broadcast | None:
        """The live stream of a video, also of one that only an injected answer calls live; None: no such video."""
        video = self.find(video_id)
        return None if video is None else video.broadcast or self._broadcast

    def find_listed(self, video_id: str) -> Video | None:
        """The video as the lists know it, which know more than can be played, or as it was added."""
        with self._lock:
            return self.find(video_id) or (Video(video_id) if video_id in self._defaults else None)

    def add_playlist(self, playlist: Playlist) -> None:
        """Publish a playlist, or what has become of the one with the same id."""
        with self._lock:
            self._playlists[playlist.id] = playlist
            if playlist.default_video:
                self._defaults |= dict.fromkeys(playlist.video_ids, playlist.default_video)
            else:
                self._defaults = dict.fromkeys(playlist.video_ids) | self._defaults

    def change_playlist(self, playlist_id: str, append: tuple[str, ...], remove: tuple[str, ...]) -> Playlist:
        """Take videos from a playlist, and add some at its end. Raises KeyError when it is not there."""
        with self._lock:
            before = self._playlists[playlist_id]
            gone = frozenset(remove)
            kept = (each for each in before.video_ids if each not in gone)
            after = replace(before, video_ids=(*kept, *append))
            self.add_playlist(after)
            return after

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
        """The channel with this handle, also without its @, or this id."""
        with self._lock:
            return self._channels.get(name) or self._channels.get(f"@{name}")

    def available(self, video_ids: tuple[str, ...]) -> tuple[str, ...]:
        """Those of the ids that are neither private nor removed."""
        with self._lock:
            gone = {each.id for each in self._videos.values() if each.is_gone}
        return tuple(each for each in video_ids if each not in gone)

    def add_file(self, name: str, path: Path) -> None:
        """Publish a file as `/media/NAME` on every plain site."""
        with self._lock:
            self._files[name] = path

    def find_file(self, name: str) -> Path | None:
        """The file, if one was published under this name."""
        with self._lock:
            return self._files.get(name)

    def add_collection(self, name: str, items: tuple[str, ...]) -> None:
        """Publish what the feeds and the gallery of this name hold."""
        with self._lock:
            self._collections[name] = items

    def collection(self, name: str) -> tuple[str, ...]:
        """The names of the things in a collection; of one that was never published, three."""
        with self._lock:
            return self._collections.get(name, tuple(f"{name}-{number}" for number in (1, 2, 3)))

    def recipe_for(self, key: str) -> Recipe:
        """The media of a video id or plain name: its own, else a pattern that stays with it, in order of asking."""
        with self._lock:
            video = self.find(key)
            if video and video.recipe:
                return video.recipe
            if key not in self._recipes:
                self._recipes[key] = Recipe(pattern=len(self._recipes) % PATTERNS)
            return self._recipes[key]


def _broadcast_of(video: Video) -> Broadcast:
    if video.broadcast is None:
        raise ValueError(f"{video.id} is no live stream and no premiere")
    return video.broadcast
