"""Where the body of a request ends, so that nothing smuggled behind it reaches the next hop. No I/O."""

from __future__ import annotations

import re
from typing import Literal, Protocol

from yt_videos_api.cage.heads import BadHead, Head

_CHUNK_LINE = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\r\n]*)?\r\n")
_MAX_LINE_BYTES = 4096


class Body(Protocol):
    """Counts a body as it passes."""

    done: bool

    def take(self, data: bytes) -> int:
        """How many of these next bytes belong to the body. Raises BadHead when it is malformed."""


class SizedBody:
    """A body of known length."""

    def __init__(self, size: int) -> None:
        self._left = size
        self.done = size == 0

    def take(self, data: bytes) -> int:
        taken = min(len(data), self._left)
        self._left -= taken
        self.done = self._left == 0
        return taken


class ChunkedBody:
    """A body in chunks, each with its length before it, ended by a chunk of length 0 and trailing fields."""

    def __init__(self) -> None:
        self.done = False
        self._line = bytearray()
        self._next_line: Literal["size", "end of data", "trailer"] = "size"
        self._left = 0  # bytes of data before the next line

    def take(self, data: bytes) -> int:
        position = 0
        while position < len(data) and not self.done:
            if self._left:
                taken = min(self._left, len(data) - position)
                self._left -= taken
                position += taken
            else:
                position = self._take_line(data, position)
        return position

    def _take_line(self, data: bytes, position: int) -> int:
        end = data.find(b"\n", position) + 1 or len(data)
        self._line += data[position:end]
        if len(self._line) > _MAX_LINE_BYTES:
            raise BadHead("chunk line")
        if self._line.endswith(b"\n"):
            self._end_line(bytes(self._line))
            self._line.clear()
        return end

    def _end_line(self, line: bytes) -> None:
        if self._next_line == "size":
            match = _CHUNK_LINE.fullmatch(line)
            if match is None:
                raise BadHead("chunk line")
            self._left = int(match[1], 16)
            self._next_line = "end of data" if self._left else "trailer"
        elif self._next_line == "trailer":
            self.done = line == b"\r\n"
        elif line == b"\r\n":
            self._next_line = "size"
        else:
            raise BadHead("end of a chunk")


def body_of(head: Head) -> Body:
    """The body that follows the head of a request. Raises BadHead where its end is told twice or not clearly."""
    encodings = [value.lower() for value in head.values(b"transfer-encoding")]
    lengths = head.values(b"content-length")
    if encodings == [b"chunked"] and not lengths and head.line.endswith(b"HTTP/1.1"):
        return ChunkedBody()
    if encodings or len(lengths) > 1:
        raise BadHead("length of the body")
    if not lengths:
        return SizedBody(0)
    if not re.fullmatch(rb"[0-9]{1,18}", lengths[0]):
        raise BadHead("length of the body")
    return SizedBody(int(lengths[0]))
