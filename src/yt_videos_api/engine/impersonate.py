"""Imitating browsers with curl_cffi, for the runs that ask for it and for no others.

engine/hidden.py keeps yt-dlp from importing it; `load` brings it back, in the process of the run that needs it.
"""

from __future__ import annotations

import importlib
import re
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from yt_videos_api.domain.choices import Browser
from yt_videos_api.domain.errors import DownloadFailure

_PACKAGE = "curl_cffi"
# What yt_dlp/networking/_curlcffi.py of 2026.10.26 takes; from the first of these on, all browsers are known.
_LEAST, _BEYOND = (0, 10), (0, 18)
_NUMBERS = re.compile(r"[0-9]+")


def available() -> bool:
    """Whether a curl_cffi that yt-dlp takes is installed; it is not imported for that."""
    installed = installed_version()
    if installed is None:
        return False
    return _LEAST <= tuple(int(number) for number in _NUMBERS.findall(installed)[:3]) < _BEYOND


def installed_version() -> str | None:
    """The version of curl_cffi; None when there is none."""
    try:
        return version(_PACKAGE)
    except PackageNotFoundError:
        return None


def load() -> None:
    """Let yt-dlp imitate browsers in this process. Raises DownloadFailure("impersonation_unavailable")."""
    if not available():
        raise DownloadFailure("impersonation_unavailable", "no curl_cffi that yt-dlp takes")
    if sys.modules.get(_PACKAGE, _PACKAGE) is None:
        del sys.modules[_PACKAGE]
    dependencies = importlib.import_module("yt_dlp.dependencies")
    dependencies.curl_cffi = importlib.import_module(_PACKAGE)  # type: ignore[attr-defined]  # yt-dlp has no types
    importlib.import_module("yt_dlp.networking._curlcffi")  # adds itself to the ways of sending requests


def target(browser: Browser) -> Any:
    """The browser, as yt-dlp's parameter `impersonate` wants it: its newest version on a desktop."""
    from yt_dlp.networking.impersonate import ImpersonateTarget

    return ImpersonateTarget(browser.value)
