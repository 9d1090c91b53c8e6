"""From yt-dlp's exceptions to the codes of domain/failures.py, once, at the edge."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator, Sequence
from enum import Enum

from yt_videos_api.domain.errors import DownloadFailure
from yt_videos_api.engine.advice import without_advice
from yt_videos_api.engine.signs import LIST_SIGNS, PLAYLIST_SIGNS, SIGNS, TRANSFER_SIGNS, VAGUE, find_code
from yt_videos_api.engine.wire import DETAIL_CHARACTERS

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE})
_ERRNOS = {**dict.fromkeys(_FULL, "no_space"), errno.EFBIG: "too_large"}

_CLASSES = {
    "GeoRestrictedError": "geo_blocked",
    "UnsupportedError": "unsupported_url",
    "UserNotLive": "not_yet_available",
}

_STATUSES = {
    401: "login_required",
    403: "forbidden",
    404: "not_found",
    410: "not_found",
    429: "rate_limited",
    451: "geo_blocked",
}
# The page listed these addresses a moment ago, so "not found" is the media server's way to refuse.
_MEDIA_STATUSES = {**_STATUSES, 401: "forbidden", 404: "forbidden", 410: "forbidden"}

_LIST_STATUSES = {**_STATUSES, 404: "list_unavailable", 410: "list_unavailable"}
# Of a further page of a list that is there: a hiccup.
_ENTRIES_STATUSES = {**_STATUSES, 404: "network", 410: "network"}

_NETWORK_CLASSES = frozenset({"TransportError", "SSLError", "CertificateVerifyError", "ProxyError", "RequestError"})
_HTTP_ERROR = re.compile(r"HTTP Error ([1-5][0-9][0-9])")
_DEEPEST = 20
_YOUTUBE = "[youtube] "


class Stage(Enum):
    """What was being done."""

    EXTRACT = "extract"
    TRANSFER = "transfer"
    LIST = "list"  # opening one
    ENTRIES = "entries"  # reading on in one that is open


_TABLES = {
    Stage.EXTRACT: _STATUSES,
    Stage.TRANSFER: _MEDIA_STATUSES,
    Stage.LIST: _LIST_STATUSES,
    Stage.ENTRIES: _ENTRIES_STATUSES,
}
_STAGE_SIGNS = {Stage.EXTRACT: PLAYLIST_SIGNS, Stage.LIST: LIST_SIGNS, Stage.ENTRIES: LIST_SIGNS}
_EXTRACTING = frozenset({Stage.EXTRACT, Stage.LIST, Stage.ENTRIES})


def translate(error: BaseException, warnings: Sequence[str], stage: Stage) -> DownloadFailure:
    """Our failure for `error`; `warnings` are what yt-dlp logged on the way to it."""
    if isinstance(error, DownloadFailure):
        return error
    code = _by_chain(error, stage) or _by_warnings(error, warnings, stage)
    if code == "list_unavailable":
        code = _by_other_statuses(warnings, stage) or code
    return DownloadFailure(code, without_advice(f"{type(error).__name__}: {error}")[:DETAIL_CHARACTERS])


def _by_chain(error: BaseException, stage: Stage) -> str | None:
    chain = list(_causes(error))
    found = (
        next((_ERRNOS[number] for cause in chain if (number := _errno(cause)) in _ERRNOS), None)
        or next((_CLASSES[name] for cause in chain if (name := type(cause).__name__) in _CLASSES), None)
        or find_code(str(error), (*_STAGE_SIGNS.get(stage, ()), *SIGNS))
    )
    if found:
        return found
    status = next((status for cause in chain if (status := _status(cause)) is not None), None)
    if status is not None:
        return None if _is_api_hiccup(error, status, stage) else _by_status(status, stage)
    if stage is Stage.TRANSFER and (found := find_code(str(error), TRANSFER_SIGNS)):
        return found
    return "network" if any(_is_network(cause) for cause in chain) else None


def _by_warnings(error: BaseException, warnings: Sequence[str], stage: Stage) -> str:
    vague = find_code(str(error), VAGUE) or ("network" if _YOUTUBE in str(error) else None)
    if vague is None and (stage in _EXTRACTING or not _is_expected(error)):
        return "extraction_failed"
    for text in reversed(warnings):
        if code := find_code(text, SIGNS):
            return code
        if match := _HTTP_ERROR.search(text):
            status = int(match[1])
            return "network" if _is_api_hiccup(error, status, stage) else _by_status(status, stage)
    return vague or "network"


def _by_other_statuses(warnings: Sequence[str], stage: Stage) -> str | None:
    """YouTube's page of a list is asked for first: when it is refused, that its API finds nothing tells nothing."""
    statuses = [int(match[1]) for text in warnings if (match := _HTTP_ERROR.search(text))]
    return next((_by_status(status, stage) for status in statuses if status not in (404, 410)), None)


def _is_api_hiccup(error: BaseException, status: int, stage: Stage) -> bool:
    """YouTube's API answers 404 now and then for videos that are there; what came before may tell why."""
    return stage is Stage.EXTRACT and status in (404, 410) and _YOUTUBE in str(error)


def _by_status(status: int, stage: Stage) -> str:
    return _TABLES[stage].get(status, "network")


def _causes(error: BaseException) -> Iterator[BaseException]:
    """`error` and everything that led to it: yt-dlp wraps in three different ways."""
    waiting: list[object] = [error]
    seen: set[int] = set()
    while waiting and len(seen) < _DEEPEST:
        current = waiting.pop(0)
        if not isinstance(current, BaseException) or id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        wrapped = getattr(current, "exc_info", None)
        waiting += [getattr(current, "cause", None), wrapped[1] if wrapped else None]
        waiting += [current.__cause__, current.__context__]


def _errno(error: BaseException) -> int | None:
    return error.errno if isinstance(error, OSError) else None


def _status(error: BaseException) -> int | None:
    status = getattr(error, "status", None)
    return status if isinstance(status, int) and type(error).__name__ == "HTTPError" else None


def _is_expected(error: BaseException) -> bool:
    """Whether yt-dlp or the system raised it on purpose; anything else is a bug of an extractor or a downloader."""
    return isinstance(error, OSError) or any(cls.__name__ == "YoutubeDLError" for cls in type(error).__mro__)


def _is_network(error: BaseException) -> bool:
    if isinstance(error, TimeoutError | ConnectionError):
        return True
    return any(cls.__name__ in _NETWORK_CLASSES for cls in type(error).__mro__)
