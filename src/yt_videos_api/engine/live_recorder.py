"""Records one live stream: each new segment once and in order, appended as it comes.

Not ffmpeg: over the network it opens whatever a playlist names. Not yt-dlp: its own downloader of HLS refuses what has
no end.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from yt_dlp.utils import YoutubeDLError

from yt_videos_api.domain.errors import DownloadFailure
from yt_videos_api.engine.live_bounds import Bounds, StreamOver
from yt_videos_api.engine.live_joint import Joints
from yt_videos_api.engine.live_playlist import Playlist, Segment
from yt_videos_api.engine.live_source import LiveSource, SegmentLost, SegmentUnusable, SiteRefuses
from yt_videos_api.engine.live_tape import Ready, Tape
from yt_videos_api.engine.part import Fetched
from yt_videos_api.engine.progress import Meter

_FIRST_TARGET_SECONDS = 2.0  # until a playlist tells how often it changes
_TRIES = 3  # a segment may be listed a moment before it is there
# Servers of one site do not all list the same: a list that ends this much earlier is an old one, not a new count.
_BEHIND_SEGMENTS = 10
# What passes by itself, now and then; everything else is a bug or fatal.
_PASSING = (YoutubeDLError, OSError, DownloadFailure)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the recordings of one run share."""

    bounds: Bounds
    meter: Meter
    stall_seconds: float
    note: Callable[[str], None]  # into the log of the run
    # A format with a fresh address, by its id; None: the site says that the stream is over.
    renew: Callable[[str], Mapping[str, Any] | None]


class Recorder:
    """Records one stream onto its tape. One thread."""

    def __init__(self, source: LiveSource, tape: Tape, around: Surroundings) -> None:
        self._source = source
        self._tape = tape
        self._joints = Joints(source, tape)
        self._around = around
        self._resumed_bytes = tape.recorded.size_bytes
        self._passed = tape.recorded.sequence  # the last segment that was dealt with
        self._trouble: Exception | None = None  # of the last look
        self._tries = 0
        self._target_seconds = _FIRST_TARGET_SECONDS
        self._renewed_at = 0.0
        self.grown_at = time.monotonic()  # when the last segment came; inf: none is expected

    def begin_with(self, sequence: int) -> None:
        """Leave out what comes before, if this is where the recording begins."""
        if self._passed is None:
            self._passed = sequence - 1

    def record(self) -> Fetched:
        """Until the stream is over or a bound is reached.

        Raises DownloadFailure ("stalled" when nothing ever came), or what yt-dlp raises: what was recorded stays.
        """
        self._around.meter.expect(self._tape.path.name, done_bytes=self._resumed_bytes, total_bytes=None)
        self.grown_at = time.monotonic()
        cut = None
        try:
            self._around.bounds.admit(self._resumed_bytes)
            while not self._tape.recorded.over:
                self._round()
        except StreamOver as over:
            self._note(f"the recording ends: {over}")
            cut = over.cut
        if not self._tape.recorded.size_bytes:
            raise DownloadFailure("stalled", "nothing of the stream came")
        self._tape.finish(cut)
        self.grown_at = math.inf
        return self._tape.fetched(resumed_bytes=self._resumed_bytes)

    def _round(self) -> None:
        """Look once, take what is new, and wait until it is worth to look again."""
        self._around.bounds.check()
        began_at, had = time.monotonic(), self._passed
        playlist = self._look()
        if playlist is not None and self._take(playlist) and playlist.ended:
            raise StreamOver("the stream has ended")
        self._require_growth()
        wait = self._target_seconds if self._passed != had else self._target_seconds / 2
        wait = min(wait, self._around.stall_seconds / 4)
        self._around.bounds.pause(began_at + wait - time.monotonic())

    def _look(self) -> Playlist | None:
        try:
            playlist = self._source.playlist()
        except SiteRefuses as error:
            self._trouble = error
            self._ask_for_address()
            return None
        except _PASSING as error:
            self._endure(error)
            return None
        self._trouble, self._target_seconds = None, playlist.target_seconds
        return playlist

    def _endure(self, error: Exception) -> None:
        """Trouble may pass until the stall time is over. Raises what will not pass."""
        self._around.bounds.check()
        if isinstance(error, DownloadFailure) and error.code == "drm_protected":
            raise error
        self._trouble = error

    def _ask_for_address(self) -> None:
        if time.monotonic() - self._renewed_at < self._around.stall_seconds / 2:
            return
        try:
            part = self._around.renew(self._tape.recorded.format_id)
        except _PASSING as error:
            self._endure(error)
        else:
            if part is None and self._tape.recorded.size_bytes:
                raise StreamOver("the site says that the stream is over")
            self._source.move(part or {})
        finally:
            self._renewed_at = time.monotonic()

    def _require_growth(self) -> None:
        if time.monotonic() - self.grown_at < self._around.stall_seconds:
            return
        if self._trouble is not None:
            raise self._trouble
        raise StreamOver(f"nothing new for {self._around.stall_seconds:.0f} s")

    def _take(self, playlist: Playlist) -> bool:
        """Append what is new; whether all of it was dealt with."""
        for segment in self._fresh(playlist):
            self._around.bounds.check()
            try:
                ready = self._joints.ready(segment)
            except (SegmentLost, *_PASSING) as error:
                if not self._give_up(segment, error):
                    return False
            else:
                self._append(segment, ready)
            self._passed, self._tries = segment.sequence, 0
        return True

    def _fresh(self, playlist: Playlist) -> list[Segment]:
        listed = list(playlist.segments)
        if self._passed is None or not listed:
            return listed
        if listed[-1].sequence + max(_BEHIND_SEGMENTS, len(listed)) < self._passed:
            self._note(f"the site counts from {listed[0].sequence} again after {self._passed}")
            return [replace(listed[0], discontinuity=True), *listed[1:]]
        return [segment for segment in listed if segment.sequence > self._passed]

    def _give_up(self, segment: Segment, error: Exception) -> bool:
        """Whether the segment was tried often enough."""
        self._endure(error)
        self._tries += 1
        if isinstance(error, SegmentLost | DownloadFailure):
            enough = self._tries >= _TRIES or isinstance(error, SegmentUnusable)
        else:  # the network: nobody can tell whether the segment is there
            enough = time.monotonic() - self.grown_at >= self._around.stall_seconds / 2
        if not enough:
            return False
        if isinstance(error, SegmentLost):
            self._trouble = None  # the site is well, it just has not got it
        self._note(f"segment {segment.sequence} is lost: {error}")
        return True

    def _append(self, segment: Segment, ready: Ready) -> None:
        self._around.bounds.admit(len(ready.content))
        lost = self._tape.append(segment, ready)
        if lost:
            self._note(f"{lost} segments before {segment.sequence} are missing")
        self.grown_at, self._trouble = time.monotonic(), None
        recorded = self._tape.recorded
        self._around.meter.advance(self._tape.path.name, done_bytes=recorded.size_bytes, total_bytes=None)
        self._around.bounds.check_length(recorded.seconds)

    def _note(self, text: str) -> None:
        self._around.note(f"[live] {self._tape.path.name}: {text}")
