"""A live stream on its way: when it begins, how fast it grows, and what its playlist names at a moment."""

from __future__ import annotations

import functools
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.origin.media import Recipe, hls_folder_of

# Half a minute; a stream that goes on for longer begins it anew, after a discontinuity.
LIVE_RECIPE = Recipe(seconds=30, heights=(144, 360), codecs=("h264",))
ITAGS = {144: 91, 360: 93}


@dataclass(frozen=True, slots=True)
class Broadcast:
    """How a live stream or premiere goes. The second half is the origin's to say."""

    starts_at: datetime | None = None  # aware; None: a live stream at once, a premiere in three hours
    punctual: bool = True  # begins at `starts_at` by itself, else when the test says so
    every_seconds: float = 1  # between two segments; each is a second of media
    window: int | None = None  # how many segments the playlist names, older ones are gone; None: all
    recipe: Recipe = LIVE_RECIPE

    begun: float | None = None  # of time.monotonic()
    ended: float | None = None  # of time.monotonic()
    ended_at: datetime | None = None

    @property
    def is_due(self) -> bool:
        """Whether it should begin by itself now."""
        return self.punctual and self.starts_at is not None and self.starts_at <= datetime.now(UTC)

    @property
    def announced_at(self) -> datetime:
        """When it begins or began."""
        return self.starts_at or datetime.now(UTC) + timedelta(hours=3)

    def prepare(self) -> None:
        """Make the media now; else the first who asks waits for ffmpeg."""
        hls_folder_of(self.recipe, "mpegts")

    @property
    def segments(self) -> range:
        """The numbers of the segments that exist now."""
        if self.begun is None:
            return range(0)
        until = time.monotonic() if self.ended is None else self.ended
        stop = 1 + int((until - self.begun) / self.every_seconds)
        return range(0 if self.window is None else max(0, stop - self.window), stop)

    def segment(self, height: int, number: int) -> Path | None:
        """The file of a segment, if it is there now."""
        return self._track(height).file(number) if number in self.segments else None

    def master(self, base: str) -> str:
        """The playlist of the heights; their playlists are at `<base>/itag/<itag>/playlist/index.m3u8`."""
        lines = ["#EXTM3U", "#EXT-X-INDEPENDENT-SEGMENTS"]
        for height, itag in ITAGS.items():
            told = f'BANDWIDTH={height * 2000},RESOLUTION={height * 16 // 9}x{height},CODECS="avc1.42c01f,mp4a.40.2"'
            lines += [f"#EXT-X-STREAM-INF:{told},FRAME-RATE=25", f"{base}/itag/{itag}/playlist/index.m3u8"]
        return "\n".join([*lines, ""])

    def playlist(self, height: int, base: str) -> str:
        """What there is of one height now; segments are at `<base>/itag/<itag>/sq/<number>/file/seg.ts`."""
        track, listed = self._track(height), self.segments
        lines = ["#EXTM3U", "#EXT-X-VERSION:6", f"#EXT-X-TARGETDURATION:{track.longest_seconds}"]
        lines += [f"#EXT-X-MEDIA-SEQUENCE:{listed.start}"]
        lines += [f"#EXT-X-DISCONTINUITY-SEQUENCE:{max(listed.start - 1, 0) // track.count}"]
        lines += [f"#EXT-X-PROGRAM-DATE-TIME:{(self.announced_at + timedelta(seconds=listed.start)).isoformat()}"]
        for number in listed:
            if number and number % track.count == 0:
                lines.append("#EXT-X-DISCONTINUITY")
            lines += [f"#EXTINF:{track.seconds(number)},", f"{base}/itag/{ITAGS[height]}/sq/{number}/file/seg.ts"]
        return "\n".join([*lines, "#EXT-X-ENDLIST", ""] if self.ended is not None else [*lines, ""])

    def _track(self, height: int) -> _Track:
        return _track(self.recipe, height)


@dataclass(frozen=True, slots=True)
class _Track:
    """The segments of one height, which follow each other for ever."""

    folder: Path
    names: tuple[str, ...]
    lengths: tuple[str, ...] = field(default=())  # in seconds, as ffmpeg wrote them

    @property
    def count(self) -> int:
        return len(self.names)

    @property
    def longest_seconds(self) -> int:
        return round(max(float(length) for length in self.lengths))

    def file(self, number: int) -> Path:
        return self.folder / self.names[number % self.count]

    def seconds(self, number: int) -> str:
        return self.lengths[number % self.count]


@functools.cache
def _track(recipe: Recipe, height: int) -> _Track:
    folder = hls_folder_of(recipe, "mpegts")
    lines = (folder / f"{height}.m3u8").read_text().splitlines()
    names = tuple(line for line in lines if line and not line.startswith("#"))
    lengths = tuple(line.removeprefix("#EXTINF:").rstrip(",") for line in lines if line.startswith("#EXTINF:"))
    return _Track(folder, names, lengths)
