"""HLS and DASH: manifests and segments of a plain site."""

from __future__ import annotations

import re

from tests.origin.body import Bytes, File
from tests.origin.media import WIDTHS, Recipe, dash_folder_of, hls_folder_of
from tests.origin.message import Response, not_found

_TYPES = {
    "m3u8": "application/vnd.apple.mpegurl",
    "mpd": "application/dash+xml",
    "ts": "video/mp2t",
    "m4s": "video/iso.segment",
    "mp4": "video/mp4",
}
# What ffmpeg itself calls the files it cuts; nothing else is looked for on disk.
_FILE_NAME = re.compile(r"[a-z0-9-]+\.(?P<extension>[a-z0-9]+)")


def hls(recipe: Recipe, kind: str, file_name: str) -> Response:
    """`master.m3u8`, `<height>.m3u8` or a segment; `kind` is "mpegts" or "fmp4"."""
    if file_name == "master.m3u8":
        return _text(_master(recipe), "m3u8")
    matched = _FILE_NAME.fullmatch(file_name)
    path = hls_folder_of(recipe, kind) / file_name
    if matched is None or not path.is_file():
        return not_found()
    return Response(File(path), content_type=_TYPES[matched["extension"]], etag=f'"{file_name}"', ranges=True)


def dash_manifest(recipe: Recipe, name: str) -> Response:
    """The MPD; its segments are in the folder `name` beside it."""
    text = (dash_folder_of(recipe) / "manifest.mpd").read_text()
    return _text(text.replace("<Period", f"<BaseURL>{name}/</BaseURL><Period", 1), "mpd")


def dash_segment(recipe: Recipe, file_name: str) -> Response:
    """A piece of one stream."""
    path = dash_folder_of(recipe) / file_name
    if _FILE_NAME.fullmatch(file_name) is None or not path.is_file():
        return not_found()
    return Response(File(path), content_type=_TYPES["m4s"], etag=f'"{file_name}"', ranges=True)


def is_manifest(file_name: str) -> bool:
    """Whether a file names others, rather than being a piece of media."""
    return file_name.endswith((".m3u8", ".mpd"))


def _master(recipe: Recipe) -> str:
    lines = ["#EXTM3U", "#EXT-X-VERSION:6"]
    for height in recipe.heights:
        told = f'BANDWIDTH={height * 4000},RESOLUTION={WIDTHS[height]}x{height},CODECS="avc1.42c01f,mp4a.40.2"'
        lines += [f"#EXT-X-STREAM-INF:{told}", f"{height}.m3u8"]
    return "\n".join([*lines, ""])


def _text(text: str, extension: str) -> Response:
    return Response(Bytes(text.encode()), content_type=_TYPES[extension])
