"""The engine: yt-dlp in processes of its own. Nothing in here imports it."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlsplit

from yt_videos_api.cage.runs import RunSpec, SiteAids
from yt_videos_api.domain.targets import leads_only_to_youtube
from yt_videos_api.engine import impersonate
from yt_videos_api.engine.access import require_usable
from yt_videos_api.engine.client import ForkserverClient
from yt_videos_api.engine.orders import Order
from yt_videos_api.engine.run import YtDlpRun

_NO_AIDS = SiteAids()


class YtDlpEngine:
    """See cage.runs.Engine. For many threads.

    `tools` are the executables that `EngineRun.run` may start; `gate_port` is the only port a run may connect to, by
    default the one in its proxy's address. `aids` are used by all runs; raises Misconfigured when they cannot be.
    """

    def __init__(self, *, tools: Sequence[Path] = (), gate_port: int | None = None, aids: SiteAids = _NO_AIDS) -> None:
        require_usable(aids)
        self._tools = tuple(str(tool) for tool in tools)
        self._gate_port = gate_port
        self._aids = aids
        self._client = ForkserverClient()
        self._lock = threading.Lock()
        self._runs: set[YtDlpRun] = set()
        self._last_used_at = time.monotonic()

    def open(self, spec: RunSpec) -> YtDlpRun:
        """See Engine."""
        gate_port = self._gate_port or urlsplit(spec.proxy_url).port or 0
        order = Order(spec, self._tools, gate_port, spec.lock_fd is not None, self._aids_for(spec.media.url))
        with self._lock:
            run = YtDlpRun(self._client, order, self._closed)
            self._runs.add(run)
        return run

    def version(self) -> str:
        """See Engine."""
        return version("yt-dlp")

    def impersonation_available(self) -> bool:
        """See Engine."""
        return impersonate.available()

    def stop_when_idle(self, idle_seconds: float) -> None:
        """See Engine."""
        with self._lock:
            if not self._runs and time.monotonic() - self._last_used_at >= idle_seconds:
                self._client.stop()

    def close(self) -> None:
        """See Engine."""
        with self._lock:
            runs = list(self._runs)
        for run in runs:
            with contextlib.suppress(Exception):
                run.kill()
        self._client.stop()

    @property
    def forkserver_process_id(self) -> int | None:
        """For whoever watches memory; None while there is none."""
        return self._client.process_id

    def _aids_for(self, url: str) -> SiteAids:
        """The gate lets no other run out to the provider; one that tried would be blamed for it."""
        return self._aids if leads_only_to_youtube(url) else replace(self._aids, po_provider_url=None)

    def _closed(self, run: YtDlpRun) -> None:
        with self._lock:
            self._runs.discard(run)
            self._last_used_at = time.monotonic()
