"""Which of our containers a file already is, by its own declaration."""

from __future__ import annotations

from pathlib import Path

from yt_videos_api.domain.policy import Container
from yt_videos_api.media.ebml import doctype
from yt_videos_api.media.sniff import Demuxer, read_head, sniff

# Apple's own brands; what sites call m4a is mostly a fragmented MP4 of brand "dash" that players cannot seek in.
_M4A_BRANDS = frozenset({b"M4A ", b"M4B "})
_OPUS_HEAD = b"OpusHead"
_FIRST_PAGE_AT = 28  # the header of a page with one piece


def container_of(path: Path) -> Container | None:
    """None when `path` is media that needs a remux first. Raises DownloadFailure("not_media") as `sniff` does."""
    demuxer, head = sniff(path), read_head(path)
    if demuxer is Demuxer.MATROSKA:
        # "webm" is a promise about codecs, "matroska" is not.
        return {"webm": Container.WEBM, "matroska": Container.MKV}.get(doctype(head) or "")
    if demuxer is Demuxer.MOV and head[4:8] == b"ftyp" and head[8:12] != b"qt  ":
        return Container.M4A if head[8:12] in _M4A_BRANDS else Container.MP4
    if demuxer is Demuxer.OGG:
        return Container.OPUS if head[_FIRST_PAGE_AT:].startswith(_OPUS_HEAD) else None
    return {Demuxer.MP3: Container.MP3, Demuxer.FLAC: Container.FLAC}.get(demuxer)
