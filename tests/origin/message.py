"""A request as it came in and a response as it shall go out, as plain values."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Literal, get_args

from tests.origin.body import EMPTY, Body, Bytes

# What a request is for. Faults, holds and the journal speak of requests by kind.
Kind = Literal[
    "page",  # a watch page, or any HTML page of a plain site
    "player",  # what YouTube's player API says of a video
    "config",  # YouTube's start pages, of which only the client's settings are read
    "list",  # a playlist or channel, each page of it
    "api",  # YouTube's Data API and SponsorBlock
    "media",  # the bytes of a stream or file
    "manifest",  # HLS and DASH
    "segment",  # a piece of HLS or DASH
    "thumbnail",
    "caption",
    "redirect",
    "script",  # YouTube's player script
    "other",  # nothing is there
]
KINDS: tuple[str, ...] = get_args(Kind)


@dataclass(frozen=True, slots=True)
class Incoming:
    """One request. Header names are in lower case; of repeated parameters and headers the last counts."""

    method: str
    scheme: str
    host: str  # without port, lower case
    port: int
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""

    def json(self) -> dict[str, object]:
        """The body as a JSON object; empty when it is none."""
        try:
            told = json.loads(self.body)
        except ValueError:
            return {}
        return told if isinstance(told, dict) else {}


class Ending(Enum):
    """How a body ends before its time."""

    CLOSE = "close"  # the connection is closed in good order
    RESET = "reset"  # the connection is torn down (RST)
    HANG = "hang"  # nothing more comes and the connection stays


@dataclass(frozen=True, slots=True)
class Cut:
    """After `after` bytes of this response's body, end it."""

    after: int
    ending: Ending


@dataclass(frozen=True, slots=True)
class Pace:
    """From byte `after` of this response's body on, send no faster than this."""

    bytes_per_second: float
    after: int = 0


@dataclass(frozen=True, slots=True)
class Response:
    """What is to be sent, and how the wire is to behave while it is sent."""

    body: Body = EMPTY
    status: int = 200
    content_type: str = "text/html; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)
    etag: str | None = None
    ranges: bool = False  # whether a Range is honoured
    tells_length: bool = True  # else the end of the connection is the end of the body
    extra_length: int = 0  # by how much Content-Length tells more than there is
    wait_seconds: float = 0  # before the first byte
    pace: Pace | None = None
    cut: Cut | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """What a request is about. `answer` is called once, after the request was written into the journal."""

    kind: Kind
    answer: Callable[[], Response]
    video: str | None = None  # a YouTube id, or the NAME in an address of a plain site
    client: str | None = None  # the player client, by yt-dlp's name for it
    page: int | None = None  # of a list, from 1


def html(text: str, *, status: int = 200) -> Response:
    """A web page."""
    return Response(Bytes(text.encode()), status=status)


def json_response(value: object, *, status: int = 200) -> Response:
    """An answer of an API."""
    return Response(Bytes(json.dumps(value).encode()), status=status, content_type="application/json; charset=utf-8")


def not_found() -> Response:
    """There is nothing at this address."""
    return html("<!doctype html><title>Not found</title><p>There is nothing here.", status=404)
