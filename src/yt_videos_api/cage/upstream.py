"""Proxies behind the egress gate: the one that everything public is sent on to, and those that jobs may choose."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

from yt_videos_api.cage.heads import basic_credentials
from yt_videos_api.domain.errors import Misconfigured
from yt_videos_api.domain.hosts import normalise_host

_PROXY_NAME = re.compile(r"[a-z0-9-]{1,64}")


class Upstream:
    """A proxy that the operator names."""

    def __init__(self, url: str, setting: str = "YT_VIDEOS_UPSTREAM_PROXY") -> None:
        """`url` is http://[user:password@]host:port.

        Raises Misconfigured that names `setting`, without repeating the password.
        """
        try:
            parts = urlsplit(url)
            host, port = normalise_host(parts.hostname or ""), parts.port
        except ValueError:
            raise Misconfigured(f"{setting} is not of the form http://[user:password@]host:port") from None
        if parts.scheme != "http" or not port:
            raise Misconfigured(f"{setting} must be of the form http://[user:password@]host:port")
        self.host, self.port = host, port
        self.credentials: tuple[tuple[bytes, bytes], ...] = ()
        if parts.username is not None:
            user, password = unquote(parts.username), unquote(parts.password or "")
            self.credentials = (basic_credentials(f"{user}:{password}"),)


def parse_proxies(text: str) -> dict[str, str]:
    """Upstream proxies by name, from `name=http://[user:password@]host:port, ...`.

    Raises ValueError with a clause that tells which entry is wrong and repeats nothing that may be a password.
    """
    proxies: dict[str, str] = {}
    for entry in (part.strip() for part in text.split(",") if part.strip()):
        name, _, url = (part.strip() for part in entry.partition("="))
        if not _PROXY_NAME.fullmatch(name):
            raise ValueError("must be name=http://[user:password@]host:port, names of a-z, 0-9 and - alone")
        if name in proxies:
            raise ValueError(f"has two proxies called {name}")
        try:
            Upstream(url, name)
        except Misconfigured as error:
            raise ValueError(str(error)) from None
        proxies[name] = url
    return proxies
