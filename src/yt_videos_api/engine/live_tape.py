"""The file that a stream is recorded to, and the note beside it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from yt_videos_api.domain.offers import Cut
from yt_videos_api.engine.formats import file_name
from yt_videos_api.engine.live_playlist import Segment
from yt_videos_api.engine.live_stamp import PREFIX, SUFFIX, Recorded, find_recorded, nothing_recorded
from yt_videos_api.engine.part import Fetched


@dataclass(frozen=True, slots=True)
class Ready:
    """A segment as it is to be appended, and what will be so then (see Recorded)."""

    content: bytes
    header: str
    file_clock: float
    stream_clock: float


class Tape:
    """Appends segments. What an earlier run has recorded of the same stream stays; of another stream it goes."""

    def __init__(self, folder: Path, part: Mapping[str, Any]) -> None:
        self.path = folder / f"{PREFIX}{file_name(part)}"
        self._stamp_path = self.path.with_name(f"{self.path.name}{SUFFIX}")
        fresh, known = nothing_recorded(part), find_recorded(self._stamp_path)
        if known is not None and known.same_stream(fresh) and _size(self.path) >= known.size_bytes > 0:
            self.recorded = known
            os.truncate(self.path, known.size_bytes)  # killed while it wrote a segment
        else:
            self.recorded = fresh
            self.path.write_bytes(b"")
            fresh.save(self._stamp_path)

    def append(self, segment: Segment, ready: Ready) -> int:
        """Write a segment; durable on return. How many before it were lost is returned."""
        last = self.recorded.sequence
        lost = max(0, segment.sequence - last - 1) if last is not None else 0
        with self.path.open("ab") as file:
            file.write(ready.content)
            file.flush()
            os.fdatasync(file.fileno())  # the note must never tell of more than is there
        self._save(
            replace(
                self.recorded,
                sequence=segment.sequence,
                size_bytes=self.recorded.size_bytes + len(ready.content),
                seconds=self.recorded.seconds + segment.seconds,
                header=ready.header,
                file_clock=ready.file_clock,
                stream_clock=ready.stream_clock,
                lost=self.recorded.lost + lost,
            )
        )
        return lost

    def joins(self, segment: Segment) -> bool:
        """Whether `segment` does not simply follow what was appended last."""
        last = self.recorded.sequence
        return last is not None and (segment.discontinuity or segment.sequence != last + 1)

    def finish(self, cut: Cut | None = None) -> None:
        """Nothing will be appended, in this run and those to come; `cut` says why not, unless the stream is over."""
        self._save(replace(self.recorded, over=True, cut=cut or self.recorded.cut))

    def fetched(self, *, resumed_bytes: int) -> Fetched:
        """What is on it, as a part that is there."""
        return Fetched(self.path.name, self.recorded.size_bytes, resumed_bytes, self.recorded.cut)

    def _save(self, recorded: Recorded) -> None:
        recorded.save(self._stamp_path)
        self.recorded = recorded


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
