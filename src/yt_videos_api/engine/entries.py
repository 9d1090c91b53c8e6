"""What yt-dlp says of one entry of a list, as our entry."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from yt_dlp.extractor import gen_extractor_classes, get_info_extractor
from yt_dlp.utils import sanitize_url, strftime_or_none, unsmuggle_url

from yt_videos_api.domain.identity import YOUTUBE_EXTRACTOR
from yt_videos_api.domain.lists import ListEntry, ListFacts
from yt_videos_api.domain.targets import youtube_address
from yt_videos_api.domain.urls import youtube_video_id
from yt_videos_api.engine.pages import is_link, is_list, own_page
from yt_videos_api.engine.wire import TITLE_CHARACTERS
from yt_videos_api.engine.wire_lists import ID_CHARACTERS, NAME_CHARACTERS, URL_CHARACTERS

Info = Mapping[str, Any]

_YOUTUBE_LISTS = frozenset({"YoutubeTab", "YoutubePlaylist"})
_GONE = {"[Private video]": "private_video", "[Deleted video]": "video_unavailable"}
_LIVE = {"is_live": True, "is_upcoming": True, "was_live": True, "post_live": True, "not_live": False}
_LONGEST_SHORT_SECONDS = 180
_YOUTUBE_ID = re.compile(r"[0-9A-Za-z_-]{11}")
_DATE = re.compile(r"[0-9]{8}")
# An extractor's instructions to another one; this one only replaces an id that we make ourselves.
_HARMLESS_INSTRUCTIONS = frozenset({"force_videoid"})


def list_facts(page: Info, url: str) -> ListFacts:
    """Facts of the list behind `url`."""
    entries = page.get("entries")
    count = page.get("playlist_count") or (len(entries) if isinstance(entries, list) else None)
    return ListFacts(
        extractor=str(page.get("extractor") or "generic").lower()[:100],
        list_id=_id(str(page.get("id") or url)),
        title=str(page.get("title") or page.get("id") or "")[:TITLE_CHARACTERS],
        webpage_url=_web(page.get("webpage_url")) or url,
        channel=_text(page, "channel", "uploader"),
        channel_id=_text(page, "channel_id", "uploader_id"),
        count=count if isinstance(count, int) and count >= 0 else None,
    )


def list_entry(entry: Info, page: Info, url: str, index: int) -> ListEntry:
    """The `index`-th entry of `page`, which is what is at `url`."""
    address = _address(entry, page)
    tab = urlsplit(str(page.get("webpage_url"))).path.rpartition("/")[2] if _of_youtube(page) else ""
    video_id = _youtube_id(entry, address)
    gone = _GONE.get(str(entry.get("title"))) if video_id else None
    return ListEntry(
        index=index,
        url=(youtube_address(video_id) if video_id else address) or url,
        own_address=address is not None,
        extractor=YOUTUBE_EXTRACTOR if video_id else None,
        video_id=video_id,
        # The title of a video that is gone is only the list's word for that.
        title=None if gone else _text(entry, "title", limit=TITLE_CHARACTERS),
        duration_seconds=_seconds(entry.get("duration")),
        upload_date=_upload_date(entry),
        channel=_text(entry, "channel", "uploader"),
        gone=gone,
        live=_is_live(entry, tab, of_youtube=video_id is not None),
        short=_is_short(entry, tab) if video_id else None,
        is_list=video_id is None and _leads_to_list(entry, address),
    )


def _address(entry: Info, page: Info) -> str | None:
    """Where the entry can be asked for alone; None where only the list's page leads to it."""
    if not is_link(entry):
        return _web(own_page(entry, page))
    plain, instructions = unsmuggle_url(sanitize_url(str(entry.get("url")), scheme="https"), {})
    return _web(plain) if set(instructions) <= _HARMLESS_INSTRUCTIONS else None


def _web(address: object) -> str | None:
    usable = isinstance(address, str) and len(address) <= URL_CHARACTERS
    return str(address) if usable and str(address).startswith(("http://", "https://")) else None


def _of_youtube(page: Info) -> bool:
    return str(page.get("extractor_key")).startswith("Youtube")


def _youtube_id(entry: Info, address: str | None) -> str | None:
    """Also of a link on somebody's page."""
    key, video_id = entry.get("ie_key"), entry.get("id")
    if key is None and address is not None:
        return youtube_video_id(address)
    known = key == "Youtube" and isinstance(video_id, str) and _YOUTUBE_ID.fullmatch(video_id)
    return str(video_id) if known else None


def _leads_to_list(entry: Info, address: str | None) -> bool:
    if is_list(entry):
        return True
    if address is None or not is_link(entry):
        return False
    key = entry.get("ie_key")
    extractor = get_info_extractor(key) if isinstance(key, str) else _extractor_for(address)
    # Known where an extractor's own tests all expect a list.
    return extractor.ie_key() in _YOUTUBE_LISTS or extractor.is_single_video(address) is False


def _extractor_for(address: str) -> Any:
    """Who would be asked for an address of which the list does not say: 4 ms to find out (measured)."""
    return next(extractor for extractor in gen_extractor_classes() if extractor.suitable(address))


def _is_live(entry: Info, tab: str, *, of_youtube: bool) -> bool | None:
    if tab == "streams":
        return True
    status = _LIVE.get(str(entry.get("live_status")))
    if status is None and (tab in ("videos", "shorts") or (of_youtube and entry.get("view_count") is not None)):
        # yt-dlp has read the row's "4711 views, streamed 2 months ago", and there was no "streamed" in it.
        return False
    return status


def _is_short(entry: Info, tab: str) -> bool | None:
    if "/shorts/" in str(entry.get("url")):
        return True
    long = (_seconds(entry.get("duration")) or 0) > _LONGEST_SHORT_SECONDS
    return False if long or tab in ("videos", "streams") else None


def _upload_date(entry: Info) -> str | None:
    """Only what a site says exactly: of "2 months ago" yt-dlp is asked not to guess a date."""
    date = entry.get("upload_date")
    if isinstance(date, str) and _DATE.fullmatch(date):
        return date
    moment = entry.get("timestamp")
    told = strftime_or_none(moment, "%Y%m%d") if isinstance(moment, int | float) and moment > 0 else None
    return told if isinstance(told, str) and _DATE.fullmatch(told) else None


def _seconds(value: object) -> float | None:
    usable = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 10**9
    return float(value) if usable else None  # type: ignore[arg-type]  # `usable` has told that it is a number


def _text(info: Info, *names: str, limit: int = NAME_CHARACTERS) -> str | None:
    return next((value[:limit] for name in names if isinstance(value := info.get(name), str) and value), None)


def _id(own: str) -> str:
    fits = len(own) <= ID_CHARACTERS and own.isprintable()
    return own if fits else hashlib.sha256(own.encode("utf-8", "surrogatepass")).hexdigest()
