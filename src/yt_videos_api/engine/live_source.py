"""Fetches the playlist and the segments of one live stream, whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from yt_dlp.downloader.hls import HlsFD
from yt_dlp.networking import Request
from yt_dlp.networking.exceptions import HTTPError

from yt_videos_api.domain.errors import DownloadFailure
from yt_videos_api.engine.caged import CagedYoutubeDL
from yt_videos_api.engine.live_playlist import Key, Piece, Playlist, Segment, parse_playlist

# A playlist of a day in segments of two seconds with long addresses; a segment of a minute of 4K.
_LARGEST_PLAYLIST_BYTES = 64 * 2**20
_LARGEST_SEGMENT_BYTES = 256 * 2**20
_TS_PACKET_BYTES = 188
# First boxes of fragmented MP4, and of its header.
_BOXES = frozenset({b"styp", b"moof", b"sidx", b"emsg", b"prft", b"ftyp", b"moov", b"free", b"mdat"})
_GONE = frozenset({403, 404, 410})


class SegmentLost(Exception):
    """The site does not have the segment (any more)."""


class SegmentUnusable(SegmentLost):
    """It would be the same if it were asked for again."""


class SiteRefuses(Exception):
    """The site does not hand out the playlist any more: its address has expired, or the stream is over."""


class LiveSource:
    """One stream of a live video. One thread."""

    def __init__(self, ydl: CagedYoutubeDL, part: Mapping[str, Any]) -> None:
        self._ydl = ydl
        self.part = dict(part)
        self._decrypt = HlsFD(ydl, ydl.params).decrypter(self.part)

    def move(self, part: Mapping[str, Any]) -> None:
        """Go on with a fresh address of the same stream."""
        self.part.update(part)

    def playlist(self) -> Playlist:
        """What can be had now. Raises SiteRefuses, DownloadFailure, or what yt-dlp raises."""
        try:
            with self._ydl.urlopen(self._request(str(self.part["url"]))) as response:
                content = _read(response, _LARGEST_PLAYLIST_BYTES)
                return parse_playlist(content.decode("utf-8", "replace"), response.url)
        except HTTPError as error:
            error.close()
            if error.status in _GONE:
                raise SiteRefuses(str(error)) from error
            raise

    def segment(self, segment: Segment) -> bytes:
        """The segment, deciphered. Raises SegmentLost (SegmentUnusable), DownloadFailure, or what yt-dlp raises."""
        if segment.missing:
            raise SegmentUnusable("the site has not got it")
        return self._media(segment.piece, segment)

    def header(self, piece: Piece, segment: Segment) -> bytes:
        """What has to stand before the segment. Raises as `segment`."""
        return self._media(piece, segment)

    def _media(self, piece: Piece, segment: Segment) -> bytes:
        request = self._request(piece.url)
        if piece.start is not None:
            request.headers["Range"] = f"bytes={piece.start}-{piece.start + piece.length - 1}"
        try:
            with self._ydl.urlopen(request) as response:
                content = _read(response, _LARGEST_SEGMENT_BYTES)
        except HTTPError as error:
            error.close()
            if error.status in (404, 410):
                raise SegmentLost(str(error)) from error
            raise
        if piece.start is not None and len(content) != piece.length:
            raise DownloadFailure("incomplete", f"{len(content)} bytes of {piece.length}")
        return _media_only(self._plain(content, segment.key, segment.sequence))

    def _plain(self, content: bytes, key: Key | None, sequence: int) -> bytes:
        if key is None:
            return content
        cipher = {"METHOD": "AES-128", "URI": key.url, "IV": key.vector}
        plain: bytes = self._decrypt({"decrypt_info": cipher, "media_sequence": sequence}, content)
        return plain

    def _request(self, url: str) -> Request:
        return Request(url, headers=dict(self.part.get("http_headers") or {}))


def _read(response: Any, most_bytes: int) -> bytes:
    content: bytes = response.read(most_bytes + 1)
    if len(content) > most_bytes:
        raise DownloadFailure("too_large", f"a piece of more than {most_bytes} bytes")
    return content


def _media_only(content: bytes) -> bytes:
    """`content` itself. A web page in the middle of a recording would spoil all of it."""
    transport = content[:1] == b"G" and len(content) % _TS_PACKET_BYTES == 0
    # ID3 and the frames of ADTS or MP3: packed audio
    audio = content[:3] == b"ID3" or (content[:1] == b"\xff" and content[1:2] >= b"\xe0")
    if not (transport or audio or content[4:8] in _BOXES):
        raise DownloadFailure("not_media", f"a segment starts with {content[:16].hex() or 'nothing'}")
    return content
