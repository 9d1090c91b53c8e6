"""Reading a media playlist of HLS (RFC 8216). Pure; what a playlist says is untrusted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urljoin

from yt_dlp.utils import parse_m3u8_attributes

from yt_videos_api.domain.errors import DownloadFailure

_USUAL_TARGET_SECONDS = 5.0
_LONGEST_SECONDS = 300.0  # of a segment, as told: what says more does not tell the truth


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes at an address."""

    url: str
    start: int | None = None  # None: all of it
    length: int = 0


@dataclass(frozen=True, slots=True)
class Key:
    """AES-128 of whole segments."""

    url: str
    vector: bytes | None  # None: the segment's sequence number


@dataclass(frozen=True, slots=True)
class Segment:
    """One stretch of the stream."""

    sequence: int
    piece: Piece
    seconds: float
    header: Piece | None = None  # EXT-X-MAP: has to stand before the segment, once
    key: Key | None = None
    starts_at: float | None = None  # EXT-X-PROGRAM-DATE-TIME, seconds since 1970
    discontinuity: bool = False  # its clock or its codecs do not go on from the segment before
    missing: bool = False  # EXT-X-GAP: the site itself has not got it


@dataclass(frozen=True, slots=True)
class Playlist:
    """What can be had of the stream right now, in order."""

    segments: tuple[Segment, ...]
    target_seconds: float  # no segment is longer, as told; the list changes about this often
    ended: bool


def parse_playlist(text: str, url: str) -> Playlist:
    """The playlist that was found at `url`.

    Raises DownloadFailure: "extraction_failed" when it is none, "drm_protected" for any other cipher than AES-128.
    """
    lines = [line for line in map(str.strip, text.splitlines()) if line]
    if not lines or not lines[0].startswith("#EXTM3U"):
        raise DownloadFailure("extraction_failed", "no playlist")
    reader = _Reader(url)
    try:
        for line in lines[1:]:
            reader.read(line)
    except (ValueError, KeyError) as error:
        raise DownloadFailure("extraction_failed", f"a broken playlist: {error}") from error
    return Playlist(tuple(reader.segments), reader.target_seconds, reader.ended)


class _Reader:
    """Line by line; tags that are not known are passed over, as the RFC wants it."""

    def __init__(self, url: str) -> None:
        self.segments: list[Segment] = []
        self.target_seconds = _USUAL_TARGET_SECONDS
        self.ended = False
        self._url = url
        self._sequence = 0
        self._header: Piece | None = None
        self._key: Key | None = None
        self._clock: float | None = None
        self._next = Segment(0, Piece(""), 0.0)
        self._tags: dict[str, Callable[[str], None]] = {
            "#EXTINF": self._length,
            "#EXT-X-TARGETDURATION": self._target,
            "#EXT-X-MEDIA-SEQUENCE": self._number,
            "#EXT-X-PROGRAM-DATE-TIME": self._date,
            "#EXT-X-BYTERANGE": self._range,
            "#EXT-X-MAP": self._map,
            "#EXT-X-KEY": self._cipher,
            "#EXT-X-DISCONTINUITY": self._jump,
            "#EXT-X-GAP": self._gap,
            "#EXT-X-ENDLIST": self._end,
            "#EXT-X-STREAM-INF": self._master,
        }

    def read(self, line: str) -> None:
        """Raises ValueError, KeyError, DownloadFailure."""
        if not line.startswith("#"):
            self._segment(line)
            return
        name, _, value = line.partition(":")
        if name in self._tags:
            self._tags[name](value)

    def _segment(self, address: str) -> None:
        piece = replace(self._next.piece, url=self._address(address))
        segment = replace(
            self._next,
            sequence=self._sequence,
            piece=piece,
            header=self._header,
            key=self._key,
            starts_at=self._clock,
        )
        self.segments.append(segment)
        self._sequence += 1
        if self._clock is not None:
            self._clock += segment.seconds
        self._next = Segment(0, Piece(""), 0.0)

    def _length(self, value: str) -> None:
        seconds = float(value.partition(",")[0])
        self._next = replace(self._next, seconds=min(max(0.0, seconds), _LONGEST_SECONDS))

    def _target(self, value: str) -> None:
        self.target_seconds = min(max(0.1, float(value)), _LONGEST_SECONDS)

    def _number(self, value: str) -> None:
        self._sequence = _whole(value)

    def _date(self, value: str) -> None:
        self._clock = datetime.fromisoformat(value.strip()).timestamp()

    def _range(self, value: str) -> None:
        before = self.segments[-1].piece if self.segments else Piece("")
        self._next = replace(self._next, piece=_range_of(value, (before.start or 0) + before.length))

    def _map(self, value: str) -> None:
        attributes = _attributes(value)
        piece = _range_of(attributes["BYTERANGE"], 0) if "BYTERANGE" in attributes else Piece("")
        self._header = replace(piece, url=self._address(attributes["URI"]))

    def _cipher(self, value: str) -> None:
        attributes = _attributes(value)
        method = attributes["METHOD"]
        if method == "NONE":
            self._key = None
            return
        if method != "AES-128" or attributes.get("KEYFORMAT", "identity") != "identity":
            raise DownloadFailure("drm_protected", f"encrypted with {method[:40]}")
        vector = attributes.get("IV")
        iv = bytes.fromhex(vector[2:].zfill(32)) if vector else None
        self._key = Key(self._address(attributes["URI"]), iv)

    def _jump(self, _value: str) -> None:
        self._next = replace(self._next, discontinuity=True)

    def _gap(self, _value: str) -> None:
        self._next = replace(self._next, missing=True)

    def _end(self, _value: str) -> None:
        self.ended = True

    def _master(self, _value: str) -> None:
        raise DownloadFailure("extraction_failed", "a list of playlists where a playlist was expected")

    def _address(self, text: str) -> str:
        address = urljoin(self._url, text)
        if not address.startswith(("http://", "https://")):
            raise DownloadFailure("blocked_address", "a playlist that leads out of the web")
        return address


def _range_of(value: str, following: int) -> Piece:
    length, _, start = value.strip().strip('"').partition("@")
    return Piece("", _whole(start) if start else following, _whole(length))


def _whole(text: str) -> int:
    number = int(text)
    if not 0 <= number < 2**53:
        raise ValueError(f"{text[:40]} is out of range")
    return number


def _attributes(value: str) -> dict[str, Any]:
    attributes: dict[str, Any] = parse_m3u8_attributes(value)
    return attributes
