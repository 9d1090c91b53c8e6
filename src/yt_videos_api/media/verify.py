"""Whether a file is whole. This decides, not exit codes: half files, web pages and full disks all came with success.

One ffprobe start reads every packet: its kind, its place in time, and what ffprobe has to complain of.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from yt_videos_api.cage.base import ToolRunner
from yt_videos_api.domain.errors import DownloadFailure
from yt_videos_api.domain.policy import Container
from yt_videos_api.media.container import container_of
from yt_videos_api.media.expectation import Expectation
from yt_videos_api.media.judgement import find_problem, first, played_seconds
from yt_videos_api.media.mp3 import check_counted
from yt_videos_api.media.packets import Reading, read_packets
from yt_videos_api.media.sniff import sniff
from yt_videos_api.media.tools import Tools
from yt_videos_api.media.whole import check_whole


@dataclass(frozen=True, slots=True)
class Verified:
    """What the file was found to be."""

    duration_seconds: float
    height: int | None
    width: int | None
    fps: float | None
    video_codec: str | None  # normalised as in domain.offers.Stream
    audio_codec: str | None
    packets: int


def verify(
    runner: ToolRunner,
    tools: Tools,
    path: Path,
    container: Container,
    expected: Expectation,
    *,
    timeout_seconds: float = 3600,
) -> Verified:
    """Read all of `path`, which nobody writes any more, in a folder where a tool may write.

    Raises DownloadFailure: "not_media", "damaged_media" for everything that is missing or wrong, "no_space",
    "time_limit".
    """
    if container_of(path) is not container:
        raise DownloadFailure("damaged_media", f"{path.name} is not {container}")
    if container is Container.MP3:
        check_counted(path)
    reading = read_whole(runner, tools, path, expected, timeout_seconds=timeout_seconds)
    video, audio = first(reading, "video"), first(reading, "audio")
    return Verified(
        duration_seconds=played_seconds(reading),
        height=video.header.height if video else None,
        width=video.header.width if video else None,
        fps=video.header.fps if video else None,
        video_codec=video.header.codec if video else None,
        audio_codec=audio.header.codec if audio else None,
        packets=sum(stream.line.packets for stream in reading.streams),
    )


def read_whole(
    runner: ToolRunner, tools: Tools, path: Path, expected: Expectation, *, timeout_seconds: float = 3600
) -> Reading:
    """All packets of `path`, of whatever kind of media it is. Raises as `verify` does."""
    demuxer = sniff(path)
    check_whole(path, demuxer)
    reading = read_packets(runner, tools, path, demuxer, timeout_seconds=timeout_seconds)
    problem = find_problem(reading, expected)
    if problem:
        raise DownloadFailure("damaged_media", f"{path.name}: {problem}")
    if reading.complaint:
        raise reading.complaint
    return reading
