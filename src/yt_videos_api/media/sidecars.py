"""Whether the files beside a video are what they say (invariant I12), judged by their content alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn
from xml.parsers import expat

from yt_videos_api.domain.webvtt import NotSubtitles, parse, parse_srt
from yt_videos_api.media.jpeg import jpeg_size
from yt_videos_api.media.pictures import COVER_MAX_SIDE

_LARGEST_BYTES = 32 * 2**20
_DEEPEST = 32


class _Wrong(Exception):
    """What is wrong, in a few words."""


def find_sidecar_problem(kind: str, path: Path) -> str | None:
    """One sentence for the report, None when all is well. `kind` is a word of files.kind; media is not judged here.

    Raises OSError when the file cannot be read.
    """
    judge = _JUDGES.get(kind)
    if judge is None:
        return None
    if path.stat().st_size > _LARGEST_BYTES:
        return f"it is larger than {_LARGEST_BYTES} bytes"
    try:
        judge(path.read_bytes(), path.suffix)
    except _Wrong as wrong:
        return str(wrong)
    return None


def _judge_picture(content: bytes, _suffix: str) -> None:
    size = jpeg_size(content)
    if size is None or not content.endswith(b"\xff\xd9"):
        raise _Wrong("it is no whole JPEG picture")
    if not all(0 < side <= COVER_MAX_SIDE for side in size):
        raise _Wrong(f"it is a picture of {size[0]}x{size[1]}")


def _judge_subtitles(content: bytes, suffix: str) -> None:
    read = {".vtt": parse, ".srt": parse_srt}.get(suffix)
    if read is None:
        raise _Wrong("its name is not that of subtitles")
    try:
        read(_text(content))
    except NotSubtitles as error:
        raise _Wrong(f"it is no text track: {error}") from error


def _judge_json(content: bytes, _suffix: str) -> None:
    text = _text(content)
    try:
        document: Any = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise _Wrong("it is no JSON, or nested beyond reading") from error
    if not isinstance(document, dict):
        raise _Wrong("it is no JSON object")
    if _depth(document) > _DEEPEST:
        raise _Wrong(f"it is nested deeper than {_DEEPEST} levels")


def _judge_nfo(content: bytes, _suffix: str) -> None:
    parser = expat.ParserCreate(encoding="utf-8")
    # Entities, and files from elsewhere, come with a document type; ours never has one.
    parser.StartDoctypeDeclHandler = _refuse_doctype
    try:
        parser.Parse(content, True)
    except expat.ExpatError as error:
        raise _Wrong("it is no XML") from error


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _Wrong("it is no UTF-8") from error


def _depth(document: Any) -> int:
    depth, level = 0, [document]
    while level := [each for each in level if isinstance(each, dict | list)]:
        depth += 1
        level = [inner for each in level for inner in (each.values() if isinstance(each, dict) else each)]
    return depth


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError(constant)  # NaN and Infinity are not JSON


def _refuse_doctype(*_: object) -> NoReturn:
    raise _Wrong("it has a document type")


_JUDGES: dict[str, Callable[[bytes, str], None]] = {
    "cover": _judge_picture,
    "thumbnail": _judge_picture,
    "subtitle": _judge_subtitles,
    "info_json": _judge_json,
    "nfo": _judge_nfo,
}
