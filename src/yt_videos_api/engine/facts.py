"""What yt-dlp says of a video, as our facts."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Any

from yt_videos_api.domain.offers import Chapter, VideoFacts
from yt_videos_api.engine.wire import CHAPTERS, DESCRIPTION_CHARACTERS, LANGUAGE_CHARACTERS, TITLE_CHARACTERS

_LONGEST_ID = 128
# These read any page; their ids are file names and numbers, the same on many sites.
_WITHOUT_IDS = frozenset({"generic", "html5mediaembed"})
_DATE = re.compile(r"[0-9]{8}")
_MINUTE = re.compile(r" [0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}$")


def video_facts(info: Mapping[str, Any], url: str, entry: int = 1) -> VideoFacts:
    """Facts of the `entry`-th video at `url`, the canonical address that was asked for."""
    extractor = str(info.get("extractor_key") or "generic").lower()
    if extractor in _WITHOUT_IDS:
        extractor = "generic"
    return VideoFacts(
        extractor=extractor,
        video_id=_video_id(extractor, str(info.get("id") or ""), url, entry),
        title=_title(info)[:TITLE_CHARACTERS],
        webpage_url=str(info.get("webpage_url") or url)[:4096],
        channel=_text(info, "channel", "uploader", "creator"),
        channel_id=_text(info, "channel_id", "uploader_id"),
        upload_date=_date(info.get("upload_date")),
        duration_seconds=_seconds(info.get("duration")),
        description=(_text(info, "description") or "")[:DESCRIPTION_CHARACTERS] or None,
        chapters=tuple(_chapters(info)),
        live_status=_text(info, "live_status"),
        starts_at=_seconds(info.get("release_timestamp")) if info.get("live_status") == "is_upcoming" else None,
        short=_is_short(info),
        language=(_text(info, "language") or "")[:LANGUAGE_CHARACTERS] or None,
    )


def generic_video_id(url: str, entry: int = 1) -> str:
    """Id of the `entry`-th video of a page that has no ids of its own: 16 hex digits.

    The page's own guess is no use: it is the file's name, and two different `video.mp4` would be one video.
    """
    return hashlib.sha256(f"{url}#{entry}".encode()).hexdigest()[:16]


def _video_id(extractor: str, own_id: str, url: str, entry: int) -> str:
    if extractor == "generic" or not own_id:
        return generic_video_id(url, entry)
    if len(own_id) > _LONGEST_ID or not own_id.isprintable():
        return hashlib.sha256(own_id.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return own_id


def _title(info: Mapping[str, Any]) -> str:
    title = str(info.get("title") or info.get("id") or "")
    # yt-dlp adds the minute to the title of what is live: another one for every look at it.
    return _MINUTE.sub("", title) if info.get("is_live") else title


def _is_short(info: Mapping[str, Any]) -> bool | None:
    """None where neither an address nor the site's own word tells."""
    if any("/shorts/" in str(info.get(name)) for name in ("webpage_url", "original_url")):
        return True
    kind = info.get("media_type")
    return kind == "short" if isinstance(kind, str) else None


def _text(info: Mapping[str, Any], *names: str) -> str | None:
    return next((value for name in names if isinstance(value := info.get(name), str) and value), None)


def _date(value: object) -> str | None:
    return value if isinstance(value, str) and _DATE.fullmatch(value) else None


def _seconds(value: object) -> float | None:
    usable = isinstance(value, int | float) and 0 <= value < 10**10
    return float(value) if usable else None  # type: ignore[arg-type]  # `usable` has told that it is a number


def _chapters(info: Mapping[str, Any]) -> Iterator[Chapter]:
    for chapter in (info.get("chapters") or [])[:CHAPTERS]:
        start, end = _seconds(chapter.get("start_time")), _seconds(chapter.get("end_time"))
        if start is not None and end is not None and start < end:
            yield Chapter(str(chapter.get("title") or "")[:TITLE_CHARACTERS], start, end)
