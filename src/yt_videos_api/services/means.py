"""How a run presents itself to a site: from the names that a user chose to the secrets that stand behind them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from yt_videos_api.cage.runs import Access
from yt_videos_api.domain.choices import AccessWish
from yt_videos_api.domain.errors import DownloadFailure
from yt_videos_api.domain.identity import owner_of_scope
from yt_videos_api.domain.targets import leads_only_to_youtube


@dataclass(frozen=True, slots=True)
class Means:
    """What one run is given. Secret."""

    access: Access
    upstream: str | None = field(default=None, repr=False)  # the proxy to go through, instead of the installation's
    exceptions: frozenset[tuple[str, int]] = frozenset()  # private addresses that this run may visit


@dataclass(frozen=True, slots=True)
class MeansBook:
    """Where the secrets are: `find_cookies(address, owner)`, and the proxies of the settings by name.

    `youtube_exceptions` is what only runs that stay with YouTube may visit although it is private: the provider of PO
    tokens. Any other site would just have to name its address to reach it.
    """

    find_cookies: Callable[[str, str], str | None] = lambda _address, _owner: None
    proxies: Mapping[str, str] = field(default_factory=dict, repr=False)
    youtube_exceptions: frozenset[tuple[str, int]] = frozenset()

    def look_up(self, wish: AccessWish, url: str, access_scope: str) -> Means:
        """Raises DownloadFailure when what was chosen is no longer there."""
        cookies = None
        if wish.use_cookies:
            cookies = self.find_cookies(url, owner_of_scope(access_scope))
            if cookies is None:
                raise DownloadFailure("cookies_missing", "the cookies were deleted")
        exceptions = self.youtube_exceptions if leads_only_to_youtube(url) else frozenset()
        return Means(Access(cookies, wish.browser), self.upstream(wish), exceptions)

    def upstream(self, wish: AccessWish) -> str | None:
        """The proxy that was chosen; None when none was. Raises DownloadFailure when it is no longer there."""
        if wish.proxy_name is None:
            return None
        if wish.proxy_name not in self.proxies:
            raise DownloadFailure("proxy_missing", wish.proxy_name)
        return self.proxies[wish.proxy_name]
