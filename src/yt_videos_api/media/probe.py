"""How ffprobe is asked, and what it says of a stream before any packet is read."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from yt_videos_api.media.codecs import codec_name
from yt_videos_api.media.sniff import Demuxer
from yt_videos_api.media.tools import Tools

# ffprobe prints fields in an order of its own, whatever order is asked for; these are in that order (5.1 to 8.1).
STREAM_ENTRIES = (
    "stream=index,codec_name,codec_type,width,height,avg_frame_rate,time_base,nb_frames:stream_disposition=attached_pic"
)


@dataclass(frozen=True, slots=True)
class StreamHeader:
    """One stream as its container declares it."""

    index: str
    kind: Literal["video", "audio"]
    codec: str  # normalised as in domain.offers.Stream
    width: int | None
    height: int | None
    fps: float | None
    tick_seconds: Fraction
    told_packets: int | None  # what the container's index promises
    attached_picture: bool  # a cover, not something that plays


def command(tools: Tools, demuxer: Demuxer, file: str, *options: str) -> list[str]:
    """The whole command line; `file` is relative to the working directory. Answers come as CSV."""
    return [
        *(str(tools.ffprobe), "-hide_banner", "-loglevel", "error", "-protocol_whitelist", "file"),
        *("-f", demuxer.value, *options, "-of", "csv", f"file:{file}"),
    ]


def number(text: str) -> int | None:
    """A whole number as ffprobe prints it."""
    return None if text == "N/A" else int(text)


def stream_header(row: list[str]) -> StreamHeader | None:
    """What a row of STREAM_ENTRIES says; None when it is no row of a picture or a sound."""
    if row[0] != "stream" or row[3] not in {"video", "audio"}:
        return None
    _, index, codec, kind, *details = row
    width = height = None
    if kind == "video":
        width, height, details = number(details[0]), number(details[1]), details[2:]
    if len(details) < 4:  # transport streams list their streams twice, first as members of a program and without covers
        return None
    rate, time_base, told_packets, attached = details[:4]
    frames, seconds = (int(part) for part in rate.split("/"))
    return StreamHeader(
        index=index,
        kind="video" if kind == "video" else "audio",
        codec=codec_name(codec),
        width=width,
        height=height,
        fps=frames / seconds if frames and seconds else None,
        tick_seconds=Fraction(time_base),
        told_packets=number(told_packets),
        attached_picture=attached == "1",
    )
