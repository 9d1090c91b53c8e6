"""The real, unpatched yt-dlp in this process, led to a stand-in origin: for tests of the origin itself."""

from __future__ import annotations

import gc
import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import yt_dlp

from tests.origin.origin import Origin

Ask = Callable[..., dict[str, Any]]


@contextmanager
def asking(origin: Origin, **defaults: Any) -> Iterator[Ask]:
    """Gives a function that runs `YoutubeDL.extract_info` on an address and returns what it says.

    `clients` are YouTube's player clients, `download` says whether to; all else are options of YoutubeDL.
    """

    def ask(url: str, *, clients: str = "default", download: bool = False, **options: Any) -> dict[str, Any]:
        always = {
            "proxy": origin.proxy_url,
            "compat_opts": {"no-certifi"},  # trusts SSL_CERT_FILE instead
            "extractor_args": {"youtube": {"player_client": clients.split(",")}},
            "extractor_retries": 0,
            "retries": 0,
            "cachedir": False,
            "logger": _Quiet(),
        }
        with yt_dlp.YoutubeDL(always | defaults | options) as ydl:
            return dict(ydl.extract_info(url, download=download))

    # The second is for curl_cffi, which fetches YouTube's captions wherever it is installed.
    trust = dict.fromkeys(("SSL_CERT_FILE", "CURL_CA_BUNDLE"), str(origin.ca_bundle))
    with mock.patch.dict(os.environ, trust), warnings.catch_warnings():
        # yt-dlp leaves the answers of failed requests open. They go while we look away, not in somebody else's test.
        warnings.simplefilter("ignore", ResourceWarning)
        yield ask
        gc.collect()


class _Quiet:
    """A logger for YoutubeDL that says nothing."""

    def debug(self, _: str) -> None: ...

    warning = error = info = debug
