"""The rules a file is judged by: plain values in, the first objection out."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import chain

from yt_videos_api.media.expectation import Expectation
from yt_videos_api.media.packets import Reading, ReadStream
from yt_videos_api.media.timeline import find_hole

# Sites round to whole seconds, and measure before or after some cutting of their own.
_SITE_TOLERANCE_SECONDS = 1.0
_SITE_TOLERANCE_SHARE = 0.02
# Containers are exact but for a frame or two and the priming of audio codecs.
_TOLD_TOLERANCE_SECONDS = 0.5
# A header that counts frames is exact; ffprobe of 5.1 leaves a frame of 26 ms out of some MP3 files.
_COUNT_TOLERANCE_SECONDS = 0.04


def find_problem(reading: Reading, expected: Expectation) -> str | None:
    """One sentence for the log about what is missing or wrong; None when the file is whole."""
    streams = media_streams(reading)
    holes = [] if expected.holes else map(_holes, streams)
    problems = chain(_presence(reading, expected), *map(_of_stream, streams), *holes, _ends(reading, expected))
    return next(problems, None)


def media_streams(reading: Reading) -> list[ReadStream]:
    """What is played: covers are left out."""
    return [stream for stream in reading.streams if not stream.header.attached_picture]


def first(reading: Reading, kind: str) -> ReadStream | None:
    """The stream of this kind that players choose."""
    return next((stream for stream in media_streams(reading) if stream.header.kind == kind), None)


def played_seconds(reading: Reading) -> float:
    """From the first thing shown or heard to the end of the last."""
    if reading.declared_seconds and _is_indexed(reading):
        return reading.declared_seconds
    streams = [stream for stream in media_streams(reading) if stream.line.packets > stream.line.untimed]
    if not streams:
        return 0.0
    start = min((stream.line.start or 0) * stream.header.tick_seconds for stream in streams)
    return float(max(_end(stream) for stream in streams) - start)


def own_seconds(stream: ReadStream) -> float:
    """From the beginning of this stream to its end."""
    return float(_end(stream) - (stream.line.start or 0) * stream.header.tick_seconds)


def _is_indexed(reading: Reading) -> bool:
    """An MP4 with one index of everything. With every packet of it there, nothing can be missing at the end."""
    return all(stream.header.told_packets for stream in media_streams(reading))


def _presence(reading: Reading, expected: Expectation) -> Iterator[str]:
    if expected.video and not first(reading, "video"):
        yield "the picture is missing"
    if expected.audio and not first(reading, "audio"):
        yield "the sound is missing"
    if not media_streams(reading):
        yield "there is neither picture nor sound"
    if reading.subtitles < expected.subtitles:
        yield f"it has {reading.subtitles} of {expected.subtitles} subtitles"


def _of_stream(stream: ReadStream) -> Iterator[str]:
    line, name = stream.line, f"{stream.header.kind} {stream.header.codec}"
    if not line.packets:
        yield f"{name} has no packets"
    if line.packets < (stream.header.told_packets or 0):
        yield f"{name} has {line.packets} of {stream.header.told_packets} packets"
    if line.untimed:
        yield f"{name} has {line.untimed} packets without a time"
    if stream.header.kind == "video" and stream.packets.blank:
        yield f"{name} has {stream.packets.blank} packets of zeros"


def _holes(stream: ReadStream) -> Iterator[str]:
    hole = find_hole(stream.line, stream.header.tick_seconds)
    if hole:
        yield f"{stream.header.kind} {stream.header.codec} has a hole of {hole:.2f} s"


def _ends(reading: Reading, expected: Expectation) -> Iterator[str]:
    played = played_seconds(reading)
    slack = max((_held_seconds(stream) for stream in media_streams(reading)), default=0.0)
    site = expected.duration_seconds or 0.0
    tolerance = max(_SITE_TOLERANCE_SECONDS, _SITE_TOLERANCE_SHARE * site)
    if played + slack < site - tolerance:
        yield f"it ends after {played:.2f} s, the site says {site:.2f} s"
    announced = reading.indexed_seconds or 0.0
    if not _is_indexed(reading) and played + slack < announced - _TOLD_TOLERANCE_SECONDS:
        yield f"it ends after {played:.2f} s, its fragments announce {announced:.2f} s"
    counted, sound = reading.counted_seconds or 0.0, first(reading, "audio")
    if sound and _heard_seconds(sound) < counted - _COUNT_TOLERANCE_SECONDS:
        yield f"it plays for {_heard_seconds(sound):.2f} s, its header counts {counted:.2f} s"
    for kind, told in (("video", expected.video_seconds), ("audio", expected.audio_seconds)):
        stream = first(reading, kind)
        if stream and told and own_seconds(stream) + _held_seconds(stream) < told - _TOLD_TOLERANCE_SECONDS:
            yield f"{kind} ends after {own_seconds(stream):.2f} s, its part said {told:.2f} s"


def _end(stream: ReadStream) -> Fraction:
    return (stream.line.end or 0) * stream.header.tick_seconds


def _heard_seconds(stream: ReadStream) -> float:
    """Packets after a gap keep their time; only together they show that something is missing."""
    return float(stream.line.played * stream.header.tick_seconds)


def _held_seconds(stream: ReadStream) -> float:
    """How long the last packet may still be shown where nothing tells: as long as any other was."""
    return float(stream.line.longest_step() * stream.header.tick_seconds)
