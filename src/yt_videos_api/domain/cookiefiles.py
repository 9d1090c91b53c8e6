"""Netscape cookie files, as browsers' extensions export them: read strictly, since what is in them is a login.

What is wrong is told by its line alone; of a line nothing but its site is ever repeated, for it may be a secret.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NoReturn
from urllib.parse import urlsplit

from yt_videos_api.domain.addresses import parse_host_as_address
from yt_videos_api.domain.errors import InvalidInput
from yt_videos_api.domain.hosts import BadHost, normalise_host

FIELD = "cookies"
MOST_BYTES = 1024 * 1024
HEADER = "# Netscape HTTP Cookie File"

_HTTP_ONLY = "#HttpOnly_"
_FIELDS = 7
_HOST = re.compile(r"(?=.{3,253}$)(?:[a-z0-9_-]+\.)+[a-z0-9-]+|localhost")
_MOST_NAMED = 5
_MOMENT = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,9})?")
# Below these anybody can have a name: a cookie for all of them would reach strangers.
_SHARED_SUFFIX = re.compile(r"(?:ac|co|com|edu|gob|go|gov|ltd|me|mil|ne|net|nom|or|org|plc|sch)\.[a-z]{2}")


@dataclass(frozen=True, slots=True)
class CookieFile:
    """The cookies of one site. Secret."""

    text: str  # a Netscape file with the cookies that have not expired
    cookie_count: int
    expired_count: int  # how many were left out
    expires_at: datetime | None  # when the first of them does; None when all last as long as a session


@dataclass(frozen=True, slots=True)
class _Cookie:
    domain: str
    expires_seconds: float  # since 1970; 0: with the session
    line: str


def parse_site(text: str) -> str:
    """The one spelling of a site's name, such as `youtube.com`. Raises InvalidInput for the field `site`."""
    try:
        host = normalise_host(text)
    except BadHost as error:
        raise InvalidInput("site", f"{error}; it must be a name such as youtube.com.", code="cookies.site") from None
    if parse_host_as_address(host) is not None or "." not in host or _SHARED_SUFFIX.fullmatch(host):
        raise InvalidInput("site", "must be the name of one site, such as youtube.com.", code="cookies.site")
    return host


def sites_of(host: str) -> tuple[str, ...]:
    """The sites that `host` can belong to, the nearest first: itself, and all above it with two labels at least."""
    labels = host.split(".")
    return tuple(".".join(labels[start:]) for start in range(len(labels) - 1))


def same_site(url: str, other: str) -> bool:
    """Whether both addresses belong to one site, as far as names tell."""
    mine, theirs = (set(sites_of(urlsplit(each).hostname or "")) for each in (url, other))
    return any(not _SHARED_SUFFIX.fullmatch(site) for site in mine & theirs)


def parse_cookie_file(text: str, site: str, now: datetime) -> CookieFile:
    """Read the cookies of `site`, all of which must belong to it. Raises InvalidInput that tells the line."""
    if len(text) > MOST_BYTES or len(text.encode("utf-8", "surrogatepass")) > MOST_BYTES:
        raise InvalidInput(FIELD, f"has more than {MOST_BYTES} bytes.", code="too_large")
    cookies = []
    for number, raw in enumerate(text.removeprefix("\ufeff").split("\n"), start=1):
        line = raw.removesuffix("\r")
        if line.strip() and (line.startswith(_HTTP_ONLY) or not line.startswith("#")):
            cookies.append(_read(line, number))
    _require_of_site(cookies, site)
    fresh = [cookie for cookie in cookies if not 0 < cookie.expires_seconds <= now.timestamp()]
    if not fresh:
        _refuse("holds no cookie." if not cookies else "holds only cookies that have expired; export it again.")
    moments = [cookie.expires_seconds for cookie in fresh if cookie.expires_seconds]
    return CookieFile(
        text="\n".join([HEADER, "", *(cookie.line for cookie in fresh), ""]),
        cookie_count=len(fresh),
        expired_count=len(cookies) - len(fresh),
        expires_at=_moment(min(moments)) if moments else None,
    )


def _require_of_site(cookies: Sequence[_Cookie], site: str) -> None:
    """Whole browsers are exported easily: all that is to be deleted is told at once. Names of hosts are no secrets."""
    others = sorted({each.domain for each in cookies if each.domain != site and not each.domain.endswith(f".{site}")})
    if others:
        more = f" and {len(others) - _MOST_NAMED} more" if len(others) > _MOST_NAMED else ""
        named = ", ".join(others[:_MOST_NAMED])
        _refuse(f"holds cookies of other sites than {site}: {named}{more}; delete their lines.")


def _read(line: str, number: int) -> _Cookie:
    fields = line.removeprefix(_HTTP_ONLY).split("\t")
    if len(fields) != _FIELDS:
        _refuse(f"has {len(fields)} fields between tabs instead of {_FIELDS}.", number)
    if not all(field.isprintable() for field in fields):
        _refuse("has a control character.", number)
    domain, below, path, secure, expires, name, _ = fields
    host = domain.lower().removeprefix(".")
    if not _HOST.fullmatch(host):
        _refuse("has a cookie of something that is no site.", number)
    if not {below.upper(), secure.upper()} <= {"TRUE", "FALSE"} or not path.startswith("/") or not name:
        _refuse("is no cookie: domain, TRUE or FALSE, /path, TRUE or FALSE, moment, name, value.", number)
    if not _MOMENT.fullmatch(expires or "0"):
        _refuse("has a moment of expiry that is no number of seconds.", number)
    return _Cookie(host, float(expires or 0), line)


def _moment(seconds: float) -> datetime:
    """Browsers write what they like for "never"."""
    latest = datetime(9999, 12, 31, tzinfo=UTC)
    return datetime.fromtimestamp(min(seconds, latest.timestamp()), UTC)


def _refuse(problem: str, line: int | None = None) -> NoReturn:
    raise InvalidInput(FIELD, problem if line is None else f"line {line} {problem}", code="cookies.file")
