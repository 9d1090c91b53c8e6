"""The transfer of one part: continued where it can be, started over where it must, and measured at the end."""

from __future__ import annotations

import contextlib
import glob
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from yt_videos_api.domain.errors import DownloadFailure
from yt_videos_api.engine.caged import CagedYoutubeDL
from yt_videos_api.engine.formats import estimated_size, exact_size, file_name
from yt_videos_api.engine.guard import FileGuard, SourceChanged
from yt_videos_api.engine.progress import Meter
from yt_videos_api.engine.stamp import Stamp, find_stamp, remove_part, restarted, stamp_of

_TS_SYNC = b"\x47"
_TRIES = 2  # the first may find that the file has changed since it was begun


@dataclass(frozen=True, slots=True)
class Fetched:
    """A part that is there."""

    path: str  # file name inside the staging folder
    size_bytes: int
    resumed_bytes: int
    cut: str | None = None  # of a recording: why it ended before the stream did (domain.offers.Cut)


class PartTransfer:
    """Fetches one format into the staging folder. One thread."""

    def __init__(
        self, ydl: CagedYoutubeDL, part: Mapping[str, Any], folder: Path, *, meter: Meter, largest_bytes: int
    ) -> None:
        self._ydl = ydl
        self._largest_bytes = largest_bytes
        self._part = dict(part)
        self._meter = meter
        self._fragmented = str(part.get("protocol")) not in ("http", "https")
        self.path = folder / file_name(part)
        self._partial = folder / f"{self.path.name}.part"
        self._stamp_path = folder / f"{self.path.name}.stamp"
        self._stamp = stamp_of(part)

    def fetch(self) -> Fetched:
        """Raises DownloadFailure, or what yt-dlp raises."""
        resumed = self._prepare()
        self._meter.expect(self.path.name, done_bytes=resumed, total_bytes=estimated_size(self._part))
        if self._stamp.finished_bytes is not None:
            return Fetched(self.path.name, self._stamp.finished_bytes, self._stamp.finished_bytes)
        for _ in range(_TRIES):
            guard = FileGuard(self._stamp, self._stamp_path, self._largest_bytes)
            try:
                size = self._download(guard)
            except SourceChanged:
                self._start_over()
                resumed = 0
            else:
                return Fetched(self.path.name, size, 0 if guard.began_again else resumed)
        raise DownloadFailure("incomplete", "the file changes while it is fetched")

    def notice(self, status: Mapping[str, Any]) -> None:
        """A progress report of yt-dlp for this part. Raises SourceChanged when it has other fragments now."""
        if self._fragmented:
            self._notice_fragment(status)
        self._meter.advance(
            self.path.name,
            done_bytes=int(status.get("downloaded_bytes") or 0),
            total_bytes=_whole(status.get("total_bytes") or status.get("total_bytes_estimate")),
        )

    def _prepare(self) -> int:
        """Make what lies there usable, or remove it; the number of bytes that are kept."""
        known = find_stamp(self._stamp_path)
        if known is not None and known.same_source(self._stamp):
            if known.finished_bytes is not None and _size(self.path) == known.finished_bytes:
                self._stamp = known
                return known.finished_bytes
            if known.finished_bytes is None and (not self._fragmented or self._mend_fragments(known)):
                self._stamp = known
                self._leave_something_to_ask_for()
                return _size(self._partial)
        self._start_over()
        return 0

    def _leave_something_to_ask_for(self) -> None:
        """Killed after the last byte, before the file had its name: yt-dlp would ask for what is behind the end.

        It means to recover from the 416 that it gets for that, but asks for the same range again (its Request changes
        the headers it was given; 2026.10.26), in every run to come.
        """
        if self._fragmented:
            for fragment in self._partial.parent.glob(f"{glob.escape(self._partial.name)}-Frag*"):
                fragment.unlink()  # at most one and small
        elif self._stamp.size_bytes and _size(self._partial) == self._stamp.size_bytes:
            os.truncate(self._partial, self._stamp.size_bytes - 1)

    def _start_over(self) -> None:
        remove_part(self.path)
        self._stamp = restarted(self._stamp)
        self._stamp.save(self._stamp_path)

    def _download(self, guard: FileGuard) -> int:
        if self._fragmented:
            success, _ = self._ydl.dl(str(self.path), self._part)
        else:
            with self._ydl.guarded(guard):
                success, _ = self._ydl.dl(str(self.path), self._part)
        if not success:
            raise DownloadFailure("incomplete", "; ".join(list(self._ydl.log.notes)[-2:])[:500])
        return self._finish(guard.total_bytes)

    def _finish(self, told_bytes: int | None) -> int:
        size = _size(self.path)
        promised = exact_size(self._part) or told_bytes
        if promised is not None and size != promised:
            # Nothing tells which bytes are good: a short body with headers that agree (tried) looks like a whole one.
            remove_part(self.path)
            raise DownloadFailure("incomplete", f"{size} bytes of {promised}")
        current = find_stamp(self._stamp_path) or self._stamp
        replace(current, finished_bytes=size).save(self._stamp_path)
        return size

    def _notice_fragment(self, status: Mapping[str, Any]) -> None:
        count, index = _whole(status.get("fragment_count")), _whole(status.get("fragment_index")) or 0
        if self._stamp.fragments is not None and count is not None and count != self._stamp.fragments:
            raise SourceChanged
        # yt-dlp counts a fragment before it is appended: what is in the file now are those before it.
        if index - 1 > self._stamp.fragment_index or self._stamp.fragments != count:
            whole = max(index - 1, self._stamp.fragment_index)
            length = _size(self._partial) if whole > self._stamp.fragment_index else self._stamp.fragment_bytes
            self._stamp = replace(self._stamp, fragments=count, fragment_index=whole, fragment_bytes=length)
            self._stamp.save(self._stamp_path)

    def _mend_fragments(self, known: Stamp) -> bool:
        """Whether yt-dlp's note and ours allow to go on; cuts off a fragment that was appended but not yet noted.

        yt-dlp writes a fragment first and its number afterwards: killed in between, it would append it twice. And when
        its note is broken it starts from the first fragment, but still appends.
        """
        noted = _noted_fragments(self._partial.with_name(f"{self.path.name}.ytdl"))
        if noted is None or noted < known.fragment_index or noted > known.fragment_index + 1:
            return False
        if not self._may_continue():
            return False
        if noted == known.fragment_index:
            if _size(self._partial) < known.fragment_bytes or noted == 0:
                return False
            os.truncate(self._partial, known.fragment_bytes)
        return True

    def _may_continue(self) -> bool:
        """HLS only while it is MPEG-TS: going on, yt-dlp appends the header of fragmented MP4 a second time (tried)."""
        if not str(self._part.get("protocol")).startswith("m3u8"):
            return True
        with contextlib.suppress(FileNotFoundError), self._partial.open("rb") as file:
            return file.read(1) == _TS_SYNC
        return False


def _noted_fragments(path: Path) -> int | None:
    try:
        index = json.loads(path.read_bytes())["downloader"]["current_fragment"]["index"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return index if isinstance(index, int) else None


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _whole(value: object) -> int | None:
    return int(value) if isinstance(value, int | float) and value > 0 else None
