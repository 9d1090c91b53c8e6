"""Makes each segment fit to what is recorded before it."""

from __future__ import annotations

import hashlib

from yt_videos_api.engine.live_clock import begins_at, moved, ticks_per_second
from yt_videos_api.engine.live_playlist import Piece, Segment
from yt_videos_api.engine.live_source import LiveSource, SegmentUnusable
from yt_videos_api.engine.live_tape import Ready, Tape

_PACKET_BYTES = 188
_NULL_PID = 0x1FFF
# A playlist tells lengths about; what begins before the end of what stands before it could not be joined.
_SLACK_SECONDS = 0.1
# A clock that is so much earlier without a word has started anew.
_BACK_SECONDS = 1.0


class Joints:
    """Fetches the segments of one stream, and their headers once. One thread."""

    def __init__(self, source: LiveSource, tape: Tape) -> None:
        self._source = source
        self._tape = tape
        self._header_piece: Piece | None = None
        self._header_digest = tape.recorded.header
        self._clocks: dict[int, int] = {}

    def ready(self, segment: Segment) -> Ready:
        """The segment as it is to be appended. Raises as LiveSource.segment."""
        content = self._source.segment(segment)
        header = self._new_header(segment)
        file_clock, stream_clock = self._tape.recorded.file_clock, self._tape.recorded.stream_clock
        if is_transport_stream(content):
            content = from_first_units(content) if self._tape.joins(segment) else content
        elif (begin := begins_at(content, self._clocks)) is not None:
            shift = self._shift(segment, begin)
            content = self._moved(content, shift)
            stream_clock = begin + segment.seconds
            file_clock = stream_clock + shift
        return Ready(header + content, self._header_digest, file_clock, stream_clock)

    def _new_header(self, segment: Segment) -> bytes:
        """What has to stand before the segment and is not in the file yet."""
        if segment.header is None or segment.header == self._header_piece:
            return b""
        header = self._source.header(segment.header, segment)
        digest, known = hashlib.sha256(header).hexdigest(), self._tape.recorded.header
        if known and digest != known and not is_transport_stream(header):
            # Of two headers in one file players believe the first. Mostly it is an advertisement.
            raise SegmentUnusable("it has other codecs than the recording")
        self._header_piece, self._header_digest = segment.header, digest
        self._clocks = ticks_per_second(header)
        return b"" if digest == known else header

    def _shift(self, segment: Segment, begin: float) -> float:
        """Seconds from the stream's clock to the file's."""
        recorded = self._tape.recorded
        anew = segment.discontinuity or begin < recorded.stream_clock - _BACK_SECONDS
        if recorded.sequence is not None and anew:
            return recorded.file_clock + _SLACK_SECONDS - begin
        return recorded.file_clock - recorded.stream_clock

    def _moved(self, content: bytes, shift: float) -> bytes:
        try:
            return moved(content, self._clocks, shift) if shift else content
        except ValueError as error:
            raise SegmentUnusable(str(error)) from error


def is_transport_stream(content: bytes) -> bool:
    """Whether a segment is MPEG-TS."""
    return content[:1] == b"G"


def from_first_units(content: bytes) -> bytes:
    """A segment of MPEG-TS without what belongs to units that began before it.

    After a gap their beginnings are not in the file, and a counter that jumps in the middle of a unit is what damage
    looks like (media/transport.py); where a unit begins it is a joint.
    """
    begun: set[int] = {_NULL_PID}
    kept = bytearray()
    for start in range(0, len(content), _PACKET_BYTES):
        packet = content[start : start + _PACKET_BYTES]
        pid = (packet[1] & 0x1F) << 8 | packet[2]
        if packet[1] & 0x40:
            begun.add(pid)
        if pid in begun or not packet[3] & 0x10:
            kept += packet
    return bytes(kept)
