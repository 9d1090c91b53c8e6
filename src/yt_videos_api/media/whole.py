"""Damage that ffmpeg passes over in silence, looked for without it."""

from __future__ import annotations

from pathlib import Path

from yt_videos_api.media.boxes import check_fragments
from yt_videos_api.media.flac import check_last_frame
from yt_videos_api.media.ogg import check_pages
from yt_videos_api.media.sniff import Demuxer
from yt_videos_api.media.transport import check_transport_stream


def check_whole(path: Path, demuxer: Demuxer) -> None:
    """Raises DownloadFailure("damaged_media") when the structure of `path` shows that something is missing."""
    if demuxer is Demuxer.MPEGTS:
        check_transport_stream(path)
    elif demuxer is Demuxer.MOV:
        check_fragments(path)
    elif demuxer is Demuxer.OGG:
        check_pages(path)
    elif demuxer is Demuxer.FLAC:
        check_last_frame(path)
