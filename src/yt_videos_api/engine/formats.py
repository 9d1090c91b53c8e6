"""Formats as yt-dlp tells them, as our streams."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

from yt_videos_api.domain.offers import Stream
from yt_videos_api.engine.wire import LANGUAGE_CHARACTERS

Info = Mapping[str, Any]

_CODECS = (
    (re.compile(r"avc|[hx]\.?264"), "h264"),
    (re.compile(r"hev|hvc|[hx]\.?265"), "h265"),
    (re.compile(r"av0?1"), "av1"),
    (re.compile(r"vp0?9"), "vp9"),
    (re.compile(r"vp0?8"), "vp8"),
    (re.compile(r"mp4a\.(40\.34|6[9b])"), "mp3"),
    (re.compile(r"mp4a|aac"), "aac"),
    (re.compile(r"mp4v"), "mpeg4"),
    (re.compile(r"e-?ac-?3|ec-3"), "eac3"),
    (re.compile(r"ac-?3"), "ac3"),
    (re.compile(r"fl[a4]c"), "flac"),
)
_AUDIO_EXTENSIONS = frozenset({"m4a", "mp3", "opus", "ogg", "oga", "flac", "wav", "aac", "weba", "mka", "wma", "aiff"})


def normalise_codec(name: object) -> str | None:
    """Our word for a codec; the site's own where we have none; None where there is no stream or nothing is known."""
    if not isinstance(name, str) or not name or name == "none":
        return None
    lowered = name.strip().lower()
    return next((ours for pattern, ours in _CODECS if pattern.match(lowered)), lowered.split(".")[0])


def requested_parts(info: Info) -> list[dict[str, Any]]:
    """The formats that yt-dlp chose, each complete with what it needs from the video around it."""
    whole = {key: value for key, value in info.items() if key not in ("requested_formats", "formats")}
    return [{**whole, **part} for part in info.get("requested_formats") or [whole]]


def to_stream(part: Info) -> Stream:
    """Describe one format."""
    return Stream(
        format_id=str(part.get("format_id") or "0"),
        kind=_kind(part),
        ext=str(part.get("ext") or ""),
        protocol=str(part.get("protocol") or ""),
        video_codec=normalise_codec(part.get("vcodec")),
        audio_codec=normalise_codec(part.get("acodec")),
        height=_whole(part.get("height")),
        width=_whole(part.get("width")),
        fps=_positive(part.get("fps")),
        hdr=str(part.get("dynamic_range") or "SDR").upper() != "SDR",
        language=_short_text(part.get("language")),
        note=_short_text(part.get("format_note"), 200),
        size_bytes=exact_size(part),
    )


def offers_separate(info: Info) -> bool:
    """Whether picture and sound can be had as streams of their own."""
    kinds = {_kind(part) for part in info.get("formats") or [] if is_media(part)}
    return {"video", "audio"} <= kinds


def is_media(part: Info) -> bool:
    """Whether it has picture or sound, and is not a storyboard."""
    return not part.get("vcodec") == part.get("acodec") == "none"


def exact_size(part: Info) -> int | None:
    """Bytes as the site promised them; never `filesize_approx`."""
    return _whole(part.get("filesize"))


def estimated_size(part: Info) -> int | None:
    """Bytes for a progress bar."""
    return exact_size(part) or _whole(part.get("filesize_approx"))


def file_name(part: Info) -> str:
    """Name of a part in staging: only letters, digits, dot, dash and underscore, and never a leading dot."""
    identifier = re.sub(r"[^A-Za-z0-9_-]", "_", str(part.get("format_id") or "0"))[:80]
    extension = re.sub(r"[^a-z0-9]", "", str(part.get("ext") or "").lower())[:8]
    return f"{identifier}.{extension or 'bin'}"


def _kind(part: Info) -> Literal["video", "audio", "both"]:
    video, audio = part.get("vcodec"), part.get("acodec")
    if video == "none":
        return "audio"
    if audio == "none":
        return "video"
    if not video and str(part.get("ext")).lower() in _AUDIO_EXTENSIONS:
        return "audio"
    return "both"


def _short_text(value: object, limit: int = LANGUAGE_CHARACTERS) -> str | None:
    return value[:limit] if isinstance(value, str) and value else None


def _whole(value: object) -> int | None:
    number = _positive(value)
    return None if number is None else int(number)


def _positive(value: object) -> float | None:
    usable = isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 2**53
    return float(value) if usable else None  # type: ignore[arg-type]  # `usable` has told that it is a number
