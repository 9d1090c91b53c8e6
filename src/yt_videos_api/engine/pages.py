"""What is at an address before anything of it is looked at closer: one video, or a list of entries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from yt_dlp.utils import PagedList

from yt_videos_api.domain.errors import DownloadFailure
from yt_videos_api.engine.caged import CagedYoutubeDL

Info = Mapping[str, Any]

LIST_TYPES = frozenset({"playlist", "multi_video"})
_LINK_TYPES = frozenset({"url", "url_transparent"})
_DEEPEST = 5  # links to links, and lists inside of lists
_CONTEXT = ("extractor", "extractor_key", "webpage_url", "original_url")


def open_page(ydl: CagedYoutubeDL, url: str) -> Info:
    """The result behind `url`, links followed, nothing of its entries fetched. Raises what yt-dlp raises."""
    info = ydl.extract_info(url, download=False, process=False)
    for _ in range(_DEEPEST):
        if not isinstance(info, dict):
            raise DownloadFailure("unsupported_url", "there is nothing")
        if not is_link(info) or info.get("ie_key") == "Youtube":  # that one leads to a video
            return info
        info = ydl.extract_info(info["url"], download=False, process=False, ie_key=info.get("ie_key"))
    raise DownloadFailure("unsupported_url", "nothing but links")


def is_list(info: Info) -> bool:
    """Whether a result has entries."""
    return info.get("_type") in LIST_TYPES


def is_link(info: Info) -> bool:
    """Whether a result only says where to ask."""
    return info.get("_type") in _LINK_TYPES


def entries_of(page: Info, depth: int = 0) -> Iterator[dict[str, Any]]:
    """The entries of a list in its order, fetched as they are asked for and kept by nobody.

    A list inside of it that has an address of its own is an entry; of one that has none, its entries are.
    """
    for entry in _uncached(page.get("entries")):
        if not isinstance(entry, dict):
            continue
        if is_list(entry) and not own_page(entry, page) and depth < _DEEPEST:
            yield from entries_of(entry, depth + 1)
        else:
            yield entry


def own_page(entry: Info, page: Info) -> str | None:
    """The address under which an entry that came complete can be asked for alone; None where there is none."""
    address = entry.get("webpage_url")
    pages = (page.get("webpage_url"), page.get("original_url"))
    own = isinstance(address, str) and address.startswith(("http://", "https://")) and address not in pages
    return str(address) if own else None


def nth_entry(ydl: CagedYoutubeDL, url: str, index: int) -> Any:
    """The `index`-th entry (from 1) of the page at `url`, extracted. Raises DownloadFailure, or what yt-dlp raises."""
    page = open_page(ydl, url)
    entry = next(islice(entries_of(page), index - 1, None), None) if is_list(page) else None
    if entry is None:
        raise DownloadFailure("video_unavailable", f"the page has no entry {index}")
    context = {name: page[name] for name in _CONTEXT if page.get(name)}
    return ydl.process_ie_result(entry, download=False, extra_info=context)


def _uncached(entries: Iterable[Any] | None) -> Iterable[Any]:
    """`entries` without what yt-dlp keeps of all that it has handed out: memory must not grow with the list."""
    if entries is None:  # their truth value would fetch a page
        return ()
    if isinstance(entries, PagedList):
        entries._use_cache = False
        return entries._getslice(0, None)  # type: ignore[no-any-return]  # its `getslice` makes a list of everything
    return entries
