"""Every packet of a file, as ffprobe reads it, summed up per stream in one go.

ffprobe writes into a file, not to its standard output: ten hours of video are more lines than a ToolRunner hands over.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from yt_videos_api.cage.base import ToolRunner
from yt_videos_api.domain.errors import DownloadFailure
from yt_videos_api.media.complaints import failure_of
from yt_videos_api.media.probe import STREAM_ENTRIES, StreamHeader, command, number, stream_header
from yt_videos_api.media.sniff import Demuxer
from yt_videos_api.media.timeline import TimeLine
from yt_videos_api.media.told import told_seconds
from yt_videos_api.media.tools import Tools

_ENTRIES = f"packet=stream_index,pts,dts,duration,pos,flags:{STREAM_ENTRIES}:format=duration"
_BLANK = bytes(4)
_COUNTED = frozenset({Demuxer.MP3, Demuxer.FLAC})


@dataclass(slots=True)
class PacketSums:
    """What is kept of the packets of one stream."""

    line: TimeLine = field(default_factory=TimeLine)
    blank: int = 0  # payloads that start with four zeros: no picture does, silence may


@dataclass(frozen=True, slots=True)
class ReadStream:
    """One stream after all of its packets were read."""

    header: StreamHeader
    packets: PacketSums

    @property
    def line(self) -> TimeLine:
        """Where its packets lie in time."""
        return self.packets.line


@dataclass(frozen=True, slots=True)
class Reading:
    """What ffprobe found."""

    streams: tuple[ReadStream, ...]  # pictures and sounds
    # The first two for MP4 only. Matroska is not asked: a cut file earns a complaint anyway, and ffmpeg 9.0 itself
    # writes a length that is a second too long when the source has an edit list.
    declared_seconds: float | None  # by the header, edit lists applied
    indexed_seconds: float | None  # by all that the index or the fragments announce, as ffprobe adds it up
    counted_seconds: float | None  # by the count of all packets in the header of an MP3 or FLAC
    subtitles: int  # tracks of text that have something to show
    complaint: DownloadFailure | None  # ffprobe read to some end, but had something to say


def read_packets(runner: ToolRunner, tools: Tools, path: Path, demuxer: Demuxer, *, timeout_seconds: float) -> Reading:
    """Read all of `path`; a list of its packets is written beside it and deleted again.

    Raises DownloadFailure: what failure_of says when ffprobe got nowhere, "no_space" when its list was cut off.
    """
    listing = path.with_name(f"{path.name}.packets")
    listing.unlink(missing_ok=True)
    # Edit lists hide packets on purpose; without them each packet of the index has to turn up.
    whole = ("-ignore_editlist", "1") if demuxer is Demuxer.MOV else ()
    argv = command(tools, demuxer, path.name, *whole, "-show_entries", _ENTRIES, "-o", f"file:{listing.name}")
    try:
        done = runner.run(argv, folder=path.parent, timeout_seconds=timeout_seconds)
        complaint = failure_of(done)
        if done.returncode != 0 and complaint:
            raise complaint
        # Only mov tells where in the file a payload lies; Matroska tells where its block starts.
        with path.open("rb") as media:
            sums, rest = _read_listing(listing, media if demuxer is Demuxer.MOV else None)
    finally:
        listing.unlink(missing_ok=True)
    headers = [header for row in rest if (header := stream_header(row))]
    streams = tuple(ReadStream(header, sums.get(header.index) or PacketSums()) for header in headers)
    indexed_seconds = _format_seconds(rest)
    texts = sum(row[0] == "stream" and row[3] == "subtitle" and row[1] in sums for row in rest)
    told = told_seconds(path) if demuxer in {Demuxer.MOV, *_COUNTED} else None
    if demuxer is Demuxer.MOV:
        return Reading(streams, told, indexed_seconds, None, texts, complaint)
    return Reading(streams, None, None, told, texts, complaint)


def _read_listing(listing: Path, media: BinaryIO | None) -> tuple[dict[str, PacketSums], list[list[str]]]:
    """Sums per stream index, and the rows that are not packets. `media`: where payloads can be looked at."""
    sums: dict[str, PacketSums] = {}
    rest: list[list[str]] = []
    with listing.open(encoding="ascii", errors="replace") as rows:
        for row in rows:
            if not row.endswith("\n"):
                raise DownloadFailure("no_space", "the list of packets is cut off")
            fields = row.rstrip("\n").split(",")
            if fields[0] != "packet":
                rest.append(fields)
                continue
            index, shown_at, decoded_at, duration, position, flags = fields[1:7]
            if index not in sums:
                sums[index] = PacketSums()
            moment = number(decoded_at if shown_at == "N/A" else shown_at)
            sums[index].line.add(moment, number(duration) or 0, key=flags.startswith("K"))
            if media and _is_blank(media, number(position)):
                sums[index].blank += 1
    for stream in sums.values():
        stream.line.finish()
    return sums, rest


def _is_blank(media: BinaryIO, position: int | None) -> bool:
    return position is not None and os.pread(media.fileno(), len(_BLANK), position) == _BLANK


def _format_seconds(rows: list[list[str]]) -> float | None:
    last = rows[-1] if rows else [""]
    if last[0] != "format":
        # This row comes last. A full disk cuts the list off, and ffprobe still ends with 0.
        raise DownloadFailure("no_space", "the list of packets has no end")
    return None if last[1] == "N/A" else float(last[1])
