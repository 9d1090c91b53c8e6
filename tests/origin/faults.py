"""What can go wrong, as values: each fault takes the response that would have been right and gives back a worse one.

Faults combine: `Throttle` and `Truncate` on one request are a slow, short answer. `after` always counts the bytes of
the body of one response (so a client that resumes makes progress); `at` is a position in the file, whatever the range.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import count
from typing import Literal, Protocol

from tests.origin.body import Bytes, Endless, Flipped, Shortened, Zeros
from tests.origin.message import Cut, Ending, Pace, Response

TruncatedLength = Literal["right", "none", "agreeing"]


class Fault(Protocol):
    """One thing that goes wrong."""

    def spoil(self, response: Response) -> Response:
        """The response as it is with this fault."""


@dataclass(frozen=True, slots=True)
class Status:
    """An error status with a small page; `retry_after` in seconds."""

    code: int
    retry_after: int | None = None

    def spoil(self, response: Response) -> Response:
        headers = {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}
        return Response(Bytes(f"<!doctype html><title>{self.code}</title>".encode()), self.code, headers=headers)


@dataclass(frozen=True, slots=True)
class Latency:
    """Nothing comes for a while, then everything."""

    seconds: float

    def spoil(self, response: Response) -> Response:
        return replace(response, wait_seconds=response.wait_seconds + self.seconds)


@dataclass(frozen=True, slots=True)
class Throttle:
    """A slow line, from byte `after` on; one byte per second is `Throttle(1)`."""

    bytes_per_second: float
    after: int = 0

    def spoil(self, response: Response) -> Response:
        return replace(response, pace=Pace(self.bytes_per_second, self.after))


@dataclass(frozen=True, slots=True)
class Drop:
    """The connection is torn down (RST) after `after` bytes, which all arrive."""

    after: int

    def spoil(self, response: Response) -> Response:
        return replace(response, cut=Cut(self.after, Ending.RESET))


@dataclass(frozen=True, slots=True)
class Stall:
    """Nothing more comes after `after` bytes; the connection stays open until the client gives up."""

    after: int

    def spoil(self, response: Response) -> Response:
        return replace(response, cut=Cut(self.after, Ending.HANG))


@dataclass(frozen=True, slots=True)
class Truncate:
    """The body ends after `after` bytes. `length` is what Content-Length says of it:

    right: the whole, so a client can tell. none: it is missing, so a client cannot. agreeing: the short length, and
    Content-Range agrees, so a client cannot, unless it knew the size from elsewhere.
    """

    after: int
    length: TruncatedLength = "right"

    def spoil(self, response: Response) -> Response:
        if self.length == "agreeing":
            return replace(response, body=Shortened(response.body, self.after))
        cut = replace(response, cut=Cut(self.after, Ending.CLOSE))
        return cut if self.length == "right" else replace(cut, tells_length=False, ranges=False)


@dataclass(frozen=True, slots=True)
class LongerLength:
    """Content-Length says `by` bytes more than ever come."""

    by: int

    def spoil(self, response: Response) -> Response:
        return replace(response, extra_length=self.by)


@dataclass(frozen=True, slots=True)
class NoRange:
    """A Range is answered with 200 and everything."""

    def spoil(self, response: Response) -> Response:
        return replace(response, ranges=False)


@dataclass(frozen=True, slots=True)
class Corrupt:
    """`length` bytes at position `at` of the file are others; sizes and headers agree."""

    at: int
    length: int = 4096

    def spoil(self, response: Response) -> Response:
        return replace(response, body=Flipped(response.body, self.at, self.length))


@dataclass(frozen=True, slots=True)
class AllZeros:
    """As many bytes as there should be, all of them zero."""

    def spoil(self, response: Response) -> Response:
        return replace(response, body=Zeros(response.body.size or 0))


@dataclass(frozen=True, slots=True)
class Changing:
    """Another content of the same size, with another ETag, on every request."""

    turns: count[int] = field(default_factory=lambda: count(1))

    def spoil(self, response: Response) -> Response:
        turn = next(self.turns)
        other = Flipped(response.body, 0, response.body.size or 0, mask=turn % 255 + 1)
        return replace(response, body=other, etag=f'"turn-{turn}"')


@dataclass(frozen=True, slots=True)
class Replace:
    """Something else altogether, e.g. a playlist text as video/mp4. `content_type` None leaves the right one."""

    content: bytes
    content_type: str | None = None

    def spoil(self, response: Response) -> Response:
        return replace(response, body=Bytes(self.content), content_type=self.content_type or response.content_type)


@dataclass(frozen=True, slots=True)
class Html(Replace):
    """A web page (a captcha, say) under the content type of what it should be."""

    content: bytes = b"<!doctype html><title>One moment</title><p>Please confirm that you are human.</p>" * 20


@dataclass(frozen=True, slots=True)
class RedirectTo:
    """Look elsewhere: any address, `file:` and private ones too."""

    url: str
    code: int = 302

    def spoil(self, response: Response) -> Response:
        return Response(status=self.code, headers={"Location": self.url})


@dataclass(frozen=True, slots=True)
class WithHeader:
    """One header more, e.g. a Set-Cookie, or a Content-Encoding that is a lie."""

    name: str
    value: str

    def spoil(self, response: Response) -> Response:
        return replace(response, headers={**response.headers, self.name: self.value})


@dataclass(frozen=True, slots=True)
class PointTo:
    """In an HLS playlist, entry number `entry` (from 0; segments, or variants in a master) is this address instead."""

    url: str
    entry: int = 0

    def spoil(self, response: Response) -> Response:
        lines = b"".join(response.body.blocks(0, response.body.size)).decode().split("\n")
        entries = [index for index, line in enumerate(lines) if line and not line.startswith("#")]
        lines[entries[self.entry]] = self.url
        return replace(response, body=Bytes("\n".join(lines).encode()))


@dataclass(frozen=True, slots=True)
class NeverEnding:
    """The body over and over, without Content-Length, for ever."""

    def spoil(self, response: Response) -> Response:
        return replace(response, body=Endless(response.body), tells_length=False, ranges=False)
