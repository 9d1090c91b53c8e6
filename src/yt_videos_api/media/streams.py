"""What streams a part holds, for when the site did not tell."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path

from yt_videos_api.cage.base import ToolRunner
from yt_videos_api.domain.errors import DownloadFailure
from yt_videos_api.domain.offers import Chapter
from yt_videos_api.media.complaints import failure_of
from yt_videos_api.media.probe import STREAM_ENTRIES, command, stream_header
from yt_videos_api.media.sniff import sniff
from yt_videos_api.media.tools import Tools

_PROBE_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class StreamFacts:
    """The first picture and the first sound; codecs normalised as in domain.offers.Stream, None where there is none."""

    video_codec: str | None = None
    audio_codec: str | None = None
    width: int | None = None
    height: int | None = None
    fps: float | None = None


def probe_streams(runner: ToolRunner, tools: Tools, path: Path) -> StreamFacts:
    """Look at the head of `path`: one ffprobe start, whatever its size. Says nothing about it being whole.

    Raises DownloadFailure: "not_media" when there is neither picture nor sound, "damaged_media", "time_limit".
    """
    rows = _ask(runner, tools, path, STREAM_ENTRIES)
    headers = [header for row in rows if (header := stream_header(row)) and not header.attached_picture]
    video = next((header for header in headers if header.kind == "video"), None)
    audio = next((header for header in headers if header.kind == "audio"), None)
    if video is None and audio is None:
        raise DownloadFailure("not_media", f"{path.name} has neither picture nor sound")
    return StreamFacts(
        video_codec=video.codec if video else None,
        audio_codec=audio.codec if audio else None,
        width=video.width if video else None,
        height=video.height if video else None,
        fps=video.fps if video else None,
    )


def clock_at_start(runner: ToolRunner, tools: Tools, path: Path) -> float:
    """What the clock of `path` shows, in seconds, when it begins: one ffprobe start. 0 where nothing tells.

    Raises DownloadFailure: "damaged_media", "time_limit".
    """
    (row,) = _ask(runner, tools, path, "format=start_time") or [["format", "N/A"]]
    return 0.0 if row[1] == "N/A" else float(row[1])


def probe_chapters(runner: ToolRunner, tools: Tools, path: Path) -> tuple[Chapter, ...]:
    """The chapters of `path`, as they stand there: one ffprobe start.

    Raises DownloadFailure: "damaged_media", "time_limit".
    """
    rows = _ask(runner, tools, path, "chapter=start_time,end_time:chapter_tags=title")
    return tuple(
        Chapter(" ".join(title), float(start), float(end)) for kind, start, end, *title in rows if kind == "chapter"
    )


def _ask(runner: ToolRunner, tools: Tools, path: Path, entries: str) -> list[list[str]]:
    argv = command(tools, sniff(path), path.name, "-show_entries", entries)
    done = runner.run(argv, folder=path.parent, timeout_seconds=_PROBE_SECONDS)
    failure = failure_of(done)
    if done.returncode != 0 and failure:
        raise failure
    rows = csv.reader(io.StringIO(done.stdout.decode("utf-8", "replace"), newline=""))
    return [row for row in rows if row]  # of a transport stream it prints empty lines, too
