"""The picture of a video: the best one that is really there and really a picture."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from yt_dlp.networking import Request
from yt_dlp.networking.exceptions import RequestError

from yt_videos_api.engine.caged import CagedYoutubeDL

_TRIES = 6
_LARGEST_BYTES = 10 * 2**20


def fetch_cover(ydl: CagedYoutubeDL, thumbnails: Sequence[Mapping[str, Any]], folder: Path) -> str | None:
    """Fetch the best of `thumbnails` (worst first, as yt-dlp sorts them) into `folder`; its file name, or None."""
    for thumbnail in _best_first(thumbnails)[:_TRIES]:
        with contextlib.suppress(RequestError, OSError, ValueError):
            content = _fetch(ydl, thumbnail)
            if extension := picture_type(content):
                return _store(content, folder / f"cover.{extension}")
    return None


def picture_type(content: bytes) -> str | None:
    """The file extension of a raster image by its first bytes; None for anything else."""
    if content.startswith(b"\xff\xd8\xff"):
        return "jpg"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return "webp"
    return None


def _best_first(thumbnails: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """JPEG and PNG go into containers as they are; WebP must be decoded first, so it comes last."""
    best = list(reversed(thumbnails))
    webp = [thumbnail for thumbnail in best if ".webp" in str(thumbnail["url"])]
    return [thumbnail for thumbnail in best if thumbnail not in webp] + webp


def _fetch(ydl: CagedYoutubeDL, thumbnail: Mapping[str, Any]) -> bytes:
    request = Request(str(thumbnail["url"]), headers=thumbnail.get("http_headers") or {})
    with contextlib.closing(ydl.urlopen(request)) as response:
        content: bytes = response.read(_LARGEST_BYTES + 1)
    return content if len(content) <= _LARGEST_BYTES else b""


def _store(content: bytes, path: Path) -> str:
    fresh = path.with_name(f"{path.name}.new")
    fresh.write_bytes(content)
    fresh.replace(path)
    return path.name
