"""URLs from outside: taken apart once, refused when in doubt, and spelled in one way from there on.

Judges all that can be judged without asking DNS; the egress gate (cage/gate.py) judges the rest when connecting.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import NoReturn
from urllib.parse import parse_qs, quote

from yt_videos_api.domain.errors import InvalidInput
from yt_videos_api.domain.hosts import BadHost, normalise_host, why_not_public

ALLOWED_PORTS = frozenset({80, 443, 8080, 8443})
EGRESS_ALLOW_FIELD = "YT_VIDEOS_EGRESS_ALLOW"

_MAX_BYTES = 4096
_DEFAULT_PORTS = {"http": 80, "https": 443}
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_AFTER_SCHEME = re.compile(r"//(?P<authority>[^/?#]*)(?P<path>[^?#]*)(?:\?(?P<query>[^#]*))?(?:#(?P<fragment>.*))?")
_HOST_PORT = re.compile(r"(?P<host>\[[^\[\]]*\]|[^:\[\]]*)(?::(?P<port>[0-9]{0,9}))?")
_UNSAFE_CATEGORIES = frozenset({"Cc", "Cs", "Zs", "Zl", "Zp"})  # controls, lone surrogates, all kinds of spaces
_KEPT_IN_URLS = "!#$%&'()*+,/:;=?@[]^_`{|}~"


@dataclass(frozen=True, slots=True)
class Url:
    """A URL that may be visited as far as can be told without DNS."""

    scheme: str  # "http" or "https"
    host: str  # lower case, ASCII; IPv6 without brackets
    port: int
    target: str  # path and query, ASCII
    route: str = ""  # a fragment that names a page ("#!/v/1", "#/v/1") with its "#"; plain anchors are dropped

    @property
    def origin(self) -> str:
        """Scheme, host, and port where it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}" + ("" if self.port == _DEFAULT_PORTS[self.scheme] else f":{self.port}")

    @property
    def canonical(self) -> str:
        """The one spelling of this URL: what identities are made of, and what the engine is given."""
        return self.origin + self.target + self.route

    def __str__(self) -> str:
        return self.canonical


def parse_url(
    text: str,
    *,
    field: str = "url",
    allowed_ports: frozenset[int] = ALLOWED_PORTS,
    exceptions: frozenset[tuple[str, int]] = frozenset(),
) -> Url:
    """Take apart a URL given by a user.

    `exceptions` (from `parse_egress_allow`) may be visited although they are private or have another port. Raises
    InvalidInput with code url.syntax, url.scheme, url.userinfo, url.smuggled, url.port or url.address_not_public.
    """
    scheme, rest = _split_scheme(text, field)
    if "@" in rest["authority"]:
        _refuse(field, "must not carry a user name or password.", "userinfo")
    fragment = rest["fragment"] or ""
    if "__youtubedl_smuggle" in text:
        _refuse(field, "carries instructions for yt-dlp, which are not taken from outside.", "smuggled")
    host, port = _split_authority(rest["authority"], _DEFAULT_PORTS[scheme], field)
    if (host, port) not in exceptions:
        _require_public(host, port, allowed_ports, field)
    query = f"?{rest['query']}" if rest["query"] else ""
    route = f"#{_ascii(fragment)}" if fragment.startswith(("!", "/")) else ""
    return Url(scheme, host, port, _ascii((rest["path"] or "/") + query), route)


def parse_egress_allow(text: str) -> frozenset[tuple[str, int]]:
    """The exact host:port pairs that may be visited although they are private, from `host:port, [v6]:port, ...`.

    Raises InvalidInput that names the setting.
    """
    return frozenset(_parse_exception(part.strip()) for part in text.split(",") if part.strip())


def _parse_exception(text: str) -> tuple[str, int]:
    match = _HOST_PORT.fullmatch(text)
    if match is None or not match["port"]:
        raise InvalidInput(EGRESS_ALLOW_FIELD, f"{text!r} is not host:port.", code="egress_allow")
    try:
        host = normalise_host(match["host"])
    except BadHost as error:
        raise InvalidInput(EGRESS_ALLOW_FIELD, f"the host in {text!r} {error}.", code="egress_allow") from None
    port = int(match["port"])
    if not 0 < port < 65536:
        raise InvalidInput(EGRESS_ALLOW_FIELD, f"the port in {text!r} is not between 1 and 65535.", code="egress_allow")
    return host, port


def _split_scheme(text: str, field: str) -> tuple[str, re.Match[str]]:
    if not text:
        _refuse(field, "is empty.", "syntax")
    if len(text) > _MAX_BYTES or len(text.encode("utf-8", "surrogatepass")) > _MAX_BYTES:
        _refuse(field, f"is longer than {_MAX_BYTES} bytes.", "syntax")
    if "\\" in text or any(unicodedata.category(letter) in _UNSAFE_CATEGORIES for letter in text):
        _refuse(field, "must not contain spaces, control characters or backslashes.", "syntax")
    scheme = _SCHEME.match(text)
    if scheme is None:
        _refuse(field, "must be a full address that begins with http:// or https://.", "syntax")
    if scheme[1].lower() not in _DEFAULT_PORTS:
        _refuse(field, "must begin with http:// or https://.", "scheme")
    rest = _AFTER_SCHEME.fullmatch(text, scheme.end())
    if rest is None:
        _refuse(field, "must have // after http: or https:.", "syntax")
    return scheme[1].lower(), rest


def _split_authority(authority: str, default_port: int, field: str) -> tuple[str, int]:
    match = _HOST_PORT.fullmatch(authority)
    if match is None:
        _refuse(field, "must have a host, and after a colon a port number at most.", "syntax")
    try:
        host = normalise_host(match["host"])
    except BadHost as error:
        _refuse(field, f"has a host that {error}.", "syntax")
    return host, int(match["port"] or default_port)


def _require_public(host: str, port: int, allowed_ports: frozenset[int], field: str) -> None:
    reason = why_not_public(host)
    if reason is not None:
        _refuse(field, f"must lead to the public internet; {reason}.", "address_not_public")
    if port not in allowed_ports:
        allowed = ", ".join(str(allowed) for allowed in sorted(allowed_ports))
        _refuse(field, f"has port {port}; allowed are {allowed}.", "port")


def _ascii(text: str) -> str:
    """Percent-encode what a request line cannot carry; what is encoded already stays as it is."""
    return quote(text, safe=_KEPT_IN_URLS)


def _refuse(field: str, problem: str, code: str) -> NoReturn:
    raise InvalidInput(field, problem, code=f"url.{code}")


_YOUTUBE_ID = re.compile(r"([A-Za-z0-9_-]{11})(?![A-Za-z0-9_-])")
_YOUTUBE_HOSTS = frozenset(
    {"youtube.com", "youtube-nocookie.com", "youtubekids.com", "youtube.googleapis.com", "youtu.be"}
)
_YOUTUBE_HOST_PREFIXES = ("www.", "m.", "music.", "gaming.")
_YOUTUBE_SCHEMELESS = re.compile(r"(?://)?((?:\w+\.)?(?:youtube(?:-nocookie|kids)?\.com|youtu\.be)/.*)", re.IGNORECASE)
_YOUTUBE_FOLDERS = frozenset({"shorts", "live", "embed", "v", "e", "vi", "watch"})
_YOUTUBE_NO_IDS = frozenset({"videoseries", "live_stream"})  # /embed/videoseries?list=...: eleven letters, no video


def youtube_video_id(text: str) -> str | None:
    """The id of the YouTube video that `text` names: a bare id of 11 characters, or any usual URL of one video."""
    if _YOUTUBE_ID.fullmatch(text):
        return text
    schemeless = _YOUTUBE_SCHEMELESS.fullmatch(text)
    try:
        url = parse_url(f"https://{schemeless[1]}" if schemeless else text)
    except InvalidInput:
        return None
    host = _without_prefix(url.host)
    return _youtube_id_of(host, url.target) if host in _YOUTUBE_HOSTS else None


def is_youtube_host(host: str) -> bool:
    """Whether `host` is one under which YouTube shows videos and lists."""
    return _without_prefix(host) in _YOUTUBE_HOSTS


def _without_prefix(host: str) -> str:
    for prefix in _YOUTUBE_HOST_PREFIXES:
        host = host.removeprefix(prefix)
    return host


def _youtube_id_of(host: str, target: str) -> str | None:
    path, _, query = target.partition("?")
    first, _, rest = path.lstrip("/").partition("/")
    given = parse_qs(query)
    candidates = [*given.get("v", []), *given.get("vi", [])] if first.startswith("watch") or not first else []
    if first == "attribution_link":
        return next((_youtube_id_of(host, inner) for inner in given.get("u", [])), None)
    if host == "youtu.be":
        candidates.append(first)
    if first in _YOUTUBE_FOLDERS:
        candidates.append(rest)
    matches = (_YOUTUBE_ID.match(candidate) for candidate in candidates)
    return next((match[1] for match in matches if match and match[1] not in _YOUTUBE_NO_IDS), None)
