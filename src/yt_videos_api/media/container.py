"""Which of our containers a file already is, by its own declaration."""

from __future__ import annotations

from pathlib import Path

from yt_videos_api.domain.policy import Container
from yt_videos_api.media.ebml import doctype
from yt_videos_api.media.sniff import Demuxer, read_head, sniff


def container_of(path: Path) -> Container | None:
    """None when `path` is media that needs a remux first. Raises DownloadFailure("not_media") as `sniff` does."""
    demuxer, head = sniff(path), read_head(path)
    if demuxer is Demuxer.MATROSKA:
        # "webm" is a promise about codecs, "matroska" is not.
        return {"webm": Container.WEBM, "matroska": Container.MKV}.get(doctype(head) or "")
    if demuxer is Demuxer.MOV and head[4:8] == b"ftyp" and head[8:12] != b"qt  ":
        return Container.MP4
    return None
