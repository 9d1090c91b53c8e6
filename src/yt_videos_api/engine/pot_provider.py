"""PO tokens from a bgutil server that the operator runs.

The plugin that speaks with it is our own extra's, and the only one that is ever loaded: by the place where pip has put
it, never by looking around, which yt-dlp would do on all of sys.path and in the user's home.
"""

from __future__ import annotations

import importlib
import sys
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, distribution, version
from pathlib import Path
from types import ModuleType
from typing import Any

_DISTRIBUTION = "bgutil-ytdlp-pot-provider"
_PACKAGES = ("yt_dlp_plugins", "yt_dlp_plugins.extractor")
_MODULE = "yt_dlp_plugins.extractor.getpot_bgutil_http"


def installed() -> bool:
    """Whether the plugin is there."""
    return _home() is not None


def installed_version() -> str | None:
    """The version of the plugin; None when there is none."""
    try:
        return version(_DISTRIBUTION)
    except PackageNotFoundError:
        return None


def options(url: str) -> dict[str, dict[str, list[str]]]:
    """The extractor arguments that name the server at `url`."""
    return {"youtubepot-bgutilhttp": {"base_url": [url.rstrip("/")]}}


def load() -> None:
    """Let yt-dlp ask a server for tokens in this process. Safe to repeat. `installed()` must be true."""
    if _MODULE in sys.modules:
        return
    home = _home()
    assert home is not None  # YtDlpEngine has looked
    for name in _PACKAGES:
        package = ModuleType(name)
        package.__path__ = [str(home.joinpath(*name.split(".")))]
        sys.modules[name] = package
    _register(importlib.import_module(_MODULE).BgUtilHTTPPTP)


def _register(plugin: Any) -> None:
    """Put a provider in the plugin's place that keeps our proxy to itself.

    The plugin tells the server to go out through the proxy of the run: that is the gate, whose credential is a secret,
    and which on another host or in another container cannot be reached.
    """
    from yt_dlp.extractor.youtube.pot._registry import _pot_providers
    from yt_dlp.extractor.youtube.pot.provider import PoTokenRequest, PoTokenResponse, register_provider

    class BgUtilHTTPPTP(plugin):  # type: ignore[misc]  # its type is known at run time only
        def _real_request_pot(self, request: PoTokenRequest) -> PoTokenResponse:
            return super()._real_request_pot(replace(request, request_proxy=None))

    del _pot_providers.value[plugin.PROVIDER_KEY]
    register_provider(BgUtilHTTPPTP)


def _home() -> Path | None:
    """The folder that holds the plugin's packages."""
    try:
        return Path(str(distribution(_DISTRIBUTION).locate_file("")))
    except PackageNotFoundError:
        return None
