"""Asking a site for one video with one rung."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from yt_dlp.extractor.youtube._base import INNERTUBE_CLIENTS
from yt_dlp.utils import YoutubeDLError

from yt_videos_api.cage.runs import RECORDED_RUNG, UnknownRung
from yt_videos_api.domain.choices import Live
from yt_videos_api.domain.errors import DownloadFailure
from yt_videos_api.domain.ladder import SkipReason
from yt_videos_api.domain.offers import MediaRequest, Offer
from yt_videos_api.engine.caged import CagedYoutubeDL
from yt_videos_api.engine.errors import Stage, translate
from yt_videos_api.engine.facts import video_facts
from yt_videos_api.engine.formats import offers_separate, requested_parts, to_stream
from yt_videos_api.engine.live import Recording, awaited, is_running, over, recordable_parts, require_begun
from yt_videos_api.engine.live_salvage import Remembered, find_remembered
from yt_videos_api.engine.options import DEFAULT_RUNG
from yt_videos_api.engine.pages import nth_entry
from yt_videos_api.engine.selecting import selector_of

Info = Mapping[str, Any]

_DEEPEST = 3  # a page that leads to a page that leads to a video


@dataclass(frozen=True, slots=True)
class Extracted:
    """An offer with what yt-dlp needs to fetch it."""

    offer: Offer
    parts: list[dict[str, Any]]
    thumbnails: list[dict[str, Any]]
    ydl: CagedYoutubeDL
    recording: Recording | None = None  # how to fetch it, where it has no end yet
    info: Info = field(default_factory=dict)  # all that yt-dlp knows; nothing of a recording whose stream is gone


def require_known(rung: str) -> None:
    """Raises UnknownRung. yt-dlp itself would ask its default clients instead, with a warning."""
    if rung not in (DEFAULT_RUNG, RECORDED_RUNG) and (rung.startswith("_") or rung not in INNERTUBE_CLIENTS):
        raise UnknownRung(rung, SkipReason.UNKNOWN_CLIENT)


def extract(ydl: CagedYoutubeDL, media: MediaRequest, rung: str, folder: Path) -> Extracted:
    """Raises DownloadFailure, or what yt-dlp raises. `folder` may hold what was recorded of a live stream so far."""
    if not media.url.startswith(("http://", "https://")):
        raise DownloadFailure("unsupported_url", "not an address of the web")
    ydl.format_selector = selector_of(media, ydl.build_format_selector)
    earlier = find_remembered(folder, media.url, rung) if media.live is Live.RECORD else None
    if rung == RECORDED_RUNG:
        if earlier is None:
            raise UnknownRung(rung, SkipReason.NOTHING_RECORDED)
        return _salvaged(ydl, media, earlier)
    try:
        info = _ask(ydl, media)
    except DownloadFailure as failure:
        if earlier is None or not over(failure):
            raise
        return _salvaged(ydl, media, earlier)
    _require_whole(info)
    require_begun(info, media.live)
    if not is_running(info):
        return _finished(ydl, media, rung, info)
    if earlier is not None and earlier.video_id != info.get("id"):
        return _salvaged(ydl, media, earlier)  # another stream runs at this address by now
    return _running(ydl, media, rung, info, earlier)


def _finished(ydl: CagedYoutubeDL, media: MediaRequest, rung: str, info: Info) -> Extracted:
    parts = requested_parts(info)
    streams = tuple(to_stream(part) for part in parts)
    if media.container_policy.audio_only and all(stream.kind == "video" for stream in streams):
        raise DownloadFailure("selection_unmet", "pictures without sound")
    facts = video_facts(info, media.url, media.entry_index or 1)
    return Extracted(
        offer=Offer(rung, facts, streams, full=offers_separate(info)),
        parts=parts,
        thumbnails=_thumbnails(info),
        ydl=ydl,
        info=info,
    )


def _running(ydl: CagedYoutubeDL, media: MediaRequest, rung: str, info: Info, earlier: Remembered | None) -> Extracted:
    parts = recordable_parts(ydl, info, media, earlier.format_ids if earlier else ())
    facts = video_facts(info, media.url, media.entry_index or 1)
    facts = replace(facts, duration_seconds=None, live_status="is_live")
    return Extracted(
        offer=Offer(rung, facts, tuple(to_stream(part) for part in parts), full=True),
        parts=parts,
        thumbnails=_thumbnails(info),
        ydl=ydl,
        recording=Recording(ydl, parts, media.live_limit_seconds, ask=partial(_ask, ydl, media)),
        info=info,
    )


def find_video(ydl: CagedYoutubeDL, url: str, entry_index: int | None) -> Info:
    """The one video at `url`, or one of several on a page. Raises DownloadFailure, or what yt-dlp raises."""
    found = ydl.extract_info(url, download=False) if entry_index is None else nth_entry(ydl, url, entry_index)
    return _single(ydl, found)


def _salvaged(ydl: CagedYoutubeDL, media: MediaRequest, earlier: Remembered) -> Extracted:
    """The recording that lies there, as an offer."""
    recording = Recording(ydl, earlier.parts, None, ask=partial(_ask, ydl, media), over=True)
    facts = earlier.offer.facts
    return Extracted(
        offer=earlier.offer,
        parts=earlier.parts,
        thumbnails=earlier.thumbnails,
        info={"id": facts.video_id, "title": facts.title, "webpage_url": facts.webpage_url},
        ydl=ydl,
        recording=recording,
    )


def _ask(ydl: CagedYoutubeDL, media: MediaRequest) -> Info:
    try:
        return find_video(ydl, media.url, media.entry_index)
    except (YoutubeDLError, DownloadFailure) as error:
        if media.live is Live.REFUSE:
            raise
        failure = translate(error, list(ydl.log.warnings), Stage.EXTRACT)
        raise awaited(failure, media.live, partial(_look_again, ydl, media.url)) from error


def _look_again(ydl: CagedYoutubeDL, url: str) -> Info:
    """What is told of a video with nothing to fetch. Raises DownloadFailure."""
    ydl.params["ignore_no_formats_error"] = True
    try:
        return _single(ydl, ydl.extract_info(url, download=False))
    except YoutubeDLError as error:
        raise translate(error, list(ydl.log.warnings), Stage.EXTRACT) from error
    finally:
        ydl.params["ignore_no_formats_error"] = False


def _single(ydl: CagedYoutubeDL, info: Any) -> Info:
    """The one video behind a result; a list with a single entry is that entry."""
    for _ in range(_DEEPEST):
        if not isinstance(info, dict):
            raise DownloadFailure("unsupported_url", "there is nothing")
        if info.get("_type", "video") == "video":
            return info
        if info["_type"] in ("playlist", "multi_video"):
            info = _only_entry(info)
        if info.get("_type", "video") != "video":
            info = ydl.process_ie_result(info, download=False)
    raise DownloadFailure("not_a_video", "lists inside of lists")


def _only_entry(playlist: Info) -> dict[str, Any]:
    entries = [entry for entry in playlist.get("entries") or [] if entry]
    if not entries:
        raise DownloadFailure("unsupported_url", "an empty list")
    if len(entries) > 1 or str(playlist.get("extractor_key")).startswith("Youtube"):
        # A playlist of YouTube stays one, even while it holds a single video.
        raise DownloadFailure("not_a_video", "a list")
    entry: dict[str, Any] = entries[0]
    return entry


def _require_whole(info: Info) -> None:
    if info.get("section_start") is not None or info.get("section_end") is not None:
        # Only ffmpeg, online, could cut a clip out of its video; the whole video would be another one.
        raise DownloadFailure("no_formats", "a clip of another video")


def _thumbnails(info: Info) -> list[dict[str, Any]]:
    found = [thumbnail for thumbnail in info.get("thumbnails") or [] if thumbnail.get("url")]
    if not found and info.get("thumbnail"):
        found = [{"url": info["thumbnail"]}]
    return found
