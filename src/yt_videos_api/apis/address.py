"""The addresses of services, as the operator sets them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from yt_videos_api.domain.hosts import BadHost, normalise_host, why_not_public

_DEFAULT_PORTS = {"http": 80, "https": 443}
_URL_TEXT = re.compile(r"[!-~]{1,1000}")
_PATH = re.compile(r"(?:/[A-Za-z0-9._~%!$&'()*+,;=:@-]+)*/?")


@dataclass(frozen=True, slots=True)
class ApiAddress:
    """Where a service is."""

    scheme: str
    host: str  # one spelling, IPv6 without brackets
    port: int
    path: str  # without a slash at its end

    @property
    def endpoint(self) -> tuple[str, int]:
        """What the egress gate has to let out to."""
        return self.host, self.port

    @property
    def url(self) -> str:
        """The one spelling, to which paths are appended."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == _DEFAULT_PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}{self.path}"


def parse_api_address(text: str) -> ApiAddress:
    """Raises ValueError with a clause that says what is wrong and does not repeat the text: it may hold a secret."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise ValueError("is not an address") from None
    if not _URL_TEXT.fullmatch(text) or parts.scheme not in _DEFAULT_PORTS or port == 0:
        raise ValueError("must be an address of the form https://host[:port][/path]")
    if "@" in parts.netloc or "?" in text or "#" in text:
        raise ValueError("must not carry a user name, a query or a fragment")
    if not _PATH.fullmatch(parts.path):
        raise ValueError("has a path with a character that must be percent-encoded")
    try:
        host = normalise_host(parts.hostname or "")
    except BadHost as error:
        raise ValueError(f"has a host that {error}") from None
    if parts.scheme == "http" and why_not_public(host) is None:
        raise ValueError("must begin with https://, since everybody on the way could read along")
    return ApiAddress(parts.scheme, host, port or _DEFAULT_PORTS[parts.scheme], parts.path.rstrip("/"))
