"""What is done with a video that has not ended: its start is waited for, and what runs is recorded."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from yt_videos_api.domain.choices import Live
from yt_videos_api.domain.errors import DownloadFailure
from yt_videos_api.domain.offers import MediaRequest
from yt_videos_api.engine.caged import CagedYoutubeDL
from yt_videos_api.engine.formats import requested_parts

Info = Mapping[str, Any]

_HLS = "[protocol^=m3u8]"
# One stream with picture and sound keeps them together by itself.
_WITH_PICTURE = f"b{_HLS}/bv*{_HLS}+ba{_HLS}/bv*{_HLS}/ba{_HLS}"
_SOUND_ALONE = f"ba{_HLS}/b{_HLS}"

# After its end YouTube hands out no more than the last two hours of a stream, until it has made a video of the whole
# (yt-dlp's youtube/_video.py).
_WAITED_FOR = frozenset({"is_upcoming", "post_live"})
_PREPARED_IN_SECONDS = 900.0
# What is said of it until then: the little that is handed out may miss the wishes that the whole will meet.
_NOTHING_YET = frozenset({"not_yet_available", "no_formats", "selection_unmet"})
_STREAM_OVER = frozenset(
    {"not_started", "not_yet_available", "not_found", "private_video", "video_unavailable", "unsupported_url"}
)


@dataclass(frozen=True, slots=True)
class Recording:
    """A stream that is to be recorded, or was."""

    ydl: CagedYoutubeDL
    parts: list[dict[str, Any]]
    longest_seconds: float | None
    ask: Callable[[], Info]  # asks the site for the video once more
    over: bool = False  # what lies there is all that there will be
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def renew(self, format_id: str) -> Info | None:
        """The address of a stream as the site tells it now; None: it says that the stream is over.

        Raises DownloadFailure, or what yt-dlp raises.
        """
        try:
            with self._lock:
                info = self.ask()
        except DownloadFailure as failure:
            if failure.code in _STREAM_OVER:
                return None
            raise
        if not is_running(info):
            return None
        for each in info.get("formats") or []:
            if each.get("format_id") == format_id:
                return {"url": each["url"], "http_headers": each.get("http_headers")}
        raise DownloadFailure("forbidden", f"{format_id} is not offered any more")


def is_running(info: Info) -> bool:
    """Whether the stream runs right now."""
    return bool(info.get("is_live")) or info.get("live_status") == "is_live"


def require_begun(info: Info, live: Live) -> None:
    """Raises DownloadFailure for what has not begun or, where nothing is recorded, has not ended."""
    status = info.get("live_status")
    if live is Live.REFUSE and (is_running(info) or status in ("is_upcoming", "post_live")):
        raise DownloadFailure("not_yet_available", f"live status {status}")
    if status in _WAITED_FOR:
        raise _waited_for(info)


def recordable_parts(
    ydl: CagedYoutubeDL, info: Info, media: MediaRequest, begun: Collection[str]
) -> list[dict[str, Any]]:
    """The streams to record: the formats that an earlier run has begun with, else what is wished for.

    Raises DownloadFailure("no_formats") when there is none in HLS, the only kind that can be recorded.
    """
    formats: Sequence[dict[str, Any]] = info.get("formats") or []
    chosen = [each for each in formats if each.get("format_id") in begun]
    if not begun or len(chosen) < len(begun):
        context = {"formats": formats, "has_merged_format": True, "incomplete_formats": False}
        found = list(ydl.build_format_selector(_wish(media))(context))[-1:]
        chosen = [part for each in found for part in each.get("requested_formats") or [each]]
    if not chosen:
        raise DownloadFailure("no_formats", "a live stream without HLS")
    pictures_first = sorted(chosen, key=lambda each: each.get("vcodec") == "none")
    return [{**part, "filesize": None} for part in requested_parts({**info, "requested_formats": pictures_first})]


def over(failure: DownloadFailure) -> bool:
    """Whether the site says that it has nothing of a stream that did run, and names no time when it will."""
    return failure.code in _STREAM_OVER and failure.retry_at is None


def awaited(failure: DownloadFailure, live: Live, look: Callable[[], Info]) -> DownloadFailure:
    """What to say of a video that cannot be had yet: "not_started", if it is one whose start is waited for.

    `look` asks the site once more, without minding that there is nothing to fetch; it raises DownloadFailure.
    """
    if live is Live.REFUSE or failure.code not in _NOTHING_YET:
        return failure
    try:
        info = look()
    except DownloadFailure as again:
        # A channel that is not on the air tells nothing of when it will be.
        return DownloadFailure("not_started", again.detail) if again.code == "not_yet_available" else failure
    return _waited_for(info) if info.get("live_status") in _WAITED_FOR else failure


def _wish(media: MediaRequest) -> str:
    if media.selection.format_selector:
        return f"({media.selection.format_selector}){_HLS}"
    return _SOUND_ALONE if media.container_policy.audio_only else _WITH_PICTURE


def _waited_for(info: Info) -> DownloadFailure:
    if info.get("live_status") == "post_live":
        soon = time.time() + _PREPARED_IN_SECONDS
        return DownloadFailure("not_started", "the site still makes a video of the stream", retry_at=soon)
    moment = info.get("release_timestamp")
    starts_at = float(moment) if isinstance(moment, int | float) and 0 < moment < 2**40 else None
    return DownloadFailure("not_started", f"starts at {starts_at}", retry_at=starts_at)
