"""How a run presents itself to sites: its cookies, its tokens, the browser it imitates.

All of that is told to the process of the run over its own socket, not through the forkserver: that one lives on, and
what has passed through its memory is copied into every later run.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from yt_videos_api.cage.runs import Access, SiteAids, UnknownRung
from yt_videos_api.domain.choices import Browser
from yt_videos_api.domain.errors import Misconfigured
from yt_videos_api.domain.ladder import SkipReason
from yt_videos_api.domain.targets import is_youtube_address
from yt_videos_api.engine import impersonate, pot_provider
from yt_videos_api.engine.cookies import cookie_values, plain_cookie_file
from yt_videos_api.engine.messages import Message
from yt_videos_api.engine.secrets import Secrets

_PO_TOKEN = re.compile(r"[a-z_]+\.(gvs|player|subs)\+[A-Za-z0-9_%=-]+")


@dataclass(frozen=True, slots=True)
class Approach:
    """What one run has for getting along with sites."""

    access: Access = field(default_factory=Access)
    aids: SiteAids = field(default_factory=SiteAids)

    def secrets(self) -> Secrets:
        """What of it must not be written anywhere."""
        cookies = cookie_values(self.access.cookies or "")
        return Secrets([*cookies, *(token.partition("+")[2] for token in self.aids.po_tokens)])

    def prepare(self, url: str) -> None:
        """Load into this process what a run for `url` needs. Raises DownloadFailure("impersonation_unavailable")."""
        if self.aids.js_runtime is not None and is_youtube_address(url):
            from yt_videos_api.engine import known_runtime  # imports yt-dlp, which the supervisor must not

            known_runtime.introduce(self.aids.js_runtime)
        if self.access.browser is not None:
            impersonate.load()
        if self.aids.po_provider_url is not None and is_youtube_address(url):
            pot_provider.load()

    def options(self) -> dict[str, Any]:
        """The parameters of YoutubeDL that follow from it, for any site."""
        runtime, cookies, browser = self.aids.js_runtime, self.access.cookies, self.access.browser
        return {
            "js_runtimes": {} if runtime is None else {runtime.name: {"path": str(runtime.path)}},
            # Given as a stream, since yt-dlp writes them back when it is closed.
            "cookiefile": None if cookies is None else io.StringIO(plain_cookie_file(cookies)),
            "impersonate": None if browser is None else impersonate.target(browser),
        }

    def youtube_arguments(self) -> dict[str, dict[str, list[str]]]:
        """The extractor arguments that follow from it, for YouTube."""
        provider = self.aids.po_provider_url
        tokens = {"po_token": list(self.aids.po_tokens)} if self.aids.po_tokens else {}
        return {"youtube": tokens, **({} if provider is None else pot_provider.options(provider))}


def require_usable(aids: SiteAids) -> None:
    """Raises Misconfigured that names the setting, without repeating a secret."""
    for token in aids.po_tokens:
        if not _PO_TOKEN.fullmatch(token):
            raise Misconfigured("YT_VIDEOS_PO_TOKENS: a token is not of the form CLIENT.CONTEXT+TOKEN")
    if aids.exceptions and not pot_provider.installed():
        raise Misconfigured("YT_VIDEOS_PO_PROVIDER_URL needs an extra: pip install 'yt-videos-api[pot]'")


def require_cookies_taken(ydl: Any, url: str, rung: str) -> None:
    """Raises UnknownRung when `rung` is a client that takes no cookies, and these are those of an account.

    yt-dlp would leave it out with a warning, be left with nobody to ask, and fail.
    """
    from yt_dlp.extractor.youtube._base import INNERTUBE_CLIENTS  # not in the supervisor

    client = INNERTUBE_CLIENTS.get(rung)
    if client is None or client["SUPPORTS_COOKIES"] or not is_youtube_address(url):
        return
    if ydl.get_info_extractor("Youtube").is_authenticated:
        raise UnknownRung(rung, SkipReason.TAKES_NO_COOKIES)


def approach_message(approach: Approach) -> Message:
    """The first message to the process of a run; what it has to be confined with has come by the forkserver."""
    access, aids = approach.access, approach.aids
    return {
        "kind": "approach",
        "cookies": access.cookies,
        "browser": None if access.browser is None else access.browser.value,
        "po_tokens": list(aids.po_tokens),
        "po_provider_url": aids.po_provider_url,
    }


def read_approach(message: Mapping[str, Any], known: SiteAids) -> Approach:
    """The inverse of `approach_message`; `known` is what came by the forkserver."""
    browser = message["browser"]
    return Approach(
        Access(cookies=message["cookies"], browser=None if browser is None else Browser(browser)),
        replace(known, po_tokens=tuple(message["po_tokens"]), po_provider_url=message["po_provider_url"]),
    )
